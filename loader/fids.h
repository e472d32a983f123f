/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fids.h - what a FID stands for: the VLANs of domains behind the one number that evb_fdb, evb_groups,
 * events and decisions have.
 */
#pragma once

#include "tables.h"

/* in the order in which they are shown */
enum fid_kind {
	FID_NO_VLAN = 0,
	FID_VLAN,
	FID_REST, /* all VLANs of a TPID that no port names */
	FID_UNKNOWN,
};

struct fid {
	enum fid_kind kind;
	uint16_t domain;
	uint16_t tpid; /* FID_VLAN, FID_REST */
	uint16_t vid;  /* FID_VLAN */
};

struct fids;

/* fids_new() - NULL: out of memory. fids_add_*() - what a row of evb_domains, evb_vlans says. Pure. */
struct fids *fids_new(void);
void fids_add_domain(struct fids *fids, uint16_t number, const struct evb_domain *domain);
void fids_add_vlan(struct fids *fids, const struct evb_vlan_key *key, uint16_t fid);

/* all of a switch; to be freed with fids_free(). -ENOMEM, ... (logged) */
int fids_read(const struct tables *tables, struct fids **out);
void fids_free(struct fids *fids); /* NULL is fine */

/* FID_UNKNOWN for a FID that no row has */
struct fid fids_get(const struct fids *fids, uint32_t fid);

/* by domain, kind, VID, TPID: as for qsort() */
int fid_compare(const struct fid *a, const struct fid *b);

#define FID_TEXT_LEN 32
/* "vlan 10", "802.1ad vlan 400", "no vlan", "rest", "?"; returns buf, of FID_TEXT_LEN */
const char *fid_text(const struct fid *fid, char *buf);
