"""Links that another handler made for a network or an endpoint of ours, as a learner's does: the store knows them.

A row of the store has ``Links`` then: ``[{"name", "index", "kind", "end"}]``; ``end`` is ``host`` or ``container`` for
those of an endpoint. A row without ``Links`` is the driver's own, whose links are named from the IDs.
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Any

from workshop.drivers import naming
from workshop.drivers.host import Host
from workshop.errors import PluginError
from workshop.kernel.kernel import NetlinkError

Row = Mapping[str, Any] | None


def bridge(row: Row, otherwise: str = "") -> str:
    """The bridge that was made for a network; ``otherwise`` for one of the driver's own.

    :raises PluginError: if none was made, unless there is an ``otherwise``.
    """
    if row is None or "Links" not in row:
        return otherwise
    found = next((link["name"] for link in row["Links"] if link["kind"] == "bridge"), otherwise)
    if not found:
        made = ", ".join(link["name"] for link in row["Links"]) or "nothing"
        raise PluginError(f"this network has no bridge to plug a container into: create_network made {made}")
    return found


def host_end(host: Host, endpoint_id: str) -> str:
    """The name of the host's end of an endpoint's pair."""
    return _end(host, endpoint_id, "host") or naming.host_end(endpoint_id)


def container_end(host: Host, endpoint_id: str) -> str:
    """The name of the container's end of an endpoint's pair, until Docker renames it."""
    return _end(host, endpoint_id, "container") or naming.container_end(endpoint_id)


def remove(host: Host, row: Row) -> None:
    """Remove the links that a row names, as far as they are there."""
    for link in (row or {}).get("Links") or ():
        index = _index_now(host, link)
        if index is not None:
            with contextlib.suppress(NetlinkError):  # a pair goes as a whole
                host.kernel.remove_link(index)


def _index_now(host: Host, link: Mapping[str, Any]) -> int | None:
    """The index of a link that is here, or ``None``: one that was in a container may have got another number there."""
    name = link["name"]
    if host.kernel.name_of(link["index"]) == name:
        return link["index"]
    found = host.kernel.find(name) if host.kernel.index(name) is not None else None
    if found is None or found.get(("linkinfo", "kind")) != link["kind"]:
        return None
    others = [*host.endpoints.values(), *host.networks.values()]
    claimed = {each["index"] for row in others for each in row.get("Links") or ()}
    return None if found["index"] in claimed else found["index"]


def _end(host: Host, endpoint_id: str, which: str) -> str:
    made = (host.endpoints.get(endpoint_id) or {}).get("Links") or ()
    return next((link["name"] for link in made if link["end"] == which), "")
