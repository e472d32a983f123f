/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * ethtool.h - offload features by the kernel's own names ("rx-gro", "rx-vlan-hw-parse",
 * "tx-vlan-stag-hw-insert" ...; `ethtool -k` shows some of them under older names), and the
 * driver's name.
 *
 * @sock is from ethtool_open(): it works in the namespace that was current then. Nothing here logs,
 * except ethtool_open(). All return 0 or a negative errno.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* a socket (the caller's to close()) in the current namespace, or in that of @netns_fd */
int ethtool_open(void);
int ethtool_open_in(int netns_fd);

/*
 * ethtool_feature_get() - @on: active now. @fixed, may be NULL: the driver does not let it change.
 * -ENODEV: no such device; -ENOENT: the kernel does not know a feature of that name.
 */
int ethtool_feature_get(int sock, const char *dev, const char *feature, bool *on, bool *fixed);

/*
 * ethtool_feature_set() - asks for it and looks whether it holds. -EOPNOTSUPP: fixed, or refused by
 * the driver or by another feature that it depends on. Nothing is done if it is so already.
 */
int ethtool_feature_set(int sock, const char *dev, const char *feature, bool on);

/* name of the driver, "veth", "tun", "igb"; -EOPNOTSUPP if it has none */
int ethtool_driver(int sock, const char *dev, char *buf, size_t len);
