"""Moving links into a container's network namespace and back, as Docker does after Join and after Leave."""

from __future__ import annotations

import ipaddress
import os
import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from workshop.kernel.namespaces import Namespace, in_thread
from workshop.lab.engine.model import Endpoint, Sandbox
from workshop.lab.engine.versions import Version
from workshop.lab.lab import set_sysctl

NODAD = 0x02
SCOPE_LINK = 253


class MoveFailure(Exception):
    """A link could not be set up in the sandbox; the text is Docker's."""


def populate(sandbox: Sandbox, endpoint: Endpoint, host: Namespace, version: Version) -> None:
    """Move the endpoint's link into the sandbox, name it, give it MAC, addresses and routes, and bring it up.

    If it fails the link is back on the host under its own name. Raises MoveFailure.
    """
    if not endpoint.source:
        return

    def work() -> None:
        try:
            _move_in(sandbox, endpoint, host, version)
        except MoveFailure as error:
            raise MoveFailure(f"failed to add interface {endpoint.source} to sandbox: {error}") from None

    in_thread(work)


def withdraw(sandbox: Sandbox, endpoint: Endpoint, host: Namespace) -> None:
    """Rename the endpoint's link back and return it to the host. Nothing happens if it is gone."""
    if not endpoint.link or sandbox.namespace is None:
        return

    def work() -> None:
        sandbox.namespace.enter()
        with IPRoute() as ip:
            for index in ip.link_lookup(ifname=endpoint.link):
                _send_back(ip, index, endpoint.source, host)

    in_thread(work)
    endpoint.link = ""


def set_gateway(sandbox: Sandbox, endpoint: Endpoint | None) -> None:
    """Make the endpoint's gateways the sandbox's default routes; None: no routes. Raises MoveFailure."""

    def work() -> None:
        sandbox.namespace.enter()
        with IPRoute() as ip:
            for family in (2, 10):
                with suppress(NetlinkError):
                    ip.flush_routes(family=family, dst_len=0, table=254, type=1)
            for gateway in filter(None, (endpoint.gateway, endpoint.gateway6) if endpoint else ()):
                try:
                    ip.route("add", dst="default" if "." in gateway else "::/0", gateway=gateway, proto=3)
                except NetlinkError as error:
                    raise MoveFailure(
                        "failed to set gateway while updating gateway: "
                        f"route for the gateway {gateway} could not be found: {_why(error)}"
                    ) from None

    if sandbox.namespace is not None:
        in_thread(work)
        sandbox.gateway_of = endpoint


def lower_loopback(sandbox: Sandbox, version: Version) -> None:
    """Switch IPv6 off in a new sandbox, as older Docker does until a network needs it."""
    if not version.loopback6 and sandbox.namespace is not None:
        sandbox.namespace.run(lambda: set_sysctl("net/ipv6/conf/all/disable_ipv6", "1"))


def worded(error: MoveFailure, version: Version) -> str:
    """The failure as the client of that version sees it."""
    quoted = str(error).replace('"', '\\"')
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return version.move_error.format(error=error, quoted=quoted, time=now)


def _move_in(sandbox: Sandbox, endpoint: Endpoint, host: Namespace, version: Version) -> None:
    host.enter()
    with IPRoute() as ip:
        found = ip.link_lookup(ifname=endpoint.source)
        if not found:
            raise MoveFailure(f'failed to get link by name "{endpoint.source}": Link not found')
        try:
            ip.link("set", index=found[0], net_ns_fd=sandbox.namespace.descriptor)
        except NetlinkError as error:
            raise MoveFailure(f'failed to set namespace on link "{endpoint.source}": {_why(error)}') from None
    sandbox.namespace.enter()
    with IPRoute() as ip:
        index = ip.link_lookup(ifname=endpoint.source)[0]
        try:
            _configure(ip, index, sandbox, endpoint, version)
        except BaseException:
            _send_back(ip, index, endpoint.source, host)
            raise


def _configure(ip: IPRoute, index: int, sandbox: Sandbox, endpoint: Endpoint, version: Version) -> None:
    source = endpoint.source
    name = endpoint.exact_name or _next_name(ip, sandbox, endpoint.prefix, version)
    ip.link("set", index=index, state="down")
    _try(f'error renaming interface "{source}" to "{name}"', lambda: ip.link("set", index=index, ifname=name))
    if endpoint.mac:
        _try(
            f'error setting interface "{name}" MAC to "{endpoint.mac}"',
            lambda: ip.link("set", index=index, address=endpoint.mac),
        )
    six = "0" if endpoint.address6 else "1"
    if endpoint.address6 and not version.loopback6:
        set_sysctl("net/ipv6/conf/all/disable_ipv6", "0")
    set_sysctl(f"net/ipv6/conf/{name}/disable_ipv6", six)
    for address, flags in ((endpoint.address, 0), (endpoint.address6, NODAD)):
        if address:
            _try(
                f'error setting interface "{name}" IP to {address}',
                lambda a=address, f=flags: ip.addr("add", index=index, **_address(a, f)),
            )
    _try(f'failed to set link "{name}" up', lambda: ip.link("set", index=index, state="up"))
    for destination, kind, hop in endpoint.routes:
        way = {"gateway": hop} if kind == 0 else {"oif": index, "scope": SCOPE_LINK}
        _try(
            f'error adding route to interface "{name}": {destination}',
            lambda d=destination, w=way: ip.route("add", dst=d, proto=3, **w),
        )
    endpoint.link = name


def _address(text: str, flags: int) -> dict[str, Any]:
    interface = ipaddress.ip_interface(text)
    fields: dict[str, Any] = {"address": str(interface.ip), "prefixlen": interface.network.prefixlen}
    if interface.version == 4 and interface.network.prefixlen < 31:
        fields["broadcast"] = str(interface.network.broadcast_address)
    return {**fields, "flags": flags} if flags else fields


def _next_name(ip: IPRoute, sandbox: Sandbox, prefix: str, version: Version) -> str:
    if version.counts_on:
        number = sandbox.counters.get(prefix, 0)
        sandbox.counters[prefix] = number + 1
        return f"{prefix}{number}"
    pattern = re.compile(re.escape(prefix) + r"(\d+)")
    matches = (pattern.fullmatch(link.get("ifname") or "") for link in ip.get_links())
    taken = {int(match[1]) for match in matches if match}
    return f"{prefix}{next(n for n in range(len(taken) + 1) if n not in taken)}"


def _send_back(ip: IPRoute, index: int, name: str, host: Namespace) -> None:
    with suppress(NetlinkError):
        ip.link("set", index=index, state="down")
        ip.link("set", index=index, ifname=name)
    with suppress(NetlinkError):
        ip.link("set", index=index, net_ns_fd=host.descriptor)


def _try(what: str, action: Any) -> None:
    try:
        action()
    except NetlinkError as error:
        raise MoveFailure(f"{what}: {_why(error)}") from None


def _why(error: NetlinkError) -> str:
    return os.strerror(error.code).lower()
