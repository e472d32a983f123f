/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What vmlinux.h must agree on with <linux/...>: size and place of every member, value of every
 * name. Compiled twice on every build, by vmlinux_bpf.c and by vmlinux_uapi.c; test_vmlinux.py
 * checks that nothing in vmlinux.h is missing here.
 */
#pragma once

#define SIZE(type, n) _Static_assert(sizeof(type) == (n), "size of " #type)
#define MEMBER(type, member, at, n)                                \
	_Static_assert(__builtin_offsetof(type, member) == (at) && \
			       sizeof(((type *)0)->member) == (n), \
		       #type ", " #member)
#define SAME(name, n) _Static_assert((name) == (n), "value of " #name)
#define UNSIGNED(type) _Static_assert((type)-1 > 0, #type " is unsigned")
#define SIGNED(type) _Static_assert((type)-1 < 0, #type " is signed")

/* <linux/types.h> */
SIZE(__s8, 1);
SIZE(__u8, 1);
SIZE(__s16, 2);
SIZE(__u16, 2);
SIZE(__s32, 4);
SIZE(__u32, 4);
SIZE(__s64, 8);
SIZE(__u64, 8);
SIZE(__le16, 2);
SIZE(__be16, 2);
SIZE(__be32, 4);
SIZE(__be64, 8);
SIZE(__sum16, 2);
SIZE(__wsum, 4);
SIZE(bool, 1);
SIZE(size_t, 8);
SIGNED(__s8);
UNSIGNED(__u8);
SIGNED(__s16);
UNSIGNED(__u16);
SIGNED(__s32);
UNSIGNED(__u32);
SIGNED(__s64);
UNSIGNED(__u64);
UNSIGNED(__le16);
UNSIGNED(__be16);
UNSIGNED(__be32);
UNSIGNED(__be64);
UNSIGNED(__sum16);
UNSIGNED(__wsum);
UNSIGNED(size_t);
SAME(false, 0);
SAME(true, 1);

SIZE(struct xdp_md, 24);
MEMBER(struct xdp_md, data, 0, 4);
MEMBER(struct xdp_md, data_end, 4, 4);
MEMBER(struct xdp_md, data_meta, 8, 4);
MEMBER(struct xdp_md, ingress_ifindex, 12, 4);
MEMBER(struct xdp_md, rx_queue_index, 16, 4);
MEMBER(struct xdp_md, egress_ifindex, 20, 4);

SIZE(struct __sk_buff, 192);
MEMBER(struct __sk_buff, len, 0, 4);
MEMBER(struct __sk_buff, pkt_type, 4, 4);
MEMBER(struct __sk_buff, mark, 8, 4);
MEMBER(struct __sk_buff, queue_mapping, 12, 4);
MEMBER(struct __sk_buff, protocol, 16, 4);
MEMBER(struct __sk_buff, vlan_present, 20, 4);
MEMBER(struct __sk_buff, vlan_tci, 24, 4);
MEMBER(struct __sk_buff, vlan_proto, 28, 4);
MEMBER(struct __sk_buff, priority, 32, 4);
MEMBER(struct __sk_buff, ingress_ifindex, 36, 4);
MEMBER(struct __sk_buff, ifindex, 40, 4);
MEMBER(struct __sk_buff, tc_index, 44, 4);
MEMBER(struct __sk_buff, cb, 48, 20);
MEMBER(struct __sk_buff, hash, 68, 4);
MEMBER(struct __sk_buff, tc_classid, 72, 4);
MEMBER(struct __sk_buff, data, 76, 4);
MEMBER(struct __sk_buff, data_end, 80, 4);
MEMBER(struct __sk_buff, napi_id, 84, 4);
MEMBER(struct __sk_buff, family, 88, 4);
MEMBER(struct __sk_buff, remote_ip4, 92, 4);
MEMBER(struct __sk_buff, local_ip4, 96, 4);
MEMBER(struct __sk_buff, remote_ip6, 100, 16);
MEMBER(struct __sk_buff, local_ip6, 116, 16);
MEMBER(struct __sk_buff, remote_port, 132, 4);
MEMBER(struct __sk_buff, local_port, 136, 4);
MEMBER(struct __sk_buff, data_meta, 140, 4);
MEMBER(struct __sk_buff, flow_keys, 144, 8);
MEMBER(struct __sk_buff, tstamp, 152, 8);
MEMBER(struct __sk_buff, wire_len, 160, 4);
MEMBER(struct __sk_buff, gso_segs, 164, 4);
MEMBER(struct __sk_buff, sk, 168, 8);
MEMBER(struct __sk_buff, gso_size, 176, 4);
MEMBER(struct __sk_buff, tstamp_type, 180, 1);
MEMBER(struct __sk_buff, hwtstamp, 184, 8);

SIZE(struct bpf_sock, 80);
MEMBER(struct bpf_sock, bound_dev_if, 0, 4);
MEMBER(struct bpf_sock, family, 4, 4);
MEMBER(struct bpf_sock, type, 8, 4);
MEMBER(struct bpf_sock, protocol, 12, 4);
MEMBER(struct bpf_sock, mark, 16, 4);
MEMBER(struct bpf_sock, priority, 20, 4);
MEMBER(struct bpf_sock, src_ip4, 24, 4);
MEMBER(struct bpf_sock, src_ip6, 28, 16);
MEMBER(struct bpf_sock, src_port, 44, 4);
MEMBER(struct bpf_sock, dst_port, 48, 2);
MEMBER(struct bpf_sock, dst_ip4, 52, 4);
MEMBER(struct bpf_sock, dst_ip6, 56, 16);
MEMBER(struct bpf_sock, state, 72, 4);
MEMBER(struct bpf_sock, rx_queue_mapping, 76, 4);
SIZE(struct bpf_devmap_val, 8);
MEMBER(struct bpf_devmap_val, ifindex, 0, 4);
MEMBER(struct bpf_devmap_val, bpf_prog.fd, 4, 4);
MEMBER(struct bpf_devmap_val, bpf_prog.id, 4, 4);

SIZE(struct bpf_spin_lock, 4);
MEMBER(struct bpf_spin_lock, val, 0, 4);

SIZE(struct bpf_timer, 16);

SIZE(struct ethhdr, 14);
MEMBER(struct ethhdr, h_proto, 12, 2);
MEMBER(struct ethhdr, h_dest, 0, 6);
MEMBER(struct ethhdr, h_source, 6, 6);

SIZE(struct arphdr, 8);
MEMBER(struct arphdr, ar_hrd, 0, 2);
MEMBER(struct arphdr, ar_pro, 2, 2);
MEMBER(struct arphdr, ar_hln, 4, 1);
MEMBER(struct arphdr, ar_pln, 5, 1);
MEMBER(struct arphdr, ar_op, 6, 2);

SIZE(struct iphdr, 20);
MEMBER(struct iphdr, tos, 1, 1);
MEMBER(struct iphdr, tot_len, 2, 2);
MEMBER(struct iphdr, id, 4, 2);
MEMBER(struct iphdr, frag_off, 6, 2);
MEMBER(struct iphdr, ttl, 8, 1);
MEMBER(struct iphdr, protocol, 9, 1);
MEMBER(struct iphdr, check, 10, 2);
MEMBER(struct iphdr, saddr, 12, 4);
MEMBER(struct iphdr, daddr, 16, 4);

SIZE(struct in6_addr, 16);
MEMBER(struct in6_addr, in6_u.u6_addr8, 0, 16);
MEMBER(struct in6_addr, in6_u.u6_addr16, 0, 16);
MEMBER(struct in6_addr, in6_u.u6_addr32, 0, 16);

SIZE(struct ipv6hdr, 40);
MEMBER(struct ipv6hdr, flow_lbl, 1, 3);
MEMBER(struct ipv6hdr, payload_len, 4, 2);
MEMBER(struct ipv6hdr, nexthdr, 6, 1);
MEMBER(struct ipv6hdr, hop_limit, 7, 1);
MEMBER(struct ipv6hdr, saddr, 8, 16);
MEMBER(struct ipv6hdr, daddr, 24, 16);

SIZE(struct udphdr, 8);
MEMBER(struct udphdr, source, 0, 2);
MEMBER(struct udphdr, dest, 2, 2);
MEMBER(struct udphdr, len, 4, 2);
MEMBER(struct udphdr, check, 6, 2);

SIZE(enum xdp_action, 4);
SIZE(enum bpf_map_type, 4);
SIZE(enum bpf_adj_room_mode, 4);
SIZE(enum bpf_check_mtu_flags, 4);
SIZE(enum bpf_check_mtu_ret, 4);
SAME(XDP_ABORTED, 0);
SAME(XDP_DROP, 1);
SAME(XDP_PASS, 2);
SAME(XDP_TX, 3);
SAME(XDP_REDIRECT, 4);
SAME(TC_ACT_UNSPEC, -1);
SAME(TC_ACT_OK, 0);
SAME(TC_ACT_RECLASSIFY, 1);
SAME(TC_ACT_SHOT, 2);
SAME(TC_ACT_PIPE, 3);
SAME(TC_ACT_STOLEN, 4);
SAME(TC_ACT_QUEUED, 5);
SAME(TC_ACT_REPEAT, 6);
SAME(TC_ACT_REDIRECT, 7);
SAME(TC_ACT_TRAP, 8);
SAME(BPF_MAP_TYPE_UNSPEC, 0);
SAME(BPF_MAP_TYPE_HASH, 1);
SAME(BPF_MAP_TYPE_ARRAY, 2);
SAME(BPF_MAP_TYPE_PROG_ARRAY, 3);
SAME(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4);
SAME(BPF_MAP_TYPE_PERCPU_HASH, 5);
SAME(BPF_MAP_TYPE_PERCPU_ARRAY, 6);
SAME(BPF_MAP_TYPE_LRU_HASH, 9);
SAME(BPF_MAP_TYPE_LPM_TRIE, 11);
SAME(BPF_MAP_TYPE_ARRAY_OF_MAPS, 12);
SAME(BPF_MAP_TYPE_HASH_OF_MAPS, 13);
SAME(BPF_MAP_TYPE_DEVMAP, 14);
SAME(BPF_MAP_TYPE_CPUMAP, 16);
SAME(BPF_MAP_TYPE_XSKMAP, 17);
SAME(BPF_MAP_TYPE_DEVMAP_HASH, 25);
SAME(BPF_MAP_TYPE_RINGBUF, 27);
SAME(BPF_F_NO_PREALLOC, 1);
SAME(BPF_F_NO_COMMON_LRU, 2);
SAME(BPF_F_RDONLY_PROG, 128);
SAME(BPF_F_WRONLY_PROG, 256);
SAME(BPF_F_MMAPABLE, 1024);
SAME(BPF_ANY, 0);
SAME(BPF_NOEXIST, 1);
SAME(BPF_EXIST, 2);
SAME(BPF_F_LOCK, 4);
SAME(BPF_F_INGRESS, 1);
SAME(BPF_F_BROADCAST, 8);
SAME(BPF_F_EXCLUDE_INGRESS, 16);
SAME(BPF_F_RECOMPUTE_CSUM, 1);
SAME(BPF_F_INVALIDATE_HASH, 2);
SAME(BPF_F_PSEUDO_HDR, 16);
SAME(BPF_F_MARK_MANGLED_0, 32);
SAME(BPF_ADJ_ROOM_NET, 0);
SAME(BPF_ADJ_ROOM_MAC, 1);
SAME(BPF_F_ADJ_ROOM_FIXED_GSO, 1);
SAME(BPF_F_ADJ_ROOM_NO_CSUM_RESET, 32);
SAME(BPF_CSUM_LEVEL_QUERY, 0);
SAME(BPF_CSUM_LEVEL_INC, 1);
SAME(BPF_CSUM_LEVEL_DEC, 2);
SAME(BPF_CSUM_LEVEL_RESET, 3);
SAME(BPF_F_CURRENT_CPU, 0xffffffff);
SAME(BPF_F_CTXLEN_MASK, 0xfffff00000000);
SAME(BPF_RB_NO_WAKEUP, 1);
SAME(BPF_RB_FORCE_WAKEUP, 2);
SAME(BPF_RB_AVAIL_DATA, 0);
SAME(BPF_RB_RING_SIZE, 1);
SAME(BPF_RB_CONS_POS, 2);
SAME(BPF_RB_PROD_POS, 3);
SAME(BPF_MTU_CHK_SEGS, 1);
SAME(BPF_MTU_CHK_RET_SUCCESS, 0);
SAME(BPF_MTU_CHK_RET_FRAG_NEEDED, 1);
SAME(BPF_MTU_CHK_RET_SEGS_TOOBIG, 2);
SAME(CLOCK_MONOTONIC, 1);
SAME(PACKET_HOST, 0);
SAME(PACKET_BROADCAST, 1);
SAME(PACKET_MULTICAST, 2);
SAME(PACKET_OTHERHOST, 3);
SAME(PACKET_OUTGOING, 4);
SAME(PACKET_LOOPBACK, 5);
SAME(ETH_ALEN, 6);
SAME(ETH_HLEN, 14);
SAME(ETH_P_IP, 0x800);
SAME(ETH_P_ARP, 0x806);
SAME(ETH_P_8021Q, 0x8100);
SAME(ETH_P_IPV6, 0x86dd);
SAME(ETH_P_8021AD, 0x88a8);
SAME(IPPROTO_ICMP, 1);
SAME(IPPROTO_TCP, 6);
SAME(IPPROTO_UDP, 17);
SAME(IPPROTO_ICMPV6, 58);

/* what user space has no name for */
#ifdef __VMLINUX_H__
MEMBER(struct bpf_timer, __opaque, 0, 16);

SIZE(struct vlan_hdr, 4);
MEMBER(struct vlan_hdr, h_vlan_TCI, 0, 2);
MEMBER(struct vlan_hdr, h_vlan_encapsulated_proto, 2, 2);

SIZE(struct arp_eth_ip4, 20);
MEMBER(struct arp_eth_ip4, ar_sha, 0, 6);
MEMBER(struct arp_eth_ip4, ar_sip, 6, 4);
MEMBER(struct arp_eth_ip4, ar_tha, 10, 6);
MEMBER(struct arp_eth_ip4, ar_tip, 16, 4);
#endif
