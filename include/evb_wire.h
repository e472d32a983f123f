/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * evb_wire.h - formats of frames: constants and pure accessors, host byte order, no memory access.
 * Sources: IEEE 802.3, IEEE 802.1Q (clauses 8.6.3, 9.6), IEEE 802.1BR, 802.1Qbg clause 43.
 */
#pragma once

#ifndef __VMLINUX_H__
#include <linux/types.h>
#endif

#define EVB_ETH_HLEN 14
#define EVB_TAG_LEN 4		/* C-TAG or S-TAG, TPID included */
#define EVB_LEN_OVER_MTU 18	/* Ethernet header and one tag: what a link carries over its MTU */

#define EVB_TPID_C 0x8100	/* C-TAG, customer VLAN */
#define EVB_TPID_S 0x88a8	/* S-TAG, service VLAN and S-channel */
#define EVB_TYPE_ETAG 0x893f	/* E-TAG, IEEE 802.1BR, 8 bytes */
#define EVB_TYPE_VNTAG 0x8926	/* VN-Tag, 6 bytes */
#define EVB_TYPE_PAUSE 0x8808	/* MAC control */
#define EVB_TYPE_SLOW 0x8809	/* slow protocols: LACP, OAM */
#define EVB_TYPE_LLDP 0x88cc
#define EVB_TYPE_ECP 0x8940	/* edge control protocol, 802.1Qbg */
#define EVB_SVID_DEFAULT 1	/* 802.1Qbg: the S-channel that is sent without its tag */
#define EVB_LLC_MAX 1500	/* a type field up to this is an 802.3 length */

/*
 * E-TAG (802.1BR): TPID, then PCP(3) DEI(1) ingress base(12), reserved(2) GRP(2) base(12), ingress
 * extension(8), extension(8). An id is {GRP, extension, base}: 22 bits; GRP 0 is one port, 1 to 3 a
 * replication group. The ingress id names one port; 0: none.
 */
#define EVB_ETAG_LEN 8
#define EVB_ETAG_ID_MAX 0xfffff	 /* of one port */
#define EVB_ETAG_GRP_SHIFT 20

static inline __u32 evb_etag_id(__u16 high, __u8 ext)
{
	return (__u32)(high >> 12 & 3) << EVB_ETAG_GRP_SHIFT | (__u32)ext << 12 | (high & 0xfff);
}

static inline __u32 evb_etag_ingress(__u16 low, __u8 ext)
{
	return (__u32)ext << 12 | (low & 0xfff);
}

/* the six bytes behind the TPID; prio as in a TCI */
static inline void evb_etag_put(__u8 out[6], __u16 prio, __u32 id, __u32 ingress)
{
	__u16 first = (prio & 0xf000) | (ingress & 0xfff);
	__u16 second = (id >> EVB_ETAG_GRP_SHIFT & 3) << 12 | (id & 0xfff);

	out[0] = first >> 8;
	out[1] = first;
	out[2] = second >> 8;
	out[3] = second;
	out[4] = ingress >> 12;
	out[5] = id >> 12;
}

/*
 * VN-Tag: TPID, then d(1) p(1) dvif(14) l(1) r(1) ver(2) svif(12). An id is a VIF, or with
 * EVB_VNTAG_LIST a list of them.
 */
#define EVB_VNTAG_LEN 6
#define EVB_VNTAG_VIF_MAX 0xfff	   /* a VIF beyond it cannot be named as a source */
#define EVB_VNTAG_LIST 0x4000	   /* p: id is that of a list */
#define EVB_VNTAG_ID_MAX 0x3fff
#define EVB_VNTAG_DOWN 0x80000000u /* d: from the bridge to the VIF */
#define EVB_VNTAG_LOOPED 0x8000u   /* l: svif is on the link that the frame goes to */
#define EVB_VNTAG_VERSION 0x3000u

static inline __u32 evb_vntag_up(__u32 vif)
{
	return vif & EVB_VNTAG_VIF_MAX;
}

/* looped: VIF of the source where it is behind the same link, else 0 */
static inline __u32 evb_vntag_down(__u32 id, __u32 looped)
{
	__u32 tag = EVB_VNTAG_DOWN | (id & (EVB_VNTAG_LIST | EVB_VNTAG_ID_MAX)) << 16;

	return looped ? tag | EVB_VNTAG_LOOPED | (looped & EVB_VNTAG_VIF_MAX) : tag;
}

/* TCI = PCP(3) DEI(1) VID(12) */
#define EVB_TCI_VID 0x0fff
#define EVB_TCI_PRIO 0xf000	/* PCP and DEI */
#define EVB_TCI_PCP_SHIFT 13

static inline __u16 evb_tci_vid(__u16 tci)
{
	return tci & EVB_TCI_VID;
}

static inline int evb_is_vlan_tpid(__u16 type)
{
	return type == EVB_TPID_C || type == EVB_TPID_S;
}

/* EtherTypes that belong to the link itself and never pass a bridge, whatever their address. */
static inline int evb_is_control_type(__u16 type)
{
	return type == EVB_TYPE_PAUSE || type == EVB_TYPE_SLOW || type == EVB_TYPE_LLDP ||
	       type == EVB_TYPE_ECP;
}

/* 01-80-C2-00-00-00, nearest customer bridge: first four bytes and last two, as they lie in memory */
#define EVB_RESERVED_HIGH __builtin_bswap32(0x0180c200)
#define EVB_RESERVED_LOW 0

/* 01-80-C2-00-00-00 .. -0F: the group addresses that a C-VLAN component filters (802.1Q 8.6.3) */
static inline int evb_is_reserved(const __u8 mac[6])
{
	return mac[0] == 0x01 && mac[1] == 0x80 && mac[2] == 0xc2 && mac[3] == 0 && mac[4] == 0 &&
	       mac[5] < 0x10;
}
