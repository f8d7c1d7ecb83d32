"""A network in a namespace of its own: its bridge, tunnel and ports are seen there, and its containers are found."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyroute2 import IPRoute

from workshop.journal import Journal
from workshop.kernel.namespaces import Namespace
from workshop.topology import graph as graphs
from workshop.topology import places
from workshop.topology.about import About
from workshop.topology.observe import Observer

pytestmark = pytest.mark.kernel

NETWORK = "5" * 64
SHORT = NETWORK[:10]
ENDPOINTS = [letter * 64 for letter in "abc"]
EVERYBODY = "00:00:00:00:00:00"


class Bench:
    """A host, a network's namespace, containers, and what the driver and Docker do, by hand."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal(folder / "journal.db")
        self.host = Namespace.create()
        self.room: Namespace | None = None
        self.boxes = [Namespace.create() for _ in ENDPOINTS]
        self.ip(self.host, lambda ip: ip.link("add", ifname="eth0", kind="veth", peer="far", state="up"))
        self.ip(self.host, lambda ip: ip.addr("add", index=self.index(ip, "eth0"), address="192.0.2.10", prefixlen=24))
        self.observer = Observer(self.journal, {"alpha": self.host})
        self.observer.start()

    @staticmethod
    def index(ip: IPRoute, name: str) -> int:
        return ip.link_lookup(ifname=name)[0]

    def ip(self, where: Namespace, function: Callable[[IPRoute], Any]) -> Any:
        def inside() -> Any:
            with IPRoute() as ip:
                return function(ip)

        return where.run(inside)

    def call(self, name: str, work: Callable[[], Any], *, answer: dict | None = None, **about: Any) -> int:
        number = self.journal.next_call()
        about = {"network": NETWORK, "endpoint": None, "sandbox": None, **about}
        self.journal.append("call.started", {"host": "alpha", "name": name, "request": {}, **about}, number)
        work()
        self.observer.collect()
        self.journal.append("call.finished", {"answer": answer or {}, "status": 200, **about}, number)
        return number

    def create_network(self, *, gateway: bool = True) -> int:
        return self.call("create_network", lambda: self._make(gateway))

    def _make(self, gateway: bool) -> None:
        self.room = room = Namespace.create()
        mark = f"workshop network {NETWORK}"

        def bridge(ip: IPRoute) -> None:
            ip.link("add", ifname=f"wsb{SHORT}", kind="bridge", state="up")
            ip.link("set", index=self.index(ip, f"wsb{SHORT}"), ifalias=mark)

        def tunnel(ip: IPRoute) -> None:
            more = {"vxlan_id": 42, "vxlan_port": 4789, "vxlan_local": "192.0.2.10", "net_ns_fd": room.descriptor}
            ip.link("add", ifname=f"wst{SHORT}", kind="vxlan", **more)

        def plug(ip: IPRoute) -> None:
            index, master = self.index(ip, f"wst{SHORT}"), self.index(ip, f"wsb{SHORT}")
            ip.link("set", index=index, ifalias=mark)
            ip.link("set", index=index, master=master, state="up")
            ip.fdb("append", ifindex=index, lladdr=EVERYBODY, dst="192.0.2.11")

        def uplink(ip: IPRoute) -> None:
            peer = {"ifname": f"wsg{SHORT}", "net_ns_fd": self.host.descriptor}
            master = self.index(ip, f"wsb{SHORT}")
            ip.link("add", ifname=f"wsu{SHORT}", kind="veth", master=master, state="up", peer=peer)
            ip.link("set", index=self.index(ip, f"wsu{SHORT}"), ifalias=mark)

        def address(ip: IPRoute) -> None:
            index = self.index(ip, f"wsg{SHORT}")
            ip.link("set", index=index, ifalias=mark)
            ip.addr("add", index=index, address="10.9.0.1", prefixlen=24)
            ip.link("set", index=index, state="up")

        self.ip(room, bridge)
        self.ip(self.host, tunnel)
        self.ip(room, plug)
        if gateway:
            self.ip(room, uplink)
            self.ip(self.host, address)

    def create_endpoint(self, number: int) -> int:
        endpoint = ENDPOINTS[number]
        short = endpoint[:10]

        def pair(ip: IPRoute) -> None:
            peer = {"ifname": f"wsc{short}", "net_ns_fd": self.host.descriptor}
            master = self.index(ip, f"wsb{SHORT}")
            ip.link("add", ifname=f"wsh{short}", kind="veth", master=master, state="up", peer=peer)
            ip.link("set", index=self.index(ip, f"wsh{short}"), ifalias=f"workshop endpoint {endpoint}")

        return self.call("create_endpoint", lambda: self.ip(self.room, pair), endpoint=endpoint)

    def join(self, number: int) -> int:
        endpoint, box = ENDPOINTS[number], self.boxes[number]
        name = f"wsc{endpoint[:10]}"
        answer = {"InterfaceName": {"SrcName": name, "DstPrefix": "eth"}}
        sandbox = f"/proc/{os.getpid()}/fd/{box.descriptor}"
        call = self.call("join", lambda: None, endpoint=endpoint, sandbox=sandbox, answer=answer)
        self.ip(self.host, lambda ip: ip.link("set", index=self.index(ip, name), net_ns_fd=box.descriptor))

        def inside(ip: IPRoute) -> None:
            index = self.index(ip, name)
            ip.link("set", index=index, ifname="eth0")
            ip.addr("add", index=index, address=f"10.9.0.{number + 2}", prefixlen=24)
            ip.link("set", index=index, state="up")

        self.ip(box, inside)
        return call

    def leave(self, number: int) -> None:
        endpoint, box = ENDPOINTS[number], self.boxes[number]
        self.call("leave", lambda: None, endpoint=endpoint)

        def back(ip: IPRoute) -> None:
            index = self.index(ip, "eth0")
            ip.link("set", index=index, state="down")
            ip.link("set", index=index, ifname=f"wsc{endpoint[:10]}")
            ip.link("set", index=index, net_ns_fd=self.host.descriptor)

        self.ip(box, back)

    def delete_endpoint(self, number: int) -> int:
        name = f"wsh{ENDPOINTS[number][:10]}"
        work = lambda: self.ip(self.room, lambda ip: ip.link("del", index=self.index(ip, name)))  # noqa: E731
        return self.call("delete_endpoint", work, endpoint=ENDPOINTS[number])

    def delete_network(self) -> int:
        def work() -> None:
            for name in (f"wsb{SHORT}", f"wst{SHORT}", f"wsu{SHORT}"):
                self.ip(self.room, lambda ip, n=name: [ip.link("del", index=each) for each in ip.link_lookup(ifname=n)])
            self.room.close()

        return self.call("delete_network", work)

    def restart(self, journal: Journal | None = None) -> None:
        self.observer.stop()
        self.observer = Observer(journal or self.journal, {"alpha": self.host})
        self.observer.start()

    def graph(self) -> graphs.Graph:
        assert self.observer.settle(5)
        return self.observer.graph()

    def spaces(self) -> dict[str, dict[str, Any]]:
        return {each["id"]: each for each in self.graph()["hosts"][0]["namespaces"]}

    def links(self, where: Namespace) -> dict[str, dict[str, Any]]:
        space = self.spaces().get(where.id)
        return {link["name"]: link for link in space["links"]} if space else {}

    def ends(self, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
        """The ends of a container's pair: in the network's namespace, in the container."""
        return self.links(self.room)[f"wsh{ENDPOINTS[number][:10]}"], self.links(self.boxes[number])["eth0"]

    def until(self, holds: Callable[[], Any]) -> Any:
        deadline = time.monotonic() + 5
        while not holds() and time.monotonic() < deadline:
            time.sleep(0.02)
        return holds()

    def close(self) -> None:
        self.observer.stop()
        self.journal.close()
        for each in (self.host, self.room, *self.boxes):
            if each is not None:
                each.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


both = pytest.mark.parametrize("gateway", [True, False], ids=["with a gateway", "without a gateway"])


@both
def test_a_networks_own_namespace_is_told_as_that_with_what_is_in_it_and_who_made_it(bench: Bench, gateway: bool):
    call = bench.create_network(gateway=gateway)
    host, room = bench.spaces().values()
    assert (room["id"], room["network"], room["container"]) == (bench.room.id, NETWORK, None)
    assert (room["name"], room["row"], host["network"]) == (f"wsn{SHORT}", None, None)
    inside = bench.links(bench.room)
    names = [f"ws{letter}{SHORT}" for letter in ("btu" if gateway else "bt")]
    assert list(inside) == names
    assert {(link["network"], link["made_by"]) for link in inside.values()} == {(NETWORK, call)}
    bridge, tunnel, *uplink = inside.values()
    assert {link["master"] for link in (tunnel, *uplink)} == {bridge["id"]}
    assert [link["row"] for link in (tunnel, *uplink)] == [0, None][: 1 + gateway]
    if gateway:
        end = bench.links(bench.host)[f"wsg{SHORT}"]
        assert (end["peer"], uplink[0]["peer"]) == (uplink[0]["id"], end["id"])
        assert (end["made_by"], end["network"], end["row"]) == (call, NETWORK, None)
    assert graphs.last_graph(bench.journal.since(0)) == bench.graph()
    assert bench.graph()["unseen"] == []


def test_a_tunnel_there_has_its_own_address_at_the_host_and_its_peers(bench: Bench) -> None:
    bench.create_network()
    tunnel = bench.links(bench.room)[f"wst{SHORT}"]
    assert (tunnel["info"]["vni"], tunnel["info"]["local"], tunnel["parent"]) == (42, "192.0.2.10", None)
    entries = bench.spaces()[bench.room.id]["fdb"]
    assert [(each["mac"], each["dst"], each["link"]) for each in entries] == [(EVERYBODY, "192.0.2.11", tunnel["id"])]


@both
def test_a_pair_is_followed_from_the_host_into_the_container_and_back(bench: Bench, gateway: bool) -> None:
    bench.create_network(gateway=gateway)
    made = bench.create_endpoint(0)
    port, waiting = bench.links(bench.room)[f"wsh{'a' * 10}"], bench.links(bench.host)[f"wsc{'a' * 10}"]
    assert (port["peer"], waiting["peer"]) == (waiting["id"], port["id"])
    for _ in range(2):
        bench.join(0)
        port, end = bench.ends(0)
        assert (port["peer"], end["peer"]) == (end["id"], port["id"])
        assert [(each["made_by"], each["endpoint"], each["network"]) for each in (port, end)] == [
            (made, ENDPOINTS[0], NETWORK)
        ] * 2
        assert end["born"] == waiting["born"] and end["addresses"] == ["10.9.0.2/24"]
        assert bench.spaces()[bench.boxes[0].id]["row"] is None, "its row is its port's"
        bench.leave(0)
        port, end = bench.links(bench.room)[f"wsh{'a' * 10}"], bench.links(bench.host)[f"wsc{'a' * 10}"]
        assert (port["peer"], end["peer"]) == (end["id"], port["id"])
    assert bench.graph()["unseen"] == []


def test_a_pair_is_followed_where_the_index_is_another_one_in_the_container(bench: Bench) -> None:
    bench.create_network()
    bench.create_endpoint(0)
    taken = bench.links(bench.host)[f"wsc{'a' * 10}"]["index"]
    bench.ip(bench.boxes[0], lambda ip: ip.link("add", ifname="mine", kind="bridge", index=taken))
    bench.join(0)
    port, end = bench.ends(0)
    assert end["index"] != taken and (port["peer"], end["peer"]) == (end["id"], port["id"])
    bench.leave(0)
    port, end = bench.links(bench.room)[f"wsh{'a' * 10}"], bench.links(bench.host)[f"wsc{'a' * 10}"]
    assert (port["peer"], end["peer"]) == (end["id"], port["id"])


def test_several_containers_each_have_their_own_port_and_row(bench: Bench) -> None:
    bench.create_network()
    for number in range(3):
        bench.create_endpoint(number)
    for number in range(3):
        bench.join(number)
    ends = [bench.ends(number) for number in range(3)]
    assert [(port["peer"], end["peer"]) for port, end in ends] == [(end["id"], port["id"]) for port, end in ends]
    assert [port["row"] for port, _ in ends] == [1, 2, 3], "below the tunnel; the way to the host has no row"
    bench.leave(1)
    bench.delete_endpoint(1)
    assert [bench.ends(number)[0]["row"] for number in (0, 2)] == [1, 3]


@both
@pytest.mark.parametrize("remembers", [True, False], ids=["its own journal", "an empty journal"])
def test_an_observer_that_comes_later_finds_the_namespace_and_its_containers(
    bench: Bench, gateway: bool, remembers: bool, tmp_path: Path
) -> None:
    bench.create_network(gateway=gateway)
    for number in range(2):
        bench.create_endpoint(number)
        bench.join(number)
    bench.create_endpoint(2)
    before = graphs.links(bench.graph())
    (tmp_path / "second").mkdir()
    journal = bench.journal if remembers else Journal(tmp_path / "second" / "journal.db")
    bench.restart(journal)
    first = bench.observer.graph()
    assert graphs.links(first).keys() == before.keys(), "at once, without being asked again"
    keys = ("name", "peer", "master", "row") + (("born", "made_by", "network", "endpoint") if remembers else ())
    told = {identity: [link[key] for key in keys] for identity, link in before.items()}
    assert {identity: [link[key] for key in keys] for identity, link in graphs.links(first).items()} == told
    rooms = [space["network"] for _, space in graphs.namespaces(first) if space["network"]]
    assert rooms == [NETWORK] and first["unseen"] == []
    bench.observer.stop()
    if not remembers:
        journal.close()


def test_it_is_found_by_the_file_that_it_is_pinned_to(bench: Bench, tmp_path: Path, monkeypatch) -> None:
    bench.create_network(gateway=False)
    folder = tmp_path / "netns"
    folder.mkdir()
    (folder / f"wsn{SHORT}").symlink_to(f"/proc/{os.getpid()}/fd/{bench.room.descriptor}")
    real = places._paths
    monkeypatch.setattr(places, "FOLDERS", (str(folder),))
    monkeypatch.setattr(places, "_paths", lambda known: (each for each in real(known) if "/fd/" not in each))
    bench.restart()
    (room,) = (space for space in bench.spaces().values() if space["network"])
    assert (room["id"], room["name"]) == (bench.room.id, f"wsn{SHORT}")


def test_a_container_that_cannot_be_found_is_told_and_found_when_it_can_be(bench: Bench, monkeypatch) -> None:
    bench.create_network()
    bench.create_endpoint(0)
    bench.join(0)
    bench.graph()
    real = places.candidates
    lost = bench.boxes[0].key
    monkeypatch.setattr(places, "candidates", lambda *known: (each for each in real(*known) if each[0] != lost))
    bench.restart()
    assert bench.boxes[0].id not in bench.spaces()
    for _ in range(3):
        bench.observer.settle(5)
    (unseen,) = bench.observer.graph()["unseen"]
    assert unseen["why"].startswith(f"A link of alpha's namespace of network {NETWORK[:12]} leads to a namespace")
    monkeypatch.setattr(places, "candidates", real)
    port, end = bench.ends(0)
    assert port["peer"] == end["id"] and bench.graph()["unseen"] == []


def test_lost_announcements_are_made_good_there_too(bench: Bench) -> None:
    bench.create_network(gateway=False)
    bench.create_endpoint(0)
    bench.join(0)
    before = bench.graph()
    bench.observer._state.hearings["alpha"].lost = True
    assert graphs.links(bench.graph()) == graphs.links(before)


def test_a_deleted_network_takes_its_namespace_along_and_it_was_the_handlers_doing(bench: Bench) -> None:
    bench.create_network()
    bench.create_endpoint(0)
    bench.join(0)
    room = bench.room.id
    bench.leave(0)
    bench.delete_endpoint(0)
    bench.graph()
    call = bench.delete_network()
    assert bench.until(lambda: room not in bench.spaces())
    assert not any(link["name"].startswith("ws") for link in graphs.links(bench.graph()).values())
    told = [
        (event.call, event.data["by"])
        for event in bench.journal.since(0)
        for change in event.data.get("changes", ())
        if change["op"] == "remove" and room in (change["namespace"], change["id"]) and event.call == call
    ]
    assert told and set(told) == {(call, "handler")}
    assert bench.graph()["unseen"] == []


def test_what_is_still_there_after_the_deletion_is_left_over(bench: Bench) -> None:
    bench.create_network()
    bench.create_endpoint(0)
    bench.join(0)
    endpoint = bench.call("delete_endpoint", lambda: None, endpoint=ENDPOINTS[0])
    network = bench.call("delete_network", lambda: None)
    assert bench.until(lambda: bench.links(bench.room)[f"wsb{SHORT}"]["left_over"])
    inside = bench.links(bench.room)
    assert {name[:3]: link["should_have_gone"] for name, link in inside.items()} == {
        "wsb": network,
        "wst": network,
        "wsu": network,
        "wsh": endpoint,
    }
    assert bench.links(bench.host)[f"wsg{SHORT}"]["should_have_gone"] == network


def test_all_of_what_is_there_can_be_asked(bench: Bench) -> None:
    bench.create_network()
    bench.create_endpoint(0)
    bench.join(0)
    bench.graph()
    about = About(lambda: bench.observer)
    told = about.all(bench.room.id)
    assert (told["what"], told["container"], told["namespace"]["name"]) == ("network", None, f"wsn{SHORT}")
    assert {link["name"][:3] for link in told["links"]} == {"wsb", "wst", "wsu", "wsh"}
    tunnel = bench.links(bench.room)[f"wst{SHORT}"]["id"]
    assert (EVERYBODY, "192.0.2.11") in {(each["mac"], each["dst"]) for each in about.all(tunnel)["fdb"]}
    assert about.all(bench.boxes[0].id)["what"] == "container"


def test_changes_there_belong_to_the_handler_and_changes_in_the_container_to_docker(bench: Bench) -> None:
    network, endpoint = bench.create_network(), bench.create_endpoint(0)
    join = bench.join(0)
    bench.graph()
    by = {}
    for event in bench.journal.since(0):
        for change in event.data.get("changes", ()):
            name = (change["value"] or change["was"]).get("name") if change["what"] != "unseen" else None
            by.setdefault((change["op"], change["what"], name), (event.call, event.data["by"]))
    for name in (f"wsb{SHORT}", f"wst{SHORT}", f"wsu{SHORT}", f"wsg{SHORT}"):
        assert by["add", "link", name] == (network, "handler"), name
    assert by["add", "namespace", f"wsn{SHORT}"] == (network, "handler")
    for letter in "hc":
        assert by["add", "link", f"ws{letter}{'a' * 10}"] == (endpoint, "handler")
    assert by["remove", "link", f"wsc{'a' * 10}"] == (join, "docker")
