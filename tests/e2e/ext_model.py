# SPDX-License-Identifier: GPL-2.0-only
"""Port extenders and the bridge that controls them: an independent model.

Written from IEEE 802.1BR's and the VN-Tag proposal's formats and from design.md sections 5 and 7.
An Extender switches nothing: what a port sends goes up with the port's id, what comes down goes to
the port or to the group that the tag names. A ControllingBridge is a Bridge with a port for each
id. ExtWorld joins them and says of one frame who gets which bytes and what is on each cable.
"""
import struct
from collections import Counter
from dataclasses import dataclass, field, replace

from frames import TYPE_ETAG, TYPE_VNTAG, Frame
from model import ALL, PF, WIRE, Drop, Switch, pf_port
from model_bridge import VF, Bridge, BridgePort, Outcome, Result, World, vlan_key

E_TAG, VN_TAG = "e-tag", "vn-tag"
HOST = "the stack of a cascade's device"  # no port, so that it counts nothing


# ---- the tags on a cable

@dataclass(frozen=True)
class ETag:
    """The E-CID in a GRP, and the E-CID of the port that shall not get it."""
    ecid: int
    grp: int = 0
    ingress: int = 0
    pcp: int = 0
    dei: int = 0
    kind = E_TAG

    def raw(self):
        return struct.pack("!HHHBB", TYPE_ETAG,
                           self.pcp << 13 | self.dei << 12 | self.ingress & 0xFFF,
                           self.grp << 12 | self.ecid & 0xFFF, self.ingress >> 12, self.ecid >> 12)

    def __str__(self):
        return (f"E{self.ecid:#x}(grp {self.grp}, ingress {self.ingress:#x}, pcp {self.pcp}, "
                f"dei {self.dei})")


@dataclass(frozen=True)
class VnTag:
    """down: toward the interfaces; to: of one VIF, or with to_list of a list; source: the VIF."""
    down: int
    to: int = 0
    to_list: int = 0
    looped: int = 0
    source: int = 0
    version: int = 0
    kind = VN_TAG
    pcp, dei = 0, 0

    def raw(self):
        return struct.pack("!HI", TYPE_VNTAG,
                           self.down << 31 | self.to_list << 30 | self.to << 16 |
                           self.looped << 15 | self.version << 12 | self.source)

    def __str__(self):
        return (f"VN(d {self.down}, p {self.to_list}, dvif {self.to:#x}, l {self.looped}, "
                f"svif {self.source:#x})")


@dataclass(frozen=True)
class Carried:
    """A frame in one of them."""
    tag: object
    inner: Frame

    @property
    def dst(self):
        return self.inner.dst

    @property
    def src(self):
        return self.inner.src

    def raw(self):
        return self.dst + self.src + self.tag.raw() + self.inner.raw()[12:]

    def __len__(self):
        return len(self.inner) + len(self.tag.raw())

    def __str__(self):
        return f"[{self.tag}] {self.inner}"


def tag_of(raw):
    """The E-TAG or VN-Tag of a frame's bytes, or None."""
    kind = int.from_bytes(raw[12:14], "big")
    if kind == TYPE_ETAG:
        first, second, ingress, ecid = struct.unpack_from("!HHBB", raw, 14)
        return ETag(ecid << 12 | second & 0xFFF, second >> 12 & 3, ingress << 12 | first & 0xFFF,
                    first >> 13, first >> 12 & 1)
    if kind == TYPE_VNTAG:
        word, = struct.unpack_from("!I", raw, 14)
        return VnTag(word >> 31, word >> 16 & 0x3FFF, word >> 30 & 1, word >> 15 & 1, word & 0xFFF,
                     word >> 12 & 3)
    return None


def up_tag(kind, ident, priority=None):
    """What an extender puts on: the port that it came in at."""
    if kind == VN_TAG:
        return VnTag(0, source=ident)
    return ETag(ident, pcp=priority.pcp, dei=priority.dei) if priority else ETag(ident)


def down_tag(kind, ident, priority=None):
    """What a bridge puts on for one port."""
    return VnTag(1, ident) if kind == VN_TAG else up_tag(kind, ident, priority)


def group_tag(kind, group, source=0, priority=None):
    """For a group; source: the id that has it already, 0: it came from elsewhere."""
    if kind == VN_TAG:
        return VnTag(1, group, 1, int(bool(source)), source)
    return replace(up_tag(kind, group[1], priority), grp=group[0], ingress=source)


def is_upward(tag):
    """Does an extender send such a tag?"""
    if tag.kind == E_TAG:
        return tag.grp == 0
    return not tag.down and tag.version == 0


def source_of(tag):
    return tag.ecid if tag.kind == E_TAG else tag.source


def is_for_group(tag):
    return bool(tag.grp if tag.kind == E_TAG else tag.to_list)


def target_of(tag):
    if tag.kind == E_TAG:
        return (tag.grp, tag.ecid) if tag.grp else tag.ecid
    return tag.to


def excluded_by(tag):
    """The id that shall not get a group's frame, or 0."""
    if tag.kind == E_TAG:
        return tag.ingress
    return tag.source if tag.looped else 0


# ---- the extender

@dataclass(frozen=True)
class ExtVF(VF):
    ident: int = 0

    def takes_tpid(self, tpid):
        """Without a VLAN of its own it is in all of both kinds: the bridge decides."""
        return not self.vlan or tpid == self.proto


@dataclass
class Extender:
    """groups: id -> names of members; cascades: device -> ids behind it; pf_id 0: none."""
    kind: str
    vfs: list
    pf_mac: bytes
    pf_id: int = 0
    groups: dict = field(default_factory=dict)
    cascades: dict = field(default_factory=dict)
    mtu: int = 1500
    cascade_mtu: int = 1500

    def __post_init__(self):
        self.ports = {v.name: v if v.vlan else replace(v, trunk=ALL) for v in self.vfs}
        self.ports[PF] = pf_port(self.pf_mac)
        self.idents = {**{v.name: v.ident for v in self.vfs}, PF: self.pf_id}

    def is_device(self, port):
        return port == WIRE or port in self.cascades

    def expect(self, source, frame):
        """source: WIRE for what comes from above, a cascade's device, "pf" or a VF."""
        outcome = Outcome(source, frame, self.is_device)
        try:
            if source == WIRE:
                self._down(outcome, frame)
            elif source in self.cascades:
                self._through(outcome, source, frame)
            else:
                self._up(outcome, source, frame)
        except Drop as drop:
            outcome.drops[drop.at or source, drop.reason] += 1
        return outcome

    def _send(self, outcome, port, frame):
        mtu = self.mtu if port == WIRE else self.cascade_mtu if port in self.cascades else \
            self.ports[port].mtu
        if len(frame) > mtu + 18:
            outcome.drops[port, "mtu"] += 1
        else:
            outcome.out[port] = frame

    def _up(self, outcome, source, frame):
        # pylint: disable=protected-access
        port = self.ports[source]
        if frame.ethertype in (TYPE_ETAG, TYPE_VNTAG):
            raise Drop("inject")
        if source == PF and not self.pf_id:
            self._send(outcome, WIRE, frame)  # of the extender itself, not of a port of the bridge
            return
        Switch._admit(port, frame)
        found = Switch._classify(port, frame.tags)
        tags = (found.vlan, *found.rest) if found.vlan else found.rest
        tag = up_tag(self.kind, self.idents[source], tags[0] if tags else None)
        self._send(outcome, WIRE, Carried(tag, frame.tagged(*tags)))

    def _through(self, outcome, dev, frame):
        """What another extender below sends is not touched; what has no tag is its host's, and for
        this one's host."""
        if not isinstance(frame, Carried) or frame.tag.kind != self.kind:
            outcome.out[HOST] = frame
            return
        if not is_upward(frame.tag):
            raise Drop("direction")
        if source_of(frame.tag) not in self.cascades[dev]:
            raise Drop("channel")
        self._send(outcome, WIRE, frame)

    def _behind(self, ident):
        for name, own in self.idents.items():
            if own == ident:
                return name
        return next((dev for dev, ids in self.cascades.items() if ident in ids), None)

    def _down(self, outcome, frame):
        if not isinstance(frame, Carried):
            self._send(outcome, PF, frame)  # for the extender itself
            return
        tag = frame.tag
        if tag.kind != self.kind:
            raise Drop("channel")
        if tag.kind == VN_TAG and (not tag.down or tag.version):
            raise Drop("direction")
        if is_for_group(tag):
            if target_of(tag) not in self.groups:
                raise Drop("channel")
            for name in self.groups[target_of(tag)]:
                if self.idents.get(name) != excluded_by(tag):
                    self._deliver(outcome, name, frame, True)
            if not outcome.out and not outcome.drops:
                own = [n for n in self.groups[target_of(tag)]
                       if self.idents.get(n) == excluded_by(tag)]
                raise Drop("reflected" if own else "no_target")
            return
        name = self._behind(target_of(tag))
        if name is None:
            raise Drop("channel")
        self._deliver(outcome, name, frame, False)

    def _deliver(self, outcome, name, frame, in_group):
        if name in self.cascades:
            self._send(outcome, name, frame)
            return
        port, tags = self.ports[name], frame.inner.tags
        if port.vlan:
            if not tags or not port.is_own_vlan(tags[0]):
                if in_group:
                    return
                raise Drop("vlan_filter")
            tags = tags[1:] if port.strip else tags
        if port.state == "disable":
            if not in_group:
                outcome.drops[name, "link"] += 1
            return
        self._send(outcome, name, frame.inner.tagged(*tags))


# ---- the bridge

@dataclass(frozen=True)
class ExtPort(BridgePort):
    tag: str = ""
    ident: int = 0


@dataclass(frozen=True)
class Group:
    """Of a bridge: ident is (GRP, E-CID) or a list's number; vlan a VID of C-VLANs, 0: none."""
    dev: str
    ident: object
    members: tuple
    vlan: int = 0


class ControllingBridge(Bridge):
    def __init__(self, ports, groups=()):
        super().__init__(ports)
        self.groups = groups
        self.kinds = {p.dev: p.tag for p in ports if getattr(p, "tag", "")}
        for dev in self.kinds:
            if self._at(dev, 0) is None:
                self.ports[dev] = BridgePort(dev, dev=dev, closed=True, learning=False)

    def _at(self, dev, svid):
        return next((p for p in self.ports.values() if (p.dev, p.svid) == (dev, svid)
                     and not getattr(p, "tag", "")), None)

    def _port_of(self, dev, frame):
        kind = self.kinds.get(dev)
        if not isinstance(frame, Carried):
            port, inner, tag = super()._port_of(dev, frame)
            if inner.ethertype in (TYPE_ETAG, TYPE_VNTAG):
                raise Drop("inject", port.name)
            return port, inner, tag
        if not kind:
            raise Drop("inject")
        at = self._at(dev, 0).name
        if frame.tag.kind != kind:
            raise Drop("channel", at)
        if not is_upward(frame.tag):
            raise Drop("direction", at)
        port = next((p for p in self.ports.values() if p.dev == dev and
                     getattr(p, "ident", None) == source_of(frame.tag)), None)
        if port is None:
            raise Drop("channel", at)
        return port, frame.inner, frame.tag if kind == E_TAG else None

    def expect(self, dev, frame):
        self.flood = None
        outcome = super().expect(dev, frame)
        if self.flood is not None:
            self._bundle(outcome)
        return outcome

    def _targets(self, source, frame, vlan):
        targets = super()._targets(source, frame, vlan)
        known = not frame.dst[0] & 1 and (
            self._static(frame.dst, vlan) or (vlan_key(vlan), frame.dst) in self.fdb)
        if not known:
            self.flood = source, vlan
        return targets

    def _bundle(self, outcome):
        """Copies for all of a group, but for the source, are one."""
        source, vlan = self.flood
        for group in self.groups:
            if (vlan.vid if vlan else 0) != group.vlan or (vlan and vlan.tpid != 0x8100):
                continue
            behind = source.dev == group.dev and getattr(source, "ident", 0)
            others = [name for name in group.members if name != source.name]
            if not others or any(name not in outcome.out for name in others):
                continue
            for name in others:
                copy = outcome.out[name]
                outcome.out[name] = replace(copy, tag=group_tag(
                    self.kinds[group.dev], group.ident, behind or 0, copy.tag))

    def _emit(self, outcome, port, frame, found, priority):
        if not getattr(port, "tag", ""):
            super()._emit(outcome, port, frame, found, priority)
            return
        inner = Outcome(outcome.source, frame, outcome.is_device)
        # its tag is taken off here and put on again
        super()._emit(inner, replace(port, mtu=1 << 16), frame, found, priority)
        outcome.drops += inner.drops
        if port.name not in inner.out:
            return
        copy = Carried(down_tag(port.tag, port.ident, priority), inner.out[port.name])
        if len(copy) > port.mtu + 18:
            outcome.drops[port.name, "mtu"] += 1
        else:
            outcome.out[port.name] = copy


# ---- both, and the cables

def by_cable(outcome, dev_of):
    """(device, copy) of all that leaves; a group's copy is there once."""
    seen = []
    for port, copy in outcome.out.items():
        one = dev_of(port), copy
        if isinstance(copy, Carried) and is_for_group(copy.tag) and one in seen:
            continue
        seen.append(one)
    return seen


class ExtWorld(World):
    """above: extender -> (extender, its cascade's device); others are at the bridge."""

    def __init__(self, bridge, stations, above):
        super().__init__(bridge, stations)
        self.above = above
        self.below = {at: name for name, at in above.items()}

    def run(self, place, frame, result=None):
        """"a.wire" is past the switch above a, "a.up" past a."""
        result = Result() if result is None else result
        name, _, port = place.partition(".")
        if port == "up":
            result.up[name].append(frame)
            self._arrives_above(result, name, frame)
        elif port == "wire":
            result.down[name].append(frame)
            self._at_station(result, name, WIRE, frame)
        else:
            super().run(place, frame, result)
        return result

    def _at_station(self, result, name, port, frame):
        if not isinstance(self.stations[name], Extender):
            super()._at_station(result, name, port, frame)
            return
        outcome = self.stations[name].expect(port, frame)
        moves = outcome.counters()
        result.moves[name] += Counter({k: n for k, n in moves.items() if k[0] != HOST})
        for target, copy in outcome.out.items():
            if target == HOST:
                continue
            if target == WIRE:
                result.up[name].append(copy)
                self._arrives_above(result, name, copy)
            elif (name, target) in self.below:
                lower = self.below[name, target]
                result.down[lower].append(copy)
                self._at_station(result, lower, WIRE, copy)
            else:
                result.got[f"{name}.{target}"].append(copy)

    def _arrives_above(self, result, name, copy):
        if name in self.above:
            upper, dev = self.above[name]
            self._at_station(result, upper, dev, copy)
        else:
            self._at_bridge(result, f"s{name}", copy)

    def _at_bridge(self, result, dev, frame):
        outcome = self.bridge.expect(dev, frame)
        result.moves["bridge"] += outcome.counters()
        for dev, copy in by_cable(outcome, lambda port: self.bridge.ports[port].dev):
            if dev[1:] in self.stations:
                result.down[dev[1:]].append(copy)
                self._at_station(result, dev[1:], WIRE, copy)
            else:
                result.got[dev].append(copy)

