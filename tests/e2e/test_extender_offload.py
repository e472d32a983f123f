# SPDX-License-Identifier: GPL-2.0-only
"""TCP of guests with the devices as the kernel makes them, through one extender, two, and the
bridge; what is cut on the way, and what is too long."""
import contextlib
import json
import re
import socket

import pytest

from ext_lab import MTU, ext_lab, ext_vf
from ext_model import E_TAG, VN_TAG, ExtPort, Group
from frames import BROADCAST, ctag, mac_text
from guests import open_tap
from model_bridge import BridgePort
from netns import Netns
from offload import VnetFd
from program import Evbpf, until
from taps import raw_socket
from test_tcp import checksum_errors, iperf_server, longest_frame, udp_listener
from test_vepa import all_spaces

SETUPS = [(E_TAG, "tc"), (VN_TAG, "tc"), (E_TAG, "xdp")]
OVER = {E_TAG: 4, VN_TAG: 2}  # what a cable's MTU must be above the guests'
IDS = {"a.vf0": 0x12, "a.vf1": 0x13, "a.vf2": 0x14, "b.vf0": 0x100, "b.vf1": 0x101}
ADDRESSES = {place: 10 + n for n, place in enumerate([*IDS, "h1"])}
# vf2 of a and vf1 of b are in a VLAN inside
FLOWS = [("a.vf0", "a.vf1", 4), ("a.vf0", "a.vf1", 6), ("a.vf0", "b.vf0", 4), ("b.vf0", "a.vf0", 6),
         ("b.vf0", "h1", 4), ("h1", "b.vf0", 6), ("h1", "a.vf0", 4), ("a.vf2", "b.vf1", 4),
         ("b.vf1", "a.vf2", 6)]
CUT = [("a.vf0", "a.vf1", 4), ("a.vf0", "b.vf0", 6), ("b.vf0", "h1", 4), ("h1", "b.vf0", 6),
       ("a.vf2", "b.vf1", 4)]


ONE_CPU = ["-A", "0,0"]  # with two, frames overtake each other on a bare veth pair, too
FEW = ["-w", "64K"]  # cut in front of a cable, more at once would not fit in its queue


def lab_of(kind, hook="tc", guest_mtu=1500, mtu=MTU, **keys):
    all_ = (1, 5) if kind == E_TAG else 0x1005
    in_vlan = {"a.vf2", "b.vf1"}
    vfs = {n: [ext_vf(n, int(p[-1]), i, mtu=guest_mtu, **({"vlan": 100} if p in in_vlan else {}))
               for p, i in IDS.items() if p[0] == n] for n in "ab"}
    ports = [ExtPort("x" + p[0] + p[2:], dev="sa", tag=kind, ident=i,
                     hook="auto" if hook == "tc" else hook,
                     **({"trunk": frozenset([100])} if p in in_vlan else {}))
             for p, i in IDS.items()]
    return ext_lab([*ports, BridgePort("p1", dev="h1")], {
        "a": {"vfs": vfs["a"], "tag": kind, "hook": hook, "below": {"b": {0x100, 0x101}},
              "groups": {all_: ["vf0", "vf1", "cb"]}},
        "b": {"vfs": vfs["b"], "tag": kind, "hook": hook, "above": "a",
              "groups": {all_: ["vf0"]}},
    }, [Group("sa", all_, ("xavf0", "xavf1", "xbvf0"))], mtu=mtu, host_mtu=guest_mtu, **keys)


def space_of(lab, place):
    station, _, port = place.partition(".")
    return lab.stations[station].guests[port] if port else lab.hosts[place]


def address(place, version):
    return f"10.9.0.{ADDRESSES[place]}" if version == 4 else f"fd09::{ADDRESSES[place]}"


def give_addresses(lab):
    """Nobody asks for neighbours: what a guest sends is for the one it talks to."""
    neighbours = [f"neigh add {address(place, version)} lladdr {mac_text(lab.address(place))} "
                  "dev eth0 nud permanent" for place in ADDRESSES for version in (4, 6)]
    for place in ADDRESSES:
        space = space_of(lab, place)
        space.run(["sysctl", "-qw", "net.ipv6.conf.eth0.disable_ipv6=0",
                   "net.ipv6.conf.eth0.accept_dad=0"])
        space.ip(f"addr add {address(place, 4)}/24 dev eth0",
                 f"addr add {address(place, 6)}/64 dev eth0 nodad", *neighbours)


@pytest.fixture(scope="module", params=SETUPS, ids=" ".join)
def lab(request):
    kind, hook = request.param
    with lab_of(kind, hook) as made:
        made.kind, made.hook = kind, hook
        give_addresses(made)
        yield made


def refused(stats):
    """Whatever was dropped, but for a multicast of an extender's only port: it comes back down."""
    return {(name, *key): n for name, ports in stats.items() for key, n in ports.items()
            if key[1].startswith("drops.") and key[1] != "drops.reflected" and n}


def packets(stats, place, sent):
    """What a guest sent or got, by its switch; of a host's port rx is what it sent."""
    station, _, port = place.partition(".")
    if not port:
        return stats["bridge"].get(("p1", "rx.packets" if sent else "tx.packets"), 0)
    return stats[station].get((port, "tx.packets" if sent else "rx.packets"), 0)


def lost(before, after, source, target):
    """Packets of the source that did not get to the target."""
    sent, got = (packets(after, place, sent) - packets(before, place, sent)
                 for place, sent in ((source, True), (target, False)))
    return sent - got


def quiet(lab):
    """Counters when nothing is on its way; the switches are read one after another."""
    readings = [lab.stats()]

    def twice_the_same():
        readings.append(lab.stats())
        return readings[-1] == readings[-2]
    until("a quiet moment", twice_the_same)
    return readings[-1]


@contextlib.contextmanager
def right_checksums(lab):
    """None was wrong, anywhere."""
    before = [checksum_errors(s) for s in all_spaces(lab)]
    yield
    assert [checksum_errors(s) for s in all_spaces(lab)] == before


def flow(lab, source, target, version, *args):
    """TCP moves data and nothing is lost: none is sent again, or all arrived and the sender was
    impatient. The longest frame at the target."""
    addr, server = address(target, version), space_of(lab, target)
    before = quiet(lab)
    watch = raw_socket(server, "eth0")
    try:
        with iperf_server(server, addr):
            done = space_of(lab, source).run(
                ["iperf3", "-c", addr, "-n", "24M", "-J", "--connect-timeout", "3000", *ONE_CPU,
                 *args], check=False, timeout=20)
        longest = longest_frame(watch)
    finally:
        watch.close()
    result = json.loads(done.stdout)
    what = f"{lab.kind} {source} -> {target} IPv{version}"
    assert "error" not in result, f"{what}: {result['error']}"
    rate = result["end"]["sum_received"]["bits_per_second"] / 1e6
    again = result["end"]["sum_sent"]["retransmits"]
    after = quiet(lab)
    print(f"{what}: {rate:.0f} Mbit/s, {again} sent again, longest frame {longest}")
    assert refused(after) == refused(before), what
    assert rate > 20, what
    assert again == 0 or lost(before, after, source, target) <= 0, what
    return longest


by_tc = pytest.mark.parametrize("lab", SETUPS[:2], indirect=True, ids=" ".join)


@by_tc
def test_tcp_moves_data_at_default_offloads(lab):
    """Up and down a cable, a cascade and the bridge a GSO frame stays whole, its tag in front."""
    with right_checksums(lab):
        for source, target, version in FLOWS:
            assert flow(lab, source, target, version) > 1514, "GSO is lost"


@pytest.mark.parametrize("lab", SETUPS[2:], indirect=True, ids=" ".join)
def test_tcp_moves_data_where_the_cables_have_our_xdp_programs(lab):
    """What comes in there is cut."""
    with right_checksums(lab):
        for what in CUT:
            flow(lab, *what, *FEW)


def cable_ends(lab):
    return [end for name, station in lab.stations.items()
            for end in ((station.space, "up0"), lab.upper(name))]


@contextlib.contextmanager
def features(ends, *words):
    """Offloads of these ends of cables, off."""
    for space, dev in ends:
        space.run(["ethtool", "-K", dev, *(w for word in words for w in (word, "off"))])
    try:
        yield
    finally:
        for space, dev in ends:
            space.run(["ethtool", "-K", dev, *(w for word in words for w in (word, "on"))])


@by_tc
def test_tcp_passes_cables_whose_devices_cut_nothing(lab):
    """The kernel cuts in front of them, behind a tag that it does not know."""
    with right_checksums(lab), features(cable_ends(lab), "tso", "gso"):
        for what in CUT:
            flow(lab, *what, *FEW)
    with right_checksums(lab), features(cable_ends(lab), "tso", "gso", "tx"):
        flow(lab, *CUT[1], *FEW)


@by_tc
def test_tcp_goes_back_down_a_cable_whose_upper_end_cuts_nothing(lab):
    """From one id to another of one device: a whole GSO frame comes up with its tag and goes down
    with another one, and is cut by the kernel behind that. A device of any other kind than veth has
    its TSO turned off by attach."""
    with right_checksums(lab), features([lab.upper("a")], "tso"):
        for source, target, version in FLOWS:
            if "h1" not in (source, target):
                assert flow(lab, source, target, version, *FEW) <= 1514, "nothing was cut"


@by_tc
def test_tcp_passes_cables_whose_far_ends_have_an_xdp_program(lab, foreign_object):
    """A veth then takes no GSO frame: also one that came down or up a cable with its tag is cut."""
    ends = cable_ends(lab)
    for space, dev in ends:
        space.run(["ip", "link", "set", "dev", dev, "xdpdrv", "obj", foreign_object, "sec", "xdp"])
    try:
        with right_checksums(lab):
            for what in CUT:
                flow(lab, *what, *FEW)
    finally:
        for space, dev in ends:
            space.run(["ip", "link", "set", "dev", dev, "xdpdrv", "off"])


@by_tc
def test_a_broadcast_of_a_stack_arrives_with_a_right_checksum(lab):
    """UDP whose checksum the sender leaves to its device, once for each copy, also by groups."""
    with right_checksums(lab):
        for source in ("a.vf0", "b.vf0", "h1"):
            others = [p for p in ("a.vf0", "a.vf1", "b.vf0", "h1") if p != source]
            listeners = {place: udp_listener(space_of(lab, place)) for place in others}
            with space_of(lab, source).inside(), \
                    socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                for size in (1, 100, 1400, 1472):
                    sock.sendto(bytes(size), ("10.9.0.255", 7777))
            for place, sock in listeners.items():
                assert [len(sock.recv(2000)) for _ in range(4)] == [1, 100, 1400, 1472], place
                sock.close()


# ---- what is too long

def full(lab, source, target, size, tags=()):
    """A frame of this many bytes behind the Ethernet header and one tag."""
    return source, lab.build(source, target, tags, length=size + 14)


@pytest.mark.parametrize("kind, guest_mtu", [(E_TAG, 1500), (VN_TAG, 9000)])
def test_full_frames_pass_where_the_cable_has_room_for_the_tag(kind, guest_mtu):
    """Guest MTU + 4 (VN-Tag: 2) for an untagged frame. With a C-TAG it is 4 more: counted as mtu,
    at the uplink by the extender, at each port by the bridge."""
    with lab_of(kind, guest_mtu=guest_mtu, mtu=guest_mtu + OVER[kind]) as lab:
        for source, target in (("a.vf0", "h1"), ("h1", "a.vf0"), ("b.vf0", "h1"), ("h1", "b.vf0"),
                               ("a.vf0", "b.vf0")):
            lab.check(full(lab, source, target, 60), full(lab, source, target, guest_mtu),
                      full(lab, source, BROADCAST, guest_mtu))
            want = lab.check(full(lab, source, target, guest_mtu - 4, [ctag(5)]),
                             full(lab, source, target, guest_mtu, [ctag(5)]))
            at = ("bridge", f"x{target[0]}vf0") if source == "h1" else (source[0], "uplink")
            assert want.moves[at[0]][at[1], "drops.mtu"] == 1, (source, target)


@pytest.mark.parametrize("kind, guest_mtu", [(E_TAG, 9000), (VN_TAG, 1500)])
def test_with_four_bytes_more_a_vlan_tag_fits_too(kind, guest_mtu):
    """That of a guest and the one that the extender puts in; and attach has nothing to say."""
    with lab_of(kind, guest_mtu=guest_mtu, mtu=guest_mtu + 4 + OVER[kind], attach=False) as lab:
        assert attach(lab) == dict.fromkeys(("a", "b", "bridge"), "")
        lab.open_taps()
        for source, target in (("a.vf0", "h1"), ("h1", "b.vf0"), ("b.vf0", "a.vf0")):
            for tags in ([ctag(5)], [ctag(100, 3)]):
                want = lab.check(full(lab, source, target, guest_mtu, tags),
                                 full(lab, source, BROADCAST, guest_mtu, tags))
                assert want.got[target] and not [
                    key for moved in want.moves.values() for key in moved if "mtu" in key[1]]
        want = lab.check(full(lab, "a.vf2", BROADCAST, guest_mtu),
                         full(lab, "b.vf1", BROADCAST, guest_mtu))
        assert len(want.got["b.vf1"]) == len(want.got["a.vf2"]) == 1
        lab.kind = kind
        give_addresses(lab)
        with right_checksums(lab):
            assert flow(lab, "a.vf2", "b.vf1", 4) > guest_mtu + 14


def test_a_cascade_that_is_too_small_counts_what_it_cannot_send():
    """Down at the upper extender's port, up at the lower one's uplink; others have it."""
    with lab_of(E_TAG, attach=False) as lab:
        for space, dev in (lab.upper("b"), (lab.stations["b"].space, "up0")):
            space.ip(f"link set {dev} mtu 1500")
        lab.stations["a"].model.cascade_mtu = lab.stations["b"].model.mtu = 1500
        lab.attach()
        lab.open_taps()
        want = lab.check(full(lab, "h1", BROADCAST, 1500))
        assert want.moves["a"]["cb", "drops.mtu"] == 1
        assert set(want.got) == {"a.vf0", "a.vf1"}
        want = lab.check(full(lab, "b.vf0", BROADCAST, 1500))
        assert want.moves["b"] == {("uplink", "tx.dropped"): 1, ("uplink", "drops.mtu"): 1}
        lab.check(full(lab, "h1", BROADCAST, 1496), full(lab, "b.vf0", BROADCAST, 1496))


def attach(lab):
    """What was said on stderr, by each switch."""
    said = {name: station.evbpf.ok("attach", lab.station_file(name)).stderr
            for name, station in lab.stations.items()}
    return {**said, "bridge": lab.evbpf.ok("attach", lab.bridge_file()).stderr}


@pytest.mark.parametrize("kind", [E_TAG, VN_TAG])
def test_attach_says_which_mtu_a_cable_should_have(kind):
    """Both ends: for a full frame in a VLAN, as two of the ports have them."""
    with lab_of(kind, mtu=1500, attach=False) as lab:
        for name, said in attach(lab).items():
            dev = "sa" if name == "bridge" else "up0"
            assert "warning" in said and f"ip link set {dev} mtu {1504 + OVER[kind]}" in said, said
        give_addresses(lab)
        long_frames_do_not_pass(lab)


def long_frames_do_not_pass(lab):
    """A GSO frame counts by its segments: as many as are too long."""
    server, client = space_of(lab, "a.vf1"), space_of(lab, "a.vf0")
    addr = address("a.vf1", 4)
    with server.inside(), socket.create_server((addr, 7000)) as listener:
        with client.inside():
            sock = socket.create_connection((addr, 7000), timeout=5)
        accepted, _ = listener.accept()
    with sock, accepted:
        sock.send(bytes(50000))
        drops = until("drops", lambda: lab.stats()["a"].get(("uplink", "drops.mtu")), 3)
        accepted.setblocking(False)
        with pytest.raises(BlockingIOError):
            accepted.recv(1)
    assert drops and not lab.stats()["bridge"].get(("xavf1", "drops.mtu"))


# ---- devices that cut themselves

def segmentation(space, dev):
    """What the device cuts itself."""
    said = space.run(["ethtool", "-k", dev]).stdout
    return {name: value for name, value in re.findall(r"^\s*(\S+-segmentation(?:-offload)?): (\w+)",
                                                      said, re.M)}


def tap_files(kind):
    word, group = ("ecid", "grp: 1, ecid: 5") if kind == E_TAG else ("vif", "list: 5")
    extender = f"""
version: 1
switch: tapx
relay: extender
tag: {kind}
uplink: {{dev: t0}}
pf: {{{word}: 1}}
cascade: [{{dev: t1, ids: [0x100-0x1ff]}}]
replication: [{{{group}, members: [pf, t1]}}]
"""
    bridge = f"""
version: 1
switch: tapx
relay: bridge
ports:
  - {{name: x0, dev: t0, tag: {kind}, {word}: 1}}
  - {{name: x1, dev: t1, tag: {kind}, {word}: 1}}
"""
    return {"extender": extender, "bridge": bridge}


@pytest.mark.parametrize("kind", [E_TAG, VN_TAG])
def test_a_device_that_cuts_frames_itself_does_not_while_the_tag_is_on_them(kind, tmp_path):
    """Nobody knows what its engine does behind an E-TAG. Uplink, cascade and bridge port; detach
    gives it back, and what was off stays off."""
    space = Netns(f"taps-{kind}")
    devices = []
    try:
        for dev in ("t0", "t1"):
            space.ip(f"tuntap add dev {dev} mode tap")
            space.ip(f"link set {dev} mtu 1520 up")
            devices.append(open_tap(space, dev, VnetFd))
        space.run(["ethtool", "-K", "t1", "tx-tcp6-segmentation", "off"])
        before = [segmentation(space, dev) for dev in ("t0", "t1")]
        assert before[0]["tcp-segmentation-offload"] == "on"
        for name, text in tap_files(kind).items():
            path = tmp_path / f"{name}.yaml"
            path.write_text(text)
            Evbpf(space).ok("attach", path)
            for dev in ("t0", "t1"):
                now = segmentation(space, dev)
                assert [k for k in now if k.startswith("tx-tcp") and now[k] == "on"] == [], name
                assert now["tcp-segmentation-offload"] == "off", name
            Evbpf(space).ok("detach", "tapx")
            assert [segmentation(space, dev) for dev in ("t0", "t1")] == before, name
    finally:
        for fd in devices:
            fd.close()
        Evbpf(space).run("detach", "tapx")
        space.close()
