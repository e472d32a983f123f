/* SPDX-License-Identifier: GPL-2.0-only */
/* progs.h - what the two programs that use BPF_PROG_TEST_RUN share: devices, tables, one run. */
#pragma once

#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <net/if.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base.skel.h"
#include "dataplane.h"
#include "log.h"
#include "nl.h"
#include "plan.h"
#include "rows.h"

#define FRAME_LEN 60
#define ROUNDS_MAX 1000

struct frame {
	__u32 len;
	__u8 bytes[80];
};

struct devices {
	int from, to, up; /* ifindex: VF 0, all other VFs, uplink */
};

static inline void die(const char *what, int err)
{
	fprintf(stderr, "bench: %s: %s\n", what, strerror(err < 0 ? -err : err));
	exit(1);
}

static inline int pair_make(struct nl *nl, const char *name, const char *peer)
{
	struct nl_veth veth = {.name = name, .peer_name = peer, .peer_netns = -1, .up = true};
	int ifindex, err = nl_veth_create(nl, &veth, &ifindex);

	if (err)
		die(name, err);
	return ifindex;
}

/* in a network namespace of our own */
static inline void devices_make(struct devices *dev)
{
	struct nl *nl;
	int err;

	if (unshare(CLONE_NEWNET))
		die("unshare", errno);
	err = nl_open(&nl);
	if (err)
		die("rtnetlink", err);
	dev->from = pair_make(nl, "from", "from1");
	dev->to = pair_make(nl, "to", "to1");
	dev->up = pair_make(nl, "up", "up1");
	nl_close(nl);
}

/* the live programs, and the rows of the plan */
static inline struct dataplane *switch_load(const struct plan *plan)
{
	struct dataplane *dp;
	struct rows rows;

	if (dataplane_open(EVB_MODE_LIVE, &dp) || rows_diff(dataplane_tables(dp), plan, &rows) ||
	    rows_write(dataplane_tables(dp), &rows) || rows_clean(dataplane_tables(dp), &rows))
		exit(1); /* has been logged */
	rows_free(&rows);
	return dp;
}

/*
 * ns per run; whole ones, but our own clock would count milliseconds of set-up in XDP. A frame
 * that is edited would be edited once more in the next run: that is an error.
 */
static inline double prog_run(const char *name, int fd, bool xdp, int ifindex,
			      const struct frame *frame, int repeat, __u32 want)
{
	struct __sk_buff skb_ctx = {.ifindex = ifindex};
	struct xdp_md xdp_ctx = {.data_end = frame->len, .ingress_ifindex = ifindex};
	struct frame in = *frame, out;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in.bytes, .data_size_in = in.len,
		    .data_out = out.bytes, .data_size_out = sizeof(out.bytes), .repeat = repeat);

	opts.ctx_in = xdp ? (void *)&xdp_ctx : (void *)&skb_ctx;
	opts.ctx_size_in = xdp ? sizeof(xdp_ctx) : sizeof(skb_ctx);
	if (bpf_prog_test_run_opts(fd, &opts))
		die(name, errno);
	if (opts.retval != want) {
		fprintf(stderr, "bench: %s: returned %u, not %u\n", name, opts.retval, want);
		exit(1);
	}
	if (opts.data_size_out != in.len || memcmp(out.bytes + 12, in.bytes + 12, in.len - 12)) {
		fprintf(stderr, "bench: %s: the frame was edited\n", name);
		exit(1);
	}
	return opts.duration;
}

static inline void figures_print(const char *name, const double *ns, int rounds, bool first)
{
	printf("%s\"%s\": [", first ? "{" : ",\n ", name);
	for (int r = 0; r < rounds; r++)
		printf("%s%g", r ? ", " : "", ns[r]);
	printf("]");
}
