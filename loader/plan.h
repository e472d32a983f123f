/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * plan.h - from configuration to the rows of the tables. Pure: no kernel, no devices.
 */
#pragma once

#include "config.h"
#include "evb_abi.h"

/* what the host knows of one device; all zero in `check --dump` */
struct plan_dev {
	unsigned int ifindex;
	unsigned int mtu;
	enum evb_port_kind kind;
	bool peer;	/* bpf_redirect_peer works: a veth whose other end is in another namespace */
	bool xdp;	/* takes XDP frames, and the XDP program runs on it */
	bool no_link;	/* no carrier, and somebody follows it */
	uint8_t mac[6]; /* of the uplink; of a bridge's port with `peer`: its other end's */
};

/* a VLAN's FID in evb_vlans */
struct plan_fid {
	struct evb_vlan_key key;
	uint16_t fid;
};

struct plan_host {
	struct plan_dev uplink;
	struct plan_dev vfs[CONFIG_VFS_MAX]; /* as config_device() counts; ports of one device alike */
	/* FIDs that VLANs of the running switch have, which they keep; of all but the first domain */
	unsigned int n_fids;
	const struct plan_fid *fids;
	/* numbers in evb_acls of the lists of config->acls, by direction (in, out); 0: free choice */
	uint16_t acls[EVB_ACLS_MAX / 2][2];
};

struct plan_port {
	uint32_t number;
	struct evb_port row;
};
struct plan_vlan {
	struct evb_vlan_key key;
	struct evb_vlan_val row;
};
struct plan_fdb {
	struct evb_fdb_key key;
	struct evb_fdb_val row;
};
struct plan_group {
	uint32_t fid;
	struct evb_group row;
};
struct plan_domain {
	uint32_t number;
	struct evb_domain row;
};
struct plan_member {
	struct evb_multicast_key key;
	uint32_t row;
};
struct plan_guard {
	struct evb_guard_key key;
	uint32_t row;
};
struct plan_acl {
	uint32_t number;
	struct evb_acl row;
};
struct plan_meter {
	uint32_t number; /* port * EVB_METERS + class */
	struct evb_meter row;
};

/* an id of a port behind a cascade: a row of evb_ingress on the uplink */
struct plan_id {
	uint32_t id;
	uint32_t port;
};

/*
 * the rows, each list but ids in ascending order of its key; evb_ifaces and evb_tx follow from ports,
 * evb_ingress from ports and ids
 */
struct plan {
	unsigned int n_ports, n_vlans, n_fdb, n_groups, n_domains;
	unsigned int n_multicast, n_guard, n_acls, n_meters;
	struct plan_port *ports;
	struct plan_vlan *vlans;
	struct plan_fdb *fdb;
	struct plan_group *groups;
	struct plan_domain *domains;
	struct plan_member *multicast;
	struct plan_guard *guard;
	struct plan_acl *acls;
	struct plan_meter *meters;
	unsigned int n_ids;
	struct plan_id *ids;
};

/*
 * plan_build() - @host may be NULL: rows without devices. The plan is the caller's, to be freed with
 * plan_free(). -E2BIG (logged): more addresses times VLANs than evb_fdb holds, or more VLANs in channels
 * than there are FIDs. -ENOMEM.
 */
int plan_build(const struct config *cfg, const struct plan_host *host, struct plan **out);
void plan_free(struct plan *plan); /* NULL is fine */

/* the link of a port's guest is off: by `state`, or with that of the uplink */
bool plan_link_off(const struct config_port *port, const struct plan_host *host);

/* row of a port number, or NULL */
const struct evb_port *plan_port_get(const struct plan *plan, uint32_t number);
