/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A bridge with VLANs and with S-channels on its devices.
 *
 * VLANs:    p1 access 10   p2 trunk [10, 20]   p3 all   p4 native 20, trunk [10]   p5 10, strip off
 *	     p6 all   p7 S-VLAN 400   p8 all, st8 is static   p9 access 10, XDP   p10 trunk [10], XDP
 * Channels: p1 alone   d2: pa (200) pb (201, reflects) pc (202, VLAN 10) pe (203, trunk [10]), and
 *	     nothing untagged   d3: pu untagged, pv (300)   d4, XDP: px (400) py (401, VLAN 10)
 *	     pz (402, trunk [10])   d5: i1 i2 isolated, il (502) one address, is (503) only st9,
 *	     io (504) disabled
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "harness.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define HEAD "version: 1\nswitch: lab\nrelay: bridge\nports:\n"

static const struct lab_setup vlans = {
	.yaml = HEAD "  - {name: p1, dev: d1, vlan: 10}\n"
		     "  - {name: p2, dev: d2, trunk: [10, 20]}\n"
		     "  - {name: p3, dev: d3}\n"
		     "  - {name: p4, dev: d4, vlan: 20, trunk: [10]}\n"
		     "  - {name: p5, dev: d5, vlan: 10, strip: off}\n"
		     "  - {name: p6, dev: d6, trunk: all}\n"
		     "  - {name: p7, dev: d7, vlan: 400, proto: 802.1ad}\n"
		     "  - {name: p8, dev: d8, static: [\"02:00:00:00:05:08\"]}\n"
		     "  - {name: p9, dev: d9, vlan: 10, hook: xdp}\n"
		     "  - {name: p10, dev: d10, trunk: [10], hook: xdp}\n",
};

static const struct lab_case members[] = {
	{"from an access port into its VLAN", "p1", "bc st1 arp",
	 "p9 : bc st1 arp ; p2 p3 p4 p5 p6 p8 p10 : bc st1 c10 arp | st1@p1/c10"},
	{"from a trunk", "p2", "bc st1 c10.5d arp",
	 "p1 p9 : bc st1 arp ; p3 p4 p5 p6 p8 p10 : bc st1 c10.5d arp | st1@p2/c10"},
	{"from a trunk in its other VLAN", "p2", "bc st1 c20 arp",
	 "p4 : bc st1 arp ; p3 p6 p8 : bc st1 c20 arp | st1@p2/c20"},
	{"in the native VLAN", "p4", "bc st1 arp", "p2 p3 p6 p8 : bc st1 c20 arp | st1@p4/c20"},
	{"with the native VLAN's own tag", "p4", "bc st1 c20.3 arp",
	 "p2 p3 p6 p8 : bc st1 c20.3 arp | st1@p4/c20"},
	{"in no VLAN", "p3", "bc st1 arp", "p6 p8 | st1@p3"},
	{"from an access port to a trunk", "p1", "st2@p2/c10 | st2 st1 ip",
	 "p2 : st2 st1 c10 ip | st2@p2/c10 st1@p1/c10"},
	{"from a trunk to an access port", "p2", "st1@p1/c10 | st1 st2 c10.4 ip",
	 "p1 : st1 st2 ip | st1@p1/c10 st2@p2/c10"},
	{"a priority tag becomes the access VLAN's", "p1", "st2@p2/c10 | st2 st1 c0.6d ip",
	 "p2 : st2 st1 c10.6d ip | st2@p2/c10 st1@p1/c10"},
	{"between access ports", "p1", "st9@p9/c10 | st9 st1 ip", "p9"},
	{"to XDP's trunk a tag", "p9", "st2@p10/c10 | st2 st1 ip",
	 "p10 : st2 st1 c10 ip | st2@p10/c10 st1@p9/c10"},
	{"from XDP's trunk without", "p10", "st1@p9/c10 | st1 st2 c10.4 ip",
	 "p9 : st1 st2 ip | st1@p9/c10 st2@p10/c10"},
	{"in an S-VLAN", "p7", "bc st1 c5 arp", "p3 p6 p8 : bc st1 s400 c5 arp | st1@p7/s400"},
	{"out of an S-VLAN", "p3", "st1@p7/s400 | st1 st2 s400 c5.4 ip",
	 "p7 : st1 st2 c5.4 ip | st1@p7/s400 st2@p3/s400"},
	{"an access port may not tag, and teaches nothing", "p1", "bc st1 c10 arp",
	 "! vlan_tagged |"},
	{"one with strip off may", "p5", "bc st1 c10 arp",
	 "p1 p9 : bc st1 arp ; p2 p3 p4 p6 p8 p10 : bc st1 c10 arp | st1@p5/c10"},
	{"a VLAN that the trunk is not in teaches nothing", "p2", "bc st1 c30 arp",
	 "! vlan_filter |"},
	{"nor does a station move by it", "p2", "st1@p3/c30 | bc st1 c30 arp",
	 "! vlan_filter | st1@p3/c30"},
	{"untagged into a trunk without VLAN", "p2", "bc st1 arp", "! vlan_filter |"},
	{"a priority tag into it", "p2", "bc st1 c0.5 arp", "! vlan_filter |"},
	{"VID 4095", "p3", "bc st1 c4095 arp", "! vlan_filter |"},
	{"hairpin in a VLAN", "p2", "st2@p2/c10 | st2 st1 c10 ip",
	 "! hairpin | st2@p2/c10 st1@p2/c10"},
};

static const struct lab_case separate[] = {
	{"one address at two ports in two VLANs", "p3", "st1@p1/c10 st1@p4/c20 | st1 st2 c10 ip",
	 "p1 : st1 st2 ip | st1@p1/c10 st1@p4/c20 st2@p3/c10"},
	{"one address at two ports in two VLANs: the other", "p3",
	 "st1@p1/c10 st1@p4/c20 | st1 st2 c20 ip",
	 "p4 : st1 st2 ip | st1@p1/c10 st1@p4/c20 st2@p3/c20"},
	{"an address of another VLAN is unknown", "p3", "st1@p1/c10 | st1 st2 c20 ip",
	 "p4 : st1 st2 ip ; p2 p6 p8 : st1 st2 c20 ip | st1@p1/c10 st2@p3/c20"},
	{"a station in another VLAN does not move", "p4", "st1@p1/c10 | bc st1 arp",
	 "p2 p3 p6 p8 : bc st1 c20 arp | st1@p1/c10 st1@p4/c20"},
	{"in no VLAN and in one", "p3", "st1@p6 st1@p2/c10 | st1 st2 ip",
	 "p6 | st1@p6 st1@p2/c10 st2@p3"},
	{"a VLAN that no port names is one of its own", "p3", "bc st1 c77.2 arp",
	 "p6 p8 | st1@p3/c77"},
	{"one address in two VLANs that no port names", "p8",
	 "st1@p3/c77 st1@p6/c78 | st1 st2 c77 ip", "p3 | st1@p3/c77 st1@p6/c78 st2@p8/c77"},
	{"one address in two VLANs that no port names: the other", "p8",
	 "st1@p3/c77 st1@p6/c78 | st1 st2 c78 ip", "p6 | st1@p3/c77 st1@p6/c78 st2@p8/c78"},
	{"unknown in another VLAN that no port names", "p8", "st1@p3/c77 | st1 st2 c78 ip",
	 "p3 p6 | st1@p3/c77 st2@p8/c78"},
	{"a station in another VLAN that no port names does not move", "p6",
	 "st1@p3/c77 | bc st1 c78 arp", "p3 p8 | st1@p3/c77 st1@p6/c78"},
	{"in the same one it moves", "p6", "st1@p3/c77 | bc st1 c77 arp", "p3 p8 | st1@p6/c77"},
	{"the highest VID", "p6", "st1@p3/c4094 | st1 st2 c4094 ip",
	 "p3 | st1@p3/c4094 st2@p6/c4094"},
	{"an S-VLAN that no port names is not the C-VLAN", "p8", "st1@p3/c77 | st1 st2 s77 ip",
	 "p3 p6 | st1@p3/c77 st2@p8/s77"},
	{"nor the other way round", "p8", "st1@p3/s77 | st1 st2 c77 ip",
	 "p3 p6 | st1@p3/s77 st2@p8/c77"},
	{"an S-VLAN that is only a C-VLAN's number", "p8", "st1@p1/c10 | st1 st2 s10 ip",
	 "p3 p6 | st1@p1/c10 st2@p8/s10"},
	{"hairpin in a VLAN that no port names", "p3", "st1@p3/c77 | st1 st2 c77 ip",
	 "! hairpin | st1@p3/c77 st2@p3/c77"},
	{"a static address is its port's in a VLAN that some port names", "p1", "st8 st1 ip",
	 "p8 : st8 st1 c10 ip | st1@p1/c10"},
	{"a static address is its port's in no VLAN", "p3", "st8 st1 ip", "p8 | st1@p3"},
	{"a static address is its port's in a VLAN that no port names", "p3", "st8 st1 c77.1 ip",
	 "p8 | st1@p3/c77"},
	{"... in an S-VLAN, too", "p3", "st8 st1 s77 ip", "p8 | st1@p3/s77"},
	{"... and its own port is a hairpin there", "p8", "st8 st1 c77 ip",
	 "! hairpin | st1@p8/c77"},
	{"it does not move in a VLAN that some port names", "p1", "bc st8 arp",
	 "p9 : bc st8 arp ; p2 p3 p4 p5 p6 p8 p10 : bc st8 c10 arp |"},
	{"it does not move in a VLAN that no port names", "p3", "bc st8 c77 arp", "p6 p8 |"},
	{"it is not learned there at its own port", "p8", "bc st8 c77 arp", "p3 p6 |"},
	{"it is not in an S-VLAN whose port it is not behind", "p7", "bc st8 arp",
	 "p3 p6 p8 : bc st8 s400 arp |"},
};

/* ---- channels on a port's device */

static const struct lab_setup channels = {
	.yaml = HEAD "  - {name: p1, dev: d1}\n"
		     "  - {name: pa, dev: d2, svid: 200}\n"
		     "  - {name: pb, dev: d2, svid: 201, reflective_relay: on}\n"
		     "  - {name: pc, dev: d2, svid: 202, vlan: 10}\n"
		     "  - {name: pe, dev: d2, svid: 203, trunk: [10]}\n"
		     "  - {name: pu, dev: d3}\n"
		     "  - {name: pv, dev: d3, svid: 300}\n"
		     "  - {name: px, dev: d4, svid: 400, hook: xdp}\n"
		     "  - {name: py, dev: d4, svid: 401, vlan: 10, hook: xdp}\n"
		     "  - {name: pz, dev: d4, svid: 402, trunk: [10], hook: xdp}\n"
		     "  - {name: i1, dev: d5, svid: 500, vlan: 30, isolated: on}\n"
		     "  - {name: i2, dev: d5, svid: 501, vlan: 30, isolated: on}\n"
		     "  - {name: il, dev: d5, svid: 502, vlan: 30, learn_limit: 1}\n"
		     "  - {name: is, dev: d5, svid: 503, vlan: 30, spoofchk: on, static: "
		     "[\"02:00:00:00:05:09\"]}\n"
		     "  - {name: io, dev: d5, svid: 504, vlan: 30, state: disable}\n",
};

static const struct lab_case tags[] = {
	{"a broadcast: one copy for each channel, without tag first", "p1", "bc st1 arp",
	 "pu : bc st1 arp ; pa : bc st1 s200 arp ; pb : bc st1 s201 arp ; pv : bc st1 s300 arp ;"
	 "px : bc st1 s400 arp | st1@p1"},
	{"out of a channel: S-TAG off, others on, with its priority", "pa", "bc st2 s200.5d arp",
	 "p1 pu : bc st2 arp ; pb : bc st2 s201.5d arp ; pv : bc st2 s300.5d arp ;"
	 "px : bc st2 s400.5d arp | st2@pa"},
	{"a priority tag's comes first", "pa", "bc st2 s200.5 c0.2 arp",
	 "p1 pu : bc st2 c0.2 arp ; pb : bc st2 s201.2 c0.2 arp ; pv : bc st2 s300.2 c0.2 arp ;"
	 "px : bc st2 s400.2 c0.2 arp | st2@pa"},
	{"unicast into a channel", "p1", "st2@pa | st2 st1 ip",
	 "pa : st2 st1 s200 ip | st2@pa st1@p1"},
	{"unicast out of a channel", "pa", "st1@p1 | st1 st2 s200.7 ip",
	 "p1 : st1 st2 ip | st1@p1 st2@pa"},
	{"from one channel to another of the same device: no hairpin", "pa",
	 "st3@pb | st3 st2 s200.1 ip", "pb : st3 st2 s201.1 ip | st3@pb st2@pa"},
	{"from the untagged port to a channel of its device", "pu", "st3@pv | st3 st2 ip",
	 "pv : st3 st2 s300 ip | st3@pv st2@pu"},
	{"and back", "pv", "st2@pu | st2 st3 s300 ip", "pu : st2 st3 ip | st2@pu st3@pv"},
	{"within a channel it is one", "pa", "st3@pa | st3 st2 s200 ip",
	 "! hairpin | st3@pa st2@pa"},
	{"within a reflective channel it goes back as it came", "pb", "st3@pb | st3 st2 s201.3d ip",
	 "pb | st3@pb st2@pb"},
	{"a broadcast comes back to a reflective channel, and goes to the other", "pb",
	 "bc st2 s201 arp",
	 "p1 pu : bc st2 arp ; pa : bc st2 s200 arp ; pb : bc st2 s201 arp ;"
	 "pv : bc st2 s300 arp ; px : bc st2 s400 arp | st2@pb"},
	{"an unknown frame from a reflective channel", "pb", "st9 st2 s201 c77 ip",
	 "p1 pu : st9 st2 c77 ip ; pa : st9 st2 s200 c77 ip ; pb : st9 st2 s201 c77 ip ;"
	 "pv : st9 st2 s300 c77 ip ; px : st9 st2 s400 c77 ip | st2@pb/c77"},
	{"a station moves between channels of a device", "pb", "st2@pa st1@p1 | st1 st2 s201 ip",
	 "p1 : st1 st2 ip | st2@pb st1@p1"},
	{"one address in two channels' VLANs", "p1", "st2@pa st2@pc/c10 | st2 st1 c10 ip",
	 "pc : st2 st1 s202 ip | st2@pa st2@pc/c10 st1@p1/c10"},
	{"in an access VLAN of a channel", "pc", "bc st2 s202 arp",
	 "p1 pu : bc st2 c10 arp ; pa : bc st2 s200 c10 arp ; pb : bc st2 s201 c10 arp ;"
	 "pe : bc st2 s203 c10 arp ; pv : bc st2 s300 c10 arp ; px : bc st2 s400 c10 arp ;"
	 "py : bc st2 s401 arp ; pz : bc st2 s402 c10 arp | st2@pc/c10"},
	{"in a trunk of a channel", "pe", "bc st2 s203.2 c10.6d arp",
	 "p1 pu : bc st2 c10.6d arp ; pa : bc st2 s200.6d c10.6d arp ;"
	 "pb : bc st2 s201.6d c10.6d arp ; pc : bc st2 s202.6d arp ;"
	 "pv : bc st2 s300.6d c10.6d arp ; px : bc st2 s400.6d c10.6d arp ;"
	 "py : bc st2 s401.6d arp ; pz : bc st2 s402.6d c10.6d arp | st2@pe/c10"},
	{"a tag's priority goes into the S-TAG to an access port", "p1",
	 "st5@pc/c10 | st5 st1 c10.6 ip", "pc : st5 st1 s202.6 ip | st5@pc/c10 st1@p1/c10"},
	{"an access port in a channel may not tag", "pc", "bc st2 s202 c10 arp", "! vlan_tagged |"},
	{"a trunk in a channel takes nothing untagged", "pe", "bc st2 s203 arp", "! vlan_filter |"},
	{"a trunk in a channel takes no other VLAN", "pe", "bc st2 s203 c20 arp",
	 "! vlan_filter |"},
	{"an S-VLAN inside a channel", "pa", "bc st2 s200 s77 arp",
	 "p1 : bc st2 s77 arp ; pb : bc st2 s201 s77 arp ; pv : bc st2 s300 s77 arp ;"
	 "px : bc st2 s400 s77 arp | st2@pa/s77"},
	{"an S-VLAN becomes no channel of a device where channels are", "p1", "bc st1 s300 arp",
	 "pa : bc st1 s200 s300 arp ; pb : bc st1 s201 s300 arp ; pv : bc st1 s300 s300 arp ;"
	 "px : bc st1 s400 s300 arp | st1@p1/s300"},
	{"a guest's C-TAGs go through a channel", "p1", "st2@pa/c77 | st2 st1 c77.1 c5.7 ip",
	 "pa : st2 st1 s200.1 c77.1 c5.7 ip | st2@pa/c77 st1@p1/c77"},
	{"an isolated channel of the same device", "i1", "st2@i2/c30 | st2 st1 s500 ip",
	 "! isolated | st2@i2/c30 st1@i1/c30"},
	{"a channel's limit of addresses", "il", "st2@il/c30 | bc st1 s502 arp",
	 "! learn_limit | st2@il/c30"},
	{"a channel's spoofchk", "is", "bc st1 s503 arp", "! spoof_mac |"},
	{"a flood passes a disabled channel", "p1", "bc st1 c30 arp",
	 "pu : bc st1 c30 arp ; pa : bc st1 s200 c30 arp ; pb : bc st1 s201 c30 arp ;"
	 "pv : bc st1 s300 c30 arp ; px : bc st1 s400 c30 arp ; i1 : bc st1 s500 arp ;"
	 "i2 : bc st1 s501 arp ; il : bc st1 s502 arp ; is : bc st1 s503 arp | st1@p1/c30"},
	{"a flood of an isolated channel passes the other", "i1", "bc st1 s500 arp",
	 "p1 pu : bc st1 c30 arp ; pa : bc st1 s200 c30 arp ; pb : bc st1 s201 c30 arp ;"
	 "pv : bc st1 s300 c30 arp ; px : bc st1 s400 c30 arp ;"
	 "il : bc st1 s502 arp ; is : bc st1 s503 arp | st1@i1/c30"},
	{"a channel can be disabled alone: from it", "io", "bc st1 s504 arp", "! link |"},
	{"a channel can be disabled alone: to it", "il", "st2@io/c30 | st2 st1 s502 ip",
	 "io!link | st2@io/c30 st1@il/c30"},
	{"a full frame into a channel fits MTU + 18", "p1", "st2@pa | st2 st1 ip +1500",
	 "pa : st2 st1 s200 ip +1500 | st2@pa st1@p1"},
	{"one byte more does not", "p1", "st2@pa | st2 st1 ip +1501", "pa!mtu | st2@pa st1@p1"},
	{"with a C-TAG 4 bytes less", "p1", "st2@pa/c77 | st2 st1 c77 ip +1497",
	 "pa!mtu | st2@pa/c77 st1@p1/c77"},
};

#define BRIDGE "01:80:c2:00:00:0e"
#define NEAREST "01:80:c2:00:00:00"

static const struct lab_case refused[] = {
	{"where nothing is untagged, an untagged frame is refused", "d2", "bc st2 arp",
	 "! channel |"},
	{"unicast, too", "d2", "st1@p1 | st1 st2 ip", "! channel | st1@p1"},
	{"and one in a C-VLAN", "d2", "bc st2 c10 arp", "! channel |"},
	{"and SVID 1", "d2", "bc st2 s1 arp", "! channel |"},
	{"and SVID 0", "d2", "bc st2 s0 c10 arp", "! channel |"},
	{"and an unknown SVID", "d2", "bc st2 s999 arp", "! channel |"},
	{"and another device's", "d2", "bc st2 s300 arp", "! channel |"},
	{"an unknown SVID counts at the untagged port", "pu", "bc st2 s999 arp", "! channel |"},
	{"and teaches nothing", "pu", "st2@p1 | bc st2 s200 c10 arp", "! channel | st2@p1"},
	{"SVID 4095", "pu", "bc st2 s4095 arp", "! channel |"},
	{"SVID 1 is the untagged port's, and goes", "pu", "st1@p1 | st1 st2 s1.3 ip",
	 "p1 : st1 st2 ip | st1@p1 st2@pu"},
	{"SVID 0, too", "pu", "st1@p1 | st1 st2 s0.3 c77.1 ip",
	 "p1 : st1 st2 c77.1 ip ; pa : st1 st2 s200.1 c77.1 ip ; pb : st1 st2 s201.1 c77.1 ip ;"
	 "pv : st1 st2 s300.1 c77.1 ip ; px : st1 st2 s400.1 c77.1 ip | st1@p1 st2@pu/c77"},
	{"LLDP without tag is the device's own", "pu", BRIDGE " st2 t88cc", "pass |"},
	{"also where nothing is untagged: CDCP has no other way", "d2",
	 "01:80:c2:00:00:03 st2 t88cc", "pass |"},
	{"LLDP to the nearest bridge there", "d2", BRIDGE " st2 t88cc", "pass |"},
	{"EVB's LLDP there", "d2", NEAREST " st2 t88cc", "pass |"},
	{"a BPDU there is of a channel that is not there", "d2", NEAREST " st2 llc", "! channel |"},
	{"the link's own in a channel", "pa", BRIDGE " st2 s200 t88cc", "! control |"},
	{"in a channel of a device with an untagged port", "pv", BRIDGE " st2 s300 t88cc",
	 "! control |"},
	{"-00 in a channel", "pa", NEAREST " st2 s200 t88cc", "! control |"},
	{"a BPDU in a channel", "pa", NEAREST " st2 s200 llc", "! control |"},
	{"in an unknown channel", "pu", BRIDGE " st2 s999 t88cc", "! channel |"},
	{"a cut S-TAG names no channel", "d2", "bc st2 s200 arp cut=16", "! bad_frame |"},
};

static const struct lab_case lane[] = {
	{"XDP pushes a channel's tag", "p1", "st2@px | st2 st1 ip",
	 "px : st2 st1 s400 ip | st2@px st1@p1"},
	{"XDP pushes it outside the VLAN's", "p1", "st2@px/c77 | st2 st1 c77.3d ip",
	 "px : st2 st1 s400.3d c77.3d ip | st2@px/c77 st1@p1/c77"},
	{"XDP takes the VLAN's off and puts the channel's on", "p1",
	 "st2@py/c10 | st2 st1 c10.3 ip", "py : st2 st1 s401.3 ip | st2@py/c10 st1@p1/c10"},
	{"XDP exchanges channels", "pa", "st3@px | st3 st2 s200.2 ip",
	 "px : st3 st2 s400.2 ip | st3@px st2@pa"},
	{"XDP exchanges channels, and puts a VLAN's tag in", "py", "st3@pz/c10 | st3 st2 s401.4 ip",
	 "pz : st3 st2 s402.4 c10.4 ip | st3@pz/c10 st2@py/c10"},
	{"XDP exchanges channels, and takes a VLAN's tag out", "pz",
	 "st3@py/c10 | st3 st2 s402 c10.4d ip", "py : st3 st2 s401.4d ip | st3@py/c10 st2@pz/c10"},
	{"XDP: hairpin in a channel", "px", "st3@px | st3 st2 s400 ip",
	 "! hairpin | st3@px st2@px"},
	{"XDP: the closed device", "d4", "st3@px | st3 st2 ip", "! channel | st3@px"},
	{"XDP: too long with the tags", "py", "st3@pz/c10 | st3 st2 s401 ip +1497",
	 "pz!mtu | st3@pz/c10 st2@py/c10"},
};

/* ---- what must not come out of a VLAN's tag where a device has channels */

static const struct lab_setup bared = {
	.yaml = HEAD "  - {name: p1, dev: d1, trunk: [10]}\n"
		     "  - {name: p2, dev: d2, vlan: 10}\n"
		     "  - {name: pu, dev: d3, vlan: 10}\n"
		     "  - {name: pa, dev: d3, svid: 200}\n"
		     "  - {name: px, dev: d4, vlan: 10, hook: xdp}\n"
		     "  - {name: py, dev: d4, svid: 200, vlan: 20, hook: xdp}\n"
		     "  - {name: pz, dev: d5, trunk: [10], hook: xdp}\n",
};

static const struct lab_case bare[] = {
	{"an S-TAG behind the VLAN's is no way into a channel", "p1", "st1@pu/c10 | st1 st2 c10 s200 ip",
	 "pu!inject | st1@pu/c10 st2@p1/c10"},
	{"nor is one that no channel has", "p1", "st1@pu/c10 | st1 st2 c10 s300 ip",
	 "pu!inject | st1@pu/c10 st2@p1/c10"},
	{"nor out of another channel", "pa", "st1@pu/c10 | st1 st2 s200 c10 s201 ip",
	 "pu!inject | st1@pu/c10 st2@pa/c10"},
	{"nor in XDP", "pz", "st1@px/c10 | st1 st2 c10 s200 ip",
	 "px!inject | st1@px/c10 st2@pz/c10"},
	{"in a flood, others get it", "p1", "bc st2 c10 s200 ip",
	 "p2 : bc st2 s200 ip ; pa : bc st2 s200 c10 s200 ip ; pz : bc st2 c10 s200 ip ; "
	 "pu!inject ; px!inject | st2@p1/c10"},
	{"SVID 0 and 1 are its own", "p1", "st1@pu/c10 | st1 st2 c10 s1.3 ip",
	 "pu : st1 st2 s1.3 ip | st1@pu/c10 st2@p1/c10"},
	{"a C-TAG is no channel's", "p1", "st1@pu/c10 | st1 st2 c10 c200 ip",
	 "pu : st1 st2 c200 ip | st1@pu/c10 st2@p1/c10"},
	{"nor is an S-TAG behind one", "p1", "st1@pu/c10 | st1 st2 c10 c5 s200 ip",
	 "pu : st1 st2 c5 s200 ip | st1@pu/c10 st2@p1/c10"},
	{"in a channel there may be anything", "p1", "st1@pa/c10 | st1 st2 c10 s300 ip",
	 "pa : st1 st2 s200 c10 s300 ip | st1@pa/c10 st2@p1/c10"},
};

#define TABLE(setup, cases) (lab_table(#cases, &setup, cases, ARRAY_SIZE(cases)) != 0)

int main(void)
{
	int failed = 0;

	failed += TABLE(vlans, members);
	failed += TABLE(vlans, separate);
	failed += TABLE(channels, tags);
	failed += TABLE(channels, refused);
	failed += TABLE(channels, lane);
	failed += TABLE(bared, bare);
	return failed;
}
