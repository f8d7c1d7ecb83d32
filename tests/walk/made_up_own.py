"""The made-up walk where the network is in a namespace of its own: on one host, and across a tunnel to another."""

from __future__ import annotations

from tests.walk.made_up import (
    ALPHA,
    ALPHA4,
    BETA,
    BETA4,
    DB,
    GATEWAY,
    OUTSIDE,
    WEB,
    link,
    space,
    two_hosts,
)  # fmt: skip
from workshop.walk.facts import Entry, Facts

ROOM_A, ROOM_B, THIRD, GAMMA, ROOM_C, GAMMA4 = "4:11", "4:21", "4:3", "4:40", "4:41", "192.0.2.12"
NAMES = {ROOM_A: "wsnaaaaaaaaaa", ROOM_B: "wsnbbbbbbbbbb", ROOM_C: "wsncccccccccc"}
GATEWAY_MAC, WEB_MAC, DB_MAC = "02:00:00:00:09:01", "02:42:0a:09:00:02", "02:42:0a:09:00:03"
FLOOD = "00:00:00:00:00:00"
BRIDGE, WEB_END, TUNNEL, UPLINK, THIRD_END, GATEWAY_END = 10, 11, 12, 13, 14, 20
"""The links' numbers: those in a network's own namespace, and at last the one that leads to it from its host."""


def own() -> Facts:
    """``web`` and ``third`` on ``alpha``, ``db`` on ``beta``, in networks that have namespaces of their own."""
    known = two_hosts()
    alpha, beta, web, db = (known.spaces[each] for each in (ALPHA, BETA, WEB, DB))
    third = space(THIRD, "alpha", "third", "container", link(THIRD, 2, "eth0", peer=f"{ROOM_A}/{THIRD_END}"))
    known.spaces[THIRD] = third
    for host, room, address, inner in ((alpha, ROOM_A, ALPHA4, web), (beta, ROOM_B, BETA4, db)):
        for index in (10, 11, 12):
            host.links.pop(index, None)
        known.spaces[room] = space(
            room, host.name, NAMES[room], "network",
            link(room, BRIDGE, "wsb1", "bridge"),
            link(room, WEB_END, f"wsh-{inner.name}", peer=f"{inner.id}/2", master=BRIDGE),
            link(room, TUNNEL, "wst1", "vxlan", master=BRIDGE, carrier=host.id,
                 info={"vni": 42, "local": address, "port": 4789}),
            link(room, UPLINK, "wsu1", peer=f"{host.id}/{GATEWAY_END}", master=BRIDGE),
        )  # fmt: skip
        inner.links[2].peer = f"{room}/{WEB_END}"
    end = link(ROOM_A, THIRD_END, "wsh-third", peer=f"{THIRD}/2", master=BRIDGE)
    known.spaces[ROOM_A].links[THIRD_END] = end
    alpha.links[GATEWAY_END] = link(
        ALPHA, GATEWAY_END, "wsg1", "veth", f"{GATEWAY}/24", peer=f"{ROOM_A}/{UPLINK}", mac=GATEWAY_MAC
    )  # fmt: skip
    beta.links[GATEWAY_END] = link(BETA, GATEWAY_END, "wsg1", "veth", "10.9.0.254/24", peer=f"{ROOM_B}/{UPLINK}")
    known.spaces[OUTSIDE].links[4] = link(OUTSIDE, 4, "ws-beta", peer=f"{BETA}/2", master=2)
    beta.links[2].peer = f"{OUTSIDE}/4"
    web.links[2].mac = WEB_MAC
    known.spaces[ROOM_A].fdb = [Entry(FLOOD, TUNNEL, BETA4)]
    known.spaces[ROOM_B].fdb = [Entry(FLOOD, TUNNEL, ALPHA4)]
    return known


def with_gamma() -> Facts:
    """The same, with a third host on which the network is, too, and nobody who is meant."""
    known = own()
    known.spaces[GAMMA] = space(
        GAMMA, "gamma", "gamma", "host", link(GAMMA, 2, "eth0", "veth", f"{GAMMA4}/24")
    )  # fmt: skip
    known.spaces[ROOM_C] = space(
        ROOM_C, "gamma", NAMES[ROOM_C], "network",
        link(ROOM_C, BRIDGE, "wsb1", "bridge"),
        link(ROOM_C, TUNNEL, "wst1", "vxlan", master=BRIDGE, carrier=GAMMA,
             info={"vni": 42, "local": GAMMA4, "port": 4789}),
    )  # fmt: skip
    known.spaces[ROOM_A].fdb.insert(0, Entry(FLOOD, TUNNEL, GAMMA4))
    return known
