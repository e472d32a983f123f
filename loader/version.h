/* SPDX-License-Identifier: GPL-2.0-only */
#pragma once

#define EVBPF_VERSION "0.1.0"
