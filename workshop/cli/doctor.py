"""`python -m workshop doctor`: what this machine can do, what is missing, and how to get it."""

from __future__ import annotations

import json
import os

import click

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
    width = max(len(one.name) for one in findings)
    for one in findings:
        state = click.style(f"{one.status.value:<8}", fg=_COLORS[one.status.value], bold=one.status.value != "ok")
        click.echo(f"{state} {one.name:<{width}}  {one.found}", color=color)
        if one.status.value != "ok":
            click.echo(f"{'':<{width + 9}}    why: {one.why}", color=color)
            click.echo(f"{'':<{width + 9}}    do:  {one.remedy}", color=color)
    counts = {state: sum(one.status.value == state for one in findings) for state in _COLORS}
    click.echo()
    if good:
        left = f", with {_many(counts['warning'], 'warning')}" if counts["warning"] else ""
        click.echo(f"The lab works on this machine{left}. Next: `python -m workshop demo`.")
    else:
        click.echo(f"The lab cannot run on this machine yet: {_many(counts['problem'], 'problem')}, see above.")
    return DONE if good else CANNOT_HERE


def _many(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
