/* SPDX-License-Identifier: GPL-2.0-only */
/* harness.c - a switch of its own, frames through its programs, tables of cases as cmocka tests. */
#include "harness.h"

#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "config.h"
#include "dataplane.h"
#include "evb_wire.h"
#include "log.h"
#include "meta.skel.h"
#include "nl.h"
#include "rows.h"
#include "tables.h"

#define LAB_MTU 1500

/* words of skb->cb: meta.bpf.c */
enum { CB_PROG, CB_TC_INDEX, CB_TAGS, CB_TAG };

struct lab {
	struct config *cfg;
	struct plan *plan;
	struct plan_host host;
	struct dataplane *dp;
	const struct tables *tables;
	struct meta_bpf *meta;
	unsigned int n_ports;
	struct lab_port ports[LAB_PORTS_MAX];
};

static const uint8_t pf_mac[6] = {0x02, 0, 0, 0, 0x0f, 0};

/* ---- making a lab */

/* once for the process: its own mounts and bpffs; each time: its own network */
static int namespaces_enter(void)
{
	static bool mounted;

	if (unshare(CLONE_NEWNET | (mounted ? 0 : CLONE_NEWNS)))
		return log_err_r(-errno, "unshare: %s (the prog tests need root)",
				 log_errno(errno));
	if (mounted)
		return 0;
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL))
		return log_err_r(-errno, "mount: %s", log_errno(errno));
	mounted = true;
	return 0;
}

static int device_make(struct nl *nl, const char *name, unsigned int mtu, struct plan_dev *dev)
{
	char peer[IFNAMSIZ];
	struct nl_veth veth = {
		.name = name, .mtu = mtu, .peer_name = peer, .peer_netns = -1, .up = true};
	int ifindex, err;

	snprintf(peer, sizeof(peer), "peer-%.9s", name);
	err = nl_veth_create(nl, &veth, &ifindex);
	if (err)
		return err;
	dev->ifindex = ifindex;
	dev->mtu = mtu;
	return 0;
}

/* ports of one device are alike; "d7" has dev7 at its far end */
static int ports_make(struct lab *lab, struct nl *nl, const struct lab_setup *setup)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < lab->cfg->n_vfs; i++) {
		const struct config_vf *port = &lab->cfg->vfs[i];
		struct plan_dev *dev = &lab->host.vfs[i];
		unsigned int first = 0;
		char far[24];

		while (strcmp(lab->cfg->vfs[first].dev, port->dev))
			first++;
		*dev = lab->host.vfs[first];
		if (first != i)
			continue;
		err = device_make(nl, port->dev, setup->mtu[i % 32] ?: LAB_MTU, dev);
		dev->xdp = port->hook == CONFIG_HOOK_XDP;
		dev->peer = !dev->xdp;
		snprintf(far, sizeof(far), "dev%s", port->dev + 1);
		lab_mac(far, dev->mac);
	}
	return err;
}

static int devices_make(struct lab *lab, struct nl *nl, const struct lab_setup *setup)
{
	int err;

	if (config_is_bridge(lab->cfg))
		return ports_make(lab, nl, setup);
	err = device_make(nl, lab->cfg->uplink, setup->uplink_mtu ?: LAB_MTU, &lab->host.uplink);
	memcpy(lab->host.uplink.mac, pf_mac, sizeof(pf_mac));
	lab->host.uplink.no_link = setup->uplink_no_link;
	for (unsigned int i = 0; !err && i < lab->cfg->n_vfs; i++) {
		const struct config_vf *vf = &lab->cfg->vfs[i];
		struct plan_dev *dev = &lab->host.vfs[i];

		err = device_make(nl, vf->dev, setup->mtu[vf->id % 32] ?: LAB_MTU, dev);
		dev->xdp = vf->hook == CONFIG_HOOK_XDP;
		dev->peer = !dev->xdp && vf->kind == CONFIG_KIND_AUTO;
	}
	return err;
}

static int config_make(struct lab *lab, const char *yaml)
{
	struct config_error error;
	char text[1024];
	int err = config_parse("lab", yaml, strlen(yaml), &lab->cfg, &error);

	if (err)
		log_err("%s", config_error_format(&error, "lab", text, sizeof(text)));
	return err;
}

static void ports_list(struct lab *lab)
{
	for (unsigned int i = 0; i < lab->plan->n_ports && i < LAB_PORTS_MAX; i++) {
		struct lab_port *port = &lab->ports[lab->n_ports++];

		port->number = lab->plan->ports[i].number;
		port->row = &lab->plan->ports[i].row;
		port->name = port->row->name;
	}
}

static bool has_macvtap(const struct lab *lab)
{
	for (unsigned int i = 0; i < lab->n_ports; i++)
		if (lab->ports[i].row->kind == EVB_KIND_MACVTAP)
			return true;
	return false;
}

static int meta_open(struct lab *lab)
{
	int err, map;

	lab->meta = meta_bpf__open_and_load();
	err = lab->meta ? meta_bpf__attach(lab->meta) : -errno;
	if (err)
		return log_err_r(err, "meta.bpf.c: %s: %s", log_errno(err), log_load_reason());
	map = bpf_map__fd(lab->meta->maps.meta_targets);
	for (__u32 prog = DATAPLANE_FROM_VF; prog <= DATAPLANE_FROM_PORT; prog++) {
		int fd;

		if ((prog == DATAPLANE_FROM_MACVTAP && !has_macvtap(lab)) ||
		    lab_is_bridge(lab) != (prog == DATAPLANE_FROM_PORT))
			continue;
		fd = dataplane_tc_fd(lab->dp, prog);
		if (fd < 0 || bpf_map_update_elem(map, &prog, &fd, BPF_ANY))
			return log_err_r(-EINVAL, "cannot tail-call program %u", prog);
	}
	return 0;
}

/* the tables become what the plan says */
static int rows_make(struct lab *lab)
{
	struct rows rows;
	int err = rows_diff(lab->tables, lab->plan, &rows);

	if (!err)
		err = rows_write(lab->tables, &rows);
	if (!err)
		err = rows_clean(lab->tables, &rows);
	rows_free(&rows);
	return err;
}

static int lab_build(struct lab *lab, const struct lab_setup *setup)
{
	struct nl *nl = NULL;
	int err = namespaces_enter();

	if (!err)
		err = config_make(lab, setup->yaml);
	if (!err)
		err = nl_open(&nl);
	if (!err)
		err = devices_make(lab, nl, setup);
	nl_close(nl);
	if (!err)
		err = plan_build(lab->cfg, &lab->host, &lab->plan);
	if (!err)
		err = dataplane_open(EVB_MODE_TEST, &lab->dp);
	if (err)
		return err;
	lab->tables = dataplane_tables(lab->dp);
	ports_list(lab);
	err = rows_make(lab);
	return err ? err : meta_open(lab);
}

int lab_open(const struct lab_setup *setup, struct lab **out)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	int err;

	if (!lab)
		return -ENOMEM;
	log_init();
	err = lab_build(lab, setup);
	if (err) {
		lab_close(lab);
		return err;
	}
	*out = lab;
	return 0;
}

int lab_change(struct lab *lab, const char *yaml)
{
	struct config *cfg = lab->cfg;
	struct plan *plan = lab->plan;
	int err = config_make(lab, yaml);

	if (err)
		return err;
	err = plan_build(lab->cfg, &lab->host, &lab->plan);
	if (err) {
		config_free(lab->cfg);
		lab->cfg = cfg;
		return err;
	}
	config_free(cfg);
	plan_free(plan);
	lab->n_ports = 0;
	ports_list(lab);
	return rows_make(lab);
}

void lab_close(struct lab *lab)
{
	if (!lab)
		return;
	meta_bpf__destroy(lab->meta);
	dataplane_close(lab->dp);
	plan_free(lab->plan);
	config_free(lab->cfg);
	free(lab);
}

const struct lab_port *lab_ports(const struct lab *lab, unsigned int *n)
{
	*n = lab->n_ports;
	return lab->ports;
}

const struct lab_port *lab_port(const struct lab *lab, const char *name)
{
	for (unsigned int i = 0; i < lab->n_ports; i++)
		if (!strcmp(lab->ports[i].name, name))
			return &lab->ports[i];
	return NULL;
}

const struct tables *lab_tables(const struct lab *lab)
{
	return lab->tables;
}

const struct plan *lab_plan(const struct lab *lab)
{
	return lab->plan;
}

bool lab_is_bridge(const struct lab *lab)
{
	return config_is_bridge(lab->cfg);
}

int lab_flush(struct lab *lab, const char *port)
{
	return dataplane_flush(lab->dp, port ? lab_port(lab, port)->number : EVB_PORT_NONE);
}

int lab_clock_start(struct lab *lab)
{
	return dataplane_clock_start(lab->dp);
}

/* ---- running a frame */

const char *lab_skin_name(enum lab_skin skin)
{
	static const char *const names[] = {"TC, tags in the bytes", "TC, tag beside the frame",
					    "XDP"};

	return names[skin];
}

/*
 * The kernel (6.18) refuses to make an skb with nothing behind the Ethernet header, or that says it
 * is IP and has no whole IP header.
 */
static bool kernel_takes(const struct lab_bytes *in, size_t tag)
{
	uint16_t type = in->data[12 + tag] << 8 | in->data[13 + tag];
	size_t behind = type == 0x0800 ? 20 : type == 0x86dd ? 40 : 1;

	return in->len >= EVB_ETH_HLEN + tag + behind;
}

bool lab_has_skin(const struct lab_case *c, const struct lab_bytes *in, enum lab_skin skin)
{
	struct lab_beside beside;
	uint16_t tpid, tci;

	lab_beside(c->in, &beside);
	switch (skin) {
	case LAB_TC_BYTES:
		return kernel_takes(in, 0);
	case LAB_TC_BESIDE:
		return lab_tag(in, &tpid, &tci) && kernel_takes(in, EVB_TAG_LEN);
	default:
		return strcmp(c->from, "pf") && !beside.gso_size && !beside.tc_index;
	}
}

/* takes the outermost tag out of the bytes, or puts one in */
static void tag_out(struct lab_bytes *frame)
{
	frame->len -= EVB_TAG_LEN;
	memmove(frame->data + 12, frame->data + 16, frame->len - 12);
}

static void tag_in(struct lab_bytes *frame, uint16_t tpid, uint16_t tci)
{
	uint8_t tag[EVB_TAG_LEN] = {tpid >> 8, tpid & 0xff, tci >> 8, tci & 0xff};

	memmove(frame->data + 16, frame->data + 12, frame->len - 12);
	memcpy(frame->data + 12, tag, sizeof(tag));
	frame->len += EVB_TAG_LEN;
}

static int test_run(int fd, const struct lab_bytes *in, void *ctx, size_t ctx_len,
		    struct lab_seen *out)
{
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in->data, .data_size_in = in->len,
		    .data_out = out->frame.data,
		    .data_size_out = sizeof(out->frame.data) - EVB_TAG_LEN, .ctx_in = ctx,
		    .ctx_size_in = ctx_len, .repeat = 1);
	int err = bpf_prog_test_run_opts(fd, &opts);

	if (err)
		return log_err_r(err, "BPF_PROG_TEST_RUN: %s", log_errno(err));
	out->retval = opts.retval;
	out->frame.len = opts.data_size_out;
	return 0;
}

static enum dataplane_prog prog_of(const struct lab_port *port, bool xdp)
{
	switch (port->row->kind) {
	case EVB_KIND_UPLINK:
		return xdp ? DATAPLANE_XDP_WIRE : DATAPLANE_FROM_WIRE;
	case EVB_KIND_PF:
		return DATAPLANE_FROM_PF;
	case EVB_KIND_PORT:
		return xdp ? DATAPLANE_XDP_PORT : DATAPLANE_FROM_PORT;
	default:
		if (port->row->kind == EVB_KIND_MACVTAP)
			return DATAPLANE_FROM_MACVTAP;
		return xdp ? DATAPLANE_XDP_VF : DATAPLANE_FROM_VF;
	}
}

static int run_tc(struct lab *lab, const struct lab_port *port, const struct lab_case *c,
		  const struct lab_bytes *in, bool beside, struct lab_seen *out)
{
	struct meta_bpf__bss *seen = lab->meta->bss;
	struct lab_bytes bytes = *in;
	struct __sk_buff ctx = {.ifindex = port->row->ifindex};
	struct lab_beside more;
	uint16_t tpid, tci;
	int err;

	lab_beside(c->in, &more);
	ctx.gso_size = more.gso_size;
	ctx.gso_segs = more.gso_size ? more.gso_segs : 0;
	ctx.cb[CB_PROG] = prog_of(port, false);
	ctx.cb[CB_TC_INDEX] = more.tc_index;
	if (beside && lab_tag(in, &tpid, &tci)) {
		ctx.cb[CB_TAGS] = 1;
		ctx.cb[CB_TAG] = (uint32_t)tpid << 16 | tci;
		tag_out(&bytes);
	}
	seen->seen_runs = 0;
	err = test_run(bpf_program__fd(lab->meta->progs.meta_in), &bytes, &ctx, sizeof(ctx), out);
	if (err)
		return err;
	if (seen->seen_runs != 1)
		return log_err_r(-EIO, "meta_out ran %u times", seen->seen_runs);
	out->beside = seen->seen_beside;
	out->tc_index = seen->seen_tc_index;
	if (seen->seen_beside)
		tag_in(&out->frame, seen->seen_tpid, seen->seen_tci);
	return 0;
}

static int run_xdp(struct lab *lab, const struct lab_port *port, const struct lab_bytes *in,
		   struct lab_seen *out)
{
	struct xdp_md ctx = {.data_end = in->len, .ingress_ifindex = port->row->ifindex};
	int fd = dataplane_xdp_fd(lab->dp, prog_of(port, true));

	return fd < 0 ? fd : test_run(fd, in, &ctx, sizeof(ctx), out);
}

static int counters_read(struct lab *lab, struct evb_stats *delta)
{
	for (unsigned int i = 0; i < lab->n_ports; i++) {
		struct lab_port *port = &lab->ports[i];
		uint64_t *last = (uint64_t *)&port->last, *change = (uint64_t *)&delta[i];
		struct evb_stats now;
		int err = tables_stats(lab->tables, port->number, &now);

		if (err)
			return err;
		for (size_t k = 0; k < sizeof(now) / sizeof(*last); k++)
			change[k] = ((uint64_t *)&now)[k] - last[k];
		port->last = now;
	}
	return 0;
}

int lab_run(struct lab *lab, const struct lab_case *c, const struct lab_bytes *in,
	    enum lab_skin skin, struct lab_seen *out)
{
	static const struct evb_trace none;
	const struct lab_port *port = lab_port(lab, c->from);
	int trace = lab->tables->fd[TABLE_TRACE], err;
	__u32 zero = 0;

	memset(out, 0, offsetof(struct lab_seen, delta));
	if (!port)
		return -ENOENT;
	if (bpf_map_update_elem(trace, &zero, &none, BPF_ANY))
		return -errno;
	if (skin == LAB_XDP)
		err = run_xdp(lab, port, in, out);
	else
		err = run_tc(lab, port, c, in, skin == LAB_TC_BESIDE, out);
	if (err)
		return err;
	if (bpf_map_lookup_elem(trace, &zero, &out->trace))
		return -errno;
	return counters_read(lab, out->delta);
}

static bool never_xdp(const struct lab *lab, const char *from)
{
	const struct lab_port *port = lab_port(lab, from);

	return port && port->row->kind == EVB_KIND_MACVTAP;
}

/* TC finishes what XDP has left to it: what it finds learned must not count twice */
static int check_rest(struct lab *lab, const struct lab_case *c, const struct lab_bytes *in,
		      const struct lab_seen *lane, char *why)
{
	static struct lab_expect want;
	static struct lab_seen got;
	unsigned int n;

	lab_expect(lab, c, LAB_TC_BYTES, &want);
	if (!lab_has_skin(c, in, LAB_TC_BYTES))
		return 0;
	if (lab_run(lab, c, in, LAB_TC_BYTES, &got) ||
	    lab_learned_look(lab, &want.given, &got))
		return 1;
	lab_ports(lab, &n);
	for (unsigned int i = 0; i < n; i++) {
		got.delta[i].learned += lane->delta[i].learned;
		got.delta[i].moved += lane->delta[i].moved;
	}
	return lab_compare(lab, &want, &got, why);
}

/* the fast lane may learn what it hands up, or leave that to TC, too */
static void take_unlearned(const struct lab *lab, struct lab_expect *want,
			   const struct lab_seen *got)
{
	unsigned int n;

	if (want->verdict != EVB_VERDICT_UP || !lab_learned_same(&want->given, &got->learned))
		return;
	want->learned = want->given;
	lab_ports(lab, &n);
	for (unsigned int i = 0; i < n; i++)
		want->delta[i].learned = want->delta[i].moved = 0;
}

static int check_skin(struct lab *lab, const struct lab_case *c, const struct lab_bytes *in,
		      enum lab_skin skin, char *why)
{
	static struct lab_expect want;
	static struct lab_seen got;
	int bad;

	lab_expect(lab, c, skin, &want);
	if (lab_is_bridge(lab) && lab_learned_set(lab, &want.given, skin != LAB_TC_BYTES))
		return 1;
	if (lab_run(lab, c, in, skin, &got))
		return 1;
	if (!lab_is_bridge(lab))
		return lab_compare(lab, &want, &got, why);
	if (lab_learned_look(lab, &want.given, &got))
		return 1;
	take_unlearned(lab, &want, &got);
	bad = lab_compare(lab, &want, &got, why);
	if (!bad && want.verdict == EVB_VERDICT_UP)
		bad = check_rest(lab, c, in, &got, why);
	return bad;
}

int lab_check(struct lab *lab, const struct lab_case *c, char *why)
{
	struct lab_bytes in;
	int bad = 0;

	lab_frame(c->in, &in);
	for (enum lab_skin skin = 0; skin < LAB_SKIN__MAX; skin++) {
		size_t len = strlen(why);
		int differ;

		if (!lab_has_skin(c, &in, skin) || (skin == LAB_XDP && never_xdp(lab, c->from)))
			continue;
		snprintf(why + len, LAB_WHY_MAX - len, "%s: %s -> %s, %s:\n", c->from, c->in,
			 c->out, lab_skin_name(skin));
		differ = check_skin(lab, c, &in, skin, why);
		if (!differ)
			why[len] = 0;
		bad += differ;
	}
	return bad;
}

int lab_strays(const struct lab *lab)
{
	static const struct evb_stats none;
	int strays = 0;

	for (__u32 number = 0; number < EVB_PORTS_MAX; number++) {
		struct evb_stats stats = {};
		bool ours = false;

		for (unsigned int i = 0; i < lab->n_ports; i++)
			ours |= lab->ports[i].number == number;
		if (ours)
			continue;
		if (tables_stats(lab->tables, number, &stats) ||
		    memcmp(&stats, &none, sizeof(none)))
			strays++;
	}
	return strays;
}

/* ---- cmocka */

/* the lab of the last table, for the next one of the same setup: loading takes most of the time */
static const struct lab_setup *table_setup, *table_made;
static struct lab *table_lab;

int lab_group_setup(void **state, const struct lab_setup *setup)
{
	struct lab *lab = NULL;

	if (lab_open(setup, &lab))
		return -1;
	*state = lab;
	return 0;
}

int lab_group_teardown(void **state)
{
	lab_close(*state);
	return 0;
}

static void table_close(void)
{
	lab_close(table_lab);
	table_lab = NULL;
	table_made = NULL;
}

static int table_begin(void **state)
{
	static bool registered;

	(void)state;
	if (!registered && atexit(table_close))
		return -1;
	registered = true;
	if (table_made == table_setup)
		return 0;
	table_close();
	if (lab_open(table_setup, &table_lab))
		return -1;
	table_made = table_setup;
	return 0;
}

static void table_case(void **state)
{
	static char why[LAB_WHY_MAX];

	why[0] = 0;
	if (lab_check(table_lab, *state, why))
		fail_msg("\n%s", why);
}

static void table_strays(void **state)
{
	(void)state;
	assert_int_equal(lab_strays(table_lab), 0);
}

int lab_table(const char *name, const struct lab_setup *setup, const struct lab_case *cases,
	      size_t n)
{
	struct CMUnitTest *tests = calloc(n + 1, sizeof(*tests));
	char strays[200];
	int failed;

	if (!tests)
		return -1;
	for (size_t i = 0; i < n; i++) {
		tests[i].name = cases[i].says;
		tests[i].test_func = table_case;
		tests[i].initial_state = (void *)(uintptr_t)&cases[i];
	}
	snprintf(strays, sizeof(strays), "%s: no counter moved of a port that does not exist",
		 name);
	tests[n].name = strays;
	tests[n].test_func = table_strays;
	table_setup = setup;
	failed = _cmocka_run_group_tests(name, tests, n + 1, table_begin, NULL);
	free(tests);
	return failed;
}
