# SPDX-License-Identifier: GPL-2.0-only
"""What docs/guests.md and examples/ show is what evbpf, ip and libvirt take."""
import glob
import os
import re
import shutil
import xml.etree.ElementTree

import pytest

import netns
from program import TOP, Evbpf

with open(os.path.join(TOP, "docs/guests.md"), encoding="utf-8") as f:
    DOC = f.read()
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", DOC, re.M | re.S)
YAML = [text for kind, text in BLOCKS if kind == "yaml"]
XML = [text for kind, text in BLOCKS if kind == "xml"]
COMMANDS = [line[2:] for kind, text in BLOCKS if not kind
            for line in text.splitlines() if line.startswith("# ")]
EXAMPLES = sorted(glob.glob(os.path.join(TOP, "examples/*.yaml")))
DOMAINS = sorted(glob.glob(os.path.join(TOP, "examples/*.xml")))
GUESTS = os.path.join(TOP, "examples/guests.yaml")


def check(path):
    done = Evbpf().ok("check", path)
    assert ": ok: switch " in done.stdout and done.stderr == "", done


@pytest.mark.parametrize("number", range(len(YAML)))
def test_every_file_in_the_text_passes_check(tmp_path, evbpf_is_built, number):
    path = tmp_path / "doc.yaml"
    path.write_text(YAML[number], encoding="utf-8")
    check(path)


@pytest.mark.parametrize("path", EXAMPLES, ids=os.path.basename)
def test_every_example_passes_check(evbpf_is_built, path):
    check(path)


def test_there_is_something_to_check():
    assert len(YAML) >= 2 and len(XML) >= 2 and len(DOMAINS) >= 2 and GUESTS in EXAMPLES


def spaced(text):
    """Without the spaces between elements."""
    return re.sub(r">\s+<", "><", text.strip())


def test_interfaces_in_the_text_are_those_of_the_domain_files():
    domains = []
    for path in DOMAINS:
        with open(path, encoding="utf-8") as f:
            domains.append(spaced(f.read()))
    for text in XML:
        xml.etree.ElementTree.fromstring(text)
        assert any(spaced(text) in domain for domain in domains), text


@pytest.mark.parametrize("path", DOMAINS, ids=os.path.basename)
def test_domain_files_are_what_libvirt_takes(path):
    tool = shutil.which("virt-xml-validate")
    if not tool:
        pytest.skip("virt-xml-validate is not installed (Debian: libvirt-clients)")
    done = netns.run([tool, path, "domain"], check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_domain_files_have_the_addresses_of_the_vfs(evbpf_is_built):
    """A card with another address than its VF would be refused frame by frame."""
    with open(GUESTS, encoding="utf-8") as f:
        text = f.read() + "".join(YAML)
    for path in DOMAINS:
        for card in xml.etree.ElementTree.parse(path).iter("interface"):
            dev, mac = card.find("target").get("dev"), card.find("mac").get("address")
            assert re.search(rf'dev: {dev}\b[^#]*?mac: "{mac}"', text), (dev, mac)


def test_commands_in_the_text_make_the_switch_that_it_shows(make_plain_lab, evbpf_is_built):
    """Its `ip` commands, attach, show, detach; columns that do not differ from host to host."""
    lab = make_plain_lab()
    lab.host.ip("link set up0 name eth1", "link set eth1 up")
    start = next(text for kind, text in BLOCKS if not kind and "evbpf show" in text)
    for line in start.splitlines():
        if line.startswith("# ip "):
            lab.host.run(line[2:].split())
    done = lab.evbpf.ok("attach", GUESTS)
    try:
        said = start.split("attach examples/guests.yaml\n")[1].splitlines()
        assert done.stdout.splitlines()[0] == said[0].replace(
            "tcx", "clsact" if "clsact" in done.stdout else "tcx")
        rows = lab.evbpf.ok("show", "edge0").stdout.splitlines()
        want = start.split("show edge0\n")[1].splitlines()
        assert len(rows) == len(want) == 8

        def fixed(line):
            words = re.split(r"  +", line)
            return [word for word in words if not re.match(r"[0-9a-f:]{17}$", word)]
        assert [fixed(line) for line in rows[1:]] == [fixed(line) for line in want[1:]]
    finally:
        lab.evbpf.ok("detach", "edge0")
        for name in ("web", "fast"):
            netns.run(["ip", "netns", "del", name])


def test_every_evbpf_command_in_the_text_is_one():
    known = set(re.findall(r"^  (\w+)", Evbpf().ok("help").stdout, re.M))
    used = {line.split()[1] for line in COMMANDS if line.startswith("evbpf ")}
    assert used and used <= known, used - known
