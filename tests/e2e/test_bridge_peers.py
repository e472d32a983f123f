# SPDX-License-Identifier: GPL-2.0-only
"""Each end of the cable against something that is not evbpf: macvlan as the station, a Linux bridge
at the other end, tcpdump and tshark as readers of what is on the cable. And what reflective relay
does to a peer that is not made for it: loops."""
import contextlib
import json
import os
import re
import shutil
import signal
import time

import pytest

from cable import CableLab, cable_lab, host_mac, vf_mac
from frames import BROADCAST, build, ctag, mac, mac_text, stag
from model import ALL
from model_bridge import VF, BridgePort
from netns import Netns, run
from program import Evbpf, until
from taps import receive_one
from test_bridge import copies
from test_tcp import checksum_errors
from test_vepa import all_spaces, move_data

GROUP = mac("01:00:5e:00:00:05")
UNKNOWN = mac("02:00:00:00:99:99")
TARGETS = pytest.mark.parametrize("dst", [BROADCAST, GROUP, UNKNOWN],
                                  ids=["broadcast", "multicast", "unknown unicast"])


def moved(lab, before):
    """What the bridge's counters have moved by."""
    return {key: n - before.get(key, 0) for key, n in lab.stats()["bridge"].items()
            if n != before.get(key, 0)}


def guest_mac(name):
    return mac(f"02:00:00:00:7e:0{name[-1]}")


def forget(lab):
    """What sockets still hold, which after a TCP flow or a loop may be all that they can. Not all
    that comes: a loop may go on."""
    for receiver in lab.taps.receivers.values():
        for _ in range(200000):
            if receive_one(receiver.sock) is None:
                break
    for watch in lab.watches.values():
        watch.take()


def ping(space, addr, count=3):
    done = space.run(["ping", "-n", "-c", count, "-i", "0.05", "-W", "1", addr], check=False)
    return int(re.search(r"(\d+) received", done.stdout).group(1)), done.stdout


def forwarding(space, *devs):
    """Wait until a Linux bridge takes these ports for ports with a link."""
    def states():
        return {p["ifname"]: p["state"] for p in json.loads(
            space.run(["bridge", "-j", "link", "show"]).stdout)}
    until(f"{devs} forward", lambda: all(states()[d] == "forwarding" for d in devs))


# ---- macvlan in mode vepa as the station; the bridge is ours
#
#     m0  m1  m2     macvlan, mode vepa, a namespace each
#     ==========
#        eth0        of namespace h1, the lower device: sees what comes back
#         ||         the cable
#      p1 (bridge) x1 === h2

class MacvlanStation:
    def __init__(self, lab):
        self.lab, self.spaces = lab, {}
        for name in ("m0", "m1", "m2"):
            space = self.spaces[name] = Netns(f"{lab.switch}-{name}")
            lab.hosts["h1"].ip(f"link add link eth0 name {name} netns {space.name} address "
                               f"{mac_text(guest_mac(name))} type macvlan mode vepa")
            space.ip(f"link set {name} up")
            lab.taps.add_receiver(name, space, name, near=(lab.space, "h1"))
            lab.taps.add_sender(name, space, name)
        lab.take()

    def build(self, source, dst, **keys):
        dst = guest_mac(dst) if isinstance(dst, str) else dst
        return build(dst, guest_mac(source), **keys)

    def learn(self):
        """The bridge hears everybody."""
        for name in self.spaces:
            self.lab.send(name, self.build(name, UNKNOWN))
        self.lab.take()

    def close(self):
        for space in self.spaces.values():
            space.close()


@contextlib.contextmanager
def macvlan_lab(reflective=True):
    ports = [BridgePort("p1", dev="h1", reflective=reflective), BridgePort("x1", dev="h2")]
    with cable_lab(ports, {}) as lab:
        lab.guests = MacvlanStation(lab)
        try:
            yield lab
        finally:
            lab.guests.close()


@pytest.fixture(scope="module")
def macvlan():
    with macvlan_lab() as lab:
        lab.guests.learn()
        yield lab


def test_macvlan_peers_meet_by_our_reflection(macvlan):
    before = macvlan.stats()["bridge"]
    frame = macvlan.guests.build("m0", "m1", length=700)
    assert copies(macvlan, "m0", frame) == {"h1": 1, "m1": 1}
    assert moved(macvlan, before) == {("p1", key): n for key, n in (
        ("rx.packets", 1), ("rx.bytes", 700), ("tx.packets", 1), ("tx.bytes", 700))}


def test_macvlan_peers_have_each_flood_once_and_the_sender_never(macvlan):
    """h1 is the lower device: the flood was once on the cable on its way back. Of multicast a
    macvlan has what it asks for."""
    for source in ("m0", "m2"):
        everybody = {"m0": 1, "m1": 1, "m2": 1, "h1": 1, "h2": 1}
        del everybody[source]
        assert copies(macvlan, source, macvlan.guests.build(source, BROADCAST)) == everybody
    macvlan.guests.spaces["m1"].ip(f"maddr add {mac_text(GROUP)} dev m1")
    assert copies(macvlan, "m0", macvlan.guests.build("m0", GROUP)) == {"h1": 1, "h2": 1, "m1": 1}
    assert copies(macvlan, "h2", macvlan.build("h2", BROADCAST)) == {
        "h1": 1, "m0": 1, "m1": 1, "m2": 1}


def test_ping_and_tcp_between_macvlan_peers(macvlan):
    ends = [macvlan.guests.spaces[n] for n in ("m0", "m1")]
    spaces = [*ends, *all_spaces(macvlan)]
    before = {s.name: checksum_errors(s) for s in spaces}
    for number, space in enumerate(ends):
        space.ip(f"addr add 10.9.7.{number + 1}/24 dev m{number}")
    got, text = ping(ends[0], "10.9.7.2")
    assert got == 3 and "DUP" not in text, text
    move_data(macvlan, *ends, "10.9.7.2")
    assert {s.name: checksum_errors(s) for s in spaces} == before
    forget(macvlan)


def test_without_reflective_relay_macvlan_peers_do_not_meet_until_it_is_turned_on():
    with macvlan_lab(reflective=False) as lab:
        lab.guests.learn()
        before = lab.stats()["bridge"]
        frame = lab.guests.build("m0", "m1")
        assert copies(lab, "m0", frame) == {}
        assert moved(lab, before) == {("p1", "rx.dropped"): 1, ("p1", "drops.hairpin"): 1}
        flood = lab.guests.build("m0", BROADCAST)
        assert copies(lab, "m0", flood) == {"h2": 1}
        lab.evbpf.ok("set", lab.switch, "port", "p1", "reflective_relay", "on")
        assert copies(lab, "m0", frame) == {"h1": 1, "m1": 1}
        lab.evbpf.ok("set", lab.switch, "port", "p1", "reflective_relay", "off")
        assert copies(lab, "m0", frame) == {}


# ---- our station; the bridge is Linux's, with and without hairpin

def vf(number, **keys):
    return VF(f"vf{number}", vf_mac("a", number), **keys)


VFS = [vf(0), vf(1), vf(2, vlan=100), vf(3, vlan=100), vf(4, relay="private")]


def hairpin(lab, to):
    lab.space.run(["bridge", "link", "set", "dev", "sa", "hairpin", to])


@contextlib.contextmanager
def linux_bridge_lab(to="on", relay="vepa", vfs=tuple(VFS)):
    ports = [BridgePort("p1", dev="sa"), BridgePort("x1", dev="h1")]
    lab = CableLab(ports, {"a": {"vfs": vfs, "relay": relay}}, attach=False)
    try:
        lab.stations["a"].evbpf.ok("attach", lab.station_file("a"))
        lab.space.run(["sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=0"])
        lab.space.ip("link add br0 type bridge mcast_snooping 0", "link set br0 up",
                     "link set sa master br0", "link set h1 master br0")
        hairpin(lab, to)
        forwarding(lab.space, "sa", "h1")
        lab.open_taps()
        for place in list(lab.taps.receivers):
            lab.send(place, lab.build(place, UNKNOWN))
        lab.take()
        yield lab
    finally:
        lab.close()


@pytest.fixture(scope="module")
def linux():
    with linux_bridge_lab() as lab:
        yield lab


def seen(lab, source, dst, **keys):
    """How often each place got a frame, and how often it was on the cable each way."""
    lab.send(source, lab.build(source, dst, **keys))
    got = lab.take()
    return {p: len(c) for p, c in got.got.items() if c}, len(got.up["a"]), len(got.down["a"])


@pytest.mark.parametrize("source, target, got", [
    ("a.vf0", "a.vf1", {"a.vf1": 1}), ("a.vf2", "a.vf3", {"a.vf3": 1}),
    ("a.vf0", BROADCAST, {"a.vf1": 1, "a.pf": 1, "h1": 1}),
    ("a.vf0", GROUP, {"a.vf1": 1, "a.pf": 1, "h1": 1}),
    ("a.vf2", BROADCAST, {"a.vf3": 1, "a.pf": 1, "h1": 1}),
    ("a.pf", BROADCAST, {"a.vf0": 1, "a.vf1": 1, "h1": 1}),
    ("a.vf0", "a.vf4", {}), ("a.vf4", BROADCAST, {"a.vf0": 1, "a.vf1": 1, "a.pf": 1, "h1": 1})],
    ids=["unicast", "in a VLAN", "broadcast", "multicast", "broadcast in a VLAN", "of the PF",
         "to a private VF", "of a private VF"])
def test_our_vepa_station_works_with_a_linux_bridge_with_hairpin(linux, source, target, got):
    assert seen(linux, source, target, length=200) == (got, 1, 1)


def test_the_linux_bridge_reaches_our_vepa_station_as_any(linux):
    assert seen(linux, "h1", "a.vf0") == ({"a.vf0": 1}, 0, 1)
    assert seen(linux, "h1", BROADCAST) == (
        {"a.vf0": 1, "a.vf1": 1, "a.vf4": 1, "a.pf": 1}, 0, 1)


def test_ping_and_tcp_by_the_hairpin_of_a_linux_bridge(linux):
    ends = [linux.stations["a"].guests[n] for n in ("vf0", "vf1")]
    before = {s.name: checksum_errors(s) for s in all_spaces(linux)}
    for number, space in enumerate(ends):
        space.ip(f"addr add 10.9.8.{number + 1}/24 dev eth0")
    got, text = ping(ends[0], "10.9.8.2")
    assert got == 3 and "DUP" not in text, text
    move_data(linux, *ends, "10.9.8.2")
    assert {s.name: checksum_errors(s) for s in all_spaces(linux)} == before
    forget(linux)


def test_without_hairpin_of_the_linux_bridge_vepa_peers_do_not_meet(linux):
    hairpin(linux, "off")
    try:
        assert seen(linux, "a.vf0", "a.vf1") == ({}, 1, 0)
        assert seen(linux, "a.vf0", BROADCAST) == ({"h1": 1}, 1, 0)
        assert seen(linux, "h1", "a.vf1") == ({"a.vf1": 1}, 0, 1)
    finally:
        hairpin(linux, "on")


def test_veb_peers_meet_on_our_station_whatever_the_linux_bridge_does():
    with linux_bridge_lab("off", relay="veb", vfs=VFS[:4]) as lab:
        assert seen(lab, "a.vf0", "a.vf1") == ({"a.vf1": 1}, 0, 0)
        assert seen(lab, "a.vf0", BROADCAST) == ({"a.vf1": 1, "a.pf": 1, "h1": 1}, 1, 0)


# ---- what tcpdump and tshark read on the cable

CHANNELS = {"blue": (200, "vepa"), "green": (4094, None)}
TAGGED = [vf(0), vf(1, channel="blue"), vf(2, channel="blue", vlan=100, qos=5),
          vf(3, channel="green", trunk=ALL), vf(4, channel="green", vlan=400, qos=2, proto=0x88A8)]
SVID_PORTS = [BridgePort("p1", dev="sa"), BridgePort("blue", dev="sa", svid=200, reflective=True),
              BridgePort("green", dev="sa", svid=4094),
              BridgePort("x1", dev="h1", static=(host_mac("h1"),))]
UP = [  # sender, the tags that it sends, the tags on the cable
    ("a.vf0", [], []),
    ("a.vf1", [], [stag(200)]),
    ("a.vf2", [], [stag(200, 5), ctag(100, 5)]),
    ("a.vf3", [], [stag(4094)]),
    ("a.vf3", [ctag(300, 6, 1)], [stag(4094, 6, 1), ctag(300, 6, 1)]),
    ("a.vf3", [ctag(0, 7)], [stag(4094, 7), ctag(0, 7)]),
    ("a.vf3", [ctag(1), ctag(2, 4)], [stag(4094), ctag(1), ctag(2, 4)]),
    ("a.vf4", [], [stag(4094, 2), stag(400, 2)]),
    ("a.vf4", [ctag(7, 1)], [stag(4094, 2), stag(400, 2), ctag(7, 1)])]
DOWN = [  # of h1: to whom, the tags that it sends, the tags on the cable
    ("a.vf0", [], []),
    ("a.vf1", [], [stag(200)]),
    ("a.vf2", [ctag(100, 3, 1)], [stag(200, 3, 1), ctag(100, 3, 1)]),
    ("a.vf3", [ctag(4094, 7)], [stag(4094, 7), ctag(4094, 7)]),
    ("a.vf4", [stag(400, 1)], [stag(4094, 1), stag(400, 1)])]


class Capture:
    """tcpdump's file of a cable, both ways, at the bridge's end."""

    def __init__(self, lab):
        self.path = os.path.join(lab.dir.name, "cable.pcap")
        self.child = lab.space.start(["tcpdump", "-i", "sa", "-U", "-Z", "root",
                                      "--immediate-mode", "-w", self.path, "ether proto 0x88b5 or "
                                      "vlan"])
        until("tcpdump listens", lambda: b"listening on" in self.said())

    def said(self):
        return os.pread(self.child.output.fileno(), 4096, 0)

    def end(self):
        self.child.send_signal(signal.SIGINT)
        self.child.wait(10)


@pytest.fixture(scope="module")
def cable(evbpf_is_built):
    """What was on the cable as frames, in order, and the file in which tcpdump has it."""
    with cable_lab(SVID_PORTS, {"a": {"vfs": TAGGED, "channels": CHANNELS}}) as lab:
        for place, tags, _ in UP:  # the bridge learns where to send
            lab.send(place, lab.build(place, "h1", tags))
        lab.send("a.vf3", lab.build("a.vf3", "h1", [ctag(4094)]))
        lab.take()
        capture = Capture(lab)
        sent = []
        for seq, (place, tags, on_cable) in enumerate(UP):
            frame = lab.build(place, "h1", tags, seq)
            lab.send(place, frame)
            sent.append(frame.tagged(*on_cable))
            lab.take()
        for seq, (place, tags, on_cable) in enumerate(DOWN, 100):
            frame = lab.build("h1", place, tags, seq)
            lab.send("h1", frame)
            sent.append(frame.tagged(*on_cable))
            lab.take()
        capture.end()
        yield sent, capture.path


def test_tcpdump_reads_every_tag_on_the_cable(cable):
    sent, path = cable
    lines = run(["tcpdump", "-r", path, "-e", "-n", "-t"]).stdout.splitlines()
    lines = [line for line in lines if " > " in line]
    assert len(lines) == len(sent), "\n".join(lines)
    for line, frame in zip(lines, sent):
        assert line.startswith(f"{mac_text(frame.src)} > {mac_text(frame.dst)}, "), line
        tags = re.findall(r"vlan (\d+), p (\d)(, DEI)?", line)
        assert [(int(v), int(p), bool(d)) for v, p, d in tags] == \
            [(t.vid, t.pcp, bool(t.dei)) for t in frame.tags], line
        assert f"length {len(frame)}" in line


def tshark_tags(packet):
    """[(TPID, VID, PCP, DEI)] and payload of a packet of tshark's JSON, pairs in the order of the
    bytes; two S-tags in a row are one layer to it."""
    tags, tpid, pcp, dei, payload = [], None, None, None, None
    for key, value in packet:
        if key in ("eth.type", "vlan.etype", "ieee8021ah.etype"):
            tpid = int(value, 16)
        elif key in ("vlan.priority", "ieee8021ad.priority"):
            pcp = int(value)
        elif key in ("vlan.dei", "ieee8021ad.dei"):
            dei = int(value)
        elif key in ("vlan.id", "ieee8021ad.id", "ieee8021ad.svid", "ieee8021ad.cvid"):
            tags.append((tpid, int(value), pcp, dei))
        elif key == "data.data":
            payload = bytes.fromhex(value.replace(":", ""))
    return tags, payload


def leaves(pairs):
    """Of nested objects, which may have a key twice."""
    for key, value in pairs:
        if isinstance(value, list):
            yield from leaves(value)
        else:
            yield key, value


def test_tshark_reads_every_tag_on_the_cable(cable):
    if not shutil.which("tshark"):
        pytest.skip("tshark is not installed: scripts/deps.sh")
    sent, path = cable
    packets = json.loads(run(["tshark", "-n", "-r", path, "-T", "json"]).stdout,
                         object_pairs_hook=lambda pairs: pairs)
    assert len(packets) == len(sent)
    for packet, frame in zip(packets, sent):
        packet = list(leaves(packet))
        assert dict(packet)["eth.src"] == mac_text(frame.src)
        assert dict(packet)["eth.dst"] == mac_text(frame.dst)
        assert tshark_tags(packet) == (
            [(t.tpid, t.vid, t.pcp, t.dei) for t in frame.tags], frame.body[2:]), str(frame)


# ---- reflective relay where it does not belong
#
#     l0   l1          hosts of a Linux bridge without STP
#      +-br0-+
#        eth0          of namespace h1
#         ||           the cable
#      p1 (reflective) x1 === h2

QUIET = 0.2  # seconds in which a loop would send some ten thousand frames


def host_of_linux(name):
    return mac(f"02:00:00:00:10:0{name[-1]}")


@contextlib.contextmanager
def plain_bridge_below(**p1):
    ports = [BridgePort("p1", dev="h1", reflective=True, **p1), BridgePort("x1", dev="h2")]
    with cable_lab(ports, {}) as lab:
        below, spaces = lab.hosts["h1"], []
        below.run(["sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=0"])
        below.ip("link add br0 type bridge mcast_snooping 0", "link set br0 up",
                 "link set eth0 master br0")
        try:
            for name in ("l0", "l1"):
                spaces.append(Netns(f"{lab.switch}-{name}"))
                below.ip(f"link add {name} type veth peer name eth0 address "
                         f"{mac_text(host_of_linux(name))} netns {spaces[-1].name}",
                         f"link set {name} up master br0")
                spaces[-1].ip("link set eth0 up")
                lab.taps.add_receiver(name, spaces[-1], "eth0", near=(below, name))
                lab.taps.add_sender(name, spaces[-1], "eth0")
            forwarding(below, "eth0", "l0", "l1")
            lab.take()
            yield lab
        finally:
            for space in spaces:
                space.close()


def on_the_cable(lab):
    """Frames that came from the cable so far, and that went to it."""
    now = lab.stats()["bridge"]
    return now["p1", "rx.packets"] + now["p1", "rx.dropped"], now["p1", "tx.packets"]


def is_quiet(lab):
    before = on_the_cable(lab)
    time.sleep(QUIET)
    return on_the_cable(lab) == before


def of(source, dst, seq=0):
    return build(dst, host_of_linux(source), (), seq)


@TARGETS
def test_a_plain_bridge_below_hears_its_floods_again_and_does_not_melt(dst):
    """Its own hosts have them twice, their sender too: the reason why reflective relay is only for
    a VEPA. But nothing goes round."""
    with plain_bridge_below() as lab:
        assert copies(lab, "l0", of("l0", dst)) == {"l0": 1, "l1": 2, "h1": 1, "h2": 1}
        assert on_the_cable(lab) == (1, 1) and is_quiet(lab)


def test_a_plain_bridge_below_forgets_where_its_hosts_are():
    """It learns the sender of a flood that comes back at its uplink; what is for that host goes
    up and comes back in vain, until the host sends again. Without reflective relay all is well."""
    with plain_bridge_below() as lab:
        copies(lab, "l0", of("l0", BROADCAST))
        assert copies(lab, "l1", of("l1", host_of_linux("l0"), 1)) == {"h1": 1}
        lab.evbpf.ok("set", lab.switch, "port", "p1", "reflective_relay", "off")
        copies(lab, "l0", of("l0", BROADCAST, 2))
        assert copies(lab, "l1", of("l1", host_of_linux("l0"), 3)) == {"l0": 1}


STATIONS = {"veb": [vf(0), vf(1)], "vepa": [vf(0), vf(1)], "private": [vf(0), vf(1)],
            "a guest with many addresses": [vf(0, spoofchk=False, trust=True, promisc=True), vf(1)]}


@pytest.mark.parametrize("kind", STATIONS)
def test_our_station_never_sends_back_what_came_from_the_cable(kind):
    """Whatever its relay, and also of an address that it does not know, which it cannot prune."""
    relay = kind if kind in ("veb", "vepa", "private") else "vepa"
    ports = [BridgePort("p1", dev="sa", reflective=True), BridgePort("x1", dev="h1")]
    with cable_lab(ports, {"a": {"vfs": STATIONS[kind], "relay": relay}}) as lab:
        strangers = 0 if kind != "a guest with many addresses" else 1
        for seq, dst in enumerate((BROADCAST, GROUP, UNKNOWN)):
            lab.send("a.vf0", lab.build("a.vf0", dst, (), seq))
            if strangers:
                lab.send("a.vf0", build(dst, mac("02:00:00:00:ab:cd"), (), 10 + seq))
        got = lab.take()
        sent = 3 * (1 + strangers)
        assert (len(got.up["a"]), len(got.down["a"])) == (sent, sent)
        # source pruning: of its own frames the sender hears none, of the stranger's all
        assert len(got.got["a.vf0"]) == 3 * strangers
        assert on_the_cable(lab) == (sent, sent) and is_quiet(lab)


@contextlib.contextmanager
def two_reflectors(kind, **p1):
    """Both ends of the cable reflect: a loop. Ended by taking the cable down."""
    ports = [BridgePort("p1", dev="h1", reflective=True, **p1), BridgePort("x1", dev="h2"),
             BridgePort("x2", dev="h3")]
    with cable_lab(ports, {}) as lab:
        far = lab.hosts["h1"]
        far.run(["sysctl", "-qw", "net.bridge.bridge-nf-call-iptables=0"])
        other = Evbpf(far)
        if kind == "linux":
            far.ip("link add br0 type bridge mcast_snooping 0", "link set br0 up",
                   "link set eth0 master br0")
            far.run(["bridge", "link", "set", "dev", "eth0", "hairpin", "on"])
            forwarding(far, "eth0")
        else:
            other.ok("attach", lab.write("far.yaml", FAR))
        try:
            yield lab
        finally:
            lab.space.ip("link set h1 down")
            if kind != "linux":
                other.ok("detach", "far")


FAR = """version: 1
switch: far
relay: bridge
ports:
  - {name: q1, dev: eth0, reflective_relay: on}
"""


STORM = (("storm", {"broadcast": 100, "multicast": 100, "unknown": 100}),)


def times_round(lab):
    """a second"""
    before, start = on_the_cable(lab)[0], time.monotonic()
    time.sleep(QUIET)
    return (on_the_cable(lab)[0] - before) / (time.monotonic() - start)


@pytest.mark.parametrize("kind", ["linux", "evbpf"])
def test_two_ends_that_reflect_melt_and_storm_control_ends_it(kind):
    with two_reflectors(kind) as lab:
        lab.send("h2", lab.build("h2", BROADCAST))
        print(f"{kind}: one broadcast goes round {times_round(lab):.0f} times a second")
        assert times_round(lab) > 1000, "no loop: what does the next part of this test prove?"
        lab.evbpf.ok("set", lab.switch, "port", "p1", "storm.broadcast", "100")
        assert is_quiet(lab)
        assert lab.stats()["bridge"]["p1", "drops.storm"] == 1


@pytest.mark.parametrize("kind", ["linux", "evbpf"])
@TARGETS
def test_with_storm_control_a_loop_ends_before_it_is_one(kind, dst):
    with two_reflectors(kind, more=STORM) as lab:
        lab.send("h2", lab.build("h2", dst))
        time.sleep(QUIET)
        assert is_quiet(lab)
        came, went = on_the_cable(lab)
        print(f"{kind}: {came} times round")
        assert came < 200 and lab.stats()["bridge"]["p1", "drops.storm"] == 1


def test_known_unicast_in_a_loop_is_not_storm_controls():
    """The loop has taken the host's address to the cable, at both ends. A static address stays
    where it is."""
    with two_reflectors("evbpf", more=STORM) as lab:
        lab.send("h2", lab.build("h2", BROADCAST))
        time.sleep(QUIET)
        lab.send("h3", lab.build("h3", "h2"))
        assert times_round(lab) > 1000
        lab.evbpf.ok("set", lab.switch, "port", "p1", "reflective_relay", "off")
        assert is_quiet(lab)
        lab.evbpf.ok("set", lab.switch, "port", "x1", "static", mac_text(host_mac("h2")))
        lab.evbpf.ok("set", lab.switch, "port", "p1", "reflective_relay", "on")
        lab.send("h2", lab.build("h2", BROADCAST))
        time.sleep(QUIET)
        forget(lab)
        assert copies(lab, "h3", lab.build("h3", "h2")) == {"h2": 1}
        assert is_quiet(lab)
