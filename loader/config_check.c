/* SPDX-License-Identifier: GPL-2.0-only */
/* config_check.c - contradictions between keys of a port and between ports of a switch. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config_schema.h"
#include "evb_wire.h"
#include "names.h"

/* The entry of a trunk list that has this VLAN, to point at. */
static struct config_pos trunk_pos(const struct tree_node *trunk, unsigned int vid)
{
	unsigned int first, last;

	for (size_t i = 0; trunk->type == TREE_LIST && i < trunk->n_items; i++) {
		value_range(trunk->items[i], &first, &last);
		if (vid >= first && vid <= last)
			return trunk->items[i]->pos;
	}
	return trunk->pos;
}

/* Keys that say how the access VLAN is treated mean nothing without one. */
static int check_needs_vlan(struct config_ctx *ctx, const struct tree_node *map,
			    const struct config_port *port)
{
	if (port->vlan)
		return 0;
	/* an E-TAG has a priority, too */
	if (port->qos && !(ctx->cfg->tag == EVB_CHANNEL_E && port->ecid))
		return config_refuse(ctx->err, port_given(ctx, map, "qos")->pos,
				     "qos: %u has no vlan whose tag it could be in: give a vlan, "
				     "or take qos out",
				     port->qos);
	if (!port->strip)
		return config_refuse(ctx->err, port_given(ctx, map, "strip")->pos,
				     "strip: off has no vlan whose tag could be kept: give a vlan, "
				     "or take strip out");
	if (port->dscp)
		return config_refuse(ctx->err, port_given(ctx, map, "dscp")->pos,
				     "dscp: on has no vlan whose tag it could be in: give a vlan, "
				     "or take dscp out");
	if (port_given(ctx, map, "proto") && config_is_extender(ctx->cfg))
		return config_refuse(ctx->err, port_given(ctx, map, "proto")->pos,
				     "proto: %s has no vlan to apply to: give one, or take proto out; "
				     "which VLANs a port without one is in, the bridge above says",
				     evb_tpid_name(port->proto));
	if (port->proto != EVB_TPID_C && !port->has_trunk)
		return config_refuse(ctx->err, port_given(ctx, map, "proto")->pos,
				     "proto: %s has neither vlan nor trunk to apply to: give one, "
				     "or take proto out",
				     evb_tpid_name(port->proto));
	return 0;
}

/* Where do untagged frames belong? Decides port->untagged. */
static int check_untagged(struct config_ctx *ctx, const struct tree_node *map,
			  struct config_port *port)
{
	const struct tree_node *untagged = port_given(ctx, map, "untagged");

	if (port->vlan) {
		if (port->untagged)
			return config_refuse(ctx->err, untagged->pos,
					     "untagged: on contradicts vlan: %u (line %u), where "
					     "untagged frames belong: take one out",
					     port->vlan, port->vlan_pos.line);
		return 0;
	}
	if (port->has_trunk && !port->trunk_all)
		return 0; /* as the file says, or off */
	if (untagged && !port->untagged)
		return config_refuse(ctx->err, untagged->pos,
				     "untagged: off contradicts %s, which takes untagged frames: "
				     "write a trunk list such as [1-4094], or take untagged out",
				     port->trunk_all ? "trunk: all"
						     : "a port without vlan or trunk");
	port->untagged = true;
	return 0;
}

/* What a port may see, and who decides a tag's priority. */
static int check_policy(struct config_ctx *ctx, const struct tree_node *map,
			const struct config_port *port)
{
	/* a bridge's ports are the operator's own */
	if (port->promisc && !port->trust && !config_is_bridge(ctx->cfg))
		return config_refuse(ctx->err, port_given(ctx, map, "promisc")->pos,
				     "promisc: on needs trust: on, for it shows the guest what "
				     "others send: trust it, or take promisc out");
	if (port->allmulti && port->n_multicast)
		return config_refuse(ctx->err, port_given(ctx, map, "multicast")->pos,
				     "multicast: a list does nothing while allmulti is on: write "
				     "allmulti: off, or take multicast out");
	if (port->dscp && port->qos)
		return config_refuse(ctx->err, port_given(ctx, map, "dscp")->pos,
				     "dscp: on contradicts qos: %u (line %u), which decides the "
				     "priority too: take one out",
				     port->qos, port_given(ctx, map, "qos")->pos.line);
	return 0;
}

/* Where an uplink has channels, an S-TAG on the untagged one would be a channel's. */
static int check_channel(struct config_ctx *ctx, const struct tree_node *map,
			 const struct config_port *port)
{
	const struct config *cfg = ctx->cfg;

	if (!cfg->n_channels || port->channel || port->proto != EVB_TPID_S)
		return 0;
	return config_refuse(ctx->err, port_given(ctx, map, "proto")->pos,
			     "proto: %s is the tag of the uplink's channels (line %u): give a "
			     "channel, or take proto out",
			     evb_tpid_name(port->proto), cfg->channels[0].pos.line);
}

static int check_port(struct config_ctx *ctx, const struct tree_node *map, struct config_port *port)
{
	int ret;

	port->has_proto = port_given(ctx, map, "proto");
	if (port->vlan && config_vids_has(&port->trunk, port->vlan))
		return config_refuse(ctx->err, trunk_pos(port_given(ctx, map, "trunk"), port->vlan),
				     "trunk: VLAN %u is the port's vlan (line %u), its untagged "
				     "VLAN: take it out of the trunk",
				     port->vlan, port->vlan_pos.line);
	ret = check_needs_vlan(ctx, map, port);
	if (!ret)
		ret = check_channel(ctx, map, port);
	if (!ret)
		ret = check_untagged(ctx, map, port);
	return ret ? ret : check_policy(ctx, map, port);
}

/* What a kind of device cannot do. An AF_XDP guest has one hook, which need not be written. */
static int check_kind(struct config_ctx *ctx, const struct tree_node *map, struct config_vf *vf)
{
	const char *kind = config_kind_name(vf->kind);

	if (vf->has_guest && (vf->kind == CONFIG_KIND_TAP || vf->kind == CONFIG_KIND_MACVTAP))
		return config_refuse(ctx->err, port_given(ctx, map, "kind")->pos,
				     "kind: %s contradicts guest (line %u), which makes a veth "
				     "pair: take one out",
				     kind, vf->guest_pos.line);
	if (vf->kind == CONFIG_KIND_MACVTAP && vf->hook == CONFIG_HOOK_XDP)
		return config_refuse(ctx->err, port_given(ctx, map, "hook")->pos,
				     "hook: xdp does not go with kind: macvtap, whose driver has "
				     "no XDP: write hook: tc, or take hook out");
	if (vf->kind != CONFIG_KIND_AFXDP)
		return 0;
	if (vf->hook == CONFIG_HOOK_TC)
		return config_refuse(ctx->err, port_given(ctx, map, "hook")->pos,
				     "hook: tc does not go with kind: afxdp, whose guest takes XDP "
				     "frames: write hook: xdp, or take hook out");
	vf->hook = CONFIG_HOOK_XDP;
	return 0;
}

/*
 * The host's own port and those of a bridge or an extender are in every VLAN unless the file says
 * in which.
 */
static void default_trunk(struct config_port *port)
{
	if (port->vlan || port->has_trunk)
		return;
	port->has_trunk = true;
	port->trunk_all = true;
}

/* Where every frame goes up, an address is only what spoofchk asks for. */
static bool needs_no_mac(const struct config *cfg, const struct config_vf *vf)
{
	return config_is_extender(cfg) && !vf->port.spoofchk;
}

int check_vf(struct config_ctx *ctx, const struct tree_node *map, struct config_vf *vf)
{
	const struct tree_node *mac = tree_get(map, "mac");
	int ret;

	vf->has_guest = vf->guest_name[0];
	ret = check_kind(ctx, map, vf);
	if (ret)
		return ret;
	if (vf->mtu && !vf->has_guest)
		return config_refuse(ctx->err, port_given(ctx, map, "mtu")->pos,
				     "mtu: %u is for a guest that evbpf makes: add guest, or set "
				     "the MTU of %s yourself",
				     vf->mtu, vf->dev);
	if (vf->present_later && vf->has_guest)
		return config_refuse(
			ctx->err, tree_get(map, "present")->pos,
			"present: later contradicts guest (line %u), which evbpf makes "
			"at attach: take one out",
			vf->guest_pos.line);
	if (mac && !vf->port.n_macs)
		return config_refuse(
			ctx->err, mac->pos, "mac: an empty list is no address: write one%s",
			vf->has_guest || needs_no_mac(ctx->cfg, vf) ? ", or leave mac out" : "");
	if (!mac && !vf->has_guest && !needs_no_mac(ctx->cfg, vf))
		return config_refuse(ctx->err, map->pos,
				     "%s has no 'mac': write mac: \"02:00:00:00:01:00\", the "
				     "address of what is behind %s%s",
				     vf->port.name, vf->dev,
				     config_is_extender(ctx->cfg) ? ", or spoofchk: off" : "");
	vf->mac_generated = !mac && vf->has_guest;
	if (!config_is_extender(ctx->cfg))
		return check_port(ctx, map, &vf->port);
	default_trunk(&vf->port);
	ret = check_port(ctx, map, &vf->port);
	if (ret)
		return ret;
	if (!vf->port.ecid)
		return config_refuse(ctx->err, map->pos,
				     "%s has no '%s': write %s, its own behind the uplink",
				     vf->port.name, ctx->cfg->tag == EVB_CHANNEL_E ? "ecid" : "vif",
				     ctx->cfg->tag == EVB_CHANNEL_E ? "ecid: 0x012" : "vif: 18");
	return check_extended(ctx, map, &vf->port, ctx->cfg->tag, ctx->cfg->tag_pos.line);
}

int check_pf(struct config_ctx *ctx, const struct tree_node *map, struct config_port *pf)
{
	int ret;

	default_trunk(pf);
	ret = check_port(ctx, map, pf);
	if (ret || !config_is_extender(ctx->cfg))
		return ret;
	return check_extended(ctx, map, pf, ctx->cfg->tag, ctx->cfg->tag_pos.line);
}

int check_bridge_port(struct config_ctx *ctx, const struct tree_node *map, struct config_port *port)
{
	default_trunk(port);
	return check_port(ctx, map, port);
}

/* 64 VIDs from 64 * @word on: in which of them is the port a member, tagged or untagged? */
static uint64_t member_bits(const struct config *cfg, const struct config_port *port, uint16_t tpid,
			    unsigned int word)
{
	/* these take VLANs of both protocols when they take every VLAN; see config.h */
	bool both = port->trunk_all && !port->vlan && !port->has_proto &&
		    (port == &cfg->pf || config_is_bridge(cfg) || config_is_extender(cfg));
	uint64_t bits;

	if (port->proto != tpid && !both)
		return 0;
	if (port->trunk_all)
		return word == 0 ? ~1ull : word == 63 ? ~0ull >> 1 : ~0ull;
	bits = port->trunk.bits[word];
	if (port->vlan && port->vlan / 64 == word)
		bits |= 1ull << (port->vlan % 64);
	return bits;
}

/* Do two ports meet in a VLAN? Then an address can belong to one of them only. */
static bool share_vlan(const struct config *cfg, const struct config_port *a,
		       const struct config_port *b, char *buf, size_t len)
{
	static const uint16_t tpids[] = {EVB_TPID_C, EVB_TPID_S};

	if (a->untagged && b->untagged) {
		snprintf(buf, len, "take untagged frames in no VLAN");
		return true;
	}
	for (unsigned int i = 0; i < 2; i++) {
		for (unsigned int word = 0; word < 64; word++) {
			uint64_t common = member_bits(cfg, a, tpids[i], word) &
					  member_bits(cfg, b, tpids[i], word);

			if (!common)
				continue;
			snprintf(buf, len, "are in VLAN %u (%s)",
				 word * 64 + (unsigned int)__builtin_ctzll(common),
				 evb_tpid_name(tpids[i]));
			return true;
		}
	}
	return false;
}

/* The position of the address of @port that @old has too; line 0 if there is none. */
static struct config_pos same_mac(const struct config_port *old, const struct config_port *port,
				  const uint8_t **mac, unsigned int *old_line)
{
	for (unsigned int i = 0; i < port->n_macs; i++) {
		for (unsigned int j = 0; j < old->n_macs; j++) {
			if (memcmp(port->mac[i], old->mac[j], 6))
				continue;
			*mac = port->mac[i];
			*old_line = old->mac_at[j].line;
			return port->mac_at[i];
		}
	}
	return (struct config_pos){};
}

int check_macs(struct config_ctx *ctx, const char *key, const struct config_port *old,
	       const struct config_port *port)
{
	const uint8_t *mac = NULL;
	unsigned int old_line = 0;
	struct config_pos pos;
	char where[64];

	if (old->channel != port->channel) /* each has addresses of its own */
		return 0;
	pos = same_mac(old, port, &mac, &old_line);
	if (!mac || !share_vlan(ctx->cfg, old, port, where, sizeof(where)))
		return 0;
	return config_refuse(ctx->err, pos,
			     "%s: '%02x:%02x:%02x:%02x:%02x:%02x' is %s's already (line %u), and "
			     "both %s: give another address or another VLAN",
			     key, mac[0], mac[1], mac[2], mac[3], mac[4], mac[5], old->name,
			     old_line, where);
}

/* One namespace may be written as its name or as the path that `ip netns` gives it. */
static const char *netns_name(const char *netns)
{
	static const char *const dirs[] = {"/run/netns/", "/var/run/netns/"};

	for (unsigned int i = 0; i < 2; i++)
		if (!strncmp(netns, dirs[i], strlen(dirs[i])))
			return netns + strlen(dirs[i]);
	return netns;
}

/* @vf stands below @old in the file */
int check_vf_pair(struct config_ctx *ctx, const struct config_vf *old, const struct config_vf *vf)
{
	if (vf->id == old->id)
		return config_refuse(ctx->err, vf->id_pos,
				     "id: %u is taken by the VF in line %u: give another number",
				     vf->id, old->port.pos.line);
	if (!strcmp(vf->dev, old->dev))
		return config_refuse(ctx->err, vf->dev_pos,
				     "dev: '%s' is %s's already (line %u): a device is one port",
				     vf->dev, old->port.name, old->dev_pos.line);
	if (vf->has_guest && old->has_guest && !strcmp(vf->guest_name, old->guest_name) &&
	    !strcmp(netns_name(vf->guest_netns), netns_name(old->guest_netns)))
		return config_refuse(ctx->err, vf->guest_pos,
				     "guest: '%.128s' in netns '%.128s' is %s's already (line %u): "
				     "give another name",
				     vf->guest_name, vf->guest_netns, old->port.name,
				     old->guest_pos.line);
	return check_macs(ctx, "mac", &old->port, &vf->port);
}

/* What can be seen only when the whole file is read: VFs against the uplink and the PF. */
int check_file(struct config_ctx *ctx)
{
	const struct config *cfg = ctx->cfg;
	int ret = 0;

	for (unsigned int i = 0; i < cfg->n_vfs && !ret; i++) {
		const struct config_vf *vf = &cfg->vfs[i];

		if (!strcmp(vf->dev, cfg->uplink))
			return config_refuse(
				ctx->err, vf->dev_pos,
				"dev: '%s' is the uplink already (line %u): a VF needs "
				"a device of its own",
				vf->dev, cfg->uplink_pos.line);
		ret = check_macs(ctx, "mac", &cfg->pf, &vf->port);
	}
	return ret;
}

int check_unused_acls(struct config_ctx *ctx)
{
	const struct config *cfg = ctx->cfg;
	int ret = 0;

	for (unsigned int i = 0; i < cfg->n_acls && !ret; i++)
		if (!ctx->acl_used[i])
			ret = config_warn(ctx, cfg->acls[i].pos,
					  "acls: no port has acl: %s: give it to one, or take it "
					  "out",
					  cfg->acls[i].name);
	return ret;
}
