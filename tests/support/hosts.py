"""Two hosts joined by a cable, each with a driver on it and containers as Docker would attach them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.driver import Bench
from tests.support.shell import inside, path_of, until
from workshop.drivers import Driver
from workshop.drivers.host import Host
from workshop.drivers.rooms import remove_at
from workshop.drivers.store import Store
from workshop.kernel.namespaces import Namespace

ALPHA, BETA = "192.0.2.10", "192.0.2.11"
ALPHA6, BETA6 = "2001:db8::10", "2001:db8::11"
CABLE = "eth0"


@dataclass
class Site:
    """One host: the driver's bench, its addresses on the cable, and the containers that a test attached.

    ``where`` is the option ``namespace`` of its networks.
    """

    bench: Bench
    address: str
    address6: str
    letter: str
    where: str = "host"
    boxes: list[Namespace] = field(default_factory=list)

    @property
    def namespace(self) -> Namespace:
        return self.bench.host.namespace

    @property
    def network_id(self) -> str:
        """The network's ID, which is another on each host, as with engines that know nothing of each other."""
        return self.letter * 64

    @property
    def tunnel(self) -> str:
        return f"wst{self.letter * 10}"

    @property
    def bridge(self) -> str:
        return f"wsb{self.letter * 10}"

    def network(self, options: dict[str, str], **more: object) -> None:
        """Create the network on this host."""
        self.bench.network({"namespace": self.where, **options}, **{"NetworkID": self.network_id, **more})

    def call(self, route: str, **request: object) -> dict:
        return self.bench.call(route, **{"NetworkID": self.network_id, **request})

    def sh(self, *command: str) -> str:
        """What a program says that is run on this host."""
        return inside(self.namespace, *command).stdout

    def there(self, *command: str) -> str:
        """What a program says that is run where the network's bridge and tunnel are."""
        kernel = self.bench.host.rooms.kernel(self.network_id)
        return inside(kernel.namespace if kernel else self.namespace, *command).stdout

    def fdb(self) -> set[tuple[str, str]]:
        """The tunnel's forwarding entries: MAC address and where it is."""
        words = [line.split() for line in self.there("bridge", "fdb", "show", "dev", self.tunnel).splitlines()]
        return {(line[0], line[2]) for line in words if line[1] == "dst"}

    def peers(self) -> set[str]:
        """The hosts that get what is for everybody."""
        return {where for mac, where in self.fdb() if mac == "00:00:00:00:00:00"}

    def container(self, number: int, *, mac: str = "", v6: bool = False) -> Container:
        """Attach a container with the address 10.9.0.<number> (and fd00:9::<number>)."""
        endpoint = f"{number:02x}{self.letter}{len(self.boxes)}" * 16
        address, address6 = f"10.9.0.{number}/24", f"fd00:9::{number}/64" if v6 else ""
        asked = {
            "Address": address,
            **({"AddressIPv6": address6} if v6 else {}),
            **({"MacAddress": mac} if mac else {}),
        }
        made = self.call("create_endpoint", EndpointID=endpoint, Interface=asked)
        joined = self.call("join", EndpointID=endpoint, SandboxKey="/run/docker/netns/1")
        box = Namespace.create()
        self.boxes.append(box)
        source = joined["InterfaceName"]["SrcName"]
        self.sh("ip", "link", "set", source, "netns", path_of(box))
        for command in (
            "ip link set lo up",
            # as Docker does it: a container without IPv6 says nothing by itself
            *([] if v6 else ["sysctl -qw net.ipv6.conf.all.disable_ipv6=1"]),
            f"ip link set {source} name eth0",
            f"ip addr add {address} dev eth0",
            *([f"ip addr add {address6} dev eth0 nodad"] if v6 else []),
            "ip link set eth0 up",
            *([f"ip route add default via {joined['Gateway']}"] if joined.get("Gateway") else []),
        ):
            inside(box, *command.split())
        return Container(self, endpoint, box, address.partition("/")[0], made["Interface"].get("MacAddress") or mac)


@dataclass
class Container:
    """A container that is attached: its endpoint, namespace, address and MAC address."""

    site: Site
    endpoint: str
    box: Namespace
    address: str
    mac: str

    def pings(self, target: str, *, tries: int = 3, size: int = 56) -> bool:
        """Whether one of some pings, none of which may be fragmented, is answered."""
        once = ("ping", "-c", "1", "-W", "1", "-M", "do", "-s", str(size), target)
        return any(inside(self.box, *once, check=False).returncode == 0 for _ in range(tries))

    def neighbour(self, address: str) -> str:
        """The MAC address that it knows for an address."""
        return inside(self.box, "ip", "neigh", "show", address).stdout.partition("lladdr ")[2].partition(" ")[0]

    def remove(self) -> None:
        """As ``docker rm -f``: the link comes back to the host, and the endpoint goes."""
        inside(self.box, "ip", "link", "set", "eth0", "down")
        self.site.call("leave", EndpointID=self.endpoint)
        self.site.call("delete_endpoint", EndpointID=self.endpoint)


@contextlib.contextmanager
def two_hosts(driver: Driver, rooms: Path, where: str = "host") -> Iterator[tuple[Site, Site]]:
    """Hosts alpha and beta on one cable, with IPv4 and IPv6, each the other's way out. All is gone afterwards.

    ``rooms`` is a folder for networks' own namespaces.
    """
    spaces = Namespace.create(), Namespace.create()
    inside(spaces[0], *f"ip link add {CABLE} type veth peer name {CABLE} netns {path_of(spaces[1])}".split())
    sites = []
    for letter, space, v4, v6 in zip("ab", spaces, (ALPHA, BETA), (ALPHA6, BETA6), strict=True):
        for command in (
            "ip link set lo up",
            f"ip addr add {v4}/24 dev {CABLE}",
            f"ip addr add {v6}/64 dev {CABLE} nodad",
            f"ip link set {CABLE} up",
            f"ip route add default via {BETA if letter == 'a' else ALPHA}",
            f"ip -6 route add default via {BETA6 if letter == 'a' else ALPHA6}",
        ):
            inside(space, *command.split())
        warnings: list[str] = []
        host = Host(space, Store(None), name=letter, warn=warnings.append, rooms=rooms)
        sites.append(Site(Bench(host, warnings, driver), v4, v6, letter, where))
    until(lambda: "LOWER_UP" in sites[1].sh("ip", "link", "show", CABLE), 5)
    try:
        yield sites[0], sites[1]
    finally:
        for site in sites:
            for box in site.boxes:
                box.close()
            for room in site.bench.host.rooms.found(site.bench.host):
                remove_at(room.path)
            site.bench.host.close()
            site.namespace.close()
