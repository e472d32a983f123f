# SPDX-License-Identifier: GPL-2.0-only
"""Taps and macvtaps whose guest leaves checksums and segmentation to its card (virtio headers), by
hand: every frame is compared byte by byte and checksum by checksum with what the card would have
put on its wire, whether it comes whole or cut. Several queues, jumbo frames, bad headers.
guests.py draws the devices, offload.py is the card."""
import errno
import fcntl
import functools
import hashlib
import os
import random
import re
import select
import socket
import struct
import threading
from collections import Counter
from dataclasses import replace

import pytest

import frames
import verify
from frames import BROADCAST, TPID_S, build, ctag, mac_text, stag
from guests import open_tap
from lab import UPLINK_MAC, WIRE_MAC, vf_mac
from model import ALL, WIRE, Port
from netns import Netns
from offload import (F_ALL, GSO_ECN, GSO_NONE, GSO_TCP4, GSO_TCP6, GSO_UFO, GSO_USO,
                     IFF_MULTI_QUEUE, NEEDS_CSUM, Hdr, Offer, OffloadLab, PlainFd, VnetFd,
                     VnetSocket, layers, offer, source_port, whole, with_lengths)
from program import Running, until
from taps import Sender, raw_socket, receive_one
from test_tcp import checksum_errors

CUT = functools.partial(VnetFd, offload=0)
LONG = functools.partial(VnetFd, size=12)


def port(number, kind="", **keys):
    return Port(f"vf{number}", vf_mac(number), made="test" if kind else "loader", **keys)


KINDS = {"vf1": "tap", "vf2": "tap", "vf3": "macvtap", "vf4": "macvtap", "vf5": "tap",
         "vf6": "macvtap", "vf7": "tap", "vf9": "macvtap", "vf10": "tap"}
MAKES = {"vf1": LONG, "vf2": CUT, "vf4": CUT, "vf6": LONG, "vf7": PlainFd, "vf9": PlainFd}
PORTS = [
    port(0, vlan=100),
    port(1, "tap", vlan=100, qos=3),
    port(2, "tap", vlan=100),
    port(3, "macvtap", vlan=100),
    port(4, "macvtap", trunk=ALL),
    port(5, "tap", trunk=ALL),
    port(6, "macvtap", trunk=frozenset([100, 200]), untagged=True),
    port(7, "tap", trunk=ALL),
    port(8, trunk=ALL),
    port(9, "macvtap", vlan=100, strip=False),
    port(10, "tap", vlan=300, proto=TPID_S),
]
TAKES_LESS = {"vf2", "vf4", "vf7", "vf9"}
OWN = {"wire": WIRE_MAC, "pf": UPLINK_MAC, **{p.name: p.mac for p in PORTS}}
GSO = [("tcp4", 4 * 1400, 1400), ("tcp6", 4 * 1400 + 7, 1400), ("udp4", 3 * 1000, 1000),
       ("udp6", 3 * 1000 + 333, 1000)]
PARTIAL = [("tcp4", 101, 0), ("udp6", 1200, 0), ("udp4", 1, 0), ("tcp6", 1400, 0)]


def closing(made):
    for lab in reversed(made):
        lab.close()


@pytest.fixture
def make(evbpf_is_built):
    made = []

    def make_one(*args, **keys):
        made.append(CheckedLab(*args, **keys))
        return made[-1]
    yield make_one
    closing(made)


# ---- comparing

def differences(port_name, want, got):
    """Lines: frames after the receiver's card did what their headers ask for."""
    have = [raw for what in got for raw in what.wire_form()]
    if want == have:
        return []
    return [f"{port_name}: {line}" for line in frames.diff_lists(want, have)]


def copies(lab, port_name, what):
    """How many frames a port that takes GSO reads. A macvtap cuts UDP also without any switch
    (measured on 6.18)."""
    is_cut = lab.kinds.get(port_name) == "macvtap" and what.hdr.gso_type == GSO_USO
    return len(what.wire_form()) if is_cut else 1


def shape(lab, port_name, offers, got):
    """Lines: who takes GSO gets it whole, who does not gets finished frames of the wire's size."""
    if port_name in lab.takes_less:
        return [f"{port_name}: is not finished: {what.hdr}" for what in got
                if what.hdr.gso_type or what.hdr.flags & NEEDS_CSUM]
    if lab.hook == "tc" and len(got) != offers:
        return [f"{port_name}: {len(got)} frames instead of {offers}: GSO is lost"]
    return []


def problems(lab, sender, batch):
    """What the switch does with these, sent one behind the other, against the model."""
    want, many, moves, loose = {}, Counter(), Counter(), set()
    for what in batch:
        out, counters = lab.expect(source_port(sender), what)
        moves += counters
        for name, raws in out.items():
            want.setdefault(name, []).extend(raws)
            many[name] += copies(lab, name, what)
            if len(frames.parse(raws[0]).tags) > 1:
                loose.add(name)  # devices have no GSO behind two tags
    before = lab.stats()
    for what in batch:
        lab.put(sender, what)
    received = lab.taps.collect()
    report = [f"{name}: has no receiver" for name in want if name not in received]
    for name, got in received.items():
        report += differences(name, want.get(name, []), got) + (
            shape(lab, name, many[name], got) if name not in loose else [])
    moved = Counter({key: n for key, n in verify.moves(before, lab.stats()).items() if n})
    return report + [f"counter {key}: expected {moves[key]}, got {moved[key]}"
                     for key in sorted({*moves, *moved})
                     if moves[key] != moved[key] and not lab.cut_before(sender, key)]


def check(lab, sender, *batch):
    """All together; when something is wrong, one by one, so that the report names the frame."""
    together, report = problems(lab, sender, batch), []
    for what in batch if together else ():
        wrong = problems(lab, sender, [what])
        name = verify.name_frame(lab, what.frame)
        report += [f"{sender} sends {name}, {what.hdr}:", *wrong] if wrong else []
    report = report or together
    assert not report, f"{sender}: {len(report)} lines:\n" + "\n".join(report[:30])


class CheckedLab(OffloadLab):
    def __init__(self, *args, takes_less=frozenset(), **keys):
        super().__init__(*args, **keys)
        self.takes_less = set(takes_less)
        for name in (WIRE, "pf"):
            self.model.ports[name] = replace(self.model.ports[name], mtu=self.mtu)

    def cut_before(self, sender, key):
        """GSO of the wire's other end ends in front of XDP: bytes are those of the segments."""
        return self.hook == "xdp" and sender == "wire" and key[1].endswith("bytes")


# ---- who gets which bytes

@pytest.fixture(scope="module", params=["tc", "xdp"])
def many(request, evbpf_is_built):
    lab = CheckedLab(PORTS, KINDS, MAKES, hook=request.param, takes_less=TAKES_LESS)
    try:
        lab.attach()
        lab.open_taps()
        yield lab
    finally:
        lab.close()


def tag_sets(sender):
    """What a port may send: on an access port nothing; two tags only where both are payload."""
    if sender in ("vf0", "vf1", "vf2", "vf3"):
        return [()]
    if sender == "vf9":
        return [(), (ctag(100, 4),)]
    if sender == "vf10":
        return [(), (ctag(200, 2),)]
    if sender in ("wire", "pf"):
        return [(), (ctag(100, 5, 1),), (stag(300, 3),), (stag(300), ctag(200, 1))]
    if sender == "vf6":
        return [(), (ctag(100, 5),), (ctag(200),)]
    return [(), (ctag(100, 5, 1),), (ctag(300),), (ctag(0, 2),)]


def batch_for(sender, dst, shapes):
    every = [(*shape, tags) for shape in shapes for tags in tag_sets(sender)]
    return [offer(kind, dst, OWN[sender], size, mss, tags, number)
            for number, (kind, size, mss, tags) in enumerate(every)]


SENDERS = [n for n in OWN if n not in ("vf7", "vf9")]
TARGETS = [*OWN.values(), BROADCAST]


@pytest.mark.parametrize("sender", SENDERS)
@pytest.mark.parametrize("shapes", [GSO, PARTIAL], ids=["gso", "checksum"])
def test_what_a_guest_leaves_to_its_card_arrives_right(many, sender, shapes):
    """To everybody alone and to all; tags pushed, popped and kept."""
    check(many, sender, *[what for dst in TARGETS for what in batch_for(sender, dst, shapes)])


@pytest.mark.parametrize("sender", ["vf0", "vf1", "vf3", "vf5", "vf6", "vf8", "pf"])
def test_a_wire_without_offloads_gets_finished_segments(many, sender):
    """The kernel cuts and finishes in software in front of the uplink, behind the switch's tags."""
    off = ("tso", "gso", "tx", "tx-udp-segmentation")
    many.host.run(["ethtool", "-K", "up0", *sum(([name, "off"] for name in off), [])])
    many.takes_less.add(WIRE)
    try:
        check(many, sender, *[what for dst in (WIRE_MAC, BROADCAST)
                              for what in batch_for(sender, dst, GSO + PARTIAL)])
    finally:
        many.takes_less.discard(WIRE)
        many.host.run(["ethtool", "-K", "up0", *sum(([name, "on"] for name in off), [])])


# ---- jumbo frames

JUMBO = [port(0, mtu=9000), port(1, "tap", mtu=9000), port(2, "macvtap", mtu=9000),
         port(3, "tap", mtu=9000), port(4, "macvtap", mtu=9000)]
JUMBO_KINDS = {"vf1": "tap", "vf2": "macvtap", "vf3": "tap", "vf4": "macvtap"}


@pytest.fixture(scope="module", params=["tc", "xdp"])
def jumbo(request, evbpf_is_built):
    lab = CheckedLab(JUMBO, JUMBO_KINDS, {"vf3": CUT, "vf4": PlainFd}, hook=request.param, mtu=9000,
                     takes_less={"vf3", "vf4"})
    try:
        lab.attach()
        lab.open_taps()
        yield lab
    finally:
        lab.close()


@pytest.mark.parametrize("sender", ["wire", "pf", "vf0", "vf1", "vf2", "vf3"])
def test_with_an_mtu_of_9000_everybody_gets_long_frames_whole(jumbo, sender):
    """9000 bytes behind the Ethernet header, also in more than one buffer in front of XDP, and
    64 kB of GSO with long and short segments."""
    own = {"wire": WIRE_MAC, "pf": UPLINK_MAC, **{p.name: p.mac for p in JUMBO}}
    check(jumbo, sender, *[what for dst in [*own.values(), BROADCAST] for what in (
        whole(build(dst, own[sender], seq=1, length=9014)),
        offer("tcp4", dst, own[sender], 8960, number=2),
        offer("udp6", dst, own[sender], 8952, number=3),
        offer("tcp4", dst, own[sender], 65000, 8960, number=4),
        offer("udp6", dst, own[sender], 65000, 8952, number=5),
        offer("tcp6", dst, own[sender], 65000, 1440, number=6),
        offer("udp4", dst, own[sender], 65000, 1472, number=7))])


@pytest.fixture(scope="module")
def mixed(evbpf_is_built):
    """MTU 9000 and 1500 on one switch."""
    ports = [port(0, mtu=9000, trunk=ALL), port(1, "tap", trunk=ALL), port(2, "macvtap", trunk=ALL),
             port(3, "tap", mtu=9000, trunk=ALL), port(4, "macvtap", mtu=9000, trunk=ALL),
             port(5, trunk=ALL, more=(("mtu", 1500),)), port(6, "tap", trunk=ALL)]
    lab = CheckedLab(ports, {**JUMBO_KINDS, "vf6": "tap"}, {"vf6": CUT}, mtu=9000,
                     takes_less={"vf6"})
    try:
        lab.attach()
        lab.open_taps()
        yield lab
    finally:
        lab.close()


@pytest.mark.parametrize("sender", ["wire", "pf", "vf0", "vf3", "vf4"])
@pytest.mark.parametrize("tags", [(), (ctag(100, 3),)], ids=["untagged", "tagged"])
def test_what_is_too_long_for_a_target_is_mtu_there_and_only_there(mixed, sender, tags):
    """Segments count, not the GSO frame that they come in; the others of a flood get it."""
    own = {"wire": WIRE_MAC, "pf": UPLINK_MAC, **{p.name: p.mac for p in mixed.vfs}}
    batch = []
    for dst in [*own.values(), BROADCAST]:
        batch += [whole(build(dst, own[sender], tags, seq, length=length))
                  for seq, length in enumerate((1514, 1519, 4000, 9014))]
        batch += [offer(kind, dst, own[sender], size, mss, tags, mss) for kind, size, mss in
                  (("tcp4", 11680, 1460), ("tcp4", 11760, 1470), ("tcp6", 11520, 1440),
                   ("udp4", 11776, 1472), ("udp6", 32000, 4000), ("tcp4", 64000, 8000),
                   ("tcp4", 65000, 1460))]
    check(mixed, sender, *batch)


# ---- several queues

TUNSETQUEUE, ATTACH_QUEUE, DETACH_QUEUE = 0x400454D9, 0x0200, 0x0400
FEW = [port(0), port(1, "tap"), port(2, "macvtap")]
FEW_KINDS = {"vf1": "tap", "vf2": "macvtap"}


class Queues:
    """All the descriptors of one guest; it reads what any of them has."""

    def __init__(self, fds):
        self.all, self.attached, self.got = list(fds), list(fds), Counter()

    def get(self):
        """All that is there; nothing comes by a queue that is detached."""
        found = []
        for number, fd in enumerate(self.all):
            while (what := fd.get()) is not None:
                assert fd in self.attached, "a detached queue got a frame"
                self.got[number] += 1
                found.append(what)
        return found

    def switch(self, fd, how):
        fcntl.ioctl(fd.fd, TUNSETQUEUE, struct.pack("16sH22x", b"", how))
        self.attached = [q for q in self.all if q is not fd or how == ATTACH_QUEUE]

    def close(self):
        for fd in self.all:
            fd.close()


def flows(dst, src, count=48):
    """Of as many flows, each with a port of its own; every third one is GSO."""
    made = []
    for i in range(count):
        what = offer("udp4", dst, src, 2000 if i % 3 == 0 else 100 + i, 0 if i % 3 else 1000, (), i)
        # the sum that the checksum begins with has no ports in it
        made.append(Offer(what.hdr, what.raw[:34] + struct.pack("!H", 3000 + i) + what.raw[36:]))
    return made


def wire_of(offers):
    return sorted(raw for what in offers for raw in what.wire_form())


@pytest.fixture
def queues(make):
    """vf1 is a tap with three queues; attached, receivers are open but for it."""
    many_queues = functools.partial(VnetFd, flags=IFF_MULTI_QUEUE)
    lab = make(FEW, FEW_KINDS, {"vf1": many_queues}, queues=True)
    lab.attach()
    lab.queues = Queues([lab.fds["vf1"], lab.hold("vf1"), lab.hold("vf1")])
    yield lab
    lab.queues.close()


def by_hand(lab, *batch):
    """From the wire to vf1; what its queues read, and the counters' moves."""
    before, sender = lab.stats(), VnetSocket(Sender(lab.wire, "wire0").sock)
    for what in batch:
        sender.put(what)
    sender.close()
    got = []
    want = len(wire_of(batch))
    until("all frames", lambda: got.extend(lab.queues.get()) or len(wire_of(got)) >= want)
    return got, moved_since(lab, before)


def moved_since(lab, before):
    return Counter({key: n for key, n in verify.moves(before, lab.stats()).items() if n})


def test_a_tap_with_several_queues_loses_nothing(queues):
    """In by any queue, out by some; also while one is detached, closed and opened again."""
    lab, fds = queues, queues.queues
    down, up = flows(vf_mac(1), WIRE_MAC), flows(WIRE_MAC, vf_mac(1))
    watch = VnetSocket(raw_socket(lab.wire, "wire0"))

    def both_ways():
        got, moves = by_hand(lab, *down)
        assert wire_of(got) == wire_of(down)
        assert moves["vf1", "rx.packets"] == len(wire_of(down)) and not moves["vf1", "rx.dropped"]
        for i, what in enumerate(up):
            fds.attached[i % len(fds.attached)].put(what)
        back = []
        until("all at the wire", lambda: take(watch, back) or len(back) == len(up), 2)
        assert wire_of(back) == wire_of(up)

    both_ways()
    assert len(fds.got) == 3, f"all flows in one queue: {fds.got}"
    fds.switch(fds.all[1], DETACH_QUEUE)
    both_ways()
    fds.all[1].put(up[0])  # a detached queue only hears nothing
    until("it is at the wire", lambda: take(watch, late := []) or late, 2)
    fds.switch(fds.all[1], ATTACH_QUEUE)
    both_ways()
    fds.all.pop().close()
    fds.all.pop(0).close()
    fds.attached = list(fds.all)
    both_ways()
    assert lab.port("vf1")["carrier"]
    watch.close()


def take(sock, found):
    while (what := sock.get()) is not None:
        if what.raw[12:14] != frames.TYPE_SENTINEL.to_bytes(2, "big"):
            found.append(what)


# ---- nobody reads, somebody else reads, nobody is there

@pytest.fixture
def lab(make):
    lab = make(FEW, FEW_KINDS)
    lab.attach()
    return lab


def gso_to(name, count=1):
    """From vf0; each is four segments."""
    dst = vf_mac(int(name[2:]))
    return [offer("tcp4", dst, vf_mac(0), 5600, 1400, (), i) for i in range(count)]


def from_vf0(lab, *batch):
    """The counters' moves by these frames of a veth guest, once they stand still."""
    before, sender = lab.stats(), VnetSocket(Sender(lab.guests["vf0"], "eth0").sock)
    for what in batch:
        sender.put(what)
    sender.close()
    reads = [Counter()]

    def settled():
        reads.append(moved_since(lab, before))
        return reads[-1] and reads[-1] == reads[-2]
    until("all is counted", settled)
    return reads[-1]


def arrives(lab, name):
    """One GSO frame of vf0 at a descriptor."""
    what, got = gso_to(name)[0], []
    lab.fds[name].take()
    from_vf0(lab, what)
    until("the frame", lambda: take(lab.fds[name], got) or got)
    assert wire_of(got) == wire_of([what])


def test_gso_to_a_tap_that_nobody_holds_is_send_until_somebody_does(lab):
    """A lost frame is one drop, whatever it was to become."""
    arrives(lab, "vf1")
    lab.let_go("vf1")
    moves = from_vf0(lab, *gso_to("vf1", count=5))
    assert moves["vf1", "drops.send"] == moves["vf1", "rx.dropped"] == 5
    lab.hold("vf1")
    arrives(lab, "vf1")


def ip_received(space):
    names, values = re.findall(r"^Ip: (.*)$", space.run(["cat", "/proc/net/snmp"]).stdout, re.M)
    return int(dict(zip(names.split(), values.split()))["InReceives"])


def test_the_host_does_not_speak_as_the_guest_of_a_macvtap_that_nobody_holds(lab):
    """The kernel gives the host's stack what comes for such a device; what the stack says to it is
    no guest's and is `link`, so that nobody takes it for the machine."""
    lab.let_go("vf2")
    before = lab.stats()
    lab.host.ip(f"neigh replace 192.0.2.77 lladdr {vf_mac(0).hex(':')} dev v2h")
    lab.host.ip("route replace 192.0.2.77/32 dev v2h")
    lab.host.run(["ping", "-c", "3", "-i", "0.2", "-W", "1", "192.0.2.77"], check=False)
    lab.host.ip("route del 192.0.2.77/32 dev v2h")
    moves = {key: n - before.get(key, 0) for key, n in lab.stats().items()}
    assert moves["vf2", "drops.link"] >= 3 and not moves["vf2", "tx.packets"]
    assert moves["vf2", "drops.link"] == moves["vf2", "tx.dropped"]
    lab.hold("vf2")
    arrives(lab, "vf2")


def test_what_a_macvtap_that_nobody_holds_gets_is_the_host_stacks(lab):
    """The kernel hands it on as if there were no tap: the host's protocols take their own, all else
    is `send`. Down, all of it is."""
    lab.let_go("vf2")
    before = ip_received(lab.host)
    moves = from_vf0(lab, *gso_to("vf2", count=5))
    assert ip_received(lab.host) >= before + 5
    assert moves["vf2", "rx.packets"] == 20 and not moves["vf2", "rx.dropped"]
    moves = from_vf0(lab, whole(build(vf_mac(2), vf_mac(0))))
    assert moves["vf2", "drops.send"] == 1 and not moves["vf2", "rx.packets"]
    lab.host.ip("link set v2h down")
    assert from_vf0(lab, *gso_to("vf2", count=5))["vf2", "drops.send"] == 5
    lab.host.ip("link set v2h up")
    lab.hold("vf2")
    arrives(lab, "vf2")


def test_with_the_agent_gso_to_a_tap_that_nobody_holds_is_link(lab):
    with Running(lab, "agent", lab.switch_name) as agent:
        until("the agent", lambda: "followed" in agent.text())
        lab.let_go("vf1")
        until("vf1 is down", lambda: lab.port("vf1")["link"] == "down")
        moves = from_vf0(lab, *gso_to("vf1", count=5))
        assert moves["vf1", "drops.link"] == moves["vf1", "rx.dropped"] == 5
        assert not moves["vf1", "rx.packets"] and not moves["vf0", "tx.packets"]
        lab.hold("vf1")
        until("vf1 is up", lambda: lab.port("vf1")["link"] == "up")
        arrives(lab, "vf1")
        assert agent.end() == 0, agent.text()


def test_a_second_opener_of_a_tap_is_told_and_the_port_goes_on(lab):
    with pytest.raises(OSError) as e:
        open_tap(lab.host, lab.host_end("vf1"))
    assert e.value.errno == errno.EBUSY
    arrives(lab, "vf1")


@pytest.mark.parametrize("name", ["vf1", "vf2"])
def test_a_device_deleted_under_gso_traffic_loses_nothing_silently(lab, name):
    """Its frames are counted, the others' go on, and the agent takes the new one."""
    arrives(lab, name)
    with Running(lab, "agent", lab.switch_name) as agent:
        until("the agent", lambda: "followed" in agent.text())
        lab.host.ip(f"link del {lab.host_end(name)}")
        lab.let_go(name)
        until("it is gone", lambda: lab.port(name)["absent"])
        # before the agent sees it, frames go to a device that is not there, and count as delivered
        until("the agent sees it", lambda: re.search(f"{name}: .*(gone|not there yet)", agent.text()))
        moves = from_vf0(lab, *gso_to(name, count=5))
        assert moves[name, "drops.link"] == moves[name, "rx.dropped"] == 5
        assert not moves[name, "rx.packets"]
        arrives(lab, "vf1" if name == "vf2" else "vf2")
        lab.make_device(lab.model.ports[name])
        lab.hold(name)
        until("it is back", lambda: lab.port(name)["link"] == "up" and not lab.port(name)["absent"])
        arrives(lab, name)
        assert agent.end() == 0, agent.text()


# ---- bad headers

MARK = re.compile(b"(?:\xee\xbb(..)){2}", re.S)
HEAD = 14 + 20 + 20


def marked(number, dst, src, size=4000):
    """A TCP frame whose payload says its number everywhere, so that no edit can hide it."""
    what = offer("tcp4", dst, src, 4, number=number)
    raw = what.raw[:HEAD] + (b"\xee\xbb" + struct.pack("!H", number)) * (size // 4)
    return with_lengths(raw, layers(raw))


def numbers(raws):
    return {struct.unpack("!H", m.group(1))[0] for raw in raws for m in MARK.finditer(raw)}


NASTY = [0, 1, 13, 14, 34, 53, 54, 55, 100, 1400, 4053, 4054, 4055, 9000, 0x7FFF, 0xFFFE, 0xFFFF]
SIZES = [0, 13, *NASTY[4:]]  # of segments: each has a whole mark
TYPES = [GSO_NONE, GSO_TCP4, GSO_TCP6, GSO_UFO, GSO_USO, 2, 6, 0x7F, GSO_TCP4 | GSO_ECN,
         GSO_TCP6 | GSO_ECN, GSO_ECN, 0x90, 0xFF]


def nasty_headers(count, seed):
    """A right one with one field wrong, each; then any."""
    right = Hdr(NEEDS_CSUM, GSO_TCP4, HEAD, 1400, 34, 16)
    yield from (right._replace(gso_size=value) for value in SIZES)
    for name in ("hdr_len", "csum_start", "csum_offset"):
        yield from (right._replace(**{name: value}) for value in NASTY)
    for flags in (0, 1, 2, 3, 0x80, 0xFF):
        yield from (right._replace(flags=flags, gso_type=kind) for kind in TYPES)
    rng = random.Random(seed)
    for _ in range(count):
        yield Hdr(rng.choice([0, 1, 1, 3, 0xFF]), rng.choice(TYPES), rng.choice(NASTY),
                  rng.choice(SIZES), rng.choice(NASTY), rng.choice(NASTY))


BAD = [port(0), port(1, "tap"), port(2, "macvtap"), port(3, "tap"), port(4, "macvtap"),
       port(5, "tap")]
BAD_KINDS = {"vf1": "tap", "vf2": "macvtap", "vf3": "tap", "vf4": "macvtap", "vf5": "tap"}


@pytest.fixture(scope="module")
def hostile(evbpf_is_built):
    """vf1 and vf2 send what they like; the others read, vf5 only what is finished. A socket with
    virtio headers refuses to read the worst, and the mirror behind the PF may lose it: watches."""
    lab = CheckedLab(BAD, BAD_KINDS, {"vf5": CUT}, takes_less={"vf5"})
    watches = {}
    try:
        lab.attach()
        lab.open_taps()
        watches = {"vf0": raw_socket(lab.guests["vf0"], "eth0"), "pf": raw_socket(lab.host, "up0"),
                   "uplink": raw_socket(lab.wire, "wire0")}
        lab.watches = watches
        yield lab
    finally:
        for sock in watches.values():
            sock.close()
        lab.close()


def write_all(lab, sender, dst, headers):
    """{number: header} of the frames that the kernel took; the others must be told EINVAL."""
    taken = {}
    for number, hdr in enumerate(headers, 1):
        # some 20 segments at most; what asks for nothing is not too long
        size = min(4000, 20 * hdr.gso_size) if hdr.gso_type and hdr.gso_size else 1400
        try:
            lab.put(sender, Offer(hdr, marked(number, dst, OWN[sender], size)))
            taken[number] = hdr
        except OSError as e:
            assert e.errno == errno.EINVAL, f"{hdr}: {e}"
    return taken


def seen(lab):
    """{port: numbers of the frames there}"""
    found = {name: [what.raw for what in got] for name, got in lab.taps.collect().items()}
    for name, sock in lab.watches.items():
        found[name] = list(iter(lambda s=sock: receive_one(s), None))
    return {name: numbers(raws) for name, raws in found.items()}


def drops(moves, name):
    return sum(n for (owner, key), n in moves.items() if owner == name and key.startswith("drops."))


EVERYBODY = ["vf0", "vf3", "vf4", "vf5", "uplink", "pf"]


@pytest.mark.parametrize("sender", ["vf1", "vf2"])
@pytest.mark.parametrize("target", [*EVERYBODY, "all"])
def test_a_bad_virtio_header_is_refused_delivered_or_counted(hostile, sender, target):
    """Every frame that the kernel took is at its target or one drop; and good ones still pass."""
    lab = hostile
    dst = {"uplink": WIRE_MAC, "pf": UPLINK_MAC, "all": BROADCAST}.get(target) or (
        lab.model.ports[target].mac)
    headers = list(nasty_headers(100, target))
    for start in range(0, len(headers), 25):  # what the shortest queue holds
        before = lab.stats()
        taken = write_all(lab, sender, dst, headers[start:start + 25])
        got, moves = seen(lab), moved_since(lab, before)
        for name in EVERYBODY if target == "all" else [target]:
            lost = {n: hdr for n, hdr in taken.items() if n not in got[name]}
            assert len(lost) == drops(moves, name), (name, lost, moves)
    good = [offer("tcp4", dst, OWN[sender], 5600, 1400), offer("tcp4", dst, OWN[sender], 100)]
    check(lab, sender, *good)
    seen(lab)


# ---- TCP

class Card:
    """What a virtual machine's monitor does: carries frames with their headers between the VF and
    the guest, a namespace behind a tap of its own."""

    def __init__(self, lab, name, offload):
        self.space = Netns(lab.host.name + "-vm")
        self.space.ip("tuntap add dev eth0 mode tap",
                      f"link set eth0 address {mac_text(OWN[name])} up",
                      "addr add 10.9.0.11/24 dev eth0")
        make_it = functools.partial(VnetFd, offload=offload)
        self.ends = [lab.fds[name], open_tap(self.space, "eth0", make_it)]
        self.longest, self.unfinished = [0, 0], [0, 0]
        self.stop_r, self.stop_w = os.pipe()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        poll = select.poll()
        for fd in (*self.ends, self.stop_r):
            poll.register(fd, select.POLLIN)
        while True:
            for fd, _ in poll.poll():
                if fd == self.stop_r:
                    return
                self.carry(0 if fd == self.ends[0].fileno() else 1)

    def carry(self, side):
        while (what := self.ends[side].get()) is not None:
            self.longest[side] = max(self.longest[side], len(what.raw))
            self.unfinished[side] += what.hdr.flags & NEEDS_CSUM
            self.ends[1 - side].put(what)

    def close(self):
        os.write(self.stop_w, b"x")
        self.thread.join()
        for fd in (self.stop_r, self.stop_w):
            os.close(fd)
        self.ends[1].close()
        self.space.close()


def tcp_copy(source, target, addr, data):
    """SHA-256 of what arrives there."""
    with target.inside():
        listener = socket.create_server((addr, 5001))
    with source.inside():
        out = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    out.settimeout(10)
    digest = hashlib.sha256()

    def read():
        peer, _ = listener.accept()
        with peer:
            while chunk := peer.recv(1 << 18):
                digest.update(chunk)
    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    with out, listener:
        out.connect((addr, 5001))
        out.sendall(data)
        out.close()
        reader.join(10)
    return digest.hexdigest()


@pytest.fixture
def all_cpus():
    """For threads that wait for each other: nothing here needs one CPU, as taps.py does."""
    had = os.sched_getaffinity(0)
    os.sched_setaffinity(0, range(os.cpu_count()))
    yield
    os.sched_setaffinity(0, had)


@pytest.mark.usefixtures("all_cpus")
@pytest.mark.parametrize("name, other, offload", [
    ("vf1", "vf0", F_ALL), ("vf2", "vf0", F_ALL), ("vf1", "wire", F_ALL), ("vf2", "pf", F_ALL),
    ("vf1", "vf0", 0), ("vf2", "vf0", 0)],
    ids=["tap-veth", "macvtap-veth", "tap-wire", "macvtap-pf", "tap-veth-cut", "macvtap-veth-cut"])
def test_tcp_of_a_stack_behind_a_descriptor_keeps_gso_both_ways(make, name, other, offload):
    lab = make(FEW, FEW_KINDS, {name: functools.partial(VnetFd, offload=offload)})
    lab.attach()
    space, dev = {"wire": (lab.wire, "wire0"), "pf": (lab.host, "up0")}.get(other) or (
        lab.guests[other], "eth0")
    space.ip(f"addr add 10.9.0.10/24 dev {dev}")
    card = Card(lab, name, offload)
    try:
        data = random.Random(1).randbytes(8 << 20)
        spaces = [*lab.spaces, card.space]
        errors = {s.name: checksum_errors(s) for s in spaces}
        want = hashlib.sha256(data).hexdigest()
        assert tcp_copy(space, card.space, "10.9.0.11", data) == want
        assert tcp_copy(card.space, space, "10.9.0.10", data) == want
        assert {s.name: checksum_errors(s) for s in spaces} == errors
        if offload:
            assert min(card.longest) > 20000 and min(card.unfinished) > 0, card.longest
        else:
            assert max(card.longest) == 1514 and max(card.unfinished) == 0
        stats = lab.stats()
        assert not any(n for (_, key), n in stats.items() if key.startswith("drops.")), stats
    finally:
        card.close()
