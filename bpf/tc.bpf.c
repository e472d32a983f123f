/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The complete data plane, at TC.
 *
 *            +----------+     +-------+     +-------+     +------+
 * frame ---> | classify | --> | admit | --> | relay | --> | emit | ---> frame(s)
 *            +----------+     +-------+     +-------+     +------+
 *
 * Four hooks feed the same four boxes: the host end of each VF (ingress; of a macvtap, egress), the
 * uplink's ingress (the wire) and the uplink's egress (the PF, which is the uplink's own stack). A frame is
 * finished where it enters: redirected to its target's device, or let through where the hook
 * already stands on the way to it. The uplink's hooks first let through what was switched before.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "skin_tc.h"

char LICENSE[] SEC("license") = "GPL";

/* what relay found: one target, or all of the FID */
static __always_inline int switch_emit(struct __sk_buff *skb, struct evb_frame *f,
				       const struct evb_port *port, enum skin_hook hook)
{
	struct evb_port *target;
	enum evb_drop reason;

	if (!f->to)
		return skin_flood(skb, f, hook);
	target = port_get(f->to);
	if (!target)
		return skin_drop(skb, f, EVB_DROP_NO_TARGET);
	reason = relay_pair(f, port, target);
	if (reason)
		return skin_drop(skb, f, reason);
	return port->watched ? skin_flood(skb, f, hook) : skin_one(skb, f, target, hook);
}

/* straight to a port, as it is: control frames */
static __always_inline int switch_control(struct __sk_buff *skb, struct evb_frame *f, __u32 to,
					  enum skin_hook hook)
{
	struct evb_port *target = port_get(to);

	if (!target)
		return skin_drop(skb, f, EVB_DROP_NO_TARGET);
	f->to = to;
	f->vtpid = 0;
	return skin_one(skb, f, target, hook);
}

static __always_inline int switch_own(struct __sk_buff *skb)
{
	struct evb_frame none = {};

	trace_verdict(&none, EVB_VERDICT_OWN, EVB_DROP_NONE);
	return skin_pass(skb);
}

/* a sender with policy */
static __noinline enum evb_drop switch_policy(struct __sk_buff *skb, struct evb_frame *f,
					      const struct evb_port *port)
{
	enum evb_drop reason = admit_policy(skb, f, port);

	if (!reason)
		reason = relay_from_local(f, port);
	return reason ?: admit_unknown(f, port);
}

static __always_inline enum evb_drop switch_local(struct __sk_buff *skb, struct evb_frame *f,
						  const struct evb_port *port)
{
	return port->policy_in ? switch_policy(skb, f, port) : relay_from_local(f, port);
}

static __always_inline int switch_vf(struct __sk_buff *skb, enum skin_hook hook)
{
	struct evb_frame f = {.in = classify_port(skb->ifindex)};
	struct evb_port *port = port_get(f.in);
	enum evb_drop read, reason;

	if (!port || !f.in)
		return TC_ACT_UNSPEC; /* not a port of this switch */
	read = skin_read(skb, &f);
	if (port->dscp && !read)
		policy_set_prio(skb, &f);
	reason = admit_vf(&f, port, read, classify_vlan(&f, port));
	if (!reason && frame_is_control(&f))
		return switch_control(skb, &f, port->wire, hook);
	if (!reason)
		reason = switch_local(skb, &f, port);
	if (reason)
		return skin_drop(skb, &f, reason);
	return switch_emit(skb, &f, port, hook);
}

SEC("tc")
int evb_from_vf(struct __sk_buff *skb)
{
	return switch_vf(skb, SKIN_FROM_VF);
}

SEC("tc")
int evb_from_macvtap(struct __sk_buff *skb)
{
	return switch_vf(skb, SKIN_FROM_MACVTAP);
}

/* either side of the uplink: the wire and the PF are trusted, their control frames go across */
static __always_inline int switch_uplink(struct __sk_buff *skb, __u32 in, enum skin_hook hook)
{
	struct evb_frame f = {.in = in};
	struct evb_port *port = port_get(in);
	enum evb_drop reason;

	if (skb->tc_index == EVB_TC_SWITCHED)
		return switch_own(skb);
	if (!port)
		return TC_ACT_UNSPEC;
	reason = skin_read(skb, &f);
	if (!reason && frame_is_control(&f))
		return switch_control(skb, &f, hook == SKIN_FROM_WIRE ? EVB_PORT_PF : port->wire,
				      hook);
	if (!reason)
		reason = classify_vlan(&f, port);
	if (!reason)
		reason = hook == SKIN_FROM_WIRE ? relay_from_wire(&f, port) : switch_local(skb, &f, port);
	if (reason)
		return skin_drop(skb, &f, reason);
	return switch_emit(skb, &f, port, hook);
}

SEC("tc")
int evb_from_wire(struct __sk_buff *skb)
{
	return switch_uplink(skb, EVB_PORT_UPLINK, SKIN_FROM_WIRE);
}

SEC("tc")
int evb_from_pf(struct __sk_buff *skb)
{
	return switch_uplink(skb, EVB_PORT_PF, SKIN_FROM_PF);
}
