/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config.h - a configuration file as C structs.
 *
 * Pure: reads bytes, knows the schema, touches neither kernel nor devices. What comes out of
 * config_parse() is complete (defaults filled in, port numbers follow) and free of contradictions
 * that can be seen without the machine.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "evb_abi.h"

#define CONFIG_FILE_MAX EVB_TEXT_MAX	   /* bytes; a longer file is refused with -EFBIG */
#define CONFIG_MACS_MAX 32		   /* addresses of one port */
#define CONFIG_GROUPS_MAX 64		   /* multicast groups of one port */
#define CONFIG_GUARDS_MAX 64		   /* guard addresses of one port */
#define CONFIG_ACLS_MAX (EVB_ACLS_MAX / 2) /* each may have rules of both directions */
#define CONFIG_WARNINGS_MAX 64		   /* of one file; the last says that there are more */
#define CONFIG_VFS_MAX EVB_BRIDGE_PORTS_MAX /* VFs, or ports of a bridge */
#define CONFIG_LEARN_LIMIT 1024		   /* addresses of a bridge's port, if the file does not say */
#define CONFIG_AGE 300			   /* seconds, likewise */
#define CONFIG_CASCADE_IDS_MAX EVB_CASCADE_IDS_MAX
#define CONFIG_IFNAME_LEN 16
#define CONFIG_NETNS_LEN 256

/* where a value stands in the file; line and column count from 1, 0 means it is not in the file */
struct config_pos {
	unsigned int line;
	unsigned int column;
};

enum config_hook {
	CONFIG_HOOK_AUTO = 0,
	CONFIG_HOOK_TC,
	CONFIG_HOOK_XDP,
	CONFIG_HOOK__MAX,
};

/* kind as the file says it; AUTO is decided at attach by the device's driver */
enum config_kind {
	CONFIG_KIND_AUTO = 0,
	CONFIG_KIND_VETH,
	CONFIG_KIND_TAP,
	CONFIG_KIND_MACVTAP,
	CONFIG_KIND_AFXDP,
	CONFIG_KIND__MAX,
};

/* a set of VIDs 1..4094 */
struct config_vids {
	uint64_t bits[64];
};

static inline bool config_vids_has(const struct config_vids *vids, unsigned int vid)
{
	return vid < 4096 && (vids->bits[vid / 64] >> (vid % 64) & 1);
}

/* an address with the number of its leading bits that count */
struct config_prefix {
	uint8_t family;	  /* 4 or 6 */
	uint8_t len;	  /* 0..32, 0..128 */
	uint8_t addr[16]; /* network order; IPv4 in the first four; bits beyond len are 0 */
};

/* one rule of an acl: what it matches, and for which direction of a port (guest's words) */
struct config_rule {
	bool tx;
	bool rx;
	struct evb_rule rule;
};

struct config_acl {
	char name[EVB_NAME_LEN];
	unsigned int n_rules; /* up to EVB_RULES_MAX */
	struct config_rule *rules;
	struct config_pos pos;
};

enum config_storm {
	CONFIG_STORM_BROADCAST = 0,
	CONFIG_STORM_MULTICAST,
	CONFIG_STORM_UNKNOWN,
	CONFIG_STORM__MAX,
};

/* an S-channel on the uplink */
struct config_channel {
	char name[EVB_NAME_LEN];
	uint16_t svid;	      /* 2..4094, no other channel's */
	enum evb_relay relay; /* its own, or the switch's */
	uint32_t number;      /* of its wire port: as the file has it, EVB_PORT_CHANNEL_FIRST + place */
	struct config_pos pos;
	struct config_pos name_pos;
	struct config_pos svid_pos;
};

/* several ids of extended ports, E-CIDs or VIFs; one is {id, id} */
struct config_ids {
	uint32_t first, last;
	struct config_pos pos;
};

struct config_vf;
struct config_cascade;

/* who gets the frames of a group; with neither it is the PF */
struct config_member {
	const struct config_vf *vf;	      /* of config->vfs */
	const struct config_cascade *cascade; /* of config->cascades */
	struct config_pos pos;
};

/* a group of ports that one frame with its id reaches: of an extender, or of a bridge's device */
struct config_replication {
	/* "uplink.1.5", "swp3.1.5": GRP and E-CID; "uplink.1001": list; all hexadecimal */
	char name[EVB_PORT_NAME_LEN];
	uint32_t id; /* GRP << EVB_ETAG_GRP_SHIFT | E-CID, or EVB_VNTAG_LIST | list */
	/* of its row: as the file has it, config_replication_first() + place */
	uint32_t number;
	char dev[CONFIG_IFNAME_LEN]; /* of a bridge: its members are ports with a tag there */
	uint16_t vlan; /* ... all in this VLAN, 0: untagged in no VLAN; one group for each */
	uint16_t tpid; /* ... of this protocol; EVB_TPID_C where vlan is 0 */
	unsigned int n_members;
	struct config_member *members; /* at least one, of a bridge two; as the file has them */
	struct config_pos pos;
	struct config_pos id_pos; /* of ecid or list */
	struct config_pos dev_pos;
	struct config_pos vlan_pos;
};

/* policy of a port: the keys that VFs, the PF and a bridge's ports share */
struct config_port {
	char name[EVB_PORT_NAME_LEN]; /* "vf0", "pf"; of a bridge's port the file says it */
	const struct config_channel *channel; /* of config->channels; NULL: the untagged one */
	uint8_t mac[CONFIG_MACS_MAX][6]; /* of a bridge's port: `static` */
	unsigned int n_macs; /* a VF has at least one, unless it is an extender's without spoofchk;
			      * the PF only those beyond its own */
	uint32_t ecid; /* E-CID or VIF of an extender's VF or PF, or of a bridge's port; 0: none */
	uint16_t vlan;	     /* 0..4094 */
	uint8_t qos;	     /* 0..7 */
	uint16_t proto;	     /* EVB_TPID_C or EVB_TPID_S; EVB_TPID_C when it is left out */
	bool has_proto;	     /* proto is in the file; without it a PF, or any port of a bridge or
			      * an extender, with all takes both */
	bool trunk_all;
	bool has_trunk;		  /* trunk is in the file, or trunk_all is the port's default */
	struct config_vids trunk; /* without trunk_all: the tagged VLANs */
	bool untagged;		  /* also untagged in no VLAN: a port without vlan whose trunk is
				    * none or all, or where the file says so */
	bool strip;
	bool spoofchk;
	bool isolated;
	bool trust;
	bool promisc;
	bool allmulti;
	bool dscp;
	bool has_guard;
	unsigned int n_multicast;
	uint8_t multicast[CONFIG_GROUPS_MAX][6]; /* without allmulti */
	unsigned int n_guard;
	struct config_prefix guard[CONFIG_GUARDS_MAX];
	unsigned int max_tx_rate, max_rx_rate; /* Mbit/s, 0: none */
	unsigned int storm[CONFIG_STORM__MAX]; /* frames/s, 0: none */
	const struct config_acl *acl;	       /* of config->acls, or NULL */
	enum evb_relay relay;	  /* its own, its port group's, its channel's, the switch's */
	enum evb_state state;
	bool reflective;	  /* a bridge's port: reflective_relay */
	bool learning;		  /* ... off with spoofchk */
	unsigned int learn_limit; /* ... 0..65536 */
	struct config_pos pos;			   /* of the entry */
	struct config_pos mac_pos;		   /* of `mac` */
	struct config_pos mac_at[CONFIG_MACS_MAX]; /* of each address; 0 when it is generated */
	struct config_pos vlan_pos;
	struct config_pos ecid_pos; /* of `ecid`, or of `vif` */
	struct config_pos vif_pos;
};

/*
 * A port with a device: a VF, or a port of a bridge. Several ports of a bridge may share a device,
 * each with its SVID, or each with its E-CID or VIF; the one without either stands for the device,
 * see config_is_device(). Where the file gives none, config_parse() adds it: closed, with the
 * device's name.
 */
struct config_vf {
	unsigned int id; /* of a VF, 0..255 */
	/* EVB_PORT_VF(id); of a bridge's port EVB_PORT_BRIDGE_FIRST + place, until the loader gives it
	 * the one that it has had */
	uint32_t number;
	uint16_t svid; /* of a bridge's port: its S-channel on dev, 2..4094; 0: the untagged one */
	enum evb_channel tag; /* of a bridge's port: EVB_CHANNEL_E or EVB_CHANNEL_VN, with port.ecid;
			       * else EVB_CHANNEL_NONE, also with an svid. All on dev have the same. */
	bool closed;   /* takes no frame: only its channels' do */
	char dev[CONFIG_IFNAME_LEN];
	enum config_kind kind;
	bool has_guest;
	char guest_netns[CONFIG_NETNS_LEN]; /* name or path; empty without guest */
	char guest_name[CONFIG_IFNAME_LEN];
	unsigned int mtu;	      /* 0: the uplink's */
	bool present_later;	      /* the device may appear after attach */
	char portgroup[EVB_NAME_LEN]; /* empty: none */
	bool mac_generated;	      /* mac left out: made from switch name and id */
	enum config_hook hook;
	struct config_port port;
	struct config_pos id_pos; /* of `id`, of `name` */
	struct config_pos dev_pos;
	struct config_pos svid_pos;
	struct config_pos tag_pos;
	struct config_pos guest_pos;
};

/* a port of an extender toward another one */
struct config_cascade {
	/* its device, also its name, no other port's; its number is EVB_PORT_CASCADE_FIRST + place, until
	 * the loader gives it the one that it has had; nothing else is set */
	struct config_vf vf;
	unsigned int n_ids;	/* at least one */
	struct config_ids *ids; /* those behind it, nobody else's; as the file has them */
};

/* the first thing that is wrong with a file; or a warning */
struct config_error {
	struct config_pos pos;
	char text[512]; /* what is wrong, with the value, and what would be right */
};

struct config {
	char file[256]; /* as given, for messages */
	char name[EVB_NAME_LEN];
	enum evb_relay relay;
	char uplink[CONFIG_IFNAME_LEN]; /* empty: a bridge has none, and no PF */
	struct config_pos uplink_pos;
	enum config_hook uplink_hook;
	struct config_port pf;
	unsigned int n_acls;
	struct config_acl *acls; /* in the order of the file */
	unsigned int n_channels;
	struct config_channel *channels; /* in the order of the file */
	enum evb_channel tag; /* of an extender: EVB_CHANNEL_E or EVB_CHANNEL_VN; else NONE */
	struct config_pos tag_pos;
	unsigned int n_cascades;
	struct config_cascade *cascades; /* of an extender; in the order of the file */
	unsigned int n_replications;
	struct config_replication *replications; /* in the order of the file */
	unsigned int age;  /* of a bridge: seconds, 1..1000000; 0: learned addresses stay */
	bool bpdu_forward; /* of a bridge */
	unsigned int n_vfs;
	/* in ascending order of id; of a bridge its ports, in the order of the file, those that were
	 * added for a device behind them */
	struct config_vf *vfs;
	unsigned int n_warnings;
	struct config_error *warnings; /* what is allowed and does nothing */
	char *text;		       /* the file as it was read, text_len bytes and a NUL */
	size_t text_len;
};

/*
 * config_parse() - text to struct. Does not keep @text.
 * Returns 0 and a config to be freed with config_free(), or a negative errno (-EINVAL for anything
 * in the file, -EFBIG, -ENOMEM) with @err filled and *@out untouched.
 */
int config_parse(const char *file, const char *text, size_t len, struct config **out,
		 struct config_error *err);

/* config_read() - the same from a file ("-": standard input); also -ENOENT, -EACCES, -EFBIG ... */
int config_read(const char *file, struct config **out, struct config_error *err);

void config_free(struct config *cfg);

/* "FILE:LINE:COLUMN: text", or "FILE: text" where there is no position; returns buf */
const char *config_error_format(const struct config_error *err, const char *file, char *buf,
				size_t len);

/* is the switch a bridge? */
static inline bool config_is_bridge(const struct config *cfg)
{
	return cfg->relay == EVB_RELAY_BRIDGE;
}

static inline bool config_is_extender(const struct config *cfg)
{
	return cfg->relay == EVB_RELAY_EXTENDER;
}

/* does it stand for its device, and not for a channel on it? */
static inline bool config_is_device(const struct config_vf *vf)
{
	return !vf->svid && !vf->tag;
}

/* the id of its channel on its device: SVID, E-CID or VIF; 0: it stands for the device, or is a VF */
static inline uint32_t config_channel_id(const struct config_vf *vf)
{
	return vf->tag ? vf->port.ecid : vf->svid;
}

static inline bool config_is_cascade(const struct config *cfg, const struct config_vf *vf)
{
	return config_is_extender(cfg) && vf->number >= EVB_PORT_CASCADE_FIRST;
}

/* ports with a device: the VFs or a bridge's ports, then the cascades */
static inline unsigned int config_devices(const struct config *cfg)
{
	return cfg->n_vfs + cfg->n_cascades;
}

static inline const struct config_vf *config_device(const struct config *cfg, unsigned int i)
{
	return i < cfg->n_vfs ? &cfg->vfs[i] : &cfg->cascades[i - cfg->n_vfs].vf;
}

/* the number of the first replication group: those of a bridge come behind its ports */
static inline uint32_t config_replication_first(const struct config *cfg)
{
	return config_is_bridge(cfg) ? EVB_PORT_BRIDGE_FIRST + cfg->n_vfs :
				       EVB_PORT_REPLICATION_FIRST;
}

/* names of enums as the file and JSON have them; "?" out of range */
const char *config_hook_name(enum config_hook hook);
const char *config_kind_name(enum config_kind kind);

/* "200,300-310" style text of a set; returns buf. Truncates with "..." when it does not fit. */
const char *config_vids_format(const struct config_vids *vids, char *buf, size_t len);
