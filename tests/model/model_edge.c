/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model_edge.c - relay of an edge switch: who of a channel a frame is for, from a local port or from
 * the wire.
 */
#include <string.h>

#include "evb_wire.h"
#include "model_parts.h"

bool prunes(const struct port *port, const uint8_t *to)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	const struct config_port *cfg = port->cfg;

	if (!is_group_mac(to) || !memcmp(to, all, sizeof(all)) || cfg->allmulti || cfg->promisc)
		return false;
	for (unsigned int i = 0; i < cfg->n_multicast; i++)
		if (!memcmp(cfg->multicast[i], to, 6))
			return false;
	return true;
}

bool both_isolated(const struct port *a, const struct port *b)
{
	if (!a || !b || !a->cfg || !b->cfg || !a->cfg->isolated || !b->cfg->isolated)
		return false;
	/* a bridge's port is more than one station: what it reflects would join two of them */
	return a != b || a->kind == KIND_BRIDGE;
}

enum evb_drop nobody(const struct passed_by *why)
{
	if (why->isolated)
		return EVB_DROP_ISOLATED;
	return why->reflected ? EVB_DROP_REFLECTED : EVB_DROP_NO_TARGET;
}

struct port *wire_of(struct model *m, unsigned int domain)
{
	for (unsigned int i = 0; i < m->n_ports; i++)
		if (m->ports[i].kind == KIND_WIRE && m->ports[i].domain == domain)
			return &m->ports[i];
	return NULL;
}

/* others of a VLAN that get a local port's frame: @all, or those that listen to everything */
static void local_others(struct model *m, struct port *from, const struct port *to,
			 const struct flow *f, bool all, struct passed_by *why,
			 struct model_result *out)
{
	for (unsigned int i = 0; i < m->n_ports; i++) {
		struct port *port = &m->ports[i];

		if (port == from || port == to || port->domain != from->domain ||
		    !in_lan(m, port, f->lan) || port->cfg->relay != EVB_RELAY_VEB ||
		    !(all || port->cfg->promisc) || prunes(port, f->in->data) || !has_link(m, port))
			continue;
		if (both_isolated(from, port)) {
			why->isolated = true;
			continue;
		}
		emit(m, port, f, out);
	}
}

enum evb_drop relay_local(struct model *m, struct port *from, const struct flow *f,
			  struct model_result *out)
{
	struct port *wire = wire_of(m, from->domain),
		    *to = owner(m, from->domain, f->lan, f->in->data);
	bool veb = from->cfg->relay == EVB_RELAY_VEB;
	struct passed_by why = {};

	if (to == from)
		return EVB_DROP_SELF;
	if (veb && is_group_mac(f->in->data)) {
		local_others(m, from, NULL, f, true, &why, out);
		if (has_link(m, wire))
			emit(m, wire, f, out);
		return out->n_copies ? EVB_DROP_NONE : nobody(&why);
	}
	if (!veb || !to || to->cfg->relay != EVB_RELAY_VEB)
		to = wire;
	if (both_isolated(from, to))
		return EVB_DROP_ISOLATED;
	emit(m, to, f, out);
	if (veb)
		local_others(m, from, to, f, false, &why, out);
	return EVB_DROP_NONE;
}

/* not all ports that share the wire meet each other locally */
static bool is_mixed(const struct model *m, unsigned int domain)
{
	for (unsigned int i = 0; i < m->n_ports; i++)
		if (m->ports[i].domain == domain && m->ports[i].cfg &&
		    m->ports[i].cfg->relay != EVB_RELAY_VEB)
			return true;
	return false;
}

/* may a frame that came back from the wire, sent by @source, reach a port? */
static enum evb_drop back_refused(const struct port *source, const struct port *port)
{
	if (both_isolated(source, port))
		return EVB_DROP_ISOLATED;
	if (source && (source == port || port->cfg->relay == EVB_RELAY_PRIVATE))
		return EVB_DROP_REFLECTED;
	return EVB_DROP_NONE;
}

static void wire_others(struct model *m, const struct port *wire, const struct port *source,
			const struct port *to, const struct flow *f, bool all,
			struct passed_by *why, struct model_result *out)
{
	bool had_it = source && source->cfg->relay == EVB_RELAY_VEB && is_mixed(m, wire->domain);

	for (unsigned int i = 0; i < m->n_ports; i++) {
		struct port *port = &m->ports[i];
		enum evb_drop refused;

		if (port == to || port->domain != wire->domain || !in_lan(m, port, f->lan) ||
		    !(all || port->cfg->promisc) || prunes(port, f->in->data) || !has_link(m, port))
			continue;
		refused = back_refused(source, port);
		if (!refused && had_it && port->cfg->relay == EVB_RELAY_VEB)
			refused = EVB_DROP_REFLECTED;
		why->isolated |= refused == EVB_DROP_ISOLATED;
		why->reflected |= refused == EVB_DROP_REFLECTED;
		if (!refused)
			emit(m, port, f, out);
	}
}

struct port *the_pf(struct model *m)
{
	return bare_port(m, dev_named(m, m->cfg->uplink), KIND_PF);
}

enum evb_drop relay_wire(struct model *m, struct port *wire, const struct flow *f,
			 struct model_result *out)
{
	struct port *source = owner(m, wire->domain, f->lan, f->in->data + 6),
		    *to = owner(m, wire->domain, f->lan, f->in->data), *pf = the_pf(m);
	struct passed_by why = {};
	enum evb_drop refused;

	if (is_group_mac(f->in->data)) {
		wire_others(m, wire, source, NULL, f, true, &why, out);
		return out->n_copies ? EVB_DROP_NONE : nobody(&why);
	}
	if (!to && pf->domain == wire->domain && in_lan(m, pf, f->lan))
		to = pf;
	refused = to ? back_refused(source, to) : EVB_DROP_NO_TARGET;
	/* who listens to everything hears what is on its way, not what is refused */
	if (refused && refused != EVB_DROP_NO_TARGET)
		return refused;
	if (!refused)
		emit(m, to, f, out);
	wire_others(m, wire, source, to, f, false, &why, out);
	if (refused == EVB_DROP_NO_TARGET)
		refused = nobody(&why);
	return out->n_copies ? EVB_DROP_NONE : refused;
}
