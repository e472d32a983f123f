// SPDX-License-Identifier: GPL-2.0-only
/*
 * pin.c - see pin.h
 */
#include "pin.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#include <linux/magic.h>

#include "log.h"

#define PIN_DIR_MODE 0700
#define PIN_DEPTH_MAX 2 /* a switch's directory, and one below it */
#define PIN_POLL_MS 20

int pin_root_check(void)
{
	struct statfs fs;

	if (statfs(PIN_BPFFS, &fs) < 0)
		return log_err_r(-errno, "%s: %s", PIN_BPFFS, log_errno(errno));
	if ((unsigned long)fs.f_type != BPF_FS_MAGIC)
		return log_err_r(-ENOTSUP,
				 "no bpffs is mounted at %s: run `mount -t bpf bpf %s` (not "
				 "inside `ip netns exec`, where it would end with the command; "
				 "evbpf -n NETNS works on another namespace)",
				 PIN_BPFFS, PIN_BPFFS);
	if (access(PIN_BPFFS, R_OK | W_OK | X_OK) < 0)
		return log_err_r(-errno, "%s: %s; evbpf needs root", PIN_BPFFS, log_errno(errno));
	return 0;
}

/* ---- lock */

/* fd of the root directory, made if @make; -ENOENT is not logged */
static int root_open(bool make)
{
	int fd;

	if (make && mkdir(PIN_ROOT, PIN_DIR_MODE) < 0 && errno != EEXIST)
		return log_err_r(-errno, "%s: cannot make it: %s", PIN_ROOT, log_errno(errno));
	fd = open(PIN_ROOT, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	return errno == ENOENT ? -ENOENT : log_err_r(-errno, "%s: %s", PIN_ROOT, log_errno(errno));
}

/* the directory may have been removed, and made again, while we waited for the lock on it */
static bool root_is(int fd)
{
	struct stat ours, now;

	return fstat(fd, &ours) == 0 && stat(PIN_ROOT, &now) == 0 && ours.st_dev == now.st_dev &&
	       ours.st_ino == now.st_ino;
}

/* an fd with the lock, -EAGAIN: held by another, or a negative errno */
static int lock_try(bool exclusive)
{
	int fd = root_open(exclusive);
	int err;

	if (fd < 0)
		return fd == -ENOENT && exclusive ? -EAGAIN : fd;
	if (flock(fd, (exclusive ? LOCK_EX : LOCK_SH) | LOCK_NB) == 0) {
		if (root_is(fd))
			return fd;
		errno = EWOULDBLOCK;
	}
	err = -errno;
	close(fd);
	if (err == -EWOULDBLOCK || err == -EINTR)
		return -EAGAIN;
	return log_err_r(err, "%s: cannot lock it: %s", PIN_ROOT, log_errno(err));
}

static uint64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

int pin_lock(bool exclusive, unsigned int seconds)
{
	const struct timespec pause = {.tv_nsec = PIN_POLL_MS * 1000000L};
	uint64_t end = now_ms() + (uint64_t)seconds * 1000;
	int fd = pin_root_check();

	if (fd)
		return fd;
	for (;;) {
		fd = lock_try(exclusive);
		if (fd != -EAGAIN)
			return fd;
		if (now_ms() >= end)
			break;
		nanosleep(&pause, NULL);
	}
	return log_err_r(-EBUSY,
			 "another evbpf is at work and has held the lock on %s for %u s; "
			 "try again when it is done",
			 PIN_ROOT, seconds);
}

void pin_unlock(int fd)
{
	if (fd < 0)
		return;
	/* a reader that is alone becomes exclusive for this instant, and may remove it as well */
	if (flock(fd, LOCK_EX | LOCK_NB) == 0 && root_is(fd))
		rmdir(PIN_ROOT); /* fails while there is a switch in it */
	close(fd);
}

/* ---- names */

bool pin_name_ok(const char *name)
{
	size_t len =
		strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");

	return len > 0 && len < EVB_NAME_LEN && name[len] == '\0';
}

const char *pin_path(char *buf, const char *name, const char *file)
{
	snprintf(buf, PIN_PATH_LEN, PIN_ROOT "/%s%s%s", name, file ? "/" : "", file ? file : "");
	return buf;
}

static int name_check(const char *name)
{
	if (pin_name_ok(name))
		return 0;
	return log_err_r(-EINVAL,
			 "'%s' is not the name of a switch: it has 1 to %d of A-Z, a-z, 0-9, "
			 "_ and -",
			 name, EVB_NAME_LEN - 1);
}

static int file_check(const char *file)
{
	size_t len = strlen(file);

	if (len > 0 && len < PIN_FILE_LEN && !strchr(file, '/') && file[0] != '.')
		return 0;
	return log_err_r(-EINVAL, "'%s' is not the name of a pin", file);
}

/* ---- directories */

int pin_switch_exists(const char *name)
{
	char path[PIN_PATH_LEN];
	struct stat st;
	int err = name_check(name);

	if (err)
		return err;
	if (stat(pin_path(path, name, NULL), &st) == 0)
		return S_ISDIR(st.st_mode) ? 1 : 0;
	return errno == ENOENT ? 0 : log_err_r(-errno, "%s: %s", path, log_errno(errno));
}

int pin_switch_make(const char *name)
{
	char path[PIN_PATH_LEN];
	int err = name_check(name);

	if (err)
		return err;
	if (mkdir(pin_path(path, name, NULL), PIN_DIR_MODE) == 0)
		return 0;
	return errno == EEXIST
		       ? -EEXIST
		       : log_err_r(-errno, "%s: cannot make it: %s", path, log_errno(errno));
}

static int remove_tree(int at, const char *name, int depth);

/* everything in an open directory; goes on after a failure and returns the first */
static int remove_entries(int fd, int depth)
{
	DIR *d = fdopendir(fd);
	struct dirent *entry;
	int err, first = 0;

	if (!d) {
		close(fd);
		return -ENOMEM;
	}
	while ((entry = readdir(d))) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		err = unlinkat(dirfd(d), entry->d_name, 0) < 0 ? -errno : 0;
		if ((err == -EISDIR || err == -EPERM) && depth > 1)
			err = remove_tree(dirfd(d), entry->d_name, depth - 1);
		if (err && err != -ENOENT && !first)
			first = log_err_r(err, "%s: cannot remove it: %s", entry->d_name,
					  log_errno(err));
	}
	closedir(d);
	return first;
}

static int remove_tree(int at, const char *name, int depth)
{
	int fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
	int err;

	if (fd < 0)
		return -errno;
	err = remove_entries(fd, depth);
	if (err)
		return err;
	return unlinkat(at, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

int pin_switch_remove(const char *name)
{
	char path[PIN_PATH_LEN];
	int err = name_check(name);

	if (err)
		return err;
	err = remove_tree(AT_FDCWD, pin_path(path, name, NULL), PIN_DEPTH_MAX);
	if (err && err != -ENOENT)
		return log_err_r(err, "%s: cannot remove it: %s", path, log_errno(err));
	return 0;
}

int pin_file_remove(const char *name, const char *file)
{
	char path[PIN_PATH_LEN];
	int err = name_check(name);

	if (!err)
		err = file_check(file);
	if (err)
		return err;
	if (unlink(pin_path(path, name, file)) == 0 || errno == ENOENT)
		return 0;
	return log_err_r(-errno, "%s: cannot remove it: %s", path, log_errno(errno));
}

/* ---- lists */

static int skip_hidden(const struct dirent *entry)
{
	return entry->d_name[0] != '.';
}

/* calls @fn with each name in @dir, directories or others, from a list taken beforehand */
static int names_each(const char *dir, bool dirs, int (*fn)(const char *name, void *arg), void *arg)
{
	struct dirent **list;
	int err = 0;
	int n, i;

	n = scandir(dir, &list, skip_hidden, alphasort);
	if (n < 0)
		return errno == ENOENT ? 0 : log_err_r(-errno, "%s: %s", dir, log_errno(errno));
	for (i = 0; i < n; i++) {
		if (!err && (list[i]->d_type == DT_DIR) == dirs)
			err = fn(list[i]->d_name, arg);
		free(list[i]);
	}
	free(list);
	return err;
}

int pin_switch_each(int (*fn)(const char *name, void *arg), void *arg)
{
	return names_each(PIN_ROOT, true, fn, arg);
}

int pin_file_each(const char *name, int (*fn)(const char *file, void *arg), void *arg)
{
	char path[PIN_PATH_LEN];
	int err = name_check(name);

	return err ? err : names_each(pin_path(path, name, NULL), false, fn, arg);
}
