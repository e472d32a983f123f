# SPDX-License-Identifier: GPL-2.0-only
"""Every sender, every kind of destination, every kind of tag: who gets which bytes.

The expectation comes from model.py; the topology is drawn in lab.py. The same answers in each
way of attaching: TC, XDP on the uplink, and TC by clsact instead of tcx.
"""
import random

import pytest

import frames
import verify
from frames import BROADCAST, TPID_C, TPID_S, Tag, build, ctag, mac, stag
from lab import UPLINK_MAC, WIRE_MAC, vf_mac
from model import ALL, Port
from program import FAULTS, snapshot

PORTS = [
    Port("vf0", vf_mac(0), vlan=100),
    Port("vf1", vf_mac(1), vlan=100, strip=False, made="test"),
    Port("vf2", vf_mac(2), vlan=200, qos=3),
    Port("vf3", vf_mac(3), trunk=frozenset([100, *range(300, 311)]), vlan=200),
    Port("vf4", vf_mac(4), trunk=ALL),
    Port("vf5", vf_mac(5)),
    Port("vf6", vf_mac(6), vlan=100, proto=TPID_S),
    Port("vf7", vf_mac(7), vlan=200, isolated=True),
    Port("vf8", vf_mac(8), vlan=200, isolated=True, made="test"),
    Port("vf9", vf_mac(9), spoofchk=False, made="test"),
    Port("vf10", vf_mac(10), trunk=frozenset([100, 400]), untagged=True),
    Port("vf11", vf_mac(11), trunk=frozenset([400])),
]
UNKNOWN, OUTSIDE = mac("02:00:00:00:aa:aa"), mac("02:00:00:00:bb:bb")
OWN = {"wire": WIRE_MAC, "wire+": WIRE_MAC, "pf": UPLINK_MAC, "pf+": UPLINK_MAC,
       **{p.name: p.mac for p in PORTS}}
DESTINATIONS = [UPLINK_MAC, *(p.mac for p in PORTS), BROADCAST, mac("01:00:5e:01:02:03"),
                mac("33:33:00:00:00:01"), UNKNOWN, frames.reserved(0x00), frames.reserved(0x0E),
                mac("01:80:c2:00:00:10")]
TAGS = {
    "untagged": (),
    "priority": (ctag(0, 6),),
    "C100": (ctag(100, 5, 1),),
    "C200": (ctag(200, 1),),
    "C305": (ctag(305, 2),),
    "C400": (ctag(400),),
    "C999": (ctag(999, 7),),
    "C4094": (ctag(4094),),
    "C4095": (ctag(4095),),
    "S100": (stag(100, 4, 1),),
    "S500": (stag(500),),
    "S100+C200": (stag(100, 2), ctag(200, 3)),
    "C100+C200": (ctag(100, 2), ctag(200, 3)),
    "priority+C100": (ctag(0, 6), ctag(100, 1)),
}


def attached(make, way):
    keys = {"hook": "xdp" if way == "xdp" else "tc"}
    if way == "clsact":  # only this build knows the variable
        keys.update(env={"EVBPF_FORCE_CLSACT": "1"}, binary=FAULTS)
    lab = make(PORTS, **keys)
    lab.way = way
    lab.attach()
    lab.open_taps()
    return lab


@pytest.fixture(scope="module", params=["tc", "xdp", "clsact"])
def lab(request, make_module_lab):
    return attached(make_module_lab, request.param)


def batches(sender):
    seq = 0
    for tags in TAGS.values():
        batch = []
        for dst in DESTINATIONS:
            seq += 1
            batch.append(build(dst, OWN[sender], tags, seq))
        yield batch


def test_the_switch_is_attached_in_this_way(lab):
    """tcx or clsact on the uplink in both directions and on every VF; XDP only where it should."""
    state = snapshot(lab.host)
    for dev, hooks in (("up0", 2), ("v0h", 1), ("v1h", 1)):
        key = f"{lab.host.name}/{dev}"
        by_tcx = sum(map(len, state[f"{key} tcx"]))
        filters = state[f"{lab.host.name} programs"][0]["tc"]
        by_filter = sum(f["devname"] == dev and "evb_" in f.get("name", "") for f in filters)
        assert (by_tcx, by_filter) == ((0, hooks) if lab.way == "clsact" else (hooks, 0)), dev
    assert bool(state[f"{lab.host.name}/up0 xdp"]) == (lab.way == "xdp")


@pytest.mark.parametrize("sender", OWN)
def test_each_frame_reaches_exactly_whom_it_should(lab, sender):
    """Receivers, bytes, counters and drop reasons of a port's frames to every destination."""
    report = []
    for batch in batches(sender):
        report += verify.problems_of(lab, sender, batch)
    verify.fail_on(report)


def random_frame(rng, sender, seq):
    """A frame of any kind that the kernel lets through to the switch."""
    src = OWN[sender] if rng.random() < 0.8 else rng.choice([*OWN.values(), OUTSIDE, BROADCAST])
    vids = [0, 0, 100, 200, 305, 400, 999, 4095]
    tags = [Tag(rng.choice([TPID_C, TPID_C, TPID_S]), rng.choice(vids), rng.randrange(8),
                rng.randrange(2)) for _ in range(rng.choice([0, 0, 1, 1, 2, 3]))]
    ethertype = rng.choice([frames.TYPE_TEST] * 8 + [frames.TYPE_IPV4, frames.TYPE_ARP, 0x0026,
                           0x86DD, frames.TYPE_ETAG, frames.TYPE_VNTAG, *frames.CONTROL_TYPES])
    return build(rng.choice(DESTINATIONS), src, tags, seq, ethertype, rng.randrange(20, 200))


@pytest.mark.parametrize("sender", OWN)
def test_random_frames_do_as_the_model_says(lab, sender):
    """240 for each sender, the same in every run: any source, up to three tags, any type."""
    rng, report = random.Random(f"evbpf {sender}"), []
    for first in range(0, 240, 60):
        batch = [random_frame(rng, sender, first + i) for i in range(60)]
        report += verify.problems_of(lab, sender, batch)
    verify.fail_on(report)
