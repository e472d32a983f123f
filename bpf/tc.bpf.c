/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The complete data plane, at TC.
 *
 *            +----------+     +-------+     +-------+     +------+
 * frame ---> | classify | --> | admit | --> | relay | --> | emit | ---> frame(s)
 *            +----------+     +-------+     +-------+     +------+
 *
 * The hooks that feed the four boxes: the host end of each VF (ingress; of a macvtap, egress), the
 * uplink's ingress (the wire) and egress (the PF, which is the uplink's own stack); on a bridge, the
 * ingress of each port's device. A frame is
 * finished where it enters: redirected to its target's device, or let through where the hook
 * already stands on the way to it. The uplink's hooks first let through what was switched before.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "age.h"
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

/* frame of a VF or the PF */
static __always_inline int switch_emit_local(struct __sk_buff *skb, struct evb_frame *f,
					     const struct evb_port *port, enum skin_hook hook)
{
	struct evb_port *target = port_get(f->to);

	if (target && relay_by_wire(f, port, target)) {
		f->to = port->wire;
		f->own = 0;
	}
	return switch_emit(skb, f, port, hook);
}

/* straight to a port, as it is: control frames */
static __always_inline int switch_control(struct __sk_buff *skb, struct evb_frame *f, __u32 to,
					  enum skin_hook hook)
{
	struct evb_port *target = port_get(to);

	if (!to || !target)
		return skin_drop(skb, f, EVB_DROP_NO_TARGET);
	f->to = to;
	f->vtpid = 0;
	return skin_one(skb, f, target, hook);
}

/*
 * A local port's frame that belongs to a link. What is for the nearest customer bridge belongs to
 * its channel, everything else to the cable, without tag (802.1Qbg: the S-component's tables).
 */
static __always_inline int switch_control_local(struct __sk_buff *skb, struct evb_frame *f,
						const struct evb_port *port, enum skin_hook hook)
{
	__u32 to = frame_is_nearest(f) ? port->wire : EVB_PORT_UPLINK;

	/* a tag that was inside the port's channel would be a channel's there */
	if (to != port->wire && f->tpid == EVB_TPID_S)
		return skin_drop(skb, f, EVB_DROP_INJECT);
	return switch_control(skb, f, to, hook);
}

/* ... and the wire's: the host's, or that of the channel it came by */
static __always_inline int switch_control_wire(struct __sk_buff *skb, struct evb_frame *f,
					       const struct evb_port *port)
{
	if (!port->channel_tag)
		return switch_control(skb, f, EVB_PORT_PF, SKIN_FROM_WIRE);
	if (!frame_is_nearest(f))
		return skin_drop(skb, f, EVB_DROP_CONTROL);
	if (classify_vlan(f, port))
		return skin_drop(skb, f, EVB_DROP_VLAN_FILTER);
	return switch_control(skb, f, relay_default(f), SKIN_FROM_WIRE);
}

static __always_inline int switch_own(struct __sk_buff *skb)
{
	struct evb_frame none = {};

	trace_verdict(&none, EVB_VERDICT_OWN, EVB_DROP_NONE);
	return skin_pass(skb);
}

/* a sender with policy; a function of its own to the verifier */
__noinline int switch_policy(struct __sk_buff *skb, struct evb_frame *f, const struct evb_port *port)
{
	enum evb_drop reason;

	if (!f || !port)
		return EVB_DROP_NO_TARGET;
	reason = admit_policy(skb, f, port);
	if (!reason)
		reason = relay_from_local(f, port);
	return reason ?: admit_unknown(f, port);
}

static __always_inline enum evb_drop switch_local(struct __sk_buff *skb, struct evb_frame *f,
						  const struct evb_port *port)
{
	return port->policy_in ? switch_policy(skb, f, port) : relay_from_local(f, port);
}

static __always_inline int switch_vf(struct __sk_buff *skb, __u32 in, struct evb_port *port,
				     enum skin_hook hook)
{
	struct evb_frame f = {.in = in};
	enum evb_drop read, reason;

	read = skin_read(skb, &f);
	if (hook == SKIN_FROM_MACVTAP && !skin_from_guest(skb))
		return skin_drop(skb, &f, EVB_DROP_LINK); /* nobody is there */
	classify_extended_port(&f, port);
	if (port->dscp && !read)
		policy_set_prio(skb, &f);
	reason = admit_vf(&f, port, read, classify_vlan(&f, port));
	if (!reason && frame_is_control(&f))
		return switch_control_local(skb, &f, port, hook);
	if (!reason)
		reason = switch_local(skb, &f, port);
	if (reason)
		return skin_drop(skb, &f, reason);
	return switch_emit_local(skb, &f, port, hook);
}

SEC("tc")
int evb_from_vf(struct __sk_buff *skb)
{
	__u32 in = classify_port(skb->ifindex);
	struct evb_port *port = port_get(in);
	int verdict;

	if (port && in) {
		verdict = skin_lane(skb, port, in, 0);
		return verdict != TC_ACT_UNSPEC ? verdict : switch_vf(skb, in, port, SKIN_FROM_VF);
	}
	return TC_ACT_UNSPEC; /* not a port of this switch */
}

SEC("tc")
int evb_from_macvtap(struct __sk_buff *skb)
{
	__u32 in = classify_port(skb->ifindex);
	struct evb_port *port = port_get(in);

	if (!port || !in)
		return TC_ACT_UNSPEC; /* not a port of this switch */
	return switch_vf(skb, in, port, SKIN_FROM_MACVTAP);
}

/* either side of the uplink: the wire and the PF are trusted, their control frames go across */

static __always_inline int switch_wire(struct __sk_buff *skb, struct evb_port *port)
{
	struct evb_frame f = {.in = EVB_PORT_UPLINK};
	enum evb_drop reason;

	reason = skin_read(skb, &f);
	if (!reason && port->channels) {
		reason = classify_channel(skb, &f, port);
		port = port_get(f.in);
		if (!port)
			return TC_ACT_SHOT;
	}
	if (!reason && frame_is_control(&f))
		return switch_control_wire(skb, &f, port);
	if (!reason)
		reason = classify_vlan(&f, port);
	if (!reason)
		reason = relay_from_wire(&f, port);
	if (reason)
		return skin_drop(skb, &f, reason);
	return switch_emit(skb, &f, port, SKIN_FROM_WIRE);
}

SEC("tc")
int evb_from_wire(struct __sk_buff *skb)
{
	struct evb_port *port = port_get(EVB_PORT_UPLINK);
	int verdict;

	if (skb->tc_index == EVB_TC_SWITCHED)
		return switch_own(skb);
	if (port) {
		verdict = skin_lane(skb, port, EVB_PORT_UPLINK, 1);
		return verdict != TC_ACT_UNSPEC ? verdict : switch_wire(skb, port);
	}
	return TC_ACT_UNSPEC;
}

SEC("tc")
int evb_from_pf(struct __sk_buff *skb)
{
	struct evb_frame f = {.in = EVB_PORT_PF};
	struct evb_port *port = port_get(EVB_PORT_PF);
	enum evb_drop reason;

	if (skb->tc_index == EVB_TC_SWITCHED)
		return switch_own(skb);
	if (!port)
		return TC_ACT_UNSPEC;
	reason = skin_read(skb, &f);
	classify_extended_port(&f, port);
	if (!reason && port->channels && classify_is_channel(&f, port))
		reason = EVB_DROP_INJECT;
	if (evb_extended && !reason && frame_is_extended(&f))
		reason = EVB_DROP_INJECT;
	if (!reason && frame_is_control(&f))
		f.up = 0; /* between this extender and the bridge above */
	if (!reason && frame_is_control(&f))
		return switch_control_local(skb, &f, port, SKIN_FROM_PF);
	if (!reason)
		reason = classify_vlan(&f, port);
	if (!reason)
		reason = switch_local(skb, &f, port);
	if (reason)
		return skin_drop(skb, &f, reason);
	return switch_emit_local(skb, &f, port, SKIN_FROM_PF);
}

/* what belongs to the link goes to the device's own stack, the way that a frame without switch goes */
static __always_inline int switch_link(struct __sk_buff *skb, const struct evb_frame *f)
{
	count_in(f);
	trace_verdict(f, EVB_VERDICT_PASS, EVB_DROP_NONE);
	return skin_pass(skb);
}

/* a port with policy; likewise */
__noinline int switch_port_policy(struct __sk_buff *skb, struct evb_frame *f,
				  const struct evb_port *port)
{
	enum evb_drop reason;

	if (!f || !port)
		return EVB_DROP_NO_TARGET;
	reason = admit_policy(skb, f, port);
	if (!reason)
		reason = learn(skb, f);
	if (!reason)
		reason = relay_from_port(f, port);
	return reason ?: admit_unknown(f, port);
}

static __always_inline enum evb_drop switch_port(struct __sk_buff *skb, struct evb_frame *f,
						 const struct evb_port *port)
{
	if (port->policy_in)
		return switch_port_policy(skb, f, port);
	return learn(skb, f) ?: relay_from_port(f, port);
}

SEC("tc")
int evb_from_port(struct __sk_buff *skb)
{
	struct evb_frame f = {.in = classify_port(skb->ifindex)};
	struct evb_port *port = port_get(f.in);
	enum evb_drop read, reason;

	if (!port || !f.in)
		return TC_ACT_UNSPEC; /* not a port of this switch */
	read = skin_read(skb, &f);
	if (!read && port->channels) {
		read = classify_channel(skb, &f, port);
		port = port_get(f.in);
		if (!port)
			return TC_ACT_SHOT;
		f.up = port->channel_tag ? port->channel : 0;
	}
	f.bpdu = frame_is_bpdu(&f);
	if (port->dscp && !read)
		policy_set_prio(skb, &f);
	if (!read && !port->down && !f.bpdu && frame_is_control(&f) && !frame_is_extended(&f))
		return port->channel_tag ? skin_drop(skb, &f, EVB_DROP_CONTROL) : switch_link(skb, &f);
	reason = admit_port(&f, port, read, classify_vlan(&f, port));
	if (!reason)
		reason = switch_port(skb, &f, port);
	if (reason)
		return skin_drop(skb, &f, reason);
	return switch_emit(skb, &f, port, SKIN_FROM_PORT);
}

/*
 * An extender's uplink: a tag says who gets it. What has none is between this extender and the
 * bridge above, and for the host.
 */
SEC("tc")
int evb_from_above(struct __sk_buff *skb)
{
	struct evb_frame f = {.in = EVB_PORT_UPLINK};
	struct evb_port *port = port_get(EVB_PORT_UPLINK);
	__u32 number = EVB_PORT_NONE;
	enum evb_drop reason;

	if (skb->tc_index == EVB_TC_SWITCHED)
		return switch_own(skb);
	if (!port)
		return TC_ACT_UNSPEC;
	reason = skin_read(skb, &f);
	if (!reason && !classify_is_channel(&f, port))
		return switch_control(skb, &f, EVB_PORT_PF, SKIN_FROM_WIRE);
	if (!reason)
		reason = skin_read_extended(skb, &f, CLASSIFY_DOWN);
	if (!reason)
		number = classify_id(port->ifindex, f.channel);
	if (!reason && !number)
		reason = EVB_DROP_CHANNEL;
	if (!reason)
		reason = relay_from_above(&f, number, classify_vlan(&f, port));
	if (reason)
		return skin_drop(skb, &f, reason);
	f.keep = 1; /* where it goes on with a tag, to the next extender */
	return switch_emit(skb, &f, port, SKIN_FROM_WIRE);
}

/*
 * An extender's link to another one below: what comes up from there has its port's id already, and
 * goes on as it is; what has none is between the two, and for the host.
 */
SEC("tc")
int evb_from_cascade(struct __sk_buff *skb)
{
	struct evb_frame f = {.in = classify_port(skb->ifindex)};
	struct evb_port *port = port_get(f.in), *wire;
	enum evb_drop reason;

	if (!port || !f.in)
		return TC_ACT_UNSPEC; /* not a port of this switch */
	reason = port->down ? EVB_DROP_LINK : skin_read(skb, &f);
	if (!reason && !classify_is_channel(&f, port))
		return switch_link(skb, &f);
	if (!reason)
		reason = skin_read_extended(skb, &f, CLASSIFY_UP);
	wire = port_get(port->wire);
	if (!reason && (!wire || classify_id(wire->ifindex, f.channel) != f.in))
		reason = EVB_DROP_CHANNEL;
	if (reason)
		return skin_drop(skb, &f, reason);
	f.keep = 1;
	f.to = port->wire;
	return switch_emit(skb, &f, port, SKIN_FROM_VF);
}

/* for the loader, by BPF_PROG_TEST_RUN */

/* lets the time of a bridge begin; it goes on as long as the maps are there. A negative errno if not. */
SEC("tc")
int evb_clock_start(struct __sk_buff *skb)
{
	(void)skb;
	return age_begin();
}

/* takes away what was learned at the port skb->mark; 0: at all */
SEC("tc")
int evb_flush(struct __sk_buff *skb)
{
	age_flush(skb->mark);
	return 0;
}
