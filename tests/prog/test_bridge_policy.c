/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Policy of a bridge's ports, and what it has to do with learning.
 *
 *	p1 p8 ordinary   p2 acl   p3 VLAN 10, dscp   p4 guard   p5 not all multicast   p6 rate, XDP
 *	p7 acl, no address
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "harness.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define HEAD "version: 1\nswitch: lab\nrelay: bridge\n"

static const struct lab_setup policy = {
	.yaml = HEAD "acls:\n"
		     "  web:\n"
		     "    - {dir: tx, proto: tcp, dport: 23, action: deny}\n"
		     "    - {dir: rx, proto: tcp, dport: 22, action: deny}\n"
		     "ports:\n"
		     "  - {name: p1, dev: d1}\n"
		     "  - {name: p2, dev: d2, acl: web}\n"
		     "  - {name: p3, dev: d3, vlan: 10, dscp: on}\n"
		     "  - {name: p4, dev: d4, guard: {ipv4: [10.0.0.5]}}\n"
		     "  - {name: p5, dev: d5, allmulti: off, multicast: [\"01:00:5e:01:02:03\"]}\n"
		     "  - {name: p6, dev: d6, max_tx_rate: 1000, hook: xdp}\n"
		     "  - {name: p7, dev: d7, acl: web, learn_limit: 0}\n"
		     "  - {name: p8, dev: d8}\n",
};

#define TELNET "ip4=10.0.0.5>10.0.0.9 tcp=1>23"
#define SSH "ip4=10.0.0.5>10.0.0.9 tcp=1>22"

static const struct lab_case rules[] = {
	{"a rule of the sender refuses, and nothing is learned", "p2", "st1@p1 | st1 st2 " TELNET,
	 "! acl | st1@p1"},
	{"nor does a station move by it", "p2", "st2@p1 | bc st2 " TELNET, "! acl | st2@p1"},
	{"what no rule refuses is learned", "p2", "st1@p1 | st1 st2 " SSH, "p1 | st1@p1 st2@p2"},
	{"a rule of the target refuses there, the sender is learned", "p1", "st2@p2 | st2 st1 " SSH,
	 "p2!acl | st2@p2 st1@p1"},
	{"in a flood at that target", "p1", "bc st1 " SSH, "p4 p5 p6 p8 ; p2!acl p7!acl | st1@p1"},
	{"acl comes before learn_limit", "p7", "bc st1 " TELNET, "! acl |"},
	{"else learn_limit", "p7", "bc st1 " SSH, "! learn_limit |"},
	{"a tag follows the DSCP", "p3", "st1@p1/c10 | st1 st3 ip4=10.0.0.5>10.0.0.9 tos=b8",
	 "p1 : st1 st3 c10.5 ip4=10.0.0.5>10.0.0.9 tos=b8 | st1@p1/c10 st3@p3/c10"},
	{"a guarded sender's own address is learned", "p4", "bc st4 arp4=10.0.0.5>10.0.0.9",
	 "p1 p2 p5 p6 p7 p8 | st4@p4"},
	{"a false one teaches nothing", "p4", "bc st4 arp4=10.0.0.6>10.0.0.9", "! guard |"},
	{"with guard a second tag is refused", "p4", "bc st4 c77 c78 arp4=10.0.0.5>10.0.0.9",
	 "! guard |"},
	{"a group that the port has", "p1", "mc st1 ip", "p2 p4 p5 p6 p7 p8"},
	{"a group that it has not", "p1", "mc6 st1 t86dd", "p2 p4 p6 p7 p8"},
	{"broadcast reaches it", "p1", "bc st1 arp", "p2 p4 p5 p6 p7 p8"},
	{"what is unknown reaches it", "p1", "st9 st1 ip", "p2 p4 p5 p6 p7 p8"},
	{"within its rate", "p6", "st1@p1 | st1 st6 ip", "p1"},
	{"learning and rate at XDP's port", "p6", "bc st6 arp", "p1 p2 p4 p5 p7 p8 | st6@p6"},
};

/* p3 hears everything; p4 reflects; p5 hears all of VLAN 10, isolated with p6 */
static const struct lab_setup watched = {
	.yaml = HEAD "ports:\n"
		     "  - {name: p1, dev: d1}\n"
		     "  - {name: p2, dev: d2}\n"
		     "  - {name: p3, dev: d3, promisc: on}\n"
		     "  - {name: p4, dev: d4, reflective_relay: on}\n"
		     "  - {name: p5, dev: d5, vlan: 10, promisc: on, isolated: on}\n"
		     "  - {name: p6, dev: d6, vlan: 10, isolated: on}\n"
		     "  - {name: p7, dev: d7, hook: xdp}\n",
};

static const struct lab_case promisc[] = {
	{"a promiscuous port hears what is for another", "p1", "st2@p2 | st2 st1 ip",
	 "p2 p3 | st2@p2 st1@p1"},
	{"also what is for XDP's port", "p1", "st7@p7 | st7 st1 ip", "p7 p3"},
	{"what is for it comes once", "p1", "st3@p3 | st3 st1 ip", "p3"},
	{"what it sends it does not hear", "p3", "st2@p2 | st2 st3 ip", "p2"},
	{"a broadcast comes once", "p1", "bc st1 arp", "p2 p3 p4 p7"},
	{"the reflected, too", "p4", "st9@p4 | st9 st4 ip", "p4 p3 | st9@p4 st4@p4"},
	{"only in its VLAN", "p1", "st2@p2 | st2 st1 ip", "p2 p3"},
	{"in its VLAN without tag", "p1", "st2@p2/c10 | st2 st1 c10 ip",
	 "p5 : st2 st1 ip ; p2 p3 | st2@p2/c10 st1@p1/c10"},
	{"not from an isolated peer", "p6", "st2@p2/c10 | st2 st6 ip",
	 "p2 p3 : st2 st6 c10 ip | st2@p2/c10 st6@p6/c10"},
	{"a far end is no port's own where others listen", "p1", "dev2@p2 | dev2 st1 ip", "p2 p3"},
};

/* the same in channels: what is behind the S-TAG counts */
static const struct lab_setup inside = {
	.yaml = HEAD "acls:\n"
		     "  web:\n"
		     "    - {dir: tx, proto: tcp, dport: 23, action: deny}\n"
		     "    - {dir: rx, proto: tcp, dport: 22, action: deny}\n"
		     "  ten: [{dir: tx, vlan: 10, action: deny}]\n"
		     "ports:\n"
		     "  - {name: p1, dev: d1}\n"
		     "  - {name: pa, dev: d2, svid: 200, acl: web}\n"
		     "  - {name: pb, dev: d2, svid: 201, vlan: 10, dscp: on}\n"
		     "  - {name: pc, dev: d2, svid: 202, guard: {ipv4: [10.0.0.5]}}\n"
		     "  - {name: pd, dev: d2, svid: 203, acl: ten}\n"
		     "  - {name: pe, dev: d2, svid: 10, acl: ten, untagged: on, trunk: [30]}\n"
		     "  - {name: px, dev: d3, svid: 300, acl: web, hook: xdp}\n",
};

#define DSCP "ip4=10.0.0.5>10.0.0.9 tos=b8"

static const struct lab_case channels[] = {
	{"a rule of the sender behind an S-TAG", "pa", "st1@p1 | st1 st2 s200 " TELNET,
	 "! acl | st1@p1"},
	{"behind an S-TAG and a C-TAG", "pa", "st1@p1/c77 | st1 st2 s200 c77 " TELNET,
	 "! acl | st1@p1/c77"},
	{"a rule of the target", "p1", "st2@pa | st2 st1 " SSH, "pa!acl | st2@pa st1@p1"},
	{"a rule of the target, from another channel", "pd", "st2@pa | st2 st1 s203 " SSH,
	 "pa!acl | st2@pa st1@pd"},
	{"a rule of XDP's target, from another channel", "pd", "st2@px | st2 st1 s203 " SSH,
	 "px!acl | st2@px st1@pd"},
	{"what none refuses, to XDP's target", "pd", "st2@px | st2 st1 s203 " TELNET,
	 "px : st2 st1 s300 " TELNET " | st2@px st1@pd"},
	{"in a flood, before the tags change", "p1", "bc st1 c77 " SSH,
	 "pc : bc st1 s202 c77 " SSH " ; pd : bc st1 s203 c77 " SSH " ; pa!acl px!acl"},
	{"a rule for a VLAN does not mean the channel", "pe", "st1@p1 | st1 st2 s10 ip",
	 "p1 : st1 st2 ip | st1@p1 st2@pe"},
	{"a rule for a VLAN means the tag inside", "pd", "st1@p1/c10 | st1 st2 s203 c10 ip",
	 "! acl | st1@p1/c10"},
	{"the tags follow the DSCP: C-TAG", "pb", "st1@p1/c10 | st1 st2 s201.1 " DSCP,
	 "p1 : st1 st2 c10.5 " DSCP " | st1@p1/c10 st2@pb/c10"},
	{"the tags follow the DSCP: S-TAG", "pb", "st3@pd/c10 | st3 st2 s201.1 " DSCP,
	 "pd : st3 st2 s203.5 c10.5 " DSCP " | st3@pd/c10 st2@pb/c10"},
	{"a guarded channel's S-TAG is not the guest's", "pc",
	 "st1@p1 | st1 st2 s202 arp4=10.0.0.5>10.0.0.9",
	 "p1 : st1 st2 arp4=10.0.0.5>10.0.0.9 | st1@p1 st2@pc"},
	{"a guarded channel's VLAN", "pc", "st1@p1/c77 | st1 st2 s202 c77 arp4=10.0.0.5>10.0.0.9",
	 "p1 : st1 st2 c77 arp4=10.0.0.5>10.0.0.9 | st1@p1/c77 st2@pc/c77"},
	{"a false sender behind both tags", "pc",
	 "st1@p1/c77 | st1 st2 s202 c77 arp4=10.0.0.6>10.0.0.9", "! guard | st1@p1/c77"},
	{"a third tag", "pc", "st1@p1/c77 | st1 st2 s202 c77 c78 arp4=10.0.0.5>10.0.0.9",
	 "! guard | st1@p1/c77"},
};

#define TABLE(setup, cases) (lab_table(#cases, &setup, cases, ARRAY_SIZE(cases)) != 0)

int main(void)
{
	int failed = 0;

	failed += TABLE(policy, rules);
	failed += TABLE(watched, promisc);
	failed += TABLE(inside, channels);
	return failed;
}
