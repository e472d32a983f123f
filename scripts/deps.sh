#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# deps.sh - install the Debian 12 packages that building and testing need and that are missing.
# With everything there it asks only dpkg: quick, no network, no root.
set -euo pipefail

needed=(
	# build
	gcc libc6-dev make pkg-config clang llvm bpftool
	libbpf-dev libxdp-dev libelf-dev zlib1g-dev libyaml-dev libjson-c-dev libmnl-dev
	# test, demo, bench
	libcmocka-dev libclang-rt-14-dev python3 python3-pytest python3-scapy
	iproute2 ethtool iperf3 iputils-ping tcpdump procps
)
# a second compiler for the BPF programs, a second reader of frames and of domain files; tests do
# without them
wanted=(clang-19 tshark libvirt-clients)

missing() { # PACKAGE...: those that are not installed
	local have
	have=$(dpkg-query -W -f '${db:Status-Status} ${Package}\n' "$@" 2>/dev/null || true)
	for p in "$@"; do
		grep -qxF "installed $p" <<<"$have" || echo "$p"
	done
}

if ! command -v dpkg-query >/dev/null; then
	echo "deps.sh: this is not Debian; install what these packages hold: ${needed[*]}" >&2
	exit 1
fi

mapfile -t install < <(missing "${needed[@]}")
mapfile -t extra < <(missing "${wanted[@]}")
if [ ${#install[@]} -eq 0 ] && [ ${#extra[@]} -eq 0 ]; then
	exit 0
fi

if [ "$(id -u)" -ne 0 ]; then
	if [ ${#install[@]} -eq 0 ]; then
		exit 0
	fi
	echo "deps.sh: missing: ${install[*]}. Run 'sudo scripts/deps.sh' to install them." >&2
	exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt=(apt-get -q -o DPkg::Lock::Timeout=300)

echo "deps.sh: installing ${install[*]} ${extra[*]}"
"${apt[@]}" update || true # what cannot be fetched, install names
if [ ${#install[@]} -gt 0 ]; then
	"${apt[@]}" install -y --no-install-recommends "${install[@]}"
fi
for p in "${extra[@]}"; do
	"${apt[@]}" install -y --no-install-recommends "$p" ||
		echo "deps.sh: $p cannot be installed; what needs it is skipped" >&2
done
