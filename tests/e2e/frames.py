# SPDX-License-Identifier: GPL-2.0-only
"""Ethernet frames as bytes: build them, take their tags apart, explain a difference.

Written from IEEE 802.3 and 802.1Q, independent of the program under test.
"""
import struct
from dataclasses import dataclass, replace

TPID_C, TPID_S = 0x8100, 0x88A8
TYPE_TEST, TYPE_SENTINEL = 0x88B5, 0x88B6  # IEEE 802 local experimental EtherTypes
TYPE_IPV4, TYPE_ARP, TYPE_VNTAG, TYPE_ETAG = 0x0800, 0x0806, 0x8926, 0x893F
CONTROL_TYPES = (0x8808, 0x8809, 0x88CC, 0x8940)
BROADCAST = b"\xff" * 6


def mac(text):
    return bytes.fromhex(text.replace(":", "").replace("-", ""))


def mac_text(raw):
    return raw.hex(":")


def reserved(last):
    return mac("01:80:c2:00:00:00")[:5] + bytes([last])


def is_reserved(dst):
    return dst[:5] == reserved(0)[:5] and dst[5] < 16


@dataclass(frozen=True)
class Tag:
    tpid: int
    vid: int
    pcp: int = 0
    dei: int = 0

    def raw(self):
        return struct.pack("!HH", self.tpid, self.pcp << 13 | self.dei << 12 | self.vid)

    def __str__(self):
        letter = {TPID_C: "C", TPID_S: "S"}.get(self.tpid, f"{self.tpid:#06x}:")
        return f"{letter}{self.vid}(pcp {self.pcp}, dei {self.dei})"


def ctag(vid, pcp=0, dei=0):
    return Tag(TPID_C, vid, pcp, dei)


def stag(vid, pcp=0, dei=0):
    return Tag(TPID_S, vid, pcp, dei)


@dataclass(frozen=True)
class Frame:
    """A frame in layers; body starts with the EtherType or the 802.3 length."""
    dst: bytes
    src: bytes
    tags: tuple
    body: bytes

    def raw(self):
        return self.dst + self.src + b"".join(t.raw() for t in self.tags) + self.body

    def tagged(self, *tags):
        return replace(self, tags=tags)

    @property
    def ethertype(self):
        return struct.unpack("!H", self.body[:2])[0]

    def claims_too_much(self):
        """Its 802.3 length is more than what follows."""
        return self.ethertype < 0x600 and self.ethertype > len(self.body) - 2

    def __len__(self):
        return 12 + 4 * len(self.tags) + len(self.body)

    def __str__(self):
        tags = " ".join(map(str, self.tags)) or "untagged"
        return f"{mac_text(self.dst)} < {mac_text(self.src)} {tags}, {len(self)} bytes"


def build(dst, src, tags=(), seq=0, ethertype=TYPE_TEST, length=64):
    """A frame of this many bytes without its tags; the payload names the frame by seq."""
    payload = struct.pack("!I", seq) + b"evbpf e2e " + bytes(i & 0xFF for i in range(length))
    return Frame(dst, src, tuple(tags), struct.pack("!H", ethertype) + payload[:length - 14])


def build_llc(dst, src, tags=(), seq=0, payload=40):
    """An 802.3 frame: length, LLC DSAP/SSAP/control of STP-like traffic, payload."""
    body = b"\x42\x42\x03" + struct.pack("!I", seq) + bytes(payload)
    return Frame(dst, src, tuple(tags), struct.pack("!H", len(body)) + body)


def build_arp(dst, src, tags=(), seq=0):
    body = struct.pack("!HHHBBH6sI6sI", TYPE_ARP, 1, 0x0800, 6, 4, 1, src, seq, bytes(6), 0x0A000001)
    return Frame(dst, src, tuple(tags), body + bytes(18))


def build_udp(dst, src, tags=(), seq=0, payload=32):
    udp = struct.pack("!HHHHI", 7, 7, 12 + payload, 0, seq) + bytes(payload)
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                       bytes([10, 0, 0, 1]), bytes([10, 0, 0, 2]))
    total = sum(struct.unpack("!10H", head))
    total = (total & 0xFFFF) + (total >> 16)
    head = head[:10] + struct.pack("!H", ~total & 0xFFFF) + head[12:]
    return Frame(dst, src, tuple(tags), struct.pack("!H", TYPE_IPV4) + head + udp)


def parse(raw):
    """Frame of raw bytes; as many C- and S-tags as are there."""
    tags, at = [], 12
    while len(raw) >= at + 4:
        tpid, tci = struct.unpack_from("!HH", raw, at)
        if tpid not in (TPID_C, TPID_S):
            break
        tags.append(Tag(tpid, tci & 0xFFF, tci >> 13, tci >> 12 & 1))
        at += 4
    return Frame(raw[:6], raw[6:12], tuple(tags), raw[at:])


def seq_of(raw):
    """Number that build() put into a frame, or None."""
    body = parse(raw).body
    return struct.unpack_from("!I", body, 2)[0] if len(body) >= 6 else None


def _layers(raw):
    if len(raw) < 14:
        return {"bytes": raw.hex()}
    frame = parse(raw)
    return {"destination": mac_text(frame.dst), "source": mac_text(frame.src),
            "tags": " ".join(map(str, frame.tags)) or "none", "type": frame.body[:2].hex(),
            "payload": frame.body[2:].hex(), "length": len(raw)}


def diff(want, got):
    """Lines that say in which layers two frames differ; none when they are equal."""
    if want == got:
        return []
    left, right = _layers(want), _layers(got)
    lines = [f"{name}: expected {left.get(name)}, got {right.get(name)}"
             for name in {**left, **right} if left.get(name) != right.get(name)]
    return lines or [f"bytes: expected {want.hex()}, got {got.hex()}"]


def diff_lists(want, got):
    """The same for the frames that one port received, in any order. Pairs them by number."""
    want, got = list(want), list(got)
    for raw in list(want):
        if raw in got:
            want.remove(raw)
            got.remove(raw)
    lines = []
    for raw in list(want):
        twin = next((g for g in got if seq_of(g) == seq_of(raw)), None)
        if twin is not None:
            want.remove(raw)
            got.remove(twin)
            lines += diff(raw, twin)
    lines += [f"missing: {parse(raw)}" for raw in want]
    lines += [f"must not arrive: {parse(raw)}" for raw in got]
    return lines
