/* SPDX-License-Identifier: GPL-2.0-only */
/* model_emit.c - the bytes that a port gets, and why it does not get them. */
#include <string.h>

#include "evb_wire.h"
#include "model_parts.h"

size_t put_etag(uint8_t *out, uint16_t prio, uint32_t id, uint32_t ingress)
{
	out[0] = EVB_TYPE_ETAG >> 8;
	out[1] = EVB_TYPE_ETAG & 0xff;
	evb_etag_put(out + 2, prio, id, ingress);
	return EVB_ETAG_LEN;
}

size_t put_vntag(uint8_t *out, uint32_t tag)
{
	put_tag(out, EVB_TYPE_VNTAG, tag >> 16);
	out[4] = tag >> 8;
	out[5] = tag;
	return EVB_VNTAG_LEN;
}

static size_t put_channel(const struct port *port, const struct flow *f, uint8_t *out)
{
	/* who is told by its id not to get it again: only a group has members that could */
	uint32_t source = port->kind == KIND_GROUP ? f->source : 0;

	switch (port->tag) {
	case EVB_CHANNEL_S:
		return put_tag(out, EVB_TPID_S, f->prio | port->id);
	case EVB_CHANNEL_E:
		return put_etag(out, f->prio, port->id, source);
	case EVB_CHANNEL_VN:
		return put_vntag(out, evb_vntag_down(port->id, source));
	default:
		return 0;
	}
}

/*
 * README: a frame that goes back into the channel that it came from, with nothing else of it changed,
 * keeps that tag's priority
 */
static void keep_priority(const struct port *port, const struct flow *f, struct model_frame *out)
{
	const uint8_t *in = f->in->data;

	if (port->tag == EVB_CHANNEL_S && f->from->tag == EVB_CHANNEL_S && f->in->len == out->len &&
	    (get16(in + 14) & EVB_TCI_VID) == port->id && !memcmp(in + 16, out->data + 16, out->len - 16))
		memcpy(out->data + 14, in + 14, 2);
}

/* the frame as a port gets it */
void build(const struct port *port, const struct flow *f, bool tagged, struct model_frame *out)
{
	memcpy(out->data, f->in->data, 12);
	out->len = 12;
	out->len += put_channel(port, f, out->data + out->len);
	if (f->lan.tpid && tagged)
		out->len += put_tag(out->data + out->len, f->tag.tpid, f->tag.tci);
	memcpy(out->data + out->len, f->rest, f->rest_len);
	out->len += f->rest_len;
	keep_priority(port, f, out);
}

/*
 * without its VLAN's tag the frame would be of another channel there. A guest's interface has none,
 * and what the uplink's stack gets has come out of one already.
 */
static bool would_bare(const struct model *m, const struct port *port, const struct flow *f)
{
	if (!strips(port, f->lan) || get16(f->rest) != EVB_TPID_S)
		return false;
	if (port->kind != KIND_BRIDGE || !beside_channels(m, port))
		return false;
	return (get16(f->rest + 2) & EVB_TCI_VID) > EVB_SVID_DEFAULT;
}

static enum evb_drop refused_at(const struct model *m, const struct port *port,
				const struct flow *f, size_t len)
{
	if (!has_link(m, port))
		return EVB_DROP_LINK;
	if (would_bare(m, port, f))
		return EVB_DROP_INJECT;
	if (port->cfg && acl_refuses(port->cfg, f, false))
		return EVB_DROP_ACL;
	return len > port->dev->mtu + EVB_LEN_OVER_MTU ? EVB_DROP_MTU : EVB_DROP_NONE;
}

/* @copy has port and frame */
void settle(struct model *m, struct port *port, const struct flow *f, struct model_copy *copy)
{
	copy->drop = refused_at(m, port, f, copy->frame.len);
	if (copy->drop) {
		port->stats.out.dropped++;
		port->stats.drops[copy->drop]++;
	} else {
		count(&port->stats.out, copy->frame.data, copy->frame.len);
	}
}

static void emit_as(struct model *m, struct port *port, const struct flow *f, bool tagged,
		    struct model_result *out)
{
	struct model_copy *copy = &out->copies[out->n_copies++];

	copy->port = port->number;
	build(port, f, tagged, &copy->frame);
	settle(m, port, f, copy);
}

/* the frame as it came, whatever tags it has */
void emit_whole(struct model *m, struct port *port, const struct flow *f, struct model_result *out)
{
	struct model_copy *copy = &out->copies[out->n_copies++];

	copy->port = port->number;
	copy->frame.len = f->in->len;
	memcpy(copy->frame.data, f->in->data, f->in->len);
	settle(m, port, f, copy);
}

void emit(struct model *m, struct port *port, const struct flow *f, struct model_result *out)
{
	emit_as(m, port, f, !strips(port, f->lan), out);
}
