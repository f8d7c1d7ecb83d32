"""The observer: what the kernel does is in the graph and in the journal, with the call that it belongs to."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pyroute2 import IPRoute

from workshop.journal import Event, Journal
from workshop.kernel.namespaces import Namespace
from workshop.topology import graph as graphs
from workshop.topology.observe import Observer

pytestmark = pytest.mark.kernel

NETWORK, ENDPOINT, OTHER = "a" * 64, "b" * 64, "c" * 64
BRIDGE, HOST_END, END = "wsb" + "a" * 10, "wsh" + "b" * 10, "wsc" + "b" * 10


class Bench:
    """A host and a container, a journal, an observer, and calls as the plugin writes them."""

    def __init__(self, folder: Path) -> None:
        self.journal = Journal(folder / "journal.db")
        self.host, self.box = Namespace.create(), Namespace.create()
        self.observer = Observer(self.journal, {"alpha": self.host})

    def ip(self, where: Namespace, function: Callable[[IPRoute], Any]) -> Any:
        def inside() -> Any:
            with IPRoute() as ip:
                return function(ip)

        return where.run(inside)

    def call(
        self,
        name: str,
        work: Callable[[], Any],
        *,
        answer: dict | None = None,
        hooked: bool = True,
        **about: Any,
    ) -> int:
        number = self.journal.next_call()
        about = {"network": NETWORK, "endpoint": None, "sandbox": None, **about}
        self.journal.append("call.started", {"host": "alpha", "name": name, "request": {}, **about}, number)
        work()
        if hooked:
            self.observer.collect()
        self.journal.append("call.finished", {"answer": answer or {}, "status": 200, **about}, number)
        return number

    def graph(self) -> graphs.Graph:
        assert self.observer.settle(5)
        return self.observer.graph()

    def link(self, name: str) -> dict[str, Any] | None:
        return next((each for each in graphs.links(self.graph()).values() if each["name"] == name), None)

    def events(self) -> list[Event]:
        return [each for each in self.journal.since(0) if each.kind == "topology"]

    def create_network(self, ip: IPRoute) -> None:
        ip.link("add", ifname=BRIDGE, kind="bridge", address="02:00:00:00:00:01", state="up")
        bridge = ip.link_lookup(ifname=BRIDGE)[0]
        ip.link("set", index=bridge, IFLA_IFALIAS=f"workshop network {NETWORK}")
        ip.addr("add", index=bridge, address="10.9.0.1", prefixlen=24)

    def create_endpoint(self, ip: IPRoute, host_end: str = HOST_END, end: str = END) -> None:
        ip.link("add", ifname=host_end, kind="veth", peer={"ifname": end})
        ip.link(
            "set",
            index=ip.link_lookup(ifname=host_end)[0],
            master=ip.link_lookup(ifname=BRIDGE)[0],
            state="up",
        )

    def populate(self, end: str = END, address: str = "10.9.0.2") -> None:
        self.ip(
            self.host,
            lambda ip: ip.link("set", index=ip.link_lookup(ifname=end)[0], net_ns_fd=self.box.descriptor),
        )

        def inside(ip: IPRoute) -> None:
            index = ip.link_lookup(ifname=end)[0]
            ip.link("set", index=index, ifname="eth0")
            ip.addr("add", index=index, address=address, prefixlen=24)
            ip.link("set", index=index, state="up")
            ip.route("add", dst="default", gateway="10.9.0.1")

        self.ip(self.box, inside)

    def come_up(self) -> dict[str, int]:
        calls = {"create_network": self.call("create_network", lambda: self.ip(self.host, self.create_network))}
        calls["create_endpoint"] = self.call(
            "create_endpoint", lambda: self.ip(self.host, self.create_endpoint), endpoint=ENDPOINT
        )
        calls["join"] = self.call(
            "join",
            lambda: None,
            endpoint=ENDPOINT,
            sandbox=f"/proc/{os.getpid()}/fd/{self.box.descriptor}",
            answer={"InterfaceName": {"SrcName": END, "DstPrefix": "eth"}},
        )
        self.populate()
        return calls

    def close(self) -> None:
        self.observer.stop()
        self.journal.close()
        self.host.close()
        self.box.close()


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    bench.observer.start()
    yield bench
    bench.close()


def test_a_container_on_a_bridge_is_in_the_graph_with_both_ends_of_its_pair(bench: Bench) -> None:
    bench.come_up()
    deadline = time.monotonic() + 5  # the kernel tells of carriers a little later
    while bench.link(BRIDGE)["state"] != "up" and time.monotonic() < deadline:
        time.sleep(0.02)
    graph = bench.graph()
    host, box = graph["hosts"][0]["namespaces"]
    assert (host["id"], host["root"], box["id"], box["root"]) == (bench.host.id, True, bench.box.id, False)
    bridge, port, end = bench.link(BRIDGE), bench.link(HOST_END), bench.link("eth0")
    assert bridge and port and end
    assert (bridge["kind"], bridge["addresses"], bridge["state"]) == ("bridge", ["10.9.0.1/24"], "up")
    assert (port["master"], port["peer"], end["peer"]) == (bridge["id"], end["id"], port["id"])
    assert (end["addresses"], end["state"], end["endpoint"]) == (["10.9.0.2/24"], "up", ENDPOINT)
    assert {"dst": "default", "gateway": "10.9.0.1", "link": end["id"], "table": 254} in box["routes"]
    assert "lo" not in {link["name"] for link in graphs.links(graph).values()}


def test_each_change_names_its_call_and_what_docker_did_with_the_answer(bench: Bench) -> None:
    calls = bench.come_up()
    bench.graph()
    made = {link["name"]: link["made_by"] for link in graphs.links(bench.graph()).values()}
    assert made == {
        BRIDGE: calls["create_network"],
        HOST_END: calls["create_endpoint"],
        "eth0": calls["create_endpoint"],
    }
    by = {}
    for event in bench.events():
        for change in event.data.get("changes", ()):
            value = change["value"] or change["was"]
            by.setdefault(
                (change["op"], change["what"], value.get("name") or value.get("dst")),
                (event.call, event.data["by"]),
            )
    assert by["add", "link", BRIDGE] == (calls["create_network"], "handler")
    assert by["add", "link", HOST_END] == (calls["create_endpoint"], "handler")
    assert by["remove", "link", END] == (calls["join"], "docker")
    assert by["add", "route", "default"] == (calls["join"], "docker")
    assert (
        by["add", "namespace", None] == (calls["join"], "handler") or by["add", "namespace", None][0] == calls["join"]
    )


def test_calls_that_docker_only_reads_the_answer_of_do_not_explain_what_comes_after(bench: Bench) -> None:
    calls = bench.come_up()
    bench.graph()

    def more(ip: IPRoute) -> None:
        ip.addr("add", index=ip.link_lookup(ifname="eth0")[0], address="10.9.0.77", prefixlen=24)

    bench.call("endpoint_oper_info", lambda: None, endpoint=ENDPOINT)
    bench.call(
        "program_external_connectivity",
        lambda: bench.ip(bench.box, more),
        endpoint=ENDPOINT,
    )
    bench.graph()
    event = next(
        event
        for event in bench.events()
        for change in event.data.get("changes", ())
        if change["what"] == "link" and "10.9.0.77/24" in (change["value"] or {}).get("addresses", ())
    )
    assert (event.call, event.data["by"]) == (calls["join"], "docker")


def test_changes_without_any_call_belong_to_none(bench: Bench) -> None:
    bench.ip(bench.host, lambda ip: ip.link("add", ifname="ws-own", kind="bridge"))
    link = bench.link("ws-own")
    assert link and link["made_by"] is None
    assert [(each.call, each.data["by"]) for each in bench.events()] == [(None, None)] * 2


def test_links_with_names_of_their_own_belong_to_the_call_during_which_they_came(bench: Bench) -> None:
    bench.call("create_network", lambda: bench.ip(bench.host, bench.create_network))
    made = bench.call(
        "create_endpoint",
        lambda: bench.ip(bench.host, lambda ip: bench.create_endpoint(ip, "mine", "yours")),
        endpoint=ENDPOINT,
    )  # fmt: skip
    for name in ("mine", "yours"):
        link = bench.link(name)
        assert link and (link["made_by"], link["endpoint"], link["network"]) == (made, ENDPOINT, NETWORK)
    bench.call("join", lambda: None, endpoint=ENDPOINT, answer={"InterfaceName": {"SrcName": "yours"}})
    bench.populate("yours")
    bench.observer.watch(bench.box)
    link = bench.link("eth0")
    assert link and (link["made_by"], link["endpoint"]) == (made, ENDPOINT)


def test_of_two_calls_at_once_the_one_of_the_link_is_named(bench: Bench) -> None:
    bench.call("create_network", lambda: bench.ip(bench.host, bench.create_network))
    inner = 0

    def both() -> None:
        nonlocal inner
        inner = bench.call(
            "create_endpoint",
            lambda: (
                bench.ip(bench.host, bench.create_endpoint),
                bench.ip(bench.host, lambda ip: bench.create_endpoint(ip, "wsh" + "c" * 10, "wsc" + "c" * 10)),
            ),
            endpoint=ENDPOINT,
        )

    outer = bench.call("create_endpoint", both, endpoint=OTHER)
    made = {link["name"]: link["made_by"] for link in graphs.links(bench.graph()).values()}
    assert (made[HOST_END], made["wsh" + "c" * 10]) == (inner, outer)


def test_the_events_of_the_journal_give_the_graph_of_now(bench: Bench) -> None:
    bench.come_up()
    bench.observer.set_ports("alpha", [{"proto": "tcp", "host_ip": "", "host_port": 80, "ip": "10.9.0.2", "port": 80}])
    bench.ip(bench.host, lambda ip: ip.link("del", index=ip.link_lookup(ifname=HOST_END)[0]))
    graph = bench.graph()
    replayed = graphs.last_graph(bench.journal.since(0))
    assert replayed == graph
    first = graphs.last_graph(bench.events()[:1])
    assert first is not None
    for event in bench.events()[1:]:
        first = graphs.take(first, event.data, event.seq, event.at)
    assert first == graph


def test_published_ports_are_told_at_the_namespace_that_has_the_address(bench: Bench) -> None:
    bench.come_up()
    port = {"proto": "tcp", "host_ip": "", "host_port": 8080, "ip": "10.9.0.2", "port": 80}
    far = {"proto": "udp", "host_ip": "", "host_port": 53, "ip": "10.77.0.2", "port": 53}
    bench.observer.set_ports("alpha", [port, far])
    host, box = bench.graph()["hosts"][0]["namespaces"]
    assert (box["ports"], host["ports"]) == ([port], [far])


def test_a_container_has_the_name_that_the_journal_tells(bench: Bench) -> None:
    bench.come_up()
    container = {"name": "web", "image": "nginx", "sandbox": "/nowhere", "pid": 0, "state": "running"}
    bench.journal.append("docker", {"networks": {NETWORK: {"name": "shop", "driver": "workshop"}}})
    bench.journal.append(
        "docker", {"endpoints": {ENDPOINT: {"network": NETWORK, "container": "1" * 64, "name": "web"}}}
    )
    bench.journal.append("docker", {"containers": {"1" * 64: container}})
    box = bench.graph()["hosts"][0]["namespaces"][1]
    assert (box["name"], box["container"]["image"]) == ("web", "nginx")
    bridge = bench.link(BRIDGE)
    assert bridge and bridge["network_name"] == "shop"
    bench.journal.append("docker", {"containers": {"1" * 64: None}})
    assert bench.graph()["hosts"][0]["namespaces"][1]["container"] is None


def test_a_sandbox_named_in_a_container_tells_its_name_without_any_link(bench: Bench) -> None:
    path = f"/proc/{os.getpid()}/fd/{bench.box.descriptor}"
    bench.observer.watch(bench.box)
    value = {"name": "lonely", "image": "x", "sandbox": path, "pid": None, "state": "running"}
    bench.journal.append("docker", {"containers": {"2" * 64: value}})
    assert [each["name"] for each in bench.graph()["hosts"][0]["namespaces"]] == ["alpha", "lonely"]


def test_a_container_that_vanishes_takes_its_namespace_and_pair_along(bench: Bench) -> None:
    process = subprocess.Popen(["unshare", "--net", "sleep", "60"])
    try:
        box = None
        while box is None or box.id in (bench.host.id, Namespace.current().id):
            time.sleep(0.01)
            box = Namespace.of_process(process.pid)
        bench.box.close()
        bench.box = box
        bench.call("create_network", lambda: bench.ip(bench.host, bench.create_network))
        bench.call("create_endpoint", lambda: bench.ip(bench.host, bench.create_endpoint), endpoint=ENDPOINT)
        bench.populate()
        deadline = time.monotonic() + 5
        while len(bench.graph()["hosts"][0]["namespaces"]) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        assert box.id in {space["id"] for space in bench.graph()["hosts"][0]["namespaces"]}
        box.close()
    finally:
        process.kill()
        process.wait()
    deadline = time.monotonic() + 5
    while bench.link(HOST_END) and time.monotonic() < deadline:
        time.sleep(0.02)
    assert [space["root"] for space in bench.graph()["hosts"][0]["namespaces"]] == [True]
    assert bench.link(HOST_END) is None and bench.link("eth0") is None


def test_ends_with_the_same_index_are_told_apart(bench: Bench) -> None:
    peer = {"ifname": "eth0", "net_ns_fd": bench.box.descriptor}
    bench.ip(bench.host, lambda ip: ip.link("add", ifname=HOST_END, kind="veth", index=2, peer=peer))
    host_end, end = bench.link(HOST_END), bench.link("eth0")
    assert host_end and end
    assert host_end["index"] == end["index"]
    assert (host_end["id"], end["id"]) == (f"{bench.host.id}/2", f"{bench.box.id}/2")
    assert (host_end["peer"], end["peer"]) == (end["id"], host_end["id"])


def test_lost_announcements_are_made_good_by_asking_anew(bench: Bench) -> None:
    calls = bench.come_up()
    before = bench.link("eth0")
    hearing = bench.observer._state.hearings["alpha"]
    hearing.listener.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)  # next to nothing

    def many(ip: IPRoute) -> None:
        for number in range(40):
            ip.link("add", ifname=f"ws-x{number}", kind="bridge")

    with hearing._lock:  # nobody reads meanwhile
        bench.ip(bench.host, many)
    hearing.listener.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
    graph = bench.graph()
    names = {link["name"] for link in graphs.links(graph).values()}
    assert {f"ws-x{number}" for number in range(40)} <= names
    wholes = [event for event in bench.events() if "graph" in event.data]
    assert len(wholes) >= 2, "the whole is told again"
    after = bench.link("eth0")
    assert before and after and (after["born"], after["made_by"]) == (before["born"], calls["create_endpoint"])
    assert graphs.last_graph(bench.journal.since(0)) == graph


def test_what_is_still_there_after_its_deletion_is_left_over(bench: Bench) -> None:
    bench.come_up()
    number = bench.call("delete_endpoint", lambda: None, endpoint=ENDPOINT)
    link = bench.link(HOST_END)
    assert link and not link["left_over"], "give it a moment"
    deadline = time.monotonic() + 3
    while not (link := graphs.find(bench.observer.graph(), link["id"]))["left_over"] and time.monotonic() < deadline:
        time.sleep(0.02)
    assert link["left_over"] and link["should_have_gone"] == number
    assert bench.link(BRIDGE)["left_over"] is False


def test_what_goes_over_to_another_network_is_not_left_over_from_the_first(bench: Bench) -> None:
    def mark(network: str) -> Callable[[IPRoute], Any]:
        return lambda ip: ip.link("set", index=ip.link_lookup(ifname="p0.10")[0], ifalias=f"workshop network {network}")

    bench.ip(bench.host, lambda ip: ip.link("add", ifname="p0.10", kind="bridge", state="up"))
    bench.call("create_network", lambda: bench.ip(bench.host, mark(NETWORK)))
    assert bench.link("p0.10")["network"] == NETWORK
    bench.call("delete_network", lambda: bench.ip(bench.host, mark(OTHER)))
    time.sleep(0.5)
    link = bench.link("p0.10")
    assert (link["network"], link["left_over"]) == (OTHER, False)


def test_a_port_keeps_its_row_and_a_newcomer_takes_the_one_that_is_free(bench: Bench) -> None:
    bench.ip(bench.host, bench.create_network)
    for number in range(3):
        bench.ip(bench.host, lambda ip, n=number: bench.create_endpoint(ip, f"h{n}", f"c{n}"))
    assert [bench.link(f"h{n}")["row"] for n in range(3)] == [0, 1, 2]
    bench.ip(bench.host, lambda ip: ip.link("del", index=ip.link_lookup(ifname="h1")[0]))
    assert bench.link("h2")["row"] == 2
    bench.ip(bench.host, lambda ip: bench.create_endpoint(ip, "h9", "c9"))
    assert bench.link("h9")["row"] == 1


def test_a_restarted_observer_still_knows_what_made_a_link(bench: Bench, tmp_path: Path) -> None:
    calls = bench.come_up()
    before = {link["id"]: (link["born"], link["made_by"], link["row"]) for link in graphs.links(bench.graph()).values()}
    assert before
    bench.observer.stop()
    bench.observer = Observer(bench.journal, {"alpha": bench.host})
    bench.observer.start()
    after = {link["id"]: (link["born"], link["made_by"], link["row"]) for link in graphs.links(bench.graph()).values()}
    assert after == before
    assert calls["create_endpoint"] in {made for _, made, _ in after.values()}


def test_two_hosts_wired_together_see_each_others_end(tmp_path: Path) -> None:
    alpha, beta, journal = Namespace.create(), Namespace.create(), Journal(tmp_path / "journal.db")

    def wire() -> None:
        with IPRoute() as ip:
            ip.link("add", ifname="up", kind="veth", peer={"ifname": "up", "net_ns_fd": beta.descriptor})

    alpha.run(wire)
    observer = Observer(journal, {"alpha": alpha, "beta": beta})
    observer.start()
    assert observer.settle()
    graph = observer.graph()
    assert [(host["name"], len(host["namespaces"])) for host in graph["hosts"]] == [("alpha", 1), ("beta", 1)]
    (one,), (two,) = (host["namespaces"][0]["links"] for host in graph["hosts"])
    assert (one["peer"], two["peer"]) == (two["id"], one["id"])
    observer.stop()
    for each in (journal, alpha, beta):
        each.close()


def test_a_hidden_namespace_is_not_shown(tmp_path: Path) -> None:
    alpha, switch, journal = Namespace.create(), Namespace.create(), Journal(tmp_path / "journal.db")

    def wire() -> None:
        with IPRoute() as ip:
            ip.link("add", ifname="up", kind="veth", peer={"ifname": "port", "net_ns_fd": switch.descriptor})

    alpha.run(wire)
    observer = Observer(journal, {"alpha": alpha}, hidden=[switch])
    observer.start()
    assert observer.settle()
    (space,) = observer.graph()["hosts"][0]["namespaces"]
    assert [(link["name"], link["peer"]) for link in space["links"]] == [("up", None)]
    assert observer.graph()["unseen"] == []
    observer.stop()
    for each in (journal, alpha, switch):
        each.close()


def test_an_observer_leaves_no_descriptor_and_no_namespace_behind(tmp_path: Path) -> None:
    def one(name: str) -> None:
        (tmp_path / name).mkdir()
        bench = Bench(tmp_path / name)
        bench.observer.start()
        bench.come_up()
        bench.graph()
        bench.close()

    one("first")
    before = len(list(Path("/proc/self/fd").iterdir()))
    for number in range(3):
        one(str(number))
    assert len(list(Path("/proc/self/fd").iterdir())) <= before


def test_a_macvlan_that_moves_into_a_container_keeps_its_parent_which_keeps_its_own_end(bench: Bench) -> None:
    def make(ip: IPRoute) -> None:
        ip.link("add", ifname="up0", kind="veth", peer="up1", state="up")
        (parent,) = ip.link_lookup(ifname="up0")
        ip.link("add", ifname="mv0", kind="macvlan", link=parent, macvlan_mode="bridge")

    bench.ip(bench.host, make)
    ends = {name: bench.link(name) for name in ("up0", "up1")}
    bench.ip(
        bench.host, lambda ip: ip.link("set", index=ip.link_lookup(ifname="mv0")[0], net_ns_fd=bench.box.descriptor)
    )
    bench.observer.watch(bench.box)
    moved, parent, other = bench.link("mv0"), bench.link("up0"), bench.link("up1")
    assert moved and parent and other
    assert moved["parent"] == parent["id"] and moved["peer"] is None
    assert (parent["peer"], other["peer"]) == (other["id"], parent["id"])
    assert ends["up0"] and parent["peer"] == ends["up0"]["peer"]
