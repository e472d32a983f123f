/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Controlling bridges: ports behind extenders, told by the ids of E-TAG or VN-Tag (standards.md
 * 1.2, 1.3, 1.10, 2.7, 2.8; design.md section 7). Ids are hexadecimal.
 *
 *	p1 all	   p2 VLAN 10	(plain)
 *	d3, nothing untagged:  x1 12 x2 13 all	v1 20 VLAN 10	v2 21 VLAN 10 qos 3   v3 22 trunk 10 20
 *	       v4 23 S-VLAN 400	   in VLAN 60: xr 15 reflective, xd 16 disabled, xs 17 static st23 with
 *	       spoofchk, xl 18 learn_limit 1	in VLAN 50: lo 1, hi fff    in VLAN 30: i1 30 i2 31 isolated
 *	d4:    y0 untagged all	    y1 12 VLAN 10
 *	d5, XDP, nothing untagged:  z1 12 VLAN 10   z2 13 all   z3 14 all
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "harness_spell.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define HEAD "version: 1\nswitch: lab\nrelay: bridge\n"

/* clang-format off */
#define PORTS(tag, id)                                                                      \
	HEAD "ports:\n"                                                                     \
	"  - {name: p1, dev: d1}\n"                                                         \
	"  - {name: p2, dev: d2, vlan: 10}\n"                                               \
	"  - {name: x1, dev: d3, tag: " tag ", " id ": 0x12}\n"                             \
	"  - {name: x2, dev: d3, tag: " tag ", " id ": 0x13}\n"                             \
	"  - {name: v1, dev: d3, tag: " tag ", " id ": 0x20, vlan: 10}\n"                   \
	"  - {name: v2, dev: d3, tag: " tag ", " id ": 0x21, vlan: 10, qos: 3}\n"           \
	"  - {name: v3, dev: d3, tag: " tag ", " id ": 0x22, trunk: [10, 20]}\n"            \
	"  - {name: v4, dev: d3, tag: " tag ", " id ": 0x23, vlan: 400, proto: 802.1ad}\n"  \
	"  - {name: xr, dev: d3, tag: " tag ", " id ": 0x15, vlan: 60, reflective_relay: on}\n" \
	"  - {name: xd, dev: d3, tag: " tag ", " id ": 0x16, vlan: 60, state: disable}\n"   \
	"  - {name: xs, dev: d3, tag: " tag ", " id ": 0x17, vlan: 60, spoofchk: on, "      \
	"static: [\"02:00:00:00:05:17\"]}\n"                                                \
	"  - {name: xl, dev: d3, tag: " tag ", " id ": 0x18, vlan: 60, learn_limit: 1}\n"   \
	"  - {name: lo, dev: d3, tag: " tag ", " id ": 0x1, vlan: 50}\n"                    \
	"  - {name: hi, dev: d3, tag: " tag ", " id ": 0xfff, vlan: 50}\n"                  \
	"  - {name: i1, dev: d3, tag: " tag ", " id ": 0x30, vlan: 30, isolated: on}\n"     \
	"  - {name: i2, dev: d3, tag: " tag ", " id ": 0x31, vlan: 30, isolated: on}\n"     \
	"  - {name: y0, dev: d4}\n"                                                         \
	"  - {name: y1, dev: d4, tag: " tag ", " id ": 0x12, vlan: 10}\n"                   \
	"  - {name: z1, dev: d5, tag: " tag ", " id ": 0x12, vlan: 10, hook: xdp}\n"        \
	"  - {name: z2, dev: d5, tag: " tag ", " id ": 0x13}\n"                             \
	"  - {name: z3, dev: d5, tag: " tag ", " id ": 0x14}\n"
/* clang-format on */

static const struct lab_setup ports_e = {.yaml = PORTS("e-tag", "ecid")};
static const struct lab_setup ports_vn = {.yaml = PORTS("vn-tag", "vif")};

#define BRIDGE "01:80:c2:00:00:0e"  /* nearest bridge */
#define NEAREST "01:80:c2:00:00:00" /* nearest customer bridge */

/* ---- whose frame it is, and whose it becomes */

static const struct lab_case unicast[] = {
	{"from an id, to a plain port", "x1", "st2@p1 | st2 st1 U12 ip",
	 "p1 : st2 st1 ip | st2@p1 st1@x1"},
	{"from a plain port, to an id", "p1", "st2@x1 | st2 st1 ip",
	 "x1 : st2 st1 D12 ip | st2@x1 st1@p1"},
	{"from an id to another behind the same device", "x1", "st2@x2 | st2 st1 U12 ip",
	 "x2 : st2 st1 D13 ip | st2@x2 st1@x1"},
	{"and back", "x2", "st1@x1 st2@x2 | st1 st2 U13 ip", "x1 : st1 st2 D12 ip"},
	{"its priority stays", "x1", "st2@x2 | st2 st1 U12.6d ip", "x2 : st2 st1 D13.6d ip"},
	{"and is nobody's where there is no tag", "x1", "st2@p1 | st2 st1 U12.6d ip",
	 "p1 : st2 st1 ip"},
	{"one id on two devices are two ports", "x1", "st2@y1/c10 | st2 st1 U12 c10.5 ip",
	 "y1 : st2 st1 D12.5 ip | st2@y1/c10 st1@x1/c10"},
	{"and the other way", "y1", "st1@x1/c10 | st1 st2 U12 ip",
	 "x1 : st1 st2 D12 c10 ip | st1@x1/c10 st2@y1/c10"},
	{"802.3", "x1", "st2@x2 | st2 st1 U12 llc", "x2 : st2 st1 D13 llc"},
	{"802.3 to a plain port", "x1", "st2@p1 | st2 st1 U12 llc", "p1 : st2 st1 llc"},
	{"802.3 from one", "p1", "st2@x1 | st2 st1 llc", "x1 : st2 st1 D12 llc"},
	{"from a device's untagged port to an id on it", "y0", "st2@y1/c10 | st2 st1 c10.3 ip",
	 "y1 : st2 st1 D12.3 ip"},
	{"and back", "y1", "st1@y0/c10 | st1 st2 U12 ip", "y0 : st1 st2 c10 ip"},
	{"to the far end's own address behind an id", "p1", "dev3@x1 | dev3 st1 ip",
	 "x1 : dev3 st1 D12 ip"},
	{"a station that moved to another id", "x2", "st1@x1 | bc st1 U13 arp",
	 "p1 y0 : bc st1 arp ; x1 : bc st1 D12 arp ; z2 : bc st1 D13 arp ;"
	 "z3 : bc st1 D14 arp | st1@x2"},
	{"to where its partner is", "x2", "st1@x1 st2@x2 | st2 st1 U13 ip",
	 "! hairpin | st1@x2 st2@x2"},
	{"not back to the same id", "x1", "st2@x1 | st2 st1 U12 ip", "! hairpin | st2@x1 st1@x1"},
	{"nor to itself", "x1", "st1 st1 U12 ip", "! hairpin | st1@x1"},
	{"but with reflective relay", "xr", "st2@xr/c60 | st2 st1 U15.2 ip",
	 "xr : st2 st1 D15.2 ip"},
	{"a static address", "p1", "st23 st1 c60.4 ip", "xs : st23 st1 D17.4 ip"},
	{"the lowest id to the highest", "lo", "st2@hi/c50 | st2 st1 U1 ip",
	 "hi : st2 st1 Dfff ip"},
	{"and back", "hi", "st1@lo/c50 | st1 st2 Ufff ip", "lo : st1 st2 D1 ip"},
	{"a GSO frame", "x1", "st2@p1 | st2 st1 U12 ip +628 gso=200x3", "p1 : st2 st1 ip +628"},
	{"a GSO frame down", "p1", "st2@x1 | st2 st1 ip +628 gso=200x3",
	 "x1 : st2 st1 D12 ip +628"},
	{"a GSO frame from an id to another", "x1", "st2@x2 | st2 st1 U12.3 ip +628 gso=200x3",
	 "x2 : st2 st1 D13.3 ip +628"},
	{"a GSO frame between VLAN's forms", "v1", "st2@v3/c10 | st2 st1 U20.3 ip +628 gso=200x3",
	 "v3 : st2 st1 D22.3 C10.3 ip +628"},
};

/* ---- VLANs behind the tag */

static const struct lab_case vlans[] = {
	{"an access port's VLAN", "v1", "st2@v2/c10 | st2 st1 U20 ip",
	 "v2 : st2 st1 D21 ip | st2@v2/c10 st1@v1/c10"},
	{"its priority is that of the channel's tag", "v1", "st2@p1/c10 | st2 st1 U20.4d ip",
	 "p1 : st2 st1 C10.4d ip | st2@p1/c10 st1@v1/c10"},
	{"the port's own comes before", "v2", "st2@p1/c10 | st2 st1 U21.4d ip",
	 "p1 : st2 st1 c10.3 ip"},
	{"and is in the next channel's", "v2", "st2@v1/c10 | st2 st1 U21 ip",
	 "v1 : st2 st1 D20.3 ip"},
	{"a priority tag becomes the VLAN's", "v1", "st2@p1/c10 | st2 st1 U20 c0.6d ip",
	 "p1 : st2 st1 c10.6d ip"},
	{"and goes where there is none", "v1", "st2@v2/c10 | st2 st1 U20 c0.6 ip",
	 "v2 : st2 st1 D21.6 ip"},
	{"to a trunk it is that VLAN's", "v1", "st2@v3/c10 | st2 st1 U20 c0.6 ip",
	 "v3 : st2 st1 D22.6 c10.6 ip"},
	{"from a trunk to an access port", "v3", "st2@v1/c10 | st2 st1 U22.1 c10.5d ip",
	 "v1 : st2 st1 D20.5d ip"},
	{"from a trunk to a plain access port", "v3", "st2@p2/c10 | st2 st1 U22 c10.5 ip",
	 "p2 : st2 st1 ip"},
	{"from a plain access port to a trunk", "p2", "st2@v3/c10 | st2 st1 c0.5 ip",
	 "v3 : st2 st1 D22.5 c10.5 ip"},
	{"from a trunk to all", "v3", "st2@x1/c20 | st2 st1 U22 c20.5 ip",
	 "x1 : st2 st1 D12.5 c20.5 ip"},
	{"in no VLAN a priority tag stays", "x1", "st2@x2 | st2 st1 U12 c0.5d ip",
	 "x2 : st2 st1 D13.5d c0.5d ip"},
	{"and to a plain port", "x1", "st2@p1 | st2 st1 U12 c0.5 ip", "p1 : st2 st1 c0.5 ip"},
	{"a VLAN that no port names", "x1", "st2@x2/c77 | st2 st1 U12 c77.7d ip",
	 "x2 : st2 st1 D13.7d c77.7d ip | st2@x2/c77 st1@x1/c77"},
	{"an S-VLAN that no port names", "x1", "st2@p1/s77 | st2 st1 U12 s77.2 c5 ip",
	 "p1 : st2 st1 s77.2 c5 ip"},
	{"out of an S-VLAN", "x1", "st2@v4/s400 | st2 st1 U12 s400.2 c5.4 ip",
	 "v4 : st2 st1 D23.2 c5.4 ip"},
	{"into an S-VLAN", "v4", "st2@p1/s400 | st2 st1 U23 c5.4 ip",
	 "p1 : st2 st1 s400.4 c5.4 ip"},
	{"into an S-VLAN behind another id", "v4", "st2@x1/s400 | st2 st1 U23 ip",
	 "x1 : st2 st1 D12 s400 ip"},
	{"one address at two ids in two VLANs", "p1", "st1@v1/c10 st1@v3/c20 | st1 st2 c10 ip",
	 "v1 : st1 st2 D20 ip | st1@v1/c10 st1@v3/c20 st2@p1/c10"},
	{"the other", "p1", "st1@v1/c10 st1@v3/c20 | st1 st2 c20 ip",
	 "v3 : st1 st2 D22 c20 ip | st1@v1/c10 st1@v3/c20 st2@p1/c20"},
	{"an access port may not tag", "v1", "bc st1 U20 c10 arp", "! vlan_tagged |"},
	{"nor with an S-TAG", "v1", "bc st1 U20 s10 arp", "! vlan_tagged |"},
	{"nor behind a priority tag", "v1", "bc st1 U20 c0 c10 arp", "! vlan_tagged |"},
	{"a trunk's VLANs are its own", "v3", "bc st1 U22 c30 arp", "! vlan_filter |"},
	{"none of which is untagged", "v3", "bc st1 U22 arp", "! vlan_filter |"},
	{"VID 4095", "x1", "bc st1 U12 c4095 arp", "! vlan_filter |"},
	{"a tag behind a priority tag", "x1", "bc st1 U12 c0 c10 arp", "! vlan_filter |"},
	{"eight tags", "x1", "st2@x2/c77 | st2 st1 U12 c77 c1 c1 c1 c1 c1 c1 c1 ip",
	 "x2 : st2 st1 D13 c77 c1 c1 c1 c1 c1 c1 c1 ip"},
	{"eight to a plain port", "x1", "st2@p1/c77 | st2 st1 U12 c77 c1 c1 c1 c1 c1 c1 c1 ip",
	 "p1 : st2 st1 c77 c1 c1 c1 c1 c1 c1 c1 ip"},
	{"eight from one", "p1", "st2@x1/c77 | st2 st1 c77 c1 c1 c1 c1 c1 c1 c1 ip", "x1!send"},
	{"three from one", "p1", "st2@x1/c77 | st2 st1 c77 c1 c1 ip",
	 "x1 : st2 st1 D12 c77 c1 c1 ip"},
	{"three to an access port's, its own off", "p1", "st2@v1/c10 | st2 st1 c10.2 c1 c1 c1 ip",
	 "v1 : st2 st1 D20.2 c1 c1 c1 ip"},
	{"four are more than fit behind it", "p1", "st2@v1/c10 | st2 st1 c10.2 c1 c1 c1 c1 ip",
	 "v1!send"},
	{"eleven", "d3", "bc st1 U12 c77 c1 c1 c1 c1 c1 c1 c1 c1 c1 c1 arp", "! bad_frame |"},
};

/* ---- one copy each */

static const struct lab_case floods[] = {
	{"from an id, in no VLAN", "x1", "bc st1 U12 arp",
	 "p1 y0 : bc st1 arp ; x2 z2 : bc st1 D13 arp ; z3 : bc st1 D14 arp | st1@x1"},
	{"with a priority", "x1", "bc st1 U12.3d arp",
	 "p1 y0 : bc st1 arp ; x2 z2 : bc st1 D13.3d arp ; z3 : bc st1 D14.3d arp"},
	{"from a plain port", "p1", "bc st1 arp",
	 "y0 : bc st1 arp ; x1 : bc st1 D12 arp ; x2 z2 : bc st1 D13 arp ; z3 : bc st1 D14 arp"},
	{"what is unknown", "x2", "st2 st1 U13 ip",
	 "p1 y0 : st2 st1 ip ; x1 : st2 st1 D12 ip ; z2 : st2 st1 D13 ip ; z3 : st2 st1 D14 ip"},
	{"in a VLAN, to every form", "v1", "bc st1 U20.5 arp",
	 "p2 : bc st1 arp ; p1 y0 : bc st1 C10.5 arp ; v2 : bc st1 D21.5 arp ;"
	 "y1 z1 : bc st1 D12.5 arp ; x1 : bc st1 D12.5 C10.5 arp ; x2 z2 : bc st1 D13.5 C10.5 arp ;"
	 "v3 : bc st1 D22.5 C10.5 arp ; z3 : bc st1 D14.5 C10.5 arp"},
	{"in a VLAN from one that tags", "v3", "mc st1 U22 c10.5 ip",
	 "p2 : mc st1 ip ; p1 y0 : mc st1 c10.5 ip ; v1 : mc st1 D20.5 ip ; v2 : mc st1 D21.5 ip ;"
	 "y1 z1 : mc st1 D12.5 ip ; x1 : mc st1 D12.5 c10.5 ip ;"
	 "x2 z2 : mc st1 D13.5 c10.5 ip ; z3 : mc st1 D14.5 c10.5 ip"},
	{"three tags, the VLAN's off for some", "p1", "bc st1 c10.2 c1 c1 arp",
	 "p2 : bc st1 c1 c1 arp ; y0 ; v1 : bc st1 D20.2 c1 c1 arp ; v2 : bc st1 D21.2 c1 c1 arp ;"
	 "y1 z1 : bc st1 D12.2 c1 c1 arp ; x1 : bc st1 D12.2 c10.2 c1 c1 arp ;"
	 "x2 z2 : bc st1 D13.2 c10.2 c1 c1 arp ; v3 : bc st1 D22.2 c10.2 c1 c1 arp ;"
	 "z3 : bc st1 D14.2 c10.2 c1 c1 arp"},
	{"and on for others", "v1", "bc st1 U20 c0.2 arp",
	 "p2 : bc st1 arp ; p1 y0 : bc st1 c10.2 arp ; v2 : bc st1 D21.2 arp ;"
	 "y1 z1 : bc st1 D12.2 arp ; x1 : bc st1 D12.2 c10.2 arp ;"
	 "x2 z2 : bc st1 D13.2 c10.2 arp ; v3 : bc st1 D22.2 c10.2 arp ;"
	 "z3 : bc st1 D14.2 c10.2 arp"},
	{"in an S-VLAN", "v4", "bc st1 U23 c5.1 arp",
	 "p1 y0 : bc st1 s400.1 c5.1 arp ; x1 : bc st1 D12.1 s400.1 c5.1 arp ;"
	 "x2 z2 : bc st1 D13.1 s400.1 c5.1 arp ; z3 : bc st1 D14.1 s400.1 c5.1 arp"},
	{"out of one", "p1", "bc st1 s400.1 c5 arp",
	 "y0 : bc st1 s400.1 c5 arp ; v4 : bc st1 D23.1 c5 arp ; x1 : bc st1 D12.1 s400.1 c5 arp ;"
	 "x2 z2 : bc st1 D13.1 s400.1 c5 arp ; z3 : bc st1 D14.1 s400.1 c5 arp"},
	{"isolated ids do not meet", "i1", "bc st1 U30 arp",
	 "p1 y0 : bc st1 c30 arp ; x1 : bc st1 D12 c30 arp ; x2 z2 : bc st1 D13 c30 arp ;"
	 "z3 : bc st1 D14 c30 arp"},
	{"nor by unicast", "i1", "st2@i2/c30 | st2 st1 U30 ip",
	 "! isolated | st2@i2/c30 st1@i1/c30"},
	{"an isolated one reaches others", "i1", "st2@x1/c30 | st2 st1 U30 ip",
	 "x1 : st2 st1 D12 c30 ip"},
	{"with reflective relay it comes back, too", "xr", "bc st1 U15 arp",
	 "p1 y0 : bc st1 c60 arp ; xr : bc st1 D15 arp ; xs : bc st1 D17 arp ;"
	 "xl : bc st1 D18 arp ;"
	 "x1 : bc st1 D12 c60 arp ; x2 z2 : bc st1 D13 c60 arp ; z3 : bc st1 D14 c60 arp"},
	{"a GSO frame", "x1", "bc st1 U12 ip +256 gso=76x3",
	 "p1 y0 : bc st1 ip +256 ; x2 z2 : bc st1 D13 ip +256 ; z3 : bc st1 D14 ip +256"},
};

static const struct lab_case refused[] = {
	{"an unknown id counts at the device", "d3", "bc st1 U999 arp", "! channel |"},
	{"one of another device, too", "d3", "bc st1 U14 arp", "! channel |"},
	{"id 0", "d3", "bc st1 U0 arp", "! channel |"},
	{"untagged where only ids are ports", "d3", "bc st1 arp", "! channel |"},
	{"in a VLAN", "d3", "bc st1 c10 arp", "! channel |"},
	{"in an S-VLAN", "d3", "bc st1 s400 arp", "! channel |"},
	{"a tag behind a C-TAG", "d3", "bc st1 c10 U12 arp", "! channel |"},
	{"an unknown id at a device with an untagged port", "y0", "bc st1 U999 arp", "! channel |"},
	{"id 0 is not the untagged port", "y0", "bc st1 U0 arp", "! channel |"},
	{"a tag behind a C-TAG there", "y0", "bc st1 c10 U12 arp", "! inject |"},
	{"an unknown id at XDP's device", "d5", "bc st1 U999 arp", "! channel |"},
	{"id 0 at XDP's device", "d5", "st2@z2 | st2 st1 U0 ip", "! channel | st2@z2"},
	{"a group is no source", "d3", "bc st1 G5 arp", "! direction |"},
	{"nor where there is an untagged port", "y0", "bc st1 G5 arp", "! direction |"},
	{"nor at XDP's device", "d5", "bc st1 G5 arp", "! direction |"},
	{"direction comes before channel", "d3", "bc st1 G999 arp", "! direction |"},
	{"and before control", "d3", BRIDGE " st1 G5 t88cc", "! direction |"},
	{"bad_frame comes before direction", "d3", "bc mc G5 arp", "! bad_frame |"},
	{"and before channel", "d3", "bc zero U999 arp", "! bad_frame |"},
	{"802.3 that is shorter than it says", "d3", "bc st1 U12 l100 +99", "! bad_frame |"},
	{"from a disabled id", "xd", "bc st1 U16 arp", "! link |"},
	{"to one", "p1", "st2@xd/c60 | st2 st1 c60 ip", "xd!link"},
	{"with spoofchk only its address", "xs", "bc st1 U17 arp", "! spoof_mac |"},
	{"which may send", "xs", "st2@p1/c60 | st2 st23 U17 ip",
	 "p1 : st2 st23 c60 ip | st2@p1/c60"},
	{"beyond its learn_limit", "xl", "st1@xl/c60 | bc st2 U18 arp",
	 "! learn_limit | st1@xl/c60"},
	{"a tag in a tag", "x1", "bc st1 U12 U12 arp", "! inject |"},
	{"a tag for one in a tag", "x1", "bc st1 U12 D13 arp", "! inject |"},
	{"a tag for several in a tag", "x1", "bc st1 U12 G5 arp", "! inject |"},
	{"behind a C-TAG in a tag", "x1", "bc st1 U12 c10 U13 arp", "! inject |"},
	{"the other kind in a tag", "x1", "bc st1 U12 vu12 arp", "! inject |"},
	{"and the first in the other", "x1", "bc st1 U12 e12 arp", "! inject |"},
	{"a tag at a plain port", "p1", "bc st1 U12 arp", "! inject |"},
	{"behind a C-TAG at a plain port", "p1", "bc st1 c10 U12 arp", "! inject |"},
	{"at an access port", "p2", "bc st1 D12 arp", "! inject |"},
	{"LLDP from an id", "x1", BRIDGE " st1 U12 t88cc", "! control |"},
	{"EVB's from an id", "x1", NEAREST " st1 U12 t88cc", "! control |"},
	{"a spanning tree's from an id", "x1", NEAREST " st1 U12 llc", "! control |"},
	{"in a VLAN of an id", "v3", BRIDGE " st1 U22 c10 t88cc", "! control |"},
	{"PAUSE from an id", "x1", "st2@x2 | st2 st1 U12 t8808", "! control | st2@x2"},
	{"from an id of XDP's device", "z2", BRIDGE " st1 U13 t88cc", "! control |"},
	{"LLDP of the cable is the device's own", "d3", BRIDGE " st1 t88cc", "pass |"},
	{"with an untagged port, too", "y0", NEAREST " st1 t8940", "pass |"},
};

/* ---- the fast lane */

static const struct lab_case lane[] = {
	{"another id in the tag", "z2", "st2@z3 | st2 st1 U13 ip", "z3 : st2 st1 D14 ip"},
	{"its priority stays", "z2", "st2@z3 | st2 st1 U13.7d ip", "z3 : st2 st1 D14.7d ip"},
	{"with a C-TAG", "z2", "st2@z3/c77 | st2 st1 U13.1 c77.7d ip",
	 "z3 : st2 st1 D14.7d c77.7d ip"},
	{"the VLAN's tag off", "z2", "st2@z1/c10 | st2 st1 U13 c10.4 ip", "z1 : st2 st1 D12.4 ip"},
	{"the VLAN's tag on", "z1", "st2@z2/c10 | st2 st1 U12 ip", "z2 : st2 st1 D13 c10 ip"},
	{"a priority tag becomes the VLAN's", "z1", "st2@z2/c10 | st2 st1 U12 c0.5 ip",
	 "z2 : st2 st1 D13.5 c10.5 ip"},
	{"to a device without XDP", "z2", "st2@x1 | st2 st1 U13.5 ip", "x1 : st2 st1 D12.5 ip"},
	{"from one", "x1", "st2@z2 | st2 st1 U12 ip", "z2 : st2 st1 D13 ip"},
	{"from a plain port", "p2", "st2@z1/c10 | st2 st1 ip", "z1 : st2 st1 D12 ip"},
	{"three tags behind the VLAN's", "z2", "st2@z1/c10 | st2 st1 U13 c10 c1 c1 c1 ip",
	 "z1 : st2 st1 D12 c1 c1 c1 ip"},
	{"four", "z2", "st2@z1/c10 | st2 st1 U13 c10 c1 c1 c1 c1 ip", "z1!send"},
	{"hairpin", "z2", "st2@z2 | st2 st1 U13 ip", "! hairpin | st2@z2 st1@z2"},
};

/* ---- cut in the tag, or in the one behind it */

#define TAG_CUT(from, frame, n)                                                     \
	{                                                                           \
		"cut at " #n ", " frame, from, frame " ip cut=" #n, "! bad_frame |" \
	}

static const struct lab_case cut_both[] = {
	TAG_CUT("d3", "st2 st1 U12", 14),     TAG_CUT("d3", "st2 st1 U12", 15),
	TAG_CUT("d3", "st2 st1 U12", 16),     TAG_CUT("d3", "st2 st1 U12", 17),
	TAG_CUT("d3", "st2 st1 U12", 18),     TAG_CUT("d3", "st2 st1 U12", 19),
	TAG_CUT("y0", "bc st1 U12", 17),      TAG_CUT("d5", "bc st1 U12", 19),
	TAG_CUT("d3", "st2 st1 U12 c10", 20), TAG_CUT("d3", "st2 st1 U12 c10", 21),
	TAG_CUT("d3", "st2 st1 U12 c10", 22), TAG_CUT("d3", "st2 st1 U12 c10", 23),
};

static const struct lab_case cut_e[] = {
	TAG_CUT("d3", "st2 st1 e12", 20),
	TAG_CUT("d3", "st2 st1 e12", 21),
	TAG_CUT("d3", "st2 st1 e12 c10", 24),
	TAG_CUT("d3", "st2 st1 e12 c10", 25),
	{"whole, and nothing in it", "x1", "st2@x2 | st2 st1 e12 t88b7 cut=22",
	 "x2 : st2 st1 e13 t88b7 +0"},
	{"whole, and nothing in it, to a plain port", "x1", "st2@p1 | st2 st1 e12 t88b7 cut=22",
	 "p1 : st2 st1 t88b7 +0"},
};

static const struct lab_case cut_vn[] = {
	{"whole, and nothing in it", "x1", "st2@x2 | st2 st1 vu12 t88b7 cut=20",
	 "x2 : st2 st1 vd13 t88b7 +0"},
	{"whole, and nothing in it, to a plain port", "x1", "st2@p1 | st2 st1 vu12 t88b7 cut=20",
	 "p1 : st2 st1 t88b7 +0"},
};

/* ---- fields */

static const struct lab_case other_e[] = {
	{"a VN-Tag at a device with E-CIDs", "d3", "bc st1 vu12 arp", "! channel |"},
	{"also untagged", "y0", "bc st1 vu12 arp", "! inject |"},
	{"reserved bits say nothing, and are not sent", "x1", "st2@x2 | st2 st1 e=6000c0120000 ip",
	 "x2 : st2 st1 e=600000130000 ip"},
	{"nor does an ingress id from below", "x1", "st2@x2 | st2 st1 e=6fff0012ff00 ip",
	 "x2 : st2 st1 e=600000130000 ip"},
	{"the extension counts", "d3", "bc st1 e=000000120001 arp", "! channel |"},
	{"GRP 2", "d3", "bc st1 e=000020120000 arp", "! direction |"},
	{"GRP 3", "d3", "bc st1 e=0000f0120000 arp", "! direction |"},
};

static const struct lab_case other_vn[] = {
	{"an E-TAG at a device with VIFs", "d3", "bc st1 e12 arp", "! channel |"},
	{"also untagged", "y0", "bc st1 e12 arp", "! inject |"},
	{"the reserved bit says nothing, and is not sent", "x1", "st2@x2 | st2 st1 v=00004012 ip",
	 "x2 : st2 st1 v=80130000 ip"},
	{"down is not up", "d3", "bc st1 v=80120000 arp", "! direction |"},
	{"down is not up, with svif", "d3", "bc st1 v=80000012 arp", "! direction |"},
	{"version 1", "d3", "bc st1 v=00001012 arp", "! direction |"},
	{"version 2", "d3", "bc st1 v=00002012 arp", "! direction |"},
	{"version 3", "d5", "bc st1 v=00003012 arp", "! direction |"},
	{"a list from below", "y0", "bc st1 v=40000012 arp", "! direction |"},
	{"a dvif from below", "d3", "bc st1 v=00130012 arp", "! direction |"},
};

/* clang-format off */
static const struct lab_setup wide_setup = {
	.yaml = HEAD "ports:\n"
		"  - {name: p1, dev: d1}\n"
		"  - {name: x0, dev: d3, tag: e-tag, ecid: 0x1}\n"
		"  - {name: x1, dev: d3, tag: e-tag, ecid: 0xfff}\n"
		"  - {name: x2, dev: d3, tag: e-tag, ecid: 0xfffff}\n"
		"  - {name: x3, dev: d3, tag: e-tag, ecid: 0x1000, trunk: [7], untagged: on}\n"
		"  - {name: y0, dev: d4, tag: e-tag, ecid: 0x80001}\n"
		"  - {name: y1, dev: d4, tag: e-tag, ecid: 0x7ffff, vlan: 9, hook: xdp}\n"
		"  - {name: y2, dev: d4, tag: e-tag, ecid: 0xab123, vlan: 9}\n"
		"replication:\n"
		"  - {dev: d3, grp: 3, ecid: 0xfffff, members: [x0, x1, x2, x3]}\n"
		"  - {dev: d3, grp: 2, ecid: 0xfff, vlan: 7, members: [x0, x1, x2, x3]}\n"
		"  - {dev: d4, grp: 1, ecid: 0, vlan: 9, members: [y1, y2]}\n",
};
/* clang-format on */

static const struct lab_case wide[] = {
	{"the highest E-CID from below", "x2", "st2@x0 | st2 st1 e=f0000fff00ff ip",
	 "x0 : st2 st1 e=f00000010000 ip"},
	{"and down", "x0", "st2@x2/c5 | st2 st1 e=000000010000 c5.7d ip",
	 "x2 : st2 st1 e=f0000fff00ff c5.7d ip"},
	{"the lowest extension", "x1", "st2@x3 | st2 st1 e=00000fff0000 ip",
	 "x3 : st2 st1 e=000000000001 ip"},
	{"to the highest base", "x3", "st2@x1 | st2 st1 e=000000000001 ip",
	 "x1 : st2 st1 e=00000fff0000 ip"},
	{"XDP: base and extension", "y2", "st2@y1/c9 | st2 st1 e=8000012300ab ip",
	 "y1 : st2 st1 e=80000fff007f ip"},
	{"XDP: and back", "y1", "st2@y2/c9 | st2 st1 e=00000fff007f ip",
	 "y2 : st2 st1 e=0000012300ab ip"},
	{"XDP: with a tag for the next", "y1", "st2@y0/c9 | st2 st1 e=20000fff007f ip",
	 "y0 : st2 st1 e=200000010080 c9.1 ip"},
	{"GRP 3, all bits, the highest ingress", "x2", "bc st1 e=f0000fff00ff arp",
	 "d3.3.fffff : bc st1 e=ffff3fffffff arp ; p1 : bc st1 arp ;"
	 "y0 : bc st1 e=f00000010080 arp"},
	{"GRP 3, the lowest ingress", "x0", "bc st1 e1 arp",
	 "d3.3.fffff : bc st1 e=00013fff00ff arp ; p1 : bc st1 arp ; y0 : bc st1 e80001 arp"},
	{"GRP 3, no ingress", "y0", "bc st1 e80001 arp",
	 "d3.3.fffff : bc st1 e=00003fff00ff arp ; p1 : bc st1 arp"},
	{"GRP 2 in a VLAN", "x3", "bc st1 e1000 c7.7d arp",
	 "d3.2.fff : bc st1 e=f0002fff0100 c7.7d arp ; p1 : bc st1 c7.7d arp ;"
	 "y0 : bc st1 e80001.7d c7.7d arp"},
	{"GRP 1 and E-CID 0", "p1", "bc st1 c9.5 arp",
	 "d4.1.0 : bc st1 e=a00010000000 arp ; x0 : bc st1 e1.5 c9.5 arp ;"
	 "x1 : bc st1 efff.5 c9.5 arp ; x2 : bc st1 efffff.5 c9.5 arp ;"
	 "y0 : bc st1 e80001.5 c9.5 arp"},
	{"GRP 1 and E-CID 0, ingress 0x7ffff", "y1", "bc st1 e7ffff.5 arp",
	 "d4.1.0 : bc st1 e=afff10007f00 arp ; p1 : bc st1 c9.5 arp ;"
	 "x0 : bc st1 e1.5 c9.5 arp ; x1 : bc st1 efff.5 c9.5 arp ;"
	 "x2 : bc st1 efffff.5 c9.5 arp ; y0 : bc st1 e80001.5 c9.5 arp"},
};

/* ---- groups: one copy for all of a device */

/* clang-format off */
#define D3(name, id, tag, num, more)                                                        \
	"  - {name: " name ", dev: d3, tag: " tag ", " id ": 0x" num ", " more "}\n"
#define GROUPS(tag, id, grp)                                                                \
	HEAD "ports:\n"                                                                     \
	"  - {name: p1, dev: d1, vlan: 10}\n"                                               \
	"  - {name: p2, dev: d2, trunk: [10, 20]}\n"                                        \
	"  - {name: p5, dev: d5, trunk: [50], untagged: on}\n"                              \
	D3("a1", id, tag, "12", "vlan: 10")                                                 \
	D3("a2", id, tag, "13", "vlan: 10")                                                 \
	D3("a3", id, tag, "14", "vlan: 10")                                                 \
	D3("b1", id, tag, "20", "trunk: [10, 20]")                                          \
	D3("b2", id, tag, "21", "trunk: [10, 20]")                                          \
	D3("c1", id, tag, "30", "trunk: [50], untagged: on")                                \
	D3("c2", id, tag, "31", "trunk: [50], untagged: on")                                \
	"  - {name: e1, dev: d4, tag: " tag ", " id ": 0x12, vlan: 10}\n"                   \
	"  - {name: e2, dev: d4, tag: " tag ", " id ": 0x13, vlan: 10}\n"                   \
	"replication:\n"                                                                    \
	"  - {dev: d3, vlan: 10, " grp ": 0x5, members: [a1, a2, a3]}\n"                    \
	"  - {dev: d3, vlan: 20, " grp ": 0x6, members: [b1, b2]}\n"                        \
	"  - {dev: d3, vlan: 50, " grp ": 0x7, members: [c1, c2]}\n"                        \
	"  - {dev: d3, " grp ": 0x8, members: [c2, c1]}\n"
/* clang-format on */

static const struct lab_setup groups_e = {.yaml = GROUPS("e-tag", "ecid", "grp: 1, ecid")};
static const struct lab_setup groups_vn = {.yaml = GROUPS("vn-tag", "vif", "list")};

static const struct lab_case groups[] = {
	{"one copy for all members, one for each of the others", "p1", "bc st1 arp",
	 "Rd3.5 : bc st1 G5 arp ; e1 : bc st1 D12 arp ; e2 : bc st1 D13 arp ;"
	 " p2 : bc st1 c10 arp ; b1 : bc st1 D20 c10 arp ; b2 : bc st1 D21 c10 arp"},
	{"with the frame's priority", "p2", "bc st1 c10.5d arp",
	 "Rd3.5 : bc st1 G5.5d arp ; e1 : bc st1 D12.5d arp ; e2 : bc st1 D13.5d arp ;"
	 " p1 : bc st1 arp ; b1 : bc st1 D20.5d c10.5d arp ; b2 : bc st1 D21.5d c10.5d arp"},
	{"from a member: it is named", "a1", "bc st1 U12 arp",
	 "Rd3.5 : bc st1 G5-12 arp ; e1 : bc st1 D12 arp ; e2 : bc st1 D13 arp ;"
	 " p1 : bc st1 arp ; p2 : bc st1 c10 arp ; b1 : bc st1 D20 c10 arp ;"
	 " b2 : bc st1 D21 c10 arp | st1@a1/c10"},
	{"from another member", "a3", "mc st1 U14 c0.6 ip",
	 "Rd3.5 : mc st1 G5-14.6 ip ; e1 : mc st1 D12.6 ip ; e2 : mc st1 D13.6 ip ;"
	 " p1 : mc st1 ip ; p2 : mc st1 c10.6 ip ; b1 : mc st1 D20.6 c10.6 ip ;"
	 " b2 : mc st1 D21.6 c10.6 ip"},
	{"what is unknown", "a2", "st2 st1 U13 ip",
	 "Rd3.5 : st2 st1 G5-13 ip ; e1 : st2 st1 D12 ip ; e2 : st2 st1 D13 ip ;"
	 " p1 : st2 st1 ip ; p2 : st2 st1 c10 ip ; b1 : st2 st1 D20 c10 ip ;"
	 " b2 : st2 st1 D21 c10 ip"},
	{"from behind the same device, but no member", "b1", "bc st1 U20 c10.3 arp",
	 "Rd3.5 : bc st1 G5-20.3 arp ; e1 : bc st1 D12.3 arp ; e2 : bc st1 D13.3 arp ;"
	 " p1 : bc st1 arp ; p2 : bc st1 c10.3 arp ; b2 : bc st1 D21.3 c10.3 arp"},
	{"from another device with a member's id: nobody is named", "e1", "bc st1 U12 arp",
	 "Rd3.5 : bc st1 G5 arp ; e2 : bc st1 D13 arp ; p1 : bc st1 arp ; p2 : bc st1 c10 arp ;"
	 " b1 : bc st1 D20 c10 arp ; b2 : bc st1 D21 c10 arp"},
	{"members who get a tag", "p2", "bc st1 c20.1 arp", "Rd3.6 : bc st1 G6.1 c20.1 arp"},
	{"from one of two of them", "b2", "bc st1 U21 c20.1 arp",
	 "Rd3.6 : bc st1 G6-21.1 c20.1 arp ; p2 : bc st1 c20.1 arp"},
	{"more tags than go behind it: refused at each member", "p2", "bc st1 c20.1 c1 c1 c1 arp",
	 "b1!send ; b2!send"},
	{"in no VLAN", "p5", "bc st1 arp", "Rd3.8 : bc st1 G8 arp"},
	{"in no VLAN from a member", "c1", "bc st1 U30 arp",
	 "Rd3.8 : bc st1 G8-30 arp ; p5 : bc st1 arp"},
	{"with a priority tag", "c2", "bc st1 U31 c0.5d arp",
	 "Rd3.8 : bc st1 G8-31.5d c0.5d arp ; p5 : bc st1 c0.5d arp"},
	{"with a priority of the channel's", "c2", "st2 st1 U31.4 ip",
	 "Rd3.8 : st2 st1 G8-31.4 ip ; p5 : st2 st1 ip"},
	{"in another VLAN of theirs another group", "c1", "bc st1 U30 c50.2 arp",
	 "Rd3.7 : bc st1 G7-30.2 c50.2 arp ; p5 : bc st1 c50.2 arp"},
	{"unicast takes no group", "a1", "st2@a2/c10 | st2 st1 U12 ip", "a2 : st2 st1 D13 ip"},
	{"a GSO frame", "p1", "bc st1 ip +256 gso=76x3",
	 "Rd3.5 : bc st1 G5 ip +256 ; e1 : bc st1 D12 ip +256 ; e2 : bc st1 D13 ip +256 ;"
	 " p2 : bc st1 c10 ip +256 ; b1 : bc st1 D20 c10 ip +256 ; b2 : bc st1 D21 c10 ip +256"},
	{"a GSO frame from a member", "b1", "bc st1 U20 c20 ip +256 gso=76x3",
	 "Rd3.6 : bc st1 G6-20 c20 ip +256 ; p2 : bc st1 c20 ip +256"},
	{"a broadcast of a known station is a broadcast", "a1", "st1@a1/c10 | bc st1 U12 arp",
	 "Rd3.5 : bc st1 G5-12 arp ; e1 : bc st1 D12 arp ; e2 : bc st1 D13 arp ;"
	 " p1 : bc st1 arp ; p2 : bc st1 c10 arp ; b1 : bc st1 D20 c10 arp ;"
	 " b2 : bc st1 D21 c10 arp | st1@a1/c10"},
};

/* ---- when the members are not those whom the frame is for */

/* clang-format off */
#define BROKEN(tag, id, grp)                                                                \
	HEAD "acls: {web: [{dir: rx, proto: tcp, dport: 22, action: deny}]}\n"              \
	"ports:\n"                                                                          \
	"  - {name: p1, dev: d1}\n"                                                         \
	D3("a1", id, tag, "12", "vlan: 10")                                                 \
	D3("a2", id, tag, "13", "vlan: 10, isolated: on")                                   \
	D3("a3", id, tag, "14", "vlan: 10")                                                 \
	D3("a4", id, tag, "15", "vlan: 10, isolated: on")                                   \
	D3("b1", id, tag, "20", "vlan: 20")                                                 \
	D3("b2", id, tag, "21", "vlan: 20, state: disable")                                 \
	D3("b3", id, tag, "22", "vlan: 20")                                                 \
	D3("c1", id, tag, "30", "vlan: 30, acl: web")                                       \
	D3("c2", id, tag, "31", "vlan: 30")                                                 \
	D3("m1", id, tag, "40", "vlan: 40, allmulti: off, multicast: [\"01:00:5e:01:02:03\"]") \
	D3("m2", id, tag, "41", "vlan: 40")                                                 \
	D3("r1", id, tag, "50", "vlan: 50, reflective_relay: on")                           \
	D3("r2", id, tag, "51", "vlan: 50")                                                 \
	D3("t1", id, tag, "70", "vlan: 70")                                                 \
	D3("t2", id, tag, "71", "trunk: [70]")                                              \
	"replication:\n"                                                                    \
	"  - {dev: d3, vlan: 10, " grp ": 0x5, members: [a1, a2, a3]}\n"                    \
	"  - {dev: d3, vlan: 20, " grp ": 0x6, members: [b1, b2, b3]}\n"                    \
	"  - {dev: d3, vlan: 30, " grp ": 0x7, members: [c1, c2]}\n"                        \
	"  - {dev: d3, vlan: 40, " grp ": 0x8, members: [m1, m2]}\n"                        \
	"  - {dev: d3, vlan: 50, " grp ": 0x9, members: [r1, r2]}\n"                        \
	"  - {dev: d3, vlan: 70, " grp ": 0xa, members: [t1, t2]}\n"
/* clang-format on */

static const struct lab_setup broken_e = {.yaml = BROKEN("e-tag", "ecid", "grp: 1, ecid")};
static const struct lab_setup broken_vn = {.yaml = BROKEN("vn-tag", "vif", "list")};

#define SSH "ip4=10.0.0.5>10.0.0.9 tcp=1>22"

static const struct lab_case broken[] = {
	{"from an ordinary port, one copy, and one for who is in no group", "p1", "bc st1 c10 arp",
	 "Rd3.5 : bc st1 G5 arp ; a4 : bc st1 D15 arp"},
	{"an isolated member is not for an isolated port", "a4", "bc st1 U15 arp",
	 "a1 : bc st1 D12 arp ; a3 : bc st1 D14 arp ; p1 : bc st1 c10 arp"},
	{"from an isolated member all of the others", "a2", "bc st1 U13 arp",
	 "Rd3.5 : bc st1 G5-13 arp ; p1 : bc st1 c10 arp"},
	{"from an ordinary member all of the others", "a1", "bc st1 U12 arp",
	 "Rd3.5 : bc st1 G5-12 arp ; a4 : bc st1 D15 arp ; p1 : bc st1 c10 arp"},
	{"a member without a link", "p1", "bc st1 c20.6 arp",
	 "b1 : bc st1 D20.6 arp ; b3 : bc st1 D22.6 arp"},
	{"from one of the others", "b1", "bc st1 U20 arp",
	 "b3 : bc st1 D22 arp ; p1 : bc st1 c20 arp"},
	{"a member with a rule that permits", "p1", "bc st1 c30 arp",
	 "c1 : bc st1 D30 arp ; c2 : bc st1 D31 arp"},
	{"a member with a rule that denies", "p1", "bc st1 c30 " SSH,
	 "c1!acl ; c2 : bc st1 D31 " SSH},
	{"from the one with a rule, all of the others", "c1", "bc st1 U30 " SSH,
	 "Rd3.7 : bc st1 G7-30 " SSH " ; p1 : bc st1 c30 " SSH},
	{"a group address that all have", "p1", "mc st1 c40 ip", "Rd3.8 : mc st1 G8 ip"},
	{"one that not all have", "p1", "mc6 st1 c40 t86dd", "m2 : mc6 st1 D41 t86dd"},
	{"a broadcast all get", "p1", "bc st1 c40 arp", "Rd3.8 : bc st1 G8 arp"},
	{"one that its sender alone has not", "m1", "mc6 st1 U40 t86dd",
	 "Rd3.8 : mc6 st1 G8-40 t86dd ; p1 : mc6 st1 c40 t86dd"},
	{"with reflective relay its sender gets it, too: nobody can be named", "r1",
	 "bc st1 U50 arp", "r1 : bc st1 D50 arp ; r2 : bc st1 D51 arp ; p1 : bc st1 c50 arp"},
	{"from the other one copy", "r2", "bc st1 U51 arp",
	 "Rd3.9 : bc st1 G9-51 arp ; p1 : bc st1 c50 arp"},
	{"from elsewhere one copy", "p1", "bc st1 c50 arp", "Rd3.9 : bc st1 G9 arp"},
	{"members who get different bytes", "p1", "bc st1 c70.3 arp",
	 "t1 : bc st1 D70.3 arp ; t2 : bc st1 D71.3 c70.3 arp"},
};

/*
 * ---- other forms: d6 w0 untagged in VLAN 10, w1 12 and w2 13 in VLAN 10, w1 with strip off; BPDUs
 * are forwarded
 */

/* clang-format off */
#define FORMS(tag, id, grp)                                                                 \
	HEAD "bpdu: forward\nports:\n"                                                      \
	"  - {name: p1, dev: d1}\n"                                                         \
	"  - {name: w0, dev: d6, vlan: 10}\n"                                               \
	"  - {name: w1, dev: d6, tag: " tag ", " id ": 0x12, vlan: 10, strip: off}\n"       \
	"  - {name: w2, dev: d6, tag: " tag ", " id ": 0x13, vlan: 10}\n"                   \
	D3("r1", id, tag, "50", "vlan: 50, reflective_relay: on")                           \
	D3("r2", id, tag, "51", "vlan: 50")                                                 \
	"replication: [{dev: d3, vlan: 50, " grp ": 0x9, members: [r1, r2]}]\n"
/* clang-format on */

static const struct lab_setup forms_e = {.yaml = FORMS("e-tag", "ecid", "grp: 1, ecid")};
static const struct lab_setup forms_vn = {.yaml = FORMS("vn-tag", "vif", "list")};

static const struct lab_case forms[] = {
	{"with strip off the VLAN's tag stays", "p1", "st2@w1/c10 | st2 st1 c10.5d ip",
	 "w1 : st2 st1 D12.5d c10.5d ip"},
	{"it is put in where there was none", "w2", "st2@w1/c10 | st2 st1 U13 ip",
	 "w1 : st2 st1 D12 c10 ip"},
	{"it may be sent", "w1", "st2@w2/c10 | st2 st1 U12 c10.5 ip", "w2 : st2 st1 D13.5 ip"},
	{"and need not", "w1", "st2@p1/c10 | st2 st1 U12 ip", "p1 : st2 st1 c10 ip"},
	{"but no other", "w1", "bc st1 U12 c20 arp", "! vlan_tagged |"},
	{"from an id to the untagged port of its device", "w2", "st2@w0/c10 | st2 st1 U13 ip",
	 "w0 : st2 st1 ip"},
	{"and back", "w0", "st2@w2/c10 | st2 st1 ip", "w2 : st2 st1 D13 ip"},
	{"an S-TAG behind a VLAN's is no channel here", "p1", "st2@w0/c10 | st2 st1 c10 s20.3 ip",
	 "w0 : st2 st1 s20.3 ip"},
	{"nor behind an id", "p1", "st2@w2/c10 | st2 st1 c10 s20.3 ip",
	 "w2 : st2 st1 D13 s20.3 ip"},
	{"a BPDU is forwarded", "w2", NEAREST " st1 U13 llc",
	 "w0 : " NEAREST " st1 llc ; w1 : " NEAREST " st1 D12 c10 llc ;"
	 " p1 : " NEAREST " st1 c10 llc | st1@w2/c10"},
	{"but never back, for all that it has reflective relay", "r1", NEAREST " st1 U50 llc",
	 "Rd3.9 : " NEAREST " st1 G9-50 llc ; p1 : " NEAREST " st1 c50 llc"},
	{"LLDP is not", "w2", NEAREST " st1 U13 t88cc", "! control |"},
};

/* a port that hears everything */
/* clang-format off */
#define PROMISC(tag, id, grp)                                                               \
	HEAD "ports:\n  - {name: p1, dev: d1}\n  - {name: p2, dev: d2}\n"                   \
	D3("a1", id, tag, "12", "promisc: on")                                              \
	D3("a2", id, tag, "13", "isolated: off")                                            \
	"replication: [{dev: d3, " grp ": 0x5, members: [a1, a2]}]\n"
/* clang-format on */

static const struct lab_setup promisc_e = {.yaml = PROMISC("e-tag", "ecid", "grp: 1, ecid")};
static const struct lab_setup promisc_vn = {.yaml = PROMISC("vn-tag", "vif", "list")};

static const struct lab_case promisc[] = {
	{"known unicast: the group is not whom it is for", "p1", "st2@p2 | st2 st1 ip",
	 "p2 ; a1 : st2 st1 D12 ip"},
	{"to a member: both are", "p1", "st2@a2 | st2 st1 ip", "Rd3.5 : st2 st1 G5 ip"},
	{"what is unknown", "p1", "st2 st1 ip", "p2 ; Rd3.5 : st2 st1 G5 ip"},
	{"from the one that hears", "a1", "st2@p2 | st2 st1 U12 ip", "p2 : st2 st1 ip"},
	{"from the other", "a2", "st2@p2 | st2 st1 U13 ip",
	 "p2 : st2 st1 ip ; Rd3.5 : st2 st1 G5-13 ip"},
};

/* ---- lengths: d3 takes 1518 bytes, d1 and d2 more */

/* clang-format off */
#define LENGTHS(tag, id, grp)                                                               \
	HEAD "ports:\n  - {name: p1, dev: d1}\n  - {name: p2, dev: d2, vlan: 10}\n"         \
	D3("a1", id, tag, "12", "vlan: 10")                                                 \
	D3("a2", id, tag, "13", "vlan: 10")                                                 \
	"  - {name: z1, dev: d4, tag: " tag ", " id ": 0x12, hook: xdp}\n"                  \
	"  - {name: z2, dev: d4, tag: " tag ", " id ": 0x13, vlan: 10, hook: xdp}\n"        \
	"replication: [{dev: d3, vlan: 10, " grp ": 0x5, members: [a1, a2]}]\n"

static const struct lab_setup lengths_e = {
	.yaml = LENGTHS("e-tag", "ecid", "grp: 1, ecid"), .mtu = {[0] = 1600, [1] = 1600}};
static const struct lab_setup lengths_vn = {
	.yaml = LENGTHS("vn-tag", "vif", "list"), .mtu = {[0] = 1600, [1] = 1600}};
/* clang-format on */

static const struct lab_case length_e[] = {
	{"what fits with its tag", "p1", "st2@a1/c10 | st2 st1 c10 ip +1496",
	 "a1 : st2 st1 e12 ip +1496"},
	{"what does not is lost there", "p1", "st2@a1/c10 | st2 st1 c10 ip +1497", "a1!mtu"},
	{"to XDP's port", "z2", "st2@z1/c10 | st2 st1 e13 ip +1492",
	 "z1 : st2 st1 e12 c10 ip +1492"},
	{"to XDP's port, one more", "z2", "st2@z1/c10 | st2 st1 e13 ip +1493", "z1!mtu"},
	{"a group that it does not fit is asked one by one", "p2", "bc st1 ip +1497",
	 "p1 : bc st1 c10 ip +1497 ; a1!mtu a2!mtu z1!mtu z2!mtu"},
	{"a group that it fits", "p2", "bc st1 ip +1496",
	 "p1 : bc st1 c10 ip +1496 ; d3.1.5 : bc st1 e1:5 ip +1496 ;"
	 "z2 : bc st1 e13 ip +1496 ; z1!mtu"},
};

static const struct lab_case length_vn[] = {
	{"what fits with its tag", "p1", "st2@a1/c10 | st2 st1 c10 ip +1498",
	 "a1 : st2 st1 vd12 ip +1498"},
	{"what does not is lost there", "p1", "st2@a1/c10 | st2 st1 c10 ip +1499", "a1!mtu"},
	{"to XDP's port", "z2", "st2@z1/c10 | st2 st1 vu13 ip +1494",
	 "z1 : st2 st1 vd12 c10 ip +1494"},
	{"to XDP's port, one more", "z2", "st2@z1/c10 | st2 st1 vu13 ip +1495", "z1!mtu"},
	{"a group that it does not fit is asked one by one", "p2", "bc st1 ip +1499",
	 "p1 : bc st1 c10 ip +1499 ; a1!mtu a2!mtu z1!mtu z2!mtu"},
	{"a group that it fits", "p2", "bc st1 ip +1498",
	 "p1 : bc st1 c10 ip +1498 ; d3.5 : bc st1 vl5 ip +1498 ;"
	 "z2 : bc st1 vd13 ip +1498 ; z1!mtu"},
};

/* ---- policy of an id */

/* clang-format off */
#define POLICY(tag, id)                                                                     \
	HEAD "acls:\n"                                                                      \
	"  web:\n"                                                                          \
	"    - {dir: tx, proto: tcp, dport: 23, action: deny}\n"                            \
	"    - {dir: rx, proto: tcp, dport: 22, action: deny}\n"                            \
	"ports:\n  - {name: p1, dev: d1}\n"                                                 \
	D3("x1", id, tag, "12", "acl: web")                                                 \
	D3("x2", id, tag, "13", "guard: {ipv4: [10.0.0.5]}")                                \
	D3("x3", id, tag, "14", "vlan: 10, dscp: on")                                       \
	D3("x4", id, tag, "15", "storm: {broadcast: 1}")
/* clang-format on */

static const struct lab_setup policy_e = {.yaml = POLICY("e-tag", "ecid")};
static const struct lab_setup policy_vn = {.yaml = POLICY("vn-tag", "vif")};

#define TELNET "ip4=10.0.0.5>10.0.0.9 tcp=1>23"

static const struct lab_case policy[] = {
	{"a rule of the sender, behind the tag", "x1", "st2@p1 | st2 st1 U12 " TELNET,
	 "! acl | st2@p1"},
	{"behind a C-TAG", "x1", "st2@p1/c7 | st2 st1 U12 c7 " TELNET, "! acl | st2@p1/c7"},
	{"of the sender's id alone", "x2", "st2@p1 | st2 st1 U13 " TELNET, "p1 : st2 st1 " TELNET},
	{"what it permits", "x1", "st2@p1 | st2 st1 U12 " SSH, "p1 : st2 st1 " SSH},
	{"a rule of the target", "p1", "st2@x1 | st2 st1 " SSH, "x1!acl"},
	{"of the target, from another id", "x2", "st2@x1/c7 | st2 st1 U13 c7 " SSH, "x1!acl"},
	{"what that permits", "x2", "st2@x1 | st2 st1 U13 " TELNET, "x1 : st2 st1 D12 " TELNET},
	{"guard", "x2", "st2@p1 | st2 st1 U13 ip4=10.0.0.6>10.0.0.9 udp=1>2", "! guard | st2@p1"},
	{"guard behind a C-TAG", "x2", "st2@p1/c7 | st2 st1 U13 c7 ip4=10.0.0.6>10.0.0.9 udp=1>2",
	 "! guard | st2@p1/c7"},
	{"what guard lets pass", "x2", "st2@p1/c7 | st2 st1 U13 c7 ip4=10.0.0.5>10.0.0.9 udp=1>2",
	 "p1 : st2 st1 c7 ip4=10.0.0.5>10.0.0.9 udp=1>2"},
	{"the VLAN's tag follows the DSCP", "x3",
	 "st2@p1/c10 | st2 st1 U14.1 ip4=10.0.0.5>10.0.0.9 tos=b8",
	 "p1 : st2 st1 c10.5 ip4=10.0.0.5>10.0.0.9 tos=b8"},
	{"and so does the channel's", "x3",
	 "st2@x1/c10 | st2 st1 U14.1 ip4=10.0.0.5>10.0.0.9 tos=b8",
	 "x1 : st2 st1 D12.5 c10.5 ip4=10.0.0.5>10.0.0.9 tos=b8"},
};

/* an id's broadcasts beyond its limit are refused, and counted there */
static void storm_is_each_ids_own(void **state)
{
	static const struct lab_case over = {"over", "x4", "bc st1 U15 arp", "! storm |"},
				     under = {"under", "x2", "bc st1 U13 arp4=10.0.0.5>10.0.0.9",
					      "p1 : bc st1 arp4=10.0.0.5>10.0.0.9 ;"
					      "x1 : bc st1 D12 arp4=10.0.0.5>10.0.0.9 ;"
					      "x4 : bc st1 D15 arp4=10.0.0.5>10.0.0.9"};
	static const struct evb_meter full = {.cost = 1, .burst = 1, .due = UINT64_MAX / 2};
	static char why[LAB_WHY_MAX];
	struct lab *lab = *state;
	enum evb_channel tag = lab_port(lab, "x4")->row->channel_tag;
	uint32_t key = lab_port(lab, "x4")->number * EVB_METERS + EVB_METER_BROADCAST;

	assert_int_equal(table_put(lab_tables(lab), TABLE_METERS, &key, &full), 0);
	why[0] = 0;
	if (lab_check(lab, lab_spell(&over, 1, tag), why) +
	    lab_check(lab, lab_spell(&under, 1, tag), why))
		fail_msg("\n%s", why);
}

static int policy_e_setup(void **state)
{
	return lab_group_setup(state, &policy_e);
}

static int policy_vn_setup(void **state)
{
	return lab_group_setup(state, &policy_vn);
}

static int test_storm(void)
{
	static const struct CMUnitTest storm[] = {cmocka_unit_test(storm_is_each_ids_own)};
	int failed = cmocka_run_group_tests_name("storm, E-TAG", storm, policy_e_setup,
						 lab_group_teardown) != 0;

	return failed + (cmocka_run_group_tests_name("storm, VN-Tag", storm, policy_vn_setup,
						     lab_group_teardown) != 0);
}

/*
 * ---- plain ports, S-channels, E-TAG and VN-Tag on one bridge: every pair, with every tag inside
 *
 * Of each kind two ports take all VLANs (1, 2), two are in VLAN 10 (3, 4).
 */

/* clang-format off */
static const struct lab_setup mixed_setup = {
	.yaml = HEAD "ports:\n"
		"  - {name: p1, dev: d1}\n"
		"  - {name: p2, dev: d2}\n"
		"  - {name: p3, dev: d3, vlan: 10}\n"
		"  - {name: p4, dev: d4, vlan: 10}\n"
		"  - {name: s1, dev: d5, svid: 201}\n"
		"  - {name: s2, dev: d5, svid: 202}\n"
		"  - {name: s3, dev: d5, svid: 203, vlan: 10}\n"
		"  - {name: s4, dev: d5, svid: 204, vlan: 10}\n"
		"  - {name: e1, dev: d6, tag: e-tag, ecid: 0x201}\n"
		"  - {name: e2, dev: d6, tag: e-tag, ecid: 0x202}\n"
		"  - {name: e3, dev: d6, tag: e-tag, ecid: 0x203, vlan: 10}\n"
		"  - {name: e4, dev: d6, tag: e-tag, ecid: 0xfe204, vlan: 10}\n"
		"  - {name: v1, dev: d7, tag: vn-tag, vif: 0x301}\n"
		"  - {name: v2, dev: d7, tag: vn-tag, vif: 0x302}\n"
		"  - {name: v3, dev: d7, tag: vn-tag, vif: 0x303, vlan: 10}\n"
		"  - {name: v4, dev: d7, tag: vn-tag, vif: 0x304, vlan: 10}\n",
};
/* clang-format on */

enum kind { PLAIN, S, E, VN, KINDS };

#define MIXED (KINDS * 4)

/* what stands in front on the cable; with a priority where there is a place for it */
static const char *channel_word(unsigned int port, const char *prio, bool up)
{
	unsigned int n = port % 4 + 1;

	switch (port / 4) {
	case S:
		return lab_format("s20%u%s", n, prio);
	case E:
		return lab_format("e%s20%u%s", n == 4 ? "fe" : "", n, prio);
	case VN:
		return lab_format("v%c30%u", up ? 'u' : 'd', n);
	default:
		return "";
	}
}

static const char *mixed_name(unsigned int port)
{
	return lab_format("%c%u", "psev"[port / 4], port % 4 + 1);
}

static bool is_access(unsigned int port)
{
	return port % 4 >= 2;
}

static bool has_prio(unsigned int port)
{
	return port / 4 == S || port / 4 == E;
}

/* what the sender puts into its channel: nothing, a tag, a priority tag */
static const struct inner {
	const char *says, *word, *prio;
	bool access, all; /* who may send it */
} inners[] = {
	{"untagged", "", "", true, true},
	{"in VLAN 10", "c10.5d", ".5d", false, true},
	{"priority-tagged", "c0.6", ".6", true, true},
};

static bool may_send(unsigned int port, const struct inner *inner)
{
	return is_access(port) ? inner->access : inner->all;
}

static bool in_vlan_10(unsigned int from, const struct inner *inner)
{
	return is_access(from) || (inner->word[0] == 'c' && inner->word[1] == '1');
}

/* without a tag of its own the priority is the channel's, which is 2 where there is one */
static const char *prio_of(unsigned int from, const struct inner *inner)
{
	return inner->word[0] ? inner->prio : has_prio(from) ? ".2" : "";
}

static bool may_get(unsigned int from, const struct inner *inner, unsigned int to)
{
	return to != from && (!is_access(to) || in_vlan_10(from, inner));
}

/* a frame as a port gets it */
static const char *frame_to(unsigned int from, const struct inner *inner, unsigned int to,
			    const char *macs)
{
	const char *prio = prio_of(from, inner), *vlan = "";

	if (!is_access(to))
		vlan = in_vlan_10(from, inner) ? lab_format("c10%s", prio) : inner->word;
	return lab_format("%s %s %s ip", macs, channel_word(to, prio, false), vlan);
}

static struct lab_case mixed[MIXED * MIXED * ARRAY_SIZE(inners) + MIXED * ARRAY_SIZE(inners)];

static struct lab_case mixed_pair(unsigned int from, const struct inner *inner, unsigned int to)
{
	const char *sent = lab_format("%s %s ip", channel_word(from, ".2", true), inner->word);

	return (struct lab_case){
		lab_format("%s %s to %s", mixed_name(from), inner->says, mixed_name(to)),
		mixed_name(from),
		lab_format("st2@%s%s | st2 st1 %s", mixed_name(to),
			   in_vlan_10(from, inner) ? "/c10" : "", sent),
		lab_format("%s : %s", mixed_name(to), frame_to(from, inner, to, "st2 st1")),
	};
}

static struct lab_case mixed_flood(unsigned int from, const struct inner *inner)
{
	const char *sent = lab_format("%s %s ip", channel_word(from, ".2", true), inner->word);
	const char *out = "";

	for (unsigned int to = 0; to < MIXED; to++)
		if (may_get(from, inner, to))
			out = lab_format("%s%s%s : %s", out, *out ? " ; " : "", mixed_name(to),
					 frame_to(from, inner, to, "bc st1"));
	return (struct lab_case){
		lab_format("%s %s to all", mixed_name(from), inner->says),
		mixed_name(from),
		lab_format("bc st1 %s", sent),
		out,
	};
}

static size_t mixed_make(void)
{
	struct lab_case *c = mixed;

	for (unsigned int from = 0; from < MIXED; from++)
		for (size_t i = 0; i < ARRAY_SIZE(inners); i++) {
			if (!may_send(from, &inners[i]))
				continue;
			for (unsigned int to = 0; to < MIXED; to++)
				if (may_get(from, &inners[i], to))
					*c++ = mixed_pair(from, &inners[i], to);
			*c++ = mixed_flood(from, &inners[i]);
		}
	return c - mixed;
}

/* ---- the sample frames of standards.md 1.10, byte by byte */

/* clang-format off */
static const struct lab_setup samples_setup_e = {
	.yaml = HEAD "ports:\n"
		"  - {name: p1, dev: d1}\n"
		D3("x1", "ecid", "e-tag", "12", "isolated: off")
		D3("x2", "ecid", "e-tag", "34", "isolated: off")
		"  - {name: y1, dev: d4, tag: e-tag, ecid: 0xcd456}\n"
		"  - {name: y2, dev: d4, tag: e-tag, ecid: 0xab123}\n"
		"replication:\n"
		"  - {dev: d3, grp: 1, ecid: 0x005, members: [x1, x2]}\n"
		"  - {dev: d4, grp: 2, ecid: 0xab123, members: [y1, y2]}\n",
};

static const struct lab_setup samples_setup_vn = {
	.yaml = HEAD "ports:\n"
		"  - {name: p1, dev: d1}\n"
		D3("x1", "vif", "vn-tag", "12", "isolated: off")
		D3("x2", "vif", "vn-tag", "34", "isolated: off")
		D3("x3", "vif", "vn-tag", "7ff", "trunk: [100]")
		"replication: [{dev: d3, list: 0x1001, members: [x1, x2]}]\n",
};
/* clang-format on */

#define A_TO_B "020000000002020000000001"
#define A_TO_ALL "ffffffffffff020000000001"
#define A "02:00:00:00:00:01"
#define B "02:00:00:00:00:02"
#define ICMP                                                                   \
	"08004500002400010000400166d60a0000010a000002080066680001000161626364" \
	"65666768"
#define ARP "080600010800060400010200000000010a0000010000000000000a000002"

/* clang-format off */
static const struct lab_case samples_e[] = {
	{"frame 9: up from 0x012", "x1", B "@p1 | hex=" A_TO_B "893f000000120000" ICMP,
	 "p1 : hex=" A_TO_B ICMP " | " B "@p1 " A "@x1"},
	{"frame 10: down to 0x034, a C-TAG in it", "p1", B "@x2/c100 | hex=" A_TO_B "81000064" ICMP,
	 "x2 : hex=" A_TO_B "893f000000340000" "81000064" ICMP},
	{"frame 11: from 0x012, down to the group 1, 0x005, but not to it", "x1",
	 "hex=" A_TO_ALL "893fc00000120000" ARP,
	 "d3.1.5 : hex=" A_TO_ALL "893fc01210050000" ARP " ; p1 : hex=" A_TO_ALL ARP
	 " ; d4.2.ab123 : hex=" A_TO_ALL "893fc000212300ab" ARP},
	{"frame 12: from 0xcd456, down to the group 2, 0xab123, but not to it", "y1",
	 "hex=" A_TO_B "893ff000045600cd" ICMP,
	 "d4.2.ab123 : hex=" A_TO_B "893ff4562123cdab" ICMP " ; p1 : hex=" A_TO_B ICMP
	 " ; d3.1.5 : hex=" A_TO_B "893ff00010050000" ICMP},
};

static const struct lab_case samples_vn[] = {
	{"frame 5: up from 0x012", "x1", B "@p1 | hex=" A_TO_B "892600000012" ICMP,
	 "p1 : hex=" A_TO_B ICMP},
	{"frame 6: down to 0x034", "p1", B "@x2 | hex=" A_TO_B ICMP,
	 "x2 : hex=" A_TO_B "892680340000" ICMP},
	{"frame 7: from 0x012, down to the list 0x1001, looped", "x1",
	 "hex=" A_TO_ALL "892600000012" ARP,
	 "d3.1001 : hex=" A_TO_ALL "8926d0018012" ARP " ; p1 : hex=" A_TO_ALL ARP},
	{"frame 8: up from 0x7ff, a C-TAG in it", "x3",
	 B "@p1/c100 | hex=" A_TO_B "8926000007ff" "81000064" ICMP,
	 "p1 : hex=" A_TO_B "81000064" ICMP},
};
/* clang-format on */

#define SPELT(cases, setup, tag) \
	(lab_spell_table(#cases, setup, tag, cases, ARRAY_SIZE(cases)) != 0)
#define BOTH(cases, setup) \
	(SPELT(cases, &setup##_e, EVB_CHANNEL_E) + SPELT(cases, &setup##_vn, EVB_CHANNEL_VN))
#define ONE(cases, setup) (lab_table(#cases, &setup, cases, ARRAY_SIZE(cases)) != 0)

static int test_ports(const struct lab_setup *setup, enum evb_channel tag)
{
	int failed = 0;

	failed += SPELT(unicast, setup, tag);
	failed += SPELT(vlans, setup, tag);
	failed += SPELT(floods, setup, tag);
	failed += SPELT(refused, setup, tag);
	failed += SPELT(lane, setup, tag);
	failed += SPELT(cut_both, setup, tag);
	return failed;
}

int main(void)
{
	int failed = 0;

	failed += test_ports(&ports_e, EVB_CHANNEL_E);
	failed += ONE(cut_e, ports_e);
	failed += ONE(other_e, ports_e);
	failed += test_ports(&ports_vn, EVB_CHANNEL_VN);
	failed += ONE(cut_vn, ports_vn);
	failed += ONE(other_vn, ports_vn);
	failed += ONE(wide, wide_setup);
	failed += BOTH(groups, groups);
	failed += BOTH(broken, broken);
	failed += BOTH(forms, forms);
	failed += BOTH(promisc, promisc);
	failed += ONE(length_e, lengths_e);
	failed += ONE(length_vn, lengths_vn);
	failed += BOTH(policy, policy);
	failed += lab_table("mixed", &mixed_setup, mixed, mixed_make()) != 0;
	failed += ONE(samples_e, samples_setup_e);
	failed += ONE(samples_vn, samples_setup_vn);
	failed += test_storm();
	return failed;
}
