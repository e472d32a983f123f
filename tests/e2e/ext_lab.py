# SPDX-License-Identifier: GPL-2.0-only
"""The topology of the tests of port extenders: cable.py's, with extenders for stations, and
extenders behind these.

    one namespace per VF    extender a's namespace          the bridge's namespace      a host's
    +------------+        +------------------------+       +------------------------+  +------+
    |  eth0 (vf0) ========== v0h  (id 0x12)    up0 =========== sa                h1 ====== eth0 |
    +------------+        |        extender        | cable |   controlling bridge   |  +------+
                          |  cb                    |       +------------------------+
                          +--||--------------------+
                             || cable
                          +--||--------------------+
    |  eth0 (vf0) ========== v0h  (id 0x101)   up0 |
    +------------+        |       extender b       |
                          |  cc ... extender c     |
                          +------------------------+

What passes a cable is seen at its upper end: of b's cable at cb, in a's namespace.
"""
import contextlib
from dataclasses import replace

from cable import CableLab, EdgeEnd, bridge_text, up_mac, vf_mac
from ext_model import E_TAG, ControllingBridge, Extender, ExtVF, ExtWorld
from program import scalar, vf_keys
from taps import Sender

MTU, GUEST_MTU = 1520, 1500


def ext_vf(station, number, ident, **keys):
    return ExtVF(f"vf{number}", vf_mac(station, number), ident=ident, **keys)


def id_word(kind):
    return "ecid" if kind == E_TAG else "vif"


def group_keys(kind, ident):
    return {"grp": ident[0], "ecid": ident[1]} if kind == E_TAG else {"list": ident}


class ExtenderEnd(EdgeEnd):
    """below: names of the extenders behind it, and their ids."""

    def __init__(self, name, vfs, number, mtu=MTU, hook="tc", tag=E_TAG, pf_id=0, groups=None,
                 above="", below=None):
        self.tag, self.pf_id, self.ext_groups = tag, pf_id, groups or {}
        self.above, self.below = above, below or {}
        super().__init__(name, vfs, number, mtu, hook)

    def remodel(self):
        cascades = {f"c{n}": ids for n, ids in self.below.items()}
        self.model = Extender(self.tag, self.vfs, up_mac(self.name), self.pf_id, self.ext_groups,
                              cascades, self.mtu, self.mtu)

    def entry(self, vf):
        guest = {"netns": self.guests[vf.name].name, "name": "eth0"}
        keys = vf_keys(replace(vf, trunk=None), self.host_end(vf.name), guest)
        return {**keys, "mtu": vf.mtu, id_word(self.tag): vf.ident}

    def text(self):
        lines = ["version: 1", f"switch: {self.switch}", "relay: extender", f"tag: {self.tag}",
                 "uplink: " + scalar({"dev": "up0", "hook": self.hook})]
        if self.pf_id:
            lines.append("pf: " + scalar({id_word(self.tag): self.pf_id}))
        parts = {
            "vfs": [self.entry(v) for v in self.vfs],
            "cascade": [{"dev": f"c{n}", "ids": sorted(ids)} for n, ids in self.below.items()],
            "replication": [{**group_keys(self.tag, ident), "members": list(members)}
                            for ident, members in self.ext_groups.items()],
        }
        for key, entries in parts.items():
            if entries:
                lines += [f"{key}:", *("  - " + scalar(entry) for entry in entries)]
        return "\n".join(lines) + "\n"


class ExtLab(CableLab):
    """stations: extenders have `tag`, others are cable.py's. groups: of the bridge."""

    def __init__(self, ports, stations, groups=(), mtu=MTU, host_mtu=GUEST_MTU, **keys):
        self.groups = list(groups)
        ports = [replace(p, mtu=host_mtu if p.dev[0] == "h" else mtu) for p in ports]
        super().__init__(ports, stations, mtu=mtu, host_mtu=host_mtu, **keys)

    @staticmethod
    def make_station(name, **keys):
        return ExtenderEnd(name, **keys) if "tag" in keys else EdgeEnd(name, **keys)

    def above(self):
        return {n: (s.above, f"c{n}") for n, s in self.stations.items()
                if getattr(s, "above", "")}

    def upper(self, name):
        if name in self.above():
            return self.stations[self.above()[name][0]].space, f"c{name}"
        return super().upper(name)

    def remodel(self):
        self.model = ExtWorld(ControllingBridge(self.ports, self.groups),
                              {n: s.model for n, s in self.stations.items()}, self.above())

    def bridge_file(self, name="bridge.yaml", ports=None, **top):
        ports = self.ports if ports is None else ports
        kinds = {p.dev: p.tag for p in ports if getattr(p, "tag", "")}
        groups = [{"dev": g.dev, **({"vlan": g.vlan} if g.vlan else {}),
                   **group_keys(kinds[g.dev], g.ident), "members": list(g.members)}
                  for g in self.groups]
        if groups:
            top["replication"] = groups
        ports = [replace(p, more=(*p.more, ("tag", p.tag), (id_word(p.tag), p.ident)))
                 if getattr(p, "tag", "") else p for p in ports]
        return self.write(name, bridge_text(self.switch, ports, **{**self.top, **top}))

    def open_taps(self):
        """"a.up" sends what extender a might, past it, as "a.wire" does from above."""
        # up and down several cables a frame waits in more queues
        self.taps.rounds += 2 * len(self.above())
        super().open_taps()
        for name, station in self.stations.items():
            self.taps.senders[f"{name}.up"] = Sender(station.space, "up0", bypass=True)


@contextlib.contextmanager
def ext_lab(*args, **keys):
    lab = ExtLab(*args, **keys)
    try:
        yield lab
    finally:
        lab.close()
