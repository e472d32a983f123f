/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * flows.c - numbered frames on their way, and who got which: test_live.py.
 *
 *	flows FRAMES_PER_SECOND port NAME NETNS DEV ... flow PORT HEX ...
 *
 * Each port receives whatever comes; each flow sends its frame out of a port, with the magic word,
 * the flow's number and a sequence number put behind its EtherType, which is 88b5. Until stdin is
 * closed. Then a line for each flow and port that got some of it:
 * "flow N PORT received R repeated D", and for each flow "flow N sent S".
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PORTS_MAX 32
#define FLOWS_MAX 32
#define SEQ_MAX (1 << 22)
#define MAGIC 0x65766266
#define TYPE_TEST 0x88b5
#define FRAME_MAX 1600
#define QUIET_NS 300000000L /* nothing is on its way after that */

struct port {
	const char *name;
	int sock;
	uint64_t received[FLOWS_MAX], repeated[FLOWS_MAX];
	uint8_t *seen[FLOWS_MAX]; /* a bit for each number */
};

struct flow {
	struct port *from;
	unsigned char frame[FRAME_MAX];
	size_t len, at; /* of the magic word */
	uint32_t sent;
};

struct mark {
	uint32_t magic, flow, seq;
};

static struct port ports[PORTS_MAX];
static struct flow flows[FLOWS_MAX];
static unsigned int n_ports, n_flows;

static void die(const char *what)
{
	fprintf(stderr, "flows: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void open_port(struct port *port, const char *netns, const char *dev)
{
	struct sockaddr_ll addr = {.sll_family = AF_PACKET, .sll_protocol = htons(0x0003)};
	int home = open("/proc/self/ns/net", O_RDONLY), fd = open(netns, O_RDONLY), size = 64 << 20;
	int one = 1;

	if (fd < 0 || setns(fd, CLONE_NEWNET))
		die(netns);
	port->sock = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
	addr.sll_ifindex = (int)if_nametoindex(dev);
	if (port->sock < 0 || !addr.sll_ifindex)
		die(dev);
	if (setsockopt(port->sock, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) ||
	    setsockopt(port->sock, SOL_PACKET, 23 /* PACKET_IGNORE_OUTGOING */, &one, sizeof(one)) ||
	    bind(port->sock, (struct sockaddr *)&addr, sizeof(addr)))
		die(dev);
	if (setns(home, CLONE_NEWNET))
		die("setns");
	close(fd);
	close(home);
}

static struct port *find_port(const char *name)
{
	for (unsigned int i = 0; i < n_ports; i++)
		if (!strcmp(ports[i].name, name))
			return &ports[i];
	errno = ENOENT;
	die(name);
	return NULL;
}

static void read_flow(struct flow *flow, const char *port, const char *hex)
{
	unsigned int byte;

	flow->from = find_port(port);
	for (; flow->len < FRAME_MAX && sscanf(hex, "%2x", &byte) == 1; hex += 2)
		flow->frame[flow->len++] = (unsigned char)byte;
	for (flow->at = 14; flow->at + sizeof(struct mark) <= flow->len; flow->at += 4)
		if (flow->frame[flow->at - 2] == TYPE_TEST >> 8 &&
		    flow->frame[flow->at - 1] == (TYPE_TEST & 0xff))
			return;
	errno = EINVAL;
	die(port);
}

static void read_arguments(int argc, char **argv)
{
	for (int i = 2; i < argc;) {
		if (!strcmp(argv[i], "port") && i + 3 < argc && n_ports < PORTS_MAX) {
			ports[n_ports].name = argv[i + 1];
			open_port(&ports[n_ports++], argv[i + 2], argv[i + 3]);
			i += 4;
		} else if (!strcmp(argv[i], "flow") && i + 2 < argc && n_flows < FLOWS_MAX) {
			read_flow(&flows[n_flows++], argv[i + 1], argv[i + 2]);
			i += 3;
		} else {
			errno = EINVAL;
			die(argv[i]);
		}
	}
}

/* ENOBUFS: the device or its guest refused it; a frame that was not sent has no number */
static void send_one(unsigned int number)
{
	struct flow *flow = &flows[number];
	struct mark mark = {htonl(MAGIC), htonl(number), htonl(flow->sent)};

	if (flow->sent == SEQ_MAX)
		return;
	memcpy(flow->frame + flow->at, &mark, sizeof(mark));
	if (send(flow->from->sock, flow->frame, flow->len, 0) == (ssize_t)flow->len)
		flow->sent++;
}

static void take(struct port *port, const unsigned char *frame, size_t len)
{
	struct mark mark;
	uint32_t flow, seq;
	uint8_t bit;

	for (size_t at = 14; at <= 22 && at + sizeof(mark) <= len; at += 4) {
		memcpy(&mark, frame + at, sizeof(mark));
		if (mark.magic != htonl(MAGIC))
			continue;
		flow = ntohl(mark.flow);
		seq = ntohl(mark.seq);
		if (flow >= n_flows || seq >= SEQ_MAX)
			return;
		if (!port->seen[flow])
			port->seen[flow] = calloc(SEQ_MAX / 8, 1);
		bit = (uint8_t)(1 << seq % 8);
		if (!port->seen[flow])
			die("memory");
		if (port->seen[flow][seq / 8] & bit)
			port->repeated[flow]++;
		else
			port->received[flow]++;
		port->seen[flow][seq / 8] |= bit;
		return;
	}
}

static void drain(void)
{
	unsigned char frame[FRAME_MAX];

	for (unsigned int i = 0; i < n_ports; i++) {
		ssize_t n;

		while ((n = recv(ports[i].sock, frame, sizeof(frame), 0)) > 0)
			take(&ports[i], frame, (size_t)n);
	}
}

static long nanoseconds(const struct timespec *t, const struct timespec *since)
{
	return (t->tv_sec - since->tv_sec) * 1000000000L + t->tv_nsec - since->tv_nsec;
}

static int is_ended(void)
{
	struct pollfd fd = {.fd = STDIN_FILENO, .events = POLLIN};
	char byte;

	return poll(&fd, 1, 0) > 0 && read(STDIN_FILENO, &byte, 1) <= 0;
}

/* each flow in its turn; after a pause nothing is made up for, so that no burst comes */
static void send_all(long gap)
{
	struct timespec next, now;

	clock_gettime(CLOCK_MONOTONIC, &next);
	while (!is_ended()) {
		for (unsigned int i = 0; i < n_flows; i++)
			send_one(i);
		drain();
		next.tv_nsec += gap;
		next.tv_sec += next.tv_nsec / 1000000000L;
		next.tv_nsec %= 1000000000L;
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (nanoseconds(&now, &next) > gap)
			next = now;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}

static void drain_until_quiet(void)
{
	struct timespec pause = {.tv_nsec = QUIET_NS / 10};

	for (int i = 0; i < 10; i++) {
		nanosleep(&pause, NULL);
		drain();
	}
}

static void report_lost_here(void)
{
	for (unsigned int i = 0; i < n_ports; i++) {
		struct tpacket_stats stats = {};
		socklen_t len = sizeof(stats);

		getsockopt(ports[i].sock, SOL_PACKET, 6 /* PACKET_STATISTICS */, &stats, &len);
		if (stats.tp_drops)
			printf("lost by its receiver %s %u\n", ports[i].name, stats.tp_drops);
	}
}

static void report(void)
{
	for (unsigned int f = 0; f < n_flows; f++) {
		printf("flow %u sent %u\n", f, flows[f].sent);
		for (unsigned int i = 0; i < n_ports; i++)
			if (ports[i].received[f])
				printf("flow %u %s received %lu repeated %lu\n", f, ports[i].name,
				       (unsigned long)ports[i].received[f],
				       (unsigned long)ports[i].repeated[f]);
	}
	report_lost_here();
}

int main(int argc, char **argv)
{
	long rate = argc > 1 ? atol(argv[1]) : 0;

	if (rate <= 0)
		return 2;
	read_arguments(argc, argv);
	puts("ready");
	fflush(stdout);
	send_all(1000000000L / rate);
	drain_until_quiet();
	report();
	return 0;
}
