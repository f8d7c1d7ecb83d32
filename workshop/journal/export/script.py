"""What calls told the kernel, as a shell script."""

from __future__ import annotations

from collections.abc import Iterable

from workshop.journal.calls import Call, Names
from workshop.journal.text import harmless, subjects

_HEAD = """#!/bin/sh
# What the plugin told the kernel, as commands, in the order of the calls. Needs root.
set -eu
"""


def script(calls: Iterable[Call], names: Names | None = None) -> str:
    """A ``sh`` script that does what the handlers did. What failed, or is no plain line, is a comment."""
    known = names or Names()
    parts = [_HEAD]
    for call in calls:
        if not call.commands:
            continue
        about = ", ".join(f"{word} {harmless(name)}" for word, name in subjects(call, known))
        parts.append(f"\n# call {call.number}: {harmless(call.route)}{f' ({about})' if about else ''}\n")
        here = call.host
        for command in call.commands:
            if command.host is not None and command.host != here:
                here = command.host
                parts.append(f"# on host {harmless(here)}\n")
            line = harmless(command.command)
            if command.error:
                line = f"# failed ({harmless(command.error)}): {line}"
            elif line != command.command:
                line = f"# not a plain line: {line}"
            parts.append(f"{line}\n")
    return "".join(parts)
