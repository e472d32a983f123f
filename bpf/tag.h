/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tag.h - what has to be done to the tags of a frame so that a port gets it as it should.
 *
 * At most two tags are the switch's: that of the channel, outermost, and inside it that of the
 * VLAN. Four steps at most: channel's off, VLAN's off, VLAN's on, channel's on. Access to access
 * in one VLAN is none: the tag that "was inserted" never exists.
 */
#pragma once

#include "frame.h"

/* the steps, as bits */
#define TAG_POP_CHANNEL 1u
#define TAG_POP 2u
#define TAG_PUSH 4u
#define TAG_PUSH_CHANNEL 8u

/* the port gets the VLAN's frames with their tag */
static __always_inline int tag_wanted(const struct evb_frame *f, const struct evb_port *port)
{
	return f->vtpid && port->strip_fid != f->dst.fid;
}

/*
 * A port of a bridge gets the VLAN's frames without tag, and where its device has channels, an S-TAG
 * behind that one would be taken for a channel's at the other end of the cable.
 */
static __always_inline int tag_bares_channel(const struct evb_frame *f, const struct evb_port *port)
{
	return port->channels && port->kind == EVB_KIND_PORT && f->tpid2 == EVB_TPID_S &&
	       evb_tci_vid(f->tci2) > EVB_SVID_DEFAULT && f->vtpid && !tag_wanted(f, port);
}

static __always_inline __u32 tag_vlan_steps(const struct evb_frame *f, int wanted)
{
	__u32 steps = 0;

	if (!f->vtpid)
		return 0;
	if (f->form == FRAME_PRIO || (f->form == FRAME_TAGGED && !wanted))
		steps |= TAG_POP;
	if (wanted && f->form != FRAME_TAGGED)
		steps |= TAG_PUSH;
	return steps;
}

/* the VLAN's tag cannot be changed behind the channel's */
static __always_inline __u32 tag_steps(const struct evb_frame *f, const struct evb_port *port)
{
	__u32 steps = tag_vlan_steps(f, tag_wanted(f, port));

	if (!(f->channel_tag | port->channel_tag))
		return steps;
	if (!steps && f->channel_tag == port->channel_tag && f->channel == port->channel)
		return 0;
	if (f->channel_tag)
		steps |= TAG_POP_CHANNEL;
	if (port->channel_tag)
		steps |= TAG_PUSH_CHANNEL;
	return steps;
}

/* length of the frame after these steps */
static __always_inline __u32 tag_len(const struct evb_frame *f, __u32 steps)
{
	__u32 len = f->len;

	if (steps & TAG_POP_CHANNEL)
		len -= EVB_TAG_LEN;
	if (steps & TAG_POP)
		len -= EVB_TAG_LEN;
	if (steps & TAG_PUSH)
		len += EVB_TAG_LEN;
	if (steps & TAG_PUSH_CHANNEL)
		len += EVB_TAG_LEN;
	return len;
}

/* an S-channel's tag: the priority of the VLAN's tag, of a priority tag, or of the channel it came by */
static __always_inline __u16 tag_channel_tci(const struct evb_frame *f, const struct evb_port *port)
{
	__u16 prio = f->vtpid ? f->vtci : f->tpid ? f->tci : f->channel_tci;

	return (prio & EVB_TCI_PRIO) | port->channel;
}

/* the frame is now what the steps made of it */
static __always_inline void tag_done(struct evb_frame *f, const struct evb_port *port, __u32 steps)
{
	f->len = tag_len(f, steps);
	if (steps & (TAG_POP | TAG_PUSH))
		f->form = steps & TAG_PUSH ? FRAME_TAGGED : FRAME_BARE;
	f->channel_tag = port->channel_tag;
	f->channel = port->channel;
}
