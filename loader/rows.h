/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * rows.h - from the rows that are there to the rows of a plan: what differs, and in which order it
 * may be written while frames pass.
 *
 * Whatever is looked up last is written first and removed last: an address is in the FDB before a
 * VLAN leads to it, and leaves it after. So at any moment a frame meets either the old way or the
 * new one. A port whose VLANs change is without link between two of these moments (rows_quiet()).
 */
#pragma once

#include "plan.h"
#include "tables.h"

/* one row that differs; no @old: it is added, no @new: it is removed */
struct row_change {
	enum table table;
	char *key; /* holds key, old and new */
	const void *old;
	const void *new;
};

struct rows {
	unsigned int n, max;
	struct row_change *list; /* in the order in which they are written */
	/*
	 * has the data plane forget what it has learned at a port, for an address that the plan wants
	 * is there by learning, and only the data plane keeps count of those. NULL: none can be
	 */
	int (*forget)(uint32_t port, void *arg);
	void *forget_arg;
};

/* rows_diff() - logs its error; rows_free() also after a failure */
int rows_diff(const struct tables *tables, const struct plan *plan, struct rows *out);
void rows_free(struct rows *rows);

/*
 * rows_forgotten() - calls @fn for each port at which what was learned is not to be known any more:
 * it has gone, or got another device, lost its link or its learning, or left a VLAN; or what was
 * learned there is to be static, or in a VLAN that it is not in.
 */
int rows_forgotten(const struct tables *tables, const struct rows *rows, const struct plan *plan,
		   int (*fn)(uint32_t port, void *arg), void *arg);

/*
 * rows_quiet() - takes the link from ports whose VLAN or device changes, or which go.
 * rows_write() - additions and changes; the quiet ports stay without link.
 * rows_clean() - removals, and the quiet ports get their link.
 * rows_undo() - all back to what it was.
 */
int rows_quiet(const struct tables *tables, const struct rows *rows);
int rows_write(const struct tables *tables, const struct rows *rows);
int rows_clean(const struct tables *tables, const struct rows *rows);
int rows_undo(const struct tables *tables, const struct rows *rows);
