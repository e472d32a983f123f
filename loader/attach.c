/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * attach.c - bringing a switch up and down.
 *
 *	look (host.c), load (dataplane.c), pin, then the steps below, each noted before it is made:
 *	guests, offloads, promiscuity, rows, programs
 *
 * Rows are complete before the first program runs. Until the last step is done the switch counts as
 * incomplete; whatever happens to the process, `detach` finds the journal and undoes it.
 */
#include "attach.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "dataplane.h"
#include "ethtool.h"
#include "fault.h"
#include "hook.h"
#include "host.h"
#include "journal.h"
#include "log.h"
#include "names.h"
#include "netns.h"
#include "nl.h"
#include "pin.h"
#include "tables.h"
#include "version.h"

struct attach {
	const struct config *cfg;
	const char *netns; /* as the user named it */
	struct host *host;
	struct dataplane *dp;
	const struct tables *tables;
	struct journal journal;
	struct plan *plan;
	bool pinned;
};

static struct evb_undo_val undo_of(enum evb_undo what, const char *dev, uint32_t ifindex)
{
	struct evb_undo_val val = {.what = what, .ifindex = ifindex};

	snprintf(val.dev, sizeof(val.dev), "%s", dev);
	return val;
}

/* guests */

static int step_guest(struct attach *at, unsigned int i)
{
	const struct config_vf *vf = &at->cfg->vfs[i];
	struct evb_undo_val val = undo_of(EVB_UNDO_GUEST, vf->dev, 0);
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

static int step_guests(struct attach *at)
{
	int err = 0;

	for (unsigned int i = 0; !err && i < at->cfg->n_vfs; i++)
		if (at->cfg->vfs[i].has_guest)
			err = step_guest(at, i);
	return err;
}

/* offloads */

/* sets one feature of a device in a namespace (-1: the switch's own), noting what it was */
static int feature_set(struct attach *at, int netns_fd, const struct nl_link *link,
		       const char *feature, bool on)
{
	struct evb_undo_val val = undo_of(EVB_UNDO_FEATURE, link->name, link->ifindex);
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

static int features_set(struct attach *at, int netns_fd, const struct nl_link *link,
			const struct feature *list, unsigned int n, const char *why)
{
	for (unsigned int i = 0; i < n; i++) {
		int err = feature_set(at, netns_fd, link, list[i].name, list[i].on);

		if (err)
			return log_err_r(err, "%s: %s cannot be turned %s, but %s: %s", link->name,
					 list[i].name, list[i].on ? "on" : "off", why,
					 log_errno(err));
	}
	return 0;
}

/* guest's end of a VF with hook xdp: nothing beside the bytes, and a receiver for XDP frames */
static int step_xdp_guests(struct attach *at)
{
	static const struct feature clean[] = {
		{"rx-gro", true},
		{"tx-vlan-hw-insert", false},
		{"tx-vlan-stag-hw-insert", false},
		{"tx-checksum-ip-generic", false},
	};
	int err = 0;

	for (unsigned int i = 0; !err && i < at->cfg->n_vfs; i++) {
		const struct host_vf *vf = &at->host->vfs[i];

		if (at->cfg->vfs[i].hook == CONFIG_HOOK_XDP)
			err = features_set(at, vf->netns_fd, &vf->peer, clean,
					   sizeof(clean) / sizeof(clean[0]), "hook xdp needs it");
	}
	return err;
}

/* a tag that the far end of a veth wire carries beside the frame is invisible to XDP */
static int step_far_end(struct attach *at)
{
	static const struct feature in_bytes[] = {
		{"tx-vlan-hw-insert", false},
		{"tx-vlan-stag-hw-insert", false},
	};
	struct nl_link peer;
	int fd = -1, err;
	struct nl *nl;

	err = nl_peer_open(at->host->nl, &at->host->uplink, &nl, &peer, &fd);
	if (err) {
		log_warn("%s: the other end of this veth is out of reach; unless txvlan and "
			 "tx-vlan-stag-hw-insert are off there, XDP takes tagged frames for untagged",
			 at->cfg->uplink);
		return 0;
	}
	nl_close(nl);
	err = features_set(at, fd, &peer, in_bytes, sizeof(in_bytes) / sizeof(in_bytes[0]),
			   "XDP on the uplink needs it");
	if (fd >= 0)
		close(fd);
	return err;
}

static int step_uplink_offloads(struct attach *at)
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
		err = feature_set(at, -1, &at->host->uplink, in_bytes[i].name, false);
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

/* the uplink has to hear its VFs' addresses */
static int step_promisc(struct attach *at)
{
	const struct nl_link *link = &at->host->uplink;
	struct evb_undo_val val = undo_of(EVB_UNDO_PROMISC, link->name, link->ifindex);
	int err;

	if (link->flags & IFF_PROMISC)
		return 0;
	err = journal_add(&at->journal, &val);
	return err ? err : nl_link_set_flags(at->host->nl, link->ifindex, IFF_PROMISC, IFF_PROMISC);
}

/* what a device has lost before is not ours to count */
static int step_baseline(struct attach *at, const struct nl_link *link)
{
	struct evb_undo_val val = undo_of(EVB_UNDO_DROPS, link->name, link->ifindex);

	val.old = link->stats.tx_dropped;
	return journal_add(&at->journal, &val);
}

static int step_baselines(struct attach *at)
{
	int err = step_baseline(at, &at->host->uplink);

	for (unsigned int i = 0; !err && i < at->cfg->n_vfs; i++)
		err = step_baseline(at, &at->host->vfs[i].link);
	return err;
}

/* programs */

static int hook_tcx(struct attach *at, const struct nl_link *link, const char *port,
		    enum hook_dir dir, int fd)
{
	struct evb_undo_val val = undo_of(EVB_UNDO_LINK, link->name, link->ifindex);
	char path[PIN_PATH_LEN];
	int err;

	snprintf(val.text, sizeof(val.text), "link_%s_%s", port,
		 dir == HOOK_INGRESS ? "ingress" : "egress");
	err = journal_add(&at->journal, &val);
	if (err)
		return err;
	return hook_tcx_attach(link->ifindex, dir, fd, pin_path(path, at->cfg->name, val.text));
}

static int hook_clsact(struct attach *at, const struct nl_link *link, enum hook_dir dir, int fd)
{
	struct evb_undo_val val = undo_of(EVB_UNDO_QDISC, link->name, link->ifindex);
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

static int step_tc(struct attach *at, const struct nl_link *link, const char *port,
		   enum hook_dir dir, enum dataplane_prog prog)
{
	int fd = dataplane_tc_fd(at->dp, prog), tcx = hook_tcx_supported();

	if (fd < 0 || tcx < 0)
		return fd < 0 ? fd : tcx;
	return tcx ? hook_tcx(at, link, port, dir, fd) : hook_clsact(at, link, dir, fd);
}

static int step_xdp(struct attach *at, const struct nl_link *link, enum dataplane_prog prog)
{
	struct evb_undo_val val = undo_of(EVB_UNDO_XDP, link->name, link->ifindex);
	struct hook_xdp *xdp;
	int err = journal_add(&at->journal, &val);

	if (!err)
		err = dataplane_xdp(at->dp, prog, &xdp);
	return err ? err : hook_xdp_attach(xdp, link->ifindex, NULL);
}

static int step_vf_programs(struct attach *at, unsigned int i)
{
	const struct config_vf *vf = &at->cfg->vfs[i];
	const struct nl_link *link = &at->host->vfs[i].link;
	int err = step_tc(at, link, vf->port.name, HOOK_INGRESS, DATAPLANE_FROM_VF);

	if (!err && vf->hook == CONFIG_HOOK_XDP)
		err = step_xdp(at, link, DATAPLANE_XDP_VF);
	return err;
}

static int step_programs(struct attach *at)
{
	const struct nl_link *uplink = &at->host->uplink;
	int err = 0;

	for (unsigned int i = 0; !err && i < at->cfg->n_vfs; i++)
		err = step_vf_programs(at, i);
	if (!err)
		err = step_tc(at, uplink, "uplink", HOOK_EGRESS, DATAPLANE_FROM_PF);
	if (!err)
		err = step_tc(at, uplink, "uplink", HOOK_INGRESS, DATAPLANE_FROM_WIRE);
	if (!err && at->host->uplink_xdp)
		err = step_xdp(at, uplink, DATAPLANE_XDP_WIRE);
	return err;
}

/* rows */

static int step_rows(struct attach *at)
{
	struct plan_host *facts = calloc(1, sizeof(*facts));
	int err = -ENOMEM;

	if (facts) {
		host_plan(at->host, at->cfg, facts);
		err = plan_build(at->cfg, facts, &at->plan);
	}
	free(facts);
	return err ? err : tables_fill(at->tables, at->plan);
}

static int config_write(struct attach *at, bool finished)
{
	struct evb_config_val *val = calloc(1, sizeof(*val));
	int err;

	if (!val)
		return log_err_r(-ENOMEM, "out of memory");
	val->layout = EVB_LAYOUT;
	val->text_len = at->cfg->text_len;
	val->netns_dev = at->host->netns.dev;
	val->netns_ino = at->host->netns.ino;
	val->attached = finished ? time(NULL) : 0;
	snprintf(val->name, sizeof(val->name), "%s", at->cfg->name);
	snprintf(val->version, sizeof(val->version), "%s", EVBPF_VERSION);
	snprintf(val->netns, sizeof(val->netns), "%s", at->netns);
	snprintf(val->file, sizeof(val->file), "%s", at->cfg->file);
	memcpy(val->text, at->cfg->text, at->cfg->text_len);
	err = tables_set_config(at->tables, val);
	free(val);
	return err;
}

/* the journal first: from then on whatever is left can be undone */
static int step_pin(struct attach *at)
{
	char path[PIN_PATH_LEN];
	int err;

	err = fault_point("directory");
	if (err)
		return log_err_r(err, "%s: stopped before its directory", at->cfg->name);
	err = pin_switch_make(at->cfg->name);
	if (err)
		return err;
	at->pinned = true;
	for (int i = 0; i < TABLE__MAX; i++) {
		err = fault_point(table_name(i));
		if (err)
			return log_err_r(err, "%s: stopped before map %s", at->cfg->name, table_name(i));
		if (bpf_obj_pin(at->tables->fd[i], pin_path(path, at->cfg->name, table_name(i))))
			return log_err_r(-errno, "%s: cannot pin map %s: %s", at->cfg->name,
					 table_name(i), log_errno(errno));
	}
	return 0;
}

static int attach_steps(struct attach *at)
{
	int (*const steps[])(struct attach *) = {
		step_pin,     step_guests,    step_xdp_guests, step_uplink_offloads,
		step_promisc, step_baselines, step_rows,       step_programs,
	};
	int err = config_write(at, false);

	for (unsigned int i = 0; !err && i < sizeof(steps) / sizeof(steps[0]); i++)
		err = steps[i](at);
	return err ? err : config_write(at, true);
}

static void attach_undo(struct attach *at)
{
	if (!at->pinned)
		return;
	journal_undo(at->tables, at->cfg->name);
	pin_switch_remove(at->cfg->name);
}

static int attach_for_real(struct attach *at)
{
	int err = dataplane_open(EVB_MODE_LIVE, &at->dp);

	if (err)
		return err;
	at->tables = dataplane_tables(at->dp);
	at->journal.tables = at->tables;
	err = attach_steps(at);
	if (err)
		attach_undo(at);
	return err;
}

/* the rows as they would be, with the devices that are there */
static int attach_for_show(struct attach *at)
{
	struct plan_host *facts = calloc(1, sizeof(*facts));
	int err = -ENOMEM;

	if (facts) {
		host_plan(at->host, at->cfg, facts);
		err = plan_build(at->cfg, facts, &at->plan);
	}
	free(facts);
	return err;
}

static int attach_locked(struct attach *at, bool dry_run)
{
	int err = pin_switch_exists(at->cfg->name);

	if (err > 0)
		return log_err_r(-EEXIST, "switch %s is attached already: evbpf detach %s first",
				 at->cfg->name, at->cfg->name);
	if (err == 0)
		err = host_open(at->cfg, &at->host);
	if (err)
		return err;
	return dry_run ? attach_for_show(at) : attach_for_real(at);
}

int attach_switch(const struct config *cfg, const char *netns, bool dry_run, struct plan **out)
{
	struct attach at = {.cfg = cfg, .netns = netns};
	int lock, err;

	lock = pin_lock(true, PIN_LOCK_SECONDS);
	if (lock < 0)
		return lock;
	err = attach_locked(&at, dry_run);
	dataplane_close(at.dp);
	host_close(at.host);
	pin_unlock(lock);
	if (!err && out)
		*out = at.plan;
	else
		plan_free(at.plan);
	return err;
}

/* detach */

/* only what the undo needs: a switch that was never finished has not all of its maps */
static bool detach_open(const char *name, struct tables *tables)
{
	const enum table need[] = {TABLE_CONFIG, TABLE_JOURNAL};
	char path[PIN_PATH_LEN];

	for (unsigned int i = 0; i < sizeof(need) / sizeof(need[0]); i++) {
		int fd = bpf_obj_get(pin_path(path, name, table_name(need[i])));

		if (fd < 0)
			return false;
		tables->fd[need[i]] = fd;
	}
	return true;
}

/* in the switch's namespace; where that is gone, its devices and all that was done to them are too */
static int detach_undo(const char *name, const struct tables *tables, const struct netns *id)
{
	int fd = netns_find(id), old = -1, err;

	if (fd < 0) {
		log_warn("%s: its network namespace is gone, or has neither a name nor a process; nothing "
			 "was restored there",
			 name);
		return journal_unlink(tables, name);
	}
	err = netns_enter(fd, &old);
	if (!err)
		err = journal_undo(tables, name);
	netns_leave(old);
	close(fd);
	return err;
}

static int detach_config(const char *name, const struct tables *tables)
{
	struct evb_config_val *config;
	struct netns id;
	int err = tables_config(tables, &config);

	if (err)
		return err;
	id.dev = config->netns_dev;
	id.ino = config->netns_ino;
	if (config->layout != EVB_LAYOUT)
		err = log_err_r(-EPROTO,
				"%s: its tables have layout %u (evbpf %.15s), this version has layout %u; "
				"detach it with the version that attached it",
				name, config->layout, config->version, EVB_LAYOUT);
	free(config);
	return err ? err : detach_undo(name, tables, &id);
}

static int detach_locked(const char *name)
{
	struct tables tables = TABLES_NONE;
	int err = 0;

	/* killed before its journal was pinned: it had changed nothing yet */
	if (detach_open(name, &tables))
		err = detach_config(name, &tables);
	tables_close(&tables);
	if (err)
		return log_err_r(err, "%s is not detached whole; what is left is in its journal: try again",
				 name);
	return pin_switch_remove(name);
}

int detach_switch(const char *name)
{
	int lock, err;

	lock = pin_lock(true, PIN_LOCK_SECONDS);
	if (lock < 0)
		return lock;
	err = pin_switch_exists(name);
	if (err == 0)
		err = log_err_r(-ENOENT, "no switch is called %s: `evbpf list` shows those that are attached",
				name);
	else if (err > 0)
		err = detach_locked(name);
	pin_unlock(lock);
	return err;
}

static int detach_each(const char *name, void *arg)
{
	int *first = arg, err = detach_locked(name);

	if (!*first)
		*first = err;
	return 0; /* the others all the same */
}

int detach_all(void)
{
	int lock, first = 0, err;

	lock = pin_lock(true, PIN_LOCK_SECONDS);
	if (lock < 0)
		return lock;
	err = pin_switch_each(detach_each, &first);
	pin_unlock(lock);
	return err ? err : first;
}
