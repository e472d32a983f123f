# SPDX-License-Identifier: GPL-2.0-only
"""What the commands print: the JSON of design.md section 6, exit codes, and maps by bpftool."""
import json

import pytest

import netns
from frames import BROADCAST, TPID_S, build, mac_text
from lab import UPLINK_MAC, WIRE_MAC, vf_mac
from model import ALL, Port
from program import Evbpf

PORTS = [
    Port("vf0", vf_mac(0), vlan=100, qos=3, strip=False),
    Port("vf1", vf_mac(1), trunk=frozenset([200, *range(300, 311)]), vlan=7, isolated=True),
    Port("vf2", vf_mac(2), trunk=ALL, spoofchk=False, state="disable", made="test"),
    Port("vf3", vf_mac(3), vlan=9, proto=TPID_S, more_macs=(vf_mac(0x33),)),
]
PORT_KEYS = {"port", "id", "kind", "dev", "ifindex", "hook", "channel", "relay", "mac", "vlan", "qos",
             "proto", "trunk", "strip", "spoofchk", "trust", "state", "isolated", "max_tx_rate"}


@pytest.fixture(scope="module")
def lab(make_module_lab):
    lab = make_module_lab(PORTS)
    lab.attach()
    return lab


def shown(lab):
    return {p["port"]: p for p in lab.evbpf.json("show", lab.switch_name)["ports"]}


# ---- show

def test_show_names_the_switch_and_its_uplink(lab):
    out = lab.evbpf.json("show", lab.switch_name)
    assert (out["switch"], out["relay"]) == (lab.switch_name, "veb")
    assert "netns" in out
    assert out["uplink"]["dev"] == "up0" and out["uplink"]["hook"] == "tc"
    index = json.loads(lab.host.run(["ip", "-j", "link", "show", "up0"]).stdout)[0]["ifindex"]
    assert out["uplink"]["ifindex"] == index
    assert {p["port"] for p in out["ports"]} == {"uplink", "pf", "vf0", "vf1", "vf2", "vf3"}


@pytest.mark.parametrize("port", PORTS, ids=lambda p: p.name)
def test_show_gives_every_key_of_a_vf_as_the_file_has_it(lab, port):
    got = shown(lab)[port.name]
    assert PORT_KEYS <= set(got), f"missing: {PORT_KEYS - set(got)}"
    assert (got["id"], got["kind"]) == (int(port.name[2:]), "veth")
    assert got["dev"] == lab.host_end(port.name)
    assert got["mac"] == [mac_text(m) for m in port.macs]
    assert (got["vlan"], got["qos"], got["state"]) == (port.vlan, port.qos, port.state)
    assert got["proto"] == ("802.1ad" if port.proto == TPID_S else "802.1Q")
    for key in ("strip", "spoofchk", "isolated"):
        assert got[key] is getattr(port, key)
    assert got["trust"] is False and got["max_tx_rate"] == 0 and got["relay"] == "veb"
    wanted = {None: [], ALL: ALL}.get(port.trunk, ["200", "300-310"])
    assert got["trunk"] == wanted


def test_show_has_the_pf_as_a_port_of_the_uplink(lab):
    pf = shown(lab)["pf"]
    assert pf["dev"] == "up0" and pf["trunk"] == ALL and pf["vlan"] == 0
    assert mac_text(UPLINK_MAC) in pf["mac"]


def test_show_fdb_lists_every_address_in_its_vlan(lab):
    out = lab.evbpf.json("show", lab.switch_name, "fdb")
    assert out["switch"] == lab.switch_name
    for row in out["fdb"]:
        assert {"mac", "vlan", "proto", "port", "channel", "static", "age"} <= set(row), row
        assert row["static"] is True
    rows = {(r["mac"], r["vlan"], r["port"]) for r in out["fdb"]}
    assert (mac_text(vf_mac(0)), 100, "vf0") in rows
    assert (mac_text(vf_mac(0)), 7, "vf0") not in rows
    for vid in (7, 200, 300, 310):
        assert (mac_text(vf_mac(1)), vid, "vf1") in rows
    assert (mac_text(vf_mac(0x33)), 9, "vf3") in rows
    assert {r["proto"] for r in out["fdb"] if r["port"] == "vf3"} == {"802.1ad"}


def test_show_vlans_lists_the_members(lab):
    out = lab.evbpf.json("show", lab.switch_name, "vlans")
    text = json.dumps(out)
    for word in ("vf0", "vf1", "vf3", "100", "802.1ad"):
        assert word in text, f"{word} is not in {text}"


def test_show_ports_is_the_list_of_show(lab):
    assert lab.evbpf.json("show", lab.switch_name, "ports")["ports"] == list(shown(lab).values())


def test_pretty_json_is_the_same_json(lab):
    plain, pretty = (lab.evbpf.ok(flag, "show", lab.switch_name).stdout for flag in ("-j", "-p"))
    assert json.loads(plain) == json.loads(pretty) and len(pretty.splitlines()) > 20


def test_text_output_names_every_port(lab):
    for command in (["show", lab.switch_name], ["stats", lab.switch_name]):
        text = lab.evbpf.ok(*command).stdout
        for port in ("uplink", "pf", "vf0", "vf1", "vf2", "vf3"):
            assert port in text, f"{port} is not in the output of {command}"


def test_list_has_the_switch(lab):
    out = lab.evbpf.json("list")
    assert lab.switch_name in json.dumps(out)
    assert lab.switch_name in lab.evbpf.ok("list").stdout


# ---- stats

def test_stats_have_the_fixed_names_and_drops_add_up(lab):
    lab.open_taps()
    for frame in (build(BROADCAST, vf_mac(9)), build(BROADCAST, vf_mac(0), [], 1),
                  build(vf_mac(0), vf_mac(0), [], 2)):
        lab.taps.send("vf0", frame.raw())
    lab.taps.send("wire", build(BROADCAST, WIRE_MAC).raw())
    lab.taps.collect()
    out = lab.evbpf.json("stats", lab.switch_name)
    assert out["switch"] == lab.switch_name
    ports = {p["port"]: p for p in out["ports"]}
    assert set(ports) == {"uplink", "pf", "vf0", "vf1", "vf2", "vf3"}
    for name, port in ports.items():
        assert set(port["rx"]) == {"packets", "bytes", "multicast", "broadcast", "dropped"}
        assert set(port["tx"]) == {"packets", "bytes", "dropped"}
        assert sum(port["drops"].values()) == port["rx"]["dropped"] + port["tx"]["dropped"], name
        assert all(port["drops"].values()), "drops lists only reasons that are not 0"
    assert ports["vf0"]["drops"] == {"spoof_mac": 1, "self": 1}


# ---- check

def test_check_says_yes(lab):
    lab.evbpf.ok("check", lab.config)
    assert "vf0" in lab.evbpf.ok("check", lab.config, "--dump").stdout
    lab.evbpf.json("check", lab.config, "--dump")


def test_check_needs_no_device_and_no_bpffs(lab):
    """Neither the uplink nor the VFs exist in this namespace."""
    Evbpf().ok("check", lab.config)
    Evbpf().ok("check", lab.write_config(switch="nodevs", uplink="nodev0"))


def test_check_says_file_line_column_and_value(lab):
    path = lab.write_file("wrong.yaml", "version: 1\nswitch: edge0\nuplink: {dev: up0}\nvfs:\n"
                          "  - {id: 0, dev: v0h, mac: \"02:00:00:00:01:00\", vlan: 4095}\n")
    done = lab.evbpf.fails("check", path, says=["wrong.yaml:5:", "4095"])
    assert len(done.stderr.strip().splitlines()) == 1


# ---- exit codes and errors as JSON

WRONG_USE = [[], ["frobnicate"], ["attach"], ["detach"], ["show"], ["stats"], ["sho", "x"],
             ["attach", "--frobnicate", "x"], ["show", "x", "frobnicate"], ["-n"],
             ["detach", "a", "b"], ["check"]]


@pytest.mark.parametrize("args", WRONG_USE, ids=lambda a: " ".join(a) or "nothing")
def test_wrong_use_is_exit_code_2(evbpf_is_built, args):
    Evbpf().fails(*args, code=2)


@pytest.mark.parametrize("args", [["show", "nobody"], ["stats", "nobody"], ["detach", "nobody"],
                                  ["check", "/nofile.yaml"], ["attach", "/nofile.yaml"]],
                         ids=" ".join)
def test_errors_are_json_with_j(evbpf_is_built, args):
    """{"error": ...} on stdout, exit code 1; the same words as without -j."""
    done = Evbpf().run("-j", *args)
    assert done.returncode == 1
    assert args[1] in json.loads(done.stdout)["error"]
    Evbpf().fails(*args, says=args[1])


def test_wrong_use_is_json_too(evbpf_is_built):
    done = Evbpf().run("-j", "frobnicate")
    assert done.returncode == 2 and "frobnicate" in json.loads(done.stdout)["error"]


def test_list_without_a_switch_is_empty(make_lab):
    out = make_lab([]).evbpf.json("list")
    assert out == [] or not any(out.values()) or "sw" in json.dumps(out)


# ---- maps, as bpftool shows them

def dump(lab, name):
    path = f"/sys/fs/bpf/evbpf/{lab.switch_name}/{name}"
    return json.loads(netns.run(["bpftool", "map", "dump", "pinned", path]).stdout)


def test_bpftool_shows_ports_with_named_fields_and_enums(lab):
    rows = [r["value"] for r in dump(lab, "evb_ports") if r["value"]["kind"] != "EVB_KIND_NONE"]
    kinds = sorted(r["kind"] for r in rows)
    assert kinds == sorted(["EVB_KIND_UPLINK", "EVB_KIND_PF"] + ["EVB_KIND_VETH"] * 4)
    row = next(r for r in rows if r["name"] == "vf0")
    assert row["vlan"] == 100 and row["qos"] == 3 and row["relay"] == "EVB_RELAY_VEB"


def test_bpftool_shows_the_fdb_with_named_fields_and_enums(lab):
    rows = dump(lab, "evb_fdb")
    assert rows and all(r["value"]["kind"] == "EVB_FDB_STATIC" for r in rows)
    assert all({"mac", "fid"} <= set(r["key"]) and "port" in r["value"] for r in rows)


def test_every_map_has_a_name_of_ours_and_btf(lab):
    top = f"/sys/fs/bpf/evbpf/{lab.switch_name}"
    names = netns.run(["ls", top]).stdout.split()
    for name in ("evb_ports", "evb_ingress", "evb_domains", "evb_vlans", "evb_fdb", "evb_groups",
                 "evb_stats", "evb_config"):
        assert name in names, f"{name} is not pinned"
        show = ["bpftool", "-j", "map", "show", "pinned", f"{top}/{name}"]
        info = json.loads(netns.run(show).stdout)
        assert info["btf_id"] > 0 and info["name"] == name
