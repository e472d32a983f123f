/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd_list.c - `evbpf list`: the switches that are attached. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "cmd.h"
#include "log.h"
#include "names.h"
#include "output.h"
#include "pin.h"
#include "view.h"

struct list {
	struct json_object *json; /* array; NULL for text */
	struct output_table *table;
	unsigned int n;
};

static const char *format_time(uint64_t when, char *buf, size_t len)
{
	time_t at = (time_t)when;
	struct tm tm;

	if (!localtime_r(&at, &tm) || !strftime(buf, len, "%Y-%m-%d %H:%M:%S", &tm))
		snprintf(buf, len, "%llu", (unsigned long long)when);
	return buf;
}

/* a bridge has neither uplink nor PF */
static unsigned int list_ports(const struct config *cfg)
{
	unsigned int n = config_devices(cfg);

	return config_is_bridge(cfg) ? n : 2 + cfg->n_channels + n;
}

static void list_add(struct list *list, const struct view *view)
{
	const struct config *cfg = view->cfg;
	char ports[16], since[32];
	struct view_port uplink = {};
	struct json_object *obj;

	if (!config_is_bridge(cfg))
		view_port(view, EVB_PORT_UPLINK, cfg->uplink, &uplink);
	if (!list->json) {
		const char *cells[] = {
			view->name,  evb_relay_name(cfg->relay),
			uplink.dev,  ports,
			view->netns, format_time(view->val->attached, since, sizeof(since))};

		snprintf(ports, sizeof(ports), "%u", list_ports(cfg));
		output_table_row(list->table, cells);
		return;
	}
	obj = json_object_new_object();
	output_add(obj, "switch", output_str(view->name));
	output_add(obj, "relay", output_str(evb_relay_name(cfg->relay)));
	output_add(obj, "netns", output_str(view->netns));
	output_add(obj, "uplink", uplink.dev[0] ? output_str(uplink.dev) : NULL);
	output_add(obj, "ports", output_num(list_ports(cfg)));
	output_add(obj, "attached", output_num(view->val->attached));
	output_append(list->json, obj);
}

/* a switch that only `detach` can do something with */
static void list_add_broken(struct list *list, const char *name, const char *why)
{
	const char *cells[] = {name, NULL, NULL, NULL, NULL, why};
	struct json_object *obj;

	if (!list->json) {
		output_table_row(list->table, cells);
		return;
	}
	obj = json_object_new_object();
	output_add(obj, "switch", output_str(name));
	output_add(obj, "relay", NULL);
	output_add(obj, "netns", NULL);
	output_add(obj, "uplink", NULL);
	output_add(obj, "ports", output_num(0));
	output_add(obj, "attached", output_num(0));
	output_add(obj, "error", output_str(why));
	output_append(list->json, obj);
}

static int list_one(const char *name, void *arg)
{
	struct list *list = arg;
	struct view view;
	char why[64];
	int err = view_incomplete(name) ? -EINPROGRESS : view_open(name, &view);

	list->n++;
	if (!err) {
		list_add(list, &view);
		view_close(&view);
		return 0;
	}
	if (err == -EINPROGRESS)
		snprintf(why, sizeof(why), "incomplete: evbpf detach %s", name);
	else if (err == -EPROTO)
		snprintf(why, sizeof(why), "made by another version of evbpf");
	else
		return err;
	list_add_broken(list, name, why);
	return 0;
}

static int list_print(const struct cmd_ctx *ctx, struct list *list)
{
	struct json_object *obj;

	if (!ctx->json)
		return output_table_print(list->table, stdout, "");
	obj = json_object_new_object();
	output_add(obj, "switches", list->json);
	return output_json(stdout, obj, ctx->pretty);
}

int cmd_list(const struct cmd_ctx *ctx)
{
	static const char *const headings[] = {"SWITCH", "RELAY", "UPLINK",
					       ">PORTS", "NETNS", "SINCE"};
	struct list list = {};
	int lock, err;

	lock = pin_lock(false, PIN_LOCK_SECONDS);
	if (lock < 0 && lock != -ENOENT)
		return CMD_FAILED;
	if (ctx->json)
		list.json = json_object_new_array();
	else
		list.table = output_table_new(6, headings);
	err = lock < 0 ? 0 : pin_switch_each(list_one, &list);
	pin_unlock(lock < 0 ? -1 : lock);
	if (!err && (list.n || ctx->json))
		return list_print(ctx, &list) ? CMD_FAILED : CMD_OK;
	output_table_free(list.table);
	json_object_put(list.json);
	if (err)
		return CMD_FAILED;
	puts("no switch is attached");
	return CMD_OK;
}
