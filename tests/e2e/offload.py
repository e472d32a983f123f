# SPDX-License-Identifier: GPL-2.0-only
"""Frames with a virtio header, as a guest with a virtio card writes and reads them: a checksum that
is not finished, one large frame for many segments. Written from RFC 791, 793, 768, 8200 and the
virtio specification (5.1.6); the kernel's segmentation is compared with cut() here.
"""
import errno
import fcntl
import os
import socket
import struct
from collections import Counter
from dataclasses import dataclass
from typing import NamedTuple

import frames
import taps
from frames import Frame
from guests import GuestFd, GuestLab, open_macvtap, open_tap
from model import WIRE
from taps import SOL_PACKET, Receiver

IFF_VNET_HDR, IFF_MULTI_QUEUE = 0x4000, 0x0100
TUNSETOFFLOAD, TUNSETSNDBUF, TUNSETVNETHDRSZ = 0x400454D0, 0x400454D4, 0x400454D8
F_CSUM, F_TSO4, F_TSO6, F_ECN, F_USO4, F_USO6 = 1, 2, 4, 8, 0x20, 0x40
F_ALL = F_CSUM | F_TSO4 | F_TSO6 | F_ECN | F_USO4 | F_USO6
PACKET_VNET_HDR = 15
SO_SNDBUFFORCE, SNDBUF = 32, 64 << 20  # what waits in a macvtap's queue is still its sender's
NEEDS_CSUM = 1
GSO_NONE, GSO_TCP4, GSO_UFO, GSO_TCP6, GSO_USO, GSO_ECN = 0, 1, 3, 4, 5, 0x80
GSO_OF = {"tcp4": GSO_TCP4, "tcp6": GSO_TCP6, "udp4": GSO_USO, "udp6": GSO_USO}
HEADER = struct.Struct("=BBHHHH")
TYPE_IPV6, TCP, UDP = 0x86DD, 6, 17
FIN, PSH, ACK, CWR = 0x01, 0x08, 0x10, 0x80


class Hdr(NamedTuple):
    """struct virtio_net_hdr"""
    flags: int = 0
    gso_type: int = GSO_NONE
    hdr_len: int = 0
    gso_size: int = 0
    csum_start: int = 0
    csum_offset: int = 0

    def raw(self, size=HEADER.size):
        return HEADER.pack(*self) + bytes(size - HEADER.size)


@dataclass(frozen=True)
class Offer:
    """What is written, or was read: a header and a frame."""
    hdr: Hdr
    raw: bytes

    @property
    def frame(self):
        return frames.parse(self.raw)

    def wire_form(self):
        """The frames that a card makes of it: cut, their checksums finished."""
        if self.hdr.gso_type & ~GSO_ECN:
            return cut(self.raw, self.hdr.gso_size)
        return [finish(self.hdr, self.raw)]


def ones_sum(raw):
    """One's complement sum of 16-bit words."""
    total = int.from_bytes(raw + bytes(len(raw) & 1), "big")
    return total % 0xFFFF or (0xFFFF if total else 0)


def store(raw, at, word):
    return raw[:at] + struct.pack("!H", word) + raw[at + 2:]


def finish(hdr, raw):
    """Ends a checksum that was begun with the pseudo header's sum."""
    if not hdr.flags & NEEDS_CSUM:
        return raw
    at = hdr.csum_start + hdr.csum_offset
    return store(raw, at, ~ones_sum(raw[hdr.csum_start:]) & 0xFFFF or 0xFFFF)


class Layers(NamedTuple):
    ip: int       # where the IP header begins
    l4: int
    payload: int
    is_tcp: bool
    is_six: bool


def layers(raw):
    frame = frames.parse(raw)
    ip = 14 + 4 * len(frame.tags)
    is_six = frame.ethertype == TYPE_IPV6
    l4 = ip + (40 if is_six else (raw[ip] & 15) * 4)
    is_tcp = raw[ip + 6 if is_six else ip + 9] == TCP
    return Layers(ip, l4, l4 + ((raw[l4 + 12] >> 4) * 4 if is_tcp else 8), is_tcp, is_six)


def pseudo(raw, at):
    """Sum of the pseudo header."""
    addresses = raw[at.ip + 8:at.ip + 40] if at.is_six else raw[at.ip + 12:at.ip + 20]
    return ones_sum(addresses + struct.pack("!II", len(raw) - at.l4, TCP if at.is_tcp else UDP))


def with_lengths(raw, at):
    """IP and UDP lengths, and IPv4's checksum, as this frame needs them."""
    if at.is_six:
        raw = store(raw, at.ip + 4, len(raw) - at.l4)
    else:
        raw = store(store(raw, at.ip + 2, len(raw) - at.ip), at.ip + 10, 0)
        raw = store(raw, at.ip + 10, ~ones_sum(raw[at.ip:at.l4]) & 0xFFFF)
    return raw if at.is_tcp else store(raw, at.l4 + 4, len(raw) - at.l4)


def checksum_at(at):
    return at.l4 + (16 if at.is_tcp else 6)


def with_checksum(raw, at):
    """TCP's or UDP's, from nothing."""
    raw = store(raw, checksum_at(at), 0)
    total = ones_sum(struct.pack("!HH", pseudo(raw, at), ones_sum(raw[at.l4:])))
    return store(raw, checksum_at(at), ~total & 0xFFFF or 0xFFFF)


def segment(head, chunk, at, i, offset, is_last):
    if not at.is_six:
        head = store(head, at.ip + 4, struct.unpack_from("!H", head, at.ip + 4)[0] + i & 0xFFFF)
    if at.is_tcp:
        number, = struct.unpack_from("!I", head, at.l4 + 4)
        flags = head[at.l4 + 13] & ~(0 if is_last else FIN | PSH) & ~(CWR if i else 0)
        head = (head[:at.l4 + 4] + struct.pack("!I", number + offset & 0xFFFFFFFF) +
                head[at.l4 + 8:at.l4 + 13] + bytes([flags]) + head[at.l4 + 14:])
    return with_checksum(with_lengths(head + chunk, at), at)


def cut(raw, size):
    """A GSO frame's segments."""
    at = layers(raw)
    head, body = raw[:at.payload], raw[at.payload:]
    starts = range(0, len(body), size)
    return [segment(head, body[start:start + size], at, i, start, start + size >= len(body))
            for i, start in enumerate(starts)]


def ip_header(is_six, proto, number):
    if is_six:
        return struct.pack("!IHBB", 6 << 28, 0, proto, 64) + bytes.fromhex(
            "fd090000000000000000000000000001fd090000000000000000000000000002")
    return struct.pack("!BBHHHBBHII", 0x45, 0, 0, number * 100 & 0xFFFF, 0x4000, 64, proto, 0,
                       0x0A090001, 0x0A090002)


def l4_header(is_tcp):
    if is_tcp:
        flags = PSH | ACK | FIN
        return struct.pack("!HHIIBBHHH", 1000, 2000, 0xFFFFF000, 7, 5 << 4, flags, 500, 0, 0)
    return struct.pack("!HHHH", 1000, 2000, 0, 0)


def payload(number, size):
    """No two words of it are the same, so that no segment can stand for another."""
    return b"".join(struct.pack("!HH", i, number & 0xFFFF) for i in range(size // 4 + 1))[:size]


def offer(kind, dst, src, size, mss=0, tags=(), number=0):
    """kind: tcp4, tcp6, udp4, udp6; size: of the payload. mss 0: only the checksum is to do."""
    is_six, is_tcp = kind.endswith("6"), kind.startswith("tcp")
    body = (ip_header(is_six, TCP if is_tcp else UDP, number) + l4_header(is_tcp) +
            payload(number, size))
    ethertype = struct.pack("!H", TYPE_IPV6 if is_six else frames.TYPE_IPV4)
    raw = Frame(dst, src, tuple(tags), ethertype + body).raw()
    at = layers(raw)
    raw = with_lengths(raw, at)
    raw = store(raw, checksum_at(at), pseudo(raw, at))
    hdr = Hdr(NEEDS_CSUM, GSO_OF[kind] if mss else GSO_NONE, at.payload, mss, at.l4,
              checksum_at(at) - at.l4)
    return Offer(hdr, raw)


def whole(frame):
    """A frame that asks for nothing."""
    return Offer(Hdr(), frame.raw())


# ---- descriptors and sockets

class VnetFd(GuestFd):
    """size: of the header; offload: what the guest takes."""

    def __init__(self, fd, name, size=10, offload=F_ALL, flags=0):
        super().__init__(fd, name, IFF_VNET_HDR | flags)
        self.size = size
        fcntl.ioctl(fd, TUNSETVNETHDRSZ, struct.pack("i", size))
        fcntl.ioctl(fd, TUNSETOFFLOAD, offload)
        fcntl.ioctl(fd, TUNSETSNDBUF, struct.pack("i", SNDBUF))

    def recvmsg(self, size, _ancillary):
        return os.read(self.fd, size)[self.size:], [], 0, None

    def put(self, what):
        os.write(self.fd, what.hdr.raw(self.size) + what.raw)

    def get(self):
        """An Offer, or None."""
        try:
            got = os.read(self.fd, 1 << 17)
        except BlockingIOError:
            return None
        return Offer(Hdr(*HEADER.unpack_from(got)), got[self.size:])


class PlainFd(GuestFd):
    """Without a header: only finished frames."""

    def put(self, what):
        assert what.hdr == Hdr()
        self.send(what.raw)

    def get(self):
        try:
            return Offer(Hdr(), os.read(self.fd, 1 << 17))
        except BlockingIOError:
            return None


class VnetSocket:
    """The same with a raw socket."""

    def __init__(self, sock):
        self.sock = sock
        sock.setsockopt(SOL_PACKET, PACKET_VNET_HDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, SO_SNDBUFFORCE, SNDBUF)

    def fileno(self):
        return self.sock.fileno()

    def put(self, what):
        try:
            self.sock.send(what.hdr.raw() + what.raw)
        except OSError as e:
            if e.errno != errno.ENOBUFS:  # dropped by a program on the egress hook
                raise

    def get(self):
        try:
            got, anc, _, _ = self.sock.recvmsg(1 << 17, 64)
        except BlockingIOError:
            return None
        except OSError as e:
            if e.errno != errno.EINVAL:
                raise
            return Offer(Hdr(), bytes(64))  # taken; what it asks for has no virtio header
        hdr, raw = Hdr(*HEADER.unpack_from(got)), got[HEADER.size:]
        tag = taps.tag_beside(anc)
        if tag and hdr.flags & NEEDS_CSUM:
            hdr = hdr._replace(csum_start=hdr.csum_start + len(tag))
        return Offer(hdr, raw[:12] + tag + raw[12:])

    def close(self):
        self.sock.close()


class OfferReceiver(Receiver):
    """Its frames are Offers."""

    def __init__(self, name, sock, near):  # pylint: disable=super-init-not-called
        self.name, self.sock, self.near = name, sock, near
        self.frames, self.seen = [], 0

    def drain(self):
        while True:
            got = self.sock.get()
            if got is None:
                return
            if got.raw[12:14] == frames.TYPE_SENTINEL.to_bytes(2, "big"):
                self.seen = max(self.seen, struct.unpack_from("!I", got.raw, 14)[0])
            else:
                self.frames.append(got)


class OffloadLab(GuestLab):
    """makes: name -> how its descriptor is made, default VnetFd. queues: taps have several."""

    def __init__(self, ports, kinds, makes=None, queues=False, **keys):
        self.makes, self.queues = makes or {}, queues
        super().__init__(ports, kinds, **keys)

    def make_device(self, port, **keys):
        if self.queues and self.kinds[port.name] == "tap":
            dev = self.host_end(port.name)
            self.host.ip(f"tuntap add dev {dev} mode tap multi_queue", f"link set {dev} up")
        else:
            super().make_device(port, **keys)

    def hold(self, name):
        how = open_tap if self.kinds[name] == "tap" else open_macvtap
        self.fds[name] = how(self.host, self.host_end(name), self.makes.get(name, VnetFd))
        return self.fds[name]

    def open_taps(self):
        super().open_taps()
        for name, old in self.taps.receivers.items():
            sock = old.sock if name in self.fds else VnetSocket(old.sock)
            self.taps.receivers[name] = OfferReceiver(name, sock, old.near)
        for name, old in self.taps.senders.items():
            if name not in self.fds:
                self.taps.senders[name] = VnetSocket(old.sock)

    def put(self, sender, what):
        self.taps.senders[sender].put(what)

    def expect(self, source, what):
        """{port: frames on its wire}, counters' moves. What holds for the first segment holds for
        all; a GSO frame is counted as its segments, its bytes as they are."""
        segments = [frames.parse(raw) for raw in what.wire_form()]
        outcome = self.model.expect(source, segments[0])
        out = {port: [s.tagged(*first.tags).raw() for s in segments]
               for port, first in outcome.out.items()}
        moves = Counter()
        for (port, name), n in outcome.counters().items():
            if name.endswith(".bytes"):
                copy = outcome.out.get(port)
                n = len(what.frame.tagged(*copy.tags) if copy else what.raw)
            elif name.split(".")[1] in ("packets", "multicast", "broadcast"):
                n *= len(segments)
            moves[port, name] += n
        return out, moves


def source_port(sender):
    return WIRE if sender == "wire" else sender
