/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd_stats.c - `evbpf stats`: counters in the words of `ip -s link`, drops by reason.
 *
 * evb_stats counts "in" (port -> switch) and "out" (switch -> port). For a VF and the PF that is tx
 * and rx, seen from the guest or host behind it; for the uplink it is rx and tx of the wire.
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

struct port_stats {
	uint32_t number;
	const char *name;
	struct evb_stats stats;
};

static const struct evb_count *stats_rx(const struct port_stats *port)
{
	return port->number == EVB_PORT_UPLINK ? &port->stats.in : &port->stats.out;
}

static const struct evb_count *stats_tx(const struct port_stats *port)
{
	return port->number == EVB_PORT_UPLINK ? &port->stats.out : &port->stats.in;
}

/*
 * Frames that the kernel lost after the programs had sent them (a redirect to a dead veth reports
 * success): the growth of the device's own counter. A copy of a flood is in both numbers where the
 * driver tells of the loss (veth since Linux 6.6), hence the larger of the two, not their sum. The
 * PF's device is the uplink, whose counter is about the wire.
 */
static void stats_add_device(const struct view *view, uint32_t ifindex, struct evb_stats *stats)
{
	struct nl_link link;
	uint64_t before, lost;

	if (!ifindex || !view->nl || nl_link_get(view->nl, NULL, (int)ifindex, &link))
		return;
	before = journal_drops(&view->tables, ifindex);
	lost = nl_link_lost(&link);
	lost = lost > before ? lost - before : 0;
	if (lost <= stats->drops[EVB_DROP_SEND])
		return;
	lost -= stats->drops[EVB_DROP_SEND];
	stats->out.dropped += lost;
	stats->drops[EVB_DROP_SEND] += lost;
	/* they were counted as delivered; their bytes nobody knows */
	stats->out.packets -= lost < stats->out.packets ? lost : stats->out.packets;
}

static int stats_read(const struct view *view, struct port_stats *port)
{
	struct evb_port row;
	int err = tables_stats(&view->tables, port->number, &port->stats);

	if (err)
		return log_err_r(err, "%s: cannot read the counters of %s: %s", view->name,
				 port->name, log_errno(err));
	if (port->number != EVB_PORT_PF && !tables_port(&view->tables, port->number, &row))
		stats_add_device(view, row.ifindex, &port->stats);
	return 0;
}

static void stats_name(const struct view *view, unsigned int i, struct port_stats *port)
{
	if (i == 0) {
		port->number = EVB_PORT_UPLINK;
		port->name = "uplink";
	} else if (i == 1) {
		port->number = EVB_PORT_PF;
		port->name = "pf";
	} else {
		port->number = EVB_PORT_VF(view->cfg->vfs[i - 2].id);
		port->name = view->cfg->vfs[i - 2].port.name;
	}
}

static int stats_collect(const struct view *view, struct port_stats *ports, unsigned int n)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < n; i++) {
		stats_name(view, i, &ports[i]);
		err = stats_read(view, &ports[i]);
	}
	return err;
}

static struct json_object *stats_port_json(const struct port_stats *port)
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
	output_add(obj, "port", output_str(port->name));
	output_add(obj, "rx", rx);
	output_add(obj, "tx", tx);
	output_add(obj, "drops", drops);
	return obj;
}

static int stats_json(const struct cmd_ctx *ctx, const struct view *view,
		      const struct port_stats *ports, unsigned int n)
{
	struct json_object *obj = json_object_new_object(), *list = json_object_new_array();

	for (unsigned int i = 0; i < n; i++)
		output_append(list, stats_port_json(&ports[i]));
	output_add(obj, "switch", output_str(view->name));
	output_add(obj, "ports", list);
	return output_json(stdout, obj, ctx->pretty);
}

/* as `ip -s link` prints them */
static void stats_text(const struct port_stats *port)
{
	const struct evb_count *rx = stats_rx(port), *tx = stats_tx(port);
	const char *before = "    drops:";

	printf("%s:\n", port->name);
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
}

static int stats_print(const struct cmd_ctx *ctx, struct view *view)
{
	unsigned int n = 2 + view->cfg->n_vfs;
	struct port_stats *ports = calloc(n, sizeof(*ports));
	int err;

	if (!ports)
		return log_err_r(-ENOMEM, "out of memory");
	err = stats_collect(view, ports, n);
	view_unlock(view);
	if (!err && ctx->json)
		err = stats_json(ctx, view, ports, n);
	else
		for (unsigned int i = 0; !err && i < n; i++)
			stats_text(&ports[i]);
	free(ports);
	return err;
}

/* the device's own counter cannot be set to zero: what it has now is the new baseline */
static int stats_reset_device(const struct view *view, uint32_t number)
{
	struct evb_port row;
	struct nl_link link;
	int err;

	if (number == EVB_PORT_PF || tables_port(&view->tables, number, &row) || !row.ifindex)
		return 0;
	if (!view->nl || nl_link_get(view->nl, NULL, (int)row.ifindex, &link))
		return 0;
	err = journal_set_drops(&view->tables, row.ifindex, nl_link_lost(&link));
	if (err)
		log_err("%s: cannot write the baseline of %s to map evb_journal: %s", view->name,
			link.name, log_errno(err));
	return err;
}

static int stats_reset(const struct cmd_ctx *ctx, struct view *view)
{
	struct json_object *obj;
	struct port_stats port;
	int err = 0;

	for (unsigned int i = 0; !err && i < 2 + view->cfg->n_vfs; i++) {
		stats_name(view, i, &port);
		err = tables_stats_reset(&view->tables, port.number);
		if (!err)
			err = stats_reset_device(view, port.number);
	}
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
