/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * wait.h - for commands that go on until somebody ends them: signals as a file descriptor, time.
 *
 * SIGINT and SIGTERM end such a command with exit status 0. They are blocked elsewhere, so that
 * a step is never cut in the middle.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* blocks SIGINT, SIGTERM and SIGWINCH: an fd that is readable when one came, or -errno (logged) */
int wait_signals(void);

/* the next signal that came, or 0 if there is none; does not wait */
int wait_signal_next(int fd);

/* reads all that came; true if SIGINT or SIGTERM was among it */
bool wait_ended(int fd);

#define WAIT_NS ((uint64_t)1000000000) /* in a second */

/* ns of the monotonic clock, as bpf_ktime_get_ns() */
uint64_t wait_now(void);

/* milliseconds until @due for poll(), rounded up; 0 if it has passed */
int wait_ms(uint64_t due);

/* ns since 1970 of a time of the monotonic clock */
uint64_t wait_realtime(uint64_t monotonic);

/* "13:27:10.123456", with the date in front if it is not today's; returns buf */
const char *wait_format(uint64_t realtime, char *buf, size_t len);
