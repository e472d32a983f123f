/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The ABI header by itself, with -Wpadded -Werror: every byte of a map key or value has a name, so
 * that none is left uninitialised. Compiled, never run. Sizes keep a key from growing unnoticed:
 * whoever changes one of them changes the layout of pinned maps and counts EVB_LAYOUT up.
 */
#include "evb_abi.h"
#include "evb_wire.h"

_Static_assert(sizeof(struct evb_ingress_key) == 8, "key of evb_ingress");
_Static_assert(sizeof(struct evb_vlan_key) == 8, "key of evb_vlans");
_Static_assert(sizeof(struct evb_fdb_key) == 8, "key of evb_fdb");
_Static_assert(EVB_PORTS_MAX % 64 == 0, "port bitmaps have whole words");
_Static_assert(EVB_PORT_VF(EVB_VFS_MAX) <= EVB_PORTS_MAX, "every VF has a port number");
