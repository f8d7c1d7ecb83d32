"""What can go wrong, as types: each error is one clear sentence, for a person, with a code, for a program."""

from __future__ import annotations

from collections.abc import Sequence

DONE, FAILED, WRONG_USE, CANNOT_HERE = 0, 1, 2, 3
"""Exit codes of every command: done or passed, failed or not passed, used wrongly, this machine cannot."""

INTERRUPTED = 130
"""As a shell has it: broken off by Ctrl-C before it was done."""


class WorkshopError(Exception):
    """Something the user has to know: ``message`` is one sentence, ``remedy`` says what to do next.

    ``exit_code`` is what a command that ends with it returns to the shell.
    """

    exit_code = FAILED

    def __init__(self, message: str, remedy: str = "") -> None:
        super().__init__(message)
        self.message, self.remedy = message, remedy

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()


class UsageError(WorkshopError):
    """A command was used wrongly."""

    exit_code = WRONG_USE


class CannotHere(WorkshopError):
    """This machine lacks what the command needs; the remedy names it."""

    exit_code = CANNOT_HERE


def lacking(error: ModuleNotFoundError, python: str, typed: Sequence[str]) -> CannotHere | None:
    """What a person is told whose ``python`` lacks a package that we need; ``None`` if it is a module of ours.

    ``typed`` is what came after ``python -m workshop``.
    """
    name = (error.name or "workshop").partition(".")[0]
    if name == "workshop":
        return None
    again = " ".join([".venv/bin/python -m workshop", *typed])
    return CannotHere(
        f"This Python ({python}) has no {name}, which the workshop needs.",
        f"In the checkout, run `make demo` once and then `{again}`; or `{python} -m pip install .`.",
    )


class PluginError(Exception):
    """Raised by a handler: its text is answered to Docker as ``Err``, with status 200.

    Docker shows it to its user as ``remote: <text>``.
    """


class InvalidCall(Exception):
    """A call that cannot be understood: ``status`` is the HTTP status, the text becomes ``Err``."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
