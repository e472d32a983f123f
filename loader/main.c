/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * main.c - `evbpf [-n NETNS] COMMAND ...`: options, the table of commands, exit status.
 *
 * The common options may stand before or after the command, as those who know ip and bpftool type
 * them. Everything is matched exactly: neither commands nor options can be cut short.
 */
#include <errno.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "log.h"
#include "netns.h"
#include "output.h"
#include "version.h"

#define FLAGS_MAX 4
#define SET_ARGS_MAX 128
#define AGENT_ARGS_MAX 64

struct cmd {
	const char *name;
	const char *usage;
	const char *what;
	int (*fn)(const struct cmd_ctx *ctx);
	int min_args, max_args;
	struct {
		const char *name;
		enum cmd_flag bit;
		bool value;
	} flags[FLAGS_MAX];
};

static const struct cmd commands[] = {
	{.name = "check",
	 .usage = "FILE [--dump] | FILE FILE ... --link SWITCH:DEV=SWITCH:DEV ...",
	 .what = "check a configuration, without root and without touching anything;\n"
		 "--dump prints the rows of the tables that it would become;\n"
		 "--link says which devices of two switches are the ends of a cable, and asks\n"
		 "whether the files agree on it: ids, tags, groups, S-channels, reflection",
	 .fn = cmd_check,
	 .min_args = 1,
	 .max_args = CMD_FILES_MAX,
	 .flags = {{"dump", CMD_DUMP}, {"link", CMD_LINK, true}}},
	{.name = "attach",
	 .usage = "FILE [--dry-run]",
	 .what = "make the switch that FILE describes;\n"
		 "--dry-run checks the host as well, changes nothing and prints the rows",
	 .fn = cmd_attach,
	 .min_args = 1,
	 .max_args = 1,
	 .flags = {{"dry-run", CMD_DRY_RUN}}},
	{.name = "apply",
	 .usage = "FILE [--dry-run]",
	 .what = "make the switch that runs match FILE; only what differs is touched, while\n"
		 "frames pass; --dry-run only says what would change",
	 .fn = cmd_apply,
	 .min_args = 1,
	 .max_args = 1,
	 .flags = {{"dry-run", CMD_DRY_RUN}}},
	{.name = "diff",
	 .usage = "FILE",
	 .what = "what `apply FILE` would change; exits 0 whether or not something differs",
	 .fn = cmd_diff,
	 .min_args = 1,
	 .max_args = 1},
	{.name = "set",
	 .usage = "SWITCH {vf N | pf | port NAME | channel NAME | portgroup NAME} KEY VALUE "
		  "[KEY VALUE ...] [--dry-run]",
	 .what = "change keys of a port that runs: the keys of the file, lists with commas;\n"
		 "a key in a map behind a dot (guard.ipv4, storm.broadcast);\n"
		 "the word `default` takes a key out",
	 .fn = cmd_set,
	 .min_args = 2,
	 .max_args = SET_ARGS_MAX,
	 .flags = {{"dry-run", CMD_DRY_RUN}}},
	{.name = "save",
	 .usage = "SWITCH",
	 .what = "print the file of what runs: applied or attached, it gives the same switch",
	 .fn = cmd_save,
	 .min_args = 1,
	 .max_args = 1},
	{.name = "detach",
	 .usage = "SWITCH | --all",
	 .what = "remove a switch and everything that attach has changed",
	 .fn = cmd_detach,
	 .max_args = 1,
	 .flags = {{"all", CMD_ALL}}},
	{.name = "list", .usage = "", .what = "the switches that are attached", .fn = cmd_list},
	{.name = "show",
	 .usage = "SWITCH [ports|fdb|vlans|channels|replication|portgroups|meters|acls]",
	 .what = "a switch and its ports; its table of addresses, its VLANs, its channels, its replication\n"
		 "groups and portgroups, its rates and how far they are used, its rules and how often they\n"
		 "matched",
	 .fn = cmd_show,
	 .min_args = 1,
	 .max_args = 2},
	{.name = "stats",
	 .usage = "SWITCH [--reset | --watch]",
	 .what = "counters as in `ip -s link`, dropped frames by reason;\n"
		 "--reset sets them to zero, --watch shows their growth every second",
	 .fn = cmd_stats,
	 .min_args = 1,
	 .max_args = 1,
	 .flags = {{"reset", CMD_RESET}, {"watch", CMD_WATCH}}},
	{.name = "monitor",
	 .usage = "[SWITCH]",
	 .what = "refused frames, learned and moved addresses as they come, of one switch or of all;\n"
		 "ends with SIGINT",
	 .fn = cmd_monitor,
	 .max_args = 1},
	{.name = "agent",
	 .usage = "[SWITCH ...]",
	 .what = "follow devices and the uplink's carrier until SIGTERM; no frame needs it",
	 .fn = cmd_agent,
	 .max_args = AGENT_ARGS_MAX},
};

#define N_COMMANDS (sizeof(commands) / sizeof(commands[0]))

static const char *const later[] = {
	"trace",
	"capture",
	"doctor",
	"metrics",
};

/* getopt_long's values of options without a letter: 256 and on, by the command's flags */
#define OPT_FLAG 256

static const struct option common_options[] = {
	{"netns", required_argument, NULL, 'n'}, {"json", no_argument, NULL, 'j'},
	{"pretty", no_argument, NULL, 'p'},	 {"verbose", no_argument, NULL, 'v'},
	{"help", no_argument, NULL, 'h'},	 {"version", no_argument, NULL, 'V'},
};

#define N_COMMON (sizeof(common_options) / sizeof(common_options[0]))

struct parsed {
	struct cmd_ctx ctx;
	int verbosity;
	bool help, version;
};

static const struct cmd *command_find(const char *name)
{
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (strcmp(commands[i].name, name) == 0)
			return &commands[i];
	return NULL;
}

static int command_unknown(const char *name)
{
	for (size_t i = 0; i < sizeof(later) / sizeof(later[0]); i++) {
		if (strcmp(later[i], name))
			continue;
		log_err("%s is not in this version (%s) yet; `evbpf help` shows what is", name,
			EVBPF_VERSION);
		return CMD_USAGE;
	}
	log_err("no command is called '%s'; `evbpf help` shows them", name);
	return CMD_USAGE;
}

static void print_command(const struct cmd *cmd)
{
	printf("  %s%s%s\n      ", cmd->name, *cmd->usage ? " " : "", cmd->usage);
	for (const char *p = cmd->what; *p; p++) {
		putchar(*p);
		if (*p == '\n')
			fputs("      ", stdout);
	}
	putchar('\n');
}

static int help_print(const struct cmd *cmd)
{
	printf("Usage: evbpf [-n NETNS] [-j] [-p] [-v] %s%s%s\n\n", cmd ? cmd->name : "COMMAND",
	       cmd && *cmd->usage ? " " : "", cmd ? cmd->usage : " ...");
	for (size_t i = 0; i < N_COMMANDS; i++)
		if (!cmd || cmd == &commands[i])
			print_command(&commands[i]);
	if (!cmd)
		fputs("  help [COMMAND]\n      this text\n", stdout);
	fputs("\n  -n, --netns NETNS  work in this network namespace (name or path), as `ip -n`;\n"
	      "                     stands before the command\n"
	      "  -j, --json         print JSON, errors too: {\"error\": ...}\n"
	      "  -p, --pretty       JSON with line breaks\n"
	      "  -v, --verbose      say more on stderr; -vv: all that libbpf and libxdp say\n"
	      "  -h, --help         this text\n"
	      "  -V, --version      version\n"
	      "\nExit status: 0 done, 1 failed, 2 wrong use.\n",
	      stdout);
	return CMD_OK;
}

static int version_print(const struct cmd_ctx *ctx)
{
	struct json_object *obj;

	if (!ctx->json) {
		puts("evbpf " EVBPF_VERSION);
		return CMD_OK;
	}
	obj = json_object_new_object();
	output_add(obj, "version", output_str(EVBPF_VERSION));
	return output_json(stdout, obj, ctx->pretty) ? CMD_FAILED : CMD_OK;
}

/* ---- options */

/*
 * Is JSON asked for, anywhere? Known before anything is parsed, because what is wrong with the
 * options is told as JSON, too.
 */
static bool json_wanted(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		const char *arg = argv[i];

		if (strcmp(arg, "--json") == 0 || strcmp(arg, "--pretty") == 0)
			return true;
		if (strcmp(arg, "--netns") == 0 || strcmp(arg, "--link") == 0)
			i++;
		if (arg[0] != '-' || arg[1] == '-')
			continue;
		while (*++arg && *arg != 'n')
			if (*arg == 'j' || *arg == 'p')
				return true;
		if (*arg == 'n' && !arg[1])
			i++;
	}
	return false;
}

/* getopt_long() takes "--js" for "--json"; we do not */
static bool option_exact(char **argv, const struct option *option)
{
	const char *arg = argv[optind - 1];
	size_t len = strlen(option->name);

	if (option->has_arg == required_argument && arg == optarg)
		arg = argv[optind - 2];
	return strncmp(arg, "--", 2) == 0 && strncmp(arg + 2, option->name, len) == 0 &&
	       (arg[2 + len] == '\0' || arg[2 + len] == '=');
}

static int option_wrong(const struct cmd *cmd, char **argv, int c)
{
	const char *name = cmd ? cmd->name : "";
	const char *space = cmd ? " " : "";
	const char *arg = argv[optind - 1];

	if (c == ':' && optopt >= OPT_FLAG)
		log_err("option %s needs a value; usage: evbpf %s %s", arg, name, cmd->usage);
	else if (c == ':')
		log_err("option %s needs the name or path of a network namespace", arg);
	else if (c == '?' && optopt && optopt < OPT_FLAG && !strchr("njpvhV", optopt))
		log_err("no option is called -%c; `evbpf help%s%s` shows them", optopt, space,
			name);
	else
		log_err("no option is called %s; `evbpf help%s%s` shows them", arg, space, name);
	return CMD_USAGE;
}

static int option_take_link(struct parsed *parsed)
{
	if (parsed->ctx.n_links == CMD_LINKS_MAX) {
		log_err("--link: '%s' is one too many: at most %d", optarg, CMD_LINKS_MAX);
		return CMD_USAGE;
	}
	parsed->ctx.links[parsed->ctx.n_links++] = optarg;
	return CMD_OK;
}

static int option_take(struct parsed *parsed, const struct cmd *cmd, int c)
{
	switch (c) {
	case 'n':
		if (cmd) {
			log_err("-n stands before the command: evbpf -n %s %s ...", optarg,
				cmd->name);
			return CMD_USAGE;
		}
		parsed->ctx.netns = optarg;
		break;
	case 'p':
		parsed->ctx.pretty = true;
		break;
	case 'v':
		parsed->verbosity++;
		break;
	case 'h':
		parsed->help = true;
		break;
	case 'V':
		parsed->version = true;
		break;
	default: /* 'j' is known already */
		if (cmd && c >= OPT_FLAG)
			parsed->ctx.flags |= cmd->flags[c - OPT_FLAG].bit;
		if (cmd && c >= OPT_FLAG && cmd->flags[c - OPT_FLAG].bit == CMD_LINK)
			return option_take_link(parsed);
	}
	return CMD_OK;
}

/*
 * options_parse() - those before the command (@cmd NULL; stops at the first word that is none), or
 * those around its arguments. @argv[0] is skipped; optind is behind the options after it.
 */
static int options_parse(struct parsed *parsed, const struct cmd *cmd, int argc, char **argv)
{
	struct option options[N_COMMON + FLAGS_MAX + 1] = {};
	int c, at, ret = CMD_OK;

	memcpy(options, common_options, sizeof(common_options));
	for (int i = 0; cmd && i < FLAGS_MAX && cmd->flags[i].name; i++)
		options[N_COMMON + (size_t)i] =
			(struct option){cmd->flags[i].name,
					cmd->flags[i].value ? required_argument : no_argument, NULL,
					OPT_FLAG + i};
	opterr = 0;
	optind = 0; /* from the start, with what is kept of an earlier parse forgotten */
	while (ret == CMD_OK) {
		at = -1;
		c = getopt_long(argc, argv, cmd ? ":n:jpvhV" : "+:n:jpvhV", options, &at);
		if (c == -1)
			break;
		if (c == '?' || c == ':' || (at >= 0 && !option_exact(argv, &options[at])))
			return option_wrong(cmd, argv, c);
		ret = option_take(parsed, cmd, c);
	}
	return ret;
}

/* ---- running */

static int help_command(const struct cmd_ctx *ctx)
{
	const struct cmd *cmd;

	if (ctx->n_args == 0 || strcmp(ctx->args[0], "help") == 0)
		return help_print(NULL);
	cmd = command_find(ctx->args[0]);
	return cmd ? help_print(cmd) : command_unknown(ctx->args[0]);
}

static const struct cmd help = {
	.name = "help", .usage = "[COMMAND]", .what = "", .fn = help_command, .max_args = 1};

static int netns_use(const char *name)
{
	int fd = netns_open(name), old, err;

	if (fd < 0)
		return CMD_FAILED;
	err = netns_enter(fd, &old);
	close(fd);
	if (err)
		return CMD_FAILED;
	close(old); /* there is no way back, and no need of one */
	return CMD_OK;
}

static int command_run(const struct cmd *cmd, const struct cmd_ctx *ctx)
{
	if (ctx->n_args < cmd->min_args || ctx->n_args > cmd->max_args) {
		if (ctx->n_args < cmd->min_args)
			log_err("%s: something is missing; usage: evbpf %s %s", cmd->name,
				cmd->name, cmd->usage);
		else
			log_err("%s: '%s' is too much; usage: evbpf %s %s", cmd->name,
				ctx->args[cmd->max_args], cmd->name, cmd->usage);
		return CMD_USAGE;
	}
	if (ctx->netns[0] && netns_use(ctx->netns))
		return CMD_FAILED;
	return cmd->fn(ctx);
}

static int run(struct parsed *parsed, int argc, char **argv)
{
	const struct cmd *cmd;
	int ret = options_parse(parsed, NULL, argc, argv);

	if (ret)
		return ret;
	argc -= optind;
	argv += optind;
	if (parsed->version)
		return version_print(&parsed->ctx);
	if (parsed->help && argc == 0)
		return help_print(NULL);
	if (argc == 0) {
		log_err("a command is missing; `evbpf help` shows them");
		return CMD_USAGE;
	}
	cmd = strcmp(argv[0], "help") == 0 ? &help : command_find(argv[0]);
	if (!cmd)
		return command_unknown(argv[0]);
	ret = options_parse(parsed, cmd, argc, argv);
	if (ret)
		return ret;
	if (parsed->version)
		return version_print(&parsed->ctx);
	if (parsed->help)
		return help_print(cmd == &help ? NULL : cmd);
	log_set_verbosity(parsed->verbosity);
	parsed->ctx.n_args = argc - optind;
	parsed->ctx.args = argv + optind;
	return command_run(cmd, &parsed->ctx);
}

/*
 * With -j the first error was kept: it is the one object on stdout, unless stdout is what failed,
 * or the command has printed its object all the same.
 */
static int finish(const struct cmd_ctx *ctx, int ret)
{
	bool written = !output_finish(stdout);
	const char *error;

	if (ret == CMD_TOLD && written)
		return CMD_FAILED;
	if (ret == CMD_TOLD)
		ret = CMD_FAILED;
	if (!written && ret == CMD_OK)
		ret = CMD_FAILED;
	if (ret == CMD_FAILED && !log_first_error())
		log_err("failed; -v says more");
	error = log_first_error();
	if (!ctx->json || !error)
		return ret;
	if (ret == CMD_OK || !written)
		fprintf(stderr, "evbpf: %s\n", error);
	else if (output_error(stdout, error, ctx->pretty) || output_finish(stdout))
		fprintf(stderr, "evbpf: %s\n", error);
	return ret;
}

int main(int argc, char **argv)
{
	struct parsed parsed = {.ctx.netns = ""};

	signal(SIGPIPE, SIG_IGN); /* a reader that goes away is an error like any other */
	log_init();
	parsed.ctx.json = json_wanted(argc, argv);
	log_set_json(parsed.ctx.json);
	return finish(&parsed.ctx, run(&parsed, argc, argv));
}
