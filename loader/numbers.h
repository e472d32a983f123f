/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * numbers.h - the port numbers of channels, cascades, groups and of a bridge's ports, which are not in
 * the file: what runs under a number keeps it, or its counters and learned addresses would become
 * another's.
 */
#pragma once

#include "config.h"
#include "tables.h"

/* a port of the running switch */
struct numbers_row {
	uint32_t number;
	uint32_t channel; /* its id on its device; 0: the untagged one */
	char name[EVB_PORT_NAME_LEN];
	/* of a bridge's port or cascade, as its file calls it; empty: not known, or gone */
	char dev[EVB_NAME_LEN];
};

/*
 * numbers_of() - gives every channel, cascade, replication group and port of a bridge in @cfg the
 * number that it has in @tables. A group goes by its name, which follows from its device and id. A
 * bridge's ports and cascades go by device and channel, for a port may get another name, and a change that
 * was killed may have given it to some rows only. Those whose device is gone go by the name that they
 * have in @old, which @cfg is to replace; @old NULL: @cfg is what runs. What is new gets the lowest
 * number that no running port and nothing else in @cfg has. A VF has EVB_PORT_VF(id).
 * -ENOSPC (logged): no number is free. -ENOMEM.
 */
int numbers_of(struct config *cfg, const struct config *old, const struct tables *tables);

/* the same with the rows at hand; pure */
int numbers_choose(struct config *cfg, const struct config *old, const struct numbers_row *rows,
		   unsigned int n_rows);
