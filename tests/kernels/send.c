/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * send.c - a guest's sender of frames: run.py.
 *
 *	send DEVICE DESTINATION SOURCE FRAMES
 *
 * Sends frames of 60 bytes of an experimental type, each once the one before is under way.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/ether.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <linux/if_packet.h>

#define FRAME_LEN 60
#define TYPE 0x88b5

static int fail(const char *what)
{
	fprintf(stderr, "send: %s: %s\n", what, strerror(errno));
	return 1;
}

int main(int argc, char **argv)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET};
	unsigned char bytes[FRAME_LEN] = {};
	struct ether_header *eth = (void *)bytes;
	int fd;

	if (argc != 5 || !ether_aton_r(argv[2], (struct ether_addr *)eth->ether_dhost) ||
	    !ether_aton_r(argv[3], (struct ether_addr *)eth->ether_shost)) {
		fputs("Usage: send DEVICE DESTINATION SOURCE FRAMES\n", stderr);
		return 2;
	}
	eth->ether_type = htons(TYPE);
	to.sll_ifindex = if_nametoindex(argv[1]);
	if (!to.sll_ifindex)
		return fail(argv[1]);
	fd = socket(AF_PACKET, SOCK_RAW, 0);
	if (fd < 0)
		return fail("socket");
	for (int left = atoi(argv[4]); left > 0; left--)
		if (sendto(fd, bytes, sizeof(bytes), 0, (void *)&to, sizeof(to)) != FRAME_LEN)
			return fail("sendto");
	return 0;
}
