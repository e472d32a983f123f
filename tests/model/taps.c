// SPDX-License-Identifier: GPL-2.0-only
/* taps.c - see taps.h */
#include "taps.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attach.h"
#include "batch.h"
#include "evb_wire.h"

#define GOT_MAX (2 * MODEL_PORTS_MAX)

/* a frame that came out of a tap, or is to */
struct arrival {
	unsigned int dev; /* in random_dev_names */
	struct model_frame frame;
	bool matched;
};

struct taps {
	int fd[RANDOM_DEVS_MAX];
	unsigned int n_got, n_want;
	struct arrival got[GOT_MAX], want[GOT_MAX];
};

/* ---- devices */

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), err = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		err = -errno;
	close(fd);
	return err;
}

static int tap_up(const char *name, const uint8_t mac[6])
{
	int sock = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), err = 0;
	struct ifreq req = {};

	if (sock < 0)
		return -errno;
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	if (mac) {
		req.ifr_hwaddr.sa_family = ARPHRD_ETHER;
		memcpy(req.ifr_hwaddr.sa_data, mac, 6);
		if (ioctl(sock, SIOCSIFHWADDR, &req))
			err = -errno;
	}
	req.ifr_flags = IFF_UP;
	if (!err && ioctl(sock, SIOCSIFFLAGS, &req))
		err = -errno;
	close(sock);
	return err;
}

static int tap_make(const char *name, const uint8_t mac[6], int *out)
{
	struct ifreq req = {.ifr_flags = IFF_TAP | IFF_NO_PI};

	*out = open("/dev/net/tun", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (*out < 0)
		return -errno;
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", name);
	return ioctl(*out, TUNSETIFF, &req) ? -errno : tap_up(name, mac);
}

/* a host that says nothing itself */
static int taps_open(struct taps *taps, const struct model_dev *devs)
{
	int err = 0;

	if (unshare(CLONE_NEWNET | CLONE_NEWNS) ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("bpf", "/sys/fs/bpf", "bpf", 0, NULL))
		return -errno;
	write_file("/proc/sys/net/ipv6/conf/all/disable_ipv6", "1");
	write_file("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1");
	for (unsigned int i = 0; !err && i < RANDOM_DEVS_MAX; i++)
		err = tap_make(random_dev_names[i], i ? NULL : devs[0].mac, &taps->fd[i]);
	return err;
}

/* ---- what comes out, and what should */

static void collect(struct taps *taps)
{
	taps->n_got = 0;
	for (unsigned int i = 0; i < RANDOM_DEVS_MAX; i++)
		while (taps->n_got < GOT_MAX) {
			struct arrival *at = &taps->got[taps->n_got];
			ssize_t len = read(taps->fd[i], at->frame.data, sizeof(at->frame.data));

			if (len <= 0)
				break;
			at->dev = i;
			at->frame.len = (size_t)len;
			at->matched = false;
			taps->n_got++;
		}
}

static int dev_index(const char *name)
{
	for (int i = 0; i < RANDOM_DEVS_MAX; i++)
		if (!strcmp(name, random_dev_names[i]))
			return i;
	return -1;
}

/* the tap that a port is; -1: the host's own stack, which has none */
static int port_dev(const struct config *cfg, uint32_t number)
{
	for (unsigned int i = 0; i < config_devices(cfg); i++)
		if (config_device(cfg, i)->number == number)
			return dev_index(config_device(cfg, i)->dev);
	for (unsigned int i = 0; i < cfg->n_replications; i++)
		if (config_is_bridge(cfg) && cfg->replications[i].number == number)
			return dev_index(cfg->replications[i].dev);
	for (unsigned int i = 0; i < cfg->n_channels; i++)
		if (cfg->channels[i].number == number)
			return dev_index(cfg->uplink);
	return !config_is_bridge(cfg) && number == EVB_PORT_UPLINK ? dev_index(cfg->uplink) : -1;
}

static void expect(struct taps *taps, const struct config *cfg, const struct model_result *result)
{
	taps->n_want = 0;
	if (result->fate != MODEL_SENT)
		return;
	for (unsigned int i = 0; i < result->n_copies; i++) {
		const struct model_copy *copy = &result->copies[i];
		int dev = port_dev(cfg, copy->port);

		if (copy->drop || dev < 0)
			continue;
		taps->want[taps->n_want].dev = (unsigned int)dev;
		taps->want[taps->n_want++].frame = copy->frame;
	}
}

static bool same_frame(const struct arrival *a, const struct arrival *b)
{
	return a->dev == b->dev && a->frame.len == b->frame.len &&
	       !memcmp(a->frame.data, b->frame.data, a->frame.len);
}

static void print_frame(const char *what, unsigned int dev, const struct model_frame *frame)
{
	printf("  %s %s: ", what, random_dev_names[dev]);
	for (size_t i = 0; i < frame->len; i++)
		printf("%02x", frame->data[i]);
	printf("\n");
}

/* each that came is one that was to come, and the other way; what is not, is printed */
static bool compare(struct taps *taps)
{
	bool same = true;

	for (unsigned int i = 0; i < taps->n_want; i++) {
		bool found = false;

		for (unsigned int j = 0; !found && j < taps->n_got; j++)
			if (!taps->got[j].matched && same_frame(&taps->want[i], &taps->got[j]))
				found = taps->got[j].matched = true;
		if (!found)
			print_frame("wanted at", taps->want[i].dev, &taps->want[i].frame);
		same &= found;
	}
	for (unsigned int j = 0; j < taps->n_got; j++) {
		if (!taps->got[j].matched)
			print_frame("came at", taps->got[j].dev, &taps->got[j].frame);
		same &= taps->got[j].matched;
	}
	return same;
}

/* ---- one switch */

/* a tap's other end is here and not in a guest: TC alone, all links up, one MTU */
static void make_real(struct batch *batch)
{
	static const char xdp[] = ", hook: xdp";
	char *at;

	while ((at = strstr(batch->text, xdp)))
		memmove(at, at + strlen(xdp), strlen(at + strlen(xdp)) + 1);
	for (unsigned int i = 0; i < RANDOM_DEVS_MAX; i++) {
		batch->devs[i].mtu = 1500;
		batch->devs[i].no_link = false;
	}
}

/* of what is shorter, behind a VLAN tag or at all, the kernel makes no frame for TC */
static bool kernel_takes(const struct model_frame *frame)
{
	uint16_t type;

	if (frame->len < EVB_ETH_HLEN)
		return false;
	type = (uint16_t)(frame->data[12] << 8 | frame->data[13]);
	return !evb_is_vlan_tpid(type) || frame->len >= EVB_ETH_HLEN + EVB_TAG_LEN + 2;
}

static bool run_frames(struct taps *taps, const struct batch *batch, const struct config *cfg,
		       struct model *model, struct taps_sums *sums)
{
	static struct model_result result;

	for (unsigned int i = 0; i < batch->n; i++) {
		const struct model_input *in = &batch->steps[i].in;
		int dev = dev_index(in->dev);

		if (in->host || dev < 0 || !kernel_takes(&in->frame) ||
		    write(taps->fd[dev], in->frame.data, in->frame.len) != (ssize_t)in->frame.len)
			continue;
		model_run(model, in, &result);
		collect(taps);
		expect(taps, cfg, &result);
		sums->frames++;
		sums->copies += taps->n_want;
		sums->floods += taps->n_want > 1;
		if (compare(taps))
			continue;
		print_frame("sent at", (unsigned int)dev, &in->frame);
		printf("%s", batch->text);
		return false;
	}
	return true;
}

static int run_switch(struct taps *taps, const struct batch *batch, struct taps_sums *sums)
{
	struct model_host host = {.n_devs = RANDOM_DEVS_MAX, .devs = batch->devs};
	struct config_error error;
	struct model *model;
	struct config *cfg;
	int ret = 0;

	if (config_parse("random.yaml", batch->text, strlen(batch->text), &cfg, &error))
		return 0;
	model = model_new(cfg, &host);
	if (!model) {
		config_free(cfg);
		return -ENOMEM;
	}
	if (!attach_switch(cfg, "", false, NULL)) {
		collect(taps);
		ret = !run_frames(taps, batch, cfg, model, sums);
		sums->switches++;
		if (detach_switch(cfg->name) && !ret)
			ret = -EIO;
	}
	model_free(model);
	config_free(cfg);
	return ret;
}

static int run_all(struct random *r, enum random_kind kind, unsigned int switches,
		   unsigned int frames, struct taps_sums *sums)
{
	static struct batch batch;
	static struct taps taps;
	unsigned int tries = 0;
	int ret = 0;

	random_devs(r, kind, batch.devs);
	ret = taps_open(&taps, batch.devs);
	while (!ret && sums->switches < switches && tries++ < 20 * switches) {
		if (batch_fill(r, kind, frames, &batch) != BATCH_AGREES)
			continue;
		make_real(&batch);
		ret = run_switch(&taps, &batch, sums);
	}
	return ret;
}

int taps_run(struct random *r, enum random_kind kind, unsigned int switches, unsigned int frames,
	     struct taps_sums *out)
{
	struct taps_sums *sums = mmap(NULL, sizeof(*sums), PROT_READ | PROT_WRITE,
				      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int status = 0, ret, quiet;
	pid_t pid;

	if (sums == MAP_FAILED)
		return -errno;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		quiet = open("/dev/null", O_WRONLY | O_CLOEXEC);
		dup2(quiet, STDERR_FILENO); /* what attach warns of, or refuses */
		ret = run_all(r, kind, switches, frames, sums);
		fflush(NULL);
		_exit(ret < 0 ? -ret : ret ? 255 : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		ret = -ECHILD;
	else
		ret = WEXITSTATUS(status) == 255 ? 1 : -WEXITSTATUS(status);
	*out = *sums;
	munmap(sums, sizeof(*sums));
	return ret;
}
