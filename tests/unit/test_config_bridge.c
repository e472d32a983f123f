/* SPDX-License-Identifier: GPL-2.0-only */
/* test_config_bridge.c - files of a bridge: its ports, and those that share a device. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "evb_wire.h"
#include "test_config_cases.h"

#define P1 "name: p1, dev: swp1"
#define P2 "name: p2, dev: swp2"

static const struct bad cases[] = {
	/* what an edge switch has */
	{"uplink of a bridge", BRIDGE_HEAD "uplink: {dev: eth0}\n", 5, 1,
	 "'uplink' is not a key of a bridge", "those of ports"},
	{"pf of a bridge", BRIDGE_HEAD "pf:\n", 5, 1, "'pf' is not a key of a bridge",
	 "{name: host, dev: tor0}"},
	{"vfs of a bridge", BRIDGE_HEAD "vfs: []\n", 5, 1, "'vfs' is not a key of a bridge",
	 "write ports"},
	{"channels of a bridge", BRIDGE_HEAD "channels: []\n", 5, 1,
	 "'channels' is not a key of a bridge", "{name: p2, dev: swp2, svid: 200}"},
	{"tag of a bridge", BRIDGE_HEAD "tag: e-tag\n", 5, 1, "'tag' is not a key of a bridge",
	 "at the port"},
	{"cascade of a bridge", BRIDGE_HEAD "cascade: []\n", 5, 1, "'cascade'", "an extender's"},
	{"bridge that is said last", HEAD "ports: [{" P1 "}]\nrelay: bridge\n", 3, 1, "'uplink'",
	 "those of ports"},
	{"unknown key of a bridge", BRIDGE_HEAD "colour: red\n", 5, 1, "'colour'",
	 "these are version, switch, relay, portgroups, acls, age, bpdu, ports"},
	{"misspelt key of a bridge", BRIDGE_HEAD "prots: []\n", 5, 1, "'prots'", "mean 'ports'?"},
	{"ports of an edge switch", HEAD "ports: [{dev: a}]\n", 4, 1,
	 "'ports' is not a key of the file", "pf and vfs"},
	{"age of an edge switch", HEAD "age: 300\n", 4, 1, "'age' is not a key of the file",
	 "relay: bridge"},
	{"bpdu of an edge switch", HEAD "bpdu: drop\n", 4, 1, "'bpdu' is not a key of the file",
	 "relay: bridge"},

	/* age, bpdu, ports */
	{"bridge without ports", BRIDGE_TOP, 1, 1, "a bridge has no 'ports'",
	 "[{name: p1, dev: swp1}]"},
	{"age of a word", BRIDGE_HEAD "age: long\n", 5, 6, "'long' is not a time in seconds",
	 "0 to 1000000"},
	{"age above 1000000", BRIDGE_HEAD "age: 1000001\n", 5, 6, "'1000001'", "0 to 1000000"},
	{"bpdu pass", BRIDGE_HEAD "bpdu: pass\n", 5, 7, "'pass'", "drop, forward"},
	{"ports of a map", BRIDGE_TOP "ports: {name: p1}\n", 4, 8, "a map", "one '- ' entry"},
	{"ports of nothing", BRIDGE_TOP "ports:\n", 4, 7, "an empty value", "one '- ' entry"},
	{"ports of an empty list", BRIDGE_TOP "ports: []\n", 4, 8, "an empty list",
	 "{name: p1, dev: swp1}"},
	{"port of a word", BRIDGE_TOP "ports: [swp1]\n", 4, 9, "'swp1'", "{name: p1, dev: swp1}"},
	{"port without name", BRIDGE_TOP "ports: [{dev: swp1}]\n", 4, 9, "has no 'name'",
	 "write name: p1"},
	{"port without device", BRIDGE_TOP "ports: [{name: p1}]\n", 4, 9, "has no 'dev'",
	 "write dev: swp1"},
	{"port with a bad name", BRIDGE_TOP "ports: [{name: a.b, dev: a}]\n", 4, 16, "'a.b'",
	 "1 to 15"},
	{"port with a long name", BRIDGE_TOP "ports: [{name: abcdefghijklmnop, dev: a}]\n", 4, 16,
	 "'abcdefghijklmnop'", "1 to 15"},
	{"port with a bad device", BRIDGE_TOP "ports: [{name: a, dev: a/b}]\n", 4, 24, "'a/b'",
	 "without /"},
	{"svid 1 of a port", PORT("svid: 1"), 7, 11, "'1' is the default S-channel", "2 to 4094"},
	{"svid 4095 of a port", PORT("svid: 4095"), 7, 11, "'4095'", "2 to 4094"},

	/* keys of a VF */
	{"id of a port", PORT("id: 1"), 7, 5, "'id' is not a key of a bridge's port", "has a name"},
	{"guest of a port", PORT("guest: {netns: a, name: b}"), 7, 5, "'guest'",
	 "make its device yourself"},
	{"kind of a port", PORT("kind: veth"), 7, 5, "'kind'", "any device will do"},
	{"mtu of a port", PORT("mtu: 1500"), 7, 5, "'mtu'", "set the MTU of its device"},
	{"channel of a port", PORT("channel: blue"), 7, 5, "'channel'", "write svid"},
	{"relay of a port", PORT("relay: veb"), 7, 5, "'relay'", "isolated: on"},
	{"mac of a port", PORT("mac: 02:00:00:00:00:01"), 7, 5, "'mac'", "write static"},
	{"trust of a port", PORT("trust: on"), 7, 5, "'trust'", "needs no trust"},
	{"min_tx_rate of a port", PORT("min_tx_rate: 0"), 7, 5, "'min_tx_rate'", "use tc htb"},
	{"trust of a bridge's portgroup", BRIDGE_HEAD "portgroups: [{name: a, trust: on}]\n", 5, 24,
	 "'trust'", "needs no trust"},
	{"svid of a bridge's portgroup", BRIDGE_HEAD "portgroups: [{name: a, svid: 5}]\n", 5, 24,
	 "'svid'", "to a bridge's port"},
	{"static of a bridge's portgroup", BRIDGE_HEAD "portgroups: [{name: a, static: []}]\n", 5,
	 24, "'static'", "to a bridge's port"},
	{"static of a VF", VF("static: []"), 8, 5, "'static'", "write mac"},
	{"learning of a VF", VF("learning: on"), 8, 5, "'learning'", "to a bridge's port"},
	{"reflective_relay of a VF", VF("reflective_relay: on"), 8, 5, "'reflective_relay'",
	 "a bridge's port"},
	{"learn_limit of a portgroup", HEAD "portgroups: [{name: a, learn_limit: 5}]\n", 4, 24,
	 "'learn_limit'", "a bridge's port"},
	{"misspelt key of a port", PORT("reflective_relais: on"), 7, 5, "'reflective_relais'",
	 "mean 'reflective_relay'?"},
	{"unknown key of a port", PORT("colour: red"), 7, 5, "'colour'",
	 "these are name, dev, svid"},

	/* values */
	{"reflective_relay of a word", PORT("reflective_relay: auto"), 7, 23, "'auto'",
	 "write on, off"},
	{"learn_limit above 65536", PORT("learn_limit: 65537"), 7, 18, "'65537'", "0 to 65536"},
	{"static of a group address", PORT("static: [01:00:5e:00:00:01]"), 7, 14,
	 "static: '01:00:5e:00:00:01'", "must be even"},
	{"static twice", PORT("static: [02:00:00:00:00:01, 02:00:00:00:00:01]"), 7, 33,
	 "'02:00:00:00:00:01'", "take one out"},
	{"portgroup that is not there", PORT("portgroup: web"), 7, 16,
	 "'web' is not one of portgroups", "none"},
	{"acl that is not there", PORT("acl: web"), 7, 10, "'web' is not one of acls", "none"},
	{"qos without vlan", PORT("qos: 3"), 7, 10, "qos: 3", "give a vlan"},
	{"untagged off", PORT("untagged: off"), 7, 15, "trunk: all", "[1-4094]"},
	{"vlan in the trunk", PORT("vlan: 5\n    trunk: [5]"), 8, 13, "VLAN 5", "take it out"},
	{"multicast with allmulti", PORT("multicast: [01:00:5e:00:00:01]"), 7, 16, "does nothing",
	 "allmulti: off"},
	{"dscp with qos", PORT("vlan: 5\n    qos: 3\n    dscp: on"), 9, 11, "qos: 3 (line 8)",
	 "take one out"},

	/* who may send */
	{"spoofchk without static", PORT("spoofchk: on"), 7, 15, "and p1 has none", "write static"},
	{"spoofchk and an empty static", PORT("static: []\n    spoofchk: on"), 8, 15, "p1 has none",
	 "static"},
	{"spoofchk of a group without static",
	 BRIDGE_TOP "portgroups: [{name: g, spoofchk: on}]\nports: [{" P1 ", portgroup: g}]\n", 4,
	 34, "p1 has none", "(p1, portgroup g)"},
	{"spoofchk and learning",
	 PORT("static: 02:00:00:00:00:01\n    spoofchk: on\n    learning: on"), 9, 15,
	 "contradicts spoofchk: on (line 8)", "take one out"},
	{"spoofchk and learning of the group",
	 BRIDGE_TOP "portgroups: [{name: g, learning: on}]\nports: [{" P1
		    ", portgroup: g, spoofchk: on, static: 02:00:00:00:00:01}]\n",
	 4, 34, "contradicts spoofchk: on (line 5)", "(p1, portgroup g)"},

	/* two ports */
	{"two ports with one name", PORTS2(P1, "dev: swp2, name: p1"), 6, 23,
	 "'p1' is the port in line 5", "another name"},
	{"two ports with one device", PORTS2(P1, "name: p2, dev: swp1"), 6, 21,
	 "'swp1' is p1's already (line 5)", "one for each svid"},
	{"two ports with one channel", PORTS2(P1 ", svid: 5", "name: p2, dev: swp1, svid: 0x5"), 6,
	 33, "5 on swp1 is p1's already (line 5)", "another VLAN"},
	{"one static address in one VLAN",
	 PORTS2(P1 ", vlan: 5, static: 02:00:00:00:00:01",
		P2 ", vlan: 5, static: [02:00:00:00:00:01]"),
	 6, 45, "static: '02:00:00:00:00:01' is p1's already (line 5)", "VLAN 5 (802.1Q)"},
	{"one static address in every VLAN",
	 PORTS2(P1 ", static: 02:00:00:00:00:01", P2 ", static: 02:00:00:00:00:01"), 6, 35,
	 "p1's already", "no VLAN: give another address"},
	{"one static address in an S-VLAN that the other has by trunk all",
	 PORTS2(P1 ", vlan: 9, proto: 802.1ad, static: 02:00:00:00:00:01",
		P2 ", static: 02:00:00:00:00:01"),
	 6, 35, "p1's already", "VLAN 9 (802.1ad)"},
	{"one static address on two channels of a device",
	 PORTS2(P1 ", svid: 5, static: 02:00:00:00:00:01",
		"name: p2, dev: swp1, static: 02:00:00:00:00:01"),
	 6, 35, "p1's already", "another address"},

	/* ports on one device */
	{"two hooks of one device",
	 PORTS2(P1 ", hook: tc", "name: p2, dev: swp1, svid: 5, hook: xdp"), 6, 42,
	 "hook: xdp of p2 contradicts tc of p1 (line 5), for both are on swp1", "one of them"},
	{"two presences of one device",
	 PORTS2(P1 ", svid: 5, present: later", "name: p2, dev: swp1, present: now"), 6, 36,
	 "present: now of p2 contradicts later of p1", "one of them"},
	{"S-VLAN beside channels",
	 PORTS2(P1 ", vlan: 5, proto: 802.1ad", "name: p2, dev: swp1, svid: 6"), 5, 43,
	 "802.1ad is the tag of the channels on swp1, such as p2's (line 6)", "give p1 an svid"},
	{"S-VLAN beside channels above",
	 PORTS2(P1 ", svid: 6", "name: p2, dev: swp1, trunk: all, proto: 802.1ad"), 6, 46,
	 "such as p1's (line 5)", "give p2 an svid"},
	{"name of a device without port", PORTS2(P1 ", svid: 6", "name: swp1, dev: swp2"), 6, 12,
	 "'swp1' is what swp1 itself is called, which has no port without svid (line 5)",
	 "another name"},
	{"name of its own device", BRIDGE_TOP "ports: [{name: swp1, dev: swp1, svid: 6}]\n", 4, 16,
	 "'swp1' is what swp1 itself is called", "another name"},
};

static void every_bad_bridge_has_one_error_with_place_value_and_remedy(void **state)
{
	(void)state;
	assert_all_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

static void the_smallest_bridge_has_all_defaults(void **state)
{
	struct config *cfg = parse(BRIDGE_HEAD);
	const struct config_vf *vf = &cfg->vfs[0];

	(void)state;
	assert_true(config_is_bridge(cfg));
	assert_int_equal(cfg->age, CONFIG_AGE);
	assert_false(cfg->bpdu_forward);
	assert_string_equal(cfg->uplink, "");
	assert_string_equal(cfg->pf.name, "");
	assert_int_equal(cfg->n_channels, 0);
	assert_int_equal(cfg->n_warnings, 0);
	assert_int_equal(cfg->n_vfs, 1);
	assert_int_equal(vf->number, EVB_PORT_BRIDGE_FIRST);
	assert_int_equal(vf->svid, 0);
	assert_false(vf->closed);
	assert_string_equal(vf->dev, "swp1");
	assert_int_equal(vf->dev_pos.column, 25);
	assert_int_equal(vf->id_pos.column, 16);
	assert_false(vf->has_guest);
	assert_false(vf->mac_generated);
	assert_false(vf->present_later);
	assert_int_equal(vf->hook, CONFIG_HOOK_AUTO);
	assert_string_equal(vf->port.name, "p1");
	assert_null(vf->port.channel);
	assert_int_equal(vf->port.n_macs, 0);
	assert_int_equal(vf->port.vlan, 0);
	assert_int_equal(vf->port.proto, EVB_TPID_C);
	assert_false(vf->port.has_proto);
	assert_true(vf->port.has_trunk && vf->port.trunk_all && vf->port.untagged);
	assert_true(vf->port.strip && vf->port.allmulti);
	assert_false(vf->port.spoofchk || vf->port.trust || vf->port.promisc || vf->port.isolated);
	assert_int_equal(vf->port.relay, EVB_RELAY_BRIDGE);
	assert_int_equal(vf->port.state, EVB_STATE_AUTO);
	assert_false(vf->port.reflective);
	assert_true(vf->port.learning);
	assert_int_equal(vf->port.learn_limit, CONFIG_LEARN_LIMIT);
	config_free(cfg);
}

static void every_key_of_a_bridge_and_its_ports_arrives(void **state)
{
	struct config *cfg = parse("version: 1\nswitch: tor\nage: 0\nbpdu: forward\n"
				   "acls: {a: [{action: deny}]}\n"
				   "ports:\n"
				   "  - name: p1\n"
				   "    dev: swp1\n"
				   "    svid: 0x10\n"
				   "    present: later\n"
				   "    hook: xdp\n"
				   "    reflective_relay: on\n"
				   "    learning: off\n"
				   "    learn_limit: 65536\n"
				   "    static: [02:00:00:00:00:01, 02:00:00:00:00:02]\n"
				   "    vlan: 7\n"
				   "    qos: 3\n"
				   "    proto: 802.1ad\n"
				   "    trunk: [20]\n"
				   "    untagged: off\n"
				   "    strip: off\n"
				   "    spoofchk: on\n"
				   "    guard: {ipv4: 10.0.0.1}\n"
				   "    allmulti: off\n"
				   "    multicast: [01:00:5e:00:00:01]\n"
				   "    promisc: on\n"
				   "    state: disable\n"
				   "    isolated: on\n"
				   "    max_tx_rate: 5\n"
				   "    max_rx_rate: 6\n"
				   "    storm: {unknown: 9}\n"
				   "    acl: a\n"
				   "relay: bridge\n");
	const struct config_vf *vf = &cfg->vfs[0];
	const struct config_port *port = &vf->port;

	(void)state;
	assert_int_equal(cfg->age, 0);
	assert_true(cfg->bpdu_forward);
	assert_int_equal(vf->svid, 16);
	assert_int_equal(vf->svid_pos.line, 9);
	assert_true(vf->present_later);
	assert_int_equal(vf->hook, CONFIG_HOOK_XDP);
	assert_true(port->reflective);
	assert_false(port->learning);
	assert_int_equal(port->learn_limit, 65536);
	assert_int_equal(port->n_macs, 2);
	assert_memory_equal(port->mac[1], "\x02\x00\x00\x00\x00\x02", 6);
	assert_int_equal(port->mac_at[1].column, 33);
	assert_int_equal(port->mac_pos.line, 15);
	assert_int_equal(port->vlan, 7);
	assert_int_equal(port->qos, 3);
	assert_int_equal(port->proto, EVB_TPID_S);
	assert_true(config_vids_has(&port->trunk, 20));
	assert_false(port->strip || port->untagged || port->allmulti || port->trunk_all);
	assert_true(port->spoofchk && port->has_guard && port->promisc && port->isolated);
	assert_int_equal(port->n_multicast, 1);
	assert_int_equal(port->state, EVB_STATE_DISABLE);
	assert_int_equal(port->max_tx_rate, 5);
	assert_int_equal(port->max_rx_rate, 6);
	assert_int_equal(port->storm[CONFIG_STORM_UNKNOWN], 9);
	assert_ptr_equal(port->acl, &cfg->acls[0]);
	config_free(cfg);
}

/* in the order of the file, and those that the loader adds behind them */
static void a_device_whose_channels_alone_are_ports_is_closed(void **state)
{
	struct config *cfg =
		parse(BRIDGE_TOP "ports:\n"
				 "  - {name: z, dev: swp2, svid: 300}\n"
				 "  - {name: a, dev: swp1, svid: 200}\n"
				 "  - {name: b, dev: swp2, svid: 200}\n"
				 "  - {name: c, dev: swp1}\n"
				 "  - {name: d, dev: swp.3, svid: 5, state: disable}\n");
	static const char *const names[] = {"z", "a", "b", "c", "d", "swp2", "swp.3"};

	(void)state;
	assert_int_equal(cfg->n_vfs, 7);
	for (unsigned int i = 0; i < 7; i++) {
		const struct config_vf *vf = &cfg->vfs[i];

		assert_string_equal(vf->port.name, names[i]);
		assert_int_equal(vf->number, EVB_PORT_BRIDGE_FIRST + i);
		assert_int_equal(vf->closed, i >= 5);
		if (!vf->closed)
			continue;
		assert_string_equal(vf->dev, names[i]);
		assert_int_equal(vf->svid, 0);
		assert_int_equal(vf->port.vlan, 0);
		assert_false(vf->port.untagged || vf->port.has_trunk || vf->port.trunk_all);
		assert_false(vf->port.learning);
		assert_int_equal(vf->port.relay, EVB_RELAY_BRIDGE);
		assert_int_equal(vf->port.proto, EVB_TPID_C);
	}
	assert_int_equal(cfg->vfs[5].dev_pos.line, 5);
	assert_int_equal(cfg->vfs[6].port.state, EVB_STATE_AUTO); /* that of a port is its own */
	config_free(cfg);
}

static void what_is_the_devices_holds_for_all_its_ports(void **state)
{
	struct config *cfg =
		parse(BRIDGE_TOP "portgroups: [{name: g, hook: tc}]\n"
				 "ports:\n"
				 "  - {name: a, dev: swp1, svid: 5, portgroup: g}\n"
				 "  - {name: b, dev: swp1, present: later}\n"
				 "  - {name: c, dev: swp2, svid: 5}\n"
				 "  - {name: d, dev: swp1, svid: 6, state: disable}\n");

	(void)state;
	assert_int_equal(cfg->n_vfs, 5);
	for (unsigned int i = 0; i < 5; i++) {
		const struct config_vf *vf = &cfg->vfs[i];
		bool one = !strcmp(vf->dev, "swp1");

		assert_int_equal(vf->present_later, one);
		assert_int_equal(vf->hook, one ? CONFIG_HOOK_TC : CONFIG_HOOK_AUTO);
		assert_int_equal(vf->port.state,
				 !strcmp(vf->port.name, "d") ? EVB_STATE_DISABLE : EVB_STATE_AUTO);
	}
	config_free(cfg);
}

static void spoofchk_ends_learning(void **state)
{
	struct config *cfg =
		parse(PORTS2(P1 ", spoofchk: on, static: 02:00:00:00:00:01",
			     P2 ", spoofchk: off, learning: on, learn_limit: 0, promisc: on"));

	(void)state;
	assert_true(cfg->vfs[0].port.spoofchk);
	assert_false(cfg->vfs[0].port.learning);
	assert_false(cfg->vfs[1].port.spoofchk);
	assert_true(cfg->vfs[1].port.learning && cfg->vfs[1].port.promisc);
	assert_int_equal(cfg->vfs[1].port.learn_limit, 0);
	config_free(cfg);
}

static void a_port_takes_what_its_portgroup_says(void **state)
{
	struct config *cfg = parse(
		BRIDGE_TOP "portgroups:\n"
			   "  - {name: lan, vlan: 10, reflective_relay: on, learn_limit: 8,\n"
			   "     learning: off, storm: {broadcast: 7}, isolated: on}\n"
			   "ports:\n"
			   "  - {name: p1, dev: swp1, portgroup: lan}\n"
			   "  - {name: p2, dev: swp2, portgroup: lan, vlan: 0, learning: on}\n");
	const struct config_port *one = &cfg->vfs[0].port, *two = &cfg->vfs[1].port;

	(void)state;
	assert_string_equal(one->name, "p1");
	assert_string_equal(cfg->vfs[0].portgroup, "lan");
	assert_int_equal(one->vlan, 10);
	assert_true(one->reflective && one->isolated);
	assert_false(one->learning || one->trunk_all);
	assert_int_equal(one->learn_limit, 8);
	assert_int_equal(one->storm[CONFIG_STORM_BROADCAST], 7);
	assert_int_equal(two->vlan, 0);
	assert_true(two->trunk_all && two->learning && two->reflective);
	config_free(cfg);
}

static void ports_that_look_alike_are_not_the_same(void **state)
{
	(void)state;
	/* names of an edge switch's ports mean nothing on a bridge */
	config_free(parse(PORTS2("name: pf, dev: uplink", "name: vf0, dev: pf")));
	config_free(parse(PORTS2("name: swp2, dev: swp1", "name: swp1, dev: swp2")));
	config_free(parse(PORTS2(P1 ", svid: 5", "name: p2, dev: swp2, svid: 5")));
	config_free(parse(PORTS2("name: swp1, dev: swp1", "name: p2, dev: swp1, svid: 5")));
	config_free(parse(PORTS2(P1 ", vlan: 5, static: 02:00:00:00:00:01",
				 P2 ", vlan: 6, static: 02:00:00:00:00:01")));
	config_free(
		parse(PORTS2(P1 ", trunk: all, proto: 802.1Q, vlan: 5, static: 02:00:00:00:00:01",
			     P2 ", vlan: 6, proto: 802.1ad, static: 02:00:00:00:00:01")));
	/* 802.1ad goes with channels on another device, and inside one */
	config_free(parse(
		PORTS2(P1 ", svid: 5, vlan: 6, proto: 802.1ad", P2 ", vlan: 6, proto: 802.1ad")));
}

/* With their closed ports they are as many as there are numbers for. */
static void a_bridge_has_as_many_ports_as_there_are_numbers(void **state)
{
	const struct bad closed = {
		"", "", 4 + EVB_BRIDGE_PORTS_MAX, 19, "'last' has no port without", "at most 1023"};
	const struct bad bad = {
		"", "", 5 + EVB_BRIDGE_PORTS_MAX, 3, "number 1024 of 1024", "at most 1023"};
	size_t room = 64 * 1024, head, used;
	char *text = malloc(room);
	struct config *cfg;

	(void)state;
	assert_non_null(text);
	used = (size_t)snprintf(text, room, BRIDGE_TOP "ports:\n");
	for (int i = 0; i < EVB_BRIDGE_PORTS_MAX - 1; i++)
		used += (size_t)snprintf(text + used, room - used, "- {name: p%d, dev: d%d}\n", i,
					 i);
	head = used;
	used += (size_t)snprintf(text + used, room - used, "- {name: z, dev: last}\n");
	cfg = parse(text);
	assert_int_equal(cfg->n_vfs, EVB_BRIDGE_PORTS_MAX);
	assert_int_equal(cfg->vfs[EVB_BRIDGE_PORTS_MAX - 1].number, EVB_PORTS_MAX - 1);
	config_free(cfg);
	snprintf(text + used, room - used, "- {name: more, dev: more}\n");
	assert_true(is_refused("1024 ports", text, strlen(text), &bad, -EINVAL));
	snprintf(text + head, room - head, "- {name: zz, dev: last, svid: 5}\n");
	assert_true(is_refused("a closed port too many", text, strlen(text), &closed, -EINVAL));
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bad_bridge_has_one_error_with_place_value_and_remedy),
		cmocka_unit_test(the_smallest_bridge_has_all_defaults),
		cmocka_unit_test(every_key_of_a_bridge_and_its_ports_arrives),
		cmocka_unit_test(a_device_whose_channels_alone_are_ports_is_closed),
		cmocka_unit_test(what_is_the_devices_holds_for_all_its_ports),
		cmocka_unit_test(spoofchk_ends_learning),
		cmocka_unit_test(a_port_takes_what_its_portgroup_says),
		cmocka_unit_test(ports_that_look_alike_are_not_the_same),
		cmocka_unit_test(a_bridge_has_as_many_ports_as_there_are_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
