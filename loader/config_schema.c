/* SPDX-License-Identifier: GPL-2.0-only */
/* config_schema.c - every key that a file may have, and the walk over a map by these rows. */
#include "config_schema.h"

#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evb_wire.h"

#define FIELD(type, member) \
	.offset = offsetof(struct type, member), .size = sizeof(((struct type *)0)->member)
#define SECTION(member) .offset = offsetof(struct config_ctx, member)
#define POS(type, member) .pos = offsetof(struct type, member)
#define RANGE(lowest, highest) .min = (lowest), .max = (highest)
#define IN_VF (SCHEMA_IN_VF | SCHEMA_IN_EXT_VF)
#define IN_PF (SCHEMA_IN_PF | SCHEMA_IN_EXT_PF)
#define IN_GROUP (SCHEMA_IN_GROUP | SCHEMA_IN_EXT_GROUP)
#define IN_BRIDGE (SCHEMA_IN_PORT | SCHEMA_IN_PORT_GROUP)
#define VF .in = IN_VF
#define VF_PF .in = IN_VF | IN_PF
#define VF_GROUP .in = IN_VF | IN_GROUP
#define VF_PORT .in = IN_VF | SCHEMA_IN_PORT
#define EDGE_PORT .in = SCHEMA_IN_VF | SCHEMA_IN_PF | SCHEMA_IN_GROUP
#define EXTENDED .in = SCHEMA_IN_EXT_VF | SCHEMA_IN_EXT_PF | SCHEMA_IN_EXT_GROUP
#define WITH_ID .in = SCHEMA_IN_EXT_VF | SCHEMA_IN_EXT_PF | SCHEMA_IN_PORT
#define PORT .in = SCHEMA_IN_PORT
#define PORT_GROUP .in = SCHEMA_IN_PORT | SCHEMA_IN_PORT_GROUP
#define GROUPS .in = IN_GROUP | SCHEMA_IN_PORT_GROUP
#define NOT_PF .in = IN_VF | IN_GROUP | IN_BRIDGE
#define ANY_PORT .in = IN_VF | IN_PF | IN_GROUP | IN_BRIDGE
/* of no use where every frame goes up: what a port may see, and whom it may reach */
#define ANY_MEETING .in = SCHEMA_IN_VF | SCHEMA_IN_PF | SCHEMA_IN_GROUP | IN_BRIDGE
#define NOT_PF_MEETING .in = SCHEMA_IN_VF | SCHEMA_IN_GROUP | IN_BRIDGE
/* an extender's VFs without vlan are in every VLAN */
#define ANY_TRUNK .in = SCHEMA_IN_VF | IN_PF | SCHEMA_IN_GROUP | IN_BRIDGE
#define EDGE .in = SCHEMA_IN_EDGE
#define EDGES .in = SCHEMA_IN_EDGE | SCHEMA_IN_EXTENDER
#define EXTENDER .in = SCHEMA_IN_EXTENDER
#define BRIDGE .in = SCHEMA_IN_BRIDGE
#define TAGGING .in = SCHEMA_IN_EXTENDER | SCHEMA_IN_BRIDGE
#define ANY_FILE .in = SCHEMA_IN_EDGE | SCHEMA_IN_EXTENDER | SCHEMA_IN_BRIDGE
#define MAP(rows) .keys = (rows), .n_keys = sizeof(rows) / sizeof((rows)[0])
#define ASSERT_ROWS(rows) \
	_Static_assert(sizeof(rows) / sizeof((rows)[0]) <= SCHEMA_KEYS_MAX, "too many " #rows)

#define MBITS_MAX 1000000 /* 1 Tbit/s */
#define FRAMES_MAX 2000000000
#define AGE_MAX 1000000 /* 11 days */
#define LEARN_MAX 65536
#define SVID_MIN (EVB_SVID_DEFAULT + 1)
#define GRP_MAX 3

static const struct schema_word switch_relays[] = {
	{"veb", EVB_RELAY_VEB},		  {"vepa", EVB_RELAY_VEPA},
	{"private", EVB_RELAY_PRIVATE},	  {"bridge", EVB_RELAY_BRIDGE},
	{"extender", EVB_RELAY_EXTENDER}, {},
};
_Static_assert(EVB_RELAY__MAX == 5, "a relay without a word");

static const struct schema_word port_relays[] = {
	{"veb", EVB_RELAY_VEB},
	{"vepa", EVB_RELAY_VEPA},
	{"private", EVB_RELAY_PRIVATE},
	{},
};

static const struct schema_word extender_relays[] = {
	{"extender", EVB_RELAY_EXTENDER},
	{},
};

static const struct schema_word tags[] = {
	{"e-tag", EVB_CHANNEL_E},
	{"vn-tag", EVB_CHANNEL_VN},
	{},
};
_Static_assert(EVB_CHANNEL__MAX == 4, "a tag without a word");

static const struct schema_word hooks[] = {
	{"auto", CONFIG_HOOK_AUTO},
	{"tc", CONFIG_HOOK_TC},
	{"xdp", CONFIG_HOOK_XDP},
	{},
};
_Static_assert(CONFIG_HOOK__MAX == 3, "a hook without a word");

static const struct schema_word kinds[] = {
	{"auto", CONFIG_KIND_AUTO},	  {"veth", CONFIG_KIND_VETH},	{"tap", CONFIG_KIND_TAP},
	{"macvtap", CONFIG_KIND_MACVTAP}, {"afxdp", CONFIG_KIND_AFXDP}, {},
};
_Static_assert(CONFIG_KIND__MAX == 5, "a kind without a word");

static const struct schema_word states[] = {
	{"auto", EVB_STATE_AUTO},
	{"enable", EVB_STATE_ENABLE},
	{"disable", EVB_STATE_DISABLE},
	{},
};
_Static_assert(EVB_STATE__MAX == 3, "a state without a word");

static const struct schema_word protos[] = {
	{"802.1Q", EVB_TPID_C},
	{"802.1ad", EVB_TPID_S},
	{},
};

static const struct schema_word presences[] = {
	{"now", 0},
	{"later", 1},
	{},
};

static const struct schema_word bpdus[] = {
	{"drop", 0},
	{"forward", 1},
	{},
};

static const struct schema_word dirs[] = {
	{"tx", RULE_TX},
	{"rx", RULE_RX},
	{},
};

static const struct schema_word actions[] = {
	{"permit", EVB_ACTION_PERMIT},
	{"deny", EVB_ACTION_DENY},
	{"count", EVB_ACTION_COUNT},
	{},
};
_Static_assert(EVB_ACTION__MAX == 3, "an action without a word");

/* what is behind a frame's tags, and IP's protocols: by name or by number */
static const struct schema_word types[] = {
	{"arp", ETHERTYPE_ARP},
	{"ipv4", ETHERTYPE_IP},
	{"ipv6", ETHERTYPE_IPV6},
	{},
};

static const struct schema_word ip_protos[] = {
	{"tcp", IPPROTO_TCP},	    {"udp", IPPROTO_UDP},   {"icmp", IPPROTO_ICMP},
	{"icmpv6", IPPROTO_ICMPV6}, {"sctp", IPPROTO_SCTP}, {},
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

/* Keys of VFs, of the PF, of a bridge's ports and of portgroups; all fill a struct config_vf. */
static const struct schema_key port_keys[] = {
	{"id", parse_uint, "a VF's number", "id: 0", FIELD(config_vf, id), POS(config_vf, id_pos),
	 RANGE(0, EVB_VFS_MAX - 1), VF, .required = true},
	{"name", parse_switch_name, "a name of a portgroup", "name: web",
	 FIELD(config_vf, portgroup), GROUPS, .required = true},
	{"name", parse_switch_name, "a name of a port", "name: p1", FIELD(config_vf, port.name),
	 POS(config_vf, id_pos), PORT, .required = true},
	{"dev", parse_ifname, "an interface name", "dev: vf0h", FIELD(config_vf, dev),
	 POS(config_vf, dev_pos), VF, .required = true},
	{"dev", parse_ifname, "an interface name", "dev: swp1", FIELD(config_vf, dev),
	 POS(config_vf, dev_pos), PORT, .required = true},
	{"svid", parse_svid, "the VLAN of an S-channel", FIELD(config_vf, svid),
	 POS(config_vf, svid_pos), RANGE(SVID_MIN, EVB_VID_MAX), PORT},
	{"kind", parse_word, "a kind of interface", FIELD(config_vf, kind), .words = kinds,
	 VF_GROUP},
	{"guest", parse_map, "a map", "guest: {netns: red, name: eth0}", .map = &guest_map,
	 POS(config_vf, guest_pos), VF},
	{"tag", parse_word, "a kind of tag", FIELD(config_vf, tag), POS(config_vf, tag_pos),
	 .words = tags, PORT},
	{"ecid", parse_uint, "an E-CID", FIELD(config_vf, port.ecid),
	 POS(config_vf, port.ecid_pos), RANGE(1, EVB_ETAG_ID_MAX), WITH_ID},
	{"vif", parse_uint, "a VIF", FIELD(config_vf, port.ecid), POS(config_vf, port.vif_pos),
	 RANGE(1, EVB_VNTAG_VIF_MAX), WITH_ID},
	{"present", parse_word, "a presence", FIELD(config_vf, present_later), .words = presences,
	 VF_PORT},
	{"mtu", parse_uint, "an MTU", FIELD(config_vf, mtu), RANGE(68, 65535), VF_GROUP},
	{"portgroup", parse_portgroup, "a portgroup", FIELD(config_vf, portgroup), VF_PORT},
	{"channel", parse_channel, "a channel", FIELD(config_vf, port.channel), EDGE_PORT},
	{"relay", parse_port_relay, "a relay", FIELD(config_vf, port.relay), .words = port_relays,
	 EDGE_PORT},
	{"relay", parse_word, "a relay of an extender's port", FIELD(config_vf, port.relay),
	 .words = extender_relays, EXTENDED},
	{"reflective_relay", parse_bool, "on or off", FIELD(config_vf, port.reflective),
	 PORT_GROUP},
	{"learning", parse_bool, "on or off", FIELD(config_vf, port.learning), PORT_GROUP},
	{"learn_limit", parse_uint, "a number of addresses", FIELD(config_vf, port.learn_limit),
	 RANGE(0, LEARN_MAX), PORT_GROUP},
	{"static", parse_macs, "a MAC address", FIELD(config_vf, port),
	 POS(config_vf, port.mac_pos), PORT},
	{"mac", parse_macs, "a MAC address", FIELD(config_vf, port), POS(config_vf, port.mac_pos),
	 VF_PF},
	{"vlan", parse_uint, "a VLAN", FIELD(config_vf, port.vlan), POS(config_vf, port.vlan_pos),
	 RANGE(0, EVB_VID_MAX), ANY_PORT},
	{"qos", parse_uint, "a priority", FIELD(config_vf, port.qos), RANGE(0, 7), ANY_PORT},
	{"proto", parse_word, "a VLAN protocol", FIELD(config_vf, port.proto), .words = protos,
	 ANY_PORT},
	{"trunk", parse_trunk, "a trunk", FIELD(config_vf, port), ANY_TRUNK},
	{"untagged", parse_bool, "on or off", FIELD(config_vf, port.untagged), ANY_TRUNK},
	{"strip", parse_bool, "on or off", FIELD(config_vf, port.strip), ANY_PORT},
	{"spoofchk", parse_bool, "on or off", FIELD(config_vf, port.spoofchk), NOT_PF},
	{"guard", parse_guard, "a map", "guard: {ipv4: [10.0.0.5], ipv6: [\"fd00::5\"]}",
	 FIELD(config_vf, port), .map = &guard_map, NOT_PF},
	{"trust", parse_bool, "on or off", FIELD(config_vf, port.trust), VF_GROUP},
	{"promisc", parse_bool, "on or off", FIELD(config_vf, port.promisc), NOT_PF_MEETING},
	{"allmulti", parse_bool, "on or off", FIELD(config_vf, port.allmulti), NOT_PF},
	{"multicast", parse_multicast, "a multicast MAC address", FIELD(config_vf, port), NOT_PF},
	{"state", parse_word, "a link state", FIELD(config_vf, port.state), .words = states,
	 NOT_PF},
	{"isolated", parse_bool, "on or off", FIELD(config_vf, port.isolated), ANY_MEETING},
	{"max_tx_rate", parse_uint, "a rate in Mbit/s", FIELD(config_vf, port.max_tx_rate),
	 RANGE(0, MBITS_MAX), ANY_PORT},
	{"max_rx_rate", parse_uint, "a rate in Mbit/s", FIELD(config_vf, port.max_rx_rate),
	 RANGE(0, MBITS_MAX), ANY_PORT},
	/* nothing to keep: 0 alone is accepted */
	{"min_tx_rate", parse_min_rate, "a rate in Mbit/s", RANGE(0, MBITS_MAX), VF_GROUP},
	{"storm", parse_map, "a map", "storm: {broadcast: 0, multicast: 0, unknown: 0}",
	 .map = &storm_map, NOT_PF},
	{"acl", parse_acl, "an acl", FIELD(config_vf, port.acl), ANY_PORT},
	{"dscp", parse_bool, "on or off", FIELD(config_vf, port.dscp), NOT_PF},
	{"hook", parse_word, "a hook", FIELD(config_vf, hook), .words = hooks, NOT_PF},
};
ASSERT_ROWS(port_keys);

static const struct schema_hint edge_port_hints[] = {
	{"svid", "write channel, the name of one of channels"},
	{"tag", "that is an extender's, at the top of its file (relay: extender)"},
	{"ecid", "only an extender's ports have one (relay: extender)"},
	{"vif", "only an extender's ports have one (relay: extender)"},
	{"static", "write mac, the addresses of what is behind it"},
	{},
};

static const struct schema_hint extender_port_hints[] = {
	{"channel", "its id is its channel, so that the uplink has no others: take channel out"},
	{"svid", "its id is its channel, so that the uplink has no others: take svid out"},
	{"tag", "write it once, at the top of the file"},
	{"trunk", "without vlan it is in every VLAN: take trunk out"},
	{"untagged", "without vlan it is in every VLAN and in none: take untagged out"},
	{"isolated", "whom it reaches, the bridge above decides: write it at the port there"},
	{"promisc", "what it gets, the bridge above decides: write it at the port there"},
	{"static", "write mac, the addresses of what is behind it"},
	{},
};

static const struct schema_hint bridge_port_hints[] = {
	{"id", "it has a name"},
	{"guest", "make its device yourself, and write dev"},
	{"kind", "any device will do: take kind out"},
	{"mtu", "set the MTU of its device yourself"},
	{"channel", "write svid, the VLAN of the S-channel on dev"},
	{"relay", "the whole switch is the bridge: isolated: on keeps ports apart"},
	{"mac", "write static, the addresses that are always behind it"},
	{"trust", "promisc needs no trust there: take trust out"},
	{"min_tx_rate", "evbpf polices and does not queue; use tc htb on its device"},
	{},
};

const struct schema_map schema_vf = {
	.name = "a VF", MAP(port_keys), .in = SCHEMA_IN_VF, .hints = edge_port_hints,
};
const struct schema_map schema_pf = {
	.name = "pf", MAP(port_keys), .in = SCHEMA_IN_PF, .hints = edge_port_hints,
};
const struct schema_map schema_group = {
	.name = "a portgroup", MAP(port_keys), .in = SCHEMA_IN_GROUP,
};
const struct schema_map schema_ext_vf = {
	.name = "an extender's VF", MAP(port_keys), .in = SCHEMA_IN_EXT_VF,
	.hints = extender_port_hints,
};
const struct schema_map schema_ext_pf = {
	.name = "an extender's pf", MAP(port_keys), .in = SCHEMA_IN_EXT_PF,
	.hints = extender_port_hints,
};
const struct schema_map schema_ext_group = {
	.name = "an extender's portgroup", MAP(port_keys), .in = SCHEMA_IN_EXT_GROUP,
	.hints = extender_port_hints,
};
const struct schema_map schema_port = {
	.name = "a bridge's port", MAP(port_keys), .in = SCHEMA_IN_PORT, .hints = bridge_port_hints,
};
const struct schema_map schema_port_group = {
	.name = "a bridge's portgroup", MAP(port_keys), .in = SCHEMA_IN_PORT_GROUP,
	.hints = bridge_port_hints,
};

static const struct schema_key channel_keys[] = {
	{"name", parse_switch_name, "a name of a channel", "name: blue",
	 FIELD(config_channel, name), POS(config_channel, name_pos), .required = true},
	{"svid", parse_svid, "the VLAN of an S-channel", "svid: 200", FIELD(config_channel, svid),
	 POS(config_channel, svid_pos), RANGE(SVID_MIN, EVB_VID_MAX), .required = true},
	{"relay", parse_port_relay, "a relay", FIELD(config_channel, relay), .words = port_relays},
};

const struct schema_map schema_channel = {.name = "a channel", MAP(channel_keys)};

static const struct schema_key cascade_keys[] = {
	{"dev", parse_ifname, "an interface name", "dev: eth1", FIELD(cascade_draft, cascade.vf.dev),
	 POS(cascade_draft, cascade.vf.dev_pos), .required = true},
	{"ids", parse_list, "a list of ids", "[0x100-0x1ff]", FIELD(cascade_draft, ids),
	 .required = true},
	{"present", parse_word, "a presence", FIELD(cascade_draft, cascade.vf.present_later),
	 .words = presences},
};

const struct schema_map schema_cascade = {.name = "a cascade", MAP(cascade_keys)};

static const struct schema_key replication_keys[] = {
	{"dev", parse_ifname, "an interface name", "dev: swp3", FIELD(replication_draft, group.dev),
	 POS(replication_draft, group.dev_pos), BRIDGE, .required = true},
	{"vlan", parse_uint, "a VLAN", FIELD(replication_draft, group.vlan),
	 POS(replication_draft, group.vlan_pos), RANGE(0, EVB_VID_MAX), BRIDGE},
	{"grp", parse_uint, "a group's GRP", FIELD(replication_draft, grp),
	 POS(replication_draft, grp_pos), RANGE(1, GRP_MAX), TAGGING},
	{"ecid", parse_uint, "a group's E-CID", FIELD(replication_draft, ecid),
	 POS(replication_draft, ecid_pos), RANGE(0, EVB_ETAG_ID_MAX), TAGGING},
	{"list", parse_uint, "a list of VIFs", FIELD(replication_draft, list),
	 POS(replication_draft, list_pos), RANGE(1, EVB_VNTAG_ID_MAX), TAGGING},
	{"members", parse_list, "a list of ports", "[vf0, vf1]", FIELD(replication_draft, members),
	 EXTENDER, .required = true},
	{"members", parse_list, "a list of ports", "[x1, x2]", FIELD(replication_draft, members),
	 BRIDGE, .required = true},
};

static const struct schema_hint ext_replication_hints[] = {
	{"dev", "all of an extender's come by the uplink: take dev out"},
	{"vlan", "the bridge above decides which VLANs go there: take vlan out"},
	{},
};

const struct schema_map schema_ext_replication = {
	.name = "an extender's replication", MAP(replication_keys), .in = SCHEMA_IN_EXTENDER,
	.hints = ext_replication_hints,
};
const struct schema_map schema_port_replication = {
	.name = "a bridge's replication", MAP(replication_keys), .in = SCHEMA_IN_BRIDGE,
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
	 RANGE(1, 1), ANY_FILE, .required = true},
	{"switch", parse_switch_name, "a name of a switch", "switch: edge0", FIELD(config, name),
	 ANY_FILE, .required = true},
	{"relay", parse_word, "a relay", FIELD(config, relay), .words = switch_relays, ANY_FILE},
	{"tag", parse_word, "a kind of tag", "tag: e-tag", FIELD(config, tag), POS(config, tag_pos),
	 .words = tags, EXTENDER, .required = true},
	{"uplink", parse_map, "a map", "uplink: {dev: eth0}", .map = &schema_uplink, EDGES,
	 .required = true},
	{"pf", parse_section, SECTION(pf), EDGES},
	{"portgroups", parse_section, SECTION(portgroups), ANY_FILE},
	{"channels", parse_section, SECTION(channels), EDGE},
	{"acls", parse_section, SECTION(acls), ANY_FILE},
	{"vfs", parse_section, SECTION(vfs), EDGES},
	{"cascade", parse_section, SECTION(cascade), EXTENDER},
	{"age", parse_uint, "a time in seconds", FIELD(config, age), RANGE(0, AGE_MAX), BRIDGE},
	{"bpdu", parse_word, "a treatment of BPDUs", FIELD(config, bpdu_forward), .words = bpdus,
	 BRIDGE},
	{"ports", parse_section, .example = "ports: [{name: p1, dev: swp1}]", SECTION(ports),
	 BRIDGE, .required = true},
	{"replication", parse_section, SECTION(replication), TAGGING},
};
ASSERT_ROWS(file_keys);

static const struct schema_hint edge_hints[] = {
	{"ports", "its ports are pf and vfs; ports is for relay: bridge"},
	{"age", "only a bridge learns addresses that may age (relay: bridge)"},
	{"bpdu", "only a bridge may forward BPDUs (relay: bridge)"},
	{"tag", "only an extender has one (relay: extender)"},
	{"replication", "that is an extender's or a bridge's (relay: extender, relay: bridge)"},
	{"cascade", "only an extender has some (relay: extender)"},
	{},
};

static const struct schema_hint extender_hints[] = {
	{"ports", "its ports are pf and vfs; ports is for relay: bridge"},
	{"channels", "each of its ports has a channel of its own, its id: take channels out"},
	{"age", "only a bridge learns addresses that may age (relay: bridge)"},
	{"bpdu", "only a bridge may forward BPDUs (relay: bridge)"},
	{},
};

static const struct schema_hint bridge_hints[] = {
	{"uplink", "its interfaces are those of ports, such as {name: p1, dev: swp1}"},
	{"pf", "the host is behind a port like any other, such as {name: host, dev: tor0}"},
	{"vfs", "write ports, such as {name: p1, dev: swp1}"},
	{"channels", "an S-channel is a port with svid, such as {name: p2, dev: swp2, svid: 200}"},
	{"tag", "write it at the port"},
	{"cascade", "that is an extender's"},
	{},
};
/* clang-format on */

const struct schema_map schema_file = {
	.name = "the file",
	MAP(file_keys),
	.in = SCHEMA_IN_EDGE,
	.hints = edge_hints,
};
const struct schema_map schema_extender = {
	.name = "an extender",
	MAP(file_keys),
	.in = SCHEMA_IN_EXTENDER,
	.hints = extender_hints,
};
const struct schema_map schema_bridge = {
	.name = "a bridge",
	MAP(file_keys),
	.in = SCHEMA_IN_BRIDGE,
	.hints = bridge_hints,
};

static const struct schema_map *const all_maps[] = {
	&schema_file,
	&schema_uplink,
	&schema_vf,
	&schema_pf,
	&guest_map,
	&storm_map,
	&guard_map,
	&schema_group,
	&schema_rule,
	&schema_channel,
	&schema_port,
	&schema_extender,
	&schema_cascade,
	&schema_ext_replication,
	&schema_port_replication,
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

#define NEAR_MAX 24 /* bytes of a word that is compared; our longest key has 16 */

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
	for (const struct schema_hint *hint = map->hints; hint && hint->name; hint++)
		if (tree_is_word(name, hint->name))
			return config_refuse(err, name->pos, "%s is not a key of %s: %s", text,
					     map->name, hint->hint);
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

int schema_read_group(struct config_ctx *ctx, const struct schema_map *map,
		      const struct tree_node *group, const struct tree_node *own,
		      struct config_vf *vf)
{
	int ret = 0;

	for (size_t i = 0; i < group->n_items && !ret; i += 2) {
		const struct schema_key *key = schema_find(map, group->items[i]);
		const struct tree_node *value = group->items[i + 1];

		/* the group's own name: a VF has none, a bridge's port has one of its own */
		if (!key || tree_get(own, key->name))
			continue;
		if (key->pos)
			*(struct config_pos *)((char *)vf + key->pos) = value->pos;
		ret = key->parse(ctx, key, value, vf);
	}
	return ret;
}

int config_read_list(struct config_ctx *ctx, const struct tree_node *node,
		     const struct config_list *list, void **out, size_t size,
		     int (*read)(struct config_ctx *ctx, const struct tree_node *node))
{
	struct config_quote quote;
	int ret = 0;

	if (!node || tree_is_null(node) || (node->type == TREE_LIST && !node->n_items))
		return 0;
	if (node->type != TREE_LIST)
		return config_refuse(ctx->err, node->pos,
				     "%s: %s is not a list: write one '- ' entry for each %s",
				     list->key, config_quote_node(&quote, node),
				     list->entry);
	if (node->n_items > list->max)
		return config_refuse(ctx->err, node->items[list->max]->pos,
				     "%s: this is %s number %zu of %zu: %s at most %zu", list->key,
				     list->entry, list->max + 1, node->n_items, list->whose, list->max);
	*out = calloc(node->n_items, size);
	if (!*out)
		return config_no_memory(ctx->err);
	for (size_t i = 0; i < node->n_items && !ret; i++)
		ret = read(ctx, node->items[i]);
	return ret;
}
