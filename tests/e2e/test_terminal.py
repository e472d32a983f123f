# SPDX-License-Identifier: GPL-2.0-only
"""`monitor` and `stats --watch` in terminals of 40, 80 and 200 columns."""
import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

import netns
from frames import BROADCAST, build
from lab import vf_mac
from model import Port
from program import PLAIN

PORTS = [Port("vf0", vf_mac(0)), Port("vf1", vf_mac(1))]
ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")


@pytest.fixture(scope="module")
def lab(make_module_lab):
    lab = make_module_lab(PORTS)
    lab.attach()
    lab.open_taps()
    return lab


class Terminal:
    """A command in a pseudo-terminal."""

    def __init__(self, lab, columns, rows, *args):
        self.master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        # pylint: disable=consider-using-with
        self.child = subprocess.Popen([PLAIN, *args], stdin=slave, stdout=slave, stderr=slave,
                                      preexec_fn=netns.in_child(lab.host.fd, None))
        os.close(slave)
        self.text = ""

    def read(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if select.select([self.master], [], [], 0.05)[0]:
                with contextlib.suppress(OSError):
                    self.text += os.read(self.master, 65536).decode()
        return self.text

    def end(self):
        self.child.send_signal(signal.SIGINT)
        self.read(0.2)
        os.close(self.master)
        return self.child.wait(10)


def screens(text):
    """What was drawn, each time from the top."""
    return [ESCAPE.sub("", part).replace("\r", "") for part in text.split("\x1b[H")[1:]]


def traffic(lab):
    for seq in range(20):
        lab.taps.send("vf0", build(vf_mac(1), vf_mac(0), seq=seq).raw())
        lab.taps.send("vf0", build(BROADCAST, vf_mac(9), seq=seq).raw())


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_stats_watch_fits_the_terminal(lab, columns):
    """No line is longer; ports with frames and their refusals are seen; ^C ends it well."""
    terminal = Terminal(lab, columns, 24, "stats", lab.switch_name, "--watch")
    terminal.read(0.4)
    traffic(lab)
    text = terminal.read(2.0)
    assert terminal.end() == 0
    drawn = screens(text)
    assert len(drawn) >= 2
    lines = [line for screen in drawn for line in screen.split("\n")]
    assert max(map(len, lines)) <= columns
    assert all(screen.count("\n") < 24 for screen in drawn)
    assert any(line.startswith("vf0") and re.search(r"\d", line[3:]) for line in lines)
    assert any("spoof_mac" in line for line in lines) == (columns > 40)
    lab.taps.collect()


def test_stats_watch_follows_the_terminals_size(lab):
    terminal = Terminal(lab, 200, 24, "stats", lab.switch_name, "--watch")
    terminal.read(1.3)
    fcntl.ioctl(terminal.master, termios.TIOCSWINSZ, struct.pack("HHHH", 5, 40, 0, 0))
    terminal.child.send_signal(signal.SIGWINCH)
    before = len(terminal.text)
    terminal.read(1.3)
    assert terminal.end() == 0
    for screen in screens(terminal.text[before:]):
        assert max(map(len, screen.split("\n"))) <= 40 and screen.count("\n") < 5


def test_stats_watch_without_a_terminal_is_lines_or_objects(lab):
    for args, good in ((["stats", lab.switch_name, "--watch"], r"^[\d:]+ \S+ (vf0 rx|no frames)"),
                       (["-j", "stats", lab.switch_name, "--watch"], r'^\{"time":')):
        child = lab.host.start([PLAIN, *args])
        time.sleep(0.3)
        traffic(lab)
        time.sleep(1.9)
        child.send_signal(signal.SIGINT)
        assert child.wait(10) == 0
        text = os.pread(child.output.fileno(), 1 << 20, 0).decode()
        assert "\x1b" not in text and re.search(good, text, re.M), text
        assert "spoof_mac" in text
    lab.taps.collect()


@pytest.mark.parametrize("columns", [40, 80, 200])
def test_monitor_shows_a_line_for_each_event_in_any_terminal(lab, columns):
    """Its lines are whole: a terminal wraps them."""
    time.sleep(0.3)
    terminal = Terminal(lab, columns, 24, "monitor", lab.switch_name)
    terminal.read(0.3)
    lab.taps.send("vf1", build(BROADCAST, vf_mac(9)).raw())
    text = terminal.read(0.7)
    assert terminal.end() == 0
    lines = [line for line in ESCAPE.sub("", text).replace("\r", "").split("\n") if "spoof_mac" in line]
    assert any(f"{lab.switch_name} vf1 spoof_mac" in line and "so far)" in line for line in lines), text
    lab.taps.collect()
