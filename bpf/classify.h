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
#include "tag.h"

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

/* port of a channel; EVB_PORT_NONE: unknown, as 0 is, by which the table has the untagged one */
static __always_inline __u32 classify_id(__u32 ifindex, __u32 channel)
{
	struct evb_ingress_key key = {.ifindex = ifindex, .channel = channel};
	struct evb_ingress_val *val;

	val = channel ? bpf_map_lookup_elem(&evb_ingress, &key) : NULL;
	return val ? val->port : EVB_PORT_NONE;
}

/* a guest's or the host's frame at an extender: whose, and the priority of one that has none */
static __always_inline void classify_extended_port(struct evb_frame *f, const struct evb_port *port)
{
	if (!evb_extended)
		return;
	f->up = port->extended;
	f->channel_tci = port->qos << EVB_TCI_PCP_SHIFT;
}

/* the way that a channel tag of a port extender goes */
enum classify_way {
	CLASSIFY_UP,   /* from an extender: names the port that the frame came from */
	CLASSIFY_DOWN, /* from the controlling bridge: names the port, or those, that it goes to */
};

/* 802.1BR: upstream names one port; reserved bits are nobody's */
static __always_inline enum evb_drop classify_etag(struct evb_frame *f, enum classify_way way)
{
	__u16 low = f->raw[0] << 8 | f->raw[1], high = f->raw[2] << 8 | f->raw[3];

	f->channel = evb_etag_id(high, f->raw[5]);
	f->channel_tci = low; /* priority where a TCI has it */
	if (way == CLASSIFY_DOWN)
		f->ingress = evb_etag_ingress(low, f->raw[4]);
	return way == CLASSIFY_UP && f->channel > EVB_ETAG_ID_MAX ? EVB_DROP_DIRECTION : EVB_DROP_NONE;
}

static __always_inline enum evb_drop classify_vntag(struct evb_frame *f, enum classify_way way)
{
	__u32 tag = (__u32)f->raw[0] << 24 | f->raw[1] << 16 | f->raw[2] << 8 | f->raw[3];

	if (!(tag & EVB_VNTAG_DOWN) != (way == CLASSIFY_UP) || tag & EVB_VNTAG_VERSION)
		return EVB_DROP_DIRECTION;
	if (way == CLASSIFY_UP) {
		f->channel = tag & EVB_VNTAG_VIF_MAX;
		return tag >> 16 ? EVB_DROP_DIRECTION : EVB_DROP_NONE;
	}
	f->channel = tag >> 16 & (EVB_VNTAG_LIST | EVB_VNTAG_ID_MAX);
	f->ingress = tag & EVB_VNTAG_LOOPED ? tag & EVB_VNTAG_VIF_MAX : 0;
	return EVB_DROP_NONE;
}

/*
 * The frame as it looks behind an E-TAG or VN-Tag, which f->type has said that there is: addresses
 * are where they were, everything else is read anew.
 */
static __always_inline enum evb_drop classify_extended(void *ctx, struct evb_frame *f, __u32 way)
{
	int e = f->type == EVB_TYPE_ETAG;
	__be16 type;

	if (skin_load(ctx, f->off, f->raw, e ? 6 : 4))
		return EVB_DROP_BAD_FRAME;
	f->off += e ? 6 : 4;
	if (skin_load(ctx, f->off, &type, sizeof(type)))
		return EVB_DROP_BAD_FRAME;
	f->channel_tag = e ? EVB_CHANNEL_E : EVB_CHANNEL_VN;
	f->channel_tpid = f->type;
	f->off += sizeof(type);
	f->type = bpf_ntohs(type);
	if (frame_inside(ctx, f, skin_bytes(ctx)))
		return EVB_DROP_BAD_FRAME;
	return e ? classify_etag(f, way) : classify_vntag(f, way);
}

/* the outermost tag is of the kind that tells channels on this interface */
static __always_inline int classify_is_channel(const struct evb_frame *f, const struct evb_port *port)
{
	if (!evb_extended || port->channels == EVB_CHANNEL_S)
		return f->tpid == EVB_TPID_S;
	return !f->tpid &&
	       f->type == (port->channels == EVB_CHANNEL_E ? EVB_TYPE_ETAG : EVB_TYPE_VNTAG);
}

/* implemented by each skin: classify_extended(), a function of its own to the verifier */
static __always_inline int skin_extended(void *ctx, struct evb_frame *f, __u32 way);

/*
 * On an interface with channels: f->in is its untagged port, and becomes the channel's. SVID 1 is
 * the untagged channel's own, 0 only a priority.
 */
static __always_inline enum evb_drop classify_channel(void *ctx, struct evb_frame *f,
						      const struct evb_port *port)
{
	enum evb_drop drop = EVB_DROP_NONE;

	f->link = port->ifindex;
	if (!classify_is_channel(f, port))
		return EVB_DROP_NONE;
	if (!evb_extended || port->channels == EVB_CHANNEL_S) {
		classify_inside(f);
		if (f->channel <= EVB_SVID_DEFAULT)
			return EVB_DROP_NONE;
	} else {
		drop = skin_extended(ctx, f, CLASSIFY_UP);
		if (drop)
			return drop;
	}
	f->in = classify_id(port->ifindex, f->channel);
	if (f->in)
		return EVB_DROP_NONE;
	f->in = classify_port(port->ifindex);
	return EVB_DROP_CHANNEL;
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
	f->form = f->came = FRAME_TAGGED;
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
	f->form = f->came = FRAME_PRIO;
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
