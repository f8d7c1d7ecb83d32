"""What a judgement says: findings, and the verdict that holds them. Plain data, no judging."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

State = Literal["passed", "failed", "not reached", "not judged"]
"""``not judged`` is what this machine cannot find out, and ``not reached`` what came after a check that failed."""


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong.

    ``check`` is the key of the check, ``title`` what is wrong in plain words, ``expected``, ``seen`` the real values,
    ``why`` why Docker or the kernel cares, ``docker`` what Docker said to its user (word for word) or ``None``.
    ``route`` is the full name of the call it is about, ``variant`` the scenario. ``file`` and ``line`` say where to
    look in the learner's code, ``slide`` and ``hint`` where to read on. ``missing`` and ``left_over`` are links, as
    ``{"name", "kind", "host", "master"}``, that should be there and are not, or are and should not.
    """

    check: str
    title: str
    expected: str = ""
    seen: str = ""
    why: str = ""
    docker: str | None = None
    route: str | None = None
    variant: str | None = None
    file: str | None = None
    line: int | None = None
    slide: str | None = None
    hint: int | None = None
    missing: tuple[dict[str, Any], ...] = ()
    left_over: tuple[dict[str, Any], ...] = ()
    passed: bool = False


@dataclass(frozen=True)
class Decided:
    """One check of one scenario, and what came of it."""

    check: str
    title: str
    variant: str
    state: State


@dataclass(frozen=True)
class Verdict:
    """What came of one judgement. ``problem`` is a fault of the machine, for which nobody's code is to blame."""

    exercise: int
    name: str
    engine: str
    duration_ms: int
    findings: tuple[Finding, ...] = ()
    checks: tuple[Decided, ...] = ()
    problem: str | None = None
    attempt: int = 0
    at: float = 0.0
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def passed(self) -> bool:
        """Whether all that can be judged here is right: no finding, no fault of the machine, every check passed."""
        return (
            not self.findings
            and self.problem is None
            and all(each.state in ("passed", "not judged") for each in self.checks)
        )

    def as_dict(self) -> dict[str, Any]:
        """The JSON object that ``check --json`` prints and the event ``verdict`` carries."""
        return {
            "exercise": self.exercise,
            "name": self.name,
            "passed": self.passed,
            "engine": self.engine,
            "duration_ms": self.duration_ms,
            "findings": [dataclasses.asdict(each) for each in self.findings],
            "checks": [dataclasses.asdict(each) for each in self.checks],
            "checks_total": len(self.checks),
            "checks_passed": sum(each.state == "passed" for each in self.checks),
            "problem": self.problem,
            "attempt": self.attempt,
            "at": self.at,
            **self.extra,
        }


def together(verdicts: Sequence[Verdict]) -> Verdict:
    """The verdict on an exercise of several parts, out of those on each: all have to pass."""
    first, *others = verdicts
    if not others:
        return first
    notes = [note for each in verdicts for note in each.extra.get("notes", ())]
    parts = [{"part": each.extra.get("part"), "passed": each.passed} for each in verdicts]
    for each in others:
        first = dataclasses.replace(
            first,
            duration_ms=first.duration_ms + each.duration_ms,
            findings=first.findings + each.findings,
            checks=first.checks + each.checks,
            problem=first.problem or each.problem,
        )
    return dataclasses.replace(first, extra={"parts": parts} | ({"notes": notes} if notes else {}))
