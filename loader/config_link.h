/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config_link.h - do two files agree on the cable between their switches?
 *
 * Pure, as config.h. An end of a link is a switch and a device of it: the uplink of an edge switch
 * or of an extender, the device of an extender's cascade or of a bridge's ports.
 */
#pragma once

#include "config.h"

enum config_end_kind {
	CONFIG_END_NONE = 0, /* the switch has no such device, or a VF on it */
	CONFIG_END_STATION,  /* uplink of an edge switch */
	CONFIG_END_EXTENDER, /* uplink of an extender */
	CONFIG_END_CASCADE,
	CONFIG_END_BRIDGE,
};

struct config_end {
	const struct config *cfg;
	char dev[CONFIG_IFNAME_LEN];
};

struct config_link {
	struct config_end end[2];
};

/* where something is said, or where it is missed */
struct config_place {
	const struct config *cfg;
	struct config_pos pos;
};

struct config_mismatch {
	unsigned int link; /* of those that were checked */
	struct config_place place[2];
	char text[256]; /* what does not go together */
};

enum config_end_kind config_end_kind(const struct config_end *end);

/*
 * config_links_check() - every link by itself, and what extenders have behind their cascades as far
 * as there are links. No end may be in two of them.
 * Returns 0 and @n_out mismatches to be freed, or -ENOMEM.
 */
int config_links_check(const struct config_link *links, unsigned int n,
		       struct config_mismatch **out, unsigned int *n_out);
