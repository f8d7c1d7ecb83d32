"""A verdict on the terminal: the first finding as a card, the rest folded, and what to do next."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from workshop.cli.ourselves import us
from workshop.course import slides
from workshop.journal.text import clock, harmless

FOLDED = 6
"""Titles of findings beyond the first that are named; the rest is counted."""

_GOOD, _BAD, _DIM = "bold green", "bold red", "dim"


def typed(command: str, folder: Path | None = None) -> str:
    """A command of ours as it is typed here, or in a folder."""
    return f"{us(folder)} {command}"


def verdict(data: Mapping[str, Any], *, next_text: str = "", next_command: str = "", hints: str = "") -> RenderableType:
    """The verdict of a JSON object as ``check --json`` prints it.

    ``next_text`` and ``next_command`` are said when it passed; ``hints`` is how to ask for one.
    """
    parts: list[RenderableType] = [_heading(data)]
    parts += [indented(_parts(data["parts"]))] if data.get("parts") else []
    parts += [indented(Text(harmless(note), "cyan")) for note in data.get("notes") or ()]
    left_out = _count(data, "not judged")
    if left_out:
        parts.append(indented(Text(f"{_checks(left_out)} not judged on this machine", "cyan")))
    if data.get("problem"):
        parts.append(indented(Text(harmless(data["problem"]), "yellow")))
    findings = data.get("findings") or []
    if findings:
        parts += [Text(), *_card(findings[0], hints)]
        same = [each for each in findings[1:] if not data.get("parts") or each.get("file") == findings[0].get("file")]
        folded = _folded(data, same)
        if folded:
            parts += [Text(), indented(Group(*folded))]
    if data.get("passed"):
        parts += [indented(each) for each in _next(data, next_text, next_command)]
    return Group(*parts)


def brief(data: Mapping[str, Any]) -> RenderableType:
    """The verdict on one line, with the first finding below."""
    parts: list[RenderableType] = [_heading(data)]
    parts += [indented(_parts(data["parts"]))] if data.get("parts") else []
    if data.get("problem"):
        parts.append(indented(Text(harmless(data["problem"]), "yellow")))
    if data.get("findings"):
        first = data["findings"][0]
        where = place(first.get("file"), first.get("line"))
        parts.append(indented(Text(harmless(str(first["title"])), "red").append(f"  {where}", "cyan")))
    return Group(*parts)


def _heading(data: Mapping[str, Any]) -> Text:
    state, style = ("PASSED", _GOOD) if data.get("passed") else ("NOT PASSED", _BAD)
    if data.get("problem") and not data.get("findings"):
        state, style = "NOT JUDGED", "bold yellow"
    engine = data.get("engine") or ""
    facts = [f"exercise {data.get('exercise')}"]
    facts += [f"Docker {engine}" if engine[:1].isdigit() else "this machine's Docker"] if engine else []
    facts += [f"{data.get('duration_ms', 0)} ms"] + ([clock(data["at"])[:8]] if data.get("at") else [])
    facts[0] += f", {data['part']}" if data.get("part") else ""
    counted = f"  {data.get('checks_passed', 0)} of {data.get('checks_total', 0)} checks"
    return Text(state, style).append(counted, "bold").append(f"  {', '.join(facts)}", _DIM)


def _parts(parts: Sequence[Mapping[str, Any]]) -> Text:
    """Which of several parts have passed."""
    done = sum(bool(each["passed"]) for each in parts)
    line = Text(f"{done} of {len(parts)} parts: ")
    for number, each in enumerate(parts):
        mark, style = ("✓", "green") if each["passed"] else ("✕", "red")
        line.append(f"{'  ' if number else ''}{mark} {harmless(str(each['part']))}", style)
    return line


def _card(finding: Mapping[str, Any], hints: str) -> list[RenderableType]:
    """One finding in full."""
    rows = [
        ("when", finding.get("variant")),
        ("call", finding.get("route")),
        ("expected", finding.get("expected")),
        ("seen", finding.get("seen")),
        ("missing", _links(finding.get("missing"))),
        ("left over", _links(finding.get("left_over"))),
        ("why", finding.get("why")),
        ("Docker said", finding.get("docker")),
    ]
    table = Table.grid(padding=(0, 2, 0, 0))
    table.add_column(style=_DIM, no_wrap=True, min_width=8)
    table.add_column(overflow="fold")
    styles = {"expected": "green", "seen": "red", "missing": "red", "left over": "red", "Docker said": "yellow"}
    for word, value in rows:
        if value:
            table.add_row(word, _lines(str(value), styles.get(word, "")))
    read_on = _read_on(finding, hints)
    if read_on:
        table.add_row("read on", harmless(read_on))
    card: list[RenderableType] = [indented(Text(harmless(str(finding["title"])), "bold"), 2), indented(table)]
    where = place(finding.get("file"), finding.get("line"))
    if where:  # on a line of its own, so that a terminal makes a link of it
        line = Text("    ", no_wrap=True, overflow="ignore")
        card.append(line.append("look at ", _DIM).append(where, "bold cyan"))
    return card


def _read_on(finding: Mapping[str, Any], hints: str) -> str:
    told = []
    if finding.get("slide") in slides.names():
        told.append(f"slide {finding['slide']}")
    if finding.get("hint"):
        told.append(f"hint {finding['hint']}" + (f" ({hints})" if hints else ""))
    return ", ".join(told)


def _links(links: Sequence[Mapping[str, Any]] | None) -> str:
    """Links in a few words: ``bridge br0 on alpha``."""
    told = []
    for link in links or ():
        words = [str(link.get("kind") or "link"), str(link.get("name") or "")]
        words += [f"of {link['master']}"] if link.get("master") else []
        words += [f"on {link['host']}"] if link.get("host") else []
        told.append(" ".join(filter(None, words)))
    return ", ".join(told)


def _folded(data: Mapping[str, Any], findings: Sequence[Mapping[str, Any]]) -> list[Text]:
    """What else is wrong, a line for each; then how much was not reached."""
    titles: dict[str, list[str]] = {}
    for finding in findings:
        titles.setdefault(str(finding["title"]), []).append(str(finding.get("variant") or ""))
    lines = []
    for title, variants in list(titles.items())[:FOLDED]:
        line = Text("also: ", _DIM).append(harmless(title), "red")
        where = f"in {len(variants)} scenarios" if len(variants) > 1 else variants[0]
        lines.append(line.append(f" ({harmless(where)})" if where else "", _DIM))
    if len(titles) > FOLDED:
        more = len(titles) - FOLDED
        lines.append(Text(f"also: {more} more {'finding' if more == 1 else 'findings'}", _DIM))
    missed = _count(data, "not reached")
    if missed and not data.get("parts"):
        lines.append(Text(f"{_checks(missed)} not reached", _DIM))
    return lines


def _count(data: Mapping[str, Any], state: str) -> int:
    return sum(each.get("state") == state for each in data.get("checks") or ())


def _checks(number: int) -> str:
    return f"{number} {'check was' if number == 1 else 'checks were'}"


def _next(data: Mapping[str, Any], text: str, command: str) -> list[Text]:
    lines = [Text(harmless(text))] if text else []
    if command:
        lines.append(Text("Next: ", _DIM).append(command, "bold cyan"))
    return lines


def progress(exercises: Sequence[Mapping[str, Any]], width: int, here: int | None = None) -> RenderableType:
    """All exercises as ``Lesson.state()["progress"]`` has them, with a bar above."""
    done = sum(each["state"] == "passed" for each in exercises)
    size = max(10, min(40, width - 24))
    filled = round(size * done / len(exercises)) if exercises else 0
    bar = Text("█" * filled, "green").append("░" * (size - filled), _DIM)
    marks = {"passed": ("✓", "green"), "begun": ("…", "yellow"), "untouched": (" ", _DIM)}
    table = Table.grid(padding=(0, 1, 0, 0))
    for _ in range(4):
        table.add_column(overflow="fold")
    for each in exercises:
        mark, style = marks[each["state"]]
        number = Text(f"{each['number']:>3}", "bold" if each["number"] == here else "")
        title = Text(harmless(each["title"]), _DIM)
        if each.get("parts"):
            title.append(f", {each['done']} of {each['parts']}", style)
        table.add_row(Text(mark, style), number, Text(each["name"], style), title)
    return Group(bar.append(f" {done} of {len(exercises)} passed"), Text(), table)


SAME = "Your file is this solution, line by line."


def solution(told: Mapping[str, Any]) -> RenderableType:
    """A solution, as the difference to the learner's own file; its lines are left whole, so that it stays one."""
    styles = {"+": "green", "-": "red", "@": "cyan"}
    if not told["diff"]:
        return Text(SAME, "green")
    lines = map(plain_line, told["diff"].splitlines())
    return Group(*(Text(line, styles.get(line[:1], ""), no_wrap=True, overflow="ignore") for line in lines))


def plain_line(line: str) -> str:
    """A line that can do no harm on a terminal, tabs as spaces."""
    return harmless(line.expandtabs(8))


def hint(told: Mapping[str, Any], then: str = "") -> RenderableType:
    """A hint, with how many there are; after the last one comes the solution, which is had by ``then``."""
    from rich.markdown import Markdown

    left = told["total"] - told["number"]
    more = f"{left} more" if left else "the last one; then there is the solution"
    whose = f" for {told['part']}" if told.get("part") else ""
    heading = Text(f"Hint {told['number']} of {told['total']}{whose}", "bold").append(f"  {more}", _DIM)
    parts: list[RenderableType] = [heading, indented(Markdown("\n".join(map(plain_line, told["text"].splitlines()))))]
    if then and not left:
        parts += [Text(), Text("The solution: ", "dim", no_wrap=True, overflow="ignore").append(then, "bold cyan")]
    return Group(*parts)


def place(file: str | None, line: int | None) -> str:
    """``path:line``, relative to the current folder where that is shorter to say; empty without a file."""
    if not file:
        return ""
    path, here = Path(file), Path.cwd()
    if path.is_relative_to(here) and here != here.parent:
        path = path.relative_to(here)
    return harmless(str(path)) + (f":{line}" if line else "")


def _lines(text: str, style: str) -> Text:
    return Text("\n").join(Text(harmless(line), style) for line in text.splitlines() or [""])


def indented(what: RenderableType, by: int = 4) -> RenderableType:
    """Behind so many spaces."""
    return Padding(what, (0, 0, 0, by))


def rendered(what: RenderableType, width: int, color: bool) -> str:
    """The text of it, in lines of so many columns. Only what must not be broken may be longer."""
    page = io.StringIO()
    console = Console(
        file=page,
        width=width,
        force_terminal=color,
        no_color=not color,
        color_system="standard" if color else None,
        legacy_windows=False,
        emoji=False,
        markup=False,
        highlight=False,
    )
    console.print(what, crop=False)
    return page.getvalue() if color else "\n".join(line.rstrip() for line in page.getvalue().split("\n"))


def width_of_terminal(default: int = 100) -> int:
    """Columns to write in: the terminal's; where there is none, enough."""
    from workshop.cli import lines

    return lines.columns() or int(os.environ.get("COLUMNS") or default)
