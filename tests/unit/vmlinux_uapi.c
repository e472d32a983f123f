/* SPDX-License-Identifier: GPL-2.0-only */
/* The same asserts against the kernel's user-space headers; compiled, never run. */
#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include <linux/types.h>
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <linux/if_packet.h>
#include <linux/if_ether.h>
#include <linux/if_arp.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/ip.h>
#include <linux/ipv6.h>
#include <linux/udp.h>

#include "asserts_vmlinux.h"
