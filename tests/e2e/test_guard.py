# SPDX-License-Identifier: GPL-2.0-only
"""guard: a VF has the IP addresses that the file gives it, and no others. Real stacks, and frames
by hand for what a stack does not say."""
import json
import time

import pytest

import packets
import verify
from events import Monitor, check_refused
from frames import BROADCAST, build, mac
from lab import WIRE_MAC, vf_mac
from model import Port
from program import until

PREFIX = "fd09:0:0:1::"
MINE = ("10.9.0.10", "fd09::10")


def guarded(number, prefix=False):
    six = f"{PREFIX}/64" if prefix else f"fd09::{number + 10}"
    return Port(f"vf{number}", vf_mac(number),
                more=(("guard", {"ipv4": [f"10.9.0.{number + 10}"], "ipv6": [six]}),))


@pytest.fixture(scope="module")
def lab(make_module_lab):
    lab = make_module_lab([guarded(0), guarded(1), Port("vf2", vf_mac(2), vlan=7, more=(
        ("guard", {"ipv4": ["10.9.0.12"]}),)), Port("vf3", vf_mac(3), vlan=7)])
    lab.attach()
    lab.open_taps()
    with Monitor(lab) as lab.monitor:
        yield lab
        assert lab.monitor.end() == 0


def to_all(packet, number=0):
    return packets.frame(BROADCAST, vf_mac(number), packet)


# ---- by hand

@pytest.mark.parametrize("packet", [
    packets.arp(vf_mac(0), MINE[0], "10.9.0.11"),
    packets.arp(vf_mac(0), "0.0.0.0", MINE[0]),  # probe
    packets.arp(vf_mac(0), MINE[0], MINE[0], op="is-at"),
    packets.udp(MINE[0], "10.9.0.11"), packets.ping(MINE[1], "fd09::11"),
    packets.dhcp(vf_mac(0)), packets.dhcp(vf_mac(0), kind="request"),
    packets.solicit(MINE[1]),  # DAD
    packets.solicit("fd09::11", src=MINE[1], link=vf_mac(0)),
    packets.advertise(MINE[1], MINE[1], vf_mac(0)),
    packets.solicit("fe80::ff:fe00:100"),
], ids=lambda p: p.summary()[:60])
def test_what_is_the_ports_own_passes(lab, packet):
    verify.check(lab, "vf0", to_all(packet))


@pytest.mark.parametrize("packet", [
    packets.arp(vf_mac(0), "10.9.0.11", "10.9.0.1"),
    packets.arp(vf_mac(1), MINE[0], "10.9.0.1"),
    packets.arp(vf_mac(0), "10.9.0.77", "10.9.0.77", op="is-at"),
    packets.udp("10.9.0.11", "10.9.0.1"), packets.udp("0.0.0.0", "10.9.0.1"),
    packets.ping("fd09::11", "fd09::1"),
    packets.dhcp(vf_mac(0), sport=67, dport=68, kind="offer"),
    packets.solicit("fd09::11"),  # DAD for an address of another
    packets.solicit("fd09::1", src=MINE[1], link=vf_mac(1)),
    packets.advertise(MINE[1], "fd09::11", vf_mac(0)),
    packets.advertise(MINE[1], MINE[1], vf_mac(1)),
    packets.advertise("fe80::1", "fe80::1", vf_mac(0)),
], ids=lambda p: p.summary()[:60])
def test_what_is_anothers_is_refused(lab, packet):
    """Nobody gets it, `guard` is counted, `monitor` shows it."""
    check_refused(lab, "vf0", to_all(packet), "guard")


def test_a_family_without_addresses_has_no_senders(lab):
    check_refused(lab, "vf2", to_all(packets.ping("fd09::12", "fd09::1"), 2), "guard")
    verify.check(lab, "vf2", to_all(packets.udp("10.9.0.12", "10.9.0.1"), 2))


def test_frames_that_are_no_packets_pass(lab):
    verify.check(lab, "vf0", *[build(BROADCAST, vf_mac(0), (), n) for n in range(2)])


# ---- real stacks

def pings(space, to, count=2):
    return space.run(["ping", f"-c{count}", "-i0.1", "-W1", to], check=False).returncode == 0


def test_real_ping_works_with_the_right_addresses_and_not_with_others(make_lab):
    lab = make_lab([guarded(0), guarded(1)])
    lab.attach()
    one, two = lab.guests["vf0"], lab.guests["vf1"]
    two.ip("addr add 10.9.0.11/24 dev eth0")
    one.ip("addr add 10.9.0.10/24 dev eth0")
    with Monitor(lab) as monitor:
        assert pings(one, "10.9.0.11") and pings(two, "10.9.0.10")
        assert ("vf0", "drops.guard") not in lab.stats()
        one.ip("addr del 10.9.0.10/24 dev eth0", "addr add 10.9.0.77/24 dev eth0", "neigh flush all")
        assert not pings(one, "10.9.0.11", 1)
        assert lab.stats()["vf0", "drops.guard"] >= 1
        event = until("the event", lambda: next(
            (e for e in monitor.read() if (e["port"], e["reason"]) == ("vf0", "guard")), None))
        assert "10.9.0.77" in event["frame"]
        lab.evbpf.ok("set", lab.switch_name, "vf", "0", "guard.ipv4", "10.9.0.10,10.9.0.77")
        assert pings(one, "10.9.0.11")


def six(space, dev="eth0"):
    """IPv6 with router advertisements, addresses made from the MAC."""
    keys = {"disable_ipv6": 0, "accept_ra": 1, "autoconf": 1, "addr_gen_mode": 0, "dad_transmits": 1,
            "router_solicitations": 0}
    space.run(["sysctl", "-qw", *[f"net.ipv6.conf.{dev}.{k}={v}" for k, v in keys.items()]])
    space.ip(f"link set {dev} down", f"link set {dev} up")


def addresses(space, scope):
    """Those that DAD has passed."""
    links = json.loads(space.run(["ip", "-j", "-6", "addr", "show", "eth0"]).stdout)
    return [a["local"] for link in links if link for a in link["addr_info"]
            if a["scope"] == scope and not a.get("tentative") and not a.get("dadfailed")]


def test_slaac_works_between_two_guests_with_guard_on(make_lab):
    """A router advertisement comes from the wire; DAD, link-local and global ping pass; an address
    of another prefix does not."""
    lab = make_lab([guarded(0, prefix=True), guarded(1, prefix=True)])
    lab.attach()
    lab.open_taps()
    guests = [lab.guests["vf0"], lab.guests["vf1"]]
    for space in guests:
        six(space)
    for space in guests:
        until("a link-local address", lambda s=space: addresses(s, "link"))
    all_nodes = mac("33:33:00:00:00:01")
    lab.taps.send("wire", packets.frame(all_nodes, WIRE_MAC, packets.router("fe80::ff:fe00:ff",
                                                                            PREFIX)).raw())
    own = [until("a global address", lambda s=space: addresses(s, "global")) for space in guests]
    assert all(a[0].startswith("fd09::1:") or a[0].startswith("fd09:0:0:1:") for a in own), own
    link = [addresses(space, "link")[0] for space in guests]
    assert pings(guests[0], own[1][0]) and pings(guests[1], own[0][0])
    assert pings(guests[0], link[1] + "%eth0")
    assert [k for k in lab.stats() if k[1] == "drops.guard"] == []
    guests[0].ip("addr add fd09:0:0:2::1/48 dev eth0 nodad")
    time.sleep(0.1)
    assert guests[0].run(["ping", "-c1", "-W1", "-I", "fd09:0:0:2::1", own[1][0]],
                         check=False).returncode != 0
    assert lab.stats()["vf0", "drops.guard"] >= 1


def test_an_address_out_of_a_prefix_that_was_there(make_lab):
    """The trie has the prefix still when the address comes: it is no row of its own yet."""
    lab = make_lab([Port("vf0", vf_mac(0), more=(("guard", {"ipv4": ["10.9.0.10/31"]}),)),
                    Port("vf1", vf_mac(1))])
    lab.attach()
    lab.open_taps()
    lab.evbpf.ok("set", lab.switch_name, "vf", "0", "guard.ipv4", "10.9.0.11")
    verify.check(lab, "vf0", to_all(packets.arp(vf_mac(0), "10.9.0.11", "10.9.0.1")))
