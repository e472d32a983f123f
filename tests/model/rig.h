/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rig.h - the switch's programs, loaded once, under one configuration after another: frames go
 * through them by BPF_PROG_TEST_RUN, in a network namespace of the rig's own.
 */
#pragma once

#include "model.h"
#include "random.h"

/* how a frame is handed to the programs */
enum rig_lane {
	RIG_TC_BYTES = 0, /* all tags in the bytes */
	RIG_TC_BESIDE,	  /* the outermost VLAN tag beside them */
	RIG_XDP,	  /* and by TC what XDP leaves to it */
	RIG_LANE__MAX,
};

const char *rig_lane_name(enum rig_lane lane);

struct rig_seen {
	uint32_t retval;
	bool up;	 /* XDP left it to TC: the rest is what TC did */
	bool up_changed; /* ... but not as it came */
	struct evb_trace trace;
	struct model_frame frame; /* that came out, a tag beside it put in */
};

struct rig;

/* a negative errno, logged */
int rig_open(struct rig **out);
void rig_close(struct rig *rig);

/* the configuration becomes this one; nothing is learned. -EINVAL: the plan refuses it */
int rig_load(struct rig *rig, const struct config *cfg, const struct model_host *host);
/* before the configuration that was loaded goes; its rows stay for the next one to differ from */
void rig_unload(struct rig *rig);

/* can the kernel make a frame of that for the lane, and is there a program for it? */
bool rig_takes(const struct rig *rig, const struct model_input *in, enum rig_lane lane);
int rig_run(struct rig *rig, const struct model_input *in, enum rig_lane lane,
	    struct rig_seen *out);

/* ports of the configuration: their numbers */
unsigned int rig_ports(const struct rig *rig, const uint32_t **numbers);
const char *rig_port_name(const struct rig *rig, uint32_t number);
/* counters since rig_load() */
int rig_stats(struct rig *rig, uint32_t port, struct evb_stats *out);
/* counters of ports that the configuration does not have, ever: how many moved */
int rig_strays(struct rig *rig);

/* how many addresses a port has by learning; the port that an address is learned at, 0: none */
int rig_learned(struct rig *rig, uint32_t port, uint32_t *out);
uint32_t rig_learned_at(struct rig *rig, const struct model_address *address);
