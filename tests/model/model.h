/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model.h - the whole switch in plain C, from its description alone: what a person would do with
 * pencil and paper. No tables, no fast lane, no order of sending; it knows the configuration and
 * the devices, and for each frame says who gets which bytes.
 *
 *	frame + device --classify--> port, VLAN --admit--> may it? --relay--> targets --emit--> bytes
 *
 * Left out: what depends on time (rates, storm control, ageing) and on the kernel (send).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "evb_abi.h"

#define MODEL_FRAME_MAX 2048
#define MODEL_PORTS_MAX 64
#define MODEL_LEARNED_MAX 4096

/* what the host knows of a device */
struct model_dev {
	const char *name;
	unsigned int mtu;
	bool no_link;
	uint8_t mac[6]; /* of the uplink: the host's */
};

struct model_host {
	unsigned int n_devs;
	const struct model_dev *devs;
};

struct model_frame {
	size_t len;
	uint8_t data[MODEL_FRAME_MAX];
};

/* a frame's way in; with @host it is the host's own, on its way out of the uplink */
struct model_input {
	const char *dev;
	bool host;
	struct model_frame frame;
};

enum model_fate {
	MODEL_REFUSED = 0, /* at the port that it came from */
	MODEL_SENT,	   /* copies say where to, and where it was refused */
	MODEL_STACK,	   /* to the stack of the device that it came from */
};

struct model_copy {
	uint32_t port;
	enum evb_drop
		drop; /* not NONE: refused at this port, and frame is what it would have got */
	struct model_frame frame;
};

struct model_result {
	enum model_fate fate;
	enum evb_drop drop;
	uint32_t port; /* that it came from, and that counts it */
	unsigned int n_copies;
	struct model_copy copies[MODEL_PORTS_MAX];
};

/* a VLAN; tpid 0: none */
struct model_lan {
	uint16_t tpid, vid;
};

struct model_address {
	uint8_t mac[6];
	struct model_lan lan;
	uint32_t port;
};

struct model;

/* @cfg and @host stay the caller's and must stay; NULL: no memory */
struct model *model_new(const struct config *cfg, const struct model_host *host);
void model_free(struct model *m);

/* one frame; counts and learns */
void model_run(struct model *m, const struct model_input *in, struct model_result *out);

/* counters of a port; told* are 0 */
const struct evb_stats *model_stats(const struct model *m, uint32_t port);
const struct model_address *model_learned(const struct model *m, unsigned int *n);
