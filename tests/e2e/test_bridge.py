# SPDX-License-Identifier: GPL-2.0-only
"""A bridge that learns, floods and forgets; hosts and stations on it. Bytes at every port, every
counter, the table of addresses and what `monitor` tells of it."""
import random
import time
from collections import Counter

import pytest

from cable import BridgeMonitor, cable_lab, host_mac, vf_mac
from frames import (BROADCAST, TPID_S, TYPE_TEST, build, build_arp, build_llc, ctag, mac, reserved,
                    stag)
from model_bridge import VF, BridgePort
from program import until
from test_live import Flows
from test_vepa import GROUP, UNKNOWN, places, sweep

STATIC, STATIC2, STATIC3 = host_mac("h6"), mac("02:00:00:00:66:66"), mac("02:00:00:00:99:33")
SMAC = mac("02:00:00:00:aa:01")


def x(number, **keys):
    return BridgePort(f"x{number}", dev=f"h{number}", **keys)


ALL_KINDS = [x(1), x(2, vlan=10), x(3, trunk=frozenset([10, 20]), vlan=30), x(4, isolated=True),
             x(5, isolated=True), x(6, static=(STATIC, STATIC2), spoofchk=True),
             x(7, learning=False), x(8, vlan=20, qos=5, strip=False), x(9, reflective=True),
             x(10, trunk=frozenset([20]), untagged=True), x(11, state="disable"),
             x(12, static=(mac("02:00:00:00:12:12"),), vlan=20, proto=TPID_S),
             x(13, static=(STATIC3,))]
TAGS = {"untagged": (), "vlan 10": (ctag(10, 3, 1),), "vlan 20": (ctag(20),),
        "no port's vlan": (ctag(999, 7),), "priority": (ctag(0, 5),), "s-vlan": (stag(20, 2),),
        "two tags": (ctag(10), ctag(20))}


@pytest.fixture(scope="module", params=["tc", "xdp"])
def lab(request):
    ports = ALL_KINDS if request.param == "tc" else [BridgePort(**{**p.__dict__, "hook": "xdp"})
                                                     for p in ALL_KINDS]
    with cable_lab(ports, {}) as made:
        yield made


@pytest.mark.parametrize("tags", TAGS.values(), ids=TAGS)
def test_everybody_gets_what_the_rules_say(lab, tags):
    """From every port to every address, learned and not; VLAN membership, native VLAN, priority,
    isolation, reflective relay, static addresses, spoofchk. Afterwards the table is the model's."""
    for _ in range(2):
        for source in places(lab):
            lab.check(*sweep(lab, source, tags), (source, build(STATIC2, host_mac(source), tags)),
                      (source, build(host_mac("h11"), host_mac(source), tags, 99)),
                      # somebody else's static address, and frames to it
                      (source, build(BROADCAST, STATIC3, tags, 100)),
                      ("h1", build(STATIC3, host_mac("h1"), tags, 101)))
    assert learned(lab) == lab.model.bridge.fdb


@pytest.mark.parametrize("source", ["h1", "h2", "h6", "h9"])
def test_what_is_no_frame_of_a_bridge_is_refused(lab, source):
    station = host_mac(source)
    lab.check(*[(source, build(dst, src, (), seq)) for seq, (dst, src) in enumerate(
        (dst, src) for src in (BROADCAST, GROUP, bytes(6)) for dst in (BROADCAST, host_mac("h1")))])
    lab.check((source, build_arp(BROADCAST, station)), (source, build_llc(UNKNOWN, station)))


def on(dev, name, svid=0, **keys):
    return BridgePort(name, dev=dev, svid=svid, **keys)


# channels of several devices, whose far ends are hosts that send and see the S-TAGs
CHANNELS = [on("h1", "plain1", vlan=30), on("h1", "all1", 200), on("h1", "access1", 201, vlan=10),
            on("h1", "some1", 202, trunk=frozenset([10, 20]), untagged=True, reflective=True),
            on("h2", "access2", 200, vlan=10, qos=6), on("h2", "all2", 4094, isolated=True),
            on("h3", "all3"), on("h4", "access4", vlan=10, strip=False),
            on("h5", "all5", isolated=True),
            on("h6", "inner6", 2, vlan=20, proto=TPID_S),
            on("h6", "native6", 3, trunk=frozenset([40]), vlan=10)]
IN_CHANNEL = {"untagged": (), "with priority": (ctag(0, 5, 1),), "vlan 10": (ctag(10, 3, 1),),
              "vlan 40": (ctag(40, 1),), "no port's vlan": (ctag(999, 7),),
              "s-vlan": (stag(20, 2),), "two tags": (ctag(10, 4), ctag(20))}


@pytest.fixture(scope="module", params=["tc", "xdp"])
def channels(request):
    ports = CHANNELS if request.param == "tc" else [BridgePort(**{**p.__dict__, "hook": "xdp"})
                                                    for p in CHANNELS]
    with cable_lab(ports, {}) as made:
        yield made


def beyond(place, svid=0):
    """Address of a station in a channel."""
    return bytes([2, 0, 0, int(place[1:]), svid >> 8, svid & 0xff])


@pytest.mark.parametrize("tags", IN_CHANNEL.values(), ids=IN_CHANNEL)
def test_ports_on_one_device_are_told_apart_by_svid(channels, tags):
    """From every channel to every address, learned and not; unknown SVIDs, SVID 0 and 1, a device
    that takes nothing untagged; the priority of a stripped tag goes on in the channel's."""
    svids = {"h1": (0, 1, 200, 201, 202, 999), "h2": (200, 201, 4094), "h6": (2, 3)}
    for number in (1, 2):
        sends = []
        for place in places(channels):
            for svid in (None, *svids.get(place, ())):
                front = () if svid is None else (stag(svid, 2, 1),)
                if tags and svid == 202:  # what goes back as it came may keep its S-TAG
                    front = (stag(svid, tags[0].pcp, tags[0].dei),)
                sends += [(place, build(dst, beyond(place, svid or 0), front + tags, number))
                          for dst in (BROADCAST, UNKNOWN, beyond("h1", 200), beyond("h2", 200),
                                      beyond("h1", 202), beyond("h3"), beyond("h4"), beyond("h5"),
                                      beyond("h6", 2), beyond("h6", 3))]
        channels.check(*sends)
    assert learned(channels) == channels.model.bridge.fdb


def learned(lab):
    tpids = {"802.1Q": 0x8100, "802.1ad": TPID_S}
    return {((tpids[vlan[0]], vlan[1]) if vlan else None, address): port
            for (vlan, address), (port, static) in lab.fdb().items() if not static}


def counters(lab, port):
    return {key: n for (name, key), n in lab.stats()["bridge"].items() if name == port and n}


def copies(lab, source, frame):
    """{place: copies}, all of them this very frame."""
    lab.send(source, frame)
    got = {p: c for p, c in lab.take().got.items() if c}
    assert all(raw == frame.raw() for c in got.values() for raw in c)
    return {p: len(c) for p, c in got.items()}


def of_port(lab, port):
    return next(p for p in lab.evbpf.json("show", lab.switch)["ports"] if p["port"] == port)


def counted(lab):
    """evb_learn's count of each port, which `show` gives, against the table."""
    table = Counter(learned(lab).values())
    shown = {p["port"]: p["learned"] for p in lab.evbpf.json("show", lab.switch)["ports"]}
    assert {p: n for p, n in shown.items() if n} == dict(table)
    return table


def how_often(lab):
    """{port: (learned, moved)} of `stats`, where any."""
    ports = lab.evbpf.json("stats", lab.switch)["ports"]
    return {p["port"]: (p["learned"], p["moved"]) for p in ports if p["learned"]}


# ---- in words of their own, without the model

THREE = [x(1), x(2), x(3)]


@pytest.fixture
def three():
    with cable_lab(THREE, {}, top={"age": 300}) as made:
        yield made


def test_an_address_is_flooded_until_it_is_heard_and_then_sent_to_its_port(three):
    frame = three.build("h1", "h2")
    assert copies(three, "h1", frame) == {"h2": 1, "h3": 1}
    assert copies(three, "h2", three.build("h2", "h1")) == {"h1": 1}
    assert copies(three, "h1", frame) == {"h2": 1}
    assert counted(three) == {"x1": 1, "x2": 1}


def test_an_address_is_learned_by_vlan(three):
    copies(three, "h1", build(UNKNOWN, SMAC, [ctag(7)]))
    copies(three, "h2", build(UNKNOWN, SMAC, [ctag(8)]))
    copies(three, "h3", build(UNKNOWN, SMAC))
    assert learned(three) == {((0x8100, 7), SMAC): "x1", ((0x8100, 8), SMAC): "x2",
                              (None, SMAC): "x3"}
    for tags, place in (((ctag(7),), "h1"), ((ctag(8),), "h2")):
        assert copies(three, "h3", build(SMAC, host_mac("h3"), tags)) == {place: 1}
    assert copies(three, "h1", build(SMAC, host_mac("h1"))) == {"h3": 1}
    assert copies(three, "h1", build(SMAC, host_mac("h1"), [ctag(9)])) == {"h2": 1, "h3": 1}


def test_a_move_is_told_and_frames_follow_it(three):
    with BridgeMonitor(three) as monitor:
        copies(three, "h1", build(UNKNOWN, SMAC, [ctag(5)]))
        assert copies(three, "h3", build(SMAC, host_mac("h3"), [ctag(5)])) == {"h1": 1}
        copies(three, "h2", build(UNKNOWN, SMAC, [ctag(5)]))
        assert copies(three, "h3", build(SMAC, host_mac("h3"), [ctag(5)])) == {"h2": 1}
        event = until("a move", lambda: monitor.about("moved", SMAC, 1), 3)[0]
    assert (event["port"], event["from"], event["mac"], event["vlan"]) == (
        "x2", "x1", SMAC.hex(":"), 5)
    assert counted(three) == {"x2": 1, "x3": 1}
    assert how_often(three) == {"x1": (1, 0), "x2": (1, 1), "x3": (1, 0)}


def test_addresses_are_forgotten_after_age_seconds_without_a_frame():
    """And not while frames come. No process stands behind it."""
    with cable_lab(THREE, {}, top={"age": 2}) as lab:
        quiet, busy = lab.build("h1", UNKNOWN), lab.build("h2", UNKNOWN)
        lab.send("h1", quiet)
        until("its age is shown", lambda: age_of(lab, "h1") == 1, 4)
        end = time.monotonic() + 5
        while time.monotonic() < end:
            lab.send("h2", busy)
            time.sleep(0.1)
        lab.take()
        assert learned(lab) == {(None, host_mac("h2")): "x2"}
        assert counted(lab) == {"x2": 1} and how_often(lab) == {"x1": (1, 0), "x2": (1, 0)}
        assert copies(lab, "h3", lab.build("h3", "h1")) == {"h1": 1, "h2": 1}
        assert copies(lab, "h3", lab.build("h3", "h2")) == {"h2": 1}


def age_of(lab, host):
    rows = lab.evbpf.json("show", lab.switch, "fdb")["fdb"]
    return next((r["age"] for r in rows if mac(r["mac"]) == host_mac(host)), None)


def test_a_static_address_does_not_move_and_is_not_learned():
    """Its frames pass at another port; with spoofchk there they do not."""
    with cable_lab([x(1), x(2, static=(SMAC,)), x(3), x(4, static=(STATIC2,), spoofchk=True)],
                   {}) as lab:
        for tags in ((), (ctag(7),)):
            assert copies(lab, "h1", build(UNKNOWN, SMAC, tags)) == {"h2": 1, "h3": 1, "h4": 1}
            assert copies(lab, "h3", build(SMAC, host_mac("h3"), tags)) == {"h2": 1}
        assert SMAC not in {address for _, address in learned(lab)}
        assert copies(lab, "h4", build(BROADCAST, SMAC)) == {}
        assert copies(lab, "h4", build(BROADCAST, STATIC2)) == {"h1": 1, "h2": 1, "h3": 1}
        assert counters(lab, "x4")["drops.spoof_mac"] == 1
        assert counted(lab) == {"x3": 2}


def test_a_port_that_does_not_learn_is_flooded_to():
    with cable_lab([x(1, learning=False), x(2), x(3)], {}) as lab:
        copies(lab, "h1", lab.build("h1", "h2"))
        assert copies(lab, "h2", lab.build("h2", "h1")) == {"h1": 1, "h3": 1}
        assert counted(lab) == {"x2": 1}


def test_bpdus_are_eaten_or_forwarded_and_never_reflected():
    frame = build_llc(reserved(0), SMAC)
    for bpdu, want in (("drop", {}), ("forward", {"h1": 1, "h2": 1})):
        with cable_lab([x(1), x(2), x(3, reflective=True)], {}, top={"bpdu": bpdu}) as lab:
            assert copies(lab, "h3", frame) == want
            for last in (1, 2, 3, 0xE):
                assert copies(lab, "h1", build(reserved(last), SMAC)) == {}
            for kind in (0x8808, 0x8809, 0x88CC):
                assert copies(lab, "h1", build(BROADCAST, SMAC, ethertype=kind)) == {}


# ---- many addresses

def sources(number, seed="evbpf"):
    """So many different unicast addresses."""
    rng = random.Random(seed)
    found = set()
    while len(found) < number:
        found.add(b"\x06" + rng.randbytes(5))
    return sorted(found, key=lambda m: m[::-1])


def blast(lab, place, addresses, dst):
    """A frame from each address."""
    sock = lab.taps.senders[place].sock
    tail = TYPE_TEST.to_bytes(2, "big") + bytes(46)
    for at, address in enumerate(addresses):
        sock.send(dst + address + tail)
        if at % 1000 == 999:
            for receiver in lab.taps.receivers.values():
                receiver.drain()  # or its buffer is full
    return lab.take()


def test_a_port_learns_no_more_than_its_limit():
    """Frames of further sources are refused; those that it knows pass; who goes makes room."""
    with cable_lab([x(1, learn_limit=4), x(2), x(3, learn_limit=0)], {}) as lab:
        for number, address in enumerate(some := sources(6)):
            want = {"h2": 1, "h3": 1} if number < 4 else {}
            assert copies(lab, "h1", build(UNKNOWN, address)) == want
        assert copies(lab, "h1", build(UNKNOWN, some[0])) == {"h2": 1, "h3": 1}
        assert (counters(lab, "x1")["drops.learn_limit"], counted(lab)) == (2, {"x1": 4})
        assert copies(lab, "h3", lab.build("h3", BROADCAST)) == {}
        assert counters(lab, "x3")["drops.learn_limit"] == 1
        copies(lab, "h2", build(UNKNOWN, some[1]))  # moves away
        assert copies(lab, "h1", build(UNKNOWN, some[4])) == {"h2": 1, "h3": 1}
        assert counted(lab) == {"x1": 4, "x2": 1}
        assert copies(lab, "h1", build(UNKNOWN, some[1])) == {}
        assert counted(lab) == {"x1": 4, "x2": 1}


NUMBER = 200_000


def test_a_flood_of_sources_hurts_nobody_but_its_sender():
    """200,000 sources at a port with a limit of 1024. The others keep their addresses, each frame
    is counted, the events are few, and afterwards the table is whole."""
    with cable_lab(THREE, {}) as lab:
        known = sources(900, "before")
        blast(lab, "h2", known, BROADCAST)
        copies(lab, "h3", lab.build("h3", BROADCAST))
        before, table = lab.stats()["bridge"], learned(lab)
        assert Counter(table.values()) == {"x2": 900, "x3": 1}
        with BridgeMonitor(lab) as monitor:
            start = time.monotonic()
            got = blast(lab, "h1", sources(NUMBER), host_mac("h3")).got
            seconds = time.monotonic() - start
            events = monitor.read()
        print(f"{NUMBER} sources in {seconds:.1f} s, {len(events)} events")
        assert {p: len(c) for p, c in got.items()} == {"h1": 0, "h2": 0, "h3": 1024}
        after = lab.stats()["bridge"]
        moved = {key: after[key] - before.get(key, 0) for key in after
                 if after[key] != before.get(key, 0)}
        assert moved == {("x1", "rx.packets"): 1024, ("x1", "rx.bytes"): 1024 * 60,
                         ("x1", "rx.dropped"): NUMBER - 1024,
                         ("x1", "drops.learn_limit"): NUMBER - 1024,
                         ("x3", "tx.packets"): 1024, ("x3", "tx.bytes"): 1024 * 60}
        assert 0 < len(events) < 40 * (seconds + 1)
        now = learned(lab)
        assert counted(lab) == {"x1": 1024, "x2": 900, "x3": 1}
        assert table.items() <= now.items()
        got = blast(lab, "h3", [host_mac("h3")], known[5]).got
        assert {p: len(c) for p, c in got.items()} == {"h1": 0, "h2": 1, "h3": 0}


def test_sixty_thousand_addresses_are_learned_kept_apart_and_shown():
    """The largest limit, and the addresses of two ports by turns."""
    with cable_lab([x(1, learn_limit=65536), x(2, learn_limit=65536), x(3)], {}) as lab:
        some = sources(60_000)
        copies(lab, "h3", lab.build("h3", BROADCAST))
        for place, mine in (("h1", some[::2]), ("h2", some[1::2])):
            got = blast(lab, place, mine, host_mac("h3")).got
            assert {p: len(c) for p, c in got.items() if c} == {"h3": len(mine)}
        start = time.monotonic()
        table = learned(lab)
        assert time.monotonic() - start < 3
        assert table == {(None, host_mac("h3")): "x3", **{(None, m): "x1" for m in some[::2]},
                         **{(None, m): "x2" for m in some[1::2]}}
        for place, number in (("h1", 4), ("h2", 5)):
            assert copies(lab, "h3", build(some[number], host_mac("h3"))) == {place: 1}


# ---- what ends, is forgotten

@pytest.mark.parametrize("how", ["removed", "disabled", "not learning"])
def test_what_was_learned_at_a_port_goes_with_it(three, how):
    for number in (1, 2, 3):
        copies(three, f"h{number}", build(BROADCAST, host_mac(f"h{number}")))
    assert counted(three) == {"x1": 1, "x2": 1, "x3": 1}
    ports = {"removed": [x(1), x(3)], "disabled": [x(1), x(2, state="disable"), x(3)],
             "not learning": [x(1), x(2, learning=False), x(3)]}[how]
    three.evbpf.ok("apply", three.bridge_file("changed.yaml", ports))
    assert counted(three) == {"x1": 1, "x3": 1}
    off = three.taps.receivers.pop("h2") if how == "disabled" else None  # it has no carrier
    want = {"h3": 1, "h2": 1} if how == "not learning" else {"h3": 1}
    assert copies(three, "h1", three.build("h1", "h2")) == want
    three.evbpf.ok("apply", three.bridge_file())
    assert counted(three) == {"x1": 1, "x3": 1}
    if off:
        three.taps.receivers["h2"] = off
        until("h2 has a carrier", lambda: "LOWER_UP" in three.hosts["h2"].run(
            ["ip", "link", "show", "eth0"]).stdout)
        three.take()
    assert copies(three, "h2", build(BROADCAST, host_mac("h2"))) == {"h1": 1, "h3": 1}
    assert counted(three) == {"x1": 1, "x2": 1, "x3": 1}


def test_a_port_without_carrier_forgets_with_the_agent(three):
    """Frames to it are flooded again, and go elsewhere."""
    for number in (1, 2):
        copies(three, f"h{number}", build(BROADCAST, host_mac(f"h{number}")))
    agent = three.space.start([three.evbpf.binary, "agent", three.switch])
    try:
        three.hosts["h2"].ip("link set eth0 down")
        until("x2 has forgotten", lambda: "x2" not in learned(three).values())
        assert counted(three) == {"x1": 1}
        three.hosts["h2"].ip("link set eth0 up")
        until("x2 is up", lambda: of_port(three, "x2")["link"] == "up")
        assert copies(three, "h1", three.build("h1", "h2")) == {"h2": 1, "h3": 1}
    finally:
        agent.terminate()
        agent.wait()


# ---- changes while frames pass

def flow_lab(lab):
    """Where the frames of each place are seen: for flows.c."""
    lab.flow_ports = {name.replace(".", "_"): (space, "eth0") for name, space in lab.hosts.items()}
    for name, station in lab.stations.items():
        lab.flow_ports.update({f"{name}_{vf}": (s, "eth0") for vf, s in station.guests.items()})
    return lab


def check_flows(flows, got, sent):
    wrong = []
    for number, (source, frame, always) in enumerate(flows):
        assert sent[number] > 100
        for place in always:
            if got.get((number, place)) != (sent[number], 0):
                wrong.append(f"{source} {frame}: {place} got {got.get((number, place))} of "
                             f"{sent[number]}")
    assert not wrong, "\n".join(wrong)


def test_changes_of_a_bridge_lose_no_frame_that_both_files_allow():
    """A port comes and goes, another changes its VLANs, age changes: 12 times."""
    ports = [x(1), x(2), x(3, vlan=10), x(4)]
    with cable_lab(ports, {}, top={"age": 300}) as lab:
        for place in places(lab):
            lab.send(place, lab.build(place, BROADCAST))
        lab.take()
        files = [lab.bridge_file("1.yaml", ports[:3], age=100),
                 lab.bridge_file("2.yaml", [x(1), x(2, learn_limit=9),
                                            x(3, trunk=frozenset([10, 20])), x(4, isolated=True)]),
                 lab.bridge_file("3.yaml", [*ports[:2], x(3, vlan=20, learn_limit=7), ports[3]])]
        flows = [("h1", lab.build("h1", "h2"), ["h2"]), ("h2", lab.build("h2", "h1"), ["h1"]),
                 ("h1", lab.build("h1", BROADCAST, [ctag(99)]), ["h2"])]
        running = Flows(flow_lab(lab), flows, 1000)
        for number in range(12):
            lab.evbpf.ok("apply", files[number % 3])
        got, sent = running.ended()
        check_flows(flows, got, sent)


def test_changes_of_channels_lose_no_frame_that_both_ends_allow():
    """At both ends channels come, go and change their relay; a VF moves from one to another."""
    def vf(number, channel):
        return VF(f"vf{number}", vf_mac("a", number), channel=channel)
    ports = [BridgePort("d0", dev="sa"), BridgePort("blue", dev="sa", svid=200), x(1),
             BridgePort("green", dev="sa", svid=201, reflective=True)]
    channels = {"blue": (200, "veb"), "green": (201, "vepa")}
    with cable_lab(ports, {"a": {"vfs": [vf(0, "blue"), vf(1, "blue"), vf(2, "green"),
                                         vf(3, "green"), vf(4, "blue")],
                                 "channels": channels}}) as lab:
        station = lab.stations["a"]
        one = lab.station_file("a")
        station.vfs[4] = vf(4, "red")
        station.channels = {"red": (202, "veb"), "blue": (200, "veb"), "green": (201, "vepa")}
        two = lab.write("two.yaml", station.text())
        more = lab.bridge_file("more.yaml", [BridgePort("red", dev="sa", svid=202), *ports])
        less = lab.bridge_file()
        flows = [(s.replace(".", "_"), lab.build(s, t), [t.replace(".", "_")])
                 for s, t in (("a.vf0", "a.vf1"), ("a.vf2", "a.vf3"), ("a.vf3", "a.vf2"),
                              ("a.vf0", "a.vf2"), ("h1", "a.vf1"), ("a.vf1", "h1"))]
        for place in places(lab):
            lab.send(place, lab.build(place, BROADCAST))
        lab.take()
        running = Flows(flow_lab(lab), flows, 500)
        for number in range(9):
            station.evbpf.ok("apply", (two, one)[number % 2])
            lab.evbpf.ok("apply", (more, less)[number % 2])
        got, sent = running.ended()
        check_flows(flows, got, sent)
        station.evbpf.ok("apply", two)
        lab.evbpf.ok("apply", more)
        assert "nothing differs" in station.evbpf.ok("diff", two).stdout
