"""The bug of the talk: two handlers that look right, as somebody might have written them. Docker notices nothing."""

from __future__ import annotations

import contextlib

from workshop.drivers import Handler, naming
from workshop.drivers.host import Host
from workshop.kernel.kernel import NetlinkError
from workshop.protocol import types as t


def leave(request: t.EndpointRequest, host: Host) -> t.Empty:
    """Remove the container's link: with one end of a pair goes the other.

    At this moment it is still in the container, and called eth0. Docker brings it back after this call.
    """
    with contextlib.suppress(NetlinkError):  # it may be gone already
        host.kernel.link("del", ifname=naming.container_end(request["EndpointID"]))
    return {}


def delete_endpoint(request: t.EndpointRequest, host: Host) -> t.Empty:
    """Nothing: Leave has removed the pair."""
    return {}


HANDLERS: dict[str, Handler] = {"leave": leave, "delete_endpoint": delete_endpoint}
"""What they answer, by route."""
