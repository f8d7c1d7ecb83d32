"""What links a handler asked the kernel for, read from the commands that it gave: ``ip link add … type …``.

Where a kernel lacks a kind of link, this is all that there is to look at.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass

_VALUED = frozenset(
    ("address", "addrgenmode", "alias", "broadcast", "group", "index", "mtu", "netns", "numrxqueues", "numtxqueues")
) | {"txqueuelen", "txqlen", "qlen"}
_OPTIONS_WITH_VALUE = frozenset(("-n", "-netns", "-f", "-family", "-l", "-loops", "-rc", "-rcvbuf", "-b", "-batch"))
_SHELLS = ("sh", "bash", "dash")
_SEPARATORS = re.compile(r"&&|\|\||[;|\n]")


@dataclass(frozen=True)
class Asked:
    """A link that was asked for: its ``name``, ``kind``, the ``parent`` on which it is to sit, and its ``mode``.

    What the command does not say is ``None``. ``error`` is why the kernel refused, or ``None``.
    """

    name: str | None
    kind: str
    parent: str | None
    mode: str | None
    error: str | None = None


def links(command: str, error: str | None = None) -> Iterator[Asked]:
    """The links that a command line asks for. It may be a shell's, with several commands in it."""
    whole = _words(command)
    if whole and _program(whole[0]) in _SHELLS:
        for word in whole[1:]:
            yield from links(word, error) if " " in word else ()
        return
    for part in _SEPARATORS.split(command):
        found = _added(_words(part))
        if "type" in found:
            yield Asked(found.get("name"), found["type"], found.get("link"), found.get("mode"), error)


def _words(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:
        return []


def _program(word: str) -> str:
    return word.rpartition("/")[2]


def _added(words: list[str]) -> dict[str, str]:
    """What ``ip link add`` says of a link; nothing, if that is not what it is."""
    rest = iter(words)
    if not any(_program(word) == "ip" for word in rest):  # before it may be `sudo` and the like
        return {}
    for word in rest:
        if word in _OPTIONS_WITH_VALUE:
            next(rest, None)
        elif not word.startswith("-"):
            break
    else:
        return {}
    is_it = _is_short_for(word, "link") and _is_short_for(next(rest, ""), "add")
    return _described(rest) if is_it else {}


def _is_short_for(word: str, whole: str) -> bool:
    return bool(word) and whole.startswith(word)


def _described(rest: Iterator[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    for word in rest:
        if word in ("link", "type", "mode"):
            found[word] = next(rest, "")
        elif word in ("name", "dev"):
            found["name"] = next(rest, "")
        elif word in _VALUED:
            next(rest, None)
        elif word not in ("up", "down") and "type" not in found:
            found.setdefault("name", word)
    return found
