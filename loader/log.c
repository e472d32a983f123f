// SPDX-License-Identifier: GPL-2.0-only
/*
 * log.c - see log.h
 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#define TEXT_MAX 2048	/* of one message of ours */
#define REASON_MAX 1536 /* of what is kept of libbpf's words */
#define REASON_LINES 6

/* around the verifier's log in libbpf's message */
#define LOAD_LOG_BEGIN "-- BEGIN PROG LOAD LOG --\n"
#define LOAD_LOG_END "-- END PROG LOAD LOG --"

static int verbosity;
static int env_verbosity;
static bool json;
static bool have_first;
static char first[TEXT_MAX];
static char verifier[REASON_MAX]; /* last lines of the verifier's last log */
static char warning[REASON_MAX];  /* libbpf's last warning */

static int log_verbosity(void)
{
	return verbosity > env_verbosity ? verbosity : env_verbosity;
}

static void log_line(const char *prefix, const char *text)
{
	size_t len = strlen(text);

	fprintf(stderr, "%s%s%s", prefix, text, len && text[len - 1] == '\n' ? "" : "\n");
}

static void log_err_v(const char *fmt, va_list ap)
{
	char text[TEXT_MAX];
	bool kept = !have_first;

	vsnprintf(text, sizeof(text), fmt, ap);
	if (kept) {
		memcpy(first, text, sizeof(first));
		have_first = true;
	}
	if (!json || !kept)
		log_line("evbpf: ", text);
}

static void log_other_v(const char *prefix, const char *fmt, va_list ap)
{
	char text[TEXT_MAX];

	vsnprintf(text, sizeof(text), fmt, ap);
	log_line(prefix, text);
}

void log_err(const char *fmt, ...)
{
	int saved = errno;
	va_list ap;

	va_start(ap, fmt);
	log_err_v(fmt, ap);
	va_end(ap);
	errno = saved;
}

int log_err_r(int err, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_err_v(fmt, ap);
	va_end(ap);
	return err;
}

void log_warn(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_other_v("evbpf: warning: ", fmt, ap);
	va_end(ap);
}

void log_info(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_other_v("evbpf: ", fmt, ap);
	va_end(ap);
}

void log_debug(const char *fmt, ...)
{
	va_list ap;

	if (log_verbosity() < 1)
		return;
	va_start(ap, fmt);
	log_other_v("evbpf: debug: ", fmt, ap);
	va_end(ap);
}

const char *log_first_error(void)
{
	return have_first ? first : NULL;
}

void log_load_reset(void)
{
	verifier[0] = '\0';
	warning[0] = '\0';
}

void log_clear(void)
{
	have_first = false;
	first[0] = '\0';
	log_load_reset();
}

const char *log_load_reason(void)
{
	return verifier[0] ? verifier : warning;
}

const char *log_errno(int err)
{
	return strerror(err < 0 ? -err : err);
}

void log_set_json(bool on)
{
	json = on;
}

void log_set_verbosity(int level)
{
	verbosity = level;
}

/* start of the last @lines lines of the @len bytes at @text, and no more than @max bytes of them */
static const char *last_lines(const char *text, size_t len, unsigned int lines, size_t max)
{
	const char *floor = len > max ? text + len - max : text;
	const char *p = text + len;

	while (p > floor) {
		if (p[-1] == '\n' && p != text + len && --lines == 0)
			break;
		p--;
	}
	return p;
}

/* the @len bytes at @text without white space at the end; @keep has REASON_MAX bytes */
static void keep_tail(char *keep, const char *text, size_t len, unsigned int lines)
{
	const char *start;

	while (len && (text[len - 1] == '\n' || text[len - 1] == ' '))
		len--;
	start = last_lines(text, len, lines, REASON_MAX - 1);
	len = (size_t)(text + len - start);
	memcpy(keep, start, len);
	keep[len] = '\0';
}

/*
 * The verifier's log ends in statistics ("processed 12 insns ..."), which say nothing about why;
 * the reason is in the line or lines before.
 */
static void keep_verifier(const char *log, size_t len)
{
	const char *p = log + len;

	while (p > log && p[-1] == '\n')
		p--;
	while (p > log && p[-1] != '\n')
		p--;
	if (p > log && strncmp(p, "processed ", strlen("processed ")) == 0)
		len = (size_t)(p - log);
	keep_tail(verifier, log, len, REASON_LINES);
}

static void keep_reason(const char *text)
{
	const char *log = strstr(text, LOAD_LOG_BEGIN);
	const char *end;

	if (!log) {
		keep_tail(warning, text, strlen(text), 1);
		return;
	}
	log += strlen(LOAD_LOG_BEGIN);
	end = strstr(log, LOAD_LOG_END);
	keep_verifier(log, end ? (size_t)(end - log) : strlen(log));
}

/* @level: 0 warning, 1 information, 2 debug, as both libraries count */
static void log_library(const char *library, int level, const char *fmt, va_list ap)
{
	bool shown = log_verbosity() >= (level == 0 ? 1 : 2);
	char prefix[32];
	char *text;

	if (!shown && level != 0)
		return;
	if (vasprintf(&text, fmt, ap) < 0)
		return;
	if (level == 0 && strcmp(library, "libbpf") == 0)
		keep_reason(text);
	if (shown) {
		snprintf(prefix, sizeof(prefix), "evbpf: debug: %s: ", library);
		log_line(prefix, text);
	}
	free(text);
}

static int log_libbpf(enum libbpf_print_level level, const char *fmt, va_list ap)
{
	int saved = errno;

	log_library("libbpf", (int)level, fmt, ap);
	errno = saved;
	return 0;
}

static int log_libxdp(enum libxdp_print_level level, const char *fmt, va_list ap)
{
	int saved = errno;

	log_library("libxdp", (int)level, fmt, ap);
	errno = saved;
	return 0;
}

void log_init(void)
{
	const char *env = getenv("EVBPF_DEBUG");

	env_verbosity = 0;
	if (env && (strcmp(env, "1") == 0 || strcmp(env, "2") == 0))
		env_verbosity = env[0] - '0';
	libbpf_set_print(log_libbpf);
	libxdp_set_print(log_libxdp);
}
