/* SPDX-License-Identifier: GPL-2.0-only */
/* show_tables.c - `evbpf show SWITCH fdb` and `vlans`: rows that speak of FIDs, told as VLANs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>

#include "evb_wire.h"
#include "log.h"
#include "names.h"
#include "output.h"
#include "show.h"

/* what a FID stands for; in the order in which they are shown */
enum place_kind {
	PLACE_NO_VLAN = 1,
	PLACE_VLAN,
	PLACE_REST, /* all VLANs of a TPID that no port names */
	PLACE_UNKNOWN,
};

struct place {
	enum place_kind kind;
	uint16_t fid, vid, tpid;
	struct output_set members, untagged;
};

struct places {
	const struct tables *tables;
	unsigned int n, max;
	struct place *list;
};

static struct place *places_add(struct places *places, enum place_kind kind, uint16_t fid)
{
	struct place *place;

	if (places->n == places->max) {
		unsigned int max = places->max ? 2 * places->max : 64;

		place = realloc(places->list, max * sizeof(*place));
		if (!place)
			return NULL;
		places->list = place;
		places->max = max;
	}
	place = &places->list[places->n++];
	memset(place, 0, sizeof(*place));
	place->kind = kind;
	place->fid = fid;
	return place;
}

static int places_add_vlan(const struct evb_vlan_key *key, const struct evb_vlan_val *val,
			   void *arg)
{
	struct place *place = places_add(arg, PLACE_VLAN, val->fid);

	if (!place)
		return -ENOMEM;
	place->vid = key->vid;
	place->tpid = key->tpid;
	memcpy(place->members.bits, val->members, sizeof(place->members.bits));
	memcpy(place->untagged.bits, val->untagged, sizeof(place->untagged.bits));
	return 0;
}

/* the FIDs that have no row in evb_vlans: who is in them, their group says */
static int places_add_other(struct places *places, enum place_kind kind, uint16_t fid,
			    uint16_t tpid)
{
	struct evb_group *group;
	struct place *place;
	__u32 key = fid;
	int err = 0;

	if (fid == EVB_FID_NONE)
		return 0;
	place = places_add(places, kind, fid);
	group = calloc(1, sizeof(*group));
	if (!place || !group) {
		err = -ENOMEM;
	} else {
		place->tpid = tpid;
		if (bpf_map_lookup_elem(places->tables->fd[TABLE_GROUPS], &key, group))
			group->count = 0;
		for (unsigned int i = 0; i < group->count && i < EVB_PORTS_MAX; i++)
			output_set_add(&place->members, group->port[i]);
		if (kind == PLACE_NO_VLAN)
			place->untagged = place->members;
	}
	free(group);
	return err;
}

static int places_compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->vid != y->vid)
		return x->vid < y->vid ? -1 : 1;
	return x->tpid < y->tpid ? -1 : x->tpid > y->tpid;
}

static int places_collect(struct places *places)
{
	int err = tables_each_vlan(places->tables, places_add_vlan, places);
	struct evb_domain row;

	for (__u32 i = 0; !err && i < EVB_DOMAINS_MAX; i++) {
		if (bpf_map_lookup_elem(places->tables->fd[TABLE_DOMAINS], &i, &row))
			continue;
		err = places_add_other(places, PLACE_NO_VLAN, row.fid, 0);
		if (!err)
			err = places_add_other(places, PLACE_REST, row.rest_fid_c, EVB_TPID_C);
		if (!err)
			err = places_add_other(places, PLACE_REST, row.rest_fid_s, EVB_TPID_S);
	}
	if (err)
		return log_err_r(err, "out of memory");
	if (places->n)
		qsort(places->list, places->n, sizeof(*places->list), places_compare);
	return 0;
}

static struct json_object *place_vlan_json(const struct place *place)
{
	if (place->kind == PLACE_REST)
		return json_object_new_string("rest");
	return place->kind == PLACE_UNKNOWN ? NULL : output_num(place->vid);
}

static const char *place_vlan_text(const struct place *place, char *buf, size_t len)
{
	if (place->kind == PLACE_REST)
		return "rest";
	if (place->kind == PLACE_UNKNOWN)
		return "?";
	snprintf(buf, len, "%u", place->vid);
	return buf;
}

static const char *place_proto(const struct place *place)
{
	return place->tpid ? evb_tpid_name(place->tpid) : NULL;
}

/* ---- vlans */

static int vlans_json(const struct cmd_ctx *ctx, const struct view *view,
		      const struct places *places, const struct output_names *names)
{
	struct json_object *obj = json_object_new_object(), *list = json_object_new_array();

	for (unsigned int i = 0; i < places->n; i++) {
		const struct place *place = &places->list[i];
		struct json_object *row = json_object_new_object();

		output_add(row, "vlan", place_vlan_json(place));
		output_add(row, "proto", output_str(place_proto(place)));
		output_add(row, "fid", output_num(place->fid));
		output_add(row, "members", output_set_json(&place->members, names));
		output_add(row, "untagged", output_set_json(&place->untagged, names));
		output_append(list, row);
	}
	output_add(obj, "switch", output_str(view->name));
	output_add(obj, "vlans", list);
	return output_json(stdout, obj, ctx->pretty);
}

#define VLANS_WIDTH 36 /* of a list of ports, before it goes on in another line */

/* as many words of *text as fit, and at least one; *text moves on */
static const char *take_words(const char **text, char *buf, size_t len)
{
	size_t end = 0;

	buf[0] = '\0';
	for (;;) {
		size_t next = end + strspn(*text + end, " ");

		next += strcspn(*text + next, " ");
		if (next == end || (end && next > VLANS_WIDTH))
			break;
		end = next;
	}
	snprintf(buf, len, "%.*s", (int)end, *text);
	*text += end + strspn(*text + end, " ");
	return buf[0] ? buf : " ";
}

static void vlans_row(struct output_table *table, const struct place *place,
		      const struct output_names *names)
{
	char vlan[16], fid[16], untagged[OUTPUT_SET_LEN], members[OUTPUT_SET_LEN];
	char part[2][VLANS_WIDTH + 2 * EVB_NAME_LEN];
	const char *u = output_set_text(&place->untagged, names, untagged, sizeof(untagged));
	const char *m = output_set_text(&place->members, names, members, sizeof(members));
	const char *cells[] = {place_vlan_text(place, vlan, sizeof(vlan)), place_proto(place), fid,
			       NULL, NULL};

	snprintf(fid, sizeof(fid), "%u", place->fid);
	do {
		cells[3] = take_words(&u, part[0], sizeof(part[0]));
		cells[4] = take_words(&m, part[1], sizeof(part[1]));
		output_table_row(table, cells);
		cells[0] = cells[1] = cells[2] = " ";
	} while (*u || *m);
}

static int vlans_text(const struct places *places, const struct output_names *names)
{
	static const char *const headings[] = {">VLAN", "PROTO", ">FID", "UNTAGGED", "MEMBERS"};
	struct output_table *table = output_table_new(5, headings);

	for (unsigned int i = 0; i < places->n; i++)
		vlans_row(table, &places->list[i], names);
	return output_table_print(table, stdout, "");
}

int show_vlans(const struct cmd_ctx *ctx, struct view *view)
{
	struct places places = {.tables = &view->tables};
	struct output_names *names = NULL;
	int err = view_names(view, &names);

	if (!err)
		err = places_collect(&places);
	view_unlock(view);
	if (!err)
		err = ctx->json ? vlans_json(ctx, view, &places, names)
				: vlans_text(&places, names);
	free(places.list);
	free(names);
	return err;
}

/* ---- fdb */

struct fdb_row {
	struct evb_fdb_key key;
	struct evb_fdb_val val;
	const struct place *place;
};

struct fdb {
	unsigned int n, max;
	struct fdb_row *rows;
};

static int fdb_add(const struct evb_fdb_key *key, const struct evb_fdb_val *val, void *arg)
{
	struct fdb *fdb = arg;
	struct fdb_row *rows;

	if (fdb->n == fdb->max) {
		unsigned int max = fdb->max ? 2 * fdb->max : 256;

		rows = realloc(fdb->rows, max * sizeof(*rows));
		if (!rows)
			return log_err_r(-ENOMEM, "out of memory");
		fdb->rows = rows;
		fdb->max = max;
	}
	fdb->rows[fdb->n++] = (struct fdb_row){.key = *key, .val = *val};
	return 0;
}

static int fdb_compare(const void *a, const void *b)
{
	const struct fdb_row *x = a, *y = b;
	int order = places_compare(x->place, y->place);

	return order ? order : memcmp(x->key.mac, y->key.mac, sizeof(x->key.mac));
}

/* FIDs are few against addresses: one table by FID, then every row finds its own at once */
static int fdb_sort(struct fdb *fdb, const struct places *places)
{
	static const struct place unknown = {.kind = PLACE_UNKNOWN};
	const struct place **by_fid = calloc(UINT16_MAX + 1, sizeof(struct place *));

	if (!by_fid)
		return log_err_r(-ENOMEM, "out of memory");
	for (unsigned int i = 0; i < places->n; i++)
		by_fid[places->list[i].fid] = &places->list[i];
	for (unsigned int i = 0; i < fdb->n; i++) {
		const struct place *place = by_fid[fdb->rows[i].key.fid];

		fdb->rows[i].place = place ? place : &unknown;
	}
	free(by_fid);
	if (fdb->n)
		qsort(fdb->rows, fdb->n, sizeof(*fdb->rows), fdb_compare);
	return 0;
}

static int fdb_json(const struct cmd_ctx *ctx, const struct view *view, const struct fdb *fdb,
		    const struct output_names *names)
{
	struct json_object *obj = json_object_new_object(), *list = json_object_new_array();
	char name[EVB_NAME_LEN];

	for (unsigned int i = 0; i < fdb->n; i++) {
		const struct fdb_row *row = &fdb->rows[i];
		struct json_object *entry = json_object_new_object();

		output_add(entry, "mac", output_mac(row->key.mac));
		output_add(entry, "vlan", place_vlan_json(row->place));
		output_add(entry, "proto", output_str(place_proto(row->place)));
		output_add(entry, "port", output_str(output_name(names, row->val.port, name)));
		output_add(entry, "channel", NULL);
		output_add(entry, "static", output_bool(row->val.kind == EVB_FDB_STATIC));
		output_add(entry, "age", NULL); /* only learned addresses age */
		output_append(list, entry);
	}
	output_add(obj, "switch", output_str(view->name));
	output_add(obj, "fdb", list);
	return output_json(stdout, obj, ctx->pretty);
}

static int fdb_text(const struct fdb *fdb, const struct output_names *names)
{
	static const char *const headings[] = {"MAC", ">VLAN", "PROTO", "PORT", "KIND"};
	struct output_table *table = output_table_new(5, headings);
	char mac[OUTPUT_MAC_LEN], vlan[16], name[EVB_NAME_LEN];

	for (unsigned int i = 0; i < fdb->n; i++) {
		const struct fdb_row *row = &fdb->rows[i];
		const char *cells[] = {
			output_mac_format(row->key.mac, mac),
			place_vlan_text(row->place, vlan, sizeof(vlan)),
			place_proto(row->place),
			output_name(names, row->val.port, name),
			evb_fdb_kind_name(row->val.kind),
		};

		output_table_row(table, cells);
	}
	return output_table_print(table, stdout, "");
}

int show_fdb(const struct cmd_ctx *ctx, struct view *view)
{
	struct places places = {.tables = &view->tables};
	struct output_names *names = NULL;
	struct fdb fdb = {};
	int err = view_names(view, &names);

	if (!err)
		err = places_collect(&places);
	if (!err)
		err = tables_each_fdb(&view->tables, fdb_add, &fdb);
	view_unlock(view);
	if (!err)
		err = fdb_sort(&fdb, &places);
	if (!err)
		err = ctx->json ? fdb_json(ctx, view, &fdb, names) : fdb_text(&fdb, names);
	free(fdb.rows);
	free(places.list);
	free(names);
	return err;
}
