/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Frames cut anywhere, and frames of random bytes: a named drop or the right delivery, never an
 * abort, never another port.
 *
 *	vf0 vf1 C-VLAN 10     vf2 trunk all       vf3 C-VLAN 10, XDP    vf4 vf5 S-VLAN 100
 *	vf6 no VLAN           vf7 no VLAN, XDP    vf8 C-VLAN 10 strip off, XDP
 *	vf9 vf10 isolated     vf11 disabled       vf12 MTU 100
 */
#include <linux/bpf.h>
#include <linux/pkt_cls.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "evb_wire.h"
#include "harness.h"

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

static const struct lab_setup setup = {
	.yaml = "version: 1\n"
		"switch: lab\n"
		"uplink: {dev: up}\n"
		"vfs:\n"
		"  - {id: 0, dev: h0, mac: \"02:00:00:00:01:00\", vlan: 10}\n"
		"  - {id: 1, dev: h1, mac: \"02:00:00:00:01:01\", vlan: 10}\n"
		"  - {id: 2, dev: h2, mac: \"02:00:00:00:01:02\", trunk: all}\n"
		"  - {id: 3, dev: h3, mac: \"02:00:00:00:01:03\", vlan: 10, hook: xdp}\n"
		"  - {id: 4, dev: h4, mac: \"02:00:00:00:01:04\", vlan: 100, proto: 802.1ad}\n"
		"  - {id: 5, dev: h5, mac: \"02:00:00:00:01:05\", vlan: 100, proto: 802.1ad}\n"
		"  - {id: 6, dev: h6, mac: \"02:00:00:00:01:06\"}\n"
		"  - {id: 7, dev: h7, mac: \"02:00:00:00:01:07\", hook: xdp}\n"
		"  - {id: 8, dev: h8, mac: \"02:00:00:00:01:08\", vlan: 10, strip: off, hook: "
		"xdp}\n"
		"  - {id: 9, dev: h9, mac: \"02:00:00:00:01:09\", isolated: on}\n"
		"  - {id: 10, dev: h10, mac: \"02:00:00:00:01:0a\", isolated: on}\n"
		"  - {id: 11, dev: h11, mac: \"02:00:00:00:01:0b\", state: disable}\n"
		"  - {id: 12, dev: h12, mac: \"02:00:00:00:01:0c\"}\n",
	.mtu = {[12] = 100},
};

static struct lab *lab;

static int group_setup(void **state)
{
	return lab_group_setup((void **)&lab, &setup) ? -1 : (*state = NULL, 0);
}

static int group_teardown(void **state)
{
	(void)state;
	lab_close(lab);
	return 0;
}

/* ---- every length from 14 to 64 */

#define CUT_FIRST 14
#define CUT_LAST 64

/*
 * @in is cut to each length; from @whole bytes on the outcome is @out, before that bad_frame. In
 * @out, "@-4" "@+0" "@+4" stand for the length of that copy: the frame's, with a tag less or more.
 */
struct cut {
	const char *says, *from, *in;
	size_t whole;
	const char *out;
};

static const struct cut cuts[] = {
	{"an untagged frame of any length stays as it is", "vf6", "vf7 vf6 t88b5 +50", 14, "vf7"},
	{"an untagged frame of any length from the wire stays as it is", "uplink",
	 "vf6 ext t88b5 +50", 14, "vf6"},
	{"an ARP of any length is flooded", "vf6", "bc vf6 arp +50", 14,
	 "vf2 vf7 vf9 vf10 vf12 pf uplink"},
	{"an untagged frame of any length gets its tag", "vf0", "ext vf0 t88b5 +50", 14,
	 "uplink : ext vf0 c10 t88b5 +50 @+4"},
	{"an untagged frame of any length gets its tag by XDP", "vf0", "vf8 vf0 t88b5 +50", 14,
	 "vf8 : vf8 vf0 c10 t88b5 +50 @+4"},
	{"an untagged frame of any length gets its S-TAG", "vf4", "ext vf4 t88b5 +50", 14,
	 "uplink : ext vf4 s100 t88b5 +50 @+4"},
	{"a broadcast of any length gets its tag where it must", "vf0", "bc vf0 arp +50", 14,
	 "vf1 vf3 ; vf2 vf8 pf uplink : bc vf0 c10 arp +50 @+4"},
	{"a C-tagged frame is cut in its tag or keeps it", "vf2", "ext vf2 c10 t88b5 +50", 18,
	 "uplink"},
	{"a C-tagged frame is cut in its tag or loses it", "uplink", "vf0 ext c10 t88b5 +50", 18,
	 "vf0 : vf0 ext t88b5 +50 @-4"},
	{"a C-tagged frame is cut in its tag or loses it by XDP", "uplink", "vf3 ext c10 t88b5 +50",
	 18, "vf3 : vf3 ext t88b5 +50 @-4"},
	{"the PF's C-tagged frame is cut in its tag or loses it", "pf", "vf0 pf c10 t88b5 +50", 18,
	 "vf0 : vf0 pf t88b5 +50 @-4"},
	{"a C-tagged broadcast is cut in its tag or loses it where it must", "vf2",
	 "bc vf2 c10 arp +50", 18, "vf0 vf1 vf3 : bc vf2 arp +50 @-4 ; vf8 pf uplink"},
	{"a priority-tagged frame is cut in its tag or gets the VLAN's", "vf0",
	 "vf8 vf0 c0.5 t88b5 +50", 18, "vf8 : vf8 vf0 c10.5 t88b5 +50 @+0"},
	{"a priority-tagged frame is cut in its tag or loses it", "vf0", "vf3 vf0 c0.5 t88b5 +50",
	 18, "vf3 : vf3 vf0 t88b5 +50 @-4"},
	{"a refused tag is cut or refused", "vf0", "vf1 vf0 c10 t88b5 +50", 18, "! vlan_tagged"},
	{"a VLAN that the port is not in is cut or refused", "vf6", "vf7 vf6 c10 t88b5 +50", 18,
	 "! vlan_filter"},
	{"an S+C-tagged frame is cut in a tag or loses the outer one", "uplink",
	 "vf4 ext s100 c7 t88b5 +50", 22, "vf4 : vf4 ext c7 t88b5 +50 @-4"},
	{"an S+C-tagged broadcast is cut in a tag or loses the outer one where it must", "uplink",
	 "bc ext s100 c7 arp +50", 22, "vf4 vf5 : bc ext c7 arp +50 @-4 ; pf"},
	{"a guest's C-tagged frame is cut in its tag or gets the S-TAG", "vf4",
	 "ext vf4 c7 t88b5 +50", 18, "uplink : ext vf4 s100 c7 t88b5 +50 @+4"},
	{"a C+C-tagged frame is cut in a tag or loses the outer one by XDP", "uplink",
	 "vf3 ext c10 c7 t88b5 +50", 22, "vf3 : vf3 ext c7 t88b5 +50 @-4"},
	{"a frame of four tags is cut in a tag or stays", "vf2", "ext vf2 c10 s7 c8 c9 t88b5 +50",
	 30, "uplink"},
	{"a frame of nine tags, the most that is walked over, is cut in a tag or stays", "vf2",
	 "ext vf2 c10 s1 c2 s3 c4 s5 c6 s7 c8 t88b5 +50", 50, "uplink"},
	{"a frame of ten tags is refused", "vf2",
	 "ext vf2 c10 s1 c2 s3 c4 s5 c6 s7 c8 s9 t88b5 +50", 65, "uplink"},
	{"an LLC frame is cut or whole", "vf6", "vf7 vf6 llc +46", 60, "vf7"},
	{"an LLC frame is cut or long enough for its length", "vf6", "vf7 vf6 l8 +50", 22, "vf7"},
	{"a tagged LLC frame is cut or long enough for its length", "uplink", "vf3 ext c10 l8 +50",
	 26, "vf3 : vf3 ext l8 +50 @-4"},
	{"an LLC frame from the wire is cut or long enough for its length", "uplink",
	 "bc ext l8 +50", 22, "vf2 vf6 vf7 vf9 vf10 vf12 pf"},
	{"an E-TAG from a guest is refused however short", "vf0", "vf1 vf0 t893f +50", 14,
	 "! inject"},
	{"a VN-Tag behind a C-TAG is cut or refused", "vf0", "vf1 vf0 c10 t8926 +50", 18,
	 "! inject"},
	{"a reserved address from a guest is refused however short", "vf0",
	 "01:80:c2:00:00:0e vf0 t88b5 +50", 14, "! control"},
	{"LLDP behind a C-TAG is cut or refused", "vf0", "vf1 vf0 c10 t88cc +50", 18, "! control"},
	{"LLDP behind two tags from the wire is cut or for the PF", "uplink",
	 "01:80:c2:00:00:0e ext s100 c7 t88cc +50", 22, "pf"},
	{"a false source is refused however short", "vf0", "vf1 ext t88b5 +50", 14, "! spoof_mac"},
	{"a multicast source is refused however short", "vf2", "vf1 mc c10 t88b5 +50", 14,
	 "! bad_frame"},
};

/* "@+4" becomes "cut=LEN"; copies without a frame of their own are the frame as it came */
static void expand(const char *text, size_t len, char *out, size_t size)
{
	size_t n = 0;

	while (*text && n < size - 32) {
		if (*text != '@') {
			out[n++] = *text++;
			continue;
		}
		n += snprintf(out + n, size - n, "cut=%ld", (long)len + strtol(text + 1, NULL, 10));
		text += 3;
	}
	out[n] = 0;
}

static void cut_lengths(void **state)
{
	const struct cut *cut = *state;
	static char why[LAB_WHY_MAX];
	int bad = 0;

	why[0] = 0;
	for (size_t len = CUT_FIRST; len <= CUT_LAST; len++) {
		char in[200], out[400];
		const struct lab_case c = {cut->says, cut->from, in, out};

		snprintf(in, sizeof(in), "%s cut=%zu", cut->in, len);
		expand(len < cut->whole ? "! bad_frame" : cut->out, len, out, sizeof(out));
		bad += lab_check(lab, &c, why);
	}
	if (bad)
		fail_msg("\n%s", why);
}

/* ---- random frames */

#define FUZZ_FRAMES 20000

static uint64_t seed = 0x6576627066; /* "evbpf" */

static uint32_t rnd(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 16) % below;
}

static void put16(struct lab_bytes *f, uint16_t value)
{
	f->data[f->len++] = value >> 8;
	f->data[f->len++] = value & 0xff;
}

static void fuzz_mac(struct lab_bytes *f)
{
	static const char *const known[] = {"pf",  "ext", "bc",	 "mc",	"zero", "01:80:c2:00:00:0e",
					    "vf0", "vf1", "vf2", "vf3", "vf4",	"vf5",
					    "vf6", "vf7", "vf8", "vf9", "vf10", "vf11",
					    "vf12"};
	struct lab_bytes mac;
	char text[80];

	snprintf(text, sizeof(text), "%s zero ip", known[rnd(ARRAY_SIZE(known))]);
	lab_frame(text, &mac);
	memcpy(f->data + f->len, mac.data, 6);
	f->len += 6;
	if (!rnd(20))
		f->data[f->len - 1 - rnd(6)] = rnd(256);
}

static void fuzz_tags(struct lab_bytes *f)
{
	static const uint16_t tpids[] = {0x8100, 0x88a8, 0x8100, 0x88a8, 0x9100, 0x893f, 0x8926};
	static const uint16_t vids[] = {0, 10, 100, 10, 100, 77, 1, 4094, 4095};

	for (uint32_t n = rnd(8) ? rnd(3) : rnd(12); n; n--) {
		put16(f, tpids[rnd(rnd(4) ? 4 : ARRAY_SIZE(tpids))]);
		put16(f, rnd(16) << 12 | vids[rnd(ARRAY_SIZE(vids))]);
	}
}

static void fuzz_frame(struct lab_bytes *f)
{
	static const uint16_t types[] = {0x0800, 0x0806, 0x86dd, 0x88cc, 0x8808, 0x8809,
					 0x8940, 0x893f, 0x8926, 0x8100, 0x88a8, 0x0000};
	bool structured = rnd(4);
	uint32_t payload = rnd(8) ? rnd(100) : rnd(1500);

	memset(f, 0, sizeof(*f));
	if (structured) {
		fuzz_mac(f);
		fuzz_mac(f);
		fuzz_tags(f);
		put16(f, rnd(4) ? types[rnd(ARRAY_SIZE(types))] : rnd(200));
	} else {
		payload += EVB_ETH_HLEN;
	}
	for (; payload; payload--)
		f->data[f->len++] = rnd(256);
	if (!rnd(4))
		f->len = EVB_ETH_HLEN + rnd(f->len - EVB_ETH_HLEN + 1);
}

/* a source that the port may use, most of the time: or spoof_mac is all that is seen */
static void fuzz_source(struct lab_bytes *f, const char *from)
{
	struct lab_bytes own;
	char text[80];

	if (!rnd(4) || !strcmp(from, "uplink"))
		return;
	snprintf(text, sizeof(text), "bc %s ip", from);
	lab_frame(text, &own);
	memcpy(f->data + 6, own.data + 6, 6);
}

static uint64_t total(const struct lab_seen *seen, size_t word, unsigned int n)
{
	uint64_t sum = 0;

	for (unsigned int i = 0; i < n; i++)
		sum += ((const uint64_t *)&seen->delta[i])[word];
	return sum;
}

#define WORD(member) (offsetof(struct evb_stats, member) / sizeof(uint64_t))

struct fuzzed {
	const char *from;
	struct lab_bytes in;
	struct lab_seen seen[LAB_SKIN__MAX];
	bool ran[LAB_SKIN__MAX];
};

static unsigned int fuzz_bad;

/* the first few are told, all are counted */
static void fuzz_fail(const struct fuzzed *f, enum lab_skin skin, const char *what)
{
	char hex[2 * 100 + 1] = "";

	if (fuzz_bad++ >= 20)
		return;
	for (size_t i = 0; i < f->in.len && i < 100; i++)
		sprintf(hex + 2 * i, "%02x", f->in.data[i]);
	print_error("%s: frame from %s, %s, %zu bytes: hex=%s\n", what, f->from,
		    lab_skin_name(skin), f->in.len, hex);
}

/* exactly one of: taken, refused at its source, refused at every target */
static void fuzz_conserves(const struct fuzzed *f, enum lab_skin skin)
{
	const struct lab_seen *s = &f->seen[skin];
	unsigned int n, sent = 0, refused = 0;

	lab_ports(lab, &n);
	for (unsigned int i = 0; i < s->trace.count; i++)
		*(s->trace.copy[i].drop ? &refused : &sent) += 1;
	if (total(s, WORD(out.packets), n) != sent || total(s, WORD(out.dropped), n) != refused)
		fuzz_fail(f, skin, "counters of the targets are not the copies");
	if (s->trace.verdict == EVB_VERDICT_UP) {
		if (total(s, WORD(in.packets), n) || total(s, WORD(in.dropped), n) || sent ||
		    refused)
			fuzz_fail(f, skin, "handed up, but counted");
		return;
	}
	if (total(s, WORD(in.packets), n) != !!sent)
		fuzz_fail(f, skin, "taken, but not sent; or sent, but not taken");
	if (total(s, WORD(in.dropped), n) != (!sent && !refused))
		fuzz_fail(f, skin, "neither sent nor refused; or both");
}

static void fuzz_verdict(const struct fuzzed *f, enum lab_skin skin)
{
	const struct lab_seen *s = &f->seen[skin];
	uint32_t ret = s->retval;
	bool known;

	if (skin == LAB_XDP)
		known = ret == XDP_DROP || ret == XDP_PASS || ret == XDP_REDIRECT;
	else
		known = ret == TC_ACT_SHOT || ret == (uint32_t)TC_ACT_UNSPEC ||
			ret == TC_ACT_REDIRECT;
	if (!known)
		fuzz_fail(f, skin, "no such return code");
	if (s->trace.runs != 1)
		fuzz_fail(f, skin, "not exactly one verdict");
	if (s->trace.verdict == EVB_VERDICT_UP &&
	    (skin != LAB_XDP || ret != XDP_PASS || s->frame.len != f->in.len ||
	     memcmp(s->frame.data, f->in.data, f->in.len)))
		fuzz_fail(f, skin, "handed up, but changed");
}

/* nobody gets what he must not, and nobody gets it twice */
static void fuzz_targets(const struct fuzzed *f, enum lab_skin skin)
{
	const struct evb_trace *trace = &f->seen[skin].trace;
	uint32_t vf9 = EVB_PORT_VF(9), vf10 = EVB_PORT_VF(10), vf11 = EVB_PORT_VF(11);
	uint32_t from = lab_port(lab, f->from)->number;

	for (unsigned int i = 0; i < trace->count; i++) {
		uint32_t to = trace->copy[i].port;

		if (to == from)
			fuzz_fail(f, skin, "goes back to its sender");
		if (to == vf11 && !trace->copy[i].drop)
			fuzz_fail(f, skin, "reaches a disabled port");
		if ((from == vf9 && to == vf10) || (from == vf10 && to == vf9))
			fuzz_fail(f, skin, "isolated reaches isolated");
		for (unsigned int j = 0; j < i; j++)
			if (trace->copy[j].port == to)
				fuzz_fail(f, skin, "reaches a port twice");
	}
}

/* addresses and what is behind the tags are never touched */
static size_t payload_at(const struct lab_bytes *f)
{
	size_t at = 12;

	while (at + 2 <= f->len && evb_is_vlan_tpid(f->data[at] << 8 | f->data[at + 1]))
		at += EVB_TAG_LEN;
	return at;
}

static void fuzz_bytes(const struct fuzzed *f, enum lab_skin skin)
{
	const struct lab_bytes *out = &f->seen[skin].frame;
	size_t a = payload_at(&f->in), b = payload_at(out);

	if (f->seen[skin].trace.verdict == EVB_VERDICT_DROP)
		return;
	if (memcmp(f->in.data, out->data, 12) || f->in.len - a != out->len - b ||
	    memcmp(f->in.data + a, out->data + b, out->len - b))
		fuzz_fail(f, skin, "addresses or payload changed");
}

static bool same_copies(const struct evb_trace *a, const struct evb_trace *b)
{
	if (a->verdict != b->verdict || a->drop != b->drop || a->count != b->count)
		return false;
	for (unsigned int i = 0; i < a->count; i++) {
		const struct evb_trace_copy *x = &a->copy[i], *y = &b->copy[i];

		if (x->port != y->port || x->drop != y->drop || x->len != y->len ||
		    x->tpid != y->tpid || x->tci != y->tci)
			return false;
	}
	return true;
}

/* the same frame, wherever its tag is and whoever finishes it, has the same end */
static void fuzz_same(const struct fuzzed *f, enum lab_skin skin)
{
	const struct lab_seen *a = &f->seen[LAB_TC_BYTES], *b = &f->seen[skin];

	if (!f->ran[LAB_TC_BYTES] || b->trace.verdict == EVB_VERDICT_UP)
		return;
	if (!same_copies(&a->trace, &b->trace))
		fuzz_fail(f, skin, "decided otherwise than TC with tags in the bytes");
	if (memcmp(a->delta, b->delta, sizeof(a->delta)))
		fuzz_fail(f, skin, "counted otherwise than TC with tags in the bytes");
	if (b->trace.verdict != EVB_VERDICT_DROP &&
	    (a->frame.len != b->frame.len || memcmp(a->frame.data, b->frame.data, a->frame.len)))
		fuzz_fail(f, skin, "sent other bytes than TC with tags in the bytes");
}

static void fuzz_one(struct fuzzed *f)
{
	struct lab_case c = {"", f->from, "bc bc ip", ""};

	memset(f->ran, 0, sizeof(f->ran));
	for (enum lab_skin skin = 0; skin < LAB_SKIN__MAX; skin++) {
		if (!lab_has_skin(&c, &f->in, skin))
			continue;
		f->ran[skin] = true;
		if (lab_run(lab, &c, &f->in, skin, &f->seen[skin]))
			fuzz_fail(f, skin, "did not run");
		fuzz_verdict(f, skin);
		fuzz_conserves(f, skin);
		fuzz_targets(f, skin);
		fuzz_bytes(f, skin);
		fuzz_same(f, skin);
	}
}

static void fuzz(void **state)
{
	static struct fuzzed f;
	unsigned int n, verdicts[EVB_VERDICT_OWN + 1] = {0}, drops[EVB_DROP__MAX] = {0};
	const struct lab_port *ports = lab_ports(lab, &n);

	(void)state;
	for (int i = 0; i < FUZZ_FRAMES; i++) {
		const struct evb_trace *trace = &f.seen[LAB_TC_BYTES].trace;

		f.from = ports[rnd(n)].name;
		fuzz_frame(&f.in);
		fuzz_source(&f.in, f.from);
		fuzz_one(&f);
		if (!f.ran[LAB_TC_BYTES])
			continue;
		verdicts[trace->verdict]++;
		drops[trace->drop]++;
	}
	assert_int_equal(fuzz_bad, 0);
	/* a fuzzer that only ever meets one door tests one door */
	assert_true(verdicts[EVB_VERDICT_SEND] > FUZZ_FRAMES / 10);
	assert_true(verdicts[EVB_VERDICT_PASS] > FUZZ_FRAMES / 100);
	for (enum evb_drop drop = EVB_DROP_LINK; drop <= EVB_DROP_MTU; drop++) {
		static const bool later[EVB_DROP__MAX] = {
			[EVB_DROP_CHANNEL] = 1,	    [EVB_DROP_DIRECTION] = 1,
			[EVB_DROP_GUARD] = 1,	    [EVB_DROP_ACL] = 1,
			[EVB_DROP_RATE] = 1,	    [EVB_DROP_STORM] = 1,
			[EVB_DROP_LEARN_LIMIT] = 1, [EVB_DROP_HAIRPIN] = 1,
			[EVB_DROP_NO_TARGET] = 1, /* the PF takes everything here */
		};

		if (!later[drop] && !drops[drop])
			fail_msg("no frame was refused for reason %d", drop);
	}
}

static void strays(void **state)
{
	(void)state;
	assert_int_equal(lab_strays(lab), 0);
}

int main(void)
{
	static struct CMUnitTest tests[ARRAY_SIZE(cuts) + 2];
	size_t n = 0;

	for (; n < ARRAY_SIZE(cuts); n++)
		tests[n] = (struct CMUnitTest){cuts[n].says, cut_lengths, NULL, NULL,
					       (void *)(uintptr_t)&cuts[n]};
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(fuzz);
	tests[n - 1].name =
		"20000 random frames: one verdict each, nothing lost without a count, the "
		"same on every skin";
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(strays);
	tests[n - 1].name = "cut: no counter moved of a port that does not exist";
	return _cmocka_run_group_tests("cut", tests, n, group_setup, group_teardown);
}
