/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Who reaches whom in no VLAN: unicast, floods, reserved addresses, isolation, link state, MTU,
 * source checks (standards.md 2.3, design.md section 7).
 *
 *	vf0 vf1 ordinary    vf2 vf3 isolated   vf4 disabled, MTU 300   vf5 MTU 300
 *	vf6 three addresses vf7 spoofchk off   vf8 vf9 vf10 take XDP frames: ordinary, MTU 300, disabled
 *	vf11 isolated and disabled             the PF has a second address behind it
 *	vf12 vf13 absent, vf14 vf15 without carrier: one with a stack, one that takes XDP frames
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "harness.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct lab_setup plain = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"relay: veb\n"
		"uplink: {dev: up}\n"
		"pf: {mac: [\"02:00:00:01:0f:00\"]}\n"
		"vfs:\n"
		"  - {id: 0, dev: h0, mac: \"02:00:00:00:01:00\"}\n"
		"  - {id: 1, dev: h1, mac: \"02:00:00:00:01:01\"}\n"
		"  - {id: 2, dev: h2, mac: \"02:00:00:00:01:02\", isolated: on}\n"
		"  - {id: 3, dev: h3, mac: \"02:00:00:00:01:03\", isolated: on}\n"
		"  - {id: 4, dev: h4, mac: \"02:00:00:00:01:04\", state: disable}\n"
		"  - {id: 5, dev: h5, mac: \"02:00:00:00:01:05\"}\n"
		"  - {id: 6, dev: h6, mac: [\"02:00:00:00:01:06\", \"02:00:00:01:01:06\", "
		"\"02:00:00:02:01:06\"]}\n"
		"  - {id: 7, dev: h7, mac: \"02:00:00:00:01:07\", spoofchk: off}\n"
		"  - {id: 8, dev: h8, mac: \"02:00:00:00:01:08\", hook: xdp}\n"
		"  - {id: 9, dev: h9, mac: \"02:00:00:00:01:09\", hook: xdp}\n"
		"  - {id: 10, dev: h10, mac: \"02:00:00:00:01:0a\", hook: xdp, state: disable}\n"
		"  - {id: 11, dev: h11, mac: \"02:00:00:00:01:0b\", isolated: on, state: "
		"disable}\n"
		"  - {id: 12, dev: h12, mac: \"02:00:00:00:01:0c\", present: later}\n"
		"  - {id: 13, dev: h13, mac: \"02:00:00:00:01:0d\", present: later, hook: xdp}\n"
		"  - {id: 14, dev: h14, mac: \"02:00:00:00:01:0e\"}\n"
		"  - {id: 15, dev: h15, mac: \"02:00:00:00:01:0f\", hook: xdp}\n",
	.mtu = {[4] = 300, [5] = 300, [9] = 300},
	.absent = {[12] = true, [13] = true},
	.no_link = {[14] = true, [15] = true},
};

#define FREE "vf5 vf6 vf7 vf8 vf9" /* that every flood reaches */

static const struct lab_case unicast[] = {
	{"a VF's frame to another VF goes to that VF only, not to the wire", "vf0", "vf1 vf0 ip",
	 "vf1"},
	{"a VF's ARP answer goes to the VF that asked", "vf1", "vf0 vf1 arp", "vf0"},
	{"an 802.3 frame with LLC goes to its VF", "vf0", "vf1 vf0 llc", "vf1"},
	{"an 802.3 frame may be padded behind its length", "vf0", "vf1 vf0 l3 +46", "vf1"},
	{"a frame without payload goes to its VF", "vf0", "vf1 vf0 ip +0", "vf1"},
	{"a VF's frame to an address that nobody has goes to the wire only", "vf0", "ext vf0 ip",
	 "uplink"},
	{"a VF's frame to the host goes to the PF only", "vf0", "pf vf0 ip", "pf"},
	{"a VF's frame to an address behind the host goes to the PF only", "vf0", "pf.1 vf0 ip",
	 "pf"},
	{"the PF's frame to a VF goes to that VF, not to the wire", "pf", "vf0 pf ip", "vf0"},
	{"the PF's frame to an unknown address goes out of the wire", "pf", "ext pf ip", "uplink"},
	{"the PF may send from addresses that are not its own", "pf", "vf0 ext9 ip", "vf0"},
	{"the PF reaches an isolated VF", "pf", "vf2 pf ip", "vf2"},
	{"the PF that addresses itself reaches nobody", "pf", "pf.1 pf ip", "! self"},
	{"a frame from the wire goes to the VF that has its address", "uplink", "vf0 ext ip",
	 "vf0"},
	{"a frame from the wire reaches each address of a VF", "uplink", "vf6.2 ext ip", "vf6"},
	{"a frame from the wire to the host goes to the PF", "uplink", "pf ext ip", "pf"},
	{"a frame from the wire to an address behind the host goes to the PF", "uplink",
	 "pf.1 ext ip", "pf"},
	{"a frame from the wire to an unknown address goes to the PF", "uplink", "ext2 ext ip",
	 "pf"},
	{"a VF that addresses itself reaches nobody", "vf0", "vf0 vf0 ip", "! self"},
	{"a VF that addresses another of its own addresses reaches nobody", "vf6", "vf6.1 vf6.2 ip",
	 "! self"},
	{"a VF's frame to an XDP guest goes there", "vf0", "vf8 vf0 ip", "vf8"},
	{"an XDP guest's frame to a stack guest goes there", "vf8", "vf0 vf8 ip", "vf0"},
	{"an XDP guest's frame to an XDP guest goes there", "vf8", "vf9 vf8 ip", "vf9"},
	{"a frame from the wire to an XDP guest goes there", "uplink", "vf8 ext ip", "vf8"},
	{"the PF's frame to an XDP guest goes there", "pf", "vf8 pf ip", "vf8"},
	{"an unknown EtherType is relayed as any other", "vf0", "vf1 vf0 t9100", "vf1"},
	{"a priority tag in no VLAN is kept as it came", "vf0", "vf1 vf0 c0.5 ip", "vf1"},
	{"a priority tag in no VLAN is kept on the wire", "vf0", "ext vf0 c0.5d ip", "uplink"},
	{"a priority-tagged frame from the wire reaches a VF in no VLAN as it came", "uplink",
	 "vf0 ext c0.7 ip", "vf0"},
	{"a priority-tagged frame to an XDP guest is kept as it came", "uplink", "vf8 ext c0.3 ip",
	 "vf8"},
};

static const struct lab_case floods[] = {
	{"a VF's broadcast reaches all ports of its VLAN and the wire, and not itself", "vf0",
	 "bc vf0 arp", "vf1 vf2 vf3 " FREE " pf uplink"},
	{"a VF's multicast reaches all ports of its VLAN and the wire", "vf0", "mc vf0 ip",
	 "vf1 vf2 vf3 " FREE " pf uplink"},
	{"a VF's IPv6 multicast reaches all ports of its VLAN and the wire", "vf1", "mc6 vf1 t86dd",
	 "vf0 vf2 vf3 " FREE " pf uplink"},
	{"an isolated VF's broadcast reaches everybody but isolated VFs", "vf2", "bc vf2 arp",
	 "vf0 vf1 " FREE " pf uplink"},
	{"an XDP guest's broadcast reaches everybody else", "vf8", "bc vf8 arp",
	 "vf0 vf1 vf2 vf3 vf5 vf6 vf7 vf9 pf uplink"},
	{"the PF's broadcast reaches all VFs and the wire", "pf", "bc pf arp",
	 "vf0 vf1 vf2 vf3 " FREE " uplink"},
	{"the PF's multicast reaches all VFs and the wire", "pf", "mc pf ip",
	 "vf0 vf1 vf2 vf3 " FREE " uplink"},
	{"a broadcast from the wire reaches all VFs and the PF", "uplink", "bc ext arp",
	 "vf0 vf1 vf2 vf3 " FREE " pf"},
	{"a multicast from the wire reaches all VFs and the PF", "uplink", "mc ext ip",
	 "vf0 vf1 vf2 vf3 " FREE " pf"},
	{"a priority-tagged broadcast in no VLAN reaches all as it came", "uplink",
	 "bc ext c0.5 arp", "vf0 vf1 vf2 vf3 " FREE " pf"},
	{"a multicast that is not reserved (-10) is flooded", "vf0", "01:80:c2:00:00:10 vf0 ip",
	 "vf1 vf2 vf3 " FREE " pf uplink"},
	{"Cisco's discovery address is flooded", "vf0", "01:00:0c:cc:cc:cc vf0 llc",
	 "vf1 vf2 vf3 " FREE " pf uplink"},
	{"a broadcast that came back from the wire does not reach its sender", "uplink",
	 "bc vf0 arp", "vf1 vf2 vf3 " FREE " pf"},
	{"a broadcast that came back does not reach its sender by any address", "uplink",
	 "bc vf6.2 arp", "vf0 vf1 vf2 vf3 vf5 vf7 vf8 vf9 pf"},
	{"the PF's broadcast that came back does not reach the PF", "uplink", "bc pf arp",
	 "vf0 vf1 vf2 vf3 " FREE},
	{"a multicast that came back from behind the host does not reach the PF", "uplink",
	 "mc pf.1 ip", "vf0 vf1 vf2 vf3 " FREE},
};

static const struct lab_case refused[] = {
	{"an isolated VF does not reach an isolated VF", "vf2", "vf3 vf2 ip", "! isolated"},
	{"an isolated VF reaches an ordinary one", "vf2", "vf0 vf2 ip", "vf0"},
	{"an ordinary VF reaches an isolated one", "vf0", "vf2 vf0 ip", "vf2"},
	{"an isolated VF reaches the wire", "vf2", "ext vf2 ip", "uplink"},
	{"an isolated VF reaches the PF", "vf2", "pf vf2 ip", "pf"},
	{"the wire reaches an isolated VF", "uplink", "vf2 ext ip", "vf2"},
	{"a unicast frame that came back does not reach its sender", "uplink", "vf0 vf0 ip",
	 "! reflected"},
	{"a unicast frame that came back does not reach another address of its sender", "uplink",
	 "vf6.1 vf6.2 ip", "! reflected"},
	{"a frame of a VF that came back reaches another VF", "uplink", "vf1 vf0 ip", "vf1"},
	{"the PF's frame to an unknown address that came back does not reach the PF", "uplink",
	 "ext2 pf ip", "! reflected"},
	{"a frame from behind the host that came back does not reach the PF", "uplink",
	 "pf pf.1 ip", "! reflected"},
	{"a VF's frame to an unknown address that came back goes to the PF", "uplink",
	 "ext2 vf0 ip", "pf"},
	{"a frame from an address that is not the VF's is refused", "vf0", "vf1 ext ip",
	 "! spoof_mac"},
	{"a frame from another VF's address is refused", "vf0", "vf1 vf7 ip", "! spoof_mac"},
	{"a frame that claims to be its target is refused", "vf0", "vf1 vf1 ip", "! spoof_mac"},
	{"a broadcast from an address that is not the VF's is refused", "vf0", "bc ext arp",
	 "! spoof_mac"},
	{"a VF with several addresses may send from the first", "vf6", "vf0 vf6 ip", "vf0"},
	{"a VF with several addresses may send from the second", "vf6", "vf0 vf6.1 ip", "vf0"},
	{"a VF with several addresses may send from the last", "vf6", "vf0 vf6.2 ip", "vf0"},
	{"a VF with several addresses may not send from another", "vf6", "vf0 vf6.3 ip",
	 "! spoof_mac"},
	{"a VF with several addresses may not send from another VF's", "vf6", "vf0 vf1 ip",
	 "! spoof_mac"},
	{"without spoofchk any source address is accepted", "vf7", "vf0 ext ip", "vf0"},
	{"without spoofchk another VF's source address is accepted", "vf7", "vf0 vf1 ip", "vf0"},
	{"an XDP guest's false source address is refused", "vf8", "vf0 vf1 ip", "! spoof_mac"},
	{"a VF in no VLAN may not send a tag", "vf0", "vf1 vf0 c10 ip", "! vlan_filter"},
	{"a VF in no VLAN may not send a tag even without spoofchk", "vf7", "vf1 vf7 c10 ip",
	 "! vlan_filter"},
	{"a VF in no VLAN may not broadcast with a tag", "vf0", "bc vf0 c10 arp", "! vlan_filter"},
	{"a VF in no VLAN may not send an S-TAG", "vf0", "vf1 vf0 s10 ip", "! vlan_filter"},
	{"a VF may not send an E-TAG", "vf0", "vf1 vf0 t893f", "! inject"},
	{"a VF may not send a VN-Tag", "vf0", "vf1 vf0 t8926", "! inject"},
	{"a VF may not send an E-TAG behind a C-TAG", "vf0", "bc vf0 c10 t893f", "! inject"},
	{"a VF may not send a VN-Tag behind two tags", "vf0", "bc vf0 s7 c10 t8926", "! inject"},
	{"a VF without spoofchk may not send an E-TAG", "vf7", "vf1 ext t893f", "! inject"},
	{"a multicast source address is refused", "vf0", "vf1 mc ip", "! bad_frame"},
	{"a broadcast source address is refused", "vf0", "vf1 bc ip", "! bad_frame"},
	{"source address zero is refused", "vf7", "vf1 zero ip", "! bad_frame"},
	{"a multicast source address from the wire is refused", "uplink", "vf0 mc6 ip",
	 "! bad_frame"},
	{"source address zero from the wire is refused, also in a broadcast", "uplink",
	 "bc zero arp", "! bad_frame"},
	{"the PF's frame from a multicast address is refused", "pf", "vf0 mc ip", "! bad_frame"},
	{"an 802.3 frame that is shorter than it says is refused", "vf0", "vf1 vf0 l47 +46",
	 "! bad_frame"},
	{"an 802.3 frame from the wire that is shorter than it says is refused", "uplink",
	 "vf0 ext l1500 +60", "! bad_frame"},
};

static const struct lab_case links[] = {
	{"a disabled VF reaches nobody", "vf4", "vf0 vf4 ip", "! link"},
	{"a disabled VF's broadcast reaches nobody", "vf4", "bc vf4 arp", "! link"},
	{"a disabled XDP guest reaches nobody", "vf10", "vf0 vf10 ip", "! link"},
	{"a VF's frame to a disabled VF is lost there", "vf0", "vf4 vf0 ip", "vf4!link"},
	{"a VF's frame to a disabled XDP guest is lost there", "vf0", "vf10 vf0 ip", "vf10!link"},
	{"a frame from the wire to a disabled VF is lost there", "uplink", "vf4 ext ip",
	 "vf4!link"},
	{"a frame from the wire to a disabled XDP guest is lost there", "uplink", "vf10 ext ip",
	 "vf10!link"},
	{"the PF's frame to a disabled VF is lost there", "pf", "vf4 pf ip", "vf4!link"},
	{"an XDP guest's frame to a disabled VF is lost there", "vf8", "vf4 vf8 ip", "vf4!link"},
	{"an XDP guest's frame to a disabled XDP guest is lost there", "vf8", "vf10 vf8 ip",
	 "vf10!link"},
	{"a VF's frame to an absent VF is lost there", "vf0", "vf12 vf0 ip", "vf12!link"},
	{"a VF's frame to an absent XDP guest is lost there", "vf0", "vf13 vf0 ip", "vf13!link"},
	{"an XDP guest's frame to an absent VF is lost there", "vf8", "vf12 vf8 ip", "vf12!link"},
	{"an XDP guest's frame to an absent XDP guest is lost there", "vf8", "vf13 vf8 ip",
	 "vf13!link"},
	{"a frame from the wire to an absent VF is lost there", "uplink", "vf12 ext ip",
	 "vf12!link"},
	{"a frame from the wire to an absent XDP guest is lost there", "uplink", "vf13 ext ip",
	 "vf13!link"},
	{"the PF's frame to an absent VF is lost there", "pf", "vf12 pf ip", "vf12!link"},
	{"a frame with a priority tag to an absent VF is lost there", "vf0", "vf12 vf0 c0.5 ip",
	 "vf12!link"},
	{"a VF without carrier reaches nobody", "vf14", "vf0 vf14 ip", "! link"},
	{"an XDP guest without carrier reaches nobody", "vf15", "vf0 vf15 ip", "! link"},
	{"a VF's frame to a VF without carrier is lost there", "vf0", "vf14 vf0 ip", "vf14!link"},
	{"a VF's frame to an XDP guest without carrier is lost there", "vf0", "vf15 vf0 ip",
	 "vf15!link"},
	{"an XDP guest's frame to an XDP guest without carrier is lost there", "vf8",
	 "vf15 vf8 ip", "vf15!link"},
	{"a frame from the wire to a VF without carrier is lost there", "uplink", "vf14 ext ip",
	 "vf14!link"},
	{"a frame from the wire to an XDP guest without carrier is lost there", "uplink",
	 "vf15 ext ip", "vf15!link"},
	{"the PF's frame to a VF without carrier is lost there", "pf", "vf14 pf ip", "vf14!link"},
	{"a frame of its MTU and an Ethernet header reaches a VF", "vf0", "vf5 vf0 ip +300", "vf5"},
	{"a frame of MTU + 18 reaches a VF", "vf0", "vf5 vf0 ip +304", "vf5"},
	{"a frame of MTU + 19 is lost at its target", "vf0", "vf5 vf0 ip +305", "vf5!mtu"},
	{"a frame of MTU + 18 from the wire reaches a VF", "uplink", "vf5 ext ip +304", "vf5"},
	{"a frame of MTU + 19 from the wire is lost at its target", "uplink", "vf5 ext ip +305",
	 "vf5!mtu"},
	{"the PF's frame of MTU + 19 is lost at its target", "pf", "vf5 pf ip +305", "vf5!mtu"},
	{"a frame of MTU + 18 reaches an XDP guest", "vf0", "vf9 vf0 ip +304", "vf9"},
	{"a frame of MTU + 19 is lost at an XDP guest", "vf0", "vf9 vf0 ip +305", "vf9!mtu"},
	{"a frame of MTU + 19 from the wire is lost at an XDP guest", "uplink", "vf9 ext ip +305",
	 "vf9!mtu"},
	{"a priority tag counts for the MTU", "vf0", "vf5 vf0 c0.1 ip +301", "vf5!mtu"},
	{"a VF of small MTU may send what its target takes", "vf5", "vf0 vf5 ip +500", "vf0"},
	{"a full-size frame goes out of the wire", "vf0", "ext vf0 ip +1504", "uplink"},
	{"a frame too long for the wire is lost there", "vf0", "ext vf0 ip +1505", "uplink!mtu"},
	{"the PF's frame too long for the wire is lost there", "pf", "ext pf ip +1505",
	 "uplink!mtu"},
	{"a frame too long for the host is lost at the PF", "vf0", "pf vf0 ip +1505", "pf!mtu"},
	{"a long broadcast is lost only where it does not fit", "vf0", "bc vf0 ip +305",
	 "vf1 vf2 vf3 vf6 vf7 vf8 pf uplink ; vf5!mtu vf9!mtu"},
	{"a long broadcast from the wire is lost only where it does not fit", "uplink",
	 "bc ext ip +305", "vf0 vf1 vf2 vf3 vf6 vf7 vf8 pf ; vf5!mtu vf9!mtu"},
	{"a broadcast that fits nobody is lost at every port", "vf0", "bc vf0 ip +1505",
	 "vf1!mtu vf2!mtu vf3!mtu vf5!mtu vf6!mtu vf7!mtu vf8!mtu vf9!mtu pf!mtu uplink!mtu"},
};

/* the first reason that matches counts, in the order of the boxes and of the table */
static const struct lab_case order[] = {
	{"link comes before bad_frame", "vf4", "vf0 mc ip", "! link"},
	{"link comes before control", "vf4", "01:80:c2:00:00:0e vf4 t88cc", "! link"},
	{"link comes before spoof_mac", "vf4", "vf0 ext ip", "! link"},
	{"bad_frame comes before inject", "vf0", "vf1 mc t893f", "! bad_frame"},
	{"bad_frame comes before control", "vf0", "01:80:c2:00:00:0e mc t88cc", "! bad_frame"},
	{"bad_frame comes before control on the wire", "uplink", "01:80:c2:00:00:0e mc t88cc",
	 "! bad_frame"},
	{"bad_frame comes before vlan_filter", "vf0", "vf1 zero c10 ip", "! bad_frame"},
	{"a cut tag comes before spoof_mac", "vf0", "vf1 ext c10 ip cut=16", "! bad_frame"},
	{"inject comes before control", "vf0", "01:80:c2:00:00:0e vf0 t893f", "! inject"},
	{"inject comes before spoof_mac", "vf0", "vf1 ext t8926", "! inject"},
	{"inject comes before vlan_filter", "vf0", "vf1 vf0 c10 t8926", "! inject"},
	{"control comes before spoof_mac", "vf0", "vf1 ext t88cc", "! control"},
	{"control comes before vlan_filter", "vf0", "vf1 vf0 c10 t88cc", "! control"},
	{"spoof_mac comes before vlan_filter", "vf0", "vf1 ext c10 ip", "! spoof_mac"},
	{"spoof_mac comes before self", "vf0", "vf0 ext ip", "! spoof_mac"},
	{"vlan_filter comes before self", "vf0", "vf0 vf0 c10 ip", "! vlan_filter"},
	{"vlan_filter comes before isolated", "vf2", "vf3 vf2 c10 ip", "! vlan_filter"},
	{"isolated comes before mtu", "vf2", "vf3 vf2 ip +1505", "! isolated"},
	{"isolated (relay) comes before the target's link (emit)", "vf2", "vf11 vf2 ip",
	 "! isolated"},
	{"reflected (relay) comes before the target's link (emit)", "uplink", "vf4 vf4 ip",
	 "! reflected"},
	{"the target's link comes before its mtu", "vf0", "vf4 vf0 ip +400", "vf4!link"},
};

/* ---- reserved addresses and EtherTypes, behind 0 to 3 tags */

#define DEPTHS 4
#define CONTROLS ((16 + 4) * DEPTHS * 3)

static const char *const tags[DEPTHS] = {"", "c10", "s200 c10", "s200.3 c10 c0.7"};

static const char *keep(char *text)
{
	if (!text)
		abort();
	return text; /* for the rest of the program */
}

static const char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static const char *format(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	return keep(text);
}

static size_t control_add(struct lab_case *cases, const char *what, const char *dst,
			  const char *type, int depth)
{
	cases[0] = (struct lab_case){
		.says = format("%s behind %d tags from a VF is refused", what, depth),
		.from = "vf0",
		.in = format("%s vf0 %s %s", dst, tags[depth], type),
		.out = "! control",
	};
	cases[1] = (struct lab_case){
		.says = format("%s behind %d tags from the wire goes to the PF only", what, depth),
		.from = "uplink",
		.in = format("%s ext %s %s", dst, tags[depth], type),
		.out = "pf",
	};
	cases[2] = (struct lab_case){
		.says = format("%s behind %d tags from the PF goes to the wire only", what, depth),
		.from = "pf",
		.in = format("%s pf %s %s", dst, tags[depth], type),
		.out = "uplink",
	};
	return 3;
}

static size_t controls_make(struct lab_case *cases)
{
	static const char *const types[] = {"t8808", "t8809", "t88cc", "t8940"};
	size_t n = 0;

	for (int depth = 0; depth < DEPTHS; depth++) {
		for (int i = 0; i < 16; i++)
			n += control_add(cases + n, format("reserved address -%02X", i),
					 format("01:80:c2:00:00:%02x", i), "t88b7", depth);
		for (size_t i = 0; i < ARRAY_SIZE(types); i++)
			n += control_add(cases + n, format("EtherType %s", types[i] + 1),
					 i % 2 ? "vf1" : "bc", types[i], depth);
	}
	return n;
}

#define TABLE(cases) lab_table(#cases, &plain, cases, ARRAY_SIZE(cases))

int main(void)
{
	static struct lab_case controls[CONTROLS];
	int failed = 0;

	failed += TABLE(unicast) != 0;
	failed += TABLE(floods) != 0;
	failed += TABLE(refused) != 0;
	failed += TABLE(links) != 0;
	failed += TABLE(order) != 0;
	failed += lab_table("controls", &plain, controls, controls_make(controls)) != 0;
	return failed;
}
