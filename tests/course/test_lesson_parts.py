"""A lesson on an exercise of several parts: which is judged, how one goes on, and whose hints and solution they are."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.course.test_lesson import LONG, Stage, World
from workshop.errors import UsageError, WorkshopError


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    assert world.lesson.close(LONG)
    assert not [stage for stage in world.stages if stage.up]
    world.journal.close()


def test_the_part_that_is_saved_is_judged_and_all_have_to_pass(world: World):
    lesson = world.start(15)
    assert world.judge.judged == [("one.py", "bug\n")]
    world.save("right\n", 15, "two.py")
    assert world.verdict(2)["passed"] is True
    assert world.workbench.progress.state("bug_hunt") == "begun"
    assert (lesson.state()["file"], lesson.state()["next_file"]) == ("two.py", "one.py")
    lesson.rerun()
    world.verdict(3)
    assert world.judge.judged[-1] == ("two.py", "right\n")  # again is the same again
    world.save("right\n", 15, "one.py")
    world.verdict(4)
    assert world.workbench.progress.state("bug_hunt") == "passed"
    assert lesson.state()["next_file"] is None
    assert lesson.state()["progress"][2] | {"title": ""} == {
        "number": 15, "name": "bug_hunt", "title": "", "state": "passed", "parts": 2, "done": 2,
    }  # fmt: skip


def test_one_goes_from_part_to_part(world: World):
    lesson = world.start(15)
    lesson.choose("two.py")
    world.verdict(2)
    assert world.judge.judged == [("one.py", "bug\n"), ("two.py", "bug\n")]
    state = lesson.state()
    assert (state["file"], state["next_file"], state["try"]) == ("two.py", None, ["docker ps"])
    assert [(each["name"], each["title"], each["passed"]) for each in state["files"]] == [
        ("one.py", "The first", False),
        ("two.py", "The second", False),
    ]
    with pytest.raises(UsageError, match=r"Exercise 15 has no file 'three.py'\. It has one.py and two.py\."):
        lesson.choose("three.py")


def test_of_another_part_there_is_no_verdict_yet(world: World):
    lesson = world.start(15)
    began, go_on = threading.Event(), threading.Event()

    def busy(_: Stage) -> None:
        began.set()
        assert go_on.wait(LONG)

    world.judge.busy = busy
    lesson.choose("two.py")
    assert began.wait(LONG)
    assert lesson.state()["verdict"] is None
    go_on.set()
    world.verdict(2)


def test_whoever_goes_to_another_part_does_not_wait_for_the_verdict_on_this_one(world: World):
    lesson = world.start(15)
    began = threading.Event()

    def busy(stage: Stage) -> None:
        began.set()
        assert stage.interrupted.wait(LONG)
        world.judge.busy = lambda _: None

    world.judge.busy = busy
    lesson.rerun()
    assert began.wait(LONG)
    lesson.choose("two.py")
    world.verdict(2)
    assert [name for name, _ in world.judge.judged] == ["one.py", "one.py", "two.py"]
    assert len(world.verdicts()) == 2


def test_the_journal_says_which_part_is_judged(world: World):
    world.start(15)
    assert world.told()[1] == {"exercise": 15, "judging": True, "attempt": 1, "part": "one"}

    def busy(_: Stage) -> None:
        raise KeyError("oh")

    world.judge.busy = busy
    world.lesson.choose("two.py")
    assert (world.verdict(2)["part"], world.verdict(2)["passed"]) == ("two", False)


def test_the_part_that_has_not_passed_comes_first_next_time(world: World):
    lesson = world.start(15)
    world.save("right\n", 15, "one.py")
    world.verdict(2)
    lesson.close(LONG)
    world.lesson = world.another()
    world.lesson.start(world.find(15))
    world.verdict(3)
    assert world.judge.judged[-1] == ("two.py", "bug\n")


def test_hints_solution_and_stub_are_those_of_the_part(world: World):
    lesson = world.start(15)
    assert lesson.hint() == {"text": "Look at one.", "number": 1, "total": 2, "part": "one"}
    lesson.choose("two.py")
    world.verdict(2)
    assert (lesson.state()["hints"], lesson.state()["hints_total"]) == ([], 1)
    assert lesson.hint()["text"] == "Look at two."
    lesson.choose("one.py")
    world.verdict(3)
    assert lesson.state()["hints"] == ["Look at one."]
    with pytest.raises(WorkshopError, match="one.py has not passed yet"):
        lesson.solution()
    world.save("right\n", 15, "one.py")
    world.verdict(4)
    assert lesson.solution()["text"] == "right\n"
    world.save("mine\n", 15, "two.py")
    world.verdict(5)
    assert lesson.reset("one.py")["backup"] is not None
    assert (world.file(15, "one.py").read_text(), world.file(15, "two.py").read_text()) == ("bug\n", "mine\n")
