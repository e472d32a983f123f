/* SPDX-License-Identifier: GPL-2.0-only */
/* test_numbers.c - what runs keeps its port number, whatever the file says around it. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "log.h"
#include "numbers.h"
#include "view.h"

#define EDGE "version: 1\nswitch: lab\nuplink: {dev: up}\n"
#define TOR "version: 1\nswitch: tor\nrelay: bridge\nports:\n"
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static struct config *parse(const char *yaml)
{
	struct config_error err;
	struct config *cfg = NULL;
	char text[600];

	if (config_parse("test", yaml, strlen(yaml), &cfg, &err))
		fail_msg("%s", config_error_format(&err, "test", text, sizeof(text)));
	return cfg;
}

static uint32_t channel(const struct config *cfg, const char *name)
{
	for (unsigned int i = 0; i < cfg->n_channels; i++)
		if (!strcmp(cfg->channels[i].name, name))
			return cfg->channels[i].number;
	fail_msg("no channel %s", name);
	return 0;
}

static uint32_t port(const struct config *cfg, const char *name)
{
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		if (!strcmp(cfg->vfs[i].port.name, name))
			return cfg->vfs[i].number;
	fail_msg("no port %s", name);
	return 0;
}

static void a_channel_keeps_its_number_by_its_svid(void **state)
{
	static const struct numbers_row rows[] = {{1, 0, "uplink", ""},
						  {2, 0, "pf", ""},
						  {256, 0, "vf0", ""},
						  {512, 200, "uplink.red", ""},
						  {514, 300, "uplink.blue", ""}};
	struct config *cfg = parse(EDGE "channels:\n"
					"  - {name: new, svid: 100}\n"
					"  - {name: blue, svid: 300}\n"
					"  - {name: green, svid: 200}\n"
					"  - {name: more, svid: 101}\n"
					"vfs: [{id: 3, dev: h3, mac: \"02:00:00:00:01:03\", channel: blue}]\n");

	(void)state;
	assert_int_equal(numbers_choose(cfg, NULL, rows, ARRAY_SIZE(rows)), 0);
	assert_int_equal(channel(cfg, "green"), 512); /* was red */
	assert_int_equal(channel(cfg, "blue"), 514);
	assert_int_equal(channel(cfg, "new"), 513);
	assert_int_equal(channel(cfg, "more"), 515);
	assert_int_equal(port(cfg, "vf3"), EVB_PORT_VF(3));
	assert_int_equal(cfg->vfs[0].port.channel->number, 514);
	config_free(cfg);
}

static const struct numbers_row tor_rows[] = {
	{1, 0, "p1", ""}, {2, 0, "p2", ""}, {3, 0, "p3", ""}, {5, 0, "swp2", ""}};
static const char tor_old[] = TOR "  - {name: p1, dev: swp1}\n"
				  "  - {name: p2, dev: swp2, svid: 200}\n"
				  "  - {name: p3, dev: swp2, svid: 201}\n";

static void a_view_finds_a_bridges_ports_by_name(void **state)
{
	struct config *cfg = parse(tor_old);

	(void)state;
	assert_int_equal(numbers_choose(cfg, NULL, tor_rows, ARRAY_SIZE(tor_rows)), 0);
	assert_int_equal(port(cfg, "p1"), 1);
	assert_int_equal(port(cfg, "p2"), 2);
	assert_int_equal(port(cfg, "p3"), 3);
	assert_int_equal(port(cfg, "swp2"), 5);
	config_free(cfg);
}

static void a_changed_file_finds_them_by_device_and_svid(void **state)
{
	struct config *old = parse(tor_old);
	struct config *cfg = parse(TOR "  - {name: x, dev: swp9}\n"
				       "  - {name: p2, dev: swp2, svid: 201}\n"  /* was p3 */
				       "  - {name: p3, dev: swp2, svid: 200}\n"  /* was p2 */
				       "  - {name: base, dev: swp2}\n"	       /* was swp2's own */
				       "  - {name: p1, dev: swp8}\n"	       /* another device */
				       "  - {name: y, dev: swp2, svid: 300}\n");

	(void)state;
	assert_int_equal(numbers_choose(cfg, old, tor_rows, ARRAY_SIZE(tor_rows)), 0);
	assert_int_equal(port(cfg, "p2"), 3);
	assert_int_equal(port(cfg, "p3"), 2);
	assert_int_equal(port(cfg, "base"), 5);
	/* 1 is still the old p1's, whose row goes last */
	assert_int_equal(port(cfg, "x"), 4);
	assert_int_equal(port(cfg, "p1"), 6);
	assert_int_equal(port(cfg, "y"), 7);
	config_free(cfg);
	config_free(old);
}

/* a change of names that was killed has given some rows the new ones already */
static void a_name_that_two_rows_have_misleads_nobody(void **state)
{
	static const struct numbers_row rows[] = {{1, 0, "p3", "swp9"},
						  {2, 200, "p3", "swp2"},
						  {3, 201, "p3", "swp2"},
						  {5, 0, "swp2", "swp2"},
						  {7, 0, "p1", ""}}; /* its device is gone */
	struct config *cfg = parse(tor_old);

	(void)state;
	assert_int_equal(numbers_choose(cfg, NULL, rows, ARRAY_SIZE(rows)), 0);
	assert_int_equal(port(cfg, "p1"), 7);
	assert_int_equal(port(cfg, "p2"), 2);
	assert_int_equal(port(cfg, "p3"), 3);
	assert_int_equal(port(cfg, "swp2"), 5);
	config_free(cfg);
}

static void without_rows_they_are_counted_from_the_first(void **state)
{
	struct config *tor = parse(tor_old);
	struct config *edge = parse(EDGE "channels: [{name: a, svid: 2}, {name: b, svid: 3}]\nvfs: []\n");

	(void)state;
	assert_int_equal(numbers_choose(tor, NULL, NULL, 0), 0);
	assert_int_equal(port(tor, "p1"), EVB_PORT_BRIDGE_FIRST);
	assert_int_equal(port(tor, "swp2"), EVB_PORT_BRIDGE_FIRST + 3);
	assert_int_equal(numbers_choose(edge, NULL, NULL, 0), 0);
	assert_int_equal(channel(edge, "a"), EVB_PORT_CHANNEL_FIRST);
	assert_int_equal(channel(edge, "b"), EVB_PORT_CHANNEL_FIRST + 1);
	config_free(tor);
	config_free(edge);
}

/* every number of the range is a running port's that goes */
static void no_free_number_is_an_error(void **state)
{
	struct numbers_row *rows = calloc(EVB_PORTS_MAX, sizeof(*rows));
	struct config *tor = parse(tor_old);
	struct config *edge = parse(EDGE "channels: [{name: a, svid: 2}]\nvfs: []\n");

	(void)state;
	assert_non_null(rows);
	for (uint32_t i = 1; i < EVB_PORTS_MAX; i++) {
		rows[i - 1].number = i;
		rows[i - 1].channel = i >= EVB_PORT_CHANNEL_FIRST ? 4000 : 0;
		snprintf(rows[i - 1].name, sizeof(rows[0].name), "old%u", i);
	}
	log_set_json(true);
	assert_int_equal(numbers_choose(tor, NULL, rows, EVB_PORTS_MAX - 1), -ENOSPC);
	assert_non_null(strstr(log_first_error(), "port p1"));
	log_clear();
	rows[767 - 1].number = 1; /* free, but there is no domain for it */
	assert_int_equal(numbers_choose(edge, NULL, rows, EVB_PORTS_MAX - 1), -ENOSPC);
	assert_non_null(strstr(log_first_error(), "channel a"));
	log_clear();
	/* one that is left: the last whose domain there is */
	rows[766 - 1].number = 1;
	assert_int_equal(numbers_choose(edge, NULL, rows, EVB_PORTS_MAX - 1), 0);
	assert_int_equal(channel(edge, "a"), 766);
	assert_true(EVB_DOMAIN_OF(766) < EVB_DOMAINS_MAX);
	log_set_json(false);
	free(rows);
	config_free(tor);
	config_free(edge);
}

/* ---- the same ports in lists */

static void the_list_of_an_edge_switch(void **state)
{
	struct config *cfg = parse(EDGE "channels: [{name: blue, svid: 200}]\n"
					"vfs: [{id: 0, dev: h0, mac: \"02:00:00:00:01:00\"}, {id: 7, dev: h7, mac: \"02:00:00:00:01:07\", channel: blue}]\n");
	static const struct {
		const char *name, *dev;
		uint32_t number;
		uint16_t svid;
		bool wire, device, channel;
	} want[] = {{"uplink", "up", EVB_PORT_UPLINK, 0, true, true, false},
		    {"uplink.blue", "up", EVB_PORT_CHANNEL_FIRST, 200, true, false, true},
		    {"pf", "up", EVB_PORT_PF, 0, false, false, false},
		    {"vf0", "h0", EVB_PORT_VF(0), 0, false, true, false},
		    {"vf7", "h7", EVB_PORT_VF(7), 0, false, true, true}};
	struct view_items items;

	(void)state;
	assert_int_equal(view_items(cfg, &items), 0);
	assert_int_equal(items.n, ARRAY_SIZE(want));
	for (unsigned int i = 0; i < items.n; i++) {
		const struct view_item *item = &items.list[i];

		assert_string_equal(item->name, want[i].name);
		assert_string_equal(item->dev, want[i].dev);
		assert_int_equal(item->number, want[i].number);
		assert_int_equal(item->id, want[i].svid);
		assert_int_equal(item->wire, want[i].wire);
		assert_int_equal(item->device, want[i].device);
		assert_int_equal(item->channel != NULL, want[i].channel);
	}
	assert_ptr_equal(view_channel(cfg, 1), &cfg->channels[0]);
	assert_null(view_channel(cfg, 0));
	assert_null(view_channel(cfg, 2));
	free(items.list);
	config_free(cfg);
}

static void the_list_of_a_bridge(void **state)
{
	struct config *cfg = parse(tor_old);
	struct view_items items;

	(void)state;
	assert_int_equal(view_items(cfg, &items), 0);
	assert_int_equal(items.n, 4);
	for (unsigned int i = 0; i < items.n; i++)
		assert_true(items.list[i].wire);
	assert_string_equal(items.list[1].name, "p2");
	assert_int_equal(items.list[1].id, 200);
	assert_false(items.list[1].device);
	assert_string_equal(items.list[3].name, "swp2");
	assert_true(items.list[3].device);
	assert_null(view_channel(cfg, 0));
	free(items.list);
	config_free(cfg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_channel_keeps_its_number_by_its_svid),
		cmocka_unit_test(a_view_finds_a_bridges_ports_by_name),
		cmocka_unit_test(a_changed_file_finds_them_by_device_and_svid),
		cmocka_unit_test(a_name_that_two_rows_have_misleads_nobody),
		cmocka_unit_test(without_rows_they_are_counted_from_the_first),
		cmocka_unit_test(no_free_number_is_an_error),
		cmocka_unit_test(the_list_of_an_edge_switch),
		cmocka_unit_test(the_list_of_a_bridge),
	};

	return cmocka_run_group_tests_name("numbers", tests, NULL, NULL);
}
