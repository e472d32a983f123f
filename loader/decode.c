/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * decode.c - see decode.h
 *
 * A cursor walks over the bytes; what wants more than is left says "[cut]" and stops.
 */
#include "decode.h"

#include <arpa/inet.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "evb_wire.h"

#define TAGS_MAX 8	 /* that are told, one behind the other */
#define EXTENSIONS_MAX 8 /* IPv6 headers in a row */

struct cursor {
	const uint8_t *at, *end;
	const char *start;
	char *out;
	size_t room;
	bool channel; /* the next tag may be a channel's */
};

__attribute__((format(printf, 2, 3))) static void say(struct cursor *c, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(c->out, c->room, fmt, args);
	va_end(args);
	if (n < 0)
		return;
	if ((size_t)n >= c->room)
		n = c->room ? (int)c->room - 1 : 0;
	c->out += n;
	c->room -= (size_t)n;
}

/* the next @n bytes, or NULL and nothing more */
static const uint8_t *take(struct cursor *c, size_t n)
{
	const uint8_t *at = c->at;

	if ((size_t)(c->end - at) < n) {
		c->at = c->end;
		say(c, "%s[cut]", c->out == c->start || c->out[-1] == ' ' ? "" : " ");
		return NULL;
	}
	c->at += n;
	return at;
}

static unsigned int get16(const uint8_t *p)
{
	return (unsigned int)p[0] << 8 | p[1];
}

static void say_mac(struct cursor *c, const uint8_t *mac)
{
	say(c, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3], mac[4], mac[5]);
}

static void say_ip(struct cursor *c, int family, const uint8_t *addr)
{
	char text[INET6_ADDRSTRLEN] = "?";

	inet_ntop(family, addr, text, sizeof(text));
	say(c, "%s", text);
}

/* ---- what IP carries */

/* a number's word */
struct word {
	unsigned int number;
	const char *text;
};

static const char *find_word(const struct word *words, unsigned int number)
{
	for (; words->text; words++)
		if (words->number == number)
			return words->text;
	return NULL;
}

static const struct word icmp_types[] = {
	{0, "echo reply"},	     {3, "unreachable"},    {5, "redirect"}, {8, "echo request"},
	{9, "router advertisement"}, {11, "time exceeded"}, {0, NULL},
};

static const struct word icmpv6_types[] = {
	{1, "unreachable"},
	{2, "packet too big"},
	{3, "time exceeded"},
	{128, "echo request"},
	{129, "echo reply"},
	{130, "MLD query"},
	{131, "MLD report"},
	{132, "MLD done"},
	{133, "router solicitation"},
	{134, "router advertisement"},
	{135, "neighbour solicitation"},
	{136, "neighbour advertisement"},
	{137, "redirect"},
	{143, "MLDv2 report"},
	{0, NULL},
};

static const struct word ip_protos[] = {
	{IPPROTO_IGMP, "IGMP"},
	{IPPROTO_IPIP, "IPv4 in it"},
	{IPPROTO_IPV6, "IPv6 in it"},
	{IPPROTO_GRE, "GRE"},
	{IPPROTO_ESP, "ESP"},
	{IPPROTO_AH, "AH"},
	{89, "OSPF"},
	{112, "VRRP"},
	{0, NULL},
};

static void say_icmp(struct cursor *c, const struct word *types, const char *name)
{
	const uint8_t *p;
	const char *word;

	say(c, ": %s", name);
	p = take(c, 4);
	if (!p)
		return;
	word = find_word(types, p[0]);
	if (word)
		say(c, " %s", word);
	else
		say(c, " type %u", p[0]);
	if (p[1])
		say(c, " code %u", p[1]);
}

static void say_icmpv4(struct cursor *c)
{
	say_icmp(c, icmp_types, "ICMP");
}

static void say_icmpv6(struct cursor *c)
{
	unsigned int type = c->at < c->end ? *c->at : 0;
	const uint8_t *p;

	say_icmp(c, icmpv6_types, "ICMPv6");
	if (type != 135 && type != 136)
		return;
	p = take(c, 4 + 16);
	if (!p)
		return;
	say(c, " for ");
	say_ip(c, AF_INET6, p + 4);
	p = c->end - c->at >= 8 ? take(c, 8) : NULL;
	if (p && p[1] == 1 && (p[0] == 1 || p[0] == 2)) {
		say(c, ", link address ");
		say_mac(c, p + 2);
	}
}

static void say_tcp(struct cursor *c)
{
	static const char letters[] = "FSRP.UEW";
	const uint8_t *p;
	char flags[sizeof(letters)];
	size_t n = 0;

	say(c, ": TCP");
	p = take(c, 10); /* from the sequence number on */
	if (!p)
		return;
	for (int i = 0; i < 8; i++)
		if (p[9] >> i & 1)
			flags[n++] = letters[i];
	flags[n] = '\0';
	say(c, " [%s]", n ? flags : "none");
}

/* two addresses, with ports where the protocol has them and they are here */
static void say_ends(struct cursor *c, int family, const uint8_t *src, const uint8_t *dst,
		     unsigned int proto, bool first)
{
	bool ports = first && c->end - c->at >= 4 &&
		     (proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP);

	say(c, " ");
	say_ip(c, family, src);
	if (ports)
		say(c, ".%u", get16(c->at));
	say(c, " > ");
	say_ip(c, family, dst);
	if (ports)
		say(c, ".%u", get16(c->at + 2));
	if (ports)
		c->at += 4;
}

static void say_transport(struct cursor *c, unsigned int proto)
{
	const char *word = find_word(ip_protos, proto);

	switch (proto) {
	case IPPROTO_TCP:
		say_tcp(c);
		break;
	case IPPROTO_UDP:
		say(c, ": UDP");
		break;
	case IPPROTO_SCTP:
		say(c, ": SCTP");
		break;
	case IPPROTO_ICMP:
		say_icmpv4(c);
		break;
	case IPPROTO_ICMPV6:
		say_icmpv6(c);
		break;
	case IPPROTO_NONE:
		say(c, ": nothing in it");
		break;
	default:
		if (word)
			say(c, ": %s", word);
		else
			say(c, ": protocol %u", proto);
	}
}

static void say_ipv4(struct cursor *c)
{
	const uint8_t *p;
	unsigned int options, offset;

	say(c, "IPv4");
	p = take(c, 20);
	if (!p)
		return;
	if (p[0] >> 4 != 4 || (p[0] & 15) < 5) {
		say(c, " with a bad header");
		return;
	}
	options = ((p[0] & 15u) - 5) * 4;
	if (options && !take(c, options))
		return;
	offset = (get16(p + 6) & 0x1fff) * 8;
	say_ends(c, AF_INET, p + 12, p + 16, p[9], !offset);
	if (offset)
		say(c, ": protocol %u", p[9]);
	else
		say_transport(c, p[9]);
	if (offset || get16(p + 6) & 0x2000)
		say(c, ", fragment at %u%s", offset, get16(p + 6) & 0x2000 ? "+" : "");
}

/* follows the chain to what it carries; false if that is not here */
static bool skip_extensions(struct cursor *c, unsigned int *proto, bool *later)
{
	for (int i = 0; i < EXTENSIONS_MAX; i++) {
		const uint8_t *p;

		if (*proto != IPPROTO_HOPOPTS && *proto != IPPROTO_ROUTING &&
		    *proto != IPPROTO_DSTOPTS && *proto != IPPROTO_FRAGMENT)
			return true;
		p = c->end - c->at >= 8 ? c->at : NULL;
		if (!p)
			return false;
		if (*proto == IPPROTO_FRAGMENT && get16(p + 2) & 0xfff8)
			*later = true;
		if (*proto == IPPROTO_FRAGMENT)
			c->at += 8;
		else if (c->end - c->at >= 8 * (p[1] + 1))
			c->at += 8 * (p[1] + 1);
		else
			return false;
		*proto = p[0];
		if (*later)
			return true;
	}
	return false;
}

static void say_ipv6(struct cursor *c)
{
	const uint8_t *p;
	bool later = false, whole;
	unsigned int proto;

	say(c, "IPv6");
	p = take(c, 40);
	if (!p)
		return;
	if (p[0] >> 4 != 6) {
		say(c, " with a bad header");
		return;
	}
	proto = p[6];
	whole = skip_extensions(c, &proto, &later);
	say_ends(c, AF_INET6, p + 8, p + 24, proto, whole && !later);
	if (!whole)
		say(c, ": headers [cut]");
	else if (later)
		say(c, ": protocol %u, later fragment", proto);
	else
		say_transport(c, proto);
}

/* ---- what the frame carries */

static void say_arp(struct cursor *c)
{
	unsigned int op;
	const uint8_t *p;

	say(c, "ARP");
	p = take(c, 28);
	if (!p)
		return;
	op = get16(p + 6);
	if (get16(p) != 1 || get16(p + 2) != ETHERTYPE_IP || p[4] != 6 || p[5] != 4) {
		say(c, " hardware %u protocol 0x%04x", get16(p), get16(p + 2));
	} else if (op == 1) {
		say(c, " who-has ");
		say_ip(c, AF_INET, p + 24);
		say(c, " tell ");
		say_ip(c, AF_INET, p + 14);
	} else if (op == 2) {
		say(c, " ");
		say_ip(c, AF_INET, p + 14);
		say(c, " is-at ");
		say_mac(c, p + 8);
	} else {
		say(c, " operation %u", op);
	}
}

static void say_llc(struct cursor *c, unsigned int len)
{
	const uint8_t *p;

	say(c, "802.3 length %u", len);
	p = c->end - c->at >= 2 ? take(c, 2) : NULL;
	if (p && p[0] == 0x42 && p[1] == 0x42)
		say(c, ", STP");
	else if (p)
		say(c, ", DSAP 0x%02x SSAP 0x%02x", p[0], p[1]);
}

static void say_type(struct cursor *c, unsigned int type)
{
	static const struct word types[] = {
		{EVB_TYPE_PAUSE, "MAC control"},
		{EVB_TYPE_SLOW, "slow protocols (LACP)"},
		{EVB_TYPE_LLDP, "LLDP"},
		{EVB_TYPE_ECP, "ECP"},
		{0x888e, "EAPOL"},
		{0x8863, "PPPoE discovery"},
		{0x8864, "PPPoE session"},
		{0x8847, "MPLS"},
		{0, NULL},
	};
	const char *word = find_word(types, type);

	if (type == ETHERTYPE_ARP)
		say_arp(c);
	else if (type == ETHERTYPE_IP)
		say_ipv4(c);
	else if (type == ETHERTYPE_IPV6)
		say_ipv6(c);
	else if (type <= EVB_LLC_MAX)
		say_llc(c, type);
	else if (word)
		say(c, "%s", word);
	else
		say(c, "type 0x%04x", type);
}

/* ---- tags */

static void say_tag(struct cursor *c, const char *name, unsigned int tci)
{
	say(c, "%s %u", name, tci & EVB_TCI_VID);
	if (tci >> EVB_TCI_PCP_SHIFT)
		say(c, " p %u", tci >> EVB_TCI_PCP_SHIFT);
	if (tci & 0x1000)
		say(c, " dei");
	say(c, ", ");
}

static void say_vlan(struct cursor *c, unsigned int tpid, unsigned int tci)
{
	bool channel = c->channel && tpid == EVB_TPID_S;

	c->channel = false; /* only the outermost is */
	say_tag(c, channel ? "svid" : tpid == EVB_TPID_S ? "802.1ad vlan" : "vlan", tci);
}

/* "e-tag ecid 0x005 grp 1 ingress 0x012 p 6": what is 0 is not said */
static void say_etag(struct cursor *c, const uint8_t *p)
{
	unsigned int first = get16(p), id = evb_etag_id((__u16)get16(p + 2), p[5]);
	unsigned int ingress = evb_etag_ingress((__u16)first, p[4]);

	say(c, "e-tag ecid 0x%03x", id & EVB_ETAG_ID_MAX);
	if (id >> EVB_ETAG_GRP_SHIFT)
		say(c, " grp %u", id >> EVB_ETAG_GRP_SHIFT);
	if (ingress)
		say(c, " ingress 0x%03x", ingress);
	if (first >> EVB_TCI_PCP_SHIFT)
		say(c, " p %u", first >> EVB_TCI_PCP_SHIFT);
	if (first & 0x1000)
		say(c, " dei");
	say(c, ", ");
}

/*
 * "vn-tag up vif 0x012", of its source; "vn-tag down list 0x1001 looped 0x012", of its target, and of a
 * source behind the same link. What else is there says a frame that nobody should send.
 */
static void say_vntag(struct cursor *c, const uint8_t *p)
{
	uint32_t tag = (uint32_t)get16(p) << 16 | get16(p + 2);
	const char *kind = tag >> 16 & EVB_VNTAG_LIST ? "list" : "vif";
	unsigned int to = tag >> 16 & EVB_VNTAG_ID_MAX, from = tag & EVB_VNTAG_VIF_MAX;

	if (tag & EVB_VNTAG_DOWN)
		say(c, "vn-tag down %s 0x%03x", kind, to);
	else
		say(c, "vn-tag up vif 0x%03x", from);
	if (!(tag & EVB_VNTAG_DOWN) && tag >> 16)
		say(c, " to %s 0x%03x", kind, to);
	if (tag & EVB_VNTAG_LOOPED)
		say(c, " looped");
	if (tag & EVB_VNTAG_DOWN && (from || tag & EVB_VNTAG_LOOPED))
		say(c, "%s 0x%03x", tag & EVB_VNTAG_LOOPED ? "" : " from", from);
	if (tag & EVB_VNTAG_VERSION)
		say(c, " version %u", tag >> 12 & 3);
	say(c, ", ");
}

/* bytes of a tag behind its type; 0: it is none */
static size_t tag_len(unsigned int type)
{
	if (evb_is_vlan_tpid((__u16)type))
		return 2;
	return type == EVB_TYPE_ETAG ? 6 : type == EVB_TYPE_VNTAG ? 4 : 0;
}

/* all tags, and what is behind them */
static void say_payload(struct cursor *c)
{
	for (int i = 0; i < TAGS_MAX; i++) {
		const uint8_t *p = take(c, 2);
		unsigned int type;

		if (!p)
			return;
		type = get16(p);
		if (!tag_len(type)) {
			say_type(c, type);
			return;
		}
		p = take(c, tag_len(type));
		if (!p)
			return;
		if (type == EVB_TYPE_ETAG)
			say_etag(c, p);
		else if (type == EVB_TYPE_VNTAG)
			say_vntag(c, p);
		else
			say_vlan(c, type, get16(p));
	}
	say(c, "more tags");
}

const char *decode_frame(const struct decode_frame *frame, char *buf, size_t len)
{
	struct cursor c = {.at = frame->data,
			   .end = frame->data + frame->bytes,
			   .start = buf,
			   .out = buf,
			   .room = len,
			   .channel = frame->channel};
	const uint8_t *p;

	if (len)
		buf[0] = '\0';
	if (frame->bytes < EVB_ETH_HLEN) {
		say(&c, "%u bytes, less than an Ethernet header", frame->bytes);
		return buf;
	}
	p = take(&c, 12);
	say_mac(&c, p + 6);
	say(&c, " > ");
	say_mac(&c, p);
	say(&c, ", ");
	if (frame->tpid)
		say_vlan(&c, frame->tpid, frame->tci);
	say_payload(&c);
	return buf;
}

/* the tag at place @n from outside; false: there is none, or it is cut */
static bool tag_at(const struct decode_frame *frame, unsigned int n, unsigned int *tpid,
		   unsigned int *tci)
{
	unsigned int in = frame->tpid ? n - 1 : n; /* place in the bytes */
	uint32_t off = 12;

	if (frame->tpid && !n) {
		*tpid = frame->tpid;
		*tci = frame->tci;
		return true;
	}
	for (unsigned int i = 0; i <= in; i++, off += EVB_TAG_LEN)
		if (frame->bytes < off + EVB_TAG_LEN ||
		    !evb_is_vlan_tpid((__u16)get16(frame->data + off)))
			return false;
	*tpid = get16(frame->data + off - 4);
	*tci = get16(frame->data + off - 2);
	return true;
}

unsigned int decode_svid(const struct decode_frame *frame)
{
	unsigned int tpid, tci;

	if (!frame->channel || !tag_at(frame, 0, &tpid, &tci) || tpid != EVB_TPID_S)
		return 0;
	return tci & EVB_TCI_VID;
}

unsigned int decode_vlan(const struct decode_frame *frame)
{
	unsigned int tpid, tci, place = 0;

	if (frame->channel && tag_at(frame, 0, &tpid, &tci) && tpid == EVB_TPID_S)
		place = 1;
	return tag_at(frame, place, &tpid, &tci) ? tci & EVB_TCI_VID : 0;
}
