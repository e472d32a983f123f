/* SPDX-License-Identifier: GPL-2.0-only */
/* harness_frame.c - frames from words. A word that is not known is a mistake in a table: abort. */
#include "harness.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evb_wire.h"
#include "harness_packet.h"

#define PAYLOAD_DEFAULT 46

struct payload {
	unsigned int type;
	size_t len;
	size_t cut; /* 0: whole */
	bool llc;   /* type is the payload's length */
	bool has_len;
	struct lab_packet packet;
};

static void bad_word(const char *word, const char *text)
{
	fprintf(stderr, "test table: what is '%s' in '%s'?\n", word, text);
	abort();
}

static void put(struct lab_bytes *out, const void *data, size_t len)
{
	if (out->len + len > sizeof(out->data))
		bad_word("longer than the harness takes", "frame");
	memcpy(out->data + out->len, data, len);
	out->len += len;
}

static void put16(struct lab_bytes *out, unsigned int value)
{
	uint8_t bytes[2] = {value >> 8, value & 0xff};

	put(out, bytes, sizeof(bytes));
}

static bool name_mac(const char *word, uint8_t mac[6])
{
	static const struct {
		const char *name;
		uint8_t mac[6];
	} names[] = {
		{"bc", {0xff, 0xff, 0xff, 0xff, 0xff, 0xff}},
		{"mc", {0x01, 0x00, 0x5e, 0x01, 0x02, 0x03}},
		{"mc6", {0x33, 0x33, 0x00, 0x00, 0x00, 0x01}},
		{"zero", {0}},
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(word, names[i].name)) {
			memcpy(mac, names[i].mac, 6);
			return true;
		}
	return false;
}

/* "vf3", "vf3.1", "pf", "ext2": 02:00:00:KK:GG:NN, K the address's number, G the kind */
static bool number_mac(const char *word, uint8_t mac[6])
{
	static const struct {
		const char *name;
		uint8_t group;
	} kinds[] = {{"vf", 0x01}, {"pf", 0x0f}, {"ext", 0xee}, {"st", 0x05}, {"dev", 0x0d}};
	unsigned int n = 0, k = 0;

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		size_t len = strlen(kinds[i].name);

		if (strncmp(word, kinds[i].name, len))
			continue;
		if (word[len] == '.')
			sscanf(word + len, ".%u", &k);
		else
			sscanf(word + len, "%u.%u", &n, &k);
		memcpy(mac, (uint8_t[6]){0x02, 0, 0, k, kinds[i].group, n}, 6);
		return true;
	}
	return false;
}

bool lab_mac(const char *word, uint8_t mac[6])
{
	return name_mac(word, mac) || number_mac(word, mac) ||
	       sscanf(word, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3],
		      &mac[4], &mac[5]) == 6;
}

static void put_mac(struct lab_bytes *out, const char *word, const char *text)
{
	uint8_t mac[6];

	if (!lab_mac(word, mac))
		bad_word(word, text);
	put(out, mac, sizeof(mac));
}

/* "c10.5d", "s200" */
static bool put_tag(struct lab_bytes *out, const char *word)
{
	unsigned int vid, pcp = 0;
	char dei = 0;

	if ((word[0] != 'c' && word[0] != 's') || sscanf(word + 1, "%u.%u%c", &vid, &pcp, &dei) < 1)
		return false;
	put16(out, word[0] == 'c' ? 0x8100 : 0x88a8);
	put16(out, pcp << 13 | (dei == 'd') << 12 | vid);
	return true;
}

/* E-TAG: "e1:5-12.6d", all but the PCP hexadecimal */
static bool put_etag(struct lab_bytes *out, const char *word)
{
	unsigned int grp = 0, id, ingress = 0, pcp = 0;
	const char *at = strchr(word, ':');
	char dei = 0;

	if (word[0] != 'e' || (at && sscanf(word + 1, "%x:", &grp) != 1) ||
	    sscanf(at ? at + 1 : word + 1, "%x", &id) != 1)
		return false;
	at = strchr(word, '-');
	if (at)
		sscanf(at, "-%x", &ingress);
	at = strchr(word, '.');
	if (at)
		sscanf(at, ".%u%c", &pcp, &dei);
	put16(out, EVB_TYPE_ETAG);
	put16(out, pcp << 13 | (dei == 'd') << 12 | (ingress & 0xfff));
	put16(out, grp << 12 | (id & 0xfff));
	put16(out, ingress >> 12 << 8 | id >> 12);
	return true;
}

/* VN-Tag: "vu12", "vd34", "vl1001-12" */
static bool put_vntag(struct lab_bytes *out, const char *word)
{
	unsigned int id, looped = 0;
	const char *at = strchr(word, '-');

	if (word[0] != 'v' || !word[1] || !strchr("udl", word[1]) ||
	    sscanf(word + 2, "%x", &id) != 1)
		return false;
	if (at)
		sscanf(at, "-%x", &looped);
	put16(out, EVB_TYPE_VNTAG);
	if (word[1] == 'u') {
		put16(out, 0);
		put16(out, id);
		return true;
	}
	put16(out, 0x8000 | (word[1] == 'l') << 14 | id);
	put16(out, (looped != 0) << 15 | looped);
	return true;
}

static void payload_length(struct payload *p, const char *number)
{
	p->len = strtoul(number, NULL, 10);
	p->has_len = true;
}

static bool payload_word(struct payload *p, const char *word)
{
	if (lab_packet_word(&p->packet, word))
		p->type = lab_packet_type(&p->packet);
	else if (!strcmp(word, "ip"))
		p->type = 0x0800;
	else if (!strcmp(word, "arp"))
		p->type = 0x0806;
	else if (!strcmp(word, "llc"))
		p->llc = true;
	else if (word[0] == 't')
		p->type = strtoul(word + 1, NULL, 16);
	else if (word[0] == 'l')
		p->type = strtoul(word + 1, NULL, 10);
	else if (word[0] == '+')
		payload_length(p, word + 1);
	else if (!strncmp(word, "cut=", 4))
		p->cut = strtoul(word + 4, NULL, 10);
	else
		return false;
	return true;
}

static void put_payload(struct lab_bytes *out, struct payload *p)
{
	/* IPv4 and UDP of 10.0.0.1 to 10.0.0.2; the length in it is that of the header and 26 bytes */
	static const uint8_t ip[] = {0x45, 0, 0,  46, 0, 1, 0,	  0,	64,   17,   0, 0,  10, 0,
				     0,	   1, 10, 0,  0, 2, 0x30, 0x39, 0x30, 0x3a, 0, 26, 0,  0};
	size_t head_len = p->type == 0x0800 && !p->llc ? sizeof(ip) : 0, len = p->len, start;
	uint8_t packet[LAB_PACKET_MAX];
	const uint8_t *head = ip;

	if (p->packet.kind) {
		head = packet;
		head_len = lab_packet_put(&p->packet, out->data + 6, packet);
		if (!p->has_len && len < head_len)
			len = head_len;
	}
	put16(out, p->llc ? len : p->type);
	start = out->len;
	for (size_t i = 0; i < len; i++)
		put(out, (uint8_t[1]){i ^ i >> 8 ^ 0xa5}, 1);
	memcpy(out->data + start, head, len < head_len ? len : head_len);
	if (p->cut && p->cut < out->len)
		out->len = p->cut;
}

static void frame_hex(const char *hex, const char *text, struct lab_bytes *out)
{
	uint8_t byte;

	for (; *hex; hex += 2) {
		if (sscanf(hex, "%2hhx", &byte) != 1)
			bad_word(hex, text);
		put(out, &byte, 1);
	}
}

static void frame_word(struct lab_bytes *out, struct payload *p, const char *word, const char *text)
{
	if (!strncmp(word, "hex=", 4))
		return frame_hex(word + 4, text, out);
	if (!strncmp(word, "e=", 2) || !strncmp(word, "v=", 2)) {
		put16(out, word[0] == 'e' ? EVB_TYPE_ETAG : EVB_TYPE_VNTAG);
		return frame_hex(word + 2, text, out);
	}
	if (!strncmp(word, "gso=", 4) || !strcmp(word, "marked"))
		return; /* lab_beside() */
	if (out->len < 12)
		return put_mac(out, word, text);
	if (!put_tag(out, word) && !put_etag(out, word) && !put_vntag(out, word) &&
	    !payload_word(p, word))
		bad_word(word, text);
}

void lab_frame(const char *text, struct lab_bytes *out)
{
	struct payload p = {.len = PAYLOAD_DEFAULT};
	const char *bar = strchr(text, '|');
	char copy[1024], *rest = copy, *word;
	bool hex;

	text = bar ? bar + 1 : text;
	hex = strstr(text, "hex=");
	memset(out, 0, sizeof(*out));
	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy))
		bad_word("too long", text);
	while ((word = strsep(&rest, " \t")))
		if (*word)
			frame_word(out, &p, word, text);
	if (hex)
		return;
	if (out->len < 12 || (!p.type && !p.llc))
		bad_word("too little", text);
	put_payload(out, &p);
}

bool lab_tag_at(const struct lab_bytes *frame, size_t off, uint16_t *tpid, uint16_t *tci)
{
	uint16_t type = frame->data[off] << 8 | frame->data[off + 1];

	if (frame->len < off + 2 + EVB_TAG_LEN || !evb_is_vlan_tpid(type))
		return false;
	*tpid = type;
	*tci = frame->data[off + 2] << 8 | frame->data[off + 3];
	return true;
}

bool lab_tag(const struct lab_bytes *frame, uint16_t *tpid, uint16_t *tci)
{
	return lab_tag_at(frame, 12, tpid, tci);
}

size_t lab_extended(const struct evb_port *port, const struct lab_bytes *frame)
{
	enum evb_channel tag = port->channel_tag ? port->channel_tag : port->channels;
	uint16_t type = frame->data[12] << 8 | frame->data[13];

	if (tag == EVB_CHANNEL_E && type == EVB_TYPE_ETAG)
		return EVB_ETAG_LEN;
	return tag == EVB_CHANNEL_VN && type == EVB_TYPE_VNTAG ? EVB_VNTAG_LEN : 0;
}

void lab_beside(const char *text, struct lab_beside *out)
{
	const char *gso = strstr(text, "gso=");

	*out = (struct lab_beside){.gso_segs = 1};
	if (gso && sscanf(gso, "gso=%ux%u", &out->gso_size, &out->gso_segs) != 2)
		bad_word(gso, text);
	if (strstr(text, "marked"))
		out->tc_index = EVB_TC_SWITCHED;
}
