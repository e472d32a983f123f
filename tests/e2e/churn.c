/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * churn.c - runs `set` and `apply` as a process each would, without the process: test_live.py.
 *
 * A command a line on standard input, words parted by blanks: set SWITCH ..., apply FILE. An error
 * goes to stderr as ever; at the end stdout gets the number of commands that were done, and the
 * lines that failed.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "log.h"

#define WORDS_MAX 32

static int run(char *line)
{
	struct cmd_ctx ctx = {.netns = ""};
	char *words[WORDS_MAX];
	int n = 0;

	for (char *w = strtok(line, " \n"); w && n < WORDS_MAX; w = strtok(NULL, " \n"))
		words[n++] = w;
	if (n < 2)
		return CMD_USAGE;
	ctx.args = words + 1;
	ctx.n_args = n - 1;
	log_clear();
	return strcmp(words[0], "set") ? cmd_apply(&ctx) : cmd_set(&ctx);
}

int main(void)
{
	FILE *report = fdopen(dup(STDOUT_FILENO), "w");
	unsigned int done = 0;
	char *line = NULL;
	size_t room = 0;

	if (!report || !freopen("/dev/null", "w", stdout))
		return 1;
	log_init();
	while (getline(&line, &room, stdin) > 0) {
		char *was = strdup(line);
		int ret = run(line);

		if (ret)
			fprintf(report, "exit code %d: %s", ret, was);
		free(was);
		done += !ret;
	}
	fprintf(report, "%u done\n", done);
	free(line);
	return fclose(report) ? 1 : 0;
}
