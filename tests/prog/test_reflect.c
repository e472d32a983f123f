/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * VEB, VEPA and private ports, mixed in one domain: who meets whom locally, and who has what the
 * wire gives back (evb_abi.h; standards.md 2.4, 2.5; design.md section 7).
 *
 *	vf0 vf1 veb	 vf2 vf3 vepa	    vf4 vf5 private	vf6 veb, isolated
 *	vf7 vepa, isolated	vf8 private, isolated	vf9 vepa with three addresses
 *	vf10 veb	 vf11 vepa	    vf12 private: these take XDP frames
 *	the PF: veb
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "harness.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define VF(id, hex) "  - {id: " #id ", dev: h" #id ", mac: \"02:00:00:00:01:" hex "\""

/* clang-format off */
static const struct lab_setup mixed = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"relay: veb\n"
		"uplink: {dev: up}\n"
		"vfs:\n"
		VF(0, "00") "}\n"
		VF(1, "01") "}\n"
		VF(2, "02") ", relay: vepa}\n"
		VF(3, "03") ", relay: vepa}\n"
		VF(4, "04") ", relay: private}\n"
		VF(5, "05") ", relay: private}\n"
		VF(6, "06") ", isolated: on}\n"
		VF(7, "07") ", relay: vepa, isolated: on}\n"
		VF(8, "08") ", relay: private, isolated: on}\n"
		"  - {id: 9, dev: h9, relay: vepa, mac: [\"02:00:00:00:01:09\", "
		"\"02:00:00:01:01:09\", \"02:00:00:02:01:09\"]}\n"
		VF(10, "0a") ", hook: xdp}\n"
		VF(11, "0b") ", relay: vepa, hook: xdp}\n"
		VF(12, "0c") ", relay: private, hook: xdp}\n",
};
/* clang-format on */

/* ---- every pair, by the table of evb_abi.h alone */

enum relay { VEB, VEPA, PRIVATE };

static const struct {
	const char *name;
	enum relay relay;
	bool isolated;
} all[] = {
	{"vf0", VEB, false},	  {"vf1", VEB, false},	   {"vf2", VEPA, false},
	{"vf3", VEPA, false},	  {"vf4", PRIVATE, false}, {"vf5", PRIVATE, false},
	{"vf6", VEB, true},	  {"vf7", VEPA, true},	   {"vf8", PRIVATE, true},
	{"vf9", VEPA, false},	  {"vf10", VEB, false},	   {"vf11", VEPA, false},
	{"vf12", PRIVATE, false}, {"pf", VEB, false},
};

#define PORTS ARRAY_SIZE(all)
static const char *const relay_names[] = {"veb", "vepa", "private"};

static const char *format(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static const char *format(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	return text; /* for the rest of the program */
}

static const char *local_out(size_t i, size_t j)
{
	if (i == j)
		return "! self";
	if (all[i].relay != VEB || all[j].relay != VEB)
		return "uplink";
	return all[i].isolated && all[j].isolated ? "! isolated" : all[j].name;
}

/* back from the wire: what i has sent, to j */
static const char *reflected_out(size_t i, size_t j)
{
	if (i == j)
		return "! reflected";
	if (all[i].isolated && all[j].isolated)
		return "! isolated";
	return all[j].relay == PRIVATE ? "! reflected" : all[j].name;
}

static bool local_gets(size_t i, size_t j)
{
	return i != j && all[i].relay == VEB && all[j].relay == VEB &&
	       !(all[i].isolated && all[j].isolated);
}

/* the veb ports had it */
static bool reflected_gets(size_t i, size_t j)
{
	return i != j && all[j].relay != PRIVATE && !(all[i].isolated && all[j].isolated) &&
	       !(all[i].relay == VEB && all[j].relay == VEB);
}

static const char *list(size_t i, bool (*gets)(size_t, size_t), const char *more)
{
	char text[400] = "";

	for (size_t j = 0; j < PORTS; j++)
		if (gets(i, j)) {
			strcat(text, all[j].name);
			strcat(text, " ");
		}
	return format("%s%s", text, more);
}

static struct lab_case pairs[2 * PORTS * PORTS + 4 * PORTS];

static size_t pairs_make(void)
{
	struct lab_case *c = pairs;

	for (size_t i = 0; i < PORTS; i++) {
		const char *name = all[i].name, *relay = relay_names[all[i].relay];

		for (size_t j = 0; j < PORTS; j++) {
			*c++ = (struct lab_case){format("%s %s to %s %s", relay, name,
							relay_names[all[j].relay], all[j].name),
						 name, format("%s %s ip", all[j].name, name),
						 local_out(i, j)};
			*c++ = (struct lab_case){format("%s %s to %s %s, back from the wire", relay,
							name, relay_names[all[j].relay],
							all[j].name),
						 "uplink", format("%s %s ip", all[j].name, name),
						 reflected_out(i, j)};
		}
		*c++ = (struct lab_case){format("%s %s to a station outside", relay, name), name,
					 format("ext %s ip", name), "uplink"};
		*c++ = (struct lab_case){format("from a station outside to %s %s", relay, name),
					 "uplink", format("%s ext ip", name), name};
		*c++ = (struct lab_case){format("a broadcast of %s %s", relay, name), name,
					 format("bc %s arp", name), list(i, local_gets, "uplink")};
		*c++ = (struct lab_case){
			format("a broadcast of %s %s, back from the wire", relay, name), "uplink",
			format("bc %s arp", name), list(i, reflected_gets, "")};
	}
	return c - pairs;
}

static const struct lab_case more[] = {
	{"a broadcast from outside reaches all", "uplink", "bc ext arp",
	 "vf0 vf1 vf2 vf3 vf4 vf5 vf6 vf7 vf8 vf9 vf10 vf11 vf12 pf"},
	{"a multicast from outside reaches all", "uplink", "mc ext ip",
	 "vf0 vf1 vf2 vf3 vf4 vf5 vf6 vf7 vf8 vf9 vf10 vf11 vf12 pf"},
	{"a multicast of a vepa port goes to the wire only", "vf2", "mc6 vf2 t86dd", "uplink"},
	{"a multicast of a private port goes to the wire only", "vf4", "mc vf4 ip", "uplink"},
	{"another address of the sender is itself", "vf9", "vf9.1 vf9 ip", "! self"},
	{"... and when it comes back", "uplink", "vf9.2 vf9.1 ip", "! reflected"},
	{"a flood back from a further address of its sender", "uplink", "bc vf9.2 arp",
	 "vf0 vf1 vf2 vf3 vf6 vf7 vf10 vf11 pf"},
	{"a unicast back from a further address does not reach a private port", "uplink",
	 "vf4 vf9.2 ip", "! reflected"},
	{"... and reaches a vepa port", "uplink", "vf2 vf9.1 ip", "vf2"},
	{"an unknown address from a vepa port, back from the wire, is the host's", "uplink",
	 "ext2 vf2 ip", "pf"},
	{"the host's unknown frame that comes back is its own", "uplink", "ext2 pf ip",
	 "! reflected"},
	{"spoofchk holds for a vepa port", "vf2", "ext vf0 ip", "! spoof_mac"},
	{"a vepa port in no VLAN may not tag", "vf2", "ext vf2 c10 ip", "! vlan_filter"},
	{"control from a vepa port", "vf2", "01:80:c2:00:00:00 vf2 t88cc", "! control"},
	{"a long frame of a vepa port is lost at the wire", "vf2", "vf0 vf2 ip +1505",
	 "uplink!mtu"},
	{"an isolated vepa port's frame to an isolated veb port goes out", "vf7", "vf6 vf7 ip",
	 "uplink"},
};

/* ---- a promiscuous port beside the others; the PF is a vepa port */

/* clang-format off */
static const struct lab_setup watched = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"relay: vepa\n"
		"uplink: {dev: up}\n"
		"vfs:\n"
		VF(0, "00") ", relay: veb}\n"
		VF(1, "01") ", relay: veb, trust: on, promisc: on}\n"
		VF(2, "02") "}\n"
		VF(3, "03") ", trust: on, promisc: on}\n"
		VF(4, "04") ", relay: private, trust: on, promisc: on}\n"
		VF(5, "05") ", relay: veb}\n"
		VF(6, "06") ", relay: private}\n",
};
/* clang-format on */

static const struct lab_case promisc[] = {
	{"between veb ports the promiscuous veb port listens", "vf0", "vf5 vf0 ip", "vf5 vf1"},
	{"to the wire, too", "vf0", "ext vf0 ip", "uplink vf1"},
	{"a veb port's frame to a vepa port", "vf0", "vf2 vf0 ip", "uplink vf1"},
	{"a vepa port's frame goes to the wire only: nobody listens", "vf2", "vf0 vf2 ip",
	 "uplink"},
	{"a vepa port's unknown frame", "vf2", "ext vf2 ip", "uplink"},
	{"a private port's frame", "vf6", "vf1 vf6 ip", "uplink"},
	{"a promiscuous vepa port's frame", "vf3", "vf1 vf3 ip", "uplink"},
	{"the host's frame", "pf", "vf0 pf ip", "uplink"},
	{"the host's broadcast", "pf", "bc pf arp", "uplink"},
	{"from outside all promiscuous ports listen", "uplink", "vf0 ext ip", "vf0 vf1 vf3 vf4"},
	{"from outside to an unknown address", "uplink", "ext2 ext ip", "pf vf1 vf3 vf4"},
	{"back from the wire: the promiscuous vepa port listens, the private one does not",
	 "uplink", "vf0 vf2 ip", "vf0 vf1 vf3"},
	{"back from the wire: the sender does not hear itself", "uplink", "vf0 vf3 ip", "vf0 vf1"},
	{"a private promiscuous port hears nothing of its own", "uplink", "vf0 vf4 ip",
	 "vf0 vf1 vf3"},
	{"a broadcast of a veb port", "vf0", "bc vf0 arp", "vf1 vf5 uplink"},
	{"a broadcast of a veb port, back from the wire", "uplink", "bc vf0 arp", "vf2 vf3 pf"},
	{"the host's broadcast, back from the wire", "uplink", "bc pf arp", "vf0 vf1 vf2 vf3 vf5"},
};

/* ---- a domain where all are veb: what comes back reaches them again, as in hardware */

/* clang-format off */
static const struct lab_setup pure = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"uplink: {dev: up}\n"
		"channels: [{name: blue, svid: 200, relay: vepa}, {name: red, svid: 201}]\n"
		"vfs:\n"
		VF(0, "00") "}\n"
		VF(1, "01") "}\n"
		VF(2, "02") ", channel: blue}\n"
		VF(3, "03") ", channel: blue}\n"
		VF(4, "04") ", channel: blue, relay: veb}\n"
		VF(5, "05") ", channel: blue, relay: veb}\n"
		VF(6, "06") ", channel: red, vlan: 10}\n"
		VF(7, "07") ", channel: red, vlan: 10, relay: private}\n"
		VF(8, "08") ", channel: red, vlan: 10}\n"
		VF(9, "09") ", channel: red, vlan: 20}\n",
};
/* clang-format on */

static const struct lab_case domains[] = {
	{"all veb: a flood that came back reaches the others again", "uplink", "bc vf0 arp",
	 "vf1 pf"},
	{"all veb: the host's, too", "uplink", "bc pf arp", "vf0 vf1"},
	{"all veb: locally as ever", "vf0", "bc vf0 arp", "vf1 pf uplink"},
	{"a channel's relay is its ports'", "vf2", "vf3 vf2 ip", "uplink.blue : vf3 vf2 s200 ip"},
	{"a broadcast of a vepa channel goes to its wire", "vf2", "bc vf2 arp",
	 "uplink.blue : bc vf2 s200 arp"},
	{"and reaches the others by reflection", "uplink.blue", "bc vf2 s200 arp",
	 "vf3 vf4 vf5 : bc vf2 arp"},
	{"unicast by reflection", "uplink.blue", "vf3 vf2 s200 ip", "vf3 : vf3 vf2 ip"},
	{"a port's own relay comes before the channel's", "vf4", "vf5 vf4 ip", "vf5"},
	{"a veb port of a mixed channel to a vepa one", "vf4", "vf2 vf4 ip",
	 "uplink.blue : vf2 vf4 s200 ip"},
	{"a veb port's broadcast in a mixed channel", "vf4", "bc vf4 arp",
	 "vf5 ; uplink.blue : bc vf4 s200 arp"},
	{"... that came back: veb ports had it", "uplink.blue", "bc vf4 s200 arp",
	 "vf2 vf3 : bc vf4 arp"},
	{"in a VLAN: a private port's goes to the wire", "vf7", "vf6 vf7 ip",
	 "uplink.red : vf6 vf7 s201 c10 ip"},
	{"in a VLAN: back from the wire to veb ports", "uplink.red", "bc vf7 s201 c10 arp",
	 "vf6 vf8 : bc vf7 arp"},
	{"in a VLAN: a veb port's, back from the wire, reaches nobody", "uplink.red",
	 "bc vf6 s201 c10 arp", "! reflected"},
	{"in another VLAN the source is a stranger", "uplink.red", "bc vf9 s201 c10 arp",
	 "vf6 vf7 vf8 : bc vf9 arp"},
	{"in another VLAN the source is a stranger to a private port", "uplink.red",
	 "vf7 vf9 s201 c10 ip", "vf7 : vf7 vf9 ip"},
	{"in its VLAN it is not", "uplink.red", "vf7 vf6 s201 c10 ip", "! reflected"},
	{"a vepa port's address is itself, whatever the relay", "vf2", "vf2 vf2 ip", "! self"},
};

#define TABLE(setup, cases) (lab_table(#cases, &setup, cases, ARRAY_SIZE(cases)) != 0)

int main(void)
{
	int failed = 0;

	failed += lab_table("pairs", &mixed, pairs, pairs_make()) != 0;
	failed += TABLE(mixed, more);
	failed += TABLE(watched, promisc);
	failed += TABLE(pure, domains);
	return failed;
}
