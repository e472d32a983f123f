/* SPDX-License-Identifier: GPL-2.0-only */
/* model_bridge.c - relay of a bridge: addresses, floods, one copy for a group. */
#include <string.h>

#include "evb_wire.h"
#include "model_parts.h"

static bool may_flood_to(const struct model *m, const struct port *from, const struct port *to,
			 const struct flow *f, bool back, struct passed_by *why)
{
	if (!in_lan(m, to, f->lan) || !has_link(m, to) || prunes(to, f->in->data))
		return false;
	if (to == from && !back)
		return false;
	if (both_isolated(from, to)) {
		why->isolated = true;
		return false;
	}
	return true;
}

/* ports that get a frame, before it is known how many of them one copy serves */
struct targets {
	unsigned int n;
	struct port *port[PORTS_MAX];
};

static void target_add(struct targets *to, struct port *port)
{
	to->port[to->n++] = port;
}

static bool targets_have(const struct targets *to, const struct port *port)
{
	for (unsigned int i = 0; i < to->n; i++)
		if (to->port[i] == port)
			return true;
	return false;
}

static bool has_rules(const struct config_port *cfg, bool tx)
{
	for (unsigned int i = 0; cfg->acl && i < cfg->acl->n_rules; i++)
		if (tx ? cfg->acl->rules[i].tx : cfg->acl->rules[i].rx)
			return true;
	return false;
}

static bool group_is_of(const struct config_replication *group, struct model_lan lan)
{
	if (group->vlan != lan.vid)
		return false;
	return !lan.tpid || group->tpid == lan.tpid;
}

/*
 * One copy does for all of a group: each of them but the source is to have it, with the same bytes
 * behind the tag, and nothing has to be asked for one alone.
 */
static bool group_serves(struct model *m, const struct config_replication *group,
			 const struct flow *f, const struct targets *to)
{
	struct port *first = port_numbered(m, group->members[0].vf->number);
	unsigned int others = 0;

	if (!group_is_of(group, f->lan))
		return false;
	for (unsigned int i = 0; i < group->n_members; i++) {
		struct port *port = port_numbered(m, group->members[i].vf->number);

		if (strips(port, f->lan) != strips(first, f->lan))
			return false;
		if (port == f->from && !port->cfg->reflective)
			continue;
		others++;
		if (port == f->from || !targets_have(to, port) || has_rules(port->cfg, false))
			return false;
	}
	return others > 0;
}

/* members count it, too: each of them gets it */
static bool emit_group(struct model *m, struct port *group, const struct flow *f,
		       struct model_result *out)
{
	const struct config_replication *cfg = group->group;
	struct port *first = port_numbered(m, cfg->members[0].vf->number);
	struct model_copy *copy = &out->copies[out->n_copies];

	build(group, f, !strips(first, f->lan), &copy->frame);
	/* the members are asked, and refuse, for themselves */
	if (copy->frame.len > group->dev->mtu + EVB_LEN_OVER_MTU)
		return false;
	copy->port = group->number;
	copy->drop = EVB_DROP_NONE;
	out->n_copies++;
	count(&group->stats.out, copy->frame.data, copy->frame.len);
	for (unsigned int i = 0; i < cfg->n_members; i++) {
		struct port *port = port_numbered(m, cfg->members[i].vf->number);

		if (port != f->from)
			count(&port->stats.out, copy->frame.data, copy->frame.len);
	}
	return true;
}

static bool is_member(const struct port *group, const struct port *port)
{
	for (unsigned int i = 0; i < group->group->n_members; i++)
		if (group->group->members[i].vf->number == port->number)
			return true;
	return false;
}

static void emit_all(struct model *m, struct flow *f, const struct targets *to,
		     struct model_result *out)
{
	bool served[PORTS_MAX] = {};

	for (unsigned int g = 0; g < m->n_ports; g++) {
		struct port *group = &m->ports[g];

		if (group->kind != KIND_GROUP || !group_serves(m, group->group, f, to))
			continue;
		f->source = f->from->dev == group->dev && f->from->tag ? f->from->id : 0;
		if (!emit_group(m, group, f, out))
			continue;
		for (unsigned int i = 0; i < to->n; i++)
			served[i] |= is_member(group, to->port[i]);
	}
	for (unsigned int i = 0; i < to->n; i++)
		if (!served[i])
			emit(m, to->port[i], f, out);
}

static enum evb_drop flood_bridge(struct model *m, struct port *from, struct flow *f, bool back,
				  struct model_result *out)
{
	struct passed_by why = {};
	struct targets to = {};

	for (unsigned int i = 0; i < m->n_ports; i++)
		if (m->ports[i].kind == KIND_BRIDGE &&
		    may_flood_to(m, from, &m->ports[i], f, back, &why))
			target_add(&to, &m->ports[i]);
	emit_all(m, f, &to, out);
	return out->n_copies ? EVB_DROP_NONE : nobody(&why);
}

static bool is_watched(const struct model *m)
{
	for (unsigned int i = 0; i < m->n_ports; i++)
		if (m->ports[i].cfg && m->ports[i].cfg->promisc)
			return true;
	return false;
}

enum evb_drop relay_bridge(struct model *m, struct port *from, struct flow *f, bool bpdu,
			   struct model_result *out)
{
	struct port *to = owner(m, 0, f->lan, f->in->data);
	struct model_address *at = learned_find(m, f->lan, f->in->data);
	struct passed_by why = {};
	struct targets all = {};

	if (!to && at)
		to = port_numbered(m, at->port);
	if (!to || is_group_mac(f->in->data))
		return flood_bridge(m, from, f, from->cfg->reflective && !bpdu, out);
	if (to == from && !from->cfg->reflective)
		return EVB_DROP_HAIRPIN;
	if (both_isolated(from, to))
		return EVB_DROP_ISOLATED;
	target_add(&all, to);
	for (unsigned int i = 0; i < m->n_ports; i++)
		if (&m->ports[i] != to && m->ports[i].kind == KIND_BRIDGE &&
		    m->ports[i].cfg->promisc &&
		    may_flood_to(m, from, &m->ports[i], f, from->cfg->reflective, &why))
			target_add(&all, &m->ports[i]);
	/* a group's copy is for what goes to several, and while somebody listens that is everything */
	if (is_watched(m))
		emit_all(m, f, &all, out);
	else
		emit(m, to, f, out);
	return EVB_DROP_NONE;
}
