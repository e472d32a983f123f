/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * model_extender.c - E-TAG and VN-Tag, and a port extender: up with the port's id, down to the port or
 * group that the id names.
 */
#include <string.h>

#include "evb_wire.h"
#include "model_parts.h"

static void read_etag(const uint8_t *tag, struct extension *out)
{
	out->id = evb_etag_id(get16(tag + 4), tag[7]);
	out->several = out->id >> EVB_ETAG_GRP_SHIFT;
	out->source = evb_etag_ingress(get16(tag + 2), tag[6]);
	out->up = !out->several;
	out->down = true;
}

static void read_vntag(const uint8_t *tag, struct extension *out)
{
	uint32_t bits = (uint32_t)get16(tag + 2) << 16 | get16(tag + 4);
	bool version = bits & EVB_VNTAG_VERSION;

	out->down = bits & EVB_VNTAG_DOWN && !version;
	out->up = !(bits & EVB_VNTAG_DOWN) && !version && !(bits >> 16);
	out->several = bits >> 16 & EVB_VNTAG_LIST;
	out->id = bits & EVB_VNTAG_DOWN ? bits >> 16 & (EVB_VNTAG_LIST | EVB_VNTAG_ID_MAX)
					: bits & EVB_VNTAG_VIF_MAX;
	out->source = bits & EVB_VNTAG_LOOPED ? bits & EVB_VNTAG_VIF_MAX : 0;
}

size_t extension_len(enum evb_channel tag)
{
	return tag == EVB_CHANNEL_E ? EVB_ETAG_LEN : EVB_VNTAG_LEN;
}

/* false: cut inside it */
bool read_extension(const struct flow *f, enum evb_channel tag, struct extension *out)
{
	uint16_t type = tag == EVB_CHANNEL_E ? EVB_TYPE_ETAG : EVB_TYPE_VNTAG;

	memset(out, 0, sizeof(*out));
	out->there = get16(f->rest) == type;
	if (!out->there)
		return true;
	if (f->rest_len < extension_len(tag) + 2)
		return false;
	if (tag == EVB_CHANNEL_E)
		read_etag(f->rest, out);
	else
		read_vntag(f->rest, out);
	return true;
}

/* behind the tag; its priority is the frame's until a VLAN tag says another one */
void flow_skip_extension(struct flow *f, enum evb_channel tag)
{
	f->prio = tag == EVB_CHANNEL_E ? get16(f->rest + 2) & EVB_TCI_PRIO : 0;
	f->rest += extension_len(tag);
	f->rest_len -= extension_len(tag);
	flow_read_outer(f);
}

/* ---- an extender */

/* up, with the port's id; a tag of its VLAN stands behind that */
static enum evb_drop send_up(struct model *m, const struct port *from, const struct flow *f,
			     struct model_result *out)
{
	struct port *wire = wire_of(m, 0);
	struct model_copy *copy = &out->copies[out->n_copies++];
	bool tagged = f->lan.tpid || f->outer.tpid;
	uint16_t prio = tagged ? f->prio : from->cfg->qos << EVB_TCI_PCP_SHIFT;
	size_t len = 12;

	copy->port = wire->number;
	memcpy(copy->frame.data, f->in->data, len);
	if (m->cfg->tag == EVB_CHANNEL_E)
		len += put_etag(copy->frame.data + len, prio, from->cfg->ecid, 0);
	else
		len += put_vntag(copy->frame.data + len, evb_vntag_up(from->cfg->ecid));
	if (f->lan.tpid)
		len += put_tag(copy->frame.data + len, f->tag.tpid, f->tag.tci);
	memcpy(copy->frame.data + len, f->rest, f->rest_len);
	copy->frame.len = len + f->rest_len;
	settle(m, wire, f, copy);
	return EVB_DROP_NONE;
}

/* a frame down is the port's if it is in its VLANs */
static bool flow_down(const struct model *m, const struct port *port, struct flow *f)
{
	uint16_t vid = f->outer.tci & EVB_TCI_VID;

	if (f->outer.tpid && vid) {
		flow_set_lan(f, f->outer.tpid, f->outer.tci);
		flow_skip_tag(f);
	} else if (f->outer.tpid && is_vlan_tag(get16(f->rest + EVB_TAG_LEN))) {
		return false;
	}
	return in_lan(m, port, f->lan);
}

static void emit_down(struct model *m, struct port *port, const struct flow *f,
		      struct model_result *out)
{
	if (port->kind == KIND_CASCADE)
		emit_whole(m, port, f, out);
	else
		emit(m, port, f, out);
}

static struct port *port_behind(struct model *m, uint32_t id)
{
	for (unsigned int i = 0; i < m->n_ports; i++) {
		struct port *port = &m->ports[i];

		if (port->cfg && id && port->cfg->ecid == id)
			return port;
		for (unsigned int k = 0; port->cascade && k < port->cascade->n_ids; k++)
			if (id >= port->cascade->ids[k].first && id <= port->cascade->ids[k].last)
				return port;
	}
	return NULL;
}

static enum evb_drop down_to_one(struct model *m, const struct flow *f, uint32_t id,
				 struct model_result *out)
{
	struct port *port = port_behind(m, id);
	struct flow inner = *f;

	if (!port)
		return EVB_DROP_CHANNEL;
	if (port->kind != KIND_CASCADE && !flow_down(m, port, &inner))
		return EVB_DROP_VLAN_FILTER;
	if (port->kind != KIND_CASCADE && prunes(port, f->in->data))
		return EVB_DROP_NO_TARGET;
	emit_down(m, port, &inner, out);
	return EVB_DROP_NONE;
}

static struct port *member_port(struct model *m, const struct config_member *member)
{
	if (member->vf)
		return port_numbered(m, member->vf->number);
	return member->cascade ? port_numbered(m, member->cascade->vf.number) : the_pf(m);
}

static enum evb_drop down_to_group(struct model *m, const struct flow *f,
				   const struct extension *ext, struct model_result *out)
{
	const struct config_replication *group = NULL;
	struct passed_by why = {};

	for (unsigned int i = 0; i < m->cfg->n_replications; i++)
		if (m->cfg->replications[i].id == ext->id)
			group = &m->cfg->replications[i];
	if (!group)
		return EVB_DROP_CHANNEL;
	for (unsigned int i = 0; i < group->n_members; i++) {
		struct port *port = member_port(m, &group->members[i]);
		struct flow inner = *f;

		if (!has_link(m, port))
			continue;
		if (port->kind != KIND_CASCADE &&
		    (!flow_down(m, port, &inner) || prunes(port, f->in->data)))
			continue;
		if (port->cfg && ext->source && port->cfg->ecid == ext->source) {
			why.reflected = true;
			continue;
		}
		emit_down(m, port, &inner, out);
	}
	return out->n_copies ? EVB_DROP_NONE : nobody(&why);
}

static enum evb_drop from_above(struct model *m, struct flow *f, struct model_result *out)
{
	enum evb_channel tag = m->cfg->tag;
	struct extension ext;

	if (!read_extension(f, tag, &ext) ||
	    frame_is_bad(f->in, ext.there ? 12 + extension_len(tag) : 12))
		return EVB_DROP_BAD_FRAME;
	if (!ext.there) {
		/* the extender's own */
		emit_whole(m, the_pf(m), f, out);
		return EVB_DROP_NONE;
	}
	if (!ext.down)
		return EVB_DROP_DIRECTION;
	flow_skip_extension(f, tag);
	return ext.several ? down_to_group(m, f, &ext, out) : down_to_one(m, f, ext.id, out);
}

static enum evb_drop from_cascade(struct model *m, struct port *from, struct flow *f,
				  struct model_result *out)
{
	enum evb_channel tag = m->cfg->tag;
	struct extension ext;

	if (!comes_by(m, from))
		return EVB_DROP_LINK;
	if (!read_extension(f, tag, &ext) ||
	    frame_is_bad(f->in, ext.there ? 12 + extension_len(tag) : 12))
		return EVB_DROP_BAD_FRAME;
	if (!ext.there) {
		out->fate = MODEL_STACK;
		return EVB_DROP_NONE;
	}
	if (!ext.up)
		return EVB_DROP_DIRECTION;
	if (port_behind(m, ext.id) != from)
		return EVB_DROP_CHANNEL;
	emit_whole(m, wire_of(m, 0), f, out);
	return EVB_DROP_NONE;
}

static enum evb_drop from_extended(struct model *m, struct port *from, struct flow *f,
				   struct model_result *out)
{
	bool control = is_control(f->in, f->rest, f->rest_len), pf = from->kind == KIND_PF;
	enum evb_drop drop;

	if (!has_link(m, from))
		return EVB_DROP_LINK;
	if (frame_is_bad(f->in, 12))
		return EVB_DROP_BAD_FRAME;
	if (has_extension_tag(f))
		return EVB_DROP_INJECT;
	if (control && !pf && !from->cfg->trust)
		return EVB_DROP_CONTROL;
	if (!pf && from->cfg->spoofchk && !has_mac(from, f->in->data + 6))
		return EVB_DROP_SPOOF_MAC;
	/* of the extender itself, not of a port */
	if (pf && control) {
		emit_whole(m, wire_of(m, 0), f, out);
		return EVB_DROP_NONE;
	}
	if (control) {
		drop = control_vlan(m, from, f);
		return drop ? drop : send_up(m, from, f, out);
	}
	drop = vlan_classify(m, from, f);
	if (drop)
		return drop;
	if (guard_refuses(from->cfg, f))
		return EVB_DROP_GUARD;
	if (acl_refuses(from->cfg, f, true))
		return EVB_DROP_ACL;
	if (from->cfg->ecid)
		return send_up(m, from, f, out);
	emit(m, wire_of(m, 0), f, out);
	return EVB_DROP_NONE;
}

enum evb_drop run_extender(struct model *m, const struct model_input *in, struct flow *f,
			   struct port **from, struct model_result *out)
{
	const struct model_dev *dev = dev_named(m, in->dev);
	bool uplink = !strcmp(in->dev, m->cfg->uplink);

	*from = bare_port(m, dev, in->host ? KIND_PF : uplink ? KIND_WIRE : KIND_VF);
	if (!*from)
		*from = bare_port(m, dev, KIND_CASCADE);
	f->from = *from;
	if ((*from)->kind == KIND_WIRE)
		return from_above(m, f, out);
	if ((*from)->kind == KIND_CASCADE)
		return from_cascade(m, *from, f, out);
	return from_extended(m, *from, f, out);
}
