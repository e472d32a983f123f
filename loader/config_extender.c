/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config_extender.c - ids of extended ports (802.1BR's E-CID, VN-Tag's VIF), and an extender's
 * cascades: the ports behind which other extenders have theirs.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_schema.h"
#include "evb_wire.h"
#include "names.h"

static const char *id_word(enum evb_channel tag)
{
	return tag == EVB_CHANNEL_E ? "ecid" : "vif";
}

int check_extended(struct config_ctx *ctx, const struct tree_node *map, struct config_port *port,
		   enum evb_channel tag, unsigned int tag_line)
{
	const char *wrong = id_word(tag == EVB_CHANNEL_E ? EVB_CHANNEL_VN : EVB_CHANNEL_E);
	const struct tree_node *node = tree_get(map, wrong);
	struct config_quote quote;

	if (node)
		return config_refuse(ctx->err, node->pos,
				     "%s: %s does not go with tag: %s (line %u): write %s", wrong,
				     config_quote_node(&quote, node), evb_channel_name(tag),
				     tag_line, id_word(tag));
	if (tag == EVB_CHANNEL_VN)
		port->ecid_pos = port->vif_pos;
	return 0;
}

static unsigned int id_max(const struct config *cfg)
{
	return cfg->tag == EVB_CHANNEL_E ? EVB_ETAG_ID_MAX : EVB_VNTAG_VIF_MAX;
}

static int read_range(struct config_ctx *ctx, const struct tree_node *node, struct config_ids *ids)
{
	unsigned int max = id_max(ctx->cfg), first, last;
	struct config_quote quote;

	if (!value_is_range(node, &first, &last) || !first || !last || first > max || last > max)
		return config_refuse(ctx->err, node->pos,
				     "ids: %s is not %s or a range: 0x1 to 0x%x, such as 0x100 or "
				     "0x100-0x1ff",
				     config_quote_node(&quote, node),
				     ctx->cfg->tag == EVB_CHANNEL_E ? "an E-CID" : "a VIF", max);
	if (first > last)
		return config_refuse(ctx->err, node->pos,
				     "ids: range %s runs backwards: write 0x%x-0x%x",
				     config_quote_node(&quote, node), last, first);
	*ids = (struct config_ids){.first = first, .last = last, .pos = node->pos};
	return 0;
}

static int read_ids(struct config_ctx *ctx, const struct tree_node *list,
		    struct config_cascade *cascade)
{
	int ret = 0;

	cascade->ids = calloc(list->n_items, sizeof(*cascade->ids));
	if (!cascade->ids)
		return config_no_memory(ctx->err);
	for (size_t i = 0; i < list->n_items && !ret; i++) {
		ret = read_range(ctx, list->items[i], &cascade->ids[i]);
		if (!ret)
			cascade->n_ids++;
	}
	return ret;
}

/* A group's members are named as they are, so that a device may not be called as another port is. */
static bool is_port_name(const char *name)
{
	unsigned int id;

	if (!strcmp(name, "uplink") || !strcmp(name, "pf"))
		return true;
	return !strncmp(name, "vf", 2) && strncmp(name, "vf0x", 4) &&
	       value_number(name + 2, strlen(name + 2), &id) && id < EVB_VFS_MAX;
}

static int refuse_dev(struct config_ctx *ctx, const struct config_cascade *cascade, const char *who,
		      unsigned int line)
{
	return config_refuse(ctx->err, cascade->vf.dev_pos,
			     "dev: '%s' is %s already (line %u): a cascade needs a device of its "
			     "own",
			     cascade->vf.dev, who, line);
}

static int check_dev(struct config_ctx *ctx, const struct config_cascade *cascade)
{
	const struct config *cfg = ctx->cfg;
	char who[EVB_PORT_NAME_LEN + 4];

	if (is_port_name(cascade->vf.dev))
		return config_refuse(ctx->err, cascade->vf.dev_pos,
				     "dev: '%s' is what another port is called here: rename the "
				     "device",
				     cascade->vf.dev);
	if (!strcmp(cascade->vf.dev, cfg->uplink))
		return refuse_dev(ctx, cascade, "the uplink", cfg->uplink_pos.line);
	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		if (strcmp(cascade->vf.dev, cfg->vfs[i].dev))
			continue;
		snprintf(who, sizeof(who), "%s's", cfg->vfs[i].port.name);
		return refuse_dev(ctx, cascade, who, cfg->vfs[i].dev_pos.line);
	}
	for (unsigned int i = 0; i < cfg->n_cascades; i++)
		if (!strcmp(cascade->vf.dev, cfg->cascades[i].vf.dev))
			return refuse_dev(ctx, cascade, "a cascade", cfg->cascades[i].vf.dev_pos.line);
	return 0;
}

static int read_cascade(struct config_ctx *ctx, const struct tree_node *node)
{
	struct config *cfg = ctx->cfg;
	struct cascade_draft draft = {};
	struct config_quote quote;
	int ret;

	if (node->type != TREE_MAP)
		return config_refuse(
			ctx->err, node->pos,
			"cascade: %s is not a cascade: write a map such as {dev: eth1, "
			"ids: [0x100-0x1ff]}",
			config_quote_node(&quote, node));
	draft.cascade.vf.port.pos = node->pos;
	draft.cascade.vf.number = EVB_PORT_CASCADE_FIRST + cfg->n_cascades;
	ret = schema_read(ctx, &schema_cascade, node, &draft);
	snprintf(draft.cascade.vf.port.name, sizeof(draft.cascade.vf.port.name), "%s",
		 draft.cascade.vf.dev);
	draft.cascade.vf.port.relay = EVB_RELAY_EXTENDER;
	if (!ret)
		ret = check_dev(ctx, &draft.cascade);
	if (ret)
		return ret;
	ret = read_ids(ctx, draft.ids, &draft.cascade);
	cfg->cascades[cfg->n_cascades++] = draft.cascade; /* also what is to be freed */
	return ret;
}

int read_cascades(struct config_ctx *ctx, const struct tree_node *node)
{
	const struct config_list list = {"cascade", "cascade", "an extender has", EVB_CASCADES_MAX};

	return config_read_list(ctx, node, &list, (void **)&ctx->cfg->cascades,
				sizeof(*ctx->cfg->cascades), read_cascade);
}

/* Whose id is it, of those that the file has above @pos? NULL: nobody's. */
static const char *id_owner(const struct config *cfg, uint32_t id, const struct config_ids *but,
			    unsigned int *line)
{
	if (cfg->pf.ecid == id) {
		*line = cfg->pf.ecid_pos.line;
		return cfg->pf.name;
	}
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		if (cfg->vfs[i].port.ecid == id) {
			*line = cfg->vfs[i].port.ecid_pos.line;
			return cfg->vfs[i].port.name;
		}
	for (unsigned int i = 0; i < cfg->n_cascades; i++)
		for (unsigned int k = 0; k < cfg->cascades[i].n_ids; k++) {
			const struct config_ids *ids = &cfg->cascades[i].ids[k];

			if (ids == but)
				return NULL;
			*line = ids->pos.line;
			if (id >= ids->first && id <= ids->last)
				return cfg->cascades[i].vf.dev;
		}
	return NULL;
}

/* a bit for each id that is taken */
struct taken {
	uint64_t bits[(EVB_ETAG_ID_MAX + 1) / 64];
};

static bool take(struct taken *taken, uint32_t id)
{
	uint64_t bit = 1ull << (id % 64);
	bool was = taken->bits[id / 64] & bit;

	taken->bits[id / 64] |= bit;
	return !was;
}

static int refuse_taken(struct config_ctx *ctx, const char *key, uint32_t id, struct config_pos pos,
			const struct config_ids *ids)
{
	unsigned int line = 0;
	const char *who = id_owner(ctx->cfg, id, ids, &line);

	return config_refuse(ctx->err, pos, "%s: 0x%x is %s's already (line %u): give another id",
			     key, id, who ? who : "another port", line);
}

static int check_cascade_ids(struct config_ctx *ctx, struct taken *taken)
{
	const struct config *cfg = ctx->cfg;
	uint32_t n = 0;

	for (unsigned int i = 0; i < cfg->n_cascades; i++)
		for (unsigned int k = 0; k < cfg->cascades[i].n_ids; k++) {
			const struct config_ids *ids = &cfg->cascades[i].ids[k];

			n += ids->last - ids->first + 1;
			if (n > CONFIG_CASCADE_IDS_MAX)
				return config_refuse(ctx->err, ids->pos,
						     "ids: with 0x%x-0x%x these are %u: behind the "
						     "cascades of an extender are at most %d",
						     ids->first, ids->last, n,
						     CONFIG_CASCADE_IDS_MAX);
			for (uint32_t id = ids->first; id <= ids->last; id++)
				if (!take(taken, id))
					return refuse_taken(ctx, "ids", id, ids->pos, ids);
		}
	return 0;
}

/* the VFs in the order of their numbers: of two the one further below in the file is refused */
static int check_vf_ids(struct config_ctx *ctx, struct taken *taken)
{
	const struct config *cfg = ctx->cfg;

	if (cfg->pf.ecid)
		take(taken, cfg->pf.ecid);
	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		const struct config_port *port = &cfg->vfs[i].port, *old = &cfg->pf;

		if (take(taken, port->ecid))
			continue;
		for (unsigned int j = 0; j < i && old->ecid != port->ecid; j++)
			old = &cfg->vfs[j].port;
		if (old != &cfg->pf && old->ecid_pos.line > port->ecid_pos.line) {
			const struct config_port *other = old;

			old = port;
			port = other;
		}
		return config_refuse(ctx->err, port->ecid_pos,
				     "%s: 0x%03x is %s's already (line %u): give another id",
				     id_word(cfg->tag), port->ecid, old->name, old->ecid_pos.line);
	}
	return 0;
}

int check_ids(struct config_ctx *ctx)
{
	struct taken *taken = calloc(1, sizeof(*taken));
	int ret;

	if (!taken)
		return config_no_memory(ctx->err);
	ret = check_vf_ids(ctx, taken);
	if (!ret)
		ret = check_cascade_ids(ctx, taken);
	free(taken);
	return ret;
}
