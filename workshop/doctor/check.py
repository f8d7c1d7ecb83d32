"""A check, what came of it, and running all of them side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workshop.doctor.machine import Machine


class Status(StrEnum):
    """``ok``; ``warning``: something less works; ``problem``: the lab does not work here."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


@dataclass(frozen=True)
class Result:
    """What a probe saw: a few words, and what to do about it (empty if nothing)."""

    status: Status
    found: str
    remedy: str = ""


def ok(found: str) -> Result:
    """All is well."""
    return Result(Status.OK, found)


def warning(found: str, remedy: str) -> Result:
    """Something less works."""
    return Result(Status.WARNING, found, remedy)


def problem(found: str, remedy: str) -> Result:
    """The lab does not work here."""
    return Result(Status.PROBLEM, found, remedy)


@dataclass(frozen=True)
class Check:
    """One thing to know about a machine: its name, why it matters, and how it is tried out."""

    name: str
    why: str
    probe: Callable[[Machine], Result]


@dataclass(frozen=True)
class Finding:
    """What came of a check, for people and as JSON."""

    name: str
    status: Status
    found: str
    why: str
    remedy: str

    def as_dict(self) -> dict[str, str]:
        """The finding as a JSON object."""
        return asdict(self) | {"status": self.status.value}


def examine(checks: Sequence[Check], machine: Machine | None = None) -> list[Finding]:
    """Try out every check, in the order of ``checks``. Never raises: what cannot be tried is a warning."""
    if machine is None:
        from workshop.doctor.machine import Machine

        machine = Machine()

    def one(check: Check) -> Finding:
        try:
            result = check.probe(machine)
        except Exception as error:  # a broken probe says nothing about the machine
            text = " ".join(str(error).split()) or type(error).__name__
            result = warning(f"could not be tried out ({text})", "Please tell us about it.")
        return Finding(check.name, result.status, result.found, check.why, result.remedy)

    with ThreadPoolExecutor(8, thread_name_prefix="doctor") as pool:
        return list(pool.map(one, checks))


def works(findings: Sequence[Finding]) -> bool:
    """Whether the lab works on this machine."""
    return all(finding.status is not Status.PROBLEM for finding in findings)
