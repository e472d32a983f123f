/* SPDX-License-Identifier: GPL-2.0-only */
/* show_rules.c - `evbpf show SWITCH meters`, `acls` and `portgroups`. */
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "config_tree.h"
#include "log.h"
#include "names.h"
#include "show_policy.h"
#include "wait.h"

#define CELL_LEN 32

/* ---- meters */

static const struct {
	const char *name;
	const char *unit, *burst_unit;
} classes[EVB_METER__MAX] = {
	[EVB_METER_IN] = {"max_tx_rate", "Mbit/s", "bytes"},
	[EVB_METER_OUT] = {"max_rx_rate", "Mbit/s", "bytes"},
	[EVB_METER_BROADCAST] = {"storm broadcast", "frames/s", "frames"},
	[EVB_METER_MULTICAST] = {"storm multicast", "frames/s", "frames"},
	[EVB_METER_UNKNOWN] = {"storm unknown", "frames/s", "frames"},
	[EVB_METER_IN_OTHER] = {"max_tx_rate, not TCP", "Mbit/s", "bytes"},
	[EVB_METER_OUT_OTHER] = {"max_rx_rate, not TCP", "Mbit/s", "bytes"},
};
_Static_assert(EVB_METER__MAX == 7, "a class of meters without a name");

struct meter {
	const char *port;
	unsigned int class;
	uint64_t rate;	   /* in the file's unit */
	uint64_t burst;	   /* bytes or frames that may come at once */
	unsigned int used; /* percent of it; a frame passes whole, so it may be more than 100 */
};

struct meters {
	unsigned int n;
	struct meter *list;
};

/* in the file's unit */
static uint64_t meter_rate(const struct config_port *port, enum evb_meter_class class)
{
	switch (class) {
	case EVB_METER_IN:
	case EVB_METER_IN_OTHER:
		return port->max_tx_rate;
	case EVB_METER_OUT:
	case EVB_METER_OUT_OTHER:
		return port->max_rx_rate;
	case EVB_METER_BROADCAST:
		return port->storm[CONFIG_STORM_BROADCAST];
	case EVB_METER_MULTICAST:
		return port->storm[CONFIG_STORM_MULTICAST];
	case EVB_METER_UNKNOWN:
		return port->storm[CONFIG_STORM_UNKNOWN];
	default:
		return 0;
	}
}

/* bytes a second of 1 Mbit/s, or 1 */
static uint64_t meter_unit(enum evb_meter_class class)
{
	return strcmp(classes[class].unit, "Mbit/s") ? 1 : 125000;
}

static void meters_add_port(const struct view *view, struct meters *meters, uint32_t number,
			    const struct config_port *port)
{
	for (unsigned int class = 0; class < EVB_METER__MAX; class++) {
		uint32_t key = number * EVB_METERS + class;
		struct meter *meter = &meters->list[meters->n];
		uint64_t now;
		struct evb_meter row;

		if (table_get(&view->tables, TABLE_METERS, &key, &row) || !row.cost)
			continue;
		now = wait_now();
		meter->port = port->name;
		meter->class = class;
		meter->rate = meter_rate(port, class);
		meter->burst =
			row.burst / 1000 * (meter->rate * meter_unit(class)) / (WAIT_NS / 1000);
		meter->used = row.due > now && row.burst
				      ? (unsigned int)((row.due - now) * 100 / row.burst)
				      : 0;
		meters->n++;
	}
}

static int meters_collect(const struct view *view, struct meters *meters)
{
	const struct config *cfg = view->cfg;

	meters->list = calloc((1 + cfg->n_vfs) * EVB_METER__MAX, sizeof(*meters->list));
	if (!meters->list)
		return log_err_r(-ENOMEM, "out of memory");
	if (!config_is_bridge(cfg))
		meters_add_port(view, meters, EVB_PORT_PF, &cfg->pf);
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		meters_add_port(view, meters, cfg->vfs[i].number, &cfg->vfs[i].port);
	return 0;
}

static int meters_json(const struct cmd_ctx *ctx, const struct view *view,
		       const struct meters *meters)
{
	struct json_object *obj = json_object_new_object(), *list = json_object_new_array();

	for (unsigned int i = 0; i < meters->n; i++) {
		const struct meter *meter = &meters->list[i];
		struct json_object *row = json_object_new_object();

		output_add(row, "port", output_str(meter->port));
		output_add(row, "meter", output_str(classes[meter->class].name));
		output_add(row, "rate", output_num(meter->rate));
		output_add(row, "unit", output_str(classes[meter->class].unit));
		output_add(row, "burst", output_num(meter->burst));
		output_add(row, "burst_unit", output_str(classes[meter->class].burst_unit));
		output_add(row, "used", output_num(meter->used));
		output_append(list, row);
	}
	output_add(obj, "switch", output_str(view->name));
	output_add(obj, "meters", list);
	return output_json(stdout, obj, ctx->pretty);
}

static int meters_text(const struct meters *meters)
{
	static const char *const headings[] = {"PORT",	 "METER", ">RATE", "UNIT",
					       ">BURST", "UNIT",  ">USED"};
	struct output_table *table = output_table_new(7, headings);
	char rate[CELL_LEN], burst[CELL_LEN], used[CELL_LEN];

	for (unsigned int i = 0; i < meters->n; i++) {
		const struct meter *meter = &meters->list[i];
		const char *cells[] = {meter->port, classes[meter->class].name,
				       rate,	    classes[meter->class].unit,
				       burst,	    classes[meter->class].burst_unit,
				       used};

		snprintf(rate, sizeof(rate), "%" PRIu64, meter->rate);
		snprintf(burst, sizeof(burst), "%" PRIu64, meter->burst);
		snprintf(used, sizeof(used), "%u %%", meter->used);
		output_table_row(table, cells);
	}
	return output_table_print(table, stdout, "");
}

int show_meters(const struct cmd_ctx *ctx, struct view *view)
{
	struct meters meters = {};
	int err = meters_collect(view, &meters);

	view_unlock(view);
	if (!err)
		err = ctx->json ? meters_json(ctx, view, &meters) : meters_text(&meters);
	free(meters.list);
	return err;
}

/* ---- acls */

struct acl_hits {
	uint64_t hits[EVB_RULES_MAX]; /* by the rule's place in the file */
};

static uint64_t hits_read(const struct view *view, uint16_t acl, uint16_t rule, uint64_t *each,
			  int cpus)
{
	struct evb_hits_key key = {.acl = acl, .rule = rule};
	uint64_t sum = 0;

	if (table_get(&view->tables, TABLE_ACL_HITS, &key, each))
		return 0;
	for (int i = 0; i < cpus; i++)
		sum += each[i];
	return sum;
}

/* a list of one direction in the table: odd numbers have a guest's tx, even ones its rx */
static void hits_add(const struct view *view, const struct config_acl *acl, uint32_t number,
		     struct acl_hits *hits, uint64_t *each, int cpus)
{
	bool rx = !(number & 1);
	uint16_t rule = 0;

	for (unsigned int i = 0; i < acl->n_rules; i++)
		if (rx ? acl->rules[i].rx : acl->rules[i].tx)
			hits->hits[i] += hits_read(view, (uint16_t)number, rule++, each, cpus);
}

static int hits_collect(const struct view *view, struct acl_hits *hits)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t *each = cpus > 0 ? calloc((size_t)cpus, sizeof(*each)) : NULL;
	struct evb_acl *row = calloc(1, sizeof(*row));

	if (!each || !row) {
		free(each);
		free(row);
		return log_err_r(-ENOMEM, "out of memory");
	}
	for (uint32_t number = 1; number <= EVB_ACLS_MAX; number++) {
		if (table_get(&view->tables, TABLE_ACLS, &number, row))
			continue;
		for (unsigned int i = 0; i < view->cfg->n_acls; i++)
			if (!strncmp(view->cfg->acls[i].name, row->name, sizeof(row->name)))
				hits_add(view, &view->cfg->acls[i], number, &hits[i], each, cpus);
	}
	free(each);
	free(row);
	return 0;
}

const char *show_action_name(enum evb_action action)
{
	static const char *const names[] = {
		[EVB_ACTION_PERMIT] = "permit",
		[EVB_ACTION_DENY] = "deny",
		[EVB_ACTION_COUNT] = "count",
	};
	_Static_assert(sizeof(names) / sizeof(names[0]) == EVB_ACTION__MAX, "action names");

	return (unsigned int)action < EVB_ACTION__MAX ? names[action] : "?";
}

static const char *rule_dir(const struct config_rule *rule)
{
	return rule->tx && rule->rx ? "both" : rule->tx ? "tx" : "rx";
}

struct word {
	unsigned int number;
	const char *text;
};

/* its word, or the number in @format */
static const char *word_or_number(const struct word *words, unsigned int number, bool hex,
				  char *buf)
{
	for (; words->text; words++)
		if (words->number == number)
			return words->text;
	snprintf(buf, CELL_LEN, hex ? "0x%04x" : "%u", number);
	return buf;
}

static const struct word type_words[] = {
	{0x0806, "arp"}, {0x0800, "ipv4"}, {0x86dd, "ipv6"}, {0, NULL}};
static const struct word proto_words[] = {{IPPROTO_TCP, "tcp"},	  {IPPROTO_UDP, "udp"},
					  {IPPROTO_ICMP, "icmp"}, {IPPROTO_ICMPV6, "icmpv6"},
					  {IPPROTO_SCTP, "sctp"}, {0, NULL}};

static const char *ports_format(unsigned int from, unsigned int to, char *buf)
{
	snprintf(buf, CELL_LEN, from == to ? "%u" : "%u-%u", from, to);
	return buf;
}

#define ADDR_LEN (INET6_ADDRSTRLEN + 4)

static const char *addr_format(unsigned int family, const __u32 *addr, const __u32 *mask, char *buf)
{
	unsigned int bits = 0, all = family == 4 ? 32 : 128;
	size_t used;

	for (unsigned int i = 0; i < all / 32; i++)
		bits += (unsigned int)__builtin_popcount(mask[i]);
	inet_ntop(family == 4 ? AF_INET : AF_INET6, addr, buf, INET6_ADDRSTRLEN);
	used = strlen(buf);
	if (bits != all)
		snprintf(buf + used, ADDR_LEN - used, "/%u", bits);
	return buf;
}

void show_rule_each(const struct evb_rule *rule,
		    void (*fn)(const char *key, const char *value, void *arg), void *arg)
{
	char buf[ADDR_LEN > CELL_LEN ? ADDR_LEN : CELL_LEN];

	if (rule->match & EVB_MATCH_SRC_MAC)
		fn("src_mac", output_mac_format(rule->src_mac, buf), arg);
	if (rule->match & EVB_MATCH_DST_MAC)
		fn("dst_mac", output_mac_format(rule->dst_mac, buf), arg);
	if (rule->match & EVB_MATCH_TYPE)
		fn("type", word_or_number(type_words, rule->type, true, buf), arg);
	if (rule->match & EVB_MATCH_VLAN)
		fn("vlan", ports_format(rule->vlan, rule->vlan, buf), arg);
	if (rule->match & EVB_MATCH_PROTO)
		fn("proto", word_or_number(proto_words, rule->proto, false, buf), arg);
	if (rule->match & EVB_MATCH_SRC)
		fn("src", addr_format(rule->family, rule->src, rule->src_mask, buf), arg);
	if (rule->match & EVB_MATCH_DST)
		fn("dst", addr_format(rule->family, rule->dst, rule->dst_mask, buf), arg);
	if (rule->match & EVB_MATCH_SPORT)
		fn("sport", ports_format(rule->sport_min, rule->sport_max, buf), arg);
	if (rule->match & EVB_MATCH_DPORT)
		fn("dport", ports_format(rule->dport_min, rule->dport_max, buf), arg);
}

static void rule_add_json(const char *key, const char *value, void *arg)
{
	output_add(arg, key, output_str(value));
}

static void rule_add_text(const char *key, const char *value, void *arg)
{
	char *text = arg;
	size_t used = strlen(text);

	snprintf(text + used, SHOW_RULE_LEN - used, "%s%s %s", used ? " " : "", key, value);
}

const char *show_rule_text(const struct evb_rule *rule, char *buf)
{
	buf[0] = '\0';
	show_rule_each(rule, rule_add_text, buf);
	return buf[0] ? buf : "everything";
}

/* ports that have it */
static void acl_users(const struct view *view, const struct config_acl *acl, struct output_set *set)
{
	const struct config *cfg = view->cfg;

	if (!config_is_bridge(cfg) && cfg->pf.acl == acl)
		output_set_add(set, EVB_PORT_PF);
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		if (cfg->vfs[i].port.acl == acl)
			output_set_add(set, cfg->vfs[i].number);
}

static struct json_object *acl_json(const struct view *view, const struct config_acl *acl,
				    const struct acl_hits *hits, const struct output_names *names)
{
	struct json_object *obj = json_object_new_object(), *rules = json_object_new_array();
	struct output_set users = {};

	acl_users(view, acl, &users);
	for (unsigned int i = 0; i < acl->n_rules; i++) {
		struct json_object *rule = json_object_new_object();

		output_add(rule, "dir", output_str(rule_dir(&acl->rules[i])));
		show_rule_each(&acl->rules[i].rule, rule_add_json, rule);
		output_add(rule, "action", output_str(show_action_name(acl->rules[i].rule.action)));
		output_add(rule, "hits", output_num(hits->hits[i]));
		output_append(rules, rule);
	}
	output_add(obj, "name", output_str(acl->name));
	output_add(obj, "ports", output_set_json(&users, names));
	output_add(obj, "rules", rules);
	return obj;
}

static int acls_json(const struct cmd_ctx *ctx, const struct view *view,
		     const struct acl_hits *hits, const struct output_names *names)
{
	struct json_object *obj = json_object_new_object(), *list = json_object_new_array();

	for (unsigned int i = 0; i < view->cfg->n_acls; i++)
		output_append(list, acl_json(view, &view->cfg->acls[i], &hits[i], names));
	output_add(obj, "switch", output_str(view->name));
	output_add(obj, "acls", list);
	return output_json(stdout, obj, ctx->pretty);
}

static int acl_text(const struct view *view, const struct config_acl *acl,
		    const struct acl_hits *hits, const struct output_names *names)
{
	static const char *const headings[] = {">RULE", "DIR", "ACTION", ">HITS", "MATCH"};
	struct output_table *table = output_table_new(5, headings);
	char number[CELL_LEN], count[CELL_LEN], match[SHOW_RULE_LEN], users[OUTPUT_SET_LEN];
	struct output_set set = {};

	acl_users(view, acl, &set);
	printf("%s: ports %s\n", acl->name, output_set_text(&set, names, users, sizeof(users)));
	for (unsigned int i = 0; i < acl->n_rules; i++) {
		const struct config_rule *rule = &acl->rules[i];
		const char *cells[] = {number, rule_dir(rule), show_action_name(rule->rule.action),
				       count, show_rule_text(&rule->rule, match)};

		snprintf(number, sizeof(number), "%u", i + 1); /* as warnings count them */
		snprintf(count, sizeof(count), "%" PRIu64, hits->hits[i]);
		output_table_row(table, cells);
	}
	return output_table_print(table, stdout, "  ");
}

int show_acls(const struct cmd_ctx *ctx, struct view *view)
{
	struct acl_hits *hits = calloc(view->cfg->n_acls + 1, sizeof(*hits));
	struct output_names *names = NULL;
	int err = hits ? view_names(view, &names) : log_err_r(-ENOMEM, "out of memory");

	if (!err)
		err = hits_collect(view, hits);
	view_unlock(view);
	if (!err && ctx->json)
		err = acls_json(ctx, view, hits, names);
	else
		for (unsigned int i = 0; !err && i < view->cfg->n_acls; i++)
			err = acl_text(view, &view->cfg->acls[i], &hits[i], names);
	if (!err && !ctx->json && !view->cfg->n_acls)
		printf("%s: no acls\n", view->name);
	free(hits);
	free(names);
	return err;
}

/* ---- portgroups: as the file has them */

static struct json_object *node_json(const struct tree_node *node)
{
	struct json_object *val;

	if (node->type == TREE_SCALAR)
		return output_str(node->text);
	val = node->type == TREE_LIST ? json_object_new_array() : json_object_new_object();
	for (size_t i = 0; node->type == TREE_LIST && i < node->n_items; i++)
		output_append(val, node_json(node->items[i]));
	for (size_t i = 0; node->type == TREE_MAP && i + 1 < node->n_items; i += 2)
		output_add(val, node->items[i]->text ? node->items[i]->text : "?",
			   node_json(node->items[i + 1]));
	return val;
}

static void node_print(const struct tree_node *node)
{
	size_t step = node->type == TREE_MAP ? 2 : 1;

	if (node->type == TREE_SCALAR) {
		fputs(node->text, stdout);
		return;
	}
	putchar(node->type == TREE_MAP ? '{' : '[');
	for (size_t i = 0; i + step <= node->n_items; i += step) {
		if (i)
			fputs(", ", stdout);
		node_print(node->items[i]);
		if (step == 2) {
			fputs(": ", stdout);
			node_print(node->items[i + 1]);
		}
	}
	putchar(node->type == TREE_MAP ? '}' : ']');
}

static void group_members(const struct view *view, const char *name, struct output_set *set)
{
	for (unsigned int i = 0; i < view->cfg->n_vfs; i++)
		if (!strcmp(view->cfg->vfs[i].portgroup, name))
			output_set_add(set, view->cfg->vfs[i].number);
}

static const char *group_name(const struct tree_node *group)
{
	const struct tree_node *name = tree_get(group, "name");

	return name && name->text ? name->text : "?";
}

static struct json_object *group_json(const struct view *view, const struct tree_node *group,
				      const struct output_names *names)
{
	struct json_object *obj = json_object_new_object(), *keys = json_object_new_object();
	const struct tree_node *channel = tree_get(group, "channel");
	struct output_set set = {};

	group_members(view, group_name(group), &set);
	for (size_t i = 0; i + 1 < group->n_items; i += 2)
		if (!tree_is_word(group->items[i], "name"))
			output_add(keys, group->items[i]->text, node_json(group->items[i + 1]));
	output_add(obj, "name", output_str(group_name(group)));
	output_add(obj, "channel", output_str(channel ? channel->text : NULL));
	output_add(obj, "ports", output_set_json(&set, names));
	output_add(obj, "keys", keys);
	return obj;
}

/* "web: vlan 10, max_tx_rate 1000; ports vf0 vf1" */
static void group_text(const struct view *view, const struct tree_node *group,
		       const struct output_names *names)
{
	char users[OUTPUT_SET_LEN];
	struct output_set set = {};
	const char *before = ":";

	group_members(view, group_name(group), &set);
	fputs(group_name(group), stdout);
	for (size_t i = 0; i + 1 < group->n_items; i += 2) {
		if (tree_is_word(group->items[i], "name"))
			continue;
		printf("%s %s ", before, group->items[i]->text);
		node_print(group->items[i + 1]);
		before = ",";
	}
	printf("%s ports %s\n", *before == ':' ? ":" : ";",
	       output_set_text(&set, names, users, sizeof(users)));
}

static int groups_print(const struct cmd_ctx *ctx, const struct view *view,
			const struct tree_node *groups, const struct output_names *names)
{
	size_t n = groups && groups->type == TREE_LIST ? groups->n_items : 0;
	struct json_object *obj, *list;

	if (!ctx->json) {
		for (size_t i = 0; i < n; i++)
			group_text(view, groups->items[i], names);
		if (!n)
			printf("%s: no portgroups\n", view->name);
		return 0;
	}
	obj = json_object_new_object();
	list = json_object_new_array();
	for (size_t i = 0; i < n; i++)
		output_append(list, group_json(view, groups->items[i], names));
	output_add(obj, "switch", output_str(view->name));
	output_add(obj, "portgroups", list);
	return output_json(stdout, obj, ctx->pretty);
}

int show_portgroups(const struct cmd_ctx *ctx, struct view *view)
{
	struct output_names *names = NULL;
	struct config_error error = {};
	struct tree tree = {};
	int err = view_names(view, &names);

	view_unlock(view);
	if (!err) {
		err = tree_parse(view->cfg->text, view->cfg->text_len, &tree, &error);
		if (err)
			log_err("%s: %s", view->name, error.text);
		else
			err = groups_print(ctx, view,
					   tree.root ? tree_get(tree.root, "portgroups") : NULL,
					   names);
		tree_free(&tree);
	}
	free(names);
	return err;
}
