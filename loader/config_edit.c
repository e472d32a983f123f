/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config_edit.c - a tree of nodes back to text, with one key changed on the way.
 *
 *	bytes --config_tree--> nodes --libyaml's emitter--> bytes
 *
 * The tree is never changed: the writer knows the map that the key belongs to, and writes another
 * value when it comes there. So an alias cannot carry the change to another place.
 */
#include "config_edit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

#include "config_schema.h"

#define EDIT_WIDTH 100
#define EDIT_FLOW_DEPTH 3 /* of a guest, a rule: maps that stand in one line from here on */
#define EDIT_PATH_MAX 3

struct edit {
	const struct tree_node *map; /* the innermost map of the object that is there */
	const char *path[EDIT_PATH_MAX];
	unsigned int n_path;
	const char *value; /* NULL: take the key out */
	bool list;
};

struct writer {
	yaml_emitter_t emitter;
	const struct edit *edit; /* NULL: change nothing */
	struct config_error *err;
	char *text; /* len bytes of room */
	size_t len, room;
	bool too_long, no_memory;
};

/* libyaml's write handler: 1 to go on */
static int write_bytes(void *data, unsigned char *bytes, size_t size)
{
	struct writer *w = data;

	if (size > CONFIG_FILE_MAX - w->len) {
		w->too_long = true;
		return 0;
	}
	if (w->len + size + 1 > w->room) {
		size_t room = 2 * (w->len + size) + 1;
		char *text = realloc(w->text, room);

		if (!text) {
			w->no_memory = true;
			return 0;
		}
		w->text = text;
		w->room = room;
	}
	memcpy(w->text + w->len, bytes, size);
	w->len += size;
	w->text[w->len] = '\0';
	return 1;
}

static int refuse_write(struct writer *w)
{
	if (w->too_long) {
		config_refuse(w->err, (struct config_pos){},
			      "written out it would be longer than %d bytes: write shorter lists, "
			      "such as [300-310]",
			      CONFIG_FILE_MAX);
		return -EFBIG;
	}
	if (w->no_memory || w->emitter.error == YAML_MEMORY_ERROR)
		return config_no_memory(w->err);
	return config_refuse(w->err, (struct config_pos){}, "cannot be written as YAML: %s",
			     w->emitter.problem ? w->emitter.problem : "libyaml does not say why");
}

/* @made: whether libyaml could make the event; the emitter frees it in every case */
static int write_event(struct writer *w, yaml_event_t *event, int made)
{
	if (!made) {
		w->no_memory = true;
		return refuse_write(w);
	}
	return yaml_emitter_emit(&w->emitter, event) ? 0 : refuse_write(w);
}

static int write_scalar(struct writer *w, const char *text, size_t len, bool plain)
{
	yaml_event_t event;
	int made = yaml_scalar_event_initialize(
		&event, NULL, NULL, (const yaml_char_t *)text, (int)len, 1, 1,
		plain ? YAML_PLAIN_SCALAR_STYLE : YAML_SINGLE_QUOTED_SCALAR_STYLE);

	return write_event(w, &event, made);
}

static int write_start(struct writer *w, enum tree_type type, bool flow)
{
	yaml_event_t event;
	int made;

	if (type == TREE_LIST)
		made = yaml_sequence_start_event_initialize(&event, NULL, NULL, 1,
							    flow ? YAML_FLOW_SEQUENCE_STYLE
								 : YAML_BLOCK_SEQUENCE_STYLE);
	else
		made = yaml_mapping_start_event_initialize(&event, NULL, NULL, 1,
							   flow ? YAML_FLOW_MAPPING_STYLE
								: YAML_BLOCK_MAPPING_STYLE);
	return write_event(w, &event, made);
}

static int write_end(struct writer *w, enum tree_type type)
{
	yaml_event_t event;
	int made = type == TREE_LIST ? yaml_sequence_end_event_initialize(&event)
				     : yaml_mapping_end_event_initialize(&event);

	return write_event(w, &event, made);
}

/* In one line? What holds lists or maps is not, nor is the map of an object. */
static bool is_flow(const struct tree_node *node, unsigned int depth)
{
	if (node->type == TREE_MAP && depth < EDIT_FLOW_DEPTH)
		return false;
	for (size_t i = 0; i < node->n_items; i++)
		if (node->items[i]->type != TREE_SCALAR)
			return false;
	return true;
}

/* "200,300-310" as a list, "all" and "on" as they are */
static int write_value(struct writer *w)
{
	const char *value = w->edit->value, *comma;
	int ret;

	if (!w->edit->list)
		return write_scalar(w, value, strlen(value),
				    *value && strcmp(value, "~") && strcmp(value, "null"));
	ret = write_start(w, TREE_LIST, true);
	while (!ret && *value) {
		comma = strchrnul(value, ',');
		ret = write_scalar(w, value, (size_t)(comma - value), comma > value);
		if (*comma && !comma[1] && !ret) /* an entry is missing: let the parser say so */
			ret = write_scalar(w, "", 0, false);
		value = *comma ? comma + 1 : comma;
	}
	return ret ? ret : write_end(w, TREE_LIST);
}

/* Is there anything to write at a place of the path, where @old stood? */
static bool is_left(const struct edit *edit, const struct tree_node *old, unsigned int at)
{
	if (edit->value)
		return true;
	if (at + 1 == edit->n_path || !old || old->type != TREE_MAP)
		return false;
	return old->n_items > 2 || (old->n_items && !tree_get(old, edit->path[at + 1]));
}

static int write_node(struct writer *w, const struct tree_node *node, unsigned int depth);

static int write_map(struct writer *w, const struct tree_node *node, const struct edit *edit,
		     unsigned int at, unsigned int depth, bool flow);

/* The key at a place of the path with its new value; @old: what it had, or NULL. */
static int write_changed(struct writer *w, const struct tree_node *old, unsigned int at,
			 unsigned int depth)
{
	static const struct tree_node empty = {.type = TREE_MAP};
	const struct edit *edit = w->edit;
	int ret;

	if (!is_left(edit, old, at))
		return 0;
	ret = write_scalar(w, edit->path[at], strlen(edit->path[at]), true);
	if (ret)
		return ret;
	if (at + 1 == edit->n_path)
		return write_value(w);
	if (!old || old->type != TREE_MAP)
		old = &empty;
	return write_map(w, old, edit, at + 1, depth, is_flow(old, depth) && !edit->list);
}

/* A map; with @edit the one whose key path[at] is changed, added or left out. */
static int write_map(struct writer *w, const struct tree_node *node, const struct edit *edit,
		     unsigned int at, unsigned int depth, bool flow)
{
	bool done = false;
	int ret = write_start(w, TREE_MAP, flow);

	for (size_t i = 0; i < node->n_items && !ret; i += 2) {
		if (edit && tree_is_word(node->items[i], edit->path[at])) {
			ret = write_changed(w, node->items[i + 1], at, depth + 1);
			done = true;
			continue;
		}
		ret = write_node(w, node->items[i], depth + 1);
		if (!ret)
			ret = write_node(w, node->items[i + 1], depth + 1);
	}
	if (!ret && edit && !done)
		ret = write_changed(w, NULL, at, depth + 1);
	return ret ? ret : write_end(w, TREE_MAP);
}

static int write_node(struct writer *w, const struct tree_node *node, unsigned int depth)
{
	const struct edit *edit = w->edit && node == w->edit->map ? w->edit : NULL;
	int ret;

	if (node->type == TREE_SCALAR)
		return write_scalar(w, node->text, node->len, node->plain);
	if (node->type == TREE_MAP)
		return write_map(w, node, edit, 0, depth, !edit && is_flow(node, depth));
	ret = write_start(w, TREE_LIST, is_flow(node, depth));
	for (size_t i = 0; i < node->n_items && !ret; i++)
		ret = write_node(w, node->items[i], depth + 1);
	return ret ? ret : write_end(w, TREE_LIST);
}

static int write_document(struct writer *w, const struct tree_node *root)
{
	yaml_event_t event;
	int ret;

	ret = write_event(w, &event,
			  yaml_stream_start_event_initialize(&event, YAML_UTF8_ENCODING));
	if (!ret)
		ret = write_event(
			w, &event,
			yaml_document_start_event_initialize(&event, NULL, NULL, NULL, 1));
	if (!ret)
		ret = write_node(w, root, 0);
	if (!ret)
		ret = write_event(w, &event, yaml_document_end_event_initialize(&event, 1));
	if (!ret)
		ret = write_event(w, &event, yaml_stream_end_event_initialize(&event));
	return ret;
}

static int write_tree(const struct tree_node *root, const struct edit *edit, char **out,
		      size_t *out_len, struct config_error *err)
{
	struct writer w = {.edit = edit, .err = err};
	int ret;

	if (!yaml_emitter_initialize(&w.emitter))
		return config_no_memory(err);
	yaml_emitter_set_output(&w.emitter, write_bytes, &w);
	yaml_emitter_set_encoding(&w.emitter, YAML_UTF8_ENCODING);
	yaml_emitter_set_width(&w.emitter, EDIT_WIDTH);
	yaml_emitter_set_indent(&w.emitter, 2);
	yaml_emitter_set_unicode(&w.emitter, 1);
	ret = write_document(&w, root);
	yaml_emitter_delete(&w.emitter);
	if (ret) {
		free(w.text);
		return ret;
	}
	*out = w.text;
	*out_len = w.len;
	return 0;
}

static int read_tree(const char *text, size_t len, struct tree *tree, struct config_error *err)
{
	int ret;

	*err = (struct config_error){};
	ret = tree_parse(text, len, tree, err);
	if (!ret && (!tree->root || tree->root->type != TREE_MAP))
		ret = config_refuse(err, (struct config_pos){1, 1},
				    "there is no configuration in it: write version: 1, switch: "
				    "NAME, uplink: {dev: NAME}");
	return ret;
}

int config_canonical(const char *text, size_t len, char **out, size_t *out_len,
		     struct config_error *err)
{
	__attribute__((cleanup(tree_free))) struct tree tree = {};
	int ret = read_tree(text, len, &tree, err);

	return ret ? ret : write_tree(tree.root, NULL, out, out_len, err);
}

/* the entry of a list of maps whose key has this text or number */
static const struct tree_node *find_entry(const struct tree_node *root, const char *list,
					  const char *key, const char *name, bool number)
{
	const struct tree_node *node = tree_get(root, list), *value;
	unsigned int wanted = 0, id;

	if (!node || node->type != TREE_LIST ||
	    (number && !value_number(name, strlen(name), &wanted)))
		return NULL;
	for (size_t i = 0; i < node->n_items; i++) {
		value = tree_get(node->items[i], key);
		if (!value || value->type != TREE_SCALAR)
			continue;
		if (number ? value_number(value->text, value->len, &id) && id == wanted
			   : tree_is_word(value, name))
			return node->items[i];
	}
	return NULL;
}

static bool has_relay(const struct tree_node *root, const char *word)
{
	const struct tree_node *relay = tree_get(root, "relay");

	return relay && tree_is_word(relay, word);
}

/* ", port p1, port p2" */
static size_t list_named(const struct tree_node *root, const char *list, const char *object,
			 size_t used, char *buf, size_t len)
{
	const struct tree_node *node = tree_get(root, list), *name;

	for (size_t i = 0; node && node->type == TREE_LIST && i < node->n_items; i++) {
		name = tree_get(node->items[i], "name");
		if (name && value_is_name(name) && used < len)
			used += (size_t)snprintf(buf + used, len - used, "%s%s %s",
						 used ? ", " : "", object, name->text);
	}
	return used;
}

/* "pf, uplink, vf 0-3, vf 7, channel blue, portgroup web", "port p1": what there is */
static void list_objects(const struct tree_node *root, char *buf, size_t len)
{
	bool bridge = has_relay(root, "bridge");
	char id[16];
	size_t used = (size_t)snprintf(buf, len, "%s", bridge ? "" : "pf, uplink");

	for (unsigned int first = 0; !bridge && first < EVB_VFS_MAX && used < len; first++) {
		unsigned int last = first;

		snprintf(id, sizeof(id), "%u", first);
		if (!find_entry(root, "vfs", "id", id, true))
			continue;
		do
			snprintf(id, sizeof(id), "%u", ++last);
		while (last < EVB_VFS_MAX && find_entry(root, "vfs", "id", id, true));
		used += (size_t)snprintf(buf + used, len - used,
					 last - 1 > first ? ", vf %u-%u" : ", vf %u", first,
					 last - 1);
		first = last;
	}
	used = bridge ? list_named(root, "ports", "port", used, buf, len)
		      : list_named(root, "channels", "channel", used, buf, len);
	list_named(root, "portgroups", "portgroup", used, buf, len);
}

static int refuse_object(const struct tree_node *root, const char *object, struct config_error *err)
{
	struct config_quote quote;
	char list[400];

	list_objects(root, list, sizeof(list));
	return config_refuse(err, (struct config_pos){}, "%s is not in this switch: it has %s",
			     config_quote_bytes(&quote, object, strlen(object)), list);
}

/* Where an object's keys are, and which it may have; leaves edit->path empty but for a pf. */
static int find_object(const struct tree_node *root, const char *object, struct edit *edit,
		       const struct schema_map **keys, struct config_error *err)
{
	const struct tree_node *map = NULL;
	bool bridge = has_relay(root, "bridge"), extender = has_relay(root, "extender");

	if (!strncmp(object, "portgroup ", 10)) {
		map = find_entry(root, "portgroups", "name", object + 10, false);
		*keys = bridge ? &schema_port_group : extender ? &schema_ext_group : &schema_group;
	} else if (bridge) {
		if (!strncmp(object, "port ", 5))
			map = find_entry(root, "ports", "name", object + 5, false);
		*keys = &schema_port;
	} else if (!strcmp(object, "pf")) {
		map = tree_get(root, "pf");
		*keys = extender ? &schema_ext_pf : &schema_pf;
		if (!map || tree_is_null(map)) {
			edit->path[edit->n_path++] = "pf";
			map = root;
		}
	} else if (!strcmp(object, "uplink")) {
		map = tree_get(root, "uplink");
		*keys = &schema_uplink;
	} else if (!strncmp(object, "vf ", 3)) {
		map = find_entry(root, "vfs", "id", object + 3, true);
		*keys = extender ? &schema_ext_vf : &schema_vf;
	} else if (!strncmp(object, "channel ", 8)) {
		map = find_entry(root, "channels", "name", object + 8, false);
		*keys = &schema_channel;
	}
	if (!map || map->type != TREE_MAP)
		return refuse_object(root, object, err);
	edit->map = map;
	return 0;
}

static struct tree_node key_node(const char *text, size_t len)
{
	return (struct tree_node){.type = TREE_SCALAR, .text = (char *)text, .len = len};
}

/* What an object is, and not what it may do: another value makes it another object. */
static bool is_fixed(const char *key)
{
	static const char *const fixed[] = {"id",  "name", "dev",   "svid",
					    "tag", "kind", "guest", "present"};

	for (size_t i = 0; i < sizeof(fixed) / sizeof(fixed[0]); i++)
		if (!strcmp(key, fixed[i]))
			return true;
	return false;
}

static bool is_list(const struct schema_key *key, const char *value)
{
	if (key->parse == parse_trunk)
		return strcmp(value, "all");
	return key->parse == parse_macs || key->parse == parse_multicast ||
	       key->parse == parse_guard_addresses;
}

/* "storm.broadcast" of a map that knows `storm` */
static int find_key(const struct schema_map *keys, const char *key, struct edit *edit,
		    const struct schema_key **out, struct config_error *err)
{
	const char *dot = strchrnul(key, '.');
	struct tree_node name = key_node(key, (size_t)(dot - key));
	const struct schema_key *row = schema_find(keys, &name);
	struct config_quote quote;

	if (!row)
		return schema_refuse_unknown(err, keys, &name);
	if (is_fixed(row->name))
		return config_refuse(
			err, (struct config_pos){},
			"%s: cannot be set while the switch runs: write it in the file "
			"and use apply",
			row->name);
	edit->path[edit->n_path++] = row->name;
	*out = row;
	if (!*dot)
		return 0;
	if (!row->map)
		return config_refuse(err, (struct config_pos){},
				     "%s: has no keys of its own: write %s without %s", row->name,
				     row->name, config_quote_bytes(&quote, dot, strlen(dot)));
	name = key_node(dot + 1, strlen(dot + 1));
	*out = schema_find(row->map, &name);
	if (!*out)
		return schema_refuse_unknown(err, row->map, &name);
	edit->path[edit->n_path++] = (*out)->name;
	return 0;
}

static int check_value(const struct schema_key *row, const char *key, const char *value,
		       struct config_error *err)
{
	struct config_quote quote;
	size_t len = strlen(value);

	for (size_t i = 0; i < len; i++)
		if (value[i] < ' ' || value[i] > '~')
			return config_refuse(
				err, (struct config_pos){},
				"%s: %s has more than printable ASCII: write the value "
				"alone",
				row->name, config_quote_bytes(&quote, value, len));
	if (row->map && strcmp(value, "default"))
		return config_refuse(err, (struct config_pos){},
				     "%s: %s is one value for several keys: name one of them, such "
				     "as %s.%s",
				     row->name, config_quote_bytes(&quote, value, len), key,
				     row->map->keys[0].name);
	return 0;
}

int config_edit(const char *text, size_t len, const char *object, const char *key,
		const char *value, char **out, size_t *out_len, struct config_error *err)
{
	__attribute__((cleanup(tree_free))) struct tree tree = {};
	const struct schema_map *keys = NULL;
	const struct schema_key *row = NULL;
	struct edit edit = {};
	int ret = read_tree(text, len, &tree, err);

	if (!ret)
		ret = find_object(tree.root, object, &edit, &keys, err);
	if (!ret)
		ret = find_key(keys, key, &edit, &row, err);
	if (!ret)
		ret = check_value(row, key, value, err);
	if (ret)
		return ret;
	if (strcmp(value, "default")) {
		edit.value = value;
		edit.list = is_list(row, value);
	}
	return write_tree(tree.root, &edit, out, out_len, err);
}
