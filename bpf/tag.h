/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tag.h - what has to be done to the tag of a frame so that a port gets it as it should.
 *
 * Two steps at most: take the outermost tag off, put the VLAN's tag on. Access to access in one
 * VLAN is none: the tag that "was inserted" never exists.
 */
#pragma once

#include "frame.h"

/* the port gets the VLAN's frames with their tag */
static __always_inline int tag_wanted(const struct evb_frame *f, const struct evb_port *port)
{
	return f->vtpid && port->strip_fid != f->dst.fid;
}

static __always_inline int tag_needs_pop(const struct evb_frame *f, int wanted)
{
	if (!f->vtpid)
		return 0;
	return f->form == FRAME_PRIO || (f->form == FRAME_TAGGED && !wanted);
}

static __always_inline int tag_needs_push(const struct evb_frame *f, int wanted)
{
	return wanted && f->form != FRAME_TAGGED;
}

/* length of the frame at a port that gets it with or without the tag */
static __always_inline __u32 tag_len(const struct evb_frame *f, int wanted)
{
	__u32 len = f->len;

	if (tag_needs_pop(f, wanted))
		len -= EVB_TAG_LEN;
	if (tag_needs_push(f, wanted))
		len += EVB_TAG_LEN;
	return len;
}
