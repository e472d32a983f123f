# SPDX-License-Identifier: GPL-2.0-only
"""The topology of the tests with a switch at both ends of a cable.

    one namespace per VF     station a's namespace            the bridge's namespace     a host's
    +----------------+      +---------------------+          +-----------------------+   +------+
    |  eth0  (vf0) ============ v0h         up0 ================ sa              h1 ======= eth0 |
    +----------------+      |     edge switch     |  cable   |        bridge         |   +------+
    |  eth0  (vf1) ============ v1h               |          |  sb ... to station b  |
    +----------------+      +---------------------+          +-----------------------+

Places have names: "a.vf0" and "a.pf" (the stack of up0) at station a, "h1" for a host. What passes
a cable is seen at the bridge's end, before the bridge's program and behind it. Not seen there is
what a native XDP program sends, and what the bridge hands to up0 past its own device: unicast to
up0's address.
"""
import contextlib
import ctypes
import itertools
import os
import socket
import struct
import tempfile
from collections import Counter
from types import SimpleNamespace

import frames
from events import Monitor
from frames import TYPE_SENTINEL, mac, mac_text
from model import PF
from model_bridge import Bridge, Result, Station, World
from netns import Netns
from program import Evbpf, config_text, explain, flat_stats, pins, ranges, scalar, vf_keys
from taps import PACKET_IGNORE_OUTGOING, ROUNDS, SOL_PACKET, Taps, raw_socket, receive_one
from verify import moves

EVERYTHING = "bpf bytecode '1,6 0 0 4294967295'"
# classic BPF: the whole frame if its packet type is PACKET_OUTGOING (4)
ONLY_OUTGOING = [(0x28, 0, 0, 0xfffff004), (0x15, 0, 1, 4), (6, 0, 0, 0x40000), (6, 0, 0, 0)]
SO_ATTACH_FILTER = 26
_numbers = itertools.count(1)


def up_mac(station):
    pid = os.getpid() & 0xffff
    return mac(f"02:5e:{pid >> 8:02x}:{pid & 0xff:02x}:00:{ord(station):02x}")


def vf_mac(station, number):
    return mac(f"02:00:00:{ord(station):02x}:{number >> 8:02x}:{number & 0xff:02x}")


def host_mac(name):
    return mac(f"02:00:00:00:ff:{int(name[1:]):02x}")


class CableTaps(Taps):
    """A frame that the bridge sends back waits in twice as many queues."""
    rounds = 2 * ROUNDS

    def collect(self):
        for _ in range(self.rounds):
            self._sentinels()
        return {name: r.take() for name, r in self.receivers.items()}


class Watch:
    """Both directions of a cable, at one end."""

    def __init__(self, space, dev):
        self.incoming, self.outgoing = raw_socket(space, dev), raw_socket(space, dev)
        code = b"".join(struct.pack("=HBBI", *line) for line in ONLY_OUTGOING)
        text = ctypes.create_string_buffer(code)
        program = struct.pack("HL", len(ONLY_OUTGOING), ctypes.addressof(text))
        self.outgoing.setsockopt(socket.SOL_SOCKET, SO_ATTACH_FILTER, program)
        self.outgoing.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 0)

    @staticmethod
    def _drain(sock):
        got = []
        while (raw := receive_one(sock)) is not None:
            if raw[12:14] != TYPE_SENTINEL.to_bytes(2, "big"):
                got.append(raw)
        return got

    def take(self):
        return self._drain(self.incoming), self._drain(self.outgoing)

    def close(self):
        self.incoming.close()
        self.outgoing.close()


def bridge_keys(port):
    """A bridge port's entry in the file."""
    keys = {"name": port.name, "dev": port.dev}
    if port.static:
        keys["static"] = list(map(mac_text, port.static))
    if port.trunk is not None:
        keys["trunk"] = port.trunk if port.trunk == "all" else ranges(port.trunk)
    if port.proto != 0x8100:
        keys["proto"] = "802.1ad"
    if port.reflective:
        keys["reflective_relay"] = True
    for name, default in (("svid", 0), ("vlan", 0), ("qos", 0), ("untagged", False),
                          ("strip", True), ("spoofchk", False), ("isolated", False),
                          ("learning", True), ("learn_limit", 1024), ("state", "auto"),
                          ("hook", "auto")):
        if getattr(port, name) != default:
            keys[name] = getattr(port, name)
    return {**keys, **dict(port.more)}


def bridge_text(switch, ports, **top):
    lines = ["version: 1", f"switch: {switch}", "relay: bridge"]
    lines += [f"{key}: {scalar(value)}" for key, value in top.items()]
    lines += ["ports:"] + ["  - " + scalar(bridge_keys(p)) for p in ports]
    return "\n".join(lines) + "\n"


class EdgeEnd:
    """A station: its namespace, guests, switch and the model of it."""

    def __init__(self, name, vfs, number, mtu=1500, hook="tc", relay="veb", channels=None, pf=None,
                 groups=()):
        self.name, self.vfs, self.mtu, self.hook = name, list(vfs), mtu, hook
        self.relay, self.channels, self.pf, self.groups = relay, channels or {}, pf or {}, groups
        self.switch = f"st{number}{name}"
        self.space = Netns(f"st{number}{name}")
        self.guests = {v.name: Netns(f"st{number}{name}-{v.name}") for v in self.vfs}
        self.evbpf = Evbpf(self.space)
        self.remodel()

    def remodel(self):
        self.model = Station(self.vfs, self.relay, self.channels, up_mac(self.name), self.pf,
                             self.mtu)

    def host_end(self, name):
        return f"v{name[2:]}h"

    def entry(self, vf):
        guest = {"netns": self.guests[vf.name].name, "name": "eth0"}
        keys = vf_keys(vf, self.host_end(vf.name), guest)
        if vf.mtu != self.mtu:
            keys["mtu"] = vf.mtu
        keys.update({k: getattr(vf, k) for k in ("relay", "channel") if getattr(vf, k)})
        return keys

    def text(self):
        top = {} if self.relay == "veb" else {"relay": self.relay}
        if self.channels:
            top["channels"] = [{"name": n, "svid": s, **({"relay": r} if r else {})}
                               for n, (s, r) in self.channels.items()]
        if self.groups:
            top["portgroups"] = list(self.groups)
        return config_text(self.switch, "up0", [self.entry(v) for v in self.vfs], self.hook,
                           self.pf, top)


class CableLab:
    """stations: name -> keywords of EdgeEnd; ports: of the bridge, on devices "sa" for station a
    and "h1", which it makes; top: further keys of the bridge's file."""

    def __init__(self, ports, stations, mtu=1500, top=None, bridge_mtu=None, attach=True,
                 host_mtu=None):
        number = next(_numbers)
        self.switch, self.mtu, self.top = f"br{number}", mtu, top or {}
        self.ports = list(ports)
        self.space = Netns(self.switch)
        self.evbpf = Evbpf(self.space)
        self.stations = {n: self.make_station(n, number=number, mtu=mtu, **keys)
                         for n, keys in stations.items()}
        devs = list(dict.fromkeys([p.dev for p in self.ports] + [f"s{n}" for n in self.stations]))
        self.hosts = {d: Netns(f"{self.switch}-{d}") for d in devs if d[0] == "h"}
        self.host_mtu = host_mtu
        self.dir = tempfile.TemporaryDirectory(prefix="evbpf-e2e-")
        self.taps, self.watches = CableTaps(), {}
        self._cables(bridge_mtu or mtu)
        self.remodel()
        if attach:
            self.attach()
            self.open_taps()

    @staticmethod
    def make_station(name, **keys):
        return EdgeEnd(name, **keys)

    def upper(self, name):
        """Where a station's cable ends."""
        return self.space, f"s{name}"

    def remodel(self):
        """After a change of ports; what was learned is forgotten."""
        self.model = World(Bridge(self.ports), {n: s.model for n, s in self.stations.items()})

    def _cables(self, mtu):
        for name, station in self.stations.items():
            space, dev = self.upper(name)
            space.ip(f"link add {dev} mtu {mtu} type veth peer name up0 address "
                     f"{mac_text(up_mac(name))} mtu {mtu} netns {station.space.name}",
                     f"link set {dev} up")
            station.space.ip("link set up0 up")
            if station.hook == "xdp":
                self.in_band(space, dev)
        for name, space in self.hosts.items():
            mtu = self.host_mtu or mtu
            self.space.ip(f"link add {name} mtu {mtu} type veth peer name eth0 address "
                          f"{mac_text(host_mac(name))} mtu {mtu} netns {space.name}",
                          f"link set {name} up")
            space.ip("link set eth0 up")

    @staticmethod
    def in_band(space, dev):
        """This end of a cable sends tags in the bytes."""
        for feature in ("txvlan", "tx-vlan-stag-hw-insert"):
            space.run(["ethtool", "-K", dev, feature, "off"])

    # ---- the switches

    def write(self, name, text):
        path = os.path.join(self.dir.name, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    def bridge_file(self, name="bridge.yaml", ports=None, **top):
        return self.write(name, bridge_text(self.switch, self.ports if ports is None else ports,
                                            **{**self.top, **top}))

    def station_file(self, station):
        return self.write(f"{station}.yaml", self.stations[station].text())

    def attach(self):
        for name, station in self.stations.items():
            station.evbpf.ok("attach", self.station_file(name), timeout=120)
        self.evbpf.ok("attach", self.bridge_file(), timeout=120)

    def switches(self):
        return {"bridge": (self.evbpf, self.switch),
                **{n: (s.evbpf, s.switch) for n, s in self.stations.items()}}

    def stats(self):
        return {name: flat_stats(evbpf.json("stats", switch))
                for name, (evbpf, switch) in self.switches().items()}

    def fdb(self, switch="bridge"):
        """{(VLAN, address): (port, static)}; VLAN is (proto, vid) or None."""
        evbpf, name = self.switches()[switch]
        rows = evbpf.json("show", name, "fdb")["fdb"]
        return {((r["proto"], r["vlan"]) if r["vlan"] else None, mac(r["mac"])):
                (r["port"], r["static"]) for r in rows}

    # ---- sockets

    def open_taps(self):
        """Call after attach: the loader makes guests."""
        taps = self.taps
        for name, station in self.stations.items():
            self.watches[name] = Watch(*self.upper(name))
            self._open_pf(name, station)
            for vf, guest in station.guests.items():
                place = f"{name}.{vf}"
                taps.add_receiver(place, guest, "eth0", near=(station.space, station.host_end(vf)))
                taps.add_sender(place, guest, "eth0")
            taps.add_sender(f"{name}.wire", *self.upper(name))
        for name, space in self.hosts.items():
            if any(p.dev == name and p.state == "disable" for p in self.ports):
                continue  # no carrier
            taps.add_receiver(name, space, "eth0", near=(self.space, name))
            taps.add_sender(name, space, "eth0")
        self.take()

    def _open_pf(self, name, station):
        """What goes up to the stack of up0 is mirrored by a filter behind the switch's."""
        space = station.space
        space.ip("link add ptap0 mtu 65000 type veth peer name ptap1 mtu 65000",
                 "link set ptap0 up", "link set ptap1 up")
        if "clsact" not in space.run(["tc", "qdisc", "show", "dev", "up0"]).stdout:
            space.tc("qdisc add dev up0 clsact")
        space.tc(f"filter add dev up0 ingress pref 50000 protocol all {EVERYTHING} "
                 "action mirred egress mirror dev ptap0")
        self.taps.add_receiver(f"{name}.{PF}", space, "ptap1", near=(space, "ptap0"))
        self.taps.add_sender(f"{name}.{PF}", space, "up0")

    def take(self):
        """Result of all that was sent before, without counters."""
        got = self.taps.collect()
        result = Result(got=got)
        for name, watch in self.watches.items():
            result.up[name], result.down[name] = watch.take()
            result.down[name] = [raw for raw in result.down[name] if raw[:6] != up_mac(name)]
        return result

    def send(self, place, frame):
        """"a.wire" sends what the bridge might, past it."""
        self.taps.send(place, frame.raw())

    # ---- what must hold

    def address(self, place):
        station, _, port = place.partition(".")
        if not port:
            return host_mac(place)
        if port == PF:
            return up_mac(station)
        return next(v.mac for v in self.stations[station].vfs if v.name == port)

    def build(self, source, target, *args, **keys):
        """A frame between places; target may be an address."""
        target = self.address(target) if isinstance(target, str) else target
        return frames.build(target, self.address(source), *args, **keys)

    def expect(self, sends):
        want = Result()
        for place, frame in sends:
            self.model.run(place, frame, want)
        for name in want.down:
            want.down[name] = [f for f in want.down[name] if f.dst != up_mac(name)]
        return want

    def check(self, *sends, cable=True):
        """Fails unless both switches do with these (place, frame) what the model says; cable=False
        leaves out the cables. Returns what it said."""
        return self.check_result(sends, self.expect(sends), cable)

    def check_result(self, sends, want, cable=True):
        before = self.stats()
        for place, frame in sends:
            self.send(place, frame)
        got = self.take()
        after = self.stats()
        got.moves = {name: moves(before[name], after[name]) for name in before}
        wrong = differences(want, got, cable)
        assert not wrong, f"{len(wrong)} lines, after {len(sends)} frames:\n" + "\n".join(
            [f"{place} sends {frame}" for place, frame in sends[:4]] + wrong[:40])
        return want

    def close(self):
        self.taps.close()
        for watch in self.watches.values():
            watch.close()
        left = []
        for evbpf, switch in self.switches().values():
            done = evbpf.run("detach", switch) if is_attached(switch) else None
            if is_attached(switch):
                left.append(explain(["detach", switch], done))
        for station in self.stations.values():
            for space in (*station.guests.values(), station.space):
                space.close()
        for space in (*self.hosts.values(), self.space):
            space.close()
        self.dir.cleanup()
        assert not left, "cannot clean up:\n" + "\n".join(left)


class BridgeMonitor(Monitor):
    """`evbpf monitor -j` of the bridge."""

    def __init__(self, lab):
        super().__init__(SimpleNamespace(evbpf=lab.evbpf, host=lab.space, switch_name=lab.switch))

    def find(self, port, reason, raw):
        self.read()
        some = SimpleNamespace(read=lambda: [e for e in self.events if "reason" in e],
                               name=self.name)
        return Monitor.find(some, port, reason, raw)

    def about(self, what, address, number=0):
        """Events learned or moved of this address; none before there are so many."""
        found = [e for e in self.read() if (e["event"], e.get("mac")) == (what, mac_text(address))]
        return found if len(found) >= number else []


def is_attached(switch):
    return any(f"/evbpf/{switch}/" in f"{path}/" for path in pins())


def raw_of(copies):
    return [c if isinstance(c, bytes) else c.raw() for c in copies]


def differences(want, got, cable=True):
    lines = []
    parts = [("", want.got, got.got)]
    if cable:
        parts += [("to the bridge from ", want.up, got.up), ("to station ", want.down, got.down)]
    for words, wanted, seen in parts:
        for place in sorted({*wanted, *seen}):
            lines += [f"{words}{place}: {line}" for line in
                      frames.diff_lists(raw_of(wanted.get(place, [])), raw_of(seen.get(place, [])))]
    for switch, moved in got.moves.items():
        wanted = want.moves.get(switch, Counter())
        lines += [f"counter {switch} {port} {name}: expected {wanted[port, name]}, "
                  f"got {moved.get((port, name), 0)}" for port, name in sorted({*wanted, *moved})
                  if wanted[port, name] != moved.get((port, name), 0)]
    return lines


@contextlib.contextmanager
def cable_lab(*args, **keys):
    lab = CableLab(*args, **keys)
    try:
        yield lab
    finally:
        lab.close()
