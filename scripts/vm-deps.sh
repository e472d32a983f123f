#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vm-deps.sh - what `make test-vm` needs beyond deps.sh: QEMU is installed; the guests' kernel and
# busybox are unpacked from Debian's packages into ${XDG_CACHE_HOME:-/var/cache}/evbpf/vm, and not
# installed. With everything there it asks only dpkg: quick, no network, no root.
set -euo pipefail

needed=(qemu-system-x86 iperf3)
cache=${XDG_CACHE_HOME:-/var/cache}/evbpf/vm
work=
trap '[ -z "$work" ] || rm -rf "$work"' EXIT
members=( # of the kernel's package: what tests/vm/qemu.py boots and loads
	'./boot/vmlinuz-*' '*/virtio*.ko*' '*/e1000.ko*' '*/failover.ko*' '*/net_failover.ko*'
	'*/8021q.ko*' '*/garp.ko*' '*/mrp.ko*' '*/stp.ko*' '*/llc.ko*'
)

installed() { # PACKAGE...
	[ "$(dpkg-query -W -f '${db:Status-Status}\n' "$@" 2>/dev/null | grep -cx installed)" -eq $# ]
}

unpack() { # PACKAGE DIRECTORY [MEMBER...]: all or nothing
	local package=$1 target=$cache/$2
	shift 2
	work=$(mktemp -d "$cache/new.XXXXXX")
	echo "vm-deps.sh: unpacking $package into $target"
	(cd "$work" && apt-get -q -o APT::Sandbox::User=root download "$package")
	mkdir "$work/files"
	dpkg-deb --fsys-tarfile "$work"/*.deb | tar -x -C "$work/files" --wildcards "$@"
	rm -rf "$target"
	mv "$work/files" "$target"
	rm -rf "$work"
}

if ! command -v dpkg-query >/dev/null || [ "$(uname -m)" != x86_64 ]; then
	echo "vm-deps.sh: the guests need Debian on x86_64" >&2
	exit 1
fi
if installed "${needed[@]}" && [ -d "$cache/kernel" ] && [ -d "$cache/busybox" ]; then
	exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "vm-deps.sh: something is missing. Run 'sudo scripts/vm-deps.sh' to install it." >&2
	exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt-get -q -o DPkg::Lock::Timeout=300 update || true # what cannot be fetched, install names
installed "${needed[@]}" ||
	apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${needed[@]}"
mkdir -p "$cache"
if [ ! -d "$cache/kernel" ]; then
	# linux-image-amd64 holds nothing; it depends on the image of the newest version
	image=$(apt-cache depends linux-image-amd64 |
		sed -n 's/^ *Depends: \(linux-image-[0-9][^ ]*\).*/\1/p')
	if [ -z "$image" ]; then
		echo "vm-deps.sh: apt knows no linux-image-amd64: is Debian's archive in its sources?" >&2
		exit 1
	fi
	unpack "$image" kernel "${members[@]}"
fi
[ -d "$cache/busybox" ] || unpack busybox-static busybox '*/bin/busybox'
