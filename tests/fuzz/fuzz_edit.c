/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_edit.c - libFuzzer target: `set` changes the key that it names and nothing else.
 *
 *	a file
 *	%%vf 0
 *	vlan 9
 *	trunk 200,300-310
 *	%%pf
 *	vlan default
 *
 * Each edit goes to what the one before has left, as the pairs of one `set` do.
 */
#include "../unit/test_config_equal.h"
#include "config_edit.h"
#include "config_schema.h"
#include "fuzz.h"

#define EDITS_MAX 16

struct text {
	char *bytes; /* len of them, and a NUL behind those that config_edit() has written */
	size_t len;
	struct config *cfg; /* NULL: it is none */
};

struct edit {
	const char *object, *key, *value;
};

static void text_parse(struct text *text)
{
	struct config_error err;

	if (config_parse("edit.yaml", text->bytes, text->len, &text->cfg, &err)) {
		text->cfg = NULL;
		fuzz_check_refusal(&err);
	}
}

static void text_free(struct text *text)
{
	config_free(text->cfg);
	free(text->bytes);
}

/* ---- the nodes: one place differs, the key */

/* Nothing but a string, with or without quotes? libyaml adds them; no number has a colon. */
static bool is_string(const struct tree_node *node)
{
	for (size_t i = 0; i < node->len; i++)
		if (strchr("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ~.+-",
			   node->text[i]) == NULL)
			return true;
	return !node->plain;
}

static bool node_same(const struct tree_node *a, const struct tree_node *b)
{
	if (tree_is_null(a) || tree_is_null(b))
		return tree_is_null(a) && tree_is_null(b);
	if (a->type != b->type || a->n_items != b->n_items)
		return false;
	if (a->type == TREE_SCALAR)
		return is_string(a) == is_string(b) && a->len == b->len &&
		       !memcmp(a->text, b->text, a->len);
	for (size_t i = 0; i < a->n_items; i++)
		if (!node_same(a->items[i], b->items[i]))
			return false;
	return true;
}

static bool is_key(const struct tree_node *node, const char *key, size_t len)
{
	return node->type == TREE_SCALAR && node->len == len && !memcmp(node->text, key, len);
}

/* is it what config_edit() was asked for? */
static void check_value(const struct tree_node *node, const char *value)
{
	HOLDS(strcmp(value, "default"));
	if (node->type == TREE_LIST)
		return;
	HOLDS(node->type == TREE_SCALAR && is_key(node, value, strlen(value)));
}

/* The value of the key, @path its rest behind the dot; either may not be there. */
static void check_changed(const struct tree_node *old, const struct tree_node *new,
			  const char *path, const char *value)
{
	static const struct tree_node empty = {.type = TREE_MAP};
	size_t i = 0, k = 0;

	if (!*path) {
		HOLDS(!new == !strcmp(value, "default"));
		if (new)
			check_value(new, value);
		return;
	}
	if (!old || old->type != TREE_MAP)
		old = &empty;
	if (!new)
		new = &empty;
	HOLDS(new->type == TREE_MAP);
	/* a map without keys is left out */
	HOLDS(new == &empty || new->n_items);
	while (i < old->n_items || k < new->n_items) {
		bool left = i < old->n_items && is_key(old->items[i], path, strlen(path));
		bool right = k < new->n_items && is_key(new->items[k], path, strlen(path));

		if (left || right) {
			check_changed(left ? old->items[i + 1] : NULL,
				      right ? new->items[k + 1] : NULL, "", value);
			i += left ? 2 : 0;
			k += right ? 2 : 0;
			continue;
		}
		HOLDS(i < old->n_items && k < new->n_items);
		HOLDS(node_same(old->items[i], new->items[k]));
		HOLDS(node_same(old->items[i + 1], new->items[k + 1]));
		i += 2;
		k += 2;
	}
}

static unsigned int count_changed(const struct tree_node *old, const struct tree_node *new,
				  const struct edit *edit);

/* a key that may be there on one side only: the edit's, or that of a PF that the file has not */
static bool is_wanted(const struct tree_node *key, const struct edit *edit)
{
	return is_key(key, edit->key, strcspn(edit->key, ".")) ||
	       (!strcmp(edit->object, "pf") && is_key(key, "pf", 2));
}

/* the values of a key of two maps; NULL: it is not there */
static unsigned int count_value(const struct tree_node *key, const struct tree_node *old,
				const struct tree_node *new, const struct edit *edit)
{
	static const struct tree_node empty = {.type = TREE_MAP};
	size_t len = strcspn(edit->key, ".");

	if (old && new && node_same(old, new))
		return 0;
	if (is_key(key, edit->key, len)) {
		check_changed(old, new, edit->key + len + (edit->key[len] == '.'), edit->value);
		return 1;
	}
	if (is_wanted(key, edit) && (!old || tree_is_null(old)))
		return new ? count_changed(&empty, new, edit) : 0;
	HOLDS(old && new);
	return count_changed(old, new, edit);
}

/* How many places differ below two nodes? One that is not of the edit's key ends the run. */
static unsigned int count_changed(const struct tree_node *old, const struct tree_node *new,
				  const struct edit *edit)
{
	unsigned int n = 0;
	size_t i = 0, k = 0;

	HOLDS(old->type == new->type && old->type != TREE_SCALAR);
	HOLDS(old->type == TREE_MAP || old->n_items == new->n_items);
	while (old->type == TREE_LIST && i < old->n_items) {
		if (!node_same(old->items[i], new->items[i]))
			n += count_changed(old->items[i], new->items[i], edit);
		i++;
	}
	while (old->type == TREE_MAP && (i < old->n_items || k < new->n_items)) {
		struct tree_node **left = i < old->n_items ? &old->items[i] : NULL;
		struct tree_node **right = k < new->n_items ? &new->items[k] : NULL;

		if (left && right && node_same(*left, *right)) {
			n += count_value(*left, left[1], right[1], edit);
			i += 2;
			k += 2;
		} else if (left && is_wanted(*left, edit)) {
			n += count_value(*left, left[1], NULL, edit);
			i += 2;
		} else {
			HOLDS(right && is_wanted(*right, edit));
			n += count_value(*right, NULL, right[1], edit);
			k += 2;
		}
	}
	return n;
}

static void check_nodes(const struct text *old, const struct text *new, const struct edit *edit)
{
	struct tree before = {}, after = {};
	struct config_error err;

	HOLDS(!tree_parse(old->bytes, old->len, &before, &err));
	HOLDS(!tree_parse(new->bytes, new->len, &after, &err));
	HOLDS(count_changed(before.root, after.root, edit) <= 1);
	tree_free(&before);
	tree_free(&after);
}

/* ---- what it means: other ports are what they were */

/* what is behind the word of an object, or NULL */
static const char *object_name(const struct edit *edit, const char *word)
{
	size_t len = strlen(word);

	return strncmp(edit->object, word, len) ? NULL : edit->object + len;
}

static bool has_channel(const struct config_port *port, const struct edit *edit)
{
	const char *name = object_name(edit, "channel ");

	return name && port->channel && !strcmp(port->channel->name, name);
}

/* May the edit change this port? A closed one is made from what others on its device say. */
static bool is_touched(const struct config_vf *vf, const struct edit *edit)
{
	const char *id = object_name(edit, "vf "), *name = object_name(edit, "port ");
	const char *group = object_name(edit, "portgroup ");

	return (id && strtoul(id, NULL, 0) == vf->id) || (name && !strcmp(name, vf->port.name)) ||
	       (group && !strcmp(group, vf->portgroup)) || has_channel(&vf->port, edit) ||
	       vf->closed;
}

static void check_kept(const struct config *cfg, const struct config_vf *old,
		       const struct config_vf *new, const struct edit *edit)
{
	struct config_vf same = *new;
	const char *what;

	if (config_is_bridge(cfg) && !strcmp(edit->key, "hook"))
		same.hook = old->hook; /* it is the device's */
	/* a generated address gives way to one that is written */
	if (old->mac_generated && old->port.n_macs == 1)
		memcpy(same.port.mac[0], old->port.mac[0], 6);
	what = config_vf_difference(old, &same);
	if (!what)
		return;
	dprintf(2, "%s %s %s: %s of %s\n", edit->object, edit->key, edit->value, what,
		old->port.name);
	abort();
}

static void check_ports(const struct config *old, const struct config *new, const struct edit *edit)
{
	HOLDS(old->n_vfs == new->n_vfs);
	for (unsigned int i = 0; i < old->n_vfs; i++)
		if (!is_touched(&old->vfs[i], edit))
			check_kept(old, &old->vfs[i], &new->vfs[i], edit);
	HOLDS(!strcmp(edit->object, "pf") || has_channel(&old->pf, edit) ||
	      !config_port_difference(&old->pf, &new->pf));
}

static void check_others(const struct config *old, const struct config *new,
			 const struct edit *edit)
{
	HOLDS(!strcmp(old->name, new->name) && !strcmp(old->uplink, new->uplink));
	HOLDS(old->relay == new->relay && old->tag == new->tag && old->age == new->age);
	HOLDS(old->uplink_hook == new->uplink_hook || !strcmp(edit->object, "uplink"));
	HOLDS(old->bpdu_forward == new->bpdu_forward);
	HOLDS(old->n_acls == new->n_acls && old->n_channels == new->n_channels);
	HOLDS(old->n_cascades == new->n_cascades && old->n_replications == new->n_replications);
	for (unsigned int i = 0; i < old->n_acls; i++)
		HOLDS(!config_acl_difference(&old->acls[i], &new->acls[i]));
	for (unsigned int i = 0; i < old->n_cascades; i++)
		HOLDS(!config_cascade_difference(&old->cascades[i], &new->cascades[i]));
	for (unsigned int i = 0; i < old->n_replications; i++)
		HOLDS(!config_replication_difference(&old->replications[i], &new->replications[i]));
	for (unsigned int i = 0; i < old->n_channels; i++)
		HOLDS(object_name(edit, "channel ") ||
		      !config_channel_difference(&old->channels[i], &new->channels[i]));
}

/* ---- the input */

/* What is written is what libyaml would write again. */
static void check_canonical(const struct text *text)
{
	struct config_error err;
	char *again = NULL;
	size_t len = 0;

	HOLDS(text->bytes[text->len] == '\0');
	HOLDS(!config_canonical(text->bytes, text->len, &again, &len, &err));
	HOLDS(len == text->len && !memcmp(again, text->bytes, len));
	free(again);
}

static void edit_text(struct text *text, const struct edit *edit)
{
	struct text new = {};
	struct config_error err;

	if (config_edit(text->bytes, text->len, edit->object, edit->key, edit->value, &new.bytes,
			&new.len, &err)) {
		HOLDS(!new.bytes);
		fuzz_check_error(&err);
		return;
	}
	check_canonical(&new);
	text_parse(&new);
	if (text->cfg)
		check_nodes(text, &new, edit);
	if (text->cfg && new.cfg) {
		check_ports(text->cfg, new.cfg, edit);
		check_others(text->cfg, new.cfg, edit);
	}
	text_free(text);
	*text = new;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1), *end = copy + size, *at, *object, *line;
	struct text text = {};

	HOLDS(copy);
	memcpy(copy, data, size);
	copy[size] = '\0';
	text.len = fuzz_part(copy, size, &object, &at);
	text.bytes = malloc(text.len + 1);
	HOLDS(text.bytes);
	memcpy(text.bytes, copy, text.len);
	text_parse(&text);
	for (int i = 0; i < EDITS_MAX && object && at < end; i++) {
		struct edit edit = {.object = object, .value = ""};
		char *blank;

		line = at;
		at += strcspn(at, "\n");
		if (at < end)
			*at++ = '\0';
		if (!strncmp(line, "%%", 2)) {
			object = line + 2;
			continue;
		}
		blank = strchr(line, ' ');
		if (blank) {
			*blank = '\0';
			edit.value = blank + 1;
		}
		edit.key = line;
		edit_text(&text, &edit);
	}
	text_free(&text);
	free(copy);
	return 0;
}
