# SPDX-License-Identifier: GPL-2.0-only
"""256 VFs on one uplink. Back-to-back bursts of broadcasts would overflow
net.core.netdev_max_backlog, with any switch: one broadcast is 256 frames in one queue."""
import time

import pytest

import verify
from frames import BROADCAST, build, mac
from lab import WIRE_MAC
from model import Port

PORTS = [Port(f"vf{i}", mac(f"02:00:00:00:05:{i:02x}")) for i in range(256)]


def timed(capsys, what, function):
    start = time.monotonic()
    function()
    with capsys.disabled():
        print(f"{what} of {len(PORTS)} VFs: {time.monotonic() - start:.2f} s")


@pytest.mark.parametrize("hook", ["tc", "xdp"])
def test_a_broadcast_reaches_256_vfs_once(make_lab, capsys, hook):
    """From the wire, from the first VF and from the last; a unicast reaches only its owner."""
    lab = make_lab(PORTS, hook=hook, one_guest=True)
    timed(capsys, f"hook {hook}: attach", lambda: lab.attach(timeout=120))
    lab.open_taps()
    verify.check(lab, "wire", build(BROADCAST, WIRE_MAC, seq=1))
    verify.check(lab, "vf0", build(BROADCAST, PORTS[0].mac, seq=2))
    verify.check(lab, "vf255", build(BROADCAST, PORTS[255].mac, seq=3))
    verify.check(lab, "vf7", build(PORTS[255].mac, PORTS[7].mac, seq=4))
    verify.check(lab, "wire", *[build(p.mac, WIRE_MAC, seq=5 + i) for i, p in enumerate(PORTS)])
    assert len(lab.evbpf.json("show", lab.switch_name)["ports"]) == 258
    lab.taps.close()
    timed(capsys, f"hook {hook}: detach", lambda: lab.detach(timeout=120))
