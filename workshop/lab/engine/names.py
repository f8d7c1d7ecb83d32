"""IDs, and names for containers that were given none."""

from __future__ import annotations

import itertools
import re
import secrets
from collections.abc import Container

NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")
"""What a container may be called."""

_MOODS = [
    "admiring",
    "bold",
    "brave",
    "busy",
    "calm",
    "clever",
    "cool",
    "crazy",
    "dazzling",
    "eager",
    "epic",
    "festive",
    "focused",
    "funny",
    "gallant",
    "gifted",
    "happy",
    "hopeful",
    "jolly",
    "keen",
    "kind",
    "lucid",
    "modest",
    "nice",
    "nifty",
    "peaceful",
    "practical",
    "quirky",
    "relaxed",
    "serene",
    "sharp",
    "stoic",
    "sweet",
    "tender",
    "trusting",
    "upbeat",
    "vibrant",
    "vigilant",
    "wizardly",
    "zen",
]
_PEOPLE = [
    "babbage",
    "bartik",
    "bell",
    "boyd",
    "cerf",
    "clarke",
    "colden",
    "curie",
    "darwin",
    "dijkstra",
    "einstein",
    "euler",
    "franklin",
    "galois",
    "gauss",
    "goldberg",
    "hamilton",
    "hellman",
    "hopper",
    "hypatia",
    "jackson",
    "johnson",
    "kahn",
    "kepler",
    "knuth",
    "lamport",
    "lovelace",
    "maxwell",
    "mclean",
    "meitner",
    "mendel",
    "newton",
    "noether",
    "perlman",
    "postel",
    "ride",
    "ritchie",
    "shannon",
    "shaw",
    "thompson",
    "tesla",
    "turing",
    "wilson",
    "wright",
    "yonath",
]


def new_id() -> str:
    """64 random hex digits. The first twelve are not all decimal, so that nobody takes them for a number."""
    while True:
        new = secrets.token_hex(32)
        if not new[:12].isdecimal():
            return new


def new_name(taken: Container[str]) -> str:
    """Two words, and a number if need be."""
    for attempt in itertools.count():
        name = f"{secrets.choice(_MOODS)}_{secrets.choice(_PEOPLE)}{attempt if attempt > 5 else ''}"
        if name not in taken:
            return name
    raise AssertionError
