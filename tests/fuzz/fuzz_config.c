/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_config.c - libFuzzer target: any bytes are a sound configuration or one printable error.
 *
 * Besides what the sanitizers see, it holds config_parse() to config.h: a config that comes out is
 * one that the planner may rely on without looking again.
 */
#include <errno.h>

#include "../unit/test_config_equal.h"
#include "config_edit.h"
#include "evb_wire.h"
#include "fuzz.h"

static void check_port(const struct config_port *port)
{
	char buf[64];

	HOLDS(memchr(port->name, 0, sizeof(port->name)));
	HOLDS(port->n_macs <= CONFIG_MACS_MAX);
	for (unsigned int i = 0; i < port->n_macs; i++)
		HOLDS(!(port->mac[i][0] & 1));
	HOLDS(port->vlan <= EVB_VID_MAX && port->qos <= 7);
	HOLDS(port->proto == EVB_TPID_C || port->proto == EVB_TPID_S);
	HOLDS(port->vlan || (!port->qos && port->strip));
	HOLDS(!port->untagged || !port->vlan);
	HOLDS(!port->trunk_all || port->has_trunk);
	HOLDS(!config_vids_has(&port->trunk, 0) && !config_vids_has(&port->trunk, 4095));
	HOLDS(!port->vlan || !config_vids_has(&port->trunk, port->vlan));
	HOLDS(port->relay < EVB_RELAY__MAX && port->state < EVB_STATE__MAX);
	HOLDS(strlen(config_vids_format(&port->trunk, buf, sizeof(buf))) < sizeof(buf));
}

static void check_policy(const struct config *cfg, const struct config_port *port)
{
	HOLDS(!port->promisc || port->trust || config_is_bridge(cfg));
	HOLDS(!port->channel ||
	      (port->channel >= cfg->channels && port->channel < cfg->channels + cfg->n_channels));
	HOLDS(!cfg->n_channels || port->channel || port->proto == EVB_TPID_C);
	HOLDS((port->relay == EVB_RELAY_BRIDGE) == config_is_bridge(cfg));
	HOLDS(!port->spoofchk || !port->learning);
	HOLDS(port->learn_limit <= 65536);
	HOLDS(config_is_bridge(cfg) ||
	      (!port->reflective && !port->learning && !port->learn_limit));
	HOLDS(port->n_multicast <= CONFIG_GROUPS_MAX && (!port->n_multicast || !port->allmulti));
	for (unsigned int i = 0; i < port->n_multicast; i++)
		HOLDS(port->multicast[i][0] & 1);
	HOLDS(port->n_guard <= CONFIG_GUARDS_MAX && port->has_guard == !!port->n_guard);
	for (unsigned int i = 0; i < port->n_guard; i++) {
		const struct config_prefix *guard = &port->guard[i];

		HOLDS(guard->family == 4 || guard->family == 6);
		HOLDS(guard->len <= (guard->family == 4 ? 32 : 128));
		for (unsigned int bit = guard->len; bit < 128; bit++)
			HOLDS(!(guard->addr[bit / 8] & 0x80 >> bit % 8));
	}
	HOLDS(port->max_tx_rate <= 1000000 && port->max_rx_rate <= 1000000);
	HOLDS(!port->dscp || (port->vlan && !port->qos));
	HOLDS(!port->acl || (port->acl >= cfg->acls && port->acl < cfg->acls + cfg->n_acls));
}

static void check_rule(const struct config_rule *config)
{
	const struct evb_rule *rule = &config->rule;
	__u32 match = rule->match;
	bool ip = !(match & EVB_MATCH_TYPE) || rule->type == 0x0800 || rule->type == 0x86dd;

	HOLDS(config->tx || config->rx);
	HOLDS(rule->action < EVB_ACTION__MAX && match < 0x400 && !rule->pad);
	HOLDS(!!(match & EVB_MATCH_FAMILY) == !!(match & (EVB_MATCH_SRC | EVB_MATCH_DST)));
	HOLDS(!!(match & EVB_MATCH_FAMILY) == (rule->family == 4 || rule->family == 6));
	HOLDS(ip || !(match & (EVB_MATCH_FAMILY | EVB_MATCH_PROTO)));
	HOLDS(!(match & (EVB_MATCH_SPORT | EVB_MATCH_DPORT)) || (match & EVB_MATCH_PROTO));
	HOLDS(rule->sport_min <= rule->sport_max && rule->dport_min <= rule->dport_max);
	for (int i = 0; i < 4; i++) {
		HOLDS(!(rule->src[i] & ~rule->src_mask[i]) && !(rule->dst[i] & ~rule->dst_mask[i]));
		HOLDS(!i || rule->family != 4 || !(rule->src_mask[i] | rule->dst_mask[i]));
	}
}

static void check_acls(const struct config *cfg)
{
	HOLDS(cfg->n_acls <= CONFIG_ACLS_MAX && cfg->n_warnings <= CONFIG_WARNINGS_MAX);
	for (unsigned int i = 0; i < cfg->n_acls; i++) {
		HOLDS(cfg->acls[i].n_rules <= EVB_RULES_MAX);
		for (unsigned int k = 0; k < cfg->acls[i].n_rules; k++)
			check_rule(&cfg->acls[i].rules[k]);
	}
}

/* The canonical text says the same. It is longer only where aliases are written out. */
static void check_canonical(const struct config *cfg)
{
	struct config *again = NULL;
	struct config_error err;
	char *text = NULL;
	size_t len = 0;
	int ret = config_canonical(cfg->text, cfg->text_len, &text, &len, &err);

	HOLDS(!ret || ret == -EFBIG);
	if (ret)
		return;
	HOLDS(!config_parse("again.yaml", text, len, &again, &err));
	HOLDS(!config_difference(cfg, again));
	config_free(again);
	free(text);
}

/* One key set: what else a VF, a PF or a bridge's port is does not change. */
static void check_edit(const struct config *cfg)
{
	unsigned int at = 0;
	struct config *again = NULL;
	struct config_error err;
	char object[32] = "pf", *text = NULL;
	size_t len = 0;

	if (config_is_bridge(cfg)) {
		snprintf(object, sizeof(object), "port %s", cfg->vfs[0].port.name);
	} else if (cfg->n_vfs) {
		at = cfg->n_vfs - 1;
		snprintf(object, sizeof(object), "vf %u", cfg->vfs[at].id);
	}
	if (config_edit(cfg->text, cfg->text_len, object, "max_rx_rate", "77", &text, &len, &err))
		return;
	HOLDS(!config_parse("again.yaml", text, len, &again, &err));
	if (cfg->n_vfs) {
		HOLDS(again->vfs[at].port.max_rx_rate == 77);
		again->vfs[at].port.max_rx_rate = cfg->vfs[at].port.max_rx_rate;
	} else {
		HOLDS(again->pf.max_rx_rate == 77);
		again->pf.max_rx_rate = cfg->pf.max_rx_rate;
	}
	HOLDS(!config_difference(cfg, again));
	config_free(again);
	free(text);
}

static void check_channels(const struct config *cfg)
{
	HOLDS(cfg->n_channels <= EVB_CHANNELS_MAX);
	for (unsigned int i = 0; i < cfg->n_channels; i++) {
		const struct config_channel *channel = &cfg->channels[i];

		HOLDS(channel->name[0] && memchr(channel->name, 0, sizeof(channel->name)));
		HOLDS(channel->svid >= 2 && channel->svid <= EVB_VID_MAX);
		HOLDS(channel->relay <= EVB_RELAY_PRIVATE);
		HOLDS(channel->number == EVB_PORT_CHANNEL_FIRST + i);
		for (unsigned int j = 0; j < i; j++)
			HOLDS(cfg->channels[j].svid != channel->svid &&
			      strcmp(cfg->channels[j].name, channel->name));
	}
}

static uint32_t id_max(enum evb_channel tag)
{
	return tag == EVB_CHANNEL_E ? EVB_ETAG_ID_MAX : EVB_VNTAG_VIF_MAX;
}

static void check_member(const struct config *cfg, const struct config_replication *group,
			 const struct config_member *member)
{
	const struct config_vf *vf = member->vf;
	const struct config_cascade *cascade = member->cascade;

	HOLDS(!vf || !cascade);
	HOLDS(!vf || (vf >= cfg->vfs && vf < cfg->vfs + cfg->n_vfs && vf->port.ecid));
	HOLDS(!cascade || (cascade >= cfg->cascades && cascade < cfg->cascades + cfg->n_cascades));
	HOLDS(vf || cascade || cfg->pf.ecid);
	HOLDS(!config_is_bridge(cfg) || (vf->tag && !strcmp(vf->dev, group->dev)));
}

static void check_replications(const struct config *cfg)
{
	HOLDS(!cfg->n_replications ||
	      config_replication_first(cfg) + cfg->n_replications <= EVB_PORTS_MAX);
	for (unsigned int i = 0; i < cfg->n_replications; i++) {
		const struct config_replication *group = &cfg->replications[i];

		HOLDS(group->name[0] && memchr(group->name, 0, sizeof(group->name)));
		HOLDS(group->number == config_replication_first(cfg) + i);
		HOLDS(config_is_bridge(cfg) == !!group->dev[0] && group->vlan <= EVB_VID_MAX);
		HOLDS(group->n_members >= (config_is_bridge(cfg) ? 2 : 1));
		HOLDS(group->id > EVB_ETAG_ID_MAX ||
		      (group->id & ~EVB_VNTAG_ID_MAX) == EVB_VNTAG_LIST);
		for (unsigned int k = 0; k < group->n_members; k++)
			check_member(cfg, group, &group->members[k]);
		for (unsigned int k = 0; k < i; k++)
			HOLDS(strcmp(cfg->replications[k].name, group->name));
	}
}

static void check_ids(const struct config *cfg)
{
	static uint8_t taken[EVB_ETAG_ID_MAX + 1];
	uint32_t total = 0;

	memset(taken, 0, sizeof(taken));
	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		HOLDS(cfg->vfs[i].port.ecid && cfg->vfs[i].port.ecid <= id_max(cfg->tag));
		HOLDS(!taken[cfg->vfs[i].port.ecid]++);
	}
	HOLDS(!cfg->pf.ecid || !taken[cfg->pf.ecid]++);
	for (unsigned int i = 0; i < cfg->n_cascades; i++)
		for (unsigned int k = 0; k < cfg->cascades[i].n_ids; k++) {
			const struct config_ids *ids = &cfg->cascades[i].ids[k];

			HOLDS(ids->first && ids->first <= ids->last &&
			      ids->last <= id_max(cfg->tag));
			for (uint32_t id = ids->first; id <= ids->last; id++, total++)
				HOLDS(!taken[id]++);
		}
	HOLDS(total <= CONFIG_CASCADE_IDS_MAX);
}

static void check_extender(const struct config *cfg)
{
	HOLDS(cfg->tag == EVB_CHANNEL_E || cfg->tag == EVB_CHANNEL_VN);
	HOLDS(cfg->n_cascades <= EVB_CASCADES_MAX && !cfg->n_channels);
	check_ids(cfg);
	for (unsigned int i = 0; i < cfg->n_cascades; i++) {
		const struct config_cascade *cascade = &cfg->cascades[i];

		HOLDS(cascade->n_ids && cascade->vf.number == EVB_PORT_CASCADE_FIRST + i);
		HOLDS(strcmp(cascade->vf.dev, cfg->uplink));
		for (unsigned int k = 0; k < i; k++)
			HOLDS(strcmp(cascade->vf.dev, cfg->cascades[k].vf.dev));
		for (unsigned int k = 0; k < cfg->n_vfs; k++)
			HOLDS(strcmp(cascade->vf.dev, cfg->vfs[k].dev) &&
			      strcmp(cascade->vf.dev, cfg->vfs[k].port.name));
	}
	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		const struct config_port *port = &cfg->vfs[i].port;

		HOLDS(port->relay == EVB_RELAY_EXTENDER && !port->isolated && !port->promisc);
		HOLDS(port->vlan || (port->trunk_all && port->untagged));
		HOLDS(!port->vlan || !port->has_trunk);
		HOLDS(port->n_macs || !port->spoofchk);
	}
}

/* A device has its port of its own, closed or not, and at most one for each svid or id. */
static void check_bridge(const struct config *cfg)
{
	HOLDS(cfg->n_vfs && cfg->n_vfs <= EVB_BRIDGE_PORTS_MAX && !cfg->n_channels);
	HOLDS(!cfg->uplink[0] && !cfg->pf.name[0] && cfg->age <= 1000000);
	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		const struct config_vf *vf = &cfg->vfs[i];
		bool base = config_is_device(vf);

		HOLDS(vf->number == EVB_PORT_BRIDGE_FIRST + i && vf->number < EVB_PORTS_MAX);
		HOLDS(vf->dev[0] && vf->port.name[0] && !vf->has_guest && !vf->mtu);
		HOLDS(!vf->closed || (config_is_device(vf) && !strcmp(vf->dev, vf->port.name)));
		HOLDS(!vf->tag == !vf->port.ecid && (!vf->tag || !vf->svid));
		HOLDS(!vf->tag || vf->port.ecid <= id_max(vf->tag));
		HOLDS(!vf->closed || (!vf->port.untagged && !vf->port.has_trunk && !vf->port.vlan &&
				      !vf->port.learning));
		for (unsigned int j = 0; j < cfg->n_vfs; j++) {
			const struct config_vf *other = &cfg->vfs[j];
			bool same = !strcmp(vf->dev, other->dev);

			if (i == j)
				continue;
			base |= same && config_is_device(other);
			HOLDS(strcmp(vf->port.name, other->port.name));
			HOLDS(!same || vf->svid != other->svid ||
			      vf->port.ecid != other->port.ecid);
			HOLDS(!same || config_is_device(vf) || config_is_device(other) ||
			      vf->tag == other->tag);
			HOLDS(!same || (vf->hook == other->hook &&
					vf->present_later == other->present_later));
			HOLDS(!same || vf->svid || !other->svid || vf->port.proto == EVB_TPID_C);
		}
		HOLDS(base);
		check_port(&vf->port);
		check_policy(cfg, &vf->port);
	}
}

static void check_config(const struct config *cfg, const uint8_t *data, size_t size)
{
	HOLDS(cfg->text_len == size && !memcmp(cfg->text, data, size) && !cfg->text[size]);
	HOLDS(cfg->name[0] && memchr(cfg->name, 0, sizeof(cfg->name)));
	HOLDS(cfg->relay < EVB_RELAY__MAX);
	check_acls(cfg);
	check_replications(cfg);
	if (config_is_extender(cfg))
		check_extender(cfg);
	else
		HOLDS(!cfg->tag && !cfg->n_cascades && !cfg->pf.ecid);
	if (config_is_bridge(cfg)) {
		check_bridge(cfg);
		return;
	}
	HOLDS(cfg->uplink[0] && memchr(cfg->uplink, 0, sizeof(cfg->uplink)));
	HOLDS(cfg->n_vfs <= EVB_VFS_MAX);
	check_channels(cfg);
	check_port(&cfg->pf);
	check_policy(cfg, &cfg->pf);
	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		const struct config_vf *vf = &cfg->vfs[i];

		HOLDS(vf->id < EVB_VFS_MAX && (!i || cfg->vfs[i - 1].id < vf->id));
		HOLDS(vf->number == EVB_PORT_VF(vf->id) && !vf->svid && !vf->closed);
		HOLDS(vf->dev[0] && strcmp(vf->dev, cfg->uplink));
		HOLDS((vf->port.n_macs || config_is_extender(cfg)) &&
		      (!vf->mac_generated || vf->has_guest));
		HOLDS(!vf->tag && (config_is_extender(cfg) || !vf->port.ecid));
		HOLDS(vf->has_guest == !!vf->guest_name[0] &&
		      vf->has_guest == !!vf->guest_netns[0]);
		HOLDS(!vf->mtu || (vf->has_guest && vf->mtu >= 68 && vf->mtu <= 65535));
		HOLDS(!vf->present_later || !vf->has_guest);
		check_port(&vf->port);
		check_policy(cfg, &vf->port);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *cfg = NULL;
	struct config_error err;

	if (!config_parse("fuzz.yaml", (const char *)data, size, &cfg, &err)) {
		check_config(cfg, data, size);
		for (unsigned int i = 0; i < cfg->n_warnings; i++)
			fuzz_check_refusal(&cfg->warnings[i]);
		check_canonical(cfg);
		check_edit(cfg);
		config_free(cfg);
	} else {
		HOLDS(!cfg);
		fuzz_check_refusal(&err);
	}
	return 0;
}
