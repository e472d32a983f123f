/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * netns.h - network namespaces: open, name, enter, find.
 *
 * The program is single-threaded. Entering changes the network namespace only: the mount namespace
 * stays, so bpffs and /proc are those of the caller, but /sys/class/net is not that of the entered
 * namespace: use nl.h and ethtool.h, never sysfs.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NETNS_RUN_DIR "/run/netns" /* where `ip netns` keeps names */

/* identity of a namespace: st_dev and st_ino of its file. {0, 0}: none */
struct netns {
	uint64_t dev;
	uint64_t ino;
};

static inline bool netns_same(const struct netns *a, const struct netns *b)
{
	return a->dev == b->dev && a->ino == b->ino;
}

/*
 * netns_open() - a name (as `ip -n`) or, with a '/' in it, a path -> fd, close-on-exec, the
 * caller's to close. Logs and returns -ENOENT (no such name), -EINVAL (not a name, not a network
 * namespace), -EACCES ...
 */
int netns_open(const char *name);

/* fd of the namespace that the program is in now; the caller's to close; or a negative errno */
int netns_open_current(void);

/* identity of an open namespace; 0 or a negative errno */
int netns_id(int fd, struct netns *out);

/* identity of the namespace that the program is in now; 0 or a negative errno */
int netns_id_current(struct netns *out);

/*
 * netns_enter() - makes @fd the program's network namespace and gives the one it came from in
 * @old, which netns_leave() goes back to and closes. Logs and returns -EPERM and the like, @old
 * untouched. Pairs nest.
 * netns_leave(-1) does nothing. A failure to go back is logged; work in the wrong namespace would
 * harm the host, so the program ends (abort) there.
 */
int netns_enter(int fd, int *old);
void netns_leave(int old);

/*
 * netns_find() - fd of the namespace with this identity: the current one, those under /run/netns,
 * those of running processes. The caller's to close. -ENOENT if none of them is it (logs nothing).
 */
int netns_find(const struct netns *id);

/*
 * netns_each() - calls @fn with an open fd of every namespace that can be found, each once, until
 * it returns non-zero, and returns that, else 0. The fd is closed after the call; dup() keeps it.
 */
int netns_each(int (*fn)(int fd, const struct netns *id, void *arg), void *arg);

/* a name for messages: "red" if /run/netns/red is it, else "net:[4026531840]"; returns buf */
const char *netns_format(const struct netns *id, char *buf, size_t len);
