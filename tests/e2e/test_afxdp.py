# SPDX-License-Identifier: GPL-2.0-only
"""Guests whose frames go to an AF_XDP socket: examples/xsk_echo.c, and DPDK's testpmd where it is.

The guest sends every frame back with its addresses swapped. So what a sender gets back are the
bytes that the guest was given, and what the switch did with the answer: the model is asked about
both ways. The topology is drawn in lab.py; an AF_XDP guest has no receiver of its own, for its
frames never reach its stack.
"""
import contextlib
import os
import re
import shutil
import signal
import socket
import struct
import subprocess

import pytest

import frames
import verify
from frames import BROADCAST, build, ctag, mac, mac_text, stag
from lab import UPLINK_MAC, WIRE_MAC, vf_mac
from model import ALL, Port
from program import BUILD, TOP, until

AFXDP = (("kind", "afxdp"),)
ECHO, TRUNK = "vf0", "vf2"
PORTS = [Port(ECHO, vf_mac(0), vlan=100, more=AFXDP),
         Port("vf1", vf_mac(1), vlan=100),
         Port(TRUNK, vf_mac(2), trunk=ALL, made="test", more=AFXDP),
         Port("vf3", vf_mac(3), trunk=ALL, made="test"),
         Port("vf4", vf_mac(4))]
OWN = {"wire": WIRE_MAC, "wire+": WIRE_MAC, "pf": UPLINK_MAC, "pf+": UPLINK_MAC, "vf1": vf_mac(1),
       "vf3": vf_mac(3), "vf4": vf_mac(4)}
IN_VLAN_100 = {"vf1": ()}  # the others tag it themselves
OFF = ("tx-checksum-ip-generic", "tx-vlan-offload", "tx-vlan-stag-hw-insert")
UDP_SEGMENT, SOL_UDP = 103, 17


@pytest.fixture(scope="session")
def xsk_echo():
    path = os.path.join(BUILD, "examples/xsk_echo")
    if not os.path.exists(path):
        subprocess.run(["make", "-s", "-C", TOP, "examples"], check=True)
    return path


class Guest:
    """A program on an AF_XDP socket of a guest."""

    def __init__(self, space, *cmd):
        self.child = space.start(list(cmd))

    def text(self):
        return os.pread(self.child.output.fileno(), 1 << 20, 0).decode()

    def ready(self, word="ready on queue"):
        until(f"the guest says '{word}'", lambda: word in self.text() or self.child.poll(), 30)
        assert self.child.poll() is None, self.text()
        return self

    def end(self, how=signal.SIGTERM):
        """Exit code."""
        if how and self.child.poll() is None:
            self.child.send_signal(how)
        return self.child.wait(20)


@contextlib.contextmanager
def echo(exe, space, *args):
    guest = Guest(space, exe, *args, "eth0")
    try:
        yield guest.ready()
    finally:
        guest.end()


@pytest.fixture(scope="module", params=["tc", "xdp"])
def lab(request, make_module_lab, xsk_echo):
    """Attached, an echo in each AF_XDP guest, receivers at all other ports."""
    lab = make_module_lab(PORTS, hook=request.param)
    lab.attach()
    with contextlib.ExitStack() as guests:
        lab.echoes = {name: guests.enter_context(echo(xsk_echo, lab.guests[name]))
                      for name in (ECHO, TRUNK)}
        everyone = dict(lab.guests)
        for name in lab.echoes:
            del lab.guests[name]
        lab.open_taps()
        lab.guests = everyone
        yield lab


def swapped(frame, own):
    """What xsk_echo answers."""
    return frames.Frame(frame.src, own if frame.dst[0] & 1 else frame.dst, frame.tags, frame.body)


def both_ways(lab, sender, batch):
    """Outcomes of the frames, and of the answers of each AF_XDP guest that gets one."""
    outcomes = []
    for frame in batch:
        there = lab.model.expect(verify.SOURCES.get(sender, sender), frame)
        outcomes.append(there)
        for name in lab.echoes:
            if name in there.out:
                answer = swapped(there.out[name], lab.model.ports[name].mac)
                outcomes.append(lab.model.expect(name, answer))
    return outcomes


def problems_of(lab, sender, batch):
    """The same as verify.run(), but it waits for the answers, and guests are not receivers."""
    outcomes = both_ways(lab, sender, batch)
    answers = sum(o.source in lab.echoes for o in outcomes)
    before = lab.stats()
    for frame in batch:
        lab.taps.send(sender, frame.raw())

    def answered():
        now = lab.stats()
        return answers <= sum(now.get((e, k), 0) - before.get((e, k), 0)
                              for e in lab.echoes for k in ("tx.packets", "tx.dropped"))
    until(f"{answers} answers", answered)
    received = lab.taps.collect()
    moved = verify.moves(before, lab.stats())
    counted = sum((o.counters() for o in outcomes), verify.Counter())
    for o in outcomes:  # taken out now: they have no receiver
        for name in lab.echoes:
            o.out.pop(name, None)
    lines = verify.compare(outcomes, received, None)
    return lines + [f"counter {port} {name}: expected {counted[port, name]}, got "
                    f"{moved.get((port, name), 0)}"
                    for port, name in sorted({*counted, *(k for k, n in moved.items() if n)})
                    if counted[port, name] != moved.get((port, name), 0)]


def sizes(dst, src, tags, lengths=(20, 64, 200, 1514)):
    return [build(dst, src, tags, seq, length=n) for seq, n in enumerate(lengths)]


@pytest.mark.parametrize("sender", OWN)
def test_each_frame_to_an_afxdp_guest_comes_back(lab, sender):
    """From VFs, the wire and the PF: the bytes of the answers, and every counter."""
    tags = IN_VLAN_100.get(sender, (ctag(100, 5),))
    batch = sizes(vf_mac(0), OWN[sender], tags)
    batch.append(frames.build_udp(vf_mac(0), OWN[sender], tags, 10))
    batch += [build(group, OWN[sender], tags, 11)
              for group in (BROADCAST, mac("01:00:5e:01:02:03"))]
    batch.append(frames.build_llc(vf_mac(0), OWN[sender], tags, 12))
    verify.fail_on(problems_of(lab, sender, batch))


@pytest.mark.parametrize("sender", OWN)
def test_an_afxdp_guest_with_a_trunk_sees_every_tag_in_the_bytes(lab, sender):
    """It cannot see a tag beside the frame; without its tag an answer would be in another VLAN."""
    kinds = [(), (ctag(7),), (ctag(300, 5, 1),), (ctag(0, 6),), (ctag(20), stag(30, 2))]
    if sender in ("vf1", "vf4"):
        kinds = [()]
    batch = [frame for tags in kinds
             for frame in sizes(vf_mac(2), OWN[sender], tags, (64, 200, 1500))]
    batch += [build(BROADCAST, OWN[sender], tags, 11) for tags in kinds]
    verify.fail_on(problems_of(lab, sender, batch))


# ---- what a stack leaves to the device

ADDRESS = {"vf4": "192.0.2.4", "pf": "192.0.2.5", "wire": "192.0.2.6"}
GUEST_ADDRESS, PORT = "192.0.2.2", 7777


def checksum_is_right(raw):
    """UDP in IPv4 in an untagged frame: the sum over pseudo header and packet."""
    length = struct.unpack_from("!H", raw, 38)[0]
    data = raw[26:34] + struct.pack("!HH", 17, length) + raw[34:34 + length]
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return total == 0xFFFF


def send_udp(space, dev, address, payload, segment):
    """By the stack. segment: payload of the packets that the device cuts it into (GSO); 0: none."""
    space.ip(f"address replace {address}/24 dev {dev}",
             f"neigh replace {GUEST_ADDRESS} lladdr {mac_text(vf_mac(2))} dev {dev}")
    with space.inside():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with sock:
        if segment:
            sock.setsockopt(SOL_UDP, UDP_SEGMENT, segment)
        sock.sendto(payload, (GUEST_ADDRESS, PORT))


@pytest.mark.parametrize("segment", [0, 1000], ids=["one packet", "gso"])
@pytest.mark.parametrize("sender", ADDRESS)
def test_an_afxdp_guest_gets_whole_packets_with_right_checksums(lab, sender, segment):
    """A stack leaves the checksum, and the cutting of a large send, to a device. Nobody may take
    them over after the guest's memory: the answers show what it got."""
    space, dev = {"pf": (lab.host, "up0"), "wire": (lab.wire, "wire0")}.get(
        sender, (lab.guests.get(sender), "eth0"))
    payload = bytes(i * 7 & 0xFF for i in range(3500 if segment else 1001))
    cuts = [payload[at:at + (segment or 2000)] for at in range(0, len(payload), segment or 2000)]
    before = lab.stats()
    send_udp(space, dev, ADDRESS[sender], payload, segment)
    until("the answers", lambda: lab.stats()[TRUNK, "tx.packets"] ==
          before[TRUNK, "tx.packets"] + len(cuts))
    received = lab.taps.collect()
    moved = verify.moves(before, lab.stats())
    back = received.pop(verify.SOURCES.get(sender, sender))
    assert [raw[42:] for raw in back] == cuts
    assert all(raw[:12] == OWN[sender] + vf_mac(2) and checksum_is_right(raw) for raw in back)
    assert not any(received.values()), received
    assert moved[TRUNK, "rx.packets"] == len(cuts)
    # a GSO frame counts as its segments, and the bytes that it has itself
    by_xdp = (lab.hook, sender) == ("xdp", "wire")
    assert moved[TRUNK, "rx.bytes"] == len(payload) + 42 * (len(cuts) if by_xdp else 1)
    assert moved[TRUNK, "tx.bytes"] == len(payload) + 42 * len(cuts)
    assert not any(n for (_, name), n in moved.items() if "drop" in name)


# ---- the guest's end

def features(space, dev):
    text = space.run(["ethtool", "-k", dev]).stdout
    return {name: value == "on"
            for name, value in re.findall(r"^\s*([a-z0-9-]+): (\w+)", text, re.M)}


@pytest.mark.parametrize("gro", ["on", "off"])
def test_offloads_are_off_while_it_is_attached_and_then_as_before(make_lab, gro):
    """At the guest's end and at the host's; GRO is on, or frames would vanish before a socket is
    there."""
    lab = make_lab([Port("vf0", vf_mac(0), vlan=100, made="test", more=AFXDP)])
    lab.guests["vf0"].run(["ethtool", "-K", "eth0", "gro", gro])
    before = lab.snapshot()
    lab.attach()
    inner, outer = features(lab.guests["vf0"], "eth0"), features(lab.host, "v0h")
    assert not any(inner[name] or outer[name] for name in OFF), (inner, outer)
    assert inner["generic-receive-offload"]
    port = lab.port("vf0")
    assert (port["kind"], port["hook"]) == ("afxdp", "xdp")
    lab.detach()
    lab.assert_same(before)


def answers_to(lab, sender, *batch):
    """Bytes that come back to sender, for frames to vf0."""
    for frame in batch:
        lab.taps.send(sender, frame.raw())
    back = []

    def all_there():
        back.extend(lab.taps.collect()[sender])
        return len(back) >= len(batch)
    until(f"{len(batch)} answers", all_there)
    return back


def small_lab(make_lab, made="loader"):
    lab = make_lab([Port("vf0", vf_mac(0), made=made, more=AFXDP), Port("vf1", vf_mac(1))])
    lab.attach()
    guest = lab.guests.pop("vf0")
    lab.open_taps()
    lab.guests["vf0"] = guest
    return lab, guest


def has_program(guest):
    return "prog/xdp" in guest.run(["ip", "link", "show", "eth0"]).stdout


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM, None],
                         ids=["SIGINT", "SIGTERM", "after -n frames"])
def test_the_example_ends_with_its_counters_and_takes_its_program_away(make_lab, xsk_echo, how):
    lab, guest = small_lab(make_lab)
    batch = [build(vf_mac(0), vf_mac(1), (), seq, length=100) for seq in range(3)]
    with echo(xsk_echo, guest, "-n", "3" if how is None else "4") as program:
        assert has_program(guest)
        for frame in batch:
            lab.taps.send("vf1", frame.raw())
        until("3 answers", lambda: lab.stats()["vf0", "tx.packets"] >= 3)
        assert program.end(how) == 0
    assert lab.taps.collect()["vf1"] == [swapped(f, b"").raw() for f in batch]
    assert "received 3 frames, 300 bytes; answered 3, left alone 0" in program.text()
    assert "lost: no room in the rx ring 0, no free piece 0, too long 0" in program.text()
    assert not has_program(guest)


@pytest.mark.parametrize("option,left", [("-c", 0), ("-o", 3)])
def test_the_example_can_count_only_and_leave_frames_of_others_alone(make_lab, xsk_echo, option,
                                                                     left):
    lab, guest = small_lab(make_lab)
    mine = [build(vf_mac(0), vf_mac(1), (), seq, length=100) for seq in range(2)]
    groups = [build(BROADCAST, vf_mac(1), (), seq, length=100) for seq in range(3)]
    with echo(xsk_echo, guest, option, "-n", "5") as program:
        for frame in mine + groups:
            lab.taps.send("vf1", frame.raw())
        assert program.end(None) == 0
    answered = [] if option == "-c" else [swapped(f, b"").raw() for f in mine]
    assert lab.taps.collect()["vf1"] == answered
    assert (f"received 5 frames, 500 bytes; answered {len(answered)}, left alone {left}"
            in program.text())


def test_more_frames_than_its_memory_holds_come_back(make_lab, xsk_echo):
    """Every piece of memory goes round several times."""
    lab, guest = small_lab(make_lab)
    with echo(xsk_echo, guest) as program:
        for first in range(0, 6000, 100):
            batch = [build(vf_mac(0), vf_mac(1), (), first + i) for i in range(100)]
            assert answers_to(lab, "vf1", *batch) == [swapped(f, b"").raw() for f in batch]
        program.end()
    assert "received 6000 frames, 384000 bytes; answered 6000" in program.text()
    assert lab.stats()["vf0", "rx.packets"] == lab.stats()["vf0", "tx.packets"] == 6000


def test_a_killed_example_does_not_stand_in_the_way_of_the_next(make_lab, xsk_echo):
    """Its XDP program stays; libxdp finds it and uses it again."""
    lab, guest = small_lab(make_lab)
    frame = build(vf_mac(0), vf_mac(1))
    with echo(xsk_echo, guest) as program:
        program.end(signal.SIGKILL)
    assert has_program(guest)
    with echo(xsk_echo, guest):
        assert answers_to(lab, "vf1", frame) == [swapped(frame, b"").raw()]
    guest.run(["ip", "link", "set", "dev", "eth0", "xdp", "off"])
    assert not has_program(guest)


def test_the_example_can_start_again_at_once(make_lab, xsk_echo):
    """The kernel frees the queue some time after the socket is closed."""
    lab, guest = small_lab(make_lab)
    again = f"timeout 0.3 {xsk_echo} eth0; exec timeout 10 {xsk_echo} -n 1 eth0"
    program = Guest(guest, "sh", "-c", again)
    until("it is ready twice", lambda: program.text().count("ready on queue") == 2 or
          program.child.poll())
    lab.taps.send("vf1", build(vf_mac(0), vf_mac(1)).raw())
    assert program.end(None) == 0, program.text()


def test_a_guests_other_xdp_program_is_in_the_way_until_it_is_removed(make_lab, xsk_echo,
                                                                      foreign_object):
    lab, guest = small_lab(make_lab)
    guest.run(["ip", "link", "set", "dev", "eth0", "xdp", "obj", foreign_object, "sec", "xdp"])
    done = guest.run([xsk_echo, "eth0"], check=False)
    assert done.returncode == 1
    assert "another XDP program" in done.stderr and "ip link set dev eth0 xdp off" in done.stderr
    guest.run(["ip", "link", "set", "dev", "eth0", "xdp", "off"])
    frame = build(vf_mac(0), vf_mac(1))
    with echo(xsk_echo, guest):
        assert answers_to(lab, "vf1", frame) == [swapped(frame, b"").raw()]


def test_the_example_says_that_its_device_is_gone(make_lab, xsk_echo):
    """detach deletes a pair that attach made."""
    lab, guest = small_lab(make_lab)
    with echo(xsk_echo, guest) as program:
        lab.detach()
        assert program.end(None) == 1
    assert "xsk_echo: eth0: Network is down" in program.text()


@pytest.mark.parametrize("args,code,says", [
    (["nix0"], 1, "nix0: No such device"),
    (["lo"], 1, "lo: no AF_XDP socket on queue 0"),
    (["-q", "7", "eth0"], 1, "eth0: no AF_XDP socket on queue 7"),
    (["-n", "10abc", "eth0"], 2, "'10abc' is not a number"),
    (["a-name-of-twenty-chars"], 1, "too long for a device"),
    ([], 2, "usage: xsk_echo"), (["eth0", "eth1"], 2, "usage: xsk_echo")], ids=str)
def test_the_example_refuses_what_it_cannot_do(make_plain_lab, xsk_echo, args, code, says):
    lab = make_plain_lab([Port("vf0", vf_mac(0), made="test")])
    done = lab.guests["vf0"].run([xsk_echo, *args], check=False)
    assert (done.returncode, says in done.stderr) == (code, True), done.stderr


# ---- DPDK

def test_dpdk_testpmd_sends_frames_back(make_lab):
    """net_af_xdp on the guest's end, without huge pages, by the command of docs/guests.md."""
    if not shutil.which("dpdk-testpmd"):
        pytest.skip("dpdk-testpmd is not installed (Debian: dpdk-dev)")
    with open(os.path.join(TOP, "docs/guests.md"), encoding="utf-8") as f:
        command = re.search(r"netns exec fast (dpdk-testpmd .*)", f.read()).group(1)
    command = command.replace("=icmpecho", "=macswap")
    if os.cpu_count() == 1:
        command = command.replace("-l 0,1", "-l 0")
    lab, guest = small_lab(make_lab)
    program = Guest(guest, *command.split())
    try:
        program.ready("forwards packets on")
        batch = sizes(vf_mac(0), vf_mac(1), (), (60, 200, 1514))
        assert answers_to(lab, "vf1", *batch) == [swapped(f, b"").raw() for f in batch]
        moved = lab.stats()
        assert moved["vf0", "rx.packets"] == moved["vf0", "tx.packets"] == 3
    finally:
        program.end(signal.SIGINT)
    assert not has_program(guest)
