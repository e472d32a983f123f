/* SPDX-License-Identifier: GPL-2.0-only */
/* fuzz.h - what the libFuzzer targets share. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"

/* assert() that survives NDEBUG, and says its word where stderr is taken */
#define HOLDS(x)                                                          \
	do {                                                              \
		if (!(x)) {                                               \
			dprintf(2, "%s:%d: %s\n", __FILE__, __LINE__, #x); \
			abort();                                          \
		}                                                         \
	} while (0)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static inline bool fuzz_is_printable(const char *text)
{
	for (; *text; text++)
		if (*text < ' ' || *text > '~')
			return false;
	return true;
}

static inline void fuzz_check_error(const struct config_error *err)
{
	HOLDS(err->text[0] && memchr(err->text, 0, sizeof(err->text)));
	HOLDS(fuzz_is_printable(err->text));
}

/* an error of config_parse() */
static inline void fuzz_check_refusal(const struct config_error *err)
{
	HOLDS(err->pos.line && err->pos.column);
	fuzz_check_error(err);
}

/*
 * An input of several parts: a line that begins with %% ends one, and may say something itself.
 * @at: len bytes and one more, which may be written to. Returns the length of the part; *line is
 * what stands behind its %%, NULL where the input has ended, *next what follows.
 */
static inline size_t fuzz_part(char *at, size_t len, char **line, char **next)
{
	char *end = at + len, *stop;

	for (char *from = at; from < end; from = stop < end ? stop + 1 : end) {
		stop = memchr(from, '\n', (size_t)(end - from));
		if (!stop)
			stop = end;
		if (stop - from < 2 || memcmp(from, "%%", 2))
			continue;
		*stop = '\0';
		*line = from + 2;
		*next = stop < end ? stop + 1 : end;
		return (size_t)(from - at);
	}
	*line = NULL;
	*next = end;
	return len;
}

/* what the code under test prints, while it runs: nobody reads a million lines */
struct fuzz_output {
	FILE *out, *err, *stdout_was, *stderr_was;
	char *out_text, *err_text;
	size_t out_len, err_len;
};

static inline void fuzz_output_begin(struct fuzz_output *output)
{
	*output = (struct fuzz_output){.stdout_was = stdout, .stderr_was = stderr};
	output->out = open_memstream(&output->out_text, &output->out_len);
	output->err = open_memstream(&output->err_text, &output->err_len);
	HOLDS(output->out && output->err);
	stdout = output->out;
	stderr = output->err;
}

/* from here on the texts can be read */
static inline void fuzz_output_end(struct fuzz_output *output)
{
	stdout = output->stdout_was;
	stderr = output->stderr_was;
	fclose(output->out);
	fclose(output->err);
}

static inline void fuzz_output_free(struct fuzz_output *output)
{
	free(output->out_text);
	free(output->err_text);
}
