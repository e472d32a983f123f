/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * relay.h - third box: who gets the frame.
 *
 * A target is a port number in f->to, or EVB_PORT_NONE for a flood over the FID's group. Rules by
 * the `relay` of ports, for those that share a domain:
 *
 *	from	veb			vepa, private		the wire
 *	to
 *	veb	yes			no, it goes to the wire	yes; a flood of a local veb not again
 *	vepa	no, it goes to the wire	the same		yes, reflected ones too
 *	private	no, it goes to the wire	the same		yes, if no local port sent it
 *	owner of the source address			never
 *
 * A bridge learns, and never sends a frame back unless its port is for reflective relay. An
 * extender looks at no address: what comes from a port goes up, what comes down goes to the port or
 * the group that its tag names, but not to the one that the tag excepts.
 */
#pragma once

#include "frame.h"
#include "tables.h"

static __always_inline struct evb_group *relay_group(const struct evb_frame *f)
{
	__u32 group = f->group;

	return bpf_map_lookup_elem(&evb_groups, &group);
}

/* port that owns the frame's source address in the frame's FID */
static __always_inline __u32 relay_owner(const struct evb_frame *f)
{
	struct evb_fdb_key key = f->src;

	key.fid = f->dst.fid;
	return fdb_get(&key);
}

/* unknown unicast from the wire: the PF, where it is in the VLAN */
static __always_inline __u32 relay_default(const struct evb_frame *f)
{
	struct evb_group *group = relay_group(f);

	return group ? group->default_port : EVB_PORT_NONE;
}

/* frame of a VF or the PF: local ports first, what is not here is on the wire */
static __always_inline enum evb_drop relay_from_local(struct evb_frame *f,
						      const struct evb_port *port)
{
	if (evb_extended && port->relay == EVB_RELAY_EXTENDER) {
		f->to = port->wire;
		return EVB_DROP_NONE;
	}
	if (frame_is_multicast(f)) {
		if (port->relay != EVB_RELAY_VEB)
			f->to = port->wire;
		return EVB_DROP_NONE;
	}
	f->to = fdb_get(&f->dst);
	if (f->to && f->to == f->in)
		return EVB_DROP_SELF;
	f->own = f->to && port->relay == EVB_RELAY_VEB;
	if (!f->own)
		f->to = port->wire;
	return EVB_DROP_NONE;
}

/* a local port that takes nothing locally: its frames come by the wire */
static __always_inline int relay_by_wire(const struct evb_frame *f, const struct evb_port *port,
					 const struct evb_port *target)
{
	return f->own && port->relay == EVB_RELAY_VEB && port->kind != EVB_KIND_UPLINK &&
	       target->relay != EVB_RELAY_VEB;
}

/*
 * frame from the wire: by address, else the default port, else whoever is promiscuous; never to
 * the owner of its source
 */
static __always_inline enum evb_drop relay_from_wire(struct evb_frame *f,
						     const struct evb_port *port)
{
	if (frame_is_multicast(f))
		return EVB_DROP_NONE;
	f->to = fdb_get(&f->dst);
	if (f->to)
		f->own = 1;
	else
		f->to = relay_default(f);
	return f->to || port->watched ? EVB_DROP_NONE : EVB_DROP_NO_TARGET;
}

/* an extender's port, and the frame is in a VLAN that it is not in: of one, or one that is none */
static __always_inline int relay_is_foreign(const struct evb_frame *f, const struct evb_port *target)
{
	if (!evb_extended || target->relay != EVB_RELAY_EXTENDER || target->kind == EVB_KIND_CASCADE)
		return 0;
	return !f->dst.fid || (target->access && f->dst.fid != target->fid);
}

/* has the port asked for a group? */
static __always_inline int relay_in_group(const struct evb_frame *f, __u32 number)
{
	struct evb_multicast_key key = {.port = number};

	__builtin_memcpy(key.mac, f->dst.mac, sizeof(key.mac));
	return bpf_map_lookup_elem(&evb_multicast, &key) != NULL;
}

static __always_inline int relay_wants_multicast(const struct evb_frame *f,
						 const struct evb_port *target, __u32 number)
{
	return target->allmulti || frame_is_broadcast(f) || relay_in_group(f, number);
}

/*
 * Frame that came down to an extender, for the port or group `number`; vlan is what classify said of
 * its VLAN, which is nothing to a cascade.
 */
static __always_inline enum evb_drop relay_from_above(struct evb_frame *f, __u32 number,
						      enum evb_drop vlan)
{
	struct evb_port *target = port_get(number);

	if (!number || !target)
		return EVB_DROP_CHANNEL;
	if (vlan) {
		f->dst.fid = EVB_FID_NONE;
		f->vtpid = 0;
	}
	if (target->kind == EVB_KIND_REPLICATION) {
		f->group = target->fid;
		f->all = 1;
		return EVB_DROP_NONE;
	}
	f->to = number;
	if (target->kind == EVB_KIND_CASCADE)
		return EVB_DROP_NONE;
	f->own = target->n_macs && mac_same(f->dst.mac, target->mac);
	if (vlan || relay_is_foreign(f, target))
		return vlan ?: EVB_DROP_VLAN_FILTER;
	return !frame_is_multicast(f) || relay_wants_multicast(f, target, number) ? EVB_DROP_NONE :
										    EVB_DROP_NO_TARGET;
}

/* port of a bridge that has the address, learned or static, in this VLAN or in all that none names */
static __always_inline __u32 relay_find(const struct evb_frame *f)
{
	struct evb_fdb_key key = f->dst;
	__u32 to = fdb_get(&key);

	if (to || f->group == f->dst.fid)
		return to;
	key.fid = f->group;
	return fdb_get(&key);
}

/* frame from a port of a bridge */
static __always_inline enum evb_drop relay_from_port(struct evb_frame *f,
						     const struct evb_port *port)
{
	if (frame_is_multicast(f))
		return EVB_DROP_NONE;
	f->to = relay_find(f);
	f->own = f->to != EVB_PORT_NONE;
	f->all = !f->own;
	return f->own && f->to == f->in && !port->reflective ? EVB_DROP_HAIRPIN : EVB_DROP_NONE;
}

/* port number `to` may not have a frame that came back from the wire and is its own */
static __always_inline int relay_is_reflection(const struct evb_frame *f,
					       const struct evb_port *target)
{
	if (mac_same(f->src.mac, target->mac))
		return 1;
	return target->n_macs > 1 && relay_owner(f) == f->to;
}

/* the wire gives back what a local port has sent: may the target have it? */
static __always_inline enum evb_drop relay_reflected(const struct evb_frame *f,
						     const struct evb_port *target)
{
	struct evb_port *owner;

	if (target->relay != EVB_RELAY_PRIVATE && !target->isolated)
		return EVB_DROP_NONE;
	owner = port_get(relay_owner(f));
	if (!owner || !owner->kind)
		return EVB_DROP_NONE;
	if (owner->isolated && target->isolated)
		return EVB_DROP_ISOLATED;
	return target->relay == EVB_RELAY_PRIVATE ? EVB_DROP_REFLECTED : EVB_DROP_NONE;
}

/* what source and single target say of each other */
static __always_inline enum evb_drop relay_pair(const struct evb_frame *f,
						const struct evb_port *port,
						const struct evb_port *target)
{
	if (port->isolated && target->isolated)
		return EVB_DROP_ISOLATED;
	if (port->kind != EVB_KIND_UPLINK || port->relay == EVB_RELAY_EXTENDER)
		return EVB_DROP_NONE;
	if (relay_is_reflection(f, target))
		return EVB_DROP_REFLECTED;
	return relay_reflected(f, target);
}

/*
 * Does a member of the FID get this frame? Of multicast, those that take all or the group; of unicast
 * (in a domain with promiscuous ports) its target and those, or all to whom it is unknown.
 */
static __always_inline int relay_is_member(const struct evb_frame *f, const struct evb_port *target,
					   __u32 number)
{
	if (target->promisc)
		return 1;
	if (!frame_is_multicast(f))
		return f->all || number == f->to;
	return relay_wants_multicast(f, target, number);
}
