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

static int cascades_make(struct lab *lab, struct nl *nl, const struct lab_setup *setup)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < lab->cfg->n_cascades; i++)
		err = device_make(nl, lab->cfg->cascades[i].vf.dev, setup->cascade_mtu ?: LAB_MTU,
				  &lab->host.vfs[lab->cfg->n_vfs + i]);
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

		dev->mtu = setup->mtu[vf->id % 32] ?: LAB_MTU;
		dev->xdp = vf->hook == CONFIG_HOOK_XDP;
		if (setup->absent[vf->id % 32])
			continue;
		err = device_make(nl, vf->dev, dev->mtu, dev);
		dev->peer = !dev->xdp && vf->kind == CONFIG_KIND_AUTO;
		dev->no_link = setup->no_link[vf->id % 32];
	}
	return err ? err : cascades_make(lab, nl, setup);
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

/* do frames of this lab run through it? */
static bool has_prog(const struct lab *lab, enum dataplane_prog prog)
{
	switch (prog) {
	case DATAPLANE_FROM_PORT:
		return lab_is_bridge(lab);
	case DATAPLANE_EXTENDED_VF:
	case DATAPLANE_EXTENDED_PF:
	case DATAPLANE_FROM_ABOVE:
		return lab_is_extender(lab);
	case DATAPLANE_FROM_CASCADE:
		return lab->cfg->n_cascades;
	case DATAPLANE_EXTENDED_MACVTAP:
		return lab_is_extender(lab) && has_macvtap(lab);
	case DATAPLANE_FROM_MACVTAP:
		return !lab_is_extender(lab) && has_macvtap(lab);
	default:
		return !lab_is_bridge(lab) && !lab_is_extender(lab);
	}
}

static int meta_open(struct lab *lab)
{
	int err, map;

	lab->meta = meta_bpf__open_and_load();
	err = lab->meta ? meta_bpf__attach(lab->meta) : -errno;
	if (err)
		return log_err_r(err, "meta.bpf.c: %s: %s", log_errno(err), log_load_reason());
	map = bpf_map__fd(lab->meta->maps.meta_targets);
	for (__u32 prog = DATAPLANE_FROM_VF; prog <= DATAPLANE_FROM_CASCADE; prog++) {
		int fd;

		if (!has_prog(lab, prog))
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
		err = lab->dp ? 0 : dataplane_open(EVB_MODE_TEST, &lab->dp);
	if (err)
		return err;
	lab->tables = dataplane_tables(lab->dp);
	ports_list(lab);
	err = rows_make(lab);
	return err ? err : meta_open(lab);
}

/* @dp: programs on empty maps, the lab's from now on; NULL: of its own */
static int lab_open_on(const struct lab_setup *setup, struct dataplane *dp, struct lab **out)
{
	struct lab *lab = calloc(1, sizeof(*lab));
	int err;

	if (!lab) {
		dataplane_close(dp);
		return -ENOMEM;
	}
	lab->dp = dp;
	log_init();
	err = lab_build(lab, setup);
	if (err) {
		lab_close(lab);
		return err;
	}
	*out = lab;
	return 0;
}

int lab_open(const struct lab_setup *setup, struct lab **out)
{
	return lab_open_on(setup, NULL, out);
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

bool lab_is_extender(const struct lab *lab)
{
	return config_is_extender(lab->cfg);
}

unsigned int lab_members(const struct lab *lab, uint32_t number, uint32_t out[LAB_PORTS_MAX])
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < lab->cfg->n_replications; i++) {
		const struct config_replication *group = &lab->cfg->replications[i];

		for (unsigned int k = 0; group->number == number && k < group->n_members; k++) {
			const struct config_member *member = &group->members[k];

			out[n++] = member->vf	     ? member->vf->number
				   : member->cascade ? member->cascade->vf.number
						     : EVB_PORT_PF;
		}
	}
	return n;
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

static enum dataplane_prog extended_prog_of(const struct lab_port *port, bool xdp)
{
	switch (port->row->kind) {
	case EVB_KIND_UPLINK:
		return xdp ? DATAPLANE_XDP_ABOVE : DATAPLANE_FROM_ABOVE;
	case EVB_KIND_PF:
		return DATAPLANE_EXTENDED_PF;
	case EVB_KIND_CASCADE:
		return DATAPLANE_FROM_CASCADE;
	default:
		if (port->row->kind == EVB_KIND_MACVTAP)
			return DATAPLANE_EXTENDED_MACVTAP;
		return xdp ? DATAPLANE_XDP_EXTENDED_VF : DATAPLANE_EXTENDED_VF;
	}
}

static enum dataplane_prog prog_of(const struct lab *lab, const struct lab_port *port, bool xdp)
{
	if (lab_is_extender(lab))
		return extended_prog_of(port, xdp);
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
	ctx.cb[CB_PROG] = prog_of(lab, port, false);
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
	int fd = dataplane_xdp_fd(lab->dp, prog_of(lab, port, true));

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

	return port && (port->row->kind == EVB_KIND_MACVTAP || port->row->kind == EVB_KIND_CASCADE);
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
	if (lab_run(lab, c, in, LAB_TC_BYTES, &got) || lab_learned_look(lab, &want.given, &got))
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

/* ---- the copies of a flood, each as the last one */

#define COPIES_MAX 32 /* of floods to more, the last one and the lengths say enough */

/* takes a port's link, or gives it back; that of a group's ports, too, but for the sender's */
static int link_set(const struct lab *lab, uint32_t number, uint32_t from, bool up)
{
	static uint32_t ports[LAB_PORTS_MAX];
	unsigned int n = lab_members(lab, number, ports);
	int err = 0;

	ports[n++] = number;
	for (unsigned int i = 0; !err && i < n; i++) {
		struct evb_port row = *plan_port_get(lab->plan, ports[i]);

		row.down |= !up && ports[i] != from;
		err = table_put(lab->tables, TABLE_PORTS, &ports[i], &row);
	}
	return err;
}

/* what is no matter of how often a frame runs */
static bool is_repeatable(const struct lab *lab, const struct lab_expect *want)
{
	if (plan_port_get(lab->plan, want->from)->policy_in)
		return false;
	for (unsigned int i = 0; i < want->n_copies; i++)
		if (plan_port_get(lab->plan, want->copies[i].port)->policy_out)
			return false;
	return true;
}

/* what a flood was sent to, in this order; 0: it is none, or nothing can be done about it */
static unsigned int copies_sent(const struct lab *lab, const struct lab_expect *want,
				const struct evb_trace *trace, uint32_t sent[COPIES_MAX])
{
	unsigned int n = 0;

	if (want->n_copies > COPIES_MAX || !is_repeatable(lab, want))
		return 0;
	for (unsigned int i = 0; i < trace->count && i < COPIES_MAX; i++)
		if (!trace->copy[i].drop)
			sent[n++] = trace->copy[i].port;
	return n;
}

static int check_copies(struct lab *lab, const struct lab_case *c, const struct lab_bytes *in,
			enum lab_skin skin, struct lab_expect *want, const struct lab_seen *got,
			char *why)
{
	static struct lab_seen again;
	uint32_t sent[COPIES_MAX], seen[COPIES_MAX];
	unsigned int n = copies_sent(lab, want, &got->trace, sent), left = n;
	int bad = 0;

	want->verdict = EVB_VERDICT_SEND; /* what went on here is the first to go */
	while (!bad && left > 1 && sent[left - 1] != want->from) {
		bad += link_set(lab, sent[--left], want->from, false) != 0;
		if (lab_is_bridge(lab))
			bad += lab_learned_set(lab, &want->given, skin != LAB_TC_BYTES) != 0;
		if (bad || lab_run(lab, c, in, skin, &again) ||
		    copies_sent(lab, want, &again.trace, seen) != left)
			bad++;
		else
			bad += lab_compare_frame(lab, want, &again, why);
	}
	while (left < n)
		bad += link_set(lab, sent[left++], want->from, true) != 0;
	return bad;
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
	if (!lab_is_bridge(lab)) {
		bad = lab_compare(lab, &want, &got, why);
		return bad || skin == LAB_XDP ? bad
					      : check_copies(lab, c, in, skin, &want, &got, why);
	}
	if (lab_learned_look(lab, &want.given, &got))
		return 1;
	take_unlearned(lab, &want, &got);
	bad = lab_compare(lab, &want, &got, why);
	if (!bad && want.verdict == EVB_VERDICT_UP)
		bad = check_rest(lab, c, in, &got, why);
	if (!bad && skin != LAB_XDP)
		bad = check_copies(lab, c, in, skin, &want, &got, why);
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

/*
 * The lab of the last table, for the next one of the same setup; for one of another setup what it
 * has loaded, on maps that are empty again. Loading takes most of the time.
 */
static const struct lab_setup *table_setup, *table_made;
static struct lab *table_lab;
static struct dataplane *table_loaded;

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

static int hash_wipe(int fd)
{
	char key[64];

	while (!bpf_map_get_next_key(fd, NULL, key))
		if (bpf_map_delete_elem(fd, key))
			return -errno;
	return 0;
}

static int array_wipe(int fd, const struct bpf_map_info *info)
{
	size_t cpus = info->type == BPF_MAP_TYPE_PERCPU_ARRAY ? libbpf_num_possible_cpus() : 1;
	__u32 *keys = calloc(info->max_entries, sizeof(*keys)), n = info->max_entries;
	void *values = calloc(info->max_entries, (info->value_size + 7) / 8 * 8 * cpus);
	int err = -ENOMEM;

	for (__u32 i = 0; keys && i < n; i++)
		keys[i] = i;
	if (keys && values)
		err = bpf_map_update_batch(fd, keys, values, &n, NULL);
	free(keys);
	free(values);
	return err;
}

static int map_wipe(int fd)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return -errno;
	switch (info.type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_DEVMAP_HASH:
		return hash_wipe(fd);
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return array_wipe(fd, &info);
	default:
		return 0; /* events, which no table reads */
	}
}

/* takes what it has loaded out of a lab; NULL: the maps cannot be emptied */
static struct dataplane *lab_unload(struct lab *lab)
{
	struct dataplane *dp = lab->dp;

	for (int i = 0; i < TABLE__MAX; i++) {
		if (i == TABLE_CONFIG || i == TABLE_JOURNAL)
			continue; /* the loader's own, and large */
		if (map_wipe(lab->tables->fd[i]))
			return NULL;
	}
	lab->dp = NULL;
	return dp;
}

static void table_close(void)
{
	if (table_lab)
		table_loaded = lab_unload(table_lab);
	lab_close(table_lab);
	table_lab = NULL;
	table_made = NULL;
}

static void table_end(void)
{
	table_close();
	dataplane_close(table_loaded);
	table_loaded = NULL;
}

static int table_begin(void **state)
{
	static bool registered;
	struct dataplane *dp;

	(void)state;
	if (!registered && atexit(table_end))
		return -1;
	registered = true;
	if (table_made == table_setup)
		return 0;
	table_close();
	dp = table_loaded;
	table_loaded = NULL;
	if (lab_open_on(table_setup, dp, &table_lab))
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
