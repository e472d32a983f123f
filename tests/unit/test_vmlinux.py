# SPDX-License-Identifier: GPL-2.0-only
"""vmlinux.h: everything in it is asserted, and an assert that should fail does."""
import os
import re
import shutil
import subprocess

import pytest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLANGS = [c for c in ("clang", "clang-14", "clang-19") if shutil.which(c)]
FLAGS = ["-target", "bpf", "-mcpu=v3", "-O2", "-g", "-Wall", "-Wextra", "-Werror"]


def read(path):
    with open(os.path.join(TOP, path), encoding="utf-8") as f:
        return f.read()


def declared(text):
    """What vmlinux.h declares: typedefs and structs, {(struct, member)}, values."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    text = re.sub(r"#define __bpf_md_ptr.*?aligned\(8\)\)\)\n", "", text, flags=re.S)
    text = re.sub(r"__bpf_md_ptr\(.*?, (\w+)\)", r"__u64 \1", text)
    text = re.sub(r"#else.*?#endif", "", text, flags=re.S)
    types = set(re.findall(r"^typedef .*?(\w+);", text, flags=re.M))
    members, values = set(), set()
    for name in re.findall(r"^#define (\w+) \S", text, flags=re.M):
        values.add(name)
    text = re.sub(r"^#.*\n", "", text, flags=re.M)
    for name, body in re.findall(r"^enum (\w*) ?\{(.*?)\}", text, flags=re.M | re.S):
        if name:
            types.add("enum " + name)
        values.update(re.findall(r"(\w+)\s*(?:=[^,]*)?(?:,|$)", body.strip()))
    for name, body in re.findall(r"^struct (\w+) \{(.*?)^\}", text, flags=re.M | re.S):
        types.add("struct " + name)
        inner = re.search(r"union \{(.*?)\} (\w+);", body, flags=re.S)
        if inner:
            body = body.replace(inner.group(0), "")
            for member in re.findall(r"(\w+)(?:\[\w+\])?;", inner.group(1)):
                members.add((name, inner.group(2) + "." + member))
        for line in body.split(";"):
            if re.search(r"\w\s*:\s*\d|^\s*__u32 :", line):
                continue  # bit fields have no offsetof
            for member in re.findall(r"(\w+)(?:\[\w+\])?\s*(?:,|$)", line.strip()):
                members.add((name, member))
    return types, members, values


def asserted(text):
    types = {t for t in re.findall(r"^SIZE\(([^,]+),", text, flags=re.M)}
    members = {m for m in re.findall(r"^MEMBER\(struct (\w+), ([\w.]+),", text, flags=re.M)}
    values = {v for v in re.findall(r"^SAME\((\w+),", text, flags=re.M)}
    return types, members, values


@pytest.mark.parametrize("what", [0, 1, 2], ids=["types", "members", "values"])
def test_every_name_of_vmlinux_is_asserted(what):
    want = declared(read("vmlinux.h"))[what]
    have = asserted(read("tests/unit/asserts_vmlinux.h"))[what]
    assert len(want) > 20
    assert want - have == set()
    assert have - want == set()


def build(tmp_path, clang, text, source):
    (tmp_path / "vmlinux.h").write_text(text)
    (tmp_path / "t.c").write_text(source)
    cmd = [clang, *FLAGS, "-I", str(tmp_path), "-I", os.path.join(TOP, "tests/unit")]
    cmd += ["-I", os.path.join(TOP, "include"), "-c", str(tmp_path / "t.c")]
    cmd += ["-o", str(tmp_path / "t.o")]
    return subprocess.run(cmd, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("clang", CLANGS)
def test_vmlinux_goes_with_the_headers_of_libbpf(tmp_path, clang):
    source = """
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "evb_abi.h"
#include "evb_wire.h"
struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);
	 __type(key, __u32); __type(value, struct evb_port); } t_map SEC(".maps");
SEC("tc") int t_tc(struct __sk_buff *skb)
{
	__u32 key = 0;
	struct evb_port *p = bpf_map_lookup_elem(&t_map, &key);
	return p && skb->protocol == bpf_htons(ETH_P_IP) ?
		       (int)bpf_redirect(p->ifindex, BPF_F_INGRESS) : TC_ACT_UNSPEC;
}
SEC("xdp") int t_xdp(struct xdp_md *ctx)
{
	struct ethhdr *eth = (void *)(long)ctx->data;
	if ((void *)(eth + 1) > (void *)(long)ctx->data_end)
		return XDP_DROP;
	return eth->h_proto == bpf_htons(ETH_P_ARP) ? XDP_PASS : XDP_TX;
}
char _license[] SEC("license") = "GPL";
"""
    done = build(tmp_path, clang, read("vmlinux.h"), source)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("right, wrong, said", [
    ("TC_ACT_SHOT,", "TC_ACT_SHOT = 5,", "value of TC_ACT_SHOT"),
    ("BPF_F_MMAPABLE = 1U << 10", "BPF_F_MMAPABLE = 1U << 11", "value of BPF_F_MMAPABLE"),
    ("\t__u32 mark;\n\t__u32 queue_mapping;", "\t__u32 queue_mapping;\n\t__u32 mark;",
     "struct __sk_buff, mark"),
    ("\t__be16 ar_op;\n", "\t__be16 ar_op;\n\t__u8 ar_more[4];\n", "size of struct arphdr"),
    ("__u8 hop_limit;", "__s16 hop_limit;", "struct ipv6hdr, hop_limit"),
    ("typedef int __s32;", "typedef unsigned int __s32;", "__s32 is signed"),
])
def test_a_wrong_vmlinux_does_not_compile(tmp_path, right, wrong, said):
    text = read("vmlinux.h")
    assert text.count(right) == 1
    source = '#include "vmlinux.h"\n#include "asserts_vmlinux.h"\n'
    clang = CLANGS[0]
    assert build(tmp_path, clang, text, source).returncode == 0
    done = build(tmp_path, clang, text.replace(right, wrong), source)
    assert done.returncode != 0
    assert said in done.stderr
