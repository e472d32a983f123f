/* SPDX-License-Identifier: GPL-2.0-only */
/* config_value.c - how one value is read; strict, because a switch that guesses leaks frames. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_schema.h"
#include "evb_wire.h"

#define NOT_YET "is not in this version of evbpf yet"

/* where a row's value goes */
static void *field_of(const struct schema_key *key, void *base)
{
	return (char *)base + key->offset;
}

/* "KEY: 'value' is not WHAT: HINT" */
static int refuse_value(struct config_ctx *ctx, const struct schema_key *key,
			const struct tree_node *node, const char *hint)
{
	struct config_quote quote;

	return config_refuse(ctx->err, node->pos, "%s: %s is not %s: %s", key->name,
			     config_quote_node(&quote, node), key->what, hint);
}

static int refuse_later(struct config_ctx *ctx, const struct schema_key *key,
			const struct tree_node *node, const char *remedy, const char *word)
{
	struct config_quote quote;

	return config_refuse(ctx->err, node->pos, "%s: %s " NOT_YET "; %s%s", key->name,
			     config_quote_node(&quote, node), remedy, word);
}

static void store_number(const struct schema_key *key, void *base, unsigned int number)
{
	void *field = field_of(key, base);

	switch (key->size) {
	case sizeof(uint8_t):
		*(uint8_t *)field = (uint8_t)number;
		break;
	case sizeof(uint16_t):
		*(uint16_t *)field = (uint16_t)number;
		break;
	case sizeof(uint32_t):
		*(uint32_t *)field = number;
		break;
	}
}

/* Stores a number, or refuses it when the key is for later; @def is how its default is written. */
static int take_number(struct config_ctx *ctx, const struct schema_key *key,
		       const struct tree_node *node, void *base, unsigned int number,
		       const char *def)
{
	if (key->later == SCHEMA_LATER_ANY)
		return refuse_later(ctx, key, node, "leave it out", "");
	if (key->later == SCHEMA_LATER && number != key->def)
		return refuse_later(ctx, key, node, "use ", def);
	if (key->later == SCHEMA_NOW)
		store_number(key, base, number);
	return 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Decimal without leading zeros, or 0x and hexadecimal. Saturates, so that length is no matter. */
static bool number_of(const char *text, size_t len, unsigned int *out)
{
	int base = 10;
	uint64_t number = 0;

	if (len > 2 && text[0] == '0' && text[1] == 'x') {
		base = 16;
		text += 2;
		len -= 2;
	} else if (len > 1 && text[0] == '0') {
		return false;
	}
	for (size_t i = 0; i < len; i++) {
		int digit = hex_digit(text[i]);

		if (digit < 0 || digit >= base)
			return false;
		number = number * (unsigned int)base + (unsigned int)digit;
		if (number > UINT32_MAX)
			number = UINT32_MAX;
	}
	*out = (unsigned int)number;
	return len > 0;
}

static bool has_leading_zero(const struct tree_node *node)
{
	return node->len > 1 && node->text[0] == '0' &&
	       strspn(node->text, "0123456789") == node->len;
}

int parse_uint(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	       void *base)
{
	unsigned int number = 0;
	const char *form = "";
	char hint[96], def[16];

	if (node->type != TREE_SCALAR || !number_of(node->text, node->len, &number))
		form = node->type == TREE_SCALAR && has_leading_zero(node)
			       ? ", without leading zeros"
			       : ", decimal or 0x";
	else if (!node->plain)
		form = ", without quotes";

	if (*form || number < key->min || number > key->max) {
		if (key->min == key->max)
			snprintf(hint, sizeof(hint), "%u%s", key->min, form);
		else
			snprintf(hint, sizeof(hint), "%u to %u%s", key->min, key->max, form);
		return refuse_value(ctx, key, node, hint);
	}
	snprintf(def, sizeof(def), "%u", key->def);
	return take_number(ctx, key, node, base, number, def);
}

/*
 * In YAML 1.2 true and false are booleans when they stand without quotes, while on and off are
 * words, with quotes or without. YAML 1.1's yes, no, y, On ... are refused.
 */
int parse_bool(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	       void *base)
{
	bool yes = tree_is_word(node, "true"), no = tree_is_word(node, "false");

	if ((yes || no) && !node->plain)
		return refuse_value(ctx, key, node, "write on, off, true or false, without quotes");
	yes |= tree_is_word(node, "on");
	no |= tree_is_word(node, "off");
	if (!yes && !no)
		return refuse_value(ctx, key, node, "write on, off, true or false");
	return take_number(ctx, key, node, base, yes, key->def ? "on" : "off");
}

static void list_words(const struct schema_word *words, char *buf, size_t len)
{
	size_t used = 0;

	buf[0] = '\0';
	for (; words->name; words++) {
		if (words->later)
			continue;
		used += (size_t)snprintf(buf + used, len - used, "%s%s", used ? ", " : "",
					 words->name);
		if (used >= len)
			return;
	}
}

int parse_word(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	       void *base)
{
	const struct schema_word *word;
	const char *def = "";
	char list[96];

	list_words(key->words, list, sizeof(list));
	for (word = key->words; word->name; word++)
		if (word->value == key->def)
			def = word->name;
	for (word = key->words; word->name; word++) {
		if (!tree_is_word(node, word->name))
			continue;
		if (word->later)
			return refuse_later(ctx, key, node, "use ", list);
		return take_number(ctx, key, node, base, word->value, def);
	}
	return refuse_value(ctx, key, node, list);
}

static int take_text(struct config_ctx *ctx, const struct schema_key *key,
		     const struct tree_node *node, void *base)
{
	if (key->later)
		return refuse_later(ctx, key, node, "leave it out", "");
	memcpy(field_of(key, base), node->text, node->len + 1);
	return 0;
}

/* A text that is there, shorter than its field, of printable ASCII; a NUL inside is none. */
static bool is_text(const struct schema_key *key, const struct tree_node *node)
{
	if (node->type != TREE_SCALAR || tree_is_null(node) || !node->len || node->len >= key->size)
		return false;
	for (size_t i = 0; i < node->len; i++)
		if (node->text[i] <= ' ' || node->text[i] >= 0x7f)
			return false;
	return true;
}

int parse_switch_name(struct config_ctx *ctx, const struct schema_key *key,
		      const struct tree_node *node, void *base)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_-";

	/* one that begins with '-' could not be named on a command line */
	if (!is_text(key, node) || strspn(node->text, allowed) != node->len || *node->text == '-')
		return refuse_value(ctx, key, node,
				    "1 to 15 of A-Z a-z 0-9 _ -, not beginning with -");
	return take_text(ctx, key, node, base);
}

/* What the kernel takes as a name (dev_valid_name), without '%', which it would number. */
int parse_ifname(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
		 void *base)
{
	if (!is_text(key, node) || strpbrk(node->text, "/:%") || tree_is_word(node, ".") ||
	    tree_is_word(node, ".."))
		return refuse_value(ctx, key, node, "1 to 15 visible characters, without / : %");
	return take_text(ctx, key, node, base);
}

/* A name as in `ip netns`, or an absolute path: a relative one would depend on who runs us. */
int parse_netns(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
		void *base)
{
	if (!is_text(key, node) || (strchr(node->text, '/') && *node->text != '/') ||
	    tree_is_word(node, ".") || tree_is_word(node, ".."))
		return refuse_value(
			ctx, key, node,
			"a name as in 'ip netns', or an absolute path, up to 255 bytes");
	return take_text(ctx, key, node, base);
}

static bool mac_of(const struct tree_node *node, uint8_t mac[6])
{
	if (node->type != TREE_SCALAR || node->len != sizeof("00:00:00:00:00:00") - 1)
		return false;
	for (int i = 0; i < 6; i++) {
		int high = hex_digit(node->text[3 * i]), low = hex_digit(node->text[3 * i + 1]);

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
		return refuse_value(ctx, key, node, "six bytes such as 02:00:00:00:01:00");
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
	struct config_port *port = field_of(key, base);
	int ret = 0;

	if (node->type != TREE_LIST)
		return parse_mac(ctx, key, node, port);
	for (size_t i = 0; i < node->n_items && !ret; i++)
		ret = parse_mac(ctx, key, node->items[i], port);
	return ret;
}

/* "200" or "300-310": two numbers, whether these are VIDs or not */
static bool range_of(const struct tree_node *node, unsigned int *first, unsigned int *last)
{
	const char *dash;
	size_t len;

	if (node->type != TREE_SCALAR)
		return false;
	dash = memchr(node->text, '-', node->len);
	len = dash ? (size_t)(dash - node->text) : node->len;
	if (!number_of(node->text, len, first))
		return false;
	*last = *first;
	return !dash || number_of(dash + 1, node->len - len - 1, last);
}

void value_range(const struct tree_node *node, unsigned int *first, unsigned int *last)
{
	if (!range_of(node, first, last))
		*first = *last = 0;
}

static int parse_vids(struct config_ctx *ctx, const struct schema_key *key,
		      const struct tree_node *node, struct config_vids *vids)
{
	struct config_quote quote;
	unsigned int first, last;

	if (!range_of(node, &first, &last) || !first || !last || first > EVB_VID_MAX ||
	    last > EVB_VID_MAX)
		return config_refuse(ctx->err, node->pos,
				     "%s: %s is not a VLAN or a range: 1 to 4094, such as 200 or "
				     "300-310",
				     key->name, config_quote_node(&quote, node));
	if (first > last)
		return config_refuse(ctx->err, node->pos,
				     "%s: range %s runs backwards: write %u-%u", key->name,
				     config_quote_node(&quote, node), last, first);
	for (unsigned int vid = first; vid <= last; vid++) {
		if (config_vids_has(vids, vid))
			return config_refuse(ctx->err, node->pos,
					     "%s: %s has VLAN %u, which is in this list already: "
					     "name it once",
					     key->name, config_quote_node(&quote, node), vid);
		vids->bits[vid / 64] |= 1ull << (vid % 64);
	}
	return 0;
}

/* a list of VIDs and ranges, or "all"; the field is the struct config_port */
int parse_trunk(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
		void *base)
{
	struct config_port *port = field_of(key, base);
	int ret = 0;

	port->has_trunk = true;
	if (tree_is_word(node, "all")) {
		port->trunk_all = true;
		return 0;
	}
	if (node->type != TREE_LIST || !node->n_items)
		return refuse_value(ctx, key, node, "a list such as [200, 300-310], or all");
	for (size_t i = 0; i < node->n_items && !ret; i++)
		ret = parse_vids(ctx, key, node->items[i], &port->trunk);
	return ret;
}

int parse_map(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	      void *base)
{
	if (node->type != TREE_MAP)
		return refuse_value(ctx, key, node, key->example);
	return schema_read(ctx, key->map, node, field_of(key, base));
}

int parse_later_list(struct config_ctx *ctx, const struct schema_key *key,
		     const struct tree_node *node, void *base)
{
	(void)base;
	if (tree_is_null(node) || (node->type == TREE_LIST && !node->n_items))
		return 0;
	return refuse_later(ctx, key, node, "leave it out", "");
}

int parse_later_map(struct config_ctx *ctx, const struct schema_key *key,
		    const struct tree_node *node, void *base)
{
	(void)base;
	if (tree_is_null(node) || (node->type == TREE_MAP && !node->n_items))
		return 0;
	return refuse_later(ctx, key, node, "leave it out", "");
}

int parse_later_any(struct config_ctx *ctx, const struct schema_key *key,
		    const struct tree_node *node, void *base)
{
	(void)base;
	return refuse_later(ctx, key, node, "leave it out", "");
}
