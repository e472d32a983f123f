/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * S-channels of an edge switch (standards.md 1.4, 1.9, 2.6, design.md section 7).
 *
 * Untagged: the PF, vf0 vf1 ordinary, vf2 trunk all, vf3 takes XDP frames
 * blue (200): vf4 vf5 ordinary    vf6 VLAN 10   vf7 trunk [10, 20]   vf8 trunk all   vf9 trusted
 *	       vf10 takes XDP frames   vf11 S-VLAN 300   vf12 vf13 isolated in VLAN 30
 * red (201):  vf14 has vf4's address   vf15 ordinary   these take XDP frames: vf16 VLAN 10,
 *	       vf17 trunk [10, 20]
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "harness.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define VF(id, hex) "  - {id: " #id ", dev: h" #id ", mac: \"02:00:00:00:01:" hex "\""

/* clang-format off */
static const struct lab_setup station = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"uplink: {dev: up}\n"
		"channels:\n"
		"  - {name: blue, svid: 200}\n"
		"  - {name: red, svid: 201}\n"
		"  - {name: empty, svid: 4094}\n"
		"vfs:\n"
		VF(0, "00") "}\n"
		VF(1, "01") "}\n"
		VF(2, "02") ", trunk: all}\n"
		VF(3, "03") ", hook: xdp}\n"
		VF(4, "04") ", channel: blue}\n"
		VF(5, "05") ", channel: blue}\n"
		VF(6, "06") ", channel: blue, vlan: 10}\n"
		VF(7, "07") ", channel: blue, trunk: [10, 20]}\n"
		VF(8, "08") ", channel: blue, trunk: all}\n"
		VF(9, "09") ", channel: blue, trust: on}\n"
		VF(10, "0a") ", channel: blue, hook: xdp}\n"
		VF(11, "0b") ", channel: blue, vlan: 300, proto: 802.1ad}\n"
		VF(12, "0c") ", channel: blue, vlan: 30, isolated: on}\n"
		VF(13, "0d") ", channel: blue, vlan: 30, isolated: on}\n"
		VF(14, "04") ", channel: red}\n"
		VF(15, "0f") ", channel: red}\n"
		VF(16, "10") ", channel: red, vlan: 10, hook: xdp}\n"
		VF(17, "11") ", channel: red, trunk: [10, 20], hook: xdp}\n",
};
/* clang-format on */

static const struct lab_case push[] = {
	{"a frame into a channel gets its S-TAG", "vf4", "ext vf4 ip",
	 "uplink.blue : ext vf4 s200 ip"},
	{"a frame into another channel gets that one's", "vf15", "ext vf15 ip",
	 "uplink.red : ext vf15 s201 ip"},
	{"a frame into the untagged channel gets none", "vf0", "ext vf0 ip", "uplink"},
	{"the PF's frame into the untagged channel gets none", "pf", "ext pf ip", "uplink"},
	{"the PF's C-VLAN is no channel", "pf", "ext pf c200 ip", "uplink"},
	{"802.3 gets an S-TAG", "vf4", "ext vf4 llc", "uplink.blue : ext vf4 s200 llc"},
	{"the S-TAG stands outside the tag of an access VLAN", "vf6", "ext vf6 ip",
	 "uplink.blue : ext vf6 s200 c10 ip"},
	{"the S-TAG has the C-TAG's priority and DEI", "vf7", "ext vf7 c20.6d ip",
	 "uplink.blue : ext vf7 s200.6d c20.6d ip"},
	{"the S-TAG has the priority tag's, which stays in no VLAN", "vf4", "ext vf4 c0.5d ip",
	 "uplink.blue : ext vf4 s200.5d c0.5d ip"},
	{"the S-TAG has the priority tag's, which becomes the VLAN's", "vf6", "ext vf6 c0.5d ip",
	 "uplink.blue : ext vf6 s200.5d c10.5d ip"},
	{"a VLAN that no port names goes into the channel", "vf8", "ext vf8 c77.2 ip",
	 "uplink.blue : ext vf8 s200.2 c77.2 ip"},
	{"a guest's two C-TAGs go into the channel", "vf8", "ext vf8 c77.1 c5.7 ip",
	 "uplink.blue : ext vf8 s200.1 c77.1 c5.7 ip"},
	{"an S-VLAN stands inside the channel's S-TAG", "vf11", "ext vf11 ip",
	 "uplink.blue : ext vf11 s200 s300 ip"},
	{"a C-TAG in an S-VLAN in a channel: the priority goes all the way out", "vf11",
	 "ext vf11 c5.4 ip", "uplink.blue : ext vf11 s200.4 s300.4 c5.4 ip"},
	{"a VLAN that the port is not in stays out", "vf7", "ext vf7 c30 ip", "! vlan_filter"},
	{"an access port in a channel may not tag", "vf6", "ext vf6 c10 ip", "! vlan_tagged"},
	{"a port of a channel in no VLAN may not tag", "vf4", "ext vf4 c10 ip", "! vlan_filter"},
};

static const struct lab_case pop[] = {
	{"a channel's S-TAG is taken off", "uplink.blue", "vf4 ext s200 ip", "vf4 : vf4 ext ip"},
	{"whatever its priority and DEI", "uplink.blue", "vf4 ext s200.7d ip", "vf4 : vf4 ext ip"},
	{"802.3 in a channel", "uplink.blue", "vf4 ext s200 llc", "vf4 : vf4 ext llc"},
	{"S-TAG and C-TAG are taken off to an access port", "uplink.blue",
	 "vf6 ext s200.1 c10.3 ip", "vf6 : vf6 ext ip"},
	{"the C-TAG stays to a trunk, with its own priority", "uplink.blue",
	 "vf7 ext s200.3d c20.6 ip", "vf7 : vf7 ext c20.6 ip"},
	{"a priority tag in no VLAN is kept", "uplink.blue", "vf4 ext s200 c0.5 ip",
	 "vf4 : vf4 ext c0.5 ip"},
	{"a VLAN that no port names reaches who takes all", "uplink.blue", "vf8 ext s200 c77.1d ip",
	 "vf8 : vf8 ext c77.1d ip"},
	{"channel's and VLAN's S-TAG are taken off, the guest's C-TAG is not", "uplink.blue",
	 "vf11 ext s200 s300.2 c5.4 ip", "vf11 : vf11 ext c5.4 ip"},
	{"the inner S-TAG alone would be another channel", "uplink", "vf11 ext s300 c5 ip",
	 "! channel"},
	{"in the channel, but not in its VLAN", "uplink.blue", "vf6 ext s200 ip", "! no_target"},
	{"in the channel, but in another VLAN", "uplink.blue", "vf6 ext s200 c20 ip",
	 "! no_target"},
	{"a VLAN of the channel that nobody is in", "uplink.red", "vf17 ext s201 c30 ip",
	 "! vlan_filter"},
	{"an unknown address in a channel is nobody's", "uplink.blue", "ext2 ext s200 ip",
	 "! no_target"},
	{"an address of the untagged channel is not in the other", "uplink.blue", "vf0 ext s200 ip",
	 "! no_target"},
	{"the host's address is not in a channel that it is not in", "uplink.blue",
	 "pf ext s200 ip", "! no_target"},
	{"an address of a channel is unknown in the untagged one: the PF's", "uplink", "vf5 ext ip",
	 "pf"},
	{"a channel without ports takes nothing", "uplink.empty", "vf4 ext s4094 ip",
	 "! vlan_filter"},
	{"the outermost tag is the channel: a C-TAG is none", "uplink", "vf4 ext c10 s200 ip",
	 "pf"},
	{"an unknown SVID is counted at the uplink", "uplink", "vf4 ext s999 ip", "! channel"},
	{"an unknown SVID with a C-TAG", "uplink", "vf6 ext s10 c10 ip", "! channel"},
	{"SVID 4095", "uplink", "vf0 ext s4095 ip", "! channel"},
	{"a broadcast in an unknown SVID", "uplink", "bc ext s2 arp", "! channel"},
	{"bad_frame comes before channel", "uplink", "vf0 mc s999 ip", "! bad_frame"},
	{"a frame cut behind the channel's TPID", "uplink", "vf4 ext s200 ip cut=16",
	 "! bad_frame"},
	{"an unknown SVID comes before control", "uplink", "01:80:c2:00:00:0e ext s999 t88cc",
	 "! channel"},
};

static const struct lab_case untagged[] = {
	{"SVID 1 is the untagged channel, and its S-TAG goes", "uplink", "vf0 ext s1 ip",
	 "vf0 : vf0 ext ip"},
	{"SVID 0 is only a priority, and goes", "uplink", "vf0 ext s0.5d ip", "vf0 : vf0 ext ip"},
	{"SVID 1 to the host", "uplink", "pf ext s1.2 ip", "pf : pf ext ip"},
	{"SVID 0 to an unknown address", "uplink", "ext2 ext s0 ip", "pf : ext2 ext ip"},
	{"SVID 1 with a C-TAG", "uplink", "vf2 ext s1.3 c77.2 ip", "vf2 : vf2 ext c77.2 ip"},
	{"SVID 0 with a priority tag", "uplink", "vf0 ext s0.1 c0.5 ip", "vf0 : vf0 ext c0.5 ip"},
	{"SVID 1 does not name a port of a channel", "uplink", "vf5 ext s1 ip", "pf : vf5 ext ip"},
	{"a broadcast with SVID 1", "uplink", "bc ext s1 arp", "vf0 vf1 vf2 vf3 pf : bc ext arp"},
	{"a broadcast with SVID 0 and a C-TAG", "uplink", "bc ext s0 c77.1 arp",
	 "vf2 pf : bc ext c77.1 arp"},
	{"an S-TAG from the PF", "pf", "ext pf s200 ip", "! inject"},
	{"SVID 1 from the PF", "pf", "ext pf s1 ip", "! inject"},
	{"a broadcast with an S-TAG from the PF", "pf", "bc pf s999 c10 arp", "! inject"},
	{"an S-TAG from a guest of the untagged channel", "vf0", "ext vf0 s200 ip", "! inject"},
	{"SVID 0 from such a guest", "vf0", "vf1 vf0 s0 ip", "! inject"},
	{"SVID 1 from one with a trunk", "vf2", "vf0 vf2 s1 ip", "! inject"},
	{"an S-TAG from an XDP guest", "vf3", "vf0 vf3 s201 ip", "! inject"},
	{"a broadcast with an S-TAG", "vf2", "bc vf2 s200 c10 arp", "! inject"},
	{"bad_frame comes before inject", "vf0", "vf1 mc s200 ip", "! bad_frame"},
	{"inject comes before control", "vf0", "01:80:c2:00:00:0e vf0 s200 t88cc", "! inject"},
	{"inject comes before spoof_mac", "vf0", "vf1 ext s200 ip", "! inject"},
	{"from the PF, inject comes before control", "pf", "01:80:c2:00:00:0e pf s200 t88cc",
	 "! inject"},
	{"an S-TAG behind a guest's C-TAG is its own", "vf2", "ext vf2 c77 s200 ip", "uplink"},
	{"an S-TAG from a guest inside a channel is no channel, but no VLAN of its either", "vf4",
	 "ext vf4 s201 ip", "! vlan_filter"},
	{"an S-TAG from a trunk inside a channel", "vf8", "ext vf8 s201 ip", "! vlan_filter"},
	{"the S-VLAN's own tag from its access port", "vf11", "ext vf11 s300 ip", "! vlan_tagged"},
	{"E-TAG inside a channel", "vf4", "ext vf4 t893f", "! inject"},
};

static const struct lab_case local[] = {
	{"ports of a channel meet without S-TAG", "vf4", "vf5 vf4 ip", "vf5"},
	{"in a VLAN of the channel, access to trunk", "vf6", "vf7 vf6 ip", "vf7 : vf7 vf6 c10 ip"},
	{"in a VLAN of the channel, trunk to access", "vf7", "vf6 vf7 c10.5 ip",
	 "vf6 : vf6 vf7 ip"},
	{"in a VLAN of the channel that no port names, the way to the wire", "vf8",
	 "vf6 vf8 c77 ip", "uplink.blue : vf6 vf8 s200 c77 ip"},
	{"one address, two channels: blue", "vf5", "vf4 vf5 ip", "vf4"},
	{"one address, two channels: red", "vf15", "vf4 vf15 ip", "vf14"},
	{"one address, two channels: blue from the wire", "uplink.blue", "vf4 ext s200 ip",
	 "vf4 : vf4 ext ip"},
	{"one address, two channels: red from the wire", "uplink.red", "vf4 ext s201 ip",
	 "vf14 : vf4 ext ip"},
	{"one address, two channels: each may send from it", "vf14", "vf15 vf4 ip", "vf15"},
	{"its own address in its own channel is itself", "vf14", "vf4 vf4 ip", "! self"},
	{"from one channel to another by the wire", "vf5", "vf15 vf5 ip",
	 "uplink.blue : vf15 vf5 s200 ip"},
	{"and in by the other's", "uplink.red", "vf15 vf5 s201 ip", "vf15 : vf15 vf5 ip"},
	{"from the untagged channel to another by the wire", "vf0", "vf5 vf0 ip", "uplink"},
	{"from a channel to the untagged one by the wire", "vf5", "vf0 vf5 ip",
	 "uplink.blue : vf0 vf5 s200 ip"},
	{"from a channel to the host by the wire", "vf5", "pf vf5 ip",
	 "uplink.blue : pf vf5 s200 ip"},
	{"from the host to a channel by the wire", "pf", "vf5 pf ip", "uplink"},
	{"an address of another channel is not the port's own", "vf15", "vf4 vf5 ip",
	 "! spoof_mac"},
	{"a frame back in the channel does not reach its sender", "uplink.blue", "vf5 vf5 s200 ip",
	 "! reflected"},
	{"in another channel that sender is a stranger", "uplink.red", "vf4 vf5 s201 ip",
	 "vf14 : vf4 vf5 ip"},
	{"and so is who has the sender's address there", "uplink.red", "vf15 vf4 s201 ip",
	 "vf15 : vf15 vf4 ip"},
	{"isolated ports of a channel", "vf12", "vf13 vf12 ip", "! isolated"},
	{"by the wire in their channel", "uplink.blue", "vf13 vf12 s200 c30 ip", "! isolated"},
};

#define BLUE "vf5 vf8 vf9 vf10" /* with vf4: that are in no VLAN */

static const struct lab_case floods[] = {
	{"a broadcast stays in its channel", "vf4", "bc vf4 arp",
	 BLUE " ; uplink.blue : bc vf4 s200 arp"},
	{"a broadcast of the untagged channel stays there", "vf0", "bc vf0 arp",
	 "vf1 vf2 vf3 pf uplink"},
	{"the PF's broadcast stays in the untagged channel", "pf", "bc pf arp",
	 "vf0 vf1 vf2 vf3 uplink"},
	{"a multicast in a VLAN of a channel", "vf6", "mc vf6 ip",
	 "vf7 vf8 : mc vf6 c10 ip ; uplink.blue : mc vf6 s200 c10 ip"},
	{"a priority tag in a VLAN of a channel", "vf6", "bc vf6 c0.6d arp",
	 "vf7 vf8 : bc vf6 c10.6d arp ; uplink.blue : bc vf6 s200.6d c10.6d arp"},
	{"a trunk's broadcast", "vf7", "bc vf7 c10.2 arp",
	 "vf6 : bc vf7 arp ; vf8 : bc vf7 c10.2 arp ; uplink.blue : bc vf7 s200.2 c10.2 arp"},
	{"a broadcast in an S-VLAN of a channel", "vf11", "bc vf11 c5 arp",
	 "uplink.blue : bc vf11 s200 s300 c5 arp"},
	{"a broadcast in a VLAN of a channel that no port names", "vf8", "bc vf8 c77 arp",
	 "uplink.blue : bc vf8 s200 c77 arp"},
	{"a broadcast from the wire reaches its channel, once, and not the PF", "uplink.blue",
	 "bc ext s200 arp", "vf4 " BLUE " : bc ext arp"},
	{"a broadcast from the wire in a VLAN of the channel", "uplink.blue",
	 "bc ext s200.7 c10.3 arp", "vf6 : bc ext arp ; vf7 vf8 : bc ext c10.3 arp"},
	{"a broadcast from the wire in an S-VLAN of the channel", "uplink.blue",
	 "bc ext s200 s300 c5.1 arp", "vf11 : bc ext c5.1 arp"},
	{"a broadcast from the wire in a VLAN that no port names", "uplink.blue",
	 "bc ext s200 c77.1 arp", "vf8 : bc ext c77.1 arp"},
	{"a priority-tagged broadcast from the wire", "uplink.blue", "mc ext s200.1 c0.5 ip",
	 "vf4 " BLUE " : mc ext c0.5 ip"},
	{"a broadcast from the wire in the untagged channel", "uplink", "bc ext arp",
	 "vf0 vf1 vf2 vf3 pf"},
	{"a broadcast that came back does not reach its sender", "uplink.blue", "bc vf4 s200 arp",
	 BLUE " : bc vf4 arp"},
	{"who has that address in another channel is not its sender", "uplink.red",
	 "bc vf5 s201 arp", "vf14 vf15 : bc vf5 arp"},
	{"who has the address there is", "uplink.red", "bc vf4 s201 arp", "vf15 : bc vf4 arp"},
	{"an isolated port's broadcast in a channel", "vf12", "bc vf12 arp",
	 "vf8 : bc vf12 c30 arp ; uplink.blue : bc vf12 s200 c30 arp"},
	{"a multicast in a channel without ports", "uplink.empty", "mc ext s4094 ip",
	 "! vlan_filter"},
};

#define NEAREST "01:80:c2:00:00:00" /* customer bridge */
#define BRIDGE "01:80:c2:00:00:0e"

static const struct lab_case control[] = {
	{"LLDP from the wire is the host's", "uplink", BRIDGE " ext t88cc", "pf"},
	{"EVB's LLDP in the untagged channel is the host's", "uplink", NEAREST " ext t88cc", "pf"},
	{"with SVID 1 too, and without the tag", "uplink", BRIDGE " ext s1 t88cc",
	 "pf : " BRIDGE " ext t88cc"},
	{"with SVID 0 to the nearest customer bridge", "uplink", NEAREST " ext s0.3 t8940",
	 "pf : " NEAREST " ext t8940"},
	{"the link's own does not travel in a channel: -0E", "uplink.blue",
	 BRIDGE " ext s200 t88cc", "! control"},
	{"-03", "uplink.blue", "01:80:c2:00:00:03 ext s200 t888e", "! control"},
	{"-01", "uplink.blue", "01:80:c2:00:00:01 ext s200 t8808", "! control"},
	{"LLDP to a VF in a channel", "uplink.blue", "vf4 ext s200 t88cc", "! control"},
	{"-0E behind a C-TAG in a channel", "uplink.blue", BRIDGE " ext s200 c10 t88cc",
	 "! control"},
	{"-00 belongs to the channel, where nobody of the host's is", "uplink.blue",
	 NEAREST " ext s200 t88cc", "! no_target"},
	{"-00 in a VLAN of the channel that nobody is in", "uplink.red",
	 NEAREST " ext s201 c30 t88cc", "! vlan_filter"},
	{"an ordinary port of a channel may not send it", "vf4", NEAREST " vf4 t88cc", "! control"},
	{"nor what is the link's", "vf4", BRIDGE " vf4 t88cc", "! control"},
	{"a trusted one sends -00 into its channel", "vf9", NEAREST " vf9 t88cc",
	 "uplink.blue : " NEAREST " vf9 s200 t88cc"},
	{"and ECP", "vf9", NEAREST " vf9 t8940", "uplink.blue : " NEAREST " vf9 s200 t8940"},
	{"what is the link's goes out without tag", "vf9", BRIDGE " vf9 t88cc", "uplink"},
	{"PAUSE to a station, too", "vf9", "vf4 vf9 t8808", "uplink"},
	{"the host's goes out without tag", "pf", BRIDGE " pf t88cc", "uplink"},
	{"the host's -00 is of the untagged channel", "pf", NEAREST " pf t88cc", "uplink"},
	{"a group address that is not reserved is the channel's", "uplink.blue",
	 "01:80:c2:00:00:10 ext s200 ip", "vf4 " BLUE " : 01:80:c2:00:00:10 ext ip"},
};

static const struct lab_case lane[] = {
	{"an XDP guest of a channel gets its frame without S-TAG", "uplink.blue",
	 "vf10 ext s200.5 ip", "vf10 : vf10 ext ip"},
	{"one of a VLAN gets it without both", "uplink.red", "vf16 ext s201 c10.3 ip",
	 "vf16 : vf16 ext ip"},
	{"one with a trunk keeps the C-TAG", "uplink.red", "vf17 ext s201.3 c20.5d ip",
	 "vf17 : vf17 ext c20.5d ip"},
	{"one of the untagged channel with SVID 1", "uplink", "vf3 ext s1.5 ip",
	 "vf3 : vf3 ext ip"},
	{"one of the untagged channel with SVID 0 and a priority tag", "uplink",
	 "vf3 ext s0 c0.5 ip", "vf3 : vf3 ext c0.5 ip"},
	{"between XDP guests of a channel, a tag for the trunk", "vf16", "vf17 vf16 ip",
	 "vf17 : vf17 vf16 c10 ip"},
	{"between XDP guests of a channel, the tag off", "vf17", "vf16 vf17 c10.4 ip",
	 "vf16 : vf16 vf17 ip"},
	{"an XDP guest to a stack guest of its channel", "vf10", "vf4 vf10 ip", "vf4"},
	{"an XDP guest to the wire", "vf16", "ext vf16 ip", "uplink.red : ext vf16 s201 c10 ip"},
	{"an XDP guest of another channel is on the wire", "vf10", "vf16 vf10 ip",
	 "uplink.blue : vf16 vf10 s200 ip"},
	{"a long frame to an XDP guest fits without S-TAG", "uplink.blue", "vf10 ext s200 ip +1504",
	 "vf10 : vf10 ext ip +1504"},
	{"a longer one does not", "uplink.blue", "vf10 ext s200 ip +1505",
	 "vf10!mtu : vf10 ext ip +1505"},
};

static const struct lab_case lengths[] = {
	{"a full frame with its S-TAG fits MTU + 18", "vf4", "ext vf4 ip +1500",
	 "uplink.blue : ext vf4 s200 ip +1500"},
	{"one byte more does not", "vf4", "ext vf4 ip +1501", "uplink.blue!mtu"},
	{"with S-TAG and C-TAG 4 bytes less", "vf6", "ext vf6 ip +1496",
	 "uplink.blue : ext vf6 s200 c10 ip +1496"},
	{"and no more", "vf6", "ext vf6 ip +1497", "uplink.blue!mtu"},
	{"the tag of a trunk counts", "vf7", "ext vf7 c10 ip +1497", "uplink.blue!mtu"},
	{"inside the channel there is no S-TAG", "vf4", "vf5 vf4 ip +1504", "vf5"},
	{"a flood is too long for the wire only", "vf4", "bc vf4 ip +1504",
	 BLUE " ; uplink.blue!mtu"},
	{"a GSO frame counts as its segments, with both tags", "vf6", "ext vf6 ip +628 gso=200x3",
	 "uplink.blue : ext vf6 s200 c10 ip +628"},
	{"a GSO frame from the wire, too", "uplink.blue", "vf6 ext s200 c10 ip +628 gso=200x3",
	 "vf6 : vf6 ext ip +628"},
	{"a GSO broadcast counts as its segments everywhere", "vf4", "bc vf4 ip +256 gso=76x3",
	 BLUE " ; uplink.blue : bc vf4 s200 ip +256"},
	{"from the wire what counts is what remains", "uplink.blue", "vf6 ext s200 c10 ip +1504",
	 "vf6 : vf6 ext ip +1504"},
};

/* ---- the host in a channel */

/* clang-format off */
static const struct lab_setup inside = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"uplink: {dev: up}\n"
		"pf: {channel: blue}\n"
		"channels: [{name: blue, svid: 200}, {name: red, svid: 201}]\n"
		"vfs:\n"
		VF(0, "00") "}\n"
		VF(1, "01") ", channel: blue}\n"
		VF(2, "02") ", channel: blue, vlan: 10}\n"
		VF(3, "03") ", channel: red}\n",
};
/* clang-format on */

static const struct lab_case host[] = {
	{"the host's frame gets its channel's S-TAG", "pf", "ext pf ip",
	 "uplink.blue : ext pf s200 ip"},
	{"and that of its VLAN inside", "pf", "ext pf c10.4d ip",
	 "uplink.blue : ext pf s200.4d c10.4d ip"},
	{"an S-VLAN inside its channel", "pf", "ext pf s77 ip", "uplink.blue : ext pf s200 s77 ip"},
	{"its broadcast", "pf", "bc pf arp", "vf1 ; uplink.blue : bc pf s200 arp"},
	{"its broadcast in a VLAN", "pf", "bc pf c10 arp",
	 "vf2 : bc pf arp ; uplink.blue : bc pf s200 c10 arp"},
	{"it reaches a VF of its channel", "pf", "vf1 pf ip", "vf1"},
	{"it is not in the untagged one", "pf", "vf0 pf ip", "uplink.blue : vf0 pf s200 ip"},
	{"a frame to it in its channel", "uplink.blue", "pf ext s200.5 ip", "pf : pf ext ip"},
	{"in a VLAN of its channel", "uplink.blue", "pf ext s200 c77.3 ip", "pf : pf ext c77.3 ip"},
	{"it is the default port of its channel", "uplink.blue", "ext2 ext s200 ip",
	 "pf : ext2 ext ip"},
	{"of its channel only", "uplink", "ext2 ext ip", "! no_target"},
	{"not of another", "uplink.red", "pf ext s201 ip", "! no_target"},
	{"a broadcast in its channel", "uplink.blue", "bc ext s200 arp", "vf1 pf : bc ext arp"},
	{"a broadcast in another", "uplink", "bc ext arp", "vf0"},
	{"a VF of its channel reaches it", "vf1", "pf vf1 ip", "pf"},
	{"a VF of the untagged channel does not", "vf0", "pf vf0 ip", "uplink"},
	{"its broadcast that came back", "uplink.blue", "bc pf s200 arp", "vf1 : bc pf arp"},
	{"the link's own is the host's all the same", "uplink", BRIDGE " ext t88cc", "pf"},
	{"-00 without tag, too", "uplink", NEAREST " ext t88cc", "pf"},
	{"-00 in its channel", "uplink.blue", NEAREST " ext s200 t88cc",
	 "pf : " NEAREST " ext t88cc"},
	{"-00 in a VLAN of its channel keeps that tag", "uplink.blue",
	 NEAREST " ext s200 c77.1 t88cc", "pf : " NEAREST " ext c77.1 t88cc"},
	{"-00 in another channel", "uplink.red", NEAREST " ext s201 t88cc", "! no_target"},
	{"its -00 goes into its channel", "pf", NEAREST " pf t88cc",
	 "uplink.blue : " NEAREST " pf s200 t88cc"},
	{"what is the link's goes out without tag", "pf", BRIDGE " pf t88cc", "uplink"},
	{"but no S-TAG goes there, which would be a channel's", "pf", BRIDGE " pf s201 t88cc",
	 "! inject"},
	{"a full frame of the host", "pf", "ext pf ip +1501", "uplink.blue!mtu"},
	{"what was switched before passes", "pf", "ext pf marked s200 ip", "own"},
	{"and on its way in", "uplink", "pf ext marked ip", "own"},
};

/* ---- policy in a channel */

/* clang-format off */
static const struct lab_setup policies = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"uplink: {dev: up}\n"
		"channels: [{name: blue, svid: 200}]\n"
		"acls:\n"
		"  web:\n"
		"    - {dir: tx, proto: tcp, dport: 23, action: deny}\n"
		"    - {dir: rx, proto: tcp, dport: 22, action: deny}\n"
		"vfs:\n"
		VF(0, "00") ", channel: blue, acl: web}\n"
		VF(1, "01") ", channel: blue, vlan: 10, dscp: on, acl: web}\n"
		VF(2, "02") ", channel: blue, guard: {ipv4: [10.0.0.5]}}\n"
		VF(3, "03") ", channel: blue, trust: on, promisc: on}\n"
		VF(4, "04") ", promisc: on, trust: on}\n"
		VF(5, "05") "}\n"
		VF(6, "06") ", channel: blue, allmulti: off, multicast: [\"01:00:5e:01:02:03\"]}\n"
		VF(7, "07") ", channel: blue, vlan: 10, trust: on}\n",
};
/* clang-format on */

#define SSH "ip4=10.0.0.5>10.0.0.9 tcp=1>22"

static const struct lab_case policy[] = {
	{"a rule of the target reads behind the S-TAG", "uplink.blue", "vf0 ext s200 " SSH,
	 "vf0!acl ; vf3 : vf0 ext " SSH},
	{"and behind the C-TAG", "uplink.blue", "vf1 ext s200 c10 " SSH, "vf1!acl"},
	{"in a flood, before the tags change", "uplink.blue", "bc ext s200 " SSH,
	 "vf2 vf3 vf6 : bc ext " SSH " ; vf0!acl"},
	{"both tags follow the DSCP", "vf1", "ext vf1 ip4=10.0.0.5>10.0.0.9 tos=b8",
	 "uplink.blue : ext vf1 s200.5 c10.5 ip4=10.0.0.5>10.0.0.9 tos=b8"},
	{"a guarded sender in a channel", "vf2", "ext vf2 arp4=10.0.0.5>10.0.0.9",
	 "uplink.blue : ext vf2 s200 arp4=10.0.0.5>10.0.0.9 ; vf3 : ext vf2 "
	 "arp4=10.0.0.5>10.0.0.9"},
	{"a false one", "vf2", "ext vf2 arp4=10.0.0.6>10.0.0.9", "! guard"},
	{"the link's own from a VLAN of a channel has neither tag", "vf7", BRIDGE " vf7 t88cc",
	 "uplink"},
	{"-00 from a VLAN of a channel has the channel's only", "vf7", NEAREST " vf7 t88cc",
	 "uplink.blue : " NEAREST " vf7 s200 t88cc"},
	{"a promiscuous port hears its own channel", "uplink.blue", "vf2 ext s200 ip",
	 "vf2 vf3 : vf2 ext ip"},
	{"and what goes to its wire", "vf2", "ext vf2 ip4=10.0.0.5>10.0.0.9 udp=1>2",
	 "vf3 : ext vf2 ip4=10.0.0.5>10.0.0.9 udp=1>2 ;"
	 "uplink.blue : ext vf2 s200 ip4=10.0.0.5>10.0.0.9 udp=1>2"},
	{"not the untagged one", "uplink", "vf5 ext ip", "vf5 vf4"},
	{"an unknown address in its channel is the promiscuous port's alone", "uplink.blue",
	 "ext2 ext s200 ip", "vf3 : ext2 ext ip"},
	{"a group that the port has", "uplink.blue", "mc ext s200 ip",
	 "vf0 vf2 vf3 vf6 : mc ext ip"},
	{"a group that it has not", "uplink.blue", "mc6 ext s200 t86dd",
	 "vf0 vf2 vf3 : mc6 ext t86dd"},
};

#define TABLE(setup, cases) (lab_table(#cases, &setup, cases, ARRAY_SIZE(cases)) != 0)

int main(void)
{
	int failed = 0;

	failed += TABLE(station, push);
	failed += TABLE(station, pop);
	failed += TABLE(station, untagged);
	failed += TABLE(station, local);
	failed += TABLE(station, floods);
	failed += TABLE(station, control);
	failed += TABLE(station, lane);
	failed += TABLE(station, lengths);
	failed += TABLE(inside, host);
	failed += TABLE(policies, policy);
	return failed;
}
