# SPDX-License-Identifier: GPL-2.0-only
"""The guides of docs/: what they say to type works, and prints what they say."""
import os
import re
import shutil

import pytest

import netns
from program import PLAIN, TOP, pins

# the guides, and the commands that end with 1: a neighbour is not reached, two files do not agree
GUIDES = {"edge-bridging": {"ip netns exec web ping -c 1 -W 1 192.0.2.2"},
          "port-extension": {"evbpf check pe0.yaml wrong.yaml --link pe0:up0=tor:cable"}}
SPACES = ("station", "tor", "web", "db", "lan", "probe", "rack")
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
    (r"= [\d./]+ ms$", "= T ms"), (r"\bid \d+", "id N"), (r"\bid=0x\w+", "id=N"),
    (r"(learned +)\d+$", r"\1A"))]


def blocks(guide):
    with open(os.path.join(TOP, "docs", f"{guide}.md"), encoding="utf-8") as f:
        return BLOCK.findall(f.read())


def files(guide):
    """{name: text} of the YAML blocks, whose first line is their name."""
    return {text.split("\n", 1)[0].removeprefix("# "): text for kind, text in blocks(guide)
            if kind == "yaml"}


def commands(guide):
    """[(command, lines that it prints)] of the console blocks."""
    found = []
    for kind, text in blocks(guide):
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


@pytest.fixture(scope="module", params=GUIDES)
def guide(request):
    return request.param


@pytest.fixture(scope="module")
def ran(guide, evbpf_is_built, tmp_path_factory):
    """[(command, lines that it should print, exit code, lines that it printed)]"""
    where, said = tmp_path_factory.mktemp("guide"), commands(guide)
    if not shutil.which("tshark") and any("tshark" in command for command, _ in said):
        pytest.skip("tshark is not installed: scripts/deps.sh")
    for name, text in files(guide).items():
        (where / name).write_text(text, encoding="utf-8")
    try:
        done = run_guide([command for command, _ in said], where)
        assert len(done) == len(said)
        yield [(*words, *got) for words, got in zip(said, done)]
    finally:
        netns.run([PLAIN, "detach", "--all"], check=False)
        for name in SPACES:
            netns.run(["ip", "netns", "del", name], check=False)


def printed(ran, *beginnings):
    """What the commands printed that begin with one of these."""
    return [got for command, _, _, got in ran if command.startswith(beginnings)]


def columns(lines):
    return [line.split("\t") for line in lines]


def test_every_command_of_the_guide_ends_as_it_says(guide, ran):
    """With 0, but for those that show what does not work."""
    codes = {command: code for command, _, code, _ in ran}
    assert {command for command, code in codes.items() if code == 1} == GUIDES[guide]
    assert set(codes.values()) == {0, 1}, codes


def test_every_command_of_the_guide_prints_what_it_says(ran):
    for command, want, _, got in ran:
        assert (command, steady(got)) == (command, steady(want))


def edge_bridging(ran):
    stats = [got for command, _, _, got in ran if command.startswith("evbpf stats tor")
             and "--reset" not in command]
    assert [line.split() for line in stats[0]][2] == ["42", "1", "0", "0", "1"]  # one ARP
    assert "    drops: hairpin 1" in stats[1]
    rack = [line.split() for line in stats[2]]
    assert rack[2][1:3] == ["6", "0"] and rack[4][1:] == ["6", "0"]
    cables = printed(ran, "wait; cat cable.txt")
    assert len(cables[0]) == 4 and cables[0][0] == cables[0][1] and cables[0][2] == cables[0][3]
    assert [re.search(r"vlan (\d+)", line).group(1) for line in cables[1]] == [
        "200", "200", "200", "200", "200", "201", "201", "200"]
    assert [re.search(r"echo (\w+)", line).group(1) for line in cables[1]] == [
        "request", "request", "reply", "reply", "request", "request", "reply", "reply"]


def port_extension(ran):
    up_and_down, copies, below, vntag = (columns(lines) for lines in printed(ran, "wait; tshark"))
    assert [row[1:3] for row in up_and_down] == 2 * [
        ["0", "0x0012"], ["0", "0x0013"], ["0", "0x0013"], ["0", "0x0012"]]
    lan, web = "192.0.2.3", "192.0.2.1"
    assert copies == [[lan, "0", "0x0012", "0x0000"], [lan, "0", "0x0013", "0x0000"],
                      [web, "0", "0x0012", "0x0000"], [web, "1", "0x0005", "0x0012"]]
    assert [row[2] for row in below] == ["0x0100", "0x0100"]
    assert [row[:5] for row in vntag[:2]] == [["0", "0", "0", "0", "18"],
                                              ["1", "1", "4097", "1", "18"]]
    refused = [line for got in printed(ran, "evbpf stats") for line in got if "drops:" in line]
    assert refused == ["    drops: isolated 1", "    drops: channel 1", "    drops: mtu 1"]


def test_what_the_guide_claims_is_in_what_it_prints(guide, ran):
    """The words around the commands say these things; a new output pasted into them must still."""
    {"edge-bridging": edge_bridging, "port-extension": port_extension}[guide](ran)


def test_the_guide_leaves_nothing(ran):
    assert ran and pins() == []
    assert netns.run(["ip", "netns", "list"]).stdout == ""


def test_every_file_of_the_guide_is_a_right_configuration(guide, ran, tmp_path):
    for name, text in files(guide).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        netns.run([PLAIN, "check", tmp_path / name])
