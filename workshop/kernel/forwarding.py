"""Letting networks' traffic through a FORWARD chain that drops, as Docker sets it up.

An accept in a table of our own does not help there: a packet must pass every table. So this is done with iptables, in
the place that Docker leaves to others (``DOCKER-USER``), or in ``FORWARD`` where Docker is not. All our rules are in
one chain, ``WORKSHOP``, reached by one jump; both are removed with the last network.
"""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from dataclasses import dataclass

from workshop.kernel import legacy, programs
from workshop.kernel.namespaces import Namespace
from workshop.kernel.programs import ProgramError
from workshop.kernel.trace import Trace, ignore, traced

CHAIN = "WORKSHOP"
_FAMILIES = ("iptables", "ip6tables")


@dataclass(frozen=True)
class Way:
    """What one network's traffic is known by: its ``link``, and if it shares that, its ``subnets`` of both IP versions.

    A name that ends in ``+`` means all links whose names begin so. Of an ``internal`` network, nothing goes in or out.
    """

    link: str
    subnets: tuple[str, ...] = ()
    internal: bool = False

    def rules(self, comment: str, version: int) -> list[str]:
        """The rules that let it through, as ``iptables -S`` would print them without ``-A CHAIN``.

        Docker's own bridges are left to Docker's rules, so that networks stay apart.
        """
        mark = f'-m comment --comment "{comment}"'
        mine = [subnet for subnet in self.subnets if (":" in subnet) == (version == 6)]
        if self.subnets and not mine:
            return []
        sources, targets = ([f"{flag} {subnet} " for subnet in mine] or [""] for flag in ("-s", "-d"))
        link = self.link
        rules = [f"{one}{other}-i {link} -o {link} {mark} -j ACCEPT" for one in sources for other in targets]
        if self.internal:
            return rules
        for target in targets:
            rules.append(f"{target}-o {link} -m conntrack --ctstate RELATED,ESTABLISHED {mark} -j ACCEPT")
            rules.append(f"{target}-o {link} -m conntrack --ctstate DNAT {mark} -j ACCEPT")
        for source in sources:
            rules.append(f"{source}-i {link} -o docker+ {mark} -j RETURN")
            rules.append(f"{source}-i {link} -o br-+ {mark} -j RETURN")
            rules.append(f"{source}-i {link} {mark} -j ACCEPT")
        return rules


class Forwarding:
    """Our chain in the filter tables of one namespace, IPv4 and IPv6, with whichever iptables Docker uses there."""

    def __init__(self, namespace: Namespace, trace: Trace = ignore, owner: str = "workshop") -> None:
        self._namespace, self._trace, self._owner = namespace, trace, owner
        self.chain = CHAIN if owner == "workshop" else f"{CHAIN}-{hashlib.sha256(owner.encode()).hexdigest()[:8]}"
        self._lock = threading.Lock()
        self._ways: dict[str, Way] = {}
        self.placed = False

    def allow(self, name: str, way: Way | None = None) -> None:
        """Let a network's traffic through; ``name`` is its bridge's, or any if its ``way`` is told.

        Does nothing where no FORWARD chain is in the way. Raises ProgramError.
        """
        with self._lock:
            self._ways[name] = way or Way(name)
            self._place([name])

    def forget(self, name: str) -> None:
        """Take the network's rules away, and with the last network's the chain. Raises ProgramError."""
        with self._lock:
            self._ways.pop(name, None)
            self._remove(f'"{self._owner} {name}"', all_of_it=not self._ways)

    def refresh(self) -> None:
        """Place what is missing: Docker may have started after the plugin, or somebody has flushed the rules."""
        with self._lock:
            if self._ways:
                self._place(list(self._ways))

    def restart(self, ways: Mapping[str, Way]) -> None:
        """Let just these networks through, whatever the chain held before, at one stroke. Raises ProgramError."""
        with self._lock:
            self._ways = dict(ways)
            if not ways:
                self._remove("", all_of_it=True)
                return
            self.placed = False
            for family in _FAMILIES:
                program, there = self._in_the_way(family)
                if program is not None:
                    lines = self._lines(family, list(ways), [])
                    self._apply(program, [f"-N {self.chain}", *lines, *self._jump(there)])
                    self.placed = True

    def clear(self) -> None:
        """Remove our chain and its jumps, whoever made them. Raises ProgramError."""
        with self._lock:
            self._ways.clear()
            self._remove("", all_of_it=True)

    def found_in(self) -> list[str]:
        """The iptables programs in whose tables our chain is."""
        candidates = [program for family in _FAMILIES for program in self._candidates(family)]
        return [program for program in candidates if f"-N {self.chain}" in self._rules(program)]

    def _place(self, names: list[str]) -> None:
        for family in _FAMILIES:
            program, there = self._in_the_way(family)
            if program is None:
                continue
            new = [] if f"-N {self.chain}" in there else [f"-N {self.chain}"]
            self._apply(program, [*new, *self._lines(family, names, there), *self._jump(there)])
            self.placed = True

    def _lines(self, family: str, names: list[str], there: list[str]) -> list[str]:
        """The rules of these networks that are not there yet."""
        version = 6 if family == "ip6tables" else 4
        wanted = (rule for name in names for rule in self._ways[name].rules(f"{self._owner} {name}", version))
        return [line for rule in wanted if (line := f"-A {self.chain} {rule}") not in there]

    def _jump(self, there: list[str]) -> list[str]:
        """The jump to our chain, unless it is there."""
        if any(line.endswith(f"-j {self.chain}") for line in there):
            return []
        verb = "-I DOCKER-USER" if "-N DOCKER-USER" in there else "-A FORWARD"
        return [f'{verb} -m comment --comment "{self._owner}" -j {self.chain}']

    def _remove(self, mark: str, *, all_of_it: bool) -> None:
        for family in _FAMILIES:
            for program in self._candidates(family):
                there = self._rules(program)
                if f"-N {self.chain}" not in there:
                    continue
                ours = [line for line in there if line.startswith(f"-A {self.chain} ")]
                if all_of_it:
                    ours += [line for line in there if line.endswith(f"-j {self.chain}")]
                lines = [line.replace("-A", "-D", 1) for line in ours if all_of_it or mark in line]
                self._apply(program, [*lines, f"-X {self.chain}"] if all_of_it else lines)
        self.placed = self.placed and not all_of_it

    def _candidates(self, family: str) -> list[str]:
        """The iptables programs whose tables may hold something here. Listing legacy tables would make them."""
        is_old = "filter" in legacy.tables(self._namespace, family)
        names = [f"{family}-nft", f"{family}-legacy"] if is_old else [f"{family}-nft"]
        return [name for name in names if programs.find(name)]

    def _in_the_way(self, family: str) -> tuple[str | None, list[str]]:
        """The program whose rules are in the way, and those: the one with Docker's chain, else one that drops."""
        found: tuple[str | None, list[str]] = (None, [])
        for program in self._candidates(family):
            there = self._rules(program)
            if "-N DOCKER-USER" in there:
                return program, there
            if found[0] is None and "-P FORWARD DROP" in there:
                found = (program, there)
        return found

    def _rules(self, program: str) -> list[str]:
        try:
            return programs.run(self._namespace, program, "-w", "5", "-S").splitlines()
        except ProgramError:
            return []

    def _apply(self, program: str, lines: list[str]) -> None:
        """All lines in one transaction; iptables-restore writes a new chain in its own way."""
        if not lines:
            return
        told = "\n".join(f"{program.rpartition('-')[0]} {line}" for line in lines)
        script = [f":{line[3:]} - [0:0]" if line.startswith("-N ") else line for line in lines]
        with traced(self._trace, told):
            programs.run(
                self._namespace,
                f"{program}-restore",
                *("-w", "5", "--noflush"),
                given="\n".join(["*filter", *script, "COMMIT", ""]),
            )
