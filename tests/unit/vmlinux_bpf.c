/* SPDX-License-Identifier: GPL-2.0-only */
/* The asserts against our vmlinux.h, by clang for BPF; compiled, never run. */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

#include "asserts_vmlinux.h"
