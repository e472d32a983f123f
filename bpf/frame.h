/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * frame.h - a frame, parsed once into host order. Nothing but the skins touches raw headers.
 *
 * A tag can stand in the bytes or beside them (skb metadata), and both at once: then the one
 * beside is the outer one. The reader hides the difference.
 */
#pragma once

#include "evb_abi.h"
#include "evb_wire.h"

#define FRAME_TAGS_MAX 8 /* tags inside the outermost one; more is bad_frame */

/* How the frame carries the tag of its VLAN now. Without VLAN (vtpid 0) it is left as it came. */
enum frame_form {
	FRAME_BARE = 0, /* it does not: the tag would have to be pushed */
	FRAME_TAGGED,	/* as its outermost tag */
	FRAME_PRIO,	/* a priority tag stands in its place */
};

struct evb_frame {
	/* read from the frame */
	struct evb_fdb_key dst; /* .fid: set by classify */
	struct evb_fdb_key src;
	__u32 len;	/* bytes at the port, a tag beside the frame included, no FCS */
	__u32 in_len;	/* len as it came; sending to several changes len */
	__u32 segments; /* frames that it will be on a wire: more than 1 for GSO */
	__u32 cut;	/* GSO: bytes behind type in each of them; 0: not known */
	__u16 tpid;	/* outermost tag, inside that of a channel; 0: none */
	__u16 tci;
	__u16 tpid2;	/* the one behind it */
	__u16 tci2;
	__u16 tpid3;	/* and the next; 0 where the outermost is a channel's */
	__u16 tci3;
	__u16 type;	/* EtherType or length behind all VLAN tags */
	__u16 off;	/* of the bytes behind type */
	__u8 tags;	/* VLAN tags in all, but for that of a channel */
	__u8 beside;	/* the outermost tag of all is beside the frame */
	__u8 parsed;	/* policy.h has read what is behind type */
	__u8 dscp;	/* its class selector plus 1, where the port's tags follow it; else 0 */
	/* decided by classify */
	__u8 channel_tag; /* enum evb_channel: how the frame tells its channel now */
	__u8 bpdu;	  /* to be flooded, but never back */
	__u8 keep;	  /* leaves with the channel tag that it came with */
	__u8 raw[7];	  /* of that, the bytes behind the TPID of an E-TAG or VN-Tag */
	__u16 channel_tpid; /* as it came; 0: without */
	__u16 channel_tci;
	__u32 channel;	   /* its id now */
	__u32 up;	   /* id of the port that it came from, to be named in its tag */
	__u32 link;	   /* interface that this is behind */
	__u32 ingress;	   /* id of the port that shall not have it */
	__u16 group;	   /* key in evb_groups: its FID, or what stands for it */
	__u16 vtpid; /* tag of its VLAN, 0: in no VLAN */
	__u16 vtci;
	__u8 form; /* enum frame_form */
	__u8 came; /* ... as it came */
	/* decided by relay */
	__u8 own; /* target was found by its own address */
	__u8 all; /* flood of a unicast frame: every member gets it */
	__u32 to; /* port number, EVB_PORT_NONE: flood */
	__u32 in; /* of classify: port number that it came from */
};

static __always_inline int frame_is_multicast(const struct evb_frame *f)
{
	return f->dst.mac[0] & 1;
}

static __always_inline int mac_is(const __u8 mac[6], __u32 high, __u16 low)
{
	return *(const __u32 *)mac == high && *(const __u16 *)(mac + 4) == low;
}

static __always_inline int mac_same(const __u8 a[6], const __u8 b[6])
{
	return mac_is(a, *(const __u32 *)b, *(const __u16 *)(b + 4));
}

/* to the nearest customer bridge: in an S-channel, a matter of the channel */
static __always_inline int frame_is_nearest(const struct evb_frame *f)
{
	return mac_is(f->dst.mac, EVB_RESERVED_HIGH, EVB_RESERVED_LOW);
}

/* a spanning tree's: to the nearest bridge, in LLC; EVB's LLDP and ECP to it are not */
static __always_inline int frame_is_bpdu(const struct evb_frame *f)
{
	return f->type <= EVB_LLC_MAX && frame_is_nearest(f);
}

static __always_inline int frame_is_broadcast(const struct evb_frame *f)
{
	return mac_is(f->dst.mac, 0xffffffff, 0xffff);
}

/* source address that no station can have */
static __always_inline int frame_bad_source(const struct evb_frame *f)
{
	return f->src.mac[0] & 1 || mac_is(f->src.mac, 0, 0);
}

/* belongs to the link and never passes a bridge */
static __always_inline int frame_is_control(const struct evb_frame *f)
{
	return evb_is_control_type(f->type) || evb_is_reserved(f->dst.mac);
}

/* carries a channel tag of a port extender, behind whatever VLAN tags */
static __always_inline int frame_is_extended(const struct evb_frame *f)
{
	return f->type == EVB_TYPE_ETAG || f->type == EVB_TYPE_VNTAG;
}

/* the two addresses, from 12 bytes that the caller has proved to be there */
static __always_inline void frame_set_macs(struct evb_frame *f, const void *bytes)
{
	*(__u32 *)f->dst.mac = *(const __u32 *)bytes;
	*(__u16 *)(f->dst.mac + 4) = *(const __u16 *)(bytes + 4);
	*(__u16 *)f->src.mac = *(const __u16 *)(bytes + 6);
	*(__u16 *)(f->src.mac + 2) = *(const __u16 *)(bytes + 8);
	*(__u16 *)(f->src.mac + 4) = *(const __u16 *)(bytes + 10);
}

/* implemented by each skin: copies bytes of the frame, 0 or negative when they are not there */
static __always_inline long skin_load(void *ctx, __u32 off, void *to, __u32 len);

/*
 * Walks from type at off - 2 over VLAN tags to the EtherType behind them. The first tag becomes
 * the outermost one where there was none yet. EVB_DROP_BAD_FRAME when it is cut inside a tag.
 */
static __noinline enum evb_drop frame_walk_tags(void *ctx, struct evb_frame *f)
{
	__be16 tag[2]; /* TCI, next type */
	int max = f->tpid ? FRAME_TAGS_MAX : FRAME_TAGS_MAX + 1; /* the outermost may be here, too */

	for (int i = 0; i <= FRAME_TAGS_MAX + 1 && i <= max; i++) {
		if (!evb_is_vlan_tpid(f->type))
			return EVB_DROP_NONE;
		if (skin_load(ctx, f->off, tag, sizeof(tag)))
			return EVB_DROP_BAD_FRAME;
		if (!f->tpid) {
			f->tpid = f->type;
			f->tci = bpf_ntohs(tag[0]);
		} else if (!f->tpid2) {
			f->tpid2 = f->type;
			f->tci2 = bpf_ntohs(tag[0]);
		} else if (!f->tpid3) {
			f->tpid3 = f->type;
			f->tci3 = bpf_ntohs(tag[0]);
		}
		f->type = bpf_ntohs(tag[1]);
		f->off += sizeof(tag);
		f->tags++;
	}
	return EVB_DROP_BAD_FRAME;
}

/* what stands behind the last tag may end early */
static __always_inline enum evb_drop frame_inside(void *ctx, struct evb_frame *f, __u32 bytes)
{
	if (evb_is_vlan_tpid(f->type) && frame_walk_tags(ctx, f))
		return EVB_DROP_BAD_FRAME;
	return f->type <= EVB_LLC_MAX && f->off + f->type > bytes ? EVB_DROP_BAD_FRAME : EVB_DROP_NONE;
}

/*
 * Finishes what a skin has begun: addresses, len, type and off (and tpid, tci of a tag beside
 * the frame) are set; bytes is the length of what is in memory.
 */
static __always_inline enum evb_drop frame_finish(void *ctx, struct evb_frame *f, __u32 bytes)
{
	if (frame_inside(ctx, f, bytes))
		return EVB_DROP_BAD_FRAME;
	return frame_bad_source(f) ? EVB_DROP_BAD_FRAME : EVB_DROP_NONE;
}
