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

/*
 * rodata, set by the loader: the switch has ports with E-TAG or VN-Tag. Where it has none, all that
 * is about them is gone when the programs are loaded.
 */
const volatile __u32 evb_extended = 0;

/* the steps, as bits */
#define TAG_POP_CHANNEL 1u
#define TAG_POP 2u
#define TAG_PUSH 4u
#define TAG_PUSH_CHANNEL 8u
#define TAG_RENAME 16u /* another id in the channel tag that is there */

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
	return port->channels == EVB_CHANNEL_S && port->kind == EVB_KIND_PORT && f->tpid2 == EVB_TPID_S &&
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

/* an extender's own frames, those of a PF that is no extended port, go up without tag */
static __always_inline int tag_channel_wanted(const struct evb_frame *f, const struct evb_port *port)
{
	if (!evb_extended)
		return port->channel_tag;
	return port->channel_tag && (port->channel || f->up || f->keep);
}

/*
 * Both have a channel tag of one kind: what it needs to be the port's. A GSO frame that came with an
 * E-TAG or VN-Tag is cut by nobody, who would not know its protocol: the tag goes off and on again.
 */
static __always_inline __u32 tag_same_kind(const struct evb_frame *f, const struct evb_port *port)
{
	__u32 anew = TAG_POP_CHANNEL | TAG_PUSH_CHANNEL;

	if (evb_extended && f->channel_tag != EVB_CHANNEL_S && f->segments > 1)
		return anew;
	if (evb_extended && f->channel_tag != EVB_CHANNEL_S)
		return f->keep && !port->channel ? 0 : TAG_RENAME;
	return f->channel == port->channel ? 0 : anew;
}

/* the VLAN's tag cannot be changed behind the channel's */
static __always_inline __u32 tag_steps(const struct evb_frame *f, const struct evb_port *port)
{
	__u32 steps = tag_vlan_steps(f, tag_wanted(f, port));
	int wanted;

	if (!(f->channel_tag | port->channel_tag))
		return steps;
	wanted = tag_channel_wanted(f, port);
	if (!steps && wanted && f->channel_tag == port->channel_tag)
		return tag_same_kind(f, port);
	if (f->channel_tag)
		steps |= TAG_POP_CHANNEL;
	if (wanted)
		steps |= TAG_PUSH_CHANNEL;
	return steps;
}

static __always_inline __u32 tag_channel_len(__u32 tag)
{
	if (!evb_extended)
		return EVB_TAG_LEN;
	return tag == EVB_CHANNEL_E ? EVB_ETAG_LEN : tag == EVB_CHANNEL_VN ? EVB_VNTAG_LEN : EVB_TAG_LEN;
}

#define TAG_INSIDE_MAX 3 /* VLAN tags that can be put behind an E-TAG or VN-Tag */

/* there are more: to be known before any tag moves, and the same wherever they stand */
static __always_inline int tag_is_deep(const struct evb_frame *f, const struct evb_port *port,
				       __u32 steps)
{
	if (!evb_extended || !(steps & TAG_PUSH_CHANNEL) || port->channel_tag == EVB_CHANNEL_S)
		return 0;
	return f->tags + !!(steps & TAG_PUSH) > TAG_INSIDE_MAX + !!(steps & TAG_POP);
}

/* length of the frame after these steps */
static __always_inline __u32 tag_len(const struct evb_frame *f, const struct evb_port *port,
				     __u32 steps)
{
	__u32 len = f->len;

	if (steps & TAG_POP_CHANNEL)
		len -= tag_channel_len(f->channel_tag);
	if (steps & TAG_POP)
		len -= EVB_TAG_LEN;
	if (steps & TAG_PUSH)
		len += EVB_TAG_LEN;
	if (steps & TAG_PUSH_CHANNEL)
		len += tag_channel_len(port->channel_tag);
	return len;
}

/* priority of the VLAN's tag, of a priority tag, or of the channel it came by */
static __always_inline __u16 tag_prio(const struct evb_frame *f)
{
	return (f->vtpid ? f->vtci : f->tpid ? f->tci : f->channel_tci) & EVB_TCI_PRIO;
}

/*
 * ... and of an S-channel's. A frame that goes back into its SVID with nothing of its VLAN's tag changed
 * keeps what it came with, as it does where no tag is touched at all.
 */
static __always_inline __u16 tag_channel_prio(const struct evb_frame *f, const struct evb_port *port)
{
	if (f->channel_tpid != EVB_TPID_S || evb_tci_vid(f->channel_tci) != port->channel)
		return tag_prio(f);
	if (f->vtpid && f->came != (tag_wanted(f, port) ? FRAME_TAGGED : FRAME_BARE))
		return tag_prio(f);
	return f->channel_tci & EVB_TCI_PRIO;
}

/* the port whose frame it is, where it is behind the very link that the copy goes to */
static __always_inline __u32 tag_looped(const struct evb_frame *f, const struct evb_port *port)
{
	return port->kind == EVB_KIND_REPLICATION && port->ifindex == f->link ? f->up : 0;
}

/* the bytes behind the TPID of the port's E-TAG or VN-Tag; upstream it names the source */
static __always_inline void tag_extended(const struct evb_frame *f, const struct evb_port *port,
					 __u8 out[6])
{
	__u32 id = port->channel ?: f->up, vn;

	if (f->keep && !port->channel) {
		__builtin_memcpy(out, f->raw, 6);
		return;
	}
	if (port->channel_tag == EVB_CHANNEL_E) {
		evb_etag_put(out, tag_prio(f), id, tag_looped(f, port));
		return;
	}
	vn = port->channel ? evb_vntag_down(id, tag_looped(f, port)) : evb_vntag_up(id);
	out[0] = vn >> 24;
	out[1] = vn >> 16;
	out[2] = vn >> 8;
	out[3] = vn;
}

/* the frame is now what the steps made of it */
static __always_inline void tag_done(struct evb_frame *f, const struct evb_port *port, __u32 steps)
{
	f->len = tag_len(f, port, steps);
	f->tags += !!(steps & TAG_PUSH) - !!(steps & TAG_POP);
	if (steps & (TAG_POP | TAG_PUSH))
		f->form = steps & TAG_PUSH ? FRAME_TAGGED : FRAME_BARE;
	if (steps & TAG_POP_CHANNEL)
		f->channel_tag = EVB_CHANNEL_NONE;
	if (steps & TAG_PUSH_CHANNEL)
		f->channel_tag = port->channel_tag;
	if (steps & (TAG_PUSH_CHANNEL | TAG_RENAME))
		f->channel = port->channel;
}
