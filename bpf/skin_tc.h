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
#include "relay.h"
#include "stats.h"

/* rodata, set by the loader: redirect_peer of this kernel leaves the packet type as it was */
const volatile __u32 evb_set_host = 0;

enum skin_hook {
	SKIN_FROM_VF,	/* ingress of a VF's host end */
	SKIN_FROM_WIRE, /* ingress of the uplink */
	SKIN_FROM_PF,	/* egress of the uplink */
	SKIN_FROM_MACVTAP, /* egress of a macvtap: what its guest sends */
};

static __always_inline long skin_load(void *ctx, __u32 off, void *to, __u32 len)
{
	return bpf_skb_load_bytes(ctx, off, to, len);
}

static __always_inline __u32 skin_bytes(void *ctx)
{
	return ((struct __sk_buff *)ctx)->len;
}

/* bytes that each segment of a GSO frame begins with; right but behind IPv6 extension headers */
static __noinline __u32 skin_headers(struct __sk_buff *skb, const struct evb_frame *f)
{
	__u32 off = f->off;
	__u8 first = 0, proto = 0, length = 0;

	if (f->type == TYPE_IPV4) {
		skin_load(skb, off, &first, 1);
		skin_load(skb, off + 9, &proto, 1);
		off += (first & 15) * 4;
	} else {
		skin_load(skb, off + 6, &proto, 1);
		off += 40;
	}
	if (proto != PROTO_TCP)
		return off + 8;
	skin_load(skb, off + 12, &length, 1);
	return off + (length >> 4) * 4;
}

static __always_inline __u32 skin_segments(struct __sk_buff *skb, const struct evb_frame *f)
{
	__u32 headers;

	if (!skb->gso_size)
		return 1;
	if (skb->gso_segs)
		return skb->gso_segs;
	headers = skin_headers(skb, f); /* a guest's virtio header does not say how many */
	return skb->len > headers ? (skb->len - headers - 1) / skb->gso_size + 1 : 1;
}

static __always_inline enum evb_drop skin_read(struct __sk_buff *skb, struct evb_frame *f)
{
	const struct ethhdr *eth = (void *)(long)skb->data;

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

/* GSO: what counts is the length of its segments; the helper knows the device's own MTU */
static __always_inline int skin_fits_cut(void *ctx, const struct evb_port *target)
{
	struct __sk_buff *skb = ctx;
	__u32 mtu = 0;

	/* the guest's end may take less than the device; 42: the least that stands before a segment */
	return skb->gso_size && skb->gso_size + 42 <= target->max_len &&
	       !bpf_check_mtu(skb, target->ifindex, &mtu, 0, BPF_MTU_CHK_SEGS);
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

/* makes the frame what a port wants; 0, or an error and the frame is to be dropped */
static __always_inline long skin_tag(struct __sk_buff *skb, struct evb_frame *f, int wanted)
{
	long err = 0;

	if (tag_needs_pop(f, wanted))
		err = skin_pop(skb);
	if (!err && tag_needs_push(f, wanted))
		err = bpf_skb_vlan_push(skb, bpf_htons(f->vtpid), f->vtci);
	if (err)
		return err;
	f->len = tag_len(f, wanted);
	if (f->vtpid)
		f->form = wanted ? FRAME_TAGGED : FRAME_BARE;
	return 0;
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
		copy.tpid = bpf_ntohs(skb->vlan_proto);
		copy.tci = skb->vlan_tci;
	}
	trace_copy(&copy);
}

/* redirect_peer skips the host end and makes every frame one for the guest's own address */
static __always_inline int skin_peer(const struct evb_frame *f, const struct evb_port *target,
				     enum skin_hook hook)
{
	return target->send == EVB_SEND_PEER && f->own &&
	       (hook == SKIN_FROM_VF || hook == SKIN_FROM_WIRE); /* an egress hook cannot */
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
	int wanted = tag_wanted(f, target);
	enum evb_drop reason;

	reason = emit_check(skb, f, target, f->to, tag_len(f, wanted));
	if (!reason && skin_tag(skb, f, wanted))
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
	__u8 isolated;
	__u8 pad[3];
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

	if (!target)
		return NULL;
	if (skin_tag(skb, &s->f, tag_wanted(&s->f, target))) {
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

/* one member of the group; 0: go on */
static long flood_member(__u32 i, struct skin_flood_args *args)
{
	__u32 number = args->group->port[i & (EVB_PORTS_MAX - 1)];
	struct evb_port *target = port_get(number);
	struct skin_flood *s = args->s;
	enum evb_drop reason;

	if (!target || number == s->f.in || !relay_is_member(&s->f, target, number))
		return 0;
	if (!emit_is_up(target) && number != s->f.to)
		return 0;
	if (s->isolated && target->isolated) {
		s->why = EVB_DROP_ISOLATED;
		return 0;
	}
	if (number == s->owner) {
		if (s->why != EVB_DROP_ISOLATED)
			s->why = EVB_DROP_REFLECTED;
		return 0;
	}
	reason = emit_check(args->skb, &s->f, target, number,
			    tag_len(&s->f, tag_wanted(&s->f, target)));
	if (reason) {
		flood_refuse(args->skb, s, number, reason);
		return 0;
	}
	if (number == s->here) {
		s->pass = 1;
		return 0;
	}
	if (s->pending)
		flood_clone(args->skb, s);
	s->pending = number;
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
	__builtin_memset(args.s, 0, sizeof(*args.s));
	args.s->f = *f;
	args.s->f.own = 0; /* what several get is nobody's own */
	args.s->isolated = port->isolated;
	args.s->why = EVB_DROP_NO_TARGET;
	if (hook == SKIN_FROM_WIRE) {
		args.s->owner = relay_owner(f);
		args.s->here = args.group->default_port;
	} else if (hook == SKIN_FROM_PF) {
		args.s->here = port->wire;
	}
	bpf_loop(args.group->count, flood_member, &args, 0);
	return flood_finish(skb, args.s, hook);
}
