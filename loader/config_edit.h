/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * config_edit.h - the text of a configuration, changed.
 *
 * What comes out is canonical YAML: block style, but lists and maps of plain values in one line;
 * keys in the order in which they stood, values as they were written. Comments are lost, and an
 * alias becomes what it stands for.
 */
#pragma once

#include "config.h"

/*
 * config_canonical() - the text in canonical YAML. It parses to what @text parses to.
 * Returns 0 and a text to be freed, with a NUL behind its *@out_len bytes; or a negative errno
 * (-EINVAL for what is no YAML, -EFBIG, -ENOMEM) with @err filled and *@out untouched.
 */
int config_canonical(const char *text, size_t len, char **out, size_t *out_len,
		     struct config_error *err);

/*
 * config_edit() - one key of one object set in a file's text: what comes out is canonical and says
 * what `set` asked for. Whether that is a sound configuration, config_parse() knows.
 * @object: "pf", "uplink", "vf N", "portgroup NAME"
 * @key: as in the file; a key in a map behind a dot: guard.ipv4, storm.broadcast
 * @value: as in the file; entries of a list parted by commas; the word `default` takes the key out
 * Returns as config_canonical(); -EINVAL also for an object or a key that is not there, and for one
 * that is not for a running switch. @err has no position then.
 */
int config_edit(const char *text, size_t len, const char *object, const char *key,
		const char *value, char **out, size_t *out_len, struct config_error *err);
