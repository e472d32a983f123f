#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""Run the tests of one suite, or sum up what suites left behind.

run_tests.py --results DIR SUITE TEST...	cmocka programs and test_*.py files
run_tests.py --results DIR --note SUITE NAME	record that NAME failed (a build, say)
run_tests.py --results DIR --sum		print the totals; fail if any test failed or none ran

A program that dies, hangs, fails without naming a test, or holds no test counts as one failure.
V=1 shows the output of programs that pass, too.
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree

LIMIT = int(os.environ.get("TEST_TIMEOUT", "3600"))  # seconds for one program or one pytest run
VERBOSE = os.environ.get("V") == "1"
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


def run(cmd, log):
    """Exit code (None: timeout), output and seconds of cmd; the output goes to the file log."""
    start = time.monotonic()
    code = None
    with open(log, "wb") as out:
        child = subprocess.Popen(cmd, stdout=out, stderr=subprocess.STDOUT,
                                 stdin=subprocess.DEVNULL, start_new_session=True)
        try:
            code = child.wait(timeout=LIMIT)
        except subprocess.TimeoutExpired:
            pass
        finally:
            stop(child)
    with open(log, encoding="utf-8", errors="replace") as f:
        text = f.read()
    return code, text, time.monotonic() - start


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


def report(suite, name, result, text, seconds):
    counts = f'{result["passed"]} passed'
    for word in ("failed", "skipped"):
        if result[word]:
            counts += f", {len(result[word])} {word}"
    if VERBOSE or result["failed"]:
        sys.stdout.write(text if text.endswith("\n") or not text else text + "\n")
    print(f"  TEST {suite}/{name}: {counts} ({seconds:.1f} s)")
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
    return run_suite(args.results, args.suite, args.tests)


if __name__ == "__main__":
    sys.exit(main())
