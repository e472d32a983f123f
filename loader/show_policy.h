/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show_policy.h - what `evbpf show` says of a port's policy, and of tables of policy.
 */
#pragma once

#include "cmd.h"
#include "output.h"
#include "view.h"

struct show_policy {
	const struct evb_port *row;
	const struct config_port *config; /* NULL: the uplink's, a channel's */
	const struct config_vf *vf;	  /* NULL: the uplink's, the PF's */
};

/* adds the keys of the file, with the values that hold */
void show_policy_json(const struct show_policy *policy, struct json_object *obj);

/* one line of what is not the default, to be freed; NULL: everything is, or out of memory */
char *show_policy_text(const struct show_policy *policy);

/* each key of a rule with its value, in the words of the file, but dir and action */
void show_rule_each(const struct evb_rule *rule,
		    void (*fn)(const char *key, const char *value, void *arg), void *arg);
#define SHOW_RULE_LEN 512
/* all of them: "proto tcp dport 22", or "everything"; returns buf, of SHOW_RULE_LEN */
const char *show_rule_text(const struct evb_rule *rule, char *buf);
/* "permit", "deny", "count"; "?" out of range */
const char *show_action_name(enum evb_action action);

/* the tables of policy in `check --dump`: added to @obj, or printed */
void show_dump_json(const struct plan *plan, struct json_object *obj);
int show_dump_text(const struct plan *plan, const struct output_names *names);

int show_portgroups(const struct cmd_ctx *ctx, struct view *view);
int show_meters(const struct cmd_ctx *ctx, struct view *view);
int show_acls(const struct cmd_ctx *ctx, struct view *view);
