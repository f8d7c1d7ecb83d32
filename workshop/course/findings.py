"""Making findings: of a file that cannot be loaded, of calls that went wrong, of failed checks, of what was left."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Mapping
from pathlib import Path

from workshop.course.checking import Check, Failed
from workshop.course.exercise import Exercise
from workshop.course.learner.faults import Fault
from workshop.course.leftovers import Difference
from workshop.course.verdict import Finding
from workshop.protocol import BY_NAME

ANSWERS, LEFT_BEHIND, DOCKER, LOADS = "answers", "left_behind", "docker", "loads"
"""Checks that the judge makes by itself."""

_TITLES = {
    LOADS: "the file can be loaded, and defines the routes",
    ANSWERS: "every call is answered in time, and as Docker can read it",
    DOCKER: "Docker does what it was asked for",
    LEFT_BEHIND: "nothing was left behind",
}
_HIDDEN = ("delete_network", "delete_endpoint", "revoke_external_connectivity", "leave")
"""Routes of which Docker only logs an Err."""
_REMOVING = (*_HIDDEN, "volume_remove")

_EXPECTED = {
    "raised": "an answer, or PluginError with a sentence for Docker's user",
    "keyboard": "an answer; print() shows what is in a variable",
    "time": "an answer within 5 s",
    "unreadable": "an answer as the README shows it",
    "nothing": "a dict: `return {…}`, `return {}` at least",
    "answer": "a dict that can be written as JSON",
}
_WHY = {
    "raised": "Docker gets the exception's text as Err and gives up. Who typed the command reads it, too.",
    "keyboard": "Docker calls a plugin, and nobody sits there to type. The call was answered with Err in its stead.",
    "time": "Docker waits for the answer and holds its locks meanwhile; for whoever typed the command, Docker hangs.",
    "unreadable": "Docker decodes the answer into fields of fixed types. What does not fit is an error to it.",
    "nothing": "The answer must be a JSON object. Docker cannot read an empty one.",
    "answer": "The answer must be a JSON object, which Docker decodes.",
}
_ONLY_LOGGED = "Docker only logs the exception's text and goes on, as if all were well. Nobody will ask again."
_GONE = "A handler answers and lives on: Docker calls it again and again. The call was answered with Err in its stead."
_TIDY = (
    "Docker never comes back for what is left when it has removed its networks. It stays on the host until somebody "
    "finds it, and stands in the way of the next network."
)
_FULL = (
    "Docker never comes back for the files of a volume that it has removed. They fill the disk until somebody finds "
    "them, and the next volume of that name may have them in it."
)


def title_of(key: str, checks: Mapping[str, Check]) -> str:
    """What a check is about, in a sentence."""
    return checks[key].title if key in checks else _TITLES.get(key, key)


class Findings:
    """Makes the findings of one judgement. ``path`` is the learner's file."""

    def __init__(self, exercise: Exercise, path: Path, checks: Mapping[str, Check]) -> None:
        self._exercise, self._path, self._checks = exercise, path, checks
        self._lines = _lines_of(path)  # now: it may be saved anew before all is judged

    def loading(self, problem: Finding) -> Finding:
        """A file that cannot be loaded; where it names `reset`, as the whole command."""
        which = " ".join(filter(None, (str(self._exercise.number), self._exercise.part_of(self._path.name))))
        expected = problem.expected.replace("`reset`", f"`python -m workshop reset {which}`")
        return dataclasses.replace(problem, expected=expected, slide=problem.slide or self._exercise.slide)

    def fault(self, fault: Fault, variant: str, docker: str | None) -> Finding:
        """A call that went wrong, with what Docker said of it, if it said something."""
        only_logged = fault.kind == "raised" and fault.route in _HIDDEN and not docker
        return Finding(
            ANSWERS,
            f"{fault.route}: {fault.text}",
            expected="an answer" if only_logged else _EXPECTED.get(fault.kind, "an answer"),
            seen=fault.text,
            why=_ONLY_LOGGED if only_logged else _WHY.get(fault.kind, _GONE),
            docker=docker,
            route=BY_NAME[fault.route].full_name,
            variant=variant,
            file=fault.file or str(self._path),
            line=fault.line or self.line_of(fault.route),
            slide=self._exercise.slide,
        )

    def failed(self, failed: Failed, variant: str) -> Finding:
        """A check that is not so."""
        check = self._checks[failed.key]
        return Finding(
            failed.key,
            check.wrong or f"Not so: {check.title}",
            expected=failed.expected,
            seen=failed.seen,
            why=check.why,
            docker=failed.docker or check.docker,
            route=BY_NAME[check.route].full_name,
            variant=variant,
            file=str(self._path),
            line=failed.line or self.line_of(check.route),
            slide=self._exercise.slide,
            hint=check.hint,
            missing=failed.missing,
            left_over=failed.left_over,
        )

    def refused(self, words: str, variant: str, route: str | None, error: str | None) -> Finding:
        """Docker refused what it should have done. ``route`` is the last call that failed, ``error`` its Err."""
        name = route or self._exercise.routes[0]
        seen = f"{name} answered Err: {error}" if error else "Docker could not use what the plugin answered"
        return Finding(
            DOCKER,
            "Docker gave up",
            expected=f"the command succeeds ({variant})",
            seen=seen,
            why="This is what one reads who types the command.",
            docker=words,
            route=BY_NAME[name].full_name,
            variant=variant,
            file=str(self._path),
            line=self.line_of(name),
            slide=self._exercise.slide,
        )

    def left(self, host: str, difference: Difference, variant: str) -> Finding:
        """What is on a host when Docker has removed all that it made there."""
        marks = [{**link.as_dict(), "host": host} for link in difference.links]
        gone = [{**link.as_dict(), "host": host} for link in difference.gone]
        routes = [name for name in _REMOVING if name in self._exercise.routes] or list(self._exercise.routes)
        foreign = bool(difference.foreign)
        why = _TIDY if difference.links or difference.other else _FULL
        return Finding(
            LEFT_BEHIND,
            "Something was deleted or changed that is not its own" if foreign else "Something was left behind",
            expected=f"{host} as it was before the first {'volume' if difference.files else 'network'}",
            seen=difference.told(),
            why="What was there before belongs to somebody else, who needs it." if foreign else why,
            route=BY_NAME[routes[0]].full_name,
            variant=variant,
            file=str(self._path),
            line=self.line_of(routes[0]),
            slide=self._exercise.slide,
            left_over=tuple(marks),
            missing=tuple(gone),
        )

    def line_of(self, route: str) -> int | None:
        """The line in which the learner's file defines a route."""
        return self._lines.get(route)


def _lines_of(path: Path) -> dict[str, int]:
    """The line of each function of a file."""
    try:
        tree = ast.parse(path.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return {}
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return {node.name: node.lineno for node in tree.body if isinstance(node, kinds)}
