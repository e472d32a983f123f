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
 *	st1 dev2		likewise: stations of a bridge; the far end of its device d2
 *	bc mc mc6 zero 01:80:c2:00:00:0e
 *	c10 c10.5 s200.3d	C-TAG VID 10; with PCP 5; S-TAG with PCP 3 and DEI
 *	e12 e1:5-12.6d		E-TAG with E-CID 0x12; of GRP 1 and E-CID 5, with ingress E-CID 0x12,
 *				E-PCP 6 and E-DEI
 *	vu12 vd34 vl1001-12	VN-Tag: up from VIF 0x12; down to VIF 0x34; to list 0x1001, looped, from
 *				VIF 0x12
 *	e=f456.. v=8034..	their 6, their 4 bytes as they are
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
 *	pass				to the stack of the device that it came from (bridge, cascade)
 *	d3.1.5 : bc st1 e1:5 arp	one copy for all ports of a bridge's group, and counted at each
 *
 * A bridge has a memory: what it knows before the frame and what it has learned after it stand
 * around a bar. Without the second one, a frame that the port may send is learned at it.
 *
 *	in:  st2@p2 st3@p3/c10 | st2 st1 ip	st2 was learned at p2 in no VLAN, st3 at p3 in VLAN 10
 *	out: p2 | st1@p1 st2@p2 st3@p3/c10	this is all that is learned now
 *
 * The port that a frame comes from is the one that it counts for: "uplink.blue" or a bridge's port
 * with an SVID, E-CID or VIF, and the frame has that tag. What an extender's uplink gives counts
 * for "uplink"; its cascades are ports by the name of their device.
 *
 * From that alone follow verdict, return code, counters (all others must stand still), the mark
 * in skb->tc_index, redirect_peer, and what the XDP program does (a port with policy, and all of a
 * domain with a promiscuous port, are left to TC; on a bridge TC then finishes the frame). Every
 * case runs at TC with its tags in the bytes, then with the outermost beside the frame (an inner one
 * stays in the bytes), then at XDP (from a macvtap never). A VF's `kind` is believed; its device here
 * is a veth all the same. Of a flood the bytes of the last copy are compared, of the others
 * length and the two outermost tags, and of all the order: no copy is shorter than one before it
 * (of an extender, longer). Then the flood is run once more for each of the others, with those
 * behind it out of the way, and its bytes compared; not where a port has policy, which may count.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "evb_abi.h"
#include "plan.h"
#include "tables.h"

#define LAB_FRAME_MAX 2048
#define LAB_PORTS_MAX EVB_PORTS_MAX
#define LAB_WHY_MAX 8192
#define LAB_LEARNED_MAX 64

struct lab_bytes {
	size_t len;
	uint8_t data[LAB_FRAME_MAX];
};

struct lab_setup {
	const char *yaml;
	unsigned int uplink_mtu; /* 0: 1500 */
	bool uplink_no_link;	 /* it has no carrier, and somebody follows it */
	unsigned int mtu[32];	 /* of VFs by id, of a bridge's ports by their place in the file */
	bool absent[32];	 /* VFs by id whose device is not there */
	bool no_link[32];	 /* VFs by id whose device has no carrier, and somebody follows it */
	unsigned int cascade_mtu;
};

struct lab_case {
	const char *says; /* what holds */
	const char *from; /* "uplink", "pf", "vf3", "uplink.blue" */
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

/* an address that a bridge has learned */
struct lab_address {
	uint8_t mac[6];
	uint16_t fid;
	uint32_t port;
};

struct lab_learned {
	unsigned int n;
	struct lab_address at[LAB_LEARNED_MAX];
};

/* what should happen */
struct lab_expect {
	enum evb_verdict verdict;
	enum evb_drop drop;
	uint32_t retval;
	uint32_t from; /* port number */
	unsigned int n_copies;
	struct lab_copy copies[LAB_PORTS_MAX];
	struct lab_bytes frame;		       /* of own, pass and up: the frame as it came */
	bool known;			       /* a bridge has its destination */
	struct lab_learned given, learned;     /* before and after it */
	struct evb_stats delta[LAB_PORTS_MAX]; /* by index of the lab's ports */
};

/* what happened */
struct lab_seen {
	uint32_t retval;
	struct evb_trace trace;
	struct lab_bytes frame; /* as a port gets it, a tag beside the bytes put in */
	bool beside;
	uint16_t tc_index;
	struct lab_learned learned;
	unsigned int miscounted; /* ports whose row in evb_learn says something else */
	unsigned int stale;	 /* addresses that evb_fdb_near has at another port */
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

bool lab_is_bridge(const struct lab *lab);
bool lab_is_extender(const struct lab *lab);
const struct plan *lab_plan(const struct lab *lab);

/* the switch's maps, to set or read what no case says: meters, hits, events */
const struct tables *lab_tables(const struct lab *lab);

/* aborts on a word that it does not know: a mistake in the table */
void lab_frame(const char *text, struct lab_bytes *out);
/* one address; false: it is none */
bool lab_mac(const char *word, uint8_t mac[6]);

/* the outermost VLAN tag of a frame; false: none, or cut. lab_tag_at(): the one at an offset */
bool lab_tag(const struct lab_bytes *frame, uint16_t *tpid, uint16_t *tci);
bool lab_tag_at(const struct lab_bytes *frame, size_t off, uint16_t *tpid, uint16_t *tci);

/* bytes of its E-TAG or VN-Tag, if the port's device tells channels by that kind; else 0 */
size_t lab_extended(const struct evb_port *port, const struct lab_bytes *frame);

/* ports of a replication group, of a bridge its device's; how many */
unsigned int lab_members(const struct lab *lab, uint32_t number, uint32_t out[LAB_PORTS_MAX]);

/* what a frame's words say beside its bytes */
struct lab_beside {
	unsigned int gso_size, gso_segs; /* 0 and 1: no GSO */
	uint16_t tc_index;
};
void lab_beside(const char *text, struct lab_beside *out);

/*
 * harness_learn.c: what a bridge has learned. lab_learned_words() reads "st1@p1 st2@p2/c10";
 * lab_learned_set() makes it so, in evb_fdb_near too if @near is set; lab_learned_read() looks.
 * lab_flush() - evb_flush of a port, NULL: of all. lab_clock_start() - its time begins.
 */
void lab_learned_words(const struct lab *lab, const char *text, struct lab_learned *out);
int lab_learned_set(const struct lab *lab, const struct lab_learned *given, bool near);
int lab_learned_read(const struct lab *lab, struct lab_learned *out);
int lab_learned_look(const struct lab *lab, const struct lab_learned *given, struct lab_seen *out);
const struct lab_address *lab_learned_find(const struct lab_learned *list, const uint8_t mac[6],
					   uint16_t fid);
bool lab_learned_same(const struct lab_learned *a, const struct lab_learned *b);
/* FID of a frame at a bridge's port; of a VLAN, tpid 0: of no VLAN */
uint16_t lab_frame_fid(const struct lab *lab, const struct evb_port *from,
		       const struct lab_bytes *in);
uint16_t lab_vlan_fid(const struct lab *lab, uint16_t tpid, uint16_t vid);
/* the port that has an address, static or among @given; 0: none */
uint32_t lab_known(const struct lab *lab, const struct lab_learned *given, const uint8_t mac[6],
		   const struct evb_port *from, const struct lab_bytes *in);
int lab_flush(struct lab *lab, const char *port);
int lab_clock_start(struct lab *lab);

/* the part of a case's text in front of its bar, and behind it; NULL: it has none */
const char *lab_given(const char *in, char *buf, size_t size);
const char *lab_then(const char *out);

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
/* of that, the bytes of the copy that was sent last */
int lab_compare_frame(const struct lab *lab, const struct lab_expect *want,
		      const struct lab_seen *got, char *why);

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
