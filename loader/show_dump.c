/* SPDX-License-Identifier: GPL-2.0-only */
/* show_dump.c - the tables of policy in `evbpf check --dump` and `attach --dry-run`. */
#include <arpa/inet.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "show_policy.h"

#define CELL_LEN 24
#define ADDR_LEN (INET6_ADDRSTRLEN + 4)

static const char *guard_addr(const struct evb_guard_key *key, char *buf)
{
	size_t used;

	inet_ntop(key->family == 4 ? AF_INET : AF_INET6, key->addr, buf, INET6_ADDRSTRLEN);
	used = strlen(buf);
	snprintf(buf + used, ADDR_LEN - used, "/%u", key->prefix - EVB_GUARD_PREFIX);
	return buf;
}

/* odd numbers have frames from a port, even ones frames to it */
static const char *acl_dir(uint32_t number)
{
	return number & 1 ? "in" : "out";
}

static void add_key(const char *key, const char *value, void *arg)
{
	output_add(arg, key, output_str(value));
}

static struct json_object *acl_json(const struct plan_acl *acl)
{
	struct json_object *obj = json_object_new_object(), *rules = json_object_new_array();

	for (unsigned int i = 0; i < acl->row.count && i < EVB_RULES_MAX; i++) {
		struct json_object *rule = json_object_new_object();

		output_add(rule, "action", output_str(show_action_name(acl->row.rule[i].action)));
		show_rule_each(&acl->row.rule[i], add_key, rule);
		output_append(rules, rule);
	}
	output_add(obj, "acl", output_num(acl->number));
	output_add(obj, "name", output_str(acl->row.name));
	output_add(obj, "dir", output_str(acl_dir(acl->number)));
	output_add(obj, "rule", rules);
	return obj;
}

static struct json_object *meter_json(const struct plan_meter *meter)
{
	struct json_object *obj = json_object_new_object();

	output_add(obj, "port", output_num(meter->number / EVB_METERS));
	output_add(obj, "class", output_num(meter->number % EVB_METERS));
	output_add(obj, "cost", output_num(meter->row.cost));
	output_add(obj, "burst", output_num(meter->row.burst));
	return obj;
}

void show_dump_json(const struct plan *plan, struct json_object *obj)
{
	struct json_object *multicast = json_object_new_array(), *guard = json_object_new_array();
	struct json_object *acls = json_object_new_array(), *meters = json_object_new_array();
	char text[ADDR_LEN];

	for (unsigned int i = 0; i < plan->n_multicast; i++) {
		struct json_object *row = json_object_new_object();

		output_add(row, "mac", output_mac(plan->multicast[i].key.mac));
		output_add(row, "port", output_num(plan->multicast[i].key.port));
		output_append(multicast, row);
	}
	for (unsigned int i = 0; i < plan->n_guard; i++) {
		struct json_object *row = json_object_new_object();

		output_add(row, "port", output_num(plan->guard[i].key.port));
		output_add(row, "addr", output_str(guard_addr(&plan->guard[i].key, text)));
		output_append(guard, row);
	}
	for (unsigned int i = 0; i < plan->n_acls; i++)
		output_append(acls, acl_json(&plan->acls[i]));
	for (unsigned int i = 0; i < plan->n_meters; i++)
		output_append(meters, meter_json(&plan->meters[i]));
	output_add(obj, "evb_multicast", multicast);
	output_add(obj, "evb_guard", guard);
	output_add(obj, "evb_acls", acls);
	output_add(obj, "evb_meters", meters);
}

static int multicast_text(const struct plan *plan, const struct output_names *names)
{
	static const char *const headings[] = {"MAC", "PORT"};
	struct output_table *table = output_table_new(2, headings);
	char mac[OUTPUT_MAC_LEN], name[EVB_NAME_LEN];

	for (unsigned int i = 0; i < plan->n_multicast; i++) {
		const struct evb_multicast_key *key = &plan->multicast[i].key;
		const char *cells[] = {output_mac_format(key->mac, mac),
				       output_name(names, key->port, name)};

		output_table_row(table, cells);
	}
	puts("evb_multicast:");
	return output_table_print(table, stdout, "  ");
}

static int guard_text(const struct plan *plan, const struct output_names *names)
{
	static const char *const headings[] = {"PORT", "ADDR"};
	struct output_table *table = output_table_new(2, headings);
	char name[EVB_NAME_LEN], addr[ADDR_LEN];

	for (unsigned int i = 0; i < plan->n_guard; i++) {
		const struct evb_guard_key *key = &plan->guard[i].key;
		const char *cells[] = {output_name(names, key->port, name), guard_addr(key, addr)};

		output_table_row(table, cells);
	}
	puts("evb_guard:");
	return output_table_print(table, stdout, "  ");
}

static int acls_text(const struct plan *plan)
{
	static const char *const headings[] = {">ACL", "NAME", "DIR", ">RULE", "ACTION", "MATCH"};
	struct output_table *table = output_table_new(6, headings);
	char number[CELL_LEN], at[CELL_LEN], match[SHOW_RULE_LEN];

	for (unsigned int i = 0; i < plan->n_acls; i++)
		for (unsigned int j = 0; j < plan->acls[i].row.count; j++) {
			const struct evb_rule *rule = &plan->acls[i].row.rule[j];
			const char *cells[] = {number,
					       plan->acls[i].row.name,
					       acl_dir(plan->acls[i].number),
					       at,
					       show_action_name(rule->action),
					       show_rule_text(rule, match)};

			snprintf(number, sizeof(number), "%u", plan->acls[i].number);
			snprintf(at, sizeof(at), "%u", j);
			output_table_row(table, cells);
		}
	puts("evb_acls:");
	return output_table_print(table, stdout, "  ");
}

static int meters_text(const struct plan *plan, const struct output_names *names)
{
	static const char *const headings[] = {"PORT", ">CLASS", ">COST", ">BURST"};
	struct output_table *table = output_table_new(4, headings);
	char name[EVB_NAME_LEN], class[CELL_LEN], cost[CELL_LEN], burst[CELL_LEN];

	for (unsigned int i = 0; i < plan->n_meters; i++) {
		const struct plan_meter *meter = &plan->meters[i];
		const char *cells[] = {output_name(names, meter->number / EVB_METERS, name), class,
				       cost, burst};

		snprintf(class, sizeof(class), "%u", meter->number % EVB_METERS);
		snprintf(cost, sizeof(cost), "%" PRIu64, (uint64_t)meter->row.cost);
		snprintf(burst, sizeof(burst), "%" PRIu64, (uint64_t)meter->row.burst);
		output_table_row(table, cells);
	}
	puts("evb_meters:");
	return output_table_print(table, stdout, "  ");
}

/* a table without rows is not printed */
int show_dump_text(const struct plan *plan, const struct output_names *names)
{
	int err = 0;

	if (plan->n_multicast)
		err = multicast_text(plan, names);
	if (!err && plan->n_guard)
		err = guard_text(plan, names);
	if (!err && plan->n_acls)
		err = acls_text(plan);
	if (!err && plan->n_meters)
		err = meters_text(plan, names);
	return err;
}
