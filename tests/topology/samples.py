"""Graphs as the observer makes them, without a kernel."""

from __future__ import annotations

from typing import Any

from workshop.topology import graph as graphs


class Sample:
    """A graph under construction: hosts, bridges, containers plugged into them."""

    def __init__(self) -> None:
        self.graph = graphs.empty()
        self._born = 0
        self._next = 4026531000

    def _age(self) -> int:
        self._born += 1
        return self._born

    def link(self, space: dict[str, Any], name: str, kind: str | None, **fields: Any) -> dict[str, Any]:
        index = len(space["links"]) + 2
        link = {
            "id": f"{space['id']}/{index}", "index": index, "name": name, "kind": kind, "state": "up",
            "mac": f"02:42:0a:09:{space['born'] % 256:02x}:{index % 256:02x}", "mtu": 1500, "addresses": [],
            "master": None, "peer": None, "parent": None, "info": {}, "alias": None, "network": None,
            "network_name": None, "endpoint": None, "made_by": None, "born": self._age(),
            "row": None, "left_over": False, "should_have_gone": None,
            **fields,
        }  # fmt: skip
        space["links"].append(link)
        return link

    def space(self, host: dict[str, Any], name: str | None, *, root: bool = False) -> dict[str, Any]:
        self._next += 1
        space = graphs.namespace(f"4:{self._next}", root=root, name=name, born=self._age())
        if name and not root:
            space["container"] = {"id": f"{self._next}", "name": name, "image": "alpine"}
        host["namespaces"].append(space)
        return space

    def host(self, name: str = "alpha", address: str = "192.0.2.10/24") -> dict[str, Any]:
        host: dict[str, Any] = {"name": name, "namespaces": []}
        self.graph["hosts"].append(host)
        root = self.space(host, name, root=True)
        uplink = self.link(root, "eth0", "veth", addresses=[address])
        root["routes"].append({"dst": "default", "gateway": "192.0.2.1", "link": uplink["id"], "table": 254})
        return host

    def bridge(self, host: dict[str, Any], number: int = 1, name: str | None = "shop", **fields: Any) -> dict[str, Any]:
        more = {"addresses": [f"10.{number}.0.1/24"], "network": "5" * 64, "network_name": name, **fields}
        return self.link(host["namespaces"][0], f"wsb56aaf7d6{number:02}", "bridge", **more)

    def port(self, host: dict[str, Any], bridge: dict[str, Any] | None, **fields: Any) -> dict[str, Any]:
        links = host["namespaces"][0]["links"]
        master = bridge["id"] if bridge else None
        taken = {link["row"] for link in links if link["master"] == master}
        row = next(row for row in range(len(links) + 1) if row not in taken)
        name = f"wsh{self._born:06x}a7f2"[:13]
        return self.link(host["namespaces"][0], name, fields.pop("kind", "veth"), master=master, row=row, **fields)

    def plug(
        self, host: dict[str, Any], bridge: dict[str, Any] | None, space: dict[str, Any], **fields: Any
    ) -> dict[str, Any]:
        """Plug a container into a bridge; gives its interface."""
        port = self.port(host, bridge)
        number = len(host["namespaces"][0]["links"])
        subnet = bridge["addresses"][0].rsplit(".", 2)[0] if bridge and bridge["addresses"] else "10.99"
        more = {"addresses": [f"{subnet}.0.{number}/24"], "peer": port["id"], **fields}
        end = self.link(space, more.pop("name", f"eth{len(space['links'])}"), "veth", **more)
        port["peer"] = end["id"]
        return end

    def waiting(self, host: dict[str, Any], bridge: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """A pair that is made but not joined; gives the host's end."""
        port = self.port(host, bridge, **fields)
        end = self.link(host["namespaces"][0], port["name"].replace("wsh", "wsc"), "veth", peer=port["id"])
        port["peer"] = end["id"]
        return port

    def tunnel(self, host: dict[str, Any], bridge: dict[str, Any], *peers: str, vni: int = 42, **info: Any) -> Any:
        """Plug a tunnel to these peers into a bridge; gives its link."""
        root = host["namespaces"][0]
        local = root["links"][0]["addresses"][0].partition("/")[0]
        own = {"vni": vni, "local": local, "port": 4789, "learning": True, **info}
        link = self.port(host, bridge, kind="vxlan", info=own)
        root["fdb"] += [self.entry(link, "00:00:00:00:00:00", peer, "permanent") for peer in peers]
        return link

    def room(
        self, host: dict[str, Any], *, number: int = 1, name: str = "shop", gateway: bool = True
    ) -> dict[str, Any]:
        """A network in a namespace of its own; gives that."""
        network = f"56aaf7d6a{number}" + "0" * 54
        space = self.space(host, None)
        space |= {"name": f"wsn{network[:10]}", "network": network}
        own = {"network": network, "network_name": name}
        bridge = self.link(space, f"wsb{network[:10]}", "bridge", **own)
        if gateway:
            more = {"addresses": [f"10.{number}.0.1/24"], **own}
            end = self.link(host["namespaces"][0], f"wsg{network[:10]}", "veth", **more)
            port = self.link(space, f"wsu{network[:10]}", "veth", master=bridge["id"], peer=end["id"], **own)
            end["peer"] = port["id"]
        return space

    def room_port(self, space: dict[str, Any], name: str, kind: str = "veth", **fields: Any) -> dict[str, Any]:
        """A port of the bridge there."""
        bridge = space["links"][0]
        rows = [link["row"] for link in space["links"] if link["row"] is not None]
        return self.link(space, name, kind, master=bridge["id"], row=len(rows), **fields)

    def room_tunnel(self, host: dict[str, Any], space: dict[str, Any], *peers: str) -> None:
        """A tunnel there, with its own end at the host, to these peers."""
        local = host["namespaces"][0]["links"][0]["addresses"][0].partition("/")[0]
        own = {"vni": 42, "local": local, "port": 4789, "learning": True}
        link = self.room_port(space, space["links"][0]["name"].replace("wsb", "wst"), "vxlan", info=own)
        space["fdb"] += [self.entry(link, "00:00:00:00:00:00", peer, "permanent") for peer in peers]

    def room_plug(self, space: dict[str, Any], container: dict[str, Any], **fields: Any) -> dict[str, Any]:
        """Plug a container into the bridge there (or the host: an end that is not moved yet); gives its interface."""
        endpoint = f"{self._born:06x}a7f2" + "e" * 54
        port = self.room_port(space, f"wsh{endpoint[:10]}", endpoint=endpoint)
        number, subnet = len(space["links"]), space["links"][0]["name"][-1]
        more = {"name": "eth0", "addresses": [f"10.{subnet}.0.{number}/24"], "endpoint": endpoint, **fields}
        end = self.link(container, more.pop("name"), "veth", peer=port["id"], **more)
        port["peer"] = end["id"]
        return end

    @staticmethod
    def entry(link: dict[str, Any], mac: str, dst: str, state: str = "learned") -> dict[str, Any]:
        return {"mac": mac, "dst": dst, "state": state, "link": link["id"]}

    def done(self) -> graphs.Graph:
        return graphs.ordered(self.graph)


NAMES = ["web", "db", "cache", "worker", "mail", "queue", "search", "proxy", "auth", "cron"]


def shop(count: int) -> graphs.Graph:
    """One host, one network, ``count`` containers."""
    sample = Sample()
    host = sample.host()
    if count >= 0:
        bridge = sample.bridge(host)
        for number in range(count):
            name = NAMES[number % 10] + (f"-{number // 10 + 1}" if number >= 10 else "")
            sample.plug(host, bridge, sample.space(host, name))
    return sample.done()


def two_networks() -> graphs.Graph:
    """Two networks; ``proxy`` is on both, with a published port; one pair is not joined, one left over."""
    sample = Sample()
    host = sample.host()
    shop, back = sample.bridge(host), sample.bridge(host, 2, "backend")
    web, proxy, db = (sample.space(host, name) for name in ("web", "proxy", "db"))
    sample.plug(host, shop, web, addresses=["10.1.0.2/24", "fd00:1::2/64"])
    sample.plug(host, shop, proxy)
    sample.plug(host, back, db)
    sample.plug(host, back, proxy)
    sample.waiting(host, shop)
    sample.waiting(host, back, left_over=True, should_have_gone=12)
    proxy["ports"] = [
        {"proto": "tcp", "host_ip": ip, "host_port": 8080, "ip": "10.1.0.3", "port": 80} for ip in ("0.0.0.0", "::")
    ]
    return sample.done()


def troubles() -> graphs.Graph:
    """A bridge that is down, one left over, an unnamed namespace, names from hell, an interface down."""
    sample = Sample()
    host = sample.host()
    down = sample.bridge(host, 1, "a" * 70, state="down")
    sample.plug(host, down, sample.space(host, "x" * 200))
    sample.plug(host, down, sample.space(host, "<script>alert(\"1\")</script> & 'co' \\N"))
    sample.plug(host, down, sample.space(host, "🐳 קונטיינר \u202eevil\u202c 容器"), state="down")
    sample.plug(host, down, sample.space(host, None))
    left = sample.bridge(host, 2, None, left_over=True, addresses=[])
    sample.tunnel(host, left)
    sample.plug(host, None, sample.space(host, "routed"))
    lonely = sample.space(host, "lonely")
    mac = sample.space(host, "mac")
    sample.link(mac, "eth0", "macvlan", addresses=["192.0.2.77/24"], parent=host["namespaces"][0]["links"][0]["id"])
    assert not lonely["links"]
    sample.link(host["namespaces"][0], "dummy0", "dummy", state="down")
    sample.graph["unseen"] = [{"why": "A link of alpha leads to a namespace that cannot be found here (nsid 7)."}]
    return sample.done()


def two_hosts() -> graphs.Graph:
    """Two hosts with one network across both, and a third host that is not known; alpha has heard of a container."""
    sample = Sample()
    for number, name in enumerate(("alpha", "beta")):
        host = sample.host(name, f"192.0.2.{10 + number}/24")
        bridge = sample.bridge(host)
        link = sample.tunnel(host, bridge, f"192.0.2.{11 - number}", "192.0.2.200")
        if name == "alpha":
            entries = host["namespaces"][0]["fdb"]
            entries.append(sample.entry(link, "02:42:0a:09:00:03", "192.0.2.11"))
            entries.append(sample.entry(link, "02:00:00:00:00:01", "192.0.2.10", "permanent"))
        for each in range(2 + number):
            sample.plug(host, bridge, sample.space(host, f"{NAMES[each]}-{name}"))
    return sample.done()


def own_namespace(count: int = 3, *, gateway: bool = True) -> graphs.Graph:
    """A network in a namespace of its own with ``count`` containers, beside one with its bridge at the host."""
    sample = Sample()
    host = sample.host()
    room = sample.room(host, gateway=gateway)
    sample.room_tunnel(host, room)
    for number in range(count):
        sample.room_plug(room, sample.space(host, f"{NAMES[number % 10]}-{number}"))
    sample.room_plug(room, host["namespaces"][0], name="wsc0a0b0c0d0e", addresses=[])
    plain = sample.bridge(host, 9, "plain")
    sample.plug(host, plain, sample.space(host, "beside"))
    sample.room(host, number=2, name="second")
    return sample.done()


def two_own_namespaces() -> graphs.Graph:
    """Two hosts with a network across both that is in a namespace of its own on each."""
    sample = Sample()
    for number, name in enumerate(("alpha", "beta")):
        host = sample.host(name, f"192.0.2.{10 + number}/24")
        room = sample.room(host)
        sample.room_tunnel(host, room, f"192.0.2.{11 - number}")
        for each in range(3 - number):
            sample.room_plug(room, sample.space(host, f"{NAMES[each]}-{name}"))
    return sample.done()
