# SPDX-License-Identifier: GPL-2.0-only
"""One private host per session, as for the e2e tests, and one line per check."""
import os
import sys
import time

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(TOP, "tests/e2e"))

import qemu  # noqa: E402
import netns  # noqa: E402
from program import BUILD, install  # noqa: E402
from vmlab import VmLab  # noqa: E402


def pytest_configure(config):
    if config.option.collectonly:
        return
    if os.geteuid() != 0:
        pytest.exit("the guests need taps and network namespaces: run this as root", 1)
    if not os.path.exists(os.path.join(BUILD, "evbpf-faults")):
        pytest.exit("there is no build/evbpf: run make", 1)
    why = qemu.missing()
    if why:
        pytest.exit(f"{why}: run scripts/vm-deps.sh", 1)
    netns.isolate()
    install()


def pytest_report_teststatus(report):
    """What a test says takes the place of a dot."""
    if report.passed:
        return report.outcome if report.when == "call" else "", "", ""
    return None


@pytest.hookimpl(trylast=True)
def pytest_runtest_logreport(report):
    if report.when == "call" or not report.passed:
        text = dict(report.user_properties).get("says", report.nodeid)
        print(f"  {'ok' if report.passed else report.outcome.upper()}  {text}", flush=True)


def pytest_terminal_summary(terminalreporter):
    """In the words of the other suites."""
    count = {word: len(terminalreporter.stats.get(word, ()))
             for word in ("passed", "failed", "error", "skipped")}
    count["failed"] += count.pop("error")
    terminalreporter.write_line(", ".join(f"{n} {word}" for word, n in count.items()))


@pytest.fixture
def says(record_property):
    """says(sentence): what this test found out."""
    return lambda text: record_property("says", text)


@pytest.fixture(scope="session")
def lab():
    start = time.monotonic()
    made = VmLab()
    try:
        made.begin()
        made.boot_seconds = time.monotonic() - start
        yield made
    finally:
        made.close()
