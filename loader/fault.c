// SPDX-License-Identifier: GPL-2.0-only
/*
 * fault.c - see fault.h
 */
#include "fault.h"

#ifdef EVB_FAULTS

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned int count;

int fault_point(const char *name)
{
	const char *at = getenv("EVBPF_FAULT");
	const char *mode = getenv("EVBPF_FAULT_MODE");

	count++;
	if (mode && strcmp(mode, "list") == 0)
		fprintf(stderr, "fault point %u: %s\n", count, name);
	if (!at || strtoul(at, NULL, 10) != count)
		return 0;
	if (mode && strcmp(mode, "error") == 0) {
		fprintf(stderr, "fault point %u: %s: error\n", count, name);
		return -EIO;
	}
	raise(SIGKILL);
	return 0;
}

unsigned int fault_count(void)
{
	return count;
}

#else
typedef int fault_is_off; /* ISO C wants a declaration in every file */
#endif
