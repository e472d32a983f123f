/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * As many as there can be: 167 channels on an uplink, one address in all of them; a bridge of 1023
 * ports, all but one of them channels of one device, and floods over it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness.h"

#define CHANNELS EVB_CHANNELS_MAX
#define PORTS EVB_BRIDGE_PORTS_MAX
#define SVID(i) ((i) + 2)

static char *text_new(size_t size)
{
	char *text = calloc(1, size);

	if (!text)
		abort();
	return text; /* for the rest of the program */
}

static void add(char *text, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
static void add(char *text, size_t size, const char *fmt, ...)
{
	size_t len = strlen(text);
	va_list args;

	va_start(args, fmt);
	if ((size_t)vsnprintf(text + len, size - len, fmt, args) >= size - len)
		abort();
	va_end(args);
}

#define ADD(text, ...) add(text, sizeof(text), __VA_ARGS__)

static const char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static const char *format(const char *fmt, ...)
{
	char *text = text_new(160);
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, 160, fmt, args);
	va_end(args);
	return text;
}

static char stations[65536], bridge[131072], flood[65536], unknown[65536];

/* every channel has the same address in the same VLAN */
static int check_channels(void)
{
	static struct lab_case cases[4 * CHANNELS + 2];
	static const struct lab_setup setup = {.yaml = stations};
	struct lab_case *c = cases;

	ADD(stations, "version: 1\nswitch: lab\nuplink: {dev: up}\nchannels:\n");
	for (int i = 0; i < CHANNELS; i++)
		ADD(stations, "  - {name: c%d, svid: %d, relay: %s}\n", i, SVID(i),
		    i % 2 ? "vepa" : "veb");
	ADD(stations, "vfs:\n");
	for (int i = 0; i < CHANNELS; i++)
		ADD(stations,
		    "  - {id: %d, dev: h%d, mac: \"02:00:00:00:01:00\", channel: c%d, vlan: 10}\n",
		    i, i, i);
	for (int i = 0; i < CHANNELS; i++) {
		*c++ = (struct lab_case){format("in by channel %d", i), format("uplink.c%d", i),
					 format("vf0 ext s%d.3 c10 ip", SVID(i)),
					 format("vf%d : vf0 ext ip", i)};
		*c++ = (struct lab_case){format("out by channel %d", i), format("vf%d", i),
					 "ext vf0 ip",
					 format("uplink.c%d : ext vf0 s%d c10 ip", i, SVID(i))};
		*c++ = (struct lab_case){
			format("broadcast in by channel %d", i), format("uplink.c%d", i),
			format("bc ext s%d c10 arp", SVID(i)), format("vf%d : bc ext arp", i)};
		*c++ = (struct lab_case){format("broadcast out by channel %d", i),
					 format("vf%d", i), "bc vf0 arp",
					 format("uplink.c%d : bc vf0 s%d c10 arp", i, SVID(i))};
	}
	*c++ = (struct lab_case){"a channel too far", "uplink",
				 format("vf0 ext s%d c10 ip", SVID(CHANNELS)), "! channel"};
	*c++ = (struct lab_case){"untagged", "uplink", "vf0 ext c10 ip", "pf"};
	return lab_table("channels", &setup, cases, c - cases);
}

/* p0 on a device of its own, q2 .. q1023 the channels of another, of which no frame is untagged */
static int check_ports(void)
{
	static struct lab_case cases[4];
	static const struct lab_setup setup = {.yaml = bridge};
	int last = PORTS - 2; /* and the closed one */
	struct lab_case *c = cases;

	ADD(bridge, "version: 1\nswitch: lab\nrelay: bridge\nports:\n  - {name: p0, dev: d1}\n");
	for (int i = 1; i <= last; i++)
		ADD(bridge, "  - {name: q%d, dev: d2, svid: %d}\n", i, SVID(i));
	for (int i = 1; i <= last; i++) {
		ADD(flood, "%s q%d : bc st1 s%d.1 c77.1 arp", i > 1 ? ";" : "", i, SVID(i));
		if (i != last)
			ADD(unknown, "%s q%d : st2 st1 s%d ip", i > 1 ? ";" : "", i, SVID(i));
	}
	ADD(unknown, "; p0 : st2 st1 ip");
	*c++ = (struct lab_case){"a broadcast to all ports there can be", "p0", "bc st1 c77.1 arp",
				 flood};
	*c++ = (struct lab_case){"an unknown frame from the last to all others",
				 format("q%d", last), format("st2 st1 s%d ip", SVID(last)),
				 unknown};
	*c++ = (struct lab_case){"from the last to the first", format("q%d", last),
				 format("st2@p0 | st2 st1 s%d ip", SVID(last)), "p0 : st2 st1 ip"};
	*c++ = (struct lab_case){"from the first channel to the last", "q1",
				 format("st2@q%d | st2 st1 s%d.5 ip", last, SVID(1)),
				 format("q%d : st2 st1 s%d.5 ip", last, SVID(last))};
	return lab_table("ports", &setup, cases, c - cases);
}

int main(void)
{
	int failed = check_channels() != 0;

	failed += check_ports() != 0;
	return failed;
}
