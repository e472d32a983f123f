/* SPDX-License-Identifier: GPL-2.0-only */
/* harness_packet.c - packets from words. Checksums stay 0: the switch does not look at them. */
#include "harness_packet.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"

static void bad_packet(const char *word)
{
	fprintf(stderr, "test table: what is '%s' in a packet?\n", word);
	abort();
}

static void store16(uint8_t *at, unsigned int value)
{
	at[0] = value >> 8;
	at[1] = value;
}

/* ---- words */

static void packet_addresses(struct lab_packet *p, const char *text)
{
	int family = p->kind == LAB_PACKET_IPV6 ? AF_INET6 : AF_INET;
	char copy[100], *to = copy, *from;

	snprintf(copy, sizeof(copy), "%s", text);
	from = strsep(&to, ">");
	if (!to || inet_pton(family, from, p->src) != 1 || inet_pton(family, to, p->dst) != 1)
		bad_packet(text);
}

static bool packet_begin(struct lab_packet *p, const char *word)
{
	static const char *const kinds[] = {"", "ip4=", "arp4=", "ip6="};

	for (size_t i = 1; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (!strncmp(word, kinds[i], strlen(kinds[i]))) {
			p->kind = i;
			p->op = 1;
			p->body.proto = 59; /* nothing in it */
			packet_addresses(p, word + strlen(kinds[i]));
			return true;
		}
	return false;
}

static void packet_head(struct lab_packet *p, uint8_t proto, size_t len)
{
	struct lab_part *head = &p->heads[p->n_heads++];

	if (p->n_heads > sizeof(p->heads) / sizeof(p->heads[0]))
		bad_packet("one extension header too many");
	head->proto = proto;
	head->len = len;
	if (proto == 51)
		head->data[1] = len / 4 - 2;
}

static void packet_fragment(struct lab_packet *p, const char *text)
{
	unsigned int offset = strtoul(text, NULL, 10);
	bool more = strchr(text, '+');

	if (p->kind == LAB_PACKET_IPV4) {
		p->frag = offset | (more ? 0x2000 : 0);
		return;
	}
	packet_head(p, 44, 8);
	store16(p->heads[p->n_heads - 1].data + 2, offset << 3 | more);
}

static bool packet_ports(struct lab_packet *p, const char *word)
{
	static const struct {
		const char *name;
		uint8_t proto;
		size_t len;
	} kinds[] = {{"tcp=", 6, 20}, {"udp=", 17, 8}, {"sctp=", 132, 12}};
	unsigned int from, to;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (strncmp(word, kinds[i].name, strlen(kinds[i].name)))
			continue;
		if (sscanf(strchr(word, '=') + 1, "%u>%u", &from, &to) != 2)
			bad_packet(word);
		p->body.proto = kinds[i].proto;
		p->body.len = kinds[i].len;
		store16(p->body.data, from);
		store16(p->body.data + 2, to);
		return true;
	}
	return false;
}

static void packet_icmp(struct lab_packet *p, unsigned int type, const char *target)
{
	p->body.proto = p->kind == LAB_PACKET_IPV6 ? 58 : 1;
	p->body.data[0] = type;
	p->body.len = 8;
	if (!target)
		return;
	if (inet_pton(AF_INET6, target, p->body.data + 8) != 1)
		bad_packet(target);
	p->body.len = 24;
}

static void packet_option(struct lab_packet *p, uint8_t type, const char *mac)
{
	uint8_t *at = p->body.data + p->body.len;

	at[0] = type;
	at[1] = 1; /* unit of 8 bytes */
	if (mac && !lab_mac(mac, at + 2))
		bad_packet(mac);
	p->body.len += 8;
}

static bool packet_nd(struct lab_packet *p, const char *word)
{
	if (!strncmp(word, "icmp=", 5))
		packet_icmp(p, strtoul(word + 5, NULL, 10), NULL);
	else if (!strncmp(word, "ns=", 3))
		packet_icmp(p, 135, word + 3);
	else if (!strncmp(word, "na=", 3))
		packet_icmp(p, 136, word + 3);
	else if (!strncmp(word, "slla=", 5))
		packet_option(p, 1, word + 5);
	else if (!strncmp(word, "tlla=", 5))
		packet_option(p, 2, word + 5);
	else if (!strcmp(word, "nonce"))
		packet_option(p, 14, NULL);
	else
		return false;
	return true;
}

static bool packet_extension(struct lab_packet *p, const char *word)
{
	if (!strcmp(word, "hop"))
		packet_head(p, 0, 8);
	else if (!strcmp(word, "rth"))
		packet_head(p, 43, 8);
	else if (!strcmp(word, "ah"))
		packet_head(p, 51, 16);
	else if (!strcmp(word, "dop"))
		packet_head(p, 60, 8);
	else if (!strncmp(word, "frag=", 5))
		packet_fragment(p, word + 5);
	else
		return false;
	return true;
}

static bool packet_field(struct lab_packet *p, const char *word)
{
	if (!strncmp(word, "tos=", 4)) {
		p->tos = strtoul(word + 4, NULL, 16);
	} else if (!strncmp(word, "opt=", 4)) {
		p->options = strtoul(word + 4, NULL, 10);
	} else if (!strncmp(word, "op=", 3)) {
		p->op = strtoul(word + 3, NULL, 10);
	} else if (!strncmp(word, "proto=", 6)) {
		p->body.proto = strtoul(word + 6, NULL, 10);
	} else if (!strncmp(word, "iplen=", 6)) {
		p->iplen = strtoul(word + 6, NULL, 10);
		p->has_iplen = true;
	} else if (!strncmp(word, "sha=", 4)) {
		p->has_sha = lab_mac(word + 4, p->sha);
		if (!p->has_sha)
			bad_packet(word);
	} else {
		return false;
	}
	return true;
}

bool lab_packet_word(struct lab_packet *p, const char *word)
{
	if (packet_begin(p, word))
		return true;
	if (!p->kind)
		return false;
	return packet_ports(p, word) || packet_nd(p, word) || packet_extension(p, word) ||
	       packet_field(p, word);
}

uint16_t lab_packet_type(const struct lab_packet *p)
{
	static const uint16_t types[] = {0, 0x0800, 0x0806, 0x86dd};

	return types[p->kind];
}

/* ---- bytes */

static size_t put_arp(const struct lab_packet *p, const uint8_t source[6], uint8_t *out)
{
	static const uint8_t begin[] = {0, 1, 8, 0, 6, 4, 0};

	memcpy(out, begin, sizeof(begin));
	out[7] = p->op;
	memcpy(out + 8, p->has_sha ? p->sha : source, 6);
	memcpy(out + 14, p->src, 4);
	memset(out + 18, 0, 6);
	memcpy(out + 24, p->dst, 4);
	return 28;
}

static size_t put_ipv4(const struct lab_packet *p, uint8_t *out)
{
	size_t len = 20 + p->options * 4;

	memset(out, 0, 20);
	memset(out + 20, 1 /* no operation */, p->options * 4);
	out[0] = 0x40 | len / 4;
	out[1] = p->tos;
	store16(out + 2, len + p->body.len);
	store16(out + 6, p->frag);
	out[8] = 64;
	out[9] = p->body.proto;
	memcpy(out + 12, p->src, 4);
	memcpy(out + 16, p->dst, 4);
	memcpy(out + len, p->body.data, p->body.len);
	return len + p->body.len;
}

static size_t put_ipv6(const struct lab_packet *p, uint8_t *out)
{
	uint8_t *next = out + 6;
	size_t len = 40;

	memset(out, 0, len);
	out[0] = 0x60 | p->tos >> 4;
	out[1] = p->tos << 4;
	out[7] = 64;
	memcpy(out + 8, p->src, 16);
	memcpy(out + 24, p->dst, 16);
	for (unsigned int i = 0; i < p->n_heads; i++) {
		const struct lab_part *head = &p->heads[i];

		*next = head->proto;
		memcpy(out + len, head->data, head->len);
		next = out + len;
		len += head->len;
	}
	*next = p->body.proto;
	memcpy(out + len, p->body.data, p->body.len);
	len += p->body.len;
	store16(out + 4, p->has_iplen ? p->iplen : len - 40);
	return len;
}

size_t lab_packet_put(struct lab_packet *p, const uint8_t source[6], uint8_t out[LAB_PACKET_MAX])
{
	if (p->kind == LAB_PACKET_ARP)
		return put_arp(p, source, out);
	return p->kind == LAB_PACKET_IPV4 ? put_ipv4(p, out) : put_ipv6(p, out);
}
