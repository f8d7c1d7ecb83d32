"""Firewall rules: those that concern a link are found, whatever way they name it, and no others."""

from __future__ import annotations

from workshop.topology import rules
from workshop.topology.rules import Subject

RULESET = """
table inet workshop {
    set bridges {
        type ifname
        elements = { "wsb1",
                 "wsb2" }
    }

    set masquerade4 {
        type ipv4_addr
        flags interval
        elements = { 10.8.0.0/24, 10.9.0.0/24 }
    }

    map published4 {
        type inet_proto . inet_service : ipv4_addr . inet_service
        elements = { tcp . 8080 : 10.9.0.2 . 80 }
    }

    chain postrouting {
        type nat hook postrouting priority srcnat; policy accept;
        ip saddr @masquerade4 oifname != "wsb9" masquerade comment "10.9.0.2"
        ip saddr 10.8.0.0/24 masquerade comment "wsb1"
    }

    chain publish {
        dnat ip to meta l4proto . th dport map @published4
    }

    chain forward {
        iifname @bridges drop
        iifname "wsh*" accept
        iifname "lo" accept
        ip daddr 0.0.0.0/0 accept
    }
}
table ip6 other {
    chain input {
        ip6 saddr fd00:1::/64 accept
        ip6 saddr fd00:2::/64 accept
    }
}
"""

SAVED = """*filter
:DOCKER-USER - [0:0]
-A FORWARD -i wsb1 -o wsb1 -j ACCEPT
-A FORWARD -i wsb2 -j ACCEPT
-A FORWARD -i wsh+ -j DROP
-A DOCKER -d 10.9.0.2/32 ! -i docker0 -p tcp -j ACCEPT
COMMIT
"""


def found(**about: frozenset[str]) -> list[tuple[str, list[str]]]:
    subject = Subject(about.get("names", frozenset()), about.get("addresses", frozenset()))
    return [(each["rule"].partition(" comment")[0], each["because"]) for each in rules.of_nft(RULESET, subject)]


def test_rules_are_found_by_name_by_set_and_by_a_name_s_beginning() -> None:
    assert found(names=frozenset({"wsb1"})) == [("iifname @bridges drop", ['@bridges has "wsb1"'])]
    assert found(names=frozenset({"wsh77", "wsb3"})) == [('iifname "wsh*" accept', [])]
    assert found(names=frozenset({"eth0"})) == []


def test_rules_are_found_by_address_and_by_a_subnet_that_has_it() -> None:
    assert found(addresses=frozenset({"10.9.0.2"})) == [
        ('ip saddr @masquerade4 oifname != "wsb9" masquerade', ["@masquerade4 has 10.9.0.0/24"]),
        ("dnat ip to meta l4proto . th dport map @published4", ["@published4 has tcp . 8080 : 10.9.0.2 . 80"]),
    ]
    assert found(addresses=frozenset({"fd00:2::7"})) == [("ip6 saddr fd00:2::/64 accept", [])]
    assert found(addresses=frozenset({"192.0.2.1"})) == [], "what is for all is about nobody"


def test_what_iptables_saves_is_read_too() -> None:
    def saved(names: set[str], addresses: set[str]) -> list[str]:
        subject = Subject(frozenset(names), frozenset(addresses))
        return [f"{each['table']} {each['chain']} {each['rule']}" for each in rules.of_iptables(SAVED, subject)]

    assert saved({"wsb1"}, set()) == ["iptables filter FORWARD -i wsb1 -o wsb1 -j ACCEPT"]
    assert saved({"wsh1"}, {"10.9.0.2"}) == [
        "iptables filter FORWARD -i wsh+ -j DROP",
        "iptables filter DOCKER -d 10.9.0.2/32 ! -i docker0 -p tcp -j ACCEPT",
    ]
    assert not Subject(frozenset({"ws"}), frozenset()).is_named("w[s]*")
