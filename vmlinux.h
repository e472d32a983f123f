/* SPDX-License-Identifier: GPL-2.0-only WITH Linux-syscall-note */
/*
 * vmlinux.h - the kernel's types as BPF programs see them, trimmed by hand.
 *
 * Taken from Linux 6.18 (include/uapi/linux: types.h, bpf.h, pkt_cls.h, if_ether.h, if_packet.h,
 * in.h, in6.h, ip.h, ipv6.h, udp.h, if_arp.h, time.h; include/linux/if_vlan.h for vlan_hdr). All
 * of it is user-space API: its layout never changes, so one object fits every kernel, nothing is
 * relocated at load (no preserve_access_index) and the running kernel needs no BTF of its own.
 *
 * Why trimmed: a full dump has 150,000 lines that differ from kernel to kernel and makes every
 * compile ten times slower. To look something up, or to try a kernel-internal type, make one:
 *
 *	bpftool btf dump file /sys/kernel/btf/vmlinux format c > build/vmlinux_full.h
 *
 * BPF sources include this file and never <linux/...>: the two define the same names. That both
 * mean the same is proved on every build: tests/unit/asserts_vmlinux.h is compiled against this
 * file by clang and against <linux/...> by the C compiler. Whoever adds a name here adds it there.
 * Kernel-internal types and kfuncs (__weak __ksym) are declared where they are used.
 */
#ifndef __VMLINUX_H__
#define __VMLINUX_H__

/* <linux/types.h> */

typedef signed char __s8;
typedef unsigned char __u8;
typedef short __s16;
typedef unsigned short __u16;
typedef int __s32;
typedef unsigned int __u32;
typedef long long __s64;
typedef unsigned long long __u64;

typedef __u16 __le16;
typedef __u16 __be16;
typedef __u32 __be32;
typedef __u64 __be64;
typedef __u16 __sum16;
typedef __u32 __wsum;

typedef _Bool bool;
enum { false = 0, true = 1 };
typedef __SIZE_TYPE__ size_t;

/* <linux/bpf.h>: contexts and verdicts */

struct bpf_flow_keys;

struct bpf_sock {
	__u32 bound_dev_if;
	__u32 family;
	__u32 type;
	__u32 protocol;
	__u32 mark;
	__u32 priority;
	__u32 src_ip4;
	__u32 src_ip6[4];
	__u32 src_port;
	__be16 dst_port;
	__u16 : 16;
	__u32 dst_ip4;
	__u32 dst_ip6[4];
	__u32 state;
	__s32 rx_queue_mapping;
};

/* a pointer of the program, eight bytes wide on every architecture */
#define __bpf_md_ptr(type, name) \
	union {                  \
		type name;       \
		__u64 : 64;      \
	} __attribute__((aligned(8)))

struct xdp_md {
	__u32 data;
	__u32 data_end;
	__u32 data_meta;
	__u32 ingress_ifindex;
	__u32 rx_queue_index;
	__u32 egress_ifindex;
};

struct __sk_buff {
	__u32 len;
	__u32 pkt_type;
	__u32 mark;
	__u32 queue_mapping;
	__u32 protocol;
	__u32 vlan_present;
	__u32 vlan_tci;
	__u32 vlan_proto;
	__u32 priority;
	__u32 ingress_ifindex;
	__u32 ifindex;
	__u32 tc_index;
	__u32 cb[5];
	__u32 hash;
	__u32 tc_classid;
	__u32 data;
	__u32 data_end;
	__u32 napi_id;
	__u32 family;
	__u32 remote_ip4, local_ip4;
	__u32 remote_ip6[4], local_ip6[4];
	__u32 remote_port, local_port;
	__u32 data_meta;
	__bpf_md_ptr(struct bpf_flow_keys *, flow_keys);
	__u64 tstamp;
	__u32 wire_len;
	__u32 gso_segs;
	__bpf_md_ptr(struct bpf_sock *, sk);
	__u32 gso_size;
	__u8 tstamp_type;
	__u32 : 24;
	__u64 hwtstamp;
};

enum xdp_action { XDP_ABORTED = 0, XDP_DROP, XDP_PASS, XDP_TX, XDP_REDIRECT };

/* clang-format off */

/* <linux/pkt_cls.h>, where they are macros; tcx means the same by -1, 0, 2, 7 */
enum {
	TC_ACT_UNSPEC = -1, TC_ACT_OK, TC_ACT_RECLASSIFY, TC_ACT_SHOT, TC_ACT_PIPE, TC_ACT_STOLEN,
	TC_ACT_QUEUED, TC_ACT_REPEAT, TC_ACT_REDIRECT, TC_ACT_TRAP
};

/* <linux/bpf.h>: maps */

enum bpf_map_type {
	BPF_MAP_TYPE_UNSPEC = 0, BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PROG_ARRAY,
	BPF_MAP_TYPE_PERF_EVENT_ARRAY, BPF_MAP_TYPE_PERCPU_HASH, BPF_MAP_TYPE_PERCPU_ARRAY,
	BPF_MAP_TYPE_LRU_HASH = 9, BPF_MAP_TYPE_LPM_TRIE = 11, BPF_MAP_TYPE_ARRAY_OF_MAPS,
	BPF_MAP_TYPE_HASH_OF_MAPS, BPF_MAP_TYPE_DEVMAP, BPF_MAP_TYPE_CPUMAP = 16,
	BPF_MAP_TYPE_XSKMAP, BPF_MAP_TYPE_DEVMAP_HASH = 25, BPF_MAP_TYPE_RINGBUF = 27
};

/* clang-format on */

/* flags of map creation */
enum {
	BPF_F_NO_PREALLOC = 1U << 0,
	BPF_F_NO_COMMON_LRU = 1U << 1,
	BPF_F_RDONLY_PROG = 1U << 7,
	BPF_F_WRONLY_PROG = 1U << 8,
	BPF_F_MMAPABLE = 1U << 10
};

/* flags of map update */
enum { BPF_ANY = 0, BPF_NOEXIST = 1, BPF_EXIST = 2, BPF_F_LOCK = 4 };

struct bpf_devmap_val {
	__u32 ifindex;
	union {
		int fd;	  /* of a program, on update */
		__u32 id; /* of a program, on lookup */
	} bpf_prog;
};

struct bpf_spin_lock {
	__u32 val;
};

struct bpf_timer {
	__u64 __opaque[2];
} __attribute__((aligned(8)));

/* <linux/bpf.h>: arguments and results of helpers */

/* bpf_redirect, bpf_clone_redirect, bpf_redirect_map */
enum { BPF_F_INGRESS = 1 << 0, BPF_F_BROADCAST = 1 << 3, BPF_F_EXCLUDE_INGRESS = 1 << 4 };

/* bpf_skb_store_bytes, bpf_l3_csum_replace, bpf_l4_csum_replace */
enum {
	BPF_F_RECOMPUTE_CSUM = 1 << 0,
	BPF_F_INVALIDATE_HASH = 1 << 1,
	BPF_F_PSEUDO_HDR = 1 << 4,
	BPF_F_MARK_MANGLED_0 = 1 << 5
};

/* bpf_skb_adjust_room */
enum bpf_adj_room_mode { BPF_ADJ_ROOM_NET, BPF_ADJ_ROOM_MAC };
enum { BPF_F_ADJ_ROOM_FIXED_GSO = 1 << 0, BPF_F_ADJ_ROOM_NO_CSUM_RESET = 1 << 5 };

/* bpf_csum_level */
enum { BPF_CSUM_LEVEL_QUERY, BPF_CSUM_LEVEL_INC, BPF_CSUM_LEVEL_DEC, BPF_CSUM_LEVEL_RESET };

/* bpf_perf_event_output */
enum { BPF_F_CURRENT_CPU = 0xffffffffULL, BPF_F_CTXLEN_MASK = 0xfffffULL << 32 };

/* bpf_ringbuf_submit and its kin, bpf_ringbuf_query */
enum { BPF_RB_NO_WAKEUP = 1 << 0, BPF_RB_FORCE_WAKEUP = 1 << 1 };
enum { BPF_RB_AVAIL_DATA, BPF_RB_RING_SIZE, BPF_RB_CONS_POS, BPF_RB_PROD_POS };

/* bpf_check_mtu */
enum bpf_check_mtu_flags { BPF_MTU_CHK_SEGS = 1 << 0 };
enum bpf_check_mtu_ret {
	BPF_MTU_CHK_RET_SUCCESS,
	BPF_MTU_CHK_RET_FRAG_NEEDED,
	BPF_MTU_CHK_RET_SEGS_TOOBIG
};

/* bpf_timer_init, <linux/time.h> */
#define CLOCK_MONOTONIC 1

/* values of __sk_buff.pkt_type, <linux/if_packet.h> */
#define PACKET_HOST 0
#define PACKET_BROADCAST 1
#define PACKET_MULTICAST 2
#define PACKET_OTHERHOST 3
#define PACKET_OUTGOING 4
#define PACKET_LOOPBACK 5

/* headers of frames */

#define ETH_ALEN 6
#define ETH_HLEN 14
#define ETH_P_IP 0x0800
#define ETH_P_ARP 0x0806
#define ETH_P_8021Q 0x8100
#define ETH_P_IPV6 0x86dd
#define ETH_P_8021AD 0x88a8

enum { IPPROTO_ICMP = 1, IPPROTO_TCP = 6, IPPROTO_UDP = 17, IPPROTO_ICMPV6 = 58 };

struct ethhdr { /* not packed: the same layout, and h_proto is one load instead of two */
	unsigned char h_dest[ETH_ALEN];
	unsigned char h_source[ETH_ALEN];
	__be16 h_proto;
};

struct vlan_hdr { /* what follows a TPID; not user-space API, but IEEE 802.1Q */
	__be16 h_vlan_TCI;
	__be16 h_vlan_encapsulated_proto;
};

struct arphdr {
	__be16 ar_hrd;
	__be16 ar_pro;
	unsigned char ar_hln;
	unsigned char ar_pln;
	__be16 ar_op;
};

struct arp_eth_ip4 { /* what follows arphdr for Ethernet and IPv4: RFC 826; in no kernel header */
	unsigned char ar_sha[ETH_ALEN];
	unsigned char ar_sip[4];
	unsigned char ar_tha[ETH_ALEN];
	unsigned char ar_tip[4];
};

struct iphdr {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	__u8 ihl : 4, version : 4;
#else
	__u8 version : 4, ihl : 4;
#endif
	__u8 tos;
	__be16 tot_len;
	__be16 id;
	__be16 frag_off;
	__u8 ttl;
	__u8 protocol;
	__sum16 check;
	__be32 saddr;
	__be32 daddr;
};

struct in6_addr {
	union {
		__u8 u6_addr8[16];
		__be16 u6_addr16[8];
		__be32 u6_addr32[4];
	} in6_u;
};

struct ipv6hdr {
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	__u8 priority : 4, version : 4;
#else
	__u8 version : 4, priority : 4;
#endif
	__u8 flow_lbl[3];
	__be16 payload_len;
	__u8 nexthdr;
	__u8 hop_limit;
	struct in6_addr saddr;
	struct in6_addr daddr;
};

struct udphdr {
	__be16 source, dest;
	__be16 len;
	__sum16 check;
};

#endif /* __VMLINUX_H__ */
