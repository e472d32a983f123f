/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * taps.h - random switches attached for real, each of their devices a tap: what comes out of every
 * tap, byte for byte, is what the model says. BPF_PROG_TEST_RUN shows the last copy of a flood only.
 */
#pragma once

#include "random.h"

struct taps_sums {
	unsigned long switches, frames, copies, floods;
};

/*
 * taps_run() - @switches of a kind, @frames for each, in a process with namespaces of its own. 0: all
 * agree, and *@out has what they came to; 1: something differs, and was printed; a negative errno: it
 * could not be tried.
 */
int taps_run(struct random *r, enum random_kind kind, unsigned int switches, unsigned int frames,
	     struct taps_sums *out);
