// SPDX-License-Identifier: GPL-2.0-only
/*
 * progs.c - ns per run of the live programs by BPF_PROG_TEST_RUN, beside programs that do nothing
 * and programs that only redirect.
 *
 *	progs ROUNDS REPEAT
 *
 * Makes a network namespace of its own with three veth pairs, loads the programs as attach does
 * (EVB_MODE_LIVE, rows from a plan), fills in 4096 more addresses and prints
 * {"case": [ns of round 1, ns of round 2, ...], ...}. Cases take turns in every round.
 *
 * BPF_PROG_TEST_RUN repeats one frame, so a frame is chosen in which nothing has to be edited:
 * untagged between access ports of one VLAN, untagged from the wire to a port in no VLAN, tagged
 * from the wire to a port that keeps the tag. Cases "spin" run behind a wrapper that gives every
 * run the next of N addresses, spread over the ports, and calls the program under test.
 */
#include "evb_wire.h"
#include "progs.h"

#define VLAN 100
#define N_VFS 256
#define N_ACCESS 127 /* VFs 0..126: access VLAN; 127: the same, keeps the tag; others: no VLAN */
#define SPIN_ADDRS 4096
#define CASES_MAX 64

struct bench_case {
	const char *name;
	int fd;
	int spin_map; /* -1: not through the wrapper; else program array of the wrapper */
	__u32 mask;
	__u32 want; /* return code */
	bool xdp;
	int ifindex; /* that the frame comes from */
	const struct frame *frame;
	double ns[ROUNDS_MAX];
};

struct bench {
	struct devices dev;
	struct dataplane *dp;
	struct plan *plan;
	struct base_bpf *base;
	struct frame local, wire, tagged, spin_local, spin_wire;
	unsigned int n;
	struct bench_case cases[CASES_MAX];
};

static void vf_mac(__u8 mac[6], unsigned int id)
{
	memcpy(mac, (__u8[6]){0x02, 0, 0, 0, 0x01, id}, 6);
}

static void spin_mac(__u8 mac[6], unsigned int i)
{
	memcpy(mac, (__u8[6]){0x02, 0, 0, 0x07, i >> 8, i}, 6);
}

static void frame_make(struct frame *f, const __u8 dst[6], const __u8 src[6], bool tagged)
{
	static const __u8 tag[4] = {0x81, 0x00, 0, VLAN}, type[2] = {0x88, 0xb5};
	size_t off = 12;

	memset(f, 0, sizeof(*f));
	memcpy(f->bytes, dst, 6);
	memcpy(f->bytes + 6, src, 6);
	if (tagged) {
		memcpy(f->bytes + off, tag, sizeof(tag));
		off += sizeof(tag);
	}
	memcpy(f->bytes + off, type, sizeof(type));
	f->len = FRAME_LEN + (tagged ? EVB_TAG_LEN : 0);
}

static void frames_make(struct bench *b)
{
	static const __u8 far[6] = {0x02, 0, 0, 0, 0, 0x99};
	__u8 vf[6], peer[6], keeps[6], plain[6], first[6];

	vf_mac(vf, 0);
	vf_mac(peer, 1);
	vf_mac(keeps, N_ACCESS);
	vf_mac(plain, N_ACCESS + 1);
	spin_mac(first, 0);
	frame_make(&b->local, peer, vf, false);
	frame_make(&b->wire, plain, far, false);
	frame_make(&b->tagged, keeps, far, true);
	frame_make(&b->spin_local, first, vf, false);
	frame_make(&b->spin_wire, first, far, false);
}

static void vf_config(struct config_vf *vf, unsigned int id)
{
	vf->id = id;
	vf->number = EVB_PORT_VF(id);
	snprintf(vf->port.name, sizeof(vf->port.name), "vf%u", id);
	vf->port.n_macs = 1;
	vf_mac(vf->port.mac[0], id);
	vf->port.proto = EVB_TPID_C;
	vf->port.vlan = id <= N_ACCESS ? VLAN : 0;
	vf->port.untagged = !vf->port.vlan;
	vf->port.strip = id != N_ACCESS;
	vf->port.spoofchk = true;
}

/* VF 0 is on the device "from", all others are on "to": which of them is tells the address alone */
static void plan_make(struct bench *b)
{
	struct config_vf *vfs = calloc(N_VFS, sizeof(*vfs));
	struct plan_host *host = calloc(1, sizeof(*host));
	struct config cfg = {.name = "bench", .n_vfs = N_VFS, .vfs = vfs};
	int err;

	if (!vfs || !host)
		die("plan", ENOMEM);
	cfg.pf.proto = EVB_TPID_C;
	cfg.pf.trunk_all = cfg.pf.has_trunk = cfg.pf.untagged = true;
	host->uplink =
		(struct plan_dev){.ifindex = b->dev.up, .mtu = 1500, .mac = {2, 0, 0, 0, 0, 1}};
	for (unsigned int i = 0; i < N_VFS; i++) {
		vf_config(&vfs[i], i);
		host->vfs[i] = (struct plan_dev){.ifindex = b->dev.to,
						 .mtu = 1500,
						 .peer = true,
						 .kind = EVB_KIND_VETH,
						 .xdp = true};
	}
	host->vfs[0].ifindex = b->dev.from;
	err = plan_build(&cfg, host, &b->plan);
	if (err)
		die("plan", err);
	free(host);
	free(vfs);
}

/* as the loader would: into the FDB, and into its direct-mapped copy where the slot is free */
static void address_add(const struct tables *tables, const struct evb_fdb_key *key, __u32 port)
{
	struct evb_near near = {.word = evb_near_word(key, port)}, there;
	struct evb_fdb_val val = {.port = port};
	__u32 slot = evb_near_slot(key);

	if (table_put(tables, TABLE_FDB, key, &val))
		exit(1); /* has been logged */
	if (!table_get(tables, TABLE_FDB_NEAR, &slot, &there) && !there.word &&
	    table_put(tables, TABLE_FDB_NEAR, &slot, &near))
		exit(1);
}

static void addresses_add(struct bench *b, unsigned int first, unsigned int n)
{
	struct evb_fdb_key key = {.fid = plan_port_get(b->plan, EVB_PORT_VF(first))->fid};

	for (unsigned int i = 0; i < SPIN_ADDRS; i++) {
		spin_mac(key.mac, i);
		address_add(dataplane_tables(b->dp), &key, EVB_PORT_VF(first + i % n));
	}
}

static void base_load(struct bench *b)
{
	struct bpf_devmap_val val = {.ifindex = b->dev.to};
	struct bpf_program *prog;
	__u32 zero = 0;
	int err;

	b->base = base_bpf__open();
	if (!b->base)
		die("base programs", errno);
	bpf_object__for_each_program(prog, b->base->obj)
		bpf_program__set_autoload(prog, true);
	b->base->rodata->base_target = b->dev.to;
	err = base_bpf__load(b->base);
	if (err)
		die("base programs", err);
	if (bpf_map_update_elem(bpf_map__fd(b->base->maps.base_tx), &zero, &val, BPF_ANY))
		die("base_tx", errno);
}

static struct bench_case *case_add(struct bench *b, const char *name, int fd,
				   const struct frame *frame, __u32 want)
{
	struct bench_case *c = &b->cases[b->n++];

	if (fd < 0 || b->n > CASES_MAX)
		die(name, EINVAL);
	*c = (struct bench_case){.name = name,
				 .fd = fd,
				 .spin_map = -1,
				 .want = want,
				 .ifindex = b->dev.from,
				 .frame = frame};
	if (frame == &b->wire || frame == &b->tagged || frame == &b->spin_wire)
		c->ifindex = b->dev.up;
	return c;
}

static void tc_add(struct bench *b, const char *name, int fd, const struct frame *frame, int want)
{
	case_add(b, name, fd, frame, want);
}

static void xdp_add(struct bench *b, const char *name, int fd, const struct frame *frame, int want)
{
	case_add(b, name, fd, frame, want)->xdp = true;
}

static void spin_add(struct bench *b, const char *name, int fd, bool xdp, const struct frame *frame,
		     int want, unsigned int addrs)
{
	struct bench_case *c = case_add(b, name, fd, frame, want);

	c->xdp = xdp;
	c->mask = addrs - 1;
	c->spin_map = bpf_map__fd(xdp ? b->base->maps.spin_xdp_next : b->base->maps.spin_tc_next);
}

static void cases_tc(struct bench *b)
{
	int empty = bpf_program__fd(b->base->progs.base_empty);
	int redirect = bpf_program__fd(b->base->progs.base_redirect);
	int peer = bpf_program__fd(b->base->progs.base_peer);
	int vf = dataplane_tc_fd(b->dp, DATAPLANE_FROM_VF);
	int wire = dataplane_tc_fd(b->dp, DATAPLANE_FROM_WIRE);
	int pf = dataplane_tc_fd(b->dp, DATAPLANE_FROM_PF);

	tc_add(b, "tc empty", empty, &b->local, 0);
	tc_add(b, "tc redirect", redirect, &b->local, 7);
	tc_add(b, "tc redirect_peer", peer, &b->local, 7);
	tc_add(b, "tc vf", vf, &b->local, 7);
	tc_add(b, "tc wire", wire, &b->wire, 7);
	tc_add(b, "tc wire tagged", wire, &b->tagged, 7);
	tc_add(b, "tc pf", pf, &b->wire, 7);
	spin_add(b, "tc spin empty", empty, false, &b->spin_local, 0, SPIN_ADDRS);
	spin_add(b, "tc spin redirect_peer", peer, false, &b->spin_local, 7, SPIN_ADDRS);
	spin_add(b, "tc spin vf 1", vf, false, &b->spin_local, 7, 1);
	spin_add(b, "tc spin vf 256", vf, false, &b->spin_local, 7, 256);
	spin_add(b, "tc spin vf 4096", vf, false, &b->spin_local, 7, SPIN_ADDRS);
	spin_add(b, "tc spin wire 1", wire, false, &b->spin_wire, 7, 1);
	spin_add(b, "tc spin wire 256", wire, false, &b->spin_wire, 7, 256);
	spin_add(b, "tc spin wire 4096", wire, false, &b->spin_wire, 7, SPIN_ADDRS);
}

static void cases_xdp(struct bench *b)
{
	int empty = bpf_program__fd(b->base->progs.base_xdp_empty);
	int map = bpf_program__fd(b->base->progs.base_xdp_map);
	int wire = dataplane_xdp_fd(b->dp, DATAPLANE_XDP_WIRE);
	int vf = dataplane_xdp_fd(b->dp, DATAPLANE_XDP_VF);

	xdp_add(b, "xdp empty", empty, &b->wire, 2);
	xdp_add(b, "xdp redirect_map", map, &b->wire, 4);
	xdp_add(b, "xdp wire", wire, &b->wire, 4);
	xdp_add(b, "xdp wire tagged", wire, &b->tagged, 4);
	xdp_add(b, "xdp vf", vf, &b->local, 4);
	spin_add(b, "xdp spin empty", empty, true, &b->spin_wire, 2, SPIN_ADDRS);
	spin_add(b, "xdp spin redirect_map", map, true, &b->spin_wire, 4, SPIN_ADDRS);
	spin_add(b, "xdp spin wire 1", wire, true, &b->spin_wire, 4, 1);
	spin_add(b, "xdp spin wire 256", wire, true, &b->spin_wire, 4, 256);
	spin_add(b, "xdp spin wire 4096", wire, true, &b->spin_wire, 4, SPIN_ADDRS);
}

static int case_enter(struct bench *b, const struct bench_case *c)
{
	__u32 zero = 0;

	if (c->spin_map < 0)
		return c->fd;
	b->base->bss->spin_mask = c->mask;
	b->base->bss->spin_at = 0;
	if (bpf_map_update_elem(c->spin_map, &zero, &c->fd, BPF_ANY))
		die(c->name, errno);
	return bpf_program__fd(c->xdp ? b->base->progs.spin_xdp : b->base->progs.spin_tc);
}

static double case_run(struct bench *b, const struct bench_case *c, int repeat)
{
	return prog_run(c->name, case_enter(b, c), c->xdp, c->ifindex, c->frame, repeat, c->want);
}

/* the frames were those of the port that they were meant for */
static void ports_check(const struct bench *b)
{
	static const __u32 ports[] = {EVB_PORT_UPLINK, EVB_PORT_PF, EVB_PORT_VF(0)};
	struct evb_stats stats;

	for (unsigned int i = 0; i < sizeof(ports) / sizeof(*ports); i++)
		if (tables_stats(dataplane_tables(b->dp), ports[i], &stats) || !stats.in.packets ||
		    stats.in.dropped) {
			fprintf(stderr, "progs: port %u did not take its frames\n", ports[i]);
			exit(1);
		}
}

int main(int argc, char **argv)
{
	int rounds = argc > 2 ? atoi(argv[1]) : 0, repeat = argc > 2 ? atoi(argv[2]) : 0;
	struct bench *b = calloc(1, sizeof(*b));

	if (!b || rounds < 1 || rounds > ROUNDS_MAX || repeat < 1) {
		fprintf(stderr, "usage: progs ROUNDS REPEAT\n");
		return 2;
	}
	log_init();
	devices_make(&b->dev);
	frames_make(b);
	plan_make(b);
	b->dp = switch_load(b->plan);
	addresses_add(b, 1, N_ACCESS - 1);
	addresses_add(b, N_ACCESS + 1, N_VFS - N_ACCESS - 1);
	base_load(b);
	cases_tc(b);
	cases_xdp(b);
	for (unsigned int i = 0; i < b->n; i++)
		case_run(b, &b->cases[i], repeat / 10 + 1); /* warm up */
	ports_check(b);
	for (int r = 0; r < rounds; r++)
		for (unsigned int i = 0; i < b->n; i++) {
			struct bench_case *c = &b->cases[(i + r) % b->n];

			c->ns[r] = case_run(b, c, repeat);
		}
	for (unsigned int i = 0; i < b->n; i++)
		figures_print(b->cases[i].name, b->cases[i].ns, rounds, !i);
	printf("}\n");
	base_bpf__destroy(b->base);
	dataplane_close(b->dp);
	plan_free(b->plan);
	free(b);
	return 0;
}
