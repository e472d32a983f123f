/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Rates and storm control: how much passes, what is charged and where it counts (design.md section
 * 7, evb_abi.h). A rate is two meters: all bytes, which TCP is held to, and those that are not TCP.
 *
 * A meter here lets what costs 10 s pass while it is no more than 25 s ahead: three frames, and
 * the fourth is refused, however slow the machine is.
 *
 *	vf0 all limits     vf1 ordinary      vf2 max_rx_rate   vf3 XDP guest, max_tx_rate
 *	vf4 XDP guest, max_rx_rate           vf5 access VLAN 10, max_tx_rate, max_rx_rate
 *	vf6 trunk [10], max_rx_rate          vf7 disabled, max_tx_rate
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "harness.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define VF(id, hex) "  - {id: " #id ", dev: h" #id ", mac: \"02:00:00:00:01:" hex "\""
#define SECOND 1000000000ULL
#define TCP "ip4=10.0.0.5>10.0.0.9 tcp=1>2" /* 60 bytes */
#define TCP6 "ip6=fd00::5>fd00::9 tcp=1>2"  /* 74 bytes */

static const struct lab_setup setup = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"uplink: {dev: up}\n"
		"pf: {max_tx_rate: 10, max_rx_rate: 10}\n"
		"vfs:\n"
		VF(0, "00") ", max_tx_rate: 10, storm: {broadcast: 2, multicast: 3, unknown: 4}}\n"
		VF(1, "01") "}\n"
		VF(2, "02") ", max_rx_rate: 100}\n"
		VF(3, "03") ", max_tx_rate: 10, hook: xdp}\n"
		VF(4, "04") ", max_rx_rate: 10, hook: xdp}\n"
		VF(5, "05") ", vlan: 10, max_tx_rate: 10, max_rx_rate: 10}\n"
		VF(6, "06") ", trunk: [10], max_rx_rate: 10}\n"
		VF(7, "07") ", max_tx_rate: 10, state: disable}\n",
};

static struct lab *lab;

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static uint32_t meter_key(const char *port, enum evb_meter_class class)
{
	return lab_port(lab, port)->number * EVB_METERS + class;
}

static struct evb_meter meter_get(const char *port, enum evb_meter_class class)
{
	uint32_t key = meter_key(port, class);
	struct evb_meter meter;

	assert_int_equal(table_get(lab_tables(lab), TABLE_METERS, &key, &meter), 0);
	return meter;
}

static void meter_put(const char *port, enum evb_meter_class class, const struct evb_meter *meter)
{
	uint32_t key = meter_key(port, class);

	assert_int_equal(table_put(lab_tables(lab), TABLE_METERS, &key, meter), 0);
}

/* ns for one byte or frame, and how far it may be ahead; unused so far */
static void meter_set(const char *port, enum evb_meter_class class, uint64_t ns, uint64_t burst)
{
	struct evb_meter meter = {.cost = ns << EVB_METER_SHIFT, .burst = burst};

	meter_put(port, class, &meter);
}

/* three of these bytes or frames pass at once; the next one would after 10 s */
static void meter_three(const char *port, enum evb_meter_class class, unsigned int amount)
{
	meter_set(port, class, 10 * SECOND / amount, 25 * SECOND);
}

static void meter_wide(const char *port, enum evb_meter_class class)
{
	meter_set(port, class, 1, 100 * SECOND);
}

/* the second meter of a rate */
static enum evb_meter_class other(enum evb_meter_class class)
{
	return class == EVB_METER_IN ? EVB_METER_IN_OTHER : EVB_METER_OUT_OTHER;
}

static void rate_three(const char *port, enum evb_meter_class class, unsigned int amount)
{
	meter_three(port, class, amount);
	meter_three(port, other(class), amount);
}

/* nothing is refused; a byte costs a second, so that charged() can tell how many there were */
static void rate_count(const char *port, enum evb_meter_class class)
{
	meter_set(port, class, SECOND, 1000000 * SECOND);
	meter_set(port, other(class), SECOND, 1000000 * SECOND);
}

/* one frame at one skin; what comes of it as in a table. XDP alone leaves meters as they are. */
static void expect_at(enum lab_skin skin, const char *from, const char *in, const char *out)
{
	static struct lab_expect want;
	static struct lab_seen got;
	static char why[LAB_WHY_MAX];
	struct lab_case c = {.says = in, .from = from, .in = in, .out = out};
	struct lab_bytes bytes;

	why[0] = 0;
	lab_frame(in, &bytes);
	lab_expect(lab, &c, skin, &want);
	assert_int_equal(lab_run(lab, &c, &bytes, skin, &got), 0);
	if (lab_compare(lab, &want, &got, why))
		fail_msg("%s: %s -> %s:\n%s", from, in, out, why);
}

static void expect(const char *from, const char *in, const char *out)
{
	expect_at(LAB_TC_BYTES, from, in, out);
}

static void expect_times(int n, const char *from, const char *in, const char *out)
{
	while (n--)
		expect(from, in, out);
}

/* bytes charged since rate_count(), which was not before since; due is ns of the monotonic clock */
static uint64_t charged(const char *port, enum evb_meter_class class, uint64_t since)
{
	struct evb_meter meter = meter_get(port, class);

	assert_true(meter.due >= since);
	return (meter.due - since) / SECOND;
}

static void all_wide(void)
{
	unsigned int n;
	const struct lab_port *ports = lab_ports(lab, &n);

	for (unsigned int i = 0; i < n; i++)
		for (int class = 0; class < EVB_METER__MAX; class++)
			meter_wide(ports[i].name, class);
}

static int test_setup(void **state)
{
	(void)state;
	all_wide();
	return 0;
}

/* ---- what the loader writes */

static void rows_follow_rates(void **state)
{
	static const struct {
		const char *port;
		enum evb_meter_class class;
		uint64_t rate; /* bytes or frames a second */
	} rows[] = {
		{"vf0", EVB_METER_IN, 10 * 125000},   {"vf0", EVB_METER_IN_OTHER, 10 * 125000},
		{"vf0", EVB_METER_BROADCAST, 2},      {"vf0", EVB_METER_MULTICAST, 3},
		{"vf0", EVB_METER_UNKNOWN, 4},	      {"vf2", EVB_METER_OUT, 100 * 125000},
		{"vf2", EVB_METER_OUT_OTHER, 100 * 125000},
		{"pf", EVB_METER_IN, 10 * 125000},    {"pf", EVB_METER_OUT, 10 * 125000},
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		struct evb_meter meter = meter_get(rows[i].port, rows[i].class);
		uint64_t second = meter.cost * rows[i].rate >> EVB_METER_SHIFT;

		/* as many as the rate says cost one second */
		assert_in_range(second, SECOND - SECOND / 10000, SECOND);
		assert_true(meter.burst > 0 && meter.burst < SECOND);
	}
	assert_int_equal(meter_get("vf1", EVB_METER_IN).cost, 0);
	assert_int_equal(meter_get("vf0", EVB_METER_OUT).cost, 0);
	assert_int_equal(meter_get("vf2", EVB_METER_IN).cost, 0);
}

/* ---- max_tx_rate, max_rx_rate */

static void tx_rate_passes_and_refuses(void **state)
{
	(void)state;
	rate_three("vf0", EVB_METER_IN, 60);
	expect_times(3, "vf0", "vf1 vf0 ip", "vf1");
	expect_times(3, "vf0", "vf1 vf0 ip", "! rate");
	expect("vf0", "vf1 vf0 " TCP, "! rate");
	expect("vf0", "bc vf0 arp", "! rate");
	expect("vf1", "vf0 vf1 ip", "vf0"); /* what it gets, and others */
	rate_three("vf0", EVB_METER_IN, 60);
	expect_times(3, "vf0", "vf1 vf0 " TCP, "vf1");
	expect_times(3, "vf0", "vf1 vf0 " TCP, "! rate");
	rate_three("vf0", EVB_METER_IN, 74);
	expect_times(3, "vf0", "ext vf0 " TCP6, "uplink");
	expect("vf0", "ext vf0 " TCP6, "! rate");
}

static void rx_rate_passes_and_refuses(void **state)
{
	(void)state;
	rate_three("vf2", EVB_METER_OUT, 60);
	expect("vf1", "vf2 vf1 ip", "vf2");
	expect("uplink", "vf2 ext ip", "vf2");
	expect("pf", "vf2 pf ip", "vf2");
	expect("vf1", "vf2 vf1 ip", "vf2!rate");
	expect("uplink", "vf2 ext " TCP, "vf2!rate");
	expect("pf", "vf2 pf ip", "vf2!rate");
	expect("vf1", "bc vf1 arp", "vf0 vf3 vf4 pf uplink ; vf2!rate");
	expect("uplink", "bc ext arp", "vf0 vf1 vf3 vf4 pf ; vf2!rate");
	expect("vf2", "vf1 vf2 ip", "vf1"); /* what it sends */
	rate_three("vf2", EVB_METER_OUT, 60);
	expect_times(3, "uplink", "vf2 ext " TCP, "vf2");
	expect("uplink", "vf2 ext " TCP, "vf2!rate");
}

/* all bytes are charged to the one that TCP is held to; what is not TCP is not starved by TCP */
static void tcp_and_others_share(void **state)
{
	(void)state;
	meter_set("vf0", EVB_METER_IN_OTHER, 1, 100 * SECOND);
	meter_three("vf0", EVB_METER_IN, 60);
	expect("vf0", "vf1 vf0 " TCP, "vf1");
	expect_times(2, "vf0", "vf1 vf0 ip", "vf1");
	expect("vf0", "vf1 vf0 " TCP, "! rate");
	expect_times(3, "vf0", "vf1 vf0 ip", "vf1");
	expect("vf0", "vf1 vf0 arp", "vf1");
	meter_three("vf0", EVB_METER_IN, 60);
	meter_three("vf0", EVB_METER_IN_OTHER, 60);
	expect_times(3, "vf0", "vf1 vf0 " TCP, "vf1");
	expect("vf0", "vf1 vf0 " TCP, "! rate");
	expect_times(3, "vf0", "vf1 vf0 arp", "vf1");
	expect("vf0", "vf1 vf0 arp", "! rate");
}

static void pf_has_rates(void **state)
{
	(void)state;
	rate_three("pf", EVB_METER_IN, 60);
	rate_three("pf", EVB_METER_OUT, 60);
	expect_times(3, "pf", "ext pf ip", "uplink");
	expect("pf", "vf1 pf ip", "! rate");
	expect_times(3, "vf1", "pf vf1 ip", "pf");
	expect("uplink", "ext2 ext ip", "pf!rate");
	expect("uplink", "bc ext arp", "vf0 vf1 vf2 vf3 vf4 ; pf!rate");
}

static void xdp_ports_have_rates(void **state)
{
	struct evb_meter before, after;

	(void)state;
	rate_three("vf3", EVB_METER_IN, 60);
	rate_three("vf4", EVB_METER_OUT, 60);
	before = meter_get("vf3", EVB_METER_IN);
	for (int i = 0; i < 5; i++) {
		/* up to TC, nothing counted, nothing charged */
		expect_at(LAB_XDP, "vf3", "vf1 vf3 ip", "vf1");
		expect_at(LAB_XDP, "vf1", "vf4 vf1 ip", "vf4");
		expect_at(LAB_XDP, "uplink", "vf4 ext ip", "vf4");
		expect_at(LAB_XDP, "vf3", "vf1 ext ip", "! spoof_mac");
	}
	after = meter_get("vf3", EVB_METER_IN);
	assert_memory_equal(&before, &after, sizeof(before));
	assert_int_equal(meter_get("vf4", EVB_METER_OUT).due, 0);
	expect_times(3, "vf3", "vf1 vf3 ip", "vf1");
	expect("vf3", "vf1 vf3 ip", "! rate");
	expect_times(3, "uplink", "vf4 ext ip", "vf4");
	expect("uplink", "vf4 ext ip", "vf4!rate");
	expect_at(LAB_XDP, "vf3", "vf1 vf3 ip", "vf1");
	expect_at(LAB_XDP, "uplink", "vf4 ext ip", "vf4");
}

/* bytes at the port, without FCS: a tag beside the frame too, a tag that is pushed only there */
static void bytes_are_those_at_the_port(void **state)
{
	uint64_t since = now_ns();

	(void)state;
	rate_count("vf0", EVB_METER_IN);
	expect("vf0", "vf1 vf0 ip +86", "vf1");
	assert_int_equal(charged("vf0", EVB_METER_IN, since), 100);
	expect("vf0", "vf1 vf0 c0.3 ip +82", "vf1");
	expect_at(LAB_TC_BESIDE, "vf0", "vf1 vf0 c0.3 ip +82", "vf1");
	assert_int_equal(charged("vf0", EVB_METER_IN, since), 300);
	assert_int_equal(charged("vf0", EVB_METER_IN_OTHER, since), 300);
	expect("vf0", "vf1 vf0 " TCP, "vf1");
	assert_int_equal(charged("vf0", EVB_METER_IN, since), 360);
	assert_int_equal(charged("vf0", EVB_METER_IN_OTHER, since), 300);
}

static void bytes_at_the_target(void **state)
{
	uint64_t since = now_ns();

	(void)state;
	rate_count("vf5", EVB_METER_IN);
	rate_count("vf5", EVB_METER_OUT);
	rate_count("vf6", EVB_METER_OUT);
	expect("vf5", "vf6 vf5 ip +86", "vf6 : vf6 vf5 c10 ip +86");
	assert_int_equal(charged("vf5", EVB_METER_IN, since), 100);
	assert_int_equal(charged("vf6", EVB_METER_OUT, since), 104);
	expect("uplink", "vf5 ext c10 ip +82", "vf5 : vf5 ext ip +82");
	expect_at(LAB_TC_BESIDE, "uplink", "vf5 ext c10 ip +82", "vf5 : vf5 ext ip +82");
	assert_int_equal(charged("vf5", EVB_METER_OUT, since), 192);
	assert_int_equal(charged("vf5", EVB_METER_IN, since), 100);
	expect("vf5", "bc vf5 ip +86", "vf6 pf uplink : bc vf5 c10 ip +86");
	assert_int_equal(charged("vf6", EVB_METER_OUT, since), 208);
}

static void gso_counts_in_full(void **state)
{
	uint64_t since = now_ns();

	(void)state;
	rate_count("vf0", EVB_METER_IN);
	rate_count("vf2", EVB_METER_OUT);
	expect("vf0", "vf2 vf0 " TCP " +628 gso=200x3", "vf2");
	assert_int_equal(charged("vf0", EVB_METER_IN, since), 642);
	assert_int_equal(charged("vf2", EVB_METER_OUT, since), 642);

	meter_three("vf0", EVB_METER_BROADCAST, 3);
	expect_times(3, "vf0", "bc vf0 ip +628 gso=200x3", "vf1 vf2 vf3 vf4 pf uplink");
	expect("vf0", "bc vf0 ip +628 gso=200x3", "! storm");
	rate_three("vf0", EVB_METER_IN, 642);
	expect_times(3, "vf0", "vf1 vf0 " TCP " +628 gso=200x3", "vf1");
	expect("vf0", "vf1 vf0 " TCP " +628 gso=200x3", "! rate");
}

/* what has not been used is not saved up beyond the burst; what is refused is not charged */
static void due_is_the_monotonic_clock(void **state)
{
	struct evb_meter meter = {.cost = (10 * SECOND / 60) << EVB_METER_SHIFT,
				  .burst = 25 * SECOND};
	uint64_t since = now_ns();

	(void)state;
	meter.due = since / 2;
	meter_put("vf0", EVB_METER_IN, &meter);
	expect_times(3, "vf0", "vf1 vf0 " TCP, "vf1");
	meter = meter_get("vf0", EVB_METER_IN);
	assert_in_range(meter.due, since + 30 * SECOND - 200, now_ns() + 30 * SECOND);
	expect_times(3, "vf0", "vf1 vf0 " TCP, "! rate");
	assert_int_equal(meter_get("vf0", EVB_METER_IN).due, meter.due);

	/* a moment more than the burst ahead; a moment later not */
	meter.due = now_ns() + meter.burst + SECOND / 20;
	meter_put("vf0", EVB_METER_IN, &meter);
	expect("vf0", "vf1 vf0 " TCP, "! rate");
	nanosleep(&(struct timespec){.tv_nsec = SECOND / 10}, NULL);
	expect("vf0", "vf1 vf0 " TCP, "vf1");
	assert_in_range(meter_get("vf0", EVB_METER_IN).due, meter.due + 10 * SECOND - 200,
			meter.due + 10 * SECOND);
}

/* only what is admitted so far is charged, and at the target what is delivered */
static void refused_is_not_charged(void **state)
{
	(void)state;
	rate_count("vf0", EVB_METER_IN);
	rate_count("vf2", EVB_METER_OUT);
	rate_count("vf7", EVB_METER_IN);
	expect("vf0", "vf1 ext ip", "! spoof_mac");
	expect("vf0", "vf1 vf0 c10 ip", "! vlan_filter");
	expect("vf0", "01:80:c2:00:00:0e vf0 t88cc", "! control");
	expect("vf7", "vf1 vf7 ip", "! link");
	expect("vf1", "vf2 vf1 ip +1505", "vf2!mtu");
	assert_int_equal(meter_get("vf0", EVB_METER_IN).due, 0);
	assert_int_equal(meter_get("vf7", EVB_METER_IN).due, 0);
	assert_int_equal(meter_get("vf2", EVB_METER_OUT).due, 0);
	assert_int_equal(meter_get("vf2", EVB_METER_OUT_OTHER).due, 0);
}

/* ---- storm control */

static void storm_broadcast(void **state)
{
	(void)state;
	meter_three("vf0", EVB_METER_BROADCAST, 1);
	expect_times(3, "vf0", "bc vf0 arp", "vf1 vf2 vf3 vf4 pf uplink");
	expect_times(2, "vf0", "bc vf0 arp", "! storm");
	expect("vf0", "mc vf0 ip", "vf1 vf2 vf3 vf4 pf uplink");
	expect("vf0", "ext vf0 ip", "uplink");
	expect("vf0", "vf1 vf0 ip", "vf1");
	expect("vf1", "bc vf1 arp", "vf0 vf2 vf3 vf4 pf uplink"); /* others */
	expect("uplink", "bc ext arp", "vf0 vf1 vf2 vf3 vf4 pf");
	expect("pf", "bc pf arp", "vf0 vf1 vf2 vf3 vf4 uplink");
}

static void storm_multicast(void **state)
{
	(void)state;
	meter_three("vf0", EVB_METER_MULTICAST, 1);
	expect_times(2, "vf0", "mc vf0 ip", "vf1 vf2 vf3 vf4 pf uplink");
	expect("vf0", "mc6 vf0 t86dd", "vf1 vf2 vf3 vf4 pf uplink");
	expect("vf0", "mc6 vf0 t86dd", "! storm");
	expect("vf0", "mc vf0 ip", "! storm");
	expect("vf0", "bc vf0 arp", "vf1 vf2 vf3 vf4 pf uplink");
	expect("vf0", "ext vf0 ip", "uplink");
}

static void storm_unknown(void **state)
{
	(void)state;
	meter_three("vf0", EVB_METER_UNKNOWN, 1);
	expect("vf0", "ext vf0 ip", "uplink");
	expect("vf0", "ext2 vf0 ip", "uplink");
	expect("vf0", "ext3 vf0 arp", "uplink");
	expect_times(2, "vf0", "ext vf0 ip", "! storm");
	expect("vf0", "vf5 vf0 ip", "! storm"); /* known, but in another VLAN */
	expect("vf0", "vf1 vf0 ip", "vf1");
	expect("vf0", "pf vf0 ip", "pf");
	expect("vf0", "bc vf0 arp", "vf1 vf2 vf3 vf4 pf uplink");
	expect("vf0", "vf0 vf0 ip", "! self");
}

static int group_setup(void **state)
{
	(void)state;
	return lab_open(&setup, &lab);
}

static int group_teardown(void **state)
{
	(void)state;
	lab_close(lab);
	return 0;
}

#define ROWS(says, fn)                     \
	{                                  \
		says, fn, NULL, NULL, NULL \
	}
#define TEST(says, fn)                           \
	{                                        \
		says, fn, test_setup, NULL, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ROWS("a meter's row is one second for what the file says", rows_follow_rates),
		TEST("max_tx_rate: as much as the burst passes, and no more",
		     tx_rate_passes_and_refuses),
		TEST("max_rx_rate: refused and counted at the target, from wherever it comes",
		     rx_rate_passes_and_refuses),
		TEST("TCP is held to what all have used, others to their own",
		     tcp_and_others_share),
		TEST("the host has rates, too", pf_has_rates),
		TEST("XDP charges nothing and leaves ports with rates to TC", xdp_ports_have_rates),
		TEST("a rate is of bytes as they are at that port", bytes_are_those_at_the_port),
		TEST("max_rx_rate is of bytes as the target gets them", bytes_at_the_target),
		TEST("a GSO frame is charged in full", gso_counts_in_full),
		TEST("due is ns of the monotonic clock", due_is_the_monotonic_clock),
		TEST("a frame refused for another reason is not charged", refused_is_not_charged),
		TEST("storm: broadcast", storm_broadcast),
		TEST("storm: multicast", storm_multicast),
		TEST("storm: unknown unicast", storm_unknown),
	};

	return cmocka_run_group_tests_name("meter", tests, group_setup, group_teardown);
}
