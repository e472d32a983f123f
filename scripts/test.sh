#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# test.sh RESULTS - what `make test` does: install what is missing, build, run every suite, sum up.
# A suite that fails does not keep the next one from running.
set -u

results=$1
make=${MAKE:-make}
python=${PYTHON:-/usr/bin/python3}

failed() { # SUITE NAME: one more failed test
	"$python" scripts/run_tests.py --results "$results" --note "$1" "$2"
}

scripts/deps.sh || exit 1
rm -rf "$results"
mkdir -p "$results"

jobs=$(nproc)
if "$make" -j"$jobs" -O -k all; then
	"$make" -j"$jobs" -O -k test-programs || failed build test-programs
	"$make" -j"$jobs" -O -k fuzz-programs || failed build fuzz-programs
	"$make" -j"$jobs" -O clang-matrix || failed build clang-matrix

	for suite in unit san fuzz prog e2e; do
		# a suite that broke off before it could name a failed test is a failure of its own
		if ! "$make" "$suite" && ! grep -qs '"failed": \["' "$results/$suite".*.json; then
			failed "$suite" "make-$suite"
		fi
	done
else
	failed build all
fi

echo
"$python" scripts/run_tests.py --results "$results" --sum
