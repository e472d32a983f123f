// SPDX-License-Identifier: GPL-2.0-only
/*
 * tags.c - ns that a program takes to put a tag on a frame, to take it off or to put another one in
 * its place, by BPF_PROG_TEST_RUN.
 *
 *	tags ROUNDS RUNS
 *
 * A run that repeats would edit the frame once more each time, so every frame is a run of its own:
 * the time is that of one run, with the two clock reads around it, less that of an empty program
 * that gets the same frame the same way. Caches are colder than in a run that repeats: the case
 * "vf, lane" is what progs.c measures too, and says how much.
 *
 * The outermost VLAN tag stands beside the frame at TC, as the kernel hands it over, and in its
 * bytes at XDP. Prints {"case": [ns of round 1, ns of round 2, ...], ...}. Cases take turns in every round.
 */
#include "evb_wire.h"
#include "progs.h"

#define RUNS_MAX 100000
#define CASES_MAX 64
#define TAGS_MAX 2

enum which { EDGE, ETAG, VNTAG, BRIDGE, N_SWITCHES };

static const char *const yaml[N_SWITCHES] = {
	[EDGE] = "version: 1\nswitch: bench\nuplink: {dev: up}\n"
		 "channels: [{name: blue, svid: 200}]\n"
		 "vfs:\n"
		 "  - {id: 0, dev: v0, mac: \"02:00:00:00:01:00\"}\n"
		 "  - {id: 1, dev: v1, mac: \"02:00:00:00:01:01\", vlan: 10}\n"
		 "  - {id: 2, dev: v2, mac: \"02:00:00:00:01:02\", channel: blue}\n"
		 "  - {id: 3, dev: v3, mac: \"02:00:00:00:01:03\", channel: blue, vlan: 10}\n"
		 "  - {id: 4, dev: v4, mac: \"02:00:00:00:01:04\"}\n",
	[ETAG] = "version: 1\nswitch: bench\nrelay: extender\ntag: e-tag\nuplink: {dev: up}\n"
		 "cascade: [{dev: below, ids: [0x100-0x10f]}]\n"
		 "vfs:\n"
		 "  - {id: 0, dev: v0, mac: \"02:00:00:00:01:00\", ecid: 0x12}\n"
		 "  - {id: 1, dev: v1, mac: \"02:00:00:00:01:01\", ecid: 0x13, vlan: 10}\n",
	[VNTAG] = "version: 1\nswitch: bench\nrelay: extender\ntag: vn-tag\nuplink: {dev: up}\n"
		  "cascade: [{dev: below, ids: [0x100-0x10f]}]\n"
		  "vfs:\n"
		  "  - {id: 0, dev: v0, mac: \"02:00:00:00:01:00\", vif: 0x12}\n"
		  "  - {id: 1, dev: v1, mac: \"02:00:00:00:01:01\", vif: 0x13, vlan: 10}\n",
	[BRIDGE] =
		"version: 1\nswitch: bench\nrelay: bridge\nports:\n"
		"  - {name: a, dev: p0, static: [\"02:00:00:00:02:00\"]}\n"
		"  - {name: b, dev: p1, static: [\"02:00:00:00:02:01\"]}\n"
		"  - {name: c, dev: p2, vlan: 10, static: [\"02:00:00:00:02:02\"]}\n"
		"  - {name: d, dev: p3, trunk: [10], static: [\"02:00:00:00:02:03\"]}\n"
		"  - {name: s0, dev: p4, svid: 200, static: [\"02:00:00:00:02:04\"]}\n"
		"  - {name: s1, dev: p4, svid: 201, static: [\"02:00:00:00:02:05\"]}\n"
		"  - {name: e0, dev: p5, tag: e-tag, ecid: 0x12, static: [\"02:00:00:00:02:06\"]}\n"
		"  - {name: e1, dev: p5, tag: e-tag, ecid: 0x13, static: [\"02:00:00:00:02:07\"]}\n"
		"  - {name: e2, dev: p5, tag: e-tag, ecid: 0x14, trunk: [10], static: "
		"[\"02:00:00:00:02:08\"]}\n"
		"  - {name: n0, dev: p6, tag: vn-tag, vif: 0x12, static: [\"02:00:00:00:02:09\"]}\n"
		"  - {name: n1, dev: p6, tag: vn-tag, vif: 0x13, static: "
		"[\"02:00:00:00:02:0a\"]}\n",
};

enum tag { NONE, C, S, E, VN };

struct tag_case {
	const char *name;
	enum which on;
	enum dataplane_prog tc, xdp; /* xdp 0: there is none */
	const char *dev;	     /* that the frame comes from */
	const char *to;		     /* port that gets it */
	__u16 src, dst;		     /* last two bytes of the addresses */
	int grows;		     /* so many bytes, until it is there */
	__u16 id;		     /* of its E-TAG, VN-Tag or S-TAG */
	enum tag tags[TAGS_MAX];     /* from the outermost one */
};

#define AWAY 0x0999
#define BOTH_VF DATAPLANE_FROM_VF, DATAPLANE_XDP_VF
#define VF_UP DATAPLANE_FROM_VF, 0 /* what goes up from a VF, XDP leaves to TC */
#define WIRE DATAPLANE_FROM_WIRE, DATAPLANE_XDP_WIRE
#define EXT_UP DATAPLANE_EXTENDED_VF, 0
#define ABOVE DATAPLANE_FROM_ABOVE, DATAPLANE_XDP_ABOVE
#define TO_BELOW DATAPLANE_FROM_ABOVE, 0
#define BELOW DATAPLANE_FROM_CASCADE, 0
#define PORT DATAPLANE_FROM_PORT, DATAPLANE_XDP_PORT

/* clang-format off */
static const struct tag_case cases[] = {
	{"vf, lane", EDGE, BOTH_VF, "v0", "vf4", 0x0100, 0x0104, 0, 0, {NONE}},
	/* put on by a station's switch ... */
	{"push none", EDGE, VF_UP, "v0", "uplink", 0x0100, AWAY, 0, 0, {NONE}},
	{"push c", EDGE, VF_UP, "v1", "uplink", 0x0101, AWAY, 4, 0, {NONE}},
	{"push s", EDGE, VF_UP, "v2", "uplink.blue", 0x0102, AWAY, 4, 0, {NONE}},
	{"push s+c", EDGE, VF_UP, "v3", "uplink.blue", 0x0103, AWAY, 8, 0, {NONE}},
	{"push vn", VNTAG, EXT_UP, "v0", "uplink", 0x0100, AWAY, 6, 0, {NONE}},
	{"push vn+c", VNTAG, EXT_UP, "v1", "uplink", 0x0101, AWAY, 10, 0, {NONE}},
	{"push e", ETAG, EXT_UP, "v0", "uplink", 0x0100, AWAY, 8, 0, {NONE}},
	{"push e+c", ETAG, EXT_UP, "v1", "uplink", 0x0101, AWAY, 12, 0, {NONE}},
	/* ... and taken off */
	{"pop none", EDGE, WIRE, "up", "vf0", AWAY, 0x0100, 0, 0, {NONE}},
	{"pop c", EDGE, WIRE, "up", "vf1", AWAY, 0x0101, -4, 0, {C}},
	{"pop s", EDGE, WIRE, "up", "vf2", AWAY, 0x0102, -4, 200, {S}},
	{"pop s+c", EDGE, WIRE, "up", "vf3", AWAY, 0x0103, -8, 200, {S, C}},
	{"pop vn", VNTAG, ABOVE, "up", "vf0", AWAY, 0x0100, -6, 0x12, {VN}},
	{"pop vn+c", VNTAG, ABOVE, "up", "vf1", AWAY, 0x0101, -10, 0x13, {VN, C}},
	{"pop e", ETAG, ABOVE, "up", "vf0", AWAY, 0x0100, -8, 0x12, {E}},
	{"pop e+c", ETAG, ABOVE, "up", "vf1", AWAY, 0x0101, -12, 0x13, {E, C}},
	/* passed on between two extenders */
	{"pass up vn", VNTAG, BELOW, "below", "uplink", 0x0300, AWAY, 0, 0x100, {VN}},
	{"pass up e", ETAG, BELOW, "below", "uplink", 0x0300, AWAY, 0, 0x100, {E}},
	{"pass down vn", VNTAG, TO_BELOW, "up", "below", AWAY, 0x0300, 0, 0x100, {VN}},
	{"pass down e", ETAG, TO_BELOW, "up", "below", AWAY, 0x0300, 0, 0x100, {E}},
	/* the bridge at the other end */
	{"bridge none", BRIDGE, PORT, "p0", "b", 0x0200, 0x0201, 0, 0, {NONE}},
	{"bridge push c", BRIDGE, PORT, "p2", "d", 0x0202, 0x0203, 4, 0, {NONE}},
	{"bridge pop c", BRIDGE, PORT, "p3", "c", 0x0203, 0x0202, -4, 0, {C}},
	{"bridge push s", BRIDGE, PORT, "p0", "s0", 0x0200, 0x0204, 4, 0, {NONE}},
	{"bridge pop s", BRIDGE, PORT, "p4", "a", 0x0204, 0x0200, -4, 200, {S}},
	{"bridge rename s", BRIDGE, PORT, "p4", "s1", 0x0204, 0x0205, 0, 200, {S}},
	{"bridge push vn", BRIDGE, PORT, "p0", "n0", 0x0200, 0x0209, 6, 0, {NONE}},
	{"bridge pop vn", BRIDGE, PORT, "p6", "a", 0x0209, 0x0200, -6, 0x12, {VN}},
	{"bridge rename vn", BRIDGE, PORT, "p6", "n1", 0x0209, 0x020a, 0, 0x12, {VN}},
	{"bridge push e", BRIDGE, PORT, "p0", "e0", 0x0200, 0x0206, 8, 0, {NONE}},
	{"bridge pop e", BRIDGE, PORT, "p5", "a", 0x0206, 0x0200, -8, 0x12, {E}},
	{"bridge rename e", BRIDGE, PORT, "p5", "e1", 0x0206, 0x0207, 0, 0x12, {E}},
	{"bridge push e+c", BRIDGE, PORT, "p2", "e2", 0x0202, 0x0208, 12, 0, {NONE}},
	{"bridge pop e+c", BRIDGE, PORT, "p5", "c", 0x0208, 0x0202, -12, 0x14, {E, C}},
};
/* clang-format on */
#define N_CASES (sizeof(cases) / sizeof(*cases))

struct tag_switch {
	struct config *cfg;
	struct plan *plan;
	struct dataplane *dp;
};

struct bench_case {
	const struct tag_case *is;
	bool xdp;
	int ifindex, prog;
	struct frame frame;
	double ns[ROUNDS_MAX];
};

struct bench {
	struct nl *nl;
	struct base_bpf *base;
	struct tag_switch on[N_SWITCHES];
	unsigned int n, runs;
	struct bench_case cases[2 * CASES_MAX];
};

/* ---- switches */

static int dev_get(struct bench *b, const char *name)
{
	char peer[IFNAMSIZ];
	int ifindex = if_nametoindex(name);

	snprintf(peer, sizeof(peer), "%.10s-far", name);
	return ifindex ?: pair_make(b->nl, name, peer);
}

static void host_fill(struct bench *b, const struct config *cfg, struct plan_host *host)
{
	static const __u8 mac[6] = {2, 0, 0, 0, 0, 1};

	if (cfg->uplink[0])
		host->uplink = (struct plan_dev){
			.ifindex = dev_get(b, cfg->uplink), .mtu = 1520, .xdp = true};
	memcpy(host->uplink.mac, mac, sizeof(mac));
	for (unsigned int i = 0; i < config_devices(cfg); i++)
		host->vfs[i] = (struct plan_dev){.ifindex = dev_get(b, config_device(cfg, i)->dev),
						 .mtu = 1520,
						 .kind = EVB_KIND_VETH,
						 .peer = !config_is_bridge(cfg),
						 .xdp = true};
}

static void switch_open(struct bench *b, enum which which)
{
	struct plan_host *host = calloc(1, sizeof(*host));
	struct tag_switch *on = &b->on[which];
	struct config_error error;

	if (!host)
		die("plan", ENOMEM);
	if (config_parse("bench", yaml[which], strlen(yaml[which]), &on->cfg, &error)) {
		fprintf(stderr, "bench: %u: %s\n%s", error.pos.line, error.text, yaml[which]);
		exit(1);
	}
	host_fill(b, on->cfg, host);
	if (plan_build(on->cfg, host, &on->plan))
		exit(1); /* has been logged */
	on->dp = switch_load(on->plan);
	free(host);
}

static void base_load(struct bench *b)
{
	int err;

	b->base = base_bpf__open();
	if (!b->base)
		die("base programs", errno);
	bpf_program__set_autoload(b->base->progs.base_empty, true);
	bpf_program__set_autoload(b->base->progs.base_xdp_empty, true);
	bpf_program__set_autoload(b->base->progs.beside_tc, true);
	err = base_bpf__load(b->base);
	if (err)
		die("base programs", err);
}

/* ---- frames */

static void frame_add(struct frame *f, const void *bytes, size_t len)
{
	memcpy(f->bytes + f->len, bytes, len);
	f->len += len;
}

static void tag_add(struct frame *f, enum tag tag, __u16 id, bool down)
{
	__u8 b[EVB_ETAG_LEN] = {};
	__u32 vn = down ? evb_vntag_down(id, 0) : evb_vntag_up(id);

	switch (tag) {
	case C:
		frame_add(f, (__u8[]){0x81, 0x00, 0, 10}, EVB_TAG_LEN);
		break;
	case S:
		frame_add(f, (__u8[]){0x88, 0xa8, id >> 8, id}, EVB_TAG_LEN);
		break;
	case E:
		memcpy(b, (__u8[]){0x89, 0x3f}, 2);
		evb_etag_put(b + 2, 0, id, 0);
		frame_add(f, b, EVB_ETAG_LEN);
		break;
	case VN:
		memcpy(b, (__u8[]){0x89, 0x26, vn >> 24, vn >> 16, vn >> 8, vn}, EVB_VNTAG_LEN);
		frame_add(f, b, EVB_VNTAG_LEN);
		break;
	case NONE:
		break;
	}
}

static void frame_make(struct frame *f, const struct tag_case *is)
{
	memset(f, 0, sizeof(*f));
	frame_add(f, (__u8[]){2, 0, 0, 0, is->dst >> 8, is->dst}, 6);
	frame_add(f, (__u8[]){2, 0, 0, 0, is->src >> 8, is->src}, 6);
	for (int i = 0; i < TAGS_MAX; i++)
		tag_add(f, is->tags[i], is->id, is->tc == DATAPLANE_FROM_ABOVE);
	frame_add(f, (__u8[]){0x88, 0xb5}, 2);
	f->len += FRAME_LEN - EVB_ETH_HLEN;
}

/* ---- runs */

/* the outermost tag stands beside the frame */
static bool is_beside(const struct bench_case *c)
{
	return !c->xdp && (c->is->tags[0] == C || c->is->tags[0] == S);
}

static int empty_fd(const struct bench *b, const struct bench_case *c)
{
	return bpf_program__fd(c->xdp ? b->base->progs.base_xdp_empty : b->base->progs.base_empty);
}

/* what is to be run so that this program runs */
static int entry_fd(struct bench *b, const struct bench_case *c, int prog)
{
	__u32 zero = 0;

	if (!is_beside(c))
		return prog;
	if (bpf_map_update_elem(bpf_map__fd(b->base->maps.spin_tc_next), &zero, &prog, BPF_ANY))
		die(c->is->name, errno);
	return bpf_program__fd(b->base->progs.beside_tc);
}

static int by_size(const void *a, const void *b)
{
	return *(const int *)a - *(const int *)b;
}

/* mean of the middle half of single runs */
static double runs_take(struct bench *b, const struct bench_case *c, int prog, __u32 want)
{
	static int ns[RUNS_MAX];
	struct __sk_buff skb_ctx = {.ifindex = c->ifindex};
	struct xdp_md xdp_ctx = {.data_end = c->frame.len, .ingress_ifindex = c->ifindex};
	int fd = entry_fd(b, c, prog);
	double sum = 0;

	for (unsigned int i = 0; i < b->runs; i++) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = c->frame.bytes,
			    .data_size_in = c->frame.len);

		opts.ctx_in = c->xdp ? (void *)&xdp_ctx : (void *)&skb_ctx;
		opts.ctx_size_in = c->xdp ? sizeof(xdp_ctx) : sizeof(skb_ctx);
		if (bpf_prog_test_run_opts(fd, &opts))
			die(c->is->name, errno);
		if (opts.retval != want) {
			fprintf(stderr, "bench: %s: returned %u, not %u\n", c->is->name,
				opts.retval, want);
			exit(1);
		}
		ns[i] = opts.duration;
	}
	qsort(ns, b->runs, sizeof(*ns), by_size);
	for (unsigned int i = b->runs / 4; i < b->runs - b->runs / 4; i++)
		sum += ns[i];
	return sum / (b->runs - b->runs / 4 * 2);
}

static double case_run(struct bench *b, const struct bench_case *c)
{
	double ns = runs_take(b, c, c->prog, c->xdp ? XDP_REDIRECT : 7 /* TC_ACT_REDIRECT */);

	return ns - runs_take(b, c, empty_fd(b, c), c->xdp ? XDP_PASS : 0);
}

/* what the port got so far */
static struct evb_count target_count(const struct bench *b, const struct tag_case *is)
{
	const struct tables *tables = dataplane_tables(b->on[is->on].dp);
	const struct plan *plan = b->on[is->on].plan;
	struct evb_stats stats;

	for (unsigned int i = 0; i < plan->n_ports; i++)
		if (!strcmp(plan->ports[i].row.name, is->to) &&
		    !tables_stats(tables, plan->ports[i].number, &stats))
			return stats.out;
	die(is->to, ENOENT);
	return (struct evb_count){};
}

/* the port got every frame, as long as it should be */
static void case_check(struct bench *b, const struct bench_case *c)
{
	__u32 len = c->frame.len + c->is->grows;
	struct evb_count before = target_count(b, c->is), after;

	case_run(b, c);
	after = target_count(b, c->is);
	if (after.packets - before.packets == b->runs &&
	    after.bytes - before.bytes == (__u64)b->runs * len)
		return;
	fprintf(stderr, "bench: %s: %s got %llu frames of %llu bytes in all, not %u of %u\n",
		c->is->name, c->is->to, after.packets - before.packets, after.bytes - before.bytes,
		b->runs, len);
	exit(1);
}

static void case_add(struct bench *b, const struct tag_case *is, bool xdp)
{
	struct dataplane *dp = b->on[is->on].dp;
	struct bench_case *c = &b->cases[b->n++];

	c->is = is;
	c->xdp = xdp;
	c->ifindex = dev_get(b, is->dev);
	c->prog = xdp ? dataplane_xdp_fd(dp, is->xdp) : dataplane_tc_fd(dp, is->tc);
	if (c->prog < 0)
		exit(1); /* has been logged */
	frame_make(&c->frame, is);
	case_check(b, c);
}

static void cases_print(const struct bench *b, int rounds)
{
	for (unsigned int i = 0; i < b->n; i++) {
		const struct bench_case *c = &b->cases[i];
		char name[80];

		snprintf(name, sizeof(name), "tag %s %s", c->xdp ? "xdp" : "tc", c->is->name);
		figures_print(name, c->ns, rounds, !i);
	}
	printf("}\n");
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[1]) : 0, runs = argc > 2 ? atoi(argv[2]) : 0;
	struct bench *b = calloc(1, sizeof(*b));

	_Static_assert(N_CASES <= CASES_MAX, "too many cases");
	if (!b || rounds < 1 || rounds > ROUNDS_MAX || runs < 1 || runs > RUNS_MAX) {
		fprintf(stderr, "usage: tags ROUNDS RUNS\n");
		return 2;
	}
	log_init();
	if (unshare(CLONE_NEWNET))
		die("unshare", errno);
	if (nl_open(&b->nl))
		exit(1); /* has been logged */
	b->runs = runs;
	base_load(b);
	for (int i = 0; i < N_SWITCHES; i++)
		switch_open(b, i);
	for (unsigned int i = 0; i < N_CASES; i++) {
		case_add(b, &cases[i], false);
		if (cases[i].xdp)
			case_add(b, &cases[i], true);
	}
	for (int r = 0; r < rounds; r++)
		for (unsigned int i = 0; i < b->n; i++) {
			struct bench_case *c = &b->cases[(i + r) % b->n];

			c->ns[r] = case_run(b, c);
		}
	cases_print(b, rounds);
	for (int i = 0; i < N_SWITCHES; i++) {
		dataplane_close(b->on[i].dp);
		plan_free(b->on[i].plan);
		config_free(b->on[i].cfg);
	}
	base_bpf__destroy(b->base);
	nl_close(b->nl);
	free(b);
	return 0;
}
