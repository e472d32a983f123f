/* SPDX-License-Identifier: GPL-2.0-only */
/* S-VLANs with a guest's C-TAG inside; the PF as access, trunk and native port. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "harness.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

/*
 *	vf0 S 100          vf1 S 100 strip off   vf2 S 200    vf3 S trunk 100 200
 *	vf4 C 100          vf5 S trunk all       vf6 S 100, XDP
 *	vf7 S 100 qos 4    vf8 S 100 strip off, XDP
 */
static const struct lab_setup svlan = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"uplink: {dev: up}\n"
		"vfs:\n"
		"  - {id: 0, dev: h0, mac: \"02:00:00:00:01:00\", vlan: 100, proto: 802.1ad}\n"
		"  - {id: 1, dev: h1, mac: \"02:00:00:00:01:01\", vlan: 100, proto: 802.1ad, "
		"strip: off}\n"
		"  - {id: 2, dev: h2, mac: \"02:00:00:00:01:02\", vlan: 200, proto: 802.1ad}\n"
		"  - {id: 3, dev: h3, mac: \"02:00:00:00:01:03\", trunk: [100, 200], proto: "
		"802.1ad}\n"
		"  - {id: 4, dev: h4, mac: \"02:00:00:00:01:04\", vlan: 100}\n"
		"  - {id: 5, dev: h5, mac: \"02:00:00:00:01:05\", trunk: all, proto: 802.1ad}\n"
		"  - {id: 6, dev: h6, mac: \"02:00:00:00:01:06\", vlan: 100, proto: 802.1ad, hook: "
		"xdp}\n"
		"  - {id: 7, dev: h7, mac: \"02:00:00:00:01:07\", vlan: 100, proto: 802.1ad, qos: "
		"4}\n"
		"  - {id: 8, dev: h8, mac: \"02:00:00:00:01:08\", vlan: 100, proto: 802.1ad, "
		"strip: off, "
		"hook: xdp}\n",
};

static const struct lab_case stags[] = {
	{"a port of an S-VLAN sends with an S-TAG", "vf0", "ext vf0 ip",
	 "uplink : ext vf0 s100 ip"},
	{"the guest's C-TAG goes inside the S-TAG", "vf0", "ext vf0 c7 ip",
	 "uplink : ext vf0 s100 c7 ip"},
	{"the S-TAG has the frame's own priority", "vf0", "ext vf0 c7.5 ip",
	 "uplink : ext vf0 s100.5 c7.5 ip"},
	{"the S-TAG has the port's qos", "vf7", "ext vf7 c7.5 ip",
	 "uplink : ext vf7 s100.4 c7.5 ip"},
	{"the guest's C-TAG with VID 4095 is payload to an S-VLAN", "vf0", "ext vf0 c4095 ip",
	 "uplink : ext vf0 s100 c4095 ip"},
	{"two C-TAGs of a guest go inside the S-TAG", "vf0", "ext vf0 c7 c8 ip",
	 "uplink : ext vf0 s100 c7 c8 ip"},
	{"between ports of an S-VLAN a C-TAG stays as it is", "vf0", "vf7 vf0 c7.2 ip", "vf7"},
	{"between ports of an S-VLAN a C-TAG stays as it is by XDP", "vf0", "vf6 vf0 c7.2 ip",
	 "vf6"},
	{"a port with strip off gets the S-TAG", "vf0", "vf1 vf0 c7 ip",
	 "vf1 : vf1 vf0 s100 c7 ip"},
	{"a port with strip off gets the S-TAG by XDP", "vf0", "vf8 vf0 c7 ip",
	 "vf8 : vf8 vf0 s100 c7 ip"},
	{"a trunk port's S-TAG is removed, the C-TAG stays", "vf3", "vf0 vf3 s100 c7 ip",
	 "vf0 : vf0 vf3 c7 ip"},
	{"a frame from the wire loses its S-TAG and keeps its C-TAG", "uplink",
	 "vf0 ext s100.3d c7.5 ip", "vf0 : vf0 ext c7.5 ip"},
	{"a frame from the wire loses its S-TAG and keeps its C-TAG by XDP", "uplink",
	 "vf6 ext s100.3d c7.5 ip", "vf6 : vf6 ext c7.5 ip"},
	{"a frame from the wire with an S-TAG alone arrives untagged", "uplink", "vf0 ext s100 ip",
	 "vf0 : vf0 ext ip"},
	{"a frame from the wire keeps both tags where strip is off", "uplink", "vf1 ext s100 c7 ip",
	 "vf1"},
	{"the PF gets both tags", "vf0", "pf vf0 c7 ip", "pf : pf vf0 s100 c7 ip"},
	{"the PF's frame loses its S-TAG", "pf", "vf0 pf s100 c7 ip", "vf0 : vf0 pf c7 ip"},
	{"an S-TAG on a port of an S-VLAN is refused", "vf0", "ext vf0 s100 ip", "! vlan_tagged"},
	{"another S-TAG on a port of an S-VLAN is refused", "vf0", "ext vf0 s200 ip",
	 "! vlan_tagged"},
	{"an S-TAG with a C-TAG on a port of an S-VLAN is refused", "vf0", "ext vf0 s100 c7 ip",
	 "! vlan_tagged"},
	{"a priority S-TAG becomes the S-VLAN's", "vf0", "ext vf0 s0.5 ip",
	 "uplink : ext vf0 s100.5 ip"},
	{"with strip off the guest may send the S-TAG", "vf1", "ext vf1 s100.2 c7 ip", "uplink"},
	{"with strip off the guest may leave out the S-TAG", "vf1", "ext vf1 c7 ip",
	 "uplink : ext vf1 s100 c7 ip"},
	{"with strip off another S-TAG is refused", "vf1", "ext vf1 s200 ip", "! vlan_tagged"},
	{"an S-trunk admits its S-VLAN", "vf3", "vf2 vf3 s200 ip", "vf2 : vf2 vf3 ip"},
	{"an S-trunk does not admit other S-VLANs", "vf3", "ext vf3 s300 ip", "! vlan_filter"},
	{"an S-trunk does not admit the C-VLAN of that number", "vf3", "vf4 vf3 c100 ip",
	 "! vlan_filter"},
	{"an S-trunk does not admit untagged frames", "vf3", "ext vf3 ip", "! vlan_filter"},
	{"an S-TAG on a port of a C-VLAN is refused", "vf4", "ext vf4 s100 ip", "! vlan_tagged"},
	{"C-VLAN 100 does not reach S-VLAN 100", "vf4", "vf0 vf4 ip", "uplink : vf0 vf4 c100 ip"},
	{"S-VLAN 100 does not reach C-VLAN 100", "vf0", "vf4 vf0 ip", "uplink : vf4 vf0 s100 ip"},
	{"a frame of C-VLAN 100 from the wire is not in S-VLAN 100", "uplink", "vf0 ext c100 ip",
	 "pf"},
	{"an S-trunk of all admits an S-VLAN that nobody names", "vf5", "ext vf5 s77 ip", "uplink"},
	{"an S-trunk of all does not admit a C-VLAN", "vf5", "ext vf5 c77 ip", "! vlan_filter"},
	{"an S-trunk of all does not admit VID 4095", "vf5", "ext vf5 s4095 ip", "! vlan_filter"},
	{"an S-trunk of all is untagged in no VLAN", "vf5", "pf vf5 ip", "pf"},
	{"E-TAG behind the guest's C-TAG is refused in an S-VLAN", "vf0", "ext vf0 c7 t893f",
	 "! inject"},
	{"a broadcast with C-TAG gets the S-TAG where it must", "vf0", "bc vf0 c7.1 arp",
	 "vf6 vf7 ; vf1 vf3 vf5 vf8 pf uplink : bc vf0 s100.1 c7.1 arp"},
	{"an untagged broadcast gets the S-TAG where it must", "vf0", "bc vf0 arp",
	 "vf6 vf7 ; vf1 vf3 vf5 vf8 pf uplink : bc vf0 s100 arp"},
	{"a broadcast in S-VLAN 100 from the wire loses its S-TAG where it must", "uplink",
	 "bc ext s100 c7 arp", "vf0 vf6 vf7 : bc ext c7 arp ; vf1 vf3 vf5 vf8 pf"},
	{"a broadcast in C-VLAN 100 from the wire stays in it", "uplink", "bc ext c100 arp",
	 "vf4 : bc ext arp ; pf"},
	{"a broadcast in an S-VLAN that nobody names reaches who takes all of them", "uplink",
	 "bc ext s77 arp", "vf5 pf"},
};

/*
 * The PF is an access port: vf0 vlan 10, vf1 vlan 20, vf2 trunk 10 20, vf3 vlan 30 disabled,
 * vf4 alone in vlan 40
 */
static const struct lab_setup pf_access = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"uplink: {dev: up}\n"
		"pf: {vlan: 10}\n"
		"vfs:\n"
		"  - {id: 0, dev: h0, mac: \"02:00:00:00:01:00\", vlan: 10}\n"
		"  - {id: 1, dev: h1, mac: \"02:00:00:00:01:01\", vlan: 20}\n"
		"  - {id: 2, dev: h2, mac: \"02:00:00:00:01:02\", trunk: [10, 20]}\n"
		"  - {id: 3, dev: h3, mac: \"02:00:00:00:01:03\", vlan: 30, state: disable}\n"
		"  - {id: 4, dev: h4, mac: \"02:00:00:00:01:04\", vlan: 40}\n",
};

static const struct lab_case pf_accesses[] = {
	{"the access PF's frame leaves with its tag", "pf", "ext pf ip", "uplink : ext pf c10 ip"},
	{"the access PF's ARP leaves with its tag", "pf", "ext pf arp", "uplink : ext pf c10 arp"},
	{"the access PF's frame to an access VF stays as it is", "pf", "vf0 pf ip", "vf0"},
	{"the access PF's frame to a trunk VF gets its tag", "pf", "vf2 pf ip",
	 "vf2 : vf2 pf c10 ip"},
	{"the access PF's frame to another VLAN's VF goes to the wire", "pf", "vf1 pf ip",
	 "uplink : vf1 pf c10 ip"},
	{"the access PF's tag is refused", "pf", "ext pf c10 ip", "! vlan_tagged"},
	{"the access PF's priority tag becomes the VLAN's", "pf", "ext pf c0.5 ip",
	 "uplink : ext pf c10.5 ip"},
	{"the access PF's broadcast gets its tag where it must", "pf", "bc pf arp",
	 "vf0 ; vf2 uplink : bc pf c10 arp"},
	{"the access PF's control frame leaves as it is", "pf", "01:80:c2:00:00:0e pf t88cc",
	 "uplink"},
	{"an access VF's frame to the access PF stays as it is", "vf0", "pf vf0 ip", "pf"},
	{"a trunk VF's frame to the access PF loses its tag", "vf2", "pf vf2 c10 ip",
	 "pf : pf vf2 ip"},
	{"a VF in another VLAN does not reach the access PF", "vf1", "pf vf1 ip",
	 "uplink : pf vf1 c20 ip"},
	{"a frame from the wire to the access PF loses its tag", "uplink", "pf ext c10.4 ip",
	 "pf : pf ext ip"},
	{"an unknown address in the access PF's VLAN goes to it without tag", "uplink",
	 "ext2 ext c10 ip", "pf : ext2 ext ip"},
	{"an unknown address in a VLAN without the PF has no target", "uplink", "ext2 ext c20 ip",
	 "! no_target"},
	{"the access PF's address in another VLAN has no target", "uplink", "pf ext c20 ip",
	 "! no_target"},
	{"a broadcast from the wire reaches the access PF without tag", "uplink", "bc ext c10 arp",
	 "vf0 pf : bc ext arp ; vf2"},
	{"a broadcast in a VLAN without the PF reaches its VFs only", "uplink", "bc ext c20 arp",
	 "vf1 : bc ext arp ; vf2"},
	{"untagged from the wire is refused where nobody is in no VLAN", "uplink", "pf ext ip",
	 "! vlan_filter"},
	{"an untagged broadcast from the wire is refused where nobody is in no VLAN", "uplink",
	 "bc ext arp", "! vlan_filter"},
	{"a priority tag from the wire is refused where nobody is in no VLAN", "uplink",
	 "pf ext c0.5 ip", "! vlan_filter"},
	{"a VLAN that nobody is in is refused from the wire", "uplink", "vf0 ext c77 ip",
	 "! vlan_filter"},
	{"a VLAN that nobody is in is refused from the wire, also a broadcast", "uplink",
	 "bc ext c77 arp", "! vlan_filter"},
	{"an S-VLAN that nobody is in is refused from the wire", "uplink", "vf0 ext s10 ip",
	 "! vlan_filter"},
	{"control from the wire reaches the access PF untagged", "uplink",
	 "01:80:c2:00:00:0e ext t88cc", "pf"},
	{"control from the wire reaches the access PF also in a VLAN that nobody is in", "uplink",
	 "01:80:c2:00:00:0e ext c77 t88cc", "pf"},
	{"a broadcast whose only member is disabled has no target", "uplink", "bc ext c30 arp",
	 "! no_target"},
	{"a frame to a disabled VF in a VLAN is lost there", "uplink", "vf3 ext c30 ip",
	 "vf3!link"},
	{"a broadcast that came back to its sender alone is refused", "uplink", "bc vf4 c40 arp",
	 "! reflected"},
	{"a broadcast of the only port of a VLAN goes to the wire", "vf4", "bc vf4 arp",
	 "uplink : bc vf4 c40 arp"},
};

static const struct lab_setup pf_trunk = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"uplink: {dev: up}\n"
		"pf: {trunk: [10, 20]}\n"
		"vfs:\n"
		"  - {id: 0, dev: h0, mac: \"02:00:00:00:01:00\", vlan: 10}\n"
		"  - {id: 1, dev: h1, mac: \"02:00:00:00:01:01\", vlan: 30}\n"
		"  - {id: 2, dev: h2, mac: \"02:00:00:00:01:02\"}\n",
};

static const struct lab_case pf_trunks[] = {
	{"the trunk PF's frame leaves as it came", "pf", "ext pf c10.2 ip", "uplink"},
	{"the trunk PF's frame reaches an access VF", "pf", "vf0 pf c10 ip", "vf0 : vf0 pf ip"},
	{"the trunk PF's untagged frame is refused", "pf", "vf2 pf ip", "! vlan_filter"},
	{"the trunk PF's priority tag is refused", "pf", "vf2 pf c0.5 ip", "! vlan_filter"},
	{"the trunk PF's other VLAN is refused", "pf", "vf1 pf c30 ip", "! vlan_filter"},
	{"the trunk PF's S-TAG is refused", "pf", "ext pf s10 ip", "! vlan_filter"},
	{"the trunk PF is the default port of its VLAN", "uplink", "ext2 ext c20 ip", "pf"},
	{"the trunk PF is not the default port of another VLAN", "uplink", "ext2 ext c30 ip",
	 "! no_target"},
	{"the trunk PF is not the default port of untagged frames", "uplink", "ext2 ext ip",
	 "! no_target"},
	{"an untagged broadcast does not reach the trunk PF", "uplink", "bc ext arp", "vf2"},
	{"the PF's broadcast in a VLAN of its own goes to the wire", "pf", "bc pf c20 arp",
	 "uplink"},
	{"an untagged VF does not reach the trunk PF", "vf2", "pf vf2 ip", "uplink"},
};

static const struct lab_setup pf_native = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"uplink: {dev: up}\n"
		"pf: {vlan: 10, trunk: all}\n"
		"vfs:\n"
		"  - {id: 0, dev: h0, mac: \"02:00:00:00:01:00\", vlan: 10}\n"
		"  - {id: 1, dev: h1, mac: \"02:00:00:00:01:01\"}\n",
};

static const struct lab_case pf_natives[] = {
	{"the native PF's untagged frame leaves with the VLAN's tag", "pf", "ext pf ip",
	 "uplink : ext pf c10 ip"},
	{"the native PF may send the VLAN's own tag", "pf", "vf0 pf c10 ip", "vf0 : vf0 pf ip"},
	{"the native PF may send any other tag", "pf", "ext pf c77 ip", "uplink"},
	{"the native PF gets its VLAN untagged", "uplink", "pf ext c10 ip", "pf : pf ext ip"},
	{"the native PF gets other VLANs tagged", "uplink", "ext2 ext c77 ip", "pf"},
	{"the native PF does not get what is in no VLAN", "vf1", "pf vf1 ip", "uplink"},
};

static const struct lab_setup pf_policy = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"uplink: {dev: up}\n"
		"pf: {vlan: 10, qos: 3, strip: off, isolated: on}\n"
		"vfs:\n"
		"  - {id: 0, dev: h0, mac: \"02:00:00:00:01:00\", vlan: 10, isolated: on}\n"
		"  - {id: 1, dev: h1, mac: \"02:00:00:00:01:01\", vlan: 10}\n",
};

static const struct lab_case pf_policies[] = {
	{"an isolated PF does not reach an isolated VF", "pf", "vf0 pf ip", "! isolated"},
	{"an isolated VF does not reach an isolated PF", "vf0", "pf vf0 ip", "! isolated"},
	{"an isolated PF reaches an ordinary VF", "pf", "vf1 pf ip", "vf1"},
	{"an isolated PF reaches the wire, with its qos", "pf", "ext pf ip",
	 "uplink : ext pf c10.3 ip"},
	{"the wire reaches an isolated PF, with its tag where strip is off", "uplink",
	 "ext2 ext c10.1 ip", "pf"},
	{"an isolated PF's broadcast skips isolated VFs", "pf", "bc pf arp",
	 "vf1 ; uplink : bc pf c10.3 arp"},
	{"an isolated VF's broadcast skips the isolated PF", "vf0", "bc vf0 arp",
	 "vf1 ; uplink : bc vf0 c10 arp"},
	{"the PF with strip off may send the tag that it sees", "pf", "vf1 pf c10 ip",
	 "vf1 : vf1 pf ip"},
	{"the PF with strip off may not send another tag", "pf", "ext pf c20 ip", "! vlan_tagged"},
};

static const struct lab_setup pf_svlan = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"uplink: {dev: up}\n"
		"pf: {vlan: 100, proto: 802.1ad}\n"
		"vfs:\n"
		"  - {id: 0, dev: h0, mac: \"02:00:00:00:01:00\", vlan: 100, proto: 802.1ad}\n"
		"  - {id: 1, dev: h1, mac: \"02:00:00:00:01:01\", vlan: 100}\n",
};

static const struct lab_case pf_svlans[] = {
	{"the PF's C-TAG goes inside its S-TAG", "pf", "ext pf c7.2 ip",
	 "uplink : ext pf s100.2 c7.2 ip"},
	{"the PF's C-TAG stays on the way to a port of its S-VLAN", "pf", "vf0 pf c7 ip", "vf0"},
	{"the PF in an S-VLAN loses the S-TAG and keeps the C-TAG", "uplink", "pf ext s100 c7 ip",
	 "pf : pf ext c7 ip"},
	{"the PF in an S-VLAN is not in the C-VLAN of that number", "uplink", "pf ext c100 ip",
	 "! no_target"},
	{"the PF in an S-VLAN may not send an S-TAG", "pf", "ext pf s100 ip", "! vlan_tagged"},
};

#define TABLE(setup, cases) lab_table(#cases, &(setup), cases, ARRAY_SIZE(cases))

int main(void)
{
	int failed = 0;

	failed += TABLE(svlan, stags) != 0;
	failed += TABLE(pf_access, pf_accesses) != 0;
	failed += TABLE(pf_trunk, pf_trunks) != 0;
	failed += TABLE(pf_native, pf_natives) != 0;
	failed += TABLE(pf_policy, pf_policies) != 0;
	failed += TABLE(pf_svlan, pf_svlans) != 0;
	return failed;
}
