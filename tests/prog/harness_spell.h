/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * harness_spell.h - what holds for E-TAG and VN-Tag alike is written once, and run for both.
 *
 *	U12.5d		up from the port 0x12	   e12.5d	 vu12
 *	D34.5d		down to the port 0x34	   e34.5d	 vd34
 *	G5-12.5d	down to the group 5	   e1:5-12.5d	 vl5-12
 *	C10.5d		with that tag's priority   c10.5d	 c10
 *	Rd3.5		that group, on device d3   d3.1.5	 d3.5
 *
 * A VN-Tag has no priority: ".5d" says nothing there.
 */
#pragma once

#include "harness.h"

/* a copy of the cases, for the rest of the program */
struct lab_case *lab_spell(const struct lab_case *cases, size_t n, enum evb_channel tag);

/* lab_table() of that */
int lab_spell_table(const char *name, const struct lab_setup *setup, enum evb_channel tag,
		    const struct lab_case *cases, size_t n);

/* printf into memory that stays; aborts without memory */
const char *lab_format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
