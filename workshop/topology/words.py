"""What is written in a picture: text from outside made harmless, and cut to the room there is."""

from __future__ import annotations

import functools
import unicodedata
from collections.abc import Mapping
from typing import Any

JOINER = "\u200d"  # makes one emoji of several; the other invisible ones turn or hide text
ELLIPSIS = "…"


def clean(text: Any) -> str:
    """``text`` on one line, without what cannot be seen, turns the direction of writing, or is no
    character."""
    return _clean(str(text))


@functools.lru_cache(maxsize=10_000)  # a picture is drawn again and again with nearly the same words
def _clean(text: str) -> str:
    kept = []
    for letter in text:
        category = unicodedata.category(letter)
        if category in ("Zl", "Zp") or letter in "\t\r\n":
            kept.append(" ")
        elif (category not in ("Cc", "Cf", "Cs") or letter == JOINER) and ord(letter) & 0xFFFE != 0xFFFE:
            kept.append(letter)
    return "".join(kept).strip() or "?"


@functools.lru_cache(maxsize=10_000)
def width(text: str) -> int:
    """How many columns of a monospace font the text takes."""
    return sum(_columns(letter) for letter in text)


def _columns(letter: str) -> int:
    if letter == JOINER or unicodedata.combining(letter) or unicodedata.category(letter) in ("Mn", "Me"):
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def cut(text: str, columns: int) -> str:
    """The text, or as much of it as goes into that many columns, with an ellipsis."""
    if width(text) <= columns:
        return text
    kept, left = [], columns - 1
    for letter in text:
        left -= _columns(letter)
        if left < 0:
            break
        kept.append(letter)
    return "".join(kept).rstrip(JOINER + " ") + ELLIPSIS


def of_namespace(space: dict[str, Any]) -> str:
    """What a namespace is called: its container, its own name, or the number that the kernel gives it."""
    container = space.get("container") or {}
    name = container.get("name") or space.get("name")
    return clean(name) if name else f"namespace {space['id'].rpartition(':')[2]}"


SAID = {"vni": "VNI {}", "local": "from {}", "port": "port {}", "group": "group {}", "mode": "mode {}", "id": "VLAN {}"}
"""How each field of a link's ``info`` is told, in this order; others are not."""


ON_PARENT = ("macvlan", "ipvlan", "macvtap", "ipvtap")
"""Kinds of links that are in a container as a whole, and sit on a link of its host."""


def of_info(link: dict[str, Any]) -> list[str]:
    """What a link's kind says of itself, in a few words each: ``VNI 42``, ``mode bridge``."""
    info = link.get("info") or {}
    return [clean(said.format(info[key])) for key, said in SAID.items() if info.get(key) is not None]


def of_kind(link: dict[str, Any], links: Mapping[str, dict[str, Any]]) -> str:
    """What kind of link it is, with what it sits on: ``VLAN 10 on eth0``, ``dummy``. ``links`` are those beside it."""
    own, below = of_info(link), links.get(link.get("parent") or "")
    kind = own[0] if link["kind"] == "vlan" and own else link["kind"] or "link"
    return f"{kind} on {clean(below['name'])}" if below else kind


def left_over(link: dict[str, Any]) -> list[tuple[str, str]]:
    """What is said of a link that should be gone, as lines with their style; nothing if it is well."""
    if not link.get("left_over"):
        return []
    number = link.get("should_have_gone")
    return [("left over", "wrong"), *([(f"by call {number}", "wrong")] if number else [])]


def count(number: int, what: str) -> str:
    """``1 container``, ``2 containers``."""
    return f"{number} {what}{'' if number == 1 else 's'}"


def of_port(port: dict[str, Any], *, far: bool = False) -> str:
    """A published port: ``8080 → 80/tcp``; ``far``: with the address it leads to."""
    host_ip = str(port.get("host_ip") or "")
    where = "" if host_ip in ("", "0.0.0.0", "::") else f"[{host_ip}]:" if ":" in host_ip else f"{host_ip}:"
    there = f"{port.get('ip')}:" if far and port.get("ip") else ""
    return clean(f"{where}{port.get('host_port')} → {there}{port.get('port')}/{port.get('proto')}")


def ports_of(space: dict[str, Any], *, far: bool = False) -> list[str]:
    """The published ports of a namespace, each once (IPv4 and IPv6 say the same)."""
    return list(dict.fromkeys(of_port(port, far=far) for port in space.get("ports", ())))


def interfaces(space: dict[str, Any], most: int, above: Mapping[str, dict[str, Any]]) -> list[tuple[str, str]]:
    """What is said of a container's interfaces and ports in at most ``most`` lines: ``(text, style)`` each.

    ``above`` are the links of its host by ID, among them the parents of macvlan and ipvlan links. If there is no room
    for all, the MACs are left out first, then the image, then further addresses, then ports. Styles are those of
    ``draw.STYLES``.
    """
    lines: list[tuple[int, str, str]] = []
    links = sorted(space["links"], key=lambda link: (link["born"], link["id"]))
    for link in links:
        name, addresses = clean(link["name"]), link["addresses"]
        down = link["state"] == "down"
        first = " ".join([name, *addresses[:1], *(["down"] if down else [])])
        lines.append((0, first, "mono-wrong" if down else "mono"))
        lines += [(2, " " * (len(name) + 1) + address, "mono") for address in addresses[1:]]
        if link["kind"] in ON_PARENT:
            parent = above.get(link.get("parent") or "")
            on = [f"on {clean(parent['name'])}"] if parent else []
            lines.append((2, " ".join([link["kind"], *on, *of_info(link)]), "soft"))
        if link["mac"]:
            lines.append((3, link["mac"], "soft"))
    lines += [(1, port, "port") for port in ports_of(space)]
    lines += [] if lines else [(0, "no interface", "plain")]
    image = (space.get("container") or {}).get("image")
    lines += [(4, clean(image), "plain")] if image else []
    for least in (3, 4):
        if len(lines) > most:
            lines = [line for line in lines if line[0] != least]
    if len(lines) <= most:
        return [(text, style) for _, text, style in lines]
    kept = sorted(sorted(range(len(lines)), key=lambda at: lines[at][0])[: most - 1])
    return [*(lines[at][1:] for at in kept), (f"+{len(lines) - len(kept)} more", "soft")]


def of_bridge(bridge: dict[str, Any]) -> list[tuple[str, str]]:
    """What is written on a bridge, as lines with their style."""
    name, addresses = bridge.get("network_name"), bridge["addresses"]
    lines: list[tuple[str, str]] = [(clean(name), "name")] if name else []
    lines.append((clean(bridge["name"]), "mono" if name else "strong"))
    lines += [(address, "mono") for address in (addresses if len(addresses) <= 2 else addresses[:1])]
    lines += [(f"+{len(addresses) - 1} addresses", "soft")] if len(addresses) > 2 else []
    lines += left_over(bridge)
    lines += [("down", "wrong")] if bridge["state"] == "down" else []
    return lines
