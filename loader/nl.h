/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * nl.h - network devices through rtnetlink (libmnl).
 *
 * A handle works in the network namespace that it was opened in, wherever the program is now.
 * Functions that change something log their error, with the kernel's own words (extended ACK) in
 * it; queries do not log, except where it says so. All return 0 or a negative errno.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <net/if.h> /* IFNAMSIZ, IFF_* */

#define NL_ALIAS_LEN 256 /* IFALIASZ */
#define NL_KIND_LEN 16
#define NL_GROUP_NEW 0xeb5f /* device group of a veth that nl_veth_create() has not finished */

struct nl;

/* nl_open() - in the current namespace; logs its error. nl_open_in() - in that of @netns_fd. */
int nl_open(struct nl **out);
int nl_open_in(int netns_fd, struct nl **out);
void nl_close(struct nl *nl); /* NULL is fine */

enum nl_xdp_mode {
	NL_XDP_NONE = 0,
	NL_XDP_NATIVE,
	NL_XDP_GENERIC,
	NL_XDP_HW,
	NL_XDP_MULTI, /* several at once: xdp_prog_id is 0, ask hook_list() */
};

struct nl_stats {
	uint64_t rx_packets, tx_packets;
	uint64_t rx_bytes, tx_bytes;
	uint64_t rx_errors, tx_errors;
	uint64_t rx_dropped, tx_dropped;
	uint64_t multicast;
};

struct nl_link {
	int ifindex;
	char name[IFNAMSIZ];
	char kind[NL_KIND_LEN]; /* "veth", "tun", "macvtap" ...; "" for physical ones and lo */
	uint8_t mac[6];
	bool has_mac; /* an Ethernet-like device with six address bytes */
	bool loopback;
	unsigned int mtu;
	unsigned int flags; /* IFF_UP, IFF_LOWER_UP, IFF_PROMISC ... */
	uint8_t operstate;  /* IF_OPER_* */
	bool carrier;
	bool tap;      /* kind "tun" in tap mode (false where the kernel does not say) */
	bool deaf;     /* kind "macvtap" that gets nothing from its parent: source, without addresses */
	int peer;      /* IFLA_LINK: ifindex of veth's peer, macvtap's parent; 0: none */
	int peer_nsid; /* number, in this namespace, of the one that peer is in; -1: the same */
	int master;    /* ifindex of its bridge, bond ...; 0: none */
	unsigned int group;
	unsigned int promiscuity;
	unsigned int tx_queues, rx_queues;
	unsigned int gso_max_size;
	char alias[NL_ALIAS_LEN];
	enum nl_xdp_mode xdp_mode;
	uint32_t xdp_prog_id;
	struct nl_stats stats;
};

/*
 * nl_link_get() - by @name, or by @ifindex when name is NULL. -ENODEV: no such device (not logged;
 * @out untouched).
 */
int nl_link_get(struct nl *nl, const char *name, int ifindex, struct nl_link *out);

/*
 * nl_link_lost() - frames to whoever is behind the device that it has lost: what a tap or veth could
 * not send, and what a macvtap, whose guest is at its receiving end, could not take.
 */
uint64_t nl_link_lost(const struct nl_link *link);

/* nl_link_each() - all devices; stops at the first non-zero return of @fn, and returns it */
int nl_link_each(struct nl *nl, int (*fn)(const struct nl_link *link, void *arg), void *arg);

/* sets the bits of @mask (IFF_UP, IFF_PROMISC ...) to those of @flags */
int nl_link_set_flags(struct nl *nl, int ifindex, unsigned int flags, unsigned int mask);
int nl_link_set_alias(struct nl *nl, int ifindex, const char *alias);
int nl_link_set_mtu(struct nl *nl, int ifindex, unsigned int mtu);

/* -ENODEV if it is gone already (logged as debug only) */
int nl_link_delete(struct nl *nl, int ifindex);

struct nl_veth {
	const char *name;    /* end that stays in the handle's namespace */
	const char *alias;   /* its ifalias; NULL: none */
	unsigned int mtu;    /* of both ends; 0: the kernel's default */
	unsigned int queues; /* tx and rx queues of both ends; 0: the kernel's default */
	const char *peer_name;
	int peer_netns;		 /* fd; -1: the same namespace */
	const uint8_t *peer_mac; /* six bytes; NULL: the kernel's choice */
	bool up;		 /* both ends */
};

/*
 * nl_veth_create() - makes the pair with one request: the peer is born in its namespace, with its
 * name, address and MTU. The near end gets no IPv6 address (ADDR_GEN_MODE none): it is a port
 * of a switch. Whatever fails, nothing is left. @ifindex: the near end's, may be NULL.
 * -EEXIST: one of the names is taken (the message says which), -EINVAL ...
 *
 * The kernel takes no alias in the request that makes a device. So that a pair is known as ours at
 * any instant, also after SIGKILL, it is born in device group NL_GROUP_NEW, and the request that
 * sets the alias puts it back into group 0. nl_link_is_ours() knows both.
 */
int nl_veth_create(struct nl *nl, const struct nl_veth *veth, int *ifindex);

/* made by nl_veth_create() with this alias, finished or not */
bool nl_link_is_ours(const struct nl_link *link, const char *alias);

/*
 * nl_nsid() - the number that the handle's namespace has for that of @netns_fd, or -ENOENT if it
 * has none.
 * nl_nsid_open() - fd (the caller's) of the namespace with number @nsid in the handle's; -ENOENT if
 * it has neither a name nor a process that we can see. Not logged.
 */
int nl_nsid(struct nl *nl, int netns_fd);
int nl_nsid_open(struct nl *nl, int nsid);

/*
 * nl_peer_open() - a handle in the namespace where the veth peer of @link lives, and its data.
 * @out is the caller's to close, also when the peer is in the same namespace. -ENOENT: not a veth,
 * or its namespace cannot be found. Not logged. @netns_fd, if not NULL, gets an fd of that
 * namespace, the caller's to close.
 */
int nl_peer_open(struct nl *nl, const struct nl_link *link, struct nl **out, struct nl_link *peer,
		 int *netns_fd);

/* traffic control, for hook.c */
struct nl_filter {
	uint32_t parent, handle;
	uint32_t prog_id; /* 0: not a bpf filter */
	uint16_t priority;
	uint16_t protocol; /* ETH_P_*, host order */
	char kind[NL_KIND_LEN];
	char name[64];
};

/* 1: the device has a clsact qdisc, 2: another qdisc sits in its place (ingress), 0: none */
int nl_clsact_get(struct nl *nl, int ifindex);
/*
 * filters below @parent; a row with handle 0 stands for the priority itself, before its filters;
 * stops at the first non-zero return of @fn, and returns it
 */
int nl_filter_each(struct nl *nl, int ifindex, uint32_t parent,
		   int (*fn)(const struct nl_filter *filter, void *arg), void *arg);
