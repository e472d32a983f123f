# SPDX-License-Identifier: GPL-2.0-only
"""The topology of the e2e tests.

      wire namespace            host namespace                          one namespace per VF
    +----------------+      +------------------------------------+      +------------------+
    |  wire0 ================ up0 (uplink)           v0h ================ eth0  (vf0)      |
    |    ^           |      |  |  ^                              |      +------------------+
    |    | redirect  |      |  |  | redirect       v1h ================ eth0  (vf1) ...
    |  winj0 = winj1 |      |  v  |                              |
    +----------------+      | ptap0 = ptap1   (PF: up0's stack)  |
                            +------------------------------------+

What reaches the PF is seen behind the switch's program: a TC filter of the "operator" on up0's
ingress hook, after evbpf's, mirrors what goes up to the stack to ptap0, tag and all. A socket
bound to a tagged frame's inner EtherType on up0 would see it too, but the stack has no 8021q and
takes the outer tag away before it looks for sockets (measured; test_harness.py).

How a tag travels when a port sends it:
    wire, pf     in the bytes (AF_PACKET). The core moves the outer one beside the frame before
                 TC ingress; XDP and TC egress see it in the bytes.
    wire+, pf+   beside the frame (skb metadata), as a VLAN device sends it: through winj, ptap.
    vf           a veth gives it to TC ingress beside the frame, whatever the guest did; a second
                 tag stays in the bytes. XDP on the host end sees the bytes.
"""
import itertools
import json
import os
import re
import tempfile

from frames import mac, mac_text
from model import PF, WIRE, Switch, pf_port, wire_port
from netns import Netns
from program import Evbpf, changes, config_text, explain, flat_stats, pins, snapshot, vf_keys
from taps import Taps

UPLINK_MAC = mac(f"02:5e:{os.getpid() >> 8 & 0xff:02x}:{os.getpid() & 0xff:02x}:00:f0")
WIRE_MAC = mac("02:00:00:00:00:ff")
_numbers = itertools.count(1)


def vf_mac(number):
    return mac(f"02:00:00:00:01:{number:02x}")


def far_end_in_band(lab):
    """The cable's other end sends tags in the bytes, as any real wire does."""
    for feature in ("txvlan", "tx-vlan-stag-hw-insert"):
        lab.wire.run(["ethtool", "-K", "wire0", feature, "off"])


class Lab:
    def __init__(self, ports=(), hook="tc", pf=None, env=None, binary=None, mtu=1500,
                 one_guest=False, far_end="in band", at_home=(), top=None):
        """at_home: VFs whose guest is the host's namespace itself; top: more keys of the file."""
        number = next(_numbers)
        self.switch_name = f"sw{number}"
        self.hook, self.mtu, self.far_end = hook, mtu, far_end
        self.vfs = list(ports)
        self.wire, self.host = Netns(f"w{number}"), Netns(f"h{number}")
        self.one_guest = Netns(f"g{number}") if one_guest else None
        self.guests = {p.name: self.host if p.name in at_home else
                       self.one_guest or Netns(f"g{number}-{p.name}") for p in self.vfs}
        self.pf_keys, self.top = pf or {}, top or {}
        self.model = Switch([wire_port(), pf_port(UPLINK_MAC), *self.vfs])
        self.evbpf = Evbpf(self.host, env, **({"binary": binary} if binary else {}))
        self.taps = Taps()
        self.dir = tempfile.TemporaryDirectory(prefix="evbpf-e2e-")
        os.chmod(self.dir.name, 0o755)
        self._cable()
        for port in self.vfs:
            if port.made == "test":
                self.make_guest(port)
        self.config = self.write_config()

    # ---- devices

    @property
    def spaces(self):
        return list(dict.fromkeys([self.wire, self.host, *self.guests.values()]))

    def _cable(self):
        self.wire.ip(f"link add wire0 address {mac_text(WIRE_MAC)} mtu {self.mtu} type veth "
                     f"peer name up0 address {mac_text(UPLINK_MAC)} mtu {self.mtu} "
                     f"netns {self.host.name}", "link set wire0 up")
        self.host.ip("link set up0 up")
        if self.hook == "xdp" and self.far_end == "in band":
            far_end_in_band(self)

    def host_end(self, name):
        return f"v{name[2:]}h"

    def guest_end(self, name):
        return f"e{name[2:]}" if self.one_guest else "eth0"

    def make_guest(self, port):
        """A veth pair that the operator made."""
        dev, guest = self.host_end(port.name), self.guests[port.name]
        inner = self.guest_end(port.name)
        self.host.ip(f"link add {dev} mtu {port.mtu} type veth peer name {inner} address "
                     f"{mac_text(port.mac)} mtu {port.mtu} netns {guest.name}",
                     f"link set {dev} up")
        guest.ip(f"link set {inner} up")

    def write_config(self, **change):
        """change: other keys for config_text()."""
        keys = {"switch": self.switch_name, "uplink": "up0", "vfs": self.vf_entries(),
                "hook": self.hook, "pf": self.pf_keys, "top": self.top, **change}
        return self.write_file(f"{keys['switch']}.yaml", config_text(**keys))

    def vf_entries(self):
        """`vfs` of the file, as dictionaries."""
        return [vf_keys(p, self.host_end(p.name), None if p.made == "test" else
                        {"netns": self.guests[p.name].name, "name": self.guest_end(p.name)})
                for p in self.vfs]

    def write_file(self, name, text):
        path = os.path.join(self.dir.name, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write(text)
        return path

    # ---- sockets

    def open_taps(self):
        """Call after attach: the loader makes guests."""
        self._inject(self.wire, "winj", "wire0")
        self._inject(self.host, "ptap", "up0")
        self.host.tc(*self.clsact("up0"),
                     "filter add dev up0 ingress pref 50000 protocol all bpf bytecode "
                     "'1,6 0 0 4294967295' action mirred egress mirror dev ptap0")
        taps = self.taps
        taps.add_receiver(WIRE, self.wire, "wire0", near=(self.host, "up0"))
        taps.add_receiver(PF, self.host, "ptap1", near=(self.host, "ptap0"))
        taps.add_sender("wire", self.wire, "wire0")
        taps.add_sender("wire+", self.wire, "winj1")
        taps.add_sender("pf", self.host, "up0")
        taps.add_sender("pf+", self.host, "ptap1")
        for name, guest in self.guests.items():
            if self.model.ports[name].state == "disable":
                continue  # its guest has no carrier: nothing comes in, what it sends dies there
            taps.add_receiver(name, guest, self.guest_end(name),
                              near=(self.host, self.host_end(name)))
            taps.add_sender(name, guest, self.guest_end(name))
        taps.collect()

    def _inject(self, space, name, out):
        """What is sent on NAME1 leaves by the device out, its outer tag beside the frame."""
        space.ip(f"link add {name}0 mtu 9000 type veth peer name {name}1 mtu 9000",
                 f"link set {name}0 up", f"link set {name}1 up")
        space.tc(f"qdisc add dev {name}0 clsact",
                 f"filter add dev {name}0 ingress pref 1 protocol all bpf bytecode "
                 f"'1,6 0 0 4294967295' action mirred egress redirect dev {out}")

    def clsact(self, dev):
        """The command that makes the qdisc, unless it is there (evbpf without tcx)."""
        have = self.host.run(["tc", "qdisc", "show", "dev", dev]).stdout
        return [] if "clsact" in have else [f"qdisc add dev {dev} clsact"]

    # ---- the switch

    def attach(self, *args, **kwargs):
        return self.evbpf.ok("attach", self.config, *args, **kwargs)

    def detach(self, **kwargs):
        return self.evbpf.ok("detach", self.switch_name, **kwargs)

    def stats(self):
        return flat_stats(self.evbpf.json("stats", self.switch_name))

    def snapshot(self):
        state = {"pins": pins()}
        for space in self.spaces:
            state.update(snapshot(space))
        return state

    def assert_same(self, before, what="something is left"):
        left = changes(before, self.snapshot())
        assert not left, f"{what}:\n" + "\n".join(left)

    def port(self, name):
        """What `show` says of a port; None: there is none."""
        ports = self.evbpf.json("show", self.switch_name)["ports"]
        return next((p for p in ports if p["port"] == name), None)

    def carrier(self, name):
        """Does the guest see a link?"""
        link = json.loads(self.guests[name].run(
            ["ip", "-j", "link", "show", self.guest_end(name)]).stdout)[0]
        return "LOWER_UP" in link["flags"]

    def is_attached(self):
        return any(re.search(rf"/evbpf/{self.switch_name}(/|$)", p) for p in pins())

    def close(self):
        self.taps.close()
        leftovers = None
        if self.is_attached():
            done = self.evbpf.run("detach", self.switch_name)
            if done.returncode != 0 or self.is_attached():
                leftovers = explain(["detach", self.switch_name], done)
        for space in self.spaces:
            space.close()
        self.dir.cleanup()
        assert leftovers is None, f"cannot clean up: {leftovers}"
