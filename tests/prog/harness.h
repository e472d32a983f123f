/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * harness.h - runs a switch's programs on single frames by BPF_PROG_TEST_RUN and compares what
 * they decided, the frame that came out and the counters with what a case expects.
 *
 *	          +-----+  veth   the switch: plan of a YAML text, programs in EVB_MODE_TEST
 *	wire -----| up  |         (they decide, change the frame, count, and send nothing)
 *	          +-----+
 *	vf0 -- h0 ... vfN -- hN   veth devices in a network namespace of the lab's own
 *
 * A frame is written as words: destination, source, tags from the outermost, payload.
 *
 *	vf0 vf1.2 pf ext ext3	addresses (vf1.2: third of vf1; ext: a station on the wire)
 *	bc mc mc6 zero 01:80:c2:00:00:0e
 *	c10 c10.5 s200.3d	C-TAG VID 10; with PCP 5; S-TAG with PCP 3 and DEI
 *	ip arp llc t88cc	payload: IPv4, ARP, 802.3 with length, bytes of a type (hex)
 *	l100			type field 100 (an 802.3 length) that need not be true
 *	ip4= arp4= ip6= ...	a packet: harness_packet.h
 *	+N			payload of N bytes (default 46, of a packet at least its headers)
 *	cut=N			only the first N bytes of all this
 *	hex=0102..		these bytes and nothing else
 *	gso=200x3		beside the frame: 3 segments of 200 bytes (TC only)
 *	marked			beside the frame: tc_index says that it was switched before (TC only)
 *
 * What comes of it:
 *
 *	! spoof_mac			refused at the port it came from
 *	vf1				vf1 gets it as it came
 *	vf1 vf2 : bc vf0 ip ; uplink : bc vf0 c10 ip
 *					copies, each with the frame as its ports get it
 *	vf5!mtu				refused at that target, and counted there
 *	own				switched before: passes
 *
 * From that alone follow verdict, return code, counters (all others must stand still), the mark
 * in skb->tc_index, redirect_peer, and what the XDP program does (a port with policy, and all of a
 * domain with a promiscuous port, are left to TC). Every case runs at TC with its tags in
 * the bytes, then with the outermost beside the frame (an inner one stays in the bytes), then at XDP
 * (from a macvtap never). A VF's `kind` is believed; its device here is a veth all the same.
 * Of a flood the bytes of the last copy are compared, of the others length and outermost tag.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "evb_abi.h"
#include "plan.h"
#include "tables.h"

#define LAB_FRAME_MAX 2048
#define LAB_PORTS_MAX 40
#define LAB_WHY_MAX 8192

struct lab_bytes {
	size_t len;
	uint8_t data[LAB_FRAME_MAX];
};

struct lab_setup {
	const char *yaml;
	unsigned int uplink_mtu; /* 0: 1500 */
	bool uplink_no_link;	 /* it has no carrier, and somebody follows it */
	unsigned int mtu[32];	 /* of VFs by id */
};

struct lab_case {
	const char *says; /* what holds */
	const char *from; /* "uplink", "pf", "vf3" */
	const char *in;
	const char *out;
};

enum lab_skin {
	LAB_TC_BYTES = 0, /* tags in the bytes */
	LAB_TC_BESIDE,	  /* the outermost beside */
	LAB_XDP,
	LAB_SKIN__MAX,
};

struct lab_copy {
	uint32_t port;
	enum evb_drop drop;
	struct lab_bytes frame;
};

/* what should happen */
struct lab_expect {
	enum evb_verdict verdict;
	enum evb_drop drop;
	uint32_t retval;
	uint32_t from; /* port number */
	unsigned int n_copies;
	struct lab_copy copies[LAB_PORTS_MAX];
	struct lab_bytes frame;		       /* of own and up: the frame as it came */
	struct evb_stats delta[LAB_PORTS_MAX]; /* by index of the lab's ports */
};

/* what happened */
struct lab_seen {
	uint32_t retval;
	struct evb_trace trace;
	struct lab_bytes frame; /* as a port gets it, a tag beside the bytes put in */
	bool beside;
	uint16_t tc_index;
	struct evb_stats delta[LAB_PORTS_MAX];
};

struct lab_port {
	const char *name;
	uint32_t number;
	const struct evb_port *row;
	struct evb_stats last;
};

struct lab;

/* a negative errno, logged */
int lab_open(const struct lab_setup *setup, struct lab **out);
void lab_close(struct lab *lab);
/* another text for the same VFs on the same devices, as `apply` would write it; counters go on */
int lab_change(struct lab *lab, const char *yaml);

/* its ports; NULL: no port of that name or number */
const struct lab_port *lab_ports(const struct lab *lab, unsigned int *n);
const struct lab_port *lab_port(const struct lab *lab, const char *name);

/* the switch's maps, to set or read what no case says: meters, hits, events */
const struct tables *lab_tables(const struct lab *lab);

/* aborts on a word that it does not know: a mistake in the table */
void lab_frame(const char *text, struct lab_bytes *out);
/* one address; false: it is none */
bool lab_mac(const char *word, uint8_t mac[6]);

/* the outermost VLAN tag of a frame; false: none, or cut */
bool lab_tag(const struct lab_bytes *frame, uint16_t *tpid, uint16_t *tci);

/* what a frame's words say beside its bytes */
struct lab_beside {
	unsigned int gso_size, gso_segs; /* 0 and 1: no GSO */
	uint16_t tc_index;
};
void lab_beside(const char *text, struct lab_beside *out);

bool lab_has_skin(const struct lab_case *c, const struct lab_bytes *in, enum lab_skin skin);
const char *lab_skin_name(enum lab_skin skin);

/* what the contract says of a case, for one skin */
void lab_expect(const struct lab *lab, const struct lab_case *c, enum lab_skin skin,
		struct lab_expect *out);
/* runs a frame; the case says where it comes from and what is beside it */
int lab_run(struct lab *lab, const struct lab_case *c, const struct lab_bytes *in,
	    enum lab_skin skin, struct lab_seen *out);
/* how many things differ; one line for each is appended to @why */
int lab_compare(const struct lab *lab, const struct lab_expect *want, const struct lab_seen *got,
		char *why);

/* expect, run, compare on every skin that the case has; how many things differ */
int lab_check(struct lab *lab, const struct lab_case *c, char *why);

/* counters of ports that the switch does not have: how many are not 0 */
int lab_strays(const struct lab *lab);

/*
 * A cmocka group with one test for each case; failed tests, or -1. Tables of one setup that follow
 * each other share a lab.
 */
int lab_table(const char *name, const struct lab_setup *setup, const struct lab_case *cases,
	      size_t n);

/* for groups with tests of their own: *state is the lab */
int lab_group_setup(void **state, const struct lab_setup *setup);
int lab_group_teardown(void **state);
