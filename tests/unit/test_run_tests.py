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
