#!/bin/bash
# SPDX-License-Identifier: GPL-2.0-only
# vm-deps.sh [KERNEL...] - what guests need beyond deps.sh: QEMU is installed; kernels and a busybox
# are unpacked from Debian's packages into ${XDG_CACHE_HOME:-/var/cache}/evbpf/vm, not installed.
# Without KERNEL it is Debian's own kernel, for `make test-vm`. A KERNEL is "6.1" or "newest", for
# `make test-kernels`; one that the host's apt sources do not have is looked for in the backports of
# this Debian and of the stable one. Which cannot be had is said; that is no error here.
# With everything there it asks only dpkg: quick, no network, no root.
set -euo pipefail

needed=(qemu-system-x86 iperf3)
cache=${XDG_CACHE_HOME:-/var/cache}/evbpf/vm
work=
apt=
trap 'rm -rf ${work:+"$work"} ${apt:+"$apt"}' EXIT
members=( # of the kernel's package: what tests/vm/qemu.py boots and loads
	'*/vmlinuz*' '*/virtio*.ko*' '*/e1000.ko*' '*/failover.ko*' '*/net_failover.ko*'
	'*/8021q.ko*' '*/garp.ko*' '*/mrp.ko*' '*/stp.ko*' '*/llc.ko*'
	'*/veth.ko*' '*/tun.ko*' '*/sch_ingress.ko*' '*/cls_bpf.ko*' '*/modules.builtin'
)
stable=trixie
keyring=/usr/share/keyrings/debian-archive-keyring.gpg

installed() { # PACKAGE...
	[ "$(dpkg-query -W -f '${db:Status-Status}\n' "$@" 2>/dev/null | grep -cx installed)" -eq $# ]
}

other() { # APT-TOOL ARGUMENT...: with suites that are not the host's, if they have been read
	local tool=$1
	shift
	"$tool" -o APT::Sandbox::User=root -o Dir::State::lists="$apt/lists" \
		-o Dir::Etc::sourcelist="$apt/sources.list" -o Dir::Etc::sourceparts=- \
		-o Dir::Cache="$apt/cache" "$@"
}

host() { # APT-TOOL ARGUMENT...: with the host's sources
	"$@"
}

unpack() { # DIRECTORY FILE other|host PACKAGE...: their members, FILE among them; all or nothing
	local target=$cache/$1 must=$2 from=$3 deb
	shift 3
	work=$(mktemp -d "$cache/new.XXXXXX")
	echo "vm-deps.sh: unpacking $* into $target"
	(cd "$work" && "$from" apt-get -q -o APT::Sandbox::User=root download "$@")
	mkdir "$work/files"
	for deb in "$work"/*.deb; do
		# tar fails if one of several packages lacks some members
		dpkg-deb --fsys-tarfile "$deb" |
			tar -x -C "$work/files" --wildcards "${members[@]}" 2>/dev/null || true
	done
	if [ -z "$(find "$work/files" -name "$must")" ]; then
		echo "vm-deps.sh: $* has no $must" >&2
		exit 1
	fi
	rm -rf "$target"
	mkdir -p "$(dirname "$target")"
	mv "$work/files" "$target"
	rm -rf "$work"
}

unpack_kernel() { # DIRECTORY other|host IMAGE: some images are in packages of their own
	local parts
	mapfile -t parts < <("$2" apt-cache depends "$3" |
		sed -n 's/^ *Depends: \(linux-\(base\|binary\|modules\)-[0-9][^ ]*\).*/\1/p')
	unpack "$1" 'vmlinuz*' "$2" "$3" "${parts[@]}"
}

images() { # other|host: the plain kernels (no -rt, no -cloud), oldest first
	"$1" apt-cache pkgnames linux-image- |
		grep -xE 'linux-image-[0-9]+\.[0-9]+\.[0-9]+[+.~a-z0-9]*(-[0-9]+)?-amd64' | sort -V || true
}

series() { # linux-image-6.1.0-56-amd64: 6.1
	sed -E 's/^linux-image-([0-9]+\.[0-9]+)\..*/\1/'
}

read_others() { # once
	local mirror codename
	[ -z "$apt" ] || return 0
	apt=$(mktemp -d)
	mkdir -p "$apt/lists/partial" "$apt/cache/archives/partial"
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	mirror=$(apt-get indextargets --format '$(REPO_URI) $(LABEL)' 'Created-By: Packages' |
		sed -n 's/ Debian$//p' | head -n 1)
	for suite in "$codename-backports" "$stable-backports"; do
		echo "deb [signed-by=$keyring] ${mirror:-http://deb.debian.org/debian} $suite main"
	done >"$apt/sources.list"
	other apt-get -q update || true # what is not there is missed by name
}

link_own() { # KERNEL: the kernel of test-vm may be the one
	[ -d "$cache/kernel" ] &&
		[ -n "$(find "$cache/kernel" -path "*/modules/$1.*" -name 'veth.ko*')" ] &&
		ln -sfn ../kernel "$cache/kernels/$1"
}

get_kernel() { # KERNEL
	local from=host image pattern="^linux-image-${1//./\\.}\\."
	mkdir -p "$cache/kernels"
	if [ "$1" = newest ]; then
		read_others
		image=$({ images host; images other; } | sort -V | tail -n 1)
		pattern=$(series <<<"$image")
		[ -d "$cache/kernels/$pattern" ] || get_kernel "$pattern"
		[ ! -d "$cache/kernels/$pattern" ] || ln -sfn "$pattern" "$cache/kernels/newest"
		return
	fi
	! link_own "$1" || return 0
	image=$(images host | grep "$pattern" | tail -n 1 || true)
	if [ -z "$image" ]; then
		from=other
		read_others
		image=$(images other | grep "$pattern" | tail -n 1 || true)
	fi
	if [ -n "$image" ]; then
		unpack_kernel "kernels/$1" "$from" "$image"
	else
		echo "vm-deps.sh: no kernel $1 in the apt sources and backports, which have" \
			"$({ images host; images other; } | series | sort -uV | xargs)" >&2
	fi
}

if ! command -v dpkg-query >/dev/null || [ "$(uname -m)" != x86_64 ]; then
	echo "vm-deps.sh: the guests need Debian on x86_64" >&2
	exit 1
fi
wanted=(busybox)
[ $# -gt 0 ] || wanted+=(kernel)
missing=
for directory in "${wanted[@]}" "${@/#/kernels/}"; do
	[ -d "$cache/$directory" ] || missing+=" $directory"
done
if installed "${needed[@]}" && [ -z "$missing" ]; then
	exit 0
fi
if [ "$(id -u)" -ne 0 ]; then
	echo "vm-deps.sh: something is missing. Run 'sudo scripts/vm-deps.sh${*:+ $*}' to install it." >&2
	exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt-get -q -o DPkg::Lock::Timeout=300 update || true # what cannot be fetched, install names
installed "${needed[@]}" ||
	apt-get -q -o DPkg::Lock::Timeout=300 install -y --no-install-recommends "${needed[@]}"
mkdir -p "$cache"
for directory in $missing; do
	case $directory in
	busybox)
		(members=('*/bin/busybox'); unpack busybox busybox host busybox-static)
		;;
	kernel)
		# linux-image-amd64 holds nothing; it depends on the image of the newest version
		image=$(apt-cache depends linux-image-amd64 |
			sed -n 's/^ *Depends: \(linux-image-[0-9][^ ]*\).*/\1/p')
		if [ -z "$image" ]; then
			echo "vm-deps.sh: apt knows no linux-image-amd64: is Debian's archive in its sources?" >&2
			exit 1
		fi
		unpack_kernel kernel host "$image"
		;;
	*)
		get_kernel "${directory#kernels/}"
		;;
	esac
done
