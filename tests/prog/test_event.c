/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evb_events: what is told of a refused frame, and how seldom (evb_abi.h).
 *
 *	vf0 access VLAN 10    vf1 no VLAN     vf2 VLAN 10, strip off    vf3 VLAN 10, strip off, rx acl
 *	vf4 XDP guest         vf5 disabled    vf6 trunk [10], rx acl    vf7 guard, acl, rates, storm
 *	vf8 no VLAN, rx acl
 */
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "harness.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define SECOND 1000000000ULL
#define EVENTS_MAX 64

#define VF(id, hex) "  - {id: " #id ", dev: h" #id ", mac: \"02:00:00:00:01:" hex "\""

static const struct lab_setup setup = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"uplink: {dev: up}\n"
		"acls:\n"
		"  udp: [{dir: rx, proto: udp, action: deny}]\n"
		"  tcp: [{dir: tx, proto: tcp, action: deny}]\n"
		"vfs:\n"
		VF(0, "00") ", vlan: 10}\n"
		VF(1, "01") "}\n"
		VF(2, "02") ", vlan: 10, strip: off}\n"
		VF(3, "03") ", vlan: 10, strip: off, acl: udp}\n"
		VF(4, "04") ", hook: xdp}\n"
		VF(5, "05") ", state: disable}\n"
		VF(6, "06") ", trunk: [10], acl: udp}\n"
		VF(7, "07") ", guard: {ipv4: [10.0.0.5]}, acl: tcp, max_tx_rate: 10}\n"
		VF(8, "08") ", acl: udp}\n",
};

/* of a bridge's ports behind extenders: p1 p2 plain   x1 12   x2 13, rx acl */
static const struct lab_setup extended_e = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"relay: bridge\n"
		"acls: {udp: [{dir: rx, proto: udp, action: deny}]}\n"
		"ports:\n"
		"  - {name: p1, dev: d1}\n"
		"  - {name: p2, dev: d2}\n"
		"  - {name: x1, dev: d3, tag: e-tag, ecid: 0x12, learning: off}\n"
		"  - {name: x2, dev: d3, tag: e-tag, ecid: 0x13, acl: udp}\n",
};

static const struct lab_setup extended_vn = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"relay: bridge\n"
		"acls: {udp: [{dir: rx, proto: udp, action: deny}]}\n"
		"ports:\n"
		"  - {name: p1, dev: d1}\n"
		"  - {name: p2, dev: d2}\n"
		"  - {name: x1, dev: d3, tag: vn-tag, vif: 0x12, learning: off}\n"
		"  - {name: x2, dev: d3, tag: vn-tag, vif: 0x13, acl: udp}\n",
};

#define UDP "ip4=10.0.0.5>10.0.0.9 udp=1>2"
#define TCP "ip4=10.0.0.5>10.0.0.9 tcp=1>2"

static struct lab *lab;
static struct ring_buffer *ring;
static struct evb_event events[EVENTS_MAX];
static unsigned int n_events;

static int event_take(void *ctx, void *data, size_t size)
{
	(void)ctx;
	if (size != sizeof(events[0]) || n_events == EVENTS_MAX)
		return -EINVAL;
	memcpy(&events[n_events++], data, size);
	return 0;
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

/* runs a frame at one skin; events[] are then those of it */
static void send_at(enum lab_skin skin, const char *from, const char *frame)
{
	struct lab_case c = {.says = frame, .from = from, .in = frame};
	static struct lab_seen seen;
	struct lab_bytes in;

	lab_frame(frame, &in);
	assert_int_equal(lab_run(lab, &c, &in, skin, &seen), 0);
	n_events = 0;
	assert_true(ring_buffer__consume(ring) >= 0);
}

/* nothing has been told yet, and nothing has been counted */
static void forget(void)
{
	int cpus = libbpf_num_possible_cpus();
	struct evb_stats *zero = calloc(cpus, sizeof(*zero));
	const struct lab_port *ports;
	unsigned int n;

	assert_non_null(zero);
	ports = lab_ports(lab, &n);
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(bpf_map_update_elem(lab_tables(lab)->fd[TABLE_STATS],
						     &ports[i].number, zero, BPF_ANY), 0);
	free(zero);
	assert_true(ring_buffer__consume(ring) >= 0);
	n_events = 0;
}

static int test_setup(void **state)
{
	(void)state;
	forget();
	return 0;
}

/* the frame as it was at the port that it came from, a tag beside it put in again */
static void expect_frame(const struct evb_event *event, const char *frame)
{
	struct lab_bytes want, got = {};
	size_t bytes;

	lab_frame(frame, &want);
	assert_int_equal(event->len, want.len);
	got.len = event->bytes;
	memcpy(got.data, event->data, event->bytes);
	if (event->tpid) {
		uint8_t tag[4] = {event->tpid >> 8, event->tpid, event->tci >> 8, event->tci};

		memmove(got.data + 16, got.data + 12, got.len - 12);
		memcpy(got.data + 12, tag, sizeof(tag));
		got.len += sizeof(tag);
	}
	bytes = want.len < EVB_EVENT_BYTES ? want.len : EVB_EVENT_BYTES;
	assert_true(got.len >= bytes);
	assert_memory_equal(got.data, want.data, bytes);
	for (size_t i = event->bytes; i < EVB_EVENT_BYTES; i++)
		assert_int_equal(event->data[i], 0);
}

/* one event, with these fields */
static void expect_event(const char *port, const char *from, enum evb_drop drop, uint64_t since,
			 const char *frame)
{
	assert_int_equal(n_events, 1);
	assert_int_equal(events[0].port, lab_port(lab, port)->number);
	assert_int_equal(events[0].from, lab_port(lab, from)->number);
	assert_int_equal(events[0].drop, drop);
	assert_int_equal(events[0].count, 1);
	assert_in_range(events[0].time, since, now_ns());
	expect_frame(&events[0], frame);
}

static void meter_shut(const char *port)
{
	uint32_t number = lab_port(lab, port)->number;

	for (int class = 0; class < EVB_METER__MAX; class++) {
		uint32_t key = number * EVB_METERS + class;
		struct evb_meter meter;

		assert_int_equal(table_get(lab_tables(lab), TABLE_METERS, &key, &meter), 0);
		meter.due = now_ns() + 1000 * SECOND;
		assert_int_equal(table_put(lab_tables(lab), TABLE_METERS, &key, &meter), 0);
	}
}

static void tells_each_reason(void **state)
{
	static const struct {
		enum lab_skin skin;
		const char *port, *from, *frame;
		enum evb_drop drop;
	} cases[] = {
		{LAB_TC_BYTES, "vf1", "vf1", "vf8 ext ip", EVB_DROP_SPOOF_MAC},
		{LAB_TC_BYTES, "vf1", "vf1", "vf8 vf1 c10 ip", EVB_DROP_VLAN_FILTER},
		{LAB_TC_BYTES, "vf0", "vf0", "ext vf0 c10.5d ip", EVB_DROP_VLAN_TAGGED},
		{LAB_TC_BYTES, "vf1", "vf1", "01:80:c2:00:00:0e vf1 t88cc", EVB_DROP_CONTROL},
		{LAB_TC_BYTES, "vf1", "vf1", "vf8 vf1 t893f", EVB_DROP_INJECT},
		{LAB_TC_BYTES, "vf1", "vf1", "vf8 mc ip", EVB_DROP_BAD_FRAME},
		{LAB_TC_BYTES, "vf1", "vf1", "vf1 vf1 ip", EVB_DROP_SELF},
		{LAB_TC_BYTES, "vf5", "vf5", "vf1 vf5 ip", EVB_DROP_LINK},
		{LAB_TC_BYTES, "vf5", "vf1", "vf5 vf1 ip", EVB_DROP_LINK},
		{LAB_TC_BYTES, "vf4", "vf1", "vf4 vf1 ip +1505", EVB_DROP_MTU},
		{LAB_TC_BYTES, "vf8", "vf1", "vf8 vf1 " UDP, EVB_DROP_ACL},
		{LAB_TC_BYTES, "vf8", "uplink", "vf8 ext " UDP, EVB_DROP_ACL},
		{LAB_TC_BYTES, "vf7", "vf7", "vf1 vf7 ip4=10.0.0.6>10.0.0.9 udp=1>2",
		 EVB_DROP_GUARD},
		{LAB_TC_BYTES, "vf7", "vf7", "vf1 vf7 " TCP, EVB_DROP_ACL},
		{LAB_TC_BYTES, "vf7", "vf7", "vf1 vf7 " UDP, EVB_DROP_RATE},
		{LAB_TC_BYTES, "uplink", "uplink", "vf1 vf1 ip", EVB_DROP_REFLECTED},
		{LAB_TC_BYTES, "pf", "pf", "vf1 mc ip", EVB_DROP_BAD_FRAME},
		{LAB_XDP, "vf4", "vf4", "vf1 ext ip", EVB_DROP_SPOOF_MAC},
		{LAB_XDP, "vf4", "uplink", "vf4 ext ip +1505", EVB_DROP_MTU},
		{LAB_XDP, "uplink", "uplink", "vf1 mc ip", EVB_DROP_BAD_FRAME},
	};

	(void)state;
	meter_shut("vf7");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		uint64_t since = now_ns();

		forget();
		send_at(cases[i].skin, cases[i].from, cases[i].frame);
		expect_event(cases[i].port, cases[i].from, cases[i].drop, since, cases[i].frame);
	}
}

static void tells_nothing_of_what_passes(void **state)
{
	(void)state;
	send_at(LAB_TC_BYTES, "vf1", "vf4 vf1 ip");
	assert_int_equal(n_events, 0);
	send_at(LAB_TC_BYTES, "vf1", "bc vf1 arp");
	assert_int_equal(n_events, 0);
	send_at(LAB_XDP, "vf1", "vf4 vf1 ip");
	assert_int_equal(n_events, 0);
	send_at(LAB_XDP, "vf7", "vf1 ext ip"); /* left to TC, which will tell */
	assert_int_equal(n_events, 0);
}

/* a tag beside the frame is told beside it, with its priority; one in the bytes stays there */
static void tells_the_tag(void **state)
{
	uint64_t since = now_ns();

	(void)state;
	send_at(LAB_TC_BESIDE, "vf0", "ext vf0 c20.5d ip");
	expect_event("vf0", "vf0", EVB_DROP_VLAN_TAGGED, since, "ext vf0 c20.5d ip");
	assert_int_equal(events[0].tpid, 0x8100);
	assert_int_equal(events[0].tci, 0xb014);
	assert_int_equal(events[0].bytes, 60);
	forget();
	send_at(LAB_TC_BYTES, "vf0", "ext vf0 c20.5d ip");
	expect_event("vf0", "vf0", EVB_DROP_VLAN_TAGGED, since, "ext vf0 c20.5d ip");
	assert_int_equal(events[0].tpid, 0);
	assert_int_equal(events[0].tci, 0);
	assert_int_equal(events[0].bytes, 64);
	forget();
	send_at(LAB_TC_BESIDE, "vf0", "ext vf0 s20 c30 ip");
	expect_event("vf0", "vf0", EVB_DROP_VLAN_TAGGED, since, "ext vf0 s20 c30 ip");
	assert_int_equal(events[0].tpid, 0x88a8);
	forget();
	send_at(LAB_TC_BYTES, "vf1", "vf8 ext ip");
	assert_int_equal(events[0].tpid, 0);
}

static void tells_the_first_bytes(void **state)
{
	(void)state;
	send_at(LAB_TC_BYTES, "vf1", "vf8 ext ip +1000");
	assert_int_equal(n_events, 1);
	assert_int_equal(events[0].bytes, EVB_EVENT_BYTES);
	assert_int_equal(events[0].len, 1014);
	expect_frame(&events[0], "vf8 ext ip +1000");
	forget();
	send_at(LAB_TC_BYTES, "vf1", "vf8 ext t88b5 +1");
	assert_int_equal(n_events, 1);
	assert_int_equal(events[0].bytes, 15);
	forget();
	send_at(LAB_XDP, "vf4", "vf8 ext ip +0 cut=14");
	assert_int_equal(n_events, 1);
	assert_int_equal(events[0].bytes, 14);
}

/* the frame as it came, whatever was done to it for others before */
static void tells_the_frame_as_it_came(void **state)
{
	static const struct {
		enum lab_skin skin;
		const char *port, *from, *frame;
	} cases[] = {
		{LAB_TC_BYTES, "vf3", "vf0", "vf3 vf0 " UDP},
		{LAB_TC_BYTES, "vf3", "vf2", "vf3 vf2 c10.3 " UDP},
		{LAB_TC_BESIDE, "vf3", "vf2", "vf3 vf2 c10.3 " UDP},
		{LAB_TC_BYTES, "vf3", "uplink", "vf3 ext c10.3 " UDP},
		{LAB_TC_BESIDE, "vf6", "uplink", "vf6 ext c10.3 " UDP},
		{LAB_TC_BYTES, "vf0", "vf2", "vf0 vf2 c10.3 ip +1505"},
		{LAB_TC_BESIDE, "vf0", "vf2", "vf0 vf2 c10.3 ip +1505"},
	};
	uint64_t since = now_ns();

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		forget();
		send_at(cases[i].skin, cases[i].from, cases[i].frame);
		expect_event(cases[i].port, cases[i].from,
			     strstr(cases[i].frame, UDP) ? EVB_DROP_ACL : EVB_DROP_MTU, since,
			     cases[i].frame);
	}
}

/* a flood: one event for each target that refuses it, each with the frame as it came */
static void tells_a_flood(const char *from, const char *frame, enum lab_skin skin)
{
	forget();
	send_at(skin, from, frame);
	assert_int_equal(n_events, 2);
	for (unsigned int i = 0; i < n_events; i++) {
		assert_int_equal(events[i].from, lab_port(lab, from)->number);
		assert_int_equal(events[i].drop, EVB_DROP_ACL);
		expect_frame(&events[i], frame);
	}
	assert_int_equal(events[0].port + events[1].port,
			 lab_port(lab, "vf3")->number + lab_port(lab, "vf6")->number);
}

static void tells_a_flood_that_gets_a_tag(void **state)
{
	(void)state;
	tells_a_flood("vf0", "bc vf0 " UDP, LAB_TC_BYTES);
}

static void tells_a_flood_that_loses_its_tag(void **state)
{
	(void)state;
	tells_a_flood("vf2", "bc vf2 c10.3 " UDP, LAB_TC_BYTES);
	tells_a_flood("uplink", "bc ext c10.3 " UDP, LAB_TC_BYTES);
}

static void tells_a_flood_that_loses_a_tag_beside(void **state)
{
	(void)state;
	tells_a_flood("vf2", "bc vf2 c10.3 " UDP, LAB_TC_BESIDE);
	tells_a_flood("uplink", "bc ext c10.3 " UDP, LAB_TC_BESIDE);
}

static const char *extended_word(const char *e, const char *vn)
{
	return lab_port(lab, "x1")->row->channel_tag == EVB_CHANNEL_E ? e : vn;
}

/* with everything in it, whoever has had a copy by then */
static void tells_an_extended_frame_as_it_came(void **state)
{
	const char *sent = extended_word("bc st1 e=60ffc0120000 c5.1 " UDP,
					 "bc st1 v=00004012 c5.1 " UDP),
		   *unknown = extended_word("bc st1 e999 arp", "bc st1 v=00000999 arp"),
		   *wrong = extended_word("bc st1 e3:12 arp", "bc st1 v=80120000 arp");
	uint64_t since = now_ns();

	(void)state;
	send_at(LAB_TC_BYTES, "x1", sent);
	expect_event("x2", "x1", EVB_DROP_ACL, since, sent);
	send_at(LAB_TC_BYTES, "d3", unknown);
	expect_event("d3", "d3", EVB_DROP_CHANNEL, since, unknown);
	send_at(LAB_XDP, "d3", wrong);
	expect_event("d3", "d3", EVB_DROP_DIRECTION, since, wrong);
}

/* at most one for each port, reason and CPU in evb_event_jiffies; the count goes on */
static void tells_seldom(void **state)
{
	(void)state;
	send_at(LAB_TC_BYTES, "vf1", "vf8 ext ip");
	assert_int_equal(n_events, 1);
	for (int i = 0; i < 20; i++) {
		send_at(LAB_TC_BYTES, "vf1", "vf8 ext ip");
		assert_int_equal(n_events, 0);
	}
	send_at(LAB_XDP, "vf1", "vf8 ext ip"); /* whichever program refuses */
	assert_int_equal(n_events, 0);
	send_at(LAB_TC_BYTES, "vf1", "vf1 vf1 ip"); /* another reason */
	assert_int_equal(n_events, 1);
	assert_int_equal(events[0].drop, EVB_DROP_SELF);
	send_at(LAB_TC_BYTES, "vf4", "vf8 ext ip"); /* another port */
	assert_int_equal(n_events, 1);
	assert_int_equal(events[0].count, 1);
	nanosleep(&(struct timespec){.tv_nsec = 300000000}, NULL); /* 25 jiffies, HZ being 100 */
	send_at(LAB_TC_BYTES, "vf1", "vf8 ext ip");
	assert_int_equal(n_events, 1);
	assert_int_equal(events[0].drop, EVB_DROP_SPOOF_MAC);
	assert_int_equal(events[0].count, 23);
	send_at(LAB_TC_BYTES, "vf1", "vf8 ext ip");
	assert_int_equal(n_events, 0);
}

/* a buffer that nobody reads is full one day: frames are refused and counted as before */
static void full_buffer_loses_events_only(void **state)
{
	static char why[LAB_WHY_MAX];
	struct lab_case c = {"refused", "vf1", "vf8 ext ip", "! spoof_mac"};

	(void)state;
	for (unsigned int i = 0; i < EVB_EVENTS_SIZE / sizeof(struct evb_event) + 10; i++) {
		struct lab_bytes in;
		static struct lab_seen seen;
		int cpus = libbpf_num_possible_cpus();
		struct evb_stats zero[cpus];

		memset(zero, 0, sizeof(zero));
		bpf_map_update_elem(lab_tables(lab)->fd[TABLE_STATS],
				    &lab_port(lab, "vf1")->number, zero, BPF_ANY);
		lab_frame(c.in, &in);
		assert_int_equal(lab_run(lab, &c, &in, LAB_TC_BYTES, &seen), 0);
	}
	why[0] = 0;
	if (lab_check(lab, &c, why))
		fail_msg("%s", why);
	n_events = 0;
	ring_buffer__consume(ring);
}

static int group_open(const struct lab_setup *of)
{
	cpu_set_t one;

	/* told is per CPU */
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	if (sched_setaffinity(0, sizeof(one), &one))
		return -1;
	if (lab_open(of, &lab))
		return -1;
	ring = ring_buffer__new(lab_tables(lab)->fd[TABLE_EVENTS], event_take, NULL, NULL);
	return ring ? 0 : -1;
}

static int group_setup(void **state)
{
	(void)state;
	return group_open(&setup);
}

static int extended_e_setup(void **state)
{
	(void)state;
	return group_open(&extended_e);
}

static int extended_vn_setup(void **state)
{
	(void)state;
	return group_open(&extended_vn);
}

static int group_teardown(void **state)
{
	(void)state;
	ring_buffer__free(ring);
	lab_close(lab);
	return 0;
}

#define TEST(says, fn)                           \
	{                                        \
		says, fn, test_setup, NULL, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("each reason is told: port, sender, reason, time, frame", tells_each_reason),
		TEST("what passes is not told", tells_nothing_of_what_passes),
		TEST("a tag beside the frame is told beside it", tells_the_tag),
		TEST("the first bytes are told", tells_the_first_bytes),
		TEST("what a target refuses is told as it came", tells_the_frame_as_it_came),
		TEST("a flood that gets a tag is told as it came", tells_a_flood_that_gets_a_tag),
		TEST("a flood that loses its tag is told as it came",
		     tells_a_flood_that_loses_its_tag),
		TEST("a flood that loses a tag beside it is told as it came",
		     tells_a_flood_that_loses_a_tag_beside),
		TEST("one event for each port and reason in a while; the count goes on",
		     tells_seldom),
		TEST("a full buffer loses events and nothing else", full_buffer_loses_events_only),
	};

	const struct CMUnitTest extended[] = {
		TEST("a frame with E-TAG or VN-Tag is told as it came",
		     tells_an_extended_frame_as_it_came),
	};
	int failed = cmocka_run_group_tests_name("event", tests, group_setup, group_teardown) != 0;

	failed += cmocka_run_group_tests_name("event, E-TAG", extended, extended_e_setup,
					      group_teardown) != 0;
	failed += cmocka_run_group_tests_name("event, VN-Tag", extended, extended_vn_setup,
					      group_teardown) != 0;
	return failed;
}
