/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * stats.h - counters, the one way to lose a frame, and the record of a decision.
 *
 * A frame is counted by whoever finishes it: XDP counts what it redirects or drops and nothing
 * that it hands up. Per-CPU rows need no atomics.
 */
#pragma once

#include "frame.h"
#include "tables.h"
#include "tag.h"

/* rodata, set by the loader before load: what a run may do (enum evb_mode) */
const volatile __u32 evb_mode = EVB_MODE_LIVE;

static __always_inline struct evb_trace *trace_get(void)
{
	__u32 zero = 0;

	return evb_mode == EVB_MODE_LIVE ? NULL : bpf_map_lookup_elem(&evb_trace, &zero);
}

static __always_inline void trace_verdict(const struct evb_frame *f, enum evb_verdict verdict,
					  enum evb_drop drop)
{
	struct evb_trace *trace = trace_get();

	if (!trace)
		return;
	trace->runs++;
	trace->verdict = verdict;
	trace->drop = drop;
	trace->port = f->in;
	trace->fid = f->dst.fid;
	trace->tpid = f->vtpid;
	trace->tci = f->vtci;
}

static __always_inline void trace_copy(const struct evb_trace_copy *copy)
{
	struct evb_trace *trace = trace_get();

	if (!trace)
		return;
	if (trace->count < EVB_PORTS_MAX)
		trace->copy[trace->count & (EVB_PORTS_MAX - 1)] = *copy;
	trace->count++;
}

/* the two outermost tags that stand in the bytes */
static __always_inline void trace_tag(void *ctx, struct evb_trace_copy *copy)
{
	__be16 tag[2];

	if (skin_load(ctx, 12, tag, sizeof(tag)) || !evb_is_vlan_tpid(bpf_ntohs(tag[0])))
		return;
	copy->tpid = bpf_ntohs(tag[0]);
	copy->tci = bpf_ntohs(tag[1]);
	if (skin_load(ctx, 16, tag, sizeof(tag)) || !evb_is_vlan_tpid(bpf_ntohs(tag[0])))
		return;
	copy->tpid2 = bpf_ntohs(tag[0]);
	copy->tci2 = bpf_ntohs(tag[1]);
}

static __always_inline struct evb_stats *stats_get(__u32 port)
{
	return evb_mode == EVB_MODE_DRY ? NULL : bpf_map_lookup_elem(&evb_stats, &port);
}

static __always_inline void count_add(struct evb_count *count, const struct evb_frame *f, __u32 len)
{
	count->packets += f->segments;
	count->bytes += len;
	if (!frame_is_multicast(f))
		return;
	if (frame_is_broadcast(f))
		count->broadcast += f->segments;
	else
		count->multicast += f->segments;
}

/* the frame was taken from its port */
static __always_inline void count_in(const struct evb_frame *f)
{
	struct evb_stats *stats = stats_get(f->in);

	if (stats)
		count_add(&stats->in, f, f->in_len);
}

/* the frame, len bytes long there, was given to a port */
static __always_inline void count_out(const struct evb_frame *f, __u32 port, __u32 len)
{
	struct evb_stats *stats = stats_get(port);

	if (stats)
		count_add(&stats->out, f, len);
}

/* implemented by each skin: bytes of the frame in memory */
static __always_inline __u32 skin_bytes(void *ctx);

/* between two events of one port, reason and CPU: 25 to 250 ms, by the kernel's HZ */
const volatile __u64 evb_event_jiffies = 25;

/* it came with an E-TAG or VN-Tag */
static __always_inline int event_is_extended(const struct evb_frame *f)
{
	return evb_extended && (f->channel_tpid == EVB_TYPE_ETAG || f->channel_tpid == EVB_TYPE_VNTAG);
}

/* the outermost tag was beside the frame, or was taken off since for another target of a flood */
static __always_inline int event_lacks_tag(const struct evb_frame *f, __u32 bytes)
{
	return (f->tpid | f->channel_tpid) && bytes < f->in_len;
}

static __always_inline void event_tag(struct evb_event *event, const struct evb_frame *f,
				      __u32 bytes)
{
	event->tpid = event->tci = 0;
	if (!event_lacks_tag(f, bytes) || event_is_extended(f))
		return;
	event->tpid = f->channel_tpid ?: f->tpid;
	event->tci = f->channel_tpid ? f->channel_tci : f->tci;
}

/*
 * The first bytes of the frame. The verifier of older kernels has to see that their number is
 * neither 0 nor too large, from an operation that the compiler must not find superfluous.
 */
static __always_inline __u32 event_copy(void *ctx, struct evb_event *event, __u64 bytes)
{
	if (!bytes)
		return 0;
	if (bytes > EVB_EVENT_BYTES)
		bytes = EVB_EVENT_BYTES;
	asm volatile("" : "+r"(bytes));
	bytes = ((bytes - 1) & (EVB_EVENT_BYTES - 1)) + 1;
	return skin_load(ctx, 0, event->data, bytes) ? 0 : bytes;
}

/*
 * ... of one that came with an E-TAG or VN-Tag, which it may have no more, or have another: the tag as
 * it came; behind it, what stands behind the addresses and the tag of now.
 */
static __always_inline __u32 event_copy_extended(void *ctx, struct evb_event *event,
						 const struct evb_frame *f, __u64 bytes)
{
	__u32 at = 12, head = 12 + tag_channel_len(f->channel_tpid == EVB_TYPE_ETAG ? EVB_CHANNEL_E :
											EVB_CHANNEL_VN);

	if (f->channel_tag == EVB_CHANNEL_E || f->channel_tag == EVB_CHANNEL_VN)
		at += tag_channel_len(f->channel_tag);
	if (bytes <= at || skin_load(ctx, 0, event->data, 12))
		return 0;
	event->data[12] = f->channel_tpid >> 8;
	event->data[13] = f->channel_tpid;
	__builtin_memcpy(event->data + 14, f->raw, 6);
	/* a VLAN's tag that came off, or beside the frame, with it */
	if (f->tpid && bytes - at + head < f->in_len) {
		event->data[head] = f->tpid >> 8;
		event->data[head + 1] = f->tpid;
		event->data[head + 2] = f->tci >> 8;
		event->data[head + 3] = f->tci;
		head += 4;
	}
	bytes -= at;
	if (bytes > EVB_EVENT_BYTES - 24)
		bytes = EVB_EVENT_BYTES - 24;
	asm volatile("" : "+r"(bytes));
	bytes = ((bytes - 1) & 127) + 1;
	if (bytes > EVB_EVENT_BYTES - 24)
		return head;
	return skin_load(ctx, at, event->data + head, bytes) ? head : head + bytes;
}

/* what happened (enum evb_event_what), with a refusal's reason or the port that an address was at */
#define EVENT_ABOUT(what, which) ((what) << 16 | (which))

static __noinline void event_send(void *ctx, const struct evb_frame *f, __u32 port, __u32 about,
				  __u64 count)
{
	__u32 what = about >> 16, which = about & 0xffff;
	struct evb_event *event = bpf_ringbuf_reserve(&evb_events, sizeof(*event), 0);
	__u32 bytes = skin_bytes(ctx);

	if (!event)
		return;
	event->time = bpf_ktime_get_ns();
	event->what = what;
	event->fid = f->dst.fid;
	event->port = port;
	event->from = what == EVB_EVENT_REFUSED ? f->in : which;
	event->drop = what == EVB_EVENT_REFUSED ? which : EVB_DROP_NONE;
	event->len = f->in_len;
	event_tag(event, f, bytes);
	event->count = count;
	__builtin_memset(event->data, 0, sizeof(event->data));
	event->bytes = event_is_extended(f) ? event_copy_extended(ctx, event, f, bytes) :
					      event_copy(ctx, event, bytes);
	bpf_ringbuf_submit(event, 0);
}

/* counts a refusal, and tells it if none of its kind was told lately */
static __always_inline void refuse(void *ctx, const struct evb_frame *f, __u32 port,
				   struct evb_stats *stats, enum evb_drop reason)
{
	__u64 now = bpf_jiffies64();

	if (reason >= EVB_DROP__MAX)
		return;
	stats->drops[reason]++;
	if (now - stats->told[reason] < evb_event_jiffies)
		return;
	stats->told[reason] = now;
	event_send(ctx, f, port, EVENT_ABOUT(EVB_EVENT_REFUSED, reason), stats->drops[reason]);
}

/* a copy of the frame is refused at a port that it should have gone to */
static __always_inline void drop_at(void *ctx, const struct evb_frame *f, __u32 port,
				    enum evb_drop reason)
{
	struct evb_stats *stats = stats_get(port);

	if (!stats)
		return;
	stats->out.dropped++;
	refuse(ctx, f, port, stats, reason);
}

/* the frame is refused; against the port that it came from */
static __always_inline void drop(void *ctx, const struct evb_frame *f, enum evb_drop reason)
{
	struct evb_stats *stats = stats_get(f->in);

	trace_verdict(f, EVB_VERDICT_DROP, reason);
	if (!stats)
		return;
	stats->in.dropped++;
	refuse(ctx, f, f->in, stats, reason);
}
