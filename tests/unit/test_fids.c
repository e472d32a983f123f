/* SPDX-License-Identifier: GPL-2.0-only */
/* test_fids.c - every FID that plan_build() makes is found to stand for what it was made for. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "evb_wire.h"
#include "fids.h"

static struct config *parse(const char *yaml)
{
	struct config_error err;
	struct config *cfg = NULL;
	char text[600];

	if (config_parse("test", yaml, strlen(yaml), &cfg, &err))
		fail_msg("%s", config_error_format(&err, "test", text, sizeof(text)));
	return cfg;
}

static struct plan *plan_of(const char *yaml)
{
	struct config *cfg = parse(yaml);
	struct plan *plan = NULL;

	assert_int_equal(plan_build(cfg, NULL, &plan), 0);
	config_free(cfg);
	return plan;
}

static struct fids *fids_of(const struct plan *plan)
{
	struct fids *fids = fids_new();

	assert_non_null(fids);
	for (unsigned int i = 0; i < plan->n_domains; i++)
		fids_add_domain(fids, (uint16_t)plan->domains[i].number, &plan->domains[i].row);
	for (unsigned int i = 0; i < plan->n_vlans; i++)
		fids_add_vlan(fids, &plan->vlans[i].key, plan->vlans[i].row.fid);
	return fids;
}

static void expect(const struct fids *fids, uint32_t number, struct fid want, const char *text)
{
	struct fid got = fids_get(fids, number);
	char buf[FID_TEXT_LEN];

	if (fid_compare(&got, &want) || strcmp(fid_text(&got, buf), text))
		fail_msg("FID %u is '%s' of domain %u", number, fid_text(&got, buf), got.domain);
}

static const char edge[] = "version: 1\nswitch: lab\nuplink: {dev: up}\n"
			   "channels: [{name: blue, svid: 200}, {name: red, svid: 201}]\n"
			   "vfs:\n"
			   "  - {id: 0, dev: h0, mac: \"02:00:00:00:01:00\", vlan: 10}\n"
			   "  - {id: 1, dev: h1, mac: \"02:00:00:00:01:01\", vlan: 10, channel: blue}\n"
			   "  - {id: 2, dev: h2, mac: \"02:00:00:00:01:02\", vlan: 10, proto: 802.1ad, channel: red}\n"
			   "  - {id: 3, dev: h3, mac: \"02:00:00:00:01:03\", trunk: all, channel: red}\n";

static void fids_of_an_edge_switch(void **state)
{
	struct plan *plan = plan_of(edge);
	struct fids *fids = fids_of(plan);

	(void)state;
	expect(fids, 0, (struct fid){.kind = FID_UNKNOWN}, "?");
	expect(fids, 0x10000, (struct fid){.kind = FID_UNKNOWN}, "?");
	expect(fids, 1, (struct fid){.kind = FID_NO_VLAN}, "no vlan");
	expect(fids, 2, (struct fid){.kind = FID_REST, .tpid = EVB_TPID_C}, "rest");
	/* an S-TAG there is a channel's */
	expect(fids, 3, (struct fid){.kind = FID_UNKNOWN}, "?");
	expect(fids, 0x1000 + 10, (struct fid){.kind = FID_VLAN, .tpid = EVB_TPID_C, .vid = 10},
	       "vlan 10");
	expect(fids, 0x1000 + 11, (struct fid){.kind = FID_UNKNOWN}, "?");
	expect(fids, 0x3000 + 3 * 2, (struct fid){.kind = FID_NO_VLAN, .domain = 2}, "no vlan");
	expect(fids, 0x3000 + 3 * 2 + 1,
	       (struct fid){.kind = FID_REST, .domain = 2, .tpid = EVB_TPID_C}, "rest");
	for (unsigned int i = 0; i < plan->n_vlans; i++) {
		const struct evb_vlan_key *key = &plan->vlans[i].key;
		char text[FID_TEXT_LEN];

		snprintf(text, sizeof(text), "%svlan 10",
			 key->tpid == EVB_TPID_S ? "802.1ad " : "");
		expect(fids, plan->vlans[i].row.fid,
		       (struct fid){.kind = FID_VLAN,
				    .domain = key->domain,
				    .tpid = key->tpid,
				    .vid = key->vid},
		       text);
	}
	assert_int_equal(plan->n_vlans, 3);
	fids_free(fids);
	plan_free(plan);
}

/* addresses are learned in VLANs that no port names, too */
static void fids_of_a_bridge(void **state)
{
	struct plan *plan = plan_of("version: 1\nswitch: tor\nrelay: bridge\nports:\n"
				    "  - {name: p1, dev: d1}\n"
				    "  - {name: p2, dev: d2, vlan: 10}\n");
	struct fids *fids = fids_of(plan);

	(void)state;
	expect(fids, 1, (struct fid){.kind = FID_NO_VLAN}, "no vlan");
	expect(fids, 2, (struct fid){.kind = FID_REST, .tpid = EVB_TPID_C}, "rest");
	expect(fids, 0x1000 + 10, (struct fid){.kind = FID_VLAN, .tpid = EVB_TPID_C, .vid = 10},
	       "vlan 10");
	expect(fids, 0x1000 + 4094, (struct fid){.kind = FID_VLAN, .tpid = EVB_TPID_C, .vid = 4094},
	       "vlan 4094");
	expect(fids, 0x2000 + 1, (struct fid){.kind = FID_VLAN, .tpid = EVB_TPID_S, .vid = 1},
	       "802.1ad vlan 1");
	expect(fids, 0x1000 + 4095, (struct fid){.kind = FID_UNKNOWN}, "?");
	fids_free(fids);
	plan_free(plan);
}

/* as they are listed: channel by channel, frames in no VLAN first, what is not known last */
static void fids_have_an_order(void **state)
{
	static const struct fid order[] = {
		{FID_NO_VLAN, 0, 0, 0},		  {FID_VLAN, 0, EVB_TPID_C, 1},
		{FID_VLAN, 0, EVB_TPID_S, 1},	  {FID_VLAN, 0, EVB_TPID_C, 2},
		{FID_REST, 0, EVB_TPID_C, 0},	  {FID_REST, 0, EVB_TPID_S, 0},
		{FID_UNKNOWN, 0, 0, 0},		  {FID_NO_VLAN, 1, 0, 0},
	};
	size_t n = sizeof(order) / sizeof(order[0]);

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < n; j++) {
			int got = fid_compare(&order[i], &order[j]);

			assert_true(i < j ? got < 0 : i > j ? got > 0 : got == 0);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fids_of_an_edge_switch),
		cmocka_unit_test(fids_of_a_bridge),
		cmocka_unit_test(fids_have_an_order),
	};

	return cmocka_run_group_tests_name("fids", tests, NULL, NULL);
}
