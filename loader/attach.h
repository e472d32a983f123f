/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.h - a switch comes and goes: all or nothing.
 */
#pragma once

#include <stdbool.h>

#include "config.h"
#include "plan.h"

/*
 * attach_switch() - checks the host, loads, fills, attaches, in the current network namespace. A
 * failed step undoes what came before it. @netns: how the user named the namespace, "" for the
 * caller's own. With @dry_run everything is checked and nothing is changed; @out (may be NULL)
 * gets the plan, with devices as far as they exist. Logs its errors.
 */
int attach_switch(const struct config *cfg, const char *netns, bool dry_run, struct plan **out);

/* detach_switch() - undoes it, from any namespace. -ENOENT (logged): no such switch. */
int detach_switch(const char *name);

/* all of them; 0 also when there is none */
int detach_all(void);
