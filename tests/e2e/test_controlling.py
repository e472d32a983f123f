# SPDX-License-Identifier: GPL-2.0-only
"""The bridge that controls extenders: plain ports, S-channels, E-TAG and VN-Tag on one bridge; what
a port of an extender may do there; changes while frames pass; files that do not fit together."""
import os
import threading
import time

import pytest

from ext_lab import ext_lab, ext_vf
from ext_model import E_TAG, VN_TAG, ExtPort, Group
from frames import BROADCAST, TPID_S, TYPE_TEST, build, ctag, mac, parse, seq_of, stag
from model_bridge import BridgePort
from netns import run
from program import PLAIN, changes, pins, snapshot
from test_channels import vf as channel_vf
from test_vepa import UNKNOWN, places, sweep

E_ALL, E_100, VN_ALL = (1, 5), (1, 6), 0x1001


def mixed_lab(hook="tc"):
    """a: E-TAG, and b behind it; c: VN-Tag; d: S-channels; h1, h2: hosts. What a's own host sends
    has no tag, and a port of its own."""
    extended = {"hook": "auto" if hook == "tc" else hook}
    ports = [ExtPort("e0", dev="sa", tag=E_TAG, ident=0x12, **extended),
             ExtPort("e1", dev="sa", tag=E_TAG, ident=0xABCDE, **extended),
             ExtPort("e2", dev="sa", tag=E_TAG, ident=0x13, vlan=100, **extended),
             ExtPort("e3", dev="sa", tag=E_TAG, ident=0x100, **extended),
             ExtPort("e4", dev="sa", tag=E_TAG, ident=0x14, vlan=300, proto=TPID_S, **extended),
             BridgePort("own", dev="sa", **extended),
             ExtPort("n0", dev="sc", tag=VN_TAG, ident=0x12, **extended),
             ExtPort("n1", dev="sc", tag=VN_TAG, ident=0xFFF, **extended),
             ExtPort("n2", dev="sc", tag=VN_TAG, ident=1, vlan=100, qos=6, **extended),
             BridgePort("s0", dev="sd", svid=200, **extended),
             BridgePort("s1", dev="sd", svid=0, **extended),
             BridgePort("p1", dev="h1"), BridgePort("p2", dev="h2", vlan=100)]
    groups = [Group("sa", E_ALL, ("e0", "e3", "e1")), Group("sc", VN_ALL, ("n0", "n1")),
              # e2's copies have no tag: it cannot share
              Group("sa", E_100, ("e0", "e1", "e3"), 100)]
    common = {"hook": hook}
    return ext_lab(ports, {
        "a": {**common, "tag": E_TAG, "below": {"b": {0x100}},
              "vfs": [ext_vf("a", 0, 0x12), ext_vf("a", 1, 0xABCDE), ext_vf("a", 2, 0x13),
                      ext_vf("a", 3, 0x14)],
              "groups": {E_ALL: ["vf0", "vf1", "cb"], E_100: ["vf0", "vf1", "cb"]}},
        "b": {**common, "tag": E_TAG, "above": "a", "vfs": [ext_vf("b", 0, 0x100)],
              "groups": {E_ALL: ["vf0"], E_100: ["vf0"]}},
        "c": {**common, "tag": VN_TAG, "vfs": [ext_vf("c", 0, 0x12), ext_vf("c", 1, 0xFFF),
                                               ext_vf("c", 2, 1)],
              "groups": {VN_ALL: ["vf0", "vf1"]}},
        "d": {**common, "channels": {"blue": (200, "veb")},
              "vfs": [channel_vf(0, "blue", "d", trunk="all"), channel_vf(1, "", "d")]},
    }, groups)


@pytest.fixture(scope="module", params=["tc", "xdp"])
def mixed(request):
    with mixed_lab(request.param) as lab:
        lab.cables_are_seen = request.param == "tc"
        yield lab


def check(lab, *sends):
    return lab.check(*sends, cable=lab.cables_are_seen)


SENDERS = ["a.vf0", "a.vf1", "a.vf2", "a.vf3", "b.vf0", "c.vf0", "c.vf1", "c.vf2", "d.vf0", "d.vf1",
           "a.pf", "d.pf", "h1", "h2"]


def test_everybody_gets_what_the_rules_say(mixed):
    """Each kind of tag to each; twice: while the bridge does not know who is where, and when it
    does."""
    for _ in range(2):
        check(mixed, *[send for source in SENDERS for send in sweep(mixed, source)])


@pytest.mark.parametrize("tags", [[ctag(100, 6, 1)], [ctag(0, 5)], [stag(300, 3, 1)],
                                  [stag(300, 2), ctag(7, 4)]],
                         ids=["C", "priority", "S", "S and C"])
def test_the_same_with_tags_of_the_guest(mixed, tags):
    """From one kind of tag to another, the priority goes along."""
    check(mixed, *[send for source in ("a.vf0", "c.vf1", "d.vf0", "b.vf0", "a.pf", "h1", "a.vf2",
                                       "a.vf3") for send in sweep(mixed, source, tags)])


# ---- what a port of an extender may do

@pytest.fixture(scope="module")
def policy():
    """x2 and x3 are isolated, x4 sends what it has there, x5 learns little, x6 is off."""
    more = {2: {"isolated": True}, 3: {"isolated": True}, 5: {"learn_limit": 2},
            4: {"spoofchk": True, "static": (mac("02:00:00:61:00:04"),), "learning": False},
            6: {"state": "disable"}}
    ports = [ExtPort(f"x{n}", dev="sa", tag=E_TAG, ident=0x10 + n, **more.get(n, {}))
             for n in range(7)]
    vfs = [ext_vf("a", n, 0x10 + n, spoofchk=False) for n in range(7)]
    names = [f"vf{n}" for n in range(7)]
    group = Group("sa", E_ALL, tuple(f"x{n}" for n in range(6)))
    with ext_lab([*ports, BridgePort("p1", dev="h1", isolated=True)],
                 {"a": {"tag": E_TAG, "vfs": vfs, "groups": {E_ALL: names[:6]}}}, [group]) as lab:
        yield lab


def test_a_group_is_not_used_for_less_than_all_its_members(policy):
    """An isolated one's flood does not reach the other: so many copies, each for one. The same
    ports have one copy of another's flood."""
    for source, copies in (("a.vf2", 4), ("a.vf3", 4), ("a.vf0", 1), ("h1", 4)):
        want = policy.check((source, policy.build(source, BROADCAST)))
        assert len(want.down["a"]) == copies, source
        assert all((tag.tag.grp == 0) == (copies > 1) for tag in want.down["a"])


def test_ports_of_one_extender_have_their_own_rules(policy):
    for _ in range(2):
        policy.check(*[send for source in places(policy) if source != "a.vf5"
                       for send in sweep(policy, source)])
    want = policy.check(("a.vf2", policy.build("a.vf2", "a.vf3")))
    assert want.moves["bridge"]["x2", "drops.isolated"] == 1
    spoofed = policy.build("a.vf0", "h1")
    want = policy.check(("a.vf4", spoofed))
    assert want.moves["bridge"]["x4", "drops.spoof_mac"] == 1
    want = policy.check(("a.vf6", policy.build("a.vf6", BROADCAST)))
    assert want.moves["bridge"] == {("x6", "rx.dropped"): 1, ("x6", "drops.link"): 1}


def test_a_port_of_an_extender_learns_up_to_its_own_limit(policy):
    """The others on the same cable go on."""
    want = policy.check(*[("a.vf5", build(BROADCAST, mac(f"02:00:00:00:50:{n:02x}"), seq=n))
                          for n in range(4)])
    assert want.moves["bridge"]["x5", "drops.learn_limit"] == 2
    policy.check(("a.vf0", policy.build("a.vf0", UNKNOWN)))


def test_an_address_moves_between_ports_of_one_extender(policy):
    """And frames to it go where it was seen last."""
    far = mac("02:00:00:00:77:01")
    for place in ("a.vf0", "a.vf1", "a.vf0"):
        policy.check((place, build(BROADCAST, far)))
        want = policy.check(("a.vf3", policy.build("a.vf3", far)))
        assert set(want.got) == {place}
        time.sleep(0.3)  # an address moves so often, and no oftener


# ---- life

def vfs_and_ports(count):
    return ([ext_vf("a", n, 0x20 + n) for n in range(count)],
            [ExtPort(f"x{n}", dev="sa", tag=E_TAG, ident=0x20 + n) for n in range(count)])


def spaces(lab):
    return [lab.space, *(s.space for s in lab.stations.values())]


def state(lab):
    found = {"pins": pins()}
    for space in spaces(lab):
        found.update(snapshot(space))
    return found


@pytest.mark.parametrize("hook", ["tc", "xdp"])
def test_detach_leaves_nothing(hook):
    """Of an extender with a cascade, the one behind it, and their bridge."""
    vfs, ports = vfs_and_ports(2)
    ports += [ExtPort("y", dev="sa", tag=E_TAG, ident=0x100)]
    stations = {"a": {"tag": E_TAG, "vfs": vfs, "hook": hook, "below": {"b": {0x100}}, "pf_id": 5,
                      "groups": {E_ALL: ["vf0", "cb"]}},
                "b": {"tag": E_TAG, "vfs": [ext_vf("b", 0, 0x100)], "hook": hook, "above": "a"}}
    with ext_lab([*ports, BridgePort("p1", dev="h1")], stations,
                 [Group("sa", E_ALL, ("x0", "y"))], attach=False) as lab:
        before = state(lab)
        lab.attach()
        assert changes(before, state(lab))
        for evbpf, name in lab.switches().values():
            evbpf.ok("detach", name)
        left = changes(before, state(lab))
        assert not left, "\n".join(left)


class Stream(threading.Thread):
    """Numbered frames from one place to another, until it is told to end."""

    def __init__(self, lab, source, target):
        super().__init__()
        self.lab, self.source, self.target = lab, source, target
        self.sent, self.over = 0, threading.Event()

    def run(self):
        while not self.over.is_set():
            self.lab.send(self.source, self.lab.build(self.source, self.target, seq=self.sent))
            self.sent += 1
            time.sleep(0.001)


def test_apply_adds_and_takes_away_ports_and_groups_and_loses_no_frame_of_others():
    """A port with its id and a group come and go at the extender and at the bridge."""
    vfs, ports = vfs_and_ports(4)
    host = BridgePort("p1", dev="h1")
    small = Group("sa", E_ALL, ("x0", "x1"))
    with ext_lab([*ports, host], {"a": {"tag": E_TAG, "vfs": vfs,
                                        "groups": {E_ALL: ["vf0", "vf1"]}}}, [small],
                 attach=False) as lab:
        station = lab.stations["a"]
        guests = {name: station.guests.pop(name) for name in ("vf2", "vf3")}

        def write(count, groups):
            station.vfs, station.ext_groups = vfs[:count], {
                g.ident: [f"vf{m[1:]}" for m in g.members] for g in groups}
            station.guests.update({n: g for n, g in guests.items() if int(n[2:]) < count})
            lab.ports, lab.groups = [*ports[:count], host], groups
            return lab.station_file("a"), lab.bridge_file()

        write(2, [small])
        lab.attach()
        lab.open_taps()
        pairs = [("a.vf0", "h1"), ("h1", "a.vf1"), ("a.vf1", "a.vf0")]
        for source, _ in pairs:
            lab.send(source, lab.build(source, UNKNOWN))
        lab.take()
        before = lab.stats()
        streams = [Stream(lab, *pair) for pair in pairs]
        for stream in streams:
            stream.start()
        try:
            big = Group("sa", E_ALL, ("x0", "x1", "x3"))
            for count, groups in ((4, [big]), (3, [Group("sa", E_100, ("x2", "x0"))]), (4, []),
                                  (2, [small])):
                file, bridge = write(count, groups)
                station.evbpf.ok("apply", file)
                lab.evbpf.ok("apply", bridge)
                for evbpf, text in ((station.evbpf, file), (lab.evbpf, bridge)):
                    assert evbpf.ok("diff", text).stdout == "nothing differs\n"
        finally:
            for stream in streams:
                stream.over.set()
                stream.join()
        got, after = lab.take().got, lab.stats()
        for stream in streams:
            assert stream.sent > 100
            arrived = [seq_of(raw) for raw in got[stream.target]
                       if parse(raw).src == lab.address(stream.source)
                       and parse(raw).ethertype == TYPE_TEST]
            assert arrived == list(range(stream.sent)), (stream.source, len(arrived), stream.sent)
        drops = {(name, key): n for name, ports in after.items() for key, n in ports.items()
                 if key[1].startswith("drops.") and n != before[name].get(key, 0)}
        assert not drops, drops
        for evbpf, name in lab.switches().values():
            evbpf.ok("detach", name)


# ---- files that do not fit together

EXTENDER = """version: 1
switch: pe0
relay: extender
tag: e-tag
uplink: {dev: eth1}
vfs:
  - {id: 0, dev: v0, mac: "02:00:00:00:01:00", ecid: 0x012}
  - {id: 1, dev: v1, mac: "02:00:00:00:01:01", ecid: 0x013}
cascade: [{dev: eth2, ids: [0x100-0x1ff]}]
replication:
  - {grp: 1, ecid: 0x005, members: [vf0, vf1]}
  - {grp: 1, ecid: 0x006, members: [vf0, vf1]}
"""
LOWER = """version: 1
switch: pe1
relay: extender
tag: vn-tag
uplink: {dev: eth1}
vfs:
  - {id: 0, dev: v0, mac: "02:00:00:00:02:00", vif: 0x300}
"""
STATION = """version: 1
switch: host
uplink: {dev: eth0}
channels:
  - {name: blue, svid: 201}
vfs:
  - {id: 0, dev: v0, mac: "02:00:00:00:03:00", channel: blue, relay: vepa}
"""
BRIDGE = """version: 1
switch: tor
relay: bridge
ports:
  - {name: x0, dev: swp3, tag: e-tag, ecid: 0x012}
  - {name: x9, dev: swp3, tag: e-tag, ecid: 0x019}
  - {name: s1, dev: swp4, svid: 200}
replication:
  - {dev: swp3, grp: 1, ecid: 0x005, members: [x0, x9]}
"""
WRONG = """\
pe0.yaml:8:54: tor.yaml:5:21: pe0 vf1 ecid 0x13 has no port on swp3 of tor
tor.yaml:6:45: pe0.yaml:5:15: tor x9 ecid 0x19 is not behind eth1 of pe0
tor.yaml:9:52: pe0.yaml:11:20: group swp3.1.5 of tor has ecid 0x19 (x9), and group uplink.1.5 of \
pe0 does not reach it
pe0.yaml:11:42: tor.yaml:9:31: group uplink.1.5 of pe0 reaches vf1, and group swp3.1.5 of tor has \
none of its ids
pe0.yaml:12:20: tor.yaml:5:21: group uplink.1.6 of pe0 is not in replication of tor for swp3
pe1.yaml:4:6: pe0.yaml:4:6: pe1 has tag: vn-tag, and pe0 has e-tag
host.yaml:5:24: tor.yaml:7:21: host blue has svid: 201, and swp4 of tor has no port with it
tor.yaml:7:33: host.yaml:3:15: tor s1 has svid: 200, and eth0 of host has no port with it
"""
LINKS = ["tor:swp3=pe0:eth1", "pe0:eth2=pe1:eth1", "tor:swp4=host:eth0"]


def check_links(tmp_path, files, links):
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    words = [word for link in links for word in ("--link", link)]
    return run([PLAIN, "check", *files, *words], check=False,
               extra=lambda: os.chdir(tmp_path))


def test_check_finds_what_the_ends_of_a_cable_say_differently(tmp_path):
    files = {"tor.yaml": BRIDGE, "pe0.yaml": EXTENDER, "pe1.yaml": LOWER, "host.yaml": STATION}
    done = check_links(tmp_path, files, LINKS)
    # behind the cascade, which id is there is the lower one's file to say
    lines = [line for line in (done.stdout + done.stderr).splitlines(True)
             if not line.startswith("pe1.yaml:7")]
    assert "".join(lines) == WRONG
    assert done.returncode == 1


def test_check_says_that_files_agree(tmp_path):
    files = {"tor.yaml": BRIDGE.replace("0x019", "0x013"),
             "pe0.yaml": EXTENDER[:EXTENDER.index("  - {grp: 1, ecid: 0x006")].replace(
                 "cascade: [{dev: eth2, ids: [0x100-0x1ff]}]\n", "")}
    done = check_links(tmp_path, files, LINKS[:1])
    assert (done.returncode, done.stdout, done.stderr) == (0, "ok: 2 files agree on 1 link\n", "")
