/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * decode.h - the beginning of a frame as a line of text, as tcpdump would say it. Pure: any bytes
 * give a line of printable ASCII.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DECODE_LEN 512 /* holds any line */

struct decode_frame {
	const uint8_t *data;
	uint32_t bytes;	    /* of it in data */
	uint16_t tpid, tci; /* outermost tag, if it is not in data; tpid 0: there is none */
	bool channel;	    /* an S-TAG in front is that of an S-channel */
};

/*
 * "SOURCE > DESTINATION, vlan 100 p 3, ARP who-has 10.0.0.1 tell 10.0.0.5"; returns buf. What was
 * cut off is said as "[cut]". A channel's tag is "svid 200".
 */
const char *decode_frame(const struct decode_frame *frame, char *buf, size_t len);

/* VID of the outermost tag that is not a channel's, 0 for a frame without, or with a priority tag */
unsigned int decode_vlan(const struct decode_frame *frame);

/* SVID of a frame on an interface with channels; 0: it has none */
unsigned int decode_svid(const struct decode_frame *frame);
