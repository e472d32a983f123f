/* SPDX-License-Identifier: GPL-2.0-only */
/* test_names.c - every enumerator has a word of its own, and nothing else has one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "config.h"
#include "names.h"

/* the functions take different enums: reached through one type here */
typedef const char *(*name_fn)(unsigned int);

#define AS_UINT(name, type)                          \
	static const char *name##_of(unsigned int i) \
	{                                            \
		return name((type)i);                \
	}
AS_UINT(evb_kind_name, enum evb_port_kind)
AS_UINT(evb_channel_name, enum evb_channel)
AS_UINT(evb_relay_name, enum evb_relay)
AS_UINT(evb_state_name, enum evb_state)
AS_UINT(evb_send_name, enum evb_send)
AS_UINT(evb_drop_name, enum evb_drop)
AS_UINT(evb_fdb_kind_name, enum evb_fdb_kind)
AS_UINT(evb_event_name, enum evb_event_what)
AS_UINT(evb_undo_name, enum evb_undo)
AS_UINT(config_hook_name, enum config_hook)
AS_UINT(config_kind_name, enum config_kind)

static const struct {
	name_fn name;
	unsigned int max;
} tables[] = {
	{evb_kind_name_of, EVB_KIND__MAX},	 {evb_relay_name_of, EVB_RELAY__MAX},
	{evb_state_name_of, EVB_STATE__MAX},	 {evb_send_name_of, EVB_SEND__MAX},
	{evb_drop_name_of, EVB_DROP__MAX},	 {evb_fdb_kind_name_of, EVB_FDB__MAX},
	{evb_undo_name_of, EVB_UNDO__MAX},	 {config_hook_name_of, CONFIG_HOOK__MAX},
	{config_kind_name_of, CONFIG_KIND__MAX}, {evb_channel_name_of, EVB_CHANNEL__MAX},
	{evb_event_name_of, EVB_EVENT__MAX},
};
#define N_TABLES (sizeof(tables) / sizeof(tables[0]))

static void every_enumerator_has_a_lower_case_word_of_its_own(void **state)
{
	(void)state;
	for (size_t t = 0; t < N_TABLES; t++) {
		for (unsigned int i = 0; i < tables[t].max; i++) {
			const char *name = tables[t].name(i);

			assert_string_not_equal(name, "?");
			assert_true(strlen(name) > 0);
			assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz_-"), strlen(name));
			for (unsigned int j = 0; j < i; j++)
				assert_string_not_equal(name, tables[t].name(j));
		}
	}
}

static void a_number_out_of_range_is_a_question_mark(void **state)
{
	(void)state;
	for (size_t t = 0; t < N_TABLES; t++) {
		assert_string_equal(tables[t].name(tables[t].max), "?");
		assert_string_equal(tables[t].name(0x7fffffff), "?");
		assert_string_equal(tables[t].name(0xffffffff), "?");
	}
}

static void words_are_those_of_the_documentation(void **state)
{
	(void)state;
	assert_string_equal(evb_drop_name(EVB_DROP_SPOOF_MAC), "spoof_mac");
	assert_string_equal(evb_drop_name(EVB_DROP_NO_TARGET), "no_target");
	assert_string_equal(evb_relay_name(EVB_RELAY_VEPA), "vepa");
	assert_string_equal(evb_state_name(EVB_STATE_DISABLE), "disable");
	assert_string_equal(evb_kind_name(EVB_KIND_MACVTAP), "macvtap");
	assert_string_equal(evb_kind_name(EVB_KIND_PORT), "port");
	assert_string_equal(evb_kind_name(EVB_KIND_CASCADE), "cascade");
	assert_string_equal(evb_channel_name(EVB_CHANNEL_S), "s-tag");
	assert_string_equal(evb_channel_name(EVB_CHANNEL_VN), "vn-tag");
	assert_string_equal(evb_event_name(EVB_EVENT_MOVED), "moved");
}

static void a_tpid_has_the_name_of_its_standard(void **state)
{
	(void)state;
	assert_string_equal(evb_tpid_name(0x8100), "802.1Q");
	assert_string_equal(evb_tpid_name(0x88a8), "802.1ad");
	assert_string_equal(evb_tpid_name(0x893f), "?");
	assert_string_equal(evb_tpid_name(0), "?");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_enumerator_has_a_lower_case_word_of_its_own),
		cmocka_unit_test(a_number_out_of_range_is_a_question_mark),
		cmocka_unit_test(words_are_those_of_the_documentation),
		cmocka_unit_test(a_tpid_has_the_name_of_its_standard),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
