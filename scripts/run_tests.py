#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Run the tests of one suite, or sum up what suites left behind.

run_tests.py --results DIR SUITE TEST...	cmocka programs and test_*.py files
run_tests.py --results DIR --seconds N fuzz PROGRAM...	libFuzzer programs, all at a time
run_tests.py --results DIR --skip SUITE WHY	record that SUITE cannot run here
run_tests.py --results DIR --note SUITE NAME	record that NAME failed (a build, say)
run_tests.py --results DIR --sum		print the totals; fail if any test failed or none ran

A program that dies, hangs, fails without naming a test, or holds no test counts as one failure.
V=1 shows the output of programs that pass, too.
"""
import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree

LIMIT = int(os.environ.get("TEST_TIMEOUT", "3600"))  # seconds for one program or one pytest run
VERBOSE = os.environ.get("V") == "1"
TOP = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
DONE = re.compile(r"^\[ +(OK|FAILED|SKIPPED) +\] (.+?)\s*$")


def stop(child):
    """End what child's process group still runs: politely, so that it can clean up, then not."""
    for sign, patience in ((signal.SIGINT, 30), (signal.SIGKILL, 30)):
        try:
            os.killpg(child.pid, sign)
            child.wait(timeout=patience)
        except ProcessLookupError:
            return
        except subprocess.TimeoutExpired:
            continue


def run_all(jobs):
    """Run [(cmd, log)] all at a time, output into the file log; [(exit code, output, seconds)].
    An exit code of None is a timeout."""
    start = time.monotonic()
    children, ends = [], []
    try:
        for cmd, log in jobs:
            with open(log, "wb") as out:
                children.append(subprocess.Popen(cmd, stdout=out, stderr=subprocess.STDOUT,
                                                 stdin=subprocess.DEVNULL, start_new_session=True))
        for child in children:
            try:
                code = child.wait(timeout=max(0, start + LIMIT - time.monotonic()))
            except subprocess.TimeoutExpired:
                code = None
            ends.append((code, time.monotonic() - start))
    finally:
        for child in children:
            stop(child)
    results = []
    for (_, log), (code, seconds) in zip(jobs, ends):
        with open(log, encoding="utf-8", errors="replace") as f:
            results.append((code, f.read(), seconds))
    return results


def run(cmd, log):
    return run_all([(cmd, log)])[0]


def how_it_ended(code):
    if code is None:
        return f"still running after {LIMIT} s"
    if code < 0:
        return "killed by " + signal.Signals(-code).name
    return f"exit code {code}"


def parse_cmocka(code, text):
    """{passed, failed: [names], skipped: [names]} of one cmocka program."""
    started, result = [], {"passed": 0, "failed": [], "skipped": []}
    open_tests = set()
    for line in text.splitlines():
        if line.startswith("[ RUN      ] "):
            started.append(line[13:].strip())
            open_tests.add(started[-1])
            continue
        match = DONE.match(line)
        # the list at the end repeats the names of failed tests
        if not match or match.group(2) not in open_tests:
            continue
        word, name = match.groups()
        open_tests.discard(name)
        if word == "OK":
            result["passed"] += 1
        else:
            result["failed" if word == "FAILED" else "skipped"].append(name)
    for name in sorted(open_tests):
        result["failed"].append(f"{name} ({how_it_ended(code)})")
    if not started:
        result["failed"].append(f"ran no test ({how_it_ended(code)})")
    elif code != 0 and not result["failed"]:
        result["failed"].append(f"no test failed, but {how_it_ended(code)}")
    return result


def parse_junit(code, path):
    result = {"passed": 0, "failed": [], "skipped": []}
    try:
        root = xml.etree.ElementTree.parse(path).getroot()
    except (OSError, xml.etree.ElementTree.ParseError):
        result["failed"].append(f"pytest left no report ({how_it_ended(code)})")
        return result
    for case in root.iter("testcase"):
        name = f'{case.get("classname")}::{case.get("name")}'
        kinds = {child.tag: child for child in case}
        if "failure" in kinds or "error" in kinds:
            result["failed"].append(name)
        elif "skipped" in kinds:
            result["skipped"].append(f'{name}: {kinds["skipped"].get("message", "")}')
        else:
            result["passed"] += 1
    if not any((result["passed"], result["failed"], result["skipped"])):
        result["failed"].append(f"pytest ran no test ({how_it_ended(code)})")
    elif code != 0 and not result["failed"]:
        result["failed"].append(f"no test failed, but pytest: {how_it_ended(code)}")
    return result


def note(results, suite, name, result):
    with open(os.path.join(results, f"{suite}.{name}.json"), "w", encoding="utf-8") as f:
        json.dump({"suite": suite, "name": name, **result}, f)


def report(suite, name, result, text, seconds, more=""):
    counts = f'{result["passed"]} passed'
    for word in ("failed", "skipped"):
        if result[word]:
            counts += f", {len(result[word])} {word}"
    if VERBOSE or result["failed"]:
        sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")
    print(f"  TEST {suite}/{name}: {counts}{more} ({seconds:.1f} s)")
    for word in ("skipped", "failed"):
        for test in result[word]:
            print(f"       {word}: {test}")
    sys.stdout.flush()


def fixed_addresses():
    """AddressSanitizer of gcc 12 dies at random where addresses have 32 random bits."""
    cmd = ["setarch", "-R"]
    try:
        done = subprocess.run(cmd + ["true"], capture_output=True, check=False)
    except OSError:
        return []
    return cmd if done.returncode == 0 else []


def run_suite(results, suite, tests):
    scripts = [t for t in tests if t.endswith(".py")]
    bad = False
    for program in (t for t in tests if not t.endswith(".py")):
        name = os.path.basename(program)
        cmd = fixed_addresses() if suite == "san" else []
        log = os.path.join(results, f"{suite}.{name}.log")
        code, text, seconds = run(cmd + [os.path.abspath(program)], log)
        result = parse_cmocka(code, text)
        note(results, suite, name, result)
        report(suite, name, result, text, seconds)
        bad |= bool(result["failed"])
    if scripts:
        path = os.path.join(results, f"{suite}.pytest.xml")
        if os.path.exists(path):
            os.unlink(path)
        log = os.path.join(results, f"{suite}.pytest.log")
        code, text, seconds = run([
            sys.executable, "-m", "pytest", "-q", "-rs", "--color=no", "-p", "no:cacheprovider",
            "--basetemp", os.path.join(results, f"{suite}.tmp"), "--junitxml", path, *scripts], log)
        result = parse_junit(code, path)
        note(results, suite, "pytest", result)
        report(suite, "pytest", result, text, seconds)
        bad |= bool(result["failed"])
    if not tests:
        print(f"  TEST {suite}: there are no tests")
    return 1 if bad else 0


def make_seeds(name, path):
    """tests/fuzz/corpus/NAME in path; X.hex has a comment and bytes in hexadecimal."""
    os.makedirs(path)
    source = os.path.join(TOP, "tests/fuzz/corpus", name)
    for seed in os.listdir(source) if os.path.isdir(source) else ():
        if not seed.endswith(".hex"):
            shutil.copy(os.path.join(source, seed), path)
            continue
        with open(os.path.join(source, seed), encoding="ascii") as f:
            data = "".join(line for line in f if not line.startswith("#"))
        with open(os.path.join(path, seed[:-4]), "wb") as f:
            f.write(bytes.fromhex(data))


def read_words(path):
    """The lines of a dictionary; "#include X" stands for those of X."""
    if not os.path.exists(path):
        return []
    words = []
    with open(path, encoding="ascii") as f:
        for line in f.read().splitlines():
            word, _, other = line.partition(" ")
            words += (read_words(os.path.join(os.path.dirname(path), other))
                      if word == "#include" else [line])
    return words


def show_input(path):
    """What libFuzzer kept, for a reader; hexadecimal where it is no text."""
    with open(path, "rb") as f:
        data = f.read()
    try:
        text = data.decode("ascii")
        readable = all(c.isprintable() or c == "\n" for c in text)
    except UnicodeDecodeError:
        readable = False
    if not readable:
        text = "\n".join(data[i:i + 32].hex(" ") for i in range(0, len(data), 32))
    return f"---- {path}, {len(data)} bytes:\n{text}\n----\n"


def parse_fuzz(code, text, inputs):
    """One program is one test; and how many inputs it has run. @inputs: files that failed."""
    runs = re.search(r"^stat::number_of_executed_units: +(\d+)$", text, re.M)
    runs = int(runs.group(1)) if runs else 0
    if code == 0 and not inputs and runs:
        return {"passed": 1, "failed": [], "skipped": []}, runs
    why = how_it_ended(code) if code != 0 else f"{runs} inputs run"
    return {"passed": 0, "failed": [f"{why}: {', '.join(inputs) or 'no input kept'}"],
            "skipped": []}, runs


class Fuzzer:
    """A libFuzzer program, with what tests/fuzz has for it; new inputs stay beside the program."""

    def __init__(self, results, program, seconds):
        self.name = os.path.basename(program)
        self.log = os.path.join(results, f"fuzz.{self.name}.log")
        place = os.path.join(os.path.dirname(os.path.abspath(program)), "run", self.name)
        corpus, seeds, self.kept = (os.path.join(place, d) for d in ("corpus", "seeds", "failed"))
        for path in (seeds, self.kept):
            shutil.rmtree(path, ignore_errors=True)
        for path in (corpus, self.kept):
            os.makedirs(path, exist_ok=True)
        subject = self.name.removeprefix("fuzz_")
        make_seeds(subject, seeds)
        self.cmd = fixed_addresses() + [
            os.path.abspath(program), f"-max_total_time={seconds}", "-print_final_stats=1",
            "-timeout=30", f"-artifact_prefix={self.kept}/"]
        words = read_words(os.path.join(TOP, "tests/fuzz", subject + ".dict"))
        if words:
            with open(os.path.join(place, "dict"), "w", encoding="ascii") as f:
                f.writelines(word + "\n" for word in words)
            self.cmd.append(f"-dict={place}/dict")
        self.cmd += [corpus, seeds]

    def inputs(self):
        """Those that failed; one that was only slow is kept, too."""
        return sorted(os.path.relpath(os.path.join(self.kept, f)) for f in os.listdir(self.kept)
                      if not f.startswith("slow-unit-"))


def run_fuzz(results, programs, seconds):
    """All share the cores, and so take seconds together."""
    bad = False
    fuzzers = [Fuzzer(results, program, seconds) for program in programs]
    ends = run_all([(fuzzer.cmd, fuzzer.log) for fuzzer in fuzzers])
    for fuzzer, (code, text, took) in zip(fuzzers, ends):
        result, runs = parse_fuzz(code, text, fuzzer.inputs())
        note(results, "fuzz", fuzzer.name, result)
        # a line for each new input is for the log alone
        text = re.sub(r"^#\d+\s.*\n", "", text, flags=re.M)
        text += "".join(show_input(path) for path in fuzzer.inputs())
        report("fuzz", fuzzer.name, result, text, took, f", {runs} inputs run")
        bad |= bool(result["failed"])
    if not programs:
        print("  TEST fuzz: there are no tests")
    return 1 if bad else 0


def skip_suite(results, suite, why):
    result = {"passed": 0, "failed": [], "skipped": [why]}
    note(results, suite, "all", result)
    report(suite, "all", result, "", 0)
    return 0


def sum_up(results):
    total = {"passed": 0, "failed": 0, "skipped": 0}
    failed = []
    for name in sorted(os.listdir(results)):
        if not name.endswith(".json"):
            continue
        with open(os.path.join(results, name), encoding="utf-8") as f:
            part = json.load(f)
        total["passed"] += part["passed"]
        total["failed"] += len(part["failed"])
        total["skipped"] += len(part["skipped"])
        failed += [f'{part["suite"]}/{part["name"]}: {test}' for test in part["failed"]]
    for test in failed:
        print("failed:", test)
    if total["passed"] + total["failed"] == 0:
        print("no test ran")
    print(f'{total["passed"]} passed, {total["failed"]} failed, {total["skipped"]} skipped')
    return 0 if total["passed"] and not total["failed"] else 1


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--results", required=True)
    parser.add_argument("--sum", action="store_true")
    parser.add_argument("--note", action="store_true")
    parser.add_argument("--skip", action="store_true")
    parser.add_argument("--seconds", type=int)
    parser.add_argument("suite", nargs="?")
    parser.add_argument("tests", nargs="*")
    args = parser.parse_args()
    os.makedirs(args.results, exist_ok=True)
    if args.sum:
        return sum_up(args.results)
    if args.suite is None:
        parser.error("which suite?")
    if args.note:
        for name in args.tests:
            note(args.results, args.suite, name, {"passed": 0, "failed": ["failed"], "skipped": []})
        return 1
    if args.skip:
        return skip_suite(args.results, args.suite, " ".join(args.tests))
    if args.seconds is not None:
        return run_fuzz(args.results, args.tests, args.seconds)
    return run_suite(args.results, args.suite, args.tests)


if __name__ == "__main__":
    sys.exit(main())
