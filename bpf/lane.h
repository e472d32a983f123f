/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * lane.h - the frames that most frames are, through all four boxes in one straight line: no tag, from
 * the port's own address, to one that has a slot in evb_fdb_near, between two ports that ask for
 * nothing more. Which ports these are is the loader's to say (plain_in, plain_out). It never refuses:
 * whatever is not so takes the long way, which says why.
 *
 * The compiler lays out BPF code in the order of the source, so what goes on stands in the branch that
 * is taken: then the lane is one piece of memory, and its end not a thousand instructions away.
 */
#pragma once

#include "frame.h"
#include "stats.h"
#include "tables.h"

/* what follows is no tag, no LLC and nothing of the link's */
static __always_inline int lane_type(__be16 type)
{
	if (type == bpf_htons(TYPE_IPV4) || type == bpf_htons(TYPE_IPV6))
		return 1;
	switch (bpf_ntohs(type)) {
	case EVB_TPID_C:
	case EVB_TPID_S:
	case EVB_TYPE_ETAG:
	case EVB_TYPE_VNTAG:
		return 0;
	default:
		return bpf_ntohs(type) > EVB_LLC_MAX && !evb_is_control_type(bpf_ntohs(type));
	}
}

/* a port's frame to another one: is there nothing that either of them asks? */
static __always_inline int lane_pair(const struct ethhdr *eth, const struct evb_port *port,
				     const struct evb_port *target, int wire)
{
	if (!wire)
		return target->plain_out == port->plain_in && !(port->isolated & target->isolated);
	/* it may be the target's own, or an isolated peer's, that comes back */
	return target->plain_out == port->plain_in && !target->isolated && target->n_macs == 1 &&
	       !mac_same(eth->h_source, target->mac);
}

/* the source is the port's, or from the wire one that a station can have */
static __always_inline int lane_source(const struct ethhdr *eth, const struct evb_port *port, int wire)
{
	return wire ? !(eth->h_source[0] & 1) && !mac_is(eth->h_source, 0, 0) :
		      mac_same(eth->h_source, port->mac);
}

/* who gets the frame; EVB_PORT_NONE: it takes the long way */
static __always_inline __u32 lane_find(const struct ethhdr *eth, const struct evb_port *port,
				       __u32 in, int wire, struct evb_port **out)
{
	struct evb_fdb_key key = {.fid = port->plain_in};
	struct evb_near *near;
	__u64 word;
	__u32 to;

	if (key.fid && lane_type(eth->h_proto) && lane_source(eth, port, wire)) {
		*(__u32 *)key.mac = *(const __u32 *)eth->h_dest;
		*(__u16 *)(key.mac + 4) = *(const __u16 *)(eth->h_dest + 4);
		near = near_get(&key);
		if (near) {
			word = *(volatile __u64 *)&near->word; /* once: others write it */
			to = evb_near_port(word);
			if ((word ^ evb_near_word(&key, 0)) < EVB_NEAR_MAX && to != in) {
				*out = port_get(to);
				if (*out && lane_pair(eth, port, *out, wire))
					return to;
			}
		}
	}
	return EVB_PORT_NONE;
}

static __always_inline void lane_trace(const struct evb_port *port, __u32 in, __u32 to, __u32 len,
				       __u32 peer)
{
	struct evb_trace_copy copy = {.port = to, .len = len, .peer = peer};
	struct evb_frame f = {.in = in, .dst.fid = port->plain_in};

	if (evb_mode == EVB_MODE_LIVE)
		return;
	f.vtpid = port->vlan ? port->tpid : 0;
	f.vtci = port->vlan ? port->vlan | port->qos << EVB_TCI_PCP_SHIFT : 0;
	trace_copy(&copy);
	trace_verdict(&f, EVB_VERDICT_SEND, EVB_DROP_NONE);
}

static __always_inline void lane_count(__u32 in, __u32 to, __u32 len)
{
	struct evb_stats *stats = stats_get(in);

	if (stats) {
		stats->in.packets++;
		stats->in.bytes += len;
	}
	stats = stats_get(to);
	if (stats) {
		stats->out.packets++;
		stats->out.bytes += len;
	}
}
