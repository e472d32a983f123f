/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_event.c - libFuzzer target: `monitor` of a switch whose maps hold anything.
 *
 * What stands between the command and the kernel, libbpf's functions and pin.h, is played here from
 * the input's bytes: sizes and types of the maps, their rows, and the records of the ring buffer. A
 * record is a line of printable text, or a JSON object, or is too short and nothing.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <json-c/json.h>

#include "cmd.h"
#include "fuzz.h"
#include "log.h"
#include "pin.h"
#include "tables.h"
#include "view.h"

/* the first bytes of an input; what follows is records */
enum head {
	HEAD_FLAGS,
	HEAD_TABLE, /* one of the maps is not what it should be */
	HEAD_WRONG, /* ... its type, key size or value size; or it is not there */
	HEAD__LEN,
};

enum flag {
	FLAG_JSON = 1,
	FLAG_LAYOUT = 2, /* another version's maps */
	FLAG_LONG = 4,	 /* one record of all bytes */
	FLAG_EMPTY = 8,	 /* maps without rows */
};

#define FD_FIRST 300 /* of maps: FD_FIRST + enum table */
#define DOMAINS 4    /* with more of them every input takes its time */

static const uint8_t *input; /* at least HEAD__LEN */
static size_t input_len;
static unsigned int lines; /* that there should be */

/* ---- maps */

static bool is_wrong(enum table table, unsigned int what)
{
	return input[HEAD_TABLE] == table && input[HEAD_WRONG] % 4 == what;
}

int bpf_obj_get(const char *path)
{
	int null, fd;

	for (int i = 0; i < TABLE__MAX; i++) {
		if (strcmp(path, table_name(i)))
			continue;
		if (is_wrong(i, 0))
			break;
		null = open("/dev/null", O_RDWR | O_CLOEXEC);
		fd = dup3(null, FD_FIRST + i, O_CLOEXEC);
		HOLDS(fd >= 0);
		close(null);
		return fd;
	}
	errno = ENOENT;
	return -1;
}

static enum bpf_map_type table_type(enum table table)
{
	switch (table) {
	case TABLE_STATS:
		return BPF_MAP_TYPE_PERCPU_ARRAY;
	case TABLE_ACL_HITS:
		return BPF_MAP_TYPE_PERCPU_HASH;
	case TABLE_TX:
		return BPF_MAP_TYPE_DEVMAP_HASH;
	case TABLE_GUARD:
		return BPF_MAP_TYPE_LPM_TRIE;
	case TABLE_EVENTS:
		return BPF_MAP_TYPE_RINGBUF;
	default:
		return table_is_array(table) ? BPF_MAP_TYPE_ARRAY : BPF_MAP_TYPE_HASH;
	}
}

int bpf_obj_get_info_by_fd(int fd, void *out, __u32 *len)
{
	enum table table = fd - FD_FIRST;
	struct bpf_map_info info = {
		.type = table_type(table) + is_wrong(table, 1),
		.key_size = table_key_size(table) + is_wrong(table, 2),
		.value_size = table_value_size(table) + is_wrong(table, 3),
	};

	HOLDS(*len == sizeof(info));
	memcpy(out, &info, sizeof(info));
	return 0;
}

/* bytes of the input; the same place gives the same ones */
static void fill(void *out, size_t len, size_t place)
{
	uint8_t *to = out;

	for (size_t i = 0; i < len; i++)
		to[i] = input[(place + i) % input_len];
}

/* what the loader has written; the rest of it `monitor` does not read */
static void fill_config(struct evb_config_val *val)
{
	fill(val, offsetof(struct evb_config_val, text), 0);
	if (!(input[HEAD_FLAGS] & FLAG_LAYOUT))
		val->layout = EVB_LAYOUT;
}

/* a name comes from a file that was checked */
static void fill_port(struct evb_port *row, uint32_t number)
{
	fill(row, sizeof(*row), number);
	for (size_t i = 0; i < sizeof(row->name); i++)
		row->name[i] = (char)('a' + (uint8_t)row->name[i] % 26);
}

int bpf_map_lookup_elem(int fd, const void *key, void *val)
{
	enum table table = fd - FD_FIRST;
	size_t cpus = table == TABLE_STATS ? (size_t)libbpf_num_possible_cpus() : 1;
	uint32_t number;

	memcpy(&number, key, sizeof(number)); /* of all that are asked for here */
	if (table == TABLE_CONFIG) {
		fill_config(val);
		return 0;
	}
	if (number >= (table == TABLE_DOMAINS ? DOMAINS : EVB_PORTS_MAX) ||
	    input[HEAD_FLAGS] & FLAG_EMPTY) {
		errno = ENOENT;
		return -1;
	}
	if (table == TABLE_PORTS)
		fill_port(val, number);
	else
		fill(val, table_value_size(table) * cpus, number);
	return 0;
}

int bpf_map_lookup_batch(int fd, void *in, void *next, void *keys, void *vals, __u32 *count,
			 const struct bpf_map_batch_opts *opts)
{
	enum table table = fd - FD_FIRST;
	__u32 n = input[HEAD_FLAGS] & FLAG_EMPTY ? 0 : input[HEAD_FLAGS] >> 4;

	HOLDS(table == TABLE_VLANS && n <= *count && !in && !opts);
	fill(keys, n * table_key_size(table), 0);
	fill(vals, n * table_value_size(table), 1);
	memset(next, 0, sizeof(__u32));
	*count = n;
	errno = ENOENT; /* these are the last */
	return -1;
}

/* ---- records */

struct ring_buffer {
	ring_buffer_sample_fn fn;
	void *arg;
};

struct ring_buffer *ring_buffer__new(int fd, ring_buffer_sample_fn fn, void *arg,
				     const struct ring_buffer_opts *opts)
{
	struct ring_buffer *ring = calloc(1, sizeof(*ring));

	HOLDS(ring && fd == FD_FIRST + TABLE_EVENTS && !opts);
	*ring = (struct ring_buffer){fn, arg};
	raise(SIGTERM); /* blocked by now: one look at the buffer, and the end */
	return ring;
}

int ring_buffer__epoll_fd(const struct ring_buffer *ring)
{
	(void)ring;
	return -1; /* poll() has the signal */
}

/* a record ends where its memory does */
static size_t give(const struct ring_buffer *ring, const uint8_t *data, size_t len)
{
	void *copy = malloc(len ? len : 1);

	HOLDS(copy);
	memcpy(copy, data, len);
	HOLDS(!ring->fn(ring->arg, copy, len));
	free(copy);
	lines += len >= sizeof(struct evb_event);
	return len;
}

int ring_buffer__consume(struct ring_buffer *ring)
{
	size_t at = HEAD__LEN, step = sizeof(struct evb_event);

	if (input[HEAD_FLAGS] & FLAG_LONG)
		step = input_len;
	do
		at += give(ring, input + at, input_len - at < step ? input_len - at : step);
	while (at < input_len);
	return 0;
}

void ring_buffer__free(struct ring_buffer *ring)
{
	free(ring);
}

/* ---- pins */

int pin_lock(bool exclusive, unsigned int seconds)
{
	(void)seconds;
	HOLDS(!exclusive);
	return 0; /* what pin_unlock() gets */
}

void pin_unlock(int fd)
{
	HOLDS(!fd);
}

bool pin_name_ok(const char *name)
{
	return *name;
}

const char *pin_path(char *buf, const char *name, const char *file)
{
	(void)name;
	snprintf(buf, PIN_PATH_LEN, "%s", file);
	return buf;
}

int pin_switch_exists(const char *name)
{
	return *name != 0;
}

int pin_switch_each(int (*fn)(const char *name, void *arg), void *arg)
{
	return fn("fuzz", arg);
}

bool view_ready(const char *name)
{
	return *name;
}

/* ---- the run */

static void check_text(char *text)
{
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		HOLDS(fuzz_is_printable(line));
		lines--;
	}
}

static void check_json(char *text)
{
	struct json_object *obj;
	char *save = NULL;

	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		obj = json_tokener_parse(line);
		HOLDS(json_object_is_type(obj, json_type_object));
		json_object_put(obj);
		lines--;
	}
}

static int run(struct fuzz_output *output)
{
	struct cmd_ctx ctx = {.netns = "", .json = input[HEAD_FLAGS] & FLAG_JSON};
	char *args[] = {(char *)"fuzz"};
	const struct timespec now = {};
	sigset_t old, term;
	int ret;

	ctx.args = args;
	ctx.n_args = 1;
	log_clear();
	log_set_json(true); /* the first error is kept */
	sigprocmask(SIG_SETMASK, NULL, &old);
	fuzz_output_begin(output);
	ret = cmd_monitor(&ctx);
	fuzz_output_end(output);
	sigemptyset(&term);
	sigaddset(&term, SIGTERM);
	HOLDS(sigtimedwait(&term, NULL, &now) < 0);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return ret;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_output output;
	int ret;

	if (size < HEAD__LEN)
		return 0;
	input = data;
	input_len = size;
	lines = 0;
	ret = run(&output);
	if (data[HEAD_TABLE] < TABLE__MAX)
		HOLDS(ret == CMD_FAILED);
	else if (!(data[HEAD_FLAGS] & FLAG_LAYOUT))
		HOLDS(ret == CMD_OK);
	HOLDS((ret == CMD_FAILED) == !!log_first_error());
	if (data[HEAD_FLAGS] & FLAG_JSON)
		check_json(output.out_text);
	else
		check_text(output.out_text);
	HOLDS(!lines && !output.err_len);
	for (int i = 0; i < TABLE__MAX; i++)
		HOLDS(fcntl(FD_FIRST + i, F_GETFD) < 0);
	fuzz_output_free(&output);
	return 0;
}
