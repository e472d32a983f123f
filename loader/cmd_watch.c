/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd_watch.c - `evbpf stats SWITCH --watch`: how fast the counters grow.
 *
 * A terminal is redrawn every second, with as many columns and ports as fit; anything else gets a
 * line for each port that had frames, or with -j one object a second. The switch is opened anew
 * each time, for its ports come and go.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "cmd.h"
#include "log.h"
#include "names.h"
#include "output.h"
#include "view.h"
#include "wait.h"

#define LINE_LEN 1024

/* counters of a port at one moment; rx and tx as `stats` has them */
struct sample {
	bool there;
	uint64_t rx_packets, rx_bytes, tx_packets, tx_bytes;
	uint64_t drops[EVB_DROP__MAX];
	uint64_t learned, moved;
	uint32_t ifindex; /* of its device; 0: absent, or the PF */
	bool device;	  /* stands for it */
	uint64_t known;	  /* of its losses, by other ports' counters */
	uint64_t lost; /* by the device: nl_link_lost() */
};

/* a second's growth */
struct rate {
	uint32_t number;
	char port[EVB_PORT_NAME_LEN];
	double rx_frames, rx_mbits, tx_frames, tx_mbits, dropped;
	double drops[EVB_DROP__MAX];
	double learned, moved;
};

struct watch {
	const struct cmd_ctx *ctx;
	const char *name;
	int signals;
	bool terminal, again;	   /* there are rates */
	bool bridge;		   /* it learns */
	uint64_t when;		   /* of `last` */
	struct sample *last, *now; /* by port number */
	unsigned int n;
	struct rate *rates; /* of the ports that were there twice, in the order of their numbers */
};

/* ---- counting */

static void sample_port(const struct view *view, const struct view_item *item, struct sample *out)
{
	const struct evb_count *rx, *tx;
	struct evb_stats stats;
	struct evb_port row;

	if (tables_stats(&view->tables, item->number, &stats))
		return;
	rx = item->wire ? &stats.in : &stats.out;
	tx = item->wire ? &stats.out : &stats.in;
	out->there = true;
	out->rx_packets = rx->packets;
	out->rx_bytes = rx->bytes;
	out->tx_packets = tx->packets;
	out->tx_bytes = tx->bytes;
	out->learned = stats.learned;
	out->moved = stats.moved;
	memcpy(out->drops, stats.drops, sizeof(out->drops));
	out->device = item->device;
	if (!tables_port(&view->tables, item->number, &row) && row.kind != EVB_KIND_PF)
		out->ifindex = row.ifindex;
}

static int sample_device(const struct nl_link *link, void *arg)
{
	struct watch *watch = arg;

	struct sample *device = NULL;
	uint64_t known = 0;

	for (unsigned int i = 0; i < EVB_PORTS_MAX; i++) {
		struct sample *at = &watch->now[i];

		if (at->ifindex != (uint32_t)link->ifindex)
			continue;
		if (at->device)
			device = at;
		else
			known += at->drops[EVB_DROP_SEND];
	}
	if (device) {
		device->known = known;
		device->lost = nl_link_lost(link);
	}
	return 0;
}

/* what has been set to zero meanwhile has grown to what it is */
static double growth(uint64_t old, uint64_t new, double seconds)
{
	return (double)(new >= old ? new - old : new) / seconds;
}

static void rate_of(const struct sample *old, const struct sample *new, double seconds,
		    struct rate *out)
{
	double lost = old->ifindex == new->ifindex ? growth(old->lost, new->lost, seconds) -
							     growth(old->known, new->known, seconds)
						   : 0;

	out->rx_frames = growth(old->rx_packets, new->rx_packets, seconds);
	out->tx_frames = growth(old->tx_packets, new->tx_packets, seconds);
	out->rx_mbits = growth(old->rx_bytes, new->rx_bytes, seconds) * 8 / 1e6;
	out->tx_mbits = growth(old->tx_bytes, new->tx_bytes, seconds) * 8 / 1e6;
	for (int i = 0; i < EVB_DROP__MAX; i++) {
		out->drops[i] = growth(old->drops[i], new->drops[i], seconds);
		/* as `stats` has it: a loss may be in both numbers */
		if (i == EVB_DROP_SEND && lost > out->drops[i])
			out->drops[i] = lost;
		out->dropped += out->drops[i];
	}
	out->learned = growth(old->learned, new->learned, seconds);
	out->moved = growth(old->moved, new->moved, seconds);
}

static void watch_port(struct watch *watch, const struct view *view, const struct view_item *item)
{
	struct rate *rate = &watch->rates[watch->n];

	sample_port(view, item, &watch->now[item->number]);
	if (!watch->now[item->number].there || !watch->last[item->number].there)
		return;
	memset(rate, 0, sizeof(*rate));
	rate->number = item->number;
	snprintf(rate->port, sizeof(rate->port), "%s", item->name);
	watch->n++;
}

static int watch_ports(struct watch *watch, const struct view *view)
{
	struct view_items items;
	int err = view_items(view->cfg, &items);

	if (err)
		return err;
	for (unsigned int i = 0; i < items.n; i++)
		watch_port(watch, view, &items.list[i]);
	free(items.list);
	return 0;
}

static int watch_count(struct watch *watch)
{
	struct view view;
	struct sample *swap = watch->last;
	uint64_t when = watch->when;
	double seconds;
	int err = view_get(watch->name, false, &view);

	if (err)
		return err;
	watch->when = wait_now();
	watch->last = watch->now;
	watch->now = swap;
	watch->n = 0;
	watch->bridge = config_is_bridge(view.cfg);
	memset(watch->now, 0, EVB_PORTS_MAX * sizeof(*watch->now));
	err = watch_ports(watch, &view);
	if (!err && view.nl)
		nl_link_each(view.nl, sample_device, watch);
	view_close(&view);
	seconds = (double)(watch->when - when) / (double)WAIT_NS;
	for (unsigned int i = 0; i < watch->n; i++) {
		uint32_t number = watch->rates[i].number;

		rate_of(&watch->last[number], &watch->now[number], seconds, &watch->rates[i]);
	}
	return err;
}

static bool rate_idle(const struct rate *rate)
{
	return rate->rx_frames == 0 && rate->tx_frames == 0 && rate->dropped == 0;
}

/* ---- a terminal */

enum column {
	COLUMN_PORT,
	COLUMN_RX_FRAMES,
	COLUMN_RX_MBITS,
	COLUMN_TX_FRAMES,
	COLUMN_TX_MBITS,
	COLUMN_DROPPED,
	COLUMN_REASONS,
	COLUMN__MAX,
};

/* gone: which goes first where the terminal is narrow; the first is as wide as its longest name */
static const struct {
	const char *name;
	unsigned int width, gone;
} columns[COLUMN__MAX] = {
	[COLUMN_PORT] = {"PORT", 7, 9},		 [COLUMN_RX_FRAMES] = {"RX f/s", 9, 3},
	[COLUMN_RX_MBITS] = {"RX Mbit/s", 9, 6}, [COLUMN_TX_FRAMES] = {"TX f/s", 9, 2},
	[COLUMN_TX_MBITS] = {"TX Mbit/s", 9, 5}, [COLUMN_DROPPED] = {"drops/s", 9, 4},
	[COLUMN_REASONS] = {"REASONS", 12, 1},
};

static unsigned int column_width(const struct watch *watch, unsigned int column)
{
	unsigned int width = columns[column].width;

	if (column != COLUMN_PORT)
		return width;
	for (unsigned int i = 0; i < watch->n; i++)
		if (strlen(watch->rates[i].port) > width)
			width = (unsigned int)strlen(watch->rates[i].port);
	return width;
}

/* bits of the columns that fit */
static unsigned int columns_fit(const struct watch *watch, unsigned int width)
{
	unsigned int shown = (1u << COLUMN__MAX) - 1, total, first;

	for (;;) {
		total = 0;
		first = COLUMN_PORT;
		for (unsigned int i = 0; i < COLUMN__MAX; i++) {
			if (!(shown >> i & 1))
				continue;
			total += column_width(watch, i) + (i ? 1 : 0);
			if (columns[i].gone < columns[first].gone)
				first = i;
		}
		if (total <= width || first == COLUMN_PORT)
			return shown;
		shown &= ~(1u << first);
	}
}

struct line {
	char text[LINE_LEN];
	size_t len;
};

__attribute__((format(printf, 2, 3))) static void line_add(struct line *line, const char *fmt, ...)
{
	va_list args;
	int n;

	va_start(args, fmt);
	n = vsnprintf(line->text + line->len, sizeof(line->text) - line->len, fmt, args);
	va_end(args);
	if (n > 0)
		line->len += (size_t)n;
	if (line->len >= sizeof(line->text))
		line->len = sizeof(line->text) - 1;
}

static void add_reasons(struct line *line, const struct rate *rate)
{
	for (int i = 0; i < EVB_DROP__MAX; i++)
		if (rate->drops[i] > 0)
			line_add(line, " %s %.0f", evb_drop_name(i), rate->drops[i]);
}

static void add_learned(struct line *line, const struct rate *rate)
{
	if (rate->learned > 0)
		line_add(line, " learned %.0f/s", rate->learned);
	if (rate->moved > 0)
		line_add(line, " moved %.0f/s", rate->moved);
}

static void add_column(struct line *line, unsigned int column, int width, const struct rate *rate)
{
	switch (column) {
	case COLUMN_PORT:
		line_add(line, "%-*s", width, rate->port);
		break;
	case COLUMN_RX_FRAMES:
		line_add(line, " %*.0f", width, rate->rx_frames);
		break;
	case COLUMN_RX_MBITS:
		line_add(line, " %*.2f", width, rate->rx_mbits);
		break;
	case COLUMN_TX_FRAMES:
		line_add(line, " %*.0f", width, rate->tx_frames);
		break;
	case COLUMN_TX_MBITS:
		line_add(line, " %*.2f", width, rate->tx_mbits);
		break;
	case COLUMN_DROPPED:
		line_add(line, " %*.0f", width, rate->dropped);
		break;
	default:
		add_reasons(line, rate);
		add_learned(line, rate);
	}
}

static void print_line(const struct line *line, unsigned int width)
{
	printf("\n\033[2K%.*s", (int)width, line->text);
}

static void draw_port(const struct watch *watch, const struct rate *rate, unsigned int shown,
		      unsigned int width)
{
	struct line line = {};

	for (unsigned int i = 0; i < COLUMN__MAX; i++)
		if (shown >> i & 1)
			add_column(&line, i, (int)column_width(watch, i), rate);
	print_line(&line, width);
}

static void draw_headings(const struct watch *watch, unsigned int shown, unsigned int width)
{
	struct line line = {};

	for (unsigned int i = 0; i < COLUMN__MAX; i++) {
		int w = (int)column_width(watch, i);

		if (!(shown >> i & 1))
			continue;
		if (i == COLUMN_PORT || i == COLUMN_REASONS)
			line_add(&line, "%s%-*s", i ? " " : "", i ? 0 : w, columns[i].name);
		else
			line_add(&line, " %*s", w, columns[i].name);
	}
	print_line(&line, width);
}

/* where not all ports fit, the idle ones are left out first */
static void draw_ports(const struct watch *watch, unsigned int room, unsigned int width)
{
	bool busy_only = watch->n > room;
	unsigned int shown = columns_fit(watch, width), drawn = 0, left = 0;
	struct line line = {};

	draw_headings(watch, shown, width);
	for (unsigned int i = 0; i < watch->n; i++) {
		if ((busy_only && rate_idle(&watch->rates[i])) ||
		    (busy_only && drawn + 1 >= room)) {
			left++;
			continue;
		}
		draw_port(watch, &watch->rates[i], shown, width);
		drawn++;
	}
	if (!left)
		return;
	line_add(&line, "... %u more port%s", left, left == 1 ? "" : "s");
	print_line(&line, width);
}

static void draw(const struct watch *watch)
{
	struct winsize size = {};
	unsigned int width, height;
	struct line head = {};
	char at[64];

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) || !size.ws_col || !size.ws_row)
		size = (struct winsize){.ws_col = 80, .ws_row = 24};
	width = size.ws_col < LINE_LEN ? size.ws_col : LINE_LEN - 1;
	height = size.ws_row;
	line_add(&head, "%s  %.8s  a second's growth; ^C ends", watch->name,
		 wait_format(wait_realtime(watch->when), at, sizeof(at)));
	printf("\033[H\033[2K%.*s", (int)width, head.text);
	if (watch->again)
		draw_ports(watch, height > 3 ? height - 2 : 1, width);
	printf("\033[J");
}

/* ---- no terminal */

static struct json_object *rate_json(const struct rate *rate, bool learns)
{
	struct json_object *obj = json_object_new_object(), *drops = json_object_new_object();
	struct json_object *rx = json_object_new_object(), *tx = json_object_new_object();

	output_add(rx, "packets", output_num((uint64_t)(rate->rx_frames + 0.5)));
	output_add(rx, "bits", output_num((uint64_t)(rate->rx_mbits * 1e6 + 0.5)));
	output_add(tx, "packets", output_num((uint64_t)(rate->tx_frames + 0.5)));
	output_add(tx, "bits", output_num((uint64_t)(rate->tx_mbits * 1e6 + 0.5)));
	for (int i = 0; i < EVB_DROP__MAX; i++)
		if (rate->drops[i] > 0)
			output_add(drops, evb_drop_name(i),
				   output_num((uint64_t)(rate->drops[i] + 0.5)));
	output_add(obj, "port", output_str(rate->port));
	output_add(obj, "rx", rx);
	output_add(obj, "tx", tx);
	output_add(obj, "drops", drops);
	if (learns) {
		output_add(obj, "learned", output_num((uint64_t)(rate->learned + 0.5)));
		output_add(obj, "moved", output_num((uint64_t)(rate->moved + 0.5)));
	}
	return obj;
}

static int print_object(const struct watch *watch)
{
	struct json_object *obj = json_object_new_object(), *list = json_object_new_array();

	for (unsigned int i = 0; i < watch->n; i++)
		output_append(list, rate_json(&watch->rates[i], watch->bridge));
	output_add(obj, "time", output_num(wait_realtime(watch->when) / WAIT_NS));
	output_add(obj, "switch", output_str(watch->name));
	output_add(obj, "ports", list);
	return output_json(stdout, obj, false); /* a line each, also with -p */
}

static void print_lines(const struct watch *watch)
{
	bool idle = true;
	char at[64];

	wait_format(wait_realtime(watch->when), at, sizeof(at));
	*strrchr(at, '.') = '\0';
	for (unsigned int i = 0; i < watch->n; i++) {
		const struct rate *rate = &watch->rates[i];
		struct line line = {};

		if (rate_idle(rate))
			continue;
		idle = false;
		line_add(&line, "%s %s %s rx %.0f f/s %.2f Mbit/s tx %.0f f/s %.2f Mbit/s", at,
			 watch->name, rate->port, rate->rx_frames, rate->rx_mbits, rate->tx_frames,
			 rate->tx_mbits);
		if (rate->dropped > 0)
			line_add(&line, " drops %.0f/s:", rate->dropped);
		add_reasons(&line, rate);
		add_learned(&line, rate);
		puts(line.text);
	}
	if (idle)
		printf("%s %s no frames\n", at, watch->name);
}

/* ---- until a signal */

static int watch_print(struct watch *watch)
{
	if (watch->terminal)
		draw(watch);
	else if (watch->again && watch->ctx->json)
		print_object(watch);
	else if (watch->again)
		print_lines(watch);
	return output_flush(stdout) ? 0 : -EIO; /* main says why */
}

/* until @due; a terminal of another size is drawn at once. 1: ended by a signal */
static int watch_wait(struct watch *watch, uint64_t due)
{
	struct pollfd fd = {.fd = watch->signals, .events = POLLIN};
	int err = 0, signo;

	while (!err && wait_ms(due)) {
		if (poll(&fd, 1, wait_ms(due)) < 0 && errno != EINTR)
			return log_err_r(-errno, "cannot wait: %s", log_errno(errno));
		while (!err && (signo = wait_signal_next(watch->signals))) {
			if (signo != SIGWINCH)
				return 1;
			err = watch->terminal ? watch_print(watch) : 0;
		}
	}
	return err;
}

static int watch_run(struct watch *watch)
{
	uint64_t due = wait_now();
	int ret;

	do {
		ret = watch_count(watch);
		if (!ret)
			ret = watch_print(watch);
		watch->again = true;
		due += WAIT_NS;
		if (!wait_ms(due)) /* held up: a second from now */
			due = wait_now() + WAIT_NS;
		if (!ret)
			ret = watch_wait(watch, due);
	} while (!ret);
	if (watch->terminal)
		putchar('\n');
	return ret < 0 ? ret : 0;
}

int cmd_watch(const struct cmd_ctx *ctx)
{
	struct watch watch = {
		.ctx = ctx, .name = ctx->args[0], .terminal = !ctx->json && isatty(STDOUT_FILENO)};
	int err = -ENOMEM;

	watch.signals = wait_signals();
	if (watch.signals < 0)
		return CMD_FAILED;
	watch.last = calloc(EVB_PORTS_MAX, sizeof(*watch.last));
	watch.now = calloc(EVB_PORTS_MAX, sizeof(*watch.now));
	watch.rates = calloc(EVB_PORTS_MAX, sizeof(*watch.rates));
	if (watch.last && watch.now && watch.rates)
		err = watch_run(&watch);
	else
		log_err("out of memory");
	free(watch.last);
	free(watch.now);
	free(watch.rates);
	close(watch.signals);
	return err ? CMD_FAILED : CMD_OK;
}
