/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * output.h - what commands print on stdout: JSON through json-c, aligned text tables.
 *
 * The makers of JSON values never fail visibly: out of memory gives NULL, which json-c prints as
 * null. Writers take the stream, so that the tests can look at what comes out.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <json-c/json.h>

#include "config.h"
#include "evb_abi.h"

/* ---- JSON */

/* @val becomes part of @obj, under @key */
void output_add(struct json_object *obj, const char *key, struct json_object *val);
void output_append(struct json_object *list, struct json_object *val);

/* bytes that are no UTF-8 (a binary file's words in an error) become U+FFFD; NULL: null */
struct json_object *output_str(const char *text);
struct json_object *output_num(uint64_t num);
struct json_object *output_bool(bool on);
struct json_object *output_mac(const uint8_t mac[6]);
/* "all", or a list of "200", "300-310" */
struct json_object *output_trunk(bool all, const struct config_vids *vids);
/* "0x100", "0x110-0x1ff" */
struct json_object *output_ids(const struct config_ids *ids, unsigned int n);
/* the id in a channel's tag: "svid", "ecid" or "vif" of @obj; of a group "grp" and "ecid", or "list" */
void output_add_id(struct json_object *obj, enum evb_channel tag, uint32_t id);

/* one object and a newline; frees @obj; -ENOMEM (logged) */
int output_json(FILE *f, struct json_object *obj, bool pretty);
/* {"error": text} */
int output_error(FILE *f, const char *text, bool pretty);

/* ---- text */

#define OUTPUT_MAC_LEN 18

/* "02:00:00:00:01:00"; returns buf, of OUTPUT_MAC_LEN */
const char *output_mac_format(const uint8_t mac[6], char *buf);
bool output_mac_is_zero(const uint8_t mac[6]);

#define OUTPUT_CHANNEL_LEN 32

/* "200" (an SVID), "e-tag 0x012", "e-tag grp 1 0x005", "vn-tag list 0x1001"; "" for none; returns buf */
const char *output_channel_text(enum evb_channel tag, uint32_t id, char *buf, size_t len);
/* "e-tag 0x100-0x1ff,0x300"; ends in "..." when it does not fit; returns buf */
const char *output_ids_text(enum evb_channel tag, const struct config_ids *ids, unsigned int n,
			    char *buf, size_t len);

/* names of ports by number; "" where there is none */
struct output_names {
	char name[EVB_PORTS_MAX][EVB_PORT_NAME_LEN];
};

/* a set of ports as in evb_vlans: a list of names; "uplink pf vf0-vf3" */
struct output_set {
	uint64_t bits[EVB_PORTS_MAX / 64];
};
void output_set_add(struct output_set *set, unsigned int port);
bool output_set_has(const struct output_set *set, unsigned int port);
/* the ports of a row of evb_groups, from entry @from on, that get frames of their own */
void output_set_group(struct output_set *set, const struct evb_group *group, unsigned int from,
		      unsigned int to);
/* the name of a port, or its number as text in buf of EVB_NAME_LEN where it has none */
const char *output_name(const struct output_names *names, unsigned int port, char *buf);
struct json_object *output_set_json(const struct output_set *set, const struct output_names *names);
/* for output_set_text() */
#define OUTPUT_SET_LEN (EVB_PORTS_MAX * EVB_PORT_NAME_LEN)
/* "-" for none; ends in "..." when it does not fit; returns buf */
const char *output_set_text(const struct output_set *set, const struct output_names *names,
			    char *buf, size_t len);

/*
 * A table: columns as wide as their widest cell, two blanks between them. A heading that begins
 * with '>' makes a right-aligned column. Empty cells are shown as "-".
 */
struct output_table;
struct output_table *output_table_new(unsigned int columns, const char *const *headings);
/* @cells: as many as there are columns; copied. Out of memory shows in output_table_print(). */
void output_table_row(struct output_table *table, const char *const *cells);
/* a line of its own below the last row, of any width, four blanks before it */
void output_table_note(struct output_table *table, const char *text);
/* prints and frees; every line begins with @indent; -ENOMEM (logged) */
int output_table_print(struct output_table *table, FILE *f, const char *indent);
void output_table_free(struct output_table *table); /* without printing; NULL is fine */

/*
 * output_flush() - pushes out what is buffered, between the lines of a command that goes on. False
 * if this or any earlier write failed; output_finish() tells why in the end.
 */
bool output_flush(FILE *f);

/*
 * output_finish() - pushes out what is buffered: 0, or the error of this or any earlier write
 * (a full disk, a reader that has gone), logged.
 */
int output_finish(FILE *f);
