// SPDX-License-Identifier: GPL-2.0-only
/*
 * nl.c - see nl.h
 *
 * One request at a time: nl_talk() sends it and reads until its acknowledgement, or the end of a
 * dump. Dumps are collected first and handed out afterwards, so that callbacks may use the handle.
 */
#include "nl.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <libmnl/libmnl.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/net_namespace.h>
#include <linux/pkt_cls.h>
#include <linux/pkt_sched.h>
#include <linux/rtnetlink.h>
#include <linux/veth.h>

#include "log.h"
#include "netns.h"

#define NL_REQUEST_LEN 4096
#define NL_REPLY_LEN (64 * 1024) /* a link with all its attributes has about 3 kB */
#define NL_DUMP_TRIES 5
#define NL_OPER_UP 6 /* IF_OPER_UP of linux/if.h, which cannot be had together with net/if.h */
#define NL_TUN_TAP 2 /* IFF_TAP of linux/if_tun.h, likewise */

struct nl {
	struct mnl_socket *sock;
	unsigned int seq;
	bool interrupted; /* the dump that is being read is not of one instant */
	int netns_fd;	  /* where it was opened; the peer of a veth may live in the same */
	char extack[256];
	char request[NL_REQUEST_LEN];
	char reply[NL_REPLY_LEN];
};

/* called for each message of a reply; non-zero stops and is returned */
typedef int (*nl_msg_fn)(const struct nlmsghdr *msg, void *arg);

/* ---- handle */

static int nl_open_here(struct nl *nl)
{
	int one = 1;

	nl->netns_fd = netns_open_current();
	if (nl->netns_fd < 0)
		return nl->netns_fd;
	nl->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!nl->sock)
		return -errno;
	if (mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0)
		return -errno;
	/* both only make errors more readable; a kernel without them is fine */
	mnl_socket_setsockopt(nl->sock, NETLINK_EXT_ACK, &one, sizeof(one));
	mnl_socket_setsockopt(nl->sock, NETLINK_CAP_ACK, &one, sizeof(one));
	return 0;
}

int nl_open(struct nl **out)
{
	struct nl *nl = calloc(1, sizeof(*nl));
	int err;

	if (!nl)
		return log_err_r(-ENOMEM, "rtnetlink: %s", log_errno(ENOMEM));
	nl->netns_fd = -1;
	err = nl_open_here(nl);
	if (err) {
		nl_close(nl);
		return log_err_r(err, "rtnetlink: cannot open a socket: %s", log_errno(err));
	}
	*out = nl;
	return 0;
}

int nl_open_in(int netns_fd, struct nl **out)
{
	int old, err;

	err = netns_enter(netns_fd, &old);
	if (err)
		return err;
	err = nl_open(out);
	netns_leave(old);
	return err;
}

void nl_close(struct nl *nl)
{
	if (!nl)
		return;
	if (nl->sock)
		mnl_socket_close(nl->sock);
	if (nl->netns_fd >= 0)
		close(nl->netns_fd);
	free(nl);
}

/* ---- requests and replies */

static struct nlmsghdr *nl_request(struct nl *nl, uint16_t type, uint16_t flags)
{
	struct nlmsghdr *msg;

	memset(nl->request, 0, sizeof(nl->request));
	msg = mnl_nlmsg_put_header(nl->request);
	msg->nlmsg_type = type;
	msg->nlmsg_flags = NLM_F_REQUEST | flags;
	msg->nlmsg_seq = ++nl->seq;
	nl->interrupted = false;
	nl->extack[0] = '\0';
	return msg;
}

static struct nlmsghdr *nl_request_link(struct nl *nl, uint16_t type, uint16_t flags, int ifindex)
{
	struct nlmsghdr *msg = nl_request(nl, type, flags);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(msg, sizeof(*ifi));

	ifi->ifi_family = AF_UNSPEC;
	ifi->ifi_index = ifindex;
	return msg;
}

/* keeps the text that the kernel has put behind an error, if any */
static void nl_keep_extack(struct nl *nl, const struct nlmsghdr *msg)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(msg);
	size_t off = sizeof(*e);
	const struct nlattr *attr;

	if (!(msg->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(msg->nlmsg_flags & NLM_F_CAPPED))
		off += mnl_nlmsg_get_payload_len(&e->msg);
	mnl_attr_for_each(attr, msg, off) {
		if (mnl_attr_get_type(attr) != NLMSGERR_ATTR_MSG)
			continue;
		snprintf(nl->extack, sizeof(nl->extack), "%.*s",
			 (int)mnl_attr_get_payload_len(attr), mnl_attr_get_str(attr));
	}
}

static int nl_error(struct nl *nl, const struct nlmsghdr *msg)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(msg);

	if (mnl_nlmsg_get_payload_len(msg) < sizeof(*e))
		return -EBADMSG;
	nl_keep_extack(nl, msg);
	return e->error;
}

/* end of a dump: carries an errno if the kernel could not finish it */
static int nl_done(const struct nl *nl, const struct nlmsghdr *msg)
{
	const int *err = mnl_nlmsg_get_payload(msg);

	if (mnl_nlmsg_get_payload_len(msg) >= sizeof(*err) && *err < 0)
		return *err;
	return nl->interrupted ? -EAGAIN : 0;
}

/* 1: go on reading; 0: done; or a negative errno, or what @fn returned */
static int nl_handle(struct nl *nl, const struct nlmsghdr *msg, nl_msg_fn fn, void *arg)
{
	int err;

	if (msg->nlmsg_seq != nl->seq)
		return 1; /* left over from a request that was given up */
	/* something changed during a dump; it must be read to its end before the next begins */
	if (msg->nlmsg_flags & NLM_F_DUMP_INTR)
		nl->interrupted = true;
	if (msg->nlmsg_type == NLMSG_ERROR)
		return nl_error(nl, msg);
	if (msg->nlmsg_type == NLMSG_DONE)
		return nl_done(nl, msg);
	if (msg->nlmsg_type < NLMSG_MIN_TYPE || !fn)
		return 1;
	err = fn(msg, arg);
	return err ? err : 1;
}

/* a request must ask for an acknowledgement or be a dump, so that there is an end */
static int nl_talk(struct nl *nl, struct nlmsghdr *msg, nl_msg_fn fn, void *arg)
{
	ssize_t len;
	int err = 1;

	if (mnl_socket_sendto(nl->sock, msg, msg->nlmsg_len) < 0)
		return -errno;
	while (err == 1) {
		const struct nlmsghdr *reply = (const struct nlmsghdr *)nl->reply;
		int left;

		len = mnl_socket_recvfrom(nl->sock, nl->reply, sizeof(nl->reply));
		if (len < 0 && errno == EINTR)
			continue;
		if (len < 0)
			return -errno;
		left = (int)len;
		while (err == 1 && mnl_nlmsg_ok(reply, left)) {
			err = nl_handle(nl, reply, fn, arg);
			reply = mnl_nlmsg_next(reply, &left);
		}
	}
	return err;
}

/* ": the kernel's words" or the errno's, for the end of a message */
static const char *nl_reason(const struct nl *nl, int err)
{
	return nl->extack[0] ? nl->extack : log_errno(err);
}

/* ---- links: reading */

static void read_stats(const struct nlattr *attr, struct nl_stats *out)
{
	struct rtnl_link_stats64 s = {0};
	size_t len = mnl_attr_get_payload_len(attr);

	memcpy(&s, mnl_attr_get_payload(attr), len < sizeof(s) ? len : sizeof(s));
	*out = (struct nl_stats){
		.rx_packets = s.rx_packets,
		.tx_packets = s.tx_packets,
		.rx_bytes = s.rx_bytes,
		.tx_bytes = s.tx_bytes,
		.rx_errors = s.rx_errors,
		.tx_errors = s.tx_errors,
		.rx_dropped = s.rx_dropped,
		.tx_dropped = s.tx_dropped,
		.multicast = s.multicast,
	};
}

static void read_xdp(const struct nlattr *nest, struct nl_link *out)
{
	static const enum nl_xdp_mode modes[] = {
		[XDP_ATTACHED_NONE] = NL_XDP_NONE,   [XDP_ATTACHED_DRV] = NL_XDP_NATIVE,
		[XDP_ATTACHED_SKB] = NL_XDP_GENERIC, [XDP_ATTACHED_HW] = NL_XDP_HW,
		[XDP_ATTACHED_MULTI] = NL_XDP_MULTI,
	};
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		uint8_t mode;

		switch (mnl_attr_get_type(attr)) {
		case IFLA_XDP_ATTACHED:
			mode = mnl_attr_get_u8(attr);
			if (mode < sizeof(modes) / sizeof(modes[0]))
				out->xdp_mode = modes[mode];
			break;
		case IFLA_XDP_PROG_ID:
			out->xdp_prog_id = mnl_attr_get_u32(attr);
			break;
		}
	}
}

static void read_string(const struct nlattr *attr, char *out, size_t len)
{
	snprintf(out, len, "%.*s", (int)mnl_attr_get_payload_len(attr), mnl_attr_get_str(attr));
}

static void read_tun(const struct nlattr *nest, struct nl_link *out)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest)
		if (mnl_attr_get_type(attr) == IFLA_TUN_TYPE)
			out->tap = mnl_attr_get_u8(attr) == NL_TUN_TAP;
}

static void read_macvtap(const struct nlattr *nest, struct nl_link *out)
{
	uint32_t mode = 0, addresses = 0;
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == IFLA_MACVLAN_MODE)
			mode = mnl_attr_get_u32(attr);
		if (mnl_attr_get_type(attr) == IFLA_MACVLAN_MACADDR_COUNT)
			addresses = mnl_attr_get_u32(attr);
	}
	out->deaf = mode == MACVLAN_MODE_SOURCE && !addresses;
}

static void read_linkinfo(const struct nlattr *nest, struct nl_link *out)
{
	const struct nlattr *data = NULL;
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == IFLA_INFO_KIND)
			read_string(attr, out->kind, sizeof(out->kind));
		if (mnl_attr_get_type(attr) == IFLA_INFO_DATA)
			data = attr;
	}
	if (data && !strcmp(out->kind, "tun"))
		read_tun(data, out);
	if (data && !strcmp(out->kind, "macvtap"))
		read_macvtap(data, out);
}

static void read_link_number(const struct nlattr *attr, struct nl_link *out)
{
	switch (mnl_attr_get_type(attr)) {
	case IFLA_MTU:
		out->mtu = mnl_attr_get_u32(attr);
		break;
	case IFLA_LINK:
		out->peer = (int)mnl_attr_get_u32(attr);
		break;
	case IFLA_LINK_NETNSID:
		out->peer_nsid = (int)mnl_attr_get_u32(attr);
		break;
	case IFLA_MASTER:
		out->master = (int)mnl_attr_get_u32(attr);
		break;
	case IFLA_GROUP:
		out->group = mnl_attr_get_u32(attr);
		break;
	case IFLA_PROMISCUITY:
		out->promiscuity = mnl_attr_get_u32(attr);
		break;
	case IFLA_NUM_TX_QUEUES:
		out->tx_queues = mnl_attr_get_u32(attr);
		break;
	case IFLA_NUM_RX_QUEUES:
		out->rx_queues = mnl_attr_get_u32(attr);
		break;
	case IFLA_GSO_MAX_SIZE:
		out->gso_max_size = mnl_attr_get_u32(attr);
		break;
	}
}

static void read_link_attr(const struct nlattr *attr, struct nl_link *out)
{
	switch (mnl_attr_get_type(attr)) {
	case IFLA_IFNAME:
		read_string(attr, out->name, sizeof(out->name));
		break;
	case IFLA_IFALIAS:
		read_string(attr, out->alias, sizeof(out->alias));
		break;
	case IFLA_ADDRESS:
		if (mnl_attr_get_payload_len(attr) == sizeof(out->mac)) {
			memcpy(out->mac, mnl_attr_get_payload(attr), sizeof(out->mac));
			out->has_mac = !out->loopback;
		}
		break;
	case IFLA_OPERSTATE:
		out->operstate = mnl_attr_get_u8(attr);
		break;
	case IFLA_CARRIER:
		out->carrier = mnl_attr_get_u8(attr) != 0;
		break;
	case IFLA_LINKINFO:
		read_linkinfo(attr, out);
		break;
	case IFLA_XDP:
		read_xdp(attr, out);
		break;
	case IFLA_STATS64:
		read_stats(attr, &out->stats);
		break;
	default:
		read_link_number(attr, out);
	}
}

static void read_link(const struct nlmsghdr *msg, struct nl_link *out)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(msg);
	const struct nlattr *attr;

	memset(out, 0, sizeof(*out));
	out->ifindex = ifi->ifi_index;
	out->flags = ifi->ifi_flags;
	out->loopback = ifi->ifi_type == ARPHRD_LOOPBACK;
	out->peer_nsid = -1;
	mnl_attr_for_each(attr, msg, sizeof(*ifi)) read_link_attr(attr, out);
	if (ifi->ifi_type != ARPHRD_ETHER)
		out->has_mac = false;
}

static int got_link(const struct nlmsghdr *msg, void *arg)
{
	if (msg->nlmsg_type == RTM_NEWLINK)
		read_link(msg, arg);
	return 0;
}

int nl_link_get(struct nl *nl, const char *name, int ifindex, struct nl_link *out)
{
	struct nl_link link = {0};
	struct nlmsghdr *msg;
	int err;

	if (name && (!*name || strlen(name) >= IFNAMSIZ))
		return -ENODEV;
	if (!name && ifindex <= 0)
		return -ENODEV;
	msg = nl_request_link(nl, RTM_GETLINK, NLM_F_ACK, name ? 0 : ifindex);
	if (name)
		mnl_attr_put_strz(msg, IFLA_IFNAME, name);
	err = nl_talk(nl, msg, got_link, &link);
	if (err)
		return err;
	if (!link.ifindex)
		return -ENODEV;
	*out = link;
	return 0;
}

uint64_t nl_link_lost(const struct nl_link *link)
{
	return strcmp(link->kind, "macvtap") ? link->stats.tx_dropped : link->stats.rx_dropped;
}

struct nl_list {
	void *items;
	size_t size; /* of one */
	size_t count, room;
	int ifindex; /* traffic control: wanted interface */
};

/* a new zeroed item at the end, or NULL */
static void *list_add(struct nl_list *list)
{
	size_t room = list->room ? list->room * 2 : 64;
	void *item;

	if (list->count == list->room) {
		void *items = realloc(list->items, room * list->size);

		if (!items)
			return NULL;
		list->items = items;
		list->room = room;
	}
	item = (char *)list->items + list->count++ * list->size;
	memset(item, 0, list->size);
	return item;
}

static int add_link(const struct nlmsghdr *msg, void *arg)
{
	struct nl_link *link;

	if (msg->nlmsg_type != RTM_NEWLINK)
		return 0;
	link = list_add(arg);
	if (!link)
		return -ENOMEM;
	read_link(msg, link);
	return 0;
}

int nl_link_each(struct nl *nl, int (*fn)(const struct nl_link *link, void *arg), void *arg)
{
	struct nl_list list = {.size = sizeof(struct nl_link)};
	const struct nl_link *links;
	int err = -EAGAIN;
	size_t i;

	for (i = 0; i < NL_DUMP_TRIES && err == -EAGAIN; i++) {
		list.count = 0;
		err = nl_talk(nl, nl_request_link(nl, RTM_GETLINK, NLM_F_DUMP, 0), add_link, &list);
	}
	links = list.items;
	for (i = 0; !err && i < list.count; i++)
		err = fn(&links[i], arg);
	free(list.items);
	return err;
}

/* ---- links: changing */

/* name for messages; asks the kernel, and for a device that is gone says "ifindex N" */
static const char *link_name(struct nl *nl, int ifindex, char *buf, size_t len)
{
	char extack[sizeof(nl->extack)];
	struct nl_link link;

	memcpy(extack, nl->extack, sizeof(extack));
	if (nl_link_get(nl, NULL, ifindex, &link) == 0)
		snprintf(buf, len, "%s", link.name);
	else
		snprintf(buf, len, "ifindex %d", ifindex);
	memcpy(nl->extack, extack, sizeof(extack));
	return buf;
}

static int link_change(struct nl *nl, struct nlmsghdr *msg, int ifindex, const char *what)
{
	char name[32];
	int err = nl_talk(nl, msg, NULL, NULL);

	if (!err)
		return 0;
	link_name(nl, ifindex, name, sizeof(name));
	return log_err_r(err, "%s: cannot %s: %s", name, what, nl_reason(nl, err));
}

int nl_link_set_flags(struct nl *nl, int ifindex, unsigned int flags, unsigned int mask)
{
	struct nlmsghdr *msg = nl_request_link(nl, RTM_NEWLINK, NLM_F_ACK, ifindex);
	struct ifinfomsg *ifi = mnl_nlmsg_get_payload(msg);
	const char *what = "set its flags";

	ifi->ifi_flags = flags & mask;
	ifi->ifi_change = mask;
	if (mask == IFF_UP)
		what = flags & IFF_UP ? "bring it up" : "bring it down";
	if (mask == IFF_PROMISC)
		what = flags & IFF_PROMISC ? "make it promiscuous" : "end its promiscuous mode";
	return link_change(nl, msg, ifindex, what);
}

int nl_link_set_alias(struct nl *nl, int ifindex, const char *alias)
{
	struct nlmsghdr *msg;

	if (strlen(alias) >= NL_ALIAS_LEN)
		return log_err_r(-EINVAL, "alias of %zu characters: at most %d are possible",
				 strlen(alias), NL_ALIAS_LEN - 1);
	msg = nl_request_link(nl, RTM_NEWLINK, NLM_F_ACK, ifindex);
	mnl_attr_put_str(msg, IFLA_IFALIAS, alias);
	return link_change(nl, msg, ifindex, "set its alias");
}

int nl_link_set_mtu(struct nl *nl, int ifindex, unsigned int mtu)
{
	struct nlmsghdr *msg = nl_request_link(nl, RTM_NEWLINK, NLM_F_ACK, ifindex);
	char what[32];

	mnl_attr_put_u32(msg, IFLA_MTU, mtu);
	snprintf(what, sizeof(what), "set its MTU to %u", mtu);
	return link_change(nl, msg, ifindex, what);
}

int nl_link_delete(struct nl *nl, int ifindex)
{
	struct nlmsghdr *msg;
	struct nl_link link;
	int err = nl_link_get(nl, NULL, ifindex, &link);

	if (!err) {
		msg = nl_request_link(nl, RTM_DELLINK, NLM_F_ACK, ifindex);
		err = nl_talk(nl, msg, NULL, NULL);
	}
	if (err == -ENODEV) {
		log_debug("ifindex %d is gone already", ifindex);
		return err;
	}
	if (err)
		return log_err_r(err, "%s: cannot delete it: %s", link.name, nl_reason(nl, err));
	return 0;
}

/* ---- veth pairs */

static void put_veth_end(struct nlmsghdr *msg, const char *name, const struct nl_veth *veth)
{
	mnl_attr_put_strz(msg, IFLA_IFNAME, name);
	if (veth->mtu)
		mnl_attr_put_u32(msg, IFLA_MTU, veth->mtu);
	if (veth->queues) {
		mnl_attr_put_u32(msg, IFLA_NUM_TX_QUEUES, veth->queues);
		mnl_attr_put_u32(msg, IFLA_NUM_RX_QUEUES, veth->queues);
	}
}

static int veth_request(struct nl *nl, const struct nl_veth *veth)
{
	struct nlmsghdr *msg =
		nl_request_link(nl, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, 0);
	struct nlattr *info, *data, *peer;

	put_veth_end(msg, veth->name, veth);
	mnl_attr_put_u32(msg, IFLA_GROUP, NL_GROUP_NEW);
	info = mnl_attr_nest_start(msg, IFLA_LINKINFO);
	mnl_attr_put_strz(msg, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(msg, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(msg, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(msg, sizeof(struct ifinfomsg));
	put_veth_end(msg, veth->peer_name, veth);
	if (veth->peer_netns >= 0)
		mnl_attr_put_u32(msg, IFLA_NET_NS_FD, (uint32_t)veth->peer_netns);
	if (veth->peer_mac)
		mnl_attr_put(msg, IFLA_ADDRESS, 6, veth->peer_mac);
	mnl_attr_nest_end(msg, peer);
	mnl_attr_nest_end(msg, data);
	mnl_attr_nest_end(msg, info);
	return nl_talk(nl, msg, NULL, NULL);
}

/* the kernel says only "File exists": find out which of the two names it means */
static int veth_create_error(struct nl *nl, const struct nl_veth *veth, int err)
{
	char reason[sizeof(nl->extack)];
	struct nl_link link;

	snprintf(reason, sizeof(reason), "%s", nl_reason(nl, err));
	if (err == -EEXIST && nl_link_get(nl, veth->name, 0, &link) == 0)
		return log_err_r(err, "%s: a device of that name exists already", veth->name);
	if (err == -EEXIST)
		return log_err_r(err,
				 "%s: a device of that name exists already in the guest's "
				 "namespace",
				 veth->peer_name);
	return log_err_r(err, "%s: cannot make the veth pair (guest end %s): %s", veth->name,
			 veth->peer_name, reason);
}

/* alias and group in one request: the pair is never without a mark that it is ours */
static int veth_finish(struct nl *nl, int ifindex, const struct nl_veth *veth)
{
	struct nlmsghdr *msg = nl_request_link(nl, RTM_NEWLINK, NLM_F_ACK, ifindex);

	if (veth->alias)
		mnl_attr_put_str(msg, IFLA_IFALIAS, veth->alias);
	mnl_attr_put_u32(msg, IFLA_GROUP, 0);
	return link_change(nl, msg, ifindex, "set its alias");
}

/* A port of a switch has no address of its own. Without IPv6 the kernel refuses: all is well. */
static void veth_no_ipv6(struct nl *nl, int ifindex)
{
	struct nlmsghdr *msg = nl_request_link(nl, RTM_NEWLINK, NLM_F_ACK, ifindex);
	struct nlattr *spec = mnl_attr_nest_start(msg, IFLA_AF_SPEC);
	struct nlattr *inet6 = mnl_attr_nest_start(msg, AF_INET6);
	int err;

	mnl_attr_put_u8(msg, IFLA_INET6_ADDR_GEN_MODE, IN6_ADDR_GEN_MODE_NONE);
	mnl_attr_nest_end(msg, inet6);
	mnl_attr_nest_end(msg, spec);
	err = nl_talk(nl, msg, NULL, NULL);
	if (err)
		log_debug("ifindex %d: no IPv6 address generation to turn off: %s", ifindex,
			  nl_reason(nl, err));
}

static int veth_peer_up(struct nl *nl, int ifindex)
{
	struct nl_link link, peer;
	struct nl *peer_nl;
	int err;

	err = nl_link_get(nl, NULL, ifindex, &link);
	if (err)
		return log_err_r(err, "ifindex %d: gone while the guest was made", ifindex);
	err = nl_peer_open(nl, &link, &peer_nl, &peer, NULL);
	if (err)
		return log_err_r(err, "%s: cannot reach the guest end: %s", link.name,
				 log_errno(err));
	err = nl_link_set_flags(peer_nl, peer.ifindex, IFF_UP, IFF_UP);
	nl_close(peer_nl);
	return err;
}

/* the peer by its name in the namespace it was put in: no search over all namespaces */
static int veth_peer_up_in(const struct nl_veth *veth)
{
	struct nl_link peer;
	struct nl *peer_nl;
	int err;

	err = nl_open_in(veth->peer_netns, &peer_nl);
	if (err)
		return err;
	err = nl_link_get(peer_nl, veth->peer_name, 0, &peer);
	if (err)
		log_err("%s: gone while the guest was made", veth->peer_name);
	else
		err = nl_link_set_flags(peer_nl, peer.ifindex, IFF_UP, IFF_UP);
	nl_close(peer_nl);
	return err;
}

static int veth_setup(struct nl *nl, int ifindex, const struct nl_veth *veth)
{
	int err = veth_finish(nl, ifindex, veth);

	if (err)
		return err;
	veth_no_ipv6(nl, ifindex); /* before it is up: later it would have an address */
	if (!veth->up)
		return 0;
	err = nl_link_set_flags(nl, ifindex, IFF_UP, IFF_UP);
	if (err)
		return err;
	return veth->peer_netns >= 0 ? veth_peer_up_in(veth) : veth_peer_up(nl, ifindex);
}

static bool name_fits(const char *name)
{
	size_t len = name ? strlen(name) : 0;

	return len > 0 && len < IFNAMSIZ;
}

int nl_veth_create(struct nl *nl, const struct nl_veth *veth, int *ifindex)
{
	struct nl_link link;
	int err;

	if (!name_fits(veth->name) || !name_fits(veth->peer_name))
		return log_err_r(-EINVAL,
				 "veth pair %s, %s: a device's name has 1 to %d characters",
				 veth->name ? veth->name : "",
				 veth->peer_name ? veth->peer_name : "", IFNAMSIZ - 1);
	if (veth->alias && strlen(veth->alias) >= NL_ALIAS_LEN)
		return log_err_r(-EINVAL, "%s: its alias is longer than %d characters", veth->name,
				 NL_ALIAS_LEN - 1);
	err = veth_request(nl, veth);
	if (err)
		return veth_create_error(nl, veth, err);
	err = nl_link_get(nl, veth->name, 0, &link);
	if (err)
		return log_err_r(err, "%s: gone while the guest was made", veth->name);
	err = veth_setup(nl, link.ifindex, veth);
	if (err) {
		nl_link_delete(nl, link.ifindex);
		return err;
	}
	if (ifindex)
		*ifindex = link.ifindex;
	return 0;
}

bool nl_link_is_ours(const struct nl_link *link, const char *alias)
{
	if (link->alias[0])
		return strcmp(link->alias, alias) == 0;
	return link->group == NL_GROUP_NEW && strcmp(link->kind, "veth") == 0;
}

/* ---- namespaces of peers */

static int got_nsid(const struct nlmsghdr *msg, void *arg)
{
	const struct nlattr *attr;

	if (msg->nlmsg_type != RTM_NEWNSID)
		return 0;
	mnl_attr_for_each(attr, msg,
			  sizeof(struct rtgenmsg)) if (mnl_attr_get_type(attr) == NETNSA_NSID) *
		(int *)arg = (int)mnl_attr_get_u32(attr);
	return 0;
}

int nl_nsid(struct nl *nl, int netns_fd)
{
	struct nlmsghdr *msg = nl_request(nl, RTM_GETNSID, NLM_F_ACK);
	int nsid = NETNSA_NSID_NOT_ASSIGNED;
	int err;

	mnl_nlmsg_put_extra_header(msg, sizeof(struct rtgenmsg));
	mnl_attr_put_u32(msg, NETNSA_FD, (uint32_t)netns_fd);
	err = nl_talk(nl, msg, got_nsid, &nsid);
	if (err)
		return err;
	return nsid == NETNSA_NSID_NOT_ASSIGNED ? -ENOENT : nsid;
}

struct nsid_search {
	struct nl *nl;
	int nsid;
	int fd;
};

static int nsid_matches(int fd, const struct netns *id, void *arg)
{
	struct nsid_search *s = arg;

	(void)id;
	if (nl_nsid(s->nl, fd) != s->nsid)
		return 0;
	s->fd = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	return s->fd < 0 ? -errno : 1;
}

int nl_nsid_open(struct nl *nl, int nsid)
{
	struct nsid_search s = {.nl = nl, .nsid = nsid, .fd = -1};
	int err;

	if (nsid < 0)
		return -ENOENT;
	err = netns_each(nsid_matches, &s);
	if (err < 0)
		return err;
	return s.fd >= 0 ? s.fd : -ENOENT;
}

int nl_peer_open(struct nl *nl, const struct nl_link *link, struct nl **out, struct nl_link *peer,
		 int *netns_fd)
{
	struct nl *peer_nl = NULL;
	struct nl_link found;
	int fd, err;

	if (strcmp(link->kind, "veth") != 0 || link->peer <= 0)
		return -ENOENT;
	fd = link->peer_nsid < 0 ? fcntl(nl->netns_fd, F_DUPFD_CLOEXEC, 0)
				 : nl_nsid_open(nl, link->peer_nsid);
	if (fd < 0)
		return link->peer_nsid < 0 ? -errno : fd;
	err = nl_open_in(fd, &peer_nl);
	if (!err)
		err = nl_link_get(peer_nl, NULL, link->peer, &found);
	if (err || !netns_fd)
		close(fd);
	else
		*netns_fd = fd;
	if (err) {
		nl_close(peer_nl);
		return err == -ENODEV ? -ENOENT : err;
	}
	*out = peer_nl;
	*peer = found;
	return 0;
}

/* ---- traffic control */

static struct nlmsghdr *nl_request_tc(struct nl *nl, uint16_t type, uint16_t flags, int ifindex,
				      uint32_t parent)
{
	struct nlmsghdr *msg = nl_request(nl, type, flags);
	struct tcmsg *tcm = mnl_nlmsg_put_extra_header(msg, sizeof(*tcm));

	tcm->tcm_family = AF_UNSPEC;
	tcm->tcm_ifindex = ifindex;
	tcm->tcm_parent = parent;
	return msg;
}

struct clsact_search {
	int ifindex;
	int found;
};

static int got_qdisc(const struct nlmsghdr *msg, void *arg)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(msg);
	struct clsact_search *s = arg;
	const struct nlattr *attr;
	char kind[NL_KIND_LEN] = "";

	if (msg->nlmsg_type != RTM_NEWQDISC || tcm->tcm_ifindex != s->ifindex ||
	    tcm->tcm_parent != TC_H_INGRESS)
		return 0;
	mnl_attr_for_each(attr, msg, sizeof(*tcm)) if (mnl_attr_get_type(attr) == TCA_KIND)
		read_string(attr, kind, sizeof(kind));
	s->found = strcmp(kind, "clsact") == 0 ? 1 : 2;
	return 0;
}

int nl_clsact_get(struct nl *nl, int ifindex)
{
	struct clsact_search s = {.ifindex = ifindex};
	int err;

	/* one: a dump would have those of all interfaces; without ECHO the answer is for listeners */
	err = nl_talk(nl, nl_request_tc(nl, RTM_GETQDISC, NLM_F_ACK | NLM_F_ECHO, ifindex,
				    TC_H_INGRESS),
		      got_qdisc, &s);
	return err && err != -ENOENT ? err : s.found;
}

static void read_filter_options(const struct nlattr *nest, struct nl_filter *out)
{
	const struct nlattr *attr;

	mnl_attr_for_each_nested(attr, nest) {
		if (mnl_attr_get_type(attr) == TCA_BPF_ID)
			out->prog_id = mnl_attr_get_u32(attr);
		if (mnl_attr_get_type(attr) == TCA_BPF_NAME)
			read_string(attr, out->name, sizeof(out->name));
	}
}

static int add_filter(const struct nlmsghdr *msg, void *arg)
{
	const struct tcmsg *tcm = mnl_nlmsg_get_payload(msg);
	const struct nlattr *options = NULL;
	struct nl_list *list = arg;
	const struct nlattr *attr;
	struct nl_filter *filter;

	if (msg->nlmsg_type != RTM_NEWTFILTER || tcm->tcm_ifindex != list->ifindex)
		return 0;
	filter = list_add(list);
	if (!filter)
		return -ENOMEM;
	filter->parent = tcm->tcm_parent;
	filter->handle = tcm->tcm_handle;
	filter->priority = (uint16_t)(tcm->tcm_info >> 16);
	filter->protocol = ntohs((uint16_t)tcm->tcm_info);
	mnl_attr_for_each(attr, msg, sizeof(*tcm)) {
		if (mnl_attr_get_type(attr) == TCA_KIND)
			read_string(attr, filter->kind, sizeof(filter->kind));
		if (mnl_attr_get_type(attr) == TCA_OPTIONS)
			options = attr;
	}
	if (options && strcmp(filter->kind, "bpf") == 0)
		read_filter_options(options, filter);
	return 0;
}

int nl_filter_each(struct nl *nl, int ifindex, uint32_t parent,
		   int (*fn)(const struct nl_filter *filter, void *arg), void *arg)
{
	struct nl_list list = {.size = sizeof(struct nl_filter), .ifindex = ifindex};
	const struct nl_filter *filters;
	int err = -EAGAIN;
	size_t i;

	for (i = 0; i < NL_DUMP_TRIES && err == -EAGAIN; i++) {
		list.count = 0;
		err = nl_talk(nl, nl_request_tc(nl, RTM_GETTFILTER, NLM_F_DUMP, ifindex, parent), add_filter,
			      &list);
	}
	filters = list.items;
	for (i = 0; !err && i < list.count; i++)
		err = fn(&filters[i], arg);
	free(list.items);
	return err;
}
