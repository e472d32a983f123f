/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * fuzz_link.c - libFuzzer target: the whole of `check`, of one file or of several and their links.
 *
 *	a file
 *	%%
 *	another
 *	%%edge0:eth1=tor:swp1 tor:swp2=pe0:eth1
 *
 * One file is printed as rows, too: any sound configuration has a plan.
 */
#include <json-c/json.h>
#include <sys/mman.h>
#include <unistd.h>

#include "cmd.h"
#include "fuzz.h"
#include "log.h"

#define FILES_MAX 3 /* nothing new comes with a fourth, but for time */
#define PATH_LEN 32

struct input {
	char path[FILES_MAX][PATH_LEN];
	char *args[FILES_MAX];
	struct cmd_ctx ctx;
	char *swapped[CMD_LINKS_MAX]; /* the links, their ends the other way round */
};

/* what `check` reads: files that nobody else sees, made once */
static int file_fd(int i)
{
	static int fds[FILES_MAX];

	if (!fds[i])
		fds[i] = memfd_create("fuzz", MFD_CLOEXEC);
	HOLDS(fds[i] > 0);
	return fds[i];
}

static void input_add_file(struct input *input, const char *text, size_t len)
{
	int i = input->ctx.n_args++, fd = file_fd(i);

	HOLDS(!ftruncate(fd, 0) && pwrite(fd, text, len, 0) == (ssize_t)len);
	snprintf(input->path[i], PATH_LEN, "/proc/self/fd/%d", fd);
	input->args[i] = input->path[i];
	input->ctx.args = input->args;
}

/* "A:x=B:y" as "B:y=A:x"; a device's name may have an = in it, but no colon */
static char *link_swap(const char *link)
{
	const char *last = strrchr(link, ':'), *equal = last;
	char *text;

	while (equal && equal > link && *equal != '=')
		equal--;
	if (!equal || *equal != '=')
		return strdup(link);
	HOLDS(asprintf(&text, "%s=%.*s", equal + 1, (int)(equal - link), link) >= 0);
	return text;
}

static void input_add_links(struct input *input, char *line)
{
	char *save = NULL;

	for (char *word = strtok_r(line, " ", &save); word; word = strtok_r(NULL, " ", &save)) {
		if (input->ctx.n_links == CMD_LINKS_MAX)
			return;
		input->swapped[input->ctx.n_links] = link_swap(word);
		input->ctx.links[input->ctx.n_links++] = word;
	}
}

static void input_read(struct input *input, char *at, size_t size)
{
	char *end = at + size, *line, *next;
	size_t len;

	while (input->ctx.n_args < FILES_MAX) {
		len = fuzz_part(at, (size_t)(end - at), &line, &next);
		if (len || !input->ctx.n_args)
			input_add_file(input, at, len);
		if (!line)
			return;
		input_add_links(input, line);
		at = next;
	}
}

/* lines of printable ASCII; returns their number */
static unsigned int check_lines(const struct fuzz_output *output)
{
	unsigned int lines = 0;

	HOLDS(strlen(output->out_text) == output->out_len);
	HOLDS(!output->out_len || output->out_text[output->out_len - 1] == '\n');
	for (const char *c = output->out_text; *c; c++) {
		HOLDS(*c == '\n' || (*c >= ' ' && *c <= '~'));
		lines += *c == '\n';
	}
	return lines;
}

/* one object in one line */
static void check_json(const struct fuzz_output *output)
{
	struct json_object *obj = json_tokener_parse(output->out_text);

	HOLDS(check_lines(output) == 1);
	HOLDS(json_object_is_type(obj, json_type_object));
	json_object_put(obj);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* The same for all orders of lines; of two ends with tags it is the first one's that is told. */
static uint64_t hash_lines(char *text, unsigned int lines)
{
	char **list = calloc(lines + 1, sizeof(*list)), *save = NULL;
	uint64_t hash = 0;
	unsigned int n = 0;

	HOLDS(list);
	for (char *line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		list[n++] = strstr(line, " is no extender") ? strchr(line, 0) : line;
	qsort(list, n, sizeof(*list), by_text);
	for (unsigned int i = 0; i < n; i++)
		for (char *c = list[i]; *c; c++)
			hash = (hash ^ (unsigned char)*c) * 0x100000001b3;
	free(list);
	return hash ^ n;
}

/* Returns what `check` does; *said stands for what it has printed. */
static int check(const struct cmd_ctx *ctx, uint64_t *said)
{
	struct fuzz_output output;
	bool done;
	int ret;

	log_clear();
	log_set_json(true); /* the first error is kept */
	fuzz_output_begin(&output);
	ret = cmd_check(ctx);
	fuzz_output_end(&output);
	done = ret == CMD_OK || ret == CMD_TOLD;
	HOLDS(done || ret == CMD_FAILED || ret == CMD_USAGE);
	HOLDS(done == !log_first_error() && done == !!output.out_len);
	if (done && ctx->json)
		check_json(&output);
	else if (ret == CMD_TOLD)
		HOLDS(!strncmp(output.out_text, "/proc/self/fd/", 14));
	else if (done && ctx->n_links)
		HOLDS(!strncmp(output.out_text, "ok: ", 4));
	*said = hash_lines(output.out_text, check_lines(&output));
	fuzz_output_free(&output);
	return ret;
}

static void check_all(struct input *input)
{
	struct cmd_ctx *ctx = &input->ctx;
	uint64_t said, again;
	int ret = check(ctx, &said);

	if (ret != CMD_OK && ret != CMD_TOLD)
		return;
	for (unsigned int i = 0; i < ctx->n_links; i++)
		ctx->links[i] = input->swapped[i];
	HOLDS(!ctx->n_links || (check(ctx, &again) == ret && again == said));
	ctx->json = true;
	HOLDS(check(ctx, &again) == ret);
	if (ctx->n_links)
		return;
	ctx->flags = CMD_DUMP;
	HOLDS(check(ctx, &again) == CMD_OK);
	ctx->json = false;
	HOLDS(check(ctx, &again) == CMD_OK);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct input input = {.ctx.netns = ""};
	char *copy = malloc(size + 1);

	HOLDS(copy);
	memcpy(copy, data, size);
	copy[size] = '\0';
	input_read(&input, copy, size);
	check_all(&input);
	for (unsigned int i = 0; i < CMD_LINKS_MAX; i++)
		free(input.swapped[i]);
	free(copy);
	return 0;
}
