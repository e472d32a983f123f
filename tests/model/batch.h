/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * batch.h - a configuration and frames for it, through the programs and through the model: what
 * differs, and the least of it that still does.
 */
#pragma once

#include "random.h"
#include "rig.h"

#define BATCH_STEPS_MAX 256
#define BATCH_WHY_MAX 16384

struct step {
	struct model_input in;
	enum rig_lane lane;
};

struct batch {
	char text[RANDOM_TEXT_MAX];
	struct model_dev devs[RANDOM_DEVS_MAX];
	unsigned int n;
	struct step steps[BATCH_STEPS_MAX];
};

/* falsifies the model's answer, so that a comparison that overlooks it is found out */
enum batch_lie {
	BATCH_TRUTH = 0,
	BATCH_LIE_BYTE,
	BATCH_LIE_TAG, /* of any copy */
	BATCH_LIE_LENGTH,
	BATCH_LIE_RECEIVER,
	BATCH_LIE_MISSING,
	BATCH_LIE_REASON,
	BATCH_LIE_REASON_THERE, /* at a target */
	BATCH_LIE_PORT,
	BATCH_LIE_COUNTER,
	BATCH_LIE_LEARNED,
	BATCH_LIE__MAX,
};

/* what frames came to, over all batches */
struct batch_sums {
	unsigned long runs, lane[RIG_LANE__MAX], up, refused[EVB_DROP__MAX], there[EVB_DROP__MAX];
	unsigned long copies, floods, stack, learned, lies;
};

enum batch_end {
	BATCH_AGREES = 0,
	BATCH_DIFFERS,
	BATCH_REFUSED, /* no such configuration */
	BATCH_BROKEN,  /* the rig failed */
};

/* as many frames as @n; the configuration is the batch's */
enum batch_end batch_fill(struct random *r, enum random_kind kind, unsigned int n,
			  struct batch *out);

/*
 * Of a frame's copies, all are compared by port, length, the two outermost VLAN tags and reason, and
 * the last one byte by byte: the others do not come out of BPF_PROG_TEST_RUN.
 *
 * @each: counters and learned addresses are compared after each frame, not only at the end. @why gets
 * what differs, *@at the frame.
 */
enum batch_end batch_run(struct rig *rig, const struct batch *batch, bool each, enum batch_lie lie,
			 struct batch_sums *sums, char *why, unsigned int *at);

/* after BATCH_DIFFERS at frame @at: as little as still differs; why, and what to paste, go to stderr */
void batch_shrink(struct rig *rig, struct batch *batch, unsigned int at);
