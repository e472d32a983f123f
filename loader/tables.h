/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tables.h - the maps of one switch as file descriptors: open by name, fill, read.
 */
#pragma once

#include <stdbool.h>

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
	TABLE_MULTICAST,
	TABLE_GUARD,
	TABLE_ACLS,
	TABLE_ACL_HITS,
	TABLE_METERS,
	TABLE_EVENTS,
	TABLE_FDB_NEAR,
	TABLE_LEARN,
	TABLE_CLOCK,
	TABLE__MAX,
};

struct tables {
	int fd[TABLE__MAX]; /* -1: not open */
};

#define TABLES_NONE                                \
	{                                          \
		.fd = {[0 ... TABLE__MAX - 1] = -1} \
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

/* sizes of a map's key and of its value */
uint32_t table_key_size(enum table table);
uint32_t table_value_size(enum table table);

/*
 * Single rows. table_put() and table_remove() log their errors; a row that is not there is removed
 * with 0. Rows of arrays are removed by writing zeros. Nobody writes TABLE_CLOCK, whose time would
 * stand still: the kernel ends the timer of a row that is written.
 */
int table_put(const struct tables *tables, enum table table, const void *key, const void *val);
int table_get(const struct tables *tables, enum table table, const void *key, void *val);
int table_remove(const struct tables *tables, enum table table, const void *key);
/* the key after @prev (NULL: the first) of a hash; -ENOENT at its end */
int table_next(const struct tables *tables, enum table table, const void *prev, void *next);
bool table_is_array(enum table table);

/* reads one row; 0 or -ENOENT */
int tables_port(const struct tables *tables, uint32_t number, struct evb_port *out);

/* counters of a port, summed over the CPUs */
int tables_stats(const struct tables *tables, uint32_t number, struct evb_stats *out);
int tables_stats_reset(const struct tables *tables, uint32_t number);

/* addresses that a port has by learning; the switch's clock, in seconds. 0 or a negative errno. */
int tables_learned(const struct tables *tables, uint32_t number, uint32_t *out);
int tables_clock(const struct tables *tables, uint64_t *out);

/*
 * tables_each_fdb() - calls @fn for every row in no particular order until it returns non-zero, and
 * returns that, or a negative errno (logged); rows that come and go meanwhile may be missed, none is
 * met twice.
 */
int tables_each_fdb(const struct tables *tables,
		    int (*fn)(const struct evb_fdb_key *key, const struct evb_fdb_val *val, void *arg),
		    void *arg);
int tables_each_vlan(const struct tables *tables,
		     int (*fn)(const struct evb_vlan_key *key, const struct evb_vlan_val *val,
			       void *arg),
		     void *arg);
