# SPDX-License-Identifier: GPL-2.0-only
"""rcu_expedited, a setting of the whole machine, is set while many programs come or go; only then."""
import threading

import pytest

from frames import mac
from model import Port
from program import FAULTS, Evbpf, pins
from test_faults import points

KNOB = "/sys/kernel/rcu_expedited"
MANY = [Port(f"vf{i}", mac(f"02:00:00:00:05:{i:02x}")) for i in range(24)]


def knob():
    with open(KNOB, encoding="ascii") as f:
        return f.read().strip()


@pytest.fixture(autouse=True)
def at_rest():
    """A test that fails leaves it as it was, too."""
    if knob() != "0":
        pytest.skip(f"{KNOB} is {knob()} here already")
    yield
    if knob() != "0":
        with open(KNOB, "w", encoding="ascii") as f:
            f.write("0")


def at_link(lab, nth):
    """number of the fault point before the nth program of an attach"""
    done = lab.evbpf.ok("attach", lab.config, env={"EVBPF_FAULT_MODE": "list"})
    lab.detach()
    return [number for number, name in points(done.stderr) if name in ("link", "filter")][nth]


def seen_while(function):
    """values of the knob while a function runs"""
    seen, done = set(), threading.Event()

    def watch():
        while not done.is_set():
            seen.add(knob())

    watcher = threading.Thread(target=watch)
    watcher.start()
    function()
    done.set()
    watcher.join()
    return seen


def test_attach_and_detach_of_many_set_it_and_set_it_back(make_lab):
    lab = make_lab(MANY, one_guest=True)
    assert seen_while(lab.attach) == {"0", "1"}
    assert knob() == "0"
    assert "1" in seen_while(lab.detach)
    assert knob() == "0"


def test_few_ports_leave_it_alone(make_lab):
    lab = make_lab(MANY[:4], one_guest=True)
    assert seen_while(lab.attach) == {"0"}
    assert seen_while(lab.detach) == {"0"}


def test_it_is_set_back_by_detach_after_a_kill(make_lab):
    lab = make_lab(MANY, one_guest=True, binary=FAULTS)
    number = at_link(lab, 5)
    lab.evbpf.run("attach", lab.config, env={"EVBPF_FAULT": str(number)})
    assert knob() == "1", "killed while it was set"
    lab.evbpf.ok("detach", lab.switch_name)
    assert knob() == "0"


@pytest.mark.parametrize("command", ["attach", "detach"])
def test_it_is_set_back_where_the_switchs_namespace_is_gone(make_lab, command):
    """Killed while it is set; it is no namespace's."""
    lab = make_lab(MANY, one_guest=True, binary=FAULTS)
    if command == "attach":
        lab.evbpf.run("attach", lab.config, env={"EVBPF_FAULT": str(at_link(lab, 5))})
    else:
        lab.attach()
        lab.evbpf.run("detach", lab.switch_name, env={"EVBPF_FAULT": "5"})
    assert knob() == "1", "killed while it was set"
    lab.host.close()
    done = Evbpf(lab.wire).ok("detach", lab.switch_name)
    assert "namespace is gone" in done.stderr
    assert knob() == "0" and pins() == []


def test_it_is_set_back_after_an_error(make_lab):
    lab = make_lab(MANY, one_guest=True, binary=FAULTS)
    number = at_link(lab, 5)
    done = lab.evbpf.run("attach", lab.config,
                         env={"EVBPF_FAULT": str(number), "EVBPF_FAULT_MODE": "error"})
    assert done.returncode == 1
    assert knob() == "0"
