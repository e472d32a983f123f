/* SPDX-License-Identifier: GPL-2.0-only */
#include "dataplane.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "log.h"
#include "tc.skel.h"
#include "xdp.skel.h"

/* one object per XDP program: libxdp loads it as a whole at attach */
struct lane {
	struct xdp_bpf *skel;
	struct hook_xdp *hook;
	bool loaded;
};

struct dataplane {
	enum evb_mode mode;
	struct tables tables; /* borrowed from tc, or opened by the caller */
	struct tc_bpf *tc;
	struct tc_bpf *macvtap; /* NULL: not asked for yet */
	struct lane lanes[DATAPLANE_PROG__MAX];
};

static const char *const lane_names[DATAPLANE_PROG__MAX] = {
	[DATAPLANE_XDP_WIRE] = "evb_xdp_wire",
	[DATAPLANE_XDP_VF] = "evb_xdp_vf",
};

static bool kernel_older(unsigned int major, unsigned int minor)
{
	unsigned int have_major, have_minor;
	struct utsname uts;

	if (uname(&uts) || sscanf(uts.release, "%u.%u", &have_major, &have_minor) != 2)
		return false;
	return have_major < major || (have_major == major && have_minor < minor);
}

static int load_failed(int err)
{
	if (kernel_older(6, 1))
		return log_err_r(err, "cannot load the data plane: %s; it needs kernel 6.1 or later",
				 log_errno(err));
	if (err == -EPERM)
		return log_err_r(err, "cannot load BPF programs: permission denied; run as root (or with "
				      "CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON)");
	return log_err_r(err, "cannot load the data plane: %s\n%s", log_errno(err), log_load_reason());
}

/* maps that both objects and the loader share are known by their names */
static int maps_reuse(struct bpf_object *obj, const struct tables *tables)
{
	for (int i = 0; i < TABLE__MAX; i++) {
		struct bpf_map *map = bpf_object__find_map_by_name(obj, table_name(i));
		int err;

		if (!map)
			return log_err_r(-ENOENT, "the data plane has no map %s", table_name(i));
		err = bpf_map__reuse_fd(map, tables->fd[i]);
		if (err)
			return log_err_r(err, "cannot use map %s: %s", table_name(i), log_errno(err));
	}
	return 0;
}

static int maps_borrow(struct dataplane *dp)
{
	for (int i = 0; i < TABLE__MAX; i++) {
		dp->tables.fd[i] = bpf_object__find_map_fd_by_name(dp->tc->obj, table_name(i));
		if (dp->tables.fd[i] < 0)
			return log_err_r(-ENOENT, "the data plane has no map %s", table_name(i));
	}
	return 0;
}

/* the program for macvtaps, or all the others */
static int tc_load_some(const struct dataplane *dp, bool macvtap, const struct tables *tables,
			struct tc_bpf **out)
{
	struct bpf_program *each;
	struct tc_bpf *tc;
	int err = 0;

	log_load_reset();
	tc = tc_bpf__open();
	if (!tc)
		return load_failed(-errno);
	tc->rodata->evb_mode = dp->mode;
	/* redirect_peer scrubs the packet type since 6.16; on others it is harmless to do it too */
	tc->rodata->evb_set_host = kernel_older(6, 16);
	bpf_object__for_each_program(each, tc->obj)
		bpf_program__set_autoload(each, (each == tc->progs.evb_from_macvtap) == macvtap);
	if (tables)
		err = maps_reuse(tc->obj, tables);
	if (!err) {
		err = tc_bpf__load(tc);
		if (err)
			err = load_failed(err);
	}
	if (err)
		tc_bpf__destroy(tc);
	else
		*out = tc;
	return err;
}

static int tc_load(struct dataplane *dp, const struct tables *tables)
{
	int err = tc_load_some(dp, false, tables, &dp->tc);

	return err ? err : maps_borrow(dp);
}

static int open_on(const struct tables *tables, enum evb_mode mode, struct dataplane **out)
{
	struct dataplane *dp = calloc(1, sizeof(*dp));
	int err;

	if (!dp)
		return log_err_r(-ENOMEM, "out of memory");
	dp->mode = mode;
	err = tc_load(dp, tables);
	if (err) {
		dataplane_close(dp);
		return err;
	}
	*out = dp;
	return 0;
}

int dataplane_open(enum evb_mode mode, struct dataplane **out)
{
	return open_on(NULL, mode, out);
}

int dataplane_open_on(const struct tables *tables, enum evb_mode mode, struct dataplane **out)
{
	return open_on(tables, mode, out);
}

void dataplane_close(struct dataplane *dp)
{
	if (!dp)
		return;
	for (int i = 0; i < DATAPLANE_PROG__MAX; i++) {
		hook_xdp_close(dp->lanes[i].hook);
		xdp_bpf__destroy(dp->lanes[i].skel);
	}
	tc_bpf__destroy(dp->macvtap);
	tc_bpf__destroy(dp->tc);
	free(dp);
}

const struct tables *dataplane_tables(const struct dataplane *dp)
{
	return &dp->tables;
}

static int macvtap_fd(struct dataplane *dp)
{
	int err = dp->macvtap ? 0 : tc_load_some(dp, true, &dp->tables, &dp->macvtap);

	return err ? err : bpf_program__fd(dp->macvtap->progs.evb_from_macvtap);
}

int dataplane_tc_fd(struct dataplane *dp, enum dataplane_prog prog)
{
	switch (prog) {
	case DATAPLANE_FROM_VF:
		return bpf_program__fd(dp->tc->progs.evb_from_vf);
	case DATAPLANE_FROM_WIRE:
		return bpf_program__fd(dp->tc->progs.evb_from_wire);
	case DATAPLANE_FROM_PF:
		return bpf_program__fd(dp->tc->progs.evb_from_pf);
	case DATAPLANE_FROM_MACVTAP:
		return macvtap_fd(dp);
	default:
		return -EINVAL;
	}
}

/* an object that has this one program only, on the switch's maps, not loaded yet */
static int lane_open(struct dataplane *dp, enum dataplane_prog prog)
{
	struct lane *lane = &dp->lanes[prog];
	struct bpf_program *each;

	if (lane->skel)
		return 0;
	if (!lane_names[prog])
		return -EINVAL;
	log_load_reset();
	lane->skel = xdp_bpf__open();
	if (!lane->skel)
		return load_failed(-errno);
	lane->skel->rodata->evb_mode = dp->mode;
	bpf_object__for_each_program(each, lane->skel->obj)
		bpf_program__set_autoload(each, !strcmp(bpf_program__name(each), lane_names[prog]));
	return maps_reuse(lane->skel->obj, &dp->tables);
}

int dataplane_xdp(struct dataplane *dp, enum dataplane_prog prog, struct hook_xdp **out)
{
	int err = lane_open(dp, prog);

	if (err)
		return err;
	if (!dp->lanes[prog].hook) {
		err = hook_xdp_open(dp->lanes[prog].skel->obj, lane_names[prog],
				    &dp->lanes[prog].hook);
		if (err)
			return err;
	}
	*out = dp->lanes[prog].hook;
	return 0;
}

int dataplane_xdp_fd(struct dataplane *dp, enum dataplane_prog prog)
{
	int err = lane_open(dp, prog);
	struct lane *lane = &dp->lanes[prog];

	if (err)
		return err;
	if (!lane->loaded) {
		err = xdp_bpf__load(lane->skel);
		if (err)
			return load_failed(err);
		lane->loaded = true;
	}
	return bpf_program__fd(bpf_object__find_program_by_name(lane->skel->obj, lane_names[prog]));
}
