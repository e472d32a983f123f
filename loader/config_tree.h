/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config_tree.h - a YAML document as a tree of nodes that know where they stand in the file.
 *
 * Private to the configuration parser (config*.c). Built from libyaml's events and not from its
 * document API, because depth must be bounded while the file is read: libyaml needs time that
 * grows with the square of the number of open brackets, minutes for a file of 1 MB.
 */
#pragma once

#include "config.h"

#define TREE_DEPTH_MAX 16	   /* our deepest key stands at 5 */
#define TREE_WEIGHT_MAX (1u << 20) /* nodes, counting what an alias stands for each time */
#define TREE_ANCHORS_MAX 1024

enum tree_type {
	TREE_SCALAR,
	TREE_LIST,
	TREE_MAP,
};

struct tree_node {
	enum tree_type type;
	bool plain;    /* a scalar without quotes: these alone may be numbers, true, false, null */
	bool open;     /* a collection that the parser is still in; no alias may name it */
	bool borrowed; /* an alias: text or items belong to the node that it stands for */
	struct config_pos pos; /* an alias has its own, its children have those of the anchor */
	char *text;	       /* scalar: len bytes and a NUL; there may be NULs inside */
	size_t len;
	struct tree_node **items; /* list: its entries; map: key, value, key, value ... */
	size_t n_items;
	size_t weight;
	struct tree_node *next; /* all nodes of the tree, newest first */
};

struct tree {
	struct tree_node *root; /* NULL: the file holds nothing, or nothing but comments */
	struct tree_node *nodes;
};

/*
 * tree_parse() - text to tree: one document, no tags, bounded depth and aliases. Keys are not
 * looked at. Returns 0 or a negative errno with @err filled; tree_free() in both cases.
 */
int tree_parse(const char *text, size_t len, struct tree *tree, struct config_error *err);
void tree_free(struct tree *tree);

/* the value of a key of a map, or NULL */
const struct tree_node *tree_get(const struct tree_node *map, const char *key);

/* nothing was written: `key:` or `~` or null */
bool tree_is_null(const struct tree_node *node);

/* a scalar that is this word; a NUL inside differs from every word */
bool tree_is_word(const struct tree_node *node, const char *word);

/* Fills @err and returns -EINVAL, so that a check is one statement. */
__attribute__((format(printf, 3, 4))) int
config_refuse(struct config_error *err, struct config_pos pos, const char *fmt, ...);
int config_no_memory(struct config_error *err);

/*
 * A value as a message shows it: in quotes, shortened, and in printable ASCII, because it goes to
 * a terminal and because a no-break space must not look like a space.
 */
struct config_quote {
	char text[64];
};
const char *config_quote_bytes(struct config_quote *quote, const char *bytes, size_t len);
const char *config_quote_node(struct config_quote *quote, const struct tree_node *node);
