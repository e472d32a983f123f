/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * blast.c - a sender of UDP: test_rates.py.
 *
 *	blast CPU ADDRESS PAYLOAD FRAMES_PER_SECOND SECONDS
 *
 * Sends to port 7777 in bursts of at most 32, paced by the clock; what it is late it makes up for.
 * Prints how many frames it has sent.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define BURST 32
#define PAYLOAD_MAX 1472

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int connect_to(const char *address)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(7777)};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (inet_pton(AF_INET, address, &to.sin_addr) != 1 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)))
		return -1;
	return fd;
}

/* frames that were sent of n; a full queue or a lost link is no error here */
static unsigned int send_some(int fd, unsigned int n, size_t payload)
{
	static char data[PAYLOAD_MAX];
	struct iovec iov = {.iov_base = data, .iov_len = payload};
	struct mmsghdr msgs[BURST] = {};
	int sent;

	for (unsigned int i = 0; i < n; i++) {
		msgs[i].msg_hdr.msg_iov = &iov;
		msgs[i].msg_hdr.msg_iovlen = 1;
	}
	sent = sendmmsg(fd, msgs, n, 0);
	return sent > 0 ? (unsigned int)sent : 0;
}

static unsigned long send_for(int fd, size_t payload, double rate, double seconds)
{
	double start = now(), t;
	unsigned long sent = 0;

	while ((t = now() - start) < seconds) {
		unsigned long due = (unsigned long)(t * rate);

		if (due > sent)
			sent += send_some(fd, due - sent < BURST ? (unsigned int)(due - sent) : BURST,
					  payload);
		else
			usleep(50);
	}
	return sent;
}

int main(int argc, char **argv)
{
	cpu_set_t cpus;
	size_t payload;
	int fd;

	if (argc != 6)
		return 2;
	CPU_ZERO(&cpus);
	CPU_SET(atoi(argv[1]), &cpus);
	if (sched_setaffinity(0, sizeof(cpus), &cpus))
		perror("blast: cpu");
	fd = connect_to(argv[2]);
	payload = (size_t)atoi(argv[3]);
	if (fd < 0 || payload > PAYLOAD_MAX) {
		perror("blast");
		return 1;
	}
	printf("%lu\n", send_for(fd, payload, atof(argv[4]), atof(argv[5])));
	return 0;
}
