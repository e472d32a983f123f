/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * change.c - apply, set, and following devices: one way from a running switch to another
 * configuration.
 *
 *	look at the devices; make what is new; rows that are added or differ; programs of new ports;
 *	rows that are gone; what was made for ports that are gone
 *
 * What a bridge has learned at a port that goes, or leaves a VLAN, goes when the new rows are there,
 * and once more when the old ones are gone.
 *
 * Until the rows that are gone go, everything can be put back.
 */
#include "change.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "names.h"
#include "netns.h"
#include "numbers.h"
#include "pin.h"
#include "rows.h"
#include "steps.h"

struct changing {
	struct steps steps;
	struct tables tables;
	struct evb_config_val *val; /* as it was */
	struct config *old;
	struct config *edited; /* what change_edit() has made of old */
	struct rows rows;
	uint32_t mark; /* of the journal, before anything was added */
	bool follow;   /* devices and carrier are looked at anew */
};

/* a device that is not a port yet */
static bool vf_is_new(const struct steps *at, unsigned int i)
{
	return host_is_device(at->host, i) && !at->host->vfs[i].kept &&
	       at->host->vfs[i].link.ifindex;
}

static bool vf_is_there(const struct steps *at, unsigned int i)
{
	return host_is_device(at->host, i) && at->host->vfs[i].link.ifindex;
}

/* the uplink is what everything hangs on */
static int change_check(const struct config *old, const struct config *new)
{
	if (config_is_bridge(old) != config_is_bridge(new))
		return log_err_r(-EOPNOTSUPP,
				 "%s: a bridge cannot become a switch with an uplink while it runs, nor the "
				 "other way; detach and attach",
				 new->name);
	if (config_is_extender(old) != config_is_extender(new))
		return log_err_r(-EOPNOTSUPP,
				 "%s: an extender cannot become another switch while it runs, nor the other "
				 "way; detach and attach",
				 new->name);
	if (strcmp(old->uplink, new->uplink))
		return log_err_r(-EOPNOTSUPP,
				 "%s: the uplink cannot change from %s to %s while the switch runs; detach "
				 "and attach",
				 new->name, old->uplink, new->uplink);
	if (old->uplink_hook != new->uplink_hook)
		return log_err_r(-EOPNOTSUPP,
				 "%s: the uplink's hook cannot change while the switch runs; detach and "
				 "attach",
				 new->name);
	return 0;
}

/* as in view.c: what somebody else has written there is not to be believed */
static int text_check(const char *name, const struct evb_config_val *val)
{
	if (val->text_len <= sizeof(val->text))
		return 0;
	return log_err_r(-EPROTO,
			 "%s: map evb_config says that its text has %u bytes: evbpf detach %s, and attach it "
			 "again",
			 name, val->text_len, name);
}

static int change_read_old(struct changing *at)
{
	struct config_error error;
	char text[700];
	int err = tables_config(&at->tables, &at->val);

	if (err)
		return err;
	err = text_check(at->val->name, at->val);
	if (err)
		return err;
	if (!at->val->attached)
		return log_err_r(-EBUSY, "%s: its attach did not finish; evbpf detach it", at->val->name);
	err = config_parse(at->val->file, at->val->text, at->val->text_len, &at->old, &error);
	if (err)
		return log_err_r(err, "%s: what it runs cannot be read: %s", at->val->name,
				 config_error_format(&error, at->val->file, text, sizeof(text)));
	return numbers_of(at->old, NULL, &at->tables);
}

static int change_look(struct changing *at)
{
	struct host_running running = {
		.tables = &at->tables, .old = at->old, .follow = at->follow};
	int err = change_check(at->old, at->steps.cfg);

	if (!err)
		err = journal_open(&at->tables, &at->steps.journal);
	at->mark = at->steps.journal.next;
	if (!err)
		err = host_open(at->steps.cfg, &running, &at->steps.host);
	if (!err)
		err = steps_plan(&at->steps);
	return err ? err : rows_diff(&at->tables, at->steps.plan, &at->rows);
}

/* what could not be taken back when a port went would be in the way when it comes again */
static void change_clean_leftovers(struct changing *at, unsigned int i)
{
	uint32_t number = config_device(at->steps.cfg, i)->number;
	struct evb_port row;

	if (tables_port(&at->tables, number, &row) || !row.ifindex)
		journal_undo_port(&at->tables, at->steps.cfg->name, number, 0, at->mark);
}

/* devices of new ports; then the rows are planned again, with what is there now */
static int change_devices(struct changing *at)
{
	struct steps *steps = &at->steps;
	bool made = false;
	int err = 0;

	for (unsigned int i = 0; !err && i < config_devices(steps->cfg); i++)
		if (steps->host->vfs[i].make) {
			/* of a pair that somebody took away: its undo would take this one, too */
			journal_undo_port(&at->tables, steps->cfg->name, config_device(steps->cfg, i)->number, 0,
					  at->mark);
			err = steps_guest(steps, i);
			made = true;
		}
	for (unsigned int i = 0; !err && i < config_devices(steps->cfg); i++)
		if (vf_is_new(steps, i)) {
			if (!steps->host->vfs[i].make)
				change_clean_leftovers(at, i);
			err = steps_vf_device(steps, i);
		} else if (vf_is_there(steps, i)) {
			err = steps_vf_extended(steps, i, at->old);
		}
	if (err || !made)
		return err;
	rows_free(&at->rows);
	err = steps_plan(steps);
	return err ? err : rows_diff(&at->tables, steps->plan, &at->rows);
}

/* the programs on the switch's maps; some are loaded when they are needed first */
static int change_dataplane(struct changing *at, struct dataplane **out)
{
	int err = at->steps.dp ? 0 : dataplane_open_on(&at->tables, EVB_MODE_LIVE, &at->steps.dp);

	*out = at->steps.dp;
	return err;
}

static int change_programs(struct changing *at)
{
	struct steps *steps = &at->steps;
	struct dataplane *dp;
	unsigned int n = 0;
	int err = 0;

	for (unsigned int i = 0; i < config_devices(steps->cfg); i++)
		n += vf_is_new(steps, i);
	journal_hurry(&at->tables, n);
	for (unsigned int i = 0; !err && i < config_devices(steps->cfg); i++) {
		if (!vf_is_new(steps, i))
			continue;
		err = change_dataplane(at, &dp);
		if (!err)
			err = steps_vf_programs(steps, i);
	}
	return err;
}

/* who comes, or gets another device, has not sent or got anything */
static void change_counters(const struct changing *at)
{
	for (unsigned int i = 0; i < at->rows.n; i++) {
		const struct row_change *change = &at->rows.list[i];
		const struct evb_port *old = change->old, *new = change->new;
		uint32_t number;

		if (change->table != TABLE_PORTS || !new)
			continue;
		if (old && (!new->ifindex || old->ifindex == new->ifindex))
			continue;
		memcpy(&number, change->key, sizeof(number));
		tables_stats_reset(&at->tables, number);
	}
}

/* what was learned at a port; a walk through the whole table, so not for nothing */
static int change_forget(uint32_t port, void *arg)
{
	struct changing *at = arg;
	struct dataplane *dp;
	uint32_t count;
	int err = tables_learned(&at->tables, port, &count);

	if (err || !count)
		return err;
	err = change_dataplane(at, &dp);
	return err ? err : dataplane_flush(dp, port);
}

static int forgets_some(uint32_t port, void *arg)
{
	const struct changing *at = arg;
	uint32_t count;

	return !tables_learned(&at->tables, port, &count) && count;
}

/* what takes long, before any port is without link */
static int change_load(struct changing *at)
{
	const struct config *cfg = at->steps.cfg;
	struct dataplane *dp;
	int err = 0;

	for (unsigned int i = 0; !err && i < config_devices(cfg); i++) {
		if (!vf_is_new(&at->steps, i))
			continue;
		err = change_dataplane(at, &dp);
		if (!err)
			err = steps_vf_load(&at->steps, i);
	}
	if (err || !config_is_bridge(cfg))
		return err;
	err = rows_forgotten(&at->tables, &at->rows, at->steps.plan, forgets_some, at);
	if (err > 0)
		err = change_dataplane(at, &dp) ?: dataplane_clock_load(dp);
	return err;
}

static int change_forget_all(struct changing *at)
{
	if (!config_is_bridge(at->steps.cfg))
		return 0;
	return rows_forgotten(&at->tables, &at->rows, at->steps.plan, change_forget, at);
}

/* what was made for a port's device that is not its device any more */
static void change_clean_port(struct changing *at, const struct row_change *change)
{
	const struct evb_port *old = change->old, *new = change->new;
	uint32_t number;

	if (change->table != TABLE_PORTS || !old || !old->ifindex)
		return;
	if (new && new->ifindex == old->ifindex)
		return;
	memcpy(&number, change->key, sizeof(number));
	if (journal_undo_port(&at->tables, at->steps.cfg->name, number, old->ifindex, at->mark))
		log_warn("%s: not all that was made for %.15s could be taken back; detach tries again",
			 at->steps.cfg->name, old->name);
}

/* a guest sees its link go and come */
static void change_carriers(struct changing *at)
{
	const struct config *cfg = at->steps.cfg;
	struct plan_host host = {.uplink.no_link = at->steps.uplink_down};

	for (unsigned int i = 0; i < config_devices(cfg); i++)
		if (vf_is_there(&at->steps, i))
			steps_vf_carrier(&at->steps, i, plan_link_off(&config_device(cfg, i)->port, &host));
}

static int change_undo(struct changing *at, int err)
{
	rows_undo(&at->tables, &at->rows);
	journal_undo_since(&at->tables, at->steps.cfg->name, at->mark);
	return err;
}

static int change_for_real(struct changing *at)
{
	int err = change_devices(at);

	if (!err)
		err = change_load(at);
	if (!err)
		err = rows_quiet(&at->tables, &at->rows);
	if (!err) {
		steps_warn_mtu(&at->steps, at->old); /* the tables have the old rows yet */
		change_counters(at);
		at->rows.forget = change_forget;
		at->rows.forget_arg = at;
		err = rows_write(&at->tables, &at->rows);
	}
	if (!err)
		err = change_forget_all(at);
	if (!err)
		err = change_programs(at);
	journal_calm(&at->tables);
	if (!err)
		err = rows_clean(&at->tables, &at->rows);
	if (err)
		return change_undo(at, err);
	for (unsigned int i = 0; i < at->rows.n; i++)
		change_clean_port(at, &at->rows.list[i]);
	change_carriers(at);
	change_forget_all(at); /* logged; what is left goes with its age */
	return steps_config_write(&at->steps, at->val->attached);
}

static bool has_number(const struct config *cfg, uint32_t number)
{
	for (unsigned int i = 0; i < config_devices(cfg); i++)
		if (config_device(cfg, i)->number == number)
			return true;
	return false;
}

static int mark_port(uint32_t seq, const struct evb_undo_val *val, void *arg)
{
	bool *marked = arg;

	(void)seq;
	if (val->port < EVB_PORTS_MAX)
		marked[val->port] = true;
	return 0;
}

/* no configuration has the port; what was made for it is in the way */
static void change_clean_number(struct changing *at, uint32_t number, bool marked)
{
	struct evb_ingress_key key = {};
	struct evb_port row;

	if (marked)
		journal_undo_port(&at->tables, at->val->name, number, 0, 0);
	if (!tables_port(&at->tables, number, &row) && row.ifindex) {
		key.ifindex = row.ifindex;
		key.channel = row.channel;
		table_remove(&at->tables, TABLE_INGRESS, &key);
	}
	if (config_is_bridge(at->old))
		change_forget(number, at);
}

/* what a change that was killed has made for ports that no configuration has */
static void change_clean_unfinished(struct changing *at)
{
	bool marked[EVB_PORTS_MAX] = {}, bridge = config_is_bridge(at->old);
	uint32_t first = bridge ? EVB_PORT_BRIDGE_FIRST : EVB_PORT_VF_FIRST;
	uint32_t end = bridge				 ? EVB_PORTS_MAX :
		       config_is_extender(at->old) ? EVB_PORT_CASCADE_FIRST + EVB_CASCADES_MAX :
						     EVB_PORT_VF(EVB_VFS_MAX);

	journal_calm(&at->tables);
	journal_each(&at->tables, mark_port, marked);
	for (uint32_t number = first; number < end; number++)
		if (!has_number(at->old, number))
			change_clean_number(at, number, marked[number]);
}

/* in the switch's namespace; from a run that only follows, its own configuration is the new one */
static int change_here(struct changing *at, struct config *cfg, bool dry_run, struct change *out)
{
	int err = cfg ? numbers_of(cfg, at->old, &at->tables) : 0;

	if (err)
		return err;
	at->steps.cfg = cfg ? cfg : at->old;
	at->steps.netns = at->val->netns;
	at->steps.tables = &at->tables;
	if (!dry_run)
		change_clean_unfinished(at);
	err = change_look(at);
	if (!err && out) {
		out->n_rows = at->rows.n;
		err = change_keys(at->old, at->steps.cfg, out);
	}
	return err || dry_run ? err : change_for_real(at);
}

static int change_enter(struct changing *at, struct config *cfg, bool dry_run, struct change *out)
{
	struct netns id = {.dev = at->val->netns_dev, .ino = at->val->netns_ino};
	int fd = netns_find(&id), old = -1, err;

	if (fd < 0)
		return log_err_r(fd, "%s: its network namespace is gone, or has neither a name nor a process",
				 at->val->name);
	err = netns_enter(fd, &old);
	if (!err)
		err = change_here(at, cfg, dry_run, out);
	/* what was opened there is closed there */
	host_close(at->steps.host);
	netns_leave(old);
	close(fd);
	return err;
}

static void change_close(struct changing *at)
{
	dataplane_close(at->steps.dp);
	plan_free(at->steps.plan);
	rows_free(&at->rows);
	config_free(at->old);
	config_free(at->edited);
	free(at->val);
	tables_close(&at->tables);
}

/* what a run is to do; follow: 1 begins, 0 ends, -1 leaves it as it is */
struct change_wish {
	struct config *cfg; /* or */
	change_edit_fn edit;
	void *edit_arg;
	bool dry_run;
	int follow;
};

static int change_locked(struct changing *at, const char *name, const struct change_wish *wish,
			 struct change *out)
{
	struct config *cfg = wish->cfg;
	int err = tables_open(name, &at->tables);

	if (!err)
		err = change_read_old(at);
	if (!err && wish->edit) {
		err = wish->edit(at->old, &at->edited, wish->edit_arg);
		cfg = at->edited;
	}
	if (err)
		return err;
	at->steps.follow = wish->follow < 0 ? at->val->follow != 0 : wish->follow > 0;
	at->follow = wish->follow >= 0;
	return change_enter(at, cfg, wish->dry_run, out);
}

static int change_run(const char *name, const struct change_wish *wish, struct change *out)
{
	struct changing at = {.tables = TABLES_NONE};
	int lock, err;

	lock = pin_lock(true, PIN_LOCK_SECONDS);
	if (lock < 0)
		return lock;
	err = change_locked(&at, name, wish, out);
	change_close(&at);
	pin_unlock(lock);
	return err;
}

int change_switch(struct config *cfg, bool dry_run, struct change *out)
{
	const struct change_wish wish = {.cfg = cfg, .dry_run = dry_run, .follow = -1};

	return change_run(cfg->name, &wish, out);
}

int change_edit(const char *name, change_edit_fn edit, void *arg, bool dry_run,
		struct change *out)
{
	const struct change_wish wish = {
		.edit = edit, .edit_arg = arg, .dry_run = dry_run, .follow = -1};

	return change_run(name, &wish, out);
}

int change_follow(const char *name, bool on, struct change *out)
{
	const struct change_wish wish = {.follow = on};

	return change_run(name, &wish, out);
}

int change_text(const char *name, char **text, size_t *len)
{
	struct tables tables = TABLES_NONE;
	struct evb_config_val *val = NULL;
	int err = tables_open(name, &tables);

	if (!err)
		err = tables_config(&tables, &val);
	if (!err)
		err = text_check(name, val);
	if (!err) {
		*len = val->text_len;
		*text = strndup(val->text, val->text_len);
		if (!*text)
			err = log_err_r(-ENOMEM, "out of memory");
	}
	free(val);
	tables_close(&tables);
	return err;
}

void change_free(struct change *change)
{
	free(change->keys);
	memset(change, 0, sizeof(*change));
}
