# SPDX-License-Identifier: GPL-2.0-only
"""One private host per test session; see lab.py for what is built in it."""
import json
import os
import subprocess
import time

import pytest

import netns
import taps
from lab import UPLINK_MAC, Lab
from program import BUILD, FAULTS, PLAIN, TOP, install

PF_KEY = "2 0 0 0".split()  # its row in evb_ports
HOST = {}  # what was there before this session


def pytest_configure(config):
    if config.option.collectonly or "PYTEST_XDIST_WORKER" in os.environ:
        return
    if os.geteuid() != 0:
        pytest.exit("the e2e tests make network namespaces: run them as root", 1)
    HOST["net"], HOST["mnt"] = os.readlink(netns.OWN), os.readlink("/proc/self/ns/mnt")
    HOST["programs"] = our_programs()
    netns.isolate()
    if os.path.exists(os.path.join(BUILD, "evbpf-faults")):
        install()
    taps.stay_on_one_cpu()


def bpftool(*args):
    return json.loads(netns.run(["bpftool", "-j", *args]).stdout or "null")


def our_programs():
    """Numbers of the loaded programs that have a name like ours, anybody's."""
    return {p["id"] for p in bpftool("prog", "show") if p.get("name", "").startswith("evb_")}


def uplink_of(prog):
    """Address of the uplink of a switch's program; None: it is already gone, or not a switch's."""
    try:
        for number in bpftool("prog", "show", "id", prog).get("map_ids", []):
            info = bpftool("map", "show", "id", number)
            if info.get("name") == "evb_ports":
                row = bpftool("map", "lookup", "id", number, "key", *PF_KEY)
                return bytes(row["formatted"]["value"]["mac"])
    except (AssertionError, KeyError, TypeError):
        pass
    return None


@pytest.fixture(scope="session")
def programs_of():
    """A function: the programs that stay in the kernel for switches on uplinks of this address,
    which is another one in each session."""
    def still_there(address, wait=5.0):
        end = time.monotonic() + wait
        while True:
            new = our_programs() - HOST["programs"]
            mine = sorted(p for p in new if uplink_of(p) == address)
            if not mine or time.monotonic() > end:
                return mine
            time.sleep(0.1)
    return still_there


@pytest.fixture(scope="session", autouse=True)
def nothing_is_left_at_the_end(programs_of):
    yield
    assert programs_of(UPLINK_MAC) == [], "programs of this session are still loaded"


@pytest.fixture(scope="session")
def host_before():
    return HOST


@pytest.fixture(scope="session")
def evbpf_is_built():
    for path in (PLAIN, FAULTS):
        assert os.access(path, os.X_OK), "there is no build/evbpf or build/evbpf-faults: run make"


@pytest.fixture(scope="session")
def foreign_object():
    """A BPF object of somebody else's: programs foreign_xdp and foreign_tc."""
    path = os.path.join(BUILD, "tests/e2e/foreign.bpf.o")
    if not os.path.exists(path):
        subprocess.run(["make", "-s", "-C", TOP, "build/tests/e2e/foreign.bpf.o"], check=True)
    return path


def _maker(made):
    def make(*args, **kwargs):
        made.append(Lab(*args, **kwargs))
        return made[-1]
    return make


def _close(made):
    errors = []
    for lab in reversed(made):
        try:
            lab.close()
        except AssertionError as e:
            errors.append(str(e))
    assert not errors, "\n".join(errors)


@pytest.fixture
def make_lab(evbpf_is_built):
    """Lab(...), closed after the test."""
    made = []
    yield _maker(made)
    _close(made)


@pytest.fixture(scope="module")
def make_module_lab(evbpf_is_built):
    """Lab(...), closed after the last test of the file."""
    made = []
    yield _maker(made)
    _close(made)


@pytest.fixture
def make_plain_lab():
    """The same without the program under test."""
    made = []
    yield _maker(made)
    _close(made)
