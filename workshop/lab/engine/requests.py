"""Reading what clients of the Engine API ask for: ports, networks, environment. Pure."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workshop.lab.container import capabilities
from workshop.lab.engine.model import Attachment, Container, Network
from workshop.lab.engine.mounts import mounts_of
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.versions import Version

PROTOCOLS = {"tcp": 6, "udp": 17, "sctp": 132}
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
DEFAULT_MODES = ("", "default", "bridge")
_NOT_CONFIGURED = "user specified IP address is supported only when connecting to networks with user configured subnets"
_MAC = re.compile(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")


def container_of(body: dict[str, Any], new_id: str, name: str, network_id: Callable[[str], str]) -> Container:
    """The container that a body of POST /containers/create describes.

    ``network_id`` gives a network's ID for its name, or the name itself if there is no such network.

    :raises Refusal: (400) for what cannot be understood.
    """
    host = body.get("HostConfig") or {}
    mode = str(host.get("NetworkMode") or "bridge")
    mode = "bridge" if mode in DEFAULT_MODES else mode
    if mode.startswith("container:"):
        raise Refusal("the practice engine cannot share another container's network", 400)
    command = [*_words(body.get("Entrypoint")), *_words(body.get("Cmd"))]
    if not command:
        raise Refusal("no command specified", 400)
    cap_add, cap_drop = (_capabilities(host, key) for key in ("CapAdd", "CapDrop"))
    try:
        allowed = capabilities.chosen(cap_add, cap_drop)
    except capabilities.Unknown as error:
        raise Refusal(f"invalid CapAdd: {error}", 400) from None
    workdir = str(body.get("WorkingDir") or "")
    if workdir and not workdir.startswith("/"):
        raise Refusal(f"the working directory '{workdir}' is invalid, it needs to be an absolute path", 400)
    bindings = host.get("PortBindings") or {}
    ports = _ports({**(body.get("ExposedPorts") or {}), **bindings}, bindings)
    return Container(
        id=new_id,
        name=name,
        image=str(body.get("Image") or "machine"),
        command=command,
        hostname=str(body.get("Hostname") or new_id[:12]),
        env=[str(entry) for entry in body.get("Env") or []],
        labels=dict(body.get("Labels") or {}),
        mode=mode,
        exposed=[{"Proto": proto, "Port": port} for port, proto in ports],
        portmap=_portmap(ports, bindings, bool(host.get("PublishAllPorts"))),
        port_bindings=bindings,
        auto_remove=bool(host.get("AutoRemove")),
        attachments=_attachments(body, mode, network_id),
        mounts=mounts_of(body),
        workdir=workdir,
        stop_timeout=int(body.get("StopTimeout") or 10),
        cap_add=cap_add,
        cap_drop=cap_drop,
        capabilities=allowed,
    )


def attachment_of(settings: dict[str, Any], network_id: str = "", mac: str = "") -> Attachment:
    """What an EndpointConfig wishes for. Raises Refusal (400)."""
    ipam = settings.get("IPAMConfig") or {}
    wish = Attachment(
        network_id,
        ipv4=_address(ipam.get("IPv4Address"), 4),
        ipv6=_address(ipam.get("IPv6Address"), 6),
        mac=str(settings.get("MacAddress") or mac).lower().replace("-", ":"),
        aliases=[str(alias) for alias in settings.get("Aliases") or []],
        driver_options={str(key): str(value) for key, value in (settings.get("DriverOpts") or {}).items()},
        priority=int(settings.get("GwPriority") or 0),
    )
    if wish.mac and not _MAC.fullmatch(wish.mac):
        raise Refusal(f"invalid MAC address {wish.mac}", 400)
    return wish


def check_addresses(network: Network, wish: Attachment, version: Version, *, early: bool) -> None:
    """Whether a network can give the addresses wished for; newer versions look before they create. Raises
    Refusal.
    """
    if not (wish.ipv4 or wish.ipv6) or early != version.checks_address:
        return
    problems = []
    for address, subnets in ((wish.ipv4, network.subnets4), (wish.ipv6, network.subnets6)):
        asked = [subnet for subnet in subnets if subnet.asked.get("Subnet")]
        if address and not asked:
            problems.append(_NOT_CONFIGURED)
        elif address and early and all(ipaddress.ip_address(address) not in one.pool.subnet for one in asked):
            problems.append(f"no configured subnet or ip-range contain the IP address {address}")
    if problems and early:
        lines = problems if len(problems) == 1 else [f"* {problem}" for problem in problems]
        head = f"invalid config for network {network.name}: invalid endpoint settings:\n"
        raise Refusal(head + "\n".join(lines), 400)
    if problems:
        raise Refusal(problems[0], 400)


def environment(given: list[str], container: Container, programs: Path) -> dict[str, str]:
    """The environment of a process: the machine's programs come before those that stand in for them."""
    base = {"PATH": f"{PATH}:{programs}", "HOSTNAME": container.hostname, "HOME": "/root", "TERM": "xterm"}
    return base | dict(entry.split("=", 1) for entry in given if "=" in entry)


def _attachments(body: dict[str, Any], mode: str, network_id: Callable[[str], str]) -> dict[str, Attachment]:
    wishes = dict((body.get("NetworkingConfig") or {}).get("EndpointsConfig") or {})
    found: dict[str, Attachment] = {}
    for name in dict.fromkeys([mode, *wishes]):
        key = network_id(name)
        default_mac = str(body.get("MacAddress") or "") if name == mode else ""
        settings = wishes.get(name) or next((w for n, w in wishes.items() if network_id(n) == key), None) or {}
        found.setdefault(key, attachment_of(settings, key, default_mac))
    return found


def _capabilities(host: dict[str, Any], key: str) -> list[str]:
    try:
        return capabilities.named(_words(host.get(key)))
    except capabilities.Unknown as error:
        raise Refusal(f"invalid {key}: {error}", 400) from None


def _words(value: Any) -> list[str]:
    return [value] if isinstance(value, str) and value else [str(word) for word in value or []]


def _address(text: Any, version: int) -> str:
    if not text:
        return ""
    try:
        address = ipaddress.ip_address(str(text))
    except ValueError:
        raise Refusal(f"invalid IPv{version} address: {text}", 400) from None
    if address.version != version:
        raise Refusal(f"invalid IPv{version} address: {text}", 400)
    return str(address)


def _ports(wanted: dict[str, Any], bindings: dict[str, Any]) -> list[tuple[int, int]]:
    """``(port, protocol)``, in the order Docker tells them in: those with the highest host port first."""
    found: dict[tuple[int, int], int] = {}
    for key in wanted:
        number, _, proto = key.partition("/")
        if not number.isdecimal() or (proto or "tcp").lower() not in PROTOCOLS:
            raise Refusal(f"invalid port specification: {key}", 400)
        hosts = [_range(entry.get("HostPort"))[0] for entry in bindings.get(key) or [{}]]
        found[int(number), PROTOCOLS[(proto or "tcp").lower()]] = max(hosts)
    return sorted(found, key=lambda port: (-found[port], port))


def _portmap(ports: list[tuple[int, int]], bindings: dict[str, Any], publish_all: bool) -> list[dict[str, Any]]:
    named = {number: name for name, number in PROTOCOLS.items()}
    entries = []
    for port, proto in ports:
        asked = bindings.get(f"{port}/{named[proto]}") or (bindings.get(str(port)) if proto == 6 else None)
        for entry in asked or ([{}] if publish_all else []):
            first, last = _range(entry.get("HostPort"))
            entries.append(
                {
                    "Proto": proto,
                    "IP": "",
                    "Port": port,
                    "HostIP": str(entry.get("HostIp") or ""),
                    "HostPort": first,
                    "HostPortEnd": last,
                }
            )
    return entries


def _range(text: Any) -> tuple[int, int]:
    """``"8000-8010"`` as two numbers; 0 and 0 for none. Raises Refusal (400)."""
    first, _, last = str(text or "0").partition("-")
    try:
        low, high = int(first), int(last or first)
    except ValueError:
        low, high = -1, -1
    if not 0 <= low <= high <= 65535:
        raise Refusal(f"invalid port specification: {text}", 400)
    return low, high
