// SPDX-License-Identifier: GPL-2.0-only
/*
 * xsk_echo.c - an AF_XDP guest: sends every frame back to where it came from.
 *
 *	xsk_echo [-c] [-o] [-n FRAMES] [-q QUEUE] DEV
 *
 * DEV is the guest's end of a VF with `kind: afxdp`. An answer is the frame with its two addresses
 * swapped; to a frame for a group DEV's own address is the sender of the answer. -c only counts,
 * -o leaves alone what is not for DEV's own address, -n ends after so many frames, as SIGINT and
 * SIGTERM do at any time. Two of them that can reach each other play one frame back and forth
 * for ever.
 *
 * A frame's life: memory for frames (umem) is cut into FRAMES pieces. A piece waits in the fill
 * ring for a frame, comes out of the rx ring with one, goes through the tx ring as the answer,
 * comes out of the completion ring, and is put into the fill ring again. Each ring has room for
 * all of them, so nothing here ever waits for room in a ring.
 */
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/if_link.h>
#include <net/ethernet.h>
#include <net/if.h>

#include <xdp/libxdp.h>
#include <xdp/xsk.h>

#define FRAMES 2048 /* a power of 2: the size of each ring */
#define FRAME_SIZE XSK_UMEM__DEFAULT_FRAME_SIZE
#define BATCH 64
#define KICK_FRAMES 16	  /* the kernel sends at least so many for one system call */
#define TX_PATIENCE_MS 10 /* a frame on its way out tells nobody when it is there */
#define IDLE_MS 1000	  /* nor does a device that is deleted */
#define BUSY_MS 1000	  /* a queue is free some time after the last socket's end */
#define END_PATIENCE_MS 100

struct options {
	bool count_only, own_only;
	unsigned long frames; /* 0: no end */
	unsigned int queue;
	const char *dev;
};

struct echo {
	struct options opt;
	int signals; /* SIGINT and SIGTERM, to be read */
	unsigned char mac[ETH_ALEN];
	void *memory;
	struct xsk_umem *umem;
	struct xsk_socket *xsk;
	struct xsk_ring_prod fill, tx;
	struct xsk_ring_cons comp, rx;
	unsigned int on_the_way; /* given to tx, not yet back */
	unsigned long received, bytes, answered, others;
};

__attribute__((format(printf, 1, 2))) static int fail(const char *fmt, ...)
{
	va_list args;

	fputs("xsk_echo: ", stderr);
	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	fputc('\n', stderr);
	return -1;
}

/* ---- command line */

static int usage(void)
{
	fputs("usage: xsk_echo [-c] [-o] [-n FRAMES] [-q QUEUE] DEV\n"
	      "  -c  only count frames    -o  answer only those to DEV's own address\n"
	      "  -n  end after so many    -q  queue of DEV, 0 if left out\n",
	      stderr);
	return -1;
}

static int parse_number(const char *text, unsigned long max, unsigned long *out)
{
	char *end;

	errno = 0;
	*out = strtoul(text, &end, 10);
	if (errno || *text < '0' || *text > '9' || *end || *out > max)
		return fail("'%s' is not a number up to %lu", text, max);
	return 0;
}

static int parse_options(int argc, char **argv, struct options *opt)
{
	unsigned long queue = 0;
	int c, err = 0;

	while (!err && (c = getopt(argc, argv, "con:q:")) != -1) {
		if (c == 'c')
			opt->count_only = true;
		else if (c == 'o')
			opt->own_only = true;
		else if (c == 'n')
			err = parse_number(optarg, ~0UL >> 1, &opt->frames);
		else if (c == 'q')
			err = parse_number(optarg, 4095, &queue);
		else
			err = usage();
	}
	if (!err && optind != argc - 1)
		err = usage();
	opt->queue = (unsigned int)queue;
	opt->dev = argv[argc - 1];
	return err;
}

/* ---- the socket */

static int own_address(struct echo *echo)
{
	struct ifreq req = {0};
	int fd = socket(AF_INET, SOCK_DGRAM, 0), err;

	if (!memccpy(req.ifr_name, echo->opt.dev, 0, sizeof(req.ifr_name)))
		return fail("'%s' is too long for a device", echo->opt.dev);
	err = fd < 0 || ioctl(fd, SIOCGIFHWADDR, &req) ? errno : 0;
	if (fd >= 0)
		close(fd);
	if (err)
		return fail("%s: %s", echo->opt.dev, strerror(err));
	memcpy(echo->mac, req.ifr_hwaddr.sa_data, ETH_ALEN);
	return 0;
}

static int umem_create(struct echo *echo)
{
	const struct xsk_umem_config config = {
		.fill_size = FRAMES,
		.comp_size = FRAMES,
		.frame_size = FRAME_SIZE,
	};
	size_t size = (size_t)FRAMES * FRAME_SIZE;
	int err;

	echo->memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (echo->memory == MAP_FAILED)
		return fail("no memory for %d frames: %s", FRAMES, strerror(errno));
	err = xsk_umem__create(&echo->umem, echo->memory, size, &echo->fill, &echo->comp, &config);
	return err ? fail("cannot make memory for frames: %s", strerror(-err)) : 0;
}

/* what the libraries say on their way to a socket is of use only if they do not get there */
static char notes[4096];

__attribute__((format(printf, 1, 0))) static int note(const char *fmt, va_list args)
{
	size_t have = strlen(notes);

	return vsnprintf(notes + have, sizeof(notes) - have, fmt, args);
}

__attribute__((format(printf, 2, 0))) static int note_libbpf(enum libbpf_print_level level,
							     const char *fmt, va_list args)
{
	return level == LIBBPF_WARN ? note(fmt, args) : 0;
}

__attribute__((format(printf, 2, 0))) static int note_libxdp(enum libxdp_print_level level,
							     const char *fmt, va_list args)
{
	return level == LIBXDP_WARN ? note(fmt, args) : 0;
}

/*
 * libxdp brings the XDP program that hands the queue's frames to the socket, and takes it away
 * with the last socket. Copy mode works on every driver, and is all that a veth has.
 */
static int socket_create(struct echo *echo)
{
	const struct xsk_socket_config config = {
		.rx_size = FRAMES,
		.tx_size = FRAMES,
		.xdp_flags = XDP_FLAGS_DRV_MODE,
		.bind_flags = XDP_COPY | XDP_USE_NEED_WAKEUP,
	};
	int err;

	for (int ms = 0;; ms += 10) {
		notes[0] = '\0';
		err = xsk_socket__create(&echo->xsk, echo->opt.dev, echo->opt.queue, echo->umem,
					 &echo->rx, &echo->tx, &config);
		if (err != -EBUSY || ms >= BUSY_MS)
			break;
		usleep(10000);
	}
	if (err)
		fputs(notes, stderr);
	if (err == -EBUSY || err == -EEXIST)
		return fail(
			"%s: another XDP program or AF_XDP socket is on it; end that, or remove "
			"the program with `ip link set dev %s xdp off`",
			echo->opt.dev, echo->opt.dev);
	if (err)
		return fail("%s: no AF_XDP socket on queue %u: %s", echo->opt.dev, echo->opt.queue,
			    strerror(-err));
	return 0;
}

static void echo_close(struct echo *echo)
{
	if (echo->xsk)
		xsk_socket__delete(echo->xsk);
	if (echo->umem)
		xsk_umem__delete(echo->umem);
}

/* ---- frames */

static void fill_put(struct echo *echo, const __u64 *pieces, unsigned int n)
{
	__u32 at;

	if (!n || xsk_ring_prod__reserve(&echo->fill, n, &at) != n)
		return;
	for (unsigned int i = 0; i < n; i++)
		*xsk_ring_prod__fill_addr(&echo->fill, at + i) = pieces[i];
	xsk_ring_prod__submit(&echo->fill, n);
}

static void fill_all(struct echo *echo)
{
	for (__u64 i = 0; i < FRAMES; i++)
		fill_put(echo, &(__u64){i * FRAME_SIZE}, 1);
}

static bool is_own(const struct echo *echo, const struct ether_header *eth)
{
	return !memcmp(eth->ether_dhost, echo->mac, ETH_ALEN);
}

/* makes the answer out of the frame; false: there is none */
static bool answer(struct echo *echo, const struct xdp_desc *desc)
{
	struct ether_header *eth = xsk_umem__get_data(echo->memory, desc->addr);
	unsigned char from[ETH_ALEN];

	if (echo->opt.count_only)
		return false;
	if (desc->len < sizeof(*eth) || (echo->opt.own_only && !is_own(echo, eth))) {
		echo->others++;
		return false;
	}
	memcpy(from, eth->ether_dhost[0] & 1 ? echo->mac : eth->ether_dhost, ETH_ALEN);
	memcpy(eth->ether_dhost, eth->ether_shost, ETH_ALEN);
	memcpy(eth->ether_shost, from, ETH_ALEN);
	return true;
}

static void tx_put(struct echo *echo, const struct xdp_desc *desc)
{
	__u32 at;

	if (xsk_ring_prod__reserve(&echo->tx, 1, &at) != 1)
		return;
	*xsk_ring_prod__tx_desc(&echo->tx, at) = *desc;
	xsk_ring_prod__submit(&echo->tx, 1);
	echo->on_the_way++;
	echo->answered++;
}

/* frames that came; at most BATCH, and no more than -n allows */
static unsigned int receive(struct echo *echo)
{
	unsigned long left = echo->opt.frames - echo->received;
	unsigned int max = echo->opt.frames && left < BATCH ? (unsigned int)left : BATCH;
	__u64 free_pieces[BATCH];
	unsigned int n_free = 0;
	__u32 at, n;

	n = xsk_ring_cons__peek(&echo->rx, max, &at);
	for (__u32 i = 0; i < n; i++) {
		const struct xdp_desc *desc = xsk_ring_cons__rx_desc(&echo->rx, at + i);

		echo->bytes += desc->len;
		if (answer(echo, desc))
			tx_put(echo, desc);
		else
			free_pieces[n_free++] = desc->addr;
	}
	echo->received += n;
	xsk_ring_cons__release(&echo->rx, n);
	fill_put(echo, free_pieces, n_free);
	return n;
}

static void take_back(struct echo *echo)
{
	__u64 pieces[BATCH];
	__u32 at, n;

	while ((n = xsk_ring_cons__peek(&echo->comp, BATCH, &at))) {
		for (__u32 i = 0; i < n; i++)
			pieces[i] = *xsk_ring_cons__comp_addr(&echo->comp, at + i);
		xsk_ring_cons__release(&echo->comp, n);
		fill_put(echo, pieces, n);
		echo->on_the_way -= n;
	}
}

/* In copy mode the kernel sends inside this call, some frames each time. */
static int kick(struct echo *echo)
{
	if (!echo->on_the_way || !xsk_ring_prod__needs_wakeup(&echo->tx))
		return 0;
	for (int i = 0; i < FRAMES / KICK_FRAMES; i++) {
		if (!sendto(xsk_socket__fd(echo->xsk), NULL, 0, MSG_DONTWAIT, NULL, 0))
			return 0;
		if (errno != EAGAIN && errno != EBUSY && errno != ENOBUFS)
			return fail("%s: cannot send: %s", echo->opt.dev, strerror(errno));
		take_back(echo);
	}
	return 0;
}

/* 1: go on, 0: a signal says that it is over */
static int sleep_for_frames(struct echo *echo)
{
	struct pollfd fds[] = {
		{.fd = xsk_socket__fd(echo->xsk), .events = POLLIN},
		{.fd = echo->signals, .events = POLLIN},
	};

	int n = poll(fds, 2, echo->on_the_way ? TX_PATIENCE_MS : IDLE_MS), err = 0;
	socklen_t len = sizeof(err);

	if (n < 0 && errno != EINTR)
		return fail("poll: %s", strerror(errno));
	if (!n && !getsockopt(fds[0].fd, SOL_SOCKET, SO_ERROR, &err, &len) && err)
		return fail("%s: %s", echo->opt.dev, strerror(err));
	return !(fds[1].revents & POLLIN);
}

static bool is_done(const struct echo *echo)
{
	return echo->opt.frames && echo->received >= echo->opt.frames;
}

static int run(struct echo *echo)
{
	int go_on = 1, err = 0;

	while (!err && go_on > 0) {
		receive(echo);
		err = kick(echo);
		take_back(echo);
		go_on = err || is_done(echo) ? 0 : sleep_for_frames(echo);
	}
	for (int ms = 0; !err && echo->on_the_way && ms < END_PATIENCE_MS; ms++) {
		err = kick(echo);
		usleep(1000);
		take_back(echo);
	}
	return err ? err : go_on;
}

/* ---- the end */

static void print_counters(const struct echo *echo)
{
	struct xdp_statistics lost = {0};
	socklen_t len = sizeof(lost);

	printf("received %lu frames, %lu bytes; answered %lu, left alone %lu\n", echo->received,
	       echo->bytes, echo->answered, echo->others);
	if (!getsockopt(xsk_socket__fd(echo->xsk), SOL_XDP, XDP_STATISTICS, &lost, &len))
		printf("lost: no room in the rx ring %llu, no free piece %llu, too long %llu\n",
		       lost.rx_ring_full, lost.rx_fill_ring_empty_descs, lost.rx_dropped);
}

static int signals_open(struct echo *echo)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	echo->signals = signalfd(-1, &set, SFD_CLOEXEC);
	return echo->signals < 0 ? fail("signalfd: %s", strerror(errno)) : 0;
}

int main(int argc, char **argv)
{
	struct echo echo = {.signals = -1};
	int err;

	if (parse_options(argc, argv, &echo.opt))
		return 2;
	libbpf_set_print(note_libbpf);
	libxdp_set_print(note_libxdp);
	err = own_address(&echo);
	if (!err)
		err = signals_open(&echo);
	if (!err)
		err = umem_create(&echo);
	if (!err)
		err = socket_create(&echo);
	if (!err) {
		fill_all(&echo);
		fprintf(stderr, "xsk_echo: ready on queue %u of %s\n", echo.opt.queue,
			echo.opt.dev);
		err = run(&echo);
		print_counters(&echo);
	}
	echo_close(&echo);
	return err ? 1 : 0;
}
