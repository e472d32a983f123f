/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * C-VLANs: access, trunk, native, priority tags, two tags, unknown addresses (design.md section 7).
 *
 *	vf0 vlan 10           vf1 vlan 10 qos 3    vf2 vlan 10 strip off    vf3 vlan 20
 *	vf4 trunk 10 20 300-310                    vf5 trunk 10 20, native 30
 *	vf6 trunk all         vf7 trunk 40, untagged                        vf8 nothing: no VLAN
 *	vf9 vlan 10, XDP      vf10 vlan 10 strip off, XDP                   vf11 trunk 10 20, XDP
 *	vf12 trunk all, native 50                  vf13 vlan 10, isolated   vf14 trunk 10, isolated
 *	the PF: trunk all
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "harness.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct lab_setup cvlan = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"uplink: {dev: up}\n"
		"vfs:\n"
		"  - {id: 0, dev: h0, mac: \"02:00:00:00:01:00\", vlan: 10}\n"
		"  - {id: 1, dev: h1, mac: \"02:00:00:00:01:01\", vlan: 10, qos: 3}\n"
		"  - {id: 2, dev: h2, mac: \"02:00:00:00:01:02\", vlan: 10, strip: off}\n"
		"  - {id: 3, dev: h3, mac: \"02:00:00:00:01:03\", vlan: 20}\n"
		"  - {id: 4, dev: h4, mac: \"02:00:00:00:01:04\", trunk: [10, 20, 300-310]}\n"
		"  - {id: 5, dev: h5, mac: \"02:00:00:00:01:05\", trunk: [10, 20], vlan: 30}\n"
		"  - {id: 6, dev: h6, mac: \"02:00:00:00:01:06\", trunk: all}\n"
		"  - {id: 7, dev: h7, mac: \"02:00:00:00:01:07\", trunk: [40], untagged: on}\n"
		"  - {id: 8, dev: h8, mac: \"02:00:00:00:01:08\"}\n"
		"  - {id: 9, dev: h9, mac: \"02:00:00:00:01:09\", vlan: 10, hook: xdp}\n"
		"  - {id: 10, dev: h10, mac: \"02:00:00:00:01:0a\", vlan: 10, strip: off, hook: "
		"xdp}\n"
		"  - {id: 11, dev: h11, mac: \"02:00:00:00:01:0b\", trunk: [10, 20], hook: xdp}\n"
		"  - {id: 12, dev: h12, mac: \"02:00:00:00:01:0c\", trunk: all, vlan: 50}\n"
		"  - {id: 13, dev: h13, mac: \"02:00:00:00:01:0d\", vlan: 10, isolated: on}\n"
		"  - {id: 14, dev: h14, mac: \"02:00:00:00:01:0e\", trunk: [10], isolated: on}\n",
};

static const struct lab_case access[] = {
	{"between access ports of one VLAN a frame stays as it is", "vf0", "vf1 vf0 ip", "vf1"},
	{"an access port's frame leaves with its tag", "vf0", "ext vf0 ip",
	 "uplink : ext vf0 c10 ip"},
	{"an access port's ARP leaves with its tag", "vf0", "ext vf0 arp",
	 "uplink : ext vf0 c10 arp"},
	{"an access port's LLC frame leaves with its tag", "vf0", "ext vf0 llc",
	 "uplink : ext vf0 c10 llc"},
	{"the inserted tag has the port's qos", "vf1", "ext vf1 ip", "uplink : ext vf1 c10.3 ip"},
	{"a port with strip off gets the tag of the access VLAN", "vf0", "vf2 vf0 ip",
	 "vf2 : vf2 vf0 c10 ip"},
	{"a port with strip off gets the sender's qos in it", "vf1", "vf2 vf1 ip",
	 "vf2 : vf2 vf1 c10.3 ip"},
	{"a trunk port gets an access port's frame with its tag", "vf0", "vf4 vf0 ip",
	 "vf4 : vf4 vf0 c10 ip"},
	{"the PF gets an access port's frame with its tag", "vf0", "pf vf0 ip",
	 "pf : pf vf0 c10 ip"},
	{"a tagged frame from the wire is delivered without the access VLAN's tag", "uplink",
	 "vf0 ext c10.6 ip", "vf0 : vf0 ext ip"},
	{"a tagged ARP from the wire is delivered without the access VLAN's tag", "uplink",
	 "vf0 ext c10 arp", "vf0 : vf0 ext arp"},
	{"a tagged frame from the wire keeps its tag where strip is off", "uplink",
	 "vf2 ext c10.6d ip", "vf2"},
	{"an untagged frame from the wire is not in the access VLAN", "uplink", "vf0 ext ip", "pf"},
	{"the PF's tagged frame reaches an access port without tag", "pf", "vf0 pf c10 ip",
	 "vf0 : vf0 pf ip"},
	{"the PF's untagged frame is not in the access VLAN", "pf", "vf0 pf ip", "uplink"},
	{"a VF's frame to an address in another VLAN goes to the wire", "vf0", "vf3 vf0 ip",
	 "uplink : vf3 vf0 c10 ip"},
	{"a VF's frame to an address in no VLAN goes to the wire", "vf0", "vf8 vf0 ip",
	 "uplink : vf8 vf0 c10 ip"},
	{"a frame from the wire to an address in another VLAN goes to the PF", "uplink",
	 "vf3 ext c10 ip", "pf"},
	{"the PF's frame to an address in another VLAN goes to the wire", "pf", "vf3 pf c10 ip",
	 "uplink"},
	{"a VF in a VLAN that addresses itself reaches nobody", "vf0", "vf0 vf0 ip", "! self"},
	{"a frame in the VLAN that came back does not reach its sender", "uplink", "vf0 vf0 c10 ip",
	 "! reflected"},
	{"an isolated access port does not reach an isolated trunk port", "vf13", "vf14 vf13 ip",
	 "! isolated"},
	{"an isolated trunk port does not reach an isolated access port", "vf14",
	 "vf13 vf14 c10 ip", "! isolated"},
	{"access to access by XDP changes nothing", "vf0", "vf9 vf0 ip", "vf9"},
	{"access to strip off by XDP inserts the tag", "vf9", "vf10 vf9 ip",
	 "vf10 : vf10 vf9 c10 ip"},
	{"access to strip off by XDP inserts the qos", "vf1", "vf10 vf1 ip",
	 "vf10 : vf10 vf1 c10.3 ip"},
	{"strip off to access by XDP removes the tag", "vf10", "vf9 vf10 c10.5 ip",
	 "vf9 : vf9 vf10 ip"},
	{"wire to access by XDP removes the tag", "uplink", "vf9 ext c10 ip", "vf9 : vf9 ext ip"},
	{"wire to access by XDP removes the tag of an ARP", "uplink", "vf9 ext c10 arp",
	 "vf9 : vf9 ext arp"},
	{"wire to trunk by XDP keeps the tag", "uplink", "vf11 ext c20.7d ip", "vf11"},
	{"the PF's tagged frame to an XDP guest loses its tag", "pf", "vf9 pf c10 ip",
	 "vf9 : vf9 pf ip"},
	{"an EtherType 0x9100 is no tag to an access port", "vf0", "ext vf0 t9100",
	 "uplink : ext vf0 c10 t9100"},
};

static const struct lab_case tagged[] = {
	{"a tag of its own VLAN on an access port is refused", "vf0", "ext vf0 c10 ip",
	 "! vlan_tagged"},
	{"a tag of another VLAN on an access port is refused", "vf0", "ext vf0 c20 ip",
	 "! vlan_tagged"},
	{"an S-TAG on an access port is refused", "vf0", "ext vf0 s10 ip", "! vlan_tagged"},
	{"a tagged broadcast on an access port is refused", "vf0", "bc vf0 c10 arp",
	 "! vlan_tagged"},
	{"VID 4095 on an access port is refused", "vf0", "vf1 vf0 c4095 ip", "! vlan_tagged"},
	{"an XDP guest's tag on an access port is refused", "vf9", "vf0 vf9 c10 ip",
	 "! vlan_tagged"},
	{"spoof_mac comes before vlan_tagged", "vf0", "vf1 ext c10 ip", "! spoof_mac"},
	{"inject comes before vlan_tagged", "vf0", "vf1 vf0 c10 t893f", "! inject"},
	{"vlan_tagged comes before self", "vf0", "vf0 vf0 c10 ip", "! vlan_tagged"},
	{"with strip off the guest may send the tag that it sees", "vf2", "ext vf2 c10.5d ip",
	 "uplink"},
	{"with strip off the guest's tag is removed for an access port", "vf2", "vf0 vf2 c10 ip",
	 "vf0 : vf0 vf2 ip"},
	{"with strip off the guest may also send untagged", "vf2", "ext vf2 ip",
	 "uplink : ext vf2 c10 ip"},
	{"with strip off another VLAN's tag is refused", "vf2", "ext vf2 c20 ip", "! vlan_tagged"},
	{"with strip off an S-TAG of the same number is refused", "vf2", "ext vf2 s10 ip",
	 "! vlan_tagged"},
	{"a trunk port's frame reaches an access port without tag", "vf4", "vf0 vf4 c10.6 ip",
	 "vf0 : vf0 vf4 ip"},
	{"a trunk port's frame keeps priority and DEI at a trunk port", "vf4", "vf5 vf4 c20.6d ip",
	 "vf5"},
	{"a trunk port's frame keeps its tag on the wire", "vf4", "ext vf4 c300.1 ip", "uplink"},
	{"the first VLAN of a range is in it", "vf4", "vf6 vf4 c300 ip", "vf6"},
	{"the last VLAN of a range is in it", "vf4", "vf6 vf4 c310 ip", "vf6"},
	{"the VLAN before a range is not in it", "vf4", "vf6 vf4 c299 ip", "! vlan_filter"},
	{"the VLAN behind a range is not in it", "vf4", "vf6 vf4 c311 ip", "! vlan_filter"},
	{"a VLAN that only others name is refused", "vf4", "vf6 vf4 c30 ip", "! vlan_filter"},
	{"a VLAN that nobody names is refused", "vf4", "vf6 vf4 c77 ip", "! vlan_filter"},
	{"an untagged frame on a trunk list is refused", "vf4", "vf0 vf4 ip", "! vlan_filter"},
	{"a priority tag on a trunk list is refused", "vf4", "vf0 vf4 c0.5 ip", "! vlan_filter"},
	{"VID 4095 on a trunk is refused", "vf4", "vf0 vf4 c4095 ip", "! vlan_filter"},
	{"an S-TAG on a C-VLAN trunk is refused", "vf4", "vf0 vf4 s10 ip", "! vlan_filter"},
	{"a frame from the wire in a trunk's VLAN reaches it", "uplink", "vf4 ext c305 ip", "vf4"},
	{"a frame from the wire outside a trunk's VLANs goes to the PF", "uplink",
	 "vf4 ext c311 ip", "pf"},
	{"a trunk port to another VLAN's address goes to the wire", "vf4", "vf3 vf4 c10 ip",
	 "uplink"},
	{"a trunk port reaches an access port of each VLAN", "vf4", "vf3 vf4 c20 ip",
	 "vf3 : vf3 vf4 ip"},
	{"an XDP trunk guest's frame to an XDP access guest loses its tag", "vf11",
	 "vf9 vf11 c10 ip", "vf9 : vf9 vf11 ip"},
	{"an untagged frame is in the native VLAN", "vf5", "ext vf5 ip", "uplink : ext vf5 c30 ip"},
	{"the native VLAN's own tag is accepted", "vf5", "ext vf5 c30.6 ip", "uplink"},
	{"a priority tag becomes the native VLAN's", "vf5", "ext vf5 c0.6 ip",
	 "uplink : ext vf5 c30.6 ip"},
	{"a trunk with native VLAN may send its tagged VLANs", "vf5", "vf0 vf5 c10 ip",
	 "vf0 : vf0 vf5 ip"},
	{"a trunk with native VLAN may not send others", "vf5", "vf6 vf5 c40 ip", "! vlan_filter"},
	{"the native VLAN's frames arrive untagged", "uplink", "vf5 ext c30.2 ip",
	 "vf5 : vf5 ext ip"},
	{"a tagged VLAN's frames arrive tagged beside a native VLAN", "uplink", "vf5 ext c10.2 ip",
	 "vf5"},
	{"trunk all admits a VLAN that nobody names", "vf6", "ext vf6 c77.1 ip", "uplink"},
	{"trunk all admits a VLAN that others name", "vf6", "vf3 vf6 c20 ip", "vf3 : vf3 vf6 ip"},
	{"trunk all admits the last VLAN", "vf6", "pf vf6 c4094 ip", "pf"},
	{"trunk all admits VLAN 1", "vf6", "vf12 vf6 c1 ip", "vf12"},
	{"trunk all does not admit VID 4095", "vf6", "ext vf6 c4095 ip", "! vlan_filter"},
	{"trunk all of C-VLANs does not admit an S-TAG", "vf6", "ext vf6 s77 ip", "! vlan_filter"},
	{"trunk all is untagged in no VLAN", "vf6", "vf8 vf6 ip", "vf8"},
	{"trunk all keeps a priority tag in no VLAN", "vf6", "vf8 vf6 c0.5 ip", "vf8"},
	{"trunk all with a native VLAN is untagged in that", "vf12", "vf6 vf12 ip",
	 "vf6 : vf6 vf12 c50 ip"},
	{"trunk all with a native VLAN gets that untagged", "vf6", "vf12 vf6 c50 ip",
	 "vf12 : vf12 vf6 ip"},
	{"trunk all with a native VLAN is not in no VLAN", "vf8", "vf12 vf8 ip", "uplink"},
	{"untagged on: untagged frames are in no VLAN", "vf7", "vf8 vf7 ip", "vf8"},
	{"untagged on: a priority tag is kept as it came", "vf7", "vf8 vf7 c0.3 ip", "vf8"},
	{"untagged on: the trunk's VLAN is admitted", "vf7", "vf6 vf7 c40 ip", "vf6"},
	{"untagged on: other VLANs are refused", "vf7", "vf6 vf7 c41 ip", "! vlan_filter"},
	{"untagged on: an untagged frame from the wire arrives", "uplink", "vf7 ext ip", "vf7"},
	{"a VLAN that nobody names reaches trunk all from the wire", "uplink", "vf6 ext c77 ip",
	 "vf6"},
	{"a VLAN that nobody names reaches the PF by its address", "uplink", "pf ext c77 ip", "pf"},
	{"an unknown address in a VLAN that nobody names goes to the PF", "uplink",
	 "ext2 ext c77 ip", "pf"},
	{"an access port's address in a VLAN that nobody names goes to the PF", "uplink",
	 "vf0 ext c77 ip", "pf"},
	{"VID 4095 from the wire is refused", "uplink", "pf ext c4095 ip", "! vlan_filter"},
	{"VID 4095 from the wire is refused, also a broadcast", "uplink", "bc ext c4095 arp",
	 "! vlan_filter"},
	{"VID 4095 from the PF is refused", "pf", "ext pf c4095 ip", "! vlan_filter"},
	{"an S-VLAN from the wire is not the C-VLAN of that number", "uplink", "vf0 ext s10 ip",
	 "pf"},
	{"an EtherType 0x9100 from the wire is no tag", "uplink", "vf8 ext t9100", "vf8"},
};

static const struct lab_case priority[] = {
	{"a priority tag becomes the access VLAN's and keeps its priority", "vf0",
	 "ext vf0 c0.5 ip", "uplink : ext vf0 c10.5 ip"},
	{"a priority tag keeps its DEI, too", "vf0", "ext vf0 c0.5d ip",
	 "uplink : ext vf0 c10.5d ip"},
	{"a priority tag gets the port's qos if there is one", "vf1", "ext vf1 c0.5 ip",
	 "uplink : ext vf1 c10.3 ip"},
	{"a priority tag disappears at an access port", "vf0", "vf1 vf0 c0.5 ip",
	 "vf1 : vf1 vf0 ip"},
	{"a priority tag becomes the VLAN's at a port with strip off", "vf0", "vf2 vf0 c0.5 ip",
	 "vf2 : vf2 vf0 c10.5 ip"},
	{"a priority tag of a port with strip off becomes the VLAN's", "vf2", "ext vf2 c0.5 ip",
	 "uplink : ext vf2 c10.5 ip"},
	{"a priority tag disappears by XDP", "vf0", "vf9 vf0 c0.5 ip", "vf9 : vf9 vf0 ip"},
	{"a priority tag becomes the VLAN's by XDP", "vf0", "vf10 vf0 c0.5 ip",
	 "vf10 : vf10 vf0 c10.5 ip"},
	{"a C-TAG behind a priority tag is a tag on an access port, toward the wire", "vf0",
	 "ext vf0 c0.2 c20 ip", "! vlan_tagged"},
	{"a C-TAG behind a priority tag is a tag on an access port, toward a peer", "vf0",
	 "vf1 vf0 c0.2 c20 ip", "! vlan_tagged"},
	{"an inner tag of an access VLAN is payload", "uplink", "vf0 ext c10 c99.4 ip",
	 "vf0 : vf0 ext c99.4 ip"},
	{"an inner tag of an access VLAN is payload by XDP", "uplink", "vf9 ext c10 c99.4 ip",
	 "vf9 : vf9 ext c99.4 ip"},
	{"an inner S-TAG of an access VLAN is payload", "uplink", "vf0 ext c10 s99 ip",
	 "vf0 : vf0 ext s99 ip"},
	{"two tags stay on a trunk", "vf4", "vf5 vf4 c10 c20 ip", "vf5"},
	{"of two tags of a trunk an access port loses one", "vf4", "vf0 vf4 c10 c20.7 ip",
	 "vf0 : vf0 vf4 c20.7 ip"},
	{"of three tags an access port loses one", "vf4", "vf0 vf4 c10 s20 c30 ip",
	 "vf0 : vf0 vf4 s20 c30 ip"},
	{"the outermost tag decides, not the inner one", "vf4", "ext vf4 c77 c10 ip",
	 "! vlan_filter"},
	{"with strip off a second tag is payload", "vf2", "vf0 vf2 c10 c7 ip",
	 "vf0 : vf0 vf2 c7 ip"},
	{"priority of the VLAN's tag does not decide the VLAN", "uplink", "vf0 ext c10.7d ip",
	 "vf0 : vf0 ext ip"},
	{"a frame of MTU 1500 leaves with its tag", "vf0", "ext vf0 ip +1500",
	 "uplink : ext vf0 c10 ip +1500"},
	{"a frame that is too long with its tag is lost at the wire", "vf0", "ext vf0 ip +1501",
	 "uplink!mtu"},
	{"a frame that fits only without its tag reaches an access port", "uplink",
	 "vf0 ext c10 ip +1504", "vf0 : vf0 ext ip +1504"},
	{"a frame that fits only without its tag is lost where strip is off", "uplink",
	 "vf2 ext c10 ip +1504", "vf2!mtu"},
	{"a frame that fits only without its tag reaches an XDP access guest", "uplink",
	 "vf9 ext c10 ip +1504", "vf9 : vf9 ext ip +1504"},
	{"a frame that is too long with its tag is lost at an XDP guest", "vf0",
	 "vf10 vf0 ip +1501", "vf10!mtu"},
	{"a frame that fits only without its priority tag reaches an access port", "vf0",
	 "vf1 vf0 c0.5 ip +1504", "vf1 : vf1 vf0 ip +1504"},
};

#define T10 "vf4 vf5 vf6 vf10 vf11 vf12" /* get VLAN 10 tagged: beside vf2, vf14, PF and wire */

static const struct lab_case floods[] = {
	{"an access port's broadcast stays untagged or gets its tag, port by port", "vf0",
	 "bc vf0 arp", "vf1 vf9 vf13 ; vf2 vf14 pf uplink " T10 " : bc vf0 c10 arp"},
	{"an access port's multicast stays untagged or gets its tag, port by port", "vf0",
	 "mc vf0 ip", "vf1 vf9 vf13 ; vf2 vf14 pf uplink " T10 " : mc vf0 c10 ip"},
	{"an access port's broadcast has the port's qos", "vf1", "bc vf1 arp",
	 "vf0 vf9 vf13 ; vf2 vf14 pf uplink " T10 " : bc vf1 c10.3 arp"},
	{"a tagged broadcast of a port with strip off loses its tag where it must", "vf2",
	 "bc vf2 c10.5 arp", "vf0 vf1 vf9 vf13 : bc vf2 arp ; vf14 pf uplink " T10},
	{"a trunk port's broadcast loses its tag where it must", "vf4", "bc vf4 c20.1 arp",
	 "vf3 : bc vf4 arp ; vf5 vf6 vf11 vf12 pf uplink"},
	{"a priority-tagged broadcast is untagged or in the VLAN, port by port", "vf0",
	 "bc vf0 c0.5 arp",
	 "vf1 vf9 vf13 : bc vf0 arp ; vf2 vf14 pf uplink " T10 " : bc vf0 c10.5 arp"},
	{"a VF in another VLAN never sees the broadcast", "vf3", "bc vf3 arp",
	 "vf4 vf5 vf6 vf11 vf12 pf uplink : bc vf3 c20 arp"},
	{"a native VLAN's broadcast gets its tag", "vf5", "bc vf5 arp",
	 "vf6 vf12 pf uplink : bc vf5 c30 arp"},
	{"a broadcast in no VLAN reaches who is untagged there", "vf8", "bc vf8 arp",
	 "vf6 vf7 pf uplink"},
	{"a priority-tagged broadcast in no VLAN is kept as it came", "vf8", "bc vf8 c0.5 arp",
	 "vf6 vf7 pf uplink"},
	{"a broadcast in a VLAN that nobody names reaches trunk all", "vf6", "bc vf6 c77 arp",
	 "vf12 pf uplink"},
	{"an isolated access port's broadcast skips the isolated trunk port", "vf13", "bc vf13 arp",
	 "vf0 vf1 vf9 ; vf2 pf uplink " T10 " : bc vf13 c10 arp"},
	{"an isolated trunk port's broadcast skips the isolated access port", "vf14",
	 "bc vf14 c10 arp", "vf0 vf1 vf9 : bc vf14 arp ; vf2 pf uplink " T10},
	{"a tagged broadcast from the wire loses its tag where it must", "uplink",
	 "bc ext c10.6 arp", "vf0 vf1 vf9 vf13 : bc ext arp ; vf2 vf14 pf " T10},
	{"a tagged multicast from the wire loses its tag where it must", "uplink",
	 "mc6 ext c10 t86dd", "vf0 vf1 vf9 vf13 : mc6 ext t86dd ; vf2 vf14 pf " T10},
	{"a broadcast from the wire with two tags loses the outer one where it must", "uplink",
	 "bc ext c10 c99.2 arp", "vf0 vf1 vf9 vf13 : bc ext c99.2 arp ; vf2 vf14 pf " T10},
	{"an untagged broadcast from the wire reaches who is in no VLAN", "uplink", "bc ext arp",
	 "vf6 vf7 vf8 pf"},
	{"a priority-tagged broadcast from the wire reaches who is in no VLAN", "uplink",
	 "bc ext c0.5 arp", "vf6 vf7 vf8 pf"},
	{"a broadcast from the wire in a trunk's range reaches its members", "uplink",
	 "bc ext c305 arp", "vf4 vf6 vf12 pf"},
	{"a broadcast from the wire in a VLAN that nobody names reaches trunk all", "uplink",
	 "bc ext c77 arp", "vf6 vf12 pf"},
	{"a broadcast from the wire in the native VLAN arrives untagged there", "uplink",
	 "bc ext c30.4 arp", "vf5 : bc ext arp ; vf6 vf12 pf"},
	{"a broadcast from the wire in an S-VLAN reaches the PF only", "uplink", "bc ext s10 arp",
	 "pf"},
	{"the PF's tagged broadcast loses its tag where it must", "pf", "bc pf c10 arp",
	 "vf0 vf1 vf9 vf13 : bc pf arp ; vf2 vf14 uplink " T10},
	{"the PF's untagged broadcast reaches who is in no VLAN", "pf", "bc pf arp",
	 "vf6 vf7 vf8 uplink"},
	{"the PF's broadcast in an S-VLAN reaches the wire only", "pf", "bc pf s10 arp", "uplink"},
	{"a broadcast that came back does not reach its sender in its VLAN", "uplink",
	 "bc vf0 c10 arp", "vf1 vf9 vf13 : bc vf0 arp ; vf2 vf14 pf " T10},
	{"an address is not its owner's in a VLAN where the owner is not", "uplink",
	 "bc vf0 c20 arp", "vf3 : bc vf0 arp ; vf4 vf5 vf6 vf11 vf12 pf"},
	{"a long broadcast is lost where it has to have a tag", "vf0", "bc vf0 ip +1501",
	 "vf1 vf9 vf13 ; vf2!mtu vf4!mtu vf5!mtu vf6!mtu vf10!mtu vf11!mtu vf12!mtu vf14!mtu "
	 "pf!mtu "
	 "uplink!mtu"},
};

#define TABLE(cases) lab_table(#cases, &cvlan, cases, ARRAY_SIZE(cases))

int main(void)
{
	int failed = 0;

	failed += TABLE(access) != 0;
	failed += TABLE(tagged) != 0;
	failed += TABLE(priority) != 0;
	failed += TABLE(floods) != 0;
	return failed;
}
