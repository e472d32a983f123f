/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * hook.h - programs on interfaces: tcx, clsact and XDP; attach, detach, list.
 *
 * Everything works in the current network namespace (netns_enter() first). A program is ours when
 * its name begins with "evb_"; nothing here removes or replaces a program that is not. Functions
 * that change something log their error, and do one step each, so that the caller can write its
 * journal between them. 0 or a negative errno.
 *
 * TC. Where the kernel has tcx (6.6), one pinned link per hook:
 *
 *	hook_tcx_attach(ifindex, HOOK_INGRESS, fd, path);	undo: hook_tcx_detach(path)
 *
 * else a clsact qdisc, which may be there already and have filters of others, and our filter, with
 * priority HOOK_FILTER_PRIO and handle HOOK_FILTER_HANDLE:
 *
 *	if (hook_qdisc_exists(ifindex) == 0)
 *		hook_qdisc_add(ifindex);		undo: hook_qdisc_del(ifindex)
 *	hook_filter_add(ifindex, HOOK_INGRESS, fd);	undo: hook_filter_del(ifindex, ...)
 *
 * XDP, in this order (libxdp 1.3.1 loads the object itself, as the kind of program that it needs:
 * an extension of its dispatcher, or a plain XDP program where the kernel has no freplace):
 *
 *	obj = bpf_object__open...();		one object for each program that is attached
 *	bpf_program__set_autoload(p, false);	for the other programs in it
 *	bpf_map__reuse_fd(map, fd);		so that it shares the switch's maps
 *	set rodata
 *	hook_xdp_open(obj, "evb_wire", &xdp);	obj must not be loaded yet
 *	hook_xdp_attach(xdp, ifindex, &info);	loads obj the first time; undo: hook_xdp_detach()
 *	...					may go on to other interfaces
 *	hook_xdp_close(xdp);			then bpf_object__close(obj); it stays attached
 *
 * An object whose load has failed cannot be loaded again (libbpf): close it and open another.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "evb_abi.h"

#define HOOK_PROG_PREFIX "evb_"
#define HOOK_FILTER_PRIO 0xeb /* 235: before filters that let the kernel choose (49152 downwards) */
#define HOOK_FILTER_HANDLE 0xeb

struct bpf_object;

enum hook_dir {
	HOOK_INGRESS = 0,
	HOOK_EGRESS,
};

/* for the journal: parent of a clsact filter, 0xfffffff2 or 0xfffffff3, and back */
uint32_t hook_dir_parent(enum hook_dir dir);
enum hook_dir hook_parent_dir(uint32_t parent);

/*
 * hook_tcx_supported() - 1, 0 or a negative errno (-EPERM); asked once. EVBPF_FORCE_CLSACT=1 in a
 * build with -DEVB_FAULTS makes it 0.
 */
int hook_tcx_supported(void);

/* behind the programs that are there; the link is pinned at @pin_path (in bpffs) and closed */
int hook_tcx_attach(int ifindex, enum hook_dir dir, int prog_fd, const char *pin_path);
/* another program in the same place, without a gap */
int hook_tcx_update(const char *pin_path, int prog_fd);
/* detaches at once (not when the last user is gone) and unpins; no such pin: 0 */
int hook_tcx_detach(const char *pin_path);

/* 1: there is a clsact qdisc; 0: none; -EBUSY: an ingress qdisc is in its place (logged) */
int hook_qdisc_exists(int ifindex);
/* -EEXIST is not logged */
int hook_qdisc_add(int ifindex);
/* 0 also when it is gone already; -EBUSY, not logged: there are filters on it, so it stays */
int hook_qdisc_del(int ifindex);

/* replaces a filter of ours in the same place without a gap; -EBUSY: another's is in our place */
int hook_filter_add(int ifindex, enum hook_dir dir, int prog_fd);
/* 0 also when it is gone already; -EBUSY, not logged: another's is in our place, and stays */
int hook_filter_del(int ifindex, enum hook_dir dir);

enum hook_how {
	HOOK_HOW_NONE = 0,
	HOOK_HOW_TCX,
	HOOK_HOW_CLSACT,
	HOOK_HOW_XDP_DISPATCHER, /* beside others, through libxdp's dispatcher */
	HOOK_HOW_XDP_ALONE,
	HOOK_HOW__MAX,
};

/* "tcx", "clsact", "dispatcher", "alone"; "?" out of range */
const char *hook_how_name(enum hook_how how);

struct hook_info {
	enum hook_how how;
	enum hook_dir dir; /* XDP is ingress */
	bool ours;
	bool generic; /* XDP in generic (skb) mode */
	uint32_t prog_id;
	char prog[EVB_NAME_LEN]; /* name of the program, as the kernel cuts it to 15 characters */
};

/*
 * hook_list() - all programs on the interface, ours and others', XDP first, in the order in which
 * they run. Writes up to @max and returns how many there are.
 */
int hook_list(int ifindex, struct hook_info *out, unsigned int max);

struct hook_xdp;

/*
 * hook_xdp_open() - @obj stays the caller's and must outlive the handle. -ENOENT: no program of
 * that name; -EINVAL: the object is loaded already.
 */
int hook_xdp_open(struct bpf_object *obj, const char *prog_name, struct hook_xdp **out);
void hook_xdp_close(struct hook_xdp *xdp); /* NULL is fine */

/*
 * hook_xdp_check() - could a program of ours be attached here? 0; -EBUSY, logged with the id and
 * name of what is in the way and what to do about it.
 * hook_xdp_attach() - in native mode. Calls hook_xdp_check(). @out, may be NULL: what came of it.
 * -ERESTART, not logged, at most once in a process: the dispatcher cannot take it here; open the object
 * anew and try again, and it stands alone. -EBUSY; -EOPNOTSUPP: the device has no native XDP, or the
 * program cannot be loaded (the message has the verifier's last lines).
 */
int hook_xdp_check(int ifindex);
int hook_xdp_attach(struct hook_xdp *xdp, int ifindex, struct hook_info *out);

/*
 * hook_xdp_detach() - removes the program with @prog_id, or if it is 0 every program of ours, and
 * leaves others'. From any process. 0 also when there is none.
 */
int hook_xdp_detach(int ifindex, uint32_t prog_id);
