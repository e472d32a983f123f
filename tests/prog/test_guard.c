/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * guard: which senders' addresses a port may use in IPv4, ARP, IPv6 and neighbour discovery
 * (design.md section 7; RFC 826, 5227, 4861, 4862, 6980, 7527).
 *
 *	vf0 both families     vf1 no guard          vf2 IPv4 only      vf3 IPv6 only
 *	vf4 prefixes          vf5 trunk, C-VLANs    vf6 access S-VLAN  vf7 trunk, S-VLANs
 *	vf8 access C-VLAN     vf9 two MACs          vf10 no spoofchk   vf11 XDP guest
 *	vf12 access C-VLAN, strip off
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "harness.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define VF(id, hex) "  - {id: " #id ", dev: h" #id ", mac: \"02:00:00:00:01:" hex "\""
#define BOTH ", guard: {ipv4: [10.0.0.5, 10.0.0.6], ipv6: [\"fd00::5\", \"fd00::6\"]}}\n"

static const struct lab_setup setup = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"uplink: {dev: up}\n"
		"vfs:\n"
		VF(0, "00") BOTH
		VF(1, "01") "}\n"
		VF(2, "02") ", guard: {ipv4: [10.0.0.5]}}\n"
		VF(3, "03") ", guard: {ipv6: [\"fd00::5\"]}}\n"
		VF(4, "04") ", guard: {ipv4: [10.1.0.0/16, 10.2.3.4/30], ipv6: "
		"[\"fd01::/48\", \"fd02::8/125\"]}}\n"
		VF(5, "05") ", trunk: [10, 20]" BOTH
		VF(6, "06") ", vlan: 100, proto: 802.1ad" BOTH
		VF(7, "07") ", trunk: [100], proto: 802.1ad" BOTH
		VF(8, "08") ", vlan: 10" BOTH
		"  - {id: 9, dev: h9, mac: [\"02:00:00:00:01:09\", \"02:00:00:01:01:09\"]" BOTH
		VF(10, "0a") ", spoofchk: off" BOTH
		VF(11, "0b") ", hook: xdp" BOTH
		VF(12, "0c") ", vlan: 10, strip: off" BOTH,
};

#define LL0 "fe80::ff:fe00:100" /* of vf0's address, RFC 4291 appendix A */
#define LL1 "fe80::ff:fe00:101"
#define SN "ff02::1:ff00:5"	/* solicited-node multicast address of fd00::5 */

static const struct lab_case ipv4[] = {
	{"a packet from the port's address passes", "vf0", "vf1 vf0 ip4=10.0.0.5>10.0.0.9 udp=1>2",
	 "vf1"},
	{"a packet from the port's second address passes", "vf0",
	 "vf1 vf0 ip4=10.0.0.6>10.0.0.9 tcp=1>2", "vf1"},
	{"a packet from another address is refused", "vf0",
	 "vf1 vf0 ip4=10.0.0.7>10.0.0.9 udp=1>2", "! guard"},
	{"a packet to the wire from another address is refused", "vf0",
	 "ext vf0 ip4=192.0.2.1>10.0.0.9 icmp=8", "! guard"},
	{"a broadcast from another address is refused", "vf0",
	 "bc vf0 ip4=10.0.0.7>255.255.255.255 udp=1>2", "! guard"},
	{"a loopback source is refused", "vf0", "vf1 vf0 ip4=127.0.0.1>10.0.0.9 udp=1>2",
	 "! guard"},
	{"any destination is the guest's business", "vf0",
	 "vf1 vf0 ip4=10.0.0.5>10.0.0.5 udp=1>2", "vf1"},
	{"DHCP discover passes", "vf0", "bc vf0 ip4=0.0.0.0>255.255.255.255 udp=68>67",
	 "vf1 vf2 vf3 vf4 vf9 vf10 vf11 pf uplink"},
	{"DHCP discover that is no UDP is refused", "vf0",
	 "bc vf0 ip4=0.0.0.0>255.255.255.255 tcp=68>67", "! guard"},
	{"the unspecified address to another port is refused", "vf0",
	 "bc vf0 ip4=0.0.0.0>255.255.255.255 udp=68>53", "! guard"},
	{"the unspecified address from another port is refused", "vf0",
	 "bc vf0 ip4=0.0.0.0>255.255.255.255 udp=67>67", "! guard"},
	{"a DHCP server's answer from the unspecified address is refused", "vf0",
	 "bc vf0 ip4=0.0.0.0>255.255.255.255 udp=67>68", "! guard"},
	{"a later fragment from the unspecified address is refused", "vf0",
	 "bc vf0 ip4=0.0.0.0>255.255.255.255 udp=68>67 frag=10", "! guard"},
	{"ICMP from the unspecified address is refused", "vf0",
	 "vf1 vf0 ip4=0.0.0.0>10.0.0.9 icmp=8", "! guard"},
	{"IPv4 with options passes", "vf0", "vf1 vf0 ip4=10.0.0.5>10.0.0.9 opt=3 udp=1>2", "vf1"},
	{"IPv4 with 40 bytes of options passes", "vf0",
	 "vf1 vf0 ip4=10.0.0.5>10.0.0.9 opt=10 tcp=1>2", "vf1"},
	{"IPv4 with options from another address is refused", "vf0",
	 "vf1 vf0 ip4=10.0.0.7>10.0.0.9 opt=3 udp=1>2", "! guard"},
	{"DHCP discover with options passes", "vf0",
	 "vf1 vf0 ip4=0.0.0.0>255.255.255.255 opt=1 udp=68>67", "vf1"},
	{"options that look like DHCP are none", "vf0",
	 "vf1 vf0 ip4=0.0.0.0>255.255.255.255 opt=10 udp=68>53", "! guard"},
	{"a first fragment passes", "vf0", "vf1 vf0 ip4=10.0.0.5>10.0.0.9 frag=0+ udp=1>2", "vf1"},
	{"a later fragment passes", "vf0", "vf1 vf0 ip4=10.0.0.5>10.0.0.9 frag=185 udp=1>2", "vf1"},
	{"a later fragment of two bytes passes", "vf0",
	 "vf1 vf0 ip4=10.0.0.5>10.0.0.9 frag=185 udp=1>2 +22", "vf1"},
	{"a later fragment from another address is refused", "vf0",
	 "vf1 vf0 ip4=10.0.0.7>10.0.0.9 frag=185 udp=1>2", "! guard"},
	{"another IP protocol passes", "vf0", "vf1 vf0 ip4=10.0.0.5>10.0.0.9 proto=47", "vf1"},
	{"another IP protocol from another address is refused", "vf0",
	 "vf1 vf0 ip4=10.0.0.7>10.0.0.9 proto=47", "! guard"},
	{"UDP cut before its ports is refused", "vf0",
	 "vf1 vf0 ip4=10.0.0.5>10.0.0.9 udp=1>2 +23", "! guard"},
	{"UDP with its ports and no more passes", "vf0",
	 "vf1 vf0 ip4=10.0.0.5>10.0.0.9 udp=1>2 +24", "vf1"},
	{"IPv4 options that are cut are refused", "vf0",
	 "vf1 vf0 ip4=10.0.0.5>10.0.0.9 opt=10 udp=1>2 +40", "! guard"},
	{"IPv4 options that are cut are refused whatever is behind", "vf0",
	 "vf1 vf0 ip4=10.0.0.5>10.0.0.9 opt=10 icmp=8 +40", "! guard"},
	{"an IPv4 header that says it is another version is refused", "vf0",
	 "vf1 vf0 t0800 +46", "! guard"},
	{"a cut IPv4 header is refused", "vf5", "ext vf5 c10 ip4=10.0.0.5>10.0.0.9 +19", "! guard"},
	{"no IPv4 header is refused", "vf5", "ext vf5 c10 ip4=10.0.0.5>10.0.0.9 +0", "! guard"},
	{"a whole IPv4 header passes", "vf5", "ext vf5 c10 ip4=10.0.0.5>10.0.0.9 +20", "uplink"},
	{"a port without guard sends what it likes", "vf1", "vf0 vf1 ip4=192.0.2.1>10.0.0.5 udp=1>2",
	 "vf0"},
	{"a guarded port gets what it is sent", "uplink", "vf0 ext ip4=192.0.2.1>10.0.0.5 udp=1>2",
	 "vf0"},
	{"a GSO packet is looked at as any other", "vf0",
	 "vf1 vf0 ip4=10.0.0.7>10.0.0.9 tcp=1>2 +628 gso=200x3", "! guard"},
	{"a GSO packet from the port's address passes", "vf0",
	 "vf1 vf0 ip4=10.0.0.5>10.0.0.9 tcp=1>2 +628 gso=200x3", "vf1"},
	{"an XDP guest's packet passes", "vf11", "vf1 vf11 ip4=10.0.0.5>10.0.0.9 udp=1>2", "vf1"},
	{"an XDP guest's packet from another address is refused", "vf11",
	 "vf1 vf11 ip4=10.0.0.7>10.0.0.9 udp=1>2", "! guard"},
};

static const struct lab_case arp[] = {
	{"ARP from the port's address passes", "vf0", "vf1 vf0 arp4=10.0.0.5>10.0.0.9", "vf1"},
	{"an ARP answer passes", "vf0", "vf1 vf0 arp4=10.0.0.6>10.0.0.9 op=2", "vf1"},
	{"ARP from another address is refused", "vf0", "vf1 vf0 arp4=10.0.0.9>10.0.0.5",
	 "! guard"},
	{"an ARP answer for another address is refused", "vf0",
	 "vf1 vf0 arp4=10.0.0.1>10.0.0.9 op=2", "! guard"},
	{"an announcement of another address is refused", "vf0", "bc vf0 arp4=10.0.0.1>10.0.0.1",
	 "! guard"},
	{"ARP from another's MAC address is refused", "vf0",
	 "vf1 vf0 arp4=10.0.0.5>10.0.0.9 sha=vf1", "! guard"},
	{"ARP from MAC address zero is refused", "vf0", "vf1 vf0 arp4=10.0.0.5>10.0.0.9 sha=zero",
	 "! guard"},
	{"an ARP probe passes", "vf0", "vf1 vf0 arp4=0.0.0.0>10.0.0.5", "vf1"},
	{"an ARP probe from another's MAC address is refused", "vf0",
	 "vf1 vf0 arp4=0.0.0.0>10.0.0.5 sha=vf1", "! guard"},
	{"cut ARP is refused", "vf0", "vf1 vf0 arp4=10.0.0.5>10.0.0.9 +27", "! guard"},
	{"ARP without padding passes", "vf0", "vf1 vf0 arp4=10.0.0.5>10.0.0.9 +28", "vf1"},
	{"ARP that is not of Ethernet and IPv4 is refused", "vf0", "vf1 vf0 t0806 +46", "! guard"},
	{"ARP of a port without guard passes", "vf1", "vf0 vf1 arp4=10.0.0.5>10.0.0.9 sha=vf0",
	 "vf0"},
	{"a port of two MAC addresses names the one that it sends from", "vf9",
	 "vf1 vf9.1 arp4=10.0.0.5>10.0.0.9", "vf1"},
};

static const struct lab_case ipv6[] = {
	{"a packet from the port's address passes", "vf0", "vf1 vf0 ip6=fd00::5>fd00::9 udp=1>2",
	 "vf1"},
	{"a packet from the port's second address passes", "vf0",
	 "vf1 vf0 ip6=fd00::6>fd00::9 tcp=1>2", "vf1"},
	{"a packet from another address is refused", "vf0",
	 "vf1 vf0 ip6=fd00::7>fd00::9 udp=1>2", "! guard"},
	{"a packet from the IPv4-mapped address is refused", "vf0",
	 "vf1 vf0 ip6=::ffff:10.0.0.5>fd00::9 udp=1>2", "! guard"},
	{"the link-local address of the own MAC address passes", "vf0",
	 "vf1 vf0 ip6=" LL0 ">" LL1 " icmp=128", "vf1"},
	{"another link-local address is refused", "vf0", "vf1 vf0 ip6=" LL1 ">" LL0 " icmp=128",
	 "! guard"},
	{"a link-local address of no MAC address is refused", "vf0",
	 "vf1 vf0 ip6=fe80::1>" LL1 " icmp=128", "! guard"},
	{"the own interface identifier in fe80:0:0:1::/64 is refused", "vf0",
	 "vf1 vf0 ip6=fe80:0:0:1:0:ff:fe00:100>" LL1 " icmp=128", "! guard"},
	{"the link-local address of the MAC address that it sends from passes", "vf9",
	 "vf1 vf9.1 ip6=fe80::ff:fe01:109>" LL1 " icmp=128", "vf1"},
	{"the link-local address of a MAC address that is not the port's is refused", "vf10",
	 "vf1 ext ip6=fe80::ff:fe00:ee00>" LL1 " icmp=128", "! guard"},
	{"without spoofchk the port's own link-local address passes", "vf10",
	 "vf1 vf10 ip6=fe80::ff:fe00:10a>" LL1 " icmp=128", "vf1"},
	{"the unspecified address is refused", "vf0", "vf1 vf0 ip6=::>fd00::9 udp=1>2", "! guard"},
	{"an echo request from the unspecified address is refused", "vf0",
	 "vf1 vf0 ip6=::>fd00::9 icmp=128", "! guard"},
	{"a router solicitation from the unspecified address passes", "vf0",
	 "vf1 vf0 ip6=::>ff02::2 icmp=133", "vf1"},
	{"a router solicitation with the own link-layer address passes", "vf0",
	 "vf1 vf0 ip6=" LL0 ">ff02::2 icmp=133 slla=vf0", "vf1"},
	{"a router solicitation with another's link-layer address is refused", "vf0",
	 "vf1 vf0 ip6=" LL0 ">ff02::2 icmp=133 slla=vf1", "! guard"},
	{"an MLDv2 report from the unspecified address passes", "vf0",
	 "vf1 vf0 ip6=::>ff02::16 hop icmp=143", "vf1"},
	{"an MLDv1 report from the unspecified address passes", "vf0",
	 "vf1 vf0 ip6=::>" SN " hop icmp=131", "vf1"},
	{"a router advertisement from the unspecified address is refused", "vf0",
	 "vf1 vf0 ip6=::>ff02::1 icmp=134", "! guard"},
	{"TCP cut before its ports is refused", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 tcp=1>2 +43", "! guard"},
	{"a cut IPv6 header is refused", "vf5", "ext vf5 c10 ip6=fd00::5>fd00::9 +39", "! guard"},
	{"a whole IPv6 header passes", "vf5", "ext vf5 c10 ip6=fd00::5>fd00::9 +40", "uplink"},
	{"an IPv6 header that says it is another version is refused", "vf0", "vf1 vf0 t86dd +46",
	 "! guard"},
	{"extension headers pass", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 hop rth dop udp=1>2", "vf1"},
	{"an authentication header passes", "vf0", "vf1 vf0 ip6=fd00::5>fd00::9 ah udp=1>2", "vf1"},
	{"extension headers from another address are refused", "vf0",
	 "vf1 vf0 ip6=fd00::7>fd00::9 hop rth dop udp=1>2", "! guard"},
	{"extension headers cut are refused", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 hop rth dop udp=1>2 +56", "! guard"},
	{"a chain without end is refused", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 hop dop dop dop dop dop dop dop dop dop udp=1>2", "! guard"},
	{"a first fragment passes", "vf0", "vf1 vf0 ip6=fd00::5>fd00::9 frag=0+ udp=1>2", "vf1"},
	{"a later fragment passes", "vf0", "vf1 vf0 ip6=fd00::5>fd00::9 frag=100 udp=1>2", "vf1"},
	{"a later fragment from another address is refused", "vf0",
	 "vf1 vf0 ip6=fd00::7>fd00::9 frag=100 udp=1>2", "! guard"},
	{"a first fragment that has no ports is refused", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 frag=0+ udp=1>2 +50", "! guard"},
	{"a port without guard sends what it likes", "vf1", "vf0 vf1 ip6=fd00::9>fd00::5 udp=1>2",
	 "vf0"},
};

static const struct lab_case nd[] = {
	{"a solicitation passes", "vf0", "vf1 vf0 ip6=fd00::5>fd00::9 ns=fd00::9 slla=vf0", "vf1"},
	{"a solicitation from the link-local address passes", "vf0",
	 "vf1 vf0 ip6=" LL0 ">fd00::9 ns=fd00::9 slla=vf0", "vf1"},
	{"a solicitation without link-layer address passes", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 ns=fd00::9", "vf1"},
	{"a solicitation with another's link-layer address is refused", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 ns=fd00::9 slla=vf1", "! guard"},
	{"a solicitation from another address is refused", "vf0",
	 "vf1 vf0 ip6=fd00::7>fd00::9 ns=fd00::9 slla=vf0", "! guard"},
	{"duplicate address detection for the port's address passes", "vf0",
	 "mc6 vf0 ip6=::>" SN " ns=fd00::5", "vf1 vf2 vf3 vf4 vf9 vf10 vf11 pf uplink"},
	{"duplicate address detection with a nonce passes", "vf0",
	 "vf1 vf0 ip6=::>" SN " ns=fd00::5 nonce", "vf1"},
	{"duplicate address detection for the link-local address passes", "vf0",
	 "vf1 vf0 ip6=::>ff02::1:ff00:100 ns=" LL0, "vf1"},
	{"duplicate address detection for another address is refused", "vf0",
	 "vf1 vf0 ip6=::>ff02::1:ff00:9 ns=fd00::9", "! guard"},
	{"duplicate address detection for another's link-local address is refused", "vf0",
	 "vf1 vf0 ip6=::>ff02::1:ff00:101 ns=" LL1, "! guard"},
	{"an advertisement passes", "vf0", "vf1 vf0 ip6=fd00::5>fd00::9 na=fd00::5 tlla=vf0",
	 "vf1"},
	{"an advertisement of the link-local address passes", "vf0",
	 "vf1 vf0 ip6=" LL0 ">" LL1 " na=" LL0 " tlla=vf0", "vf1"},
	{"an advertisement of another address is refused", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 na=fd00::7 tlla=vf0", "! guard"},
	{"an advertisement of another's link-local address is refused", "vf0",
	 "vf1 vf0 ip6=" LL0 ">" LL1 " na=" LL1 " tlla=vf0", "! guard"},
	{"an advertisement with another's link-layer address is refused", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 na=fd00::5 tlla=vf1", "! guard"},
	{"an advertisement from the unspecified address is refused", "vf0",
	 "vf1 vf0 ip6=::>fd00::9 na=fd00::5 tlla=vf0", "! guard"},
	{"another's link-layer address behind a nonce is refused", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 ns=fd00::9 nonce slla=vf1", "! guard"},
	{"the own link-layer address behind a nonce passes", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 ns=fd00::9 nonce slla=vf0", "vf1"},
	{"another's link-layer address behind the own one is refused", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 na=fd00::5 slla=vf0 tlla=vf1", "! guard"},
	{"another's link-layer address behind four options is refused", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 ns=fd00::9 nonce nonce nonce nonce slla=vf1", "! guard"},
	{"what is behind the packet's end is no option of it", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 ns=fd00::9 slla=vf1 iplen=24", "vf1"},
	{"cut in an option is refused", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 ns=fd00::9 slla=vf0 +71", "! guard"},
	{"cut before the target is refused", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 na=fd00::7 tlla=vf0 +63", "! guard"},
	{"cut in ICMPv6 is refused", "vf0", "vf1 vf0 ip6=fd00::5>fd00::9 na=fd00::7 +47",
	 "! guard"},
	{"an advertisement of another address behind extension headers is refused", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 hop dop na=fd00::7", "! guard"},
	{"an advertisement behind extension headers passes", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 hop dop na=fd00::5 tlla=vf0", "vf1"},
	{"an advertisement in a fragment is refused", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 frag=0+ na=fd00::5 tlla=vf0", "! guard"},
	{"an advertisement in a whole fragment is refused", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 frag=0 na=fd00::5 tlla=vf0", "! guard"},
	{"a router solicitation in a fragment is refused", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 frag=0+ icmp=133", "! guard"},
	{"an echo request in a fragment passes", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 frag=0+ icmp=128", "vf1"},
	{"a fragment whose ICMPv6 header is behind the packet's end is refused", "vf0",
	 "vf1 vf0 ip6=fd00::5>fd00::9 frag=0+ dop icmp=128 iplen=16", "! guard"},
};

static const struct lab_case prefixes[] = {
	{"an address in the IPv4 prefix passes", "vf4", "vf1 vf4 ip4=10.1.255.255>10.0.0.9 udp=1>2",
	 "vf1"},
	{"an address beside the IPv4 prefix is refused", "vf4",
	 "vf1 vf4 ip4=10.2.0.0>10.0.0.9 udp=1>2", "! guard"},
	{"an address in a small IPv4 prefix passes", "vf4", "vf1 vf4 ip4=10.2.3.7>10.0.0.9 icmp=8",
	 "vf1"},
	{"an address beside a small IPv4 prefix is refused", "vf4",
	 "vf1 vf4 ip4=10.2.3.8>10.0.0.9 icmp=8", "! guard"},
	{"ARP for an address in the prefix passes", "vf4", "vf1 vf4 arp4=10.1.2.3>10.0.0.9", "vf1"},
	{"ARP for an address beside the prefix is refused", "vf4", "vf1 vf4 arp4=10.0.2.3>10.0.0.9",
	 "! guard"},
	{"an address in the IPv6 prefix passes", "vf4",
	 "vf1 vf4 ip6=fd01:0:0:ffff::1>fd00::9 udp=1>2", "vf1"},
	{"an address beside the IPv6 prefix is refused", "vf4",
	 "vf1 vf4 ip6=fd01:0:1::1>fd00::9 udp=1>2", "! guard"},
	{"an address in a small IPv6 prefix passes", "vf4", "vf1 vf4 ip6=fd02::f>fd00::9 udp=1>2",
	 "vf1"},
	{"an address beside a small IPv6 prefix is refused", "vf4",
	 "vf1 vf4 ip6=fd02::10>fd00::9 udp=1>2", "! guard"},
	{"an advertisement in the prefix passes", "vf4",
	 "vf1 vf4 ip6=fd01::1>fd00::9 na=fd01::2 tlla=vf4", "vf1"},
	{"another port's addresses are not this one's", "vf4",
	 "vf1 vf4 ip4=10.0.0.5>10.0.0.9 udp=1>2", "! guard"},
};

/* a family without addresses is refused whole */
static const struct lab_case families[] = {
	{"IPv4 alone: IPv4 passes", "vf2", "vf1 vf2 ip4=10.0.0.5>10.0.0.9 udp=1>2", "vf1"},
	{"IPv4 alone: IPv6 is refused", "vf2", "vf1 vf2 ip6=fd00::5>fd00::9 udp=1>2", "! guard"},
	{"IPv4 alone: the link-local address is refused", "vf2",
	 "vf1 vf2 ip6=fe80::ff:fe00:102>" LL1 " icmp=128", "! guard"},
	{"IPv4 alone: a router solicitation is refused", "vf2",
	 "vf1 vf2 ip6=::>ff02::2 icmp=133", "! guard"},
	{"IPv4 alone: duplicate address detection is refused", "vf2",
	 "vf1 vf2 ip6=::>ff02::1:ff00:102 ns=fe80::ff:fe00:102", "! guard"},
	{"IPv6 alone: IPv6 passes", "vf3", "vf1 vf3 ip6=fd00::5>fd00::9 udp=1>2", "vf1"},
	{"IPv6 alone: the link-local address passes", "vf3",
	 "vf1 vf3 ip6=fe80::ff:fe00:103>" LL1 " icmp=128", "vf1"},
	{"IPv6 alone: IPv4 is refused", "vf3", "vf1 vf3 ip4=10.0.0.5>10.0.0.9 udp=1>2", "! guard"},
	{"IPv6 alone: ARP is refused", "vf3", "vf1 vf3 arp4=10.0.0.5>10.0.0.9", "! guard"},
	{"IPv6 alone: an ARP probe is refused", "vf3", "vf1 vf3 arp4=0.0.0.0>10.0.0.9", "! guard"},
	{"IPv6 alone: DHCP discover is refused", "vf3",
	 "bc vf3 ip4=0.0.0.0>255.255.255.255 udp=68>67", "! guard"},
	{"another EtherType passes", "vf0", "vf1 vf0 t88b5", "vf1"},
	{"another EtherType passes with IPv4 alone", "vf2", "vf1 vf2 t88b5", "vf1"},
	{"EAPOL passes", "vf0", "vf1 vf0 t888e", "vf1"},
	{"an 802.3 frame passes", "vf0", "vf1 vf0 llc", "vf1"},
};

#define OK4 "ip4=10.0.0.5>10.0.0.9 udp=1>2"
#define BAD4 "ip4=10.0.0.7>10.0.0.9 udp=1>2"

static const struct lab_case tags[] = {
	{"behind the VLAN's tag the sender is looked at", "vf5", "ext vf5 c10 " OK4, "uplink"},
	{"behind the VLAN's tag another sender is refused", "vf5", "ext vf5 c10 " BAD4, "! guard"},
	{"behind the VLAN's tag ARP is looked at", "vf5",
	 "ext vf5 c20.3 arp4=10.0.0.7>10.0.0.9", "! guard"},
	{"a second C-TAG is refused", "vf5", "ext vf5 c10 c20 " OK4, "! guard"},
	{"a C-TAG behind a VLAN's tag is refused whatever its VID", "vf5", "ext vf5 c10 c0 " OK4,
	 "! guard"},
	{"an S-TAG behind the VLAN's tag is refused", "vf5", "ext vf5 c10 s20 " OK4, "! guard"},
	{"a second tag is refused whatever is behind", "vf5", "ext vf5 c10 c20 t88b5", "! guard"},
	{"a priority tag is the classified one", "vf0", "vf1 vf0 c0.3 " OK4, "vf1"},
	{"a priority tag does not hide another sender", "vf0", "vf1 vf0 c0.3 " BAD4, "! guard"},
	{"a tag behind a priority tag is in no VLAN of the port's", "vf0", "vf1 vf0 c0 c10 " OK4,
	 "! vlan_filter"},
	{"on an access port a priority tag is the classified one", "vf8", "ext vf8 c0.3 " OK4,
	 "uplink : ext vf8 c10.3 " OK4},
	{"on an access port a tag behind a priority tag is a tag", "vf8", "ext vf8 c0 c10 " OK4,
	 "! vlan_tagged"},
	{"an access port's untagged packet is looked at", "vf8", "ext vf8 " BAD4, "! guard"},
	{"with strip off the own VLAN's tag is the classified one", "vf12", "ext vf12 c10 " OK4,
	 "uplink"},
	{"with strip off a second tag is refused", "vf12", "ext vf12 c10 c10 " OK4, "! guard"},
	{"in an S-VLAN an untagged packet passes", "vf6", "ext vf6 " OK4,
	 "uplink : ext vf6 s100 " OK4},
	{"in an S-VLAN one C-TAG is looked behind", "vf6", "ext vf6 c7 " OK4,
	 "uplink : ext vf6 s100 c7 " OK4},
	{"in an S-VLAN a C-TAG does not hide another sender", "vf6", "ext vf6 c7 " BAD4, "! guard"},
	{"in an S-VLAN two C-TAGs are refused", "vf6", "ext vf6 c7 c8 " OK4, "! guard"},
	{"in an S-VLAN an S-TAG behind a C-TAG is refused", "vf6", "ext vf6 c7 s8 " OK4, "! guard"},
	{"a trunk of S-VLANs passes one C-TAG", "vf7", "ext vf7 s100 c7 " OK4, "uplink"},
	{"a trunk of S-VLANs: a C-TAG does not hide another sender", "vf7", "ext vf7 s100 c7 " BAD4,
	 "! guard"},
	{"a trunk of S-VLANs passes none", "vf7", "ext vf7 s100 " OK4, "uplink"},
	{"a trunk of S-VLANs refuses two C-TAGs", "vf7", "ext vf7 s100 c7 c8 " OK4, "! guard"},
	{"a trunk of S-VLANs refuses a second S-TAG", "vf7", "ext vf7 s100 s100 " OK4, "! guard"},
	{"in an S-VLAN an S-TAG behind a priority S-TAG is refused", "vf6", "ext vf6 s0 s7 " OK4,
	 "! guard"},
	{"in an S-VLAN a C-TAG behind a priority S-TAG passes", "vf6", "ext vf6 s0.2 c7 " OK4,
	 "uplink : ext vf6 s100.2 c7 " OK4},
};

#define TABLE(cases) lab_table("guard: " #cases, &setup, cases, ARRAY_SIZE(cases))

int main(void)
{
	int failed = 0;

	failed += TABLE(ipv4) != 0;
	failed += TABLE(arp) != 0;
	failed += TABLE(ipv6) != 0;
	failed += TABLE(nd) != 0;
	failed += TABLE(prefixes) != 0;
	failed += TABLE(families) != 0;
	failed += TABLE(tags) != 0;
	return failed;
}
