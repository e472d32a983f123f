/* SPDX-License-Identifier: GPL-2.0-only */
/* wait.c - see wait.h */
#include "wait.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "log.h"

int wait_signals(void)
{
	sigset_t set;
	int fd;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGWINCH);
	fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (fd < 0)
		return log_err_r(-errno, "cannot wait for signals: %s", log_errno(errno));
	sigprocmask(SIG_BLOCK, &set, NULL);
	return fd;
}

int wait_signal_next(int fd)
{
	struct signalfd_siginfo info;

	return read(fd, &info, sizeof(info)) == sizeof(info) ? (int)info.ssi_signo : 0;
}

bool wait_ended(int fd)
{
	bool ended = false;
	int signo;

	while ((signo = wait_signal_next(fd)))
		ended |= signo != SIGWINCH;
	return ended;
}

static uint64_t now(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return (uint64_t)ts.tv_sec * WAIT_NS + (uint64_t)ts.tv_nsec;
}

uint64_t wait_now(void)
{
	return now(CLOCK_MONOTONIC);
}

int wait_ms(uint64_t due)
{
	uint64_t at = wait_now();

	return due > at ? (int)((due - at + 999999) / 1000000) : 0;
}

uint64_t wait_realtime(uint64_t monotonic)
{
	return now(CLOCK_REALTIME) - wait_now() + monotonic;
}

const char *wait_format(uint64_t realtime, char *buf, size_t len)
{
	time_t at = (time_t)(realtime / WAIT_NS), today = time(NULL);
	unsigned int us = (unsigned int)(realtime % WAIT_NS / 1000);
	struct tm tm, day;
	size_t used;

	if (!localtime_r(&at, &tm) || !localtime_r(&today, &day)) {
		snprintf(buf, len, "%llu.%06u", (unsigned long long)at, us);
		return buf;
	}
	used = strftime(buf, len,
			tm.tm_yday == day.tm_yday && tm.tm_year == day.tm_year
				? "%H:%M:%S"
				: "%Y-%m-%d %H:%M:%S",
			&tm);
	snprintf(buf + used, len - used, ".%06u", us);
	return buf;
}
