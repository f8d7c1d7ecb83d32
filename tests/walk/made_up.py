"""A made-up walk: two hosts, a bridge with two containers on one, a tunnel between both, and somebody outside."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from workshop.walk.case import Case, Reason
from workshop.walk.facts import Entry, Facts, Link, Space
from workshop.walk.packet import Packet, Tunnel
from workshop.walk.probe import Outcome
from workshop.walk.reasons import reason
from workshop.walk.track import Sighting

WEB, DB, ALPHA, BETA, OUTSIDE = "4:1", "4:2", "4:10", "4:20", "4:30"
WEB4, DB4, GATEWAY, ALPHA4, BETA4, WORLD4 = "10.9.0.2", "10.9.0.3", "10.9.0.1", "192.0.2.10", "192.0.2.11", "192.0.2.1"
DB_MAC = "02:42:0a:09:00:03"
PING = Packet("echo", "request", WEB4, DB4, target_mac=DB_MAC, number=7, payload=b"mark")
ASK = Packet("arp", "request", WEB4, DB4, target_mac="ff:ff:ff:ff:ff:ff")


def link(space: str, index: int, name: str, kind: str | None = "veth", *addresses: str, **more: Any) -> Link:
    return Link(f"{space}/{index}", index, name, kind, addresses=list(addresses), **more)


def space(identity: str, host: str, name: str, role: str, *links: Link) -> Space:
    return Space(identity, host, name, role, {each.index: each for each in links})


def facts() -> Facts:
    """``web`` and ``db`` on the bridge of ``alpha``; all is well."""
    web = space(WEB, "alpha", "web", "container", link(WEB, 2, "eth0", "veth", f"{WEB4}/24", peer=f"{ALPHA}/11"))
    db = space(DB, "alpha", "db", "container", link(DB, 2, "eth0", "veth", f"{DB4}/24", peer=f"{ALPHA}/12", mac=DB_MAC))
    alpha = space(
        ALPHA, "alpha", "alpha", "host",
        link(ALPHA, 2, "eth0", "veth", f"{ALPHA4}/24", peer=f"{OUTSIDE}/3"),
        link(ALPHA, 10, "wsb1", "bridge", f"{GATEWAY}/24"),
        link(ALPHA, 11, "wsh1", "veth", peer=f"{WEB}/2", master=10),
        link(ALPHA, 12, "wsh2", "veth", peer=f"{DB}/2", master=10),
    )  # fmt: skip
    outside = space(
        OUTSIDE, "", "outside", "outside",
        link(OUTSIDE, 2, "ws-switch", "bridge", f"{WORLD4}/24"),
        link(OUTSIDE, 3, "ws-alpha", "veth", peer=f"{ALPHA}/2", master=2),
    )  # fmt: skip
    alpha.fdb = [Entry(DB_MAC, 12)]
    return Facts({each.id: each for each in (web, db, alpha, outside)})


def two_hosts() -> Facts:
    """The same, with ``db`` on ``beta``, behind a tunnel."""
    known = facts()
    alpha, db = known.spaces[ALPHA], known.spaces[DB]
    alpha.links[12] = link(
        ALPHA, 12, "wst1", "vxlan", master=10, info={"vni": 42, "local": ALPHA4, "port": 4789}
    )  # fmt: skip
    alpha.fdb = [Entry("00:00:00:00:00:00", 12, BETA4), Entry(DB_MAC, 12)]
    beta = space(
        BETA, "beta", "beta", "host",
        link(BETA, 2, "eth0", "veth", f"{BETA4}/24"),
        link(BETA, 10, "wsb1", "bridge", f"{GATEWAY}/24"),
        link(BETA, 11, "wsh2", "veth", peer=f"{DB}/2", master=10),
        link(BETA, 12, "wst1", "vxlan", master=10, info={"vni": 42, "local": BETA4, "port": 4789}),
    )  # fmt: skip
    db.host, db.links[2].peer = "beta", f"{BETA}/11"
    known.spaces[BETA] = beta
    return known


def seen(*places: str, packet: Packet = PING, start: float = 0.0) -> list[Sighting]:
    """Sightings one after the other, each ``"<namespace>/<index> <in or out>"``."""
    found = []
    for number, place in enumerate(places):
        where, direction = place.split()
        identity, index = where.rsplit("/", 1)
        found.append(Sighting(identity, int(index), direction, start + number / 1000, packet))
    return found


ACROSS = (f"{WEB}/2 out", f"{ALPHA}/11 in", f"{ALPHA}/12 out", f"{DB}/2 in")
"""From ``web`` to ``db`` over the bridge."""


def why(known: Facts, *places: str, packet: Packet = PING, **more: Any) -> Reason:
    """The reason why a packet that was seen at these places, and went no further, did so."""
    last = seen(*places, packet=packet)[-1] if places else None
    given: dict[str, Any] = {
        "address": DB4, "target": known.spaces[DB], "outcome": Outcome(), "errors": [], "back": [], **more
    }  # fmt: skip
    return reason(Case(known, known.spaces[WEB], last=last, **given))


def packed(packet: Packet = PING, vni: int = 42, port: int = 4789) -> Packet:
    """A packet in a tunnel from ``alpha`` to ``beta``."""
    return replace(packet, tunnel=Tunnel(ALPHA4, BETA4, port, vni, "02:00:00:00:02:0b"))
