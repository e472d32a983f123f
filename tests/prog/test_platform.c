// SPDX-License-Identifier: GPL-2.0-only
/*
 * test_platform.c - the loader's platform layer on a real kernel: namespaces, devices, features,
 * bpffs, hooks.
 *
 *	"host" (a new netns, and a new mount namespace with its own bpffs and /run/netns)
 *	  v0 ------- eth0 in netns "red"
 *
 * Needs root. Nothing outlives the process: both namespaces are its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_ether.h>
#include <linux/if_link.h>
#include <linux/if_packet.h>
#include <linux/if_tun.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <xdp/libxdp.h>

#include "ethtool.h"
#include "hook.h"
#include "log.h"
#include "netns.h"
#include "nl.h"
#include "pin.h"

#include "platform.skel.h"

enum plat_row { PLAT_TC, PLAT_XDP, PLAT_OTHER_TC, PLAT_OTHER_XDP, PLAT__MAX };

#define ALIAS "evbpf test"

static const uint8_t guest_mac[6] = {0x02, 0, 0, 0, 0x01, 0};
static int red_fd = -1; /* netns "red" */
static struct nl *host; /* handle in the host's */
static int v0;		/* ifindex of v0, while a test with a guest runs */
static int map_fd = -1; /* evb_plat_count, shared by all objects */

/* ---- helpers */

/* the first error must hold all of the words; NULL ends them */
static void assert_said(const char *word, ...)
{
	const char *said = log_first_error();
	va_list ap;

	assert_non_null(said);
	va_start(ap, word);
	for (; word; word = va_arg(ap, const char *))
		if (!strstr(said, word))
			fail_msg("the error '%s' does not say '%s'", said, word);
	va_end(ap);
	log_clear();
}

static void assert_silent(void)
{
	if (log_first_error())
		fail_msg("unexpected error: %s", log_first_error());
}

static void write_file(const char *path)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	close(fd);
}

/* makes a network namespace with a name, as `ip netns add` does */
static int make_netns(const char *name)
{
	char path[128];
	int here = netns_open_current();
	int fd;

	snprintf(path, sizeof(path), NETNS_RUN_DIR "/%s", name);
	write_file(path);
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	assert_int_equal(mount("/proc/self/ns/net", path, NULL, MS_BIND, NULL), 0);
	fd = netns_open_current();
	netns_leave(here);
	assert_true(fd >= 0);
	return fd;
}

static int make_guest(const char *name, const char *peer)
{
	struct nl_veth veth = {
		.name = name,
		.alias = ALIAS,
		.mtu = 1450,
		.peer_name = peer,
		.peer_netns = red_fd,
		.peer_mac = guest_mac,
		.up = true,
	};
	int ifindex = 0;

	assert_int_equal(nl_veth_create(host, &veth, &ifindex), 0);
	assert_true(ifindex > 0);
	return ifindex;
}

/* frames of 60 bytes from the guest into v0 */
static void guest_sends(unsigned int frames)
{
	struct sockaddr_ll to = {.sll_family = AF_PACKET};
	struct nl_link link;
	uint8_t frame[60] = {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 1, 0, 0x88, 0xb5};
	struct nl *nl;
	int old, sock;

	assert_int_equal(nl_open_in(red_fd, &nl), 0);
	assert_int_equal(nl_link_get(nl, "eth0", 0, &link), 0);
	nl_close(nl);
	assert_int_equal(netns_enter(red_fd, &old), 0);
	sock = socket(AF_PACKET, SOCK_RAW, 0);
	netns_leave(old);
	assert_true(sock >= 0);
	to.sll_ifindex = link.ifindex;
	while (frames--)
		assert_int_equal(
			sendto(sock, frame, sizeof(frame), 0, (struct sockaddr *)&to, sizeof(to)),
			sizeof(frame));
	close(sock);
}

static uint64_t counted(enum plat_row row)
{
	uint32_t key = row;
	uint64_t value = 0;

	assert_int_equal(bpf_map_lookup_elem(map_fd, &key, &value), 0);
	return value;
}

/*
 * Sends @frames and checks that exactly so many more are counted in each row whose bit is set in
 * @rows, and none in others. No other frames come between: IPv6 is off in the guest.
 */
static void assert_counts(unsigned int frames, unsigned int rows)
{
	uint64_t before[PLAT__MAX];
	const struct timespec pause = {.tv_nsec = 10000000};
	unsigned int row;

	for (row = 0; row < PLAT__MAX; row++)
		before[row] = counted(row);
	guest_sends(frames);
	nanosleep(&pause, NULL);
	for (row = 0; row < PLAT__MAX; row++)
		if (counted(row) - before[row] != (rows & 1U << row ? frames : 0))
			fail_msg("row %u: %llu of %u frames counted", row,
				 (unsigned long long)(counted(row) - before[row]), frames);
}

/* an object with one program of platform.bpf.c, its map replaced by the shared one; not loaded */
static struct platform_bpf *open_one(const char *prog)
{
	struct platform_bpf *skel = platform_bpf__open();
	struct bpf_program *p;

	assert_non_null(skel);
	p = bpf_object__find_program_by_name(skel->obj, prog);
	assert_non_null(p);
	bpf_program__set_autoload(p, true);
	if (map_fd >= 0)
		assert_int_equal(bpf_map__reuse_fd(skel->maps.evb_plat_count, map_fd), 0);
	return skel;
}

static struct platform_bpf *load_one(const char *prog, int *prog_fd)
{
	struct platform_bpf *skel = open_one(prog);

	assert_int_equal(bpf_object__load(skel->obj), 0);
	*prog_fd = bpf_program__fd(bpf_object__find_program_by_name(skel->obj, prog));
	return skel;
}

static int hooks_on(int ifindex, struct hook_info *out, unsigned int max)
{
	int n = hook_list(ifindex, out, max);

	assert_true(n >= 0);
	return n;
}

static bool exists(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0;
}

/* ---- set up */

static void no_ipv6(int netns_fd)
{
	int old, fd;

	assert_int_equal(netns_enter(netns_fd, &old), 0);
	fd = open("/proc/sys/net/ipv6/conf/default/disable_ipv6", O_WRONLY | O_CLOEXEC);
	if (fd >= 0) {
		assert_int_equal(write(fd, "1", 1), 1);
		close(fd);
	}
	netns_leave(old);
}

static int group_setup(void **state)
{
	struct platform_bpf *skel;

	(void)state;
	log_init();
	log_set_json(true);
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) < 0 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0 ||
	    mount("none", "/sys/fs/bpf", "bpf", 0, NULL) < 0) {
		fprintf(stderr, "test_platform: needs root: %s\n", strerror(errno));
		return -1;
	}
	/* over all of /run: not even the directory is made on the machine's own */
	if (mount("none", "/run", "tmpfs", 0, NULL) < 0 || mkdir(NETNS_RUN_DIR, 0755) < 0)
		return -1;
	red_fd = make_netns("red");
	no_ipv6(red_fd);
	if (nl_open(&host) < 0)
		return -1;
	skel = open_one("evb_plat_tc");
	if (bpf_object__load(skel->obj))
		return -1;
	map_fd = fcntl(bpf_map__fd(skel->maps.evb_plat_count), F_DUPFD_CLOEXEC, 0);
	platform_bpf__destroy(skel);
	return map_fd < 0;
}

static int group_teardown(void **state)
{
	(void)state;
	close(map_fd);
	close(red_fd);
	nl_close(host);
	return 0;
}

static int guest_setup(void **state)
{
	(void)state;
	log_clear();
	v0 = make_guest("v0", "eth0");
	return 0;
}

static int guest_teardown(void **state)
{
	(void)state;
	log_clear();
	return nl_link_delete(host, v0);
}

/* ---- network namespaces */

static void test_netns_open(void **state)
{
	char buf[64];
	struct netns id, red, here;
	int fd;

	(void)state;
	log_clear();
	assert_int_equal(netns_id(red_fd, &red), 0);
	assert_int_equal(netns_id_current(&here), 0);
	assert_false(netns_same(&red, &here));

	fd = netns_open("red");
	assert_true(fd >= 0);
	assert_int_equal(netns_id(fd, &id), 0);
	assert_true(netns_same(&id, &red));
	close(fd);
	fd = netns_open("/proc/self/ns/net");
	assert_true(fd >= 0);
	assert_int_equal(netns_id(fd, &id), 0);
	assert_true(netns_same(&id, &here));
	close(fd);
	assert_string_equal(netns_format(&red, buf, sizeof(buf)), "red");
	assert_memory_equal(netns_format(&here, buf, sizeof(buf)), "net:[", 5);
	assert_silent();

	assert_int_equal(netns_open("blue"), -ENOENT);
	assert_said("blue", "no such name", NULL);
	assert_int_equal(netns_open("/nowhere/x"), -ENOENT);
	assert_said("/nowhere/x", NULL);
	assert_int_equal(netns_open("/proc/self/ns/mnt"), -EINVAL);
	assert_said("not a network namespace", NULL);
	assert_int_equal(netns_open("/proc/version"), -EINVAL);
	log_clear();
	assert_int_equal(netns_open(".."), -EINVAL);
	log_clear();
	assert_int_equal(netns_open(""), -EINVAL);
	log_clear();
}

static void test_netns_enter(void **state)
{
	struct netns red, here, id;
	int old;

	(void)state;
	log_clear();
	assert_int_equal(netns_id(red_fd, &red), 0);
	assert_int_equal(netns_id_current(&here), 0);
	assert_int_equal(netns_enter(red_fd, &old), 0);
	assert_int_equal(netns_id_current(&id), 0);
	assert_true(netns_same(&id, &red));
	netns_leave(old);
	assert_int_equal(netns_id_current(&id), 0);
	assert_true(netns_same(&id, &here));
	assert_int_equal(fcntl(old, F_GETFD), -1); /* closed */
	netns_leave(-1);
	assert_silent();
}

static void test_netns_find(void **state)
{
	struct netns red, id, none = {.dev = 1, .ino = 1};
	int fd;

	(void)state;
	log_clear();
	assert_int_equal(netns_id(red_fd, &red), 0);
	fd = netns_find(&red);
	assert_true(fd >= 0);
	assert_int_equal(netns_id(fd, &id), 0);
	assert_true(netns_same(&id, &red));
	close(fd);
	assert_int_equal(netns_find(&none), -ENOENT);
	assert_silent();
}

/* only a process keeps it: no name in /run/netns */
static void test_netns_find_process(void **state)
{
	int ready[2], done[2];
	struct netns id;
	char path[64];
	char c = 0;
	int fd;
	pid_t pid;

	(void)state;
	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(done), 0);
	pid = fork();
	if (pid == 0) {
		close(done[1]);
		if (unshare(CLONE_NEWNET) || write(ready[1], "x", 1) != 1)
			_exit(1);
		_exit(read(done[0], &c, 1) < 0);
	}
	assert_int_equal(read(ready[0], &c, 1), 1);
	snprintf(path, sizeof(path), "/proc/%d/ns/net", (int)pid);
	fd = netns_open(path);
	assert_int_equal(netns_id(fd, &id), 0);
	close(fd);
	fd = netns_find(&id);
	assert_true(fd >= 0);
	close(fd);
	close(done[1]);
	waitpid(pid, NULL, 0);
	assert_int_equal(netns_find(&id), -ENOENT);
	close(ready[0]);
	close(ready[1]);
	close(done[0]);
}

/* ---- devices */

static void test_veth_create(void **state)
{
	struct nl_link link, peer;
	struct nl *red;
	int fd;

	(void)state;
	assert_int_equal(nl_link_get(host, "v0", 0, &link), 0);
	assert_int_equal(link.ifindex, v0);
	assert_string_equal(link.name, "v0");
	assert_string_equal(link.kind, "veth");
	assert_string_equal(link.alias, ALIAS);
	assert_int_equal(link.group, 0);
	assert_int_equal(link.mtu, 1450);
	assert_true(link.flags & IFF_UP);
	assert_true(link.carrier);
	assert_true(link.has_mac);
	assert_false(link.loopback);
	assert_true(link.peer > 0);
	assert_true(link.peer_nsid >= 0);
	assert_true(link.tx_queues >= 1);
	assert_int_equal(link.xdp_mode, NL_XDP_NONE);
	assert_true(nl_link_is_ours(&link, ALIAS));
	assert_false(nl_link_is_ours(&link, "another"));

	assert_int_equal(nl_peer_open(host, &link, &red, &peer, &fd), 0);
	assert_string_equal(peer.name, "eth0");
	assert_memory_equal(peer.mac, guest_mac, 6);
	assert_int_equal(peer.mtu, 1450);
	assert_true(peer.flags & IFF_UP);
	assert_int_equal(peer.peer, v0);
	assert_true(nl_nsid(host, fd) == link.peer_nsid);
	close(fd);
	nl_close(red);
	assert_silent();
}

/* a port of a switch has no IPv6 address, also when IPv6 is on */
static void test_veth_no_ipv6(void **state)
{
	char line[256];
	FILE *f = fopen("/proc/self/net/if_inet6", "r");

	(void)state;
	if (!f) {
		print_message("skipped: the kernel has no IPv6\n");
		skip();
	}
	while (fgets(line, sizeof(line), f))
		if (strstr(line, " v0\n"))
			fail_msg("v0 has an IPv6 address: %s", line);
	fclose(f);
}

static void test_veth_taken(void **state)
{
	struct nl_veth veth = {.name = "v0", .peer_name = "x", .peer_netns = red_fd};
	struct nl_link link;

	(void)state;
	assert_int_equal(nl_veth_create(host, &veth, NULL), -EEXIST);
	assert_said("v0", "exists already", NULL);
	veth.name = "v1";
	veth.peer_name = "eth0";
	assert_int_equal(nl_veth_create(host, &veth, NULL), -EEXIST);
	assert_said("eth0", "guest", NULL);
	assert_int_equal(nl_link_get(host, "v1", 0, &link), -ENODEV);
	veth.peer_name = "a-name-that-is-too-long";
	assert_int_equal(nl_veth_create(host, &veth, NULL), -EINVAL);
	assert_said("a-name-that-is-too-long", NULL);
	veth.peer_name = "eth1";
	veth.mtu = 70000;
	assert_true(nl_veth_create(host, &veth, NULL) < 0);
	assert_said("v1", "eth1", NULL);
	assert_int_equal(nl_link_get(host, "v1", 0, &link), -ENODEV);
}

static void test_veth_same_netns(void **state)
{
	struct nl_veth veth = {
		.name = "a0", .peer_name = "a1", .peer_netns = -1, .queues = 3, .up = true};
	struct nl_link link, peer;
	struct nl *nl;
	int ifindex;

	(void)state;
	log_clear();
	assert_int_equal(nl_veth_create(host, &veth, &ifindex), 0);
	assert_int_equal(nl_link_get(host, NULL, ifindex, &link), 0);
	assert_int_equal(link.peer_nsid, -1);
	assert_int_equal(link.tx_queues, 3);
	assert_int_equal(link.rx_queues, 3);
	assert_int_equal(nl_peer_open(host, &link, &nl, &peer, NULL), 0);
	assert_string_equal(peer.name, "a1");
	assert_true(peer.carrier);
	nl_close(nl);
	assert_int_equal(nl_link_delete(host, ifindex), 0);
	assert_int_equal(nl_link_delete(host, ifindex), -ENODEV);
	assert_silent();
}

static void test_link_changes(void **state)
{
	struct nl_link link;

	(void)state;
	assert_int_equal(nl_link_set_flags(host, v0, IFF_PROMISC, IFF_PROMISC), 0);
	assert_int_equal(nl_link_get(host, NULL, v0, &link), 0);
	assert_true(link.flags & IFF_PROMISC);
	assert_int_equal(link.promiscuity, 1);
	assert_int_equal(nl_link_set_flags(host, v0, 0, IFF_PROMISC), 0);
	assert_int_equal(nl_link_set_flags(host, v0, 0, IFF_UP), 0);
	assert_int_equal(nl_link_set_alias(host, v0, "x"), 0);
	assert_int_equal(nl_link_set_mtu(host, v0, 1400), 0);
	assert_int_equal(nl_link_get(host, "v0", 0, &link), 0);
	assert_false(link.flags & (IFF_PROMISC | IFF_UP));
	assert_string_equal(link.alias, "x");
	assert_int_equal(link.mtu, 1400);
	assert_silent();
	assert_true(nl_link_set_mtu(host, v0, 1000000) < 0);
	assert_said("v0: cannot set its MTU to 1000000", "mtu", NULL); /* the kernel's own words */
	assert_int_equal(nl_link_set_flags(host, 99999, IFF_UP, IFF_UP), -ENODEV);
	assert_said("ifindex 99999", NULL);
}

static void test_link_missing(void **state)
{
	struct nl_link link = {.ifindex = 77};

	(void)state;
	log_clear();
	assert_int_equal(nl_link_get(host, "nosuch", 0, &link), -ENODEV);
	assert_int_equal(nl_link_get(host, "", 0, &link), -ENODEV);
	assert_int_equal(nl_link_get(host, "a-name-that-is-too-long", 0, &link), -ENODEV);
	assert_int_equal(nl_link_get(host, NULL, 0, &link), -ENODEV);
	assert_int_equal(nl_link_get(host, NULL, 99999, &link), -ENODEV);
	assert_int_equal(link.ifindex, 77); /* untouched */
	assert_int_equal(nl_link_get(host, "lo", 0, &link), 0);
	assert_true(link.loopback);
	assert_false(link.has_mac);
	assert_string_equal(link.kind, "");
	assert_silent();
}

static int find_v0(const struct nl_link *link, void *arg)
{
	++*(int *)arg;
	return strcmp(link->name, "v0") == 0 ? 42 : 0;
}

static void test_link_each(void **state)
{
	int seen = 0;

	(void)state;
	assert_int_equal(nl_link_each(host, find_v0, &seen), 42);
	assert_true(seen >= 1);
	assert_silent();
}

static void test_link_stats(void **state)
{
	struct nl_link before, after;

	(void)state;
	assert_int_equal(nl_link_get(host, "v0", 0, &before), 0);
	guest_sends(3);
	assert_int_equal(nl_link_get(host, "v0", 0, &after), 0);
	assert_int_equal(after.stats.rx_packets - before.stats.rx_packets, 3);
	assert_int_equal(after.stats.rx_bytes - before.stats.rx_bytes, 180);
}

static void test_link_tap(void **state)
{
	struct ifreq ifr = {.ifr_name = "tap0", .ifr_flags = IFF_TAP | IFF_NO_PI};
	struct nl_link link;
	char driver[32];
	int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
	int sock;

	(void)state;
	if (fd < 0) {
		print_message("skipped: no /dev/net/tun\n");
		skip();
	}
	assert_int_equal(ioctl(fd, TUNSETIFF, &ifr), 0);
	assert_int_equal(nl_link_get(host, "tap0", 0, &link), 0);
	assert_string_equal(link.kind, "tun");
	assert_true(link.tap);
	sock = ethtool_open();
	assert_int_equal(ethtool_driver(sock, "tap0", driver, sizeof(driver)), 0);
	assert_string_equal(driver, "tun");
	close(sock);
	close(fd);
}

/* ---- features */

static void test_features(void **state)
{
	static const char *const names[] = {
		"rx-gro",
		"tx-vlan-hw-insert",
		"tx-vlan-stag-hw-insert",
		"rx-vlan-hw-parse",
		"rx-vlan-stag-hw-parse",
		"tx-checksum-ip-generic",
		"tx-tcp-segmentation",
	};
	int sock = ethtool_open_in(red_fd);
	bool on, was, fixed;
	char driver[32];
	size_t i;

	(void)state;
	assert_true(sock >= 0);
	assert_int_equal(ethtool_driver(sock, "eth0", driver, sizeof(driver)), 0);
	assert_string_equal(driver, "veth");
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		assert_int_equal(ethtool_feature_get(sock, "eth0", names[i], &was, &fixed), 0);
		assert_false(fixed);
		assert_int_equal(ethtool_feature_set(sock, "eth0", names[i], !was), 0);
		assert_int_equal(ethtool_feature_get(sock, "eth0", names[i], &on, NULL), 0);
		assert_true(on == !was);
		assert_int_equal(ethtool_feature_set(sock, "eth0", names[i], was), 0);
		assert_int_equal(ethtool_feature_get(sock, "eth0", names[i], &on, NULL), 0);
		assert_true(on == was);
	}
	assert_int_equal(ethtool_feature_get(sock, "eth0", "rx-vlan-filter", &on, &fixed), 0);
	assert_true(fixed);
	assert_int_equal(ethtool_feature_set(sock, "eth0", "rx-vlan-filter", !on), -EOPNOTSUPP);
	assert_int_equal(ethtool_feature_set(sock, "eth0", "rx-vlan-filter", on), 0);
	assert_int_equal(ethtool_feature_get(sock, "eth0", "no-such", &on, NULL), -ENOENT);
	assert_int_equal(ethtool_feature_get(sock, "v0", "rx-gro", &on, NULL), -ENODEV);
	close(sock);
	assert_silent();
}

/* ---- bpffs */

static void test_pin_root(void **state)
{
	(void)state;
	log_clear();
	assert_int_equal(pin_root_check(), 0);
	assert_int_equal(mount("none", "/sys/fs/bpf", "tmpfs", 0, NULL), 0);
	assert_int_equal(pin_root_check(), -ENOTSUP);
	assert_said("/sys/fs/bpf", "mount -t bpf bpf /sys/fs/bpf", NULL);
	assert_int_equal(pin_lock(false, 0), -ENOTSUP);
	log_clear();
	assert_int_equal(umount("/sys/fs/bpf"), 0);
	assert_int_equal(pin_root_check(), 0);
	assert_silent();
}

struct names {
	char text[256];
};

static int add_name(const char *name, void *arg)
{
	struct names *names = arg;

	strcat(strcat(names->text, name), " ");
	return 0;
}

static int remove_it(const char *name, void *arg)
{
	(void)arg;
	return pin_switch_remove(name);
}

static void test_pin_switches(void **state)
{
	struct names names = {""};
	char path[PIN_PATH_LEN], file[32];
	int lock, i;

	(void)state;
	log_clear();
	assert_int_equal(pin_lock(false, 0), -ENOENT); /* a reader makes nothing */
	assert_false(exists(PIN_ROOT));
	lock = pin_lock(true, 0);
	assert_true(lock >= 0);
	assert_int_equal(pin_switch_exists("b"), 0);
	assert_int_equal(pin_switch_make("b"), 0);
	assert_int_equal(pin_switch_make("a"), 0);
	assert_int_equal(pin_switch_make("a"), -EEXIST);
	assert_int_equal(pin_switch_exists("b"), 1);
	assert_int_equal(pin_switch_each(add_name, &names), 0);
	assert_string_equal(names.text, "a b ");
	for (i = 0; i < 600; i++) {
		snprintf(file, sizeof(file), "pin%d", i);
		assert_int_equal(bpf_obj_pin(map_fd, pin_path(path, "a", file)), 0);
	}
	assert_int_equal(mkdir(pin_path(path, "a", "sub"), 0700), 0);
	assert_int_equal(pin_file_remove("a", "pin7"), 0);
	assert_int_equal(pin_file_remove("a", "pin7"), 0);
	pin_unlock(lock);
	assert_true(exists(PIN_ROOT)); /* there are switches */
	lock = pin_lock(true, 0);
	assert_int_equal(pin_switch_each(remove_it, NULL), 0);
	assert_int_equal(pin_switch_remove("a"), 0);
	pin_unlock(lock);
	assert_false(exists(PIN_ROOT));
	assert_silent();
	assert_int_equal(pin_switch_make("../x"), -EINVAL);
	assert_said("../x", NULL);
	assert_int_equal(pin_file_remove("a", "../../y"), -EINVAL);
	log_clear();
}

/* a child that holds the lock until it is told to end */
static pid_t lock_holder(bool exclusive, int *end)
{
	int ready[2], done[2];
	char c;
	pid_t pid;

	assert_int_equal(pipe(ready), 0);
	assert_int_equal(pipe(done), 0);
	pid = fork();
	if (pid == 0) {
		close(done[1]);
		if (pin_lock(exclusive, 0) < 0 || write(ready[1], "x", 1) != 1)
			_exit(1);
		_exit(read(done[0], &c, 1) < 0);
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &c, 1), 1);
	close(ready[0]);
	close(done[0]);
	*end = done[1];
	return pid;
}

static void test_pin_lock(void **state)
{
	int lock, end;
	pid_t pid;

	(void)state;
	log_clear();
	pid = lock_holder(true, &end);
	assert_int_equal(pin_lock(true, 0), -EBUSY);
	assert_said("another evbpf is at work", NULL);
	assert_int_equal(pin_lock(false, 0), -EBUSY);
	log_clear();
	close(end); /* it dies without unlocking */
	lock = pin_lock(true, 5);
	assert_true(lock >= 0);
	waitpid(pid, NULL, 0);
	assert_int_equal(pin_switch_make("s"), 0);
	pin_unlock(lock);

	pid = lock_holder(false, &end);
	lock = pin_lock(false, 0);
	assert_true(lock >= 0); /* readers do not exclude each other */
	pin_unlock(lock);
	assert_int_equal(pin_lock(true, 0), -EBUSY);
	log_clear();
	close(end);
	lock = pin_lock(true, 5);
	assert_true(lock >= 0);
	waitpid(pid, NULL, 0);
	assert_int_equal(pin_switch_remove("s"), 0);
	pin_unlock(lock);
	assert_false(exists(PIN_ROOT));
	assert_silent();
}

/* whoever waits while the directory is removed and made again gets the lock on the new one */
static void test_pin_lock_race(void **state)
{
	int lock, again, status;
	pid_t pid;

	(void)state;
	log_clear();
	lock = pin_lock(true, 0);
	assert_true(lock >= 0);
	pid = fork();
	if (pid == 0) {
		again = pin_lock(true, 5);
		_exit(again >= 0 && exists(PIN_ROOT) ? 0 : 1);
	}
	usleep(60000);
	pin_unlock(lock); /* removes it */
	waitpid(pid, &status, 0);
	assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
	lock = pin_lock(true, 0);
	pin_unlock(lock);
	assert_false(exists(PIN_ROOT));
	assert_silent();
}

/* ---- TC */

static void test_tcx(void **state)
{
	struct platform_bpf *ours, *ours2, *other;
	const char *pin = "/sys/fs/bpf/ours", *pin2 = "/sys/fs/bpf/other";
	struct hook_info info[8];
	int fd, fd2, other_fd;

	(void)state;
	if (hook_tcx_supported() != 1) {
		print_message("skipped: no tcx before kernel 6.6\n");
		skip();
	}
	ours = load_one("evb_plat_tc", &fd);
	ours2 = load_one("evb_plat_tc", &fd2);
	other = load_one("other_tc", &other_fd);
	assert_int_equal(hook_tcx_attach(v0, HOOK_INGRESS, other_fd, pin2), 0);
	assert_int_equal(hook_tcx_attach(v0, HOOK_INGRESS, fd, pin), 0);
	assert_int_equal(hook_tcx_attach(v0, HOOK_EGRESS, fd, "/sys/fs/bpf/egress"), 0);
	assert_counts(3, 1U << PLAT_TC | 1U << PLAT_OTHER_TC);
	assert_int_equal(hooks_on(v0, info, 8), 3);
	assert_int_equal(info[0].how, HOOK_HOW_TCX);
	assert_string_equal(info[0].prog, "other_tc");
	assert_false(info[0].ours);
	assert_string_equal(info[1].prog, "evb_plat_tc");
	assert_true(info[1].ours);
	assert_int_equal(info[1].dir, HOOK_INGRESS);
	assert_int_equal(info[2].dir, HOOK_EGRESS);
	assert_int_equal(hook_tcx_update(pin, fd2), 0);
	assert_int_equal(hooks_on(v0, info, 1), 3); /* says how many there are, writes one */
	assert_counts(3, 1U << PLAT_TC | 1U << PLAT_OTHER_TC);
	platform_bpf__destroy(ours);
	platform_bpf__destroy(ours2);
	platform_bpf__destroy(other);
	assert_counts(3, 1U << PLAT_TC | 1U << PLAT_OTHER_TC); /* pins keep them */
	assert_int_equal(hook_tcx_detach("/sys/fs/bpf/egress"), 0);
	assert_int_equal(hook_tcx_detach(pin), 0);
	assert_int_equal(hook_tcx_detach(pin), 0);
	assert_int_equal(hooks_on(v0, info, 8), 1); /* at once */
	assert_counts(3, 1U << PLAT_OTHER_TC);
	assert_int_equal(hook_tcx_detach(pin2), 0);
	assert_silent();
}

/* the device goes, the pin stays: detach must still work */
static void test_tcx_device_gone(void **state)
{
	struct platform_bpf *ours;
	int fd;

	(void)state;
	if (hook_tcx_supported() != 1) {
		print_message("skipped: no tcx before kernel 6.6\n");
		skip();
	}
	ours = load_one("evb_plat_tc", &fd);
	assert_int_equal(hook_tcx_attach(v0, HOOK_INGRESS, fd, "/sys/fs/bpf/ours"), 0);
	platform_bpf__destroy(ours);
	assert_int_equal(nl_link_delete(host, v0), 0);
	assert_int_equal(hook_tcx_detach("/sys/fs/bpf/ours"), 0);
	assert_false(exists("/sys/fs/bpf/ours"));
	assert_silent();
	v0 = make_guest("v0", "eth0");
}

static void test_clsact(void **state)
{
	struct platform_bpf *ours, *ours2;
	struct hook_info info[8];
	int fd, fd2;

	(void)state;
	ours = load_one("evb_plat_tc", &fd);
	ours2 = load_one("evb_plat_tc", &fd2);
	assert_int_equal(hook_qdisc_exists(v0), 0);
	assert_int_equal(hook_filter_del(v0, HOOK_INGRESS), 0); /* not even a qdisc */
	assert_int_equal(hook_qdisc_del(v0), 0);
	assert_int_equal(hook_qdisc_add(v0), 0);
	assert_int_equal(hook_qdisc_add(v0), -EEXIST);
	assert_int_equal(hook_qdisc_exists(v0), 1);
	assert_int_equal(hook_filter_add(v0, HOOK_INGRESS, fd), 0);
	assert_int_equal(hook_filter_add(v0, HOOK_EGRESS, fd), 0);
	assert_counts(3, 1U << PLAT_TC);
	assert_int_equal(hook_filter_add(v0, HOOK_INGRESS, fd2), 0); /* in place of the first */
	assert_counts(3, 1U << PLAT_TC);
	assert_int_equal(hooks_on(v0, info, 8), 2);
	assert_int_equal(info[0].how, HOOK_HOW_CLSACT);
	assert_string_equal(info[0].prog, "evb_plat_tc");
	assert_true(info[0].ours);
	assert_int_equal(info[1].dir, HOOK_EGRESS);
	assert_int_equal(hook_qdisc_del(v0), -EBUSY);
	assert_int_equal(hook_filter_del(v0, HOOK_INGRESS), 0);
	assert_int_equal(hook_qdisc_del(v0), -EBUSY);
	assert_int_equal(hook_filter_del(v0, HOOK_EGRESS), 0);
	assert_int_equal(hook_filter_del(v0, HOOK_EGRESS), 0);
	assert_int_equal(hook_qdisc_del(v0), 0);
	assert_int_equal(hook_qdisc_exists(v0), 0);
	assert_int_equal(hook_qdisc_del(v0), 0);
	platform_bpf__destroy(ours);
	platform_bpf__destroy(ours2);
	assert_silent();
}

/* an operator's filter: at another priority it runs with ours, at ours it is in the way */
static void test_clsact_foreign(void **state)
{
	DECLARE_LIBBPF_OPTS(bpf_tc_hook, hook, .ifindex = v0, .attach_point = BPF_TC_INGRESS);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, at, .priority = 1, .handle = 1);
	DECLARE_LIBBPF_OPTS(bpf_tc_opts, place, .priority = HOOK_FILTER_PRIO,
			    .handle = HOOK_FILTER_HANDLE);
	struct platform_bpf *ours, *other;
	struct hook_info info[4];
	int fd, other_fd;

	(void)state;
	ours = load_one("evb_plat_tc", &fd);
	other = load_one("other_tc", &other_fd);
	assert_int_equal(hook_qdisc_add(v0), 0);
	at.prog_fd = other_fd;
	assert_int_equal(bpf_tc_attach(&hook, &at), 0);
	assert_int_equal(hook_filter_add(v0, HOOK_INGRESS, fd), 0);
	assert_counts(3, 1U << PLAT_TC | 1U << PLAT_OTHER_TC);
	assert_int_equal(hook_filter_del(v0, HOOK_INGRESS), 0);
	assert_int_equal(hook_qdisc_del(v0), -EBUSY);
	assert_counts(3, 1U << PLAT_OTHER_TC);

	place.prog_fd = other_fd;
	assert_int_equal(bpf_tc_attach(&hook, &place), 0);
	assert_silent();
	assert_int_equal(hook_filter_add(v0, HOOK_INGRESS, fd), -EBUSY);
	assert_said("v0", "other_tc", "235", NULL);
	assert_int_equal(hook_filter_del(v0, HOOK_INGRESS), -EBUSY);
	assert_silent();
	assert_int_equal(hooks_on(v0, info, 4), 2);
	assert_false(info[0].ours || info[1].ours);
	platform_bpf__destroy(ours);
	platform_bpf__destroy(other);
}

/* ---- XDP */

/* TC and XDP programs of two objects count in one map; the way that hook.h prescribes */
static void test_xdp(void **state)
{
	struct platform_bpf *tc, *skel;
	struct hook_info info, list[8];
	struct hook_xdp *xdp;
	struct nl_link link;
	int fd, v1;

	(void)state;
	tc = load_one("evb_plat_tc", &fd);
	skel = open_one("evb_plat_xdp");
	assert_int_equal(hook_xdp_open(skel->obj, "evb_plat_xdp", &xdp), 0);
	assert_int_equal(hook_xdp_attach(xdp, v0, &info), 0);
	print_message("XDP attached: %s\n", hook_how_name(info.how));
	assert_true(info.ours);
	assert_false(info.generic);
	assert_string_equal(info.prog, "evb_plat_xdp");
	assert_int_equal(bpf_map__fd(skel->maps.evb_plat_count) >= 0, 1);
	assert_counts(3, 1U << PLAT_XDP);
	assert_int_equal(hook_qdisc_add(v0), 0);
	assert_int_equal(hook_filter_add(v0, HOOK_INGRESS, fd), 0);
	assert_counts(3, 1U << PLAT_XDP | 1U << PLAT_TC);
	assert_int_equal(nl_link_get(host, "v0", 0, &link), 0);
	assert_int_equal(link.xdp_mode, NL_XDP_NATIVE);
	assert_true(link.xdp_prog_id > 0);
	assert_int_equal(hooks_on(v0, list, 8), 2);
	assert_int_equal(list[0].how, info.how);
	assert_int_equal(list[0].prog_id, info.prog_id);

	v1 = make_guest("v1", "eth1"); /* the same program on a second interface */
	assert_int_equal(hook_xdp_attach(xdp, v1, NULL), 0);
	assert_int_equal(hooks_on(v1, list, 8), 1);
	assert_silent();
	assert_int_equal(hook_xdp_attach(xdp, v1, NULL), -EBUSY);
	assert_said("v1", "evb_plat_xdp", "evbpf list", NULL);
	hook_xdp_close(xdp);
	platform_bpf__destroy(skel);
	assert_counts(3, 1U << PLAT_XDP | 1U << PLAT_TC); /* it stays */
	assert_int_equal(hook_xdp_detach(v1, 0), 0);
	assert_int_equal(hooks_on(v1, list, 8), 0);
	assert_int_equal(hook_xdp_detach(v0, info.prog_id + 1), 0); /* another: nothing happens */
	assert_counts(3, 1U << PLAT_XDP | 1U << PLAT_TC);
	assert_int_equal(hook_xdp_detach(v0, info.prog_id), 0);
	assert_int_equal(hook_xdp_detach(v0, 0), 0);
	assert_counts(3, 1U << PLAT_TC);
	assert_int_equal(nl_link_delete(host, v1), 0);
	platform_bpf__destroy(tc);
	assert_silent();
}

/* whoever attached it has died; this process detaches it */
static void test_xdp_other_process(void **state)
{
	struct platform_bpf *skel;
	struct hook_info list[4];
	struct hook_xdp *xdp;
	int status;
	pid_t pid;

	(void)state;
	pid = fork();
	if (pid == 0) {
		skel = platform_bpf__open();
		if (!skel || hook_xdp_open(skel->obj, "evb_plat_xdp", &xdp) ||
		    hook_xdp_attach(xdp, v0, NULL))
			_exit(1);
		raise(SIGKILL);
	}
	waitpid(pid, &status, 0);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(hooks_on(v0, list, 4), 1);
	assert_int_equal(hook_xdp_detach(v0, 0), 0);
	assert_int_equal(hooks_on(v0, list, 4), 0);
	assert_silent();
}

/* another's program, native or generic: refused with its name and id; detach leaves it */
static void foreign_xdp(uint32_t flags, const char *remedy)
{
	struct platform_bpf *skel, *other;
	struct hook_info list[4];
	struct hook_xdp *xdp;
	uint32_t id = 0;
	char idtext[32];
	int fd;

	other = load_one("other_xdp", &fd);
	assert_int_equal(bpf_xdp_attach(v0, fd, flags, NULL), 0);
	platform_bpf__destroy(other);
	assert_int_equal(bpf_xdp_query_id(v0, (int)flags, &id), 0);
	skel = open_one("evb_plat_xdp");
	assert_int_equal(hook_xdp_open(skel->obj, "evb_plat_xdp", &xdp), 0);
	assert_silent();
	assert_int_equal(hook_xdp_attach(xdp, v0, NULL), -EBUSY);
	snprintf(idtext, sizeof(idtext), "id %u", id);
	assert_said("v0", "other_xdp", idtext, remedy, "hook: tc", NULL);
	hook_xdp_close(xdp);
	platform_bpf__destroy(skel);
	assert_int_equal(hook_xdp_detach(v0, 0), 0);
	assert_int_equal(hook_xdp_detach(v0, id), 0);
	assert_int_equal(hooks_on(v0, list, 4), 1);
	assert_false(list[0].ours);
	assert_true(list[0].generic == !!(flags & XDP_FLAGS_SKB_MODE));
	assert_counts(3, 1U << PLAT_OTHER_XDP);
	assert_int_equal(bpf_xdp_detach(v0, flags, NULL), 0);
	assert_silent();
}

/* what an operator does to end it: libxdp's own way, which also unpins */
static void detach_others(int ifindex)
{
	struct xdp_multiprog *mp = xdp_multiprog__get_from_ifindex(ifindex);

	assert_int_equal(libxdp_get_error(mp), 0);
	assert_int_equal(xdp_multiprog__detach(mp), 0);
	xdp_multiprog__close(mp);
	rmdir("/sys/fs/bpf/xdp");
}

static void test_xdp_foreign(void **state)
{
	(void)state;
	foreign_xdp(XDP_FLAGS_DRV_MODE, "xdp off");
	foreign_xdp(XDP_FLAGS_SKB_MODE, "xdpgeneric off");
}

/* where the kernel has freplace: ours beside another's in one dispatcher, and out again */
static void test_xdp_beside(void **state)
{
	struct platform_bpf *skel, *other;
	struct hook_info info, list[4];
	struct hook_xdp *xdp, *first;

	(void)state;
	other = open_one("other_xdp");
	assert_int_equal(hook_xdp_open(other->obj, "other_xdp", &first), 0);
	assert_int_equal(hook_xdp_attach(first, v0, &info), 0);
	hook_xdp_close(first);
	platform_bpf__destroy(other);
	if (info.how != HOOK_HOW_XDP_DISPATCHER) {
		print_message("skipped: no dispatcher, the kernel has no freplace\n");
		assert_int_equal(bpf_xdp_detach(v0, 0, NULL), 0);
		skip();
	}
	skel = open_one("evb_plat_xdp");
	assert_int_equal(hook_xdp_open(skel->obj, "evb_plat_xdp", &xdp), 0);
	assert_int_equal(hook_xdp_attach(xdp, v0, &info), 0);
	hook_xdp_close(xdp);
	platform_bpf__destroy(skel);
	assert_int_equal(info.how, HOOK_HOW_XDP_DISPATCHER);
	assert_counts(3, 1U << PLAT_XDP | 1U << PLAT_OTHER_XDP);
	assert_int_equal(hooks_on(v0, list, 4), 2);
	assert_int_equal(hook_xdp_detach(v0, 0), 0);
	assert_int_equal(hooks_on(v0, list, 4), 1);
	assert_false(list[0].ours);
	assert_string_equal(list[0].prog, "other_xdp");
	assert_counts(3, 1U << PLAT_OTHER_XDP);
	detach_others(v0);
	assert_int_equal(hooks_on(v0, list, 4), 0);
	assert_silent();
}

static void test_xdp_refused(void **state)
{
	struct platform_bpf *skel = open_one("evb_plat_bad");
	struct hook_info list[4];
	struct hook_xdp *xdp;
	int fd;

	(void)state;
	assert_int_equal(hook_xdp_open(skel->obj, "evb_plat_bad", &xdp), 0);
	assert_true(hook_xdp_attach(xdp, v0, NULL) < 0);
	assert_said("v0", "evb_plat_bad", "(r0 +0)", NULL); /* the verifier's words: what it refuses */
	hook_xdp_close(xdp);
	platform_bpf__destroy(skel);
	assert_int_equal(hooks_on(v0, list, 4), 0);

	skel = open_one("evb_plat_xdp");
	assert_int_equal(hook_xdp_open(skel->obj, "nosuch", &xdp), -ENOENT);
	assert_said("nosuch", NULL);
	assert_int_equal(hook_xdp_open(skel->obj, "evb_plat_xdp", &xdp), 0);
	assert_true(hook_xdp_attach(xdp, 99999, NULL) < 0);
	assert_said("ifindex 99999", NULL);
	hook_xdp_close(xdp);
	platform_bpf__destroy(skel);
	skel = load_one("evb_plat_xdp", &fd);
	assert_int_equal(hook_xdp_open(skel->obj, "evb_plat_xdp", &xdp), -EINVAL);
	assert_said("loaded already", NULL);
	platform_bpf__destroy(skel);
}

/* ---- nothing is left */

static void test_nothing_left(void **state)
{
	DIR *d = opendir("/sys/fs/bpf");
	struct dirent *entry;
	struct statfs fs;

	(void)state;
	assert_non_null(d);
	assert_int_equal(statfs("/sys/fs/bpf", &fs), 0);
	assert_int_equal(fs.f_type, BPF_FS_MAGIC);
	assert_false(exists("/sys/fs/bpf/xdp"));
	assert_false(exists(PIN_ROOT));
	while ((entry = readdir(d)))
		if (entry->d_name[0] != '.' && !strstr(entry->d_name, ".debug")) /* the kernel's */
			fail_msg("%s is left in /sys/fs/bpf", entry->d_name);
	closedir(d);
}

#define GUEST(fn) cmocka_unit_test_setup_teardown(fn, guest_setup, guest_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_netns_open),
		cmocka_unit_test(test_netns_enter),
		cmocka_unit_test(test_netns_find),
		cmocka_unit_test(test_netns_find_process),
		GUEST(test_veth_create),
		GUEST(test_veth_no_ipv6),
		GUEST(test_veth_taken),
		cmocka_unit_test(test_veth_same_netns),
		GUEST(test_link_changes),
		cmocka_unit_test(test_link_missing),
		GUEST(test_link_each),
		GUEST(test_link_stats),
		cmocka_unit_test(test_link_tap),
		GUEST(test_features),
		cmocka_unit_test(test_pin_root),
		cmocka_unit_test(test_pin_switches),
		cmocka_unit_test(test_pin_lock),
		cmocka_unit_test(test_pin_lock_race),
		GUEST(test_tcx),
		GUEST(test_tcx_device_gone),
		GUEST(test_clsact),
		GUEST(test_clsact_foreign),
		GUEST(test_xdp),
		GUEST(test_xdp_other_process),
		GUEST(test_xdp_foreign),
		GUEST(test_xdp_beside),
		GUEST(test_xdp_refused),
		cmocka_unit_test(test_nothing_left),
	};

	return cmocka_run_group_tests_name("platform", tests, group_setup, group_teardown);
}
