// SPDX-License-Identifier: GPL-2.0-only
/*
 * foreign.bpf.c - programs of somebody else, for tests of how evbpf gets along with them. Most
 * let every frame pass.
 */
#include "vmlinux.h"
#include <bpf/bpf_helpers.h>

SEC("xdp")
int foreign_xdp(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_PASS;
}

/* a guest that wants no frame: if one arrives, its program was passed by */
SEC("xdp_drop")
int foreign_drop(struct xdp_md *ctx)
{
	(void)ctx;
	return XDP_DROP;
}

SEC("tc")
int foreign_tc(struct __sk_buff *skb)
{
	(void)skb;
	return -1; /* TC_ACT_UNSPEC */
}

/* a guest that tries to pass for the switch: EVB_TC_SWITCHED of include/evb_abi.h */
SEC("tc_index")
int foreign_index(struct __sk_buff *skb)
{
	skb->tc_index = 0xeb5f;
	return -1;
}

char _license[] SEC("license") = "GPL";
