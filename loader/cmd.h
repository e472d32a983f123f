/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd.h - the commands: each is one row of the table in main.c and one function.
 */
#pragma once

#include <stdbool.h>

#include "plan.h"

/* what a command returns, and the program's exit status */
enum cmd_exit {
	CMD_OK = 0,
	CMD_FAILED = 1, /* logged */
	CMD_USAGE = 2,	/* wrong use; logged */
	CMD_TOLD = 3,	/* failed, and its output says how; exit status 1 */
};

/* a command's own options; the common ones (-j -p -v -h) are main's */
enum cmd_flag {
	CMD_DUMP = 1 << 0,
	CMD_DRY_RUN = 1 << 1,
	CMD_ALL = 1 << 2,
	CMD_RESET = 1 << 3,
	CMD_WATCH = 1 << 4,
	CMD_LINK = 1 << 5, /* with a value: see cmd_ctx.links */
};

#define CMD_FILES_MAX 16
#define CMD_LINKS_MAX 64

struct cmd_ctx {
	const char *netns; /* as given with -n, which main has entered; "" without */
	bool json;
	bool pretty;	    /* implies json */
	unsigned int flags; /* enum cmd_flag */
	unsigned int n_links; /* of --link */
	const char *links[CMD_LINKS_MAX];
	int n_args;
	char **args;
};

int cmd_check(const struct cmd_ctx *ctx);
int cmd_attach(const struct cmd_ctx *ctx);
int cmd_apply(const struct cmd_ctx *ctx);
int cmd_diff(const struct cmd_ctx *ctx);
int cmd_set(const struct cmd_ctx *ctx);
int cmd_save(const struct cmd_ctx *ctx);
int cmd_detach(const struct cmd_ctx *ctx);
int cmd_list(const struct cmd_ctx *ctx);
int cmd_show(const struct cmd_ctx *ctx);
int cmd_stats(const struct cmd_ctx *ctx);
int cmd_monitor(const struct cmd_ctx *ctx);
int cmd_agent(const struct cmd_ctx *ctx);

/* `stats --watch` */
int cmd_watch(const struct cmd_ctx *ctx);

/* reads and checks a file; logs what is wrong with it, and warns of what is odd in it */
int cmd_config_read(const char *file, struct config **out);

/* prints the rows of a plan, a table for each map or one JSON object */
int cmd_dump_plan(const struct cmd_ctx *ctx, const struct plan *plan);
