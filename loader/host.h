/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * host.h - does the host fit the configuration? Looks, changes nothing.
 */
#pragma once

#include <stdbool.h>

#include "config.h"
#include "netns.h"
#include "nl.h"
#include "plan.h"
#include "tables.h"

struct host_vf {
	/* index of the port that stands for the device, which was looked at for it: its own, but for a
	 * channel of a bridge's device */
	unsigned int device;
	bool shared;		/* channels have the same device */
	struct nl_link link;	/* host-side interface; without ifindex: absent, or still to be made */
	bool make;		/* a pair is to be made */
	bool kept;		/* is a port already: row is what the tables say of it */
	struct evb_port row;
	enum evb_port_kind kind; /* of link */
	struct nl_link peer;	/* the other end of a veth; without ifindex: not reachable */
	int netns_fd;		/* the guest's namespace, -1: not known */
	struct netns netns;	/* its identity */
};

struct host {
	struct nl *nl;		/* in the switch's namespace */
	struct netns netns;	/* that namespace */
	bool bridge;		/* has no uplink */
	bool extender;
	const char *name; /* the configuration's */
	struct nl_link uplink;
	bool uplink_veth;
	bool uplink_xdp;	/* the XDP program shall run there */
	struct host_vf vfs[CONFIG_VFS_MAX]; /* as config_device() counts */
};

/* does the port stand for its device? Programs, offloads and the journal are the device's */
static inline bool host_is_device(const struct host *host, unsigned int i)
{
	return host->vfs[i].device == i;
}

/* a switch that is attached, which is going to be another configuration's */
struct host_running {
	const struct tables *tables;
	const struct config *old;
	bool follow; /* a device that is gone is absent, whatever `present` says; look at MTUs anew */
};

/*
 * host_open() - looks at every device of the configuration in the current namespace; with @running,
 * a device that is a port already stays what it is. Logs what does not fit: -ENODEV, -EEXIST,
 * -EBUSY, -EOPNOTSUPP ... The caller closes it also after a failure.
 */
int host_open(const struct config *cfg, const struct host_running *running, struct host **out);
void host_close(struct host *host); /* NULL is fine */

/* host_refresh_vf() - looks again at one port, after its guest was made */
int host_refresh_vf(struct host *host, const struct config *cfg, unsigned int i);

/* what plan_build() wants to know */
void host_plan(const struct host *host, const struct config *cfg, struct plan_host *out);
