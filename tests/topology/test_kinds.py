"""What a link's kind tells of itself, and tunnels' forwarding tables: in the kernel, in the graph, in words."""

from __future__ import annotations

import struct
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from pyroute2 import IPRoute

from tests.topology import samples
from tests.topology.samples import Sample
from workshop.journal import Journal
from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace
from workshop.topology import draw, kinds, layout
from workshop.topology import graph as graphs
from workshop.topology.observe import Observer
from workshop.topology.space import EVERYBODY

MAC = "02:42:0a:09:00:03"


class Bench:
    """A host with an address, an observer of it, and calls as the plugin writes them."""

    def __init__(self, folder: Path) -> None:
        self.host, self.journal = Namespace.create(), Journal(folder / "journal.db")
        self.host.run(self._begin)
        self.observer = Observer(self.journal, {"alpha": self.host})
        self.observer.start()

    def _begin(self) -> None:
        with IPRoute() as ip:
            ip.link("add", ifname="eth0", kind="veth", peer={"ifname": "eth1"}, state="up")
            ip.addr("add", index=ip.link_lookup(ifname="eth0")[0], address="192.0.2.10", prefixlen=24)

    def ip(self, method: str, verb: str, of: str | None = None, **arguments: object) -> None:
        """One change by pyroute2; ``of`` names the link that it is about."""

        def change() -> None:
            with IPRoute() as ip:
                about = {"ifindex": ip.link_lookup(ifname=of)[0]} if of else {}
                getattr(ip, method)(verb, **about, **arguments)

        self.host.run(change)

    def learn(self, dst: str) -> None:
        """Let the tunnel know a MAC address as if a frame of its had come."""
        programs.run(self.host, *f"bridge fdb replace {MAC} dev vx dst {dst} self dynamic".split())

    def index(self, name: str) -> int:
        def look() -> int:
            with IPRoute() as ip:
                return ip.link_lookup(ifname=name)[0]

        return self.host.run(look)

    def space(self) -> dict:
        assert self.observer.settle(5)
        return self.observer.graph()["hosts"][0]["namespaces"][0]

    def link(self, name: str) -> dict:
        return next(link for link in self.space()["links"] if link["name"] == name)

    def fdb(self) -> set[tuple[str, str | None, str]]:
        return {(each["mac"], each["dst"], each["state"]) for each in self.space()["fdb"]}

    def close(self) -> None:
        self.observer.stop()
        self.journal.close()
        self.host.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


TUNNEL = {"kind": "vxlan", "vxlan_id": 4242, "vxlan_port": 4789, "vxlan_learning": True}


@pytest.mark.kernel
def test_a_tunnel_says_its_vni_its_address_and_what_it_is_bound_to(bench: Bench) -> None:
    bench.ip("link", "add", ifname="free", vxlan_local="192.0.2.10", **TUNNEL)
    bench.ip("link", "add", ifname="six", vxlan_local6="fd00::1", **TUNNEL | {"vxlan_learning": False})
    eth0 = bench.index("eth0")
    bench.ip("link", "add", ifname="bound", vxlan_group="239.1.1.1", vxlan_link=eth0, **TUNNEL | {"vxlan_id": 7})
    free, six, bound = (bench.link(name) for name in ("free", "six", "bound"))
    told = {"vni": 4242, "local": "192.0.2.10", "port": 4789, "learning": True, "external": False}
    assert (free["info"], free["parent"]) == (told, None)
    assert six["info"] == told | {"local": "fd00::1", "learning": False}
    assert (bound["info"]["vni"], bound["info"]["group"]) == (7, "239.1.1.1")
    assert bound["parent"] == bench.link("eth0")["id"]
    assert bench.link("eth0")["info"] == {}


@pytest.mark.kernel
def test_a_macvlan_says_its_mode_and_its_parent_stays_what_it_is_when_it_moves_into_a_container(bench: Bench) -> None:
    box = Namespace.create()
    before = bench.link("eth0")
    bench.ip("link", "add", ifname="mac", kind="macvlan", link=bench.index("eth0"), macvlan_mode="private")
    assert bench.link("mac")["info"] == {"mode": "private"}
    bench.ip("link", "set", index=bench.index("mac"), net_ns_fd=box.descriptor)
    bench.observer.watch(box)
    assert bench.observer.settle(5)
    (inside,) = bench.observer.graph()["hosts"][0]["namespaces"][1]["links"]
    assert (inside["info"], inside["parent"]) == ({"mode": "private"}, before["id"])
    assert bench.link("eth0") == before
    box.close()


@pytest.mark.kernel
def test_the_forwarding_table_of_a_tunnel_is_in_the_graph_entry_by_entry(bench: Bench) -> None:
    bench.ip("link", "add", ifname="br", kind="bridge", state="up")
    bench.ip("link", "add", ifname="vx", vxlan_local="192.0.2.10", master=bench.index("br"), state="up", **TUNNEL)
    for peer in ("192.0.2.11", "192.0.2.12"):
        bench.ip("fdb", "append", "vx", lladdr=EVERYBODY, dst=peer)
    bench.learn("192.0.2.11")
    peers = {(EVERYBODY, "192.0.2.11", "permanent"), (EVERYBODY, "192.0.2.12", "permanent")}
    assert bench.fdb() == {*peers, (MAC, "192.0.2.11", "learned")}
    assert {each["link"] for each in bench.space()["fdb"]} == {bench.link("vx")["id"]}
    bench.learn("192.0.2.12")
    assert bench.fdb() == {*peers, (MAC, "192.0.2.12", "learned")}, "it has moved"
    bench.ip("fdb", "del", "vx", lladdr=EVERYBODY, dst="192.0.2.11")
    assert bench.fdb() == {(EVERYBODY, "192.0.2.12", "permanent"), (MAC, "192.0.2.12", "learned")}
    told = bench.observer.graph()
    bench.observer.stop()
    bench.observer = Observer(bench.journal, {"alpha": bench.host})
    bench.observer.start()
    assert bench.space()["fdb"] == told["hosts"][0]["namespaces"][0]["fdb"], "one that begins later sees the same"
    bench.ip("link", "del", index=bench.index("vx"))
    assert bench.fdb() == set()
    assert graphs.last_graph(bench.journal.since(0)) == bench.observer.graph()


@pytest.mark.kernel
def test_an_entry_that_a_call_wrote_names_it_and_one_that_was_learned_none(bench: Bench) -> None:
    bench.ip("link", "add", ifname="vx", vxlan_local="192.0.2.10", state="up", **TUNNEL)
    number = bench.journal.next_call()
    bench.journal.append("call.started", {"host": "alpha", "name": "discover_new", "request": {}}, number)
    bench.ip("fdb", "append", "vx", lladdr=EVERYBODY, dst="192.0.2.11")
    bench.learn("192.0.2.11")
    bench.observer.collect()
    bench.journal.append("call.finished", {"answer": {}, "status": 200}, number)
    assert len(bench.fdb()) == 2
    calls = {
        change["value"]["mac"]: event.call
        for event in bench.journal.since(0)
        for change in event.data.get("changes", ())
        if event.kind == "topology" and change["what"] == "fdb"
    }
    assert calls == {EVERYBODY: number, MAC: None}


def _u16(value: int) -> memoryview:
    return memoryview(struct.pack("=H", value))


def test_kinds_that_this_kernel_may_lack_are_read_by_the_same_table() -> None:
    assert kinds.read("ipvlan", {1: _u16(2), 2: _u16(0)}) == {"mode": "l3s", "flag": "bridge"}
    assert kinds.read("ipvlan", {1: _u16(0), 2: _u16(2)}) == {"mode": "l2", "flag": "vepa"}
    vlan = {1: _u16(10), 5: memoryview(b"\x81\x00"), 99: memoryview(b"")}
    assert kinds.read("vlan", vlan) == {"id": 10, "protocol": "802.1Q"}
    assert kinds.read("macvlan", {1: memoryview((77).to_bytes(4, sys.byteorder))}) == {"mode": 77}
    assert kinds.read("bridge", {1: _u16(1)}) == kinds.read(None, {}) == {}


def test_a_tunnel_is_drawn_with_its_vni_its_ends_and_how_much_it_knows() -> None:
    made = layout.picture(samples.two_hosts())
    one, two = (box for box in made.boxes.values() if "tunnel" in box.classes)
    assert [text for text, _ in one.lines] == [
        "VNI 42",
        "192.0.2.10 port 4789",
        "to 192.0.2.11 (beta) +1",
        "1 MAC in its FDB",
    ]
    assert one.tip.splitlines() == [
        "to 192.0.2.11 (beta)",
        "to 192.0.2.200",
        "02:42:0a:09:00:03 at 192.0.2.11 (beta)",
    ]
    assert [text for text, _ in two.lines][2] == "to 192.0.2.10 (alpha) +1"


def test_a_line_leads_from_a_tunnel_to_the_one_at_its_other_end_or_to_a_host_that_has_none_for_it() -> None:
    graph = samples.two_hosts()
    (line,) = (wire for wire in layout.picture(graph).wires if wire.id.startswith("across-"))
    other = next(link for link in graph["hosts"][1]["namespaces"][0]["links"] if link["kind"] == "vxlan")
    assert line.ends[1] == f"tunnel-{other['id']}" and "waiting" not in line.classes
    other["info"]["vni"] = 43
    (line,) = (wire for wire in layout.picture(graph).wires if wire.id.startswith("across-"))
    assert line.ends[1] == "host-beta"
    assert "waiting" in line.classes, "nobody is there who would take what is sent"


def test_a_tunnel_without_peers_and_one_with_a_group_say_so() -> None:
    sample = Sample()
    host = sample.host()
    sample.tunnel(host, sample.bridge(host))
    sample.tunnel(host, sample.bridge(host, 2), "239.1.1.1", vni=43, group="239.1.1.1")
    graph = sample.done()
    boxes = [box for box in layout.picture(graph).boxes.values() if "tunnel" in box.classes]
    assert [box.lines[2][0] for box in boxes] == ["no peers", "to group 239.1.1.1"]
    assert "to group 239.1.1.1" in draw.text(graph)


def test_the_text_has_what_every_kind_says_and_the_table_of_a_tunnel() -> None:
    text = draw.text(samples.two_hosts())
    assert "vxlan  VNI 42  from 192.0.2.10  port 4789" in text
    assert "├─ to 192.0.2.11 (beta)\n   │  │  └─ 02:42:0a:09:00:03" in text
    sample = Sample()
    host = sample.host()
    sample.link(host["namespaces"][0], "eth0.10", "vlan", info={"id": 10, "protocol": "802.1Q"})
    sample.link(host["namespaces"][0], "mac", "macvlan", info={"mode": "bridge"})
    assert "eth0.10  vlan  VLAN 10" in draw.text(sample.done())
    assert "mac  macvlan  mode bridge" in draw.text(sample.done())


def test_a_container_s_link_says_what_it_sits_on_and_how_in_text_and_picture() -> None:
    sample = Sample()
    host = sample.host()
    parent = host["namespaces"][0]["links"][0]
    box = sample.space(host, "web")
    sample.link(
        box, "eth0", "ipvlan", addresses=["10.9.0.2/24"], parent=parent["id"], info={"mode": "l3", "flag": "bridge"}
    )
    lone = sample.space(host, "lone")
    sample.link(lone, "eth0", "macvlan", addresses=["10.9.0.3/24"], info={"mode": "vepa"})
    graph = sample.done()
    said = draw.text(graph)
    assert "ipvlan on eth0 mode l3" in said and "macvlan mode vepa" in said
    lines = [line for drawn in layout.picture(graph).boxes.values() for line, _ in drawn.lines]
    assert "ipvlan on eth0 mode l3" in lines and "macvlan mode vepa" in lines
