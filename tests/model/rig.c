/* SPDX-License-Identifier: GPL-2.0-only */
#include "rig.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "dataplane.h"
#include "evb_wire.h"
#include "log.h"
#include "meta.skel.h"
#include "nl.h"
#include "plan.h"
#include "rows.h"
#include "tables.h"

/* words of skb->cb: meta.bpf.c */
enum { CB_PROG, CB_TC_INDEX, CB_TAGS, CB_TAG };

struct rig {
	struct dataplane *dp;
	const struct tables *tables;
	struct meta_bpf *meta;
	int prog[DATAPLANE_PROG__MAX]; /* 0: not asked for yet */
	int ifindex[RANDOM_DEVS_MAX];
	const struct config *cfg;
	bool bridge;
	struct plan *plan;
	uint32_t numbers[EVB_PORTS_MAX];
	bool known[EVB_PORTS_MAX]; /* some configuration had it */
	struct evb_stats before[EVB_PORTS_MAX];
};

const char *rig_lane_name(enum rig_lane lane)
{
	static const char *const names[] = {"TC, tags in the bytes", "TC, tag beside the frame",
					    "XDP"};

	return names[lane];
}

static int namespaces_enter(void)
{
	if (unshare(CLONE_NEWNET | CLONE_NEWNS))
		return log_err_r(-errno, "unshare: %s (the model test needs root)",
				 log_errno(errno));
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL))
		return log_err_r(-errno, "mount: %s", log_errno(errno));
	return 0;
}

static int devices_make(struct rig *rig)
{
	struct nl *nl = NULL;
	int err = nl_open(&nl);

	for (int i = 0; !err && i < RANDOM_DEVS_MAX; i++) {
		char peer[IFNAMSIZ];
		struct nl_veth veth = {.name = random_dev_names[i],
				       .mtu = 1500,
				       .peer_name = peer,
				       .peer_netns = -1,
				       .up = true};

		snprintf(peer, sizeof(peer), "peer-%s", random_dev_names[i]);
		err = nl_veth_create(nl, &veth, &rig->ifindex[i]);
	}
	nl_close(nl);
	return err;
}

static int meta_open(struct rig *rig)
{
	int err;

	rig->meta = meta_bpf__open_and_load();
	err = rig->meta ? meta_bpf__attach(rig->meta) : -errno;
	if (err)
		return log_err_r(err, "meta.bpf.c: %s: %s", log_errno(err), log_load_reason());
	return 0;
}

int rig_open(struct rig **out)
{
	struct rig *rig = calloc(1, sizeof(*rig));
	int err;

	if (!rig)
		return -ENOMEM;
	log_init();
	err = namespaces_enter();
	if (!err)
		err = devices_make(rig);
	if (!err)
		err = dataplane_open(EVB_MODE_TEST, &rig->dp);
	if (!err)
		err = meta_open(rig);
	if (err) {
		rig_close(rig);
		return err;
	}
	rig->tables = dataplane_tables(rig->dp);
	*out = rig;
	return 0;
}

void rig_close(struct rig *rig)
{
	if (!rig)
		return;
	plan_free(rig->plan);
	meta_bpf__destroy(rig->meta);
	dataplane_close(rig->dp);
	free(rig);
}

/* ---- a configuration */

static void dev_set(const struct rig *rig, const struct model_host *host, const char *name,
		    struct plan_dev *out)
{
	for (unsigned int i = 0; i < host->n_devs; i++) {
		if (strcmp(host->devs[i].name, name))
			continue;
		out->ifindex = rig->ifindex[i];
		out->mtu = host->devs[i].mtu;
		out->no_link = host->devs[i].no_link;
		memcpy(out->mac, host->devs[i].mac, sizeof(out->mac));
	}
}

static int plan_make(struct rig *rig, const struct config *cfg, const struct model_host *host)
{
	struct plan_host *plan_host = calloc(1, sizeof(*plan_host));
	int err;

	if (!plan_host)
		return -ENOMEM;
	dev_set(rig, host, cfg->uplink, &plan_host->uplink);
	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		struct plan_dev *dev = &plan_host->vfs[i];

		dev_set(rig, host, cfg->vfs[i].dev, dev);
		dev->xdp = cfg->vfs[i].hook == CONFIG_HOOK_XDP;
		dev->peer = !dev->xdp;
	}
	for (unsigned int i = 0; i < cfg->n_cascades; i++)
		dev_set(rig, host, cfg->cascades[i].vf.dev, &plan_host->vfs[cfg->n_vfs + i]);
	err = plan_build(cfg, plan_host, &rig->plan);
	free(plan_host);
	return err;
}

static int rows_make(struct rig *rig)
{
	struct rows rows;
	int err = rows_diff(rig->tables, rig->plan, &rows);

	if (!err)
		err = rows_write(rig->tables, &rows);
	if (!err)
		err = rows_clean(rig->tables, &rows);
	rows_free(&rows);
	return err;
}

static int ports_note(struct rig *rig)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < rig->plan->n_ports; i++) {
		uint32_t number = rig->plan->ports[i].number;

		rig->numbers[i] = number;
		rig->known[number] = true;
		err = tables_stats(rig->tables, number, &rig->before[number]);
	}
	return err;
}

int rig_load(struct rig *rig, const struct config *cfg, const struct model_host *host)
{
	int err = plan_make(rig, cfg, host);

	rig->bridge = config_is_bridge(cfg);
	if (!err)
		err = rows_make(rig);
	if (!err)
		err = ports_note(rig);
	if (!err)
		rig->cfg = cfg;
	return err;
}

void rig_unload(struct rig *rig)
{
	/* what was learned goes as long as its rows are there */
	if (rig->cfg && rig->bridge && dataplane_flush(rig->dp, EVB_PORT_NONE))
		abort(); /* nothing after it would be right */
	plan_free(rig->plan);
	rig->plan = NULL;
	rig->cfg = NULL;
}

unsigned int rig_ports(const struct rig *rig, const uint32_t **numbers)
{
	*numbers = rig->numbers;
	return rig->plan->n_ports;
}

const char *rig_port_name(const struct rig *rig, uint32_t number)
{
	const struct evb_port *row = plan_port_get(rig->plan, number);

	return row ? row->name : "a port that is not there";
}

/* ---- a frame */

static bool is_vlan(const struct model_frame *frame)
{
	return frame->len >= 18 && ((frame->data[12] == 0x81 && frame->data[13] == 0) ||
				    (frame->data[12] == 0x88 && frame->data[13] == 0xa8));
}

/*
 * The kernel (6.18) refuses to make an skb with nothing behind the Ethernet header, or that says it
 * is IP and has no whole IP header.
 */
static bool kernel_takes(const struct model_frame *frame, size_t tag)
{
	uint16_t type = frame->data[12 + tag] << 8 | frame->data[13 + tag];
	size_t behind = type == 0x0800 ? 20 : type == 0x86dd ? 40 : 1;

	return frame->len >= EVB_ETH_HLEN + tag + behind;
}

static bool is_uplink(const struct rig *rig, const struct model_input *in)
{
	return !strcmp(in->dev, rig->cfg->uplink);
}

static enum dataplane_prog prog_of(const struct rig *rig, const struct model_input *in, bool xdp)
{
	bool extender = config_is_extender(rig->cfg);

	if (config_is_bridge(rig->cfg))
		return xdp ? DATAPLANE_XDP_PORT : DATAPLANE_FROM_PORT;
	if (in->dev[0] == 'k')
		return xdp ? DATAPLANE_PROG__MAX : DATAPLANE_FROM_CASCADE;
	if (in->host) {
		if (xdp)
			return DATAPLANE_PROG__MAX;
		return extender ? DATAPLANE_EXTENDED_PF : DATAPLANE_FROM_PF;
	}
	if (is_uplink(rig, in)) {
		if (extender)
			return xdp ? DATAPLANE_XDP_ABOVE : DATAPLANE_FROM_ABOVE;
		return xdp ? DATAPLANE_XDP_WIRE : DATAPLANE_FROM_WIRE;
	}
	if (extender)
		return xdp ? DATAPLANE_XDP_EXTENDED_VF : DATAPLANE_EXTENDED_VF;
	return xdp ? DATAPLANE_XDP_VF : DATAPLANE_FROM_VF;
}

bool rig_takes(const struct rig *rig, const struct model_input *in, enum rig_lane lane)
{
	switch (lane) {
	case RIG_TC_BYTES:
		return kernel_takes(&in->frame, 0);
	case RIG_TC_BESIDE:
		return is_vlan(&in->frame) && kernel_takes(&in->frame, EVB_TAG_LEN);
	default:
		/* what XDP leaves to TC, TC must be able to take; there it may have learned already */
		return prog_of(rig, in, true) != DATAPLANE_PROG__MAX &&
		       (kernel_takes(&in->frame, 0) || !config_is_bridge(rig->cfg));
	}
}

static int prog_fd(struct rig *rig, enum dataplane_prog prog, bool xdp)
{
	int map = bpf_map__fd(rig->meta->maps.meta_targets), fd;
	uint32_t key = prog;

	if (rig->prog[prog])
		return rig->prog[prog];
	fd = xdp ? dataplane_xdp_fd(rig->dp, prog) : dataplane_tc_fd(rig->dp, prog);
	if (fd < 0)
		return fd;
	if (!xdp && bpf_map_update_elem(map, &key, &fd, BPF_ANY))
		return log_err_r(-errno, "cannot tail-call program %u", key);
	return rig->prog[prog] = fd;
}

static void tag_out(struct model_frame *frame)
{
	frame->len -= EVB_TAG_LEN;
	memmove(frame->data + 12, frame->data + 16, frame->len - 12);
}

static void tag_in(struct model_frame *frame, uint16_t tpid, uint16_t tci)
{
	uint8_t tag[EVB_TAG_LEN] = {tpid >> 8, tpid, tci >> 8, tci};

	memmove(frame->data + 16, frame->data + 12, frame->len - 12);
	memcpy(frame->data + 12, tag, sizeof(tag));
	frame->len += EVB_TAG_LEN;
}

static int test_run(int fd, const struct model_frame *in, void *ctx, size_t ctx_len,
		    struct rig_seen *out)
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

static int ifindex_of(const struct rig *rig, const char *dev)
{
	for (int i = 0; i < RANDOM_DEVS_MAX; i++)
		if (!strcmp(random_dev_names[i], dev))
			return rig->ifindex[i];
	return 0;
}

static int run_tc(struct rig *rig, const struct model_input *in, bool beside, struct rig_seen *out)
{
	enum dataplane_prog prog = prog_of(rig, in, false);
	struct __sk_buff ctx = {.ifindex = ifindex_of(rig, in->dev)};
	struct meta_bpf__bss *seen = rig->meta->bss;
	struct model_frame bytes = in->frame;
	int err = prog_fd(rig, prog, false);

	if (err < 0)
		return err;
	ctx.cb[CB_PROG] = prog;
	if (beside) {
		ctx.cb[CB_TAGS] = 1;
		ctx.cb[CB_TAG] = (uint32_t)bytes.data[12] << 24 | bytes.data[13] << 16 |
				 bytes.data[14] << 8 | bytes.data[15];
		tag_out(&bytes);
	}
	seen->seen_runs = 0;
	err = test_run(bpf_program__fd(rig->meta->progs.meta_in), &bytes, &ctx, sizeof(ctx), out);
	if (err)
		return err;
	if (seen->seen_runs != 1)
		return log_err_r(-EIO, "meta_out ran %u times", seen->seen_runs);
	if (seen->seen_beside)
		tag_in(&out->frame, seen->seen_tpid, seen->seen_tci);
	return 0;
}

static int run_xdp(struct rig *rig, const struct model_input *in, struct rig_seen *out)
{
	struct xdp_md ctx = {.data_end = in->frame.len,
			     .ingress_ifindex = ifindex_of(rig, in->dev)};
	int fd = prog_fd(rig, prog_of(rig, in, true), true);

	return fd < 0 ? fd : test_run(fd, &in->frame, &ctx, sizeof(ctx), out);
}

static int run_one(struct rig *rig, const struct model_input *in, enum rig_lane lane,
		   struct rig_seen *out)
{
	static const struct evb_trace none;
	int trace = rig->tables->fd[TABLE_TRACE], err;
	uint32_t zero = 0;

	if (bpf_map_update_elem(trace, &zero, &none, BPF_ANY))
		return log_err_r(-errno, "evb_trace: %s", log_errno(errno));
	err = lane == RIG_XDP ? run_xdp(rig, in, out) : run_tc(rig, in, lane == RIG_TC_BESIDE, out);
	if (!err && bpf_map_lookup_elem(trace, &zero, &out->trace))
		err = log_err_r(-errno, "evb_trace: %s", log_errno(errno));
	return err;
}

int rig_run(struct rig *rig, const struct model_input *in, enum rig_lane lane, struct rig_seen *out)
{
	int err = run_one(rig, in, lane, out);

	out->up = out->up_changed = false;
	if (err || lane != RIG_XDP || out->trace.verdict != EVB_VERDICT_UP)
		return err;
	out->up = true;
	out->up_changed = out->frame.len != in->frame.len || out->retval != XDP_PASS ||
			  memcmp(out->frame.data, in->frame.data, in->frame.len);
	if (!rig_takes(rig, in, RIG_TC_BYTES))
		return 0;
	return run_one(rig, in, RIG_TC_BYTES, out);
}

/* ---- what it did */

int rig_stats(struct rig *rig, uint32_t port, struct evb_stats *out)
{
	const __u64 *before = (const __u64 *)&rig->before[port];
	__u64 *now = (__u64 *)out;
	int err = tables_stats(rig->tables, port, out);

	for (size_t i = 0; !err && i < sizeof(*out) / sizeof(*now); i++)
		now[i] -= before[i];
	return err;
}

int rig_strays(struct rig *rig)
{
	static const struct evb_stats none;
	int strays = 0;

	for (uint32_t number = 0; number < EVB_PORTS_MAX; number++) {
		struct evb_stats stats = {};

		if (!rig->known[number] && (tables_stats(rig->tables, number, &stats) ||
					    memcmp(&stats, &none, sizeof(none))))
			strays++;
	}
	return strays;
}

int rig_learned(struct rig *rig, uint32_t port, uint32_t *out)
{
	return tables_learned(rig->tables, port, out);
}

static uint16_t fid_of(const struct rig *rig, struct model_lan lan)
{
	const struct evb_domain *domain = &rig->plan->domains[0].row;

	if (!lan.tpid)
		return domain->fid;
	for (unsigned int i = 0; i < rig->plan->n_vlans; i++)
		if (rig->plan->vlans[i].key.tpid == lan.tpid &&
		    rig->plan->vlans[i].key.vid == lan.vid)
			return rig->plan->vlans[i].row.fid;
	return (lan.tpid == EVB_TPID_S ? domain->vlan_fid_s : domain->vlan_fid_c) + lan.vid;
}

uint32_t rig_learned_at(struct rig *rig, const struct model_address *address)
{
	struct evb_fdb_key key = {.fid = fid_of(rig, address->lan)};
	struct evb_fdb_val val;

	memcpy(key.mac, address->mac, sizeof(key.mac));
	if (table_get(rig->tables, TABLE_FDB, &key, &val) || val.kind != EVB_FDB_LEARNED)
		return EVB_PORT_NONE;
	return val.port;
}
