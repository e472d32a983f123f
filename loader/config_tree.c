/* SPDX-License-Identifier: GPL-2.0-only */
/* config_tree.c - libyaml's events to a tree; see config_tree.h. */
#include "config_tree.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct tree_anchor {
	char *name;
	struct tree_node *node;
};

struct tree_builder {
	yaml_parser_t parser;
	struct tree *tree;
	struct config_error *err;
	const char *text;
	size_t len;
	bool document; /* one has begun */
	unsigned int depth;
	struct tree_node *stack[TREE_DEPTH_MAX]; /* open collections, the root first */
	unsigned int n_anchors;
	struct tree_anchor anchors[TREE_ANCHORS_MAX];
};

int config_refuse(struct config_error *err, struct config_pos pos, const char *fmt, ...)
{
	va_list args;

	err->pos = pos;
	va_start(args, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, args);
	va_end(args);
	return -EINVAL;
}

int config_no_memory(struct config_error *err)
{
	config_refuse(err, (struct config_pos){}, "out of memory");
	return -ENOMEM;
}

const char *config_quote_bytes(struct config_quote *quote, const char *bytes, size_t len)
{
	const size_t room = sizeof(quote->text) - sizeof("\\xff...'");
	char *to = quote->text;

	*to++ = '\'';
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)bytes[i];

		if ((size_t)(to - quote->text) > room) {
			to += sprintf(to, "...");
			break;
		}
		if (c == '\\' || c == '\'')
			to += sprintf(to, "\\%c", c);
		else if (c >= 0x20 && c < 0x7f)
			*to++ = (char)c;
		else if (c == '\n')
			to += sprintf(to, "\\n");
		else if (c == '\t')
			to += sprintf(to, "\\t");
		else
			to += sprintf(to, "\\x%02x", c);
	}
	*to++ = '\'';
	*to = '\0';
	return quote->text;
}

const char *config_quote_node(struct config_quote *quote, const struct tree_node *node)
{
	if (node->type == TREE_LIST)
		return node->n_items ? "a list" : "an empty list";
	if (node->type == TREE_MAP)
		return node->n_items ? "a map" : "an empty map";
	if (node->plain && !node->len)
		return "an empty value";
	return config_quote_bytes(quote, node->text, node->len);
}

bool tree_is_word(const struct tree_node *node, const char *word)
{
	return node->type == TREE_SCALAR && node->len == strlen(word) &&
	       !memcmp(node->text, word, node->len);
}

bool tree_is_null(const struct tree_node *node)
{
	return node->type == TREE_SCALAR && node->plain &&
	       (!node->len || tree_is_word(node, "~") || tree_is_word(node, "null"));
}

const struct tree_node *tree_get(const struct tree_node *map, const char *key)
{
	if (map->type != TREE_MAP)
		return NULL;
	for (size_t i = 0; i < map->n_items; i += 2)
		if (tree_is_word(map->items[i], key))
			return map->items[i + 1];
	return NULL;
}

void tree_free(struct tree *tree)
{
	struct tree_node *node = tree->nodes;

	while (node) {
		struct tree_node *next = node->next;

		if (!node->borrowed) {
			free(node->text);
			free(node->items);
		}
		free(node);
		node = next;
	}
	*tree = (struct tree){};
}

static struct config_pos pos_of(const yaml_mark_t *mark)
{
	return (struct config_pos){
		.line = (unsigned int)mark->line + 1,
		.column = (unsigned int)mark->column + 1,
	};
}

/* Byte offset of a position; columns count characters, as libyaml does. */
static size_t offset_of(const struct tree_builder *b, struct config_pos pos)
{
	size_t at = 0;

	for (unsigned int line = 1; line < pos.line && at < b->len; at++)
		line += b->text[at] == '\n';
	for (unsigned int column = 1; column < pos.column && at < b->len; column++)
		do
			at++;
		while (at < b->len && (b->text[at] & 0xc0) == 0x80);
	return at;
}

/* The other way round, for bytes that libyaml could not even read. */
static struct config_pos pos_at(const struct tree_builder *b, size_t offset)
{
	struct config_pos pos = {.line = 1, .column = 1};

	for (size_t i = 0; i < offset && i < b->len; i++) {
		if (b->text[i] == '\n') {
			pos.line++;
			pos.column = 1;
		} else if ((b->text[i] & 0xc0) != 0x80) {
			pos.column++;
		}
	}
	return pos;
}

/* what is right where libyaml says that something is wrong */
static const struct {
	const char *problem; /* part of libyaml's sentence */
	const char *remedy;
} remedies[] = {
	{"tab character", "indent with spaces"},
	{"mapping values are not allowed", "check the indentation, or quote a value that has ': '"},
	{"',' or ']'", "close the list with ']' and part its entries with ','"},
	{"',' or '}'", "close the map with '}' and part its entries with ','"},
	{"cannot start any token", "quote a value that begins with this character"},
	{"could not find expected ':'", "write 'key: value'"},
	{"did not find expected key", "check the indentation of this line"},
	{"did not find expected '-' indicator", "check the indentation of this line"},
	{"block sequence entries are not", "begin a '- ' entry on a line of its own"},
	{"end of stream", "close the quotes"},
	{"anchor", "name each anchor once, with letters and digits"},
	{"incompatible YAML document", "write YAML 1.2"},
	{"expected <document start>", "end the file here: one file holds one document"},
};

static const char *remedy_for(const char *problem, char at)
{
	if (at == '\t')
		return "indent with spaces, not with a tab";
	for (size_t i = 0; i < sizeof(remedies) / sizeof(remedies[0]); i++)
		if (strstr(problem, remedies[i].problem))
			return remedies[i].remedy;
	return "write YAML 1.2";
}

static int refuse_syntax(struct tree_builder *b)
{
	const yaml_parser_t *parser = &b->parser;
	const char *problem = parser->problem ? parser->problem : "cannot be read", *where;
	struct config_quote quote;
	struct config_pos pos;
	size_t at, end;

	if (parser->error == YAML_MEMORY_ERROR)
		return config_no_memory(b->err);

	if (parser->error == YAML_READER_ERROR) {
		at = parser->problem_offset < b->len ? parser->problem_offset : b->len;
		return config_refuse(
			b->err, pos_at(b, at), "%s is not text (%s): the file must be UTF-8",
			config_quote_bytes(&quote, b->text + at, at < b->len), problem);
	}

	pos = pos_of(&parser->problem_mark);
	at = offset_of(b, pos);
	for (end = at; end < b->len && b->text[end] != '\n' && b->text[end] != '\r'; end++)
		;
	if (at >= b->len)
		where = "the end of the file";
	else if (at == end)
		where = "the end of the line";
	else
		where = config_quote_bytes(&quote, b->text + at, end - at);
	return config_refuse(b->err, pos, "%s is not YAML here (%s): %s", where, problem,
			     remedy_for(problem, at < b->len ? b->text[at] : '\0'));
}

static struct tree_node *new_node(struct tree_builder *b, const yaml_event_t *event)
{
	struct tree_node *node = calloc(1, sizeof(*node));

	if (!node)
		return NULL;
	node->pos = pos_of(&event->start_mark);
	node->weight = 1;
	node->next = b->tree->nodes;
	b->tree->nodes = node;
	return node;
}

/* Hangs a finished node where the parser is: on the innermost open collection, or as the root. */
static int add_node(struct tree_builder *b, struct tree_node *node)
{
	struct tree_node *parent;

	if (!b->depth) {
		b->tree->root = node;
		return 0;
	}

	parent = b->stack[b->depth - 1];
	/* room for 2, 4, 8 ...: full whenever the number of entries is a power of two */
	if (!parent->n_items ||
	    (parent->n_items > 1 && !(parent->n_items & (parent->n_items - 1)))) {
		size_t room = parent->n_items ? parent->n_items * 2 : 2;
		struct tree_node **items = realloc(parent->items, room * sizeof(*items));

		if (!items)
			return config_no_memory(b->err);
		parent->items = items;
	}
	parent->items[parent->n_items++] = node;

	parent->weight += node->weight; /* both at most the limit: no overflow */
	if (parent->weight > TREE_WEIGHT_MAX)
		return config_refuse(b->err, node->pos,
				     "with this alias the file would hold more than %u values: "
				     "write fewer aliases of aliases",
				     TREE_WEIGHT_MAX);
	return 0;
}

static int add_anchor(struct tree_builder *b, const yaml_char_t *name, struct tree_node *node)
{
	struct config_quote quote;
	struct tree_anchor *anchor;
	const char *text = (const char *)name;

	if (!name)
		return 0;
	if (b->n_anchors == TREE_ANCHORS_MAX)
		return config_refuse(b->err, node->pos, "%s is one anchor too many: at most %u",
				     config_quote_bytes(&quote, text, strlen(text)),
				     TREE_ANCHORS_MAX);
	anchor = &b->anchors[b->n_anchors];
	anchor->name = strdup(text);
	if (!anchor->name)
		return config_no_memory(b->err);
	anchor->node = node;
	b->n_anchors++;
	return 0;
}

static int refuse_tag(struct tree_builder *b, const yaml_event_t *event, const yaml_char_t *tag)
{
	struct config_quote quote;
	const char *text = (const char *)tag;

	return config_refuse(b->err, pos_of(&event->start_mark),
			     "tag %s is not used here: write the value alone",
			     config_quote_bytes(&quote, text, strlen(text)));
}

static int build_scalar(struct tree_builder *b, const yaml_event_t *event)
{
	struct tree_node *node;
	int ret;

	if (event->data.scalar.tag)
		return refuse_tag(b, event, event->data.scalar.tag);

	node = new_node(b, event);
	if (!node)
		return config_no_memory(b->err);
	node->type = TREE_SCALAR;
	node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	node->len = event->data.scalar.length;
	node->text = malloc(node->len + 1);
	if (!node->text)
		return config_no_memory(b->err);
	memcpy(node->text, event->data.scalar.value, node->len);
	node->text[node->len] = '\0';

	ret = add_anchor(b, event->data.scalar.anchor, node);
	return ret ? ret : add_node(b, node);
}

static int build_alias(struct tree_builder *b, const yaml_event_t *event)
{
	const char *name = (const char *)event->data.alias.anchor;
	struct config_pos pos = pos_of(&event->start_mark);
	struct config_quote quote;
	const struct tree_node *target = NULL;
	struct tree_node *node, *next;

	/* an anchor may be given twice; the one above counts */
	for (unsigned int i = b->n_anchors; i-- && !target;)
		if (!strcmp(b->anchors[i].name, name))
			target = b->anchors[i].node;
	if (!target)
		return config_refuse(b->err, pos,
				     "alias %s has no anchor above it: write &%.32s there",
				     config_quote_bytes(&quote, name, strlen(name)), name);
	if (target->open)
		return config_refuse(b->err, pos,
				     "alias %s stands inside its own anchor: take it out",
				     config_quote_bytes(&quote, name, strlen(name)));

	node = new_node(b, event);
	if (!node)
		return config_no_memory(b->err);
	next = node->next;
	*node = *target;
	node->borrowed = true;
	node->pos = pos;
	node->next = next;
	return add_node(b, node);
}

static int build_start(struct tree_builder *b, const yaml_event_t *event, enum tree_type type,
		       const yaml_char_t *anchor, const yaml_char_t *tag)
{
	struct tree_node *node;

	if (tag)
		return refuse_tag(b, event, tag);
	if (b->depth == TREE_DEPTH_MAX)
		return config_refuse(b->err, pos_of(&event->start_mark),
				     "%s is too deep inside others: at most %d levels",
				     type == TREE_LIST ? "this list" : "this map", TREE_DEPTH_MAX);

	node = new_node(b, event);
	if (!node)
		return config_no_memory(b->err);
	node->type = type;
	node->open = true;
	b->stack[b->depth++] = node;
	return add_anchor(b, anchor, node);
}

static int build_end(struct tree_builder *b)
{
	struct tree_node *node = b->stack[--b->depth];

	node->open = false;
	return add_node(b, node);
}

static int build_document(struct tree_builder *b, const yaml_event_t *event)
{
	if (b->document)
		return config_refuse(b->err, pos_of(&event->start_mark),
				     "a second document ('---'): one file holds one switch");
	b->document = true;
	return 0;
}

/* One event. Returns 1 at the end of the file, 0 to go on, or a negative errno. */
static int build_next(struct tree_builder *b)
{
	__attribute__((cleanup(yaml_event_delete))) yaml_event_t event = {};

	if (!yaml_parser_parse(&b->parser, &event))
		return refuse_syntax(b);

	switch (event.type) {
	case YAML_DOCUMENT_START_EVENT:
		return build_document(b, &event);
	case YAML_SCALAR_EVENT:
		return build_scalar(b, &event);
	case YAML_ALIAS_EVENT:
		return build_alias(b, &event);
	case YAML_SEQUENCE_START_EVENT:
		return build_start(b, &event, TREE_LIST, event.data.sequence_start.anchor,
				   event.data.sequence_start.tag);
	case YAML_MAPPING_START_EVENT:
		return build_start(b, &event, TREE_MAP, event.data.mapping_start.anchor,
				   event.data.mapping_start.tag);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return build_end(b);
	case YAML_STREAM_END_EVENT:
		return 1;
	default:
		return 0;
	}
}

/*
 * %TAG directives cost libyaml time that grows with the square of their number, all before its
 * first event. Nothing else that is valid here has a line that begins like that.
 */
static int refuse_tag_directive(const char *text, size_t len, struct config_error *err)
{
	const char *line = text, *end = text + len;

	for (unsigned int n = 1; line && line < end; n++) {
		if (end - line >= 4 && !memcmp(line, "%TAG", 4))
			return config_refuse(err, (struct config_pos){n, 1},
					     "'%%TAG' is not used here: take the line out");
		line = memchr(line, '\n', (size_t)(end - line));
		if (line)
			line++;
	}
	return 0;
}

int tree_parse(const char *text, size_t len, struct tree *tree, struct config_error *err)
{
	struct tree_builder *b;
	int ret;

	*tree = (struct tree){};
	b = calloc(1, sizeof(*b));
	if (!b)
		return config_no_memory(err);

	/* A byte order mark would shift the columns. Anything but UTF-8 is refused as such. */
	if (len >= 3 && !memcmp(text, "\xef\xbb\xbf", 3)) {
		text += 3;
		len -= 3;
	}
	ret = refuse_tag_directive(text, len, err);
	if (ret)
		goto out;
	b->tree = tree;
	b->err = err;
	b->text = text;
	b->len = len;
	if (!yaml_parser_initialize(&b->parser)) {
		ret = config_no_memory(err);
		goto out;
	}
	yaml_parser_set_encoding(&b->parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&b->parser, (const unsigned char *)text, len);

	do
		ret = build_next(b);
	while (!ret);
	yaml_parser_delete(&b->parser);
out:
	for (unsigned int i = 0; i < b->n_anchors; i++)
		free(b->anchors[i].name);
	free(b);
	return ret < 0 ? ret : 0;
}
