/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_config_policy.c - what a port may send, see and ask for: policy keys and portgroups. Rules
 * of acls: test_config_acl.c.
 */
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

/* a portgroup in line 4; VFs from line 6 on */
#define GROUP(keys, vf) \
	HEAD "portgroups: [{name: web, " keys "}]\nvfs:\n  - {id: 0, dev: a, " MAC1 ", " vf "}\n"

/* clang-format off */
static const struct bad cases[] = {
	/* trust, promisc, multicast */
	{"trust of a number", VF("trust: 1"), 8, 12, "'1'", "write on, off"},
	{"promisc without trust", VF("promisc: on"), 8, 14, "promisc: on", "needs trust: on"},
	{"promisc and trust off", VF("trust: off\n    promisc: on"), 9, 14, "promisc: on", "trust it"},
	{"promisc all", VF("promisc: all"), 8, 14, "'all'", "write on, off"},
	{"allmulti of a list", VF("allmulti: [01:00:5e:01:02:03]"), 8, 15, "a list", "write on, off"},
	{"multicast with allmulti", VF("multicast: [01:00:5e:01:02:03]"), 8, 16, "does nothing",
	 "write allmulti: off"},
	{"multicast with allmulti on", VF("multicast: [01:00:5e:01:02:03]\n    allmulti: on"), 8, 16,
	 "while allmulti is on", "take multicast out"},
	{"multicast of a station", VF("multicast: [02:00:5e:01:02:03]"), 8, 17,
	 "'02:00:5e:01:02:03' is no group address", "must be odd"},
	{"multicast of broadcast", VF("multicast: [ff:ff:ff:ff:ff:ff]"), 8, 17,
	 "'ff:ff:ff:ff:ff:ff' is broadcast", "take it out"},
	{"multicast of an IP address", VF("multicast: [224.0.0.1]"), 8, 17, "'224.0.0.1'",
	 "such as 01:00:5e:01:02:03"},
	{"multicast null", VF("multicast: ~"), 8, 16, "'~'", "six bytes"},
	{"multicast of a map", VF("multicast: {}"), 8, 16, "an empty map", "six bytes"},
	{"multicast twice", VF("multicast: [01:00:5e:01:02:0a, 01:00:5E:01:02:0A]"), 8, 36,
	 "'01:00:5E:01:02:0A'", "take one out"},

	/* guard */
	{"guard of nothing", VF("guard:"), 8, 11, "an empty value", "guard: {ipv4: [10.0.0.5]"},
	{"guard of an empty map", VF("guard: {}"), 8, 12, "an empty map has no address", "take guard out"},
	{"guard of empty lists", VF("guard: {ipv4: [], ipv6: []}"), 8, 12, "no address", "write one"},
	{"guard of a list", VF("guard: [10.0.0.5]"), 8, 12, "a list", "guard: {ipv4: [10.0.0.5]"},
	{"guard of a word", VF("guard: on"), 8, 12, "'on'", "guard: {ipv4: [10.0.0.5]"},
	{"guard of an unknown family", VF("guard: {ip: [10.0.0.5]}"), 8, 13, "'ip'", "ipv4, ipv6"},
	{"guard of three numbers", VF("guard: {ipv4: [10.0.0]}"), 8, 20, "'10.0.0'", "such as 10.0.0.5"},
	{"guard of five numbers", VF("guard: {ipv4: [10.0.0.0.5]}"), 8, 20, "'10.0.0.0.5'", "10.0.0.5"},
	{"guard above 255", VF("guard: {ipv4: [10.0.0.256]}"), 8, 20, "'10.0.0.256'", "10.0.0.5"},
	{"guard with leading zero", VF("guard: {ipv4: [10.0.0.05]}"), 8, 20, "'10.0.0.05'", "10.0.0.5"},
	{"guard of a name", VF("guard: {ipv4: [localhost]}"), 8, 20, "'localhost'", "10.0.0.5"},
	{"guard with text behind", VF("guard: {ipv4: ['10.0.0.5 ']}"), 8, 20, "'10.0.0.5 '", "10.0.0.5"},
	{"guard with a NUL", VF("guard: {ipv4: [\"10.0.0.5\\0\"]}"), 8, 20, "'10.0.0.5\\x00'", "10.0.0.5"},
	{"guard of a null", VF("guard: {ipv4: [~]}"), 8, 20, "'~'", "10.0.0.0/24"},
	{"guard of a list of lists", VF("guard: {ipv4: [[]]}"), 8, 20, "an empty list", "10.0.0.5"},
	{"guard with host bits", VF("guard: {ipv4: [10.0.0.5/24]}"), 8, 20, "'10.0.0.5/24'",
	 "write 10.0.0.0/24"},
	{"guard with one host bit", VF("guard: {ipv4: [10.0.0.5/31]}"), 8, 20, "'10.0.0.5/31'",
	 "write 10.0.0.4/31"},
	{"guard with IPv6 host bits", VF("guard: {ipv6: ['fd00::5/64']}"), 8, 20, "'fd00::5/64'",
	 "write fd00::/64"},
	{"guard of 33 bits", VF("guard: {ipv4: [10.0.0.5/33]}"), 8, 20, "'10.0.0.5/33'", "10.0.0.5"},
	{"guard of 129 bits", VF("guard: {ipv6: ['fd00::/129']}"), 8, 20, "'fd00::/129'", "fd00::5"},
	{"guard of no bits", VF("guard: {ipv4: [10.0.0.5/]}"), 8, 20, "'10.0.0.5/'", "10.0.0.5"},
	{"guard of bits with a sign", VF("guard: {ipv4: [10.0.0.5/+8]}"), 8, 20, "'10.0.0.5/+8'", "such"},
	{"guard of bits in hex", VF("guard: {ipv4: [10.0.0.0/0x8]}"), 8, 20, "'10.0.0.0/0x8'", "such"},
	{"guard of bits with leading zero", VF("guard: {ipv4: [10.0.0.0/08]}"), 8, 20, "/08'", "such"},
	{"guard of two slashes", VF("guard: {ipv4: [10.0.0.0/8/8]}"), 8, 20, "'10.0.0.0/8/8'", "such"},
	{"guard of a netmask", VF("guard: {ipv4: [10.0.0.0/255.0.0.0]}"), 8, 20, "255.0.0.0'", "such"},
	{"IPv6 in ipv4", VF("guard: {ipv4: [fd00::5]}"), 8, 20, "'fd00::5' is IPv6", "in ipv6"},
	{"IPv4 in ipv6", VF("guard: {ipv6: [10.0.0.5]}"), 8, 20, "'10.0.0.5' is IPv4", "in ipv4"},
	{"IPv6 with an interface", VF("guard: {ipv6: ['fe80::1%eth0']}"), 8, 20, "'fe80::1%eth0'",
	 "such as fd00::5"},
	{"IPv6 in brackets", VF("guard: {ipv6: ['[fd00::5]']}"), 8, 20, "'[fd00::5]'", "such as fd00::5"},
	{"IPv6 too long", VF("guard: {ipv6: ['1:2:3:4:5:6:7:8:9']}"), 8, 20, "'1:2:3:4:5:6:7:8:9'", "such"},
	{"IPv6 of 60 characters",
	 VF("guard: {ipv6: ['000000000000000000000000000000000000000000000000000000000001']}"), 8, 20,
	 "000", "such as fd00::5"},
	{"guard of 0.0.0.0", VF("guard: {ipv4: [0.0.0.0]}"), 8, 20, "'0.0.0.0' is no sender", "own"},
	{"guard of broadcast", VF("guard: {ipv4: [255.255.255.255]}"), 8, 20, "no sender", "own"},
	{"guard of a group", VF("guard: {ipv4: [224.0.0.1]}"), 8, 20, "no sender's address", "own"},
	{"guard of IPv6's ::", VF("guard: {ipv6: ['::']}"), 8, 20, "'::' is no sender", "own"},
	{"guard of an IPv6 group", VF("guard: {ipv6: ['ff02::/16']}"), 8, 20, "'ff02::/16'", "own"},
	{"guard twice", VF("guard: {ipv4: [10.0.0.5, 10.0.0.5/32]}"), 8, 30, "'10.0.0.5/32'",
	 "take one out"},
	{"family twice", VF("guard: {ipv4: [10.0.0.5], ipv4: []}"), 8, 31, "'ipv4'", "line 8 already"},

	/* rates, storms, priorities */
	{"rate above 1 Tbit/s", VF("max_tx_rate: 1000001"), 8, 18, "'1000001'", "0 to 1000000"},
	{"rate with a unit", VF("max_rx_rate: 100Mbit"), 8, 18, "'100Mbit'", "rate in Mbit/s"},
	{"rate with a point", VF("max_tx_rate: 0.5"), 8, 18, "'0.5'", "0 to 1000000"},
	{"rate below 0", VF("max_tx_rate: -1"), 8, 18, "'-1'", "0 to 1000000"},
	{"min_tx_rate", VF("min_tx_rate: 1"), 8, 18, "'1' cannot be kept",
	 "evbpf polices and does not queue; use tc htb on the uplink"},
	{"min over max", VF("max_tx_rate: 10\n    min_tx_rate: 20"), 9, 18, "'20'", "does not queue"},
	{"min_tx_rate of a word", VF("min_tx_rate: low"), 8, 18, "'low'", "0 to 1000000"},
	{"storm of a number", VF("storm: 100"), 8, 12, "'100'", "storm: {broadcast: 0"},
	{"storm of too many frames", VF("storm: {broadcast: 2000000001}"), 8, 24, "'2000000001'",
	 "0 to 2000000000"},
	{"storm in percent", VF("storm: {unknown: 5%}"), 8, 22, "'5%'", "frames/s"},
	{"unknown kind of storm", VF("storm: {unicast: 0}"), 8, 13, "'unicast'", "multicast"},
	{"dscp without vlan", VF("dscp: on"), 8, 11, "dscp: on", "give a vlan"},
	{"dscp with a trunk only", VF("trunk: [5]\n    dscp: on"), 9, 11, "dscp: on", "give a vlan"},
	{"dscp with qos", VF("vlan: 5\n    qos: 3\n    dscp: on"), 10, 11, "qos: 3 (line 9)", "take one out"},
	{"unknown presence", VF("present: never"), 8, 14, "'never'", "now, later"},
	{"guest that comes later", GUEST_HEAD "    present: later\n", 8, 14, "guest (line 7)",
	 "take one out"},

	/* the PF has fewer */
	{"trust of the PF", HEAD "pf: {trust: on}\n", 4, 6, "'trust'", "to a VF"},
	{"promisc of the PF", HEAD "pf: {promisc: on}\n", 4, 6, "'promisc'", "to a VF"},
	{"guard of the PF", HEAD "pf: {guard: {ipv4: [10.0.0.5]}}\n", 4, 6, "'guard'", "to a VF"},
	{"storm of the PF", HEAD "pf: {storm: {}}\n", 4, 6, "'storm'", "to a VF"},
	{"min_tx_rate of the PF", HEAD "pf: {min_tx_rate: 0}\n", 4, 6, "'min_tx_rate'", "to a VF"},
	{"dscp of the PF", HEAD "pf: {vlan: 5, dscp: on}\n", 4, 15, "'dscp'", "to a VF"},
	{"portgroup of the PF", HEAD "pf: {portgroup: web}\n", 4, 6, "'portgroup'", "to a VF"},
	{"rate of the PF", HEAD "pf: {max_tx_rate: 1k}\n", 4, 19, "'1k'", "rate in Mbit/s"},

	/* portgroups */
	{"portgroups of a map", HEAD "portgroups: {name: web}\n", 4, 13, "a map", "one '- ' entry"},
	{"portgroups of a word", HEAD "portgroups: web\n", 4, 13, "'web'", "one '- ' entry"},
	{"portgroup of a word", HEAD "portgroups: [web]\n", 4, 14, "'web'", "{name: web, vlan: 10}"},
	{"portgroup without name", HEAD "portgroups: [{vlan: 10}]\n", 4, 14, "'name'", "write name: web"},
	{"portgroup with a bad name", HEAD "portgroups: [{name: a b}]\n", 4, 21, "'a b'", "1 to 15"},
	{"portgroup with a long name", HEAD "portgroups: [{name: abcdefghijklmnop}]\n", 4, 21,
	 "'abcdefghijklmnop'", "1 to 15"},
	{"two portgroups with one name", HEAD "portgroups:\n- {name: a}\n- {name: a}\n", 6, 10, "'a'",
	 "line 5 already"},
	{"portgroup with an id", HEAD "portgroups: [{name: a, id: 3}]\n", 4, 24, "'id'", "to a VF"},
	{"portgroup with a device", HEAD "portgroups: [{name: a, dev: b}]\n", 4, 24, "'dev'", "to a VF"},
	{"portgroup with a mac", HEAD "portgroups: [{name: a, " MAC1 "}]\n", 4, 24, "'mac'", "to a VF"},
	{"portgroup with a guest", HEAD "portgroups: [{name: a, guest: {}}]\n", 4, 24, "'guest'",
	 "to a VF"},
	{"portgroup with a presence", HEAD "portgroups: [{name: a, present: now}]\n", 4, 24,
	 "'present'", "to a VF"},
	{"portgroup in a portgroup", HEAD "portgroups: [{name: a, portgroup: b}]\n", 4, 24,
	 "'portgroup'", "to a VF"},
	{"name of a VF", VF("name: web"), 8, 5, "'name'", "to a portgroup"},
	{"portgroup with an unknown key", HEAD "portgroups: [{name: a, colour: b}]\n", 4, 24, "'colour'",
	 "these are name, kind"},
	{"bad value in a portgroup that nobody uses", HEAD "portgroups: [{name: a, vlan: 4095}]\n", 4,
	 30, "'4095'", "0 to 4094"},
	{"bad relay in a portgroup", HEAD "portgroups: [{name: a, relay: vebb}]\n", 4, 31, "'vebb'",
	 "veb, vepa, private"},
	{"portgroup of nobody", VF("portgroup: web"), 8, 16, "'web' is not one of portgroups", "are none"},
	{"portgroup misspelt", GROUP("vlan: 7", "portgroup: wbe"), 6, 56, "'wbe'", "these are web"},
	{"portgroup of a list", GROUP("vlan: 7", "portgroup: [web]"), 6, 56, "a list", "these are web"},
	{"portgroup twice", GROUP("vlan: 7", "portgroup: web, portgroup: web"), 6, 61, "'portgroup'",
	 "line 6 already"},
	{"contradiction in a group", GROUP("qos: 3", "portgroup: web"), 4, 31, "qos: 3",
	 "give a vlan, or take qos out (vf0, portgroup web)"},
	{"promisc of a group", GROUP("promisc: on", "portgroup: web"), 4, 35, "needs trust: on",
	 "(vf0, portgroup web)"},
	{"promisc of a group and trust off", GROUP("trust: on, promisc: on", "portgroup: web, trust: off"),
	 4, 46, "needs trust: on", "(vf0, portgroup web)"},
	{"VF against its group", GROUP("vlan: 7", "portgroup: web, trunk: [6, 7]"), 6, 72, "VLAN 7",
	 "vlan (line 4)"},
	{"group's trunk against the VF", GROUP("trunk: [6, 7]", "portgroup: web, vlan: 7"), 4, 37,
	 "VLAN 7", "vlan (line 6)"},
	{"group's multicast against the VF",
	 GROUP("allmulti: off, multicast: [01:00:5e:01:02:03]", "portgroup: web, allmulti: on"), 4, 52,
	 "does nothing", "(vf0, portgroup web)"},
	{"group's mtu without guest", GROUP("mtu: 1400", "portgroup: web"), 4, 31, "mtu: 1400",
	 "set the MTU of a yourself (vf0, portgroup web)"},
	{"group's untagged", GROUP("untagged: on", "portgroup: web, vlan: 7"), 4, 36, "untagged: on",
	 "vlan: 7 (line 6)"},
};
/* clang-format on */

static void every_bad_policy_has_one_error_with_place_value_and_remedy(void **state)
{
	(void)state;
	assert_all_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

static void policy_has_the_defaults_of_sr_iov(void **state)
{
	struct config *cfg = parse(HEAD "vfs: [{id: 0, dev: a, " MAC1 "}]\n");
	const struct config_port *ports[] = {&cfg->vfs[0].port, &cfg->pf};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		const struct config_port *port = ports[i];

		assert_false(port->trust);
		assert_false(port->promisc);
		assert_true(port->allmulti);
		assert_int_equal(port->n_multicast, 0);
		assert_false(port->has_guard);
		assert_int_equal(port->n_guard, 0);
		assert_int_equal(port->max_tx_rate, 0);
		assert_int_equal(port->max_rx_rate, 0);
		for (int k = 0; k < CONFIG_STORM__MAX; k++)
			assert_int_equal(port->storm[k], 0);
		assert_null(port->acl);
		assert_false(port->dscp);
		assert_int_equal(port->state, EVB_STATE_AUTO);
	}
	assert_false(cfg->vfs[0].present_later);
	assert_string_equal(cfg->vfs[0].portgroup, "");
	assert_int_equal(cfg->n_acls, 0);
	assert_int_equal(cfg->n_warnings, 0);
	config_free(cfg);
}

static void every_policy_of_a_vf_arrives(void **state)
{
	struct config *cfg =
		parse(VF("trust: on\n"
			 "    promisc: on\n"
			 "    allmulti: off\n"
			 "    multicast: [01:00:5e:01:02:03, 33:33:00:00:00:01]\n"
			 "    guard: {ipv4: [10.0.0.5, 192.168.0.0/16], ipv6: [fd00::5]}\n"
			 "    state: enable\n"
			 "    max_tx_rate: 1000\n"
			 "    max_rx_rate: 1000000\n"
			 "    min_tx_rate: 0\n"
			 "    storm: {broadcast: 1, multicast: 20, unknown: 2000000000}\n"
			 "    vlan: 7\n"
			 "    dscp: on\n"
			 "    qos: 0\n"
			 "    present: later\n"));
	const struct config_port *port = &cfg->vfs[0].port;
	static const uint8_t ipv6[16] = {0xfd, [15] = 5};

	(void)state;
	assert_true(port->trust && port->promisc && port->dscp && port->has_guard);
	assert_false(port->allmulti);
	assert_int_equal(port->n_multicast, 2);
	assert_memory_equal(port->multicast[0], "\x01\x00\x5e\x01\x02\x03", 6);
	assert_memory_equal(port->multicast[1], "\x33\x33\x00\x00\x00\x01", 6);
	assert_int_equal(port->n_guard, 3);
	assert_int_equal(port->guard[0].family, 4);
	assert_int_equal(port->guard[0].len, 32);
	assert_memory_equal(port->guard[0].addr, "\x0a\x00\x00\x05\x00\x00\x00", 7);
	assert_int_equal(port->guard[1].len, 16);
	assert_memory_equal(port->guard[1].addr, "\xc0\xa8\x00\x00", 4);
	assert_int_equal(port->guard[2].family, 6);
	assert_int_equal(port->guard[2].len, 128);
	assert_memory_equal(port->guard[2].addr, ipv6, 16);
	assert_int_equal(port->state, EVB_STATE_ENABLE);
	assert_int_equal(port->max_tx_rate, 1000);
	assert_int_equal(port->max_rx_rate, 1000000);
	assert_int_equal(port->storm[CONFIG_STORM_BROADCAST], 1);
	assert_int_equal(port->storm[CONFIG_STORM_MULTICAST], 20);
	assert_int_equal(port->storm[CONFIG_STORM_UNKNOWN], 2000000000);
	assert_true(cfg->vfs[0].present_later);
	config_free(cfg);
}

static void every_policy_of_the_pf_arrives(void **state)
{
	struct config *cfg = parse(HEAD "acls: {a: [{action: count}]}\n"
					"pf: {acl: a, max_tx_rate: 5, max_rx_rate: 6}\n");

	(void)state;
	assert_ptr_equal(cfg->pf.acl, &cfg->acls[0]);
	assert_int_equal(cfg->pf.max_tx_rate, 5);
	assert_int_equal(cfg->pf.max_rx_rate, 6);
	config_free(cfg);
}

/* Addresses that a stricter reader might take for wrong. */
static void guard_takes_every_address_of_a_host(void **state)
{
	static const char *const good[] = {
		"ipv4: 10.0.0.5",
		"ipv4: [0.0.0.0/0]",
		"ipv4: [10.0.0.0/8]",
		"ipv4: [10.0.0.4/31]",
		"ipv4: [255.255.255.254]",
		"ipv4: [127.0.0.1]",
		"ipv6: ['::/0']",
		"ipv6: ['::1']",
		"ipv6: ['fe80::/10']",
		"ipv6: ['1:2:3:4:5:6:7:8']",
		"ipv6: ['::ffff:10.0.0.5']",
		"ipv6: ['FD00::A/127']",
		"ipv6: fd00::5",
		"ipv4: [], ipv6: [fd00::5]",
		"ipv4: [10.0.0.0/24, 10.0.0.5]",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text), VF_HEAD "    guard: {%s}\n", good[i]);
		config_free(parse(text));
	}
}

static void lists_are_as_long_as_they_may_be(void **state)
{
	static const struct {
		const char *head, *entry, *tail;
		int max;
		const char *remedy;
	} lists[] = {
		{"    allmulti: off\n    multicast: [", "01:00:5e:00:00:%02x", "]\n",
		 CONFIG_GROUPS_MAX, "at most 64"},
		{"    guard: {ipv4: [", "10.0.0.%u", "]}\n", CONFIG_GUARDS_MAX, "at most 64"},
	};

	(void)state;
	for (size_t l = 0; l < 2; l++) {
		for (int n = lists[l].max; n <= lists[l].max + 1; n++) {
			char text[4096], entry[64];
			size_t used =
				(size_t)snprintf(text, sizeof(text), VF_HEAD "%s", lists[l].head);
			struct config *cfg = NULL;
			struct config_error err;
			int ret;

			for (int i = 0; i < n; i++) {
				snprintf(entry, sizeof(entry), lists[l].entry, i + 1);
				used += (size_t)snprintf(text + used, sizeof(text) - used, "%s%s",
							 i ? ", " : "", entry);
			}
			snprintf(text + used, sizeof(text) - used, "%s", lists[l].tail);
			ret = config_parse("x", text, strlen(text), &cfg, &err);
			assert_int_equal(ret, n > lists[l].max ? -EINVAL : 0);
			if (ret)
				assert_non_null(strstr(err.text, lists[l].remedy));
			config_free(cfg);
		}
	}
}

#define GROUPS                                                                                \
	"portgroups:\n"                                                                       \
	"  - {name: web, vlan: 10, qos: 3, max_tx_rate: 1000, acl: a, hook: tc, mtu: 1400,\n" \
	"     spoofchk: off, isolated: on, kind: veth, state: disable, relay: veb}\n"         \
	"  - {name: bare}\n"                                                                  \
	"  - {name: lan, trunk: [5-9], storm: {broadcast: 7, unknown: 8}, allmulti: off,\n"   \
	"     multicast: [01:00:5e:00:00:01], guard: {ipv4: [10.0.0.0/8]}}\n"
#define GUEST(id) "id: " #id ", dev: v" #id "h, guest: {netns: n" #id ", name: eth0}"

static void a_vf_takes_what_its_portgroup_says(void **state)
{
	/* what is named may stand below */
	struct config *cfg = parse(
		HEAD
		"vfs:\n"
		"  - {" GUEST(1) ", portgroup: web}\n"
				 "  - {" GUEST(2) ", portgroup: bare}\n"
						  "  - {portgroup: lan, " GUEST(
							  3) "}\n" GROUPS
							     "acls: {a: [{action: permit}]}\n");
	const struct config_vf *web = &cfg->vfs[0], *bare = &cfg->vfs[1], *lan = &cfg->vfs[2];

	(void)state;
	assert_string_equal(web->portgroup, "web");
	assert_string_equal(web->port.name, "vf1");
	assert_int_equal(web->port.vlan, 10);
	assert_int_equal(web->port.vlan_pos.line, 9);
	assert_int_equal(web->port.qos, 3);
	assert_int_equal(web->port.max_tx_rate, 1000);
	assert_string_equal(web->port.acl->name, "a");
	assert_int_equal(web->hook, CONFIG_HOOK_TC);
	assert_int_equal(web->kind, CONFIG_KIND_VETH);
	assert_int_equal(web->mtu, 1400);
	assert_int_equal(web->port.state, EVB_STATE_DISABLE);
	assert_false(web->port.spoofchk);
	assert_false(web->port.untagged);
	assert_true(web->port.isolated);
	assert_string_equal(bare->portgroup, "bare");
	assert_true(bare->port.spoofchk && bare->port.untagged && bare->port.allmulti);
	assert_int_equal(bare->port.vlan, 0);
	assert_true(lan->port.has_trunk && config_vids_has(&lan->port.trunk, 9));
	assert_int_equal(lan->port.storm[CONFIG_STORM_UNKNOWN], 8);
	assert_int_equal(lan->port.n_multicast, 1);
	assert_int_equal(lan->port.n_guard, 1);
	assert_true(lan->port.has_guard);
	assert_int_equal(cfg->n_warnings, 0);
	config_free(cfg);
}

static void the_vfs_own_keys_override_its_portgroup(void **state)
{
	struct config *cfg = parse(
		HEAD
		"acls: {a: [{action: permit}], b: [{action: deny}]}\n" GROUPS "vfs:\n"
		"  - {" GUEST(
			1) ", portgroup: web, vlan: 0, qos: 0, max_tx_rate: 0, acl: b,\n"
			   "     hook: xdp, spoofchk: on, isolated: off, state: auto, mtu: 9000}\n"
			   "  - {" GUEST(
				   2) ", portgroup: lan, trunk: [20], storm: {multicast: 1},\n"
				      "     allmulti: on, multicast: [], guard: {ipv6: "
				      "[fd00::5]}}\n");
	const struct config_vf *web = &cfg->vfs[0], *lan = &cfg->vfs[1];
	char buf[32];

	(void)state;
	assert_int_equal(web->port.vlan, 0);
	assert_true(web->port.untagged);
	assert_int_equal(web->port.max_tx_rate, 0);
	assert_string_equal(web->port.acl->name, "b");
	assert_int_equal(web->hook, CONFIG_HOOK_XDP);
	assert_int_equal(web->kind, CONFIG_KIND_VETH);
	assert_int_equal(web->mtu, 9000);
	assert_true(web->port.spoofchk);
	assert_false(web->port.isolated);
	/* whole keys: nothing of the group's list or map is left */
	assert_string_equal(config_vids_format(&lan->port.trunk, buf, sizeof(buf)), "20");
	assert_int_equal(lan->port.storm[CONFIG_STORM_BROADCAST], 0);
	assert_int_equal(lan->port.storm[CONFIG_STORM_MULTICAST], 1);
	assert_int_equal(lan->port.n_multicast, 0);
	assert_true(lan->port.allmulti);
	assert_int_equal(lan->port.n_guard, 1);
	assert_int_equal(lan->port.guard[0].family, 6);
	config_free(cfg);
}

static void a_portgroup_is_not_held_against_itself(void **state)
{
	struct config *cfg =
		parse(GROUP("promisc: on, qos: 3", "portgroup: web, vlan: 5, trust: on"));

	(void)state;
	assert_true(cfg->vfs[0].port.promisc);
	assert_int_equal(cfg->vfs[0].port.qos, 3);
	config_free(cfg);
	config_free(parse(HEAD "portgroups: [{name: unused, promisc: on, qos: 3}]\n"));
}

static void portgroup_257_is_one_too_many(void **state)
{
	const struct bad bad = {"", "", 5 + 256, 3, "number 257 of 257", "at most 256"};
	char text[16 * 1024];
	size_t used = (size_t)snprintf(text, sizeof(text), HEAD "portgroups:\n");

	(void)state;
	for (int i = 0; i < 256; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "- {name: g%d}\n", i);
	config_free(parse(text));
	snprintf(text + used, sizeof(text) - used, "- {name: last}\n");
	assert_true(is_refused("257 portgroups", text, strlen(text), &bad, -EINVAL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bad_policy_has_one_error_with_place_value_and_remedy),
		cmocka_unit_test(policy_has_the_defaults_of_sr_iov),
		cmocka_unit_test(every_policy_of_a_vf_arrives),
		cmocka_unit_test(every_policy_of_the_pf_arrives),
		cmocka_unit_test(guard_takes_every_address_of_a_host),
		cmocka_unit_test(lists_are_as_long_as_they_may_be),
		cmocka_unit_test(a_vf_takes_what_its_portgroup_says),
		cmocka_unit_test(the_vfs_own_keys_override_its_portgroup),
		cmocka_unit_test(a_portgroup_is_not_held_against_itself),
		cmocka_unit_test(portgroup_257_is_one_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
