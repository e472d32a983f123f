/* SPDX-License-Identifier: GPL-2.0-only */
/* cmd_attach.c - `evbpf attach` and `evbpf detach` */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "attach.h"
#include "cmd.h"
#include "log.h"
#include "netns.h"
#include "output.h"
#include "pin.h"
#include "view.h"

static int print_done(const struct cmd_ctx *ctx, const char *name, bool attached)
{
	struct json_object *obj;

	if (!ctx->json) {
		printf("%s: detached\n", name);
		return 0;
	}
	obj = json_object_new_object();
	output_add(obj, "switch", output_str(name));
	output_add(obj, "attached", output_bool(attached));
	return output_json(stdout, obj, ctx->pretty);
}

/* "tc, tcx", "xdp, dispatcher and tcx" */
static const char *hooks_text(const struct view_hooks *hooks, char *buf, size_t len)
{
	const char *xdp = hooks->xdp ? hook_how_name(hooks->xdp) : "";
	const char *tc = hooks->ingress ? hook_how_name(hooks->ingress) : "";

	snprintf(buf, len, "%s%s%s%s%s", view_hook_name(hooks->xdp, hooks->ingress),
		 *xdp || *tc ? ", " : "", xdp, *xdp && *tc ? " and " : "", tc);
	return buf;
}

static const char *plural(unsigned int n)
{
	return n == 1 ? "" : "s";
}

static struct view_hooks hooks_of(const struct plan *plan, uint32_t number)
{
	const struct evb_port *row = plan_port_get(plan, number);
	struct view_hooks hooks = {};

	if (row && row->ifindex)
		view_hooks((int)row->ifindex, &hooks);
	return hooks;
}

/* one sentence where XDP has no dispatcher */
static void print_alone(const struct config *cfg, const struct plan *plan, bool wire)
{
	const char *what = config_is_bridge(cfg) || cfg->n_cascades ? "port" : "VF";
	unsigned int n = 0;

	for (unsigned int i = 0; i < config_devices(cfg); i++) {
		const struct config_vf *port = config_device(cfg, i);

		if (config_is_device(port)) /* once for each device */
			n += hooks_of(plan, port->number).xdp == HOOK_HOW_XDP_ALONE;
	}
	if (!wire && !n)
		return;
	printf("%s: XDP runs alone on %s", cfg->name, wire ? cfg->uplink : "");
	if (n)
		printf("%s%u %s%s", wire ? " and " : "", n, what, plural(n));
	printf(", not through libxdp's dispatcher: no other XDP program can be added there\n");
}

/* "tor: bridge, 4 ports (tc, tcx)" */
static void print_bridge(const struct config *cfg, const struct plan *plan)
{
	struct view_hooks hooks = {};
	char text[64];

	for (unsigned int i = 0; i < cfg->n_vfs && !hooks.ingress && !hooks.xdp; i++)
		hooks = hooks_of(plan, cfg->vfs[i].number);
	printf("%s: bridge, %u port%s (%s)\n", cfg->name, cfg->n_vfs, plural(cfg->n_vfs),
	       hooks_text(&hooks, text, sizeof(text)));
	print_alone(cfg, plan, false);
}

/* main has entered the switch's namespace, so its devices are those that we see */
static void print_attached(const struct config *cfg, const struct plan *plan)
{
	struct view_hooks hooks;
	char text[64];

	if (config_is_bridge(cfg)) {
		print_bridge(cfg, plan);
		return;
	}
	hooks = hooks_of(plan, EVB_PORT_UPLINK);
	printf("%s: uplink %s (%s), ", cfg->name, cfg->uplink,
	       hooks_text(&hooks, text, sizeof(text)));
	if (cfg->n_channels)
		printf("%u channel%s, ", cfg->n_channels, plural(cfg->n_channels));
	printf("pf, %u VF%s", cfg->n_vfs, plural(cfg->n_vfs));
	if (cfg->n_cascades)
		printf(", %u cascade%s", cfg->n_cascades, plural(cfg->n_cascades));
	putchar('\n');
	print_alone(cfg, plan, hooks.xdp == HOOK_HOW_XDP_ALONE);
}

int cmd_attach(const struct cmd_ctx *ctx)
{
	bool dry_run = ctx->flags & CMD_DRY_RUN;
	struct plan *plan = NULL;
	struct config *cfg;
	int err;

	if (cmd_config_read(ctx->args[0], &cfg))
		return CMD_FAILED;
	err = attach_switch(cfg, ctx->netns, dry_run, &plan);
	if (!err && dry_run)
		err = cmd_dump_plan(ctx, plan);
	else if (!err && ctx->json)
		err = print_done(ctx, cfg->name, true);
	else if (!err)
		print_attached(cfg, plan);
	plan_free(plan);
	config_free(cfg);
	return err ? CMD_FAILED : CMD_OK;
}

struct names {
	unsigned int n;
	char (*name)[EVB_NAME_LEN];
};

static int names_collect(const char *name, void *arg)
{
	struct names *names = arg;
	char(*list)[EVB_NAME_LEN] = realloc(names->name, (names->n + 1) * sizeof(*list));

	if (!list)
		return log_err_r(-ENOMEM, "out of memory");
	names->name = list;
	snprintf(list[names->n++], EVB_NAME_LEN, "%s", name);
	return 0;
}

static int print_all(const struct cmd_ctx *ctx, const struct names *names)
{
	struct json_object *obj, *list;

	if (!ctx->json) {
		for (unsigned int i = 0; i < names->n; i++)
			print_done(ctx, names->name[i], false);
		return 0;
	}
	obj = json_object_new_object();
	list = json_object_new_array();
	for (unsigned int i = 0; i < names->n; i++)
		output_append(list, output_str(names->name[i]));
	output_add(obj, "detached", list);
	return output_json(stdout, obj, ctx->pretty);
}

/* those that were there when we looked: one that comes meanwhile goes too, but is not named */
static int detach_every(const struct cmd_ctx *ctx)
{
	struct names names = {};
	int lock, err;

	lock = pin_lock(false, PIN_LOCK_SECONDS);
	if (lock < 0 && lock != -ENOENT)
		return CMD_FAILED;
	err = lock < 0 ? 0 : pin_switch_each(names_collect, &names);
	pin_unlock(lock < 0 ? -1 : lock);
	if (!err && names.n)
		err = detach_all();
	if (!err)
		err = print_all(ctx, &names);
	free(names.name);
	return err ? CMD_FAILED : CMD_OK;
}

int cmd_detach(const struct cmd_ctx *ctx)
{
	const char *name = ctx->n_args ? ctx->args[0] : NULL;

	if (ctx->flags & CMD_ALL) {
		if (!name)
			return detach_every(ctx);
		log_err("detach: either a switch or --all, not both");
		return CMD_USAGE;
	}
	if (!name) {
		log_err("detach: which switch? `evbpf list` shows them, --all is all of them");
		return CMD_USAGE;
	}
	if (!pin_name_ok(name)) {
		log_err("no switch is called '%s': a name is 1 to 15 of A-Z a-z 0-9 _ -", name);
		return CMD_FAILED;
	}
	if (detach_switch(name))
		return CMD_FAILED;
	return print_done(ctx, name, false) ? CMD_FAILED : CMD_OK;
}
