/* SPDX-License-Identifier: GPL-2.0-only */
#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "ethtool.h"
#include "fault.h"
#include "hook.h"
#include "log.h"
#include "names.h"
#include "netns.h"
#include "pin.h"

int journal_add(struct journal *journal, const struct evb_undo_val *val)
{
	int fd = journal->tables->fd[TABLE_JOURNAL];
	int err;

	err = fault_point(evb_undo_name(val->what));
	if (err)
		return log_err_r(err, "stopped before a change of %s (%s)", val->dev,
				 evb_undo_name(val->what));
	if (bpf_map_update_elem(fd, &journal->next, val, BPF_NOEXIST))
		return log_err_r(-errno, "cannot note a change of %s: %s", val->dev,
				 log_errno(errno));
	journal->next++;
	return fault_point("change");
}

static int seq_compare(const void *a, const void *b)
{
	const uint32_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

/* all sequence numbers in ascending order; the caller frees *out */
static int journal_list(const struct tables *tables, uint32_t **out)
{
	uint32_t *list = calloc(EVB_JOURNAL_MAX, sizeof(*list));
	uint32_t key, *prev = NULL;
	int n = 0;

	if (!list)
		return -ENOMEM;
	while (n < EVB_JOURNAL_MAX &&
	       !bpf_map_get_next_key(tables->fd[TABLE_JOURNAL], prev, &key)) {
		list[n++] = key;
		prev = &key;
	}
	qsort(list, n, sizeof(*list), seq_compare);
	*out = list;
	return n;
}

int journal_each(const struct tables *tables,
		 int (*fn)(uint32_t seq, const struct evb_undo_val *val, void *arg), void *arg)
{
	struct evb_undo_val val;
	uint32_t *list;
	int n = journal_list(tables, &list), ret = 0;

	if (n < 0)
		return n;
	for (int i = 0; !ret && i < n; i++)
		if (!bpf_map_lookup_elem(tables->fd[TABLE_JOURNAL], &list[i], &val))
			ret = fn(list[i], &val, arg);
	free(list);
	return ret;
}

/* the device that the entry means, under the name that it has now */
static int undo_device(struct nl *nl, const struct evb_undo_val *val, struct nl_link *link)
{
	return nl_link_get(nl, val->ifindex ? NULL : val->dev, val->ifindex, link);
}

static int undo_guest(struct nl *nl, const struct evb_undo_val *val)
{
	struct nl_link link;
	int err;

	if (nl_link_get(nl, val->dev, 0, &link) || !nl_link_is_ours(&link, val->text))
		return 0;
	err = nl_link_delete(nl, link.ifindex);
	return err == -ENODEV ? 0 : err;
}

static int undo_feature(struct nl *nl, const struct evb_undo_val *val)
{
	struct nl_link link;
	int sock, err;

	if (undo_device(nl, val, &link))
		return 0;
	sock = ethtool_open();
	if (sock < 0)
		return sock;
	err = ethtool_feature_set(sock, link.name, val->text, val->old);
	close(sock);
	if (err)
		log_warn("%s: %s could not be set back to %s: %s", link.name, val->text,
			 val->old ? "on" : "off", log_errno(err));
	return 0; /* trying again would not help */
}

static int undo_promisc(struct nl *nl, const struct evb_undo_val *val)
{
	struct nl_link link;

	if (undo_device(nl, val, &link))
		return 0;
	return nl_link_set_flags(nl, link.ifindex, 0, IFF_PROMISC);
}

static int undo_down(struct nl *nl, const struct evb_undo_val *val)
{
	struct nl_link link;

	int err;

	if (undo_device(nl, val, &link))
		return 0;
	err = nl_link_set_flags(nl, link.ifindex, IFF_UP, IFF_UP);
	return err == -ENETDOWN ? 0 : err; /* a macvtap whose parent is down by now: logged */
}

static int undo_busy_is_fine(int err)
{
	return err == -EBUSY || err == -ENODEV ? 0 : err;
}

static int undo_link(const struct evb_undo_val *val, const char *name)
{
	char path[PIN_PATH_LEN];

	return hook_tcx_detach(pin_path(path, name, val->text));
}

#define RCU_EXPEDITED "/sys/kernel/rcu_expedited"
#define HURRY_PROGRAMS 16 /* fewer are not worth a setting of the whole machine */

static const uint32_t hurry_seq = JOURNAL_FIRST - 1;

static int rcu_get(char *value)
{
	int fd = open(RCU_EXPEDITED, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, value, 1);

	if (fd >= 0)
		close(fd);
	return n == 1 ? 0 : -EIO;
}

static int rcu_set(char value)
{
	int fd = open(RCU_EXPEDITED, O_WRONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : write(fd, &value, 1);

	if (fd >= 0)
		close(fd);
	return n == 1 ? 0 : -EIO;
}

void journal_hurry(const struct tables *tables, unsigned int n)
{
	struct evb_undo_val val = {.what = EVB_UNDO_RCU, .old = '0', .dev = "rcu_expedited"};
	char was;

	if (n < HURRY_PROGRAMS || rcu_get(&was) || was != '0')
		return;
	if (bpf_map_update_elem(tables->fd[TABLE_JOURNAL], &hurry_seq, &val, BPF_ANY))
		return;
	if (rcu_set('1'))
		bpf_map_delete_elem(tables->fd[TABLE_JOURNAL], &hurry_seq);
}

void journal_calm(const struct tables *tables)
{
	struct evb_undo_val val;

	if (bpf_map_lookup_elem(tables->fd[TABLE_JOURNAL], &hurry_seq, &val))
		return;
	if (!rcu_set((char)val.old))
		bpf_map_delete_elem(tables->fd[TABLE_JOURNAL], &hurry_seq);
}

static int undo_here(struct nl *nl, const struct evb_undo_val *val, const char *name)
{
	struct nl_link link;

	switch (val->what) {
	case EVB_UNDO_GUEST:
		return undo_guest(nl, val);
	case EVB_UNDO_FEATURE:
		return undo_feature(nl, val);
	case EVB_UNDO_PROMISC:
		return undo_promisc(nl, val);
	case EVB_UNDO_DOWN:
		return undo_down(nl, val);
	case EVB_UNDO_LINK:
		return undo_link(val, name);
	case EVB_UNDO_RCU:
		return rcu_set((char)val->old);
	case EVB_UNDO_QDISC:
	case EVB_UNDO_FILTER:
	case EVB_UNDO_XDP:
		if (undo_device(nl, val, &link))
			return 0;
		break;
	default:
		return 0;
	}
	if (val->what == EVB_UNDO_QDISC)
		return undo_busy_is_fine(hook_qdisc_del(link.ifindex));
	if (val->what == EVB_UNDO_FILTER)
		return undo_busy_is_fine(hook_filter_del(link.ifindex, hook_parent_dir(val->old)));
	return hook_xdp_detach(link.ifindex, 0);
}

/* in the namespace of the entry, which may be a guest's; one that is gone took its device along */
static int undo_one(const struct evb_undo_val *val, const char *name)
{
	struct netns id = {.dev = val->netns_dev, .ino = val->netns_ino};
	int fd = -1, old = -1, err = 0;
	struct nl *nl;

	if (id.ino) {
		fd = netns_find(&id);
		if (fd < 0)
			return 0;
		err = netns_enter(fd, &old);
	}
	if (!err)
		err = nl_open(&nl);
	if (!err) {
		err = undo_here(nl, val, name);
		nl_close(nl);
	}
	netns_leave(old);
	if (fd >= 0)
		close(fd);
	return err;
}

/* which entries are undone */
struct undo_which {
	bool links_only;
	uint32_t port;	    /* 0: any */
	uint32_t ifindex;   /* 0: any */
	uint32_t from, end; /* sequence numbers; end 0: no end */
};

static bool undo_wanted(uint32_t seq, const struct evb_undo_val *val,
			const struct undo_which *which)
{
	if (seq < which->from || (which->end && seq >= which->end))
		return false;
	if (which->links_only && val->what != EVB_UNDO_LINK)
		return false;
	if (which->port && val->port != which->port)
		return false;
	/* a guest's pair is noted before it has an ifindex, its features by the other end's */
	return !which->ifindex || !val->ifindex || val->netns_ino || val->ifindex == which->ifindex;
}

static int undo_entries(const struct tables *tables, const char *name,
			const struct undo_which *which)
{
	struct evb_undo_val val;
	int n, err, first = 0;
	uint32_t *list;

	n = journal_list(tables, &list);
	if (n < 0)
		return n;
	for (int i = n - 1; i >= 0; i--) {
		if (bpf_map_lookup_elem(tables->fd[TABLE_JOURNAL], &list[i], &val) ||
		    !undo_wanted(list[i], &val, which))
			continue;
		err = fault_point("undo");
		if (!err)
			err = undo_one(&val, name);
		if (!first)
			first = err;
		if (!err)
			bpf_map_delete_elem(tables->fd[TABLE_JOURNAL], &list[i]);
	}
	free(list);
	return first;
}

int journal_undo(const struct tables *tables, const char *name)
{
	return undo_entries(tables, name, &(struct undo_which){});
}

int journal_unlink(const struct tables *tables, const char *name)
{
	return undo_entries(tables, name, &(struct undo_which){.links_only = true});
}

int journal_undo_since(const struct tables *tables, const char *name, uint32_t seq)
{
	return undo_entries(tables, name, &(struct undo_which){.from = seq});
}

int journal_undo_port(const struct tables *tables, const char *name, uint32_t port,
		      uint32_t ifindex, uint32_t seq)
{
	return undo_entries(tables, name,
			    &(struct undo_which){.port = port, .ifindex = ifindex, .end = seq});
}

int journal_open(const struct tables *tables, struct journal *out)
{
	uint32_t *list;
	int n = journal_list(tables, &list);

	if (n < 0)
		return log_err_r(n, "out of memory");
	out->tables = tables;
	out->next = n ? list[n - 1] + 1 : JOURNAL_FIRST;
	free(list);
	return 0;
}

void journal_forget(const struct tables *tables, enum evb_undo what, uint32_t port,
		    uint32_t ifindex)
{
	struct evb_undo_val val;
	uint32_t *list;
	int n = journal_list(tables, &list);

	for (int i = 0; i < n; i++)
		if (!bpf_map_lookup_elem(tables->fd[TABLE_JOURNAL], &list[i], &val) &&
		    val.what == what && val.port == port && val.ifindex == ifindex)
			bpf_map_delete_elem(tables->fd[TABLE_JOURNAL], &list[i]);
	if (n >= 0)
		free(list);
}

static int has_match(uint32_t seq, const struct evb_undo_val *val, void *arg)
{
	const struct evb_undo_val *want = arg;

	(void)seq;
	return val->what == want->what && val->port == want->port && val->ifindex == want->ifindex;
}

bool journal_has(const struct tables *tables, enum evb_undo what, uint32_t port, uint32_t ifindex)
{
	struct evb_undo_val want = {.what = what, .port = port, .ifindex = ifindex};

	return journal_each(tables, has_match, &want) > 0;
}

struct drops {
	uint32_t ifindex;
	uint32_t seq;
	bool found;
	struct evb_undo_val val;
};

static int drops_match(uint32_t seq, const struct evb_undo_val *val, void *arg)
{
	struct drops *drops = arg;

	if (val->what != EVB_UNDO_DROPS || val->ifindex != drops->ifindex)
		return 0;
	drops->found = true;
	drops->seq = seq;
	drops->val = *val;
	return 1;
}

uint64_t journal_drops(const struct tables *tables, uint32_t ifindex)
{
	struct drops drops = {.ifindex = ifindex};

	journal_each(tables, drops_match, &drops);
	return drops.val.old;
}

int journal_set_drops(const struct tables *tables, uint32_t ifindex, uint64_t dropped)
{
	struct drops drops = {.ifindex = ifindex};

	journal_each(tables, drops_match, &drops);
	if (!drops.found)
		return 0;
	drops.val.old = dropped;
	if (bpf_map_update_elem(tables->fd[TABLE_JOURNAL], &drops.seq, &drops.val, BPF_EXIST))
		return -errno;
	return 0;
}
