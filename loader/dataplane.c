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

/* TC programs that are loaded together */
enum group {
	GROUP_NONE = 0,
	GROUP_EDGE,
	GROUP_MACVTAP,
	GROUP_BRIDGE,
	GROUP_CLOCK, /* what a bridge's loader runs */
	GROUP_EXTENDER,
	GROUP_EXTENDED_MACVTAP,
	GROUP__MAX,
};

struct dataplane {
	enum evb_mode mode;
	struct tables tables; /* borrowed from maps, or opened by the caller */
	struct tc_bpf *maps;  /* without programs; NULL: the caller has them */
	struct tc_bpf *groups[GROUP__MAX]; /* NULL: not asked for yet */
	struct lane lanes[DATAPLANE_PROG__MAX];
};

/* the object's program that each of ours is; which object, its place says */
static const char *const prog_names[DATAPLANE_PROG__MAX] = {
	[DATAPLANE_FROM_VF] = "evb_from_vf",
	[DATAPLANE_FROM_WIRE] = "evb_from_wire",
	[DATAPLANE_FROM_PF] = "evb_from_pf",
	[DATAPLANE_FROM_MACVTAP] = "evb_from_macvtap",
	[DATAPLANE_FROM_PORT] = "evb_from_port",
	[DATAPLANE_EXTENDED_VF] = "evb_from_vf",
	[DATAPLANE_EXTENDED_PF] = "evb_from_pf",
	[DATAPLANE_EXTENDED_MACVTAP] = "evb_from_macvtap",
	[DATAPLANE_FROM_ABOVE] = "evb_from_above",
	[DATAPLANE_FROM_CASCADE] = "evb_from_cascade",
	[DATAPLANE_XDP_WIRE] = "evb_xdp_wire",
	[DATAPLANE_XDP_VF] = "evb_xdp_vf",
	[DATAPLANE_XDP_PORT] = "evb_xdp_port",
	[DATAPLANE_XDP_EXTENDED_VF] = "evb_xdp_vf",
	[DATAPLANE_XDP_ABOVE] = "evb_xdp_above",
};

/* TC programs that are loaded together; GROUP_NONE: an XDP program */
static const enum group prog_groups[DATAPLANE_PROG__MAX] = {
	[DATAPLANE_FROM_VF] = GROUP_EDGE,
	[DATAPLANE_FROM_WIRE] = GROUP_EDGE,
	[DATAPLANE_FROM_PF] = GROUP_EDGE,
	[DATAPLANE_FROM_MACVTAP] = GROUP_MACVTAP,
	[DATAPLANE_FROM_PORT] = GROUP_BRIDGE,
	[DATAPLANE_EXTENDED_VF] = GROUP_EXTENDER,
	[DATAPLANE_EXTENDED_PF] = GROUP_EXTENDER,
	[DATAPLANE_EXTENDED_MACVTAP] = GROUP_EXTENDED_MACVTAP,
	[DATAPLANE_FROM_ABOVE] = GROUP_EXTENDER,
	[DATAPLANE_FROM_CASCADE] = GROUP_EXTENDER,
};

/* E-TAG and VN-Tag are known there; a bridge may get ports with one while it runs */
static bool group_is_extended(enum group group)
{
	return group == GROUP_BRIDGE || group == GROUP_EXTENDER || group == GROUP_EXTENDED_MACVTAP;
}

static bool lane_is_extended(enum dataplane_prog prog)
{
	return prog != DATAPLANE_XDP_WIRE && prog != DATAPLANE_XDP_VF;
}

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
		dp->tables.fd[i] = bpf_object__find_map_fd_by_name(dp->maps->obj, table_name(i));
		if (dp->tables.fd[i] < 0)
			return log_err_r(-ENOENT, "the data plane has no map %s", table_name(i));
	}
	return 0;
}

static bool group_has(enum group group, const struct tc_bpf *tc, const struct bpf_program *prog)
{
	if (prog == tc->progs.evb_clock_start || prog == tc->progs.evb_flush)
		return group == GROUP_CLOCK;
	for (int i = 0; group && i < DATAPLANE_PROG__MAX; i++)
		if (prog_groups[i] == group && !strcmp(prog_names[i], bpf_program__name(prog)))
			return true;
	return false;
}

/* GROUP_NONE: the maps alone; @tables NULL: maps of its own */
static int tc_load(const struct dataplane *dp, enum group group, const struct tables *tables,
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
	tc->rodata->evb_extended = group_is_extended(group);
	/* redirect_peer scrubs the packet type since 6.16; on others it is harmless to do it too */
	tc->rodata->evb_set_host = kernel_older(6, 16);
	bpf_object__for_each_program(each, tc->obj)
		bpf_program__set_autoload(each, group_has(group, tc, each));
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

static int maps_make(struct dataplane *dp)
{
	int err = tc_load(dp, GROUP_NONE, NULL, &dp->maps);

	return err ? err : maps_borrow(dp);
}

static int open_on(const struct tables *tables, enum evb_mode mode, struct dataplane **out)
{
	struct dataplane *dp = calloc(1, sizeof(*dp));
	int err = 0;

	if (!dp)
		return log_err_r(-ENOMEM, "out of memory");
	dp->mode = mode;
	if (tables)
		dp->tables = *tables;
	else
		err = maps_make(dp);
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
	for (int i = 0; i < GROUP__MAX; i++)
		tc_bpf__destroy(dp->groups[i]);
	tc_bpf__destroy(dp->maps);
	free(dp);
}

const struct tables *dataplane_tables(const struct dataplane *dp)
{
	return &dp->tables;
}

static int group_load(struct dataplane *dp, enum group group, struct tc_bpf **out)
{
	int err = 0;

	if (!dp->groups[group])
		err = tc_load(dp, group, &dp->tables, &dp->groups[group]);
	*out = dp->groups[group];
	return err;
}

int dataplane_tc_fd(struct dataplane *dp, enum dataplane_prog prog)
{
	struct tc_bpf *tc;
	int err;

	if (prog_groups[prog] == GROUP_NONE)
		return -EINVAL;
	err = group_load(dp, prog_groups[prog], &tc);
	if (err)
		return err;
	return bpf_program__fd(bpf_object__find_program_by_name(tc->obj, prog_names[prog]));
}

/* runs one of the loader's own programs, which have no frame but their mark; what it returns */
static int clock_run(struct dataplane *dp, bool flush, uint32_t mark)
{
	struct __sk_buff ctx = {.mark = mark};
	char frame[64] = {};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = frame, .data_size_in = sizeof(frame),
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx));
	struct tc_bpf *tc;
	int err = group_load(dp, GROUP_CLOCK, &tc);

	if (err)
		return err;
	err = bpf_prog_test_run_opts(bpf_program__fd(flush ? tc->progs.evb_flush :
							     tc->progs.evb_clock_start),
				     &opts);
	return err ? err : (int)opts.retval;
}

int dataplane_clock_load(struct dataplane *dp)
{
	struct tc_bpf *tc;

	return group_load(dp, GROUP_CLOCK, &tc);
}

int dataplane_clock_start(struct dataplane *dp)
{
	int err = clock_run(dp, false, 0);

	return err ? log_err_r(err, "cannot start the clock by which learned addresses age: %s",
			       log_errno(err)) :
		     0;
}

int dataplane_flush(struct dataplane *dp, uint32_t port)
{
	int err = clock_run(dp, true, port);

	return err ? log_err_r(err, "cannot take back what was learned at port %u: %s", port,
			       log_errno(err)) :
		     0;
}

/* an object that has this one program only, on the switch's maps, not loaded yet */
static int lane_open(struct dataplane *dp, enum dataplane_prog prog)
{
	struct lane *lane = &dp->lanes[prog];
	struct bpf_program *each;

	if (lane->skel)
		return 0;
	if (prog_groups[prog] != GROUP_NONE)
		return -EINVAL;
	log_load_reset();
	lane->skel = xdp_bpf__open();
	if (!lane->skel)
		return load_failed(-errno);
	lane->skel->rodata->evb_mode = dp->mode;
	lane->skel->rodata->evb_extended = lane_is_extended(prog);
	bpf_object__for_each_program(each, lane->skel->obj)
		bpf_program__set_autoload(each, !strcmp(bpf_program__name(each), prog_names[prog]));
	return maps_reuse(lane->skel->obj, &dp->tables);
}

int dataplane_xdp(struct dataplane *dp, enum dataplane_prog prog, struct hook_xdp **out)
{
	int err = lane_open(dp, prog);

	if (err)
		return err;
	if (!dp->lanes[prog].hook) {
		err = hook_xdp_open(dp->lanes[prog].skel->obj, prog_names[prog],
				    &dp->lanes[prog].hook);
		if (err)
			return err;
	}
	*out = dp->lanes[prog].hook;
	return 0;
}

int dataplane_xdp_again(struct dataplane *dp, enum dataplane_prog prog, struct hook_xdp **out)
{
	hook_xdp_close(dp->lanes[prog].hook);
	xdp_bpf__destroy(dp->lanes[prog].skel);
	memset(&dp->lanes[prog], 0, sizeof(dp->lanes[prog]));
	return dataplane_xdp(dp, prog, out);
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
	return bpf_program__fd(bpf_object__find_program_by_name(lane->skel->obj, prog_names[prog]));
}
