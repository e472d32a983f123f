/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * admit.h - second box: what the sender may. The order of the tests is the order of the reasons.
 */
#pragma once

#include "frame.h"
#include "tables.h"

/* the source address is the port's; further ones than the first are in the FDB */
static __always_inline int admit_source(const struct evb_frame *f, const struct evb_port *port)
{
	struct evb_fdb_key key = f->src;
	struct evb_fdb_val *val;

	if (mac_same(f->src.mac, port->mac))
		return 1;
	if (port->n_macs < 2)
		return 0;
	key.fid = port->mac_fid;
	val = bpf_map_lookup_elem(&evb_fdb, &key);
	return val && val->port == f->in;
}

/* a frame from a VF; vlan is what classify said of its tag, read what the reader said of it */
static __always_inline enum evb_drop admit_vf(const struct evb_frame *f,
					      const struct evb_port *port, enum evb_drop read,
					      enum evb_drop vlan)
{
	if (port->state == EVB_STATE_DISABLE)
		return EVB_DROP_LINK;
	if (read)
		return read;
	if (frame_is_extended(f))
		return EVB_DROP_INJECT;
	if (frame_is_control(f))
		return EVB_DROP_CONTROL;
	if (port->spoofchk && !admit_source(f, port))
		return EVB_DROP_SPOOF_MAC;
	return vlan;
}
