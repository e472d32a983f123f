/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * steps.h - single changes of the host and of the tables, each noted in the journal before it is
 * made. attach.c and change.c put them into order.
 */
#pragma once

#include <stdbool.h>

#include "config.h"
#include "dataplane.h"
#include "host.h"
#include "journal.h"
#include "plan.h"
#include "tables.h"

struct steps {
	const struct config *cfg;
	const char *netns; /* as the user named it */
	struct host *host;
	struct dataplane *dp;
	const struct tables *tables;
	struct journal journal;
	struct plan *plan;
	bool follow;	  /* somebody follows carriers: the uplink's for `state: auto`, the guests' */
	bool uplink_down; /* follow, and the uplink has none; set by steps_plan() */
};

/* All log their errors and return 0 or a negative errno. @i: index in cfg->vfs. */

/* makes the pair of a VF with `guest`, and looks at it */
int steps_guest(struct steps *at, unsigned int i);

/*
 * offloads, promiscuity, and what the device has lost before. Here and below, of a bridge's ports
 * only those that stand for their device: host_is_device()
 */
int steps_uplink_device(struct steps *at);
int steps_vf_device(struct steps *at, unsigned int i);

/* of a device that is a port already: what its ports' tags ask of it, if @old did not */
int steps_vf_extended(struct steps *at, unsigned int i, const struct config *old);

/* loads what steps_vf_programs() attaches, which it does itself, in time */
int steps_vf_load(struct steps *at, unsigned int i);

int steps_uplink_programs(struct steps *at);
int steps_vf_programs(struct steps *at, unsigned int i);
int steps_vf_carrier(struct steps *at, unsigned int i, bool down);

/*
 * steps_mtu_wanted() - what the MTU of the uplink, or of device @dev of a bridge, would have to be, so
 * that no full frame of the other ports is too long behind the tags that it gets there; 0: any would
 * do. @rows: as they are in the tables, or in the plan if it is NULL.
 * steps_warn_mtu() - says where it is less; @old: but not of what this had wanted as well.
 */
unsigned int steps_mtu_wanted(const struct config *cfg, const struct tables *rows,
			      const struct plan *plan, const char *dev);
void steps_warn_mtu(const struct steps *at, const struct config *old);

/* the rows for the devices that are there now, into at->plan */
int steps_plan(struct steps *at);

/* text, namespace and time; attached 0: not finished */
int steps_config_write(struct steps *at, uint64_t attached);
