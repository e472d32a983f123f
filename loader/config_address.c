/* SPDX-License-Identifier: GPL-2.0-only */
/* config_address.c - how MAC and IP addresses are read. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "config_schema.h"

static bool mac_of(const struct tree_node *node, uint8_t mac[6])
{
	if (node->type != TREE_SCALAR || node->len != sizeof("00:00:00:00:00:00") - 1)
		return false;
	for (int i = 0; i < 6; i++) {
		int high = value_hex_digit(node->text[3 * i]),
		    low = value_hex_digit(node->text[3 * i + 1]);

		if (high < 0 || low < 0 || (i < 5 && node->text[3 * i + 2] != ':'))
			return false;
		mac[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

static int parse_mac(struct config_ctx *ctx, const struct schema_key *key,
		     const struct tree_node *node, struct config_port *port)
{
	static const uint8_t zero[6];
	struct config_quote quote;
	uint8_t mac[6];

	if (!mac_of(node, mac))
		return value_refuse(ctx, key, node, "six bytes such as 02:00:00:00:01:00");
	if (mac[0] & 1)
		return config_refuse(ctx->err, node->pos,
				     "%s: %s is a group address: the first byte must be even",
				     key->name, config_quote_node(&quote, node));
	if (!memcmp(mac, zero, 6))
		return config_refuse(ctx->err, node->pos,
				     "%s: %s is nobody's address: write one such as "
				     "02:00:00:00:01:00",
				     key->name, config_quote_node(&quote, node));
	for (unsigned int i = 0; i < port->n_macs; i++)
		if (!memcmp(mac, port->mac[i], 6))
			return config_refuse(ctx->err, node->pos,
					     "%s: %s is in this list twice: take one out",
					     key->name, config_quote_node(&quote, node));
	if (port->n_macs == CONFIG_MACS_MAX)
		return config_refuse(ctx->err, node->pos,
				     "%s: %s is one address too many: a port has at most %d",
				     key->name, config_quote_node(&quote, node), CONFIG_MACS_MAX);

	memcpy(port->mac[port->n_macs], mac, 6);
	port->mac_at[port->n_macs++] = node->pos;
	return 0;
}

/* one address or a list; the field is the struct config_port */
int parse_macs(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	       void *base)
{
	struct config_port *port = value_field(key, base);
	int ret = 0;

	if (node->type != TREE_LIST)
		return parse_mac(ctx, key, node, port);
	for (size_t i = 0; i < node->n_items && !ret; i++)
		ret = parse_mac(ctx, key, node->items[i], port);
	return ret;
}

/* a MAC address of any kind, to be matched */
int parse_any_mac(struct config_ctx *ctx, const struct schema_key *key,
		  const struct tree_node *node, void *base)
{
	uint8_t mac[6];

	if (!mac_of(node, mac))
		return value_refuse(ctx, key, node, "six bytes such as 02:00:00:00:01:00");
	memcpy(value_field(key, base), mac, 6);
	return 0;
}

static int parse_group_mac(struct config_ctx *ctx, const struct schema_key *key,
			   const struct tree_node *node, struct config_port *port)
{
	static const uint8_t broadcast[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};
	struct config_quote quote;
	uint8_t mac[6];

	if (!mac_of(node, mac))
		return value_refuse(ctx, key, node, "six bytes such as 01:00:5e:01:02:03");
	if (!(mac[0] & 1))
		return config_refuse(ctx->err, node->pos,
				     "%s: %s is no group address: the first byte must be odd",
				     key->name, config_quote_node(&quote, node));
	if (!memcmp(mac, broadcast, 6))
		return config_refuse(ctx->err, node->pos,
				     "%s: %s is broadcast, which every port gets: take it out",
				     key->name, config_quote_node(&quote, node));
	for (unsigned int i = 0; i < port->n_multicast; i++)
		if (!memcmp(mac, port->multicast[i], 6))
			return config_refuse(ctx->err, node->pos,
					     "%s: %s is in this list twice: take one out",
					     key->name, config_quote_node(&quote, node));
	if (port->n_multicast == CONFIG_GROUPS_MAX)
		return config_refuse(ctx->err, node->pos,
				     "%s: %s is one group too many: a port has at most %d; "
				     "allmulti: on takes them all",
				     key->name, config_quote_node(&quote, node), CONFIG_GROUPS_MAX);

	memcpy(port->multicast[port->n_multicast++], mac, 6);
	return 0;
}

/* one group or a list, which may be empty; the field is the struct config_port */
int parse_multicast(struct config_ctx *ctx, const struct schema_key *key,
		    const struct tree_node *node, void *base)
{
	struct config_port *port = value_field(key, base);
	int ret = 0;

	if (node->type != TREE_LIST)
		return parse_group_mac(ctx, key, node, port);
	for (size_t i = 0; i < node->n_items && !ret; i++)
		ret = parse_group_mac(ctx, key, node->items[i], port);
	return ret;
}

/* "10.0.0.5", "10.0.0.0/24", "fd00::/8"; host bits are left as they are */
static bool prefix_of(const struct tree_node *node, struct config_prefix *prefix)
{
	char text[INET6_ADDRSTRLEN];
	const char *slash, *digits;
	size_t len, n_digits;
	unsigned int bits;

	if (node->type != TREE_SCALAR)
		return false;
	slash = memchr(node->text, '/', node->len);
	len = slash ? (size_t)(slash - node->text) : node->len;
	if (len >= sizeof(text) || memchr(node->text, '\0', len))
		return false;
	memcpy(text, node->text, len);
	text[len] = '\0';
	*prefix = (struct config_prefix){};
	if (inet_pton(AF_INET, text, prefix->addr) == 1)
		prefix->family = 4;
	else if (inet_pton(AF_INET6, text, prefix->addr) == 1)
		prefix->family = 6;
	else
		return false;
	prefix->len = prefix->family == 4 ? 32 : 128;
	if (!slash)
		return true;
	digits = slash + 1;
	n_digits = node->len - len - 1;
	if (strspn(digits, "0123456789") != n_digits || !value_number(digits, n_digits, &bits) ||
	    bits > prefix->len)
		return false;
	prefix->len = (uint8_t)bits;
	return true;
}

static const char *prefix_format(const struct config_prefix *prefix, char *buf, size_t len)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(prefix->family == 4 ? AF_INET : AF_INET6, prefix->addr, text, sizeof(text));
	snprintf(buf, len, "%s/%u", text, prefix->len);
	return buf;
}

/* an address or prefix of @family, 0: of either; without host bits */
static int take_prefix(struct config_ctx *ctx, const struct schema_key *key,
		       const struct tree_node *node, unsigned int family, struct config_prefix *out)
{
	struct config_quote quote;
	struct config_prefix prefix, whole;
	char buf[INET6_ADDRSTRLEN + 8];

	if (!prefix_of(node, &prefix))
		return value_refuse(ctx, key, node,
				    family == 4	  ? "such as 10.0.0.5 or 10.0.0.0/24"
				    : family == 6 ? "such as fd00::5 or fd00::/64"
						  : "such as 10.0.0.0/24 or fd00::/64");
	if (family && prefix.family != family)
		return config_refuse(ctx->err, node->pos, "%s: %s is IPv%u: write it in ipv%u",
				     key->name, config_quote_node(&quote, node), prefix.family,
				     prefix.family);
	whole = prefix;
	for (unsigned int bit = prefix.len; bit < sizeof(prefix.addr) * 8; bit++)
		prefix.addr[bit / 8] &= (uint8_t) ~(0x80u >> bit % 8);
	if (memcmp(&whole, &prefix, sizeof(prefix)))
		return config_refuse(ctx->err, node->pos,
				     "%s: %s has bits behind its first %u: write %s, or the "
				     "address alone",
				     key->name, config_quote_node(&quote, node), prefix.len,
				     prefix_format(&prefix, buf, sizeof(buf)));
	*out = prefix;
	return 0;
}

int parse_prefix(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
		 void *base)
{
	return take_prefix(ctx, key, node, 0, value_field(key, base));
}

/* Unspecified, multicast, broadcast: nobody sends from these, or from there everybody may. */
static bool is_no_sender(const struct config_prefix *prefix)
{
	static const uint8_t zero[16], ones[4] = {0xff, 0xff, 0xff, 0xff};
	bool host = prefix->len == (prefix->family == 4 ? 32 : 128);

	if (host && !memcmp(prefix->addr, zero, sizeof(zero)))
		return true;
	if (prefix->family == 6)
		return prefix->len >= 8 && prefix->addr[0] == 0xff;
	return (prefix->len >= 4 && (prefix->addr[0] & 0xf0) == 0xe0) ||
	       (host && !memcmp(prefix->addr, ones, sizeof(ones)));
}

static int parse_guard_address(struct config_ctx *ctx, const struct schema_key *key,
			       const struct tree_node *node, struct config_port *port)
{
	struct config_prefix prefix = {};
	struct config_quote quote;
	int ret = take_prefix(ctx, key, node, key->min, &prefix);

	if (ret)
		return ret;
	if (is_no_sender(&prefix))
		return config_refuse(ctx->err, node->pos,
				     "%s: %s is no sender's address: write the guest's own",
				     key->name, config_quote_node(&quote, node));
	for (unsigned int i = 0; i < port->n_guard; i++)
		if (!memcmp(&prefix, &port->guard[i], sizeof(prefix)))
			return config_refuse(ctx->err, node->pos,
					     "%s: %s is in this list twice: take one out",
					     key->name, config_quote_node(&quote, node));
	if (port->n_guard == CONFIG_GUARDS_MAX)
		return config_refuse(ctx->err, node->pos,
				     "%s: %s is one address too many: a guard has at most %d; a "
				     "prefix such as 10.0.0.0/24 holds many",
				     key->name, config_quote_node(&quote, node), CONFIG_GUARDS_MAX);
	port->guard[port->n_guard++] = prefix;
	return 0;
}

/* one address or a list; base is the struct config_port, min the family */
int parse_guard_addresses(struct config_ctx *ctx, const struct schema_key *key,
			  const struct tree_node *node, void *base)
{
	int ret = 0;

	if (node->type != TREE_LIST)
		return parse_guard_address(ctx, key, node, base);
	for (size_t i = 0; i < node->n_items && !ret; i++)
		ret = parse_guard_address(ctx, key, node->items[i], base);
	return ret;
}

/* An empty guard would let nothing through; that must not be what a forgotten address does. */
int parse_guard(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
		void *base)
{
	struct config_port *port = value_field(key, base);
	struct config_quote quote;
	int ret = parse_map(ctx, key, node, base);

	if (ret)
		return ret;
	if (!port->n_guard)
		return config_refuse(ctx->err, node->pos,
				     "%s: %s has no address: write one such as %s, or take guard "
				     "out",
				     key->name, config_quote_node(&quote, node), key->example);
	port->has_guard = true;
	return 0;
}
