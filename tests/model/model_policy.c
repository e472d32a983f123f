/* SPDX-License-Identifier: GPL-2.0-only */
/* model_policy.c - guard, rules and DSCP: what is behind the EtherType. */
#include <string.h>

#include "evb_wire.h"
#include "model_parts.h"

#define EXTENSIONS_MAX 6
#define ARP_LEN 28
#define ND_FIRST 133 /* router solicitation ... */
#define ND_LAST 136  /* ... neighbour advertisement */
#define ICMP6_REDIRECT 137

enum { PROTO_HOP = 0, PROTO_ROUTING = 43, PROTO_FRAGMENT = 44, PROTO_AH = 51, PROTO_DEST = 60 };
enum { PROTO_TCP = 6, PROTO_UDP = 17, PROTO_ICMP6 = 58, PROTO_SCTP = 132 };
enum { ICMP6_MLD_REPORT = 131, ICMP6_RS = 133, ICMP6_NS = 135, ICMP6_NA = 136, ICMP6_MLD2 = 143 };

/* an IP packet, as far as it can be followed */
struct packet {
	unsigned int family; /* 4, 6; 0: none, or its header is not whole */
	const uint8_t *src, *dst;
	uint8_t tos;
	bool has_proto, fragment, later; /* later: a fragment that is not the first */
	bool cut;			 /* shorter than it says */
	uint8_t proto;
	const uint8_t *body; /* behind the headers, NULL: not reached */
	size_t body_len;
	bool has_ports;
	uint16_t sport, dport;
};

static bool wants_ports(uint8_t proto)
{
	return proto == PROTO_TCP || proto == PROTO_UDP || proto == PROTO_SCTP;
}

static void read_ports(struct packet *p)
{
	if (p->later || !p->body || !wants_ports(p->proto) || p->body_len < 4)
		return;
	p->has_ports = true;
	p->sport = get16(p->body);
	p->dport = get16(p->body + 2);
}

static void read_ip4(const uint8_t *ip, size_t len, struct packet *p)
{
	size_t head = len ? (ip[0] & 0xf) * 4 : 0;

	if (len < 20 || ip[0] >> 4 != 4 || head < 20)
		return;
	p->family = 4;
	p->src = ip + 12;
	p->dst = ip + 16;
	p->tos = ip[1];
	p->has_proto = true;
	p->proto = ip[9];
	p->fragment = get16(ip + 6) & 0x3fff;
	p->later = get16(ip + 6) & 0x1fff;
	if (len < head)
		return;
	p->body = ip + head;
	p->body_len = len - head;
	read_ports(p);
}

static bool is_extension(uint8_t proto)
{
	return proto == PROTO_HOP || proto == PROTO_ROUTING || proto == PROTO_FRAGMENT ||
	       proto == PROTO_AH || proto == PROTO_DEST;
}

static void read_ip6(const uint8_t *ip, size_t len, struct packet *p)
{
	size_t off = 40;
	uint8_t next;

	if (len < 40 || ip[0] >> 4 != 6)
		return;
	p->family = 6;
	p->src = ip + 8;
	p->dst = ip + 24;
	p->tos = get16(ip) >> 4;
	p->cut = len < off + get16(ip + 4);
	/* what is behind the packet's end is none of its own; 0: longer than the field can say */
	if (get16(ip + 4) && len > off + get16(ip + 4))
		len = off + get16(ip + 4);
	next = ip[6];
	for (int i = 0; is_extension(next) && !p->later; i++) {
		const uint8_t *ext = ip + off;

		if (i == EXTENSIONS_MAX || len < off + 8)
			return;
		if (next == PROTO_FRAGMENT) {
			p->fragment = true;
			p->later = get16(ext + 2) >> 3;
			off += 8;
		} else {
			off += next == PROTO_AH ? (ext[1] + 2) * 4 : (ext[1] + 1) * 8;
		}
		next = ext[0];
	}
	p->has_proto = true;
	p->proto = next;
	if (len < off)
		return;
	p->body = ip + off;
	p->body_len = len - off;
	read_ports(p);
}

/* @rest: from the type field on, behind all tags */
static void read_packet(const uint8_t *rest, size_t len, struct packet *p)
{
	memset(p, 0, sizeof(*p));
	if (!rest || len < 2)
		return;
	if (get16(rest) == 0x0800)
		read_ip4(rest + 2, len - 2, p);
	else if (get16(rest) == 0x86dd)
		read_ip6(rest + 2, len - 2, p);
}

/* ---- guard */

static bool prefix_has(const struct config_prefix *prefix, const uint8_t *addr)
{
	for (unsigned int bit = 0; bit < prefix->len; bit++)
		if ((prefix->addr[bit / 8] ^ addr[bit / 8]) >> (7 - bit % 8) & 1)
			return false;
	return true;
}

static bool listed(const struct config_port *port, unsigned int family, const uint8_t *addr)
{
	for (unsigned int i = 0; i < port->n_guard; i++)
		if (port->guard[i].family == family && prefix_has(&port->guard[i], addr))
			return true;
	return false;
}

static bool has_family(const struct config_port *port, unsigned int family)
{
	for (unsigned int i = 0; i < port->n_guard; i++)
		if (port->guard[i].family == family)
			return true;
	return false;
}

/* the link-local address that follows from the address that it sends from, one of the port's */
static bool is_own_link_local(const struct config_port *port, const uint8_t *source,
			      const uint8_t *addr)
{
	const uint8_t own[16] = {
		0xfe,	       0x80,	  0,	     0,	   0,	 0,	    0,	       0,
		source[0] ^ 2, source[1], source[2], 0xff, 0xfe, source[3], source[4], source[5]};
	bool ours = false;

	for (unsigned int i = 0; i < port->n_macs; i++)
		ours |= !memcmp(port->mac[i], source, 6);
	return ours && !memcmp(own, addr, sizeof(own));
}

static bool may_be6(const struct config_port *port, const uint8_t *source, const uint8_t *addr)
{
	return listed(port, 6, addr) || is_own_link_local(port, source, addr);
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (bytes[i])
			return false;
	return true;
}

static bool arp_refused(const struct config_port *port, const uint8_t *source, const uint8_t *arp,
			size_t len)
{
	static const uint8_t head[6] = {0, 1, 0x08, 0, 6, 4};

	if (!has_family(port, 4) || len < ARP_LEN || memcmp(arp, head, sizeof(head)) ||
	    memcmp(arp + 8, source, 6))
		return true;
	return !is_zero(arp + 14, 4) && !listed(port, 4, arp + 14);
}

static bool ip4_refused(const struct config_port *port, const struct packet *p)
{
	if (!has_family(port, 4) || p->family != 4 || !p->body)
		return true;
	if (!p->later && wants_ports(p->proto) && !p->has_ports)
		return true;
	if (!is_zero(p->src, 4))
		return !listed(port, 4, p->src);
	return p->proto != PROTO_UDP || p->later || p->sport != 68 || p->dport != 67;
}

/* a link-layer address in an option of ND must be the sender's */
static bool options_refused(const uint8_t *source, const uint8_t *opt, size_t len)
{
	while (len) {
		size_t size = len >= 2 ? opt[1] * 8 : 0;

		if (!size || size > len)
			return true;
		if ((opt[0] == 1 || opt[0] == 2) && (size != 8 || memcmp(opt + 2, source, 6)))
			return true;
		opt += size;
		len -= size;
	}
	return false;
}

static bool nd_refused(const struct config_port *port, const uint8_t *source,
		       const struct packet *p)
{
	static const size_t heads[ND_LAST - ND_FIRST + 1] = {8, 16, 24, 24};
	uint8_t type = p->body[0];
	size_t head = heads[type - ND_FIRST];

	if (p->fragment || p->cut || p->body_len < head)
		return true;
	if ((type == ICMP6_NA || (type == ICMP6_NS && is_zero(p->src, 16))) &&
	    !may_be6(port, source, p->body + 8))
		return true;
	return options_refused(source, p->body + head, p->body_len - head);
}

/* what a station without an address has to say */
static bool may_have_none(const struct packet *p)
{
	uint8_t type = p->proto == PROTO_ICMP6 && !p->later ? p->body[0] : 0;

	return type == ICMP6_NS || type == ICMP6_RS || type == ICMP6_MLD_REPORT ||
	       type == ICMP6_MLD2;
}

static bool ip6_refused(const struct config_port *port, const uint8_t *source,
			const struct packet *p)
{
	if (!has_family(port, 6) || p->family != 6 || !p->body)
		return true;
	if (!p->later && wants_ports(p->proto) && !p->has_ports)
		return true;
	if (!p->later && p->proto == PROTO_ICMP6) {
		if (p->body_len < 8)
			return true;
		if (p->fragment && p->body[0] == ICMP6_REDIRECT)
			return true;
		if (p->body[0] >= ND_FIRST && p->body[0] <= ND_LAST && nd_refused(port, source, p))
			return true;
	}
	if (is_zero(p->src, 16))
		return !may_have_none(p);
	return !may_be6(port, source, p->src);
}

bool guard_refuses(const struct config_port *port, const struct flow *flow)
{
	const uint8_t *rest = flow->rest, *source = flow->in->data + 6;
	size_t len = flow->rest_len;
	unsigned int tags = 0, most = port->proto == EVB_TPID_S ? 1 : 0;
	struct packet p;

	if (!port->has_guard)
		return false;
	/* in no VLAN the classified tag is the priority's, which stays with the frame */
	if (!flow->lan.tpid && is_vlan_tag(get16(rest)) && !(get16(rest + 2) & EVB_TCI_VID)) {
		rest += EVB_TAG_LEN;
		len -= EVB_TAG_LEN;
	}
	for (; is_vlan_tag(get16(rest)); rest += EVB_TAG_LEN, len -= EVB_TAG_LEN)
		if (++tags > most || get16(rest) == EVB_TPID_S)
			return true;
	read_packet(rest, len, &p);
	switch (get16(rest)) {
	case 0x0806:
		return arp_refused(port, source, rest + 2, len - 2);
	case 0x0800:
		return ip4_refused(port, &p);
	case 0x86dd:
		return ip6_refused(port, source, &p);
	default:
		return false;
	}
}

/* ---- rules */

static bool masked(const uint8_t *addr, const uint32_t *value, const uint32_t *mask, size_t len)
{
	const uint8_t *v = (const uint8_t *)value, *m = (const uint8_t *)mask;

	for (size_t i = 0; i < len; i++)
		if ((addr[i] ^ v[i]) & m[i])
			return false;
	return true;
}

static bool rule_matches(const struct evb_rule *rule, const struct flow *flow, uint16_t type,
			 const struct packet *p)
{
	const uint8_t *macs = flow->in->data;
	size_t len = p->family == 4 ? 4 : 16;
	uint32_t match = rule->match;

	if (match & EVB_MATCH_SRC_MAC && memcmp(rule->src_mac, macs + 6, 6))
		return false;
	if (match & EVB_MATCH_DST_MAC && memcmp(rule->dst_mac, macs, 6))
		return false;
	if (match & EVB_MATCH_TYPE && rule->type != type)
		return false;
	if (match & EVB_MATCH_VLAN && rule->vlan != flow->lan.vid)
		return false;
	if (match & EVB_MATCH_FAMILY && rule->family != p->family)
		return false;
	if (match & EVB_MATCH_SRC &&
	    (!p->family || !masked(p->src, rule->src, rule->src_mask, len)))
		return false;
	if (match & EVB_MATCH_DST &&
	    (!p->family || !masked(p->dst, rule->dst, rule->dst_mask, len)))
		return false;
	if (match & EVB_MATCH_PROTO && (!p->has_proto || rule->proto != p->proto))
		return false;
	if (match & EVB_MATCH_SPORT &&
	    (!p->has_ports || p->sport < rule->sport_min || p->sport > rule->sport_max))
		return false;
	return !(match & EVB_MATCH_DPORT) ||
	       (p->has_ports && p->dport >= rule->dport_min && p->dport <= rule->dport_max);
}

bool acl_refuses(const struct config_port *port, const struct flow *flow, bool tx)
{
	const struct config_acl *acl = port->acl;
	size_t len = flow->rest_len;
	const uint8_t *rest = behind_tags(flow->rest, &len);
	struct packet p;

	read_packet(rest, len, &p);
	for (unsigned int i = 0; acl && i < acl->n_rules; i++) {
		const struct config_rule *rule = &acl->rules[i];

		if (!(tx ? rule->tx : rule->rx) || rule->rule.action == EVB_ACTION_COUNT ||
		    !rule_matches(&rule->rule, flow, rest ? get16(rest) : 0, &p))
			continue;
		return rule->rule.action == EVB_ACTION_DENY;
	}
	return false;
}

bool dscp_prio(const struct flow *flow, uint16_t *prio)
{
	size_t len = flow->rest_len;
	const uint8_t *rest = behind_tags(flow->rest, &len);
	struct packet p;

	read_packet(rest, len, &p);
	if (!p.family)
		return false;
	*prio = (p.tos >> 5) << EVB_TCI_PCP_SHIFT;
	return true;
}
