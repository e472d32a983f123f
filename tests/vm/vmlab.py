# SPDX-License-Identifier: GPL-2.0-only
"""The topology of the tests with real guests: that of tests/e2e/lab.py, and four of them.

    wire namespace          host namespace
    +-------------+      +------------------------------------------------------+
    |   wire0 ============= up0 (uplink, pf)                                    |
    +-------------+      |                                                      |
                         |   t0   tap     --- vf0   QEMU guest, virtio-net      |
                         |   t1   tap     --- vf1   QEMU guest, e1000           |
                         |   m2   macvtap --- vf2   QEMU guest, virtio-net      |
                         |   m3   macvtap --- vf3   QEMU guest, e1000           |
                         |   v4h  veth ============ vf4   a container's eth0    |
                         |                                                      |
                         |   the macvtaps' parent is par0, one end of a veth    |
                         +------------------------------------------------------+

All devices of the host take 9000 bytes; the guests say how much they send.
"""
import hashlib
import os
import urllib.request

import qemu
from lab import Lab, vf_mac
from frames import mac_text
from model import Port
from verify import moves

MTU = 9000
NETWORK, NETWORK6 = "10.9.0.", "fd09::"
ADDRESSES = {"uplink": 1, "pf": 2, **{f"vf{i}": 10 + i for i in range(5)}}
DEVICES = {"vf0": ("tap", "virtio"), "vf1": ("tap", "e1000"),
           "vf2": ("macvtap", "virtio"), "vf3": ("macvtap", "e1000")}
CONTAINER = "vf4"
DATA = "/tmp/www/data"
DATA_MB = 4


def says_station(name):
    """For a sentence."""
    if name in DEVICES:
        device, model = DEVICES[name]
        return f"{name} ({device}, {model})"
    return {CONTAINER: f"{name} (a container)", "pf": "the PF", "uplink": "the wire"}[name]


def address(name, version=4):
    return f"{NETWORK if version == 4 else NETWORK6}{ADDRESSES[name]}"


class HostStation:
    """A namespace of the host, used like a guest: commands of busybox, a /tmp of its own."""

    def __init__(self, space, dev, busybox, directory):
        self.space, self.dev = space, dev
        self.busybox, self.data = busybox, f"{directory}/{space.name}"

    def run(self, command, seconds=qemu.COMMAND_SECONDS, check=True):
        command = command.replace("/tmp/", f"{self.data}/")
        done = self.space.run([self.busybox, "sh", "-c", f"busybox() {{ {self.busybox} \"$@\"; }}; "
                               + command], timeout=seconds, check=check)
        return done.stdout

    def fetch(self, url):
        """MD5 of what is there"""
        no_proxy = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with self.space.inside(), no_proxy.open(url, timeout=20) as answer:
            return hashlib.md5(answer.read()).hexdigest()


class GuestStation:
    dev = "eth0"

    def __init__(self, guest):
        self.guest = guest

    def run(self, command, **kwargs):
        return self.guest.run(command, **kwargs)

    def fetch(self, url):
        return self.run(f"busybox wget -q -O - {url} | busybox md5sum").split()[0]


class VmLab(Lab):
    def __init__(self):
        self.guest_list, self.servers = [], []
        super().__init__([Port(CONTAINER, vf_mac(4), mtu=MTU)], mtu=MTU)
        self.busybox = qemu.busybox()
        self.host.ip(f"link add par0 mtu {MTU} type veth peer name par1 mtu {MTU}",
                     "link set par0 up", "link set par1 up",
                     *(self.add_device(name) for name in DEVICES),
                     *(f"link set {self.device(name)} up mtu {MTU}" for name in DEVICES))

    @staticmethod
    def device(name):
        return ("t" if DEVICES[name][0] == "tap" else "m") + name[2:]

    def add_device(self, name):
        if DEVICES[name][0] == "tap":
            return f"tuntap add dev {self.device(name)} mode tap"
        # its guest's address: macvlan takes the frames of another one for somebody else's
        return (f"link add link par0 name {self.device(name)} address "
                f"{mac_text(vf_mac(int(name[2:])))} type macvtap mode bridge")

    def vf_entries(self):
        """`kind` is said for half of the guests' devices; the others are `auto`."""
        entries = [{"id": int(name[2:]), "dev": self.device(name),
                    "mac": mac_text(vf_mac(int(name[2:]))),
                    **({"kind": kind} if model == "virtio" else {})}
                   for name, (kind, model) in DEVICES.items()]
        return entries + super().vf_entries()

    # ---- guests

    def begin(self):
        """Attach, as a host does before its guests come; then boot all of them at once."""
        self.attach()
        image = qemu.Image(self.dir.name)
        guest = {}
        with self.host.inside():
            for name, (_, model) in DEVICES.items():
                nic = qemu.Nic(model, mac_text(vf_mac(int(name[2:]))),
                               qemu.open_device(self.device(name), self.dir.name))
                guest[name] = qemu.Guest(image, name, [nic], self.dir.name)
                self.guest_list.append(guest[name])
        here = (self.busybox, self.dir.name)
        self.stations = {"uplink": HostStation(self.wire, "wire0", *here),
                         "pf": HostStation(self.host, "up0", *here),
                         CONTAINER: HostStation(self.guests[CONTAINER], "eth0", *here),
                         **{name: GuestStation(g) for name, g in guest.items()}}
        for name, station in self.stations.items():
            self.settle(name, station)

    def settle(self, name, station):
        """Addresses, and a server of 4 MB of random bytes that only this station has."""
        if name not in DEVICES:
            os.mkdir(station.data)
            station.run(f"echo 0 >/proc/sys/net/ipv6/conf/{station.dev}/disable_ipv6")
        station.run(f"echo 0 >/proc/sys/net/ipv6/conf/{station.dev}/accept_dad; "
                    f"busybox ip addr add {address(name)}/24 dev {station.dev}; "
                    f"busybox ip link set {station.dev} mtu 1500 up; "
                    f"busybox ip addr add {address(name, 6)}/64 dev {station.dev}; "
                    f"until busybox ip link show {station.dev} | busybox grep -q LOWER_UP; "
                    "do busybox usleep 50000; done; busybox mkdir /tmp/www; busybox dd "
                    f"if=/dev/urandom of={DATA} bs=64k count={DATA_MB * 16} 2>/dev/null")
        if name in DEVICES:
            station.run("busybox httpd -h /tmp/www")
        else:
            self.servers.append(station.space.start([self.busybox, "httpd", "-f", "-h",
                                                     f"{station.data}/www"]))

    # ---- what tests look at

    def moved(self):
        """A function: how the counters of the switch have moved since moved() was called."""
        before = self.stats()
        return lambda: moves(before, self.stats())

    def close(self):
        for guest in self.guest_list:
            guest.close()
        for server in self.servers:
            server.kill()
            server.wait()
        super().close()


def count_errors(station):
    lines = station.run("cat /proc/net/snmp /proc/net/netstat").splitlines()
    total = 0
    for names, values in zip(lines[::2], lines[1::2]):
        total += sum(int(value) for name, value in zip(names.split(), values.split())
                     if name == "InCsumErrors")
    six = station.run("cat /proc/net/snmp6").split()
    return total + sum(int(n) for name, n in zip(six[::2], six[1::2]) if "InCsumErrors" in name)


def sent(moved, name):
    """Packets that a station gave to the switch."""
    return moved[name, "rx.packets" if name == "uplink" else "tx.packets"]


def got(moved, name, what="packets"):
    return moved[name, ("tx." if name == "uplink" else "rx.") + what]


def drops(moved):
    """{(port, reason): n}"""
    return {(port, key[6:]): n for (port, key), n in moved.items()
            if key.startswith("drops.") and n}
