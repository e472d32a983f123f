/* SPDX-License-Identifier: GPL-2.0-only */
/* harness_spell.c - cases in the words of one tag. */
#include "harness_spell.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SPELL_MAX 2048

const char *lab_format(const char *fmt, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, fmt);
	if (vasprintf(&text, fmt, args) < 0)
		abort();
	va_end(args);
	return text;
}

/* "12.5d" -> "12": there is no priority in a VN-Tag */
static void put_id(char *out, size_t size, const char *head, const char *id, size_t len)
{
	snprintf(out, size, "%s%.*s", head, (int)len, id);
}

static void spell_word(char *out, size_t size, const char *word, enum evb_channel tag)
{
	bool e = tag == EVB_CHANNEL_E;
	const char *dot = strchr(word, '.');
	size_t len = strlen(word + 1), bare = dot ? (size_t)(dot - word - 1) : len;

	switch (word[0]) {
	case 'U':
		put_id(out, size, e ? "e" : "vu", word + 1, e ? len : bare);
		break;
	case 'D':
		put_id(out, size, e ? "e" : "vd", word + 1, e ? len : bare);
		break;
	case 'G':
		put_id(out, size, e ? "e1:" : "vl", word + 1, e ? len : bare);
		break;
	case 'C':
		put_id(out, size, "c", word + 1, e ? len : bare);
		break;
	default: /* R */
		snprintf(out, size, "%.*s%s%s", (int)bare, word + 1, e ? ".1" : "", dot);
	}
}

static const char *spell(const char *text, enum evb_channel tag)
{
	char out[SPELL_MAX] = "", word[100], spelt[100];
	size_t len = 0;

	while (*text) {
		size_t n = strcspn(text, " ");

		snprintf(word, sizeof(word), "%.*s", (int)n, text);
		if (n && strchr("UDGCR", word[0]))
			spell_word(spelt, sizeof(spelt), word, tag);
		else
			snprintf(spelt, sizeof(spelt), "%s", word);
		text += n;
		len += snprintf(out + len, sizeof(out) - len, "%s%s", spelt, *text ? " " : "");
		text += *text == ' ';
		if (n >= sizeof(word) || len >= sizeof(out))
			abort(); /* a mistake in a table */
	}
	return lab_format("%s", out);
}

struct lab_case *lab_spell(const struct lab_case *cases, size_t n, enum evb_channel tag)
{
	struct lab_case *out = calloc(n, sizeof(*out));

	if (!out)
		abort();
	for (size_t i = 0; i < n; i++) {
		out[i].says = lab_format("%s: %s", tag == EVB_CHANNEL_E ? "E-TAG" : "VN-Tag",
					 cases[i].says);
		out[i].from = cases[i].from;
		out[i].in = spell(cases[i].in, tag);
		out[i].out = spell(cases[i].out, tag);
	}
	return out;
}

int lab_spell_table(const char *name, const struct lab_setup *setup, enum evb_channel tag,
		    const struct lab_case *cases, size_t n)
{
	return lab_table(name, setup, lab_spell(cases, n, tag), n);
}
