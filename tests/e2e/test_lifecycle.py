# SPDX-License-Identifier: GPL-2.0-only
"""Attach and detach: what works twice, what is refused with which words, and that nothing is left."""
import json
import os
import shutil
import subprocess
import sys

import pytest

import netns
import verify
from frames import BROADCAST, build
from lab import UPLINK_MAC, WIRE_MAC, vf_mac
from model import Port, Switch
from netns import CLONE_NEWNS
from program import FAULTS, PLAIN, Evbpf, pins

MADE = Port("vf0", vf_mac(0))
THERE = Port("vf1", vf_mac(1), vlan=100, made="test")
HOOKS = ["tc", "xdp"]
BY_CLSACT = {"EVBPF_FORCE_CLSACT": "1"}


@pytest.fixture
def lab(make_lab):
    return make_lab([MADE, THERE])


def forwards(lab):
    """One broadcast of the wire and of a VF go where they should."""
    lab.open_taps()
    verify.check(lab, "wire", build(BROADCAST, WIRE_MAC, seq=1))
    if "vf0" in lab.taps.senders:
        verify.check(lab, "vf0", build(BROADCAST, vf_mac(0), seq=2))


def refuses(lab, *words, config=None, **kwargs):
    """attach exits 1 with these words, and changes nothing."""
    before = lab.snapshot()
    done = lab.evbpf.fails("attach", config or lab.config, says=words, **kwargs)
    lab.assert_same(before, "attach failed and left something")
    return done


# ---- once, twice, never

@pytest.mark.parametrize("hook", HOOKS)
def test_detach_leaves_nothing(make_lab, hook):
    """Devices, addresses, flags, offloads, programs, qdiscs and pins are as they were before."""
    lab = make_lab([MADE, THERE], hook=hook)
    before = lab.snapshot()
    lab.attach()
    assert lab.is_attached()
    lab.detach()
    lab.assert_same(before)


def test_attach_twice_is_refused_and_the_first_goes_on(lab):
    lab.attach()
    lab.evbpf.fails("attach", lab.config, says=["already", lab.switch_name])
    forwards(lab)


def test_detach_twice_fails_the_second_time(lab):
    lab.attach()
    lab.detach()
    lab.evbpf.fails("detach", lab.switch_name, says=lab.switch_name)


def test_detach_of_a_switch_that_never_was_fails(lab):
    lab.evbpf.fails("detach", "nobody", says="nobody")


def test_detach_all_is_fine_with_no_switch_and_removes_all_that_are_there(make_lab):
    one, two = make_lab([MADE]), make_lab([THERE])
    one.evbpf.ok("detach", "--all")
    before = one.snapshot(), two.snapshot()
    one.attach()
    two.attach()
    one.evbpf.ok("detach", "--all")
    one.assert_same(before[0])
    two.assert_same(before[1])


def test_attach_again_after_detach_works(lab):
    for _ in range(3):
        lab.attach()
        lab.detach()
    lab.attach()
    forwards(lab)


def test_dry_run_says_yes_and_changes_nothing(lab):
    before = lab.snapshot()
    lab.evbpf.ok("attach", lab.config, "--dry-run")
    lab.assert_same(before)
    lab.evbpf.fails("attach", lab.write_config(switch="dry", uplink="nodev0"), "--dry-run",
                    says="nodev0")
    lab.assert_same(before)


@pytest.mark.parametrize("how", ["name", "path"])
def test_another_network_namespace_by_name_and_by_path(lab, how):
    """-n as in `ip -n`: attach there; show, stats and detach work from anywhere."""
    there = lab.host.name if how == "name" else lab.host.path
    before = lab.snapshot()
    outside = Evbpf()
    outside.ok("-n", there, "attach", lab.config)
    ports = outside.json("show", lab.switch_name)["ports"]
    assert {p["port"] for p in ports} == {"uplink", "pf", "vf0", "vf1"}
    assert outside.json("stats", lab.switch_name)["switch"] == lab.switch_name
    forwards(lab)
    lab.taps.close()
    for space, dev in ((lab.wire, "winj0"), (lab.host, "ptap0")):
        space.ip(f"link del {dev}")
    lab.host.tc("qdisc del dev up0 clsact")
    outside.ok("detach", lab.switch_name)
    lab.assert_same(before)


def test_a_guest_namespace_can_be_a_path(lab):
    entries = lab.vf_entries()
    entries[0]["guest"]["netns"] = lab.guests["vf0"].path
    lab.config = lab.write_config(vfs=entries)
    before = lab.snapshot()
    lab.attach()
    forwards(lab)
    lab.taps.close()
    lab.detach()
    assert "eth0" not in lab.guests["vf0"].run(["ip", "link", "show"]).stdout
    assert before["pins"] == pins()


def test_two_switches_share_a_host_and_nothing_else(lab):
    """The second has its own uplink; the first works on while the second comes and goes."""
    lab.attach()
    lab.host.ip("link add up1 type veth peer name up1x", "link set up1 up", "link set up1x up",
                f"link add other0 type veth peer name eth1 netns {lab.guests['vf0'].name}",
                "link set other0 up")
    second = lab.write_config(switch="second", uplink="up1", vfs=[
        {"id": 0, "dev": "other0", "mac": "02:00:00:00:09:00"}])
    forwards(lab)
    lab.evbpf.ok("attach", second)
    listed = json.dumps(lab.evbpf.json("list"))
    assert "second" in listed and lab.switch_name in listed
    verify.check(lab, "wire", build(BROADCAST, WIRE_MAC, seq=3))
    lab.evbpf.ok("detach", "second")
    verify.check(lab, "wire", build(BROADCAST, WIRE_MAC, seq=4))


def test_a_missing_network_namespace_is_named(lab):
    Evbpf().fails("-n", "nowhere", "attach", lab.config, says="nowhere")


def test_four_attaches_at_once_make_one_switch(lab):
    """The others are refused, and undo nothing of the one that won."""
    commands = [subprocess.Popen([PLAIN, "-n", lab.host.name, "attach", lab.config],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                for _ in range(4)]
    results = [(c.communicate(timeout=60), c.returncode) for c in commands]
    assert sorted(code for _, code in results) == [0, 1, 1, 1], results
    forwards(lab)


def test_hook_auto_on_a_veth_is_tc(make_lab):
    """There native XDP would cost more than it gives."""
    lab = make_lab([MADE], hook="auto")
    lab.attach()
    assert lab.evbpf.json("show", lab.switch_name)["uplink"]["hook"] == "tc"
    forwards(lab)


def test_a_generated_address_is_stable_and_belongs_to_the_guest(lab):
    """mac left out: show, the guest's device and the spoof check agree, also after a new attach."""
    entries = [{k: v for k, v in e.items() if k != "mac"} for e in lab.vf_entries() if e["id"] == 0]
    path, seen = lab.write_config(vfs=entries), set()
    for _ in range(2):
        lab.evbpf.ok("attach", path)
        ports = lab.evbpf.json("show", lab.switch_name)["ports"]
        address = next(p["mac"] for p in ports if p["port"] == "vf0")[0]
        link = json.loads(lab.guests["vf0"].run(["ip", "-j", "link", "show", "eth0"]).stdout)[0]
        assert link["address"] == address and int(address[:2], 16) & 3 == 2
        seen.add(address)
        lab.detach()
    assert len(seen) == 1


def test_the_far_end_of_a_veth_cable_sends_tags_in_the_bytes_while_xdp_is_attached(make_lab):
    """The loader turns its txvlan off, or warns when it cannot reach it; detach turns it on."""
    lab = make_lab([MADE, THERE], hook="xdp", far_end="as it is")
    before = lab.snapshot()
    warned = lab.attach().stderr
    state = lab.snapshot()
    features = [state[f"{lab.wire.name}/wire0 feature {name}"]
                for name in ("tx-vlan-offload", "tx-vlan-stag-hw-insert")]
    if features == ["on", "on"]:
        assert "wire0" in warned or "up0" in warned, "neither turned off nor a warning"
    else:
        assert features == ["off", "off"] and warned == ""
    lab.detach()
    lab.assert_same(before)


# ---- what was there before stays

def test_a_promiscuous_uplink_stays_promiscuous(lab):
    lab.host.ip("link set up0 promisc on")
    before = lab.snapshot()
    lab.attach()
    lab.detach()
    lab.assert_same(before)


@pytest.mark.parametrize("env", [{}, BY_CLSACT], ids=["tcx", "clsact"])
def test_filters_of_others_survive(make_lab, foreign_object, env):
    """The operator's clsact qdisc and filters, on the uplink and on a VF, in both directions."""
    lab = make_lab([MADE, THERE], env=env, binary=FAULTS)
    for dev in ("up0", "v1h"):
        lab.host.tc(f"qdisc add dev {dev} clsact",
                    f"filter add dev {dev} ingress bpf direct-action obj {foreign_object} sec tc",
                    f"filter add dev {dev} egress bpf direct-action obj {foreign_object} sec tc")
    before, filters = lab.snapshot(), all_filters(lab)
    lab.attach()
    lab.detach()
    lab.assert_same(before)
    assert all_filters(lab) == filters


def all_filters(lab):
    return [lab.host.run(["tc", "filter", "show", "dev", dev, side]).stdout
            for dev in ("up0", "v1h") for side in ("ingress", "egress")]


def test_a_filter_that_comes_while_attached_stays(make_lab, foreign_object):
    """Without tcx evbpf makes the qdisc, but what another hung on it meanwhile is not removed."""
    lab = make_lab([MADE], env=BY_CLSACT, binary=FAULTS)
    lab.attach()
    lab.host.tc(f"filter add dev up0 ingress pref 50000 bpf direct-action obj {foreign_object} sec tc")
    lab.detach()
    left = lab.host.run(["tc", "filter", "show", "dev", "up0", "ingress"]).stdout
    assert "foreign" in left and "evb_" not in left


def test_a_foreign_xdp_program_on_the_uplink_is_refused(make_lab, foreign_object):
    """With hook xdp attach says what is in the way; with hook tc it does not matter."""
    lab = make_lab([MADE, THERE], hook="xdp")
    lab.host.run(["ip", "link", "set", "dev", "up0", "xdp", "obj", foreign_object, "sec", "xdp"])
    refuses(lab, "up0", "xdp", "foreign_xdp")
    lab.config = lab.write_config(hook="tc")
    before = lab.snapshot()
    lab.attach()
    lab.detach()
    lab.assert_same(before)


def test_a_foreign_xdp_program_on_an_xdp_vf_is_refused(make_lab, foreign_object):
    lab = make_lab([Port("vf1", vf_mac(1), hook="xdp", made="test")])
    lab.host.run(["ip", "link", "set", "dev", "v1h", "xdp", "obj", foreign_object, "sec", "xdp"])
    refuses(lab, "v1h", "xdp")


# ---- refused

def test_a_missing_uplink_is_named(lab):
    refuses(lab, "nodev0", config=lab.write_config(uplink="nodev0"))


def test_a_missing_vf_device_is_named(lab):
    lab.host.ip("link del v1h")
    refuses(lab, "v1h")


def test_a_missing_guest_namespace_is_named(lab):
    entries = lab.vf_entries()
    entries[0]["guest"]["netns"] = "nowhere"
    refuses(lab, "nowhere", config=lab.write_config(vfs=entries))


def test_a_guest_name_that_is_taken_is_named(lab):
    lab.guests["vf0"].ip("link add eth0 type veth peer name other0")
    refuses(lab, "eth0")


def test_a_host_end_that_exists_already_is_named(lab):
    lab.host.ip("link add v0h type veth peer name other0")
    refuses(lab, "v0h")


@pytest.mark.parametrize("key", ["uplink", "vf"])
def test_a_device_of_another_switch_is_refused_and_the_other_one_named(lab, key):
    lab.attach()
    entries = [e for e in lab.vf_entries() if e["id"] == 1]
    keys = {"uplink": "up0", "vfs": []} if key == "uplink" else {"uplink": "up1", "vfs": entries}
    lab.host.ip("link add up1 type veth peer name up1x", "link set up1 up")
    refuses(lab, lab.switch_name, {"uplink": "up0", "vf": "v1h"}[key],
            config=lab.write_config(switch="second", **keys))
    forwards(lab)


@pytest.mark.parametrize("dev", ["up0", "br0", "lo"])
def test_a_device_of_the_wrong_kind_is_no_vf(lab, dev):
    """The uplink itself, a bridge, the loopback."""
    lab.host.ip("link add br0 type bridge")
    refuses(lab, dev, config=lab.write_config(vfs=[{"id": 1, "dev": dev, "mac": "02:00:00:00:01:01"}]))


def test_a_kind_that_the_device_does_not_have_is_refused(lab):
    entries = [{**e, "kind": "macvtap"} for e in lab.vf_entries() if e["id"] == 1]
    refuses(lab, "macvtap", config=lab.write_config(vfs=entries))


def test_a_loopback_uplink_is_refused(lab):
    refuses(lab, "lo", config=lab.write_config(uplink="lo"))


def test_a_missing_file_and_a_bad_file_are_named(lab):
    refuses(lab, "nofile.yaml", config=os.path.join(lab.dir.name, "nofile.yaml"))
    refuses(lab, "bad.yaml", config=lab.write_file("bad.yaml", "version: 1\nswitch: a b\n"))


def no_bpffs():
    netns.unshare(CLONE_NEWNS)
    try:
        while True:
            netns.umount("/sys/fs/bpf")
    except OSError:
        pass


def test_without_bpffs_attach_says_how_to_mount_it(lab):
    refuses(lab, "/sys/fs/bpf", "mount", extra=no_bpffs)


UNPRIVILEGED = {
    "nobody": ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups"],
    "no capability": ["setpriv", "--bounding-set", "-all", "--inh-caps", "-all"],
}


@pytest.mark.parametrize("who", UNPRIVILEGED)
def test_without_privilege_attach_says_what_is_missing(lab, who):
    before = lab.snapshot()
    done = lab.host.run([*UNPRIVILEGED[who], PLAIN, "attach", lab.config], check=False)
    assert done.returncode == 1
    assert any(word in done.stderr for word in ("root", "CAP_", "privilege")), done.stderr
    lab.assert_same(before)


def test_check_needs_no_privilege(lab):
    lab.host.run([*UNPRIVILEGED["nobody"], PLAIN, "check", lab.config])
    lab.host.run([*UNPRIVILEGED["nobody"], PLAIN, "check", lab.config, "--dump"])


# ---- devices that go away

def works_until_detached(lab):
    for what in ([], ["ports"], ["fdb"], ["vlans"]):
        lab.evbpf.ok("show", lab.switch_name, *what)
        lab.evbpf.json("show", lab.switch_name, *what)
    lab.evbpf.ok("stats", lab.switch_name)
    lab.evbpf.ok("list")
    lab.detach()
    assert not lab.is_attached()
    assert pins() == []
    programs = json.loads(lab.host.run(["bpftool", "-j", "net", "show"]).stdout)
    assert "evb_" not in json.dumps(programs)


@pytest.mark.parametrize("hook", HOOKS)
@pytest.mark.parametrize("name", ["vf0", "vf1"])
def test_a_vf_device_that_is_gone_hurts_nobody_else(make_lab, hook, name):
    """Frames to it are lost, others go on; show, stats and detach work."""
    lab = make_lab([MADE, THERE, Port("vf2", vf_mac(2))], hook=hook)
    lab.attach()
    lab.host.ip(f"link del {lab.host_end(name)}")
    others = [p for p in lab.vfs if p.name != name]
    lab.guests = {p.name: lab.guests[p.name] for p in others}
    lab.open_taps()
    lab.taps.send("vf2", build(BROADCAST, vf_mac(2), seq=1).raw())
    lab.taps.send("vf2", build(vf_mac(0), vf_mac(2), seq=2).raw())
    got = lab.taps.collect()
    expected = Switch([p for p in lab.model.ports.values() if p.name != name]).expect(
        "vf2", build(BROADCAST, vf_mac(2), seq=1))
    for port, frame in expected.out.items():
        assert frame.raw() in got[port], f"{port} did not get the broadcast"
    works_until_detached(lab)


@pytest.mark.parametrize("hook", HOOKS)
def test_an_uplink_that_is_gone_is_no_obstacle(make_lab, hook):
    lab = make_lab([MADE, THERE], hook=hook)
    lab.attach()
    lab.wire.ip("link del wire0")
    works_until_detached(lab)
    assert "v0h" not in lab.host.run(["ip", "link", "show"]).stdout


def test_a_guest_namespace_that_is_gone_is_no_obstacle(lab):
    lab.attach()
    lab.guests.pop("vf0").close()
    works_until_detached(lab)


def test_a_host_namespace_without_a_name_can_still_be_detached(lab):
    """`ip netns del` takes the name; the devices live on while something holds the namespace."""
    lab.attach()
    netns.run(["ip", "netns", "del", lab.host.name])
    outside = Evbpf()
    outside.ok("show", lab.switch_name)
    outside.ok("detach", lab.switch_name)
    assert pins() == []
    netns.run(["touch", lab.host.path])  # so that the lab can close it
    netns.mount(f"/proc/self/fd/{lab.host.fd}", lab.host.path, "none", netns.MS_BIND)


# ---- a session that dies

DYING = """
import sys
sys.path.insert(0, {here!r})
import netns, os, signal
netns.isolate()
from lab import UPLINK_MAC, Lab, vf_mac
from model import Port
from program import install
install()
lab = Lab([Port("vf0", vf_mac(0))], hook="xdp")
lab.attach()
assert lab.is_attached()
print(lab.dir.name, UPLINK_MAC.hex(), flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def test_a_test_session_that_is_killed_leaves_nothing(programs_of):
    """Its namespaces end with it: pins, links and programs go too."""
    script = DYING.format(here=os.path.dirname(os.path.abspath(__file__)))
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    directory, address = done.stdout.split()
    try:
        assert programs_of(bytes.fromhex(address)) == []
    finally:
        shutil.rmtree(directory)


def test_programs_of_this_session_are_known_by_their_uplink(lab, programs_of):
    """The check above can fail: while attached, there are some."""
    lab.attach()
    assert programs_of(UPLINK_MAC, wait=0)
