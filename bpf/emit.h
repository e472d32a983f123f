/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * emit.h - fourth box: what a target may have. The sending itself is the skin's.
 */
#pragma once

#include "frame.h"
#include "policy.h"
#include "tables.h"
#include "tag.h"

/* the target is there and may receive */
static __always_inline int emit_is_up(const struct evb_port *target)
{
	return target->send != EVB_SEND_NONE && !target->down;
}

/* implemented by each skin: a frame over max_len may still fit when it is cut on its way */
static __always_inline int skin_fits_cut(void *ctx, struct evb_frame *f,
					 const struct evb_port *target, __u32 len);

static __noinline enum evb_drop emit_acl(const struct evb_frame *f, const struct evb_port *target)
{
	struct policy *p = policy_have();

	if (!p || policy_acl(p, target->acl_out, evb_tci_vid(f->vtci)))
		return EVB_DROP_NONE;
	return EVB_DROP_ACL;
}

/*
 * What the target may have; refusals are counted there. In the order of the reasons, but for its
 * rate: a frame that is too long is not charged.
 */
static __always_inline enum evb_drop emit_check(void *ctx, struct evb_frame *f,
						const struct evb_port *target, __u32 number,
						__u32 len)
{
	if (!emit_is_up(target))
		return EVB_DROP_LINK;
	if (tag_bares_channel(f, target))
		return EVB_DROP_INJECT;
	if (target->acl_out && emit_acl(f, target))
		return EVB_DROP_ACL;
	if (len > target->max_len && !skin_fits_cut(ctx, f, target, len))
		return EVB_DROP_MTU;
	if (target->rate_out && !policy_rate(number, EVB_METER_OUT, len))
		return EVB_DROP_RATE;
	return EVB_DROP_NONE;
}
