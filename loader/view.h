/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * view.h - a switch that is attached, for those who read it: tables, configuration, devices.
 *
 * Works from any namespace: devices are looked up in the switch's own.
 */
#pragma once

#include "config.h"
#include "hook.h"
#include "nl.h"
#include "output.h"
#include "tables.h"

struct view {
	char name[EVB_NAME_LEN];
	struct tables tables;
	struct evb_config_val *val;
	struct config *cfg; /* parsed from val->text */
	int netns_fd;	    /* -1: the namespace is gone */
	struct nl *nl;	    /* in it; NULL: gone */
	int lock;	    /* -1: not ours */
	char netns[320];    /* how to reach it: see view_open() */
};

/*
 * view_open() - below the lock of pin_lock(). Logs its errors (-ENOENT, -EPROTO ...) but one:
 * -EINPROGRESS, a switch whose attach did not finish. view->netns is "" when the switch is in the
 * caller's own namespace and was not attached with -n.
 * view_get() - takes the lock as well, and logs every error. A reader gives it back with
 * view_unlock() before it prints, or a pager at the other end of stdout would hold up everyone.
 */
int view_open(const char *name, struct view *out);
int view_get(const char *name, bool exclusive, struct view *out);
void view_unlock(struct view *view);
void view_close(struct view *view);

/* true: some of its maps are missing; says nothing */
bool view_incomplete(const char *name);

/* true: its attach has finished, and this version made it; says nothing */
bool view_ready(const char *name);

/* names of all ports by number; -ENOMEM (logged); the caller frees it with free() */
int view_names(const struct view *view, struct output_names **out);

/* a port as the configuration has it */
struct view_item {
	uint32_t number;
	char name[EVB_PORT_NAME_LEN];
	const char *dev;
	const struct config_vf *vf;	      /* NULL: the uplink, a channel's wire port, the PF */
	const struct config_port *config;     /* NULL: the uplink, a channel's wire port */
	const struct config_channel *channel; /* that it is in, or whose wire port it is; NULL: untagged */
	const struct config_cascade *cascade; /* vf and config are NULL then */
	/*
	 * of the channel that it is on its device, of an extender's port the one on the uplink: its tag
	 * and id in it; id 0: none, or a cascade, which stands for several
	 */
	enum evb_channel tag;
	uint32_t id;
	bool wire;   /* what comes in is from a wire: the uplink, a channel, a cascade, a bridge's port */
	bool device; /* stands for the device: what that loses is its loss */
};
struct view_items {
	unsigned int n;
	struct view_item *list;
};

/*
 * view_items() - uplink, channels, PF, VFs, cascades; or the ports of a bridge, in the order of the
 * file. Pure; what it points to is @cfg's. -ENOMEM (logged); the caller frees the list with free().
 */
int view_items(const struct config *cfg, struct view_items *out);

/* the channel whose domain that is; NULL: the untagged one's, or a bridge's */
const struct config_channel *view_channel(const struct config *cfg, uint16_t domain);

/* row and present device of a port; an absent device has the name @dev, and ifindex 0 */
struct view_port {
	struct evb_port row;
	char dev[IFNAMSIZ];
	bool absent;
	struct nl_link link; /* all zero when absent */
};
void view_port(const struct view *view, uint32_t number, const char *dev, struct view_port *out);

/* which programs of ours run on a device; all zero where there is none */
struct view_hooks {
	enum hook_how xdp;
	enum hook_how ingress;
	enum hook_how egress;
};

/* in the switch's namespace, which the caller has entered: see view_enter() */
void view_hooks(int ifindex, struct view_hooks *out);

/* enters the switch's namespace; *old is for netns_leave(); -ENOENT if it is gone (not logged) */
int view_enter(const struct view *view, int *old);

/* "xdp", "tc", or "none" */
const char *view_hook_name(enum hook_how xdp, enum hook_how tc);
