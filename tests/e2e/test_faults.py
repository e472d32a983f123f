# SPDX-License-Identifier: GPL-2.0-only
"""attach and detach that stop at every step: killed, or by an error of the kernel."""
import re
import time

import pytest

from lab import vf_mac
from model import ALL, Port
from program import FAULTS, explain, pins

PORTS = [Port("vf0", vf_mac(0)), Port("vf1", vf_mac(1), vlan=100, made="test"),
         Port("vf2", vf_mac(2), trunk=ALL, made="test", hook="xdp")]
WAYS = {"xdp": ({"hook": "xdp"}, PORTS),
        "tc": ({"hook": "tc"}, PORTS[:2]),
        "clsact": ({"hook": "tc", "env": {"EVBPF_FORCE_CLSACT": "1"}}, PORTS[:2])}
KILLED = -9
STEP = 0.005  # seconds


@pytest.fixture(params=WAYS)
def lab(request, make_lab):
    keys, ports = WAYS[request.param]
    return make_lab(ports, binary=FAULTS, **keys)


def points(text):
    return [(int(n), name) for n, name in re.findall(r"^fault point (\d+): (.*)$", text, re.M)]


def steps_of(lab, *command):
    """Numbered steps of a command that succeeds."""
    done = lab.evbpf.ok(*command, env={"EVBPF_FAULT_MODE": "list"})
    found = points(done.stderr)
    assert [n for n, _ in found] == list(range(1, len(found) + 1)) and found, done.stderr
    return found


def attach_steps(lab):
    found = steps_of(lab, "attach", lab.config)
    lab.detach()
    assert len(found) > 5, f"only {found}"
    return found


def test_attach_that_is_killed_at_any_step_can_be_detached(lab):
    """SIGKILL at step N; then `detach` removes everything, and a new attach works."""
    before, wrong = lab.snapshot(), []
    steps = attach_steps(lab)
    for number, name in steps:
        done = lab.evbpf.run("attach", lab.config, env={"EVBPF_FAULT": str(number)})
        if done.returncode != KILLED:
            wrong.append(f"step {number} ({name}): not killed: {explain(['attach'], done)}")
        done = lab.evbpf.run("detach", lab.switch_name)
        try:
            lab.assert_same(before)
            assert done.returncode in (0, 1), explain(["detach"], done)
        except AssertionError as e:
            wrong.append(f"step {number} ({name}): {e}\n{explain(['detach'], done)}")
            break  # the next steps would start from what is left
    assert not wrong, "\n".join(wrong)
    print(f"{len(steps)} steps")
    lab.attach()


def test_attach_after_a_killed_one_works_or_says_to_detach(lab):
    steps = attach_steps(lab)
    for number in (1, len(steps) // 2, len(steps)):
        lab.evbpf.run("attach", lab.config, env={"EVBPF_FAULT": str(number)})
        done = lab.evbpf.run("attach", lab.config)
        if done.returncode != 0:
            assert "detach" in done.stderr, explain(["attach"], done)
        lab.evbpf.run("detach", lab.switch_name)
    lab.attach()


def test_attach_that_fails_at_any_step_undoes_what_it_did(lab):
    """Exit code 1 and a sentence; nothing is left, without any detach."""
    before, wrong = lab.snapshot(), []
    for number, name in attach_steps(lab):
        env = {"EVBPF_FAULT": str(number), "EVBPF_FAULT_MODE": "error"}
        done = lab.evbpf.run("attach", lab.config, env=env)
        try:
            assert done.returncode == 1, "it did not fail"
            lab.assert_same(before)
            said = [line for line in done.stderr.splitlines() if not line.startswith("fault point")]
            assert said, "no word about it"
        except AssertionError as e:
            wrong.append(f"step {number} ({name}): {e}\n{explain(['attach'], done)}")
            lab.evbpf.run("detach", lab.switch_name)
    assert not wrong, "\n".join(wrong)


def kill_after(lab, seconds):
    """Start a detach and kill it; False if it was done before."""
    child = lab.host.start([FAULTS, "detach", lab.switch_name])
    time.sleep(seconds)
    child.kill()
    return child.wait() == KILLED


def test_detach_that_is_killed_at_any_time_can_be_repeated(lab):
    """Again and again a little later, until one is done before it is killed."""
    before, kills, seconds = lab.snapshot(), 0, 0.0
    while True:
        lab.attach()
        killed = kill_after(lab, seconds)
        again = lab.evbpf.run("detach", lab.switch_name)
        lab.assert_same(before, f"detach was killed after {seconds * 1000:.0f} ms, and left after "
                        + explain(["detach"], again))
        if not killed:
            break
        kills += 1
        seconds += STEP
    print(f"{kills} kills")
    assert kills > 2 and pins() == []
