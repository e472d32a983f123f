# SPDX-License-Identifier: GPL-2.0-only
"""The program under test, its configuration files, and what it leaves on a host."""
import json
import os
import re
import shutil
import signal
import subprocess
import time

import netns
from frames import TPID_S, mac_text
from model import ALL

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BUILD = os.path.join(TOP, "build")
PLAIN, FAULTS = "/run/evbpf", "/run/evbpf-faults"  # private copies: a build may go on meanwhile
PINS = "/sys/fs/bpf"


def install():
    """Call after isolate()."""
    for path in (PLAIN, FAULTS):
        shutil.copy(os.path.join(BUILD, os.path.basename(path)), path)


def tool(name):
    """A C program of these tests."""
    path = os.path.join(BUILD, "tests/e2e", name)
    if not os.path.exists(path):
        subprocess.run(["make", "-s", "-C", TOP, f"build/tests/e2e/{name}"], check=True)
    return path


class Evbpf:
    """evbpf run in the network namespace where, with env added to the environment."""

    def __init__(self, where=None, env=None, binary=PLAIN):
        self.where, self.env, self.binary = where, env or {}, binary

    def run(self, *args, env=None, extra=None, timeout=60):
        return netns.run([self.binary, *args], fd=self.where and self.where.fd, check=False,
                         env={**self.env, **(env or {})}, extra=extra, timeout=timeout)

    def ok(self, *args, **kwargs):
        done = self.run(*args, **kwargs)
        assert done.returncode == 0, explain(args, done)
        return done

    def fails(self, *args, code=1, says=(), **kwargs):
        """It exits with this code and one sentence that has all these words, and no crash."""
        done = self.run(*args, **kwargs)
        assert done.returncode == code, explain(args, done)
        text = done.stderr if "-j" not in args else done.stdout + done.stderr
        assert text.strip(), "an error without a word: " + explain(args, done)
        for word in [says] if isinstance(says, str) else says:
            assert word.lower() in text.lower(), f"'{word}' is not in: " + explain(args, done)
        return done

    def json(self, *args):
        return json.loads(self.ok("-j", *args).stdout)


class Running:
    """A command that goes on until it is told to end: agent, monitor, stats --watch."""

    def __init__(self, lab, *args):
        self.child = lab.host.start([lab.evbpf.binary, *args])
        self.taken = 0

    def text(self):
        """All that it has printed. Its file offset is shared with the child, so it is left alone."""
        return os.pread(self.child.output.fileno(), 1 << 24, 0).decode()

    def lines(self):
        """Whole lines that were not taken before."""
        text = self.text()[self.taken:]
        text = text[:text.rfind("\n") + 1]
        self.taken += len(text)
        return text.splitlines()

    def end(self, how=signal.SIGTERM, wait=20):
        """Exit code."""
        if self.child.poll() is None:
            self.child.send_signal(how)
        return self.child.wait(wait)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.end(signal.SIGKILL)


def until(what, true, seconds=10.0):
    """Wait until true() gives something, and return that."""
    end = time.monotonic() + seconds
    while True:
        found = true()
        if found:
            return found
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        time.sleep(0.02)


def explain(args, done):
    return (f"evbpf {' '.join(map(str, args))}: exit code {done.returncode}\n"
            f"stdout: {done.stdout}\nstderr: {done.stderr}")


def scalar(value):
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(scalar, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{k}: {scalar(v)}" for k, v in value.items()) + "}"
    text = str(value)
    return f'"{text}"' if ":" in text or text == "" else text


def ranges(vids):
    """{200, 300, 301, 302} as 200, 300-302."""
    out, run_ = [], []
    for vid in sorted(vids):
        if run_ and vid == run_[-1] + 1:
            run_.append(vid)
            continue
        out.append(run_)
        run_ = [vid]
    return [str(r[0]) if len(r) == 1 else f"{r[0]}-{r[-1]}" for r in [*out, run_] if r]


def vf_keys(port, dev, guest):
    """The file's entry for a model port."""
    keys = {"id": int(port.name[2:]), "dev": dev}
    if guest:
        keys["guest"] = guest
    keys["mac"] = ([mac_text(m) for m in port.macs] if port.more_macs else mac_text(port.mac))
    if guest and port.mtu != 1500:
        keys["mtu"] = port.mtu
    if port.trunk is not None:
        keys["trunk"] = ALL if port.trunk == ALL else ranges(port.trunk)
    if port.proto == TPID_S:
        keys["proto"] = "802.1ad"
    for name, default in (("vlan", 0), ("qos", 0), ("untagged", False), ("strip", True),
                          ("spoofchk", True), ("isolated", False), ("state", "auto"),
                          ("trust", False), ("promisc", False), ("allmulti", True),
                          ("hook", "auto")):
        if getattr(port, name) != default:
            keys[name] = getattr(port, name)
    if port.multicast:
        keys["multicast"] = sorted(map(mac_text, port.multicast))
    return {**keys, **dict(port.more)}


def config_text(switch, uplink, vfs, hook="tc", pf=None, top=None):
    """top: further keys of the file, `acls` for one."""
    lines = ["version: 1", f"switch: {switch}", "uplink: " + scalar({"dev": uplink, "hook": hook})]
    if pf:
        lines.append("pf: " + scalar(pf))
    if vfs:
        lines += ["vfs:"] + ["  - " + scalar(vf) for vf in vfs]
    lines += [f"{key}: {scalar(value)}" for key, value in (top or {}).items()]
    return "\n".join(lines) + "\n"


def pins():
    """Everything below the private bpffs, but for the directories of `ip` and `tc`."""
    found = []
    for top, dirs, files in os.walk(PINS):
        found += [os.path.join(top, name) for name in dirs + files]
    others = r"\.debug$|/evbpf$|^/sys/fs/bpf/(ip|tc|xdp)$|/globals$"
    return sorted(p for p in found if not re.search(others, p))


def flat_stats(stats):
    """(port, "rx.packets") -> number, of the JSON of `stats`."""
    flat = {}
    for port in stats["ports"]:
        for side in ("rx", "tx", "drops"):
            for key, value in port[side].items():
                flat[port["port"], f"{side}.{key}"] = value
    return flat


LINK_KEYS = ("ifindex", "mtu", "promiscuity", "allmulti", "xdp", "address", "ifalias", "qdisc")
LATE_FLAGS = {"NO-CARRIER", "LOWER_UP"}  # the kernel tells these some time later


def tcx(ifindex):
    """Programs on the ingress and egress hook of a device of the current namespace."""
    return [netns.tcx_programs(ifindex, hook) for hook in (netns.TCX_INGRESS, netns.TCX_EGRESS)]


LOOK = """
ip -j -d link show
tc qdisc show | tr '\\n' ';'; echo
bpftool -j net show; echo
for dev in $(ls /proc/sys/net/ipv4/conf); do
	echo "dev $dev"
	ethtool -k $dev 2>/dev/null
done
"""


def snapshot(space):
    """What a switch may change in a network namespace, as a flat dictionary."""
    links, qdiscs, programs, features = space.run(["sh", "-c", LOOK]).stdout.split("\n", 3)
    state = {f"{space.name} qdiscs": qdiscs, f"{space.name} programs": json.loads(programs)}
    for link in json.loads(links):
        dev = f"{space.name}/{link['ifname']}"
        for key in LINK_KEYS:
            state[f"{dev} {key}"] = link.get(key)
        state[f"{dev} flags"] = sorted(set(link["flags"]) - LATE_FLAGS)
        with space.inside():
            state[f"{dev} tcx"] = tcx(link["ifindex"])
    for part in re.split(r"^dev ", features, flags=re.M)[1:]:
        dev = part.split("\n", 1)[0]
        for name, value in re.findall(r"^\s*([a-z0-9-]+): (\w+)", part, re.M):
            state[f"{space.name}/{dev} feature {name}"] = value
    return state


def changes(before, after):
    return [f"{key}: {before.get(key)} -> {after.get(key)}" for key in {**before, **after}
            if before.get(key) != after.get(key)]
