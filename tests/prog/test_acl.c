/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rules: what they match, which of them decides, in which direction, and where a refusal counts
 * (design.md sections 5 and 7). tx is what the guest sends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "harness.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define BEGIN "version: 1\nswitch: lab\nuplink: {dev: up}\n"
#define VF(id, hex) "  - {id: " #id ", dev: h" #id ", mac: \"02:00:00:00:01:" hex "\""

#define TCP(port) "ip4=10.0.0.5>10.0.0.9 tcp=1000>" #port
#define UDP(port) "ip4=10.0.0.5>10.0.0.9 udp=1000>" #port
#define TCP6(port) "ip6=fd00::5>fd00::9 tcp=1000>" #port

/*
 * ---- which rule decides, and in which direction
 *
 *	vf0 tx rules   vf1 none   vf2 rx rules   vf3 both directions   vf4 XDP guest with tx rules
 *	vf5 XDP guest with rx rules   vf6 XDP guest without   vf7 rules of the other direction alone
 */
static const struct lab_setup ordered = {
	.yaml = BEGIN
		"acls:\n"
		"  out:\n"
		"    - {dir: tx, proto: tcp, dport: 22, src: 10.0.0.5/32, action: permit}\n"
		"    - {dir: tx, proto: tcp, dport: 22, action: deny}\n"
		"    - {dir: tx, proto: tcp, dport: 22, src: 10.0.0.6/32, action: permit}\n"
		"    - {dir: tx, proto: udp, action: count}\n"
		"    - {dir: tx, proto: udp, dport: 53, action: deny}\n"
		"    - {dir: tx, type: 0x88b5, action: deny}\n"
		"  in:\n"
		"    - {dir: rx, proto: udp, dport: 53, action: deny}\n"
		"    - {dir: rx, type: arp, action: deny}\n"
		"  both:\n"
		"    - {proto: tcp, dport: 23, action: deny}\n"
		"    - {dir: tx, proto: tcp, dport: 24, action: deny}\n"
		"    - {dir: rx, proto: tcp, dport: 25, action: deny}\n"
		"pf: {acl: both}\n"
		"vfs:\n"
		VF(0, "00") ", acl: out}\n"
		VF(1, "01") "}\n"
		VF(2, "02") ", acl: in}\n"
		VF(3, "03") ", acl: both}\n"
		VF(4, "04") ", acl: out, hook: xdp}\n"
		VF(5, "05") ", acl: in, hook: xdp}\n"
		VF(6, "06") ", hook: xdp}\n",
};

static const struct lab_case order[] = {
	{"a permit above a deny decides", "vf0", "vf1 vf0 " TCP(22), "vf1"},
	{"the deny decides for others", "vf0", "vf1 vf0 ip4=10.0.0.7>10.0.0.9 tcp=1>22", "! acl"},
	{"a permit below a deny decides nothing", "vf0", "vf1 vf0 ip4=10.0.0.6>10.0.0.9 tcp=1>22",
	 "! acl"},
	{"what no rule matches is permitted", "vf0", "vf1 vf0 " TCP(80), "vf1"},
	{"count goes on to the rules below: refused", "vf0", "vf1 vf0 " UDP(53), "! acl"},
	{"count goes on to the rules below: permitted", "vf0", "vf1 vf0 " UDP(54), "vf1"},
	{"a rule without address takes both families", "vf0", "vf1 vf0 " TCP6(22), "! acl"},
	{"an EtherType rule refuses", "vf0", "vf1 vf0 t88b5", "! acl"},
	{"an EtherType rule refuses on the way to the wire", "vf0", "ext vf0 t88b5", "! acl"},
	{"an EtherType rule refuses on the way to the host", "vf0", "pf vf0 t88b5", "! acl"},
	{"an EtherType rule refuses a broadcast", "vf0", "bc vf0 t88b5", "! acl"},
	{"tx rules do not look at what the port gets", "vf1", "vf0 vf1 t88b5", "vf0"},
	{"tx rules do not look at what the port gets from the wire", "uplink", "vf0 ext t88b5",
	 "vf0"},
	{"rx rules do not look at what the port sends", "vf2", "vf1 vf2 " UDP(53), "vf1"},
	{"rx rules refuse at the target", "vf1", "vf2 vf1 " UDP(53), "vf2!acl"},
	{"rx rules refuse what comes from the wire", "uplink", "vf2 ext " UDP(53), "vf2!acl"},
	{"rx rules refuse what comes from the host", "pf", "vf2 pf " UDP(53), "vf2!acl"},
	{"rx rules permit what they do not match", "uplink", "vf2 ext " UDP(54), "vf2"},
	{"a port without rules is untouched", "vf1", "vf6 vf1 " UDP(53), "vf6"},
	{"a rule without direction refuses what is sent", "vf3", "vf1 vf3 " TCP(23), "! acl"},
	{"a rule without direction refuses what is got", "vf1", "vf3 vf1 " TCP(23), "vf3!acl"},
	{"a tx rule among both refuses what is sent", "vf3", "vf1 vf3 " TCP(24), "! acl"},
	{"a tx rule among both permits what is got", "vf1", "vf3 vf1 " TCP(24), "vf3"},
	{"an rx rule among both permits what is sent", "vf3", "vf1 vf3 " TCP(25), "vf1"},
	{"an rx rule among both refuses what is got", "vf1", "vf3 vf1 " TCP(25), "vf3!acl"},
	{"the host has rules, too: tx", "pf", "vf1 pf " TCP(24), "! acl"},
	{"the host has rules, too: rx", "vf1", "pf vf1 " TCP(25), "pf!acl"},
	{"the host has rules, too: from the wire", "uplink", "ext2 ext " TCP(25), "pf!acl"},
	{"the host's rules are not those of the wire", "vf1", "ext vf1 " TCP(25), "uplink"},
	{"an XDP guest's tx rules refuse", "vf4", "vf6 vf4 t88b5", "! acl"},
	{"an XDP guest's tx rules permit", "vf4", "vf6 vf4 " TCP(80), "vf6"},
	{"an XDP guest's rx rules refuse", "vf6", "vf5 vf6 " UDP(53), "vf5!acl"},
	{"an XDP guest's rx rules permit", "vf6", "vf5 vf6 " UDP(54), "vf5"},
	{"an XDP guest's rx rules refuse what comes from the wire", "uplink", "vf5 ext " UDP(53),
	 "vf5!acl"},
	{"an XDP guest without rules talks to one without", "vf6", "vf6 vf6 ip", "! self"},
	{"a flood is lost at those that refuse it, and at them only", "vf1", "bc vf1 arp",
	 "vf0 vf3 vf4 vf6 pf uplink ; vf2!acl vf5!acl"},
	{"a flood from the wire is lost at those that refuse it", "uplink", "bc ext arp",
	 "vf0 vf1 vf3 vf4 vf6 pf ; vf2!acl vf5!acl"},
	{"a flood that the host refuses reaches the others", "uplink", "bc ext " TCP(25),
	 "vf0 vf1 vf2 vf4 vf5 vf6 ; vf3!acl pf!acl"},
	{"a flood that nobody refuses reaches all", "vf1", "bc vf1 " TCP(80),
	 "vf0 vf2 vf3 vf4 vf5 vf6 pf uplink"},
};

/* ---- what a rule matches: a switch with that rule alone */

#define ONE(rule)                                                                                  \
	BEGIN "acls:\n  a:\n    - {" rule ", action: deny}\n"                                       \
	      "vfs:\n" VF(0, "00") ", acl: a}\n" VF(1, "01") "}\n"                                \
	      VF(2, "02") ", vlan: 10, acl: a}\n" VF(3, "03") ", trunk: [10, 20], acl: a}\n"        \
	      VF(4, "04") ", vlan: 10, strip: off, acl: a}\n"                                       \
	      VF(5, "05") ", vlan: 100, proto: 802.1ad, acl: a}\n"

#define GRE "ip4=10.0.0.5>10.0.0.9 proto=47"
#define ICMP "ip4=10.0.0.5>10.0.0.9 icmp=8"

static const struct match {
	const char *yaml;
	struct lab_case cases[12];
} matches[] = {
	{ONE("dir: tx, src_mac: \"02:00:00:00:01:00\""),
	 {{"src_mac matches", "vf0", "vf1 vf0 ip", "! acl"},
	  {"src_mac does not match another", "vf2", "ext vf2 ip", "uplink : ext vf2 c10 ip"}}},
	{ONE("dir: tx, dst_mac: \"01:00:5e:01:02:03\""),
	 {{"dst_mac matches a group", "vf0", "mc vf0 ip", "! acl"},
	  {"dst_mac does not match another group", "vf0", "mc6 vf0 t86dd +60", "vf1 pf uplink"}}},
	{ONE("dir: tx, dst_mac: \"02:00:00:00:01:01\""),
	 {{"dst_mac matches", "vf0", "vf1 vf0 ip", "! acl"},
	  {"dst_mac does not match another", "vf0", "ext vf0 ip", "uplink"}}},
	{ONE("dir: tx, type: arp"),
	 {{"type arp matches ARP", "vf0", "vf1 vf0 arp4=10.0.0.5>10.0.0.9", "! acl"},
	  {"type arp matches broken ARP", "vf0", "vf1 vf0 arp", "! acl"},
	  {"type arp matches behind tags", "vf3", "ext vf3 c10 c5 arp", "! acl"},
	  {"type arp does not match IPv4", "vf0", "vf1 vf0 " UDP(1), "vf1"}}},
	{ONE("dir: tx, type: ipv4"),
	 {{"type ipv4 matches IPv4", "vf0", "vf1 vf0 " UDP(1), "! acl"},
	  {"type ipv4 matches behind the VLAN's tag", "vf3", "ext vf3 c20 " UDP(1), "! acl"},
	  {"type ipv4 does not match IPv6", "vf0", "vf1 vf0 " TCP6(1), "vf1"},
	  {"type ipv4 does not match ARP", "vf0", "vf1 vf0 arp4=10.0.0.5>10.0.0.9", "vf1"}}},
	{ONE("dir: tx, type: ipv6"),
	 {{"type ipv6 matches IPv6", "vf0", "vf1 vf0 " TCP6(1), "! acl"},
	  {"type ipv6 does not match IPv4", "vf0", "vf1 vf0 " UDP(1), "vf1"}}},
	{ONE("vlan: 10"),
	 {{"vlan matches the access VLAN of an untagged frame", "vf2", "ext vf2 ip", "! acl"},
	  {"vlan matches the tag", "vf3", "ext vf3 c10 ip", "! acl"},
	  {"vlan matches whatever the priority", "vf3", "ext vf3 c10.7d ip", "! acl"},
	  {"vlan does not match another tag", "vf3", "ext vf3 c20 ip", "uplink"},
	  {"vlan does not match no VLAN", "vf0", "vf1 vf0 ip", "vf1"},
	  {"vlan does not match no VLAN behind a priority tag", "vf0", "vf1 vf0 c0.5 ip", "vf1"},
	  {"vlan matches at a target that gets no tag", "uplink", "vf2 ext c10 ip", "vf2!acl"},
	  {"vlan matches at a target from the wire", "uplink", "vf3 ext c10 ip", "vf3!acl"},
	  {"vlan does not match another at a target", "uplink", "vf3 ext c20 ip", "vf3"},
	  {"vlan is not the guest's tag in an S-VLAN", "vf5", "ext vf5 c10 ip",
	   "uplink : ext vf5 s100 c10 ip"}}},
	{ONE("vlan: 0"),
	 {{"vlan 0 matches no VLAN", "vf0", "vf1 vf0 ip", "! acl"},
	  {"vlan 0 matches a priority tag in no VLAN", "vf0", "vf1 vf0 c0.5 ip", "! acl"},
	  {"vlan 0 does not match the access VLAN", "vf2", "ext vf2 ip", "uplink : ext vf2 c10 ip"},
	  {"vlan 0 does not match a priority tag in the access VLAN", "vf2", "ext vf2 c0.5 ip",
	   "uplink : ext vf2 c10.5 ip"}}},
	{ONE("vlan: 100"),
	 {{"vlan matches an S-VLAN", "vf5", "ext vf5 ip", "! acl"},
	  {"vlan matches an S-VLAN behind which is a C-TAG", "vf5", "ext vf5 c10 ip", "! acl"}}},
	{ONE("dir: tx, proto: tcp"),
	 {{"proto matches in IPv4", "vf0", "vf1 vf0 " TCP(1), "! acl"},
	  {"proto matches in IPv6", "vf0", "vf1 vf0 " TCP6(1), "! acl"},
	  {"proto matches behind extension headers", "vf0",
	   "vf1 vf0 ip6=fd00::5>fd00::9 hop dop tcp=1>2", "! acl"},
	  {"proto matches a later IPv4 fragment", "vf0",
	   "vf1 vf0 ip4=10.0.0.5>10.0.0.9 tcp=1>2 frag=9", "! acl"},
	  {"proto does not match another", "vf0", "vf1 vf0 " UDP(1), "vf1"},
	  {"proto does not match ARP", "vf0", "vf1 vf0 arp4=10.0.0.5>10.0.0.9", "vf1"},
	  {"proto does not match another EtherType", "vf0", "vf1 vf0 t88b5", "vf1"}}},
	{ONE("dir: tx, proto: 47"),
	 {{"proto by number matches", "vf0", "vf1 vf0 " GRE, "! acl"},
	  {"proto by number does not match another", "vf0", "vf1 vf0 " ICMP, "vf1"}}},
	{ONE("dir: tx, proto: icmp"),
	 {{"icmp matches", "vf0", "vf1 vf0 " ICMP, "! acl"},
	  {"icmp is not icmpv6", "vf0", "vf1 vf0 ip6=fd00::5>fd00::9 icmp=128", "vf1"}}},
	{ONE("dir: tx, proto: icmpv6"),
	 {{"icmpv6 matches", "vf0", "vf1 vf0 ip6=fd00::5>fd00::9 icmp=128", "! acl"},
	  {"icmpv6 matches ND", "vf0", "vf1 vf0 ip6=fd00::5>fd00::9 ns=fd00::9", "! acl"}}},
	{ONE("dir: tx, proto: sctp, sport: 1000"),
	 {{"sctp has ports", "vf0", "vf1 vf0 ip4=10.0.0.5>10.0.0.9 sctp=1000>2", "! acl"},
	  {"sctp has other ports", "vf0", "vf1 vf0 ip4=10.0.0.5>10.0.0.9 sctp=1001>2", "vf1"}}},
	{ONE("dir: tx, proto: tcp, dport: 100-200"),
	 {{"dport range: below", "vf0", "vf1 vf0 " TCP(99), "vf1"},
	  {"dport range: first", "vf0", "vf1 vf0 " TCP(100), "! acl"},
	  {"dport range: last", "vf0", "vf1 vf0 " TCP(200), "! acl"},
	  {"dport range: above", "vf0", "vf1 vf0 " TCP(201), "vf1"},
	  {"dport is not sport", "vf0", "vf1 vf0 ip4=10.0.0.5>10.0.0.9 tcp=150>1", "vf1"},
	  {"dport of another proto", "vf0", "vf1 vf0 " UDP(150), "vf1"},
	  {"dport of a first fragment", "vf0", "vf1 vf0 " TCP(150) " frag=0+", "! acl"},
	  {"dport does not match a later fragment", "vf0", "vf1 vf0 " TCP(150) " frag=9", "vf1"},
	  {"dport behind IPv4 options", "vf0", "vf1 vf0 " TCP(150) " opt=4", "! acl"},
	  {"dport does not match what is cut", "vf0", "vf1 vf0 " TCP(150) " +22", "vf1"}}},
	{ONE("dir: tx, proto: tcp, dport: 150"),
	 {{"dport in IPv6", "vf0", "vf1 vf0 " TCP6(150), "! acl"},
	  {"dport in IPv6 behind extension headers", "vf0",
	   "vf1 vf0 ip6=fd00::5>fd00::9 hop rth tcp=1>150", "! acl"},
	  {"dport of a first IPv6 fragment", "vf0",
	   "vf1 vf0 ip6=fd00::5>fd00::9 frag=0+ tcp=1>150", "! acl"},
	  {"dport does not match a later IPv6 fragment", "vf0",
	   "vf1 vf0 ip6=fd00::5>fd00::9 frag=9 tcp=1>150", "vf1"},
	  {"dport does not match a chain that is too long", "vf0",
	   "vf1 vf0 ip6=fd00::5>fd00::9 dop dop dop dop dop dop dop dop dop tcp=1>150", "vf1"},
	  {"dport behind the VLAN's tag", "vf3", "ext vf3 c10 " TCP(150), "! acl"},
	  {"dport in a GSO frame", "vf0", "vf1 vf0 " TCP(150) " +628 gso=200x3", "! acl"}}},
	{ONE("dir: tx, proto: udp, sport: 0-65535, dport: 0"),
	 {{"port 0 is a port", "vf0", "vf1 vf0 ip4=10.0.0.5>10.0.0.9 udp=7>0", "! acl"},
	  {"port 0 is no other", "vf0", "vf1 vf0 ip4=10.0.0.5>10.0.0.9 udp=7>1", "vf1"}}},
	{ONE("dir: tx, proto: udp, sport: 68, dport: 67"),
	 {{"both ports match", "vf0", "vf1 vf0 ip4=0.0.0.0>255.255.255.255 udp=68>67", "! acl"},
	  {"one port alone does not", "vf0", "vf1 vf0 ip4=0.0.0.0>255.255.255.255 udp=68>68",
	   "vf1"}}},
	{ONE("dir: tx, src: 10.0.0.0/23"),
	 {{"src prefix matches", "vf0", "vf1 vf0 ip4=10.0.1.255>1.2.3.4 icmp=8", "! acl"},
	  {"src prefix does not match beside", "vf0", "vf1 vf0 ip4=10.0.2.0>1.2.3.4 icmp=8", "vf1"},
	  {"src is not dst", "vf0", "vf1 vf0 ip4=1.2.3.4>10.0.0.1 icmp=8", "vf1"},
	  {"src matches a later fragment", "vf0", "vf1 vf0 " UDP(1) " frag=9", "! acl"},
	  {"an IPv4 address does not match IPv6", "vf0",
	   "vf1 vf0 ip6=a00:100::>fd00::9 icmp=128", "vf1"},
	  {"an IPv4 address does not match another EtherType", "vf0", "vf1 vf0 t88b5", "vf1"},
	  {"an IPv4 address does not match ARP, which is no IP packet", "vf0",
	   "vf1 vf0 arp4=10.0.0.5>10.0.0.9", "vf1"}}},
	{ONE("dir: tx, dst: 10.0.0.9"),
	 {{"dst address matches", "vf0", "vf1 vf0 " UDP(1), "! acl"},
	  {"dst address does not match another", "vf0", "vf1 vf0 ip4=10.0.0.9>10.0.0.8 icmp=8",
	   "vf1"}}},
	{ONE("dir: tx, src: 0.0.0.0/0"),
	 {{"0.0.0.0/0 matches IPv4", "vf0", "vf1 vf0 " UDP(1), "! acl"},
	  {"0.0.0.0/0 does not match IPv6", "vf0", "vf1 vf0 " TCP6(1), "vf1"}}},
	{ONE("dir: tx, dst: \"fd00::/47\""),
	 {{"IPv6 dst prefix matches", "vf0", "vf1 vf0 ip6=fe80::1>fd00:0:1::9 icmp=128", "! acl"},
	  {"IPv6 dst prefix does not match beside", "vf0",
	   "vf1 vf0 ip6=fe80::1>fd00:0:2::9 icmp=128", "vf1"},
	  {"an IPv6 address does not match IPv4", "vf0", "vf1 vf0 " UDP(1), "vf1"}}},
	{ONE("dir: tx, src: \"fd00::5\""),
	 {{"IPv6 src address matches", "vf0", "vf1 vf0 " TCP6(1), "! acl"},
	  {"IPv6 src address matches behind extension headers", "vf0",
	   "vf1 vf0 ip6=fd00::5>fd00::9 hop rth dop udp=1>2", "! acl"},
	  {"IPv6 src address does not match another", "vf0",
	   "vf1 vf0 ip6=fd00::4>fd00::5 icmp=128", "vf1"}}},
	{ONE("dir: tx, src_mac: \"02:00:00:00:01:00\", type: ipv4, vlan: 0, src: 10.0.0.0/8, dst: "
	     "10.0.0.9, proto: udp, sport: 1000, dport: 1-5"),
	 {{"all fields match", "vf0", "vf1 vf0 " UDP(5), "! acl"},
	  {"all fields but one match", "vf0", "vf1 vf0 " UDP(6), "vf1"}}},
	{ONE("dir: tx"), {{"a rule without fields matches all", "vf0", "bc vf0 t88b5", "! acl"}}},
};

static struct lab *lab;

/* one case, behind the change to its switch */
struct match_step {
	const char *yaml;
	const struct lab_case *c;
};

static void match_case(void **state)
{
	static char why[LAB_WHY_MAX];
	static const char *now;
	const struct match_step *step = *state;

	if (now != step->yaml)
		assert_int_equal(lab_change(lab, step->yaml), 0);
	now = step->yaml;
	why[0] = 0;
	if (lab_check(lab, step->c, why))
		fail_msg("\n%s", why);
}

static int match_setup(void **state)
{
	static const struct lab_setup first = {.yaml = ONE("dir: tx")};

	(void)state;
	return lab_open(&first, &lab);
}

static int lab_teardown(void **state)
{
	(void)state;
	lab_close(lab);
	return 0;
}

static int run_matches(void)
{
	static struct match_step steps[ARRAY_SIZE(matches) * ARRAY_SIZE(matches[0].cases)];
	static struct CMUnitTest tests[ARRAY_SIZE(steps)];
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(matches); i++)
		for (size_t k = 0; k < ARRAY_SIZE(matches[i].cases); k++) {
			const struct lab_case *c = &matches[i].cases[k];

			if (!c->says)
				continue;
			steps[n] = (struct match_step){matches[i].yaml, c};
			tests[n].name = c->says;
			tests[n].test_func = match_case;
			tests[n].initial_state = &steps[n];
			n++;
		}
	return _cmocka_run_group_tests("matches", tests, n, match_setup, lab_teardown);
}

/* ---- hits of each rule */

static uint64_t hits(uint16_t acl, uint16_t rule)
{
	struct evb_hits_key key = {.acl = acl, .rule = rule};
	int cpus = libbpf_num_possible_cpus();
	uint64_t each[cpus], sum = 0;

	assert_int_equal(bpf_map_lookup_elem(lab_tables(lab)->fd[TABLE_ACL_HITS], &key, each), 0);
	for (int i = 0; i < cpus; i++)
		sum += each[i];
	return sum;
}

/* runs a frame at TC, and at XDP: that may not count */
static void send_frame(const char *from, const char *frame)
{
	struct lab_case c = {.says = frame, .from = from, .in = frame};
	static struct lab_seen seen;
	struct lab_bytes in;

	lab_frame(frame, &in);
	if (lab_has_skin(&c, &in, LAB_XDP))
		assert_int_equal(lab_run(lab, &c, &in, LAB_XDP, &seen), 0);
	assert_int_equal(lab_run(lab, &c, &in, LAB_TC_BYTES, &seen), 0);
}

static const struct evb_port *row(const char *name)
{
	return lab_port(lab, name)->row;
}

static void expect_hits(uint16_t acl, const uint64_t *want, uint16_t n)
{
	assert_int_not_equal(acl, 0);
	for (uint16_t i = 0; i < n; i++)
		if (hits(acl, i) != want[i])
			fail_msg("rule %u: want %lu hits, got %lu", i, want[i], hits(acl, i));
}

static void counts_each_rule(void **state)
{
	uint16_t acl = row("vf0")->acl_in;

	(void)state;
	send_frame("vf0", "vf1 vf0 " TCP(22));
	expect_hits(acl, (uint64_t[]){1, 0, 0, 0, 0, 0}, 6);
	send_frame("vf0", "vf1 vf0 ip4=10.0.0.6>10.0.0.9 tcp=1>22");
	expect_hits(acl, (uint64_t[]){1, 1, 0, 0, 0, 0}, 6);
	send_frame("vf0", "vf1 vf0 " UDP(53));
	expect_hits(acl, (uint64_t[]){1, 1, 0, 1, 1, 0}, 6);
	send_frame("vf0", "bc vf0 " UDP(54));
	expect_hits(acl, (uint64_t[]){1, 1, 0, 2, 1, 0}, 6);
	send_frame("vf0", "vf1 vf0 " TCP(80));
	expect_hits(acl, (uint64_t[]){1, 1, 0, 2, 1, 0}, 6);
	/* XDP guest of the same list */
	send_frame("vf4", "vf1 vf4 t88b5");
	expect_hits(acl, (uint64_t[]){1, 1, 0, 2, 1, 1}, 6);
}

static void counts_each_direction(void **state)
{
	const struct evb_port *both = row("vf3");

	(void)state;
	send_frame("vf3", "vf1 vf3 " TCP(23));
	expect_hits(both->acl_in, (uint64_t[]){1, 0}, 2);
	expect_hits(both->acl_out, (uint64_t[]){0, 0}, 2);
	send_frame("vf1", "vf3 vf1 " TCP(23));
	send_frame("vf3", "vf1 vf3 " TCP(24));
	expect_hits(both->acl_in, (uint64_t[]){1, 1}, 2);
	expect_hits(both->acl_out, (uint64_t[]){1, 0}, 2);
	send_frame("vf1", "vf3 vf1 " TCP(25));
	expect_hits(both->acl_out, (uint64_t[]){1, 1}, 2);
}

/* a flood meets the rules of each of its targets once */
static void counts_each_target(void **state)
{
	uint16_t acl = row("vf2")->acl_out;

	(void)state;
	send_frame("vf1", "bc vf1 arp");
	assert_int_equal(hits(acl, 1), 2); /* vf2 and vf5 */
	send_frame("uplink", "vf2 ext " UDP(54));
	assert_int_equal(hits(acl, 0), 0);
	assert_int_equal(hits(acl, 1), 2);
}

static int counting_setup(void **state)
{
	(void)state;
	return lab_open(&ordered, &lab);
}

#define TEST(says, fn)                     \
	{                                  \
		says, fn, NULL, NULL, NULL \
	}

static int run_counting(void)
{
	const struct CMUnitTest tests[] = {
		TEST("each rule counts what it matches, a deny and a permit the last",
		     counts_each_rule),
		TEST("each direction counts for itself", counts_each_direction),
		TEST("a flood counts once for each target", counts_each_target),
	};

	return cmocka_run_group_tests_name("hits", tests, counting_setup, lab_teardown);
}

/* ---- rules at a target of a flood, whatever was done to the frame's tags for others before */

static const struct lab_setup flooded = {
	.yaml = BEGIN
		"acls:\n"
		"  udp: [{dir: rx, proto: udp, action: deny}]\n"
		"vfs:\n"
		VF(0, "00") ", vlan: 10}\n"
		VF(1, "01") ", vlan: 10}\n"
		VF(2, "02") ", vlan: 10, strip: off}\n"
		VF(3, "03") ", vlan: 10, strip: off, acl: udp}\n"
		VF(4, "04") ", trunk: [10], acl: udp}\n"
		VF(5, "05") ", vlan: 100, proto: 802.1ad}\n"
		VF(6, "06") ", vlan: 100, proto: 802.1ad}\n"
		VF(7, "07") ", trunk: [100], proto: 802.1ad, acl: udp}\n"
		VF(8, "08") ", vlan: 100, proto: 802.1ad}\n",
};

static const struct lab_case floods[] = {
	{"a flood that gets a tag", "vf0", "bc vf0 " UDP(1),
	 "vf1 ; vf2 pf uplink : bc vf0 c10 " UDP(1) " ; vf3!acl vf4!acl"},
	{"a flood that loses its tag", "vf2", "bc vf2 c10.3 " UDP(1),
	 "vf0 vf1 : bc vf2 " UDP(1) " ; pf uplink : bc vf2 c10.3 " UDP(1)
	 " ; vf3!acl vf4!acl"},
	{"a flood that changes its tag", "vf0", "bc vf0 c0.3 " UDP(1),
	 "vf1 : bc vf0 " UDP(1) " ; vf2 pf uplink : bc vf0 c10.3 " UDP(1) " ; vf3!acl vf4!acl"},
	{"a flood from the wire that loses its tag", "uplink", "bc ext c10 " UDP(1),
	 "vf0 vf1 : bc ext " UDP(1) " ; vf2 pf ; vf3!acl vf4!acl"},
	{"a flood of the host that loses its tag", "pf", "bc pf c10 " UDP(1),
	 "vf0 vf1 : bc pf " UDP(1) " ; vf2 uplink ; vf3!acl vf4!acl"},
	{"a flood in an S-VLAN that gets its tag", "vf5", "bc vf5 " UDP(1),
	 "vf6 vf8 ; pf uplink : bc vf5 s100 " UDP(1) " ; vf7!acl"},
	{"a flood in an S-VLAN with a C-TAG that gets its tag", "vf5", "bc vf5 c7 " UDP(1),
	 "vf6 vf8 ; pf uplink : bc vf5 s100 c7 " UDP(1) " ; vf7!acl"},
	{"a flood in an S-VLAN with a C-TAG that loses its tag", "uplink", "bc ext s100 c7 " UDP(1),
	 "vf5 vf6 vf8 : bc ext c7 " UDP(1) " ; pf ; vf7!acl"},
};

/* ---- 256 rules, of which the last alone matches */

static struct lab_setup longest;

static void longest_make(void)
{
	size_t size = 64 * 1024, len;
	char *yaml = malloc(size);

	if (!yaml)
		abort();
	len = snprintf(yaml, size, BEGIN "acls:\n  long:\n");
	for (int i = 0; i < EVB_RULES_MAX; i++)
		len += snprintf(yaml + len, size - len,
				"    - {proto: udp, dport: %d, action: %s}\n", 5000 + i,
				i == EVB_RULES_MAX - 1 ? "deny" : i % 2 ? "permit" : "count");
	snprintf(yaml + len, size - len,
		 "vfs:\n" VF(0, "00") ", acl: long}\n" VF(1, "01") "}\n" VF(2, "02") ", acl: long}\n");
	longest.yaml = yaml; /* for the rest of the program */
}

static const struct lab_case last[] = {
	{"the last of 256 rules refuses what is sent", "vf0", "vf1 vf0 " UDP(5255), "! acl"},
	{"the last but one of 256 rules permits", "vf0", "vf1 vf0 " UDP(5254), "vf1"},
	{"none of 256 rules: permitted", "vf0", "vf1 vf0 " UDP(5256), "vf1"},
	{"the last of 256 rules refuses what is got", "vf1", "vf2 vf1 " UDP(5255), "vf2!acl"},
	{"the last of 256 rules refuses what is got from the wire", "uplink",
	 "vf2 ext " UDP(5255), "vf2!acl"},
	{"256 rules twice: permitted", "vf0", "vf2 vf0 " UDP(80), "vf2"},
	{"256 rules at several targets of a flood", "vf1", "bc vf1 " UDP(5255),
	 "pf uplink ; vf0!acl vf2!acl"},
	{"ports without rules do not meet them", "vf1", "ext vf1 " UDP(5255), "uplink"},
};

#define TABLE(setup, cases) lab_table(#cases, setup, cases, ARRAY_SIZE(cases))

int main(void)
{
	int failed = 0;

	longest_make();
	failed += TABLE(&ordered, order) != 0;
	failed += run_matches();
	failed += run_counting() != 0;
	failed += TABLE(&flooded, floods) != 0;
	failed += TABLE(&longest, last) != 0;
	return failed;
}
