/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config_replication.c - groups of extended ports: one frame with the group's id reaches them all.
 *
 * An extender copies what comes down with the id to its members. A bridge sends one such frame in
 * place of one for each member; so its groups are of one device and, as a flood is, of one VLAN.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_schema.h"
#include "evb_wire.h"
#include "names.h"

#define BRIDGE_MEMBERS_MIN 2

static int refuse_word(struct config_ctx *ctx, const char *word, unsigned int number,
		       struct config_pos pos, enum evb_channel tag, unsigned int tag_line)
{
	return config_refuse(ctx->err, pos, "%s: %u does not go with tag: %s (line %u): write %s",
			     word, number, evb_channel_name(tag), tag_line,
			     tag == EVB_CHANNEL_E ? "grp and ecid" : "list");
}

/* E-TAG's group is {GRP, E-CID}, VN-Tag's a list. */
static int take_id(struct config_ctx *ctx, struct replication_draft *draft, enum evb_channel tag,
		   unsigned int tag_line)
{
	struct config_replication *group = &draft->group;

	if (tag == EVB_CHANNEL_E && draft->list_pos.line)
		return refuse_word(ctx, "list", draft->list, draft->list_pos, tag, tag_line);
	if (tag == EVB_CHANNEL_VN && draft->grp_pos.line)
		return refuse_word(ctx, "grp", draft->grp, draft->grp_pos, tag, tag_line);
	if (tag == EVB_CHANNEL_VN && draft->ecid_pos.line)
		return refuse_word(ctx, "ecid", draft->ecid, draft->ecid_pos, tag, tag_line);
	if (tag == EVB_CHANNEL_VN && !draft->list_pos.line)
		return config_refuse(ctx->err, group->pos,
				     "replication: the group has no 'list': write list: 0x1001");
	if (tag == EVB_CHANNEL_E && !(draft->grp_pos.line && draft->ecid_pos.line))
		return config_refuse(
			ctx->err, group->pos,
			"replication: the group has no '%s': write grp: 1, ecid: 0x005",
			draft->grp_pos.line ? "ecid" : "grp");
	if (tag == EVB_CHANNEL_VN) {
		group->id = EVB_VNTAG_LIST | draft->list;
		group->id_pos = draft->list_pos;
		return 0;
	}
	group->id = draft->grp << EVB_ETAG_GRP_SHIFT | draft->ecid;
	group->id_pos = draft->ecid_pos;
	return 0;
}

/* "uplink.1.5", "swp3.1001": as the file has it, but hexadecimal; it always fits */
static void take_name(struct config_replication *group, enum evb_channel tag)
{
	const char *dev = group->dev[0] ? group->dev : "uplink";

	if (tag == EVB_CHANNEL_E)
		snprintf(group->name, sizeof(group->name), "%s.%u.%x", dev,
			 group->id >> EVB_ETAG_GRP_SHIFT & 3, group->id & EVB_ETAG_ID_MAX);
	else
		snprintf(group->name, sizeof(group->name), "%s.%x", dev,
			 group->id & EVB_VNTAG_ID_MAX);
}

/* ---- members */

/* "vf0, vf1, pf, eth1": who could be a member */
static const char *list_members(const struct config *cfg, const char *dev, char *buf, size_t len)
{
	bool bridge = config_is_bridge(cfg);
	size_t used = 0;

	for (unsigned int i = 0; i < cfg->n_vfs && used < len; i++)
		if (!bridge || (cfg->vfs[i].tag && !strcmp(cfg->vfs[i].dev, dev)))
			used += (size_t)snprintf(buf + used, len - used, "%s%s", used ? ", " : "",
						 cfg->vfs[i].port.name);
	if (cfg->pf.ecid && used < len)
		used += (size_t)snprintf(buf + used, len - used, "%spf", used ? ", " : "");
	for (unsigned int i = 0; i < cfg->n_cascades && used < len; i++)
		used += (size_t)snprintf(buf + used, len - used, "%s%s", used ? ", " : "",
					 cfg->cascades[i].vf.dev);
	return buf;
}

/* The port of this name that could be a member of the group. */
static bool find_member(const struct config *cfg, const struct config_replication *group,
			const struct tree_node *name, struct config_member *member)
{
	bool bridge = config_is_bridge(cfg);

	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		const struct config_vf *vf = &cfg->vfs[i];

		if (!tree_is_word(name, vf->port.name))
			continue;
		member->vf = vf;
		return !bridge || (vf->tag && !strcmp(vf->dev, group->dev));
	}
	for (unsigned int i = 0; i < cfg->n_cascades; i++) {
		if (!tree_is_word(name, cfg->cascades[i].vf.dev))
			continue;
		member->cascade = &cfg->cascades[i];
		return true;
	}
	return !bridge && cfg->pf.ecid && tree_is_word(name, "pf");
}

static int refuse_member(struct config_ctx *ctx, const struct config_replication *group,
			 const struct tree_node *name)
{
	struct config_quote quote;
	char list[300] = "";

	if (tree_is_word(name, "pf") && !config_is_bridge(ctx->cfg))
		return config_refuse(ctx->err, name->pos,
				     "members: 'pf' has no id, so that no group reaches it: give "
				     "pf %s, or take it out",
				     ctx->cfg->tag == EVB_CHANNEL_E ? "an ecid" : "a vif");
	list_members(ctx->cfg, group->dev, list, sizeof(list));
	return config_refuse(ctx->err, name->pos, "members: %s is not a port %s%s: these are %s",
			     config_quote_node(&quote, name),
			     config_is_bridge(ctx->cfg) ? "with a tag on "
							: "that a group may have",
			     group->dev, list[0] ? list : "none");
}

static int read_member(struct config_ctx *ctx, const struct tree_node *name,
		       struct config_replication *group)
{
	struct config_member *member = &group->members[group->n_members];
	struct config_quote quote;

	if (!find_member(ctx->cfg, group, name, member))
		return refuse_member(ctx, group, name);
	member->pos = name->pos;
	for (unsigned int i = 0; i < group->n_members; i++)
		if (group->members[i].vf == member->vf &&
		    group->members[i].cascade == member->cascade)
			return config_refuse(ctx->err, name->pos,
					     "members: %s is in this list already: name it once",
					     config_quote_node(&quote, name));
	group->n_members++;
	return 0;
}

static int read_members(struct config_ctx *ctx, const struct tree_node *list,
			struct config_replication *group)
{
	int ret = 0;

	if (config_is_bridge(ctx->cfg) && list->n_items < BRIDGE_MEMBERS_MIN)
		return config_refuse(ctx->err, list->pos,
				     "members: one port needs no group: name at least %d, or take "
				     "the group out",
				     BRIDGE_MEMBERS_MIN);
	group->members = calloc(list->n_items, sizeof(*group->members));
	if (!group->members)
		return config_no_memory(ctx->err);
	for (size_t i = 0; i < list->n_items && !ret; i++)
		ret = read_member(ctx, list->items[i], group);
	return ret;
}

/* ---- a bridge's: device and VLAN */

/* A port with a tag on the group's device says which tag is there; NULL: none does. */
static const struct config_vf *find_tagged(const struct config *cfg, const char *dev)
{
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		if (cfg->vfs[i].tag && !strcmp(cfg->vfs[i].dev, dev))
			return &cfg->vfs[i];
	return NULL;
}

static bool in_vlan(const struct config_port *port, unsigned int vlan, uint16_t tpid)
{
	bool both = port->trunk_all && !port->vlan && !port->has_proto;

	if (!vlan)
		return port->untagged;
	if (port->proto != tpid && !both)
		return false;
	return port->vlan == vlan || port->trunk_all || config_vids_has(&port->trunk, vlan);
}

/* The first member that is not in the group's VLAN of this protocol; NULL: all are. */
static const struct config_member *outsider(const struct config_replication *group, uint16_t tpid)
{
	for (unsigned int i = 0; i < group->n_members; i++)
		if (!in_vlan(&group->members[i].vf->port, group->vlan, tpid))
			return &group->members[i];
	return NULL;
}

static int check_vlan(struct config_ctx *ctx, struct config_replication *group)
{
	const struct config_member *who = outsider(group, EVB_TPID_C);

	group->tpid = EVB_TPID_C;
	if (!who)
		return 0;
	if (group->vlan && !outsider(group, EVB_TPID_S)) {
		group->tpid = EVB_TPID_S;
		return 0;
	}
	if (!group->vlan)
		return config_refuse(ctx->err, who->pos,
				     "members: '%s' has no untagged frames that are in no VLAN, as "
				     "a group without vlan is for: give the group a vlan",
				     who->vf->port.name);
	return config_refuse(ctx->err, who->pos,
			     "members: '%s' is not in the group's VLAN %u (line %u): take it out, "
			     "or give the port that VLAN",
			     who->vf->port.name, group->vlan, group->vlan_pos.line);
}

/* ---- one group, and the list */

/* @group stands below @old in the file */
static int check_group_pair(struct config_ctx *ctx, const struct config_replication *old,
			    const struct config_replication *group)
{
	if (strcmp(old->dev, group->dev))
		return 0;
	if (old->id == group->id)
		return config_refuse(
			ctx->err, group->id_pos,
			"replication: %s is the group in line %u already: give another "
			"id",
			group->name, old->pos.line);
	if (config_is_bridge(ctx->cfg) && old->vlan == group->vlan && old->tpid == group->tpid)
		return config_refuse(ctx->err, group->vlan_pos.line ? group->vlan_pos : group->pos,
				     "replication: %s has a group for VLAN %u already (line %u): a "
				     "VLAN has one on a device",
				     group->dev, group->vlan, old->pos.line);
	return 0;
}

/* The device of a closed port may be called as a group is. */
static int check_name(struct config_ctx *ctx, const struct config_replication *group)
{
	const struct config *cfg = ctx->cfg;

	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		if (!strcmp(cfg->vfs[i].port.name, group->name))
			return config_refuse(ctx->err, group->id_pos,
					     "replication: %s is what the device in line %u is "
					     "called: give another id",
					     group->name, cfg->vfs[i].dev_pos.line);
	return 0;
}

/* Which tag the group's id is in; EVB_CHANNEL_NONE with the refusal in ctx->err. */
static enum evb_channel group_tag(struct config_ctx *ctx, const struct config_replication *group,
				  unsigned int *line)
{
	const struct config_vf *port;

	*line = ctx->cfg->tag_pos.line;
	if (!config_is_bridge(ctx->cfg))
		return ctx->cfg->tag;
	port = find_tagged(ctx->cfg, group->dev);
	if (!port) {
		config_refuse(ctx->err, group->dev_pos,
			      "dev: '%s' has no ports with a tag, and these alone are in groups: "
			      "write tag and ecid or vif at its ports",
			      group->dev);
		return EVB_CHANNEL_NONE;
	}
	*line = port->tag_pos.line;
	return port->tag;
}

static int complete_group(struct config_ctx *ctx, struct replication_draft *draft)
{
	struct config_replication *group = &draft->group;
	unsigned int tag_line;
	enum evb_channel tag = group_tag(ctx, group, &tag_line);
	int ret = tag ? take_id(ctx, draft, tag, tag_line) : -EINVAL;

	if (ret)
		return ret;
	take_name(group, tag);
	ret = read_members(ctx, draft->members, group);
	if (!ret && config_is_bridge(ctx->cfg))
		ret = check_vlan(ctx, group);
	return ret ? ret : check_name(ctx, group);
}

static int read_group(struct config_ctx *ctx, const struct tree_node *node)
{
	struct config *cfg = ctx->cfg;
	const struct schema_map *map =
		config_is_bridge(cfg) ? &schema_port_replication : &schema_ext_replication;
	struct replication_draft draft = {};
	struct config_quote quote;
	int ret;

	if (node->type != TREE_MAP)
		return config_refuse(ctx->err, node->pos,
				     "replication: %s is not a group: write a map such as {%sgrp: "
				     "1, ecid: 0x005, members: [%s]}",
				     config_quote_node(&quote, node),
				     config_is_bridge(cfg) ? "dev: swp3, vlan: 10, " : "",
				     config_is_bridge(cfg) ? "x1, x2" : "vf0, vf1");
	draft.group.pos = node->pos;
	draft.group.tpid = EVB_TPID_C;
	draft.group.number = config_replication_first(cfg) + cfg->n_replications;
	ret = schema_read(ctx, map, node, &draft);
	if (!ret)
		ret = complete_group(ctx, &draft);
	for (unsigned int i = 0; i < cfg->n_replications && !ret; i++)
		ret = check_group_pair(ctx, &cfg->replications[i], &draft.group);
	cfg->replications[cfg->n_replications++] = draft.group; /* also what is to be freed */
	return ret;
}

int read_replications(struct config_ctx *ctx, const struct tree_node *node)
{
	struct config *cfg = ctx->cfg;
	const struct config_list list = {
		.key = "replication",
		.entry = "group",
		.whose = config_is_bridge(cfg) ? "beside its ports this bridge has" : "an extender has",
		.max = EVB_PORTS_MAX - config_replication_first(cfg),
	};

	return config_read_list(ctx, node, &list, (void **)&cfg->replications,
				sizeof(*cfg->replications), read_group);
}
