/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model_switch.c - ports, the VLANs that they are in, the addresses that they have, and what they
 * count.
 */
#include <stdlib.h>
#include <string.h>

#include "evb_wire.h"
#include "model_parts.h"

/* ---- the switch */

const struct model_dev *dev_named(const struct model *m, const char *name)
{
	for (unsigned int i = 0; i < m->host->n_devs; i++)
		if (!strcmp(m->host->devs[i].name, name))
			return &m->host->devs[i];
	return NULL;
}

static struct port *port_add(struct model *m, enum kind kind, uint32_t number, const char *dev)
{
	struct port *port = &m->ports[m->n_ports++];

	port->kind = kind;
	port->number = number;
	port->dev = dev_named(m, dev);
	return port;
}

static void add_edge(struct model *m)
{
	const struct config *cfg = m->cfg;
	struct port *port;

	port = port_add(m, KIND_WIRE, EVB_PORT_UPLINK, cfg->uplink);
	for (unsigned int i = 0; i < cfg->n_channels; i++) {
		port = port_add(m, KIND_WIRE, cfg->channels[i].number, cfg->uplink);
		port->domain = cfg->channels[i].svid;
		port->tag = EVB_CHANNEL_S;
		port->id = cfg->channels[i].svid;
	}
	port = port_add(m, KIND_PF, EVB_PORT_PF, cfg->uplink);
	port->cfg = &cfg->pf;
	port->domain = cfg->pf.channel ? cfg->pf.channel->svid : 0;
	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		const struct config_vf *vf = &cfg->vfs[i];

		port = port_add(m, KIND_VF, vf->number, vf->dev);
		port->cfg = &vf->port;
		port->domain = vf->port.channel ? vf->port.channel->svid : 0;
	}
	for (unsigned int i = 0; i < cfg->n_cascades; i++) {
		const struct config_vf *vf = &cfg->cascades[i].vf;

		port = port_add(m, KIND_CASCADE, vf->number, vf->dev);
		port->cascade = &cfg->cascades[i];
		port->tag = cfg->tag;
	}
	/* they count nothing: each member does */
	for (unsigned int i = 0; i < cfg->n_replications; i++)
		port_add(m, KIND_GROUP, cfg->replications[i].number, cfg->uplink);
}

static void add_bridge(struct model *m)
{
	const struct config *cfg = m->cfg;

	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		const struct config_vf *vf = &cfg->vfs[i];
		struct port *port = port_add(m, KIND_BRIDGE, vf->number, vf->dev);

		port->cfg = &vf->port;
		port->tag = vf->svid ? EVB_CHANNEL_S : vf->tag;
		port->id = vf->svid ? vf->svid : vf->port.ecid;
		port->closed = vf->closed;
	}
	for (unsigned int i = 0; i < cfg->n_replications; i++) {
		const struct config_replication *group = &cfg->replications[i];
		struct port *port = port_add(m, KIND_GROUP, group->number, group->dev);

		port->group = group;
		port->tag = group->members[0].vf->tag;
		port->id = group->id;
	}
}

struct model *model_new(const struct config *cfg, const struct model_host *host)
{
	struct model *m = calloc(1, sizeof(*m));

	if (!m)
		return NULL;
	m->cfg = cfg;
	m->host = host;
	if (config_is_bridge(cfg))
		add_bridge(m);
	else
		add_edge(m);
	return m;
}

void model_free(struct model *m)
{
	free(m);
}

struct port *port_numbered(struct model *m, uint32_t number)
{
	for (unsigned int i = 0; i < m->n_ports; i++)
		if (m->ports[i].number == number)
			return &m->ports[i];
	return NULL;
}

const struct evb_stats *model_stats(const struct model *m, uint32_t port)
{
	return &port_numbered((struct model *)m, port)->stats;
}

const struct model_address *model_learned(const struct model *m, unsigned int *n)
{
	*n = m->n_learned;
	return m->learned;
}

bool is_bridge(const struct model *m)
{
	return config_is_bridge(m->cfg);
}

bool is_extender(const struct model *m)
{
	return config_is_extender(m->cfg);
}

/* the kind of tag that tells the ports on a device apart */
enum evb_channel channels_on(const struct model *m, const struct model_dev *dev)
{
	for (unsigned int i = 0; i < m->n_ports; i++)
		if (m->ports[i].dev == dev && m->ports[i].tag)
			return m->ports[i].tag;
	return EVB_CHANNEL_NONE;
}

/* the port of a device that has no tag */
struct port *bare_port(struct model *m, const struct model_dev *dev, enum kind kind)
{
	for (unsigned int i = 0; i < m->n_ports; i++)
		if (m->ports[i].dev == dev && m->ports[i].kind == kind &&
		    (!m->ports[i].tag || kind == KIND_CASCADE))
			return &m->ports[i];
	return NULL;
}

bool has_link(const struct model *m, const struct port *port)
{
	const struct model_dev *uplink;

	if (port->kind == KIND_PF)
		return true;
	if (port->cfg && port->cfg->state == EVB_STATE_DISABLE)
		return false;
	/* what is below an extender hears that there is nothing above it, as a guest does */
	if (port->kind == KIND_CASCADE ||
	    (port->kind == KIND_VF && port->cfg->state == EVB_STATE_AUTO)) {
		uplink = dev_named(m, m->cfg->uplink);
		if (uplink->no_link)
			return false;
	}
	return !port->dev->no_link;
}

/* whoever thinks that the wire has no carrier is late: there is a frame */
bool comes_by(const struct model *m, const struct port *port)
{
	return port->kind == KIND_WIRE || has_link(m, port);
}

/* ---- VLANs */

/* where an outermost S-TAG is that of a channel, and the port is in none */
bool beside_channels(const struct model *m, const struct port *port)
{
	if (port->kind == KIND_BRIDGE)
		return !port->tag && channels_on(m, port->dev) == EVB_CHANNEL_S;
	return m->cfg->n_channels && !port->domain;
}

static bool takes_tpid(const struct model *m, const struct port *port, uint16_t tpid)
{
	const struct config_port *cfg = port->cfg;

	if (port->cfg->proto == tpid)
		return true;
	return cfg->trunk_all && !cfg->vlan && !cfg->has_proto &&
	       (port->kind != KIND_VF || is_extender(m)) && !beside_channels(m, port);
}

bool in_lan(const struct model *m, const struct port *port, struct model_lan lan)
{
	const struct config_port *cfg = port->cfg;

	if (!cfg || port->closed)
		return false;
	if (!lan.tpid)
		return !cfg->vlan && cfg->untagged;
	if (!lan.vid || lan.vid > EVB_VID_MAX || !takes_tpid(m, port, lan.tpid))
		return false;
	return cfg->vlan == lan.vid || cfg->trunk_all || config_vids_has(&cfg->trunk, lan.vid);
}

bool strips(const struct port *port, struct model_lan lan)
{
	const struct config_port *cfg = port->cfg;

	return cfg && lan.tpid && cfg->vlan == lan.vid && cfg->proto == lan.tpid && cfg->strip;
}

void flow_skip_tag(struct flow *f)
{
	f->rest += EVB_TAG_LEN;
	f->rest_len -= EVB_TAG_LEN;
}

void flow_read_outer(struct flow *f)
{
	f->outer.tpid = get16(f->rest);
	f->outer.tci = get16(f->rest + 2);
	if (is_vlan_tag(f->outer.tpid))
		f->prio = f->outer.tci & EVB_TCI_PRIO;
	else
		f->outer = (struct tag){0};
}

void flow_set_lan(struct flow *f, uint16_t tpid, uint16_t tci)
{
	f->lan = (struct model_lan){tpid, tci & EVB_TCI_VID};
	f->tag = (struct tag){tpid, tci};
	f->prio = tci & EVB_TCI_PRIO;
}

/* without a tag of a VLAN: into the port's own, or into none */
static enum evb_drop vlan_untagged(const struct port *port, struct flow *f)
{
	const struct config_port *cfg = port->cfg;
	uint16_t prio = f->prio;

	if (!cfg->vlan)
		return cfg->untagged ? EVB_DROP_NONE : EVB_DROP_VLAN_FILTER;
	if (cfg->qos)
		prio = cfg->qos << EVB_TCI_PCP_SHIFT;
	else if (cfg->dscp)
		dscp_prio(f, &prio);
	flow_set_lan(f, cfg->proto, prio | cfg->vlan);
	return EVB_DROP_NONE;
}

/* what a port says of a frame's tags; the frame is in its VLAN then, without that one's tag */
enum evb_drop vlan_classify(const struct model *m, const struct port *port, struct flow *f)
{
	const struct config_port *cfg = port->cfg;
	bool access = cfg->vlan && !cfg->has_trunk;
	enum evb_drop refused = access ? EVB_DROP_VLAN_TAGGED : EVB_DROP_VLAN_FILTER;
	uint16_t vid = f->outer.tci & EVB_TCI_VID;

	if (!f->outer.tpid)
		return vlan_untagged(port, f);
	/* in an S-VLAN the guest's C-TAG is payload */
	if (cfg->vlan && cfg->proto == EVB_TPID_S && f->outer.tpid == EVB_TPID_C)
		return vlan_untagged(port, f);
	if (!vid) {
		bool payload = cfg->proto == EVB_TPID_S;

		if (!payload && is_vlan_tag(get16(f->rest + EVB_TAG_LEN)))
			return refused;
		if (cfg->vlan)
			flow_skip_tag(f);
		return vlan_untagged(port, f);
	}
	if (access) {
		if (cfg->strip || f->outer.tpid != cfg->proto || vid != cfg->vlan)
			return refused;
	} else if (!in_lan(m, port, (struct model_lan){f->outer.tpid, vid})) {
		return refused;
	}
	flow_set_lan(f, f->outer.tpid, f->outer.tci);
	flow_skip_tag(f);
	return EVB_DROP_NONE;
}

static bool anybody_in(const struct model *m, unsigned int domain, struct model_lan lan)
{
	for (unsigned int i = 0; i < m->n_ports; i++)
		if (m->ports[i].domain == domain && in_lan(m, &m->ports[i], lan))
			return true;
	return false;
}

/* from the wire: whatever VLAN somebody is in */
enum evb_drop vlan_of_wire(const struct model *m, const struct port *wire, struct flow *f)
{
	uint16_t vid = f->outer.tci & EVB_TCI_VID;

	if (f->outer.tpid && vid) {
		flow_set_lan(f, f->outer.tpid, f->outer.tci);
		flow_skip_tag(f);
	} else if (f->outer.tpid && is_vlan_tag(get16(f->rest + EVB_TAG_LEN))) {
		return EVB_DROP_VLAN_FILTER;
	}
	return anybody_in(m, wire->domain, f->lan) ? EVB_DROP_NONE : EVB_DROP_VLAN_FILTER;
}

/* ---- addresses */

bool has_mac(const struct port *port, const uint8_t *mac)
{
	if (!port->cfg)
		return false;
	if (port->kind == KIND_PF && !memcmp(port->dev->mac, mac, 6))
		return true;
	for (unsigned int i = 0; i < port->cfg->n_macs; i++)
		if (!memcmp(port->cfg->mac[i], mac, 6))
			return true;
	return false;
}

/* the port that the configuration gives an address to */
struct port *owner(struct model *m, unsigned int domain, struct model_lan lan, const uint8_t *mac)
{
	for (unsigned int i = 0; i < m->n_ports; i++)
		if (m->ports[i].domain == domain && in_lan(m, &m->ports[i], lan) &&
		    has_mac(&m->ports[i], mac))
			return &m->ports[i];
	return NULL;
}

struct model_address *learned_find(struct model *m, struct model_lan lan, const uint8_t *mac)
{
	for (unsigned int i = 0; i < m->n_learned; i++)
		if (!memcmp(m->learned[i].mac, mac, 6) && m->learned[i].lan.tpid == lan.tpid &&
		    m->learned[i].lan.vid == lan.vid)
			return &m->learned[i];
	return NULL;
}

/* a port gets the source address, unless it has too many */
enum evb_drop learn(struct model *m, struct port *port, const struct flow *f)
{
	const uint8_t *mac = f->in->data + 6;
	struct model_address *at = learned_find(m, f->lan, mac);

	if (!port->cfg->learning || owner(m, 0, f->lan, mac))
		return EVB_DROP_NONE;
	if (at && at->port == port->number)
		return EVB_DROP_NONE;
	if (port->n_learned >= port->cfg->learn_limit)
		return EVB_DROP_LEARN_LIMIT;
	if (at) {
		port_numbered(m, at->port)->n_learned--;
		port->stats.moved++;
	} else {
		if (m->n_learned == MODEL_LEARNED_MAX)
			abort(); /* no test learns so many */
		at = &m->learned[m->n_learned++];
		memcpy(at->mac, mac, 6);
		at->lan = f->lan;
	}
	at->port = port->number;
	port->n_learned++;
	port->stats.learned++;
	return EVB_DROP_NONE;
}

/* ---- counters */

void count(struct evb_count *c, const uint8_t *macs, size_t len)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	c->packets++;
	c->bytes += len;
	if (!memcmp(macs, all, sizeof(all)))
		c->broadcast++;
	else if (is_group_mac(macs))
		c->multicast++;
}

void refuse(struct model_result *out, struct port *port, enum evb_drop why)
{
	out->fate = MODEL_REFUSED;
	out->drop = why;
	out->port = port->number;
	out->n_copies = 0;
	port->stats.in.dropped++;
	port->stats.drops[why]++;
}
