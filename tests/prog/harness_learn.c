/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * harness_learn.c - what a bridge knows: made, read and compared apart from the programs, through
 * evb_fdb, evb_fdb_near and evb_learn as evb_abi.h describes them.
 */
#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evb_wire.h"

/* ---- VLANs */

static const struct evb_domain *domain_of(const struct lab *lab)
{
	return &lab_plan(lab)->domains[0].row;
}

static const struct plan_vlan *vlan_named(const struct lab *lab, uint16_t tpid, uint16_t vid)
{
	const struct plan *plan = lab_plan(lab);

	for (unsigned int i = 0; i < plan->n_vlans; i++)
		if (plan->vlans[i].key.tpid == tpid && plan->vlans[i].key.vid == vid)
			return &plan->vlans[i];
	return NULL;
}

uint16_t lab_vlan_fid(const struct lab *lab, uint16_t tpid, uint16_t vid)
{
	const struct plan_vlan *vlan = vlan_named(lab, tpid, vid);

	if (!tpid)
		return domain_of(lab)->fid;
	if (vlan)
		return vlan->row.fid;
	return (tpid == EVB_TPID_S ? domain_of(lab)->vlan_fid_s : domain_of(lab)->vlan_fid_c) + vid;
}

/* the tag of its VLAN, behind that of a channel */
static uint16_t vlan_tag(const struct evb_port *from, const struct lab_bytes *in, uint16_t *tci)
{
	bool channels = from->channel_tag == EVB_CHANNEL_S || from->channels == EVB_CHANNEL_S;
	uint16_t tpid = 0;

	if (!lab_tag_at(in, 12 + lab_extended(from, in), &tpid, tci))
		return 0;
	if (tpid != EVB_TPID_S || !channels)
		return tpid;
	return lab_tag_at(in, 16, &tpid, tci) ? tpid : 0;
}

uint16_t lab_frame_fid(const struct lab *lab, const struct evb_port *from,
		       const struct lab_bytes *in)
{
	uint16_t tci = 0, tpid = vlan_tag(from, in, &tci);

	if (!tpid || !(tci & EVB_TCI_VID))
		return from->fid;
	if (from->tpid == EVB_TPID_S && from->vlan && tpid != EVB_TPID_S)
		return from->fid; /* its guest's own */
	return lab_vlan_fid(lab, tpid, tci & EVB_TCI_VID);
}

/* ---- what is learned */

const char *lab_given(const char *in, char *buf, size_t size)
{
	const char *bar = strchr(in, '|');

	if (!bar)
		return NULL;
	snprintf(buf, size, "%.*s", (int)(bar - in), in);
	return buf;
}

const char *lab_then(const char *out)
{
	const char *bar = strchr(out, '|');

	return bar ? bar + 1 : NULL;
}

static void learned_mistake(const char *word)
{
	fprintf(stderr, "test table: what address at what port is '%s'?\n", word);
	abort();
}

/* "st1@p1/c10" */
static void learned_word(const struct lab *lab, char *word, struct lab_address *out)
{
	char *port = word, *vlan, *mac = strsep(&port, "@");
	uint16_t tpid = 0;
	unsigned int vid = 0;

	vlan = port;
	port = strsep(&vlan, "/");
	if (!port || !lab_port(lab, port) || !lab_mac(mac, out->mac))
		learned_mistake(word);
	if (vlan) {
		tpid = *vlan == 's' ? EVB_TPID_S : EVB_TPID_C;
		if (sscanf(vlan + 1, "%u", &vid) != 1)
			learned_mistake(vlan);
	}
	out->port = lab_port(lab, port)->number;
	out->fid = lab_vlan_fid(lab, tpid, vid);
}

void lab_learned_words(const struct lab *lab, const char *text, struct lab_learned *out)
{
	char copy[1024], *rest = copy, *word;

	out->n = 0;
	if ((size_t)snprintf(copy, sizeof(copy), "%s", text) >= sizeof(copy))
		learned_mistake(text);
	while ((word = strsep(&rest, " \t"))) {
		if (!*word)
			continue;
		if (out->n == LAB_LEARNED_MAX)
			learned_mistake(word);
		learned_word(lab, word, &out->at[out->n++]);
	}
}

const struct lab_address *lab_learned_find(const struct lab_learned *list, const uint8_t mac[6],
					   uint16_t fid)
{
	for (unsigned int i = 0; i < list->n; i++)
		if (list->at[i].fid == fid && !memcmp(list->at[i].mac, mac, 6))
			return &list->at[i];
	return NULL;
}

bool lab_learned_same(const struct lab_learned *a, const struct lab_learned *b)
{
	if (a->n != b->n)
		return false;
	for (unsigned int i = 0; i < a->n; i++) {
		const struct lab_address *other = lab_learned_find(b, a->at[i].mac, a->at[i].fid);

		if (!other || other->port != a->at[i].port)
			return false;
	}
	return true;
}

static struct evb_fdb_key key_of(const struct lab_address *at)
{
	struct evb_fdb_key key;

	memset(&key, 0, sizeof(key));
	memcpy(key.mac, at->mac, sizeof(key.mac));
	key.fid = at->fid;
	return key;
}

static int learned_add(const struct evb_fdb_key *key, const struct evb_fdb_val *val, void *arg)
{
	struct lab_learned *out = arg;
	struct lab_address *at = &out->at[out->n];

	if (val->kind != EVB_FDB_LEARNED)
		return 0;
	if (out->n == LAB_LEARNED_MAX)
		return -E2BIG;
	memcpy(at->mac, key->mac, sizeof(at->mac));
	at->fid = key->fid;
	at->port = val->port;
	out->n++;
	return 0;
}

int lab_learned_read(const struct lab *lab, struct lab_learned *out)
{
	out->n = 0;
	return tables_each_fdb(lab_tables(lab), learned_add, out);
}

static int near_put(const struct lab *lab, const struct evb_fdb_key *key, uint32_t port)
{
	uint32_t slot = evb_near_slot(key);
	struct evb_near near = {.word = port ? evb_near_word(key, port) : 0};

	return table_put(lab_tables(lab), TABLE_FDB_NEAR, &slot, &near);
}

static int address_forget(const struct lab *lab, const struct lab_address *at)
{
	struct evb_fdb_key key = key_of(at);
	int err = near_put(lab, &key, EVB_PORT_NONE);

	return err ? err : table_remove(lab_tables(lab), TABLE_FDB, &key);
}

static int address_put(const struct lab *lab, const struct lab_address *at, bool near)
{
	struct evb_fdb_val val = {.kind = EVB_FDB_LEARNED, .port = at->port};
	struct evb_fdb_key key = key_of(at);
	int err = table_put(lab_tables(lab), TABLE_FDB, &key, &val);

	if (!err && near)
		err = near_put(lab, &key, at->port);
	return err;
}

static unsigned int count_at(const struct lab_learned *list, uint32_t port)
{
	unsigned int n = 0;

	for (unsigned int i = 0; i < list->n; i++)
		n += list->at[i].port == port;
	return n;
}

int lab_learned_set(const struct lab *lab, const struct lab_learned *given, bool near)
{
	const struct lab_port *ports;
	struct lab_learned old;
	unsigned int n;
	int err = lab_learned_read(lab, &old);

	for (unsigned int i = 0; !err && i < old.n; i++)
		err = address_forget(lab, &old.at[i]);
	for (unsigned int i = 0; !err && i < given->n; i++)
		err = address_put(lab, &given->at[i], near);
	ports = lab_ports(lab, &n);
	for (unsigned int i = 0; !err && i < n; i++) {
		struct evb_learn learn = {.count = count_at(given, ports[i].number)};

		err = table_put(lab_tables(lab), TABLE_LEARN, &ports[i].number, &learn);
	}
	return err;
}

/* the near table may not know an address; it may not have it at a port where it is not */
static unsigned int stale(const struct lab *lab, const struct lab_address *at)
{
	struct evb_fdb_key key = key_of(at);
	uint32_t slot = evb_near_slot(&key);
	struct evb_near near;
	struct evb_fdb_val val;

	if (table_get(lab_tables(lab), TABLE_FDB_NEAR, &slot, &near))
		return 1;
	if ((near.word ^ evb_near_word(&key, 0)) >= EVB_NEAR_MAX)
		return 0; /* another address, or none */
	if (table_get(lab_tables(lab), TABLE_FDB, &key, &val))
		return 1;
	return val.port != evb_near_port(near.word);
}

int lab_learned_look(const struct lab *lab, const struct lab_learned *given, struct lab_seen *out)
{
	const struct lab_port *ports;
	unsigned int n;
	int err = lab_learned_read(lab, &out->learned);

	if (err)
		return err;
	out->miscounted = out->stale = 0;
	ports = lab_ports(lab, &n);
	for (unsigned int i = 0; i < n; i++) {
		uint32_t count;

		err = tables_learned(lab_tables(lab), ports[i].number, &count);
		if (err)
			return err;
		out->miscounted += count != count_at(&out->learned, ports[i].number);
	}
	for (unsigned int i = 0; i < given->n; i++)
		out->stale += stale(lab, &given->at[i]);
	for (unsigned int i = 0; i < out->learned.n; i++)
		out->stale += stale(lab, &out->learned.at[i]);
	return 0;
}

/* ---- who has an address */

static uint32_t static_at(const struct lab *lab, const uint8_t mac[6], uint16_t fid)
{
	const struct plan *plan = lab_plan(lab);

	for (unsigned int i = 0; i < plan->n_fdb; i++)
		if (plan->fdb[i].key.fid == fid && !memcmp(plan->fdb[i].key.mac, mac, 6))
			return plan->fdb[i].row.port;
	return EVB_PORT_NONE;
}

/* a static address is its port's in every VLAN that the port is in, named or not */
uint32_t lab_known(const struct lab *lab, const struct lab_learned *given, const uint8_t mac[6],
		   const struct evb_port *from, const struct lab_bytes *in)
{
	uint16_t fid = lab_frame_fid(lab, from, in), tci = 0, tpid = vlan_tag(from, in, &tci);
	const struct lab_address *at = lab_learned_find(given, mac, fid);
	uint32_t port = static_at(lab, mac, fid);

	if (port || !tpid || !(tci & EVB_TCI_VID) || vlan_named(lab, tpid, tci & EVB_TCI_VID))
		return port ? port : at ? at->port : EVB_PORT_NONE;
	port = static_at(lab, mac,
			 tpid == EVB_TPID_S ? domain_of(lab)->rest_fid_s
					    : domain_of(lab)->rest_fid_c);
	return port ? port : at ? at->port : EVB_PORT_NONE;
}
