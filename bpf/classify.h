/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * classify.h - first box: interface and outermost tag to port, VLAN and FID.
 *
 * classify_channel() takes the channel's tag off the frame as the other boxes see it: tpid and tci
 * are then those of the tag inside. classify_vlan() is the whole of VLAN membership on the way in.
 * A tag with VID 0 is a priority tag: the frame is in the VLAN of untagged frames and the tag's
 * priority goes on.
 */
#pragma once

#include "frame.h"
#include "tables.h"

/* port of an interface's untagged channel; EVB_PORT_NONE: not ours */
static __always_inline __u32 classify_port(__u32 ifindex)
{
	struct evb_ingress_key key = {.ifindex = ifindex};
	__u32 slot = ifindex & (EVB_IFACES_MAX - 1);
	struct evb_ingress_val *val;
	struct evb_iface *iface;

	iface = bpf_map_lookup_elem(&evb_ifaces, &slot);
	if (iface && iface->ifindex == ifindex)
		return iface->port;
	val = bpf_map_lookup_elem(&evb_ingress, &key);
	return val ? val->port : EVB_PORT_NONE;
}

/* the frame as it looks behind an S-channel's tag */
static __always_inline void classify_inside(struct evb_frame *f)
{
	f->channel_tag = EVB_CHANNEL_S;
	f->channel = evb_tci_vid(f->tci);
	f->channel_tpid = f->tpid;
	f->channel_tci = f->tci;
	f->tpid = f->tpid2;
	f->tci = f->tci2;
	f->tpid2 = f->tpid3;
	f->tci2 = f->tci3;
	f->tpid3 = 0;
	f->tags--;
}

/*
 * On an interface with channels: f->in is its untagged port, and becomes the channel's. SVID 1 is
 * the untagged channel's own, 0 only a priority.
 */
static __always_inline enum evb_drop classify_channel(struct evb_frame *f,
						      const struct evb_port *port)
{
	struct evb_ingress_key key = {.ifindex = port->ifindex};
	struct evb_ingress_val *val;

	if (f->tpid == EVB_TPID_S)
		classify_inside(f);
	if (f->channel <= EVB_SVID_DEFAULT)
		return EVB_DROP_NONE;
	key.channel = f->channel;
	val = bpf_map_lookup_elem(&evb_ingress, &key);
	if (!val)
		return EVB_DROP_CHANNEL;
	f->in = val->port;
	return EVB_DROP_NONE;
}

static __always_inline enum evb_drop classify_untagged(struct evb_frame *f,
						       const struct evb_port *port)
{
	__u16 prio = (f->tpid ? f->tci : f->channel_tci) & EVB_TCI_PRIO; /* 0 without a tag */

	f->dst.fid = f->group = port->fid;
	if (!port->fid)
		return EVB_DROP_VLAN_FILTER;
	if (!port->vlan)
		return EVB_DROP_NONE;
	if (port->qos)
		prio = port->qos << EVB_TCI_PCP_SHIFT;
	if (f->dscp)
		prio = (f->dscp - 1) << EVB_TCI_PCP_SHIFT;
	f->vtpid = port->tpid;
	f->vtci = prio | port->vlan;
	return EVB_DROP_NONE;
}

static __always_inline enum evb_drop classify_in(struct evb_frame *f, __u16 fid)
{
	f->dst.fid = f->group = fid;
	f->vtpid = f->tpid;
	f->vtci = f->tci;
	f->form = FRAME_TAGGED;
	return fid ? EVB_DROP_NONE : EVB_DROP_VLAN_FILTER;
}

/*
 * A VLAN that no port names, for the ports that are in every VLAN: all of a TPID are one FID, or,
 * where addresses are learned, one group of FIDs of their own.
 */
static __always_inline enum evb_drop classify_rest(struct evb_frame *f, const struct evb_port *port)
{
	__u32 number = port->domain;
	struct evb_domain *domain = bpf_map_lookup_elem(&evb_domains, &number);
	enum evb_drop drop;
	__u16 base;

	if (!domain || !port->trunk_all || evb_tci_vid(f->tci) > EVB_VID_MAX)
		return EVB_DROP_VLAN_FILTER;
	drop = classify_in(f, f->tpid == EVB_TPID_C ? domain->rest_fid_c : domain->rest_fid_s);
	base = f->tpid == EVB_TPID_C ? domain->vlan_fid_c : domain->vlan_fid_s;
	if (base)
		f->dst.fid = base + evb_tci_vid(f->tci);
	return drop;
}

/* a tag that stands for a VLAN of the port's kind */
static __always_inline enum evb_drop classify_tagged(struct evb_frame *f,
						     const struct evb_port *port)
{
	struct evb_vlan_key key = {
		.domain = port->domain, .tpid = f->tpid, .vid = evb_tci_vid(f->tci)};
	struct evb_vlan_val *vlan;

	if (port->access) {
		if (port->keep_tag && key.vid == port->vlan)
			return classify_in(f, port->fid);
		return EVB_DROP_VLAN_TAGGED;
	}
	vlan = bpf_map_lookup_elem(&evb_vlans, &key);
	if (!vlan)
		return classify_rest(f, port);
	if (!(vlan->members[(f->in / 64) & (EVB_PORTS_MAX / 64 - 1)] >> (f->in % 64) & 1))
		return EVB_DROP_VLAN_FILTER;
	return classify_in(f, vlan->fid);
}

/*
 * A tag behind a priority tag names a VLAN to whoever takes the priority tag off, a Linux stack for
 * one: the frame is tagged, and in none of the port's VLANs. In an S-VLAN it is the guest's own.
 */
static __always_inline enum evb_drop classify_priority(struct evb_frame *f,
						       const struct evb_port *port)
{
	if (f->tags > 1 && port->tpid != EVB_TPID_S)
		return port->access ? EVB_DROP_VLAN_TAGGED : EVB_DROP_VLAN_FILTER;
	f->form = FRAME_PRIO;
	return classify_untagged(f, port);
}

static __always_inline enum evb_drop classify_vlan(struct evb_frame *f, const struct evb_port *port)
{
	int foreign = port->tpid && f->tpid != port->tpid;

	if (!f->tpid)
		return classify_untagged(f, port);
	/* to a port of an S-VLAN its guest's C-TAG is payload */
	if (foreign && port->tpid == EVB_TPID_S && port->vlan)
		return classify_untagged(f, port);
	if (!evb_tci_vid(f->tci))
		return classify_priority(f, port);
	if (foreign)
		return port->access ? EVB_DROP_VLAN_TAGGED : EVB_DROP_VLAN_FILTER;
	return classify_tagged(f, port);
}
