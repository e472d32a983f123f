/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fault.h - stop at step N, to prove that whatever is left can be undone.
 *
 * A step that changes the host is preceded by fault_point("what it does"). In builds with
 * -DEVB_FAULTS the steps are counted from 1, and at step EVBPF_FAULT=N the process kills itself
 * with SIGKILL, or with EVBPF_FAULT_MODE=error gets -EIO from the point. EVBPF_FAULT_MODE=list
 * prints every step to stderr. In other builds a point is nothing.
 */
#pragma once

#ifdef EVB_FAULTS
/* 0: go on; -EIO: the step has failed */
int fault_point(const char *name);
/* steps passed so far */
unsigned int fault_count(void);
#else
static inline int fault_point(const char *name)
{
	(void)name;
	return 0;
}

static inline unsigned int fault_count(void)
{
	return 0;
}
#endif
