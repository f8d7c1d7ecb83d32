"""Networks and containers as the Engine API's JSON, keys in Docker's order. Pure."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from workshop.lab.engine.model import Attachment, Container, Endpoint, Network, Subnet
from workshop.lab.engine.mounts import MountPoint, in_order
from workshop.lab.engine.versions import Version
from workshop.lab.engine.volumes import Volume


def network(net: Network, version: Version, names: dict[str, str], detailed: bool = True) -> dict[str, Any]:
    """A network as `docker network inspect` shows it; ``names`` are the containers' by ID."""
    shown = {"EnableIPv4": net.ipv4} if version.tells_ipv4 else {}
    return {
        "Name": net.name,
        "Id": net.id,
        "Created": net.created,
        "Scope": net.driver.scope if net.driver_name != "null" else "local",
        "Driver": net.driver_name,
        **shown,
        "EnableIPv6": net.ipv6,
        "IPAM": {
            "Driver": net.ipam_name,
            "Options": None if net.builtin else net.ipam_options,
            "Config": [_subnet(each, version) for each in (*net.subnets4, *net.subnets6)]
            or ([] if net.builtin else None),
        },
        "Internal": net.internal,
        "Attachable": net.attachable,
        "Ingress": False,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": {
            e.container_id: _resident(e, names.get(e.container_id, e.name))
            for e in (list(net.endpoints.values()) if detailed else [])
        },
        "Options": net.options,
        "Labels": net.labels,
    }


def _subnet(subnet: Subnet, version: Version) -> dict[str, Any]:
    asked = subnet.asked
    if not asked.get("Subnet"):
        shown = {"Subnet": str(subnet.pool.subnet)}
        masked = version.masks_gateway6 and subnet.pool.subnet.version == 6
        gateway = subnet.gateway if masked else subnet.gateway.split("/")[0]
        return {**shown, "Gateway": gateway} if gateway else shown
    keys = ("Subnet", "IPRange", "Gateway", "AuxiliaryAddresses")
    return {key: asked[key] for key in keys if asked.get(key)}


def _resident(endpoint: Endpoint, name: str) -> dict[str, Any]:
    return {
        "Name": name,
        "EndpointID": endpoint.id,
        "MacAddress": endpoint.mac,
        "IPv4Address": endpoint.address,
        "IPv6Address": endpoint.address6,
    }


def volume(vol: Volume, with_status: bool = False) -> dict[str, Any]:
    """A volume as `docker volume inspect` shows it."""
    shown = {"CreatedAt": vol.created} if vol.created else {}
    return {
        **shown,
        "Driver": vol.driver.name,
        "Labels": vol.labels,
        "Mountpoint": vol.path,
        "Name": vol.name,
        "Options": vol.options,
        "Scope": vol.scope,
        **({"Status": vol.status} if with_status and vol.status else {}),
    }


def _mount_point(point: MountPoint) -> dict[str, Any]:
    return {
        "Type": "volume",
        "Name": point.name,
        "Source": point.source,
        "Destination": point.target,
        "Driver": point.driver,
        "Mode": point.mode,
        "RW": not point.read_only,
        "Propagation": "",
    }


def attachment(one: Attachment, container: Container, version: Version) -> dict[str, Any]:
    """A container's end in one network, as `docker inspect` shows it."""
    endpoint = one.endpoint
    address, length = _split(endpoint.address if endpoint else "")
    address6, length6 = _split(endpoint.address6 if endpoint else "")
    asked = {key: value for key, value in (("IPv4Address", one.ipv4), ("IPv6Address", one.ipv6)) if value}
    aliases = [*one.aliases, *([container.short_id] if version.hosts_names_ids else [])]
    gateway = (endpoint.gateway, endpoint.gateway6) if endpoint else ("", "")
    names = {} if version.hosts_names_ids else {"DNSNames": [container.name, *one.aliases, container.short_id]}
    return {
        "IPAMConfig": asked or None,
        "Links": None,
        "Aliases": aliases or None,
        "MacAddress": endpoint.mac if endpoint else "",
        "DriverOpts": one.driver_options or None,
        "NetworkID": one.network_id,
        "EndpointID": endpoint.id if endpoint else "",
        "Gateway": gateway[0],
        "IPAddress": address,
        "IPPrefixLen": length,
        "IPv6Gateway": gateway[1],
        "GlobalIPv6Address": address6,
        "GlobalIPv6PrefixLen": length6,
        **names,
    }


def networks_of(container: Container, version: Version, names: dict[str, str]) -> dict[str, Any]:
    """All ends of a container by the networks' names; ``names`` are the networks' by ID."""
    return {
        names.get(key, key): attachment(one, container, version)
        for key, one in sorted(container.attachments.items(), key=lambda item: names.get(item[0], item[0]))
    }


def inspected(container: Container, version: Version, names: dict[str, str]) -> dict[str, Any]:
    """A container as `docker inspect` shows it."""
    sandbox = container.sandbox
    mode = names.get(container.mode, container.mode)
    return {
        "Id": container.id,
        "Created": container.created,
        "Path": container.command[0],
        "Args": container.command[1:],
        "State": {
            "Status": container.state,
            "Running": container.running,
            "Paused": False,
            "Restarting": False,
            "OOMKilled": False,
            "Dead": False,
            "Pid": container.process.pid if container.process else 0,
            "ExitCode": container.exit_code,
            "Error": container.error,
            "StartedAt": container.started,
            "FinishedAt": container.finished,
        },
        "Image": container.image,
        "Name": f"/{container.name}",
        "RestartCount": 0,
        "Driver": "none",
        "Platform": "linux",
        "HostConfig": {
            "NetworkMode": mode,
            "PortBindings": container.port_bindings,
            "AutoRemove": container.auto_remove,
            "Binds": container.mounts.binds or None,
            "Mounts": container.mounts.asked or None,
            "VolumeDriver": container.mounts.driver,
            "CapAdd": container.cap_add or None,
            "CapDrop": container.cap_drop or None,
        },
        "Config": {
            "Hostname": container.hostname,
            "Env": container.env,
            "Cmd": container.command,
            "Image": container.image,
            "Labels": container.labels,
        },
        "Mounts": [_mount_point(each) for each in in_order(container.mounts.points)],
        "NetworkSettings": {
            "SandboxID": sandbox.id if sandbox else "",
            "SandboxKey": sandbox.key if sandbox else "",
            "Ports": {},  # plugins' port maps never reach Docker's own
            "Networks": networks_of(container, version, names),
        },
    }


def listed(container: Container, version: Version, names: dict[str, str]) -> dict[str, Any]:
    """A container as `docker ps` lists it."""
    return {
        "Id": container.id,
        "Names": [f"/{container.name}"],
        "Image": container.image,
        "ImageID": container.image,
        "Command": " ".join(container.command),
        "Created": int(container.born),
        "Ports": [],
        "Labels": container.labels,
        "State": container.state,
        "Status": status(container),
        "HostConfig": {"NetworkMode": names.get(container.mode, container.mode)},
        "NetworkSettings": {"Networks": networks_of(container, version, names)},
        "Mounts": [_mount_point(each) for each in in_order(container.mounts.points)],
    }


def status(container: Container, now: float | None = None) -> str:
    """``Up 3 seconds``, ``Exited (0) 2 minutes ago``, ``Created``."""
    now = time.time() if now is None else now
    if container.running:
        return f"Up {ago(now - container.started_at)}"
    if container.state == "exited":
        return f"Exited ({container.exit_code}) {ago(now - container.finished_at)} ago"
    return "Created"


def ago(seconds: float) -> str:
    """A length of time in words, as Docker tells it."""
    if seconds < 1:
        return "Less than a second"
    if seconds < 2:
        return "1 second"
    for limit, unit, word in ((60, 1, "seconds"), (120, 0, "About a minute"), (2760, 60, "minutes")):
        if seconds < limit:
            return f"{int(seconds / unit)} {word}" if unit else word
    if seconds < 5400:
        return "About an hour"
    if seconds < 172800:
        return f"{int(seconds / 3600 + 0.5)} hours"
    return f"{int(seconds / 86400)} days"


def version_answer(version: Version, started: float) -> dict[str, Any]:
    """GET /version."""
    return {
        "Platform": {"Name": "practice engine"},
        "Components": [{"Name": "Engine", "Version": version.engine, "Details": {"ApiVersion": version.api}}],
        "Version": version.engine,
        "ApiVersion": version.api,
        "MinAPIVersion": version.min_api,
        "Os": "linux",
        "Arch": "amd64",
        "Experimental": False,
        "BuildTime": datetime.fromtimestamp(started, UTC).isoformat(),
    }


def _split(address: str) -> tuple[str, int]:
    bare, _, length = address.partition("/")
    return bare, int(length or 0)
