/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config_schema.h - what a configuration file may say: rows of keys, and how each is read.
 *
 * Private to the configuration parser (config*.c). A row says a key's name, how its value is read
 * (parse), what is allowed, and where it goes.
 */
#pragma once

#include "config_tree.h"

struct config_group {
	const char *name;
	const struct tree_node *map;
};

struct config_ctx {
	struct config *cfg;
	struct config_error *err;
	/* sections that name one another: kept while the file is walked, read when all are there */
	const struct tree_node *acls, *channels, *portgroups, *pf, *vfs, *ports;
	const struct tree_node *cascade, *replication;
	unsigned int n_groups;
	struct config_group groups[EVB_VFS_MAX];
	const struct config_group *group; /* of the VF or port that is being read, or NULL */
	bool acl_used[CONFIG_ACLS_MAX];
};

struct schema_word {
	const char *name; /* NULL ends the list */
	unsigned int value;
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
};

#define SCHEMA_KEYS_MAX 64

/* a key that people look for in a map that has something else for it */
struct schema_hint {
	const char *name; /* NULL ends the list */
	const char *hint; /* what to write instead */
};

struct schema_map {
	const char *name; /* for messages: "a VF" */
	const struct schema_key *keys;
	size_t n_keys;
	unsigned int in; /* rows without this bit are not its own; 0: all are */
	const struct schema_hint *hints;
};

#define SCHEMA_IN_VF 0x01u
#define SCHEMA_IN_PF 0x02u
#define SCHEMA_IN_GROUP 0x04u
#define SCHEMA_IN_PORT 0x08u	   /* of a bridge */
#define SCHEMA_IN_PORT_GROUP 0x10u /* a portgroup of a bridge */
#define SCHEMA_IN_EDGE 0x20u	   /* a file */
#define SCHEMA_IN_BRIDGE 0x40u
#define SCHEMA_IN_EXTENDER 0x80u
#define SCHEMA_IN_EXT_VF 0x100u /* of an extender, likewise */
#define SCHEMA_IN_EXT_PF 0x200u
#define SCHEMA_IN_EXT_GROUP 0x400u

extern const struct schema_map schema_file;		/* fills struct config */
extern const struct schema_map schema_bridge;		/* the file of a bridge: fills it too */
extern const struct schema_map schema_extender;		/* the file of an extender: likewise */
extern const struct schema_map schema_vf;		/* fills struct config_vf */
extern const struct schema_map schema_pf;		/* ... too: its port is the PF's */
extern const struct schema_map schema_group;		/* ... too */
extern const struct schema_map schema_port;		/* ... too */
extern const struct schema_map schema_port_group;	/* ... too */
extern const struct schema_map schema_ext_vf;		/* ... too */
extern const struct schema_map schema_ext_pf;		/* ... too */
extern const struct schema_map schema_ext_group;	/* ... too */
extern const struct schema_map schema_channel;		/* fills struct config_channel */
extern const struct schema_map schema_uplink;		/* fills struct config */
extern const struct schema_map schema_rule;		/* fills struct rule_draft */
extern const struct schema_map schema_cascade;		/* fills struct cascade_draft */
extern const struct schema_map schema_ext_replication;	/* fills struct replication_draft */
extern const struct schema_map schema_port_replication; /* ... too: a bridge's */

/* a rule of an acl as it is read; a position with a line says that the key is there */
struct rule_draft {
	struct evb_rule rule; /* its fields but match, family, src and dst */
	unsigned int dir;     /* enum rule_dir */
	struct config_prefix src, dst;
	struct config_pos src_mac_pos, dst_mac_pos, type_pos, vlan_pos, proto_pos;
	struct config_pos src_pos, dst_pos, sport_pos, dport_pos;
};

enum rule_dir {
	RULE_BOTH = 0,
	RULE_TX,
	RULE_RX,
};

/* lists of names and numbers that say something only when their whole map is read */
struct cascade_draft {
	struct config_cascade cascade;
	const struct tree_node *ids;
};

/* ... and words of which the tag decides; a position with a line says that the key is there */
struct replication_draft {
	struct config_replication group;
	unsigned int grp, ecid, list;
	struct config_pos grp_pos, ecid_pos, list_pos;
	const struct tree_node *members;
};

/* Reads a map by its rows, in the order of the file; then looks for keys that are missing. */
int schema_read(struct config_ctx *ctx, const struct schema_map *map, const struct tree_node *node,
		void *base);

/*
 * The rows of @group, a map that schema_read() has taken, for a port whose own map is @own and has
 * the rows of @map: keys that @own has are left to it.
 */
int schema_read_group(struct config_ctx *ctx, const struct schema_map *map,
		      const struct tree_node *group, const struct tree_node *own,
		      struct config_vf *vf);

/* the row of a key, or NULL; and the refusal of one that has no row */
const struct schema_key *schema_find(const struct schema_map *map, const struct tree_node *name);
int schema_refuse_unknown(struct config_error *err, const struct schema_map *map,
			  const struct tree_node *name);

/* How values are read: config_value.c. Each returns 0 or refuses with the value's position. */
int parse_uint(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	       void *base);
int parse_bool(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	       void *base);
int parse_word(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	       void *base);
int parse_port_relay(struct config_ctx *ctx, const struct schema_key *key,
		     const struct tree_node *node, void *base);
int parse_svid(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
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
int parse_named_uint(struct config_ctx *ctx, const struct schema_key *key,
		     const struct tree_node *node, void *base);
int parse_ports(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
		void *base);
int parse_min_rate(struct config_ctx *ctx, const struct schema_key *key,
		   const struct tree_node *node, void *base);
/* ... addresses: config_address.c */
int parse_any_mac(struct config_ctx *ctx, const struct schema_key *key,
		  const struct tree_node *node, void *base);
int parse_multicast(struct config_ctx *ctx, const struct schema_key *key,
		    const struct tree_node *node, void *base);
int parse_prefix(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
		 void *base);
int parse_guard(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
		void *base);
int parse_guard_addresses(struct config_ctx *ctx, const struct schema_key *key,
			  const struct tree_node *node, void *base);
/* ... names of other sections' entries: config_acl.c, config_channel.c, config_group.c */
int parse_acl(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	      void *base);
int parse_channel(struct config_ctx *ctx, const struct schema_key *key,
		  const struct tree_node *node, void *base);
int parse_portgroup(struct config_ctx *ctx, const struct schema_key *key,
		    const struct tree_node *node, void *base);
/* ... and a section of the file that is read later: offset is its place in struct config_ctx */
int parse_section(struct config_ctx *ctx, const struct schema_key *key,
		  const struct tree_node *node, void *base);
/* ... or a list that is: the field is a pointer to its node */
int parse_list(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
	       void *base);

/* A list of the file: its key, what an entry is called, "an uplink has", how many at most. */
struct config_list {
	const char *key, *entry, *whose;
	size_t max;
};
/* Room for every entry of @node (NULL, null or empty: none) into *@out; then @read for each. */
int config_read_list(struct config_ctx *ctx, const struct tree_node *node,
		     const struct config_list *list, void **out, size_t size,
		     int (*read)(struct config_ctx *ctx, const struct tree_node *node));

/* The sections, in the order in which they may name one another. */
int read_acls(struct config_ctx *ctx, const struct tree_node *node);
int read_channels(struct config_ctx *ctx, const struct tree_node *node);
int read_groups(struct config_ctx *ctx, const struct tree_node *node);
int read_ports(struct config_ctx *ctx, const struct tree_node *node);
int read_cascades(struct config_ctx *ctx, const struct tree_node *node);
int read_replications(struct config_ctx *ctx, const struct tree_node *node);

/*
 * A VF or a port by the rows of @map: its portgroup's keys, then its own. ctx->group is its
 * portgroup from then on, or NULL, until group_leave(), which adds its name to the error if there
 * is one (@ret), and returns @ret.
 */
int group_read(struct config_ctx *ctx, const struct schema_map *map, const struct tree_node *node,
	       struct config_vf *vf);
int group_leave(struct config_ctx *ctx, const struct config_vf *vf, int ret);

/* what a port starts with before its map is read: config.c */
void port_defaults(struct config_port *port);

/* Adds to the list of warnings; 0 or -ENOMEM. */
__attribute__((format(printf, 3, 4))) int config_warn(struct config_ctx *ctx, struct config_pos pos,
						      const char *fmt, ...);

/* Helpers of the parsers. A value's place; "KEY: 'value' is not WHAT: HINT". */
void *value_field(const struct schema_key *key, void *base);
int value_refuse(struct config_ctx *ctx, const struct schema_key *key, const struct tree_node *node,
		 const char *hint);
int value_hex_digit(char c);
/* decimal without leading zeros, or 0x and hexadecimal; one that is too great is UINT32_MAX */
bool value_number(const char *text, size_t len, unsigned int *out);
/* a name of a switch, a portgroup, an acl */
bool value_is_name(const struct tree_node *node);
#define VALUE_NAME_HINT "1 to 15 of A-Z a-z 0-9 _ -, not beginning with -"
/* "200" or "300-310": two numbers, whatever they are of, and in whatever order */
bool value_is_range(const struct tree_node *node, unsigned int *first, unsigned int *last);
/* VIDs of an entry of a trunk list that parse_trunk() has taken */
void value_range(const struct tree_node *node, unsigned int *first, unsigned int *last);

/* The value of a key of a port, which may be its portgroup's; NULL if neither has it. */
const struct tree_node *port_given(const struct config_ctx *ctx, const struct tree_node *map,
				   const char *key);

/* What holds between keys and between ports: config_check.c. */
int check_vf(struct config_ctx *ctx, const struct tree_node *map, struct config_vf *vf);
int check_pf(struct config_ctx *ctx, const struct tree_node *map, struct config_port *pf);
int check_vf_pair(struct config_ctx *ctx, const struct config_vf *old, const struct config_vf *vf);
/* ... of a bridge's port: its VLANs and policy; and the addresses of two ports */
int check_bridge_port(struct config_ctx *ctx, const struct tree_node *map,
		      struct config_port *port);
int check_macs(struct config_ctx *ctx, const char *key, const struct config_port *old,
	       const struct config_port *port);
int check_file(struct config_ctx *ctx);
/* ... ids of extended ports: config_extender.c. That of one, with the word that goes with @tag */
int check_extended(struct config_ctx *ctx, const struct tree_node *map, struct config_port *port,
		   enum evb_channel tag, unsigned int tag_line);
/* ... and that nobody has another's, when ports and cascades are read */
int check_ids(struct config_ctx *ctx);
int check_unused_acls(struct config_ctx *ctx);
