"""What a host looks like when nothing is on it, and what differs from that: left over, changed, or gone."""

from __future__ import annotations

import contextlib
import re
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from workshop.course.eyes import Eyes
from workshop.course.view import Link, View, rules_of, told
from workshop.errors import CannotHere

DOCKERS_OWN = ("docker_gwbridge",)
"""Links that Docker makes when it first needs them, and keeps."""

_FRAME = re.compile(r"(table )?ip6? (filter|nat|mangle|raw)( [A-Z]+: type .* hook .*policy accept;+)?")
"""What iptables makes when one of its tables is first used, and never removes: a table and chains without rules."""

_DOCKERS_RULES = (*DOCKERS_OWN, "jump DOCKER")
"""What is in rules that Docker makes by itself: 26.1 jumps to its chain twice if it made two networks at once."""

_PASSING = "workshop_walk_"
"""How the table is called in which a walk has its packets traced: it goes by itself, in seconds."""

_SETTINGS = ("net/ipv4/ip_forward", "net/ipv6/conf/all/forwarding")
_FLEETING = ("fe80:", "ff")


@dataclass
class Difference:
    """What is different from the beginning. ``foreign`` is what was damaged though it was there before.

    ``files`` is what is in the folder for volumes, or beside it.
    """

    links: list[Link] = field(default_factory=list)
    other: list[str] = field(default_factory=list)
    """Rules, routes, neighbours, addresses that are new, each as text."""

    foreign: list[str] = field(default_factory=list)
    gone: list[Link] = field(default_factory=list)
    files: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.links or self.other or self.foreign or self.files)

    def told(self) -> str:
        """All of it in a few words."""
        parts = [told(self.links)] if self.links else []
        return "; ".join(parts + self.foreign + self.other + self.files)


class Baseline:
    """One host as it is when nothing is on it. ``eyes`` look at it; for one thread at a time.

    ``volumes`` is its folder for volumes, which is to be empty, and alone in the folder that it is in.
    """

    def __init__(self, eyes: Eyes, volumes: Path) -> None:
        self._eyes, self._volumes = eyes, volumes
        self.take()

    def take(self) -> None:
        """From now on, what is there now belongs there."""
        self._view = View(self._eyes)
        self._state = _state(self._view)
        self._policies = set(self._view.policies)
        self._entries = _permanent(self._view)
        self._generation = self._eyes.generation()
        self._rules = self._known_rules()
        self._settings = self._read_settings()

    def difference(self) -> Difference:
        """What is different now."""
        now, found = View(self._eyes), Difference()
        found.links = [link for link in now.new_since(self._view) if link.name not in DOCKERS_OWN]
        found.gone = now.gone_since(self._view)
        found.foreign = [f"{link.name} is gone, which was there before" for link in found.gone]
        new = {link.name for link in now.new_since(self._view)}
        state = _state(now)
        for (what, name), value in state.items():
            before = self._state.get((what, name))
            if name in new or name in {link.name for link in found.gone} or before == value:
                continue
            if what == "link":
                if before is not None:
                    found.foreign.append(f"{name} was {before}, and is {value}")
            else:
                found.other += [f"{what} {each}" for each in sorted(value - (before or frozenset()))]
                found.foreign += [f"{what} {each} is gone" for each in sorted((before or frozenset()) - value)]
        for (what, name), before in self._state.items():
            if (what, name) not in state and what != "link" and name not in {link.name for link in found.gone}:
                found.foreign += [f"{what} {each} is gone" for each in sorted(before)]
        found.other += sorted(
            each for each in _permanent(now) - self._entries if each.split(" dev ")[1].split()[0] not in new
        )
        found.other += sorted(set(now.policies) - self._policies)
        self._compare_rules(found)
        found.files = files_left(self._volumes)
        if not _is_folder(self._volumes):
            found.foreign.append("host.volumes itself is gone")
        found.foreign += [
            f"{name.replace('/', '.')} was {before}, and is {value}"
            for (name, before), (_, value) in zip(self._settings, self._read_settings(), strict=True)
            if before != value
        ]
        return found

    def _compare_rules(self, found: Difference) -> None:
        generation = self._eyes.generation()
        if generation == self._generation and generation is not None:
            return
        rules = self._known_rules()
        if rules is None or self._rules is None:
            return
        new = [each for each in _without(rules, self._rules) if not _FRAME.fullmatch(each)]
        gone = _without(self._rules, rules)
        found.other += [f"rule {each}" for each in new]
        found.foreign += [f"rule {each} is gone" for each in gone]
        if not new and not gone:
            self._generation = generation

    def _known_rules(self) -> list[str] | None:
        if self._eyes.generation() is None:
            return None
        with contextlib.suppress(CannotHere):
            rules = rules_of(self._eyes.namespace)
            return [line for line in rules if not any(words in line for words in (*_DOCKERS_RULES, _PASSING))]
        return None

    def _read_settings(self) -> list[tuple[str, str]]:
        found = []
        with self._eyes.namespace.entered():
            for name in _SETTINGS:
                try:
                    found.append((name, (Path("/proc/sys") / name).read_text().strip()))
                except OSError:
                    found.append((name, ""))
        return found


def files_left(volumes: Path) -> list[str]:
    """What is in the folder for volumes and beside it, each in a few words."""
    inside = [f"{_in_words(each)} in host.volumes" for each in _inside(volumes)]
    beside = [each for each in _inside(volumes.parent) if each != volumes]
    return inside + [f"{_in_words(each)} beside host.volumes, in {volumes.parent}" for each in beside]


def empty_files(volumes: Path) -> None:
    """Make the folder for volumes as it was: there, empty, and alone."""
    kept = (volumes,) if _is_folder(volumes) else ()
    for each in [*_inside(volumes), *_inside(volumes.parent)]:
        if each not in kept and _is_folder(each):
            shutil.rmtree(each, ignore_errors=True)
        elif each not in kept:
            each.unlink(missing_ok=True)
    volumes.mkdir(parents=True, exist_ok=True)


def _inside(folder: Path) -> list[Path]:
    return sorted(folder.iterdir()) if _is_folder(folder) else []


def _is_folder(path: Path) -> bool:
    return path.is_dir() and not path.is_symlink()


def _in_words(path: Path) -> str:
    if path.is_symlink():
        return f"the link {path.name}"
    if not path.is_dir():
        return f"the file {path.name}"
    with contextlib.suppress(OSError):
        inside = sorted(each.name for each in path.iterdir())
        if inside:
            more = f" and {len(inside) - 1} more" if len(inside) > 1 else ""
            return f"the folder {path.name} with {inside[0]}{more}"
    return f"the folder {path.name}"


def _without(lines: Iterable[str], others: Iterable[str]) -> list[str]:
    """The lines that are in ``lines`` more often than in ``others``."""
    rest = list(others)
    found = []
    for line in lines:
        if line in rest:
            rest.remove(line)
        else:
            found.append(line)
    return found


def _state(view: View) -> dict[tuple[str, str], Any]:
    """What belongs to each link, in a form that can be compared."""
    found: dict[tuple[str, str], Any] = {}
    for link in view.links:
        if link.name in DOCKERS_OWN:
            continue
        master = f", on {link.master.name}" if link.master else ""
        found["link", link.name] = f"{link.state}, mtu {link.mtu}, {link.mac or 'no MAC address'}{master}"
        addresses = {f"{each} on {link.name}" for each in link.addresses if not each.startswith(_FLEETING)}
        found["address", link.name] = frozenset(addresses)
    for route in view.routes:
        if route.link not in DOCKERS_OWN and not route.dst.startswith(_FLEETING):
            key = ("route", route.link)
            found[key] = found.get(key, frozenset()) | {
                str(route) + (f" table {route.table}" if route.table != 254 else "")
            }
    return found


def _permanent(view: View) -> set[str]:
    """Neighbours and entries of forwarding tables that somebody has put there. The kernel's own come and go."""
    return {
        f"neighbour {each.address} dev {each.link} {each.mac}" for each in view.neighbours if each.state == "permanent"
    }
