/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames that are more than their bytes: GSO (counted as its segments), and those that the switch
 * has seen before (mark in skb->tc_index).
 *
 * That a GSO frame over the target's MTU passes when its segments fit cannot be seen here: an skb
 * of BPF_PROG_TEST_RUN has no transport header, so bpf_check_mtu() refuses it. tests/e2e has it.
 *
 * vf0 and vf1 have MTU 1500, vf2 300; vf3 is in VLAN 10, vf4 in VLAN 10 with strip off.
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
		"  - {id: 0, dev: h0, mac: \"02:00:00:00:01:00\"}\n"
		"  - {id: 1, dev: h1, mac: \"02:00:00:00:01:01\"}\n"
		"  - {id: 2, dev: h2, mac: \"02:00:00:00:01:02\"}\n"
		"  - {id: 3, dev: h3, mac: \"02:00:00:00:01:03\", vlan: 10}\n"
		"  - {id: 4, dev: h4, mac: \"02:00:00:00:01:04\", vlan: 10, strip: off}\n",
	.mtu = {[2] = 300},
};

static const struct lab_case gso[] = {
	{"a GSO frame to a VF counts as its segments", "vf0", "vf1 vf0 ip +628 gso=200x3", "vf1"},
	{"a GSO frame to the wire counts as its segments", "vf0", "ext vf0 ip +628 gso=100x6",
	 "uplink"},
	{"a GSO frame from the wire counts as its segments", "uplink", "vf0 ext ip +628 gso=200x3",
	 "vf0"},
	{"a GSO frame of the PF counts as its segments", "pf", "vf0 pf ip +628 gso=200x3", "vf0"},
	{"a GSO frame that gets a tag counts as its segments and its length", "vf3",
	 "vf4 vf3 ip +628 gso=200x3", "vf4 : vf4 vf3 c10 ip +628"},
	{"a GSO frame that loses its tag counts as its segments and its length", "uplink",
	 "vf3 ext c10.3 ip +628 gso=200x3", "vf3 : vf3 ext ip +628"},
	{"a GSO broadcast counts as its segments everywhere", "vf0", "bc vf0 ip +256 gso=76x3",
	 "vf1 vf2 pf uplink"},
	{"a refused GSO frame is refused as any other", "vf0", "vf1 ext ip +628 gso=200x3",
	 "! spoof_mac"},
	{"a GSO frame whose segments do not fit is lost at the target", "vf0",
	 "vf2 vf0 ip +828 gso=400x2", "vf2!mtu"},
	{"a GSO frame within the target's MTU needs no look at its segments", "vf0",
	 "vf2 vf0 ip +300 gso=100x3", "vf2"},
};

static const struct lab_case marked[] = {
	{"what the switch sent out of the uplink passes its egress hook", "pf", "ext vf0 marked ip",
	 "own"},
	{"what the switch sent to the PF passes the ingress hook", "uplink", "pf vf0 marked ip",
	 "own"},
	{"what the switch sent is not judged again", "pf", "vf1 mc c4095 marked ip", "own"},
	{"what the switch sent to the PF is not judged again", "uplink",
	 "vf1 zero c4095 marked t893f", "own"},
	{"a guest's mark means nothing and does not reach another guest", "vf0",
	 "vf1 vf0 marked ip", "vf1"},
	{"a guest's mark means nothing on the way to the wire", "vf0", "ext vf0 marked ip",
	 "uplink"},
	{"a guest's mark does not reach guests by a broadcast", "vf3", "bc vf3 marked arp",
	 "vf4 pf uplink : bc vf3 c10 arp"},
	{"a guest's mark does not help it", "vf0", "vf1 ext marked ip", "! spoof_mac"},
};

#define TABLE(cases) lab_table(#cases, &setup, cases, ARRAY_SIZE(cases))

int main(void)
{
	int failed = 0;

	failed += TABLE(gso) != 0;
	failed += TABLE(marked) != 0;
	return failed;
}
