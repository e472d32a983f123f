/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * budget.c - loads every program of the data plane with the settings that ask most of the verifier
 * and with those of a plain switch, and prints what each took at most: "PROGRAM INSNS STACK".
 *
 * INSNS are the instructions that the verifier processed (its limit: 1000000). STACK is the deepest
 * chain of calls in bytes, as kernel 6.1 adds it up, in steps of 32 for every function (its limit:
 * 512); later kernels allow more. A program that the kernel refuses is named on stderr, with the
 * last lines of the verifier's log. Exit code: 0 all are loaded, 1 one is refused, 2 an error.
 */
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "evb_abi.h"
#include "tc.skel.h"
#include "xdp.skel.h"

#define STACK_STEP 32
#define FUNCS_MAX 256
#define PROGRAMS_MAX 32
#define LOG_SIZE (1u << 20)
#define LOG_LINES 12
#define LOG_STATS 4 /* log level: the last lines alone */

/* what the kernel adds to the stack of a function when it puts a loop in the place of bpf_loop() */
#define INLINED_LOOP 24

/* also for programs that the loader does not load so: one rule for all */
struct setting {
	enum evb_mode mode;
	bool extended, set_host;
};

static const struct setting settings[] = {
	{EVB_MODE_LIVE, false, false},
	{EVB_MODE_LIVE, true, true},
	{EVB_MODE_TEST, true, true},
};

/* what a BPF object can be told; each is in settings above, or says nothing to the verifier */
static const char *const knobs[] = {"evb_mode", "evb_extended", "evb_set_host",
				    "evb_event_jiffies"};

struct figures {
	char name[64];
	unsigned int insns, stack;
};

static struct figures figures[PROGRAMS_MAX];
static unsigned int n_figures;
static char log_text[LOG_SIZE];
static bool refused;

static __attribute__((format(printf, 1, 2), noreturn)) void die(const char *fmt, ...)
{
	va_list ap;

	fputs("budget: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}

static int quiet(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	(void)level, (void)fmt, (void)ap;
	return 0;
}

/* ---- the deepest chain of calls */

/* functions of a program in the order of their place, which is the verifier's */
struct calls {
	const struct bpf_insn *insns;
	unsigned int n_insns, n;
	unsigned int start[FUNCS_MAX], depth[FUNCS_MAX];
};

static bool is_call(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && insn->src_reg == BPF_PSEUDO_CALL;
}

static bool is_func(const struct bpf_insn *insn)
{
	return insn->code == (BPF_LD | BPF_IMM | BPF_DW) && insn->src_reg == BPF_PSEUDO_FUNC;
}

static bool is_helper(const struct bpf_insn *insn)
{
	return insn->code == (BPF_JMP | BPF_CALL) && !insn->src_reg;
}

/* what a helper calls back is called; but a timer calls on a stack of its own */
static bool is_callback(const struct calls *c, unsigned int at)
{
	if (!is_func(&c->insns[at]))
		return false;
	for (at += 2; at < c->n_insns; at++)
		if (is_helper(&c->insns[at]))
			return c->insns[at].imm != BPF_FUNC_timer_set_callback;
	return true;
}

static unsigned int target(const struct calls *c, unsigned int at)
{
	return at + 1 + c->insns[at].imm;
}

static int ascending(const void *a, const void *b)
{
	unsigned int x = *(const unsigned int *)a, y = *(const unsigned int *)b;

	return (x > y) - (x < y);
}

static void calls_add(struct calls *c, unsigned int start)
{
	for (unsigned int i = 0; i < c->n; i++)
		if (c->start[i] == start)
			return;
	if (c->n == FUNCS_MAX)
		die("more than %d functions in a program", FUNCS_MAX);
	c->start[c->n++] = start;
}

static void calls_find(struct calls *c, const struct bpf_program *prog)
{
	memset(c, 0, sizeof(*c));
	c->insns = bpf_program__insns(prog);
	c->n_insns = bpf_program__insn_cnt(prog);
	calls_add(c, 0);
	for (unsigned int i = 0; i < c->n_insns; i++)
		if (is_call(&c->insns[i]) || is_func(&c->insns[i]))
			calls_add(c, target(c, i));
	qsort(c->start, c->n, sizeof(c->start[0]), ascending);
}

/* "168+0+32" */
static bool depths_sum(struct calls *c, const char *text)
{
	char *end;

	for (unsigned int i = 0; i < c->n; i++, text = end + 1) {
		c->depth[i] = strtoul(text, &end, 10);
		if (end == text || (*end != '+' && i + 1 < c->n))
			return false;
	}
	return true;
}

/* kernel 7: lines of "subprog 0 (evb_from_vf) main insns_self 10 insns_total 20 stack 168" */
static bool depths_lines(struct calls *c, const char *text)
{
	for (unsigned int i = 0; i < c->n; i++) {
		text = strstr(text, "\nsubprog ");
		text = text ? strstr(text, " stack ") : NULL;
		if (!text)
			return false;
		c->depth[i] = strtoul(text + strlen(" stack "), NULL, 10);
	}
	return true;
}

/* false: some functions have none, for the kernel removes those that are never called */
static bool calls_depths(struct calls *c, const char *text)
{
	return strncmp(text, "max ", 4) ? depths_sum(c, text) : depths_lines(c, text);
}

static unsigned int calls_index(const struct calls *c, unsigned int start)
{
	unsigned int i = c->n;

	while (i && c->start[i - 1] > start)
		i--;
	return i - 1;
}

/* of a function and what it calls; the verifier forbids recursion */
static unsigned int calls_deepest(const struct calls *c, unsigned int func)
{
	unsigned int end = func + 1 < c->n ? c->start[func + 1] : c->n_insns;
	unsigned int own = c->depth[func], below = 0;
	bool loops = false;

	for (unsigned int i = c->start[func]; i < end; i++) {
		unsigned int deep = 0;

		loops |= is_helper(&c->insns[i]) && c->insns[i].imm == BPF_FUNC_loop;
		if (is_call(&c->insns[i]) || is_callback(c, i))
			deep = calls_deepest(c, calls_index(c, target(c, i)));
		below = deep > below ? deep : below;
	}
	if (loops && own >= INLINED_LOOP)
		own -= INLINED_LOOP; /* added when the limit had been checked */
	return ((own ?: 1) + STACK_STEP - 1) / STACK_STEP * STACK_STEP + below;
}

/* ---- programs */

static struct figures *figures_of(const char *name)
{
	unsigned int i = 0;

	while (i < n_figures && strcmp(figures[i].name, name))
		i++;
	if (i == PROGRAMS_MAX)
		die("more than %d programs", PROGRAMS_MAX);
	if (i == n_figures)
		snprintf(figures[n_figures++].name, sizeof(figures[i].name), "%s", name);
	return &figures[i];
}

static void figures_take(const char *name, const struct bpf_program *prog)
{
	static struct calls calls;
	const char *depths = strstr(log_text, "stack depth ");
	const char *processed = strstr(log_text, "processed ");
	struct figures *most = figures_of(name);
	unsigned int insns, stack;

	if (!depths || !processed || sscanf(processed, "processed %u insns", &insns) != 1)
		die("%s: this kernel's verifier log has other words:\n%s", name, log_text);
	most->insns = insns > most->insns ? insns : most->insns;
	calls_find(&calls, prog);
	if (!calls_depths(&calls, depths + strlen("stack depth ")))
		return;
	stack = calls_deepest(&calls, 0);
	most->stack = stack > most->stack ? stack : most->stack;
}

static void say_refused(const char *name, const struct setting *s, int err)
{
	const char *at = log_text + strlen(log_text);

	for (unsigned int lines = 0; at > log_text; at--) {
		lines += at[-1] == '\n';
		if (lines > LOG_LINES)
			break;
	}
	fprintf(stderr, "%s is refused with evb_mode %u, evb_extended %u, evb_set_host %u: %s\n%s",
		name, s->mode, s->extended, s->set_host, strerror(-err), at);
	refused = true;
}

/* one program of an object that has been opened and told its settings */
static void load(struct bpf_object *obj, const char *name, const struct setting *s)
{
	struct bpf_program *prog = bpf_object__find_program_by_name(obj, name), *each;
	int err;

	bpf_object__for_each_program(each, obj)
		bpf_program__set_autoload(each, each == prog);
	log_text[0] = 0;
	bpf_program__set_log_level(prog, LOG_STATS);
	bpf_program__set_log_buf(prog, log_text, sizeof(log_text));
	err = bpf_object__load(obj);
	if (err && !log_text[0])
		die("%s: %s, before the verifier has seen it; is this root?", name, strerror(-err));
	if (err)
		say_refused(name, s, err);
	else
		figures_take(name, prog);
}

static void load_tc(const char *name, const struct setting *s)
{
	struct tc_bpf *tc = tc_bpf__open();

	if (!tc)
		die("tc.bpf.o: %s", strerror(errno));
	tc->rodata->evb_mode = s->mode;
	tc->rodata->evb_extended = s->extended;
	tc->rodata->evb_set_host = s->set_host;
	load(tc->obj, name, s);
	tc_bpf__destroy(tc);
}

static void load_xdp(const char *name, const struct setting *s)
{
	struct xdp_bpf *xdp = xdp_bpf__open();

	if (!xdp)
		die("xdp.bpf.o: %s", strerror(errno));
	xdp->rodata->evb_mode = s->mode;
	xdp->rodata->evb_extended = s->extended;
	load(xdp->obj, name, s);
	xdp_bpf__destroy(xdp);
}

static bool is_knob(const char *name)
{
	for (size_t i = 0; i < sizeof(knobs) / sizeof(knobs[0]); i++)
		if (!strcmp(name, knobs[i]))
			return true;
	return false;
}

/* a knob that nobody turns here would be verified at its default alone */
static void knobs_check(const struct bpf_object *obj)
{
	const struct btf *btf = bpf_object__btf(obj);
	int id = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	const struct btf_type *section = btf__type_by_id(btf, id);
	const struct btf_var_secinfo *at = section ? btf_var_secinfos(section) : NULL;

	for (int i = 0; section && i < btf_vlen(section); i++) {
		const struct btf_type *var = btf__type_by_id(btf, at[i].type);
		const char *name = btf__name_by_offset(btf, var->name_off);

		if (btf_var(var)->linkage != BTF_VAR_STATIC && !is_knob(name))
			die("%s of %s is in no setting: add it to tests/budget/budget.c", name,
			    bpf_object__name(obj));
	}
}

static void load_all(const struct bpf_object *obj,
		     void (*load_one)(const char *name, const struct setting *s))
{
	struct bpf_program *prog;

	knobs_check(obj);
	bpf_object__for_each_program(prog, obj) {
		const char *name = bpf_program__name(prog);

		for (size_t i = 0; i < sizeof(settings) / sizeof(settings[0]); i++)
			load_one(name, &settings[i]);
	}
}

int main(void)
{
	struct tc_bpf *tc = tc_bpf__open();
	struct xdp_bpf *xdp = xdp_bpf__open();

	if (!tc || !xdp)
		die("the BPF objects: %s", strerror(errno));
	libbpf_set_print(quiet);
	load_all(tc->obj, load_tc);
	load_all(xdp->obj, load_xdp);
	tc_bpf__destroy(tc);
	xdp_bpf__destroy(xdp);
	for (unsigned int i = 0; i < n_figures; i++)
		if (!figures[i].stack)
			die("%s: the verifier's log never has the stack of all its functions",
			    figures[i].name);
	for (unsigned int i = 0; i < n_figures; i++)
		printf("%s %u %u\n", figures[i].name, figures[i].insns, figures[i].stack);
	return refused;
}
