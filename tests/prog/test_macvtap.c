/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VFs on other devices than veths: a macvtap's program stands on its egress hook, but decides as
 * the others do (design.md section 2).
 *
 *	vf0 macvtap           vf1 veth            vf2 tap             vf3 macvtap, vlan 10
 *	vf4 macvtap, vlan 10, strip off           vf5 macvtap, trunk 10 20
 *	vf6 macvtap, MTU 300  vf7 macvtap, disabled                   vf8 AF_XDP guest
 *	vf9 tap with hook xdp vf10 macvtap, isolated                  vf11 macvtap, isolated, guard
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "harness.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct lab_setup setup = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"uplink: {dev: up}\n"
		"vfs:\n"
		"  - {id: 0, dev: h0, mac: \"02:00:00:00:01:00\", kind: macvtap}\n"
		"  - {id: 1, dev: h1, mac: \"02:00:00:00:01:01\"}\n"
		"  - {id: 2, dev: h2, mac: \"02:00:00:00:01:02\", kind: tap}\n"
		"  - {id: 3, dev: h3, mac: \"02:00:00:00:01:03\", kind: macvtap, vlan: 10}\n"
		"  - {id: 4, dev: h4, mac: \"02:00:00:00:01:04\", kind: macvtap, vlan: 10, strip: off}\n"
		"  - {id: 5, dev: h5, mac: \"02:00:00:00:01:05\", kind: macvtap, trunk: [10, 20]}\n"
		"  - {id: 6, dev: h6, mac: \"02:00:00:00:01:06\", kind: macvtap}\n"
		"  - {id: 7, dev: h7, mac: \"02:00:00:00:01:07\", kind: macvtap, state: disable}\n"
		"  - {id: 8, dev: h8, mac: \"02:00:00:00:01:08\", kind: afxdp}\n"
		"  - {id: 9, dev: h9, mac: \"02:00:00:00:01:09\", kind: tap, hook: xdp}\n"
		"  - {id: 10, dev: h10, mac: \"02:00:00:00:01:0a\", kind: macvtap, isolated: on}\n"
		"  - {id: 11, dev: h11, mac: \"02:00:00:00:01:0b\", kind: macvtap, isolated: on, "
		"guard: {ipv4: [10.0.0.5]}}\n",
	.mtu = {[6] = 300},
};

static const struct lab_case unicast[] = {
	{"a macvtap's frame to a veth VF goes there", "vf0", "vf1 vf0 ip", "vf1"},
	{"a macvtap's frame to a tap goes there", "vf0", "vf2 vf0 arp", "vf2"},
	{"a macvtap's frame to a macvtap goes there", "vf0", "vf6 vf0 llc", "vf6"},
	{"a macvtap's frame to an AF_XDP guest goes there", "vf0", "vf8 vf0 ip", "vf8"},
	{"a macvtap's frame to the host goes to the PF", "vf0", "pf vf0 ip", "pf"},
	{"a macvtap's frame to an address that nobody has goes to the wire only", "vf0",
	 "ext vf0 ip", "uplink"},
	{"a veth VF's frame to a macvtap goes there", "vf1", "vf0 vf1 ip", "vf0"},
	{"a tap's frame to a macvtap goes there", "vf2", "vf0 vf2 ip", "vf0"},
	{"a tap's frame to a veth VF goes there", "vf2", "vf1 vf2 ip", "vf1"},
	{"an AF_XDP guest's frame to a macvtap goes there", "vf8", "vf0 vf8 ip", "vf0"},
	{"an AF_XDP guest's frame to a tap that takes XDP frames goes there", "vf8", "vf9 vf8 ip",
	 "vf9"},
	{"a tap's frame to an AF_XDP guest goes there", "vf9", "vf8 vf9 ip", "vf8"},
	{"the PF's frame to a macvtap goes there", "pf", "vf0 pf ip", "vf0"},
	{"the PF's frame to a tap goes there", "pf", "vf2 pf ip", "vf2"},
	{"a frame from the wire to a macvtap goes there", "uplink", "vf0 ext ip", "vf0"},
	{"a frame from the wire to a tap goes there", "uplink", "vf2 ext ip", "vf2"},
	{"a frame from the wire to an XDP tap goes there", "uplink", "vf9 ext ip", "vf9"},
	{"a macvtap's priority tag is kept", "vf0", "vf1 vf0 c0.5 ip", "vf1"},
};

static const struct lab_case floods[] = {
	{"a macvtap's broadcast reaches all of its VLAN, and not itself", "vf0", "bc vf0 arp",
	 "vf1 vf2 vf6 vf8 vf9 vf10 vf11 pf uplink"},
	{"a tap's broadcast reaches all of its VLAN, and not itself", "vf2", "bc vf2 arp",
	 "vf0 vf1 vf6 vf8 vf9 vf10 vf11 pf uplink"},
	{"a broadcast from the wire reaches all kinds of guests", "uplink", "bc ext arp",
	 "vf0 vf1 vf2 vf6 vf8 vf9 vf10 vf11 pf"},
	{"the PF's broadcast reaches all kinds of guests", "pf", "bc pf arp",
	 "vf0 vf1 vf2 vf6 vf8 vf9 vf10 vf11 uplink"},
	{"a macvtap's broadcast that came back does not reach it", "uplink", "bc vf0 arp",
	 "vf1 vf2 vf6 vf8 vf9 vf10 vf11 pf"},
	{"a long broadcast is refused at the macvtap that is too short for it", "vf0",
	 "bc vf0 ip +400", "vf1 vf2 vf6!mtu vf8 vf9 vf10 vf11 pf uplink"},
	{"an access macvtap's broadcast has the tag where it belongs", "vf3", "bc vf3 arp",
	 "vf4 vf5 pf uplink : bc vf3 c10 arp"},
	{"a trunk macvtap's broadcast loses its tag for access ports", "vf5", "bc vf5 c10.3 arp",
	 "vf3 : bc vf5 arp ; vf4 pf uplink"},
};

static const struct lab_case vlans[] = {
	{"an access macvtap's frame leaves with its tag", "vf3", "ext vf3 ip",
	 "uplink : ext vf3 c10 ip"},
	{"an access macvtap gets its VLAN without tag", "uplink", "vf3 ext c10 ip", "vf3 : vf3 ext ip"},
	{"a macvtap with strip off gets the tag", "uplink", "vf4 ext c10.3 ip", "vf4"},
	{"a macvtap with strip off may send the tag", "vf4", "vf3 vf4 c10 ip", "vf3 : vf3 vf4 ip"},
	{"an access macvtap may not send a tag", "vf3", "ext vf3 c20 ip", "! vlan_tagged"},
	{"a trunk macvtap's tag goes out of the wire", "vf5", "ext vf5 c20.5 ip", "uplink"},
	{"a trunk macvtap gets its VLAN with the tag", "uplink", "vf5 ext c20 ip", "vf5"},
	{"a trunk macvtap's tag is taken off for an access port", "vf5", "vf3 vf5 c10 ip",
	 "vf3 : vf3 vf5 ip"},
	{"a trunk macvtap may not send in another VLAN", "vf5", "ext vf5 c30 ip", "! vlan_filter"},
	{"a macvtap in no VLAN may not send a tag", "vf0", "ext vf0 c10 ip", "! vlan_filter"},
};

static const struct lab_case refused[] = {
	{"a macvtap that sends as somebody else is refused", "vf0", "vf1 ext ip", "! spoof_mac"},
	{"a macvtap's control frame is refused", "vf0", "01:80:c2:00:00:0e vf0 t88cc", "! control"},
	{"a macvtap that addresses itself reaches nobody", "vf0", "vf0 vf0 ip", "! self"},
	{"a macvtap's multicast source is a bad frame", "vf0", "vf1 mc ip", "! bad_frame"},
	{"isolated macvtaps do not reach each other", "vf10", "vf11 vf10 ip", "! isolated"},
	{"a macvtap that is disabled sends nothing", "vf7", "vf0 vf7 ip", "! link"},
	{"a macvtap that is disabled gets nothing", "vf0", "vf7 vf0 ip", "vf7!link"},
	{"a frame that is too long for a macvtap is refused there", "vf1", "vf6 vf1 ip +400",
	 "vf6!mtu"},
	{"a macvtap's guard is kept", "vf11", "vf0 vf11 ip4=10.0.0.6>10.0.0.1", "! guard"},
	{"a macvtap's guard lets its own address pass", "vf11", "vf0 vf11 ip4=10.0.0.5>10.0.0.1",
	 "vf0"},
	{"a macvtap guest's mark means nothing", "vf0", "vf1 vf0 marked ip", "vf1"},
	{"a macvtap guest's mark does not help it", "vf0", "vf1 ext marked ip", "! spoof_mac"},
};

#define TABLE(cases) lab_table(#cases, &setup, cases, ARRAY_SIZE(cases))

int main(void)
{
	int failed = 0;

	failed += TABLE(unicast) != 0;
	failed += TABLE(floods) != 0;
	failed += TABLE(vlans) != 0;
	failed += TABLE(refused) != 0;
	return failed;
}
