/* SPDX-License-Identifier: GPL-2.0-only */
/* show_replication.c - `evbpf show SWITCH replication`: ids that stand for several ports. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "evb_wire.h"
#include "log.h"
#include "names.h"
#include "output.h"
#include "show.h"

#define VLAN_LEN 24

/* a group, and its device as it is called now */
struct group {
	const struct config_replication *config;
	enum evb_channel tag;
	char dev[IFNAMSIZ];
};

/* an extender's groups are ids of its uplink */
static void group_read(const struct view *view, const struct config_replication *config,
		       struct group *out)
{
	bool bridge = config_is_bridge(view->cfg);
	struct view_port at;

	view_port(view, bridge ? config->number : EVB_PORT_UPLINK,
		  bridge ? config->dev : view->cfg->uplink, &at);
	out->config = config;
	out->tag = bridge ? config->members[0].vf->tag : view->cfg->tag;
	memcpy(out->dev, at.dev, sizeof(out->dev));
}

static const char *member_name(const struct view *view, const struct config_member *member)
{
	if (member->vf)
		return member->vf->port.name;
	return member->cascade ? member->cascade->vf.port.name : view->cfg->pf.name;
}

static struct json_object *group_json(const struct view *view, const struct group *group)
{
	struct json_object *obj = json_object_new_object(), *members = json_object_new_array();
	const struct config_replication *config = group->config;
	bool bridge = config_is_bridge(view->cfg);

	for (unsigned int i = 0; i < config->n_members; i++)
		output_append(members, output_str(member_name(view, &config->members[i])));
	output_add(obj, "name", output_str(config->name));
	output_add(obj, "dev", output_str(group->dev));
	output_add(obj, "tag", output_str(evb_channel_name(group->tag)));
	output_add_id(obj, group->tag, config->id);
	output_add(obj, "vlan", bridge ? output_num(config->vlan) : NULL);
	output_add(obj, "proto",
		   bridge && config->vlan ? output_str(evb_tpid_name(config->tpid)) : NULL);
	output_add(obj, "members", members);
	return obj;
}

static int groups_json(const struct cmd_ctx *ctx, const struct view *view,
		       const struct group *groups)
{
	struct json_object *obj = json_object_new_object(), *list = json_object_new_array();

	for (unsigned int i = 0; i < view->cfg->n_replications; i++)
		output_append(list, group_json(view, &groups[i]));
	output_add(obj, "switch", output_str(view->name));
	output_add(obj, "replication", list);
	return output_json(stdout, obj, ctx->pretty);
}

/* "vf0 vf1 eth1", in the order of the file; all ports fit into OUTPUT_SET_LEN */
static const char *members_text(const struct view *view, const struct config_replication *config,
				char *buf, size_t len)
{
	size_t used = 0;

	for (unsigned int i = 0; i < config->n_members && used < len; i++)
		used += (size_t)snprintf(buf + used, len - used, "%s%s", i ? " " : "",
					 member_name(view, &config->members[i]));
	return buf;
}

static const char *vlan_text(const struct config_replication *config, char *buf, size_t len)
{
	snprintf(buf, len, "%u%s", config->vlan,
		 config->vlan && config->tpid != EVB_TPID_C ? " 802.1ad" : "");
	return buf;
}

/* an extender's have no VLAN: what comes down with the id goes to all members */
static int groups_text(const struct view *view, const struct group *groups)
{
	static const char *const all[] = {"NAME", "DEV", "ID", "VLAN", "MEMBERS"};
	bool bridge = config_is_bridge(view->cfg);
	const char *headings[] = {all[0], all[1], all[2], bridge ? all[3] : all[4], all[4]};
	struct output_table *table = output_table_new(4 + bridge, headings);
	char id[OUTPUT_CHANNEL_LEN], vlan[VLAN_LEN], members[OUTPUT_SET_LEN];

	for (unsigned int i = 0; i < view->cfg->n_replications; i++) {
		const struct config_replication *config = groups[i].config;
		const char *cells[] = {
			config->name,
			groups[i].dev,
			output_channel_text(groups[i].tag, config->id, id, sizeof(id)),
			bridge ? vlan_text(config, vlan, sizeof(vlan)) : members,
			members,
		};

		members_text(view, config, members, sizeof(members));
		output_table_row(table, cells);
	}
	return output_table_print(table, stdout, "");
}

int show_replication(const struct cmd_ctx *ctx, struct view *view)
{
	unsigned int n = view->cfg->n_replications;
	struct group *groups = calloc(n + 1, sizeof(*groups));
	int err = 0;

	if (!groups)
		err = log_err_r(-ENOMEM, "out of memory");
	for (unsigned int i = 0; !err && i < n; i++)
		group_read(view, &view->cfg->replications[i], &groups[i]);
	view_unlock(view);
	if (!err && ctx->json)
		err = groups_json(ctx, view, groups);
	else if (!err && n)
		err = groups_text(view, groups);
	else if (!err)
		printf("%s: no replication groups\n", view->name);
	free(groups);
	return err;
}
