// SPDX-License-Identifier: GPL-2.0-only
/*
 * base.bpf.c - what the switch is measured against, and what feeds it: programs that do nothing,
 * programs that only redirect to one constant device, a far end of a wire that sends XDP frames,
 * a guest that takes them, and wrappers: one that gives every run of BPF_PROG_TEST_RUN another
 * destination address, one that hands a VLAN tag over as the kernel does.
 */
#include "vmlinux.h"

#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>

char LICENSE[] SEC("license") = "GPL";

/* device that the constant programs redirect to; a constant for the compiler of the kernel */
const volatile __u32 base_target = 0;

/* the wrapper's: number of addresses - 1, a power of two less one; the run that it is at */
__u32 spin_mask, spin_at;

/* the only entry is base_target; bench writes */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
} base_tx SEC(".maps");

/* the program under test; bench writes */
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} spin_tc_next SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} spin_xdp_next SEC(".maps");

/* frames that reached a guest with an XDP program; bench reads */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
} base_arrived SEC(".maps");

SEC("?tc")
int base_empty(struct __sk_buff *skb)
{
	(void)skb;
	return TC_ACT_OK;
}

SEC("?tc")
int base_redirect(struct __sk_buff *skb)
{
	(void)skb;
	return bpf_redirect(base_target, 0);
}

SEC("?tc")
int base_peer(struct __sk_buff *skb)
{
	(void)skb;
	return bpf_redirect_peer(base_target, 0);
}

SEC("?xdp.frags")
int base_xdp_empty(struct xdp_md *xdp)
{
	(void)xdp;
	return XDP_PASS;
}

SEC("?xdp.frags")
int base_xdp_map(struct xdp_md *xdp)
{
	(void)xdp;
	return bpf_redirect_map(&base_tx, 0, XDP_DROP);
}

/* on the far end of a wire, run as a source of frames */
SEC("?xdp")
int base_xdp_far(struct xdp_md *xdp)
{
	(void)xdp;
	return bpf_redirect(base_target, 0);
}

/* in a guest */
SEC("?xdp")
int base_xdp_guest(struct xdp_md *xdp)
{
	__u32 zero = 0;
	__u64 *arrived = bpf_map_lookup_elem(&base_arrived, &zero);

	(void)xdp;
	if (arrived)
		++*arrived;
	return XDP_DROP;
}

static __always_inline void spin(void *data, void *data_end)
{
	__u8 *mac = data;
	__u32 at;

	if (mac + 14 > (__u8 *)data_end)
		return;
	at = spin_at++ & spin_mask;
	mac[4] = at >> 8;
	mac[5] = at;
}

SEC("?tc")
int spin_tc(struct __sk_buff *skb)
{
	spin((void *)(long)skb->data, (void *)(long)skb->data_end);
	bpf_tail_call(skb, &spin_tc_next, 0);
	return TC_ACT_SHOT;
}

/* a VLAN tag in the bytes goes beside the frame, where the kernel has it for an ingress hook */
SEC("?tc")
int beside_tc(struct __sk_buff *skb)
{
	__be16 tag[2] = {};

	if (bpf_skb_load_bytes(skb, 12, tag, sizeof(tag)) || bpf_skb_vlan_pop(skb) ||
	    bpf_skb_vlan_push(skb, tag[0], bpf_ntohs(tag[1])))
		return TC_ACT_SHOT;
	bpf_tail_call(skb, &spin_tc_next, 0);
	return TC_ACT_SHOT;
}

SEC("?xdp.frags")
int spin_xdp(struct xdp_md *xdp)
{
	spin((void *)(long)xdp->data, (void *)(long)xdp->data_end);
	bpf_tail_call(xdp, &spin_xdp_next, 0);
	return XDP_ABORTED;
}
