"""What the learner's code printed during one judgement, by call, for the terminal."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from workshop.cli.verdict_text import indented, plain_line
from workshop.journal import Event

MOST = 20
"""Lines that are shown; `calls` has them all."""

LONGEST = 240
"""Characters of a line that are shown."""

_Lines = tuple[tuple[str, str], ...]
"""Lines, each with the stream that it came from."""


class Printed:
    """Learns from the journal's events what was printed."""

    def __init__(self) -> None:
        self._routes: dict[int, str] = {}
        self._variants: dict[int | None, str | None] = {}
        self._lines: dict[int | None, list[tuple[str, str]]] = {}
        self._variant: str | None = None

    def clear(self) -> None:
        """Another judgement begins."""
        self._routes.clear()
        self._variants.clear()
        self._lines.clear()
        self._variant = None

    def take(self, event: Event) -> None:
        """Learn from one event."""
        if event.kind == "docker" and event.data.get("variant"):
            self._variant = str(event.data["variant"])
        elif event.kind == "call.started" and event.call is not None:
            self._variants[event.call] = self._variant
            self._routes[event.call] = str(event.data.get("route") or "").removeprefix("NetworkDriver.")
        elif event.kind == "output":
            line = str(event.data.get("stream") or "stdout"), str(event.data.get("text") or "")
            self._lines.setdefault(event.call, []).append(line)

    def shown(self, data: Mapping[str, Any], most: int = MOST) -> RenderableType | None:
        """What to show beside the verdict ``data``: the scenario's that its first finding is about.

        Where all passed, an exception was what the scenario wanted, and its traceback is none of anybody's concern.
        """
        findings = data.get("findings") or [{}]
        if not data.get("passed"):
            return self._of(findings[0].get("variant"), self._lines, most)
        lines = {call: [line for line in lines if line[0] != "traceback"] for call, lines in self._lines.items()}
        return self._of(None, {call: each for call, each in lines.items() if each}, most)

    def _of(
        self, variant: str | None, printed: dict[int | None, list[tuple[str, str]]], most: int
    ) -> RenderableType | None:
        """Every call of a scenario that printed, with its lines; the others counted. ``None`` if nothing was printed.

        The same lines of several calls are shown once. Without a scenario they are those of the first that printed.
        """
        chosen = [call for call in printed if call is None or self._variants.get(call) == variant]
        if not chosen and printed and variant is None:
            first = self._variants.get(next(iter(printed)))
            chosen = [call for call in printed if self._variants.get(call) == first]
        calls: dict[_Lines, list[int | None]] = {}
        for call in chosen:
            calls.setdefault(tuple(printed[call]), []).append(call)
        parts: list[RenderableType] = []
        left = len(printed)
        for lines, whose in calls.items():
            if most <= 0:
                break
            same = f", and the same in {len(whose) - 1} more" if len(whose) > 1 else ""
            parts.append(Text("printed by ", "dim").append(self._name(whose[0]), "cyan").append(same, "dim"))
            parts += [indented(_line(*line)) for line in _within(lines, most)]
            most -= len(lines)
            left -= len(whose)
        if left:
            others = "other " if not calls else "more "
            parts.append(Text(f"{left} {others}{'call' if left == 1 else 'calls'} printed something", "dim"))
        return Group(*parts) if parts else None

    def _name(self, call: int | None) -> str:
        return "the file as it was loaded" if call is None else f"call #{call} {self._routes.get(call, '')}".rstrip()


def _within(lines: _Lines, most: int) -> _Lines:
    """The lines, or the first and the last of them: what matters in a traceback is at its end."""
    if len(lines) <= most:
        return lines
    first, last = max(1, most // 3), max(1, most - most // 3)
    left_out = len(lines) - first - last
    return (*lines[:first], ("", f"… {left_out} more lines"), *lines[-last:]) if left_out > 0 else lines


def _line(stream: str, text: str) -> Text:
    shown = text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text) - LONGEST} more characters)"
    return Text(plain_line(shown), {"stdout": "", "": "dim"}.get(stream, "red"))
