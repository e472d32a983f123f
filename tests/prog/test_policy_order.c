/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Which reason counts when several match: the first in the order of the boxes and of design.md's
 * table. Every meter of this switch is used up, so that rate and storm refuse whatever gets there.
 *
 *	vf0 guard, acl, rate, storm	vf1 ordinary	vf2 acl, rate, storm	vf3 rate, storm
 *	vf4 storm, isolated		vf5 rx acl, rx rate, MTU 300		vf6 rx rate, MTU 300
 *	vf7 isolated			vf8 disabled, rx acl, rx rate		vf9 access VLAN, all
 *	vf10 XDP guest, all		vf11 disabled, all			vf12 acl, isolated
 *	vf13 guard, dscp, access VLAN	vf14 trusted, all
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include <cmocka.h>

#include "harness.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define VF(id, hex) "  - {id: " #id ", dev: h" #id ", mac: \"02:00:00:00:01:" hex "\""
#define GUARD ", guard: {ipv4: [10.0.0.5], ipv6: [\"fd00::5\"]}"
#define RATES ", max_tx_rate: 10, storm: {broadcast: 1, multicast: 1, unknown: 1}"
#define ALL GUARD ", acl: tx" RATES

static const struct lab_setup setup = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"uplink: {dev: up}\n"
		"acls:\n"
		"  tx: [{dir: tx, proto: tcp, action: deny}]\n"
		"  rx: [{dir: rx, proto: tcp, action: deny}]\n"
		"vfs:\n"
		VF(0, "00") ALL "}\n"
		VF(1, "01") "}\n"
		VF(2, "02") ", acl: tx" RATES "}\n"
		VF(3, "03") RATES "}\n"
		VF(4, "04") ", isolated: on, storm: {broadcast: 1, multicast: 1, unknown: 1}}\n"
		VF(5, "05") ", acl: rx, max_rx_rate: 10}\n"
		VF(6, "06") ", max_rx_rate: 10}\n"
		VF(7, "07") ", isolated: on}\n"
		VF(8, "08") ", state: disable, acl: rx, max_rx_rate: 10}\n"
		VF(9, "09") ", vlan: 10" ALL "}\n"
		VF(10, "0a") ", hook: xdp" ALL "}\n"
		VF(11, "0b") ", state: disable" ALL "}\n"
		VF(12, "0c") ", isolated: on, acl: tx}\n"
		VF(13, "0d") ", vlan: 10, dscp: on" GUARD "}\n"
		VF(14, "0e") ", trust: on" ALL "}\n",
	.mtu = {[5] = 300, [6] = 300},
};

#define OWN_TCP "ip4=10.0.0.5>10.0.0.9 tcp=1>2"
#define OWN_UDP "ip4=10.0.0.5>10.0.0.9 udp=1>2"
#define BAD_TCP "ip4=10.0.0.7>10.0.0.9 tcp=1>2"

static const struct lab_case order[] = {
	{"link comes before guard", "vf11", "vf1 vf11 " BAD_TCP, "! link"},
	{"bad_frame comes before guard", "vf0", "vf1 mc " BAD_TCP, "! bad_frame"},
	{"inject comes before guard", "vf0", "vf1 vf0 c10 t893f", "! inject"},
	{"control comes before guard", "vf0", "01:80:c2:00:00:0e vf0 c10 c20 t88cc", "! control"},
	{"spoof_mac comes before guard", "vf0", "vf1 ext " BAD_TCP, "! spoof_mac"},
	{"vlan_filter comes before guard", "vf0", "vf1 vf0 c10 " BAD_TCP, "! vlan_filter"},
	{"vlan_tagged comes before guard", "vf9", "ext vf9 c10 " BAD_TCP, "! vlan_tagged"},
	{"guard comes before acl", "vf0", "vf1 vf0 " BAD_TCP, "! guard"},
	{"guard comes before storm", "vf0", "bc vf0 arp4=10.0.0.7>10.0.0.9", "! guard"},
	{"guard comes before self", "vf0", "vf0 vf0 " BAD_TCP, "! guard"},
	{"guard comes before mtu", "vf0", "vf5 vf0 " BAD_TCP " +400", "! guard"},
	{"spoof_mac comes before acl", "vf2", "vf1 ext " OWN_TCP, "! spoof_mac"},
	{"acl comes before rate", "vf0", "vf1 vf0 " OWN_TCP, "! acl"},
	{"acl comes before storm", "vf2", "bc vf2 " OWN_TCP, "! acl"},
	{"acl comes before storm of unknown unicast", "vf2", "ext vf2 " OWN_TCP, "! acl"},
	{"acl comes before self", "vf2", "vf2 vf2 " OWN_TCP, "! acl"},
	{"acl comes before isolated", "vf12", "vf7 vf12 " OWN_TCP, "! acl"},
	{"acl comes before the target's link", "vf2", "vf8 vf2 " OWN_TCP, "! acl"},
	{"rate comes after guard and acl", "vf0", "vf1 vf0 " OWN_UDP, "! rate"},
	{"rate comes before storm", "vf3", "bc vf3 arp", "! rate"},
	{"rate comes before storm of unknown unicast", "vf3", "ext vf3 ip", "! rate"},
	{"rate comes before self", "vf3", "vf3 vf3 ip", "! rate"},
	{"rate comes before the target's link", "vf3", "vf8 vf3 ip", "! rate"},
	{"rate comes before the target's rate", "vf3", "vf6 vf3 ip", "! rate"},
	{"rate comes before the target's mtu", "vf3", "vf6 vf3 ip +400", "! rate"},
	{"storm comes before mtu", "vf4", "bc vf4 ip +1505", "! storm"},
	{"storm of unknown unicast comes before the wire's mtu", "vf4", "ext vf4 ip +1505",
	 "! storm"},
	{"storm is no matter of known unicast", "vf4", "vf1 vf4 ip", "vf1"},
	{"isolated comes where no meter is asked", "vf4", "vf7 vf4 ip", "! isolated"},
	{"isolated comes before the target's acl", "vf7", "vf4 vf7 " OWN_TCP, "! isolated"},
	{"the target's link comes before its acl", "vf1", "vf8 vf1 " OWN_TCP, "vf8!link"},
	{"the target's acl comes before its rate", "vf1", "vf5 vf1 " OWN_TCP, "vf5!acl"},
	{"the target's acl comes before its mtu", "vf1", "vf5 vf1 " OWN_TCP " +400", "vf5!acl"},
	{"the target's rate comes after its acl", "vf1", "vf5 vf1 " OWN_UDP, "vf5!rate"},
	{"the target's mtu comes before its rate, which would be charged", "vf1", "vf6 vf1 ip +400",
	 "vf6!mtu"},
	{"the target's mtu", "uplink", "vf1 ext ip +1505", "vf1!mtu"},
	{"each target has its own reason", "vf1", "bc vf1 " OWN_TCP " +400",
	 "vf0 vf2 vf3 vf4 vf7 vf10 vf12 vf14 pf uplink ; vf5!acl vf6!mtu"},
	{"a broadcast from the wire has its reasons at its targets", "uplink", "bc ext " OWN_UDP,
	 "vf0 vf1 vf2 vf3 vf4 vf7 vf10 vf12 vf14 pf ; vf5!rate vf6!rate"},
	{"an XDP guest's frame has the same order", "vf10", "vf1 vf10 " BAD_TCP, "! guard"},
	{"an XDP guest's source comes first", "vf10", "vf1 ext " BAD_TCP, "! spoof_mac"},
	{"an XDP guest's acl comes before its rate", "vf10", "vf1 vf10 " OWN_TCP, "! acl"},
	{"guard holds where dscp is read first", "vf13", "ext vf13 " BAD_TCP " tos=b8", "! guard"},
	{"dscp goes on where guard permits", "vf13", "ext vf13 " OWN_TCP " tos=b8",
	 "uplink : ext vf13 c10.5 " OWN_TCP " tos=b8"},
	{"a frame that came back is reflected before its target's rate", "uplink", "vf6 vf6 ip",
	 "! reflected"},
	{"a trusted port's control frame is the link's, not the policy's", "vf14",
	 "01:80:c2:00:00:0e vf14 t88cc", "uplink"},
	{"a trusted port's other frames are the policy's", "vf14", "vf1 vf14 " BAD_TCP, "! guard"},
};

static struct lab *lab;

/* nothing passes a meter that there is */
static int meters_shut(const struct lab_port *port)
{
	struct evb_meter meter;
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	for (int class = 0; class < EVB_METER__MAX; class++) {
		uint32_t key = port->number * EVB_METERS + class;

		if (table_get(lab_tables(lab), TABLE_METERS, &key, &meter))
			return -1;
		if (!meter.cost)
			continue;
		meter.due = (now.tv_sec + 1000) * 1000000000ULL;
		if (table_put(lab_tables(lab), TABLE_METERS, &key, &meter))
			return -1;
	}
	return 0;
}

static int group_setup(void **state)
{
	const struct lab_port *ports;
	unsigned int n;
	int err;

	(void)state;
	err = lab_open(&setup, &lab);
	if (err)
		return err;
	ports = lab_ports(lab, &n);
	for (unsigned int i = 0; !err && i < n; i++)
		err = meters_shut(&ports[i]);
	return err;
}

static int group_teardown(void **state)
{
	(void)state;
	lab_close(lab);
	return 0;
}

static void order_case(void **state)
{
	static char why[LAB_WHY_MAX];

	why[0] = 0;
	if (lab_check(lab, *state, why))
		fail_msg("\n%s", why);
}

int main(void)
{
	static struct CMUnitTest tests[ARRAY_SIZE(order)];

	for (size_t i = 0; i < ARRAY_SIZE(order); i++) {
		tests[i].name = order[i].says;
		tests[i].test_func = order_case;
		tests[i].initial_state = (void *)(uintptr_t)&order[i];
	}
	return _cmocka_run_group_tests("order", tests, ARRAY_SIZE(order), group_setup,
				       group_teardown);
}
