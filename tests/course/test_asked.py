"""What links a handler asked for, read from its commands, however they are written."""

from __future__ import annotations

import pytest

from workshop.course.asked import Asked, links


@pytest.mark.parametrize(
    ("command", "name", "parent", "mode"),
    [
        ("ip link add wsc1 link eth0 type ipvlan mode l2", "wsc1", "eth0", "l2"),
        ("ip link add link eth0 name wsc1 type ipvlan", "wsc1", "eth0", None),
        ("/usr/sbin/ip l a dev wsc1 mtu 1400 link eth0 up type ipvlan mode l3 bridge", "wsc1", "eth0", "l3"),
        ("sudo ip -n blue -d link add wsc1 address 02:00:00:00:00:01 link eth0 type ipvlan", "wsc1", "eth0", None),
        ("ip link add wsc1 link 'my link' type ipvlan mode l3s", "wsc1", "my link", "l3s"),
        ("ip link add type ipvlan mode l2 link eth0", None, "eth0", "l2"),
    ],
)
def test_one_command(command: str, name: str | None, parent: str, mode: str | None):
    assert list(links(command, "no")) == [Asked(name, "ipvlan", parent, mode, "no")]


@pytest.mark.parametrize(
    "command",
    [
        "ip link add a link b type ipvlan && ip link add c link b type macvlan; ip link set a up",
        "sh -c 'ip link add a link b type ipvlan || exit 1\nip link add c link b type macvlan'",
    ],
)
def test_several_in_a_shell(command: str):
    assert [(each.name, each.kind, each.parent) for each in links(command)] == [
        ("a", "ipvlan", "b"),
        ("c", "macvlan", "b"),
    ]


@pytest.mark.parametrize(
    "command",
    [
        "",
        "ip",
        "ip link",
        "ip link add",
        "ip link add wsc1",
        "ip link set wsc1 type ipvlan mode l3",
        "ip route add 10.0.0.0/8 dev eth0",
        "nft add table inet ipvlan",
        "echo ip link add",
        "ip link add 'wsc1 type ipvlan",
        "vip link add wsc1 link eth0 type ipvlan",
    ],
)
def test_what_asks_for_no_link(command: str):
    assert list(links(command)) == []
