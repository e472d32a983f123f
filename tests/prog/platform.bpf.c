// SPDX-License-Identifier: GPL-2.0-only
/*
 * platform.bpf.c - programs for test_platform.c: two that count as ours by their name, two that do
 * not, and one that no verifier accepts.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>

enum plat_row {
	PLAT_TC,
	PLAT_XDP,
	PLAT_OTHER_TC,
	PLAT_OTHER_XDP,
	PLAT__MAX,
};

/* enum plat_row -> frames seen; written by the programs, read by the test */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, PLAT__MAX);
	__type(key, __u32);
	__type(value, __u64);
} evb_plat_count SEC(".maps");

static __always_inline void plat_count(__u32 row)
{
	__u64 *count = bpf_map_lookup_elem(&evb_plat_count, &row);

	if (count)
		__sync_fetch_and_add(count, 1);
}

SEC("?tc")
int evb_plat_tc(struct __sk_buff *skb)
{
	(void)skb;
	plat_count(PLAT_TC);
	return TC_ACT_UNSPEC;
}

SEC("?tc")
int other_tc(struct __sk_buff *skb)
{
	(void)skb;
	plat_count(PLAT_OTHER_TC);
	return TC_ACT_UNSPEC;
}

SEC("?xdp")
int evb_plat_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	plat_count(PLAT_XDP);
	return XDP_PASS;
}

SEC("?xdp")
int other_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	plat_count(PLAT_OTHER_XDP);
	return XDP_PASS;
}

/* reads what a lookup may not have found; 6.14 knows that an array has its constant keys */
SEC("?xdp")
int evb_plat_bad(struct xdp_md *ctx)
{
	__u32 row = ctx->rx_queue_index;

	return *(__u64 *)bpf_map_lookup_elem(&evb_plat_count, &row) != 0;
}

char LICENSE[] SEC("license") = "GPL";
