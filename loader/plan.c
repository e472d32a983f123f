/* SPDX-License-Identifier: GPL-2.0-only */
#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evb_wire.h"
#include "log.h"

/*
 * FIDs. Those of the untagged channel's domain, and of a bridge, follow from the VLAN alone. So do
 * those of a channel's frames in no VLAN and in VLANs that no port names; a channel's VLANs have
 * what is free, and keep it while they are there: two plans of one switch never disagree about a
 * row.
 */
enum {
	FID_NO_VLAN = 1,
	FID_REST_C = 2,
	FID_REST_S = 3,
	FID_C = 0x1000, /* + VID */
	FID_S = 0x2000, /* + VID */
	FID_CHANNEL = 0x3000, /* + 3 * domain + no VLAN, rest C, rest S */
	FID_FREE = FID_CHANNEL + 3 * EVB_DOMAINS_MAX,
	FID_REPLICATION = 0xf000, /* + number of the port that stands for the group */
};

/* what the FID of a LAN stands for */
enum lan_kind {
	LAN_NO_VLAN = 0,
	LAN_REST, /* VLANs of a TPID that no port names */
	LAN_VLAN,
};

struct lan {
	enum lan_kind kind;
	uint16_t domain;
	uint16_t tpid;
	uint16_t vid;
	uint16_t fid;
};

#define NS_PER_SECOND 1000000000ULL
#define BYTES_PER_MBIT 125000ULL
#define RATE_BURST (NS_PER_SECOND / 40) /* ns that a port may be ahead of its rate: 2.5 % of a second */
#define TCP_BURST (NS_PER_SECOND / 4)	/* ... that TCP may: its timer, 200 ms, and a little */
#define STORM_BURST (NS_PER_SECOND / 4)

struct member {
	uint32_t number;
	uint16_t domain;
	const struct config_port *port;
	struct evb_port *row; /* in the plan */
};

/* FIDs of a channel's VLANs, by TPID: C, S; 0: none yet */
struct fids {
	uint16_t fid[2][4096];
};

struct builder {
	const struct config *cfg;
	const struct plan_host *host;
	struct plan *plan;
	struct member members[1 + CONFIG_VFS_MAX]; /* those with a configuration: PF, VFs, a bridge's */
	unsigned int n_members;
	struct evb_port *rows[EVB_PORTS_MAX]; /* of the plan, by number */
	bool bundled[EVB_PORTS_MAX];	      /* has its place behind a group's row, in the LAN at hand */
	unsigned int room; /* in that LAN's list, beyond one place for each member */
	bool named[2][4096]; /* VIDs that some port of the domain names, by TPID: C, S */
	struct fids *fids[EVB_DOMAINS_MAX];
	bool fid_taken[EVB_FIDS_MAX + 1];
	unsigned int fid_next; /* none below it is free */
	unsigned int max_fdb, max_groups, max_vlans;
	int err; /* the first of those that had nowhere to go */
	bool no_devices; /* rows to look at: as if every device were there */
};

static uint16_t tpid_of(int s)
{
	return s ? EVB_TPID_S : EVB_TPID_C;
}

static bool is_bridge(const struct builder *b)
{
	return config_is_bridge(b->cfg);
}

/* by its kind: a bridge's port may have the same number */
static bool is_pf(const struct member *member)
{
	return member->row->kind == EVB_KIND_PF;
}

static bool is_edge(const struct builder *b)
{
	return !is_bridge(b) && !config_is_extender(b->cfg);
}

static struct fids *domain_fids(struct builder *b, uint16_t domain)
{
	if (!b->fids[domain])
		b->fids[domain] = calloc(1, sizeof(*b->fids[domain]));
	if (!b->fids[domain])
		b->err = -ENOMEM;
	return b->fids[domain];
}

/* what the running switch has */
static void collect_fids(struct builder *b)
{
	b->fid_next = FID_FREE;
	for (unsigned int i = 0; i < b->host->n_fids; i++) {
		const struct plan_fid *had = &b->host->fids[i];
		struct fids *fids;

		if (!had->key.domain || had->key.domain >= EVB_DOMAINS_MAX)
			continue;
		fids = domain_fids(b, had->key.domain);
		if (!fids)
			return;
		fids->fid[had->key.tpid == EVB_TPID_S][had->key.vid & EVB_TCI_VID] = had->fid;
		b->fid_taken[had->fid] = true;
	}
}

static uint16_t fid_alloc(struct builder *b)
{
	while (b->fid_next < FID_REPLICATION && b->fid_taken[b->fid_next])
		b->fid_next++;
	if (b->fid_next < FID_REPLICATION)
		return b->fid_next++;
	if (!b->err)
		b->err = log_err_r(-E2BIG,
				   "the VLANs that ports of channels name are more than %u: write "
				   "`trunk: all` where a port is to have them all",
				   FID_REPLICATION - FID_FREE);
	return EVB_FID_NONE;
}

static uint16_t fid_of(struct builder *b, uint16_t domain, uint16_t tpid, uint16_t vid)
{
	struct fids *fids;
	uint16_t *fid;

	if (!domain)
		return (tpid == EVB_TPID_S ? FID_S : FID_C) + vid;
	fids = domain_fids(b, domain);
	if (!fids)
		return EVB_FID_NONE;
	fid = &fids->fid[tpid == EVB_TPID_S][vid];
	if (!*fid)
		*fid = fid_alloc(b);
	return *fid;
}

/* of frames in no VLAN, of C-VLANs and of S-VLANs that no port names */
static uint16_t fid_special(uint16_t domain, unsigned int which)
{
	return domain ? FID_CHANNEL + 3 * domain + which : FID_NO_VLAN + which;
}

/* an extender hands on what there is, but to a port of one VLAN */
static bool takes_all(const struct builder *b, const struct config_port *port)
{
	return port->trunk_all || (config_is_extender(b->cfg) && !port->vlan);
}

/*
 * The host's own port, a bridge's and an extender's take VLANs of both kinds when they are told to
 * take all. Not beside channels, where an outermost S-TAG is a channel's.
 */
static uint16_t member_tpid(const struct builder *b, const struct member *member)
{
	const struct config_port *port = member->port;

	if ((!is_edge(b) || is_pf(member)) && member->row->channels != EVB_CHANNEL_S &&
	    takes_all(b, port) && !port->vlan && !port->has_proto)
		return 0;
	return port->proto;
}

static bool in_no_vlan(const struct config_port *port)
{
	return !port->vlan && port->untagged;
}

/* is the port in that VLAN, tagged or not? */
static bool in_vlan(const struct builder *b, const struct member *member, uint16_t tpid, uint16_t vid)
{
	const struct config_port *port = member->port;
	uint16_t own = member_tpid(b, member);

	if (own && own != tpid)
		return false;
	return takes_all(b, port) || port->vlan == vid || config_vids_has(&port->trunk, vid);
}

static bool in_rest(const struct builder *b, const struct member *member, uint16_t tpid)
{
	uint16_t own = member_tpid(b, member);

	return takes_all(b, member->port) && (!own || own == tpid);
}

static bool in_lan(const struct builder *b, const struct member *member, const struct lan *lan)
{
	if (member->domain != lan->domain)
		return false;
	if (lan->kind == LAN_NO_VLAN)
		return in_no_vlan(member->port);
	if (lan->kind == LAN_REST)
		return in_rest(b, member, lan->tpid);
	return in_vlan(b, member, lan->tpid, lan->vid);
}

static struct plan_port *port_add(struct builder *b, uint32_t number, const char *name)
{
	struct plan_port *port = &b->plan->ports[b->plan->n_ports++];

	port->number = number;
	b->rows[number] = &port->row;
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
	struct evb_port *row = &port_add(b, EVB_PORT_UPLINK, "uplink")->row;

	port_set_dev(row, dev);
	row->kind = EVB_KIND_UPLINK;
	row->send = EVB_SEND_WIRE;
	row->state = EVB_STATE_AUTO;
	row->trunk_all = 1;
	row->trust = 1;
	row->allmulti = 1;
	row->down = dev->no_link;
	row->channels = b->cfg->n_channels ? EVB_CHANNEL_S : b->cfg->tag;
	if (!config_is_extender(b->cfg))
		return;
	row->relay = EVB_RELAY_EXTENDER;
	row->channel_tag = b->cfg->tag; /* with the id of the port that a frame came from */
}

/* a channel's way to the wire: the uplink as it looks behind the channel's tag */
static void port_add_channel(struct builder *b, const struct config_channel *channel,
			     const struct plan_dev *dev)
{
	struct evb_port *uplink = &b->plan->ports[0].row;
	struct plan_port *port;
	char name[EVB_PORT_NAME_LEN];

	snprintf(name, sizeof(name), "uplink.%s", channel->name);
	port = port_add(b, channel->number, name);
	memcpy(name, port->row.name, sizeof(name));
	port->row = *uplink;
	memcpy(port->row.name, name, sizeof(name));
	port_set_dev(&port->row, dev);
	port->row.channels = 0;
	port->row.channel = channel->svid;
	port->row.channel_tag = EVB_CHANNEL_S;
	port->row.domain = EVB_DOMAIN_OF(channel->number);
	port->row.wire = channel->number;
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
static void port_set_policy(struct builder *b, struct evb_port *row, const struct member *member)
{
	const struct config_port *port = member->port;

	row->relay = port->relay;
	row->state = port->state;
	row->domain = member->domain;
	row->vlan = port->vlan;
	row->tpid = member_tpid(b, member);
	row->qos = port->qos;
	row->access = port->vlan && !port->has_trunk;
	row->trunk_all = takes_all(b, port);
	row->keep_tag = !port->strip;
	row->spoofchk = port->spoofchk;
	row->isolated = port->isolated;
	if (port->vlan)
		row->fid = fid_of(b, member->domain, port->proto, port->vlan);
	else
		row->fid = in_no_vlan(port) ? fid_special(member->domain, 0) : EVB_FID_NONE;
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
	if (cfg->channel) {
		member->domain = EVB_DOMAIN_OF(cfg->channel->number);
		port->row.wire = cfg->channel->number;
	}
	/* a tag like a channel's is not for those outside to bring */
	if (!is_bridge(b))
		port->row.channels = b->cfg->n_channels && !cfg->channel ? EVB_CHANNEL_S : EVB_CHANNEL_NONE;
	if (config_is_extender(b->cfg))
		port->row.extended = cfg->ecid;
	port_set_policy(b, &port->row, member);
}

static void port_add_pf(struct builder *b, const struct plan_dev *dev)
{
	struct plan_port *port = port_add(b, EVB_PORT_PF, "pf");

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
	struct plan_port *port = port_add(b, vf->number, vf->port.name);

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

/* toward another extender: what goes there has the tag that it came with */
static void port_add_cascade(struct builder *b, const struct config_vf *cascade,
			     const struct plan_dev *dev)
{
	struct evb_port *row = &port_add(b, cascade->number, cascade->port.name)->row;

	port_set_dev(row, dev);
	row->kind = EVB_KIND_CASCADE;
	row->relay = EVB_RELAY_EXTENDER;
	if (b->no_devices || dev->ifindex)
		row->send = EVB_SEND_DEV;
	row->channel_tag = row->channels = b->cfg->tag;
	row->trust = row->trunk_all = row->allmulti = 1;
	row->down = dev->no_link || plan_link_off(&cascade->port, b->host);
}

/* a row that stands for its members; at a bridge, for the copy that goes to all of them */
static void port_add_replication(struct builder *b, const struct config_replication *group,
				 const struct plan_dev *dev)
{
	struct evb_port *row = &port_add(b, group->number, group->name)->row;

	port_set_dev(row, dev);
	row->kind = EVB_KIND_REPLICATION;
	row->relay = b->cfg->relay;
	row->channel = group->id;
	row->allmulti = 1;
	row->fid = FID_REPLICATION + group->number;
	if (!is_bridge(b))
		return;
	row->wire = EVB_PORT_NONE;
	row->channel_tag = group->members[0].vf->tag;
	if (b->no_devices || dev->ifindex)
		row->send = EVB_SEND_DEV;
}

/* tag of the channels on a port's device */
static enum evb_channel channels_on(const struct builder *b, const struct config_vf *port)
{
	for (unsigned int i = 0; i < b->cfg->n_vfs; i++) {
		const struct config_vf *other = &b->cfg->vfs[i];

		if (!config_is_device(other) && !strcmp(other->dev, port->dev))
			return other->tag ? other->tag : EVB_CHANNEL_S;
	}
	return EVB_CHANNEL_NONE;
}

/* a port of a bridge */
static void port_add_bridge(struct builder *b, const struct config_vf *cfg,
			    const struct plan_dev *dev)
{
	struct plan_port *port = port_add(b, cfg->number, cfg->port.name);
	struct evb_port *row = &port->row;
	/* behind a port there may be anybody; the peer takes what is for its own address */
	bool peer = dev->peer && config_is_device(cfg) &&
		    (!cfg->port.n_macs || !memcmp(cfg->port.mac[0], dev->mac, 6));

	port_set_dev(row, dev);
	row->kind = EVB_KIND_PORT;
	row->wire = EVB_PORT_NONE;
	if ((b->no_devices || dev->ifindex) && !cfg->closed)
		row->send = peer ? EVB_SEND_PEER : EVB_SEND_DEV;
	row->xdp_slot = dev->xdp && !cfg->closed ? port->number + 1 : 0;
	memcpy(row->mac, cfg->port.n_macs ? cfg->port.mac[0] : dev->mac, sizeof(row->mac));
	row->n_macs = cfg->port.n_macs;
	row->channels = config_is_device(cfg) ? channels_on(b, cfg) : EVB_CHANNEL_NONE;
	member_add(b, port, &cfg->port);
	row->channel = cfg->tag ? cfg->port.ecid : cfg->svid;
	row->channel_tag = cfg->svid ? EVB_CHANNEL_S : cfg->tag;
	row->closed = cfg->closed;
	row->reflective = cfg->port.reflective;
	row->learning = cfg->port.learning;
	row->learn_limit = cfg->port.learn_limit;
	row->bpdu = b->cfg->bpdu_forward;
	row->down |= dev->no_link;
}

static void collect_named(struct builder *b, uint16_t domain)
{
	memset(b->named, 0, sizeof(b->named));
	for (unsigned int i = 0; i < b->n_members; i++) {
		const struct config_port *port = b->members[i].port;
		int s = port->proto == EVB_TPID_S;

		if (b->members[i].domain != domain)
			continue;
		if (port->vlan)
			b->named[s][port->vlan] = true;
		for (unsigned int vid = 1; vid <= EVB_VID_MAX; vid++)
			if (config_vids_has(&port->trunk, vid))
				b->named[s][vid] = true;
	}
}

/* VLANs of a bridge's groups: their members may be in all, and name none */
static void collect_groups(struct builder *b)
{
	for (unsigned int i = 0; is_bridge(b) && i < b->cfg->n_replications; i++) {
		const struct config_replication *group = &b->cfg->replications[i];

		if (group->vlan)
			b->named[group->tpid == EVB_TPID_S][group->vlan] = true;
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

	if (is_pf(member))
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

/* the bytes in front of what a port gets of a LAN: that of its channel and of the VLAN */
static unsigned int tag_bytes(const struct evb_port *row, const struct lan *lan)
{
	static const unsigned int lens[EVB_CHANNEL__MAX] = {
		[EVB_CHANNEL_S] = EVB_TAG_LEN,
		[EVB_CHANNEL_E] = EVB_ETAG_LEN,
		[EVB_CHANNEL_VN] = EVB_VNTAG_LEN,
	};
	unsigned int bytes = lens[row->channel_tag];

	return lan->kind == LAN_NO_VLAN || row->strip_fid == lan->fid ? bytes : bytes + EVB_TAG_LEN;
}

static void group_add_port(struct evb_group *group, uint32_t number)
{
	group->port[group->count++] = number;
}

static bool replication_is_of(const struct config_replication *group, const struct lan *lan)
{
	if (lan->kind == LAN_REST || group->vlan != lan->vid)
		return false;
	return !group->vlan || group->tpid == lan->tpid;
}

/* one copy does for all members: behind the channel's tag they get the same bytes */
static bool replication_fits(struct builder *b, const struct config_replication *group,
			     const struct lan *lan, unsigned int bytes)
{
	if (!replication_is_of(group, lan))
		return false;
	for (unsigned int i = 0; i < group->n_members; i++)
		if (tag_bytes(b->rows[group->members[i].vf->number], lan) != bytes)
			return false;
	return true;
}

/* in front of the members of a group for which one copy can stand: its row, and how many they are */
static void group_add_bundles(struct builder *b, struct evb_group *list, const struct lan *lan,
			      unsigned int bytes)
{
	for (unsigned int i = 0; is_bridge(b) && i < b->cfg->n_replications; i++) {
		const struct config_replication *group = &b->cfg->replications[i];

		if (b->room < 2 || !replication_fits(b, group, lan, bytes))
			continue;
		b->room -= 2;
		b->rows[group->number]->strip_fid = b->rows[group->members[0].vf->number]->strip_fid;
		list->bundles = 1;
		group_add_port(list, EVB_BUNDLE | group->number);
		group_add_port(list, group->n_members);
		for (unsigned int m = 0; m < group->n_members; m++) {
			group_add_port(list, group->members[m].vf->number);
			b->bundled[group->members[m].vf->number] = true;
		}
	}
}

/* members of a LAN that get so many bytes of tags; addresses into the FDB */
static int group_fill(struct builder *b, struct evb_group *group, const struct lan *lan,
		      unsigned int bytes)
{
	int err;

	memset(b->bundled, 0, sizeof(b->bundled));
	group_add_bundles(b, group, lan, bytes);
	for (unsigned int i = 0; i < b->n_members; i++) {
		const struct member *member = &b->members[i];

		if (!in_lan(b, member, lan) || tag_bytes(member->row, lan) != bytes)
			continue;
		if (!b->bundled[member->number])
			group_add_port(group, member->number);
		group->policy |= member->row->policy_out;
		if (is_pf(member))
			group->default_port = EVB_PORT_PF;
		if (!member->row->mac_fid)
			member->row->mac_fid = lan->fid;
		err = fdb_add_port(b, member, lan->fid);
		if (err)
			return err;
	}
	return 0;
}

static const struct plan_port *port_of(const struct plan *plan, uint32_t number)
{
	for (unsigned int i = 0; i < plan->n_ports; i++)
		if (plan->ports[i].number == number)
			return &plan->ports[i];
	return NULL;
}

static unsigned int members_in(const struct builder *b, const struct lan *lan)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < b->n_members; i++)
		n += in_lan(b, &b->members[i], lan);
	return n;
}

static int lan_add(struct builder *b, const struct lan *lan, uint32_t wire)
{
	const struct plan_port *out = wire ? port_of(b->plan, wire) : NULL;
	struct evb_group *group = group_add(b, lan->fid);
	int err = group ? 0 : -ENOMEM;

	b->room = EVB_PORTS_MAX - members_in(b, lan) - !!wire;
	/* every length that tag_bytes() can say: 0, 4, 6, 8, 10, 12 */
	for (unsigned int bytes = 0; !err && bytes <= EVB_ETAG_LEN + EVB_TAG_LEN; bytes += 2) {
		err = group_fill(b, group, lan, bytes);
		if (!err && out && tag_bytes(&out->row, lan) == bytes)
			group_add_port(group, wire);
		if (!bytes)
			group->untagged = group->count;
	}
	return err;
}

static void bit_set(__u64 *words, uint32_t number)
{
	words[number / 64] |= 1ULL << (number % 64);
}

static int vlan_add(struct builder *b, const struct lan *lan, uint32_t wire)
{
	struct plan_vlan *vlan = grow(b->plan->vlans, b->plan->n_vlans, &b->max_vlans, sizeof(*vlan));

	if (!vlan)
		return -ENOMEM;
	b->plan->vlans = vlan;
	vlan = &b->plan->vlans[b->plan->n_vlans++];
	memset(vlan, 0, sizeof(*vlan));
	vlan->key.domain = lan->domain;
	vlan->key.tpid = lan->tpid;
	vlan->key.vid = lan->vid;
	vlan->row.fid = lan->fid;
	if (wire)
		bit_set(vlan->row.members, wire);
	for (unsigned int i = 0; i < b->n_members; i++) {
		if (!in_lan(b, &b->members[i], lan))
			continue;
		bit_set(vlan->row.members, b->members[i].number);
		if (b->members[i].row->strip_fid == vlan->row.fid)
			bit_set(vlan->row.untagged, b->members[i].number);
	}
	return 0;
}

/* frames in no VLAN, C-VLANs and S-VLANs that no port names; @out: the FID, if somebody takes them */
static int special_add(struct builder *b, uint16_t domain, unsigned int which, uint32_t wire,
		       __u16 *out)
{
	struct lan lan = {
		.kind = which ? LAN_REST : LAN_NO_VLAN,
		.domain = domain,
		.tpid = which ? tpid_of(which == 2) : 0,
		.fid = fid_special(domain, which),
	};

	if (!members_in(b, &lan))
		return 0;
	*out = lan.fid;
	return lan_add(b, &lan, wire);
}

static int named_add(struct builder *b, uint16_t domain, uint32_t wire)
{
	int err = 0;

	collect_named(b, domain);
	collect_groups(b);
	for (int s = 0; s < 2; s++)
		for (uint16_t vid = 1; !err && vid <= EVB_VID_MAX; vid++) {
			struct lan lan = {
				.kind = LAN_VLAN, .domain = domain, .tpid = tpid_of(s), .vid = vid};

			if (!b->named[s][vid])
				continue;
			lan.fid = fid_of(b, domain, lan.tpid, vid);
			err = b->err ? b->err : vlan_add(b, &lan, wire);
			if (!err)
				err = lan_add(b, &lan, wire);
		}
	return err;
}

static bool has_pf(const struct builder *b, uint16_t domain)
{
	for (unsigned int i = 0; i < b->n_members; i++)
		if (is_pf(&b->members[i]))
			return b->members[i].domain == domain;
	return false;
}

/* every LAN of the domain that somebody is in; the wire's row gets what follows from the members */
static int domain_add(struct builder *b, uint16_t number, struct plan_port *wire)
{
	struct plan_domain *domain = &b->plan->domains[b->plan->n_domains++];
	uint32_t out = wire ? wire->number : EVB_PORT_NONE;
	int err;

	domain->number = number;
	domain->row.wire = out;
	domain->row.default_port = has_pf(b, number) ? EVB_PORT_PF : EVB_PORT_NONE;
	err = special_add(b, number, 0, out, &domain->row.fid);
	if (!err)
		err = special_add(b, number, 1, out, &domain->row.rest_fid_c);
	if (!err)
		err = special_add(b, number, 2, out, &domain->row.rest_fid_s);
	if (wire)
		wire->row.fid = domain->row.fid;
	if (is_bridge(b)) {
		domain->row.vlan_fid_c = FID_C;
		domain->row.vlan_fid_s = FID_S;
		domain->row.age = b->cfg->age;
	}
	return err ? err : named_add(b, number, out);
}

/* members of an extender's group, in an order in which tags only come off */
static int replication_add(struct builder *b, const struct config_replication *rep)
{
	struct evb_group *group = group_add(b, FID_REPLICATION + rep->number);

	if (!group)
		return -ENOMEM;
	for (unsigned int i = 0; i < rep->n_members; i++)
		if (rep->members[i].cascade)
			group_add_port(group, rep->members[i].cascade->vf.number);
	for (unsigned int strip = 0; strip < 2; strip++)
		for (unsigned int i = 0; i < rep->n_members; i++) {
			uint32_t number = rep->members[i].vf ? rep->members[i].vf->number : EVB_PORT_PF;
			const struct evb_port *row = b->rows[number];

			if (rep->members[i].cascade || (row->strip_fid != 0) != strip)
				continue;
			group_add_port(group, number);
			group->policy |= row->policy_out;
			if (number == EVB_PORT_PF)
				group->default_port = EVB_PORT_PF;
		}
	return 0;
}

static int build_replications(struct builder *b)
{
	int err = 0;

	for (unsigned int i = 0; !err && !is_bridge(b) && i < b->cfg->n_replications; i++)
		err = replication_add(b, &b->cfg->replications[i]);
	return err;
}

/* ids that are behind cascades: found from the wire as a port's own are */
static int build_ids(struct builder *b)
{
	struct plan *plan = b->plan;
	unsigned int n = 0;

	for (unsigned int i = 0; i < b->cfg->n_cascades; i++)
		for (unsigned int j = 0; j < b->cfg->cascades[i].n_ids; j++)
			n += b->cfg->cascades[i].ids[j].last - b->cfg->cascades[i].ids[j].first + 1;
	plan->ids = calloc(n + 1, sizeof(*plan->ids));
	if (!plan->ids)
		return -ENOMEM;
	for (unsigned int i = 0; i < b->cfg->n_cascades; i++)
		for (unsigned int j = 0; j < b->cfg->cascades[i].n_ids; j++)
			for (uint32_t id = b->cfg->cascades[i].ids[j].first;
			     id <= b->cfg->cascades[i].ids[j].last; id++)
				plan->ids[plan->n_ids++] = (struct plan_id){
					.id = id, .port = b->cfg->cascades[i].vf.number};
	return 0;
}

static int build_domains(struct builder *b)
{
	int err = domain_add(b, 0, is_bridge(b) ? NULL : &b->plan->ports[0]);

	for (unsigned int i = 0; !err && i < b->cfg->n_channels; i++)
		err = domain_add(b, EVB_DOMAIN_OF(b->cfg->channels[i].number), &b->plan->ports[1 + i]);
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

	plan->multicast = calloc(b->n_members * CONFIG_GROUPS_MAX + 1, sizeof(*plan->multicast));
	plan->guard = calloc(b->n_members * CONFIG_GUARDS_MAX + 1, sizeof(*plan->guard));
	plan->meters = calloc(b->n_members * EVB_METER__MAX + 1, sizeof(*plan->meters));
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

static bool is_wire(const struct evb_port *row)
{
	return row->kind == EVB_KIND_UPLINK;
}

/*
 * While one port of a domain sees everything, no frame that it could see takes the way for one
 * target. The wire knows of ports that do not meet locally.
 */
static void build_domain_flags(struct builder *b)
{
	bool watched[EVB_DOMAINS_MAX] = {}, mixed[EVB_DOMAINS_MAX] = {};
	struct plan *plan = b->plan;

	for (unsigned int i = 0; i < plan->n_ports; i++) {
		const struct evb_port *row = &plan->ports[i].row;

		watched[row->domain] |= row->promisc;
		mixed[row->domain] |= is_edge(b) && !is_wire(row) && row->relay != EVB_RELAY_VEB;
	}
	for (unsigned int i = 0; i < plan->n_ports; i++) {
		struct evb_port *row = &plan->ports[i].row;

		row->mixed = is_wire(row) && mixed[row->domain];
		row->watched = watched[row->domain] && row->relay != EVB_RELAY_VEPA &&
			       row->relay != EVB_RELAY_PRIVATE &&
			       row->relay != EVB_RELAY_EXTENDER;
	}
}

static bool is_plain_guest(const struct evb_port *row)
{
	return (row->kind == EVB_KIND_VETH || row->kind == EVB_KIND_TAP || row->kind == EVB_KIND_AFXDP) &&
	       row->relay == EVB_RELAY_VEB && row->send != EVB_SEND_NONE && !row->down;
}

/* frames of most ports: nothing is asked of them but an address, so that they take the lane */
static void build_plain(struct builder *b)
{
	for (unsigned int i = 0; is_edge(b) && i < b->plan->n_ports; i++) {
		struct evb_port *row = &b->plan->ports[i].row;

		if (row->kind == EVB_KIND_UPLINK ? !row->channels && !row->channel_tag && !row->watched :
						   is_plain_guest(row) && !row->policy_in && !row->watched)
			row->plain_in = row->fid;
		if (is_plain_guest(row) && !row->policy_out)
			row->plain_out = row->vlan ? row->strip_fid : row->fid;
	}
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

static const struct plan_dev *replication_dev(const struct builder *b, unsigned int i)
{
	const struct config_vf *first = b->cfg->replications[i].members[0].vf;

	return is_bridge(b) ? &b->host->vfs[first - b->cfg->vfs] : &b->host->uplink;
}

static void build_ports(struct builder *b)
{
	const struct config *cfg = b->cfg;
	const struct plan_host *host = b->host;

	if (!is_bridge(b)) {
		port_add_uplink(b, &host->uplink);
		for (unsigned int i = 0; i < cfg->n_channels; i++)
			port_add_channel(b, &cfg->channels[i], &host->uplink);
		port_add_pf(b, &host->uplink);
	}
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		if (is_bridge(b))
			port_add_bridge(b, &cfg->vfs[i], &host->vfs[i]);
		else
			port_add_vf(b, &cfg->vfs[i], &host->vfs[i]);
	for (unsigned int i = 0; i < cfg->n_cascades; i++)
		port_add_cascade(b, &cfg->cascades[i].vf, &host->vfs[cfg->n_vfs + i]);
	for (unsigned int i = 0; i < cfg->n_replications; i++)
		port_add_replication(b, &cfg->replications[i], replication_dev(b, i));
}

static int key_compare(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return x < y ? -1 : x > y;
}

static int vlan_compare(const void *a, const void *b)
{
	const struct plan_vlan *x = a, *y = b;

	if (x->key.domain != y->key.domain)
		return x->key.domain < y->key.domain ? -1 : 1;
	if (x->key.tpid != y->key.tpid)
		return x->key.tpid < y->key.tpid ? -1 : 1;
	return (int)x->key.vid - (int)y->key.vid;
}

static void sort(void *list, unsigned int n, size_t size, int (*compare)(const void *, const void *))
{
	if (n)
		qsort(list, n, size, compare);
}

/* keys in ascending order; members point into the list of ports until here */
static void build_sort(struct plan *plan)
{
	sort(plan->ports, plan->n_ports, sizeof(*plan->ports), key_compare);
	sort(plan->domains, plan->n_domains, sizeof(*plan->domains), key_compare);
	sort(plan->groups, plan->n_groups, sizeof(*plan->groups), key_compare);
	sort(plan->vlans, plan->n_vlans, sizeof(*plan->vlans), vlan_compare);
	sort(plan->fdb, plan->n_fdb, sizeof(*plan->fdb), fdb_compare);
}

static int build(struct builder *b, const struct plan_host *host)
{
	const struct config *cfg = b->cfg;
	struct plan *plan = b->plan;
	int err;

	plan->ports = calloc(2 + cfg->n_channels + cfg->n_vfs + cfg->n_cascades + cfg->n_replications,
			     sizeof(*plan->ports));
	plan->domains = calloc(1 + cfg->n_channels, sizeof(*plan->domains));
	if (!plan->ports || !plan->domains)
		return -ENOMEM;
	b->host = host;
	collect_fids(b);
	build_ports(b);
	build_domain_flags(b);
	err = b->err ? b->err : build_policy(b);
	if (!err)
		err = build_domains(b);
	if (!err)
		err = build_replications(b);
	if (!err)
		err = build_ids(b);
	if (!err)
		err = b->err;
	build_plain(b);
	build_sort(plan);
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
	for (unsigned int i = 0; b && i < EVB_DOMAINS_MAX; i++)
		free(b->fids[i]);
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
	free(plan->ids);
	free(plan);
}

const struct evb_port *plan_port_get(const struct plan *plan, uint32_t number)
{
	for (unsigned int i = 0; i < plan->n_ports; i++)
		if (plan->ports[i].number == number)
			return &plan->ports[i].row;
	return NULL;
}
