/* SPDX-License-Identifier: GPL-2.0-only */
/* output.c - see output.h */
#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "evb_wire.h"
#include "log.h"
#include "names.h"

void output_add(struct json_object *obj, const char *key, struct json_object *val)
{
	json_object_object_add(obj, key, val);
}

void output_append(struct json_object *list, struct json_object *val)
{
	json_object_array_add(list, val);
}

/* length of the UTF-8 sequence at @s, 0 if it is none (too long, surrogate, cut, over U+10FFFF) */
static unsigned int utf8_len(const unsigned char *s)
{
	static const struct {
		unsigned char mask, lead;
		uint32_t min;
	} kinds[] = {
		{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

	for (unsigned int n = 0; n < 4; n++) {
		uint32_t c = s[0] & (unsigned char)~kinds[n].mask;

		if ((s[0] & kinds[n].mask) != kinds[n].lead)
			continue;
		for (unsigned int i = 1; i <= n; i++) {
			if ((s[i] & 0xc0) != 0x80)
				return 0;
			c = c << 6 | (s[i] & 0x3f);
		}
		if (c < kinds[n].min || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
			return 0;
		return n + 1;
	}
	return 0;
}

struct json_object *output_str(const char *text)
{
	static const char replacement[] = "\xef\xbf\xbd"; /* U+FFFD */
	struct json_object *val;
	char *clean, *to;

	if (!text)
		return NULL;
	clean = malloc(3 * strlen(text) + 1);
	if (!clean)
		return NULL;
	for (to = clean; *text;) {
		unsigned int n = utf8_len((const unsigned char *)text);

		memcpy(to, n ? text : replacement, n ? n : 3);
		to += n ? n : 3;
		text += n ? n : 1;
	}
	*to = '\0';
	val = json_object_new_string(clean);
	free(clean);
	return val;
}

struct json_object *output_num(uint64_t num)
{
	return json_object_new_uint64(num);
}

struct json_object *output_bool(bool on)
{
	return json_object_new_boolean(on);
}

struct json_object *output_mac(const uint8_t mac[6])
{
	char buf[OUTPUT_MAC_LEN];

	return json_object_new_string(output_mac_format(mac, buf));
}

struct json_object *output_trunk(bool all, const struct config_vids *vids)
{
	struct json_object *list;
	unsigned int vid, last;
	char text[16];

	if (all)
		return json_object_new_string("all");
	list = json_object_new_array();
	for (vid = 1; vid <= EVB_VID_MAX; vid = last + 1) {
		last = vid;
		if (!config_vids_has(vids, vid))
			continue;
		while (last < EVB_VID_MAX && config_vids_has(vids, last + 1))
			last++;
		if (last > vid)
			snprintf(text, sizeof(text), "%u-%u", vid, last);
		else
			snprintf(text, sizeof(text), "%u", vid);
		output_append(list, json_object_new_string(text));
	}
	return list;
}

static void ids_format(const struct config_ids *ids, char *buf, size_t len)
{
	if (ids->first == ids->last)
		snprintf(buf, len, "0x%03x", ids->first);
	else
		snprintf(buf, len, "0x%03x-0x%03x", ids->first, ids->last);
}

struct json_object *output_ids(const struct config_ids *ids, unsigned int n)
{
	struct json_object *list = json_object_new_array();
	char text[32];

	for (unsigned int i = 0; i < n; i++) {
		ids_format(&ids[i], text, sizeof(text));
		output_append(list, output_str(text));
	}
	return list;
}

static unsigned int etag_grp(uint32_t id)
{
	return id >> EVB_ETAG_GRP_SHIFT & 3;
}

void output_add_id(struct json_object *obj, enum evb_channel tag, uint32_t id)
{
	bool list = tag == EVB_CHANNEL_VN && id & EVB_VNTAG_LIST;

	if (tag == EVB_CHANNEL_E && etag_grp(id))
		output_add(obj, "grp", output_num(etag_grp(id)));
	if (tag == EVB_CHANNEL_E)
		output_add(obj, "ecid", output_num(id & EVB_ETAG_ID_MAX));
	else if (tag == EVB_CHANNEL_VN)
		output_add(obj, list ? "list" : "vif", output_num(id & EVB_VNTAG_ID_MAX));
	else if (tag == EVB_CHANNEL_S)
		output_add(obj, "svid", output_num(id));
}

/* why a write failed that stdio made on its own, for output_finish(): its errno does not last */
static int write_errno;

static void note_failure(FILE *f)
{
	if (ferror(f) && errno && !write_errno)
		write_errno = errno;
}

int output_json(FILE *f, struct json_object *obj, bool pretty)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE;
	const char *text;

	flags |=
		pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED : JSON_C_TO_STRING_PLAIN;
	text = obj ? json_object_to_json_string_ext(obj, flags) : NULL;
	errno = 0;
	if (text)
		fprintf(f, "%s\n", text);
	note_failure(f);
	json_object_put(obj);
	return text ? 0 : log_err_r(-ENOMEM, "out of memory");
}

int output_error(FILE *f, const char *text, bool pretty)
{
	struct json_object *obj = json_object_new_object();

	output_add(obj, "error", output_str(text));
	return output_json(f, obj, pretty);
}

const char *output_mac_format(const uint8_t mac[6], char *buf)
{
	snprintf(buf, OUTPUT_MAC_LEN, "%02x:%02x:%02x:%02x:%02x:%02x", mac[0], mac[1], mac[2],
		 mac[3], mac[4], mac[5]);
	return buf;
}

bool output_mac_is_zero(const uint8_t mac[6])
{
	static const uint8_t zero[6];

	return memcmp(mac, zero, sizeof(zero)) == 0;
}

const char *output_channel_text(enum evb_channel tag, uint32_t id, char *buf, size_t len)
{
	char group[16] = "";

	if (tag == EVB_CHANNEL_E && etag_grp(id))
		snprintf(group, sizeof(group), "grp %u ", etag_grp(id));
	else if (tag == EVB_CHANNEL_VN && id & EVB_VNTAG_LIST)
		snprintf(group, sizeof(group), "list ");
	if (tag == EVB_CHANNEL_NONE)
		snprintf(buf, len, "%s", "");
	else if (tag == EVB_CHANNEL_S)
		snprintf(buf, len, "%u", id);
	else
		snprintf(buf, len, "%s %s0x%03x", evb_channel_name(tag), group,
			 id & (tag == EVB_CHANNEL_E ? EVB_ETAG_ID_MAX : EVB_VNTAG_ID_MAX));
	return buf;
}

const char *output_ids_text(enum evb_channel tag, const struct config_ids *ids, unsigned int n,
			    char *buf, size_t len)
{
	size_t used = (size_t)snprintf(buf, len, "%s", evb_channel_name(tag));
	char text[32];

	for (unsigned int i = 0; i < n; i++) {
		ids_format(&ids[i], text, sizeof(text));
		if (used + strlen(text) + sizeof(",...") > len) {
			snprintf(buf + used, len - used, ",...");
			break;
		}
		used += (size_t)snprintf(buf + used, len - used, "%c%s", i ? ',' : ' ', text);
	}
	return buf;
}

void output_set_add(struct output_set *set, unsigned int port)
{
	if (port < EVB_PORTS_MAX)
		set->bits[port / 64] |= 1ULL << (port % 64);
}

bool output_set_has(const struct output_set *set, unsigned int port)
{
	return port < EVB_PORTS_MAX && (set->bits[port / 64] >> (port % 64) & 1);
}

void output_set_group(struct output_set *set, const struct evb_group *group, unsigned int from,
		      unsigned int to)
{
	for (unsigned int i = from; i < to && i < EVB_PORTS_MAX; i++) {
		if (group->port[i] & EVB_BUNDLE)
			i++; /* how many follow: they have entries of their own */
		else
			output_set_add(set, group->port[i]);
	}
}

const char *output_name(const struct output_names *names, unsigned int port, char *buf)
{
	if (port < EVB_PORTS_MAX && names->name[port][0])
		return names->name[port];
	snprintf(buf, EVB_NAME_LEN, "%u", port);
	return buf;
}

struct json_object *output_set_json(const struct output_set *set, const struct output_names *names)
{
	struct json_object *list = json_object_new_array();
	char buf[EVB_NAME_LEN];

	for (unsigned int port = 0; port < EVB_PORTS_MAX; port++)
		if (output_set_has(set, port))
			output_append(list, output_str(output_name(names, port, buf)));
	return list;
}

/* a port with the name that a VF of this number has; "vf5-up" of a bridge is not one */
static bool name_is_vf(const struct output_names *names, unsigned int port)
{
	char name[EVB_PORT_NAME_LEN];

	if (port < EVB_PORT_VF_FIRST || port >= EVB_PORT_VF(EVB_VFS_MAX))
		return false;
	snprintf(name, sizeof(name), "vf%u", port - EVB_PORT_VF_FIRST);
	return strcmp(names->name[port], name) == 0;
}

/* VFs whose numbers follow on each other: "vf0-vf3", but "vf0 vf1" */
static unsigned int set_run_end(const struct output_set *set, const struct output_names *names,
				unsigned int port)
{
	unsigned int last = port;

	if (!name_is_vf(names, port))
		return port;
	while (output_set_has(set, last + 1) && name_is_vf(names, last + 1))
		last++;
	return last - port >= 2 ? last : port;
}

const char *output_set_text(const struct output_set *set, const struct output_names *names,
			    char *buf, size_t len)
{
	char name[EVB_NAME_LEN], end[EVB_NAME_LEN], item[2 * EVB_PORT_NAME_LEN + 2];
	size_t used = 0;
	unsigned int last;

	snprintf(buf, len, "-");
	for (unsigned int port = 0; port < EVB_PORTS_MAX; port = last + 1) {
		last = port;
		if (!output_set_has(set, port))
			continue;
		last = set_run_end(set, names, port);
		snprintf(item, sizeof(item), "%s%s%s%s", used ? " " : "",
			 output_name(names, port, name), last > port ? "-" : "",
			 last > port ? output_name(names, last, end) : "");
		if (used + strlen(item) + sizeof(" ...") > len) {
			snprintf(buf + used, len - used, " ...");
			break;
		}
		used += (size_t)snprintf(buf + used, len - used, "%s", item);
	}
	return buf;
}

struct output_table {
	unsigned int columns, rows, max;
	bool failed;  /* out of memory */
	char **cells; /* row after row, the headings first; a note is a row whose second is NULL */
};

void output_table_free(struct output_table *table)
{
	if (!table)
		return;
	for (unsigned int i = 0; i < table->rows * table->columns; i++)
		free(table->cells[i]);
	free(table->cells);
	free(table);
}

struct output_table *output_table_new(unsigned int columns, const char *const *headings)
{
	struct output_table *table = calloc(1, sizeof(*table));

	if (!table)
		return NULL;
	table->columns = columns;
	output_table_row(table, headings);
	return table;
}

/* cells of one more row, all NULL; or NULL */
static char **table_add(struct output_table *table)
{
	char **row;

	if (!table || table->failed)
		return NULL;
	if (table->rows == table->max) {
		unsigned int max = table->max ? 2 * table->max : 16;

		row = realloc(table->cells, sizeof(*row) * max * table->columns);
		if (!row) {
			table->failed = true;
			return NULL;
		}
		table->cells = row;
		table->max = max;
	}
	row = &table->cells[table->rows++ * table->columns];
	memset(row, 0, sizeof(*row) * table->columns);
	return row;
}

void output_table_note(struct output_table *table, const char *text)
{
	char **row = table_add(table);

	if (!row)
		return;
	row[0] = strdup(text);
	if (!row[0])
		table->failed = true;
}

void output_table_row(struct output_table *table, const char *const *cells)
{
	char **row = table_add(table);

	for (unsigned int i = 0; row && i < table->columns; i++) {
		row[i] = strdup(cells[i] && cells[i][0] ? cells[i] : "-");
		if (!row[i])
			table->failed = true;
	}
}

/* a table of one column has no notes */
static bool table_is_note(const struct output_table *table, unsigned int row)
{
	return table->columns > 1 && !table->cells[row * table->columns + 1];
}

static int table_width(const struct output_table *table, unsigned int column)
{
	size_t width = 0;

	for (unsigned int row = 0; row < table->rows; row++) {
		size_t len;

		if (table_is_note(table, row))
			continue;
		len = strlen(table->cells[row * table->columns + column]);
		width = len > width ? len : width;
	}
	return (int)width;
}

static void table_print_row(const struct output_table *table, unsigned int row, const int *width,
			    const bool *right, FILE *f, const char *indent)
{
	char **cells = &table->cells[row * table->columns];
	unsigned int last = table->columns - 1;

	fputs(indent, f);
	if (table_is_note(table, row)) {
		fprintf(f, "    %s\n", cells[0]);
		return;
	}
	for (unsigned int i = 0; i < last; i++)
		fprintf(f, "%*s  ", right[i] ? width[i] : -width[i], cells[i]);
	fprintf(f, "%*s\n", right[last] ? width[last] : 0, cells[last]);
}

int output_table_print(struct output_table *table, FILE *f, const char *indent)
{
	bool right[32] = {false};
	int width[32];

	if (!table || table->failed || table->columns > 32) {
		output_table_free(table);
		return log_err_r(-ENOMEM, "out of memory");
	}
	for (unsigned int i = 0; i < table->columns; i++) {
		char *heading = table->cells[i];

		right[i] = heading[0] == '>';
		if (right[i])
			memmove(heading, heading + 1, strlen(heading));
		width[i] = table_width(table, i);
	}
	errno = 0;
	for (unsigned int row = 0; row < table->rows; row++)
		table_print_row(table, row, width, right, f, indent);
	note_failure(f);
	output_table_free(table);
	return 0;
}

bool output_flush(FILE *f)
{
	errno = 0;
	if (fflush(f) && errno && !write_errno)
		write_errno = errno;
	return !ferror(f);
}

int output_finish(FILE *f)
{
	int why, failed;

	errno = 0;
	failed = fflush(f);
	if (!failed && !ferror(f))
		return 0;
	why = failed && errno ? errno : write_errno ? write_errno : EIO;
	return log_err_r(-why,
			 "cannot write all of the output: %s; what was printed is not complete",
			 strerror(why));
}
