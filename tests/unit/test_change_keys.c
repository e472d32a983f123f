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
	};

	(void)state;
	for (size_t i = 0; i < 2; i++)
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_does_not_differ_from_itself),
		cmocka_unit_test(channels_come_go_and_change),
		cmocka_unit_test(a_bridge_says_what_is_its_own),
		cmocka_unit_test(ports_of_a_bridge_come_go_and_change_their_names),
		cmocka_unit_test(an_edge_switch_and_a_bridge_have_no_port_in_common),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
