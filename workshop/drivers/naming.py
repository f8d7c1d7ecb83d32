"""What our links are called: names made from the IDs, so that deleting needs no memory."""

from __future__ import annotations

import hashlib
import re

PREFIXES = {
    "bridge": "wsb",
    "host end": "wsh",
    "container end": "wsc",
    "tunnel": "wst",
    "dummy": "wsd",
    "vlan": "wsv",
    "namespace": "wsn",
    "gateway end": "wsg",
    "uplink": "wsu",
}
"""The first letters of each kind of link."""

_ALIAS = re.compile(r"workshop (network|endpoint) (\S+)(?: of (\S+))?")


def short(identity: str) -> str:
    """Ten letters or digits that stand for an ID: its own first ten, as ``docker network ls`` shows them too.

    An ID of another form than Docker's is hashed.
    """
    if re.fullmatch(r"[0-9a-z]{12,64}", identity):
        return identity[:10]
    return hashlib.sha256(identity.encode("utf-8", "surrogatepass")).hexdigest()[:10]


def bridge(network_id: str) -> str:
    """The name of a network's bridge."""
    return PREFIXES["bridge"] + short(network_id)


def host_end(endpoint_id: str) -> str:
    """The name of the end of an endpoint's veth pair that stays on the host."""
    return PREFIXES["host end"] + short(endpoint_id)


def container_end(endpoint_id: str) -> str:
    """The name of what goes into the container, a pair's other end or a link on a parent, until Docker renames it."""
    return PREFIXES["container end"] + short(endpoint_id)


def tunnel(network_id: str) -> str:
    """The name of the link by which a network reaches other hosts."""
    return PREFIXES["tunnel"] + short(network_id)


def dummy(network_id: str) -> str:
    """The name of the parent of a network for which the user named none."""
    return PREFIXES["dummy"] + short(network_id)


def vlan(network_id: str) -> str:
    """What a VLAN link is called that is made for a network, until it is marked and gets the user's name for it."""
    return PREFIXES["vlan"] + short(network_id)


def mac(identity: str) -> str:
    """A MAC address that is always the same for an ID: locally administered, unicast."""
    digest = hashlib.sha256(identity.encode("utf-8", "surrogatepass")).digest()
    return ":".join(f"{byte:02x}" for byte in (digest[0] & 0xFC | 0x02, *digest[1:6]))


def alias(kind: str, identity: str, owner: str) -> str:
    """What is written on a link: whose it is. ``kind`` is ``network`` or ``endpoint``, ``owner`` the plugin's name."""
    identity = "".join(c if c.isprintable() and not c.isspace() else "?" for c in identity)[:100]
    return f"workshop {kind} {identity}" + ("" if owner == "workshop" else f" of {owner}")


def read_alias(text: str | None) -> tuple[str, str, str] | None:
    """The kind, ID and owner that an alias names, or ``None`` if it is not one of ours."""
    match = _ALIAS.fullmatch(text or "")
    return (match[1], match[2], match[3] or "workshop") if match else None
