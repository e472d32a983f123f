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

#define NS_PER_SECOND 1000000000ULL
#define BYTES_PER_MBIT 125000ULL
#define RATE_BURST (NS_PER_SECOND / 40) /* ns that a port may be ahead of its rate: 2.5 % of a second */
#define TCP_BURST (NS_PER_SECOND / 4)	/* ... that TCP may: its timer, 200 ms, and a little */
#define STORM_BURST (NS_PER_SECOND / 4)

struct member {
	uint32_t number;
	const struct config_port *port;
	struct evb_port *row; /* in the plan */
};

struct builder {
	const struct config *cfg;
	const struct plan_host *host;
	struct plan *plan;
	struct member members[2 + EVB_VFS_MAX]; /* those with a configuration: PF, VFs */
	unsigned int n_members;
	bool named[2][4096]; /* VIDs that some port names, by TPID: C, S */
	unsigned int max_fdb, max_groups;
	bool no_devices; /* rows to look at: as if every device were there */
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

/* number of an acl's rules for one direction, 0: it has none */
static uint16_t acl_number(const struct builder *b, const struct config_acl *acl, int out)
{
	unsigned int i;

	if (!acl)
		return 0;
	i = acl - b->cfg->acls;
	for (unsigned int rule = 0; rule < acl->n_rules; rule++)
		if (out ? acl->rules[rule].rx : acl->rules[rule].tx)
			return b->host->acls[i][out] ? b->host->acls[i][out] : 2 * i + out + 1;
	return 0;
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
	row->allmulti = 1;
	row->down = dev->no_link;
}

static uint8_t guard_bits(const struct config_port *port)
{
	uint8_t bits = port->has_guard ? EVB_GUARD_ON : 0;

	for (unsigned int i = 0; i < port->n_guard; i++)
		bits |= port->guard[i].family == 4 ? EVB_GUARD_IPV4 : EVB_GUARD_IPV6;
	return bits;
}

bool plan_link_off(const struct config_port *port, const struct plan_host *host)
{
	return port->state == EVB_STATE_DISABLE ||
	       (port->state == EVB_STATE_AUTO && host->uplink.no_link);
}

/* the keys that a VF and the PF share */
static void port_set_policy(const struct builder *b, struct evb_port *row,
			    const struct member *member)
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
	row->trust = port->trust;
	row->promisc = port->promisc;
	row->allmulti = port->allmulti;
	row->dscp = port->dscp;
	row->acl_in = acl_number(b, port->acl, 0);
	row->acl_out = acl_number(b, port->acl, 1);
	row->rate_in = port->max_tx_rate > 0;
	row->rate_out = port->max_rx_rate > 0;
	row->guard = guard_bits(port);
	for (int i = 0; i < CONFIG_STORM__MAX; i++)
		row->storm |= (port->storm[i] > 0) << i;
	row->policy_in = row->guard || row->dscp || row->acl_in || row->rate_in || row->storm;
	row->policy_out = row->acl_out || row->rate_out;
	row->down = plan_link_off(port, b->host);
}

static void member_add(struct builder *b, struct plan_port *port, const struct config_port *cfg)
{
	struct member *member = &b->members[b->n_members++];

	member->number = port->number;
	member->port = cfg;
	member->row = &port->row;
	port_set_policy(b, &port->row, member);
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
	port->row.allmulti = 1;
	port->row.down = 0;
}

/* of a device that is not there: as the file says, and a veth if it does not */
static enum evb_port_kind kind_wanted(enum config_kind kind)
{
	switch (kind) {
	case CONFIG_KIND_TAP:
		return EVB_KIND_TAP;
	case CONFIG_KIND_MACVTAP:
		return EVB_KIND_MACVTAP;
	case CONFIG_KIND_AFXDP:
		return EVB_KIND_AFXDP;
	default:
		return EVB_KIND_VETH;
	}
}

static void port_add_vf(struct builder *b, const struct config_vf *vf, const struct plan_dev *dev)
{
	struct plan_port *port = port_add(b->plan, EVB_PORT_VF(vf->id), vf->port.name);

	port_set_dev(&port->row, dev);
	port->row.kind = dev->kind ? dev->kind : kind_wanted(vf->kind);
	if (b->no_devices || dev->ifindex)
		port->row.send = port->row.kind == EVB_KIND_MACVTAP ? EVB_SEND_INGRESS :
				 dev->peer			    ? EVB_SEND_PEER :
								      EVB_SEND_DEV;
	port->row.xdp_slot = dev->xdp ? port->number + 1 : 0;
	memcpy(port->row.mac, vf->port.mac[0], sizeof(port->row.mac));
	port->row.n_macs = vf->port.n_macs;
	member_add(b, port, &vf->port);
	port->row.down |= dev->no_link;
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
		group->policy |= member->row->policy_out;
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

/* policy rows */

static void add_multicast(struct builder *b, const struct member *member)
{
	const struct config_port *port = member->port;

	for (unsigned int i = 0; i < port->n_multicast; i++) {
		struct plan_member *row = &b->plan->multicast[b->plan->n_multicast++];

		memcpy(row->key.mac, port->multicast[i], 6);
		row->key.port = member->number;
		row->row = 1;
	}
}

static void add_guard(struct builder *b, const struct member *member)
{
	const struct config_port *port = member->port;

	for (unsigned int i = 0; i < port->n_guard; i++) {
		struct plan_guard *row = &b->plan->guard[b->plan->n_guard++];

		row->key.prefix = EVB_GUARD_PREFIX + port->guard[i].len;
		row->key.port = member->number;
		row->key.family = port->guard[i].family;
		memcpy(row->key.addr, port->guard[i].addr, sizeof(row->key.addr));
		row->row = 1;
	}
}

/* rate: bytes or frames a second */
static void add_meter(struct builder *b, const struct member *member, unsigned int class,
		      uint64_t rate, uint64_t burst)
{
	struct plan_meter *row;

	if (!rate)
		return;
	row = &b->plan->meters[b->plan->n_meters++];
	row->number = member->number * EVB_METERS + class;
	row->row.cost = (NS_PER_SECOND << EVB_METER_SHIFT) / rate;
	row->row.burst = burst;
}

static void add_meters(struct builder *b, const struct member *member)
{
	const struct config_port *port = member->port;

	add_meter(b, member, EVB_METER_IN, port->max_tx_rate * BYTES_PER_MBIT, TCP_BURST);
	add_meter(b, member, EVB_METER_OUT, port->max_rx_rate * BYTES_PER_MBIT, TCP_BURST);
	add_meter(b, member, EVB_METER_IN_OTHER, port->max_tx_rate * BYTES_PER_MBIT, RATE_BURST);
	add_meter(b, member, EVB_METER_OUT_OTHER, port->max_rx_rate * BYTES_PER_MBIT, RATE_BURST);
	for (int i = 0; i < CONFIG_STORM__MAX; i++)
		add_meter(b, member, EVB_METER_BROADCAST + i, port->storm[i], STORM_BURST);
}

static void add_acl(struct builder *b, const struct config_acl *acl, int out)
{
	uint16_t number = acl_number(b, acl, out);
	struct plan_acl *row;

	if (!number)
		return;
	row = &b->plan->acls[b->plan->n_acls++];
	row->number = number;
	snprintf(row->row.name, sizeof(row->row.name), "%s", acl->name);
	for (unsigned int i = 0; i < acl->n_rules; i++)
		if (out ? acl->rules[i].rx : acl->rules[i].tx)
			row->row.rule[row->row.count++] = acl->rules[i].rule;
}

static int build_policy(struct builder *b)
{
	const struct config *cfg = b->cfg;
	struct plan *plan = b->plan;

	plan->multicast = calloc(b->n_members * CONFIG_GROUPS_MAX, sizeof(*plan->multicast));
	plan->guard = calloc(b->n_members * CONFIG_GUARDS_MAX, sizeof(*plan->guard));
	plan->meters = calloc(b->n_members * EVB_METER__MAX, sizeof(*plan->meters));
	plan->acls = calloc(2 * cfg->n_acls + 1, sizeof(*plan->acls));
	if (!plan->multicast || !plan->guard || !plan->meters || !plan->acls)
		return -ENOMEM;
	for (unsigned int i = 0; i < b->n_members; i++) {
		add_multicast(b, &b->members[i]);
		add_guard(b, &b->members[i]);
		add_meters(b, &b->members[i]);
	}
	for (unsigned int i = 0; i < cfg->n_acls; i++)
		for (int out = 0; out < 2; out++)
			add_acl(b, &cfg->acls[i], out);
	return 0;
}

/* while one port sees everything, no frame takes the way for one target */
static void build_watched(struct builder *b)
{
	bool watched = false;

	for (unsigned int i = 0; i < b->plan->n_ports; i++)
		watched |= b->plan->ports[i].row.promisc;
	for (unsigned int i = 0; i < b->plan->n_ports; i++)
		b->plan->ports[i].row.watched = watched;
}

static int fdb_compare(const void *a, const void *b)
{
	const struct plan_fdb *x = a, *y = b;

	if (x->key.fid != y->key.fid)
		return x->key.fid < y->key.fid ? -1 : 1;
	return memcmp(x->key.mac, y->key.mac, sizeof(x->key.mac));
}

/* config_check.c sees to all addresses but the uplink's own */
static int fdb_twice(const struct plan *plan, unsigned int i)
{
	uint32_t a = plan->fdb[i - 1].row.port, b = plan->fdb[i].row.port;
	const struct evb_port *vf = plan_port_get(plan, a == EVB_PORT_PF ? b : a);

	return log_err_r(-EEXIST, "%s: mac: this is the uplink's own address, the host's: give another one",
			 vf ? vf->name : "?");
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
	b->host = host;
	port_add_uplink(b, &host->uplink);
	port_add_pf(b, &host->uplink);
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		port_add_vf(b, &cfg->vfs[i], &host->vfs[i]);
	collect_named(b);
	build_watched(b);
	err = build_policy(b);
	if (!err)
		err = build_fids(b);
	if (!err && plan->n_fdb)
		qsort(plan->fdb, plan->n_fdb, sizeof(*plan->fdb), fdb_compare);
	for (unsigned int i = 1; !err && i < plan->n_fdb; i++)
		if (!fdb_compare(&plan->fdb[i - 1], &plan->fdb[i]))
			err = fdb_twice(plan, i);
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
		b->no_devices = !host;
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
	free(plan->multicast);
	free(plan->guard);
	free(plan->acls);
	free(plan->meters);
	free(plan);
}

const struct evb_port *plan_port_get(const struct plan *plan, uint32_t number)
{
	for (unsigned int i = 0; i < plan->n_ports; i++)
		if (plan->ports[i].number == number)
			return &plan->ports[i].row;
	return NULL;
}
