/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_config_extender.c - port extension in a file: extenders, the ports of a bridge that are
 * behind one, and groups. Whether two files agree: test_config_link.c.
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

/* five lines; one VF of one line is line 7, one more line 8 */
#define EXT_HEAD "version: 1\nswitch: pe0\nuplink: {dev: eth0}\nrelay: extender\ntag: e-tag\n"
#define VN_HEAD "version: 1\nswitch: pe0\nuplink: {dev: eth0}\nrelay: extender\ntag: vn-tag\n"
#define EXT_VF "id: 0, dev: a, spoofchk: off"
#define EXT(more) EXT_HEAD "vfs:\n  - {" EXT_VF ", " more "}\n"
#define VN(more) VN_HEAD "vfs:\n  - {" EXT_VF ", " more "}\n"
#define EXT2 EXT("ecid: 0x12") "  - {id: 1, dev: b, spoofchk: off, ecid: 0x13}\n"
#define CASCADE(list) EXT("ecid: 0x12") "cascade: " list "\n"
#define GROUP(map) EXT2 "replication:\n  - {" map "}\n"

/* ports of a bridge from line 5 on, then the group in line 8 */
#define X1 "name: x1, dev: swp3, tag: e-tag, ecid: 0x12"
#define X2 "name: x2, dev: swp3, tag: e-tag, ecid: 0x13"
#define V1 "name: v1, dev: swp4, tag: vn-tag, vif: 18"
#define V2 "name: v2, dev: swp4, tag: vn-tag, vif: 19"
#define BRIDGE_GROUP(map) PORTS2(X1 ", vlan: 10", X2 ", vlan: 10") "replication:\n  - {" map "}\n"

static const struct bad cases[] = {
	/* the file */
	{"extender without tag", "version: 1\nswitch: a\nrelay: extender\nuplink: {dev: b}\n", 1, 1,
	 "an extender has no 'tag'", "write tag: e-tag"},
	{"extender without uplink", "version: 1\nswitch: a\nrelay: extender\ntag: e-tag\n", 1, 1,
	 "an extender has no 'uplink'", "uplink: {dev: eth0}"},
	{"tag of a word", "version: 1\nrelay: extender\ntag: etag\n", 3, 6,
	 "'etag' is not a kind of tag", "e-tag, vn-tag"},
	{"channels of an extender", EXT_HEAD "channels: []\n", 6, 1,
	 "'channels' is not a key of an extender", "take channels out"},
	{"ports of an extender", EXT_HEAD "ports: []\n", 6, 1, "'ports'", "relay: bridge"},
	{"age of an extender", EXT_HEAD "age: 5\n", 6, 1, "'age'", "only a bridge"},
	{"relay that is said below", HEAD "cascade: []\nrelay: veb\n", 4, 1, "'cascade'",
	 "relay: extender"},

	/* a VF */
	{"VF without ecid", EXT("vlan: 5"), 7, 5, "vf0 has no 'ecid'", "write ecid: 0x012"},
	{"VF without vif", VN("vlan: 5"), 7, 5, "vf0 has no 'vif'", "write vif: 18"},
	{"vif with e-tag", EXT("vif: 5"), 7, 41, "vif: '5' does not go with tag: e-tag (line 5)",
	 "write ecid"},
	{"ecid with vn-tag", VN("ecid: 0x5"), 7, 42, "ecid: '0x5' does not go with tag: vn-tag",
	 "write vif"},
	{"both words", EXT("ecid: 5, vif: 6"), 7, 50, "vif: '6'", "write ecid"},
	{"qos without vlan, and a VN-Tag has no priority", VN("vif: 5, qos: 3"), 7, 49, "qos: 3",
	 "give a vlan"},
	{"ecid 0", EXT("ecid: 0"), 7, 42, "'0' is not an E-CID", "1 to 1048575"},
	{"ecid above 20 bits", EXT("ecid: 0x100000"), 7, 42, "'0x100000'", "1 to 1048575"},
	{"ecid of a word", EXT("ecid: a"), 7, 42, "'a'", "decimal or 0x"},
	{"vif 0", VN("vif: 0"), 7, 41, "'0' is not a VIF", "1 to 4095"},
	{"vif that cannot be a source", VN("vif: 4096"), 7, 41, "'4096'", "1 to 4095"},
	{"channel of an extender's VF", EXT("channel: a"), 7, 36, "'channel'", "take channel out"},
	{"trunk of an extender's VF", EXT("trunk: all"), 7, 36, "'trunk'", "in every VLAN"},
	{"untagged of an extender's VF", EXT("untagged: on"), 7, 36, "'untagged'", "take untagged"},
	{"isolated of an extender's VF", EXT("isolated: on"), 7, 36, "'isolated'", "bridge above"},
	{"promisc of an extender's VF", EXT("promisc: on"), 7, 36, "'promisc'", "bridge above"},
	{"tag of an extender's VF", EXT("tag: e-tag"), 7, 36, "'tag'", "top of the file"},
	{"relay of an extender's VF", EXT("relay: veb"), 7, 43,
	 "'veb' is not a relay of an extender's port", ": extender"},
	{"trunk of an extender's portgroup", EXT_HEAD "portgroups: [{name: g, trunk: all}]\n", 6,
	 24, "'trunk' is not a key of an extender's portgroup", "take trunk out"},
	{"ecid of a portgroup", EXT_HEAD "portgroups: [{name: g, ecid: 5}]\n", 6, 24, "'ecid'",
	 "it belongs to"},
	{"VF without mac", EXT_HEAD "vfs:\n  - {id: 0, dev: a, ecid: 5}\n", 7, 5,
	 "vf0 has no 'mac'", "or spoofchk: off"},
	{"VF with no mac in its list", EXT("mac: [], ecid: 5"), 7, 41,
	 "an empty list is no address", "or leave mac out"},
	{"one id twice", EXT("ecid: 0x12") "  - {id: 1, dev: b, spoofchk: off, ecid: 18}\n", 8, 42,
	 "0x012 is vf0's already (line 7)", "another id"},
	{"one id twice, the lower number below",
	 EXT_HEAD "vfs:\n  - {id: 1, dev: b, spoofchk: off, ecid: 18}\n"
		  "  - {id: 0, dev: a, spoofchk: off, ecid: 18}\n",
	 8, 42, "0x012 is vf1's already (line 7)", "another id"},
	{"the PF's id twice", EXT("ecid: 18") "pf: {ecid: 18}\n", 7, 42,
	 "0x012 is pf's already (line 8)", "another id"},
	{"channel of an extender's PF", EXT_HEAD "pf: {channel: a}\n", 6, 6,
	 "'channel' is not a key of an extender's pf", "take channel out"},
	{"isolated of an extender's PF", EXT_HEAD "pf: {isolated: on}\n", 6, 6, "'isolated'",
	 "bridge above"},
	{"relay of an extender's PF", EXT_HEAD "pf: {relay: vepa}\n", 6, 13, "'vepa'", "extender"},
	{"vif of the PF with e-tag", EXT_HEAD "pf: {vif: 5}\n", 6, 11, "vif: '5'", "write ecid"},

	/* cascades */
	{"cascade of a map", CASCADE("{dev: eth1}"), 8, 10, "a map", "one '- ' entry"},
	{"cascade of a word", CASCADE("[eth1]"), 8, 11, "'eth1'",
	 "{dev: eth1, ids: [0x100-0x1ff]}"},
	{"cascade without device", CASCADE("[{ids: [5]}]"), 8, 11, "a cascade has no 'dev'",
	 "write dev: eth1"},
	{"cascade without ids", CASCADE("[{dev: eth1}]"), 8, 11, "a cascade has no 'ids'", "write"},
	{"ids of a number", CASCADE("[{dev: eth1, ids: 5}]"), 8, 28, "'5' is not a list",
	 "[0x100-0x1ff]"},
	{"ids of nothing", CASCADE("[{dev: eth1, ids: []}]"), 8, 28, "an empty list",
	 "[0x100-0x1ff]"},
	{"ids of a word", CASCADE("[{dev: eth1, ids: [a-b]}]"), 8, 29, "'a-b' is not an E-CID",
	 "0x1 to 0xfffff"},
	{"ids from 0", CASCADE("[{dev: eth1, ids: [0-5]}]"), 8, 29, "'0-5'", "0x1 to 0xfffff"},
	{"ids too great", CASCADE("[{dev: eth1, ids: [0x100000]}]"), 8, 29, "'0x100000'",
	 "0xfffff"},
	{"ids beyond a VIF", VN("vif: 1") "cascade: [{dev: eth1, ids: [4096]}]\n", 8, 29,
	 "'4096' is not a VIF", "0x1 to 0xfff"},
	{"ids backwards", CASCADE("[{dev: eth1, ids: [0x1ff-0x100]}]"), 8, 29, "runs backwards",
	 "write 0x100-0x1ff"},
	{"ids of a VF", CASCADE("[{dev: eth1, ids: [0x10-0x1f]}]"), 8, 29,
	 "0x12 is vf0's already (line 7)", "another id"},
	{"ids of another cascade",
	 CASCADE("\n  - {dev: e1, ids: [0x20-0x2f]}\n  - {dev: e2, ids: [0x30, 0x2f]}"), 10, 27,
	 "0x2f is e1's already (line 9)", "another id"},
	{"ids twice in one cascade", CASCADE("[{dev: e1, ids: [0x20-0x2f, 0x2f]}]"), 8, 38,
	 "0x2f is e1's already (line 8)", "another id"},
	{"too many ids", CASCADE("[{dev: e1, ids: [0x1000-0x4fff, 0x6000]}]"), 8, 42,
	 "0x6000-0x6000 these are 16385", "at most 16384"},
	{"cascade on the uplink", CASCADE("[{dev: eth0, ids: [5]}]"), 8, 17,
	 "'eth0' is the uplink already (line 3)", "of its own"},
	{"cascade on a VF's device", CASCADE("[{dev: a, ids: [5]}]"), 8, 17,
	 "'a' is vf0's already (line 7)", "of its own"},
	{"two cascades on one device", CASCADE("[{dev: b, ids: [5]}, {dev: b, ids: [6]}]"), 8, 37,
	 "'b' is a cascade already (line 8)", "of its own"},
	{"cascade that is called as a VF", CASCADE("[{dev: vf7, ids: [5]}]"), 8, 17,
	 "'vf7' is what another port is called", "rename"},
	{"cascade that is called pf", CASCADE("[{dev: pf, ids: [5]}]"), 8, 17, "'pf'", "rename"},
	{"hook of a cascade", CASCADE("[{dev: b, ids: [5], hook: tc}]"), 8, 30,
	 "'hook' is not a key of a cascade", "it belongs to"},

	/* groups of an extender */
	{"replication of a word", EXT2 "replication: a\n", 9, 14, "'a'", "one '- ' entry"},
	{"group of a word", EXT2 "replication: [a]\n", 9, 15, "'a' is not a group",
	 "{grp: 1, ecid: 0x005, members: [vf0, vf1]}"},
	{"group without members", GROUP("grp: 1, ecid: 5"), 10, 5, "has no 'members'",
	 "[vf0, vf1]"},
	{"group of nobody", GROUP("grp: 1, ecid: 5, members: []"), 10, 32, "an empty list",
	 "[vf0, vf1]"},
	{"group without grp", GROUP("ecid: 5, members: [vf0]"), 10, 5, "has no 'grp'",
	 "write grp: 1, ecid: 0x005"},
	{"group without ecid", GROUP("grp: 1, members: [vf0]"), 10, 5, "has no 'ecid'",
	 "write grp: 1, ecid: 0x005"},
	{"GRP 0", GROUP("grp: 0, ecid: 5, members: [vf0]"), 10, 11, "'0' is not a group's GRP",
	 "1 to 3"},
	{"GRP 4", GROUP("grp: 4, ecid: 5, members: [vf0]"), 10, 11, "'4'", "1 to 3"},
	{"ecid of a group above 20 bits", GROUP("grp: 1, ecid: 0x100000, members: [vf0]"), 10, 20,
	 "'0x100000'", "0 to 1048575"},
	{"list with e-tag", GROUP("list: 5, members: [vf0]"), 10, 12,
	 "list: 5 does not go with tag: e-tag (line 5)", "write grp and ecid"},
	{"grp with vn-tag", VN("vif: 1") "replication: [{grp: 1, list: 5, members: [vf0]}]\n", 8,
	 21, "grp: 1 does not go with tag: vn-tag", "write list"},
	{"ecid with vn-tag", VN("vif: 1") "replication: [{ecid: 1, members: [vf0]}]\n", 8, 22,
	 "ecid: 1 does not go with", "write list"},
	{"group without list", VN("vif: 1") "replication: [{members: [vf0]}]\n", 8, 15,
	 "has no 'list'", "write list: 0x1001"},
	{"list 0", VN("vif: 1") "replication: [{list: 0, members: [vf0]}]\n", 8, 22, "'0'",
	 "1 to 16383"},
	{"list above 14 bits", VN("vif: 1") "replication: [{list: 0x4000, members: [vf0]}]\n", 8,
	 22, "'0x4000'", "1 to 16383"},
	{"member that is not there", GROUP("grp: 1, ecid: 5, members: [vf0, vf2]"), 10, 38,
	 "'vf2' is not a port that a group may have", "these are vf0, vf1"},
	{"member by its device", GROUP("grp: 1, ecid: 5, members: [a]"), 10, 33, "'a'", "vf0, vf1"},
	{"member twice", GROUP("grp: 1, ecid: 5, members: [vf0, vf1, vf0]"), 10, 43,
	 "'vf0' is in this list already", "once"},
	{"PF without id as a member", GROUP("grp: 1, ecid: 5, members: [vf0, pf]"), 10, 38,
	 "'pf' has no id", "give pf an ecid"},
	{"one group twice",
	 GROUP("grp: 1, ecid: 5, members: [vf0]") "  - {grp: 1, ecid: 0x5, members: [vf1]}\n", 11,
	 20, "uplink.1.5 is the group in line 10 already", "another id"},
	{"device of an extender's group", GROUP("dev: a, grp: 1, ecid: 5, members: [vf0]"), 10, 6,
	 "'dev' is not a key of an extender's replication", "take dev out"},
	{"VLAN of an extender's group", GROUP("vlan: 5, grp: 1, ecid: 5, members: [vf0]"), 10, 6,
	 "'vlan'", "take vlan out"},

	/* ports of a bridge */
	{"ecid without tag", PORT("ecid: 5"), 7, 11, "ecid: 5 has no tag", "write tag: e-tag"},
	{"vif without tag", PORT("vif: 5"), 7, 10, "vif: 5 has no tag", "write tag: vn-tag"},
	{"tag without ecid", PORT("tag: e-tag"), 7, 10, "tag: e-tag has no ecid",
	 "write ecid: 0x012"},
	{"tag without vif", PORT("tag: vn-tag"), 7, 10, "tag: vn-tag has no vif", "write vif: 18"},
	{"vif in an e-tag", PORT("tag: e-tag\n    vif: 5"), 8, 10, "vif: '5' does not go with",
	 "(line 7): write ecid"},
	{"svid and tag", PORT("tag: e-tag\n    ecid: 5\n    svid: 9"), 7, 10,
	 "contradicts svid: 9 (line 9)", "take one out"},
	{"tag of a bridge's portgroup", BRIDGE_HEAD "portgroups: [{name: g, tag: e-tag}]\n", 5, 24,
	 "'tag'", "to a bridge's port"},
	{"two kinds of tag on one device", PORTS2(X1, "name: x2, dev: swp3, tag: vn-tag, vif: 5"),
	 6, 32, "vn-tag on swp3 does not go with e-tag of x1 (line 5)", "give another dev"},
	{"svid beside a tag", PORTS2(X1, "name: x2, dev: swp3, svid: 5"), 6, 33,
	 "svid on swp3 does not go with e-tag of x1", "give another dev"},
	{"tag beside an svid", PORTS2("name: x2, dev: swp3, svid: 5", X1), 6, 32,
	 "e-tag on swp3 does not go with svid of x2 (line 5)", "give another dev"},
	{"one id twice on a device", PORTS2(X1, "name: x2, dev: swp3, tag: e-tag, ecid: 18"), 6, 45,
	 "ecid: 0x012 on swp3 is x1's already (line 5)", "another id"},
	{"two untagged ports beside tags",
	 PORTS2("name: a, dev: swp3", "name: b, dev: swp3") "  - {" X1 "}\n", 6, 20,
	 "a device is one port", "svid, ecid or vif"},
	{"name of a device whose ports have tags", PORTS2(X1, "name: swp3, dev: swp9"), 6, 12,
	 "no port without tag (line 5)", "another name"},

	/* groups of a bridge */
	{"group without device", BRIDGE_GROUP("grp: 1, ecid: 5, members: [x1, x2]"), 8, 5,
	 "has no 'dev'", "write dev: swp3"},
	{"group of another device", BRIDGE_GROUP("dev: a, grp: 1, ecid: 5, members: [x1, x2]"), 8,
	 11, "'a' has no ports with a tag", "write tag"},
	{"group of one", BRIDGE_GROUP("dev: swp3, grp: 1, ecid: 5, members: [x1]"), 8, 43,
	 "one port needs no group", "at least 2"},
	{"list at a device with e-tag", BRIDGE_GROUP("dev: swp3, list: 5, members: [x1, x2]"), 8,
	 23, "list: 5 does not go with tag: e-tag (line 5)", "write grp and ecid"},
	{"member that is not there",
	 BRIDGE_GROUP("dev: swp3, vlan: 10, grp: 1, ecid: 5, members: [x1, x3]"), 8, 58,
	 "'x3' is not a port with a tag on swp3", "these are x1, x2"},
	{"member on another device",
	 PORTS2(X1, "name: p, dev: swp1") "replication:\n  - {dev: swp3, grp: 1, ecid: 5, members: "
					  "[x1, p]}\n",
	 8, 48, "'p' is not a port with a tag on swp3", "these are x1"},
	{"member in another VLAN",
	 BRIDGE_GROUP("dev: swp3, vlan: 11, grp: 1, ecid: 5, members: [x1, x2]"), 8, 54,
	 "'x1' is not in the group's VLAN 11 (line 8)", "give the port that VLAN"},
	{"members in a VLAN of a group without",
	 BRIDGE_GROUP("dev: swp3, grp: 1, ecid: 5, members: "
		      "[x1, x2]"),
	 8, 44, "'x1' has no untagged frames that are in no VLAN", "give the group a vlan"},
	{"members of two protocols",
	 PORTS2(X1 ", vlan: 10", X2 ", vlan: 10, proto: 802.1ad") "replication:\n  - {dev: swp3, "
								  "vlan: 10, grp: 1, ecid: 5, "
								  "members: [x1, x2]}\n",
	 8, 58, "'x2' is not in the group's VLAN 10", "take it out"},
	{"two groups of one VLAN",
	 BRIDGE_GROUP(
		 "dev: swp3, vlan: 10, grp: 1, ecid: 5, members: [x1, x2]") "  - {dev: swp3, "
									    "grp: 1, ecid: 6, "
									    "vlan: 10, members: "
									    "[x1, x2]}\n",
	 9, 40, "swp3 has a group for VLAN 10 already (line 8)", "has one on a device"},
	{"one group's id twice",
	 PORTS2(X1 ", trunk: all", X2
		", trunk: all") "replication:\n  - {dev: swp3, vlan: 10, grp: 1, ecid: 5, members: "
				"[x1, x2]}\n"
				"  - {dev: swp3, vlan: 11, grp: 1, ecid: 5, members: [x1, x2]}\n",
	 9, 41, "swp3.1.5 is the group in line 8 already", "another id"},
};

static void every_bad_file_has_one_error_with_place_value_and_remedy(void **state)
{
	(void)state;
	assert_all_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

static void the_smallest_extender_has_all_defaults(void **state)
{
	struct config *cfg = parse(EXT_HEAD);

	(void)state;
	assert_true(config_is_extender(cfg) && !config_is_bridge(cfg));
	assert_int_equal(cfg->tag, EVB_CHANNEL_E);
	assert_int_equal(cfg->tag_pos.line, 5);
	assert_string_equal(cfg->uplink, "eth0");
	assert_int_equal(cfg->n_vfs + cfg->n_channels + cfg->n_cascades + cfg->n_replications, 0);
	assert_int_equal(cfg->pf.ecid, 0);
	assert_int_equal(cfg->pf.relay, EVB_RELAY_EXTENDER);
	assert_true(cfg->pf.trunk_all && cfg->pf.untagged);
	config_free(cfg);
	config_free(parse(EXT_HEAD "vfs: []\ncascade: []\nreplication:\nportgroups: []\n"));
}

static void every_key_of_an_extender_arrives(void **state)
{
	struct config *cfg =
		parse(EXT_HEAD "pf: {ecid: 0xfffff, qos: 6, trunk: [7], mac: 02:00:00:00:00:09}\n"
			       "portgroups: [{name: g, relay: extender, max_tx_rate: 5}]\n"
			       "vfs:\n"
			       "  - {id: 3, dev: c, guest: {netns: red, name: e}, ecid: 1}\n"
			       "  - {id: 1, dev: b, spoofchk: off, ecid: 0x12, portgroup: g}\n"
			       "  - {id: 2, dev: d, ecid: 0x13, vlan: 5, qos: 3, relay: extender,\n"
			       "     mac: [02:00:00:00:00:01]}\n"
			       "cascade:\n"
			       "  - {dev: eth1, ids: [0x100-0x1ff, 0x300]}\n"
			       "  - {dev: eth2, ids: [0x200], present: later}\n"
			       "replication:\n"
			       "  - {grp: 3, ecid: 0xfffff, members: [eth2, vf3, pf]}\n"
			       "  - {ecid: 0, grp: 1, members: [vf2]}\n");
	const struct config_replication *group = cfg->replications;

	(void)state;
	assert_int_equal(cfg->pf.ecid, 0xfffff);
	assert_int_equal(cfg->pf.qos, 6);
	assert_int_equal(cfg->pf.ecid_pos.column, 12);
	assert_false(cfg->pf.trunk_all);
	/* by id, and who is a member does not change by that */
	assert_int_equal(cfg->vfs[0].port.ecid, 0x12);
	assert_int_equal(cfg->vfs[0].port.n_macs, 0);
	assert_false(cfg->vfs[0].mac_generated);
	assert_int_equal(cfg->vfs[0].port.max_tx_rate, 5);
	assert_true(cfg->vfs[0].port.trunk_all && cfg->vfs[0].port.untagged);
	assert_int_equal(cfg->vfs[0].port.relay, EVB_RELAY_EXTENDER);
	assert_int_equal(cfg->vfs[0].tag, EVB_CHANNEL_NONE);
	assert_int_equal(cfg->vfs[1].port.vlan, 5);
	assert_false(cfg->vfs[1].port.has_trunk || cfg->vfs[1].port.untagged);
	assert_int_equal(cfg->vfs[2].port.n_macs, 1);
	assert_true(cfg->vfs[2].mac_generated);

	assert_int_equal(cfg->n_cascades, 2);
	assert_string_equal(cfg->cascades[0].vf.dev, "eth1");
	assert_int_equal(cfg->cascades[0].vf.number, EVB_PORT_CASCADE_FIRST);
	assert_false(cfg->cascades[0].vf.present_later);
	assert_int_equal(cfg->cascades[0].n_ids, 2);
	assert_int_equal(cfg->cascades[0].ids[0].first, 0x100);
	assert_int_equal(cfg->cascades[0].ids[0].last, 0x1ff);
	assert_int_equal(cfg->cascades[0].ids[1].first, 0x300);
	assert_int_equal(cfg->cascades[0].ids[1].last, 0x300);
	assert_int_equal(cfg->cascades[0].ids[1].pos.column, 36);
	assert_int_equal(cfg->cascades[1].vf.number, EVB_PORT_CASCADE_FIRST + 1);
	assert_true(cfg->cascades[1].vf.present_later);

	assert_int_equal(cfg->n_replications, 2);
	assert_int_equal(group->id, 3 << EVB_ETAG_GRP_SHIFT | 0xfffff);
	assert_string_equal(group->name, "uplink.3.fffff");
	assert_string_equal(group->dev, "");
	assert_int_equal(group->number, EVB_PORT_REPLICATION_FIRST);
	assert_int_equal(group->n_members, 3);
	assert_ptr_equal(group->members[0].cascade, &cfg->cascades[1]);
	assert_null(group->members[0].vf);
	assert_ptr_equal(group->members[1].vf, &cfg->vfs[2]);
	assert_true(!group->members[2].vf && !group->members[2].cascade);
	assert_int_equal(group[1].id, 1 << EVB_ETAG_GRP_SHIFT);
	assert_int_equal(group[1].number, EVB_PORT_REPLICATION_FIRST + 1);
	config_free(cfg);
}

static void an_extender_with_vn_tag_has_vifs_and_lists(void **state)
{
	struct config *cfg =
		parse(VN("vif: 4095") "pf: {vif: 1}\n"
				      "replication: [{list: 0x3fff, members: [vf0, pf]}]\n");

	(void)state;
	assert_int_equal(cfg->tag, EVB_CHANNEL_VN);
	assert_int_equal(cfg->vfs[0].port.ecid, 4095);
	assert_int_equal(cfg->vfs[0].port.ecid_pos.column, 41);
	assert_int_equal(cfg->pf.ecid, 1);
	assert_int_equal(cfg->replications[0].id, EVB_VNTAG_LIST | 0x3fff);
	assert_string_equal(cfg->replications[0].name, "uplink.3fff");
	config_free(cfg);
}

static void ports_with_a_tag_share_a_device_of_a_bridge(void **state)
{
	struct config *cfg = parse(
		BRIDGE_TOP "ports:\n"
			   "  - {" X1 ", vlan: 10}\n  - {" X2 ", trunk: [10]}\n"
			   "  - {" V1 "}\n  - {" V2 ", trunk: all, proto: 802.1ad}\n"
			   "  - {name: control, dev: swp4, vlan: 7, proto: 802.1ad}\n"
			   "  - {name: p, dev: swp5, tag: e-tag, ecid: 0x12, present: later}\n"
			   "replication:\n"
			   "  - {dev: swp4, vlan: 9, list: 1, members: [v1, v2]}\n"
			   "  - {dev: swp3, vlan: 10, grp: 2, ecid: 0x1005, members: [x2, x1]}\n"
			   "  - {dev: swp4, list: 2, members: [v1, v2]}\n");
	const struct config_replication *group = cfg->replications;

	(void)state;
	assert_int_equal(cfg->n_vfs, 8); /* swp3 and swp5 have no port of their own, swp4 has */
	assert_int_equal(cfg->vfs[0].tag, EVB_CHANNEL_E);
	assert_int_equal(cfg->vfs[0].port.ecid, 0x12);
	assert_int_equal(cfg->vfs[0].svid, 0);
	assert_false(config_is_device(&cfg->vfs[0]));
	assert_int_equal(cfg->vfs[2].tag, EVB_CHANNEL_VN);
	assert_int_equal(cfg->vfs[2].port.ecid_pos.line, 7);
	assert_true(config_is_device(&cfg->vfs[4]) && !cfg->vfs[4].closed);
	assert_true(cfg->vfs[6].closed && cfg->vfs[7].closed && cfg->vfs[7].present_later);
	assert_string_equal(cfg->vfs[6].port.name, "swp3");
	assert_int_equal(cfg->vfs[6].tag, EVB_CHANNEL_NONE);

	assert_int_equal(cfg->n_replications, 3);
	assert_int_equal(group[0].number, EVB_PORT_BRIDGE_FIRST + 8);
	assert_int_equal(group[0].id, EVB_VNTAG_LIST | 1);
	assert_int_equal(group[0].vlan, 9);
	assert_int_equal(group[0].tpid, EVB_TPID_S); /* v1 takes both, v2 this */
	assert_string_equal(group[1].dev, "swp3");
	assert_string_equal(group[1].name, "swp3.2.1005");
	assert_int_equal(group[1].tpid, EVB_TPID_C);
	assert_ptr_equal(group[1].members[0].vf, &cfg->vfs[1]);
	assert_ptr_equal(group[1].members[1].vf, &cfg->vfs[0]);
	assert_int_equal(group[2].vlan, 0);
	config_free(cfg);
}

static void the_longest_name_of_a_group_fits(void **state)
{
	struct config *cfg = parse(
		BRIDGE_TOP "ports:\n"
			   "  - {name: x, dev: abcdefghijklmno, tag: e-tag, ecid: 1}\n"
			   "  - {name: y, dev: abcdefghijklmno, tag: e-tag, ecid: 2}\n"
			   "replication:\n"
			   "  - {dev: abcdefghijklmno, grp: 3, ecid: 0xfffff, members: [x, y]}\n");

	(void)state;
	assert_string_equal(cfg->replications[0].name, "abcdefghijklmno.3.fffff");
	config_free(cfg);
}

/* @entry has one %u or %x of the entry's number for each place */
static void assert_too_many(const char *head, const char *entry, unsigned int n,
			    const struct bad *bad)
{
	size_t room = strlen(head) + (strlen(entry) + 16) * n + 16, used;
	char *text = malloc(room);

	assert_non_null(text);
	used = (size_t)snprintf(text, room, "%s", head);
	for (unsigned int i = 0; i < n; i++)
		used += (size_t)snprintf(text + used, room - used, entry, i + 1, i + 1);
	assert_true(used < room);
	assert_true(is_refused(entry, text, used, bad, -EINVAL));
	free(text);
}

static void one_cascade_or_group_too_many_is_refused(void **state)
{
	const struct bad cascade = {"", "", 8 + 65, 5, "cascade number 65 of 65", "at most 64"};
	const struct bad group = {"", "", 8 + 449, 5, "group number 449 of 449", "at most 448"};

	(void)state;
	assert_too_many(EXT("ecid: 0xfffff") "cascade:\n", "  - {dev: e%u, ids: [%u]}\n", 65,
			&cascade);
	assert_too_many(EXT("ecid: 0xfffff") "replication:\n",
			"  - {grp: 1, ecid: %u, members: [vf0]} # %u\n", 449, &group);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bad_file_has_one_error_with_place_value_and_remedy),
		cmocka_unit_test(the_smallest_extender_has_all_defaults),
		cmocka_unit_test(every_key_of_an_extender_arrives),
		cmocka_unit_test(an_extender_with_vn_tag_has_vifs_and_lists),
		cmocka_unit_test(ports_with_a_tag_share_a_device_of_a_bridge),
		cmocka_unit_test(the_longest_name_of_a_group_fits),
		cmocka_unit_test(one_cascade_or_group_too_many_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
