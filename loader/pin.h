/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * pin.h - where switches live in bpffs, and the lock.
 *
 *   /sys/fs/bpf/evbpf/            the lock is on this directory; it is there while a switch is
 *   /sys/fs/bpf/evbpf/SWITCH/     one directory per switch: pinned maps and tcx links
 *
 * Functions that change something, and pin_lock(), log their errors. 0 or a negative errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "evb_abi.h"

#define PIN_BPFFS "/sys/fs/bpf"
#define PIN_ROOT PIN_BPFFS "/evbpf"
#define PIN_PATH_LEN 128 /* holds any path that pin_path() makes */
#define PIN_FILE_LEN 64	 /* name of a pin, with the terminating NUL */

#define PIN_LOCK_SECONDS 30

/*
 * pin_root_check() - is a bpffs mounted at /sys/fs/bpf, and may we use it? Logs the remedy and
 * returns -ENOTSUP (nothing mounted), -EACCES. It mounts nothing by itself: below
 * `ip netns exec` a mount dies with the command, and every pinned link with it.
 */
int pin_root_check(void);

/*
 * pin_lock() - waits up to @seconds for the lock: @exclusive for whoever changes something (makes
 * /sys/fs/bpf/evbpf), shared for readers. Returns an fd for pin_unlock(), or
 *   -ENOENT  shared only, not logged: the directory is not there, hence no switch is
 *   -EBUSY   another evbpf is at work
 *   -ENOTSUP, -EACCES as pin_root_check(), which it calls.
 * pin_unlock() removes /sys/fs/bpf/evbpf when it is empty and nobody else has it locked.
 * pin_unlock(-1) does nothing. The lock dies with the process.
 */
int pin_lock(bool exclusive, unsigned int seconds);
void pin_unlock(int fd);

/* 1..15 of [A-Za-z0-9_-] */
bool pin_name_ok(const char *name);

/* "/sys/fs/bpf/evbpf/SWITCH[/FILE]"; file may be NULL; buf of PIN_PATH_LEN; returns buf */
const char *pin_path(char *buf, const char *name, const char *file);

/* 1: the switch has a directory, 0: it has not, or a negative errno */
int pin_switch_exists(const char *name);

/* -EEXIST is not logged */
int pin_switch_make(const char *name);

/* removes the directory and all pins in it; a switch that is not there is 0 */
int pin_switch_remove(const char *name);

/*
 * pin_switch_each() - calls @fn with the name of every switch, in alphabetical order, from a
 * list taken beforehand: @fn may remove switches. Stops at the first non-zero return and returns
 * it.
 */
int pin_switch_each(int (*fn)(const char *name, void *arg), void *arg);

/* likewise for the pins of one switch */
int pin_file_each(const char *name, int (*fn)(const char *file, void *arg), void *arg);

/* removes one pin; one that is not there is 0 */
int pin_file_remove(const char *name, const char *file);
