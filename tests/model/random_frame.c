/* SPDX-License-Identifier: GPL-2.0-only */
/* random_frame.c - frames by chance, at a port of a configuration. */
#include <string.h>

#include "evb_wire.h"
#include "random_pools.h"

#define FILL 46 /* bytes of a payload that says nothing */

struct making {
	struct random *r;
	const struct config *cfg;
	const struct model_host *host;
	struct model_frame *frame;
	uint8_t own[6]; /* an address of the port that sends */
};

static void put(struct making *k, const void *bytes, size_t len)
{
	memcpy(k->frame->data + k->frame->len, bytes, len);
	k->frame->len += len;
}

static void put16(struct making *k, unsigned int value)
{
	put(k, (uint8_t[]){value >> 8, value}, 2);
}

static void put_fill(struct making *k, size_t len)
{
	for (size_t i = 0; i < len; i++)
		k->frame->data[k->frame->len++] = i * 7 + len;
}

/* ---- addresses */

static const uint8_t groups[][6] = {
	{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}, {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
	{0x01, 0x00, 0x5e, 0x01, 0x02, 0x03}, {0x33, 0x33, 0x00, 0x00, 0x00, 0x01},
	{0x01, 0x80, 0xc2, 0x00, 0x00, 0x10},
};

static void station(struct random *r, uint8_t mac[6])
{
	memcpy(mac, (uint8_t[]){0x02, 0, 0, 0, 0xee, random_below(r, 4)}, 6);
}

static bool mac_of(struct random *r, const struct config_port *port, uint8_t mac[6])
{
	if (!port->n_macs)
		return false;
	memcpy(mac, port->mac[random_below(r, port->n_macs)], 6);
	return true;
}

static void neighbour(struct making *k, uint8_t mac[6])
{
	unsigned int n = k->cfg->n_vfs, i = random_below(k->r, n + 3);
	bool bridge = config_is_bridge(k->cfg);

	if (i < n && mac_of(k->r, &k->cfg->vfs[i].port, mac))
		return;
	if (i == n && !bridge) {
		memcpy(mac, k->host->devs[0].mac, 6);
		return;
	}
	if (i == n + 1 && !bridge && mac_of(k->r, &k->cfg->pf, mac))
		return;
	station(k->r, mac);
}

static void put_macs(struct making *k)
{
	static const uint8_t reserved[6] = {0x01, 0x80, 0xc2};
	struct random *r = k->r;
	uint32_t how = random_below(r, 100);
	uint8_t to[6], from[6];

	if (how < 48) {
		neighbour(k, to);
	} else if (how < 75) {
		memcpy(to, groups[random_below(r, sizeof(groups) / sizeof(groups[0]))], 6);
	} else if (how < 80) {
		memcpy(to, reserved, 6);
		to[5] = chance(r, 50) ? 0 : random_below(r, 17);
	} else if (how < 84) {
		memcpy(to, k->own, 6);
	} else {
		station(r, to);
	}
	how = random_below(r, 100);
	if (how < 75)
		memcpy(from, k->own, 6);
	else if (how < 88)
		neighbour(k, from);
	else if (how < 97)
		station(r, from);
	else if (how < 98)
		memset(from, 0, 6);
	else
		memcpy(from, groups[random_below(r, 4)], 6);
	put(k, to, 6);
	put(k, from, 6);
}

/* ---- tags */

static unsigned int some_prio(struct random *r)
{
	return chance(r, 60) ? 0 : random_below(r, 16) << 12;
}

static void put_vlan(struct making *k, uint16_t tpid, uint16_t vid)
{
	put16(k, tpid);
	put16(k, some_prio(k->r) | vid);
}

static unsigned int vid_near(struct random *r)
{
	static const uint16_t odd[] = {0, 0, 0, 4095, 4094, 299, 300, 311};

	if (chance(r, 25))
		return odd[random_below(r, sizeof(odd) / sizeof(odd[0]))];
	return random_vids[random_below(r, chance(r, 75) ? 2 : RANDOM_VIDS)];
}

/*
 * Behind an E-TAG or VN-Tag no more than two: with the port's own the helpers of TC reach their limit
 * at four, and what is beyond is refused as `send`, which is none of the model's.
 */
static void put_vlans(struct making *k, bool extended)
{
	static const unsigned int percent[] = {55, 15, 10, 10};
	int most = extended ? 2 : 4;

	for (int i = 0; i < most && chance(k->r, percent[i]); i++)
		put_vlan(k, chance(k->r, 78) ? EVB_TPID_C : EVB_TPID_S, vid_near(k->r));
}

static uint32_t id_of_port(struct making *k, const char *dev)
{
	const struct config *cfg = k->cfg;

	for (int tries = 0; cfg->n_vfs && tries < 8; tries++) {
		const struct config_vf *vf = &cfg->vfs[random_below(k->r, cfg->n_vfs)];

		if (vf->port.ecid && (!config_is_bridge(cfg) || !strcmp(vf->dev, dev)))
			return vf->port.ecid;
	}
	return 0x12;
}

static uint32_t id_of_cascade(struct making *k)
{
	const struct config *cfg = k->cfg;
	const struct config_cascade *cascade = &cfg->cascades[random_below(k->r, cfg->n_cascades)];
	const struct config_ids *ids = &cascade->ids[random_below(k->r, cascade->n_ids)];

	return ids->first + random_below(k->r, ids->last - ids->first + 2);
}

/* an id of a port or group on a device, seldom of none */
static uint32_t some_id(struct making *k, const char *dev, bool up)
{
	const struct config *cfg = k->cfg;
	uint32_t how = random_below(k->r, 100);

	if (how < 6)
		return chance(k->r, 50) ? random_below(k->r, 0x120) : random_below(k->r, 1 << 22);
	if (how < 12 && cfg->pf.ecid)
		return cfg->pf.ecid;
	if (how < 40 && !up && cfg->n_replications)
		return cfg->replications[random_below(k->r, cfg->n_replications)].id;
	if ((how < 55 || dev[0] == 'k') && cfg->n_cascades)
		return id_of_cascade(k);
	return id_of_port(k, dev);
}

static void put_etag(struct making *k, const char *dev, bool up)
{
	uint32_t id = some_id(k, dev, up),
		 ingress = chance(k->r, up ? 10 : 40) ? some_id(k, dev, true) : 0;
	uint8_t tag[6];

	if (chance(k->r, 5))
		id |= (1 + random_below(k->r, 3)) << EVB_ETAG_GRP_SHIFT;
	evb_etag_put(tag, some_prio(k->r), id, ingress);
	if (chance(k->r, 5))
		tag[2] |= 0x40 << random_below(k->r, 2); /* reserved */
	put16(k, EVB_TYPE_ETAG);
	put(k, tag, sizeof(tag));
}

static void put_vntag(struct making *k, const char *dev, bool up)
{
	uint32_t id = some_id(k, dev, up), tag;

	if (up) {
		tag = evb_vntag_up(id);
	} else {
		tag = evb_vntag_down(id, 0);
		if (chance(k->r, 40))
			tag |= EVB_VNTAG_LOOPED | evb_vntag_up(some_id(k, dev, true));
	}
	if (chance(k->r, 8)) /* a bit of it is wrong, or is reserved */
		tag ^= 1u << random_below(k->r, 32);
	put16(k, EVB_TYPE_VNTAG);
	put16(k, tag >> 16);
	put16(k, tag);
}

/* what tells ports on a device apart */
static enum evb_channel tag_on(const struct config *cfg, const char *dev)
{
	if (config_is_extender(cfg))
		return !strcmp(dev, "up") || dev[0] == 'k' ? cfg->tag : EVB_CHANNEL_NONE;
	if (!config_is_bridge(cfg))
		return cfg->n_channels && !strcmp(dev, "up") ? EVB_CHANNEL_S : EVB_CHANNEL_NONE;
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		if (!strcmp(cfg->vfs[i].dev, dev) && !config_is_device(&cfg->vfs[i]))
			return cfg->vfs[i].tag ? cfg->vfs[i].tag : EVB_CHANNEL_S;
	return EVB_CHANNEL_NONE;
}

static uint16_t some_svid(struct making *k, const char *dev)
{
	const struct config *cfg = k->cfg;

	if (chance(k->r, 15))
		return (uint16_t[]){0, 1, 30, 4095}[random_below(k->r, 4)];
	if (cfg->n_channels)
		return cfg->channels[random_below(k->r, chance(k->r, 80) ? 2 : cfg->n_channels)]
			.svid;
	for (int tries = 0; tries < 8; tries++) {
		const struct config_vf *vf = &cfg->vfs[random_below(k->r, cfg->n_vfs)];

		if (vf->svid && !strcmp(vf->dev, dev))
			return vf->svid;
	}
	return 200;
}

static void put_channel(struct making *k, const char *dev, bool host)
{
	enum evb_channel tag = tag_on(k->cfg, dev);
	bool up = config_is_bridge(k->cfg) || dev[0] == 'k', e;

	if (host || !chance(k->r, tag ? 92 : 1))
		return;
	if (tag == EVB_CHANNEL_S) {
		put_vlan(k, EVB_TPID_S, some_svid(k, dev));
		return;
	}
	/* now and then the other kind, or the other direction */
	e = (tag == EVB_CHANNEL_E) != chance(k->r, 4);
	up = up != chance(k->r, 4);
	if (e)
		put_etag(k, dev, up);
	else
		put_vntag(k, dev, up);
}

/* ---- what is in it */

static void some_ip4(struct making *k, uint8_t out[4])
{
	static const uint8_t pool[][4] = {{10, 0, 0, 5}, {10, 0, 0, 5}, {10, 0, 0, 6},
					  {10, 0, 0, 9}, {0, 0, 0, 0},	{192, 0, 2, 1}};

	memcpy(out, pool[random_below(k->r, sizeof(pool) / sizeof(pool[0]))], 4);
}

static void link_local(const uint8_t mac[6], uint8_t out[16])
{
	memcpy(out,
	       (uint8_t[]){0xfe, 0x80, 0, 0, 0, 0, 0, 0, mac[0] ^ 2, mac[1], mac[2], 0xff, 0xfe,
			   mac[3], mac[4], mac[5]},
	       16);
}

static void some_ip6(struct making *k, uint8_t out[16])
{
	uint32_t how = random_below(k->r, 7);

	memset(out, 0, 16);
	if (how == 0)
		return;
	if (how <= 2) {
		link_local(how == 1 ? k->frame->data + 6 : k->own, out);
		return;
	}
	out[0] = 0xfd;
	out[15] = how <= 4 ? 5 : 9;
}

static void put_ports(struct making *k)
{
	static const uint16_t pool[] = {53, 67, 68, 22, 23, 1000, 20};

	put16(k, pool[random_below(k->r, 7)]);
	put16(k, pool[random_below(k->r, 7)]);
	put_fill(k, 16);
}

static uint8_t some_tos(struct random *r)
{
	return chance(r, 60) ? 0 : random_below(r, 256);
}

static void put_ip4(struct making *k)
{
	static const uint8_t protos[] = {17, 17, 6, 6, 1, 132, 47, 58};
	uint8_t head[20] = {0x45}, option[4] = {1, 1, 1, 0};
	unsigned int words = chance(k->r, 85) ? 0 : random_below(k->r, 11);
	uint8_t proto = protos[random_below(k->r, sizeof(protos))];

	put16(k, 0x0800);
	head[0] += words;
	head[1] = some_tos(k->r);
	head[3] = 20 + 4 * words + 20;
	if (chance(k->r, 8))
		head[6] = 0x20; /* more fragments */
	if (chance(k->r, 8))
		head[7] = 9;
	head[9] = proto;
	some_ip4(k, head + 12);
	some_ip4(k, head + 16);
	if (chance(k->r, 2))
		head[0] = random_below(k->r, 256);
	put(k, head, sizeof(head));
	while (words--)
		put(k, option, sizeof(option));
	put_ports(k);
}

static void put_arp(struct making *k)
{
	uint8_t arp[28] = {0, 1, 0x08, 0, 6, 4, 0, 1};

	put16(k, 0x0806);
	arp[7] = 1 + chance(k->r, 30);
	memcpy(arp + 8, chance(k->r, 85) ? k->frame->data + 6 : k->own, 6);
	some_ip4(k, arp + 14);
	some_ip4(k, arp + 24);
	if (chance(k->r, 4))
		arp[random_below(k->r, 6)] ^= 1;
	put(k, arp, sizeof(arp));
	put_fill(k, chance(k->r, 70) ? 18 : 0);
}

/* what is behind IPv6's own header */
static size_t ip6_body(struct making *k, uint8_t *out, uint8_t *proto)
{
	uint32_t how = random_below(k->r, 10);
	size_t len = 0;

	if (how < 4) {
		static const uint16_t pool[] = {53, 67, 22, 23};

		*proto = how < 2 ? 17 : 6;
		out[1] = pool[random_below(k->r, 4)];
		out[3] = pool[random_below(k->r, 4)];
		return 20;
	}
	*proto = 58;
	if (how < 5) {
		out[0] = (uint8_t[]){128, 129, 131, 143}[random_below(k->r, 4)];
		return 8;
	}
	out[0] = 133 + random_below(k->r, 5);
	len = (size_t[]){8, 16, 24, 24, 40}[out[0] - 133];
	if (out[0] == 135 || out[0] == 136)
		some_ip6(k, out + 8);
	for (unsigned int n = random_below(k->r, 3); n; n--) {
		out[len] = (uint8_t[]){1, 2, 14}[random_below(k->r, 3)];
		out[len + 1] = chance(k->r, 95) ? 1 : random_below(k->r, 3);
		memcpy(out + len + 2, chance(k->r, 80) ? k->frame->data + 6 : k->own, 6);
		len += 8;
	}
	return len;
}

static void put_ip6(struct making *k)
{
	uint8_t head[40] = {0x60}, body[128] = {}, ext[8][8] = {}, proto;
	unsigned int n_ext = chance(k->r, 75) ? 0 : random_below(k->r, 8);
	size_t len = ip6_body(k, body, &proto);

	put16(k, 0x86dd);
	for (unsigned int i = n_ext; i-- > 0;) {
		uint8_t kind = (uint8_t[]){0, 60, 43, 44, 51}[random_below(k->r, 5)];

		ext[i][0] = proto;
		if (kind == 44 && chance(k->r, 40))
			ext[i][3] = 1; /* more, or 8 bytes on */
		if (kind == 44 && i == n_ext - 1 && chance(k->r, 40))
			ext[i][3] = 8;
		if (kind == 51)
			ext[i][1] = 0; /* 8 bytes */
		proto = kind;
	}
	head[0] |= some_tos(k->r) >> 4;
	head[5] = len + 8 * n_ext;
	head[6] = proto;
	some_ip6(k, head + 8);
	some_ip6(k, head + 24);
	if (chance(k->r, 2))
		head[0] ^= 0x10;
	put(k, head, sizeof(head));
	put(k, ext, 8 * n_ext);
	put(k, body, len);
}

static void put_payload(struct making *k)
{
	static const uint16_t types[] = {0x88b5, 0x88b5, 0x9100, 0x888e, 0x0600, 0x0806};
	static const uint16_t links[] = {0x8808, 0x8809, 0x88cc, 0x8940};
	uint32_t how = random_below(k->r, 100);

	if (how < 30) {
		put_ip4(k);
	} else if (how < 45) {
		put_arp(k);
	} else if (how < 65) {
		put_ip6(k);
	} else if (how < 85) {
		put16(k, types[random_below(k->r, sizeof(types) / sizeof(types[0]))]);
		put_fill(k, FILL);
	} else if (how < 91) {
		put16(k, chance(k->r, 70) ? FILL : random_below(k->r, 1502));
		put_fill(k, FILL);
	} else if (how < 97) {
		put16(k, links[random_below(k->r, 4)]);
		put_fill(k, FILL);
	} else {
		put16(k, chance(k->r, 50) ? EVB_TYPE_ETAG : EVB_TYPE_VNTAG);
		put_fill(k, FILL);
	}
}

/* to where the limits are: in a tag, in a header, at a device's MTU */
static void cut_or_fill(struct making *k)
{
	uint32_t how = random_below(k->r, 100);

	if (how < 9 && k->frame->len > 14) {
		k->frame->len = 14 + random_below(k->r, k->frame->len - 14);
	} else if (how < 20) {
		const struct model_dev *dev = &k->host->devs[random_below(k->r, k->host->n_devs)];
		size_t want = dev->mtu + 10 + random_below(k->r, 24);

		while (k->frame->len < want && k->frame->len < MODEL_FRAME_MAX - 64)
			k->frame->data[k->frame->len++] = 0;
	}
}

/* ---- where it comes in */

static void pick_own(struct making *k, const char *dev, bool host)
{
	const struct config *cfg = k->cfg;

	station(k->r, k->own);
	if (host) {
		memcpy(k->own, k->host->devs[0].mac, 6);
		return;
	}
	if (!strcmp(dev, "up"))
		return;
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		if (!strcmp(cfg->vfs[i].dev, dev) && (!config_is_bridge(cfg) || chance(k->r, 30)))
			mac_of(k->r, &cfg->vfs[i].port, k->own);
}

/* the name that stays when the configuration goes */
static const char *name_that_stays(const char *dev)
{
	for (int i = 0; i < RANDOM_DEVS_MAX; i++)
		if (!strcmp(random_dev_names[i], dev))
			return random_dev_names[i];
	return NULL;
}

static const char *pick_dev(struct random *r, const struct config *cfg, bool *host)
{
	uint32_t how = random_below(r, 100);

	*host = false;
	if (config_is_bridge(cfg) || (how >= 45 && cfg->n_vfs && !(how < 70 && cfg->n_cascades)))
		return cfg->vfs[random_below(r, cfg->n_vfs)].dev;
	if (how >= 45 && cfg->n_cascades)
		return cfg->cascades[random_below(r, cfg->n_cascades)].vf.dev;
	*host = how < 10;
	return cfg->uplink;
}

/* do E-TAGs or VN-Tags go in or out anywhere? */
static bool is_extended(const struct config *cfg)
{
	bool any = config_is_extender(cfg);

	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		any |= cfg->vfs[i].tag != EVB_CHANNEL_NONE;
	return any;
}

void random_input(struct random *r, const struct config *cfg, const struct model_host *host,
		  struct model_input *out)
{
	struct making k = {.r = r, .cfg = cfg, .host = host, .frame = &out->frame};

	out->dev = name_that_stays(pick_dev(r, cfg, &out->host));
	out->frame.len = 0;
	pick_own(&k, out->dev, out->host);
	put_macs(&k);
	put_channel(&k, out->dev, out->host);
	put_vlans(&k, is_extended(cfg));
	put_payload(&k);
	if (chance(r, 2))
		out->frame.data[random_below(r, 30)] ^= 1 << random_below(r, 8);
	cut_or_fill(&k);
}
