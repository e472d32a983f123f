# SPDX-License-Identifier: GPL-2.0-only
"""What cannot be: one sentence, and the switch forwards as before."""
import pytest

import verify
from frames import BROADCAST, build
from lab import WIRE_MAC, vf_mac
from model import Port

PORTS = [Port("vf0", vf_mac(0), vlan=100), Port("vf1", vf_mac(1), vlan=100, made="test"),
         Port("vf2", vf_mac(2), trunk=frozenset([200]))]


@pytest.fixture(scope="module")
def lab(make_module_lab):
    lab = make_module_lab(PORTS)
    lab.attach()
    lab.open_taps()
    return lab


@pytest.fixture(autouse=True)
def the_switch_is_as_before(lab):
    def now():
        return [lab.evbpf.ok(command, lab.switch_name).stdout for command in ("show", "save")]
    before = now()
    yield
    assert now() == before
    for sender, source in (("wire", WIRE_MAC), ("vf0", vf_mac(0))):
        verify.check(lab, sender, build(BROADCAST, source), build(vf_mac(1), source, seq=1))


def one_sentence(done):
    lines = [line for line in done.stderr.splitlines() if line]
    assert len(lines) == 1 and lines[0].startswith("evbpf: ") and done.stdout == "", done


SETS = [("vf 0 vlan 4095", ["4095"]), ("vf 0 vlan ten", ["ten"]), ("vf 0 qos 8", ["8"]),
        ("vf 0 promisc on", ["promisc", "trust"]), ("vf 0 max_tx_rate 1.5", ["1.5"]),
        ("vf 0 max_tx_rate 1000001", ["1000001"]), ("vf 0 min_tx_rate 100", ["min_tx_rate"]),
        ("vf 0 min_tx_rate 100 max_tx_rate 10", ["min_tx_rate"]),
        ("vf 0 trunk 100", ["100"]), ("vf 0 trunk 300-200", ["300-200"]),
        ("vf 0 untagged on", ["untagged"]),
        ("vf 0 strip maybe", ["maybe"]), ("vf 0 mac 01:00:00:00:00:01", ["01:00:00:00:00:01"]),
        ("vf 0 mac 02:00:00:00:01:01", ["02:00:00:00:01:01"]), ("vf 0 acl nobody", ["nobody"]),
        ("vf 0 multicast 01:00:5e:00:00:01", ["allmulti"]), ("vf 0 dscp on qos 3", ["dscp", "qos"]),
        ("vf 0 guard.ipv4 10.0.0.300", ["10.0.0.300"]), ("vf 0 guard.ipv4 fd00::1", ["fd00::1"]),
        ("vf 0 storm.brodcast 5", ["brodcast", "broadcast"]), ("vf 0 vlna 7", ["vlna", "vlan"]),
        ("vf 9 vlan 7", ["9"]), ("vf 0 id 3", ["id"]), ("vf 0 portgroup nobody", ["nobody"]),
        ("portgroup nobody vlan 7", ["nobody"]), ("pf spoofchk on", ["spoofchk"]),
        ("vf 1 mtu 1400", ["mtu"]), ("vf 1 dev v9h", ["dev"]), ("vf 0 state up", ["up"]),
        ("vf 0 channel blue", ["channel"]), ("vf 0 relay bridge", ["vepa"])]


@pytest.mark.parametrize("args, words", SETS, ids=lambda v: v if isinstance(v, str) else "")
def test_a_set_that_makes_no_sense_is_one_sentence(lab, args, words):
    one_sentence(lab.evbpf.fails("set", lab.switch_name, *args.split(), says=words))


@pytest.mark.parametrize("args", ["", "vf", "vf 0", "vf 0 vlan", "pf vlan", "frob 0 vlan 7",
                                  "vf 0 vlan 7 qos"])
def test_a_set_with_something_missing_is_wrong_use(lab, args):
    lab.evbpf.fails("set", lab.switch_name, *args.split(), code=2)


def test_a_switch_that_is_not_there_is_named(lab):
    for command in (["set", "nobody", "vf", "0", "vlan", "7"], ["save", "nobody"], ["monitor", "nobody"],
                    ["stats", "nobody", "--watch"], ["apply", lab.write_config(switch="nobody")],
                    ["diff", lab.write_config(switch="nobody")]):
        one_sentence(lab.evbpf.fails(*command, says="nobody"))


def test_apply_with_another_uplink_is_one_sentence(lab):
    lab.host.ip("link add up1 type veth peer name up1x")
    path = lab.write_config(uplink="up1")
    for command in ("apply", "diff"):
        one_sentence(lab.evbpf.fails(command, path, says=["uplink", "up0", "up1"]))
    lab.host.ip("link del up1")


def test_apply_with_another_hook_of_the_uplink_is_one_sentence(lab):
    one_sentence(lab.evbpf.fails("apply", lab.write_config(hook="xdp"), says="hook"))


@pytest.mark.parametrize("change, words", [
    ({"dev": "nodev0"}, ["nodev0"]), ({"dev": "up0"}, ["up0"]), ({"vlan": 4095}, ["4095"]),
    ({"hook": "xdp"}, ["hook"]), ({"dev": "v0h"}, ["v0h"])], ids=str)
def test_an_apply_that_cannot_be_is_one_sentence(lab, change, words):
    entries = [{**e, **change} if e["id"] == 1 else e for e in lab.vf_entries()]
    one_sentence(lab.evbpf.fails("apply", lab.write_config(vfs=entries), says=words))


def test_a_guest_that_would_change_is_one_sentence(lab):
    entries = lab.vf_entries()
    for change in ({"mac": "02:00:00:00:09:09"}, {"mtu": 1400},
                   {"guest": {**entries[0]["guest"], "name": "eth7"}}):
        path = lab.write_config(vfs=[{**entries[0], **change}, *entries[1:]])
        one_sentence(lab.evbpf.fails("apply", path, says="vf0"))


def test_rules_that_never_match_are_warned_of(lab):
    """By check and by diff; the file is good all the same."""
    acls = {"web": [{"proto": "tcp", "action": "deny"}, {"proto": "tcp", "dport": 22, "action": "permit"}]}
    entries = [{**e, "acl": "web"} if e["id"] == 0 else e for e in lab.vf_entries()]
    path = lab.write_config(vfs=entries, top={"acls": acls})
    for command in ("check", "diff"):
        done = lab.evbpf.ok(command, path)
        assert done.stderr.count("warning") == 1 and "never match" in done.stderr, done.stderr
