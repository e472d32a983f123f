# SPDX-License-Identifier: GPL-2.0-only
"""A second reader: tshark decodes every frame on the cables of extenders as it was meant."""
import shutil
import struct
from collections import Counter

import pytest

from ext_model import E_TAG, Carried
from frames import BROADCAST, build_udp, ctag, mac_text, stag
from netns import run
from test_controlling import SENDERS, mixed_lab
from test_vepa import places, sweep

ETHERNET = 1
E_FIELDS = ["pcp", "dei", "iecid_base", "resv", "group", "ecid_base", "iecid_ext", "ecid_ext",
            "etype"]
VN_FIELDS = ["dir", "ptr", "dst", "looped", "r", "version", "src", "etype"]
FIELDS = ["eth.dst", "eth.src", *(f"etag.{f}" for f in E_FIELDS),
          *(f"vntag.{f}" for f in VN_FIELDS), "ip.dst", "_ws.malformed"]


def write_pcap(path, frames):
    with open(path, "wb") as f:
        f.write(struct.pack("=IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 1 << 16, ETHERNET))
        for raw in frames:
            f.write(struct.pack("=IIII", 0, 0, len(raw), len(raw)) + raw)


def number(text):
    words = {"": None, "True": 1, "False": 0}
    return words[text] if text in words else int(text, 0)


def decode(path):
    """One tuple of FIELDS for each frame."""
    words = [word for field in FIELDS for word in ("-e", field)]
    done = run(["tshark", "-r", path, "-n", "-T", "fields", *words])
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert all(len(row) == len(FIELDS) for row in rows)
    return [(*row[:2], *map(number, row[2:-2]), *row[-2:]) for row in rows]


def meant(frame):
    """The same of what the frame should be."""
    tag, raw = frame.tag, frame.inner.raw()
    behind = int.from_bytes(raw[12:14], "big")
    e_tag, vn_tag = (None,) * len(E_FIELDS), (None,) * len(VN_FIELDS)
    if tag.kind == E_TAG:
        e_tag = (tag.pcp, tag.dei, tag.ingress & 0xFFF, 0, tag.grp, tag.ecid & 0xFFF,
                 tag.ingress >> 12, tag.ecid >> 12, behind)
    else:
        vn_tag = (tag.down, tag.to_list, tag.to, tag.looped, 0, 0, tag.source, behind)
    ip = "10.0.0.2" if frame.inner.ethertype == 0x0800 else ""
    return (mac_text(frame.dst), mac_text(frame.src), *e_tag, *vn_tag, ip, "")


def traffic(lab):
    """Every kind: to each port, to all, to groups; untagged, in VLANs; IP."""
    sends = [send for source in SENDERS for send in sweep(lab, source)] * 2
    for tags in ([ctag(100, 6, 1)], [ctag(0, 5)], [stag(300, 2), ctag(7, 4)]):
        sends += [send for source in ("a.vf0", "b.vf0", "c.vf1", "d.vf0", "h1")
                  for send in sweep(lab, source, tags)]
    return sends + [(source, build_udp(lab.address(target) if target else BROADCAST,
                                       lab.address(source), tags))
                    for source in ("a.vf0", "c.vf0", "h1") for target in (None, "b.vf0", "c.vf1")
                    if source != target for tags in ((), (ctag(100, 3),))]


@pytest.fixture(scope="module")
def captured(evbpf_is_built):
    """Frames on the cables with an E-TAG or VN-Tag, and what should be there."""
    if not shutil.which("tshark"):
        pytest.skip("tshark is not installed")
    with mixed_lab() as lab:
        sends = traffic(lab)
        want = lab.expect(sends)
        for place, frame in sends:
            lab.send(place, frame)
        got = lab.take()
        assert len(places(lab)) > 10
        yield ([raw for side in (got.up, got.down) for copies in side.values() for raw in copies],
               [f for side in (want.up, want.down) for copies in side.values() for f in copies
                if isinstance(f, Carried)])


def test_tshark_reads_every_tag_on_the_cables_as_it_was_meant(captured, tmp_path):
    """Field by field, reserved bits and the type behind it, too; none is malformed."""
    raw, want = captured
    path = tmp_path / "cables.pcap"
    write_pcap(path, raw)
    read = Counter(row for row in decode(path) if any(n is not None for n in row[2:-2]))
    expected = Counter(map(meant, want))
    wrong = [*(("missing", *row) for row in (expected - read)),
             *(("not meant", *row) for row in (read - expected))]
    assert not wrong, f"{len(wrong)} kinds of frame:\n" + "\n".join(map(str, wrong[:12]))
    seen = {"e-tag up": lambda r: r[6] == 0, "e-tag group": lambda r: r[6],
            "ingress": lambda r: r[4], "long id": lambda r: r[9], "priority": lambda r: r[2],
            "vn-tag up": lambda r: r[11] == 0, "vn-tag list": lambda r: r[12],
            "looped": lambda r: r[14], "IP behind it": lambda r: r[-2]}
    for what, is_there in seen.items():
        assert any(map(is_there, read)), f"the traffic has no {what}"
