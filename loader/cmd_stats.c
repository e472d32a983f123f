/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd_stats.c - `evbpf stats`: counters in the words of `ip -s link`, drops by reason.
 *
 * evb_stats counts "in" (port -> switch) and "out" (switch -> port). For a VF and the PF that is tx
 * and rx, seen from the guest or host behind it; for the uplink, its channels and the ports of a
 * bridge it is rx and tx of the wire.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "journal.h"
#include "log.h"
#include "names.h"
#include "output.h"
#include "view.h"

/* of a port, or of a portgroup's members together */
struct port_stats {
	const char *name;
	bool wire; /* rx is what came in */
	struct evb_stats stats;
	uint32_t ifindex; /* of its device; 0: absent, or the PF */
};

struct stats {
	struct view_items items;
	struct port_stats *ports; /* as the items */
	unsigned int n_groups;
	struct port_stats *groups; /* those that have members */
	bool bridge;		   /* it learns */
};

static const struct evb_count *stats_rx(const struct port_stats *port)
{
	return port->wire ? &port->stats.in : &port->stats.out;
}

static const struct evb_count *stats_tx(const struct port_stats *port)
{
	return port->wire ? &port->stats.out : &port->stats.in;
}

/* what the ports of a device know of its losses */
static uint64_t stats_device_knows(const struct stats *stats, uint32_t ifindex)
{
	uint64_t known = 0;

	for (unsigned int i = 0; i < stats->items.n; i++)
		if (stats->ports[i].ifindex == ifindex)
			known += stats->ports[i].stats.drops[EVB_DROP_SEND];
	return known;
}

/*
 * Frames that the kernel lost after the programs had sent them (a redirect to a dead veth reports
 * success): the growth of the device's own counter, against the port that stands for the device. A
 * copy of a flood is in both numbers where the driver tells of the loss (veth since Linux 6.6), hence
 * the larger of the two, not their sum. The PF's device is the uplink, whose counter is about the
 * wire.
 */
static void stats_add_device(const struct view *view, const struct stats *stats,
			     struct port_stats *port)
{
	uint64_t before, lost, known = stats_device_knows(stats, port->ifindex);
	struct evb_count *out = &port->stats.out;
	struct nl_link link;

	if (!port->ifindex || !view->nl || nl_link_get(view->nl, NULL, (int)port->ifindex, &link))
		return;
	before = journal_drops(&view->tables, port->ifindex);
	lost = nl_link_lost(&link);
	lost = lost > before ? lost - before : 0;
	if (lost <= known)
		return;
	lost -= known;
	out->dropped += lost;
	port->stats.drops[EVB_DROP_SEND] += lost;
	/* they were counted as delivered; their bytes nobody knows */
	out->packets -= lost < out->packets ? lost : out->packets;
}

static int stats_read(const struct view *view, const struct view_item *item, struct port_stats *port)
{
	struct evb_port row;
	int err = tables_stats(&view->tables, item->number, &port->stats);

	if (err)
		return log_err_r(err, "%s: cannot read the counters of %s: %s", view->name,
				 item->name, log_errno(err));
	port->name = item->name;
	port->wire = item->wire;
	if (!tables_port(&view->tables, item->number, &row) && row.kind != EVB_KIND_PF)
		port->ifindex = row.ifindex;
	return 0;
}

static void count_add(struct evb_count *sum, const struct evb_count *add)
{
	sum->packets += add->packets;
	sum->bytes += add->bytes;
	sum->multicast += add->multicast;
	sum->broadcast += add->broadcast;
	sum->dropped += add->dropped;
}

static void group_add(struct port_stats *group, const struct port_stats *port)
{
	group->wire = port->wire;
	count_add(&group->stats.in, &port->stats.in);
	count_add(&group->stats.out, &port->stats.out);
	for (int i = 0; i < EVB_DROP__MAX; i++)
		group->stats.drops[i] += port->stats.drops[i];
	group->stats.learned += port->stats.learned;
	group->stats.moved += port->stats.moved;
}

static struct port_stats *group_get(struct stats *stats, const char *name)
{
	for (unsigned int i = 0; i < stats->n_groups; i++)
		if (!strcmp(stats->groups[i].name, name))
			return &stats->groups[i];
	stats->groups[stats->n_groups].name = name;
	return &stats->groups[stats->n_groups++];
}

static int stats_collect(const struct view *view, struct stats *stats)
{
	int err = view_items(view->cfg, &stats->items);

	if (err)
		return err;
	stats->bridge = config_is_bridge(view->cfg);
	stats->ports = calloc(stats->items.n + 1, sizeof(*stats->ports));
	stats->groups = calloc(stats->items.n + 1, sizeof(*stats->groups));
	if (!stats->ports || !stats->groups)
		return log_err_r(-ENOMEM, "out of memory");
	for (unsigned int i = 0; !err && i < stats->items.n; i++)
		err = stats_read(view, &stats->items.list[i], &stats->ports[i]);
	for (unsigned int i = 0; !err && i < stats->items.n; i++) {
		const struct view_item *item = &stats->items.list[i];

		if (item->device)
			stats_add_device(view, stats, &stats->ports[i]);
		if (item->vf && item->vf->portgroup[0])
			group_add(group_get(stats, item->vf->portgroup), &stats->ports[i]);
	}
	return err;
}

static void stats_free(struct stats *stats)
{
	free(stats->items.list);
	free(stats->ports);
	free(stats->groups);
}

/* @what: "port" or "portgroup" */
static struct json_object *stats_port_json(const struct port_stats *port, const char *what,
					   bool learns)
{
	struct json_object *obj = json_object_new_object(), *drops = json_object_new_object();
	struct json_object *rx = json_object_new_object(), *tx = json_object_new_object();
	const struct evb_count *in = stats_rx(port), *out = stats_tx(port);

	output_add(rx, "packets", output_num(in->packets));
	output_add(rx, "bytes", output_num(in->bytes));
	output_add(rx, "multicast", output_num(in->multicast));
	output_add(rx, "broadcast", output_num(in->broadcast));
	output_add(rx, "dropped", output_num(in->dropped));
	output_add(tx, "packets", output_num(out->packets));
	output_add(tx, "bytes", output_num(out->bytes));
	output_add(tx, "dropped", output_num(out->dropped));
	for (int i = 0; i < EVB_DROP__MAX; i++)
		if (port->stats.drops[i])
			output_add(drops, evb_drop_name(i), output_num(port->stats.drops[i]));
	output_add(obj, what, output_str(port->name));
	output_add(obj, "rx", rx);
	output_add(obj, "tx", tx);
	output_add(obj, "drops", drops);
	if (learns) {
		output_add(obj, "learned", output_num(port->stats.learned));
		output_add(obj, "moved", output_num(port->stats.moved));
	}
	return obj;
}

static int stats_json(const struct cmd_ctx *ctx, const struct view *view, const struct stats *stats)
{
	struct json_object *obj = json_object_new_object(), *list = json_object_new_array();
	struct json_object *groups = json_object_new_array();

	for (unsigned int i = 0; i < stats->items.n; i++)
		output_append(list, stats_port_json(&stats->ports[i], "port", stats->bridge));
	for (unsigned int i = 0; i < stats->n_groups; i++)
		output_append(groups,
			      stats_port_json(&stats->groups[i], "portgroup", stats->bridge));
	output_add(obj, "switch", output_str(view->name));
	output_add(obj, "ports", list);
	output_add(obj, "portgroups", groups);
	return output_json(stdout, obj, ctx->pretty);
}

/* as `ip -s link` prints them */
static void stats_text(const struct port_stats *port, const char *what)
{
	const struct evb_count *rx = stats_rx(port), *tx = stats_tx(port);
	const char *before = "    drops:";

	printf("%s%s:\n", what, port->name);
	printf("    RX: %14s %12s %12s %12s %12s\n", "bytes", "packets", "dropped", "mcast",
	       "bcast");
	printf("        %14" PRIu64 " %12" PRIu64 " %12" PRIu64 " %12" PRIu64 " %12" PRIu64 "\n",
	       (uint64_t)rx->bytes, (uint64_t)rx->packets, (uint64_t)rx->dropped,
	       (uint64_t)rx->multicast, (uint64_t)rx->broadcast);
	printf("    TX: %14s %12s %12s\n", "bytes", "packets", "dropped");
	printf("        %14" PRIu64 " %12" PRIu64 " %12" PRIu64 "\n", (uint64_t)tx->bytes,
	       (uint64_t)tx->packets, (uint64_t)tx->dropped);
	for (int i = 0; i < EVB_DROP__MAX; i++) {
		if (!port->stats.drops[i])
			continue;
		printf("%s %s %" PRIu64, before, evb_drop_name(i), (uint64_t)port->stats.drops[i]);
		before = ",";
	}
	if (*before == ',')
		putchar('\n');
	if (port->stats.learned)
		printf("    learned: %" PRIu64 ", moved %" PRIu64 "\n",
		       (uint64_t)port->stats.learned, (uint64_t)port->stats.moved);
}

static int stats_print(const struct cmd_ctx *ctx, struct view *view)
{
	struct stats stats = {};
	int err = stats_collect(view, &stats);

	view_unlock(view);
	if (!err && ctx->json) {
		err = stats_json(ctx, view, &stats);
	} else if (!err) {
		for (unsigned int i = 0; i < stats.items.n; i++)
			stats_text(&stats.ports[i], "");
		for (unsigned int i = 0; i < stats.n_groups; i++)
			stats_text(&stats.groups[i], "portgroup ");
	}
	stats_free(&stats);
	return err;
}

/* the device's own counter cannot be set to zero: what it has now is the new baseline */
static int stats_reset_device(const struct view *view, uint32_t number)
{
	struct evb_port row;
	struct nl_link link;
	int err;

	if (tables_port(&view->tables, number, &row) || !row.ifindex)
		return 0;
	if (!view->nl || nl_link_get(view->nl, NULL, (int)row.ifindex, &link))
		return 0;
	err = journal_set_drops(&view->tables, row.ifindex, nl_link_lost(&link));
	if (err)
		log_err("%s: cannot write the baseline of %s to map evb_journal: %s", view->name,
			link.name, log_errno(err));
	return err;
}

static int stats_reset_all(const struct view *view)
{
	struct view_items items;
	int err = view_items(view->cfg, &items);

	if (err)
		return err;
	for (unsigned int i = 0; !err && i < items.n; i++) {
		err = tables_stats_reset(&view->tables, items.list[i].number);
		if (!err && items.list[i].device)
			err = stats_reset_device(view, items.list[i].number);
	}
	free(items.list);
	return err;
}

static int stats_reset(const struct cmd_ctx *ctx, struct view *view)
{
	int err = stats_reset_all(view);
	struct json_object *obj;

	view_unlock(view);
	if (err)
		return err;
	if (!ctx->json) {
		printf("%s: all counters are zero\n", view->name);
		return 0;
	}
	obj = json_object_new_object();
	output_add(obj, "switch", output_str(view->name));
	output_add(obj, "reset", output_bool(true));
	return output_json(stdout, obj, ctx->pretty);
}

int cmd_stats(const struct cmd_ctx *ctx)
{
	bool reset = ctx->flags & CMD_RESET;
	struct view view;
	int err;

	if (reset && ctx->flags & CMD_WATCH) {
		log_err("stats: either --reset or --watch, not both");
		return CMD_USAGE;
	}
	if (ctx->flags & CMD_WATCH)
		return cmd_watch(ctx);
	if (view_get(ctx->args[0], reset, &view))
		return CMD_FAILED;
	err = reset ? stats_reset(ctx, &view) : stats_print(ctx, &view);
	view_close(&view);
	return err ? CMD_FAILED : CMD_OK;
}
