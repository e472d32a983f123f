/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * log.h - what the program says on stderr, and what is kept of it for {"error": ...}.
 *
 * A message is one line without a newline at its end. An error names the thing, the reason and
 * the remedy. Levels that are shown:
 *
 *   verbosity 0 (default)             errors, warnings, log_info()
 *   1 (-v, or EVBPF_DEBUG=1)          and log_debug(), warnings of libbpf and libxdp
 *   2 (-vv, or EVBPF_DEBUG=2)         and everything that libbpf and libxdp say
 *
 * The libraries call things errors that are probes (libxdp looks for freplace and then does
 * without), so their words stand one level below ours.
 */
#pragma once

#include <stdbool.h>

#define LOG_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))

/* Call once at start: reads EVBPF_DEBUG and takes over the print functions of libbpf and libxdp. */
void log_init(void);

/* 0..2; the higher of this and EVBPF_DEBUG holds. Safe before and after log_init(). */
void log_set_verbosity(int level);

/*
 * With -j the first error is kept and not printed; the caller prints it as JSON from
 * log_first_error(). Later errors (of the undo, say) go to stderr as ever.
 */
void log_set_json(bool on);

void log_err(const char *fmt, ...) LOG_PRINTF(1, 2);   /* "evbpf: ..." */
void log_warn(const char *fmt, ...) LOG_PRINTF(1, 2);  /* "evbpf: warning: ..." */
void log_info(const char *fmt, ...) LOG_PRINTF(1, 2);  /* "evbpf: ..." */
void log_debug(const char *fmt, ...) LOG_PRINTF(1, 2); /* "evbpf: debug: ..." */

/* log_err() in one expression with the return: `return log_err_r(-EINVAL, "...")`. Returns @err. */
int log_err_r(int err, const char *fmt, ...) LOG_PRINTF(2, 3);

/* Text of the first error since the start or log_clear(), without prefix; NULL: there was none. */
const char *log_first_error(void);

/* Forgets the first error and what the libraries said. For tests and for a second attempt. */
void log_clear(void);

/*
 * Why the last load failed, as far as libbpf said it: the last lines of the verifier's log if there
 * was one, else libbpf's last warning; "" if it said nothing. One or more lines, no newline at
 * the end. Valid until the next call of libbpf. log_load_reset() before a load makes sure that
 * what comes back belongs to it.
 */
const char *log_load_reason(void);
void log_load_reset(void);

/* strerror() of a negative or positive errno; never NULL, valid until the next call */
const char *log_errno(int err);
