"""The rules of a firewall as text, and what a trace says of them. No kernel in here."""

from __future__ import annotations

import ipaddress
import re
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from workshop.walk.facts import Verdict

IPTABLES = ("filter", "nat", "mangle", "raw", "security")
"""Tables that iptables makes in nftables."""

WORDS = {0: "drop", 1: "accept", -1: "continue", -2: "break", -3: "jump", -4: "goto", -5: "return", 2: "stolen"}
"""What a rule may decide, by the kernel's number."""

_DECIDING = ("drop", "accept", "stolen")


@dataclass
class Table:
    """A table's rules by chain and handle, and the hook of each chain that has one: ``filter forward``."""

    rules: dict[str, dict[int, str]] = field(default_factory=dict)
    hooks: dict[str, str] = field(default_factory=dict)


def table(listed: str) -> Table:
    """What ``nft -a list table`` says. A rule is told as it stands there, without its comment and handle."""
    found, chain = Table(), None
    for line in map(str.strip, listed.splitlines()):
        if begun := re.match(r"chain (\S+) \{", line):
            chain = begun[1]
            found.rules[chain] = {}
        elif line == "}":
            chain = None
        elif chain is not None and (hooked := re.match(r"type (\w+) hook (\w+)", line)):
            found.hooks[chain] = f"{hooked[1]} {hooked[2]}"
        elif chain is not None and (rule := re.fullmatch(r"(.*) # handle (\d+)", line)):
            text = re.sub(r'\s+comment "[^"]*"$', "", rule[1])
            found.rules[chain][int(rule[2])] = re.sub(r"\s+", " ", text)
    return found


def in_iptables_words(found: Table, program: str, name: str, said: str) -> Table:
    """The same table with its rules as one types them, out of what ``iptables -S`` says: they are in the same order."""
    chains: dict[str, list[str]] = {}
    for line in said.splitlines():
        if line.startswith("-A "):
            words = line.split(" ", 2)
            chains.setdefault(words[1], []).append(line)
    where = "" if name == "filter" else f"-t {name} "
    told = {}
    for chain, rules in found.rules.items():
        lines = chains.get(chain, [])
        told[chain] = (
            {handle: f"{program} {where}{_plain(line)}" for handle, line in zip(rules, lines, strict=True)}
            if len(lines) == len(rules)
            else rules
        )
    return Table(told, found.hooks)


def _plain(line: str) -> str:
    """A rule without its comment."""
    return re.sub(r' -m comment --comment ("(?:[^"\\]|\\.)*"|\S+)', "", line)


def verdicts(events: list[dict[str, Any]], tables: Mapping[tuple[str, str], Table]) -> list[Verdict]:
    """What was decided about the traced packets, in order: each rule that let through, changed or dropped one.

    Rules that only hand on to another chain are left out, and so is a policy that accepts.
    """
    heads: dict[int, dict[str, Any]] = {}
    hooks: dict[int, tuple[str, str]] = {}
    found = []
    for event in events:
        key = event["id"]
        if event["network"]:
            heads[key] = event
        known = tables.get((event["family"], event["table"]), Table())
        if event["chain"] in known.hooks:
            hooks[key] = known.hooks[event["chain"]], event["chain"]
        word, rule = _decided(event, known)
        if word is None:
            continue
        head = heads.get(key, event)
        source, target = _ends(head["network"])
        place = f"{event['family']} {event['table']}"
        found.append(
            Verdict(
                place, event["chain"], rule, word, source, target, head["iif"], head["oif"], *hooks.get(key, ("", ""))
            )
        )
    return found


def _decided(event: dict[str, Any], known: Table) -> tuple[str | None, str]:
    if event["type"] == "policy":
        return ("drop", "") if event["policy"] == 0 else (None, "")
    if event["type"] != "rule":
        return None, ""
    word = WORDS.get(event["verdict"] if event["verdict"] is not None else -1)
    if word not in _DECIDING:
        return None, ""
    rule = known.rules.get(event["chain"], {}).get(event["handle"] or 0, "")
    rule = rule or f"a rule of chain {event['chain']} in table {event['table']} ({word})"
    if word in ("drop", "stolen") and ("reject" in rule or "REJECT" in rule):
        word = "reject"
    return word, rule


def _ends(header: bytes) -> tuple[str, str]:
    """Source and target in the beginning of an IP header."""
    if len(header) >= 20 and header[0] >> 4 == 4:
        return str(ipaddress.ip_address(header[12:16])), str(ipaddress.ip_address(header[16:20]))
    if len(header) >= 40 and header[0] >> 4 == 6:
        return str(ipaddress.ip_address(header[8:24])), str(ipaddress.ip_address(header[24:40]))
    return "", ""


def counted(before: str, after: str, program: str) -> list[Verdict]:
    """What rules of the old iptables decided meanwhile: those of ``iptables-save -c`` whose counters went up.

    They may have counted others' packets. Only what drops, rejects or changes addresses is told.
    """
    was = dict(_counts(before))
    found = []
    for key, number in _counts(after):
        name, line = key
        if number <= was.get(key, 0):
            continue
        if line.startswith(":"):
            chain, policy = line[1:].split()[:2]
            if policy == "DROP":
                found.append(Verdict(f"{program} {name}", chain, "", "drop", hook=f"filter {chain.lower()}"))
            continue
        words = shlex.split(line)
        target = words[words.index("-j") + 1] if "-j" in words else ""
        verdict = {"DROP": "drop", "REJECT": "reject", "DNAT": "accept", "SNAT": "accept", "MASQUERADE": "accept"}
        if target in verdict:
            where = "" if name == "filter" else f"-t {name} "
            told = f"{program} {where}{_plain(line)}"
            found.append(
                Verdict(f"{program} {name}", words[1], told, verdict[target], hook=f"{name} {words[1].lower()}")
            )
    return found


def _counts(said: str) -> Iterator[tuple[tuple[str, str], int]]:
    name = ""
    for line in said.splitlines():
        if line.startswith("*"):
            name = line[1:]
        elif rule := re.fullmatch(r"\[(\d+):\d+\] (-A .*)", line):
            yield (name, rule[2]), int(rule[1])
        elif policy := re.fullmatch(r"(:\S+ \S+) \[(\d+):\d+\]", line):
            yield (name, policy[1]), int(policy[2])
