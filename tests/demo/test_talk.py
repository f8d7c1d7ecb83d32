"""A talk's way through its chapters, with steps that do nothing but note that they were taken."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from workshop.demo import needs, verbs
from workshop.demo.script import Chapter, Script, Step
from workshop.demo.talk import Talk
from workshop.errors import UsageError, WorkshopError
from workshop.journal import Journal


def chapter(name: str, *steps: str, **more: Any) -> Chapter:
    undo = tuple(Step(each) for each in more.pop("undo", ()))
    return Chapter(name, name.title(), f"About {name}.", tuple(Step(each) for each in steps), undo, **more)


SCRIPT = Script(
    "Three and one",
    (
        chapter("one", "do make-a", undo=["do drop-a"], shows="join"),
        chapter("two", "do make-b", undo=["do drop-b"], after=("one",)),
        chapter("three", "do look", after=("one", "two")),
        chapter("four", "do last", ends=("one", "two"), after=("one",)),
    ),
)


class Bench:
    """A talk on a stage of nothing but a journal; ``done`` are the steps that were taken."""

    def __init__(self, journal: Journal, monkeypatch: pytest.MonkeyPatch) -> None:
        self.done: list[str] = []
        self.fail: set[str] = set()
        self.journal, self.stopped = journal, False

        def do(stage: Any, words: list[str]) -> verbs.Outcome:
            self.done.append(words[0])
            return (1, "it broke") if words[0] in self.fail else (0, "\n".join(["line"] * 20))

        monkeypatch.setitem(verbs.VERBS, "do", do)
        graph = {"hosts": []}
        self.stage = SimpleNamespace(
            journal=journal, stopped=lambda: self.stopped, addresses=lambda: {}, graph=lambda: graph
        )
        self.states: list[dict[str, Any]] = []
        self.talk = self.of(SCRIPT)

    def of(self, script: Script) -> Talk:
        talk = Talk(script, self.stage)  # type: ignore[arg-type]
        talk.on_change(self.states.append)
        return talk

    def taken(self) -> list[str]:
        """The steps since the last time."""
        done, self.done = self.done, []
        return done


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Bench]:
    journal = Journal(tmp_path / "journal.db")
    yield Bench(journal, monkeypatch)
    journal.close()


def how(state: dict[str, Any]) -> list[str]:
    return [each["state"] for each in state["chapters"]]


def test_from_beginning_to_end_each_step_is_taken_once_and_all_is_removed(bench: Bench):
    assert bench.talk.state()["number"] == 0 and bench.talk.state()["next"] == "One"
    while name := bench.talk.following():
        assert bench.talk.play(name)
    assert bench.taken() == ["make-a", "make-b", "look", "drop-b", "drop-a", "last"]
    bench.talk.end()
    assert bench.taken() == [] and bench.talk.worked
    last = bench.talk.state()
    assert (last["state"], how(last), last["next"]) == ("over", ["done"] * 4, "")
    assert [each["version"] for each in bench.states] == sorted({each["version"] for each in bench.states})


def test_a_chapter_finds_what_it_needs_and_nothing_of_those_behind_it(bench: Bench):
    bench.talk.play("three")
    assert bench.taken() == ["make-a", "make-b", "look"]
    bench.talk.play("two")
    assert bench.taken() == ["drop-b", "make-b"]
    bench.talk.play("one")
    assert bench.taken() == ["drop-b", "drop-a", "make-a"]
    bench.talk.play("four")
    assert bench.taken() == ["drop-a", "last"]
    bench.talk.play("three")
    bench.taken()
    bench.talk.end()
    assert bench.taken() == ["drop-b", "drop-a"]


def test_what_is_missing_is_said_and_left_out_and_is_no_failure(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(needs.programs, "find", lambda name: None if name == "nft" else name)
    script = Script("T", (chapter("one", "do x", needs="nft", undo=["do y"]), chapter("two", "do z", after=("one",))))
    talk = bench.of(script)
    talk.play("one")
    assert bench.taken() == []
    assert talk.state()["why"] == "Left out: The program nft is missing. Get it with `apt install nftables`."
    talk.play("two")
    talk.end()
    assert bench.taken() == ["z"]
    assert talk.worked and how(talk.state()) == ["left out", "done"]


def test_a_step_that_fails_says_so_and_the_talk_goes_on(bench: Bench):
    bench.fail = {"make-a"}
    assert not bench.talk.play("one")
    (step,) = bench.talk.state()["steps"]
    assert step["state"] == "failed" and step["lines"] == ["it broke", "Failed: it ended with 1."]
    assert bench.talk.play("two")
    assert not bench.talk.worked and how(bench.talk.state())[:2] == ["failed", "done"]


def test_a_step_that_should_fail_and_does_not_is_a_failure(bench: Bench):
    talk = bench.of(Script("T", (Chapter("one", "One", "S.", (Step("do x", fails=True),)),)))
    assert not talk.play("one")
    assert talk.state()["steps"][0]["lines"][-1] == "Failed: it succeeded, and should have failed."


def test_long_output_is_cut_and_its_failure_is_not(bench: Bench):
    talk = bench.of(Script("T", (Chapter("one", "One", "S.", (Step("do x", expected="nothing like it"),)),)))
    talk.play("one")
    lines = talk.state()["steps"][0]["lines"]
    assert lines[-2:] == ["… 9 more lines", "Failed: it ended with 0, and 'nothing like it' was expected."]


def test_the_newest_call_of_the_chapter_s_route_is_told(bench: Bench):
    def calls(stage: Any, words: list[str]) -> verbs.Outcome:
        for number, name in ((7, "join"), (8, "join"), (9, "leave")):
            bench.journal.append("call.started", {"name": name}, number)
        return 0, ""

    verbs.VERBS["do"] = calls  # the fixture puts it back
    bench.talk.play("one")
    assert bench.talk.state()["call"] == 8
    bench.talk.play("two")
    assert bench.talk.state()["call"] is None


def test_a_press_counts_once_at_the_chapter_where_it_was_meant(bench: Bench):
    talk = bench.talk
    talk.press(after=0)
    talk.press(after=0)
    assert talk.pressed() == "one"
    assert talk.pressed() is None
    talk.play("one")
    talk.press(after=0)  # it came late
    assert talk.pressed() is None
    talk.press(after=1, chapter="three")
    assert talk.pressed() == "three"
    talk.play("four")
    talk.press(after=4)
    assert talk.pressed() == "", "the end comes next"


def test_presses_that_cannot_be_are_refused(bench: Bench):
    with pytest.raises(UsageError, match="There is no chapter 'nine'. There are one, two, three, four."):
        bench.talk.press(chapter="nine")
    refused: list[str] = []

    def press(state: dict[str, Any]) -> None:
        if state["state"] == "running":
            with pytest.raises(WorkshopError, match="not ended yet") as told:
                bench.talk.press(after=state["number"])
            refused.append(str(told.value))

    bench.talk.on_change(press)
    bench.talk.play("one")
    assert refused
    bench.talk.end()
    with pytest.raises(WorkshopError, match="The talk is over"):
        bench.talk.press(after=1)
    bench.talk.press(after=1, chapter="two")
    assert bench.talk.pressed() == "two", "one can go back to a chapter"


def test_what_is_broken_off_is_not_told_as_a_failed_step(bench: Bench):
    def stop(stage: Any, words: list[str]) -> verbs.Outcome:
        bench.stopped = True
        return 1, "killed"

    verbs.VERBS["do"] = stop
    bench.talk.play("one")
    assert [step["state"] for step in bench.talk.state()["steps"]] == ["running"]


def test_a_command_is_ended_if_it_takes_too_long_but_not_while_somebody_holds_its_call(tmp_path, monkeypatch):
    monkeypatch.setattr(verbs, "LONGEST", 0.2)
    silent = tmp_path / "engine.sock"
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(silent))
        listener.listen()
        began = time.monotonic()
        stage = SimpleNamespace(socket=silent, stopped=lambda: False, holds=lambda: time.monotonic() < began + 1)
        code, _ = verbs.docker(stage, ["network", "ls"])
    assert code and 1 < time.monotonic() - began < 10
