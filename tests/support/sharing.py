"""How several processes share the tests: what needs the same expensive thing stays together."""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling

TOGETHER = (
    (re.compile(r"tests/engines/test_(?:managed|container|swarm|vxlan)"), "several engines, or shipped plugins"),
    (re.compile(r"tests/engines/test_step"), "an engine of their own: they mostly wait, and others need not"),
    (re.compile(r"tests/engines/"), "one engine of each kind"),
    (re.compile(r"tests/vm/"), "one virtual machine"),
    (re.compile(r"tests/course/test_cases\.py::.*\[(\d\d_\w+?)-"), "one judge for each exercise"),
    (re.compile(r"(.*?)::"), "the fixtures of a file"),
)
"""What tests have in common that stay together, the first that fits; and what they share."""

LONGEST = ("vm", "engines")
"""The folders whose groups take longest: they begin first, so that no process has one left when the others are done."""


def turn(folder: str, needs_browser: bool) -> int:
    """When the tests of a folder have their turn, from 0 on.

    Browsers come last: their driver keeps an event loop in the thread, where none may run to talk to the kernel.
    """
    if needs_browser:
        return len(LONGEST) + 1
    return LONGEST.index(folder) if folder in LONGEST else len(LONGEST)


class Sharing(LoadScopeScheduling):
    """Gives out tests group by group, in the order of collection. ``_split_scope`` is what xdist asks."""

    def __init__(self, config: object, log: object) -> None:
        config.option.loadscopereorder = False  # type: ignore[attr-defined]
        super().__init__(config, log)  # type: ignore[arg-type]

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


def group(nodeid: str) -> str:
    """The group of a test."""
    matches = (pattern.match(nodeid) for pattern, _ in TOGETHER)
    return next((match[match.lastindex or 0] for match in matches if match), nodeid)
