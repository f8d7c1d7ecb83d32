"""One file per kind of network: functions named as the routes, ``(request, host) -> answer``, and an options table.

Beside them what drivers share: options, link names, what is remembered. No HTTP in here, and no journal.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

from workshop.errors import UsageError

if TYPE_CHECKING:
    from workshop.drivers.host import Host
    from workshop.drivers.options import Option

Handler = Callable[[dict[str, Any], Any], Mapping[str, Any]]
"""What answers a route: a function of the request and the host."""

DRIVERS = {
    "bridge": "workshop.drivers.bridge",
    "vxlan": "workshop.drivers.vxlan",
    "macvlan": "workshop.drivers.macvlan",
    "ipvlan": "workshop.drivers.ipvlan",
    "routed": "workshop.drivers.routed",
    "null": "workshop.drivers.null",
}
"""The drivers by name, which is their kind of network, and the module of each. The first is the default."""

ALL = "all"
"""The name of the driver that serves all kinds; ``-o type=`` chooses."""


class Driver(Protocol):
    """What a driver has beside its routes. A route that it leaves out is answered as in ``common.py``, or unknown.

    One that has a function ``look_after(host)`` is called every few seconds, with no call's turn: see ``Keeper``.
    """

    OPTIONS: tuple[Option, ...]
    """What ``-o`` takes; the option ``type`` is the first."""

    def restore_network(self, request: dict[str, Any], host: Host) -> list[str]:
        """Bring what the kernel has of a remembered network to what it should be; say what was not."""
        ...

    def is_lost(self, endpoint_id: str, host: Host) -> bool:
        """Whether the links of a remembered endpoint are gone, as with a container that was killed."""
        ...

    def elements(self, network_id: str, network: dict[str, Any], host: Host) -> dict[str, list[str]]:
        """What a remembered network needs in the firewall, by set (``workshop/kernel/firewall.py``)."""
        ...


def load(name: str) -> Driver:
    """The driver of this name: a module, or for ``all`` what chooses among them. Raises UsageError if there is none."""
    if name == ALL:
        from workshop.drivers.by_type import ByType

        return ByType({each: load(each) for each in DRIVERS})
    if name not in DRIVERS:
        raise UsageError(f"There is no driver {name!r}.", f"Choose one of: {', '.join([ALL, *DRIVERS])}.")
    return importlib.import_module(DRIVERS[name])  # type: ignore[return-value]
