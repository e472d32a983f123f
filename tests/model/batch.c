/* SPDX-License-Identifier: GPL-2.0-only */
#include "batch.h"

#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "evb_wire.h"
#include "names.h"

static bool complain(char *why, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static bool complain(char *why, const char *fmt, ...)
{
	size_t len = strlen(why);
	va_list args;

	va_start(args, fmt);
	vsnprintf(why + len, BATCH_WHY_MAX - len, fmt, args);
	va_end(args);
	return true;
}

static const char *hex_of(const struct model_frame *frame, char *buf, size_t size)
{
	size_t len = 0;

	buf[0] = 0;
	for (size_t i = 0; i < frame->len && len + 3 < size; i++)
		len += snprintf(buf + len, size - len, "%02x", frame->data[i]);
	return buf;
}

/* ---- one frame */

static bool is_vlan(const uint8_t *at)
{
	return evb_is_vlan_tpid(at[0] << 8 | at[1]);
}

/* the two outermost VLAN tags, as evb_trace has them */
static void outer_tags(const struct model_frame *frame, struct evb_trace_copy *out)
{
	const uint8_t *at = frame->data + 12;

	for (int i = 0; i < 2 && frame->len >= 16 + 4 * (size_t)i && is_vlan(at); i++, at += 4) {
		*(i ? &out->tpid2 : &out->tpid) = at[0] << 8 | at[1];
		*(i ? &out->tci2 : &out->tci) = at[2] << 8 | at[3];
	}
}

static const struct evb_trace_copy *copy_to(const struct evb_trace *trace, uint32_t port)
{
	for (unsigned int i = 0; i < trace->count && i < EVB_PORTS_MAX; i++)
		if (trace->copy[i].port == port)
			return &trace->copy[i];
	return NULL;
}

static bool compare_copy(const struct rig *rig, const struct model_copy *want,
			 const struct evb_trace_copy *got, char *why)
{
	const char *name = rig_port_name(rig, want->port);
	struct evb_trace_copy tags = {};
	bool bad = false;

	if (!got)
		return complain(why, "  %s: the model sends it a copy\n", name);
	if (got->drop != want->drop)
		bad = complain(why, "  %s: the model says %s, the program %s\n", name,
			       evb_drop_name(want->drop), evb_drop_name(got->drop));
	if (want->drop || got->drop)
		return bad;
	outer_tags(&want->frame, &tags);
	if (got->len != want->frame.len)
		bad = complain(why, "  %s: the model sends %zu bytes, the program %u\n", name,
			       want->frame.len, got->len);
	if (got->tpid != tags.tpid || got->tci != tags.tci || got->tpid2 != tags.tpid2 ||
	    got->tci2 != tags.tci2)
		bad = complain(why,
			       "  %s: tags: the model's %04x %04x, %04x %04x, the program's %04x "
			       "%04x, %04x %04x\n",
			       name, tags.tpid, tags.tci, tags.tpid2, tags.tci2, got->tpid,
			       got->tci, got->tpid2, got->tci2);
	return bad;
}

static bool compare_copies(const struct rig *rig, const struct model_result *want,
			   const struct evb_trace *got, char *why)
{
	bool bad = false;

	for (unsigned int i = 0; i < want->n_copies; i++)
		bad |= compare_copy(rig, &want->copies[i], copy_to(got, want->copies[i].port), why);
	for (unsigned int i = 0; i < got->count && i < EVB_PORTS_MAX; i++) {
		bool wanted = false;

		for (unsigned int j = 0; j < want->n_copies; j++)
			wanted |= want->copies[j].port == got->copy[i].port;
		if (!wanted)
			bad = complain(why, "  %s: the program sends it a copy (%s)\n",
				       rig_port_name(rig, got->copy[i].port),
				       evb_drop_name(got->copy[i].drop));
	}
	if (got->count != want->n_copies)
		bad = complain(why, "  copies: the model's %u, the program's %u\n", want->n_copies,
			       got->count);
	return bad;
}

static bool compare_bytes(const struct model_frame *want, const struct model_frame *got,
			  const char *whose, char *why)
{
	char a[400], b[400];

	if (want->len == got->len && !memcmp(want->data, got->data, want->len))
		return false;
	return complain(why, "  %s: the model  %s\n  %*s  the program %s\n", whose,
			hex_of(want, a, sizeof(a)), (int)strlen(whose), "",
			hex_of(got, b, sizeof(b)));
}

/* the program's last copy is what came out of it */
static bool compare_last(const struct rig *rig, const struct model_result *want,
			 const struct rig_seen *got, char *why)
{
	const struct evb_trace_copy *last = NULL;

	for (unsigned int i = 0; i < got->trace.count && i < EVB_PORTS_MAX; i++)
		if (!got->trace.copy[i].drop)
			last = &got->trace.copy[i];
	for (unsigned int i = 0; last && i < want->n_copies; i++)
		if (want->copies[i].port == last->port && !want->copies[i].drop)
			return compare_bytes(&want->copies[i].frame, &got->frame,
					     rig_port_name(rig, last->port), why);
	return false;
}

static bool is_wire(uint32_t port)
{
	return port == EVB_PORT_UPLINK ||
	       (port >= EVB_PORT_CHANNEL_FIRST && port < EVB_PORT_CHANNEL_FIRST + EVB_CHANNELS_MAX);
}

/* between the uplink's wire and its stack a frame goes on where the program stands */
static bool goes_on_here(const struct config *cfg, const struct model_input *in, uint32_t to)
{
	if (config_is_bridge(cfg) || strcmp(in->dev, cfg->uplink))
		return false;
	return in->host ? is_wire(to) : to == EVB_PORT_PF;
}

static enum evb_verdict verdict_of(const struct config *cfg, const struct model_input *in,
				   const struct model_result *want)
{
	enum evb_verdict verdict = EVB_VERDICT_DROP;

	if (want->fate == MODEL_STACK)
		return EVB_VERDICT_PASS;
	for (unsigned int i = 0; i < want->n_copies; i++) {
		if (want->copies[i].drop)
			continue;
		if (goes_on_here(cfg, in, want->copies[i].port))
			return EVB_VERDICT_PASS;
		verdict = EVB_VERDICT_SEND;
	}
	return verdict;
}

static uint32_t retval_of(enum evb_verdict verdict, bool xdp)
{
	switch (verdict) {
	case EVB_VERDICT_DROP:
		return xdp ? XDP_DROP : TC_ACT_SHOT;
	case EVB_VERDICT_SEND:
		return xdp ? XDP_REDIRECT : TC_ACT_REDIRECT;
	default:
		return xdp ? (uint32_t)XDP_PASS : (uint32_t)TC_ACT_UNSPEC;
	}
}

static bool compare(const struct rig *rig, const struct config *cfg, const struct step *step,
		    const struct model_result *want, const struct rig_seen *got, char *why)
{
	enum evb_verdict verdict = verdict_of(cfg, &step->in, want);
	bool xdp = step->lane == RIG_XDP && !got->up, bad = false;
	const struct evb_trace *trace = &got->trace;
	char hex[400];

	if (got->up_changed)
		bad = complain(why, "  XDP leaves it to TC, but not as it came\n");
	if (trace->runs != 1)
		bad = complain(why, "  %u decisions\n", trace->runs);
	if (trace->port != want->port)
		bad = complain(why, "  the model counts it at %s, the program at %s\n",
			       rig_port_name(rig, want->port), rig_port_name(rig, trace->port));
	if (trace->verdict != verdict || got->retval != retval_of(verdict, xdp))
		bad = complain(
			why,
			"  verdict: the model's %d %s, the program's %d %s, which returns %d\n",
			verdict, evb_drop_name(want->drop), trace->verdict,
			evb_drop_name(trace->drop), (int)got->retval);
	if (want->fate == MODEL_REFUSED && trace->drop != want->drop)
		bad = complain(why, "  the model says %s, the program %s\n",
			       evb_drop_name(want->drop), evb_drop_name(trace->drop));
	bad |= compare_copies(rig, want, trace, why);
	if (bad)
		complain(why, "  %s, %s: %s\n", step->in.dev, rig_lane_name(step->lane),
			 hex_of(&step->in.frame, hex, sizeof(hex)));
	if (bad && verdict != EVB_VERDICT_DROP)
		complain(why, "  what came out of the program: %s\n",
			 hex_of(&got->frame, hex, sizeof(hex)));
	if (want->fate == MODEL_STACK)
		return compare_bytes(&step->in.frame, &got->frame, "the stack", why) || bad;
	return compare_last(rig, want, got, why) || bad;
}

/* ---- what is left behind */

static const char *counter_name(size_t k, char *buf, size_t size)
{
	static const char *const words[] = {"packets", "bytes", "multicast", "broadcast",
					    "dropped"};
	size_t drops = offsetof(struct evb_stats, drops) / sizeof(__u64),
	       told = offsetof(struct evb_stats, told) / sizeof(__u64);

	if (k < drops)
		snprintf(buf, size, "%s %s", k < 5 ? "in" : "out", words[k % 5]);
	else if (k < told)
		snprintf(buf, size, "drops %s", evb_drop_name(k - drops));
	else
		snprintf(buf, size, "%s",
			 k == offsetof(struct evb_stats, learned) / sizeof(__u64) ? "learned"
										  : "moved");
	return buf;
}

static bool compare_counters(struct rig *rig, const struct model *model, enum batch_lie lie,
			     char *why)
{
	const uint32_t *numbers;
	unsigned int n = rig_ports(rig, &numbers);
	bool bad = false;

	for (unsigned int i = 0; i < n; i++) {
		struct evb_stats want = *model_stats(model, numbers[i]), got;
		const __u64 *w = (const __u64 *)&want, *g = (const __u64 *)&got;
		uint32_t learned;
		char word[40];

		if (rig_stats(rig, numbers[i], &got) || rig_learned(rig, numbers[i], &learned))
			return complain(why, "  no counters of port %u\n", numbers[i]);
		if (lie == BATCH_LIE_COUNTER && i == n - 1)
			want.out.bytes++;
		for (size_t k = 0; k < sizeof(want) / sizeof(*w); k++)
			if (w[k] != g[k])
				bad = complain(why,
					       "  %s %s: the model's %llu, the program's %llu\n",
					       rig_port_name(rig, numbers[i]),
					       counter_name(k, word, sizeof(word)), w[k], g[k]);
	}
	return bad;
}

static bool compare_learned(struct rig *rig, const struct model *model, enum batch_lie lie,
			    char *why)
{
	const struct model_address *list;
	unsigned int n, n_ports;
	const uint32_t *numbers;
	bool bad = false;

	list = model_learned(model, &n);
	for (unsigned int i = 0; i < n; i++) {
		uint32_t at = rig_learned_at(rig, &list[i]), want = list[i].port;

		if (lie == BATCH_LIE_LEARNED && i == n - 1)
			want++;
		if (at != want)
			bad = complain(why,
				       "  %02x:..:%02x:%02x in %04x %u: learned by the model at "
				       "%s, by the program at %s\n",
				       list[i].mac[0], list[i].mac[4], list[i].mac[5],
				       list[i].lan.tpid, list[i].lan.vid, rig_port_name(rig, want),
				       at ? rig_port_name(rig, at) : "none");
	}
	n_ports = rig_ports(rig, &numbers);
	for (unsigned int p = 0; p < n_ports; p++) {
		unsigned int want = 0;
		uint32_t got;

		for (unsigned int i = 0; i < n; i++)
			want += list[i].port == numbers[p];
		if (rig_learned(rig, numbers[p], &got) || got != want)
			bad = complain(why, "  %s has learned: the model %u, the program %u\n",
				       rig_port_name(rig, numbers[p]), want, got);
	}
	return bad;
}

/* ---- lies */

static bool lie_in_copy(struct model_result *out, struct model_copy *copy, enum batch_lie lie)
{
	switch (lie) {
	case BATCH_LIE_BYTE:
		if (out->n_copies > 1)
			return false;
		copy->frame.data[copy->frame.len - 1] ^= 1;
		return true;
	case BATCH_LIE_TAG:
		if (!is_vlan(copy->frame.data + 12))
			return false;
		copy->frame.data[15] ^= 1;
		return true;
	case BATCH_LIE_LENGTH:
		copy->frame.len--;
		return true;
	case BATCH_LIE_RECEIVER:
		copy->port++;
		return true;
	case BATCH_LIE_MISSING:
		out->n_copies--;
		return true;
	default:
		return false;
	}
}

/* true: the answer is false now, and a comparison has to find it */
static bool tell(struct model_result *out, enum batch_lie lie)
{
	struct model_copy *copy = out->n_copies ? &out->copies[out->n_copies - 1] : NULL;

	if (lie == BATCH_LIE_REASON && out->fate == MODEL_REFUSED) {
		out->drop++;
		return true;
	}
	if (lie == BATCH_LIE_PORT) {
		out->port++;
		return true;
	}
	if (lie == BATCH_LIE_REASON_THERE && copy && copy->drop) {
		copy->drop++;
		return true;
	}
	return copy && !copy->drop && lie_in_copy(out, copy, lie);
}

/* ---- a batch */

/* the configuration before, where it agreed */
static char last_text[RANDOM_TEXT_MAX];

static void sum_up(struct batch_sums *sums, const struct step *step, const struct model_result *res,
		   bool up)
{
	sums->runs++;
	sums->lane[step->lane]++;
	sums->up += up;
	sums->stack += res->fate == MODEL_STACK;
	if (res->fate == MODEL_REFUSED)
		sums->refused[res->drop]++;
	sums->copies += res->n_copies;
	sums->floods += res->n_copies > 1;
	for (unsigned int i = 0; i < res->n_copies; i++)
		if (res->copies[i].drop)
			sums->there[res->copies[i].drop]++;
}

static bool has_dev(const struct config *cfg, const char *dev)
{
	if (!strcmp(cfg->uplink, dev))
		return true;
	for (unsigned int i = 0; i < cfg->n_vfs; i++)
		if (!strcmp(cfg->vfs[i].dev, dev))
			return true;
	for (unsigned int i = 0; i < cfg->n_cascades; i++)
		if (!strcmp(cfg->cascades[i].vf.dev, dev))
			return true;
	return false;
}

struct under_way {
	struct rig *rig;
	const struct batch *batch;
	const struct config *cfg;
	struct model *model;
	bool each;
	enum batch_lie lie;
	struct batch_sums *sums;
	char *why;
};

static enum batch_end run_step(struct under_way *u, const struct step *step)
{
	static struct model_result want;
	static struct rig_seen got;
	bool bad;

	if (!has_dev(u->cfg, step->in.dev))
		return BATCH_REFUSED;
	if (!rig_takes(u->rig, &step->in, step->lane))
		return BATCH_AGREES;
	if (rig_run(u->rig, &step->in, step->lane, &got))
		return BATCH_BROKEN;
	if (got.up && !rig_takes(u->rig, &step->in, RIG_TC_BYTES))
		return got.up_changed ? BATCH_DIFFERS : BATCH_AGREES;
	model_run(u->model, &step->in, &want);
	sum_up(u->sums, step, &want, got.up);
	u->sums->lies += tell(&want, u->lie);
	bad = compare(u->rig, u->cfg, step, &want, &got, u->why);
	if (u->each && !bad)
		bad = compare_counters(u->rig, u->model, u->lie, u->why) |
		      compare_learned(u->rig, u->model, u->lie, u->why);
	return bad ? BATCH_DIFFERS : BATCH_AGREES;
}

static enum batch_end run_steps(struct under_way *u, unsigned int *at)
{
	const struct model_address *list;
	enum batch_end end = BATCH_AGREES;
	unsigned int n;

	for (*at = 0; *at < u->batch->n; (*at)++) {
		end = run_step(u, &u->batch->steps[*at]);
		if (end)
			return end;
	}
	list = model_learned(u->model, &n);
	u->sums->learned += list ? n : 0;
	if (compare_counters(u->rig, u->model, u->lie, u->why) |
	    compare_learned(u->rig, u->model, u->lie, u->why))
		end = BATCH_DIFFERS;
	return end;
}

static bool parses(const char *text, struct config **cfg)
{
	struct config_error error;

	return !config_parse("random", text, strlen(text), cfg, &error);
}

enum batch_end batch_run(struct rig *rig, const struct batch *batch, bool each, enum batch_lie lie,
			 struct batch_sums *sums, char *why, unsigned int *at)
{
	struct model_host host = {.n_devs = RANDOM_DEVS_MAX, .devs = batch->devs};
	struct under_way u = {
		.rig = rig, .batch = batch, .each = each, .lie = lie, .sums = sums, .why = why};
	static struct batch_sums nowhere;
	enum batch_end end = BATCH_REFUSED;
	struct config *cfg;

	why[0] = 0;
	*at = 0;
	if (!u.sums)
		u.sums = &nowhere;
	if (!parses(batch->text, &cfg))
		return BATCH_REFUSED;
	u.cfg = cfg;
	if (rig_load(rig, cfg, &host))
		goto out;
	end = BATCH_BROKEN;
	u.model = model_new(cfg, &host);
	if (u.model)
		end = run_steps(&u, at);
	model_free(u.model);
out:
	rig_unload(rig);
	config_free(cfg);
	if (end != BATCH_DIFFERS)
		memcpy(last_text, batch->text, sizeof(last_text));
	return end;
}

enum batch_end batch_fill(struct random *r, enum random_kind kind, unsigned int n,
			  struct batch *out)
{
	struct model_host host = {.n_devs = RANDOM_DEVS_MAX, .devs = out->devs};
	struct config *cfg;

	random_devs(r, kind, out->devs);
	random_config(r, kind, out->text);
	if (!parses(out->text, &cfg))
		return BATCH_REFUSED;
	out->n = n < BATCH_STEPS_MAX ? n : BATCH_STEPS_MAX;
	for (unsigned int i = 0; i < out->n; i++) {
		random_input(r, cfg, &host, &out->steps[i].in);
		out->steps[i].lane = random_below(r, RIG_LANE__MAX);
	}
	config_free(cfg);
	return BATCH_AGREES;
}

/* ---- as little as still differs */

/* the first line of what differs: what is made smaller is to differ in the same way */
static char still_why[200];

static void first_line(const char *why, char out[sizeof(still_why)])
{
	snprintf(out, sizeof(still_why), "%.*s", (int)strcspn(why, "\n"), why);
}

static bool still(struct rig *rig, const struct batch *batch)
{
	static char why[BATCH_WHY_MAX];
	char line[sizeof(still_why)];
	unsigned int at;

	if (batch_run(rig, batch, true, BATCH_TRUTH, NULL, why, &at) != BATCH_DIFFERS)
		return false;
	first_line(why, line);
	return !strcmp(line, still_why);
}

static void step_remove(struct batch *batch, unsigned int at)
{
	batch->n--;
	memmove(&batch->steps[at], &batch->steps[at + 1],
		(batch->n - at) * sizeof(batch->steps[0]));
}

static void shrink_steps(struct rig *rig, struct batch *batch, struct batch *try)
{
	for (unsigned int i = batch->n; i-- > 0 && batch->n > 1;) {
		*try = *batch;
		step_remove(try, i);
		if (still(rig, try))
			*batch = *try;
	}
}

static void shrink_devs(struct rig *rig, struct batch *batch, struct batch *try)
{
	for (int i = 0; i < RANDOM_DEVS_MAX; i++) {
		*try = *batch;
		try->devs[i].mtu = 1500;
		try->devs[i].no_link = false;
		if (still(rig, try))
			*batch = *try;
	}
}

static bool text_cut(struct batch *try, size_t from, size_t to)
{
	size_t len = strlen(try->text);

	memmove(try->text + from, try->text + to, len - to + 1);
	return from != to;
}

static void shrink_lines(struct rig *rig, struct batch *batch, struct batch *try)
{
	size_t at = 0;

	while (batch->text[at]) {
		size_t len = strcspn(batch->text + at, "\n") + 1;

		*try = *batch;
		text_cut(try, at, at + len);
		if (still(rig, try))
			*batch = *try;
		else
			at += len;
	}
}

/* the end of what begins at a comma: the next one, or the bracket that closes around it */
static size_t part_end(const char *text, size_t at)
{
	int depth = 0;

	for (size_t i = at + 1; text[i] && text[i] != '\n'; i++) {
		if (strchr("{[", text[i]))
			depth++;
		if (strchr("}]", text[i]) && depth-- == 0)
			return i;
		if (text[i] == ',' && !depth)
			return i;
	}
	return at;
}

static void shrink_keys(struct rig *rig, struct batch *batch, struct batch *try)
{
	for (size_t at = 0; batch->text[at];) {
		size_t end = batch->text[at] == ',' ? part_end(batch->text, at) : at;

		*try = *batch;
		if (end > at && text_cut(try, at, end) && still(rig, try))
			*batch = *try;
		else
			at++;
	}
}

static void shrink_frames(struct rig *rig, struct batch *batch, struct batch *try)
{
	for (unsigned int i = 0; i < batch->n; i++) {
		for (size_t less = 1024; less; less /= 2) {
			*try = *batch;
			if (try->steps[i].in.frame.len < 14 + less)
				continue;
			try->steps[i].in.frame.len -= less;
			if (still(rig, try))
				*batch = *try;
		}
		for (size_t k = 14; k < batch->steps[i].in.frame.len; k++) {
			*try = *batch;
			if (!try->steps[i].in.frame.data[k])
				continue;
			try->steps[i].in.frame.data[k] = 0;
			if (still(rig, try))
				*batch = *try;
		}
	}
}

/* ---- what to paste into a table of tests/prog */

static void print_text(const char *text)
{
	while (*text) {
		size_t len = strcspn(text, "\n");

		fputs("\t\t\"", stderr);
		for (size_t i = 0; i < len; i++)
			fprintf(stderr, text[i] == '"' ? "\\%c" : "%c", text[i]);
		fputs("\\n\"\n", stderr);
		text += len + (text[len] == '\n');
	}
}

static void print_answer(const struct rig *rig, const struct model_result *res)
{
	char hex[2 * MODEL_FRAME_MAX + 1];

	if (res->fate == MODEL_REFUSED)
		fprintf(stderr, "! %s", evb_drop_name(res->drop));
	if (res->fate == MODEL_STACK)
		fprintf(stderr, "pass");
	for (unsigned int i = 0; i < res->n_copies; i++) {
		fprintf(stderr, "%s%s", i ? " ; " : "", rig_port_name(rig, res->copies[i].port));
		if (res->copies[i].drop)
			fprintf(stderr, "!%s", evb_drop_name(res->copies[i].drop));
		else
			fprintf(stderr, " : hex=%s",
				hex_of(&res->copies[i].frame, hex, sizeof(hex)));
	}
}

static void print_batch(struct rig *rig, const struct batch *batch)
{
	struct model_host host = {.n_devs = RANDOM_DEVS_MAX, .devs = batch->devs};
	static struct model_result res;
	char hex[2 * MODEL_FRAME_MAX + 1];
	struct config *cfg;
	struct model *model;

	print_text(batch->text);
	for (int i = 0; i < RANDOM_DEVS_MAX; i++)
		if (batch->devs[i].mtu != 1500 || batch->devs[i].no_link)
			fprintf(stderr, "\t/* %s: MTU %u%s */\n", batch->devs[i].name,
				batch->devs[i].mtu, batch->devs[i].no_link ? ", no carrier" : "");
	if (!parses(batch->text, &cfg))
		return;
	model = model_new(cfg, &host);
	if (!rig_load(rig, cfg, &host))
		for (unsigned int i = 0; i < batch->n; i++) {
			const struct step *step = &batch->steps[i];

			model_run(model, &step->in, &res);
			fprintf(stderr, "\t{\"%s%s, %s\", \"%s\",\n\t \"hex=%s\",\n\t \"",
				step->in.dev, step->in.host ? " from the host" : "",
				rig_lane_name(step->lane), rig_port_name(rig, res.port),
				hex_of(&step->in.frame, hex, sizeof(hex)));
			print_answer(rig, &res);
			fputs("\"},\n", stderr);
		}
	rig_unload(rig);
	model_free(model);
	config_free(cfg);
}

void batch_shrink(struct rig *rig, struct batch *batch, unsigned int failed)
{
	static struct batch try;
	static char why[BATCH_WHY_MAX];
	unsigned int at;

	if (batch_run(rig, batch, true, BATCH_TRUTH, NULL, why, &at) != BATCH_DIFFERS) {
		/* then it is what the last configuration has left behind */
		fprintf(stderr,
			"which is gone with the same configuration again; the one before:\n");
		print_text(last_text);
		batch->n = failed + 1 < batch->n ? failed + 1 : batch->n;
		batch->steps[0] = batch->steps[batch->n - 1];
		batch->n = 1;
		print_batch(rig, batch);
		return;
	}
	if (at < batch->n)
		batch->n = at + 1;
	first_line(why, still_why);
	try = *batch;
	try.steps[0] = batch->steps[batch->n - 1];
	try.n = 1;
	if (still(rig, &try))
		*batch = try;
	shrink_steps(rig, batch, &try);
	shrink_devs(rig, batch, &try);
	shrink_lines(rig, batch, &try);
	shrink_keys(rig, batch, &try);
	shrink_frames(rig, batch, &try);
	batch_run(rig, batch, true, BATCH_TRUTH, NULL, why, &at);
	print_batch(rig, batch);
	fputs(why, stderr);
}
