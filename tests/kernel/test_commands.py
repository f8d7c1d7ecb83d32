"""pyroute2's calls, written as the commands that a person would type."""

from __future__ import annotations

import pytest

from workshop.kernel.commands import as_command

NAMES = {2: "eth0", 7: "wsb1", 8: "wsh1"}


@pytest.mark.parametrize(
    ("method", "verb", "arguments", "command"),
    [
        (
            "link",
            "add",
            {"ifname": "wsb1", "kind": "bridge", "mtu": 1400},
            "ip link add wsb1 mtu 1400 type bridge",
        ),
        (
            "link",
            "add",
            {
                "ifname": "wsh1",
                "kind": "veth",
                "master": 7,
                "state": "up",
                "peer": {"ifname": "wsc1", "mtu": 1400},
            },
            "ip link add wsh1 master wsb1 up type veth peer name wsc1 mtu 1400",
        ),
        ("link", "add", {"ifname": "v", "kind": "veth", "peer": "w"}, "ip link add v type veth peer name w"),
        ("link", "set", {"index": 7, "state": "up"}, "ip link set dev wsb1 up"),
        ("link", "set", {"index": 8, "ifname": "other"}, "ip link set dev wsh1 name other"),
        ("link", "set", {"index": 8, "master": 0}, "ip link set dev wsh1 nomaster"),
        ("link", "set", {"index": 8, "ifalias": "my link"}, "ip link set dev wsh1 alias 'my link'"),
        ("link", "set", {"index": 8, "net_ns_fd": "blue"}, "ip link set dev wsh1 netns blue"),
        ("link", "del", {"index": 7}, "ip link del wsb1"),
        (
            "link",
            "add",
            {"ifname": "x", "kind": "vxlan", "vxlan_id": 42, "vxlan_link": 2, "vxlan_port": 4789},
            "ip link add x type vxlan id 42 dev eth0 dstport 4789",
        ),
        (
            "link",
            "add",
            {"ifname": "m", "kind": "macvlan", "link": 2, "macvlan_mode": "bridge"},
            "ip link add m link eth0 type macvlan mode bridge",
        ),
        (
            "link",
            "add",
            {"ifname": "m", "kind": "macvlan", "link": 2, "macvlan_mode": 8},
            "ip link add m link eth0 type macvlan mode passthru",
        ),
        (
            "link",
            "add",
            {"ifname": "i", "kind": "ipvlan", "link": 2, "ipvlan_mode": 1},
            "ip link add i link eth0 type ipvlan mode l3",
        ),
        (
            "addr",
            "add",
            {"index": 7, "address": "10.9.0.1", "prefixlen": 24},
            "ip addr add 10.9.0.1/24 dev wsb1",
        ),
        (
            "addr",
            "add",
            {"index": 7, "address": "fd00::1", "prefixlen": 64, "flags": 2},
            "ip -6 addr add fd00::1/64 dev wsb1 nodad",
        ),
        (
            "route",
            "add",
            {"dst": "10.1.0.0/16", "gateway": "10.9.0.1"},
            "ip route add 10.1.0.0/16 via 10.9.0.1",
        ),
        ("route", "add", {"dst": "default", "oif": 2}, "ip route add default dev eth0"),
        (
            "route",
            "add",
            {"dst": "10.9.0.2/32", "family": 2, "oif": 7, "scope": 253},
            "ip route add 10.9.0.2/32 dev wsb1 scope link",
        ),
        (
            "addr",
            "add",
            {"index": 7, "address": "fd00::1", "prefixlen": 128, "flags": 0x202},
            "ip -6 addr add fd00::1/128 dev wsb1 nodad noprefixroute",
        ),
        (
            "neigh",
            "add",
            {"ifindex": 7, "dst": "10.9.0.2", "lladdr": "02::"},
            "ip neigh add 10.9.0.2 lladdr 02:: dev wsb1",
        ),
        (
            "fdb",
            "append",
            {"ifindex": 8, "lladdr": "00:00", "dst": "192.0.2.2"},
            "bridge fdb append 00:00 dev wsh1 dst 192.0.2.2",
        ),
        (
            "fdb",
            "replace",
            {"ifindex": 8, "lladdr": "02:00", "dst": "192.0.2.1", "flags": 2, "state": 0xC0},
            "bridge fdb replace 02:00 dev wsh1 dst 192.0.2.1 self permanent",
        ),
        (
            "fdb",
            "replace",
            {"ifindex": 8, "lladdr": "02:00", "flags": 0x44, "state": 0x42},
            "bridge fdb replace 02:00 dev wsh1 master sticky static",
        ),
        ("fdb", "del", {"ifindex": 8, "lladdr": "02:00", "flags": 4}, "bridge fdb del 02:00 dev wsh1 master"),
        ("fdb", "add", {"ifindex": 8, "lladdr": "02:00", "state": "x"}, "bridge fdb add 02:00 dev wsh1 state x"),
        (
            "neigh",
            "replace",
            {"ifindex": 7, "dst": "10.9.0.2", "lladdr": "02::", "state": "permanent"},
            "ip neigh replace 10.9.0.2 lladdr 02:: dev wsb1 nud permanent",
        ),
        ("brport", "set", {"index": 8, "neigh_suppress": True}, "bridge link set dev wsh1 neigh_suppress on"),
        ("brport", "set", {"index": 8, "isolated": True}, "bridge link set dev wsh1 isolated on"),
        ("brport", "set", {"index": 8, "mode": 0}, "bridge link set dev wsh1 hairpin off"),
        (
            "link",
            "add",
            {"ifname": "wsc1", "kind": "macvlan", "link": 2, "macvlan_mode": "private"},
            "ip link add wsc1 link eth0 type macvlan mode private",
        ),
        (
            "link",
            "add",
            {"ifname": "wsc1", "kind": "ipvlan", "link": 2, "ipvlan_mode": 2, "ipvlan_flags": 1},
            "ip link add wsc1 link eth0 type ipvlan mode l3s private",
        ),
        ("rule", "add", {"table": 10, "priority": 5}, "ip rule add table 10 priority 5"),
    ],
)
def test_a_call_reads_as_its_command(method, verb, arguments, command):
    assert as_command(method, verb, arguments, lambda index: NAMES[index]) == command


def test_what_a_shell_would_read_otherwise_is_quoted():
    text = as_command("link", "set", {"index": 8, "ifalias": "a; rm -rf $HOME"}, lambda index: "x")
    assert text == "ip link set dev x alias 'a; rm -rf $HOME'"
