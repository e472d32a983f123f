/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config_group.c - portgroups: named defaults of VFs, or of a bridge's ports.
 *
 * A group's keys are read twice: once for itself, so that a bad value is refused even in a group
 * that nobody uses, and once into each port that names it. Contradictions are those of a port.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config_schema.h"

static const char *list_groups(const struct config_ctx *ctx, char *buf, size_t len)
{
	size_t used = 0;

	for (unsigned int i = 0; i < ctx->n_groups && used < len; i++)
		used += (size_t)snprintf(buf + used, len - used, "%s%s", i ? ", " : "",
					 ctx->groups[i].name);
	return buf;
}

static int read_group(struct config_ctx *ctx, const struct tree_node *node)
{
	const struct schema_map *map = config_is_bridge(ctx->cfg)     ? &schema_port_group
				       : config_is_extender(ctx->cfg) ? &schema_ext_group
								      : &schema_group;
	struct config_vf scratch = {};
	struct config_quote quote;
	const struct tree_node *name;
	int ret;

	if (node->type != TREE_MAP)
		return config_refuse(ctx->err, node->pos,
				     "portgroups: %s is not a portgroup: write a map such as "
				     "{name: web, vlan: 10}",
				     config_quote_node(&quote, node));
	port_defaults(&scratch.port);
	ret = schema_read(ctx, map, node, &scratch);
	if (ret)
		return ret;
	name = tree_get(node, "name");
	for (unsigned int i = 0; i < ctx->n_groups; i++)
		if (!strcmp(ctx->groups[i].name, name->text))
			return config_refuse(ctx->err, name->pos,
					     "name: '%s' is the portgroup in line %u already: give "
					     "another name",
					     name->text, ctx->groups[i].map->pos.line);
	ctx->groups[ctx->n_groups++] = (struct config_group){.name = name->text, .map = node};
	return 0;
}

int read_groups(struct config_ctx *ctx, const struct tree_node *node)
{
	struct config_quote quote;
	int ret = 0;

	if (!node || tree_is_null(node))
		return 0;
	if (node->type != TREE_LIST)
		return config_refuse(ctx->err, node->pos,
				     "portgroups: %s is not a list: write one '- ' entry for each "
				     "portgroup",
				     config_quote_node(&quote, node));
	for (size_t i = 0; i < node->n_items && !ret; i++) {
		if (i == EVB_VFS_MAX)
			return config_refuse(ctx->err, node->items[i]->pos,
					     "portgroups: this is portgroup number %zu of %zu: a "
					     "switch has at most %d",
					     i + 1, node->n_items, EVB_VFS_MAX);
		ret = read_group(ctx, node->items[i]);
	}
	return ret;
}

/* Fills ctx->group: NULL without portgroup, or refuses an unknown one. */
static int find_group(struct config_ctx *ctx, const struct tree_node *port)
{
	const struct tree_node *name = tree_get(port, "portgroup");
	struct config_quote quote;
	char list[300] = "";

	ctx->group = NULL;
	if (!name)
		return 0;
	for (unsigned int i = 0; i < ctx->n_groups && !ctx->group; i++)
		if (tree_is_word(name, ctx->groups[i].name))
			ctx->group = &ctx->groups[i];
	if (ctx->group)
		return 0;
	return config_refuse(ctx->err, name->pos, "portgroup: %s is not one of portgroups: %s%s",
			     config_quote_node(&quote, name),
			     ctx->n_groups ? "these are " : "there are none",
			     list_groups(ctx, list, sizeof(list)));
}

int group_read(struct config_ctx *ctx, const struct schema_map *map, const struct tree_node *node,
	       struct config_vf *vf)
{
	int ret = find_group(ctx, node);

	if (!ret && ctx->group)
		ret = schema_read_group(ctx, map, ctx->group->map, node, vf);
	return ret ? ret : schema_read(ctx, map, node, vf);
}

/* A contradiction may stand in a group whose other members have none. */
int group_leave(struct config_ctx *ctx, const struct config_vf *vf, int ret)
{
	size_t len = strlen(ctx->err->text);

	if (ret && ctx->group)
		snprintf(ctx->err->text + len, sizeof(ctx->err->text) - len, " (%s, portgroup %s)",
			 vf->port.name, ctx->group->name);
	ctx->group = NULL;
	return ret;
}

const struct tree_node *port_given(const struct config_ctx *ctx, const struct tree_node *map,
				   const char *key)
{
	const struct tree_node *value = tree_get(map, key);

	return value || !ctx->group ? value : tree_get(ctx->group->map, key);
}

/* The port's value: find_group() has found it. */
int parse_portgroup(struct config_ctx *ctx, const struct schema_key *key,
		    const struct tree_node *node, void *base)
{
	(void)node;
	memcpy(value_field(key, base), ctx->group->name, strlen(ctx->group->name) + 1);
	return 0;
}
