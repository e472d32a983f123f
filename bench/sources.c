// SPDX-License-Identifier: GPL-2.0-only
/*
 * sources.c - a flood of source addresses, as against a bridge's table.
 *
 *	sources CPU DEV DST FIRST N
 *
 * Sends N frames of 60 bytes to DST out of DEV by an AF_PACKET socket, EtherType 0x88b5. FIRST is
 * the source address of the first frame; the following have FIRST + 1, FIRST + 2 ..., or, if FIRST
 * is "random", any locally administered address. Prints the nanoseconds that a frame took.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include <linux/if_packet.h>
#include <linux/types.h>
#include <net/if.h>

#define BATCH 64
#define LEN 60

static __u8 frame[BATCH][LEN];

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void mac_read(const char *text, __u8 mac[6])
{
	if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3],
		   &mac[4], &mac[5]) != 6) {
		errno = EINVAL;
		die(text);
	}
}

static int sock_open(const char *dev)
{
	struct sockaddr_ll addr = {.sll_family = AF_PACKET, .sll_ifindex = if_nametoindex(dev)};
	int fd = socket(AF_PACKET, SOCK_RAW, 0), big = 8 << 20;

	if (!addr.sll_ifindex || fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)) ||
	    setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big)))
		die(dev);
	return fd;
}

/* xorshift: a fixed seed, so that every run sends the same */
static __u64 next_random(void)
{
	static __u64 x = 0x9e3779b97f4a7c15ULL;

	x ^= x << 13;
	x ^= x >> 7;
	x ^= x << 17;
	return x;
}

static void source_set(__u8 *mac, const __u8 *first, unsigned long at)
{
	__u64 n = next_random();
	unsigned int low;

	if (!first) {
		mac[0] = 0x02;
		memcpy(mac + 1, &n, 5);
		return;
	}
	low = (first[4] << 8 | first[5]) + at;
	memcpy(mac, first, 4);
	mac[4] = low >> 8;
	mac[5] = low;
}

static void send_all(int fd, const __u8 *first, unsigned long n)
{
	struct mmsghdr msg[BATCH] = {};
	struct iovec iov[BATCH];
	unsigned long at = 0;

	for (int i = 0; i < BATCH; i++) {
		iov[i] = (struct iovec){frame[i], LEN};
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
	}
	while (at < n) {
		int some = n - at < BATCH ? n - at : BATCH, sent = 0;

		for (int i = 0; i < some; i++)
			source_set(frame[i] + 6, first, at + i);
		while (sent < some) {
			int now = sendmmsg(fd, msg + sent, some - sent, 0);

			if (now < 0)
				die("sendmmsg");
			sent += now;
		}
		at += some;
	}
}

static double seconds(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec + ts.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
	cpu_set_t set;
	__u8 first[6];
	unsigned long n;
	bool any;
	double start;
	int fd;

	if (argc != 6) {
		fprintf(stderr, "usage: sources CPU DEV DST FIRST|random N\n");
		return 2;
	}
	CPU_ZERO(&set);
	CPU_SET(atoi(argv[1]), &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity");
	fd = sock_open(argv[2]);
	for (int i = 0; i < BATCH; i++) {
		mac_read(argv[3], frame[i]);
		memcpy(frame[i] + 12, (__u8[]){0x88, 0xb5}, 2);
	}
	any = !strcmp(argv[4], "random");
	if (!any)
		mac_read(argv[4], first);
	n = strtoul(argv[5], NULL, 10);
	start = seconds();
	send_all(fd, any ? NULL : first, n);
	printf("%.1f\n", (seconds() - start) * 1e9 / n);
	return 0;
}
