# SPDX-License-Identifier: GPL-2.0-only
"""max_tx_rate and max_rx_rate, measured at the receiver, over a second after the first.

Rates count frames without FCS: 1514 bytes for a full UDP datagram, 64 for 22 bytes of payload.
"""
import json
import os
import socket
import struct
import time

import pytest

from lab import vf_mac
from model import Port
from program import tool, until
from taps import SOL_PACKET, raw_socket
from test_tcp import address, give_addresses, iperf_server, place

PORTS = [Port(f"vf{i}", vf_mac(i)) for i in range(4)]
PACKET_STATISTICS = 6
FULL, SMALL = 1514, 64
HEADERS = 42  # Ethernet, IPv4, UDP
CASES = [(10, FULL), (100, FULL), (1000, FULL), (10, SMALL), (100, SMALL)]
OFFERED = {1000: 1.3}  # times the rate; else twice


@pytest.fixture(scope="module")
def lab(make_module_lab):
    lab = make_module_lab(PORTS)
    lab.attach()
    give_addresses(lab, [p.name for p in PORTS] + ["wire", "pf"])
    lab.sinks = [sink(place(lab, p.name)[0]) for p in PORTS]
    yield lab
    for sock in lab.sinks:
        sock.close()


def sink(space):
    """Nobody reads, but nobody says `port unreachable` either."""
    with space.inside():
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.bind(("0.0.0.0", 7777))
    return sock


class Arrivals:
    """Frames that come in on a device, counted by the kernel, those that nobody reads too."""

    def __init__(self, space, dev):
        self.sock = raw_socket(space, dev)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)

    def count(self):
        """Since the last time."""
        raw = self.sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8)
        return struct.unpack("=II", raw)[0]

    def per_second(self, after=1.0):
        """Over the second that begins `after` seconds from now."""
        time.sleep(after)
        start = time.monotonic()
        self.count()
        time.sleep(1)
        count = self.count()
        return count / (time.monotonic() - start)


def blast(lab, source, target, frame, mbits, cpu=0, seconds=2.6):
    space, _ = place(lab, source)
    rate = mbits * 1e6 / 8 / frame
    return space.start([tool("blast"), str(cpu), address(target, 4), str(frame - HEADERS),
                        str(rate), str(seconds)])


def sent_by(child):
    child.wait(20)
    return int(os.pread(child.output.fileno(), 100, 0))


def limit(lab, name, **keys):
    words = [str(w) for pair in keys.items() for w in pair]
    lab.evbpf.ok("set", lab.switch_name, "vf", name[2:], *words)


def measure(lab, source, target, frame, mbits):
    """Mbit/s that arrive when more is offered."""
    arrivals = Arrivals(*place(lab, target))
    child = blast(lab, source, target, frame, mbits * OFFERED.get(mbits, 2))
    got = arrivals.per_second() * frame * 8 / 1e6
    sent = sent_by(child) / 2.6 * frame * 8 / 1e6
    print(f"{source} -> {target}: {frame} bytes, {mbits} Mbit/s: offered {sent:.1f}, got {got:.2f}")
    assert sent > mbits * 1.1, "the sender is too slow for this"
    return got


@pytest.mark.parametrize("mbits, frame", CASES)
def test_max_tx_rate_lets_through_what_it_says(lab, mbits, frame):
    """Within 5 %; what is more is `rate`, counted at the sender."""
    limit(lab, "vf0", max_tx_rate=mbits)
    before = lab.stats()
    got = measure(lab, "vf0", "vf1", frame, mbits)
    after = lab.stats()
    limit(lab, "vf0", max_tx_rate=0)
    assert got == pytest.approx(mbits, rel=0.05)
    assert after.get(("vf0", "drops.rate"), 0) > before.get(("vf0", "drops.rate"), 0)


@pytest.mark.parametrize("mbits, frame", [(10, SMALL), (100, FULL)])
def test_max_rx_rate_lets_through_what_it_says(lab, mbits, frame):
    """Within 5 %; what is more is `rate`, counted at the target."""
    limit(lab, "vf1", max_rx_rate=mbits)
    before = lab.stats()
    got = measure(lab, "vf0", "vf1", frame, mbits)
    after = lab.stats()
    limit(lab, "vf1", max_rx_rate=0)
    assert got == pytest.approx(mbits, rel=0.05)
    assert after.get(("vf1", "drops.rate"), 0) > before.get(("vf1", "drops.rate"), 0)
    assert after.get(("vf0", "drops.rate"), 0) == before.get(("vf0", "drops.rate"), 0)


@pytest.mark.parametrize("key, limited", [("max_tx_rate", "vf0"), ("max_rx_rate", "vf1")])
def test_one_tcp_flow_gets_four_fifths_of_100_mbits(lab, key, limited):
    check_tcp(lab, key, limited, 100)


def test_one_tcp_flow_gets_four_fifths_of_1000_mbits(lab):
    check_tcp(lab, "max_tx_rate", "vf0", 1000)


def check_tcp(lab, key, limited, mbits):
    """And not more than the rate: GSO frames are counted in full, with their segments' headers."""
    limit(lab, limited, **{key: mbits})
    client, server = place(lab, "vf0")[0], place(lab, "vf1")[0]
    with iperf_server(server, address("vf1", 4)):
        done = client.run(["iperf3", "-c", address("vf1", 4), "-t", "4", "-O", "1", "-J"], timeout=20)
    limit(lab, limited, **{key: 0})
    got = json.loads(done.stdout)["end"]["sum_received"]["bits_per_second"] / 1e6
    print(f"TCP at {key} {mbits}: {got:.1f} Mbit/s")
    assert 0.8 * mbits <= got <= 1.05 * mbits


def test_two_senders_on_two_cpus_share_a_rate_and_others_do_not_feel_it(lab):
    """vf0 and vf2 send to vf1, which may have 50 Mbit/s; a slow flow of the wire loses nothing."""
    limit(lab, "vf1", max_rx_rate=50)
    arrivals, other = Arrivals(*place(lab, "vf1")), Arrivals(*place(lab, "vf3"))
    slow = blast(lab, "wire", "vf3", 500, 8, cpu=0)
    both = [blast(lab, name, "vf1", SMALL, 80, cpu=cpu) for name, cpu in (("vf0", 0), ("vf2", 1))]
    got = arrivals.per_second() * SMALL * 8 / 1e6
    offered = [sent_by(child) for child in both]
    sent = sent_by(slow)
    limit(lab, "vf1", max_rx_rate=0)
    print(f"offered {[n / 2.6 * SMALL * 8 / 1e6 for n in offered]}, got {got:.2f} Mbit/s")
    assert min(offered) / 2.6 * SMALL * 8 / 1e6 > 55
    assert got == pytest.approx(50, rel=0.05)
    arrived = until("the last frame", lambda: other.count())
    assert sent <= arrived <= sent + 3, "the other flow lost frames"  # and ARP


def test_one_sender_on_two_cpus_gets_its_rate_once(lab):
    """Two processes of one guest send at the same time; the bucket is one."""
    limit(lab, "vf0", max_tx_rate=50)
    arrivals = Arrivals(*place(lab, "vf1"))
    both = [blast(lab, "vf0", "vf1", SMALL, 60, cpu=cpu) for cpu in (0, 1)]
    got = arrivals.per_second() * SMALL * 8 / 1e6
    offered = [sent_by(child) for child in both]
    limit(lab, "vf0", max_tx_rate=0)
    assert min(offered) / 2.6 * SMALL * 8 / 1e6 > 40
    assert got == pytest.approx(50, rel=0.05)
