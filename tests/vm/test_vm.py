# SPDX-License-Identifier: GPL-2.0-only
"""Guests with a kernel and drivers of their own, which do with checksums, segmentation and tags
what drivers do, and not what a test thinks of. Their devices and offloads are as QEMU makes them.

Data comes by HTTP, so that every byte of a transfer is compared, in both directions.
"""
import contextlib
import itertools

import pytest

from frames import mac_text
from lab import vf_mac
from netns import tcx_programs
from program import pins
from taps import raw_socket, receive_one
from vmlab import (CONTAINER, DATA, DATA_MB, DEVICES, MTU, address, count_errors, drops, got,
                   says_station, sent)

PEERS = [CONTAINER, "pf", "uplink"]
GUEST_PAIRS = list(itertools.combinations(DEVICES, 2))
PAIRS = GUEST_PAIRS + [(guest, peer) for guest in DEVICES for peer in PEERS]
VLAN = 100


def both(pair):
    return f"{says_station(pair[0])} and {says_station(pair[1])}"


def ids(pair):
    return "-".join(pair)


def ping(lab, source, target, count=3, size=56):
    """How many answers come."""
    text = lab.stations[source].run(
        f"busybox ping -A -c {count} -w 10 -W 5 -s {size} {address(target)}", check=False)
    return int(text.split(" packets received")[0].split()[-1])


def no_answer(lab, source, target):
    return "100% packet loss" in lab.stations[source].run(
        f"busybox ping -A -c 2 -w 2 -W 1 {address(target)}", check=False)


def fetch(lab, source, server, version=4):
    """source gets the data of another station, and every byte is right."""
    host = address(server, version) if version == 4 else f"[{address(server, version)}]"
    want = lab.stations[server].run(f"busybox md5sum <{DATA}").split()[0]
    assert lab.stations[source].fetch(f"http://{host}/data") == want, \
        f"{source} did not get the bytes of {server}"


@contextlib.contextmanager
def clean(lab, *names):
    """Counters move, nothing is dropped, and no checksum was wrong at these stations."""
    errors = {name: count_errors(lab.stations[name]) for name in names}
    moved, result = lab.moved(), {}
    yield result
    result.update(moved())
    assert drops(result) == {}
    assert {name: count_errors(lab.stations[name]) for name in names} == errors


@contextlib.contextmanager
def applied(lab, keys):
    """{VF: keys of the file}, by `apply`, and back."""
    entries = [{**entry, **keys.get(f"vf{entry['id']}", {})} for entry in lab.vf_entries()]
    lab.evbpf.ok("apply", lab.write_config(vfs=entries))
    try:
        yield
    finally:
        lab.evbpf.ok("apply", lab.write_config())


@contextlib.contextmanager
def live(lab, keys):
    """{VF: {key: value}} by `set`, and back by `apply`."""
    for name, values in keys.items():
        lab.evbpf.ok("set", lab.switch_name, "vf", name[2:],
                     *(str(x) for pair in values.items() for x in pair))
    try:
        yield
    finally:
        lab.evbpf.ok("apply", lab.config)


@contextlib.contextmanager
def guest_vlan(lab, *names):
    """An 8021q device in these guests takes the place of the untagged address."""
    try:
        for name in names:
            lab.stations[name].run(
                f"ip addr del {address(name)}/24 dev eth0; ip link add link eth0 name tagged type "
                f"vlan id {VLAN}; ip addr add {address(name)}/24 dev tagged; ip link set tagged up")
        yield
    finally:
        for name in names:
            lab.stations[name].run(f"ip link del tagged; ip addr add {address(name)}/24 dev eth0")


# ---- as they come

def test_all_guests_boot_and_their_devices_are_known(lab, says):
    shown = {name: lab.port(name) for name in DEVICES}
    assert {name: port["kind"] for name, port in shown.items()} == \
        {name: device for name, (device, _) in DEVICES.items()}
    for name, (_, model) in DEVICES.items():
        driver = lab.stations[name].run("busybox readlink /sys/class/net/eth0/device/driver")
        assert driver.strip().endswith({"virtio": "virtio_net"}.get(model, model))
    says(f"{len(DEVICES)} guests attached and booted in {lab.boot_seconds:.1f} s; show knows "
         "tap and macvtap")


@pytest.mark.parametrize("pair", PAIRS, ids=ids)
def test_ping(lab, says, pair):
    a, b = pair
    with clean(lab, a, b) as moved:
        for source, target in (pair, pair[::-1]):
            for size in (56, 1472):
                assert ping(lab, source, target, 3, size) == 3
    assert all(sent(moved, name) >= 12 and got(moved, name) >= 12 for name in pair)
    assert all(got(moved, name, "bytes") >= 6 * (56 + 42) + 6 * 1514 for name in pair)
    says(f"{both(pair)} answer each other's pings, short and full, counted on both ports")


@pytest.mark.parametrize("pair", PAIRS, ids=ids)
def test_tcp(lab, says, pair):
    a, b = pair
    with clean(lab, a, b) as moved:
        fetch(lab, a, b)
        fetch(lab, b, a)
    for name in pair:
        assert got(moved, name, "bytes") > DATA_MB << 20
        assert got(moved, name) > (DATA_MB << 20) / 1460
    says(f"{both(pair)} move {DATA_MB} MB by TCP each way: every byte right, no checksum error, "
         "no drop")


@pytest.mark.parametrize("pair", [("vf0", "vf2"), ("vf1", "vf3"), ("vf0", CONTAINER),
                                  ("vf2", "pf"), ("vf3", "uplink")], ids=ids)
def test_ipv6(lab, says, pair):
    a, b = pair
    with clean(lab, a, b):
        fetch(lab, a, b, 6)
        fetch(lab, b, a, 6)
    says(f"{both(pair)} find each other by IPv6 and move {DATA_MB} MB by TCP each way")


@pytest.mark.parametrize("name", ["vf0", "vf2"])
def test_gso(lab, says, name):
    """Frames of a virtio guest longer than its MTU pass whole; nothing on the way merged them."""
    container = lab.guests[CONTAINER]
    watch = raw_socket(container, "eth0")
    try:
        fetch(lab, CONTAINER, name)
        longest = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                longest = max(longest, len(watch.recv(1 << 17)))
    finally:
        watch.close()
    features = container.run(["ethtool", "-k", "eth0"]).stdout
    assert "generic-receive-offload: off" in features, "GRO, not GSO, would make long frames"
    assert longest > 1514
    says(f"{says_station(name)} sends GSO frames to a container, {longest} bytes the longest")


# ---- VLANs

ACCESS = {"vf0": {"vlan": VLAN}, "vf3": {"vlan": VLAN}, CONTAINER: {"vlan": VLAN}}


def test_access_vlan(lab, says):
    """By `set`, while the guests run; what leaves for the wire has the tag."""
    watch = raw_socket(lab.wire, "wire0")
    try:
        with live(lab, ACCESS):
            for pair in itertools.combinations(ACCESS, 2):
                with clean(lab, *pair):
                    assert ping(lab, *pair) == 3
                    fetch(lab, pair[0], pair[1])
                    fetch(lab, pair[1], pair[0])
            for other in ("vf1", "vf2", "pf", "uplink"):
                lab.stations["vf0"].run(f"busybox arping -q -c 1 -w 1 -I eth0 {address(other)}",
                                        check=False)
                assert no_answer(lab, other, "vf0")
    finally:
        seen = list(iter(lambda: receive_one(watch), None))
        watch.close()
    tags = {frame[12:16] for frame in seen if frame[6:12] == vf_mac(0)}
    assert tags == {b"\x81\x00" + VLAN.to_bytes(2, "big")}
    says(f"guests set into access VLAN {VLAN} reach each other by TCP and nobody else; on the "
         "wire they are tagged")


@pytest.mark.parametrize("access, trunk", [(("vf0", "vf2"), ("vf1", "vf3")),
                                           (("vf1", "vf3"), ("vf0", "vf2"))],
                         ids=["e1000", "virtio"])
def test_trunk(lab, says, access, trunk):
    keys = {**{name: {"vlan": VLAN} for name in (*access, CONTAINER)},
            **{name: {"trunk": [VLAN], "untagged": True} for name in trunk}}
    pairs = [*itertools.product(trunk, (*access, CONTAINER)), trunk]
    with applied(lab, keys), guest_vlan(lab, *trunk):
        for pair in pairs:
            with clean(lab, *pair) as moved:
                assert ping(lab, *pair, size=1472) == 3
                fetch(lab, pair[0], pair[1])
                fetch(lab, pair[1], pair[0])
            assert all(got(moved, name, "bytes") > DATA_MB << 20 for name in pair)
    says(f"8021q devices of {' and '.join(map(says_station, trunk))} on trunks move data to each "
         "other and to access ports, each way")


# ---- jumbo frames

def datagrams_in_pieces(station):
    """ReasmReqds and FragCreates of IPv4"""
    names, values = (line.split() for line in station.run(
        "busybox grep ^Ip: /proc/net/snmp").splitlines()[:2])
    row = dict(zip(names, values))
    return int(row["ReasmReqds"]), int(row["FragCreates"])


@pytest.fixture(scope="module")
def jumbo(lab):
    def mtu(size):
        for station in lab.stations.values():
            station.run(f"busybox ip link set {station.dev} mtu {size}")
        lab.evbpf.ok("apply", lab.config)  # it has seen the uplink with 1500
    mtu(MTU)
    yield lab
    mtu(1500)


@pytest.mark.parametrize("pair", PAIRS, ids=ids)
def test_jumbo(jumbo, says, pair):
    lab = jumbo
    a, b = pair
    before = [datagrams_in_pieces(lab.stations[name]) for name in pair]
    with clean(lab, a, b) as moved:
        assert ping(lab, a, b, size=MTU - 28) == 3
    assert all(got(moved, name, "bytes") >= 3 * (MTU + 14) for name in pair)
    with clean(lab, a, b) as moved:
        fetch(lab, a, b)
        fetch(lab, b, a)
    assert [datagrams_in_pieces(lab.stations[name]) for name in pair] == before
    for source, target in (pair, pair[::-1]):
        # more than three quarters of a jumbo frame each, with all the acknowledgements
        assert got(moved, target) < 2 * got(moved, target, "bytes") / 4500
        assert sent(moved, source) > 0
    says(f"{both(pair)} exchange frames of {MTU + 14} bytes, and TCP each way uses them")


# ---- refused, and afterwards

@pytest.mark.parametrize("name", ["vf0", "vf2"])
def test_spoofed(lab, says, name):
    """Of a guest's own kernel: another source address in its frames."""
    station = lab.stations[name]
    own, other = mac_text(vf_mac(int(name[2:]))), "02:00:00:00:66:66"
    moved = lab.moved()
    station.run(f"ip link set eth0 down; ip link set eth0 address {other} up")
    try:
        assert no_answer(lab, name, "pf")
    finally:
        station.run(f"ip link set eth0 down; ip link set eth0 address {own} up; "
                    f"ip addr add {address(name, 6)}/64 dev eth0")
    seen = drops(moved())
    assert set(seen) == {(name, "spoof_mac")} and seen[name, "spoof_mac"] >= 2
    assert ping(lab, name, "pf") == 3
    says(f"{says_station(name)} is not heard with another address, which counts as spoof_mac")


def test_disabled(lab, says):
    """Its neighbour knows its address, or would only ask for it, and a flood just skips it."""
    neighbour, own = lab.stations["vf2"], address("vf0")
    neighbour.run(f"busybox arp -i eth0 -s {own} {mac_text(vf_mac(0))}")
    with live(lab, {"vf0": {"state": "disable"}}):
        moved = lab.moved()
        assert no_answer(lab, "vf0", "vf2")
        assert no_answer(lab, "vf2", "vf0")
        seen = drops(moved())
        assert set(seen) == {("vf0", "link")} and seen["vf0", "link"] >= 2
    neighbour.run(f"busybox arp -i eth0 -d {own}")
    with clean(lab, "vf0", "vf2"):
        assert ping(lab, "vf0", "vf2") == 3
    says("a guest whose VF is disabled is alone, counted as link, and is back when it is enabled")


def test_detach_under_running_guests(lab, says):
    lab.detach()
    assert pins() == []
    with lab.host.inside():
        for name in DEVICES:
            index = int(lab.host.run(["ip", "-o", "link", "show", lab.device(name)])
                        .stdout.split(":")[0])
            assert [tcx_programs(index, hook) for hook in (46, 47)] == [[], []]
    assert no_answer(lab, "vf0", "vf1")
    lab.attach()
    assert ping(lab, "vf0", "vf1") == 3
    assert ping(lab, "vf2", "vf3") == 3
    says("detach under running guests leaves no program and no pin; after attach they are back")
