/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * relay.h - third box: who gets the frame.
 *
 * A target is a port number in f->to, or EVB_PORT_NONE for a flood over the FID's group.
 */
#pragma once

#include "frame.h"
#include "tables.h"

static __always_inline struct evb_group *relay_group(const struct evb_frame *f)
{
	__u32 fid = f->dst.fid;

	return bpf_map_lookup_elem(&evb_groups, &fid);
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

/* VEB, frame of a VF or the PF: local ports first, what is not here is on the wire */
static __always_inline enum evb_drop relay_from_local(struct evb_frame *f,
						      const struct evb_port *port)
{
	if (frame_is_multicast(f))
		return EVB_DROP_NONE;
	f->to = fdb_get(&f->dst);
	if (!f->to) {
		f->to = port->wire;
		return EVB_DROP_NONE;
	}
	f->own = 1;
	return f->to == f->in ? EVB_DROP_SELF : EVB_DROP_NONE;
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

/* has the port asked for a group? */
static __always_inline int relay_in_group(const struct evb_frame *f, __u32 number)
{
	struct evb_multicast_key key = {.port = number};

	__builtin_memcpy(key.mac, f->dst.mac, sizeof(key.mac));
	return bpf_map_lookup_elem(&evb_multicast, &key) != NULL;
}

/*
 * Does a member of the FID get this frame? Of multicast, those that take all or the group; of unicast
 * (in a domain with promiscuous ports) its target and those.
 */
static __always_inline int relay_is_member(const struct evb_frame *f, const struct evb_port *target,
					   __u32 number)
{
	if (target->promisc)
		return 1;
	if (!frame_is_multicast(f))
		return number == f->to;
	return target->allmulti || frame_is_broadcast(f) || relay_in_group(f, number);
}
