/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What an operator says to a VF that is neither guard, rule nor rate: several addresses, trust,
 * promisc, allmulti and multicast, state, dscp (design.md section 5 and 7, standards.md 2.2.3, 2.3).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "harness.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define BEGIN "version: 1\nswitch: lab\nuplink: {dev: up}\n"
#define VF(id, hex) "  - {id: " #id ", dev: h" #id ", mac: \"02:00:00:00:01:" hex "\""

/* ---- several addresses, with spoofchk: an access port, a trunk port, an XDP guest, no VLAN */

static const struct lab_setup addresses = {
	.yaml = BEGIN
		"vfs:\n"
		"  - {id: 0, dev: h0, vlan: 10, mac: [\"02:00:00:00:01:00\", \"02:00:00:01:01:00\"]}\n"
		"  - {id: 1, dev: h1, trunk: [20, 30], mac: [\"02:00:00:00:01:01\", "
		"\"02:00:00:01:01:01\"]}\n"
		"  - {id: 2, dev: h2, hook: xdp, mac: [\"02:00:00:00:01:02\", "
		"\"02:00:00:01:01:02\"]}\n"
		VF(3, "03") "}\n"
		VF(4, "04") ", vlan: 10}\n"
		VF(5, "05") ", vlan: 30}\n"
		/* vf3's address again, in another VLAN */
		"  - {id: 6, dev: h6, vlan: 40, mac: [\"02:00:00:00:01:06\", "
		"\"02:00:00:00:01:03\"]}\n",
};

static const struct lab_case macs[] = {
	{"an access port sends from its first address", "vf0", "vf4 vf0 ip", "vf4"},
	{"an access port sends from its second address", "vf0", "vf4 vf0.1 ip", "vf4"},
	{"an access port does not send from a third", "vf0", "vf4 vf0.2 ip", "! spoof_mac"},
	{"an access port gets frames to its second address", "vf4", "vf0.1 vf4 ip", "vf0"},
	{"the wire reaches the second address of an access port", "uplink", "vf0.1 ext c10 ip",
	 "vf0 : vf0.1 ext ip"},
	{"a trunk port sends from its second address in its first VLAN", "vf1", "ext vf1.1 c20 ip",
	 "uplink"},
	{"a trunk port sends from its second address in its last VLAN", "vf1", "vf5 vf1.1 c30 ip",
	 "vf5 : vf5 vf1.1 ip"},
	{"a trunk port does not send from another port's address", "vf1", "vf5 vf0.1 c30 ip",
	 "! spoof_mac"},
	{"an XDP guest sends from its second address", "vf2", "vf3 vf2.1 ip", "vf3"},
	{"an XDP guest does not send from a third", "vf2", "vf3 vf2.2 ip", "! spoof_mac"},
	{"an XDP guest gets frames to its second address", "vf3", "vf2.1 vf3 ip", "vf2"},
	{"a port sends from an address that another has in another VLAN", "vf6", "ext vf3 ip",
	 "uplink : ext vf3 c40 ip"},
	{"a port does not send from an address that it has in no VLAN of its own", "vf3",
	 "ext vf6 ip", "! spoof_mac"},
	{"a broadcast from a second address that came back does not reach its port", "uplink",
	 "bc vf0.1 c10 arp", "vf4 : bc vf0.1 arp ; pf"},
	{"a frame to one's own second address reaches nobody", "vf0", "vf0.1 vf0 ip", "! self"},
};

/* ---- trust: control frames, to the wire only, and nothing else */

static const struct lab_setup trusted = {
	.yaml = BEGIN
		"vfs:\n"
		VF(0, "00") ", trust: on}\n"
		VF(1, "01") "}\n"
		VF(2, "02") ", trust: on, vlan: 10}\n"
		VF(3, "03") ", trust: on, hook: xdp}\n"
		VF(4, "04") ", trust: on, spoofchk: off}\n",
};

static const struct lab_case trust[] = {
	{"a trusted VF's LLDP goes to the wire only", "vf0", "01:80:c2:00:00:0e vf0 t88cc",
	 "uplink"},
	{"a trusted VF's BPDU goes to the wire only", "vf0", "01:80:c2:00:00:00 vf0 llc", "uplink"},
	{"a trusted VF's pause frame goes to the wire only", "vf0", "01:80:c2:00:00:01 vf0 t8808",
	 "uplink"},
	{"a trusted VF's LACP goes to the wire only", "vf0", "01:80:c2:00:00:02 vf0 t8809",
	 "uplink"},
	{"a trusted VF's ECP to another VF's address goes to the wire only", "vf0",
	 "vf1 vf0 t8940", "uplink"},
	{"a trusted VF's LLDP to the broadcast address goes to the wire only", "vf0",
	 "bc vf0 t88cc", "uplink"},
	{"a trusted VF's control frame leaves untagged as it came, whatever its VLAN", "vf2",
	 "01:80:c2:00:00:0e vf2 t88cc", "uplink"},
	{"a trusted XDP guest's control frame goes to the wire only", "vf3",
	 "01:80:c2:00:00:0e vf3 t88cc", "uplink"},
	{"a trusted VF's control frame needs its own source address", "vf0",
	 "01:80:c2:00:00:0e ext t88cc", "! spoof_mac"},
	{"without spoofchk a trusted VF's control frame may have any", "vf4",
	 "01:80:c2:00:00:0e ext t88cc", "uplink"},
	{"trust does not let a VF send from another address", "vf0", "vf1 ext ip", "! spoof_mac"},
	{"trust does not let a VF send an E-TAG", "vf0", "vf1 vf0 t893f", "! inject"},
	{"trust does not let a VF send a VN-Tag", "vf0", "vf1 vf0 t8926", "! inject"},
	{"trust does not let a VF into a VLAN", "vf0", "vf1 vf0 c10 ip", "! vlan_filter"},
	{"trust does not let an access port send a tag", "vf2", "ext vf2 c10 ip", "! vlan_tagged"},
	{"trust does not let a control frame into another VLAN", "vf2", "ext vf2 c7 t88cc",
	 "! vlan_tagged"},
	{"a control frame from the wire does not reach a trusted VF", "uplink",
	 "01:80:c2:00:00:0e ext t88cc", "pf"},
	{"a control frame of the host does not reach a trusted VF", "pf",
	 "01:80:c2:00:00:00 pf llc", "uplink"},
	{"a VF that is not trusted still sends none", "vf1", "01:80:c2:00:00:0e vf1 t88cc",
	 "! control"},
	{"a trusted VF's other frames are relayed as any", "vf0", "vf1 vf0 ip", "vf1"},
	{"a trusted VF that is not promiscuous gets no others' frames", "vf1", "ext vf1 ip",
	 "uplink"},
};

/*
 * ---- promisc: every frame of its VLANs, and each frame's own way as it was
 *
 *	no VLAN: vf0 vf1 ordinary, vf2 promiscuous, vf3 promiscuous and isolated, vf4 isolated,
 *	         vf5 XDP guest, vf6 disabled, vf7 promiscuous and disabled, vf8 MTU 300
 *	VLAN 10: vf10 vf11 access, vf12 promiscuous access of MTU 300, vf13 promiscuous trunk [10, 20]
 *	VLAN 20: vf13, vf14 access
 */
static const struct lab_setup watchers = {
	.yaml = BEGIN
		"vfs:\n"
		VF(0, "00") "}\n"
		VF(1, "01") "}\n"
		VF(2, "02") ", trust: on, promisc: on}\n"
		VF(3, "03") ", trust: on, promisc: on, isolated: on}\n"
		VF(4, "04") ", isolated: on}\n"
		VF(5, "05") ", hook: xdp}\n"
		VF(6, "06") ", state: disable}\n"
		VF(7, "07") ", trust: on, promisc: on, state: disable}\n"
		VF(8, "08") "}\n"
		VF(10, "0a") ", vlan: 10}\n"
		VF(11, "0b") ", vlan: 10}\n"
		VF(12, "0c") ", vlan: 10, trust: on, promisc: on}\n"
		VF(13, "0d") ", trunk: [10, 20], trust: on, promisc: on}\n"
		VF(14, "0e") ", vlan: 20}\n",
	.mtu = {[8] = 300, [12] = 300},
};

static const struct lab_case promisc[] = {
	{"a promiscuous VF gets unicast between others", "vf0", "vf1 vf0 ip", "vf1 vf2 vf3"},
	{"a promiscuous VF gets an answer, too", "vf1", "vf0 vf1 arp", "vf0 vf2 vf3"},
	{"a promiscuous VF gets unicast from the wire to another", "uplink", "vf0 ext ip",
	 "vf0 vf2 vf3"},
	{"a promiscuous VF gets unicast from a VF to the wire", "vf0", "ext vf0 ip",
	 "uplink vf2 vf3"},
	{"a promiscuous VF gets unicast from the wire to nobody known", "uplink", "ext2 ext ip",
	 "pf vf2 vf3"},
	{"a promiscuous VF gets unicast from the wire to the host", "uplink", "pf ext ip",
	 "pf vf2 vf3"},
	{"a promiscuous VF gets unicast from a VF to the host", "vf0", "pf vf0 ip", "pf vf2 vf3"},
	{"a promiscuous VF gets unicast from the host to a VF", "pf", "vf0 pf ip", "vf0 vf2 vf3"},
	{"a promiscuous VF gets unicast from the host to the wire", "pf", "ext pf ip",
	 "uplink vf2 vf3"},
	{"a promiscuous VF gets unicast to an XDP guest", "vf0", "vf5 vf0 ip", "vf5 vf2 vf3"},
	{"a promiscuous VF gets unicast from an XDP guest", "vf5", "vf0 vf5 ip", "vf0 vf2 vf3"},
	{"a promiscuous VF gets unicast from the wire to an XDP guest", "uplink", "vf5 ext ip",
	 "vf5 vf2 vf3"},
	{"a promiscuous VF gets its own unicast once", "vf0", "vf2 vf0 ip", "vf2 vf3"},
	{"a promiscuous VF does not get what it sends", "vf2", "vf0 vf2 ip", "vf0 vf3"},
	{"a promiscuous VF that addresses itself reaches nobody", "vf2", "vf2 vf2 ip", "! self"},
	{"a promiscuous VF gets broadcast once", "vf0", "bc vf0 arp",
	 "vf1 vf2 vf3 vf4 vf5 vf8 pf uplink"},
	{"an isolated promiscuous VF gets nothing from an isolated one", "vf4", "vf0 vf4 ip",
	 "vf0 vf2"},
	{"an isolated VF's broadcast does not reach an isolated promiscuous one", "vf4",
	 "bc vf4 arp", "vf0 vf1 vf2 vf5 vf8 pf uplink"},
	{"a frame to an isolated VF is seen", "vf0", "vf4 vf0 ip", "vf4 vf2 vf3"},
	{"a frame that came back is not seen by its own promiscuous sender", "uplink", "vf0 vf2 ip",
	 "vf0 vf3"},
	{"a frame to a disabled VF is lost there, and seen", "vf0", "vf6 vf0 ip",
	 "vf6!link vf2 vf3"},
	{"a frame to a disabled promiscuous VF is lost there, and seen by others", "vf0",
	 "vf7 vf0 ip", "vf7!link vf2 vf3"},
	{"a frame too long for its target is lost there, and seen", "vf0", "vf8 vf0 ip +305",
	 "vf8!mtu vf2 vf3"},
	{"a frame too long for the wire is lost there, and where it is seen", "vf0",
	 "ext vf0 ip +1505", "uplink!mtu vf2!mtu vf3!mtu"},
	{"a refused frame is not seen", "vf0", "vf1 ext ip", "! spoof_mac"},
	{"a frame of another VLAN is refused and not seen", "vf0", "vf1 vf0 c10 ip",
	 "! vlan_filter"},
	{"a control frame is not seen", "uplink", "01:80:c2:00:00:0e ext t88cc", "pf"},
	{"a control frame of a VF is refused and not seen", "vf0", "01:80:c2:00:00:0e vf0 t88cc",
	 "! control"},
	{"a trusted VF's control frame goes to the wire only", "vf2", "01:80:c2:00:00:0e vf2 t88cc",
	 "uplink"},
	{"a GSO frame is seen as its segments", "vf0", "vf1 vf0 ip +628 gso=200x3", "vf1 vf2 vf3"},
	{"in a VLAN, access and trunk port see each their way", "vf10", "vf11 vf10 ip",
	 "vf11 vf12 ; vf13 : vf11 vf10 c10 ip"},
	{"in a VLAN, unicast to the wire is seen", "vf10", "ext vf10 ip",
	 "vf12 ; vf13 uplink : ext vf10 c10 ip"},
	{"in a VLAN, unicast from the wire is seen", "uplink", "vf10 ext c10.5 ip",
	 "vf10 vf12 : vf10 ext ip ; vf13"},
	{"in a VLAN, unicast from the wire to nobody known is seen", "uplink", "ext2 ext c10 ip",
	 "vf12 : ext2 ext ip ; vf13 pf"},
	{"a frame too long for who sees it is lost there only", "vf10", "vf11 vf10 ip +305",
	 "vf11 vf12!mtu ; vf13 : vf11 vf10 c10 ip +305"},
	{"another VLAN is seen by its promiscuous member only", "uplink", "vf14 ext c20 ip",
	 "vf14 : vf14 ext ip ; vf13"},
	{"a VLAN without promiscuous member is seen by nobody", "uplink", "ext2 ext c30 ip", "pf"},
	{"a trunk port's frame in a VLAN is seen there", "vf13", "vf10 vf13 c10 ip",
	 "vf10 vf12 : vf10 vf13 ip"},
	{"what the switch sent is not seen again", "pf", "ext vf0 marked ip", "own"},
};

/* ---- a VLAN in which the host is not */

static const struct lab_setup hostless = {
	.yaml = BEGIN
		"pf: {trunk: [10]}\n"
		"vfs:\n"
		VF(0, "00") ", vlan: 20}\n"
		VF(1, "01") ", vlan: 20, trust: on, promisc: on}\n"
		VF(2, "02") ", vlan: 30, hook: xdp}\n"
		VF(3, "03") ", vlan: 40, allmulti: off}\n"
		VF(4, "04") ", vlan: 50, trust: on, promisc: on, state: disable}\n",
};

static const struct lab_case alone[] = {
	{"unknown unicast from the wire reaches a promiscuous VF even without default port",
	 "uplink", "ext2 ext c20 ip", "vf1 : ext2 ext ip"},
	{"known unicast from the wire reaches both", "uplink", "vf0 ext c20 ip",
	 "vf0 vf1 : vf0 ext ip"},
	{"unknown unicast where nobody is promiscuous has no target", "uplink", "ext2 ext c30 ip",
	 "! no_target"},
	{"unknown unicast where only a disabled port is promiscuous has no target", "uplink",
	 "ext2 ext c50 ip", "! no_target"},
	{"multicast that nobody asked for has no target", "uplink", "mc ext c40 ip", "! no_target"},
	{"broadcast reaches a port without allmulti", "uplink", "bc ext c40 ip",
	 "vf3 : bc ext ip"},
};

/* ---- allmulti off: the groups that are listed, and broadcast */

static const struct lab_setup listeners = {
	.yaml = BEGIN
		"vfs:\n"
		VF(0, "00") "}\n"
		VF(1, "01") ", allmulti: off, multicast: [\"01:00:5e:01:02:03\"]}\n"
		VF(2, "02") ", allmulti: off}\n"
		VF(3, "03") ", allmulti: off, multicast: [\"33:33:00:00:00:01\", "
		"\"01:00:5e:01:02:04\"]}\n"
		VF(4, "04") ", allmulti: off, trust: on, promisc: on}\n"
		VF(5, "05") ", allmulti: off, hook: xdp, multicast: [\"01:00:5e:01:02:03\"]}\n"
		VF(10, "0a") ", vlan: 10}\n"
		VF(11, "0b") ", vlan: 10, allmulti: off, multicast: [\"01:00:5e:01:02:03\"]}\n"
		VF(12, "0c") ", vlan: 10, allmulti: off}\n",
};

static const struct lab_case multicast[] = {
	{"a group reaches those that listed it, those that take all, host and wire", "vf0",
	 "mc vf0 ip", "vf1 vf4 vf5 pf uplink"},
	{"another group reaches those that listed that", "vf0", "mc6 vf0 t86dd",
	 "vf3 vf4 pf uplink"},
	{"a port may list several groups", "vf1", "01:00:5e:01:02:04 vf1 ip",
	 "vf0 vf3 vf4 pf uplink"},
	{"a group that nobody listed reaches those that take all", "vf1", "01:00:5e:01:02:05 vf1 ip",
	 "vf0 vf4 pf uplink"},
	{"a group from the wire reaches those that listed it", "uplink", "mc ext ip",
	 "vf0 vf1 vf4 vf5 pf"},
	{"a group of the host reaches those that listed it", "pf", "mc pf ip",
	 "vf0 vf1 vf4 vf5 uplink"},
	{"broadcast reaches all", "vf0", "bc vf0 arp", "vf1 vf2 vf3 vf4 vf5 pf uplink"},
	{"broadcast from the wire reaches all", "uplink", "bc ext arp",
	 "vf0 vf1 vf2 vf3 vf4 vf5 pf"},
	{"who listed a group need not hear its own", "vf1", "mc vf1 ip", "vf0 vf4 vf5 pf uplink"},
	{"a port may send to groups that it did not list", "vf2", "mc vf2 ip",
	 "vf0 vf1 vf4 vf5 pf uplink"},
	{"unicast is no matter of groups", "uplink", "vf2 ext ip", "vf2 vf4"},
	{"in a VLAN a group reaches those that listed it", "uplink", "mc ext c10 ip",
	 "vf10 vf11 : mc ext ip ; pf"},
	{"in a VLAN another group reaches those that take all", "uplink", "mc6 ext c10 t86dd",
	 "vf10 : mc6 ext t86dd ; pf"},
	{"in a VLAN broadcast reaches all", "vf11", "bc vf11 arp",
	 "vf10 vf12 ; pf uplink : bc vf11 c10 arp"},
	{"a group in another VLAN does not reach who listed it", "vf10", "mc vf10 ip",
	 "vf11 ; pf uplink : mc vf10 c10 ip"},
	{"a GSO frame to a group counts as its segments", "vf10", "mc vf10 ip +256 gso=76x3",
	 "vf11 ; pf uplink : mc vf10 c10 ip +256"},
};

/* ---- state, while the uplink has no carrier */

#define STATES                                                                                     \
	BEGIN                                                                                      \
	"vfs:\n" VF(0, "00") "}\n" VF(1, "01") ", state: enable}\n"                                \
	VF(2, "02") ", state: enable}\n" VF(3, "03") ", state: disable}\n"                         \
	VF(4, "04") ", state: auto}\n" VF(5, "05") ", state: auto, hook: xdp}\n"                   \
	VF(6, "06") ", state: enable, hook: xdp}\n"

static const struct lab_setup linkless = {.yaml = STATES, .uplink_no_link = true};
static const struct lab_setup linked = {.yaml = STATES};

static const struct lab_case state_down[] = {
	{"enabled VFs talk while the uplink is down", "vf1", "vf2 vf1 ip", "vf2"},
	{"an enabled VF talks to an enabled XDP guest", "vf1", "vf6 vf1 ip", "vf6"},
	{"an enabled VF talks to the host", "vf1", "pf vf1 ip", "pf"},
	{"the host talks to an enabled VF", "pf", "vf1 pf ip", "vf1"},
	{"a VF that follows the uplink reaches nobody", "vf0", "vf1 vf0 ip", "! link"},
	{"a VF that follows the uplink does not reach another", "vf0", "vf4 vf0 ip", "! link"},
	{"an XDP guest that follows the uplink reaches nobody", "vf5", "vf1 vf5 ip", "! link"},
	{"a VF that follows the uplink is not reached", "vf1", "vf4 vf1 ip", "vf4!link"},
	{"an XDP guest that follows the uplink is not reached", "vf1", "vf5 vf1 ip", "vf5!link"},
	{"the host does not reach a VF that follows the uplink", "pf", "vf0 pf ip", "vf0!link"},
	{"a disabled VF reaches nobody", "vf3", "vf1 vf3 ip", "! link"},
	{"a disabled VF is not reached", "vf1", "vf3 vf1 ip", "vf3!link"},
	{"link comes before spoof_mac", "vf0", "vf1 ext ip", "! link"},
};

static const struct lab_case state_up[] = {
	{"a VF that follows the uplink talks", "vf0", "vf4 vf0 ip", "vf4"},
	{"a VF that follows the uplink reaches the wire", "vf4", "ext vf4 ip", "uplink"},
	{"an enabled VF talks", "vf1", "vf0 vf1 ip", "vf0"},
	{"an XDP guest that follows the uplink is reached", "vf0", "vf5 vf0 ip", "vf5"},
	{"a disabled VF reaches nobody", "vf3", "vf1 vf3 ip", "! link"},
	{"a disabled VF is not reached", "uplink", "vf3 ext ip", "vf3!link"},
	{"a broadcast skips a disabled VF without a drop", "vf0", "bc vf0 arp",
	 "vf1 vf2 vf4 vf5 vf6 pf uplink"},
};

/* ---- dscp: priority of the inserted tag = DSCP / 8 */

static const struct lab_setup coloured = {
	.yaml = BEGIN
		"vfs:\n"
		VF(0, "00") ", vlan: 10, dscp: on}\n"
		VF(1, "01") ", vlan: 10, strip: off, dscp: on}\n"
		VF(2, "02") ", vlan: 10, trunk: [20], dscp: on}\n"
		VF(3, "03") ", vlan: 10, strip: off, hook: xdp}\n"
		VF(4, "04") ", vlan: 100, proto: 802.1ad, dscp: on}\n"
		VF(5, "05") ", vlan: 10, dscp: on, hook: xdp}\n"
		VF(6, "06") ", vlan: 10}\n",
};

#define V4 "ip4=10.0.0.1>10.0.0.2 udp=1>2"
#define V6 "ip6=fd00::1>fd00::2 udp=1>2"

static const struct lab_case dscp[] = {
	{"IPv4 of DSCP 46 gets priority 5", "vf0", "ext vf0 " V4 " tos=b8",
	 "uplink : ext vf0 c10.5 " V4 " tos=b8"},
	{"IPv6 of DSCP 46 gets priority 5", "vf0", "ext vf0 " V6 " tos=b8",
	 "uplink : ext vf0 c10.5 " V6 " tos=b8"},
	{"IPv4 of DSCP 56 gets priority 7", "vf0", "ext vf0 " V4 " tos=e0",
	 "uplink : ext vf0 c10.7 " V4 " tos=e0"},
	{"IPv6 of DSCP 63 gets priority 7", "vf0", "ext vf0 " V6 " tos=fc",
	 "uplink : ext vf0 c10.7 " V6 " tos=fc"},
	{"IPv6 of DSCP 10 gets priority 1", "vf0", "ext vf0 " V6 " tos=28",
	 "uplink : ext vf0 c10.1 " V6 " tos=28"},
	{"DSCP 7 gets priority 0", "vf0", "ext vf0 " V4 " tos=1c", "uplink : ext vf0 c10 " V4 " tos=1c"},
	{"congestion bits are not the DSCP", "vf0", "ext vf0 " V4 " tos=03",
	 "uplink : ext vf0 c10 " V4 " tos=03"},
	{"ARP gets priority 0", "vf0", "ext vf0 arp4=10.0.0.1>10.0.0.2",
	 "uplink : ext vf0 c10 arp4=10.0.0.1>10.0.0.2"},
	{"another EtherType gets priority 0", "vf0", "ext vf0 t88b5", "uplink : ext vf0 c10 t88b5"},
	{"an 802.3 frame gets priority 0", "vf0", "ext vf0 llc", "uplink : ext vf0 c10 llc"},
	{"an IPv4 fragment has a DSCP, too", "vf0", "ext vf0 " V4 " tos=60 frag=185",
	 "uplink : ext vf0 c10.3 " V4 " tos=60 frag=185"},
	{"between access ports there is no tag", "vf0", "vf6 vf0 " V4 " tos=b8", "vf6"},
	{"a guest that sees the tag sees the priority", "vf0", "vf1 vf0 " V4 " tos=b8",
	 "vf1 : vf1 vf0 c10.5 " V4 " tos=b8"},
	{"an XDP guest that sees the tag sees the priority", "vf0", "vf3 vf0 " V6 " tos=40",
	 "vf3 : vf3 vf0 c10.2 " V6 " tos=40"},
	{"an XDP guest's inserted tag follows the DSCP", "vf5", "ext vf5 " V4 " tos=b8",
	 "uplink : ext vf5 c10.5 " V4 " tos=b8"},
	{"a flood's inserted tags follow the DSCP", "vf0", "bc vf0 " V4 " tos=b8",
	 "vf2 vf5 vf6 ; vf1 vf3 pf uplink : bc vf0 c10.5 " V4 " tos=b8"},
	{"the native VLAN's inserted tag follows the DSCP", "vf2", "ext vf2 " V4 " tos=b8",
	 "uplink : ext vf2 c10.5 " V4 " tos=b8"},
	{"a guest's own tag keeps its priority", "vf2", "ext vf2 c20.1 " V4 " tos=b8", "uplink"},
	{"a guest's own tag of the access VLAN keeps its priority", "vf1",
	 "ext vf1 c10.1 " V4 " tos=b8", "uplink"},
	{"an inserted S-TAG follows the DSCP", "vf4", "ext vf4 " V4 " tos=b8",
	 "uplink : ext vf4 s100.5 " V4 " tos=b8"},
	{"an inserted S-TAG follows the DSCP behind the guest's C-TAG", "vf4",
	 "ext vf4 c7.2 " V6 " tos=b8", "uplink : ext vf4 s100.5 c7.2 " V6 " tos=b8"},
	{"a port without dscp inserts priority 0", "vf6", "ext vf6 " V4 " tos=b8",
	 "uplink : ext vf6 c10 " V4 " tos=b8"},
	{"what comes from the wire is not recoloured", "uplink", "vf1 ext c10.2 " V4 " tos=b8",
	 "vf1"},
};

#define TABLE(setup, cases) lab_table(#cases, &setup, cases, ARRAY_SIZE(cases))

int main(void)
{
	int failed = 0;

	failed += TABLE(addresses, macs) != 0;
	failed += TABLE(trusted, trust) != 0;
	failed += TABLE(watchers, promisc) != 0;
	failed += TABLE(hostless, alone) != 0;
	failed += TABLE(listeners, multicast) != 0;
	failed += TABLE(linkless, state_down) != 0;
	failed += TABLE(linked, state_up) != 0;
	failed += TABLE(coloured, dscp) != 0;
	return failed;
}
