/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.c - bringing a switch up and down.
 *
 *	look (host.c), load (dataplane.c), pin, then the steps (steps.c), each noted before it is made:
 *	guests, offloads, promiscuity, rows, programs
 *
 * Rows are complete before the first program runs. Until the last step is done the switch counts as
 * incomplete; whatever happens to the process, `detach` finds the journal and undoes it.
 */
#include "attach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "fault.h"
#include "log.h"
#include "names.h"
#include "netns.h"
#include "pin.h"
#include "rows.h"
#include "steps.h"

struct attach {
	struct steps steps;
	bool pinned;
};

/* the journal first: from then on whatever is left can be undone */
static int step_pin(struct attach *at)
{
	char path[PIN_PATH_LEN];
	int err;

	err = fault_point("directory");
	if (err)
		return log_err_r(err, "%s: stopped before its directory", at->steps.cfg->name);
	err = pin_switch_make(at->steps.cfg->name);
	if (err)
		return err;
	at->pinned = true;
	for (int i = 0; i < TABLE__MAX; i++) {
		err = fault_point(table_name(i));
		if (err)
			return log_err_r(err, "%s: stopped before map %s", at->steps.cfg->name, table_name(i));
		if (bpf_obj_pin(at->steps.tables->fd[i], pin_path(path, at->steps.cfg->name, table_name(i))))
			return log_err_r(-errno, "%s: cannot pin map %s: %s", at->steps.cfg->name,
					 table_name(i), log_errno(errno));
	}
	return 0;
}

/* a device of its own that is there */
static bool vf_is_there(const struct steps *at, unsigned int i)
{
	return host_is_device(at->host, i) && at->host->vfs[i].link.ifindex;
}

static int attach_devices(struct steps *at)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < config_devices(at->cfg); i++)
		if (config_device(at->cfg, i)->has_guest)
			err = steps_guest(at, i);
	for (unsigned int i = 0; !err && i < config_devices(at->cfg); i++)
		if (vf_is_there(at, i))
			err = steps_vf_device(at, i);
	return err || at->host->bridge ? err : steps_uplink_device(at);
}

static int attach_rows(struct steps *at)
{
	struct rows rows;
	int err = steps_plan(at);

	if (err)
		return err;
	steps_warn_mtu(at, NULL);
	err = rows_diff(at->tables, at->plan, &rows);
	if (!err)
		err = rows_write(at->tables, &rows);
	rows_free(&rows);
	return err;
}

static int attach_programs(struct steps *at)
{
	int err = at->host->bridge ? dataplane_clock_start(at->dp) : 0;

	for (unsigned int i = 0; !err && i < config_devices(at->cfg); i++)
		if (vf_is_there(at, i))
			err = steps_vf_programs(at, i);
	if (!err && !at->host->bridge)
		err = steps_uplink_programs(at);
	for (unsigned int i = 0; !err && i < config_devices(at->cfg); i++)
		if (vf_is_there(at, i) && config_device(at->cfg, i)->port.state == EVB_STATE_DISABLE)
			err = steps_vf_carrier(at, i, true);
	return err;
}

static int attach_steps(struct attach *at)
{
	int err = steps_config_write(&at->steps, 0);

	if (!err)
		err = step_pin(at);
	if (!err)
		err = attach_devices(&at->steps);
	if (!err)
		err = attach_rows(&at->steps);
	if (!err) {
		journal_hurry(at->steps.tables, config_devices(at->steps.cfg));
		err = attach_programs(&at->steps);
	}
	if (err)
		return err;
	journal_calm(at->steps.tables);
	return steps_config_write(&at->steps, time(NULL));
}

static void attach_undo(struct attach *at)
{
	if (!at->pinned)
		return;
	if (journal_undo(at->steps.tables, at->steps.cfg->name))
		log_err("%s: not all could be undone; what is left is in its journal: evbpf detach it",
			at->steps.cfg->name);
	else
		pin_switch_remove(at->steps.cfg->name);
}

static int attach_for_real(struct attach *at)
{
	int err = dataplane_open(EVB_MODE_LIVE, &at->steps.dp);

	if (err)
		return err;
	at->steps.tables = dataplane_tables(at->steps.dp);
	at->steps.journal = (struct journal){.tables = at->steps.tables, .next = JOURNAL_FIRST};
	/* before anything is changed: can this kernel run it? */
	err = dataplane_tc_fd(at->steps.dp, at->steps.host->bridge   ? DATAPLANE_FROM_PORT :
					    at->steps.host->extender ? DATAPLANE_EXTENDED_VF :
								       DATAPLANE_FROM_VF);
	if (err < 0)
		return err;
	err = attach_steps(at);
	if (err)
		attach_undo(at);
	return err;
}

static int attach_locked(struct attach *at, bool dry_run)
{
	int err = pin_switch_exists(at->steps.cfg->name);

	if (err > 0)
		return log_err_r(-EEXIST, "switch %s is attached already: evbpf detach %s first",
				 at->steps.cfg->name, at->steps.cfg->name);
	if (err == 0)
		err = host_open(at->steps.cfg, NULL, &at->steps.host);
	if (err)
		return err;
	return dry_run ? steps_plan(&at->steps) : attach_for_real(at);
}

int attach_switch(const struct config *cfg, const char *netns, bool dry_run, struct plan **out)
{
	struct attach at = {.steps = {.cfg = cfg, .netns = netns}};
	int lock, err;

	lock = pin_lock(true, PIN_LOCK_SECONDS);
	if (lock < 0)
		return lock;
	err = attach_locked(&at, dry_run);
	dataplane_close(at.steps.dp);
	host_close(at.steps.host);
	pin_unlock(lock);
	if (!err && out)
		*out = at.steps.plan;
	else
		plan_free(at.steps.plan);
	return err;
}

/* detach */

/* only what the undo needs: a switch that was never finished has not all of its maps */
static bool detach_open(const char *name, struct tables *tables)
{
	const enum table need[] = {TABLE_CONFIG, TABLE_JOURNAL};
	char path[PIN_PATH_LEN];

	for (unsigned int i = 0; i < sizeof(need) / sizeof(need[0]); i++) {
		int fd = bpf_obj_get(pin_path(path, name, table_name(need[i])));

		if (fd < 0)
			return false;
		tables->fd[need[i]] = fd;
	}
	return true;
}

static int count_link(uint32_t seq, const struct evb_undo_val *val, void *arg)
{
	(void)seq;
	*(unsigned int *)arg += val->what == EVB_UNDO_LINK;
	return 0;
}

/* in the switch's namespace; where that is gone, its devices and all that was done to them are too */
static int detach_undo(const char *name, const struct tables *tables, const struct netns *id)
{
	int fd = netns_find(id), old = -1, err;
	unsigned int links = 0;

	journal_each(tables, count_link, &links);
	if (fd < 0) {
		journal_calm(tables); /* no namespace's */
		log_warn("%s: its network namespace is gone, or has neither a name nor a process; nothing "
			 "was restored there",
			 name);
		return journal_unlink(tables, name);
	}
	err = netns_enter(fd, &old);
	if (!err) {
		journal_hurry(tables, links);
		err = journal_undo(tables, name);
	}
	netns_leave(old);
	close(fd);
	return err;
}

static int detach_config(const char *name, const struct tables *tables)
{
	struct evb_config_val *config;
	struct netns id;
	int err = tables_config(tables, &config);

	if (err)
		return err;
	id.dev = config->netns_dev;
	id.ino = config->netns_ino;
	if (config->layout != EVB_LAYOUT)
		err = log_err_r(-EPROTO,
				"%s: its tables have layout %u (evbpf %.15s), this version has layout %u; "
				"detach it with the version that attached it",
				name, config->layout, config->version, EVB_LAYOUT);
	free(config);
	return err ? err : detach_undo(name, tables, &id);
}

static int detach_locked(const char *name)
{
	struct tables tables = TABLES_NONE;
	int err = 0;

	/* killed before its journal was pinned: it had changed nothing yet */
	if (detach_open(name, &tables))
		err = detach_config(name, &tables);
	tables_close(&tables);
	if (err == -EPROTO) /* another version's; nothing was touched */
		return err;
	if (err)
		return log_err_r(err, "%s is not detached whole; what is left is in its journal: try again",
				 name);
	return pin_switch_remove(name);
}

int detach_switch(const char *name)
{
	int lock, err;

	lock = pin_lock(true, PIN_LOCK_SECONDS);
	if (lock < 0)
		return lock;
	err = pin_switch_exists(name);
	if (err == 0)
		err = log_err_r(-ENOENT, "no switch is called %s: `evbpf list` shows those that are attached",
				name);
	else if (err > 0)
		err = detach_locked(name);
	pin_unlock(lock);
	return err;
}

static int detach_each(const char *name, void *arg)
{
	int *first = arg, err = detach_locked(name);

	if (!*first)
		*first = err;
	return 0; /* the others all the same */
}

int detach_all(void)
{
	int lock, first = 0, err;

	lock = pin_lock(true, PIN_LOCK_SECONDS);
	if (lock < 0)
		return lock;
	err = pin_switch_each(detach_each, &first);
	pin_unlock(lock);
	return err ? err : first;
}
