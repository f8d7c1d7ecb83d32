"""Every exercise against handlers that learners write: each wrong one is told its cause first, each right one passes.

That stubs fail and solutions pass, on every engine, is proved by ``dev check`` (``tests/cli/test_course_dev.py``).
The handlers are in ``cases/NN_name/wrong`` and ``cases/NN_name/right``. A wrong one begins with ``# cause: <check>``;
then may come ``# seen: <text>``, which the finding's ``seen`` has to contain. In an exercise of parts, each says
``# part: <name>`` in its first lines.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.course.judging import Judge
from workshop.course.exercise import Exercise, catalogue

CASES = Path(__file__).parent / "cases"
WRONG, RIGHT = 8, 3
"""How many there are of each exercise at least."""

OF_A_PART = 2, 1
"""The same of each part, where an exercise has several."""

_HEAD = re.compile(r"# (cause|seen|part): (.+)")

pytestmark = pytest.mark.lab

EXERCISES = catalogue()


def cases(kind: str) -> list[Any]:
    return [
        pytest.param((each.label, each.engine), each, path, id=f"{each.label}-{path.stem}")
        for each in EXERCISES
        for path in sorted((CASES / each.label / kind).glob("*.py"))
    ]


def head(path: Path) -> dict[str, str]:
    """What the first lines of a case say."""
    found = (_HEAD.fullmatch(line) for line in path.read_text(encoding="utf-8").splitlines()[:3])
    return {match[1]: match[2].strip() for match in found if match}


@pytest.fixture(scope="module")
def judges() -> Iterator[Callable[[str, str], Judge]]:
    """Gives the judge for an exercise and an engine. It is kept until another one is asked for."""
    kept: dict[tuple[str, str], Judge] = {}

    def judge(exercise: str, engine: str) -> Judge:
        if (exercise, engine) not in kept:
            while kept:
                kept.popitem()[1].close()
            kept[exercise, engine] = Judge(exercise, engine)
        return kept[exercise, engine]

    yield judge
    for each in kept.values():
        each.close()


@pytest.fixture
def judge(request: pytest.FixtureRequest, judges: Callable[[str, str], Judge]) -> Judge:
    return judges(*request.param)


def placed(exercise: Exercise, path: Path, folder: Path) -> Path:
    """Where a case is judged: in an exercise of parts, under the part's name."""
    part = head(path).get("part")
    return path if part is None else Path(shutil.copy(path, folder / f"{part}.py"))


def told(verdict: dict[str, Any]) -> str:
    lines = [f"{each['check']}: {each['title']} | seen {each['seen']}" for each in verdict["findings"]]
    return "\n".join([*lines, verdict["problem"] or ""])


@pytest.mark.parametrize(("judge", "exercise", "path"), cases("wrong"), indirect=["judge"])
def test_a_wrong_handler_is_told_its_cause_first(judge: Judge, exercise: Exercise, path: Path, tmp_path: Path):
    verdict = judge(placed(exercise, path, tmp_path))
    wanted = head(path)
    assert verdict["problem"] is None, verdict["problem"]
    assert not verdict["passed"]
    first = verdict["findings"][0]
    assert first["check"] == wanted["cause"], told(verdict)
    assert wanted.get("seen", "") in first["seen"], told(verdict)
    assert first["title"] and first["why"] and first["seen"] and first["expected"], first
    assert first["route"] and (first["line"] or first["check"] == "loads"), first


@pytest.mark.parametrize(("judge", "exercise", "path"), cases("right"), indirect=["judge"])
def test_a_right_handler_passes(judge: Judge, exercise: Exercise, path: Path, tmp_path: Path):
    verdict = judge(placed(exercise, path, tmp_path))
    assert verdict["passed"], told(verdict)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda each: each.label)
def test_there_are_enough_cases_and_they_differ(exercise: Exercise):
    wrong = [head(path) for path in (CASES / exercise.label / "wrong").glob("*.py")]
    right = list((CASES / exercise.label / "right").glob("*.py"))
    assert len(wrong) >= WRONG and len(right) >= RIGHT, f"{len(wrong)} wrong ones, {len(right)} right ones"
    assert all("cause" in each for each in wrong), "each begins with `# cause: <check>`"
    assert len({each["cause"] for each in wrong}) > 2, "they have too few causes"


@pytest.mark.parametrize("exercise", [each for each in EXERCISES if each.parts], ids=lambda each: each.label)
def test_there_are_enough_cases_of_each_part(exercise: Exercise):
    for kind, least in zip(("wrong", "right"), OF_A_PART, strict=True):
        parts = [head(path).get("part") for path in (CASES / exercise.label / kind).glob("*.py")]
        assert set(parts) == set(exercise.parts), "each says `# part: <name>`, and no part is without"
        assert min(map(parts.count, exercise.parts)) >= least, f"of each part at least {least} {kind} ones"
