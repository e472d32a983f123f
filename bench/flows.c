// SPDX-License-Identifier: GPL-2.0-only
/*
 * flows.c - ns per frame over whole paths, in turn.
 *
 *	flows CPU ROUNDS MS < what
 *
 * Reads lines of words; '#' begins a comment:
 *
 *	attach NETNS DEV tc redirect|peer TARGET	a constant program on DEV, tcx ingress
 *	attach NETNS DEV xdp map TARGET			the same as XDP, to a devmap of one entry
 *	attach NETNS DEV xdp pass|guest			XDP that passes all; that counts and drops all
 *	path NAME NETNS DEV send|live DST N SRC VID COPIES RX_NETNS RX_PREFIX
 *
 * A path is frames of 60 bytes (64 with a tag) from DEV: addresses DST, DST + 1 .. DST + N - 1 in
 * turn, EtherType 0x88b5, which no stack knows, with a C-TAG unless VID is 0. "send": an AF_PACKET
 * socket and sendmmsg(); "live": frames in XDP buffers out of DEV (BPF_F_TEST_XDP_LIVE_FRAMES), as
 * a NIC's driver would deliver them to the other end. Every frame should arrive COPIES times, at
 * devices of RX_NETNS whose names begin with RX_PREFIX (a trailing "$": the whole name), or at a
 * "guest" program there.
 *
 * Everything runs on one CPU: the sender's system call carries the frame to its end. In each round
 * every path runs for MS milliseconds. It waits for the backlog of the CPU where it could overflow
 * (net.core.netdev_max_backlog), so a loss is the path's own. Prints {"NAME": {"ns": [...],
 * "sent": n, "arrived": n}, ...}; ns is per copy. Attached programs go with the process.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <linux/if_packet.h>
#include <net/if.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base.skel.h"

#define PATHS_MAX 64
#define ROUNDS_MAX 1000
#define BATCH 64
#define BACKLOG 800	     /* copies in flight, below net.core.netdev_max_backlog = 1000 */
#define TCX_INGRESS 46	     /* enum bpf_attach_type; libbpf 1.1 does not know it */
#define LIVE_FRAMES (1 << 1) /* BPF_F_TEST_XDP_LIVE_FRAMES */
#define LIVE_PER_MS 800	     /* frames */
#define GUESTS_MAX 16

struct guest {
	char netns[128], dev[IFNAMSIZ];
	int fd; /* base_arrived */
};

struct path {
	char name[64];
	bool live;
	int netns;
	__u8 dst[6];
	unsigned int n, at;
	unsigned int copies;
	int sock;	 /* send */
	int prog;	 /* live */
	int far_ifindex; /* live */
	int dev_file;	 /* /proc/net/dev of the receivers' namespace */
	char prefix[32];
	const struct guest *guest;
	size_t len;
	__u8 frame[BATCH][64];
	double ns[ROUNDS_MAX];
	__u64 sent, arrived;
};

static struct path *paths[PATHS_MAX];
static unsigned int n_paths;
static struct guest guests[GUESTS_MAX];
static unsigned int n_guests;
static int home = -1, softnet = -1;
static int cpu;

static void die(const char *what, int err)
{
	fprintf(stderr, "flows: %s: %s\n", what, strerror(err < 0 ? -err : err));
	exit(1);
}

static int netns_open(const char *name)
{
	char path[160];
	int fd;

	snprintf(path, sizeof(path), "/run/netns/%s", name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		die(path, errno);
	return fd;
}

static void netns_go(int fd)
{
	if (setns(fd, CLONE_NEWNET))
		die("setns", errno);
}

static int dev_index(const char *dev)
{
	int ifindex = if_nametoindex(dev);

	if (!ifindex)
		die(dev, errno);
	return ifindex;
}

/* a skeleton with only that program, on that constant device */
static struct base_bpf *base_load(const char *prog_name, int target, int *fd)
{
	struct base_bpf *base = base_bpf__open();
	struct bpf_program *prog;
	int err;

	if (!base)
		die(prog_name, errno);
	prog = bpf_object__find_program_by_name(base->obj, prog_name);
	if (!prog)
		die(prog_name, ENOENT);
	bpf_program__set_autoload(prog, true);
	base->rodata->base_target = target;
	err = base_bpf__load(base);
	if (err)
		die(prog_name, err);
	*fd = bpf_program__fd(prog);
	return base; /* lives as long as we do */
}

static void attach_tc(const char *dev, const char *what, const char *target)
{
	const char *prog = strcmp(what, "peer") ? "base_redirect" : "base_peer";
	int fd;

	base_load(prog, dev_index(target), &fd);
	if (bpf_link_create(fd, dev_index(dev), TCX_INGRESS, NULL) < 0)
		die(dev, errno);
}

static void guest_add(const char *netns, const char *dev, int fd)
{
	struct guest *guest = &guests[n_guests++];

	if (n_guests > GUESTS_MAX)
		die("too many guests", E2BIG);
	snprintf(guest->netns, sizeof(guest->netns), "%s", netns);
	snprintf(guest->dev, sizeof(guest->dev), "%s", dev);
	guest->fd = fd;
}

static void attach_xdp(const char *netns, const char *dev, const char *what, const char *target)
{
	struct bpf_devmap_val val = {};
	struct base_bpf *base;
	__u32 zero = 0;
	int fd;

	if (!strcmp(what, "map")) {
		base = base_load("base_xdp_map", 0, &fd);
		val.ifindex = dev_index(target);
		if (bpf_map_update_elem(bpf_map__fd(base->maps.base_tx), &zero, &val, BPF_ANY))
			die(target, errno);
	} else if (!strcmp(what, "guest")) {
		base = base_load("base_xdp_guest", 0, &fd);
		guest_add(netns, dev, bpf_map__fd(base->maps.base_arrived));
	} else {
		base_load("base_xdp_empty", 0, &fd);
	}
	if (bpf_link_create(fd, dev_index(dev), BPF_XDP, NULL) < 0)
		die(dev, errno);
}

/* words: attach NETNS DEV tc|xdp WHAT [TARGET] */
static void read_attach(char **word, int n)
{
	int fd;

	if (n < 5)
		die("attach", EINVAL);
	fd = netns_open(word[1]);
	netns_go(fd);
	if (!strcmp(word[3], "tc"))
		attach_tc(word[2], word[4], word[5]);
	else
		attach_xdp(word[1], word[2], word[4], word[5]);
	netns_go(home);
	close(fd);
}

static void mac_read(const char *text, __u8 mac[6])
{
	if (sscanf(text, "%hhx:%hhx:%hhx:%hhx:%hhx:%hhx", &mac[0], &mac[1], &mac[2], &mac[3],
		   &mac[4], &mac[5]) != 6)
		die(text, EINVAL);
}

static void frames_make(struct path *p, const char *src, unsigned int vid)
{
	__u8 *f = p->frame[0];
	size_t off = 12;

	memcpy(f, p->dst, 6);
	mac_read(src, f + 6);
	if (vid) {
		memcpy(f + off, (__u8[]){0x81, 0x00, vid >> 8, vid}, 4);
		off += 4;
	}
	memcpy(f + off, (__u8[]){0x88, 0xb5}, 2);
	p->len = vid ? 64 : 60;
	for (int i = 1; i < BATCH; i++)
		memcpy(p->frame[i], f, p->len);
}

static int sock_open(int ifindex)
{
	struct sockaddr_ll addr = {.sll_family = AF_PACKET, .sll_ifindex = ifindex};
	int fd = socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0), big = 8 << 20;

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		die("AF_PACKET", errno);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &big, sizeof(big)))
		die("SO_SNDBUFFORCE", errno);
	return fd;
}

static void path_receiver(struct path *p, const char *netns, const char *prefix)
{
	int fd = netns_open(netns);

	for (unsigned int i = 0; i < n_guests; i++)
		if (!strcmp(guests[i].netns, netns))
			p->guest = &guests[i];
	netns_go(fd);
	p->dev_file = open("/proc/thread-self/net/dev", O_RDONLY | O_CLOEXEC);
	if (p->dev_file < 0)
		die("/proc/thread-self/net/dev", errno);
	close(fd);
	snprintf(p->prefix, sizeof(p->prefix), "%s", prefix);
}

/* words: path NAME NETNS DEV send|live DST N SRC VID COPIES RX_NETNS RX_PREFIX */
static void read_path(char **word, int n)
{
	struct path *p = calloc(1, sizeof(*p));

	if (!p || n != 12 || n_paths == PATHS_MAX)
		die("path", EINVAL);
	paths[n_paths++] = p;
	snprintf(p->name, sizeof(p->name), "%s", word[1]);
	p->netns = netns_open(word[2]);
	netns_go(p->netns);
	p->live = !strcmp(word[4], "live");
	mac_read(word[5], p->dst);
	p->n = atoi(word[6]);
	frames_make(p, word[7], atoi(word[8]));
	p->copies = atoi(word[9]);
	if (p->live)
		base_load("base_xdp_far", dev_index(word[3]), &p->prog);
	else
		p->sock = sock_open(dev_index(word[3]));
	path_receiver(p, word[10], word[11]);
	netns_go(home);
}

static void read_all(void)
{
	char line[1024], *word[16];

	while (fgets(line, sizeof(line), stdin)) {
		int n = 0;

		for (char *w = strtok(line, " \t\n"); w && n < 15; w = strtok(NULL, " \t\n"))
			word[n++] = w;
		word[n] = NULL;
		if (!n || *word[0] == '#')
			continue;
		if (!strcmp(word[0], "attach"))
			read_attach(word, n);
		else if (!strcmp(word[0], "path"))
			read_path(word, n);
		else
			die(word[0], EINVAL);
	}
}

static double now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1e9 + ts.tv_nsec;
}

/* frames that wait on our CPU: the 12th field of its line in softnet_stat */
static unsigned int backlog(void)
{
	unsigned int field[12] = {};
	char text[4096], *line = text;
	ssize_t n = pread(softnet, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	for (int i = 0; line && i < cpu; i++) {
		line = strchr(line, '\n');
		line = line ? line + 1 : NULL;
	}
	for (int i = 0; line && i < 12; i++)
		field[i] = strtoul(line, &line, 16);
	return field[11];
}

static void drain(void)
{
	while (backlog())
		sched_yield();
}

static bool prefix_matches(const char *prefix, const char *name, size_t len)
{
	size_t want = strlen(prefix);

	if (want && prefix[want - 1] == '$')
		return len == want - 1 && !memcmp(name, prefix, len);
	return len >= want && !memcmp(name, prefix, want);
}

static __u64 guest_packets(const struct guest *guest)
{
	__u64 each[256] = {}, sum = 0;
	__u32 zero = 0;

	if (bpf_map_lookup_elem(guest->fd, &zero, each))
		die("base_arrived", errno);
	for (int i = 0; i < libbpf_num_possible_cpus(); i++)
		sum += each[i];
	return sum;
}

/* rx_packets of all its receivers */
static __u64 rx_packets(const struct path *p)
{
	static char text[1 << 18];
	size_t len = 0;
	ssize_t n;
	__u64 sum = 0;

	if (p->guest)
		return guest_packets(p->guest);
	lseek(p->dev_file, 0, SEEK_SET);
	while ((n = read(p->dev_file, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	text[len] = '\0';
	for (char *line = text; line && *line; line = strchr(line, '\n'), line += line != NULL) {
		char *name = line + strspn(line, " "), *colon = strchr(name, ':');
		unsigned long long bytes, packets;
		char *end = strchr(name, '\n');

		if (!colon || (end && colon > end))
			continue;
		if (prefix_matches(p->prefix, name, colon - name) &&
		    sscanf(colon + 1, "%llu %llu", &bytes, &packets) == 2)
			sum += packets;
	}
	return sum;
}

/* the next addresses in turn */
static void frames_turn(struct path *p, int n)
{
	unsigned int low = p->dst[4] << 8 | p->dst[5];

	for (int i = 0; i < n; i++) {
		p->frame[i][4] = (low + p->at) >> 8;
		p->frame[i][5] = low + p->at;
		p->at = p->at + 1 == p->n ? 0 : p->at + 1;
	}
}

static int send_batch(struct path *p, int n)
{
	struct mmsghdr msg[BATCH] = {};
	struct iovec iov[BATCH];
	int sent;

	if (p->n > 1)
		frames_turn(p, n);
	for (int i = 0; i < n; i++) {
		iov[i] = (struct iovec){p->frame[i], p->len};
		msg[i].msg_hdr.msg_iov = &iov[i];
		msg[i].msg_hdr.msg_iovlen = 1;
	}
	sent = sendmmsg(p->sock, msg, n, 0);
	if (sent < 0 && errno != ENOBUFS)
		die(p->name, errno);
	return sent < 0 ? 0 : sent;
}

/* ns; the kernel's own measure, because setting up a run takes milliseconds */
static double send_live(struct path *p, int n)
{
	struct xdp_md ctx = {.data_end = p->len};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = p->frame[0], .data_size_in = p->len,
		    .ctx_in = &ctx, .ctx_size_in = sizeof(ctx), .repeat = n, .flags = LIVE_FRAMES,
		    .batch_size = BATCH);

	netns_go(p->netns);
	if (bpf_prog_test_run_opts(p->prog, &opts))
		die(p->name, errno);
	netns_go(home);
	return (double)opts.duration * n;
}

/* for ms; how many, and the ns that it took */
static __u64 send_all(struct path *p, double ms, double *ns)
{
	double start = now(), until = start + ms * 1e6;
	int batch = BATCH, in_flight = 0;
	__u64 sent = 0;

	if (p->copies > 1 && batch * (p->copies + 1) > BACKLOG)
		batch = BACKLOG / (p->copies + 1) ?: 1;
	while (now() < until) {
		int n = send_batch(p, batch);

		sent += n;
		in_flight += n * (p->copies + 1);
		if (in_flight + batch * (int)(p->copies + 1) > BACKLOG) {
			if (p->copies > 1)
				drain();
			in_flight = 0;
		}
	}
	drain();
	*ns = now() - start;
	return sent;
}

/* ns per copy */
static double path_run(struct path *p, double ms)
{
	__u64 before = rx_packets(p), sent, arrived;
	double ns;

	if (p->live) {
		sent = ms * LIVE_PER_MS;
		ns = send_live(p, sent);
	} else {
		sent = send_all(p, ms, &ns);
	}
	for (int i = 0; i < 1000; i++) { /* NAPI of a guest may be at it still */
		arrived = rx_packets(p) - before;
		if (arrived >= sent * p->copies)
			break;
		usleep(100);
	}
	p->sent += sent * p->copies;
	p->arrived += arrived;
	return ns / (arrived ?: 1);
}

static void print(int rounds)
{
	for (unsigned int i = 0; i < n_paths; i++) {
		const struct path *p = paths[i];

		printf("%s\"%s\": {\"sent\": %llu, \"arrived\": %llu, \"ns\": [", i ? ",\n " : "{",
		       p->name, p->sent, p->arrived);
		for (int r = 0; r < rounds; r++)
			printf("%s%.2f", r ? ", " : "", p->ns[r]);
		printf("]}");
	}
	printf("}\n");
}

static void prepare(void)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set))
		die("sched_setaffinity", errno);
	setpriority(PRIO_PROCESS, 0, -20); /* containers may refuse it: more noise, no harm */
	home = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC);
	softnet = open("/proc/thread-self/net/softnet_stat", O_RDONLY | O_CLOEXEC);
	if (home < 0 || softnet < 0)
		die("/proc", errno);
}

int main(int argc, char **argv)
{
	int rounds = argc == 4 ? atoi(argv[2]) : 0;
	double ms = argc == 4 ? atof(argv[3]) : 0;

	if (rounds < 1 || rounds > ROUNDS_MAX || ms <= 0) {
		fprintf(stderr, "usage: flows CPU ROUNDS MS < what\n");
		return 2;
	}
	cpu = atoi(argv[1]);
	prepare();
	read_all();
	for (unsigned int i = 0; i < n_paths; i++)
		path_run(paths[i], ms / 4);
	for (unsigned int i = 0; i < n_paths; i++)
		paths[i]->sent = paths[i]->arrived = 0;
	for (int r = 0; r < rounds; r++)
		for (unsigned int i = 0; i < n_paths; i++) {
			struct path *p = paths[(i + r) % n_paths];

			p->ns[r] = path_run(p, ms);
		}
	print(rounds);
	return 0;
}
