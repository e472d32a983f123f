# SPDX-License-Identifier: GPL-2.0-only
"""Extenders behind extenders: c behind b behind a, which is below the bridge. Two levels and three
are the same lab. Bytes at every port and on every cable, and every counter of all four."""
import pytest

from ext_lab import ext_lab, ext_vf
from ext_model import E_TAG, VN_TAG, Carried, ExtPort, Group, down_tag, group_tag, up_tag
from frames import BROADCAST, build, ctag, mac, parse, stag
from model_bridge import BridgePort
from test_vepa import GROUP, UNKNOWN, sweep

SETUPS = [(E_TAG, "tc"), (VN_TAG, "tc"), (VN_TAG, "xdp")]
FAR = mac("02:00:00:00:77:77")
IDS = {"a.vf0": 0x12, "a.vf1": 0x13, "a.pf": 0x10, "b.vf0": 0x100, "b.vf1": 0x101,
       "c.vf0": 0x1FF, "c.vf1": 0x201, "c.vf2": 0x202}
BEHIND_C = {0x1FF, 0x201, 0x202}
BEHIND_B = {0x100, 0x101} | BEHIND_C


def name_of(place):
    return "x" + place[0] + place[2:]


def every(kind):
    return (1, 5) if kind == E_TAG else 0x1005


def in_vlan(kind):
    return (2, 0x100) if kind == E_TAG else 0x3FFF


def vfs_of(station, **keys):
    return [ext_vf(station, int(place[-1]), ident, **keys.get(place, {}))
            for place, ident in IDS.items() if place[0] == station and place[2:] != "pf"]


def stations(kind, hook="tc"):
    common = {"tag": kind, "hook": hook}
    all_, vlan = every(kind), in_vlan(kind)
    more = {"c.vf2": {"vlan": 100}}
    return {
        "a": {**common, "vfs": vfs_of("a"), "pf_id": IDS["a.pf"], "below": {"b": BEHIND_B},
              "groups": {all_: ["vf0", "vf1", "pf", "cb"], vlan: ["cb", "vf0"]}},
        "b": {**common, "vfs": vfs_of("b"), "above": "a", "below": {"c": BEHIND_C},
              "groups": {all_: ["vf0", "cc", "vf1"], vlan: ["cc"]}},
        "c": {**common, "vfs": vfs_of("c", **more), "above": "b",
              "groups": {all_: ["vf0", "vf1"], vlan: ["vf2", "vf1"]}},
    }


def lab_of(kind, hook="tc", **keys):
    ports = [ExtPort(name_of(p), dev="sa", tag=kind, ident=ident, hook="auto" if hook == "tc" else
                     hook, **({"trunk": frozenset([100])} if p == "c.vf2" else {}))
             for p, ident in IDS.items()]
    groups = [Group("sa", every(kind), tuple(name_of(p) for p in IDS if p != "c.vf2")),
              Group("sa", in_vlan(kind), ("xcvf2", "xavf0", "xcvf1"), 100)]
    return ext_lab([*ports, BridgePort("p1", dev="h1"), BridgePort("p2", dev="h2", vlan=100)],
                   stations(kind, hook), groups, **keys)


@pytest.fixture(scope="module", params=SETUPS, ids=" ".join)
def lab(request):
    kind, hook = request.param
    with lab_of(kind, hook) as made:
        made.kind, made.cables_are_seen = kind, hook == "tc"
        yield made


SENDERS = [*IDS, "b.pf", "h1", "h2"]


def check(lab, *sends):
    return lab.check(*sends, cable=lab.cables_are_seen)


def test_everybody_gets_what_the_rules_say(lab):
    """Twice: while the bridge does not know who is where, and when it does."""
    for _ in range(2):
        check(lab, *[send for source in SENDERS for send in sweep(lab, source)])


@pytest.mark.parametrize("tags", [[ctag(100, 6, 1)], [ctag(0, 3, 1)], [stag(300, 7, 1), ctag(9)]],
                         ids=["C", "priority", "S and C"])
def test_the_same_with_tags_of_the_guest(lab, tags):
    check(lab, *[send for source in ("a.vf0", "b.vf0", "c.vf1", "c.vf2", "a.pf", "h1")
                 for send in sweep(lab, source, tags)])


def test_ids_that_are_not_behind_it_do_not_come_up_a_cascade(lab):
    """Of another extender's port, of nobody, of a group: refused where they come in, and counted at
    the cascade's port there."""
    for lower, upper, port in (("b", "a", "cb"), ("c", "b", "cc")):
        others = [IDS["a.vf0"], IDS["a.pf"], 0x300, 0] + [IDS["b.vf0"]] * (lower == "c")
        for ident in others:
            frame = Carried(up_tag(lab.kind, ident), build(BROADCAST, FAR))
            want = check(lab, (f"{lower}.up", frame))
            assert want.moves[upper] == {(port, "rx.dropped"): 1, (port, "drops.channel"): 1}
        wrong = group_tag(lab.kind, every(lab.kind))
        want = check(lab, (f"{lower}.up", Carried(wrong, build(BROADCAST, FAR))))
        assert want.moves[upper] == {(port, "rx.dropped"): 1, (port, "drops.direction"): 1}


def test_ids_of_others_do_not_come_down(lab):
    """Each extender refuses what is not below it; what an upper one sends down a cascade by range
    is the lower one's to refuse."""
    for place, ident, at in (("a.wire", 0x300, "a"), ("a.wire", 0x1F0, "a"), ("b.wire", 0x12, "b"),
                             ("b.wire", 0x300, "b"), ("c.wire", 0x100, "c")):
        want = check(lab, (place, Carried(down_tag(lab.kind, ident), build(BROADCAST, FAR))))
        assert want.moves[at]["uplink", "drops.channel"] == 1
        assert not want.got


def test_a_lower_extenders_own_frames_end_at_the_next(lab):
    """b's host has no id: what it sends has no tag, and is for a's host. Likewise down."""
    for tags in ((), (ctag(7),)):
        want = check(lab, ("b.pf", build(BROADCAST, lab.address("b.pf"), tags)))
        assert not want.got and not want.up["a"] and want.moves["a"]["cb", "rx.packets"] == 1
        want = check(lab, ("b.wire", build(BROADCAST, FAR, tags)))
        assert set(want.got) == {"b.pf"}


def test_a_host_cannot_send_in_the_name_of_a_port(lab):
    """Neither with a number on the bridge nor without."""
    for place in ("a.pf", "b.pf"):
        frames = [parse(Carried(up_tag(kind, ident), lab.build(place, BROADCAST)).raw())
                  for kind in (E_TAG, VN_TAG) for ident in (0x100, 0x12)]
        want = check(lab, *[(place, frame) for frame in frames])
        assert want.moves[place[0]]["pf", "drops.inject"] == len(frames)
        assert not want.got and not any(want.up.values())


# ---- in words of their own, without the model

@pytest.fixture
def known(lab):
    """All is known to the bridge."""
    check(lab, *[(place, lab.build(place, UNKNOWN)) for place in (*IDS, "h1")])
    return lab


seen = pytest.mark.parametrize("lab", SETUPS[:2], indirect=True, ids=" ".join)


def bytes_of_tag(raw):
    return raw[12:20 if raw[12:14] == b"\x89\x3f" else 18].hex()


def on_cables(lab, source, frame):
    """Who got it as it was sent, and how often; tags on each cable: up, down."""
    lab.expect([(source, frame)])  # for what the bridge learns
    lab.send(source, frame)
    got = lab.take()
    for place, copies in got.got.items():
        assert all(copy == frame.raw() for copy in copies), place
    up, down = ({name: [bytes_of_tag(raw) for raw in copies] for name, copies in side.items()
                 if copies} for side in (got.up, got.down))
    return {p: len(c) for p, c in got.got.items() if c}, up, down


def flat(tag, names):
    return {name: [tag] for name in names}


FLOODS = {E_TAG: {"a.vf0": ("893f000000120000", "893f001210050000"),
                  "b.vf0": ("893f000001000000", "893f010010050000"),
                  "c.vf0": ("893f000001ff0000", "893f01ff10050000"),
                  "h1": (None, "893f000010050000")},
          VN_TAG: {"a.vf0": ("892600000012", "8926d0058012"),
                   "b.vf0": ("892600000100", "8926d0058100"),
                   "c.vf0": ("8926000001ff", "8926d00581ff"),
                   "h1": (None, "8926d0050000")}}
ABOVE = {"a.vf0": "a", "b.vf0": "ab", "c.vf0": "abc", "h1": ""}


@seen
@pytest.mark.parametrize("target", [BROADCAST, GROUP], ids=["broadcast", "multicast"])
def test_a_flood_is_once_on_each_cable_and_never_back_at_its_sender(known, target):
    """The same tag on all cables, up and down."""
    everybody = {p for p in IDS if p != "c.vf2"} | {"h1"}
    for source, (up, down) in FLOODS[known.kind].items():
        got = on_cables(known, source, known.build(source, target))
        assert got == ({p: 1 for p in everybody - {source}}, flat(up, ABOVE[source]),
                       flat(down, "abc")), source


@seen
def test_a_frame_to_one_passes_only_the_cables_between(known):
    """Also between two ports of the lowest extender: by the bridge."""
    tags = {E_TAG: ("893f000001ff0000", "893f000002010000", "893f000000120000"),
            VN_TAG: ("8926000001ff", "892682010000", "892680120000")}[known.kind]
    for target, down in (("c.vf1", flat(tags[1], "abc")), ("a.vf0", flat(tags[2], "a")),
                         ("h1", {})):
        assert on_cables(known, "c.vf0", known.build("c.vf0", target)) == (
            {target: 1}, flat(tags[0], "abc"), down), target


@seen
def test_a_group_of_a_vlan_reaches_those_that_are_in_it(known):
    """c.vf2 is in VLAN 100 by its extender; the others have the tag themselves."""
    known.expect([("a.vf0", known.build("a.vf0", BROADCAST, [ctag(100, 3)]))])
    known.send("a.vf0", known.build("a.vf0", BROADCAST, [ctag(100, 3)]))
    got = known.take()
    tagged, bare = (known.build("a.vf0", BROADCAST, t).raw() for t in ([ctag(100, 3)], []))
    assert got.got["c.vf2"] == [bare] and got.got["c.vf1"] == [tagged]
    assert got.got["h2"] == [bare] and not got.got["a.vf0"]
    down = "893f601221000000" if known.kind == E_TAG else "8926ffff8012"
    for name in "abc":
        assert down in [bytes_of_tag(raw) for raw in got.down[name]], name
