/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evb_abi.h - the tables of a switch: the contract between data plane, loader, tests and readers.
 *
 * One set of maps per switch, pinned under /sys/fs/bpf/evbpf/<switch>/. All numbers are in host
 * byte order; a MAC address is six bytes as on the wire. Enums stand in map values as enums, so
 * that `bpftool map dump` prints their names. Padding is explicit and zero; a key must be zeroed
 * before use. Names of enumerators are append-only; EVB_LAYOUT counts incompatible changes.
 *
 * Words. A port is an interface and, on it, a channel. A domain is the set of ports that share
 * one way to the wire. A FID (filtering identifier, IEEE 802.1Q) is a number for {domain, TPID,
 * VID}; every domain has one more for frames in no VLAN, and one for each TPID that stands for
 * all VLANs which no port names ("rest").
 */
#pragma once

#ifndef __VMLINUX_H__ /* BPF sources bring these types with vmlinux.h */
#include <linux/bpf.h>
#include <linux/types.h>
#endif

#define EVB_LAYOUT 4

#define EVB_NAME_LEN 16	    /* names of switches, channels, groups; with the terminating NUL */
#define EVB_PORT_NAME_LEN 24 /* names of ports: "uplink." and a channel's, too */
#define EVB_PORTS_MAX 1024  /* port numbers 0..1023 */
#define EVB_VFS_MAX 256	    /* ids 0..255 */
#define EVB_DOMAINS_MAX 256 /* domains 0..255; 0 is the untagged channel's */
#define EVB_FIDS_MAX 65535  /* FIDs 1..65534 */
#define EVB_FDB_MAX 262144 /* addresses x FIDs */
#define EVB_MULTICAST_MAX 65536
#define EVB_GUARD_MAX 65536
#define EVB_ACLS_MAX 256 /* lists of one direction */
#define EVB_VID_MAX 4094    /* IEEE 802.1Q: 4095 is reserved, 0 is the priority tag */

/*
 * Port numbers. A VF's number follows from its id, so that it never changes while it exists; a
 * channel and a port of a bridge keep theirs as long as they exist.
 */
#define EVB_PORT_NONE 0
#define EVB_PORT_UPLINK 1
#define EVB_PORT_PF 2
#define EVB_PORT_VF_FIRST 256
#define EVB_PORT_VF(id) (EVB_PORT_VF_FIRST + (id))
#define EVB_PORT_CHANNEL_FIRST 512 /* the wire port of an S-channel */
#define EVB_CHANNELS_MAX 167	   /* on one interface (802.1Qbg: CDCP carries so many) */
/* an extender has no channels */
#define EVB_PORT_CASCADE_FIRST 512
#define EVB_CASCADES_MAX 64
#define EVB_PORT_REPLICATION_FIRST (EVB_PORT_CASCADE_FIRST + EVB_CASCADES_MAX)
#define EVB_REPLICATIONS_MAX (EVB_PORTS_MAX - EVB_PORT_REPLICATION_FIRST)
#define EVB_PORT_BRIDGE_FIRST 1	   /* a bridge has no uplink, PF or VFs */
#define EVB_BRIDGE_PORTS_MAX (EVB_PORTS_MAX - EVB_PORT_BRIDGE_FIRST)
/* a channel's domain follows from its wire port; the untagged one's, and a bridge's, is 0 */
#define EVB_DOMAIN_OF(port) ((port) - EVB_PORT_CHANNEL_FIRST + 1)

/* FID 0 is "no place": a frame with it is refused (vlan_filter). */
#define EVB_FID_NONE 0

/* skb->tc_index of a frame that the switch has sent to its own uplink or PF (never on the wire) */
#define EVB_TC_SWITCHED 0xeb5f

enum evb_port_kind {
	EVB_KIND_NONE = 0, /* free row */
	EVB_KIND_UPLINK,
	EVB_KIND_PF,
	EVB_KIND_VETH,
	EVB_KIND_TAP,
	EVB_KIND_MACVTAP,
	EVB_KIND_AFXDP,
	EVB_KIND_PORT, /* of a bridge, on whatever device */
	EVB_KIND_CASCADE, /* of an extender, toward another one */
	EVB_KIND_REPLICATION, /* no port of its own: stands for those of evb_groups[fid] */
	EVB_KIND__MAX,
};

/* The tag that tells a port's frames from those of other ports on its interface. */
enum evb_channel {
	EVB_CHANNEL_NONE = 0,
	EVB_CHANNEL_S,	/* S-TAG, 802.1Qbg S-channel: 4 bytes; id is the SVID */
	EVB_CHANNEL_E,	/* E-TAG, 802.1BR: 8 bytes; id is GRP << 20 | E-CID */
	EVB_CHANNEL_VN, /* VN-Tag: 6 bytes; id is the VIF, of a list with EVB_VNTAG_LIST */
	EVB_CHANNEL__MAX,
};

/* What a port may reach locally (design: VEB, VEPA, private; bridge and extender are switches). */
enum evb_relay {
	EVB_RELAY_VEB = 0,
	EVB_RELAY_VEPA,
	EVB_RELAY_PRIVATE,
	EVB_RELAY_BRIDGE,
	EVB_RELAY_EXTENDER,
	EVB_RELAY__MAX,
};

/* Link state as in `ip link set DEV vf N state`. */
enum evb_state {
	EVB_STATE_AUTO = 0, /* follows the uplink */
	EVB_STATE_ENABLE,
	EVB_STATE_DISABLE,
	EVB_STATE__MAX,
};

/* How TC hands a frame to a port. */
enum evb_send {
	EVB_SEND_NONE = 0, /* absent */
	EVB_SEND_DEV,	   /* bpf_redirect(ifindex, 0) */
	EVB_SEND_PEER,	   /* bpf_redirect_peer() for its own unicast, else as DEV */
	EVB_SEND_WIRE,	   /* out of the uplink; marked EVB_TC_SWITCHED for its egress hook */
	EVB_SEND_STACK,	   /* into the uplink's own stack; marked for its ingress hook */
	EVB_SEND_INGRESS,  /* bpf_redirect(ifindex, BPF_F_INGRESS): to the guest of a macvtap */
	EVB_SEND__MAX,
};

/*
 * Why a frame was refused. The words without EVB_DROP_, in lower case, are what statistics show.
 * The first that matches counts, in this order; against the port that the frame came from, unless
 * the comment says "target".
 */
enum evb_drop {
	EVB_DROP_NONE = 0,
	EVB_DROP_LINK,	      /* port disabled; target too */
	EVB_DROP_BAD_FRAME,   /* no whole header, cut in a tag, source multicast or zero */
	EVB_DROP_CHANNEL,     /* unknown SVID, E-CID, VIF or group */
	EVB_DROP_DIRECTION,   /* channel tag of the wrong direction, version or GRP */
	EVB_DROP_INJECT,      /* channel tag from a guest; target: would be bared there */
	EVB_DROP_CONTROL,     /* reserved address or EtherType from an untrusted VF */
	EVB_DROP_SPOOF_MAC,   /* source address that is not the port's */
	EVB_DROP_VLAN_TAGGED, /* tag on an access port */
	EVB_DROP_VLAN_FILTER, /* VLAN that the port is not in */
	EVB_DROP_GUARD,	      /* IP, ARP or ND sender that is not the port's */
	EVB_DROP_ACL,	      /* refused by a rule; target too */
	EVB_DROP_RATE,	      /* max_tx_rate; target: max_rx_rate */
	EVB_DROP_STORM,	      /* storm control */
	EVB_DROP_LEARN_LIMIT, /* source beyond the port's limit of learned addresses */
	EVB_DROP_SELF,	      /* addressed to its own sender */
	EVB_DROP_ISOLATED,    /* only target is an isolated peer */
	EVB_DROP_REFLECTED,   /* only target owns the frame's source address */
	EVB_DROP_HAIRPIN,     /* only way is back out of its own port */
	EVB_DROP_NO_TARGET,   /* nobody to send to */
	EVB_DROP_MTU,	      /* target: longer than its MTU + 18 */
	EVB_DROP_SEND,	      /* target: refused by the kernel */
	EVB_DROP__MAX,
};

/* evb_ports: ARRAY, port number -> this. Written by the loader, read by the data plane. */
struct evb_port {
	enum evb_port_kind kind; /* EVB_KIND_NONE: no such port */
	__u32 ifindex;		 /* 0: absent; in the switch's network namespace */
	enum evb_send send;
	enum evb_state state;
	enum evb_relay relay;
	__u32 max_len;	   /* longest frame it takes: MTU + 14 + 4, without FCS */
	__u32 xdp_slot;	   /* its key in evb_tx, plus 1; 0: takes no XDP frames */
	__u32 channel;	   /* id of its channel tag; 0: none, or that of the source */
	__u32 extended;	   /* of an extender's port: id that its frames go up with */
	__u32 learn_limit; /* addresses that it may have in evb_fdb by learning */
	__u16 domain;
	__u16 wire;	   /* port number of its domain's way to the wire */
	__u16 fid;	   /* of its untagged frames; EVB_FID_NONE: refused */
	__u16 strip_fid;   /* frames of this FID leave without tag; EVB_FID_NONE: none does */
	__u16 mac_fid;	   /* a FID in which evb_fdb has all its addresses */
	__u16 vlan;	   /* VID of its untagged frames, 0: in no VLAN */
	__u16 tpid;	   /* of vlan and trunk: 0x8100 or 0x88a8; 0: both */
	__u8 qos;	   /* 802.1p priority of an inserted tag, 0: the frame's own */
	__u8 access;	   /* vlan without trunk: refuses other tags */
	__u8 trunk_all;	   /* member of every VLAN, tagged */
	__u8 keep_tag;	   /* strip off: the guest may send the access VLAN's tag */
	__u8 spoofchk;
	__u8 trust;
	__u8 isolated;
	__u8 n_macs;	   /* its addresses in evb_fdb, per FID */
	__u8 mac[6];	   /* the first of them */
	__u8 down;	   /* has no link: disabled, or auto and the uplink has no carrier */
	__u8 promisc;	   /* gets every frame of its VLANs */
	__u8 allmulti;	   /* gets every multicast frame of its VLANs; else see evb_multicast */
	__u8 watched;	   /* some port of its domain is promiscuous */
	__u8 policy_in;	   /* any of: guard, dscp, acl_in, rate_in, storm */
	__u8 policy_out;   /* any of: acl_out, rate_out */
	__u8 guard;	   /* EVB_GUARD_*: families whose senders evb_guard binds */
	__u8 dscp;	   /* an inserted tag's priority is that of the DSCP */
	__u8 rate_in;	   /* max_tx_rate: meter EVB_METER_IN */
	__u8 rate_out;	   /* max_rx_rate: meter EVB_METER_OUT */
	__u8 storm;	   /* bit n: meter EVB_METER_BROADCAST + n */
	__u8 channel_tag;  /* enum evb_channel */
	__u8 channels;	   /* of its interface's untagged port: enum evb_channel of those on it */
	__u8 closed;	   /* ... and nothing else is taken there but what is the link's */
	__u8 mixed;	   /* of a wire port: not all ports of its domain are veb */
	__u8 reflective;   /* frames may leave by the port that they came from (802.1Q 8.6.1) */
	__u8 learning;
	__u8 bpdu;	   /* forwards BPDUs like any multicast */
	__u16 acl_in;	   /* its frames' rules in evb_acls, 0: none */
	__u16 acl_out;	   /* rules for frames to it, 0: none */
	__u16 plain_in;	   /* fid, if nothing but its address is asked of its untagged frames */
	__u16 plain_out;   /* FID whose frames it gets without tag, if nothing else is asked of them */
	char name[EVB_PORT_NAME_LEN];
	__u8 pad[10];
};

/*
 * evb_ingress: HASH -> port number. Written by the loader. Channel 0: untagged. On the uplink of an
 * extender the channels are its ports' ids, those behind its cascades (the cascade's port) and those
 * of its groups.
 */
#define EVB_CASCADE_IDS_MAX 16384 /* behind all cascades of an extender */
/* old and new ones, while they are replaced */
#define EVB_INGRESS_MAX (2 * EVB_CASCADE_IDS_MAX + 2 * EVB_PORTS_MAX)
struct evb_ingress_key {
	__u32 ifindex;
	__u32 channel;
};
struct evb_ingress_val {
	__u32 port;
};

/*
 * evb_ifaces: ARRAY, ifindex modulo its size -> port of the untagged channel. A direct-mapped
 * copy of evb_ingress that answers in 2 ns; a slot taken by another interface falls back to it.
 */
#define EVB_IFACES_MAX 4096
struct evb_iface {
	__u32 ifindex;
	__u32 port;
};

/* evb_domains: ARRAY, domain number -> this. Written by the loader. */
struct evb_domain {
	__u16 wire;	   /* port number of its way to the wire */
	__u16 default_port; /* gets unknown unicast from the wire; 0: nobody */
	__u16 fid;	   /* frames in no VLAN; EVB_FID_NONE: no port takes them */
	__u16 rest_fid_c;  /* C-VLANs (0x8100) that no port names; NONE: refused */
	__u16 rest_fid_s;  /* S-VLANs (0x88a8) likewise */
	__u16 vlan_fid_c;  /* not 0: a C-VLAN that no port names has the FID that is this + VID ... */
	__u16 vlan_fid_s;  /* S-VLANs likewise */
	__u16 pad;	   /* ... and rest_fid is only its flood's */
	__u32 age;	   /* seconds without a frame after which a learned address goes */
};

/* evb_vlans: HASH, a VLAN that some port names -> this. Written by the loader. */
struct evb_vlan_key {
	__u16 domain;
	__u16 tpid;
	__u16 vid;
	__u16 pad;
};
struct evb_vlan_val {
	__u16 fid;
	__u16 pad[3];
	__u64 members[EVB_PORTS_MAX / 64];  /* bit n % 64 of word n / 64: port n is in it */
	__u64 untagged[EVB_PORTS_MAX / 64]; /* of these, those that get its frames without tag */
};

/* evb_fdb: HASH, address in a FID -> port. Written by the loader; by BPF where a port learns. */
enum evb_fdb_kind {
	EVB_FDB_STATIC = 0,
	EVB_FDB_LEARNED,
	EVB_FDB__MAX,
};
struct evb_fdb_key {
	__u8 mac[6];
	__u16 fid;
} __attribute__((aligned(8))); /* compared and hashed as one word */
struct evb_fdb_val {
	enum evb_fdb_kind kind;
	__u32 port;
	__u64 used; /* evb_clock's time of the last frame from it, to a second; learned entries only */
};

/*
 * evb_fdb_near: ARRAY, evb_near_slot() of a row's key -> the row. A direct-mapped copy of evb_fdb
 * that answers in 3 ns where the hash takes 28; a slot taken by another address falls back to it.
 *
 * Key and port stand in one word, so that both change at once. A key times an odd number is
 * another name for the key: its upper bits are the slot, the lower ones stand in the slot, above
 * the port. 0: free.
 */
#define EVB_NEAR_BITS 15
#define EVB_NEAR_MAX (1 << EVB_NEAR_BITS)
#define EVB_NEAR_FACTOR 0x9e3779b97f4a7c15ULL
#define EVB_NEAR_INVERSE 0xf1de83e19937733dULL /* times the factor, modulo 2^64, is 1 */
struct evb_near {
	__u64 word;
	__u32 used; /* as evb_fdb_val.used, its lower half; data plane only */
	__u32 pad;
};
static inline __u64 evb_fdb_word(const struct evb_fdb_key *key)
{
	__u64 word;

	__builtin_memcpy(&word, key, sizeof(word));
	return word;
}
static inline __u32 evb_near_slot(const struct evb_fdb_key *key)
{
	return evb_fdb_word(key) * EVB_NEAR_FACTOR >> (64 - EVB_NEAR_BITS);
}
static inline __u64 evb_near_word(const struct evb_fdb_key *key, __u32 port)
{
	return evb_fdb_word(key) * EVB_NEAR_FACTOR << EVB_NEAR_BITS | port;
}
static inline __u32 evb_near_port(__u64 word)
{
	return word & (EVB_NEAR_MAX - 1);
}
/* the key of what stands in a slot */
static inline void evb_near_key(__u32 slot, __u64 near, struct evb_fdb_key *key)
{
	__u64 word = ((__u64)slot << (64 - EVB_NEAR_BITS) | near >> EVB_NEAR_BITS) * EVB_NEAR_INVERSE;

	__builtin_memcpy(key, &word, sizeof(word));
}

/*
 * evb_learn: ARRAY, port number -> addresses that it has in evb_fdb by learning. evb_clock: ARRAY
 * of 1, the time in seconds since attach, and what makes it pass. Written by the data plane.
 */
struct evb_learn {
	__u32 count;
	__u32 pad;
};
struct evb_clock_val {
	struct bpf_timer timer;
	__u64 now;
};

/*
 * evb_groups: HASH, FID -> the ports that a flood in it may reach, the wire and the PF included,
 * in send order: those that get the VLAN's frames without tag first. Written by the loader.
 */
#define EVB_BUNDLE 0x8000 /* a replication row; then how many follow that it stands for; then these */
struct evb_group {
	__u16 count;	    /* ports in port[] */
	__u16 untagged;	    /* how many of them, from the first on, get it without any tag */
	__u16 default_port; /* gets unknown unicast from the wire in this FID; 0: nobody */
	__u8 policy;	    /* some of them have policy_out */
	__u8 bundles;	    /* some stand for those that follow them: see EVB_BUNDLE */
	__u16 port[EVB_PORTS_MAX];
};

/*
 * evb_multicast: HASH, group address and port -> anything. A port without allmulti gets the groups
 * that are here. Written by the loader.
 */
struct evb_multicast_key {
	__u8 mac[6];
	__u16 port;
};

/*
 * evb_guard: LPM_TRIE, port, family and address -> anything. The senders' addresses that a port
 * with guard may use. Written by the loader.
 */
#define EVB_GUARD_IPV4 1 /* bits of evb_port.guard: guard is on, and the family has addresses */
#define EVB_GUARD_IPV6 2
#define EVB_GUARD_ON 4
#define EVB_GUARD_PREFIX 32 /* bits in front of the address */
struct evb_guard_key {
	__u32 prefix;	/* bits that count: EVB_GUARD_PREFIX + the address's */
	__u16 port;
	__u16 family;	/* 4 or 6 */
	__u8 addr[16];	/* network order; IPv4 in the first four */
};

/*
 * evb_acls: HASH, number -> rules of one direction, the first that matches decides. evb_acl_hits:
 * PERCPU_HASH, number and rule -> frames. Rules by the loader, hits by the data plane.
 */
#define EVB_RULES_MAX 256
enum evb_action {
	EVB_ACTION_PERMIT = 0,
	EVB_ACTION_DENY,
	EVB_ACTION_COUNT, /* counts and goes on */
	EVB_ACTION__MAX,
};
#define EVB_MATCH_SRC_MAC 0x001 /* bits of evb_rule.match: which fields count */
#define EVB_MATCH_DST_MAC 0x002
#define EVB_MATCH_TYPE 0x004
#define EVB_MATCH_VLAN 0x008
#define EVB_MATCH_FAMILY 0x010
#define EVB_MATCH_SRC 0x020
#define EVB_MATCH_DST 0x040
#define EVB_MATCH_PROTO 0x080
#define EVB_MATCH_SPORT 0x100
#define EVB_MATCH_DPORT 0x200
struct evb_rule {
	enum evb_action action;
	__u32 match;
	__u8 src_mac[6];
	__u8 dst_mac[6];
	__u16 type;   /* EtherType behind all tags */
	__u16 vlan;   /* VID of the frame's VLAN, 0: in none */
	__u8 proto;   /* IP protocol */
	__u8 family;  /* 4 or 6, of src, dst and proto */
	__u16 sport_min, sport_max, dport_min, dport_max;
	__u16 pad;
	__u32 src[4], src_mask[4]; /* network order; IPv4 in the first */
	__u32 dst[4], dst_mask[4];
};
struct evb_acl {
	__u32 count;
	char name[EVB_NAME_LEN];
	struct evb_rule rule[EVB_RULES_MAX];
};
struct evb_hits_key {
	__u16 acl;
	__u16 rule; /* from 0 */
};

/*
 * evb_meters: ARRAY, port * EVB_METERS + class -> a bucket. Rates by the loader, `due` by the
 * data plane: the time at which all that has passed would have been sent at the rate. A frame
 * passes while that is no more than `burst` ahead of now.
 */
enum evb_meter_class {
	EVB_METER_IN = 0, /* bytes from the port: all are charged, TCP is held to it */
	EVB_METER_OUT,	  /* bytes to the port, likewise */
	EVB_METER_BROADCAST, /* frames from the port */
	EVB_METER_MULTICAST,
	EVB_METER_UNKNOWN,
	EVB_METER_IN_OTHER,  /* bytes from the port that are not TCP */
	EVB_METER_OUT_OTHER, /* bytes to the port that are not TCP */
	EVB_METER__MAX,
};
#define EVB_METERS 8
#define EVB_METER_SHIFT 20
struct evb_meter {
	__u64 cost;  /* ns for one byte or frame, << EVB_METER_SHIFT */
	__u64 burst; /* ns */
	__u64 due;   /* ns of the monotonic clock */
};

/*
 * evb_events: RINGBUF. Refused frames, learned and moved addresses; at most one in 25 jiffies for
 * each port, reason and CPU; `evb_stats` counts them all. Written by the data plane, read by
 * `evbpf monitor`.
 */
#define EVB_EVENTS_SIZE (256 * 1024)
#define EVB_EVENT_BYTES 128 /* a power of 2 */
enum evb_event_what {
	EVB_EVENT_REFUSED = 0,
	EVB_EVENT_LEARNED, /* the source address in data[] is a port's now */
	EVB_EVENT_MOVED,   /* ... and was another's: from */
	EVB_EVENT__MAX,
};
struct evb_event {
	__u64 time;   /* ns of the monotonic clock */
	enum evb_event_what what;
	__u32 fid;    /* of the frame; EVB_FID_NONE: refused before it was known */
	__u32 port;   /* that the refusal is counted against, or that the address is at */
	__u32 from;   /* port that the frame came from; moved: that the address was at */
	enum evb_drop drop;
	__u32 len;    /* of the frame at the port that it came from, a tag beside it included */
	__u32 bytes;  /* of it in data[] */
	__u16 tpid;   /* outermost tag, if it is not in data[]; 0: it is, or there is none */
	__u16 tci;
	__u64 count;  /* of this port, reason and CPU so far */
	__u8 data[EVB_EVENT_BYTES];
};

/*
 * evb_stats: PERCPU_ARRAY, port number -> this. Written by the data plane. "in" came from the
 * port into the switch (a VF's tx), "out" went from the switch to the port (a VF's rx). Bytes
 * are those seen at the port, without FCS. A GSO frame counts as its segments.
 */
struct evb_count {
	__u64 packets;
	__u64 bytes;
	__u64 multicast;
	__u64 broadcast;
	__u64 dropped;
};
struct evb_stats {
	struct evb_count in;
	struct evb_count out;
	__u64 drops[EVB_DROP__MAX]; /* by enum evb_drop; their sum is in.dropped + out.dropped */
	__u64 told[EVB_DROP__MAX];  /* jiffies of the last event, by enum evb_drop */
	__u64 learned;		    /* addresses that the port got, */
	__u64 moved;		    /* ... of which from another port */
	__u64 told_learned, told_moved;
};

/*
 * evb_trace: ARRAY of 1. What the programs decided about one frame; written only by programs that
 * were loaded with evb_mode not EVB_MODE_LIVE. Read by the tests and by `evbpf trace`.
 */
enum evb_mode {
	EVB_MODE_LIVE = 0,
	EVB_MODE_TEST, /* everything but the sending of copies */
	EVB_MODE_DRY,  /* changes nothing: no copies, no counters */
};
enum evb_verdict {
	EVB_VERDICT_NONE = 0,
	EVB_VERDICT_DROP,
	EVB_VERDICT_PASS, /* to the stack, or on its way out */
	EVB_VERDICT_SEND,
	EVB_VERDICT_UP,	  /* XDP leaves it to TC */
	EVB_VERDICT_OWN,  /* already switched; passes one of the uplink's hooks again */
};
struct evb_trace_copy {
	__u16 port;
	__u16 tpid;   /* outermost tag that it leaves with; 0: none */
	__u16 tci;
	__u8 peer;    /* by bpf_redirect_peer */
	__u8 beside;  /* that tag is beside the frame (skb metadata), not in its bytes */
	__u16 tpid2;  /* the tag inside it; 0: none */
	__u16 tci2;
	__u32 len;    /* bytes at the port, the tag included */
	enum evb_drop drop; /* not NONE: refused at this target */
};
struct evb_trace {
	__u32 runs;		  /* programs run since the reader zeroed the row */
	enum evb_verdict verdict;
	enum evb_drop drop;
	__u16 port;		  /* it came from */
	__u16 fid;
	__u16 tpid;		  /* tag of its VLAN; 0: in no VLAN */
	__u16 tci;
	__u32 count;		  /* copies */
	struct evb_trace_copy copy[EVB_PORTS_MAX];
};

/*
 * evb_config: ARRAY of 1. What the switch was made from. Written by the loader.
 * A reader checks layout before it believes any other map.
 */
#define EVB_TEXT_MAX (1024 * 1024)
struct evb_config_val {
	__u32 layout;	       /* EVB_LAYOUT of the loader that made the maps */
	__u32 text_len;
	__u64 netns_dev;       /* of the network namespace, as stat(2) says */
	__u64 netns_ino;
	__u64 attached;	       /* seconds since 1970; 0: attach has not finished */
	__u32 follow;	       /* an agent follows the uplink's carrier for `state: auto` */
	__u32 pad;
	char name[EVB_NAME_LEN];
	char version[EVB_NAME_LEN];
	char netns[256];       /* its path as given with -n; empty: the caller's own */
	char file[256];	       /* the file's name */
	char text[EVB_TEXT_MAX];
};

/*
 * evb_journal: HASH, sequence number -> one change of the host. Written before the change is
 * made; detach undoes them from the last to the first. Written and read by the loader only.
 */
#define EVB_JOURNAL_MAX 8192
enum evb_undo {
	EVB_UNDO_NONE = 0,
	EVB_UNDO_GUEST,	  /* a veth pair was made: delete dev, if its ifalias is still ours */
	EVB_UNDO_FEATURE, /* an ethtool feature of dev was changed: set it back to old */
	EVB_UNDO_PROMISC, /* dev was made promiscuous */
	EVB_UNDO_QDISC,	  /* a clsact qdisc was added to dev */
	EVB_UNDO_FILTER,  /* a clsact filter was added to dev: old is its parent */
	EVB_UNDO_XDP,	  /* an XDP program was attached to dev */
	EVB_UNDO_LINK,	  /* a tcx link was pinned as text */
	EVB_UNDO_DROPS,	  /* no change: old is what dev had lost at attach (reason `send`) */
	EVB_UNDO_DOWN,	  /* dev was taken down, so that its guest sees no carrier */
	EVB_UNDO_RCU,	  /* /sys/kernel/rcu_expedited was set for the time of a command */
	EVB_UNDO__MAX,
};
struct evb_undo_val {
	enum evb_undo what;
	__u32 ifindex;	 /* 0: not known yet, dev counts */
	__u32 port;	 /* number of the port that it was made for */
	__u32 pad;
	__u64 netns_ino; /* where dev lives; 0: the switch's own */
	__u64 netns_dev;
	__u64 old;
	char dev[EVB_NAME_LEN];
	char text[64];	 /* feature or pin name */
};
