#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-only
"""What evbpf does, shown with real frames and checked. Started by demo.sh, in namespaces of its own.

Six guests, the host and the far end of the cable are network namespaces. Stations in no VLAN or in
an access VLAN are the kernel's own IPv4 stack. Those that speak tags (the router behind vf4 and
two machines on the wire) are raw sockets in this process, because not every kernel has 8021q
devices.

Each row of output is measured, and compared with what the configuration promises: the exit code is
0 only if all of it came true.
"""
import collections
import concurrent.futures
import contextlib
import ctypes
import json
import os
import select
import shlex
import signal
import socket
import struct
import subprocess
import sys
import textwrap
import threading
import time

FILE = "examples/demo.yaml"
EXAMPLES = [FILE, "examples/container.yaml", "examples/policy.yaml", "examples/vlans.yaml"]
SWITCH = "edge0"
PINS = f"/sys/fs/bpf/evbpf/{SWITCH}"
WIDTH = 100
TCP_SECONDS = 1

PICTURE = """\
  guest0    guest1    guest2    guest3    guest4    guest5    the host's own stack
    |         |         |         |         |         |         |
   vf0       vf1       vf2       vf3       vf4       vf5       pf
 VLAN 10   VLAN 10   VLAN 20   VLAN 20   trunk of   in no     in no VLAN,
          priority 3  isolated  isolated  10 and 20   VLAN     and all VLANs tagged
    |         |         |         |         |         |         |
    +---------+---------+---- switch edge0 -+---------+---------+
                               uplink up0
                                   |  the cable
                        wire, wire.10, wire.20: machines there, untagged and in VLANs 10 and 20
"""

# ---- namespaces

CLONE_NEWNET = 0x40000000
HOME = os.open("/proc/self/ns/net", os.O_RDONLY)
libc = ctypes.CDLL(None, use_errno=True)


class DemoError(Exception):
    pass


def setns(fd):
    if libc.setns(fd, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")


@contextlib.contextmanager
def inside(netns):
    """The calling thread is in this network namespace; sockets made there stay there."""
    fd = os.open(f"/run/netns/{netns}", os.O_RDONLY)
    try:
        setns(fd)
        yield
    finally:
        setns(HOME)
        os.close(fd)


def command(cmd, netns):
    cmd = shlex.split(cmd)
    return ["nsenter", f"--net=/run/netns/{netns}", *cmd] if netns else cmd


def run(cmd, netns=None, check=True, text=None):
    done = subprocess.run(command(cmd, netns), input=text, capture_output=True, text=True,
                          check=False, timeout=30)
    if check and done.returncode:
        raise DemoError(f"{cmd}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def show(cmd, lines=None):
    """A command as the user would type it, and what it prints: the first lines, or all."""
    print(f"$ {cmd}")
    done = run(f"bash -o pipefail -c {shlex.quote(cmd)}")
    out = (done.stderr + done.stdout).splitlines()
    print("\n".join(out[:lines]))
    if lines and len(out) > lines:
        print(f"  ... {len(out) - lines} more lines")
    if out:
        print()
    return done.stdout


def title(text):
    print(f"--- {text} {'-' * (WIDTH - 5 - len(text))}\n")


# ---- what must hold

class Checks:
    def __init__(self):
        self.passed, self.failed = 0, []

    def check(self, holds, text):
        if holds:
            self.passed += 1
        else:
            self.failed.append(text)
        return holds

    def equal(self, what, got, want):
        return self.check(got == want, f"{what}: got {got}, want {want}")


checks = Checks()

# ---- stations

ETH_IP, ETH_ARP, ETH_VLAN, ETH_P_ALL = 0x0800, 0x0806, 0x8100, 3
SOL_PACKET, PACKET_AUXDATA, PACKET_IGNORE_OUTGOING = 263, 8, 23
VLAN_VALID = 1 << 4
BROADCAST, NOBODY = "ff:ff:ff:ff:ff:ff", "00:00:00:00:00:00"


def mac_bytes(text):
    return bytes.fromhex(text.replace(":", ""))


def checksum(data):
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return ~total & 0xffff


def ethernet(dst, src, kind, payload, tags=()):
    head = mac_bytes(dst) + mac_bytes(src)
    for vid in tags:
        head += struct.pack("!HH", ETH_VLAN, vid)
    return (head + struct.pack("!H", kind) + payload).ljust(60, b"\0")


def echo(src_ip, dst_ip, kind=8, body=bytes(40)):
    icmp = struct.pack("!BBH", kind, 0, 0) + body
    icmp = icmp[:2] + struct.pack("!H", checksum(icmp)) + icmp[4:]
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(icmp), 0, 0, 64, 1, 0,
                       socket.inet_aton(src_ip), socket.inet_aton(dst_ip))
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + icmp


def arp(op, src_mac, src_ip, dst_mac, dst_ip):
    return (struct.pack("!HHBBH", 1, ETH_IP, 6, 4, op) + mac_bytes(src_mac) +
            socket.inet_aton(src_ip) + mac_bytes(dst_mac) + socket.inet_aton(dst_ip))


class Station:
    """Someone with an address: at a port of the switch, or on the wire (port "uplink")."""

    def __init__(self, name, port, netns, dev, mac, ip, vlan, tagged=False):
        self.name, self.port, self.netns, self.dev = name, port, netns, dev
        self.mac, self.ip = mac, ip
        self.vlan, self.tagged = vlan, tagged  # VLAN that it is in; sends the tag itself
        self.sock, self.known, self.answered = None, {}, set()
        self.news = threading.Condition()

    def open(self):
        with inside(self.netns):
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
            self.sock.setsockopt(SOL_PACKET, PACKET_AUXDATA, 1)
            self.sock.setsockopt(SOL_PACKET, PACKET_IGNORE_OUTGOING, 1)
            self.sock.bind((self.dev, ETH_P_ALL if self.tagged else 0))

    def send(self, raw):
        try:
            self.sock.send(raw)
        except OSError as err:
            # a frame of the host that the switch refuses ends as ENOBUFS at the sender
            if err.errno != 105:
                raise

    def frame(self, dst_mac, kind, payload):
        return ethernet(dst_mac, self.mac, kind, payload, [self.vlan] if self.tagged else [])

    def ping_raw(self, peer, seconds=2.0):
        """ARP and echo of a station that speaks tags; True when the answer comes."""
        for _ in range(3):
            self.send(self.frame(BROADCAST, ETH_ARP, arp(1, self.mac, self.ip, NOBODY, peer.ip)))
            with self.news:
                if self.news.wait_for(lambda: peer.ip in self.known, seconds / 3):
                    break
        else:
            return False
        self.send(self.frame(self.known[peer.ip], ETH_IP, echo(self.ip, peer.ip)))
        with self.news:
            return self.news.wait_for(lambda: peer.ip in self.answered, seconds)

    def ping(self, peer):
        if self.tagged:
            return self.ping_raw(peer)
        done = run(f"ping -n -q -c 1 -W 2 {peer.ip}", self.netns, check=False)
        return done.returncode == 0

    def receive(self):
        """One frame: ARP and echo requests for this station are answered."""
        raw, anc, _, _ = self.sock.recvmsg(2048, 64)
        vid = 0
        for level, kind, data in anc:
            if (level, kind) == (SOL_PACKET, PACKET_AUXDATA):
                status, tci = struct.unpack_from("=I", data)[0], struct.unpack_from("=H", data, 16)[0]
                vid = tci & 0xfff if status & VLAN_VALID else 0
        if vid != self.vlan or len(raw) < 42:
            return
        src, kind = raw[6:12].hex(":"), struct.unpack_from("!H", raw, 12)[0]
        if kind == ETH_ARP and socket.inet_ntoa(raw[38:42]) == self.ip:
            self.receive_arp(src, raw)
        elif kind == ETH_IP and raw[23] == 1 and socket.inet_ntoa(raw[30:34]) == self.ip:
            self.receive_icmp(src, raw)

    def receive_arp(self, src, raw):
        sender = socket.inet_ntoa(raw[28:32])
        with self.news:
            self.known[sender] = src
            self.news.notify_all()
        if raw[21] == 1:
            self.send(self.frame(src, ETH_ARP, arp(2, self.mac, self.ip, src, sender)))

    def receive_icmp(self, src, raw):
        sender, end = socket.inet_ntoa(raw[26:30]), 14 + struct.unpack_from("!H", raw, 16)[0]
        if raw[34] == 8:
            self.send(self.frame(src, ETH_IP, echo(self.ip, sender, 0, raw[38:end])))
        elif raw[34] == 0:
            with self.news:
                self.answered.add(sender)
                self.news.notify_all()


def serve(stations):
    """Thread: receives for the stations that speak tags, for the demo's whole life."""
    poll = select.poll()
    by_fd = {s.sock.fileno(): s for s in stations}
    for fd in by_fd:
        poll.register(fd, select.POLLIN)
    while True:
        for fd, _ in poll.poll():
            try:
                by_fd[fd].receive()
            except OSError:
                pass


def make_stations():
    def guest(vf, vlan):
        return Station(f"vf{vf}", f"vf{vf}", f"guest{vf}", "eth0", f"02:00:00:00:01:0{vf}",
                       f"10.0.0.{10 + vf}", vlan)

    def router(vid):
        return Station(f"vf4.{vid}", "vf4", "guest4", "eth0", "02:00:00:00:01:04",
                       f"10.0.0.1{vid}", vid, True)

    def far(vid):
        return Station(f"wire.{vid}", "uplink", "wire", "wire0", f"02:00:00:00:03:{vid}",
                       f"10.0.0.2{vid}", vid, True)

    return [
        guest(0, 10), guest(1, 10), guest(2, 20), guest(3, 20), router(10), router(20),
        guest(5, 0),
        Station("pf", "pf", "host", "up0", "02:00:00:00:02:00", "10.0.0.1", 0),
        Station("wire", "uplink", "wire", "wire0", "02:00:00:00:03:00", "10.0.0.2", 0),
        far(10), far(20),
    ]


# ---- counters

def read_stats():
    """{"vf0 tx": 3, "vf0 spoof_mac": 1, ...}: packets that a port sent and got, and drops."""
    out = collections.Counter()
    for port in json.loads(run(f"evbpf stats {SWITCH} -j").stdout)["ports"]:
        for way in ("rx", "tx"):
            out[f"{port['port']} {way}"] = port[way]["packets"]
        for reason, n in port["drops"].items():
            out[f"{port['port']} {reason}"] = n
    return out


def growth_of(send, seconds=2.0):
    """What one frame changed in the counters, once they stand still."""
    before = read_stats()
    send()
    end = time.monotonic() + seconds
    last = None
    while time.monotonic() < end:
        grown = dict(read_stats() - before)
        if grown and grown == last:
            break
        last = grown
        time.sleep(0.002)
    return grown


def sent_by(port):
    return f"{port} {'rx' if port == 'uplink' else 'tx'}"


def given_to(port):
    return f"{port} {'tx' if port == 'uplink' else 'rx'}"


def ports_given(grown):
    """Names of the ports that got the frame."""
    return [key.split()[0] for key in grown if key == given_to(key.split()[0])]


# ---- the parts of the demo

def setup(stations):
    run("mount -t tmpfs evbpf-demo /run")
    run("mount -t bpf evbpf-demo /sys/fs/bpf")
    names = ["host", "wire"] + [f"guest{i}" for i in range(6)]
    for name in names:
        run(f"ip netns add {name}")
        # nothing on the wires but what the demo sends
        run("sysctl -q -w net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1",
            name)
        run("ip link set lo up", name)
    run("ip link add up0 netns host address 02:00:00:00:02:00 type veth "
        "peer name wire0 netns wire address 02:00:00:00:03:00")
    run("ip link set up0 up", "host")
    run("ip link set wire0 up", "wire")
    return names, {s.name: s for s in stations}


def attach():
    title("attach")
    for file in EXAMPLES:
        show(f"evbpf check {file}") if file == FILE else run(f"evbpf check {file}")
        checks.check(True, file)
    start = time.monotonic()
    show(f"evbpf -n host attach {FILE}")
    print(f"It took {(time.monotonic() - start) * 1000:.0f} ms and made the veth pairs of the guests. "
          "No process stays behind: the kernel switches.\n")
    show(f"evbpf show {SWITCH}")


def addresses(stations):
    for s in stations:
        if not s.tagged:
            run(f"ip addr add {s.ip}/24 dev {s.dev}", s.netns)
        s.open()
    run("ip link set eth0 up", "guest4")
    threading.Thread(target=serve, args=([s for s in stations if s.tagged],), daemon=True).start()


def expected(src, dst, isolated=("vf2", "vf3")):
    """What the configuration promises a ping: "ok", a drop's reason, or where it ends instead."""
    if src.vlan == dst.vlan:
        return "isolated" if src.port in isolated and dst.port in isolated else "ok"
    if dst.port == "vf4" and src.vlan in (10, 20):
        return "vf4"  # one address in two VLANs: it gets the frame in the sender's
    # the PF is in every VLAN, and the default port of the wire
    return "pf" if dst.port == "pf" or src.port == "uplink" else "wire"


def pairs_of(stations):
    return [(a, b) for a in stations for b in stations if a.port != b.port]


def still_neighbours(stations):
    """From here on nobody asks by ARP: one frame sent is one frame counted."""
    for s in stations:
        if not s.tagged:
            run("ip neigh flush dev " + s.dev, s.netns)
            lines = [f"neigh replace {d.ip} lladdr {d.mac} dev {s.dev} nud permanent"
                     for d in stations if d.netns != s.netns]
            run("ip -batch -", s.netns, text="\n".join(lines) + "\n")


def why_not(src, dst, want):
    """One echo request straight to the address of dst, and where the counters saw it go."""
    raw = src.frame(dst.mac, ETH_IP, echo(src.ip, dst.ip))
    grown = growth_of(lambda: src.send(raw))
    if want == "isolated":
        checks.equal(f"{src.name} to {dst.name}", grown, {f"{src.port} isolated": 1})
    else:
        to = "uplink" if want == "wire" else want
        checks.equal(f"{src.name} to {dst.name}", grown,
                     {sent_by(src.port): 1, given_to(to): 1})
    for key in grown:
        port, what = key.split()
        if what not in ("rx", "tx"):
            return what
        if key == given_to(port):
            return "wire" if port == "uplink" else port
    return "?"


def reach(stations):
    title("who reaches whom, by ping")
    pairs = pairs_of(stations)
    with concurrent.futures.ThreadPoolExecutor(52) as pool:
        answers = list(pool.map(lambda pair: pair[0].ping(pair[1]), pairs))
    still_neighbours(stations)
    cell = {}
    for (src, dst), answered in zip(pairs, answers):
        want = expected(src, dst)
        cell[src, dst] = "ok" if answered else why_not(src, dst, want)
        checks.equal(f"ping from {src.name} to {dst.name}", cell[src, dst], want)
    print(" from \\ to".ljust(10) + "".join(f" {s.name:>7}" for s in stations))
    for src in stations:
        cells = [cell.get((src, dst), "-") for dst in stations]
        print(f" {src.name:9}" + "".join(f" {c:>7}" for c in cells))
    print()
    count = collections.Counter(cell.values())
    print(textwrap.fill(
        f"ok: answered ({count['ok']} of {len(pairs)} pairs). For the others the counters tell where "
        f"the frame went. wire ({count['wire']}): the address is unknown in the sender's VLAN, so the "
        f"frame left by the uplink. pf ({count['pf']}): the host got it, with the tag of a VLAN in "
        f"which it has no interface, or as the default port for an unknown address from the wire. "
        f"vf4 ({count['vf4']}): the router got it, with the sender's VLAN in the tag. isolated "
        f"({count['isolated']}): refused and counted.", WIDTH - 1, initial_indent=" ",
        subsequent_indent=" ") + "\n")


def floods(by_name):
    title("who gets a broadcast")
    for name, want in (("vf0", "pf uplink vf1 vf4"), ("vf2", "pf uplink vf4"),
                       ("vf5", "pf uplink"), ("pf", "uplink vf5"),
                       ("wire", "pf vf5"), ("wire.20", "pf vf2 vf3 vf4")):
        src = by_name[name]
        raw = src.frame(BROADCAST, ETH_ARP, arp(1, src.mac, src.ip, src.mac, src.ip))
        grown = growth_of(lambda s=src, r=raw: s.send(r))
        got = sorted(ports_given(grown))
        want_grown = {given_to(port): 1 for port in want.split()}
        want_grown[sent_by(src.port)] = 1
        checks.equal(f"broadcast from {name}", grown, want_grown)
        vlan = f"VLAN {src.vlan}" if src.vlan else "no VLAN"
        print(f" {name:8} in {vlan:8} reaches  {', '.join(got)}")
    print()


def tag_on_wire(by_name):
    title("a frame of vf1, as tcpdump sees it on the wire")
    cmd = "tcpdump -i wire0 -n -e -t -q -l -c 1 ether src 02:00:00:00:01:01 and vlan and icmp"
    print(f"$ {cmd}")
    dump = subprocess.Popen(command(cmd, "wire"), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            text=True)
    for line in dump.stderr:
        if "listening" in line:
            break
    checks.check(by_name["vf1"].ping(by_name["wire.10"]), "vf1 pings wire.10")
    try:
        line = dump.communicate(timeout=5)[0].strip()
    except subprocess.TimeoutExpired:
        dump.kill()
        line = dump.communicate()[0].strip()
    checks.check("vlan 10" in line and "p 3" in line, f"vf1's tag on the wire: {line!r}")
    print(textwrap.fill(line, WIDTH - 4, subsequent_indent="    ") + "\n")


def refused(by_name):
    title("what is refused, and how it is counted")
    vf0, vf4 = by_name["vf0"], by_name["vf4.10"]
    wire, body = by_name["wire"], bytes(46)

    def frame(dst, src, tags=(), kind=ETH_IP, payload=body):
        return ethernet(dst, src, kind, payload, tags)

    table = [
        (vf0, "a source address that is not its own", "spoof_mac",
         frame(wire.mac, "02:00:00:00:66:66")),
        (vf0, "a tag of VLAN 20 (it is an access port of VLAN 10)", "vlan_tagged",
         frame(wire.mac, vf0.mac, [20])),
        (vf4, "a tag of VLAN 30 (its trunk is 10 and 20)", "vlan_filter",
         frame(wire.mac, vf4.mac, [30])),
        (vf4, "no tag (its trunk has no native VLAN)", "vlan_filter", frame(wire.mac, vf4.mac)),
        (vf0, "a bridge's spanning tree frame", "control",
         frame("01:80:c2:00:00:00", vf0.mac, kind=38)),
        (vf0, "an LLDP frame", "control", frame("01:80:c2:00:00:0e", vf0.mac, kind=0x88cc)),
        (vf0, "a frame to its own address", "self", frame(vf0.mac, vf0.mac)),
        (vf0, "a source address that is a group's", "bad_frame",
         frame(wire.mac, "03:00:00:00:01:00")),
        (vf0, "a tag of a port extender (802.1BR)", "inject",
         frame(wire.mac, vf0.mac, kind=0x893f)),
    ]
    print(f" {'from':6}{'one frame':56}counted as")
    for src, what, reason, raw in table:
        grown = growth_of(lambda s=src, r=raw: s.send(r))
        text = ", ".join(f"{key} {n}" for key, n in grown.items())
        checks.equal(f"{src.port}: {what}", grown, {f"{src.port} {reason}": 1})
        print(f" {src.port:6}{what:56}{text}")
    print()


def monitored(word):
    """The line in which `evbpf monitor` tells of a refused frame; it keeps what nobody has read."""
    with subprocess.Popen(["evbpf", "monitor", SWITCH], stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL, text=True) as process:
        late = threading.Timer(5, process.terminate)
        late.start()
        try:
            line = next((text for text in process.stdout if f" {word} " in text), "")
        finally:
            late.cancel()
            process.terminate()
    return line.strip()


def live(by_name):
    title("changed while it runs, and why a frame was refused")
    vf0, vf1 = by_name["vf0"], by_name["vf1"]
    out = show(f"evbpf set {SWITCH} vf 0 guard.ipv4 {vf0.ip}")
    checks.check("vf0: guard none ->" in out, f"set of guard: {out}")
    checks.check(vf0.ping(vf1), "vf0 pings vf1 from the address that guard allows")
    raw = vf0.frame(vf1.mac, ETH_IP, echo("10.0.0.99", vf1.ip))
    checks.equal("vf0: an IPv4 sender that is not its own", growth_of(lambda: vf0.send(raw)),
                 {"vf0 guard": 1})
    print(f"$ evbpf monitor {SWITCH} | grep guard")
    line = monitored("guard")
    checks.check("vf0 guard" in line and "10.0.0.99" in line, f"monitor: {line!r}")
    print(textwrap.fill(line, WIDTH - 4, subsequent_indent="    ", break_on_hyphens=False) + "\n")
    out = show(f"evbpf apply {FILE}")
    checks.check("-> none" in out, f"apply: {out}")
    out = show(f"evbpf diff {FILE}")
    checks.check("nothing differs" in out, f"diff: {out}")


def checksum_errors(netns):
    with inside(netns), open("/proc/thread-self/net/snmp", encoding="ascii") as file:
        names, values = [line.split() for line in file if line.startswith("Tcp:")]
    return int(dict(zip(names, values))["InCsumErrors"])


def iperf(client, server, reverse):
    """Gbit/s that arrived. The server may not listen yet; iperf3 -J says so with exit code 0."""
    cmd = (f"iperf3 -c {server.ip} -t {TCP_SECONDS} --connect-timeout 1000 -J"
           f"{' -R' if reverse else ''}")
    end = time.monotonic() + 3
    while time.monotonic() < end:
        out = run(cmd, client.netns, check=False).stdout
        result = json.loads(out or "{}").get("end", {})
        if "sum_received" in result:
            return result["sum_received"]["bits_per_second"] / 1e9
        time.sleep(0.05)
    return 0.0


def tcp(by_name):
    title(f"TCP, {TCP_SECONDS} second each way, every offload as the kernel sets it")
    print(f" {'':22}{'there':>14}{'back':>15}   checksum errors")
    for a, b in (("vf0", "vf1"), ("vf5", "pf"), ("vf5", "wire"), ("pf", "wire")):
        client, server = by_name[a], by_name[b]
        with subprocess.Popen(command("iperf3 -s", server.netns), stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL) as process:
            try:
                speed = [iperf(client, server, reverse) for reverse in (False, True)]
            finally:
                process.terminate()
        errors = checksum_errors(client.netns) + checksum_errors(server.netns)
        checks.check(min(speed) > 0.1, f"TCP {a} and {b}: {speed} Gbit/s")
        checks.equal(f"TCP checksum errors, {a} and {b}", errors, 0)
        where = f"VLAN {client.vlan}" if client.vlan else "no VLAN"
        print(f" {a:4} - {b:5}{where:>10}{speed[0]:>9.1f} Gbit/s{speed[1]:>8.1f} Gbit/s{errors:>10}")
    print()


def counters():
    title("counters, in the guest's words: tx is what it sent")
    ports = json.loads(run(f"evbpf stats {SWITCH} -j").stdout)["ports"]
    print(f" {'port':7}{'rx packets':>11}{'rx bytes':>13}{'broadcast':>11}{'tx packets':>12}"
          f"{'tx bytes':>13}  drops")
    for port in ports:
        rx, tx = port["rx"], port["tx"]
        drops = ", ".join(f"{word}\u00a0{n}" for word, n in port["drops"].items())
        row = (f" {port['port']:7}{rx['packets']:>11}{rx['bytes']:>13}{rx['broadcast']:>11}"
               f"{tx['packets']:>12}{tx['bytes']:>13}  {drops}")
        print(textwrap.fill(row.rstrip(), WIDTH - 1, subsequent_indent=" " * 70,
                            break_on_hyphens=False).replace("\u00a0", " "))
        checks.equal(f"drops of {port['port']} by reason, and their sum",
                     sum(port["drops"].values()), rx["dropped"] + tx["dropped"])
    print()
    out = show(f"evbpf stats {SWITCH} | grep -A 5 ^vf4:")
    checks.check("vlan_filter 2" in out, f"stats of vf4: {out}")


def maps():
    title("the tables, with bpftool")
    out = show(f"bpftool map dump pinned {PINS}/evb_fdb", 11)
    checks.check('"EVB_FDB_STATIC"' in out and '"port": 256' in out, "evb_fdb has vf0's row")
    out = show(f"bpftool map lookup pinned {PINS}/evb_ports key 1 1 0 0")
    checks.check('"vlan": 10' in out and '"name": "vf1"' in out, "evb_ports has vf1's row")


def program_ids():
    return {prog["id"] for prog in json.loads(run("bpftool -j prog show").stdout)}


def detach(names):
    title("detach leaves nothing")
    links = [f"{PINS}/{name}" for name in os.listdir(PINS) if name.startswith("link_")]
    ours = {json.loads(run(f"bpftool -j link show pinned {link}").stdout)["prog_id"]
            for link in links}
    checks.check(not links or ours <= program_ids(), "bpftool knows the switch's programs")
    show(f"evbpf detach {SWITCH}")
    show("evbpf list")
    left = [link["ifname"] for n in names for link in json.loads(run(f"ip -n {n} -j link").stdout)]
    left = [dev for dev in left if dev not in ("lo", "up0", "wire0")]
    end = time.monotonic() + 5  # the kernel frees a program a moment after its last user
    while ours & program_ids() and time.monotonic() < end:
        time.sleep(0.05)
    programs = len(ours & program_ids())
    pins = [name for name in os.listdir("/sys/fs/bpf") if not name.endswith(".debug")]
    promiscuous = json.loads(run("ip -n host -j -d link show up0").stdout)[0]["promiscuity"]
    checks.equal("interfaces that detach left", left, [])
    checks.equal("programs that detach left", programs, 0)
    checks.equal("pins that detach left", pins, [])
    checks.equal("promiscuity of the uplink after detach", promiscuous, 0)
    print(f" Left behind: {len(left)} interfaces, {programs} of {len(ours)} programs, {len(pins)} "
          f"pins; uplink promiscuous: {'yes' if promiscuous else 'no'}.\n")


def demo():
    start = time.monotonic()
    print(PICTURE)
    sys.stdout.flush()
    stations = make_stations()
    names, by_name = setup(stations)
    attach()
    addresses(stations)
    reach(stations)
    floods(by_name)
    tag_on_wire(by_name)
    refused(by_name)
    live(by_name)
    tcp(by_name)
    counters()
    maps()
    detach(names)
    if not checks.failed:
        print(f"demo: all {checks.passed} checks passed, {time.monotonic() - start:.0f} s")


def interrupted(*_):
    raise KeyboardInterrupt


def main():
    # as the first process of its namespace it gets only signals that it handles
    signal.signal(signal.SIGTERM, interrupted)
    signal.signal(signal.SIGHUP, interrupted)
    try:
        demo()
        code = 1 if checks.failed else 0
    except KeyboardInterrupt:
        print("\ndemo: interrupted; its namespaces, devices and programs go with it")
        code = 130
    except (DemoError, OSError, subprocess.SubprocessError) as err:
        print(f"demo: {err}", file=sys.stderr)
        code = 1
    if checks.failed:
        print("\n".join(f"FAILED: {text}" for text in checks.failed))
        print(f"demo: {len(checks.failed)} of {checks.passed + len(checks.failed)} checks failed")
    sys.stdout.flush()
    os._exit(code)  # the receiving thread has no end


if __name__ == "__main__":
    main()
