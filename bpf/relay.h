/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * relay.h - third box: who gets the frame.
 *
 * A target is a port number in f->to, or EVB_PORT_NONE for a flood over the FID's group.
 */
#pragma once

#include "frame.h"
#include "tables.h"

static __always_inline struct evb_fdb_val *relay_lookup(const struct evb_fdb_key *key)
{
	return bpf_map_lookup_elem(&evb_fdb, key);
}

static __always_inline struct evb_group *relay_group(const struct evb_frame *f)
{
	__u32 fid = f->dst.fid;

	return bpf_map_lookup_elem(&evb_groups, &fid);
}

/* port that owns the frame's source address in the frame's FID */
static __always_inline __u32 relay_owner(const struct evb_frame *f)
{
	struct evb_fdb_key key = f->src;
	struct evb_fdb_val *val;

	key.fid = f->dst.fid;
	val = relay_lookup(&key);
	return val ? val->port : EVB_PORT_NONE;
}

/* unknown unicast from the wire: the PF, where it is in the VLAN */
static __always_inline __u32 relay_default(const struct evb_frame *f)
{
	struct evb_group *group = relay_group(f);

	return group ? group->default_port : EVB_PORT_NONE;
}

/* VEB, frame of a VF or the PF: local ports first, what is not here is on the wire */
static __always_inline enum evb_drop relay_from_local(struct evb_frame *f,
						      const struct evb_port *port)
{
	struct evb_fdb_val *val;

	if (frame_is_multicast(f))
		return EVB_DROP_NONE;
	val = relay_lookup(&f->dst);
	if (!val) {
		f->to = port->wire;
		return EVB_DROP_NONE;
	}
	f->to = val->port;
	f->own = 1;
	return f->to == f->in ? EVB_DROP_SELF : EVB_DROP_NONE;
}

/* frame from the wire: by address, else the default port; never to the owner of its source */
static __always_inline enum evb_drop relay_from_wire(struct evb_frame *f)
{
	struct evb_fdb_val *val;

	if (frame_is_multicast(f))
		return EVB_DROP_NONE;
	val = relay_lookup(&f->dst);
	f->to = val ? val->port : relay_default(f);
	f->own = !!val;
	return f->to ? EVB_DROP_NONE : EVB_DROP_NO_TARGET;
}

/* port number `to` may not have a frame that came back from the wire and is its own */
static __always_inline int relay_is_reflection(const struct evb_frame *f,
					       const struct evb_port *target)
{
	if (mac_same(f->src.mac, target->mac))
		return 1;
	return target->n_macs > 1 && relay_owner(f) == f->to;
}

/* what source and single target say of each other */
static __always_inline enum evb_drop relay_pair(const struct evb_frame *f,
						const struct evb_port *port,
						const struct evb_port *target)
{
	if (port->isolated && target->isolated)
		return EVB_DROP_ISOLATED;
	if (port->kind == EVB_KIND_UPLINK && relay_is_reflection(f, target))
		return EVB_DROP_REFLECTED;
	return EVB_DROP_NONE;
}
