// SPDX-License-Identifier: GPL-2.0-only
/*
 * policies.c - ns per run of the VF program with each policy alone and with all of them, by
 * BPF_PROG_TEST_RUN.
 *
 *	policies ROUNDS REPEAT
 *
 * Each case is a switch of its own, made from a configuration as attach does it: VF 0 sends, VF 1
 * receives, all are in VLAN 100. Which keys VF 0, VF 1 and VF 2 have is in cases[] below. Cases
 * "every" have all policies on every VF, and no VLAN: a frame goes to the wire, or comes from it to
 * one VF after the other. Prints {"case": [ns of round 1, ns of round 2, ...], ...}. Cases take turns
 * in every round.
 */
#include "progs.h"

#define KEYS_MAX 400
#define CASES_MAX 40
#define N_VFS 4

/* what VF 0 sends, to VF 1 unless the comment says otherwise */
enum what {
	PLAIN = 0,   /* EtherType 0x88b5 */
	UDP,	     /* 10.0.0.1 -> 10.0.0.2, port 9 */
	TCP,	     /* the same */
	UDP6,	     /* fd00::1 -> fd00::2, port 9 */
	PLAIN_AWAY,  /* 0x88b5 to an address that nobody here has */
	PLAIN_FIFTH, /* 0x88b5 from the port's fifth address */
	PLAIN_SPOOF, /* 0x88b5 from somebody else's address */
	UDP_AWAY,    /* UDP to an address that nobody here has */
	UDP_WIRE,    /* UDP from the wire, to each VF in turn */
};

struct policy_case {
	const char *name;
	enum what what;
	const char *vf[3];  /* keys of VF 0, 1, 2, each with a comma in front */
	unsigned int rules; /* of the acl "a" */
	bool last_matches;
	unsigned int vfs;    /* 0: N_VFS */
	unsigned int slower; /* runs it that many times less often */
	__u32 want;	     /* return code; 0: TC_ACT_REDIRECT */
	bool metered;	     /* some meter of VF 0 or 1 must have moved */
	const char *every;   /* keys of every VF, in place of vf[] */
};

#define MACS                                                                            \
	", mac: [\"02:00:00:00:01:00\", \"02:00:00:00:02:01\", \"02:00:00:00:02:02\", " \
	"\"02:00:00:00:02:03\", \"02:00:00:00:02:04\"]"
#define GUARD4 ", guard: {ipv4: [10.0.0.1]}"
#define GUARD6 ", guard: {ipv6: [\"fd00::1\"]}"
#define TX_RATE ", max_tx_rate: 1000000"
#define RX_RATE ", max_rx_rate: 1000000"
#define STORM ", storm: {broadcast: 1000000000, multicast: 1000000000, unknown: 1000000000}"
#define ALL MACS GUARD4 TX_RATE STORM ", dscp: on, acl: a"
#define PROMISC ", trust: on, promisc: on"
#define EVERY GUARD4 TX_RATE RX_RATE STORM ", acl: a, vlan: 0"

/* clang-format off */
static const struct policy_case cases[] = {
	{.name = "none", .what = PLAIN},
	{.name = "none, udp", .what = UDP},
	{.name = "none, away", .what = PLAIN_AWAY, .vf = {", vlan: 0"}},
	{.name = "macs", .what = PLAIN_FIFTH, .vf = {MACS}},
	{.name = "guard ipv4", .what = UDP, .vf = {GUARD4}},
	{.name = "guard ipv6", .what = UDP6, .vf = {GUARD6}},
	{.name = "acl 1 last", .what = UDP, .vf = {", acl: a"}, .rules = 1, .last_matches = true},
	{.name = "acl 16 last", .what = UDP, .vf = {", acl: a"}, .rules = 16, .last_matches = true},
	{.name = "acl 256 last", .what = UDP, .vf = {", acl: a"}, .rules = 256, .last_matches = true,
	 .slower = 10},
	{.name = "acl 1 none", .what = UDP, .vf = {", acl: a"}, .rules = 1},
	{.name = "acl 16 none", .what = UDP, .vf = {", acl: a"}, .rules = 16},
	{.name = "acl 256 none", .what = UDP, .vf = {", acl: a"}, .rules = 256, .slower = 10},
	{.name = "tx rate, udp", .what = UDP, .vf = {TX_RATE}, .metered = true},
	{.name = "tx rate, tcp", .what = TCP, .vf = {TX_RATE}, .metered = true},
	{.name = "rx rate, udp", .what = UDP, .vf = {"", RX_RATE}, .metered = true},
	{.name = "storm", .what = PLAIN, .vf = {STORM}},
	{.name = "storm, away", .what = PLAIN_AWAY, .vf = {", vlan: 0" STORM}, .metered = true},
	{.name = "dscp", .what = UDP, .vf = {", dscp: on"}},
	{.name = "all", .what = UDP, .vf = {ALL}, .rules = 16, .last_matches = true, .metered = true},
	{.name = "all, both", .what = UDP, .vf = {ALL, RX_RATE ", acl: a"}, .rules = 16,
	 .last_matches = true, .metered = true},
	{.name = "promisc elsewhere 4", .what = PLAIN, .vf = {"", "", PROMISC ", vlan: 200"}},
	{.name = "promisc elsewhere 256", .what = PLAIN, .vf = {"", "", PROMISC ", vlan: 200"}, .vfs = 256,
	 .slower = 10},
	{.name = "promisc here", .what = PLAIN, .vf = {"", "", PROMISC}, .slower = 5},
	{.name = "every, up 1", .what = UDP_AWAY, .every = EVERY, .vfs = 1, .rules = 16,
	 .last_matches = true, .metered = true},
	{.name = "every, up 256", .what = UDP_AWAY, .every = EVERY, .vfs = 256, .rules = 16,
	 .last_matches = true, .metered = true},
	{.name = "every, down 1", .what = UDP_WIRE, .every = EVERY, .vfs = 1, .rules = 16,
	 .last_matches = true, .metered = true},
	{.name = "every, down 256", .what = UDP_WIRE, .every = EVERY, .vfs = 256, .rules = 16,
	 .last_matches = true, .metered = true},
	{.name = "spoofed", .what = PLAIN_SPOOF, .want = 2},
};
/* clang-format on */
#define N_CASES (sizeof(cases) / sizeof(*cases))

struct bench_case {
	const struct policy_case *is;
	struct config *cfg;
	struct plan *plan;
	struct dataplane *dp;
	struct frame frame;
	double ns[ROUNDS_MAX];
};

struct bench {
	struct devices dev;
	struct base_bpf *base;
	struct frame plain;
	struct bench_case cases[CASES_MAX];
};

/* ---- frames */

static void udp_make(__u8 *ip, __u8 proto)
{
	static const __u8 head[20] = {0x45, 0, 0,  46, 0, 1, 0,	 0, 64, 0,
				      0,    0, 10, 0,  0, 1, 10, 0, 0,	2};

	memcpy(ip, head, sizeof(head));
	ip[9] = proto;
	memcpy(ip + 20, (__u8[8]){0x13, 0x88, 0, 9, 0, 26}, 8);
}

static void udp6_make(__u8 *ip)
{
	static const __u8 head[40] = {0x60, 0, 0, 0, 0, 10, 17, 64, 0xfd, [23] = 1, 0xfd, [39] = 2};

	memcpy(ip, head, sizeof(head));
	memcpy(ip + 40, (__u8[8]){0x13, 0x88, 0, 9, 0, 10}, 8);
}

static void frame_make(struct frame *f, enum what what)
{
	static const __u8 head[14] = {2, 0, 0, 0, 1, 1, 2, 0, 0, 0, 1, 0, 0x88, 0xb5};

	memset(f, 0, sizeof(*f));
	memcpy(f->bytes, head, sizeof(head));
	f->len = what == UDP6 ? 64 : FRAME_LEN;
	if (what == UDP || what == TCP || what == UDP_AWAY || what == UDP_WIRE) {
		memcpy(f->bytes + 12, (__u8[2]){0x08, 0x00}, 2);
		udp_make(f->bytes + 14, what == TCP ? 6 : 17);
	} else if (what == UDP6) {
		memcpy(f->bytes + 12, (__u8[2]){0x86, 0xdd}, 2);
		udp6_make(f->bytes + 14);
	}
	if (what == PLAIN_AWAY || what == UDP_AWAY) {
		f->bytes[5] = 0x99;
		f->bytes[4] = 0x07;
	} else if (what == UDP_WIRE) {
		f->bytes[10] = 0x07;
	} else if (what == PLAIN_FIFTH) {
		memcpy(f->bytes + 6, (__u8[6]){2, 0, 0, 0, 2, 4}, 6);
	} else if (what == PLAIN_SPOOF) {
		f->bytes[11] = 0x77;
	}
}

/* ---- switches */

/* rules that the frame meets all tests of and does not match; perhaps a last one that it does */
static void acl_write(FILE *out, const struct policy_case *is)
{
	fprintf(out, "acls:\n  a:\n");
	for (unsigned int i = 0; i < is->rules; i++) {
		bool matches = is->last_matches && i == is->rules - 1;

		fprintf(out,
			"    - {proto: udp, src: 10.0.0.0/24, dst: 10.0.0.0/24, dport: %u, action: "
			"%s}\n",
			matches ? 9 : 1000 + i, matches ? "permit" : "deny");
	}
}

/* keys may bring addresses and a VLAN of their own; the wrapper writes the last two bytes */
static void vf_write(FILE *out, const struct policy_case *is, unsigned int id)
{
	const char *keys = id < 3 && is->vf[id] ? is->vf[id] : is->every ?: "";

	fprintf(out, "  - {id: %u, dev: vf%u%s", id, id, keys);
	if (!strstr(keys, "mac:"))
		fprintf(out, ", mac: \"02:00:00:00:%02x:%02x\"", is->what != UDP_WIRE, id);
	if (!strstr(keys, "vlan:"))
		fprintf(out, ", vlan: 100");
	fprintf(out, "}\n");
}

static void config_make(struct bench_case *c)
{
	const struct policy_case *is = c->is;
	unsigned int vfs = is->vfs ?: N_VFS;
	struct config_error error;
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		die(is->name, errno);
	fprintf(out, "version: 1\nswitch: bench\nuplink: {dev: up}\n");
	if (is->rules)
		acl_write(out, is);
	fprintf(out, "vfs:\n");
	for (unsigned int i = 0; i < vfs; i++)
		vf_write(out, is, i);
	fclose(out);
	if (config_parse(is->name, text, len, &c->cfg, &error)) {
		fprintf(stderr, "bench: %s:%u: %s\n%s", is->name, error.pos.line, error.text, text);
		exit(1);
	}
	free(text);
}

static void case_open(struct bench *b, struct bench_case *c, const struct policy_case *is)
{
	struct plan_host *host = calloc(1, sizeof(*host));

	if (!host)
		die(is->name, ENOMEM);
	c->is = is;
	frame_make(&c->frame, is->what);
	config_make(c);
	host->uplink =
		(struct plan_dev){.ifindex = b->dev.up, .mtu = 1500, .mac = {2, 0, 0, 0, 9, 1}};
	for (unsigned int i = 0; i < c->cfg->n_vfs; i++)
		host->vfs[i] = (struct plan_dev){.ifindex = i ? b->dev.to : b->dev.from,
						 .mtu = 1500,
						 .peer = true,
						 .kind = EVB_KIND_VETH};
	if (plan_build(c->cfg, host, &c->plan))
		exit(1); /* has been logged */
	c->dp = switch_load(c->plan);
	free(host);
}

static void base_load(struct bench *b)
{
	b->base = base_bpf__open();
	if (!b->base)
		die("base programs", errno);
	bpf_program__set_autoload(b->base->progs.base_empty, true);
	bpf_program__set_autoload(b->base->progs.base_peer, true);
	bpf_program__set_autoload(b->base->progs.spin_tc, true);
	b->base->rodata->base_target = b->dev.to;
	if (base_bpf__load(b->base))
		die("base programs", errno);
}

/* ---- the policy did what its name says */

static void wrong(const struct bench_case *c, const char *what)
{
	fprintf(stderr, "bench: %s: %s\n", c->is->name, what);
	exit(1);
}

/* frames that met the last rule, on all CPUs; a list is one of frames from ports and one to them */
static bool rule_hit(const struct bench_case *c)
{
	struct evb_hits_key key = {.acl = c->plan->acls[c->is->what == UDP_WIRE].number,
				   .rule = c->is->rules - 1};
	__u64 hits[1024] = {}, sum = 0;

	if (table_get(dataplane_tables(c->dp), TABLE_ACL_HITS, &key, hits))
		wrong(c, "has no row for the hits of a rule");
	for (int i = 0; i < libbpf_num_possible_cpus(); i++)
		sum += hits[i];
	return sum > 0;
}

static bool meter_moved(const struct bench_case *c)
{
	struct evb_meter meter;

	for (__u32 vf = 0; vf < 2; vf++)
		for (__u32 class = 0; class < EVB_METERS; class ++) {
			__u32 key = EVB_PORT_VF(vf) * EVB_METERS + class;

			if (!table_get(dataplane_tables(c->dp), TABLE_METERS, &key, &meter) &&
			    meter.due)
				return true;
		}
	return false;
}

static void case_check(const struct bench_case *c)
{
	const struct policy_case *is = c->is;
	__u32 from = is->what == UDP_WIRE ? EVB_PORT_UPLINK : EVB_PORT_VF(0);
	struct evb_stats stats;

	if (tables_stats(dataplane_tables(c->dp), from, &stats))
		wrong(c, "has no counters");
	if (is->want ? !stats.drops[EVB_DROP_SPOOF_MAC] : !stats.in.packets || stats.in.dropped)
		wrong(c, "the frames were not counted as they should");
	if (is->rules && rule_hit(c) != is->last_matches)
		wrong(c, "the last rule has not the hits that it should");
	if (meter_moved(c) != is->metered)
		wrong(c, "the meters have not moved as they should");
}

/* ---- rounds */

/* behind the wrapper that gives every run the next of so many addresses */
static double spin_run(struct bench *b, const char *name, int fd, unsigned int n, __u32 want,
		       const struct frame *frame, int repeat)
{
	__u32 zero = 0;

	b->base->bss->spin_mask = n - 1;
	b->base->bss->spin_at = 0;
	if (bpf_map_update_elem(bpf_map__fd(b->base->maps.spin_tc_next), &zero, &fd, BPF_ANY))
		die(name, errno);
	return prog_run(name, bpf_program__fd(b->base->progs.spin_tc), false, b->dev.up, frame,
			repeat, want);
}

static double case_run(struct bench *b, const struct bench_case *c, int repeat)
{
	const struct policy_case *is = c->is;

	if (is->what == UDP_WIRE)
		return spin_run(b, is->name, dataplane_tc_fd(c->dp, DATAPLANE_FROM_WIRE), is->vfs,
				7, &c->frame, repeat);
	return prog_run(is->name, dataplane_tc_fd(c->dp, DATAPLANE_FROM_VF), false, b->dev.from,
			&c->frame, repeat / (is->slower ?: 1) + 1, is->want ?: 7);
}

static double base_run(struct bench *b, bool peer, int repeat)
{
	int empty = bpf_program__fd(b->base->progs.base_empty);
	int redirect = bpf_program__fd(b->base->progs.base_peer);

	return prog_run(peer ? "redirect_peer" : "empty", peer ? redirect : empty, false,
			b->dev.from, &b->plain, repeat, peer ? 7 : 0);
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[1]) : 0, repeat = argc > 2 ? atoi(argv[2]) : 0;
	static double empty[ROUNDS_MAX], peer[ROUNDS_MAX], spin[ROUNDS_MAX];
	struct bench *b = calloc(1, sizeof(*b));

	_Static_assert(N_CASES <= CASES_MAX, "too many cases");
	if (!b || rounds < 1 || rounds > ROUNDS_MAX || repeat < 1) {
		fprintf(stderr, "usage: policies ROUNDS REPEAT\n");
		return 2;
	}
	log_init();
	devices_make(&b->dev);
	base_load(b);
	frame_make(&b->plain, PLAIN);
	for (unsigned int i = 0; i < N_CASES; i++) {
		case_open(b, &b->cases[i], &cases[i]);
		case_run(b, &b->cases[i], repeat / 10 + 1); /* warm up */
		case_check(&b->cases[i]);
	}
	for (int r = 0; r < rounds; r++) {
		empty[r] = base_run(b, false, repeat);
		peer[r] = base_run(b, true, repeat);
		spin[r] = spin_run(b, "spin", bpf_program__fd(b->base->progs.base_empty), 256, 0,
				   &b->plain, repeat);
		for (unsigned int i = 0; i < N_CASES; i++) {
			struct bench_case *c = &b->cases[(i + r) % N_CASES];

			c->ns[r] = case_run(b, c, repeat);
		}
	}
	figures_print("policy empty", empty, rounds, true);
	figures_print("policy redirect_peer", peer, rounds, false);
	figures_print("policy spin empty", spin, rounds, false);
	for (unsigned int i = 0; i < N_CASES; i++) {
		char name[80];

		snprintf(name, sizeof(name), "policy %s", cases[i].name);
		figures_print(name, b->cases[i].ns, rounds, false);
	}
	printf("}\n");
	for (unsigned int i = 0; i < N_CASES; i++) {
		dataplane_close(b->cases[i].dp);
		plan_free(b->cases[i].plan);
		config_free(b->cases[i].cfg);
	}
	base_bpf__destroy(b->base);
	free(b);
	return 0;
}
