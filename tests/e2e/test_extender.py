# SPDX-License-Identifier: GPL-2.0-only
"""One extender below a controlling bridge, with E-TAG and with VN-Tag: bytes at every port and on
the cable, and every counter of both."""
import pytest

from ext_lab import ext_lab, ext_vf
from ext_model import E_TAG, VN_TAG, Carried, ETag, ExtPort, Group, VnTag, down_tag, up_tag
from frames import BROADCAST, build, ctag, mac, parse, reserved, stag
from model_bridge import BridgePort
from test_vepa import GROUP, UNKNOWN, sweep

SETUPS = [(E_TAG, "tc"), (VN_TAG, "tc"), (E_TAG, "xdp"), (VN_TAG, "xdp")]
FAR = mac("02:00:00:00:77:77")
SENDERS = ["a.vf0", "a.vf1", "a.vf2", "a.vf3", "a.vf4", "a.pf", "h1", "h2"]


def ids_of(kind):
    return {"vf0": 0x12, "vf1": 0x34, "vf2": 0xABCDE if kind == E_TAG else 0xFFF, "vf3": 0x56,
            "vf4": 0x57, "pf": 1}


def every(kind):
    """The group of no VLAN."""
    return (1, 5) if kind == E_TAG else 0x1001


def in_vlan(kind):
    """That of VLAN 100."""
    return (3, 0xFEDCB) if kind == E_TAG else 0x3FFF


def lab_of(kind, hook="tc", **keys):
    ids = ids_of(kind)
    vfs = [ext_vf("a", n, ids[f"vf{n}"], **more) for n, more in enumerate(
        [{}, {}, {"spoofchk": False}, {"vlan": 100, "qos": 5}, {}])]
    more = {"vf3": {"trunk": frozenset([100])}, "vf4": {"vlan": 100}}
    ports = [ExtPort("x" + name, dev="sa", tag=kind, ident=ident,
                     hook="auto" if hook == "tc" else hook, **more.get(name, {}))
             for name, ident in ids.items()]
    groups = [Group("sa", every(kind), ("xvf0", "xvf1", "xvf2", "xpf")),
              Group("sa", in_vlan(kind), ("xvf3", "xvf0", "xvf1", "xpf", "xvf2"), 100)]
    station = {"vfs": vfs, "tag": kind, "hook": hook, "pf_id": ids["pf"], "groups": {
        every(kind): ["vf0", "vf1", "vf2", "pf"],
        in_vlan(kind): ["pf", "vf3", "vf2", "vf1", "vf0"]}}
    return ext_lab([*ports, BridgePort("p1", dev="h1"), BridgePort("p2", dev="h2", vlan=100)],
                   {"a": station}, groups, **keys)


@pytest.fixture(scope="module", params=SETUPS, ids=" ".join)
def lab(request):
    kind, hook = request.param
    with lab_of(kind, hook) as made:
        made.kind, made.cables_are_seen = kind, hook == "tc"
        yield made


def check(lab, *sends):
    return lab.check(*sends, cable=lab.cables_are_seen)


def test_everybody_gets_what_the_rules_say(lab):
    """Twice: while the bridge does not know who is where, and when it does."""
    for _ in range(2):
        check(lab, *[send for source in SENDERS for send in sweep(lab, source)])


@pytest.mark.parametrize("tags", [[ctag(100, 6, 1)], [ctag(0, 3, 1)], [stag(300, 2)],
                                  [stag(300, 7, 1), ctag(9)], [ctag(100), ctag(5, 4)]],
                         ids=["C", "priority", "S", "S and C", "C and C"])
def test_the_same_with_tags_of_the_guest(lab, tags):
    """They go through; their priority is the E-TAG's."""
    check(lab, *[send for source in ("a.vf0", "a.vf2", "a.vf3", "a.pf", "h1")
                 for send in sweep(lab, source, tags)])


def test_the_priority_of_the_e_tag_becomes_that_of_the_vlan_that_the_bridge_puts_in(lab):
    """x4 is in VLAN 100; h1 sees the tag."""
    tag = ETag(0x57, pcp=5, dei=1) if lab.kind == E_TAG else VnTag(0, source=0x57)
    want = check(lab, ("a.up", Carried(tag, build(BROADCAST, FAR))))
    priority = (5, 1) if lab.kind == E_TAG else (0, 0)
    assert want.got["h1"][0].tags == (ctag(100, *priority),)


# ---- refused

def wrong_at_the_extender(kind):
    if kind == E_TAG:
        return [(ETag(0x77), "channel"), (ETag(5), "channel"), (ETag(0x12, ingress=0x34), ""),
                (ETag(6, 1), "channel"), (ETag(5, 2), "channel"), (ETag(0x12, 3), "channel"),
                (ETag(0x1012), "channel"), (ETag(0xFFFFF, 3), "channel"), (ETag(0), "channel")]
    return [(VnTag(1, 0x77), "channel"), (VnTag(1, 0x1001), "channel"), (VnTag(1, 0), "channel"),
            (VnTag(1, 0x1002, 1), "channel"), (VnTag(1, 0x12, 1), "channel"),
            (VnTag(0, 0x12), "direction"), (VnTag(0, 0x1001, 1), "direction"),
            (VnTag(1, 0x12, version=1), "direction"), (VnTag(0, source=0x12), "direction")]


def test_an_extender_refuses_what_it_cannot_send_down(lab):
    """Of a wrong direction or version, to an id or a group that is not there."""
    for tag, reason in wrong_at_the_extender(lab.kind):
        want = check(lab, ("a.wire", Carried(tag, lab.build("h1", "a.vf0"))),
                     ("a.wire", Carried(tag, lab.build("h1", BROADCAST, seq=1))))
        if reason:
            assert want.moves["a"]["uplink", f"drops.{reason}"] == 2, tag


def test_an_id_decides_not_the_address(lab):
    """Sent down to vf1 with vf0's address, to a group with an unknown one, vf1 gets it."""
    for tag in (down_tag(lab.kind, 0x34), up_tag(lab.kind, 0x34) if lab.kind == E_TAG else
                VnTag(1, 0x34, looped=1, source=0x34)):
        want = check(lab, ("a.wire", Carried(tag, lab.build("h1", "a.vf0"))))
        assert list(want.got) == ["a.vf1"]


def test_a_group_reaches_all_but_the_one_that_the_tag_names(lab):
    for ident in (0, 0x12, 0x34, 0x56, 1):
        tags = [ETag(5, 1, ingress=ident)] if lab.kind == E_TAG else [
            VnTag(1, 0x1001, 1, looped, ident) for looped in (0, 1)]
        for tag in tags:
            want = check(lab, ("a.wire", Carried(tag, lab.build("h1", UNKNOWN))))
            skipped = ident if lab.kind == E_TAG or tag.looped else 0
            names = {"a." + name for name, own in ids_of(lab.kind).items()
                     if own != skipped and name not in ("vf3", "vf4")}
            assert set(want.got) == names, tag


def wrong_at_the_bridge(kind):
    if kind == E_TAG:
        return [(ETag(0x77), "channel"), (ETag(0), "channel"), (ETag(0x12, 1), "direction"),
                (ETag(5, 1), "direction"), (ETag(0x12, 3), "direction"), (ETag(0x1012), "channel")]
    return [(VnTag(0, source=0x77), "channel"), (VnTag(0), "channel"),
            (VnTag(1, 0x12), "direction"), (VnTag(1, 0x1001, 1, 1, 0x12), "direction"),
            (VnTag(1, source=0x12), "direction"), (VnTag(0, source=0x12, version=2), "direction")]


def test_a_bridge_refuses_what_no_extender_sends(lab):
    """Counted against the device's own port."""
    for tag, reason in wrong_at_the_bridge(lab.kind):
        want = check(lab, ("a.up", Carried(tag, build(BROADCAST, FAR))),
                     ("a.up", Carried(tag, lab.build("h1", "a.vf0", seq=1))))
        assert want.moves["bridge"] == {("sa", "rx.dropped"): 2, ("sa", f"drops.{reason}"): 2}, tag


def test_a_frame_without_the_tag_is_the_extenders_own(lab):
    """From above it is for its host; the bridge has no port for it. In a VLAN or not."""
    for tags in ((), (ctag(100),), (stag(5),)):
        down, up = build(lab.address("a.pf"), FAR, tags), build(BROADCAST, FAR, tags)
        want = check(lab, ("a.wire", down), ("a.wire", up))
        assert set(want.got) == {"a.pf"}
        want = check(lab, ("a.up", up), ("a.up", lab.build("h1", "a.vf0", tags)))
        assert want.moves["bridge"] == {("sa", "rx.dropped"): 2, ("sa", "drops.channel"): 2}


class Cut:
    """The beginning of a frame."""

    def __init__(self, frame, length):
        self.bytes, self.dst = frame.raw()[:length], frame.dst

    def raw(self):
        return self.bytes


def test_a_frame_that_ends_inside_its_tag_is_a_bad_one(lab):
    """At every length, at both ends."""
    whole = Carried(up_tag(lab.kind, 0x12), build(BROADCAST, FAR))
    lengths = range(15, 22 if lab.kind == E_TAG else 20)
    for place, side in (("a.up", "bridge"), ("a.wire", "a")):
        before = lab.stats()[side]
        for length in lengths:
            lab.send(place, Cut(whole, length))
        got = lab.take()
        assert not any(got.got.values()), {p: len(c) for p, c in got.got.items()}
        after = lab.stats()[side]
        moved = {key: n - before.get(key, 0) for key, n in after.items() if n != before.get(key, 0)}
        port = "sa" if side == "bridge" else "uplink"
        assert moved == {(port, "rx.dropped"): len(lengths),
                         (port, "drops.bad_frame"): len(lengths)}, place


@pytest.mark.parametrize("place", ["a.vf0", "a.vf2", "a.pf", "h1"])
def test_nobody_else_may_send_such_a_tag(lab, place):
    """Of either kind, also behind tags."""
    frames = []
    for tag in (ETag(0x34), ETag(5, 1), VnTag(0, source=0x34), VnTag(1, 0x34)):
        raw = parse(Carried(tag, lab.build(place, BROADCAST)).raw())
        frames += [raw, raw.tagged(ctag(100)), raw.tagged(stag(9)), raw.tagged(stag(9), ctag(7))]
    want = check(lab, *[(place, frame) for frame in frames])
    assert not want.got
    at = ("bridge", "p1") if place == "h1" else ("a", place[2:])
    assert want.moves[at[0]][at[1], "drops.inject"] == len(frames)


def test_a_guest_sends_with_its_own_address_unless_it_may_have_others(lab):
    """At the extender, before the tag. The bridge learns what vf2 has behind it."""
    want = check(lab, ("a.vf0", build(BROADCAST, FAR)), ("a.vf0", lab.build("a.vf1", "h1", seq=1)))
    assert want.moves["a"] == {("vf0", "tx.dropped"): 2, ("vf0", "drops.spoof_mac"): 2}
    want = check(lab, ("a.vf2", build(BROADCAST, FAR)), ("h1", build(FAR, lab.address("h1"))))
    assert [raw.dst for raw in want.got["a.vf2"]] == [FAR]


# ---- in words of their own, without the model

def bytes_of_tag(raw):
    return raw[12:20 if raw[12:14] == b"\x89\x3f" else 18].hex()


def on_cable(lab, source, frame):
    """How often each place got it as it was sent; tags up, tags down."""
    lab.expect([(source, frame)])  # for what the bridge learns
    lab.send(source, frame)
    got = lab.take()
    for place, copies in got.got.items():
        assert all(copy == frame.raw() for copy in copies), place
    tags = [[bytes_of_tag(raw) for raw in side["a"]] for side in (got.up, got.down)]
    return {p: len(c) for p, c in got.got.items() if c}, *tags


@pytest.fixture
def known(lab):
    """All is known to the bridge."""
    check(lab, *[(place, lab.build(place, UNKNOWN)) for place in sorted(ALL_OF_NO_VLAN)])
    return lab


seen = pytest.mark.parametrize("lab", SETUPS[:2], indirect=True, ids=" ".join)


# source, target: who gets it, tags up, tags down
WORDS = {
    E_TAG: [("a.vf0", "h1", ["893f000000120000"], []),
            ("h1", "a.vf1", [], ["893f000000340000"]),
            ("a.vf0", "a.vf1", ["893f000000120000"], ["893f000000340000"]),
            ("a.vf2", "a.vf0", ["893f00000cde00ab"], ["893f000000120000"]),
            ("a.vf0", "a.vf2", ["893f000000120000"], ["893f00000cde00ab"]),
            ("a.pf", "a.vf0", ["893f000000010000"], ["893f000000120000"]),
            ("a.vf0", BROADCAST, ["893f000000120000"], ["893f001210050000"]),
            ("a.vf2", GROUP, ["893f00000cde00ab"], ["893f0cde1005ab00"]),
            ("a.vf1", UNKNOWN, ["893f000000340000"], ["893f003410050000"]),
            ("h1", BROADCAST, [], ["893f000010050000"])],
    VN_TAG: [("a.vf0", "h1", ["892600000012"], []),
             ("h1", "a.vf1", [], ["892680340000"]),
             ("a.vf0", "a.vf1", ["892600000012"], ["892680340000"]),
             ("a.vf2", "a.vf0", ["892600000fff"], ["892680120000"]),
             ("a.vf0", "a.vf2", ["892600000012"], ["89268fff0000"]),
             ("a.pf", "a.vf0", ["892600000001"], ["892680120000"]),
             ("a.vf0", BROADCAST, ["892600000012"], ["8926d0018012"]),
             ("a.vf2", GROUP, ["892600000fff"], ["8926d0018fff"]),
             ("a.vf1", UNKNOWN, ["892600000034"], ["8926d0018034"]),
             ("h1", BROADCAST, [], ["8926d0010000"])],
}
ALL_OF_NO_VLAN = {"a.vf0", "a.vf1", "a.vf2", "a.pf", "h1"}


@seen
def test_the_bytes_on_the_cable(known):
    """A frame is on it once each way, a flood as well; the sender never has it back."""
    for source, target, up, down in WORDS[known.kind]:
        one = isinstance(target, str)
        got, *tags = on_cable(known, source, known.build(source, target))
        assert got == {p: 1 for p in ({target} if one else ALL_OF_NO_VLAN - {source})}
        assert tags == [up, down], (source, target)


@pytest.mark.parametrize("lab", SETUPS[:1], indirect=True, ids=" ".join)
def test_the_priority_of_a_guest_is_the_e_tags(known):
    """Of its C-TAG, of the outer one of two, of a priority tag."""
    for tags, first in (([ctag(77, 6, 1)], "d000"), ([stag(9, 3), ctag(4, 7)], "6000"),
                        ([ctag(0, 5)], "a000")):
        _, up, _ = on_cable(known, "a.vf0", known.build("a.vf0", "h1", tags))
        assert up == [f"893f{first}00120000"]


@seen
def test_reserved_addresses_of_the_link_do_not_cross(known):
    for dst in (reserved(0xE), reserved(3), reserved(1)):
        for place in ("a.vf0", "a.vf2", "h1"):
            assert on_cable(known, place, known.build(place, dst)) == ({}, [], [])
    # of the extender's own host LLDP goes out as it is, and what comes is for it
    lldp = build(reserved(0xE), known.address("a.pf"), ethertype=0x88CC)
    known.send("a.pf", lldp)
    got = known.take()
    assert got.up["a"] == [lldp.raw()] and not any(got.got.values())
    lldp = build(reserved(0xE), FAR, ethertype=0x88CC)
    known.send("a.wire", lldp)
    got = known.take()
    assert {p: c for p, c in got.got.items() if c} == {"a.pf": [lldp.raw()]}
