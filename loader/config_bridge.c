/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config_bridge.c - the ports of a bridge.
 *
 * Several may share a device, each on its S-channel or, where an extender is behind it, each with
 * its E-CID or VIF; the one without either stands for the device.
 * What is the device's own (hook, presence) is said at any of them and holds for all.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_schema.h"
#include "evb_wire.h"
#include "names.h"

enum device_key {
	DEVICE_HOOK = 0,
	DEVICE_PRESENT,
	DEVICE__MAX,
};

static const char *const device_keys[] = {"hook", "present"};
_Static_assert(sizeof(device_keys) / sizeof(device_keys[0]) == DEVICE__MAX, "a key has no name");

/* where the file says something at a port; NULL: it does not */
struct port_nodes {
	const struct tree_node *device[DEVICE__MAX];
	const struct tree_node *proto;
};

/* Who may send from a port follows from spoofchk or from learning, not from both. */
static int check_learning(struct config_ctx *ctx, const struct tree_node *map,
			  struct config_port *port)
{
	const struct tree_node *learning = port_given(ctx, map, "learning");

	if (!port->spoofchk)
		return 0;
	if (!port->n_macs)
		return config_refuse(ctx->err, port_given(ctx, map, "spoofchk")->pos,
				     "spoofchk: on lets only the addresses in static send, and %s "
				     "has none: write static: [\"02:00:00:00:01:00\"], or take "
				     "spoofchk out",
				     port->name);
	if (learning && port->learning)
		return config_refuse(ctx->err, learning->pos,
				     "learning: on contradicts spoofchk: on (line %u), which lets "
				     "only the addresses in static send: take one out",
				     port_given(ctx, map, "spoofchk")->pos.line);
	port->learning = false;
	return 0;
}

/* An id needs the tag that it is in, and a tag the id. */
static int check_tag(struct config_ctx *ctx, const struct tree_node *map, struct config_vf *vf)
{
	const char *tag = evb_channel_name(vf->tag);
	bool vif = vf->port.vif_pos.line;

	if (vf->tag && vf->svid)
		return config_refuse(
			ctx->err, vf->tag_pos,
			"tag: %s contradicts svid: %u (line %u), which is in an S-TAG: "
			"take one out",
			tag, vf->svid, vf->svid_pos.line);
	if (!vf->tag && vf->port.ecid)
		return config_refuse(
			ctx->err, vif ? vf->port.vif_pos : vf->port.ecid_pos,
			"%s: %u has no tag that it could be in: write tag: %s, or take "
			"it out",
			vif ? "vif" : "ecid", vf->port.ecid, vif ? "vn-tag" : "e-tag");
	if (!vf->tag)
		return 0;
	if (!vf->port.ecid)
		return config_refuse(ctx->err, vf->tag_pos,
				     "tag: %s has no %s that it could say: write %s", tag,
				     vf->tag == EVB_CHANNEL_E ? "ecid" : "vif",
				     vf->tag == EVB_CHANNEL_E ? "ecid: 0x012" : "vif: 18");
	return check_extended(ctx, map, &vf->port, vf->tag, vf->tag_pos.line);
}

static int check_keys(struct config_ctx *ctx, const struct tree_node *node, struct config_vf *vf,
		      struct port_nodes *nodes)
{
	int ret = check_bridge_port(ctx, node, &vf->port);

	for (unsigned int i = 0; i < DEVICE__MAX; i++)
		nodes->device[i] = port_given(ctx, node, device_keys[i]);
	nodes->proto = port_given(ctx, node, "proto");
	if (!ret)
		ret = check_learning(ctx, node, &vf->port);
	return ret ? ret : check_tag(ctx, node, vf);
}

static int read_port(struct config_ctx *ctx, const struct tree_node *node, struct config_vf *vf,
		     struct port_nodes *nodes)
{
	struct config_quote quote;
	int ret;

	if (node->type != TREE_MAP)
		return config_refuse(ctx->err, node->pos,
				     "ports: %s is not a port: write a map such as {name: p1, dev: "
				     "swp1}",
				     config_quote_node(&quote, node));
	port_defaults(&vf->port);
	vf->port.learning = true;
	vf->port.learn_limit = CONFIG_LEARN_LIMIT;
	vf->port.pos = node->pos;
	ret = group_read(ctx, &schema_port, node, vf);
	return ret ? ret : group_leave(ctx, vf, check_keys(ctx, node, vf, nodes));
}

static bool same_device(const struct config_vf *a, const struct config_vf *b)
{
	return !strcmp(a->dev, b->dev);
}

/* Two ports on one device: @vf stands below @old in the file. */
static int check_device_pair(struct config_ctx *ctx, const struct config_vf *old,
			     const struct config_vf *vf)
{
	const char *word = vf->tag == EVB_CHANNEL_E ? "ecid" : "vif";

	if (config_is_device(vf) && config_is_device(old))
		return config_refuse(ctx->err, vf->dev_pos,
				     "dev: '%s' is %s's already (line %u): a device is one port, "
				     "or one for each svid, ecid or vif",
				     vf->dev, old->port.name, old->dev_pos.line);
	if (config_is_device(vf) || config_is_device(old))
		return 0;
	if (vf->tag != old->tag)
		return config_refuse(ctx->err, vf->tag ? vf->tag_pos : vf->svid_pos,
				     "%s on %s does not go with %s of %s (line %u), for a device "
				     "has one kind of channel: give another dev",
				     vf->tag ? evb_channel_name(vf->tag) : "svid", vf->dev,
				     old->tag ? evb_channel_name(old->tag) : "svid", old->port.name,
				     old->port.pos.line);
	if (vf->tag && vf->port.ecid == old->port.ecid)
		return config_refuse(ctx->err, vf->port.ecid_pos,
				     "%s: 0x%03x on %s is %s's already (line %u): give another id",
				     word, vf->port.ecid, vf->dev, old->port.name,
				     old->port.ecid_pos.line);
	if (!vf->tag && vf->svid == old->svid)
		return config_refuse(ctx->err, vf->svid_pos,
				     "svid: %u on %s is %s's already (line %u): give another VLAN",
				     vf->svid, vf->dev, old->port.name, old->svid_pos.line);
	return 0;
}

/* @vf stands below @old in the file */
static int check_pair(struct config_ctx *ctx, const struct config_vf *old,
		      const struct config_vf *vf)
{
	int ret = 0;

	if (!strcmp(vf->port.name, old->port.name))
		return config_refuse(ctx->err, vf->id_pos,
				     "name: '%s' is the port in line %u already: give another name",
				     vf->port.name, old->port.pos.line);
	if (same_device(vf, old))
		ret = check_device_pair(ctx, old, vf);
	return ret ? ret : check_macs(ctx, "static", &old->port, &vf->port);
}

static unsigned int device_value(const struct config_vf *vf, enum device_key key)
{
	return key == DEVICE_HOOK ? vf->hook : vf->present_later;
}

static const char *device_word(const struct config_vf *vf, enum device_key key)
{
	if (key == DEVICE_HOOK)
		return config_hook_name(vf->hook);
	return vf->present_later ? "later" : "now";
}

static void device_copy(struct config_vf *to, const struct config_vf *from, enum device_key key)
{
	if (key == DEVICE_HOOK)
		to->hook = from->hook;
	else
		to->present_later = from->present_later;
}

/* What the file says at a port about its device, against what it says at one above. */
static int check_device(struct config_ctx *ctx, const struct config_vf *old,
			const struct port_nodes *old_nodes, const struct config_vf *vf,
			const struct port_nodes *nodes)
{
	for (unsigned int key = 0; key < DEVICE__MAX; key++)
		if (old_nodes->device[key] && nodes->device[key] &&
		    device_value(old, key) != device_value(vf, key))
			return config_refuse(
				ctx->err, nodes->device[key]->pos,
				"%s: %s of %s contradicts %s of %s (line %u), for both "
				"are on %s: write it at one of them",
				device_keys[key], device_word(vf, key), vf->port.name,
				device_word(old, key), old->port.name,
				old_nodes->device[key]->pos.line, vf->dev);
	return 0;
}

/* Where a device has channels, an S-TAG on its untagged port would be a channel's. */
static int check_stag(struct config_ctx *ctx, const struct config_vf *vf,
		      const struct port_nodes *nodes, const struct config_vf *channel)
{
	if (!config_is_device(vf) || vf->port.proto != EVB_TPID_S || !channel->svid)
		return 0;
	return config_refuse(ctx->err, nodes->proto->pos,
			     "proto: %s is the tag of the channels on %s, such as %s's (line %u): "
			     "take it out, or give %s an svid",
			     evb_tpid_name(vf->port.proto), vf->dev, channel->port.name,
			     channel->svid_pos.line, vf->port.name);
}

/* All ports are there: those of one device must agree, and get what another one says. */
static int join_devices(struct config_ctx *ctx, const struct port_nodes *nodes)
{
	struct config *cfg = ctx->cfg;
	int ret = 0;

	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		for (unsigned int j = 0; j < i && !ret; j++) {
			if (!same_device(&cfg->vfs[i], &cfg->vfs[j]))
				continue;
			ret = check_device(ctx, &cfg->vfs[j], &nodes[j], &cfg->vfs[i], &nodes[i]);
			if (!ret)
				ret = check_stag(ctx, &cfg->vfs[i], &nodes[i], &cfg->vfs[j]);
			if (!ret)
				ret = check_stag(ctx, &cfg->vfs[j], &nodes[j], &cfg->vfs[i]);
		}
		if (ret)
			return ret;
	}
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		for (unsigned int j = 0; j < cfg->n_vfs; j++)
			for (unsigned int key = 0; key < DEVICE__MAX; key++)
				if (nodes[j].device[key] && same_device(&cfg->vfs[i], &cfg->vfs[j]))
					device_copy(&cfg->vfs[i], &cfg->vfs[j], key);
	return 0;
}

/* Is this the first port of a device that has none of its own? */
static bool needs_closed(const struct config *cfg, unsigned int n, unsigned int at)
{
	for (unsigned int i = 0; i < n; i++)
		if (same_device(&cfg->vfs[i], &cfg->vfs[at]) &&
		    (i < at || config_is_device(&cfg->vfs[i])))
			return false;
	return !config_is_device(&cfg->vfs[at]);
}

/* The port of a device whose channels alone are ports: see config.h. */
static int add_closed(struct config_ctx *ctx, const struct config_vf *of, struct config_vf *closed)
{
	const struct config *cfg = ctx->cfg;

	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		if (!strcmp(cfg->vfs[i].port.name, of->dev))
			return config_refuse(ctx->err, cfg->vfs[i].id_pos,
					     "name: '%s' is what %s itself is called, which has no "
					     "port without %s (line %u): give another name",
					     cfg->vfs[i].port.name, of->dev,
					     of->tag ? "tag" : "svid", of->dev_pos.line);
	port_defaults(&closed->port);
	closed->closed = true;
	memcpy(closed->dev, of->dev, sizeof(closed->dev));
	memcpy(closed->port.name, of->dev, sizeof(of->dev));
	closed->port.pos = of->port.pos;
	closed->id_pos = closed->dev_pos = of->dev_pos;
	for (unsigned int key = 0; key < DEVICE__MAX; key++)
		device_copy(closed, of, key);
	return 0;
}

static int close_devices(struct config_ctx *ctx)
{
	struct config *cfg = ctx->cfg;
	unsigned int n = cfg->n_vfs;
	int ret = 0;

	for (unsigned int i = 0; i < n && !ret; i++) {
		if (!needs_closed(cfg, n, i))
			continue;
		if (cfg->n_vfs == EVB_BRIDGE_PORTS_MAX)
			return config_refuse(ctx->err, cfg->vfs[i].dev_pos,
					     "dev: '%s' has no port without %s, and the one that "
					     "it gets is one too many: a bridge has at most %d",
					     cfg->vfs[i].dev, cfg->vfs[i].tag ? "tag" : "svid",
					     EVB_BRIDGE_PORTS_MAX);
		ret = add_closed(ctx, &cfg->vfs[i], &cfg->vfs[cfg->n_vfs]);
		if (!ret)
			cfg->n_vfs++;
	}
	return ret;
}

static int read_list(struct config_ctx *ctx, const struct tree_node *node, struct port_nodes *nodes)
{
	struct config *cfg = ctx->cfg;
	int ret = 0;

	for (size_t i = 0; i < node->n_items && !ret; i++) {
		ret = read_port(ctx, node->items[i], &cfg->vfs[i], &nodes[i]);
		for (size_t j = 0; j < i && !ret; j++)
			ret = check_pair(ctx, &cfg->vfs[j], &cfg->vfs[i]);
		cfg->n_vfs++;
	}
	if (!ret)
		ret = join_devices(ctx, nodes);
	if (!ret)
		ret = close_devices(ctx);
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		cfg->vfs[i].number = EVB_PORT_BRIDGE_FIRST + i;
	return ret;
}

int read_ports(struct config_ctx *ctx, const struct tree_node *node)
{
	struct config *cfg = ctx->cfg;
	struct config_quote quote;
	struct port_nodes *nodes;
	int ret;

	if (node->type != TREE_LIST)
		return config_refuse(ctx->err, node->pos,
				     "ports: %s is not a list: write one '- ' entry for each port",
				     config_quote_node(&quote, node));
	if (!node->n_items)
		return config_refuse(ctx->err, node->pos,
				     "ports: an empty list is no bridge: write one such as [{name: "
				     "p1, dev: swp1}]");
	if (node->n_items > EVB_BRIDGE_PORTS_MAX)
		return config_refuse(ctx->err, node->items[EVB_BRIDGE_PORTS_MAX]->pos,
				     "ports: this is port number %d of %zu: a bridge has at most "
				     "%d",
				     EVB_BRIDGE_PORTS_MAX + 1, node->n_items, EVB_BRIDGE_PORTS_MAX);
	/* each may bring a closed one */
	cfg->vfs = calloc(2 * node->n_items, sizeof(*cfg->vfs));
	nodes = calloc(node->n_items, sizeof(*nodes));
	if (!cfg->vfs || !nodes)
		ret = config_no_memory(ctx->err);
	else
		ret = read_list(ctx, node, nodes);
	free(nodes);
	return ret;
}
