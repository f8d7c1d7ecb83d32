"""Reading the options of `docker run` and `docker network create` into the Engine API's bodies. Pure."""

from __future__ import annotations

import ipaddress
import os
import re
from typing import Any

import click

from workshop.cli.docker_usage import BadValue
from workshop.errors import UsageError

MAC = re.compile(r"[0-9a-fA-F]{2}([:-][0-9a-fA-F]{2}){5}")
_PROTOCOLS = ("tcp", "udp", "sctp")


class BadOption(UsageError):
    """What Docker's client itself refuses, in its words."""


def pairs(entries: tuple[str, ...]) -> dict[str, str]:
    """``("a=b", "c")`` as a dictionary; what has no value has an empty one."""
    return dict(entry.partition("=")[::2] for entry in entries)


def environment(entries: tuple[str, ...]) -> list[str]:
    """``("A=b", "HOME")``: a name without a value takes the caller's own."""
    known = (entry if "=" in entry else f"{entry}={os.environ[entry]}" for entry in entries if _has(entry))
    return list(known)


def _has(entry: str) -> bool:
    return "=" in entry or entry in os.environ


def published(entries: tuple[str, ...]) -> dict[str, list[dict[str, str]]]:
    """``[IP:][HOST:]PORT[/PROTO]``, with ranges, as PortBindings. Raises BadOption."""
    found: dict[str, list[dict[str, str]]] = {}
    for entry in entries:
        rest, _, proto = entry.partition("/")
        proto = (proto or "tcp").lower()
        if proto not in _PROTOCOLS:
            raise BadOption(f"Invalid proto: {proto}")
        match = re.fullmatch(r"(?:(?:\[([^\]]+)\]|([^:]*)):)?(?:([^:]*):)?([^:]*)", rest)
        if match is None:
            raise BadOption(f"Invalid containerPort: {rest}")
        six, first, second, port = match.groups()
        address, host = (first if second is not None else ""), (second if second is not None else first)
        address, host = (six, second or "") if six else (address or "", host or "")
        if address and not _is_address(address):
            raise BadOption(f"Invalid ip address: {address}")
        inside, outside = _range(port, "containerPort"), _range(host, "hostPort") if host else None
        alone = inside[0] == inside[1]
        if outside and not alone and outside[1] - outside[0] != inside[1] - inside[0]:
            raise BadOption(f"Invalid ranges specified for container and host Ports: {port} and {host}")
        for offset, number in enumerate(range(inside[0], inside[1] + 1)):
            told = host if alone else str(outside[0] + offset) if outside else ""
            found.setdefault(f"{number}/{proto}", []).append({"HostIp": address, "HostPort": told})
    return found


def exposed(entries: tuple[str, ...]) -> dict[str, dict[str, Any]]:
    """``80``, ``53/udp``, ``7000-7002`` as ExposedPorts. Raises BadOption."""
    found: dict[str, dict[str, Any]] = {}
    for entry in entries:
        ports, _, proto = entry.partition("/")
        first, last = _range(ports, "containerPort")
        for number in range(first, last + 1):
            found[f"{number}/{(proto or 'tcp').lower()}"] = {}
    return found


def volumes(entries: tuple[str, ...]) -> tuple[list[str], list[str]]:
    """``[NAME:]PATH[:MODE]`` as Binds, and paths alone, for volumes without a name. Raises BadOption."""
    binds, places = [], []
    for entry in dict.fromkeys(entries):
        if ":" in entry and "" in entry.split(":"):
            raise BadOption(f"invalid spec: {entry}: empty section between colons")
        (binds if ":" in entry else places).append(entry)
    return binds, places


_MOUNT_WORDS = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly"}


def mounts(context: click.Context, option: click.Parameter, entries: tuple[str, ...]) -> list[dict[str, Any]]:
    """``type=volume,src=NAME,dst=PATH,volume-driver=D,volume-opt=K=V,readonly`` as Mounts. Raises BadValue."""
    found = []
    for entry in entries:
        try:
            found.append(_mount_of(entry))
        except ValueError as error:
            raise BadValue(entry, str(error), context, option) from None
    return found


def _mount_of(entry: str) -> dict[str, Any]:
    mount: dict[str, Any] = {"Type": "volume"}
    config: dict[str, Any] = {}
    labels: list[str] = []
    options: list[str] = []
    for word in entry.split(","):
        key, given, value = word.partition("=")
        key = _MOUNT_WORDS.get(key.lower(), key.lower())
        if not given and key not in ("readonly", "volume-nocopy"):
            raise ValueError(f"invalid field '{word}' must be a key=value pair")
        match key:
            case "type" | "source" | "target":
                mount[key.capitalize()] = value.lower() if key == "type" else value
            case "readonly":
                mount["ReadOnly"] = value.lower() in ("", "1", "true")
            case "volume-driver":
                config["Name"] = value
            case "volume-opt":
                options.append(value)
            case "volume-label":
                labels.append(value)
            case "volume-nocopy":
                pass  # there is nothing to copy: there are no images
            case _:
                raise ValueError(f"unexpected key '{key}' in '{word}'")
    if not mount.get("Target"):
        raise ValueError("target is required")
    if options:
        config["Options"] = pairs(tuple(options))
    wishes = {"Labels": pairs(tuple(labels)), "DriverConfig": config}
    if any(wishes.values()):
        mount["VolumeOptions"] = {key: value for key, value in wishes.items() if value}
    return mount


def checked_mac(mac: str | None) -> str:
    """A MAC address, or nothing. Raises BadOption."""
    if mac and not MAC.fullmatch(mac):
        raise BadOption(f"{mac} is not a valid mac address")
    return mac or ""


def networks(
    named: tuple[str, ...], aliases: tuple[str, ...], ip: str | None, ip6: str | None, mac: str
) -> tuple[str, dict[str, dict[str, Any]]]:
    """The NetworkMode, and EndpointsConfig by network. The plain options belong to the first network.

    ``--network name=N,ip=…,alias=…,mac-address=…,driver-opt=K=V`` is understood too. Raises BadOption.
    """
    wishes: dict[str, dict[str, Any]] = {}
    for entry in named or ("default",):
        name, settings = _network(entry)
        wishes[name] = settings
    first = next(iter(wishes))
    settings = wishes[first]
    settings.setdefault("Aliases", []).extend(aliases)
    ipam = settings.setdefault("IPAMConfig", {})
    ipam |= {key: value for key, value in (("IPv4Address", ip), ("IPv6Address", ip6)) if value}
    if mac:
        settings["MacAddress"] = mac
    asked = {name: {key: value for key, value in one.items() if value} for name, one in wishes.items()}
    return first, asked if first != "default" else {}


def _network(entry: str) -> tuple[str, dict[str, Any]]:
    if "=" not in entry:
        return entry, {}
    name, settings = "", {"IPAMConfig": {}, "Aliases": [], "DriverOpts": {}}
    for word in entry.split(","):
        key, _, value = word.partition("=")
        match key:
            case "name":
                name = value
            case "alias":
                settings["Aliases"].append(value)
            case "ip":
                settings["IPAMConfig"]["IPv4Address"] = value
            case "ip6":
                settings["IPAMConfig"]["IPv6Address"] = value
            case "mac-address":
                settings["MacAddress"] = checked_mac(value)
            case "driver-opt":
                settings["DriverOpts"] |= pairs((value,))
            case "gw-priority":
                settings["GwPriority"] = int(value) if value.lstrip("-").isdecimal() else 0
            case _:
                raise BadOption(f"invalid field key {key}")
    if not name:
        raise BadOption("network name/id is not specified")
    return name, settings


def subnets(
    wanted: tuple[str, ...], ranges: tuple[str, ...], gateways: tuple[str, ...], aux: dict[str, str]
) -> list[dict[str, Any]]:
    """IPAM's Config: each range, gateway and auxiliary address goes to the subnet that holds it. Raises
    BadOption.
    """
    entries: list[dict[str, Any]] = [{"Subnet": subnet} for subnet in wanted]
    for what, key, values in (("range", "IPRange", ranges), ("gateway", "Gateway", gateways)):
        for value in values:
            entry = _holder(entries, value)
            if entry is None:
                raise BadOption(f"no matching subnet for {what} {value}")
            if key in entry:
                raise BadOption(
                    f"cannot configure multiple {what}s ({value}, {entry[key]}) on the same subnet ({entry['Subnet']})"
                )
            entry[key] = value
    for name, value in aux.items():
        entry = _holder(entries, value)
        if entry is None:
            raise BadOption(f"no matching subnet for aux-address {value}")
        entry.setdefault("AuxiliaryAddresses", {})[name] = value
    return entries


def _holder(entries: list[dict[str, Any]], address: str) -> dict[str, Any] | None:
    for entry in entries:
        try:
            network = ipaddress.ip_network(entry["Subnet"], strict=False)
            if ipaddress.ip_interface(address).ip in network:
                return entry
        except ValueError:
            continue
    return None


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _range(text: str, what: str) -> tuple[int, int]:
    first, _, last = text.partition("-")
    if not first.isdecimal() or (last and not last.isdecimal()):
        raise BadOption(f"Invalid {what}: {text}")
    low, high = int(first), int(last or first)
    if not 0 <= low <= high <= 65535:
        raise BadOption(f"Invalid {what}: {text}")
    return low, high
