/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit.h - fourth box: what a target may have. The sending itself is the skin's.
 */
#pragma once

#include "frame.h"
#include "tables.h"
#include "tag.h"

/* the target is there and may receive */
static __always_inline int emit_is_up(const struct evb_port *target)
{
	return target->send != EVB_SEND_NONE && target->state != EVB_STATE_DISABLE;
}

/* implemented by each skin: a frame over max_len may still fit when it is cut on its way */
static __always_inline int skin_fits_cut(void *ctx, const struct evb_port *target);

static __always_inline int emit_fits(void *ctx, const struct evb_port *target, __u32 len)
{
	return len <= target->max_len || skin_fits_cut(ctx, target);
}

/* the only target refuses: counted there */
static __always_inline enum evb_drop emit_one_check(void *ctx, const struct evb_port *target,
						    __u32 len)
{
	if (!emit_is_up(target))
		return EVB_DROP_LINK;
	if (!emit_fits(ctx, target, len))
		return EVB_DROP_MTU;
	return EVB_DROP_NONE;
}
