"""`python -m workshop doctor`: what this machine can do, what is missing, and how to get it."""

from __future__ import annotations

import json
import os

import click

from workshop.cli import lines
from workshop.cli.ourselves import us
from workshop.errors import CANNOT_HERE, DONE

_COLORS = {"ok": "green", "warning": "yellow", "problem": "red"}


@click.command("doctor")
@click.option("--json", "as_json", is_flag=True, help="One JSON object, for programs.")
def doctor(as_json: bool) -> int:
    """Check what this machine can do. Ends with 0 if the lab works here, 3 if it cannot."""
    from workshop.doctor import CHECKS, examine, works

    findings = examine(CHECKS)
    good = works(findings)
    if as_json:
        click.echo(json.dumps({"works": good, "checks": [one.as_dict() for one in findings]}, indent=1))
        return DONE if good else CANNOT_HERE
    color = False if os.environ.get("NO_COLOR") else None
    names, columns = max(len(one.name) for one in findings), lines.columns()
    beside = (
        names + 11 if (columns or 80) - names > 45 else 9
    )  # where a long line goes on: under its beginning, if wide
    told = []
    for one in findings:
        state = one.status.value
        text = lines.prose(f"{state:<8} {one.name:<{names}}  {one.found}", columns, 0, beside)
        told.append(click.style(text[:8], fg=_COLORS[state], bold=state != "ok") + text[8:])
        if state != "ok":
            told.append(lines.prose(f"why: {one.why}", columns, beside + 2, beside + 7))
            told.append(lines.prose(f"do:  {one.remedy}", columns, beside + 2, beside + 7))
    counts = {state: sum(one.status.value == state for one in findings) for state in _COLORS}
    if good:
        left = f", with {_many(counts['warning'], 'warning')}" if counts["warning"] else ""
        end = f"The lab works on this machine{left}. Next: `{us()} demo`."
    else:
        end = f"The lab cannot run on this machine yet: {_many(counts['problem'], 'problem')}, see above."
    click.echo("\n".join([*told, "", lines.prose(end, columns)]), color=color)
    return DONE if good else CANNOT_HERE


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
