/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What a bridge remembers, beside the tables of test_bridge*.c: when it last heard of an address,
 * what it tells, how it forgets, and what does not teach it.
 *
 *	p1 p2 p3 ordinary   p4 st9 is static   p5 storm control   p6 max_tx_rate
 *	p7 S-channel 200, VLAN 10, one address
 */
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "dataplane.h"
#include "harness.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define SECOND 1000000000ULL
#define EVENTS_MAX 16

static const struct lab_setup setup = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"relay: bridge\n"
		"age: 1\n"
		"ports:\n"
		"  - {name: p1, dev: d1}\n"
		"  - {name: p2, dev: d2}\n"
		"  - {name: p3, dev: d3, hook: xdp}\n"
		"  - {name: p4, dev: d4, static: [\"02:00:00:00:05:09\"]}\n"
		"  - {name: p5, dev: d5, storm: {broadcast: 1, multicast: 1, unknown: 1}}\n"
		"  - {name: p6, dev: d6, max_tx_rate: 1}\n"
		"  - {name: p7, dev: d7, svid: 200, learn_limit: 1, vlan: 10}\n",
};

static struct lab *lab;
static struct ring_buffer *ring;
static struct evb_event events[EVENTS_MAX];
static unsigned int n_events;
static char why[LAB_WHY_MAX];

static int event_take(void *ctx, void *data, size_t size)
{
	(void)ctx;
	if (size != sizeof(events[0]))
		return -EINVAL;
	if (n_events < EVENTS_MAX)
		memcpy(&events[n_events], data, size);
	n_events++;
	return 0;
}

static void know(const char *words)
{
	struct lab_learned given;

	lab_learned_words(lab, words, &given);
	assert_int_equal(lab_learned_set(lab, &given, true), 0);
}

/* this is all that is learned; counts and near table agree with it, as to @before, too */
static void expect_known(const char *before, const char *words)
{
	static struct lab_seen seen;
	struct lab_learned given, want;

	lab_learned_words(lab, before, &given);
	lab_learned_words(lab, words, &want);
	assert_int_equal(lab_learned_look(lab, &given, &seen), 0);
	if (!lab_learned_same(&seen.learned, &want))
		fail_msg("want '%s', got %u addresses", words, seen.learned.n);
	assert_int_equal(seen.miscounted, 0);
	assert_int_equal(seen.stale, 0);
}

static void send_at(enum lab_skin skin, const char *from, const char *frame, const char *out)
{
	struct lab_case c = {frame, from, frame, out};
	static struct lab_expect want;
	static struct lab_seen seen;
	struct lab_bytes in;

	lab_frame(frame, &in);
	assert_int_equal(lab_run(lab, &c, &in, skin, &seen), 0);
	if (!out)
		return;
	lab_expect(lab, &c, skin, &want);
	assert_int_equal(seen.trace.verdict, want.verdict);
	assert_int_equal(seen.trace.drop, want.drop);
	assert_int_equal(seen.trace.count, want.n_copies);
}

static void send(const char *from, const char *frame, const char *out)
{
	send_at(LAB_TC_BYTES, from, frame, out);
}

static void case_holds(const char *from, const char *in, const char *out)
{
	struct lab_case c = {in, from, in, out};

	why[0] = 0;
	if (lab_check(lab, &c, why))
		fail_msg("\n%s", why);
}

/* ---- when it last heard of an address */

static uint64_t used(const char *words, bool near)
{
	struct lab_learned at;
	struct evb_fdb_key key;
	struct evb_fdb_val val;
	struct evb_near row;
	uint32_t slot;

	lab_learned_words(lab, words, &at);
	memset(&key, 0, sizeof(key));
	memcpy(key.mac, at.at[0].mac, 6);
	key.fid = at.at[0].fid;
	slot = evb_near_slot(&key);
	if (near) {
		assert_int_equal(table_get(lab_tables(lab), TABLE_FDB_NEAR, &slot, &row), 0);
		assert_int_equal(row.word, evb_near_word(&key, at.at[0].port));
		return row.used;
	}
	assert_int_equal(table_get(lab_tables(lab), TABLE_FDB, &key, &val), 0);
	assert_int_equal(val.port, at.at[0].port);
	return val.used;
}

/* no timer runs yet that the writing of it would end */
static void set_time(uint64_t now)
{
	struct evb_clock_val clock;
	uint32_t zero = 0;

	memset(&clock, 0, sizeof(clock));
	clock.now = now;
	assert_int_equal(
		bpf_map_update_elem(lab_tables(lab)->fd[TABLE_CLOCK], &zero, &clock, BPF_ANY), 0);
}

static void notes_time(void **state)
{
	static const enum lab_skin skins[] = {LAB_TC_BYTES, LAB_XDP};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(skins); i++) {
		know("st2@p2");
		set_time(100);
		send_at(skins[i], "p1", "st2 st1 ip", NULL);
		assert_int_equal(used("st1@p1", false), 100);
		assert_int_equal(used("st1@p1", true), 100);
		assert_int_equal(used("st2@p2", false), 0); /* nothing came from it */
		set_time(101);
		send_at(skins[i], "p1", "st2 st1 ip", NULL);
		assert_int_equal(used("st1@p1", false), 101);
		assert_int_equal(used("st1@p1", true), 101);
		set_time(102);
		send_at(skins[i], "p2", "bc st1 arp", NULL); /* moved */
		assert_int_equal(used("st1@p2", false), 102);
		assert_int_equal(used("st1@p2", true), 102);
		set_time(1ULL << 32 | 102); /* the near table has the lower half */
		send_at(skins[i], "p2", "st2 st1 ip", NULL);
		set_time(1ULL << 32 | 103);
		send_at(skins[i], "p2", "st2 st1 ip", NULL);
		assert_int_equal(used("st1@p2", false), 1ULL << 32 | 103);
		expect_known("st1@p1 st2@p2", "st1@p2 st2@p2");
	}
}

/* two addresses that want the same slot of evb_fdb_near */
static void shares_a_slot(void **state)
{
	char both[120], frame[80];
	struct evb_fdb_key key;
	struct lab_learned at;
	unsigned int slot, i = 0;

	(void)state;
	lab_learned_words(lab, "st1@p1", &at);
	memset(&key, 0, sizeof(key));
	memcpy(key.mac, at.at[0].mac, 6);
	key.fid = at.at[0].fid;
	slot = evb_near_slot(&key);
	do {
		i++;
		memcpy(key.mac, (uint8_t[6]){2, 0, 0x77, i >> 16, i >> 8, i}, 6);
	} while (evb_near_slot(&key) != slot);
	snprintf(both, sizeof(both), "st1@p1 02:00:77:%02x:%02x:%02x@p2", i >> 16, i >> 8 & 0xff,
		 i & 0xff);
	know("");
	send("p1", "bc st1 arp", NULL);
	snprintf(frame, sizeof(frame), "bc 02:00:77:%02x:%02x:%02x arp", i >> 16, i >> 8 & 0xff,
		 i & 0xff);
	send("p2", frame, NULL);
	expect_known(both, both);
	send("p4", "st1 st9 ip", "p1");
	snprintf(frame, sizeof(frame), "02:00:77:%02x:%02x:%02x st9 ip", i >> 16, i >> 8 & 0xff,
		 i & 0xff);
	send("p4", frame, "p2");
	send("p3", "bc st1 arp", NULL); /* moves, and takes the slot */
	send("p4", "st1 st9 ip", "p3");
	send("p4", frame, "p2");
	assert_int_equal(lab_flush(lab, "p3"), 0);
	send("p4", frame, "p2");
	send("p2", "st1 st9 ip", "p1 p3 p4 p5 p6");
	assert_int_equal(lab_flush(lab, NULL), 0);
	expect_known(both, "");
}

/* ---- what it tells */

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SECOND + ts.tv_nsec;
}

static void forget_told(void)
{
	const struct lab_port *ports;
	unsigned int n;

	ports = lab_ports(lab, &n);
	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(tables_stats_reset(lab_tables(lab), ports[i].number), 0);
	assert_true(ring_buffer__consume(ring) >= 0);
	n_events = 0;
}

static void expect_event(enum evb_event_what what, const char *port, const char *from, uint16_t fid,
			 uint64_t since, const char *frame)
{
	struct lab_bytes want;

	assert_true(ring_buffer__consume(ring) >= 0);
	assert_int_equal(n_events, 1);
	lab_frame(frame, &want);
	assert_int_equal(events[0].what, what);
	assert_int_equal(events[0].port, lab_port(lab, port)->number);
	assert_int_equal(events[0].from, from ? lab_port(lab, from)->number : EVB_PORT_NONE);
	assert_int_equal(events[0].drop, EVB_DROP_NONE);
	assert_int_equal(events[0].fid, fid);
	assert_int_equal(events[0].count, 1);
	assert_in_range(events[0].time, since, now_ns());
	assert_int_equal(events[0].len, want.len);
	assert_int_equal(events[0].bytes, want.len);
	assert_memory_equal(events[0].data, want.data, want.len);
	n_events = 0;
}

static void tells(void **state)
{
	uint64_t since = now_ns();

	(void)state;
	know("");
	forget_told();
	send("p1", "bc st1 arp", NULL);
	expect_event(EVB_EVENT_LEARNED, "p1", NULL, lab_vlan_fid(lab, 0, 0), since, "bc st1 arp");
	send("p2", "bc st1 c77 arp", NULL);
	expect_event(EVB_EVENT_LEARNED, "p2", NULL, lab_vlan_fid(lab, 0x8100, 77), since,
		     "bc st1 c77 arp");
	forget_told();
	send("p2", "bc st1 arp", NULL);
	expect_event(EVB_EVENT_MOVED, "p2", "p1", lab_vlan_fid(lab, 0, 0), since, "bc st1 arp");
	send("p2", "bc st1 arp", NULL); /* known there */
	send("p4", "bc st9 arp", NULL); /* static */
	assert_true(ring_buffer__consume(ring) >= 0);
	assert_int_equal(n_events, 0);
	expect_known("", "st1@p2 st1@p2/c77");
}

/* the frame as it was at its port: with the S-TAG, in its bytes or beside them */
static void expect_tagged(enum evb_event_what what, enum evb_drop drop, bool beside,
			  const char *frame)
{
	struct lab_bytes want;
	uint16_t tpid, tci;

	assert_true(ring_buffer__consume(ring) >= 0);
	assert_int_equal(n_events, 1);
	lab_frame(frame, &want);
	assert_int_equal(events[0].what, what);
	assert_int_equal(events[0].drop, drop);
	assert_int_equal(events[0].port, lab_port(lab, "p7")->number);
	assert_int_equal(events[0].fid, lab_vlan_fid(lab, 0x8100, 10));
	assert_int_equal(events[0].len, want.len);
	assert_true(lab_tag(&want, &tpid, &tci));
	assert_int_equal(events[0].tpid, beside ? tpid : 0);
	assert_int_equal(events[0].tci, beside ? tci : 0);
	if (beside) {
		want.len -= 4;
		memmove(want.data + 12, want.data + 16, want.len - 12);
	}
	assert_int_equal(events[0].bytes, want.len);
	assert_memory_equal(events[0].data, want.data, want.len);
	n_events = 0;
}

static void tells_channels(void **state)
{
	static const enum lab_skin skins[] = {LAB_TC_BYTES, LAB_TC_BESIDE, LAB_XDP};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(skins); i++) {
		bool beside = skins[i] == LAB_TC_BESIDE;

		know("");
		forget_told();
		send_at(skins[i], "p7", "bc st1 s200.5 arp", NULL);
		expect_tagged(EVB_EVENT_LEARNED, EVB_DROP_NONE, beside, "bc st1 s200.5 arp");
		send_at(skins[i], "p7", "bc st2 s200.5 arp", NULL);
		expect_tagged(EVB_EVENT_REFUSED, EVB_DROP_LEARN_LIMIT, beside, "bc st2 s200.5 arp");
	}
	know("");
}

/* a guest that makes up addresses does not fill the buffer; all are counted */
static void tells_seldom(void **state)
{
	struct evb_stats stats;
	char frame[80];

	(void)state;
	know("");
	forget_told();
	for (int i = 0; i < 20; i++) {
		snprintf(frame, sizeof(frame), "bc 02:00:00:00:77:%02x ip", i);
		send("p1", frame, NULL);
	}
	assert_true(ring_buffer__consume(ring) >= 0);
	assert_in_range(n_events, 1, 5);
	assert_int_equal(tables_stats(lab_tables(lab), lab_port(lab, "p1")->number, &stats), 0);
	assert_int_equal(stats.learned, 20);
	assert_int_equal(stats.moved, 0);
}

/* ---- how it forgets */

static void flushes_port(void **state)
{
	static const char *const all = "st1@p1 st2@p1/c77 st3@p1/s5 st4@p2 st1@p2/c77 st5@p3";

	(void)state;
	know(all);
	assert_int_equal(lab_flush(lab, "p1"), 0);
	expect_known(all, "st4@p2 st1@p2/c77 st5@p3");
	send("p2", "st1 st4 ip", "p1 p3 p4 p5 p6"); /* unknown again */
	send("p1", "st9 st4 ip", NULL);
	assert_int_equal(lab_flush(lab, "p3"), 0);
	expect_known(all, "st4@p1 st1@p2/c77");
	assert_int_equal(lab_flush(lab, "p3"), 0);
	expect_known(all, "st4@p1 st1@p2/c77");
}

static void flushes_all(void **state)
{
	static const char *const all = "st1@p1 st2@p1/c77 st3@p1/s5 st4@p2 st1@p2/c77 st5@p3";
	struct lab_learned none = {.n = 0};

	(void)state;
	know(all);
	assert_int_equal(lab_flush(lab, NULL), 0);
	expect_known(all, "");
	case_holds("p1", "st9 st1 ip", "p4 | st1@p1"); /* what is static stays */
	assert_int_equal(lab_learned_set(lab, &none, false), 0);
}

/* a port that was full has room again, to the last address */
static void flush_makes_room(void **state)
{
	struct evb_port row;
	uint32_t number = lab_port(lab, "p1")->number;

	(void)state;
	know("st1@p1 st2@p1");
	assert_int_equal(tables_port(lab_tables(lab), number, &row), 0);
	row.learn_limit = 2;
	assert_int_equal(table_put(lab_tables(lab), TABLE_PORTS, &number, &row), 0);
	send("p1", "bc st3 arp", "! learn_limit");
	assert_int_equal(lab_flush(lab, "p1"), 0);
	send("p1", "bc st3 arp", "p2 p3 p4 p5 p6");
	send("p1", "bc st4 arp", "p2 p3 p4 p5 p6");
	send("p1", "bc st5 arp", "! learn_limit");
	expect_known("st1@p1 st2@p1", "st3@p1 st4@p1");
	row.learn_limit = 1024;
	assert_int_equal(table_put(lab_tables(lab), TABLE_PORTS, &number, &row), 0);
}

/* more addresses than the limit admits: exactly the limit's number is there */
static void limit_is_exact(void **state)
{
	struct evb_port row;
	uint32_t number = lab_port(lab, "p2")->number, count;
	struct evb_stats stats;
	char frame[80];

	(void)state;
	know("");
	forget_told();
	assert_int_equal(tables_port(lab_tables(lab), number, &row), 0);
	row.learn_limit = 50;
	assert_int_equal(table_put(lab_tables(lab), TABLE_PORTS, &number, &row), 0);
	for (int round = 0; round < 2; round++)
		for (int i = 0; i < 80; i++) {
			snprintf(frame, sizeof(frame), "bc 02:00:00:00:77:%02x ip", i);
			send_at(i % 2 ? LAB_TC_BYTES : LAB_XDP, "p2", frame, NULL);
		}
	assert_int_equal(tables_learned(lab_tables(lab), number, &count), 0);
	assert_int_equal(count, 50);
	assert_int_equal(tables_stats(lab_tables(lab), number, &stats), 0);
	assert_int_equal(stats.learned, 50);
	assert_int_equal(stats.drops[EVB_DROP_LEARN_LIMIT], 60);
	row.learn_limit = 1024;
	assert_int_equal(table_put(lab_tables(lab), TABLE_PORTS, &number, &row), 0);
	assert_int_equal(lab_flush(lab, NULL), 0);
	expect_known("", "");
}

/* ---- several at once */

struct hammer {
	pthread_t thread;
	int fd, cpu;
	uint32_t ifindex;
	int done, err;
};

#define HAMMER_FRAMES 2000
#define HAMMER_REPEAT 100 /* two CPUs with one address at once */
#define HAMMER_ADDRESSES 3

/* frames of the same few addresses, on a CPU of its own */
static void *hammer_run(void *arg)
{
	struct hammer *h = arg;
	struct __sk_buff ctx = {.ifindex = h->ifindex};
	unsigned int seed = h->ifindex + h->cpu;
	struct lab_bytes in;
	cpu_set_t cpus;
	char frame[80];

	CPU_ZERO(&cpus);
	CPU_SET(h->cpu, &cpus);
	pthread_setaffinity_np(pthread_self(), sizeof(cpus), &cpus);
	while (__atomic_add_fetch(&h->done, 1, __ATOMIC_RELAXED) < HAMMER_FRAMES && !h->err) {
		LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in.data, .ctx_in = &ctx,
			    .ctx_size_in = sizeof(ctx), .repeat = HAMMER_REPEAT);

		snprintf(frame, sizeof(frame), "st9 02:00:00:00:77:%02x ip",
			 rand_r(&seed) % HAMMER_ADDRESSES);
		lab_frame(frame, &in);
		opts.data_size_in = in.len;
		h->err = bpf_prog_test_run_opts(h->fd, &opts);
	}
	return NULL;
}

/* stations that are at two ports at once, one of them nearly full, while ports are flushed */
static void counts_stay_exact(void **state)
{
	static const char *const ports[] = {"p1", "p2", "p1", "p2"};
	uint32_t number = lab_port(lab, "p1")->number, count;
	struct hammer hammers[ARRAY_SIZE(ports)] = {};
	struct dataplane *dp = NULL;
	static struct lab_seen seen;
	struct lab_learned none = {.n = 0};
	struct evb_port row;

	(void)state;
	know("");
	assert_int_equal(tables_port(lab_tables(lab), number, &row), 0);
	row.learn_limit = HAMMER_ADDRESSES - 1;
	assert_int_equal(table_put(lab_tables(lab), TABLE_PORTS, &number, &row), 0);
	assert_int_equal(dataplane_open_on(lab_tables(lab), EVB_MODE_TEST, &dp), 0);
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		hammers[i].fd = dataplane_tc_fd(dp, DATAPLANE_FROM_PORT);
		hammers[i].cpu = i / 2 % sysconf(_SC_NPROCESSORS_ONLN);
		hammers[i].ifindex = lab_port(lab, ports[i])->row->ifindex;
		assert_int_equal(pthread_create(&hammers[i].thread, NULL, hammer_run, &hammers[i]),
				 0);
	}
	/* what is there in the end is what the last quarter has made */
	for (int i = 0; __atomic_load_n(&hammers[0].done, __ATOMIC_RELAXED) < HAMMER_FRAMES * 3 / 4;
	     i++) {
		assert_int_equal(lab_flush(lab, ports[i % 2]), 0);
		assert_int_equal(tables_learned(lab_tables(lab), number, &count), 0);
		assert_in_range(count, 0, row.learn_limit + ARRAY_SIZE(ports));
	}
	for (size_t i = 0; i < ARRAY_SIZE(ports); i++) {
		pthread_join(hammers[i].thread, NULL);
		assert_int_equal(hammers[i].err, 0);
	}
	dataplane_close(dp);
	assert_int_equal(lab_learned_look(lab, &none, &seen), 0);
	assert_int_not_equal(seen.learned.n, 0);
	assert_int_equal(seen.miscounted, 0);
	assert_int_equal(tables_learned(lab_tables(lab), number, &count), 0);
	assert_in_range(count, 0, row.learn_limit);
	/* who was at two ports is at one when it next speaks */
	set_time(1000);
	for (int i = 0; i < HAMMER_ADDRESSES; i++) {
		char frame[80];

		snprintf(frame, sizeof(frame), "bc 02:00:00:00:77:%02x ip", i);
		send("p2", frame, NULL);
	}
	assert_int_equal(lab_learned_look(lab, &none, &seen), 0);
	assert_int_equal(seen.learned.n, HAMMER_ADDRESSES);
	assert_int_equal(seen.miscounted, 0);
	assert_int_equal(seen.stale, 0);
	assert_int_equal(tables_learned(lab_tables(lab), number, &count), 0);
	assert_int_equal(count, 0);
	row.learn_limit = 1024;
	assert_int_equal(table_put(lab_tables(lab), TABLE_PORTS, &number, &row), 0);
	assert_int_equal(lab_flush(lab, NULL), 0);
	expect_known("", "");
}

static void wait_ms(long ms)
{
	struct timespec ts = {ms / 1000, ms % 1000 * 1000000};

	nanosleep(&ts, NULL);
}

/* the last of all: from here on time passes. st1 falls silent, st2 does not. */
static void forgets(void **state)
{
	struct evb_stats stats;
	uint64_t before, after;

	(void)state;
	set_time(0);
	know("");
	forget_told();
	assert_int_equal(lab_clock_start(lab), 0);
	send("p1", "bc st1 c77 arp", NULL);
	assert_int_equal(tables_clock(lab_tables(lab), &before), 0);
	for (int i = 0; i < 16; i++) {
		send("p2", "bc st2 arp", NULL);
		wait_ms(250);
	}
	assert_int_equal(tables_clock(lab_tables(lab), &after), 0);
	assert_in_range(after - before, 3, 8);
	expect_known("st1@p1/c77", "st2@p2");
	assert_int_equal(tables_stats(lab_tables(lab), lab_port(lab, "p2")->number, &stats), 0);
	assert_int_equal(stats.learned, 1); /* and was never gone */
	wait_ms(4000);
	expect_known("st1@p1/c77 st2@p2", "");
	send("p1", "st9 st1 ip", "p4");
}

/* ---- what does not teach it */

static void meter_shut(const char *port)
{
	uint32_t number = lab_port(lab, port)->number;

	for (int class = 0; class < EVB_METER__MAX; class ++) {
		uint32_t key = number * EVB_METERS + class;
		struct evb_meter meter;

		assert_int_equal(table_get(lab_tables(lab), TABLE_METERS, &key, &meter), 0);
		meter.due = now_ns() + 1000 * SECOND;
		assert_int_equal(table_put(lab_tables(lab), TABLE_METERS, &key, &meter), 0);
	}
}

static void meters_first(void **state)
{
	(void)state;
	meter_shut("p5");
	meter_shut("p6");
	case_holds("p5", "bc st1 arp", "! storm |");
	case_holds("p5", "mc st1 ip", "! storm |");
	case_holds("p5", "st1@p1 | bc st1 arp", "! storm | st1@p1");
	case_holds("p5", "st2@p2 | st2 st1 ip", "p2 | st2@p2 st1@p5");
	/* that it is unknown is known only after its sender is */
	case_holds("p5", "st2 st1 ip", "! storm | st1@p5");
	case_holds("p6", "st2@p2 | st2 st1 ip", "! rate | st2@p2");
	case_holds("p6", "bc st1 arp", "! rate |");
}

/* `evbpf trace` asks, and changes nothing */
static void dry_run_learns_nothing(void **state)
{
	static const struct evb_trace none;
	struct __sk_buff ctx = {.ifindex = lab_port(lab, "p1")->row->ifindex};
	struct lab_bytes in;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in.data, .ctx_in = &ctx,
		    .ctx_size_in = sizeof(ctx), .repeat = 1);
	struct dataplane *dry = NULL;
	struct evb_trace trace;
	struct evb_stats stats;
	uint32_t zero = 0;

	(void)state;
	know("st1@p2 st2@p2");
	forget_told();
	assert_int_equal(dataplane_open_on(lab_tables(lab), EVB_MODE_DRY, &dry), 0);
	lab_frame("st2 st1 ip", &in);
	opts.data_size_in = in.len;
	assert_int_equal(table_put(lab_tables(lab), TABLE_TRACE, &zero, &none), 0);
	assert_int_equal(bpf_prog_test_run_opts(dataplane_tc_fd(dry, DATAPLANE_FROM_PORT), &opts),
			 0);
	assert_int_equal(table_get(lab_tables(lab), TABLE_TRACE, &zero, &trace), 0);
	dataplane_close(dry);
	assert_int_equal(trace.verdict, EVB_VERDICT_SEND);
	assert_int_equal(trace.copy[0].port, lab_port(lab, "p2")->number);
	expect_known("", "st1@p2 st2@p2");
	assert_int_equal(tables_stats(lab_tables(lab), lab_port(lab, "p1")->number, &stats), 0);
	assert_int_equal(stats.in.packets + stats.learned + stats.moved, 0);
	assert_true(ring_buffer__consume(ring) >= 0);
	assert_int_equal(n_events, 0);
}

static int group_setup(void **state)
{
	(void)state;
	if (lab_open(&setup, &lab))
		return -1;
	ring = ring_buffer__new(lab_tables(lab)->fd[TABLE_EVENTS], event_take, NULL, NULL);
	return ring ? 0 : -1;
}

static int group_teardown(void **state)
{
	(void)state;
	ring_buffer__free(ring);
	lab_close(lab);
	return 0;
}

#define TEST(says, fn)                     \
	{                                  \
		says, fn, NULL, NULL, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("the second of the last frame is noted, at TC and at XDP", notes_time),
		TEST("addresses that share a slot of evb_fdb_near do not disturb each other",
		     shares_a_slot),
		TEST("learned and moved addresses are told, with the frame", tells),
		TEST("what is told of a channel's frame has its S-TAG", tells_channels),
		TEST("many at once are told seldom and counted all", tells_seldom),
		TEST("evb_flush of a port takes what is learned there, and nothing else",
		     flushes_port),
		TEST("evb_flush of all leaves what is static", flushes_all),
		TEST("evb_flush makes room at a full port", flush_makes_room),
		TEST("a port learns exactly as many addresses as its limit says", limit_is_exact),
		TEST("counts stay exact while two CPUs fight for addresses", counts_stay_exact),
		TEST("what a meter refuses teaches nothing", meters_first),
		TEST("a dry run learns, counts and tells nothing", dry_run_learns_nothing),
		TEST("an address that falls silent is forgotten, another is not", forgets),
	};

	return cmocka_run_group_tests_name("learn", tests, group_setup, group_teardown);
}
