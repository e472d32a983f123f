/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * names.h - the words that the file, JSON and messages have for the enums of evb_abi.h.
 *
 * Every evb_X_name() returns "?" for a number that is no enumerator: the numbers come out of maps,
 * and a map may have been written by anybody.
 */
#pragma once

#include "evb_abi.h"

const char *evb_kind_name(enum evb_port_kind kind);
const char *evb_channel_name(enum evb_channel channel);
const char *evb_relay_name(enum evb_relay relay);
const char *evb_state_name(enum evb_state state);
const char *evb_send_name(enum evb_send send);
const char *evb_drop_name(enum evb_drop drop);
const char *evb_fdb_kind_name(enum evb_fdb_kind kind);
const char *evb_event_name(enum evb_event_what what);
const char *evb_undo_name(enum evb_undo undo);

/* "802.1Q" or "802.1ad"; "?" for any other TPID */
const char *evb_tpid_name(unsigned int tpid);
