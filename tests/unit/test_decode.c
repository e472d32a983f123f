/* SPDX-License-Identifier: GPL-2.0-only */
/* test_decode.c - frames as lines of text; every frame cut at every length, and random bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "decode.h"

#define HEAD           \
	"ffffffffffff" \
	"020000000001"
#define HEAD_TEXT "02:00:00:00:00:01 > ff:ff:ff:ff:ff:ff, "
#define IP4                    \
	"4500001c000100004011" \
	"0000"                 \
	"0a000005"             \
	"0a000001"
#define UNICAST        \
	"020000000002" \
	"020000000001"
#define UNICAST_TEXT "02:00:00:00:00:01 > 02:00:00:00:00:02, "
#define ECHO                         \
	"0800"                       \
	"4500002400010000400166d6" \
	"0a000001"                   \
	"0a000002"                   \
	"08006668000100016162636465666768"
#define ECHO_TEXT "IPv4 10.0.0.1 > 10.0.0.2: ICMP echo request"
#define V6_SRC "fd000000000000000000000000000005"
#define V6_DST "ff0200000000000000000001ff000001"

/* clang-format off */
static const struct {
	const char *what, *hex, *text;
	uint16_t tpid, tci; /* tag beside */
} cases[] = {
	{"an ARP request", HEAD "0806" "0001080006040001" "020000000001" "0a000005" "000000000000"
	 "0a000001", HEAD_TEXT "ARP who-has 10.0.0.1 tell 10.0.0.5", 0, 0},
	{"an ARP reply", HEAD "0806" "0001080006040002" "020000000001" "0a000005" "020000000002"
	 "0a000001", HEAD_TEXT "ARP 10.0.0.5 is-at 02:00:00:00:00:01", 0, 0},
	{"another ARP operation", HEAD "0806" "0001080006040009" "020000000001" "0a000005"
	 "020000000002" "0a000001", HEAD_TEXT "ARP operation 9", 0, 0},
	{"ARP for another protocol", HEAD "0806" "0006080006040001" "020000000001" "0a000005"
	 "020000000002" "0a000001", HEAD_TEXT "ARP hardware 6 protocol 0x0800", 0, 0},
	{"UDP over IPv4", HEAD "0800" IP4 "00350044" "00080000",
	 HEAD_TEXT "IPv4 10.0.0.5.53 > 10.0.0.1.68: UDP", 0, 0},
	{"TCP with flags", HEAD "0800" "45000028000100004006" "0000" "0a000005" "0a000001"
	 "04d20050" "00000001" "00000000" "5012ffff" "00000000",
	 HEAD_TEXT "IPv4 10.0.0.5.1234 > 10.0.0.1.80: TCP [S.]", 0, 0},
	{"IPv4 with options", HEAD "0800" "460000200001000040110000" "0a000005" "0a000001" "01010101"
	 "00350044" "00080000", HEAD_TEXT "IPv4 10.0.0.5.53 > 10.0.0.1.68: UDP", 0, 0},
	{"a first fragment", HEAD "0800" "4500001c000120004011" "0000" "0a000005" "0a000001"
	 "00350044" "00080000",
	 HEAD_TEXT "IPv4 10.0.0.5.53 > 10.0.0.1.68: UDP, fragment at 0+", 0, 0},
	{"a later fragment", HEAD "0800" "4500001c000100054011" "0000" "0a000005" "0a000001"
	 "00350044" "00080000", HEAD_TEXT "IPv4 10.0.0.5 > 10.0.0.1: protocol 17, fragment at 40",
	 0, 0},
	{"IPv4 with a bad header", HEAD "0800" "6500001c000100004011" "0000" "0a000005" "0a000001",
	 HEAD_TEXT "IPv4 with a bad header", 0, 0},
	{"an echo request", HEAD "0800" "4500001c00010000" "4001" "0000" "0a000005" "0a000001"
	 "08000000" "00010001", HEAD_TEXT "IPv4 10.0.0.5 > 10.0.0.1: ICMP echo request", 0, 0},
	{"ICMP with a code", HEAD "0800" "4500001c00010000" "4001" "0000" "0a000005" "0a000001"
	 "03010000" "00000000", HEAD_TEXT "IPv4 10.0.0.5 > 10.0.0.1: ICMP unreachable code 1", 0, 0},
	{"IGMP", HEAD "0800" "4500001c00010000" "0102" "0000" "0a000005" "e0000016" "22000000",
	 HEAD_TEXT "IPv4 10.0.0.5 > 224.0.0.22: IGMP", 0, 0},
	{"a neighbour solicitation", HEAD "86dd" "6000000000203aff" V6_SRC V6_DST "87000000"
	 "00000000" "fd000000000000000000000000000001" "0101020000000001",
	 HEAD_TEXT "IPv6 fd00::5 > ff02::1:ff00:1: ICMPv6 neighbour solicitation for fd00::1, link "
		   "address 02:00:00:00:00:01", 0, 0},
	{"an MLDv2 report behind a hop-by-hop header", HEAD "86dd" "60000000002400ff" V6_SRC V6_DST
	 "3a00050200000100" "8f000000" "00000000",
	 HEAD_TEXT "IPv6 fd00::5 > ff02::1:ff00:1: ICMPv6 MLDv2 report", 0, 0},
	{"UDP over IPv6", HEAD "86dd" "60000000000811ff" V6_SRC V6_DST "00350044" "00080000",
	 HEAD_TEXT "IPv6 fd00::5.53 > ff02::1:ff00:1.68: UDP", 0, 0},
	{"a later IPv6 fragment", HEAD "86dd" "6000000000102cff" V6_SRC V6_DST "1100000800000001"
	 "0000000000000000", HEAD_TEXT "IPv6 fd00::5 > ff02::1:ff00:1: protocol 17, later fragment",
	 0, 0},
	{"a C-TAG in the bytes", HEAD "81006064" "88b5", HEAD_TEXT "vlan 100 p 3, type 0x88b5", 0, 0},
	{"a C-TAG beside the frame", HEAD "88b5", HEAD_TEXT "vlan 100 p 3, type 0x88b5", 0x8100,
	 0x6064},
	{"an S-TAG beside and a C-TAG in it", HEAD "81001005" "88b5",
	 HEAD_TEXT "802.1ad vlan 400, vlan 5 dei, type 0x88b5", 0x88a8, 400},
	{"a VN-Tag upward", UNICAST "8926" "0000" "0012" ECHO,
	 UNICAST_TEXT "vn-tag up vif 0x012, " ECHO_TEXT, 0, 0},
	{"a VN-Tag to one", UNICAST "8926" "8034" "0000" ECHO,
	 UNICAST_TEXT "vn-tag down vif 0x034, " ECHO_TEXT, 0, 0},
	{"a VN-Tag to a list, from behind the same link", HEAD "8926" "d001" "8012" "88b5",
	 HEAD_TEXT "vn-tag down list 0x1001 looped 0x012, type 0x88b5", 0, 0},
	{"a VN-Tag and a C-TAG", UNICAST "8926" "0000" "07ff" "81000064" ECHO,
	 UNICAST_TEXT "vn-tag up vif 0x7ff, vlan 100, " ECHO_TEXT, 0, 0},
	{"a VN-Tag with everything upward", HEAD "8926" "4034" "b012" "88b5",
	 HEAD_TEXT "vn-tag up vif 0x012 to list 0x034 looped version 3, type 0x88b5", 0, 0},
	{"a VN-Tag with a source downward", HEAD "8926" "8034" "0012" "88b5",
	 HEAD_TEXT "vn-tag down vif 0x034 from 0x012, type 0x88b5", 0, 0},
	{"a VN-Tag with nothing", HEAD "8926" "0000" "0000" "88b5",
	 HEAD_TEXT "vn-tag up vif 0x000, type 0x88b5", 0, 0},
	{"an E-TAG upward", UNICAST "893f" "0000" "0012" "0000" ECHO,
	 UNICAST_TEXT "e-tag ecid 0x012, " ECHO_TEXT, 0, 0},
	{"an E-TAG to one, and a C-TAG", UNICAST "893f" "0000" "0034" "0000" "81000064" ECHO,
	 UNICAST_TEXT "e-tag ecid 0x034, vlan 100, " ECHO_TEXT, 0, 0},
	{"an E-TAG to a group", HEAD "893f" "c012" "1005" "0000" "88b5",
	 HEAD_TEXT "e-tag ecid 0x005 grp 1 ingress 0x012 p 6, type 0x88b5", 0, 0},
	{"an E-TAG with extensions", UNICAST "893f" "f456" "2123" "cdab" ECHO,
	 UNICAST_TEXT "e-tag ecid 0xab123 grp 2 ingress 0xcd456 p 7 dei, " ECHO_TEXT, 0, 0},
	{"an E-TAG that is cut", HEAD "893f" "c012" "1005" "00", HEAD_TEXT "[cut]", 0, 0},
	{"a VN-Tag that is cut", HEAD "8926" "8034" "00", HEAD_TEXT "[cut]", 0, 0},
	{"LLDP", HEAD "88cc" "0000", HEAD_TEXT "LLDP", 0, 0},
	{"STP", HEAD "0026" "424203", HEAD_TEXT "802.3 length 38, STP", 0, 0},
	{"a frame that is too short", "ffffffffffff02", "7 bytes, less than an Ethernet header", 0, 0},
	{"no bytes at all", "", "0 bytes, less than an Ethernet header", 0, 0},
	{"a tag that is cut", HEAD "8100" "60", HEAD_TEXT "[cut]", 0, 0},
};
/* clang-format on */

#define N_CASES (sizeof(cases) / sizeof(cases[0]))

static unsigned int digit(char c)
{
	return c <= '9' ? (unsigned int)(c - '0') : (unsigned int)(c - 'a') + 10;
}

/* exactly as many bytes as there are, so that the sanitizer sees one more; freed by the caller */
static uint8_t *bytes_of(const char *hex, uint32_t *n)
{
	uint8_t *data;

	*n = (uint32_t)strlen(hex) / 2;
	data = malloc(*n ? *n : 1);
	assert_non_null(data);
	for (uint32_t i = 0; i < *n; i++)
		data[i] = (uint8_t)(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
	return data;
}

static void frames_are_lines(void **state)
{
	char buf[DECODE_LEN];

	(void)state;
	for (size_t i = 0; i < N_CASES; i++) {
		struct decode_frame frame = {.tpid = cases[i].tpid, .tci = cases[i].tci};
		uint8_t *data = bytes_of(cases[i].hex, &frame.bytes);

		frame.data = data;
		decode_frame(&frame, buf, sizeof(buf));
		if (strcmp(buf, cases[i].text))
			fail_msg("%s: '%s' is not '%s'", cases[i].what, buf, cases[i].text);
		free(data);
	}
}

static void expect_printable(const char *text, size_t room)
{
	assert_true(strnlen(text, room) < room);
	for (; *text; text++)
		assert_in_range(*text, ' ', '~');
}

static void decode_copy(const uint8_t *data, uint32_t bytes, size_t room)
{
	uint8_t *copy = malloc(bytes ? bytes : 1);
	char buf[DECODE_LEN];
	struct decode_frame frame = {.data = copy, .bytes = bytes, .channel = bytes & 1};

	assert_non_null(copy);
	memcpy(copy, data, bytes);
	decode_frame(&frame, buf, room);
	expect_printable(buf, room);
	decode_vlan(&frame);
	decode_svid(&frame);
	free(copy);
}

static void frames_may_be_cut_anywhere(void **state)
{
	(void)state;
	for (size_t i = 0; i < N_CASES; i++) {
		uint32_t n;
		uint8_t *data = bytes_of(cases[i].hex, &n);

		for (uint32_t bytes = 0; bytes <= n; bytes++)
			decode_copy(data, bytes, DECODE_LEN);
		for (size_t room = 1; room < 100; room++)
			decode_copy(data, n, room);
		free(data);
	}
}

/* mostly garbage behind a type that is looked into */
static void any_bytes_are_a_line(void **state)
{
	static const uint16_t types[] = {0x0800, 0x0806, 0x86dd, 0x8100, 0x88a8, 0x893f, 0x8926};
	uint8_t data[96];

	(void)state;
	srand(1);
	for (unsigned int run = 0; run < 200000; run++) {
		uint16_t type = types[run % 7];

		for (size_t i = 0; i < sizeof(data); i++)
			data[i] = (uint8_t)(rand() >> 8);
		data[12] = (uint8_t)(type >> 8);
		data[13] = (uint8_t)type;
		data[14] = run & 1 ? data[14] : run & 2 ? 0x45 : 0x60;
		decode_copy(data, (uint32_t)rand() % (sizeof(data) + 1), DECODE_LEN);
	}
}

static void the_vlan_is_the_outermost_tags(void **state)
{
	static const uint8_t tagged[] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 2,	   0,	 0,
					 0,    0,    1,	   0x81, 0x00, 0x60, 0x64, 0x88, 0xb5};
	struct decode_frame frame = {.data = tagged, .bytes = sizeof(tagged)};

	(void)state;
	assert_int_equal(decode_vlan(&frame), 100);
	frame.bytes = 15;
	assert_int_equal(decode_vlan(&frame), 0);
	frame.tpid = 0x88a8;
	frame.tci = 0xe190;
	assert_int_equal(decode_vlan(&frame), 400);
}

#define S_TAG(tci) "88a8" tci
#define C_TAG(tci) "8100" tci

/* where the interface has channels; and the same frame where it has none */
static void a_channels_tag_is_told_as_one(void **state)
{
	static const struct {
		const char *hex, *text, *plain;
		uint16_t tpid, tci; /* beside */
		unsigned int svid, vlan;
	} rows[] = {
		{HEAD S_TAG("60c8") C_TAG("000a") "88b5", "svid 200 p 3, vlan 10, type 0x88b5",
		 "802.1ad vlan 200 p 3, vlan 10, type 0x88b5", 0, 0, 200, 10},
		{HEAD S_TAG("00c8") "88b5", "svid 200, type 0x88b5", "802.1ad vlan 200, type 0x88b5",
		 0, 0, 200, 0},
		{HEAD S_TAG("0007") "88b5", "svid 200, 802.1ad vlan 7, type 0x88b5",
		 "802.1ad vlan 200, 802.1ad vlan 7, type 0x88b5", 0x88a8, 200, 200, 7},
		{HEAD C_TAG("000a") "88b5", "vlan 10, type 0x88b5", "vlan 10, type 0x88b5", 0, 0, 0,
		 10},
		{HEAD C_TAG("000a") S_TAG("00c8") "88b5", "vlan 10, 802.1ad vlan 200, type 0x88b5",
		 "vlan 10, 802.1ad vlan 200, type 0x88b5", 0, 0, 0, 10},
		{HEAD "88b5", "type 0x88b5", "type 0x88b5", 0, 0, 0, 0},
		{HEAD S_TAG("00"), "[cut]", "[cut]", 0, 0, 0, 0},
	};
	char buf[DECODE_LEN];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct decode_frame frame = {
			.tpid = rows[i].tpid, .tci = rows[i].tci, .channel = true};
		uint8_t *data = bytes_of(rows[i].hex, &frame.bytes);

		frame.data = data;
		decode_frame(&frame, buf, sizeof(buf));
		assert_string_equal(buf + strlen(HEAD_TEXT), rows[i].text);
		assert_int_equal(decode_svid(&frame), rows[i].svid);
		assert_int_equal(decode_vlan(&frame), rows[i].vlan);
		frame.channel = false;
		decode_frame(&frame, buf, sizeof(buf));
		assert_string_equal(buf + strlen(HEAD_TEXT), rows[i].plain);
		assert_int_equal(decode_svid(&frame), 0);
		free(data);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(frames_are_lines),
		cmocka_unit_test(frames_may_be_cut_anywhere),
		cmocka_unit_test(any_bytes_are_a_line),
		cmocka_unit_test(the_vlan_is_the_outermost_tags),
		cmocka_unit_test(a_channels_tag_is_told_as_one),
	};

	return cmocka_run_group_tests_name("decode", tests, NULL, NULL);
}
