"""A made-up session: networks and containers come and go, with no kernel and no Docker.

The events have the shapes of docs/architecture.md; the graph follows from them, as in a real session.
"""

from __future__ import annotations

import hashlib
import threading
from pathlib import Path
from typing import Any

from workshop.errors import WorkshopError
from workshop.journal import Journal
from workshop.topology import graph as graphs
from workshop.topology.draw import dot
from workshop.topology.folds import wished

ROOT = "4:4026531840"


def digits(word: str) -> str:
    """An ID of 64 hex digits that is the same every time."""
    return hashlib.sha256(word.encode()).hexdigest()


class World:
    """One host, its networks and containers, told into a journal; also the picture of them."""

    def __init__(self, folder: Path, **kept: int) -> None:
        self.journal = Journal(folder / "journal.db", **kept)
        self._lock = threading.Lock()
        self.still = False
        """Whether the graph stays as it is, whatever is told of it: for long sessions that nobody draws."""
        self._graph = graphs.empty()
        self._born = 0
        self._containers = self._calls = self._asked = 0
        self._networks: dict[str, dict[str, Any]] = {}
        root = graphs.namespace(ROOT, root=True, name="root")
        uplink = self._link(ROOT, 2, "eth0", "veth", addresses=["192.0.2.2/24"])
        whole = {**graphs.empty(), "hosts": [{"name": "alpha", "namespaces": [{**root, "links": [uplink]}]}]}
        self._tell("topology", {"graph": whole, "by": None})

    def graph(self) -> dict[str, Any]:
        """The graph as it is now."""
        with self._lock:
            return self._graph

    def dot(self, wish: dict[str, Any] | None = None) -> str:
        """The graph as it is now, drawn."""
        return dot(self.graph(), folds=wished(wish or {}))

    def all(self, identity: str) -> dict[str, Any]:
        """What is known of a link or namespace, as the kernel would tell it; its counters run on."""
        self._asked += 1
        graph = self.graph()
        one = graphs.find(graph, identity)
        if one is None:
            raise WorkshopError("That link or namespace is gone.")
        spaces = [space for _, space in graphs.namespaces(graph)]
        space = next(each for each in spaces if identity.split("/")[0] == each["id"])
        links = space["links"] if one is space else [one]
        known = graphs.links(graph)

        def end(link: str | None) -> dict[str, Any] | None:
            return {"id": link, "name": known[link]["name"]} if link else None

        return {
            "id": identity,
            "at": 0.0,
            "what": "link"
            if one is not space
            else "host"
            if space["root"]
            else "network"
            if space["network"]
            else "container",
            "host": "alpha",
            "namespace": {"id": space["id"], "name": space["name"], "root": space["root"]},
            "container": space["container"],
            "ports": [],
            "links": [
                {**link, **{key: end(link.get(key)) for key in ("master", "peer", "parent")}}
                | {"flags": ["UP", "RUNNING"], "queue": "noqueue", "counters": self._counted()}
                for link in links
            ],
            "routes": [{"dst": "default", "gateway": "10.9.0.1", "link": "eth0", "source": None, "metric": None}],
            "neighbours": [],
            "fdb": [],
            "rules": [{"where": "alpha", "table": "inet t", "chain": "c", "rule": "accept", "because": ["@s has x"]}],
            "problems": [],
        }

    def counters(self, identity: str) -> dict[str, Any]:
        """Counters that are others each time."""
        self._asked += 1
        told = self.all(identity)
        return {"at": 0.0, "links": {link["id"]: self._counted() for link in told["links"]}}

    def _counted(self) -> dict[str, dict[str, int]]:
        row = {"packets": 1000 + self._asked, "bytes": 2, "errors": 0, "dropped": 0}
        return {"rx": row, "tx": row}

    def leave_behind(self, network: str, name: str) -> int:
        """`docker rm` where the plugin forgets to remove the pair; gives the number of the call."""
        endpoint = digits(f"endpoint {name}")
        request = {"NetworkID": network, "EndpointID": endpoint}
        number = self.call("NetworkDriver.DeleteEndpoint", request, {}, network=network, endpoint=endpoint)
        host = next(graphs.namespaces(self.graph()))[1]
        link = next(each for each in host["links"] if each["endpoint"] == endpoint)
        left = {**link, "left_over": True, "should_have_gone": number}
        row = self._row("change", "link", ROOT, link["id"], left, link)
        self._tell("topology", {"changes": [row], "by": None})
        return number

    @property
    def calls(self) -> int:
        """How many calls there were."""
        return self._calls

    def hello(self) -> None:
        """Docker meets the plugin."""
        self.call("Plugin.Activate", None, {"Implements": ["NetworkDriver"]})
        self.call("NetworkDriver.GetCapabilities", None, {"Scope": "local", "ConnectivityScope": "local"})

    def begin(self, route: str, request: dict[str, Any] | None, **about: Any) -> int:
        """A call starts; gives its number."""
        number = self._calls = self.journal.next_call()
        started = {
            "host": "alpha",
            "route": route,
            "name": None,
            "request": request,
            "raw": None,
            "network": about.get("network"),
            "endpoint": about.get("endpoint"),
            "sandbox": about.get("sandbox"),
        }
        self._tell("call.started", started, number)
        return number

    def finish(self, number: int, answer: dict[str, Any], *, status: int = 200, ms: float = 5.0) -> None:
        """A call is answered."""
        ended = {
            "status": status,
            "answer": answer,
            "error": answer.get("Err"),
            "duration_ms": ms,
            "waited_ms": 0.0,
        }
        self._tell("call.finished", ended, number)

    def call(self, route: str, request: dict[str, Any] | None, answer: dict[str, Any], **about: Any) -> int:
        """A call that changes nothing, from start to end."""
        number = self.begin(route, request, **about)
        self.finish(number, answer, status=about.get("status", 200), ms=about.get("ms", 1.4))
        return number

    def create_network(self, name: str, subnet: int = 9) -> str:
        """`docker network create`; gives the network's ID."""
        identity, pool = digits(f"network {name}"), f"10.{subnet}.0.0/16"
        gateway, bridge = f"10.{subnet}.0.1/16", f"wsb{digits(f'network {name}')[:10]}"
        request = {
            "NetworkID": identity,
            "Options": {"com.docker.network.enable_ipv6": False, "com.docker.network.generic": {}},
            "IPv4Data": [{"AddressSpace": "LocalDefault", "Pool": pool, "Gateway": gateway}],
            "IPv6Data": [],
        }
        number = self.begin("NetworkDriver.CreateNetwork", request, network=identity)
        about = {"network": identity, "network_name": name, "made_by": number}
        link = self._link(ROOT, 10 + subnet, bridge, "bridge", state="down", **about)
        self._change("add", link, call=number)
        for command in (f"ip link add {bridge} type bridge", f"ip address add {gateway} dev {bridge}"):
            self._command(command, number)
        up = {**link, "state": "up", "addresses": [gateway]}
        self._change("change", up, link, call=number)
        self._command(f"ip link set {bridge} up", number)
        self.finish(number, {}, ms=6.2)
        self._networks[identity] = {"bridge": up, "name": name, "subnet": subnet}
        self._tell("docker", {"networks": {identity: {"name": name, "driver": "workshop"}}})
        return identity

    def run(self, network: str, name: str, image: str = "busybox") -> str:
        """`docker run`; gives the endpoint's ID."""
        self._containers += 1
        count, subnet = self._containers, self._networks[network]["subnet"]
        endpoint, container = digits(f"endpoint {name}"), digits(f"container {name}")
        sandbox, space = f"/var/run/docker/netns/{container[:12]}", f"4:{4026532000 + count}"
        address = f"10.{subnet}.{count // 250}.{count % 250 + 2}/16"
        mac = f"02:42:0a:{subnet:02x}:{count // 256:02x}:{count % 256:02x}"
        host_end, far_end = f"wsh{endpoint[:10]}", f"wsc{endpoint[:10]}"
        self._tell("docker", {"endpoints": {endpoint: {"network": network, "container": container, "name": name}}})
        about = {"network": network, "endpoint": endpoint, "sandbox": sandbox}
        interface = {"Address": address, "AddressIPv6": "", "MacAddress": ""}
        request = {"NetworkID": network, "EndpointID": endpoint, "Interface": interface, "Options": {}}
        number = self.begin("NetworkDriver.CreateEndpoint", request, network=network, endpoint=endpoint)
        near_id, far_id = f"{ROOT}/{100 + 2 * count}", f"{ROOT}/{101 + 2 * count}"
        shared = {"mac": mac, "endpoint": endpoint, "network": network, "made_by": number}
        bridge = self._networks[network]["bridge"]["id"]
        near = self._link(ROOT, 100 + 2 * count, host_end, "veth", **shared, peer=far_id, master=bridge)
        far = self._link(ROOT, 101 + 2 * count, far_end, "veth", **shared, peer=near_id, state="down")
        self._change("add", near, call=number)
        self._change("add", far, call=number)
        self._command(f"ip link add {host_end} type veth peer name {far_end} address {mac}", number)
        self._command(f"ip link set {host_end} master {self._networks[network]['bridge']['name']} up", number)
        self._tell("output", {"stream": "stdout", "text": f"made a pair for {address}"}, number)
        self.finish(number, {"Interface": {"MacAddress": mac}}, ms=7.2)

        request = {"NetworkID": network, "EndpointID": endpoint, "SandboxKey": sandbox, "Options": {}}
        number = self.begin("NetworkDriver.Join", request, **about)
        names = {"SrcName": far_end, "DstPrefix": "eth"}
        self.finish(number, {"InterfaceName": names, "Gateway": f"10.{subnet}.0.1"}, ms=1.1)
        owner = {"id": container, "name": name, "image": image}
        entry = graphs.namespace(space, name=name, container=owner, born=self._next_born())
        inner = self._link(space, 101 + 2 * count, "eth0", "veth", **shared, peer=near_id, addresses=[address])
        inside = {**near, "peer": inner["id"]}
        changes = [
            self._row("remove", "link", ROOT, far_id, None, far),
            self._row("add", "namespace", None, space, graphs.own("namespace", entry), None),
            self._row("add", "link", space, inner["id"], inner, None),
            self._row("change", "link", ROOT, near_id, inside, near),
        ]
        self._tell("topology", {"changes": changes, "by": "docker"}, number)
        state = {"name": name, "image": image, "sandbox": sandbox, "pid": 1000 + count, "state": "running"}
        self._tell("docker", {"containers": {container: state}, "did": f"Container {name} is running."})
        return endpoint

    def fail(self, network: str) -> int:
        """A call that is answered with an error."""
        endpoint = digits("endpoint nobody")
        request = {"NetworkID": network, "EndpointID": endpoint}
        error = f"no endpoint {endpoint[:12]} on this network; Docker asks for one that was never made"
        return self.call("NetworkDriver.EndpointOperInfo", request, {"Err": error}, network=network, endpoint=endpoint)

    def remove_network(self, network: str) -> None:
        """`docker network rm`."""
        bridge = self._networks.pop(network)["bridge"]
        number = self.begin("NetworkDriver.DeleteNetwork", {"NetworkID": network}, network=network)
        self._change("remove", None, bridge, call=number)
        self._command(f"ip link del {bridge['name']}", number)
        self.finish(number, {}, ms=21.0)
        self._tell("docker", {"networks": {network: None}})

    def unseen(self, why: str) -> None:
        """Something cannot be shown any more."""
        row = self._row("change", "unseen", None, "", [{"why": why}], self.graph()["unseen"])
        self._tell("topology", {"changes": [{**row, "host": None}], "by": None})

    def notice(self, text: str, level: str = "info") -> None:
        """Something a person should know."""
        self._tell("notice", {"level": level, "text": text, "host": "alpha"})

    def _next_born(self) -> int:
        self._born += 1
        return self._born

    def _link(self, space: str, index: int, name: str, kind: str, **more: Any) -> dict[str, Any]:
        bare = {
            "id": f"{space}/{index}",
            "index": index,
            "name": name,
            "kind": kind,
            "state": "up",
            "mtu": 1500,
        }
        empty = {"mac": "02:00:00:00:00:01", "addresses": [], "master": None, "peer": None, "alias": None}
        late = {"network": None, "endpoint": None, "made_by": None, "born": self._next_born()}
        return {**bare, **empty, **late, **more}

    def _change(self, op: str, value: Any, was: Any = None, *, call: int) -> None:
        row = self._row(op, "link", ROOT, (value or was)["id"], value, was)
        self._tell("topology", {"changes": [row], "by": "handler"}, call)

    def _row(self, op: str, what: str, space: str | None, identity: str, value: Any, was: Any) -> dict[str, Any]:
        place = {"host": "alpha", "namespace": space}
        return {"op": op, "what": what, **place, "id": identity, "value": value, "was": was}

    def _command(self, command: str, call: int) -> None:
        data = {"host": "alpha", "tool": "ip", "command": command, "error": None, "duration_ms": 0.8}
        self._tell("kernel", data, call)

    def tell_graph(self, graph: dict[str, Any]) -> None:
        """The network is another one from now on."""
        self._tell("topology", {"graph": graph, "by": None})

    def _tell(self, kind: str, data: dict[str, Any], call: int | None = None) -> None:
        with self._lock:
            event = self.journal.append(kind, data, call)
            if kind == "topology" and not self.still:
                self._graph = graphs.take(self._graph, event.data, event.seq, event.at)
