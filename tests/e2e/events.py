# SPDX-License-Identifier: GPL-2.0-only
"""Refused frames: nobody gets them, one counter says why, and `monitor` shows them."""
import json
import time
from collections import Counter

import verify
from frames import mac_text
from model import Outcome
from program import Running, until

SAMPLED = 0.3  # seconds between two events of one port and reason that are sure to be told


class Monitor(Running):
    """`evbpf monitor -j`, and what it has shown."""

    def __init__(self, lab):
        super().__init__(lab, "-j", "monitor", lab.switch_name)
        self.name = lab.switch_name
        self.events = []
        self.last = {}  # when a port and reason were refused

    def read(self):
        self.events += [json.loads(line) for line in self.lines()]
        return self.events

    def wait_turn(self, port, reason):
        """After that, the next refusal is told, however often there were some before."""
        pause = self.last.get((port, reason), 0) + SAMPLED - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        self.last[port, reason] = time.monotonic()

    def find(self, port, reason, raw):
        return next((e for e in self.read() if (e["switch"], e["port"], e["reason"]) ==
                     (self.name, port, reason) and event_bytes(e) == raw[:len(event_bytes(e))]), None)

    def shows(self, port, reason, raw):
        event = until(f"an event {port} {reason}", lambda: self.find(port, reason, raw), 3)
        assert event["len"] == len(raw) and event["count"] >= 1 and len(event_bytes(event)) >= 14
        assert mac_text(raw[6:12]) in event["frame"], event
        return event


def event_bytes(event):
    """The beginning of the frame, with the tag that was beside it."""
    data = bytes.fromhex(event["data"])
    tag = event["tag"]
    if not tag:
        return data
    tci = tag["qos"] << 13 | bool(tag["dei"]) << 12 | tag["vlan"]
    tpid = {"802.1Q": 0x8100, "802.1ad": 0x88A8}[tag["proto"]]
    return data[:12] + tpid.to_bytes(2, "big") + tci.to_bytes(2, "big") + data[12:]


def check_refused(lab, sender, frame, reason, at=None):
    """By the sender's port, or at a target; lab.monitor is a Monitor."""
    source = verify.SOURCES.get(sender, sender)
    port = at or source
    lab.monitor.wait_turn(port, reason)
    outcome = Outcome(source, frame, {}, Counter({(port, reason): 1}))
    verify.check_outcomes(lab, sender, [frame], [outcome])
    lab.monitor.shows(port, reason, frame.raw())
