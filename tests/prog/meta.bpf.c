/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * meta.bpf.c - what BPF_PROG_TEST_RUN refuses to set in an skb, and hides of it.
 *
 * meta_in pushes tags beside the frame, sets tc_index and goes on into the program under test.
 * meta_out runs when the kernel frees the skb of the run and records what is beside its bytes
 * (a tracepoint, because fexit is not in every kernel and nothing returns from a tail call).
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>

char LICENSE[] SEC("license") = "GPL";

#define META_TAGS_MAX 2

/* words of skb->cb, which the test sets */
enum meta_cb {
	META_CB_PROG = 0, /* key in meta_targets */
	META_CB_TC_INDEX,
	META_CB_TAGS, /* how many; the first is pushed first */
	META_CB_TAG,  /* TPID << 16 | TCI, each */
};

/* program number -> TC program under test; the harness writes */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 16);
	__type(key, __u32);
	__type(value, __u32);
} meta_targets SEC(".maps");

/* skb of the run; 0: none is under way */
__u64 meta_skb;

/* what the frame had beside its bytes at the end; the harness reads */
__u32 seen_runs, seen_beside, seen_tpid, seen_tci, seen_tc_index;

/* the kernel's, as far as it is read here */
struct sk_buff {
	__be16 vlan_proto;
	__u16 vlan_tci;
	__u16 tc_index;
} __attribute__((preserve_access_index));

struct bpf_raw_tracepoint_args {
	__u64 args[1];
};

/* before 6.2 */
struct sk_buff___old {
	__u8 vlan_present : 1;
} __attribute__((preserve_access_index));

static __always_inline int meta_push(struct __sk_buff *skb, __u32 tag)
{
	return bpf_skb_vlan_push(skb, bpf_htons(tag >> 16), tag & 0xffff);
}

SEC("tc")
int meta_in(struct __sk_buff *skb)
{
	__u32 prog = skb->cb[META_CB_PROG], tags = skb->cb[META_CB_TAGS];
	__u32 tag[META_TAGS_MAX] = {skb->cb[META_CB_TAG], skb->cb[META_CB_TAG + 1]};

	meta_skb = (__u64)skb;
	skb->tc_index = skb->cb[META_CB_TC_INDEX];
	if (tags > 0 && meta_push(skb, tag[0]))
		return 100;
	if (tags > 1 && meta_push(skb, tag[1]))
		return 100;
	bpf_tail_call(skb, &meta_targets, prog);
	return 101;
}

static __always_inline int meta_present(struct sk_buff *skb)
{
	struct sk_buff___old *old = (void *)skb;

	if (bpf_core_field_exists(old->vlan_present))
		return BPF_CORE_READ_BITFIELD_PROBED(old, vlan_present);
	return BPF_CORE_READ(skb, vlan_proto) || BPF_CORE_READ(skb, vlan_tci);
}

SEC("raw_tp/kfree_skb")
int meta_out(struct bpf_raw_tracepoint_args *ctx)
{
	struct sk_buff *skb = (void *)ctx->args[0];

	if ((__u64)skb != meta_skb)
		return 0;
	meta_skb = 0;
	seen_runs++;
	seen_beside = meta_present(skb);
	seen_tpid = bpf_ntohs(BPF_CORE_READ(skb, vlan_proto));
	seen_tci = BPF_CORE_READ(skb, vlan_tci);
	seen_tc_index = BPF_CORE_READ(skb, tc_index);
	return 0;
}
