#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# demo.sh - what `make demo` runs, after the build. It needs root.
#
# The demo lives in network, mount and process namespaces of its own, with its own bpffs and its
# own /run. No interface of this machine is touched, and however the demo ends, the kernel takes
# everything away with its last process.
set -euo pipefail

cd "$(dirname "$0")/.."

if [ "$(id -u)" -ne 0 ]; then
	echo "demo.sh needs root: sudo make demo" >&2
	exit 1
fi
if [ ! -x build/evbpf ]; then
	echo "demo.sh: build/evbpf is not there: run make first" >&2
	exit 1
fi

export PATH="$PWD/build:$PATH:/usr/sbin:/sbin"
export PYTHONDONTWRITEBYTECODE=1 PYTHONUNBUFFERED=1
exec unshare --net --mount --pid --fork --kill-child --mount-proc \
	"${PYTHON:-/usr/bin/python3}" scripts/demo.py
