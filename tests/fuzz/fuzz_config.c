/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_config.c - libFuzzer target: any bytes are a sound configuration or one printable error.
 *
 * Besides what the sanitizers see, it holds config_parse() to config.h: a config that comes out is
 * one that the planner may rely on without looking again.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "evb_wire.h"

/* must survive NDEBUG */
#define HOLDS(x)                 \
	do {                     \
		if (!(x))        \
			abort(); \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_port(const struct config_port *port)
{
	char buf[64];

	HOLDS(memchr(port->name, 0, sizeof(port->name)));
	HOLDS(port->n_macs <= CONFIG_MACS_MAX);
	for (unsigned int i = 0; i < port->n_macs; i++)
		HOLDS(!(port->mac[i][0] & 1));
	HOLDS(port->vlan <= EVB_VID_MAX && port->qos <= 7);
	HOLDS(port->proto == EVB_TPID_C || port->proto == EVB_TPID_S);
	HOLDS(port->vlan || (!port->qos && port->strip));
	HOLDS(!port->untagged || !port->vlan);
	HOLDS(!port->trunk_all || port->has_trunk);
	HOLDS(!config_vids_has(&port->trunk, 0) && !config_vids_has(&port->trunk, 4095));
	HOLDS(!port->vlan || !config_vids_has(&port->trunk, port->vlan));
	HOLDS(port->relay < EVB_RELAY__MAX && port->state < EVB_STATE__MAX);
	HOLDS(strlen(config_vids_format(&port->trunk, buf, sizeof(buf))) < sizeof(buf));
}

static void check_config(const struct config *cfg, const uint8_t *data, size_t size)
{
	HOLDS(cfg->text_len == size && !memcmp(cfg->text, data, size) && !cfg->text[size]);
	HOLDS(cfg->name[0] && memchr(cfg->name, 0, sizeof(cfg->name)));
	HOLDS(cfg->uplink[0] && memchr(cfg->uplink, 0, sizeof(cfg->uplink)));
	HOLDS(cfg->relay < EVB_RELAY__MAX && cfg->n_vfs <= EVB_VFS_MAX);
	check_port(&cfg->pf);
	for (unsigned int i = 0; i < cfg->n_vfs; i++) {
		const struct config_vf *vf = &cfg->vfs[i];

		HOLDS(vf->id < EVB_VFS_MAX && (!i || cfg->vfs[i - 1].id < vf->id));
		HOLDS(vf->dev[0] && strcmp(vf->dev, cfg->uplink));
		HOLDS(vf->port.n_macs && (!vf->mac_generated || vf->has_guest));
		HOLDS(vf->has_guest == !!vf->guest_name[0] &&
		      vf->has_guest == !!vf->guest_netns[0]);
		HOLDS(!vf->mtu || (vf->has_guest && vf->mtu >= 68 && vf->mtu <= 65535));
		check_port(&vf->port);
	}
}

static void check_error(const struct config_error *err)
{
	HOLDS(err->pos.line && err->pos.column && err->text[0]);
	HOLDS(memchr(err->text, 0, sizeof(err->text)));
	for (const char *c = err->text; *c; c++)
		HOLDS(*c >= ' ' && *c <= '~');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config *cfg = NULL;
	struct config_error err;

	if (!config_parse("fuzz.yaml", (const char *)data, size, &cfg, &err)) {
		check_config(cfg, data, size);
		config_free(cfg);
	} else {
		HOLDS(!cfg);
		check_error(&err);
	}
	return 0;
}
