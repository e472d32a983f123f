# SPDX-License-Identifier: GPL-2.0-only
"""Devices that come late, are renamed, moved and deleted, and `evbpf agent`, which follows them."""
import os
import signal
import time

import pytest

import verify
from frames import BROADCAST, build
from lab import vf_mac
from model import Port
from program import Running, until
from taps import Sender, raw_socket, receive_one

LATE = Port("vf1", vf_mac(1), made="test", more=(("present", "later"),))
PORTS = [Port("vf0", vf_mac(0)), LATE, Port("vf2", vf_mac(2), state="enable"),
         Port("vf3", vf_mac(3), state="enable")]


@pytest.fixture
def lab(make_lab):
    """vf1 is not there yet."""
    lab = make_lab(PORTS)
    lab.host.ip("link del v1h")
    lab.attach()
    return lab


@pytest.fixture
def followed(lab):
    with Running(lab, "agent", lab.switch_name) as lab.agent:
        until("the agent", lambda: "followed" in lab.agent.text())
        yield lab
        assert lab.agent.end() == 0, lab.agent.text()


def reaches(lab, name, dev="eth0"):
    """A frame of vf2 gets to this VF's guest, and is counted there."""
    before = lab.stats()
    watch, sender = raw_socket(lab.guests[name], dev), Sender(lab.guests["vf2"], "eth0")
    frame = build(lab.model.ports[name].mac, vf_mac(2), seq=9)
    sender.send(frame.raw())
    try:
        got = until("the frame", lambda: receive_one(watch), 1)
    except AssertionError:
        return False
    finally:
        watch.close()
        sender.close()
    moved = verify.moves(before, lab.stats())
    return got == frame.raw() and moved[name, "rx.packets"] == 1


def is_up(lab, name="vf1"):
    port = lab.port(name)
    return not port["absent"] and port["link"] == "up"


def told(lab, *words):
    until(f"{words} told", lambda: any(all(w in line for w in words)
                                       for line in lab.agent.text().splitlines()))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii") as f:
        fields = f.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


# ---- present: later

def test_a_device_that_is_not_there_yet_is_absent_and_no_error(lab):
    assert lab.port("vf1")["absent"] is True
    assert "absent" in lab.evbpf.ok("show", lab.switch_name).stdout
    assert lab.port("vf0")["absent"] is False and reaches(lab, "vf0")


def test_without_the_agent_apply_takes_it_up(lab):
    lab.make_guest(LATE)
    assert not reaches(lab, "vf1")
    lab.evbpf.ok("apply", lab.config)
    assert lab.port("vf1")["absent"] is False and reaches(lab, "vf1")


def test_the_agent_takes_it_up_follows_its_name_and_lets_it_go(followed):
    lab = followed
    lab.make_guest(LATE)
    until("vf1 is there", lambda: is_up(lab))
    assert reaches(lab, "vf1")
    told(lab, "vf1", "v1h", "is there")
    lab.host.ip("link set v1h name other9")
    told(lab, "vf1", "other9")
    assert lab.port("vf1")["dev"] == "other9" and reaches(lab, "vf1")
    lab.host.ip("link del other9")
    until("vf1 is away", lambda: lab.port("vf1")["absent"])
    told(lab, "vf1", "is gone")
    lab.make_guest(LATE)
    until("vf1 is there again", lambda: is_up(lab))
    assert reaches(lab, "vf1") and reaches(lab, "vf0")


def test_a_guest_end_that_moves_to_another_namespace_goes_on(followed):
    """The port is the host's end: where its guest is does not matter."""
    lab = followed
    lab.make_guest(LATE)
    until("vf1 is there", lambda: is_up(lab))
    lab.guests["vf1"].ip(f"link set eth0 netns {lab.guests['vf0'].name} name moved0")
    lab.guests["vf0"].ip("link set moved0 up")
    until("vf1 is up", lambda: lab.port("vf1")["link"] == "up")
    lab.guests["vf1"], old = lab.guests["vf0"], lab.guests["vf1"]
    assert reaches(lab, "vf1", "moved0")
    lab.guests["vf1"] = old


def test_a_host_end_that_leaves_the_namespace_is_gone(followed):
    lab = followed
    lab.make_guest(LATE)
    until("vf1 is there", lambda: is_up(lab))
    lab.host.ip(f"link set v1h netns {lab.wire.name}")
    until("vf1 is away", lambda: lab.port("vf1")["absent"])
    assert reaches(lab, "vf0")
    lab.wire.ip(f"link set v1h netns {lab.host.name}")
    lab.host.ip("link set v1h up")
    until("vf1 is back", lambda: is_up(lab))
    assert reaches(lab, "vf1")


# ---- the uplink

def test_auto_follows_the_uplinks_carrier_and_enable_does_not(followed):
    """VF to VF goes on between enabled ports; the guest of the other sees no carrier."""
    lab = followed
    assert lab.carrier("vf0")
    lab.wire.ip("link set wire0 down")
    until("vf0 is down", lambda: lab.port("vf0")["link"] == "down" and not lab.carrier("vf0"))
    assert lab.port("vf2")["link"] == "up" and lab.carrier("vf3") and reaches(lab, "vf3")
    before = lab.stats()
    sender = Sender(lab.guests["vf2"], "eth0")
    sender.send(build(vf_mac(0), vf_mac(2)).raw())
    until("the drop", lambda: verify.moves(before, lab.stats()).get(("vf0", "drops.link")) == 1)
    sender.close()
    lab.wire.ip("link set wire0 up")
    until("vf0 is up", lambda: lab.port("vf0")["link"] == "up" and lab.carrier("vf0"))
    assert reaches(lab, "vf0")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT], ids=["SIGTERM", "SIGINT"])
def test_when_the_agent_ends_ports_have_a_link_again(lab, how):
    lab.wire.ip("link set wire0 down")
    with Running(lab, "agent", lab.switch_name) as agent:
        until("vf0 is down", lambda: lab.port("vf0")["link"] == "down")
        assert agent.end(how) == 0
    assert lab.port("vf0")["link"] == "up" and lab.carrier("vf0") and reaches(lab, "vf0")


def test_an_uplink_that_is_renamed_is_followed(followed):
    lab = followed
    lab.host.ip("link set up0 name other0")
    told(lab, "uplink", "other0")
    assert lab.evbpf.json("show", lab.switch_name)["uplink"]["dev"] == "other0"
    assert reaches(lab, "vf0")
    watch, sender = raw_socket(lab.wire, "wire0"), Sender(lab.guests["vf0"], "eth0")
    sender.send(build(BROADCAST, vf_mac(0)).raw())
    until("the frame", lambda: receive_one(watch))
    sender.close()
    watch.close()
    lab.evbpf.ok("set", lab.switch_name, "vf", "0", "vlan", "7")
    assert lab.port("vf0")["vlan"] == 7


def test_an_uplink_that_is_deleted_is_told_once_and_nothing_spins(followed):
    lab = followed
    lab.wire.ip("link del wire0")
    told(lab, "uplink", "is gone")
    start = cpu_seconds(lab.agent.child.pid)
    lab.make_guest(LATE)
    time.sleep(2.2)
    assert cpu_seconds(lab.agent.child.pid) - start < 0.3
    assert lab.agent.text().count("is gone") == 1, lab.agent.text()
    assert reaches(lab, "vf3")
    lab.evbpf.fails("set", lab.switch_name, "vf", "0", "vlan", "7", says=["up0", "gone"])


def test_many_flaps_leave_no_trace_in_the_journal(followed):
    """A carrier that comes and goes is not noted for ever."""
    lab = followed
    def entries():
        path = f"/sys/fs/bpf/evbpf/{lab.switch_name}/evb_journal"
        return lab.host.run(["bpftool", "map", "dump", "pinned", path]).stdout.count('"key"')
    before = entries()
    for _ in range(5):
        lab.wire.ip("link set wire0 down")
        until("vf0 is down", lambda: lab.port("vf0")["link"] == "down")
        lab.wire.ip("link set wire0 up")
        until("vf0 is up", lambda: lab.port("vf0")["link"] == "up")
    assert entries() == before


def test_the_agent_finds_switches_that_come_and_tells_of_those_that_go(make_lab):
    lab = make_lab(PORTS[:1])
    with Running(lab, "agent") as agent:
        time.sleep(0.3)
        lab.attach()
        until("it is followed", lambda: f"{lab.switch_name}: followed" in agent.text())
        lab.detach()
        until("it is told", lambda: f"{lab.switch_name}: was detached" in agent.text())
        assert agent.end() == 0
