# SPDX-License-Identifier: GPL-2.0-only
"""What a VEB does with a frame: an independent model of design.md section 7.

Ports are plain descriptions; Switch.expect() says for one frame who gets which bytes, which
reason is counted where, and how the counters of every port move.
"""
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple, Optional

import frames
from frames import TPID_C, TPID_S, Tag

WIRE, PF = "uplink", "pf"
ALL = "all"


@dataclass(frozen=True)
class Port:
    name: str
    mac: bytes
    vlan: int = 0
    qos: int = 0
    proto: int = TPID_C
    trunk: object = None  # None, ALL or a set of VIDs
    untagged: bool = False
    strip: bool = True
    spoofchk: bool = True
    isolated: bool = False
    state: str = "auto"
    mtu: int = 1500
    made: str = "loader"  # or "test": the veth pair is there before attach
    hook: str = "auto"
    more_macs: tuple = ()
    trust: bool = False
    promisc: bool = False
    allmulti: bool = True
    multicast: frozenset = frozenset()
    more: tuple = ()  # (key, value) pairs of the file that this model does not know

    @property
    def is_vf(self):
        return self.name not in (WIRE, PF)

    @property
    def macs(self):
        return (self.mac, *self.more_macs)

    def wants(self, dst):
        """Of multicast, a port may have asked for some groups only."""
        return self.promisc or self.allmulti or dst == frames.BROADCAST or dst in self.multicast

    def takes_tpid(self, tpid):
        """`proto` is the TPID of vlan and trunk; wire and PF take every VLAN of both kinds."""
        return not self.is_vf or tpid == self.proto

    def in_no_vlan(self):
        if self.vlan:
            return False
        return self.trunk in (None, ALL) or self.untagged

    def is_own_vlan(self, vlan):
        return bool(self.vlan) and (vlan.tpid, vlan.vid) == (self.proto, self.vlan)

    def is_member(self, vlan):
        if vlan is None:
            return self.in_no_vlan()
        if vlan.vid == 4095:  # reserved
            return False
        if self.is_own_vlan(vlan):
            return True
        if not self.takes_tpid(vlan.tpid) or self.trunk is None:
            return False
        return self.trunk == ALL or vlan.vid in self.trunk


def wire_port():
    return Port(WIRE, b"", trunk=ALL, spoofchk=False)


def pf_port(mac, **keys):
    return Port(PF, mac, trunk=ALL, spoofchk=False, **keys)


class Drop(Exception):
    def __init__(self, reason, at=None):
        super().__init__(reason)
        self.reason, self.at = reason, at


def is_control(frame):
    return frames.is_reserved(frame.dst) or frame.ethertype in frames.CONTROL_TYPES


def inserted(port, outer):
    """The tag of the port's VLAN: with the priority of qos, or that of the frame's own tag."""
    if port.qos:
        return Tag(port.proto, port.vlan, port.qos)
    return Tag(port.proto, port.vlan, outer.pcp, outer.dei)


class Class(NamedTuple):
    vlan: Optional[Tag]  # with the priority it has inside the switch; None: no VLAN
    rest: tuple          # tags behind it, which are payload


@dataclass
class Outcome:
    """out: port -> frame delivered; drops: (port, reason) -> 1."""
    source: str
    sent: frames.Frame
    out: dict = field(default_factory=dict)
    drops: Counter = field(default_factory=Counter)

    def counters(self):
        """(port, "rx.packets") -> how far it moves; (port, "drops.spoof_mac") likewise."""
        moves = Counter()
        if self.out:
            self._count(moves, self.source, self.source == WIRE, self.sent)
        for port, frame in self.out.items():
            self._count(moves, port, port != WIRE, frame)
        for (port, reason), n in self.drops.items():
            came_in = port == self.source
            side = "rx" if came_in == (port == WIRE) else "tx"
            moves[port, f"{side}.dropped"] += n
            moves[port, f"drops.{reason}"] += n
        return moves

    @staticmethod
    def _count(moves, port, is_rx, frame):
        """rx and tx are the guest's: a VF sends tx; what the wire sends is the uplink's rx."""
        side = "rx" if is_rx else "tx"
        moves[port, f"{side}.packets"] += 1
        moves[port, f"{side}.bytes"] += len(frame)
        if is_rx and frame.dst == frames.BROADCAST:
            moves[port, "rx.broadcast"] += 1
        elif is_rx and frame.dst[0] & 1:
            moves[port, "rx.multicast"] += 1


class Switch:
    def __init__(self, ports):
        self.ports = {p.name: p for p in ports}

    def expect(self, source, frame):
        port = self.ports[source]
        outcome = Outcome(source, frame)
        try:
            self._admit(port, frame)
            if is_control(frame):  # between the wire and the PF's stack, in any VLAN, as it is
                if port.is_vf:
                    self._classify(port, frame.tags)
                targets, found = [self.ports[PF if source == WIRE else WIRE]], Class(None, frame.tags)
            else:
                found = self._classify(port, frame.tags)
                targets = self._relay(port, frame, found.vlan)
            self._emit(outcome, targets, frame, found)
        except Drop as drop:
            outcome.drops[drop.at or source, drop.reason] += 1
        return outcome

    @staticmethod
    def _admit(port, frame):
        if port.state == "disable":
            raise Drop("link")
        if frame.src[0] & 1 or not any(frame.src) or frame.claims_too_much():
            raise Drop("bad_frame")
        if not port.is_vf:
            return
        if frame.ethertype in (frames.TYPE_VNTAG, frames.TYPE_ETAG):
            raise Drop("inject")
        if is_control(frame) and not port.trust:
            raise Drop("control")
        if port.spoofchk and frame.src not in port.macs:
            raise Drop("spoof_mac")

    @staticmethod
    def _classify(port, tags):
        if not tags:
            if port.vlan:
                return Class(Tag(port.proto, port.vlan, port.qos), ())
            if port.in_no_vlan():
                return Class(None, ())
            raise Drop("vlan_filter")
        outer, behind = tags[0], tags[1:]
        if port.vlan and (port.proto, outer.tpid) == (TPID_S, TPID_C):
            # the guest's C-TAG, also a priority tag, is what the S-TAG is for, and gives its priority
            return Class(inserted(port, outer), tags)
        if outer.vid == 0:
            if behind and port.proto != TPID_S:
                # whoever takes the priority tag off would see a VLAN that was never checked
                access = port.vlan and port.trunk is None
                raise Drop("vlan_tagged" if access else "vlan_filter")
            if port.vlan:
                return Class(inserted(port, outer), behind)
            if port.in_no_vlan():
                return Class(None, tags)  # kept as it came
            raise Drop("vlan_filter")
        if port.vlan and port.trunk is None:
            if not port.strip and port.is_own_vlan(outer):
                return Class(outer, behind)
            raise Drop("vlan_tagged")
        if not port.is_member(outer):
            raise Drop("vlan_filter")
        return Class(outer, behind)

    def _relay(self, source, frame, vlan):
        members = [p for p in self.ports.values() if p.is_member(vlan)]
        if all(p.name == WIRE for p in members):
            raise Drop("vlan_filter")
        if frame.dst[0] & 1:
            return self._flood(source, frame, members)
        owner = next((p for p in members if p.name != WIRE and frame.dst in p.macs), None)
        if source.name == WIRE:
            owner = owner or next((p for p in members if p.name == PF), None)
            if owner is None:
                raise Drop("no_target")
            if frame.src in owner.macs:
                raise Drop("reflected")
        else:
            owner = owner or self.ports[WIRE]
            if owner is source:
                raise Drop("self")
            if owner.isolated and source.isolated:
                raise Drop("isolated")
        return [owner, *self._watchers(source, frame, members, owner)]

    def _watchers(self, source, frame, members, owner):
        """Promiscuous ports, which get a copy of the others' unicast."""
        return [p for p in self._others(source, frame, members) if p.promisc and p is not owner]

    @staticmethod
    def _others(source, frame, members):
        return [p for p in members if p is not source and p.state != "disable"
                and not (p.isolated and source.isolated)
                and not (source.name == WIRE and frame.src in p.macs)]

    def _flood(self, source, frame, members):
        targets = [p for p in self._others(source, frame, members) if p.wants(frame.dst)]
        if not targets:
            raise Drop("no_target")
        return targets

    @staticmethod
    def _emit(outcome, targets, frame, found):
        for port in targets:
            if port.state == "disable":
                outcome.drops[port.name, "link"] += 1
                continue
            tags = found.rest
            if found.vlan and not (port.is_own_vlan(found.vlan) and port.strip):
                tags = (found.vlan, *tags)
            copy = frame.tagged(*tags)
            if len(copy) > port.mtu + 18:
                outcome.drops[port.name, "mtu"] += 1
            else:
                outcome.out[port.name] = copy
