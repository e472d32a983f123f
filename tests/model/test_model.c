/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * test_model.c - the loaded programs against the model: random configurations, random frames; who
 * gets which bytes, why not, what is counted and what is learned must be the same.
 *
 *	test_model [SEED [PERCENT]]	PERCENT of the frames that are meant to run
 *	test_model soak [SEED]		another seed each round, until something differs
 *
 * MODEL_SEED and MODEL_PERCENT are the same where no arguments can be given; MODEL_ONLY=bridge runs
 * the kinds of configuration whose name has that word. The same seed makes the same frames. Where
 * something differs, the least that still does is printed as a setup and cases for a table of
 * tests/prog.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "batch.h"
#include "names.h"
#include "taps.h"

#define FRAMES_PER_BATCH 200
#define SEED 1
#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

struct share {
	const char *says;
	enum random_kind kind;
	unsigned long frames;
};

static const struct share shares[] = {
	{"edge switches do what the model does", RANDOM_EDGE, 60000},
	{"edge switches with S-channels do what the model does", RANDOM_CHANNELS, 50000},
	{"bridges do what the model does", RANDOM_BRIDGE, 50000},
	{"bridges with S-channels do what the model does", RANDOM_STATION, 40000},
	{"extenders do what the model does", RANDOM_EXTENDER, 400000},
	{"controlling bridges do what the model does", RANDOM_CONTROL, 400000},
	{"bridges with every kind of port do what the model does", RANDOM_MIXED, 200000},
};

static struct rig *rig;
static uint64_t seed = SEED;
static unsigned long percent = 100;
static const char *only;

/* reasons as "at the sender/at a target" */
static void print_sums(const struct batch_sums *s)
{
	printf("  %lu frames:", s->runs);
	for (int i = 0; i < RIG_LANE__MAX; i++)
		printf(" %s %lu,", rig_lane_name(i), s->lane[i]);
	printf(" of which left to TC %lu\n  copies %lu, floods %lu, to the stack %lu, learned %lu\n"
	       "  refused:",
	       s->up, s->copies, s->floods, s->stack, s->learned);
	for (int i = 1; i < EVB_DROP__MAX; i++)
		if (s->refused[i] || s->there[i])
			printf(" %s %lu/%lu", evb_drop_name(i), s->refused[i], s->there[i]);
	printf("\n");
}

static struct random random_from(uint64_t from, enum random_kind kind)
{
	return (struct random){.state = (from + 1) * 0x9e3779b97f4a7c15ULL + kind};
}

/* @frames of a kind of configuration; false: something differs, and was printed */
static bool agree(enum random_kind kind, uint64_t from, unsigned long frames)
{
	static char why[BATCH_WHY_MAX];
	static struct batch batch;
	struct random r = random_from(from, kind);
	unsigned long refused = 0, loaded = 0;
	struct batch_sums sums = {};
	unsigned int at;

	while (sums.runs < frames) {
		enum batch_end end = batch_fill(&r, kind, FRAMES_PER_BATCH, &batch);

		if (!end)
			end = batch_run(rig, &batch, false, BATCH_TRUTH, &sums, why, &at);
		refused += end == BATCH_REFUSED;
		loaded += end == BATCH_AGREES;
		if (end == BATCH_REFUSED || end == BATCH_AGREES)
			continue;
		fprintf(stderr, "%s, seed %lu, after %lu frames:\n%s", random_kind_name(kind), from,
			sums.runs, why);
		if (end == BATCH_DIFFERS)
			batch_shrink(rig, &batch, at);
		return false;
	}
	printf("%s, seed %lu: %lu configurations (%lu others the parser refused)\n",
	       random_kind_name(kind), from, loaded, refused);
	print_sums(&sums);
	return true;
}

static void programs_and_model_agree(void **state)
{
	const struct share *share = *state;

	if (only && !strstr(random_kind_name(share->kind), only))
		skip();
	assert_true(agree(share->kind, seed, share->frames * percent / 100));
}

/* ---- real interfaces */

#define TAPS_SWITCHES 5 /* of each kind; to attach one takes longer than all its frames */
#define TAPS_FRAMES 200

/* false: something differs, or could not be tried, and was printed */
static bool on_taps(enum random_kind kind, uint64_t from, unsigned int switches)
{
	struct random r = random_from(from + 1, kind);
	struct taps_sums sums;
	int ret = taps_run(&r, kind, switches, TAPS_FRAMES, &sums);

	printf("%s on taps, seed %lu: %lu switches, %lu frames, %lu copies, %lu floods\n",
	       random_kind_name(kind), from, sums.switches, sums.frames, sums.copies, sums.floods);
	if (ret < 0)
		printf("taps: %s\n", strerror(-ret));
	return !ret && sums.switches == switches;
}

static void every_copy_comes_out_of_real_interfaces_as_the_model_says(void **state)
{
	(void)state;
	for (enum random_kind kind = 0; kind < RANDOM_KIND__MAX; kind++)
		if (!only || strstr(random_kind_name(kind), only))
			assert_true(on_taps(kind, seed, percent < 100 ? 1 : TAPS_SWITCHES));
}

/* ---- the comparison itself */

static const char *const lies[BATCH_LIE__MAX] = {
	[BATCH_LIE_BYTE] = "the last byte of a copy",
	[BATCH_LIE_TAG] = "the VID of a copy",
	[BATCH_LIE_LENGTH] = "the length of a copy",
	[BATCH_LIE_RECEIVER] = "the port that gets a copy",
	[BATCH_LIE_MISSING] = "a copy that is not there",
	[BATCH_LIE_REASON] = "why a frame is refused",
	[BATCH_LIE_REASON_THERE] = "why a target refuses it",
	[BATCH_LIE_PORT] = "the port that counts it",
	[BATCH_LIE_COUNTER] = "a counter",
	[BATCH_LIE_LEARNED] = "the port that an address is learned at",
};

/* what is found only when the frames are through */
static bool is_late(enum batch_lie lie)
{
	return lie == BATCH_LIE_COUNTER || lie == BATCH_LIE_LEARNED;
}

/* the first lie of each kind of switch is found, and without it nothing */
static void every_lie_is_found(void **state)
{
	static char why[BATCH_WHY_MAX];
	static struct batch batch;
	struct random r = random_from(seed, RANDOM_MIXED);
	struct batch_sums sums = {};
	unsigned int at;

	(void)state;
	for (enum batch_lie lie = 1; lie < BATCH_LIE__MAX; lie++) {
		enum batch_end end = BATCH_REFUSED;

		sums.lies = 0;
		while (end == BATCH_REFUSED || end == BATCH_AGREES) {
			end = batch_fill(&r, RANDOM_BRIDGE, FRAMES_PER_BATCH, &batch);
			if (!end)
				end = batch_run(rig, &batch, false, lie, &sums, why, &at);
			if (sums.lies && end == BATCH_AGREES)
				fail_msg("%s was wrong, and nobody saw it", lies[lie]);
		}
		assert_int_equal(end, BATCH_DIFFERS);
		if (!is_late(lie) && sums.lies != 1)
			fail_msg("%s was wrong %lu times before it was seen", lies[lie], sums.lies);
		if (batch_run(rig, &batch, false, BATCH_TRUTH, &sums, why, &at) != BATCH_AGREES)
			fail_msg("without %s being wrong there is still\n%s", lies[lie], why);
	}
}

static void no_counter_moved_of_a_port_that_does_not_exist(void **state)
{
	(void)state;
	assert_int_equal(rig_strays(rig), 0);
}

/* ---- main */

static int open_rig(void **state)
{
	(void)state;
	return rig_open(&rig);
}

static int close_rig(void **state)
{
	(void)state;
	rig_close(rig);
	return 0;
}

static int soak(uint64_t from)
{
	bool same = true;

	if (rig_open(&rig))
		return 1;
	for (uint64_t round = from; same; round++)
		for (size_t i = 0; same && i < ARRAY_SIZE(shares); i++)
			same = agree(shares[i].kind, round, shares[i].frames) &&
			       on_taps(shares[i].kind, round, 2);
	rig_close(rig);
	return 1;
}

static uint64_t number_of(const char *arg, const char *env, uint64_t otherwise)
{
	const char *text = arg ? arg : getenv(env);

	return text ? strtoull(text, NULL, 0) : otherwise;
}

int main(int argc, char **argv)
{
	struct CMUnitTest tests[ARRAY_SIZE(shares) + 3] = {
		cmocka_unit_test(every_lie_is_found),
	};
	size_t n = 1;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && !strcmp(argv[1], "soak"))
		return soak(number_of(argc > 2 ? argv[2] : NULL, "MODEL_SEED", time(NULL)));
	seed = number_of(argc > 1 ? argv[1] : NULL, "MODEL_SEED", SEED);
	percent = number_of(argc > 2 ? argv[2] : NULL, "MODEL_PERCENT", 100);
	only = getenv("MODEL_ONLY");
	for (size_t i = 0; i < ARRAY_SIZE(shares); i++) {
		tests[n].name = shares[i].says;
		tests[n].test_func = programs_and_model_agree;
		tests[n++].initial_state = (void *)(uintptr_t)&shares[i];
	}
	tests[n++] = (struct CMUnitTest)cmocka_unit_test(
		every_copy_comes_out_of_real_interfaces_as_the_model_says);
	tests[n++] =
		(struct CMUnitTest)cmocka_unit_test(no_counter_moved_of_a_port_that_does_not_exist);
	return _cmocka_run_group_tests("model", tests, n, open_rig, close_rig);
}
