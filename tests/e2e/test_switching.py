# SPDX-License-Identifier: GPL-2.0-only
"""What the matrix leaves out: sources that are not the sender's, control frames, link state,
frame lengths and MTU, XDP guests. Expectations come from model.py unless a test says its own."""
import contextlib
from collections import Counter

import pytest

import frames
import verify
from frames import BROADCAST, Frame, build, build_arp, build_llc, build_udp, ctag, mac, stag
from lab import UPLINK_MAC, WIRE_MAC, vf_mac
from model import ALL, PF, WIRE, Outcome, Port, Switch, pf_port, wire_port
from program import Running, until
from taps import Sender, raw_socket, receive_one

OUTSIDE, SECOND = mac("02:00:00:00:bb:bb"), mac("02:00:00:00:02:00")
PORTS = [
    Port("vf0", vf_mac(0), vlan=100),
    Port("vf1", vf_mac(1), vlan=100),
    Port("vf2", vf_mac(2), trunk=ALL),
    Port("vf3", vf_mac(3), more_macs=(SECOND,)),
    Port("vf4", vf_mac(4), state="disable"),
    Port("vf5", vf_mac(5), spoofchk=False, made="test"),
    Port("vf6", vf_mac(6), state="enable"),
]
HOOKS = ["tc", "xdp"]


@pytest.fixture(scope="module", params=HOOKS)
def lab(request, make_module_lab):
    lab = make_module_lab(PORTS, hook=request.param)
    lab.attach()
    lab.open_taps()
    return lab


# ---- the source address

@pytest.mark.parametrize("owner, tags", [
    ("vf3", ()), ("vf2", ()), ("vf2", (ctag(100, 5),)), ("vf2", (ctag(999),)), ("vf0", (ctag(100),)),
    ("vf5", (ctag(0, 3),)), ("pf", ()), ("pf", (ctag(100),))], ids=str)
def test_a_frame_from_the_wire_never_reaches_the_owner_of_its_source(lab, owner, tags):
    """Unicast to the owner is `reflected`; a flood reaches the others, another's unicast him."""
    source = lab.model.ports[owner].mac
    wanted = [source, BROADCAST, mac("33:33:00:00:00:01"), vf_mac(6), vf_mac(1), OUTSIDE]
    batch = [build(dst, source, tags, seq) for seq, dst in enumerate(wanted)]
    assert lab.model.expect(WIRE, batch[0]).drops[WIRE, "reflected"] == 1
    verify.check(lab, "wire", *batch)
    verify.check(lab, "wire+", *batch)


def test_a_second_address_of_a_vf_is_its_own(lab):
    verify.check(lab, "vf3", build(BROADCAST, SECOND), build(UPLINK_MAC, SECOND, seq=1),
                 build(SECOND, vf_mac(3), seq=2), build(vf_mac(3), SECOND, seq=3))
    verify.check(lab, "wire", build(SECOND, WIRE_MAC), build(SECOND, vf_mac(3), seq=1),
                 build(BROADCAST, SECOND, seq=2))


@pytest.mark.parametrize("sender", ["vf0", "vf2", "vf3"])
def test_a_vf_cannot_send_with_another_source(lab, sender):
    """`spoof_mac` to any destination, also before its VLAN is looked at."""
    sources = [OUTSIDE, UPLINK_MAC, WIRE_MAC, vf_mac(1)]
    batch = [build(dst, src, tags, seq) for seq, (src, dst, tags) in enumerate(
        (src, dst, tags) for src in sources for dst in (BROADCAST, UPLINK_MAC, OUTSIDE)
        for tags in ((), (ctag(100),), (ctag(999),)))]
    assert all("spoof_mac" in dict(lab.model.expect(sender, f).drops).popitem()[0] for f in batch)
    verify.check(lab, sender, *batch)


def test_without_spoofchk_a_vf_sends_with_any_source_and_still_in_its_vlan(lab):
    verify.check(lab, "vf5", build(BROADCAST, OUTSIDE), build(vf_mac(3), OUTSIDE, seq=1),
                 build(UPLINK_MAC, vf_mac(3), seq=2), build(BROADCAST, OUTSIDE, [ctag(100)], 3))


@pytest.mark.parametrize("sender", ["wire", "wire+", "pf", "vf0", "vf5"])
def test_a_source_that_is_no_station_is_a_bad_frame(lab, sender):
    batch = [build(dst, src, (), seq) for seq, (src, dst) in enumerate(
        (src, dst) for src in (BROADCAST, mac("01:00:5e:00:00:01"), bytes(6))
        for dst in (BROADCAST, vf_mac(3)))]
    verify.check(lab, sender, *batch)


def test_a_guest_cannot_pass_for_the_switch(make_lab, foreign_object):
    """A guest's own program sets skb->tc_index to the switch's word; its frames are switched, checked
    and counted as any other's. The next hop does not see the word either."""
    lab = make_lab([Port("vf0", vf_mac(0)), Port("vf1", vf_mac(1), vlan=100)])
    lab.attach()
    lab.open_taps()
    for name, guest in lab.guests.items():
        guest.tc("qdisc add dev eth0 clsact", "filter add dev eth0 egress bpf direct-action "
                 f"obj {foreign_object} sec tc_index")
        batch = [build(dst, src, tags, seq) for seq, (dst, src, tags) in enumerate(
            (dst, src, tags) for dst in (UPLINK_MAC, BROADCAST, OUTSIDE, vf_mac(0), vf_mac(1))
            for src in (lab.model.ports[name].mac, OUTSIDE) for tags in ((), (ctag(100),)))]
        verify.check(lab, name, *batch)


# ---- guests of other kinds

@pytest.mark.parametrize("hook", HOOKS)
def test_a_guest_in_the_host_namespace_is_reached(make_lab, hook):
    """There the kernel's short cut between veth ends would lose every frame."""
    port = Port("vf0", vf_mac(0), made="test")
    lab = make_lab([port, Port("vf1", vf_mac(1))], hook=hook, at_home=["vf0"])
    lab.attach()
    lab.open_taps()
    for sender, source in (("wire", WIRE_MAC), ("pf", UPLINK_MAC), ("vf1", vf_mac(1)),
                           ("vf0", vf_mac(0))):
        verify.check(lab, sender, build(vf_mac(0), source), build(BROADCAST, source, seq=1),
                     build(vf_mac(1), source, seq=2))


@pytest.mark.parametrize("hook", HOOKS)
def test_a_guests_own_xdp_program_sees_its_frames(make_lab, hook, foreign_object):
    """It drops all; a unicast frame that arrived would have been sent past it."""
    lab = make_lab([Port("vf0", vf_mac(0), made="test"), Port("vf1", vf_mac(1))], hook=hook)
    lab.guests["vf0"].run(["ip", "link", "set", "dev", "eth0", "xdp", "obj", foreign_object, "sec",
                           "xdp_drop"])
    lab.attach()
    guarded = lab.guests.pop("vf0")
    lab.open_taps()
    watch = raw_socket(guarded, "eth0")
    for sender, source in (("wire", WIRE_MAC), ("pf", UPLINK_MAC), ("vf1", vf_mac(1))):
        lab.taps.send(sender, build(vf_mac(0), source).raw())
    lab.taps.collect()
    assert receive_one(watch) is None
    watch.close()
    lab.guests["vf0"] = guarded


# ---- frames that the kernel refuses

@pytest.fixture(params=HOOKS)
def half_dead(request, make_lab):
    """vf0's guest has taken its device down, and nobody follows that."""
    lab = make_lab([Port("vf0", vf_mac(0)), Port("vf1", vf_mac(1))], hook=request.param)
    lab.attach()
    lab.dead = lab.guests.pop("vf0")
    lab.dead.ip("link set eth0 down")
    lab.open_taps()
    yield lab
    lab.guests["vf0"] = lab.dead


@pytest.fixture
def half_dead_followed(half_dead):
    """The same with the agent, which has seen it."""
    with Running(half_dead, "agent", half_dead.switch_name) as agent:
        until("vf0 is down", lambda: half_dead.port("vf0")["link"] == "down")
        yield half_dead
        assert agent.end() == 0


def send_five(lab, sender, dst):
    """Frames that arrived at each port, and how the counters moved."""
    source = {"wire": WIRE_MAC, "pf": UPLINK_MAC}.get(sender) or vf_mac(1)
    before = lab.stats()
    for seq in range(5):
        lab.taps.send(sender, build(dst, source, seq=seq).raw())
    received = lab.taps.collect()
    return ({port: len(got) for port, got in received.items() if got},
            verify.moves(before, lab.stats()))


@pytest.mark.parametrize("dst", [vf_mac(0), BROADCAST], ids=["unicast", "broadcast"])
@pytest.mark.parametrize("sender", ["wire", "pf", "vf1"])
def test_frames_to_a_guest_that_is_down_are_link_with_the_agent(half_dead_followed, sender, dst):
    """Unicast, counted there; a flood skips it without a word, and nobody else suffers."""
    got, moved = send_five(half_dead_followed, sender, dst)
    others = {WIRE, PF, "vf1"} - {verify.SOURCES.get(sender, sender)} if dst == BROADCAST else set()
    assert got == {port: 5 for port in others}
    want = {} if others else {"drops.link": 5, "rx.dropped": 5}
    assert {key: n for (port, key), n in moved.items() if port == "vf0" and n} == want


@pytest.mark.parametrize("sender", ["wire", "vf1"])
def test_a_guest_that_comes_up_again_is_reached_again(half_dead_followed, sender):
    lab = half_dead_followed
    guest = lab.dead
    guest.ip("link set eth0 up")
    until("vf0 is up", lambda: lab.port("vf0")["link"] == "up")
    watch = raw_socket(guest, "eth0")
    send_five(lab, sender, vf_mac(0))
    assert sum(receive_one(watch) is not None for _ in range(6)) == 5
    watch.close()


@pytest.mark.parametrize("dst", [vf_mac(0), BROADCAST], ids=["unicast", "broadcast"])
@pytest.mark.parametrize("sender", ["wire", "pf", "vf1"])
def test_without_the_agent_a_guest_that_is_down_hurts_nobody_else(half_dead, sender, dst):
    """What the kernel tells of its losses is `send`, and is taken off `packets`."""
    got, moved = send_five(half_dead, sender, dst)
    others = {WIRE, PF, "vf1"} - {verify.SOURCES.get(sender, sender)} if dst == BROADCAST else set()
    assert got == {port: 5 for port in others}
    lost = moved.get(("vf0", "drops.send"), 0)
    assert moved["vf0", "rx.dropped"] == lost and moved["vf0", "rx.packets"] + lost == 5


def test_frames_to_a_cable_without_another_end_are_lost_with_a_reason(half_dead_followed):
    """At the uplink: the kernel refuses them. With the agent, ports in state auto are down, too."""
    lab = half_dead_followed
    for name in (WIRE, "vf1"):
        lab.taps.receivers.pop(name).close()
    lab.wire.ip("link set wire0 down")
    until("vf1 is down", lambda: lab.port("vf1")["link"] == "down")
    assert not lab.carrier("vf1")
    got, moved = send_five(lab, "pf", OUTSIDE)
    counted = moved.get((WIRE, "drops.link"), 0) + moved.get((WIRE, "drops.send"), 0)
    assert (got, counted, moved[WIRE, "tx.dropped"]) == ({}, 5, 5), "lost without a reason"
    lab.wire.ip("link set wire0 up")
    until("vf1 is up", lambda: lab.port("vf1")["link"] == "up" and lab.carrier("vf1"))


# ---- control frames

@pytest.mark.parametrize("sender", ["wire", "pf", "vf0", "vf2", "vf5"])
def test_reserved_addresses_go_no_further_than_the_link(lab, sender):
    """All 16, from the wire to the PF's stack, from the PF to the wire, from a VF nowhere."""
    source = {"wire": WIRE_MAC, "pf": UPLINK_MAC}.get(sender) or lab.model.ports[sender].mac
    batch = [build(frames.reserved(last), source, (), last) for last in range(16)]
    verify.check(lab, sender, *batch, build(mac("01:80:c2:00:00:10"), source, seq=16),
                 build(mac("01:80:c2:00:00:21"), source, seq=17))


@pytest.mark.parametrize("tags", [(), (ctag(0, 7),), (ctag(100),), (ctag(999),),
                                  (stag(5), ctag(100)), (ctag(100), ctag(7))], ids=str)
@pytest.mark.parametrize("sender", ["wire", "vf0", "vf2", "vf5"])
def test_control_ethertypes_are_found_behind_tags(lab, sender, tags):
    """LLDP, ECP, PAUSE, LACP to any address: `control` from a VF, the PF's stack from the wire."""
    source = WIRE_MAC if sender == "wire" else lab.model.ports[sender].mac
    batch = [build(dst, source, tags, seq, ethertype) for seq, (dst, ethertype) in enumerate(
        (dst, ethertype) for dst in (BROADCAST, vf_mac(1), vf_mac(3))
        for ethertype in frames.CONTROL_TYPES)]
    verify.check(lab, sender, *batch)


@pytest.mark.parametrize("ethertype", [frames.TYPE_VNTAG, frames.TYPE_ETAG], ids=hex)
@pytest.mark.parametrize("sender", ["vf0", "vf2", "vf5"])
def test_a_vf_cannot_inject_a_channel_tag(lab, sender, ethertype):
    source = lab.model.ports[sender].mac
    verify.check(lab, sender, build(BROADCAST, source, (), 1, ethertype),
                 build(vf_mac(3), source, (), 2, ethertype))


# ---- link state

def test_nothing_comes_from_a_disabled_vf(lab):
    """Its guest has no carrier, and its frames die in its own device."""
    assert not lab.carrier("vf4") and lab.carrier("vf6") and lab.carrier("vf3")
    before = lab.stats()
    sender = Sender(lab.guests["vf4"], "eth0")
    for seq, (dst, src) in enumerate([(BROADCAST, vf_mac(4)), (UPLINK_MAC, vf_mac(4)),
                                      (OUTSIDE, OUTSIDE), (frames.reserved(14), vf_mac(4))]):
        with contextlib.suppress(AssertionError):
            sender.send(build(dst, src, (), seq).raw())
    sender.close()
    assert not any(lab.taps.collect().values())
    assert lab.stats() == before


@pytest.mark.parametrize("sender", ["wire", "pf", "vf3"])
def test_nothing_reaches_a_disabled_vf(lab, sender):
    """Unicast is `link`, counted there; a flood just skips it."""
    source = {"wire": WIRE_MAC, "pf": UPLINK_MAC}.get(sender) or lab.model.ports[sender].mac
    verify.check(lab, sender, build(vf_mac(4), source), build(BROADCAST, source, seq=1))


# ---- lengths and payloads

SENDERS = {"wire": WIRE_MAC, "wire+": WIRE_MAC, "pf": UPLINK_MAC, "pf+": UPLINK_MAC,
           "vf3": vf_mac(3), "vf2": vf_mac(2), "vf0": vf_mac(0)}


@pytest.mark.parametrize("sender", SENDERS)
def test_frames_of_every_length_from_14_to_64_arrive_whole(lab, sender):
    """Not padded, not cut, and counted with their own length."""
    report = []
    for dst in (BROADCAST, vf_mac(6), vf_mac(1), UPLINK_MAC, OUTSIDE):
        batch = [build(dst, SENDERS[sender], (), length, length=length) for length in range(14, 65)]
        report += verify.problems_of(lab, sender, batch)
    verify.fail_on(report)


@pytest.mark.parametrize("sender", ["wire", "wire+", "pf", "pf+", "vf2"])
def test_tagged_frames_of_every_length_arrive_whole(lab, sender):
    """From 20 bytes on: without two bytes behind the EtherType that follows its first tag, the
    kernel itself throws a frame away when it comes in."""
    report = []
    for tags, shortest in (((ctag(100, 5),), 16), ((ctag(100), ctag(200)), 14)):
        batch = [build(dst, SENDERS[sender], tags, length, length=length)
                 for dst in (BROADCAST, vf_mac(1)) for length in range(shortest, 65)]
        report += verify.problems_of(lab, sender, batch)
    verify.fail_on(report)


@pytest.mark.parametrize("sender", SENDERS)
def test_every_kind_of_payload_arrives_whole(lab, sender):
    """ARP, IPv4, 802.3 with LLC, an unknown type; small, full size; tagged where that is allowed."""
    source = SENDERS[sender]
    kinds = [build_arp, build_udp, build_llc,
             lambda dst, src, tags, seq: build_udp(dst, src, tags, seq, payload=1450),
             lambda dst, src, tags, seq: build(dst, src, tags, seq, length=1514)]
    tagged = [()] if sender in ("vf0", "vf3") else [(), (ctag(0, 5),), (ctag(100, 3),)]
    batch = [kind(dst, source, tags, seq) for seq, (kind, dst, tags) in enumerate(
        (kind, dst, tags) for kind in kinds for tags in tagged
        for dst in (BROADCAST, vf_mac(6), vf_mac(1), OUTSIDE))]
    verify.check(lab, sender, *batch)


@pytest.mark.parametrize("cut", range(2, 6), ids=lambda n: f"{n} bytes of tag and type")
@pytest.mark.parametrize("tags", [(), (ctag(100),)], ids=["first tag", "second tag"])
def test_a_frame_that_ends_inside_a_tag_is_a_bad_frame(lab, tags, cut):
    """Sent by the PF: on other ports the kernel itself throws it away, and nobody gets it."""
    whole = bytes.fromhex("8100006488b5")
    body = Frame(BROADCAST, UPLINK_MAC, tags, whole[:cut])
    outcome = Outcome(PF, body, {}, Counter({(PF, "bad_frame"): 1}))
    verify.check_outcomes(lab, "pf", [body], [outcome])
    lab.taps.send("vf2", Frame(BROADCAST, vf_mac(2), tags, whole[:cut]).raw())
    assert not any(lab.taps.collect().values())


# ---- MTU

BIG = Port("vf0", vf_mac(0), mtu=9000)
MTU_PORTS = [BIG, Port("vf1", vf_mac(1), mtu=1000), Port("vf2", vf_mac(2)),
             Port("vf3", vf_mac(3), mtu=1000, vlan=100), Port("vf4", vf_mac(4), mtu=9000, trunk=ALL),
             Port("vf5", vf_mac(5), mtu=1200, made="test")]


@pytest.mark.parametrize("hook", HOOKS)
def test_a_frame_that_is_too_long_is_dropped_at_that_target_alone(make_lab, hook):
    """`mtu` counts what leaves: up to MTU + 18 bytes, tags included."""
    lab = make_lab(MTU_PORTS, hook=hook)
    lab.attach()
    lab.open_taps()
    report = []
    for length in (1014, 1018, 1019, 1218, 1219, 1514, 1518, 1519, 3000, 9014):
        batch = [build(dst, vf_mac(0), (), seq, length=length) for seq, dst in enumerate(
            [BROADCAST, vf_mac(1), vf_mac(2), vf_mac(4), vf_mac(5), OUTSIDE])]
        report += verify.problems_of(lab, "vf0", batch)
    for length in (1014, 1018, 1019, 1022):  # without the tag
        batch = [build(dst, vf_mac(4), (ctag(100),), seq, length=length)
                 for seq, dst in enumerate([BROADCAST, vf_mac(3), UPLINK_MAC, OUTSIDE])]
        report += verify.problems_of(lab, "vf4", batch)
    for length in (1018, 1019, 1514):
        batch = [build(dst, WIRE_MAC, (), seq, length=length)
                 for seq, dst in enumerate([BROADCAST, vf_mac(1), vf_mac(5), vf_mac(2)])]
        report += verify.problems_of(lab, "wire", batch)
        report += verify.problems_of(lab, "wire+", batch)
    verify.fail_on(report)


# ---- the PF in a VLAN

@pytest.mark.parametrize("hook", HOOKS)
def test_the_pf_can_have_a_native_vlan(make_lab, hook):
    """pf: {vlan: 100, trunk: all}: its untagged frames are VLAN 100's, other tags pass as before."""
    ports = [Port("vf0", vf_mac(0), vlan=100), Port("vf1", vf_mac(1)), Port("vf2", vf_mac(2), vlan=7)]
    lab = make_lab(ports, hook=hook, pf={"vlan": 100, "trunk": "all"})
    lab.model = Switch([wire_port(), pf_port(UPLINK_MAC, vlan=100), *ports])
    lab.attach()
    lab.open_taps()
    report = []
    for sender, source in (("pf", UPLINK_MAC), ("wire", WIRE_MAC), ("vf0", vf_mac(0)),
                           ("vf1", vf_mac(1)), ("vf2", vf_mac(2))):
        tags = [()] if sender.startswith("vf") else [(), (ctag(100, 3),), (ctag(7),), (ctag(0, 2),)]
        batch = [build(dst, source, t, seq) for seq, (dst, t) in enumerate(
            (dst, t) for dst in (UPLINK_MAC, vf_mac(0), vf_mac(1), vf_mac(2), BROADCAST)
            for t in tags)]
        report += verify.problems_of(lab, sender, batch)
    lldp = [build(frames.reserved(14), UPLINK_MAC, t, 1, 0x88CC) for t in ((), (ctag(7),))]
    for sender in ("pf", "wire"):
        report += verify.problems_of(lab, sender, lldp)
    verify.fail_on(report)


# ---- XDP guests

XDP_PORTS = [Port("vf0", vf_mac(0), vlan=100, hook="xdp", made="test"),
             Port("vf1", vf_mac(1), vlan=100, hook="xdp", made="test"),
             Port("vf2", vf_mac(2), vlan=100, made="test"),
             Port("vf3", vf_mac(3), trunk=ALL, hook="xdp", made="test"),
             Port("vf4", vf_mac(4), hook="xdp")]


@pytest.mark.parametrize("hook", HOOKS)
def test_an_xdp_vf_switches_as_any_other(make_lab, hook):
    """An XDP-clean guest (frames by AF_PACKET, tags in the bytes) and a stack guest: same answers."""
    lab = make_lab(XDP_PORTS, hook=hook)
    lab.attach()
    lab.open_taps()
    report = []
    for sender in ("vf0", "vf1", "vf2", "vf3", "vf4", "wire", "pf"):
        source = {"wire": WIRE_MAC, "pf": UPLINK_MAC}.get(sender) or lab.model.ports[sender].mac
        tags = [(), (ctag(0, 5),), (ctag(100, 3),), (ctag(999),), (ctag(100), ctag(5))]
        batch = [build(dst, source, t, seq) for seq, (dst, t) in enumerate(
            (dst, t) for t in tags for dst in (*(p.mac for p in XDP_PORTS), UPLINK_MAC, BROADCAST,
                                               OUTSIDE, frames.reserved(14)))]
        report += verify.problems_of(lab, sender, batch)
    verify.fail_on(report)


def test_frames_to_an_xdp_guest_that_is_down_are_lost_with_a_reason(make_lab):
    """By the devmap, which reports nothing to the program."""
    lab = make_lab(XDP_PORTS[:2])
    lab.attach()
    dead = lab.guests.pop("vf0")
    dead.ip("link set eth0 down")
    lab.open_taps()
    before = lab.stats()
    for seq in range(5):
        lab.taps.send("vf1", build(vf_mac(0), vf_mac(1), seq=seq).raw())
    assert not any(lab.taps.collect().values())
    moved = verify.moves(before, lab.stats())
    lab.guests["vf0"] = dead
    assert moved.get(("vf0", "drops.link"), 0) + moved.get(("vf0", "drops.send"), 0) == 5


@pytest.mark.parametrize("hook", HOOKS)
def test_detach_gives_an_xdp_guest_its_offloads_back(make_lab, hook):
    lab = make_lab(XDP_PORTS[:4], hook=hook)
    before = lab.snapshot()
    lab.attach()
    lab.detach()
    lab.assert_same(before)
