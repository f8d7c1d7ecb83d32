"""Whatever a handler does, Docker gets a clear error in time, the next save works, and nothing is left behind."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.course.learners import HOSTILE, Outcome, attempt
from tests.lab.inside import call_in_lab

pytestmark = pytest.mark.lab

SLACK = 4.0
"""Seconds that a busy machine may take for what takes milliseconds."""

SOON = 1.0
"""The limit for handlers that are to run into it."""


@dataclass(frozen=True)
class Case:
    """What is to come of a handler's call: the kind of its fault, and a pattern for what Docker is told.

    ``kind`` is ``None`` for one that is answered. ``seconds`` is the limit of the call.
    """

    kind: str | None
    told: str = ""
    seconds: float = 30.0


CASES = {
    "raises": Case("raised", r"TypeError: list indices must be integers or slices, not str"),
    "raises_in_helper": Case("raised", r"ValueError: 10\.9\.0\.1/24 has host bits set"),
    "raises_because": Case("raised", r"RuntimeError: no bridge today"),
    "raises_a_book": Case("raised", r"ValueError: word word .{400,600} …"),
    "raises_without_text": Case("raised", r"Broken: \(its text cannot be made\)"),
    "raises_interrupt": Case("raised", r"KeyboardInterrupt"),
    "raises_group": Case("raised", r"ExceptionGroup: two faults \(2 sub-exceptions\)"),
    "recurses": Case("raised", r"RecursionError: maximum recursion depth exceeded.*"),
    "waits_for_input": Case("keyboard", r"it called input\(\); a handler has no keyboard: take .*, and use print\(\)"),
    "stops_to_look": Case("keyboard", r"it called breakpoint\(\); a handler has no keyboard: take .*"),
    "stops_in_pdb": Case("keyboard", r"it called breakpoint\(\); a handler has no keyboard: take .*"),
    "reads_past_the_end": Case("raised", r"EOFError: Ran out of input"),
    "opens_files": Case("raised", r"OSError: \[Errno 24\] Too many open files: '/dev/null'"),
    "fills_disk": Case("raised", r"OSError: \[Errno 27\] File too large"),
    "changes_host": Case("raised", r"TypeError: host\.networks and host\.endpoints cannot be changed: .*"),
    "calls_exit": Case("exit", r"it called sys\.exit\('done'\); a handler answers with return, or raises"),
    "ends_itself": Case("exit", r"it ended its process with os\._exit\(3\); answer with return, or raise"),
    "becomes_another": Case("exit", r"it became another program \(os\.exec…: sleep 1000\); use subprocess\.run"),
    "aborts": Case("died", r"it ended its process with os\.abort\(\)"),
    "segfaults": Case("died", r"its process died of SIGSEGV \(it used memory that is not there, as ctypes can\)"),
    "breaks_python": Case("died", r"its process could not go on: what Python needs itself was changed or taken away"),
    "loops": Case("time", r"it did not answer within 1 s, and was stopped", SOON),
    "sleeps": Case("time", r"it did not answer within 1 s, and was stopped", SOON),
    "sleeps_in_c": Case("time", r"it did not answer within 1 s, and was stopped", SOON),
    "blocks_signals": Case("time", r"it did not answer within 1 s, and was stopped", SOON),
    "waits_for_program": Case("time", r"it did not answer within 1 s, and was stopped", SOON),
    "waits_for_lock": Case("time", r"it did not answer within 1 s, and was stopped", SOON),
    "prints_for_ever": Case("time", r"it did not answer within 1 s, and was stopped", SOON),
    "eats_memory": Case("memory", r"it took more than 512 MB of memory"),
    "eats_memory_in_crumbs": Case("memory", r"it took more than 512 MB of memory"),
    "closes_descriptors": Case(
        "descriptors", r"it closed files that are not its own with os\.closerange\(3, 1024\); .*"
    ),
    "closes_each": Case("descriptors", r"it closed files that are not its own with os\.close\(20\d\); .*"),
    "writes_anywhere": Case("descriptors", r"it wrote into a file that is not its own; .*"),
    "forges_answers": Case("descriptors", r"it wrote into a file that is not its own; .*"),
    "bombs": Case("processes", r"it had more than 64 processes at once, and was stopped"),
    "forks_many": Case("processes", r"it had more than 64 processes at once, and was stopped"),
    "leaves_daemon": Case("processes", r"it left `a fork of itself` running; wait for what you start"),
    "leaves_program": Case("processes", r"it left `sleep 1000` running; wait for what you start"),
    "leaves_thread": Case("threads", r"it left a thread running \(dreamer\); join\(\) it before you answer"),
    "answers_nothing": Case(
        "nothing", r"it answered nothing \(None\); end it with `return \{…\}`, `return \{\}` at least"
    ),
    "answers_list": Case("answer", r"it answered a list; answer a dict, which becomes a JSON object"),
    "answers_text": Case("answer", r"it answered a str; .*"),
    "answers_coroutine": Case("answer", r"it answered a coroutine that nobody has run; answer a dict"),
    "answers_set": Case(
        "answer", r"its answer cannot be written as JSON: Interface\.Address is a set; make it a list with sorted\(\)"
    ),
    "answers_bytes": Case("answer", r"its answer .*: Value\[0\]\.mac is a bytes; decode\(\) it"),
    "answers_object": Case("answer", r"its answer .*: Value\.host is a Host; str\(\) may be what you want"),
    "answers_nan": Case("answer", r"its answer .*: Value\.load is nan, which JSON has no number for"),
    "answers_key": Case("answer", r"its answer .*: the key \(1, 2\) of Value is a tuple; keys are strings"),
    "answers_circle": Case("answer", r"its answer .*: Value\.all\[0\] is inside of itself"),
    "answers_depth": Case("answer", r"its answer .*: (?:Value\.)+.* is more than 100 objects deep"),
    "answers_huge": Case("answer", r"its answer has 2\.9 MB; 1 MB is the most, and far more than needed"),
    "prints_and_raises": Case("raised", r"KeyError: 'no such key'"),
    "forks_and_raises": Case("raised", r"ValueError: both"),
    "refuses": Case(None, "there is no room for network é"),
    "refuses_silently": Case(None, "create_network refused, and did not say why"),
    "refuses_at_length": Case(None, f"{('no ' * 200)[:500]} …"),
    "prints_megabytes": Case(None),
    "prints_one_long_line": Case(None),
    "closes_streams": Case(None),
    "forks_and_returns": Case(None),
    "kills_all": Case(None),
    "unmounts": Case(None),
    "moves_away": Case(None),
    "well_behaved": Case(None),
}
"""Every file in ``hostile``, by name."""


def lines_of_fault(path: Path) -> list[int]:
    """The lines marked ``# here``; where there are two, Python itself may tell either."""
    return [number for number, line in enumerate(path.read_text().splitlines(), 1) if "# here" in line]


def tried(name: str) -> Outcome:
    return call_in_lab(lambda: attempt(HOSTILE / f"{name}.py", seconds=CASES[name].seconds))


def test_every_hostile_handler_is_tried():
    assert sorted(CASES) == sorted(path.stem for path in HOSTILE.glob("*.py"))


@pytest.mark.parametrize("name", CASES)
def test_docker_gets_a_clear_error_in_time_and_nothing_is_left(name: str):
    path, case = HOSTILE / f"{name}.py", CASES[name]
    outcome = tried(name)
    assert outcome.problem is None
    assert outcome.left == []
    assert outcome.after == {}, "the next save does not work"
    assert outcome.seconds < case.seconds + SLACK
    if case.kind is None:
        assert outcome.faults == []
        assert outcome.error == (case.told or None)
        assert outcome.answer == (None if case.told else {})
        return
    assert outcome.error is not None
    said = re.fullmatch(rf"create_network: {case.told} \({name}\.py(?:, line (\d+))?\)", outcome.error, re.DOTALL)
    assert said, outcome.error
    [fault] = outcome.faults
    assert (fault.route, fault.kind, fault.file, fault.call) == ("create_network", case.kind, str(path), None)
    assert fault.told == outcome.error
    if lines_of_fault(path):
        assert fault.line in lines_of_fault(path)
    assert said[1] == (str(fault.line) if fault.line else None)
