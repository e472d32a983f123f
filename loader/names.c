/* SPDX-License-Identifier: GPL-2.0-only */
/* names.c - enums as words; each table is held to its enum by its length. */
#include "names.h"

#include <stddef.h>

#include "evb_wire.h"

/* An enumerator without a word would leave a NULL in the middle, which the unit test looks for. */
#define ASSERT_TABLE(table, max) \
	_Static_assert(sizeof(table) / sizeof((table)[0]) == (max), #table " does not fit " #max)

#define NAME_OF(table, i) name_of(table, sizeof(table) / sizeof((table)[0]), (unsigned int)(i))

static const char *name_of(const char *const *table, size_t n, unsigned int i)
{
	return i < n && table[i] ? table[i] : "?";
}

/* clang-format off */
static const char *const kind_names[] = {
	[EVB_KIND_NONE] = "none",
	[EVB_KIND_UPLINK] = "uplink",
	[EVB_KIND_PF] = "pf",
	[EVB_KIND_VETH] = "veth",
	[EVB_KIND_TAP] = "tap",
	[EVB_KIND_MACVTAP] = "macvtap",
	[EVB_KIND_AFXDP] = "afxdp",
	[EVB_KIND_PORT] = "port",
	[EVB_KIND_CASCADE] = "cascade",
	[EVB_KIND_REPLICATION] = "replication",
};
ASSERT_TABLE(kind_names, EVB_KIND__MAX);

static const char *const channel_names[] = {
	[EVB_CHANNEL_NONE] = "none",
	[EVB_CHANNEL_S] = "s-tag",
	[EVB_CHANNEL_E] = "e-tag",
	[EVB_CHANNEL_VN] = "vn-tag",
};
ASSERT_TABLE(channel_names, EVB_CHANNEL__MAX);

static const char *const relay_names[] = {
	[EVB_RELAY_VEB] = "veb",
	[EVB_RELAY_VEPA] = "vepa",
	[EVB_RELAY_PRIVATE] = "private",
	[EVB_RELAY_BRIDGE] = "bridge",
	[EVB_RELAY_EXTENDER] = "extender",
};
ASSERT_TABLE(relay_names, EVB_RELAY__MAX);

static const char *const state_names[] = {
	[EVB_STATE_AUTO] = "auto",
	[EVB_STATE_ENABLE] = "enable",
	[EVB_STATE_DISABLE] = "disable",
};
ASSERT_TABLE(state_names, EVB_STATE__MAX);

static const char *const send_names[] = {
	[EVB_SEND_NONE] = "none",
	[EVB_SEND_DEV] = "dev",
	[EVB_SEND_PEER] = "peer",
	[EVB_SEND_WIRE] = "wire",
	[EVB_SEND_STACK] = "stack",
	[EVB_SEND_INGRESS] = "ingress",
};
ASSERT_TABLE(send_names, EVB_SEND__MAX);

static const char *const drop_names[] = {
	[EVB_DROP_NONE] = "none",
	[EVB_DROP_LINK] = "link",
	[EVB_DROP_BAD_FRAME] = "bad_frame",
	[EVB_DROP_CHANNEL] = "channel",
	[EVB_DROP_DIRECTION] = "direction",
	[EVB_DROP_INJECT] = "inject",
	[EVB_DROP_CONTROL] = "control",
	[EVB_DROP_SPOOF_MAC] = "spoof_mac",
	[EVB_DROP_VLAN_TAGGED] = "vlan_tagged",
	[EVB_DROP_VLAN_FILTER] = "vlan_filter",
	[EVB_DROP_GUARD] = "guard",
	[EVB_DROP_ACL] = "acl",
	[EVB_DROP_RATE] = "rate",
	[EVB_DROP_STORM] = "storm",
	[EVB_DROP_LEARN_LIMIT] = "learn_limit",
	[EVB_DROP_SELF] = "self",
	[EVB_DROP_ISOLATED] = "isolated",
	[EVB_DROP_REFLECTED] = "reflected",
	[EVB_DROP_HAIRPIN] = "hairpin",
	[EVB_DROP_NO_TARGET] = "no_target",
	[EVB_DROP_MTU] = "mtu",
	[EVB_DROP_SEND] = "send",
};
ASSERT_TABLE(drop_names, EVB_DROP__MAX);

static const char *const fdb_kind_names[] = {
	[EVB_FDB_STATIC] = "static",
	[EVB_FDB_LEARNED] = "learned",
};
ASSERT_TABLE(fdb_kind_names, EVB_FDB__MAX);

static const char *const event_names[] = {
	[EVB_EVENT_REFUSED] = "refused",
	[EVB_EVENT_LEARNED] = "learned",
	[EVB_EVENT_MOVED] = "moved",
};
ASSERT_TABLE(event_names, EVB_EVENT__MAX);

static const char *const undo_names[] = {
	[EVB_UNDO_NONE] = "none",
	[EVB_UNDO_GUEST] = "guest",
	[EVB_UNDO_FEATURE] = "feature",
	[EVB_UNDO_PROMISC] = "promisc",
	[EVB_UNDO_QDISC] = "qdisc",
	[EVB_UNDO_FILTER] = "filter",
	[EVB_UNDO_XDP] = "xdp",
	[EVB_UNDO_LINK] = "link",
	[EVB_UNDO_DROPS] = "drops",
	[EVB_UNDO_DOWN] = "down",
	[EVB_UNDO_RCU] = "rcu",
};
ASSERT_TABLE(undo_names, EVB_UNDO__MAX);
/* clang-format on */

const char *evb_kind_name(enum evb_port_kind kind)
{
	return NAME_OF(kind_names, kind);
}

const char *evb_channel_name(enum evb_channel channel)
{
	return NAME_OF(channel_names, channel);
}

const char *evb_relay_name(enum evb_relay relay)
{
	return NAME_OF(relay_names, relay);
}

const char *evb_state_name(enum evb_state state)
{
	return NAME_OF(state_names, state);
}

const char *evb_send_name(enum evb_send send)
{
	return NAME_OF(send_names, send);
}

const char *evb_drop_name(enum evb_drop drop)
{
	return NAME_OF(drop_names, drop);
}

const char *evb_fdb_kind_name(enum evb_fdb_kind kind)
{
	return NAME_OF(fdb_kind_names, kind);
}

const char *evb_event_name(enum evb_event_what what)
{
	return NAME_OF(event_names, what);
}

const char *evb_undo_name(enum evb_undo undo)
{
	return NAME_OF(undo_names, undo);
}

const char *evb_tpid_name(unsigned int tpid)
{
	return tpid == EVB_TPID_C ? "802.1Q" : tpid == EVB_TPID_S ? "802.1ad" : "?";
}
