"""Options that a user gives with ``-o key=value``: each driver has a table of them, and this reads it.

Validation, ``workshop drivers`` and the documentation are made from the same table.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workshop.errors import PluginError

GENERIC = "com.docker.network.generic"
ENABLE_IPV4 = "com.docker.network.enable_ipv4"
ENABLE_IPV6 = "com.docker.network.enable_ipv6"
INTERNAL = "com.docker.network.internal"

TYPE = "type"
"""The option that says what kind of network it is."""

DOCKERS_OWN = frozenset({"com.docker.network.driver.mtu_v6"})
"""Options that Docker itself adds: no warning for them."""


@dataclass(frozen=True)
class Option:
    """One option. ``names`` are what it may be called, the first being ours; ``attribute`` is where its value goes.

    ``read`` turns the user's text into a value, or raises ValueError with what was expected.
    """

    names: tuple[str, ...]
    attribute: str
    meaning: str
    valid: str
    default: Any
    read: Callable[[str], Any]


def kind(*names: str) -> Option:
    """The option ``type`` of a driver that makes networks of these kinds, the first if nothing is said."""

    def read(text: str) -> str:
        if text not in names:
            alone = (
                ", the only kind that this plugin serves; `demo` and `serve` have --driver all for others"
                if len(names) == 1
                else ""
            )
            raise ValueError(f"{' or '.join([', '.join(names[:-1]), names[-1]]) if names[1:] else names[0]}{alone}")
        return text

    return Option((TYPE,), "type", "What kind of network it is.", ", ".join(names), names[0], read)


def boolean(text: str) -> bool:
    """``true`` or ``false``, with the other words that Docker takes."""
    word = text.strip().lower()
    if word in ("1", "t", "true", "yes", "on"):
        return True
    if word in ("0", "f", "false", "no", "off"):
        return False
    raise ValueError("true or false")


def choice(*words: str) -> Callable[[str], str]:
    """A reader of one of some words; of nothing, as Docker's own drivers have it, the first."""

    def read(text: str) -> str:
        if text and text not in words:
            raise ValueError(f"{', '.join(words[:-1])} or {words[-1]}")
        return text or words[0]

    return read


def whole_number(lowest: int, highest: int) -> Callable[[str], int]:
    """A reader of whole numbers from ``lowest`` to ``highest``."""

    def read(text: str) -> int:
        if not re.fullmatch(r"[0-9]{1,9}", text.strip()) or not lowest <= int(text) <= highest:
            raise ValueError(f"a whole number from {lowest} to {highest}")
        return int(text)

    return read


def link_name(text: str) -> str:
    """A name that a link can have."""
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}", text):
        raise ValueError("1 to 15 letters, digits, '_', '.' or '-', not beginning with '.' or '-'")
    return text


def parent_link(text: str) -> str | None:
    """The name of a link that may be there already, however it is called; nothing: none."""
    if not re.fullmatch(r"[^\s/:]{0,15}", text) or text in (".", ".."):
        raise ValueError("the name of a link of the host, such as eth0, or eth0.10 for its VLAN 10")
    return text or None


def link_prefix(text: str) -> str:
    """The beginning of a link's name, with room left for three digits."""
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]{0,11}", text):
        raise ValueError("1 to 12 letters, digits, '_' or '-', beginning with a letter")
    return text


def address(text: str) -> str:
    """An IPv4 or IPv6 address without mask and zone."""
    try:
        found = ipaddress.ip_address(text.strip())
        if "%" in text:
            raise ValueError
        return str(found)
    except ValueError:
        raise ValueError("an IP address without a mask, such as 127.0.0.1") from None


def static_routes(text: str) -> tuple[dict[str, Any], ...]:
    """Routes as Join answers them, from ``10.1.0.0/16 via 10.9.0.1, 10.2.0.0/16``; without ``via``: on the link."""
    routes = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        words = part.split()
        try:
            destination = ipaddress.ip_network(words[0])
            if len(words) == 3 and words[1] == "via":
                hop = ipaddress.ip_address(words[2])
                if hop.version != destination.version:
                    raise ValueError
                routes.append({"Destination": str(destination), "RouteType": 0, "NextHop": str(hop)})
            elif len(words) == 1:
                routes.append({"Destination": str(destination), "RouteType": 1})
            else:
                raise ValueError
        except ValueError:
            raise ValueError("routes such as '10.1.0.0/16 via 10.9.0.1, 10.2.0.0/16'") from None
    return tuple(routes)


class Options:
    """The values of one network's options, as attributes; each that was not given has its default."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self.__dict__.update(values)

    def __getattr__(self, name: str) -> Any:  # only for what the table does not have
        raise AttributeError(name)


def read(table: tuple[Option, ...], request: Mapping[str, Any], warn: Callable[[str], None]) -> Options:
    """Read a CreateNetwork request's options by ``table``. Unknown ones are told to ``warn`` and passed over.

    :raises PluginError: for a bad value, naming the option, the value and what was expected.
    """
    given = (request.get("Options") or {}).get(GENERIC) or {}
    if not isinstance(given, Mapping):
        raise PluginError(f"Options.{GENERIC}: expected an object")
    by_name = {name: option for option in table for name in option.names}
    values = {option.attribute: option.default for option in table}
    for name, text in given.items():
        option = by_name.get(name)
        if option is None:
            if name not in DOCKERS_OWN:
                warn(
                    f"The option {name!r} is not known and has no effect. "
                    f"Known: {', '.join(option.names[0] for option in table)}."
                )
            continue
        text = str(text).lower() if isinstance(text, bool) else str(text)
        try:
            values[option.attribute] = option.read(text)
        except ValueError as error:
            raise PluginError(f"option {name}: {text!r} is not valid; expected {error}") from None
    return Options(values)


def flag(request: Mapping[str, Any], label: str, default: bool) -> bool:
    """One of the labels that Docker sets beside the user's options, such as ``com.docker.network.internal``."""
    value = (request.get("Options") or {}).get(label, default)
    return value if isinstance(value, bool) else str(value).lower() == "true"
