"""A network in a namespace of its own: which place leads to which, what is told of it, and why a packet got lost."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.walk.made_up import (
    ALPHA,
    ALPHA4,
    ASK,
    BETA,
    BETA4,
    DB,
    DB4,
    GATEWAY,
    OUTSIDE,
    PING,
    WEB,
    WEB4,
    WORLD4,
    packed,
    seen,
    why,
)  # fmt: skip
from tests.walk.made_up_own import (
    BRIDGE,
    DB_MAC,
    FLOOD,
    GAMMA,
    GAMMA4,
    GATEWAY_END,
    GATEWAY_MAC,
    ROOM_A,
    ROOM_B,
    ROOM_C,
    THIRD,
    THIRD_END,
    TUNNEL,
    UPLINK,
    WEB_END,
    own,
    with_gamma,
)  # fmt: skip
from workshop.topology import graph as graphs
from workshop.walk import hops, track
from workshop.walk.ends import addresses, ends
from workshop.walk.facts import Entry, Facts, Link, Route
from workshop.walk.look import Question
from workshop.walk.packet import Tunnel
from workshop.walk.track import Sighting
from workshop.walk.walker import BESIDE, beside

ASK_GATEWAY = replace(ASK, target=GATEWAY)
TO_WORLD = replace(PING, target=WORLD4, target_mac=GATEWAY_MAC)
TO_GAMMA = Tunnel(ALPHA4, GAMMA4, 4789, 42)
BEGIN = (f"{WEB}/2 out", f"{ROOM_A}/{WEB_END} in")
INTO = (*BEGIN, f"{ROOM_A}/{TUNNEL} out")
FAR = (f"{ROOM_B}/{TUNNEL} in", f"{ROOM_B}/{WEB_END} out", f"{DB}/2 in")


CABLE = (f"{ALPHA}/2 out", f"{OUTSIDE}/3 in", f"{OUTSIDE}/4 out", f"{BETA}/2 in")


def across(packet: Any = PING, *copies: Sighting) -> list[Sighting]:
    """From ``web`` through the tunnel to ``db``; ``copies`` are put where the bridge sends them."""
    return [
        *seen(*INTO, packet=packet), *copies,
        *seen(*CABLE, packet=packed(packet), start=1), *seen(*FAR, packet=packet, start=2),
    ]  # fmt: skip


def places(way: list[Sighting], known: Facts) -> list[str]:
    return [f"{known.spaces[each.space].where} {known.spaces[each.space].links[each.index].name}" for each in way]


def texts(way: list[Sighting], known: Facts) -> list[str]:
    return [each["text"] for hop in hops.hops(way, known, "there", 0.0, []) for each in hop["decided"]]


def chain(way: list[Sighting], known: Facts, target: str = DB) -> list[Sighting]:
    return track.chain(way, known, known.spaces[target])


def test_from_namespace_to_namespace_through_a_tunnel_whose_packets_are_the_hosts():
    known = own()
    way = chain(across(), known)
    assert way == across()
    assert [place for place in places(way, known) if "outside" not in place][2:6] == [
        "namespace wsnaaaaaaaaaa wst1", "host alpha eth0", "host beta eth0", "namespace wsnbbbbbbbbbb wst1",
    ]  # fmt: skip
    told = texts(way, known)
    assert "A veth pair: what goes in here comes out as wsh-web in namespace wsnaaaaaaaaaa." in told
    packing = "Packed into UDP for 192.0.2.11 port 4789, with VNI 42: 192.0.2.10 → 192.0.2.11, sent by host alpha."
    assert packing in told
    assert "VNI 42 is that of wst1 in namespace wsnbbbbbbbbbb: unpacked, it comes in there." in told
    assert {hop["role"] for hop in hops.hops(way, known, "there", 0.0, [])} == {
        "container", "network", "host", "outside",
    }  # fmt: skip


def test_the_host_is_asked_for_the_route_of_what_its_networks_tunnel_packs():
    known = own()
    assert Question(ALPHA, BETA4) in hops.questions(across(), [], known.spaces[WEB], DB4)
    known.spaces[ALPHA].routes[BETA4, None] = Route(index=2, gateway="192.0.2.254")
    assert f"{BETA4} is reached by gateway 192.0.2.254 on eth0." in texts(across(), known)


def test_what_is_in_a_tunnel_comes_from_a_tunnel_and_goes_into_one():
    known = own()
    gateway, cable = seen(f"{ALPHA}/{GATEWAY_END} in")[0], seen(f"{ALPHA}/2 out", packet=packed())[0]
    assert not track.leads(gateway, cable, known)
    assert track.leads(seen(INTO[-1])[0], cable, known)
    other = replace(cable, packet=replace(PING, tunnel=TO_GAMMA))
    assert not track.leads(other, seen(f"{BETA}/2 in", packet=packed())[0], known)


def test_hosts_without_anything_between_that_is_looked_at_are_joined_by_their_cables_only():
    known = own()
    del known.spaces[OUTSIDE]
    known.spaces[ALPHA].links[2].peer = known.spaces[BETA].links[2].peer = None
    way = [one for one in across() if one.space != OUTSIDE]
    assert chain(way, known) == way
    ways = (INTO[-1], FAR[0]), (f"{ALPHA}/{GATEWAY_END} out", f"{BETA}/{GATEWAY_END} in")
    assert not any(track.leads(seen(one)[0], seen(other)[0], known) for one, other in ways)


def test_out_by_the_gateway_and_in_by_it():
    known = own()
    there = (*BEGIN, f"{ROOM_A}/{UPLINK} out", f"{ALPHA}/{GATEWAY_END} in", f"{ALPHA}/2 out", f"{OUTSIDE}/3 in")
    way = seen(*there, packet=TO_WORLD)
    assert chain(way, known, OUTSIDE) == way
    assert "A veth pair: what goes in here comes out as wsg1 on host alpha." in texts(way, known)
    back = (f"{ALPHA}/{GATEWAY_END} out", f"{ROOM_A}/{UPLINK} in", f"{ROOM_A}/{WEB_END} out", f"{WEB}/2 in")
    assert chain(seen(*back), known, WEB) == seen(*back)


def test_copies_to_other_containers_to_the_host_and_to_other_hosts_are_left_out():
    known = with_gamma()
    copies = seen(
        f"{ROOM_A}/{BRIDGE} in", f"{ROOM_A}/{THIRD_END} out", f"{THIRD}/2 in",
        f"{ROOM_A}/{UPLINK} out", f"{ALPHA}/{GATEWAY_END} in", packet=ASK, start=0.5,
    )  # fmt: skip
    away = seen(f"{ALPHA}/2 out", f"{GAMMA}/2 in", packet=replace(ASK, tunnel=TO_GAMMA), start=0.6)
    away += seen(f"{ROOM_C}/{TUNNEL} in", f"{ROOM_C}/{BRIDGE} in", packet=ASK, start=0.7)
    assert chain(across(ASK, *copies, *away), known) == across(ASK)
    begin = seen(*INTO, packet=ASK)
    assert chain([*begin, *copies, *away], known) == begin
    near = seen(*BEGIN, packet=ASK)  # who is meant is on this host: the tunnel's copy is one as well
    assert chain([*begin, *copies, *away], known, THIRD)[:2] == near
    lost = [*begin, *(one for one in copies if one.index not in (THIRD_END, 2)), *away]
    assert chain(lost, known, THIRD) == near


def test_what_goes_to_an_unknown_place_is_followed_to_whom_it_is_for():
    known = own()
    flooded = seen(*BEGIN, f"{ROOM_A}/{UPLINK} out", f"{ALPHA}/{GATEWAY_END} in")
    assert chain(flooded, known) == seen(*BEGIN)
    through = seen(*BEGIN, f"{ROOM_A}/{UPLINK} out", f"{ALPHA}/{GATEWAY_END} in", packet=TO_WORLD)
    assert chain(through, known, OUTSIDE) == through, "that is sent to the gateway"


def test_a_host_has_not_got_what_is_still_in_a_tunnel():
    known = own()
    inside = replace(ASK_GATEWAY, tunnel=Tunnel(BETA4, ALPHA4, 4789, 42))
    way = seen(f"{BETA}/2 out", f"{OUTSIDE}/4 in", f"{OUTSIDE}/3 out", f"{ALPHA}/2 in", packet=inside)
    way += seen(f"{ROOM_A}/{TUNNEL} in", packet=ASK_GATEWAY, start=1)
    assert chain(way, known, ALPHA) == way
    assert chain(way[:4], known, ALPHA) == way[:4]


def test_of_several_hosts_with_the_gateways_address_the_one_that_is_near_is_meant():
    known = own()
    known.spaces[BETA].links[GATEWAY_END].addresses = [f"{GATEWAY}/24"]
    for host in ("alpha", "beta"):
        holder = known.holder(GATEWAY, host)
        assert holder is not None
        assert holder[0].host == host


def test_it_is_no_end_of_a_walk_and_its_gateway_is_not_a_hosts_first_address():
    graph = graphs.empty()
    room = {**graphs.namespace("4:11", name="wsnaaaaaaaaaa"), "network": "a" * 64}
    unnamed, box = {**graphs.namespace("4:12"), "network": "b" * 64}, graphs.namespace("4:1", name="web")
    spaces = [graphs.namespace("4:10", root=True), room, unnamed, box]
    graph["hosts"].append({"name": "alpha", "namespaces": spaces})
    assert [end.name for end in ends(graph)] == ["host", "web", "outside"]
    assert beside(graph, set()) == {
        "4:11": ("alpha", "wsnaaaaaaaaaa", "network"),
        "4:12": ("alpha", "wsnbbbbbbbbbb", "network"),
        "4:1": ("alpha", "web", "container"),
    }
    there = {**graphs.namespace("4:21", name="wsnaaaaaaaaaa"), "network": "a" * 64}
    graph["hosts"].append({"name": "beta", "namespaces": [graphs.namespace("4:20", root=True), there]})
    assert (beside(graph, set())["4:11"][1], beside(graph, set())["4:21"][1]) == (
        "alpha/wsnaaaaaaaaaa",
        "beta/wsnaaaaaaaaaa",
    )
    known = own()
    alpha = known.spaces[ALPHA].links
    known.spaces[ALPHA].links = {GATEWAY_END: alpha[GATEWAY_END], 2: alpha[2]}
    assert addresses(known, DB, ALPHA) == [GATEWAY, ALPHA4], "that on a subnet of both comes first all the same"
    known.spaces[DB].links[2].addresses = ["10.1.0.2/24"]
    assert addresses(known, DB, ALPHA) == [ALPHA4, GATEWAY]


def test_all_networks_own_namespaces_are_looked_at_however_many_containers_there_are():
    graph = graphs.empty()
    boxes = [graphs.namespace(f"4:{100 + number}", name=f"box{number}") for number in range(2 * BESIDE)]
    rooms = [{**graphs.namespace(f"4:{900 + number}"), "network": f"{number:064}"} for number in range(2 * BESIDE)]
    graph["hosts"].append({"name": "alpha", "namespaces": [*boxes, *rooms]})
    found = beside(graph, {boxes[-1]["id"]})
    roles = [role for _, _, role in found.values()]
    assert (roles.count("network"), roles.count("container")) == (2 * BESIDE, BESIDE + 1)
    assert boxes[-1]["id"] in found


def links(known: Facts, room: str = ROOM_A) -> dict[int, Link]:
    return known.spaces[room].links


def down(known: Facts, room: str, index: int) -> None:
    links(known, room)[index].state = "down"


def loose(known: Facts, room: str, index: int) -> None:
    links(known, room)[index].master = None


GATEWAY_CASE = {"packet": ASK_GATEWAY, "asking": True, "address": GATEWAY}
A, B = "in namespace wsnaaaaaaaaaa", "in namespace wsnbbbbbbbbbb"


@pytest.mark.parametrize(
    ("broken", "room", "index", "where", "more", "text"),
    [
        (down, ROOM_A, BRIDGE, BEGIN, {}, f"Bridge wsb1 {A} is down."),
        (down, ROOM_B, BRIDGE, FAR[:1], {}, f"Bridge wsb1 {B} is down."),
        (down, ROOM_A, TUNNEL, BEGIN, {}, f"The tunnel wst1 {A} is down."),
        (down, ROOM_B, TUNNEL, (f"{BETA}/2 in",), {"packet": packed()}, f"The tunnel wst1 {B} is down."),
        (loose, ROOM_A, TUNNEL, BEGIN, {}, f"wst1 {A} is in no bridge."),
        (loose, ROOM_B, TUNNEL, FAR[:1], {}, f"wst1 {B} is in no bridge."),
        (loose, ROOM_A, WEB_END, BEGIN, {}, f"wsh-web {A} is in no bridge."),
        (loose, ROOM_B, WEB_END, FAR[:1], {}, f"wsh-db {B} is in no bridge."),
        (down, ROOM_B, WEB_END, FAR[:1], {}, f"Link wsh-db {B} is down."),
        (down, ALPHA, GATEWAY_END, BEGIN, GATEWAY_CASE, "Link wsg1 on host alpha is down."),
        (down, ALPHA, GATEWAY_END, BEGIN, {"packet": TO_WORLD}, "Link wsg1 on host alpha is down."),
        (down, ROOM_A, UPLINK, BEGIN, GATEWAY_CASE, f"Link wsu1 {A} is down."),
        (loose, ROOM_A, UPLINK, BEGIN, GATEWAY_CASE, f"wsu1 {A} is in no bridge."),
        (loose, ROOM_A, UPLINK, BEGIN, {"packet": TO_WORLD}, f"wsu1 {A} is in no bridge."),
        (loose, ROOM_A, UPLINK, (f"{ROOM_A}/{UPLINK} in",), {}, f"wsu1 {A} is in no bridge."),
    ],
)
def test_a_link_that_is_down_or_in_no_bridge(broken, room, index, where, more, text):
    known = own()
    broken(known, room, index)
    target = known.spaces[{GATEWAY: ALPHA}.get(more.get("address"), OUTSIDE if TO_WORLD in more.values() else DB)]
    found = why(known, *where, **{"target": target, **more})
    assert (found.text, found.link, found.space) == (text, f"{room}/{index}", room)


def test_where_the_gateways_link_is_down_the_host_sends_it_elsewhere():
    known = own()
    known.spaces[ALPHA].links[GATEWAY_END].state = "down"
    found = why(known, f"{ALPHA}/2 out", address=WEB4, target=known.spaces[WEB])
    assert found.text == "Link wsg1 on host alpha is down."


def test_nobody_has_the_gateways_address_where_there_is_none():
    known = own()
    del known.spaces[ALPHA].links[GATEWAY_END], known.spaces[ROOM_A].links[UPLINK]
    found = why(known, *BEGIN, target=None, **GATEWAY_CASE)
    assert found.text == f"Nobody answers when web asks who has {GATEWAY}: no link that was looked at has this address."


def test_the_other_ends_tunnel_has_another_number_or_port_or_is_not_there():
    known = own()
    info = links(known, ROOM_B)[TUNNEL].info
    at = {"packet": packed(ASK), "asking": True}
    info["vni"] = 43
    found = why(known, f"{BETA}/2 in", **at)
    assert (found.code, found.text) == ("wrong VNI", "No tunnel of host beta has VNI 42: wst1 has 43.")
    assert (found.space, found.link) == (ROOM_B, f"{ROOM_B}/{TUNNEL}")
    info.update(vni=42, port=8472)
    found = why(known, f"{BETA}/2 in", **at)
    assert found.text == "wst1 of namespace wsnbbbbbbbbbb listens on UDP port 8472, not on 4789."
    del links(known, ROOM_B)[TUNNEL]
    found = why(known, f"{BETA}/2 in", **at)
    assert found.text == "No tunnel of host beta has VNI 42: there is no tunnel at all."


def test_the_tunnel_does_not_know_the_other_host_or_knows_a_wrong_one():
    known = with_gamma()
    room = known.spaces[ROOM_A]
    room.fdb = [Entry(FLOOD, TUNNEL, GAMMA4)]
    found = why(known, *INTO, packet=ASK, asking=True)
    text = f"The forwarding table of wst1 {A} does not say that what is for all goes to {BETA4}, too."
    assert (found.code, found.text) == ("no tunnel entry", text)
    assert found.missing == f"bridge fdb append {FLOOD} dev wst1 dst {BETA4}"
    room.fdb = [Entry(DB_MAC, TUNNEL, GAMMA4)]
    found = why(known, *INTO)
    text = f"The forwarding table of wst1 {A} says that {DB_MAC} is behind {GAMMA4}: it is behind {BETA4}."
    assert (found.code, found.text) == ("no tunnel entry", text)
    room.fdb = []
    assert why(known, *INTO).text == f"The forwarding table of wst1 {A} does not say where {DB_MAC} is."


def test_its_host_has_no_way_to_the_other_host():
    known = own()
    known.spaces[ALPHA].routes[BETA4, None] = Route(error="Network is unreachable")
    text = f"Host alpha has no route to {BETA4} (network is unreachable)."
    assert why(known, *INTO).text == text


def test_a_networks_own_namespace_is_not_blamed_for_routes_that_it_has_not():
    known = own()
    known.spaces[ROOM_B].routes[DB4, TUNNEL] = Route(error="Network is unreachable")
    assert why(known, FAR[0]).code == "unknown"
    assert why(known, FAR[0]).text.startswith("It was seen last at wst1 of namespace wsnbbbbbbbbbb, and nothing")
