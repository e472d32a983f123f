/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * From configuration to rows. A model of design.md section 7 (who is in which VLAN, tagged or not)
 * is compared with every row that plan_build() makes of representative configurations.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "config.h"
#include "evb_wire.h"
#include "plan.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define HEAD "version: 1\nswitch: lab\nuplink: {dev: up}\n"
#define VF(id, keys) "  - {id: " #id ", dev: h" #id ", mac: \"02:00:00:00:01:" #id "\"" keys "}\n"

/* ---- one of each */

static const char mixed[] =
	HEAD "vfs:\n" VF(10, ", vlan: 10") VF(11, ", trunk: [10, 20]") VF(12, ", trunk: all")
		VF(13, "") VF(14, ", vlan: 10, proto: 802.1ad") VF(15, ", vlan: 10, strip: off")
			VF(16, ", vlan: 30, trunk: [20]") VF(17, ", trunk: [20], untagged: on");

static const char pf_access[] =
	HEAD "pf: {vlan: 10}\nvfs:\n" VF(10, ", vlan: 10") VF(11, ", vlan: 20");

static const char pf_trunk[] =
	HEAD "pf: {trunk: [10, 30-33], mac: [\"02:00:00:00:0f:01\", "
	     "\"02:00:00:00:0f:02\"]}\nvfs:\n" VF(10, ", vlan: 10") VF(11, "");

static const char s_trunk[] = HEAD "vfs:\n" VF(10, ", trunk: [400], proto: 802.1ad")
	VF(11, ", vlan: 400") VF(12, ", trunk: all, proto: 802.1ad");

static const char alone[] = HEAD "vfs: []\n";

static const char several[] =
	HEAD "vfs:\n"
	     "  - {id: 0, dev: h0, trunk: [5, 6, 7], mac: [\"02:00:00:00:00:01\", "
	     "\"02:00:00:00:00:02\", \"02:00:00:00:00:03\"]}\n"
	     "  - {id: 255, dev: h255, trunk: [4094], vlan: 1, mac: [\"02:00:00:00:00:04\", "
	     "\"02:00:00:00:00:05\"]}\n";

static const char *const all[] = {mixed, pf_access, pf_trunk, s_trunk, alone, several};

struct made {
	struct config *cfg;
	struct plan_host host;
	struct plan *plan;
};

static const uint8_t pf_mac[6] = {0x02, 0, 0, 0, 0x0f, 0};

static struct config *parse(const char *yaml)
{
	struct config_error err;
	struct config *cfg = NULL;
	char text[600];

	if (config_parse("test", yaml, strlen(yaml), &cfg, &err))
		fail_msg("%s", config_error_format(&err, "test", text, sizeof(text)));
	return cfg;
}

static void make(const char *yaml, struct made *out)
{
	memset(out, 0, sizeof(*out));
	out->cfg = parse(yaml);
	out->host.uplink = (struct plan_dev){.ifindex = 2, .mtu = 1500};
	memcpy(out->host.uplink.mac, pf_mac, 6);
	for (unsigned int i = 0; i < out->cfg->n_vfs; i++)
		out->host.vfs[i] = (struct plan_dev){.ifindex = 100 + i,
						     .mtu = 1500 + i,
						     .kind = EVB_KIND_VETH,
						     .peer = i % 2,
						     .xdp = i == 3};
	assert_int_equal(plan_build(out->cfg, &out->host, &out->plan), 0);
}

static void unmake(struct made *made)
{
	plan_free(made->plan);
	config_free(made->cfg);
}

/* ---- looking into a plan */

static const struct evb_vlan_val *vlan_of(const struct plan *plan, uint16_t tpid, uint16_t vid)
{
	for (unsigned int i = 0; i < plan->n_vlans; i++)
		if (plan->vlans[i].key.tpid == tpid && plan->vlans[i].key.vid == vid)
			return &plan->vlans[i].row;
	return NULL;
}

static const struct evb_group *group_of(const struct plan *plan, uint32_t fid)
{
	for (unsigned int i = 0; i < plan->n_groups; i++)
		if (plan->groups[i].fid == fid)
			return &plan->groups[i].row;
	return NULL;
}

static int fdb_port(const struct plan *plan, const uint8_t mac[6], uint16_t fid)
{
	for (unsigned int i = 0; i < plan->n_fdb; i++)
		if (plan->fdb[i].key.fid == fid && !memcmp(plan->fdb[i].key.mac, mac, 6))
			return plan->fdb[i].row.port;
	return -1;
}

static bool has_bit(const __u64 *words, uint32_t number)
{
	return words[number / 64] >> (number % 64) & 1;
}

/* place in the group, -1: not in it */
static int place(const struct evb_group *group, uint32_t number)
{
	for (unsigned int i = 0; group && i < group->count; i++)
		if (group->port[i] == number)
			return i;
	return -1;
}

/* ---- the model */

struct who {
	uint32_t number;
	const struct config_port *port;
};

static unsigned int everybody(const struct config *cfg, struct who *out)
{
	unsigned int n = 0;

	out[n++] = (struct who){EVB_PORT_PF, &cfg->pf};
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		out[n++] = (struct who){EVB_PORT_VF(cfg->vfs[i].id), &cfg->vfs[i].port};
	return n;
}

/* the host takes VLANs of both kinds when it takes all of them */
static bool model_kind(const struct who *who, uint16_t tpid)
{
	if (who->number == EVB_PORT_PF && who->port->trunk_all && !who->port->vlan)
		return true;
	return who->port->proto == tpid;
}

static bool model_native(const struct who *who, uint16_t tpid, uint16_t vid)
{
	return who->port->vlan == vid && who->port->proto == tpid;
}

static bool model_in(const struct who *who, uint16_t tpid, uint16_t vid)
{
	const struct config_port *port = who->port;

	if (model_native(who, tpid, vid))
		return true;
	return model_kind(who, tpid) && (port->trunk_all || config_vids_has(&port->trunk, vid));
}

static bool model_untagged(const struct who *who, uint16_t tpid, uint16_t vid)
{
	return model_native(who, tpid, vid) && who->port->strip;
}

/* a port without vlan and trunk, with trunk all, or with untagged on */
static bool model_in_no_vlan(const struct who *who)
{
	const struct config_port *port = who->port;

	if (port->vlan)
		return false;
	return !port->has_trunk || port->trunk_all || port->untagged;
}

static bool model_named(const struct who *who, unsigned int n, uint16_t tpid, uint16_t vid)
{
	for (unsigned int i = 0; i < n; i++)
		if (model_native(&who[i], tpid, vid) ||
		    (who[i].port->proto == tpid && config_vids_has(&who[i].port->trunk, vid)))
			return true;
	return false;
}

/* ---- the whole plan against the model */

static unsigned int addresses(const struct made *made, const struct who *who, uint8_t mac[][6])
{
	unsigned int n = 0;

	if (who->number == EVB_PORT_PF)
		memcpy(mac[n++], made->host.uplink.mac, 6);
	for (unsigned int i = 0; i < who->port->n_macs; i++)
		memcpy(mac[n++], who->port->mac[i], 6);
	return n;
}

/* every address of the port is in the FDB of a FID, or none is; how many rows that are */
static unsigned int check_fdb(const struct made *made, const struct who *who, uint16_t fid, bool in)
{
	uint8_t mac[CONFIG_MACS_MAX + 1][6];
	unsigned int n = addresses(made, who, mac);

	for (unsigned int i = 0; i < n; i++)
		assert_int_equal(fdb_port(made->plan, mac[i], fid), in ? (int)who->number : -1);
	return in ? n : 0;
}

/* one FID: group, order, FDB; how many FDB rows it should have. The wire is in it, @wire: bare */
static unsigned int check_fid(const struct made *made, const struct who *who, unsigned int n,
			      uint16_t fid, const bool *in, const bool *untagged, bool wire)
{
	const struct evb_group *group = group_of(made->plan, fid);
	unsigned int count = 0, bare = wire, rows = 0;

	assert_non_null(group);
	assert_int_equal(place(group, EVB_PORT_UPLINK) < group->untagged, wire);
	for (unsigned int i = 0; i < n; i++) {
		int at = place(group, who[i].number);

		assert_int_equal(at >= 0, in[i]);
		if (in[i])
			assert_int_equal(at < group->untagged, untagged[i]);
		count += in[i];
		bare += untagged[i];
		rows += check_fdb(made, &who[i], fid, in[i]);
	}
	assert_int_equal(group->count, count + 1); /* and the wire */
	assert_int_equal(group->untagged, bare);
	assert_int_equal(group->default_port, in[0] ? EVB_PORT_PF : EVB_PORT_NONE);
	return rows;
}

static unsigned int check_vlan(const struct made *made, const struct who *who, unsigned int n,
			       uint16_t tpid, uint16_t vid)
{
	const struct evb_vlan_val *row = vlan_of(made->plan, tpid, vid);
	bool in[EVB_VFS_MAX + 1], untagged[EVB_VFS_MAX + 1];

	assert_non_null(row);
	assert_int_not_equal(row->fid, EVB_FID_NONE);
	assert_true(has_bit(row->members, EVB_PORT_UPLINK));
	assert_false(has_bit(row->untagged, EVB_PORT_UPLINK));
	for (unsigned int i = 0; i < n; i++) {
		const struct evb_port *port = plan_port_get(made->plan, who[i].number);

		in[i] = model_in(&who[i], tpid, vid);
		untagged[i] = model_untagged(&who[i], tpid, vid);
		assert_int_equal(has_bit(row->members, who[i].number), in[i]);
		assert_int_equal(has_bit(row->untagged, who[i].number), untagged[i]);
		assert_int_equal(port->fid == row->fid, model_native(&who[i], tpid, vid));
		assert_int_equal(port->strip_fid == row->fid, untagged[i]);
	}
	return check_fid(made, who, n, row->fid, in, untagged, false);
}

/* VLANs that nobody names, of one kind; in no VLAN when tpid is 0 */
static unsigned int check_shared(const struct made *made, const struct who *who, unsigned int n,
				 uint16_t tpid, uint16_t fid)
{
	bool in[EVB_VFS_MAX + 1], untagged[EVB_VFS_MAX + 1] = {0}, anybody = false;

	for (unsigned int i = 0; i < n; i++) {
		in[i] = tpid ? who[i].port->trunk_all && model_kind(&who[i], tpid)
			     : model_in_no_vlan(&who[i]);
		anybody |= in[i];
		untagged[i] = in[i] && !tpid;
		if (!tpid)
			assert_int_equal(
				plan_port_get(made->plan, who[i].number)->fid == fid && fid, in[i]);
	}
	assert_int_equal(fid != EVB_FID_NONE, anybody);
	return anybody ? check_fid(made, who, n, fid, in, untagged, !tpid) : 0;
}

static void check_vlans(const struct made *made, const struct who *who, unsigned int n,
			unsigned int *vlans, unsigned int *rows)
{
	static const uint16_t tpids[] = {EVB_TPID_C, EVB_TPID_S};

	for (size_t k = 0; k < ARRAY_SIZE(tpids); k++)
		for (unsigned int vid = 1; vid <= EVB_VID_MAX; vid++) {
			if (!model_named(who, n, tpids[k], vid)) {
				assert_null(vlan_of(made->plan, tpids[k], vid));
				continue;
			}
			*rows += check_vlan(made, who, n, tpids[k], vid);
			*vlans += 1;
		}
}

static void check_plan(const struct made *made)
{
	const struct evb_domain *domain = &made->plan->domains[0].row;
	struct who who[EVB_VFS_MAX + 1];
	unsigned int n = everybody(made->cfg, who), vlans = 0, rows = 0, groups;

	assert_int_equal(made->plan->n_domains, 1);
	assert_int_equal(made->plan->domains[0].number, 0);
	assert_int_equal(domain->wire, EVB_PORT_UPLINK);
	assert_int_equal(domain->default_port, EVB_PORT_PF);
	assert_int_equal(plan_port_get(made->plan, EVB_PORT_UPLINK)->fid, domain->fid);
	check_vlans(made, who, n, &vlans, &rows);
	rows += check_shared(made, who, n, 0, domain->fid);
	rows += check_shared(made, who, n, EVB_TPID_C, domain->rest_fid_c);
	rows += check_shared(made, who, n, EVB_TPID_S, domain->rest_fid_s);
	groups = vlans + !!domain->fid + !!domain->rest_fid_c + !!domain->rest_fid_s;
	assert_int_equal(made->plan->n_ports, n + 1);
	assert_int_equal(made->plan->n_vlans, vlans);
	assert_int_equal(made->plan->n_groups, groups);
	assert_int_equal(made->plan->n_fdb, rows);
}

static void rows_are_the_models(void **state)
{
	struct made made;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		make(all[i], &made);
		check_plan(&made);
		unmake(&made);
	}
}

/* ---- literal rows, so that a mistake in the model shows */

static void mixed_rows(void **state)
{
	static const uint32_t c10[] = {266, 1, 2, 267, 268, 271};
	const struct evb_group *group;
	const struct evb_domain *domain;
	struct made made;

	(void)state;
	make(mixed, &made);
	domain = &made.plan->domains[0].row;
	assert_int_equal(made.plan->n_ports, 10);
	assert_int_equal(made.plan->n_vlans, 4); /* C 10, 20, 30; S 10 */
	assert_int_equal(made.plan->n_groups, 7);
	/*
	 * no VLAN: PF vf12 vf13 vf17; rest C: PF vf12; rest S: PF; C 10: PF vf10 vf11 vf12 vf15;
	 * C 20: PF vf11 vf12 vf16 vf17; C 30: PF vf12 vf16; S 10: PF vf14
	 */
	assert_int_equal(made.plan->n_fdb, 4 + 2 + 1 + 5 + 5 + 3 + 2);
	group = group_of(made.plan, vlan_of(made.plan, EVB_TPID_C, 10)->fid);
	assert_int_equal(group->count, ARRAY_SIZE(c10));
	assert_int_equal(group->untagged, 1);
	assert_int_equal(group->port[0], 266);
	for (size_t i = 0; i < ARRAY_SIZE(c10); i++)
		assert_true(place(group, c10[i]) >= 0);
	assert_int_equal(group->default_port, EVB_PORT_PF);
	assert_int_equal(group_of(made.plan, domain->rest_fid_s)->count, 2);
	assert_int_not_equal(vlan_of(made.plan, EVB_TPID_C, 10)->fid,
			     vlan_of(made.plan, EVB_TPID_S, 10)->fid);
	assert_int_equal(fdb_port(made.plan, pf_mac, domain->rest_fid_c), EVB_PORT_PF);
	unmake(&made);
}

static void mixed_ports(void **state)
{
	const struct evb_port *vf10, *vf12, *vf13, *vf15, *vf16, *pf, *uplink;
	struct made made;

	(void)state;
	make(mixed, &made);
	uplink = plan_port_get(made.plan, EVB_PORT_UPLINK);
	pf = plan_port_get(made.plan, EVB_PORT_PF);
	vf10 = plan_port_get(made.plan, EVB_PORT_VF(10));
	vf12 = plan_port_get(made.plan, EVB_PORT_VF(12));
	vf13 = plan_port_get(made.plan, EVB_PORT_VF(13));
	vf15 = plan_port_get(made.plan, EVB_PORT_VF(15));
	vf16 = plan_port_get(made.plan, EVB_PORT_VF(16));
	assert_int_equal(uplink->kind, EVB_KIND_UPLINK);
	assert_int_equal(uplink->send, EVB_SEND_WIRE);
	assert_int_equal(uplink->max_len, 1518);
	assert_int_equal(uplink->trunk_all, 1);
	assert_string_equal(uplink->name, "uplink");
	assert_int_equal(pf->kind, EVB_KIND_PF);
	assert_int_equal(pf->send, EVB_SEND_STACK);
	assert_int_equal(pf->ifindex, uplink->ifindex);
	assert_int_equal(pf->trunk_all, 1);
	assert_int_equal(pf->tpid, 0);
	assert_memory_equal(pf->mac, pf_mac, 6);
	assert_string_equal(pf->name, "pf");
	assert_int_equal(vf10->access, 1);
	assert_int_equal(vf10->vlan, 10);
	assert_int_equal(vf10->tpid, EVB_TPID_C);
	assert_int_equal(vf10->spoofchk, 1);
	assert_int_equal(vf10->keep_tag, 0);
	assert_int_equal(vf10->wire, EVB_PORT_UPLINK);
	assert_int_equal(vf10->send, EVB_SEND_DEV);
	assert_string_equal(vf10->name, "vf10");
	assert_int_equal(plan_port_get(made.plan, EVB_PORT_VF(11))->send, EVB_SEND_PEER);
	assert_int_equal(vf12->max_len, 1502 + 18);
	assert_int_equal(vf12->ifindex, 102);
	assert_int_equal(vf12->access, 0);
	assert_int_equal(vf12->xdp_slot, 0);
	assert_int_equal(vf13->xdp_slot, EVB_PORT_VF(13) + 1);
	assert_int_equal(vf15->keep_tag, 1);
	assert_int_equal(vf15->strip_fid, EVB_FID_NONE);
	assert_int_equal(vf15->fid, vf10->fid);
	assert_int_equal(vf16->access, 0);
	assert_int_equal(vf16->vlan, 30);
	unmake(&made);
}

/* ---- of every plan */

static void keys_ascend(void **state)
{
	struct made made;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		const struct plan *plan;

		make(all[i], &made);
		plan = made.plan;
		for (unsigned int k = 1; k < plan->n_ports; k++)
			assert_true(plan->ports[k - 1].number < plan->ports[k].number);
		for (unsigned int k = 1; k < plan->n_groups; k++)
			assert_true(plan->groups[k - 1].fid < plan->groups[k].fid);
		for (unsigned int k = 1; k < plan->n_vlans; k++) {
			const struct evb_vlan_key *a = &plan->vlans[k - 1].key,
						  *b = &plan->vlans[k].key;

			assert_true(a->tpid < b->tpid || (a->tpid == b->tpid && a->vid < b->vid));
		}
		for (unsigned int k = 1; k < plan->n_fdb; k++)
			assert_memory_not_equal(&plan->fdb[k - 1].key, &plan->fdb[k].key,
						sizeof(plan->fdb[k].key));
		unmake(&made);
	}
}

/* a further address is looked up in mac_fid, whatever VLAN the frame is in */
static void mac_fid_has_all(void **state)
{
	uint8_t mac[CONFIG_MACS_MAX + 1][6];
	struct who who[EVB_VFS_MAX + 1];
	struct made made;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		unsigned int n;

		make(all[i], &made);
		n = everybody(made.cfg, who);
		for (unsigned int k = 0; k < n; k++) {
			const struct evb_port *row = plan_port_get(made.plan, who[k].number);
			unsigned int macs = addresses(&made, &who[k], mac);

			assert_int_equal(row->n_macs, macs);
			assert_memory_equal(row->mac, mac[0], 6);
			while (macs--)
				assert_int_equal(fdb_port(made.plan, mac[macs], row->mac_fid),
						 who[k].number);
		}
		unmake(&made);
	}
}

static void assert_same(const struct plan *a, const struct plan *b)
{
	assert_int_equal(a->n_ports, b->n_ports);
	assert_int_equal(a->n_vlans, b->n_vlans);
	assert_int_equal(a->n_fdb, b->n_fdb);
	assert_int_equal(a->n_groups, b->n_groups);
	assert_memory_equal(a->ports, b->ports, a->n_ports * sizeof(*a->ports));
	if (a->n_vlans)
		assert_memory_equal(a->vlans, b->vlans, a->n_vlans * sizeof(*a->vlans));
	assert_memory_equal(a->fdb, b->fdb, a->n_fdb * sizeof(*a->fdb));
	assert_memory_equal(a->groups, b->groups, a->n_groups * sizeof(*a->groups));
	assert_memory_equal(a->domains, b->domains, a->n_domains * sizeof(*a->domains));
}

static void same_text_same_rows(void **state)
{
	struct made a, b;

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(all); i++) {
		make(all[i], &a);
		make(all[i], &b);
		assert_same(a.plan, b.plan);
		unmake(&a);
		unmake(&b);
	}
}

static void order_of_vfs_is_no_matter(void **state)
{
	static const char up[] =
		HEAD "vfs:\n" VF(10, ", vlan: 7") VF(11, ", trunk: [7, 9]") VF(12, "");
	static const char down[] =
		HEAD "vfs:\n" VF(12, "") VF(11, ", trunk: [9, 7]") VF(10, ", vlan: 7");
	struct made a, b;

	(void)state;
	make(up, &a);
	make(down, &b);
	assert_same(a.plan, b.plan);
	unmake(&a);
	unmake(&b);
}

/* rows of a VLAN do not change when another one comes: apply can diff them */
static void another_vlan_moves_no_fid(void **state)
{
	static const char one[] = HEAD "vfs:\n" VF(10, ", vlan: 50");
	static const char two[] = HEAD "vfs:\n" VF(10, ", vlan: 50") VF(11, ", vlan: 20");
	struct made a, b;

	(void)state;
	make(one, &a);
	make(two, &b);
	assert_int_equal(vlan_of(a.plan, EVB_TPID_C, 50)->fid,
			 vlan_of(b.plan, EVB_TPID_C, 50)->fid);
	assert_memory_equal(&a.plan->domains[0], &b.plan->domains[0], sizeof(a.plan->domains[0]));
	unmake(&a);
	unmake(&b);
}

static void kinds_of_devices(void **state)
{
	static const struct {
		enum evb_port_kind found, kind;
		enum evb_send send;
	} want[] = {
		{EVB_KIND_TAP, EVB_KIND_TAP, EVB_SEND_DEV},
		{EVB_KIND_MACVTAP, EVB_KIND_MACVTAP, EVB_SEND_INGRESS},
		{EVB_KIND_VETH, EVB_KIND_VETH, EVB_SEND_PEER},
		{EVB_KIND_AFXDP, EVB_KIND_AFXDP, EVB_SEND_DEV},
		{EVB_KIND_NONE, EVB_KIND_MACVTAP, EVB_SEND_NONE}, /* not there yet */
	};
	struct plan_host host = {.uplink = {.ifindex = 2, .mtu = 1500}};
	struct plan *plan = NULL;
	struct config *cfg;

	(void)state;
	cfg = parse("version: 1\nswitch: t\nuplink: {dev: up}\nvfs:\n"
		    "  - {id: 0, dev: a, mac: \"02:00:00:00:00:00\"}\n"
		    "  - {id: 1, dev: b, mac: \"02:00:00:00:00:01\"}\n"
		    "  - {id: 2, dev: c, mac: \"02:00:00:00:00:02\"}\n"
		    "  - {id: 3, dev: d, mac: \"02:00:00:00:00:03\", kind: afxdp}\n"
		    "  - {id: 4, dev: e, mac: \"02:00:00:00:00:04\", kind: macvtap, present: later}\n");
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		host.vfs[i] = (struct plan_dev){.ifindex = want[i].found ? 10 + i : 0,
						.mtu = 1500,
						.kind = want[i].found,
						.peer = want[i].found == EVB_KIND_VETH};
	assert_int_equal(plan_build(cfg, &host, &plan), 0);
	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		assert_int_equal(plan_port_get(plan, EVB_PORT_VF(i))->kind, want[i].kind);
		assert_int_equal(plan_port_get(plan, EVB_PORT_VF(i))->send, want[i].send);
	}
	plan_free(plan);
	assert_int_equal(plan_build(cfg, NULL, &plan), 0);
	assert_int_equal(plan_port_get(plan, EVB_PORT_VF(4))->send, EVB_SEND_INGRESS);
	assert_int_equal(plan_port_get(plan, EVB_PORT_VF(3))->kind, EVB_KIND_AFXDP);
	plan_free(plan);
	config_free(cfg);
}

static void without_devices(void **state)
{
	struct config *cfg = parse(mixed);
	struct plan *plan = NULL;

	(void)state;
	assert_int_equal(plan_build(cfg, NULL, &plan), 0);
	assert_int_equal(plan->n_ports, 10);
	for (unsigned int i = 0; i < plan->n_ports; i++) {
		assert_int_equal(plan->ports[i].row.ifindex, 0);
		assert_int_equal(plan->ports[i].row.xdp_slot, 0);
	}
	assert_null(plan_port_get(plan, EVB_PORT_VF(99)));
	assert_null(plan_port_get(plan, EVB_PORT_NONE));
	plan_free(plan);
	config_free(cfg);
	plan_free(NULL);
}

/* ---- many */

static char *many(unsigned int vfs, unsigned int macs, const char *keys)
{
	size_t size = 200 + vfs * (200 + macs * 24), n;
	char *text = malloc(size);

	assert_non_null(text);
	n = snprintf(text, size, HEAD "vfs:\n");
	for (unsigned int id = 0; id < vfs; id++) {
		n += snprintf(text + n, size - n, "  - {id: %u, dev: h%u, mac: [", id, id);
		for (unsigned int k = 0; k < macs; k++)
			n += snprintf(text + n, size - n, "%s\"02:00:00:%02x:01:%02x\"",
				      k ? ", " : "", k, id);
		n += snprintf(text + n, size - n, "]%s}\n", keys);
	}
	return text;
}

static void whole_house(void **state)
{
	char *text = many(256, 1, ", vlan: 10");
	const struct evb_group *group;
	struct made made;

	(void)state;
	make(text, &made);
	assert_int_equal(made.plan->n_ports, 258);
	assert_int_equal(made.plan->ports[257].number, EVB_PORT_VF(255));
	group = group_of(made.plan, vlan_of(made.plan, EVB_TPID_C, 10)->fid);
	assert_int_equal(group->count, 258);
	assert_int_equal(group->untagged, 256);
	/* 256 VFs in one FID; the PF in it, in no VLAN and in both rests */
	assert_int_equal(made.plan->n_fdb, 256 + 4);
	check_plan(&made);
	unmake(&made);
	free(text);
}

static void full_fdb(void **state)
{
	char *fits = many(256, 1, ", trunk: [1-1000]"), *over = many(256, 1, ", trunk: [1-1023]");
	struct plan *plan = NULL;
	struct config *cfg;

	(void)state;
	/* 256 x 1000 and the PF's 1003 */
	cfg = parse(fits);
	assert_int_equal(plan_build(cfg, NULL, &plan), 0);
	assert_int_equal(plan->n_fdb, 257 * 1000 + 3);
	plan_free(plan);
	config_free(cfg);
	/* 257 x 1023 and 3 is over 262144 */
	plan = NULL;
	cfg = parse(over);
	assert_int_equal(plan_build(cfg, NULL, &plan), -E2BIG);
	assert_null(plan);
	config_free(cfg);
	free(fits);
	free(over);
}

/* ---- a bridge with as many devices and groups as there is room for */

#define DEVICES 255 /* an untagged port, two with an id and the group of these: 1020 numbers */

static char *many_devices(void)
{
	size_t size = 100 + DEVICES * 300, n;
	char *text = malloc(size);

	assert_non_null(text);
	n = snprintf(text, size, "version: 1\nswitch: lab\nrelay: bridge\nports:\n");
	for (unsigned int d = 0; d < DEVICES; d++) {
		n += snprintf(text + n, size - n, "  - {name: u%u, dev: d%u}\n", d, d);
		for (unsigned int id = 1; id <= 2; id++)
			n += snprintf(text + n, size - n,
				      "  - {name: x%u-%u, dev: d%u, tag: e-tag, ecid: %u, %s}\n", d, id,
				      d, id, d % 2 ? "trunk: [10]" : "vlan: 10");
	}
	n += snprintf(text + n, size - n, "replication:\n");
	for (unsigned int d = 0; d < DEVICES; d++)
		n += snprintf(text + n, size - n,
			      "  - {dev: d%u, vlan: 10, grp: 1, ecid: 5, members: [x%u-1, x%u-2]}\n", d,
			      d, d);
	assert_true(n < size);
	return text;
}

/* bytes of tags in front of what the port gets of a VLAN */
static unsigned int model_bytes(const struct evb_port *port, uint16_t fid)
{
	unsigned int bytes = port->channel_tag == EVB_CHANNEL_E ? EVB_ETAG_LEN : 0;

	return port->strip_fid == fid ? bytes : bytes + EVB_TAG_LEN;
}

/* how often each port stands in the list, also behind a row that stands for it; how many such rows */
static unsigned int read_list(const struct plan *plan, const struct evb_group *group, uint16_t fid,
			      unsigned int *found)
{
	unsigned int bundles = 0, bytes = 0, behind = 0;

	assert_true(group->count <= EVB_PORTS_MAX);
	for (unsigned int i = 0; i < group->count; i++) {
		const struct evb_port *port = plan_port_get(plan, group->port[i] & ~EVB_BUNDLE);

		assert_non_null(port);
		if (group->port[i] & EVB_BUNDLE) {
			assert_int_equal(behind, 0);
			assert_int_equal(port->kind, EVB_KIND_REPLICATION);
			behind = group->port[++i];
			assert_true(i + behind < group->count);
			bundles++;
			continue;
		}
		assert_int_equal(port->kind, EVB_KIND_PORT);
		assert_true(model_bytes(port, fid) >= bytes);
		bytes = model_bytes(port, fid);
		found[group->port[i]]++;
		behind -= !!behind;
	}
	assert_int_equal(behind, 0);
	return bundles;
}

/* of the VLAN all are members, of the other lists the ports without an id */
static void check_list(const struct plan *plan, const struct plan_group *group,
		       const struct evb_vlan_val *vlan)
{
	unsigned int found[EVB_PORTS_MAX] = {0}, bundles;
	bool is_vlan = group->fid == vlan->fid;

	bundles = read_list(plan, &group->row, group->fid, found);
	/* as many as there is room for, which is less than all */
	assert_int_equal(bundles, is_vlan ? (EVB_PORTS_MAX - 3 * DEVICES) / 2 : 0);
	assert_int_equal(group->row.bundles, is_vlan);
	for (unsigned int i = 0; i < plan->n_ports; i++) {
		const struct evb_port *port = &plan->ports[i].row;
		bool in = port->kind == EVB_KIND_PORT && !port->channel_tag;

		if (is_vlan)
			in = has_bit(vlan->members, plan->ports[i].number);
		assert_int_equal(found[plan->ports[i].number], in);
	}
}

static void full_lists(void **state)
{
	char *text = many_devices();
	struct config *cfg = parse(text);
	const struct evb_vlan_val *vlan;
	unsigned int members = 0;
	struct plan *plan = NULL;

	(void)state;
	assert_int_equal(plan_build(cfg, NULL, &plan), 0);
	vlan = vlan_of(plan, EVB_TPID_C, 10);
	assert_non_null(vlan);
	for (uint32_t i = 0; i < EVB_PORTS_MAX; i++)
		members += has_bit(vlan->members, i);
	assert_int_equal(members, 3 * DEVICES);
	for (unsigned int i = 0; i < plan->n_groups; i++)
		check_list(plan, &plan->groups[i], vlan);
	plan_free(plan);
	config_free(cfg);
	free(text);
}

#define TEST(says, fn)                     \
	{                                  \
		says, fn, NULL, NULL, NULL \
	}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST("VLAN, group and FDB rows are exactly those of the model",
		     rows_are_the_models),
		TEST("VLANs, groups and addresses of a mixed switch", mixed_rows),
		TEST("port rows of a mixed switch", mixed_ports),
		TEST("keys ascend and none stands twice", keys_ascend),
		TEST("mac_fid is a FID that has all addresses of the port", mac_fid_has_all),
		TEST("the same text makes the same rows", same_text_same_rows),
		TEST("the order of VFs in the file is no matter", order_of_vfs_is_no_matter),
		TEST("another VLAN moves no FID", another_vlan_moves_no_fid),
		TEST("a device's kind decides how frames are handed to it", kinds_of_devices),
		TEST("without devices there are rows without devices", without_devices),
		TEST("256 VFs in one VLAN", whole_house),
		TEST("an FDB that is full to the brim, and one that would run over", full_fdb),
		TEST("255 devices with groups: each member once in a list, which has an end",
		     full_lists),
	};

	return cmocka_run_group_tests_name("plan", tests, NULL, NULL);
}
