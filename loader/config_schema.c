/* SPDX-License-Identifier: GPL-2.0-only */
/* config_schema.c - every key that a file may have, and the walk over a map by these rows. */
#include "config_schema.h"

#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "evb_wire.h"

#define FIELD(type, member) \
	.offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)
#define SECTION(member) .offset = offsetof(struct config_ctx, member)
#define POS(type, member) .pos = offsetof(struct type, member)
#define RANGE(lowest, highest) .min = (lowest), .max = (highest)
#define LATER(value) .later = SCHEMA_LATER, .def = (value)
#define LATER_ANY .later = SCHEMA_LATER_ANY
#define VF .in = SCHEMA_IN_VF
#define GROUP .in = SCHEMA_IN_GROUP
#define VF_PF .in = SCHEMA_IN_VF | SCHEMA_IN_PF
#define VF_GROUP .in = SCHEMA_IN_VF | SCHEMA_IN_GROUP
#define ANY_PORT .in = SCHEMA_IN_VF | SCHEMA_IN_PF | SCHEMA_IN_GROUP
#define MAP(rows) .keys = (rows), .n_keys = sizeof(rows) / sizeof((rows)[0])
#define ASSERT_ROWS(rows) \
	_Static_assert(sizeof(rows) / sizeof((rows)[0]) <= SCHEMA_KEYS_MAX, "too many " #rows)

#define MBITS_MAX 1000000 /* 1 Tbit/s */
#define FRAMES_MAX 2000000000

static const struct schema_word switch_relays[] = {
	{"veb", EVB_RELAY_VEB, false},		{"vepa", EVB_RELAY_VEPA, true},
	{"private", EVB_RELAY_PRIVATE, true},	{"bridge", EVB_RELAY_BRIDGE, true},
	{"extender", EVB_RELAY_EXTENDER, true}, {},
};

static const struct schema_word port_relays[] = {
	{"veb", EVB_RELAY_VEB, false},
	{"vepa", EVB_RELAY_VEPA, true},
	{"private", EVB_RELAY_PRIVATE, true},
	{},
};

static const struct schema_word hooks[] = {
	{"auto", CONFIG_HOOK_AUTO, false},
	{"tc", CONFIG_HOOK_TC, false},
	{"xdp", CONFIG_HOOK_XDP, false},
	{},
};
_Static_assert(CONFIG_HOOK__MAX == 3, "a hook without a word");

static const struct schema_word kinds[] = {
	{"auto", CONFIG_KIND_AUTO, false},   {"veth", CONFIG_KIND_VETH, false},
	{"tap", CONFIG_KIND_TAP, false},     {"macvtap", CONFIG_KIND_MACVTAP, false},
	{"afxdp", CONFIG_KIND_AFXDP, false}, {},
};
_Static_assert(CONFIG_KIND__MAX == 5, "a kind without a word");

static const struct schema_word states[] = {
	{"auto", EVB_STATE_AUTO, false},
	{"enable", EVB_STATE_ENABLE, false},
	{"disable", EVB_STATE_DISABLE, false},
	{},
};
_Static_assert(EVB_STATE__MAX == 3, "a state without a word");

static const struct schema_word protos[] = {
	{"802.1Q", EVB_TPID_C, false},
	{"802.1ad", EVB_TPID_S, false},
	{},
};

static const struct schema_word presences[] = {
	{"now", 0, false},
	{"later", 1, false},
	{},
};

static const struct schema_word bpdus[] = {
	{"drop", 0, false},
	{"forward", 1, false},
	{},
};

static const struct schema_word dirs[] = {
	{"tx", RULE_TX, false},
	{"rx", RULE_RX, false},
	{},
};

static const struct schema_word actions[] = {
	{"permit", EVB_ACTION_PERMIT, false},
	{"deny", EVB_ACTION_DENY, false},
	{"count", EVB_ACTION_COUNT, false},
	{},
};
_Static_assert(EVB_ACTION__MAX == 3, "an action without a word");

/* what is behind a frame's tags, and IP's protocols: by name or by number */
static const struct schema_word types[] = {
	{"arp", ETHERTYPE_ARP, false},
	{"ipv4", ETHERTYPE_IP, false},
	{"ipv6", ETHERTYPE_IPV6, false},
	{},
};

static const struct schema_word ip_protos[] = {
	{"tcp", IPPROTO_TCP, false},   {"udp", IPPROTO_UDP, false},
	{"icmp", IPPROTO_ICMP, false}, {"icmpv6", IPPROTO_ICMPV6, false},
	{"sctp", IPPROTO_SCTP, false}, {},
};

/* clang-format off */
static const struct schema_key guest_keys[] = {
	{"netns", parse_netns, "a network namespace", "netns: red", FIELD(config_vf, guest_netns),
	 .required = true},
	{"name", parse_ifname, "an interface name", "name: eth0", FIELD(config_vf, guest_name),
	 .required = true},
};

static const struct schema_map guest_map = {.name = "guest", MAP(guest_keys)};

static const struct schema_key storm_keys[] = {
	{"broadcast", parse_uint, "a number of frames/s", RANGE(0, FRAMES_MAX),
	 FIELD(config_vf, port.storm[CONFIG_STORM_BROADCAST])},
	{"multicast", parse_uint, "a number of frames/s", RANGE(0, FRAMES_MAX),
	 FIELD(config_vf, port.storm[CONFIG_STORM_MULTICAST])},
	{"unknown", parse_uint, "a number of frames/s", RANGE(0, FRAMES_MAX),
	 FIELD(config_vf, port.storm[CONFIG_STORM_UNKNOWN])},
};
_Static_assert(CONFIG_STORM__MAX == 3, "a storm without a key");

static const struct schema_map storm_map = {.name = "storm", MAP(storm_keys)};

/* .min is the family */
static const struct schema_key guard_keys[] = {
	{"ipv4", parse_guard_addresses, "an IPv4 address or prefix", FIELD(config_port, guard),
	 RANGE(4, 4)},
	{"ipv6", parse_guard_addresses, "an IPv6 address or prefix", FIELD(config_port, guard),
	 RANGE(6, 6)},
};

static const struct schema_map guard_map = {.name = "guard", MAP(guard_keys)};

static const struct schema_key rule_keys[] = {
	{"dir", parse_word, "a direction", FIELD(rule_draft, dir), .words = dirs},
	{"src_mac", parse_any_mac, "a MAC address", FIELD(rule_draft, rule.src_mac),
	 POS(rule_draft, src_mac_pos)},
	{"dst_mac", parse_any_mac, "a MAC address", FIELD(rule_draft, rule.dst_mac),
	 POS(rule_draft, dst_mac_pos)},
	{"type", parse_named_uint, "an EtherType", FIELD(rule_draft, rule.type),
	 POS(rule_draft, type_pos), RANGE(0x600, 0xffff), .words = types},
	{"vlan", parse_uint, "a VLAN", FIELD(rule_draft, rule.vlan), POS(rule_draft, vlan_pos),
	 RANGE(0, EVB_VID_MAX)},
	{"proto", parse_named_uint, "an IP protocol", FIELD(rule_draft, rule.proto),
	 POS(rule_draft, proto_pos), RANGE(0, 255), .words = ip_protos},
	{"src", parse_prefix, "an IP address or prefix", FIELD(rule_draft, src),
	 POS(rule_draft, src_pos)},
	{"dst", parse_prefix, "an IP address or prefix", FIELD(rule_draft, dst),
	 POS(rule_draft, dst_pos)},
	{"sport", parse_ports, "a port or a range", FIELD(rule_draft, rule.sport_min),
	 POS(rule_draft, sport_pos)},
	{"dport", parse_ports, "a port or a range", FIELD(rule_draft, rule.dport_min),
	 POS(rule_draft, dport_pos)},
	{"action", parse_word, "an action", "action: deny", FIELD(rule_draft, rule.action),
	 .words = actions, .required = true},
};

const struct schema_map schema_rule = {.name = "a rule", MAP(rule_keys)};

/* Keys of VFs, portgroups and of the PF; all fill a struct config_vf. */
static const struct schema_key port_keys[] = {
	{"id", parse_uint, "a VF's number", "id: 0", FIELD(config_vf, id), POS(config_vf, id_pos),
	 RANGE(0, EVB_VFS_MAX - 1), VF, .required = true},
	{"name", parse_switch_name, "a name of a portgroup", "name: web",
	 FIELD(config_vf, portgroup), GROUP, .required = true},
	{"dev", parse_ifname, "an interface name", "dev: vf0h", FIELD(config_vf, dev),
	 POS(config_vf, dev_pos), VF, .required = true},
	{"kind", parse_word, "a kind of interface", FIELD(config_vf, kind), .words = kinds,
	 VF_GROUP},
	{"guest", parse_map, "a map", "guest: {netns: red, name: eth0}", .map = &guest_map,
	 POS(config_vf, guest_pos), VF},
	{"present", parse_word, "a presence", FIELD(config_vf, present_later), .words = presences,
	 VF},
	{"mtu", parse_uint, "an MTU", FIELD(config_vf, mtu), RANGE(68, 65535), VF_GROUP},
	{"portgroup", parse_portgroup, "a portgroup", FIELD(config_vf, portgroup), VF},
	{"channel", parse_later_any, LATER_ANY, ANY_PORT},
	{"relay", parse_word, "a relay", FIELD(config_vf, port.relay), .words = port_relays,
	 ANY_PORT},
	{"mac", parse_macs, "a MAC address", FIELD(config_vf, port), POS(config_vf, port.mac_pos),
	 VF_PF},
	{"vlan", parse_uint, "a VLAN", FIELD(config_vf, port.vlan), POS(config_vf, port.vlan_pos),
	 RANGE(0, EVB_VID_MAX), ANY_PORT},
	{"qos", parse_uint, "a priority", FIELD(config_vf, port.qos), RANGE(0, 7), ANY_PORT},
	{"proto", parse_word, "a VLAN protocol", FIELD(config_vf, port.proto), .words = protos,
	 ANY_PORT},
	{"trunk", parse_trunk, "a trunk", FIELD(config_vf, port), ANY_PORT},
	{"untagged", parse_bool, "on or off", FIELD(config_vf, port.untagged), ANY_PORT},
	{"strip", parse_bool, "on or off", FIELD(config_vf, port.strip), ANY_PORT},
	{"spoofchk", parse_bool, "on or off", FIELD(config_vf, port.spoofchk), VF_GROUP},
	{"guard", parse_guard, "a map", "guard: {ipv4: [10.0.0.5], ipv6: [\"fd00::5\"]}",
	 FIELD(config_vf, port), .map = &guard_map, VF_GROUP},
	{"trust", parse_bool, "on or off", FIELD(config_vf, port.trust), VF_GROUP},
	{"promisc", parse_bool, "on or off", FIELD(config_vf, port.promisc), VF_GROUP},
	{"allmulti", parse_bool, "on or off", FIELD(config_vf, port.allmulti), VF_GROUP},
	{"multicast", parse_multicast, "a multicast MAC address", FIELD(config_vf, port), VF_GROUP},
	{"state", parse_word, "a link state", FIELD(config_vf, port.state), .words = states,
	 VF_GROUP},
	{"isolated", parse_bool, "on or off", FIELD(config_vf, port.isolated), ANY_PORT},
	{"max_tx_rate", parse_uint, "a rate in Mbit/s", FIELD(config_vf, port.max_tx_rate),
	 RANGE(0, MBITS_MAX), ANY_PORT},
	{"max_rx_rate", parse_uint, "a rate in Mbit/s", FIELD(config_vf, port.max_rx_rate),
	 RANGE(0, MBITS_MAX), ANY_PORT},
	/* nothing to keep: 0 alone is accepted */
	{"min_tx_rate", parse_min_rate, "a rate in Mbit/s", RANGE(0, MBITS_MAX), VF_GROUP},
	{"storm", parse_map, "a map", "storm: {broadcast: 0, multicast: 0, unknown: 0}",
	 .map = &storm_map, VF_GROUP},
	{"acl", parse_acl, "an acl", FIELD(config_vf, port.acl), ANY_PORT},
	{"dscp", parse_bool, "on or off", FIELD(config_vf, port.dscp), VF_GROUP},
	{"hook", parse_word, "a hook", FIELD(config_vf, hook), .words = hooks, VF_GROUP},
	{"ecid", parse_uint, "an E-CID", RANGE(0, 0xfffff), LATER_ANY, VF_PF},
	{"vif", parse_uint, "a VIF", RANGE(0, 0xfff), LATER_ANY, VF_PF},
};
ASSERT_ROWS(port_keys);

const struct schema_map schema_vf = {.name = "a VF", MAP(port_keys), .in = SCHEMA_IN_VF};
const struct schema_map schema_pf = {.name = "pf", MAP(port_keys), .in = SCHEMA_IN_PF};
const struct schema_map schema_group = {
	.name = "a portgroup", MAP(port_keys), .in = SCHEMA_IN_GROUP,
};

static const struct schema_key uplink_keys[] = {
	{"dev", parse_ifname, "an interface name", "dev: eth0", FIELD(config, uplink),
	 POS(config, uplink_pos), .required = true},
	{"hook", parse_word, "a hook", FIELD(config, uplink_hook), .words = hooks},
};

const struct schema_map schema_uplink = {.name = "uplink", MAP(uplink_keys)};

static const struct schema_key file_keys[] = {
	/* nothing to keep: there is one version */
	{"version", parse_uint, "a version of the file format that this evbpf reads", "version: 1",
	 RANGE(1, 1), .required = true},
	{"switch", parse_switch_name, "a name of a switch", "switch: edge0", FIELD(config, name),
	 .required = true},
	{"relay", parse_word, "a relay", FIELD(config, relay), .words = switch_relays},
	{"uplink", parse_map, "a map", "uplink: {dev: eth0}", .map = &schema_uplink,
	 .required = true},
	{"pf", parse_section, SECTION(pf)},
	{"portgroups", parse_section, SECTION(portgroups)},
	{"channels", parse_later_list, LATER_ANY},
	{"acls", parse_section, SECTION(acls)},
	{"vfs", parse_section, SECTION(vfs)},
	{"tag", parse_later_any, LATER_ANY},
	{"replication", parse_later_list, LATER_ANY},
	{"cascade", parse_later_list, LATER_ANY},
	{"age", parse_uint, "a time in seconds", RANGE(0, 1000000), LATER(300)},
	{"bpdu", parse_word, "a treatment of BPDUs", .words = bpdus, LATER(0)},
	{"ports", parse_later_list, LATER_ANY},
};
ASSERT_ROWS(file_keys);
/* clang-format on */

const struct schema_map schema_file = {.name = "the file", MAP(file_keys)};

static const struct schema_map *const all_maps[] = {
	&schema_file, &schema_uplink, &schema_vf,    &schema_pf,   &guest_map,
	&storm_map,   &guard_map,     &schema_group, &schema_rule,
};

static bool has_key(const struct schema_map *map, size_t i)
{
	return !map->in || (map->keys[i].in & map->in);
}

const struct schema_key *schema_find(const struct schema_map *map, const struct tree_node *name)
{
	for (size_t i = 0; i < map->n_keys; i++)
		if (has_key(map, i) && tree_is_word(name, map->keys[i].name))
			return &map->keys[i];
	return NULL;
}

#define NEAR_MAX 24 /* bytes of a word that is compared; our longest key has 11 */

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int ab = a < b ? a : b;

	return ab < c ? ab : c;
}

/* Typing errors between two words: a letter too many, too few, another, or two exchanged. */
static unsigned int distance(const char *a, size_t a_len, const char *b)
{
	unsigned int row[NEAR_MAX + 1][NEAR_MAX + 1];
	size_t b_len = strlen(b);

	if (a_len > NEAR_MAX || b_len > NEAR_MAX)
		return NEAR_MAX;
	for (unsigned int j = 0; j <= b_len; j++)
		row[0][j] = j;
	for (unsigned int i = 1; i <= a_len; i++) {
		row[i][0] = i;
		for (unsigned int j = 1; j <= b_len; j++) {
			row[i][j] = min3(row[i - 1][j] + 1, row[i][j - 1] + 1,
					 row[i - 1][j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				row[i][j] = min3(row[i][j], row[i][j], row[i - 2][j - 2] + 1);
		}
	}
	return row[a_len][b_len];
}

static const char *nearest_key(const struct schema_map *map, const struct tree_node *name)
{
	/* more typing errors than these in one word are another word */
	unsigned int best = 2 + (name->len > 3) + (name->len > 6);
	const char *nearest = NULL;

	for (size_t i = 0; i < map->n_keys; i++) {
		unsigned int d;

		if (!has_key(map, i))
			continue;
		d = distance(name->text, name->len, map->keys[i].name);
		if (d < best && d < name->len) {
			best = d;
			nearest = map->keys[i].name;
		}
	}
	return nearest;
}

static void list_keys(const struct schema_map *map, char *buf, size_t len)
{
	size_t used = 0;

	for (size_t i = 0; i < map->n_keys && used < len; i++)
		if (has_key(map, i))
			used += (size_t)snprintf(buf + used, len - used, "%s%s", used ? ", " : "",
						 map->keys[i].name);
}

/* The map that a key of another one belongs to; @ports: look only among those that share rows. */
static const struct schema_map *find_owner(const struct schema_map *map,
					   const struct tree_node *name, bool ports)
{
	for (size_t i = 0; i < sizeof(all_maps) / sizeof(all_maps[0]); i++)
		if ((!ports || all_maps[i]->keys == map->keys) && schema_find(all_maps[i], name))
			return all_maps[i];
	return NULL;
}

int schema_refuse_unknown(struct config_error *err, const struct schema_map *map,
			  const struct tree_node *name)
{
	struct config_quote quote;
	const char *text = config_quote_node(&quote, name), *near = NULL;
	const struct schema_map *owner;
	char list[400];

	if (tree_is_word(name, "<<"))
		return config_refuse(err, name->pos,
				     "%s is not a key of %s: YAML 1.2 has no merge keys; "
				     "write the keys out",
				     text, map->name);
	/* a VF's key at the PF is no typing error */
	owner = find_owner(map, name, true);
	if (!owner && name->type == TREE_SCALAR)
		near = nearest_key(map, name);
	if (near)
		return config_refuse(err, name->pos, "%s is not a key of %s: did you mean '%s'?",
				     text, map->name, near);
	if (!owner)
		owner = find_owner(map, name, false);
	if (owner)
		return config_refuse(err, name->pos, "%s is not a key of %s: it belongs to %s",
				     text, map->name, owner->name);
	list_keys(map, list, sizeof(list));
	return config_refuse(err, name->pos, "%s is not a key of %s: these are %s", text, map->name,
			     list);
}

static int read_key(struct config_ctx *ctx, const struct schema_map *map,
		    const struct tree_node *name, const struct tree_node *value,
		    struct config_pos seen[], void *base)
{
	const struct schema_key *key = schema_find(map, name);
	struct config_pos *pos;

	if (!key)
		return schema_refuse_unknown(ctx->err, map, name);
	pos = &seen[key - map->keys];
	if (pos->line)
		return config_refuse(ctx->err, name->pos,
				     "'%s' is in line %u already: write it once", key->name,
				     pos->line);
	*pos = name->pos;
	if (key->pos)
		*(struct config_pos *)((char *)base + key->pos) = value->pos;
	return key->parse(ctx, key, value, base);
}

int schema_read(struct config_ctx *ctx, const struct schema_map *map, const struct tree_node *node,
		void *base)
{
	struct config_pos seen[SCHEMA_KEYS_MAX] = {};
	int ret = 0;

	for (size_t i = 0; i < node->n_items && !ret; i += 2)
		ret = read_key(ctx, map, node->items[i], node->items[i + 1], seen, base);
	if (ret)
		return ret;

	for (size_t i = 0; i < map->n_keys; i++) {
		const struct schema_key *key = &map->keys[i];

		if (key->required && has_key(map, i) && !seen[i].line)
			return config_refuse(ctx->err, node->pos, "%s has no '%s': write %s",
					     map->name, key->name, key->example);
	}
	return 0;
}

int schema_read_group(struct config_ctx *ctx, const struct tree_node *group,
		      const struct tree_node *own, struct config_vf *vf)
{
	int ret = 0;

	for (size_t i = 0; i < group->n_items && !ret; i += 2) {
		const struct schema_key *key = schema_find(&schema_vf, group->items[i]);
		const struct tree_node *value = group->items[i + 1];

		if (!key || tree_get(own, key->name)) /* the group's name is no key of a VF */
			continue;
		if (key->pos)
			*(struct config_pos *)((char *)vf + key->pos) = value->pos;
		ret = key->parse(ctx, key, value, vf);
	}
	return ret;
}
