/* SPDX-License-Identifier: GPL-2.0-only */
/* test_output.c - JSON values, names of sets, tables, and what happens when stdout fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "evb_wire.h"
#include "log.h"
#include "output.h"

/* what a writer wrote */
struct sink {
	FILE *f;
	char *text;
	size_t len;
};

static void sink_open(struct sink *sink)
{
	memset(sink, 0, sizeof(*sink));
	sink->f = open_memstream(&sink->text, &sink->len);
	assert_non_null(sink->f);
}

static void sink_expect(struct sink *sink, const char *expected)
{
	fclose(sink->f);
	assert_string_equal(sink->text, expected);
	free(sink->text);
}

static void expect_json(struct json_object *val, const char *expected)
{
	struct sink sink;

	sink_open(&sink);
	assert_int_equal(output_json(sink.f, val, false), 0);
	sink_expect(&sink, expected);
}

static void channels_have_the_words_of_their_tags(void **state)
{
	static const struct {
		enum evb_channel tag;
		uint32_t id;
		const char *text, *json;
	} rows[] = {
		{EVB_CHANNEL_NONE, 0, "", "{}\n"},
		{EVB_CHANNEL_S, 200, "200", "{\"svid\":200}\n"},
		{EVB_CHANNEL_E, 0x12, "e-tag 0x012", "{\"ecid\":18}\n"},
		{EVB_CHANNEL_E, 0xfffff, "e-tag 0xfffff", "{\"ecid\":1048575}\n"},
		{EVB_CHANNEL_E, 1 << EVB_ETAG_GRP_SHIFT | 5, "e-tag grp 1 0x005",
		 "{\"grp\":1,\"ecid\":5}\n"},
		{EVB_CHANNEL_VN, 0x34, "vn-tag 0x034", "{\"vif\":52}\n"},
		{EVB_CHANNEL_VN, EVB_VNTAG_LIST | 0x1001, "vn-tag list 0x1001",
		 "{\"list\":4097}\n"},
	};
	char buf[OUTPUT_CHANNEL_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json_object *obj = json_object_new_object();

		assert_string_equal(
			output_channel_text(rows[i].tag, rows[i].id, buf, sizeof(buf)),
			rows[i].text);
		output_add_id(obj, rows[i].tag, rows[i].id);
		expect_json(obj, rows[i].json);
	}
}

static void ids_are_ranges_and_may_be_too_many(void **state)
{
	static const struct config_ids ids[] = {
		{.first = 0x100, .last = 0x1ff}, {.first = 5, .last = 5}, {.first = 0xab123, .last = 0xab124}};
	char buf[48];

	(void)state;
	assert_string_equal(output_ids_text(EVB_CHANNEL_E, ids, 3, buf, sizeof(buf)),
			    "e-tag 0x100-0x1ff,0x005,0xab123-0xab124");
	assert_string_equal(output_ids_text(EVB_CHANNEL_E, ids, 3, buf, 36),
			    "e-tag 0x100-0x1ff,0x005,...");
	assert_string_equal(output_ids_text(EVB_CHANNEL_VN, ids, 1, buf, sizeof(buf)),
			    "vn-tag 0x100-0x1ff");
	expect_json(output_ids(ids, 3), "[\"0x100-0x1ff\",\"0x005\",\"0xab123-0xab124\"]\n");
}

static void json_values(void **state)
{
	static const uint8_t mac[6] = {0x02, 0, 0, 0, 0x0a, 0xff};
	struct json_object *obj = json_object_new_object();

	(void)state;
	output_add(obj, "s", output_str("a/b"));
	output_add(obj, "none", output_str(NULL));
	output_add(obj, "n", output_num(UINT64_MAX));
	output_add(obj, "b", output_bool(true));
	output_add(obj, "m", output_mac(mac));
	expect_json(obj, "{\"s\":\"a/b\",\"none\":null,\"n\":18446744073709551615,\"b\":true,"
			 "\"m\":\"02:00:00:00:0a:ff\"}\n");
}

static void pretty_json_has_lines(void **state)
{
	struct json_object *obj = json_object_new_object();
	struct sink sink;

	(void)state;
	output_add(obj, "a", output_num(1));
	sink_open(&sink);
	assert_int_equal(output_json(sink.f, obj, true), 0);
	sink_expect(&sink, "{\n  \"a\": 1\n}\n");
}

static void errors_are_one_object(void **state)
{
	struct sink sink;

	(void)state;
	sink_open(&sink);
	assert_int_equal(output_error(sink.f, "x: \"y\"\n", false), 0);
	sink_expect(&sink, "{\"error\":\"x: \\\"y\\\"\\n\"}\n");
}

static void bytes_that_are_no_utf8_are_replaced(void **state)
{
	(void)state;
	expect_json(output_str("\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x9d"),
		    "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x90\x9d\"\n");
	expect_json(output_str("a\xff"
			       "b"),
		    "\"a\xef\xbf\xbd"
		    "b\"\n");
	/* cut, overlong, surrogate, over U+10FFFF */
	expect_json(output_str("\xe2\x82"), "\"\xef\xbf\xbd\xef\xbf\xbd\"\n");
	expect_json(output_str("\xc0\xaf"), "\"\xef\xbf\xbd\xef\xbf\xbd\"\n");
	expect_json(output_str("\xed\xa0\x80"), "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\n");
	expect_json(output_str("\xf4\x90\x80\x80"),
		    "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"\n");
}

static void trunk_is_all_or_a_list_of_strings(void **state)
{
	struct config_vids vids = {};

	(void)state;
	expect_json(output_trunk(true, &vids), "\"all\"\n");
	expect_json(output_trunk(false, &vids), "[]\n");
	for (unsigned int vid = 300; vid <= 310; vid++)
		vids.bits[vid / 64] |= 1ULL << (vid % 64);
	vids.bits[1 / 64] |= 1ULL << 1;
	vids.bits[200 / 64] |= 1ULL << (200 % 64);
	vids.bits[4093 / 64] |= 1ULL << (4093 % 64);
	vids.bits[4094 / 64] |= 1ULL << (4094 % 64);
	expect_json(output_trunk(false, &vids), "[\"1\",\"200\",\"300-310\",\"4093-4094\"]\n");
}

static void set_add_vfs(struct output_set *set, struct output_names *names, unsigned int first,
			unsigned int last)
{
	for (unsigned int id = first; id <= last; id++) {
		output_set_add(set, EVB_PORT_VF(id));
		snprintf(names->name[EVB_PORT_VF(id)], EVB_NAME_LEN, "vf%u", id);
	}
}

static void sets_of_ports(void **state)
{
	struct output_names *names = calloc(1, sizeof(*names));
	struct output_set set = {};
	char buf[OUTPUT_SET_LEN];

	(void)state;
	assert_non_null(names);
	strcpy(names->name[EVB_PORT_UPLINK], "uplink");
	assert_string_equal(output_set_text(&set, names, buf, sizeof(buf)), "-");
	output_set_add(&set, EVB_PORT_UPLINK);
	output_set_add(&set, EVB_PORT_PF);   /* no name: its number */
	output_set_add(&set, EVB_PORTS_MAX); /* not a port: nothing */
	set_add_vfs(&set, names, 0, 1);
	assert_string_equal(output_set_text(&set, names, buf, sizeof(buf)), "uplink 2 vf0 vf1");
	set_add_vfs(&set, names, 2, 2);
	set_add_vfs(&set, names, 255, 255);
	assert_string_equal(output_set_text(&set, names, buf, sizeof(buf)),
			    "uplink 2 vf0-vf2 vf255");
	expect_json(output_set_json(&set, names),
		    "[\"uplink\",\"2\",\"vf0\",\"vf1\",\"vf2\",\"vf255\"]\n");
	assert_string_equal(output_set_text(&set, names, buf, 16), "uplink 2 ...");
	free(names);
}

static void all_vfs_are_one_range(void **state)
{
	struct output_names *names = calloc(1, sizeof(*names));
	struct output_set set = {};
	char buf[OUTPUT_SET_LEN];

	(void)state;
	assert_non_null(names);
	set_add_vfs(&set, names, 0, EVB_VFS_MAX - 1);
	assert_string_equal(output_set_text(&set, names, buf, sizeof(buf)), "vf0-vf255");
	free(names);
}

/* what stands for several ports has no copy of its own, and how many they are is no port */
static void ports_of_a_group_are_those_of_its_bundles_too(void **state)
{
	static const struct evb_group group = {
		.count = 9,
		.port = {1, EVB_BUNDLE | 600, 2, 40, 41, EVB_BUNDLE | 601, 1, 42, 70}};
	struct output_names *names = calloc(1, sizeof(*names));
	struct output_set set = {}, rest = {};
	char buf[OUTPUT_SET_LEN];

	(void)state;
	assert_non_null(names);
	output_set_group(&set, &group, 0, group.count);
	assert_string_equal(output_set_text(&set, names, buf, sizeof(buf)), "1 40 41 42 70");
	output_set_group(&rest, &group, 5, 8);
	assert_string_equal(output_set_text(&rest, names, buf, sizeof(buf)), "42");
	free(names);
}

/* a bridge's ports, and channels behind the last VF, have names of their own */
static void only_vfs_are_ranges(void **state)
{
	struct output_names *names = calloc(1, sizeof(*names));
	struct output_set set = {};
	char buf[OUTPUT_SET_LEN];

	(void)state;
	assert_non_null(names);
	set_add_vfs(&set, names, 253, 255);
	output_set_add(&set, EVB_PORT_CHANNEL_FIRST);
	strcpy(names->name[EVB_PORT_CHANNEL_FIRST], "uplink.abcdefghijklmno");
	assert_string_equal(output_set_text(&set, names, buf, sizeof(buf)),
			    "vf253-vf255 uplink.abcdefghijklmno");
	strcpy(names->name[EVB_PORT_VF(253)], "left");
	strcpy(names->name[EVB_PORT_VF(254)], "right");
	strcpy(names->name[EVB_PORT_VF(255)], "vf2");
	assert_string_equal(output_set_text(&set, names, buf, sizeof(buf)),
			    "left right vf2 uplink.abcdefghijklmno");
	free(names);
}

static void tables_are_aligned(void **state)
{
	static const char *const headings[] = {"NAME", ">N", "LAST"};
	static const char *const rows[][3] = {
		{"a", "1", "x"}, {"longer", "1000", NULL}, {"", "", "y"}};
	struct output_table *table = output_table_new(3, headings);
	struct sink sink;

	(void)state;
	for (int i = 0; i < 3; i++)
		output_table_row(table, rows[i]);
	sink_open(&sink);
	assert_int_equal(output_table_print(table, sink.f, " "), 0);
	sink_expect(&sink, " NAME       N  LAST\n"
			   " a          1  x\n"
			   " longer  1000  -\n"
			   " -          -  y\n");
}

static void a_note_is_a_line_of_its_own(void **state)
{
	static const char *const headings[] = {"A", "B"}, *const row[] = {"a", "b"};
	struct output_table *table = output_table_new(2, headings);
	struct sink sink;

	(void)state;
	output_table_row(table, row);
	output_table_note(table, "much wider than its columns");
	output_table_row(table, row);
	sink_open(&sink);
	assert_int_equal(output_table_print(table, sink.f, ""), 0);
	sink_expect(&sink, "A  B\n"
			   "a  b\n"
			   "    much wider than its columns\n"
			   "a  b\n");
	output_table_note(NULL, "nothing");
}

/* so that a command which goes on can end, and main tells why */
static void a_flush_notes_a_full_disk(void **state)
{
	FILE *full = fopen("/dev/full", "w");

	(void)state;
	if (!full)
		skip();
	log_set_json(true);
	log_clear();
	assert_true(output_flush(full));
	fputs("x", full);
	assert_false(output_flush(full));
	assert_null(log_first_error());
	assert_true(output_finish(full) < 0);
	assert_non_null(strstr(log_first_error(), "No space left on device"));
	fclose(full);
	log_clear();
	log_set_json(false);
}

static void a_table_grows(void **state)
{
	static const char *const headings[] = {">N"};
	struct output_table *table = output_table_new(1, headings);
	struct sink sink;
	char text[16];
	const char *row[] = {text};

	(void)state;
	for (int i = 0; i < 100; i++) {
		snprintf(text, sizeof(text), "%d", i);
		output_table_row(table, row);
	}
	sink_open(&sink);
	assert_int_equal(output_table_print(table, sink.f, ""), 0);
	fclose(sink.f);
	assert_int_equal(sink.len, 101 * 3);
	assert_memory_equal(sink.text + 100 * 3, "99\n", 3);
	free(sink.text);
}

static void a_full_disk_is_an_error(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	struct sink sink;

	(void)state;
	if (!full)
		skip();
	log_set_json(true); /* keeps the error instead of printing it */
	log_clear();
	fputs("x", full);
	assert_true(output_finish(full) < 0);
	assert_non_null(strstr(log_first_error(), "No space left on device"));
	assert_true(output_finish(full) < 0); /* still */
	fclose(full);
	log_clear();
	sink_open(&sink);
	fputs("x", sink.f);
	assert_int_equal(output_finish(sink.f), 0);
	assert_null(log_first_error());
	sink_expect(&sink, "x");
	log_set_json(false);
}

/* stdio's own write fails in the middle: the reason is not lost */
static void a_large_object_on_a_full_disk(void **state)
{
	FILE *full = fopen("/dev/full", "w");
	char *text = calloc(1, 3 * BUFSIZ + 1);

	(void)state;
	if (!full || !text)
		skip();
	memset(text, 'x', 3 * BUFSIZ);
	log_set_json(true);
	log_clear();
	assert_int_equal(output_json(full, output_str(text), false), 0);
	assert_true(output_finish(full) < 0);
	assert_non_null(strstr(log_first_error(), "No space left on device"));
	log_clear();
	log_set_json(false);
	fclose(full);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(json_values),
		cmocka_unit_test(pretty_json_has_lines),
		cmocka_unit_test(errors_are_one_object),
		cmocka_unit_test(bytes_that_are_no_utf8_are_replaced),
		cmocka_unit_test(trunk_is_all_or_a_list_of_strings),
		cmocka_unit_test(channels_have_the_words_of_their_tags),
		cmocka_unit_test(ids_are_ranges_and_may_be_too_many),
		cmocka_unit_test(sets_of_ports),
		cmocka_unit_test(ports_of_a_group_are_those_of_its_bundles_too),
		cmocka_unit_test(all_vfs_are_one_range),
		cmocka_unit_test(only_vfs_are_ranges),
		cmocka_unit_test(tables_are_aligned),
		cmocka_unit_test(a_note_is_a_line_of_its_own),
		cmocka_unit_test(a_table_grows),
		cmocka_unit_test(a_flush_notes_a_full_disk),
		cmocka_unit_test(a_full_disk_is_an_error),
		cmocka_unit_test(a_large_object_on_a_full_disk),
	};

	return cmocka_run_group_tests_name("output", tests, NULL, NULL);
}
