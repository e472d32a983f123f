/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * change.h - a switch that runs becomes another configuration's, while frames pass.
 */
#pragma once

#include <stdbool.h>

#include "config.h"

/* one key that differs, in the words of the file */
struct change_key {
	char port[EVB_PORT_NAME_LEN]; /* "vf3", "pf", "uplink.blue", "swp1.1.5", "acls", "switch" */
	/*
	 * "vlan"; "dev" of a port, "svid" of a channel, "members" of a replication group that comes or
	 * goes; name of an acl
	 */
	char key[32];
	char old[256], new[256]; /* "" where there is none */
};

struct change {
	unsigned int n_keys, max_keys;
	struct change_key *keys;
	unsigned int n_rows; /* rows of tables that differ */
};

/*
 * change_switch() - makes the running switch that @cfg names match it. Changes only what differs;
 * a failed step undoes what came before it. Numbers in @cfg become those of ports that run.
 * @dry_run: only says what would change. @out, may be NULL, gets what (would have) changed, to be
 * freed with change_free(). Logs: -ENOENT: no such switch; -EOPNOTSUPP: cannot change while it runs
 * (uplink, a bridge into another switch); -EBUSY ...
 */
int change_switch(struct config *cfg, bool dry_run, struct change *out);

/*
 * change_edit() - the same for the switch @name, whose new configuration @edit makes from the one
 * that runs, below the same lock: nothing is lost between reading and changing. @edit logs its
 * error; *new is freed by the caller of it.
 */
typedef int (*change_edit_fn)(const struct config *old, struct config **new, void *arg);
int change_edit(const char *name, change_edit_fn edit, void *arg, bool dry_run,
		struct change *out);

/*
 * change_follow() - looks at the devices and at the uplink's carrier again; @on: the caller goes on
 * doing so (the agent), off: it ends.
 */
int change_follow(const char *name, bool on, struct change *out);

/* change_keys() - what differs between two configurations, added to @change */
int change_keys(const struct config *old, const struct config *new, struct change *change);

/* change_text() - what a switch runs, to be freed with free(); below the lock; logs its error */
int change_text(const char *name, char **text, size_t *len);

void change_free(struct change *change);
