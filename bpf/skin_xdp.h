/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * skin_xdp.h - the four boxes over an XDP buffer: the fast lane. It finishes a known unicast
 * frame whose target takes XDP frames, and frames that are refused anyway; everything else goes
 * up unchanged and uncounted, and TC finishes it.
 */
#pragma once

#include "admit.h"
#include "classify.h"
#include "emit.h"
#include "lane.h"
#include "learn.h"
#include "relay.h"
#include "stats.h"

static __always_inline long skin_load(void *ctx, __u32 off, void *to, __u32 len)
{
	return bpf_xdp_load_bytes(ctx, off, to, len);
}

static __always_inline __u32 skin_bytes(void *ctx)
{
	return bpf_xdp_get_buff_len(ctx);
}

/* XDP has no GSO */
static __always_inline int skin_fits_cut(void *ctx, struct evb_frame *f,
					 const struct evb_port *target, __u32 len)
{
	(void)ctx;
	(void)f;
	(void)target;
	(void)len;
	return 0;
}

/* a function of its own to the verifier, which looks at it once and not on every way that leads on */
__noinline int skin_read(struct xdp_md *xdp, struct evb_frame *f)
{
	const struct ethhdr *eth = (void *)(long)xdp->data;

	if (!f)
		return EVB_DROP_BAD_FRAME;
	if ((void *)(eth + 1) > (void *)(long)xdp->data_end)
		return EVB_DROP_BAD_FRAME;
	frame_set_macs(f, eth);
	f->type = bpf_ntohs(eth->h_proto);
	f->off = EVB_ETH_HLEN;
	f->len = f->in_len = bpf_xdp_get_buff_len(xdp);
	f->segments = 1;
	return frame_finish(xdp, f, f->len);
}

/* likewise */
__noinline int skin_read_extended(struct xdp_md *xdp, struct evb_frame *f, __u32 way)
{
	return f ? classify_extended(xdp, f, way) : EVB_DROP_BAD_FRAME;
}

static __always_inline int skin_extended(void *ctx, struct evb_frame *f, __u32 way)
{
	return skin_read_extended(ctx, f, way);
}

/* moves the two addresses by delta bytes: negative makes room for a tag, positive removes one */
static __always_inline void *skin_move(struct xdp_md *xdp, int delta)
{
	__u32 macs[3];
	__u32 *data = (void *)(long)xdp->data;

	if ((void *)(data + 3) > (void *)(long)xdp->data_end)
		return NULL;
	__builtin_memcpy(macs, data, sizeof(macs));
	if (bpf_xdp_adjust_head(xdp, delta))
		return NULL;
	data = (void *)(long)xdp->data;
	if ((void *)(data + 3) > (void *)(long)xdp->data_end)
		return NULL;
	__builtin_memcpy(data, macs, sizeof(macs));
	return data + 3;
}

/* a tag where the last one ended; where the next one goes, NULL: there is no room */
static __always_inline __be16 *skin_put(struct xdp_md *xdp, __be16 *at, __u16 tpid, __u16 tci)
{
	if ((void *)(at + 2) > (void *)(long)xdp->data_end)
		return NULL;
	at[0] = bpf_htons(tpid);
	at[1] = bpf_htons(tci);
	return at + 2;
}

static __always_inline __be16 *skin_put_channel(struct xdp_md *xdp, const struct evb_frame *f,
						const struct evb_port *target, __be16 *at)
{
	__u8 *bytes = (__u8 *)at;
	__u8 tag[6];

	if (!evb_extended || target->channel_tag == EVB_CHANNEL_S)
		return skin_put(xdp, at, EVB_TPID_S, tag_channel_prio(f, target) | target->channel);
	tag_extended(f, target, tag);
	if (bytes + EVB_VNTAG_LEN > (__u8 *)(long)xdp->data_end)
		return NULL;
	__builtin_memcpy(bytes + 2, tag, 4);
	if (target->channel_tag == EVB_CHANNEL_VN) {
		*at = bpf_htons(EVB_TYPE_VNTAG);
		return at + EVB_VNTAG_LEN / 2;
	}
	if (bytes + EVB_ETAG_LEN > (__u8 *)(long)xdp->data_end)
		return NULL;
	*at = bpf_htons(EVB_TYPE_ETAG);
	__builtin_memcpy(bytes + 6, tag + 4, 2);
	return at + EVB_ETAG_LEN / 2;
}

/* makes the frame what a port wants; 0 or -1 and the frame is to be dropped */
static __always_inline int skin_tag(struct xdp_md *xdp, struct evb_frame *f,
				    const struct evb_port *target)
{
	__u32 steps = tag_steps(f, target);
	__be16 *tag;

	if (!steps)
		return 0;
	if (tag_is_deep(f, target, steps))
		return -1;
	tag = skin_move(xdp, (int)f->len - (int)tag_len(f, target, steps));
	if (tag && steps & (TAG_PUSH_CHANNEL | TAG_RENAME))
		tag = skin_put_channel(xdp, f, target, tag);
	if (tag && steps & TAG_PUSH)
		tag = skin_put(xdp, tag, f->vtpid, f->vtci);
	if (!tag)
		return -1;
	tag_done(f, target, steps);
	return 0;
}

/* a frame that nobody asks anything of, to a port that takes it here; XDP_ABORTED: the long way */
static __always_inline int skin_lane(struct xdp_md *xdp, const struct evb_port *port, __u32 in,
				     int wire)
{
	__u32 len = bpf_xdp_get_buff_len(xdp), to;
	const struct ethhdr *eth = (void *)(long)xdp->data;
	struct evb_port *target = NULL;

	if ((void *)(eth + 1) <= (void *)(long)xdp->data_end) {
		to = lane_find(eth, port, in, wire, &target);
		if (to && target && target->xdp_slot && len <= target->max_len) {
			lane_count(in, to, len);
			lane_trace(port, in, to, len, 0);
			return bpf_redirect_map(&evb_tx, to, XDP_DROP);
		}
	}
	return XDP_ABORTED;
}

static __always_inline int skin_up(const struct evb_frame *f)
{
	trace_verdict(f, EVB_VERDICT_UP, EVB_DROP_NONE);
	return XDP_PASS;
}

static __always_inline int skin_drop(struct xdp_md *xdp, const struct evb_frame *f,
				     enum evb_drop reason)
{
	drop(xdp, f, reason);
	return XDP_DROP;
}

static __always_inline void skin_trace(struct xdp_md *xdp, const struct evb_frame *f,
				       enum evb_drop refused)
{
	struct evb_trace_copy copy = {.port = f->to, .len = f->len, .drop = refused};

	if (evb_mode == EVB_MODE_LIVE)
		return;
	trace_tag(xdp, &copy);
	trace_copy(&copy);
}

static __always_inline int skin_refuse(struct xdp_md *xdp, const struct evb_frame *f,
				       enum evb_drop reason)
{
	trace_verdict(f, EVB_VERDICT_DROP, reason);
	drop_at(xdp, f, f->to, reason);
	skin_trace(xdp, f, reason);
	return XDP_DROP;
}

static __always_inline int skin_one(struct xdp_md *xdp, struct evb_frame *f,
				    const struct evb_port *target)
{
	enum evb_drop reason;

	reason = emit_check(xdp, f, target, f->to, tag_len(f, target, tag_steps(f, target)));
	if (reason)
		return skin_refuse(xdp, f, reason);
	if (skin_tag(xdp, f, target))
		return skin_refuse(xdp, f, EVB_DROP_SEND);
	count_out(f, f->to, f->len);
	skin_trace(xdp, f, EVB_DROP_NONE);
	count_in(f);
	trace_verdict(f, EVB_VERDICT_SEND, EVB_DROP_NONE);
	return bpf_redirect_map(&evb_tx, f->to, XDP_DROP);
}
