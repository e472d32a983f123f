# SPDX-License-Identifier: GPL-2.0-only
"""Send frames, and compare what every port received and every counter with the model."""
from collections import Counter

import frames
from frames import mac_text

SOURCES = {"wire": "uplink", "wire+": "uplink", "pf+": "pf"}
WORST = 12


def compare(outcomes, received, moved):
    """Problems as lines. outcomes: of the model; moved: counters' moves, None: not looked at."""
    problems = []
    for port in received:
        want = [o.out[port].raw() for o in outcomes if port in o.out]
        problems += [f"{port}: {line}" for line in frames.diff_lists(want, received[port])]
    for o in outcomes:
        problems += [f"{port}: has no receiver" for port in o.out if port not in received]
    if moved is not None:
        want = sum((o.counters() for o in outcomes), Counter())
        got = Counter({key: n for key, n in moved.items() if n})
        problems += [f"counter {port} {name}: expected {want[port, name]}, got {got[port, name]}"
                     for port, name in sorted({*want, *got}) if want[port, name] != got[port, name]]
    return problems


def moves(before, after):
    return {key: after.get(key, 0) - before.get(key, 0) for key in {**before, **after}}


def run(lab, sender, batch, outcomes=None):
    """Problems with these frames, sent together by one port."""
    source = SOURCES.get(sender, sender)
    if outcomes is None:
        outcomes = [lab.model.expect(source, frame) for frame in batch]
    before = lab.stats()
    for frame in batch:
        lab.taps.send(sender, frame.raw())
    received = lab.taps.collect()
    return compare(outcomes, received, moves(before, lab.stats()))


def problems_of(lab, sender, batch):
    """The same; when something is wrong, frame by frame, so that the report names the frame."""
    if not run(lab, sender, batch):
        return []
    report = []
    for frame in batch:
        wrong = run(lab, sender, [frame])
        if wrong:
            outcome = lab.model.expect(SOURCES.get(sender, sender), frame)
            report.append(f"{sender} sends {name_frame(lab, frame)}; expected "
                          f"{sorted(outcome.out) or dict(outcome.drops)}")
            report += ["    " + line for line in wrong]
    return report or [f"{sender}: wrong together, right one by one: {len(batch)} frames"]


def name_frame(lab, frame):
    names = {m: p.name for p in lab.model.ports.values() for m in p.macs if m}
    dst = names.get(frame.dst, mac_text(frame.dst))
    src = names.get(frame.src, mac_text(frame.src))
    tags = " ".join(map(str, frame.tags)) or "untagged"
    return f"{src} -> {dst} [{tags}] type {frame.body[:2].hex()} {len(frame)} bytes"


def check(lab, sender, *batch):
    """Fails with a report unless the switch does with these frames what the model says."""
    fail_on(problems_of(lab, sender, list(batch)))


def check_outcomes(lab, sender, batch, outcomes):
    """The same with outcomes that the test says itself."""
    fail_on(run(lab, sender, batch, outcomes))


def fail_on(report):
    text = report[:WORST * 6]
    assert not report, f"{len(report)} lines:\n" + "\n".join(text)
