"""A driver on a host, without plugin, HTTP or journal: what tests of drivers call."""

from __future__ import annotations

from dataclasses import dataclass, field

from workshop.drivers import Driver, bridge
from workshop.drivers.host import Host
from workshop.kernel import programs
from workshop.plugin.memory import AFTER

NETWORK = "56aaf7d6a1c04e6b8f4b2d3c9e5f60718293a4b5c6d7e8f9001122334482fb85"
ENDPOINT = "1738df3e5a7c9b1d3f507192b3d4f5061728394a5b6c7d8e9f0a1b2c3dff0905"


@dataclass
class Bench:
    """A host, and the driver's routes on it with what the plugin remembers after each."""

    host: Host
    warnings: list[str] = field(default_factory=list)
    driver: Driver = bridge  # type: ignore[assignment]

    def __post_init__(self) -> None:
        self.host.is_lost = lambda endpoint_id: self.driver.is_lost(endpoint_id, self.host)

    def call(self, route: str, **request: object) -> dict:
        """Do what the plugin does for one call, without HTTP and journal."""
        request = {"NetworkID": NETWORK, **request}
        if "endpoint" in route or route in ("join", "leave") or "connectivity" in route:
            request.setdefault("EndpointID", ENDPOINT)
        answer = getattr(self.driver, route)(request, self.host)
        if route in AFTER:
            AFTER[route](self.host.store, request, answer)
        return answer

    def network(
        self,
        options: dict | None = None,
        v4: str = "10.9.0.0/24",
        gateway: str | None = "10.9.0.1/24",
        **more,
    ):
        """Create a network with these ``-o`` options."""
        pool = {"Pool": v4, **({"Gateway": gateway} if gateway else {})}
        labels = {"com.docker.network.generic": options or {}, **more.pop("labels", {})}
        return self.call("create_network", Options=labels, IPv4Data=[pool], **more)

    def endpoint(self, address: str = "10.9.0.2/24", **more) -> dict:
        """Create an endpoint."""
        return self.call("create_endpoint", Interface={"Address": address}, **more)

    def links(self) -> dict[str, dict]:
        """The namespace's links but loopback, by name."""
        return {link.get("ifname"): link for link in self.host.kernel.links() if link.get("ifname") != "lo"}

    def addresses(self, name: str) -> set[str]:
        """The addresses of a link, link-local ones left out."""
        found = self.host.kernel.get_addr(index=self.host.kernel.index(name))
        return {f"{a.get('address')}/{a['prefixlen']}" for a in found if not a.get("address").startswith("fe80")}

    def rules(self) -> str:
        """All nftables rules of the namespace."""
        return programs.run(self.host.namespace, "nft", "list", "ruleset")
