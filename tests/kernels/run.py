#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""The programs of the data plane on other kernels: `make test-kernels`.

    run.py [--budget] [KERNEL...]       "6.1" or "newest", as scripts/vm-deps.sh has fetched them

Each kernel boots in a guest under QEMU and there
  * every program is loaded, and what its verifier takes is compared with the budget,
  * every test of tests/prog runs: frames in, frames, verdicts and counters out,
  * a switch is attached to veth devices, and floods and unicasts arrive where they should.
With --budget the verifier's figures are written into the budget, and nothing else is done.
Without KERNEL it is those of DEFAULT; of these one may be missing, which is said.
"""
import argparse
import glob
import json
import os
import shutil
import sys
import tempfile
import time

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
for part in ("tests/vm", "tests/budget", "scripts"):
    sys.path.insert(0, os.path.join(TOP, part))

import budget  # noqa: E402
import qemu  # noqa: E402
import run_tests  # noqa: E402

DEFAULT = ("6.1", "6.12", "newest")
BUILD = os.path.join(TOP, "build")
MODULES = ("virtio_pci", "virtio_console", "veth", "tun", "sch_ingress", "cls_bpf")
MEMORY = 1024  # MB
SECONDS = 400  # for one program
FRAMES = 100
GUESTS = ("g0", "g1", "g2")
BROADCAST = "ff:ff:ff:ff:ff:ff"
WIRE = "02:00:00:00:0e:00"
SETUP = """\
mkdir -p /sys/fs/bpf /run
mount -t bpf bpf /sys/fs/bpf
mount -t tmpfs run /run
mkdir /run/netns
echo 0 >/proc/sys/kernel/printk
"""
NETWORK = """\
quiet() { for i in all default; do echo 1 >/proc/sys/net/ipv6/conf/$i/disable_ipv6; done; }
quiet
for n in %s; do
	touch /run/netns/$n
	unshare --net=/run/netns/$n sh -c 'for i in all default; do
		echo 1 >/proc/sys/net/ipv6/conf/$i/disable_ipv6
	done'
done
/bin/ip link add up0 type veth peer name wire0
/bin/ip link set up0 up
/bin/ip link set wire0 up
""" % " ".join(GUESTS)


def mac(i):
    return f"02:00:00:00:01:{i:02x}"


def config(hook):
    vfs = "".join(f'  - {{id: {i}, dev: h{i}, guest: {{netns: {name}, name: eth0}}, hook: {hook}, '
                  f'mac: "{mac(i)}"}}\n' for i, name in enumerate(GUESTS))
    return f"version: 1\nswitch: k0\nuplink: {{dev: up0, hook: {hook}}}\nvfs:\n{vfs}"


class Failed(Exception):
    """A check that does not hold."""


class Kernel:
    """A guest of that kernel with all that is tested in it."""

    def __init__(self, name, accel, directory):
        tree = os.path.relpath(os.path.realpath(tree_of(name)), qemu.cache_dir())
        self.tests = prog_tests()
        image = qemu.Image(
            directory, tree, MODULES,
            [*self.tests, budget.PROGRAM, f"{BUILD}/evbpf", f"{BUILD}/tests/kernels/send",
             shutil.which("ip")],  # busybox has one that knows no veth; its shell prefers that
            glob.glob("/usr/lib/*/bpf/xdp-dispatcher.o"))  # what libxdp loads
        self.guest = qemu.Guest(image, name, [], directory, MEMORY, accel)
        self.script(SETUP)
        self.release = self.guest.run("uname -r").strip()
        self.name = ".".join(self.release.split(".")[:2])

    def script(self, text, seconds=qemu.COMMAND_SECONDS, check=True):
        """A shell script, of more than one line."""
        self.guest.run(f"printf '%b' '{escaped(text)}' >/tmp/script")
        return self.run("sh -e /tmp/script", seconds, check)[1]

    def run(self, command, seconds=qemu.COMMAND_SECONDS, check=True):
        """(exit code, output)"""
        self.guest.start(f"ulimit -l unlimited; {command}", seconds)
        code, text = self.guest.finish()
        if check and code:
            raise Failed(f"{command}: exit code {code}\n{text}")
        return code, text

    def figures(self):
        """What the verifier takes here."""
        return budget.parse(self.run("budget", SECONDS)[1])

    # ---- frames over real devices

    def received(self):
        """{port: frames that arrived at its far end}, as the kernel counts them there"""
        text = self.script("".join(
            f"nsenter --net=/run/netns/{name} grep eth0 /proc/net/dev\n" for name in GUESTS)
            + "grep wire0 /proc/net/dev\n")
        counts = [int(line.split(":")[1].split()[1]) for line in text.splitlines()]
        return dict(zip((*(f"vf{i}" for i in range(len(GUESTS))), "uplink"), counts, strict=True))

    def counted(self):
        """{port: (frames from its guest, to its guest, lost)}, as the switch counts them; from the
        wire and to it"""
        stats = json.loads(self.run("evbpf -j stats k0")[1])
        out = {}
        for port in stats["ports"]:
            sent, got = ("rx", "tx") if port["port"] == "uplink" else ("tx", "rx")
            out[port["port"]] = (port[sent]["packets"], port[got]["packets"],
                                 port[sent]["dropped"] + port[got]["dropped"])
        return out

    def check_frames(self, says, sender, destination, receivers):
        """FRAMES frames arrive at every receiver, at no other port, and are counted so."""
        arrived, before = self.received(), self.counted()
        if sender == "uplink":
            self.run(f"send wire0 {destination} {WIRE} {FRAMES}")
        else:
            i = int(sender[2:])
            self.run(f"nsenter --net=/run/netns/{GUESTS[i]} "
                     f"send eth0 {destination} {mac(i)} {FRAMES}")
        want = {port: FRAMES * (port in receivers) for port in arrived}
        end = time.monotonic() + 5  # what the last frames need on their way
        while (got := growth(arrived, self.received())) != want:
            if time.monotonic() > end:
                raise Failed(f"{says}: received {got}, not {want}")
            time.sleep(0.2)
        now = self.counted()
        for port, old in before.items():
            grown = tuple(b - a for a, b in zip(old, now[port]))
            meant = (FRAMES * (port == sender), FRAMES * (port in receivers), 0)
            if grown != meant:
                raise Failed(f"{says}: {port} counted {grown} (from its guest, to it, lost), "
                             f"not {meant}")

    def check_hook(self, hook):
        """What holds, a sentence each, up to the first thing that does not: which is raised."""
        self.run(f"printf '%b' '{escaped(config(hook))}' >/tmp/k0.yaml")
        self.run("evbpf attach /tmp/k0.yaml", 120)
        for says, *check in (
                ("a broadcast of a VF", "vf0", BROADCAST, ("vf1", "vf2", "uplink", "pf")),
                ("a frame of a VF for another one", "vf0", mac(1), ("vf1",)),
                ("a broadcast of the wire", "uplink", BROADCAST, ("vf0", "vf1", "vf2", "pf")),
                ("a frame of the wire for a VF", "uplink", mac(2), ("vf2",))):
            self.check_frames(says, *check)
            yield says
        self.run("evbpf detach k0")
        left = self.run("ls /sys/fs/bpf /sys/fs/bpf/evbpf 2>&1; grep 'h[0-9]:' /proc/net/dev",
                        check=False)[1]
        if "k0" in left or "h0:" in left:
            raise Failed(f"after detach there is still: {left}")
        yield "a detached switch leaves nothing"

    def frames(self, hook):
        """A result as of run_tests, and the output."""
        result = {"passed": 0, "failed": [], "skipped": []}
        try:
            for _ in self.check_hook(hook):
                result["passed"] += 1
        except Failed as error:
            self.run("evbpf detach k0", check=False)  # if it came so far
            result["failed"].append(f"frames over veth devices, hook: {hook}")
            return result, str(error)
        return result, ""

    def close(self):
        self.guest.close()


def escaped(text):
    """For printf '%b' in single quotes: a command of the guest is one line."""
    return (text.replace("\\", "\\\\").replace("'", "'\\''").replace("\n", "\\n")
            .replace("\t", "\\t"))


def growth(before, after):
    return {name: after[name] - before[name] for name in before}


def tree_of(name):
    return os.path.join(qemu.cache_dir(), "kernels", name)


def prog_tests():
    return [path for path in sorted(glob.glob(f"{BUILD}/tests/prog/test_*"))
            if os.access(path, os.X_OK) and os.path.exists(
                path.replace(BUILD, TOP) + ".c")]


# ---- what is reported

class Report:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def add(self, kernel, name, result, text, start):
        run_tests.report(kernel, name, result, text, time.monotonic() - start)
        self.passed += result["passed"]
        self.failed += len(result["failed"])
        self.skipped += len(result["skipped"])

    def __str__(self):
        return f"{self.passed} checks passed, {self.failed} failed, {self.skipped} skipped"


def verifier_result(kernel, figures):
    """Every program counts as a check; so does its budget, if this kernel has one."""
    name = budget.column(kernel.release)
    columns = budget.read()
    if name not in columns:
        why = f"verifier.budget has no column {name}: {budget.table(figures)}"
        return {"passed": len(figures), "failed": [], "skipped": [why]}
    wrong = budget.compare(columns[name], figures)
    if wrong:
        wrong.append(f"`make budget KERNELS={kernel.name}` allows it on purpose")
    return {"passed": len(figures), "failed": wrong, "skipped": []}


def test(kernel):
    """True if all is well, and what is to be said of it."""
    report, figures = Report(), {}
    start = begin = time.monotonic()
    try:
        figures = kernel.figures()
        report.add(kernel.name, "verifier", verifier_result(kernel, figures), "", start)
    except Failed as error:
        report.add(kernel.name, "verifier", {"passed": 0, "failed": ["load"], "skipped": []},
                   str(error), start)
    for path in kernel.tests:
        start = time.monotonic()
        code, text = kernel.run(os.path.basename(path), SECONDS, check=False)
        report.add(kernel.name, os.path.basename(path), run_tests.parse_cmocka(code, text), text,
                   start)
    kernel.script(NETWORK)
    for hook in ("tc", "xdp"):
        start = time.monotonic()
        result, text = kernel.frames(hook)
        report.add(kernel.name, f"frames_{hook}", result, text, start)
    return not report.failed, (f"{len(figures)} programs loaded, {report}, "
                               f"{time.monotonic() - begin:.0f} s "
                               f"({kernel.guest.seconds():.0f} s of CPU)")


def write_budget(kernel):
    figures, name = kernel.figures(), budget.column(kernel.release)
    budget.write(name, figures)
    return True, f"tests/budget/verifier.budget, column {name}: {budget.table(figures)}"


def run(name, accel, work):
    """(is all well?, what is to be said)"""
    directory = tempfile.mkdtemp(prefix="evbpf-kernels.")
    try:
        kernel = Kernel(name, accel, directory)
        try:
            print(f"kernel {kernel.release} ({accel}):", flush=True)
            good, says = work(kernel)
            return good, f"kernel {kernel.release}: {says}"
        finally:
            kernel.close()
    except (qemu.GuestError, Failed) as error:
        return False, f"kernel {name}: failed: {error}"
    finally:
        shutil.rmtree(directory)


def present(names, must):
    """Those that are there, each kernel once; whether one is missing that must not be; and a line
    for each of the others."""
    trees, missing, lines = {}, False, []
    for name in names:
        path = os.path.realpath(tree_of(name))
        if not os.path.isdir(path):
            missing |= must
            lines.append(f"kernel {name}: {'failed' if must else 'skipped'}: it is not in "
                         f"{tree_of(name)}; scripts/vm-deps.sh {name} says why")
        elif path in trees:
            lines.append(f"kernel {name}: it is {trees[path]}")
        else:
            trees[path] = name
    return trees.values(), missing, lines


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--budget", action="store_true")
    parser.add_argument("kernels", nargs="*", metavar="KERNEL")
    args = parser.parse_args()
    names, bad, lines = present(args.kernels or DEFAULT, bool(args.kernels))
    accel = qemu.accelerator()
    for name in names:
        good, says = run(name, accel, write_budget if args.budget else test)
        bad |= not good
        lines.append(says)
    print("", *lines, sep="\n")
    return 1 if bad or not names else 0


if __name__ == "__main__":
    sys.exit(main())
