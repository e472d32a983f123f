/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * age.h - what a bridge forgets: addresses from which nothing came for `age` seconds, with no
 * process behind it. A timer in evb_clock counts the seconds and now and then walks evb_fdb.
 */
#pragma once

#include "learn.h"
#include "tables.h"

#define AGE_TICK 1000000000ULL /* ns */
#define AGE_SWEEPS 8	       /* walks in the time that an address may be silent */

/* what a walk takes away; the callback only reads it */
struct age_walk {
	__u64 now;
	__u32 age;
	__u32 port; /* not NONE: all of this port */
	__u32 all;
};

/* whoever takes its port takes the entry */
static __always_inline void age_remove(const struct evb_fdb_key *from, struct evb_fdb_val *val)
{
	struct evb_fdb_key key = *from;
	__u32 port = val->port;

	if (port == EVB_PORT_NONE ||
	    __sync_val_compare_and_swap(&val->port, port, EVB_PORT_NONE) != port)
		return;
	learn_near_forget(&key, port);
	if (bpf_map_delete_elem(&evb_fdb, &key))
		*(volatile __u32 *)&val->port = port; /* the next walk tries again */
	else
		learn_discharge(port);
}

static long age_entry(void *map, const struct evb_fdb_key *key, struct evb_fdb_val *val,
		      struct age_walk *walk)
{
	(void)map;
	if (val->kind != EVB_FDB_LEARNED)
		return 0;
	if (walk->all || (walk->port ? val->port == walk->port : walk->now - val->used > walk->age))
		age_remove(key, val);
	return 0;
}

static __always_inline __u32 age_limit(void)
{
	__u32 zero = 0;
	struct evb_domain *domain = bpf_map_lookup_elem(&evb_domains, &zero);

	return domain ? domain->age : 0;
}

static int age_tick(void *map, __u32 *slot, struct evb_clock_val *clock)
{
	struct age_walk walk = {.now = clock->now + 1, .age = age_limit()};
	__u32 every = walk.age / AGE_SWEEPS ?: 1;

	(void)map;
	(void)slot;
	clock->now = walk.now;
	if (walk.age && (__u32)walk.now % every == 0)
		bpf_for_each_map_elem(&evb_fdb, age_entry, &walk, 0);
	bpf_timer_start(&clock->timer, AGE_TICK, 0);
	return 0;
}

static __always_inline int age_begin(void)
{
	__u32 zero = 0;
	struct evb_clock_val *clock = bpf_map_lookup_elem(&evb_clock, &zero);
	int err;

	if (!clock)
		return -2; /* ENOENT */
	err = bpf_timer_init(&clock->timer, &evb_clock, 1 /* CLOCK_MONOTONIC */);
	if (!err)
		err = bpf_timer_set_callback(&clock->timer, age_tick);
	return err ?: bpf_timer_start(&clock->timer, AGE_TICK, 0);
}

static __always_inline void age_flush(__u32 port)
{
	struct age_walk walk = {.port = port, .all = !port};

	bpf_for_each_map_elem(&evb_fdb, age_entry, &walk, 0);
}
