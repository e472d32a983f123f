/* SPDX-License-Identifier: GPL-2.0-only */
/* view.c - see view.h */
#include "view.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "log.h"
#include "netns.h"
#include "numbers.h"
#include "pin.h"

#define HOOKS_MAX 32 /* programs on one interface that we look at */

/* the name that helps to reach the namespace: as given, or none if we are in it */
static void view_name_netns(struct view *view, const struct netns *id)
{
	struct netns own;

	if (view->val->netns[0])
		snprintf(view->netns, sizeof(view->netns), "%s", view->val->netns);
	else if (netns_id_current(&own) || !netns_same(&own, id))
		netns_format(id, view->netns, sizeof(view->netns));
}

static int view_open_devices(struct view *view)
{
	const struct netns id = {.dev = view->val->netns_dev, .ino = view->val->netns_ino};
	int err;

	view_name_netns(view, &id);
	view->netns_fd = netns_find(&id);
	if (view->netns_fd < 0) {
		view->netns_fd = -1;
		return 0;
	}
	err = nl_open_in(view->netns_fd, &view->nl);
	if (err)
		log_err("%s: cannot ask for devices in its network namespace: %s", view->name,
			log_errno(err));
	return err;
}

static int view_parse(struct view *view)
{
	struct evb_config_val *val = view->val;
	struct config_error why = {};
	size_t len = val->text_len;
	char text[1024];
	int err;

	val->netns[sizeof(val->netns) - 1] = '\0';
	val->file[sizeof(val->file) - 1] = '\0';
	if (!val->attached)
		return -EINPROGRESS;
	if (len > sizeof(val->text))
		return log_err_r(-EPROTO,
				 "%s: map evb_config says that its text has %zu bytes: evbpf "
				 "detach %s, and attach it again",
				 view->name, len, view->name);
	err = config_parse(val->file, val->text, len, &view->cfg, &why);
	if (err)
		log_err("%s: the configuration in map evb_config: %s", view->name,
			config_error_format(&why, val->file, text, sizeof(text)));
	return err ? err : numbers_of(view->cfg, NULL, &view->tables);
}

int view_open(const char *name, struct view *out)
{
	struct view view = {.tables = TABLES_NONE, .netns_fd = -1, .lock = -1};
	int err;

	if (!pin_name_ok(name))
		return log_err_r(-ENOENT,
				 "no switch is called '%s': a name is 1 to 15 of A-Z a-z 0-9 _ -",
				 name);
	snprintf(view.name, sizeof(view.name), "%s", name);
	err = tables_open(name, &view.tables);
	if (err)
		return err;
	err = tables_config(&view.tables, &view.val);
	if (!err)
		err = view_parse(&view);
	if (!err)
		err = view_open_devices(&view);
	if (err) {
		view_close(&view);
		return err;
	}
	*out = view;
	return 0;
}

int view_get(const char *name, bool exclusive, struct view *out)
{
	int lock = pin_lock(exclusive, PIN_LOCK_SECONDS), err;

	if (lock == -ENOENT)
		log_err("no switch is called %s: none is attached", name);
	if (lock < 0)
		return lock;
	err = pin_name_ok(name) && pin_switch_exists(name) > 0 && view_incomplete(name)
		      ? -EINPROGRESS
		      : view_open(name, out);
	if (err == -EINPROGRESS)
		log_err("%s: its attach did not finish: evbpf detach %s", name, name);
	if (err)
		pin_unlock(lock);
	else
		out->lock = lock;
	return err;
}

void view_unlock(struct view *view)
{
	pin_unlock(view->lock);
	view->lock = -1;
}

void view_close(struct view *view)
{
	view_unlock(view);
	nl_close(view->nl);
	if (view->netns_fd >= 0)
		close(view->netns_fd);
	config_free(view->cfg);
	free(view->val);
	tables_close(&view->tables);
	*view = (struct view){.tables = TABLES_NONE, .netns_fd = -1, .lock = -1};
}

bool view_incomplete(const char *name)
{
	char path[PIN_PATH_LEN];

	for (int i = 0; i < TABLE__MAX; i++)
		if (access(pin_path(path, name, table_name(i)), F_OK) && errno == ENOENT)
			return true;
	return false;
}

/* sizes are looked at before a value is read: another version's may be longer */
bool view_ready(const char *name)
{
	struct tables tables = TABLES_NONE;
	struct evb_config_val *val = NULL;
	struct bpf_map_info info = {};
	__u32 len = sizeof(info);
	char path[PIN_PATH_LEN];
	bool ready = false;
	int fd;

	if (view_incomplete(name))
		return false;
	fd = bpf_obj_get(pin_path(path, name, table_name(TABLE_CONFIG)));
	if (fd < 0)
		return false;
	tables.fd[TABLE_CONFIG] = fd;
	if (!bpf_obj_get_info_by_fd(fd, &info, &len) &&
	    info.value_size == table_value_size(TABLE_CONFIG) && !tables_config(&tables, &val))
		ready = val->layout == EVB_LAYOUT && val->attached;
	free(val);
	tables_close(&tables);
	return ready;
}

int view_names(const struct view *view, struct output_names **out)
{
	struct output_names *names = calloc(1, sizeof(*names));
	struct evb_port row;

	if (!names)
		return log_err_r(-ENOMEM, "out of memory");
	for (unsigned int i = 0; i < EVB_PORTS_MAX; i++)
		if (!tables_port(&view->tables, i, &row))
			snprintf(names->name[i], sizeof(names->name[i]), "%.*s",
				 (int)sizeof(row.name) - 1, row.name);
	*out = names;
	return 0;
}

static void item_wire(struct view_item *item, const struct config *cfg,
		      const struct config_channel *channel)
{
	item->number = channel ? channel->number : EVB_PORT_UPLINK;
	snprintf(item->name, sizeof(item->name), "uplink%s%s", channel ? "." : "",
		 channel ? channel->name : "");
	item->dev = cfg->uplink;
	item->channel = channel;
	item->tag = channel ? EVB_CHANNEL_S : EVB_CHANNEL_NONE;
	item->id = channel ? channel->svid : 0;
	item->wire = true;
	item->device = !channel;
}

/* an extender's port may have an id on the uplink; a bridge's port may be a channel on its device */
static void item_channel(struct view_item *item, enum evb_channel tag, uint32_t id)
{
	item->tag = id ? tag : EVB_CHANNEL_NONE;
	item->id = id;
}

/* the PF's device is the uplink, which is the wire's */
static void item_pf(struct view_item *item, const struct config *cfg)
{
	item->number = EVB_PORT_PF;
	snprintf(item->name, sizeof(item->name), "%s", cfg->pf.name);
	item->dev = cfg->uplink;
	item->config = &cfg->pf;
	item->channel = cfg->pf.channel;
	item_channel(item, cfg->tag, cfg->pf.ecid);
}

static void item_vf(struct view_item *item, const struct config *cfg, const struct config_vf *vf)
{
	item->number = vf->number;
	snprintf(item->name, sizeof(item->name), "%s", vf->port.name);
	item->dev = vf->dev;
	item->vf = vf;
	item->config = &vf->port;
	item->channel = vf->port.channel;
	item->wire = config_is_bridge(cfg);
	item->device = config_is_device(vf);
	if (config_is_bridge(cfg))
		item_channel(item, vf->tag ? vf->tag : EVB_CHANNEL_S, config_channel_id(vf));
	else
		item_channel(item, cfg->tag, vf->port.ecid);
}

static void item_cascade(struct view_item *item, const struct config *cfg,
			 const struct config_cascade *cascade)
{
	item->number = cascade->vf.number;
	snprintf(item->name, sizeof(item->name), "%s", cascade->vf.port.name);
	item->dev = cascade->vf.dev;
	item->cascade = cascade;
	item->tag = cfg->tag;
	item->wire = true;
	item->device = true;
}

int view_items(const struct config *cfg, struct view_items *out)
{
	struct view_item *list =
		calloc(2 + cfg->n_channels + config_devices(cfg), sizeof(*list));
	unsigned int n = 0;

	if (!list)
		return log_err_r(-ENOMEM, "out of memory");
	if (!config_is_bridge(cfg)) {
		item_wire(&list[n++], cfg, NULL);
		for (unsigned int i = 0; i < cfg->n_channels; i++)
			item_wire(&list[n++], cfg, &cfg->channels[i]);
		item_pf(&list[n++], cfg);
	}
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		item_vf(&list[n++], cfg, &cfg->vfs[i]);
	for (unsigned int i = 0; i < cfg->n_cascades; i++)
		item_cascade(&list[n++], cfg, &cfg->cascades[i]);
	*out = (struct view_items){.n = n, .list = list};
	return 0;
}

const struct config_channel *view_channel(const struct config *cfg, uint16_t domain)
{
	for (unsigned int i = 0; domain && i < cfg->n_channels; i++)
		if (EVB_DOMAIN_OF(cfg->channels[i].number) == domain)
			return &cfg->channels[i];
	return NULL;
}

void view_port(const struct view *view, uint32_t number, const char *dev, struct view_port *out)
{
	memset(out, 0, sizeof(*out));
	snprintf(out->dev, sizeof(out->dev), "%s", dev);
	out->absent = true;
	if (tables_port(&view->tables, number, &out->row) || !out->row.ifindex || !view->nl)
		return;
	if (nl_link_get(view->nl, NULL, (int)out->row.ifindex, &out->link))
		return;
	out->absent = false;
	memcpy(out->dev, out->link.name, sizeof(out->dev));
}

int view_enter(const struct view *view, int *old)
{
	return view->netns_fd < 0 ? -ENOENT : netns_enter(view->netns_fd, old);
}

void view_hooks(int ifindex, struct view_hooks *out)
{
	struct hook_info info[HOOKS_MAX];
	int n = hook_list(ifindex, info, HOOKS_MAX);

	memset(out, 0, sizeof(*out));
	for (int i = 0; i < n && i < HOOKS_MAX; i++) {
		if (!info[i].ours)
			continue;
		if (info[i].how == HOOK_HOW_XDP_ALONE || info[i].how == HOOK_HOW_XDP_DISPATCHER)
			out->xdp = info[i].how;
		else if (info[i].dir == HOOK_INGRESS)
			out->ingress = info[i].how;
		else
			out->egress = info[i].how;
	}
}

const char *view_hook_name(enum hook_how xdp, enum hook_how tc)
{
	return xdp ? "xdp" : tc ? "tc" : "none";
}
