/* SPDX-License-Identifier: GPL-2.0-only */
/* test_change_keys.c - what `diff` says about two files. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "change.h"

#define EDGE "version: 1\nswitch: edge0\nuplink: {dev: eth0}\n"
#define BRIDGE "version: 1\nswitch: tor\nrelay: bridge\n"
#define EXTENDER(tag) "version: 1\nswitch: pe\nrelay: extender\ntag: " tag "\nuplink: {dev: eth0}\n"
#define MAC0 "mac: 02:00:00:00:00:00"

static struct config *parse(const char *text)
{
	struct config *cfg = NULL;
	struct config_error err;
	char buf[1024];

	if (config_parse("x.yaml", text, strlen(text), &cfg, &err))
		fail_msg("%s", config_error_format(&err, "x.yaml", buf, sizeof(buf)));
	return cfg;
}

/* "PORT KEY OLD>NEW; " of each, in their order */
static void assert_differ(const char *old_text, const char *new_text, const char *wanted)
{
	struct config *old = parse(old_text), *new = parse(new_text);
	struct change change = {};
	char got[2048] = "";
	size_t used = 0;

	assert_int_equal(change_keys(old, new, &change), 0);
	for (unsigned int i = 0; i < change.n_keys && used < sizeof(got); i++)
		used += (size_t)snprintf(got + used, sizeof(got) - used, "%s %s %s>%s; ",
					 change.keys[i].port, change.keys[i].key,
					 change.keys[i].old, change.keys[i].new);
	assert_string_equal(got, wanted);
	change_free(&change);
	config_free(old);
	config_free(new);
}

static void a_file_does_not_differ_from_itself(void **state)
{
	static const char *const texts[] = {
		EDGE "channels: [{name: blue, svid: 200}]\nvfs: [{id: 0, dev: a, " MAC0
		     ", channel: blue}]\n",
		BRIDGE "ports: [{name: p1, dev: a, svid: 5}, {name: p2, dev: b}]\n",
		EXTENDER("vn-tag") "vfs: [{id: 0, dev: a, " MAC0 ", vif: 5}]\n"
				   "cascade: [{dev: b, ids: [6-9, 0x100]}]\n"
				   "replication: [{list: 0x1001, members: [vf0, b]}]\n",
		BRIDGE "ports: [{name: x1, dev: a, tag: e-tag, ecid: 5},\n"
		       "        {name: x2, dev: a, tag: e-tag, ecid: 6}]\n"
		       "replication: [{dev: a, grp: 1, ecid: 7, members: [x1, x2]}]\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_differ(texts[i], texts[i], "");
}

static void channels_come_go_and_change(void **state)
{
	(void)state;
	assert_differ(EDGE "channels: [{name: blue, svid: 200}, {name: red, svid: 300}]\n"
			   "vfs: [{id: 0, dev: a, " MAC0 ", channel: red}]\n",
		      EDGE
		      "channels: [{name: green, svid: 400}, {name: sky, svid: 200, relay: vepa}]\n"
		      "vfs: [{id: 0, dev: a, " MAC0 ", channel: sky}]\n",
		      "uplink.green svid >400; "
		      "uplink.sky name blue>sky; uplink.sky relay veb>vepa; "
		      "uplink.red svid 300>; "
		      "vf0 relay veb>vepa; vf0 channel red>sky; ");
	assert_differ(EDGE, EDGE "relay: vepa\n", "pf relay veb>vepa; ");
	assert_differ(EDGE "channels: [{name: abcdefghijklmno, svid: 4094}]\n", EDGE,
		      "uplink.abcdefghijklmno svid 4094>; ");
}

static void a_bridge_says_what_is_its_own(void **state)
{
	(void)state;
	assert_differ(BRIDGE "ports: [{name: p1, dev: a}]\n",
		      BRIDGE "age: 60\nbpdu: forward\nports: [{name: p1, dev: a}]\n",
		      "switch age 300>60; switch bpdu drop>forward; ");
	assert_differ(BRIDGE "ports: [{name: p1, dev: a}]\n",
		      BRIDGE
		      "ports: [{name: p1, dev: a, reflective_relay: on, learning: off,\n"
		      "         learn_limit: 5, static: 02:00:00:00:00:01, state: disable}]\n",
		      "p1 static >02:00:00:00:00:01; p1 state auto>disable; "
		      "p1 reflective_relay off>on; p1 learning on>off; p1 learn_limit 1024>5; ");
}

/* A port is its device and its svid: its place in the file and its name are no matter. */
static void ports_of_a_bridge_come_go_and_change_their_names(void **state)
{
	(void)state;
	assert_differ(
		BRIDGE
		"ports: [{name: p1, dev: a}, {name: p2, dev: b, svid: 5}, {name: p3, dev: c}]\n",
		BRIDGE
		"ports: [{name: x2, dev: b, svid: 5}, {name: p1, dev: a}, {name: p3, dev: d}]\n",
		"x2 name p2>x2; p3 dev >d; p3 dev c>; ");
	/* the closed port of a device becomes the one that the file gives */
	assert_differ(BRIDGE "ports: [{name: p2, dev: b, svid: 5}]\n",
		      BRIDGE "ports: [{name: p2, dev: b, svid: 5}, {name: p1, dev: b, vlan: 5}]\n",
		      "p1 name b>p1; p1 vlan 0>5; p1 learning off>on; p1 learn_limit 0>1024; ");
	assert_differ(BRIDGE "ports: [{name: p1, dev: b}]\n",
		      BRIDGE "ports: [{name: p1, dev: b, svid: 6}]\n",
		      "p1 dev >b; b name p1>b; b trunk all>; b untagged on>off; "
		      "b learning on>off; b learn_limit 1024>0; ");
}

static void an_edge_switch_and_a_bridge_have_no_port_in_common(void **state)
{
	(void)state;
	assert_differ(EDGE "channels: [{name: blue, svid: 200}]\nvfs: [{id: 0, dev: a, " MAC0
			   "}]\n",
		      BRIDGE "ports: [{name: p1, dev: a}]\n",
		      "switch relay veb>bridge; uplink.blue svid 200>; p1 dev >a; vf0 dev a>; ");
	assert_differ(BRIDGE "ports: [{name: p1, dev: a}]\n", EDGE,
		      "switch relay bridge>veb; p1 dev a>; ");
}

#define VF(id, ecid) "{id: " id ", dev: v" id ", mac: 02:00:00:00:00:0" id ", " ecid "}"

static void ids_of_an_extender_are_keys_of_its_ports(void **state)
{
	(void)state;
	assert_differ(EXTENDER("e-tag") "vfs: [" VF("0", "ecid: 0x12") ", " VF("1", "ecid: 0x34") "]\n",
		      EXTENDER("e-tag") "vfs: [" VF("0", "ecid: 18") ", " VF("1", "ecid: 0xab123") "]\n"
					"pf: {ecid: 1}\n",
		      "pf ecid >0x001; vf1 ecid 0x034>0xab123; ");
	assert_differ(EXTENDER("e-tag") "vfs: [" VF("0", "ecid: 5") "]\n",
		      EXTENDER("vn-tag") "vfs: [" VF("0", "vif: 5") "]\n",
		      "switch tag e-tag>vn-tag; vf0 ecid 0x005>; vf0 vif >0x005; ");
	assert_differ(EDGE, EXTENDER("e-tag"), "switch relay veb>extender; ");
}

static void cascades_and_groups_come_go_and_change(void **state)
{
	(void)state;
	assert_differ(EXTENDER("e-tag") "pf: {ecid: 1}\nvfs: [" VF("0", "ecid: 5") "]\n"
					"cascade: [{dev: a, ids: [0x100]}, {dev: b, ids: [0x200-0x2ff]}]\n"
					"replication: [{grp: 1, ecid: 9, members: [vf0, a]},\n"
					"              {grp: 2, ecid: 9, members: [a, pf]}]\n",
		      EXTENDER("e-tag") "pf: {ecid: 1}\nvfs: [" VF("0", "ecid: 5") "]\n"
					"cascade: [{dev: c, ids: [0x300]}, {dev: a, ids: [0x100-0x101, 0x200]}]\n"
					"replication: [{grp: 2, ecid: 9, members: [a, vf0]},\n"
					"              {grp: 3, ecid: 9, members: [c]}]\n",
		      "c dev >c; a ids 0x100>0x100-0x101,0x200; b dev b>; "
		      "uplink.2.9 members a,pf>a,vf0; uplink.3.9 members >c; "
		      "uplink.1.9 members vf0,a>; ");
	/* a VF's device that becomes a cascade's */
	assert_differ(EXTENDER("e-tag") "vfs: [" VF("0", "ecid: 5") "]\n",
		      EXTENDER("e-tag") "cascade: [{dev: v0, ids: [5]}]\n",
		      "vf0 dev v0>; v0 dev >v0; ");
}

#define X(name, more) "{name: " name ", dev: a, " more "}"

/* It is another port, without what was learned and counted; but not in the words of the file. */
static void a_bridges_port_may_get_another_id(void **state)
{
	(void)state;
	assert_differ(BRIDGE "ports: [" X("x1", "tag: e-tag, ecid: 5") ", " X("x2", "tag: e-tag, ecid: 6") "]\n",
		      BRIDGE "ports: [" X("x1", "tag: e-tag, ecid: 7") ", " X("x2", "tag: e-tag, ecid: 6") "]\n",
		      "x1 ecid 0x005>0x007; ");
	assert_differ(BRIDGE "ports: [" X("x1", "tag: e-tag, ecid: 5") "]\n",
		      BRIDGE "ports: [" X("x1", "tag: vn-tag, vif: 5") "]\n",
		      "x1 tag e-tag>vn-tag; x1 ecid 0x005>; x1 vif >0x005; ");
	assert_differ(BRIDGE "ports: [" X("x1", "svid: 5") "]\n",
		      BRIDGE "ports: [" X("x1", "tag: vn-tag, vif: 6") "]\n",
		      "x1 tag >vn-tag; x1 svid 5>; x1 vif >0x006; ");
	/* the ids of two ports are exchanged: each name goes where its id was */
	assert_differ(BRIDGE "ports: [" X("x1", "tag: e-tag, ecid: 5") ", " X("x2", "tag: e-tag, ecid: 6") "]\n",
		      BRIDGE "ports: [" X("x1", "tag: e-tag, ecid: 6") ", " X("x2", "tag: e-tag, ecid: 5") "]\n",
		      "x1 name x2>x1; x2 name x1>x2; ");
	/* one goes and another comes */
	assert_differ(BRIDGE "ports: [" X("x1", "tag: e-tag, ecid: 5") "]\n",
		      BRIDGE "ports: [" X("x2", "tag: e-tag, ecid: 6") "]\n",
		      "x2 dev >a; x1 dev a>; ");
}

#define TWO BRIDGE "ports: [" X("x1", "tag: e-tag, ecid: 5, vlan: 9") ", " \
	    X("x2", "tag: e-tag, ecid: 6, vlan: 9") ", " X("x3", "tag: e-tag, ecid: 7, vlan: 9") "]\n"

static void groups_of_a_bridge_come_go_and_change(void **state)
{
	(void)state;
	assert_differ(TWO, TWO "replication: [{dev: a, vlan: 9, grp: 1, ecid: 8, members: [x1, x2]}]\n",
		      "a.1.8 members >x1,x2; ");
	assert_differ(TWO "replication: [{dev: a, vlan: 9, grp: 1, ecid: 8, members: [x1, x2]}]\n",
		      TWO "replication: [{dev: a, vlan: 9, grp: 1, ecid: 8, members: [x1, x2, x3]}]\n",
		      "a.1.8 members x1,x2>x1,x2,x3; ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_does_not_differ_from_itself),
		cmocka_unit_test(channels_come_go_and_change),
		cmocka_unit_test(a_bridge_says_what_is_its_own),
		cmocka_unit_test(ports_of_a_bridge_come_go_and_change_their_names),
		cmocka_unit_test(an_edge_switch_and_a_bridge_have_no_port_in_common),
		cmocka_unit_test(ids_of_an_extender_are_keys_of_its_ports),
		cmocka_unit_test(cascades_and_groups_come_go_and_change),
		cmocka_unit_test(a_bridges_port_may_get_another_id),
		cmocka_unit_test(groups_of_a_bridge_come_go_and_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
