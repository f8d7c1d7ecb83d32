"""Which session a command is about, where several run: the newest, unless another is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from workshop.errors import UsageError

VARIABLE = "WORKSHOP_SESSION"


def session_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """The option ``--session PID``, given to the command as ``session_pid``; the environment may say it too."""
    return click.option(
        "--session",
        "session_pid",
        type=int,
        envvar=VARIABLE,
        metavar="PID",
        help=f"Of several sessions, that of this process; default: {VARIABLE}, else the newest.",
    )(command)


def chosen(pid: int | None, having: str) -> dict[str, Any] | None:
    """The session with this process ID, else the newest that has something at ``having``; ``None`` if none runs.

    Says on stderr which one it is if there are others.

    :raises UsageError: if the one that is asked for does not run, or has no such thing.
    """
    from workshop import session

    found = [each for each in session.running() if each.get(having)]
    if pid is not None:
        for each in found:
            if each["pid"] == pid:
                return each
        others = ", ".join(map(_name, found))
        remedy = f"These do: {others}." if others else f"Start one, without --session and {VARIABLE}."
        raise UsageError(f"No session {pid} with {_WORDS[having]} runs.", remedy)
    if len(found) > 1:
        others = ", ".join(map(_name, found[1:]))
        click.echo(
            f"{len(found)} sessions run. This is the newest, {_name(found[0])}; the others: {others}. "
            f"`--session PID` or {VARIABLE}=PID chooses.",
            err=True,
        )
    return found[0] if found else None


_WORDS = {"engine": "an engine", "journal": "a journal", "dashboard": "a dashboard"}


def _name(entry: dict[str, Any]) -> str:
    return f"{entry.get('command') or 'session'} {entry['pid']}"
