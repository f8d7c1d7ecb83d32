"""NAT, isolation and published ports: one nftables table of our own, whose rules never change.

The rules only look things up; what differs from network to network is elements of sets and maps. So adding and
removing needs no rule handles, is one transaction, and no rule of anybody else is ever touched.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping

from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace
from workshop.kernel.programs import ProgramError
from workshop.kernel.trace import Trace, ignore, traced

ENDS = "wsh*"
"""What the host's ends of all pairs are called. Those of bridges are ports, and no packet is routed through them."""

SETS: dict[str, str] = {
    "bridges": "set: type ifname",
    "internal": "set: type ifname",
    "within": "set: type ifname . ifname",
    "routed4": "set: type ipv4_addr; flags interval",
    "routed6": "set: type ipv6_addr; flags interval",
    "inside4": "set: type ipv4_addr . ipv4_addr; flags interval",
    "inside6": "set: type ipv6_addr . ipv6_addr; flags interval",
    "closed4": "set: type ipv4_addr; flags interval",
    "closed6": "set: type ipv6_addr; flags interval",
    "masquerade4": "set: type ipv4_addr; flags interval",
    "masquerade6": "set: type ipv6_addr; flags interval",
    "hairpin4": "set: type ipv4_addr . ipv4_addr; flags interval",
    "hairpin6": "set: type ipv6_addr . ipv6_addr; flags interval",
    "published4": "map: type inet_proto . inet_service : ipv4_addr . inet_service",
    "published6": "map: type inet_proto . inet_service : ipv6_addr . inet_service",
    "published4_on": "map: type ipv4_addr . inet_proto . inet_service : ipv4_addr . inet_service",
    "published6_on": "map: type ipv6_addr . inet_proto . inet_service : ipv6_addr . inet_service",
}
"""What can differ: the bridges of networks, those that are internal, each bridge with itself; the subnets of routed
networks, those that may talk to each other, those that are internal; the subnets that are masqueraded, each subnet with
itself, and the published ports on all or one of the host's addresses."""

RULES: dict[str, tuple[str, tuple[str, ...]]] = {
    "prerouting": ("type nat hook prerouting priority dstnat", ("fib daddr type local jump publish",)),
    "output": ("type nat hook output priority -100", ("fib daddr type local jump publish",)),
    "publish": (
        "",
        (
            "dnat ip to ip daddr . meta l4proto . th dport map @published4_on",
            "dnat ip to meta l4proto . th dport map @published4",
            "dnat ip6 to ip6 daddr . meta l4proto . th dport map @published6_on",
            "dnat ip6 to meta l4proto . th dport map @published6",
        ),
    ),
    "postrouting": (
        "type nat hook postrouting priority srcnat",
        (
            # a container that calls a published port of its own network has to be answered through the host
            "ip saddr . ip daddr @hairpin4 ct status dnat masquerade",
            "ip6 saddr . ip6 daddr @hairpin6 ct status dnat masquerade",
            "ip saddr 127.0.0.0/8 oifname @bridges masquerade",
            f'ip saddr 127.0.0.0/8 oifname "{ENDS}" masquerade',
            f'ip saddr @masquerade4 oifname != @bridges oifname != "{ENDS}" masquerade',
            f'ip6 saddr @masquerade6 oifname != @bridges oifname != "{ENDS}" masquerade',
        ),
    ),
    "forward": (
        "type filter hook forward priority filter",
        (
            "iifname . oifname @within accept",
            "iifname @internal drop",
            "oifname @internal drop",
            "ct status dnat accept",
            "ct state established,related accept",
            "iifname @bridges oifname @bridges drop",  # networks do not see each other, nor do Docker's own see ours
            'iifname "docker*" oifname @bridges drop',
            'iifname "br-*" oifname @bridges drop',
        ),
    ),
    "routed": (
        # each container has a link of its own here: whose a packet is, its addresses tell
        "type filter hook forward priority filter",
        (
            f'iifname != "{ENDS}" oifname != "{ENDS}" accept',
            f'iifname "{ENDS}" ct state new,invalid,untracked fib saddr . iif oif missing drop',  # no sender lies
            f'iifname "{ENDS}" oifname "{ENDS}" ip saddr . ip daddr @inside4 accept',
            f'iifname "{ENDS}" oifname "{ENDS}" ip6 saddr . ip6 daddr @inside6 accept',
            "ip saddr @closed4 drop",
            "ip daddr @closed4 drop",
            "ip6 saddr @closed6 drop",
            "ip6 daddr @closed6 drop",
            "ct status dnat accept",
            "ct state established,related accept",
            # an address that no container has: it must not be looked for outside, where the default route leads
            f'ip saddr @routed4 ip daddr @routed4 oifname != "{ENDS}" reject with icmp host-unreachable',
            f'ip6 saddr @routed6 ip6 daddr @routed6 oifname != "{ENDS}" reject with icmpv6 addr-unreachable',
            "ip saddr @routed4 ip daddr @routed4 drop",  # networks do not see each other
            "ip6 saddr @routed6 ip6 daddr @routed6 drop",
            "iifname @bridges drop",
            "oifname @bridges drop",
            'iifname "docker*" drop',
            'iifname "br-*" drop',
        ),
    ),
    "loopback": (
        # localhost is published through the bridges (route_localnet): nobody else may come in that way
        "type filter hook prerouting priority raw",
        ("ip daddr 127.0.0.0/8 iifname @bridges drop", f'ip daddr 127.0.0.0/8 iifname "{ENDS}" drop'),
    ),
}
"""The chains: where they hook in, and their rules."""

Elements = Mapping[str, Iterable[str]]
"""Elements by set, as nft writes them: ``{"masquerade4": ["10.9.0.0/24"]}``; of maps ``"tcp . 80 : 10.9.0.2 . 80"``."""


class Firewall:
    """Our table in one namespace: what each owner needs in it, and nothing else.

    An owner is a name such as a network's ID. The table is made with the first element and removed with the last.
    Without the ``nft`` program nothing can be done, and ``missing`` says so.
    """

    def __init__(self, namespace: Namespace, trace: Trace = ignore, table: str = "workshop") -> None:
        self._namespace, self._trace, self.table = namespace, trace, table
        self._lock = threading.Lock()
        self._owners: dict[str, set[tuple[str, str]]] = {}

    @property
    def missing(self) -> str | None:
        """Why there is no firewall here, as a sentence with the remedy, or ``None``."""
        if programs.find("nft"):
            return None
        return f"The program nft is missing. Install it with `{programs.how_to_get('nft')}`."

    def exists(self) -> bool:
        """Whether the table is there, whoever made it."""
        try:
            programs.run(self._namespace, "nft", "list", "table", "inet", self.table)
        except ProgramError:
            return False
        return True

    def refresh(self) -> None:
        """Make the table anew if somebody has removed it, as a flush of all rules does. Raises ProgramError."""
        with self._lock:
            if self._owners and not self.exists():
                self._render()

    def set(self, owner: str, elements: Elements) -> None:
        """Let ``owner`` have just these elements (none: forget it), in one transaction. Raises ProgramError.

        If it fails, the table is as before.
        """
        with self._lock:
            before, mine = self._all(), self._owners.get(owner, set())
            self._owners[owner] = {(name, member) for name, members in elements.items() for member in members}
            after = self._all()
            try:
                self._change(before, after)
            except ProgramError:
                self._owners[owner] = mine
                raise
            finally:
                if not self._owners[owner]:
                    del self._owners[owner]

    def restart(self, owners: Mapping[str, Elements]) -> None:
        """Forget what was, and let the table hold what these owners need. Raises ProgramError."""
        with self._lock:
            self._owners = {
                owner: {(name, member) for name, members in elements.items() for member in members}
                for owner, elements in owners.items()
            }
            self._render()

    def _all(self) -> set[tuple[str, str]]:
        return set().union(*self._owners.values())

    def _change(self, before: set[tuple[str, str]], after: set[tuple[str, str]]) -> None:
        if before == after:
            return
        if not before or not after:
            self._render()
            return
        lines = [self._line("delete", name, member.partition(" : ")[0]) for name, member in sorted(before - after)]
        lines += [self._line("add", name, member) for name, member in sorted(after - before)]
        try:
            self._run(lines)
        except ProgramError:
            self._render()  # somebody emptied or removed the table: make it anew

    def _render(self) -> None:
        """The whole table in one transaction."""
        wanted = sorted(self._all())
        if not wanted:
            if self.exists():
                self._run([f"delete table inet {self.table}"])
            return
        lines = [self._line("add", name, member) for name, member in wanted]
        self._run([*self._skeleton(), *lines])

    def _skeleton(self) -> list[str]:
        """The table without elements, as commands that can be given whether or not it is there already."""
        table = f"inet {self.table}"
        lines = [f"add table {table}"]
        for name, kind in SETS.items():
            word, _, definition = kind.partition(": ")
            lines.append(f"add {word} {table} {name} {{ {definition}; }}; flush {word} {table} {name}")
        lines += [
            f"add chain {table} {name}" + (f" {{ {hook}; }}" if hook else "") for name, (hook, _) in RULES.items()
        ]
        for name, (_, rules) in RULES.items():
            added = [f'add rule {table} {name} {rule} comment "workshop"' for rule in rules]
            lines.append("; ".join([f"flush chain {table} {name}", *added]))
        return lines

    def _line(self, verb: str, name: str, member: str) -> str:
        return f"{verb} element inet {self.table} {name} {{ {member} }}"

    def _run(self, lines: list[str]) -> None:
        """One transaction, told as the commands that one would type, each of which can stand alone."""
        with traced(self._trace, "\n".join(f"nft '{line}'" for line in lines)):
            programs.run(self._namespace, "nft", "-f", "-", given="\n".join(lines) + "\n")


def interface(name: str) -> str:
    """A link's name as an element."""
    return f'"{name}"'


__all__ = ["ENDS", "RULES", "SETS", "Elements", "Firewall", "ProgramError", "interface"]
