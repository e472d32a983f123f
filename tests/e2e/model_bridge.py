# SPDX-License-Identifier: GPL-2.0-only
"""Both ends of a cable: an independent model of design.md section 7.

Bridge learns and floods. Station is an edge switch with S-channels, whose ports are veb, vepa or
private; what model.Switch says of one VEB holds inside each of its channels. World joins them:
World.run() says of one frame who gets which bytes, what passes each cable, and how every counter
moves.
"""
from collections import Counter, defaultdict
from dataclasses import dataclass, field, replace

import frames
from frames import TPID_S, Tag
from model import ALL, PF, WIRE, Class, Drop, Port, Switch, pf_port, wire_port


def vlan_key(vlan):
    return vlan and (vlan.tpid, vlan.vid)


def s_tag(svid, tag):
    """An S-channel's tag, with the priority of another."""
    return Tag(TPID_S, svid, tag.pcp, tag.dei) if tag else Tag(TPID_S, svid)


@dataclass
class Outcome:
    """What one switch did with one frame. out: port -> frame; at a device (uplink, port of a
    bridge) rx came in from the wire, elsewhere rx is what the guest got."""
    source: str
    sent: frames.Frame
    is_device: object
    out: dict = field(default_factory=dict)
    drops: Counter = field(default_factory=Counter)

    def counters(self):
        moves = Counter()
        if self.out:
            self._count(moves, self.source, self.is_device(self.source), self.sent)
        for port, frame in self.out.items():
            self._count(moves, port, not self.is_device(port), frame)
        for (port, reason), n in self.drops.items():
            # a port that gets its own frame back (reflective relay) is a target, too
            came_in = port == self.source and reason not in ("mtu", "send")
            side = "rx" if came_in == self.is_device(port) else "tx"
            moves[port, f"{side}.dropped"] += n
            moves[port, f"drops.{reason}"] += n
        return moves

    @staticmethod
    def _count(moves, port, is_rx, frame):
        side = "rx" if is_rx else "tx"
        moves[port, f"{side}.packets"] += 1
        moves[port, f"{side}.bytes"] += len(frame)
        if is_rx and frame.dst == frames.BROADCAST:
            moves[port, "rx.broadcast"] += 1
        elif is_rx and frame.dst[0] & 1:
            moves[port, "rx.multicast"] += 1


# ---- the bridge

@dataclass(frozen=True)
class BridgePort(Port):
    mac: bytes = b""
    dev: str = ""
    svid: int = 0
    reflective: bool = False
    learning: bool = True
    learn_limit: int = 1024
    static: tuple = ()
    spoofchk: bool = False
    closed: bool = False
    beside: bool = False  # untagged port of a device with channels: an S-TAG there names a channel

    @property
    def all_vlans(self):
        return self.trunk == ALL or (self.trunk is None and not self.vlan)

    def takes_tpid(self, tpid):
        if self.beside:
            return tpid != TPID_S
        return tpid == self.proto or self.all_vlans

    def in_no_vlan(self):
        return not self.vlan and (self.all_vlans or self.untagged)

    def is_member(self, vlan):
        if self.closed:
            return False
        return replace(self, trunk=ALL).is_member(vlan) if self.trunk is None and self.all_vlans \
            else super().is_member(vlan)


class Bridge:
    """fdb: (VLAN, address) -> name of the port where it was learned."""

    def __init__(self, ports):
        self.ports = {p.name: p for p in ports}
        for dev in sorted({p.dev for p in ports if p.svid}):
            port = self._at(dev, 0) or BridgePort(dev, dev=dev, closed=True, learning=False)
            self.ports[port.name] = replace(port, beside=True)
        self.fdb = {}
        self.learned, self.moved = Counter(), Counter()

    def has_channels(self, dev):
        return any(p.svid for p in self.ports.values() if p.dev == dev)

    def _at(self, dev, svid):
        return next((p for p in self.ports.values() if (p.dev, p.svid) == (dev, svid)), None)

    def _port_of(self, dev, frame):
        """The port whose frame it is, the frame behind the channel's tag, and that."""
        port, tag = self._at(dev, 0), None
        if self.has_channels(dev) and frame.tags and frame.tags[0].tpid == TPID_S:
            tag, frame = frame.tags[0], frame.tagged(*frame.tags[1:])
            port = port if tag.vid < 2 else self._at(dev, tag.vid)
        if port is None or port.closed:
            raise Drop("channel", self._at(dev, 0).name)
        return port, frame, tag

    def expect(self, dev, frame):
        outcome = Outcome(self._at(dev, 0).name, frame, lambda _: True)
        try:
            port, inner, tag = self._port_of(dev, frame)
            outcome.source = port.name
            self._bridge(outcome, port, inner, tag)
        except Drop as drop:
            outcome.drops[drop.at or outcome.source, drop.reason] += 1
        return outcome

    def _bridge(self, outcome, port, frame, tag):
        if port.state == "disable":
            raise Drop("link")
        if frame.src[0] & 1 or not any(frame.src) or frame.claims_too_much():
            raise Drop("bad_frame")
        if port.spoofchk and frame.src not in port.static:
            raise Drop("spoof_mac")
        found = self._classify(port, frame.tags, tag)
        # the frame's priority is that of its VLAN's tag, of a priority tag, or of its channel's
        priority = found.vlan or (found.rest[0] if found.rest else tag)
        self._learn(port, frame.src, found.vlan)
        for target in self._targets(port, frame, found.vlan):
            self._emit(outcome, target, frame, found, priority)

    @staticmethod
    def _classify(port, tags, tag):
        # pylint: disable=protected-access
        if port.all_vlans:
            port = replace(port, trunk=ALL)
        if tag and port.vlan and not tags and not port.qos:
            return Class(Tag(port.proto, port.vlan, tag.pcp, tag.dei), ())
        return Switch._classify(port, tags)

    def _static(self, mac, vlan):
        return next((p for p in self.ports.values() if mac in p.static and p.is_member(vlan)), None)

    def _learn(self, port, mac, vlan):
        key = vlan_key(vlan), mac
        if not port.learning or self._static(mac, vlan) or self.fdb.get(key) == port.name:
            return
        if sum(name == port.name for name in self.fdb.values()) >= port.learn_limit:
            raise Drop("learn_limit")
        self.learned[port.name] += 1
        self.moved[port.name] += key in self.fdb
        self.fdb[key] = port.name

    def _targets(self, source, frame, vlan):
        owner = None
        if not frame.dst[0] & 1:
            owner = self._static(frame.dst, vlan) or self.ports.get(self.fdb.get((vlan_key(vlan),
                                                                                 frame.dst)))
        if owner:
            if owner is source and not source.reflective:
                raise Drop("hairpin")
            if owner is not source and owner.isolated and source.isolated:
                raise Drop("isolated")
            return [owner]
        others = [p for p in self.ports.values() if p.is_member(vlan) and p.state != "disable"
                  and (p is not source or source.reflective)]
        targets = [p for p in others if p is source or not (p.isolated and source.isolated)]
        if not targets:
            raise Drop("isolated" if others else "no_target")
        return targets

    @staticmethod
    def _emit(outcome, port, frame, found, priority):
        if port.state == "disable":
            outcome.drops[port.name, "link"] += 1
            return
        tags = found.rest
        if found.vlan and not (port.is_own_vlan(found.vlan) and port.strip):
            tags = (found.vlan, *tags)
        if port.svid:
            tags = (s_tag(port.svid, priority), *tags)
        copy = frame.tagged(*tags)
        if len(copy) > port.mtu + 18:
            outcome.drops[port.name, "mtu"] += 1
        else:
            outcome.out[port.name] = copy


# ---- the edge switch

@dataclass(frozen=True)
class VF(Port):
    relay: str = ""    # empty: the channel's, the switch's
    channel: str = ""  # empty: the untagged one


class Domain(Switch):
    """The ports of one channel. The wire port is called WIRE here, whatever its name."""

    def __init__(self, ports, relays):
        super().__init__(ports)
        self.relays = relays  # of every port but the wire
        self.mixed = any(relay != "veb" for relay in relays.values())

    def _veb(self, port):
        return self.relays[port.name] == "veb"

    def _owner(self, mac, vlan):
        return next((p for p in self.ports.values()
                     if p.name != WIRE and p.is_member(vlan) and mac in p.macs), None)

    def _relay(self, source, frame, vlan):
        members = [p for p in self.ports.values() if p.is_member(vlan)]
        if all(p.name == WIRE for p in members):
            raise Drop("vlan_filter")
        if source.name == WIRE:
            return self._from_wire(frame, vlan, members)
        if not self._veb(source):
            if frame.dst in source.macs:
                raise Drop("self")
            return [self.ports[WIRE]]
        others = [p for p in members if p.name == WIRE or self._veb(p)]
        return super()._relay(source, frame, vlan) if len(others) == len(members) else \
            Switch([*others])._relay(source, frame, vlan)

    def _from_wire(self, frame, vlan, members):
        owner = self._owner(frame.src, vlan)
        if frame.dst[0] & 1:
            return self._flood_from_wire(owner, [p for p in members if p.name != WIRE
                                                 and p.state != "disable" and p.wants(frame.dst)])
        target = self._owner(frame.dst, vlan) or next((p for p in members if p.name == PF), None)
        if target is None:
            raise Drop("no_target")
        if owner and owner is not target and owner.isolated and target.isolated:
            raise Drop("isolated")
        if not self._may_have(target, owner, False):
            raise Drop("reflected")
        return [target]

    def _flood_from_wire(self, owner, others):
        targets = [p for p in others if self._may_have(p, owner, True)]
        if targets:
            return targets
        if owner and any(owner.isolated and p.isolated for p in others if p is not owner):
            raise Drop("isolated")
        raise Drop("reflected" if others else "no_target")

    def _may_have(self, target, owner, flood):
        """A frame that the wire gives back, whose source is the port owner."""
        if owner is None:
            return True
        if target is owner or self.relays[target.name] == "private":
            return False
        if not flood:
            return True
        had_it = self.mixed and self._veb(owner) and self._veb(target)
        return not had_it and not (owner.isolated and target.isolated)


class Station:
    """channels: name -> (SVID, relay or "")."""

    def __init__(self, vfs, relay="veb", channels=None, pf_mac=b"", pf=None, mtu=1500):
        self.vfs, self.relay, self.channels = list(vfs), relay, channels or {}
        self.pf = pf or {}
        self.domains, self.home = {}, {}
        for channel in ["", *self.channels]:
            ports = [v for v in self.vfs if v.channel == channel]
            relays = {v.name: v.relay or self._relay_of(channel) for v in ports}
            if channel == self.pf.get("channel", ""):
                keys = {k: v for k, v in self.pf.items() if k not in ("channel", "relay")}
                ports.append(pf_port(pf_mac, mtu=mtu, **keys))
                relays[PF] = self.pf.get("relay") or self._relay_of(channel)
            self.home.update({p.name: channel for p in ports})
            # a channel's tag is taken off before: the way to the wire is shorter by it
            wire = replace(wire_port(), mtu=mtu - 4 * bool(channel))
            self.domains[channel] = Domain([wire, *ports], relays)

    def _relay_of(self, channel):
        return (channel and self.channels[channel][1]) or self.relay

    @staticmethod
    def wire_name(channel):
        return f"{WIRE}.{channel}" if channel else WIRE

    def _channel_of(self, frame):
        if not self.channels or not frame.tags or frame.tags[0].tpid != TPID_S:
            return "", frame
        svid, inner = frame.tags[0].vid, frame.tagged(*frame.tags[1:])
        if svid < 2:
            return "", inner
        return next((n for n, (s, _) in self.channels.items() if s == svid), None), inner

    def expect(self, source, frame):
        """source: "uplink" for what comes from the wire, "pf", or a VF."""
        outcome = Outcome(source, frame, lambda port: port.startswith(WIRE))
        channel, inner = self._channel_of(frame) if source == WIRE else (self.home[source], frame)
        if channel is None:
            outcome.drops[WIRE, "channel"] += 1
            return outcome
        if source == WIRE:
            outcome.source = self.wire_name(channel)
        elif not channel and self.channels and frame.tags and frame.tags[0].tpid == TPID_S:
            outcome.drops[source, "inject"] += 1
            return outcome
        found = self.domains[channel].expect(source, inner)
        rename = {WIRE: self.wire_name(channel)}
        for port, copy in found.out.items():
            if port == WIRE and channel:
                tag = s_tag(self.channels[channel][0], copy.tags[0] if copy.tags else None)
                copy = copy.tagged(tag, *copy.tags)
            outcome.out[rename.get(port, port)] = copy
        for (port, reason), n in found.drops.items():
            outcome.drops[rename.get(port, port), reason] += n
        return outcome


# ---- both, and the cables

@dataclass
class Result:
    """got: place -> frames; up, down: station -> frames on its cable; moves: switch -> counters."""
    got: dict = field(default_factory=lambda: defaultdict(list))
    up: dict = field(default_factory=lambda: defaultdict(list))
    down: dict = field(default_factory=lambda: defaultdict(list))
    moves: dict = field(default_factory=lambda: defaultdict(Counter))


class World:
    """Places: "a.vf0" and "a.pf" of station a, whose cable ends at the bridge's device "sa"; "h1"
    is a host on the bridge's device of this name."""

    def __init__(self, bridge, stations):
        self.bridge, self.stations = bridge, stations

    def run(self, place, frame, result=None):
        result = Result() if result is None else result
        name, _, port = place.partition(".")
        if name in self.stations:
            self._at_station(result, name, port, frame)
        else:
            self._at_bridge(result, place, frame)
        return result

    def _at_station(self, result, name, port, frame):
        outcome = self.stations[name].expect(port, frame)
        result.moves[name] += outcome.counters()
        for target, copy in outcome.out.items():
            if target.startswith(WIRE):
                result.up[name].append(copy)
                self._at_bridge(result, f"s{name}", copy)
            else:
                result.got[f"{name}.{target}"].append(copy)

    def _at_bridge(self, result, dev, frame):
        if self.bridge is None:
            return
        outcome = self.bridge.expect(dev, frame)
        result.moves["bridge"] += outcome.counters()
        for target, copy in outcome.out.items():
            dev = self.bridge.ports[target].dev
            if dev[1:] in self.stations:
                result.down[dev[1:]].append(copy)
                self._at_station(result, dev[1:], WIRE, copy)
            else:
                result.got[dev].append(copy)
