/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd_change.c - `evbpf apply`, `diff`, `set` and `save`: a switch that runs, and another file. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "cmd.h"
#include "config_edit.h"
#include "log.h"
#include "output.h"
#include "pin.h"

/* ---- what (would have) changed */

static struct json_object *key_json(const struct change_key *key)
{
	struct json_object *obj = json_object_new_object();

	output_add(obj, "port", output_str(key->port));
	output_add(obj, "key", output_str(key->key));
	output_add(obj, "old", key->old[0] ? output_str(key->old) : NULL);
	output_add(obj, "new", key->new[0] ? output_str(key->new) : NULL);
	return obj;
}

static int print_json(const struct cmd_ctx *ctx, const char *name, const struct change *change,
		      bool dry_run)
{
	struct json_object *obj = json_object_new_object(), *list = json_object_new_array();

	for (unsigned int i = 0; i < change->n_keys; i++)
		output_append(list, key_json(&change->keys[i]));
	output_add(obj, "switch", output_str(name));
	output_add(obj, "changes", list);
	output_add(obj, "rows", output_num(change->n_rows));
	output_add(obj, "dry_run", output_bool(dry_run));
	return output_json(stdout, obj, ctx->pretty);
}

/* a port that comes or goes is its device, a channel of the uplink its svid, a group its members */
static bool key_is_object(const struct change_key *key)
{
	if (!strcmp(key->key, "svid"))
		return !strncmp(key->port, "uplink.", 7);
	return !strcmp(key->key, "dev") || !strcmp(key->key, "members");
}

/* "vf3: vlan 100 -> 200" */
static void key_text(const struct change_key *key)
{
	bool object = key_is_object(key);

	if (object && !key->old[0])
		printf("%s: added, %s %s\n", key->port, key->key, key->new);
	else if (object && !key->new[0])
		printf("%s: removed, %s %s\n", key->port, key->key, key->old);
	else
		printf("%s: %s %s -> %s\n", key->port, key->key, key->old[0] ? key->old : "none",
		       key->new[0] ? key->new : "none");
}

static int print_change(const struct cmd_ctx *ctx, const char *name, const struct change *change,
			bool dry_run)
{
	if (ctx->json)
		return print_json(ctx, name, change, dry_run);
	for (unsigned int i = 0; i < change->n_keys; i++)
		key_text(&change->keys[i]);
	if (!change->n_keys && change->n_rows)
		printf("no key differs, but %u row%s of the tables do%s\n", change->n_rows,
		       change->n_rows == 1 ? "" : "s", change->n_rows == 1 ? "es" : "");
	else if (!change->n_keys)
		puts("nothing differs");
	return 0;
}

/* ---- apply, diff */

static int apply(const struct cmd_ctx *ctx, bool dry_run)
{
	struct change change = {};
	struct config *cfg;
	int err;

	if (cmd_config_read(ctx->args[0], &cfg))
		return CMD_FAILED;
	err = change_switch(cfg, dry_run, &change);
	if (!err)
		err = print_change(ctx, cfg->name, &change, dry_run);
	change_free(&change);
	config_free(cfg);
	return err ? CMD_FAILED : CMD_OK;
}

int cmd_apply(const struct cmd_ctx *ctx)
{
	return apply(ctx, ctx->flags & CMD_DRY_RUN);
}

int cmd_diff(const struct cmd_ctx *ctx)
{
	return apply(ctx, true);
}

/* ---- set */

struct set {
	const char *name;
	char object[EVB_NAME_LEN + sizeof("portgroup ")]; /* as config_edit() has it */
	int n;						  /* of pairs */
	char **pairs;
};

static int set_usage(const char *why)
{
	log_err("set: %s; usage: evbpf set SWITCH {vf N | pf | port NAME | channel NAME | "
		"portgroup NAME} KEY VALUE [KEY VALUE ...]",
		why);
	return CMD_USAGE;
}

static bool set_object(const char *word)
{
	static const char *const objects[] = {"vf", "pf", "port", "channel", "portgroup"};

	for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++)
		if (!strcmp(word, objects[i]))
			return true;
	return false;
}

/* the words behind the switch's name; what they mean, config_edit() knows */
static int set_read(const struct cmd_ctx *ctx, struct set *set)
{
	int named = strcmp(ctx->args[1], "pf") ? 1 : 0, pairs = ctx->n_args - 2 - named;

	if (!set_object(ctx->args[1]))
		return set_usage("what is behind the switch is not vf, pf, port, channel or "
				 "portgroup (keys at the top of the file are changed by apply)");
	if (pairs < 2)
		return set_usage("something is missing");
	if (pairs % 2)
		return set_usage("a key has no value (a list is written with commas, without "
				 "blanks)");
	if (named && strlen(ctx->args[2]) >= EVB_NAME_LEN)
		return set_usage("the name is too long");
	snprintf(set->object, sizeof(set->object), "%s%s%s", ctx->args[1], named ? " " : "",
		 named ? ctx->args[2] : "");
	set->name = ctx->args[0];
	set->pairs = ctx->args + 2 + named;
	set->n = pairs / 2;
	return CMD_OK;
}

/* all pairs, one after the other; *text is freed by the caller, also after a failure */
static int set_edit_text(const struct set *set, char **text, size_t *len,
			 struct config_error *error)
{
	for (int i = 0; i < set->n; i++) {
		size_t new_len;
		char *new;
		int err = config_edit(*text, *len, set->object, set->pairs[2 * i],
				      set->pairs[2 * i + 1], &new, &new_len, error);

		if (err)
			return err;
		free(*text);
		*text = new;
		*len = new_len;
	}
	return 0;
}

/* "(line 7)" of a text that was written anew means what "(line 6)" meant */
static bool same_but_lines(const char *a, const char *b)
{
	for (; *a && *a == *b; a++, b++)
		if (!strncmp(a, "(line ", 6) && !strncmp(b, "(line ", 6)) {
			a += strcspn(a, ")");
			b += strcspn(b, ")");
			if (!*a || !*b)
				break;
		}
	return *a == *b;
}

static bool warned_before(const struct config *old, const struct config_error *warning)
{
	for (unsigned int i = 0; i < old->n_warnings; i++)
		if (same_but_lines(old->warnings[i].text, warning->text))
			return true;
	return false;
}

/* in the lock. Lines and columns of a text that nobody has seen would say nothing. */
static int set_edit(const struct config *old, struct config **new, void *arg)
{
	struct config_error error = {};
	const struct set *set = arg;
	size_t len = old->text_len;
	char *text = strndup(old->text, len);
	int err;

	if (!text)
		return log_err_r(-ENOMEM, "out of memory");
	err = set_edit_text(set, &text, &len, &error);
	if (!err)
		err = config_parse(old->file, text, len, new, &error);
	if (err && strstr(error.text, set->object)) /* it says itself which object */
		log_err("%s: %s", set->name, error.text);
	else if (err)
		log_err("%s: %s: %s", set->name, set->object, error.text);
	for (unsigned int i = 0; !err && i < (*new)->n_warnings; i++)
		if (!warned_before(old, &(*new)->warnings[i]))
			log_warn("%s: %s", set->name, (*new)->warnings[i].text);
	free(text);
	return err;
}

int cmd_set(const struct cmd_ctx *ctx)
{
	bool dry_run = ctx->flags & CMD_DRY_RUN;
	struct change change = {};
	struct set set = {};
	int err = set_read(ctx, &set);

	if (err)
		return err;
	err = change_edit(set.name, set_edit, &set, dry_run, &change);
	if (!err)
		err = print_change(ctx, set.name, &change, dry_run);
	change_free(&change);
	return err ? CMD_FAILED : CMD_OK;
}

/* ---- save */

static int save_print(const struct cmd_ctx *ctx, const char *name, const char *text, size_t len)
{
	struct json_object *obj;

	if (!ctx->json) {
		fwrite(text, 1, len, stdout);
		if (len && text[len - 1] != '\n')
			putchar('\n');
		return 0;
	}
	obj = json_object_new_object();
	output_add(obj, "switch", output_str(name));
	output_add(obj, "text", output_str(text));
	return output_json(stdout, obj, ctx->pretty);
}

int cmd_save(const struct cmd_ctx *ctx)
{
	const char *name = ctx->args[0];
	char *text = NULL;
	size_t len = 0;
	int lock, err;

	lock = pin_lock(false, PIN_LOCK_SECONDS);
	if (lock == -ENOENT)
		log_err("no switch is called %s: none is attached", name);
	if (lock < 0)
		return CMD_FAILED;
	err = change_text(name, &text, &len);
	pin_unlock(lock);
	if (!err)
		err = save_print(ctx, name, text, len);
	free(text);
	return err ? CMD_FAILED : CMD_OK;
}
