/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd_check.c - `evbpf check`, and the printing of a plan's rows for it and `attach --dry-run`. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "cmd.h"
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
	output_add(obj, "channels", output_bool(row->channels));
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

static struct json_object *dump_group(const struct plan_group *group)
{
	struct json_object *obj = json_object_new_object();
	struct json_object *ports = json_object_new_array();

	output_add(obj, "fid", output_num(group->fid));
	output_add(obj, "count", output_num(group->row.count));
	output_add(obj, "untagged", output_num(group->row.untagged));
	output_add(obj, "default_port", output_num(group->row.default_port));
	for (unsigned int i = 0; i < group->row.count; i++)
		output_append(ports, output_num(group->row.port[i]));
	output_add(obj, "port", ports);
	return obj;
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

static int dump_ports_text(const struct plan *plan)
{
	static const char *const headings[] = {
		">PORT",    "NAME",   "KIND", ">IFINDEX", ">SVID", "SEND", "STATE", "RELAY",
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
			num_or_none(b[8], row->channel),
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

/* port[] in its own order, @from inclusive to @to exclusive */
static const char *group_text(const struct evb_group *group, unsigned int from, unsigned int to,
			      const struct output_names *names, char *buf)
{
	struct output_set set = {};

	for (unsigned int i = from; i < to && i < EVB_PORTS_MAX; i++)
		output_set_add(&set, group->port[i]);
	return output_set_text(&set, names, buf, OUTPUT_SET_LEN);
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
			group_text(group, 0, group->untagged, names, first),
			group_text(group, group->untagged, group->count, names, rest),
		};

		output_table_row(table, cells);
	}
	puts("evb_groups:");
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

/* "edge0.yaml: ok: switch edge0, 5 ports (uplink eth0, 1 channel, pf, 2 VFs), 3 VLANs" */
static void check_print_text(const struct config *cfg, const struct plan *plan)
{
	printf("%s: ok: switch %s, %u port%s", cfg->file, cfg->name, plan->n_ports,
	       plural(plan->n_ports));
	if (!config_is_bridge(cfg)) {
		printf(" (uplink %s, ", cfg->uplink);
		if (cfg->n_channels)
			printf("%u channel%s, ", cfg->n_channels, plural(cfg->n_channels));
		printf("pf, %u VF%s)", cfg->n_vfs, plural(cfg->n_vfs));
	}
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
	output_add(obj, "ports", output_num(plan->n_ports));
	output_add(obj, "vlans", output_num(plan->n_vlans));
	return output_json(stdout, obj, ctx->pretty);
}

int cmd_check(const struct cmd_ctx *ctx)
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
