/* SPDX-License-Identifier: GPL-2.0-only */
#include "tables.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "log.h"
#include "pin.h"


static const struct {
	const char *name;
	enum bpf_map_type type;
	uint32_t key_size, value_size;
} tables_want[TABLE__MAX] = {
	[TABLE_CONFIG] = {"evb_config", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct evb_config_val)},
	[TABLE_JOURNAL] = {"evb_journal", BPF_MAP_TYPE_HASH, 4, sizeof(struct evb_undo_val)},
	[TABLE_PORTS] = {"evb_ports", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct evb_port)},
	[TABLE_INGRESS] = {"evb_ingress", BPF_MAP_TYPE_HASH, sizeof(struct evb_ingress_key),
			   sizeof(struct evb_ingress_val)},
	[TABLE_IFACES] = {"evb_ifaces", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct evb_iface)},
	[TABLE_DOMAINS] = {"evb_domains", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct evb_domain)},
	[TABLE_VLANS] = {"evb_vlans", BPF_MAP_TYPE_HASH, sizeof(struct evb_vlan_key),
			 sizeof(struct evb_vlan_val)},
	[TABLE_FDB] = {"evb_fdb", BPF_MAP_TYPE_HASH, sizeof(struct evb_fdb_key),
		       sizeof(struct evb_fdb_val)},
	[TABLE_GROUPS] = {"evb_groups", BPF_MAP_TYPE_HASH, 4, sizeof(struct evb_group)},
	[TABLE_STATS] = {"evb_stats", BPF_MAP_TYPE_PERCPU_ARRAY, 4, sizeof(struct evb_stats)},
	[TABLE_TX] = {"evb_tx", BPF_MAP_TYPE_DEVMAP_HASH, 4, sizeof(struct bpf_devmap_val)},
	[TABLE_TRACE] = {"evb_trace", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct evb_trace)},
	[TABLE_MULTICAST] = {"evb_multicast", BPF_MAP_TYPE_HASH, sizeof(struct evb_multicast_key),
			     4},
	[TABLE_GUARD] = {"evb_guard", BPF_MAP_TYPE_LPM_TRIE, sizeof(struct evb_guard_key), 4},
	[TABLE_ACLS] = {"evb_acls", BPF_MAP_TYPE_HASH, 4, sizeof(struct evb_acl)},
	[TABLE_ACL_HITS] = {"evb_acl_hits", BPF_MAP_TYPE_PERCPU_HASH, sizeof(struct evb_hits_key),
			    8},
	[TABLE_METERS] = {"evb_meters", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct evb_meter)},
	[TABLE_FDB_NEAR] = {"evb_fdb_near", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct evb_near)},
	[TABLE_EVENTS] = {"evb_events", BPF_MAP_TYPE_RINGBUF, 0, 0},
	[TABLE_LEARN] = {"evb_learn", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct evb_learn)},
	[TABLE_CLOCK] = {"evb_clock", BPF_MAP_TYPE_ARRAY, 4, sizeof(struct evb_clock_val)},
};

const char *table_name(enum table table)
{
	return (unsigned int)table < TABLE__MAX ? tables_want[table].name : "?";
}

static int table_open(const char *name, enum table table)
{
	char path[PIN_PATH_LEN];
	int fd = bpf_obj_get(pin_path(path, name, table_name(table)));

	return fd < 0 ? -errno : fd;
}

static int table_check(const char *name, enum table table, int fd)
{
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);

	if (bpf_obj_get_info_by_fd(fd, &info, &len))
		return log_err_r(-errno, "%s: cannot ask the kernel about map %s: %s", name,
				 table_name(table), log_errno(errno));
	if (info.type == tables_want[table].type &&
	    info.key_size == tables_want[table].key_size &&
	    info.value_size == tables_want[table].value_size)
		return 0;
	return log_err_r(-EPROTO,
			 "%s: map %s is not the one of this version of evbpf; detach the switch with the "
			 "version that attached it",
			 name, table_name(table));
}

static int tables_check_layout(const char *name, const struct tables *tables)
{
	struct evb_config_val *config;
	int err = tables_config(tables, &config);

	if (err)
		return err;
	if (config->layout != EVB_LAYOUT)
		err = log_err_r(-EPROTO,
				"%s: its tables have layout %u (evbpf %.15s), this version has layout %u; "
				"detach the switch with the version that attached it",
				name, config->layout, config->version, EVB_LAYOUT);
	free(config);
	return err;
}

int tables_open(const char *name, struct tables *out)
{
	struct tables tables = TABLES_NONE;
	int err = pin_switch_exists(name);

	if (err == 0)
		return log_err_r(-ENOENT, "no switch is called %s: `evbpf list` shows those that are attached",
				 name);
	if (err < 0)
		return err;
	for (int i = 0; i < TABLE__MAX; i++) {
		tables.fd[i] = table_open(name, i);
		err = tables.fd[i] < 0 ? tables.fd[i] : table_check(name, i, tables.fd[i]);
		if (tables.fd[i] < 0)
			log_err("%s: cannot open its map %s: %s%s", name, table_name(i), log_errno(err),
				err == -ENOENT ? "; its attach did not finish: evbpf detach it" : "");
		if (!err && i == TABLE_CONFIG)
			err = tables_check_layout(name, &tables);
		if (err) {
			tables_close(&tables);
			return err;
		}
	}
	*out = tables;
	return 0;
}

void tables_close(struct tables *tables)
{
	for (int i = 0; i < TABLE__MAX; i++) {
		if (tables->fd[i] >= 0)
			close(tables->fd[i]);
		tables->fd[i] = -1;
	}
}

int tables_config(const struct tables *tables, struct evb_config_val **out)
{
	struct evb_config_val *val = calloc(1, sizeof(*val));
	__u32 zero = 0;

	if (!val)
		return log_err_r(-ENOMEM, "out of memory");
	if (bpf_map_lookup_elem(tables->fd[TABLE_CONFIG], &zero, val)) {
		int err = -errno;

		free(val);
		return log_err_r(err, "cannot read map evb_config: %s", log_errno(err));
	}
	*out = val;
	return 0;
}

uint32_t table_key_size(enum table table)
{
	return tables_want[table].key_size;
}

uint32_t table_value_size(enum table table)
{
	return tables_want[table].value_size;
}

bool table_is_array(enum table table)
{
	return tables_want[table].type == BPF_MAP_TYPE_ARRAY;
}

int table_put(const struct tables *tables, enum table table, const void *key, const void *val)
{
	if (!bpf_map_update_elem(tables->fd[table], key, val, BPF_ANY))
		return 0;
	return log_err_r(-errno, "cannot write a row of map %s: %s", table_name(table),
			 log_errno(errno));
}

int table_get(const struct tables *tables, enum table table, const void *key, void *val)
{
	return bpf_map_lookup_elem(tables->fd[table], key, val) ? -errno : 0;
}

int table_remove(const struct tables *tables, enum table table, const void *key)
{
	if (table_is_array(table)) {
		static const char zero[sizeof(struct evb_port) + sizeof(struct evb_meter) +
				       sizeof(struct evb_iface) + sizeof(struct evb_near)];

		return table_put(tables, table, key, zero);
	}
	if (!bpf_map_delete_elem(tables->fd[table], key) || errno == ENOENT)
		return 0;
	return log_err_r(-errno, "cannot remove a row of map %s: %s", table_name(table),
			 log_errno(errno));
}

int table_next(const struct tables *tables, enum table table, const void *prev, void *next)
{
	return bpf_map_get_next_key(tables->fd[table], prev, next) ? -ENOENT : 0;
}

int tables_set_config(const struct tables *tables, const struct evb_config_val *val)
{
	__u32 zero = 0;

	return table_put(tables, TABLE_CONFIG, &zero, val);
}

int tables_port(const struct tables *tables, uint32_t number, struct evb_port *out)
{
	struct evb_port row;

	if (bpf_map_lookup_elem(tables->fd[TABLE_PORTS], &number, &row) ||
	    row.kind == EVB_KIND_NONE)
		return -ENOENT;
	*out = row;
	return 0;
}

static void count_sum(struct evb_count *sum, const struct evb_count *add)
{
	sum->packets += add->packets;
	sum->bytes += add->bytes;
	sum->multicast += add->multicast;
	sum->broadcast += add->broadcast;
	sum->dropped += add->dropped;
}

/* room for one value of each CPU */
static struct evb_stats *stats_alloc(int *cpus)
{
	*cpus = libbpf_num_possible_cpus();
	if (*cpus <= 0)
		return NULL;
	return calloc(*cpus, sizeof(struct evb_stats));
}

int tables_stats(const struct tables *tables, uint32_t number, struct evb_stats *out)
{
	struct evb_stats *each;
	int cpus;

	each = stats_alloc(&cpus);
	if (!each)
		return -ENOMEM;
	memset(out, 0, sizeof(*out));
	if (bpf_map_lookup_elem(tables->fd[TABLE_STATS], &number, each)) {
		int err = -errno;

		free(each);
		return err;
	}
	for (int i = 0; i < cpus; i++) {
		count_sum(&out->in, &each[i].in);
		count_sum(&out->out, &each[i].out);
		for (int j = 0; j < EVB_DROP__MAX; j++)
			out->drops[j] += each[i].drops[j];
		out->learned += each[i].learned;
		out->moved += each[i].moved;
	}
	free(each);
	return 0;
}

int tables_stats_reset(const struct tables *tables, uint32_t number)
{
	struct evb_stats *zero;
	int cpus, err;

	zero = stats_alloc(&cpus);
	if (!zero)
		return -ENOMEM;
	err = table_put(tables, TABLE_STATS, &number, zero);
	free(zero);
	return err;
}

int tables_learned(const struct tables *tables, uint32_t number, uint32_t *out)
{
	struct evb_learn row;
	int err = table_get(tables, TABLE_LEARN, &number, &row);

	if (!err)
		*out = row.count;
	return err;
}

int tables_clock(const struct tables *tables, uint64_t *out)
{
	struct evb_clock_val row;
	__u32 zero = 0;
	int err = table_get(tables, TABLE_CLOCK, &zero, &row);

	if (!err)
		*out = row.now;
	return err;
}

#define BATCH_MIN 256	      /* rows asked for at once */
#define BATCH_MAX (1u << 18) /* a bucket of a hash never has so many */

typedef int (*row_fn)(const void *key, const void *val, void *arg);

/* rows of a hash, bucket by bucket */
struct batch {
	const struct tables *tables;
	enum table table;
	uint32_t max;
	char *keys, *vals;
	uint32_t place; /* where the kernel goes on */
	bool begun;
};

static int batch_grow(struct batch *batch, uint32_t max)
{
	char *keys = realloc(batch->keys, (size_t)max * table_key_size(batch->table));
	char *vals;

	if (keys)
		batch->keys = keys;
	vals = realloc(batch->vals, (size_t)max * table_value_size(batch->table));
	if (vals)
		batch->vals = vals;
	if (!keys || !vals)
		return log_err_r(-ENOMEM, "out of memory");
	batch->max = max;
	return 0;
}

/* *n rows more; -ENOENT with the last of them, if any */
static int batch_next(struct batch *batch, uint32_t *n)
{
	int err;

	for (;;) {
		uint32_t place = 0;

		*n = batch->max;
		err = bpf_map_lookup_batch(batch->tables->fd[batch->table],
					   batch->begun ? &batch->place : NULL, &place, batch->keys,
					   batch->vals, n, NULL)
			      ? -errno
			      : 0;
		if (err != -ENOSPC) { /* a bucket with more rows than there is room for */
			batch->place = place;
			batch->begun = true;
			break;
		}
		if (batch->max >= BATCH_MAX)
			break;
		err = batch_grow(batch, 2 * batch->max);
		if (err)
			return err;
	}
	if (err && err != -ENOENT)
		log_err("cannot read map %s: %s", table_name(batch->table), log_errno(err));
	return err;
}

static int table_each(const struct tables *tables, enum table table, row_fn fn, void *arg)
{
	struct batch batch = {.tables = tables, .table = table};
	int err = batch_grow(&batch, BATCH_MIN), ret = 0;
	uint32_t n;

	while (!err && !ret) {
		err = batch_next(&batch, &n);
		if (err && err != -ENOENT)
			break;
		for (uint32_t i = 0; !ret && i < n; i++)
			ret = fn(batch.keys + (size_t)i * table_key_size(table),
				 batch.vals + (size_t)i * table_value_size(table), arg);
	}
	free(batch.keys);
	free(batch.vals);
	return ret ? ret : err == -ENOENT ? 0 : err;
}

/* what the typed callbacks go through */
struct each_fdb {
	int (*fn)(const struct evb_fdb_key *key, const struct evb_fdb_val *val, void *arg);
	void *arg;
};
struct each_vlan {
	int (*fn)(const struct evb_vlan_key *key, const struct evb_vlan_val *val, void *arg);
	void *arg;
};

static int each_fdb(const void *key, const void *val, void *arg)
{
	const struct each_fdb *each = arg;

	return each->fn(key, val, each->arg);
}

static int each_vlan(const void *key, const void *val, void *arg)
{
	const struct each_vlan *each = arg;

	return each->fn(key, val, each->arg);
}

int tables_each_fdb(const struct tables *tables,
		    int (*fn)(const struct evb_fdb_key *key, const struct evb_fdb_val *val, void *arg),
		    void *arg)
{
	struct each_fdb each = {.fn = fn, .arg = arg};

	return table_each(tables, TABLE_FDB, each_fdb, &each);
}

int tables_each_vlan(const struct tables *tables,
		     int (*fn)(const struct evb_vlan_key *key, const struct evb_vlan_val *val,
			       void *arg),
		     void *arg)
{
	struct each_vlan each = {.fn = fn, .arg = arg};

	return table_each(tables, TABLE_VLANS, each_vlan, &each);
}
