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
#include "view.h"

#define CELL_LEN 48

/* ---- ports */

struct show_port {
	const struct view_item *item;
	struct view_port at;
	const char *hook;
	uint32_t learned; /* addresses that it has in evb_fdb by learning */
};

struct show {
	struct view view;
	struct view_items items;
	unsigned int n_ports;
	struct show_port *ports; /* as the items */
	bool bridge;		 /* has no uplink */
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
		if (!show->bridge && port->item->number == EVB_PORT_UPLINK)
			show->uplink = hooks;
		if (port->at.row.kind == EVB_KIND_PF)
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
	int err = view_items(show->view.cfg, &show->items);

	if (err)
		return err;
	show->bridge = config_is_bridge(show->view.cfg);
	show->n_ports = show->items.n;
	show->ports = calloc(show->n_ports + 1, sizeof(*show->ports));
	if (!show->ports)
		return log_err_r(-ENOMEM, "out of memory");
	for (unsigned int i = 0; i < show->n_ports; i++) {
		struct show_port *port = &show->ports[i];

		port->item = &show->items.list[i];
		port->hook = "none";
		view_port(&show->view, port->item->number, port->item->dev, &port->at);
		if (show->bridge)
			tables_learned(&show->view.tables, port->item->number, &port->learned);
	}
	show_hooks(show);
	return 0;
}

static const char *show_port_name(const struct show_port *port)
{
	return port->item->name;
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

/* the uplink, or a channel's wire port */
static bool show_is_wire(const struct show_port *port)
{
	return !port->item->config && !port->item->cascade;
}

/* the uplink's link is its carrier; a port's is what the data plane goes by */
static bool show_link(const struct show_port *port)
{
	if (port->at.absent)
		return false;
	return show_is_wire(port) ? port->at.link.carrier : !port->at.row.down;
}

static struct show_policy show_policy_of(const struct show_port *port)
{
	return (struct show_policy){
		.row = &port->at.row, .config = port->item->config, .vf = port->item->vf};
}

static enum evb_relay show_relay(const struct show_port *port)
{
	const struct view_item *item = port->item;

	return !item->config && item->channel ? item->channel->relay : port->at.row.relay;
}

/* an S-channel of the uplink has a name; of other channels there is only the id */
static struct json_object *show_channel(const struct show_port *port)
{
	const struct view_item *item = port->item;

	if (item->channel)
		return output_str(item->channel->name);
	return item->id ? output_num(item->id) : NULL;
}

/* a VF in an S-channel has the channel's tag on the uplink */
static enum evb_channel show_tag(const struct show_port *port)
{
	return port->item->channel ? EVB_CHANNEL_S : port->item->tag;
}

static unsigned int show_svid(const struct show_port *port)
{
	const struct view_item *item = port->item;

	if (item->channel)
		return item->channel->svid;
	return item->tag == EVB_CHANNEL_S ? item->id : 0;
}

/* svid is always there; what a port with another tag has, it has instead */
static void show_channel_json(const struct show_port *port, struct json_object *obj)
{
	const struct view_item *item = port->item;
	enum evb_channel tag = show_tag(port);

	output_add(obj, "channel", show_channel(port));
	output_add(obj, "tag", tag ? output_str(evb_channel_name(tag)) : NULL);
	output_add(obj, "svid", output_num(show_svid(port)));
	if (item->cascade)
		output_add(obj, "ids", output_ids(item->cascade->ids, item->cascade->n_ids));
	else if (tag != EVB_CHANNEL_S)
		output_add_id(obj, tag, item->id);
}

/*
 * The first address is the one in the row: the PF's own is not in the file. A bridge's port has those
 * of the file only, its `static`; in its row may stand that of a guest.
 */
static struct json_object *show_macs(const struct show_port *port)
{
	static const uint8_t none[6];
	const uint8_t *first = port->at.row.kind == EVB_KIND_PORT ? none : port->at.row.mac;
	const struct config_port *config = port->item->config;
	struct json_object *list = json_object_new_array();

	if (!output_mac_is_zero(first))
		output_append(list, output_mac(first));
	for (unsigned int i = 0; config && i < config->n_macs; i++)
		if (memcmp(config->mac[i], first, 6))
			output_append(list, output_mac(config->mac[i]));
	return list;
}

static const char *show_proto(const struct show_port *port)
{
	return evb_tpid_name(port->item->config ? port->item->config->proto : EVB_TPID_C);
}

static bool show_strip(const struct show_port *port)
{
	return port->item->config && port->item->config->strip;
}

static struct json_object *show_trunk(const struct show_port *port)
{
	static const struct config_vids none;

	return output_trunk(port->at.row.trunk_all,
			    port->item->config ? &port->item->config->trunk : &none);
}

/* the keys that only a bridge's port has */
static void show_bridge_json(const struct show_port *port, struct json_object *obj)
{
	const struct evb_port *row = &port->at.row;

	output_add(obj, "reflective_relay", output_bool(row->reflective));
	output_add(obj, "learning", output_bool(row->learning));
	output_add(obj, "learn_limit", output_num(row->learn_limit));
	output_add(obj, "learned", output_num(port->learned));
	output_add(obj, "closed", output_bool(row->closed));
}

static struct json_object *show_port_json(const struct show_port *port)
{
	struct json_object *obj = json_object_new_object();
	const struct show_policy policy = show_policy_of(port);
	const struct evb_port *row = &port->at.row;

	output_add(obj, "port", output_str(show_port_name(port)));
	output_add(obj, "id",
		   port->item->vf && !port->item->wire ? output_num(port->item->vf->id) : NULL);
	output_add(obj, "kind", output_str(evb_kind_name(row->kind)));
	output_add(obj, "dev", output_str(port->at.dev));
	output_add(obj, "ifindex", output_num(port->at.absent ? 0 : row->ifindex));
	output_add(obj, "hook", output_str(port->hook));
	show_channel_json(port, obj);
	output_add(obj, "relay", output_str(evb_relay_name(show_relay(port))));
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
	if (row->kind == EVB_KIND_PORT)
		show_bridge_json(port, obj);
	show_policy_json(&policy, obj);
	output_add(obj, "link", output_str(show_link(port) ? "up" : "down"));
	output_add(obj, "carrier", output_bool(show_carrier(port)));
	output_add(obj, "absent", output_bool(port->at.absent));
	return obj;
}

static const char *show_bpdu(const struct show *show)
{
	return show->view.cfg->bpdu_forward ? "forward" : "drop";
}

static struct json_object *show_uplink_json(const struct show *show)
{
	const struct show_port *port = &show->ports[0];
	struct json_object *obj;

	if (show->bridge)
		return NULL;
	obj = json_object_new_object();
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
		if (config_is_extender(show->view.cfg))
			output_add(obj, "tag", output_str(evb_channel_name(show->view.cfg->tag)));
		output_add(obj, "netns", output_str(show->view.netns));
		output_add(obj, "uplink", show_uplink_json(show));
	}
	if (whole && show->bridge) {
		output_add(obj, "age", output_num(show->view.cfg->age));
		output_add(obj, "bpdu", output_str(show_bpdu(show)));
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
	bool ad = port->item->config && port->item->config->proto == EVB_TPID_S;

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
	bool bridge = row->kind == EVB_KIND_PORT, vf = port->item->vf && !bridge;
	bool wire = show_is_wire(port) && !port->item->channel;
	const struct {
		bool on;
		const char *word;
	} flags[] = {
		{row->spoofchk, "spoofchk"},
		{vf && row->trust, "trust"},
		{row->isolated, "isolated"},
		{row->promisc, "promisc"},
		{vf && !row->allmulti, "allmulti-off"},
		{row->dscp, "dscp"},
		{row->vlan && row->keep_tag, "strip-off"},
		{bridge && row->closed, "closed"},
		{bridge && row->reflective, "reflective_relay"},
		{bridge && !row->learning && !row->closed, "learning-off"},
		{!wire && show_relay(port) != usual, evb_relay_name(show_relay(port))},
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
	if (state == EVB_STATE_DISABLE || (show_link(port) && (!port->item->vf || show_carrier(port))))
		return evb_state_name(state);
	snprintf(buf, len, "%s, %s", evb_state_name(state),
		 show_link(port) ? "no carrier" : "down");
	return buf;
}

static const char *show_trunk_text(const struct show_port *port, char *buf, size_t len)
{
	if (port->at.row.trunk_all)
		return "all";
	return port->item->config ? config_vids_format(&port->item->config->trunk, buf, len) : "";
}

/* a channel by its name, or by its id */
static const char *show_channel_text(const struct show_port *port, char *buf, size_t len)
{
	const struct view_item *item = port->item;

	if (item->channel)
		return item->channel->name;
	if (item->cascade)
		return output_ids_text(item->tag, item->cascade->ids, item->cascade->n_ids, buf, len);
	return output_channel_text(item->tag, item->id, buf, len);
}

/* "12", with the limit where that is another than usual */
static const char *show_learned_text(const struct show_port *port, char *buf, size_t len)
{
	unsigned int limit = port->at.row.learn_limit;

	if (!port->at.row.learning && !port->learned)
		return "";
	if (limit == CONFIG_LEARN_LIMIT)
		snprintf(buf, len, "%u", port->learned);
	else
		snprintf(buf, len, "%u of %u", port->learned, limit);
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

enum show_column {
	SHOW_PORT = 0,
	SHOW_DEV,
	SHOW_CHANNEL, /* where there are channels */
	SHOW_KIND,    /* not of a bridge, where all are ports */
	SHOW_HOOK,
	SHOW_STATE,
	SHOW_MAC, /* likewise */
	SHOW_VLAN,
	SHOW_LEARNED, /* of a bridge */
	SHOW_FLAGS,
	SHOW_TRUNK,
	SHOW__MAX,
};

static bool show_has_column(const struct show *show, enum show_column column)
{
	switch (column) {
	case SHOW_CHANNEL:
		for (unsigned int i = 0; i < show->n_ports; i++)
			if (show_tag(&show->ports[i]))
				return true;
		return false;
	case SHOW_KIND:
	case SHOW_MAC:
		return !show->bridge;
	case SHOW_LEARNED:
		return show->bridge;
	default:
		return true;
	}
}

/* those of @all that the switch has; their number */
static unsigned int show_pick(const struct show *show, const char *const *all, const char **out)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < SHOW__MAX; i++)
		if (show_has_column(show, i))
			out[n++] = all[i];
	return n;
}

static int show_ports_text(const struct show *show)
{
	const char *const headings[SHOW__MAX] = {
		"PORT", "DEV",	"CHANNEL", "KIND",  "HOOK", "STATE",
		"MAC",	"VLAN", "LEARNED", "FLAGS", "TRUNK"};
	const char *cells[SHOW__MAX];
	struct output_table *table;
	char mac[CELL_LEN], vlan[CELL_LEN], flags[2 * CELL_LEN], trunk[CELL_LEN];
	char state[CELL_LEN], channel[CELL_LEN], learned[CELL_LEN];
	unsigned int n = show_pick(show, headings, cells);

	table = output_table_new(n, cells);
	for (unsigned int i = 0; i < show->n_ports; i++) {
		const struct show_port *port = &show->ports[i];
		const char *const all[SHOW__MAX] = {
			show_port_name(port),
			port->at.dev,
			show_channel_text(port, channel, sizeof(channel)),
			evb_kind_name(port->at.row.kind),
			port->hook,
			show_state_text(port, state, sizeof(state)),
			show_mac_text(port, mac, sizeof(mac)),
			show_vlan_text(port, vlan, sizeof(vlan)),
			show_learned_text(port, learned, sizeof(learned)),
			show_flags_text(port, show->view.cfg->relay, flags, sizeof(flags)),
			show_trunk_text(port, trunk, sizeof(trunk)),
		};

		show_pick(show, all, cells);
		output_table_row(table, cells);
		show_port_note(table, port);
	}
	return output_table_print(table, stdout, "");
}

/* ", uplink eth0 (xdp, dispatcher and tcx), mtu 1500" */
static void show_uplink_text(const struct show *show)
{
	const struct show_port *uplink = &show->ports[0];
	const struct view_hooks *hooks = &show->uplink;

	printf(", uplink %s (%s", uplink->at.dev, uplink->at.absent ? "absent" : uplink->hook);
	if (hooks->xdp)
		printf(", %s", hook_how_name(hooks->xdp));
	if (hooks->ingress)
		printf("%s%s", hooks->xdp ? " and " : ", ", hook_how_name(hooks->ingress));
	printf("), mtu %u", show_port_mtu(uplink));
}

/*
 * "edge0: relay veb, uplink ..., netns red"; "ext: relay extender, tag e-tag, uplink ..."; "tor: relay
 * bridge, age 300, bpdu drop"
 */
static void show_head_text(const struct show *show)
{
	printf("%s: relay %s", show->view.name, evb_relay_name(show->view.cfg->relay));
	if (config_is_extender(show->view.cfg))
		printf(", tag %s", evb_channel_name(show->view.cfg->tag));
	if (show->bridge)
		printf(", age %u, bpdu %s", show->view.cfg->age, show_bpdu(show));
	else
		show_uplink_text(show);
	if (show->view.netns[0])
		printf(", netns %s%s", show->view.netns, show->view.nl ? "" : " (gone)");
	putchar('\n');
}

static int show_ports(const struct cmd_ctx *ctx, struct view *view, bool whole)
{
	struct show show = {.view = *view}; /* borrowed */
	int err = show_collect(&show);

	view_unlock(view);
	if (!err && ctx->json) {
		err = output_json(stdout, show_json(&show, whole), ctx->pretty);
	} else if (!err) {
		if (whole)
			show_head_text(&show);
		err = show_ports_text(&show);
	}
	free(show.items.list);
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
	int (*fn)(const struct cmd_ctx *ctx, struct view *view);
} objects[] = {
	{"ports", show_only_ports},  {"fdb", show_fdb},
	{"vlans", show_vlans},	     {"portgroups", show_portgroups},
	{"channels", show_channels}, {"replication", show_replication},
	{"meters", show_meters},     {"acls", show_acls},
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
				"channels, replication, portgroups, meters or acls",
				ctx->args[1]);
			return CMD_USAGE;
		}
		fn = objects[i].fn;
	}
	if (view_get(ctx->args[0], false, &view))
		return CMD_FAILED;
	err = fn(ctx, &view);
	view_close(&view);
	return err ? CMD_FAILED : CMD_OK;
}
