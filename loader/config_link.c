/* SPDX-License-Identifier: GPL-2.0-only */
/* config_link.c - see config_link.h */
#include "config_link.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evb_wire.h"
#include "names.h"

struct links {
	const struct config_link *list;
	unsigned int n;
	unsigned int at; /* the one that is being checked */
	struct config_mismatch *out;
	unsigned int n_out, room;
	bool no_memory;
};

__attribute__((format(printf, 4, 5))) static void say(struct links *links, struct config_place a,
						      struct config_place b, const char *fmt, ...)
{
	struct config_mismatch *mismatch;
	va_list args;

	if (links->n_out == links->room) {
		unsigned int room = 2 * links->room + 16;

		mismatch = realloc(links->out, room * sizeof(*mismatch));
		if (!mismatch) {
			links->no_memory = true;
			return;
		}
		links->out = mismatch;
		links->room = room;
	}
	mismatch = &links->out[links->n_out++];
	*mismatch = (struct config_mismatch){.link = links->at, .place = {a, b}};
	va_start(args, fmt);
	vsnprintf(mismatch->text, sizeof(mismatch->text), fmt, args);
	va_end(args);
}

static const char *id_word(enum evb_channel tag)
{
	return tag == EVB_CHANNEL_E ? "ecid" : "vif";
}

/* ---- ends */

static const struct config_cascade *find_cascade(const struct config *cfg, const char *dev)
{
	for (unsigned int i = 0; i < cfg->n_cascades; i++)
		if (!strcmp(cfg->cascades[i].vf.dev, dev))
			return &cfg->cascades[i];
	return NULL;
}

/* the first port on a bridge's device */
static const struct config_vf *find_device(const struct config *cfg, const char *dev)
{
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		if (!strcmp(cfg->vfs[i].dev, dev))
			return &cfg->vfs[i];
	return NULL;
}

enum config_end_kind config_end_kind(const struct config_end *end)
{
	if (config_is_bridge(end->cfg))
		return find_device(end->cfg, end->dev) ? CONFIG_END_BRIDGE : CONFIG_END_NONE;
	if (!strcmp(end->cfg->uplink, end->dev))
		return config_is_extender(end->cfg) ? CONFIG_END_EXTENDER : CONFIG_END_STATION;
	return find_cascade(end->cfg, end->dev) ? CONFIG_END_CASCADE : CONFIG_END_NONE;
}

static struct config_place place(const struct config *cfg, struct config_pos pos)
{
	return (struct config_place){cfg, pos};
}

/* where an end itself is said */
static struct config_place end_place(const struct config_end *end)
{
	const struct config_cascade *cascade = find_cascade(end->cfg, end->dev);

	if (config_is_bridge(end->cfg))
		return place(end->cfg, find_device(end->cfg, end->dev)->dev_pos);
	return place(end->cfg, cascade ? cascade->vf.dev_pos : end->cfg->uplink_pos);
}

/* the extender whose uplink is behind a cascade, if a link says so */
static const struct config *extender_behind(const struct links *links, const struct config *cfg,
					    const char *dev)
{
	for (unsigned int i = 0; i < links->n; i++)
		for (unsigned int side = 0; side < 2; side++) {
			const struct config_end *end = &links->list[i].end[side];
			const struct config_end *other = &links->list[i].end[!side];

			if (end->cfg == cfg && !strcmp(end->dev, dev) &&
			    config_end_kind(other) == CONFIG_END_EXTENDER)
				return other->cfg;
		}
	return NULL;
}

/* ---- ids below a link, in ranges */

struct below {
	uint32_t first, last;
	const char *name; /* of the port, or of the cascade that it is behind */
	struct config_place place;
};

struct belows {
	unsigned int n, room;
	struct below *list;
};

static void below_add(struct links *links, struct belows *belows, struct below below)
{
	if (belows->n == belows->room) {
		unsigned int room = 2 * belows->room + 64;
		struct below *list = realloc(belows->list, room * sizeof(*list));

		if (!list) {
			links->no_memory = true;
			return;
		}
		belows->list = list;
		belows->room = room;
	}
	belows->list[belows->n++] = below;
}

static void below_add_port(struct links *links, struct belows *belows, const struct config *cfg,
			   const struct config_port *port)
{
	if (port->ecid)
		below_add(links, belows,
			  (struct below){port->ecid, port->ecid, port->name,
					 place(cfg, port->ecid_pos)});
}

static void below_add_cascade(struct links *links, struct belows *belows, const struct config *cfg,
			      const struct config_cascade *cascade)
{
	for (unsigned int i = 0; i < cascade->n_ids; i++)
		below_add(links, belows,
			  (struct below){cascade->ids[i].first, cascade->ids[i].last, cascade->vf.dev,
					 place(cfg, cascade->ids[i].pos)});
}

/*
 * All ids of an extender. Of a cascade those that are there, if that is known, else those that may
 * be there. @depth: links in a circle end somewhere.
 */
static void collect_ids(struct links *links, const struct config *cfg, unsigned int depth,
			struct belows *belows)
{
	below_add_port(links, belows, cfg, &cfg->pf);
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		below_add_port(links, belows, cfg, &cfg->vfs[i].port);
	for (unsigned int i = 0; i < cfg->n_cascades; i++) {
		const struct config *behind = extender_behind(links, cfg, cfg->cascades[i].vf.dev);

		if (!behind)
			below_add_cascade(links, belows, cfg, &cfg->cascades[i]);
		else if (depth)
			collect_ids(links, behind, depth - 1, belows);
	}
}

static bool below_has(const struct belows *belows, uint32_t id)
{
	for (unsigned int i = 0; i < belows->n; i++)
		if (id >= belows->list[i].first && id <= belows->list[i].last)
			return true;
	return false;
}

/* a group of an extender, or of a bridge's device */
static const struct config_replication *find_group(const struct config *cfg, const char *dev,
						   uint32_t id)
{
	for (unsigned int i = 0; i < cfg->n_replications; i++)
		if (cfg->replications[i].id == id && !strcmp(cfg->replications[i].dev, dev))
			return &cfg->replications[i];
	return NULL;
}

/* All ids that a group of an extender reaches, likewise. */
static void collect_group(struct links *links, const struct config *cfg, uint32_t id,
			  unsigned int depth, struct belows *belows)
{
	const struct config_replication *group = find_group(cfg, "", id);

	for (unsigned int i = 0; group && i < group->n_members; i++) {
		const struct config_member *member = &group->members[i];
		unsigned int old = belows->n;
		const struct config *behind =
			member->cascade ? extender_behind(links, cfg, member->cascade->vf.dev) : NULL;

		if (behind && depth)
			collect_group(links, behind, id, depth - 1, belows);
		else if (member->cascade && !behind)
			below_add_cascade(links, belows, cfg, member->cascade);
		else if (!member->cascade)
			below_add_port(links, belows, cfg,
				       member->vf ? &member->vf->port : &cfg->pf);
		/* the member is what is in the group, not the id that it has */
		for (unsigned int k = old; k < belows->n; k++)
			if (belows->list[k].place.cfg == cfg)
				belows->list[k].place.pos = member->pos;
	}
}

/* ---- an extender below a bridge */

/* the port of an id on a bridge's device */
static const struct config_vf *find_id(const struct config *cfg, const char *dev, uint32_t id)
{
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		if (cfg->vfs[i].tag && cfg->vfs[i].port.ecid == id && !strcmp(cfg->vfs[i].dev, dev))
			return &cfg->vfs[i];
	return NULL;
}

static void say_without_port(struct links *links, const struct config_end *bridge,
			     const struct below *below, uint32_t first, uint32_t last)
{
	const char *word = id_word(below->place.cfg->tag);

	if (below->first == below->last)
		say(links, below->place, end_place(bridge), "%s %s %s 0x%x has no port on %s of %s",
		    below->place.cfg->name, below->name, word, first, bridge->dev,
		    bridge->cfg->name);
	else
		say(links, below->place, end_place(bridge),
		    "%s %s 0x%x-0x%x behind %s have no ports on %s of %s", below->place.cfg->name,
		    word, first, last, below->name, bridge->dev, bridge->cfg->name);
}

/* one line for all that are side by side */
static void check_below(struct links *links, const struct config_end *bridge,
			const struct below *below)
{
	for (uint32_t first = below->first; first <= below->last; first++) {
		uint32_t last = first;

		if (find_id(bridge->cfg, bridge->dev, first))
			continue;
		while (last < below->last && !find_id(bridge->cfg, bridge->dev, last + 1))
			last++;
		say_without_port(links, bridge, below, first, last);
		first = last;
	}
}

static void check_bridge_ids(struct links *links, const struct config_end *extender,
			     const struct config_end *bridge)
{
	struct belows belows = {};

	collect_ids(links, extender->cfg, links->n, &belows);
	for (unsigned int i = 0; i < belows.n; i++)
		check_below(links, bridge, &belows.list[i]);
	for (unsigned int i = 0; i < bridge->cfg->n_vfs; i++) {
		const struct config_vf *vf = &bridge->cfg->vfs[i];

		if (vf->tag && !strcmp(vf->dev, bridge->dev) && !below_has(&belows, vf->port.ecid))
			say(links, place(bridge->cfg, vf->port.ecid_pos), end_place(extender),
			    "%s %s %s 0x%x is not behind %s of %s", bridge->cfg->name,
			    vf->port.name, id_word(vf->tag), vf->port.ecid, extender->dev,
			    extender->cfg->name);
	}
	free(belows.list);
}

static bool same_place(const struct config_place *a, const struct config_place *b)
{
	return a->cfg == b->cfg && a->pos.line == b->pos.line && a->pos.column == b->pos.column;
}

/*
 * Has a bridge's group one of the ids that a member below may have? It stands for several ranges
 * where it is a cascade.
 */
static bool group_has_any(const struct config_replication *group, const struct belows *belows,
			  const struct below *member)
{
	for (unsigned int i = 0; i < belows->n; i++) {
		const struct below *below = &belows->list[i];

		if (!same_place(&below->place, &member->place))
			continue;
		for (unsigned int k = 0; k < group->n_members; k++)
			if (group->members[k].vf->port.ecid >= below->first &&
			    group->members[k].vf->port.ecid <= below->last)
				return true;
	}
	return false;
}

static void check_group_members(struct links *links, const struct config_end *extender,
				const struct config_end *bridge,
				const struct config_replication *group)
{
	const struct config_replication *low = find_group(extender->cfg, "", group->id);
	struct belows belows = {};

	collect_group(links, extender->cfg, group->id, links->n, &belows);
	for (unsigned int i = 0; i < group->n_members; i++) {
		const struct config_port *port = &group->members[i].vf->port;

		if (!below_has(&belows, port->ecid))
			say(links, place(bridge->cfg, group->members[i].pos),
			    place(extender->cfg, low->id_pos),
			    "group %s of %s has %s 0x%x (%s), and group %s of %s does not reach it",
			    group->name, bridge->cfg->name, id_word(extender->cfg->tag), port->ecid,
			    port->name, low->name, extender->cfg->name);
	}
	for (unsigned int i = 0; i < belows.n; i++) {
		const struct below *below = &belows.list[i];

		if (i && same_place(&below->place, &belows.list[i - 1].place))
			continue;
		if (!group_has_any(group, &belows, below))
			say(links, below->place, place(bridge->cfg, group->id_pos),
			    "group %s of %s reaches %s, and group %s of %s has none of its ids",
			    low->name, below->place.cfg->name, below->name, group->name,
			    bridge->cfg->name);
	}
	free(belows.list);
}

static void check_bridge_groups(struct links *links, const struct config_end *extender,
				const struct config_end *bridge)
{
	const struct config *low = extender->cfg, *high = bridge->cfg;

	for (unsigned int i = 0; i < high->n_replications; i++) {
		const struct config_replication *group = &high->replications[i];

		if (strcmp(group->dev, bridge->dev))
			continue;
		if (find_group(low, "", group->id))
			check_group_members(links, extender, bridge, group);
		else
			say(links, place(high, group->id_pos), end_place(extender),
			    "group %s of %s is not in replication of %s", group->name, high->name,
			    low->name);
	}
	for (unsigned int i = 0; i < low->n_replications; i++)
		if (!find_group(high, bridge->dev, low->replications[i].id))
			say(links, place(low, low->replications[i].id_pos), end_place(bridge),
			    "group %s of %s is not in replication of %s for %s",
			    low->replications[i].name, low->name, high->name, bridge->dev);
}

static void check_controlled(struct links *links, const struct config_end *extender,
			     const struct config_end *bridge)
{
	const struct config *low = extender->cfg, *high = bridge->cfg;
	const struct config_vf *tagged = NULL;

	/* all ports of a device but its own have one kind */
	for (unsigned int i = 0; i < high->n_vfs && !tagged; i++)
		if (!config_is_device(&high->vfs[i]) && !strcmp(high->vfs[i].dev, bridge->dev))
			tagged = &high->vfs[i];
	if (!tagged)
		say(links, place(low, low->tag_pos), end_place(bridge),
		    "%s has tag: %s, and no port on %s of %s has a tag", low->name,
		    evb_channel_name(low->tag), bridge->dev, high->name);
	else if (tagged->tag != low->tag)
		say(links, place(low, low->tag_pos),
		    place(high, tagged->tag ? tagged->tag_pos : tagged->svid_pos),
		    "%s has tag: %s, and ports on %s of %s have %s", low->name,
		    evb_channel_name(low->tag), bridge->dev, high->name,
		    tagged->tag ? evb_channel_name(tagged->tag) : "svid");
	if (!tagged || tagged->tag != low->tag)
		return;
	check_bridge_ids(links, extender, bridge);
	check_bridge_groups(links, extender, bridge);
}

/* ---- an extender below another one's cascade */

static bool cascade_has(const struct config_cascade *cascade, uint32_t first, uint32_t last)
{
	for (uint32_t id = first; id <= last; id++) {
		bool has = false;

		for (unsigned int i = 0; i < cascade->n_ids && !has; i++)
			has = id >= cascade->ids[i].first && id <= cascade->ids[i].last;
		if (!has)
			return false;
	}
	return true;
}

static bool group_has_cascade(const struct config_replication *group,
			      const struct config_cascade *cascade)
{
	for (unsigned int i = 0; i < group->n_members; i++)
		if (group->members[i].cascade == cascade)
			return true;
	return false;
}

static void check_cascade_groups(struct links *links, const struct config_end *extender,
				 const struct config_end *upper,
				 const struct config_cascade *cascade)
{
	const struct config *low = extender->cfg, *high = upper->cfg;

	for (unsigned int i = 0; i < high->n_replications; i++) {
		const struct config_replication *group = &high->replications[i];

		if (group_has_cascade(group, cascade) && !find_group(low, "", group->id))
			say(links, place(high, group->id_pos), end_place(extender),
			    "group %s of %s has %s, and is not in replication of %s", group->name,
			    high->name, cascade->vf.dev, low->name);
	}
	for (unsigned int i = 0; i < low->n_replications; i++) {
		const struct config_replication *group = &low->replications[i];
		const struct config_replication *same = find_group(high, "", group->id);

		if (!same || !group_has_cascade(same, cascade))
			say(links, place(low, group->id_pos),
			    same ? place(high, same->id_pos) : end_place(upper),
			    "group %s of %s is in no group of %s that has %s", group->name,
			    low->name, high->name, cascade->vf.dev);
	}
}

static void check_cascaded(struct links *links, const struct config_end *extender,
			   const struct config_end *upper)
{
	const struct config_cascade *cascade = find_cascade(upper->cfg, upper->dev);
	const struct config *low = extender->cfg, *high = upper->cfg;
	struct belows belows = {};

	if (low->tag != high->tag) {
		say(links, place(low, low->tag_pos), place(high, high->tag_pos),
		    "%s has tag: %s, and %s has %s", low->name, evb_channel_name(low->tag),
		    high->name, evb_channel_name(high->tag));
		return;
	}
	collect_ids(links, low, links->n, &belows);
	for (unsigned int i = 0; i < belows.n; i++) {
		const struct below *below = &belows.list[i];

		if (!cascade_has(cascade, below->first, below->last))
			say(links, below->place, end_place(upper),
			    "%s %s %s 0x%x is not in ids of %s of %s", below->place.cfg->name,
			    below->name, id_word(low->tag), below->first, upper->dev, high->name);
	}
	free(belows.list);
	check_cascade_groups(links, extender, upper, cascade);
}

/* ---- S-channels: a station or a bridge against a bridge */

/* one channel of an end; svid 0 is the untagged one */
struct channel {
	uint16_t svid;
	const char *name;
	struct config_pos pos;
	const struct config_port *vepa; /* one in it that needs its frames back, or NULL */
	bool reflective;
};

/*
 * A port of the channel meets its peers by reflection. Those of the host alone are no peers, so that
 * a PF counts where it has some.
 */
static const struct config_port *find_vepa(const struct config *cfg,
					   const struct config_channel *channel)
{
	bool peers = false;

	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		const struct config_port *port = &cfg->vfs[i].port;

		if (port->channel != channel)
			continue;
		peers = true;
		if (port->relay == EVB_RELAY_VEPA)
			return port;
	}
	return peers && cfg->pf.channel == channel && cfg->pf.relay == EVB_RELAY_VEPA ? &cfg->pf
										      : NULL;
}

/* A port that the file puts into the untagged channel; NULL: it is there and nobody uses it. */
static const struct config_port *find_untagged(const struct config *cfg)
{
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		if (!cfg->vfs[i].port.channel)
			return &cfg->vfs[i].port;
	return cfg->pf.pos.line && !cfg->pf.channel ? &cfg->pf : NULL;
}

/* Channel number @i of an end; false: there are no more. */
static bool station_channel(const struct config *cfg, unsigned int i, struct channel *channel)
{
	const struct config_port *untagged = find_untagged(cfg);

	if (i > cfg->n_channels)
		return false;
	*channel = (struct channel){};
	if (i < cfg->n_channels) {
		channel->svid = cfg->channels[i].svid;
		channel->name = cfg->channels[i].name;
		channel->pos = cfg->channels[i].svid_pos;
		channel->vepa = find_vepa(cfg, &cfg->channels[i]);
		return true;
	}
	channel->name = untagged ? untagged->name : NULL;
	channel->pos = untagged ? untagged->pos : cfg->uplink_pos;
	channel->vepa = find_vepa(cfg, NULL);
	return true;
}

static bool bridge_channel(const struct config_end *end, unsigned int i, struct channel *channel)
{
	for (unsigned int k = 0; k < end->cfg->n_vfs; k++) {
		const struct config_vf *vf = &end->cfg->vfs[k];

		if (vf->closed || vf->tag || strcmp(vf->dev, end->dev) || i--)
			continue;
		*channel = (struct channel){
			.svid = vf->svid,
			.name = vf->port.name,
			.pos = vf->svid ? vf->svid_pos : vf->dev_pos,
			.reflective = vf->port.reflective,
		};
		return true;
	}
	return false;
}

static bool end_channel(const struct config_end *end, unsigned int i, struct channel *channel)
{
	return config_is_bridge(end->cfg) ? bridge_channel(end, i, channel)
					  : station_channel(end->cfg, i, channel);
}

static bool find_channel(const struct config_end *end, uint16_t svid, struct channel *channel)
{
	for (unsigned int i = 0; end_channel(end, i, channel); i++)
		if (channel->svid == svid)
			return true;
	return false;
}

/* What the one end has, and what it asks of the other. */
static void check_channels(struct links *links, const struct config_end *end,
			   const struct config_end *other)
{
	struct channel channel, same;

	for (unsigned int i = 0; end_channel(end, i, &channel); i++) {
		if (!channel.name)
			continue;
		if (!find_channel(other, channel.svid, &same)) {
			if (channel.svid)
				say(links, place(end->cfg, channel.pos), end_place(other),
				    "%s %s has svid: %u, and %s of %s has no port with it",
				    end->cfg->name, channel.name, channel.svid, other->dev,
				    other->cfg->name);
			else
				say(links, place(end->cfg, channel.pos), end_place(other),
				    "%s %s has frames without S-TAG, and %s of %s has no port for "
				    "these",
				    end->cfg->name, channel.name, other->dev, other->cfg->name);
		} else if (channel.vepa && !same.reflective) {
			say(links, place(end->cfg, channel.vepa->pos), place(other->cfg, same.pos),
			    "%s %s has relay: vepa, and %s %s has reflective_relay: off",
			    end->cfg->name, channel.vepa->name, other->cfg->name, same.name);
		}
	}
}

/* no extender is there: is a tag all the same? */
static bool check_no_tag(struct links *links, const struct config_end *end,
			 const struct config_end *other)
{
	for (unsigned int i = 0; config_is_bridge(end->cfg) && i < end->cfg->n_vfs; i++) {
		const struct config_vf *vf = &end->cfg->vfs[i];

		if (!vf->tag || strcmp(vf->dev, end->dev))
			continue;
		say(links, place(end->cfg, vf->tag_pos), end_place(other),
		    "%s %s has tag: %s, and %s is no extender", end->cfg->name, vf->port.name,
		    evb_channel_name(vf->tag), other->cfg->name);
		return false;
	}
	return true;
}

static void check_plain(struct links *links, const struct config_end *a, const struct config_end *b)
{
	if (!check_no_tag(links, a, b) || !check_no_tag(links, b, a))
		return;
	check_channels(links, a, b);
	check_channels(links, b, a);
}

/* ---- any link */

static const char *end_text(enum config_end_kind kind)
{
	switch (kind) {
	case CONFIG_END_STATION:
		return "an edge switch's uplink";
	case CONFIG_END_EXTENDER:
		return "an extender's uplink";
	case CONFIG_END_CASCADE:
		return "an extender's cascade";
	case CONFIG_END_BRIDGE:
		return "a bridge's port";
	default:
		return "no end of a link";
	}
}

/* @below and @above: in this order */
static bool check_ordered(struct links *links, const struct config_end *below,
			  const struct config_end *above)
{
	enum config_end_kind low = config_end_kind(below), high = config_end_kind(above);

	if (low == CONFIG_END_EXTENDER && high == CONFIG_END_BRIDGE)
		check_controlled(links, below, above);
	else if (low == CONFIG_END_EXTENDER && high == CONFIG_END_CASCADE &&
		 below->cfg != above->cfg)
		check_cascaded(links, below, above);
	else if ((low == CONFIG_END_STATION || low == CONFIG_END_BRIDGE) &&
		 high == CONFIG_END_BRIDGE)
		check_plain(links, below, above);
	else
		return false;
	return true;
}

int config_links_check(const struct config_link *list, unsigned int n, struct config_mismatch **out,
		       unsigned int *n_out)
{
	struct links links = {.list = list, .n = n};

	for (; links.at < n; links.at++) {
		const struct config_end *a = &list[links.at].end[0], *b = &list[links.at].end[1];

		if (!check_ordered(&links, a, b) && !check_ordered(&links, b, a))
			say(&links, end_place(a), end_place(b), "%s does not go with %s",
			    end_text(config_end_kind(a)), end_text(config_end_kind(b)));
	}
	if (links.no_memory) {
		free(links.out);
		return -ENOMEM;
	}
	*out = links.out;
	*n_out = links.n_out;
	return 0;
}
