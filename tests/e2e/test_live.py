# SPDX-License-Identifier: GPL-2.0-only
"""The switch is changed while frames pass: what is allowed throughout loses nothing, what is
forbidden throughout reaches nobody. flows.c numbers the frames, churn.c gives the commands.

vf0 and vf1 are in VLAN 100, vf2 in a trunk of 200, vf3 and vf4 isolated, vf5 in VLAN 300, vf6 and
vf7 in VLAN 500. vf8 to vf11, on pairs of the test, come and go and have any policy.
"""
import random
import re
import subprocess
import time

import pytest

import netns
from frames import BROADCAST, build, ctag, mac
from lab import UPLINK_MAC, WIRE_MAC, vf_mac
from model import Port
from program import tool

STABLE = [Port("vf0", vf_mac(0), vlan=100), Port("vf1", vf_mac(1), vlan=100),
          Port("vf2", vf_mac(2), trunk=frozenset([200]), more_macs=(vf_mac(0x22),)),
          Port("vf3", vf_mac(3), isolated=True), Port("vf4", vf_mac(4), isolated=True),
          Port("vf5", vf_mac(5), vlan=300), Port("vf6", vf_mac(6), vlan=500),
          Port("vf7", vf_mac(7), vlan=500)]
CHURNED = [Port(f"vf{i}", vf_mac(i), made="test") for i in range(8, 12)]
FILES, OPERATIONS = 40, 10000
# a VF that is away at that moment; keys of a VF that contradict each other
EXPECTED = r"is not in this switch|contradicts|has neither vlan nor trunk|VLAN 7 is the port's vlan"
TOP = {"acls": {"none": [{"dir": "tx", "type": 0x88B6, "action": "deny"}],
                "some": [{"proto": "tcp", "action": "count"}, {"dst": "10.0.0.0/8", "action": "deny"},
                         {"dst_mac": "02:00:00:00:99:99", "action": "deny"}]}}

# port, its frame, ports that get every one, ports that may get some
EVERYBODY = {"uplink", "pf", *(p.name for p in STABLE + CHURNED)}
FLOWS = [
    ("vf0", build(vf_mac(1), vf_mac(0)), {"vf1"}, set()),
    ("vf1", build(WIRE_MAC, vf_mac(1)), {"uplink"}, set()),
    ("uplink", build(vf_mac(2), WIRE_MAC, [ctag(200)]), {"vf2"}, set()),
    ("pf", build(vf_mac(0), UPLINK_MAC, [ctag(100)]), {"vf0"}, set()),
    ("vf6", build(BROADCAST, vf_mac(6)), {"vf7", "uplink", "pf"},
     {p.name for p in CHURNED}),
    ("vf3", build(vf_mac(4), vf_mac(3)), set(), set()),
    ("vf5", build(vf_mac(4), mac("02:00:00:00:ee:ee")), set(), set()),
    ("vf2", build(vf_mac(0), vf_mac(2), [ctag(300)]), set(), set()),
    ("vf2", build(WIRE_MAC, vf_mac(0x22), [ctag(200)]), {"uplink"}, set()),
]


class Flows:
    """flows.c, running; `ended()` gives {(flow, port): (received, repeated)} and [sent]."""

    def __init__(self, lab, flows, rate):
        args = [tool("flows"), rate]
        for name in lab.flow_ports:
            space, dev = lab.flow_ports[name]
            args += ["port", name, space.path, dev]
        for port, frame, *_ in flows:
            args += ["flow", port, frame.raw().hex()]
        # pylint: disable=consider-using-with
        self.child = subprocess.Popen(list(map(str, args)), stdin=subprocess.PIPE,
                                      stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                      preexec_fn=netns.in_child(None, None))
        line = self.child.stdout.readline()
        assert line == "ready\n", self.child.communicate()

    def ended(self):
        out, err = self.child.communicate(timeout=30)
        assert self.child.returncode == 0 and "lost by" not in out, out + err
        sent = [int(n) for n in re.findall(r"^flow \d+ sent (\d+)$", out, re.M)]
        found = re.findall(r"^flow (\d+) (\w+) received (\d+) repeated (\d+)$", out, re.M)
        return {(int(f), port): (int(n), int(r)) for f, port, n, r in found}, sent


def flow_ports(lab):
    """Where the frames of each port are seen and sent: device and namespace."""
    lab.open_taps()  # for the PF
    places = {name: (space, lab.guest_end(name)) for name, space in lab.guests.items()}
    return {"uplink": (lab.wire, "wire0"), "pf": (lab.host, "ptap1"), **places}


def problems(flows, got, sent):
    lines = []
    for number, (port, frame, always, sometimes) in enumerate(flows):
        assert sent[number] > 100, f"only {sent[number]} frames of {frame}"
        for name in sorted(EVERYBODY):
            count, repeated = got.get((number, name), (0, 0))
            if name in always and (count, repeated) != (sent[number], 0):
                lines.append(f"{port}: {frame}: {name} got {count} of {sent[number]}, "
                             f"{repeated} repeated")
            if name not in always | sometimes and count:
                lines.append(f"{port}: {frame}: {name} got {count} of {sent[number]}")
    return lines


@pytest.fixture(scope="module", params=["tc"])
def lab(request, make_module_lab):
    lab = make_module_lab(STABLE + CHURNED, hook=request.param, top=TOP)
    lab.attach()
    lab.flow_ports = flow_ports(lab)
    return lab


# ---- random operations

def one_of(rng, *values):
    return rng.choice(values)


def harmless(rng):
    """A key and a value that no flow of a stable VF feels."""
    return one_of(rng, ("max_tx_rate", one_of(rng, "0", "1000", "40000")),
                  ("max_rx_rate", one_of(rng, "0", "1000")),
                  ("storm.unknown", one_of(rng, "0", "100000")),
                  ("trust", one_of(rng, "on", "off")), ("strip", "on"),
                  ("acl", one_of(rng, "none", "some", "default")),
                  ("guard.ipv4", one_of(rng, "10.0.0.5", "10.0.0.0/8,192.0.2.1")),
                  ("guard", "default"), ("allmulti", "on"))


def of_vf(rng, number):
    """Keys that only their own VF feels: of those that come and go."""
    return one_of(rng, ("vlan", one_of(rng, "0", "7", "100", "300", "500")),
                  ("isolated", one_of(rng, "on", "off")), ("spoofchk", one_of(rng, "on", "off")),
                  ("mac", f"02:00:00:00:01:{number:02x},02:00:00:07:{number:02x}:{rng.randrange(16):02x}"),
                  ("mac", f"02:00:00:00:01:{number:02x}"),
                  ("state", one_of(rng, "auto", "enable", "disable")), harmless(rng))


def set_command(lab, rng):
    number = rng.randrange(12)
    key, value = harmless(rng) if number < 8 else of_vf(rng, number)
    if number == 2 and rng.random() < 0.3:
        key, value = "trunk", one_of(rng, "200", "200,201", "150-250", "200,1000-1100")
    if number == 0 and rng.random() < 0.3:
        key, value = "trunk", one_of(rng, "default", "600", "600-700")
    return f"set {lab.switch_name} vf {number} {key} {value}"


def random_entry(rng, entry):
    """The entry of a VF that comes and goes, as another file has it."""
    entry = dict(entry)
    for key, value in (of_vf(rng, entry["id"]) for _ in range(rng.randrange(4))):
        if "." not in key and value != "default":
            entry[key] = value.split(",") if key == "mac" else value
    if rng.random() < 0.2:
        entry.pop("vlan", None)
        entry["trunk"] = ["7", "400-410"]
    return entry


def random_file(lab, rng, number):
    """The stable VFs as they are; the others, of which every eighth file lacks some: to load the
    programs for one that is new takes a fifth of a second."""
    entries = lab.vf_entries()
    keep = 0.5 if number % 8 == 0 else 1
    some = [random_entry(rng, e) for e in entries[8:] if rng.random() < keep]
    text = lab.write_config(vfs=entries[:8] + some)
    with open(text, encoding="utf-8") as f:
        return lab.write_file(f"apply{number}.yaml", f.read())


def commands(lab, rng, files, count):
    """As text for churn.c. One of 50 is an apply; a VF that is not there cannot be set."""
    return [f"apply {rng.choice(files)}" if rng.random() < 0.02 else set_command(lab, rng)
            for _ in range(count)]


def churn(lab, name, lines):
    """Start a process that gives these commands."""
    path = lab.write_file(name, "\n".join(lines) + "\n")
    with open(path, encoding="utf-8") as f:
        # pylint: disable=consider-using-with
        return subprocess.Popen([tool("churn")], stdin=f, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True,
                                preexec_fn=netns.in_child(lab.host.fd, None))


def churned(child):
    """(how many commands were done, what was said of those that failed)"""
    out, err = child.communicate(timeout=400)
    assert child.returncode == 0, (out, err)
    return int(re.search(r"^(\d+) done$", out, re.M)[1]), err


def journal_length(lab):
    path = f"/sys/fs/bpf/evbpf/{lab.switch_name}/evb_journal"
    return netns.run(["bpftool", "map", "dump", "pinned", path]).stdout.count('"key"')


def test_ten_thousand_operations_lose_no_frame_and_let_none_through(lab):
    """Two processes, 10,000 random `set` and `apply`, while 9 flows run."""
    rng = random.Random("evbpf live")
    files = [random_file(lab, rng, n) for n in range(FILES)]
    journal = journal_length(lab)
    flows = Flows(lab, FLOWS, rate=500)
    start = time.monotonic()
    parts = [churn(lab, name, commands(lab, rng, files, OPERATIONS // 2)) for name in ("a", "b")]
    results = [churned(child) for child in parts]
    seconds = time.monotonic() - start
    got, sent = flows.ended()
    print(f"{OPERATIONS} operations in {seconds:.1f} s, {sum(sent)} frames")
    assert problems(FLOWS, got, sent) == []
    said = {line for _, err in results for line in err.splitlines() if "warning:" not in line}
    strange = {line for line in said if not re.search(EXPECTED, line)}
    assert not strange, sorted(strange)[:10]
    assert sum(n for n, _ in results) > OPERATIONS * 0.9
    lab.evbpf.ok("apply", lab.config)
    assert "nothing differs" in lab.evbpf.ok("diff", lab.config).stdout
    assert journal_length(lab) <= journal + len(CHURNED), "the journal grows"
