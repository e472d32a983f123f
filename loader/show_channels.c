/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show_channels.c - `evbpf show SWITCH channels`: S-channels and ids of extended ports, and who is in
 * them.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "names.h"
#include "output.h"
#include "show.h"

#define CELL_LEN 48

/*
 * An S-channel of the uplink; or a port that is a channel, of a bridge's device or of an extender's
 * uplink. Its ports are those behind it: of a port, itself.
 */
struct channel {
	const struct view_item *item;
	const char *name;
	char dev[IFNAMSIZ];
	enum evb_relay relay;
	unsigned int n_members;
	struct output_set members;
};

struct channels {
	unsigned int n;
	struct channel *list;
};

static void member_add(struct channel *channel, const struct view_item *item)
{
	output_set_add(&channel->members, item->number);
	channel->n_members++;
}

static void find_members(const struct view_items *items, struct channel *channel)
{
	for (unsigned int i = 0; i < items->n; i++)
		if (items->list[i].config && items->list[i].channel == channel->item->channel)
			member_add(channel, &items->list[i]);
}

/* an extender's ports are channels of the uplink, and not of their own devices */
static const char *channel_dev(const struct view *view, const struct view_item *item,
			       struct view_port *at)
{
	if (config_is_extender(view->cfg))
		view_port(view, EVB_PORT_UPLINK, view->cfg->uplink, at);
	else
		view_port(view, item->number, item->dev, at);
	return at->dev;
}

/* what has a tag of its own on its device */
static int collect(const struct view *view, const struct view_items *items, struct channels *out)
{
	struct view_port at;

	out->list = calloc(items->n + 1, sizeof(*out->list));
	if (!out->list)
		return log_err_r(-ENOMEM, "out of memory");
	for (unsigned int i = 0; i < items->n; i++) {
		const struct view_item *item = &items->list[i];
		struct channel *channel = &out->list[out->n];

		if (!item->tag)
			continue;
		memcpy(channel->dev, channel_dev(view, item, &at), sizeof(channel->dev));
		channel->item = item;
		channel->name = item->channel ? item->channel->name : item->name;
		channel->relay = item->channel ? item->channel->relay : view->cfg->relay;
		if (item->channel)
			find_members(items, channel);
		else
			member_add(channel, item);
		out->n++;
	}
	return 0;
}

static void channel_id_json(const struct view_item *item, struct json_object *row)
{
	if (item->cascade)
		output_add(row, "ids", output_ids(item->cascade->ids, item->cascade->n_ids));
	else
		output_add_id(row, item->tag, item->id);
}

static const char *channel_id_text(const struct view_item *item, char *buf, size_t len)
{
	if (item->cascade)
		return output_ids_text(item->tag, item->cascade->ids, item->cascade->n_ids, buf, len);
	return output_channel_text(item->tag, item->id, buf, len);
}

static bool has_extended(const struct channels *channels)
{
	for (unsigned int i = 0; i < channels->n; i++)
		if (channels->list[i].item->tag != EVB_CHANNEL_S)
			return true;
	return false;
}

static int channels_json(const struct cmd_ctx *ctx, const struct view *view,
			 const struct channels *channels, const struct output_names *names)
{
	struct json_object *obj = json_object_new_object(), *list = json_object_new_array();

	for (unsigned int i = 0; i < channels->n; i++) {
		const struct channel *channel = &channels->list[i];
		struct json_object *row = json_object_new_object();

		output_add(row, "name", output_str(channel->name));
		output_add(row, "tag", output_str(evb_channel_name(channel->item->tag)));
		channel_id_json(channel->item, row);
		output_add(row, "relay", output_str(evb_relay_name(channel->relay)));
		output_add(row, "dev", output_str(channel->dev));
		output_add(row, "port", output_str(channel->item->name));
		output_add(row, "members", output_set_json(&channel->members, names));
		output_add(row, "n_members", output_num(channel->n_members));
		output_append(list, row);
	}
	output_add(obj, "switch", output_str(view->name));
	output_add(obj, "channels", list);
	return output_json(stdout, obj, ctx->pretty);
}

static int channels_text(const struct channels *channels, const struct output_names *names)
{
	const char *const headings[] = {
		"CHANNEL", has_extended(channels) ? "ID" : ">SVID", "RELAY", "DEV", "PORT", ">PORTS",
		"MEMBERS"};
	struct output_table *table = output_table_new(7, headings);
	char id[CELL_LEN], count[CELL_LEN], members[OUTPUT_SET_LEN];

	for (unsigned int i = 0; i < channels->n; i++) {
		const struct channel *channel = &channels->list[i];
		const char *cells[] = {
			channel->name,
			channel_id_text(channel->item, id, sizeof(id)),
			evb_relay_name(channel->relay),
			channel->dev,
			channel->item->name,
			count,
			output_set_text(&channel->members, names, members, sizeof(members)),
		};

		snprintf(count, sizeof(count), "%u", channel->n_members);
		output_table_row(table, cells);
	}
	return output_table_print(table, stdout, "");
}

int show_channels(const struct cmd_ctx *ctx, struct view *view)
{
	struct output_names *names = NULL;
	struct view_items items = {};
	struct channels channels = {};
	int err = view_names(view, &names);

	if (!err)
		err = view_items(view->cfg, &items);
	if (!err)
		err = collect(view, &items, &channels);
	view_unlock(view);
	if (!err && ctx->json)
		err = channels_json(ctx, view, &channels, names);
	else if (!err && channels.n)
		err = channels_text(&channels, names);
	else if (!err)
		printf("%s: no channels\n", view->name);
	free(channels.list);
	free(items.list);
	free(names);
	return err;
}
