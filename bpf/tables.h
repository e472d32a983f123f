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
	__uint(max_entries, EVB_PORTS_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct evb_ingress_key);
	__type(value, struct evb_ingress_val);
} evb_ingress SEC(".maps");

/* ifindex % EVB_IFACES_MAX -> port of the untagged channel. Loader writes; VF programs read. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, EVB_IFACES_MAX);
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

/* address in a FID -> port. Loader writes; every unicast frame reads. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, EVB_FDB_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct evb_fdb_key);
	__type(value, struct evb_fdb_val);
} evb_fdb SEC(".maps");

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

static __always_inline struct evb_port *port_get(__u32 number)
{
	return bpf_map_lookup_elem(&evb_ports, &number);
}
