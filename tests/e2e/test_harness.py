# SPDX-License-Identifier: GPL-2.0-only
"""The harness judges right: it passes what is right, and each kind of fault makes it fail.

Most frames of these tests go through a Linux bridge, not through the program under test.
"""
import json
import os
from collections import Counter

import pytest

import frames
import verify
from frames import BROADCAST, build, ctag, stag
from lab import UPLINK_MAC, WIRE_MAC, vf_mac
from model import PF, WIRE, Outcome, Port, Switch, pf_port, wire_port
from netns import OWN, run
from taps import Receiver

HELLO = build(BROADCAST, WIRE_MAC, seq=1)
PORTS = [Port("vf0", vf_mac(0), made="test"), Port("vf1", vf_mac(1), made="test")]


def outcome(frame=HELLO, to=(PF, "vf0", "vf1"), source=WIRE):
    return Outcome(source, frame, {port: frame for port in to})


def right():
    """What a right switch does with HELLO: frames received, counters moved."""
    moved = dict(outcome().counters())
    return {WIRE: [], PF: [HELLO.raw()], "vf0": [HELLO.raw()], "vf1": [HELLO.raw()]}, moved


def test_what_is_right_passes():
    assert verify.compare([outcome()], *right()) == []


def flip_byte(received, _):
    raw = bytearray(received["vf0"][0])
    raw[40] ^= 1
    received["vf0"] = [bytes(raw)]


def cut_byte(received, _):
    received["vf0"] = [received["vf0"][0][:-1]]


def add_byte(received, _):
    received["vf0"] = [received["vf0"][0] + b"\0"]


def lose(received, _):
    received["vf1"] = []


def double(received, _):
    received["vf1"] *= 2


def send_back(received, _):
    received[WIRE] = [HELLO.raw()]


def leave_tag(received, _):
    received["vf0"] = [HELLO.tagged(ctag(100)).raw()]


def count_one_more(_, moved):
    moved["vf0", "rx.packets"] += 1


def count_byte_less(_, moved):
    moved["vf1", "rx.bytes"] -= 1


def count_a_drop(_, moved):
    moved["vf0", "drops.no_target"] = 1


def count_nothing(_, moved):
    moved.clear()


@pytest.mark.parametrize("fault", [flip_byte, cut_byte, add_byte, lose, double, send_back, leave_tag,
                                   count_one_more, count_byte_less, count_a_drop, count_nothing],
                         ids=lambda f: f.__name__)
def test_every_kind_of_fault_fails(fault):
    received, moved = right()
    fault(received, moved)
    problems = verify.compare([outcome()], received, moved)
    assert problems
    with pytest.raises(AssertionError):
        verify.fail_on(problems)


def test_a_wrong_priority_is_named_in_the_report():
    want, got = build(BROADCAST, WIRE_MAC, [ctag(100, 5)]), build(BROADCAST, WIRE_MAC, [ctag(100, 4)])
    assert frames.diff(want.raw(), got.raw()) == [
        "tags: expected C100(pcp 5, dei 0), got C100(pcp 4, dei 0)"]


def test_the_model_drops_what_a_switch_must_drop():
    """The model is not one that lets all frames pass."""
    switch = Switch([wire_port(), pf_port(UPLINK_MAC), Port("vf0", vf_mac(0), vlan=100)])
    cases = {"spoof_mac": build(BROADCAST, vf_mac(9)), "vlan_tagged": build(BROADCAST, vf_mac(0),
             [ctag(100)]), "control": build(frames.reserved(14), vf_mac(0)),
             "self": build(vf_mac(0), vf_mac(0))}
    for reason, frame in cases.items():
        assert dict(switch.expect("vf0", frame).drops) == {("vf0", reason): 1}
    tagged = switch.expect("vf0", build(BROADCAST, vf_mac(0))).out
    assert {p: f.tags for p, f in tagged.items()} == {WIRE: (ctag(100),), PF: (ctag(100),)}


@pytest.fixture
def bridged(make_plain_lab):
    """All ports of the host in a Linux bridge: floods broadcasts, knows no VLAN."""
    lab = make_plain_lab(PORTS)
    lab.host.ip("link add br0 type bridge mcast_snooping 0", "link set br0 up",
                *(f"link set {dev} master br0" for dev in ("up0", "v0h", "v1h")))
    lab.open_taps()
    lab.stats = Counter
    return lab


@pytest.mark.parametrize("tags", [(), (ctag(0, 6),), (ctag(100, 5, 1),), (stag(100),),
                                  (stag(100), ctag(200)), (ctag(100), ctag(200))], ids=str)
@pytest.mark.parametrize("sender", ["wire", "wire+"])
def test_frames_arrive_with_all_their_tags(bridged, sender, tags):
    """In the bytes and beside the frame, at VFs and at the tap of the PF's stack."""
    batch = [build(BROADCAST, WIRE_MAC, tags, seq) for seq in range(8)]
    lab_outcomes = [outcome(frame) for frame in batch]
    problems = run_without_counters(bridged, sender, batch, lab_outcomes)
    assert problems == []


def run_without_counters(lab, sender, batch, outcomes):
    for frame in batch:
        lab.taps.send(sender, frame.raw())
    return verify.compare(outcomes, lab.taps.collect(), None)


def test_a_missing_and_an_unexpected_receiver_fail_with_real_frames(bridged):
    frame = build(BROADCAST, vf_mac(0), seq=7)
    assert run_without_counters(bridged, "vf0", [frame], [outcome(frame, [WIRE, "vf1"], "vf0")]) == []
    assert run_without_counters(bridged, "vf0", [frame], [outcome(frame, [WIRE], "vf0")])
    assert run_without_counters(bridged, "vf0", [frame],
                                [outcome(frame, [WIRE, PF, "vf1"], "vf0")])


def test_the_pf_sends_in_the_bytes_and_beside_the_frame(make_plain_lab):
    """Its frames pass the egress hook of the uplink both ways; the wire sees no difference."""
    lab = make_plain_lab([])
    lab.open_taps()
    for sender in ("pf", "pf+"):
        frame = build(BROADCAST, UPLINK_MAC, [stag(7, 3), ctag(100, 5)], seq=3)
        assert run_without_counters(lab, sender, [frame], [outcome(frame, [WIRE], PF)]) == []


def test_the_stack_takes_the_outer_tag_away_from_sockets_of_the_inner_type(make_plain_lab):
    """Why the PF is watched by a mirror: a bound socket gets the frame, but not its tag."""
    lab = make_plain_lab([])
    lab.open_taps()
    stack = Receiver("stack", lab.host, "up0", (lab.host, "ptap0"), frames.TYPE_TEST)
    frame = build(UPLINK_MAC, WIRE_MAC, [ctag(100)], seq=4)
    lab.taps.send("wire", frame.raw())
    assert lab.taps.collect()[PF] == [frame.raw()]
    stack.drain()
    stack.close()
    assert stack.take() == [frame.tagged().raw()]


def test_sentinels_overtake_no_frame(bridged):
    """1000 frames in bursts of 100: all are collected in the burst that they were sent in."""
    for burst in range(10):
        batch = [build(BROADCAST, WIRE_MAC, seq=burst * 100 + i) for i in range(100)]
        for frame in batch:
            bridged.taps.send("wire", frame.raw())
        received = bridged.taps.collect()
        assert {port: len(got) for port, got in received.items()} == {
            WIRE: 0, PF: 100, "vf0": 100, "vf1": 100}


def test_a_switch_with_one_wrong_row_fails(make_lab):
    """The program under test with a hole made in its address table: the harness sees it."""
    lab = make_lab([Port("vf0", vf_mac(0))])
    lab.attach()
    lab.open_taps()
    frame = build(vf_mac(0), WIRE_MAC)
    assert verify.problems_of(lab, "wire", [frame]) == []
    def rows(table):
        path = f"/sys/fs/bpf/evbpf/{lab.switch_name}/{table}"
        return path, json.loads(run(["bpftool", "-j", "map", "dump", "pinned", path]).stdout)

    path, found = rows("evb_fdb")
    for row in found:
        if bytes(row["formatted"]["key"]["mac"]) == vf_mac(0):
            run(["bpftool", "map", "delete", "pinned", path, "key", *row["key"]])
    path, found = rows("evb_fdb_near")  # the copy, which knows addresses by another name
    for row in found:
        if row["formatted"]["value"]["word"]:
            run(["bpftool", "map", "update", "pinned", path, "key", *row["key"], "value",
                 *[0] * len(row["value"])])
    report = "\n".join(verify.problems_of(lab, "wire", [frame]))
    assert "vf0: missing" in report and "pf: must not arrive" in report
    assert "counter vf0 rx.packets: expected 1, got 0" in report


def test_the_session_is_alone(host_before):
    """Own network and mount namespace, own empty bpffs, no devices but lo."""
    assert os.readlink(OWN) != host_before["net"]
    assert os.readlink("/proc/self/ns/mnt") != host_before["mnt"]
    with open("/proc/net/dev", encoding="ascii") as f:
        devices = {line.split(":")[0].strip() for line in f.readlines()[2:]}
    assert devices <= {"lo", "ifb0", "ifb1"}
