/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * random.c - configurations by chance.
 *
 * Not among them: rates and storm control, which depend on the time between two frames; macvtaps,
 * whose hook asks a frame for the socket that sent it, and BPF_PROG_TEST_RUN gives it one of its own;
 * ageing. tests/prog has these.
 */
#include "random.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "random_pools.h"

const char *const random_dev_names[RANDOM_DEVS_MAX] = {"up", "h0", "h1", "h2", "h3", "h4",
						       "h5", "h6", "h7", "k0", "k1", "k2"};

const uint16_t random_vids[RANDOM_VIDS] = {10, 20, 30, 77, 1, 200, 201};

const char *random_kind_name(enum random_kind kind)
{
	static const char *const names[RANDOM_KIND__MAX] = {
		[RANDOM_EDGE] = "edge",		 [RANDOM_CHANNELS] = "channels",
		[RANDOM_BRIDGE] = "bridge",	 [RANDOM_STATION] = "bridge with channels",
		[RANDOM_EXTENDER] = "extender",	 [RANDOM_CONTROL] = "controlling bridge",
		[RANDOM_MIXED] = "mixed bridge",
	};

	return names[kind];
}

/* xorshift64*: the same on every machine */
uint32_t random_below(struct random *r, uint32_t n)
{
	r->state ^= r->state >> 12;
	r->state ^= r->state << 25;
	r->state ^= r->state >> 27;
	return (uint32_t)(r->state * 0x2545f4914f6cdd1dULL >> 32) % n;
}

bool chance(struct random *r, unsigned int percent)
{
	return random_below(r, 100) < percent;
}

/* ---- text */

struct text {
	struct random *r;
	enum random_kind kind;
	char *buf;
	bool acls, groups;
	bool plain; /* ports of which little is asked, as most are: their frames take the short way */
};

static void say(struct text *t, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static void say(struct text *t, const char *fmt, ...)
{
	size_t len = strlen(t->buf);
	va_list args;

	va_start(args, fmt);
	vsnprintf(t->buf + len, RANDOM_TEXT_MAX - len, fmt, args);
	va_end(args);
}

static unsigned int some_vid(struct text *t)
{
	return random_vids[random_below(t->r, chance(t->r, 80) ? 3 : RANDOM_VIDS)];
}

static const char *one_of(struct random *r, const char *const *words, unsigned int n)
{
	return words[random_below(r, n)];
}
#define ONE_OF(r, ...)                                \
	one_of(r, (const char *const[]){__VA_ARGS__}, \
	       sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static bool is_bridge_kind(enum random_kind kind)
{
	return kind == RANDOM_BRIDGE || kind == RANDOM_STATION || kind == RANDOM_CONTROL ||
	       kind == RANDOM_MIXED;
}

static void say_rules(struct text *t, const char *name)
{
	unsigned int n = 1 + random_below(t->r, 4);

	say(t, "  %s:\n", name);
	while (n--) {
		say(t, "    - {action: %s", ONE_OF(t->r, "deny", "deny", "permit", "count"));
		if (chance(t->r, 60))
			say(t, ", dir: %s", ONE_OF(t->r, "tx", "rx"));
		say(t, ", %s}\n",
		    ONE_OF(t->r, "proto: tcp", "proto: udp, dport: 53", "proto: udp, sport: 68",
			   "proto: tcp, dport: 20-30", "type: arp", "type: 0x88b5", "type: ipv6",
			   "src: 10.0.0.5", "dst: 10.0.0.0/29", "src: \"fd00::/64\"", "vlan: 10",
			   "vlan: 0", "proto: icmpv6", "dst_mac: \"ff:ff:ff:ff:ff:ff\"",
			   "src_mac: \"02:00:00:00:ee:01\"", "proto: icmp, src: 10.0.0.5",
			   "vlan: 20, type: ipv4", "proto: sctp, dst: \"fd00::9\""));
	}
}

static void say_head(struct text *t)
{
	say(t, "version: 1\nswitch: lab\n");
	t->acls = chance(t->r, 30);
	t->plain = t->kind == RANDOM_EDGE && chance(t->r, 35);
	if (t->acls) {
		say(t, "acls:\n");
		say_rules(t, "a");
		say_rules(t, "b");
	}
}

/* which VLANs a port is in; returns whether it has a VLAN of its own */
static bool say_vlans(struct text *t, bool extender)
{
	unsigned int how = random_below(t->r, 10);
	bool own = false;

	if (extender)
		how = chance(t->r, 60) ? 0 : 3;
	if (how >= 3 && how <= 6) {
		say(t, ", vlan: %u", some_vid(t));
		own = true;
	}
	if (extender || how < 2)
		return own;
	if (how == 5 || how == 7)
		say(t, ", trunk: [%u, 300-310]", some_vid(t));
	if (how == 6 || how == 8)
		say(t, ", trunk: all");
	if (how == 9)
		say(t, ", trunk: [%u, %u], untagged: %s", 10u, 77u, ONE_OF(t->r, "on", "off"));
	return own;
}

static void say_vlan(struct text *t, bool extender)
{
	bool own = say_vlans(t, extender);

	if (chance(t->r, 15))
		say(t, ", proto: 802.1ad");
	if (!own && extender && chance(t->r, 20))
		say(t, ", qos: %u", 1 + random_below(t->r, 7));
	if (!own)
		return;
	if (chance(t->r, 30))
		say(t, ", strip: off");
	if (chance(t->r, 25))
		say(t, ", qos: %u", 1 + random_below(t->r, 7));
	else if (chance(t->r, 15))
		say(t, ", dscp: on");
}

static void say_guard(struct text *t)
{
	say(t, ", guard: %s",
	    ONE_OF(t->r, "{ipv4: [10.0.0.5]}", "{ipv4: [10.0.0.4/31], ipv6: [\"fd00::5\"]}",
		   "{ipv6: [\"fd00::4/126\"]}",
		   "{ipv4: [10.0.0.5, 10.0.0.6], ipv6: [\"fd00::/64\"]}"));
}

/* keys that VFs and ports of a bridge share */
static void say_policy(struct text *t, bool extender)
{
	say_vlan(t, extender);
	if (!extender && chance(t->r, 20))
		say(t, ", isolated: on");
	if (chance(t->r, 12))
		say(t, ", allmulti: off%s",
		    ONE_OF(t->r, "", ", multicast: [\"01:00:5e:01:02:03\"]"));
	if (chance(t->r, 12))
		say(t, ", state: %s", ONE_OF(t->r, "disable", "enable"));
	if (t->acls && chance(t->r, 40))
		say(t, ", acl: %s", ONE_OF(t->r, "a", "b"));
	if (chance(t->r, 12))
		say_guard(t);
}

/* ---- edge switches and extenders */

static void say_macs(struct text *t, unsigned int id)
{
	if (chance(t->r, 15))
		say(t, ", mac: [\"02:00:00:00:01:%02x\", \"02:00:00:01:01:%02x\"]", id, id);
	else if (chance(t->r, 8)) /* of several ports in several VLANs */
		say(t, ", mac: \"02:00:00:00:02:00\"");
	else
		say(t, ", mac: \"02:00:00:00:01:%02x\"", id);
}

static void say_plain(struct text *t, unsigned int id)
{
	say(t, ", mac: \"02:00:00:00:01:%02x\"", id);
	if (chance(t->r, 50))
		say(t, ", vlan: 10%s", ONE_OF(t->r, "", ", strip: off", ", qos: 3"));
	if (chance(t->r, 40))
		say(t, ", isolated: on");
	if (chance(t->r, 8))
		say(t, ", state: disable");
	if (chance(t->r, 10))
		say(t, ", relay: %s", ONE_OF(t->r, "vepa", "private"));
	if (t->acls && chance(t->r, 15))
		say(t, ", acl: a");
	if (chance(t->r, 30))
		say(t, ", hook: xdp");
}

static void say_vf(struct text *t, unsigned int id)
{
	bool extender = t->kind == RANDOM_EXTENDER;

	say(t, "  - {id: %u, dev: h%u", id, id);
	if (t->plain) {
		say_plain(t, id);
		return;
	}
	say_macs(t, id);
	if (t->kind == RANDOM_CHANNELS && chance(t->r, 75))
		say(t, ", channel: %s", ONE_OF(t->r, "blue", "blue", "red"));
	if (!extender && chance(t->r, 25))
		say(t, ", relay: %s", ONE_OF(t->r, "veb", "vepa", "private"));
	if (chance(t->r, 40))
		say(t, ", hook: xdp");
	if (chance(t->r, 25))
		say(t, ", spoofchk: off");
	if (chance(t->r, 20))
		say(t, ", trust: on%s", !extender && chance(t->r, 40) ? ", promisc: on" : "");
	say_policy(t, extender);
}

static void say_pf(struct text *t)
{
	if (chance(t->r, 55))
		return;
	say(t, "pf: {mac: %s", ONE_OF(t->r, "[]", "[\"02:00:00:00:0f:01\"]"));
	if (t->kind == RANDOM_CHANNELS && chance(t->r, 40))
		say(t, ", channel: %s", ONE_OF(t->r, "blue", "red"));
	if (chance(t->r, 50))
		say_vlan(t, false);
	if (chance(t->r, 20))
		say(t, ", isolated: on");
	if (chance(t->r, 20))
		say(t, ", relay: %s", ONE_OF(t->r, "veb", "vepa", "private"));
	if (t->acls && chance(t->r, 30))
		say(t, ", acl: a");
	say(t, "}\n");
}

static void edge(struct text *t)
{
	unsigned int n = 1 + random_below(t->r, 6);

	say_head(t);
	say(t, "uplink: {dev: up}\nrelay: %s\n",
	    ONE_OF(t->r, "veb", "veb", "veb", "vepa", "private"));
	if (t->kind == RANDOM_CHANNELS)
		say(t,
		    "channels:\n"
		    "  - {name: blue, svid: 200%s}\n"
		    "  - {name: red, svid: 201}\n"
		    "  - {name: empty, svid: 77}\n",
		    ONE_OF(t->r, "", ", relay: vepa", ", relay: private"));
	say_pf(t);
	say(t, "vfs:\n");
	for (unsigned int id = 0; id < n; id++) {
		say_vf(t, id);
		say(t, "}\n");
	}
}

/* ids of extended ports: some of them near each other, some at the ends */
static const uint32_t extended_ids[] = {0x12, 0x13, 0x14, 0x112, 0xfff, 1};
#define EXTENDED_IDS (sizeof(extended_ids) / sizeof(extended_ids[0]))

static void say_group_id(struct text *t, bool e, unsigned int i)
{
	if (e)
		say(t, "grp: %u, ecid: 0x%x", 1 + i % 3, i ? 0x1005 : 0x12);
	else
		say(t, "list: 0x%x", i ? 0x3fff : 0x12);
}

static void say_members(struct text *t, unsigned int n_vfs, bool pf, unsigned int n_cascades)
{
	unsigned int said = 0;

	for (unsigned int i = 0; i < n_vfs; i++)
		if (chance(t->r, 60))
			say(t, "%svf%u", said++ ? ", " : "", i);
	for (unsigned int i = 0; i < n_cascades; i++)
		if (chance(t->r, 60))
			say(t, "%sk%u", said++ ? ", " : "", i);
	if (pf && (!said || chance(t->r, 50)))
		say(t, "%spf", said++ ? ", " : "");
	if (!said)
		say(t, "vf0");
}

static void extender(struct text *t)
{
	unsigned int n = 1 + random_below(t->r, 5), n_cascades = random_below(t->r, 3);
	bool e = chance(t->r, 60), pf = false;

	say_head(t);
	say(t, "uplink: {dev: up}\nrelay: extender\ntag: %s\n", e ? "e-tag" : "vn-tag");
	if (chance(t->r, 50)) {
		pf = true;
		say(t, "pf: {%s: 0x77", e ? "ecid" : "vif");
		if (chance(t->r, 30))
			say(t, ", vlan: %u", some_vid(t));
		say(t, "}\n");
	}
	say(t, "vfs:\n");
	for (unsigned int id = 0; id < n; id++) {
		uint32_t ecid = extended_ids[id % EXTENDED_IDS];

		say_vf(t, id);
		say(t, ", %s: 0x%x}\n", e ? "ecid" : "vif", e && id == 3 ? 0xab012 : ecid);
	}
	if (n_cascades)
		say(t, "cascade:\n");
	for (unsigned int i = 0; i < n_cascades; i++)
		say(t, "  - {dev: k%u, ids: [0x%x-0x%x, 0x%x]}\n", i, 0x200 + 0x10 * i,
		    0x203 + 0x10 * i, 0x300 + i);
	if (chance(t->r, 25))
		return;
	say(t, "replication:\n");
	for (unsigned int i = 0; i < 1 + random_below(t->r, 2); i++) {
		say(t, "  - {");
		say_group_id(t, e, i);
		say(t, ", members: [");
		say_members(t, n, pf, n_cascades);
		say(t, "]}\n");
	}
}

/* ---- bridges */

static void say_bridge_port(struct text *t, unsigned int i)
{
	if (chance(t->r, 25))
		say(t, ", reflective_relay: on");
	if (chance(t->r, 15))
		say(t, ", learning: off");
	else if (chance(t->r, 20))
		say(t, ", learn_limit: %u", random_below(t->r, 3));
	if (chance(t->r, 25))
		say(t, ", static: [\"02:00:00:00:05:%02x\"]%s", i,
		    ONE_OF(t->r, "", "", ", spoofchk: on"));
	if (chance(t->r, 8))
		say(t, ", promisc: on");
	say_policy(t, false);
}

struct bridge_dev {
	const char *name;
	bool xdp;
	const char *tag; /* "svid", "ecid", "vif"; NULL: none */
	unsigned int n;	 /* ports with it so far */
	bool bare;
};

static void say_port_of(struct text *t, struct bridge_dev *dev, unsigned int i)
{
	static const unsigned int svids[] = {200, 201, 10, 77, 30};

	say(t, "  - {name: p%u, dev: %s", i, dev->name);
	if (dev->xdp)
		say(t, ", hook: xdp");
	if (dev->tag && (dev->bare || chance(t->r, 75) || dev->n == 0)) {
		if (!strcmp(dev->tag, "svid"))
			say(t, ", svid: %u", svids[dev->n % 5]);
		else if (!strcmp(dev->tag, "ecid"))
			say(t, ", tag: e-tag, ecid: 0x%x",
			    dev->n == 3 ? 0xab012 : extended_ids[dev->n % EXTENDED_IDS]);
		else
			say(t, ", tag: vn-tag, vif: 0x%x", extended_ids[dev->n % EXTENDED_IDS]);
		dev->n++;
	} else {
		dev->bare = true;
	}
	say_bridge_port(t, i);
	say(t, "}\n");
}

static void tag_devs(struct text *t, struct bridge_dev *devs, unsigned int n)
{
	for (unsigned int i = 0; i < n; i++) {
		devs[i].xdp = chance(t->r, 40);
		if (t->kind == RANDOM_STATION && chance(t->r, 60))
			devs[i].tag = "svid";
		if (t->kind == RANDOM_CONTROL && chance(t->r, 70))
			devs[i].tag = ONE_OF(t->r, "ecid", "ecid", "vif");
		if (t->kind == RANDOM_MIXED)
			devs[i].tag = i ? ONE_OF(t->r, "svid", "ecid", "vif", NULL) : NULL;
	}
}

/* the groups stand for ports that say nothing that keeps them from it, often enough */
static void say_replication(struct text *t, const struct bridge_dev *dev, const unsigned int *ports,
			    unsigned int n, unsigned int i)
{
	unsigned int vids[] = {0, 10, 20};

	say(t, "  - {dev: %s", dev->name);
	if (vids[i % 3])
		say(t, ", vlan: %u", vids[i % 3]);
	say(t, ", ");
	say_group_id(t, !strcmp(dev->tag, "ecid"), i);
	say(t, ", members: [");
	for (unsigned int k = 0; k < n; k++)
		say(t, "%sp%u", k ? ", " : "", ports[k]);
	say(t, "]}\n");
}

static void bridge(struct text *t)
{
	struct bridge_dev devs[4] = {
		{.name = "h0"}, {.name = "h1"}, {.name = "h2"}, {.name = "h3"}};
	unsigned int n = 2 + random_below(t->r, 6), on[4][8], n_on[4] = {};
	unsigned int n_devs = t->kind == RANDOM_BRIDGE ? 4 : 3, groups = 0;

	say_head(t);
	say(t, "relay: bridge\n%sports:\n", ONE_OF(t->r, "", "", "bpdu: forward\n"));
	tag_devs(t, devs, n_devs);
	for (unsigned int i = 0; i < n; i++) {
		unsigned int d = random_below(t->r, n_devs);
		struct bridge_dev *dev = &devs[d];
		unsigned int before = dev->n;

		if (!dev->tag && dev->bare)
			continue;
		say_port_of(t, dev, i);
		if (dev->n > before)
			on[d][n_on[d]++] = i;
	}
	if (t->kind != RANDOM_CONTROL && t->kind != RANDOM_MIXED)
		return;
	for (unsigned int d = 0; d < n_devs; d++) {
		if (!devs[d].tag || !strcmp(devs[d].tag, "svid") || n_on[d] < 2 || chance(t->r, 25))
			continue;
		if (!groups++)
			say(t, "replication:\n");
		say_replication(t, &devs[d], on[d], chance(t->r, 70) ? n_on[d] : 2,
				random_below(t->r, 3));
	}
}

void random_config(struct random *r, enum random_kind kind, char text[RANDOM_TEXT_MAX])
{
	struct text t = {.r = r, .kind = kind, .buf = text};

	text[0] = 0;
	if (kind == RANDOM_EXTENDER)
		extender(&t);
	else if (is_bridge_kind(kind))
		bridge(&t);
	else
		edge(&t);
}

void random_devs(struct random *r, enum random_kind kind, struct model_dev devs[RANDOM_DEVS_MAX])
{
	static const unsigned int mtus[] = {1500, 1500, 1500, 60, 64, 68, 300};
	bool odd = chance(r, 40);

	for (unsigned int i = 0; i < RANDOM_DEVS_MAX; i++) {
		struct model_dev *dev = &devs[i];

		memset(dev, 0, sizeof(*dev));
		dev->name = random_dev_names[i];
		dev->mtu = odd ? mtus[random_below(r, sizeof(mtus) / sizeof(mtus[0]))] : 1500;
		dev->no_link = chance(r, i || kind == RANDOM_EXTENDER ? 3 : 4);
	}
	memcpy(devs[0].mac, (uint8_t[]){0x02, 0, 0, 0, 0x0f, 0}, 6);
}
