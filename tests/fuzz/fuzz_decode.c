/* SPDX-License-Identifier: GPL-2.0-only */
/* fuzz_decode.c - libFuzzer target: any bytes are a line of printable ASCII. */
#include "decode.h"
#include "fuzz.h"

/* the first four bytes are the tag beside the frame, the fifth is the room for the line */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct decode_frame frame = {};
	char buf[DECODE_LEN];
	size_t room;

	if (size < 5)
		return 0;
	frame.tpid = (uint16_t)(data[0] << 8 | data[1]);
	frame.tci = (uint16_t)(data[2] << 8 | data[3]);
	room = data[4] ? (size_t)data[4] * 2 : 1;
	frame.data = data + 5;
	frame.bytes = (uint32_t)(size - 5);
	frame.channel = frame.tci & 1;
	decode_frame(&frame, buf, room);
	HOLDS(strnlen(buf, room) < room);
	HOLDS(fuzz_is_printable(buf));
	decode_vlan(&frame);
	decode_svid(&frame);
	return 0;
}
