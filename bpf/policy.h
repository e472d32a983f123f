/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * policy.h - what the boxes ask of a port with policy: the headers behind the EtherType, guard,
 * rules, meters. A port that has none of it never comes here.
 *
 * The parsed headers are kept per CPU, read at most once a frame. A chain that cannot be followed
 * to its end is POLICY_BAD: guard refuses it, and a rule that asks for more than was found does
 * not match.
 */
#pragma once

#include "frame.h"
#include "stats.h"
#include "tables.h"

#define POLICY_EXTENSIONS 6 /* IPv6 extension headers in a row */
#define POLICY_ND_OPTIONS 4

enum {
	POLICY_BAD = 1,	     /* cut, or a chain that is too long */
	POLICY_PORTS = 2,    /* sport and dport are there */
	POLICY_FRAGMENT = 4, /* of a larger packet */
	POLICY_LATER = 8,    /* a fragment without the transport header */
	POLICY_ND = 16,	     /* neighbour solicitation or advertisement: target is there */
	POLICY_ND_FOREIGN = 32, /* an option of it names another link-layer address than its own */
	POLICY_OWN = 64,     /* the frame's source address is the port's; set by admit.h */
};

enum {
	TYPE_IPV4 = 0x0800,
	TYPE_ARP = 0x0806,
	TYPE_IPV6 = 0x86dd,
	PROTO_TCP = 6,
	PROTO_UDP = 17,
	PROTO_ICMPV6 = 58,
	PROTO_SCTP = 132,
	PROTO_NONE = 59,
	ND_ROUTER_SOLICIT = 133,
	ND_ROUTER_ADVERT = 134,
	ND_SOLICIT = 135,
	ND_ADVERT = 136,
};

struct policy {
	__u8 flags;
	__u8 family; /* 4, 6, or 0; of ARP: 4 */
	__u8 proto;
	__u8 class;  /* type of service, traffic class */
	__u8 icmp;   /* ICMPv6 type */
	__u8 arp;
	__u16 sport, dport;
	__u16 vlan;
	__u32 src[4], dst[4], target[4]; /* network order; ARP sender in src */
	__u8 link[6]; /* link-layer address of ARP's sender */
	/* of the frame itself, for rules */
	__u8 src_mac[6], dst_mac[6];
	__u16 type;
	/* of the rule loop */
	__u32 action;
	__u32 acl;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct policy);
} evb_policy SEC(".maps");

static __always_inline void policy_ports(void *ctx, struct policy *p, __u32 off)
{
	__be16 ports[2];

	if (p->flags & POLICY_LATER)
		return;
	if (p->proto != PROTO_TCP && p->proto != PROTO_UDP && p->proto != PROTO_SCTP)
		return;
	if (skin_load(ctx, off, ports, sizeof(ports))) {
		p->flags |= POLICY_BAD;
		return;
	}
	p->sport = bpf_ntohs(ports[0]);
	p->dport = bpf_ntohs(ports[1]);
	p->flags |= POLICY_PORTS;
}

static __always_inline void policy_ipv4(void *ctx, struct policy *p, __u32 off)
{
	struct iphdr ip;
	__u16 frag;

	if (skin_load(ctx, off, &ip, sizeof(ip)) || ip.version != 4 || ip.ihl < 5) {
		p->flags |= POLICY_BAD;
		return;
	}
	p->family = 4;
	p->proto = ip.protocol;
	p->class = ip.tos;
	p->src[0] = ip.saddr;
	p->dst[0] = ip.daddr;
	frag = bpf_ntohs(ip.frag_off);
	if (frag & 0x3fff)
		p->flags |= POLICY_FRAGMENT;
	if (frag & 0x1fff)
		p->flags |= POLICY_LATER;
	if (off + ip.ihl * 4 > skin_bytes(ctx))
		p->flags |= POLICY_BAD;
	else
		policy_ports(ctx, p, off + ip.ihl * 4);
}

/* RFC 826: Ethernet and IPv4 */
static __always_inline void policy_arp(void *ctx, struct policy *p, __u32 off)
{
	struct {
		__be16 hw, proto;
		__u8 hw_len, proto_len;
		__be16 op;
		__u8 sender[6];
		__u8 sender_ip[4];
		__u8 target[6];
		__u8 target_ip[4];
	} arp;

	if (skin_load(ctx, off, &arp, sizeof(arp)) || arp.hw != bpf_htons(1) ||
	    arp.proto != bpf_htons(TYPE_IPV4) || arp.hw_len != 6 || arp.proto_len != 4) {
		p->flags |= POLICY_BAD;
		return;
	}
	p->family = 4;
	p->arp = 1;
	__builtin_memcpy(p->link, arp.sender, sizeof(p->link));
	__builtin_memcpy(&p->src[0], arp.sender_ip, 4);
	__builtin_memcpy(&p->dst[0], arp.target_ip, 4);
}

/* options of 8 bytes each, up to the packet's end; those that hold a link-layer address: 1, 2 */
static __always_inline void policy_nd_options(void *ctx, struct policy *p, __u32 off, __u32 end)
{
	struct {
		__u16 align; /* mac_same() reads words */
		__u8 type, len;
		__u8 mac[6];
	} __attribute__((aligned(4))) option;

	for (int i = 0; i < POLICY_ND_OPTIONS; i++) {
		if (off == end)
			return;
		if (skin_load(ctx, off, &option.type, 8) || !option.len || off + option.len * 8 > end) {
			p->flags |= POLICY_BAD;
			return;
		}
		if ((option.type == 1 || option.type == 2) &&
		    (option.len != 1 || !mac_same(option.mac, p->src_mac)))
			p->flags |= POLICY_ND_FOREIGN;
		off += option.len * 8;
	}
	if (off < end)
		p->flags |= POLICY_BAD;
}

/* RFC 4861: type, code, checksum, reserved, target (of a neighbour's), options */
static __always_inline void policy_nd(void *ctx, struct policy *p, __u32 off, __u32 end)
{
	struct {
		__u8 type, code;
		__be16 sum;
		__be32 reserved;
	} icmp;

	if (p->flags & POLICY_LATER)
		return;
	if (skin_load(ctx, off, &icmp, sizeof(icmp))) {
		p->flags |= POLICY_BAD;
		return;
	}
	p->icmp = icmp.type;
	off += sizeof(icmp);
	if (icmp.type == ND_SOLICIT || icmp.type == ND_ADVERT) {
		if (skin_load(ctx, off, p->target, sizeof(p->target))) {
			p->flags |= POLICY_BAD;
			return;
		}
		p->flags |= POLICY_ND;
		off += sizeof(p->target);
	} else if (icmp.type == ND_ROUTER_ADVERT) {
		if (skin_load(ctx, off, &icmp, sizeof(icmp))) /* reachable time, retransmission timer */
			p->flags |= POLICY_BAD;
		off += sizeof(icmp);
	} else if (icmp.type != ND_ROUTER_SOLICIT) {
		return;
	}
	policy_nd_options(ctx, p, off, end);
}

static __always_inline int policy_is_extension(const struct policy *p)
{
	return p->proto == 0 || p->proto == 43 || p->proto == 44 || p->proto == 51 || p->proto == 60;
}

/* one extension header of the chain; the next offset, 0 at its end */
static __always_inline __u32 policy_extension(void *ctx, struct policy *p, __u32 off)
{
	struct {
		__u8 next, len;
		__be16 frag;
	} head;
	__be32 id;

	if (!policy_is_extension(p))
		return 0;
	if (skin_load(ctx, off, &head, sizeof(head))) {
		p->flags |= POLICY_BAD;
		return 0;
	}
	if (p->proto == 44) { /* fragment */
		p->flags |= POLICY_FRAGMENT;
		if (skin_load(ctx, off + 4, &id, sizeof(id)))
			p->flags |= POLICY_BAD;
		if (bpf_ntohs(head.frag) & 0xfff8)
			p->flags |= POLICY_LATER;
		head.len = 0;
	}
	off += p->proto == 51 ? (head.len + 2) * 4 : (head.len + 1) * 8;
	p->proto = head.next;
	return p->flags & POLICY_LATER ? 0 : off;
}

static __noinline void policy_ipv6(void *ctx, struct policy *p, __u32 off)
{
	struct ipv6hdr ip;
	__u32 next, end;
	int i;

	if (skin_load(ctx, off, &ip, sizeof(ip)) || ip.version != 6) {
		p->flags |= POLICY_BAD;
		return;
	}
	p->family = 6;
	p->proto = ip.nexthdr;
	p->class = ip.priority << 4 | ip.flow_lbl[0] >> 4;
	__builtin_memcpy(p->src, &ip.saddr, sizeof(p->src));
	__builtin_memcpy(p->dst, &ip.daddr, sizeof(p->dst));
	off += sizeof(ip);
	/* without a length: a jumbo packet */
	end = ip.payload_len ? off + bpf_ntohs(ip.payload_len) : skin_bytes(ctx);
	for (i = 0; i < POLICY_EXTENSIONS; i++) {
		next = policy_extension(ctx, p, off);
		if (!next)
			break;
		off = next;
	}
	/* what is behind the packet's end is not what its receiver will see there */
	if ((i == POLICY_EXTENSIONS && policy_is_extension(p)) ||
	    (off >= end && p->proto != PROTO_NONE))
		p->flags |= POLICY_BAD;
	if (p->flags & POLICY_BAD)
		return;
	if (p->proto == PROTO_ICMPV6)
		policy_nd(ctx, p, off, end);
	else
		policy_ports(ctx, p, off);
}

/*
 * What policy_read() has read of this frame. Whoever leads a frame to a rule or a rate reads it first:
 * below a flood's loop the verifier of older kernels has no stack left for that.
 */
static __always_inline struct policy *policy_have(void)
{
	__u32 slot = evb_mode != EVB_MODE_LIVE;

	return bpf_map_lookup_elem(&evb_policy, &slot);
}

/* the frame's headers, read at the first call; NULL never happens in practice */
static __noinline struct policy *policy_read(void *ctx, struct evb_frame *f)
{
	struct policy *p = policy_have();

	if (!p || f->parsed)
		return p;
	f->parsed = 1;
	__builtin_memset(p, 0, sizeof(*p));
	p->type = f->type;
	__builtin_memcpy(p->src_mac, f->src.mac, sizeof(p->src_mac));
	__builtin_memcpy(p->dst_mac, f->dst.mac, sizeof(p->dst_mac));
	if (f->type == TYPE_IPV4)
		policy_ipv4(ctx, p, f->off);
	else if (f->type == TYPE_IPV6)
		policy_ipv6(ctx, p, f->off);
	else if (f->type == TYPE_ARP)
		policy_arp(ctx, p, f->off);
	return p;
}

/* guard */

static __always_inline int policy_allowed(const struct evb_frame *f, __u16 family,
					  const __u32 addr[4])
{
	struct evb_guard_key key = {.port = f->in, .family = family};

	key.prefix = EVB_GUARD_PREFIX + (family == 4 ? 32 : 128);
	__builtin_memcpy(key.addr, addr, sizeof(key.addr));
	return bpf_map_lookup_elem(&evb_guard, &key) != NULL;
}

/* fe80::/64 and the interface identifier that follows from the address (RFC 4291, appendix A) */
static __always_inline int policy_link_local(const struct policy *p, const __u32 addr[4])
{
	const __u8 *id = (const __u8 *)&addr[2], *mac = p->src_mac;

	if (!(p->flags & POLICY_OWN) || addr[0] != bpf_htonl(0xfe800000) || addr[1])
		return 0;
	return id[0] == (mac[0] ^ 2) && id[1] == mac[1] && id[2] == mac[2] && id[3] == 0xff &&
	       id[4] == 0xfe && id[5] == mac[3] && id[6] == mac[4] && id[7] == mac[5];
}

static __always_inline int policy_guard_ipv4(const struct evb_frame *f, const struct policy *p)
{
	if (p->arp && !mac_same(p->link, f->src.mac))
		return 0;
	if (p->src[0])
		return policy_allowed(f, 4, p->src);
	/* ARP probe (RFC 5227); DHCP client without an address */
	return p->arp ||
	       (p->proto == PROTO_UDP && p->flags & POLICY_PORTS && p->sport == 68 && p->dport == 67);
}

static __always_inline int policy_guard_ipv6_addr(const struct evb_frame *f,
						  const struct policy *p, const __u32 addr[4])
{
	return policy_link_local(p, addr) || policy_allowed(f, 6, addr);
}

/* what a station without an address has to say: DAD, router solicitation, MLD reports */
static __always_inline int policy_guard_ipv6_none(const struct policy *p)
{
	return p->proto == PROTO_ICMPV6 &&
	       (p->icmp == 131 || p->icmp == 132 || p->icmp == 133 || p->icmp == ND_SOLICIT ||
		p->icmp == 143);
}

static __always_inline int policy_guard_ipv6(const struct evb_frame *f, const struct policy *p)
{
	int none = !(p->src[0] | p->src[1] | p->src[2] | p->src[3]);

	/* RFC 6980: neighbour discovery is never fragmented */
	if (p->proto == PROTO_ICMPV6 && p->flags & POLICY_FRAGMENT && p->icmp >= 133 &&
	    p->icmp <= 137)
		return 0;
	if (none ? !policy_guard_ipv6_none(p) : !policy_guard_ipv6_addr(f, p, p->src))
		return 0;
	if (p->flags & POLICY_ND_FOREIGN)
		return 0;
	/* an advertisement, and a solicitation for DAD, claims its target */
	return !(p->flags & POLICY_ND) || (p->icmp == ND_SOLICIT && !none) ||
	       policy_guard_ipv6_addr(f, p, p->target);
}

/* no tag but the classified one; behind one of an S-VLAN one C-TAG */
static __always_inline int policy_guard_tags(void *ctx, const struct evb_frame *f,
					     const struct evb_port *port)
{
	__u32 inner = f->tags - (f->form != FRAME_BARE);
	__be16 tpid;

	if (!inner)
		return 1;
	if (inner > 1 || port->tpid != EVB_TPID_S)
		return 0;
	if (f->tags == 1)
		return f->tpid == EVB_TPID_C;
	/* the last tag stands in the bytes, in front of the EtherType */
	return !skin_load(ctx, f->off - EVB_TAG_LEN - sizeof(tpid), &tpid, sizeof(tpid)) &&
	       tpid == bpf_htons(EVB_TPID_C);
}

/* a family that has no addresses has no senders */
static __always_inline int policy_guard_family(const struct evb_port *port, __u32 family)
{
	return !(port->guard & EVB_GUARD_ON) || port->guard & family;
}

/* the sender's addresses are the port's */
static __noinline int policy_guard(void *ctx, const struct evb_frame *f,
				   const struct evb_port *port, const struct policy *p)
{
	if (!policy_guard_tags(ctx, f, port) || p->flags & POLICY_BAD)
		return 0;
	if (p->family == 4)
		return policy_guard_family(port, EVB_GUARD_IPV4) && policy_guard_ipv4(f, p);
	if (p->family == 6)
		return policy_guard_family(port, EVB_GUARD_IPV6) && policy_guard_ipv6(f, p);
	return 1;
}

/* the class selector, DSCP / 8, of an IP packet, for the priority of an inserted tag */
static __always_inline void policy_set_prio(void *ctx, struct evb_frame *f)
{
	struct policy *p = policy_read(ctx, f);

	if (p && p->family && !p->arp)
		f->dscp = 1 + (p->class >> 5);
}

/* rules */

struct policy_loop {
	struct policy *p;
	const struct evb_acl *acl;
};

static __always_inline int policy_masked(const __u32 addr[4], const __u32 want[4],
					 const __u32 mask[4])
{
	return !(((addr[0] ^ want[0]) & mask[0]) | ((addr[1] ^ want[1]) & mask[1]) |
		 ((addr[2] ^ want[2]) & mask[2]) | ((addr[3] ^ want[3]) & mask[3]));
}

static __always_inline int policy_match_ip(const struct policy *p, const struct evb_rule *rule)
{
	/* ARP is no packet: a rule for it says so by type */
	if (rule->match & EVB_MATCH_FAMILY && (p->arp || rule->family != p->family))
		return 0;
	if (rule->match & EVB_MATCH_PROTO && (p->arp || rule->proto != p->proto))
		return 0;
	if (rule->match & EVB_MATCH_SRC && !policy_masked(p->src, rule->src, rule->src_mask))
		return 0;
	if (rule->match & EVB_MATCH_DST && !policy_masked(p->dst, rule->dst, rule->dst_mask))
		return 0;
	if (!(rule->match & (EVB_MATCH_SPORT | EVB_MATCH_DPORT)))
		return 1;
	if (!(p->flags & POLICY_PORTS))
		return 0;
	if (rule->match & EVB_MATCH_SPORT &&
	    (p->sport < rule->sport_min || p->sport > rule->sport_max))
		return 0;
	return !(rule->match & EVB_MATCH_DPORT) ||
	       (p->dport >= rule->dport_min && p->dport <= rule->dport_max);
}

static __always_inline int policy_match(const struct policy *p, const struct evb_rule *rule)
{
	if (rule->match & EVB_MATCH_TYPE && rule->type != p->type)
		return 0;
	if (rule->match & EVB_MATCH_VLAN && rule->vlan != p->vlan)
		return 0;
	if (rule->match & EVB_MATCH_SRC_MAC && !mac_same(rule->src_mac, p->src_mac))
		return 0;
	if (rule->match & EVB_MATCH_DST_MAC && !mac_same(rule->dst_mac, p->dst_mac))
		return 0;
	return policy_match_ip(p, rule);
}

static __always_inline void policy_hit(__u32 acl, __u32 rule)
{
	struct evb_hits_key key = {.acl = acl, .rule = rule};
	__u64 *hits;

	if (evb_mode == EVB_MODE_DRY)
		return;
	hits = bpf_map_lookup_elem(&evb_acl_hits, &key);
	if (hits)
		(*hits)++;
}

/* one rule; 1: the loop ends */
static long policy_rule(__u32 i, struct policy_loop *loop)
{
	const struct evb_rule *rule = &loop->acl->rule[i & (EVB_RULES_MAX - 1)];

	if (!policy_match(loop->p, rule))
		return 0;
	policy_hit(loop->p->acl, i);
	if (rule->action == EVB_ACTION_COUNT)
		return 0;
	loop->p->action = rule->action;
	return 1;
}

/* the first rule that matches decides; no match permits */
static __noinline int policy_acl(struct policy *p, __u32 number, __u32 vlan)
{
	struct policy_loop loop = {.p = p};

	loop.acl = bpf_map_lookup_elem(&evb_acls, &number);
	if (!loop.acl || !p)
		return 1;
	p->acl = number;
	p->vlan = vlan;
	p->action = EVB_ACTION_PERMIT;
	bpf_loop(loop.acl->count, policy_rule, &loop, 0);
	return p->action != EVB_ACTION_DENY;
}

/* meters */

/*
 * Virtual scheduling: `due` runs ahead of the clock by what has passed; one word, so that two CPUs
 * need no lock. A frame passes whole or not at all, whatever its size; with `force` it passes and
 * is charged.
 */
static __noinline int policy_meter(__u32 port, __u32 class, __u32 amount, int force)
{
	__u32 key = port * EVB_METERS + class;
	struct evb_meter *meter = bpf_map_lookup_elem(&evb_meters, &key);
	__u64 now, due, start;

	if (!meter || !meter->cost)
		return 1;
	now = bpf_ktime_get_ns();
	for (int i = 0; i < 4; i++) {
		due = *(volatile __u64 *)&meter->due;
		if (due > now + meter->burst && !force)
			return 0;
		start = due > now ? due : now;
		start += amount * meter->cost >> EVB_METER_SHIFT;
		if (evb_mode == EVB_MODE_DRY ||
		    __sync_val_compare_and_swap(&meter->due, due, start) == due)
			return 1;
	}
	__sync_fetch_and_add(&meter->due, amount * meter->cost >> EVB_METER_SHIFT);
	return 1;
}

/*
 * A rate. A policer that drops all of a TCP flight stops its acknowledgements, and the sender is
 * silent until its timer (200 ms) ends: a flow gets its rate only if what accrues meanwhile is
 * kept. So TCP may run that far ahead; everything else may not, is not starved by a TCP that does,
 * and is charged to it. Together they are never more than the rate.
 */
static __noinline int policy_rate(__u32 port, __u32 class, __u32 len)
{
	__u32 other = class == EVB_METER_IN ? EVB_METER_IN_OTHER : EVB_METER_OUT_OTHER;
	const struct policy *p = policy_have();

	if (p && p->proto == PROTO_TCP)
		return policy_meter(port, class, len, 0);
	return policy_meter(port, other, len, 0) && policy_meter(port, class, len, 1);
}
