/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tables.h - the maps of one switch as file descriptors: open by name, fill, read.
 */
#pragma once

#include "evb_abi.h"
#include "plan.h"

enum table {
	TABLE_CONFIG = 0,
	TABLE_JOURNAL,
	TABLE_PORTS,
	TABLE_INGRESS,
	TABLE_IFACES,
	TABLE_DOMAINS,
	TABLE_VLANS,
	TABLE_FDB,
	TABLE_GROUPS,
	TABLE_STATS,
	TABLE_TX,
	TABLE_TRACE,
	TABLE__MAX,
};

struct tables {
	int fd[TABLE__MAX]; /* -1: not open */
};

#define TABLES_NONE                                                                                \
	{                                                                                          \
		.fd = { -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1, -1 }                           \
	}

/* "evb_ports" ...: name of the map and of its pin */
const char *table_name(enum table table);

/*
 * tables_open() - the pinned maps of a switch, checked for type, sizes and layout version. Logs:
 * -ENOENT: no such switch; -EPROTO: made by another version of evbpf (touches nothing); -EPERM.
 * tables_close() closes what is open.
 */
int tables_open(const char *name, struct tables *out);
void tables_close(struct tables *tables);

/* what the switch was made from; the caller frees it with free(). Logs its error. */
int tables_config(const struct tables *tables, struct evb_config_val **out);
int tables_set_config(const struct tables *tables, const struct evb_config_val *val);

/* writes all rows of a plan; logs its error */
int tables_fill(const struct tables *tables, const struct plan *plan);

/* reads one row; 0 or -ENOENT */
int tables_port(const struct tables *tables, uint32_t number, struct evb_port *out);

/* counters of a port, summed over the CPUs */
int tables_stats(const struct tables *tables, uint32_t number, struct evb_stats *out);
int tables_stats_reset(const struct tables *tables, uint32_t number);

/*
 * tables_each_fdb() - calls @fn for every row in no particular order until it returns non-zero, and
 * returns that; rows that come and go meanwhile may be missed.
 */
int tables_each_fdb(const struct tables *tables,
		    int (*fn)(const struct evb_fdb_key *key, const struct evb_fdb_val *val, void *arg),
		    void *arg);
int tables_each_vlan(const struct tables *tables,
		     int (*fn)(const struct evb_vlan_key *key, const struct evb_vlan_val *val,
			       void *arg),
		     void *arg);
