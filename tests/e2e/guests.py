# SPDX-License-Identifier: GPL-2.0-only
"""Guests that hold a file descriptor, as a virtual machine's monitor does: taps and macvtaps.

    host namespace
    +------------------------------------------------+
    |  up0 (uplink)   t1h = fd of this process (tap) |
    |                                                |
    |  mp0 == mp1 (a veth pair, nobody's port)       |
    |   |                                            |
    |  m2h = fd of this process (macvtap on mp0)     |
    +------------------------------------------------+

Frames on the descriptors are plain bytes (IFF_NO_PI, no virtio header), tags and all; offload.py
has descriptors with a virtio header.
"""
import fcntl
import os
import struct
import tempfile

import netns
from frames import mac_text
from lab import Lab
from taps import Receiver, Sender

TUNSETIFF, TUNGETIFF = 0x400454CA, 0x800454D2
IFF_TAP, IFF_NO_PI = 0x0002, 0x1000
PARENT = "mp0"


class GuestFd:
    """A descriptor that a Receiver and a Sender can use in the place of a socket."""

    def __init__(self, fd, name, flags=0):
        self.fd = fd
        os.set_blocking(fd, False)
        try:
            fcntl.ioctl(fd, TUNSETIFF,
                        struct.pack("16sH22x", name.encode(), IFF_TAP | IFF_NO_PI | flags))
        except OSError:
            self.close()
            raise

    def fileno(self):
        return self.fd

    def recvmsg(self, size, _ancillary):
        return os.read(self.fd, size), [], 0, None

    def send(self, raw):
        os.write(self.fd, raw)

    def take(self):
        """All that is there."""
        found = []
        while True:
            try:
                found.append(os.read(self.fd, 1 << 17))
            except BlockingIOError:
                return found

    def close(self):
        fd, self.fd = self.fd, -1
        if fd >= 0:
            os.close(fd)


def open_tap(space, dev, make=GuestFd):
    """make: called with the open descriptor and the device's name."""
    with space.inside():
        return make(os.open("/dev/net/tun", os.O_RDWR | os.O_CLOEXEC), dev)


def open_macvtap(space, dev, make=GuestFd):
    """Its character device, wherever no udev makes one; /sys shows the namespace that mounts it."""
    with tempfile.TemporaryDirectory(dir="/run") as top:
        sysfs, node = os.path.join(top, "sys"), os.path.join(top, "node")
        os.mkdir(sysfs)
        with space.inside():
            netns.mount("sysfs", sysfs, "sysfs")
        try:
            device = os.path.join(sysfs, "class/net", dev)
            index = open(os.path.join(device, "ifindex"), encoding="ascii").read().strip()
            number = open(os.path.join(device, f"tap{index}", "dev"), encoding="ascii").read()
        finally:
            netns.umount(sysfs)
        os.mknod(node, 0o600 | 0o020000, os.makedev(*map(int, number.split(":"))))
        return make(os.open(node, os.O_RDWR | os.O_CLOEXEC), dev)


class ToGuest:
    """Sentinels past the switch to a macvtap's guest: through its parent, addressed to it."""

    def __init__(self, space, mac):
        self.sender, self.mac = Sender(space, "mp1"), mac

    def send(self, raw):
        self.sender.send(self.mac + raw[6:])

    def close(self):
        self.sender.close()


class FdReceiver(Receiver):
    def __init__(self, name, fd, near):  # pylint: disable=super-init-not-called
        self.name, self.sock, self.near = name, fd, near
        self.frames, self.seen = [], 0


class GuestLab(Lab):
    """kinds: name -> "tap" or "macvtap"; the others are the Lab's veths. mode: of the macvtaps."""

    def __init__(self, ports, kinds, mode="bridge", **keys):
        self.kinds, self.mode, self.fds = kinds, mode, {}
        super().__init__(ports, at_home=list(kinds), **keys)

    def _cable(self):
        super()._cable()
        if "macvtap" in self.kinds.values():
            self.host.ip(f"link add {PARENT} mtu {self.mtu} type veth peer name mp1 mtu {self.mtu}",
                         f"link set {PARENT} up", "link set mp1 up")

    def make_guest(self, port):
        if port.name not in self.kinds:
            super().make_guest(port)
            return
        self.make_device(port)
        self.hold(port.name)

    def make_device(self, port, **keys):
        dev, mac = self.host_end(port.name), mac_text(port.mac)
        if self.kinds[port.name] == "tap":
            self.host.ip(f"tuntap add dev {dev} mode tap")
            self.host.ip(f"link set {dev} mtu {port.mtu} up")
        else:
            parent, mode = keys.get("parent", PARENT), keys.get("mode", self.mode)
            self.host.ip(f"link add link {parent} name {dev} address {keys.get('mac', mac)} "
                         f"mtu {port.mtu} type macvtap mode {mode}", f"link set {dev} up")

    def hold(self, name):
        """A process opens the device, as QEMU does."""
        how = open_tap if self.kinds[name] == "tap" else open_macvtap
        self.fds[name] = how(self.host, self.host_end(name))
        return self.fds[name]

    def let_go(self, name):
        self.fds.pop(name).close()

    def open_taps(self):
        ours = {name: self.guests.pop(name) for name in self.kinds}
        super().open_taps()
        self.guests.update(ours)
        for name, fd in self.fds.items():
            if self.kinds[name] == "tap":
                near = Sender(self.host, self.host_end(name), bypass=True)
            else:
                near = ToGuest(self.host, self.model.ports[name].mac)
            self.taps.receivers[name] = FdReceiver(name, fd, near)
            self.taps.senders[name] = fd
        self.taps.collect()

    def close(self):
        for fd in self.fds.values():
            fd.close()
        super().close()
