/* SPDX-License-Identifier: GPL-2.0-only */
/* test_config_link.c - do the files of both ends of a cable agree? */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config_link.h"

#define BRIDGE "version: 1\nswitch: tor\nrelay: bridge\nports:\n"
#define STATION "version: 1\nswitch: edge0\nuplink: {dev: eth0}\n"
#define EXTENDER "version: 1\nswitch: pe0\nrelay: extender\ntag: e-tag\nuplink: {dev: eth0}\n"
#define LOWER "version: 1\nswitch: pe1\nrelay: extender\ntag: e-tag\nuplink: {dev: eth0}\n"
#define VNTAG "version: 1\nswitch: pe0\nrelay: extender\ntag: vn-tag\nuplink: {dev: eth0}\n"
#define ONE_VF "vfs:\n  - {id: 0, dev: a, spoofchk: off, ecid: 0x10}\n"
#define TWO_VFS ONE_VF "  - {id: 1, dev: b, spoofchk: off, ecid: 0x11}\n"
#define VF0 "{id: 0, dev: a, mac: 02:00:00:00:00:01"
#define VF1 "{id: 1, dev: b, mac: 02:00:00:00:00:02"

#define FILES_MAX 3
#define LINKS_MAX 3

/* "NUMBER:LINE:COLUMN NUMBER:LINE:COLUMN TEXT" of a mismatch: files count from 0 */
struct link_case {
	const char *what;
	const char *file[FILES_MAX];
	struct {
		unsigned int file[2];
		const char *dev[2];
	} link[LINKS_MAX];
	const char *said[8];
};

#define UP(low, high, dev)          \
	{                           \
		{low, high},        \
		{                   \
			"eth0", dev \
		}                   \
	}

static const struct link_case cases[] = {
	/* S-channels */
	{"every channel has its port",
	 {STATION "channels: [{name: blue, svid: 200}, {name: red, svid: 201}]\n",
	  BRIDGE "  - {name: a, dev: p, svid: 200}\n  - {name: b, dev: p, svid: 201}\n"},
	 {UP(0, 1, "p")},
	 {0}},
	{"a channel has no port, and a port no channel",
	 {STATION "channels: [{name: blue, svid: 200}, {name: red, svid: 202}]\n",
	  BRIDGE "  - {name: a, dev: p, svid: 200}\n  - {name: b, dev: p, svid: 201}\n"},
	 {UP(0, 1, "p")},
	 {"0:4:55 1:5:20 edge0 red has svid: 202, and p of tor has no port with it",
	  "1:6:29 0:3:15 tor b has svid: 201, and eth0 of edge0 has no port with it"}},
	{"the order of the ends changes nothing",
	 {BRIDGE "  - {name: a, dev: p, svid: 200}\n", STATION},
	 {{{0, 1}, {"p", "eth0"}}},
	 {"0:5:29 1:3:15 tor a has svid: 200, and eth0 of edge0 has no port with it"}},
	{"a port of another device is no port",
	 {STATION "channels: [{name: blue, svid: 200}]\n",
	  BRIDGE "  - {name: a, dev: q, svid: 200}\n  - {name: b, dev: p}\n"},
	 {UP(0, 1, "p")},
	 {"0:4:31 1:6:20 edge0 blue has svid: 200, and p of tor has no port with it"}},
	{"who is in no channel needs the untagged port",
	 {STATION "channels: [{name: blue, svid: 200}]\nvfs: [" VF0 "}]\n",
	  BRIDGE "  - {name: a, dev: p, svid: 200}\n"},
	 {UP(0, 1, "p")},
	 {"0:5:7 1:5:20 edge0 vf0 has frames without S-TAG, and p of tor has no port for these"}},
	{"a PF that the file has needs the untagged port",
	 {STATION "channels: [{name: blue, svid: 200}]\npf: {vlan: 5}\n",
	  BRIDGE "  - {name: a, dev: p, svid: 200}\n"},
	 {UP(0, 1, "p")},
	 {"0:5:5 1:5:20 edge0 pf has frames without S-TAG"}},
	{"a PF in a channel needs none",
	 {STATION "channels: [{name: blue, svid: 200}]\npf: {channel: blue}\n",
	  BRIDGE "  - {name: a, dev: p, svid: 200}\n"},
	 {UP(0, 1, "p")},
	 {0}},

	/* VEPA */
	{"vepa without channels needs reflection",
	 {STATION "relay: vepa\nvfs: [" VF0 "}]\n", BRIDGE "  - {name: a, dev: p}\n"},
	 {UP(0, 1, "p")},
	 {"0:5:7 1:5:20 edge0 vf0 has relay: vepa, and tor a has reflective_relay: off"}},
	{"vepa is a matter of each channel",
	 {STATION
	  "channels:\n  - {name: blue, svid: 200, relay: vepa}\n  - {name: red, svid: 201}\n"
	  "vfs:\n  - " VF0 ", channel: blue}\n  - " VF1 ", channel: red}\n",
	  BRIDGE "  - {name: a, dev: p, svid: 200}\n"
		 "  - {name: b, dev: p, svid: 201, reflective_relay: on}\n"},
	 {UP(0, 1, "p")},
	 {"0:8:5 1:5:29 edge0 vf0 has relay: vepa, and tor a has reflective_relay: off"}},
	{"vepa with reflection",
	 {STATION "relay: vepa\nvfs: [" VF0 "}]\n",
	  BRIDGE "  - {name: a, dev: p, reflective_relay: on}\n"},
	 {UP(0, 1, "p")},
	 {0}},
	{"a vepa PF alone needs none",
	 {STATION "relay: vepa\n", BRIDGE "  - {name: a, dev: p}\n"},
	 {UP(0, 1, "p")},
	 {0}},
	{"nor one that the file has",
	 {STATION "pf: {relay: vepa}\n", BRIDGE "  - {name: a, dev: p}\n"},
	 {UP(0, 1, "p")},
	 {0}},
	{"a vepa PF beside a VF needs it",
	 {STATION "pf: {relay: vepa}\nvfs: [" VF0 "}]\n", BRIDGE "  - {name: a, dev: p}\n"},
	 {UP(0, 1, "p")},
	 {"0:4:5 1:5:20 edge0 pf has relay: vepa"}},

	/* two bridges */
	{"channels of two bridges",
	 {BRIDGE "  - {name: a, dev: p, svid: 200}\n",
	  "version: 1\nswitch: top\nrelay: bridge\nports: [{name: b, dev: q}]\n"},
	 {{{0, 1}, {"p", "q"}}},
	 {"0:5:29 1:4:24 tor a has svid: 200, and q of top has no port with it",
	  "1:4:24 0:5:20 top b has frames without S-TAG, and p of tor has no port for these"}},

	/* an extender */
	{"every id has its port",
	 {EXTENDER TWO_VFS "pf: {ecid: 0x12}\n",
	  BRIDGE "  - {name: a, dev: p, tag: e-tag, ecid: 0x10}\n"
		 "  - {name: b, dev: p, tag: e-tag, ecid: 0x11}\n"
		 "  - {name: c, dev: p, tag: e-tag, ecid: 0x12}\n"
		 "  - {name: d, dev: q, tag: e-tag, ecid: 0x13}\n"},
	 {UP(0, 1, "p")},
	 {0}},
	{"an id has no port, and a port no id",
	 {EXTENDER TWO_VFS, BRIDGE "  - {name: a, dev: p, tag: e-tag, ecid: 0x10}\n"
				   "  - {name: b, dev: p, tag: e-tag, ecid: 0x12}\n"
				   "  - {name: c, dev: q, tag: e-tag, ecid: 0x11}\n"},
	 {UP(0, 1, "p")},
	 {"0:8:42 1:5:20 pe0 vf1 ecid 0x11 has no port on p of tor",
	  "1:6:41 0:5:15 tor b ecid 0x12 is not behind eth0 of pe0"}},
	{"the PF's id has no port",
	 {EXTENDER "pf: {ecid: 9}\n" ONE_VF,
	  BRIDGE "  - {name: a, dev: p, tag: e-tag, ecid: 0x10}\n"},
	 {UP(0, 1, "p")},
	 {"0:6:12 1:5:20 pe0 pf ecid 0x9 has no port on p of tor"}},
	{"VN-Tag against VN-Tag",
	 {VNTAG "vfs:\n  - {id: 0, dev: a, spoofchk: off, vif: 18}\n",
	  BRIDGE "  - {name: a, dev: p, tag: vn-tag, vif: 19}\n"},
	 {UP(0, 1, "p")},
	 {"0:7:41 1:5:20 pe0 vf0 vif 0x12 has no port on p of tor",
	  "1:5:41 0:5:15 tor a vif 0x13 is not behind eth0 of pe0"}},
	{"two kinds of tag",
	 {EXTENDER ONE_VF, BRIDGE "  - {name: a, dev: p, tag: vn-tag, vif: 16}\n"},
	 {UP(0, 1, "p")},
	 {"0:4:6 1:5:28 pe0 has tag: e-tag, and ports on p of tor have vn-tag"}},
	{"an extender at S-channels",
	 {EXTENDER ONE_VF, BRIDGE "  - {name: a, dev: p, svid: 16}\n"},
	 {UP(0, 1, "p")},
	 {"0:4:6 1:5:29 pe0 has tag: e-tag, and ports on p of tor have svid"}},
	{"an extender at a plain port",
	 {EXTENDER ONE_VF, BRIDGE "  - {name: a, dev: p}\n"},
	 {UP(0, 1, "p")},
	 {"0:4:6 1:5:20 pe0 has tag: e-tag, and no port on p of tor has a tag"}},
	{"a station at ports with a tag",
	 {STATION, BRIDGE "  - {name: a, dev: p, tag: vn-tag, vif: 16}\n"},
	 {UP(0, 1, "p")},
	 {"1:5:28 0:3:15 tor a has tag: vn-tag, and edge0 is no extender"}},

	/* its groups */
	{"groups agree",
	 {EXTENDER TWO_VFS "replication: [{grp: 1, ecid: 5, members: [vf1, vf0]}]\n",
	  BRIDGE "  - {name: a, dev: p, tag: e-tag, ecid: 0x10}\n"
		 "  - {name: b, dev: p, tag: e-tag, ecid: 0x11}\n"
		 "replication: [{dev: p, grp: 1, ecid: 5, members: [a, b]}]\n"},
	 {UP(0, 1, "p")},
	 {0}},
	{"each has a group that the other has not",
	 {EXTENDER TWO_VFS "replication: [{grp: 1, ecid: 6, members: [vf1, vf0]}]\n",
	  BRIDGE "  - {name: a, dev: p, tag: e-tag, ecid: 0x10}\n"
		 "  - {name: b, dev: p, tag: e-tag, ecid: 0x11}\n"
		 "replication: [{dev: p, grp: 1, ecid: 5, members: [a, b]}]\n"},
	 {UP(0, 1, "p")},
	 {"1:7:38 0:5:15 group p.1.5 of tor is not in replication of pe0",
	  "0:9:30 1:5:20 group uplink.1.6 of pe0 is not in replication of tor for p"}},
	{"a group reaches others",
	 {EXTENDER TWO_VFS "  - {id: 2, dev: c, spoofchk: off, ecid: 0x12}\n"
			   "replication: [{grp: 1, ecid: 5, members: [vf0, vf2]}]\n",
	  BRIDGE "  - {name: a, dev: p, tag: e-tag, ecid: 0x10}\n"
		 "  - {name: b, dev: p, tag: e-tag, ecid: 0x11}\n"
		 "  - {name: c, dev: p, tag: e-tag, ecid: 0x12}\n"
		 "replication: [{dev: p, grp: 1, ecid: 5, members: [a, b]}]\n"},
	 {UP(0, 1, "p")},
	 {"1:8:54 0:10:30 group p.1.5 of tor has ecid 0x11 (b), and group uplink.1.5 of pe0 does "
	  "not reach it",
	  "0:10:48 1:8:38 group uplink.1.5 of pe0 reaches vf2, and group p.1.5 of tor has none of "
	  "its ids"}},

	/* cascades */
	{"ids that may be behind a cascade",
	 {EXTENDER ONE_VF "cascade: [{dev: e1, ids: [0x20-0x27, 0x30]}]\n",
	  BRIDGE "  - {name: a, dev: p, tag: e-tag, ecid: 0x10}\n"
		 "  - {name: b, dev: p, tag: e-tag, ecid: 0x22}\n"
		 "  - {name: c, dev: p, tag: e-tag, ecid: 0x31}\n"},
	 {UP(0, 1, "p")},
	 {"0:8:27 1:5:20 pe0 ecid 0x20-0x21 behind e1 have no ports on p of tor",
	  "0:8:27 1:5:20 pe0 ecid 0x23-0x27 behind e1 have no ports on p of tor",
	  "0:8:38 1:5:20 pe0 e1 ecid 0x30 has no port on p of tor",
	  "1:7:41 0:5:15 tor c ecid 0x31 is not behind eth0 of pe0"}},
	{"ids that are behind a cascade",
	 {EXTENDER "cascade: [{dev: e1, ids: [0x10-0x1f]}]\n",
	  BRIDGE "  - {name: a, dev: p, tag: e-tag, ecid: 0x11}\n"
		 "  - {name: b, dev: p, tag: e-tag, ecid: 0x12}\n",
	  LOWER TWO_VFS},
	 {UP(0, 1, "p"), UP(2, 0, "e1")},
	 {"2:7:42 1:5:20 pe1 vf0 ecid 0x10 has no port on p of tor",
	  "1:6:41 0:5:15 tor b ecid 0x12 is not behind eth0 of pe0"}},
	{"ids that may not be behind a cascade",
	 {EXTENDER "cascade: [{dev: e1, ids: [0x10]}]\n", LOWER TWO_VFS},
	 {{{0, 1}, {"e1", "eth0"}}},
	 {"1:8:42 0:6:17 pe1 vf1 ecid 0x11 is not in ids of e1 of pe0"}},
	{"two kinds of tag behind a cascade",
	 {VNTAG "cascade: [{dev: e1, ids: [0x10]}]\n", LOWER ONE_VF},
	 {UP(1, 0, "e1")},
	 {"1:4:6 0:4:6 pe1 has tag: e-tag, and pe0 has vn-tag"}},
	{"a group through a cascade, of which one range is enough",
	 {EXTENDER ONE_VF "cascade: [{dev: e1, ids: [0x20, 0x21]}]\n"
			  "replication: [{grp: 1, ecid: 5, members: [vf0, e1]}]\n",
	  BRIDGE "  - {name: a, dev: p, tag: e-tag, ecid: 0x10}\n"
		 "  - {name: b, dev: p, tag: e-tag, ecid: 0x20}\n"
		 "  - {name: c, dev: p, tag: e-tag, ecid: 0x21}\n"
		 "replication: [{dev: p, grp: 1, ecid: 5, members: [a, c]}]\n"},
	 {UP(0, 1, "p")},
	 {0}},
	{"a group through a cascade that has none of it",
	 {EXTENDER ONE_VF "cascade: [{dev: e1, ids: [0x20, 0x21]}]\n"
			  "replication: [{grp: 1, ecid: 5, members: [vf0, e1]}]\n",
	  BRIDGE "  - {name: a, dev: p, tag: e-tag, ecid: 0x10}\n"
		 "  - {name: b, dev: p, tag: e-tag, ecid: 0x20}\n"
		 "  - {name: c, dev: p, tag: e-tag, ecid: 0x21}\n"
		 "  - {name: d, dev: p, tag: e-tag, ecid: 0x22}\n"
		 "replication: [{dev: p, grp: 1, ecid: 5, members: [a, d]}]\n"},
	 {UP(0, 1, "p")},
	 {"1:8:41 0:5:15 tor d ecid 0x22 is not behind eth0 of pe0",
	  "1:9:54 0:9:30 group p.1.5 of tor has ecid 0x22 (d), and group uplink.1.5 of pe0 does "
	  "not reach it",
	  "0:9:48 1:9:38 group uplink.1.5 of pe0 reaches e1, and group p.1.5 of tor has none of "
	  "its "
	  "ids"}},
	{"a group of a cascaded extender",
	 {EXTENDER "cascade: [{dev: e1, ids: [0x10-0x1f]}]\n"
		   "replication: [{grp: 1, ecid: 5, members: [e1]}]\n",
	  BRIDGE "  - {name: a, dev: p, tag: e-tag, ecid: 0x10}\n"
		 "  - {name: b, dev: p, tag: e-tag, ecid: 0x11}\n"
		 "replication: [{dev: p, grp: 1, ecid: 5, members: [a, b]}]\n",
	  LOWER TWO_VFS "replication: [{grp: 1, ecid: 5, members: [vf0]}]\n"},
	 {UP(0, 1, "p"), UP(2, 0, "e1")},
	 {"1:7:54 0:7:30 group p.1.5 of tor has ecid 0x11 (b), and group uplink.1.5 of pe0 does "
	  "not reach it"}},
	{"groups of two extenders",
	 {EXTENDER ONE_VF "cascade: [{dev: e1, ids: [0x11-0x1f]}]\n"
			  "replication:\n  - {grp: 1, ecid: 5, members: [e1]}\n"
			  "  - {grp: 1, ecid: 6, members: [vf0]}\n",
	  LOWER "vfs: [{id: 0, dev: a, spoofchk: off, ecid: 0x11}]\n"
		"replication:\n  - {grp: 1, ecid: 6, members: [vf0]}\n"
		"  - {grp: 1, ecid: 7, members: [vf0]}\n"},
	 {UP(1, 0, "e1")},
	 {"0:10:20 1:5:15 group uplink.1.5 of pe0 has e1, and is not in replication of pe1",
	  "1:8:20 0:11:20 group uplink.1.6 of pe1 is in no group of pe0 that has e1",
	  "1:9:20 0:8:17 group uplink.1.7 of pe1 is in no group of pe0 that has e1"}},

	{"a group that is not for the extender behind a cascade",
	 {EXTENDER ONE_VF "cascade: [{dev: e1, ids: [0x11-0x1f]}]\n"
			  "replication: [{grp: 1, ecid: 5, members: [vf0]}]\n",
	  LOWER "vfs: [{id: 0, dev: a, spoofchk: off, ecid: 0x11}]\n"},
	 {UP(1, 0, "e1")},
	 {0}},

	/* what is no cable */
	{"two uplinks",
	 {STATION, EXTENDER},
	 {{{0, 1}, {"eth0", "eth0"}}},
	 {"0:3:15 1:5:15 an edge switch's uplink does not go with an extender's uplink"}},
	{"a cascade at a bridge",
	 {EXTENDER "cascade: [{dev: e1, ids: [0x10]}]\n", BRIDGE "  - {name: a, dev: p}\n"},
	 {{{0, 1}, {"e1", "p"}}},
	 {"0:6:17 1:5:20 an extender's cascade does not go with a bridge's port"}},
	{"an extender behind itself",
	 {EXTENDER "cascade: [{dev: e1, ids: [0x10]}]\n"},
	 {{{0, 0}, {"e1", "eth0"}}},
	 {"0:6:17 0:5:15 an extender's cascade does not go with an extender's uplink"}},
	{"two extenders behind each other",
	 {EXTENDER "cascade: [{dev: e1, ids: [0x11]}]\n" ONE_VF,
	  LOWER "cascade: [{dev: e2, ids: [0x10]}]\n"
		"vfs:\n  - {id: 0, dev: a, spoofchk: off, ecid: 0x11}\n"},
	 {UP(0, 1, "e2"), UP(1, 0, "e1")},
	 {"1:8:42 1:6:17 pe1 vf0 ecid 0x11 is not in ids of e2 of pe1",
	  "0:8:42 0:6:17 pe0 vf0 ecid 0x10 is not in ids of e1 of pe0"}},
};

static struct config *parse(const char *text)
{
	struct config *cfg = NULL;
	struct config_error err = {};
	char buf[1024];

	if (config_parse("good.yaml", text, strlen(text), &cfg, &err))
		fail_msg("%s\n%s", config_error_format(&err, "good.yaml", buf, sizeof(buf)), text);
	return cfg;
}

static unsigned int file_number(struct config *const *cfg, const struct config *of)
{
	for (unsigned int i = 0; i < FILES_MAX; i++)
		if (cfg[i] == of)
			return i;
	return FILES_MAX;
}

static void mismatch_text(struct config *const *cfg, const struct config_mismatch *mismatch,
			  char *buf, size_t len)
{
	const struct config_place *a = &mismatch->place[0], *b = &mismatch->place[1];

	snprintf(buf, len, "%u:%u:%u %u:%u:%u %s", file_number(cfg, a->cfg), a->pos.line,
		 a->pos.column, file_number(cfg, b->cfg), b->pos.line, b->pos.column,
		 mismatch->text);
}

/* how much of what was said, or should have been, was not to be expected */
static unsigned int count_said(const struct link_case *one, struct config *const *cfg,
			       const struct config_mismatch *list, unsigned int n)
{
	unsigned int wrong = 0, seen[8] = {};
	char text[512];

	for (unsigned int i = 0; i < n; i++) {
		unsigned int k = 0;

		mismatch_text(cfg, &list[i], text, sizeof(text));
		while (k < 8 && one->said[k] && strncmp(text, one->said[k], strlen(one->said[k])))
			k++;
		if (k < 8 && one->said[k] && !seen[k]++)
			continue;
		print_error("%s: says %s\n", one->what, text);
		wrong++;
	}
	for (unsigned int k = 0; k < 8 && one->said[k]; k++) {
		if (seen[k])
			continue;
		print_error("%s: does not say %s\n", one->what, one->said[k]);
		wrong++;
	}
	return wrong;
}

static unsigned int check_case(const struct link_case *one)
{
	struct config *cfg[FILES_MAX] = {};
	struct config_link links[LINKS_MAX] = {};
	struct config_mismatch *list = NULL;
	unsigned int n = 0, n_out = 0, wrong;

	for (unsigned int i = 0; i < FILES_MAX && one->file[i]; i++)
		cfg[i] = parse(one->file[i]);
	for (; n < LINKS_MAX && one->link[n].dev[0]; n++)
		for (unsigned int side = 0; side < 2; side++) {
			struct config_end *end = &links[n].end[side];

			end->cfg = cfg[one->link[n].file[side]];
			snprintf(end->dev, sizeof(end->dev), "%s", one->link[n].dev[side]);
			assert_int_not_equal(config_end_kind(end), CONFIG_END_NONE);
		}
	assert_int_equal(config_links_check(links, n, &list, &n_out), 0);
	wrong = count_said(one, cfg, list, n_out);
	free(list);
	for (unsigned int i = 0; i < FILES_MAX; i++)
		config_free(cfg[i]);
	return wrong;
}

static void both_ends_of_a_cable_are_compared(void **state)
{
	unsigned int wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		wrong += check_case(&cases[i]);
	assert_int_equal(wrong, 0);
}

static void an_end_is_an_uplink_a_cascade_or_a_port(void **state)
{
	static const struct {
		const char *text, *dev;
		enum config_end_kind kind;
	} ends[] = {
		{STATION "vfs: [" VF0 "}]\n", "eth0", CONFIG_END_STATION},
		{STATION "vfs: [" VF0 "}]\n", "a", CONFIG_END_NONE},
		{STATION, "eth1", CONFIG_END_NONE},
		{EXTENDER "cascade: [{dev: e1, ids: [5]}]\n", "eth0", CONFIG_END_EXTENDER},
		{EXTENDER "cascade: [{dev: e1, ids: [5]}]\n", "e1", CONFIG_END_CASCADE},
		{BRIDGE "  - {name: a, dev: p, svid: 5}\n", "p", CONFIG_END_BRIDGE},
		{BRIDGE "  - {name: a, dev: p, svid: 5}\n", "a", CONFIG_END_NONE},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct config *cfg = parse(ends[i].text);
		struct config_end end = {.cfg = cfg};

		snprintf(end.dev, sizeof(end.dev), "%s", ends[i].dev);
		assert_int_equal(config_end_kind(&end), ends[i].kind);
		config_free(cfg);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(both_ends_of_a_cable_are_compared),
		cmocka_unit_test(an_end_is_an_uplink_a_cascade_or_a_port),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
