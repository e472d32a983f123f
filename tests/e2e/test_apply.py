# SPDX-License-Identifier: GPL-2.0-only
"""set, apply, diff and save of a switch that runs: what they say, what they change, and that a
step that fails leaves the switch as it was."""
import re
import subprocess
import threading

import pytest

import netns
import verify
from frames import BROADCAST, build
from lab import WIRE_MAC, vf_mac
from model import Port, Switch
from program import FAULTS, PLAIN, Evbpf, explain, pins
from test_faults import KILLED, points

PORTS = [Port("vf0", vf_mac(0), vlan=100), Port("vf1", vf_mac(1), vlan=100, made="test"),
         Port("vf2", vf_mac(2))]
RICH = """version: 1
switch: {switch}
uplink: {{dev: up0, hook: tc}}   # a comment
acls: {{web: [{{dir: tx, proto: tcp, dport: 22, action: deny}}]}}
portgroups:
  - {{name: tenant, vlan: 100, max_tx_rate: 100, acl: web, storm: {{broadcast: 50}}}}
vfs:
  - {{id: 0, dev: v0h, mac: "02:00:00:00:01:00", portgroup: tenant}}
  - {{id: 1, dev: v1h, mac: ["02:00:00:00:01:01", "02:00:00:00:02:01"], trunk: [200, 300-310],
     guard: {{ipv4: [10.0.0.5, 10.1.0.0/16], ipv6: ["fd00::5"]}}}}
  - {{id: 2, dev: v2h, mac: "02:00:00:00:01:02", trust: on, promisc: on, state: enable}}
"""


@pytest.fixture
def lab(make_lab):
    lab = make_lab(PORTS)
    lab.attach()
    return lab


def forwards(lab, ports=PORTS):
    """As the model says of these ports; guests of other ports get nothing."""
    lab.model = Switch([lab.model.ports["uplink"], lab.model.ports["pf"], *ports])
    if not lab.taps.receivers:
        lab.open_taps()
    for sender, source in [("wire", WIRE_MAC), *((p.name, p.mac) for p in ports)]:
        verify.check(lab, sender, build(BROADCAST, source), build(vf_mac(0), source, seq=1),
                     build(vf_mac(1), source, seq=2), build(vf_mac(2), source, seq=3))


def moved(port, **keys):
    return [Port(**{**vars(p), **keys}) if p.name == port else p for p in PORTS]


def shown(lab, name=None):
    out = lab.evbpf.json("show", name or lab.switch_name)
    for port in out["ports"]:
        port.pop("ifindex", None)
    return out["ports"]


# ---- set

def test_set_changes_one_key_and_says_what(lab):
    done = lab.evbpf.ok("set", lab.switch_name, "vf", "1", "vlan", "0")
    assert "vf1: vlan 100 -> 0\n" in done.stdout
    assert lab.port("vf1")["vlan"] == 0
    forwards(lab, moved("vf1", vlan=0))


def test_set_changes_several_keys_or_none(lab):
    lab.evbpf.ok("set", lab.switch_name, "vf", "1", "trunk", "200,300-310", "vlan", "7", "qos", "3")
    port = lab.port("vf1")
    assert (port["trunk"], port["vlan"], port["qos"]) == (["200", "300-310"], 7, 3)
    lab.evbpf.fails("set", lab.switch_name, "vf", "1", "isolated", "on", "vlan", "4095", says="4095")
    assert lab.port("vf1") == port
    lab.evbpf.ok("set", lab.switch_name, "vf", "1", "trunk", "default", "vlan", "100", "qos", "0")
    forwards(lab)


def test_set_of_a_generated_or_second_address(lab):
    lab.evbpf.ok("set", lab.switch_name, "vf", "1", "mac", "02:00:00:00:01:01,02:00:00:00:02:01")
    forwards(lab, moved("vf1", more_macs=(b"\2\0\0\0\2\1",)))


@pytest.mark.parametrize("args", [["vf", "1", "vlan", "7"], ["pf", "isolated", "on"]], ids=" ".join)
def test_dry_run_of_set_says_the_same_and_changes_nothing(lab, args):
    before = shown(lab), lab.evbpf.ok("save", lab.switch_name).stdout
    dry = lab.evbpf.ok("set", lab.switch_name, *args, "--dry-run").stdout
    assert (shown(lab), lab.evbpf.ok("save", lab.switch_name).stdout) == before
    assert lab.evbpf.ok("set", lab.switch_name, *args).stdout == dry != ""


def test_the_carrier_of_a_guest_follows_its_state(lab):
    for value, link in (("disable", False), ("enable", True), ("disable", False), ("auto", True)):
        lab.evbpf.ok("set", lab.switch_name, "vf", "0", "state", value)
        assert lab.carrier("vf0") is link, value
    forwards(lab)


# ---- apply, diff

def test_apply_adds_and_removes_vfs(lab):
    before = lab.snapshot()
    two = lab.write_file("two.yaml", open(lab.write_config(vfs=lab.vf_entries()[:2]),
                                          encoding="utf-8").read())
    full = lab.write_config()
    assert "vf2: removed, dev v2h" in lab.evbpf.ok("diff", two).stdout
    lab.assert_same(before, "diff changed something")
    lab.evbpf.ok("apply", two)
    assert lab.port("vf2") is None
    assert "v2h" not in lab.host.run(["ip", "link"]).stdout, "the pair that evbpf made is still there"
    assert "vf2: added, dev v2h" in lab.evbpf.ok("apply", full).stdout
    forwards(lab)
    lab.evbpf.ok("apply", full)
    assert "nothing differs" in lab.evbpf.ok("diff", full).stdout


def test_apply_makes_a_pair_that_somebody_took_away_again(lab):
    """As after the restart of a container; with an agent or without, and more than once."""
    for _ in range(2):
        lab.host.ip("link del v0h")
        assert lab.port("vf0")["absent"]
        lab.evbpf.ok("apply", lab.config)
        assert not lab.port("vf0")["absent"]
        assert "nothing differs" in lab.evbpf.ok("diff", lab.config).stdout
    forwards(lab)
    before = lab.host.run(["ip", "link"]).stdout
    assert "v0h" in before
    lab.detach()
    assert "v0h" not in lab.host.run(["ip", "link"]).stdout


def test_a_vf_that_goes_takes_its_counters_and_offloads_along(lab):
    forwards(lab)
    assert lab.stats()["vf1", "tx.packets"] > 0
    one = lab.write_file("one.yaml", open(lab.write_config(vfs=[e for e in lab.vf_entries() if e["id"] != 1]),
                                          encoding="utf-8").read())
    full = lab.write_config()
    lab.evbpf.ok("apply", one)
    assert ("vf1", "tx.packets") not in lab.stats()
    lab.evbpf.ok("apply", full)
    assert lab.stats()["vf1", "tx.packets"] == 0
    forwards(lab)


def test_after_many_changes_detach_leaves_nothing(make_lab):
    lab = make_lab(PORTS)
    before = lab.snapshot()
    lab.attach()
    for args in (["vf", "0", "state", "disable"], ["vf", "1", "state", "disable"],
                 ["vf", "1", "state", "auto"], ["vf", "1", "max_tx_rate", "10"]):
        lab.evbpf.ok("set", lab.switch_name, *args)
    lab.evbpf.ok("apply", lab.write_config(vfs=lab.vf_entries()[1:]))
    lab.detach()
    lab.assert_same(before)


# ---- save

def rich(make_lab, name):
    lab = make_lab([Port(f"vf{i}", vf_mac(i), made="test") for i in range(3)])
    lab.switch_name = name
    lab.config = lab.write_file(f"{name}.yaml", RICH.format(switch=name))
    return lab


def test_save_of_a_running_switch_gives_the_same_switch_elsewhere(make_lab):
    """Attached there, and applied to one that runs something else."""
    one, two = rich(make_lab, "rich"), rich(make_lab, "other")
    one.attach()
    assert one.evbpf.ok("save", "rich").stdout == open(one.config, encoding="utf-8").read()
    one.evbpf.ok("set", "rich", "vf", "1", "guard.ipv4", "10.0.0.6", "strip", "default")
    one.evbpf.ok("set", "rich", "portgroup", "tenant", "max_tx_rate", "200")
    saved = one.evbpf.ok("save", "rich").stdout
    assert one.evbpf.json("save", "rich")["text"] == saved
    path = two.write_file("saved.yaml", re.sub(r"(?m)^switch: .*$", "switch: other", saved))
    two.attach()
    two.evbpf.ok("apply", path)
    assert same(shown(two, "other")) == same(shown(one, "rich"))
    two.evbpf.ok("detach", "other")
    two.evbpf.ok("attach", path)
    assert same(shown(two, "other")) == same(shown(one, "rich"))
    again = two.write_file("again.yaml", two.evbpf.ok("save", "other").stdout)
    assert dump(two, again) == dump(two, path)


def same(ports):
    """The PF's and the uplink's own address is the device's."""
    return [p for p in ports if p["port"] not in ("pf",)]


def dump(lab, path):
    return lab.evbpf.ok("check", path, "--dump").stdout.replace("again.yaml", "saved.yaml")


# ---- two at once

def test_two_applies_at_once_both_end_well(lab):
    """One waits for the other; the switch is that of one of the files."""
    files = [lab.write_file(f"f{vlan}.yaml", open(lab.write_config(vfs=[
        {**e, "vlan": vlan} if e["id"] == 2 else e for e in lab.vf_entries()]), encoding="utf-8").read())
        for vlan in (7, 8)]
    for _ in range(5):
        children = [subprocess.Popen([PLAIN, "apply", f], stdout=subprocess.PIPE, text=True,
                                     stderr=subprocess.STDOUT, preexec_fn=netns.in_child(None, None))
                    for f in files * 2]
        assert [(c.communicate(timeout=60)[0], c.returncode)[1] for c in children] == [0] * 4
    assert lab.port("vf2")["vlan"] in (7, 8)
    lab.evbpf.ok("apply", lab.write_config())
    forwards(lab)


def test_sets_at_once_do_not_lose_each_others_change(lab):
    def sets(number, key):
        for value in range(1, 11):
            Evbpf().ok("set", lab.switch_name, "vf", str(number), key, str(value))
    threads = [threading.Thread(target=sets, args=a) for a in ((0, "max_tx_rate"), (0, "max_rx_rate"),
                                                               (1, "max_tx_rate"))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [lab.port("vf0")[k] for k in ("max_tx_rate", "max_rx_rate")] == [10, 10]
    assert lab.port("vf1")["max_tx_rate"] == 10


# ---- steps that fail

def changed_file(lab):
    """vf0 into another VLAN, vf1 away, vf2 disabled, vf3 new with a pair of its own."""
    entries = lab.vf_entries()
    new = {**entries[0], "id": 3, "dev": "v3h", "mac": "02:00:00:00:01:03",
           "guest": {"netns": lab.guests["vf0"].name, "name": "eth3"}}
    vfs = [{**entries[0], "vlan": 7},
           {**entries[2], "max_tx_rate": 100, "guard": {"ipv4": ["10.0.0.1"]}}, new]
    return lab.write_file("changed.yaml", open(lab.write_config(vfs=vfs), encoding="utf-8").read())


@pytest.fixture
def faulty(make_lab):
    lab = make_lab(PORTS, binary=FAULTS)
    lab.attach()
    return lab


def apply_steps(lab, path):
    """Steps of an apply that succeeds; of the rows that it writes some."""
    done = lab.evbpf.ok("apply", path, env={"EVBPF_FAULT_MODE": "list"})
    found = points(done.stderr)
    lab.evbpf.ok("apply", lab.config)
    rows = [step for step in found if step[1] == "row"]
    assert len(rows) > 8 and len(found) > len(rows) + 5, done.stderr
    some = {number for number, _ in rows[::len(rows) // 6]}
    return [step for step in found if step[1] != "row" or step[0] in some]


def is_as_before(lab, before):
    """Ports, devices and frames."""
    lab.assert_same(before[0])
    assert shown(lab) == before[1]
    assert "nothing differs" in lab.evbpf.ok("diff", lab.config).stdout


def test_apply_that_fails_at_any_step_leaves_the_old_switch_working(faulty):
    """Exit code 1 and a sentence, unless the step is one of cleaning up after the change."""
    lab, wrong, late = faulty, [], 0
    changed = changed_file(lab)
    lab.config = lab.write_config()
    steps = apply_steps(lab, changed)
    before = lab.snapshot(), shown(lab)
    for number, name in steps:
        done = lab.evbpf.run("apply", changed, env={"EVBPF_FAULT": str(number), "EVBPF_FAULT_MODE": "error"})
        try:
            if name == "undo":
                late += 1
                assert lab.port("vf3") is not None
                lab.evbpf.ok("apply", lab.config)
                before = lab.snapshot(), before[1]  # a port that came again has another program
            else:
                assert done.returncode == 1 and "evbpf: " in done.stderr
            is_as_before(lab, before)
        except AssertionError as e:
            wrong.append(f"step {number} ({name}): {str(e)[:600]}\n{explain(['apply'], done)}")
            lab.evbpf.run("detach", lab.switch_name)
            lab.attach()
            before = lab.snapshot(), shown(lab)
    print(f"{len(steps)} steps, {late} after the change")
    assert not wrong, "\n".join(wrong)
    forwards(lab)


def test_apply_that_is_killed_at_any_step_goes_on_working_or_is_detached_whole(faulty):
    """The next apply repairs it, or says no; detach leaves nothing in any case."""
    lab, wrong, repaired = faulty, [], 0
    changed = changed_file(lab)
    lab.config = lab.write_config()
    steps = apply_steps(lab, changed)
    lab.detach()
    clean = lab.snapshot()
    for number, name in steps:
        lab.attach()
        done = lab.evbpf.run("apply", changed, env={"EVBPF_FAULT": str(number)})
        try:
            assert done.returncode == KILLED, "not killed"
            again = lab.evbpf.run("apply", lab.config if number % 2 else changed)
            repaired += again.returncode == 0
            assert again.returncode == 0 or "evbpf: " in again.stderr
            lab.detach()
            lab.assert_same(clean)
        except AssertionError as e:
            wrong.append(f"step {number} ({name}): {str(e)[:600]}\n{explain(['apply'], done)}")
            lab.evbpf.run("detach", lab.switch_name)
    print(f"{len(steps)} steps, {repaired} repaired by the next apply")
    assert not wrong and pins() == [], "\n".join(wrong)
