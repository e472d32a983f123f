/* SPDX-License-Identifier: GPL-2.0-only */
/* show_tables.c - `evbpf show SWITCH fdb` and `vlans`: rows that speak of FIDs, told as VLANs. */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "evb_wire.h"
#include "fids.h"
#include "log.h"
#include "names.h"
#include "output.h"
#include "show.h"

/* a FID that has members */
struct place {
	struct fid what;
	uint16_t fid;
	struct output_set members, untagged;
};

struct places {
	const struct tables *tables;
	unsigned int n, max;
	struct place *list;
};

static struct place *places_add(struct places *places, uint16_t fid, struct fid what)
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
	place->what = what;
	place->fid = fid;
	return place;
}

static int places_add_vlan(const struct evb_vlan_key *key, const struct evb_vlan_val *val,
			   void *arg)
{
	struct place *place = places_add(arg, val->fid,
					 (struct fid){.kind = FID_VLAN,
						      .domain = key->domain,
						      .tpid = key->tpid,
						      .vid = key->vid});

	if (!place)
		return log_err_r(-ENOMEM, "out of memory");
	memcpy(place->members.bits, val->members, sizeof(place->members.bits));
	memcpy(place->untagged.bits, val->untagged, sizeof(place->untagged.bits));
	return 0;
}

/* the FIDs that have no row in evb_vlans: who is in them, their group says */
static int places_add_other(struct places *places, uint16_t fid, struct fid what)
{
	struct evb_group *group;
	struct place *place;
	__u32 key = fid;

	if (fid == EVB_FID_NONE)
		return 0;
	place = places_add(places, fid, what);
	group = calloc(1, sizeof(*group));
	if (!place || !group) {
		free(group);
		return log_err_r(-ENOMEM, "out of memory");
	}
	if (table_get(places->tables, TABLE_GROUPS, &key, group))
		group->count = 0;
	output_set_group(&place->members, group, 0, group->count);
	if (what.kind == FID_NO_VLAN)
		place->untagged = place->members;
	free(group);
	return 0;
}

static int places_compare(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	return fid_compare(&x->what, &y->what);
}

static int places_add_domain(struct places *places, uint16_t number, const struct evb_domain *row)
{
	struct fid what = {.kind = FID_NO_VLAN, .domain = number};
	int err = places_add_other(places, row->fid, what);

	what.kind = FID_REST;
	what.tpid = EVB_TPID_C;
	if (!err)
		err = places_add_other(places, row->rest_fid_c, what);
	what.tpid = EVB_TPID_S;
	if (!err)
		err = places_add_other(places, row->rest_fid_s, what);
	return err;
}

static int places_collect(struct places *places)
{
	int err = tables_each_vlan(places->tables, places_add_vlan, places);
	struct evb_domain row;

	for (__u32 i = 0; !err && i < EVB_DOMAINS_MAX; i++)
		if (!table_get(places->tables, TABLE_DOMAINS, &i, &row))
			err = places_add_domain(places, (uint16_t)i, &row);
	if (!err && places->n)
		qsort(places->list, places->n, sizeof(*places->list), places_compare);
	return err;
}

static struct json_object *fid_vlan_json(const struct fid *fid)
{
	if (fid->kind == FID_REST)
		return json_object_new_string("rest");
	return fid->kind == FID_UNKNOWN ? NULL : output_num(fid->vid);
}

static const char *fid_vlan_text(const struct fid *fid, char *buf, size_t len)
{
	if (fid->kind == FID_REST)
		return "rest";
	if (fid->kind == FID_UNKNOWN)
		return "?";
	snprintf(buf, len, "%u", fid->vid);
	return buf;
}

static const char *fid_proto(const struct fid *fid)
{
	return fid->tpid ? evb_tpid_name(fid->tpid) : NULL;
}

/* of an edge switch; NULL: the untagged channel */
static const char *fid_channel(const struct view *view, const struct fid *fid)
{
	const struct config_channel *channel = view_channel(view->cfg, fid->domain);

	return channel ? channel->name : NULL;
}

/* cells behind the first one, which stands for the channel and is left out where there is none */
static const char *const *cells_from(const struct view *view, const char *const *cells)
{
	return view->cfg->n_channels ? cells : cells + 1;
}

/* ---- vlans */

static int vlans_json(const struct cmd_ctx *ctx, const struct view *view,
		      const struct places *places, const struct output_names *names)
{
	struct json_object *obj = json_object_new_object(), *list = json_object_new_array();

	for (unsigned int i = 0; i < places->n; i++) {
		const struct place *place = &places->list[i];
		struct json_object *row = json_object_new_object();

		output_add(row, "channel", output_str(fid_channel(view, &place->what)));
		output_add(row, "vlan", fid_vlan_json(&place->what));
		output_add(row, "proto", output_str(fid_proto(&place->what)));
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

static void vlans_row(struct output_table *table, const struct view *view,
		      const struct place *place, const struct output_names *names)
{
	char vlan[16], fid[16], untagged[OUTPUT_SET_LEN], members[OUTPUT_SET_LEN];
	char part[2][VLANS_WIDTH + 2 * EVB_PORT_NAME_LEN];
	const char *u = output_set_text(&place->untagged, names, untagged, sizeof(untagged));
	const char *m = output_set_text(&place->members, names, members, sizeof(members));
	const char *cells[] = {fid_channel(view, &place->what),
			       fid_vlan_text(&place->what, vlan, sizeof(vlan)),
			       fid_proto(&place->what),
			       fid,
			       NULL,
			       NULL};

	snprintf(fid, sizeof(fid), "%u", place->fid);
	do {
		cells[4] = take_words(&u, part[0], sizeof(part[0]));
		cells[5] = take_words(&m, part[1], sizeof(part[1]));
		output_table_row(table, cells_from(view, cells));
		cells[0] = cells[1] = cells[2] = cells[3] = " ";
	} while (*u || *m);
}

static int vlans_text(const struct view *view, const struct places *places,
		      const struct output_names *names)
{
	static const char *const headings[] = {"CHANNEL", ">VLAN",    "PROTO",
					       ">FID",	  "UNTAGGED", "MEMBERS"};
	struct output_table *table =
		output_table_new(view->cfg->n_channels ? 6 : 5, cells_from(view, headings));

	for (unsigned int i = 0; i < places->n; i++)
		vlans_row(table, view, &places->list[i], names);
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
				: vlans_text(view, &places, names);
	free(places.list);
	free(names);
	return err;
}

/* ---- fdb */

struct fdb_row {
	struct evb_fdb_key key;
	struct evb_fdb_val val;
	struct fid fid;
};

struct fdb {
	const struct view *view;
	unsigned int n, max;
	struct fdb_row *rows;
	const struct fids *fids;
	uint64_t now; /* evb_clock's */
	bool channels; /* text has a column for them */
	struct fdb_channel {
		enum evb_channel tag;
		uint32_t id;
	} of[EVB_PORTS_MAX]; /* of a bridge's or an extender's ports */
};

static int fdb_add(const struct evb_fdb_key *key, const struct evb_fdb_val *val, void *arg)
{
	struct fdb *fdb = arg;
	struct fdb_row *rows;

	if (val->port == EVB_PORT_NONE) /* just being forgotten */
		return 0;
	if (fdb->n == fdb->max) {
		unsigned int max = fdb->max ? 2 * fdb->max : 256;

		rows = realloc(fdb->rows, max * sizeof(*rows));
		if (!rows)
			return log_err_r(-ENOMEM, "out of memory");
		fdb->rows = rows;
		fdb->max = max;
	}
	fdb->rows[fdb->n++] =
		(struct fdb_row){.key = *key, .val = *val, .fid = fids_get(fdb->fids, key->fid)};
	return 0;
}

static int fdb_compare(const void *a, const void *b)
{
	const struct fdb_row *x = a, *y = b;
	int order = fid_compare(&x->fid, &y->fid);

	return order ? order : memcmp(&x->key, &y->key, sizeof(x->key));
}

static bool fdb_is_static(const struct fdb_row *row)
{
	return row->val.kind == EVB_FDB_STATIC;
}

/* seconds without a frame; one that came since the clock was read has 0 */
static uint64_t fdb_age(const struct fdb *fdb, const struct fdb_row *row)
{
	return fdb->now > row->val.used ? fdb->now - row->val.used : 0;
}

/* a bridge's port is in one domain with the others: the id in its tag tells it from them */
static const struct fdb_channel *fdb_channel(const struct fdb *fdb, const struct fdb_row *row)
{
	static const struct fdb_channel none;

	return row->val.port < EVB_PORTS_MAX ? &fdb->of[row->val.port] : &none;
}

static struct json_object *fdb_channel_json(const struct fdb *fdb, const struct fdb_row *row)
{
	uint32_t id = fdb_channel(fdb, row)->id;

	return id ? output_num(id) : output_str(fid_channel(fdb->view, &row->fid));
}

static const char *fdb_channel_text(const struct fdb *fdb, const struct fdb_row *row, char *buf,
				    size_t len)
{
	const struct fdb_channel *channel = fdb_channel(fdb, row);

	if (!channel->id)
		return fid_channel(fdb->view, &row->fid);
	return output_channel_text(channel->tag, channel->id, buf, len);
}

static int fdb_json(const struct cmd_ctx *ctx, const struct fdb *fdb,
		    const struct output_names *names)
{
	struct json_object *obj = json_object_new_object(), *list = json_object_new_array();
	char name[EVB_NAME_LEN];

	for (unsigned int i = 0; i < fdb->n; i++) {
		const struct fdb_row *row = &fdb->rows[i];
		struct json_object *entry = json_object_new_object();

		output_add(entry, "mac", output_mac(row->key.mac));
		output_add(entry, "vlan", fid_vlan_json(&row->fid));
		output_add(entry, "proto", output_str(fid_proto(&row->fid)));
		output_add(entry, "port", output_str(output_name(names, row->val.port, name)));
		output_add(entry, "channel", fdb_channel_json(fdb, row));
		output_add(entry, "static", output_bool(fdb_is_static(row)));
		output_add(entry, "age",
			   fdb_is_static(row) ? NULL : output_num(fdb_age(fdb, row)));
		output_append(list, entry);
	}
	output_add(obj, "switch", output_str(fdb->view->name));
	output_add(obj, "fdb", list);
	return output_json(stdout, obj, ctx->pretty);
}

static int fdb_text(const struct fdb *fdb, const struct output_names *names)
{
	static const char *const headings[] = {"CHANNEL", "MAC",  ">VLAN", "PROTO",
					       "PORT",	  "KIND", ">AGE"};
	bool bridge = config_is_bridge(fdb->view->cfg);
	struct output_table *table =
		output_table_new(5 + fdb->channels + bridge, headings + !fdb->channels);
	char mac[OUTPUT_MAC_LEN], vlan[16], name[EVB_NAME_LEN], age[24];
	char channel[OUTPUT_CHANNEL_LEN];

	for (unsigned int i = 0; i < fdb->n; i++) {
		const struct fdb_row *row = &fdb->rows[i];
		const char *cells[] = {
			fdb_channel_text(fdb, row, channel, sizeof(channel)),
			output_mac_format(row->key.mac, mac),
			fid_vlan_text(&row->fid, vlan, sizeof(vlan)),
			fid_proto(&row->fid),
			output_name(names, row->val.port, name),
			evb_fdb_kind_name(row->val.kind),
			fdb_is_static(row) ? "" : age,
		};

		snprintf(age, sizeof(age), "%" PRIu64, fdb_age(fdb, row));
		output_table_row(table, cells + !fdb->channels);
	}
	return output_table_print(table, stdout, "");
}

/* S-channels of a bridge have no column: their ports' names say as much */
static int fdb_channels(struct fdb *fdb)
{
	struct view_items items;
	int err = view_items(fdb->view->cfg, &items);

	if (err)
		return err;
	fdb->channels = fdb->view->cfg->n_channels;
	for (unsigned int i = 0; i < items.n; i++) {
		const struct view_item *item = &items.list[i];

		if (item->channel)
			continue; /* the FID tells */
		fdb->of[item->number] = (struct fdb_channel){.tag = item->tag, .id = item->id};
		fdb->channels |= item->tag && item->tag != EVB_CHANNEL_S;
	}
	free(items.list);
	return 0;
}

static int fdb_collect(struct fdb *fdb, const struct fids *fids)
{
	const struct view *view = fdb->view;
	int err = tables_clock(&view->tables, &fdb->now);

	if (err)
		return log_err_r(err, "%s: cannot read map evb_clock: %s", view->name,
				 log_errno(err));
	fdb->fids = fids;
	err = fdb_channels(fdb);
	return err ? err : tables_each_fdb(&view->tables, fdb_add, fdb);
}

int show_fdb(const struct cmd_ctx *ctx, struct view *view)
{
	struct output_names *names = NULL;
	struct fdb fdb = {.view = view};
	struct fids *fids = NULL;
	int err = view_names(view, &names);

	if (!err)
		err = fids_read(&view->tables, &fids);
	if (!err)
		err = fdb_collect(&fdb, fids);
	view_unlock(view);
	if (!err && fdb.n)
		qsort(fdb.rows, fdb.n, sizeof(*fdb.rows), fdb_compare);
	if (!err)
		err = ctx->json ? fdb_json(ctx, &fdb, names) : fdb_text(&fdb, names);
	free(fdb.rows);
	fids_free(fids);
	free(names);
	return err;
}
