/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_config.c - files that are good, and what they mean. Bad ones: test_config_bad.c.
 */
#include <dirent.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "config.h"
#include "config_schema.h"
#include "evb_wire.h"
#include "test_config_cases.h"

static void assert_mac(const uint8_t *mac, const char *text)
{
	char buf[18];

	snprintf(buf, sizeof(buf), "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2], mac[3],
		 mac[4], mac[5]);
	assert_string_equal(buf, text);
}

static void the_smallest_file_has_all_defaults(void **state)
{
	struct config *cfg = parse(HEAD);

	(void)state;
	assert_string_equal(cfg->file, "good.yaml");
	assert_string_equal(cfg->name, "edge0");
	assert_string_equal(cfg->uplink, "eth0");
	assert_int_equal(cfg->uplink_pos.line, 3);
	assert_int_equal(cfg->uplink_pos.column, 15);
	assert_int_equal(cfg->uplink_hook, CONFIG_HOOK_AUTO);
	assert_int_equal(cfg->relay, EVB_RELAY_VEB);
	assert_int_equal(cfg->n_vfs, 0);
	assert_null(cfg->vfs);
	assert_string_equal(cfg->text, HEAD);
	assert_int_equal(cfg->text_len, strlen(HEAD));

	assert_string_equal(cfg->pf.name, "pf");
	assert_int_equal(cfg->pf.n_macs, 0);
	assert_int_equal(cfg->pf.vlan, 0);
	assert_int_equal(cfg->pf.proto, EVB_TPID_C);
	assert_false(cfg->pf.has_proto);
	assert_true(cfg->pf.trunk_all);
	assert_true(cfg->pf.has_trunk);
	assert_true(cfg->pf.untagged);
	assert_true(cfg->pf.strip);
	assert_false(cfg->pf.spoofchk);
	assert_false(cfg->pf.isolated);
	assert_int_equal(cfg->pf.relay, EVB_RELAY_VEB);
	assert_int_equal(cfg->pf.state, EVB_STATE_AUTO);
	config_free(cfg);
}

static void a_bare_vf_is_untagged_in_no_vlan(void **state)
{
	struct config *cfg = parse(HEAD "vfs:\n"
					"  - id: 7\n"
					"    dev: vf7h\n"
					"    mac: 02:00:00:00:01:07\n");
	const struct config_vf *vf = &cfg->vfs[0];

	(void)state;
	assert_int_equal(cfg->n_vfs, 1);
	assert_int_equal(vf->id, 7);
	assert_string_equal(vf->port.name, "vf7");
	assert_string_equal(vf->dev, "vf7h");
	assert_int_equal(vf->kind, CONFIG_KIND_AUTO);
	assert_false(vf->has_guest);
	assert_string_equal(vf->guest_netns, "");
	assert_int_equal(vf->mtu, 0);
	assert_false(vf->mac_generated);
	assert_int_equal(vf->hook, CONFIG_HOOK_AUTO);
	assert_int_equal(vf->port.n_macs, 1);
	assert_mac(vf->port.mac[0], "02:00:00:00:01:07");
	assert_false(vf->port.has_trunk);
	assert_false(vf->port.trunk_all);
	assert_true(vf->port.untagged);
	assert_true(vf->port.strip);
	assert_true(vf->port.spoofchk);
	assert_int_equal(vf->port.relay, EVB_RELAY_VEB);
	assert_int_equal(vf->port.pos.line, 5);
	assert_int_equal(vf->port.pos.column, 5);
	assert_int_equal(vf->dev_pos.line, 6);
	assert_int_equal(vf->port.mac_pos.line, 7);
	assert_int_equal(vf->port.mac_pos.column, 10);
	config_free(cfg);
}

static void every_kind_arrives_and_afxdp_brings_its_hook(void **state)
{
	struct config *cfg = parse(HEAD "portgroups: [{name: x, kind: afxdp, hook: xdp}]\n"
					"vfs:\n"
					"  - {id: 0, dev: a, mac: 02:00:00:00:00:00, kind: tap}\n"
					"  - {id: 1, dev: b, mac: 02:00:00:00:00:01, kind: tap, hook: xdp}\n"
					"  - {id: 2, dev: c, mac: 02:00:00:00:00:02, kind: macvtap, hook: tc}\n"
					"  - {id: 3, dev: d, mac: 02:00:00:00:00:03, kind: afxdp}\n"
					"  - {id: 4, dev: e, mac: 02:00:00:00:00:04, kind: afxdp, hook: auto}\n"
					"  - {id: 5, dev: f, guest: {netns: r, name: e}, portgroup: x}\n"
					"  - {id: 6, dev: g, mac: 02:00:00:00:00:06, kind: auto, hook: xdp}\n");
	static const struct {
		enum config_kind kind;
		enum config_hook hook;
	} want[] = {
		{CONFIG_KIND_TAP, CONFIG_HOOK_AUTO},   {CONFIG_KIND_TAP, CONFIG_HOOK_XDP},
		{CONFIG_KIND_MACVTAP, CONFIG_HOOK_TC}, {CONFIG_KIND_AFXDP, CONFIG_HOOK_XDP},
		{CONFIG_KIND_AFXDP, CONFIG_HOOK_XDP},  {CONFIG_KIND_AFXDP, CONFIG_HOOK_XDP},
		{CONFIG_KIND_AUTO, CONFIG_HOOK_XDP},
	};

	(void)state;
	assert_int_equal(cfg->n_vfs, sizeof(want) / sizeof(want[0]));
	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		assert_int_equal(cfg->vfs[i].kind, want[i].kind);
		assert_int_equal(cfg->vfs[i].hook, want[i].hook);
	}
	config_free(cfg);
}

static void every_key_of_a_vf_arrives(void **state)
{
	struct config *cfg = parse(HEAD "relay: veb\n"
					"vfs:\n"
					"  - id: 255\n"
					"    dev: vf255h\n"
					"    kind: veth\n"
					"    guest: {netns: /run/netns/red, name: eth0}\n"
					"    present: now\n"
					"    mtu: 9000\n"
					"    relay: veb\n"
					"    mac: [\"02:00:00:00:01:00\", 02:AB:cd:00:01:01]\n"
					"    vlan: 0x64\n"
					"    qos: 3\n"
					"    proto: 802.1ad\n"
					"    trunk: [200, 300-310, \"4000-4094\", 0x10]\n"
					"    strip: off\n"
					"    spoofchk: false\n"
					"    isolated: on\n"
					"    state: disable\n"
					"    hook: xdp\n");
	const struct config_vf *vf = &cfg->vfs[0];
	char buf[64];

	(void)state;
	assert_int_equal(vf->id, 255);
	assert_int_equal(vf->kind, CONFIG_KIND_VETH);
	assert_true(vf->has_guest);
	assert_string_equal(vf->guest_netns, "/run/netns/red");
	assert_string_equal(vf->guest_name, "eth0");
	assert_int_equal(vf->mtu, 9000);
	assert_int_equal(vf->port.n_macs, 2);
	assert_mac(vf->port.mac[1], "02:ab:cd:00:01:01");
	assert_int_equal(vf->port.mac_at[1].column, 32);
	assert_int_equal(vf->port.vlan, 100);
	assert_int_equal(vf->port.qos, 3);
	assert_int_equal(vf->port.proto, EVB_TPID_S);
	assert_true(vf->port.has_proto);
	assert_true(vf->port.has_trunk);
	assert_false(vf->port.trunk_all);
	assert_string_equal(config_vids_format(&vf->port.trunk, buf, sizeof(buf)),
			    "16,200,300-310,4000-4094");
	assert_false(vf->port.untagged);
	assert_false(vf->port.strip);
	assert_false(vf->port.spoofchk);
	assert_true(vf->port.isolated);
	assert_int_equal(vf->port.state, EVB_STATE_DISABLE);
	assert_int_equal(vf->hook, CONFIG_HOOK_XDP);
	config_free(cfg);
}

static void a_pf_may_be_an_access_port(void **state)
{
	struct config *cfg = parse(HEAD "pf: {vlan: 10, qos: 5, isolated: on, strip: off}\n");

	(void)state;
	assert_int_equal(cfg->pf.vlan, 10);
	assert_int_equal(cfg->pf.qos, 5);
	assert_false(cfg->pf.has_trunk);
	assert_false(cfg->pf.trunk_all);
	assert_false(cfg->pf.untagged);
	assert_false(cfg->pf.strip);
	assert_true(cfg->pf.isolated);
	config_free(cfg);
}

static void a_pf_may_say_its_defaults(void **state)
{
	struct config *cfg = parse(HEAD "pf:\n  vlan: 0\n  trunk: all\n  mac: []\n  qos: 0\n"
					"  untagged: on\n  strip: on\n  relay: veb\n"
					"  proto: 802.1Q\n");

	(void)state;
	assert_true(cfg->pf.trunk_all);
	assert_true(cfg->pf.untagged);
	assert_true(cfg->pf.has_proto);
	assert_int_equal(cfg->pf.n_macs, 0);
	config_free(cfg);
	cfg = parse(HEAD "pf:\n");
	assert_true(cfg->pf.trunk_all);
	config_free(cfg);
	cfg = parse(HEAD "pf: {mac: 02:00:00:00:00:99}\n");
	assert_int_equal(cfg->pf.n_macs, 1);
	config_free(cfg);
}

static void untagged_follows_vlan_and_trunk(void **state)
{
	static const struct {
		const char *keys;
		bool untagged;
	} cases[] = {
		{"", true},
		{", vlan: 0", true},
		{", untagged: on", true},
		{", vlan: 10", false},
		{", vlan: 10, untagged: off", false},
		{", trunk: all", true},
		{", trunk: all, untagged: on", true},
		{", trunk: all, vlan: 10", false},
		{", trunk: \"all\", vlan: 10", false},
		{", trunk: [20]", false},
		{", trunk: [20], untagged: off", false},
		{", trunk: [20], untagged: on", true},
		{", trunk: [20], vlan: 10", false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct config *cfg;
		char text[256];

		snprintf(text, sizeof(text),
			 HEAD "vfs: [{id: 0, dev: a, mac: 02:00:00:00:00:01%s}]\n", cases[i].keys);
		cfg = parse(text);
		assert_int_equal(cfg->vfs[0].port.untagged, cases[i].untagged);
		config_free(cfg);
	}
}

static void vfs_are_sorted_by_id(void **state)
{
	struct config *cfg = parse(HEAD "vfs:\n"
					"  - {id: 9, dev: a, mac: 02:00:00:00:00:09}\n"
					"  - {id: 200, dev: b, mac: 02:00:00:00:00:c8}\n"
					"  - {id: 0, dev: c, mac: 02:00:00:00:00:00}\n");

	(void)state;
	assert_int_equal(cfg->n_vfs, 3);
	assert_int_equal(cfg->vfs[0].id, 0);
	assert_string_equal(cfg->vfs[0].dev, "c");
	assert_int_equal(cfg->vfs[0].port.pos.line, 7);
	assert_int_equal(cfg->vfs[1].id, 9);
	assert_int_equal(cfg->vfs[2].id, 200);
	config_free(cfg);
}

static void no_vfs_may_be_said_in_three_ways(void **state)
{
	static const char *const texts[] = {HEAD "vfs:\n", HEAD "vfs: []\n", HEAD "vfs: ~\n"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct config *cfg = parse(texts[i]);

		assert_int_equal(cfg->n_vfs, 0);
		config_free(cfg);
	}
}

static void one_mac_may_live_in_disjoint_vlans(void **state)
{
	static const char *const pairs[][2] = {
		{"vlan: 10", "vlan: 20"},
		{"vlan: 10", "untagged: on"},
		{"vlan: 10, proto: 802.1ad", "vlan: 10"},
		{"trunk: [10-19]", "trunk: [20-29]"},
		{"trunk: [10-19]", "vlan: 20"},
		{"trunk: [10-19]", "trunk: [20], untagged: on"},
		{"trunk: all, proto: 802.1ad", "vlan: 20"},
		{"trunk: all, proto: 802.1ad, vlan: 5", "trunk: all"},
		{"trunk: all, vlan: 5", "qos: 0"},
		{"trunk: all", "proto: 802.1ad, vlan: 6"}, /* of a VF: 802.1Q only */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++) {
		char text[512];

		snprintf(text, sizeof(text),
			 HEAD "pf: {vlan: 4094}\nvfs:\n"
			      "  - {id: 0, dev: a, mac: 02:00:00:00:00:01, %s}\n"
			      "  - {id: 1, dev: b, mac: 02:00:00:00:00:01, %s}\n",
			 pairs[i][0], pairs[i][1]);
		config_free(parse(text));
	}
}

#define GUEST(id) "  - {id: " #id ", dev: v" #id "h, guest: {netns: n" #id ", name: eth0}}\n"

static void a_guest_without_mac_gets_a_stable_one(void **state)
{
	struct config *one = parse(HEAD "vfs:\n" GUEST(0) GUEST(1));
	struct config *two = parse(HEAD "vfs:\n" GUEST(5) GUEST(1) GUEST(0));
	struct config *other = parse("version: 1\nswitch: edge1\nuplink: {dev: eth0}\n"
				     "vfs:\n" GUEST(0));

	(void)state;
	for (unsigned int i = 0; i < 2; i++) {
		const struct config_port *port = &one->vfs[i].port;

		assert_true(one->vfs[i].mac_generated);
		assert_int_equal(port->n_macs, 1);
		assert_int_equal(port->mac[0][0] & 3, 2); /* unicast, locally administered */
		assert_int_equal(port->mac_at[0].line, 0);
		assert_memory_equal(port->mac[0], two->vfs[i].port.mac[0], 6);
	}
	assert_memory_not_equal(one->vfs[0].port.mac[0], one->vfs[1].port.mac[0], 6);
	assert_memory_not_equal(one->vfs[0].port.mac[0], other->vfs[0].port.mac[0], 6);
	config_free(one);
	config_free(two);
	config_free(other);
}

/* ... even when somebody has written exactly that one, in whatever VLAN. */
static void a_generated_mac_evades_those_of_the_file(void **state)
{
	struct config *first = parse(HEAD "vfs:\n" GUEST(0)), *second;
	uint8_t mac[6];
	char text[512];

	(void)state;
	memcpy(mac, first->vfs[0].port.mac[0], 6);
	config_free(first);
	snprintf(text, sizeof(text),
		 HEAD "pf: {mac: %02x:%02x:%02x:%02x:%02x:%02x}\nvfs:\n" GUEST(0), mac[0], mac[1],
		 mac[2], mac[3], mac[4], mac[5]);
	first = parse(text);
	second = parse(text);
	assert_memory_not_equal(first->vfs[0].port.mac[0], mac, 6);
	assert_memory_equal(first->vfs[0].port.mac[0], second->vfs[0].port.mac[0], 6);
	config_free(first);
	config_free(second);
}

static void two_hundred_fifty_six_vfs_fit(void **state)
{
	size_t room = 64 * 1024, used;
	char *text = malloc(room);
	struct config *cfg;

	(void)state;
	assert_non_null(text);
	used = (size_t)snprintf(text, room, HEAD "vfs:\n");
	for (int i = 255; i >= 0; i--)
		used += (size_t)snprintf(text + used, room - used,
					 "- {id: %d, dev: v%d, guest: {netns: n%d, name: eth0}}\n",
					 i, i, i);
	cfg = parse(text);
	assert_int_equal(cfg->n_vfs, 256);
	for (unsigned int i = 0; i < 256; i++) {
		assert_int_equal(cfg->vfs[i].id, i);
		for (unsigned int j = 0; j < i; j++)
			assert_memory_not_equal(cfg->vfs[i].port.mac[0], cfg->vfs[j].port.mac[0],
						6);
	}
	config_free(cfg);
	free(text);
}

static void aliases_stand_for_what_they_name(void **state)
{
	struct config *cfg = parse(HEAD "pf: {trunk: &lans [10, 20-29]}\n"
					"vfs:\n"
					"  - {id: 0, dev: a, mac: 02:00:00:00:00:01, "
					"trunk: *lans, strip: &keep on, spoofchk: *keep}\n");
	char buf[32];

	(void)state;
	assert_string_equal(config_vids_format(&cfg->vfs[0].port.trunk, buf, sizeof(buf)),
			    "10,20-29");
	config_free(cfg);
}

static void json_is_yaml(void **state)
{
	struct config *cfg =
		parse("{\"version\": 1, \"switch\": \"edge0\",\n"
		      " \"uplink\": {\"dev\": \"eth0\", \"hook\": \"tc\"},\n"
		      " \"vfs\": [{\"id\": 3, \"dev\": \"a\", \"spoofchk\": false,\n"
		      " \"isolated\": \"on\", \"mac\": [\"02:00:00:00:00:01\"],\n"
		      " \"trunk\": [\"200\", \"300-310\", 7], \"proto\": \"802.1Q\"}]}\n");

	(void)state;
	assert_int_equal(cfg->uplink_hook, CONFIG_HOOK_TC);
	assert_false(cfg->vfs[0].port.spoofchk);
	assert_true(cfg->vfs[0].port.isolated);
	assert_true(config_vids_has(&cfg->vfs[0].port.trunk, 310));
	config_free(cfg);
}

static void byte_order_mark_crlf_and_document_marks_are_fine(void **state)
{
	struct config *cfg =
		parse("\xef\xbb\xbf%YAML 1.2\r\n---\r\nversion: 1\r\n"
		      "switch: edge0 # the first\r\nuplink:\r\n  dev: eth0\r\n...\r\n");

	(void)state;
	assert_string_equal(cfg->name, "edge0");
	assert_int_equal(cfg->uplink_pos.line, 6);
	assert_int_equal(cfg->uplink_pos.column, 8);
	config_free(cfg);
}

static void names_may_look_like_numbers(void **state)
{
	struct config *cfg = parse("version: 1\nswitch: 0\nuplink: {dev: \"1\"}\nvfs:\n"
				   "  - {id: 0, dev: 2, guest: {netns: 10, name: null0}}\n");

	(void)state;
	assert_string_equal(cfg->name, "0");
	assert_string_equal(cfg->uplink, "1");
	assert_string_equal(cfg->vfs[0].guest_netns, "10");
	config_free(cfg);
}

static void names_of_the_greatest_length_fit(void **state)
{
	struct config *cfg = parse("version: 1\nswitch: ABCDEF_hij-lmno\n"
				   "uplink: {dev: abcdefghi.klmno}\n");

	(void)state;
	assert_string_equal(cfg->name, "ABCDEF_hij-lmno");
	assert_string_equal(cfg->uplink, "abcdefghi.klmno");
	config_free(cfg);
}

static void a_port_may_have_32_addresses(void **state)
{
	char text[2048];
	size_t used = (size_t)snprintf(text, sizeof(text), HEAD "pf:\n  mac:\n");
	struct config *cfg;

	(void)state;
	for (int i = 0; i < CONFIG_MACS_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "  - 02:00:00:00:00:%02x\n", i);
	cfg = parse(text);
	assert_int_equal(cfg->pf.n_macs, CONFIG_MACS_MAX);
	assert_int_equal(cfg->pf.mac[31][5], 31);
	config_free(cfg);
}

static void every_key_may_say_its_default(void **state)
{
	(void)state;
	config_free(parse(HEAD "portgroups: []\nchannels: []\nacls: {}\n"
			       "pf: {max_tx_rate: 0, max_rx_rate: 0}\n"
			       "vfs:\n"
			       "  - id: 0\n"
			       "    dev: a\n"
			       "    mac: 02:00:00:00:00:01\n"
			       "    present: now\n"
			       "    trust: off\n"
			       "    promisc: off\n"
			       "    allmulti: on\n"
			       "    multicast: []\n"
			       "    max_tx_rate: 0\n"
			       "    max_rx_rate: 0\n"
			       "    min_tx_rate: 0\n"
			       "    storm: {broadcast: 0}\n"
			       "    dscp: off\n"));
}

/* The rule that nothing is accepted and ignored, held against the rows themselves. */
static void every_row_is_stored(void **state)
{
	const struct schema_map *const maps[] = {&schema_file,	  &schema_vf,
						 &schema_rule,	  &schema_channel,
						 &schema_cascade, &schema_ext_replication};

	(void)state;
	for (size_t m = 0; m < sizeof(maps) / sizeof(maps[0]); m++) {
		for (size_t i = 0; i < maps[m]->n_keys; i++) {
			const struct schema_key *key = &maps[m]->keys[i];
			bool one_value = key->min == key->max && key->min; /* version */

			assert_non_null(key->parse);
			assert_true(key->size || key->map || one_value ||
				    key->parse == parse_section || key->parse == parse_min_rate);
			assert_true(key->what || key->parse == parse_section);
			assert_true(key->example || !key->required);
		}
	}
}

static void a_set_of_vlans_reads_as_ranges(void **state)
{
	struct config_vids vids = {};
	char buf[64];

	(void)state;
	assert_string_equal(config_vids_format(&vids, buf, sizeof(buf)), "");
	for (unsigned int vid = 1; vid <= 4094; vid++)
		vids.bits[vid / 64] |= 1ull << (vid % 64);
	assert_string_equal(config_vids_format(&vids, buf, sizeof(buf)), "1-4094");
	for (unsigned int vid = 2; vid <= 4094; vid += 2)
		vids.bits[vid / 64] &= ~(1ull << (vid % 64));
	assert_string_equal(config_vids_format(&vids, buf, 16), "1,3,5,7,9,...");
	assert_string_equal(config_vids_format(&vids, buf, 15), "1,3,5,7,9,...");
	assert_string_equal(config_vids_format(&vids, buf, 14), "1,3,5,7,9,...");
	assert_string_equal(config_vids_format(&vids, buf, 13), "1,3,5,7,...");
	assert_string_equal(config_vids_format(&vids, buf, 4), "...");
	assert_string_equal(config_vids_format(&vids, buf, 2), ".");
	assert_string_equal(config_vids_format(&vids, buf, 1), "");
	vids = (struct config_vids){};
	vids.bits[63] = 1ull << 62;
	assert_string_equal(config_vids_format(&vids, buf, sizeof(buf)), "4094");
	assert_string_equal(config_vids_format(&vids, buf, 5), "4094");
	assert_string_equal(config_vids_format(&vids, buf, 4), "...");
	assert_false(config_vids_has(&vids, 4095));
	assert_false(config_vids_has(&vids, 70000));
}

static void a_file_is_read_as_its_text(void **state)
{
	char path[] = "/tmp/evbpf-test-XXXXXX";
	int fd = mkstemp(path);
	struct config *cfg = NULL;
	struct config_error err;

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(write(fd, HEAD, strlen(HEAD)), strlen(HEAD));
	close(fd);
	assert_int_equal(config_read(path, &cfg, &err), 0);
	assert_string_equal(cfg->file, path);
	assert_string_equal(cfg->text, HEAD);
	config_free(cfg);
	unlink(path);
}

static void every_example_is_good(void **state)
{
	const char *slash = strrchr(__FILE__, '/');
	char dir[512], path[1024], buf[1024];
	const struct dirent *entry;
	unsigned int n = 0;
	DIR *files;

	(void)state;
	snprintf(dir, sizeof(dir), "%.*s../../examples", slash ? (int)(slash - __FILE__ + 1) : 0,
		 __FILE__);
	files = opendir(dir);
	if (!files)
		fail_msg("cannot open %s: run from the top directory", dir);
	while ((entry = readdir(files))) {
		size_t len = strlen(entry->d_name);
		struct config *cfg = NULL;
		struct config_error err;

		if (len < 5 || strcmp(entry->d_name + len - 5, ".yaml"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", dir, entry->d_name);
		if (config_read(path, &cfg, &err))
			fail_msg("%s", config_error_format(&err, path, buf, sizeof(buf)));
		assert_int_equal(cfg->n_warnings, 0);
		assert_round_trip(cfg);
		config_free(cfg);
		n++;
	}
	closedir(files);
	assert_true(n >= 13);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_smallest_file_has_all_defaults),
		cmocka_unit_test(a_bare_vf_is_untagged_in_no_vlan),
		cmocka_unit_test(every_kind_arrives_and_afxdp_brings_its_hook),
		cmocka_unit_test(every_key_of_a_vf_arrives),
		cmocka_unit_test(a_pf_may_be_an_access_port),
		cmocka_unit_test(a_pf_may_say_its_defaults),
		cmocka_unit_test(untagged_follows_vlan_and_trunk),
		cmocka_unit_test(vfs_are_sorted_by_id),
		cmocka_unit_test(no_vfs_may_be_said_in_three_ways),
		cmocka_unit_test(one_mac_may_live_in_disjoint_vlans),
		cmocka_unit_test(a_guest_without_mac_gets_a_stable_one),
		cmocka_unit_test(a_generated_mac_evades_those_of_the_file),
		cmocka_unit_test(two_hundred_fifty_six_vfs_fit),
		cmocka_unit_test(aliases_stand_for_what_they_name),
		cmocka_unit_test(json_is_yaml),
		cmocka_unit_test(byte_order_mark_crlf_and_document_marks_are_fine),
		cmocka_unit_test(names_may_look_like_numbers),
		cmocka_unit_test(names_of_the_greatest_length_fit),
		cmocka_unit_test(a_port_may_have_32_addresses),
		cmocka_unit_test(every_key_may_say_its_default),
		cmocka_unit_test(every_row_is_stored),
		cmocka_unit_test(a_set_of_vlans_reads_as_ranges),
		cmocka_unit_test(a_file_is_read_as_its_text),
		cmocka_unit_test(every_example_is_good),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
