# SPDX-License-Identifier: GPL-2.0-only
"""scripts/run_tests.py: no failure gets lost on its way to the summary."""
import os
import subprocess
import sys

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
RUNNER = os.path.join(TOP, "scripts/run_tests.py")

RUN_A = "echo '[ RUN      ] a'\n"
OK_A = RUN_A + "echo '[       OK ] a'\n"
FAILED_A = RUN_A + "echo '[  FAILED  ] a'\n"
SKIPPED_A = RUN_A + "echo '[  SKIPPED ] a'\n"
LIST_A = "echo '[  FAILED  ] tests: 1 test(s), listed below:'\necho '[  FAILED  ] a'\n"


def runner(tmp_path, *args, limit="20"):
    env = {**os.environ, "TEST_TIMEOUT": limit}
    return subprocess.run([sys.executable, RUNNER, "--results", str(tmp_path / "r"), *args],
                          capture_output=True, text=True, check=False, env=env)


def program(tmp_path, name, body):
    path = tmp_path / name
    path.write_text("#!/bin/sh\n" + body)
    path.chmod(0o755)
    return str(path)


def last_line(done):
    return done.stdout.splitlines()[-1]


@pytest.mark.parametrize("body, summary", [
    (OK_A, "1 passed, 0 failed, 0 skipped"),
    (OK_A + OK_A, "2 passed, 0 failed, 0 skipped"),
    (OK_A + FAILED_A + LIST_A + "exit 1", "1 passed, 1 failed, 0 skipped"),
    (SKIPPED_A, "0 passed, 0 failed, 1 skipped"),
    (OK_A + "echo '[ RUN      ] b'\nkill -SEGV $$", "1 passed, 1 failed, 0 skipped"),
    (OK_A + "exit 23", "1 passed, 1 failed, 0 skipped"),
    ("exit 0", "0 passed, 1 failed, 0 skipped"),
    (RUN_A + "sleep 60", "0 passed, 1 failed, 0 skipped"),
], ids=["pass", "two", "fail", "skip", "crash", "leak at exit", "empty", "hang"])
def test_what_a_cmocka_program_does_is_counted(tmp_path, body, summary):
    done = runner(tmp_path, "unit", program(tmp_path, "test_x", body), limit="1")
    bad = ", 0 failed," not in summary
    assert (done.returncode != 0) == bad, done.stdout
    done = runner(tmp_path, "--sum")
    assert last_line(done) == summary
    # skip is not pass
    assert (done.returncode != 0) == (bad or summary.startswith("0 passed"))


@pytest.mark.parametrize("body, summary", [
    ("def test_a(): pass\n", "1 passed, 0 failed, 0 skipped"),
    ("def test_a(): assert 0\ndef test_b(): pass\n", "1 passed, 1 failed, 0 skipped"),
    ("import pytest\n@pytest.mark.skip(reason='no')\ndef test_a(): pass\n"
     "def test_b(): pass\n", "1 passed, 0 failed, 1 skipped"),
    ("def test_a(:\n", "0 passed, 1 failed, 0 skipped"),
    ("x = 1\n", "0 passed, 1 failed, 0 skipped"),
    ("import os\ndef test_a(): os._exit(0)\n", "0 passed, 1 failed, 0 skipped"),
], ids=["pass", "fail", "skip", "syntax error", "empty", "dies"])
def test_what_pytest_does_is_counted(tmp_path, body, summary):
    (tmp_path / "test_y.py").write_text(body)
    runner(tmp_path, "e2e", str(tmp_path / "test_y.py"))
    done = runner(tmp_path, "--sum")
    assert last_line(done) == summary
    assert (done.returncode != 0) == (", 0 failed," not in summary)


def test_suites_add_up_and_one_failure_fails_the_sum(tmp_path):
    runner(tmp_path, "unit", program(tmp_path, "test_x", OK_A))
    runner(tmp_path, "prog", program(tmp_path, "test_x", OK_A + SKIPPED_A))
    assert runner(tmp_path, "--sum").returncode == 0
    runner(tmp_path, "--note", "build", "all")
    done = runner(tmp_path, "--sum")
    assert last_line(done) == "2 passed, 1 failed, 1 skipped"
    assert "failed: build/all" in done.stdout
    assert done.returncode != 0


def test_nothing_ran_is_a_failure(tmp_path):
    done = runner(tmp_path, "unit")
    assert done.returncode == 0
    done = runner(tmp_path, "--sum")
    assert last_line(done) == "0 passed, 0 failed, 0 skipped"
    assert done.returncode != 0


STATS = "echo 'stat::number_of_executed_units: 7'\n"
KEEP = """for a; do case $a in -artifact_prefix=*) echo vf 0 >"${a#*=}crash-1";; esac; done
"""


@pytest.mark.parametrize("body, summary, said", [
    (STATS, "1 passed, 0 failed, 0 skipped", "1 passed, 7 inputs run"),
    ("exit 0", "0 passed, 1 failed, 0 skipped", "0 inputs run: no input kept"),
    (STATS + KEEP + "exit 77", "0 passed, 1 failed, 0 skipped", "exit code 77: "),
    (STATS + KEEP, "0 passed, 1 failed, 0 skipped", "crash-1, 5 bytes:\nvf 0\n"),
    (STATS + "kill -KILL $$", "0 passed, 1 failed, 0 skipped", "killed by SIGKILL"),
    ("sleep 60", "0 passed, 1 failed, 0 skipped", "still running"),
], ids=["pass", "ran nothing", "crash", "kept an input", "killed", "hang"])
def test_what_a_fuzzer_does_is_counted(tmp_path, body, summary, said):
    done = runner(tmp_path, "--seconds", "1", "fuzz", program(tmp_path, "fuzz_x", body), limit="2")
    assert said in done.stdout
    assert (done.returncode != 0) == (", 0 failed," not in summary)
    assert last_line(runner(tmp_path, "--sum")) == summary


def test_fuzzers_run_all_at_a_time(tmp_path):
    wait = "touch $0.here; until [ -e %s.here ]; do sleep 0.1; done\n" + STATS
    names = [tmp_path / "fuzz_x", tmp_path / "fuzz_y"]
    programs = [program(tmp_path, n.name, wait % other) for n, other in zip(names, names[::-1])]
    assert runner(tmp_path, "--seconds", "1", "fuzz", *programs).returncode == 0


def test_a_fuzzer_gets_its_seeds_and_words(tmp_path):
    body = "for last; do :; done\nls $last; cat ${last%/*}/dict; od -An -tx1 $last/arp | head -1\n"
    done = runner(tmp_path, "--seconds", "1", "fuzz", program(tmp_path, "fuzz_decode", body))
    assert done.stdout.startswith("arp\ncut\n") and '"\\x08\\x06"' in done.stdout
    assert " 00 00 00 00 ff ff ff ff ff ff ff 02" in done.stdout
    done = runner(tmp_path, "--seconds", "1", "fuzz", program(tmp_path, "fuzz_edit", body))
    assert '"%%pf"' in done.stdout and '"max_tx_rate: "' in done.stdout
    assert "#include" not in done.stdout
    # libFuzzer refuses a dictionary without words
    done = runner(tmp_path, "--seconds", "1", "fuzz", program(tmp_path, "fuzz_x", 'echo "$@"\n'))
    assert "-timeout=" in done.stdout and "-dict=" not in done.stdout


def test_a_suite_that_cannot_run_is_a_skip_with_its_reason(tmp_path):
    done = runner(tmp_path, "--skip", "fuzz", "no libFuzzer here")
    assert done.returncode == 0 and "skipped: no libFuzzer here" in done.stdout
    done = runner(tmp_path, "--sum")
    assert last_line(done) == "0 passed, 0 failed, 1 skipped"
