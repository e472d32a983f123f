/* SPDX-License-Identifier: GPL-2.0-only */
/* show_policy.c - a port's policy in the words of the file. */
#include "show_policy.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "names.h"

static const char *const storm_names[CONFIG_STORM__MAX] = {
	[CONFIG_STORM_BROADCAST] = "broadcast",
	[CONFIG_STORM_MULTICAST] = "multicast",
	[CONFIG_STORM_UNKNOWN] = "unknown",
};

#define PREFIX_LEN (INET6_ADDRSTRLEN + 4)

/* "10.0.0.5", "10.0.0.0/24" */
static const char *prefix_format(const struct config_prefix *prefix, char *buf)
{
	bool v4 = prefix->family == 4;
	size_t used;

	inet_ntop(v4 ? AF_INET : AF_INET6, prefix->addr, buf, INET6_ADDRSTRLEN);
	used = strlen(buf);
	if (prefix->len != (v4 ? 32 : 128))
		snprintf(buf + used, PREFIX_LEN - used, "/%u", prefix->len);
	return buf;
}

static struct json_object *guard_json(const struct config_port *config)
{
	struct json_object *obj, *v4, *v6;
	char text[PREFIX_LEN];

	if (!config || !config->has_guard)
		return NULL;
	obj = json_object_new_object();
	v4 = json_object_new_array();
	v6 = json_object_new_array();
	for (unsigned int i = 0; i < config->n_guard; i++)
		output_append(config->guard[i].family == 4 ? v4 : v6,
			      output_str(prefix_format(&config->guard[i], text)));
	output_add(obj, "ipv4", v4);
	output_add(obj, "ipv6", v6);
	return obj;
}

static struct json_object *multicast_json(const struct config_port *config)
{
	struct json_object *list = json_object_new_array();

	for (unsigned int i = 0; config && i < config->n_multicast; i++)
		output_append(list, output_mac(config->multicast[i]));
	return list;
}

static struct json_object *storm_json(const struct config_port *config)
{
	struct json_object *obj = json_object_new_object();

	for (int i = 0; i < CONFIG_STORM__MAX; i++)
		output_add(obj, storm_names[i], output_num(config ? config->storm[i] : 0));
	return obj;
}

void show_policy_json(const struct show_policy *policy, struct json_object *obj)
{
	const struct config_port *config = policy->config;
	const struct evb_port *row = policy->row;
	const char *group = policy->vf ? policy->vf->portgroup : "";

	output_add(obj, "promisc", output_bool(row->promisc));
	output_add(obj, "allmulti", output_bool(row->allmulti));
	output_add(obj, "multicast", multicast_json(config));
	output_add(obj, "guard", guard_json(config));
	output_add(obj, "max_tx_rate", output_num(config ? config->max_tx_rate : 0));
	output_add(obj, "max_rx_rate", output_num(config ? config->max_rx_rate : 0));
	output_add(obj, "min_tx_rate", output_num(0));
	output_add(obj, "storm", storm_json(config));
	output_add(obj, "acl", config && config->acl ? output_str(config->acl->name) : NULL);
	output_add(obj, "dscp", output_bool(row->dscp));
	output_add(obj, "portgroup", *group ? output_str(group) : NULL);
}

static void text_guard(FILE *f, const struct config_port *config)
{
	char text[PREFIX_LEN];

	if (!config->has_guard)
		return;
	fputs("; guard", f);
	for (unsigned int i = 0; i < config->n_guard; i++)
		fprintf(f, " %s", prefix_format(&config->guard[i], text));
	if (!config->n_guard)
		fputs(" (no address)", f);
}

static void text_multicast(FILE *f, const struct config_port *config)
{
	char mac[OUTPUT_MAC_LEN];

	if (config->n_multicast)
		fputs("; multicast", f);
	for (unsigned int i = 0; i < config->n_multicast; i++)
		fprintf(f, " %s", output_mac_format(config->multicast[i], mac));
}

static void text_storm(FILE *f, const struct config_port *config)
{
	const char *before = "; storm";

	for (int i = 0; i < CONFIG_STORM__MAX; i++) {
		if (!config->storm[i])
			continue;
		fprintf(f, "%s %s %u", before, storm_names[i], config->storm[i]);
		before = "";
	}
}

/* a VF's addresses have a column */
static void text_static(FILE *f, const struct show_policy *policy)
{
	const struct config_port *config = policy->config;
	char mac[OUTPUT_MAC_LEN];

	if (policy->row->kind != EVB_KIND_PORT || !config->n_macs)
		return;
	fputs("; static", f);
	for (unsigned int i = 0; i < config->n_macs; i++)
		fprintf(f, " %s", output_mac_format(config->mac[i], mac));
}

/* every item begins with "; " */
static void text_items(FILE *f, const struct show_policy *policy)
{
	const struct config_port *config = policy->config;

	if (policy->vf && policy->vf->portgroup[0])
		fprintf(f, "; portgroup %s", policy->vf->portgroup);
	if (config->acl)
		fprintf(f, "; acl %s", config->acl->name);
	if (config->max_tx_rate)
		fprintf(f, "; max_tx_rate %u", config->max_tx_rate);
	if (config->max_rx_rate)
		fprintf(f, "; max_rx_rate %u", config->max_rx_rate);
	text_storm(f, config);
	text_static(f, policy);
	text_guard(f, config);
	text_multicast(f, config);
}

char *show_policy_text(const struct show_policy *policy)
{
	char *text = NULL;
	size_t len = 0;
	FILE *f;

	if (!policy->config)
		return NULL;
	f = open_memstream(&text, &len);
	if (!f)
		return NULL;
	text_items(f, policy);
	fclose(f);
	if (text && len > 2) {
		memmove(text, text + 2, len - 1);
		return text;
	}
	free(text);
	return NULL;
}
