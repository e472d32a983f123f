/* SPDX-License-Identifier: GPL-2.0-only */
/* change_keys.c - what differs between two configurations, in the words of the file. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "log.h"
#include "names.h"

#define COMPARE_LEN 8192 /* holds a port's value whole; what is shown of it is shorter */
#define MEMBERS_LEN (EVB_PORTS_MAX * EVB_PORT_NAME_LEN) /* likewise, a group's */

/* one key of a port as text; "" for what is not set */
struct describe {
	const char *key;
	void (*value)(const struct config_port *port, char *buf, size_t len);
};

static void add_text(char *buf, size_t len, const char *text)
{
	size_t used = strlen(buf);

	snprintf(buf + used, len - used, "%s%s", used ? "," : "", text);
}

static void add_mac(char *buf, size_t len, const uint8_t mac[6])
{
	char text[18];

	snprintf(text, sizeof(text), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	add_text(buf, len, text);
}

static void value_mac(const struct config_port *port, char *buf, size_t len)
{
	for (unsigned int i = 0; i < port->n_macs; i++)
		add_mac(buf, len, port->mac[i]);
}

static void value_multicast(const struct config_port *port, char *buf, size_t len)
{
	for (unsigned int i = 0; i < port->n_multicast; i++)
		add_mac(buf, len, port->multicast[i]);
}

static void value_guard(const struct config_port *port, char *buf, size_t len)
{
	for (unsigned int i = 0; i < port->n_guard; i++) {
		const struct config_prefix *prefix = &port->guard[i];
		char addr[INET6_ADDRSTRLEN], text[INET6_ADDRSTRLEN + 5];

		inet_ntop(prefix->family == 4 ? AF_INET : AF_INET6, prefix->addr, addr,
			  sizeof(addr));
		snprintf(text, sizeof(text), "%s/%u", addr, prefix->len);
		add_text(buf, len, text);
	}
}

static void value_trunk(const struct config_port *port, char *buf, size_t len)
{
	if (port->trunk_all)
		snprintf(buf, len, "all");
	else if (port->has_trunk)
		config_vids_format(&port->trunk, buf, len);
}

static void value_storm(const struct config_port *port, char *buf, size_t len)
{
	snprintf(buf, len, "broadcast %u, multicast %u, unknown %u",
		 port->storm[CONFIG_STORM_BROADCAST], port->storm[CONFIG_STORM_MULTICAST],
		 port->storm[CONFIG_STORM_UNKNOWN]);
}

static void value_acl(const struct config_port *port, char *buf, size_t len)
{
	snprintf(buf, len, "%s", port->acl ? port->acl->name : "");
}

static void value_proto(const struct config_port *port, char *buf, size_t len)
{
	snprintf(buf, len, "%s", evb_tpid_name(port->proto));
}

static void value_channel(const struct config_port *port, char *buf, size_t len)
{
	snprintf(buf, len, "%s", port->channel ? port->channel->name : "");
}

static void value_reflective_relay(const struct config_port *port, char *buf, size_t len)
{
	snprintf(buf, len, "%s", port->reflective ? "on" : "off");
}

static void value_relay(const struct config_port *port, char *buf, size_t len)
{
	snprintf(buf, len, "%s", evb_relay_name(port->relay));
}

static void value_state(const struct config_port *port, char *buf, size_t len)
{
	snprintf(buf, len, "%s", evb_state_name(port->state));
}

#define VALUE_BOOL(field)                                                                          \
	static void value_##field(const struct config_port *port, char *buf, size_t len)           \
	{                                                                                          \
		snprintf(buf, len, "%s", port->field ? "on" : "off");                              \
	}
#define VALUE_NUM(field)                                                                           \
	static void value_##field(const struct config_port *port, char *buf, size_t len)           \
	{                                                                                          \
		snprintf(buf, len, "%u", port->field);                                             \
	}
VALUE_BOOL(untagged)
VALUE_BOOL(strip)
VALUE_BOOL(spoofchk)
VALUE_BOOL(isolated)
VALUE_BOOL(trust)
VALUE_BOOL(promisc)
VALUE_BOOL(allmulti)
VALUE_BOOL(dscp)
VALUE_BOOL(learning)
VALUE_NUM(vlan)
VALUE_NUM(qos)
VALUE_NUM(max_tx_rate)
VALUE_NUM(max_rx_rate)
VALUE_NUM(learn_limit)

static const struct describe describes[] = {
	{"mac", value_mac},
	{"vlan", value_vlan},
	{"qos", value_qos},
	{"proto", value_proto},
	{"trunk", value_trunk},
	{"untagged", value_untagged},
	{"strip", value_strip},
	{"spoofchk", value_spoofchk},
	{"guard", value_guard},
	{"trust", value_trust},
	{"promisc", value_promisc},
	{"allmulti", value_allmulti},
	{"multicast", value_multicast},
	{"state", value_state},
	{"relay", value_relay},
	{"channel", value_channel},
	{"reflective_relay", value_reflective_relay},
	{"learning", value_learning},
	{"learn_limit", value_learn_limit},
	{"isolated", value_isolated},
	{"max_tx_rate", value_max_tx_rate},
	{"max_rx_rate", value_max_rx_rate},
	{"storm", value_storm},
	{"acl", value_acl},
	{"dscp", value_dscp},
};

static int key_add(struct change *change, const char *port, const char *key, const char *old,
		   const char *new)
{
	struct change_key *at;

	if (!strcmp(old, new))
		return 0;
	if (change->n_keys == change->max_keys) {
		unsigned int max = change->max_keys ? change->max_keys * 2 : 64;
		struct change_key *keys = realloc(change->keys, max * sizeof(*keys));

		if (!keys)
			return log_err_r(-ENOMEM, "out of memory");
		change->keys = keys;
		change->max_keys = max;
	}
	at = &change->keys[change->n_keys++];
	snprintf(at->port, sizeof(at->port), "%s", port);
	snprintf(at->key, sizeof(at->key), "%s", key);
	snprintf(at->old, sizeof(at->old), "%s", old);
	snprintf(at->new, sizeof(at->new), "%s", new);
	return 0;
}

/* @bridge: a port of one, whose addresses are `static` */
static int keys_port(struct change *change, const struct config_port *old,
		     const struct config_port *new, bool bridge)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < sizeof(describes) / sizeof(describes[0]); i++) {
		const char *key = describes[i].key;
		char a[COMPARE_LEN] = "", b[COMPARE_LEN] = "";

		describes[i].value(old, a, sizeof(a));
		describes[i].value(new, b, sizeof(b));
		err = key_add(change, new->name, bridge && !strcmp(key, "mac") ? "static" : key, a,
			      b);
	}
	return err;
}

/* the port of @cfg that @vf of @of is: by its id, or on a bridge by its device and channel */
static const struct config_vf *find_same(const struct config *cfg, const struct config *of,
					 const struct config_vf *vf)
{
	bool bridge = config_is_bridge(of);

	if (config_is_bridge(cfg) != bridge)
		return NULL;
	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		const struct config_vf *at = &cfg->vfs[i];

		if (bridge ? config_channel_id(at) == config_channel_id(vf) && !strcmp(at->dev, vf->dev) :
			     at->id == vf->id)
			return at;
	}
	return NULL;
}

/* ... or, where both files have another port in its place, the one of its name on its device */
static const struct config_vf *find_vf(const struct config *cfg, const struct config *of,
				       const struct config_vf *vf)
{
	const struct config_vf *same = find_same(cfg, of, vf);

	if (same || !config_is_bridge(of) || !config_is_bridge(cfg))
		return same;
	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		const struct config_vf *at = &cfg->vfs[i];

		if (!strcmp(at->port.name, vf->port.name) && !strcmp(at->dev, vf->dev) &&
		    !find_same(of, cfg, at))
			return at;
	}
	return NULL;
}

/* a port's id in one kind of tag; "" where it has none */
static void id_text(enum evb_channel wanted, enum evb_channel tag, uint32_t id, char *buf, size_t len)
{
	buf[0] = '\0';
	if (id && tag == wanted)
		snprintf(buf, len, tag == EVB_CHANNEL_S ? "%u" : "0x%03x", id);
}

static int keys_id(struct change *change, const char *port, enum evb_channel old_tag, uint32_t old_id,
		   enum evb_channel new_tag, uint32_t new_id)
{
	static const char *const words[EVB_CHANNEL__MAX] = {
		[EVB_CHANNEL_S] = "svid",
		[EVB_CHANNEL_E] = "ecid",
		[EVB_CHANNEL_VN] = "vif",
	};
	int err = 0;

	for (enum evb_channel tag = EVB_CHANNEL_S; !err && tag < EVB_CHANNEL__MAX; tag++) {
		char a[16], b[16];

		id_text(tag, old_tag, old_id, a, sizeof(a));
		id_text(tag, new_tag, new_id, b, sizeof(b));
		err = key_add(change, port, words[tag], a, b);
	}
	return err;
}

static void guest_text(const struct config_vf *vf, char *buf, size_t len)
{
	buf[0] = '\0';
	if (vf->has_guest)
		snprintf(buf, len, "%s %s", vf->guest_netns, vf->guest_name);
}

static const char *present_text(const struct config_vf *vf)
{
	return vf->present_later ? "later" : "now";
}

static const char *tag_text(enum evb_channel tag)
{
	return tag ? evb_channel_name(tag) : "";
}

/* what a bridge's port is on its device */
static int keys_channel_of(struct change *change, const struct config_vf *old,
			   const struct config_vf *new)
{
	int err = key_add(change, new->port.name, "tag", tag_text(old->tag), tag_text(new->tag));

	return err ? err :
		     keys_id(change, new->port.name, old->tag ? old->tag : EVB_CHANNEL_S,
			     config_channel_id(old), new->tag ? new->tag : EVB_CHANNEL_S,
			     config_channel_id(new));
}

static int keys_vf(struct change *change, const struct config_vf *old, const struct config_vf *new,
		   bool bridge)
{
	char a[CONFIG_NETNS_LEN + CONFIG_IFNAME_LEN + 2], b[sizeof(a)];
	int err = key_add(change, new->port.name, "dev", old->dev, new->dev);

	if (!err)
		err = key_add(change, new->port.name, "name", old->port.name, new->port.name);
	if (!err && bridge)
		err = keys_channel_of(change, old, new);
	guest_text(old, a, sizeof(a));
	guest_text(new, b, sizeof(b));
	if (!err)
		err = key_add(change, new->port.name, "guest", a, b);
	if (!err)
		err = key_add(change, new->port.name, "kind", config_kind_name(old->kind),
			      config_kind_name(new->kind));
	if (!err)
		err = key_add(change, new->port.name, "hook", config_hook_name(old->hook),
			      config_hook_name(new->hook));
	if (!err)
		err = key_add(change, new->port.name, "present", present_text(old),
			      present_text(new));
	if (!err)
		err = key_add(change, new->port.name, "portgroup", old->portgroup, new->portgroup);
	snprintf(a, sizeof(a), "%u", old->mtu);
	snprintf(b, sizeof(b), "%u", new->mtu);
	if (!err)
		err = key_add(change, new->port.name, "mtu", a, b);
	return err ? err : keys_port(change, &old->port, &new->port, bridge);
}

static const struct config_acl *find_acl(const struct config *cfg, const char *name)
{
	for (unsigned int i = 0; i < cfg->n_acls; i++)
		if (!strcmp(cfg->acls[i].name, name))
			return &cfg->acls[i];
	return NULL;
}

static bool acl_same(const struct config_acl *a, const struct config_acl *b)
{
	if (a->n_rules != b->n_rules)
		return false;
	for (unsigned int i = 0; i < a->n_rules; i++)
		if (a->rules[i].tx != b->rules[i].tx || a->rules[i].rx != b->rules[i].rx ||
		    memcmp(&a->rules[i].rule, &b->rules[i].rule, sizeof(a->rules[i].rule)) != 0)
			return false;
	return true;
}

static void acl_text(const struct config_acl *acl, char *buf, size_t len)
{
	buf[0] = '\0';
	if (acl)
		snprintf(buf, len, "%u rule%s", acl->n_rules, acl->n_rules == 1 ? "" : "s");
}

static int keys_acl(struct change *change, const char *name, const struct config_acl *old,
		    const struct config_acl *new)
{
	char a[32], b[32];

	acl_text(old, a, sizeof(a));
	acl_text(new, b, sizeof(b));
	if (old && new && !acl_same(old, new))
		snprintf(b, sizeof(b), "%u other rule%s", new->n_rules,
			 new->n_rules == 1 ? "" : "s");
	return key_add(change, "acls", name, a, b);
}

static const struct config_channel *find_channel(const struct config *cfg, uint16_t svid)
{
	for (unsigned int i = 0; i < cfg->n_channels; i++)
		if (cfg->channels[i].svid == svid)
			return &cfg->channels[i];
	return NULL;
}

/* @old or @new is NULL when the channel comes or goes */
static int keys_channel(struct change *change, const struct config_channel *old,
			const struct config_channel *new)
{
	char port[EVB_PORT_NAME_LEN], svid[8];
	int err;

	snprintf(port, sizeof(port), "uplink.%s", new ? new->name : old->name);
	snprintf(svid, sizeof(svid), "%u", new ? new->svid : old->svid);
	if (!old || !new)
		return key_add(change, port, "svid", old ? svid : "", new ? svid : "");
	err = key_add(change, port, "name", old->name, new->name);
	if (!err)
		err = key_add(change, port, "relay", evb_relay_name(old->relay),
			      evb_relay_name(new->relay));
	return err;
}

static int keys_channels(struct change *change, const struct config *old,
			 const struct config *new)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < new->n_channels; i++)
		err = keys_channel(change, find_channel(old, new->channels[i].svid),
				   &new->channels[i]);
	for (unsigned int i = 0; !err && i < old->n_channels; i++)
		if (!find_channel(new, old->channels[i].svid))
			err = keys_channel(change, &old->channels[i], NULL);
	return err;
}

/* ---- an extender's ports and cascades, and groups */

static int keys_extended(struct change *change, const struct config *old, const struct config *new)
{
	int err = key_add(change, "switch", "tag", tag_text(old->tag), tag_text(new->tag));

	if (!err)
		err = keys_id(change, new->pf.name, old->tag, old->pf.ecid, new->tag, new->pf.ecid);
	for (unsigned int i = 0; !err && i < new->n_vfs; i++) {
		const struct config_vf *vf = &new->vfs[i], *was = find_vf(old, new, vf);

		if (was)
			err = keys_id(change, vf->port.name, old->tag, was->port.ecid, new->tag,
				      vf->port.ecid);
	}
	return err;
}

/* "0x100-0x1ff,0x300", whole, to be freed; NULL: out of memory */
static char *value_ids(const struct config_cascade *cascade)
{
	size_t len = cascade->n_ids * sizeof("0x12345-0x12345,"), used = 0;
	char *text = malloc(len);

	for (unsigned int i = 0; text && i < cascade->n_ids; i++) {
		const struct config_ids *ids = &cascade->ids[i];

		used += (size_t)snprintf(text + used, len - used, "%s0x%03x", i ? "," : "",
					 ids->first);
		if (ids->last != ids->first)
			used += (size_t)snprintf(text + used, len - used, "-0x%03x", ids->last);
	}
	return text;
}

static const struct config_cascade *find_cascade(const struct config *cfg, const char *dev)
{
	for (unsigned int i = 0; i < cfg->n_cascades; i++)
		if (!strcmp(cfg->cascades[i].vf.dev, dev))
			return &cfg->cascades[i];
	return NULL;
}

static int keys_cascade(struct change *change, const struct config_cascade *old,
			const struct config_cascade *new)
{
	char *a, *b;
	int err;

	if (!old)
		return key_add(change, new->vf.port.name, "dev", "", new->vf.dev);
	a = value_ids(old);
	b = value_ids(new);
	err = a && b ? key_add(change, new->vf.port.name, "ids", a, b) :
		       log_err_r(-ENOMEM, "out of memory");
	free(a);
	free(b);
	return err;
}

static int keys_cascades(struct change *change, const struct config *old,
			 const struct config *new)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < new->n_cascades; i++)
		err = keys_cascade(change, find_cascade(old, new->cascades[i].vf.dev),
				   &new->cascades[i]);
	for (unsigned int i = 0; !err && i < old->n_cascades; i++) {
		const struct config_vf *vf = &old->cascades[i].vf;

		if (!find_cascade(new, vf->dev))
			err = key_add(change, vf->port.name, "dev", vf->dev, "");
	}
	return err;
}

static void value_members(const struct config_replication *group, char *buf, size_t len)
{
	buf[0] = '\0';
	for (unsigned int i = 0; group && i < group->n_members; i++) {
		const struct config_member *member = &group->members[i];

		add_text(buf, len,
			 member->vf	 ? member->vf->port.name :
			 member->cascade ? member->cascade->vf.port.name :
					   "pf");
	}
}

/* its name has its device and its id */
static const struct config_replication *find_group(const struct config *cfg, const char *name)
{
	for (unsigned int i = 0; i < cfg->n_replications; i++)
		if (!strcmp(cfg->replications[i].name, name))
			return &cfg->replications[i];
	return NULL;
}

/* @old or @new is NULL when the group comes or goes */
static int keys_group(struct change *change, const struct config_replication *old,
		      const struct config_replication *new)
{
	const char *name = new ? new->name : old->name;
	char a[MEMBERS_LEN], b[MEMBERS_LEN];
	int err = 0;

	if (old && new) {
		snprintf(a, sizeof(a), "%u", old->vlan);
		snprintf(b, sizeof(b), "%u", new->vlan);
		err = key_add(change, name, "vlan", a, b);
	}
	value_members(old, a, sizeof(a));
	value_members(new, b, sizeof(b));
	return err ? err : key_add(change, name, "members", a, b);
}

static int keys_groups(struct change *change, const struct config *old, const struct config *new)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < new->n_replications; i++)
		err = keys_group(change, find_group(old, new->replications[i].name),
				 &new->replications[i]);
	for (unsigned int i = 0; !err && i < old->n_replications; i++)
		if (!find_group(new, old->replications[i].name))
			err = keys_group(change, &old->replications[i], NULL);
	return err;
}

/* what is the whole switch's: of an edge switch the ports tell the relay, and the PF is one */
static int keys_switch(struct change *change, const struct config *old, const struct config *new)
{
	char a[16], b[16];
	int err;

	if (config_is_bridge(old) != config_is_bridge(new) ||
	    config_is_extender(old) != config_is_extender(new))
		return key_add(change, "switch", "relay", evb_relay_name(old->relay),
			       evb_relay_name(new->relay));
	if (config_is_extender(new)) {
		err = keys_extended(change, old, new);
		if (err)
			return err;
	}
	if (!config_is_bridge(new))
		return keys_port(change, &old->pf, &new->pf, false);
	snprintf(a, sizeof(a), "%u", old->age);
	snprintf(b, sizeof(b), "%u", new->age);
	err = key_add(change, "switch", "age", a, b);
	if (!err)
		err = key_add(change, "switch", "bpdu", old->bpdu_forward ? "forward" : "drop",
			      new->bpdu_forward ? "forward" : "drop");
	return err;
}

/* what comes and what differs in @new, then what goes with @old */
int change_keys(const struct config *old, const struct config *new, struct change *change)
{
	bool bridge = config_is_bridge(new);
	int err = keys_switch(change, old, new);

	if (!err)
		err = keys_channels(change, old, new);
	for (unsigned int i = 0; !err && i < new->n_vfs; i++) {
		const struct config_vf *vf = &new->vfs[i], *was = find_vf(old, new, vf);

		err = was ? keys_vf(change, was, vf, bridge) :
			    key_add(change, vf->port.name, "dev", "", vf->dev);
	}
	for (unsigned int i = 0; !err && i < old->n_vfs; i++)
		if (!find_vf(new, old, &old->vfs[i]))
			err = key_add(change, old->vfs[i].port.name, "dev", old->vfs[i].dev, "");
	if (!err)
		err = keys_cascades(change, old, new);
	if (!err)
		err = keys_groups(change, old, new);
	for (unsigned int i = 0; !err && i < new->n_acls; i++)
		err = keys_acl(change, new->acls[i].name, find_acl(old, new->acls[i].name),
			       &new->acls[i]);
	for (unsigned int i = 0; !err && i < old->n_acls; i++)
		if (!find_acl(new, old->acls[i].name))
			err = keys_acl(change, old->acls[i].name, &old->acls[i], NULL);
	return err;
}
