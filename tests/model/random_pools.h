/* SPDX-License-Identifier: GPL-2.0-only */
/* random_pools.h - what configurations and frames by chance have in common. */
#pragma once

#include "random.h"

#define RANDOM_VIDS 7
extern const uint16_t random_vids[RANDOM_VIDS];

bool chance(struct random *r, unsigned int percent);
