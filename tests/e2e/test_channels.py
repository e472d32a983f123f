# SPDX-License-Identifier: GPL-2.0-only
"""S-channels: one uplink carries several, each with its own relay, and the bridge has a port for
each. Bytes at every port and on the cable, and every counter of both switches."""
import socket
import time
from dataclasses import replace

import pytest

from cable import BridgeMonitor, cable_lab, vf_mac
from frames import BROADCAST, TPID_S, build, ctag, mac, reserved, stag
from model import ALL
from model_bridge import VF, BridgePort
from program import until
from test_vepa import SIZE, UNKNOWN, check_tcp, places, sweep

FAR = mac("02:00:00:00:77:77")


def vf(number, channel="", station="a", **keys):
    return VF(f"vf{number}", vf_mac(station, number), channel=channel, **keys)


# a veb channel, a vepa channel, a single VF, all of them in one, and the untagged one
CHANNELS = {"blue": (200, "veb"), "green": (201, "vepa"), "red": (202, ""), "mix": (4094, "vepa")}
VFS = [vf(0, "blue"), vf(1, "blue"), vf(2, "green"), vf(3, "green"), vf(4, "red", trunk=ALL),
       vf(5), vf(6), vf(7, "blue", vlan=100, qos=5), vf(8, "green", vlan=100),
       vf(9, "mix"), vf(10, "mix", relay="veb"), vf(11, "mix", relay="veb"),
       vf(12, "mix", relay="private"), vf(13, "red", vlan=300, proto=TPID_S)]
PORTS = [BridgePort("d0", dev="sa"), BridgePort("blue", dev="sa", svid=200),
         BridgePort("green", dev="sa", svid=201, reflective=True),
         BridgePort("red", dev="sa", svid=202), BridgePort("x1", dev="h1"),
         BridgePort("mix", dev="sa", svid=4094, reflective=True),
         BridgePort("x2", dev="h2", vlan=100)]


def lab_of(vfs, ports, hook="tc", channels=None, **keys):
    station = {k: keys.pop(k) for k in ("relay", "pf", "groups") if k in keys}
    ports = [p if hook == "tc" else BridgePort(**{**p.__dict__, "hook": "xdp"}) for p in ports]
    return cable_lab(ports, {"a": {"vfs": vfs, "hook": hook, "channels": channels or CHANNELS,
                                   **station}}, **keys)


@pytest.fixture(scope="module", params=["tc", "xdp"])
def lab(request):
    with lab_of(VFS, PORTS, request.param) as made:
        made.cables_are_seen = request.param == "tc"
        yield made


SENDERS = [*(f"a.{v.name}" for v in VFS), "a.pf", "h1", "h2"]


@pytest.mark.parametrize("source", SENDERS)
def test_everybody_gets_what_the_rules_say(lab, source):
    """Twice: while the bridge does not know who is where, and when it does. Also that of veb and
    vepa channel on one cable each does as if it were alone."""
    lab.check(*sweep(lab, source) * 2, cable=lab.cables_are_seen)


@pytest.mark.parametrize("source", ["a.vf4", "h1", "a.pf"])
def test_the_same_in_a_vlan(lab, source):
    """C-TAG in the channel's S-TAG; priority and DEI go out with both."""
    lab.check(*sweep(lab, source, [ctag(100, 6, 1)]) * 2, *sweep(lab, source, [ctag(0, 3, 1)]),
              cable=lab.cables_are_seen)


@pytest.mark.parametrize("tags, reason", [([stag(999)], "channel"), ([stag(4095)], "channel"),
                                          ([stag(203, 7, 1), ctag(100)], "channel")],
                         ids=["999", "4095", "with a tag inside"])
def test_an_unknown_svid_is_dropped_at_both_ends(lab, tags, reason):
    """By the station at its uplink, by the bridge at the untagged port of the device."""
    cable = lab.cables_are_seen
    want = lab.expect([])
    frame = build(BROADCAST, FAR, tags)
    want.moves["a"].update({("uplink", f"drops.{reason}"): 1, ("uplink", "rx.dropped"): 1})
    want.down["a"].append(frame)
    lab.check_result([("a.wire", frame)], want, cable)


@pytest.mark.parametrize("svid", [0, 1])
def test_svid_0_and_1_are_the_untagged_channel(lab, svid):
    """The S-TAG is taken off."""
    frame = build(vf_mac("a", 5), FAR, [stag(svid, 5)])
    want = lab.expect([])
    want.down["a"].append(frame)
    want.got["a.vf5"].append(frame.tagged())
    want.moves["a"] += lab.stations["a"].model.expect("uplink", frame).counters()
    lab.check_result([("a.wire", frame)], want, lab.cables_are_seen)


@pytest.mark.parametrize("place", ["a.vf5", "a.pf"])
def test_a_port_of_the_untagged_channel_cannot_send_into_another(lab, place):
    frames = [build(dst, lab.address(place), [stag(svid), *tags]) for dst in
              (BROADCAST, vf_mac("a", 0), FAR) for svid in (1, 200, 999)
              for tags in ((), (ctag(9),))]
    want = lab.check(*[(place, frame) for frame in frames], cable=lab.cables_are_seen)
    assert want.moves["a"][place[2:], "drops.inject"] == len(frames)
    assert not want.up["a"]


# ---- in words of their own, without the model

@pytest.fixture(scope="module")
def known():
    """All is known to the bridge."""
    with lab_of(VFS, PORTS) as made:
        for place in places(made):
            if place not in ("a.vf13", "a.vf8"):
                made.send(place, made.build(place, UNKNOWN))
        made.take()
        yield made


def on_cable(lab, source, frame):
    """(who got it untagged, S-TAGs up, S-TAGs down)"""
    lab.send(source, frame)
    got = lab.take()
    both = [sorted(tuple(parse_tags(raw)) for raw in side["a"]) for side in (got.up, got.down)]
    return {p: len(c) for p, c in got.got.items() if c}, *both


def parse_tags(raw):
    """(TPID, PCP, DEI, VID) of each tag, outermost first."""
    at, tags = 12, []
    while raw[at:at + 2] in (b"\x81\x00", b"\x88\xa8"):
        tci = int.from_bytes(raw[at + 2:at + 4], "big")
        tags.append((int.from_bytes(raw[at:at + 2], "big"), tci >> 13, tci >> 12 & 1, tci & 0xfff))
        at += 4
    return tags


def s(svid, pcp=0, dei=0):
    return (0x88a8, pcp, dei, svid)


def c(vid, pcp=0, dei=0):
    return (0x8100, pcp, dei, vid)


def test_vfs_of_one_veb_channel_meet_without_the_cable(known):
    for source, target in (("a.vf0", "a.vf1"), ("a.vf1", "a.vf0"), ("a.vf10", "a.vf11")):
        assert on_cable(known, source, known.build(source, target)) == ({target: 1}, [], [])


def test_vfs_of_one_vepa_channel_meet_by_the_cable_in_the_channel(known):
    assert on_cable(known, "a.vf2", known.build("a.vf2", "a.vf3")) == (
        {"a.vf3": 1}, [(s(201),)], [(s(201),)])


def test_vfs_of_two_channels_meet_by_the_bridge_without_reflective_relay(known):
    """Each direction has its own S-TAG."""
    for source, target, up, down in (("a.vf0", "a.vf2", 200, 201), ("a.vf2", "a.vf0", 201, 200),
                                     ("a.vf4", "a.vf0", 202, 200)):
        assert on_cable(known, source, known.build(source, target)) == (
            {target: 1}, [(s(up),)], [(s(down),)])
    assert on_cable(known, "a.vf0", known.build("a.vf0", "a.vf5")) == (
        {"a.vf5": 1}, [(s(200),)], [()])
    assert on_cable(known, "a.pf", known.build("a.pf", "a.vf2")) == (
        {"a.vf2": 1}, [()], [(s(201),)])


def test_a_flood_is_one_copy_for_each_channel_on_the_cable(known):
    """Up once, down once for each other channel, and again in its own where it is reflected."""
    untagged = {"a.vf0", "a.vf1", "a.vf2", "a.vf3", "a.vf4", "a.vf5", "a.vf6", "a.pf", "a.vf9",
                "a.vf10", "a.vf11", "a.vf12", "h1"}
    every = [(), (s(200),), (s(201),), (s(202),), (s(4094),)]
    for source, svid, back in (("a.vf0", 200, False), ("a.vf2", 201, True), ("a.vf5", 0, False),
                               ("a.vf9", 4094, True)):
        mine = (s(svid),) if svid else ()
        got, up, down = on_cable(known, source, known.build(source, BROADCAST))
        private = {"a.vf12"} if source == "a.vf9" else set()
        assert got == {p: 1 for p in untagged - {source} - private}, source
        assert up == [mine]
        assert down == sorted(tags for tags in every if back or tags != mine)
    got, up, down = on_cable(known, "h1", known.build("h1", BROADCAST))
    assert (got, up, down) == ({p: 1 for p in untagged - {"h1"}}, [], sorted(every))


def test_the_s_tag_has_the_priority_and_dei_of_the_c_tag(known):
    frame = known.build("a.vf4", "h1", [ctag(77, 5, 1)])
    got, up, _ = on_cable(known, "a.vf4", frame)
    assert (got["h1"], up) == (1, [(s(202, 5, 1), c(77, 5, 1))])
    frame = known.build("h1", "a.vf4", [ctag(77, 6, 1)])
    known.send("h1", frame)
    got = known.take()
    assert [parse_tags(raw) for raw in got.down["a"] if parse_tags(raw)[0][3] == 202] == [
        [s(202, 6, 1), c(77, 6, 1)]]
    assert got.got["a.vf4"] == [frame.raw()]
    # the VST priority of vf7 (qos 5, VLAN 100), and the one of a priority tag
    _, up, _ = on_cable(known, "a.vf7", known.build("a.vf7", FAR))
    assert up == [(s(200, 5), c(100, 5))]
    _, up, _ = on_cable(known, "a.vf4", known.build("a.vf4", FAR, [ctag(0, 3)]))
    assert up == [(s(202, 3), c(0, 3))]


def test_an_s_vlan_of_a_guest_rides_inside_the_s_channel(known):
    """vf13 is in S-VLAN 300 of its channel; its C-TAG is its own."""
    vfs = [vf(13, "red", vlan=300, proto=TPID_S),
           vf(14, "red", trunk=frozenset([300]), proto=TPID_S)]
    ports = [BridgePort("red", dev="sa", svid=202, trunk=frozenset([300]), proto=TPID_S),
             BridgePort("x1", dev="h1", vlan=300, proto=TPID_S)]
    with lab_of(vfs, ports) as lab:
        for tags in ((), (ctag(7, 2),)):
            frame = lab.build("a.vf13", "h1", tags)
            got, up, _ = on_cable(lab, "a.vf13", frame)
            inner = tuple(c(t.vid, t.pcp) for t in tags)
            pcp = tags[0].pcp if tags else 0
            assert (got["h1"], up) == (1, [(s(202, pcp), s(300, pcp), *inner)])
            lab.send("h1", lab.build("h1", "a.vf13", tags))
            assert lab.take().got["a.vf13"] == [lab.build("h1", "a.vf13", tags).raw()]
        for source in ("a.vf13", "a.vf14", "h1"):
            tags = [stag(300, 1)] if source == "a.vf14" else [ctag(7, 2)]
            lab.model.bridge.fdb = {(v, m): p for (v, m), p in bridge_fdb(lab).items()}
            lab.check(*sweep(lab, source, tags))


def bridge_fdb(lab):
    """What the bridge has learned, as the model has it."""
    tpids = {"802.1Q": 0x8100, "802.1ad": TPID_S}
    return {((tpids[vlan[0]], vlan[1]) if vlan else None, address): port
            for (vlan, address), (port, static) in lab.fdb().items() if not static}


def test_the_bridge_learns_per_channel(known):
    learned = bridge_fdb(known)
    for place, port in (("a.vf0", "blue"), ("a.vf2", "green"), ("a.vf4", "red"), ("a.vf5", "d0"),
                        ("a.vf9", "mix"), ("a.pf", "d0"), ("h1", "x1")):
        assert learned[None, known.address(place)] == port


def test_reserved_addresses_of_the_link_do_not_cross_either_switch(known):
    """-00 belongs to the channel; LLDP and pause frames stay on the link."""
    for place in ("a.vf0", "a.vf5", "h1"):
        for dst in (reserved(1), reserved(2), reserved(0xE)):
            assert on_cable(known, place, known.build(place, dst)) == ({}, [], [])
    # past the station, as what it might send
    for tags in ((), (stag(200),)):
        known.send("a.wire", build(reserved(0xE), FAR, tags))
    got = known.take().got
    assert {p for p, copies in got.items() if copies} <= {"a.pf"}


# ---- more than one file

def test_a_frame_of_an_unknown_channel_is_refused_by_the_bridge():
    """The station has channels that the bridge lacks; and nothing is untagged there."""
    channels = {"blue": (200, ""), "lost": (300, "")}
    ports = [BridgePort("blue", dev="sa", svid=200), BridgePort("x1", dev="h1")]
    with lab_of([vf(0, "blue"), vf(1, "lost"), vf(2)], ports, channels=channels) as lab:
        with BridgeMonitor(lab) as monitor:
            lab.check(("a.vf1", lab.build("a.vf1", BROADCAST)))
            monitor.shows("sa", "channel", lab.build("a.vf1", BROADCAST, [stag(300)]).raw())
        want = lab.check(("a.vf2", lab.build("a.vf2", BROADCAST)))
        assert want.moves["bridge"] == {("sa", "rx.dropped"): 1, ("sa", "drops.channel"): 1}
        lab.check(*sweep(lab, "a.vf0"), *sweep(lab, "h1"))


def test_an_address_that_changes_its_channel_moves_at_the_bridge():
    """One event, and from then on frames go there."""
    vfs = [vf(0, "blue", spoofchk=False), vf(1, "green", spoofchk=False)]
    channels = {"blue": (200, ""), "green": (201, "")}
    ports = [BridgePort("blue", dev="sa", svid=200), BridgePort("green", dev="sa", svid=201),
             BridgePort("x1", dev="h1")]
    with lab_of(vfs, ports, channels=channels) as lab:
        with BridgeMonitor(lab) as monitor:
            for source, svid, port in (("a.vf0", 200, "blue"), ("a.vf1", 201, "green"),
                                       ("a.vf0", 200, "blue")):
                lab.check((source, build(UNKNOWN, FAR)))
                assert bridge_fdb(lab)[None, FAR] == port
                _, _, down = on_cable(lab, "h1", lab.build("h1", FAR))
                assert down == [(s(svid),)]
                time.sleep(0.3)
            told = until("two moves", lambda: monitor.about("moved", FAR, 2), 3)
        assert [(e["from"], e["port"]) for e in told] == [("blue", "green"), ("green", "blue")]
        assert len(monitor.about("learned", FAR)) == 1


@pytest.mark.parametrize("mtu", [1500, 9000])
def test_a_full_frame_and_its_tags_fit_or_are_counted(mtu):
    """S-TAG on a full untagged frame fits in MTU + 18; on one with a C-TAG it does not, and is
    counted as mtu at the channel's port, at whichever end it is."""
    channels = {"blue": (200, "")}
    ports = [BridgePort("blue", dev="sa", svid=200, mtu=mtu), BridgePort("x1", dev="h1", mtu=mtu)]
    with lab_of([vf(0, "blue", trunk=ALL, mtu=mtu)], ports, channels=channels, mtu=mtu) as lab:
        full = mtu + 14
        for source, target in (("a.vf0", "h1"), ("h1", "a.vf0")):
            lab.check((source, lab.build(source, target, length=60)))
            lab.check((source, lab.build(source, target, length=full)),
                      (source, lab.build(source, BROADCAST, length=full, seq=1)))
            want = lab.check((source, lab.build(source, target, [ctag(5)], length=full - 4)),
                             (source, lab.build(source, target, [ctag(5)], length=full, seq=1)))
            at = ("a", "uplink.blue") if source == "a.vf0" else ("bridge", "blue")
            assert want.moves[at[0]][at[1], "drops.mtu"] == 1


def test_with_four_bytes_more_both_tags_fit():
    channels = {"blue": (200, "")}
    ports = [BridgePort("blue", dev="sa", svid=200, mtu=1504),
             BridgePort("x1", dev="h1", mtu=1504)]
    with lab_of([vf(0, "blue", trunk=ALL)], ports, channels=channels, mtu=1504) as lab:
        for source, target in (("a.vf0", "h1"), ("h1", "a.vf0")):
            want = lab.check((source, lab.build(source, target, [ctag(5)], length=1514)))
            assert want.got[target]


def test_a_port_group_names_its_channel_and_both_are_counted():
    groups = [{"name": "web", "channel": "blue"}]
    more = (("portgroup", "web"),)
    vfs = [VF("vf0", vf_mac("a", 0), more=more), VF("vf1", vf_mac("a", 1), more=more), vf(2)]
    channels = {"blue": (200, "vepa")}
    with lab_of(vfs, PORTS[:2] + PORTS[4:5], channels=channels, groups=groups) as lab:
        edge = lab.stations["a"].evbpf
        edge_name = lab.stations["a"].switch
        before = group_counters(edge.json("stats", edge_name))
        got, up, down = on_cable(lab, "a.vf0", lab.build("a.vf0", BROADCAST, length=100))
        assert (got, up, down) == ({"h1": 1, "a.vf2": 1, "a.pf": 1}, [(s(200),)], [()])
        on_cable(lab, "h1", lab.build("h1", "a.vf1", length=200))
        stats = edge.json("stats", edge_name)
        after = group_counters(stats)
        assert {k: after[k] - before[k] for k in after if after[k] != before[k]} == {
            "tx.packets": 1, "tx.bytes": 100, "rx.packets": 1, "rx.bytes": 200}
        wire = next(p for p in stats["ports"] if p["port"] == "uplink.blue")
        assert (wire["tx"]["packets"], wire["tx"]["bytes"]) == (1, 104)
        assert (wire["rx"]["packets"], wire["rx"]["bytes"]) == (1, 204)


def group_counters(stats):
    group = next(g for g in stats["portgroups"] if g["portgroup"] == "web")
    return {f"{side}.{key}": group[side][key] for side in ("rx", "tx")
            for key in ("packets", "bytes")}


def test_the_host_may_be_in_a_channel_itself():
    """Its channel has the default port; the untagged one has none."""
    channels = {"blue": (200, ""), "green": (201, "")}
    vfs = [vf(0, "blue"), vf(1, "green"), vf(2)]
    with lab_of(vfs, PORTS[:3] + PORTS[4:5], channels=channels, pf={"channel": "blue"}) as lab:
        for _ in range(2):
            lab.check(*[send for source in places(lab) for send in sweep(lab, source)])


def test_one_address_may_be_in_two_channels():
    """Each channel has its own addresses; each of the two reaches its own peers."""
    twin = vf_mac("a", 0)
    vfs = [vf(0, "blue"), VF("vf1", twin, channel="green"), vf(2, "blue"), vf(3, "green")]
    channels = {"blue": (200, ""), "green": (201, "")}
    with lab_of(vfs, [BridgePort("blue", dev="sa", svid=200, vlan=10),
                      BridgePort("green", dev="sa", svid=201, vlan=20),
                      BridgePort("x1", dev="h1", vlan=10), BridgePort("x2", dev="h2", vlan=20)],
                channels=channels) as lab:
        for _ in range(2):
            lab.check(*[send for source in ("a.vf2", "a.vf3", "h1", "h2", "a.vf0", "a.vf1")
                        for send in sweep(lab, source)])


def test_167_channels_on_one_uplink(capsys):
    """As many as CDCP can carry. A broadcast of a host is one copy for each."""
    svids = range(1000, 1167)
    channels = {f"c{n}": (n, "vepa" if n % 2 else "veb") for n in svids}
    vfs = [vf(0, "c1000"), vf(1, "c1000"), vf(2, "c1101"), vf(3, "c1166"), vf(4, "c1166")]
    ports = [BridgePort(f"c{n}", dev="sa", svid=n, reflective=bool(n % 2)) for n in svids]
    with cable_lab([*ports, BridgePort("x1", dev="h1")],
                   {"a": {"vfs": vfs, "channels": channels}}, attach=False) as lab:
        start = time.monotonic()
        lab.attach()
        seconds = time.monotonic() - start
        with capsys.disabled():
            print(f"167 channels: attach of both ends: {seconds:.2f} s")
        assert seconds < 10
        lab.open_taps()
        lab.check(("h1", lab.build("h1", BROADCAST)))
        lab.check(("a.vf0", lab.build("a.vf0", BROADCAST, seq=1)),
                  ("a.vf2", lab.build("a.vf2", BROADCAST, seq=2)))
        lab.check(("h1", lab.build("h1", "a.vf2", seq=3)), ("a.vf3", lab.build("a.vf3", "a.vf0")))


def test_tcp_through_channels_at_default_offloads():
    """In one vepa channel, between two channels, and with a VLAN in the channel: for that the cable
    takes four bytes more."""
    ports = [replace(p, mtu=1504) for p in PORTS]
    with lab_of(VFS, ports, mtu=1504) as lab:
        for source, target in (("a.vf2", "a.vf3"), ("a.vf0", "a.vf2"), ("a.vf7", "a.vf8")):
            before = lab.stats()
            check_tcp(lab, source, target)
            after = lab.stats()
            assert after["a"]["uplink.green", "rx.bytes"] > before["a"]["uplink.green",
                                                                        "rx.bytes"] + SIZE
            drops = {key: n - before[name].get(key, 0) for name, stats in after.items()
                     for key, n in stats.items() if key[1] in ("drops.mtu", "drops.send")}
            assert not any(drops.values()), drops


def test_long_frames_of_tcp_do_not_pass_where_their_segments_are_too_long():
    """Frames that the kernel would cut later count by what they will be: with a VLAN's tag in a
    channel four bytes more than a cable of MTU 1500 takes."""
    with lab_of([vf(7, "blue", vlan=100), vf(8, "green", vlan=100)], PORTS) as lab:
        ends = [lab.stations["a"].guests[name] for name in ("vf7", "vf8")]
        for number, space in enumerate(ends):
            space.run(["ip", "addr", "add", f"10.9.8.{number + 1}/24", "dev", "eth0"])
        with ends[1].inside(), socket.create_server(("10.9.8.2", 7000)) as server:
            with ends[0].inside():
                client = socket.create_connection(("10.9.8.2", 7000), timeout=5)
            accepted, _ = server.accept()
        with client, accepted:
            client.send(bytes(50000))
            drops = until("drops", lambda: lab.stats()["a"].get(("uplink.blue", "drops.mtu")), 3)
            accepted.setblocking(False)
            with pytest.raises(BlockingIOError):
                accepted.recv(1)
        assert drops and not lab.stats()["bridge"].get(("green", "drops.mtu"))


def test_attach_says_which_mtu_the_cable_should_have():
    """A full frame with a VLAN's tag in a channel would be lost."""
    with lab_of([vf(0, "blue", vlan=10)], PORTS[:2], channels={"blue": (200, "")},
                attach=False) as lab:
        said = lab.stations["a"].evbpf.ok("attach", lab.station_file("a")).stderr
        assert "warning" in said and "1504" in said, said
    with lab_of([vf(0, "blue")], PORTS[:2], channels={"blue": (200, "")}, attach=False) as lab:
        said = lab.stations["a"].evbpf.ok("attach", lab.station_file("a")).stderr
        assert "mtu" not in said.lower(), said
