/* SPDX-License-Identifier: GPL-2.0-only */
/* model_parts.h - what the files of the model share. */
#pragma once

#include "model.h"

enum kind {
	KIND_WIRE = 0, /* the uplink, or an S-channel on it */
	KIND_PF,
	KIND_VF,
	KIND_BRIDGE,
	KIND_CASCADE,
	KIND_GROUP, /* of a bridge: stands for the copy that goes to all of its members */
};

struct port {
	enum kind kind;
	uint32_t number;
	const struct config_port *cfg; /* NULL: wire, cascade, group */
	const struct model_dev *dev;
	unsigned int domain; /* SVID of an edge switch's channel; else 0 */
	enum evb_channel tag;
	uint32_t id; /* of that tag */
	bool closed;
	const struct config_cascade *cascade;
	const struct config_replication *group;
	struct evb_stats stats;
	unsigned int n_learned;
};

struct tag {
	uint16_t tpid, tci;
};

/* a frame under way: addresses, and what is behind the tags that are looked at */
struct flow {
	const struct model_frame *in;
	const struct port *from;
	const uint8_t *rest; /* from the type field on */
	size_t rest_len;
	struct model_lan lan;
	struct tag tag;	  /* of its VLAN */
	uint16_t prio;	  /* PCP and DEI that a channel's tag gets */
	uint32_t source;  /* an id of the port that it came from, where its tag says */
	struct tag outer; /* of the frame behind a channel's tag; tpid 0: none */
};

/* model_frame.c: bytes */
uint16_t get16(const uint8_t *bytes);
bool is_vlan_tag(uint16_t type);
bool is_group_mac(const uint8_t *mac);
/* behind all VLAN tags; NULL: cut. *len: bytes from there on, the type field included */
const uint8_t *behind_tags(const uint8_t *rest, size_t *len);
bool frame_is_bad(const struct model_frame *frame, size_t off);
bool is_control(const struct model_frame *frame, const uint8_t *rest, size_t len);
bool is_reserved(const uint8_t *mac);
bool has_type(const uint8_t *rest, size_t len, uint16_t type);
/* 802.3 with a length, as spanning tree frames are */
bool is_llc(const uint8_t *rest, size_t len);
size_t put_tag(uint8_t *out, uint16_t tpid, uint16_t tci);

/* model_policy.c: headers behind the EtherType */
bool guard_refuses(const struct config_port *port, const struct flow *flow);
bool acl_refuses(const struct config_port *port, const struct flow *flow, bool tx);
/* priority by DSCP; false: no IP packet */
bool dscp_prio(const struct flow *flow, uint16_t *prio);

#define PORTS_MAX 600

struct model {
	const struct config *cfg;
	const struct model_host *host;
	unsigned int n_ports;
	struct port ports[PORTS_MAX];
	unsigned int n_learned;
	struct model_address learned[MODEL_LEARNED_MAX];
};

/* an E-TAG or a VN-Tag that stands where a device has it */
struct extension {
	bool there;
	bool up, down; /* of that direction and version */
	bool several;  /* for a group */
	uint32_t id;   /* of the port that it is for, or of the group; up: of the one it is from */
	uint32_t source;
};

/* why a port's frames pass by others: the reason that is told if nobody is left */
struct passed_by {
	bool isolated, reflected;
};

/* model_switch.c */
const struct model_dev *dev_named(const struct model *m, const char *name);
struct port *port_numbered(struct model *m, uint32_t number);
bool is_bridge(const struct model *m);
bool is_extender(const struct model *m);
enum evb_channel channels_on(const struct model *m, const struct model_dev *dev);
struct port *bare_port(struct model *m, const struct model_dev *dev, enum kind kind);
bool has_link(const struct model *m, const struct port *port);
bool comes_by(const struct model *m, const struct port *port);
bool beside_channels(const struct model *m, const struct port *port);
bool in_lan(const struct model *m, const struct port *port, struct model_lan lan);
bool strips(const struct port *port, struct model_lan lan);
void flow_skip_tag(struct flow *f);
void flow_read_outer(struct flow *f);
void flow_set_lan(struct flow *f, uint16_t tpid, uint16_t tci);
enum evb_drop vlan_classify(const struct model *m, const struct port *port, struct flow *f);
enum evb_drop vlan_of_wire(const struct model *m, const struct port *wire, struct flow *f);
bool has_mac(const struct port *port, const uint8_t *mac);
struct port *owner(struct model *m, unsigned int domain, struct model_lan lan, const uint8_t *mac);
struct model_address *learned_find(struct model *m, struct model_lan lan, const uint8_t *mac);
enum evb_drop learn(struct model *m, struct port *port, const struct flow *f);
void count(struct evb_count *c, const uint8_t *macs, size_t len);
void refuse(struct model_result *out, struct port *port, enum evb_drop why);

/* model_emit.c */
size_t put_etag(uint8_t *out, uint16_t prio, uint32_t id, uint32_t ingress);
size_t put_vntag(uint8_t *out, uint32_t tag);
void build(const struct port *port, const struct flow *f, bool tagged, struct model_frame *out);
void settle(struct model *m, struct port *port, const struct flow *f, struct model_copy *copy);
void emit_whole(struct model *m, struct port *port, const struct flow *f, struct model_result *out);
void emit(struct model *m, struct port *port, const struct flow *f, struct model_result *out);

/* model_edge.c */
bool prunes(const struct port *port, const uint8_t *to);
bool both_isolated(const struct port *a, const struct port *b);
enum evb_drop nobody(const struct passed_by *why);
struct port *wire_of(struct model *m, unsigned int domain);
enum evb_drop relay_local(struct model *m, struct port *from, const struct flow *f,
			  struct model_result *out);
struct port *the_pf(struct model *m);
enum evb_drop relay_wire(struct model *m, struct port *wire, const struct flow *f,
			 struct model_result *out);

/* model_bridge.c */
enum evb_drop relay_bridge(struct model *m, struct port *from, struct flow *f, bool bpdu,
			   struct model_result *out);

/* model_extender.c */
size_t extension_len(enum evb_channel tag);
bool read_extension(const struct flow *f, enum evb_channel tag, struct extension *out);
void flow_skip_extension(struct flow *f, enum evb_channel tag);
enum evb_drop run_extender(struct model *m, const struct model_input *in, struct flow *f,
			   struct port **from, struct model_result *out);

/* model.c */
bool has_extension_tag(const struct flow *f);
enum evb_drop control_vlan(const struct model *m, const struct port *port, const struct flow *f);
