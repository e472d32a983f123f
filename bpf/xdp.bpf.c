/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The fast lane, at XDP: the same four boxes as tc.bpf.c for what can be finished before there is
 * an skb. A tag that a device carries beside the frame is invisible here; the loader sees to it
 * that there is none.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "skin_xdp.h"

char LICENSE[] SEC("license") = "GPL";

static __always_inline int lane_emit(struct xdp_md *xdp, struct evb_frame *f,
				     const struct evb_port *port)
{
	struct evb_port *target;
	enum evb_drop reason;

	if (!f->to)
		return skin_up(f);
	target = port_get(f->to);
	if (!target || relay_by_wire(f, port, target))
		return skin_up(f);
	reason = relay_pair(f, port, target);
	if (reason)
		return skin_drop(xdp, f, reason);
	if (!target->xdp_slot || target->policy_out || port->watched)
		return skin_up(f);
	return skin_one(xdp, f, target);
}

static __always_inline int lane_wire(struct xdp_md *xdp, struct evb_port *port)
{
	struct evb_frame f = {.in = EVB_PORT_UPLINK};
	enum evb_drop reason;

	reason = skin_read(xdp, &f);
	if (!reason && port->channels) {
		reason = classify_channel(xdp, &f, port);
		port = port_get(f.in);
		if (!port)
			return XDP_PASS;
	}
	if (!reason && frame_is_control(&f))
		return skin_up(&f);
	if (!reason)
		reason = classify_vlan(&f, port);
	if (!reason)
		reason = relay_from_wire(&f, port);
	return reason ? skin_drop(xdp, &f, reason) : lane_emit(xdp, &f, port);
}

SEC("xdp.frags")
int evb_xdp_wire(struct xdp_md *xdp)
{
	struct evb_port *port = port_get(EVB_PORT_UPLINK);
	int verdict;

	if (port) {
		verdict = skin_lane(xdp, port, EVB_PORT_UPLINK, 1);
		return verdict != XDP_ABORTED ? verdict : lane_wire(xdp, port);
	}
	return XDP_PASS;
}

static __always_inline int lane_vf(struct xdp_md *xdp, struct evb_port *port, __u32 in)
{
	struct evb_frame f = {.in = in};
	enum evb_drop read, reason;

	if (port->policy_in)
		return skin_up(&f); /* a meter that TC would charge again */
	read = skin_read(xdp, &f);
	classify_extended_port(&f, port);
	reason = admit_vf(&f, port, read, classify_vlan(&f, port));
	if (!reason && frame_is_control(&f))
		return skin_up(&f);
	if (!reason)
		reason = relay_from_local(&f, port);
	return reason ? skin_drop(xdp, &f, reason) : lane_emit(xdp, &f, port);
}

SEC("xdp.frags")
int evb_xdp_vf(struct xdp_md *xdp)
{
	__u32 in = classify_port(xdp->ingress_ifindex);
	struct evb_port *port = port_get(in);
	int verdict;

	if (port && in) {
		verdict = skin_lane(xdp, port, in, 0);
		return verdict != XDP_ABORTED ? verdict : lane_vf(xdp, port, in);
	}
	return XDP_PASS;
}

SEC("xdp.frags")
int evb_xdp_port(struct xdp_md *xdp)
{
	struct evb_frame f = {.in = classify_port(xdp->ingress_ifindex)};
	struct evb_port *port = port_get(f.in);
	enum evb_drop read, reason;

	if (!port || !f.in)
		return XDP_PASS;
	read = skin_read(xdp, &f);
	if (!read && port->channels) {
		read = classify_channel(xdp, &f, port);
		port = port_get(f.in);
		if (!port)
			return XDP_PASS;
		f.up = port->channel_tag ? port->channel : 0;
	}
	if (port->policy_in || (!read && frame_is_control(&f)))
		return skin_up(&f);
	reason = admit_port(&f, port, read, classify_vlan(&f, port));
	if (!reason)
		reason = learn(xdp, &f) ?: relay_from_port(&f, port);
	return reason ? skin_drop(xdp, &f, reason) : lane_emit(xdp, &f, port);
}

/* an extender's uplink: what is for one port */
SEC("xdp.frags")
int evb_xdp_above(struct xdp_md *xdp)
{
	struct evb_frame f = {.in = EVB_PORT_UPLINK};
	struct evb_port *port = port_get(EVB_PORT_UPLINK);
	__u32 number = EVB_PORT_NONE;
	enum evb_drop reason;

	if (!port)
		return XDP_PASS;
	reason = skin_read(xdp, &f);
	if (!reason && !classify_is_channel(&f, port))
		return skin_up(&f);
	if (!reason)
		reason = skin_read_extended(xdp, &f, CLASSIFY_DOWN);
	if (!reason)
		number = classify_id(port->ifindex, f.channel);
	if (!reason && !number)
		reason = EVB_DROP_CHANNEL;
	if (!reason)
		reason = relay_from_above(&f, number, classify_vlan(&f, port));
	if (reason)
		return skin_drop(xdp, &f, reason);
	f.keep = 1;
	return lane_emit(xdp, &f, port);
}
