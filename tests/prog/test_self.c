/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The harness itself: whatever is wrong with an expectation, or with what came out, must be seen.
 * (style.md, habit 2: a stored kernel selftest has an inverted assert and tests nothing.)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "harness.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct lab_setup setup = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"uplink: {dev: up}\n"
		"vfs:\n"
		"  - {id: 0, dev: h0, mac: \"02:00:00:00:01:00\", vlan: 10}\n"
		"  - {id: 1, dev: h1, mac: \"02:00:00:00:01:01\", vlan: 10}\n"
		"  - {id: 2, dev: h2, mac: \"02:00:00:00:01:02\", trunk: all}\n"
		"  - {id: 3, dev: h3, mac: \"02:00:00:00:01:03\", vlan: 10, hook: xdp}\n"
		"  - {id: 4, dev: h4, mac: \"02:00:00:00:01:04\", vlan: 10}\n",
	.mtu = {[4] = 300},
};

/* what these say is right; everything below bends one thing */
static const struct lab_case right[] = {
	{"unicast that gets a tag", "vf0", "ext vf0 ip", "uplink : ext vf0 c10 ip"},
	{"unicast that loses a tag", "uplink", "vf0 ext c10.5 ip", "vf0 : vf0 ext ip"},
	{"unicast that XDP finishes", "uplink", "vf3 ext c10 ip", "vf3 : vf3 ext ip"},
	{"a flood", "vf0", "bc vf0 arp", "vf1 vf3 vf4 ; vf2 pf uplink : bc vf0 c10 arp"},
	{"a flood from the wire", "uplink", "bc ext c10 arp",
	 "vf0 vf1 vf3 vf4 : bc ext arp ; vf2 pf"},
	{"a refused frame", "vf0", "vf1 vf0 c20 ip", "! vlan_tagged"},
	{"a frame refused at its target", "vf0", "vf4 vf0 ip +400", "vf4!mtu"},
	{"the PF's frame that passes", "pf", "ext pf c10 ip", "uplink"},
};

static const struct lab_case wrong[] = {
	{"refused, but it was sent", "vf0", "vf1 vf0 ip", "! spoof_mac"},
	{"sent, but it was refused", "vf0", "vf1 ext ip", "vf1"},
	{"another reason", "vf0", "vf1 ext ip", "! vlan_filter"},
	{"another port", "vf0", "vf1 vf0 ip", "vf3"},
	{"another port, an XDP one", "vf0", "vf3 vf0 ip", "vf1"},
	{"a port that gets nothing", "vf0", "vf1 vf0 ip", "vf1 vf3"},
	{"a port too few in a flood", "vf0", "bc vf0 arp",
	 "vf1 vf3 ; vf2 pf uplink : bc vf0 c10 arp"},
	{"a port too many in a flood", "vf0", "bc vf0 arp",
	 "vf0 vf1 vf3 vf4 ; vf2 pf uplink : bc vf0 c10 arp"},
	{"no tag where there is one", "vf0", "ext vf0 ip", "uplink"},
	{"another VLAN", "vf0", "ext vf0 ip", "uplink : ext vf0 c11 ip"},
	{"another priority", "vf0", "ext vf0 ip", "uplink : ext vf0 c10.1 ip"},
	{"an S-TAG instead of a C-TAG", "vf0", "ext vf0 ip", "uplink : ext vf0 s10 ip"},
	{"a tag where there is none", "uplink", "vf0 ext c10 ip", "vf0"},
	{"another payload length", "uplink", "vf0 ext c10 ip +46", "vf0 : vf0 ext ip +47"},
	{"another type", "uplink", "vf0 ext c10 ip", "vf0 : vf0 ext t0801"},
	{"one copy of a flood without its tag", "vf0", "bc vf0 arp",
	 "vf1 vf3 vf4 vf2 ; pf uplink : bc vf0 c10 arp"},
	{"one copy of a flood with a tag", "vf0", "bc vf0 arp",
	 "vf1 vf3 ; vf4 vf2 pf uplink : bc vf0 c10 arp"},
	{"another type in a copy that is not the last", "vf0", "bc vf0 arp",
	 "vf1 vf3 ; vf4 : bc vf0 t0801 ; vf2 pf uplink : bc vf0 c10 arp"},
	{"another type in the first copy", "uplink", "bc ext c10 arp",
	 "vf0 : bc ext t0801 ; vf1 vf3 vf4 : bc ext arp ; vf2 pf"},
	{"refused at the target, but it was sent", "vf0", "vf1 vf0 ip", "vf1!mtu"},
	{"sent, but refused at the target", "vf0", "vf4 vf0 ip +400", "vf4"},
	{"another reason at the target", "vf0", "vf4 vf0 ip +400", "vf4!link"},
	{"refused at the source, but it was at the target", "vf0", "vf4 vf0 ip +400", "! mtu"},
	{"switched before, but it was not", "pf", "ext pf ip", "own"},
	{"sent, but switched before", "pf", "ext pf marked ip", "uplink"},
};

static struct lab_expect want;
static struct lab_seen got;
static char why[LAB_WHY_MAX];

static int differ(const struct lab *lab)
{
	why[0] = 0;
	return lab_compare(lab, &want, &got, why);
}

typedef void (*bend_fn)(const struct lab *lab);

/* each right case on each skin: agrees, and no longer after a bend */
static void bend_all(struct lab *lab, bend_fn bend)
{
	for (size_t i = 0; i < ARRAY_SIZE(right); i++) {
		struct lab_bytes in;

		lab_frame(right[i].in, &in);
		for (enum lab_skin skin = 0; skin < LAB_SKIN__MAX; skin++) {
			if (!lab_has_skin(&right[i], &in, skin))
				continue;
			lab_expect(lab, &right[i], skin, &want);
			assert_int_equal(lab_run(lab, &right[i], &in, skin, &got), 0);
			if (differ(lab))
				fail_msg("%s, %s: should agree:\n%s", right[i].says,
					 lab_skin_name(skin), why);
			bend(lab);
		}
	}
}

#define assert_seen(lab) assert_int_not_equal(differ(lab), 0)

static void bend_nothing(const struct lab *lab)
{
	assert_int_equal(differ(lab), 0);
}

static void bend_verdict(const struct lab *lab)
{
	enum evb_verdict verdict = want.verdict;

	for (int other = 0; other <= EVB_VERDICT_OWN; other++) {
		got.trace.verdict = other;
		assert_int_equal(differ(lab) != 0, got.trace.verdict != verdict);
	}
	got.trace.verdict = verdict;
	got.retval ^= 1;
	assert_seen(lab);
	got.retval ^= 1;
	got.trace.drop++;
	assert_seen(lab);
	got.trace.drop--;
	got.trace.runs++;
	assert_seen(lab);
	got.trace.runs--;
	got.trace.port++;
	assert_seen(lab);
}

static void bend_counters(const struct lab *lab)
{
	unsigned int n;

	lab_ports(lab, &n);
	for (unsigned int i = 0; i < n; i++) {
		uint64_t *words = (uint64_t *)&got.delta[i];

		for (size_t k = 0; k < sizeof(struct evb_stats) / sizeof(*words); k++) {
			words[k]++;
			assert_int_equal(differ(lab), 1);
			words[k]--;
		}
	}
}

/* a frame that is compared: not that of one that is refused */
static void bend_bytes(const struct lab *lab)
{
	if (want.verdict == EVB_VERDICT_DROP)
		return;
	for (size_t i = 0; i < got.frame.len; i++)
		for (int bit = 0; bit < 8; bit++) {
			got.frame.data[i] ^= 1 << bit;
			assert_int_equal(differ(lab), 1);
			got.frame.data[i] ^= 1 << bit;
		}
}

static void bend_length(const struct lab *lab)
{
	if (want.verdict == EVB_VERDICT_DROP)
		return;
	got.frame.len--;
	assert_seen(lab);
	got.frame.len += 2;
	assert_seen(lab);
}

static void bend_copies(const struct lab *lab)
{
	for (unsigned int i = 0; i < got.trace.count; i++) {
		struct evb_trace_copy *copy = &got.trace.copy[i], was = *copy;

		copy->port ^= 3;
		assert_seen(lab);
		*copy = was;
		copy->drop ^= EVB_DROP_MTU;
		assert_seen(lab);
		*copy = was;
		if (was.drop)
			continue;
		copy->len++;
		assert_seen(lab);
		*copy = was;
		copy->tci ^= 0x2000;
		assert_seen(lab);
		*copy = was;
		copy->tpid ^= 0x8100;
		assert_seen(lab);
		*copy = was;
		copy->tci2 ^= 1;
		assert_seen(lab);
		*copy = was;
		copy->tpid2 ^= 0x88a8;
		assert_seen(lab);
		*copy = was;
	}
	got.trace.copy[got.trace.count].port = EVB_PORT_PF;
	got.trace.count++;
	assert_seen(lab);
}

static void bend_beside(const struct lab *lab)
{
	if (want.verdict != EVB_VERDICT_SEND && want.verdict != EVB_VERDICT_PASS)
		return;
	got.beside ^= 1;
	assert_seen(lab);
	got.beside ^= 1;
	if (want.retval == 4 /* XDP_REDIRECT: has neither mark nor peer */)
		return;
	got.tc_index ^= EVB_TC_SWITCHED;
	assert_seen(lab);
	got.tc_index ^= EVB_TC_SWITCHED;
	got.trace.copy[0].peer ^= 1;
	assert_seen(lab);
}

static void agrees(void **state)
{
	bend_all(*state, bend_nothing);
}

static void sees_verdict(void **state)
{
	bend_all(*state, bend_verdict);
}

static void sees_counter(void **state)
{
	bend_all(*state, bend_counters);
}

static void sees_byte(void **state)
{
	bend_all(*state, bend_bytes);
}

static void sees_length(void **state)
{
	bend_all(*state, bend_length);
}

static void sees_port(void **state)
{
	bend_all(*state, bend_copies);
}

static void sees_beside(void **state)
{
	bend_all(*state, bend_beside);
}

/* the whole way, as the tables go it; TC at least must object */
static void sees_wrong_cases(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrong); i++) {
		why[0] = 0;
		if (!lab_check(*state, &wrong[i], why))
			fail_msg("nobody noticed: %s", wrong[i].says);
	}
}

/* ---- a bridge: what it knows */

static const struct lab_setup bridge = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"relay: bridge\n"
		"ports:\n"
		"  - {name: p1, dev: d1}\n"
		"  - {name: p2, dev: d2}\n"
		"  - {name: p3, dev: d3, svid: 200, hook: xdp}\n"
		"  - {name: p4, dev: d4, static: [\"02:00:00:00:05:08\"]}\n",
};

static const struct lab_case bridge_right[] = {
	{"a station is learned", "p1", "st2@p2 | st2 st1 ip", "p2 | st2@p2 st1@p1"},
	{"without a word it is, too", "p1", "st2@p2 | st2 st1 ip", "p2"},
	{"a station moves", "p1", "st1@p2/c77 | bc st1 c77 arp",
	 "p2 p4 ; p3 : bc st1 s200 c77 arp | st1@p1/c77"},
	{"into a channel", "p1", "st3@p3 | st3 st1 c0.5 ip",
	 "p3 : st3 st1 s200.5 c0.5 ip | st3@p3 st1@p1"},
	{"a static address stays", "p1", "bc st8 arp", "p2 p4 ; p3 : bc st8 s200 arp |"},
	{"to the stack", "p1", "st2@p2 | 01:80:c2:00:00:0e st1 t88cc", "pass | st2@p2"},
};

static const struct lab_case bridge_wrong[] = {
	{"learned, but it was not to be", "p1", "st2@p2 | st2 st1 ip", "p2 | st2@p2"},
	{"nothing is left, but it is", "p1", "st2@p2 | st2 st1 ip", "p2 |"},
	{"learned at another port", "p1", "st2@p2 | st2 st1 ip", "p2 | st2@p2 st1@p2"},
	{"learned in another VLAN", "p1", "st2@p2 | st2 st1 ip", "p2 | st2@p2 st1@p1/c77"},
	{"learned in an S-VLAN", "p1", "bc st1 c77 arp",
	 "p2 p4 ; p3 : bc st1 s200 c77 arp | st1@p1/s77"},
	{"another address", "p1", "st2@p2 | st2 st1 ip", "p2 | st2@p2 st3@p1"},
	{"not moved", "p1", "st1@p2/c77 | bc st1 c77 arp",
	 "p2 p4 ; p3 : bc st1 s200 c77 arp | st1@p2/c77"},
	{"known, but it was not", "p1", "st2 st1 ip", "p2"},
	{"not known, but it was", "p1", "st2@p2 | st2 st1 ip", "p2 p4 ; p3 : st2 st1 s200 ip"},
	{"without the channel's tag", "p1", "st3@p3 | st3 st1 ip", "p3"},
	{"another tag inside the channel's", "p1", "st3@p3/c77 | st3 st1 c77 ip",
	 "p3 : st3 st1 s200 c78 ip"},
	{"another tag inside, in a flood", "p1", "bc st1 c77 arp",
	 "p2 p4 ; p3 : bc st1 s200 c78 arp"},
	{"to the stack, but it was sent", "p1", "st2@p2 | st2 st1 ip", "pass"},
	{"sent, but it was the stack's", "p1", "st2@p2 | 01:80:c2:00:00:0e st1 t88cc", "p2 p3 p4"},
};

/* one case on one skin, with what it is given; no more of it is right after a bend */
static void run_bridge(struct lab *lab, const struct lab_case *c, enum lab_skin skin)
{
	struct lab_bytes in;

	lab_frame(c->in, &in);
	lab_expect(lab, c, skin, &want);
	assert_int_equal(lab_learned_set(lab, &want.given, true), 0);
	assert_int_equal(lab_run(lab, c, &in, skin, &got), 0);
	assert_int_equal(lab_learned_look(lab, &want.given, &got), 0);
	if (differ(lab))
		fail_msg("%s, %s: should agree:\n%s", c->says, lab_skin_name(skin), why);
}

static void bend_learned(const struct lab *lab)
{
	struct lab_learned was = got.learned;

	got.learned.at[got.learned.n++] = (struct lab_address){{2, 9}, 1, 1};
	assert_seen(lab);
	got.learned = was;
	for (unsigned int i = 0; i < was.n; i++) {
		got.learned.at[i].port ^= 3;
		assert_seen(lab);
		got.learned = was;
		got.learned.at[i].fid++;
		assert_seen(lab);
		got.learned = was;
		got.learned.at[i].mac[5] ^= 1;
		assert_seen(lab);
		got.learned = was;
	}
	if (was.n) {
		got.learned.n--;
		assert_seen(lab);
		got.learned = was;
	}
	got.miscounted++;
	assert_seen(lab);
	got.miscounted--;
	got.stale++;
	assert_seen(lab);
	got.stale--;
}

static void sees_learned(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bridge_right); i++)
		for (enum lab_skin skin = 0; skin <= LAB_TC_BESIDE; skin++) {
			struct lab_bytes in;

			lab_frame(bridge_right[i].in, &in);
			if (!lab_has_skin(&bridge_right[i], &in, skin))
				continue;
			run_bridge(*state, &bridge_right[i], skin);
			bend_learned(*state);
			bend_counters(*state);
			bend_copies(*state);
		}
}

static void sees_wrong_bridges(void **state)
{
	for (size_t i = 0; i < ARRAY_SIZE(bridge_right); i++) {
		why[0] = 0;
		if (lab_check(*state, &bridge_right[i], why))
			fail_msg("%s", why);
	}
	for (size_t i = 0; i < ARRAY_SIZE(bridge_wrong); i++) {
		why[0] = 0;
		if (!lab_check(*state, &bridge_wrong[i], why))
			fail_msg("nobody noticed: %s", bridge_wrong[i].says);
	}
}

/* rows of the tables that lie are seen for what they are */
static void sees_rows(void **state)
{
	struct lab *lab = *state;
	uint32_t number = lab_port(lab, "p2")->number, slot;
	struct evb_near near = {};
	struct evb_learn learn;
	struct evb_fdb_key key;
	struct lab_learned at;

	lab_learned_words(lab, "st2@p2", &at);
	assert_int_equal(lab_learned_set(lab, &at, true), 0);
	assert_int_equal(lab_learned_look(lab, &at, &got), 0);
	assert_int_equal(got.miscounted + got.stale, 0);
	assert_true(lab_learned_same(&got.learned, &at));
	learn = (struct evb_learn){.count = 2};
	assert_int_equal(table_put(lab_tables(lab), TABLE_LEARN, &number, &learn), 0);
	memset(&key, 0, sizeof(key));
	memcpy(key.mac, at.at[0].mac, 6);
	key.fid = at.at[0].fid;
	slot = evb_near_slot(&key);
	near.word = evb_near_word(&key, number + 1);
	assert_int_equal(table_put(lab_tables(lab), TABLE_FDB_NEAR, &slot, &near), 0);
	assert_int_equal(lab_learned_look(lab, &at, &got), 0);
	assert_int_equal(got.miscounted, 1);
	assert_int_not_equal(got.stale, 0);
}

/* ---- port extension */

static const struct lab_setup extender = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"relay: extender\n"
		"tag: e-tag\n"
		"uplink: {dev: up}\n"
		"vfs:\n"
		"  - {id: 0, dev: h0, mac: \"02:00:00:00:01:00\", ecid: 0x12}\n"
		"  - {id: 1, dev: h1, mac: \"02:00:00:00:01:01\", ecid: 0x13, vlan: 10}\n"
		"  - {id: 2, dev: h2, mac: \"02:00:00:00:01:02\", ecid: 0x14, hook: xdp}\n"
		"cascade: [{dev: k1, ids: [0x100]}]\n"
		"replication: [{grp: 1, ecid: 5, members: [vf0, vf1, vf2, k1]}]\n",
};

static const struct lab_case extender_right[] = {
	{"up", "vf0", "vf1 vf0 c5.3 ip", "uplink : vf1 vf0 e12.3 c5.3 ip"},
	{"down", "uplink", "vf0 ext e12 ip", "vf0 : vf0 ext ip"},
	{"down, for XDP", "uplink", "vf2 ext e14 ip", "vf2 : vf2 ext ip"},
	{"a group", "uplink", "bc ext e1:5-14 c10 arp",
	 "k1 ; vf0 : bc ext c10 arp ; vf1 : bc ext arp"},
	{"a cascade's", "k1", "ext st1 e100 ip", "uplink"},
	{"the host's", "k1", "ext st1 ip", "pass"},
};

static const struct lab_case extender_wrong[] = {
	{"without tag", "vf0", "ext vf0 ip", "uplink"},
	{"another id", "vf0", "ext vf0 ip", "uplink : ext vf0 e13 ip"},
	{"another priority", "vf0", "ext vf0 c5.3 ip", "uplink : ext vf0 e12.2 c5.3 ip"},
	{"a DEI", "vf0", "ext vf0 c5.3 ip", "uplink : ext vf0 e12.3d c5.3 ip"},
	{"a group's", "vf0", "ext vf0 ip", "uplink : ext vf0 e1:12 ip"},
	{"an ingress id", "vf0", "ext vf0 ip", "uplink : ext vf0 e12-12 ip"},
	{"an extension", "vf0", "ext vf0 ip", "uplink : ext vf0 e1012 ip"},
	{"a reserved bit", "vf0", "ext vf0 ip", "uplink : ext vf0 e=000040120000 ip"},
	{"a VN-Tag", "vf0", "ext vf0 ip", "uplink : ext vf0 vu12 ip"},
	{"locally", "vf0", "vf2 vf0 ip", "vf2"},
	{"by address", "uplink", "vf2 ext e12 ip", "vf2 : vf2 ext ip"},
	{"with its tag", "uplink", "vf0 ext e12 ip", "vf0"},
	{"a member too many", "uplink", "bc ext e1:5-14 c10 arp",
	 "k1 ; vf0 vf2 : bc ext c10 arp ; vf1 : bc ext arp"},
	{"a member too few", "uplink", "bc ext e1:5 c10 arp",
	 "k1 ; vf0 : bc ext c10 arp ; vf1 : bc ext arp"},
	{"the cascade's without tag", "uplink", "bc ext e1:5 arp", "k1 vf0 vf2 : bc ext arp"},
	{"the cascade's with another id", "uplink", "bc ext e1:5 arp",
	 "k1 : bc ext e1:6 arp ; vf0 vf2 : bc ext arp"},
	{"one copy's other type", "uplink", "bc ext e1:5 arp",
	 "k1 ; vf0 : bc ext t0801 ; vf2 : bc ext arp"},
	{"a cascade's with another id", "k1", "ext st1 e100 ip", "uplink : ext st1 e101 ip"},
	{"a cascade's to the host", "k1", "ext st1 e100 ip", "pass"},
	{"a cascade's untagged up", "k1", "ext st1 ip", "uplink"},
};

static const struct lab_setup controlling = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"relay: bridge\n"
		"ports:\n"
		"  - {name: p1, dev: d1}\n"
		"  - {name: x1, dev: d3, tag: e-tag, ecid: 0x12}\n"
		"  - {name: x2, dev: d3, tag: e-tag, ecid: 0x13}\n"
		"  - {name: x3, dev: d3, tag: e-tag, ecid: 0x14}\n"
		"  - {name: y1, dev: d4, tag: e-tag, ecid: 0x15, hook: xdp}\n"
		"replication: [{dev: d3, grp: 1, ecid: 5, members: [x1, x2, x3]}]\n",
};

static const struct lab_case controlling_right[] = {
	{"from an id to another", "x1", "st2@x2 | st2 st1 e12.3 c0.4 ip",
	 "x2 : st2 st1 e13.4 c0.4 ip | st2@x2 st1@x1"},
	{"to an XDP port", "x1", "st2@y1/c5 | st2 st1 e12 c5 ip", "y1 : st2 st1 e15 c5 ip"},
	{"a group", "p1", "bc st1 arp", "d3.1.5 : bc st1 e1:5 arp ; y1 : bc st1 e15 arp"},
};

static const struct lab_case controlling_wrong[] = {
	{"learned in another VLAN", "x1", "st2@y1/c5 | st2 st1 e12 c5 ip",
	 "y1 : st2 st1 e15 c5 ip | st2@y1/c5 st1@x1"},
	{"learned at the device", "x1", "bc st1 e12 arp",
	 "p1 : bc st1 arp ; d3.1.5 : bc st1 e1:5-12 arp ; y1 : bc st1 e15 arp | st1@d3"},
	{"another id", "x1", "st2@y1 | st2 st1 e12 ip", "y1 : st2 st1 e14 ip"},
	{"the id that it came with", "x1", "st2@x2 | st2 st1 e12 ip", "x2"},
	{"a group's id", "p1", "st2@x2 | st2 st1 ip", "x2 : st2 st1 e1:13 ip"},
	{"a group's other id", "p1", "bc st1 arp",
	 "d3.1.5 : bc st1 e1:6 arp ; y1 : bc st1 e15 arp"},
	{"a group's other GRP", "p1", "bc st1 arp",
	 "d3.1.5 : bc st1 e2:5 arp ; y1 : bc st1 e15 arp"},
	{"no ingress id", "x1", "bc st1 e12 arp",
	 "p1 : bc st1 arp ; d3.1.5 : bc st1 e1:5 arp ; y1 : bc st1 e15 arp"},
	{"one copy each instead of a group's", "p1", "bc st1 arp",
	 "x1 : bc st1 e12 arp ; x2 : bc st1 e13 arp ; x3 : bc st1 e14 arp ; y1 : bc st1 e15 arp"},
	{"one copy too many", "p1", "bc st1 arp",
	 "d3.1.5 : bc st1 e1:5 arp ; x1 : bc st1 e12 arp ; y1 : bc st1 e15 arp"},
	{"refused at the port, but it was at the device", "x1", "bc st1 e99 arp", "! channel |"},
};

static void sees_wrong_ones(struct lab *lab, const struct lab_case *right_ones, size_t n_right,
			    const struct lab_case *wrong_ones, size_t n_wrong)
{
	for (size_t i = 0; i < n_right; i++) {
		why[0] = 0;
		if (lab_check(lab, &right_ones[i], why))
			fail_msg("%s: %s", right_ones[i].says, why);
	}
	for (size_t i = 0; i < n_wrong; i++) {
		why[0] = 0;
		if (!lab_check(lab, &wrong_ones[i], why))
			fail_msg("nobody noticed: %s", wrong_ones[i].says);
	}
}

static void sees_wrong_extenders(void **state)
{
	sees_wrong_ones(*state, extender_right, ARRAY_SIZE(extender_right), extender_wrong,
			ARRAY_SIZE(extender_wrong));
}

static void sees_wrong_controllers(void **state)
{
	sees_wrong_ones(*state, controlling_right, ARRAY_SIZE(controlling_right), controlling_wrong,
			ARRAY_SIZE(controlling_wrong));
}

/* headers of frames that tshark has read: standards.md 1.10, samples 1 to 12 */
static void builds_known_frames(void **state)
{
	static const struct {
		const char *words, *hex;
	} known[] = {
		{"bc 02:00:00:00:00:01 c100.5 arp +0", "hex=ffffffffffff0200000000018100a0640806"},
		{"02:00:00:00:00:02 02:00:00:00:00:01 s200 c100 ip +0",
		 "hex=02000000000202000000000188a800c8810000640800"},
		{"02:00:00:00:00:02 02:00:00:00:00:01 s4094.3d ip +0",
		 "hex=02000000000202000000000188a87ffe0800"},
		{"02:00:00:00:00:02 02:00:00:00:00:01 c0.7 ip +0",
		 "hex=0200000000020200000000018100e0000800"},
		{"02:00:00:00:00:02 02:00:00:00:00:01 vu12 ip +0",
		 "hex=0200000000020200000000018926000000120800"},
		{"02:00:00:00:00:02 02:00:00:00:00:01 vd34 ip +0",
		 "hex=0200000000020200000000018926803400000800"},
		{"bc 02:00:00:00:00:01 vl1001-12 arp +0",
		 "hex=ffffffffffff0200000000018926d00180120806"},
		{"02:00:00:00:00:02 02:00:00:00:00:01 vu7ff c100 ip +0",
		 "hex=0200000000020200000000018926000007ff810000640800"},
		{"02:00:00:00:00:02 02:00:00:00:00:01 e12 ip +0",
		 "hex=020000000002020000000001893f0000001200000800"},
		{"02:00:00:00:00:02 02:00:00:00:00:01 e34 c100 ip +0",
		 "hex=020000000002020000000001893f000000340000810000640800"},
		{"bc 02:00:00:00:00:01 e1:5-12.6 arp +0",
		 "hex=ffffffffffff020000000001893fc012100500000806"},
		{"02:00:00:00:00:02 02:00:00:00:00:01 e2:ab123-cd456.7d ip +0",
		 "hex=020000000002020000000001893ff4562123cdab0800"},
		{"vf3.1 ext2 llc +3", "hex=0200000101030200"
				      "0000ee02"
				      "0003a5a4a7"},
		/* as scapy makes them, checksums 0 */
		{"vf1 vf0 arp4=10.0.0.5>10.0.0.9 op=2 +28",
		 "hex=02000000010102000000010008060001080006040002020000000100"
		 "0a0000050000000000000a000009"},
		{"vf1 vf0 ip4=10.0.0.5>10.0.0.9 tos=b8 opt=1 frag=0+ udp=68>67 +32",
		 "hex=020000000101020000000100080046b8002000002000401100000a0000050a000009"
		 "010101010044004300000000"},
		{"vf1 vf0 ip6=fd00::5>fd00::9 tos=b8 frag=5+ ns=fd00::9 slla=vf0",
		 "hex=02000000010102000000010086dd6b80000000282c40"
		 "fd000000000000000000000000000005fd000000000000000000000000000009"
		 "3a000029000000008700000000000000fd000000000000000000000000000009"
		 "0101020000000100"},
	};
	struct lab_bytes a, b;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(known); i++) {
		lab_frame(known[i].words, &a);
		lab_frame(known[i].hex, &b);
		assert_int_equal(a.len, b.len);
		assert_memory_equal(a.data, b.data, a.len);
	}
}

static int group_setup(void **state)
{
	return lab_group_setup(state, &setup);
}

static int bridge_setup(void **state)
{
	return lab_group_setup(state, &bridge);
}

static int extender_setup(void **state)
{
	return lab_group_setup(state, &extender);
}

static int controlling_setup(void **state)
{
	return lab_group_setup(state, &controlling);
}

#define TEST(says, fn)                     \
	{                                  \
		says, fn, NULL, NULL, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("words make the frames that tshark has read", builds_known_frames),
		TEST("right expectations agree on every skin", agrees),
		TEST("a wrong verdict, reason, return code, source or number of runs is seen",
		     sees_verdict),
		TEST("one more on any counter of any port is seen", sees_counter),
		TEST("one wrong bit anywhere in the frame is seen", sees_byte),
		TEST("a frame one byte shorter or longer is seen", sees_length),
		TEST("a copy at a wrong port, with a wrong length or tag, or too many is seen",
		     sees_port),
		TEST("a tag beside instead of inside, a wrong mark or redirect_peer is seen",
		     sees_beside),
		TEST("a case that expects something else fails", sees_wrong_cases),
	};

	const struct CMUnitTest bridges[] = {
		TEST("an address too many, too few or elsewhere is seen", sees_learned),
		TEST("rows that count wrong or point elsewhere are seen", sees_rows),
		TEST("a case that expects something else of a bridge fails", sees_wrong_bridges),
	};
	const struct CMUnitTest extenders[] = {
		TEST("a case that expects something else of an extender fails",
		     sees_wrong_extenders),
	};
	const struct CMUnitTest controllers[] = {
		TEST("a case that expects something else of a controlling bridge fails",
		     sees_wrong_controllers),
	};
	int failed = cmocka_run_group_tests_name("harness", tests, group_setup, lab_group_teardown);

	failed += cmocka_run_group_tests_name("harness of a bridge", bridges, bridge_setup,
					      lab_group_teardown);
	failed += cmocka_run_group_tests_name("harness of an extender", extenders, extender_setup,
					      lab_group_teardown);
	return failed + cmocka_run_group_tests_name("harness of a controlling bridge", controllers,
						    controlling_setup, lab_group_teardown);
}
