/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd_show.c - `evbpf show`: a switch, its ports, addresses and VLANs. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "evb_wire.h"
#include "log.h"
#include "names.h"
#include "netns.h"
#include "output.h"
#include "show.h"
#include "show_policy.h"
#include "version.h"
#include "view.h"

#define CELL_LEN 48

/* ---- ports */

struct show_port {
	uint32_t number;
	const struct config_vf *vf;	  /* NULL: uplink or PF */
	const struct config_port *config; /* NULL: uplink */
	struct view_port at;
	const char *hook;
};

struct show {
	struct view view;
	unsigned int n_ports;
	struct show_port *ports; /* uplink, PF, VFs */
	struct view_hooks uplink;
};

static void show_hooks(struct show *show)
{
	int old;

	if (view_enter(&show->view, &old))
		return;
	for (unsigned int i = 0; i < show->n_ports; i++) {
		struct show_port *port = &show->ports[i];
		struct view_hooks hooks;

		if (port->at.absent)
			continue;
		view_hooks(port->at.link.ifindex, &hooks);
		if (port->number == EVB_PORT_UPLINK)
			show->uplink = hooks;
		if (port->number == EVB_PORT_PF)
			port->hook = view_hook_name(HOOK_HOW_NONE, hooks.egress);
		else if (port->at.row.kind == EVB_KIND_MACVTAP)
			port->hook = view_hook_name(hooks.xdp, hooks.egress);
		else
			port->hook = view_hook_name(hooks.xdp, hooks.ingress);
	}
	netns_leave(old);
}

static int show_collect(struct show *show)
{
	const struct config *cfg = show->view.cfg;

	show->n_ports = 2 + cfg->n_vfs;
	show->ports = calloc(show->n_ports, sizeof(*show->ports));
	if (!show->ports)
		return log_err_r(-ENOMEM, "out of memory");
	for (unsigned int i = 0; i < show->n_ports; i++) {
		struct show_port *port = &show->ports[i];

		port->vf = i < 2 ? NULL : &cfg->vfs[i - 2];
		port->config = i == 0 ? NULL : i == 1 ? &cfg->pf : &port->vf->port;
		port->number = i == 0	? EVB_PORT_UPLINK
			       : i == 1 ? EVB_PORT_PF
					: EVB_PORT_VF(port->vf->id);
		port->hook = "none";
		view_port(&show->view, port->number, port->vf ? port->vf->dev : cfg->uplink,
			  &port->at);
	}
	show_hooks(show);
	return 0;
}

static const char *show_port_name(const struct show_port *port)
{
	return port->config ? port->config->name : "uplink";
}

static unsigned int show_port_mtu(const struct show_port *port)
{
	unsigned int len = port->at.row.max_len;

	return len > EVB_LEN_OVER_MTU ? len - EVB_LEN_OVER_MTU : 0;
}

/* is there somebody at the other end: a guest's device that is up, a process that holds a tap */
static bool show_carrier(const struct show_port *port)
{
	return !port->at.absent && port->at.link.flags & IFF_UP && port->at.link.carrier;
}

/* the uplink's link is its carrier; a port's is what the data plane goes by */
static bool show_link(const struct show_port *port)
{
	if (port->at.absent)
		return false;
	return port->config ? !port->at.row.down : port->at.link.carrier;
}

static struct show_policy show_policy_of(const struct show_port *port)
{
	return (struct show_policy){.row = &port->at.row, .config = port->config, .vf = port->vf};
}

/* the first address is the one in the row: the PF's own is not in the file */
static struct json_object *show_macs(const struct show_port *port)
{
	struct json_object *list = json_object_new_array();
	const uint8_t *first = port->at.row.mac;

	if (!output_mac_is_zero(first))
		output_append(list, output_mac(first));
	for (unsigned int i = 0; port->config && i < port->config->n_macs; i++)
		if (memcmp(port->config->mac[i], first, 6))
			output_append(list, output_mac(port->config->mac[i]));
	return list;
}

static const char *show_proto(const struct show_port *port)
{
	return evb_tpid_name(port->config ? port->config->proto : EVB_TPID_C);
}

static bool show_strip(const struct show_port *port)
{
	return port->config && port->config->strip;
}

static struct json_object *show_trunk(const struct show_port *port)
{
	static const struct config_vids none;

	return output_trunk(port->at.row.trunk_all, port->config ? &port->config->trunk : &none);
}

static struct json_object *show_port_json(const struct show_port *port)
{
	struct json_object *obj = json_object_new_object();
	const struct show_policy policy = show_policy_of(port);
	const struct evb_port *row = &port->at.row;

	output_add(obj, "port", output_str(show_port_name(port)));
	output_add(obj, "id", port->vf ? output_num(port->vf->id) : NULL);
	output_add(obj, "kind", output_str(evb_kind_name(row->kind)));
	output_add(obj, "dev", output_str(port->at.dev));
	output_add(obj, "ifindex", output_num(port->at.absent ? 0 : row->ifindex));
	output_add(obj, "hook", output_str(port->hook));
	output_add(obj, "channel", NULL);
	output_add(obj, "relay", output_str(evb_relay_name(row->relay)));
	output_add(obj, "mac", show_macs(port));
	output_add(obj, "vlan", output_num(row->vlan));
	output_add(obj, "qos", output_num(row->qos));
	output_add(obj, "proto", output_str(show_proto(port)));
	output_add(obj, "trunk", show_trunk(port));
	output_add(obj, "strip", output_bool(show_strip(port)));
	output_add(obj, "spoofchk", output_bool(row->spoofchk));
	output_add(obj, "trust", output_bool(row->trust));
	output_add(obj, "state", output_str(evb_state_name(row->state)));
	output_add(obj, "isolated", output_bool(row->isolated));
	output_add(obj, "mtu", output_num(show_port_mtu(port)));
	show_policy_json(&policy, obj);
	output_add(obj, "link", output_str(show_link(port) ? "up" : "down"));
	output_add(obj, "carrier", output_bool(show_carrier(port)));
	output_add(obj, "absent", output_bool(port->at.absent));
	return obj;
}

static struct json_object *show_uplink_json(const struct show *show)
{
	struct json_object *obj = json_object_new_object();
	const struct show_port *port = &show->ports[0];

	output_add(obj, "dev", output_str(port->at.dev));
	output_add(obj, "ifindex", output_num(port->at.absent ? 0 : port->at.row.ifindex));
	output_add(obj, "hook", output_str(port->hook));
	if (show->uplink.ingress)
		output_add(obj, "tc", output_str(hook_how_name(show->uplink.ingress)));
	if (show->uplink.xdp)
		output_add(obj, "xdp", output_str(hook_how_name(show->uplink.xdp)));
	if (port->at.absent)
		output_add(obj, "absent", output_bool(true));
	return obj;
}

static struct json_object *show_json(const struct show *show, bool whole)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *ports = json_object_new_array();

	output_add(obj, "switch", output_str(show->view.name));
	if (whole) {
		output_add(obj, "relay", output_str(evb_relay_name(show->view.cfg->relay)));
		output_add(obj, "netns", output_str(show->view.netns));
		output_add(obj, "uplink", show_uplink_json(show));
	}
	for (unsigned int i = 0; i < show->n_ports; i++)
		output_append(ports, show_port_json(&show->ports[i]));
	output_add(obj, "ports", ports);
	return obj;
}

static const char *show_mac_text(const struct show_port *port, char *buf, size_t len)
{
	char mac[OUTPUT_MAC_LEN];
	unsigned int more = port->at.row.n_macs > 1 ? port->at.row.n_macs - 1u : 0;

	if (output_mac_is_zero(port->at.row.mac))
		return "";
	snprintf(buf, len, "%s", output_mac_format(port->at.row.mac, mac));
	if (more)
		snprintf(buf + strlen(buf), len - strlen(buf), " +%u", more);
	return buf;
}

/* "100 qos 3 802.1ad"; the proto of a trunk is said there too */
static const char *show_vlan_text(const struct show_port *port, char *buf, size_t len)
{
	const struct evb_port *row = &port->at.row;
	bool ad = port->config && port->config->proto == EVB_TPID_S;

	if (!row->vlan)
		return ad ? "802.1ad" : "";
	snprintf(buf, len, "%u", row->vlan);
	if (row->qos)
		snprintf(buf + strlen(buf), len - strlen(buf), " qos %u", row->qos);
	if (ad)
		snprintf(buf + strlen(buf), len - strlen(buf), " 802.1ad");
	return buf;
}

/* what differs from a plain port; `ip link show` would write it as words, too */
static const char *show_flags_text(const struct show_port *port, enum evb_relay usual, char *buf,
				   size_t len)
{
	const struct evb_port *row = &port->at.row;
	const struct {
		bool on;
		const char *word;
	} flags[] = {
		{row->spoofchk, "spoofchk"},
		{port->vf && row->trust, "trust"},
		{row->isolated, "isolated"},
		{row->promisc, "promisc"},
		{port->vf && !row->allmulti, "allmulti-off"},
		{row->dscp, "dscp"},
		{row->vlan && row->keep_tag, "strip-off"},
		{port->config && row->relay != usual, evb_relay_name(row->relay)},
	};
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].on && used < len)
			used += (size_t)snprintf(buf + used, len - used, "%s%s", used ? "," : "",
						 flags[i].word);
	return buf;
}

/* "auto", "auto, down", "auto, no carrier", "absent" */
static const char *show_state_text(const struct show_port *port, char *buf, size_t len)
{
	enum evb_state state = port->at.row.state;

	if (port->at.absent)
		return "absent";
	if (state == EVB_STATE_DISABLE || (show_link(port) && (!port->vf || show_carrier(port))))
		return evb_state_name(state);
	snprintf(buf, len, "%s, %s", evb_state_name(state),
		 show_link(port) ? "no carrier" : "down");
	return buf;
}

static void show_port_note(struct output_table *table, const struct show_port *port)
{
	const struct show_policy policy = show_policy_of(port);
	char *text = show_policy_text(&policy);

	if (text)
		output_table_note(table, text);
	free(text);
}

static int show_ports_text(const struct show *show)
{
	static const char *const headings[] = {"PORT", "DEV",  "KIND",	"HOOK", "STATE",
					       "MAC",  "VLAN", "FLAGS", "TRUNK"};
	struct output_table *table = output_table_new(9, headings);
	char mac[CELL_LEN], vlan[CELL_LEN], flags[2 * CELL_LEN], trunk[CELL_LEN];
	char state[CELL_LEN];

	for (unsigned int i = 0; i < show->n_ports; i++) {
		const struct show_port *port = &show->ports[i];
		const struct evb_port *row = &port->at.row;
		const char *cells[] = {
			show_port_name(port),
			port->at.dev,
			evb_kind_name(row->kind),
			port->hook,
			show_state_text(port, state, sizeof(state)),
			show_mac_text(port, mac, sizeof(mac)),
			show_vlan_text(port, vlan, sizeof(vlan)),
			show_flags_text(port, show->view.cfg->relay, flags, sizeof(flags)),
			"all",
		};

		if (!row->trunk_all)
			cells[8] = port->config ? config_vids_format(&port->config->trunk, trunk,
								     sizeof(trunk))
						: "";
		output_table_row(table, cells);
		show_port_note(table, port);
	}
	return output_table_print(table, stdout, "");
}

/* "edge0: relay veb, uplink eth0 (xdp, dispatcher and tcx), netns red" */
static void show_head_text(const struct show *show)
{
	const struct show_port *uplink = &show->ports[0];
	const struct view_hooks *hooks = &show->uplink;

	printf("%s: relay %s, uplink %s (%s", show->view.name,
	       evb_relay_name(show->view.cfg->relay), uplink->at.dev,
	       uplink->at.absent ? "absent" : uplink->hook);
	if (hooks->xdp)
		printf(", %s", hook_how_name(hooks->xdp));
	if (hooks->ingress)
		printf("%s%s", hooks->xdp ? " and " : ", ", hook_how_name(hooks->ingress));
	printf("), mtu %u", show_port_mtu(uplink));
	if (show->view.netns[0])
		printf(", netns %s%s", show->view.netns, show->view.nl ? "" : " (gone)");
	putchar('\n');
}

static int show_ports(const struct cmd_ctx *ctx, struct view *view, bool whole)
{
	struct show show = {.view = *view}; /* borrowed */
	int err = show_collect(&show);

	view_unlock(view);
	if (err)
		return err;
	if (ctx->json) {
		err = output_json(stdout, show_json(&show, whole), ctx->pretty);
	} else {
		if (whole)
			show_head_text(&show);
		err = show_ports_text(&show);
	}
	free(show.ports);
	return err;
}

static int show_switch(const struct cmd_ctx *ctx, struct view *view)
{
	return show_ports(ctx, view, true);
}

static int show_only_ports(const struct cmd_ctx *ctx, struct view *view)
{
	return show_ports(ctx, view, false);
}

/* ---- the command */

static const struct {
	const char *name;
	int (*fn)(const struct cmd_ctx *ctx, struct view *view); /* NULL: in a later version */
} objects[] = {
	{"ports", show_only_ports}, {"fdb", show_fdb},
	{"vlans", show_vlans},	    {"portgroups", show_portgroups},
	{"meters", show_meters},    {"acls", show_acls},
	{"channels", NULL},	    {"replication", NULL},
};

int cmd_show(const struct cmd_ctx *ctx)
{
	int (*fn)(const struct cmd_ctx *ctx, struct view *view) = show_switch;
	struct view view;
	size_t i;
	int err;

	if (ctx->n_args > 1) {
		for (i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
			if (strcmp(objects[i].name, ctx->args[1]) == 0)
				break;
		if (i == sizeof(objects) / sizeof(objects[0])) {
			log_err("show: no object is called '%s': ports, fdb, vlans, "
				"portgroups, meters or acls",
				ctx->args[1]);
			return CMD_USAGE;
		}
		fn = objects[i].fn;
		if (!fn) {
			log_err("show: %s is not in this version (%s) yet: there are ports, fdb, "
				"vlans, portgroups, meters, acls",
				ctx->args[1], EVBPF_VERSION);
			return CMD_USAGE;
		}
	}
	if (view_get(ctx->args[0], false, &view))
		return CMD_FAILED;
	err = fn(ctx, &view);
	view_close(&view);
	return err ? CMD_FAILED : CMD_OK;
}
