/* SPDX-License-Identifier: GPL-2.0-only */
/* test_config_edit.c - a text with one key changed, and nothing else. */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "test_config_cases.h"

#define BASE                                          \
	"version: 1\n"                                \
	"switch: edge0\n"                             \
	"uplink:\n"                                   \
	"  dev: eth0\n"                               \
	"portgroups:\n"                               \
	"- name: web\n"                               \
	"  vlan: 10\n"                                \
	"acls:\n"                                     \
	"  a:\n"                                      \
	"  - {proto: tcp, dport: 22, action: deny}\n" \
	"vfs:\n"                                      \
	"- id: 3\n"                                   \
	"  dev: vf3h\n"                               \
	"  mac: '02:00:00:00:01:00'\n"                \
	"  vlan: 7\n"                                 \
	"- id: 0x10\n"                                \
	"  dev: vf16h\n"                              \
	"  guest: {netns: red, name: eth0}\n"         \
	"  guard:\n"                                  \
	"    ipv4: [10.0.0.5]\n"                      \
	"  storm: {broadcast: 5, unknown: 7}\n"       \
	"- id: 17\n"                                  \
	"  dev: vf17h\n"                              \
	"  guest: {netns: blue, name: eth0}\n"

/* the text after the edit; fails the test when it is refused */
static char *edit(const char *text, const char *object, const char *key, const char *value)
{
	struct config_error err;
	char *out = NULL;
	size_t len = 0;

	if (config_edit(text, strlen(text), object, key, value, &out, &len, &err))
		fail_msg("%s %s %s: %s", object, key, value, err.text);
	assert_int_equal(len, strlen(out));
	return out;
}

/* BASE with @old, which stands in it once, replaced by @new */
static char *base_with(const char *old, const char *new)
{
	const char *at = strstr(BASE, old);
	size_t size = strlen(BASE) + strlen(new) + 1;
	char *text = malloc(size);

	assert_non_null(text);
	assert_non_null(at);
	assert_null(strstr(at + 1, old));
	snprintf(text, size, "%.*s%s%s", (int)(at - BASE), BASE, new, at + strlen(old));
	return text;
}

static const struct edited {
	const char *object, *key, *value;
	const char *old, *new; /* what changes in BASE */
} edited[] = {
	{"vf 3", "vlan", "9", "  vlan: 7\n", "  vlan: 9\n"},
	{"vf 3", "vlan", "default", "  vlan: 7\n", ""},
	{"vf 3", "qos", "default", "  vlan: 7\n", "  vlan: 7\n"},
	{"vf 3", "qos", "5", "  vlan: 7\n", "  vlan: 7\n  qos: 5\n"},
	{"vf 3", "spoofchk", "off", "  vlan: 7\n", "  vlan: 7\n  spoofchk: off\n"},
	{"vf 3", "state", "disable", "  vlan: 7\n", "  vlan: 7\n  state: disable\n"},
	{"vf 3", "acl", "a", "  vlan: 7\n", "  vlan: 7\n  acl: a\n"},
	{"vf 3", "portgroup", "web", "  vlan: 7\n", "  vlan: 7\n  portgroup: web\n"},
	{"vf 3", "trunk", "200,300-310", "  vlan: 7\n", "  vlan: 7\n  trunk: [200, 300-310]\n"},
	{"vf 3", "trunk", "200", "  vlan: 7\n", "  vlan: 7\n  trunk: [200]\n"},
	{"vf 3", "trunk", "all", "  vlan: 7\n", "  vlan: 7\n  trunk: all\n"},
	{"vf 3", "mac", "02:00:00:00:01:01,02:00:00:00:01:02", "  mac: '02:00:00:00:01:00'\n",
	 "  mac: ['02:00:00:00:01:01', '02:00:00:00:01:02']\n"},
	{"vf 3", "proto", "802.1ad", "  vlan: 7\n", "  vlan: 7\n  proto: 802.1ad\n"},
	{"vf 3", "guard.ipv4", "10.0.0.6", "  vlan: 7\n",
	 "  vlan: 7\n  guard:\n    ipv4: [10.0.0.6]\n"},
	{"vf 3", "storm.multicast", "100", "  vlan: 7\n", "  vlan: 7\n  storm: {multicast: 100}\n"},
	{"vf 3", "storm", "default", "  vlan: 7\n", "  vlan: 7\n"},
	{"vf 3", "storm.multicast", "default", "  vlan: 7\n", "  vlan: 7\n"},
	{"vf 0x3", "vlan", "9", "  vlan: 7\n", "  vlan: 9\n"},
	{"vf 16", "guard.ipv4", "10.0.0.6,10.1.0.0/16", "[10.0.0.5]", "[10.0.0.6, 10.1.0.0/16]"},
	{"vf 16", "guard.ipv6", "fd00::5", "    ipv4: [10.0.0.5]\n",
	 "    ipv4: [10.0.0.5]\n    ipv6: ['fd00::5']\n"},
	{"vf 16", "guard.ipv4", "default", "  guard:\n    ipv4: [10.0.0.5]\n", ""},
	{"vf 16", "guard.ipv6", "default", "    ipv4: [10.0.0.5]\n", "    ipv4: [10.0.0.5]\n"},
	{"vf 16", "guard", "default", "  guard:\n    ipv4: [10.0.0.5]\n", ""},
	{"vf 16", "storm.broadcast", "6", "broadcast: 5,", "broadcast: 6,"},
	{"vf 16", "storm.multicast", "6", "unknown: 7}", "unknown: 7, multicast: 6}"},
	{"vf 16", "storm.broadcast", "default", "broadcast: 5, ", ""},
	{"vf 16", "storm", "default", "  storm: {broadcast: 5, unknown: 7}\n", ""},
	{"pf", "vlan", "5", "  guest: {netns: blue, name: eth0}\n",
	 "  guest: {netns: blue, name: eth0}\npf:\n  vlan: 5\n"},
	{"pf", "vlan", "default", "id: 17", "id: 17"},
	{"pf", "trunk", "5,6-9", "  guest: {netns: blue, name: eth0}\n",
	 "  guest: {netns: blue, name: eth0}\npf:\n  trunk: [5, 6-9]\n"},
	{"uplink", "hook", "tc", "  dev: eth0\n", "  dev: eth0\n  hook: tc\n"},
	{"portgroup web", "vlan", "11", "  vlan: 10\n", "  vlan: 11\n"},
	{"portgroup web", "max_tx_rate", "100", "  vlan: 10\n", "  vlan: 10\n  max_tx_rate: 100\n"},
};

static void one_key_changes_and_nothing_else(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(edited) / sizeof(edited[0]); i++) {
		const struct edited *e = &edited[i];
		char *wanted = base_with(e->old, e->new);
		char *got = edit(BASE, e->object, e->key, e->value);

		if (strcmp(got, wanted))
			fail_msg("%s %s %s:\n%s\ninstead of\n%s", e->object, e->key, e->value, got,
				 wanted);
		config_free(parse(got));
		free(got);
		free(wanted);
	}
}

static void an_edit_is_undone_by_the_old_value(void **state)
{
	char *one = edit(BASE, "vf 3", "trunk", "20-30");
	char *two = edit(one, "vf 3", "vlan", "40");
	char *three = edit(two, "vf 3", "trunk", "default");
	char *four = edit(three, "vf 3", "vlan", "7");

	(void)state;
	assert_string_equal(four, BASE);
	free(one);
	free(two);
	free(three);
	free(four);
}

/* a bridge, and an edge switch with channels: their objects are found by name */
#define BRIDGE_BASE       \
	"version: 1\n"    \
	"switch: tor\n"   \
	"relay: bridge\n" \
	"portgroups:\n"   \
	"- name: lan\n"   \
	"  vlan: 10\n"    \
	"ports:\n"        \
	"- name: p1\n"    \
	"  dev: swp1\n"   \
	"- name: p2\n"    \
	"  dev: swp1\n"   \
	"  svid: 200\n"   \
	"  reflective_relay: on\n"
#define EXTENDER_BASE                                \
	"version: 1\nswitch: pe0\nrelay: extender\n" \
	"tag: e-tag\nuplink:\n  dev: eth0\n"         \
	"portgroups:\n- name: lan\n  vlan: 5\n"      \
	"vfs:\n- id: 0\n  dev: a\n  spoofchk: off\n  ecid: 5\n"
#define EXTENDED_BASE                              \
	"version: 1\nswitch: cb0\nrelay: bridge\n" \
	"ports:\n- name: x1\n  dev: a\n  tag: vn-tag\n  vif: 5\n- name: p1\n  dev: b\n"
#define CHANNEL_BASE      \
	"version: 1\n"    \
	"switch: edge0\n" \
	"uplink:\n"       \
	"  dev: eth0\n"   \
	"channels:\n"     \
	"- name: blue\n"  \
	"  svid: 200\n"   \
	"- name: red\n"   \
	"  svid: 300\n"   \
	"vfs:\n"          \
	"- id: 0\n"       \
	"  dev: vf0h\n"   \
	"  mac: '02:00:00:00:01:00'\n"

static void ports_and_channels_are_found_by_name(void **state)
{
	static const struct {
		const char *base, *object, *key, *value;
		const char *last, *line; /* the line behind the last of the object's, with @line */
	} added[] = {
		{BRIDGE_BASE, "port p1", "learn_limit", "5", "  dev: swp1\n- name: p2\n",
		 "  dev: swp1\n  learn_limit: 5\n- name: p2\n"},
		{BRIDGE_BASE, "port p1", "static", "02:00:00:00:00:01,02:00:00:00:00:02",
		 "  dev: swp1\n- name: p2\n",
		 "  dev: swp1\n  static: ['02:00:00:00:00:01', '02:00:00:00:00:02']\n- name: p2\n"},
		{BRIDGE_BASE, "port p2", "reflective_relay", "off", "reflective_relay: on",
		 "reflective_relay: off"},
		{BRIDGE_BASE, "port p2", "reflective_relay", "default",
		 "  svid: 200\n  reflective_relay: on\n", "  svid: 200\n"},
		{BRIDGE_BASE, "port p2", "storm.unknown", "9", "reflective_relay: on\n",
		 "reflective_relay: on\n  storm: {unknown: 9}\n"},
		{BRIDGE_BASE, "portgroup lan", "learning", "off", "  vlan: 10\n",
		 "  vlan: 10\n  learning: off\n"},
		{CHANNEL_BASE, "channel blue", "relay", "vepa", "  svid: 200\n",
		 "  svid: 200\n  relay: vepa\n"},
		{CHANNEL_BASE, "channel red", "relay", "default", "red", "red"},
		{CHANNEL_BASE, "vf 0", "channel", "red", "01:00'\n", "01:00'\n  channel: red\n"},
		{CHANNEL_BASE, "vf 0", "relay", "private", "01:00'\n",
		 "01:00'\n  relay: private\n"},
		{EXTENDER_BASE, "vf 0", "ecid", "0x12", "ecid: 5", "ecid: 0x12"},
		{EXTENDER_BASE, "pf", "ecid", "6", "ecid: 5\n", "ecid: 5\npf:\n  ecid: 6\n"},
		{EXTENDED_BASE, "port x1", "vif", "18", "vif: 5", "vif: 18"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(added) / sizeof(added[0]); i++) {
		const char *base = added[i].base, *at = strstr(base, added[i].last);
		char *got = edit(base, added[i].object, added[i].key, added[i].value);
		char wanted[1024];

		assert_non_null(at);
		snprintf(wanted, sizeof(wanted), "%.*s%s%s", (int)(at - base), base, added[i].line,
			 at + strlen(added[i].last));
		assert_string_equal(got, wanted);
		config_free(parse(got));
		free(got);
	}
}

static void objects_of_another_switch_are_refused(void **state)
{
	static const struct {
		const char *base, *object, *key, *value, *text;
	} others[] = {
		{BRIDGE_BASE, "pf", "vlan", "1",
		 "'pf' is not in this switch: it has port p1, port p2, portgroup lan"},
		{BRIDGE_BASE, "uplink", "hook", "tc", "it has port p1"},
		{BRIDGE_BASE, "vf 0", "vlan", "1", "it has port p1"},
		{BRIDGE_BASE, "channel p2", "relay", "veb", "it has port p1"},
		{BRIDGE_BASE, "port swp1", "vlan", "1", "it has port p1"},
		{BRIDGE_BASE, "port ", "vlan", "1", "it has port p1"},
		{BRIDGE_BASE, "port p1", "mac", "02:00:00:00:00:01", "write static"},
		{BRIDGE_BASE, "port p1", "svid", "5", "use apply"},
		{BRIDGE_BASE, "port p1", "name", "x", "use apply"},
		{BRIDGE_BASE, "port p1", "dev", "x", "use apply"},
		{BRIDGE_BASE, "port p1", "present", "later", "use apply"},
		{BRIDGE_BASE, "portgroup lan", "trust", "on", "needs no trust"},
		{CHANNEL_BASE, "port blue", "vlan", "1",
		 "it has pf, uplink, vf 0, channel blue, channel red"},
		{CHANNEL_BASE, "channel green", "relay", "veb", "channel blue, channel red"},
		{CHANNEL_BASE, "channel blue", "svid", "5", "use apply"},
		{CHANNEL_BASE, "channel blue", "name", "x", "use apply"},
		{CHANNEL_BASE, "channel blue", "vlan", "5", "'vlan' is not a key of a channel"},
		{CHANNEL_BASE, "vf 0", "learning", "on", "to a bridge's port"},
		{CHANNEL_BASE, "vf 0", "ecid", "5", "only an extender's ports have one"},
		{EXTENDER_BASE, "vf 0", "trunk", "5", "without vlan it is in every VLAN"},
		{EXTENDER_BASE, "vf 0", "tag", "vn-tag", "at the top of the file"},
		{EXTENDER_BASE, "portgroup lan", "ecid", "5", "'ecid' is not a key of an extender's portgroup"},
		{BRIDGE_BASE, "port p1", "tag", "e-tag", "use apply"},
		{EXTENDER_BASE, "portgroup lan", "isolated", "on", "bridge above"},
		{EXTENDER_BASE, "channel a", "relay", "veb", "it has pf, uplink, vf 0, portgroup"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		struct config_error err;
		char *out = NULL;
		size_t len = 0;

		assert_int_equal(config_edit(others[i].base, strlen(others[i].base),
					     others[i].object, others[i].key, others[i].value, &out,
					     &len, &err),
				 -EINVAL);
		assert_null(out);
		if (!strstr(err.text, others[i].text))
			fail_msg("%s %s: %s", others[i].object, others[i].key, err.text);
	}
}

/* Several keys are set one after another, and only what comes out must be sound. */
static void a_contradiction_on_the_way_is_no_error(void **state)
{
	char *one = edit(BASE, "vf 3", "promisc", "on"); /* without trust */
	char *two = edit(one, "vf 3", "trust", "on");
	struct config *cfg = NULL;
	struct config_error err;

	(void)state;
	assert_int_equal(config_parse("x", one, strlen(one), &cfg, &err), -EINVAL);
	cfg = parse(two);
	assert_true(cfg->vfs[0].port.promisc);
	config_free(cfg);
	free(one);
	free(two);
}

static void an_edit_reaches_one_object_through_aliases(void **state)
{
	static const char text[] =
		HEAD "vfs:\n"
		     "  - {id: 0, dev: a, guest: {netns: n0, name: e}, storm: &s {unknown: 5},\n"
		     "     guard: &g {ipv4: &a [10.0.0.1]}}\n"
		     "  - {id: 1, dev: b, guest: {netns: n1, name: e}, storm: *s, guard: *g}\n"
		     "  - {id: 2, dev: c, guest: {netns: n2, name: e}, guard: {ipv4: *a}}\n";
	char *one = edit(text, "vf 0", "storm.unknown", "6");
	char *two = edit(one, "vf 1", "guard.ipv4", "10.0.0.2");
	struct config *cfg = parse(two);

	(void)state;
	assert_int_equal(cfg->vfs[0].port.storm[CONFIG_STORM_UNKNOWN], 6);
	assert_int_equal(cfg->vfs[1].port.storm[CONFIG_STORM_UNKNOWN], 5);
	assert_int_equal(cfg->vfs[0].port.guard[0].addr[3], 1);
	assert_int_equal(cfg->vfs[1].port.guard[0].addr[3], 2);
	assert_int_equal(cfg->vfs[2].port.guard[0].addr[3], 1);
	assert_null(strchr(two, '&'));
	assert_null(strchr(two, '*'));
	config_free(cfg);
	free(one);
	free(two);
}

static void words_that_yaml_would_take_for_nothing_are_quoted(void **state)
{
	static const char text[] = HEAD "acls: {'null': [{action: deny}]}\npf: {acl: 'null'}\n";
	char *out = edit(text, "pf", "acl", "null");

	(void)state;
	config_free(parse(out));
	free(out);
}

/* A wrong value is written as it is: the parser has the sentence, and the place in the new text. */
static void a_wrong_value_is_for_the_parser(void **state)
{
	static const struct {
		const char *key, *value, *text;
	} wrong[] = {
		{"vlan", "4095", "'4095' is not a VLAN"},
		{"vlan", "1, qos: 2", "'1, qos: 2' is not a VLAN"},
		{"vlan", "", "'' is not a VLAN"},
		{"vlan", "null", "'null' is not a VLAN"},
		{"vlan", "[5]", "'[5]' is not a VLAN"},
		{"spoofchk", "true # no", "write on, off"},
		{"trunk", "", "an empty list"},
		{"trunk", "5,", "'' is not a VLAN"},
		{"trunk", ",5", "'' is not a VLAN"},
		{"trunk", "5,,6", "'' is not a VLAN"},
		{"trunk", "5, 6", "' 6' is not a VLAN"},
		{"trunk", "all,5", "'all' is not a VLAN"},
		{"mac", "", "an empty list"},
		{"multicast", "02:00:00:00:00:01", "no group address"},
		{"guard.ipv4", "10.0.0.1/24", "write 10.0.0.0/24"},
		{"acl", "b", "'b' is not one of acls: these are a"},
		{"portgroup", "b", "these are web"},
		{"channel", "b", "'b' is not one of channels: there are none"},
		{"relay", "bridge", "'bridge' is what a whole switch is"},
		{"min_tx_rate", "5", "use tc htb on the uplink"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		char *out = edit(BASE, "vf 3", wrong[i].key, wrong[i].value);
		struct config *cfg = NULL;
		struct config_error err;

		assert_int_equal(config_parse("x", out, strlen(out), &cfg, &err), -EINVAL);
		if (!strstr(err.text, wrong[i].text))
			fail_msg("%s %s: %s\n%s", wrong[i].key, wrong[i].value, err.text, out);
		free(out);
	}
}

static const struct refused {
	const char *object, *key, *value, *text;
} refused[] = {
	{"vf 4", "vlan", "1",
	 "'vf 4' is not in this switch: it has pf, uplink, vf 3, vf 16-17, "
	 "portgroup web"},
	{"vf", "vlan", "1", "it has pf, uplink"},
	{"vf ", "vlan", "1", "it has pf, uplink"},
	{"vf 3x", "vlan", "1", "it has pf, uplink"},
	{"vf 03", "vlan", "1", "it has pf, uplink"},
	{"vf -1", "vlan", "1", "it has pf, uplink"},
	{"vf 3 ", "vlan", "1", "it has pf, uplink"},
	{"vf3", "vlan", "1", "it has pf, uplink"},
	{"VF 3", "vlan", "1", "it has pf, uplink"},
	{"portgroup db", "vlan", "1", "portgroup web"},
	{"port p1", "vlan", "1", "'port p1' is not in this switch"},
	{"\x1b[2J", "vlan", "1", "'\\x1b[2J'"},
	{"", "vlan", "1", "'' is not in this switch"},
	{"vf 3", "vlna", "1", "'vlna' is not a key of a VF: did you mean 'vlan'?"},
	{"vf 3", "colour", "1", "these are id, dev"},
	{"vf 3", "", "1", "'' is not a key of a VF"},
	{"vf 3", ".", "1", "'' is not a key of a VF"},
	{"vf 3", "vlan.x", "1", "write vlan without '.x'"},
	{"vf 3", "vlan.", "1", "write vlan without '.'"},
	{"vf 3", "vlan.\x1b[2J", "1", "vlan: has no keys of its own: write vlan without '.\\x1b[2J'"},
	{"vf 3", "guard.", "1", "'' is not a key of guard"},
	{"vf 3", "guard.ip", "1", "these are ipv4, ipv6"},
	{"vf 3", "guard.ipv4.x", "1", "'ipv4.x' is not a key of guard"},
	{"vf 3", "guard", "10.0.0.1", "such as guard.ipv4"},
	{"vf 3", "storm", "5", "such as storm.broadcast"},
	{"vf 3", "storm.unicast", "5", "did you mean 'multicast'?"},
	{"vf 3", "id", "5",
	 "id: cannot be set while the switch runs: write it in the file and use apply"},
	{"vf 3", "dev", "x", "use apply"},
	{"vf 3", "kind", "veth", "use apply"},
	{"vf 3", "present", "later", "use apply"},
	{"vf 3", "guest", "x", "use apply"},
	{"vf 3", "guest.name", "x", "use apply"},
	{"vf 3", "guest", "default", "use apply"},
	{"vf 3", "vlan", "1\n", "'1\\n' has more than printable ASCII"},
	{"vf 3", "vlan", "\xff", "'\\xff'"},
	{"pf", "trust", "on", "'trust' is not a key of pf: it belongs to a VF"},
	{"uplink", "dev", "eth1", "use apply"},
	{"uplink", "vlan", "1", "'vlan' is not a key of uplink"},
	{"portgroup web", "name", "x", "use apply"},
	{"portgroup web", "mac", "x", "it belongs to a VF"},
};

static void unknown_and_fixed_things_are_refused_with_a_sentence(void **state)
{
	char *const untouched = (char *)(uintptr_t)BASE;

	(void)state;
	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		const struct refused *r = &refused[i];
		char *out = untouched;
		size_t len = 77;
		struct config_error err;

		assert_int_equal(config_edit(BASE, strlen(BASE), r->object, r->key, r->value, &out,
					     &len, &err),
				 -EINVAL);
		assert_ptr_equal(out, untouched);
		assert_int_equal(len, 77);
		assert_int_equal(err.pos.line, 0);
		if (!strstr(err.text, r->text))
			fail_msg("%s %s %s: %s", r->object, r->key, r->value, err.text);
		for (const char *c = err.text; *c; c++)
			assert_true(*c >= ' ' && *c <= '~');
	}
}

static void a_text_that_is_no_configuration_is_refused(void **state)
{
	static const char *const texts[] = {"",		"# nothing\n", "hello\n",
					    "[1, 2]\n", "a: [\n",      "\xff"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		struct config_error err;
		char *out = NULL;
		size_t len;

		assert_int_equal(config_edit(texts[i], strlen(texts[i]), "pf", "vlan", "1", &out,
					     &len, &err),
				 -EINVAL);
		assert_int_equal(config_canonical(texts[i], strlen(texts[i]), &out, &len, &err),
				 -EINVAL);
		assert_null(out);
		assert_true(err.text[0] && err.pos.line);
	}
}

static void what_grows_beyond_a_file_is_refused(void **state)
{
	size_t len = 0, size = 64 * 1024;
	char *text = malloc(size), *out = NULL;
	struct config_error err;

	(void)state;
	/* 1000 times a list of 1000 */
	assert_non_null(text);
	len = (size_t)snprintf(text, size, "a: &a [1000");
	for (int i = 0; i < 999; i++)
		len += (size_t)snprintf(text + len, size - len, ",1000");
	len += (size_t)snprintf(text + len, size - len, "]\nb: [*a");
	for (int i = 0; i < 999; i++)
		len += (size_t)snprintf(text + len, size - len, ",*a");
	len += (size_t)snprintf(text + len, size - len, "]\n");
	assert_int_equal(config_canonical(text, len, &out, &len, &err), -EFBIG);
	assert_non_null(strstr(err.text, "longer than 1048576 bytes"));
	assert_null(out);
	free(text);
}

static void canonical_text_is_what_people_write(void **state)
{
	static const char ugly[] =
		"# comment\n{\"version\": 1, switch: 'edge0', uplink: {dev: eth0,hook: tc},\n"
		"pf: , acls: {a: [{action: deny}, {proto: tcp, dport: \"22\", action: permit}]},\n"
		"vfs: [{id: 0, dev: a, trunk: [1,\n 2-3], mac: \"02:00:00:00:00:01\",\n"
		"  guard: {ipv6: [\"fd00::5\"]}, multicast: []}], portgroups: []}\n";
	static const char canonical[] = "'version': 1\n"
					"switch: 'edge0'\n"
					"uplink:\n"
					"  dev: eth0\n"
					"  hook: tc\n"
					"pf:\n"
					"acls:\n"
					"  a:\n"
					"  - {action: deny}\n"
					"  - {proto: tcp, dport: '22', action: permit}\n"
					"vfs:\n"
					"- id: 0\n"
					"  dev: a\n"
					"  trunk: [1, 2-3]\n"
					"  mac: '02:00:00:00:00:01'\n"
					"  guard:\n"
					"    ipv6: ['fd00::5']\n"
					"  multicast: []\n"
					"portgroups: []\n";
	struct config_error err;
	char *out = NULL;
	size_t len;

	(void)state;
	assert_int_equal(config_canonical(ugly, strlen(ugly), &out, &len, &err), 0);
	assert_string_equal(out, canonical);
	free(out);
	config_free(parse(ugly));
}

/* every file of the fuzzer's corpus that is good; see also parse() in test_config_cases.h */
static void the_good_files_survive_the_round_trip(void **state)
{
	const char *slash = strrchr(__FILE__, '/');
	char dir[512], path[1024];
	const struct dirent *entry;
	unsigned int n = 0;
	DIR *files;

	(void)state;
	snprintf(dir, sizeof(dir), "%.*s../fuzz/corpus/config",
		 slash ? (int)(slash - __FILE__ + 1) : 0, __FILE__);
	files = opendir(dir);
	if (!files)
		fail_msg("cannot open %s: run from the top directory", dir);
	while ((entry = readdir(files))) {
		struct config *cfg = NULL;
		struct config_error err;

		if (entry->d_name[0] == '.')
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (config_read(path, &cfg, &err))
			continue;
		assert_round_trip(cfg);
		config_free(cfg);
		n++;
	}
	closedir(files);
	assert_true(n >= 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_key_changes_and_nothing_else),
		cmocka_unit_test(ports_and_channels_are_found_by_name),
		cmocka_unit_test(objects_of_another_switch_are_refused),
		cmocka_unit_test(an_edit_is_undone_by_the_old_value),
		cmocka_unit_test(a_contradiction_on_the_way_is_no_error),
		cmocka_unit_test(an_edit_reaches_one_object_through_aliases),
		cmocka_unit_test(words_that_yaml_would_take_for_nothing_are_quoted),
		cmocka_unit_test(a_wrong_value_is_for_the_parser),
		cmocka_unit_test(unknown_and_fixed_things_are_refused_with_a_sentence),
		cmocka_unit_test(a_text_that_is_no_configuration_is_refused),
		cmocka_unit_test(what_grows_beyond_a_file_is_refused),
		cmocka_unit_test(canonical_text_is_what_people_write),
		cmocka_unit_test(the_good_files_survive_the_round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
