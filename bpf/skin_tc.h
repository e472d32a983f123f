/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * skin_tc.h - the four boxes over an skb: reading, tags, sending, floods. Complete: whatever
 * comes is finished here.
 *
 * Two silent traps shape this file. A frame that we send to the uplink passes one of the uplink's
 * own hooks again and must be known there: EVB_TC_SWITCHED in skb->tc_index, taken off at every
 * other exit because it would cross a veth into a guest. And before kernel 6.7 the verifier
 * follows a bpf_loop callback once, with the state at entry: whatever a callback changes lives in
 * a map value, never on the stack.
 */
#pragma once

#include "admit.h"
#include "classify.h"
#include "emit.h"
#include "lane.h"
#include "learn.h"
#include "relay.h"
#include "stats.h"

/* rodata, set by the loader: redirect_peer of this kernel leaves the packet type as it was */
const volatile __u32 evb_set_host = 0;

enum skin_hook {
	SKIN_FROM_VF,	/* ingress of a VF's host end */
	SKIN_FROM_WIRE, /* ingress of the uplink */
	SKIN_FROM_PF,	/* egress of the uplink */
	SKIN_FROM_MACVTAP, /* egress of a macvtap: what its guest sends */
	SKIN_FROM_PORT,	/* ingress of a bridge's port */
};

static __always_inline long skin_load(void *ctx, __u32 off, void *to, __u32 len)
{
	return bpf_skb_load_bytes(ctx, off, to, len);
}

static __always_inline __u32 skin_bytes(void *ctx)
{
	return ((struct __sk_buff *)ctx)->len;
}

#define SKIN_TCP 0x80000000u /* beside the length: it ends with a TCP header */

/* bytes that each segment of a GSO frame begins with; right but behind IPv6 extension headers */
static __noinline __u32 skin_headers(struct __sk_buff *skb, const struct evb_frame *f)
{
	__u32 off = f->off;
	__u8 first = 0, proto = 0, length = 0;

	if (f->type == TYPE_IPV4) {
		skin_load(skb, off, &first, 1);
		skin_load(skb, off + 9, &proto, 1);
		off += (first & 15) * 4;
	} else if (f->type == TYPE_IPV6) {
		skin_load(skb, off + 6, &proto, 1);
		off += 40;
	}
	if (proto != PROTO_TCP || skin_load(skb, off + 12, &length, 1))
		return off + 8;
	return (off + (length >> 4) * 4) | SKIN_TCP;
}

static __always_inline __u32 skin_segments(struct __sk_buff *skb, const struct evb_frame *f)
{
	__u32 headers;

	if (!skb->gso_size)
		return 1;
	if (skb->gso_segs)
		return skb->gso_segs;
	/* a guest's virtio header does not say how many */
	headers = skin_headers(skb, f) & ~SKIN_TCP;
	return skb->len > headers ? (skb->len - headers - 1) / skb->gso_size + 1 : 1;
}

/*
 * A macvtap's egress hook: the frame is its guest's, and not of the host's own stack, which speaks on
 * a macvtap that is up while no guest holds it. A tap's socket has no address family; that of a
 * frame which is only tried has that of its protocol.
 */
static __always_inline int skin_from_guest(const struct __sk_buff *skb)
{
	struct bpf_sock *sk = skb->sk;

	return evb_mode != EVB_MODE_LIVE || (sk && !sk->family);
}

/* a function of its own to the verifier, which looks at it once and not on every way that leads on */
__noinline int skin_read(struct __sk_buff *skb, struct evb_frame *f)
{
	const struct ethhdr *eth = (void *)(long)skb->data;

	if (!f)
		return EVB_DROP_BAD_FRAME;
	if ((void *)(eth + 1) > (void *)(long)skb->data_end) {
		if (skb->len < EVB_ETH_HLEN || bpf_skb_pull_data(skb, EVB_ETH_HLEN))
			return EVB_DROP_BAD_FRAME;
		eth = (void *)(long)skb->data;
		if ((void *)(eth + 1) > (void *)(long)skb->data_end)
			return EVB_DROP_BAD_FRAME;
	}
	frame_set_macs(f, eth);
	f->type = bpf_ntohs(eth->h_proto);
	f->off = EVB_ETH_HLEN;
	f->len = skb->len;
	if (skb->vlan_present) {
		f->len += EVB_TAG_LEN;
		f->tpid = bpf_ntohs(skb->vlan_proto);
		f->tci = skb->vlan_tci;
		f->beside = 1;
		f->tags = 1;
	}
	f->in_len = f->len;
	if (frame_finish(skb, f, skb->len))
		return EVB_DROP_BAD_FRAME;
	f->segments = skin_segments(skb, f);
	return EVB_DROP_NONE;
}

/* likewise */
__noinline int skin_read_extended(struct __sk_buff *skb, struct evb_frame *f, __u32 way)
{
	return f ? classify_extended(skb, f, way) : EVB_DROP_BAD_FRAME;
}

static __always_inline int skin_extended(void *ctx, struct evb_frame *f, __u32 way)
{
	return skin_read_extended(ctx, f, way);
}

/*
 * GSO: what stands behind the tags of each segment, for TCP; before a tag moves. Whatever else the
 * kernel cuts is left to its own measure.
 */
static __always_inline void skin_measure(struct __sk_buff *skb, struct evb_frame *f)
{
	__u32 headers = skin_headers(skb, f);

	if (headers & SKIN_TCP)
		f->cut = (headers & ~SKIN_TCP) - f->off + skb->gso_size;
}

/* GSO: what counts is the length of its segments; the helper does not know what tags there will be */
__noinline int skin_segments_fit(struct __sk_buff *skb, struct evb_frame *f,
				 const struct evb_port *target, __u32 len)
{
	__u32 mtu = 0;

	if (!f || !target)
		return 0;
	if (!f->cut)
		skin_measure(skb, f);
	if (f->cut) /* len and in_len differ by tags only */
		return f->off + f->beside * EVB_TAG_LEN + f->cut + len - f->in_len <= target->max_len;
	/* the guest's end may take less than the device; 28: the least that stands behind the tags */
	return f->off + f->beside * EVB_TAG_LEN + 28 + skb->gso_size + len - f->in_len <= target->max_len &&
	       !bpf_check_mtu(skb, target->ifindex, &mtu, 0, BPF_MTU_CHK_SEGS);
}

static __always_inline int skin_fits_cut(void *ctx, struct evb_frame *f,
					 const struct evb_port *target, __u32 len)
{
	struct __sk_buff *skb = ctx;

	return skb->gso_size && skin_segments_fit(skb, f, target, len);
}

/*
 * Takes the outermost tag off. The helper says 0 and does nothing where it sees no tag: a process
 * of the host can send a tag in the bytes and call the frame something else.
 */
static __always_inline long skin_pop(struct __sk_buff *skb)
{
	if (!skb->vlan_present && !evb_is_vlan_tpid(bpf_ntohs(skb->protocol)))
		return -1;
	return bpf_skb_vlan_pop(skb);
}

/*
 * Takes an E-TAG or VN-Tag off. No helper does that for every payload, but one takes VLAN tags off:
 * two of them are put in front, the eight bytes behind them made to look like two more, and all four
 * go. A VN-Tag is made as long as an E-TAG first.
 */
__noinline int skin_pop_extended(struct __sk_buff *skb, const struct evb_frame *f)
{
	const __be16 vlans[4] = {bpf_htons(EVB_TPID_C), 0, bpf_htons(EVB_TPID_C), 0};
	long err = 0;

	if (!f)
		return -1;
	if (f->channel_tag == EVB_CHANNEL_VN) {
		err = bpf_skb_change_head(skb, EVB_ETAG_LEN - EVB_VNTAG_LEN, 0);
		if (!err)
			err = bpf_skb_store_bytes(skb, 0, f->dst.mac, 6, 0);
		if (!err)
			err = bpf_skb_store_bytes(skb, 6, f->src.mac, 6, 0);
	}
	for (int i = 0; !err && i < 2; i++)
		err = bpf_skb_vlan_push(skb, bpf_htons(EVB_TPID_C), 1);
	if (!err)
		err = bpf_skb_store_bytes(skb, 12 + EVB_TAG_LEN, vlans, sizeof(vlans), 0);
	for (int i = 0; !err && i < 4; i++)
		err = bpf_skb_vlan_pop(skb);
	return err;
}

/* the tag's bytes, TPID and all, where they belong */
__noinline int skin_store_extended(struct __sk_buff *skb, const struct evb_frame *f,
						const struct evb_port *target)
{
	__u8 tag[EVB_ETAG_LEN] = {};
	int e;

	if (!f || !target)
		return -1;
	e = target->channel_tag == EVB_CHANNEL_E;
	*(__be16 *)tag = bpf_htons(e ? EVB_TYPE_ETAG : EVB_TYPE_VNTAG);
	tag_extended(f, target, tag + 2);
	return e ? bpf_skb_store_bytes(skb, 12, tag, EVB_ETAG_LEN, 0) :
		   bpf_skb_store_bytes(skb, 12, tag, EVB_VNTAG_LEN, 0);
}

/* puts one on: tags beside the frame have to stand behind it, in the bytes */
__noinline int skin_push_extended(struct __sk_buff *skb, const struct evb_frame *f,
				  const struct evb_port *target)
{
	__be16 tags[TAG_INSIDE_MAX][2] = {};
	__u32 len, n = 0;
	long err = 0;

	if (!f || !target)
		return -1;
	len = tag_channel_len(target->channel_tag);

	for (int i = 0; i < TAG_INSIDE_MAX && skb->vlan_present; i++) {
		tags[i][0] = skb->vlan_proto;
		tags[i][1] = bpf_htons(skb->vlan_tci);
		if (bpf_skb_vlan_pop(skb))
			return -1;
		n++;
	}
	if (skb->vlan_present)
		return -1;
	err = bpf_skb_change_head(skb, len + n * EVB_TAG_LEN, 0);
	if (!err)
		err = bpf_skb_store_bytes(skb, 0, f->dst.mac, 6, 0);
	if (!err)
		err = bpf_skb_store_bytes(skb, 6, f->src.mac, 6, 0);
	if (!err)
		err = skin_store_extended(skb, f, target);
	for (int i = 0; !err && i < TAG_INSIDE_MAX && (__u32)i < n; i++)
		err = bpf_skb_store_bytes(skb, 12 + len + i * EVB_TAG_LEN, tags[i], EVB_TAG_LEN, 0);
	return err;
}

static __always_inline long skin_pop_channel(struct __sk_buff *skb, const struct evb_frame *f)
{
	if (!evb_extended || f->channel_tag == EVB_CHANNEL_S)
		return skin_pop(skb);
	return skin_pop_extended(skb, f);
}

static __always_inline long skin_push_channel(struct __sk_buff *skb, const struct evb_frame *f,
					      const struct evb_port *target)
{
	if (evb_extended && target->channel_tag != EVB_CHANNEL_S)
		return skin_push_extended(skb, f, target);
	return bpf_skb_vlan_push(skb, bpf_htons(EVB_TPID_S), tag_channel_prio(f, target) | target->channel);
}

/* of skin_retag(): it cannot be, and the frame is as it was; negative: it may be torn */
#define SKIN_UNTOUCHED 1

/* a function of its own to the verifier, which looks at it once */
__noinline int skin_retag(struct __sk_buff *skb, struct evb_frame *f, const struct evb_port *target,
			  __u32 steps)
{
	long err = 0;

	if (!f || !target)
		return -1;
	if (tag_is_deep(f, target, steps))
		return SKIN_UNTOUCHED;
	if (evb_extended && steps & TAG_RENAME)
		err = skin_store_extended(skb, f, target);
	if (steps & TAG_POP_CHANNEL)
		err = skin_pop_channel(skb, f);
	if (!err && steps & TAG_POP)
		err = skin_pop(skb);
	if (!err && steps & TAG_PUSH)
		err = bpf_skb_vlan_push(skb, bpf_htons(f->vtpid), f->vtci);
	if (!err && steps & TAG_PUSH_CHANNEL)
		err = skin_push_channel(skb, f, target);
	if (!err)
		tag_done(f, target, steps);
	return err;
}

/* makes the frame what a port wants; 0, or an error and the frame is to be dropped */
static __always_inline long skin_tag(struct __sk_buff *skb, struct evb_frame *f,
				     const struct evb_port *target)
{
	__u32 steps = tag_steps(f, target);

	return steps ? skin_retag(skb, f, target, steps) : 0;
}

static __always_inline void skin_mark(struct __sk_buff *skb, const struct evb_port *target)
{
	if (target->send == EVB_SEND_WIRE || target->send == EVB_SEND_STACK)
		skb->tc_index = EVB_TC_SWITCHED;
	else if (skb->tc_index)
		skb->tc_index = 0;
}

/* the frame is already where the target is: the hook lets it go on */
static __always_inline int skin_is_here(enum skin_hook hook, const struct evb_port *target)
{
	/* a channel's wire port, too: both are the uplink */
	return (hook == SKIN_FROM_PF && target->send == EVB_SEND_WIRE) ||
	       (hook == SKIN_FROM_WIRE && target->send == EVB_SEND_STACK);
}

static __always_inline int skin_pass(struct __sk_buff *skb)
{
	if (skb->tc_index)
		skb->tc_index = 0;
	return TC_ACT_UNSPEC; /* an operator's own filters still run */
}

static __always_inline void skin_trace(struct __sk_buff *skb, const struct evb_frame *f,
				       __u32 port, int peer, enum evb_drop refused)
{
	struct evb_trace_copy copy = {.port = port, .len = f->len, .peer = peer, .drop = refused};

	if (evb_mode == EVB_MODE_LIVE)
		return;
	trace_tag(skb, &copy);
	if (skb->vlan_present) {
		copy.beside = 1;
		copy.tpid2 = copy.tpid;
		copy.tci2 = copy.tci;
		copy.tpid = bpf_ntohs(skb->vlan_proto);
		copy.tci = skb->vlan_tci;
	}
	trace_copy(&copy);
}

/*
 * redirect_peer skips the host end and makes every frame one for the guest's own address; an egress
 * hook cannot. Behind a bridge's port there may be more than one address.
 */
static __always_inline int skin_peer(const struct evb_frame *f, const struct evb_port *target,
				     enum skin_hook hook)
{
	if (target->send != EVB_SEND_PEER || !f->own)
		return 0;
	if (hook == SKIN_FROM_PORT)
		return mac_same(f->dst.mac, target->mac);
	return hook == SKIN_FROM_VF || hook == SKIN_FROM_WIRE;
}

static __always_inline __u64 skin_direction(const struct evb_port *target)
{
	return target->send == EVB_SEND_STACK || target->send == EVB_SEND_INGRESS ? BPF_F_INGRESS : 0;
}

/* the frame, finished for it, leaves to its only or last target */
static __always_inline int skin_send(struct __sk_buff *skb, const struct evb_frame *f,
				     const struct evb_port *target, enum skin_hook hook)
{
	if (skin_is_here(hook, target))
		return skin_pass(skb);
	skin_mark(skb, target);
	if (skin_peer(f, target, hook)) {
		if (evb_set_host)
			bpf_skb_change_type(skb, 0 /* PACKET_HOST */);
		return bpf_redirect_peer(target->ifindex, 0);
	}
	return bpf_redirect(target->ifindex, skin_direction(target));
}

static __always_inline int skin_lane_send(struct __sk_buff *skb, const struct evb_port *port,
					  __u32 in, const struct evb_port *target, __u32 to)
{
	lane_count(in, to, skb->len);
	lane_trace(port, in, to, skb->len, target->send == EVB_SEND_PEER);
	if (skb->tc_index)
		skb->tc_index = 0;
	if (target->send == EVB_SEND_PEER) {
		if (evb_set_host)
			bpf_skb_change_type(skb, 0 /* PACKET_HOST */);
		return bpf_redirect_peer(target->ifindex, 0);
	}
	return bpf_redirect(target->ifindex, 0);
}

/* a frame that nobody asks anything of; TC_ACT_UNSPEC: the long way, and it is untouched */
static __always_inline int skin_lane(struct __sk_buff *skb, const struct evb_port *port, __u32 in,
				     int wire)
{
	const struct ethhdr *eth = (void *)(long)skb->data;
	struct evb_port *target = NULL;
	__u32 to;

	if ((void *)(eth + 1) <= (void *)(long)skb->data_end && !skb->vlan_present) {
		to = lane_find(eth, port, in, wire, &target);
		if (to && target && skb->len <= target->max_len && !skb->gso_size)
			return skin_lane_send(skb, port, in, target, to);
	}
	return TC_ACT_UNSPEC;
}

static __always_inline int skin_drop(struct __sk_buff *skb, const struct evb_frame *f,
				     enum evb_drop reason)
{
	drop(skb, f, reason);
	return TC_ACT_SHOT;
}

/* a copy that should have gone to a port is refused there */
static __always_inline void skin_refuse(struct __sk_buff *skb, const struct evb_frame *f,
					__u32 port, enum evb_drop reason)
{
	drop_at(skb, f, port, reason);
	skin_trace(skb, f, port, 0, reason);
}

static __always_inline int skin_one(struct __sk_buff *skb, struct evb_frame *f,
				    const struct evb_port *target, enum skin_hook hook)
{
	enum evb_drop reason;

	if (target->policy_out)
		policy_read(skb, f);
	reason = emit_check(skb, f, target, f->to, tag_len(f, target, tag_steps(f, target)));
	if (!reason && skin_tag(skb, f, target))
		reason = EVB_DROP_SEND;
	if (reason) {
		trace_verdict(f, EVB_VERDICT_DROP, reason);
		skin_refuse(skb, f, f->to, reason);
		return TC_ACT_SHOT;
	}
	count_out(f, f->to, f->len);
	skin_trace(skb, f, f->to, skin_peer(f, target, hook), EVB_DROP_NONE);
	count_in(f);
	trace_verdict(f, skin_is_here(hook, target) ? EVB_VERDICT_PASS : EVB_VERDICT_SEND,
		      EVB_DROP_NONE);
	return skin_send(skb, f, target, hook);
}

/*
 * A flood. The state of the loop, one per CPU; the second one is for programs that only trace,
 * which may be interrupted by a live one.
 */
struct skin_flood {
	struct evb_frame f;
	__u32 owner;   /* of the source address, of a frame from the wire */
	__u32 here;    /* port whose copy is the frame itself, going on */
	__u32 pending; /* target whose copy is not sent yet: the last one needs no clone */
	__u32 pass;    /* `here` shall have it */
	__u32 sent;
	__u32 refused; /* at a target, and counted there */
	enum evb_drop refused_why; /* the last of these */
	enum evb_drop why; /* of having no target at all */
	__u8 isolated;	   /* its source, or who sent it before the wire gave it back */
	__u8 by_wire;	   /* its source is local: ports that are not veb have it from the wire */
	__u8 had_it;	   /* the wire gave it back, and veb ports had it before */
	__u8 reflective;   /* the port that it came from gets it, too */
	__u8 torn;	   /* a helper has failed half-way: whoever comes next would get what is left */
	__u32 skip;	   /* members that come next and have been seen to */
	__u32 bundle;	   /* where the members of the bundle at hand begin */
	__u32 bundled;	   /* of them, those that get the frame */
	__u32 broken;	   /* one of them does not */
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct skin_flood);
} evb_scratch SEC(".maps");

/* what the callback needs and does not change */
struct skin_flood_args {
	struct __sk_buff *skb;
	struct skin_flood *s;
	const struct evb_group *group;
};

static __always_inline struct skin_flood *skin_scratch(void)
{
	__u32 slot = evb_mode != EVB_MODE_LIVE;

	return bpf_map_lookup_elem(&evb_scratch, &slot);
}

static __always_inline void flood_refuse(struct __sk_buff *skb, struct skin_flood *s, __u32 number,
					 enum evb_drop reason)
{
	skin_refuse(skb, &s->f, number, reason);
	s->refused_why = reason;
	s->refused++;
}

/* makes the frame what the pending target wants; that target's row, NULL when it got none */
static __always_inline struct evb_port *flood_prepare(struct __sk_buff *skb, struct skin_flood *s,
						      __u32 number)
{
	struct evb_port *target = port_get(number);
	long err;

	if (!target)
		return NULL;
	err = s->torn ? -1 : skin_tag(skb, &s->f, target);
	if (err) {
		s->torn |= err < 0;
		flood_refuse(skb, s, number, EVB_DROP_SEND);
		return NULL;
	}
	return target;
}

static __always_inline void flood_account(struct __sk_buff *skb, struct skin_flood *s, __u32 number,
					  int peer)
{
	count_out(&s->f, number, s->f.len);
	skin_trace(skb, &s->f, number, peer, EVB_DROP_NONE);
	s->sent++;
}

/* sends a clone to the pending target */
static __always_inline void flood_clone(struct __sk_buff *skb, struct skin_flood *s)
{
	struct evb_port *target = flood_prepare(skb, s, s->pending);
	long err = 0;

	if (!target)
		return;
	if (evb_mode == EVB_MODE_LIVE) {
		skin_mark(skb, target);
		err = bpf_clone_redirect(skb, target->ifindex, skin_direction(target));
	}
	if (err) {
		flood_refuse(skb, s, s->pending, EVB_DROP_SEND);
		return;
	}
	flood_account(skb, s, s->pending, 0);
}

/* members that a frame of this source does not reach; the word for it, if nobody else gets it */
static __always_inline enum evb_drop flood_skips(const struct skin_flood *s,
						 const struct evb_port *target, __u32 number)
{
	if (evb_extended && s->f.ingress && s->f.ingress == target->extended)
		return EVB_DROP_REFLECTED;
	if (number == s->owner)
		return EVB_DROP_REFLECTED;
	if (s->isolated && target->isolated)
		return EVB_DROP_ISOLATED;
	if (s->had_it && target->relay == EVB_RELAY_VEB && number != s->f.to)
		return EVB_DROP_REFLECTED;
	if (s->owner && target->relay == EVB_RELAY_PRIVATE)
		return EVB_DROP_REFLECTED;
	return EVB_DROP_NONE;
}

/* the port does not even belong to those whom the frame could be for */
static __always_inline int flood_ignores(const struct skin_flood *s, const struct evb_port *target,
					 __u32 number)
{
	if (number == s->f.in && !s->reflective)
		return 1;
	if (s->by_wire && target->relay != EVB_RELAY_VEB)
		return 1;
	if (!relay_is_member(&s->f, target, number) || relay_is_foreign(&s->f, target))
		return 1;
	return !emit_is_up(target) && number != s->f.to;
}

/* a copy for a target is due: it goes when the next one is found, the last one without a clone */
static __always_inline void flood_add(struct skin_flood_args *args, __u32 number)
{
	struct skin_flood *s = args->s;

	if (number == s->here) {
		s->pass = 1;
		return;
	}
	if (s->pending)
		flood_clone(args->skb, s);
	s->pending = number;
}

static __always_inline void flood_one(struct skin_flood_args *args, __u32 number)
{
	struct evb_port *target = port_get(number);
	struct skin_flood *s = args->s;
	enum evb_drop reason;

	if (!target || flood_ignores(s, target, number))
		return;
	reason = flood_skips(s, target, number);
	if (reason) {
		if (s->why != EVB_DROP_ISOLATED)
			s->why = reason;
		return;
	}
	reason = emit_check(args->skb, &s->f, target, number,
			    tag_len(&s->f, target, tag_steps(&s->f, target)));
	if (reason)
		flood_refuse(args->skb, s, number, reason);
	else
		flood_add(args, number);
}

/*
 * Ports behind one link, for which one copy with a group's id is enough when it reaches exactly
 * those that are to have it: all of them but the one that it came from.
 */

static long bundle_member(__u32 i, struct skin_flood_args *args)
{
	struct skin_flood *s = args->s;
	__u32 number = args->group->port[(s->bundle + i) & (EVB_PORTS_MAX - 1)];
	struct evb_port *target = port_get(number);

	if (number == s->f.in && !s->reflective)
		return 0;
	/* the group's copy excepts the port that it came from */
	if (number == s->f.in || !target || target->policy_out || flood_ignores(s, target, number) ||
	    flood_skips(s, target, number)) {
		s->broken = 1;
		return 1;
	}
	s->bundled++;
	return 0;
}

static long bundle_count(__u32 i, struct skin_flood_args *args)
{
	struct skin_flood *s = args->s;
	__u32 number = args->group->port[(s->bundle + i) & (EVB_PORTS_MAX - 1)];
	struct evb_port *target = port_get(number);

	if (target && (number != s->f.in || s->reflective))
		count_out(&s->f, number, tag_len(&s->f, target, tag_steps(&s->f, target)));
	return 0;
}

/* in the list: the group's row, how many it stands for, these */
static __always_inline void flood_bundle(struct skin_flood_args *args, __u32 i, __u32 number)
{
	__u32 n = args->group->port[(i + 1) & (EVB_PORTS_MAX - 1)];
	struct evb_port *target = port_get(number);
	struct skin_flood *s = args->s;

	s->bundle = i + 2;
	s->bundled = 0;
	s->broken = 0;
	s->skip = 1; /* their number; and they themselves, if the group's row does for them */
	bpf_loop(n, bundle_member, args, 0);
	/* what cannot be made is refused at each member */
	if (s->broken || !target || tag_is_deep(&s->f, target, tag_steps(&s->f, target)))
		return;
	if (s->bundled && emit_check(args->skb, &s->f, target, number,
				     tag_len(&s->f, target, tag_steps(&s->f, target))))
		return;
	s->skip = 1 + n;
	if (!s->bundled)
		return;
	bpf_loop(n, bundle_count, args, 0);
	flood_add(args, number);
}

/* one member of the group; 0: go on */
static long flood_member(__u32 i, struct skin_flood_args *args)
{
	__u32 number = args->group->port[i & (EVB_PORTS_MAX - 1)];
	struct skin_flood *s = args->s;

	if (s->skip)
		s->skip--;
	else if (evb_extended && number & EVB_BUNDLE)
		flood_bundle(args, i, number & ~EVB_BUNDLE);
	else
		flood_one(args, number);
	return 0;
}

/* the copy that needs no clone, and the frame's end */
static __always_inline int flood_finish(struct __sk_buff *skb, struct skin_flood *s,
					enum skin_hook hook)
{
	struct evb_port *target = NULL;
	__u32 last = s->pass ? s->here : s->pending;

	if (s->pass && s->pending)
		flood_clone(skb, s);
	if (last)
		target = flood_prepare(skb, s, last);
	if (target)
		flood_account(skb, s, last, skin_peer(&s->f, target, hook));
	if (!s->sent && !s->refused)
		return skin_drop(skb, &s->f, s->why);
	if (s->sent)
		count_in(&s->f);
	if (!s->sent)
		trace_verdict(&s->f, EVB_VERDICT_DROP, s->refused_why);
	else
		trace_verdict(&s->f, s->pass ? EVB_VERDICT_PASS : EVB_VERDICT_SEND, EVB_DROP_NONE);
	return target ? skin_send(skb, &s->f, target, hook) : TC_ACT_SHOT;
}

/* whose frame it is, and what that keeps from whom */
static __always_inline void flood_source(struct skin_flood *s, const struct evb_frame *f,
					 const struct evb_port *port, __u32 hook,
					 const struct evb_group *group)
{
	struct evb_port *owner;

	s->isolated = port->isolated;
	if (hook == SKIN_FROM_PORT) {
		s->reflective = port->reflective && !f->bpdu;
		return;
	}
	if (hook != SKIN_FROM_WIRE) {
		s->by_wire = 1;
		s->here = hook == SKIN_FROM_PF ? port->wire : EVB_PORT_NONE;
		return;
	}
	s->here = group->default_port;
	if (port->relay == EVB_RELAY_EXTENDER)
		return;
	s->owner = relay_owner(f);
	owner = port_get(s->owner);
	if (!s->owner || !owner)
		return;
	s->isolated = owner->isolated;
	s->had_it = port->mixed && owner->relay == EVB_RELAY_VEB;
}

static __noinline int skin_flood(struct __sk_buff *skb, struct evb_frame *f, __u32 hook)
{
	struct skin_flood_args args = {.skb = skb};
	struct evb_port *port = port_get(f->in);

	args.s = skin_scratch();
	args.group = relay_group(f);
	if (!args.s || !port)
		return TC_ACT_SHOT;
	if (!args.group)
		return skin_drop(skb, f, EVB_DROP_NO_TARGET);
	if (args.group->policy)
		policy_read(skb, f); /* before a tag moves what is behind it */
	if (skb->gso_size)
		skin_measure(skb, f); /* likewise */
	__builtin_memset(args.s, 0, sizeof(*args.s));
	args.s->f = *f;
	args.s->f.own = 0; /* what several get is nobody's own */
	args.s->why = EVB_DROP_NO_TARGET;
	flood_source(args.s, f, port, hook, args.group);
	bpf_loop(args.group->count, flood_member, &args, 0);
	return flood_finish(skb, args.s, hook);
}
