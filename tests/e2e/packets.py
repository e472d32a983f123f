# SPDX-License-Identifier: GPL-2.0-only
"""IP, ARP and neighbour discovery packets in frames; checksums by scapy."""
import logging

logging.getLogger("scapy.runtime").setLevel(logging.ERROR)
# pylint: disable=wrong-import-position
from scapy.layers.dhcp import BOOTP, DHCP
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (ICMPv6EchoRequest, ICMPv6ND_NA, ICMPv6ND_NS, ICMPv6ND_RA,
                                ICMPv6NDOptDstLLAddr, ICMPv6NDOptPrefixInfo, ICMPv6NDOptSrcLLAddr,
                                IPv6, in6_getnsma, in6_getnsmac)
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw
from scapy.utils6 import in6_ptop
from scapy.pton_ntop import inet_ntop, inet_pton

import frames
from frames import mac, mac_text

AF_INET6 = 10


def frame(dst, src, packet, tags=()):
    """A Frame with this packet in it."""
    ether = bytes(Ether(dst=mac_text(dst), src=mac_text(src)) / packet)
    return frames.parse(ether).tagged(*tags)


def udp(src, dst, sport=1000, dport=2000, tos=0):
    if ":" in dst:
        return IPv6(src=src, dst=dst, tc=tos) / UDP(sport=sport, dport=dport) / Raw(bytes(30))
    return IP(src=src, dst=dst, tos=tos) / UDP(sport=sport, dport=dport) / Raw(bytes(30))


def tcp(src, dst, sport=1000, dport=80):
    ip = IPv6(src=src, dst=dst) if ":" in dst else IP(src=src, dst=dst)
    return ip / TCP(sport=sport, dport=dport, flags="S") / Raw(bytes(30))


def ping(src, dst):
    if ":" in dst:
        return IPv6(src=src, dst=dst) / ICMPv6EchoRequest(data=bytes(30))
    return IP(src=src, dst=dst) / ICMP() / Raw(bytes(30))


def arp(src_mac, src, dst, op="who-has"):
    return ARP(op=op, hwsrc=mac_text(src_mac), psrc=src, pdst=dst) / Raw(bytes(18))


def dhcp(src_mac, sport=68, dport=67, kind="discover"):
    return (IP(src="0.0.0.0", dst="255.255.255.255") / UDP(sport=sport, dport=dport) /
            BOOTP(chaddr=src_mac) / DHCP(options=[("message-type", kind), "end"]))


def solicited(target):
    """Multicast IP and MAC address at which a neighbour is asked for."""
    group = in6_getnsma(inet_pton(AF_INET6, target))
    return inet_ntop(AF_INET6, group), mac(in6_getnsmac(group))


def solicit(target, src="::", link=None):
    """A neighbour solicitation; from nobody it is DAD's."""
    packet = IPv6(src=src, dst=solicited(target)[0], hlim=255) / ICMPv6ND_NS(tgt=target)
    return packet / ICMPv6NDOptSrcLLAddr(lladdr=mac_text(link)) if link else packet


def advertise(src, target, link, dst="ff02::1"):
    return (IPv6(src=src, dst=dst, hlim=255) / ICMPv6ND_NA(tgt=target, R=0, S=0, O=1) /
            ICMPv6NDOptDstLLAddr(lladdr=mac_text(link)))


def router(src, prefix):
    """A router advertisement with a /64 for SLAAC."""
    return (IPv6(src=src, dst="ff02::1", hlim=255) / ICMPv6ND_RA(routerlifetime=0) /
            ICMPv6NDOptPrefixInfo(prefix=in6_ptop(prefix), prefixlen=64, L=1, A=1))
