/* SPDX-License-Identifier: GPL-2.0-only */
/* test_config_equal.h - do two configurations say the same? Their texts and positions may differ. */
#pragma once

#include <string.h>

#include "config.h"

#define DIFFERS(member)                                                \
	do {                                                           \
		if (memcmp(&a->member, &b->member, sizeof(a->member))) \
			return #member;                                \
	} while (0)

static inline const char *config_port_difference(const struct config_port *a,
						 const struct config_port *b)
{
	DIFFERS(name);
	DIFFERS(n_macs);
	if (memcmp(a->mac, b->mac, a->n_macs * sizeof(a->mac[0])))
		return "mac";
	DIFFERS(vlan);
	DIFFERS(qos);
	DIFFERS(proto);
	DIFFERS(has_proto);
	DIFFERS(trunk_all);
	DIFFERS(has_trunk);
	DIFFERS(trunk);
	DIFFERS(untagged);
	DIFFERS(strip);
	DIFFERS(spoofchk);
	DIFFERS(isolated);
	DIFFERS(trust);
	DIFFERS(promisc);
	DIFFERS(allmulti);
	DIFFERS(dscp);
	DIFFERS(has_guard);
	DIFFERS(n_multicast);
	if (memcmp(a->multicast, b->multicast, a->n_multicast * sizeof(a->multicast[0])))
		return "multicast";
	DIFFERS(n_guard);
	if (memcmp(a->guard, b->guard, a->n_guard * sizeof(a->guard[0])))
		return "guard";
	DIFFERS(max_tx_rate);
	DIFFERS(max_rx_rate);
	DIFFERS(storm);
	if (!a->acl != !b->acl || (a->acl && strcmp(a->acl->name, b->acl->name)))
		return "acl";
	if (!a->channel != !b->channel ||
	    (a->channel && strcmp(a->channel->name, b->channel->name)))
		return "channel";
	DIFFERS(relay);
	DIFFERS(state);
	DIFFERS(reflective);
	DIFFERS(learning);
	DIFFERS(learn_limit);
	DIFFERS(ecid);
	return NULL;
}

static inline const char *config_vf_difference(const struct config_vf *a, const struct config_vf *b)
{
	DIFFERS(id);
	DIFFERS(number);
	DIFFERS(svid);
	DIFFERS(tag);
	DIFFERS(closed);
	DIFFERS(dev);
	DIFFERS(kind);
	DIFFERS(has_guest);
	DIFFERS(guest_netns);
	DIFFERS(guest_name);
	DIFFERS(mtu);
	DIFFERS(present_later);
	DIFFERS(portgroup);
	DIFFERS(mac_generated);
	DIFFERS(hook);
	return config_port_difference(&a->port, &b->port);
}

static inline const char *config_acl_difference(const struct config_acl *a,
						const struct config_acl *b)
{
	DIFFERS(name);
	DIFFERS(n_rules);
	for (unsigned int i = 0; i < a->n_rules; i++)
		if (a->rules[i].tx != b->rules[i].tx || a->rules[i].rx != b->rules[i].rx ||
		    memcmp(&a->rules[i].rule, &b->rules[i].rule, sizeof(a->rules[i].rule)))
			return "rules";
	return NULL;
}

static inline const char *config_channel_difference(const struct config_channel *a,
						    const struct config_channel *b)
{
	DIFFERS(name);
	DIFFERS(svid);
	DIFFERS(relay);
	DIFFERS(number);
	return NULL;
}

static inline const char *config_cascade_difference(const struct config_cascade *a,
						    const struct config_cascade *b)
{
	DIFFERS(n_ids);
	for (unsigned int i = 0; i < a->n_ids; i++)
		if (a->ids[i].first != b->ids[i].first || a->ids[i].last != b->ids[i].last)
			return "ids";
	return config_vf_difference(&a->vf, &b->vf);
}

static inline const char *config_replication_difference(const struct config_replication *a,
							const struct config_replication *b)
{
	DIFFERS(name);
	DIFFERS(id);
	DIFFERS(number);
	DIFFERS(dev);
	DIFFERS(vlan);
	DIFFERS(tpid);
	DIFFERS(n_members);
	for (unsigned int i = 0; i < a->n_members; i++) {
		const struct config_member *one = &a->members[i], *two = &b->members[i];

		if (!one->vf != !two->vf || !one->cascade != !two->cascade ||
		    (one->vf && one->vf->number != two->vf->number) ||
		    (one->cascade && one->cascade->vf.number != two->cascade->vf.number))
			return "members";
	}
	return NULL;
}

/* the name of the first field that differs, or NULL */
static inline const char *config_difference(const struct config *a, const struct config *b)
{
	const char *what;

	DIFFERS(name);
	DIFFERS(relay);
	DIFFERS(uplink);
	DIFFERS(uplink_hook);
	DIFFERS(tag);
	DIFFERS(n_cascades);
	DIFFERS(n_replications);
	DIFFERS(age);
	DIFFERS(bpdu_forward);
	DIFFERS(n_acls);
	DIFFERS(n_channels);
	DIFFERS(n_vfs);
	DIFFERS(n_warnings);
	what = config_port_difference(&a->pf, &b->pf);
	for (unsigned int i = 0; i < a->n_acls && !what; i++)
		what = config_acl_difference(&a->acls[i], &b->acls[i]);
	for (unsigned int i = 0; i < a->n_channels && !what; i++)
		what = config_channel_difference(&a->channels[i], &b->channels[i]);
	for (unsigned int i = 0; i < a->n_vfs && !what; i++)
		what = config_vf_difference(&a->vfs[i], &b->vfs[i]);
	for (unsigned int i = 0; i < a->n_cascades && !what; i++)
		what = config_cascade_difference(&a->cascades[i], &b->cascades[i]);
	for (unsigned int i = 0; i < a->n_replications && !what; i++)
		what = config_replication_difference(&a->replications[i], &b->replications[i]);
	return what;
}
