/* SPDX-License-Identifier: GPL-2.0-only */
/* test_config_channel.c - S-channels on an uplink, VEPA and private relay. */
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

/* channels in line 4, so that what follows begins in line 5 */
#define CHANNELS \
	HEAD "channels: [{name: blue, svid: 200}, {name: red, svid: 300, relay: private}]\n"
/* two VFs in lines 6 and 7 */
#define CHANNELS_TWO(one, two) \
	CHANNELS "vfs:\n  - {id: 0, dev: a, " one "}\n  - {id: 1, dev: b, " two "}\n"

static const struct bad cases[] = {
	/* channels */
	{"channels of a map", HEAD "channels: {name: a}\n", 4, 11, "a map", "one '- ' entry"},
	{"channels of a word", HEAD "channels: blue\n", 4, 11, "'blue'", "one '- ' entry"},
	{"channel of a number", HEAD "channels: [200]\n", 4, 12, "'200'",
	 "{name: blue, svid: 200}"},
	{"channel without name", HEAD "channels: [{svid: 200}]\n", 4, 12, "'name'",
	 "write name: blue"},
	{"channel without svid", HEAD "channels: [{name: a}]\n", 4, 12, "'svid'",
	 "write svid: 200"},
	{"channel with an empty name", HEAD "channels: [{name: '', svid: 5}]\n", 4, 19, "''",
	 "1 to 15"},
	{"channel with a dot", HEAD "channels: [{name: a.b, svid: 5}]\n", 4, 19, "'a.b'",
	 "A-Z a-z"},
	{"channel with a long name", HEAD "channels: [{name: abcdefghijklmnop, svid: 5}]\n", 4, 19,
	 "'abcdefghijklmnop'", "1 to 15"},
	{"svid 0", HEAD "channels: [{name: a, svid: 0}]\n", 4, 28,
	 "'0' is not the VLAN of an S-channel", "2 to 4094"},
	{"svid 1", HEAD "channels: [{name: a, svid: 1}]\n", 4, 28, "'1' is the default S-channel",
	 "have no tag: 2 to 4094"},
	{"svid 0x1", HEAD "channels: [{name: a, svid: 0x1}]\n", 4, 28, "'0x1' is the default",
	 "2 to 4094"},
	{"svid 4095", HEAD "channels: [{name: a, svid: 4095}]\n", 4, 28, "'4095'", "2 to 4094"},
	{"svid of a word", HEAD "channels: [{name: a, svid: blue}]\n", 4, 28, "'blue'",
	 "2 to 4094"},
	{"svid in quotes", HEAD "channels: [{name: a, svid: '1'}]\n", 4, 28, "'1'",
	 "without quotes"},
	{"svid of a list", HEAD "channels: [{name: a, svid: [2]}]\n", 4, 28, "a list", "2 to 4094"},
	{"two channels with one name",
	 HEAD "channels:\n- {name: a, svid: 5}\n- {name: a, svid: 6}\n", 6, 10,
	 "'a' is the channel in line 5", "another name"},
	{"two channels with one svid",
	 HEAD "channels:\n- {name: a, svid: 5}\n- {name: b, svid: 0x5}\n", 6, 19,
	 "5 is the channel a already (line 5)", "another VLAN"},
	{"unknown key of a channel", HEAD "channels: [{name: a, svid: 5, vlan: 7}]\n", 4, 31,
	 "'vlan'", "to a VF"},
	{"misspelt key of a channel", HEAD "channels: [{nmae: a}]\n", 4, 13, "'nmae'",
	 "mean 'name'?"},
	{"channel of a VF that is not there",
	 CHANNELS "vfs: [{id: 0, dev: a, " MAC1 ", channel: green}]\n", 5, 56,
	 "'green' is not one of channels", "these are blue, red"},
	{"channel without channels", VF("channel: blue"), 8, 14, "'blue'", "there are none"},
	{"channel of a list", CHANNELS "pf: {channel: [blue]}\n", 5, 15, "a list",
	 "these are blue, red"},
	{"channel by its svid", CHANNELS "pf: {channel: 200}\n", 5, 15, "'200'",
	 "these are blue, red"},
	{"channel in a portgroup", CHANNELS "portgroups: [{name: g, channel: green}]\n", 5, 33,
	 "'green'", "these are blue, red"},
	{"svid of a VF", VF("svid: 5"), 8, 5, "'svid' is not a key of a VF", "write channel"},
	{"svid of the PF", HEAD "pf: {svid: 5}\n", 4, 6, "'svid' is not a key of pf",
	 "write channel"},
	{"svid of a portgroup", HEAD "portgroups: [{name: a, svid: 5}]\n", 4, 24, "'svid'", "to a"},

	/* relay */
	{"relay bridge of a VF", VF("relay: bridge"), 8, 12, "'bridge' is what a whole switch is",
	 "here one of veb, vepa, private"},
	{"relay extender of the PF", HEAD "pf: {relay: extender}\n", 4, 13,
	 "'extender' is what a whole", "veb, vepa, private"},
	{"relay bridge of a portgroup", HEAD "portgroups: [{name: a, relay: bridge}]\n", 4, 31,
	 "'bridge'", "the top of the file"},
	{"relay bridge of a channel", HEAD "channels: [{name: a, svid: 5, relay: bridge}]\n", 4, 38,
	 "'bridge'", "the top of the file"},
	{"unknown relay of a channel", HEAD "channels: [{name: a, svid: 5, relay: vebb}]\n", 4, 38,
	 "'vebb'", "veb, vepa, private"},
	{"relay of a list", VF("relay: [veb]"), 8, 12, "a list", "veb, vepa, private"},

	/* 802.1ad belongs to the channels */
	{"802.1ad beside channels",
	 CHANNELS "vfs: [{id: 0, dev: a, vlan: 5, proto: 802.1ad, " MAC1 "}]\n", 5, 39,
	 "802.1ad is the tag of the uplink's channels (line 4)", "give a channel"},
	{"802.1ad beside channels below",
	 HEAD "vfs: [{id: 0, dev: a, vlan: 5, proto: 802.1ad, " MAC1
	      "}]\nchannels: [{name: a, svid: 5}]\n",
	 4, 39, "channels (line 5)", "take proto out"},
	{"802.1ad of the PF beside channels", CHANNELS "pf: {proto: 802.1ad}\n", 5, 13, "802.1ad",
	 "give a channel"},
	{"802.1ad of a group beside channels",
	 CHANNELS "portgroups: [{name: g, vlan: 5, proto: 802.1ad}]\nvfs: [{id: 0, dev: a, " MAC1
		  ", portgroup: g}]\n",
	 5, 40, "802.1ad", "(vf0, portgroup g)"},

	/* addresses */
	{"one MAC in one channel", CHANNELS_TWO("channel: blue, " MAC1, "channel: blue, " MAC1), 7,
	 41, "'02:00:00:00:00:01' is vf0's already (line 6)", "another address"},
	{"one MAC in the untagged channel", CHANNELS_TWO(MAC1, MAC1), 7, 26, "vf0's already",
	 "no VLAN"},
	{"MAC of the PF in its channel",
	 CHANNELS "pf: {channel: red, " MAC1 "}\nvfs: [{id: 0, dev: a, "
		  "channel: red, " MAC1 "}]\n",
	 6, 42, "pf's already (line 5)", "another address"},
};

static void every_bad_channel_has_one_error_with_place_value_and_remedy(void **state)
{
	(void)state;
	assert_all_refused(cases, sizeof(cases) / sizeof(cases[0]));
}

static void channels_arrive_in_the_order_of_the_file(void **state)
{
	struct config *cfg = parse(HEAD "channels:\n"
					"  - {name: blue, svid: 4094, relay: vepa}\n"
					"  - {svid: 2, name: abcdefghij-lmno}\n");

	(void)state;
	assert_int_equal(cfg->n_channels, 2);
	assert_string_equal(cfg->channels[0].name, "blue");
	assert_int_equal(cfg->channels[0].svid, 4094);
	assert_int_equal(cfg->channels[0].relay, EVB_RELAY_VEPA);
	assert_int_equal(cfg->channels[0].number, EVB_PORT_CHANNEL_FIRST);
	assert_int_equal(cfg->channels[0].pos.line, 5);
	assert_int_equal(cfg->channels[0].name_pos.column, 12);
	assert_int_equal(cfg->channels[0].svid_pos.column, 24);
	assert_string_equal(cfg->channels[1].name, "abcdefghij-lmno");
	assert_int_equal(cfg->channels[1].svid, 2);
	assert_int_equal(cfg->channels[1].relay, EVB_RELAY_VEB);
	assert_int_equal(cfg->channels[1].number, EVB_PORT_CHANNEL_FIRST + 1);
	assert_int_equal(cfg->n_warnings, 0);
	config_free(cfg);
}

static void no_channels_may_be_said_in_three_ways(void **state)
{
	static const char *const texts[] = {HEAD "channels:\n", HEAD "channels: []\n",
					    HEAD "channels: ~\n"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct config *cfg = parse(texts[i]);

		assert_int_equal(cfg->n_channels, 0);
		assert_null(cfg->channels);
		config_free(cfg);
	}
}

static void a_port_is_in_its_own_channel_or_its_groups(void **state)
{
	/* what is named may stand below */
	struct config *cfg =
		parse(HEAD "vfs:\n"
			   "  - {id: 0, dev: a, " MAC1 "}\n"
			   "  - {id: 1, dev: b, " MAC1 ", channel: blue}\n"
			   "  - {id: 2, dev: c, " MAC2 ", portgroup: g}\n"
			   "  - {id: 3, dev: d, " MAC2 ", portgroup: g, channel: blue}\n"
			   "pf: {channel: red}\n"
			   "portgroups: [{name: g, channel: red}]\n"
			   "channels: [{name: blue, svid: 200}, {name: red, svid: 300}]\n");

	(void)state;
	assert_null(cfg->vfs[0].port.channel);
	assert_ptr_equal(cfg->vfs[1].port.channel, &cfg->channels[0]);
	assert_ptr_equal(cfg->vfs[2].port.channel, &cfg->channels[1]);
	assert_ptr_equal(cfg->vfs[3].port.channel, &cfg->channels[0]);
	assert_ptr_equal(cfg->pf.channel, &cfg->channels[1]);
	for (unsigned int i = 0; i < 4; i++)
		assert_int_equal(cfg->vfs[i].number, EVB_PORT_VF(i));
	config_free(cfg);
}

/* own, port group's, channel's, switch's: the first that there is */
static void relay_is_the_nearest_that_is_given(void **state)
{
	static const struct {
		const char *file, *channel, *group, *vf;
		enum evb_relay relay;
	} nearest[] = {
		{"", "", "", "", EVB_RELAY_VEB},
		{"relay: vepa\n", "", "", "", EVB_RELAY_VEPA},
		{"relay: private\n", "", "", "", EVB_RELAY_PRIVATE},
		{"relay: vepa\n", ", relay: veb", "", ", channel: c", EVB_RELAY_VEB},
		{"relay: vepa\n", ", relay: veb", "", "", EVB_RELAY_VEPA},
		{"", ", relay: vepa", ", channel: c", "", EVB_RELAY_VEPA},
		{"", "", ", relay: vepa", "", EVB_RELAY_VEPA},
		{"", ", relay: vepa", ", relay: private", ", channel: c", EVB_RELAY_PRIVATE},
		{"relay: private\n", ", relay: vepa", ", relay: vepa", ", channel: c, relay: veb",
		 EVB_RELAY_VEB},
		{"relay: private\n", "", "", ", channel: c, relay: vepa", EVB_RELAY_VEPA},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(nearest) / sizeof(nearest[0]); i++) {
		struct config *cfg;
		char text[512];

		snprintf(text, sizeof(text),
			 HEAD "portgroups: [{name: g%s}]\nchannels: [{name: c, svid: 5%s}]\n"
			      "vfs: [{id: 0, dev: a, " MAC1 ", portgroup: g%s}]\n%s",
			 nearest[i].group, nearest[i].channel, nearest[i].vf, nearest[i].file);
		cfg = parse(text);
		assert_int_equal(cfg->vfs[0].port.relay, nearest[i].relay);
		config_free(cfg);
	}
}

static void the_pfs_relay_is_its_own_its_channels_or_the_switchs(void **state)
{
	static const struct {
		const char *keys;
		enum evb_relay relay;
	} pfs[] = {
		{"", EVB_RELAY_PRIVATE},
		{"pf: {channel: c}\n", EVB_RELAY_VEPA},
		{"pf: {channel: c, relay: veb}\n", EVB_RELAY_VEB},
		{"pf: {relay: vepa}\n", EVB_RELAY_VEPA},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(pfs) / sizeof(pfs[0]); i++) {
		struct config *cfg;
		char text[512];

		snprintf(text, sizeof(text),
			 HEAD "relay: private\nchannels: [{name: c, svid: 5, relay: vepa}]\n%s",
			 pfs[i].keys);
		cfg = parse(text);
		assert_int_equal(cfg->relay, EVB_RELAY_PRIVATE);
		assert_int_equal(cfg->pf.relay, pfs[i].relay);
		config_free(cfg);
	}
}

static void each_channel_has_addresses_of_its_own(void **state)
{
	(void)state;
	config_free(parse(CHANNELS_TWO(MAC1, "channel: blue, " MAC1)));
	config_free(parse(CHANNELS_TWO("channel: red, " MAC1, "channel: blue, " MAC1)));
	config_free(parse(
		CHANNELS_TWO("channel: blue, vlan: 5, " MAC1, "channel: blue, vlan: 6, " MAC1)));
	config_free(parse(CHANNELS "pf: {" MAC1 "}\n"
				   "vfs: [{id: 0, dev: a, channel: blue, " MAC1 "}]\n"));
}

static void inside_a_channel_802_1ad_is_a_vlan_like_any_other(void **state)
{
	struct config *cfg = parse(CHANNELS_TWO("channel: blue, vlan: 5, proto: 802.1ad, " MAC1,
						"vlan: 5, proto: 802.1Q, " MAC2));

	(void)state;
	assert_int_equal(cfg->vfs[0].port.proto, EVB_TPID_S);
	config_free(cfg);
}

static void channel_168_is_one_too_many(void **state)
{
	const struct bad bad = {"",	      "", 5 + EVB_CHANNELS_MAX, 3, "number 168 of 168",
				"at most 167"};
	char text[16 * 1024];
	size_t used = (size_t)snprintf(text, sizeof(text), HEAD "channels:\n");
	struct config *cfg;

	(void)state;
	for (int i = 0; i < EVB_CHANNELS_MAX; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used,
					 "- {name: c%d, svid: %d}\n", i, i + 2);
	cfg = parse(text);
	assert_int_equal(cfg->n_channels, EVB_CHANNELS_MAX);
	config_free(cfg);
	snprintf(text + used, sizeof(text) - used, "- {name: last, svid: 4000}\n");
	assert_true(is_refused("168 channels", text, strlen(text), &bad, -EINVAL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_bad_channel_has_one_error_with_place_value_and_remedy),
		cmocka_unit_test(channels_arrive_in_the_order_of_the_file),
		cmocka_unit_test(no_channels_may_be_said_in_three_ways),
		cmocka_unit_test(a_port_is_in_its_own_channel_or_its_groups),
		cmocka_unit_test(relay_is_the_nearest_that_is_given),
		cmocka_unit_test(the_pfs_relay_is_its_own_its_channels_or_the_switchs),
		cmocka_unit_test(each_channel_has_addresses_of_its_own),
		cmocka_unit_test(inside_a_channel_802_1ad_is_a_vlan_like_any_other),
		cmocka_unit_test(channel_168_is_one_too_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
