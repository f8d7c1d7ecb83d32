"""From frames to hops: what belongs to the probe, in which order, and what each place decided."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.walk.made_up import (
    ACROSS,
    ALPHA,
    ALPHA4,
    ASK,
    BETA,
    DB,
    DB4,
    DB_MAC,
    OUTSIDE,
    PING,
    WEB,
    WEB4,
    WORLD4,
    facts,
    link,
    packed,
    seen,
    space,
    two_hosts,
)  # fmt: skip
from workshop.walk import hops, track
from workshop.walk.ends import End
from workshop.walk.facts import Facts, Neighbour, Route, Verdict
from workshop.walk.probe import Outcome
from workshop.walk.tell import LONGEST, MOST_HOPS, Walked
from workshop.walk.track import Tracks


def decided(known: Facts, sightings: list, arps: list | None = None) -> list[list[tuple[str, str]]]:
    told = hops.hops(sightings, known, "there", 0.0, arps or [])
    assert {each["kind"] for hop in told for each in hop["decided"]} <= set(hops.KINDS)
    return [[(each["kind"], each["text"]) for each in hop["decided"]] for hop in told]


def texts(known: Facts, sightings: list) -> list[str]:
    return [text for hop in decided(known, sightings) for _, text in hop]


def test_across_a_bridge():
    known = facts()
    known.spaces[WEB].routes[DB4, None] = Route(index=2)
    known.spaces[WEB].neighbours = [Neighbour(DB4, 2, DB_MAC, "reachable")]
    rule = Verdict("inet workshop", "forward", "accept", "accept", WEB4, DB4, hook="filter forward", base="forward")
    known.spaces[ALPHA].verdicts = [rule, rule]
    asked = seen(f"{WEB}/2 out", packet=ASK)
    assert decided(known, seen(*ACROSS), asked) == [
        [
            ("route", f"{DB4} is on a subnet of eth0."),
            ("arp", f"{DB4} has MAC address {DB_MAC} (asked for, and answered)."),
            ("veth", "A veth pair: what goes in here comes out as wsh1 on host alpha."),
        ],
        [
            ("fdb", f"Bridge wsb1 knows {DB_MAC} behind port wsh2."),
            ("firewall", "The firewall lets through what is bridged: accept"),
        ],
        [("veth", "A veth pair: what goes in here comes out as eth0 in db.")],
        [("deliver", f"{DB4} is an address of eth0 here: the packet is for db.")],
    ]


def test_out_by_the_host_its_address_is_changed_by_a_rule():
    known = facts()
    alpha = known.spaces[ALPHA]
    alpha.routes[WORLD4, 10] = Route(index=2, gateway="192.0.2.254")
    rule = "iptables -t nat -A POSTROUTING -s 10.9.0.0/24 -j MASQUERADE"
    alpha.verdicts = [Verdict("ip nat", "POSTROUTING", rule, "accept", WEB4, WORLD4, hook="nat postrouting")]
    before, after = replace(PING, target=WORLD4), replace(PING, source=ALPHA4, target=WORLD4)
    sightings = seen(f"{ALPHA}/11 in", f"{ALPHA}/10 in", packet=before)
    sightings += seen(f"{ALPHA}/2 out", packet=after, start=1)
    assert decided(known, sightings)[:2] == [
        [("bridge", "The frame is for wsb1's own MAC address: bridge wsb1 hands it up to host alpha.")],
        [
            ("route", f"{WORLD4} is reached by gateway 192.0.2.254 on eth0."),
            ("nat", f"It comes from {ALPHA4} now, not {WEB4}, by the rule {rule}"),
        ],
    ]


def test_a_published_port_is_for_the_container_afterwards():
    known = facts()
    before = replace(PING, what="tcp", source=WORLD4, target=ALPHA4, source_port=5000, target_port=8080)
    after = replace(before, target=DB4, target_port=80)
    sightings = seen(f"{ALPHA}/2 in", packet=before) + seen(f"{ALPHA}/10 out", packet=after, start=1)
    rule = Verdict("inet workshop", "publish", "dnat ip to …", "accept", WORLD4, ALPHA4, hook="nat prerouting")
    known.spaces[ALPHA].verdicts = [rule]
    assert texts(known, sightings)[0] == f"It is for {DB4}:80 now, not {ALPHA4}:8080, by the rule dnat ip to …"
    known.spaces[ALPHA].verdicts = []
    assert texts(known, sightings)[0].endswith("what the connection changed one way is changed back.")


def test_into_a_tunnel_and_out_of_it():
    known = two_hosts()
    known.spaces[ALPHA].fdb.append(replace(known.spaces[ALPHA].fdb[0], mac=DB_MAC))
    sightings = seen(f"{ALPHA}/11 in", f"{ALPHA}/12 out")
    sightings += seen(f"{ALPHA}/2 out", f"{BETA}/2 in", packet=packed(), start=1)
    sightings += seen(f"{BETA}/12 in", start=2)
    assert decided(known, sightings)[1] == [
        ("fdb", f"wst1 knows the host behind which it is: {DB_MAC} dst 192.0.2.11."),
        ("tunnel", "Packed into UDP for 192.0.2.11 port 4789, with VNI 42: 192.0.2.10 → 192.0.2.11."),
        ("route", "192.0.2.11 is sent by eth0."),
    ]
    assert decided(known, sightings)[3] == [("tunnel", "VNI 42 is wst1's: unpacked, it comes in there.")]


def test_between_two_containers_on_a_parent():
    known = facts()
    for identity, mac in ((WEB, "02:00:00:00:00:01"), (DB, DB_MAC)):
        known.spaces[identity].links[2] = link(
            identity, 2, "eth0", "macvlan", peer=f"{ALPHA}/2", info={"mode": "bridge"}, mac=mac
        )
    sightings = seen(f"{WEB}/2 out", f"{ALPHA}/2 in", f"{DB}/2 in")
    assert track.chain(sightings, known, known.spaces[DB]) == sightings
    assert texts(known, sightings)[-2:] == [
        "A macvlan in mode bridge: it sits on eth0 on host alpha, and sends through it.",
        f"{DB_MAC} is a macvlan in mode bridge on eth0: it goes to eth0 in db.",
    ]


def test_copies_that_a_bridge_sends_elsewhere_are_left_out():
    known = facts()
    known.spaces[ALPHA].links[13] = link(ALPHA, 13, "wsh3", "veth", master=10)
    flooded = seen(*ACROSS[:2], f"{ALPHA}/10 in", f"{ALPHA}/13 out", f"{ALPHA}/12 out", f"{DB}/2 in", packet=ASK)
    way = [each.link for each in track.chain(flooded, known, known.spaces[DB])]
    assert way == [f"{WEB}/2", f"{ALPHA}/11", f"{ALPHA}/12", f"{DB}/2"]
    lost = seen(*ACROSS[:2], f"{ALPHA}/13 out", packet=ASK)
    assert [each.link for each in track.chain(lost, known, known.spaces[DB])] == [f"{WEB}/2", f"{ALPHA}/11"]
    assert track.chain([], known) == []
    known.spaces["4:3"] = space("4:3", "alpha", "third", "container", link("4:3", 2, "eth0", peer=f"{ALPHA}/13"))
    known.spaces[ALPHA].links[13].peer = "4:3/2"
    lost = seen(*ACROSS[:2], f"{ALPHA}/13 out", "4:3/2 in")
    assert [each.link for each in track.chain(lost, known, known.spaces[DB])] == [f"{WEB}/2", f"{ALPHA}/11"]


def test_a_question_for_a_bridges_own_address_ends_there_though_copies_go_on():
    known = facts()
    ask = replace(ASK, target="10.9.0.1")
    seen_there = seen(*ACROSS[:2], f"{ALPHA}/10 in", f"{ALPHA}/12 out", packet=ask)
    way = [each.link for each in track.chain(seen_there, known, known.spaces[ALPHA])]
    assert way == [f"{WEB}/2", f"{ALPHA}/11", f"{ALPHA}/10"]


def walked(known: Facts, tracks: Tracks, outcome: Outcome, address: str = DB4) -> dict[str, Any]:
    ends = End("container", "alpha", "web", WEB), End("container", "alpha", "db", DB)
    return Walked(*ends, address, None, tracks, known, outcome, WEB, DB).result()


def test_an_answered_walk_has_its_hops_there_and_back():
    back = seen(f"{DB}/2 out", f"{ALPHA}/12 in", f"{ALPHA}/11 out", f"{WEB}/2 in", start=1)
    back = [replace(each, packet=replace(PING, kind="reply", source=DB4, target=WEB4)) for each in back]
    result = walked(facts(), Tracks(seen(*ACROSS), back), Outcome(answered=True))
    assert result["outcome"] == "answered"
    assert [(hop["way"], hop["name"]) for hop in result["hops"]] == [
        ("there", "eth0"), ("there", "wsh1"), ("there", "wsh2"), ("there", "eth0"),
        ("back", "eth0"), ("back", "wsh2"), ("back", "wsh1"), ("back", "eth0"),
    ]  # fmt: skip
    assert (result["reason"], result["stopped"]) == (None, None)
    assert result["summary"] == "web → db: answered after 1003.00 ms."


def test_a_lost_walk_stops_at_the_last_place_with_the_reason():
    known = facts()
    known.spaces[ALPHA].links[12].state = "down"
    result = walked(known, Tracks(seen(*ACROSS[:2])), Outcome())
    assert (result["outcome"], result["stopped"], len(result["hops"])) == ("lost", 1, 2)
    assert result["reason"]["code"] == "link down"
    assert result["reason"]["link"] == f"{ALPHA}/12"


def test_where_nobody_answers_for_the_address_the_question_is_followed():
    known = facts()
    known.spaces[WEB].neighbours = [Neighbour(DB4, 2, None, "incomplete")]
    known.spaces[DB].links[2].state = "down"
    result = walked(known, Tracks(arps=seen(*ACROSS[:2], packet=ASK)), Outcome())
    assert [hop["packet"] for hop in result["hops"]] == [f"{WEB4} → {DB4} ARP request"] * 2
    assert (result["outcome"], result["reason"]["text"]) == ("lost", "Link eth0 in db is down.")


def test_a_result_is_bounded_whatever_was_seen():
    known = facts()
    name = "x" * 5_000
    known.spaces[WEB].name = known.spaces[DB].name = name
    places = [f"{WEB}/2 out", f"{ALPHA}/11 in"] * 200
    told = hops.hops(seen(*places), known, "there", 0.0, [])
    assert len(told) == 400
    there = seen(*ACROSS)
    result = Walked(
        End("container", "alpha", name, WEB), End("container", "alpha", name, DB), DB4, None, Tracks(there), known,
        Outcome(answered=True), WEB, DB,
    ).result()  # fmt: skip
    assert len(result["hops"]) <= MOST_HOPS
    assert all(len(text) <= LONGEST for text in strings(result))


def strings(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list):
        return [text for each in value for text in strings(each)]
    return [value] if isinstance(value, str) else []


def test_what_is_outside_has_no_link_in_the_picture():
    told = hops.hops(seen(f"{OUTSIDE}/3 out", f"{ALPHA}/2 in"), facts(), "there", 0.0, [])
    assert [(hop["where"], hop["link"]) for hop in told] == [("outside", None), ("host alpha", f"{ALPHA}/2")]


def test_what_was_seen_nowhere_has_a_link_to_show():
    known = facts()
    known.spaces[WEB].routes[WORLD4, None] = Route(error="Network is unreachable")
    result = walked(known, Tracks(), Outcome(), WORLD4)
    assert (result["hops"], result["stopped"], result["outcome"]) == ([], None, "lost")
    assert (result["reason"]["code"], result["reason"]["link"]) == ("no route", f"{WEB}/2")
    result = walked(known, Tracks(), Outcome(), "")
    assert (result["reason"]["code"], result["reason"]["link"]) == ("no address", f"{DB}/2")


def test_who_is_gone_by_the_end_of_a_walk_is_told_as_it_was():
    now = facts()
    del now.spaces[ALPHA].links[11], now.spaces[WEB]
    now.remember(facts())
    way = seen(f"{WEB}/2 out", f"{ALPHA}/11 in", f"{ALPHA}/12 out", f"{DB}/2 in")
    assert [hop["name"] for hop in hops.hops(way, now, "there", 0.0, [])] == ["eth0", "wsh1", "wsh2", "eth0"]
