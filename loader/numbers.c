/* SPDX-License-Identifier: GPL-2.0-only */
/* numbers.c - see numbers.h */
#include "numbers.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "journal.h"
#include "log.h"

/* while channels are replaced, the old and the new ones have a number; each has a domain */
#define CHANNEL_LAST (EVB_PORT_CHANNEL_FIRST + EVB_DOMAINS_MAX - 2)

struct numbers {
	const struct numbers_row *rows;
	unsigned int n_rows;
	bool taken[EVB_PORTS_MAX];
};

static const struct numbers_row *row_by_channel(const struct numbers *numbers, uint32_t channel)
{
	for (unsigned int i = 0; i < numbers->n_rows; i++)
		if (numbers->rows[i].channel == channel)
			return &numbers->rows[i];
	return NULL;
}

/* a port is its device and the channel on it, also where a change has stopped half-way */
static const struct numbers_row *row_by_device(const struct numbers *numbers, const char *dev,
					       uint32_t channel)
{
	for (unsigned int i = 0; i < numbers->n_rows; i++)
		if (numbers->rows[i].dev[0] && !strcmp(numbers->rows[i].dev, dev) &&
		    numbers->rows[i].channel == channel)
			return &numbers->rows[i];
	return NULL;
}

/* ... but its device may be gone, and nobody knows any more what it was called */
static const struct numbers_row *row_by_name(const struct numbers *numbers, const char *name)
{
	for (unsigned int i = 0; i < numbers->n_rows; i++)
		if (!numbers->rows[i].dev[0] && !strcmp(numbers->rows[i].name, name))
			return &numbers->rows[i];
	return NULL;
}

/* the name under which a port runs; NULL: it is new */
static const char *name_before(const struct config_vf *port, const struct config *old)
{
	if (!old)
		return port->port.name;
	for (unsigned int i = 0; i < config_devices(old); i++) {
		const struct config_vf *was = config_device(old, i);

		if (config_channel_id(was) == config_channel_id(port) && !strcmp(was->dev, port->dev))
			return was->port.name;
	}
	return NULL;
}

/* a group's name follows from its device and its id */
static const struct numbers_row *row_of_group(const struct numbers *numbers,
					      const struct config_replication *group)
{
	for (unsigned int i = 0; i < numbers->n_rows; i++)
		if (numbers->rows[i].channel == group->id && !strcmp(numbers->rows[i].name, group->name))
			return &numbers->rows[i];
	return NULL;
}

static const struct numbers_row *row_of_port(const struct numbers *numbers,
					     const struct config_vf *port, const struct config *old)
{
	const struct numbers_row *row = row_by_device(numbers, port->dev, config_channel_id(port));
	const char *name = row ? NULL : name_before(port, old);

	return name ? row_by_name(numbers, name) : row;
}

static uint32_t lowest_free(struct numbers *numbers, uint32_t first, uint32_t last)
{
	for (uint32_t i = first; i <= last; i++)
		if (!numbers->taken[i]) {
			numbers->taken[i] = true;
			return i;
		}
	return EVB_PORT_NONE;
}

/* those that run first, so that nobody who is new takes what is theirs */
static int choose_channels(struct config *cfg, struct numbers *numbers)
{
	for (unsigned int i = 0; i < cfg->n_channels; i++) {
		const struct numbers_row *row = row_by_channel(numbers, cfg->channels[i].svid);

		cfg->channels[i].number = row ? row->number : EVB_PORT_NONE;
	}
	for (unsigned int i = 0; i < cfg->n_channels; i++) {
		struct config_channel *channel = &cfg->channels[i];

		if (!channel->number)
			channel->number = lowest_free(numbers, EVB_PORT_CHANNEL_FIRST, CHANNEL_LAST);
		if (!channel->number)
			return log_err_r(-ENOSPC,
					 "%s: no number is free for channel %s: remove channels in one "
					 "apply and add others in the next",
					 cfg->name, channel->name);
	}
	return 0;
}

static uint32_t number_of(const struct numbers_row *row)
{
	return row ? row->number : EVB_PORT_NONE;
}

static int number_new(const struct config *cfg, struct numbers *numbers, const char *name,
		      uint32_t first, uint32_t last, uint32_t *number)
{
	if (!*number)
		*number = lowest_free(numbers, first, last);
	return *number ? 0 :
			 log_err_r(-ENOSPC,
				   "%s: no number is free for port %s: remove ports in one apply and add "
				   "others in the next",
				   cfg->name, name);
}

static int choose_ports(struct config *cfg, const struct config *old, struct numbers *numbers)
{
	int err = 0;

	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		cfg->vfs[i].number = number_of(row_of_port(numbers, &cfg->vfs[i], old));
	for (unsigned int i = 0; !err && i < cfg->n_vfs; i++)
		err = number_new(cfg, numbers, cfg->vfs[i].port.name, EVB_PORT_BRIDGE_FIRST,
				 EVB_PORTS_MAX - 1, &cfg->vfs[i].number);
	return err;
}

static int choose_cascades(struct config *cfg, const struct config *old, struct numbers *numbers)
{
	int err = 0;

	for (unsigned int i = 0; i < cfg->n_cascades; i++) {
		const struct numbers_row *row = row_of_port(numbers, &cfg->cascades[i].vf, old);

		/* its device may have been a VF's before */
		if (row && row->number < EVB_PORT_CASCADE_FIRST)
			row = NULL;
		cfg->cascades[i].vf.number = number_of(row);
	}
	for (unsigned int i = 0; !err && i < cfg->n_cascades; i++)
		err = number_new(cfg, numbers, cfg->cascades[i].vf.port.name, EVB_PORT_CASCADE_FIRST,
				 EVB_PORT_REPLICATION_FIRST - 1, &cfg->cascades[i].vf.number);
	return err;
}

static int choose_groups(struct config *cfg, struct numbers *numbers)
{
	uint32_t first = config_is_bridge(cfg) ? EVB_PORT_BRIDGE_FIRST : EVB_PORT_REPLICATION_FIRST;
	int err = 0;

	for (unsigned int i = 0; i < cfg->n_replications; i++)
		cfg->replications[i].number = number_of(row_of_group(numbers, &cfg->replications[i]));
	for (unsigned int i = 0; !err && i < cfg->n_replications; i++)
		err = number_new(cfg, numbers, cfg->replications[i].name, first, EVB_PORTS_MAX - 1,
				 &cfg->replications[i].number);
	return err;
}

int numbers_choose(struct config *cfg, const struct config *old, const struct numbers_row *rows,
		   unsigned int n_rows)
{
	struct numbers numbers = {.rows = rows, .n_rows = n_rows};

	for (unsigned int i = 0; i < n_rows; i++)
		if (rows[i].number < EVB_PORTS_MAX)
			numbers.taken[rows[i].number] = true;
	if (config_is_bridge(cfg) || config_is_extender(cfg)) {
		int err = config_is_bridge(cfg) ? choose_ports(cfg, old, &numbers) :
						  choose_cascades(cfg, old, &numbers);

		return err ? err : choose_groups(cfg, &numbers);
	}
	return choose_channels(cfg, &numbers);
}

/* every port that has a device has an entry of what that had lost, with the name that the file had */
struct device_names {
	const uint32_t *ifindexes; /* of the rows */
	struct numbers_row *rows;
	unsigned int n;
};

static int name_device(uint32_t seq, const struct evb_undo_val *val, void *arg)
{
	const struct device_names *names = arg;

	(void)seq;
	for (unsigned int i = 0; val->what == EVB_UNDO_DROPS && i < names->n; i++)
		if (names->ifindexes[i] && names->ifindexes[i] == val->ifindex)
			snprintf(names->rows[i].dev, sizeof(names->rows[i].dev), "%.*s",
				 (int)sizeof(val->dev) - 1, val->dev);
	return 0;
}

static unsigned int read_rows(const struct tables *tables, struct numbers_row *rows,
			      uint32_t *ifindexes)
{
	struct evb_port row;
	unsigned int n = 0;

	for (uint32_t i = 0; i < EVB_PORTS_MAX; i++) {
		if (tables_port(tables, i, &row))
			continue;
		rows[n].number = i;
		rows[n].channel = row.channel;
		snprintf(rows[n].name, sizeof(rows[0].name), "%.*s", (int)sizeof(row.name) - 1,
			 row.name);
		ifindexes[n++] = row.ifindex;
	}
	return n;
}

int numbers_of(struct config *cfg, const struct config *old, const struct tables *tables)
{
	uint32_t ifindexes[EVB_PORTS_MAX];
	struct device_names names = {.ifindexes = ifindexes};
	bool by_device = config_is_bridge(cfg) || config_is_extender(cfg);
	int err = 0;

	if (!by_device && !cfg->n_channels)
		return 0;
	names.rows = calloc(EVB_PORTS_MAX, sizeof(*names.rows));
	if (!names.rows)
		return log_err_r(-ENOMEM, "out of memory");
	names.n = read_rows(tables, names.rows, ifindexes);
	if (by_device)
		err = journal_each(tables, name_device, &names);
	if (!err)
		err = numbers_choose(cfg, old, names.rows, names.n);
	free(names.rows);
	return err;
}
