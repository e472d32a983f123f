/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bridge without VLANs: what it learns, where it sends (standards.md 1.9, 2.5, design.md 5, 7).
 *
 *	p1 p2 p3 ordinary   p4 reflects   p5 p6 isolated   p7 does not learn   p8 st8 and st18 are static
 *	p9 only st9   p10 two addresses   p11 p12 take XDP frames, p12 reflects   p13 disabled
 *	p14 MTU 300   p15 no address
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define PORTS                                                                               \
	"  - {name: p1, dev: d1}\n"                                                         \
	"  - {name: p2, dev: d2}\n"                                                         \
	"  - {name: p3, dev: d3}\n"                                                         \
	"  - {name: p4, dev: d4, reflective_relay: on}\n"                                   \
	"  - {name: p5, dev: d5, isolated: on}\n"                                           \
	"  - {name: p6, dev: d6, isolated: on}\n"                                           \
	"  - {name: p7, dev: d7, learning: off}\n"                                          \
	"  - {name: p8, dev: d8, static: [\"02:00:00:00:05:08\", \"02:00:00:00:05:12\"]}\n" \
	"  - {name: p9, dev: d9, static: [\"02:00:00:00:05:09\"], spoofchk: on}\n"          \
	"  - {name: p10, dev: d10, learn_limit: 2}\n"                                       \
	"  - {name: p11, dev: d11, hook: xdp}\n"                                            \
	"  - {name: p12, dev: d12, hook: xdp, reflective_relay: on}\n"                      \
	"  - {name: p13, dev: d13, state: disable}\n"                                       \
	"  - {name: p14, dev: d14}\n"                                                       \
	"  - {name: p15, dev: d15, learn_limit: 0}\n"

#define HEAD "version: 1\nswitch: lab\nrelay: bridge\n"

static const struct lab_setup plain = {
	.yaml = HEAD "ports:\n" PORTS,
	.mtu = {[13] = 300},
};

static const struct lab_setup forward = {
	.yaml = HEAD "bpdu: forward\nports:\n" PORTS,
	.mtu = {[13] = 300},
};

/* whom every flood reaches */
#define MOST "p7 p8 p9 p10 p11 p12 p14 p15"

static const struct lab_case relay[] = {
	{"an unknown address is flooded, and its sender learned", "p1", "st2 st1 ip",
	 "p2 p3 p4 p5 p6 " MOST " | st1@p1"},
	{"a broadcast is flooded, and its sender learned", "p2", "bc st2 arp",
	 "p1 p3 p4 p5 p6 " MOST " | st2@p2"},
	{"a multicast is flooded, and its sender learned", "p3", "mc6 st3 t86dd",
	 "p1 p2 p4 p5 p6 " MOST " | st3@p3"},
	{"a learned address has its port, and the sender is learned", "p1", "st2@p2 | st2 st1 ip",
	 "p2 | st2@p2 st1@p1"},
	{"who is known is not learned again", "p1", "st2@p2 st1@p1 | st2 st1 ip",
	 "p2 | st2@p2 st1@p1"},
	{"802.3 to a learned address", "p1", "st2@p2 | st2 st1 llc", "p2"},
	{"a priority tag in no VLAN is kept", "p1", "st2@p2 | st2 st1 c0.5d ip", "p2"},
	{"a station that moved is at its new port", "p1", "st1@p2 | bc st1 arp",
	 "p2 p3 p4 p5 p6 " MOST " | st1@p1"},
	{"a station that moved, by a known unicast frame", "p1", "st1@p2 st3@p3 | st3 st1 ip",
	 "p3 | st1@p1 st3@p3"},
	{"a station that moved to where its partner is", "p2", "st1@p1 st2@p2 | st2 st1 ip",
	 "! hairpin | st1@p2 st2@p2"},
	{"one address moves, the others stay", "p3", "st1@p1 st2@p1 st3@p1 | st1 st2 ip",
	 "p1 | st1@p1 st2@p3 st3@p1"},
	{"the far end of the target's own device", "p1", "dev2@p2 | dev2 st1 ip", "p2"},
	{"an unknown far end is flooded to", "p1", "dev2 st1 ip", "p2 p3 p4 p5 p6 " MOST},
	{"a frame to XDP's port", "p1", "st11@p11 | st11 st1 ip", "p11"},
	{"between XDP's ports", "p12", "st11@p11 | st11 st12 ip", "p11 | st11@p11 st12@p12"},
	{"between XDP's ports, a station that moved", "p12", "st11@p11 st12@p1 | st11 st12 ip",
	 "p11 | st11@p11 st12@p12"},
	{"a frame of its MTU + 18", "p1", "st14@p14 | st14 st1 ip +304", "p14"},
	{"a longer one is lost at the target, its sender learned", "p1",
	 "st14@p14 | st14 st1 ip +305", "p14!mtu | st14@p14 st1@p1"},
	{"a long flood is lost where it does not fit", "p1", "bc st1 ip +305",
	 "p2 p3 p4 p5 p6 p7 p8 p9 p10 p11 p12 p15 ; p14!mtu"},
	{"a GSO frame is learned once and counts as its segments", "p1",
	 "st2@p2 | st2 st1 ip +628 gso=200x3", "p2 | st2@p2 st1@p1"},
	{"a frame from a disabled port, which learns nothing", "p13", "bc st1 arp", "! link |"},
	{"a frame to a disabled port is lost there", "p1", "st13@p13 | st13 st1 ip", "p13!link"},
	{"a bad source address is not learned", "p1", "bc mc ip", "! bad_frame |"},
	{"source address zero is not learned", "p1", "bc zero ip", "! bad_frame |"},
	{"a cut frame teaches nothing", "p1", "st2@p2 | st2 st1 c10 ip cut=16",
	 "! bad_frame | st2@p2"},
	{"an E-TAG teaches nothing", "p1", "bc st1 t893f", "! inject |"},
};

static const struct lab_case hairpin[] = {
	{"a frame does not go back where it came from", "p1", "st2@p1 | st2 st1 ip",
	 "! hairpin | st2@p1 st1@p1"},
	{"not to its sender either", "p1", "st1@p1 | st1 st1 ip", "! hairpin | st1@p1"},
	{"not even when that is not learned yet", "p1", "st1 st1 ip", "! hairpin | st1@p1"},
	{"not to a static address of the port", "p8", "st8 st1 ip", "! hairpin | st1@p8"},
	{"at XDP's port", "p11", "st2@p11 | st2 st1 ip", "! hairpin | st2@p11 st1@p11"},
	{"with reflective relay it goes back", "p4", "st2@p4 | st2 st1 ip", "p4 | st2@p4 st1@p4"},
	{"with reflective relay, to the far end itself", "p4", "dev4@p4 | dev4 st1 ip",
	 "p4 | dev4@p4 st1@p4"},
	{"with reflective relay at XDP's port", "p12", "st2@p12 | st2 st1 ip",
	 "p12 | st2@p12 st1@p12"},
	{"with reflective relay a broadcast comes back, too", "p4", "bc st1 arp",
	 "p1 p2 p3 p4 p5 p6 " MOST " | st1@p4"},
	{"and a multicast", "p4", "mc st1 ip", "p1 p2 p3 p4 p5 p6 " MOST " | st1@p4"},
	{"and what is unknown", "p4", "st2 st1 ip", "p1 p2 p3 p4 p5 p6 " MOST " | st1@p4"},
	{"what is known elsewhere does not", "p4", "st2@p2 | st2 st1 ip", "p2"},
	{"a flood of another port reaches it once", "p1", "bc st1 arp", "p2 p3 p4 p5 p6 " MOST},
	{"a reflected frame that is too long", "p4", "st2@p4 | st2 st1 ip +1505",
	 "p4!mtu | st2@p4 st1@p4"},
	{"what belongs to the link is not reflected", "p4", "01:80:c2:00:00:0e st1 t88cc",
	 "pass |"},
	{"a BPDU is not reflected", "p4", "01:80:c2:00:00:00 st1 llc", "! control |"},
};

static const struct lab_case learning[] = {
	{"a port that does not learn floods all the same", "p7", "bc st1 arp",
	 "p1 p2 p3 p4 p5 p6 p8 p9 p10 p11 p12 p14 p15 |"},
	{"a port that does not learn finds the learned", "p7", "st2@p2 | st2 st1 ip",
	 "p2 | st2@p2"},
	{"no station moves to a port that does not learn", "p7", "st1@p2 | bc st1 arp",
	 "p1 p2 p3 p4 p5 p6 p8 p9 p10 p11 p12 p14 p15 | st1@p2"},
	{"what is behind it is unknown", "p1", "st7 st1 ip", "p2 p3 p4 p5 p6 " MOST " | st1@p1"},
	{"a static address has its port from the first frame", "p1", "st8 st1 ip", "p8 | st1@p1"},
	{"each of several", "p1", "st18 st1 ip", "p8 | st1@p1"},
	{"a static address is not learned at its own port", "p8", "bc st8 arp",
	 "p1 p2 p3 p4 p5 p6 p7 p9 p10 p11 p12 p14 p15 |"},
	{"a static address does not move", "p1", "bc st8 arp", "p2 p3 p4 p5 p6 " MOST " |"},
	{"a frame that claims to be a static address reaches it", "p1", "st8 st18 ip", "p8 |"},
	{"a static address does not move to where the limit is reached", "p15", "bc st8 arp",
	 "p1 p2 p3 p4 p5 p6 p7 p8 p9 p10 p11 p12 p14 |"},
	{"beside static addresses a port learns others", "p8", "st2@p2 | st2 st3 ip",
	 "p2 | st2@p2 st3@p8"},
	{"with spoofchk its address may send", "p9", "st2@p2 | st2 st9 ip", "p2 | st2@p2"},
	{"with spoofchk no other may, and is not learned", "p9", "st2@p2 | st2 st3 ip",
	 "! spoof_mac | st2@p2"},
	{"with spoofchk no station moves there", "p9", "st2@p2 | bc st2 arp",
	 "! spoof_mac | st2@p2"},
	{"within its limit a port learns", "p10", "st1@p10 | bc st2 arp",
	 "p1 p2 p3 p4 p5 p6 p7 p8 p9 p11 p12 p14 p15 | st1@p10 st2@p10"},
	{"beyond its limit a frame is refused, and nothing is learned", "p10",
	 "st1@p10 st2@p10 | bc st3 arp", "! learn_limit | st1@p10 st2@p10"},
	{"also one to a known address", "p10", "st1@p10 st2@p10 st4@p1 | st4 st3 ip",
	 "! learn_limit | st1@p10 st2@p10 st4@p1"},
	{"at its limit the known may send", "p10", "st1@p10 st2@p10 st4@p1 | st4 st2 ip",
	 "p1 | st1@p10 st2@p10 st4@p1"},
	{"no station moves to a port that is full", "p10", "st1@p10 st2@p10 st3@p1 | bc st3 arp",
	 "! learn_limit | st1@p10 st2@p10 st3@p1"},
	{"who moves away makes room", "p1", "st1@p10 st2@p10 | bc st1 arp",
	 "p2 p3 p4 p5 p6 " MOST " | st1@p1 st2@p10"},
	{"limit 0: nobody may send", "p15", "bc st1 arp", "! learn_limit |"},
	{"learn_limit comes before hairpin", "p15", "st1 st1 ip", "! learn_limit |"},
	{"learn_limit comes before the target's mtu", "p15", "st14@p14 | st14 st1 ip +400",
	 "! learn_limit | st14@p14"},
	{"hairpin comes before mtu", "p14", "st1@p14 | st1 st2 ip +400",
	 "! hairpin | st1@p14 st2@p14"},
};

static const struct lab_case isolation[] = {
	{"isolated ports do not meet, and the sender is learned", "p5", "st6@p6 | st6 st5 ip",
	 "! isolated | st6@p6 st5@p5"},
	{"an isolated port reaches an ordinary one", "p5", "st1@p1 | st1 st5 ip", "p1"},
	{"an ordinary port reaches an isolated one", "p1", "st5@p5 | st5 st1 ip", "p5"},
	{"a flood of an isolated port passes the isolated", "p5", "bc st5 arp",
	 "p1 p2 p3 p4 " MOST},
	{"also of unknown unicast", "p6", "st5 st6 ip", "p1 p2 p3 p4 " MOST},
	{"hairpin, not isolated: its own port", "p5", "st6@p5 | st6 st5 ip",
	 "! hairpin | st6@p5 st5@p5"},
};

#define BPDU "01:80:c2:00:00:00"

static const struct lab_case control[] = {
	{"LLDP is the device's own", "p1", "01:80:c2:00:00:0e st1 t88cc", "pass |"},
	{"of a known station, too, which stays", "p1", "st1@p2 | 01:80:c2:00:00:0e st1 t88cc",
	 "pass | st1@p2"},
	{"EVB's LLDP to the nearest customer bridge is the device's own", "p1", BPDU " st1 t88cc",
	 "pass |"},
	{"and ECP", "p1", BPDU " st1 t8940", "pass |"},
	{"a BPDU ends at the bridge", "p1", BPDU " st1 llc", "! control |"},
	{"a BPDU with a tag, too", "p1", BPDU " st1 c10 llc", "! control |"},
	{"LACP to a station is the device's own", "p1", "st2@p2 | st2 st1 t8809", "pass | st2@p2"},
	{"PAUSE", "p1", "01:80:c2:00:00:01 st1 t8808", "pass |"},
	{"LLC to another reserved address", "p1", "01:80:c2:00:00:02 st1 llc", "pass |"},
	{"from XDP's port", "p11", "01:80:c2:00:00:0e st1 t88cc", "pass |"},
	{"from a port that may learn nothing", "p15", "01:80:c2:00:00:0e st1 t88cc", "pass |"},
	{"from a port with spoofchk: the link is not checked", "p9", "01:80:c2:00:00:0e st1 t88cc",
	 "pass |"},
	{"link comes before it", "p13", "01:80:c2:00:00:0e st1 t88cc", "! link |"},
	{"bad_frame comes before it", "p1", "01:80:c2:00:00:0e mc t88cc", "! bad_frame |"},
	{"control comes before spoof_mac", "p9", BPDU " st1 llc", "! control |"},
	{"control comes before learn_limit", "p15", BPDU " st1 llc", "! control |"},
	{"-10 is not reserved", "p1", "01:80:c2:00:00:10 st1 ip", "p2 p3 p4 p5 p6 " MOST},
	{"Cisco's per-VLAN BPDUs are multicast", "p1", "01:00:0c:cc:cc:cd st1 llc",
	 "p2 p3 p4 p5 p6 " MOST},
};

static const struct lab_case forwarded[] = {
	{"a BPDU is forwarded, and its sender learned", "p1", BPDU " st1 llc",
	 "p2 p3 p4 p5 p6 " MOST " | st1@p1"},
	{"but never back", "p4", BPDU " st1 llc", "p1 p2 p3 p5 p6 " MOST " | st1@p4"},
	{"not between the isolated", "p5", BPDU " st1 llc", "p1 p2 p3 p4 " MOST},
	{"EVB's LLDP stays the device's own", "p1", BPDU " st1 t88cc", "pass |"},
	{"LLDP, too", "p1", "01:80:c2:00:00:0e st1 t88cc", "pass |"},
	{"with spoofchk a BPDU is checked", "p9", BPDU " st1 llc", "! spoof_mac |"},
	{"a limit of addresses holds", "p15", BPDU " st1 llc", "! learn_limit |"},
};

/* all reserved addresses and the link's EtherTypes, behind 0 to 2 tags */
static struct lab_case reserved[(16 + 4) * 3];

static const char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static const char *format(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	return text; /* for the rest of the program */
}

static size_t reserved_make(void)
{
	static const char *const tags[] = {"", "c10", "s7 c10.3"};
	static const char *const types[] = {"t8808", "t8809", "t88cc", "t8940"};
	struct lab_case *c = reserved;

	for (size_t depth = 0; depth < ARRAY_SIZE(tags); depth++) {
		for (int i = 0; i < 16; i++)
			*c++ = (struct lab_case){
				format("-%02X behind %zu tags is the device's own", i, depth), "p1",
				format("01:80:c2:00:00:%02x st1 %s t88b7", i, tags[depth]),
				"pass |"};
		for (size_t i = 0; i < ARRAY_SIZE(types); i++)
			*c++ = (struct lab_case){
				format("type %s behind %zu tags is the device's own", types[i] + 1,
				       depth),
				"p4",
				format("%s st1 %s %s", i % 2 ? "st2" : "bc", tags[depth], types[i]),
				"pass |"};
	}
	return c - reserved;
}

#define TABLE(setup, cases) (lab_table(#cases, &setup, cases, ARRAY_SIZE(cases)) != 0)

int main(void)
{
	int failed = 0;

	failed += TABLE(plain, relay);
	failed += TABLE(plain, hairpin);
	failed += TABLE(plain, learning);
	failed += TABLE(plain, isolation);
	failed += TABLE(plain, control);
	failed += lab_table("reserved", &plain, reserved, reserved_make()) != 0;
	failed += TABLE(forward, forwarded);
	return failed;
}
