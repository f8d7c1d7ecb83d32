"""One network across the lab's two hosts: containers on both, nodes told as Swarm tells them, all in one picture."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.lab.inside import in_lab
from tests.support.capture import capture
from tests.support.shell import until
from workshop.cli.laboratory import Laboratory
from workshop.cli.running import Running
from workshop.demo.stage import what_there_is
from workshop.lab.lab import UPLINK
from workshop.topology import draw, layout
from workshop.topology import graph as graphs

HOSTS = ("alpha", "beta")
VERSIONS = ("20.10", "26.1", "28.5")


class World:
    """Both hosts with a plugin and an engine each, watched."""

    def __init__(self, running: Running, laboratory: Laboratory) -> None:
        self._running, self.laboratory = running, laboratory

    def address(self, host: str) -> str:
        return self.laboratory.lab.hosts[host].address

    def network(self, host: str, first: int, **options: str) -> Any:
        """Create the network on a host, which gives out addresses from ``first`` on."""
        given = {"type": "vxlan", "vni": "4242", **options}
        pool = {"Subnet": "10.9.0.0/24", "IPRange": f"10.9.0.{first}/28", "Gateway": "10.9.0.1"}
        body = {"Name": "shop", "Driver": "workshop", "Options": given, "IPAM": {"Config": [pool]}}
        return self.laboratory.engines[host].networks.create(body)

    def run(self, host: str, name: str) -> tuple[Any, str]:
        """Start a container on a host; gives it and its address."""
        engine = self.laboratory.engines[host]
        body = {"Image": "busybox", "Cmd": ["sleep", "600"], "HostConfig": {"NetworkMode": "shop"}}
        box = engine.containers.run(body, name)
        return box, engine.inspect(box)["NetworkSettings"]["Networks"]["shop"]["IPAddress"]

    def pings(self, host: str, box: Any, address: str) -> bool:
        command = ["ping", "-c", "1", "-W", "2", address]
        return self.laboratory.engines[host].execs.run(box, command).exit_code == 0

    def node(self, host: str, of: str, *, gone: bool = False) -> int:
        """Tell a host's plugin of a node; gives the call's number."""
        data = {"Address": self.address(of), "BindAddress": "", "Self": host == of}
        path = "/NetworkDriver.DiscoverDelete" if gone else "/NetworkDriver.DiscoverNew"
        body = json.dumps({"DiscoveryType": 1, "DiscoveryData": data}).encode()
        assert self.laboratory.plugins[host].pipeline.call("POST", path, body) == (200, {})
        return self._running.journal.since(0)[-1].call or 0

    def graph(self) -> graphs.Graph:
        assert self._running.observer is not None
        assert self._running.observer.settle(5)
        return self._running.observer.graph()

    def events(self) -> list[Any]:
        return self._running.journal.since(0)


@contextmanager
def two_hosts(version: str) -> Iterator[World]:
    with (
        tempfile.TemporaryDirectory(prefix="ws-lab-") as folder,
        Running("demo", Path(folder)) as running,
        Laboratory(running, Path(folder), version=version, driver="all", hosts=HOSTS) as laboratory,
    ):
        yield World(running, laboratory)


@pytest.mark.parametrize(("version", "where"), [*((version, "host") for version in VERSIONS), ("28.5", "own")])
@in_lab
def test_containers_on_both_hosts_ping_and_nothing_is_left_of_it(version: str, where: str) -> None:
    with two_hosts(version) as world:
        before = what_there_is(world.laboratory.plugins)
        peers = f"{world.address('alpha')},{world.address('beta')}"
        options = {"peers": peers, "namespace": where}
        networks = {host: world.network(host, 16 * (number + 1), **options) for number, host in enumerate(HOSTS)}
        one, here = world.run("alpha", "one")
        two, there = world.run("beta", "two")
        with capture(world.laboratory.lab.hosts["beta"].namespace, UPLINK) as cable:
            assert world.pings("alpha", one, there) and world.pings("beta", two, here)
            assert world.pings("alpha", one, "10.9.0.1")
            seen = {(each.vni, each.source, each.ping) for each in cable.tunnelled() if each.ping}
        assert seen == {(4242, world.address("alpha"), (here, there)), (4242, world.address("beta"), (there, here))}
        for host, box in (("alpha", one), ("beta", two)):
            engine = world.laboratory.engines[host]
            assert engine.inspect(box)["NetworkSettings"]["Networks"]["shop"]["Gateway"] == "10.9.0.1"
            engine.containers.remove(box, force=True)
            engine.networks.remove(networks[host])
        assert what_there_is(world.laboratory.plugins) == before
        for plugin in world.laboratory.plugins.values():
            assert plugin.host.rooms.found(plugin.host) == []


@pytest.mark.parametrize("where", ["host", "own"])
@in_lab
def test_the_picture_shows_both_hosts_the_tunnel_its_peers_and_its_table_and_which_call_wrote_it(where: str) -> None:
    with two_hosts("28.5") as world:
        for number, host in enumerate(HOSTS):
            world.network(host, 16 * (number + 1), namespace=where)
        (one, _), (_, there) = world.run("alpha", "one"), world.run("beta", "two")
        assert "no peers" in texts(world.graph())
        calls = {host: [world.node(host, of) for of in HOSTS] for host in HOSTS}
        assert world.pings("alpha", one, there)
        assert until(lambda: "to 192.0.2.11 (beta)" in texts(world.graph()), 5)
        graph = world.graph()
        boxes = [box for box in layout.picture(graph).boxes.values() if "tunnel" in box.classes]
        assert [[text for text, _ in box.lines[:3]] for box in boxes] == [
            ["VNI 4242", "192.0.2.10 port 4789", "to 192.0.2.11 (beta)"],
            ["VNI 4242", "192.0.2.11 port 4789", "to 192.0.2.10 (alpha)"],
        ]
        mac = "02:42:" + ":".join(f"{int(part):02x}" for part in there.split("."))
        assert f"{mac} at 192.0.2.11 (beta)" in boxes[0].tip
        assert [wire.classes for wire in layout.picture(graph).wires if wire.id.startswith("across-")] == [["tunnel"]]
        assert "vxlan  VNI 4242  from 192.0.2.10  port 4789" in draw.text(graph)
        written = {
            (change["host"], change["value"]["dst"]): event.call
            for event in world.events()
            if event.kind == "topology"
            for change in event.data.get("changes", ())
            if change["what"] == "fdb" and change["op"] == "add" and change["value"]["mac"] == "00:00:00:00:00:00"
        }
        assert written == {("alpha", "192.0.2.11"): calls["alpha"][1], ("beta", "192.0.2.10"): calls["beta"][0]}
        links = graphs.links(graph).values()
        tunnels = [link for link in links if link["kind"] == "vxlan"]
        assert all(link["network"] and link["made_by"] and link["master"] for link in tunnels)
        world.node("alpha", "beta", gone=True)
        assert until(lambda: "no peers" in texts(world.graph()), 5)


def texts(graph: graphs.Graph) -> list[str]:
    """All that is written into the boxes of tunnels."""
    return [text for box in layout.picture(graph).boxes.values() if "tunnel" in box.classes for text, _ in box.lines]
