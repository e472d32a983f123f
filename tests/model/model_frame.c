/* SPDX-License-Identifier: GPL-2.0-only */
/* model_frame.c - what the model reads and writes of a frame's bytes. */
#include <string.h>

#include "evb_wire.h"
#include "model_parts.h"

#define TYPE_LEN 2

uint16_t get16(const uint8_t *bytes)
{
	return bytes[0] << 8 | bytes[1];
}

bool is_vlan_tag(uint16_t type)
{
	return type == EVB_TPID_C || type == EVB_TPID_S;
}

bool is_group_mac(const uint8_t *mac)
{
	return mac[0] & 1;
}

bool is_reserved(const uint8_t *mac)
{
	static const uint8_t first[5] = {0x01, 0x80, 0xc2};

	return !memcmp(mac, first, sizeof(first)) && mac[5] <= 0x0f;
}

const uint8_t *behind_tags(const uint8_t *rest, size_t *len)
{
	while (*len >= TYPE_LEN && is_vlan_tag(get16(rest))) {
		if (*len < EVB_TAG_LEN + TYPE_LEN)
			return NULL;
		rest += EVB_TAG_LEN;
		*len -= EVB_TAG_LEN;
	}
	return *len >= TYPE_LEN ? rest : NULL;
}

bool has_type(const uint8_t *rest, size_t len, uint16_t type)
{
	rest = behind_tags(rest, &len);
	return rest && get16(rest) == type;
}

bool is_llc(const uint8_t *rest, size_t len)
{
	rest = behind_tags(rest, &len);
	return rest && get16(rest) <= EVB_LLC_MAX;
}

/* @off: of the type field behind a channel's tag */
bool frame_is_bad(const struct model_frame *frame, size_t off)
{
	static const uint8_t zero[6];
	const uint8_t *source = frame->data + 6, *rest = frame->data + off;
	size_t len;

	if (is_group_mac(source) || !memcmp(source, zero, sizeof(zero)))
		return true;
	if (frame->len < off + TYPE_LEN)
		return true;
	len = frame->len - off;
	rest = behind_tags(rest, &len);
	if (!rest)
		return true;
	return get16(rest) <= EVB_LLC_MAX && len - TYPE_LEN < get16(rest);
}

bool is_control(const struct model_frame *frame, const uint8_t *rest, size_t len)
{
	uint16_t type;

	if (is_reserved(frame->data))
		return true;
	rest = behind_tags(rest, &len);
	type = rest ? get16(rest) : 0;
	return type == EVB_TYPE_PAUSE || type == EVB_TYPE_SLOW || type == EVB_TYPE_LLDP ||
	       type == EVB_TYPE_ECP;
}

size_t put_tag(uint8_t *out, uint16_t tpid, uint16_t tci)
{
	out[0] = tpid >> 8;
	out[1] = tpid;
	out[2] = tci >> 8;
	out[3] = tci;
	return EVB_TAG_LEN;
}
