# SPDX-License-Identifier: GPL-2.0-only
"""What an operator says to a VF: for each key a frame that is allowed and one that is refused, with
its counter, and the event that `monitor` shows."""
import socket
import time
from collections import Counter

import pytest

import frames
import packets
import verify
from events import Monitor, check_refused
from frames import BROADCAST, build, ctag, mac
from lab import UPLINK_MAC, WIRE_MAC, vf_mac
from model import Outcome, Port
from test_tcp import address, give_addresses

SECOND, OUTSIDE = mac("02:00:00:00:02:00"), mac("02:00:00:00:bb:bb")
GROUP, OTHER_GROUP = mac("01:00:5e:01:02:03"), mac("01:00:5e:01:02:04")
LLDP, PAUSE = (frames.reserved(14), 0x88CC), (frames.reserved(1), 0x8808)
TOP = {"acls": {
    "web": [{"dir": "tx", "proto": "icmp", "action": "count"},
            {"dir": "tx", "proto": "tcp", "dport": 22, "action": "deny"},
            {"dir": "tx", "dst": "10.9.99.0/24", "action": "deny"},
            {"dir": "tx", "dst": "fd09:99::/32", "action": "deny"},
            {"dir": "rx", "proto": "tcp", "dport": "6000-6010", "action": "deny"},
            {"dir": "rx", "src_mac": "02:00:00:00:bb:bb", "action": "deny"}],
    "closed": [{"dir": "tx", "proto": "tcp", "dport": 443, "action": "permit"},
               {"dir": "tx", "type": "arp", "action": "permit"}, {"dir": "tx", "action": "deny"}]}}
PORTS = [Port("vf0", vf_mac(0), more_macs=(SECOND,)),
         Port("vf1", vf_mac(1), trust=True),
         Port("vf2", vf_mac(2), trust=True, promisc=True),
         Port("vf3", vf_mac(3), allmulti=False, multicast=frozenset([GROUP])),
         Port("vf4", vf_mac(4), more=(("acl", "web"),)),
         Port("vf5", vf_mac(5), more=(("acl", "closed"),)),
         Port("vf6", vf_mac(6), more=(("storm", {"broadcast": 20, "multicast": 20, "unknown": 20}),)),
         Port("vf7", vf_mac(7), vlan=100, more=(("dscp", True),)),
         Port("vf8", vf_mac(8), vlan=100)]


@pytest.fixture(scope="module", params=["tc", "xdp"])
def lab(request, make_module_lab):
    lab = make_module_lab(PORTS, hook=request.param, top=TOP)
    lab.attach()
    lab.open_taps()
    with Monitor(lab) as lab.monitor:
        yield lab
        assert lab.monitor.end() == 0


# ---- addresses, trust, promisc, multicast

@pytest.mark.parametrize("source", [vf_mac(0), SECOND], ids=["first", "second"])
def test_a_vf_sends_from_each_of_its_addresses(lab, source):
    verify.check(lab, "vf0", build(BROADCAST, source), build(vf_mac(1), source, seq=1),
                 build(OUTSIDE, source, seq=2))


def test_a_vf_does_not_send_from_another_address(lab):
    check_refused(lab, "vf0", build(vf_mac(1), vf_mac(1)), "spoof_mac")
    check_refused(lab, "vf0", build(BROADCAST, OUTSIDE), "spoof_mac")


@pytest.mark.parametrize("dst, ethertype", [LLDP, PAUSE], ids=["LLDP", "pause"])
def test_control_frames_of_a_trusted_vf_go_to_the_wire_and_nowhere_else(lab, dst, ethertype):
    frame = build(dst, vf_mac(1), (), 1, ethertype)
    assert set(lab.model.expect("vf1", frame).out) == {"uplink"}
    verify.check(lab, "vf1", frame)


def test_control_frames_of_another_vf_are_refused(lab):
    check_refused(lab, "vf0", build(*LLDP[:1], vf_mac(0), (), 1, LLDP[1]), "control")


def test_trust_does_not_mean_any_source_address(lab):
    check_refused(lab, "vf1", build(vf_mac(0), vf_mac(0)), "spoof_mac")


@pytest.mark.parametrize("sender", ["wire", "pf", "vf0", "vf2"])
def test_a_promiscuous_vf_gets_a_copy_of_all_frames_of_its_vlan(lab, sender):
    """Also of those that go out; of another VLAN none. Its own way is each frame's as before."""
    source = {"wire": WIRE_MAC, "pf": UPLINK_MAC}.get(sender) or lab.model.ports[sender].mac
    batch = [build(dst, source, tags, seq) for seq, (dst, tags) in enumerate(
        (dst, tags) for dst in (vf_mac(1), vf_mac(2), vf_mac(8), UPLINK_MAC, OUTSIDE, BROADCAST)
        for tags in ([()] if sender.startswith("vf") else [(), (ctag(100),)]))]
    outcomes = [lab.model.expect(verify.SOURCES.get(sender, sender), frame) for frame in batch]
    assert any("vf2" in o.out for o in outcomes) or sender == "vf2"
    verify.check(lab, sender, *batch)


@pytest.mark.parametrize("sender", ["wire", "vf0"])
def test_without_allmulti_a_vf_gets_its_groups_and_broadcasts(lab, sender):
    source = WIRE_MAC if sender == "wire" else vf_mac(0)
    batch = [build(dst, source, (), seq) for seq, dst in enumerate(
        [GROUP, OTHER_GROUP, BROADCAST, mac("33:33:00:00:00:01"), vf_mac(3)])]
    got = ["vf3" in lab.model.expect(verify.SOURCES.get(sender, sender), f).out for f in batch]
    assert got == [True, False, True, False, True]
    verify.check(lab, sender, *batch)


# ---- rules

def test_rules_of_a_sender_refuse_what_they_say(lab):
    """By port and by prefix; everything else passes."""
    net = [packets.tcp("10.9.0.14", "10.9.0.10", dport=80), packets.udp("10.9.0.14", "10.9.0.10",
           dport=22), packets.arp(vf_mac(4), "10.9.0.14", "10.9.99.1"), packets.tcp("fd09::14", "fd09::1")]
    verify.check(lab, "vf4", *[packets.frame(vf_mac(0), vf_mac(4), p) for p in net])
    for packet in (packets.tcp("10.9.0.14", "10.9.0.10", dport=22),
                   packets.tcp("fd09::14", "fd09::1", dport=22),
                   packets.udp("10.9.0.14", "10.9.99.1"), packets.ping("fd09::14", "fd09:99::1")):
        check_refused(lab, "vf4", packets.frame(vf_mac(0), vf_mac(4), packet), "acl")


def test_rules_of_a_target_refuse_what_they_say(lab):
    """Counted at the target; what it sends itself is not asked about them."""
    check_refused(lab, "vf5", packets.frame(vf_mac(4), vf_mac(5), packets.tcp(
        "10.9.0.15", "10.9.0.14", dport=6000)), "acl")  # `closed` of the sender
    frame = packets.frame(vf_mac(4), WIRE_MAC, packets.tcp("10.9.0.1", "10.9.0.14", dport=6010))
    # the promiscuous one gets its copy
    at_target = Outcome("uplink", frame, {"vf2": frame}, Counter({("vf4", "acl"): 1}))
    lab.monitor.wait_turn("vf4", "acl")
    verify.check_outcomes(lab, "wire", [frame], [at_target])
    lab.monitor.shows("vf4", "acl", frame.raw())
    verify.check(lab, "wire", packets.frame(vf_mac(4), WIRE_MAC, packets.tcp("10.9.0.1", "10.9.0.14",
                                                                             dport=6011)))
    verify.check(lab, "vf4", packets.frame(vf_mac(0), vf_mac(4), packets.tcp("10.9.0.14", "10.9.0.10",
                                                                             dport=6005)))


def test_a_list_that_ends_with_deny_permits_what_stands_above_it(lab):
    verify.check(lab, "vf5", packets.frame(vf_mac(0), vf_mac(5), packets.tcp(
        "10.9.0.15", "10.9.0.10", dport=443)))
    verify.check(lab, "vf5", packets.frame(BROADCAST, vf_mac(5), packets.arp(
        vf_mac(5), "10.9.0.15", "10.9.0.10")))
    check_refused(lab, "vf5", packets.frame(vf_mac(0), vf_mac(5), packets.ping(
        "10.9.0.15", "10.9.0.10")), "acl")


def test_a_counting_rule_counts_and_lets_pass(lab):
    def count():
        shown = lab.evbpf.json("show", lab.switch_name, "acls")["acls"]
        return next(acl for acl in shown if acl["name"] == "web")["rules"][0]["hits"]
    before = count()
    verify.check(lab, "vf4", *[packets.frame(vf_mac(0), vf_mac(4), packets.ping("10.9.0.14", "10.9.0.10"))
                               for _ in range(3)])
    assert count() == before + 3


def test_rules_hold_for_real_tcp_and_ping(make_lab):
    """A connection to a port that is denied gets no answer; others and ping do."""
    lab = make_lab([PORTS[0], PORTS[4]], top={"acls": {"web": TOP["acls"]["web"]}})
    lab.attach()
    give_addresses(lab, ["vf0", "vf4"])
    guests = lab.guests
    with guests["vf0"].inside():
        listeners = {port: socket.create_server(("10.9.0.10", port)) for port in (22, 80)}
    assert connects(guests["vf4"], "10.9.0.10", 80)
    assert not connects(guests["vf4"], "10.9.0.10", 22)
    assert guests["vf4"].run(["ping", "-c2", "-i0.1", "-W1", address("vf0", 4)]).returncode == 0
    with guests["vf4"].inside():
        listeners[6003] = socket.create_server(("10.9.0.14", 6003))
        listeners[7003] = socket.create_server(("10.9.0.14", 7003))
    assert not connects(guests["vf0"], "10.9.0.14", 6003)
    assert connects(guests["vf0"], "10.9.0.14", 7003)
    for sock in listeners.values():
        sock.close()
    moved = lab.stats()
    assert moved["vf4", "tx.dropped"] >= 1 and moved["vf4", "rx.dropped"] >= 1
    assert moved["vf4", "drops.acl"] == moved["vf4", "tx.dropped"] + moved["vf4", "rx.dropped"]


def connects(space, host, port):
    with space.inside():
        sock = socket.socket()
    with sock:
        sock.settimeout(0.7)
        try:
            sock.connect((host, port))
            return True
        except OSError:
            return False


# ---- storm, dscp

@pytest.mark.parametrize("dst", [BROADCAST, OTHER_GROUP, OUTSIDE], ids=["broadcast", "multicast", "unknown"])
def test_storm_control_lets_through_a_number_of_frames_a_second(lab, dst):
    """20 a second, and at once not more than a quarter of that and one; the rest is `storm`."""
    frame, before = build(dst, vf_mac(6)), lab.stats()
    lab.monitor.wait_turn("vf6", "storm")
    for _ in range(40):
        lab.taps.send("vf6", frame.raw())
    at_once = len(lab.taps.collect()["uplink"])
    start, sent = time.monotonic(), 40
    while time.monotonic() < start + 1.5:
        lab.taps.send("vf6", frame.raw())
        sent += 1
        time.sleep(0.01)
    later = len(lab.taps.collect()["uplink"])
    moved = verify.moves(before, lab.stats())
    assert 5 <= at_once <= 7 and 27 <= later <= 33
    assert moved["vf6", "drops.storm"] == sent - at_once - later
    assert moved["vf6", "tx.packets"] == at_once + later
    lab.monitor.shows("vf6", "storm", frame.raw())


def test_storm_control_does_not_feel_known_unicast(lab):
    verify.check(lab, "vf6", *[build(vf_mac(0), vf_mac(6), seq=n) for n in range(100)])


@pytest.mark.parametrize("dscp, pcp", [(46, 5), (0, 0), (8, 1), (63, 7), (26, 3)])
@pytest.mark.parametrize("version", [4, 6])
def test_the_tag_that_is_inserted_takes_its_priority_from_the_dscp(lab, dscp, pcp, version):
    src, dst = ("10.9.0.17", "10.9.0.1") if version == 4 else ("fd09::17", "fd09::1")
    frame = packets.frame(OUTSIDE, vf_mac(7), packets.udp(src, dst, tos=dscp << 2))
    outcome = Outcome("vf7", frame, {"uplink": frame.tagged(ctag(100, pcp))})
    verify.check_outcomes(lab, "vf7", [frame], [outcome])


def test_a_frame_that_is_no_packet_has_priority_0(lab):
    verify.check(lab, "vf7", build(OUTSIDE, vf_mac(7)), build(vf_mac(8), vf_mac(7), seq=1))
