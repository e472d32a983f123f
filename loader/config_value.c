/* SPDX-License-Identifier: GPL-2.0-only */
/* config_value.c - how one value is read; strict, because a switch that guesses leaks frames. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config_schema.h"
#include "evb_wire.h"

void *value_field(const struct schema_key *key, void *base)
{
	return (char *)base + key->offset;
}

int value_refuse(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
		 const char *hint)
{
	struct config_quote quote;

	return config_refuse(ctx->err, node->pos, "%s: %s is not %s: %s", key->name,
			     config_quote_node(&quote, node), key->what, hint);
}

static int take_number(const struct schema_key *key, void *base, unsigned int number)
{
	void *field = value_field(key, base);

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
	return 0;
}

int value_hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Saturates, so that length is no matter. */
bool value_number(const char *text, size_t len, unsigned int *out)
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
		int digit = value_hex_digit(text[i]);

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
	char hint[96];

	if (node->type != TREE_SCALAR || !value_number(node->text, node->len, &number))
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
		return value_refuse(ctx, key, node, hint);
	}
	return take_number(key, base, number);
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
		return value_refuse(ctx, key, node, "write on, off, true or false, without quotes");
	yes |= tree_is_word(node, "on");
	no |= tree_is_word(node, "off");
	if (!yes && !no)
		return value_refuse(ctx, key, node, "write on, off, true or false");
	return take_number(key, base, yes);
}

static void list_words(const struct schema_word *words, char *buf, size_t len)
{
	size_t used = 0;

	buf[0] = '\0';
	for (; words->name && used < len; words++)
		used += (size_t)snprintf(buf + used, len - used, "%s%s", used ? ", " : "",
					 words->name);
}

int parse_word(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	       void *base)
{
	char list[96];

	list_words(key->words, list, sizeof(list));
	for (const struct schema_word *word = key->words; word->name; word++) {
		if (!tree_is_word(node, word->name))
			continue;
		return take_number(key, base, word->value);
	}
	return value_refuse(ctx, key, node, list);
}

/* a relay of one port or channel; those of a whole switch are no typing error */
int parse_port_relay(struct config_ctx *ctx, const struct schema_key *key,
		     const struct tree_node *node, void *base)
{
	struct config_quote quote;
	char list[96];

	if (!tree_is_word(node, "bridge") && !tree_is_word(node, "extender"))
		return parse_word(ctx, key, node, base);
	list_words(key->words, list, sizeof(list));
	return config_refuse(ctx->err, node->pos,
			     "%s: %s is what a whole switch is: write it at the top of the file, "
			     "or here one of %s",
			     key->name, config_quote_node(&quote, node), list);
}

/* IEEE 802.1Qbg: S-channel 1 is always there, and its frames are those without S-TAG. */
int parse_svid(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	       void *base)
{
	struct config_quote quote;
	unsigned int svid;

	if (node->type == TREE_SCALAR && node->plain &&
	    value_number(node->text, node->len, &svid) && svid == EVB_SVID_DEFAULT)
		return config_refuse(ctx->err, node->pos,
				     "%s: %s is the default S-channel, whose frames have no tag: "
				     "%u to %u",
				     key->name, config_quote_node(&quote, node), key->min,
				     key->max);
	return parse_uint(ctx, key, node, base);
}

/* a word of the row's, or a number */
int parse_named_uint(struct config_ctx *ctx, const struct schema_key *key,
		     const struct tree_node *node, void *base)
{
	unsigned int number;
	char list[96], hint[128];

	for (const struct schema_word *word = key->words; word->name; word++)
		if (tree_is_word(node, word->name))
			return take_number(key, base, word->value);
	if (node->type == TREE_SCALAR && node->plain &&
	    value_number(node->text, node->len, &number) && number >= key->min &&
	    number <= key->max)
		return take_number(key, base, number);
	list_words(key->words, list, sizeof(list));
	snprintf(hint, sizeof(hint), "%s, or a number from %u to %u", list, key->min, key->max);
	return value_refuse(ctx, key, node, hint);
}

/*
 * SR-IOV's min_tx_rate divides a NIC's queues. Here nothing waits in a queue: a frame is sent or
 * refused, and a port that sends less makes no room for another.
 */
int parse_min_rate(struct config_ctx *ctx, const struct schema_key *key,
		   const struct tree_node *node, void *base)
{
	struct config_quote quote;
	int ret = parse_uint(ctx, key, node, base);

	if (ret || tree_is_word(node, "0") || tree_is_word(node, "0x0"))
		return ret;
	return config_refuse(ctx->err, node->pos,
			     "%s: %s cannot be kept: evbpf polices and does not queue; use tc htb "
			     "on the uplink",
			     key->name, config_quote_node(&quote, node));
}

static int take_text(const struct schema_key *key, const struct tree_node *node, void *base)
{
	memcpy(value_field(key, base), node->text, node->len + 1);
	return 0;
}

/* A text that is there, shorter than its field, of printable ASCII; a NUL inside is none. */
static bool is_text(size_t size, const struct tree_node *node)
{
	if (node->type != TREE_SCALAR || tree_is_null(node) || !node->len || node->len >= size)
		return false;
	for (size_t i = 0; i < node->len; i++)
		if (node->text[i] <= ' ' || node->text[i] >= 0x7f)
			return false;
	return true;
}

bool value_is_name(const struct tree_node *node)
{
	static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
				      "0123456789_-";

	/* one that begins with '-' could not be named on a command line */
	return is_text(EVB_NAME_LEN, node) && strspn(node->text, allowed) == node->len &&
	       *node->text != '-';
}

int parse_switch_name(struct config_ctx *ctx, const struct schema_key *key,
		      const struct tree_node *node, void *base)
{
	if (!value_is_name(node))
		return value_refuse(ctx, key, node, VALUE_NAME_HINT);
	return take_text(key, node, base);
}

/* What the kernel takes as a name (dev_valid_name), without '%', which it would number. */
int parse_ifname(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
		 void *base)
{
	if (!is_text(key->size, node) || strpbrk(node->text, "/:%") || tree_is_word(node, ".") ||
	    tree_is_word(node, ".."))
		return value_refuse(ctx, key, node, "1 to 15 visible characters, without / : %");
	return take_text(key, node, base);
}

/* A name as in `ip netns`, or an absolute path: a relative one would depend on who runs us. */
int parse_netns(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
		void *base)
{
	if (!is_text(key->size, node) || (strchr(node->text, '/') && *node->text != '/') ||
	    tree_is_word(node, ".") || tree_is_word(node, ".."))
		return value_refuse(
			ctx, key, node,
			"a name as in 'ip netns', or an absolute path, up to 255 bytes");
	return take_text(key, node, base);
}

bool value_is_range(const struct tree_node *node, unsigned int *first, unsigned int *last)
{
	const char *dash;
	size_t len;

	if (node->type != TREE_SCALAR)
		return false;
	dash = memchr(node->text, '-', node->len);
	len = dash ? (size_t)(dash - node->text) : node->len;
	if (!value_number(node->text, len, first))
		return false;
	*last = *first;
	return !dash || value_number(dash + 1, node->len - len - 1, last);
}

/* "22" or "6000-6063"; the field is the first of two numbers */
int parse_ports(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
		void *base)
{
	uint16_t *field = value_field(key, base);
	struct config_quote quote;
	unsigned int first, last;

	if (!value_is_range(node, &first, &last) || first > 65535 || last > 65535)
		return value_refuse(ctx, key, node, "0 to 65535, such as 22 or 6000-6063");
	if (first > last)
		return config_refuse(ctx->err, node->pos,
				     "%s: range %s runs backwards: write %u-%u", key->name,
				     config_quote_node(&quote, node), last, first);
	field[0] = (uint16_t)first;
	field[1] = (uint16_t)last;
	return 0;
}

void value_range(const struct tree_node *node, unsigned int *first, unsigned int *last)
{
	if (!value_is_range(node, first, last))
		*first = *last = 0;
}

static int parse_vids(struct config_ctx *ctx, const struct schema_key *key,
		      const struct tree_node *node, struct config_vids *vids)
{
	struct config_quote quote;
	unsigned int first, last;

	if (!value_is_range(node, &first, &last) || !first || !last || first > EVB_VID_MAX ||
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
	struct config_port *port = value_field(key, base);
	int ret = 0;

	port->has_trunk = true;
	if (tree_is_word(node, "all")) {
		port->trunk_all = true;
		return 0;
	}
	if (node->type != TREE_LIST || !node->n_items)
		return value_refuse(ctx, key, node, "a list such as [200, 300-310], or all");
	for (size_t i = 0; i < node->n_items && !ret; i++)
		ret = parse_vids(ctx, key, node->items[i], &port->trunk);
	return ret;
}

int parse_map(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	      void *base)
{
	if (node->type != TREE_MAP)
		return value_refuse(ctx, key, node, key->example);
	return schema_read(ctx, key->map, node, value_field(key, base));
}

int parse_section(struct config_ctx *ctx, const struct schema_key *key,
		  const struct tree_node *node, void *base)
{
	(void)base;
	*(const struct tree_node **)value_field(key, ctx) = node;
	return 0;
}

int parse_list(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	       void *base)
{
	if (node->type != TREE_LIST || !node->n_items)
		return value_refuse(ctx, key, node, key->example);
	*(const struct tree_node **)value_field(key, base) = node;
	return 0;
}
