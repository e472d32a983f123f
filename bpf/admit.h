/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * admit.h - second box: what the sender may. The order of the tests is the order of the reasons.
 */
#pragma once

#include "frame.h"
#include "policy.h"
#include "tables.h"

/* the source address is the port's; further ones than the first are in the FDB */
static __always_inline int admit_source(const struct evb_frame *f, const struct evb_port *port)
{
	struct evb_fdb_key key = f->src;

	if (mac_same(f->src.mac, port->mac))
		return 1;
	if (port->n_macs < 2)
		return 0;
	key.fid = port->mac_fid;
	return fdb_get(&key) == f->in;
}

/* a frame from a VF; vlan is what classify said of its tag, read what the reader said of it */
static __always_inline enum evb_drop admit_vf(const struct evb_frame *f,
					      const struct evb_port *port, enum evb_drop read,
					      enum evb_drop vlan)
{
	if (port->down)
		return EVB_DROP_LINK;
	if (read)
		return read;
	if (frame_is_extended(f) || (port->channels && f->tpid == EVB_TPID_S))
		return EVB_DROP_INJECT;
	if (frame_is_control(f) && !port->trust)
		return EVB_DROP_CONTROL;
	if (port->spoofchk && !admit_source(f, port))
		return EVB_DROP_SPOOF_MAC;
	/* untagged, it is the link's and in no VLAN */
	return frame_is_control(f) && !f->tpid ? EVB_DROP_NONE : vlan;
}

/*
 * a frame from a port of a bridge. What belongs to the link goes to the device's own stack and is
 * not asked here; a BPDU is for the bridge, which has no spanning tree to give it to.
 */
static __always_inline enum evb_drop admit_port(const struct evb_frame *f,
						const struct evb_port *port, enum evb_drop read,
						enum evb_drop vlan)
{
	if (port->down)
		return EVB_DROP_LINK;
	if (read)
		return read;
	if (port->closed)
		return EVB_DROP_CHANNEL;
	if (frame_is_extended(f))
		return EVB_DROP_INJECT;
	if (frame_is_bpdu(f) && !port->bpdu)
		return EVB_DROP_CONTROL;
	if (port->spoofchk && !admit_source(f, port))
		return EVB_DROP_SPOOF_MAC;
	return vlan;
}

/* broadcast and multicast from the port, in frames; unknown unicast is known after relay only */
static __always_inline enum evb_drop admit_storm(const struct evb_frame *f,
						 const struct evb_port *port)
{
	__u32 class = frame_is_broadcast(f) ? EVB_METER_BROADCAST : EVB_METER_MULTICAST;

	if (!frame_is_multicast(f) || !(port->storm >> (class - EVB_METER_BROADCAST) & 1))
		return EVB_DROP_NONE;
	return policy_meter(f->in, class, f->segments, 0) ? EVB_DROP_NONE : EVB_DROP_STORM;
}

/* what a port with policy_in may send */
static __always_inline enum evb_drop admit_policy(void *ctx, struct evb_frame *f,
						  const struct evb_port *port)
{
	struct policy *p = NULL;

	if (port->guard || port->acl_in || port->rate_in)
		p = policy_read(ctx, f);
	if (p && (port->spoofchk || admit_source(f, port)))
		p->flags |= POLICY_OWN;
	if (p && port->guard && !policy_guard(ctx, f, port, p))
		return EVB_DROP_GUARD;
	if (p && port->acl_in && !policy_acl(p, port->acl_in, evb_tci_vid(f->vtci)))
		return EVB_DROP_ACL;
	if (port->rate_in && !policy_rate(f->in, EVB_METER_IN, f->len))
		return EVB_DROP_RATE;
	return admit_storm(f, port);
}

/* nobody here has the address: the port's limit of frames to unknown stations */
static __always_inline enum evb_drop admit_unknown(const struct evb_frame *f,
						   const struct evb_port *port)
{
	if (frame_is_multicast(f) || f->own ||
	    !(port->storm >> (EVB_METER_UNKNOWN - EVB_METER_BROADCAST) & 1))
		return EVB_DROP_NONE;
	return policy_meter(f->in, EVB_METER_UNKNOWN, f->segments, 0) ? EVB_DROP_NONE : EVB_DROP_STORM;
}
