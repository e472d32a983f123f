/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * random.h - configurations and frames by chance, small, and biased to where rules meet: few VLANs,
 * few addresses, tags in every order, frames cut and padded to where a port's limit is.
 */
#pragma once

#include "model.h"

#define RANDOM_TEXT_MAX 16384
#define RANDOM_DEVS_MAX 12

/* what a configuration is about */
enum random_kind {
	RANDOM_EDGE = 0, /* one relay, or several */
	RANDOM_CHANNELS,
	RANDOM_BRIDGE,
	RANDOM_STATION, /* a bridge with S-channels */
	RANDOM_EXTENDER,
	RANDOM_CONTROL, /* a bridge with ports behind extenders */
	RANDOM_MIXED,	/* ... and with all other kinds of ports */
	RANDOM_KIND__MAX,
};

const char *random_kind_name(enum random_kind kind);

struct random {
	uint64_t state;
};

/* never 0 for @n 0 */
uint32_t random_below(struct random *r, uint32_t n);

/* devices that any configuration here names: "up", "h0", ... */
extern const char *const random_dev_names[RANDOM_DEVS_MAX];

/* a file; the parser may refuse it, then another one is wanted */
void random_config(struct random *r, enum random_kind kind, char text[RANDOM_TEXT_MAX]);
/* devices for it: MTUs and carriers; names are set */
void random_devs(struct random *r, enum random_kind kind, struct model_dev devs[RANDOM_DEVS_MAX]);
/* a frame at one of its ports */
void random_input(struct random *r, const struct config *cfg, const struct model_host *host,
		  struct model_input *out);
