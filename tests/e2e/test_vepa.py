# SPDX-License-Identifier: GPL-2.0-only
"""VEPA, private and VEB ports of a station, and the bridge at the cable's other end that sends
their frames back. Bytes at every port and on the cable, and every counter of both switches."""
import hashlib
import socket
import threading

import pytest

from cable import BridgeMonitor, cable_lab, vf_mac
from frames import BROADCAST, build, ctag, mac
from model import ALL
from model_bridge import VF, BridgePort
from test_tcp import checksum_errors

GROUP = mac("01:00:5e:00:00:05")
UNKNOWN = mac("02:00:00:00:99:99")
SECOND = mac("02:00:00:00:61:99")


def vf(number, station="a", **keys):
    return VF(f"vf{number}", vf_mac(station, number), **keys)


# veb, vepa and private share the untagged channel, and VLAN 100
MIXED = [vf(0, relay="vepa"), vf(1, relay="vepa"), vf(2), vf(3), vf(4, relay="private"),
         vf(5, relay="private"), vf(6, relay="vepa", vlan=100), vf(7, vlan=100, qos=3),
         vf(8, relay="vepa", isolated=True), vf(9, isolated=True),
         vf(10, relay="vepa", trunk=frozenset([100]), untagged=True),
         vf(11, relay="vepa", more_macs=(SECOND,))]
TOR = [BridgePort("p1", dev="sa", reflective=True), BridgePort("x1", dev="h1"),
       BridgePort("x2", dev="h2", vlan=100)]


def lab_of(vfs, ports, hook="tc", **station):
    ports = [p if hook == "tc" else BridgePort(**{**p.__dict__, "hook": "xdp"}) for p in ports]
    return cable_lab(ports, {"a": {"vfs": vfs, "hook": hook, **station}})


@pytest.fixture(scope="module", params=["tc", "xdp"])
def mixed(request):
    with lab_of(MIXED, TOR, request.param) as lab:
        lab.cables_are_seen = request.param == "tc"
        yield lab


def places(lab):
    return list(lab.taps.receivers)


def sweep(lab, source, tags=()):
    """One frame to everybody, to all, to a group, and to nobody."""
    targets = [lab.address(p) for p in places(lab)] + [SECOND, BROADCAST, GROUP, UNKNOWN]
    return [(source, lab.build(source, dst, tags, seq)) for seq, dst in enumerate(targets)]


SENDERS = [*(f"a.{v.name}" for v in MIXED), "a.pf", "h1", "h2"]


@pytest.mark.parametrize("source", SENDERS)
def test_everybody_gets_what_the_rules_say(mixed, source):
    """Twice: while the bridge does not know who is where, and when it does."""
    mixed.check(*sweep(mixed, source) * 2, cable=mixed.cables_are_seen)


@pytest.mark.parametrize("source", ["a.vf10", "a.pf", "h1"])
def test_the_same_in_a_vlan(mixed, source):
    mixed.check(*sweep(mixed, source, [ctag(100, 5, 1)]) * 2, cable=mixed.cables_are_seen)


def test_a_second_address_comes_back_to_its_owner_as_little_as_the_first(mixed):
    frame = build(BROADCAST, SECOND)
    want = mixed.check(("a.vf11", frame), cable=mixed.cables_are_seen)
    assert "a.vf11" not in want.got and {"a.vf0", "a.pf", "h1"} <= set(want.got)


def test_a_frame_that_is_addressed_to_its_own_source_is_reflected(mixed):
    """Whoever on the wire uses a VF's address does not reach that VF with it."""
    mixed.check(("h1", build(vf_mac("a", 0), vf_mac("a", 0))),
                ("h1", build(BROADCAST, vf_mac("a", 0), seq=1)),
                ("a.vf0", mixed.build("a.vf0", BROADCAST, seq=2)),  # it is here again
                cable=mixed.cables_are_seen)


# ---- in words of their own, without the model

PAIR = [vf(0), vf(1), vf(2)]


@pytest.fixture(scope="module")
def vepa():
    """All of the station is vepa."""
    with lab_of(PAIR, TOR[:2], relay="vepa") as lab:
        for place in places(lab):
            lab.send(place, lab.build(place, UNKNOWN))
        lab.take()
        yield lab


def seen(lab, source, frame):
    """How often each place got this frame, and how often it was on the cable each way."""
    before = lab.stats()
    lab.send(source, frame)
    got = lab.take()
    for place, copies in [*got.got.items(), *got.up.items(), *got.down.items()]:
        assert all(copy == frame.raw() for copy in copies), place
    moved = {name: {key: n - before[name].get(key, 0) for key, n in now.items()
                    if n != before[name].get(key, 0)} for name, now in lab.stats().items()}
    return ({p: len(c) for p, c in got.got.items() if c}, len(got.up["a"]), len(got.down["a"]),
            moved)


def test_vf_to_vf_passes_the_cable_up_and_down_and_reaches_one(vepa):
    got, up, down, moved = seen(vepa, "a.vf0", vepa.build("a.vf0", "a.vf1", length=600))
    assert (got, up, down) == ({"a.vf1": 1}, 1, 1)
    assert moved["a"] == {("vf0", "tx.packets"): 1, ("vf0", "tx.bytes"): 600,
                          ("uplink", "tx.packets"): 1, ("uplink", "tx.bytes"): 600,
                          ("uplink", "rx.packets"): 1, ("uplink", "rx.bytes"): 600,
                          ("vf1", "rx.packets"): 1, ("vf1", "rx.bytes"): 600}
    assert moved["bridge"] == {("p1", key): n for key, n in (
        ("rx.packets", 1), ("rx.bytes", 600), ("tx.packets", 1), ("tx.bytes", 600))}


@pytest.mark.parametrize("dst", [BROADCAST, GROUP], ids=["broadcast", "multicast"])
def test_a_flood_reaches_each_once_and_its_sender_never(vepa, dst):
    for source in ("a.vf0", "a.vf2", "a.pf"):
        got, up, down, moved = seen(vepa, source, vepa.build(source, dst))
        everybody = {"a.vf0", "a.vf1", "a.vf2", "a.pf", "h1"}
        assert (got, up, down) == ({p: 1 for p in everybody - {source}}, 1, 1)
        assert not [key for name in moved for key in moved[name] if "drop" in key[1]]


def test_the_host_and_a_vf_meet_by_the_bridge_too(vepa):
    assert seen(vepa, "a.pf", vepa.build("a.pf", "a.vf0"))[:3] == ({"a.vf0": 1}, 1, 1)
    assert seen(vepa, "a.vf0", vepa.build("a.vf0", "a.pf"))[:2] == ({"a.pf": 1}, 1)


def test_from_the_wire_a_vepa_vf_is_reached_as_any(vepa):
    assert seen(vepa, "h1", vepa.build("h1", "a.vf0"))[:3] == ({"a.vf0": 1}, 0, 1)
    assert seen(vepa, "h1", vepa.build("h1", BROADCAST))[:3] == (
        {"a.vf0": 1, "a.vf1": 1, "a.vf2": 1, "a.pf": 1}, 0, 1)


def test_without_reflective_relay_vfs_do_not_meet_and_the_bridge_says_hairpin():
    with lab_of(PAIR, [BridgePort("p1", dev="sa"), TOR[1]], relay="vepa") as lab:
        assert seen(lab, "a.vf0", lab.build("a.vf0", BROADCAST))[:3] == ({"h1": 1}, 1, 0)
        assert seen(lab, "a.vf1", lab.build("a.vf1", UNKNOWN))[:3] == ({"h1": 1}, 1, 0)
        bridge = BridgeMonitor(lab)
        with bridge:
            frame = lab.build("a.vf0", "a.vf1")
            got, up, down, moved = seen(lab, "a.vf0", frame)
            assert (got, up, down) == ({}, 1, 0)
            assert moved["bridge"] == {("p1", "rx.dropped"): 1, ("p1", "drops.hairpin"): 1}
            bridge.shows("p1", "hairpin", frame.raw())
        assert seen(lab, "h1", lab.build("h1", "a.vf1"))[:3] == ({"a.vf1": 1}, 0, 1)


GROUPS = [{"name": "near", "relay": "veb"}, {"name": "far", "relay": "vepa"}]


def test_port_groups_of_veb_and_vepa_share_a_host():
    """A flood of a veb VF reaches its group at once and not again when it comes back; the vepa
    group by the cable. Everybody has one copy."""
    near, far = (("portgroup", "near"),), (("portgroup", "far"),)
    vfs = [vf(0, more=near), vf(1, more=near), vf(2, more=far), vf(3, more=far)]
    with lab_of(vfs, TOR[:2], groups=GROUPS) as lab:
        everybody = {"a.vf0", "a.vf1", "a.vf2", "a.vf3", "a.pf", "h1"}
        for source in sorted(everybody - {"h1"}):
            got, up, down, _ = seen(lab, source, lab.build(source, BROADCAST))
            assert (source, got, up, down) == (source, {p: 1 for p in everybody - {source}}, 1, 1)
        for source, target, cable in (("a.vf0", "a.vf1", 0), ("a.vf0", "a.vf2", 1),
                                      ("a.vf2", "a.vf0", 1), ("a.vf2", "a.vf3", 1),
                                      ("a.vf0", "a.pf", 0), ("a.pf", "a.vf2", 1)):
            got = seen(lab, source, lab.build(source, target))[:3]
            assert (source, target, got) == (source, target, ({target: 1}, cable, cable))


def test_private_vfs_reach_only_what_is_beyond_the_cable():
    vfs = [vf(0, relay="private"), vf(1, relay="private"), vf(2)]
    with lab_of(vfs, TOR[:2]) as lab:
        for place in places(lab):
            lab.send(place, lab.build(place, UNKNOWN))
        lab.take()
        got, up, down, moved = seen(lab, "a.vf0", lab.build("a.vf0", "a.vf1"))
        assert (got, up, down) == ({}, 1, 1)
        assert moved["a"]["uplink", "drops.reflected"] == 1
        assert seen(lab, "a.vf2", lab.build("a.vf2", "a.vf1"))[:3] == ({}, 1, 1)
        assert seen(lab, "a.vf0", lab.build("a.vf0", "h1"))[:3] == ({"h1": 1}, 1, 0)
        assert seen(lab, "h1", lab.build("h1", "a.vf0"))[:3] == ({"a.vf0": 1}, 0, 1)
        # to those that are not private it is one of the wire's
        assert seen(lab, "a.vf0", lab.build("a.vf0", BROADCAST))[:3] == (
            {"a.vf2": 1, "a.pf": 1, "h1": 1}, 1, 1)
        assert seen(lab, "a.vf2", lab.build("a.vf2", BROADCAST))[:3] == (
            {"a.pf": 1, "h1": 1}, 1, 1)


def test_a_pure_veb_at_a_bridge_that_reflects_hears_its_floods_again():
    """As hardware does: nobody but the sender is known to have had it."""
    with lab_of(PAIR, TOR[:2]) as lab:
        got, up, down, _ = seen(lab, "a.vf0", lab.build("a.vf0", BROADCAST))
        assert (got, up, down) == ({"a.vf1": 2, "a.vf2": 2, "a.pf": 2, "h1": 1}, 1, 1)


# ---- three stations

def three():
    return {n: {"vfs": [vf(0, n), vf(1, n, vlan=10), vf(2, n, trunk=frozenset([10, 20]), qos=0),
                        vf(3, n, vlan=20)], "relay": r}
            for n, r in (("a", "vepa"), ("b", "veb"), ("c", "vepa"))}


PORTS = {
    "trunk all": [BridgePort("pa", dev="sa", reflective=True), BridgePort("pb", dev="sb"),
                  BridgePort("pc", dev="sc", reflective=True), BridgePort("x1", dev="h1")],
    "access, trunk, native": [
        BridgePort("pa", dev="sa", trunk=frozenset([10]), vlan=20, reflective=True),
        BridgePort("pb", dev="sb", trunk=frozenset([10, 20]), untagged=True),
        BridgePort("pc", dev="sc", vlan=10, reflective=True, qos=4),
        BridgePort("x1", dev="h1", vlan=10, strip=False), BridgePort("x2", dev="h2", trunk=ALL),
        BridgePort("x3", dev="h3", vlan=20)],
}


@pytest.mark.parametrize("ports", PORTS.values(), ids=PORTS)
def test_three_stations_on_one_bridge(ports):
    with cable_lab(ports, three()) as lab:
        sources = [p for p in places(lab) if p[0] == "h" or p[2:] in ("vf0", "vf1", "vf2", "pf")]
        for _ in range(2):
            for tags in ((), (ctag(10, 3),), (ctag(20),), (ctag(77),)):
                lab.check(*[send for source in sources for send in sweep(lab, source, tags)
                            if not tags or not source.endswith(("vf0", "vf1"))])


# ---- TCP

SIZE = 24 << 20


def move_data(lab, source, target, addr):
    """Mbytes over TCP; what arrives is what was sent. Returns InCsumErrors of all namespaces."""
    data = hashlib.shake_128(addr.encode()).digest(1 << 20)
    want, got = hashlib.sha256(), hashlib.sha256()
    with target.inside(), socket.create_server((addr, 7000)) as server:
        server.settimeout(10)
        with source.inside():
            client = socket.create_connection((addr, 7000), timeout=10)
        accepted, _ = server.accept()
    accepted.settimeout(10)

    def send():
        for _ in range(SIZE >> 20):
            client.sendall(data)
            want.update(data)
        client.close()
    sender = threading.Thread(target=send)
    sender.start()
    with accepted:
        while chunk := accepted.recv(1 << 18):
            got.update(chunk)
    sender.join()
    assert got.digest() == want.digest()


def all_spaces(lab):
    return [lab.space, *lab.hosts.values(), *(space for s in lab.stations.values()
                                              for space in (s.space, *s.guests.values()))]


def check_tcp(lab, source, target):
    """Between two VFs "a.vf0"; at default offloads."""
    ends = []
    for number, place in enumerate((source, target)):
        station, port = place.split(".")
        space = lab.stations[station].guests[port]
        space.run(["ip", "addr", "replace", f"10.9.{len(source + target)}.{number + 1}/24", "dev",
                   "eth0"])
        ends.append(space)
    before = {s.name: checksum_errors(s) for s in all_spaces(lab)}
    move_data(lab, *ends, f"10.9.{len(source + target)}.2")
    assert {s.name: checksum_errors(s) for s in all_spaces(lab)} == before
    for space in ends:
        space.run(["ip", "addr", "flush", "dev", "eth0"])


def test_tcp_by_hairpin_at_default_offloads(vepa):
    before = vepa.stats()
    check_tcp(vepa, "a.vf0", "a.vf1")
    after = vepa.stats()
    for switch, port, side in (("a", "vf1", "rx"), ("bridge", "p1", "rx"), ("bridge", "p1", "tx")):
        key = port, f"{side}.bytes"
        assert after[switch][key] - before[switch][key] > SIZE
        key = port, f"{side}.dropped"
        assert after[switch][key] == before[switch][key]
