"""Why a packet went no further: every reason, from made-up captures and facts."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.walk.made_up import (
    ACROSS,
    ALPHA,
    ASK,
    BETA,
    BETA4,
    DB,
    DB4,
    DB_MAC,
    OUTSIDE,
    WEB,
    WEB4,
    WORLD4,
    facts,
    packed,
    seen,
    two_hosts,
    why,
)  # fmt: skip
from workshop.walk.case import CODES
from workshop.walk.facts import Entry, Neighbour, Route, Verdict
from workshop.walk.packet import ACK, RST, Packet
from workshop.walk.probe import Outcome

TO_ALPHA = ACROSS[:2]
TO_WORLD = Packet("echo", "request", WEB4, WORLD4)


def test_every_reason_is_tried_here():
    source = Path(__file__).read_text()
    assert [code for code in CODES if f', "{code}")' not in source] == []


def told(found, code: str) -> str:
    assert found.code == code, found
    return found.text


def test_a_port_of_the_bridge_that_is_down():
    known = facts()
    known.spaces[ALPHA].links[12].state = "down"
    found = why(known, *TO_ALPHA)
    assert told(found, "link down") == "Link wsh2 on host alpha is down."
    assert (found.missing, found.link) == ("ip link set wsh2 up", f"{ALPHA}/12")


@pytest.mark.parametrize(
    ("space", "index", "places", "text"),
    [
        (ALPHA, 10, TO_ALPHA, "Bridge wsb1 on host alpha is down."),
        (ALPHA, 11, ACROSS[:1], "Link wsh1 on host alpha is down."),
        (DB, 2, TO_ALPHA, "Link eth0 in db is down."),
    ],
)
def test_other_links_that_are_down(space, index, places, text):
    known = facts()
    known.spaces[space].links[index].state = "down"
    assert told(why(known, *places), "link down") == text


def test_a_pair_whose_other_end_is_gone():
    known = facts()
    known.spaces[WEB].links[2].peer = None
    known.spaces[WEB].links[2].state = "no carrier"
    assert told(why(known, ACROSS[0]), "link down") == "The other end of eth0 in web is down, or gone."


def test_an_end_that_is_in_no_bridge():
    known = facts()
    known.spaces[ALPHA].links[12].master = None
    found = why(known, *TO_ALPHA)
    assert told(found, "no port") == "wsh2 on host alpha is in no bridge."
    assert found.missing == "ip link set wsh2 master wsb1"
    known = facts()
    known.spaces[ALPHA].links[11].master = None
    assert why(known, *TO_ALPHA).missing == "ip link set wsh1 master wsb1"


def test_a_rule_that_drops_and_a_policy_that_does():
    known = facts()
    rule = "iptables -A FORWARD -p icmp -j DROP"
    known.spaces[ALPHA].verdicts = [Verdict("ip filter", "FORWARD", rule, "drop", WEB4, DB4, hook="filter forward")]
    found = why(known, *TO_ALPHA)
    text = told(found, "firewall")
    assert text == "The firewall of host alpha drops it in chain FORWARD, which decides about what is forwarded."
    assert found.rule == rule
    known.spaces[ALPHA].verdicts = [Verdict("ip filter", "FORWARD", "", "drop", WEB4, DB4, hook="filter forward")]
    assert why(known, *TO_ALPHA).rule == "policy drop of chain FORWARD in table ip filter"


def test_a_firewall_that_refuses_with_a_reset_is_no_missing_listener():
    known = facts()
    known.spaces[DB].verdicts = [Verdict("inet f", "i", "tcp dport 80 reject with tcp reset", "reject")]
    reset = Packet("tcp", source=DB4, target=WEB4, source_port=80, flags=RST | ACK)
    found = why(known, *ACROSS, outcome=Outcome(refused=True), back=seen(f"{DB}/2 out", packet=reset))
    assert (found.code, found.rule) == ("firewall", "tcp dport 80 reject with tcp reset")


def test_nobody_listens():
    reset = Packet("tcp", source=DB4, target=WEB4, source_port=80, flags=RST | ACK)
    found = why(facts(), *ACROSS, outcome=Outcome(refused=True), back=seen(f"{DB}/2 out", packet=reset))
    assert told(found, "no listener") == "Nobody listens on port 80 in db: it answered with a TCP reset."
    assert found.missing == "a program in db that listens on port 80"


def test_a_sender_without_an_address_and_one_whose_link_is_down():
    known = facts()
    known.spaces[WEB].links[2].addresses = []
    assert told(why(known), "no address") == "web has no address."
    known.spaces[WEB].links[2].state = "down"
    assert why(known).code == "link down"


def test_no_route_from_the_sender():
    known = facts()
    known.spaces[WEB].routes[WORLD4, None] = Route(error="Network is unreachable")
    found = why(known, address=WORLD4, target=known.spaces[OUTSIDE])
    assert told(found, "no route") == f"web has no route to {WORLD4} (network is unreachable)."
    assert found.missing == f"a route to {WORLD4}, or a default route, in web"


def test_no_route_because_the_link_of_its_subnet_is_down():
    known = facts()
    known.spaces[WEB].links[2].state = "down"
    known.spaces[WEB].routes[DB4, None] = Route(error="Network is unreachable")
    assert told(why(known), "link down") == "Link eth0 in web is down."


def test_no_route_on_the_host_and_no_forwarding():
    known = facts()
    at = (*TO_ALPHA, f"{ALPHA}/10 in")
    known.spaces[ALPHA].routes[WORLD4, 10] = Route(error="No route to host")
    assert told(why(known, *at, packet=TO_WORLD), "no route").startswith("Host alpha has no route to 192.0.2.1")
    known.spaces[ALPHA].forwards = False
    found = why(known, *at, packet=TO_WORLD)
    assert told(found, "no forwarding") == "Host alpha does not forward packets from one link to another."
    assert found.missing == "sysctl -w net.ipv4.ip_forward=1"


def test_the_way_on_is_by_a_link_that_is_down():
    known = facts()
    known.spaces[ALPHA].routes[WORLD4, 10] = Route(index=2)
    known.spaces[ALPHA].links[2].state = "down"
    at = (*TO_ALPHA, f"{ALPHA}/10 in")
    assert told(why(known, *at, packet=TO_WORLD), "link down") == "Link eth0 on host alpha is down."


def test_no_way_back_from_who_got_it():
    known = facts()
    known.spaces[DB].routes[WEB4, None] = Route(error="Network is unreachable")
    found = why(known, *ACROSS, address=WEB4, target=known.spaces[WEB])
    assert told(found, "no route") == f"db has no route to {WEB4} (network is unreachable)."


def test_nobody_says_that_the_address_is_theirs():
    known = facts()
    known.spaces[WEB].neighbours = [Neighbour("10.9.0.99", 2, None, "failed")]
    known.spaces[WEB].routes[WORLD4, None] = Route(index=2, gateway="10.9.0.99")
    found = why(known, address=WORLD4, target=known.spaces[OUTSIDE])
    text = "Nobody answers when web asks who has 10.9.0.99: no link that was looked at has this address."
    assert told(found, "no neighbour") == text
    assert (found.asked, found.missing) == ("10.9.0.99", "somebody with the address 10.9.0.99")


def test_the_question_who_has_an_address_is_lost_on_a_way_that_is_there():
    found = why(facts(), *TO_ALPHA, packet=ASK, asking=True)
    text = f"Nobody answers when web asks who has {DB4}. eth0 in db has it, but no way leads there."
    assert told(found, "no neighbour") == text


@pytest.mark.parametrize(
    ("info", "text"),
    [
        ({"vni": 43, "port": 4789}, "No tunnel of host beta has VNI 42: wst1 has 43."),
        ({"vni": 42, "port": 8472}, "wst1 of host beta listens on UDP port 8472, not on 4789."),
    ],
)
def test_the_ends_of_a_tunnel_do_not_fit(info, text):
    known = two_hosts()
    known.spaces[BETA].links[12].info = info
    found = why(known, f"{BETA}/2 in", packet=packed(ASK), asking=True)
    assert told(found, "wrong VNI") == text
    assert found.link == f"{BETA}/12"


def test_a_tunnel_that_is_down_or_in_no_bridge():
    known = two_hosts()
    known.spaces[BETA].links[12].state = "down"
    assert told(why(known, f"{BETA}/2 in", packet=packed()), "link down") == "The tunnel wst1 on host beta is down."
    known.spaces[BETA].links[12].state, known.spaces[BETA].links[12].master = "up", None
    assert told(why(known, f"{BETA}/2 in", packet=packed()), "no port") == "wst1 on host beta is in no bridge."
    known = two_hosts()
    known.spaces[ALPHA].links[12].state = "down"
    assert why(known, *TO_ALPHA).text == "The tunnel wst1 on host alpha is down."
    known.spaces[ALPHA].links[12].state, known.spaces[ALPHA].links[12].master = "up", None
    assert why(known, *TO_ALPHA).missing == "ip link set wst1 master wsb1"


def test_a_tunnel_that_does_not_know_the_other_host():
    known = two_hosts()
    known.spaces[ALPHA].fdb = [Entry(DB_MAC, 12)]
    found = why(known, *TO_ALPHA, f"{ALPHA}/12 out", packet=ASK, asking=True)
    text = "The forwarding table of wst1 on host alpha does not say to which hosts goes what is for all."
    assert told(found, "no tunnel entry") == text
    assert found.missing == f"bridge fdb append 00:00:00:00:00:00 dev wst1 dst {BETA4}"
    assert f"where {DB_MAC} is" in why(known, *TO_ALPHA, f"{ALPHA}/12 out").text


def test_somebody_answered_that_it_cannot_be_reached():
    error = Packet("error", "host prohibited", "10.9.0.1", WEB4, quoted=TO_WORLD)
    found = why(facts(), *TO_ALPHA, errors=seen(f"{ALPHA}/11 out", packet=error))
    assert told(found, "refused") == "Host alpha answered: host prohibited."


def test_a_host_that_refuses_its_own_connection_was_seen_nowhere():
    known = facts()
    web = known.spaces[WEB]
    found = why(known, outcome=Outcome(refused=True), target=web, port=9)
    assert told(found, "no listener") == "Nobody listens on port 9 in web: it answered with a TCP reset."


def test_what_nothing_explains_is_said_to_be_so():
    assert why(facts()).text.startswith("It was not seen on any link, and nothing")
    found = why(facts(), *TO_ALPHA)
    assert told(found, "unknown").startswith("It was seen last at wsh1 of host alpha, and nothing")
