/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Port extenders of 802.1BR and with VN-Tag (standards.md 1.2, 1.3, 1.10, 2.7, 2.8; design.md
 * section 7). Ids are hexadecimal.
 *
 *	pf 10	 vf0 12	  vf1 13   vf2 14 (no address, spoofchk off)   vf3 15, XDP   vf9 1b, trusted
 *	vf4 16 VLAN 10	 vf5 17 VLAN 10, strip off   vf6 18 VLAN 10 qos 3   vf7 19 S-VLAN 300
 *	vf8 1a VLAN 10, XDP   vf10 1d macvtap   vf11 1e two addresses   vf12 1c disabled
 *	cascades: k1 100-1ff 300   k2 200
 *	groups: 5 vf0 vf1 vf2	6 vf0 vf3 vf4 pf k1   7 vf4 vf5 vf6 vf7 k2   8 vf12   9 k1 k2
 *		a vf0	b pf   c vf4 vf8   d vf0 vf10 vf11
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "harness_spell.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define VF(id, hex) "  - {id: " #id ", dev: h" #id ", mac: \"02:00:00:00:01:" hex "\", "
#define HEAD(tag) "version: 1\nswitch: lab\nrelay: extender\ntag: " tag "\nuplink: {dev: up}\n"

/* clang-format off */
#define EXTENDER(tag, id, grp)                                                              \
	HEAD(tag)                                                                           \
	"pf: {" id ": 0x10}\n"                                                              \
	"vfs:\n"                                                                            \
	VF(0, "00") id ": 0x12}\n"                                                          \
	VF(1, "01") id ": 0x13}\n"                                                          \
	"  - {id: 2, dev: h2, spoofchk: off, " id ": 0x14}\n"                               \
	VF(3, "03") id ": 0x15, hook: xdp}\n"                                               \
	VF(4, "04") id ": 0x16, vlan: 10}\n"                                                \
	VF(5, "05") id ": 0x17, vlan: 10, strip: off}\n"                                    \
	VF(6, "06") id ": 0x18, vlan: 10, qos: 3}\n"                                        \
	VF(7, "07") id ": 0x19, vlan: 300, proto: 802.1ad}\n"                               \
	VF(8, "08") id ": 0x1a, vlan: 10, hook: xdp}\n"                                     \
	VF(9, "09") id ": 0x1b, trust: on}\n"                                               \
	VF(10, "0a") id ": 0x1d, kind: macvtap}\n"                                          \
	"  - {id: 11, dev: h11, mac: [\"02:00:00:00:01:0b\", \"02:00:00:01:01:0b\"], "      \
	id ": 0x1e}\n"                                                                      \
	VF(12, "0c") id ": 0x1c, state: disable}\n"                                         \
	"cascade:\n"                                                                        \
	"  - {dev: k1, ids: [0x100-0x1ff, 0x300]}\n"                                        \
	"  - {dev: k2, ids: [0x200]}\n"                                                     \
	"replication:\n"                                                                    \
	"  - {" grp ": 5, members: [vf0, vf1, vf2]}\n"                                      \
	"  - {" grp ": 6, members: [vf0, vf3, vf4, pf, k1]}\n"                              \
	"  - {" grp ": 7, members: [vf4, vf5, vf6, vf7, k2]}\n"                             \
	"  - {" grp ": 8, members: [vf12]}\n"                                               \
	"  - {" grp ": 9, members: [k1, k2]}\n"                                             \
	"  - {" grp ": 0xa, members: [vf0]}\n"                                              \
	"  - {" grp ": 0xb, members: [pf]}\n"                                               \
	"  - {" grp ": 0xc, members: [vf4, vf8]}\n"                                         \
	"  - {" grp ": 0xd, members: [vf0, vf10, vf11]}\n"
/* clang-format on */

static const struct lab_setup extender_e = {.yaml = EXTENDER("e-tag", "ecid", "grp: 1, ecid")};
static const struct lab_setup extender_vn = {.yaml = EXTENDER("vn-tag", "vif", "list")};

#define BRIDGE "01:80:c2:00:00:0e"  /* nearest bridge */
#define NEAREST "01:80:c2:00:00:00" /* nearest customer bridge */

/* ---- up: a priority of the port's own */

static const struct lab_setup defaults = {
	.yaml = HEAD("e-tag") "pf: {ecid: 0x10, qos: 6}\n"
			      "vfs:\n" VF(0, "00") "ecid: 0x12, qos: 5}\n" VF(
				      1, "01") "ecid: 0x13, vlan: 10, qos: 3}\n",
};

static const struct lab_case priorities[] = {
	{"the port's, without a tag", "vf0", "ext vf0 ip", "uplink : ext vf0 U12.5 ip"},
	{"the tag's", "vf0", "ext vf0 c10.2 ip", "uplink : ext vf0 U12.2 c10.2 ip"},
	{"the tag's, when it is 0", "vf0", "ext vf0 c10 ip", "uplink : ext vf0 U12 c10 ip"},
	{"a priority tag's", "vf0", "ext vf0 c0.1d ip", "uplink : ext vf0 U12.1d c0.1d ip"},
	{"the VLAN's", "vf1", "ext vf1 ip", "uplink : ext vf1 U13.3 c10.3 ip"},
	{"the host's", "pf", "ext pf ip", "uplink : ext pf U10.6 ip"},
};

/* ---- up: the port's id, and nothing else */

static const struct lab_case up[] = {
	{"a frame goes up with its port's id", "vf0", "ext vf0 ip", "uplink : ext vf0 U12 ip"},
	{"another port has another id", "vf1", "ext vf1 ip", "uplink : ext vf1 U13 ip"},
	{"to an address of the same extender, too", "vf0", "vf1 vf0 ip", "uplink : vf1 vf0 U12 ip"},
	{"and to the host", "vf0", "pf vf0 ip", "uplink : pf vf0 U12 ip"},
	{"and to its own address", "vf0", "vf0 vf0 ip", "uplink : vf0 vf0 U12 ip"},
	{"and to its other address", "vf11", "vf11.1 vf11 ip", "uplink : vf11.1 vf11 U1e ip"},
	{"a broadcast goes up only", "vf0", "bc vf0 arp", "uplink : bc vf0 U12 arp"},
	{"a multicast goes up only", "vf1", "mc6 vf1 t86dd", "uplink : mc6 vf1 U13 t86dd"},
	{"802.3", "vf0", "ext vf0 llc", "uplink : ext vf0 U12 llc"},
	{"a type that nobody knows", "vf0", "ext vf0 t88b7 +1", "uplink : ext vf0 U12 t88b7 +1"},
	{"a C-TAG stands inside, its priority and DEI in both", "vf0", "ext vf0 c10.5d ip",
	 "uplink : ext vf0 U12.5d c10.5d ip"},
	{"an S-TAG likewise", "vf0", "ext vf0 s300.3 ip", "uplink : ext vf0 U12.3 s300.3 ip"},
	{"of two tags the outer one's priority", "vf0", "ext vf0 s300.2d c5.6 ip",
	 "uplink : ext vf0 U12.2d s300.2d c5.6 ip"},
	{"two C-TAGs", "vf1", "bc vf1 c77.1 c5.7 arp", "uplink : bc vf1 U13.1 c77.1 c5.7 arp"},
	{"three tags", "vf1", "ext vf1 s7.1 c8 c9 ip", "uplink : ext vf1 U13.1 s7.1 c8 c9 ip"},
	{"four are more than fit behind it", "vf1", "ext vf1 s7.1 c8 c9 c5 ip", "uplink!send"},
	{"eight", "vf1", "ext vf1 c7.1 c8 c9 c5 c7 c8 c9 c5 ip", "uplink!send"},
	{"the highest of all", "vf0", "ext vf0 c4094.7d ip", "uplink : ext vf0 U12.7d c4094.7d ip"},
	{"a priority tag is kept", "vf0", "ext vf0 c0.5d ip", "uplink : ext vf0 U12.5d c0.5d ip"},
	{"a priority tag of an S-VLAN", "vf0", "ext vf0 s0.6 ip", "uplink : ext vf0 U12.6 s0.6 ip"},
	{"VID 4095 is no VLAN", "vf0", "ext vf0 c4095 ip", "! vlan_filter"},
	{"a port without spoofchk sends from any address", "vf2", "ext 02:11:22:33:44:55 ip",
	 "uplink : ext 02:11:22:33:44:55 U14 ip"},
	{"a port sends from its further address", "vf11", "ext vf11.1 ip",
	 "uplink : ext vf11.1 U1e ip"},
	{"from XDP's port", "vf3", "ext vf3 c10.4 ip", "uplink : ext vf3 U15.4 c10.4 ip"},
	{"from a macvtap", "vf10", "bc vf10 c10.4 arp", "uplink : bc vf10 U1d.4 c10.4 arp"},
	{"what the switch had marked before means nothing", "vf0", "ext vf0 marked ip",
	 "uplink : ext vf0 U12 ip"},
};

static const struct lab_case up_vlan[] = {
	{"a port's VLAN is put inside", "vf4", "ext vf4 ip", "uplink : ext vf4 U16 c10 ip"},
	{"with the priority tag's priority", "vf4", "ext vf4 c0.5d ip",
	 "uplink : ext vf4 U16.5d c10.5d ip"},
	{"it may not tag itself", "vf4", "ext vf4 c10 ip", "! vlan_tagged"},
	{"nor in another VLAN", "vf4", "ext vf4 c20 ip", "! vlan_tagged"},
	{"nor behind a priority tag", "vf4", "ext vf4 c0 c20 ip", "! vlan_tagged"},
	{"with strip off it may", "vf5", "ext vf5 c10.4 ip", "uplink : ext vf5 U17.4 c10.4 ip"},
	{"and need not", "vf5", "bc vf5 arp", "uplink : bc vf5 U17 c10 arp"},
	{"but in no other VLAN", "vf5", "ext vf5 c20 ip", "! vlan_tagged"},
	{"the port's own priority is in both tags", "vf6", "ext vf6 ip",
	 "uplink : ext vf6 U18.3 c10.3 ip"},
	{"and comes before the priority tag's", "vf6", "ext vf6 c0.5 ip",
	 "uplink : ext vf6 U18.3 c10.3 ip"},
	{"an S-VLAN", "vf7", "ext vf7 ip", "uplink : ext vf7 U19 s300 ip"},
	{"a C-TAG in an S-VLAN gives its priority to all", "vf7", "ext vf7 c5.4 ip",
	 "uplink : ext vf7 U19.4 s300.4 c5.4 ip"},
	{"the S-VLAN's own tag is not the guest's", "vf7", "ext vf7 s300 ip", "! vlan_tagged"},
	{"from XDP's port", "vf8", "mc vf8 ip", "uplink : mc vf8 U1a c10 ip"},
};

static const struct lab_case refused[] = {
	{"another's address", "vf0", "ext vf1 ip", "! spoof_mac"},
	{"another's address in a broadcast", "vf4", "bc ext arp", "! spoof_mac"},
	{"from a disabled port", "vf12", "ext vf12 ip", "! link"},
	{"source address of a group", "vf0", "ext mc ip", "! bad_frame"},
	{"source address zero", "vf2", "ext zero ip", "! bad_frame"},
	{"a frame cut in its C-TAG", "vf0", "ext vf0 c10 ip cut=16", "! bad_frame"},
	{"LLDP", "vf0", BRIDGE " vf0 t88cc", "! control"},
	{"EVB's to the nearest customer bridge", "vf0", NEAREST " vf0 t8940", "! control"},
	{"a spanning tree's", "vf2", NEAREST " vf2 llc", "! control"},
	{"LACP to a station", "vf0", "ext vf0 t8809", "! control"},
	{"LLDP behind a C-TAG", "vf0", BRIDGE " vf0 c10 t88cc", "! control"},
	{"a trusted port's LLDP goes up as its other frames", "vf9", BRIDGE " vf9 t88cc",
	 "uplink : " BRIDGE " vf9 U1b t88cc"},
	{"and what it says to the nearest customer bridge", "vf9", NEAREST " vf9 t8940",
	 "uplink : " NEAREST " vf9 U1b t8940"},
	{"an E-TAG is not a guest's", "vf0", "ext vf0 e12 ip", "! inject"},
	{"a VN-Tag is not either", "vf0", "ext vf0 vu12 ip", "! inject"},
	{"nor from a trusted one", "vf9", "ext vf9 e1b ip", "! inject"},
	{"nor from one that may send from any address", "vf2", "ext vf2 vd14 ip", "! inject"},
	{"nor one with GRP", "vf0", "bc vf0 e1:5 arp", "! inject"},
	{"nor behind a C-TAG", "vf0", "ext vf0 c10 e12 ip", "! inject"},
	{"nor behind an S-TAG", "vf0", "ext vf0 s7 vu12 ip", "! inject"},
	{"nor behind two", "vf0", "bc vf0 s7 c10 e12 arp", "! inject"},
	{"nor behind the VLAN's own", "vf5", "ext vf5 c10 vu17 ip", "! inject"},
	{"inject comes before vlan_tagged", "vf4", "ext vf4 c10 e16 ip", "! inject"},
	{"inject comes before spoof_mac", "vf0", "ext vf1 e12 ip", "! inject"},
	{"inject comes before control", "vf0", BRIDGE " vf0 e12 t88cc", "! inject"},
	{"bad_frame comes before inject", "vf0", "ext mc e12 ip", "! bad_frame"},
	{"from XDP's port", "vf3", "ext vf3 e15 ip", "! inject"},
	{"from a macvtap", "vf10", "ext vf10 vu1d ip", "! inject"},
};

/* ---- down: to the port that the id names, whatever the address */

static const struct lab_case down[] = {
	{"the id's port gets it without tag", "uplink", "vf0 ext D12 ip", "vf0 : vf0 ext ip"},
	{"another id, another port", "uplink", "vf1 ext D13 ip", "vf1 : vf1 ext ip"},
	{"the address does not count", "uplink", "vf1 ext D12 ip", "vf0 : vf1 ext ip"},
	{"nor an unknown one", "uplink", "ext2 ext D13 ip", "vf1 : ext2 ext ip"},
	{"nor the host's", "uplink", "pf ext D12 ip", "vf0 : pf ext ip"},
	{"a broadcast for one port reaches one", "uplink", "bc ext D12 arp", "vf0 : bc ext arp"},
	{"a multicast, too", "uplink", "mc ext D14 ip", "vf2 : mc ext ip"},
	{"whatever its priority", "uplink", "vf0 ext D12.7d ip", "vf0 : vf0 ext ip"},
	{"the C-TAG stays, with its own", "uplink", "vf0 ext D12.7d c10.2 ip",
	 "vf0 : vf0 ext c10.2 ip"},
	{"an S-TAG", "uplink", "vf0 ext D12 s300.3d ip", "vf0 : vf0 ext s300.3d ip"},
	{"two tags", "uplink", "vf0 ext D12 s300 c5.1 ip", "vf0 : vf0 ext s300 c5.1 ip"},
	{"three tags", "uplink", "vf1 ext D13 s300 c5.1 c6 ip", "vf1 : vf1 ext s300 c5.1 c6 ip"},
	{"eight", "uplink", "vf1 ext D13 c7.1 c8 c9 c5 c7 c8 c9 c5 ip",
	 "vf1 : vf1 ext c7.1 c8 c9 c5 c7 c8 c9 c5 ip"},
	{"a priority tag", "uplink", "vf0 ext D12 c0.5 ip", "vf0 : vf0 ext c0.5 ip"},
	{"802.3", "uplink", "vf0 ext D12 llc", "vf0 : vf0 ext llc"},
	{"a type that nobody knows", "uplink", "vf0 ext D12 t88b7 +1", "vf0 : vf0 ext t88b7 +1"},
	{"nothing behind the type", "uplink", "vf0 ext D12 t88b7 +0", "vf0 : vf0 ext t88b7 +0"},
	{"a frame of its own that comes down to it is its", "uplink", "ext vf0 D12 ip",
	 "vf0 : ext vf0 ip"},
	{"an ingress id excepts nobody from what is for one", "uplink", "vf1 vf0 D13 ip",
	 "vf1 : vf1 vf0 ip"},
	{"to a further address", "uplink", "vf11.1 ext D1e ip", "vf11 : vf11.1 ext ip"},
	{"to XDP's port", "uplink", "vf3 ext D15.5 ip", "vf3 : vf3 ext ip"},
	{"to XDP's port with a C-TAG", "uplink", "vf3 ext D15 c10.5d ip",
	 "vf3 : vf3 ext c10.5d ip"},
	{"to XDP's port a broadcast", "uplink", "bc ext D15 arp", "vf3 : bc ext arp"},
	{"to a macvtap", "uplink", "vf10 ext D1d c10 ip", "vf10 : vf10 ext c10 ip"},
	{"to a disabled port", "uplink", "vf12 ext D1c ip", "vf12!link"},
	{"to the host", "uplink", "pf ext D10 ip", "pf : pf ext ip"},
	{"to the host, whatever the address", "uplink", "vf0 ext D10 c10 ip",
	 "pf : vf0 ext c10 ip"},
	{"the link's own in a channel is its port's", "uplink", BRIDGE " ext D12 t88cc",
	 "vf0 : " BRIDGE " ext t88cc"},
	{"to a port whose id nobody has", "uplink", "vf0 ext D999 ip", "! channel"},
	{"id 0 is nobody's", "uplink", "vf0 ext D0 ip", "! channel"},
	{"a group's id is no port's", "uplink", "vf0 ext D5 ip", "! channel"},
	{"an unknown id with a broadcast", "uplink", "bc ext D999 c10 arp", "! channel"},
	{"source address of a group", "uplink", "vf0 mc D12 ip", "! bad_frame"},
	{"802.3 that is shorter than it says", "uplink", "vf0 ext D12 l100 +99", "! bad_frame"},
	{"and that is as long", "uplink", "vf0 ext D12 l100 +100", "vf0 : vf0 ext l100 +100"},
	{"what the switch had marked passes", "uplink", "vf0 ext marked D999 ip", "own"},
};

static const struct lab_case down_vlan[] = {
	{"a port's VLAN comes off", "uplink", "vf4 ext D16 c10.5 ip", "vf4 : vf4 ext ip"},
	{"and what is behind it stays", "uplink", "vf4 ext D16 c10.5 c7 ip", "vf4 : vf4 ext c7 ip"},
	{"with strip off it stays", "uplink", "vf5 ext D17 c10.5d ip", "vf5 : vf5 ext c10.5d ip"},
	{"another VLAN is not the port's", "uplink", "vf4 ext D16 c20 ip", "! vlan_filter"},
	{"nor with strip off", "uplink", "vf5 ext D17 c20 ip", "! vlan_filter"},
	{"nor an S-VLAN of its number", "uplink", "vf4 ext D16 s10 ip", "! vlan_filter"},
	{"nor untagged", "uplink", "vf4 ext D16 ip", "! vlan_filter"},
	{"nor priority-tagged", "uplink", "vf4 ext D16 c0.5 ip", "! vlan_filter"},
	{"a broadcast of another VLAN", "uplink", "bc ext D16 c20 arp", "! vlan_filter"},
	{"VID 4095", "uplink", "vf0 ext D12 c4095 ip", "! vlan_filter"},
	{"an S-VLAN comes off, the C-TAG in it stays", "uplink", "vf7 ext D19 s300.1 c5.4 ip",
	 "vf7 : vf7 ext c5.4 ip"},
	{"a C-TAG is not an S-VLAN", "uplink", "vf7 ext D19 c300 ip", "! vlan_filter"},
	{"XDP's port", "uplink", "vf8 ext D1a.2 c10.3 ip", "vf8 : vf8 ext ip"},
	{"XDP's port, another VLAN", "uplink", "vf8 ext D1a c20 ip", "! vlan_filter"},
};

static const struct lab_case untagged[] = {
	{"untagged is the host's", "uplink", "ext2 ext ip", "pf"},
	{"to a VF's address, too", "uplink", "vf0 ext ip", "pf"},
	{"and a broadcast", "uplink", "bc ext arp", "pf"},
	{"and LLDP", "uplink", BRIDGE " ext t88cc", "pf"},
	{"in a VLAN", "uplink", "vf4 ext c10 ip", "pf"},
	{"in an S-VLAN", "uplink", "bc ext s300 c5 arp", "pf"},
	{"a tag behind a C-TAG names nobody", "uplink", "vf0 ext c10 D12 ip", "pf"},
	{"the host's frame has its id", "pf", "ext pf ip", "uplink : ext pf U10 ip"},
	{"to a VF's address", "pf", "vf0 pf ip", "uplink : vf0 pf U10 ip"},
	{"to its own", "pf", "pf pf ip", "uplink : pf pf U10 ip"},
	{"its broadcast", "pf", "bc pf c10.4d arp", "uplink : bc pf U10.4d c10.4d arp"},
	{"what it says to the bridge itself has none", "pf", BRIDGE " pf t88cc", "uplink"},
	{"a tag like the switch's own is not the host's either", "pf", "ext pf U12 ip", "! inject"},
	{"what was switched passes", "pf", "ext vf0 marked U12 ip", "own"},
};

/* ---- groups */

static const struct lab_case groups[] = {
	{"a group's members get it without tag", "uplink", "bc ext G5 arp",
	 "vf0 vf1 vf2 : bc ext arp"},
	{"whatever the address", "uplink", "vf1 ext G5.7d ip", "vf0 vf1 vf2 : vf1 ext ip"},
	{"a multicast", "uplink", "mc ext G5 ip", "vf0 vf1 vf2 : mc ext ip"},
	{"with a C-TAG", "uplink", "bc ext G5 c10.5d arp", "vf0 vf1 vf2 : bc ext c10.5d arp"},
	{"with two tags", "uplink", "bc ext G5 s300 c10.5d arp",
	 "vf0 vf1 vf2 : bc ext s300 c10.5d arp"},
	{"but not the one that it came from", "uplink", "bc vf0 G5-12 arp", "vf1 vf2 : bc vf0 arp"},
	{"nor another", "uplink", "bc vf1 G5-13.6 arp", "vf0 vf2 : bc vf1 arp"},
	{"nor one without an address", "uplink", "bc ext G5-14 arp", "vf0 vf1 : bc ext arp"},
	{"the id counts, not the source address", "uplink", "bc vf0 G5-13 arp",
	 "vf0 vf2 : bc vf0 arp"},
	{"one that came from elsewhere excepts nobody", "uplink", "bc ext G5-99 arp",
	 "vf0 vf1 vf2 : bc ext arp"},
	{"a member's source address alone excepts nobody", "uplink", "bc vf0 G5 arp",
	 "vf0 vf1 vf2 : bc vf0 arp"},
	{"the only member excepted: nobody", "uplink", "bc vf0 Ga-12 arp", "! reflected"},
	{"a group of one", "uplink", "vf0 ext Ga ip", "vf0 : vf0 ext ip"},
	{"a group of the host", "uplink", "bc ext Gb arp", "pf : bc ext arp"},
	{"from the host, to nobody else", "uplink", "bc pf Gb-10 arp", "! reflected"},
	{"members of every kind", "uplink", "bc ext G6.3 c10.5 arp",
	 "k1 ; vf0 vf3 pf : bc ext c10.5 arp ; vf4 : bc ext arp"},
	{"but the host", "uplink", "bc pf G6-10 c10.5 arp",
	 "k1 ; vf0 vf3 : bc pf c10.5 arp ; vf4 : bc pf arp"},
	{"untagged, those of a VLAN do not get it", "uplink", "bc ext G6 arp",
	 "k1 ; vf0 vf3 pf : bc ext arp"},
	{"in another VLAN neither", "uplink", "bc ext G6 c20 arp",
	 "k1 ; vf0 vf3 pf : bc ext c20 arp"},
	{"its VLAN comes off where it is the port's", "uplink", "bc ext G7 c10.5 arp",
	 "k2 ; vf5 : bc ext c10.5 arp ; vf4 vf6 : bc ext arp"},
	{"in a VLAN of nobody the next extender gets it", "uplink", "bc ext G7 c20 arp", "k2"},
	{"in the S-VLAN", "uplink", "bc ext G7 s300 c5 arp", "k2 ; vf7 : bc ext c5 arp"},
	{"untagged", "uplink", "bc ext G7 arp", "k2"},
	{"in a VLAN of nobody", "uplink", "bc ext Gc c20 arp", "! no_target"},
	{"members without a link", "uplink", "bc ext G8 arp", "! no_target"},
	{"to cascades with the tag that it has", "uplink", "bc ext G9.2d c10 arp", "k1 k2"},
	{"also to the one that it came from, whose extender knows whom to except", "uplink",
	 "bc st1 G9-100 arp", "k1 k2"},
	{"macvtap among them", "uplink", "bc ext Gd-12 c5 arp", "vf10 vf11 : bc ext c5 arp"},
	{"a group that is not there", "uplink", "bc ext G55 arp", "! channel"},
	{"a port's id is no group's", "uplink", "bc ext G12 arp", "! channel"},
	{"a group's GSO frame", "uplink", "bc ext G5 ip +256 gso=76x3",
	 "vf0 vf1 vf2 : bc ext ip +256"},
};

/* ---- cascades */

static const struct lab_case cascade[] = {
	{"down to the next extender as it is", "uplink", "vf0 ext D100 ip", "k1"},
	{"with everything in it", "uplink", "vf0 ext D1ff.7d c10.3 ip", "k1"},
	{"another range of ids", "uplink", "bc ext D300 arp", "k1"},
	{"another cascade", "uplink", "vf0 ext D200 s300 c5 ip", "k2"},
	{"VLANs are not its matter: VID 4095", "uplink", "vf0 ext D100 c4095 ip", "k1"},
	{"nor a tag behind a priority tag", "uplink", "vf0 ext D100 c0 c10 ip", "k1"},
	{"nor in a group", "uplink", "bc ext G6 c4095 arp", "k1"},
	{"nor on the way up", "k1", "bc st1 U100 c4095 arp", "uplink"},
	{"VID 4095 is no port's of a group", "uplink", "bc ext G5 c4095 arp", "! no_target"},
	{"an id between", "uplink", "vf0 ext D2ff ip", "! channel"},
	{"up as it is", "k1", "ext st1 U100 ip", "uplink"},
	{"up with everything in it", "k1", "bc st1 U1ff.7d s300.1 c10.3 arp", "uplink"},
	{"to a port of this extender it goes up", "k1", "vf0 st1 U300 ip", "uplink"},
	{"to a port of the other it goes up", "k2", "vf0 st1 U200 ip", "uplink"},
	{"from whatever address", "k2", "bc vf0 U200 arp", "uplink"},
	{"the link's own in it, too", "k1", BRIDGE " st1 U100 t88cc", "uplink"},
	{"an id behind the other cascade", "k1", "ext st1 U200 ip", "! channel"},
	{"an id of this extender", "k1", "ext st1 U12 ip", "! channel"},
	{"an id of nobody", "k2", "ext st1 U999 ip", "! channel"},
	{"id 0", "k2", "ext st1 U0 ip", "! channel"},
	{"a group's", "k1", "bc st1 G5 arp", "! direction"},
	{"a source address of a group", "k1", "ext mc U100 ip", "! bad_frame"},
	{"untagged is for the host", "k1", "ext st1 ip", "pass"},
	{"LLDP", "k1", BRIDGE " st1 t88cc", "pass"},
	{"in a VLAN", "k1", "bc st1 c10 arp", "pass"},
	{"a GSO frame", "k1", "ext st1 U100 ip +628 gso=200x3", "uplink"},
	{"a GSO frame in a VLAN", "k1", "ext st1 U100.2 c10.5 ip +628 gso=200x3", "uplink"},
	{"a GSO frame down", "uplink", "vf0 ext D100.3d c10.5 ip +628 gso=200x3", "k1"},
};

static const struct lab_case gso[] = {
	{"a GSO frame up counts as its segments and its length", "vf0", "ext vf0 ip +628 gso=200x3",
	 "uplink : ext vf0 U12 ip +628"},
	{"with a C-TAG", "vf0", "ext vf0 c10.5 ip +628 gso=200x3",
	 "uplink : ext vf0 U12.5 c10.5 ip +628"},
	{"with the port's VLAN", "vf4", "ext vf4 ip +628 gso=200x3",
	 "uplink : ext vf4 U16 c10 ip +628"},
	{"of the host", "pf", "ext pf ip +628 gso=200x3", "uplink : ext pf U10 ip +628"},
	{"down", "uplink", "vf0 ext D12 ip +628 gso=200x3", "vf0 : vf0 ext ip +628"},
	{"down, and its VLAN comes off", "uplink", "vf4 ext D16 c10 ip +628 gso=200x3",
	 "vf4 : vf4 ext ip +628"},
	{"down to the host", "uplink", "pf ext D10 c5 ip +628 gso=200x3", "pf : pf ext c5 ip +628"},
};

/* ---- the host without an id */

/* clang-format off */
#define NO_ID(tag, id)                                                                      \
	HEAD(tag) "vfs:\n" VF(0, "00") id ": 0x12}\n"                                       \
	"cascade: [{dev: k1, ids: [0x100]}]\n"
/* clang-format on */

static const struct lab_setup no_id_e = {.yaml = NO_ID("e-tag", "ecid")};
static const struct lab_setup no_id_vn = {.yaml = NO_ID("vn-tag", "vif")};

static const struct lab_case no_id[] = {
	{"the host's frame goes up without tag", "pf", "ext pf ip", "uplink"},
	{"its broadcast", "pf", "bc pf arp", "uplink"},
	{"in a VLAN", "pf", "ext pf c10.5 ip", "uplink"},
	{"to a VF's address", "pf", "vf0 pf ip", "uplink"},
	{"its LLDP", "pf", BRIDGE " pf t88cc", "uplink"},
	{"but none with a tag like the switch's own", "pf", "ext pf U12 ip", "! inject"},
	{"a VF's frame with its id", "vf0", "pf vf0 ip", "uplink : pf vf0 U12 ip"},
	{"untagged is the host's", "uplink", "pf ext ip", "pf"},
	{"id 0 is not the host's", "uplink", "pf ext D0 ip", "! channel"},
	{"the host's GSO frame", "pf", "ext pf ip +628 gso=200x3", "uplink"},
};

/* ---- lengths: the uplink and k1 take 1518 bytes, vf1 318, vf2 and vf3 (XDP) 1518 */

/* clang-format off */
#define LENGTHS(tag, id, grp)                                                               \
	HEAD(tag) "vfs:\n" VF(0, "00") id ": 0x12}\n" VF(1, "01") id ": 0x13}\n"            \
	VF(2, "02") id ": 0x14, vlan: 10}\n" VF(3, "03") id ": 0x15, hook: xdp}\n"          \
	"cascade: [{dev: k1, ids: [0x100]}]\n"                                              \
	"replication: [{" grp ": 5, members: [vf0, vf1, k1]}]\n"

static const struct lab_setup lengths_e = {
	.yaml = LENGTHS("e-tag", "ecid", "grp: 1, ecid"), .mtu = {[0] = 9000, [1] = 300}};
static const struct lab_setup lengths_vn = {
	.yaml = LENGTHS("vn-tag", "vif", "list"), .mtu = {[0] = 9000, [1] = 300}};
/* clang-format on */

static const struct lab_case lengths_e_only[] = {
	{"up: 8 bytes more fit MTU + 18", "vf0", "ext vf0 ip +1496",
	 "uplink : ext vf0 e12 ip +1496"},
	{"one more does not", "vf0", "ext vf0 ip +1497", "uplink!mtu"},
	{"the C-TAG counts", "vf0", "ext vf0 c10 ip +1492", "uplink : ext vf0 e12 c10 ip +1492"},
	{"and one more", "vf0", "bc vf0 c10 ip +1493", "uplink!mtu"},
	{"the port's VLAN counts", "vf2", "ext vf2 ip +1492", "uplink : ext vf2 e14 c10 ip +1492"},
	{"and one more in it", "vf2", "ext vf2 ip +1493", "uplink!mtu"},
	{"from XDP's port", "vf3", "ext vf3 ip +1497", "uplink!mtu"},
	{"down to the next extender", "uplink", "ext2 ext e100 ip +1496", "k1"},
	{"one more", "uplink", "ext2 ext e100 ip +1497", "k1!mtu"},
	{"in a group", "uplink", "bc ext e1:5 ip +1497", "k1!mtu vf1!mtu ; vf0 : bc ext ip +1497"},
	{"a GSO frame whose segments do not fit", "vf0",
	 "ext vf0 ip4=10.0.0.5>10.0.0.9 tcp=1>2 +1600 gso=1497x2", "uplink!mtu"},
};

static const struct lab_case lengths_vn_only[] = {
	{"up: 6 bytes more fit MTU + 18", "vf0", "ext vf0 ip +1498",
	 "uplink : ext vf0 vu12 ip +1498"},
	{"one more does not", "vf0", "ext vf0 ip +1499", "uplink!mtu"},
	{"the C-TAG counts", "vf0", "ext vf0 c10 ip +1494", "uplink : ext vf0 vu12 c10 ip +1494"},
	{"and one more", "vf0", "bc vf0 c10 ip +1495", "uplink!mtu"},
	{"the port's VLAN counts", "vf2", "ext vf2 ip +1494", "uplink : ext vf2 vu14 c10 ip +1494"},
	{"and one more in it", "vf2", "ext vf2 ip +1495", "uplink!mtu"},
	{"from XDP's port", "vf3", "ext vf3 ip +1499", "uplink!mtu"},
	{"down to the next extender", "uplink", "ext2 ext vd100 ip +1498", "k1"},
	{"one more", "uplink", "ext2 ext vd100 ip +1499", "k1!mtu"},
	{"in a group", "uplink", "bc ext vl5 ip +1499", "k1!mtu vf1!mtu ; vf0 : bc ext ip +1499"},
	{"a GSO frame whose segments do not fit", "vf0",
	 "ext vf0 ip4=10.0.0.5>10.0.0.9 tcp=1>2 +1600 gso=1499x2", "uplink!mtu"},
};

static const struct lab_case lengths[] = {
	{"down: what counts is what remains", "uplink", "vf1 ext D13 ip +304",
	 "vf1 : vf1 ext ip +304"},
	{"one more", "uplink", "vf1 ext D13 ip +305", "vf1!mtu"},
	{"with a C-TAG", "uplink", "vf1 ext D13 c10 ip +300", "vf1 : vf1 ext c10 ip +300"},
	{"one more with it", "uplink", "vf1 ext D13 c10 ip +301", "vf1!mtu"},
	{"without its VLAN", "uplink", "vf2 ext D14 c10 ip +1504", "vf2 : vf2 ext ip +1504"},
	{"one more without it", "uplink", "vf2 ext D14 c10 ip +1505", "vf2!mtu"},
	{"to XDP's port", "uplink", "vf3 ext D15 ip +1504", "vf3 : vf3 ext ip +1504"},
	{"to XDP's port, one more", "uplink", "vf3 ext D15 ip +1505", "vf3!mtu"},
	{"a group, where it fits", "uplink", "bc ext G5 ip +305",
	 "k1 ; vf0 : bc ext ip +305 ; vf1!mtu"},
};

/* ---- fields of the E-TAG */

/* clang-format off */
static const struct lab_setup fields_setup_e = {
	.yaml = HEAD("e-tag")
		"pf: {ecid: 0x80000}\n"
		"vfs:\n"
		VF(0, "00") "ecid: 0x1}\n"
		VF(1, "01") "ecid: 0xfff}\n"
		VF(2, "02") "ecid: 0xfffff}\n"
		VF(3, "03") "ecid: 0x1000, hook: xdp}\n"
		VF(4, "04") "ecid: 0xab123}\n"
		"cascade: [{dev: k1, ids: [0xcd456, 0xfe000-0xfefff]}]\n"
		"replication:\n"
		"  - {grp: 1, ecid: 0, members: [vf0, vf1]}\n"
		"  - {grp: 1, ecid: 0xfff, members: [vf0, vf2]}\n"
		"  - {grp: 2, ecid: 0xfff, members: [vf1, vf2]}\n"
		"  - {grp: 3, ecid: 0xfff, members: [vf2, vf4]}\n"
		"  - {grp: 3, ecid: 0xfffff, members: [vf0, vf1, vf2, k1]}\n"
		"  - {grp: 2, ecid: 0x1, members: [vf0, vf4, k1]}\n",
};

static const struct lab_setup fields_setup_vn = {
	.yaml = HEAD("vn-tag")
		"vfs:\n"
		VF(0, "00") "vif: 1}\n"
		VF(1, "01") "vif: 0xfff}\n"
		VF(2, "02") "vif: 0x800, hook: xdp}\n"
		"cascade: [{dev: k1, ids: [0x100]}]\n"
		"replication:\n"
		"  - {list: 0x3fff, members: [vf0, vf1, vf2, k1]}\n"
		"  - {list: 1, members: [vf0, vf1]}\n"
		"  - {list: 0xfff, members: [vf0, vf2]}\n",
};
/* clang-format on */

static const struct lab_case fields_e[] = {
	{"the lowest E-CID up", "vf0", "ext vf0 ip", "uplink : ext vf0 e=000000010000 ip"},
	{"the highest base", "vf1", "ext vf1 ip", "uplink : ext vf1 e=00000fff0000 ip"},
	{"the highest E-CID, PCP and DEI", "vf2", "ext vf2 c1.7d ip",
	 "uplink : ext vf2 e=f0000fff00ff c1.7d ip"},
	{"the lowest extension", "vf3", "ext vf3 ip", "uplink : ext vf3 e=000000000001 ip"},
	{"base and extension", "vf4", "ext vf4 c1.1 ip", "uplink : ext vf4 e=2000012300ab c1.1 ip"},
	{"the host's", "pf", "ext pf c1.4 ip", "uplink : ext pf e=800000000080 c1.4 ip"},
	{"the lowest down", "uplink", "vf0 ext e=000000010000 ip", "vf0 : vf0 ext ip"},
	{"the highest base down", "uplink", "vf1 ext e=f0000fff0000 ip", "vf1 : vf1 ext ip"},
	{"the highest down", "uplink", "vf2 ext e=00000fff00ff ip", "vf2 : vf2 ext ip"},
	{"the lowest extension down", "uplink", "vf3 ext e=000000000001 ip", "vf3 : vf3 ext ip"},
	{"base and extension down", "uplink", "vf4 ext e=0000012300ab ip", "vf4 : vf4 ext ip"},
	{"the host's down", "uplink", "pf ext e=000000000080 ip", "pf : pf ext ip"},
	{"the base alone is another", "uplink", "vf4 ext e=000001230000 ip", "! channel"},
	{"the extension alone is another", "uplink", "vf4 ext e=0000000000ab ip", "! channel"},
	{"reserved bits say nothing", "uplink", "vf0 ext e=0000c0010000 ip", "vf0 : vf0 ext ip"},
	{"reserved bits of a group say nothing", "uplink", "bc ext e=0000dfff0000 arp",
	 "vf0 vf2 : bc ext arp"},
	{"ingress id of one for one says nothing", "uplink", "vf0 ext e=00010001ff00 ip",
	 "vf0 : vf0 ext ip"},
	{"GRP 1 of E-CID 0", "uplink", "bc ext e=000010000000 arp", "vf0 vf1 : bc ext arp"},
	{"GRP 1", "uplink", "bc ext e=00001fff0000 arp", "vf0 vf2 : bc ext arp"},
	{"GRP 2", "uplink", "bc ext e=00002fff0000 arp", "vf1 vf2 : bc ext arp"},
	{"GRP 3", "uplink", "bc ext e=00003fff0000 arp", "vf2 vf4 : bc ext arp"},
	{"GRP 3 with an extension", "uplink", "bc ext e=f0003fff00ff arp",
	 "k1 ; vf0 vf1 vf2 : bc ext arp"},
	{"GRP 1 with that extension is none", "uplink", "bc ext e=00001fff00ff arp", "! channel"},
	{"ingress id with extension", "uplink", "bc vf2 e=0fff3fffffff arp",
	 "k1 ; vf0 vf1 : bc vf2 arp"},
	{"its base alone is another's", "uplink", "bc vf1 e=0fff3fff00ff arp",
	 "k1 ; vf0 vf2 : bc vf1 arp"},
	{"its extension alone is nobody's", "uplink", "bc ext e=00003fffffff arp",
	 "k1 ; vf0 vf1 vf2 : bc ext arp"},
	{"ingress base and extension of GRP 2", "uplink", "bc vf4 e=01232001ab00 arp",
	 "k1 ; vf0 : bc vf4 arp"},
	{"ingress id 1", "uplink", "bc vf0 e=000120010000 arp", "k1 ; vf4 : bc vf0 arp"},
	{"down to the next extender, reserved bits and all", "uplink",
	 "ext2 ext e=f456c456cdcd c1 ip", "k1"},
	{"up from it, reserved bits and all", "k1", "ext2 st1 e=f456c456cdcd c1 ip", "uplink"},
	{"up from it, the lowest of its range", "k1", "ext2 st1 efe000 ip", "uplink"},
	{"up from it, the highest", "k1", "ext2 st1 efefff ip", "uplink"},
	{"up from it, one more", "k1", "ext2 st1 eff000 ip", "! channel"},
	{"up from it with GRP 1", "k1", "ext2 st1 e1:cd456 ip", "! direction"},
	{"up from it with GRP 2", "k1", "ext2 st1 e2:cd456 ip", "! direction"},
	{"up from it with GRP 3", "k1", "ext2 st1 e3:cd456 ip", "! direction"},
	{"a VN-Tag is nothing here", "uplink", "vf0 ext vd1 ip", "pf"},
	{"nor from the next extender", "k1", "ext2 st1 vu100 ip", "pass"},
	{"an E-TAG in an E-TAG is the port's own", "uplink", "vf0 ext e1 eab123 ip",
	 "vf0 : vf0 ext eab123 ip"},
};

static const struct lab_case fields_vn[] = {
	{"the lowest VIF up", "vf0", "ext vf0 ip", "uplink : ext vf0 v=00000001 ip"},
	{"the highest VIF", "vf1", "ext vf1 c1.7d ip", "uplink : ext vf1 v=00000fff c1.7d ip"},
	{"XDP's", "vf2", "ext vf2 ip", "uplink : ext vf2 v=00000800 ip"},
	{"the lowest down", "uplink", "vf0 ext v=80010000 ip", "vf0 : vf0 ext ip"},
	{"the highest down", "uplink", "vf1 ext v=8fff0000 ip", "vf1 : vf1 ext ip"},
	{"XDP's down", "uplink", "vf2 ext v=88000000 c5 ip", "vf2 : vf2 ext c5 ip"},
	{"a dvif beyond VIFs", "uplink", "vf0 ext v=bfff0000 ip", "! channel"},
	{"its lower bits are another", "uplink", "vf0 ext v=90010000 ip", "! channel"},
	{"the reserved bit says nothing", "uplink", "vf0 ext v=80014000 ip", "vf0 : vf0 ext ip"},
	{"the reserved bit of a list says nothing", "uplink", "bc ext v=c0014000 arp",
	 "vf0 vf1 : bc ext arp"},
	{"svif without l says nothing", "uplink", "vf0 ext v=80010001 ip", "vf0 : vf0 ext ip"},
	{"svif of what is for one says nothing", "uplink", "vf0 ext v=80018001 ip",
	 "vf0 : vf0 ext ip"},
	{"the highest list", "uplink", "bc ext v=ffff0000 arp", "k1 ; vf0 vf1 vf2 : bc ext arp"},
	{"list 1 is not VIF 1", "uplink", "bc ext v=c0010000 arp", "vf0 vf1 : bc ext arp"},
	{"list 0xfff", "uplink", "bc ext v=cfff0000 arp", "vf0 vf2 : bc ext arp"},
	{"list 0 is none", "uplink", "bc ext v=c0000000 arp", "! channel"},
	{"looped, the lowest", "uplink", "bc vf0 v=c0018001 arp", "vf1 : bc vf0 arp"},
	{"looped, the highest", "uplink", "bc vf1 v=ffff8fff arp", "k1 ; vf0 vf2 : bc vf1 arp"},
	{"looped with the reserved bit", "uplink", "bc vf1 v=ffffcfff arp",
	 "k1 ; vf0 vf2 : bc vf1 arp"},
	{"not looped: svif excepts nobody", "uplink", "bc vf1 v=ffff0fff arp",
	 "k1 ; vf0 vf1 vf2 : bc vf1 arp"},
	{"looped from VIF 0: nobody", "uplink", "bc ext v=c0018000 arp", "vf0 vf1 : bc ext arp"},
	{"up is not down", "uplink", "vf0 ext v=00000001 ip", "! direction"},
	{"up is not down, dvif or not", "uplink", "vf0 ext v=00010000 ip", "! direction"},
	{"up is not down in a list", "uplink", "bc ext v=40010000 arp", "! direction"},
	{"version 1", "uplink", "vf0 ext v=80011000 ip", "! direction"},
	{"version 2", "uplink", "vf0 ext v=80012000 ip", "! direction"},
	{"version 3", "uplink", "bc ext v=c0013000 arp", "! direction"},
	{"direction comes before channel", "uplink", "vf0 ext v=00999000 ip", "! direction"},
	{"bad_frame comes before direction", "uplink", "vf0 mc v=00010000 ip", "! bad_frame"},
	{"from the next extender down is not up", "k1", "ext st1 v=81000100 ip", "! direction"},
	{"from it version 1", "k1", "ext st1 v=00001100 ip", "! direction"},
	{"from it version 2", "k1", "ext st1 v=00002100 ip", "! direction"},
	{"from it a list", "k1", "ext st1 v=40000100 ip", "! direction"},
	{"from it as it is, reserved bit and all", "k1", "ext st1 v=00004100 c1 ip", "uplink"},
	{"down to it as it is, reserved bit and all", "uplink", "ext st1 v=81004000 c1 ip", "k1"},
	{"an E-TAG is nothing here", "uplink", "vf0 ext e1 ip", "pf"},
	{"nor from the next extender", "k1", "ext2 st1 e100 ip", "pass"},
	{"a VN-Tag in a VN-Tag is the port's own", "uplink", "vf0 ext vd1 vdfff ip",
	 "vf0 : vf0 ext vdfff ip"},
};

/* ---- cut at every length: of the tag, and of a tag in it */

#define TAG_CUT(from, frame, n)                                                   \
	{                                                                         \
		"cut at " #n ", " frame, from, frame " ip cut=" #n, "! bad_frame" \
	}

static const struct lab_case cut_both[] = {
	TAG_CUT("uplink", "vf0 ext D12", 14),	  TAG_CUT("uplink", "vf0 ext D12", 15),
	TAG_CUT("uplink", "vf0 ext D12", 16),	  TAG_CUT("uplink", "vf0 ext D12", 17),
	TAG_CUT("uplink", "vf0 ext D12", 18),	  TAG_CUT("uplink", "vf0 ext D12", 19),
	TAG_CUT("uplink", "bc ext G5", 17),	  TAG_CUT("uplink", "ext2 ext D100", 19),
	TAG_CUT("k1", "ext st1 U100", 15),	  TAG_CUT("k1", "ext st1 U100", 16),
	TAG_CUT("k1", "ext st1 U100", 17),	  TAG_CUT("k1", "ext st1 U100", 18),
	TAG_CUT("k1", "ext st1 U100", 19),	  TAG_CUT("uplink", "vf0 ext D12 c10", 20),
	TAG_CUT("uplink", "vf0 ext D12 c10", 21), TAG_CUT("uplink", "vf0 ext D12 c10", 22),
	TAG_CUT("uplink", "vf0 ext D12 c10", 23), TAG_CUT("k1", "ext st1 U100 c10", 23),
};

static const struct lab_case cut_e[] = {
	TAG_CUT("uplink", "vf0 ext e12", 20),
	TAG_CUT("uplink", "vf0 ext e12", 21),
	TAG_CUT("k1", "ext st1 e100", 20),
	TAG_CUT("k1", "ext st1 e100", 21),
	TAG_CUT("uplink", "vf0 ext e12 c10", 24),
	TAG_CUT("uplink", "vf0 ext e12 c10", 25),
	{"whole, and nothing in it", "uplink", "vf0 ext e12 t88b7 cut=22",
	 "vf0 : vf0 ext t88b7 +0"},
	{"whole with a C-TAG, and nothing in it", "uplink", "vf0 ext e12 c10 t88b7 cut=26",
	 "vf0 : vf0 ext c10 t88b7 +0"},
	{"from the next extender", "k1", "ext st1 e100 t88b7 cut=22", "uplink"},
};

static const struct lab_case cut_vn[] = {
	{"whole, and nothing in it", "uplink", "vf0 ext vd12 t88b7 cut=20",
	 "vf0 : vf0 ext t88b7 +0"},
	{"whole with a C-TAG, and nothing in it", "uplink", "vf0 ext vd12 c10 t88b7 cut=24",
	 "vf0 : vf0 ext c10 t88b7 +0"},
	{"from the next extender", "k1", "ext st1 vu100 t88b7 cut=20", "uplink"},
};

/* ---- policy */

/* clang-format off */
#define POLICY(tag, id, grp)                                                                \
	HEAD(tag)                                                                           \
	"acls:\n"                                                                           \
	"  web:\n"                                                                          \
	"    - {dir: tx, proto: tcp, dport: 23, action: deny}\n"                            \
	"    - {dir: rx, proto: tcp, dport: 22, action: deny}\n"                            \
	"vfs:\n"                                                                            \
	VF(0, "00") id ": 0x12, acl: web}\n"                                                \
	VF(1, "01") id ": 0x13, guard: {ipv4: [10.0.0.5]}}\n"                               \
	VF(2, "02") id ": 0x14, vlan: 10, dscp: on}\n"                                      \
	VF(3, "03") id ": 0x15, hook: xdp, acl: web}\n"                                     \
	VF(4, "04") id ": 0x16, allmulti: off, multicast: [\"01:00:5e:01:02:03\"]}\n"       \
	VF(5, "05") id ": 0x17}\n"                                                          \
	VF(6, "06") id ": 0x18, vlan: 10, acl: web}\n"                                      \
	VF(7, "07") id ": 0x19, vlan: 10, trust: on}\n"                                     \
	"replication:\n"                                                                    \
	"  - {" grp ": 5, members: [vf0, vf1, vf3, vf6]}\n"                                 \
	"  - {" grp ": 6, members: [vf4, vf5]}\n"
/* clang-format on */

static const struct lab_setup policy_e = {.yaml = POLICY("e-tag", "ecid", "grp: 1, ecid")};
static const struct lab_setup policy_vn = {.yaml = POLICY("vn-tag", "vif", "list")};

#define SSH "ip4=10.0.0.5>10.0.0.9 tcp=1>22"
#define TELNET "ip4=10.0.0.5>10.0.0.9 tcp=1>23"
#define UDP "ip4=10.0.0.5>10.0.0.9 udp=1>2"

static const struct lab_case policy[] = {
	{"a rule of the sender", "vf0", "ext vf0 " TELNET, "! acl"},
	{"behind a C-TAG", "vf0", "ext vf0 c10 " TELNET, "! acl"},
	{"what it permits", "vf0", "ext vf0 c10.2 " SSH, "uplink : ext vf0 U12.2 c10.2 " SSH},
	{"a rule of the target, behind the tag", "uplink", "vf0 ext D12 " SSH, "vf0!acl"},
	{"and behind a C-TAG", "uplink", "vf0 ext D12 c10 " SSH, "vf0!acl"},
	{"what it permits there", "uplink", "vf0 ext D12 " TELNET, "vf0 : vf0 ext " TELNET},
	{"of XDP's port", "uplink", "vf3 ext D15 " SSH, "vf3!acl"},
	{"of a port in a VLAN", "uplink", "vf6 ext D18 c10 " SSH, "vf6!acl"},
	{"in a group, before the tags change", "uplink", "bc ext G5 c10 " SSH,
	 "vf0!acl vf3!acl vf6!acl ; vf1 : bc ext c10 " SSH},
	{"in a group that permits", "uplink", "bc ext G5 c10 " UDP,
	 "vf0 vf1 vf3 : bc ext c10 " UDP " ; vf6 : bc ext " UDP},
	{"guard", "vf1", "ext vf1 arp4=10.0.0.6>10.0.0.9", "! guard"},
	{"what guard lets pass", "vf1", "ext vf1 arp4=10.0.0.5>10.0.0.9",
	 "uplink : ext vf1 U13 arp4=10.0.0.5>10.0.0.9"},
	{"guard behind a C-TAG", "vf1", "ext vf1 c10 ip4=10.0.0.6>10.0.0.9 udp=1>2", "! guard"},
	{"guard counts before it goes up to its neighbour", "vf1",
	 "vf0 vf1 ip4=10.0.0.6>10.0.0.9 udp=1>2", "! guard"},
	{"both tags follow the DSCP", "vf2", "ext vf2 ip4=10.0.0.5>10.0.0.9 tos=b8",
	 "uplink : ext vf2 U14.5 c10.5 ip4=10.0.0.5>10.0.0.9 tos=b8"},
	{"a group address that a port has", "uplink", "mc ext G6 ip", "vf4 vf5 : mc ext ip"},
	{"one that it has not", "uplink", "mc6 ext G6 t86dd", "vf5 : mc6 ext t86dd"},
	{"a broadcast", "uplink", "bc ext G6 arp", "vf4 vf5 : bc ext arp"},
	{"a group address that a port has, for it alone", "uplink", "mc ext D16 ip",
	 "vf4 : mc ext ip"},
	{"one that it has not, for it alone", "uplink", "mc6 ext D16 t86dd", "! no_target"},
	{"a broadcast for it alone", "uplink", "bc ext D16 arp", "vf4 : bc ext arp"},
	{"a trusted port's LLDP is not in its VLAN", "vf7", BRIDGE " vf7 t88cc",
	 "uplink : " BRIDGE " vf7 U19 t88cc"},
	{"nor what it says to the nearest customer bridge", "vf7", NEAREST " vf7 t8940",
	 "uplink : " NEAREST " vf7 U19 t8940"},
};

/* ---- the host in a VLAN */

#define HOST_VLAN(tag, id) HEAD(tag) "pf: {" id ": 0x10, vlan: 10, qos: 2}\nvfs: []\n"

static const struct lab_setup host_vlan_e = {.yaml = HOST_VLAN("e-tag", "ecid")};
static const struct lab_setup host_vlan_vn = {.yaml = HOST_VLAN("vn-tag", "vif")};

static const struct lab_case host_vlan[] = {
	{"the host's VLAN is put inside", "pf", "ext pf ip", "uplink : ext pf U10.2 c10.2 ip"},
	{"it may not tag itself", "pf", "ext pf c10 ip", "! vlan_tagged"},
	{"it comes off", "uplink", "pf ext D10 c10.5 ip", "pf : pf ext ip"},
	{"another is not its", "uplink", "pf ext D10 c20 ip", "! vlan_filter"},
	{"nor none", "uplink", "bc ext D10 arp", "! vlan_filter"},
	{"what the bridge itself says is in none", "uplink", BRIDGE " ext t88cc", "pf"},
	{"and what it says to that", "pf", BRIDGE " pf t88cc", "uplink"},
};

/* ---- the sample frames of standards.md 1.10, byte by byte */

/* clang-format off */
static const struct lab_setup samples_setup_e = {
	.yaml = HEAD("e-tag")
		"vfs:\n"
		"  - {id: 0, dev: h0, ecid: 0x12, mac: \"02:00:00:00:00:01\"}\n"
		"  - {id: 1, dev: h1, ecid: 0x34, mac: \"02:00:00:00:00:02\"}\n"
		"  - {id: 2, dev: h2, ecid: 0xcd456, spoofchk: off}\n"
		"  - {id: 3, dev: h3, ecid: 0xab123, spoofchk: off, hook: xdp}\n"
		"cascade: [{dev: k1, ids: [0x1000]}]\n"
		"replication:\n"
		"  - {grp: 1, ecid: 0x005, members: [vf0, vf1]}\n"
		"  - {grp: 2, ecid: 0xab123, members: [vf1, vf2, vf3, k1]}\n",
};

static const struct lab_setup samples_setup_vn = {
	.yaml = HEAD("vn-tag")
		"vfs:\n"
		"  - {id: 0, dev: h0, vif: 0x12, mac: \"02:00:00:00:00:01\"}\n"
		"  - {id: 1, dev: h1, vif: 0x34, mac: \"02:00:00:00:00:02\"}\n"
		"  - {id: 2, dev: h2, vif: 0x7ff, spoofchk: off}\n"
		"replication: [{list: 0x1001, members: [vf0, vf1, vf2]}]\n",
};
/* clang-format on */

#define A_TO_B "020000000002020000000001"
#define A_TO_ALL "ffffffffffff020000000001"
#define ICMP                                                                   \
	"08004500002400010000400166d60a0000010a000002080066680001000161626364" \
	"65666768"
#define ARP "080600010800060400010200000000010a0000010000000000000a000002"

/* clang-format off */
static const struct lab_case samples_e[] = {
	{"frame 9: up from 0x012", "vf0", "hex=" A_TO_B ICMP,
	 "uplink : hex=" A_TO_B "893f000000120000" ICMP},
	{"frame 10: down to 0x034, a C-TAG in it", "uplink",
	 "hex=" A_TO_B "893f000000340000" "81000064" ICMP, "vf1 : hex=" A_TO_B "81000064" ICMP},
	{"frame 11: down to the group 1, 0x005, but not to 0x012", "uplink",
	 "hex=" A_TO_ALL "893fc01210050000" ARP, "vf1 : hex=" A_TO_ALL ARP},
	{"frame 12: down to the group 2, 0xab123, but not to 0xcd456", "uplink",
	 "hex=" A_TO_B "893ff4562123cdab" ICMP, "k1 ; vf1 vf3 : hex=" A_TO_B ICMP},
	{"its way up from 0xab123", "vf3", "hex=" A_TO_B "8100f064" ICMP,
	 "uplink : hex=" A_TO_B "893ff000012300ab" "8100f064" ICMP},
	{"its way down to 0xab123", "uplink", "hex=" A_TO_B "893ff000012300ab" ICMP,
	 "vf3 : hex=" A_TO_B ICMP},
};

static const struct lab_case samples_vn[] = {
	{"frame 5: up from 0x012", "vf0", "hex=" A_TO_B ICMP,
	 "uplink : hex=" A_TO_B "892600000012" ICMP},
	{"frame 6: down to 0x034", "uplink", "hex=" A_TO_B "892680340000" ICMP,
	 "vf1 : hex=" A_TO_B ICMP},
	{"frame 7: down to the list 0x1001, looped from 0x012", "uplink",
	 "hex=" A_TO_ALL "8926d0018012" ARP, "vf1 vf2 : hex=" A_TO_ALL ARP},
	{"frame 8: up from 0x7ff, a C-TAG in it", "vf2", "hex=" A_TO_B "81000064" ICMP,
	 "uplink : hex=" A_TO_B "8926000007ff" "81000064" ICMP},
};
/* clang-format on */

#define BOTH(cases, setup)                                                                         \
	(lab_spell_table(#cases, &setup##_e, EVB_CHANNEL_E, cases, ARRAY_SIZE(cases)) != 0) +      \
		(lab_spell_table(#cases, &setup##_vn, EVB_CHANNEL_VN, cases, ARRAY_SIZE(cases)) != \
		 0)
#define ONE(cases, setup) (lab_table(#cases, &setup, cases, ARRAY_SIZE(cases)) != 0)
#define SPELT(cases, setup, tag) \
	(lab_spell_table(#cases, &setup, tag, cases, ARRAY_SIZE(cases)) != 0)

static int test_tag(const struct lab_setup *setup, enum evb_channel tag)
{
	int failed = 0;

	failed += SPELT(up, *setup, tag);
	failed += SPELT(up_vlan, *setup, tag);
	failed += SPELT(refused, *setup, tag);
	failed += SPELT(down, *setup, tag);
	failed += SPELT(down_vlan, *setup, tag);
	failed += SPELT(untagged, *setup, tag);
	failed += SPELT(groups, *setup, tag);
	failed += SPELT(cascade, *setup, tag);
	failed += SPELT(gso, *setup, tag);
	failed += SPELT(cut_both, *setup, tag);
	return failed;
}

int main(void)
{
	int failed = 0;

	failed += test_tag(&extender_e, EVB_CHANNEL_E);
	failed += ONE(cut_e, extender_e);
	failed += SPELT(priorities, defaults, EVB_CHANNEL_E);
	failed += test_tag(&extender_vn, EVB_CHANNEL_VN);
	failed += ONE(cut_vn, extender_vn);
	failed += BOTH(no_id, no_id);
	failed += BOTH(policy, policy);
	failed += BOTH(host_vlan, host_vlan);
	failed += BOTH(lengths, lengths);
	failed += ONE(lengths_e_only, lengths_e);
	failed += ONE(lengths_vn_only, lengths_vn);
	failed += ONE(fields_e, fields_setup_e);
	failed += ONE(fields_vn, fields_setup_vn);
	failed += ONE(samples_e, samples_setup_e);
	failed += ONE(samples_vn, samples_setup_vn);
	return failed;
}
