/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config.c - a file to a struct config.
 *
 *	bytes --config_tree--> nodes --config_schema, config_value ...--> fields --config_check--> sound
 *
 * The rows in config_schema.c are the only list of keys.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_schema.h"
#include "evb_wire.h"

void port_defaults(struct config_port *port)
{
	port->proto = EVB_TPID_C;
	port->strip = true;
	port->allmulti = true;
	port->relay = EVB_RELAY__MAX; /* not given: the channel's or the switch's, see complete() */
}

int config_warn(struct config_ctx *ctx, struct config_pos pos, const char *fmt, ...)
{
	struct config *cfg = ctx->cfg;
	struct config_error *warning;
	va_list args;

	if (!cfg->warnings)
		cfg->warnings = calloc(CONFIG_WARNINGS_MAX, sizeof(*cfg->warnings));
	if (!cfg->warnings)
		return config_no_memory(ctx->err);
	if (cfg->n_warnings == CONFIG_WARNINGS_MAX) {
		warning = &cfg->warnings[CONFIG_WARNINGS_MAX - 1];
		snprintf(warning->text, sizeof(warning->text),
			 "here and below are more than %d warnings: see to those above first",
			 CONFIG_WARNINGS_MAX);
		return 0;
	}
	warning = &cfg->warnings[cfg->n_warnings++];
	warning->pos = pos;
	va_start(args, fmt);
	vsnprintf(warning->text, sizeof(warning->text), fmt, args);
	va_end(args);
	return 0;
}

/* @node: NULL where the file has no pf */
static int read_pf(struct config_ctx *ctx, const struct tree_node *node)
{
	static const struct tree_node empty = {.type = TREE_MAP};
	struct config_vf scratch = {};
	struct config_quote quote;
	int ret;

	if (!node)
		node = &empty;
	if (node->type != TREE_MAP && !tree_is_null(node))
		return config_refuse(ctx->err, node->pos,
				     "pf: %s is not a map: write pf: {trunk: all}",
				     config_quote_node(&quote, node));
	port_defaults(&scratch.port);
	strcpy(scratch.port.name, "pf");
	scratch.port.pos = node->pos;
	if (node->type != TREE_MAP)
		node = &empty;

	ret = schema_read(ctx, config_is_extender(ctx->cfg) ? &schema_ext_pf : &schema_pf, node,
			  &scratch);
	if (!ret)
		ret = check_pf(ctx, node, &scratch.port);
	if (!ret)
		ctx->cfg->pf = scratch.port;
	return ret;
}

static int parse_vf(struct config_ctx *ctx, const struct tree_node *node, struct config_vf *vf)
{
	struct config_quote quote;
	int ret;

	if (node->type != TREE_MAP)
		return config_refuse(ctx->err, node->pos,
				     "vfs: %s is not a VF: write a map such as {id: 0, dev: vf0h, "
				     "mac: \"02:00:00:00:01:00\"}",
				     config_quote_node(&quote, node));
	port_defaults(&vf->port);
	vf->port.spoofchk = true;
	vf->port.pos = node->pos;
	ret = group_read(ctx, config_is_extender(ctx->cfg) ? &schema_ext_vf : &schema_vf, node, vf);
	if (ret)
		return ret;
	snprintf(vf->port.name, sizeof(vf->port.name), "vf%u", vf->id);
	vf->number = EVB_PORT_VF(vf->id);
	return group_leave(ctx, vf, check_vf(ctx, node, vf));
}

static int read_vfs(struct config_ctx *ctx, const struct tree_node *node)
{
	struct config *cfg = ctx->cfg;
	struct config_quote quote;
	size_t room;
	int ret;

	if (!node || tree_is_null(node) || (node->type == TREE_LIST && !node->n_items))
		return 0;
	if (node->type != TREE_LIST)
		return config_refuse(ctx->err, node->pos,
				     "vfs: %s is not a list: write one '- ' entry for each VF",
				     config_quote_node(&quote, node));

	room = node->n_items < EVB_VFS_MAX ? node->n_items : EVB_VFS_MAX;
	cfg->vfs = calloc(room, sizeof(*cfg->vfs));
	if (!cfg->vfs)
		return config_no_memory(ctx->err);
	for (size_t i = 0; i < node->n_items; i++) {
		if (i == EVB_VFS_MAX)
			return config_refuse(ctx->err, node->items[i]->pos,
					     "vfs: this is VF number %zu of %zu: a switch has at "
					     "most %d",
					     i + 1, node->n_items, EVB_VFS_MAX);
		ret = parse_vf(ctx, node->items[i], &cfg->vfs[i]);
		for (size_t j = 0; j < i && !ret; j++)
			ret = check_vf_pair(ctx, &cfg->vfs[j], &cfg->vfs[i]);
		if (ret)
			return ret;
		cfg->n_vfs++;
	}
	return 0;
}

static bool mac_taken(const struct config *cfg, const uint8_t mac[6])
{
	for (unsigned int j = 0; j < cfg->pf.n_macs; j++)
		if (!memcmp(cfg->pf.mac[j], mac, 6))
			return true;
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		for (unsigned int j = 0; j < cfg->vfs[i].port.n_macs; j++)
			if (!memcmp(cfg->vfs[i].port.mac[j], mac, 6))
				return true;
	return false;
}

/*
 * An address that stays the same as long as the switch has its name and the VF its id: FNV-1a
 * over both, locally administered. One that is in use elsewhere in the file is counted up.
 */
static void generate_mac(struct config *cfg, struct config_vf *vf)
{
	char seed[EVB_NAME_LEN + 16];
	uint64_t hash = 0xcbf29ce484222325;
	struct config_port *port = &vf->port;
	uint8_t mac[6];

	snprintf(seed, sizeof(seed), "%s/%u", cfg->name, vf->id);
	for (const char *c = seed; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 0x100000001b3;
	hash ^= hash >> 32;
	do {
		for (int i = 0; i < 6; i++)
			mac[i] = (uint8_t)(hash >> (40 - 8 * i));
		mac[0] = (uint8_t)((mac[0] & ~1u) | 2); /* unicast, locally administered */
		hash++;
	} while (mac_taken(cfg, mac));
	memcpy(port->mac[0], mac, 6);
	port->n_macs = 1;
}

static int by_id(const void *a, const void *b)
{
	const struct config_vf *x = a, *y = b;

	return x->id < y->id ? -1 : x->id > y->id;
}

static void complete_relay(const struct config *cfg, struct config_port *port)
{
	if (port->relay == EVB_RELAY__MAX)
		port->relay = port->channel ? port->channel->relay : cfg->relay;
}

/* What the rest of the program relies on: see config.h. */
static void complete(struct config *cfg)
{
	for (unsigned int i = 0; i < cfg->n_channels; i++)
		if (cfg->channels[i].relay == EVB_RELAY__MAX)
			cfg->channels[i].relay = cfg->relay;
	complete_relay(cfg, &cfg->pf);
	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		complete_relay(cfg, &cfg->vfs[i].port);
		if (cfg->vfs[i].mac_generated)
			generate_mac(cfg, &cfg->vfs[i]);
	}
}

static int read_edge(struct config_ctx *ctx)
{
	int ret = read_channels(ctx, ctx->channels);

	if (!ret)
		ret = read_groups(ctx, ctx->portgroups);
	if (!ret)
		ret = read_pf(ctx, ctx->pf);
	if (!ret)
		ret = read_vfs(ctx, ctx->vfs);
	if (ret)
		return ret;
	/* from here on there are pointers to them */
	if (ctx->cfg->n_vfs)
		qsort(ctx->cfg->vfs, ctx->cfg->n_vfs, sizeof(*ctx->cfg->vfs), by_id);
	return check_file(ctx);
}

static int read_extender(struct config_ctx *ctx)
{
	int ret = read_edge(ctx);

	if (!ret)
		ret = read_cascades(ctx, ctx->cascade);
	if (!ret)
		ret = check_ids(ctx);
	return ret ? ret : read_replications(ctx, ctx->replication);
}

static int read_bridge(struct config_ctx *ctx)
{
	int ret = read_groups(ctx, ctx->portgroups);

	if (!ret)
		ret = read_ports(ctx, ctx->ports);
	return ret ? ret : read_replications(ctx, ctx->replication);
}

static int read_switch(struct config_ctx *ctx)
{
	if (config_is_bridge(ctx->cfg))
		return read_bridge(ctx);
	return config_is_extender(ctx->cfg) ? read_extender(ctx) : read_edge(ctx);
}

/* Which keys a file may have follows from one of them, wherever it stands. */
static const struct schema_map *file_map(const struct tree_node *root)
{
	const struct tree_node *relay = tree_get(root, "relay");

	if (relay && tree_is_word(relay, "extender"))
		return &schema_extender;
	return relay && tree_is_word(relay, "bridge") ? &schema_bridge : &schema_file;
}

static int read_root(struct config_ctx *ctx, const struct tree_node *root)
{
	const struct config_pos start = {1, 1};
	struct config_quote quote;
	int ret;

	if (!root)
		return config_refuse(ctx->err, start,
				     "the file is empty: write version: 1, switch: NAME, "
				     "uplink: {dev: NAME}");
	if (root->type != TREE_MAP)
		return config_refuse(ctx->err, root->pos,
				     "%s is not a configuration: write version: 1, switch: NAME, "
				     "uplink: {dev: NAME}",
				     config_quote_node(&quote, root));
	ctx->cfg->age = CONFIG_AGE;
	ret = schema_read(ctx, file_map(root), root, ctx->cfg);
	if (!ret)
		ret = read_acls(ctx, ctx->acls);
	if (!ret)
		ret = read_switch(ctx);
	return ret ? ret : check_unused_acls(ctx);
}

static int refuse_size(struct config_error *err)
{
	config_refuse(err, (struct config_pos){1, 1},
		      "the file is longer than %d bytes: write shorter lists, such as [300-310]",
		      CONFIG_FILE_MAX);
	return -EFBIG;
}

static void free_config(struct config **cfg)
{
	config_free(*cfg);
}

int config_parse(const char *file, const char *text, size_t len, struct config **out,
		 struct config_error *err)
{
	__attribute__((cleanup(tree_free))) struct tree tree = {};
	__attribute__((cleanup(free_config))) struct config *cfg = NULL;
	struct config_ctx ctx = {.err = err};
	int ret;

	*err = (struct config_error){};
	if (len > CONFIG_FILE_MAX)
		return refuse_size(err);
	cfg = calloc(1, sizeof(*cfg));
	if (!cfg)
		return config_no_memory(err);
	cfg->text = malloc(len + 1);
	if (!cfg->text)
		return config_no_memory(err);
	if (len)
		memcpy(cfg->text, text, len);
	cfg->text[len] = '\0';
	cfg->text_len = len;
	snprintf(cfg->file, sizeof(cfg->file), "%s", file);

	ret = tree_parse(cfg->text, len, &tree, err);
	if (ret)
		return ret;
	ctx.cfg = cfg;
	ret = read_root(&ctx, tree.root);
	if (ret)
		return ret;

	complete(cfg);
	*out = cfg;
	cfg = NULL; /* the caller's now */
	return 0;
}

static int refuse_file(struct config_error *err, const char *verb)
{
	int ret = -errno;

	config_refuse(err, (struct config_pos){}, "cannot %s it: %s", verb, strerror(-ret));
	return ret;
}

static void close_fd(const int *fd)
{
	if (*fd > STDIN_FILENO)
		close(*fd);
}

static void free_text(char **text)
{
	free(*text);
}

int config_read(const char *file, struct config **out, struct config_error *err)
{
	__attribute__((cleanup(close_fd))) int fd = -1;
	__attribute__((cleanup(free_text))) char *text = NULL;
	size_t len = 0;
	ssize_t n;

	*err = (struct config_error){};
	fd = strcmp(file, "-") ? open(file, O_RDONLY | O_CLOEXEC) : STDIN_FILENO;
	if (fd < 0)
		return refuse_file(err, "open");
	text = malloc(CONFIG_FILE_MAX + 1);
	if (!text)
		return config_no_memory(err);
	/* one byte more than is allowed, to see that there is more; also of pipes */
	while (len <= CONFIG_FILE_MAX) {
		n = read(fd, text + len, CONFIG_FILE_MAX + 1 - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return refuse_file(err, "read");
		if (!n)
			break;
		len += (size_t)n;
	}
	return config_parse(file, text, len, out, err);
}

void config_free(struct config *cfg)
{
	if (!cfg)
		return;
	for (unsigned int i = 0; i < cfg->n_acls; i++)
		free(cfg->acls[i].rules);
	free(cfg->acls);
	free(cfg->channels);
	for (unsigned int i = 0; i < cfg->n_cascades; i++)
		free(cfg->cascades[i].ids);
	free(cfg->cascades);
	for (unsigned int i = 0; i < cfg->n_replications; i++)
		free(cfg->replications[i].members);
	free(cfg->replications);
	free(cfg->vfs);
	free(cfg->warnings);
	free(cfg->text);
	free(cfg);
}

const char *config_error_format(const struct config_error *err, const char *file, char *buf,
				size_t len)
{
	if (err->pos.line)
		snprintf(buf, len, "%s:%u:%u: %s", file, err->pos.line, err->pos.column, err->text);
	else
		snprintf(buf, len, "%s: %s", file, err->text);
	return buf;
}

const char *config_hook_name(enum config_hook hook)
{
	static const char *const names[] = {"auto", "tc", "xdp"};

	_Static_assert(sizeof(names) / sizeof(names[0]) == CONFIG_HOOK__MAX, "a hook has no name");
	return (unsigned int)hook < CONFIG_HOOK__MAX ? names[hook] : "?";
}

const char *config_kind_name(enum config_kind kind)
{
	static const char *const names[] = {"auto", "veth", "tap", "macvtap", "afxdp"};

	_Static_assert(sizeof(names) / sizeof(names[0]) == CONFIG_KIND__MAX, "a kind has no name");
	return (unsigned int)kind < CONFIG_KIND__MAX ? names[kind] : "?";
}

const char *config_vids_format(const struct config_vids *vids, char *buf, size_t len)
{
	size_t used = 0, keep = 0; /* keep: as far as ",..." still fits behind */
	char piece[16];

	if (!len)
		return buf;
	buf[0] = '\0';
	for (unsigned int first = 1; first < 4096; first++) {
		unsigned int last = first;
		int n;

		if (!config_vids_has(vids, first))
			continue;
		while (config_vids_has(vids, last + 1))
			last++;
		n = snprintf(piece, sizeof(piece), last > first ? "%s%u-%u" : "%s%u",
			     used ? "," : "", first, last);
		if (used + 5 <= len)
			keep = used;
		if (used + (size_t)n >= len) {
			snprintf(buf + keep, len - keep, keep ? ",..." : "...");
			return buf;
		}
		memcpy(buf + used, piece, (size_t)n + 1);
		used += (size_t)n;
		first = last;
	}
	return buf;
}
