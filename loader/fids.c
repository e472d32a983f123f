/* SPDX-License-Identifier: GPL-2.0-only */
/* fids.c - see fids.h */
#include "fids.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "evb_wire.h"
#include "log.h"
#include "names.h"

struct fids {
	struct fid fid[UINT16_MAX + 1];
};

struct fids *fids_new(void)
{
	struct fids *fids = calloc(1, sizeof(*fids));

	for (unsigned int i = 0; fids && i <= UINT16_MAX; i++)
		fids->fid[i].kind = FID_UNKNOWN;
	return fids;
}

void fids_free(struct fids *fids)
{
	free(fids);
}

static void add(struct fids *fids, uint16_t fid, struct fid what)
{
	if (fid != EVB_FID_NONE)
		fids->fid[fid] = what;
}

/* where addresses are learned, each VLAN that no port names has a FID of its own */
static void add_unnamed(struct fids *fids, uint16_t base, struct fid what)
{
	what.kind = FID_VLAN;
	for (what.vid = 1; base && what.vid <= EVB_VID_MAX && base + what.vid <= UINT16_MAX; what.vid++)
		fids->fid[base + what.vid] = what;
}

void fids_add_domain(struct fids *fids, uint16_t number, const struct evb_domain *domain)
{
	struct fid what = {.kind = FID_NO_VLAN, .domain = number};

	add(fids, domain->fid, what);
	what.kind = FID_REST;
	what.tpid = EVB_TPID_C;
	add(fids, domain->rest_fid_c, what);
	add_unnamed(fids, domain->vlan_fid_c, what);
	what.tpid = EVB_TPID_S;
	add(fids, domain->rest_fid_s, what);
	add_unnamed(fids, domain->vlan_fid_s, what);
}

void fids_add_vlan(struct fids *fids, const struct evb_vlan_key *key, uint16_t fid)
{
	add(fids, fid,
	    (struct fid){
		    .kind = FID_VLAN, .domain = key->domain, .tpid = key->tpid, .vid = key->vid});
}

static int read_vlan(const struct evb_vlan_key *key, const struct evb_vlan_val *val, void *arg)
{
	fids_add_vlan(arg, key, val->fid);
	return 0;
}

int fids_read(const struct tables *tables, struct fids **out)
{
	struct fids *fids = fids_new();
	struct evb_domain row;
	int err;

	if (!fids)
		return log_err_r(-ENOMEM, "out of memory");
	for (uint32_t i = 0; i < EVB_DOMAINS_MAX; i++)
		if (!table_get(tables, TABLE_DOMAINS, &i, &row))
			fids_add_domain(fids, (uint16_t)i, &row);
	err = tables_each_vlan(tables, read_vlan, fids);
	if (err) {
		fids_free(fids);
		return err;
	}
	*out = fids;
	return 0;
}

struct fid fids_get(const struct fids *fids, uint32_t fid)
{
	return fids->fid[fid <= UINT16_MAX ? fid : EVB_FID_NONE];
}

int fid_compare(const struct fid *a, const struct fid *b)
{
	if (a->domain != b->domain)
		return a->domain < b->domain ? -1 : 1;
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	if (a->vid != b->vid)
		return a->vid < b->vid ? -1 : 1;
	return a->tpid < b->tpid ? -1 : a->tpid > b->tpid;
}

const char *fid_text(const struct fid *fid, char *buf)
{
	const char *tag = fid->tpid == EVB_TPID_C ? "" : evb_tpid_name(fid->tpid);

	switch (fid->kind) {
	case FID_NO_VLAN:
		return "no vlan";
	case FID_REST:
		return "rest";
	case FID_VLAN:
		snprintf(buf, FID_TEXT_LEN, "%s%svlan %u", tag, *tag ? " " : "", fid->vid);
		return buf;
	default:
		return "?";
	}
}
