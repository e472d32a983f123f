/* SPDX-License-Identifier: GPL-2.0-only */
#include "rows.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "fault.h"
#include "log.h"

#define ROWS_KEY_MAX 64	   /* bytes of the longest key */
#define ROWS_CPUS_MAX 8192 /* more than any kernel can have */

static const char rows_zero[8 * ROWS_CPUS_MAX]; /* a counter on every CPU */

/* rows of one table as the plan wants them */
struct wanted {
	enum table table;
	unsigned int n;
	const char *base;
	size_t stride, row; /* of an entry; offset of its row, behind its key */
};

/* in the order in which they are written; removed in the opposite one */
static const enum table rows_order[] = {
	TABLE_ACL_HITS, TABLE_ACLS,  TABLE_METERS,  TABLE_GUARD, TABLE_MULTICAST, TABLE_TX,
	TABLE_PORTS,	TABLE_GROUPS, TABLE_FDB,    TABLE_FDB_NEAR, TABLE_VLANS,
	TABLE_DOMAINS,	TABLE_INGRESS, TABLE_IFACES,
};
#define ROWS_TABLES (sizeof(rows_order) / sizeof(rows_order[0]))

/* rows that follow from the plan's ports and rules */
struct derived_ingress {
	struct evb_ingress_key key;
	struct evb_ingress_val row;
};
struct derived_iface {
	uint32_t key;
	struct evb_iface row;
};
struct derived_tx {
	uint32_t key;
	uint32_t ifindex, prog;
};
struct derived_hits {
	struct evb_hits_key key;
	uint32_t pad;
	uint64_t row;
};

struct derived_near {
	uint32_t key;
	struct evb_near row;
};

struct derived {
	unsigned int n_ingress, n_ifaces, n_tx, n_hits, n_near;
	struct derived_near *near;
	struct derived_ingress *ingress;
	struct derived_iface *ifaces;
	struct derived_tx *tx;
	struct derived_hits *hits;
};

static void derive_iface(struct derived *d, const struct plan_port *port)
{
	uint32_t slot = port->row.ifindex % EVB_IFACES_MAX;

	for (unsigned int i = 0; i < d->n_ifaces; i++)
		if (d->ifaces[i].key == slot)
			return; /* evb_ingress has it */
	d->ifaces[d->n_ifaces].key = slot;
	d->ifaces[d->n_ifaces].row.ifindex = port->row.ifindex;
	d->ifaces[d->n_ifaces++].row.port = port->number;
}

/* the first address of a slot has it */
static int derive_near(struct derived *d, const struct plan *plan)
{
	bool *taken = calloc(EVB_NEAR_MAX, sizeof(*taken));

	d->near = calloc(plan->n_fdb + 1, sizeof(*d->near));
	for (unsigned int i = 0; taken && d->near && i < plan->n_fdb; i++) {
		uint32_t slot = evb_near_slot(&plan->fdb[i].key);
		struct derived_near *near = &d->near[d->n_near];

		if (taken[slot])
			continue;
		taken[slot] = true;
		near->key = slot;
		near->row.word = evb_near_word(&plan->fdb[i].key, plan->fdb[i].row.port);
		d->n_near++;
	}
	free(taken);
	return taken && d->near ? 0 : -ENOMEM;
}

static void derive_ingress(struct derived *d, uint32_t ifindex, uint32_t channel, uint32_t port)
{
	if (!ifindex)
		return;
	d->ingress[d->n_ingress].key.ifindex = ifindex;
	d->ingress[d->n_ingress].key.channel = channel;
	d->ingress[d->n_ingress++].row.port = port;
}

/* does the frame's way in tell the port? The PF's frames are told by the hook, a group sends none */
static bool has_ingress(const struct evb_port *row)
{
	if (row->kind == EVB_KIND_REPLICATION)
		return row->relay == EVB_RELAY_EXTENDER; /* its id comes from above */
	return row->kind != EVB_KIND_PF;
}

/* @wire: ifindex of the uplink, on which an extender's ports have their ids */
static void derive_port(struct derived *d, const struct plan_port *port, uint32_t wire)
{
	if (port->row.extended)
		derive_ingress(d, wire, port->row.extended, port->number);
	if (!port->row.ifindex)
		return;
	if (has_ingress(&port->row)) {
		derive_ingress(d, port->row.ifindex, port->row.channel, port->number);
		if (!port->row.channel)
			derive_iface(d, port);
	}
	if (port->row.xdp_slot) {
		d->tx[d->n_tx].key = port->number;
		d->tx[d->n_tx++].ifindex = port->row.ifindex;
	}
}

static void derived_free(struct derived *d)
{
	free(d->ingress);
	free(d->ifaces);
	free(d->tx);
	free(d->hits);
	free(d->near);
}

static int derive(const struct plan *plan, struct derived *d)
{
	const struct evb_port *uplink = plan_port_get(plan, EVB_PORT_UPLINK);
	unsigned int rules = 0;

	for (unsigned int i = 0; i < plan->n_acls; i++)
		rules += plan->acls[i].row.count;
	d->ingress = calloc(2 * plan->n_ports + plan->n_ids + 1, sizeof(*d->ingress));
	d->ifaces = calloc(plan->n_ports + 1, sizeof(*d->ifaces));
	d->tx = calloc(plan->n_ports + 1, sizeof(*d->tx));
	d->hits = calloc(rules + 1, sizeof(*d->hits));
	if (!d->ingress || !d->ifaces || !d->tx || !d->hits)
		return -ENOMEM;
	for (unsigned int i = 0; i < plan->n_ports; i++)
		derive_port(d, &plan->ports[i], uplink ? uplink->ifindex : 0);
	for (unsigned int i = 0; i < plan->n_ids; i++)
		derive_ingress(d, uplink ? uplink->ifindex : 0, plan->ids[i].id, plan->ids[i].port);
	for (unsigned int i = 0; i < plan->n_acls; i++)
		for (unsigned int rule = 0; rule < plan->acls[i].row.count; rule++) {
			d->hits[d->n_hits].key.acl = plan->acls[i].number;
			d->hits[d->n_hits++].key.rule = rule;
		}
	return derive_near(d, plan);
}

#define WANTED(table_, list_, count_)                                                              \
	(struct wanted)                                                                            \
	{                                                                                          \
		.table = (table_), .n = (count_), .base = (const char *)(list_),                   \
		.stride = sizeof(*(list_)), .row = (const char *)&(list_)->row - (const char *)(list_), \
	}

static struct wanted wanted_of(const struct plan *plan, const struct derived *d, enum table table)
{
	struct wanted tx = {.table = TABLE_TX,
			    .n = d->n_tx,
			    .base = (const char *)d->tx,
			    .stride = sizeof(*d->tx),
			    .row = offsetof(struct derived_tx, ifindex)};

	switch (table) {
	case TABLE_PORTS:
		return WANTED(table, plan->ports, plan->n_ports);
	case TABLE_DOMAINS:
		return WANTED(table, plan->domains, plan->n_domains);
	case TABLE_VLANS:
		return WANTED(table, plan->vlans, plan->n_vlans);
	case TABLE_FDB:
		return WANTED(table, plan->fdb, plan->n_fdb);
	case TABLE_GROUPS:
		return WANTED(table, plan->groups, plan->n_groups);
	case TABLE_MULTICAST:
		return WANTED(table, plan->multicast, plan->n_multicast);
	case TABLE_GUARD:
		return WANTED(table, plan->guard, plan->n_guard);
	case TABLE_ACLS:
		return WANTED(table, plan->acls, plan->n_acls);
	case TABLE_METERS:
		return WANTED(table, plan->meters, plan->n_meters);
	case TABLE_INGRESS:
		return WANTED(table, d->ingress, d->n_ingress);
	case TABLE_IFACES:
		return WANTED(table, d->ifaces, d->n_ifaces);
	case TABLE_FDB_NEAR:
		return WANTED(table, d->near, d->n_near);
	case TABLE_ACL_HITS:
		return WANTED(table, d->hits, d->n_hits);
	default:
		return tx;
	}
}

/* what the data plane writes into a row is no difference */
static bool row_same(enum table table, const void *a, const void *b)
{
	const struct evb_meter *x = a, *y = b;

	if (table == TABLE_FDB_NEAR)
		return ((const struct evb_near *)a)->word == ((const struct evb_near *)b)->word;
	if (table == TABLE_METERS)
		return x->cost == y->cost && x->burst == y->burst;
	if (table == TABLE_ACL_HITS)
		return true;
	if (table == TABLE_TX) /* behind the ifindex stands the id of a program */
		return !memcmp(a, b, sizeof(uint32_t));
	return !memcmp(a, b, table_value_size(table));
}

/* of an array */
static bool row_empty(enum table table, const void *row)
{
	const char *bytes = row;

	if (table == TABLE_FDB_NEAR)
		return !((const struct evb_near *)row)->word;
	return !bytes[0] && !memcmp(bytes, bytes + 1, table_value_size(table) - 1);
}

/* what the data plane remembers of what it has learned is its own */
static bool near_learned(const struct tables *tables, enum table table, const void *key,
			 const void *row)
{
	const struct evb_near *near = row;
	struct evb_fdb_key address;
	struct evb_fdb_val val;
	uint32_t slot;

	if (table != TABLE_FDB_NEAR)
		return false;
	memcpy(&slot, key, sizeof(slot));
	evb_near_key(slot, near->word, &address);
	return !table_get(tables, TABLE_FDB, &address, &val) && val.kind == EVB_FDB_LEARNED;
}

/* room for one row as the map gives it: one value for each CPU in a per-CPU map */
static size_t row_room(enum table table)
{
	return table == TABLE_ACL_HITS ? 8 * ROWS_CPUS_MAX : table_value_size(table);
}

static int rows_add(struct rows *rows, enum table table, const void *key, const void *old,
		    const void *new)
{
	size_t size = (table_value_size(table) + 7) & ~7ul, key_room = ROWS_KEY_MAX;
	struct row_change *change;

	if (rows->n == rows->max) {
		unsigned int max = rows->max ? rows->max * 2 : 256;
		struct row_change *list = realloc(rows->list, max * sizeof(*list));

		if (!list)
			return -ENOMEM;
		rows->list = list;
		rows->max = max;
	}
	change = &rows->list[rows->n];
	change->table = table;
	change->key = calloc(1, key_room + 2 * size);
	if (!change->key)
		return -ENOMEM;
	memcpy(change->key, key, table_key_size(table));
	change->old = old ? memcpy(change->key + key_room, old, table_value_size(table)) : NULL;
	change->new = new ? memcpy(change->key + key_room + size, new, table_value_size(table)) : NULL;
	rows->n++;
	return 0;
}

/* an array as a whole, of which rows that are all zero count as missing */
struct there {
	char *rows; /* NULL: a hash, asked row by row */
	char *one;
	char *keys; /* of a trie, which answers for a key with what covers it: all of them, sorted */
	unsigned int n_keys;
	size_t mapped; /* bytes of rows, where they are the map's own; 0: a copy */
};

static const unsigned int array_sizes[TABLE__MAX] = {
	[TABLE_PORTS] = EVB_PORTS_MAX,
	[TABLE_DOMAINS] = EVB_DOMAINS_MAX,
	[TABLE_METERS] = EVB_PORTS_MAX * EVB_METERS,
	[TABLE_IFACES] = EVB_IFACES_MAX,
	[TABLE_FDB_NEAR] = EVB_NEAR_MAX,
};

/* large arrays can be mapped: reading them row by row takes 300 ns a row */
static bool there_map(const struct tables *tables, enum table table, struct there *out)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	size_t size = array_sizes[table] * (size_t)table_value_size(table);
	void *rows;

	if (table_value_size(table) % 8) /* in the kernel each row begins at a multiple of 8 */
		return false;
	size = (size + page - 1) / page * page;
	rows = mmap(NULL, size, PROT_READ, MAP_SHARED, tables->fd[table], 0);
	if (rows == MAP_FAILED)
		return false;
	out->rows = rows;
	out->mapped = size;
	return true;
}

static int key_compare(const void *a, const void *b, void *size)
{
	return memcmp(a, b, *(const size_t *)size);
}

static bool key_is_in(const char *keys, unsigned int n, size_t size, const void *key)
{
	unsigned int low = 0;

	while (low < n) {
		unsigned int mid = (low + n) / 2;
		int order = memcmp(keys + mid * size, key, size);

		if (!order)
			return true;
		if (order < 0)
			low = mid + 1;
		else
			n = mid;
	}
	return false;
}

/* the next key of a hash, or of an array the next number */
static int key_next(const struct tables *tables, enum table table, bool first, char *key)
{
	char next[ROWS_KEY_MAX];
	uint32_t number = 0;
	int err;

	if (!array_sizes[table]) {
		err = table_next(tables, table, first ? NULL : key, next);
		if (!err)
			memcpy(key, next, table_key_size(table));
		return err;
	}
	if (!first) {
		memcpy(&number, key, sizeof(number));
		number++;
	}
	memcpy(key, &number, sizeof(number));
	return number < array_sizes[table] ? 0 : -ENOENT;
}

static int there_keys(const struct tables *tables, enum table table, struct there *out)
{
	size_t size = table_key_size(table);
	unsigned int max = 0;
	char key[ROWS_KEY_MAX] = {};

	for (bool first = true; !key_next(tables, table, first, key); first = false) {
		char *keys = out->keys;

		if (out->n_keys == max) {
			max = max ? 2 * max : 64;
			keys = realloc(keys, max * size);
			if (!keys)
				return -ENOMEM;
			out->keys = keys;
		}
		memcpy(keys + out->n_keys++ * size, key, size);
	}
	if (out->n_keys)
		qsort_r(out->keys, out->n_keys, size, key_compare, &size);
	return 0;
}

static int there_open(const struct tables *tables, enum table table, struct there *out)
{
	uint32_t n = array_sizes[table], *keys, out_batch;
	int err;

	*out = (struct there){.one = calloc(1, row_room(table))};
	if (out->one && table == TABLE_GUARD)
		return there_keys(tables, table, out);
	if (!n || (out->one && there_map(tables, table, out)))
		return out->one ? 0 : -ENOMEM;
	out->rows = calloc(n, table_value_size(table));
	keys = calloc(n, sizeof(*keys));
	err = out->one && out->rows && keys ? 0 : -ENOMEM;
	if (!err && bpf_map_lookup_batch(tables->fd[table], NULL, &out_batch, keys, out->rows, &n,
					 NULL) && errno != ENOENT)
		err = log_err_r(-errno, "cannot read map %s: %s", table_name(table), log_errno(errno));
	free(keys);
	return err;
}

static void there_close(struct there *there)
{
	if (there->mapped)
		munmap(there->rows, there->mapped);
	else
		free(there->rows);
	free(there->one);
	free(there->keys);
}

/* the row with that key, NULL if there is none */
static const void *there_get(const struct tables *tables, enum table table, struct there *there,
			     const void *key)
{
	uint32_t number;
	char *row;

	if (table == TABLE_GUARD && !key_is_in(there->keys, there->n_keys, table_key_size(table), key))
		return NULL;
	if (!there->rows)
		return table_get(tables, table, key, there->one) ? NULL : there->one;
	memcpy(&number, key, sizeof(number));
	row = there->rows + (size_t)number * table_value_size(table);
	return row_empty(table, row) ? NULL : row;
}

/* a slot that another address has taken by learning is as good as one that it shares */
static bool near_is_busy(const struct tables *tables, enum table table, const void *key,
			 const void *have, const void *want)
{
	if (table != TABLE_FDB_NEAR)
		return false;
	return (((const struct evb_near *)have)->word ^ ((const struct evb_near *)want)->word) >=
		       EVB_NEAR_MAX &&
	       near_learned(tables, table, key, have);
}

static int diff_wanted(const struct tables *tables, const struct wanted *wanted,
		       struct there *there, struct rows *rows)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < wanted->n; i++) {
		const char *key = wanted->base + i * wanted->stride, *row = key + wanted->row;
		const void *have = there_get(tables, wanted->table, there, key);

		if (have && near_is_busy(tables, wanted->table, key, have, row))
			continue;
		if (!have || !row_same(wanted->table, have, row))
			err = rows_add(rows, wanted->table, key, have, row);
	}
	return err;
}

/* the keys that the plan wants, sorted by their bytes */
static char *wanted_keys(const struct wanted *wanted, size_t size)
{
	char *keys = calloc(wanted->n + 1, size);

	for (unsigned int i = 0; keys && i < wanted->n; i++)
		memcpy(keys + i * size, wanted->base + i * wanted->stride, size);
	if (keys)
		qsort_r(keys, wanted->n, size, key_compare, &size);
	return keys;
}

/* rows that are there and not wanted */
static int diff_unwanted(const struct tables *tables, const struct wanted *wanted,
			 struct there *there, struct rows *rows)
{
	size_t size = table_key_size(wanted->table);
	char *keys = wanted_keys(wanted, size), key[ROWS_KEY_MAX] = {};
	int err = keys ? 0 : -ENOMEM;
	const void *have;

	for (bool first = true; !err && !key_next(tables, wanted->table, first, key);
	     first = false) {
		if (key_is_in(keys, wanted->n, size, key))
			continue;
		have = there_get(tables, wanted->table, there, key);
		if (have && !near_learned(tables, wanted->table, key, have))
			err = rows_add(rows, wanted->table, key, have, NULL);
	}
	free(keys);
	return err;
}

struct unwanted_fdb {
	const char *keys; /* wanted */
	unsigned int n;
	struct rows *rows;
};

static int unwanted_address(const struct evb_fdb_key *key, const struct evb_fdb_val *val, void *arg)
{
	const struct unwanted_fdb *unwanted = arg;

	if (val->kind == EVB_FDB_LEARNED || key_is_in(unwanted->keys, unwanted->n, sizeof(*key), key))
		return 0;
	return rows_add(unwanted->rows, TABLE_FDB, key, val, NULL);
}

/* the same for evb_fdb, where addresses come and go meanwhile, and may be many */
static int diff_unwanted_fdb(const struct tables *tables, const struct wanted *wanted,
			     struct rows *rows)
{
	char *keys = wanted_keys(wanted, sizeof(struct evb_fdb_key));
	struct unwanted_fdb unwanted = {.keys = keys, .n = wanted->n, .rows = rows};
	int err = keys ? tables_each_fdb(tables, unwanted_address, &unwanted) : -ENOMEM;

	free(keys);
	return err;
}

static int diff_table(const struct tables *tables, const struct wanted *wanted, struct rows *rows)
{
	struct there there;
	int err = there_open(tables, wanted->table, &there);

	if (!err)
		err = diff_wanted(tables, wanted, &there, rows);
	if (!err && wanted->table == TABLE_FDB)
		err = diff_unwanted_fdb(tables, wanted, rows);
	else if (!err)
		err = diff_unwanted(tables, wanted, &there, rows);
	there_close(&there);
	return err;
}

int rows_diff(const struct tables *tables, const struct plan *plan, struct rows *out)
{
	struct derived derived = {};
	int err = derive(plan, &derived);

	memset(out, 0, sizeof(*out));
	for (unsigned int i = 0; !err && i < ROWS_TABLES; i++) {
		struct wanted wanted = wanted_of(plan, &derived, rows_order[i]);

		err = diff_table(tables, &wanted, out);
	}
	derived_free(&derived);
	return err == -ENOMEM ? log_err_r(err, "out of memory") : err;
}

void rows_free(struct rows *rows)
{
	for (unsigned int i = 0; i < rows->n; i++)
		free(rows->list[i].key);
	free(rows->list);
	memset(rows, 0, sizeof(*rows));
}

/* a port in no VLAN takes those of both kinds, and then of one; the others are read the same way */
static bool tpid_moves(const struct evb_port *old, const struct evb_port *new)
{
	if (old->tpid == new->tpid)
		return false;
	return old->vlan || new->vlan || (old->tpid && new->tpid);
}

/* a veth gets the frame either way */
static bool send_moves(const struct evb_port *old, const struct evb_port *new)
{
	bool was = old->send == EVB_SEND_DEV || old->send == EVB_SEND_PEER;
	bool is = new->send == EVB_SEND_DEV || new->send == EVB_SEND_PEER;

	return old->send != new->send && !(was && is);
}

/* of a bridge's port nothing hangs on it, unless its senders are held to it */
static bool mac_moves(const struct evb_port *old, const struct evb_port *new)
{
	if (!memcmp(old->mac, new->mac, sizeof(old->mac)))
		return false;
	return new->kind != EVB_KIND_PORT || old->spoofchk || new->spoofchk;
}

/* a wire's is that of frames from it, in no VLAN; nothing else goes with it */
static bool fid_moves(const struct evb_port *old, const struct evb_port *new)
{
	return old->fid != new->fid && new->kind != EVB_KIND_UPLINK;
}

/*
 * Fields that lead a frame into a VLAN or to a device: no frame may meet half of them. Those that
 * only say how tags of these VLANs are treated, and where evb_fdb is asked for the port's further
 * addresses, are right one by one: what they lead to is there before and goes after.
 */
static bool port_moves(const struct row_change *change)
{
	const struct evb_port *old = change->old, *new = change->new;

	if (change->table != TABLE_PORTS || !old)
		return false;
	return !new || old->ifindex != new->ifindex || send_moves(old, new) ||
	       old->domain != new->domain || old->wire != new->wire || old->channel != new->channel ||
	       old->channel_tag != new->channel_tag || old->extended != new->extended ||
	       fid_moves(old, new) ||
	       old->vlan != new->vlan || tpid_moves(old, new) ||
	       mac_moves(old, new);
}

static bool port_forgets(const struct row_change *change)
{
	const struct evb_port *old = change->old, *new = change->new;

	if (!old)
		return false;
	return !new || old->ifindex != new->ifindex || old->channel != new->channel ||
	       old->domain != new->domain || old->fid != new->fid || old->vlan != new->vlan ||
	       old->tpid != new->tpid || old->access != new->access ||
	       old->trunk_all != new->trunk_all || (old->learning && !new->learning) ||
	       old->learn_limit > new->learn_limit || (!old->down && new->down);
}

/* members of a VLAN that are not in it any more; a port that is in all stays in it */
static void mark_left(const struct row_change *change, const bool *in_all, bool *marked)
{
	const struct evb_vlan_val *old = change->old, *new = change->new;

	for (uint32_t i = 0; old && i < EVB_PORTS_MAX; i++)
		if (!in_all[i] && old->members[i / 64] >> (i % 64) & 1 &&
		    !(new && new->members[i / 64] >> (i % 64) & 1))
			marked[i] = true;
}

struct statics {
	uint8_t (*macs)[6]; /* sorted */
	unsigned int n;
	bool *marked;
};

static int mac_compare(const void *a, const void *b)
{
	return memcmp(a, b, 6);
}

static int mark_static(const struct evb_fdb_key *key, const struct evb_fdb_val *val, void *arg)
{
	const struct statics *statics = arg;

	if (val->kind == EVB_FDB_LEARNED && val->port < EVB_PORTS_MAX &&
	    bsearch(key->mac, statics->macs, statics->n, sizeof(statics->macs[0]), mac_compare))
		statics->marked[val->port] = true;
	return 0;
}

/* one row of a static address stands for all VLANs that no port names; it is learned in each of them */
static int mark_statics(const struct tables *tables, const struct rows *rows, bool *marked)
{
	struct statics statics = {.macs = calloc(rows->n + 1, sizeof(*statics.macs)), .marked = marked};
	int err = statics.macs ? 0 : -ENOMEM;

	for (unsigned int i = 0; !err && i < rows->n; i++)
		if (rows->list[i].table == TABLE_FDB && rows->list[i].new)
			memcpy(statics.macs[statics.n++],
			       ((const struct evb_fdb_key *)(const void *)rows->list[i].key)->mac, 6);
	if (statics.n) {
		qsort(statics.macs, statics.n, sizeof(statics.macs[0]), mac_compare);
		err = tables_each_fdb(tables, mark_static, &statics);
	}
	free(statics.macs);
	return err;
}

/* addresses learned in a VLAN that their port is not in: of a change that was killed */
struct strays {
	const struct plan *plan;
	bool *marked;
};

static int group_compare(const void *fid, const void *group)
{
	uint32_t a = *(const uint32_t *)fid, b = ((const struct plan_group *)group)->fid;

	return a < b ? -1 : a > b;
}

/* who is in a FID; where VLANs that no port names have FIDs of their own, in what stands for them */
static const struct evb_group *group_of(const struct plan *plan, uint32_t fid)
{
	const struct evb_domain *domain = &plan->domains[0].row;
	const struct plan_group *group = NULL;

	if (plan->n_groups)
		group = bsearch(&fid, plan->groups, plan->n_groups, sizeof(*group), group_compare);
	if (group)
		return &group->row;
	if (fid > domain->vlan_fid_s && fid - domain->vlan_fid_s <= EVB_VID_MAX)
		fid = domain->rest_fid_s;
	else if (fid > domain->vlan_fid_c && fid - domain->vlan_fid_c <= EVB_VID_MAX)
		fid = domain->rest_fid_c;
	else
		return NULL;
	if (plan->n_groups)
		group = bsearch(&fid, plan->groups, plan->n_groups, sizeof(*group), group_compare);
	return group ? &group->row : NULL;
}

static int mark_stray(const struct evb_fdb_key *key, const struct evb_fdb_val *val, void *arg)
{
	const struct strays *strays = arg;
	const struct evb_group *group;

	if (val->kind != EVB_FDB_LEARNED || val->port >= EVB_PORTS_MAX || strays->marked[val->port])
		return 0;
	group = group_of(strays->plan, key->fid);
	for (unsigned int i = 0; group && i < group->count; i++)
		if (group->port[i] & EVB_BUNDLE)
			i++; /* how many they are */
		else if (group->port[i] == val->port)
			return 0;
	strays->marked[val->port] = true;
	return 0;
}

static int mark_strays(const struct tables *tables, const struct plan *plan, bool *marked)
{
	struct strays strays = {.plan = plan, .marked = marked};

	if (!plan->n_domains || !plan->domains[0].row.vlan_fid_c) /* nothing learns */
		return 0;
	return tables_each_fdb(tables, mark_stray, &strays);
}

int rows_forgotten(const struct tables *tables, const struct rows *rows, const struct plan *plan,
		   int (*fn)(uint32_t port, void *arg), void *arg)
{
	bool marked[EVB_PORTS_MAX] = {}, in_all[EVB_PORTS_MAX] = {};
	int err = mark_statics(tables, rows, marked);
	uint32_t number;

	if (!err)
		err = mark_strays(tables, plan, marked);

	for (unsigned int i = 0; i < plan->n_ports; i++)
		in_all[plan->ports[i].number] = plan->ports[i].row.trunk_all;
	for (unsigned int i = 0; i < rows->n; i++) {
		const struct row_change *change = &rows->list[i];

		memcpy(&number, change->key, sizeof(number));
		if (change->table == TABLE_PORTS && port_forgets(change))
			marked[number] = true;
		if (change->table == TABLE_VLANS)
			mark_left(change, in_all, marked);
	}
	for (uint32_t i = EVB_PORT_NONE + 1; !err && i < EVB_PORTS_MAX; i++)
		if (marked[i])
			err = fn(i, arg);
	return err;
}

static int put_without_link(const struct tables *tables, const struct row_change *change,
			    const struct evb_port *row)
{
	struct evb_port quiet = *row;

	quiet.down = 1;
	quiet.plain_in = quiet.plain_out = EVB_FID_NONE;
	return table_put(tables, TABLE_PORTS, change->key, &quiet);
}

/* evb_fdb has the port's further addresses in both FIDs between rows_write() and rows_clean() */
static bool port_looks_elsewhere(const struct row_change *change)
{
	const struct evb_port *old = change->old, *new = change->new;

	return change->table == TABLE_PORTS && old && new && old->mac_fid != new->mac_fid &&
	       !port_moves(change);
}

static int put_looking_as_before(const struct tables *tables, const struct row_change *change)
{
	struct evb_port early = *(const struct evb_port *)change->new;

	early.mac_fid = ((const struct evb_port *)change->old)->mac_fid;
	return table_put(tables, TABLE_PORTS, change->key, &early);
}

int rows_quiet(const struct tables *tables, const struct rows *rows)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < rows->n; i++)
		if (port_moves(&rows->list[i]))
			err = put_without_link(tables, &rows->list[i], rows->list[i].old);
	return err;
}

/* the data plane reads and writes a slot at any time: key and port change at once */
static int near_put(const struct tables *tables, const char *key, uint64_t word)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), at;
	struct evb_near *slot;
	uint32_t number;
	char *map;

	memcpy(&number, key, sizeof(number));
	at = number * sizeof(struct evb_near);
	map = mmap(NULL, page, PROT_READ | PROT_WRITE, MAP_SHARED, tables->fd[TABLE_FDB_NEAR],
		   (off_t)(at / page * page));
	if (map == MAP_FAILED)
		return log_err_r(-errno, "cannot map %s: %s", table_name(TABLE_FDB_NEAR),
				 log_errno(errno));
	slot = (struct evb_near *)(map + at % page);
	__atomic_store_n(&slot->word, word, __ATOMIC_RELEASE);
	munmap(map, page);
	return 0;
}

/* a port that has the address may have noted it there again, while it was being removed */
static int near_forget(const struct tables *tables, const struct evb_fdb_key *key)
{
	uint32_t slot = evb_near_slot(key);
	struct evb_near near;

	if (table_get(tables, TABLE_FDB_NEAR, &slot, &near) ||
	    (near.word ^ evb_near_word(key, 0)) >= EVB_NEAR_MAX)
		return 0;
	return near_put(tables, (const char *)&slot, 0);
}

static int row_remove(const struct tables *tables, const struct row_change *change)
{
	int err;

	if (change->table == TABLE_FDB_NEAR)
		return near_put(tables, change->key, 0);
	err = table_remove(tables, change->table, change->key);
	if (!err && change->table == TABLE_FDB)
		err = near_forget(tables, (const struct evb_fdb_key *)(const void *)change->key);
	return err;
}

#define FORGET_TRIES 100 /* its sender may move to another port, again and again */

/*
 * In place of an address that was learned at a port, or it would count as one for ever. The walk that
 * forgets takes longer than a fast sender needs to be learned again, so the port learns nothing.
 */
static int fdb_replace(const struct tables *tables, const struct rows *rows, uint32_t number,
		       const void *key, const void *row)
{
	struct evb_port port, deaf;
	int err = table_get(tables, TABLE_PORTS, &number, &port), ret;

	if (err)
		return err;
	deaf = port;
	deaf.learning = 0;
	err = table_put(tables, TABLE_PORTS, &number, &deaf);
	if (!err)
		err = rows->forget(number, rows->forget_arg);
	if (!err && bpf_map_update_elem(tables->fd[TABLE_FDB], key, row, BPF_NOEXIST))
		err = -errno;
	ret = table_put(tables, TABLE_PORTS, &number, &port);
	return err ? err : ret;
}

static int fdb_put(const struct tables *tables, const struct rows *rows,
		   const struct row_change *change, const void *row)
{
	struct evb_fdb_val have;
	int err = -EEXIST;

	for (int i = 0; err == -EEXIST && i < FORGET_TRIES; i++) {
		if (!bpf_map_update_elem(tables->fd[TABLE_FDB], change->key, row, BPF_NOEXIST))
			return 0;
		err = -errno;
		if (err != -EEXIST || table_get(tables, TABLE_FDB, change->key, &have))
			continue;
		if (have.kind != EVB_FDB_LEARNED || !rows->forget)
			return table_put(tables, TABLE_FDB, change->key, row);
		if (have.port != EVB_PORT_NONE)
			err = fdb_replace(tables, rows, have.port, change->key, row);
	}
	return err ? log_err_r(err, "cannot write a row of %s: %s", table_name(TABLE_FDB), log_errno(err)) :
		     0;
}

/* LPM tries and arrays have no other way; per-CPU counters begin at 0 */
static int row_put(const struct tables *tables, const struct rows *rows,
		   const struct row_change *change, const void *row)
{
	if (change->table == TABLE_FDB)
		return fdb_put(tables, rows, change, row);
	if (change->table == TABLE_FDB_NEAR)
		return near_put(tables, change->key, ((const struct evb_near *)row)->word);
	return table_put(tables, change->table, change->key,
			 change->table == TABLE_ACL_HITS ? rows_zero : row);
}

/* other rules have not been hit yet; their counters stand by number */
static int hits_reset(const struct tables *tables, const struct row_change *change)
{
	const struct evb_acl *acl = change->new;
	struct evb_hits_key key = {};
	uint32_t number;
	int err = 0;

	memcpy(&number, change->key, sizeof(number));
	key.acl = number;
	for (unsigned int rule = 0; !err && rule < acl->count; rule++) {
		key.rule = rule;
		err = table_put(tables, TABLE_ACL_HITS, &key, rows_zero);
	}
	return err;
}

int rows_write(const struct tables *tables, const struct rows *rows)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < rows->n; i++) {
		const struct row_change *change = &rows->list[i];

		if (!change->new)
			continue;
		err = fault_point("row");
		if (err)
			return log_err_r(err, "stopped before a row of %s", table_name(change->table));
		if (change->table == TABLE_ACLS && change->old)
			err = hits_reset(tables, change);
		if (err)
			break;
		if (port_moves(change))
			err = put_without_link(tables, change, change->new);
		else if (port_looks_elsewhere(change))
			err = put_looking_as_before(tables, change);
		else
			err = row_put(tables, rows, change, change->new);
	}
	return err;
}

int rows_clean(const struct tables *tables, const struct rows *rows)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < rows->n; i++)
		if (port_looks_elsewhere(&rows->list[i]))
			err = row_put(tables, rows, &rows->list[i], rows->list[i].new);
	if (!err && fault_point("removal"))
		return log_err_r(-EIO, "stopped before the removal of rows");
	for (unsigned int i = rows->n; !err && i > 0; i--)
		if (!rows->list[i - 1].new)
			err = row_remove(tables, &rows->list[i - 1]);
	for (unsigned int i = 0; !err && i < rows->n; i++)
		if (rows->list[i].new && port_moves(&rows->list[i]))
			err = row_put(tables, rows, &rows->list[i], rows->list[i].new);
	return err;
}

/* what was learned before has been forgotten, and may have been learned again */
static int fdb_undo(const struct tables *tables, const struct rows *rows,
		    const struct row_change *change)
{
	const struct evb_fdb_val *old = change->old;
	struct evb_fdb_val have;

	if (old && old->kind != EVB_FDB_LEARNED)
		return row_put(tables, rows, change, old);
	if (table_get(tables, TABLE_FDB, change->key, &have) || have.kind == EVB_FDB_LEARNED)
		return 0;
	return row_remove(tables, change);
}

int rows_undo(const struct tables *tables, const struct rows *rows)
{
	int first = 0;

	for (unsigned int i = rows->n; i > 0; i--) {
		const struct row_change *change = &rows->list[i - 1];
		int err;

		if (change->table == TABLE_FDB)
			err = fdb_undo(tables, rows, change);
		else if (change->old && change->table == TABLE_ACL_HITS) /* keeps what it has counted */
			err = bpf_map_update_elem(tables->fd[TABLE_ACL_HITS], change->key, rows_zero,
						  BPF_NOEXIST) && errno != EEXIST ? -errno : 0;
		else if (change->old)
			err = row_put(tables, rows, change, change->old);
		else
			err = row_remove(tables, change);
		if (!first)
			first = err;
	}
	return first;
}
