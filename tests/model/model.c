/* SPDX-License-Identifier: GPL-2.0-only */
/* model.c - classify and admit as the description has them, one frame at a time. */
#include "model.h"

#include <string.h>

#include "evb_wire.h"
#include "model_parts.h"

/* ---- admit, for each kind of port; all reasons in the order in which they count */

/* an E-TAG or a VN-Tag behind whatever VLAN tags */
bool has_extension_tag(const struct flow *f)
{
	return has_type(f->rest, f->rest_len, EVB_TYPE_ETAG) ||
	       has_type(f->rest, f->rest_len, EVB_TYPE_VNTAG);
}

/* frames of a guest, or of the host */
static bool injects(const struct model *m, const struct port *port, const struct flow *f)
{
	if (f->outer.tpid == EVB_TPID_S && beside_channels(m, port))
		return true;
	return port->kind != KIND_PF && has_extension_tag(f);
}

static bool is_nearest(const uint8_t *to)
{
	return is_reserved(to) && !to[5];
}

/* a trusted port's frame of the link: to its wire, as it is */
static enum evb_drop relay_control(struct model *m, struct port *from, const struct flow *f,
				   struct model_result *out)
{
	struct flow as_is = *f;
	struct port *wire = wire_of(m, is_nearest(f->in->data) ? from->domain : 0);

	/* it would be a channel's there */
	if (!wire->domain && m->cfg->n_channels && f->outer.tpid == EVB_TPID_S)
		return EVB_DROP_INJECT;
	as_is.lan = (struct model_lan){0};
	as_is.prio = f->outer.tci & EVB_TCI_PRIO;
	emit(m, wire, &as_is, out);
	return EVB_DROP_NONE;
}

/* a guest's frame of the link needs a VLAN only if it has a tag */
enum evb_drop control_vlan(const struct model *m, const struct port *port, const struct flow *f)
{
	struct flow try = *f;

	if (port->kind == KIND_PF || !f->outer.tpid)
		return EVB_DROP_NONE;
	return vlan_classify(m, port, &try);
}

static enum evb_drop from_local(struct model *m, struct port *from, struct flow *f,
				struct model_result *out)
{
	bool control = is_control(f->in, f->rest, f->rest_len);
	enum evb_drop drop;

	if (!has_link(m, from))
		return EVB_DROP_LINK;
	if (frame_is_bad(f->in, 12))
		return EVB_DROP_BAD_FRAME;
	if (injects(m, from, f))
		return EVB_DROP_INJECT;
	if (control && from->kind == KIND_VF && !from->cfg->trust)
		return EVB_DROP_CONTROL;
	if (from->kind == KIND_VF && from->cfg->spoofchk && !has_mac(from, f->in->data + 6))
		return EVB_DROP_SPOOF_MAC;
	if (control) {
		drop = control_vlan(m, from, f);
		return drop ? drop : relay_control(m, from, f, out);
	}
	drop = vlan_classify(m, from, f);
	if (drop)
		return drop;
	if (guard_refuses(from->cfg, f))
		return EVB_DROP_GUARD;
	if (acl_refuses(from->cfg, f, true))
		return EVB_DROP_ACL;
	return relay_local(m, from, f, out);
}

/* what is the link's own is the host's, as it came */
static enum evb_drop control_from_wire(struct model *m, struct port *wire, struct flow *f,
				       struct model_result *out)
{
	struct port *pf = the_pf(m);

	if (wire->domain) {
		enum evb_drop drop;
		struct flow try = *f;

		if (!is_nearest(f->in->data))
			return EVB_DROP_CONTROL;
		drop = vlan_of_wire(m, wire, &try);
		if (drop)
			return drop;
		if (pf->domain != wire->domain || !in_lan(m, pf, try.lan))
			return EVB_DROP_NO_TARGET;
	}
	f->lan = (struct model_lan){0};
	emit(m, pf, f, out);
	return EVB_DROP_NONE;
}

static enum evb_drop from_wire(struct model *m, struct port *wire, struct flow *f,
			       struct model_result *out)
{
	enum evb_drop drop;

	if (is_control(f->in, f->rest, f->rest_len))
		return control_from_wire(m, wire, f, out);
	drop = vlan_of_wire(m, wire, f);
	return drop ? drop : relay_wire(m, wire, f, out);
}

static enum evb_drop from_bridge_port(struct model *m, struct port *from, struct flow *f,
				      struct model_result *out)
{
	bool control = is_control(f->in, f->rest, f->rest_len),
	     bpdu = control && is_nearest(f->in->data) && is_llc(f->rest, f->rest_len);
	enum evb_drop drop;

	if (from->closed && (!control || bpdu || has_extension_tag(f)))
		return EVB_DROP_CHANNEL;
	if (has_extension_tag(f))
		return EVB_DROP_INJECT;
	if (control && !bpdu && !from->tag) {
		out->fate = MODEL_STACK;
		return EVB_DROP_NONE;
	}
	if (control && !(bpdu && m->cfg->bpdu_forward))
		return EVB_DROP_CONTROL;
	if (from->cfg->spoofchk && !has_mac(from, f->in->data + 6))
		return EVB_DROP_SPOOF_MAC;
	drop = vlan_classify(m, from, f);
	if (drop)
		return drop;
	if (guard_refuses(from->cfg, f))
		return EVB_DROP_GUARD;
	if (acl_refuses(from->cfg, f, true))
		return EVB_DROP_ACL;
	drop = learn(m, from, f);
	return drop ? drop : relay_bridge(m, from, f, bpdu, out);
}

/* ---- classify */

static struct port *port_tagged(struct model *m, const struct model_dev *dev, uint32_t id)
{
	for (unsigned int i = 0; i < m->n_ports; i++)
		if (m->ports[i].dev == dev && m->ports[i].tag && m->ports[i].id == id &&
		    m->ports[i].kind != KIND_GROUP)
			return &m->ports[i];
	return NULL;
}

/* takes an S-channel's tag off; the port that the frame is of, *unknown: there is none */
static struct port *classify_s(struct model *m, struct port *bare, struct flow *f, bool *unknown)
{
	struct port *port = bare;
	uint16_t svid;

	if (f->outer.tpid != EVB_TPID_S)
		return bare;
	svid = f->outer.tci & EVB_TCI_VID;
	if (svid > EVB_SVID_DEFAULT)
		port = port_tagged(m, bare->dev, svid);
	*unknown = !port;
	if (!port)
		return bare;
	flow_skip_tag(f);
	flow_read_outer(f);
	return port;
}

/* from an extender: the port that the tag names */
static enum evb_drop classify_extended(struct model *m, struct port *bare, struct flow *f,
				       struct port **from)
{
	enum evb_channel tag = channels_on(m, bare->dev);
	struct extension ext;
	struct port *port;

	if (!read_extension(f, tag, &ext))
		return comes_by(m, bare) ? EVB_DROP_BAD_FRAME : EVB_DROP_LINK;
	if (frame_is_bad(f->in, ext.there ? 12 + extension_len(tag) : 12))
		return comes_by(m, bare) ? EVB_DROP_BAD_FRAME : EVB_DROP_LINK;
	if (!ext.there)
		return EVB_DROP_NONE;
	port = ext.up ? port_tagged(m, bare->dev, ext.id) : NULL;
	if (!port && !comes_by(m, bare))
		return EVB_DROP_LINK;
	if (!port)
		return ext.up ? EVB_DROP_CHANNEL : EVB_DROP_DIRECTION;
	flow_skip_extension(f, tag);
	*from = port;
	return EVB_DROP_NONE;
}

static enum evb_drop run_channels(struct model *m, struct port *bare, struct flow *f,
				  struct port **from, struct model_result *out)
{
	enum evb_channel tag = channels_on(m, bare->dev);
	bool unknown = false;
	enum evb_drop drop;

	*from = bare;
	if (tag == EVB_CHANNEL_E || tag == EVB_CHANNEL_VN) {
		drop = classify_extended(m, bare, f, from);
		f->from = *from;
		if (drop)
			return drop;
		return comes_by(m, *from) ? from_bridge_port(m, *from, f, out) : EVB_DROP_LINK;
	}
	/* a frame that cannot be read names no channel */
	if (frame_is_bad(f->in, 12))
		return comes_by(m, bare) ? EVB_DROP_BAD_FRAME : EVB_DROP_LINK;
	if (tag == EVB_CHANNEL_S)
		*from = classify_s(m, bare, f, &unknown);
	f->from = *from;
	if (!comes_by(m, *from))
		return EVB_DROP_LINK;
	if (unknown)
		return EVB_DROP_CHANNEL;
	return bare->kind == KIND_BRIDGE ? from_bridge_port(m, *from, f, out)
					 : from_wire(m, *from, f, out);
}

static enum evb_drop run(struct model *m, const struct model_input *in, struct flow *f,
			 struct port **from, struct model_result *out)
{
	const struct model_dev *dev = dev_named(m, in->dev);

	if (is_extender(m))
		return run_extender(m, in, f, from, out);
	if (is_bridge(m))
		return run_channels(m, bare_port(m, dev, KIND_BRIDGE), f, from, out);
	if (!strcmp(in->dev, m->cfg->uplink) && !in->host)
		return run_channels(m, bare_port(m, dev, KIND_WIRE), f, from, out);
	*from = bare_port(m, dev, in->host ? KIND_PF : KIND_VF);
	f->from = *from;
	return from_local(m, *from, f, out);
}

void model_run(struct model *m, const struct model_input *in, struct model_result *out)
{
	struct flow f = {
		.in = &in->frame, .rest = in->frame.data + 12, .rest_len = in->frame.len - 12};
	struct port *from;
	enum evb_drop drop;
	bool sent = false;

	out->fate = MODEL_SENT;
	out->drop = EVB_DROP_NONE;
	out->n_copies = 0;
	flow_read_outer(&f);
	drop = run(m, in, &f, &from, out);
	out->port = from->number;
	if (drop) {
		refuse(out, from, drop);
		return;
	}
	for (unsigned int i = 0; i < out->n_copies; i++)
		sent |= !out->copies[i].drop;
	if (sent || out->fate == MODEL_STACK)
		count(&from->stats.in, in->frame.data, in->frame.len);
}
