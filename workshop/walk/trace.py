"""Which rules of a firewall a probe meets: nftables tells, where a rule of ours asks it to (``meta nftrace set 1``).

The rule is in a table that belongs to the program that made it: when that ends, however it ends, the kernel removes it.
Rules of iptables are nftables' too, unless they are of the old kind, which can be counted but not traced.
"""

from __future__ import annotations

import contextlib
import os
import socket
import struct
import subprocess
import time
from collections.abc import Iterator
from typing import Any

from workshop.kernel import legacy, programs
from workshop.kernel.namespaces import Namespace
from workshop.kernel.programs import ProgramError
from workshop.walk import rules
from workshop.walk.facts import Verdict
from workshop.walk.probe import Mark

_NETFILTER, _SOL_NETLINK, _ADD_MEMBERSHIP = 12, 270, 1
_CHANGES, _TRACES = 7, 9
"""The kernel's groups of news: changes of rules, traces of packets."""

_SUBSYSTEM, _NEWTABLE, _NEWGEN, _TRACE = 10 << 8, 0, 15, 17
_READY_WITHIN = 1.0
_ENDS_WITHIN = 1.0
_BUFFER = 1 << 20


class Tracer:
    """Has the probe's packets traced in one namespace, from ``start`` until ``stop``.

    Where nftables is missing, or is too old for tables that go by themselves, nothing is traced.
    """

    def __init__(self, namespace: Namespace, mark: Mark) -> None:
        self._namespace, self._mark = namespace, mark
        self._table = f"workshop_walk_{namespace.key[1]}"
        self._socket: socket.socket | None = None
        self._program: subprocess.Popen[str] | None = None
        self._counted: dict[str, str] = {}

    def start(self) -> bool:
        """Begin; says whether anything is traced."""
        self._counted = self._counters()
        found = programs.find("nft")
        if found is None:
            return False
        with self._namespace.entered():
            self._socket = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW | socket.SOCK_CLOEXEC, _NETFILTER)
            self._socket.bind((0, 0))
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
            for group in (_CHANGES, _TRACES):
                self._socket.setsockopt(_SOL_NETLINK, _ADD_MEMBERSHIP, group)
            self._program = subprocess.Popen(
                [found, "-i"],
                env={**os.environ, "HOME": os.devnull},  # it would keep what it is told in the user's home
                stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, text=True,
            )  # fmt: skip
        with contextlib.suppress(OSError):
            assert self._program.stdin is not None
            self._program.stdin.write(self._script())
            self._program.stdin.flush()
        return self._is_there()

    def _script(self) -> str:
        """The table, in one line, so that it is made at one stroke."""
        mark = self._mark
        if mark.kind == "ping":
            matches = [f"icmp id {mark.number}", f"icmpv6 id {mark.number}"]
        else:
            matches = [f"tcp sport {mark.port}", f"tcp dport {mark.port}"]
        body = " ".join(f"{match} meta nftrace set 1;" for match in matches)
        chains = " ".join(
            f"chain {hook} {{ type filter hook {hook} priority -450; {body} }};" for hook in ("prerouting", "output")
        )
        return f"add table inet {self._table} {{ flags owner; {chains} }}\n"

    def _is_there(self) -> bool:
        """Wait until the kernel says that our table is there."""
        assert self._socket is not None and self._program is not None
        deadline, seen = time.monotonic() + _READY_WITHIN, False
        while time.monotonic() < deadline and self._program.poll() is None:
            self._socket.settimeout(0.05)
            try:
                data = self._socket.recv(1 << 16)
            except OSError:
                continue
            for kind, _, found in _messages(data):
                seen = seen or (kind == _NEWTABLE and _text(found.get(1)) == self._table)
                if seen and kind == _NEWGEN:
                    return True
        return False

    def stop(self) -> list[Verdict]:
        """End it; gives what was decided, in order."""
        events: list[dict[str, Any]] = []
        if self._socket is not None:
            self._socket.setblocking(False)
            with contextlib.suppress(OSError):
                while True:
                    for kind, family, found in _messages(self._socket.recv(1 << 16)):
                        if kind == _TRACE:
                            events.append(_event(family, found))
            self._socket.close()
            self._socket = None
        if self._program is not None:
            self._end(self._program)
            self._program = None
        counted, self._counted = self._counted, {}
        old = [
            verdict
            for program, after in (self._counters() if counted else {}).items()
            for verdict in rules.counted(counted.get(program, ""), after, f"{program}-legacy")
        ]
        events = [event for event in events if event["table"] != self._table]
        if not events:
            return old
        return old + rules.verdicts(
            events, {table: self._rules(*table) for table in {(e["family"], e["table"]) for e in events}}
        )

    def _counters(self) -> dict[str, str]:
        """What rules of the old kind have counted, by program."""
        found: dict[str, str] = {}
        with contextlib.suppress(OSError, ProgramError):
            for program, said in legacy.saved(self._namespace, "-c"):
                found[program] = said
        return found

    @staticmethod
    def _end(program: subprocess.Popen[str]) -> None:
        with contextlib.suppress(OSError):
            assert program.stdin is not None
            program.stdin.close()
        try:
            program.wait(_ENDS_WITHIN)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()

    def _rules(self, family: str, table: str) -> rules.Table:
        """The rules of a table; in iptables' words where they are its."""
        with contextlib.suppress(ProgramError):
            listed = programs.run(self._namespace, "nft", "-s", "-a", "list", "table", family, table)
            found = rules.table(listed)
            program = {"ip": "iptables-nft", "ip6": "ip6tables-nft"}.get(family)
            if program and table in rules.IPTABLES and programs.find(program):
                with contextlib.suppress(ProgramError):
                    said = programs.run(self._namespace, program, "-t", table, "-S")
                    return rules.in_iptables_words(found, program.partition("-")[0], table, said)
            return found
        return rules.Table()


def _messages(data: bytes) -> Iterator[tuple[int, int, dict[int, bytes]]]:
    """Type, family and attributes of each message of nftables in a datagram."""
    at = 0
    while at + 20 <= len(data):
        length, kind = struct.unpack_from("=IH", data, at)
        if length < 20:
            return
        if kind & 0xFF00 == _SUBSYSTEM:
            yield kind & 0xFF, data[at + 16], _attributes(data[at + 20 : at + length])
        at += (length + 3) & ~3


def _attributes(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("=HH", data, at)
        if length < 4:
            break
        found[kind & 0x3FFF] = data[at + 4 : at + length]
        at += (length + 3) & ~3
    return found


def _text(value: bytes | None) -> str:
    return (value or b"").split(b"\0", 1)[0].decode("utf-8", "replace")


def _number(value: bytes | None) -> int | None:
    return int.from_bytes(value, "big", signed=False) if value else None


def _event(family: int, found: dict[int, bytes]) -> dict[str, Any]:
    """One event of a trace, as ``rules.verdicts`` reads it."""
    verdict = _attributes(found.get(5, b""))
    code = _number(verdict.get(1))
    return {
        "family": {1: "inet", 2: "ip", 5: "netdev", 7: "bridge", 10: "ip6"}.get(family, str(family)),
        "table": _text(found.get(1)),
        "chain": _text(found.get(2)),
        "handle": _number(found.get(3)),
        "type": {1: "policy", 2: "return", 3: "rule"}.get(_number(found.get(4)) or 0, ""),
        "verdict": None if code is None else struct.unpack("=i", struct.pack("=I", code))[0],
        "to": _text(verdict.get(2)),
        "policy": _number(found.get(16)),
        "id": _number(found.get(6)),
        "iif": _number(found.get(10)),
        "oif": _number(found.get(12)),
        "network": found.get(8, b""),
    }
