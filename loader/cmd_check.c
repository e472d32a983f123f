/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd_check.c - `evbpf check`, and the printing of a plan's rows for it and `attach --dry-run`. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
#include "config_link.h"
#include "evb_wire.h"
#include "log.h"
#include "names.h"
#include "output.h"
#include "show_policy.h"

#define CELL_LEN 24

int cmd_config_read(const char *file, struct config **out)
{
	struct config_error why = {};
	char text[1024];
	int err = config_read(file, out, &why);

	if (err)
		log_err("%s", config_error_format(&why, file, text, sizeof(text)));
	for (unsigned int i = 0; !err && i < (*out)->n_warnings; i++)
		log_warn("%s", config_error_format(&(*out)->warnings[i], file, text, sizeof(text)));
	return err;
}

static struct json_object *dump_set(const __u64 *bits)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; i < EVB_PORTS_MAX; i++)
		if (bits[i / 64] >> (i % 64) & 1)
			output_append(list, output_num(i));
	return list;
}

static struct json_object *dump_port(const struct plan_port *port)
{
	struct json_object *obj = json_object_new_object();
	const struct evb_port *row = &port->row;

	output_add(obj, "port", output_num(port->number));
	output_add(obj, "kind", output_str(evb_kind_name(row->kind)));
	output_add(obj, "ifindex", output_num(row->ifindex));
	output_add(obj, "send", output_str(evb_send_name(row->send)));
	output_add(obj, "state", output_str(evb_state_name(row->state)));
	output_add(obj, "relay", output_str(evb_relay_name(row->relay)));
	output_add(obj, "max_len", output_num(row->max_len));
	output_add(obj, "xdp_slot", output_num(row->xdp_slot));
	output_add(obj, "channel", output_num(row->channel));
	output_add(obj, "extended", output_num(row->extended));
	output_add(obj, "learn_limit", output_num(row->learn_limit));
	output_add(obj, "domain", output_num(row->domain));
	output_add(obj, "wire", output_num(row->wire));
	output_add(obj, "fid", output_num(row->fid));
	output_add(obj, "strip_fid", output_num(row->strip_fid));
	output_add(obj, "mac_fid", output_num(row->mac_fid));
	output_add(obj, "vlan", output_num(row->vlan));
	output_add(obj, "tpid", output_num(row->tpid));
	output_add(obj, "qos", output_num(row->qos));
	output_add(obj, "access", output_bool(row->access));
	output_add(obj, "trunk_all", output_bool(row->trunk_all));
	output_add(obj, "keep_tag", output_bool(row->keep_tag));
	output_add(obj, "spoofchk", output_bool(row->spoofchk));
	output_add(obj, "trust", output_bool(row->trust));
	output_add(obj, "isolated", output_bool(row->isolated));
	output_add(obj, "n_macs", output_num(row->n_macs));
	output_add(obj, "mac", output_mac(row->mac));
	output_add(obj, "down", output_bool(row->down));
	output_add(obj, "promisc", output_bool(row->promisc));
	output_add(obj, "allmulti", output_bool(row->allmulti));
	output_add(obj, "watched", output_bool(row->watched));
	output_add(obj, "policy_in", output_bool(row->policy_in));
	output_add(obj, "policy_out", output_bool(row->policy_out));
	output_add(obj, "guard", output_num(row->guard));
	output_add(obj, "dscp", output_bool(row->dscp));
	output_add(obj, "rate_in", output_bool(row->rate_in));
	output_add(obj, "rate_out", output_bool(row->rate_out));
	output_add(obj, "storm", output_num(row->storm));
	output_add(obj, "channel_tag", output_str(evb_channel_name(row->channel_tag)));
	output_add(obj, "channels", output_str(evb_channel_name(row->channels)));
	output_add(obj, "closed", output_bool(row->closed));
	output_add(obj, "mixed", output_bool(row->mixed));
	output_add(obj, "reflective", output_bool(row->reflective));
	output_add(obj, "learning", output_bool(row->learning));
	output_add(obj, "bpdu", output_bool(row->bpdu));
	output_add(obj, "acl_in", output_num(row->acl_in));
	output_add(obj, "acl_out", output_num(row->acl_out));
	output_add(obj, "name", output_str(row->name));
	return obj;
}

static struct json_object *dump_vlan(const struct plan_vlan *vlan)
{
	struct json_object *obj = json_object_new_object();

	output_add(obj, "domain", output_num(vlan->key.domain));
	output_add(obj, "tpid", output_num(vlan->key.tpid));
	output_add(obj, "vid", output_num(vlan->key.vid));
	output_add(obj, "fid", output_num(vlan->row.fid));
	output_add(obj, "members", dump_set(vlan->row.members));
	output_add(obj, "untagged", dump_set(vlan->row.untagged));
	return obj;
}

static struct json_object *dump_fdb(const struct plan_fdb *fdb)
{
	struct json_object *obj = json_object_new_object();

	output_add(obj, "mac", output_mac(fdb->key.mac));
	output_add(obj, "fid", output_num(fdb->key.fid));
	output_add(obj, "kind", output_str(evb_fdb_kind_name(fdb->row.kind)));
	output_add(obj, "port", output_num(fdb->row.port));
	output_add(obj, "used", output_num(fdb->row.used));
	return obj;
}

/* how many entries of a group are of the bundle that begins at @at; 0: none does */
static unsigned int bundle_size(const struct evb_group *group, unsigned int at)
{
	if (at + 1 >= group->count || !(group->port[at] & EVB_BUNDLE))
		return 0;
	return group->port[at + 1] < group->count - at - 2 ? group->port[at + 1] :
							     group->count - at - 2;
}

/* a replication row, and the ports for which its copy stands; these are in `port`, too */
static struct json_object *dump_bundle(const struct evb_group *group, unsigned int at)
{
	struct json_object *obj = json_object_new_object(), *members = json_object_new_array();

	for (unsigned int i = 0; i < bundle_size(group, at); i++)
		output_append(members, output_num(group->port[at + 2 + i]));
	output_add(obj, "port", output_num(group->port[at] & ~EVB_BUNDLE));
	output_add(obj, "members", members);
	return obj;
}

static struct json_object *dump_group(const struct plan_group *group)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *ports = json_object_new_array(), *bundles = json_object_new_array();

	output_add(obj, "fid", output_num(group->fid));
	output_add(obj, "count", output_num(group->row.count));
	output_add(obj, "untagged", output_num(group->row.untagged));
	output_add(obj, "default_port", output_num(group->row.default_port));
	for (unsigned int i = 0; i < group->row.count; i++) {
		if (bundle_size(&group->row, i))
			output_append(bundles, dump_bundle(&group->row, i++));
		else
			output_append(ports, output_num(group->row.port[i]));
	}
	output_add(obj, "port", ports);
	output_add(obj, "bundles", bundles);
	return obj;
}

/* ids that follow on each other, of one port: the number of rows from @at on */
static unsigned int ids_run(const struct plan *plan, unsigned int at)
{
	unsigned int n = 1;

	while (at + n < plan->n_ids && plan->ids[at + n].port == plan->ids[at].port &&
	       plan->ids[at + n].id == plan->ids[at].id + n)
		n++;
	return n;
}

static const char *ids_text(const struct plan *plan, unsigned int at, char *buf)
{
	unsigned int n = ids_run(plan, at), first = plan->ids[at].id;

	if (n == 1)
		snprintf(buf, CELL_LEN, "0x%03x", first);
	else
		snprintf(buf, CELL_LEN, "0x%03x-0x%03x", first, first + n - 1);
	return buf;
}

/* those behind cascades; the others follow from the ports */
static struct json_object *dump_ids(const struct plan *plan)
{
	struct json_object *list = json_object_new_array();
	char text[CELL_LEN];

	for (unsigned int i = 0; i < plan->n_ids; i += ids_run(plan, i)) {
		struct json_object *obj = json_object_new_object();

		output_add(obj, "ids", output_str(ids_text(plan, i, text)));
		output_add(obj, "port", output_num(plan->ids[i].port));
		output_append(list, obj);
	}
	return list;
}

static struct json_object *dump_domain(const struct plan_domain *domain)
{
	struct json_object *obj = json_object_new_object();

	output_add(obj, "domain", output_num(domain->number));
	output_add(obj, "wire", output_num(domain->row.wire));
	output_add(obj, "default_port", output_num(domain->row.default_port));
	output_add(obj, "fid", output_num(domain->row.fid));
	output_add(obj, "rest_fid_c", output_num(domain->row.rest_fid_c));
	output_add(obj, "rest_fid_s", output_num(domain->row.rest_fid_s));
	output_add(obj, "vlan_fid_c", output_num(domain->row.vlan_fid_c));
	output_add(obj, "vlan_fid_s", output_num(domain->row.vlan_fid_s));
	output_add(obj, "age", output_num(domain->row.age));
	return obj;
}

static struct json_object *dump_json(const struct plan *plan)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *ports = json_object_new_array(), *vlans = json_object_new_array();
	struct json_object *fdb = json_object_new_array(), *groups = json_object_new_array();
	struct json_object *domains = json_object_new_array();

	for (unsigned int i = 0; i < plan->n_ports; i++)
		output_append(ports, dump_port(&plan->ports[i]));
	for (unsigned int i = 0; i < plan->n_vlans; i++)
		output_append(vlans, dump_vlan(&plan->vlans[i]));
	for (unsigned int i = 0; i < plan->n_fdb; i++)
		output_append(fdb, dump_fdb(&plan->fdb[i]));
	for (unsigned int i = 0; i < plan->n_groups; i++)
		output_append(groups, dump_group(&plan->groups[i]));
	for (unsigned int i = 0; i < plan->n_domains; i++)
		output_append(domains, dump_domain(&plan->domains[i]));
	output_add(obj, "evb_ports", ports);
	output_add(obj, "evb_ingress", dump_ids(plan));
	output_add(obj, "evb_vlans", vlans);
	output_add(obj, "evb_fdb", fdb);
	output_add(obj, "evb_groups", groups);
	output_add(obj, "evb_domains", domains);
	show_dump_json(plan, obj);
	return obj;
}

static const char *num(char *buf, unsigned int val)
{
	snprintf(buf, CELL_LEN, "%u", val);
	return buf;
}

/* a FID, VID or the like: 0 is none */
static const char *num_or_none(char *buf, unsigned int val)
{
	return val ? num(buf, val) : "";
}

static const char *tpid_text(unsigned int tpid)
{
	return tpid ? evb_tpid_name(tpid) : "both";
}

static const char *dump_flags(char *buf, size_t len, const struct evb_port *row)
{
	const struct {
		bool on;
		const char *word;
	} flags[] = {
		{row->access, "access"},       {row->trunk_all, "trunk_all"},
		{row->keep_tag, "keep_tag"},   {row->spoofchk, "spoofchk"},
		{row->trust, "trust"},	       {row->isolated, "isolated"},
		{row->down, "down"},	       {row->promisc, "promisc"},
		{row->allmulti, "allmulti"},   {row->watched, "watched"},
		{row->policy_in, "policy_in"}, {row->policy_out, "policy_out"},
		{row->channels, "channels"},   {row->closed, "closed"},
		{row->mixed, "mixed"},	       {row->reflective, "reflective"},
		{row->learning, "learning"},   {row->bpdu, "bpdu"},
	};
	size_t used = 0;

	buf[0] = '\0';
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		if (flags[i].on && used < len)
			used += (size_t)snprintf(buf + used, len - used, "%s%s", used ? "," : "",
						 flags[i].word);
	return buf;
}

/* in `check` the uplink is not known, so its address is all zero */
static const char *mac_text(const uint8_t mac[6], char *buf)
{
	return output_mac_is_zero(mac) ? "" : output_mac_format(mac, buf);
}

/* a channel that frames of the port come in; of an extender's VF, that they go up in */
static const char *channel_text(const struct plan *plan, const struct evb_port *row, char *buf)
{
	enum evb_channel tag = row->channel_tag;

	if (row->relay == EVB_RELAY_EXTENDER && !tag) /* the uplink's row says which */
		tag = plan->ports[0].row.channels;
	if (row->extended)
		return output_channel_text(tag, row->extended, buf, CELL_LEN);
	return row->channel ? output_channel_text(tag, row->channel, buf, CELL_LEN) : "";
}

static int dump_ports_text(const struct plan *plan)
{
	static const char *const headings[] = {
		">PORT",    "NAME",   "KIND", ">IFINDEX", "CHANNEL", "SEND", "STATE", "RELAY",
		">MAX_LEN", ">XDP",   ">DOM", ">FID",	  ">STRIP", ">VLAN", "TPID", ">QOS",
		">LEARN",   "MAC",    "FLAGS"};
	struct output_table *table = output_table_new(19, headings);
	char b[11][CELL_LEN], mac[OUTPUT_MAC_LEN], flags[240];

	for (unsigned int i = 0; i < plan->n_ports; i++) {
		const struct evb_port *row = &plan->ports[i].row;
		const char *cells[] = {
			num(b[0], plan->ports[i].number),
			row->name,
			evb_kind_name(row->kind),
			num_or_none(b[1], row->ifindex),
			channel_text(plan, row, b[8]),
			evb_send_name(row->send),
			evb_state_name(row->state),
			evb_relay_name(row->relay),
			num_or_none(b[2], row->max_len > EVB_LEN_OVER_MTU ? row->max_len : 0),
			num_or_none(b[3], row->xdp_slot),
			num(b[9], row->domain),
			num_or_none(b[4], row->fid),
			num_or_none(b[5], row->strip_fid),
			num_or_none(b[6], row->vlan),
			tpid_text(row->tpid),
			num_or_none(b[7], row->qos),
			row->learning ? num(b[10], row->learn_limit) : "",
			mac_text(row->mac, mac),
			dump_flags(flags, sizeof(flags), row),
		};

		output_table_row(table, cells);
	}
	puts("evb_ports:");
	return output_table_print(table, stdout, "  ");
}

static void names_fill(const struct plan *plan, struct output_names *names)
{
	for (unsigned int i = 0; i < plan->n_ports; i++)
		if (plan->ports[i].number < EVB_PORTS_MAX)
			snprintf(names->name[plan->ports[i].number], EVB_PORT_NAME_LEN, "%.*s",
				 EVB_PORT_NAME_LEN - 1, plan->ports[i].row.name);
}

static const char *set_text(const __u64 *bits, const struct output_names *names, char *buf)
{
	struct output_set set;

	memcpy(set.bits, bits, sizeof(set.bits));
	return output_set_text(&set, names, buf, OUTPUT_SET_LEN);
}

static int dump_vlans_text(const struct plan *plan, const struct output_names *names)
{
	static const char *const headings[] = {">DOMAIN", "TPID",    ">VID",
					       ">FID",	  "MEMBERS", "UNTAGGED"};
	struct output_table *table = output_table_new(6, headings);
	char b[3][CELL_LEN], members[OUTPUT_SET_LEN], untagged[OUTPUT_SET_LEN];

	for (unsigned int i = 0; i < plan->n_vlans; i++) {
		const struct plan_vlan *vlan = &plan->vlans[i];
		const char *cells[] = {
			num(b[0], vlan->key.domain),
			evb_tpid_name(vlan->key.tpid),
			num(b[1], vlan->key.vid),
			num(b[2], vlan->row.fid),
			set_text(vlan->row.members, names, members),
			set_text(vlan->row.untagged, names, untagged),
		};

		output_table_row(table, cells);
	}
	puts("evb_vlans:");
	return output_table_print(table, stdout, "  ");
}

static int dump_fdb_text(const struct plan *plan, const struct output_names *names)
{
	static const char *const headings[] = {"MAC", ">FID", "KIND", "PORT"};
	struct output_table *table = output_table_new(4, headings);
	char fid[CELL_LEN], mac[OUTPUT_MAC_LEN], name[EVB_NAME_LEN];

	for (unsigned int i = 0; i < plan->n_fdb; i++) {
		const struct plan_fdb *fdb = &plan->fdb[i];
		bool known = !output_mac_is_zero(fdb->key.mac);
		const char *cells[] = {
			known ? output_mac_format(fdb->key.mac, mac) : "(the uplink's)",
			num(fid, fdb->key.fid),
			evb_fdb_kind_name(fdb->row.kind),
			output_name(names, fdb->row.port, name),
		};

		output_table_row(table, cells);
	}
	puts("evb_fdb:");
	return output_table_print(table, stdout, "  ");
}

/* "swp1.1.5(x1 x2)": one copy for all of them */
static size_t bundle_text(const struct evb_group *group, unsigned int at,
			  const struct output_names *names, char *buf, size_t len)
{
	struct output_set set = {};
	char members[OUTPUT_SET_LEN], name[EVB_NAME_LEN];

	output_set_group(&set, group, at + 2, at + 2 + bundle_size(group, at));
	return (size_t)snprintf(buf, len, "%s(%s) ",
				output_name(names, group->port[at] & ~EVB_BUNDLE, name),
				output_set_text(&set, names, members, sizeof(members)));
}

/* what is in port[] from @from to before @to: bundles, then those that get copies of their own */
static const char *group_text(const struct evb_group *group, unsigned int from, unsigned int to,
			      const struct output_names *names, char *buf, size_t len)
{
	struct output_set set = {};
	size_t used = 0;

	for (unsigned int i = from; i < to && i < EVB_PORTS_MAX && used < len; i++) {
		unsigned int n = bundle_size(group, i);

		if (!n) {
			output_set_add(&set, group->port[i]);
			continue;
		}
		used += bundle_text(group, i, names, buf + used, len - used);
		i += 1 + n;
	}
	if (used >= len)
		return buf;
	output_set_text(&set, names, buf + used, len - used);
	if (used && !strcmp(buf + used, "-"))
		buf[used - 1] = '\0';
	return buf;
}

static int dump_groups_text(const struct plan *plan, const struct output_names *names)
{
	static const char *const headings[] = {">FID", ">COUNT", "DEFAULT", "WITHOUT_TAG",
					       "AS_IT_IS"};
	struct output_table *table = output_table_new(5, headings);
	char b[2][CELL_LEN], name[EVB_NAME_LEN], first[OUTPUT_SET_LEN], rest[OUTPUT_SET_LEN];

	for (unsigned int i = 0; i < plan->n_groups; i++) {
		const struct evb_group *group = &plan->groups[i].row;
		const char *cells[] = {
			num(b[0], plan->groups[i].fid),
			num(b[1], group->count),
			group->default_port ? output_name(names, group->default_port, name) : "",
			group_text(group, 0, group->untagged, names, first, sizeof(first)),
			group_text(group, group->untagged, group->count, names, rest, sizeof(rest)),
		};

		output_table_row(table, cells);
	}
	puts("evb_groups:");
	return output_table_print(table, stdout, "  ");
}

static int dump_ids_text(const struct plan *plan, const struct output_names *names)
{
	static const char *const headings[] = {"BEHIND_CASCADE", "PORT"};
	struct output_table *table = output_table_new(2, headings);
	char text[CELL_LEN], name[EVB_NAME_LEN];

	for (unsigned int i = 0; i < plan->n_ids; i += ids_run(plan, i)) {
		const char *cells[] = {ids_text(plan, i, text),
				       output_name(names, plan->ids[i].port, name)};

		output_table_row(table, cells);
	}
	puts("evb_ingress:");
	return output_table_print(table, stdout, "  ");
}

static int dump_domains_text(const struct plan *plan, const struct output_names *names)
{
	static const char *const headings[] = {">DOMAIN",     "WIRE",	     "DEFAULT",
					       ">FID",	      ">REST_FID_C", ">REST_FID_S",
					       ">VLAN_FID_C", ">VLAN_FID_S", ">AGE"};
	struct output_table *table = output_table_new(9, headings);
	char b[7][CELL_LEN], name[2][EVB_NAME_LEN];

	for (unsigned int i = 0; i < plan->n_domains; i++) {
		const struct evb_domain *row = &plan->domains[i].row;
		const char *cells[] = {
			num(b[0], plan->domains[i].number),
			row->wire ? output_name(names, row->wire, name[0]) : "",
			row->default_port ? output_name(names, row->default_port, name[1]) : "",
			num_or_none(b[1], row->fid),
			num_or_none(b[2], row->rest_fid_c),
			num_or_none(b[3], row->rest_fid_s),
			num_or_none(b[4], row->vlan_fid_c),
			num_or_none(b[5], row->vlan_fid_s),
			num_or_none(b[6], row->age),
		};

		output_table_row(table, cells);
	}
	puts("evb_domains:");
	return output_table_print(table, stdout, "  ");
}

int cmd_dump_plan(const struct cmd_ctx *ctx, const struct plan *plan)
{
	struct output_names *names;
	int err;

	if (ctx->json)
		return output_json(stdout, dump_json(plan), ctx->pretty);
	names = calloc(1, sizeof(*names));
	if (!names)
		return log_err_r(-ENOMEM, "out of memory");
	names_fill(plan, names);
	err = dump_ports_text(plan);
	if (!err && plan->n_ids)
		err = dump_ids_text(plan, names);
	if (!err)
		err = dump_vlans_text(plan, names);
	if (!err)
		err = dump_fdb_text(plan, names);
	if (!err)
		err = dump_groups_text(plan, names);
	if (!err)
		err = dump_domains_text(plan, names);
	if (!err)
		err = show_dump_text(plan, names);
	free(names);
	return err;
}

static const char *plural(unsigned int n)
{
	return n == 1 ? "" : "s";
}

/* rows that stand for a group are no ports */
static unsigned int count_ports(const struct config *cfg, const struct plan *plan)
{
	return plan->n_ports - cfg->n_replications;
}

/* "edge0.yaml: ok: switch edge0, 5 ports (uplink eth0, 1 channel, pf, 2 VFs), 3 VLANs" */
static void check_print_text(const struct config *cfg, const struct plan *plan)
{
	unsigned int ports = count_ports(cfg, plan), groups = cfg->n_replications;

	printf("%s: ok: switch %s, %u port%s", cfg->file, cfg->name, ports, plural(ports));
	if (!config_is_bridge(cfg)) {
		printf(" (uplink %s, ", cfg->uplink);
		if (cfg->n_channels)
			printf("%u channel%s, ", cfg->n_channels, plural(cfg->n_channels));
		printf("pf, %u VF%s", cfg->n_vfs, plural(cfg->n_vfs));
		if (cfg->n_cascades)
			printf(", %u cascade%s", cfg->n_cascades, plural(cfg->n_cascades));
		putchar(')');
	}
	if (groups)
		printf(", %u replication group%s", groups, plural(groups));
	printf(", %u VLAN%s\n", plan->n_vlans, plural(plan->n_vlans));
}

static int check_print_ok(const struct cmd_ctx *ctx, const struct config *cfg,
			  const struct plan *plan)
{
	struct json_object *obj;

	if (!ctx->json) {
		check_print_text(cfg, plan);
		return 0;
	}
	obj = json_object_new_object();
	output_add(obj, "file", output_str(cfg->file));
	output_add(obj, "ok", output_bool(true));
	output_add(obj, "switch", output_str(cfg->name));
	output_add(obj, "relay", output_str(evb_relay_name(cfg->relay)));
	output_add(obj, "uplink", cfg->uplink[0] ? output_str(cfg->uplink) : NULL);
	output_add(obj, "ports", output_num(count_ports(cfg, plan)));
	output_add(obj, "vlans", output_num(plan->n_vlans));
	return output_json(stdout, obj, ctx->pretty);
}

static int check_one(const struct cmd_ctx *ctx)
{
	struct config *cfg;
	struct plan *plan;
	int err;

	if (cmd_config_read(ctx->args[0], &cfg))
		return CMD_FAILED;
	err = plan_build(cfg, NULL, &plan);
	if (err) {
		if (err == -ENOMEM)
			log_err("out of memory");
	} else {
		err = ctx->flags & CMD_DUMP ? cmd_dump_plan(ctx, plan)
					    : check_print_ok(ctx, cfg, plan);
		plan_free(plan);
	}
	config_free(cfg);
	return err ? CMD_FAILED : CMD_OK;
}

/* ---- several files, and the links between them */

struct files {
	unsigned int n;
	struct config *cfg[CMD_FILES_MAX];
	unsigned int n_links;
	struct config_link link[CMD_LINKS_MAX];
};

static int files_read(const struct cmd_ctx *ctx, struct files *files)
{
	for (int i = 0; i < ctx->n_args; i++) {
		if (cmd_config_read(ctx->args[i], &files->cfg[files->n]))
			return CMD_FAILED;
		files->n++;
		for (unsigned int k = 0; k + 1 < files->n; k++)
			if (!strcmp(files->cfg[k]->name, files->cfg[files->n - 1]->name)) {
				log_err("%s: switch %s is in %s already: --link could name either",
					ctx->args[i], files->cfg[k]->name, files->cfg[k]->file);
				return CMD_FAILED;
			}
	}
	return CMD_OK;
}

/* "edge0:eth1": text of @len bytes */
static int end_parse(const struct files *files, const char *link, const char *text, size_t len,
		     struct config_end *end)
{
	const char *colon = memchr(text, ':', len);
	size_t name = colon ? (size_t)(colon - text) : 0;
	size_t dev = colon ? len - name - 1 : 0;

	if (!name || !dev || dev >= sizeof(end->dev)) {
		log_err("--link: '%s' is not two ends: write SWITCH:DEV=SWITCH:DEV, such as "
			"edge0:eth1=tor:swp1",
			link);
		return CMD_USAGE;
	}
	memcpy(end->dev, colon + 1, dev);
	for (unsigned int i = 0; i < files->n; i++)
		if (strlen(files->cfg[i]->name) == name && !memcmp(files->cfg[i]->name, text, name))
			end->cfg = files->cfg[i];
	if (!end->cfg) {
		log_err("--link: '%s': none of these files is of switch %.*s", link, (int)name,
			text);
		return CMD_FAILED;
	}
	if (config_end_kind(end) == CONFIG_END_NONE) {
		log_err("--link: '%s': %s of %s is no end of a link: write %s", link, end->dev,
			end->cfg->name,
			config_is_bridge(end->cfg) ? "the device of one of its ports" :
			config_is_extender(end->cfg) ? "its uplink or the device of a cascade" :
						       "its uplink");
		return CMD_FAILED;
	}
	return CMD_OK;
}

static bool same_end(const struct config_end *a, const struct config_end *b)
{
	return a->cfg == b->cfg && !strcmp(a->dev, b->dev);
}

static int check_ends(const struct files *files, const char *text, const struct config_link *link)
{
	if (same_end(&link->end[0], &link->end[1])) {
		log_err("--link: '%s': both ends are one", text);
		return CMD_FAILED;
	}
	for (unsigned int i = 0; i < files->n_links; i++)
		for (unsigned int side = 0; side < 4; side++)
			if (same_end(&files->link[i].end[side / 2], &link->end[side % 2])) {
				log_err("--link: '%s': %s of %s is in another link already", text,
					link->end[side % 2].dev, link->end[side % 2].cfg->name);
				return CMD_FAILED;
			}
	return CMD_OK;
}

/* A device's name may have an = in it, but no colon. */
static int link_parse(struct files *files, const char *text)
{
	struct config_link link = {};
	const char *last = strrchr(text, ':'), *equal = last;
	int ret;

	while (equal && equal > text && *equal != '=')
		equal--;
	if (!equal)
		equal = text;
	ret = end_parse(files, text, text, (size_t)(equal - text), &link.end[0]);
	if (!ret)
		ret = end_parse(files, text, equal + 1, strlen(equal + 1), &link.end[1]);
	if (!ret)
		ret = check_ends(files, text, &link);
	if (!ret)
		files->link[files->n_links++] = link;
	return ret;
}

static const char *place_text(const struct config_place *place, char *buf, size_t len)
{
	if (place->pos.line)
		snprintf(buf, len, "%s:%u:%u", place->cfg->file, place->pos.line,
			 place->pos.column);
	else
		snprintf(buf, len, "%s", place->cfg->file);
	return buf;
}

static int links_print_json(const struct cmd_ctx *ctx, const struct config_mismatch *list,
			    unsigned int n)
{
	struct json_object *obj = json_object_new_object(), *all = json_object_new_array();
	char text[300];

	output_add(obj, "ok", output_bool(!n));
	output_add(obj, "links", output_num(ctx->n_links));
	for (unsigned int i = 0; i < n; i++) {
		struct json_object *one = json_object_new_object();
		struct json_object *places = json_object_new_array();

		output_add(one, "link", output_str(ctx->links[list[i].link]));
		for (unsigned int k = 0; k < 2; k++)
			output_append(places, output_str(place_text(&list[i].place[k], text,
								    sizeof(text))));
		output_add(one, "places", places);
		output_add(one, "mismatch", output_str(list[i].text));
		output_append(all, one);
	}
	output_add(obj, "mismatches", all);
	return output_json(stdout, obj, ctx->pretty);
}

static int links_print(const struct cmd_ctx *ctx, const struct config_mismatch *list,
		       unsigned int n)
{
	char a[300], b[300];

	if (ctx->json)
		return links_print_json(ctx, list, n);
	for (unsigned int i = 0; i < n; i++)
		printf("%s: %s: %s\n", place_text(&list[i].place[0], a, sizeof(a)),
		       place_text(&list[i].place[1], b, sizeof(b)), list[i].text);
	if (!n)
		printf("ok: %d files agree on %u link%s\n", ctx->n_args, ctx->n_links,
		       plural(ctx->n_links));
	return 0;
}

static int check_links(const struct cmd_ctx *ctx, struct files *files)
{
	struct config_mismatch *list = NULL;
	unsigned int n = 0;
	int ret = files_read(ctx, files);

	for (unsigned int i = 0; !ret && i < ctx->n_links; i++)
		ret = link_parse(files, ctx->links[i]);
	if (ret)
		return ret;
	if (config_links_check(files->link, files->n_links, &list, &n)) {
		log_err("out of memory");
		return CMD_FAILED;
	}
	ret = links_print(ctx, list, n) ? CMD_FAILED : n ? CMD_TOLD : CMD_OK;
	free(list);
	return ret;
}

int cmd_check(const struct cmd_ctx *ctx)
{
	struct files files = {};
	int ret;

	if (ctx->n_args == 1 && !ctx->n_links)
		return check_one(ctx);
	if (ctx->n_args == 1 || !ctx->n_links) {
		log_err(ctx->n_links ? "check: --link needs the files of both switches" :
				       "check: of several files --link says how they are connected");
		return CMD_USAGE;
	}
	if (ctx->flags & CMD_DUMP) {
		log_err("check: either --link or --dump, which is of one file");
		return CMD_USAGE;
	}
	ret = check_links(ctx, &files);
	for (unsigned int i = 0; i < files.n; i++)
		config_free(files.cfg[i]);
	return ret;
}
