# SPDX-License-Identifier: GPL-2.0-only
"""Raw sockets at every place where a frame can come out, and the proof that nothing else did.

A receiver is an AF_PACKET socket; the kernel takes the outer tag out of the bytes, so
PACKET_AUXDATA puts it back. Nobody sleeps to see that a frame does not arrive: sentinel frames
are sent behind it, from the device that faces the receiver and past the switch. A frame waits in
one per-CPU queue per hop, this process stays on one CPU, and so a frame that is still on its way
when a sentinel arrives is in front of the next one. ROUNDS sentinels cover the longest way.
"""
import errno
import os
import select
import socket
import struct
import time
from concurrent.futures import ThreadPoolExecutor

from frames import TYPE_SENTINEL

ETH_P_ALL = 3
SOL_PACKET, PACKET_AUXDATA, PACKET_QDISC_BYPASS, PACKET_IGNORE_OUTGOING = 263, 8, 20, 23
TP_STATUS_VLAN_VALID, TP_STATUS_VLAN_TPID_VALID = 1 << 4, 1 << 6
AUXDATA = struct.Struct("=IIIHHHH")
SO_RCVBUFFORCE = 33
ROUNDS = 4
DEADLINE = 5.0


def stay_on_one_cpu():
    """The sentinels' proof needs it. Returns the CPU."""
    cpu = min(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {cpu})
    return cpu


def raw_socket(netns, dev, proto=ETH_P_ALL):
    with netns.inside():
        sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
        sock.setblocking(False)
        sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
        sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 8 << 20)
        sock.bind((dev, proto))
    return sock


def tag_beside(ancillary):
    """The outer tag that came beside a frame, as bytes; none: b""."""
    for level, kind, data in ancillary:
        if (level, kind) != (SOL_PACKET, PACKET_AUXDATA):
            continue
        status, _, _, _, _, tci, tpid = AUXDATA.unpack(data[:AUXDATA.size])
        if status & TP_STATUS_VLAN_VALID:
            tpid = tpid if status & TP_STATUS_VLAN_TPID_VALID else 0x8100
            return struct.pack("!HH", tpid, tci)
    return b""


def receive_one(sock):
    """Bytes of the next frame with its tag, or None."""
    try:
        raw, anc, _, _ = sock.recvmsg(1 << 17, 64)
    except (BlockingIOError, OSError):
        return None
    return raw[:12] + tag_beside(anc) + raw[12:]


class Sender:
    """Sends bytes out of a device, tags and all, as they stand."""

    def __init__(self, netns, dev, bypass=False):
        self.where = f"{netns.name}/{dev}"
        with netns.inside():
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            if bypass:
                self.sock.setsockopt(SOL_PACKET, PACKET_QDISC_BYPASS, 1)
            self.sock.bind((dev, 0))

    def send(self, raw):
        try:
            self.sock.send(raw)
        except OSError as e:
            # ENOBUFS: dropped on its way out, for instance by a program on the egress hook
            if e.errno != errno.ENOBUFS:
                raise AssertionError(f"cannot send {len(raw)} bytes on {self.where}: {e}") from e

    def close(self):
        self.sock.close()


class Receiver:
    """What comes in on a device. near is the device that faces it, for sentinels."""

    def __init__(self, name, netns, dev, near, proto=ETH_P_ALL):
        self.name = name
        self.sock = raw_socket(netns, dev, proto)
        self.near = Sender(*near, bypass=True)
        self.frames = []
        self.seen = 0

    def drain(self):
        """Read all that is there; sentinels move self.seen on instead of being kept."""
        while True:
            raw = receive_one(self.sock)
            if raw is None:
                return
            if raw[12:14] == TYPE_SENTINEL.to_bytes(2, "big"):
                self.seen = max(self.seen, struct.unpack_from("!I", raw, 14)[0])
            else:
                self.frames.append(raw)

    def take(self):
        taken, self.frames = self.frames, []
        return taken

    def close(self):
        self.sock.close()
        self.near.close()


class Taps:
    """All receivers of a topology, and the senders, by port name."""

    def __init__(self):
        self.receivers, self.senders = {}, {}
        self.round = 0

    def add_receiver(self, name, netns, dev, near, proto=ETH_P_ALL):
        self.receivers[name] = Receiver(name, netns, dev, near, proto)

    def add_sender(self, name, netns, dev):
        self.senders[name] = Sender(netns, dev)

    def send(self, name, raw):
        self.senders[name].send(raw)

    def collect(self):
        """{port: [frames]} of all that was sent before, once nothing can be on its way."""
        for _ in range(ROUNDS):
            self._sentinels()
        return {name: r.take() for name, r in self.receivers.items()}

    def _sentinels(self):
        self.round += 1
        raw = b"\xff" * 6 + b"\x02\x5e\x00\x00\x00\x01" + TYPE_SENTINEL.to_bytes(2, "big")
        raw += struct.pack("!I", self.round) + bytes(42)
        waiting = set(self.receivers.values())
        for receiver in waiting:
            receiver.near.send(raw)
        poll = select.poll()
        by_fd = {r.sock.fileno(): r for r in waiting}
        for fd in by_fd:
            poll.register(fd, select.POLLIN)
        end = time.monotonic() + DEADLINE
        while waiting:
            for fd, _ in poll.poll(max(0, (end - time.monotonic()) * 1000)):
                by_fd[fd].drain()
            done = {r for r in waiting if r.seen >= self.round}
            waiting -= done
            if waiting and time.monotonic() > end:
                raise AssertionError("no sentinel at " + ", ".join(sorted(r.name for r in waiting)))

    def close(self):
        """Together: the kernel waits 20 ms after each raw socket that is closed."""
        with ThreadPoolExecutor(64) as pool:
            list(pool.map(lambda tap: tap.close(), [*self.receivers.values(), *self.senders.values()]))
