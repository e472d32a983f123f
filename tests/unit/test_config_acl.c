/* SPDX-License-Identifier: GPL-2.0-only */
/* test_config_acl.c - rules: what they become, what is refused, what is warned of. */
#include <arpa/inet.h>
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

/* one rule in line 5; its keys begin in column 11 */
#define RULE(keys) HEAD "acls:\n  web: [{" keys ", action: deny}]\n"
/* a list of rules, each in a line of its own from line 6 on */
#define RULES(rules) HEAD "acls:\n  web:\n" rules "pf: {acl: web}\n"

/* clang-format off */
static const struct bad cases[] = {
	/* lists and names */
	{"acls of a list", HEAD "acls: [web]\n", 4, 7, "a list", "write a name and its rules"},
	{"acls of an empty list", HEAD "acls: []\n", 4, 7, "an empty list", "write a name and its rules"},
	{"acls of a word", HEAD "acls: web\n", 4, 7, "'web'", "write a name and its rules"},
	{"rules of a map", HEAD "acls: {web: {action: deny}}\n", 4, 13, "a map is not a list",
	 "each rule of web"},
	{"rules of nothing", HEAD "acls:\n  web:\n", 5, 7, "an empty value", "each rule of web"},
	{"rule of a word", HEAD "acls: {web: [deny]}\n", 4, 14, "'deny' is not a rule", "{dir: tx"},
	{"rule of nothing", HEAD "acls: {web: [~]}\n", 4, 14, "'~' is not a rule", "action: deny"},
	{"name of two words", HEAD "acls: {a b: []}\n", 4, 8, "'a b'", "1 to 15"},
	{"name of 16 characters", HEAD "acls: {abcdefghijklmnop: []}\n", 4, 8, "'abcdefghijklmnop'",
	 "1 to 15"},
	{"name like an option", HEAD "acls: {-a: []}\n", 4, 8, "'-a'", "not beginning with -"},
	{"name null", HEAD "acls: {~: []}\n", 4, 8, "'~' is not a name of an acl", "1 to 15"},
	{"name of a list", HEAD "acls: {[a]: []}\n", 4, 8, "a list", "1 to 15"},
	{"one name twice", HEAD "acls:\n  a: []\n  b: []\n  a: []\n", 7, 3, "'a' is in line 5", "once"},
	{"acl that is not there", VF("acl: web"), 8, 10, "'web' is not one of acls", "there are none"},
	{"acl misspelt", VF("acl: wbe") "acls: {web: [], db: []}\n", 8, 10, "'wbe'", "these are web, db"},
	{"acl of a list", VF("acl: [web]") "acls: {web: []}\n", 8, 10, "a list", "these are web"},
	{"acl of nothing", VF("acl:") "acls: {web: []}\n", 8, 9, "an empty value", "these are web"},
	{"acl of the PF", HEAD "pf: {acl: web}\n", 4, 11, "'web'", "there are none"},
	{"acl of a portgroup", HEAD "portgroups: [{name: a, acl: web}]\n", 4, 29, "'web'", "are none"},

	/* keys and values */
	{"no action", HEAD "acls: {web: [{proto: tcp}]}\n", 4, 14, "'action'", "write action: deny"},
	{"no keys", HEAD "acls: {web: [{}]}\n", 4, 14, "'action'", "write action: deny"},
	{"unknown action", HEAD "acls: {web: [{action: drop}]}\n", 4, 23, "'drop'", "permit, deny, count"},
	{"unknown key", RULE("colour: red"), 5, 10, "'colour'", "these are dir, src_mac"},
	{"misspelt key", RULE("prot: tcp"), 5, 10, "'prot'", "did you mean 'proto'?"},
	{"key twice", RULE("proto: tcp, proto: udp"), 5, 22, "'proto'", "line 5 already"},
	{"unknown direction", RULE("dir: in"), 5, 15, "'in'", "tx, rx"},
	{"direction both", RULE("dir: both"), 5, 15, "'both'", "tx, rx"},
	{"bad src_mac", RULE("src_mac: 02:00"), 5, 19, "'02:00'", "six bytes"},
	{"bad dst_mac", RULE("dst_mac: all"), 5, 19, "'all'", "six bytes"},
	{"unknown type", RULE("type: ip"), 5, 16, "'ip'", "arp, ipv4, ipv6, or a number from 1536 to 65535"},
	{"type of a length", RULE("type: 0x5ff"), 5, 16, "'0x5ff'", "a number from 1536"},
	{"type above 0xffff", RULE("type: 0x10000"), 5, 16, "'0x10000'", "to 65535"},
	{"type in quotes", RULE("type: '0x800'"), 5, 16, "'0x800'", "a number from"},
	{"vlan 4095", RULE("vlan: 4095"), 5, 16, "'4095'", "0 to 4094"},
	{"vlan of a range", RULE("vlan: 1-5"), 5, 16, "'1-5'", "0 to 4094"},
	{"unknown protocol", RULE("proto: http"), 5, 17, "'http'",
	 "tcp, udp, icmp, icmpv6, sctp, or a number from 0 to 255"},
	{"protocol 256", RULE("proto: 256"), 5, 17, "'256'", "0 to 255"},
	{"protocol in capitals", RULE("proto: TCP"), 5, 17, "'TCP'", "tcp"},
	{"src of a name", RULE("src: example.org"), 5, 15, "'example.org'", "such as 10.0.0.0/24"},
	{"src with host bits", RULE("src: 10.1.2.3/8"), 5, 15, "'10.1.2.3/8'", "write 10.0.0.0/8"},
	{"dst with host bits", RULE("dst: 'fd00::1/8'"), 5, 15, "'fd00::1/8'", "write fd00::/8"},
	{"dst of a list", RULE("dst: [10.0.0.0/8]"), 5, 15, "a list", "such as 10.0.0.0/24"},
	{"src of a wildcard", RULE("src: 10.0.0.*"), 5, 15, "'10.0.0.*'", "10.0.0.0/24"},
	{"port 65536", RULE("proto: tcp, dport: 65536"), 5, 29, "'65536'", "0 to 65535"},
	{"port of a name", RULE("proto: tcp, dport: ssh"), 5, 29, "'ssh'", "such as 22 or 6000-6063"},
	{"ports backwards", RULE("proto: tcp, sport: 20-10"), 5, 29, "'20-10'", "write 10-20"},
	{"ports without end", RULE("proto: tcp, sport: 20-"), 5, 29, "'20-'", "6000-6063"},
	{"ports of a list", RULE("proto: tcp, sport: [20]"), 5, 29, "a list", "6000-6063"},

	/* contradictions */
	{"src IPv4 and dst IPv6", RULE("src: 10.0.0.1, dst: 'fd00::1'"), 5, 30, "dst: IPv6",
	 "src, which is IPv4 (line 5)"},
	{"src IPv6 and dst IPv4", RULE("dst: 10.0.0.1, src: 'fd00::1'"), 5, 15, "dst: IPv4", "IPv6"},
	{"arp with proto", RULE("type: arp, proto: tcp"), 5, 16, "arp has no proto", "ipv4 or ipv6"},
	{"arp with src", RULE("src: 10.0.0.1, type: arp"), 5, 31, "arp has no src", "take one out"},
	{"arp with dst", RULE("dst: 10.0.0.1, type: 0x0806"), 5, 31, "arp has no dst", "take one out"},
	{"arp with dport", RULE("dport: 1, type: arp"), 5, 26, "arp has no dport", "take one out"},
	{"LLDP with proto", RULE("type: 0x88cc, proto: 6"), 5, 16, "this EtherType has no proto", "ipv4"},
	{"IPv4 with an IPv6 src", RULE("type: ipv4, src: 'fd00::1'"), 5, 16, "ipv4 contradicts src",
	 "write ipv6"},
	{"IPv6 with an IPv4 dst", RULE("type: 0x86dd, dst: 10.0.0.1"), 5, 16, "ipv6 contradicts dst",
	 "write ipv4"},
	{"icmpv6 from IPv4", RULE("proto: icmpv6, src: 10.0.0.1"), 5, 17, "icmpv6 is not in IPv4",
	 "write icmp"},
	{"icmp to IPv6", RULE("proto: 1, dst: 'fd00::/8'"), 5, 17, "icmp is not in IPv6", "write icmpv6"},
	{"icmp with type ipv6", RULE("type: ipv6, proto: icmp"), 5, 29, "icmp is not in IPv6", "icmpv6"},
	{"icmpv6 with type ipv4", RULE("type: ipv4, proto: 58"), 5, 29, "icmpv6 is not in IPv4", "icmp"},
	{"port without protocol", RULE("dport: 22"), 5, 17, "dport: a port needs", "tcp, udp or sctp"},
	{"port of any IPv4", RULE("src: 10.0.0.1, sport: 22"), 5, 32, "sport: a port needs", "tcp"},
	{"port of icmp", RULE("proto: icmp, dport: 22"), 5, 30, "a port needs", "this proto has none"},
	{"port of protocol 0", RULE("proto: 0, sport: 22"), 5, 27, "a port needs", "has none"},
};
/* clang-format on */

static void every_bad_rule_has_one_error_with_place_value_and_remedy(void **state)
{
	(void)state;
	assert_all_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

static void a_rule_without_fields_matches_everything_both_ways(void **state)
{
	struct config *cfg = parse(RULES("  - action: count\n"));
	const struct config_acl *acl = &cfg->acls[0];
	static const struct evb_rule bare = {.action = EVB_ACTION_COUNT};

	(void)state;
	assert_int_equal(cfg->n_acls, 1);
	assert_string_equal(acl->name, "web");
	assert_int_equal(acl->pos.line, 5);
	assert_int_equal(acl->pos.column, 3);
	assert_int_equal(acl->n_rules, 1);
	assert_true(acl->rules[0].tx && acl->rules[0].rx);
	assert_memory_equal(&acl->rules[0].rule, &bare, sizeof(bare));
	assert_ptr_equal(cfg->pf.acl, acl);
	assert_int_equal(cfg->n_warnings, 0);
	config_free(cfg);
}

static void every_key_of_a_rule_arrives(void **state)
{
	struct config *cfg =
		parse(RULES("  - {dir: tx, src_mac: 02:00:00:00:00:01, dst_mac: "
			    "ff:ff:ff:ff:ff:ff,\n"
			    "     type: ipv4, vlan: 7, proto: tcp, src: 10.1.2.3, dst: "
			    "10.0.0.0/20,\n"
			    "     sport: 22, dport: 6000-6063, action: deny}\n"));
	const struct config_rule *got = &cfg->acls[0].rules[0];
	const struct evb_rule *rule = &got->rule;

	(void)state;
	assert_true(got->tx);
	assert_false(got->rx);
	assert_int_equal(rule->action, EVB_ACTION_DENY);
	assert_int_equal(rule->match, 0x3ff);
	assert_memory_equal(rule->src_mac, "\x02\x00\x00\x00\x00\x01", 6);
	assert_memory_equal(rule->dst_mac, "\xff\xff\xff\xff\xff\xff", 6);
	assert_int_equal(rule->type, 0x0800);
	assert_int_equal(rule->vlan, 7);
	assert_int_equal(rule->proto, 6);
	assert_int_equal(rule->family, 4);
	assert_int_equal(rule->sport_min, 22);
	assert_int_equal(rule->sport_max, 22);
	assert_int_equal(rule->dport_min, 6000);
	assert_int_equal(rule->dport_max, 6063);
	assert_int_equal(rule->src[0], htonl(0x0a010203));
	assert_int_equal(rule->src_mask[0], 0xffffffff);
	assert_int_equal(rule->dst[0], htonl(0x0a000000));
	assert_int_equal(rule->dst_mask[0], htonl(0xfffff000));
	for (int i = 1; i < 4; i++)
		assert_int_equal(
			rule->src[i] | rule->src_mask[i] | rule->dst[i] | rule->dst_mask[i], 0);
	config_free(cfg);
}

static void an_ipv6_prefix_fills_four_words(void **state)
{
	struct config *cfg =
		parse(RULES("  - {src: 'fd00:0:0:8000::/52', dst: '2001:db8::a', dir: rx, "
			    "action: permit}\n"));
	const struct config_rule *got = &cfg->acls[0].rules[0];
	const struct evb_rule *rule = &got->rule;

	(void)state;
	assert_false(got->tx);
	assert_true(got->rx);
	assert_int_equal(rule->family, 6);
	assert_int_equal(rule->src[0], htonl(0xfd000000));
	assert_int_equal(rule->src[1], htonl(0x00008000));
	assert_int_equal(rule->src[2] | rule->src[3], 0);
	assert_int_equal(rule->src_mask[0], 0xffffffff);
	assert_int_equal(rule->src_mask[1], htonl(0xfffff000));
	assert_int_equal(rule->src_mask[2] | rule->src_mask[3], 0);
	assert_int_equal(rule->dst[0], htonl(0x20010db8));
	assert_int_equal(rule->dst[3], htonl(0x0000000a));
	for (int i = 0; i < 4; i++)
		assert_int_equal(rule->dst_mask[i], 0xffffffff);
	config_free(cfg);
}

static void fields_alone_say_what_they_match(void **state)
{
	static const struct {
		const char *keys;
		uint32_t match;
		uint8_t family;
	} one[] = {
		{"src_mac: 02:00:00:00:00:01", EVB_MATCH_SRC_MAC, 0},
		{"dst_mac: 01:00:5e:00:00:01", EVB_MATCH_DST_MAC, 0},
		{"type: arp", EVB_MATCH_TYPE, 0},
		{"type: 0x88cc", EVB_MATCH_TYPE, 0},
		{"type: 34525", EVB_MATCH_TYPE, 0},
		{"vlan: 0", EVB_MATCH_VLAN, 0},
		{"proto: 0", EVB_MATCH_PROTO, 0},
		{"proto: icmp", EVB_MATCH_PROTO, 0},
		{"type: ipv6, proto: sctp", EVB_MATCH_TYPE | EVB_MATCH_PROTO, 0},
		{"proto: udp, dport: 0", EVB_MATCH_PROTO | EVB_MATCH_DPORT, 0},
		{"proto: 132, sport: 0-65535", EVB_MATCH_PROTO | EVB_MATCH_SPORT, 0},
		{"src: 0.0.0.0/0", EVB_MATCH_FAMILY | EVB_MATCH_SRC, 4},
		{"dst: '::/0'", EVB_MATCH_FAMILY | EVB_MATCH_DST, 6},
		{"src: fd00::1, proto: icmpv6", EVB_MATCH_FAMILY | EVB_MATCH_SRC | EVB_MATCH_PROTO,
		 6},
		{"type: ipv6, dst: ff02::1", EVB_MATCH_FAMILY | EVB_MATCH_DST | EVB_MATCH_TYPE, 6},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(one) / sizeof(one[0]); i++) {
		struct config *cfg;
		char text[512];

		snprintf(text, sizeof(text), HEAD "acls:\n  a:\n  - {%s, action: deny}\n",
			 one[i].keys);
		cfg = parse(text);
		assert_int_equal(cfg->acls[0].rules[0].rule.match, one[i].match);
		assert_int_equal(cfg->acls[0].rules[0].rule.family, one[i].family);
		config_free(cfg);
	}
}

static void several_acls_serve_several_ports(void **state)
{
	struct config *cfg = parse(HEAD "vfs:\n  - {id: 1, dev: a, " MAC1 ", acl: b}\n"
					"  - {id: 2, dev: b, " MAC2 ", acl: a}\n"
					"acls:\n  a: &rules\n    - {action: deny}\n  b: *rules\n"
					"pf: {acl: b}\n");

	(void)state;
	assert_int_equal(cfg->n_acls, 2);
	assert_ptr_equal(cfg->vfs[0].port.acl, &cfg->acls[1]);
	assert_ptr_equal(cfg->vfs[1].port.acl, &cfg->acls[0]);
	assert_ptr_equal(cfg->pf.acl, &cfg->acls[1]);
	assert_int_equal(cfg->acls[1].rules[0].rule.action, EVB_ACTION_DENY);
	config_free(cfg);
}

static void no_acls_may_be_said_in_three_ways(void **state)
{
	static const char *const texts[] = {HEAD "acls:\n", HEAD "acls: {}\n", HEAD "acls: ~\n"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct config *cfg = parse(texts[i]);

		assert_int_equal(cfg->n_acls, 0);
		config_free(cfg);
	}
}

/* ---- warnings */

static const struct warned {
	const char *rules; /* of web, in lines 6, 7 ... */
	unsigned int line; /* 0: no warning */
	const char *text;
} warned[] = {
	{"  - {action: deny}\n  - {proto: tcp, action: permit}\n", 7,
	 "rule 2 of web can never match: rule 1 (line 6) decides all that it matches"},
	{"  - {action: permit}\n  - {action: count}\n", 7, "rule 1 (line 6)"},
	{"  - {action: count}\n  - {action: deny}\n", 0, ""},
	{"  - {dir: tx, action: deny}\n  - {dir: rx, action: deny}\n", 0, ""},
	{"  - {dir: tx, action: deny}\n  - {action: deny}\n", 0, ""},
	{"  - {dir: tx, action: deny}\n  - {dir: tx, vlan: 7, action: deny}\n", 7, "rule 2"},
	{"  - {dir: tx, action: deny}\n  - {dir: rx, action: deny}\n  - {action: permit}\n", 8,
	 "rule 3 of web can never match: rule 1"},
	{"  - {src: 10.0.0.0/8, action: deny}\n  - {src: 10.1.0.0/16, action: permit}\n", 7,
	 "line 6"},
	{"  - {src: 10.1.0.0/16, action: deny}\n  - {src: 10.0.0.0/8, action: permit}\n", 0, ""},
	{"  - {src: 10.0.0.0/8, action: deny}\n  - {src: 11.0.0.0/16, action: permit}\n", 0, ""},
	{"  - {src: 10.0.0.0/8, action: deny}\n  - {dst: 10.0.0.0/8, action: permit}\n", 0, ""},
	{"  - {src: 0.0.0.0/0, action: deny}\n  - {src: '::/0', action: permit}\n", 0, ""},
	{"  - {dst: 'fd00::/8', action: deny}\n"
	 "  - {dst: 'fd00:1::/32', proto: tcp, dport: 22, action: permit}\n",
	 7, "line 6"},
	{"  - {dst: 'fd00::/64', action: deny}\n  - {dst: 'fd00:0:0:1::/64', action: permit}\n", 0,
	 ""},
	{"  - {type: ipv4, action: deny}\n  - {dst: 10.0.0.1, action: permit}\n", 7, "line 6"},
	{"  - {type: ipv6, action: deny}\n  - {dst: 10.0.0.1, action: permit}\n", 0, ""},
	{"  - {type: ipv4, action: deny}\n  - {proto: tcp, action: permit}\n", 0, ""},
	{"  - {proto: tcp, dport: 20-30, action: deny}\n  - {proto: tcp, dport: 22, action: "
	 "permit}\n",
	 7, "line 6"},
	{"  - {proto: tcp, dport: 22, action: deny}\n  - {proto: tcp, dport: 20-30, action: "
	 "permit}\n",
	 0, ""},
	{"  - {proto: udp, sport: 20-30, action: deny}\n  - {proto: tcp, sport: 22, action: "
	 "permit}\n",
	 0, ""},
	{"  - {vlan: 7, action: deny}\n  - {vlan: 7, src_mac: 02:00:00:00:00:01, action: permit}\n",
	 7, "line 6"},
	{"  - {vlan: 7, action: deny}\n  - {vlan: 8, action: permit}\n", 0, ""},
	{"  - {dst_mac: 02:00:00:00:00:01, action: deny}\n"
	 "  - {dst_mac: 02:00:00:00:00:02, action: permit}\n",
	 0, ""},
	{"  - {src_mac: 03:00:00:00:00:01, action: deny}\n", 6, "group address"},
	{"  - {dst_mac: 03:00:00:00:00:01, action: deny}\n", 0, ""},
	{"  - {type: 0x8100, action: deny}\n", 6, "write vlan for the tag"},
	{"  - {type: 0x88a8, action: deny}\n", 6, "write vlan for the tag"},
	{"    []\n", 5, "web has no rules: it permits everything"},
};

static void rules_that_can_never_match_are_warned_of(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(warned) / sizeof(warned[0]); i++) {
		struct config *cfg;
		char text[1024];

		snprintf(text, sizeof(text), RULES("%s"), warned[i].rules);
		cfg = parse(text);
		if (cfg->n_warnings != !!warned[i].line)
			fail_msg("%u warnings of\n%s", cfg->n_warnings, text);
		if (warned[i].line) {
			assert_int_equal(cfg->warnings[0].pos.line, warned[i].line);
			if (!strstr(cfg->warnings[0].text, warned[i].text))
				fail_msg("%s", cfg->warnings[0].text);
		}
		config_free(cfg);
	}
}

static void an_acl_that_nobody_uses_is_warned_of(void **state)
{
	struct config *cfg = parse(HEAD "acls:\n  a: [{action: deny}]\n  b: [{action: deny}]\n"
					"  c: [{action: deny}]\n"
					"portgroups: [{name: unused, acl: c}]\npf: {acl: a}\n");
	char buf[600];

	(void)state;
	assert_int_equal(cfg->n_warnings, 1);
	assert_string_equal(config_error_format(&cfg->warnings[0], "x", buf, sizeof(buf)),
			    "x:6:3: acls: no port has acl: b: give it to one, or take it out");
	config_free(cfg);
}

static void warnings_end_with_one_that_says_so(void **state)
{
	char text[16 * 1024];
	size_t used = (size_t)snprintf(text, sizeof(text), HEAD "pf: {acl: web}\nacls:\n  web:\n");
	struct config *cfg;

	(void)state;
	for (int i = 0; i < EVB_RULES_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "  - {action: deny}\n");
	cfg = parse(text);
	assert_int_equal(cfg->acls[0].n_rules, EVB_RULES_MAX);
	assert_int_equal(cfg->n_warnings, CONFIG_WARNINGS_MAX);
	assert_int_equal(cfg->warnings[CONFIG_WARNINGS_MAX - 1].pos.line, 7 + CONFIG_WARNINGS_MAX);
	assert_non_null(strstr(cfg->warnings[CONFIG_WARNINGS_MAX - 1].text, "more than 64"));
	config_free(cfg);
}

static void too_many_rules_or_acls_are_refused(void **state)
{
	const struct bad rules = {
		"", "", 6 + EVB_RULES_MAX, 5, "number 257 of 257 of web", "at most 256"};
	const struct bad acls = {"",	       "", 5 + CONFIG_ACLS_MAX, 3, "number 129 of 129",
				 "at most 128"};
	char text[16 * 1024];
	size_t used = (size_t)snprintf(text, sizeof(text), HEAD "acls:\n  web:\n");

	(void)state;
	for (int i = 0; i <= EVB_RULES_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "  - {action: deny}\n");
	assert_true(is_refused("257 rules", text, strlen(text), &rules, -EINVAL));

	used = (size_t)snprintf(text, sizeof(text), HEAD "acls:\n");
	for (int i = 0; i < CONFIG_ACLS_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "  a%d: []\n", i);
	config_free(parse(text));
	snprintf(text + used, sizeof(text) - used, "  last: []\n");
	assert_true(is_refused("129 acls", text, strlen(text), &acls, -EINVAL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bad_rule_has_one_error_with_place_value_and_remedy),
		cmocka_unit_test(a_rule_without_fields_matches_everything_both_ways),
		cmocka_unit_test(every_key_of_a_rule_arrives),
		cmocka_unit_test(an_ipv6_prefix_fills_four_words),
		cmocka_unit_test(fields_alone_say_what_they_match),
		cmocka_unit_test(several_acls_serve_several_ports),
		cmocka_unit_test(no_acls_may_be_said_in_three_ways),
		cmocka_unit_test(rules_that_can_never_match_are_warned_of),
		cmocka_unit_test(an_acl_that_nobody_uses_is_warned_of),
		cmocka_unit_test(warnings_end_with_one_that_says_so),
		cmocka_unit_test(too_many_rules_or_acls_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
