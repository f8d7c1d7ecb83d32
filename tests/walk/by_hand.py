"""A network made by hand on hosts of the lab: bridge and tunnel in a namespace of its own, or on the host itself."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pyroute2 import IPRoute

from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace
from workshop.lab.lab import Host, Lab
from workshop.topology import graph as graphs
from workshop.walk.walker import Scene, Walker

LETTERS = {"alpha": "a", "beta": "b", "gamma": "c"}
"""What each host's network's ID consists of."""

BRIDGE, TUNNEL, GATEWAY, UPLINK = "wsb1", "wst1", "wsg1", "wsu1"


class ByHand:
    """Hosts on which one network is, with containers; and a walker that looks at them."""

    def __init__(self, lab: Lab) -> None:
        self.lab, self._rooms, self._boxes = lab, dict[str, Namespace](), dict[str, tuple[str, Namespace]]()
        self._walker = Walker(self._scene, lambda result: None)

    def host(self, name: str) -> Host:
        return self.lab.hosts[name]

    def home(self, name: str) -> Namespace:
        """Where the network's bridge is on a host."""
        return self._rooms.get(name, self.host(name).namespace)

    def typed(self, where: Namespace, *lines: str) -> None:
        for line in lines:
            programs.run(where, *line.split())

    def network(self, name: str, gateway: str = "", own: bool = True, vni: int = 42) -> None:
        """Make it on a host; ``own`` is whether in a namespace of its own."""
        root = self.host(name).namespace
        if own:
            self._rooms[name] = Namespace.create()
        home = self.home(name)
        self.typed(home, f"ip link add {BRIDGE} type bridge", f"ip link set {BRIDGE} up")
        self._add(
            root, home, TUNNEL, kind="vxlan",
            vxlan_id=vni, vxlan_local=self.host(name).address, vxlan_port=4789, vxlan_learning=1,
        )  # fmt: skip
        self._plug(home, TUNNEL)
        if own and gateway:
            self._add(home, home, UPLINK, kind="veth", peer={"ifname": GATEWAY, "net_ns_fd": root.descriptor})
            self._plug(home, UPLINK)
            self.typed(root, f"ip addr add {gateway}/24 dev {GATEWAY}", f"ip link set {GATEWAY} up")
        elif gateway:
            self.typed(home, f"ip addr add {gateway}/24 dev {BRIDGE}")

    def peers(self, *names: str) -> None:
        """Have each host's tunnel send to all others what is for all."""
        for name in names:
            for other in names:
                if other != name:
                    there = self.host(other).address
                    self.typed(
                        self.home(name), f"bridge fdb append 00:00:00:00:00:00 dev {TUNNEL} dst {there} self permanent"
                    )

    def run(self, name: str, host: str, address: str, gateway: str = "") -> Namespace:
        """A container on the network; the host's end of its link is ``wsh-`` and its name."""
        box, home = Namespace.create(), self.home(host)
        self._add(home, home, f"wsh-{name}", kind="veth", peer={"ifname": "eth0", "net_ns_fd": box.descriptor})
        self._plug(home, f"wsh-{name}")
        self.typed(box, "ip link set lo up", f"ip addr add {address}/24 dev eth0", "ip link set eth0 up")
        if gateway:
            self.typed(box, f"ip route add default via {gateway}")
        self._boxes[name] = (host, box)
        return box

    def walk(self, source: str, target: str) -> dict[str, Any]:
        return self._walker.walk(source, target)

    def stopped(self, source: str, target: str) -> tuple[str, str]:
        """Where a walk that fails was seen last, and why it went no further."""
        result = self.walk(source, target)
        assert result["outcome"] != "answered", result["summary"]
        assert result["stopped"] is not None, result["reason"]
        last = result["hops"][result["stopped"]]
        return f"{last['name']} of {last['where']}", result["reason"]["text"]

    def _add(self, where: Namespace, to: Namespace, link: str, **how: Any) -> None:
        """Add a link from one namespace into another."""

        def add() -> None:
            with IPRoute() as ip:
                ip.link("add", ifname=link, net_ns_fd=to.descriptor, **how)

        where.run(add)

    def _plug(self, home: Namespace, link: str) -> None:
        self.typed(home, f"ip link set {link} master {BRIDGE} up")

    def _scene(self) -> Scene:
        graph = graphs.empty()
        for name, host in self.lab.hosts.items():
            spaces = [graphs.namespace(host.namespace.id, root=True)]
            if room := self._rooms.get(name):
                spaces.append(graphs.namespace(room.id, network=LETTERS[name] * 64))
            spaces += [
                graphs.namespace(box.id, name=called) for called, (where, box) in self._boxes.items() if where == name
            ]
            graph["hosts"].append({"name": name, "namespaces": spaces})
        return Scene({name: host.namespace for name, host in self.lab.hosts.items()}, self.lab.world, graph)

    def close(self) -> None:
        for namespace in (*self._rooms.values(), *(box for _, box in self._boxes.values())):
            namespace.close()


@contextmanager
def by_hand(*hosts: str) -> Iterator[ByHand]:
    with Lab(hosts or ("alpha",)) as lab:
        site = ByHand(lab)
        try:
            yield site
        finally:
            site.close()
