/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * show.h - the objects of `evbpf show` that are tables of the relay: each collects what it prints
 * below the lock, gives the lock back, prints.
 */
#pragma once

#include "cmd.h"
#include "view.h"

int show_fdb(const struct cmd_ctx *ctx, struct view *view);
int show_replication(const struct cmd_ctx *ctx, struct view *view);
int show_channels(const struct cmd_ctx *ctx, struct view *view);
int show_vlans(const struct cmd_ctx *ctx, struct view *view);
