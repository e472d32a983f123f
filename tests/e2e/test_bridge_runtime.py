# SPDX-License-Identifier: GPL-2.0-only
"""How a bridge comes, runs, changes and goes: devices, learned addresses, the clock, faults.

      namespaces        the bridge's namespace             namespace of the trunk
    +-----------+     +------------------------+          +----------------------+
    |  a: eth0 ========= p1 (a)         tr =================== eth0                |
    |  b: eth0 ========= p2 (b)   blue: S 200  |          |  both channels, and    |
    +-----------+     |           red:  S 300  |          |  what has no channel   |
                      +------------------------+          +----------------------+
"""
import json
import os
import tempfile

import pytest

import verify
from frames import BROADCAST, build, ctag, mac, stag
from lab import UPLINK_MAC, WIRE_MAC, vf_mac
from model import Port
from netns import Netns
from program import (FAULTS, PLAIN, Evbpf, Running, changes, explain, flat_stats, pins, scalar,
                     snapshot, until)
from taps import Sender, raw_socket, receive_one
from test_faults import KILLED, points
from test_live import Flows

A, B, X, Y = (mac(f"02:00:00:00:0a:0{i}") for i in range(1, 5))
BLUE, RED = stag(200), stag(300)
PORTS = [{"name": "a", "dev": "p1"}, {"name": "b", "dev": "p2"},
         {"name": "blue", "dev": "tr", "svid": 200}, {"name": "red", "dev": "tr", "svid": 300}]
DEVS = {"p1": "a", "p2": "b", "tr": "t"}


class Bridge:
    def __init__(self, number, ports=None, binary=PLAIN, env=None, dev=DEVS, **top):
        self.name = f"br{number}"
        self.host = Netns(f"b{number}")
        self.spaces = {name: Netns(f"b{number}-{name}") for name in DEVS.values()}
        # pylint: disable=consider-using-with
        self.dir = tempfile.TemporaryDirectory(prefix="evbpf-e2e-")
        self.evbpf = Evbpf(self.host, env, binary)
        self.top, self.here = top, []
        for each in dev:
            self.make(each, DEVS[each])
        self.config = self.write(PORTS if ports is None else ports)
        self.socks, self.senders = {}, {}

    def make(self, dev, name):
        self.here.append(name)
        self.host.ip(f"link add {dev} type veth peer name eth0 netns {self.spaces[name].name}",
                     f"link set {dev} up")
        self.spaces[name].ip("link set eth0 up")

    def write(self, ports, name="bridge.yaml", **top):
        keys = {"version": 1, "switch": self.name, "relay": "bridge", **self.top, **top}
        lines = [f"{key}: {scalar(value)}" for key, value in keys.items()]
        lines += ["ports:"] + ["  - " + scalar(port) for port in ports]
        path = os.path.join(self.dir.name, name)
        with open(path, "w", encoding="utf-8") as f:
            f.write("\n".join(lines) + "\n")
        return path

    def attach(self, **kwargs):
        return self.evbpf.ok("attach", self.config, **kwargs)

    def apply(self, ports, **top):
        return self.evbpf.ok("apply", self.write(ports, "new.yaml", **top))

    def open(self):
        """Again for a station whose device was made anew."""
        for name in self.here:
            self.socks[name] = raw_socket(self.spaces[name], "eth0")
            self.senders[name] = Sender(self.spaces[name], "eth0")
        self.here = []

    def send(self, name, frame):
        """{station: [frames]} that this frame comes out as; one core, so nothing is on its way."""
        self.open()
        for name_ in self.socks:
            self.drain(name_)
        self.senders[name].send(frame.raw())
        return {name_: got for name_ in self.socks if (got := self.drain(name_))}

    def drain(self, name):
        got = []
        while (raw := receive_one(self.socks[name])) is not None:
            got.append(raw)
        return got

    def dump(self, table):
        """[{"key": .., "value": ..}], with the fields' names."""
        out = self.host.run(["bpftool", "-j", "map", "dump", "pinned",
                             f"/sys/fs/bpf/evbpf/{self.name}/{table}"]).stdout
        return [row.get("formatted", row) for row in json.loads(out)]

    def learned(self):
        """{port: count} by evb_learn; and evb_fdb must say the same, and no port of it is free."""
        names = {row["key"]: row["value"]["name"] for row in self.dump("evb_ports")
                 if row["value"]["kind"] not in ("EVB_KIND_NONE", 0)}
        counts, have = self.counted(), {}
        for row in self.dump("evb_fdb"):
            if row["value"]["kind"] in ("EVB_FDB_LEARNED", 1):
                have[row["value"]["port"]] = have.get(row["value"]["port"], 0) + 1
        if counts != self.counted():  # the clock goes on meanwhile
            return self.learned()
        assert have == counts, (have, counts)
        return {names[port]: count for port, count in counts.items()}

    def counted(self):
        return {row["key"]: row["value"]["count"] for row in self.dump("evb_learn")
                if row["value"]["count"]}

    def stats(self):
        return flat_stats(self.evbpf.json("stats", self.name))

    def all_spaces(self):
        return [self.host, *self.spaces.values()]

    def snapshot(self):
        state = {"pins": pins()}
        for space in self.all_spaces():
            state.update(snapshot(space))
        return state

    def assert_same(self, before, what="something is left"):
        left = changes(before, self.snapshot())
        assert not left, f"{what}:\n" + "\n".join(left)

    def close(self):
        for sock in [*self.socks.values(), *self.senders.values()]:
            sock.close()
        if any(f"/evbpf/{self.name}/" in pin for pin in pins()):
            self.evbpf.ok("detach", self.name)
        for space in self.all_spaces():
            space.close()
        self.dir.cleanup()


@pytest.fixture
def make_bridge(evbpf_is_built):
    made = []

    def make(*args, **kwargs):
        make.count += 1
        made.append(Bridge(f"{os.getpid() % 1000}x{make.count}", *args, **kwargs))
        return made[-1]
    make.count = 0
    yield make
    for bridge in made:
        bridge.close()


@pytest.fixture
def bridge(make_bridge):
    made = make_bridge()
    made.attach()
    return made


def teach(bridge):
    """A at a, B at b, X in blue, Y in red."""
    bridge.send("a", build(BROADCAST, A))
    bridge.send("b", build(BROADCAST, B))
    bridge.send("t", build(BROADCAST, X, [BLUE]))
    bridge.send("t", build(BROADCAST, Y, [RED]))


# ---- it runs

def test_addresses_are_learned_and_frames_go_where_they_are(bridge):
    raw = build(BROADCAST, A).raw()
    tagged = {build(BROADCAST, A, [tag]).raw() for tag in (BLUE, RED)}
    got = bridge.send("a", build(BROADCAST, A))
    assert got["b"] == [raw] and set(got["t"]) == tagged and len(got["t"]) == 2 and "a" not in got
    assert bridge.learned() == {"a": 1}
    teach(bridge)
    assert bridge.learned() == {"a": 1, "b": 1, "blue": 1, "red": 1}
    assert bridge.send("a", build(B, A)) == {"b": [build(B, A).raw()]}
    assert bridge.send("a", build(X, A)) == {"t": [build(X, A, [BLUE]).raw()]}
    assert bridge.send("t", build(A, Y, [RED])) == {"a": [build(A, Y).raw()]}
    assert bridge.send("t", build(Y, X, [BLUE])) == {"t": [build(Y, X, [RED]).raw()]}
    stats = bridge.stats()
    assert stats["a", "rx.packets"] == 4 and stats["blue", "tx.packets"] == 5


def test_what_has_no_channel_is_refused_at_the_devices_own_port(bridge):
    before = bridge.stats()
    assert bridge.send("t", build(BROADCAST, X)) == {}
    assert bridge.send("t", build(BROADCAST, X, [stag(201)])) == {}
    assert verify.moves(before, bridge.stats()).get(("tr", "drops.channel")) == 2
    assert bridge.learned() == {}


def test_an_address_that_is_silent_for_its_age_goes(make_bridge):
    bridge = make_bridge(age=2)
    bridge.attach()
    teach(bridge)
    assert bridge.learned() == {"a": 1, "b": 1, "blue": 1, "red": 1}
    until("they are gone", lambda: bridge.learned() == {}, 6)
    assert set(bridge.send("a", build(X, A))) == {"b", "t"}, "it is still known"


def test_age_changes_while_it_runs(bridge):
    teach(bridge)
    bridge.apply(PORTS, age=1)
    until("they are gone", lambda: bridge.learned() == {}, 5)


@pytest.mark.parametrize("env", [{}, {"EVBPF_FORCE_CLSACT": "1"}], ids=["tcx", "clsact"])
def test_detach_leaves_nothing(make_bridge, env):
    bridge = make_bridge(binary=FAULTS, env=env)
    before = bridge.snapshot()
    bridge.attach()
    teach(bridge)
    during = bridge.snapshot()
    for dev in DEVS:
        assert "PROMISC" in during[f"{bridge.host.name}/{dev} flags"]
    bridge.evbpf.ok("detach", bridge.name)
    bridge.assert_same(before)


def test_ports_with_xdp_forward_and_give_offloads_back(make_bridge):
    ports = [{**port, "hook": "xdp"} for port in PORTS]
    bridge = make_bridge(ports)
    before = bridge.snapshot()
    bridge.attach()
    teach(bridge)
    assert bridge.learned() == {"a": 1, "b": 1, "blue": 1, "red": 1}
    assert bridge.send("a", build(X, A)) == {"t": [build(X, A, [BLUE]).raw()]}
    assert bridge.send("t", build(B, X, [BLUE])) == {"b": [build(B, X).raw()]}
    off = bridge.spaces["t"].run(["ethtool", "-k", "eth0"]).stdout
    assert "tx-vlan-stag-hw-insert: off" in off and "generic-receive-offload: on" in off
    bridge.evbpf.ok("detach", bridge.name)
    bridge.assert_same(before)


def test_a_device_belongs_to_one_switch(make_bridge):
    bridge = make_bridge()
    bridge.attach()
    other = bridge.write([{"name": "z", "dev": "tr"}], "other.yaml", switch=bridge.name[:13] + "o")
    bridge.evbpf.fails("attach", other, says=["tr", bridge.name, "detach"])


def test_a_macvtap_is_refused(make_bridge):
    bridge = make_bridge([{"name": "m", "dev": "mv0"}])
    bridge.host.ip("link add link p1 name mv0 type macvtap mode bridge", "link set mv0 up")
    bridge.evbpf.fails("attach", bridge.config, says=["m:", "macvtap", "tap"])
    bridge.evbpf.fails("attach", bridge.write([{"name": "l", "dev": "lo"}]), says=["lo", "Ethernet"])


# ---- it changes

def test_a_port_that_goes_takes_what_was_learned_along(bridge):
    teach(bridge)
    bridge.apply(PORTS[:3])
    assert bridge.learned() == {"a": 1, "b": 1, "blue": 1}
    got = bridge.send("a", build(Y, A))
    assert set(got) == {"b", "t"} and got["t"] == [build(Y, A, [BLUE]).raw()]
    bridge.apply(PORTS[1:])
    assert bridge.learned() == {"b": 1, "blue": 1}
    assert bridge.send("t", build(BROADCAST, Y, [RED])).keys() == {"b", "t"}
    assert "PROMISC" not in str(bridge.snapshot()[f"{bridge.host.name}/p1 flags"])
    bridge.apply(PORTS)
    teach(bridge)
    assert bridge.learned() == {"a": 1, "b": 1, "blue": 1, "red": 1}


def test_ports_that_stay_keep_what_was_learned_and_their_counters(bridge):
    teach(bridge)
    before = bridge.stats()
    bridge.apply([{"name": "new", "dev": "tr", "svid": 400}, *PORTS[::-1]])
    assert bridge.learned() == {"a": 1, "b": 1, "blue": 1, "red": 1}
    moved = verify.moves(before, bridge.stats())
    assert not {key: n for key, n in moved.items() if n}, moved
    assert bridge.send("t", build(B, X, [BLUE])) == {"b": [build(B, X).raw()]}
    got = bridge.send("t", build(BROADCAST, mac("02:00:00:00:0a:09"), [stag(400)]))
    assert set(got) == {"a", "b", "t"}


def test_a_port_may_get_another_name(bridge):
    teach(bridge)
    bridge.apply([{**port, "name": port["name"] + "2"} for port in PORTS])
    assert bridge.learned() == {"a2": 1, "b2": 1, "blue2": 1, "red2": 1}
    assert bridge.send("a", build(X, A)) == {"t": [build(X, A, [BLUE]).raw()]}


def test_the_devices_own_port_opens_and_closes(bridge):
    assert bridge.send("t", build(BROADCAST, X)) == {}
    bridge.apply([*PORTS, {"name": "plain", "dev": "tr"}])
    assert set(bridge.send("t", build(BROADCAST, X))) == {"a", "b", "t"}
    assert bridge.learned() == {"plain": 1}
    bridge.apply(PORTS)
    assert bridge.learned() == {} and bridge.send("t", build(BROADCAST, X)) == {}


def test_a_static_address_is_not_known_elsewhere_in_vlans_that_nobody_names(bridge):
    """It has one row for all of them; what is learned has one for each."""
    bridge.send("t", build(BROADCAST, X, [BLUE, ctag(77)]))
    bridge.send("a", build(BROADCAST, A, [ctag(77)]))
    assert bridge.learned() == {"a": 1, "blue": 1}
    bridge.apply([PORTS[0], {**PORTS[1], "static": ["02:00:00:00:0a:03"]}, *PORTS[2:]])
    assert bridge.learned() == {"a": 1}
    assert bridge.send("a", build(X, A, [ctag(77)])) == {"b": [build(X, A, [ctag(77)]).raw()]}


@pytest.mark.parametrize("key, value", [("vlan", 10), ("trunk", [10]), ("learning", False),
                                        ("learn_limit", 0), ("state", "disable")])
def test_what_changes_at_a_port_makes_it_forget(bridge, key, value):
    """The others keep what they have."""
    teach(bridge)
    other = {**PORTS[1], key: value}
    bridge.apply([PORTS[0], other, *PORTS[2:]])
    assert bridge.learned() == {"a": 1, "blue": 1, "red": 1}
    assert "b" in bridge.send("a", build(B, A)) or key in ("vlan", "trunk", "state")


def test_a_disabled_port_takes_the_carrier_of_a_device_of_its_own(bridge):
    def carrier(name):
        return "LOWER_UP" in bridge.spaces[name].run(["ip", "link", "show", "eth0"]).stdout
    teach(bridge)
    bridge.apply([PORTS[0], *({**port, "state": "disable"} for port in PORTS[1:3]), PORTS[3]])
    until("b has none", lambda: not carrier("b"))
    assert carrier("t") and row(bridge, "blue")["down"] and not row(bridge, "red")["down"]
    assert bridge.learned() == {"a": 1, "red": 1}
    assert bridge.send("a", build(Y, A)) == {"t": [build(Y, A, [RED]).raw()]}
    with Running(bridge, "agent", bridge.name) as agent:
        until("the agent", lambda: "followed" in agent.text())
        bridge.apply(PORTS)
        until("b has one", lambda: carrier("b"))
        until("it is up", lambda: not row(bridge, "b")["down"])
        assert agent.end() == 0
    teach(bridge)
    assert bridge.learned() == {"a": 1, "b": 1, "blue": 1, "red": 1}


def test_a_port_that_leaves_a_vlan_of_its_trunk_forgets(make_bridge):
    ports = [{"name": "a", "dev": "p1"}, {"name": "b", "dev": "p2", "trunk": [10, 20]}]
    bridge = make_bridge(ports)
    bridge.attach()
    bridge.send("b", build(BROADCAST, B, [ctag(10)]))
    bridge.send("a", build(BROADCAST, A, [ctag(10)]))
    assert bridge.learned() == {"a": 1, "b": 1}
    bridge.apply([ports[0], {"name": "b", "dev": "p2", "trunk": [20, 30]}])
    assert bridge.learned() == {"a": 1}
    assert bridge.send("a", build(B, A, [ctag(10)])) == {}


def test_an_address_that_was_learned_becomes_static_and_is_counted_once(bridge):
    teach(bridge)
    bridge.apply([PORTS[0], {**PORTS[1], "static": ["02:00:00:00:0a:03"]}, *PORTS[2:]])
    assert bridge.learned() == {"a": 1, "b": 1, "red": 1}
    assert bridge.send("a", build(X, A)) == {"b": [build(X, A).raw()]}
    bridge.send("t", build(BROADCAST, X, [BLUE]))
    assert bridge.learned() == {"a": 1, "b": 1, "red": 1}, "a static address has moved"
    bridge.apply(PORTS)
    assert set(bridge.send("a", build(X, A))) == {"b", "t"}
    bridge.send("t", build(BROADCAST, X, [BLUE]))
    assert bridge.learned() == {"a": 1, "b": 1, "blue": 1, "red": 1}


def test_a_device_comes_later(make_bridge):
    bridge = make_bridge([{**port, "present": "later"} for port in PORTS], dev=("p1", "p2"))
    bridge.attach()
    assert bridge.send("a", build(BROADCAST, A)).keys() == {"b"}
    bridge.make("tr", "t")
    bridge.evbpf.ok("apply", bridge.config)
    teach(bridge)
    assert bridge.learned() == {"a": 1, "b": 1, "blue": 1, "red": 1}


def test_the_agent_follows_devices_and_their_carrier(make_bridge):
    bridge = make_bridge([{**port, "present": "later"} for port in PORTS], dev=("p1", "p2"))
    bridge.attach()
    with Running(bridge, "agent", bridge.name) as agent:
        until("the agent", lambda: "followed" in agent.text())
        bridge.make("tr", "t")
        until("the trunk", lambda: row(bridge, "red")["ifindex"] and not row(bridge, "red")["down"])
        teach(bridge)
        assert bridge.learned() == {"a": 1, "b": 1, "blue": 1, "red": 1}
        bridge.spaces["t"].ip("link set eth0 down")
        until("both are down", lambda: row(bridge, "blue")["down"] and row(bridge, "red")["down"])
        until("they are forgotten", lambda: bridge.learned() == {"a": 1, "b": 1})
        assert bridge.send("a", build(X, A)).keys() == {"b"}
        bridge.spaces["t"].ip("link set eth0 up")
        until("both are up", lambda: not row(bridge, "blue")["down"])
        bridge.host.ip("link set p2 down")
        until("b is down", lambda: row(bridge, "b")["down"] and bridge.learned() == {"a": 1})
        bridge.host.ip("link set p2 up")
        until("b is up", lambda: not row(bridge, "b")["down"])
        bridge.host.ip("link del tr")
        until("it is gone", lambda: not row(bridge, "blue")["ifindex"])
        assert agent.end() == 0, agent.text()


def row(bridge, name):
    return next(r["value"] for r in bridge.dump("evb_ports") if r["value"]["name"] == name)


def test_a_bridge_does_not_become_another_switch(bridge):
    path = os.path.join(bridge.dir.name, "edge.yaml")
    with open(path, "w", encoding="utf-8") as f:
        f.write(f"version: 1\nswitch: {bridge.name}\nuplink: {{dev: tr}}\n")
    bridge.evbpf.fails("apply", path, says=["bridge", "detach"])
    ports = [{**PORTS[0], "hook": "xdp"}, *PORTS[1:]]
    bridge.evbpf.fails("apply", bridge.write(ports, "xdp.yaml"), says=["a:", "hook", "p1"])


def test_changes_lose_no_frame_of_others_and_counts_stay_exact(bridge):
    """red comes and goes; X, which sends all the time, is static and is not."""
    teach(bridge)
    bridge.flow_ports = {name: (space, "eth0") for name, space in bridge.spaces.items()}
    flows = [("a", build(B, A), "b"), ("b", build(A, B), "a"), ("t", build(B, X, [BLUE]), "b"),
             ("t", build(A, Y, [RED]), None)]
    files = [bridge.write(ports, f"{i}.yaml") for i, ports in enumerate((
        [PORTS[0], {**PORTS[1], "static": ["02:00:00:00:0a:03"]}, PORTS[2]], PORTS,
        [{**PORTS[0], "isolated": True}, *PORTS[1:]], PORTS[:3], PORTS))]
    running = Flows(bridge, flows, 5000)
    for path in 4 * files:
        bridge.evbpf.ok("apply", path)
    got, sent = running.ended()
    for number, (port, frame, to) in enumerate(flows):
        assert sent[number] > 100
        for name in DEVS.values():
            count = got.get((number, name), (0, 0))
            if to == name:
                assert count == (sent[number], 0), f"{port}: {frame}: {name}"
            elif to:
                assert count == (0, 0), f"{port}: {frame}: {name} got a copy"
    assert bridge.learned() == {"a": 1, "b": 1, "blue": 1, "red": 1}


# ---- it stops on its way

def fault_steps(bridge, *command):
    done = bridge.evbpf.ok(*command, env={"EVBPF_FAULT_MODE": "list"})
    return points(done.stderr)


def test_attach_that_stops_can_be_detached_or_undoes_what_it_did(make_bridge):
    bridge = make_bridge(binary=FAULTS)
    before = bridge.snapshot()
    steps = fault_steps(bridge, "attach", bridge.config)
    bridge.evbpf.ok("detach", bridge.name)
    assert len(steps) > 30
    for number, name in steps[::5] + steps[-3:]:
        done = bridge.evbpf.run("attach", bridge.config, env={"EVBPF_FAULT": str(number)})
        assert done.returncode == KILLED, f"{number} ({name})"
        bridge.evbpf.run("detach", bridge.name)
        bridge.assert_same(before, f"killed at {number} ({name})")
        done = bridge.evbpf.run("attach", bridge.config,
                                env={"EVBPF_FAULT": str(number), "EVBPF_FAULT_MODE": "error"})
        assert done.returncode == 1, explain(["attach"], done)
        bridge.assert_same(before, f"failed at {number} ({name})")
    bridge.attach()
    teach(bridge)
    assert bridge.learned() == {"a": 1, "b": 1, "blue": 1, "red": 1}


CHANGED = [PORTS[1], {"name": "azure", "dev": "tr", "svid": 200, "vlan": 10},
           {"name": "green", "dev": "tr", "svid": 400, "static": ["02:00:00:00:0a:04"]},
           {"name": "c", "dev": "p1"}]


def works(bridge, changed):
    """Whatever was before: addresses are learned anew, and counted right. A port that is in every VLAN
    may keep what it knew in some of them, one in a single VLAN keeps nothing of others."""
    teach(bridge)
    learned = bridge.learned()
    if not changed:
        learned["blue"] = min(learned["blue"], 1)
    assert learned == ({"b": 1, "c": 1, "azure": 1} if changed else
                       {"a": 1, "b": 1, "blue": 1, "red": 1})


def test_apply_that_stops_goes_on_or_is_undone(make_bridge):
    bridge = make_bridge(binary=FAULTS)
    before = bridge.snapshot()
    changed = bridge.write(CHANGED, "changed.yaml")
    bridge.attach()
    teach(bridge)
    steps = fault_steps(bridge, "apply", changed)
    works(bridge, True)
    bridge.evbpf.ok("apply", bridge.config)
    works(bridge, False)
    for number, name in steps[::6] + steps[-3:]:
        env = {"EVBPF_FAULT": str(number)}
        done = bridge.evbpf.run("apply", changed, env={**env, "EVBPF_FAULT_MODE": "error"})
        if done.returncode:  # what stops when the rows are there is only told
            works(bridge, False)
        bridge.evbpf.ok("apply", bridge.config)
        works(bridge, False)
        done = bridge.evbpf.run("apply", changed, env=env)
        assert done.returncode == KILLED, f"{number} ({name})"
        bridge.learned()
        bridge.evbpf.ok("apply", changed)
        works(bridge, True)
        done = bridge.evbpf.run("apply", bridge.config, env=env)
        bridge.evbpf.ok("apply", bridge.config)
        works(bridge, False)
    bridge.evbpf.ok("detach", bridge.name)
    bridge.assert_same(before)


# ---- channels of a station's switch

def channel_lab(make_lab, **keys):
    """vf0 is the one that moves; in each channel there is a VLAN 100."""
    ports = [Port("vf0", vf_mac(0), vlan=50, more=(("channel", "blue"),))]
    ports += [Port(f"vf{i}", vf_mac(i), vlan=100, more=(("channel", channel),))
              for i, channel in ((1, "blue"), (2, "blue"), (3, "red"), (4, "red"))]
    top = {"channels": [{"name": "blue", "svid": 200}, {"name": "red", "svid": 300}]}
    lab = make_lab(ports, top=top, **keys)
    lab.attach()
    return lab


NAMES = {
    "two names change places": (
        [{"name": "a", "dev": "p1", "vlan": 10}, {"name": "b", "dev": "p2", "vlan": 20}, PORTS[2]],
        [{"name": "b", "dev": "p1", "vlan": 10}, {"name": "a", "dev": "p2", "vlan": 20}, PORTS[2]]),
    "a name goes to another device": (
        [{"name": "a", "dev": "p1", "vlan": 10}, PORTS[2]],
        [{"name": "a", "dev": "p2", "vlan": 10}, PORTS[2]]),
    "two names change places on a device": (
        [PORTS[0], PORTS[2], PORTS[3]],
        [PORTS[0], {**PORTS[2], "name": "red"}, {**PORTS[3], "name": "blue"}, PORTS[1]])}


@pytest.mark.parametrize("old, new", NAMES.values(), ids=NAMES)
def test_a_port_is_on_its_device_after_a_killed_change_of_names(make_bridge, old, new):
    """Killed at every step; then either file makes the switch what it says."""
    # the lowest number is free: a new port stands in front of those that run
    bridge = make_bridge([{"name": "z", "dev": "p2"}, {"name": "a", "dev": "p1"}, PORTS[2]],
                         binary=FAULTS)
    bridge.attach()
    bridge.apply(old)
    for number in range(1, 100):
        done = bridge.evbpf.run("apply", bridge.write(new, "new.yaml"),
                                env={"EVBPF_FAULT": str(number)})
        if done.returncode != KILLED:
            break
        for ports in ([old], [new, old])[number % 2]:
            bridge.apply(ports)
            shown = {p["port"]: (p["dev"], p["svid"], p["vlan"]) for p in
                     bridge.evbpf.json("show", bridge.name)["ports"] if not p["closed"]}
            assert shown == {p["name"]: (p["dev"], p.get("svid", 0), p.get("vlan", 0))
                             for p in ports}, f"killed at {number}"
            # blue's stations have every VLAN: who gets a frame in 10?
            got = bridge.send("t", build(BROADCAST, X, [BLUE, ctag(10)]))
            assert [DEVS[p["dev"]] for p in ports if p.get("vlan") == 10] == \
                [name for name in got if got[name] == [build(BROADCAST, X).raw()]]
            bridge.learned()
    assert done.returncode == 0 and number > 3, explain(["apply"], done)


def test_a_vf_changes_its_channel_and_others_lose_no_frame(make_lab):
    lab = channel_lab(make_lab)
    flows = [("vf1", build(vf_mac(2), vf_mac(1)), {"vf2"}),
             ("vf3", build(vf_mac(4), vf_mac(3)), {"vf4"}),
             ("uplink", build(vf_mac(2), WIRE_MAC, [BLUE, ctag(100)]), {"vf2"}),
             ("vf4", build(WIRE_MAC, vf_mac(4)), {"uplink"}),
             ("vf4", build(BROADCAST, vf_mac(4)), {"vf3", "uplink"})]
    lab.flow_ports = {"uplink": (lab.wire, "wire0"),
                      **{n: (s, lab.guest_end(n)) for n, s in lab.guests.items()}}
    entries = lab.vf_entries()
    red = {**entries[0], "channel": "red", "vlan": 0}
    with open(lab.write_config(vfs=[red, *entries[1:]]), encoding="utf-8") as f:
        red = lab.write_file("red.yaml", f.read())
    blue = lab.write_config()
    running = Flows(lab, flows, 2000)
    for _ in range(10):
        lab.evbpf.ok("apply", red)
        assert lab.port("vf0")["channel"] == "red"
        lab.evbpf.ok("apply", blue)
    got, sent = running.ended()
    for number, (port, frame, to) in enumerate(flows):
        assert sent[number] > 100
        for name in lab.flow_ports:
            want = (sent[number], 0) if name in to else (0, 0)
            assert got.get((number, name), (0, 0)) == want, f"{port}: {frame}: {name}"


def test_the_first_channel_and_the_last_cost_others_no_frame(make_lab):
    lab = make_lab([Port("vf0", vf_mac(0)), Port("vf1", vf_mac(1), vlan=100),
                    Port("vf2", vf_mac(2), vlan=100)])
    lab.attach()
    flows = [("vf0", build(WIRE_MAC, vf_mac(0)), "uplink"), ("uplink", build(vf_mac(0), WIRE_MAC), "vf0"),
             ("vf1", build(vf_mac(2), vf_mac(1)), "vf2"),
             ("pf", build(vf_mac(0), UPLINK_MAC), "vf0")]
    lab.flow_ports = {"uplink": (lab.wire, "wire0"), "pf": (lab.host, "up0"),
                      **{n: (s, lab.guest_end(n)) for n, s in lab.guests.items()}}
    with open(lab.write_config(top={"channels": [{"name": "blue", "svid": 200}]}),
              encoding="utf-8") as f:
        some = lab.write_file("some.yaml", f.read())
    none = lab.write_config()
    running = Flows(lab, flows, 2000)
    for _ in range(5):
        lab.evbpf.ok("apply", some)
        lab.evbpf.ok("apply", none)
    got, sent = running.ended()
    for number, (port, frame, to) in enumerate(flows):
        assert sent[number] > 100 and got.get((number, to)) == (sent[number], 0), f"{port}: {frame}"


def test_channels_come_and_go_and_keep_their_ports(make_lab):
    lab = channel_lab(make_lab)
    before = lab.stats()
    green = {"name": "green", "svid": 100}
    path = lab.write_config(top={"channels": [green, *lab.top["channels"]]})
    out = lab.evbpf.ok("apply", path).stdout
    assert "green" in out
    sender = Sender(lab.guests["vf0"], "eth0")
    sender.send(build(BROADCAST, vf_mac(0)).raw())
    sender.close()
    moved = verify.moves(before, lab.stats())
    assert moved["uplink.blue", "tx.packets"] == 1, moved
    lab.evbpf.ok("apply", lab.write_config())
    assert "nothing differs" in lab.evbpf.ok("diff", lab.write_config()).stdout


def test_too_small_an_mtu_for_two_tags_is_said_once(make_lab):
    ports = [Port("vf0", vf_mac(0), vlan=10, more=(("channel", "blue"),)),
             Port("vf1", vf_mac(1), more=(("channel", "blue"),))]
    lab = make_lab(ports, top={"channels": [{"name": "blue", "svid": 200}]})
    said = lab.attach().stderr
    assert said.count("1504") == 1 and "up0" in said, said
    entries = lab.vf_entries()
    entries[1]["spoofchk"] = False
    done = lab.evbpf.ok("apply", lab.write_config(vfs=entries))
    assert "MTU" not in done.stderr
    lab.detach()
    lab.host.ip("link set up0 mtu 1504")
    entries[0]["mtu"] = 1500
    done = lab.evbpf.ok("attach", lab.write_config(vfs=entries))
    assert "MTU" not in done.stderr, done.stderr
