/* SPDX-License-Identifier: GPL-2.0-only */
/* test_config_cases.h - what the tests of the configuration parser share. */
#pragma once

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "config_edit.h"
#include "test_config_equal.h"

/* three lines; the VF is lines 4 to 7, and what a case adds begins in line 8, column 5 */
#define HEAD "version: 1\nswitch: edge0\nuplink: {dev: eth0}\n"
#define VF_HEAD HEAD "vfs:\n  - id: 0\n    dev: a\n    mac: 02:00:00:00:00:01\n"
#define VF(line) VF_HEAD "    " line "\n"
#define GUEST_HEAD HEAD "vfs:\n  - id: 0\n    dev: a\n    guest: {netns: red, name: eth0}\n"
/* one VF of one line each, in lines 5 and 6 */
#define TWO(one, two) HEAD "vfs:\n  - {" one "}\n  - {" two "}\n"
#define MAC1 "mac: 02:00:00:00:00:01"
#define MAC2 "mac: 02:00:00:00:00:02"

/* a bridge: keys of the file are added in line 5, column 1; of its port in line 7, column 5 */
#define BRIDGE_TOP "version: 1\nswitch: tor\nrelay: bridge\n"
#define BRIDGE_HEAD BRIDGE_TOP "ports: [{name: p1, dev: swp1}]\n"
#define PORT_HEAD BRIDGE_TOP "ports:\n  - name: p1\n    dev: swp1\n"
#define PORT(line) PORT_HEAD "    " line "\n"
/* ports of one line each, from line 5 on */
#define PORTS2(one, two) BRIDGE_TOP "ports:\n  - {" one "}\n  - {" two "}\n"

struct bad {
	const char *what;
	const char *text;
	unsigned int line, column;
	const char *value; /* both are parts of the message */
	const char *remedy;
};

/* One error, in printable ASCII, and nothing else has changed. Prints what is different. */
static inline bool is_refused(const char *what, const char *text, size_t len, const struct bad *bad,
			      int err_no)
{
	struct config *const untouched = (struct config *)(uintptr_t)bad, *cfg = untouched;
	struct config_error err;
	const char *fault = NULL;
	char buf[1024];
	int ret;

	memset(&err, 0x55, sizeof(err));
	ret = config_parse("bad.yaml", text, len, &cfg, &err);
	if (!ret) {
		print_error("%s: was accepted\n", what);
		config_free(cfg);
		return false;
	}
	config_error_format(&err, "bad.yaml", buf, sizeof(buf));
	if (ret != err_no || cfg != untouched)
		fault = "wrong errno, or out touched";
	else if (err.pos.line != bad->line || err.pos.column != bad->column)
		fault = "wrong place";
	else if (!strstr(err.text, bad->value) || !strstr(err.text, bad->remedy))
		fault = "no value or no remedy";
	for (const char *c = buf; *c; c++)
		if (*c < ' ' || *c > '~')
			fault = "not in printable ASCII";
	if (fault)
		print_error("%s: %s, not %u:%u %s ... %s: %s\n", what, fault, bad->line,
			    bad->column, bad->value, bad->remedy, buf);
	return !fault;
}

/* The canonical text says the same, and is its own canonical text. */
static inline void assert_round_trip(const struct config *cfg)
{
	struct config *again = NULL;
	struct config_error err = {};
	char buf[1024], *text = NULL, *twice = NULL;
	const char *fault;
	size_t len = 0, twice_len = 0;

	if (config_canonical(cfg->text, cfg->text_len, &text, &len, &err))
		fail_msg("%s", err.text);
	if (config_parse("again.yaml", text, len, &again, &err))
		fail_msg("%s\n%s", config_error_format(&err, "again.yaml", buf, sizeof(buf)), text);
	fault = config_difference(cfg, again);
	if (fault)
		fail_msg("%s differs after\n%s", fault, text);
	config_free(again);
	assert_int_equal(config_canonical(text, len, &twice, &twice_len, &err), 0);
	assert_string_equal(twice, text);
	assert_int_equal(twice_len, strlen(text));
	free(twice);
	free(text);
}

static inline struct config *parse_bytes(const char *text, size_t len)
{
	struct config *cfg = NULL;
	struct config_error err = {};
	char buf[1024];

	if (config_parse("good.yaml", text, len, &cfg, &err))
		fail_msg("%s", config_error_format(&err, "good.yaml", buf, sizeof(buf)));
	assert_non_null(cfg);
	assert_string_equal(err.text, "");
	assert_round_trip(cfg);
	return cfg;
}

static inline struct config *parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

/* All cases of a table; the test fails when one of them is not refused as it says. */
static inline void assert_all_refused(const struct bad *cases, size_t n)
{
	size_t refused = 0;

	for (size_t i = 0; i < n; i++)
		refused += is_refused(cases[i].what, cases[i].text, strlen(cases[i].text),
				      &cases[i], -EINVAL);
	print_message("%zu of %zu bad files refused as they should be\n", refused, n);
	assert_int_equal(refused, n);
}
