# SPDX-License-Identifier: GPL-2.0-only
"""VFs on taps and macvtaps, whose guest is a process with a descriptor, and AF_XDP's kind of veth:
who gets which bytes, attach and detach, carriers, devices that go and come. guests.py draws them."""
import re

import pytest

import verify
from frames import BROADCAST, TPID_S, build, ctag, mac, mac_text, seq_of, stag
from guests import GuestLab
from lab import UPLINK_MAC, WIRE_MAC, vf_mac
from model import ALL, Port
from program import FAULTS, Running, explain, until
from taps import Sender, raw_socket, receive_one

OUTSIDE = mac("02:00:00:00:bb:bb")


def port(number, kind="", **keys):
    return Port(f"vf{number}", vf_mac(number), made="test" if kind in ("tap", "macvtap") else "loader",
                **keys)


KINDS = {"vf1": "tap", "vf2": "macvtap", "vf3": "macvtap", "vf4": "tap", "vf5": "macvtap", "vf6": "tap",
         "vf8": "macvtap", "vf9": "tap", "vf12": "macvtap"}
PORTS = [
    port(0, vlan=100),
    port(1, "tap", vlan=100),
    port(2, "macvtap", vlan=100, more=(("kind", "macvtap"),)),
    port(3, "macvtap", trunk=frozenset([100, 200])),
    port(4, "tap", trunk=ALL),
    port(5, "macvtap"),
    port(6, "tap", more=(("kind", "tap"),)),
    port(7),
    port(8, "macvtap", vlan=100, strip=False),
    port(9, "tap", hook="xdp"),
    port(10, more=(("kind", "afxdp"),)),
    port(11, hook="xdp"),
    port(12, "macvtap", vlan=100, proto=TPID_S),
]
FEW = [port(0), port(1, "tap"), port(2, "macvtap")]
FEW_KINDS = {"vf1": "tap", "vf2": "macvtap"}
OWN = {"wire": WIRE_MAC, "wire+": WIRE_MAC, "pf": UPLINK_MAC, "pf+": UPLINK_MAC,
       **{p.name: p.mac for p in PORTS}}
TAGS = [(), (ctag(0, 6),), (ctag(100, 5, 1),), (ctag(200, 1),), (stag(100, 4, 1),),
        (stag(100, 2), ctag(200, 3)), (ctag(100, 2), ctag(200, 3))]
WAYS = {"tc": {}, "xdp": {"hook": "xdp"},
        "clsact": {"env": {"EVBPF_FORCE_CLSACT": "1"}, "binary": FAULTS}}


def closing(made):
    for lab in reversed(made):
        lab.close()


@pytest.fixture
def make(evbpf_is_built):
    made = []

    def make_one(*args, **keys):
        made.append(GuestLab(*args, **keys))
        return made[-1]
    yield make_one
    closing(made)


@pytest.fixture
def lab(make):
    """A veth, a tap and a macvtap, attached."""
    lab = make(FEW, FEW_KINDS)
    lab.attach()
    return lab


# ---- who gets which bytes

@pytest.fixture(scope="module", params=WAYS)
def many(request, evbpf_is_built):
    lab = GuestLab(PORTS, KINDS, **WAYS[request.param])
    try:
        lab.attach()
        lab.open_taps()
        yield lab
    finally:
        lab.close()


@pytest.mark.parametrize("sender", OWN)
def test_every_kind_of_guest_gets_its_frames_and_no_others(many, sender):
    """One copy each of a flood; tags where they belong, in the bytes of a descriptor."""
    wanted = [*(p.mac for p in PORTS), UPLINK_MAC, WIRE_MAC, BROADCAST, mac("01:00:5e:01:02:03"),
              OUTSIDE, mac("01:80:c2:00:00:0e")]
    verify.check(many, sender, *[build(dst, OWN[sender], tags, seq) for seq, (dst, tags) in enumerate(
        (dst, tags) for dst in wanted for tags in TAGS)])


@pytest.mark.parametrize("sender", [n for n in OWN if n.startswith("vf")])
def test_a_guest_cannot_send_as_somebody_else(many, sender):
    verify.check(many, sender, *[build(dst, src, tags, seq) for seq, (dst, src, tags) in enumerate(
        (dst, src, tags) for dst in (BROADCAST, vf_mac(0), UPLINK_MAC) for src in (OUTSIDE, UPLINK_MAC)
        for tags in ((), (ctag(100),)))])


@pytest.mark.parametrize("length", [60, 1514])
def test_short_and_long_frames_pass_whole(many, length):
    for sender in ("vf5", "vf6", "vf7", "wire"):
        verify.check(many, sender, *[build(dst, OWN[sender], (), seq, length=length) for seq, dst in
                                     enumerate([vf_mac(5), vf_mac(6), vf_mac(7), vf_mac(9), BROADCAST])])


def test_show_has_the_kinds_and_hooks(many):
    want = {p.name: KINDS.get(p.name, "veth") for p in PORTS} | {"vf10": "afxdp"}
    ports = {p["port"]: p for p in many.evbpf.json("show", many.switch_name)["ports"]}
    assert {name: ports[name]["kind"] for name in want} == want
    assert {n for n in want if ports[n]["hook"] == "xdp"} == {"vf9", "vf10", "vf11"}
    assert {ports[n]["hook"] for n in want} == {"xdp", "tc"}
    assert all(ports[n]["carrier"] for n in want)


# ---- attach and detach

@pytest.mark.parametrize("way", WAYS)
def test_attach_and_detach_leave_nothing(make, way):
    lab = make([*FEW, port(3, "tap", hook="xdp")], {**FEW_KINDS, "vf3": "tap"}, **WAYS[way])
    before = lab.snapshot()
    lab.attach()
    lab.detach()
    lab.assert_same(before)


def points(done):
    """The steps that are not the same for all kinds of devices: maps and rows are."""
    found = re.findall(r"^fault point (\d+): (.*)$", done.stderr, re.M)
    return [int(n) for n, name in found if name in ("qdisc", "filter", "link", "change")]


@pytest.mark.parametrize("mode", ["kill", "error"])
def test_attach_that_stops_at_any_step_leaves_nothing(make, mode):
    lab = make(FEW[1:], FEW_KINDS, binary=FAULTS)
    before = lab.snapshot()
    steps = points(lab.evbpf.ok("attach", lab.config, env={"EVBPF_FAULT_MODE": "list"}))
    lab.detach()
    assert len(steps) > 8
    for number in steps:
        env = {"EVBPF_FAULT": str(number), **({"EVBPF_FAULT_MODE": "error"} if mode == "error" else {})}
        done = lab.evbpf.run("attach", lab.config, env=env)
        assert done.returncode == (1 if mode == "error" else -9), explain(["attach"], done)
        if mode == "kill":
            lab.evbpf.run("detach", lab.switch_name)
        lab.assert_same(before, f"step {number}")


def reaches(lab, name, sender="vf0"):
    """A frame to this VF's guest gets to its descriptor, and one of the guest's to the wire."""
    watch, fd = raw_socket(lab.wire, "wire0"), lab.fds[name]
    from_guest = Sender(lab.guests[sender], lab.guest_end(sender))
    there = build(lab.model.ports[name].mac, lab.model.ports[sender].mac, seq=77)
    back = build(WIRE_MAC, lab.model.ports[name].mac, seq=78)
    fd.take()
    try:
        from_guest.send(there.raw())
        fd.send(back.raw())
        until("the frames", lambda: fd.take() == [there.raw()], 1)
        return until("the answer", lambda: receive_one(watch), 1) == back.raw()
    except AssertionError:
        return False
    finally:
        watch.close()
        from_guest.close()


def config_with(lab, *more, drop=(), **change):
    """The file with other entries: change is by VF, as vf1={"kind": "veth"}."""
    entries = [{**e, **change.get(f"vf{e['id']}", {})} for e in lab.vf_entries()
               if f"vf{e['id']}" not in drop]
    return lab.write_config(vfs=entries + list(more))


def test_apply_adds_the_first_macvtap_and_takes_it_away(make):
    lab = make(FEW, FEW_KINDS)
    lab.evbpf.ok("attach", config_with(lab, drop=["vf1", "vf2"]))
    alone = lab.snapshot()
    lab.evbpf.ok("apply", config_with(lab))
    assert reaches(lab, "vf2") and reaches(lab, "vf1")
    lab.evbpf.ok("apply", config_with(lab, drop=["vf1", "vf2"]))
    lab.assert_same(alone, "apply left")


# ---- what cannot be a VF

@pytest.mark.parametrize("make_it, says", [
    ("tuntap add dev v3h mode tun", ["tun device", "mode tap"]),
    ("link add v3h type bridge", ["bridge device", "veth, a tap or a macvtap"]),
    ("link add link mp0 name v3h type macvlan", ["macvlan device", "a macvtap"]),
    ("link add link up0 name v3h type macvtap mode bridge", ["uplink up0", "another parent"]),
    ("link add link up0 name v3h type macvtap mode passthru", ["uplink up0", "another parent"]),
    ("link add link up0 name v3h type macvtap mode source macaddr add 02:00:00:00:00:77",
     ["uplink up0", "without addresses"]),
], ids=lambda x: x.split("mode ")[-1][:12] if isinstance(x, str) else "")
def test_a_device_that_cannot_be_a_vf_is_refused_with_a_sentence(make, make_it, says):
    lab = make(FEW, FEW_KINDS)
    made = make_it.split(" macaddr")
    lab.host.ip(made[0])
    if len(made) > 1:
        lab.host.ip(f"link set v3h type macvtap macaddr{made[1]}")
    before = lab.snapshot()
    more = {"id": 3, "dev": "v3h", "mac": mac_text(vf_mac(3))}
    lab.evbpf.fails("attach", config_with(lab, more), says=["vf3", "v3h", *says])
    lab.assert_same(before)


@pytest.mark.parametrize("name, keys, says", [
    ("vf1", {"kind": "macvtap"}, ["v1h is a tap", "kind: macvtap", "kind: tap"]),
    ("vf1", {"kind": "veth"}, ["v1h is a tap", "kind: veth"]),
    ("vf1", {"kind": "afxdp"}, ["v1h is a tap", "needs a veth"]),
    ("vf2", {"kind": "tap"}, ["v2h is a macvtap", "kind: tap"]),
    ("vf2", {"hook": "xdp"}, ["macvtap", "no XDP"]),
], ids=str)
def test_a_kind_that_is_not_the_devices_is_refused(make, name, keys, says):
    lab = make(FEW, FEW_KINDS)
    before = lab.snapshot()
    lab.evbpf.fails("attach", config_with(lab, **{name: keys}), says=[name, *says])
    lab.assert_same(before)


def test_kind_may_be_written_out_while_the_port_stays_and_not_changed(lab):
    lab.evbpf.ok("apply", config_with(lab, vf1={"kind": "tap"}, vf2={"kind": "macvtap"}))
    lab.evbpf.ok("apply", config_with(lab))
    assert reaches(lab, "vf1") and reaches(lab, "vf2")
    lab.evbpf.fails("apply", config_with(lab, vf1={"kind": "macvtap"}), says=["vf1", "kind"])
    lab.evbpf.fails("apply", config_with(lab, vf1={"hook": "xdp"}), says=["vf1", "hook"])
    assert reaches(lab, "vf1")


# ---- macvtap

@pytest.mark.parametrize("mode", ["bridge", "private", "vepa", "passthru", "source"])
def test_in_every_mode_of_macvtap_the_switch_is_what_its_guest_talks_to(make, mode):
    lab = make(FEW, FEW_KINDS, mode=mode)
    lab.attach()
    watch = raw_socket(lab.host, "mp1")
    assert reaches(lab, "vf2")
    lab.fds["vf2"].send(build(BROADCAST, vf_mac(2)).raw())
    until("vf1 has it", lambda: build(BROADCAST, vf_mac(2)).raw() in lab.fds["vf1"].take())
    assert receive_one(watch) is None, "a guest's frame left by the parent"
    watch.close()


def test_a_macvtap_on_the_uplink_that_hears_nothing_of_it_is_a_vf(make):
    """Mode source without addresses: no frame comes twice."""
    lab = make(FEW, FEW_KINDS)
    lab.let_go("vf2")
    lab.host.ip("link del v2h")
    lab.make_device(lab.model.ports["vf2"], parent="up0", mode="source")
    fd = lab.hold("vf2")
    lab.attach()
    assert reaches(lab, "vf2")
    sender = Sender(lab.wire, "wire0")
    for seq, dst in enumerate([vf_mac(2), BROADCAST, vf_mac(2)]):
        sender.send(build(dst, WIRE_MAC, seq=seq).raw())
    sender.close()
    got = []
    until("all", lambda: got.extend(map(seq_of, fd.take())) or 2 in got)
    assert got == [0, 1, 2]


def test_a_macvtap_with_another_address_than_its_vf_works(make):
    lab = make(FEW, FEW_KINDS)
    lab.host.ip("link set v2h address 02:00:00:00:99:99")
    lab.attach()
    assert reaches(lab, "vf2")


# ---- carriers, devices that go and come

def send_to(lab, name, count=5):
    """How the port's counters moved by frames to it."""
    before, sender = lab.stats(), Sender(lab.guests["vf0"], "eth0")
    for seq in range(count):
        sender.send(build(lab.model.ports[name].mac, vf_mac(0), seq=seq).raw())
    sender.close()
    moved = {}
    until("all is counted", lambda: moved.update(verify.moves(before, lab.stats())) or
          moved.get((name, "rx.packets"), 0) + moved.get((name, "rx.dropped"), 0) == count)
    return {key: n for (owner, key), n in moved.items() if owner == name and n}


def test_frames_to_a_tap_that_nobody_holds_are_send_without_the_agent(lab):
    lab.let_go("vf1")
    moved = send_to(lab, "vf1")
    assert moved["drops.send"] == 5 and "rx.packets" not in moved
    vf1 = lab.port("vf1")
    assert (vf1["link"], vf1["carrier"]) == ("up", False)
    assert "auto, no carrier" in lab.evbpf.ok("show", lab.switch_name).stdout
    lab.hold("vf1")
    until("its carrier", lambda: lab.port("vf1")["carrier"])
    assert reaches(lab, "vf1")


@pytest.mark.parametrize("how", ["nobody holds it", "down"])
def test_frames_that_a_macvtap_cannot_take_are_send(lab, how):
    if how == "down":
        lab.host.ip("link set v2h down")
    else:
        lab.let_go("vf2")
    moved = send_to(lab, "vf2")
    assert moved["drops.send"] == 5 and "rx.packets" not in moved
    lab.evbpf.ok("stats", lab.switch_name, "--reset")
    assert not any(lab.stats().values())


@pytest.fixture
def followed(lab):
    with Running(lab, "agent", lab.switch_name) as lab.agent:
        until("the agent", lambda: "followed" in lab.agent.text())
        yield lab
        assert lab.agent.end() == 0, lab.agent.text()


def test_the_agent_follows_who_holds_a_tap(followed):
    lab = followed
    lab.let_go("vf1")
    until("vf1 is down", lambda: lab.port("vf1")["link"] == "down")
    assert send_to(lab, "vf1") == {"rx.dropped": 5, "drops.link": 5}
    lab.hold("vf1")
    until("vf1 is up", lambda: lab.port("vf1")["link"] == "up")
    assert reaches(lab, "vf1")


def test_the_agent_follows_a_macvtaps_parent(followed):
    lab = followed
    lab.host.ip("link set mp1 down")
    until("vf2 is down", lambda: lab.port("vf2")["link"] == "down")
    assert send_to(lab, "vf2") == {"rx.dropped": 5, "drops.link": 5}
    lab.host.ip("link set mp1 up")
    until("vf2 is up", lambda: lab.port("vf2")["link"] == "up")
    assert reaches(lab, "vf2")


@pytest.mark.parametrize("name", ["vf1", "vf2"])
def test_a_device_that_is_deleted_and_made_again_is_followed(followed, name):
    """As QEMU does with a tap of its own."""
    lab, dev = followed, followed.host_end(name)
    lab.host.ip(f"link del {dev}")
    lab.let_go(name)
    until("it is told", lambda: f"device {dev} is gone" in lab.agent.text())
    assert lab.port(name)["absent"]
    assert lab.port(name)["kind"] == FEW_KINDS[name]
    lab.make_device(lab.model.ports[name])
    lab.hold(name)
    until("it is back", lambda: lab.port(name)["link"] == "up" and not lab.port(name)["absent"])
    assert reaches(lab, name) and reaches(lab, "vf1" if name == "vf2" else "vf2")


@pytest.mark.parametrize("name", ["vf1", "vf2"])
def test_without_the_agent_apply_takes_a_device_that_was_made_again(lab, name):
    before = lab.snapshot()
    lab.host.ip(f"link del {lab.host_end(name)}")
    lab.let_go(name)
    assert reaches(lab, "vf1" if name == "vf2" else "vf2")
    assert "is gone" in lab.evbpf.ok("apply", lab.config).stderr
    lab.make_device(lab.model.ports[name])
    lab.hold(name)
    lab.evbpf.ok("apply", lab.config)
    assert reaches(lab, name)
    assert set(lab.snapshot()) - set(before) <= {k for k in lab.snapshot() if lab.host_end(name) in k}


def test_a_name_that_comes_back_as_another_kind(make):
    """auto takes what it is now; with a kind that is written out the port is absent, and a
    sentence says why; the others go on in both."""
    lab = make([port(0), port(1, "tap"), port(2, "macvtap", more=(("kind", "macvtap"),))], FEW_KINDS)
    lab.attach()
    for name in ("vf1", "vf2"):
        lab.host.ip(f"link del {lab.host_end(name)}")
        lab.let_go(name)
    lab.kinds = {"vf1": "macvtap", "vf2": "tap"}
    for name in lab.kinds:
        lab.make_device(lab.model.ports[name])
        lab.hold(name)
    done = lab.evbpf.ok("set", lab.switch_name, "vf", "0", "isolated", "off")
    assert "v2h is a tap" in done.stderr and "absent" in done.stderr, explain(["set"], done)
    assert lab.port("vf2")["absent"] and lab.port("vf1")["kind"] == "macvtap"
    assert reaches(lab, "vf1")
    with Running(lab, "agent", lab.switch_name) as agent:
        until("it is told", lambda: "v2h is a tap" in agent.text())
        assert reaches(lab, "vf1") and lab.port("vf2")["absent"]
        assert agent.end() == 0


def test_a_switch_whose_devices_are_all_gone_is_detached(make):
    lab = make(FEW, FEW_KINDS)
    lab.attach()
    for name in FEW_KINDS:
        lab.host.ip(f"link del {lab.host_end(name)}")
    lab.detach()
    assert not lab.is_attached()


def test_a_disabled_guest_of_each_kind_is_cut_off(lab):
    for name in ("vf1", "vf2"):
        lab.evbpf.ok("set", lab.switch_name, "vf", name[2:], "state", "disable")
        assert send_to(lab, name) == {"rx.dropped": 5, "drops.link": 5}
        lab.evbpf.ok("set", lab.switch_name, "vf", name[2:], "state", "auto")
        assert reaches(lab, name)
