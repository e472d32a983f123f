/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * dataplane.h - the BPF objects: load, hand out maps and programs.
 */
#pragma once

#include "evb_abi.h"
#include "hook.h"
#include "tables.h"

enum dataplane_prog {
	DATAPLANE_FROM_VF = 0, /* TC ingress of a VF's host end */
	DATAPLANE_FROM_WIRE,   /* TC ingress of the uplink */
	DATAPLANE_FROM_PF,     /* TC egress of the uplink */
	DATAPLANE_FROM_MACVTAP, /* TC egress of a macvtap */
	DATAPLANE_FROM_PORT,   /* TC ingress of a bridge's port */
	DATAPLANE_EXTENDED_VF, /* of an extender: as FROM_VF, */
	DATAPLANE_EXTENDED_PF, /* ... FROM_PF, */
	DATAPLANE_EXTENDED_MACVTAP, /* ... FROM_MACVTAP */
	DATAPLANE_FROM_ABOVE,  /* TC ingress of an extender's uplink */
	DATAPLANE_FROM_CASCADE, /* TC ingress of a device toward another extender */
	DATAPLANE_XDP_WIRE,    /* XDP of the uplink */
	DATAPLANE_XDP_VF,      /* XDP of a VF's host end */
	DATAPLANE_XDP_PORT,    /* XDP of a bridge's port */
	DATAPLANE_XDP_EXTENDED_VF, /* of an extender: as XDP_VF */
	DATAPLANE_XDP_ABOVE,   /* XDP of an extender's uplink */
	DATAPLANE_PROG__MAX,
};

struct dataplane;

/*
 * dataplane_open() - creates the maps; @mode other than EVB_MODE_LIVE for tests and traces.
 * dataplane_open_on() - works on the maps of a switch that is there. Programs are loaded when they
 * are asked for: the verifier takes its time, and no switch needs all of them.
 * Closing it does not detach what is attached and pinned.
 */
int dataplane_open(enum evb_mode mode, struct dataplane **out);
int dataplane_open_on(const struct tables *tables, enum evb_mode mode, struct dataplane **out);
void dataplane_close(struct dataplane *dp); /* NULL is fine */

/* its maps; they live as long as dp */
const struct tables *dataplane_tables(const struct dataplane *dp);

/*
 * a TC program's fd, dp's own; -EINVAL for an XDP program. The first call for one of an edge switch
 * loads those of VFs, of the wire and of the PF together, likewise of an extender. Logs its error, a
 * missing kernel feature with the version that brings it.
 */
int dataplane_tc_fd(struct dataplane *dp, enum dataplane_prog prog);

/*
 * dataplane_xdp() - an XDP program on dp's maps for hook_xdp_attach(), dp's own; opened at the first
 * call. dataplane_xdp_fd() - loads it by itself, for BPF_PROG_TEST_RUN.
 */
int dataplane_xdp(struct dataplane *dp, enum dataplane_prog prog, struct hook_xdp **out);
/* ... once more from its beginning, when hook_xdp_attach() says -ERESTART */
int dataplane_xdp_again(struct dataplane *dp, enum dataplane_prog prog, struct hook_xdp **out);
int dataplane_xdp_fd(struct dataplane *dp, enum dataplane_prog prog);

/*
 * dataplane_clock_start() - lets the time of a bridge begin. Once: it goes on while the maps are
 * pinned or open. dataplane_flush() - a bridge forgets what it has learned at @port, EVB_PORT_NONE:
 * at all. dataplane_clock_load() - loads the programs of both, which they do themselves, in time.
 * Log their errors.
 */
int dataplane_clock_load(struct dataplane *dp);
int dataplane_clock_start(struct dataplane *dp);
int dataplane_flush(struct dataplane *dp, uint32_t port);
