# SPDX-License-Identifier: GPL-2.0-only
"""What commands say of an extender and of the bridge above it, and how both change live.

      namespaces          the extender's                 the bridge's          a host's
    +-----------+     +-----------------+            +------------------+     +------+
    | g0: eth0 ======== v0 (vf0)    up0 ================ swp1        h1 ======= eth0 |
    | g1: eth0 ======== v1 (vf1)        |            |   x1, x2         |     +------+
    +-----------+     |            cas0 ==== low: up0
                      +-----------------+
"""
import itertools
import json
import os
import struct
import tempfile
from types import SimpleNamespace

import pytest

from frames import BROADCAST, TYPE_ETAG, TYPE_VNTAG, build, mac, mac_text
from netns import Netns
from program import FAULTS, Evbpf, Running, explain, flat_stats, scalar, until
from taps import Taps
from test_faults import KILLED, points

E_TAG, VN_TAG = "e-tag", "vn-tag"
V0, V1, HOST, LOW = (mac(f"02:00:00:00:0c:0{i}") for i in range(1, 5))
IDS = (0x12, 0x34)
BEHIND = ["0x100-0x1ff", "0x300"]
_numbers = itertools.count(1)


def word(kind):
    return "ecid" if kind == E_TAG else "vif"


def group_of(kind):
    return {"grp": 1, "ecid": 5} if kind == E_TAG else {"list": 0x1001}


def tagged(kind, ident, frame, down=False, group=False, source=0):
    """The frame behind the tag that names the port, or the group."""
    if kind == E_TAG:
        tag = struct.pack("!HHHBB", TYPE_ETAG, source & 0xfff, group << 12 | ident & 0xfff,
                          source >> 12, ident >> 12)
    elif not down:
        tag = struct.pack("!HHH", TYPE_VNTAG, 0, ident)
    else:
        tag = struct.pack("!HHH", TYPE_VNTAG, 0x8000 | group << 14 | ident,
                          0x8000 | source if source else 0)
    raw = frame.raw()
    return raw[:12] + tag + raw[12:]


class Pair:
    """An extender and the bridge above it."""

    def __init__(self, kind):
        number = next(_numbers)
        self.kind, self.group = kind, 5 if kind == E_TAG else 0x1001
        self.space = {name: Netns(f"x{number}{name}")
                      for name in ("pe", "cb", "g0", "g1", "h", "low")}
        self.pe, self.cb = Evbpf(self.space["pe"]), Evbpf(self.space["cb"])
        self.names = {"pe": f"pe{number}", "cb": f"cb{number}"}
        # pylint: disable=consider-using-with
        self.dir = tempfile.TemporaryDirectory(prefix="evbpf-e2e-")
        self.cable("cb", "swp1", "pe", "up0", 1520)
        self.cable("cb", "h1", "h", "eth0", 1500)
        self.cable("pe", "cas0", "low", "up0", 1520)
        self.taps = Taps()
        self.said = [self.pe.ok("attach", self.write("pe", self.extender())).stdout,
                     self.cb.ok("attach", self.write("cb", self.bridge())).stdout]
        self.open_taps()

    def cable(self, left, dev, right, peer, mtu):
        self.space[left].ip(f"link add {dev} mtu {mtu} type veth peer name {peer} mtu {mtu} "
                            f"netns {self.space[right].name}", f"link set {dev} up")
        self.space[right].ip(f"link set {peer} up")

    def extender(self, ids=IDS, cascade=True, members=("vf0", "vf1", "cas0"), behind=BEHIND):
        vfs = [{"id": i, "dev": f"v{i}", "mtu": 1500, "mac": mac_text((V0, V1)[i]),
                word(self.kind): ids[i],
                "guest": {"netns": self.space[f"g{i}"].name, "name": "eth0"}} for i in (0, 1)]
        keys = {"relay": "extender", "tag": self.kind, "uplink": {"dev": "up0"}, "vfs": vfs,
                "cascade": [{"dev": "cas0", "ids": behind}] if cascade else [],
                "replication": [{**group_of(self.kind), "members": members}] if members else []}
        return keys

    def bridge(self, ids=IDS, group=True, more=()):
        ports = [{"name": f"x{i + 1}", "dev": "swp1", "tag": self.kind, word(self.kind): ids[i]}
                 for i in (0, 1)]
        groups = [{"dev": "swp1", **group_of(self.kind), "members": ["x1", "x2"]}]
        return {"relay": "bridge", "ports": [*ports, *more, {"name": "p1", "dev": "h1"}],
                "replication": groups if group else []}

    def write(self, which, keys):
        lines = ["version: 1", f"switch: {self.names[which]}"]
        for key, value in keys.items():
            if isinstance(value, list):
                lines += [f"{key}:", *("  - " + scalar(entry) for entry in value)] if value else []
            else:
                lines.append(f"{key}: {scalar(value)}")
        path = os.path.join(self.dir.name, f"{which}.yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
        return path

    def open_taps(self):
        """Where frames come out: both ends of the cable, guests, the host, and below cas0."""
        space, taps = self.space, self.taps
        taps.add_receiver("up", space["cb"], "swp1", near=(space["pe"], "up0"))
        taps.add_receiver("down", space["pe"], "up0", near=(space["cb"], "swp1"))
        taps.add_receiver("host", space["h"], "eth0", near=(space["cb"], "h1"))
        taps.add_receiver("low", space["low"], "up0", near=(space["pe"], "cas0"))
        for name, guest, dev in (("vf0", "g0", "v0"), ("vf1", "g1", "v1")):
            taps.add_receiver(name, space[guest], "eth0", near=(space["pe"], dev))
            taps.add_sender(name, space[guest], "eth0")
        taps.add_sender("host", space["h"], "eth0")
        taps.add_sender("low", space["low"], "up0")
        taps.collect()

    def send(self, name, raw):
        """{place: [frames]}, and nothing for places where none came out."""
        self.taps.send(name, raw)
        return {place: got for place, got in self.taps.collect().items() if got}

    def show(self, which, *args):
        return getattr(self, which).json("show", self.names[which], *args)

    def ports(self, which):
        return {p["port"]: p for p in self.show(which)["ports"]}

    def running(self, command):
        """For the extender."""
        lab = SimpleNamespace(host=self.space["pe"], evbpf=self.pe)
        return Running(lab, command, self.names["pe"])

    def apply(self, which, keys):
        """What changed, as text; a second time nothing does."""
        path = self.write(which, keys)
        done = getattr(self, which).ok("apply", path).stdout
        assert getattr(self, which).ok("apply", path).stdout == "nothing differs\n"
        return done.splitlines()

    def close(self):
        self.taps.close()
        for which, evbpf in (("pe", self.pe), ("cb", self.cb)):
            evbpf.run("detach", self.names[which])
        for space in self.space.values():
            space.close()
        self.dir.cleanup()


@pytest.fixture(params=[E_TAG, VN_TAG], scope="module")
def pair(request, evbpf_is_built):  # pylint: disable=unused-argument
    made = Pair(request.param)
    yield made
    made.close()


def test_attach_and_list_count_cascades(pair):
    assert pair.said == [f"{pair.names['pe']}: uplink up0 (tc, tcx), pf, 2 VFs, 1 cascade\n",
                         f"{pair.names['cb']}: bridge, 4 ports (tc, tcx)\n"]
    listed = {s["switch"]: s["ports"] for s in pair.pe.json("list")["switches"]}
    assert listed[pair.names["pe"]] == 5 and listed[pair.names["cb"]] == 4
    text = pair.pe.ok("check", pair.write("pe", pair.extender())).stdout
    assert "5 ports (uplink up0, pf, 2 VFs, 1 cascade), 1 replication group, 0 VLANs" in text


def test_show_has_the_ids_of_ports(pair):
    key = word(pair.kind)
    ports = pair.ports("pe")
    assert list(ports) == ["uplink", "pf", "vf0", "vf1", "cas0"]
    assert pair.show("pe")["tag"] == pair.kind
    for name, ident in (("vf0", 0x12), ("vf1", 0x34)):
        port = ports[name]
        assert (port["tag"], port[key]) == (pair.kind, ident)
        assert (port["channel"], port["svid"]) == (ident, 0)
    assert ports["pf"]["tag"] is None and key not in ports["pf"]
    cascade = ports["cas0"]
    assert (cascade["kind"], cascade["dev"], cascade["ids"]) == ("cascade", "cas0", BEHIND)
    assert (cascade["id"], cascade["tag"]) == (None, pair.kind)
    assert (cascade["hook"], cascade["link"]) == ("tc", "up")
    ports = pair.ports("cb")
    assert (ports["x2"]["tag"], ports["x2"][key], ports["x2"]["closed"]) == (pair.kind, 0x34, False)
    assert (ports["p1"]["tag"], ports["p1"]["channel"]) == (None, None)
    assert ports["swp1"]["closed"]


def test_text_has_the_ids_as_the_file_has_them(pair):
    text = pair.pe.ok("show", pair.names["pe"]).stdout.splitlines()
    assert f"relay extender, tag {pair.kind}, uplink up0 (tc, tcx)" in text[0]
    cells = {line.split()[0]: " ".join(line.split()[2:4]) for line in text[2:]}
    assert cells["vf0"] == f"{pair.kind} 0x012"
    assert cells["cas0"] == f"{pair.kind} 0x100-0x1ff,0x300"
    text = pair.cb.ok("show", pair.names["cb"], "ports").stdout.splitlines()
    assert text[1].split()[:4] == ["x1", "swp1", pair.kind, "0x012"]


def test_show_channels_and_replication(pair):
    key, group = word(pair.kind), group_of(pair.kind)
    name = "1.5" if pair.kind == E_TAG else "1001"
    rows = pair.show("pe", "channels")["channels"]
    assert [r["name"] for r in rows] == ["vf0", "vf1", "cas0"]
    assert rows[0] == {"name": "vf0", "tag": pair.kind, key: 0x12, "relay": "extender",
                       "dev": "up0", "port": "vf0", "members": ["vf0"], "n_members": 1}
    assert rows[2]["ids"] == BEHIND and key not in rows[2]
    rows = pair.show("cb", "channels")["channels"]
    assert [(r["name"], r["dev"], r[key]) for r in rows] == \
        [("x1", "swp1", 0x12), ("x2", "swp1", 0x34)]
    assert pair.show("pe", "replication") == {"switch": pair.names["pe"], "replication": [
        {"name": f"uplink.{name}", "dev": "up0", "tag": pair.kind, **group, "vlan": None,
         "proto": None, "members": ["vf0", "vf1", "cas0"]}]}
    assert pair.show("cb", "replication")["replication"] == [
        {"name": f"swp1.{name}", "dev": "swp1", "tag": pair.kind, **group, "vlan": 0, "proto": None,
         "members": ["x1", "x2"]}]
    text = pair.cb.ok("show", pair.names["cb"], "replication").stdout.splitlines()
    ident = "grp 1 0x005" if pair.kind == E_TAG else "list 0x1001"
    assert text[1].split() == [f"swp1.{name}", "swp1", pair.kind, *ident.split(), "0", "x1", "x2"]


def test_fdb_has_the_channel_of_extended_ports(pair):
    pair.send("vf0", build(BROADCAST, V0).raw())
    pair.send("host", build(BROADCAST, HOST).raw())
    rows = {r["mac"]: r for r in pair.show("cb", "fdb")["fdb"]}
    assert (rows[mac_text(V0)]["port"], rows[mac_text(V0)]["channel"]) == ("x1", 0x12)
    assert (rows[mac_text(HOST)]["port"], rows[mac_text(HOST)]["channel"]) == ("p1", None)
    text = pair.cb.ok("show", pair.names["cb"], "fdb").stdout
    assert f"{pair.kind} 0x012" in next(line for line in text.splitlines() if mac_text(V0) in line)


def test_vlans_has_members_and_no_bundle(pair):
    row = next(v for v in pair.show("cb", "vlans")["vlans"] if v["vlan"] == 0)
    assert row["members"] == ["x1", "x2", "p1"]


def test_dump_has_names_for_bundles_and_ranges_for_ids(pair):
    path = pair.write("cb", pair.bridge())
    dump = pair.cb.json("check", path, "--dump")
    port = {p["name"]: p["port"] for p in dump["evb_ports"]}
    group = next(g for g in dump["evb_groups"] if g["bundles"])
    replication = next(n for name, n in port.items() if name.startswith("swp1."))
    assert group["bundles"] == [{"port": replication, "members": [port["x1"], port["x2"]]}]
    assert sorted(group["port"]) == sorted([port["x1"], port["x2"], port["p1"]])
    assert all(p < 0x8000 for g in dump["evb_groups"] for p in g["port"])
    assert "(x1 x2)" in pair.cb.ok("check", path, "--dump").stdout
    dump = pair.pe.json("check", pair.write("pe", pair.extender()), "--dump")
    cascade = next(p["port"] for p in dump["evb_ports"] if p["name"] == "cas0")
    assert dump["evb_ingress"] == [{"ids": ids, "port": cascade} for ids in BEHIND]
    vf0 = next(p for p in dump["evb_ports"] if p["name"] == "vf0")
    assert vf0["extended"] == 0x12


def check_up_and_down(pair, ident):
    """A frame of vf0 and the answer, by their bytes on the cable."""
    up, down = build(HOST, V0), build(V0, HOST)
    got = pair.send("vf0", up.raw())
    assert got.get("up") == [tagged(pair.kind, ident, up)], got
    assert got.get("host") == [up.raw()], got
    got = pair.send("host", down.raw())
    assert got == {"down": [tagged(pair.kind, ident, down, True)], "vf0": [down.raw()]}


def test_an_id_changes_live_at_both_ends(pair):
    key = word(pair.kind)
    pair.send("host", build(BROADCAST, HOST).raw())
    check_up_and_down(pair, 0x12)
    assert pair.pe.ok("set", pair.names["pe"], "vf", "0", key, "0x15").stdout == \
        f"vf0: {key} 0x012 -> 0x015\n"
    got = pair.send("vf0", build(HOST, V0).raw())
    assert got == {"up": [tagged(pair.kind, 0x15, build(HOST, V0))]}
    assert flat_stats(pair.cb.json("stats", pair.names["cb"]))["swp1", "drops.channel"] >= 1
    assert pair.cb.ok("set", pair.names["cb"], "port", "x1", key, "0x15").stdout == \
        f"x1: {key} 0x012 -> 0x015\n"
    check_up_and_down(pair, 0x15)
    assert pair.ports("cb")["x1"][key] == pair.ports("pe")["vf0"][key] == 0x15
    done = pair.pe.ok("-j", "diff", pair.write("pe", pair.extender())).stdout
    assert json.loads(done)["changes"] == [
        {"port": "vf0", "key": key, "old": "0x015", "new": "0x012"}]
    assert pair.apply("pe", pair.extender()) == [f"vf0: {key} 0x015 -> 0x012"]
    assert pair.apply("cb", pair.bridge()) == [f"x1: {key} 0x015 -> 0x012"]
    check_up_and_down(pair, 0x12)


def test_an_id_that_is_taken_is_refused_and_nothing_changes(pair):
    key = word(pair.kind)
    other = word(VN_TAG if pair.kind == E_TAG else E_TAG)
    pe, cb = pair.names["pe"], pair.names["cb"]
    pair.pe.fails("set", pe, "vf", "0", key, "0x34", says="already")
    pair.pe.fails("set", pe, "vf", "0", key, "0x101", says="already")
    pair.pe.fails("set", pe, "vf", "0", other, "0x99",
                  says=["does not go with tag", f"write {key}"])
    pair.pe.fails("set", pe, "vf", "0", key, "default", says=f"has no '{key}'")
    pair.cb.fails("set", cb, "port", "x1", key, "0x34", says="already")
    pair.cb.fails("set", cb, "port", "x1", "tag", pair.kind, says="use apply")
    assert pair.pe.ok("diff", pair.write("pe", pair.extender())).stdout == "nothing differs\n"
    check_up_and_down(pair, 0x12)


def test_a_group_goes_and_comes(pair):
    name = "swp1.1.5" if pair.kind == E_TAG else "swp1.1001"
    frame = build(BROADCAST, HOST)
    flood = tagged(pair.kind, pair.group, frame, True, group=True)
    one = {"down": [flood], "vf0": [frame.raw()], "vf1": [frame.raw()], "low": [flood]}
    assert pair.send("host", frame.raw()) == one
    assert pair.apply("cb", pair.bridge(group=False)) == [f"{name}: removed, members x1,x2"]
    assert pair.show("cb", "replication")["replication"] == []
    assert "no replication groups" in pair.cb.ok("show", pair.names["cb"], "replication").stdout
    got = pair.send("host", frame.raw())
    assert sorted(got.pop("down")) == [tagged(pair.kind, i, frame, True) for i in IDS]
    assert got == {"vf0": [frame.raw()], "vf1": [frame.raw()]}
    assert pair.apply("cb", pair.bridge()) == [f"{name}: added, members x1,x2"]
    assert pair.send("host", frame.raw()) == one


def test_members_of_an_extenders_group_change(pair):
    name = "uplink.1.5" if pair.kind == E_TAG else "uplink.1001"
    frame = build(BROADCAST, HOST)
    assert pair.apply("pe", pair.extender(members=("vf1",))) == \
        [f"{name}: members vf0,vf1,cas0 -> vf1"]
    got = pair.send("host", frame.raw())
    del got["down"]
    assert got == {"vf1": [frame.raw()]}
    assert pair.apply("pe", pair.extender()) == [f"{name}: members vf1 -> vf0,vf1,cas0"]
    assert set(pair.send("host", frame.raw())) == {"down", "vf0", "vf1", "low"}


def test_a_port_with_a_tag_and_a_cascade_come_and_go(pair):
    key, name = word(pair.kind), "uplink.1.5" if pair.kind == E_TAG else "uplink.1001"
    port = {"name": "x3", "dev": "swp1", "tag": pair.kind, key: 0x101}
    up, down = build(HOST, LOW), build(LOW, HOST)
    raw = tagged(pair.kind, 0x101, up)
    assert pair.send("low", raw) == {"up": [raw]}, "nobody has that id above"
    assert pair.apply("cb", pair.bridge(more=[port])) == ["x3: added, dev swp1"]
    assert pair.send("low", raw) == {"up": [raw], "host": [up.raw()]}
    want = tagged(pair.kind, 0x101, down, True)
    assert pair.send("host", down.raw()) == {"down": [want], "low": [want]}
    assert pair.apply("pe", pair.extender(behind=["0x100"])) == \
        ["cas0: ids 0x100-0x1ff,0x300 -> 0x100"]
    assert pair.send("host", down.raw()) == {"down": [want]}
    assert pair.apply("pe", pair.extender(cascade=False, members=("vf0", "vf1"))) == \
        ["cas0: removed, dev cas0", f"{name}: members vf0,vf1,cas0 -> vf0,vf1"]
    assert "cas0" not in pair.ports("pe")
    assert pair.send("low", raw) == {}
    assert pair.apply("pe", pair.extender())[0] == "cas0: added, dev cas0"
    assert pair.send("low", raw) == {"up": [raw], "host": [up.raw()]}
    assert pair.send("host", down.raw()) == {"down": [want], "low": [want]}
    assert pair.apply("cb", pair.bridge()) == ["x3: removed, dev swp1"]
    flood = tagged(pair.kind, pair.group, down, True, group=True)
    assert pair.send("host", down.raw()) == {"down": [flood], "low": [flood], "vf0": [down.raw()],
                                             "vf1": [down.raw()]}


def test_stats_of_a_cascade_are_the_wires(pair):
    pair.pe.ok("stats", pair.names["pe"], "--reset")
    raw = tagged(pair.kind, 0x300, build(HOST, LOW))
    assert pair.send("low", raw).get("up") == [raw]
    stats = flat_stats(pair.pe.json("stats", pair.names["pe"]))
    assert (stats["cas0", "rx.packets"], stats["cas0", "rx.bytes"]) == (1, len(raw))
    assert stats["cas0", "tx.packets"] == 0 and stats["uplink", "tx.packets"] == 1


def test_what_a_device_has_lost_counts_at_the_port_that_stands_for_it(pair):
    pair.send("vf0", build(BROADCAST, V0).raw())
    lost = json.loads(pair.space["cb"].run(["ip", "-j", "-s", "link", "show", "swp1"]).stdout)
    before = lost[0]["stats64"]["tx"]["dropped"]
    pair.cb.ok("stats", pair.names["cb"], "--reset")
    pair.space["pe"].ip("link set up0 down")
    for _ in range(4):
        pair.taps.send("host", build(V0, HOST).raw())
    pair.space["pe"].ip("link set up0 up")
    pair.taps.collect()
    lost = json.loads(pair.space["cb"].run(["ip", "-j", "-s", "link", "show", "swp1"]).stdout)
    lost = lost[0]["stats64"]["tx"]["dropped"] - before
    stats = flat_stats(pair.cb.json("stats", pair.names["cb"]))
    assert lost >= 4
    assert [stats.get((name, "drops.send"), 0) for name in ("x1", "x2", "swp1")] == [0, 0, lost]


def test_monitor_names_the_ids_of_refused_frames(pair):
    raw = tagged(pair.kind, 0x77, build(HOST, LOW))
    want = "e-tag ecid 0x077, " if pair.kind == E_TAG else "vn-tag up vif 0x077, "
    with pair.running("monitor") as monitor:
        pair.send("low", raw)
        line = until("the refusal", lambda: next(
            (t for t in monitor.text().splitlines() if want in t), None))
        assert (f"{pair.names['pe']} cas0 channel len {len(raw)}: {mac_text(LOW)} > "
                f"{mac_text(HOST)}, {want}type 0x88b5") in line
        assert monitor.end() == 0


# ---- ids that change their owner, devices that change their place

def pinned(pair, table):
    """Rows of a map of the extender, by bpftool."""
    path = f"/sys/fs/bpf/evbpf/{pair.names['pe']}/{table}"
    rows = json.loads(pair.space["pe"].run(["bpftool", "-j", "map", "dump", "pinned", path]).stdout)
    return [(row["formatted"]["key"], row["formatted"]["value"]) for row in rows]


def owners(pair):
    """{port: its id} of ports that have a link and one, and {id: ports that it leads to}."""
    ports = {number: row for number, row in pinned(pair, "evb_ports") if row["name"]}
    own = {row["name"]: row["extended"] for row in ports.values()
           if row["extended"] and not row["down"]}
    leads = {key["channel"]: ports[row["port"]] for key, row in pinned(pair, "evb_ingress")
             if key["channel"]}
    return own, {ident: row["name"] for ident, row in leads.items() if not row["down"]}


def moved(pair, name, ids, pf, behind):
    """A file of these ids, and who has them."""
    keys = {**pair.extender(ids, behind=list(map(hex, behind)), members=()),
            "pf": {word(pair.kind): pf}}
    path = os.path.join(pair.dir.name, name)
    os.rename(pair.write("pe", keys), path)
    own = {"vf0": ids[0], "vf1": ids[1], "pf": pf}
    return path, (own, {**dict.fromkeys(behind, "cas0"), **{i: port for port, i in own.items()}})


def test_an_apply_that_is_killed_leaves_no_id_to_two_ports(pair):
    """Four ids change their owners, among them one that comes from a cascade and one that goes
    there. Who has a link has an id of its own, and what the bridge sends to it gets nowhere else."""
    faulty = Evbpf(pair.space["pe"], binary=FAULTS)
    old, before = moved(pair, "old.yaml", (0x12, 0x34), 0x56, [0x100, 0x78])
    new, after = moved(pair, "new.yaml", (0x34, 0x56), 0x78, [0x100, 0x12])
    try:
        faulty.ok("apply", old)
        done = faulty.ok("apply", new, env={"EVBPF_FAULT_MODE": "list"})
        assert owners(pair) == after
        faulty.ok("apply", old)
        steps = points(done.stderr)
        assert len(steps) >= 7, f"three ports and four ids, but {steps}"
        for number, step in steps:
            done = faulty.run("apply", new, env={"EVBPF_FAULT": str(number)})
            own, leads = owners(pair)
            what = f"killed at {number} ({step}): {own}, {leads}"
            assert done.returncode == KILLED, explain(["apply"], done)
            assert len(set(own.values())) == len(own), what
            assert all(own.get(port, ident) == ident for ident, port in leads.items()), what
            faulty.ok("apply", old)
            assert owners(pair) == before, what
    finally:
        pair.apply("pe", pair.extender())
    check_up_and_down(pair, 0x12)


@pytest.mark.parametrize("pair", [E_TAG], indirect=True)
def test_all_ids_behind_cascades_change_in_one_apply(pair):
    """As many as there can be, for as many others: those come before these go."""
    old, new = "0x1000-0x4fff", "0x8000-0xbfff"
    for behind, was in ((old, ",".join(BEHIND)), (new, old)):
        assert pair.apply("pe", pair.extender(behind=[behind])) == [f"cas0: ids {was} -> {behind}"]
        assert list(owners(pair)[1].values()).count("cas0") == 16384
    for ident, passes in ((0x8000, 1), (0xbfff, 1), (0x1000, 0), (0x4fff, 0), (0x7fff, 0)):
        raw = tagged(pair.kind, ident, build(HOST, LOW))
        assert pair.send("low", raw) == ({"up": [raw]} if passes else {}), hex(ident)
    assert pair.apply("pe", pair.extender()) == [f"cas0: ids {new} -> {','.join(BEHIND)}"]
    check_up_and_down(pair, 0x12)


def test_a_device_that_changes_its_place_in_one_apply(pair):
    """The sentence says what is right, and that then works; nothing changes before."""
    space, key = pair.space["pe"], word(pair.kind)
    space.ip("tuntap add t0 mode tap", "link set t0 mtu 1520 up")
    bare = pair.extender()
    vf = {"id": 2, "dev": "t0", "mac": mac_text(V0[:5] + b"\x77"), key: 0x56}
    as_vf = {**bare, "vfs": [*bare["vfs"], vf]}
    as_cascade = {**bare, "cascade": [*bare["cascade"], {"dev": "t0", "ids": ["0x400"]}]}
    try:
        for have, want in ((as_vf, as_cascade), (as_cascade, as_vf)):
            pair.apply("pe", have)
            saved = pair.pe.ok("save", pair.names["pe"]).stdout
            done = pair.pe.fails("apply", pair.write("pe", want), says=[
                "t0", "another port of this switch", "leave it out in one apply",
                "add it in the next"])
            assert "detach" not in done.stderr and len(done.stderr.splitlines()) == 1
            assert pair.pe.ok("save", pair.names["pe"]).stdout == saved
            assert pair.pe.ok("diff", pair.write("pe", have)).stdout == "nothing differs\n"
            pair.apply("pe", bare)
            pair.apply("pe", want)
            assert ("t0" in pair.ports("pe"), "vf2" in pair.ports("pe")) == \
                (want is as_cascade, want is as_vf)
            pair.apply("pe", bare)
    finally:
        pair.apply("pe", bare)
        space.ip("link del t0")
    check_up_and_down(pair, 0x12)


# ---- the agent; the last, for it takes the cascade's cable away

def test_the_agent_follows_a_cascade(pair):
    def cascade():
        return pair.ports("pe")["cas0"]

    with pair.running("agent") as agent:
        until("the agent", lambda: "followed" in agent.text())
        pair.space["low"].ip("link set up0 down")
        until("no carrier", lambda: "cas0: link down" in agent.text())
        assert (cascade()["link"], cascade()["carrier"]) == ("down", False)
        pair.space["low"].ip("link set up0 up")
        until("carrier", lambda: "cas0: link up" in agent.text())
        pair.space["pe"].ip("link set cas0 down", "link set cas0 name cas9", "link set cas9 up")
        until("another name", lambda: "cas0: device cas0 is called cas9 now" in agent.text())
        assert cascade()["dev"] == "cas9"
        pair.space["pe"].ip("link del cas9")
        until("it is gone", lambda: "cas0: device cas9 is gone" in agent.text())
        assert (cascade()["absent"], cascade()["hook"], cascade()["ids"]) == (True, "none", BEHIND)
        pair.cable("pe", "cas0", "low", "up0", 1520)
        until("it is there", lambda: "cas0: device cas0 is there" in agent.text())
        until("it is up", lambda: cascade()["link"] == "up")
        assert agent.end() == 0, agent.text()
    assert pair.pe.ok("diff", pair.write("pe", pair.extender())).stdout == "nothing differs\n"
