# SPDX-License-Identifier: GPL-2.0-only
"""docs/edge-bridging.md: what it says to type works, and prints what it says."""
import os
import re

import pytest

import netns
from program import PLAIN, TOP, pins

GUIDE = os.path.join(TOP, "docs", "edge-bridging.md")
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
MARK = "---rc"
# no frames but those of the guide, however slow the machine: no IPv6, and nobody asks whether a
# neighbour is still there
QUIET = """for ns in $(ip netns list | cut -d' ' -f1); do ip netns exec $ns sh -c '
for dev in all default; do echo 1 > /proc/sys/net/ipv6/conf/$dev/disable_ipv6; done
for dev in /proc/sys/net/ipv4/neigh/*; do echo 600 > $dev/delay_first_probe_time; done'; done"""
MAKES = re.compile(r"netns add|attach|apply")  # namespaces or devices
# what another run may print otherwise
VARIES = [(re.compile(p), s) for p, s in (
    (r"time=[\d.]+ ms", "time=T ms"), (r"time \d+ms", "time Tms"),
    (r"= [\d./]+ ms$", "= T ms"), (r"\bid \d+", "id N"), (r"(learned +)\d+$", r"\1A"))]


def blocks():
    with open(GUIDE, encoding="utf-8") as f:
        return BLOCK.findall(f.read())


def files():
    """{name: text} of the YAML blocks, whose first line is their name."""
    return {text.split("\n", 1)[0].removeprefix("# "): text for kind, text in blocks()
            if kind == "yaml"}


def commands():
    """[(command, lines that it prints)] of the console blocks."""
    found = []
    for kind, text in blocks():
        for line in text.splitlines() if kind == "console" else ():
            if line.startswith("# "):
                found.append((line[2:], []))
            else:
                found[-1][1].append(line)
    return found


def run_guide(lines, where):
    """[(exit code, lines printed)] of commands, one after the other in one shell."""
    script = [f"PATH={os.path.dirname(PLAIN)}:$PATH; cd {where}"]
    for line in lines:
        script += [line, f'echo "{MARK} $?"']
        if MAKES.search(line):
            script.append(QUIET)
    done = netns.run(["bash"], text="\n".join(script) + "\n", timeout=120,
                     extra=lambda: os.dup2(1, 2))
    out = done.stdout.split(MARK)
    codes = [int(part.split("\n", 1)[0]) for part in out[1:]]
    prints = [out[0], *(part.split("\n", 1)[1] for part in out[1:])]
    return list(zip(codes, (p.splitlines() for p in prints)))


def steady(lines):
    for pattern, instead in VARIES:
        lines = [pattern.sub(instead, line) for line in lines]
    return lines


@pytest.fixture(scope="module")
def ran(evbpf_is_built, tmp_path_factory):
    """[(command, lines that it should print, exit code, lines that it printed)]"""
    where = tmp_path_factory.mktemp("guide")
    for name, text in files().items():
        (where / name).write_text(text, encoding="utf-8")
    try:
        done = run_guide([command for command, _ in commands()], where)
        assert len(done) == len(commands())
        yield [(*said, *got) for said, got in zip(commands(), done)]
    finally:
        netns.run([PLAIN, "detach", "--all"], check=False)
        for name in ("station", "tor", "web", "db", "lan", "probe"):
            netns.run(["ip", "netns", "del", name], check=False)


def test_every_command_of_the_guide_ends_as_it_says(ran):
    """With 0, but for the ping that shows that a neighbour is not reached."""
    codes = {command: code for command, _, code, _ in ran}
    in_vain = "ip netns exec web ping -c 1 -W 1 192.0.2.2"
    assert codes.pop(in_vain) == 1
    assert {command: code for command, code in codes.items() if code} == {}


def test_every_command_of_the_guide_prints_what_it_says(ran):
    for command, want, _, got in ran:
        assert (command, steady(got)) == (command, steady(want))


def test_what_the_guide_claims_is_in_what_it_prints(ran):
    """The words around the commands say these things; a new output pasted into them must still."""
    stats = [got for command, _, _, got in ran if command.startswith("evbpf stats tor")
             and "--reset" not in command]
    assert [line.split() for line in stats[0]][2] == ["42", "1", "0", "0", "1"]  # one ARP
    assert "    drops: hairpin 1" in stats[1]
    rack = [line.split() for line in stats[2]]
    assert rack[2][1:3] == ["6", "0"] and rack[4][1:] == ["6", "0"]
    cables = [got for command, _, _, got in ran if command == "wait; cat cable.txt"]
    assert len(cables[0]) == 4 and cables[0][0] == cables[0][1] and cables[0][2] == cables[0][3]
    assert [re.search(r"vlan (\d+)", line).group(1) for line in cables[1]] == [
        "200", "200", "200", "200", "200", "201", "201", "200"]
    assert [re.search(r"echo (\w+)", line).group(1) for line in cables[1]] == [
        "request", "request", "reply", "reply", "request", "request", "reply", "reply"]


def test_the_guide_leaves_nothing(ran):
    assert ran and pins() == []
    assert netns.run(["ip", "netns", "list"]).stdout == ""


def test_every_file_of_the_guide_is_a_right_configuration(ran, tmp_path):
    for name, text in files().items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        netns.run([PLAIN, "check", tmp_path / name])
