/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config_acl.c - acls: lists of rules, each made into the struct evb_rule that a frame meets.
 *
 * A rule that contradicts itself is refused. One that cannot match because a rule above it decides
 * all that it matches is a warning: an operator may have put it there for later.
 */
#include <errno.h>
#include <net/ethernet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_schema.h"
#include "evb_wire.h"

static const char *list_acls(const struct config *cfg, char *buf, size_t len)
{
	size_t used = 0;

	for (unsigned int i = 0; i < cfg->n_acls && used < len; i++)
		used += (size_t)snprintf(buf + used, len - used, "%s%s", i ? ", " : "",
					 cfg->acls[i].name);
	return buf;
}

/* the name of one that is in acls */
int parse_acl(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	      void *base)
{
	const struct config_acl **field = value_field(key, base);
	struct config_quote quote;
	char list[300] = "";

	for (unsigned int i = 0; i < ctx->cfg->n_acls; i++) {
		if (!tree_is_word(node, ctx->cfg->acls[i].name))
			continue;
		ctx->acl_used[i] = true;
		*field = &ctx->cfg->acls[i];
		return 0;
	}
	return config_refuse(ctx->err, node->pos, "%s: %s is not one of acls: %s%s", key->name,
			     config_quote_node(&quote, node),
			     ctx->cfg->n_acls ? "these are " : "there are none",
			     list_acls(ctx->cfg, list, sizeof(list)));
}

static unsigned int family_of_type(uint16_t type)
{
	return type == ETHERTYPE_IP ? 4 : type == ETHERTYPE_IPV6 ? 6 : 0;
}

/* the family that src or dst has, 0: neither is there */
static unsigned int family_of_prefix(const struct rule_draft *draft)
{
	return draft->src.family ? draft->src.family : draft->dst.family;
}

/* What only an IP packet has needs a type that is IP's, if there is one. */
static int check_type(struct config_ctx *ctx, const struct rule_draft *draft)
{
	const struct {
		const char *key;
		const struct config_pos *pos;
	} ip[] = {
		{"proto", &draft->proto_pos}, {"src", &draft->src_pos},
		{"dst", &draft->dst_pos},     {"sport", &draft->sport_pos},
		{"dport", &draft->dport_pos},
	};
	unsigned int family = family_of_type(draft->rule.type), prefix = family_of_prefix(draft);

	if (!draft->type_pos.line)
		return 0;
	for (size_t i = 0; i < sizeof(ip) / sizeof(ip[0]) && !family; i++)
		if (ip[i].pos->line)
			return config_refuse(ctx->err, draft->type_pos,
					     "type: %s has no %s (line %u): write ipv4 or ipv6, or "
					     "take one out",
					     draft->rule.type == ETHERTYPE_ARP ? "arp"
									       : "this EtherType",
					     ip[i].key, ip[i].pos->line);
	if (prefix && prefix != family)
		return config_refuse(ctx->err, draft->type_pos,
				     "type: ipv%u contradicts %s, which is IPv%u (line %u): write "
				     "ipv%u, or take type out",
				     family, draft->src.family ? "src" : "dst", prefix,
				     draft->src.family ? draft->src_pos.line : draft->dst_pos.line,
				     prefix);
	return 0;
}

/* Some protocols belong to one family, and some have no ports. */
static int check_proto(struct config_ctx *ctx, const struct rule_draft *draft)
{
	unsigned int family = family_of_prefix(draft), proto = draft->rule.proto;
	bool has_sport = draft->sport_pos.line, has_dport = draft->dport_pos.line;

	if (!family && draft->type_pos.line)
		family = family_of_type(draft->rule.type);
	if (draft->proto_pos.line &&
	    ((proto == IPPROTO_ICMP && family == 6) || (proto == IPPROTO_ICMPV6 && family == 4)))
		return config_refuse(ctx->err, draft->proto_pos,
				     "proto: %s is not in IPv%u, which the rest of the rule asks "
				     "for: write %s",
				     proto == IPPROTO_ICMP ? "icmp" : "icmpv6", family,
				     proto == IPPROTO_ICMP ? "icmpv6" : "icmp");
	if ((!has_sport && !has_dport) ||
	    (draft->proto_pos.line &&
	     (proto == IPPROTO_TCP || proto == IPPROTO_UDP || proto == IPPROTO_SCTP)))
		return 0;
	return config_refuse(ctx->err, has_sport ? draft->sport_pos : draft->dport_pos,
			     "%s: a port needs proto: tcp, udp or sctp%s",
			     has_sport ? "sport" : "dport",
			     draft->proto_pos.line ? "; this proto has none" : "");
}

static int check_rule(struct config_ctx *ctx, const struct rule_draft *draft)
{
	int ret;

	if (draft->src.family && draft->dst.family && draft->src.family != draft->dst.family)
		return config_refuse(ctx->err, draft->dst_pos,
				     "dst: IPv%u contradicts src, which is IPv%u (line %u): a "
				     "packet is of one family",
				     draft->dst.family, draft->src.family, draft->src_pos.line);
	ret = check_type(ctx, draft);
	return ret ? ret : check_proto(ctx, draft);
}

static void compile_prefix(const struct config_prefix *prefix, __u32 addr[4], __u32 mask[4])
{
	uint8_t bytes[16] = {};

	for (unsigned int bit = 0; bit < prefix->len; bit++)
		bytes[bit / 8] |= (uint8_t)(0x80u >> bit % 8);
	memcpy(addr, prefix->addr, 16);
	memcpy(mask, bytes, 16);
}

static void compile_rule(const struct rule_draft *draft, struct config_rule *out)
{
	const struct {
		const struct config_pos *pos;
		__u32 bit;
	} fields[] = {
		{&draft->src_mac_pos, EVB_MATCH_SRC_MAC}, {&draft->dst_mac_pos, EVB_MATCH_DST_MAC},
		{&draft->type_pos, EVB_MATCH_TYPE},	  {&draft->vlan_pos, EVB_MATCH_VLAN},
		{&draft->proto_pos, EVB_MATCH_PROTO},	  {&draft->sport_pos, EVB_MATCH_SPORT},
		{&draft->dport_pos, EVB_MATCH_DPORT},
	};
	struct evb_rule *rule = &out->rule;

	out->tx = draft->dir != RULE_RX;
	out->rx = draft->dir != RULE_TX;
	*rule = draft->rule;
	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		if (fields[i].pos->line)
			rule->match |= fields[i].bit;
	rule->family = (__u8)family_of_prefix(draft);
	if (rule->family)
		rule->match |= EVB_MATCH_FAMILY;
	if (draft->src.family) {
		rule->match |= EVB_MATCH_SRC;
		compile_prefix(&draft->src, rule->src, rule->src_mask);
	}
	if (draft->dst.family) {
		rule->match |= EVB_MATCH_DST;
		compile_prefix(&draft->dst, rule->dst, rule->dst_mask);
	}
}

static bool prefix_covers(const __u32 addr[4], const __u32 mask[4], const __u32 other[4],
			  const __u32 other_mask[4])
{
	for (int i = 0; i < 4; i++)
		if ((mask[i] & ~other_mask[i]) || ((addr[i] ^ other[i]) & mask[i]))
			return false;
	return true;
}

/*
 * Does @a match whatever @b matches? Every field of @a must be one of @b, as wide or wider; an
 * address says the EtherType too. "No" may be wrong, "yes" is not.
 */
static bool rule_covers(const struct evb_rule *a, const struct evb_rule *b)
{
	__u32 has = b->match;
	__u16 type = b->type;

	if (has & EVB_MATCH_FAMILY) {
		has |= EVB_MATCH_TYPE;
		type = b->family == 4 ? ETHERTYPE_IP : ETHERTYPE_IPV6;
	}
	if (a->match & ~has)
		return false;
	return (!(a->match & EVB_MATCH_SRC_MAC) || !memcmp(a->src_mac, b->src_mac, 6)) &&
	       (!(a->match & EVB_MATCH_DST_MAC) || !memcmp(a->dst_mac, b->dst_mac, 6)) &&
	       (!(a->match & EVB_MATCH_TYPE) || a->type == type) &&
	       (!(a->match & EVB_MATCH_VLAN) || a->vlan == b->vlan) &&
	       (!(a->match & EVB_MATCH_FAMILY) || a->family == b->family) &&
	       (!(a->match & EVB_MATCH_PROTO) || a->proto == b->proto) &&
	       (!(a->match & EVB_MATCH_SRC) ||
		prefix_covers(a->src, a->src_mask, b->src, b->src_mask)) &&
	       (!(a->match & EVB_MATCH_DST) ||
		prefix_covers(a->dst, a->dst_mask, b->dst, b->dst_mask)) &&
	       (!(a->match & EVB_MATCH_SPORT) ||
		(a->sport_min <= b->sport_min && a->sport_max >= b->sport_max)) &&
	       (!(a->match & EVB_MATCH_DPORT) ||
		(a->dport_min <= b->dport_min && a->dport_max >= b->dport_max));
}

/* The rule above number @n that leaves nothing to it in one direction; @n if there is none. */
static size_t find_cover(const struct config_acl *acl, size_t n, bool tx)
{
	for (size_t i = 0; i < n; i++)
		if ((tx ? acl->rules[i].tx : acl->rules[i].rx) &&
		    acl->rules[i].rule.action != EVB_ACTION_COUNT &&
		    rule_covers(&acl->rules[i].rule, &acl->rules[n].rule))
			return i;
	return n;
}

/* Warns when rule number @n, the last so far, can never match. */
static int warn_rule(struct config_ctx *ctx, const struct config_acl *acl,
		     const struct tree_node *list, size_t n)
{
	const struct config_rule *rule = &acl->rules[n];
	struct config_pos pos = list->items[n]->pos;
	size_t tx = rule->tx ? find_cover(acl, n, true) : n;
	size_t rx = rule->rx ? find_cover(acl, n, false) : n;
	size_t cover = rule->tx ? tx : rx;

	if ((!rule->tx || tx < n) && (!rule->rx || rx < n))
		return config_warn(
			ctx, pos,
			"acls: rule %zu of %s can never match: rule %zu (line %u) decides "
			"all that it matches: move it up, or take it out",
			n + 1, acl->name, cover + 1, list->items[cover]->pos.line);
	if ((rule->rule.match & EVB_MATCH_SRC_MAC) && (rule->rule.src_mac[0] & 1))
		return config_warn(ctx, pos,
				   "acls: rule %zu of %s can never match: its src_mac is a group "
				   "address, from which no frame is let in",
				   n + 1, acl->name);
	if ((rule->rule.match & EVB_MATCH_TYPE) &&
	    (rule->rule.type == EVB_TPID_C || rule->rule.type == EVB_TPID_S))
		return config_warn(ctx, pos,
				   "acls: rule %zu of %s can never match: type is what is behind a "
				   "frame's tags: write vlan for the tag",
				   n + 1, acl->name);
	return 0;
}

static int read_rule(struct config_ctx *ctx, const struct tree_node *node, struct config_rule *rule)
{
	struct rule_draft draft = {};
	struct config_quote quote;
	int ret;

	if (node->type != TREE_MAP)
		return config_refuse(ctx->err, node->pos,
				     "acls: %s is not a rule: write a map such as {dir: tx, proto: "
				     "tcp, dport: 22, action: deny}",
				     config_quote_node(&quote, node));
	ret = schema_read(ctx, &schema_rule, node, &draft);
	if (!ret)
		ret = check_rule(ctx, &draft);
	if (!ret)
		compile_rule(&draft, rule);
	return ret;
}

static int read_rules(struct config_ctx *ctx, const struct tree_node *node, struct config_acl *acl)
{
	struct config_quote quote;
	int ret = 0;

	if (node->type != TREE_LIST)
		return config_refuse(
			ctx->err, node->pos,
			"acls: %s is not a list: write one '- ' entry for each rule of "
			"%s",
			config_quote_node(&quote, node), acl->name);
	if (node->n_items > EVB_RULES_MAX)
		return config_refuse(
			ctx->err, node->items[EVB_RULES_MAX]->pos,
			"acls: this is rule number %d of %zu of %s: an acl has at most "
			"%d",
			EVB_RULES_MAX + 1, node->n_items, acl->name, EVB_RULES_MAX);
	if (!node->n_items)
		return config_warn(ctx, acl->pos, "acls: %s has no rules: it permits everything",
				   acl->name);
	acl->rules = calloc(node->n_items, sizeof(*acl->rules));
	if (!acl->rules)
		return config_no_memory(ctx->err);
	for (size_t i = 0; i < node->n_items && !ret; i++) {
		ret = read_rule(ctx, node->items[i], &acl->rules[i]);
		if (!ret)
			ret = warn_rule(ctx, acl, node, i);
	}
	acl->n_rules = (unsigned int)node->n_items;
	return ret;
}

static int read_acl(struct config_ctx *ctx, const struct tree_node *name,
		    const struct tree_node *rules)
{
	struct config *cfg = ctx->cfg;
	struct config_acl *acl = &cfg->acls[cfg->n_acls];
	struct config_quote quote;

	if (!value_is_name(name))
		return config_refuse(ctx->err, name->pos,
				     "acls: %s is not a name of an acl: " VALUE_NAME_HINT,
				     config_quote_node(&quote, name));
	for (unsigned int i = 0; i < cfg->n_acls; i++)
		if (!strcmp(cfg->acls[i].name, name->text))
			return config_refuse(ctx->err, name->pos,
					     "'%s' is in line %u already: write it once",
					     name->text, cfg->acls[i].pos.line);
	memcpy(acl->name, name->text, name->len + 1);
	acl->pos = name->pos;
	cfg->n_acls++;
	return read_rules(ctx, rules, acl);
}

int read_acls(struct config_ctx *ctx, const struct tree_node *node)
{
	struct config_quote quote;
	size_t n;
	int ret = 0;

	if (!node || tree_is_null(node) || (node->type == TREE_MAP && !node->n_items))
		return 0;
	if (node->type != TREE_MAP)
		return config_refuse(ctx->err, node->pos,
				     "acls: %s is not a map: write a name and its rules, such as "
				     "{web: [{proto: tcp, dport: 22, action: deny}]}",
				     config_quote_node(&quote, node));
	n = node->n_items / 2;
	if (n > CONFIG_ACLS_MAX)
		return config_refuse(ctx->err, node->items[2 * CONFIG_ACLS_MAX]->pos,
				     "acls: this is acl number %d of %zu: a switch has at most %d",
				     CONFIG_ACLS_MAX + 1, n, CONFIG_ACLS_MAX);
	ctx->cfg->acls = calloc(n, sizeof(*ctx->cfg->acls));
	if (!ctx->cfg->acls)
		return config_no_memory(ctx->err);
	for (size_t i = 0; i < n && !ret; i++)
		ret = read_acl(ctx, node->items[2 * i], node->items[2 * i + 1]);
	return ret;
}
