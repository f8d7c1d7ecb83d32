"""A host whose vxlan networks are in namespaces of their own: with a cable, a driver at work, and what is in there."""

from __future__ import annotations

from pathlib import Path

from tests.support.driver import NETWORK, Bench
from tests.support.shell import inside
from workshop.drivers import rooms, vxlan
from workshop.drivers.host import Host
from workshop.drivers.reconcile import reconcile
from workshop.drivers.store import Store
from workshop.kernel import pinned, programs
from workshop.kernel.kernel import Kernel
from workshop.kernel.namespaces import Namespace

SHORT = NETWORK[:10]
ROOM, BRIDGE, TUNNEL, UPLINK, GATEWAY = (f"{prefix}{SHORT}" for prefix in ("wsn", "wsb", "wst", "wsu", "wsg"))
HOST_END, CONTAINER_END = "wsh1738df3e5a", "wsc1738df3e5a"
CABLE = """
link add eth0 mtu 1500 type veth peer name far
addr add 192.0.2.10/24 dev eth0
link set far up
link set eth0 up
route add default via 192.0.2.1
"""


class Place:
    """A host with a cable, and the folder of its networks' namespaces."""

    def __init__(self, folder: Path) -> None:
        self.namespace, self.folder = Namespace.create(), folder / "netns"
        programs.run(self.namespace, "ip", "-batch", "-", given=CABLE)
        self.commands: list[str] = []
        self.begin(Store(folder / "store.db"))

    def begin(self, store: Store, plugin: str = "workshop") -> None:
        """Let a driver be at work, as after the plugin's start."""
        warnings: list[str] = []
        tell = {"warn": warnings.append, "trace": lambda change: self.commands.append(change.command)}
        host = Host(self.namespace, store, rooms=self.folder, plugin=plugin, **tell)  # type: ignore[arg-type]
        self.bench = Bench(host, warnings, vxlan)  # type: ignore[arg-type]
        self.network, self.call = self.bench.network, self.bench.call

    def restart(self) -> list[str]:
        """End the plugin and start it again; gives what it found different."""
        self.bench.host.close()
        self.begin(self.bench.host.store)
        result = reconcile(self.bench.host, vxlan)  # type: ignore[arg-type]
        assert result.failed == []
        return result.done

    def outside(self) -> set[str]:
        """The names of the links on the host that are not its own."""
        return set(self.bench.links()) - {"eth0", "far"}

    def inside(self, name: str = ROOM) -> dict[str, dict]:
        """The links in a network's namespace, by name."""
        space = pinned.at(self.folder / name)
        assert space is not None, f"there is no {name}"
        kernel = Kernel(space)
        found = {link.get("ifname"): link for link in kernel.links() if link.get("ifname") != "lo"}
        kernel.close()
        space.close()
        return found

    def told(self, command: str, name: str = ROOM) -> str:
        """What a program says that is run in a network's namespace."""
        space = pinned.at(self.folder / name)
        assert space is not None, f"there is no {name}"
        try:
            return inside(space, *command.split()).stdout
        finally:
            space.close()

    def end(self) -> None:
        """End the plugin, and remove all namespaces."""
        self.bench.host.close()
        for name in self.pinned():
            rooms.remove_at(self.folder / name)
        self.namespace.close()

    def pinned(self) -> list[str]:
        """The names of the namespaces that are kept."""
        return sorted(path.name for path in self.folder.glob("*"))


def own(**more: str) -> dict[str, str]:
    """Options of a network that is in its own namespace."""
    return {"namespace": "own", "vni": "4242", **more}
