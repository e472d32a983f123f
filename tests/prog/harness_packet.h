/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * harness_packet.h - ARP, IPv4 and IPv6 packets from words, as payload of lab_frame().
 *
 *	ip4=10.0.0.5>10.0.0.9	IPv4 from > to
 *	arp4=10.0.0.5>10.0.0.9	ARP request, sender's and target's IPv4 address; the sender's MAC
 *				address is the frame's source, or sha=vf1; op=2: reply
 *	ip6=fd00::5>fd00::9	IPv6
 *	tos=b8			type of service or traffic class (hex)
 *	opt=2			IPv4 options, 2 words of 4 bytes
 *	frag=0+ frag=185	fragment offset in units of 8 bytes; +: more fragments. In IPv6 the header
 *	hop rth ah dop		IPv6 extension header at this place: hop-by-hop, routing,
 *				authentication (16 bytes), destination options
 *	tcp=1>2 udp= sctp=	ports
 *	proto=47		another protocol, nothing in it
 *	icmp=8			ICMP or ICMPv6 of that type, 8 bytes
 *	ns=fd00::9 na=fd00::9	neighbour solicitation, advertisement, with its target
 *	slla=vf0 tlla=vf0 nonce	ND options, in this order
 *	iplen=N			the length that the IPv6 header gives to what is behind it
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define LAB_PACKET_MAX 512

enum lab_packet_kind {
	LAB_PACKET_NONE = 0,
	LAB_PACKET_IPV4,
	LAB_PACKET_ARP,
	LAB_PACKET_IPV6,
};

/* extension headers and what is in the packet */
struct lab_part {
	uint8_t proto;
	size_t len;
	uint8_t data[128];
};

struct lab_packet {
	enum lab_packet_kind kind;
	uint8_t src[16], dst[16];
	uint8_t tos, op;
	bool has_sha, has_iplen;
	uint8_t sha[6];
	unsigned int options; /* words */
	uint16_t frag, iplen;
	unsigned int n_heads;
	struct lab_part heads[16], body;
};

bool lab_packet_word(struct lab_packet *p, const char *word);
/* its EtherType */
uint16_t lab_packet_type(const struct lab_packet *p);
/* length of its bytes; source: of the frame */
size_t lab_packet_put(struct lab_packet *p, const uint8_t source[6], uint8_t out[LAB_PACKET_MAX]);
