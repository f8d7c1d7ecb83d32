"""Which of a host's firewall rules concern a link: by its name or address, or by a set that has it. Pure."""

from __future__ import annotations

import fnmatch
import ipaddress
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

_BLOCK = re.compile(r"(table|chain|set|map) (.+?) \{")
_QUOTED = re.compile(r'"([^"]*)"')
_ADDRESS = re.compile(r"(?<![\w.:])(?:\d+\.\d+\.\d+\.\d+|[0-9a-fA-F]*:[0-9a-fA-F:]*[0-9a-fA-F:.]*)(?:/\d+)?(?![\w.:])")
_OF_SET = re.compile(r"@([\w-]+)")
_SAVED = re.compile(r"-A (\S+) (.*)")
_OPTION = re.compile(r"-(?:i|o|-physdev-in|-physdev-out) (\S+)")


@dataclass
class Subject:
    """What rules may be about: ``names`` of links and ``addresses`` (without their lengths)."""

    names: frozenset[str]
    addresses: frozenset[str]

    def is_named(self, pattern: str) -> bool:
        """Whether one of the links has that name; nft's ``wsh*`` and iptables' ``wsh+`` stand for all that begin so."""
        if pattern.endswith(("*", "+")):
            return any(fnmatch.fnmatchcase(name, fnmatch_of(pattern)) for name in self.names)
        return pattern in self.names

    def is_in(self, text: str) -> bool:
        """Whether an address, or a subnet with one of the addresses, stands in ``text``."""
        for found in _ADDRESS.findall(text):
            try:
                net = ipaddress.ip_network(found, strict=False)
            except ValueError:
                continue
            if net.prefixlen and any(ipaddress.ip_address(each) in net for each in self.addresses):
                return True
        return False

    def concerned(self, text: str) -> bool:
        """Whether a piece of a rule is about the subject."""
        return any(self.is_named(each) for each in _QUOTED.findall(text)) or self.is_in(_QUOTED.sub("", text))


def fnmatch_of(pattern: str) -> str:
    """A name with a wildcard at its end as a pattern of ``fnmatch``: what is special to that alone is text here."""
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in pattern[:-1]) + "*"


@dataclass
class _Table:
    name: str
    chains: dict[str, list[str]] = field(default_factory=dict)
    sets: dict[str, str] = field(default_factory=dict)


def of_nft(ruleset: str, subject: Subject) -> Iterator[dict[str, Any]]:
    """The rules in what ``nft list ruleset`` prints: ``{"table", "chain", "rule", "because"}``.

    ``because`` has, of each set that a rule looks into, the elements that are about the subject.
    """
    for table in _tables(ruleset):
        found = {
            name: [each for each in _elements(text) if subject.concerned(each)] for name, text in table.sets.items()
        }
        for chain, rules in table.chains.items():
            for rule in rules:
                sets = [name for name in dict.fromkeys(_OF_SET.findall(rule)) if found.get(name)]
                if sets or subject.concerned(_comment_of(rule)):
                    because = [f"@{name} has {', '.join(found[name])}" for name in sets]
                    yield {"table": table.name, "chain": chain, "rule": rule, "because": because}


def of_iptables(saved: str, subject: Subject) -> Iterator[dict[str, Any]]:
    """The same of what ``iptables-save`` prints."""
    table = ""
    for line in saved.splitlines():
        if line.startswith("*"):
            table = f"iptables {line[1:]}"
        elif match := _SAVED.match(line):
            names = _OPTION.findall(match[2])
            if any(subject.is_named(name) for name in names) or subject.is_in(match[2]):
                yield {"table": table, "chain": match[1], "rule": match[2], "because": []}


def _comment_of(rule: str) -> str:
    return re.sub(r'comment "[^"]*"', "", rule)


def _tables(ruleset: str) -> Iterator[_Table]:
    """Tables with their chains and the text of their sets."""
    table: _Table | None = None
    inside: tuple[str, str] | None = None
    for raw in ruleset.splitlines():
        line = raw.strip()
        opening = _BLOCK.fullmatch(line)
        if opening and opening[1] == "table":
            table, inside = _Table(opening[2]), None
        elif table is None:
            continue
        elif opening and inside is None:
            inside = (opening[1], opening[2])
            if opening[1] == "chain":
                table.chains[opening[2]] = []
        elif line == "}":
            if inside is None:
                yield table
                table = None
            inside = None
        elif inside and inside[0] == "chain":
            if not line.startswith(("type ", "comment ")):
                table.chains[inside[1]].append(line)
        elif inside:
            table.sets[inside[1]] = table.sets.get(inside[1], "") + " " + line


def _elements(text: str) -> Iterable[str]:
    """The elements in the text of a set."""
    _, found, listed = text.partition("elements = {")
    return [each.strip() for each in listed.rstrip("} ").split(",") if each.strip()] if found else []
