"""Walks through networks in namespaces of their own: real packets on the lab's hosts, the network made by hand."""

from __future__ import annotations

from typing import Any

import pytest

from tests.lab.inside import in_lab
from tests.walk.by_hand import BRIDGE, GATEWAY, TUNNEL, UPLINK, ByHand, by_hand

pytestmark = pytest.mark.lab

A, B = "namespace wsnaaaaaaaaaa", "namespace wsnbbbbbbbbbb"


def way(result: dict[str, Any], which: str = "there") -> list[str]:
    """Where it came by, but for the switch between the hosts."""
    return [f"{hop['where']} {hop['name']}" for hop in result["hops"] if hop["way"] == which and hop["link"]]


def told(result: dict[str, Any], kind: str) -> list[str]:
    return [each["text"] for hop in result["hops"] for each in hop["decided"] if each["kind"] == kind]


def alpha(lab: ByHand) -> None:
    """``web`` and ``db`` on ``alpha``, whose network has a namespace of its own and a gateway."""
    lab.network("alpha", "10.9.0.1")
    lab.run("web", "alpha", "10.9.0.10", "10.9.0.1")
    lab.run("db", "alpha", "10.9.0.11", "10.9.0.1")


@in_lab
def test_on_one_host_to_a_container_to_the_gateway_and_out() -> None:
    with by_hand("alpha") as lab:
        alpha(lab)
        result = lab.walk("web", "db")
        assert result["outcome"] == "answered"
        there = ["web eth0", f"{A} wsh-web", f"{A} wsh-db", "db eth0"]
        assert (way(result), way(result, "back")) == (there, there[::-1])
        assert {hop["role"] for hop in result["hops"]} == {"container", "network"}
        assert "A veth pair: what goes in here comes out as wsh-web in namespace wsnaaaaaaaaaa." in told(result, "veth")
        assert told(result, "firewall") == [], "no host looks at it"
        result = lab.walk("web", "host")
        assert result["outcome"] == "answered"
        assert way(result) == ["web eth0", f"{A} wsh-web", f"{A} {UPLINK}", f"host alpha {GATEWAY}"]
        result = lab.walk("host", "web")
        assert way(result) == [f"host alpha {GATEWAY}", f"{A} {UPLINK}", f"{A} wsh-web", "web eth0"]
        where, why = lab.stopped("web", "outside")
        assert (where, why) == ("ws-switch of outside", "Outside has no route to 10.9.0.10 (network is unreachable).")
        assert lab.lab.world is not None
        lab.typed(lab.lab.world, f"ip route add 10.9.0.0/24 via {lab.host('alpha').address}")
        assert lab.walk("outside", "web")["outcome"] == "answered", "by plain routing"
        lab.typed(lab.lab.world, "ip route del 10.9.0.0/24")
        root = lab.host("alpha").namespace
        lab.typed(root, "iptables -t nat -A POSTROUTING -s 10.9.0.0/24 -o eth0 -j MASQUERADE")
        result = lab.walk("web", "outside")
        assert result["outcome"] == "answered"
        gateway = [f"{A} {UPLINK}", f"host alpha {GATEWAY}"]
        assert way(result) == ["web eth0", f"{A} wsh-web", *gateway, "host alpha eth0"]
        assert way(result, "back") == way(result)[::-1]
        lab.typed(root, "iptables -A FORWARD -p icmp -j DROP")
        assert lab.stopped("web", "outside")[0] == f"{GATEWAY} of host alpha"
        assert lab.walk("web", "db")["outcome"] == "answered", "what is bridged does not meet the host's rules"


@in_lab
def test_through_the_tunnel_to_a_host_that_has_such_a_namespace_and_to_one_that_has_none() -> None:
    with by_hand("alpha", "beta", "gamma") as lab:
        alpha(lab)
        lab.network("beta", "10.9.0.253")
        lab.network("gamma", "10.9.0.254", own=False)
        lab.peers("alpha", "gamma", "beta")
        lab.run("far", "beta", "10.9.0.20", "10.9.0.253")
        lab.run("mixed", "gamma", "10.9.0.30", "10.9.0.254")
        sends = ["web eth0", f"{A} wsh-web", f"{A} {TUNNEL}", "host alpha eth0"]
        far = ["host beta eth0", f"{B} {TUNNEL}", f"{B} wsh-far", "far eth0"]
        mixed = ["host gamma eth0", f"host gamma {TUNNEL}", "host gamma wsh-mixed", "mixed eth0"]
        for target, takes in (("far", far), ("mixed", mixed)):
            result = lab.walk("web", target)
            assert result["outcome"] == "answered"
            assert way(result) == [*sends, *takes]
            assert way(result, "back") == way(result)[::-1]
        result = lab.walk("mixed", "far")
        assert way(result) == [*mixed[::-1], *far]
        result = lab.walk("web", "far")
        by = "Packed into UDP for 192.0.2.11 port 4789, with VNI 42: 192.0.2.10 → 192.0.2.11, sent by host alpha."
        assert told(result, "tunnel")[:2] == [by, f"VNI 42 is that of {TUNNEL} in {B}: unpacked, it comes in there."]
        # frames whose place no bridge knows go to all
        for name in ("alpha", "beta"):
            lab.typed(lab.home(name), f"ip link set {BRIDGE} type bridge fdb_flush")
        assert way(lab.walk("web", "far")) == [*sends, *far]
        result = lab.walk("alpha", "far")
        assert way(result) == [f"host alpha {GATEWAY}", f"{A} {UPLINK}", *sends[2:], *far]


@in_lab
def test_what_is_broken_in_a_networks_own_namespace_is_found() -> None:
    with by_hand("alpha") as lab:
        alpha(lab)
        home, root = lab.home("alpha"), lab.host("alpha").namespace
        lab.typed(home, f"ip link set {BRIDGE} down")
        down = "Bridge wsb1 in namespace wsnaaaaaaaaaa is down."
        assert lab.stopped("web", "db") == (f"wsh-web of {A}", down)
        lab.typed(home, f"ip link set {BRIDGE} up")
        lab.typed(root, f"ip link set {GATEWAY} down")
        assert lab.stopped("web", "outside") == (f"wsh-web of {A}", "Link wsg1 on host alpha is down.")
        assert lab.stopped("host", "web") == ("eth0 of host alpha", "Link wsg1 on host alpha is down.")
        lab.typed(root, f"ip link set {GATEWAY} up")
        lab.typed(home, f"ip link set {UPLINK} nomaster")
        loose = "wsu1 in namespace wsnaaaaaaaaaa is in no bridge."
        assert lab.stopped("web", "outside") == (f"wsh-web of {A}", loose)
        assert lab.stopped("host", "web") == (f"{UPLINK} of {A}", loose)
        lab.typed(home, f"ip link del {UPLINK}")
        nobody = "Nobody answers when web asks who has 10.9.0.1: no link that was looked at has this address."
        assert lab.stopped("web", "outside") == (f"{BRIDGE} of {A}", nobody)


@in_lab
def test_what_is_broken_between_two_of_them_is_found() -> None:
    with by_hand("alpha", "beta", "gamma") as lab:
        alpha(lab)
        lab.network("beta", vni=43)
        lab.network("gamma", own=False)
        lab.peers("alpha", "beta", "gamma")
        lab.run("far", "beta", "10.9.0.20")
        lab.run("mixed", "gamma", "10.9.0.30")
        assert lab.stopped("web", "far") == ("eth0 of host beta", "No tunnel of host beta has VNI 42: wst1 has 43.")
        home = lab.home("alpha")
        entry = f"bridge fdb del 00:00:00:00:00:00 dev {TUNNEL} self dst"
        lab.typed(home, f"{entry} {lab.host('gamma').address}")
        where, why = lab.stopped("web", "mixed")
        text = "The forwarding table of wst1 in namespace wsnaaaaaaaaaa does not say"
        assert (where, why) == (f"{TUNNEL} of {A}", f"{text} that what is for all goes to 192.0.2.12, too.")
        lab.typed(home, f"{entry} {lab.host('beta').address}")
        assert lab.stopped("web", "mixed") == (f"{TUNNEL} of {A}", f"{text} to which hosts goes what is for all.")
        lab.typed(home, f"ip link set {TUNNEL} down")
        down = "The tunnel wst1 in namespace wsnaaaaaaaaaa is down."
        assert lab.stopped("web", "mixed") == (f"wsh-web of {A}", down)
        assert lab.stopped("mixed", "web") == ("eth0 of host alpha", down)
