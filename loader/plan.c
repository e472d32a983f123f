/* SPDX-License-Identifier: GPL-2.0-only */
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evb_wire.h"
#include "log.h"

/*
 * FIDs of the untagged channel's domain. They follow from the VLAN alone, so that two plans of
 * one switch never disagree about a row.
 */
enum {
	FID_NO_VLAN = 1,
	FID_REST_C = 2,
	FID_REST_S = 3,
	FID_C = 0x1000, /* + VID */
	FID_S = 0x2000, /* + VID */
	FID__MAX = 0x3000,
};

struct member {
	uint32_t number;
	const struct config_port *port;
	struct evb_port *row; /* in the plan */
};

struct builder {
	const struct config *cfg;
	struct plan *plan;
	struct member members[2 + EVB_VFS_MAX]; /* those with a configuration: PF, VFs */
	unsigned int n_members;
	bool named[2][4096]; /* VIDs that some port names, by TPID: C, S */
	unsigned int max_fdb, max_groups;
};

static uint16_t tpid_of(int s)
{
	return s ? EVB_TPID_S : EVB_TPID_C;
}

static uint16_t fid_of(uint16_t tpid, uint16_t vid)
{
	return (tpid == EVB_TPID_S ? FID_S : FID_C) + vid;
}

/* the host's own port takes VLANs of both kinds when it is told to take all */
static uint16_t member_tpid(const struct member *member)
{
	const struct config_port *port = member->port;

	if (member->number == EVB_PORT_PF && port->trunk_all && !port->vlan && !port->has_proto)
		return 0;
	return port->proto;
}

static bool in_no_vlan(const struct config_port *port)
{
	return !port->vlan && port->untagged;
}

/* is the port in that VLAN, tagged or not? */
static bool in_vlan(const struct member *member, uint16_t tpid, uint16_t vid)
{
	const struct config_port *port = member->port;
	uint16_t own = member_tpid(member);

	if (own && own != tpid)
		return false;
	return port->trunk_all || port->vlan == vid || config_vids_has(&port->trunk, vid);
}

static bool in_rest(const struct member *member, uint16_t tpid)
{
	uint16_t own = member_tpid(member);

	return member->port->trunk_all && (!own || own == tpid);
}

static bool in_fid(const struct member *member, uint16_t fid)
{
	if (fid == FID_NO_VLAN)
		return in_no_vlan(member->port);
	if (fid == FID_REST_C || fid == FID_REST_S)
		return in_rest(member, tpid_of(fid == FID_REST_S));
	return in_vlan(member, fid >= FID_S ? EVB_TPID_S : EVB_TPID_C, fid & EVB_TCI_VID);
}

static struct plan_port *port_add(struct plan *plan, uint32_t number, const char *name)
{
	struct plan_port *port = &plan->ports[plan->n_ports++];

	port->number = number;
	snprintf(port->row.name, sizeof(port->row.name), "%s", name);
	port->row.wire = EVB_PORT_UPLINK;
	return port;
}

static void port_set_dev(struct evb_port *row, const struct plan_dev *dev)
{
	row->ifindex = dev->ifindex;
	row->max_len = dev->mtu + EVB_LEN_OVER_MTU;
}

static void port_add_uplink(struct builder *b, const struct plan_dev *dev)
{
	struct evb_port *row = &port_add(b->plan, EVB_PORT_UPLINK, "uplink")->row;

	port_set_dev(row, dev);
	row->kind = EVB_KIND_UPLINK;
	row->send = EVB_SEND_WIRE;
	row->state = EVB_STATE_AUTO;
	row->trunk_all = 1;
	row->trust = 1;
}

/* the keys that a VF and the PF share */
static void port_set_policy(struct evb_port *row, const struct member *member)
{
	const struct config_port *port = member->port;

	row->relay = port->relay;
	row->state = port->state;
	row->vlan = port->vlan;
	row->tpid = member_tpid(member);
	row->qos = port->qos;
	row->access = port->vlan && !port->has_trunk;
	row->trunk_all = port->trunk_all;
	row->keep_tag = !port->strip;
	row->spoofchk = port->spoofchk;
	row->isolated = port->isolated;
	if (port->vlan)
		row->fid = fid_of(port->proto, port->vlan);
	else
		row->fid = in_no_vlan(port) ? FID_NO_VLAN : EVB_FID_NONE;
	row->strip_fid = port->vlan && port->strip ? row->fid : EVB_FID_NONE;
}

static void member_add(struct builder *b, struct plan_port *port, const struct config_port *cfg)
{
	struct member *member = &b->members[b->n_members++];

	member->number = port->number;
	member->port = cfg;
	member->row = &port->row;
	port_set_policy(&port->row, member);
}

static void port_add_pf(struct builder *b, const struct plan_dev *dev)
{
	struct plan_port *port = port_add(b->plan, EVB_PORT_PF, "pf");

	port_set_dev(&port->row, dev);
	port->row.kind = EVB_KIND_PF;
	port->row.send = EVB_SEND_STACK;
	memcpy(port->row.mac, dev->mac, sizeof(port->row.mac));
	port->row.n_macs = 1 + b->cfg->pf.n_macs;
	member_add(b, port, &b->cfg->pf);
	port->row.spoofchk = 0;
	port->row.trust = 1;
}

static void port_add_vf(struct builder *b, const struct config_vf *vf, const struct plan_dev *dev)
{
	struct plan_port *port = port_add(b->plan, EVB_PORT_VF(vf->id), vf->port.name);

	port_set_dev(&port->row, dev);
	port->row.kind = dev->kind ? dev->kind : EVB_KIND_VETH;
	port->row.send = dev->peer ? EVB_SEND_PEER : EVB_SEND_DEV;
	port->row.xdp_slot = dev->xdp ? port->number + 1 : 0;
	memcpy(port->row.mac, vf->port.mac[0], sizeof(port->row.mac));
	port->row.n_macs = vf->port.n_macs;
	member_add(b, port, &vf->port);
}

static void collect_named(struct builder *b)
{
	for (unsigned int i = 0; i < b->n_members; i++) {
		const struct config_port *port = b->members[i].port;
		int s = port->proto == EVB_TPID_S;

		if (port->vlan)
			b->named[s][port->vlan] = true;
		for (unsigned int vid = 1; vid <= EVB_VID_MAX; vid++)
			if (config_vids_has(&port->trunk, vid))
				b->named[s][vid] = true;
	}
}

static void *grow(void *list, unsigned int n, unsigned int *max, size_t size)
{
	if (n < *max)
		return list;
	*max = *max ? *max * 2 : 64;
	return realloc(list, *max * size);
}

static int fdb_add(struct builder *b, const uint8_t mac[6], uint16_t fid, uint32_t number)
{
	struct plan *plan = b->plan;
	struct plan_fdb *list = grow(plan->fdb, plan->n_fdb, &b->max_fdb, sizeof(*list));

	if (!list)
		return -ENOMEM;
	plan->fdb = list;
	if (plan->n_fdb == EVB_FDB_MAX)
		return log_err_r(-E2BIG,
				 "the addresses of all ports, once for each VLAN that they are in, are more "
				 "than %u rows: name fewer VLANs in trunks",
				 EVB_FDB_MAX);
	list = &plan->fdb[plan->n_fdb++];
	memset(list, 0, sizeof(*list));
	memcpy(list->key.mac, mac, 6);
	list->key.fid = fid;
	list->row.kind = EVB_FDB_STATIC;
	list->row.port = number;
	return 0;
}

/* all addresses of a port in one FID; the PF's first one is the uplink's own */
static int fdb_add_port(struct builder *b, const struct member *member, uint16_t fid)
{
	int err = 0;

	if (member->number == EVB_PORT_PF)
		err = fdb_add(b, member->row->mac, fid, member->number);
	for (unsigned int i = 0; !err && i < member->port->n_macs; i++)
		err = fdb_add(b, member->port->mac[i], fid, member->number);
	return err;
}

static struct evb_group *group_add(struct builder *b, uint16_t fid)
{
	struct plan *plan = b->plan;
	struct plan_group *list = grow(plan->groups, plan->n_groups, &b->max_groups, sizeof(*list));

	if (!list)
		return NULL;
	plan->groups = list;
	list = &plan->groups[plan->n_groups++];
	memset(list, 0, sizeof(*list));
	list->fid = fid;
	return &list->row;
}

/* members of a FID with or without tag, the wire being with; addresses into the FDB */
static int group_fill(struct builder *b, struct evb_group *group, uint16_t fid, bool untagged)
{
	int err;

	for (unsigned int i = 0; i < b->n_members; i++) {
		const struct member *member = &b->members[i];

		if (!in_fid(member, fid) || (member->row->strip_fid == fid) != untagged)
			continue;
		group->port[group->count++] = member->number;
		if (member->number == EVB_PORT_PF)
			group->default_port = EVB_PORT_PF;
		if (!member->row->mac_fid)
			member->row->mac_fid = fid;
		err = fdb_add_port(b, member, fid);
		if (err)
			return err;
	}
	return 0;
}

static int fid_add(struct builder *b, uint16_t fid)
{
	struct evb_group *group = group_add(b, fid);
	int err;

	if (!group)
		return -ENOMEM;
	err = group_fill(b, group, fid, true);
	if (err)
		return err;
	group->untagged = group->count;
	group->port[group->count++] = EVB_PORT_UPLINK;
	return group_fill(b, group, fid, false);
}

static bool anybody_in(const struct builder *b, uint16_t fid)
{
	for (unsigned int i = 0; i < b->n_members; i++)
		if (in_fid(&b->members[i], fid))
			return true;
	return false;
}

static void bit_set(__u64 *words, uint32_t number)
{
	words[number / 64] |= 1ULL << (number % 64);
}

static void vlan_add(struct builder *b, uint16_t tpid, uint16_t vid)
{
	struct plan_vlan *vlan = &b->plan->vlans[b->plan->n_vlans++];

	vlan->key.tpid = tpid;
	vlan->key.vid = vid;
	vlan->row.fid = fid_of(tpid, vid);
	bit_set(vlan->row.members, EVB_PORT_UPLINK);
	for (unsigned int i = 0; i < b->n_members; i++) {
		if (!in_fid(&b->members[i], vlan->row.fid))
			continue;
		bit_set(vlan->row.members, b->members[i].number);
		if (b->members[i].row->strip_fid == vlan->row.fid)
			bit_set(vlan->row.untagged, b->members[i].number);
	}
}

/* every FID of the domain that somebody is in, in ascending order */
static int build_fids(struct builder *b)
{
	struct evb_domain *domain = &b->plan->domains[0].row;
	int err = 0;

	domain->wire = EVB_PORT_UPLINK;
	domain->default_port = EVB_PORT_PF;
	domain->fid = anybody_in(b, FID_NO_VLAN) ? FID_NO_VLAN : EVB_FID_NONE;
	domain->rest_fid_c = anybody_in(b, FID_REST_C) ? FID_REST_C : EVB_FID_NONE;
	domain->rest_fid_s = anybody_in(b, FID_REST_S) ? FID_REST_S : EVB_FID_NONE;
	b->plan->n_domains = 1;
	b->plan->ports[0].row.fid = domain->fid; /* the uplink's */
	for (uint16_t fid = FID_NO_VLAN; !err && fid <= FID_REST_S; fid++)
		if (anybody_in(b, fid))
			err = fid_add(b, fid);
	for (int s = 0; s < 2; s++)
		for (uint16_t vid = 1; !err && vid <= EVB_VID_MAX; vid++)
			if (b->named[s][vid]) {
				vlan_add(b, tpid_of(s), vid);
				err = fid_add(b, fid_of(tpid_of(s), vid));
			}
	return err;
}

static int fdb_compare(const void *a, const void *b)
{
	const struct plan_fdb *x = a, *y = b;

	if (x->key.fid != y->key.fid)
		return x->key.fid < y->key.fid ? -1 : 1;
	return memcmp(x->key.mac, y->key.mac, sizeof(x->key.mac));
}

static int build(struct builder *b, const struct plan_host *host)
{
	const struct config *cfg = b->cfg;
	struct plan *plan = b->plan;
	int err;

	plan->ports = calloc(2 + cfg->n_vfs, sizeof(*plan->ports));
	plan->vlans = calloc(2 * (EVB_VID_MAX + 1), sizeof(*plan->vlans));
	plan->domains = calloc(1, sizeof(*plan->domains));
	if (!plan->ports || !plan->vlans || !plan->domains)
		return -ENOMEM;
	port_add_uplink(b, &host->uplink);
	port_add_pf(b, &host->uplink);
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		port_add_vf(b, &cfg->vfs[i], &host->vfs[i]);
	collect_named(b);
	err = build_fids(b);
	if (!err && plan->n_fdb)
		qsort(plan->fdb, plan->n_fdb, sizeof(*plan->fdb), fdb_compare);
	return err;
}

int plan_build(const struct config *cfg, const struct plan_host *host, struct plan **out)
{
	static const struct plan_host nowhere;
	struct builder *b = calloc(1, sizeof(*b));
	struct plan *plan = calloc(1, sizeof(*plan));
	int err = -ENOMEM;

	if (b && plan) {
		b->cfg = cfg;
		b->plan = plan;
		err = build(b, host ? host : &nowhere);
	}
	free(b);
	if (err) {
		plan_free(plan);
		return err;
	}
	*out = plan;
	return 0;
}

void plan_free(struct plan *plan)
{
	if (!plan)
		return;
	free(plan->ports);
	free(plan->vlans);
	free(plan->fdb);
	free(plan->groups);
	free(plan->domains);
	free(plan);
}

const struct evb_port *plan_port_get(const struct plan *plan, uint32_t number)
{
	for (unsigned int i = 0; i < plan->n_ports; i++)
		if (plan->ports[i].number == number)
			return &plan->ports[i].row;
	return NULL;
}
