// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_platform_pure.c - what of the loader's platform layer needs neither root nor devices:
 * messages, names, marks.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "hook.h"
#include "log.h"
#include "netns.h"
#include "nl.h"
#include "pin.h"

/* ---- messages */

static void test_log_first_error(void **state)
{
	(void)state;
	log_set_json(true);
	log_clear();
	assert_null(log_first_error());
	assert_int_equal(log_err_r(-EBUSY, "%s: %d", "one", 1), -EBUSY);
	assert_string_equal(log_first_error(), "one: 1");
	log_set_json(false);
	log_clear();
	assert_null(log_first_error());
}

static void test_log_long_error(void **state)
{
	char big[8192];

	(void)state;
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	log_set_json(true);
	log_clear();
	log_err("%s", big);
	assert_true(strlen(log_first_error()) > 1000);
	assert_true(strlen(log_first_error()) < sizeof(big));
	log_clear();
	log_set_json(false);
}

/* what libbpf would say, through the function that log_init() has given it */
static void libbpf_says(const char *fmt, ...)
{
	libbpf_print_fn_t print = libbpf_set_print(NULL);
	va_list ap;

	va_start(ap, fmt);
	print(LIBBPF_WARN, fmt, ap);
	va_end(ap);
	libbpf_set_print(print);
}

static void test_log_load_reason(void **state)
{
	char big[20000];

	(void)state;
	log_init();
	log_load_reset();
	assert_string_equal(log_load_reason(), "");
	libbpf_says("libbpf: Kernel error message: %s\n", "no");
	assert_string_equal(log_load_reason(), "libbpf: Kernel error message: no");
	libbpf_says("libbpf: prog 'p': -- BEGIN PROG LOAD LOG --\n%s-- END PROG LOAD LOG --\n",
		    "1\n2\n3\n4\n5\n6\nR0 invalid\nprocessed 3 insns (limit 1000000)\n");
	libbpf_says("libbpf: failed to load object 'o'\n");
	assert_string_equal(log_load_reason(), "2\n3\n4\n5\n6\nR0 invalid");
	log_load_reset();
	assert_string_equal(log_load_reason(), "");

	memset(big, 'y', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	libbpf_says("-- BEGIN PROG LOAD LOG --\n%s\nwhy\n", big); /* cut: no end, one long line */
	assert_true(strlen(log_load_reason()) < 2048);
	assert_string_equal(log_load_reason() + strlen(log_load_reason()) - 4, "\nwhy");
	libbpf_says("-- BEGIN PROG LOAD LOG --\n-- END PROG LOAD LOG --\n");
	assert_string_equal(log_load_reason(), ""); /* an empty log says nothing */
	log_load_reset();
}

static void test_log_errno(void **state)
{
	(void)state;
	assert_string_equal(log_errno(-ENODEV), strerror(ENODEV));
	assert_string_equal(log_errno(ENODEV), strerror(ENODEV));
	assert_non_null(log_errno(-524));
}

/* ---- names and marks */

static void test_pin_names(void **state)
{
	static const char *const good[] = {"a", "edge0", "A-Z_9", "fifteen-letters"};
	static const char *const bad[] = {"",	     ".", "..", "a/b", "a b", "sixteen-letters-",
					  "\xc3\xa4"};
	char path[PIN_PATH_LEN];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(pin_name_ok(good[i]));
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(pin_name_ok(bad[i]));
	assert_string_equal(pin_path(path, "edge0", NULL), "/sys/fs/bpf/evbpf/edge0");
	assert_string_equal(pin_path(path, "edge0", "evb_fdb"), "/sys/fs/bpf/evbpf/edge0/evb_fdb");
}

static void test_hook_names(void **state)
{
	(void)state;
	assert_int_equal(hook_dir_parent(HOOK_INGRESS), 0xfffffff2);
	assert_int_equal(hook_dir_parent(HOOK_EGRESS), 0xfffffff3);
	assert_int_equal(hook_parent_dir(0xfffffff2), HOOK_INGRESS);
	assert_int_equal(hook_parent_dir(0xfffffff3), HOOK_EGRESS);
	assert_string_equal(hook_how_name(HOOK_HOW_XDP_DISPATCHER), "dispatcher");
	assert_string_equal(hook_how_name(HOOK_HOW__MAX), "?");
}

/* killed between the two requests of nl_veth_create(), a pair is still known as ours */
static void test_link_is_ours(void **state)
{
	struct nl_link link = {.kind = "veth", .group = NL_GROUP_NEW};

	(void)state;
	assert_true(nl_link_is_ours(&link, "evbpf edge0 vf0"));
	link.group = 0;
	assert_false(nl_link_is_ours(&link, "evbpf edge0 vf0"));
	strcpy(link.alias, "evbpf edge0 vf0");
	assert_true(nl_link_is_ours(&link, "evbpf edge0 vf0"));
	strcpy(link.alias, "uplink to rack 7");
	link.group = NL_GROUP_NEW;
	assert_false(nl_link_is_ours(&link, "evbpf edge0 vf0"));
	link.alias[0] = '\0';
	strcpy(link.kind, "dummy");
	assert_false(nl_link_is_ours(&link, "evbpf edge0 vf0"));
}

static void test_netns_current(void **state)
{
	struct netns a, b;
	int fd = netns_open_current();

	(void)state;
	assert_true(fd >= 0);
	assert_int_equal(netns_id(fd, &a), 0);
	assert_int_equal(netns_id_current(&b), 0);
	assert_true(netns_same(&a, &b));
	close(fd);
	fd = netns_find(&a);
	assert_true(fd >= 0);
	close(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_log_first_error), cmocka_unit_test(test_log_long_error),
		cmocka_unit_test(test_log_load_reason), cmocka_unit_test(test_log_errno),
		cmocka_unit_test(test_pin_names),	cmocka_unit_test(test_hook_names),
		cmocka_unit_test(test_link_is_ours),	cmocka_unit_test(test_netns_current),
	};

	return cmocka_run_group_tests_name("platform, pure", tests, NULL, NULL);
}
