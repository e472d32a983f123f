// SPDX-License-Identifier: GPL-2.0-only
/*
 * ethtool.c - see ethtool.h
 *
 * The ioctl interface: it is everywhere, needs no module, and a plain socket carries the
 * namespace. Features are bits in blocks of 32; their names are a string set of the same order.
 */
#include "ethtool.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <linux/ethtool.h>
#include <linux/if.h>
#include <linux/sockios.h>

#include "log.h"
#include "netns.h"

#define FEATURES_MAX 512 /* the kernel has 64 */
#define BLOCKS_MAX (FEATURES_MAX / 32)

int ethtool_open(void)
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (sock < 0)
		sock = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0); /* a kernel without IPv4 */
	if (sock < 0)
		return log_err_r(-errno, "ethtool: cannot open a socket: %s", log_errno(errno));
	return sock;
}

int ethtool_open_in(int netns_fd)
{
	int old, sock;

	sock = netns_enter(netns_fd, &old);
	if (sock)
		return sock;
	sock = ethtool_open();
	netns_leave(old);
	return sock;
}

static int ethtool_call(int sock, const char *dev, void *cmd)
{
	struct ifreq ifr = {0};

	if (!*dev || strlen(dev) >= sizeof(ifr.ifr_name))
		return -ENODEV;
	memcpy(ifr.ifr_name, dev, strlen(dev) + 1);
	ifr.ifr_data = cmd;
	return ioctl(sock, SIOCETHTOOL, &ifr) < 0 ? -errno : 0;
}

/* number of features, or a negative errno */
static int feature_count(int sock, const char *dev)
{
	union {
		struct ethtool_sset_info head;
		char room[sizeof(struct ethtool_sset_info) + sizeof(uint32_t)];
	} info = {.head = {.cmd = ETHTOOL_GSSET_INFO, .sset_mask = 1ULL << ETH_SS_FEATURES}};
	int err = ethtool_call(sock, dev, &info);

	if (err)
		return err;
	if (!info.head.sset_mask || info.head.data[0] == 0 || info.head.data[0] > FEATURES_MAX)
		return -EOPNOTSUPP;
	return (int)info.head.data[0];
}

/* bit number of a feature; *count gets how many there are */
static int feature_bit(int sock, const char *dev, const char *feature, unsigned int *count)
{
	struct ethtool_gstrings *strings;
	int n = feature_count(sock, dev);
	int err, i;

	if (n < 0)
		return n;
	strings = calloc(1, sizeof(*strings) + (size_t)n * ETH_GSTRING_LEN);
	if (!strings)
		return -ENOMEM;
	strings->cmd = ETHTOOL_GSTRINGS;
	strings->string_set = ETH_SS_FEATURES;
	strings->len = (uint32_t)n;
	err = ethtool_call(sock, dev, strings);
	if (!err) {
		err = -ENOENT;
		for (i = 0; i < n && err == -ENOENT; i++)
			if (strncmp((const char *)strings->data + i * ETH_GSTRING_LEN, feature,
				    ETH_GSTRING_LEN) == 0)
				err = i;
	}
	free(strings);
	*count = (unsigned int)n;
	return err;
}

static int feature_read(int sock, const char *dev, unsigned int bit, unsigned int count, bool *on,
			bool *fixed)
{
	union {
		struct ethtool_gfeatures head;
		char room[sizeof(struct ethtool_gfeatures) +
			  BLOCKS_MAX * sizeof(struct ethtool_get_features_block)];
	} f = {.head = {.cmd = ETHTOOL_GFEATURES, .size = (count + 31) / 32}};
	const struct ethtool_get_features_block *block = &f.head.features[bit / 32];
	uint32_t mask = 1U << (bit % 32);
	int err = ethtool_call(sock, dev, &f);

	if (err)
		return err;
	*on = block->active & mask;
	if (fixed)
		*fixed = !(block->available & mask) || (block->never_changed & mask);
	return 0;
}

int ethtool_feature_get(int sock, const char *dev, const char *feature, bool *on, bool *fixed)
{
	unsigned int count;
	int bit = feature_bit(sock, dev, feature, &count);

	if (bit < 0)
		return bit;
	return feature_read(sock, dev, (unsigned int)bit, count, on, fixed);
}

int ethtool_feature_set(int sock, const char *dev, const char *feature, bool on)
{
	union {
		struct ethtool_sfeatures head;
		char room[sizeof(struct ethtool_sfeatures) +
			  BLOCKS_MAX * sizeof(struct ethtool_set_features_block)];
	} f;
	struct ethtool_set_features_block *block;
	unsigned int count;
	bool is_on;
	int bit, err;

	bit = feature_bit(sock, dev, feature, &count);
	if (bit < 0)
		return bit;
	err = feature_read(sock, dev, (unsigned int)bit, count, &is_on, NULL);
	if (err || is_on == on)
		return err;
	memset(&f, 0, sizeof(f)); /* an initializer sets the first member only */
	f.head.cmd = ETHTOOL_SFEATURES;
	f.head.size = (count + 31) / 32;
	block = &f.head.features[bit / 32];
	block->valid = 1U << (bit % 32);
	block->requested = on ? block->valid : 0;
	err = ethtool_call(sock, dev, &f);
	if (err)
		return err;
	err = feature_read(sock, dev, (unsigned int)bit, count, &is_on, NULL);
	if (err)
		return err;
	return is_on == on ? 0 : -EOPNOTSUPP;
}

int ethtool_driver(int sock, const char *dev, char *buf, size_t len)
{
	struct ethtool_drvinfo info = {.cmd = ETHTOOL_GDRVINFO};
	int err = ethtool_call(sock, dev, &info);

	if (err)
		return err;
	if (!info.driver[0])
		return -EOPNOTSUPP;
	snprintf(buf, len, "%.*s", (int)sizeof(info.driver), info.driver);
	return 0;
}
