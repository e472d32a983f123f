// SPDX-License-Identifier: GPL-2.0-only
/*
 * hook.c - see hook.h
 *
 * libxdp keeps what runs below its dispatcher in /sys/fs/bpf/xdp, a directory that it makes on
 * first use, also when it then does without a dispatcher, and never removes. xdp_dir_make() and
 * xdp_dir_tidy() see to it that nothing is left of it after us: libxdp remembers that it has made
 * it, so it has to be there again whenever libxdp is called.
 */
#include "hook.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/if_link.h>
#include <linux/pkt_sched.h>
#include <net/if.h>
#include <xdp/libxdp.h>

#include "log.h"
#include "nl.h"
#include "pin.h"

/* enum bpf_attach_type from 6.6 on; Debian 12's headers are of 6.1 */
#define TCX_INGRESS ((enum bpf_attach_type)46)
#define TCX_EGRESS ((enum bpf_attach_type)47)
#define TCX_PROGS_MAX 64 /* the kernel's limit per hook */

#define XDP_DIR PIN_BPFFS "/xdp" /* libxdp's */
#define XDP_DISPATCHER_NAME "xdp_dispatcher"
#define XDP_DISPATCHER_PROGS 10

/* struct of BPF_PROG_QUERY as of 6.6, in a size that later kernels do not outgrow */
struct prog_query {
	uint32_t ifindex;
	uint32_t attach_type;
	uint32_t query_flags;
	uint32_t attach_flags;
	uint64_t prog_ids;
	uint32_t count;
	uint32_t pad;
	uint64_t prog_attach_flags;
	uint64_t link_ids;
	uint64_t link_attach_flags;
	uint64_t revision;
	uint64_t reserved[8];
};

/* "eth0", or "ifindex 7" if there is no such device in this namespace */
static const char *dev_name(int ifindex, char *buf, size_t len)
{
	char name[IF_NAMESIZE];

	if (if_indextoname((unsigned int)ifindex, name))
		snprintf(buf, len, "%s", name);
	else
		snprintf(buf, len, "ifindex %d", ifindex);
	return buf;
}

#define DEV_LEN 32
#define DEV(ifindex) dev_name(ifindex, (char[DEV_LEN]){0}, DEV_LEN)

static bool is_ours(const char *prog)
{
	return strncmp(prog, HOOK_PROG_PREFIX, strlen(HOOK_PROG_PREFIX)) == 0;
}

/* name of a program as the kernel has it; "" if it is gone */
static void prog_name(uint32_t id, char *buf)
{
	struct bpf_prog_info info = {0};
	uint32_t len = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);

	buf[0] = '\0';
	if (fd < 0)
		return;
	if (bpf_obj_get_info_by_fd(fd, &info, &len) == 0)
		snprintf(buf, EVB_NAME_LEN, "%s", info.name);
	close(fd);
}

uint32_t hook_dir_parent(enum hook_dir dir)
{
	return TC_H_MAKE(TC_H_CLSACT, dir == HOOK_EGRESS ? TC_H_MIN_EGRESS : TC_H_MIN_INGRESS);
}

enum hook_dir hook_parent_dir(uint32_t parent)
{
	return TC_H_MIN(parent) == TC_H_MIN_EGRESS ? HOOK_EGRESS : HOOK_INGRESS;
}

static const char *dir_name(enum hook_dir dir)
{
	return dir == HOOK_EGRESS ? "egress" : "ingress";
}

const char *hook_how_name(enum hook_how how)
{
	static const char *const names[] = {
		[HOOK_HOW_NONE] = "none",	[HOOK_HOW_TCX] = "tcx",
		[HOOK_HOW_CLSACT] = "clsact",	[HOOK_HOW_XDP_DISPATCHER] = "dispatcher",
		[HOOK_HOW_XDP_ALONE] = "alone",
	};
	_Static_assert(sizeof(names) / sizeof(names[0]) == HOOK_HOW__MAX, "a name for each");

	return (unsigned int)how < HOOK_HOW__MAX ? names[how] : "?";
}

/* ---- tcx */

static int tcx_query(int ifindex, enum hook_dir dir, struct prog_query *q)
{
	q->ifindex = (uint32_t)ifindex;
	q->attach_type = dir == HOOK_EGRESS ? TCX_EGRESS : TCX_INGRESS;
	return syscall(__NR_bpf, BPF_PROG_QUERY, q, sizeof(*q)) < 0 ? -errno : 0;
}

static bool tcx_forbidden(void)
{
#ifdef EVB_FAULTS
	const char *env = getenv("EVBPF_FORCE_CLSACT");

	return env && strcmp(env, "1") == 0;
#else
	return false;
#endif
}

/*
 * Asks what is on the loopback device (1 in every namespace): a kernel without tcx does not know
 * the question. Whatever else it answers, it has understood.
 */
int hook_tcx_supported(void)
{
	static int known = -1;
	struct prog_query q = {0};
	int err;

	if (tcx_forbidden())
		return 0;
	if (known >= 0)
		return known;
	err = tcx_query(1, HOOK_INGRESS, &q);
	if (err == -EPERM || err == -ENOSYS)
		return err;
	known = err == -EINVAL ? 0 : 1;
	log_debug("tcx: %s", known ? "yes" : "no, before kernel 6.6");
	return known;
}

int hook_tcx_attach(int ifindex, enum hook_dir dir, int prog_fd, const char *pin_path)
{
	int link, err;

	link = bpf_link_create(prog_fd, ifindex, dir == HOOK_EGRESS ? TCX_EGRESS : TCX_INGRESS,
			       NULL);
	if (link < 0) {
		err = -errno;
		return log_err_r(err, "%s: cannot attach to tcx %s: %s", DEV(ifindex),
				 dir_name(dir), log_errno(err));
	}
	err = bpf_obj_pin(link, pin_path) < 0 ? -errno : 0;
	close(link); /* without a pin this detaches it */
	if (err)
		return log_err_r(err, "%s: cannot pin the link: %s", pin_path, log_errno(err));
	return 0;
}

int hook_tcx_update(const char *pin_path, int prog_fd)
{
	int link = bpf_obj_get(pin_path);
	int err;

	if (link < 0)
		return log_err_r(-errno, "%s: %s", pin_path, log_errno(errno));
	err = bpf_link_update(link, prog_fd, NULL) < 0 ? -errno : 0;
	close(link);
	if (err)
		return log_err_r(err, "%s: cannot replace the program: %s", pin_path,
				 log_errno(err));
	return 0;
}

int hook_tcx_detach(const char *pin_path)
{
	int link = bpf_obj_get(pin_path);
	int err = 0;

	if (link < 0 && errno == ENOENT)
		return 0;
	if (link < 0)
		return log_err_r(-errno, "%s: %s", pin_path, log_errno(errno));
	/* unpinning alone would detach it only after a grace period */
	if (bpf_link_detach(link) < 0 && errno != ENOLINK)
		log_debug("%s: cannot detach the link: %s", pin_path, log_errno(errno));
	close(link);
	if (unlink(pin_path) < 0 && errno != ENOENT)
		err = log_err_r(-errno, "%s: cannot remove it: %s", pin_path, log_errno(errno));
	return err;
}

/* ---- clsact */

int hook_qdisc_exists(int ifindex)
{
	struct nl *nl;
	int found, err;

	err = nl_open(&nl);
	if (err)
		return err;
	found = nl_clsact_get(nl, ifindex);
	nl_close(nl);
	if (found < 0)
		return log_err_r(found, "%s: cannot read its qdiscs: %s", DEV(ifindex),
				 log_errno(found));
	if (found == 2)
		return log_err_r(-EBUSY,
				 "%s: it has an ingress qdisc, which takes the place of clsact; "
				 "remove it with `tc qdisc del dev %s ingress`",
				 DEV(ifindex), DEV(ifindex));
	return found;
}

int hook_qdisc_add(int ifindex)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
			    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	int err = bpf_tc_hook_create(&hook);

	if (!err || err == -EEXIST)
		return err;
	return log_err_r(err, "%s: cannot add a clsact qdisc: %s", DEV(ifindex), log_errno(err));
}

static int count_filter(const struct nl_filter *filter, void *arg)
{
	(void)filter;
	++*(unsigned int *)arg;
	return 0;
}

int hook_qdisc_del(int ifindex)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
			    .attach_point = BPF_TC_INGRESS | BPF_TC_EGRESS);
	unsigned int filters = 0;
	struct nl *nl;
	int err;

	err = nl_open(&nl);
	if (err)
		return err;
	err = nl_clsact_get(nl, ifindex);
	if (err == 1) {
		err = nl_filter_each(nl, ifindex, hook_dir_parent(HOOK_INGRESS), count_filter,
				     &filters);
		if (!err)
			err = nl_filter_each(nl, ifindex, hook_dir_parent(HOOK_EGRESS),
					     count_filter, &filters);
		if (!err)
			err = filters ? -EBUSY : bpf_tc_hook_destroy(&hook);
	} else if (err == 2) {
		err = 0; /* another qdisc: ours is gone */
	}
	nl_close(nl);
	if (!err || err == -EBUSY || err == -ENODEV)
		return err == -ENODEV ? 0 : err;
	return log_err_r(err, "%s: cannot remove the clsact qdisc: %s", DEV(ifindex),
			 log_errno(err));
}

struct place {
	bool taken, ours;
	char kind[NL_KIND_LEN];
	char prog[EVB_NAME_LEN];
};

/* what is at our priority; another filter there means that the place is not ours to use */
static int look_at_filter(const struct nl_filter *filter, void *arg)
{
	struct place *place = arg;

	if (filter->priority != HOOK_FILTER_PRIO || !filter->handle)
		return 0;
	place->taken = true;
	place->ours = false;
	snprintf(place->kind, sizeof(place->kind), "%s", filter->kind);
	prog_name(filter->prog_id, place->prog);
	if (filter->handle == HOOK_FILTER_HANDLE && is_ours(place->prog))
		place->ours = true;
	return place->ours ? 0 : 1;
}

static int look_at_place(int ifindex, enum hook_dir dir, struct place *place)
{
	struct nl *nl;
	int err;

	memset(place, 0, sizeof(*place));
	err = nl_open(&nl);
	if (err)
		return err;
	err = nl_filter_each(nl, ifindex, hook_dir_parent(dir), look_at_filter, place);
	nl_close(nl);
	if (err < 0 && err != -ENODEV && err != -EINVAL)
		return log_err_r(err, "%s: cannot read its %s filters: %s", DEV(ifindex),
				 dir_name(dir), log_errno(err));
	return 0;
}

int hook_filter_add(int ifindex, enum hook_dir dir, int prog_fd)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
			    .attach_point = dir == HOOK_EGRESS ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, opts, .prog_fd = prog_fd, .priority = HOOK_FILTER_PRIO,
			    .handle = HOOK_FILTER_HANDLE);
	struct place place;
	int err = look_at_place(ifindex, dir, &place);

	if (err)
		return err;
	if (place.taken && !place.ours)
		return log_err_r(-EBUSY,
				 "%s: a %s filter with priority %d is there already (%s %s), "
				 "which is where evbpf puts its own; move it to another priority",
				 DEV(ifindex), dir_name(dir), HOOK_FILTER_PRIO, place.kind,
				 place.prog);
	if (place.taken)
		opts.flags = BPF_TC_F_REPLACE;
	err = bpf_tc_attach(&hook, &opts);
	if (!err)
		return 0;
	return log_err_r(err, "%s: cannot add the %s filter: %s", DEV(ifindex), dir_name(dir),
			 log_errno(err));
}

int hook_filter_del(int ifindex, enum hook_dir dir)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = ifindex,
			    .attach_point = dir == HOOK_EGRESS ? BPF_TC_EGRESS : BPF_TC_INGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, opts, .priority = HOOK_FILTER_PRIO,
			    .handle = HOOK_FILTER_HANDLE);
	struct place place;
	int err = look_at_place(ifindex, dir, &place);

	if (err || !place.taken)
		return err;
	if (!place.ours)
		return -EBUSY;
	err = bpf_tc_detach(&hook, &opts);
	if (!err || err == -ENOENT || err == -ENODEV)
		return 0;
	return log_err_r(err, "%s: cannot remove the %s filter: %s", DEV(ifindex), dir_name(dir),
			 log_errno(err));
}

/* ---- XDP */

struct hook_xdp {
	struct xdp_program *prog;
};

/* true: it was made here, and is to be removed again if it stays empty */
static bool xdp_dir_make(void)
{
	return mkdir(XDP_DIR, 0700) == 0;
}

/* fails, and should, while somebody has programs below a dispatcher */
static void xdp_dir_tidy(void)
{
	rmdir(XDP_DIR);
}

int hook_xdp_open(struct bpf_object *obj, const char *prog_name_, struct hook_xdp **out)
{
	DECLARE_LIBXDP_OPTS(xdp_program_opts, opts, .obj = obj, .prog_name = prog_name_);
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, prog_name_);
	struct hook_xdp *xdp;
	int err;

	if (!prog)
		return log_err_r(-ENOENT, "XDP: there is no program %s", prog_name_);
	/* the only way to ask libbpf whether an object is loaded: it refuses to change it then */
	if (bpf_program__set_autoload(prog, true))
		return log_err_r(-EINVAL, "XDP: the object with %s is loaded already", prog_name_);
	xdp = calloc(1, sizeof(*xdp));
	if (!xdp)
		return log_err_r(-ENOMEM, "XDP: %s", log_errno(ENOMEM));
	xdp->prog = xdp_program__create(&opts);
	err = (int)libxdp_get_error(xdp->prog);
	if (err) {
		free(xdp);
		return log_err_r(err, "XDP: cannot use program %s: %s", prog_name_, log_errno(err));
	}
	*out = xdp;
	return 0;
}

void hook_xdp_close(struct hook_xdp *xdp)
{
	if (!xdp)
		return;
	xdp_program__close(xdp->prog);
	free(xdp);
}

/* what is on an interface; NULL with *err 0: nothing */
static struct xdp_multiprog *xdp_get(int ifindex, int *err)
{
	DECLARE_LIBBPF_OPTS(bpf_xdp_query_opts, opts);
	struct xdp_multiprog *mp;

	*err = bpf_xdp_query(ifindex, 0, &opts);
	if (*err || opts.attach_mode == XDP_ATTACHED_NONE)
		return NULL;
	mp = xdp_multiprog__get_from_ifindex(ifindex);
	*err = (int)libxdp_get_error(mp);
	if (!*err)
		return mp;
	if (*err == -ENOENT) /* it has just gone */
		*err = 0;
	return NULL;
}

struct info_list {
	struct hook_info *out;
	unsigned int max, count;
};

static void xdp_add(struct info_list *list, const struct xdp_program *prog, enum hook_how how,
		    bool generic)
{
	struct hook_info info = {
		.how = how,
		.dir = HOOK_INGRESS,
		.generic = generic,
		.prog_id = xdp_program__id(prog),
	};

	/* not libxdp's name, which is the whole one: a name is what the kernel says, everywhere */
	prog_name(info.prog_id, info.prog);
	info.ours = is_ours(info.prog);
	if (list->count < list->max)
		list->out[list->count] = info;
	list->count++;
}

static int list_xdp(int ifindex, struct info_list *list)
{
	struct xdp_program *prog = NULL;
	struct xdp_multiprog *mp;
	bool generic;
	int err;

	mp = xdp_get(ifindex, &err);
	if (!mp)
		return err;
	generic = xdp_multiprog__attach_mode(mp) == XDP_MODE_SKB;
	if (xdp_multiprog__main_prog(mp) && xdp_multiprog__is_legacy(mp))
		xdp_add(list, xdp_multiprog__main_prog(mp), HOOK_HOW_XDP_ALONE, generic);
	while (!xdp_multiprog__is_legacy(mp) && (prog = xdp_multiprog__next_prog(prog, mp)))
		xdp_add(list, prog, HOOK_HOW_XDP_DISPATCHER, generic);
	if (xdp_multiprog__hw_prog(mp))
		xdp_add(list, xdp_multiprog__hw_prog(mp), HOOK_HOW_XDP_ALONE, false);
	xdp_multiprog__close(mp);
	return 0;
}

/* the way is blocked by @info; what it is, and what one can do */
static int xdp_busy(int ifindex, const struct hook_info *info)
{
	if (info->ours)
		return log_err_r(-EBUSY,
				 "%s: program %s (id %u) of an evbpf switch is on it already; "
				 "`evbpf list` shows the switches",
				 DEV(ifindex), info->prog, info->prog_id);
	if (info->generic)
		return log_err_r(
			-EBUSY,
			"%s: XDP program %s (id %u) is on it in generic mode, which "
			"excludes a native one; remove it (`ip link set dev %s xdpgeneric off`) "
			"or use `hook: tc`",
			DEV(ifindex), info->prog, info->prog_id, DEV(ifindex));
	return log_err_r(-EBUSY,
			 "%s: XDP program %s (id %u) is on it and shares it with no other; remove "
			 "it (`ip link set dev %s xdp off`) or use `hook: tc`",
			 DEV(ifindex), info->prog, info->prog_id, DEV(ifindex));
}

int hook_xdp_check(int ifindex)
{
	struct hook_info infos[XDP_DISPATCHER_PROGS + 1];
	struct info_list list = {.out = infos, .max = XDP_DISPATCHER_PROGS + 1};
	bool made = xdp_dir_make();
	unsigned int i;
	int err;

	err = list_xdp(ifindex, &list);
	if (made)
		xdp_dir_tidy();
	if (err)
		return log_err_r(err, "%s: cannot see which XDP programs are on it: %s",
				 DEV(ifindex), log_errno(err));
	for (i = 0; i < list.count && i < list.max; i++)
		if (infos[i].ours || infos[i].generic || infos[i].how == HOOK_HOW_XDP_ALONE)
			return xdp_busy(ifindex, &infos[i]);
	if (list.count >= XDP_DISPATCHER_PROGS)
		return log_err_r(-EBUSY,
				 "%s: %u XDP programs are on it, and the dispatcher has no "
				 "room for another; remove one or use `hook: tc`",
				 DEV(ifindex), list.count);
	return 0;
}

static int xdp_attach_error(const struct hook_xdp *xdp, int ifindex, int err)
{
	const char *reason = log_load_reason();
	const char *name = xdp_program__name(xdp->prog);

	if (xdp_program__fd(xdp->prog) < 0)
		return log_err_r(err, "%s: cannot load XDP program %s: %s%s%s", DEV(ifindex), name,
				 log_errno(err), *reason ? "\n" : "", reason);
	if (err == -EOPNOTSUPP)
		return log_err_r(err, "%s: its driver has no native XDP; use `hook: tc`",
				 DEV(ifindex));
	return log_err_r(err, "%s: cannot attach XDP program %s: %s%s%s", DEV(ifindex), name,
			 log_errno(err), *reason ? "; " : "", reason);
}

/*
 * Kernels since 6.13 put no program that changes frames in the place of one that does not, and those
 * of a dispatcher before libxdp 1.5.5 are such: ours can stand alone only. True once, when that is new.
 */
static bool xdp_goes_alone(void)
{
	if (getenv("LIBXDP_SKIP_DISPATCHER") || !strstr(log_load_reason(), "changes packet data"))
		return false;
	log_debug("libxdp's dispatcher cannot take a program that changes frames on this kernel; XDP "
		 "programs stand alone");
	return !setenv("LIBXDP_SKIP_DISPATCHER", "1", 1);
}

/* finds our program among those on the interface */
static int xdp_find(int ifindex, uint32_t prog_id, struct hook_info *out)
{
	struct hook_info infos[XDP_DISPATCHER_PROGS + 1];
	struct info_list list = {.out = infos, .max = XDP_DISPATCHER_PROGS + 1};
	unsigned int i;
	int err = list_xdp(ifindex, &list);

	for (i = 0; !err && i < list.count && i < list.max; i++) {
		if (infos[i].prog_id != prog_id)
			continue;
		*out = infos[i];
		return 0;
	}
	return err ? err : -ENOENT;
}

int hook_xdp_attach(struct hook_xdp *xdp, int ifindex, struct hook_info *out)
{
	struct hook_info info;
	bool made;
	int err;

	err = hook_xdp_check(ifindex);
	if (err)
		return err;
	made = xdp_dir_make();
	log_load_reset();
	err = xdp_program__attach(xdp->prog, ifindex, XDP_MODE_NATIVE, 0);
	if (err && xdp_goes_alone()) {
		if (made)
			xdp_dir_tidy();
		return -ERESTART;
	}
	if (err)
		xdp_attach_error(xdp, ifindex, err);
	if (!err) {
		err = xdp_find(ifindex, xdp_program__id(xdp->prog), &info);
		if (err)
			log_err("%s: the XDP program that was attached is not there: %s",
				DEV(ifindex), log_errno(err));
	}
	if (made)
		xdp_dir_tidy();
	if (!err && out)
		*out = info;
	return err;
}

/* a program that stands alone: goes only if it is still the one that we looked at */
static int xdp_detach_alone(int ifindex, const struct hook_info *info)
{
	DECLARE_LIBBPF_OPTS(bpf_xdp_attach_opts, opts);
	uint32_t flags = info->generic ? XDP_FLAGS_SKB_MODE : XDP_FLAGS_DRV_MODE;
	int fd = bpf_prog_get_fd_by_id(info->prog_id);
	int err;

	if (fd < 0)
		return errno == ENOENT ? 0 : -errno;
	opts.old_prog_fd = fd;
	err = bpf_xdp_detach(ifindex, flags | XDP_FLAGS_REPLACE, &opts);
	close(fd);
	return err;
}

/* out of the dispatcher, which libxdp makes anew for those that remain */
static int xdp_detach_dispatched(int ifindex, const struct hook_info *info)
{
	struct xdp_program *prog = NULL;
	struct xdp_multiprog *mp;
	int err;

	mp = xdp_get(ifindex, &err);
	if (!mp)
		return err;
	while ((prog = xdp_multiprog__next_prog(prog, mp)))
		if (xdp_program__id(prog) == info->prog_id)
			break;
	if (prog)
		err = xdp_program__detach(prog, ifindex, xdp_multiprog__attach_mode(mp), 0);
	xdp_multiprog__close(mp);
	return err;
}

int hook_xdp_detach(int ifindex, uint32_t prog_id)
{
	struct hook_info infos[XDP_DISPATCHER_PROGS + 1];
	struct info_list list = {.out = infos, .max = XDP_DISPATCHER_PROGS + 1};
	unsigned int i;
	int err;

	xdp_dir_make();
	err = list_xdp(ifindex, &list);
	for (i = 0; !err && i < list.count && i < list.max; i++) {
		if (!infos[i].ours || (prog_id && infos[i].prog_id != prog_id))
			continue;
		if (infos[i].how == HOOK_HOW_XDP_DISPATCHER)
			err = xdp_detach_dispatched(ifindex, &infos[i]);
		else
			err = xdp_detach_alone(ifindex, &infos[i]);
	}
	xdp_dir_tidy();
	if (!err || err == -ENODEV)
		return 0;
	return log_err_r(err, "%s: cannot detach the XDP program: %s", DEV(ifindex),
			 log_errno(err));
}

/* ---- list */

static int list_tcx(int ifindex, enum hook_dir dir, struct info_list *list)
{
	uint32_t ids[TCX_PROGS_MAX] = {0};
	struct prog_query q = {.prog_ids = (uint64_t)(uintptr_t)ids, .count = TCX_PROGS_MAX};
	uint32_t i;
	int err = hook_tcx_supported();

	if (err <= 0)
		return err;
	err = tcx_query(ifindex, dir, &q);
	if (err)
		return err == -ENOENT ? 0 : err;
	for (i = 0; i < q.count && i < TCX_PROGS_MAX; i++) {
		struct hook_info info = {.how = HOOK_HOW_TCX, .dir = dir, .prog_id = ids[i]};

		prog_name(ids[i], info.prog);
		info.ours = is_ours(info.prog);
		if (list->count < list->max)
			list->out[list->count] = info;
		list->count++;
	}
	return 0;
}

static int add_bpf_filter(const struct nl_filter *filter, void *arg)
{
	struct hook_info info = {.how = HOOK_HOW_CLSACT, .prog_id = filter->prog_id};
	struct info_list *list = arg;

	if (!filter->prog_id)
		return 0;
	info.dir = hook_parent_dir(filter->parent);
	prog_name(info.prog_id, info.prog);
	info.ours = is_ours(info.prog) && filter->priority == HOOK_FILTER_PRIO &&
		    filter->handle == HOOK_FILTER_HANDLE;
	if (list->count < list->max)
		list->out[list->count] = info;
	list->count++;
	return 0;
}

static int list_clsact(struct nl *nl, int ifindex, enum hook_dir dir, struct info_list *list)
{
	int err = nl_clsact_get(nl, ifindex);

	if (err == 1)
		return nl_filter_each(nl, ifindex, hook_dir_parent(dir), add_bpf_filter, list);
	return err == 2 ? 0 : err;
}

/* libxdp looks at all devices of the namespace: it is asked only where there is something */
static int list_xdp_any(struct nl *nl, int ifindex, struct info_list *list)
{
	struct nl_link link;
	bool made;
	int err;

	err = nl_link_get(nl, NULL, ifindex, &link);
	if (err || link.xdp_mode == NL_XDP_NONE)
		return err;
	made = xdp_dir_make();
	err = list_xdp(ifindex, list);
	if (made)
		xdp_dir_tidy();
	return err;
}

int hook_list(int ifindex, struct hook_info *out, unsigned int max)
{
	struct info_list list = {.out = out, .max = max};
	struct nl *nl;
	int dir;
	int err;

	err = nl_open(&nl);
	if (err)
		return err;
	err = list_xdp_any(nl, ifindex, &list);
	for (dir = HOOK_INGRESS; !err && dir <= HOOK_EGRESS; dir++) {
		err = list_tcx(ifindex, dir, &list);
		if (!err)
			err = list_clsact(nl, ifindex, dir, &list);
	}
	nl_close(nl);
	return err ? err : (int)list.count;
}
