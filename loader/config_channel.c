/* SPDX-License-Identifier: GPL-2.0-only */
/* config_channel.c - S-channels on the uplink (802.1Qbg), and how a port names its own. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_schema.h"

static const char *list_channels(const struct config *cfg, char *buf, size_t len)
{
	size_t used = 0;

	for (unsigned int i = 0; i < cfg->n_channels && used < len; i++)
		used += (size_t)snprintf(buf + used, len - used, "%s%s", i ? ", " : "",
					 cfg->channels[i].name);
	return buf;
}

/* the name of one that is in channels */
int parse_channel(struct config_ctx *ctx, const struct schema_key *key,
		  const struct tree_node *node, void *base)
{
	const struct config_channel **field = value_field(key, base);
	const struct config *cfg = ctx->cfg;
	struct config_quote quote;
	char list[300] = "";

	for (unsigned int i = 0; i < cfg->n_channels; i++) {
		if (!tree_is_word(node, cfg->channels[i].name))
			continue;
		*field = &cfg->channels[i];
		return 0;
	}
	return config_refuse(ctx->err, node->pos, "%s: %s is not one of channels: %s%s", key->name,
			     config_quote_node(&quote, node),
			     cfg->n_channels ? "these are " : "there are none",
			     list_channels(cfg, list, sizeof(list)));
}

/* @channel stands below @old in the file */
static int check_channel_pair(struct config_ctx *ctx, const struct config_channel *old,
			      const struct config_channel *channel)
{
	if (!strcmp(old->name, channel->name))
		return config_refuse(ctx->err, channel->name_pos,
				     "name: '%s' is the channel in line %u already: give another "
				     "name",
				     channel->name, old->pos.line);
	if (old->svid == channel->svid)
		return config_refuse(ctx->err, channel->svid_pos,
				     "svid: %u is the channel %s already (line %u): give another "
				     "VLAN",
				     channel->svid, old->name, old->pos.line);
	return 0;
}

static int read_channel(struct config_ctx *ctx, const struct tree_node *node)
{
	struct config *cfg = ctx->cfg;
	struct config_channel *channel = &cfg->channels[cfg->n_channels];
	struct config_quote quote;
	int ret;

	if (node->type != TREE_MAP)
		return config_refuse(ctx->err, node->pos,
				     "channels: %s is not a channel: write a map such as {name: "
				     "blue, svid: 200}",
				     config_quote_node(&quote, node));
	channel->relay = EVB_RELAY__MAX; /* not given: the switch's */
	channel->number = EVB_PORT_CHANNEL_FIRST + cfg->n_channels;
	channel->pos = node->pos;
	ret = schema_read(ctx, &schema_channel, node, channel);
	for (unsigned int i = 0; i < cfg->n_channels && !ret; i++)
		ret = check_channel_pair(ctx, &cfg->channels[i], channel);
	if (!ret)
		cfg->n_channels++;
	return ret;
}

int read_channels(struct config_ctx *ctx, const struct tree_node *node)
{
	const struct config_list list = {"channels", "channel", "an uplink has", EVB_CHANNELS_MAX};

	return config_read_list(ctx, node, &list, (void **)&ctx->cfg->channels,
				sizeof(*ctx->cfg->channels), read_channel);
}
