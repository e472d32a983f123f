/* SPDX-License-Identifier: GPL-2.0-only */
/* tables.h - the maps of a switch. Both objects declare them; the loader makes one set of both. */
#pragma once

#include "evb_abi.h"

/* port number -> the port. Loader writes; every frame reads its source's and its target's row. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EVB_PORTS_MAX);
	__type(key, __u32);
	__type(value, struct evb_port);
} evb_ports SEC(".maps");

/* interface + channel -> port number. Loader writes; read where evb_ifaces has no answer. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EVB_INGRESS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct evb_ingress_key);
	__type(value, struct evb_ingress_val);
} evb_ingress SEC(".maps");

/* ifindex % EVB_IFACES_MAX -> port of the untagged channel. Loader writes; VF programs read. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EVB_IFACES_MAX);
	__uint(map_flags, BPF_F_MMAPABLE); /* the loader compares it as a whole */
	__type(key, __u32);
	__type(value, struct evb_iface);
} evb_ifaces SEC(".maps");

/* domain number -> the domain. Loader writes; read for VLANs that no port names. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EVB_DOMAINS_MAX);
	__type(key, __u32);
	__type(value, struct evb_domain);
} evb_domains SEC(".maps");

/* VLAN that some port names -> FID and members. Loader writes; read for tagged frames. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EVB_FIDS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct evb_vlan_key);
	__type(value, struct evb_vlan_val);
} evb_vlans SEC(".maps");

/* address in a FID -> port. Loader and learning ports write; every unicast frame reads. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EVB_FDB_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct evb_fdb_key);
	__type(value, struct evb_fdb_val);
} evb_fdb SEC(".maps");

/* direct-mapped copy of evb_fdb. Loader and learning ports write; every unicast frame reads. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EVB_NEAR_MAX);
	__uint(map_flags, BPF_F_MMAPABLE); /* the loader compares it as a whole */
	__type(key, __u32);
	__type(value, struct evb_near);
} evb_fdb_near SEC(".maps");

/* FID -> the ports of a flood in send order. Loader writes; floods and unknown unicast read. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EVB_FIDS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct evb_group);
} evb_groups SEC(".maps");

/* port number -> counters. Data plane writes; `stats` reads. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, EVB_PORTS_MAX);
	__type(key, __u32);
	__type(value, struct evb_stats);
} evb_stats SEC(".maps");

/* port number -> device of a port that takes XDP frames. Loader writes; the fast lane reads. */
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, EVB_PORTS_MAX);
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
} evb_tx SEC(".maps");

/* the decision about one frame. Programs loaded with evb_mode TEST or DRY write; tests read. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct evb_trace);
} evb_trace SEC(".maps");

/* groups of ports without allmulti. Loader writes; floods of multicast read. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EVB_MULTICAST_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct evb_multicast_key);
	__type(value, __u32);
} evb_multicast SEC(".maps");

/* addresses that a guarded port may send from. Loader writes; frames of such ports read. */
struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, EVB_GUARD_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct evb_guard_key);
	__type(value, __u32);
} evb_guard SEC(".maps");

/* rules. Loader writes; frames of and to ports that name them read. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EVB_ACLS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct evb_acl);
} evb_acls SEC(".maps");

/* frames that met a rule. Loader makes the rows, data plane counts. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, EVB_ACLS_MAX * EVB_RULES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct evb_hits_key);
	__type(value, __u64);
} evb_acl_hits SEC(".maps");

/* port and class -> rate and how far it is used. Loader and data plane write. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EVB_PORTS_MAX * EVB_METERS);
	__uint(map_flags, BPF_F_MMAPABLE); /* the loader compares it as a whole */
	__type(key, __u32);
	__type(value, struct evb_meter);
} evb_meters SEC(".maps");

/* refused frames. Data plane writes, `monitor` reads; full, it loses the newest. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, EVB_EVENTS_SIZE);
} evb_events SEC(".maps");

/* what the switch was made from. The loader alone writes and reads it. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct evb_config_val);
} evb_config SEC(".maps");

/* changes of the host, in their order. The loader alone writes and reads it. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EVB_JOURNAL_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct evb_undo_val);
} evb_journal SEC(".maps");

/* port number -> addresses learned there. Data plane writes. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EVB_PORTS_MAX);
	__type(key, __u32);
	__type(value, struct evb_learn);
} evb_learn SEC(".maps");

/* time for the age of learned addresses. Its timer writes, learning ports read. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct evb_clock_val);
} evb_clock SEC(".maps");

static __always_inline struct evb_near *near_get(const struct evb_fdb_key *key)
{
	__u32 slot = evb_near_slot(key);

	return bpf_map_lookup_elem(&evb_fdb_near, &slot);
}

/* port of an address in a FID; EVB_PORT_NONE: not known */
static __always_inline __u32 fdb_get(const struct evb_fdb_key *key)
{
	struct evb_near *near = near_get(key);
	struct evb_fdb_val *val;
	struct evb_fdb_key copy;
	__u64 word;

	if (near) {
		word = *(volatile __u64 *)&near->word; /* once: others write it */
		if ((word ^ evb_near_word(key, 0)) < EVB_NEAR_MAX)
			return evb_near_port(word);
	}
	copy = *key; /* older verifiers take no key out of a function's argument */
	val = bpf_map_lookup_elem(&evb_fdb, &copy);
	return val ? val->port : EVB_PORT_NONE;
}

static __always_inline struct evb_port *port_get(__u32 number)
{
	return bpf_map_lookup_elem(&evb_ports, &number);
}
