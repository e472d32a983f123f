# SPDX-License-Identifier: GPL-2.0-only
"""TCP with the devices as the kernel makes them: no offload is changed by hand."""
import contextlib
import json
import re
import socket
import time

import pytest

import verify
from lab import vf_mac
from model import Port
from netns import Netns
from program import Evbpf, config_text, vf_keys
from taps import raw_socket

ADDRESSES = {"wire": 1, "pf": 2, **{f"vf{i}": 10 + i for i in range(16)}}
PORTS = [Port("vf0", vf_mac(0)), Port("vf1", vf_mac(1), made="test"),
         Port("vf2", vf_mac(2), vlan=100), Port("vf3", vf_mac(3), vlan=100, qos=5)]
BYTES = "48M"
FLOWS = [("vf0", "vf1", 4), ("vf0", "vf1", 6), ("vf2", "vf3", 4), ("vf0", "pf", 4), ("pf", "vf0", 4),
         ("wire", "vf0", 4), ("vf1", "wire", 4), ("vf1", "wire", 6), ("wire", "pf", 4)]


def place(lab, name):
    """Namespace and device where a port's stack is."""
    return {"wire": (lab.wire, "wire0"), "pf": (lab.host, "up0")}.get(name) or (
        lab.guests[name], "eth0")


def address(name, version):
    number = ADDRESSES[name]
    return f"10.9.0.{number}" if version == 4 else f"fd09::{number}"


def give_addresses(lab, names):
    for name in names:
        space, dev = place(lab, name)
        space.run(["sysctl", "-qw", f"net.ipv6.conf.{dev}.disable_ipv6=0",
                   f"net.ipv6.conf.{dev}.accept_dad=0"])
        space.ip(f"addr add {address(name, 4)}/24 dev {dev}",
                 f"addr add {address(name, 6)}/64 dev {dev} nodad")


def checksum_errors(space):
    """InCsumErrors of TCP, UDP and ICMP in a namespace, IPv4 and IPv6."""
    total = 0
    lines = space.run(["cat", "/proc/net/snmp"]).stdout.splitlines()
    for names, values in zip(lines[::2], lines[1::2]):
        for name, value in zip(names.split(), values.split()):
            total += int(value) if name == "InCsumErrors" else 0
    six = space.run(["cat", "/proc/net/snmp6"]).stdout
    return total + sum(int(n) for n in re.findall(r"InCsumErrors\s+(\d+)", six))


@contextlib.contextmanager
def iperf_server(space, addr):
    server = space.start(["iperf3", "-s", "-1", "-B", addr])
    try:
        family = socket.AF_INET6 if ":" in addr else socket.AF_INET
        wait_for_port(space, family)
        yield
    finally:
        server.kill()
        server.wait()


def wait_for_port(space, family, port=5201):
    name = "/proc/net/tcp6" if family == socket.AF_INET6 else "/proc/net/tcp"
    end = time.monotonic() + 10
    while f":{port:04X} " not in space.run(["cat", name]).stdout:
        assert time.monotonic() < end, "iperf3 does not listen"
        time.sleep(0.02)


def longest_frame(sock):
    """Over all that the socket still holds."""
    longest = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            longest = max(longest, len(sock.recv(1 << 17)))
    return longest


def run_flow(lab, source, target, version):
    """Mbit/s, the longest frame that arrived at the target, and how many bytes iperf3 took there."""
    client, _ = place(lab, source)
    server, dev = place(lab, target)
    watch = raw_socket(server, dev)
    addr = address(target, version)
    try:
        with iperf_server(server, addr):
            done = client.run(["iperf3", "-c", addr, "-n", BYTES, "-J", "--connect-timeout", "3000"],
                              check=False, timeout=10)
        result = json.loads(done.stdout)
        assert "error" not in result, f"{source} -> {target}: {result['error']}"
        received = result["end"]["sum_received"]
        return received["bits_per_second"] / 1e6, longest_frame(watch), received["bytes"]
    finally:
        watch.close()


@pytest.fixture(scope="module", params=["tc", "xdp"])
def lab(request, make_module_lab):
    lab = make_module_lab(PORTS, hook=request.param)
    lab.attach()
    give_addresses(lab, ["wire", "pf", *lab.guests])
    return lab


def gro_is_off(space, dev):
    return "generic-receive-offload: off" in space.run(["ethtool", "-k", dev]).stdout


@pytest.mark.parametrize("source, target, version", FLOWS)
def test_tcp_moves_data_at_default_offloads(lab, source, target, version):
    """More than 50 Mbit/s, and no checksum error anywhere. GSO frames stay whole unless they
    cross a native XDP program, before which the kernel segments them."""
    before = {s.name: checksum_errors(s) for s in lab.spaces}
    rate, longest, _ = run_flow(lab, source, target, version)
    print(f"{lab.hook}: {source} -> {target} IPv{version}: {rate:.0f} Mbit/s, "
          f"longest frame {longest}")
    assert {s.name: checksum_errors(s) for s in lab.spaces} == before
    assert rate > 50
    if lab.hook == "tc" or source != "wire":
        assert longest > 1514, "GSO is lost"
        assert gro_is_off(*place(lab, target)), "GRO, not GSO, made the long frames"


def test_gso_frames_count_as_their_segments(lab):
    """Sender and receiver agree; no packet counts for more than 1514 bytes."""
    before = lab.stats()
    _, _, data = run_flow(lab, "vf2", "vf3", 4)
    moved = verify.moves(before, lab.stats())
    sent, got, size = moved["vf2", "tx.packets"], moved["vf3", "rx.packets"], moved["vf2", "tx.bytes"]
    assert size > data and sent >= size / 1514 and sent >= data / 1448
    assert (got, moved["vf3", "rx.bytes"]) == (sent, size)
    assert moved["vf3", "rx.dropped"] == 0


def udp_listener(space):
    with space.inside():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("0.0.0.0", 7777))
        sock.settimeout(2)
    return sock


@pytest.mark.parametrize("source, others", [("vf0", ["vf1", "pf", "wire"]), ("pf", ["vf0", "wire"]),
                                            ("wire", ["vf0", "vf1", "pf"]), ("vf2", ["vf3"])])
def test_a_broadcast_of_a_stack_arrives_with_a_right_checksum(lab, source, others):
    """UDP whose checksum the sender leaves to its device, once per copy."""
    listeners = {name: udp_listener(place(lab, name)[0]) for name in others}
    before = {s.name: checksum_errors(s) for s in lab.spaces}
    space, dev = place(lab, source)
    with space.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, dev.encode())
        for size in (1, 100, 1400, 1472):
            sock.sendto(bytes(size), ("10.9.0.255", 7777))
    for name, sock in listeners.items():
        assert [len(sock.recv(2000)) for _ in range(4)] == [1, 100, 1400, 1472], name
        sock.close()
    assert {s.name: checksum_errors(s) for s in lab.spaces} == before


def test_tcp_between_two_hosts_in_a_vlan(make_lab):
    """Both ends of the cable have a switch; guests in VLAN 100 on each. GSO with the tag on the
    cable. No 8021q device anywhere."""
    lab = make_lab([Port("vf2", vf_mac(2), vlan=100)])
    lab.attach()
    guest = lab.guests["vf3"] = far_host(lab)
    give_addresses(lab, ["vf2"])
    guest.run(["ip", "addr", "add", "10.9.0.13/24", "dev", "eth0"])
    try:
        for source, target in (("vf2", "vf3"), ("vf3", "vf2")):
            before = {s.name: checksum_errors(s) for s in lab.spaces}
            rate, longest, _ = run_flow(lab, source, target, 4)
            print(f"two switches: {source} -> {target}: {rate:.0f} Mbit/s")
            assert rate > 50 and longest > 1514
            assert {s.name: checksum_errors(s) for s in lab.spaces} == before
    finally:
        Evbpf(lab.wire).ok("detach", "far")


def far_host(lab):
    """A switch in the wire's namespace, with one VF in VLAN 100; its guest's namespace."""
    guest = Netns(lab.wire.name + "-far")
    port = Port("vf0", vf_mac(0x77), vlan=100)
    keys = vf_keys(port, "far0h", {"netns": guest.name, "name": "eth0"})
    path = lab.write_file("far.yaml", config_text("far", "wire0", [keys]))
    Evbpf(lab.wire).ok("attach", path)
    return guest
