/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * harness_expect.c - what the contract (design.md section 7, evb_abi.h) says of a case, and the
 * comparison with what happened.
 */
#include "harness.h"

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evb_wire.h"
#include "names.h"

static void table_mistake(const char *word, const struct lab_case *c)
{
	fprintf(stderr, "test table: what is '%s' in '%.200s' of '%s'?\n", word, c->out, c->says);
	abort();
}

static char *trim(char *text)
{
	size_t len;

	text += strspn(text, " \t\n");
	len = strlen(text);
	while (len && strchr(" \t\n", text[len - 1]))
		text[--len] = 0;
	return text;
}

static enum evb_drop reason_named(const char *word, const struct lab_case *c)
{
	for (int i = 1; i < EVB_DROP__MAX; i++)
		if (!strcmp(word, evb_drop_name(i)))
			return i;
	table_mistake(word, c);
	return EVB_DROP_NONE;
}

static const struct lab_port *port_named(const struct lab *lab, const char *word,
					 const struct lab_case *c)
{
	const struct lab_port *port = lab_port(lab, word);

	if (!port)
		table_mistake(word, c);
	return port;
}

static const struct lab_port *port_numbered(const struct lab *lab, uint32_t number)
{
	const struct lab_port *ports;
	unsigned int n;

	ports = lab_ports(lab, &n);
	for (unsigned int i = 0; i < n; i++)
		if (ports[i].number == number)
			return &ports[i];
	return NULL;
}

static struct evb_stats *delta_of(const struct lab *lab, struct lab_expect *e, uint32_t number)
{
	unsigned int n;

	return &e->delta[port_numbered(lab, number) - lab_ports(lab, &n)];
}

/* "vf1 vf2!mtu : frame" */
static void parse_copies(const struct lab *lab, const struct lab_case *c, char *text,
			 const struct lab_bytes *same, struct lab_expect *e)
{
	char *frame = text, *ports = strsep(&frame, ":"), *word;
	struct lab_bytes bytes = *same;

	/* the colons of an address are the frame's own */
	if (frame)
		lab_frame(trim(frame), &bytes);
	while ((word = strsep(&ports, " \t\n"))) {
		char *reason = word, *name = strsep(&reason, "!");
		struct lab_copy *copy = &e->copies[e->n_copies];

		if (!*name)
			continue;
		copy->port = port_named(lab, name, c)->number;
		copy->drop = reason ? reason_named(reason, c) : EVB_DROP_NONE;
		copy->frame = bytes;
		e->n_copies++;
	}
}

static void parse_out(const struct lab *lab, const struct lab_case *c, const struct lab_bytes *in,
		      struct lab_expect *e)
{
	static char text[65536];
	char *rest = text, *part;

	snprintf(text, sizeof(text), "%s", c->out);
	strtok_r(text, "|", &part); /* what is behind is lab_then()'s */
	trim(text);
	if (!strcmp(text, "pass")) {
		e->verdict = EVB_VERDICT_PASS;
		return;
	}
	if (!strcmp(text, "own")) {
		e->verdict = EVB_VERDICT_OWN;
		return;
	}
	if (text[0] == '!') {
		e->verdict = EVB_VERDICT_DROP;
		e->drop = reason_named(trim(text + 1), c);
		return;
	}
	while ((part = strsep(&rest, ";")))
		parse_copies(lab, c, part, in, e);
	if (!e->n_copies)
		table_mistake("nothing", c);
}

/* the copy that goes on where the hook stands: between the uplink's wire and its stack */
static bool is_here(const struct lab *lab, const struct lab_expect *e, uint32_t port)
{
	enum evb_port_kind from = port_numbered(lab, e->from)->row->kind,
			   to = port_numbered(lab, port)->row->kind;

	return (from == EVB_KIND_PF && to == EVB_KIND_UPLINK) ||
	       (from == EVB_KIND_UPLINK && to == EVB_KIND_PF);
}

static void set_verdict(const struct lab *lab, struct lab_expect *e)
{
	unsigned int sent = 0;

	if (e->verdict)
		return;
	e->verdict = EVB_VERDICT_SEND;
	for (unsigned int i = 0; i < e->n_copies; i++) {
		if (e->copies[i].drop) {
			e->drop = e->copies[i].drop;
			continue;
		}
		sent++;
		if (is_here(lab, e, e->copies[i].port))
			e->verdict = EVB_VERDICT_PASS;
	}
	if (sent)
		e->drop = EVB_DROP_NONE;
	else
		e->verdict = EVB_VERDICT_DROP;
}

static uint32_t retval_tc(enum evb_verdict verdict)
{
	switch (verdict) {
	case EVB_VERDICT_DROP:
		return TC_ACT_SHOT;
	case EVB_VERDICT_SEND:
		return TC_ACT_REDIRECT;
	default:
		return TC_ACT_UNSPEC;
	}
}

static uint32_t retval_xdp(enum evb_verdict verdict)
{
	switch (verdict) {
	case EVB_VERDICT_DROP:
		return XDP_DROP;
	case EVB_VERDICT_SEND:
		return XDP_REDIRECT;
	default:
		return XDP_PASS;
	}
}

static bool is_group(const struct lab_bytes *in)
{
	return in->data[0] & 1;
}

/* reserved address, or a type that belongs to the link, behind whatever VLAN tags */
static bool is_control(const struct evb_port *from, const struct lab_bytes *in)
{
	static const uint8_t reserved[5] = {0x01, 0x80, 0xc2, 0, 0};
	uint16_t tpid, tci, type;
	size_t off = 12 + lab_extended(from, in);

	while (lab_tag_at(in, off, &tpid, &tci))
		off += EVB_TAG_LEN;
	type = in->data[off] << 8 | in->data[off + 1];
	return (!memcmp(in->data, reserved, 5) && in->data[5] < 16) || type == 0x8808 ||
	       type == 0x8809 || type == 0x88cc || type == 0x8940;
}

/* its E-TAG or VN-Tag names several: GRP is not 0, or the list's bit is set */
static bool names_several(const struct evb_port *from, const struct lab_bytes *in)
{
	size_t len = lab_extended(from, in);

	return (len == EVB_ETAG_LEN && in->data[16] & 0x30) ||
	       (len == EVB_VNTAG_LEN && in->data[14] & 0x40);
}

/* several may get it. An extender looks at no address */
static bool is_unknown(const struct lab *lab, const struct lab_expect *e,
		       const struct lab_bytes *in)
{
	if (lab_is_extender(lab))
		return names_several(port_numbered(lab, e->from)->row, in);
	return is_group(in) || (lab_is_bridge(lab) && !e->known);
}

/*
 * XDP finishes known unicast to a target that takes XDP frames, and frames that are refused before
 * anybody looks for a group's members; it leaves the rest to TC as it came. What a port with policy
 * sends or gets is TC's, and so is what belongs to a link and, in a domain that somebody watches,
 * all that is relayed.
 */
static bool goes_up(const struct lab *lab, const struct lab_expect *e, const struct lab_bytes *in)
{
	const struct evb_port *from = port_numbered(lab, e->from)->row, *target;
	bool side = from->kind == EVB_KIND_PORT ||
		    (from->kind == EVB_KIND_UPLINK && !lab_is_extender(lab));

	if (from->policy_in)
		return true;
	if (side && is_control(from, in) && e->drop != EVB_DROP_BAD_FRAME &&
	    e->drop != EVB_DROP_DIRECTION)
		return e->drop != EVB_DROP_CHANNEL || (from->closed && !lab_extended(from, in));
	if (!e->n_copies && e->drop == EVB_DROP_NO_TARGET)
		return is_unknown(lab, e, in) || from->watched;
	if (!e->n_copies)
		return is_unknown(lab, e, in) &&
		       (e->drop == EVB_DROP_ISOLATED || e->drop == EVB_DROP_REFLECTED);
	if (is_unknown(lab, e, in) || from->watched || e->n_copies != 1)
		return true;
	target = port_numbered(lab, e->copies[0].port)->row;
	return !target->xdp_slot || target->policy_out;
}

static void add_count(struct evb_count *count, const struct lab_case *c, const struct lab_bytes *in,
		      size_t len)
{
	static const uint8_t all[6] = {0xff, 0xff, 0xff, 0xff, 0xff, 0xff};

	struct lab_beside beside;
	unsigned int frames;

	lab_beside(c->in, &beside);
	frames = beside.gso_segs;
	count->packets += frames;
	count->bytes += len;
	if (!memcmp(in->data, all, sizeof(all)))
		count->broadcast += frames;
	else if (is_group(in))
		count->multicast += frames;
}

/* at each of a group's ports, but for the one that it came from */
static void count_members(const struct lab *lab, const struct lab_case *c,
			  const struct lab_bytes *in, const struct lab_copy *copy,
			  struct lab_expect *e)
{
	static uint32_t members[LAB_PORTS_MAX];
	unsigned int n = lab_members(lab, copy->port, members);

	for (unsigned int i = 0; i < n; i++)
		if (members[i] != e->from)
			add_count(&delta_of(lab, e, members[i])->out, c, in, copy->frame.len);
}

static void set_counters(const struct lab *lab, const struct lab_case *c,
			 const struct lab_bytes *in, struct lab_expect *e)
{
	struct evb_stats *stats = delta_of(lab, e, e->from);
	unsigned int sent = 0;

	if (e->verdict == EVB_VERDICT_UP || e->verdict == EVB_VERDICT_OWN)
		return;
	for (unsigned int i = 0; i < e->n_copies; i++) {
		const struct lab_copy *copy = &e->copies[i];
		struct evb_stats *target = delta_of(lab, e, copy->port);

		if (copy->drop) {
			target->out.dropped++;
			target->drops[copy->drop]++;
			continue;
		}
		add_count(&target->out, c, in, copy->frame.len);
		if (port_numbered(lab, copy->port)->row->kind == EVB_KIND_REPLICATION)
			count_members(lab, c, in, copy, e);
		sent++;
	}
	if (sent || e->verdict == EVB_VERDICT_PASS)
		add_count(&stats->in, c, in, in->len);
	if (e->n_copies || e->verdict == EVB_VERDICT_PASS)
		return;
	stats->in.dropped++;
	stats->drops[e->drop]++;
}

/*
 * A port that learns gets the source of what it may send, whatever becomes of the frame; what
 * belongs to the link is not the bridge's. A static address stays where it is.
 */
static void learn_source(const struct lab *lab, const struct lab_bytes *in, struct lab_expect *e)
{
	const struct evb_port *from = port_numbered(lab, e->from)->row;
	uint16_t fid = lab_frame_fid(lab, from, in);
	struct lab_address *at;

	if (!from->learning || (e->verdict == EVB_VERDICT_PASS && !e->n_copies))
		return;
	if (!e->n_copies && e->drop && e->drop <= EVB_DROP_LEARN_LIMIT)
		return;
	at = (struct lab_address *)lab_learned_find(&e->learned, in->data + 6, fid);
	if (!at && lab_known(lab, &e->given, in->data + 6, from, in))
		return;
	if (!at)
		at = &e->learned.at[e->learned.n++];
	memcpy(at->mac, in->data + 6, 6);
	at->fid = fid;
	at->port = e->from;
}

static void set_learned(const struct lab *lab, const struct lab_case *c, const struct lab_bytes *in,
			struct lab_expect *e)
{
	char text[1024];

	if (!lab_is_bridge(lab))
		return;
	lab_learned_words(lab, lab_given(c->in, text, sizeof(text)) ?: "", &e->given);
	e->known = lab_known(lab, &e->given, in->data, port_numbered(lab, e->from)->row, in);
	e->learned = e->given;
	if (lab_then(c->out))
		lab_learned_words(lab, lab_then(c->out), &e->learned);
	else
		learn_source(lab, in, e);
}

/* an address that a port got is counted there, and again when it was at another */
static void count_learned(const struct lab *lab, struct lab_expect *e)
{
	for (unsigned int i = 0; i < e->learned.n; i++) {
		const struct lab_address *now = &e->learned.at[i],
					 *was = lab_learned_find(&e->given, now->mac, now->fid);
		struct evb_stats *stats = delta_of(lab, e, now->port);

		if (was && was->port == now->port)
			continue;
		stats->learned++;
		stats->moved += was != NULL;
	}
}

void lab_expect(const struct lab *lab, const struct lab_case *c, enum lab_skin skin,
		struct lab_expect *e)
{
	struct lab_bytes in;
	unsigned int n;

	lab_ports(lab, &n);
	memset(e, 0, offsetof(struct lab_expect, copies));
	memset(e->delta, 0, n * sizeof(e->delta[0]));
	e->given.n = e->learned.n = 0;
	lab_frame(c->in, &in);
	e->from = port_named(lab, c->from, c)->number;
	e->frame = in;
	parse_out(lab, c, &in, e);
	set_verdict(lab, e);
	set_learned(lab, c, &in, e);
	if (skin == LAB_XDP && goes_up(lab, e, &in)) {
		e->verdict = EVB_VERDICT_UP;
		e->drop = EVB_DROP_NONE;
		e->n_copies = 0;
	}
	e->retval = skin == LAB_XDP ? retval_xdp(e->verdict) : retval_tc(e->verdict);
	set_counters(lab, c, &in, e);
	count_learned(lab, e);
}

/* ---- comparison */

static int complain(char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static int complain(char *why, const char *fmt, ...)
{
	size_t len = strlen(why);
	va_list args;

	va_start(args, fmt);
	len += vsnprintf(why + len, LAB_WHY_MAX - len, fmt, args);
	va_end(args);
	if (len < LAB_WHY_MAX - 1)
		strcat(why, "\n");
	return 1;
}

static const char *name_of(const struct lab *lab, uint32_t number)
{
	const struct lab_port *port = port_numbered(lab, number);

	return port ? port->name : "a port that is not there";
}

static const char *hex_of(const struct lab_bytes *frame, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = 0;
	for (size_t i = 0; i < frame->len && len + 3 < size; i++)
		len += snprintf(buf + len, size - len, "%02x", frame->data[i]);
	return buf;
}

static int compare_bytes(const struct lab_bytes *want, const struct lab_bytes *got,
			 const char *whose, char *why)
{
	char a[180], b[180];

	if (want->len == got->len && !memcmp(want->data, got->data, want->len))
		return 0;
	return complain(why, "  frame of %s: want %zu bytes %s\n               got  %zu bytes %s",
			whose, want->len, hex_of(want, a, sizeof(a)), got->len,
			hex_of(got, b, sizeof(b)));
}

static int compare_verdict(const struct lab_expect *want, const struct lab_seen *got, char *why)
{
	const struct evb_trace *trace = &got->trace;
	int bad = 0;

	if (trace->runs != 1)
		bad += complain(why, "  programs run: want 1, got %u", trace->runs);
	if (trace->verdict != want->verdict || trace->drop != want->drop)
		bad += complain(why, "  verdict: want %d %s, got %d %s", want->verdict,
				evb_drop_name(want->drop), trace->verdict,
				evb_drop_name(trace->drop));
	if (got->retval != want->retval)
		bad += complain(why, "  return code: want %d, got %d", (int)want->retval,
				(int)got->retval);
	if (want->verdict != EVB_VERDICT_OWN && trace->port != want->from)
		bad += complain(why, "  came from: want port %u, got %u", want->from, trace->port);
	return bad;
}

static const struct evb_trace_copy *copy_find(const struct evb_trace *trace, uint32_t port)
{
	for (unsigned int i = 0; i < trace->count; i++)
		if (trace->copy[i].port == port)
			return &trace->copy[i];
	return NULL;
}

/*
 * By bpf_redirect_peer: a unicast frame to the guest's own address, from an ingress hook; never
 * where several may get it, for it makes every frame one for the guest's own address. Behind a
 * bridge's port there may be others than the far end of its device.
 */
static bool wants_peer(const struct lab *lab, const struct lab_expect *want,
		       const struct lab_copy *copy)
{
	const struct evb_port *target = port_numbered(lab, copy->port)->row,
			      *from = port_numbered(lab, want->from)->row;

	if (lab_is_bridge(lab) && (!want->known || memcmp(copy->frame.data, target->mac, 6)))
		return false;
	/* an extender's port may have no address; what names a group is nobody's own */
	if (lab_is_extender(lab) &&
	    (is_unknown(lab, want, &want->frame) || memcmp(copy->frame.data, target->mac, 6)))
		return false;
	return target->send == EVB_SEND_PEER && !from->watched && !copy->drop &&
	       !is_group(&copy->frame) && from->kind != EVB_KIND_PF &&
	       from->kind != EVB_KIND_MACVTAP;
}

static int compare_copy(const struct lab *lab, const struct lab_expect *want,
			const struct lab_copy *copy, const struct evb_trace_copy *got, char *why)
{
	const char *name = name_of(lab, copy->port);
	uint16_t tpid = 0, tci = 0, tpid2 = 0, tci2 = 0;
	int bad = 0;

	if (!got)
		return complain(why, "  %s: want a copy, got none", name);
	if (got->drop != copy->drop)
		bad += complain(why, "  %s: want drop %s, got %s", name, evb_drop_name(copy->drop),
				evb_drop_name(got->drop));
	if (copy->drop || got->drop)
		return bad;
	if (lab_tag(&copy->frame, &tpid, &tci))
		lab_tag_at(&copy->frame, 12 + EVB_TAG_LEN, &tpid2, &tci2);
	if (got->len != copy->frame.len)
		bad += complain(why, "  %s: want %zu bytes, got %u", name, copy->frame.len,
				got->len);
	if (got->tpid != tpid || got->tci != tci)
		bad += complain(why, "  %s: want tag %04x %04x, got %04x %04x", name, tpid, tci,
				got->tpid, got->tci);
	if (got->tpid2 != tpid2 || got->tci2 != tci2)
		bad += complain(why, "  %s: want inner tag %04x %04x, got %04x %04x", name, tpid2,
				tci2, got->tpid2, got->tci2);
	if (want->retval != XDP_REDIRECT && got->peer != wants_peer(lab, want, copy))
		bad += complain(why, "  %s: redirect_peer: got %d", name, got->peer);
	return bad;
}

/*
 * A flood only ever makes the frame longer, but for the copy that goes on here, the last. An
 * extender's only ever shorter: what it keeps for the next one cannot come back.
 */
static int compare_order(const struct lab *lab, const struct lab_expect *want,
			 const struct evb_trace *trace, char *why)
{
	uint32_t len = 0;
	int bad = 0;

	for (unsigned int i = 0; i < trace->count && i < EVB_PORTS_MAX; i++) {
		const struct evb_trace_copy *copy = &trace->copy[i];

		if (copy->drop || !port_numbered(lab, copy->port) || is_here(lab, want, copy->port))
			continue;
		if (len && (lab_is_extender(lab) ? copy->len > len : copy->len < len))
			bad += complain(why, "  %s: got its %u bytes after a copy of %u",
					name_of(lab, copy->port), copy->len, len);
		len = copy->len;
	}
	return bad;
}

static int compare_copies(const struct lab *lab, const struct lab_expect *want,
			  const struct lab_seen *got, char *why)
{
	const struct evb_trace *trace = &got->trace;
	int bad = 0;

	if (trace->count != want->n_copies)
		bad += complain(why, "  copies: want %u, got %u", want->n_copies, trace->count);
	for (unsigned int i = 0; i < want->n_copies; i++)
		bad += compare_copy(lab, want, &want->copies[i],
				    copy_find(trace, want->copies[i].port), why);
	for (unsigned int i = 0; i < trace->count; i++) {
		bool known = false;

		for (unsigned int j = 0; j < want->n_copies; j++)
			known |= want->copies[j].port == trace->copy[i].port;
		if (!known)
			bad += complain(why, "  %s: got a copy that nobody wants",
					name_of(lab, trace->copy[i].port));
	}
	return bad + compare_order(lab, want, trace, why);
}

static const struct evb_trace_copy *last_sent(const struct evb_trace *trace)
{
	const struct evb_trace_copy *last = NULL;

	for (unsigned int i = 0; i < trace->count; i++)
		if (!trace->copy[i].drop)
			last = &trace->copy[i];
	return last;
}

/* the frame that came out is the copy that was sent last */
int lab_compare_frame(const struct lab *lab, const struct lab_expect *want,
		      const struct lab_seen *got, char *why)
{
	const struct evb_trace_copy *last = last_sent(&got->trace);
	int bad = 0;

	if (want->verdict == EVB_VERDICT_UP || want->verdict == EVB_VERDICT_OWN ||
	    (want->verdict == EVB_VERDICT_PASS && !want->n_copies))
		return compare_bytes(&want->frame, &got->frame, "the next hook", why);
	if (want->verdict == EVB_VERDICT_DROP || !last)
		return 0;
	if (last->beside != got->beside)
		bad += complain(why, "  %s: tag beside the frame: trace says %d, it is %d",
				name_of(lab, last->port), last->beside, got->beside);
	if (want->verdict == EVB_VERDICT_PASS && !is_here(lab, want, last->port))
		bad += complain(why, "  goes on here, but the last copy is that of %s",
				name_of(lab, last->port));
	for (unsigned int i = 0; i < want->n_copies; i++)
		if (want->copies[i].port == last->port)
			bad += compare_bytes(&want->copies[i].frame, &got->frame,
					     name_of(lab, last->port), why);
	return bad;
}

static void counter_name(char *buf, size_t size, size_t k)
{
	static const char *const words[] = {"packets", "bytes", "multicast", "broadcast",
					    "dropped"};
	size_t drops = offsetof(struct evb_stats, drops) / sizeof(uint64_t),
	       told = offsetof(struct evb_stats, told) / sizeof(uint64_t);

	if (k < drops)
		snprintf(buf, size, "%s %s", k < 5 ? "in" : "out", words[k % 5]);
	else if (k < told)
		snprintf(buf, size, "drops %s", evb_drop_name(k - drops));
	else if (k == offsetof(struct evb_stats, learned) / sizeof(uint64_t))
		snprintf(buf, size, "learned");
	else if (k == offsetof(struct evb_stats, moved) / sizeof(uint64_t))
		snprintf(buf, size, "moved");
	else
		snprintf(buf, size, "told"); /* tables_stats() has none */
}

static int compare_counters(const struct lab *lab, const struct lab_expect *want,
			    const struct lab_seen *got, char *why)
{
	const struct lab_port *ports;
	unsigned int n;
	int bad = 0;

	ports = lab_ports(lab, &n);
	for (unsigned int i = 0; i < n; i++) {
		const uint64_t *w = (const uint64_t *)&want->delta[i];
		const uint64_t *g = (const uint64_t *)&got->delta[i];
		char word[40];

		for (unsigned int k = 0; k < sizeof(struct evb_stats) / sizeof(*w); k++) {
			if (w[k] == g[k])
				continue;
			counter_name(word, sizeof(word), k);
			bad += complain(why, "  counter %s %s: want +%lu, got +%lu", ports[i].name,
					word, w[k], g[k]);
		}
	}
	return bad;
}

static int complain_learned(const struct lab *lab, const char *who, const struct lab_learned *list,
			    char *why)
{
	for (unsigned int i = 0; i < list->n; i++) {
		const struct lab_address *at = &list->at[i];

		complain(why, "  learned, %s: %02x:%02x:%02x:%02x:%02x:%02x FID %u at %s", who,
			 at->mac[0], at->mac[1], at->mac[2], at->mac[3], at->mac[4], at->mac[5],
			 at->fid, name_of(lab, at->port));
	}
	return complain(why, "  learned, %s: %u", who, list->n);
}

static int compare_learned(const struct lab *lab, const struct lab_expect *want,
			   const struct lab_seen *got, char *why)
{
	int bad = 0;

	if (!lab_learned_same(&want->learned, &got->learned)) {
		bad += complain_learned(lab, "want", &want->learned, why);
		complain_learned(lab, "got", &got->learned, why);
	}
	if (got->miscounted)
		bad += complain(why, "  evb_learn: %u ports do not have what it says",
				got->miscounted);
	if (got->stale)
		bad += complain(why, "  evb_fdb_near: %u addresses are elsewhere", got->stale);
	return bad;
}

/* the mark: on what passes one of the uplink's own hooks again, and on nothing else that goes on */
static int compare_mark(const struct lab *lab, const struct lab_expect *want,
			const struct lab_seen *got, char *why)
{
	const struct evb_trace_copy *last = last_sent(&got->trace);
	uint16_t mark = 0;

	if (want->verdict == EVB_VERDICT_DROP || want->retval == XDP_REDIRECT)
		return 0;
	if (want->verdict == EVB_VERDICT_SEND && last && port_numbered(lab, last->port) &&
	    (port_numbered(lab, last->port)->row->kind == EVB_KIND_UPLINK ||
	     port_numbered(lab, last->port)->row->kind == EVB_KIND_PF))
		mark = EVB_TC_SWITCHED;
	if (got->tc_index == mark)
		return 0;
	return complain(why, "  tc_index: want %#x, got %#x", mark, got->tc_index);
}

int lab_compare(const struct lab *lab, const struct lab_expect *want, const struct lab_seen *got,
		char *why)
{
	int bad = compare_verdict(want, got, why);

	bad += compare_copies(lab, want, got, why);
	bad += lab_compare_frame(lab, want, got, why);
	bad += compare_counters(lab, want, got, why);
	bad += compare_mark(lab, want, got, why);
	bad += compare_learned(lab, want, got, why);
	return bad;
}
