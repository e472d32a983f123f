# SPDX-License-Identifier: GPL-2.0-only
"""Two QEMU guests, A and B, with one card per switch under test: all are measured on the same two.

    A: eth0 --- tap --- Linux bridge --- tap --- eth0 :B
       eth1 --- tap --- evbpf ---------- tap --- eth1
       eth2 --- macvtap --- evbpf -- macvtap --- eth2
       eth3 --- macvtap - bridge mode - macvtap- eth3
"""
import json
import os
import sys
import tempfile

TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
sys.path[1:1] = [os.path.join(TOP, "tests/vm"), os.path.join(TOP, "tests/e2e")]

import qemu  # noqa: E402
from netns import OWN, setns  # noqa: E402
from qemu import GuestError  # noqa: E402, F401 (the caller's)


def missing():
    """Why there can be no guests, and the remedy; an empty string if they can be."""
    why = qemu.missing()
    return why and f"{why}: sudo scripts/vm-deps.sh installs it"


def open_device(netns, dev, directory):
    """A tap or macvtap of a named network namespace"""
    home = os.open(OWN, os.O_RDONLY | os.O_CLOEXEC)
    space = os.open(f"/run/netns/{netns}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        setns(space)
        return qemu.open_device(dev, directory)
    finally:
        setns(home)
        os.close(space)
        os.close(home)


class Guests:
    """links: [(netns, device of A, device of B)], one subnet each; macs: of A and B."""

    def __init__(self, links, macs):
        self.dir = tempfile.TemporaryDirectory(prefix="evbpf-bench-")
        self.both = []
        try:
            self.boot(links, macs)
        except BaseException:
            self.close()
            raise

    def boot(self, links, macs):
        image = qemu.Image(self.dir.name)
        for i, mac in enumerate(macs):
            nics = [qemu.Nic("virtio", mac, open_device(link[0], link[1 + i], self.dir.name))
                    for link in links]
            self.both.append(qemu.Guest(image, "AB"[i], nics, self.dir.name))
        for i, guest in enumerate(self.both):
            guest.run("; ".join(f"ip addr add 10.0.{n}.{i + 1}/24 dev eth{n}; ip link set eth{n} up"
                                for n in range(len(links))))
        self.both[1].run("iperf3 -s -D")
        for n in range(len(links)):  # both ends know each other's address
            self.both[0].run(f"ping -c 2 -A -w 10 10.0.{n}.2")

    def iperf(self, link, *options):
        """its `end`, as JSON"""
        text = self.both[0].run(f"iperf3 -J -c 10.0.{link}.2 {' '.join(options)}", seconds=20)
        return json.loads(text)["end"]

    def tcp(self, link, back=False):
        """Mbit/s from A to B, or back: about half a second of it"""
        end = self.iperf(link, "-n 80M", "-R" if back else "")
        return end["sum_received"]["bits_per_second"] / 1e6

    def udp(self, link):
        """thousand frames of 64 bytes (FCS included) a second, as they arrive at B"""
        row = self.iperf(link, "-u -b 0 -l 18 -k 25000")["sum"]
        return (row["packets"] - row["lost_packets"]) / row["seconds"] / 1e3

    def seconds(self):
        """of CPU time that both took so far"""
        return sum(guest.seconds() for guest in self.both)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for guest in self.both:
            guest.close()
        self.dir.cleanup()
