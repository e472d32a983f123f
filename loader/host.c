/* SPDX-License-Identifier: GPL-2.0-only */
#include "host.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "evb_wire.h"
#include "hook.h"
#include "log.h"
#include "pin.h"
#include "tables.h"

/* is a device a port of a switch that is attached? */
struct owner {
	struct netns netns;
	uint32_t ifindex;
	char name[EVB_NAME_LEN];
};

static bool owner_same_netns(const char *name, const struct owner *owner)
{
	struct tables tables = TABLES_NONE;
	struct evb_config_val *config;
	char path[PIN_PATH_LEN];
	bool same = false;

	tables.fd[TABLE_CONFIG] = bpf_obj_get(pin_path(path, name, table_name(TABLE_CONFIG)));
	if (tables.fd[TABLE_CONFIG] >= 0 && !tables_config(&tables, &config)) {
		same = config->netns_dev == owner->netns.dev && config->netns_ino == owner->netns.ino;
		free(config);
	}
	tables_close(&tables);
	return same;
}

static int owner_match(const char *name, void *arg)
{
	struct evb_ingress_key key = {.ifindex = ((struct owner *)arg)->ifindex};
	struct evb_ingress_val val;
	struct owner *owner = arg;
	char path[PIN_PATH_LEN];
	int fd, found;

	fd = bpf_obj_get(pin_path(path, name, table_name(TABLE_INGRESS)));
	if (fd < 0)
		return 0;
	found = !bpf_map_lookup_elem(fd, &key, &val) && owner_same_netns(name, owner);
	close(fd);
	if (found)
		memccpy(owner->name, name, 0, sizeof(owner->name) - 1);
	return found;
}

static int host_check_free(const struct host *host, const struct nl_link *link)
{
	struct owner owner = {.netns = host->netns, .ifindex = link->ifindex};

	if (pin_switch_each(owner_match, &owner) <= 0)
		return 0;
	if (!strcmp(owner.name, host->name))
		return log_err_r(-EBUSY,
				 "%s is another port of this switch, and cannot change its place while it is "
				 "one; leave it out in one apply and add it in the next",
				 link->name);
	return log_err_r(-EBUSY, "%s is a port of switch %s; a device belongs to one switch: detach %s first",
			 link->name, owner.name, owner.name);
}

static int host_device(struct host *host, const char *what, const char *dev, struct nl_link *link)
{
	int err = nl_link_get(host->nl, dev, 0, link);

	if (err == -ENODEV)
		return log_err_r(err, "%s: there is no device %s in this network namespace", what, dev);
	if (err)
		return log_err_r(err, "%s: cannot look at device %s: %s", what, dev, log_errno(err));
	if (!strcmp(link->kind, "tun") && !link->tap)
		return log_err_r(-EOPNOTSUPP,
				 "%s: %s is a tun device, which carries IP packets without Ethernet "
				 "header; make a tap: ip tuntap add dev %s mode tap",
				 what, dev, dev);
	if (link->loopback || !link->has_mac)
		return log_err_r(-EOPNOTSUPP, "%s: %s is not an Ethernet device", what, dev);
	return host_check_free(host, link);
}

/* `auto` takes the fast lane where some port takes XDP frames and it costs nothing */
static bool host_auto_xdp(const struct host *host, const struct config *cfg)
{
	bool wanted = false;

	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		wanted |= cfg->vfs[i].hook == CONFIG_HOOK_XDP;
	return wanted && !host->uplink_veth && !hook_xdp_check(host->uplink.ifindex);
}

static int host_look_uplink(struct host *host, const struct config *cfg)
{
	int err = host_device(host, "uplink", cfg->uplink, &host->uplink);

	if (err)
		return err;
	host->uplink_veth = !strcmp(host->uplink.kind, "veth");
	switch (cfg->uplink_hook) {
	case CONFIG_HOOK_XDP:
		host->uplink_xdp = true;
		return hook_xdp_check(host->uplink.ifindex);
	case CONFIG_HOOK_AUTO:
		host->uplink_xdp = host_auto_xdp(host, cfg);
		return 0;
	default:
		return 0;
	}
}

/* the pair does not exist yet, and both of its names are free */
static int host_look_guest(struct host *host, const struct config_vf *vf, struct host_vf *at)
{
	struct nl_link link;
	struct nl *nl;
	int err;

	if (!nl_link_get(host->nl, vf->dev, 0, &link))
		return log_err_r(-EEXIST,
				 "%s: device %s exists already, but `guest` makes it; delete it or give "
				 "another name",
				 vf->port.name, vf->dev);
	at->make = true;
	at->netns_fd = netns_open(vf->guest_netns);
	if (at->netns_fd < 0)
		return at->netns_fd;
	err = netns_id(at->netns_fd, &at->netns);
	if (!err)
		err = nl_open_in(at->netns_fd, &nl);
	if (err)
		return err;
	if (!nl_link_get(nl, vf->guest_name, 0, &link))
		err = log_err_r(-EEXIST, "%s: network namespace %s has a device %s already", vf->port.name,
				vf->guest_netns, vf->guest_name);
	nl_close(nl);
	return err;
}

/* what its driver says; NONE: nothing that can be a VF */
static enum config_kind device_kind(const struct nl_link *link)
{
	if (!strcmp(link->kind, "veth"))
		return CONFIG_KIND_VETH;
	if (!strcmp(link->kind, "tun") && link->tap)
		return CONFIG_KIND_TAP;
	return strcmp(link->kind, "macvtap") ? CONFIG_KIND_AUTO : CONFIG_KIND_MACVTAP;
}

static enum evb_port_kind port_kind(enum config_kind kind)
{
	static const enum evb_port_kind kinds[] = {
		[CONFIG_KIND_AUTO] = EVB_KIND_NONE,	   [CONFIG_KIND_VETH] = EVB_KIND_VETH,
		[CONFIG_KIND_TAP] = EVB_KIND_TAP,	   [CONFIG_KIND_MACVTAP] = EVB_KIND_MACVTAP,
		[CONFIG_KIND_AFXDP] = EVB_KIND_AFXDP,
	};
	_Static_assert(sizeof(kinds) / sizeof(kinds[0]) == CONFIG_KIND__MAX, "a kind is missing");

	return kinds[kind];
}

/* what cannot be a port of a bridge or a cascade, and why */
static bool port_is_unfit(const struct config_vf *port, const char *what, const struct nl_link *link,
			  char *why, size_t len)
{
	if (device_kind(link) != CONFIG_KIND_MACVTAP)
		return false;
	snprintf(why, len,
		 "%s is a macvtap, which can be a VF but no %s; give its guest a tap", port->dev, what);
	return true;
}

/* a macvtap hears its parent's stack too: on the uplink it would get frames twice */
static bool hears_uplink(const struct host *host, const struct nl_link *link)
{
	return link->peer == host->uplink.ifindex && link->peer_nsid < 0 && !link->deaf;
}

static enum evb_port_kind vf_kind(const struct host *host, const struct config_vf *vf,
				  const struct nl_link *link, char *why, size_t len)
{
	enum config_kind is = device_kind(link);
	enum config_kind kind = vf->kind == CONFIG_KIND_AUTO ? is : vf->kind;

	if (is == CONFIG_KIND_AUTO)
		snprintf(why, len, "%s is a %s device; a VF is a veth, a tap or a macvtap", vf->dev,
			 link->kind[0] ? link->kind : "physical");
	else if (is != (kind == CONFIG_KIND_AFXDP ? CONFIG_KIND_VETH : kind))
		snprintf(why, len,
			 "%s is a %s, and `kind: %s` needs a %s; give another device, or write kind: %s",
			 vf->dev, config_kind_name(is), config_kind_name(kind),
			 kind == CONFIG_KIND_AFXDP ? "veth" : config_kind_name(kind),
			 config_kind_name(is));
	else if (kind == CONFIG_KIND_MACVTAP && vf->hook == CONFIG_HOOK_XDP)
		snprintf(why, len, "%s is a macvtap, whose driver has no XDP; use hook tc", vf->dev);
	else if (kind == CONFIG_KIND_MACVTAP && hears_uplink(host, link))
		snprintf(why, len,
			 "the parent of macvtap %s is the uplink %s, so that it would get frames "
			 "twice; give it another parent, or mode source without addresses",
			 vf->dev, host->uplink.name);
	else
		return port_kind(kind);
	return EVB_KIND_NONE;
}

/* what kind of port the device makes; NONE: it cannot be this one, and @why says the reason */
static enum evb_port_kind host_kind(const struct host *host, const struct config_vf *vf,
				    const struct nl_link *link, char *why, size_t len)
{
	bool cascade = host->extender && vf->number >= EVB_PORT_CASCADE_FIRST;

	if (!host->bridge && !cascade)
		return vf_kind(host, vf, link, why, len);
	if (port_is_unfit(vf, cascade ? "cascade" : "port of a bridge", link, why, len))
		return EVB_KIND_NONE;
	return cascade ? EVB_KIND_CASCADE : EVB_KIND_PORT;
}

/* the other end of a pair that was made just now: where it is, is known */
static int host_look_made(const struct config_vf *vf, struct host_vf *at)
{
	struct nl *nl;
	int err = nl_open_in(at->netns_fd, &nl);

	if (err)
		return err;
	err = nl_link_get(nl, vf->guest_name, 0, &at->peer);
	nl_close(nl);
	return err;
}

/* the other end, where it can be found */
static void host_look_peer(struct host *host, const struct config_vf *vf, struct host_vf *at)
{
	struct nl *nl;

	if (vf->has_guest && at->netns_fd >= 0 && !host_look_made(vf, at))
		return;
	if (at->netns_fd >= 0)
		close(at->netns_fd);
	at->netns_fd = -1;
	memset(&at->peer, 0, sizeof(at->peer));
	if (nl_peer_open(host->nl, &at->link, &nl, &at->peer, &at->netns_fd)) {
		memset(&at->peer, 0, sizeof(at->peer));
		at->netns_fd = -1;
		return;
	}
	nl_close(nl);
	netns_id(at->netns_fd, &at->netns);
}

int host_refresh_vf(struct host *host, const struct config *cfg, unsigned int i)
{
	const struct config_vf *vf = config_device(cfg, i);
	struct host_vf *at = &host->vfs[i];
	int err = host_device(host, vf->port.name, vf->dev, &at->link);
	char why[256];

	if (err)
		return err;
	at->kind = host_kind(host, vf, &at->link, why, sizeof(why));
	if (!at->kind)
		return log_err_r(-EOPNOTSUPP, "%s: %s", vf->port.name, why);
	host_look_peer(host, vf, at);
	if (vf->hook != CONFIG_HOOK_XDP)
		return 0;
	if (at->kind != EVB_KIND_TAP && at->kind != EVB_KIND_PORT && !at->peer.ifindex)
		return log_err_r(-EOPNOTSUPP,
				 "%s: hook xdp needs the guest's end of %s within reach, to turn offloads off "
				 "there; its network namespace has no name and no process here",
				 vf->port.name, vf->dev);
	return hook_xdp_check(at->link.ifindex);
}

static int host_look_new(struct host *host, const struct config *cfg, unsigned int i,
			 bool may_miss)
{
	const struct config_vf *vf = config_device(cfg, i);
	struct nl_link link;

	if (vf->has_guest)
		return host_look_guest(host, vf, &host->vfs[i]);
	if (may_miss && nl_link_get(host->nl, vf->dev, 0, &link) == -ENODEV)
		return 0; /* absent */
	return host_refresh_vf(host, cfg, i);
}

/* ports of the switch as it runs */

/* a VF is its id; a bridge's port the device and the channel on it; a cascade its device */
static bool vf_is(const struct config *cfg, const struct config_vf *a, const struct config_vf *b)
{
	if (config_is_bridge(cfg))
		return config_channel_id(a) == config_channel_id(b) && !strcmp(a->dev, b->dev);
	if (config_is_cascade(cfg, a) || config_is_cascade(cfg, b))
		return a->number == b->number;
	return a->id == b->id;
}

static const struct config_vf *vf_before(const struct config *old, const struct config *cfg,
					 const struct config_vf *vf)
{
	for (unsigned int i = 0; i < config_devices(old); i++)
		if (vf_is(cfg, config_device(old, i), vf))
			return config_device(old, i);
	return NULL;
}

/* @row: the port as it is, by which `auto` is known */
static bool vf_same_kind(const struct config_vf *a, const struct config_vf *b,
			 const struct evb_port *row)
{
	if (a->kind == b->kind)
		return true;
	return (a->kind == CONFIG_KIND_AUTO || port_kind(a->kind) == row->kind) &&
	       (b->kind == CONFIG_KIND_AUTO || port_kind(b->kind) == row->kind);
}

/* what cannot change while the port stays */
static bool vf_same_device(const struct config_vf *a, const struct config_vf *b,
			   const struct evb_port *row)
{
	if (strcmp(a->dev, b->dev) || !vf_same_kind(a, b, row) || a->has_guest != b->has_guest ||
	    (a->hook == CONFIG_HOOK_XDP) != (b->hook == CONFIG_HOOK_XDP))
		return false;
	if (!a->has_guest)
		return true;
	return a->mtu == b->mtu && !strcmp(a->guest_netns, b->guest_netns) &&
	       !strcmp(a->guest_name, b->guest_name) &&
	       !memcmp(a->port.mac[0], b->port.mac[0], sizeof(a->port.mac[0]));
}

struct links {
	struct host *host;
	unsigned int n_vfs;
};

static int link_found(const struct nl_link *link, void *arg)
{
	struct links *links = arg;

	for (unsigned int i = 0; i < links->n_vfs; i++) {
		struct host_vf *at = &links->host->vfs[i];

		if (at->row.ifindex && (int)at->row.ifindex == link->ifindex) {
			at->link = *link;
			at->kind = at->row.kind;
			at->kept = true;
			return 0;
		}
	}
	return 0;
}

/* the devices of ports that stay, all at once */
static int host_look_kept(struct host *host, const struct config *cfg,
			  const struct host_running *running)
{
	struct links links = {.host = host, .n_vfs = config_devices(cfg)};

	for (unsigned int i = 0; i < config_devices(cfg); i++) {
		const struct config_vf *vf = config_device(cfg, i), *old = vf_before(running->old, cfg, vf);
		struct host_vf *at = &host->vfs[i];

		if (!old || !host_is_device(host, i) ||
		    tables_port(running->tables, vf->number, &at->row) ||
		    !vf_same_device(old, vf, &at->row))
			memset(&at->row, 0, sizeof(at->row));
	}
	return nl_link_each(host->nl, link_found, &links);
}

static bool vf_has_device(const struct host *host, const struct evb_port *row)
{
	struct nl_link link;

	return row->ifindex && !nl_link_get(host->nl, NULL, (int)row->ifindex, &link);
}

/* a port as it was, whose device went: that must not stand in the way of changing the others */
static bool vf_may_miss(struct host *host, const struct config_vf *vf)
{
	char path[CONFIG_NETNS_LEN + sizeof(NETNS_RUN_DIR) + 1];
	struct nl_link link;

	snprintf(path, sizeof(path), "%s%s%s", strchr(vf->guest_netns, '/') ? "" : NETNS_RUN_DIR,
		 strchr(vf->guest_netns, '/') ? "" : "/", vf->guest_netns);
	if (vf->has_guest ? !access(path, F_OK) : !nl_link_get(host->nl, vf->dev, 0, &link))
		return false;
	log_warn("%s: %s %s is gone; the port is absent until it is back", vf->port.name,
		 vf->has_guest ? "network namespace" : "device",
		 vf->has_guest ? vf->guest_netns : vf->dev);
	return true;
}

/* likewise, and a device of that name is there again which cannot be the port */
static bool vf_is_unfit(struct host *host, const struct config_vf *vf)
{
	struct nl_link link;
	char why[256];

	if (vf->has_guest || nl_link_get(host->nl, vf->dev, 0, &link) ||
	    host_kind(host, vf, &link, why, sizeof(why)))
		return false;
	log_warn("%s: %s; the port is absent", vf->port.name, why);
	return true;
}

/* the row says all that the peer of a device that stays has to do with it */
static bool peer_is_known(const struct host *host, const struct config_vf *old,
			  const struct config_vf *vf)
{
	if (!host->bridge)
		return true;
	return old->closed == vf->closed && !old->port.n_macs && !vf->port.n_macs;
}

static int host_look_vf(struct host *host, const struct config *cfg, unsigned int i,
			const struct host_running *running)
{
	const struct config_vf *vf = config_device(cfg, i), *old;
	struct host_vf *at = &host->vfs[i];
	struct evb_port row = {};
	bool same;

	if (!running)
		return host_look_new(host, cfg, i, vf->present_later);
	old = vf_before(running->old, cfg, vf);
	if (at->kept) {
		if (running->follow || !peer_is_known(host, old, vf))
			host_look_peer(host, vf, at);
		return 0;
	}
	if (running->follow && vf->has_guest)
		return 0; /* somebody took the pair away: `apply` makes it again */
	tables_port(running->tables, vf->number, &row);
	same = old && vf_same_device(old, vf, &row);
	if (old && !same && vf_has_device(host, &row) &&
	    (!strcmp(old->dev, vf->dev) || (old->has_guest && vf->has_guest)))
		return log_err_r(-EBUSY,
				 "%s: %s of a device that is a port cannot change while it is one; leave "
				 "%s out in one apply and add it in the next",
				 vf->port.name,
				 host->bridge || config_is_cascade(cfg, vf) ? "hook" :
				 vf->has_guest ? "dev, guest, kind, mtu, hook and first address" :
						 "guest, kind and hook",
				 host->bridge || config_is_cascade(cfg, vf) ? vf->dev : "the VF");
	if (same && !vf->present_later && !running->follow && vf_may_miss(host, vf))
		return 0;
	if (same && vf_is_unfit(host, vf))
		return 0;
	return host_look_new(host, cfg, i, vf->present_later || running->follow);
}

/* under whatever name it has now */
static int host_look_running_uplink(struct host *host, const struct config *cfg,
				    const struct host_running *running)
{
	struct evb_port row;
	int err = tables_port(running->tables, EVB_PORT_UPLINK, &row);

	if (!err)
		err = nl_link_get(host->nl, NULL, row.ifindex, &host->uplink);
	if (err)
		return log_err_r(err, "uplink: device %s is gone; detach the switch", cfg->uplink);
	return 0;
}

/* the port on the same device that stands for it; a VF's device is its own */
static unsigned int device_of(const struct config *cfg, unsigned int i)
{
	const struct config_vf *vf = config_device(cfg, i);

	for (unsigned int j = 0; !config_is_device(vf) && j < cfg->n_vfs; j++)
		if (config_is_device(&cfg->vfs[j]) && !strcmp(cfg->vfs[j].dev, vf->dev))
			return j;
	return i;
}

static int host_look_any_uplink(struct host *host, const struct config *cfg,
				const struct host_running *running)
{
	int err;

	if (host->bridge)
		return 0;
	if (!running)
		return host_look_uplink(host, cfg);
	err = host_look_running_uplink(host, cfg, running);
	host->uplink_veth = !strcmp(host->uplink.kind, "veth");
	return err;
}

static int host_look(struct host *host, const struct config *cfg,
		     const struct host_running *running)
{
	int err = host_look_any_uplink(host, cfg, running);

	for (unsigned int i = 0; i < config_devices(cfg); i++) {
		host->vfs[i].device = device_of(cfg, i);
		if (!host_is_device(host, i))
			host->vfs[host->vfs[i].device].shared = true;
	}
	if (!err && running)
		err = host_look_kept(host, cfg, running);
	for (unsigned int i = 0; !err && i < config_devices(cfg); i++)
		if (host_is_device(host, i))
			err = host_look_vf(host, cfg, i, running);
	for (unsigned int i = 0; !err && i < config_devices(cfg); i++)
		host->vfs[i].link = host->vfs[host->vfs[i].device].link;
	return err;
}

int host_open(const struct config *cfg, const struct host_running *running, struct host **out)
{
	struct host *host = calloc(1, sizeof(*host));
	int err;

	*out = host;
	if (!host)
		return log_err_r(-ENOMEM, "out of memory");
	for (unsigned int i = 0; i < CONFIG_VFS_MAX; i++)
		host->vfs[i].netns_fd = -1;
	host->bridge = config_is_bridge(cfg);
	host->extender = config_is_extender(cfg);
	host->name = cfg->name;
	err = nl_open(&host->nl);
	if (!err)
		err = netns_id_current(&host->netns);
	return err ? err : host_look(host, cfg, running);
}

void host_close(struct host *host)
{
	if (!host)
		return;
	for (unsigned int i = 0; i < CONFIG_VFS_MAX; i++)
		if (host->vfs[i].netns_fd >= 0)
			close(host->vfs[i].netns_fd);
	nl_close(host->nl);
	free(host);
}

/* redirect_peer skips an XDP program of the guest, and works only into another namespace */
static bool host_vf_by_peer(const struct host *host, const struct config_vf *vf,
			    const struct host_vf *at)
{
	if (vf->hook == CONFIG_HOOK_XDP || !at->peer.ifindex || at->peer.xdp_mode != NL_XDP_NONE)
		return false;
	return !netns_same(&at->netns, &host->netns);
}

static bool has_peer(const struct host_vf *at)
{
	if (at->kind == EVB_KIND_PORT)
		return !strcmp(at->link.kind, "veth");
	return at->kind == EVB_KIND_VETH || at->kind == EVB_KIND_AFXDP;
}

static void plan_vf(const struct host *host, const struct config_vf *vf, const struct host_vf *at,
		    struct plan_dev *dev)
{
	dev->kind = at->kind ? at->kind : at->row.kind; /* one that went is what it was */
	dev->ifindex = at->link.ifindex;
	dev->xdp = vf->hook == CONFIG_HOOK_XDP;
	if (at->kept && !at->peer.ifindex && has_peer(at)) { /* nobody looked anew */
		dev->mtu = at->row.max_len - EVB_LEN_OVER_MTU;
		dev->peer = at->row.send == EVB_SEND_PEER;
		memcpy(dev->mac, at->row.mac, sizeof(dev->mac));
		return;
	}
	dev->mtu = at->link.ifindex ? at->link.mtu : vf->mtu ? vf->mtu : host->uplink.mtu;
	/* redirect_peer would give the guest more than it can take */
	if (at->peer.ifindex && at->peer.mtu < dev->mtu)
		dev->mtu = at->peer.mtu;
	dev->peer = host_vf_by_peer(host, vf, at);
	memcpy(dev->mac, at->peer.mac, sizeof(dev->mac));
}

void host_plan(const struct host *host, const struct config *cfg, struct plan_host *out)
{
	memset(out, 0, sizeof(*out));
	out->uplink.ifindex = host->uplink.ifindex;
	out->uplink.mtu = host->uplink.mtu;
	memcpy(out->uplink.mac, host->uplink.mac, sizeof(out->uplink.mac));
	for (unsigned int i = 0; i < config_devices(cfg); i++)
		if (host_is_device(host, i))
			plan_vf(host, config_device(cfg, i), &host->vfs[i], &out->vfs[i]);
	for (unsigned int i = 0; i < config_devices(cfg); i++)
		out->vfs[i] = out->vfs[host->vfs[i].device];
}
