/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * numbers.h - the port numbers of channels and of a bridge's ports, which are not in the file: what
 * runs under a number keeps it, or its counters and learned addresses would become another's.
 */
#pragma once

#include "config.h"
#include "tables.h"

/* a port of the running switch */
struct numbers_row {
	uint32_t number;
	uint32_t svid;	/* of a channel's wire port: its SVID; 0: another port */
	char name[EVB_PORT_NAME_LEN];
};

/*
 * numbers_of() - gives every channel and every port of a bridge in @cfg the number that it has in
 * @tables. @old NULL: @cfg is what runs, and a bridge's ports go by their names. Else @cfg is to
 * replace @old, and they go by device and SVID, for a port may get another name. What is new gets
 * the lowest number that no running port and nothing else in @cfg has. A VF has EVB_PORT_VF(id).
 * -ENOSPC (logged): no number is free. -ENOMEM.
 */
int numbers_of(struct config *cfg, const struct config *old, const struct tables *tables);

/* the same with the rows at hand; pure */
int numbers_choose(struct config *cfg, const struct config *old, const struct numbers_row *rows,
		   unsigned int n_rows);
