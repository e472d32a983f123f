/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cmd_monitor.c - `evbpf monitor`: refused frames, learned and moved addresses as they come, from the
 * ring buffers evb_events.
 *
 * A ring buffer lives as long as somebody holds it, so the pins are looked at every now and then:
 * switches that went are let go, new ones are taken up.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/libbpf.h>

#include "cmd.h"
#include "decode.h"
#include "fids.h"
#include "log.h"
#include "names.h"
#include "output.h"
#include "pin.h"
#include "tables.h"
#include "view.h"
#include "wait.h"

#define RESCAN_NS (2 * WAIT_NS)
#define SOURCES_MAX 256

/* one switch */
struct source {
	struct monitor *monitor;
	char name[EVB_NAME_LEN];
	ino_t ino; /* of its pin */
	struct tables tables;
	struct ring_buffer *ring;
	struct fids *fids; /* NULL: no event has asked for any yet */
};

struct monitor {
	bool json;
	const char *only; /* NULL: all switches */
	unsigned int n;
	struct source *sources[SOURCES_MAX];
	bool failed; /* stdout */
};

/* ---- one event */

static const char *port_name(const struct source *source, uint32_t number, char *buf)
{
	struct evb_port row;

	if (tables_port(&source->tables, number, &row))
		snprintf(buf, EVB_PORT_NAME_LEN, "%u", number);
	else
		snprintf(buf, EVB_PORT_NAME_LEN, "%.*s", (int)sizeof(row.name) - 1, row.name);
	return buf;
}

/* VLANs come and go: what is not known is looked up anew */
static struct fid event_fid(struct source *source, const struct evb_event *event)
{
	struct fid fid = {.kind = FID_UNKNOWN};

	if (source->fids)
		fid = fids_get(source->fids, event->fid);
	if (fid.kind != FID_UNKNOWN)
		return fid;
	fids_free(source->fids);
	source->fids = NULL;
	return fids_read(&source->tables, &source->fids) ? fid : fids_get(source->fids, event->fid);
}

/*
 * All refusals of the port for that reason. The event's own number is that of one CPU, and would
 * jump to and fro where frames come by several.
 */
static uint64_t total(const struct source *source, const struct evb_event *event)
{
	struct evb_stats stats;

	if ((unsigned int)event->drop >= EVB_DROP__MAX ||
	    tables_stats(&source->tables, event->port, &stats) ||
	    stats.drops[event->drop] < event->count)
		return event->count;
	return stats.drops[event->drop];
}

/* learned or moved addresses of the port; the event's own number is that of one CPU here, too */
static uint64_t total_learned(const struct source *source, const struct evb_event *event)
{
	struct evb_stats stats;
	uint64_t sum;

	if (tables_stats(&source->tables, event->port, &stats))
		return event->count;
	sum = event->what == EVB_EVENT_MOVED ? stats.moved : stats.learned;
	return sum < event->count ? event->count : sum;
}

/* where an interface has S-channels, its outermost S-TAG is one's */
static void frame_of(const struct source *source, const struct evb_event *event,
		     struct decode_frame *out)
{
	struct evb_port from;

	out->channel = !tables_port(&source->tables, event->from, &from) &&
		       (from.channels == EVB_CHANNEL_S || from.channel_tag == EVB_CHANNEL_S);
	out->data = event->data;
	out->bytes = event->bytes < EVB_EVENT_BYTES ? event->bytes : EVB_EVENT_BYTES;
	out->tpid = event->tpid;
	out->tci = event->tci;
}

/* what those who know SR-IOV stumble over: there, a VF without VLAN lets its guest tag */
static const char *event_hint(const struct source *source, const struct evb_event *event,
			      const struct decode_frame *frame)
{
	struct evb_port row;

	if (event->drop == EVB_DROP_VLAN_FILTER && event->port == event->from &&
	    !tables_port(&source->tables, event->port, &row) && row.kind >= EVB_KIND_VETH &&
	    row.kind <= EVB_KIND_AFXDP && decode_vlan(frame))
		return "a guest that tags needs a trunk with that VLAN, or trunk: all";
	return NULL;
}

static struct json_object *event_data(const struct decode_frame *frame)
{
	char hex[2 * EVB_EVENT_BYTES + 1] = "";

	for (uint32_t i = 0; i < frame->bytes; i++)
		snprintf(hex + 2 * i, 3, "%02x", frame->data[i]);
	return output_str(hex);
}

/* a tag that is not in the data */
static struct json_object *event_tag(const struct evb_event *event)
{
	struct json_object *obj;

	if (!event->tpid)
		return NULL;
	obj = json_object_new_object();
	output_add(obj, "proto", output_str(evb_tpid_name(event->tpid)));
	output_add(obj, "vlan", output_num(event->tci & 0xfff));
	output_add(obj, "qos", output_num(event->tci >> 13));
	output_add(obj, "dei", output_bool(event->tci >> 12 & 1));
	return obj;
}

/* what all events have */
static struct json_object *event_begin_json(const struct source *source,
					    const struct evb_event *event)
{
	struct json_object *obj = json_object_new_object();
	uint64_t at = wait_realtime(event->time);
	char name[EVB_PORT_NAME_LEN], seconds[32];

	snprintf(seconds, sizeof(seconds), "%" PRIu64 ".%06u", at / WAIT_NS,
		 (unsigned int)(at % WAIT_NS / 1000));
	output_add(obj, "time", json_object_new_double_s((double)at / WAIT_NS, seconds));
	output_add(obj, "switch", output_str(source->name));
	output_add(obj, "event", output_str(evb_event_name(event->what)));
	output_add(obj, "port", output_str(port_name(source, event->port, name)));
	return obj;
}

static struct json_object *refused_json(struct source *source, const struct evb_event *event)
{
	struct json_object *obj = event_begin_json(source, event);
	char name[EVB_PORT_NAME_LEN], text[DECODE_LEN];
	struct decode_frame frame;
	unsigned int svid;
	const char *hint;

	frame_of(source, event, &frame);
	hint = event_hint(source, event, &frame);
	svid = decode_svid(&frame);
	output_add(obj, "reason", output_str(evb_drop_name(event->drop)));
	output_add(obj, "from", output_str(port_name(source, event->from, name)));
	output_add(obj, "len", output_num(event->len));
	output_add(obj, "svid", output_num(svid));
	output_add(obj, "tag", event_tag(event));
	output_add(obj, "frame", output_str(decode_frame(&frame, text, sizeof(text))));
	output_add(obj, "data", event_data(&frame));
	output_add(obj, "count", output_num(total(source, event)));
	if (hint)
		output_add(obj, "hint", output_str(hint));
	return obj;
}

static void refused_text(struct source *source, const struct evb_event *event)
{
	char from[EVB_PORT_NAME_LEN], text[DECODE_LEN];
	struct decode_frame frame;
	const char *hint;

	frame_of(source, event, &frame);
	hint = event_hint(source, event, &frame);
	printf("%s", evb_drop_name(event->drop));
	if (event->from != event->port)
		printf(" from %s", port_name(source, event->from, from));
	printf(" len %u: %s (%" PRIu64 " so far)", event->len,
	       decode_frame(&frame, text, sizeof(text)), total(source, event));
	if (hint)
		printf(": %s", hint);
	putchar('\n');
}

/* the source address of the frame by which it was learned; all zero: the frame could not be read */
static const uint8_t *event_mac(const struct evb_event *event)
{
	return event->data + 6;
}

static struct json_object *learned_json(struct source *source, const struct evb_event *event)
{
	struct json_object *obj = event_begin_json(source, event), *vlan = NULL;
	struct fid fid = event_fid(source, event);
	bool moved = event->what == EVB_EVENT_MOVED;
	char name[EVB_PORT_NAME_LEN];

	if (fid.kind == FID_REST)
		vlan = output_str("rest");
	else if (fid.kind != FID_UNKNOWN)
		vlan = output_num(fid.vid);
	output_add(obj, "from", moved ? output_str(port_name(source, event->from, name)) : NULL);
	output_add(obj, "mac", output_mac(event_mac(event)));
	output_add(obj, "vlan", vlan);
	output_add(obj, "proto", fid.tpid ? output_str(evb_tpid_name(fid.tpid)) : NULL);
	output_add(obj, "count", output_num(total_learned(source, event)));
	return obj;
}

/* "learned 02:00:00:00:00:01, vlan 10 (3 so far)", "moved 02:00:00:00:00:01 from p1, no vlan (1 so far)" */
static void learned_text(struct source *source, const struct evb_event *event)
{
	struct fid fid = event_fid(source, event);
	char from[EVB_PORT_NAME_LEN], mac[OUTPUT_MAC_LEN], text[FID_TEXT_LEN];

	printf("%s %s", evb_event_name(event->what), output_mac_format(event_mac(event), mac));
	if (event->what == EVB_EVENT_MOVED)
		printf(" from %s", port_name(source, event->from, from));
	printf(", %s (%" PRIu64 " so far)\n", fid_text(&fid, text), total_learned(source, event));
}

static int event_json(struct source *source, const struct evb_event *event)
{
	bool refused = event->what == EVB_EVENT_REFUSED;

	/* a line each, also with -p */
	return output_json(stdout,
			   refused ? refused_json(source, event) : learned_json(source, event),
			   false);
}

static void event_text(struct source *source, const struct evb_event *event)
{
	char port[EVB_PORT_NAME_LEN], at[64];

	printf("%s %s %s ", wait_format(wait_realtime(event->time), at, sizeof(at)), source->name,
	       port_name(source, event->port, port));
	if (event->what == EVB_EVENT_REFUSED)
		refused_text(source, event);
	else
		learned_text(source, event);
}

static int got_event(void *arg, void *data, size_t size)
{
	struct source *source = arg;
	struct evb_event event;
	int err = 0;

	if (size < sizeof(event))
		return 0;
	memcpy(&event, data, sizeof(event));
	if (source->monitor->json)
		err = event_json(source, &event);
	else
		event_text(source, &event);
	if (err || !output_flush(stdout))
		source->monitor->failed = true;
	return source->monitor->failed ? -EIO : 0;
}

/* ---- switches */

static void source_close(struct source *source)
{
	ring_buffer__free(source->ring);
	fids_free(source->fids);
	tables_close(&source->tables);
	free(source);
}

static ino_t pin_ino(const char *name)
{
	char path[PIN_PATH_LEN];
	struct stat st;

	return stat(pin_path(path, name, table_name(TABLE_EVENTS)), &st) ? 0 : st.st_ino;
}

static int source_open(struct monitor *monitor, const char *name)
{
	struct source *source;
	int err;

	if (monitor->n == SOURCES_MAX)
		return log_err_r(-E2BIG, "monitor: more than %d switches", SOURCES_MAX);
	source = calloc(1, sizeof(*source));
	if (!source)
		return log_err_r(-ENOMEM, "out of memory");
	source->monitor = monitor;
	source->ino = pin_ino(name);
	snprintf(source->name, sizeof(source->name), "%s", name);
	source->tables = (struct tables)TABLES_NONE;
	err = tables_open(name, &source->tables);
	if (!err) {
		source->ring =
			ring_buffer__new(source->tables.fd[TABLE_EVENTS], got_event, source, NULL);
		if (!source->ring)
			err = log_err_r(-errno, "%s: cannot read its map evb_events: %s", name,
					log_errno(errno));
	}
	if (err) {
		source_close(source);
		return err;
	}
	monitor->sources[monitor->n++] = source;
	return 0;
}

static bool source_known(const struct monitor *monitor, const char *name)
{
	for (unsigned int i = 0; i < monitor->n; i++)
		if (!strcmp(monitor->sources[i]->name, name))
			return true;
	return false;
}

static int monitor_found(const char *name, void *arg)
{
	struct monitor *monitor = arg;

	if (source_known(monitor, name) || !view_ready(name))
		return 0;
	return source_open(monitor, name);
}

/* below the lock, so that none is met half made */
static int monitor_rescan(struct monitor *monitor)
{
	int lock, err = 0;

	for (unsigned int i = 0; i < monitor->n;) {
		struct source *source = monitor->sources[i];

		if (pin_ino(source->name) == source->ino) {
			i++;
			continue;
		}
		if (monitor->only)
			return log_err_r(-ENOENT, "%s was detached", source->name);
		source_close(source);
		monitor->sources[i] = monitor->sources[--monitor->n];
	}
	if (monitor->only)
		return 0;
	lock = pin_lock(false, PIN_LOCK_SECONDS);
	if (lock == -ENOENT)
		return 0;
	if (lock < 0)
		return lock;
	err = pin_switch_each(monitor_found, monitor);
	pin_unlock(lock);
	return err;
}

static int monitor_start(struct monitor *monitor)
{
	int lock, err;

	if (!monitor->only)
		return monitor_rescan(monitor);
	lock = pin_lock(false, PIN_LOCK_SECONDS);
	if (lock == -ENOENT)
		log_err("no switch is called %s: none is attached", monitor->only);
	if (lock < 0)
		return lock;
	err = source_open(monitor, monitor->only);
	pin_unlock(lock);
	return err;
}

/* ---- until a signal */

/* 0: go on, 1: ended by a signal, or a negative errno */
static int monitor_wait(struct monitor *monitor, int signals, uint64_t due)
{
	struct pollfd fds[1 + SOURCES_MAX] = {{.fd = signals, .events = POLLIN}};

	for (unsigned int i = 0; i < monitor->n; i++) {
		fds[1 + i].fd = ring_buffer__epoll_fd(monitor->sources[i]->ring);
		fds[1 + i].events = POLLIN;
	}
	if (poll(fds, 1 + monitor->n, wait_ms(due)) < 0 && errno != EINTR)
		return log_err_r(-errno, "cannot wait for events: %s", log_errno(errno));
	for (unsigned int i = 0; i < monitor->n && !monitor->failed; i++)
		ring_buffer__consume(monitor->sources[i]->ring);
	if (monitor->failed)
		return -EIO; /* main says why */
	return wait_ended(signals);
}

static int monitor_run(struct monitor *monitor, int signals)
{
	uint64_t due = wait_now() + RESCAN_NS;
	int ret = monitor_start(monitor);

	while (!ret) {
		ret = monitor_wait(monitor, signals, due);
		if (!ret && wait_now() >= due) {
			ret = monitor_rescan(monitor);
			due = wait_now() + RESCAN_NS;
		}
	}
	return ret < 0 ? ret : 0;
}

int cmd_monitor(const struct cmd_ctx *ctx)
{
	struct monitor monitor = {.json = ctx->json, .only = ctx->n_args ? ctx->args[0] : NULL};
	int signals, err;

	if (monitor.only && !pin_name_ok(monitor.only)) {
		log_err("no switch is called '%s': a name is 1 to 15 of A-Z a-z 0-9 _ -",
			monitor.only);
		return CMD_FAILED;
	}
	signals = wait_signals();
	if (signals < 0)
		return CMD_FAILED;
	err = monitor_run(&monitor, signals);
	while (monitor.n)
		source_close(monitor.sources[--monitor.n]);
	close(signals);
	return err ? CMD_FAILED : CMD_OK;
}
