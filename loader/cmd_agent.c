/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd_agent.c - `evbpf agent`: follows devices and carriers, and is not in the data path.
 *
 *	a link changes (rtnetlink), 50 ms later: change_follow() looks at all devices of the switch
 *	every 2 s: switches that came and went, namespaces that are gone
 *
 * What it holds of a switch is one socket in the switch's network namespace. A socket keeps its
 * namespace alive, so a namespace that nothing else holds is let go at the next look.
 */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include "change.h"
#include "cmd.h"
#include "log.h"
#include "netns.h"
#include "output.h"
#include "pin.h"
#include "view.h"
#include "wait.h"

#define SWITCHES_MAX 256
#define RESCAN_NS (2 * WAIT_NS)
#define SETTLE_NS (WAIT_NS / 20)
#define RETRY_NS (2 * SETTLE_NS)
#define RETRY_MAX_NS (300 * WAIT_NS)

/* what was there at the last look */
struct seen {
	uint32_t ifindex; /* 0: absent */
	bool down;
	char dev[IFNAMSIZ];
};

struct followed {
	char name[EVB_NAME_LEN];
	ino_t ino; /* of a pin: another one is another switch */
	struct netns netns;
	int sock;     /* -1: its namespace or its uplink is gone, or cannot be watched */
	uint64_t due; /* to look at the devices; 0: nothing to do */
	uint64_t retry_ns;
	bool told, looked, uplink_gone, carrier;
	struct seen uplink;
	struct seen ports[EVB_PORTS_MAX]; /* VFs and cascades, or a bridge's, by number */
};

struct agent {
	const struct cmd_ctx *ctx;
	unsigned int n;
	struct followed *switches[SWITCHES_MAX];
	int failed; /* stdout */
};

/* ---- what is told */

static void tell(struct agent *agent, const struct followed *at, const char *port,
		 const char *event, const char *dev, const char *text)
{
	struct json_object *obj;

	if (!agent->ctx->json) {
		printf("%s: %s%s%s\n", at->name, port, *port ? ": " : "", text);
	} else {
		obj = json_object_new_object();
		output_add(obj, "time", output_num(wait_realtime(wait_now()) / WAIT_NS));
		output_add(obj, "switch", output_str(at->name));
		output_add(obj, "port", *port ? output_str(port) : NULL);
		output_add(obj, "event", output_str(event));
		output_add(obj, "dev", *dev ? output_str(dev) : NULL);
		output_json(stdout, obj, false);
	}
	if (!output_flush(stdout))
		agent->failed = -EIO; /* main says why */
}

static void tell_device(struct agent *agent, const struct followed *at, const char *port,
			const char *event, const char *dev, const char *words)
{
	char text[128];

	snprintf(text, sizeof(text), "device %s %s", dev, words);
	tell(agent, at, port, event, dev, text);
}

/* ---- looking */

static void see(const struct view *view, uint32_t number, const char *dev, struct seen *out,
		bool *carrier)
{
	struct view_port port;

	view_port(view, number, dev, &port);
	memset(out, 0, sizeof(*out));
	snprintf(out->dev, sizeof(out->dev), "%s", port.dev);
	out->down = port.row.down;
	if (!port.absent)
		out->ifindex = port.row.ifindex;
	if (carrier)
		*carrier = !port.absent && port.link.carrier;
}

static void tell_presence(struct agent *agent, const struct followed *at, const char *port,
			  const struct seen *old, const struct seen *new)
{
	char text[64];

	if (old->ifindex && old->ifindex != new->ifindex)
		tell_device(agent, at, port, "gone", old->dev, "is gone");
	if (new->ifindex && old->ifindex != new->ifindex)
		tell_device(agent, at, port, "appeared", new->dev, "is there");
	if (old->ifindex && old->ifindex == new->ifindex &&strcmp(old->dev, new->dev)) {
		snprintf(text, sizeof(text), "is called %s now", new->dev);
		tell_device(agent, at, port, "renamed", old->dev, text);
	}
}

static void tell_link(struct agent *agent, const struct followed *at, const char *port, bool down)
{
	tell(agent, at, port, down ? "link_down" : "link_up", "", down ? "link down" : "link up");
}

static void compare_vf(struct agent *agent, struct followed *at, const struct view *view,
		       const struct config_vf *vf)
{
	struct seen *old = &at->ports[vf->number], new;
	bool device = config_is_device(vf); /* of several ports of a bridge, the one that stands for it */

	see(view, vf->number, vf->dev, &new, NULL);
	if (at->looked) {
		if (device)
			tell_presence(agent, at, vf->port.name, old, &new);
		if (new.ifindex && new.down != old->down)
			tell_link(agent, at, vf->port.name, new.down);
	} else if (device && !new.ifindex) {
		tell_device(agent, at, vf->port.name, "absent", new.dev, "is not there yet");
	}
	*old = new;
}

static void compare_uplink(struct agent *agent, struct followed *at, const struct view *view)
{
	struct seen new;
	bool carrier;

	if (config_is_bridge(view->cfg))
		return; /* has none */
	see(view, EVB_PORT_UPLINK, view->cfg->uplink, &new, &carrier);
	if (at->looked && new.ifindex)
		tell_presence(agent, at, "uplink", &at->uplink, &new);
	if (!new.ifindex)
		tell_device(agent, at, "uplink", "gone", at->looked ? at->uplink.dev : new.dev,
			    "is gone; nothing is followed until the switch is detached");
	else if (at->looked ? carrier != at->carrier : !carrier)
		tell_device(agent, at, "uplink", carrier ? "carrier" : "no_carrier", new.dev,
			    carrier ? "has carrier" : "has no carrier");
	at->uplink = new;
	at->carrier = carrier;
	at->uplink_gone = !new.ifindex;
}

static ino_t pin_ino(const char *name)
{
	char path[PIN_PATH_LEN];
	struct stat st;

	return stat(pin_path(path, name, table_name(TABLE_CONFIG)), &st) ? 0 : st.st_ino;
}

/* one that is being detached is gone when the lock is ours; the next rescan tells it */
static int open_quietly(const struct followed *at, struct view *out)
{
	int lock = pin_lock(false, PIN_LOCK_SECONDS), err;

	if (lock < 0)
		return lock;
	err = pin_ino(at->name) == at->ino ? view_open(at->name, out) : -ENOENT;
	pin_unlock(lock);
	return err;
}

/* the rows and devices as they are now, against those of the last look */
static int compare(struct agent *agent, struct followed *at, bool uplink_only)
{
	struct view view;
	int err = open_quietly(at, &view);

	if (err)
		return err;
	if (uplink_only) {
		compare_uplink(agent, at, &view);
	} else {
		for (unsigned int i = 0; i < config_devices(view.cfg); i++)
			compare_vf(agent, at, &view, config_device(view.cfg, i));
		at->looked = true;
	}
	view_close(&view);
	return 0;
}

static void stop_watching(struct followed *at)
{
	if (at->sock >= 0)
		close(at->sock);
	at->sock = -1;
	at->due = 0;
}

/* later and later, while it fails */
static void try_later(struct followed *at)
{
	at->retry_ns = at->retry_ns ? at->retry_ns * 2 : RETRY_NS;
	if (at->retry_ns > RETRY_MAX_NS)
		at->retry_ns = RETRY_MAX_NS;
	at->due = wait_now() + at->retry_ns;
}

/* one look; the uplink first, because without it nothing can be followed */
static void follow(struct agent *agent, struct followed *at)
{
	int err;

	at->due = 0;
	if (pin_ino(at->name) != at->ino)
		return; /* the next rescan tells */
	err = compare(agent, at, true);
	if (!err && at->uplink_gone) {
		stop_watching(at);
		return;
	}
	if (!err)
		err = change_follow(at->name, true, NULL);
	if (!err)
		err = compare(agent, at, false);
	if (err && pin_ino(at->name) == at->ino)
		try_later(at);
	else
		at->retry_ns = 0;
}

/* ---- sockets */

static int watch_here(void)
{
	struct sockaddr_nl addr = {.nl_family = AF_NETLINK, .nl_groups = RTMGRP_LINK};
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE), err;

	if (fd < 0)
		return -errno;
	if (!bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		return fd;
	err = -errno;
	close(fd);
	return err;
}

static int watch_links(const struct followed *at)
{
	int fd = netns_find(&at->netns), old = -1, sock;

	if (fd < 0)
		return log_err_r(fd,
				 "%s: its network namespace is gone, or has neither a name "
				 "nor a process",
				 at->name);
	sock = netns_enter(fd, &old);
	if (!sock)
		sock = watch_here();
	netns_leave(old);
	close(fd);
	if (sock < 0)
		log_err("%s: cannot watch its devices: %s", at->name, log_errno(sock));
	return sock;
}

/*
 * All that came is one reason to look; what was lost (ENOBUFS) is as well. Where looking fails, a
 * device that flaps does not make it fail more often.
 */
static void drain(struct followed *at)
{
	uint64_t due;
	char buf[16384];
	ssize_t n;

	do
		n = recv(at->sock, buf, sizeof(buf), MSG_TRUNC);
	while (n > 0 || (n < 0 && (errno == EINTR || errno == ENOBUFS)));
	due = wait_now() + (at->retry_ns ? at->retry_ns : SETTLE_NS);
	if (!at->due || due < at->due)
		at->due = due;
}

/* ---- switches */

static bool is_wanted(const struct agent *agent, const char *name)
{
	for (int i = 0; i < agent->ctx->n_args; i++)
		if (!strcmp(agent->ctx->args[i], name))
			return true;
	return agent->ctx->n_args == 0;
}

static struct followed *find(const struct agent *agent, const char *name)
{
	for (unsigned int i = 0; i < agent->n; i++)
		if (!strcmp(agent->switches[i]->name, name))
			return agent->switches[i];
	return NULL;
}

static int read_netns(const char *name, struct netns *out)
{
	struct tables tables = TABLES_NONE;
	struct evb_config_val *val = NULL;
	int err = tables_open(name, &tables);

	if (!err)
		err = tables_config(&tables, &val);
	if (!err)
		*out = (struct netns){.dev = val->netns_dev, .ino = val->netns_ino};
	free(val);
	tables_close(&tables);
	return err;
}

/* below the lock */
static int found(const char *name, void *arg)
{
	struct agent *agent = arg;
	struct followed *at;

	if (!is_wanted(agent, name) || find(agent, name) || !view_ready(name))
		return 0;
	if (agent->n == SWITCHES_MAX)
		return log_err_r(-E2BIG, "agent: more than %d switches", SWITCHES_MAX);
	at = calloc(1, sizeof(*at));
	if (!at)
		return log_err_r(-ENOMEM, "out of memory");
	snprintf(at->name, sizeof(at->name), "%s", name);
	at->ino = pin_ino(name);
	at->sock = -1;
	if (read_netns(name, &at->netns)) {
		free(at);
		return 0;
	}
	agent->switches[agent->n++] = at;
	at->sock = watch_links(at);
	if (at->sock < 0)
		at->sock = -1;
	else
		at->due = wait_now();
	return 0;
}

/* not below the lock: a reader of stdout may be slow */
static void tell_new(struct agent *agent)
{
	for (unsigned int i = 0; i < agent->n; i++) {
		struct followed *at = agent->switches[i];

		if (at->told)
			continue;
		at->told = true;
		tell(agent, at, "", at->sock < 0 ? "not_followed" : "followed", "",
		     at->sock < 0 ? "not followed" : "followed");
	}
}

static void forget(struct agent *agent, unsigned int i)
{
	stop_watching(agent->switches[i]);
	free(agent->switches[i]);
	agent->switches[i] = agent->switches[--agent->n];
}

/* true: nobody but we hold its namespace */
static bool netns_is_gone(const struct followed *at)
{
	int fd = netns_find(&at->netns);

	if (fd >= 0)
		close(fd);
	return fd == -ENOENT;
}

static int rescan(struct agent *agent)
{
	int lock, err;

	for (unsigned int i = 0; i < agent->n;) {
		struct followed *at = agent->switches[i];

		if (pin_ino(at->name) != at->ino) {
			tell(agent, at, "", "detached", "", "was detached");
			forget(agent, i);
			continue;
		}
		if (at->sock >= 0 && netns_is_gone(at)) {
			tell(agent, at, "", "netns_gone", "",
			     "its network namespace is gone; detach the switch");
			stop_watching(at);
		}
		i++;
	}
	lock = pin_lock(false, PIN_LOCK_SECONDS);
	if (lock == -ENOENT)
		return 0;
	if (lock < 0)
		return 0; /* logged; in 2 s again */
	err = pin_switch_each(found, agent);
	pin_unlock(lock);
	tell_new(agent);
	return err;
}

/* ---- until a signal */

static uint64_t next_due(const struct agent *agent, uint64_t rescan_due)
{
	uint64_t due = rescan_due;

	for (unsigned int i = 0; i < agent->n; i++)
		if (agent->switches[i]->due && agent->switches[i]->due < due)
			due = agent->switches[i]->due;
	return due;
}

/* 0: go on, 1: ended by a signal, or a negative errno */
static int agent_wait(struct agent *agent, int signals, uint64_t due)
{
	struct pollfd fds[1 + SWITCHES_MAX] = {{.fd = signals, .events = POLLIN}};

	for (unsigned int i = 0; i < agent->n; i++) {
		fds[1 + i].fd = agent->switches[i]->sock;
		fds[1 + i].events = POLLIN;
	}
	if (poll(fds, 1 + agent->n, wait_ms(due)) < 0 && errno != EINTR)
		return log_err_r(-errno, "cannot wait for changes: %s", log_errno(errno));
	for (unsigned int i = 0; i < agent->n; i++)
		if (fds[1 + i].fd >= 0 && fds[1 + i].revents)
			drain(agent->switches[i]);
	for (unsigned int i = 0; i < agent->n; i++)
		if (agent->switches[i]->due && agent->switches[i]->due <= wait_now())
			follow(agent, agent->switches[i]);
	return agent->failed ? agent->failed : wait_ended(signals);
}

/* it may come later, or be a slip of the pen */
static void tell_missing(const struct agent *agent)
{
	for (int i = 0; i < agent->ctx->n_args; i++)
		if (!find(agent, agent->ctx->args[i]))
			log_info("%s: not attached; waiting for it", agent->ctx->args[i]);
}

static int agent_run(struct agent *agent, int signals)
{
	uint64_t due = wait_now() + RESCAN_NS;
	int ret = rescan(agent);

	if (!ret)
		tell_missing(agent);
	while (!ret) {
		ret = agent_wait(agent, signals, next_due(agent, due));
		if (!ret && wait_now() >= due) {
			ret = rescan(agent);
			due = wait_now() + RESCAN_NS;
		}
	}
	return ret < 0 ? ret : 0;
}

/* from now on nobody follows: `auto` means that the link is up */
static void agent_end(struct agent *agent)
{
	while (agent->n) {
		struct followed *at = agent->switches[agent->n - 1];

		if (at->sock >= 0 && pin_ino(at->name) == at->ino)
			change_follow(at->name, false, NULL);
		forget(agent, agent->n - 1);
	}
}

int cmd_agent(const struct cmd_ctx *ctx)
{
	struct agent agent = {.ctx = ctx};
	int signals, err;

	for (int i = 0; i < ctx->n_args; i++)
		if (!pin_name_ok(ctx->args[i])) {
			log_err("no switch is called '%s': a name is 1 to 15 of A-Z a-z 0-9 _ -",
				ctx->args[i]);
			return CMD_FAILED;
		}
	if (pin_root_check())
		return CMD_FAILED;
	signals = wait_signals();
	if (signals < 0)
		return CMD_FAILED;
	log_set_json(false); /* errors are told when they happen */
	err = agent_run(&agent, signals);
	agent_end(&agent);
	close(signals);
	if (!err)
		log_clear();
	return err ? CMD_FAILED : CMD_OK;
}
