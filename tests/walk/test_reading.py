"""What is read from outside: frames, rules, names; and the file that is written of it."""

from __future__ import annotations

import struct
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.topology.samples import Sample
from workshop.errors import UsageError
from workshop.walk import packet, pcapng, rules
from workshop.walk.capture import Frame, kernel_filter
from workshop.walk.ends import ends, find
from workshop.walk.probe import Mark

MACS = bytes.fromhex("020000000002020000000001")


def ip4(protocol: int, body: bytes, source: str = "10.9.0.2", target: str = "10.9.0.3") -> bytes:
    ends = b"".join(bytes(int(part) for part in each.split(".")) for each in (source, target))
    return struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(body), 1, 0, 64, protocol, 0) + ends + body


def ethernet(kind: int, body: bytes) -> bytes:
    return MACS + struct.pack("!H", kind) + body


ECHO = ip4(1, struct.pack("!BBHHH", 8, 0, 0, 7, 1) + b"workshop walk 12345678")
SYN = ip4(6, struct.pack("!HHIIBBHHH", 40000, 80, 1000, 0, 0x50, packet.SYN, 1024, 0, 0))


def test_an_echo_request_and_a_tcp_beginning():
    found = packet.read(ethernet(0x0800, ECHO))
    assert (found.what, found.kind, found.source, found.target) == ("echo", "request", "10.9.0.2", "10.9.0.3")
    assert (found.source_mac, found.target_mac) == ("02:00:00:00:00:01", "02:00:00:00:00:02")
    assert found.told() == "10.9.0.2 → 10.9.0.3 echo request"
    assert packet.read(ethernet(0x0800, SYN)).told() == "10.9.0.2:40000 → 10.9.0.3:80 SYN"


def test_a_frame_with_a_vlan_tag_is_read_through_it():
    assert packet.read(ethernet(0x8100, struct.pack("!HH", 10, 0x0800) + ECHO)).what == "echo"


def test_in_a_tunnel_the_inner_packet_is_told_with_what_is_around_it():
    vxlan = struct.pack("!HHHH", 50000, 4789, 0, 0) + b"\x08\0\0\0" + (4242).to_bytes(3, "big") + b"\0"
    outer = ethernet(0x0800, ip4(17, vxlan + ethernet(0x0800, ECHO), "192.0.2.10", "192.0.2.11"))
    found = packet.read(outer)
    assert found.tunnel == packet.Tunnel("192.0.2.10", "192.0.2.11", 4789, 4242, "02:00:00:00:00:02")
    assert found.told() == "192.0.2.10 → 192.0.2.11 VXLAN 4242 [10.9.0.2 → 10.9.0.3 echo request]"
    assert packet.read(outer, frozenset({8472})).tunnel is None


def test_an_error_quotes_what_it_is_about():
    mark = Mark("ping", 7, b"workshop walk 12345678")
    error = ip4(1, struct.pack("!BBHI", 3, 10, 0, 0) + ECHO, "10.9.0.1", "10.9.0.2")
    found = packet.read(ethernet(0x0800, error))
    assert (found.what, found.kind, mark.way(found)) == ("error", "host prohibited", "error")
    tcp = Mark("tcp", port=40000, first={1000})
    short = ip4(1, struct.pack("!BBHI", 3, 3, 0, 0) + SYN[:28], "10.9.0.1", "10.9.0.2")
    assert tcp.way(packet.read(ethernet(0x0800, short))) == "error"


def test_a_probe_is_known_by_its_marks_even_if_its_port_is_changed():
    mark = Mark("tcp", port=40000)
    there = packet.read(ethernet(0x0800, SYN))
    assert mark.way(there) == "there"
    changed = packet.Packet("tcp", source_port=1234, target_port=80, sequence=1000, flags=packet.SYN)
    answer = packet.Packet("tcp", source_port=80, target_port=1234, acknowledged=1001, flags=packet.SYN | packet.ACK)
    stranger = packet.Packet("tcp", source_port=1, target_port=80, sequence=5, flags=packet.SYN)
    assert [mark.way(each) for each in (changed, answer, stranger)] == ["there", "back", ""]
    ping = Mark("ping", 7, b"workshop walk 12345678")
    assert ping.way(packet.read(ethernet(0x0800, ECHO))) == "there"
    assert Mark("ping", 7, b"workshop walk 87654321").way(packet.read(ethernet(0x0800, ECHO))) == ""


@given(st.binary(max_size=300), st.sampled_from([0x0800, 0x86DD, 0x0806, 0x8100]))
def test_no_frame_breaks_the_reader(data: bytes, kind: int):
    for each in (data, ethernet(kind, data), ethernet(0x0800, b"\x45" + data)):
        assert packet.read(each).told() is not None


def test_the_kernels_filter_jumps_forward_and_ends():
    program = kernel_filter([4789, 8472])
    for number, (code, then, other, _) in enumerate(program):
        assert code == 0x06 or number + 1 + max(then, other) < len(program)
    assert program[-1][0] == 0x06


def passes(frame: bytes) -> bool:
    """What the kernel does with our filter."""
    program, at, value, index = kernel_filter([4789, 8472]), 0, 0, 0
    while True:
        code, then, other, k = program[at]
        at += 1
        if code in (0x28, 0x30, 0x48, 0x50):
            place, size = k + (index if code & 0x40 else 0), 1 if code & 0x10 else 2
            if place + size > len(frame):
                return False
            value = int.from_bytes(frame[place : place + size], "big")
        elif code in (0xB1, 0x01):
            index = (frame[k] & 0x0F) * 4 if code == 0xB1 else k
        elif code == 0x06:
            return k > 0
        else:
            at += then if (value & k if code == 0x45 else value == k) else other


def test_the_kernels_filter_lets_through_what_a_walk_may_be_about_in_tunnels_too():
    data = ip4(6, struct.pack("!HHIIBBHHH", 40000, 80, 1000, 5, 0x50, packet.ACK, 1024, 0, 0) + b"data")
    lookup = ip4(17, struct.pack("!HHHH", 5353, 53, 8, 0))
    arp = bytes.fromhex("0001080006040001") + bytes(20)
    head6 = struct.pack("!IHBB", 0x60000000, 20, 6, 64) + bytes(32)
    wanted = {(0x0800, ECHO): True, (0x0800, SYN): True, (0x0806, arp): True, (0x86DD, head6 + SYN[20:]): True}
    wanted |= {(0x0800, data): False, (0x0800, lookup): False, (0x86DD, head6 + data[20:]): False}
    for (kind, body), passed in wanted.items():
        assert passes(ethernet(kind, body)) is passed, (kind, body)
        for port in (4789, 8472):
            vxlan = struct.pack("!HHHH", 50000, port, 0, 0) + b"\x08\0\0\0" + bytes(4) + ethernet(kind, body)
            assert passes(ethernet(0x0800, ip4(17, vxlan))) is passed, (kind, body, port)
            outer = struct.pack("!IHBB", 0x60000000, len(vxlan), 17, 64) + bytes(32)
            assert passes(ethernet(0x86DD, outer + vxlan)) is passed, (kind, body, port)
    other = struct.pack("!HHHH", 50000, 4790, 0, 0) + b"\x08\0\0\0" + bytes(4) + ethernet(0x0800, ECHO)
    assert not passes(ethernet(0x0800, ip4(17, other)))


LISTED = """table ip filter { # handle 1
	chain FORWARD { # handle 1
		type filter hook forward priority filter; policy drop;
		iifname "br0" oifname "br0"  counter packets 2 bytes 104 accept comment "workshop" # handle 2
		counter jump OTHER # handle 3
	}

	chain OTHER { # handle 2
		icmp type echo-request drop # handle 5
	}
}
"""  # noqa: E101


def event(kind: str, chain: str, handle: int | None, verdict: int | None, **more: Any) -> dict[str, Any]:
    header = ECHO[:20] if more.pop("head", False) else b""
    return {
        "family": "ip", "table": "filter", "chain": chain, "handle": handle, "type": kind, "verdict": verdict,
        "to": "", "policy": None, "id": 1, "iif": 3, "oif": 4, "network": header, **more,
    }  # fmt: skip


def test_a_trace_tells_the_rule_that_dropped_it():
    known = {("ip", "filter"): rules.table(LISTED)}
    events = [event("rule", "FORWARD", 3, -3, head=True), event("rule", "OTHER", 5, 0)]
    (found,) = rules.verdicts(events, known)
    assert (found.rule, found.verdict, found.hook) == ("icmp type echo-request drop", "drop", "filter forward")
    assert (found.source, found.target, found.iif, found.oif) == ("10.9.0.2", "10.9.0.3", 3, 4)
    (policy,) = rules.verdicts([event("policy", "FORWARD", None, None, policy=0, head=True)], known)
    assert policy.told() == "policy drop of chain FORWARD in table ip filter"
    assert rules.verdicts([event("policy", "FORWARD", None, None, policy=1)], known) == []


def test_iptables_rules_are_told_in_its_own_words():
    said = (
        "-P FORWARD DROP\n-N OTHER\n"
        '-A FORWARD -i br0 -o br0 -m comment --comment "workshop it\'s" -j ACCEPT\n'
        "-A FORWARD -j OTHER\n-A OTHER -p icmp -j DROP\n"
    )
    found = rules.in_iptables_words(rules.table(LISTED), "iptables", "filter", said)
    assert found.rules["FORWARD"][2] == "iptables -A FORWARD -i br0 -o br0 -j ACCEPT"
    assert found.rules["OTHER"][5] == "iptables -A OTHER -p icmp -j DROP"
    fewer = rules.in_iptables_words(rules.table(LISTED), "iptables", "nat", "-A OTHER -j X\n")
    assert fewer.rules["FORWARD"][3] == "counter jump OTHER"


def test_rules_of_the_old_iptables_are_known_by_what_they_counted():
    before = "*filter\n:FORWARD DROP [0:0]\n[1:84] -A FORWARD -p icmp -j DROP\n[5:1] -A FORWARD -j ACCEPT\nCOMMIT\n"
    after = before.replace("[1:84]", "[3:252]").replace("[5:1]", "[9:9]").replace("[0:0]", "[2:2]")
    told = [each.told() for each in rules.counted(before, after, "iptables-legacy")]
    assert told == [
        "policy drop of chain FORWARD in table iptables-legacy filter", "iptables-legacy -A FORWARD -p icmp -j DROP",
    ]  # fmt: skip
    assert rules.counted(after, after, "iptables-legacy") == []


def graph(*hosts: str, container: str = "web"):
    sample = Sample()
    for host in hosts:
        made = sample.host(host)
        sample.plug(made, sample.bridge(made), sample.space(made, container))
        made["namespaces"][-1]["ports"] = [
            {"proto": "tcp", "host_ip": "", "host_port": 8080, "ip": "10.1.0.3", "port": 80}
        ]
    return sample.done()


def test_ends_are_found_by_their_names():
    one = graph("alpha")
    assert [end.name for end in ends(one)] == ["host", "web", "outside"]
    assert find(one, "host").published == (8080,)
    assert find(one, "host:8080").port == 8080
    assert (find(one, "alpha").role, find(one, "alpha/web").role) == ("host", "container")
    two = graph("alpha", "beta")
    assert [end.name for end in ends(two)] == ["alpha", "alpha/web", "beta", "beta/web", "outside"]
    assert (find(two, "host").host, find(two, "beta/web:80").host) == ("alpha", "beta")


def test_a_name_that_nobody_has_is_told_with_those_there_are():
    with pytest.raises(UsageError, match=r"No container 'nobody' is running\. There are host, web, outside\."):
        find(graph("alpha"), "nobody")
    with pytest.raises(UsageError, match=r"one of several\. Say which: alpha/web, beta/web\."):
        find(graph("alpha", "beta"), "web")
    with pytest.raises(UsageError, match="99999 is no port"):
        find(graph("alpha"), "host:99999")
    for wrong in ("http", "", "123456", "-1"):
        with pytest.raises(UsageError, match=f"'{wrong}' is no port. Give one from 1 to 65535."):
            find(graph("alpha"), f"web:{wrong}")


@pytest.mark.parametrize("name", ["host", "outside", "<b>x</b>", "a:80", "-o", "ü\u202e", "x" * 255])
def test_a_container_may_have_any_name(name: str):
    known = graph("alpha", container=name)
    (end,) = [end for end in ends(known) if end.role == "container"]
    assert find(known, end.name).space == end.space


def blocks(data: bytes) -> list[tuple[int, bytes]]:
    found, at = [], 0
    while at < len(data):
        kind, length = struct.unpack_from("=II", data, at)
        assert length % 4 == 0
        assert struct.unpack_from("=I", data, at + length - 4)[0] == length
        found.append((kind, data[at + 8 : at + length - 4]))
        at += length
    return found


def options(data: bytes) -> dict[int, bytes]:
    found, at = {}, 0
    while at < len(data):
        code, length = struct.unpack_from("=HH", data, at)
        if code == 0:
            break
        found[code] = data[at + 4 : at + 4 + length]
        at += 4 + (length + 3) // 4 * 4
    return found


def test_a_capture_can_be_read_again_from_its_file():
    frame = Frame("4:1", "eth0", "out", 1_700_000_000.25, ethernet(0x0800, ECHO), 500)
    interfaces = {("4:1", "eth0"): pcapng.Interface("web/eth0", "web, namespace 4:1")}
    told = "there: 10.9.0.2 → 10.9.0.3 " + "ü" * 3_000
    section, interface, captured = blocks(pcapng.written([(frame, told)], interfaces))
    assert (section[0], section[1][:4]) == (0x0A0D0D0A, struct.pack("=I", 0x1A2B3C4D))
    assert struct.unpack_from("=H", interface[1])[0] == 1
    assert options(interface[1][8:]) == {2: b"web/eth0", 3: b"web, namespace 4:1", 9: b"\x09"}
    number, high, low, kept, whole = struct.unpack_from("=IIIII", captured[1])
    assert (number, kept, whole) == (0, len(frame.data), 500)
    assert (high << 32 | low) / 1e9 == pytest.approx(1_700_000_000.25)
    assert captured[1][20 : 20 + kept] == frame.data
    found = options(captured[1][20 + (kept + 3) // 4 * 4 :])
    assert found[1].decode().startswith("there: 10.9.0.2")
    assert len(found[1]) <= pcapng.LONGEST
    assert found[2] == struct.pack("=I", 2)
