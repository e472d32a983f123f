// SPDX-License-Identifier: GPL-2.0-only
/*
 * netns.c - see netns.h
 */
#include "netns.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/nsfs.h>

#include "log.h"

#define NETNS_SELF "/proc/self/ns/net"
#define NETNS_OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NONBLOCK) /* a FIFO must not hold us up */

/* fd of a network namespace, or a negative errno; -EINVAL: something else */
static int open_path(const char *path)
{
	int fd = open(path, NETNS_OPEN_FLAGS);

	if (fd < 0)
		return -errno;
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET) {
		close(fd);
		return -EINVAL;
	}
	return fd;
}

static int open_error(const char *name, const char *path, int err)
{
	if (err == -ENOENT && name != path)
		return log_err_r(err,
				 "network namespace %s: there is no such name in " NETNS_RUN_DIR
				 " (`ip netns list` shows them)",
				 name);
	if (err == -EINVAL)
		return log_err_r(err, "%s: this is not a network namespace", path);
	return log_err_r(err, "network namespace %s: %s", path, log_errno(err));
}

int netns_open(const char *name)
{
	char buf[PATH_MAX];
	const char *path = name;
	int fd;

	if (!*name || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return log_err_r(-EINVAL, "'%s' is not the name of a network namespace", name);
	if (!strchr(name, '/')) {
		if (strlen(name) > NAME_MAX)
			return log_err_r(-EINVAL,
					 "network namespace %.32s...: the name is longer "
					 "than %d characters",
					 name, NAME_MAX);
		snprintf(buf, sizeof(buf), NETNS_RUN_DIR "/%s", name);
		path = buf;
	}
	fd = open_path(path);
	return fd >= 0 ? fd : open_error(name, path, fd);
}

int netns_open_current(void)
{
	return open_path(NETNS_SELF);
}

int netns_id(int fd, struct netns *out)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return -errno;
	*out = (struct netns){.dev = st.st_dev, .ino = st.st_ino};
	return 0;
}

int netns_id_current(struct netns *out)
{
	struct stat st;

	if (stat(NETNS_SELF, &st) < 0)
		return -errno;
	*out = (struct netns){.dev = st.st_dev, .ino = st.st_ino};
	return 0;
}

int netns_enter(int fd, int *old)
{
	int here = netns_open_current();
	int err;

	if (here < 0)
		return log_err_r(here, "network namespace: %s: %s", NETNS_SELF, log_errno(here));
	if (setns(fd, CLONE_NEWNET) < 0) {
		err = -errno;
		close(here);
		return log_err_r(err, "cannot enter the network namespace: %s%s", log_errno(err),
				 err == -EPERM ? "; this needs root" : "");
	}
	*old = here;
	return 0;
}

void netns_leave(int old)
{
	if (old < 0)
		return;
	if (setns(old, CLONE_NEWNET) < 0) {
		log_err("cannot go back to the network namespace: %s", log_errno(errno));
		abort();
	}
	close(old);
}

/* ---- all namespaces that can be found */

struct each {
	int (*fn)(int fd, const struct netns *id, void *arg);
	void *arg;
	struct netns *seen;
	size_t count, room;
};

/* 1: new and kept, 0: seen before, or a negative errno */
static int each_is_new(struct each *e, const struct netns *id)
{
	size_t i;

	for (i = 0; i < e->count; i++)
		if (netns_same(&e->seen[i], id))
			return 0;
	if (e->count == e->room) {
		size_t room = e->room ? e->room * 2 : 64;
		struct netns *seen = realloc(e->seen, room * sizeof(*seen));

		if (!seen)
			return -ENOMEM;
		e->seen = seen;
		e->room = room;
	}
	e->seen[e->count++] = *id;
	return 1;
}

/* what cannot be opened (a process that has just ended, a stale name) is passed over */
static int each_path(struct each *e, const char *path)
{
	struct netns id;
	struct stat st;
	int fd, err;

	if (stat(path, &st) < 0)
		return 0;
	id = (struct netns){.dev = st.st_dev, .ino = st.st_ino};
	err = each_is_new(e, &id);
	if (err <= 0)
		return err;
	fd = open_path(path);
	if (fd < 0)
		return 0;
	err = e->fn(fd, &id, e->arg);
	close(fd);
	return err;
}

static int each_in_dir(struct each *e, const char *dir, bool proc)
{
	DIR *d = opendir(dir);
	struct dirent *entry;
	char path[PATH_MAX];
	int err = 0;

	if (!d)
		return 0; /* no names were ever made, or no /proc */
	while (!err && (entry = readdir(d))) {
		if (entry->d_name[0] == '.')
			continue;
		if (proc && (entry->d_name[0] < '1' || entry->d_name[0] > '9'))
			continue;
		snprintf(path, sizeof(path), "%s/%s%s", dir, entry->d_name, proc ? "/ns/net" : "");
		err = each_path(e, path);
	}
	closedir(d);
	return err;
}

int netns_each(int (*fn)(int fd, const struct netns *id, void *arg), void *arg)
{
	struct each e = {.fn = fn, .arg = arg};
	int err;

	err = each_path(&e, NETNS_SELF);
	if (!err)
		err = each_in_dir(&e, NETNS_RUN_DIR, false);
	if (!err)
		err = each_in_dir(&e, "/proc", true);
	free(e.seen);
	return err;
}

struct search {
	struct netns id;
	int fd;
};

static int search_match(int fd, const struct netns *id, void *arg)
{
	struct search *s = arg;

	if (!netns_same(id, &s->id))
		return 0;
	s->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return s->fd < 0 ? -errno : 1;
}

int netns_find(const struct netns *id)
{
	struct search s = {.id = *id, .fd = -1};
	int err = netns_each(search_match, &s);

	if (err < 0)
		return err;
	return s.fd >= 0 ? s.fd : -ENOENT;
}

const char *netns_format(const struct netns *id, char *buf, size_t len)
{
	DIR *d = opendir(NETNS_RUN_DIR);
	struct dirent *entry;
	struct stat st;

	snprintf(buf, len, "net:[%llu]", (unsigned long long)id->ino);
	while (d && (entry = readdir(d))) {
		if (entry->d_name[0] == '.' || fstatat(dirfd(d), entry->d_name, &st, 0) < 0)
			continue;
		if (st.st_dev != id->dev || st.st_ino != id->ino)
			continue;
		snprintf(buf, len, "%s", entry->d_name);
		break;
	}
	if (d)
		closedir(d);
	return buf;
}
