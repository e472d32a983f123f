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

static const struct numbers_row *row_by_svid(const struct numbers *numbers, uint32_t svid)
{
	for (unsigned int i = 0; i < numbers->n_rows; i++)
		if (numbers->rows[i].svid == svid)
			return &numbers->rows[i];
	return NULL;
}

/* of a bridge: a port is its device and the S-channel on it, also where a change has stopped half-way */
static const struct numbers_row *row_by_device(const struct numbers *numbers,
					       const struct config_vf *port)
{
	for (unsigned int i = 0; i < numbers->n_rows; i++)
		if (numbers->rows[i].dev[0] && !strcmp(numbers->rows[i].dev, port->dev) &&
		    numbers->rows[i].svid == port->svid)
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

/* the name under which a port of a bridge runs; NULL: it is new */
static const char *name_before(const struct config_vf *port, const struct config *old)
{
	if (!old)
		return port->port.name;
	for (unsigned int i = 0; i < old->n_vfs; i++)
		if (old->vfs[i].svid == port->svid && !strcmp(old->vfs[i].dev, port->dev))
			return old->vfs[i].port.name;
	return NULL;
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
		const struct numbers_row *row = row_by_svid(numbers, cfg->channels[i].svid);

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

static int choose_ports(struct config *cfg, const struct config *old, struct numbers *numbers)
{
	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		const struct numbers_row *row = row_by_device(numbers, &cfg->vfs[i]);
		const char *name = row ? NULL : name_before(&cfg->vfs[i], old);

		if (name)
			row = row_by_name(numbers, name);
		cfg->vfs[i].number = row ? row->number : EVB_PORT_NONE;
	}
	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		struct config_vf *port = &cfg->vfs[i];

		if (!port->number)
			port->number = lowest_free(numbers, EVB_PORT_BRIDGE_FIRST, EVB_PORTS_MAX - 1);
		if (!port->number)
			return log_err_r(-ENOSPC,
					 "%s: no number is free for port %s: remove ports in one apply "
					 "and add others in the next",
					 cfg->name, port->port.name);
	}
	return 0;
}

int numbers_choose(struct config *cfg, const struct config *old, const struct numbers_row *rows,
		   unsigned int n_rows)
{
	struct numbers numbers = {.rows = rows, .n_rows = n_rows};

	for (unsigned int i = 0; i < n_rows; i++)
		if (rows[i].number < EVB_PORTS_MAX)
			numbers.taken[rows[i].number] = true;
	if (config_is_bridge(cfg))
		return choose_ports(cfg, old, &numbers);
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
		rows[n].svid = row.channel;
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
	int err = 0;

	if (!config_is_bridge(cfg) && !cfg->n_channels)
		return 0;
	names.rows = calloc(EVB_PORTS_MAX, sizeof(*names.rows));
	if (!names.rows)
		return log_err_r(-ENOMEM, "out of memory");
	names.n = read_rows(tables, names.rows, ifindexes);
	if (config_is_bridge(cfg))
		err = journal_each(tables, name_device, &names);
	if (!err)
		err = numbers_choose(cfg, old, names.rows, names.n);
	free(names.rows);
	return err;
}
