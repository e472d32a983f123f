/* SPDX-License-Identifier: GPL-2.0-only */
#include "steps.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "ethtool.h"
#include "evb_wire.h"
#include "fault.h"
#include "log.h"
#include "netns.h"
#include "nl.h"
#include "pin.h"
#include "version.h"

static struct evb_undo_val undo_of(enum evb_undo what, uint32_t port, const char *dev,
				   uint32_t ifindex)
{
	struct evb_undo_val val = {.what = what, .port = port, .ifindex = ifindex};

	snprintf(val.dev, sizeof(val.dev), "%s", dev);
	return val;
}

/* guests */

static uint32_t vf_number(const struct steps *at, unsigned int i)
{
	return config_device(at->cfg, i)->number;
}

int steps_guest(struct steps *at, unsigned int i)
{
	const struct config_vf *vf = config_device(at->cfg, i);
	struct evb_undo_val val = undo_of(EVB_UNDO_GUEST, vf_number(at, i), vf->dev, 0);
	struct nl_veth veth = {
		.name = vf->dev,
		.alias = val.text,
		.mtu = vf->mtu ? vf->mtu : at->host->uplink.mtu,
		.peer_name = vf->guest_name,
		.peer_netns = at->host->vfs[i].netns_fd,
		.peer_mac = vf->port.mac[0],
		.up = true,
	};
	int err;

	snprintf(val.text, sizeof(val.text), "evbpf:%s:%s", at->cfg->name, vf->port.name);
	err = journal_add(&at->journal, &val);
	if (!err)
		err = nl_veth_create(at->host->nl, &veth, NULL);
	return err ? err : host_refresh_vf(at->host, at->cfg, i);
}

/* offloads */

/* sets one feature of a device in a namespace (-1: the switch's own), noting what it was */
static int feature_set(struct steps *at, uint32_t port, int netns_fd, const struct nl_link *link,
		       const char *feature, bool on)
{
	struct evb_undo_val val = undo_of(EVB_UNDO_FEATURE, port, link->name, link->ifindex);
	struct netns id = {};
	bool was, fixed;
	int sock, err;

	if (netns_fd >= 0 && netns_id(netns_fd, &id))
		return -EINVAL;
	sock = netns_fd >= 0 ? ethtool_open_in(netns_fd) : ethtool_open();
	if (sock < 0)
		return sock;
	err = ethtool_feature_get(sock, link->name, feature, &was, &fixed);
	if (!err && was != on) {
		val.netns_dev = id.dev;
		val.netns_ino = id.ino;
		val.old = was;
		snprintf(val.text, sizeof(val.text), "%s", feature);
		err = journal_add(&at->journal, &val);
		if (!err)
			err = ethtool_feature_set(sock, link->name, feature, on);
	}
	close(sock);
	/* a feature that this device or kernel does not have is off */
	return err == -ENOENT && !on ? 0 : err;
}

struct feature {
	const char *name;
	bool on;
};

static int features_set(struct steps *at, uint32_t port, int netns_fd,
			const struct nl_link *link, const struct feature *list, unsigned int n, const char *why)
{
	for (unsigned int i = 0; i < n; i++) {
		int err = feature_set(at, port, netns_fd, link, list[i].name, list[i].on);

		if (err)
			return log_err_r(err, "%s: %s cannot be turned %s, but %s: %s", link->name,
					 list[i].name, list[i].on ? "on" : "off", why,
					 log_errno(err));
	}
	return 0;
}

/* nothing is beside the bytes that a bridge's port with hook xdp gets */
static int port_offloads(struct steps *at, unsigned int i)
{
	static const struct feature gro = {"rx-gro", true}, sent[] = {
		{"tx-vlan-hw-insert", false},
		{"tx-vlan-stag-hw-insert", false},
		{"tx-checksum-ip-generic", false},
	}, received[] = {
		{"rx-vlan-hw-parse", false},
		{"rx-vlan-stag-hw-parse", false},
	};
	const char *why = "hook xdp needs it";
	const struct host_vf *vf = &at->host->vfs[i];
	uint32_t port = vf_number(at, i);
	int err;

	if (!strcmp(vf->link.kind, "tun")) /* between its guest and the monitor */
		return 0;
	if (strcmp(vf->link.kind, "veth") != 0)
		return features_set(at, port, -1, &vf->link, received,
				    sizeof(received) / sizeof(received[0]), why);
	if (!vf->peer.ifindex) {
		log_warn("%s: the other end of veth %s is out of reach; unless rx-gro is on and txvlan, "
			 "tx-vlan-stag-hw-insert and tx checksums are off there, XDP loses frames and "
			 "takes tagged ones for untagged",
			 at->cfg->vfs[i].port.name, vf->link.name);
		return 0;
	}
	err = features_set(at, port, vf->netns_fd, &vf->peer, &gro, 1, why);
	return err ? err :
		     features_set(at, port, vf->netns_fd, &vf->peer, sent, sizeof(sent) / sizeof(sent[0]),
				  why);
}

/*
 * A VF with hook xdp: its guest's end receives XDP frames, and nothing is beside the bytes, neither
 * in what the guest sends nor in what TC sends to it out of the host's end.
 */
static int vf_offloads(struct steps *at, unsigned int i)
{
	static const struct feature gro = {"rx-gro", true}, clean[] = {
		{"tx-vlan-hw-insert", false},
		{"tx-vlan-stag-hw-insert", false},
		{"tx-checksum-ip-generic", false},
	};
	const struct host_vf *vf = &at->host->vfs[i];
	uint32_t port = vf_number(at, i), n = sizeof(clean) / sizeof(clean[0]);
	int err;

	/* what a tap's guest may leave to the host is between it and its monitor */
	if (config_device(at->cfg, i)->hook != CONFIG_HOOK_XDP || vf->kind == EVB_KIND_TAP)
		return 0;
	if (vf->kind == EVB_KIND_PORT)
		return port_offloads(at, i);
	err = features_set(at, port, vf->netns_fd, &vf->peer, &gro, 1, "hook xdp needs it");
	if (!err)
		err = features_set(at, port, vf->netns_fd, &vf->peer, clean, n, "hook xdp needs it");
	return err ? err : features_set(at, port, -1, &vf->link, clean, n, "hook xdp needs it");
}

/* a tag or a checksum that the far end of a veth wire leaves beside the frame is lost in XDP */
static int step_far_end(struct steps *at)
{
	static const struct feature in_bytes[] = {
		{"tx-vlan-hw-insert", false},
		{"tx-vlan-stag-hw-insert", false},
		{"tx-checksum-ip-generic", false},
	};
	struct nl_link peer;
	int fd = -1, err;
	struct nl *nl;

	err = nl_peer_open(at->host->nl, &at->host->uplink, &nl, &peer, &fd);
	if (err) {
		log_warn("%s: the other end of this veth is out of reach; unless txvlan, "
			 "tx-vlan-stag-hw-insert and tx-checksum-ip-generic are off there, XDP takes "
			 "tagged frames for untagged and gives XDP guests wrong checksums",
			 at->cfg->uplink);
		return 0;
	}
	nl_close(nl);
	err = features_set(at, EVB_PORT_UPLINK, fd, &peer, in_bytes, sizeof(in_bytes) / sizeof(in_bytes[0]),
			   "XDP on the uplink needs it");
	if (fd >= 0)
		close(fd);
	return err;
}

static int uplink_offloads(struct steps *at)
{
	static const struct feature in_bytes[] = {
		{"rx-vlan-hw-parse", false},
		{"rx-vlan-stag-hw-parse", false},
	};
	int err;

	if (!at->host->uplink_xdp)
		return 0;
	if (at->host->uplink_veth)
		return step_far_end(at);
	for (unsigned int i = 0; i < sizeof(in_bytes) / sizeof(in_bytes[0]); i++) {
		err = feature_set(at, EVB_PORT_UPLINK, -1, &at->host->uplink, in_bytes[i].name, false);
		if (!err)
			continue;
		if (at->cfg->uplink_hook == CONFIG_HOOK_XDP)
			return log_err_r(err, "%s: %s cannot be turned off, so XDP would not see tags: %s; "
					      "use `hook: tc`",
					 at->cfg->uplink, in_bytes[i].name, log_errno(err));
		at->host->uplink_xdp = false; /* auto: TC alone */
		return 0;
	}
	return 0;
}

/*
 * Where an E-TAG or VN-Tag leaves: what cuts a GSO frame has to know that there is one. The kernel
 * does, and a veth leaves it to the kernel; of a device's own engine nobody knows.
 */
static int segment_before(struct steps *at, uint32_t port, const struct nl_link *link)
{
	static const struct feature whole[] = {
		{"tx-tcp-segmentation", false},
		{"tx-tcp-ecn-segmentation", false},
		{"tx-tcp-mangleid-segmentation", false},
		{"tx-tcp6-segmentation", false},
		{"tx-udp-segmentation", false},
	};

	if (!strcmp(link->kind, "veth"))
		return 0;
	return features_set(at, port, -1, link, whole, sizeof(whole) / sizeof(whole[0]),
			    "it would cut frames without their E-TAG or VN-Tag");
}

/* frames leave by the device with such a tag */
static bool carries_extended(const struct config *cfg, const struct config_vf *vf)
{
	if (config_is_cascade(cfg, vf))
		return true;
	for (unsigned int j = 0; j < cfg->n_vfs; j++)
		if (cfg->vfs[j].tag && !strcmp(cfg->vfs[j].dev, vf->dev))
			return true;
	return false;
}

int steps_vf_extended(struct steps *at, unsigned int i, const struct config *old)
{
	const struct config_vf *vf = config_device(at->cfg, i);

	if (!carries_extended(at->cfg, vf) || carries_extended(old, vf))
		return 0;
	return segment_before(at, vf_number(at, i), &at->host->vfs[i].link);
}

/* the uplink has to hear its VFs' addresses, a bridge's port everybody's */
static int promisc(struct steps *at, uint32_t port, const struct nl_link *link)
{
	struct evb_undo_val val = undo_of(EVB_UNDO_PROMISC, port, link->name, link->ifindex);
	int err;

	if (link->flags & IFF_PROMISC)
		return 0;
	err = journal_add(&at->journal, &val);
	return err ? err : nl_link_set_flags(at->host->nl, link->ifindex, IFF_PROMISC, IFF_PROMISC);
}

/* what a device has lost before is not ours to count */
static int baseline(struct steps *at, uint32_t port, const struct nl_link *link)
{
	struct evb_undo_val val = undo_of(EVB_UNDO_DROPS, port, link->name, link->ifindex);

	val.old = nl_link_lost(link);
	return journal_add(&at->journal, &val);
}

/* programs */

/* the pin's name has the ifindex: a VF may get another device while the old one is still there */
static int hook_tcx(struct steps *at, uint32_t port, const struct nl_link *link, const char *name,
		    enum hook_dir dir, int fd)
{
	struct evb_undo_val val = undo_of(EVB_UNDO_LINK, port, link->name, link->ifindex);
	char path[PIN_PATH_LEN];
	int err;

	snprintf(val.text, sizeof(val.text), "link_%s_%s_%d", name,
		 dir == HOOK_INGRESS ? "ingress" : "egress", link->ifindex);
	err = journal_add(&at->journal, &val);
	if (err)
		return err;
	return hook_tcx_attach(link->ifindex, dir, fd, pin_path(path, at->cfg->name, val.text));
}

static int hook_clsact(struct steps *at, uint32_t port, const struct nl_link *link,
		       enum hook_dir dir, int fd)
{
	struct evb_undo_val val = undo_of(EVB_UNDO_QDISC, port, link->name, link->ifindex);
	int err = hook_qdisc_exists(link->ifindex);

	if (err < 0)
		return err;
	if (err == 0) {
		err = journal_add(&at->journal, &val);
		if (!err)
			err = hook_qdisc_add(link->ifindex);
		if (err)
			return err;
	}
	val.what = EVB_UNDO_FILTER;
	val.old = hook_dir_parent(dir);
	err = journal_add(&at->journal, &val);
	return err ? err : hook_filter_add(link->ifindex, dir, fd);
}

static int attach_tc(struct steps *at, uint32_t port, const struct nl_link *link, const char *name,
		     enum hook_dir dir, enum dataplane_prog prog)
{
	int fd = dataplane_tc_fd(at->dp, prog), tcx = hook_tcx_supported();

	if (fd < 0 || tcx < 0)
		return fd < 0 ? fd : tcx;
	return tcx ? hook_tcx(at, port, link, name, dir, fd) : hook_clsact(at, port, link, dir, fd);
}

static int attach_xdp(struct steps *at, uint32_t port, const struct nl_link *link,
		      enum dataplane_prog prog)
{
	struct evb_undo_val val = undo_of(EVB_UNDO_XDP, port, link->name, link->ifindex);
	struct hook_xdp *xdp;
	int err = journal_add(&at->journal, &val);

	if (!err)
		err = dataplane_xdp(at->dp, prog, &xdp);
	if (!err)
		err = hook_xdp_attach(xdp, link->ifindex, NULL);
	if (err != -ERESTART)
		return err;
	err = dataplane_xdp_again(at->dp, prog, &xdp);
	return err ? err : hook_xdp_attach(xdp, link->ifindex, NULL);
}

static enum dataplane_prog vf_program(const struct steps *at, unsigned int i)
{
	switch (at->host->vfs[i].kind) {
	case EVB_KIND_PORT:
		return DATAPLANE_FROM_PORT;
	case EVB_KIND_CASCADE:
		return DATAPLANE_FROM_CASCADE;
	case EVB_KIND_MACVTAP:
		return at->host->extender ? DATAPLANE_EXTENDED_MACVTAP : DATAPLANE_FROM_MACVTAP;
	default:
		return at->host->extender ? DATAPLANE_EXTENDED_VF : DATAPLANE_FROM_VF;
	}
}

/* more than one station is behind it */
static bool vf_is_cable(const struct steps *at, unsigned int i)
{
	return at->host->vfs[i].kind == EVB_KIND_PORT || at->host->vfs[i].kind == EVB_KIND_CASCADE;
}

int steps_vf_load(struct steps *at, unsigned int i)
{
	int fd = dataplane_tc_fd(at->dp, vf_program(at, i));

	return fd < 0 ? fd : 0;
}

/* a name of such a port may have a dot in it, that of a pin not */
static int port_programs(struct steps *at, unsigned int i)
{
	const struct nl_link *link = &at->host->vfs[i].link;
	uint32_t port = vf_number(at, i);
	char name[16];
	int err;

	snprintf(name, sizeof(name), "port%u", port);
	err = attach_tc(at, port, link, name, HOOK_INGRESS, vf_program(at, i));
	if (!err && config_device(at->cfg, i)->hook == CONFIG_HOOK_XDP)
		err = attach_xdp(at, port, link, DATAPLANE_XDP_PORT);
	return err;
}

int steps_vf_programs(struct steps *at, unsigned int i)
{
	const struct config_vf *vf = config_device(at->cfg, i);
	const struct nl_link *link = &at->host->vfs[i].link;
	uint32_t port = vf_number(at, i);
	int err;

	if (vf_is_cable(at, i))
		return port_programs(at, i);
	if (at->host->vfs[i].kind == EVB_KIND_MACVTAP) /* what its guest sends goes out of it */
		return attach_tc(at, port, link, vf->port.name, HOOK_EGRESS, vf_program(at, i));
	err = attach_tc(at, port, link, vf->port.name, HOOK_INGRESS, vf_program(at, i));
	if (!err && vf->hook == CONFIG_HOOK_XDP)
		err = attach_xdp(at, port, link,
				 at->host->extender ? DATAPLANE_XDP_EXTENDED_VF : DATAPLANE_XDP_VF);
	return err;
}

int steps_uplink_programs(struct steps *at)
{
	const struct nl_link *link = &at->host->uplink;
	bool extender = at->host->extender;
	int err = attach_tc(at, EVB_PORT_UPLINK, link, "uplink", HOOK_EGRESS,
			    extender ? DATAPLANE_EXTENDED_PF : DATAPLANE_FROM_PF);

	if (!err)
		err = attach_tc(at, EVB_PORT_UPLINK, link, "uplink", HOOK_INGRESS,
				extender ? DATAPLANE_FROM_ABOVE : DATAPLANE_FROM_WIRE);
	if (!err && at->host->uplink_xdp)
		err = attach_xdp(at, EVB_PORT_UPLINK, link,
				 extender ? DATAPLANE_XDP_ABOVE : DATAPLANE_XDP_WIRE);
	return err;
}

int steps_uplink_device(struct steps *at)
{
	int err = uplink_offloads(at);

	if (!err && at->host->extender)
		err = segment_before(at, EVB_PORT_UPLINK, &at->host->uplink);
	if (!err)
		err = promisc(at, EVB_PORT_UPLINK, &at->host->uplink);
	return err ? err : baseline(at, EVB_PORT_UPLINK, &at->host->uplink);
}

int steps_vf_device(struct steps *at, unsigned int i)
{
	const struct nl_link *link = &at->host->vfs[i].link;
	int err = vf_offloads(at, i);

	if (!err && carries_extended(at->cfg, config_device(at->cfg, i)))
		err = segment_before(at, vf_number(at, i), link);
	if (!err && vf_is_cable(at, i))
		err = promisc(at, vf_number(at, i), link);
	return err ? err : baseline(at, vf_number(at, i), link);
}

/* a guest sees the state of its link as the carrier of its end, if the device is for it alone */
int steps_vf_carrier(struct steps *at, unsigned int i, bool down)
{
	const struct nl_link *link = &at->host->vfs[i].link;
	struct evb_undo_val val = undo_of(EVB_UNDO_DOWN, vf_number(at, i), link->name,
					  link->ifindex);
	int err;

	if (at->host->vfs[i].shared)
		down = false;
	if (down == !(link->flags & IFF_UP))
		return 0;
	if (!down) {
		if (!journal_has(at->journal.tables, val.what, val.port, val.ifindex))
			return 0; /* somebody else took it down */
		err = nl_link_set_flags(at->host->nl, link->ifindex, IFF_UP, IFF_UP);
		if (!err)
			journal_forget(at->journal.tables, val.what, val.port, val.ifindex);
		return err;
	}
	err = journal_add(&at->journal, &val);
	return err ? err : nl_link_set_flags(at->host->nl, link->ifindex, 0, IFF_UP);
}

/* up here, and its guest has taken its end down; a bridge's port is down for whoever did it */
static bool vf_no_carrier(const struct steps *at, unsigned int i)
{
	const struct nl_link *link = &at->host->vfs[i].link;

	if (!link->ifindex)
		return false;
	if (link->flags & IFF_UP)
		return !link->carrier;
	return vf_is_cable(at, i) && !journal_has(at->tables, EVB_UNDO_DOWN,
						vf_number(at, at->host->vfs[i].device),
						(uint32_t)link->ifindex);
}

/* a list of rules that is in the kernel keeps its number, so that no port meets another's rules */
static int acl_numbers(struct steps *at, struct plan_host *facts)
{
	struct evb_acl *acl = calloc(1, sizeof(*acl));
	bool taken[EVB_ACLS_MAX + 1] = {};
	uint32_t number;

	if (!acl)
		return -ENOMEM;
	for (number = 1; number <= EVB_ACLS_MAX; number++) {
		if (table_get(at->tables, TABLE_ACLS, &number, acl))
			continue;
		taken[number] = true;
		for (unsigned int i = 0; i < at->cfg->n_acls; i++)
			if (!strcmp(at->cfg->acls[i].name, acl->name))
				facts->acls[i][(number & 1) ? 0 : 1] = number;
	}
	number = 1;
	for (unsigned int i = 0; i < at->cfg->n_acls; i++)
		for (int out = 0; out < 2; out++) {
			if (facts->acls[i][out])
				continue;
			while (number < EVB_ACLS_MAX &&
			       (taken[number] || (number & 1) == (uint32_t)out))
				number++;
			if (taken[number] || (number & 1) == (uint32_t)out) {
				free(acl);
				return log_err_r(-E2BIG, "acls: the new lists and those that run are more than %d "
							 "together: take the old ones out in an apply of their own",
						 EVB_ACLS_MAX / 2);
			}
			taken[number] = true;
			facts->acls[i][out] = number;
			number = 1;
		}
	free(acl);
	return 0;
}

/* the FIDs that VLANs of channels have while the switch runs */
struct fid_list {
	struct plan_fid *fids;
	unsigned int n, max;
};

static int fid_add(const struct evb_vlan_key *key, const struct evb_vlan_val *val, void *arg)
{
	struct fid_list *list = arg;

	if (!key->domain)
		return 0;
	if (list->n == list->max) {
		unsigned int max = list->max ? 2 * list->max : 256;
		struct plan_fid *fids = realloc(list->fids, max * sizeof(*fids));

		if (!fids)
			return -ENOMEM;
		list->fids = fids;
		list->max = max;
	}
	list->fids[list->n].key = *key;
	list->fids[list->n++].fid = val->fid;
	return 0;
}

static int plan_with_fids(struct steps *at, struct plan_host *facts)
{
	struct fid_list list = {};
	int err = at->tables ? tables_each_vlan(at->tables, fid_add, &list) : 0;

	facts->fids = list.fids;
	facts->n_fids = list.n;
	if (!err)
		err = plan_build(at->cfg, facts, &at->plan);
	free(list.fids);
	return err;
}

int steps_plan(struct steps *at)
{
	struct plan_host *facts = calloc(1, sizeof(*facts));
	int err = -ENOMEM;

	plan_free(at->plan);
	at->plan = NULL;
	if (facts) {
		host_plan(at->host, at->cfg, facts);
		at->uplink_down = at->follow && !at->host->bridge && !at->host->uplink.carrier;
		facts->uplink.no_link = at->uplink_down;
		for (unsigned int i = 0; at->follow && i < config_devices(at->cfg); i++)
			facts->vfs[i].no_link = vf_no_carrier(at, i);
		err = at->tables ? acl_numbers(at, facts) : 0;
		if (!err)
			err = plan_with_fids(at, facts);
	}
	free(facts);
	return err;
}

static bool row_of(const struct tables *rows, const struct plan *plan, uint32_t number,
		   struct evb_port *out)
{
	const struct evb_port *row;

	if (rows)
		return !tables_port(rows, number, out);
	row = plan_port_get(plan, number);
	if (row)
		*out = *row;
	return row != NULL;
}

static unsigned int tag_len(enum evb_channel tag)
{
	static const unsigned int lens[EVB_CHANNEL__MAX] = {
		[EVB_CHANNEL_S] = EVB_TAG_LEN,
		[EVB_CHANNEL_E] = EVB_ETAG_LEN,
		[EVB_CHANNEL_VN] = EVB_VNTAG_LEN,
	};

	return lens[tag];
}

/* a device takes a frame of its MTU with one VLAN tag: how much longer the port's are on the uplink */
static unsigned int vf_is_over(const struct config *cfg, const struct config_port *port)
{
	unsigned int tag = tag_len(port->channel ? EVB_CHANNEL_S : cfg->tag);

	if (port->vlan || (port->channel && port->has_trunk)) /* its guest or the switch puts that in */
		tag += EVB_TAG_LEN;
	return tag > EVB_TAG_LEN ? tag - EVB_TAG_LEN : 0;
}

static unsigned int uplink_mtu_wanted(const struct config *cfg, const struct tables *rows,
				      const struct plan *plan)
{
	unsigned int most = 0;
	struct evb_port row;

	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		unsigned int over = vf_is_over(cfg, &cfg->vfs[i].port);

		if (!over || !row_of(rows, plan, cfg->vfs[i].number, &row) || !row.ifindex)
			continue;
		if (row.max_len - EVB_LEN_OVER_MTU + over > most)
			most = row.max_len - EVB_LEN_OVER_MTU + over;
	}
	/* what comes from other extenders has its tag */
	for (unsigned int i = 0; i < cfg->n_cascades; i++)
		if (row_of(rows, plan, cfg->cascades[i].vf.number, &row) && row.ifindex &&
		    row.max_len - EVB_LEN_OVER_MTU > most)
			most = row.max_len - EVB_LEN_OVER_MTU;
	return most;
}

/* how much longer than elsewhere frames are on a bridge's device */
static unsigned int dev_is_over(const struct config *cfg, const char *dev)
{
	unsigned int most = 0, len;

	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		const struct config_vf *vf = &cfg->vfs[i];

		if (!vf->tag || strcmp(vf->dev, dev) != 0)
			continue;
		len = tag_len(vf->tag) - EVB_TAG_LEN;
		if (vf->port.has_trunk && !vf->port.trunk_all)
			len += EVB_TAG_LEN;
		most = len > most ? len : most;
	}
	return most;
}

unsigned int steps_mtu_wanted(const struct config *cfg, const struct tables *rows,
			      const struct plan *plan, const char *dev)
{
	unsigned int most = 0, over;
	struct evb_port row;

	if (!config_is_bridge(cfg))
		return uplink_mtu_wanted(cfg, rows, plan);
	over = dev_is_over(cfg, dev);
	for (unsigned int i = 0; over && i < cfg->n_vfs; i++) {
		const struct config_vf *vf = &cfg->vfs[i];

		if (vf->closed || !strcmp(vf->dev, dev) || !row_of(rows, plan, vf->number, &row) ||
		    !row.ifindex)
			continue;
		if (row.max_len - EVB_LEN_OVER_MTU + over > most)
			most = row.max_len - EVB_LEN_OVER_MTU + over;
	}
	return most;
}

static void warn_mtu(const struct steps *at, const struct nl_link *link, const char *tag,
		     unsigned int wanted)
{
	char guests[96] = "";
	unsigned int over;

	/* these would have the uplink's new one at the next attach */
	for (unsigned int i = 0; i < at->cfg->n_vfs; i++) {
		over = vf_is_over(at->cfg, &at->cfg->vfs[i].port);
		if (over && at->cfg->vfs[i].has_guest && !at->cfg->vfs[i].mtu)
			snprintf(guests, sizeof(guests),
				 ", and mtu: %u at VFs with guest, which have the uplink's otherwise",
				 wanted - over);
	}
	log_warn("%s: its MTU is %u, too little for %s; such frames are dropped (mtu): ip link set %s mtu "
		 "%u%s",
		 link->name, link->mtu, tag, link->name, wanted, guests);
}

/* the host's port and the wire are one device, and have one MTU: what tags it, is too long */
static void warn_pf_mtu(const struct steps *at, const struct config *old)
{
	unsigned int over = vf_is_over(at->cfg, &at->cfg->pf), mtu = at->host->uplink.mtu;

	if (!at->cfg->pf.ecid || !over || (old && old->pf.ecid))
		return;
	log_warn("pf: with its %s the host's frames are longer than %s takes, %u bytes of MTU, if their "
		 "packets have more than %u; such frames are dropped (mtu): give the routes over it `mtu %u`",
		 at->cfg->tag == EVB_CHANNEL_E ? "E-TAG" : "VN-Tag", at->host->uplink.name, mtu,
		 mtu - over, mtu - over);
}

void steps_warn_mtu(const struct steps *at, const struct config *old)
{
	const struct host *host = at->host;
	unsigned int wanted;

	if (!host->bridge) {
		warn_pf_mtu(at, old);
		wanted = steps_mtu_wanted(at->cfg, NULL, at->plan, NULL);
		if (host->uplink.mtu < wanted &&
		    (!old || steps_mtu_wanted(old, at->tables, NULL, NULL) < wanted))
			warn_mtu(at, &host->uplink,
				 host->extender ? "an E-TAG or VN-Tag on top of a full frame" :
						  "a channel's tag on top of a full frame in a VLAN",
				 wanted);
		return;
	}
	for (unsigned int i = 0; i < at->cfg->n_vfs; i++) {
		const struct nl_link *link = &host->vfs[i].link;
		const char *dev = at->cfg->vfs[i].dev;

		if (!host_is_device(host, i) || !link->ifindex)
			continue;
		wanted = steps_mtu_wanted(at->cfg, NULL, at->plan, dev);
		if (link->mtu < wanted &&
		    (!old || steps_mtu_wanted(old, at->tables, NULL, dev) < wanted))
			warn_mtu(at, link, "an E-TAG or VN-Tag on top of a full frame of other ports",
				 wanted);
	}
}

int steps_config_write(struct steps *at, uint64_t attached)
{
	struct evb_config_val *val = calloc(1, sizeof(*val));
	int err;

	if (!val)
		return log_err_r(-ENOMEM, "out of memory");
	val->layout = EVB_LAYOUT;
	val->text_len = at->cfg->text_len;
	val->netns_dev = at->host->netns.dev;
	val->netns_ino = at->host->netns.ino;
	val->attached = attached;
	val->follow = at->follow;
	snprintf(val->name, sizeof(val->name), "%s", at->cfg->name);
	snprintf(val->version, sizeof(val->version), "%s", EVBPF_VERSION);
	snprintf(val->netns, sizeof(val->netns), "%s", at->netns);
	snprintf(val->file, sizeof(val->file), "%s", at->cfg->file);
	memcpy(val->text, at->cfg->text, at->cfg->text_len);
	err = tables_set_config(at->tables, val);
	free(val);
	return err;
}

