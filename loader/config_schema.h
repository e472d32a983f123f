/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config_schema.h - what a configuration file may say: rows of keys, and how each is read.
 *
 * Private to the configuration parser (config*.c). A row says a key's name, how its value is read
 * (parse), what is allowed, and where it goes. A key that this version does not do yet is a row
 * with LATER in place of FIELD: it is read as strictly as any other, and refused unless it says
 * what holds anyway. To support it, give the row its FIELD.
 */
#pragma once

#include "config_tree.h"

struct config_ctx {
	struct config *cfg;
	struct config_error *err;
};

enum schema_later {
	SCHEMA_NOW = 0,
	SCHEMA_LATER,	  /* only `def` is accepted */
	SCHEMA_LATER_ANY, /* has no default: every value is refused */
};

struct schema_word {
	const char *name; /* NULL ends the list */
	unsigned int value;
	bool later; /* known, but refused for now */
};

struct schema_key;
typedef int (*schema_parse)(struct config_ctx *ctx, const struct schema_key *key,
			    const struct tree_node *node, void *base);

struct schema_key {
	const char *name;
	schema_parse parse;
	const char *what;    /* of what kind a value is: "a VLAN" */
	const char *example; /* the key as one would write it */
	size_t offset;	     /* of its field in the struct that the map fills; and its size */
	size_t size;
	size_t pos; /* offset of a struct config_pos for the value; 0: not kept */
	unsigned int min, max;
	const struct schema_word *words;
	const struct schema_map *map;
	unsigned int in; /* SCHEMA_IN_*: kinds of map that have the key */
	bool required;
	enum schema_later later;
	unsigned int def;
};

#define SCHEMA_KEYS_MAX 64

struct schema_map {
	const char *name; /* for messages: "a VF" */
	const struct schema_key *keys;
	size_t n_keys;
	unsigned int in; /* rows without this bit are not its own; 0: all are */
};

#define SCHEMA_IN_VF 1u
#define SCHEMA_IN_PF 2u

extern const struct schema_map schema_file; /* fills struct config */
extern const struct schema_map schema_vf;   /* fills struct config_vf */
extern const struct schema_map schema_pf;   /* fills struct config_vf too: its port is the PF's */

/* Reads a map by its rows, in the order of the file; then looks for keys that are missing. */
int schema_read(struct config_ctx *ctx, const struct schema_map *map, const struct tree_node *node,
		void *base);

/* How values are read: config_value.c. Each returns 0 or refuses with the value's position. */
int parse_uint(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	       void *base);
int parse_bool(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	       void *base);
int parse_word(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	       void *base);
int parse_switch_name(struct config_ctx *ctx, const struct schema_key *key,
		      const struct tree_node *node, void *base);
int parse_ifname(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
		 void *base);
int parse_netns(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
		void *base);
int parse_macs(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	       void *base);
int parse_trunk(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
		void *base);
int parse_map(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	      void *base);
/* keys of a later version whose values have no parser yet */
int parse_later_list(struct config_ctx *ctx, const struct schema_key *key,
		     const struct tree_node *node, void *base);
int parse_later_map(struct config_ctx *ctx, const struct schema_key *key,
		    const struct tree_node *node, void *base);
int parse_later_any(struct config_ctx *ctx, const struct schema_key *key,
		    const struct tree_node *node, void *base);
/* ... and of the two that hold ports: config.c */
int parse_pf(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	     void *base);
int parse_vfs(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	      void *base);

/* VIDs of an entry of a trunk list that parse_trunk() has taken */
void value_range(const struct tree_node *node, unsigned int *first, unsigned int *last);

/* What holds between keys and between ports: config_check.c. */
int check_vf(struct config_ctx *ctx, const struct tree_node *map, struct config_vf *vf);
int check_pf(struct config_ctx *ctx, const struct tree_node *map, struct config_port *pf);
int check_vf_pair(struct config_ctx *ctx, const struct config_vf *old, const struct config_vf *vf);
int check_file(struct config_ctx *ctx);
