/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * learn.h - what the second box of a bridge remembers: at which port a source address is.
 *
 * A known address costs a look at evb_fdb_near; once a second it is noted in evb_fdb that it is
 * still there. An address is a port's only against the port's count, which never passes its limit:
 * whoever wants to add or move one counts first, and whoever takes one away does so by taking its
 * port, so that of several only one has done it.
 */
#pragma once

#include "frame.h"
#include "stats.h"
#include "tables.h"

static __always_inline __u64 learn_now(void)
{
	__u32 zero = 0;
	struct evb_clock_val *clock = bpf_map_lookup_elem(&evb_clock, &zero);

	return clock ? clock->now : 0;
}

static __always_inline struct evb_learn *learn_get(__u32 port)
{
	return bpf_map_lookup_elem(&evb_learn, &port);
}

/* one more for the port; 0: it has all that it may */
static __always_inline int learn_charge(__u32 number, __u32 limit)
{
	struct evb_learn *learn = learn_get(number);

	if (!learn)
		return 0;
	if (learn->count >= limit)
		return 0;
	if (__sync_fetch_and_add(&learn->count, 1) < limit)
		return 1;
	__sync_fetch_and_add(&learn->count, -1); /* two at once */
	return 0;
}

static __always_inline void learn_discharge(__u32 number)
{
	struct evb_learn *learn = learn_get(number);

	if (learn)
		__sync_fetch_and_add(&learn->count, -1);
}

static __always_inline void learn_near(const struct evb_fdb_key *key, __u32 port, __u64 now)
{
	struct evb_near *near = near_get(key);

	if (!near)
		return;
	__sync_lock_test_and_set(&near->word, evb_near_word(key, port)); /* seen before what is read next */
	near->used = now;
}

static __always_inline void learn_near_forget(const struct evb_fdb_key *key, __u32 port)
{
	struct evb_near *near = near_get(key);

	if (near)
		__sync_val_compare_and_swap(&near->word, evb_near_word(key, port), 0);
}

/* the address is where it was; whoever takes it away at this moment has taken its port first */
static __always_inline void learn_again(const struct evb_frame *f, const struct evb_fdb_key *key,
					struct evb_fdb_val *val, __u64 now)
{
	if (val->kind == EVB_FDB_LEARNED)
		val->used = now;
	learn_near(key, f->in, now);
	if (*(volatile __u32 *)&val->port != f->in)
		learn_near_forget(key, f->in);
}

static __noinline int learn_event(void *ctx, const struct evb_frame *f, __u32 what, __u32 from)
{
	struct evb_stats *stats = stats_get(f->in);
	__u64 now = bpf_jiffies64();
	__u64 *told;

	if (!stats)
		return 0;
	stats->learned++;
	if (what == EVB_EVENT_MOVED)
		stats->moved++;
	told = what == EVB_EVENT_MOVED ? &stats->told_moved : &stats->told_learned;
	if (now - *told < evb_event_jiffies)
		return 0;
	*told = now;
	event_send(ctx, f, f->in, EVENT_ABOUT(what, from),
		   what == EVB_EVENT_MOVED ? stats->moved : stats->learned);
	return 0;
}

static __always_inline enum evb_drop learn_new(void *ctx, const struct evb_frame *f,
					       const struct evb_port *port,
					       const struct evb_fdb_key *key, __u64 now)
{
	struct evb_fdb_val val = {.kind = EVB_FDB_LEARNED, .port = f->in, .used = now};

	if (!learn_charge(f->in, port->learn_limit))
		return EVB_DROP_LEARN_LIMIT;
	if (bpf_map_update_elem(&evb_fdb, key, &val, BPF_NOEXIST)) {
		learn_discharge(f->in); /* another CPU was first, or the table is full: unknown */
		return EVB_DROP_NONE;
	}
	learn_near(key, f->in, now);
	learn_event(ctx, f, EVB_EVENT_LEARNED, EVB_PORT_NONE);
	return EVB_DROP_NONE;
}

static __always_inline enum evb_drop learn_move(void *ctx, const struct evb_frame *f,
						const struct evb_port *port,
						const struct evb_fdb_key *key,
						struct evb_fdb_val *val, __u64 now)
{
	__u32 old = val->port;

	if (old == EVB_PORT_NONE) /* somebody is about to take it away */
		return EVB_DROP_NONE;
	if (!learn_charge(f->in, port->learn_limit))
		return EVB_DROP_LEARN_LIMIT;
	if (__sync_val_compare_and_swap(&val->port, old, f->in) != old) {
		learn_discharge(f->in);
		return EVB_DROP_NONE;
	}
	learn_discharge(old);
	val->used = now;
	learn_near(key, f->in, now);
	learn_event(ctx, f, EVB_EVENT_MOVED, old);
	return EVB_DROP_NONE;
}

/* a static address is its port's in the VLANs that none names, too */
static __always_inline int learn_is_static(const struct evb_frame *f)
{
	struct evb_fdb_key key = f->src;

	key.fid = f->group;
	return f->group != f->dst.fid && bpf_map_lookup_elem(&evb_fdb, &key);
}

/* not in the near table, or not noted in this second */
static __noinline enum evb_drop learn_source(void *ctx, const struct evb_frame *f, __u64 now)
{
	struct evb_port *port = port_get(f->in);
	struct evb_fdb_key key = f->src;
	struct evb_fdb_val *val;

	key.fid = f->dst.fid;
	val = bpf_map_lookup_elem(&evb_fdb, &key);
	if (!port || (!val && !port->learning))
		return EVB_DROP_NONE;
	if (!val)
		return learn_is_static(f) ? EVB_DROP_NONE : learn_new(ctx, f, port, &key, now);
	if (val->port == f->in) {
		learn_again(f, &key, val, now);
		return EVB_DROP_NONE;
	}
	if (val->kind == EVB_FDB_STATIC || !port->learning)
		return EVB_DROP_NONE; /* it stays where it is */
	return learn_move(ctx, f, port, &key, val, now);
}

/* the frame's source is at its port */
static __always_inline enum evb_drop learn(void *ctx, const struct evb_frame *f)
{
	struct evb_fdb_key key = f->src;
	struct evb_near *near;
	__u64 now = learn_now();

	if (evb_mode == EVB_MODE_DRY)
		return EVB_DROP_NONE;
	key.fid = f->dst.fid;
	near = near_get(&key);
	if (near && near->used == (__u32)now && *(volatile __u64 *)&near->word == evb_near_word(&key, f->in))
		return EVB_DROP_NONE;
	return learn_source(ctx, f, now);
}
