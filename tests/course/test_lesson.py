"""A lesson judges what is saved, tells the journal, remembers; what stands in for stage and judge only counts."""

from __future__ import annotations

import contextlib
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.course.test_catalogue import FACTS
from workshop.course import exercise as catalogue
from workshop.course import lesson as lessons
from workshop.course import slides
from workshop.course.files import replace
from workshop.course.lesson import Changed, Lesson
from workshop.course.verdict import Decided, Finding, Verdict
from workshop.course.workbench import Workbench
from workshop.errors import CannotHere, UsageError, WorkshopError
from workshop.journal import Journal

LONG = 10.0
HINTS = "## Hint 1: Look\n\nAt the kernel.\n\n## Hint 2\n\nA bridge.\n\n## Hint 3\n\nUp.\n"
PARTS = """
parts = ["one", "two"]
[part.one]
title = "The first"
[part.two]
title = "The second"
try = ["docker ps"]
"""
PART_HINTS = "# one\n\n## Hint 1\n\nLook at one.\n\n## Hint 2\n\nAgain.\n\n# two\n\n## Hint 1\n\nLook at two.\n"


class Stage:
    """Stands in for a stage: knows whether it is up, and whether it was interrupted."""

    def __init__(self, exercise: catalogue.Exercise, socket: Path) -> None:
        self.exercise, self.socket = exercise, socket
        self.up = False
        self.interrupted = threading.Event()

    def __enter__(self) -> Stage:
        self.up = True
        return self

    def __exit__(self, *_: object) -> None:
        self.up = False

    def interrupt(self) -> None:
        self.interrupted.set()

    def holds(self) -> bool:
        return False


class Judge:
    """Stands in for the judge: a file with the word ``right`` passes. ``busy`` is called while it judges."""

    def __init__(self) -> None:
        self.judged: list[tuple[str, str]] = []
        self.busy: Callable[[Stage], Any] = lambda stage: None
        self.at_once = 0
        self.most_at_once = 0

    def __call__(self, stage: Stage, path: Path, attempt: int = 0) -> Verdict:
        assert stage.up
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        text = path.read_text() if path.exists() else ""
        self.judged.append((path.name, text))
        self.busy(stage)
        self.at_once -= 1
        findings = () if "right" in text else (Finding("bridge", "There is no bridge", hint=1),)
        decided = Decided("bridge", "a bridge appears", "plain", "failed" if findings else "passed")
        exercise = stage.exercise
        return Verdict(exercise.number, exercise.name, "28.5", 1, findings, (decided,), attempt=attempt, at=1.0)


class World:
    """A lesson with its exercises, its learner's folder and its journal."""

    def __init__(self, folder: Path) -> None:
        self.exercises, self.folder = folder / "exercises", folder
        for label, more in (
            ("01_activate", ""),
            ("03_create_network", ""),
            ("15_bug_hunt", PARTS),
        ):
            place = self.exercises / label
            place.mkdir(parents=True)
            texts = {"exercise.toml": FACTS + more, "README.md": f"# {label}\n", "hints.md": HINTS}
            texts |= {"handler.py": "stub\n", "solution.py": "right\n", "one.py": "bug\n", "two.py": "bug\n"}
            texts |= {"hints.md": PART_HINTS} if more == PARTS else {}
            for name, text in texts.items():
                (place / name).write_text(text)
            (place / "solution").mkdir()
            for name in ("one.py", "two.py"):
                (place / "solution" / name).write_text("right\n")
        self.journal = Journal(folder / "journal.db")
        self.judge = Judge()
        self.stages: list[Stage] = []
        self.workbench = Workbench(folder / "bench")
        self.lesson = self.another()

    def another(self, **options: Any) -> Lesson:
        return Lesson(self.workbench, self.journal, self.open_stage, self.judge, folder=self.exercises, **options)

    @contextlib.contextmanager
    def open_stage(self, exercise: catalogue.Exercise) -> Iterator[Stage]:
        stage = Stage(exercise, self.folder / "engine.sock")
        self.stages.append(stage)
        with stage:
            yield stage

    def find(self, which: int) -> catalogue.Exercise:
        return catalogue.find(which, self.exercises)

    def start(self, which: int = 3) -> Lesson:
        self.lesson.start(self.find(which))
        self.verdict(1)
        return self.lesson

    def told(self, kind: str = "verdict") -> list[dict[str, Any]]:
        return [event.data for event in self.journal.since(0) if event.kind == kind]

    def verdicts(self) -> list[dict[str, Any]]:
        return [each for each in self.told() if "passed" in each]

    def verdict(self, number: int) -> dict[str, Any]:
        """Wait until so many verdicts have been told, and the judge rests; the last one of them."""
        end = time.monotonic() + LONG
        while len(self.verdicts()) < number or self.lesson.state()["judging"]:
            assert time.monotonic() < end, self.told()
            time.sleep(0.005)
        return self.verdicts()[number - 1]

    def save(self, text: str, which: int = 3, name: str | None = None) -> None:
        """Save as one step: a file that is empty for a moment might be judged as that on a busy machine."""
        replace(self.file(which, name), text.encode())

    def file(self, which: int = 3, name: str | None = None) -> Path:
        return self.workbench.file(self.find(which), name)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    world = World(tmp_path)
    yield world
    assert world.lesson.close(LONG)
    assert not [stage for stage in world.stages if stage.up]
    world.journal.close()


# -- judging


def test_what_is_there_is_judged_at_the_start_and_each_save_again(world: World):
    world.start()
    world.save("right\n")
    assert world.verdict(2)["passed"] is True
    world.save("wrong\n")
    assert world.verdict(3)["passed"] is False
    assert world.judge.judged == [("handler.py", "stub\n"), ("handler.py", "right\n"), ("handler.py", "wrong\n")]


def test_the_journal_is_told_of_each_step(world: World):
    world.start()
    world.save("right\n")
    world.verdict(2)
    opened, begun, failed, again, passed = world.told()
    assert opened == {"exercise": 3, "opened": True}
    assert begun == {"exercise": 3, "judging": True, "attempt": 1}
    assert (failed["passed"], failed["attempt"]) == (False, 1)
    assert failed["findings"][0]["title"] == "There is no bridge"
    assert again == {"exercise": 3, "judging": True, "attempt": 2}
    assert (passed["passed"], passed["attempt"], passed["checks_passed"]) == (True, 2, 1)


def test_a_save_while_a_judgement_runs_is_judged_afterwards_and_only_the_last(world: World):
    world.start()
    began, go_on = threading.Event(), threading.Event()

    def busy(_: Stage) -> None:
        began.set()
        assert go_on.wait(LONG)

    world.judge.busy = busy
    world.save("first\n")
    assert began.wait(LONG)
    for number in range(5):
        world.save(f"save {number}\n")
        time.sleep(0.03)
    world.save("right\n")
    time.sleep(0.3)  # until it is noticed; nothing else tells of it before the judge is free
    world.judge.busy = lambda _: None
    go_on.set()
    assert world.verdict(3)["passed"] is True
    assert [text for _, text in world.judge.judged] == ["stub\n", "first\n", "right\n"]
    assert world.judge.most_at_once == 1


def test_rerun_judges_again(world: World):
    world.start()
    world.lesson.rerun()
    assert world.verdict(2)["attempt"] == 2


def test_a_mistake_of_ours_in_judging_is_told_and_the_next_save_works(world: World):
    world.start()

    def busy(_: Stage) -> None:
        raise KeyError("oh")

    world.judge.busy = busy
    world.lesson.rerun()
    assert "This is a mistake in the workshop itself: KeyError: 'oh'." in world.verdict(2)["problem"]
    world.judge.busy = lambda _: None
    world.save("right\n")
    assert world.verdict(3)["passed"] is True
    assert world.workbench.progress.entry("create_network")["attempts"] == 2


def test_a_fault_of_the_machine_is_told_and_counts_as_no_attempt(world: World):
    world.start()

    def busy(_: Stage) -> None:
        raise CannotHere("nft is missing.", "Install it.")

    world.judge.busy = busy
    world.lesson.rerun()
    assert world.verdict(2)["problem"] == "nft is missing. Install it."
    assert world.lesson.state()["problem"] == "nft is missing. Install it."
    assert world.workbench.progress.entry("create_network")["attempts"] == 1


def test_progress_that_cannot_be_written_does_not_keep_the_verdict_back(world: World):
    world.start()
    path = world.workbench.progress.path
    path.unlink()
    path.mkdir()
    world.save("right\n")
    assert _eventually(lambda: len(world.verdicts()) == 2)
    assert any("cannot be written" in each["text"] for each in world.told("notice"))
    path.rmdir()


def test_broken_progress_is_told(world: World):
    world.workbench.mark()
    world.workbench.progress.path.write_text("{")
    world.start()
    (notice,) = world.told("notice")
    assert notice["text"].startswith("The file of your progress could not be read; it is kept as")


def _eventually(so: Callable[[], bool]) -> bool:
    end = time.monotonic() + LONG
    while not so() and time.monotonic() < end:
        time.sleep(0.01)
    return so()


# -- going from one to another


def test_another_exercise_takes_the_place_of_the_first(world: World):
    lesson = world.start()
    lesson.open(1)
    world.verdict(2)
    state = lesson.state()
    assert (state["number"], state["name"]) == (1, "activate")
    assert [(stage.exercise.number, stage.up) for stage in world.stages] == [(3, False), (1, True)]
    world.save("saved in the one before\n", 3)
    world.save("right\n", 1)
    assert world.verdict(3)["exercise"] == 1
    assert world.workbench.progress.at == "activate"


def test_an_exercise_that_there_is_not_leaves_all_as_it_is(world: World):
    lesson = world.start()
    with pytest.raises(UsageError, match="There is no exercise '9'"):
        lesson.open(9)
    assert lesson.state()["number"] == 3


def test_going_on_does_not_wait_for_a_judgement_that_takes_long(world: World):
    lesson = world.start()
    began = threading.Event()

    def busy(stage: Stage) -> None:
        began.set()
        assert stage.interrupted.wait(LONG)

    world.judge.busy = busy
    lesson.rerun()
    assert began.wait(LONG)
    world.judge.busy = lambda _: None
    lesson.open(1)
    assert world.verdict(2)["exercise"] == 1  # what was broken off is told to nobody
    assert world.workbench.progress.entry("create_network")["attempts"] == 1


def test_a_stage_that_cannot_be_is_the_problem_of_that_exercise_alone(world: World):
    lesson = world.start()
    real = world.open_stage
    lesson._sitting._open_stage = lambda exercise: (_ for _ in ()).throw(CannotHere("The kernel lacks it.", "Get one."))
    lesson.open(1)
    assert lesson.state()["problem"] == "The kernel lacks it. Get one."
    with pytest.raises(CannotHere, match="The kernel lacks it"):
        lesson.command("docker ps")
    lesson._sitting._open_stage = real
    lesson.open(3)
    assert lesson.state()["problem"] is None
    assert world.verdict(2)["exercise"] == 3


def test_a_start_that_cannot_be_is_an_error(world: World):
    world.lesson._sitting._open_stage = lambda _: (_ for _ in ()).throw(CannotHere("No namespaces.", "Use sudo."))
    with pytest.raises(CannotHere, match="No namespaces"):
        world.lesson.start(world.find(3))


def test_the_end_does_not_wait_for_a_judgement_that_takes_long(world: World):
    world.start()
    began = threading.Event()

    def busy(stage: Stage) -> None:
        began.set()
        assert stage.interrupted.wait(LONG)

    world.judge.busy = busy
    world.lesson.rerun()
    assert began.wait(LONG)
    assert world.lesson.close(LONG)
    assert not world.stages[0].up
    with pytest.raises(WorkshopError):
        world.lesson.open(1)


# -- what is shown


def test_the_state_has_all_that_is_shown(world: World):
    lesson = world.start()
    assert json.loads(json.dumps(lesson.state())) == {
        "number": 3,
        "name": "create_network",
        "title": "A network",
        "goal": "A network of Docker's becomes a bridge.",
        "task": "# 03_create_network\n",
        "routes": ["create_network"],
        "driver": "bridge",
        "engine": "28.5",
        "files": [{"name": "handler.py", "path": str(world.file()), "title": "", "passed": False}],
        "file": "handler.py",
        "next_file": None,
        "try": [],
        "hints": [],
        "hints_total": 3,
        "slides": sorted(slides.names()),
        "verdict": world.verdicts()[0],
        "judging": False,
        "progress": [
            {"number": 1, "name": "activate", "title": "A network", "state": "untouched"},
            {"number": 3, "name": "create_network", "title": "A network", "state": "begun"},
            {"number": 15, "name": "bug_hunt", "title": "A network", "state": "untouched", "parts": 2, "done": 0},
        ],
        "next": 15,
        "problem": None,
    }
    world.save("right\n")
    world.verdict(2)
    assert [each["state"] for each in lesson.state()["progress"]] == ["untouched", "passed", "untouched"]
    lesson.open(15)
    assert lesson.state()["next"] is None


def test_hints_come_one_by_one_and_are_remembered(world: World):
    lesson = world.start()
    assert lesson.hint() == {"text": "**Look**\n\nAt the kernel.", "number": 1, "total": 3}
    assert lesson.hint()["number"] == 2
    assert lesson.state()["hints"] == ["**Look**\n\nAt the kernel.", "A bridge."]
    assert [lesson.hint()["number"] for _ in range(3)] == [3, 3, 3]
    lesson.close(LONG)
    world.lesson = world.another()
    world.start()
    assert len(world.lesson.state()["hints"]) == 3


def test_an_exercise_without_texts_is_open_all_the_same(world: World):
    (world.exercises / "03_create_network" / "hints.md").unlink()
    lesson = world.start()
    assert "hints.md cannot be read" in lesson.state()["problem"]
    with pytest.raises(WorkshopError):
        lesson.hint()


def test_the_solution_is_shown_after_passing_or_anyway(world: World):
    lesson = world.start()
    with pytest.raises(WorkshopError, match="Exercise 3 has not passed yet"):
        lesson.solution()
    told = lesson.solution(anyway=True)
    assert told["text"] == "right\n"
    assert told["diff"].splitlines() == ["--- your handler.py", "+++ one solution", "@@ -1 +1 @@", "-stub", "+right"]
    world.save("right\n")
    world.verdict(2)
    assert lesson.solution() == {"text": "right\n", "diff": ""}


# -- files


def test_a_file_is_read_and_saved_and_judged(world: World):
    lesson = world.start()
    read = lesson.read("handler.py")
    assert read["text"] == "stub\n"
    saved = lesson.write("handler.py", "right\n", read["version"])
    assert world.verdict(2)["passed"] is True
    assert lesson.read("handler.py") == {"name": "handler.py", "text": "right\n", "version": saved["version"]}


def test_a_file_that_changed_meanwhile_is_not_overwritten(world: World):
    lesson = world.start()
    version = lesson.read("handler.py")["version"]
    world.save("from another editor\n")
    with pytest.raises(Changed) as error:
        lesson.write("handler.py", "mine\n", version)
    assert error.value.text == "from another editor\n"
    lesson.write("handler.py", "mine\n", error.value.version)
    assert world.file().read_text() == "mine\n"


@pytest.mark.parametrize("name", ["solution.py", "../../exercises/03_create_network/checks.py", "/etc/passwd", ""])
def test_only_the_files_of_the_exercise_can_be_read_and_saved(world: World, name: str):
    lesson = world.start()
    for ask in (lambda: lesson.read(name), lambda: lesson.write(name, "x", "absent")):
        with pytest.raises(UsageError, match="Exercise 3 has no file"):
            ask()


def test_of_two_that_save_at_once_one_is_told(world: World):
    lesson = world.start()
    version = lesson.read("handler.py")["version"]
    came: list[str] = []

    def save(number: int) -> None:
        try:
            lesson.write("handler.py", f"writer {number}\n", version)
            came.append(f"writer {number}\n")
        except Changed:
            came.append("")

    threads = [threading.Thread(target=save, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [text for text in came if text] == [world.file().read_text()]


def test_reset_brings_the_stub_and_keeps_a_backup(world: World):
    lesson = world.start()
    assert lesson.reset() == {"backup": None}
    world.save("wrong\n")
    world.verdict(2)
    backup = lesson.reset()["backup"]
    assert Path(backup).read_text() == "wrong\n"
    world.verdict(3)
    assert world.judge.judged[-1] == ("handler.py", "stub\n")


# -- commands


def test_a_learners_folder_that_is_moved_away_is_not_made_anew_and_goes_on_when_it_is_back(world: World):
    lesson = world.start()
    bench, away = world.workbench.folder, world.folder / "away"
    bench.rename(away)
    end = time.monotonic() + LONG
    while not world.told("notice") and time.monotonic() < end:
        time.sleep(0.01)
    told = f"{bench} is gone. Put it back, and this goes on; or end it and start again."
    for refused in (
        lesson.hint,
        lesson.reset,
        lambda: lesson.write("handler.py", "x", "absent"),
        lambda: lesson.start(world.find(1)),
        lambda: lesson.start(world.find(3)),
    ):
        with pytest.raises(CannotHere, match="is gone"):
            refused()
    assert not bench.exists()
    assert [each["text"] for each in world.told("notice")] == [told]
    away.rename(bench)
    world.save("right\n")
    lesson.start(world.find(3))
    assert world.verdict(2)["passed"]
    assert world.workbench.progress.state("create_network") == "passed"


def test_a_learners_folder_that_is_back_is_judged_again(world: World):
    world.start()
    bench, away = world.workbench.folder, world.folder / "away"
    bench.rename(away)
    end = time.monotonic() + LONG
    while not world.told("notice") and time.monotonic() < end:
        time.sleep(0.01)
    (away / "03_create_network" / "handler.py").write_text("right\n")
    away.rename(bench)
    assert world.verdict(2)["passed"]
    assert world.workbench.progress.entry("create_network")["attempts"] == 2
    assert len(world.told("notice")) == 1


def test_a_command_runs_once_the_judge_rests(world: World, monkeypatch: pytest.MonkeyPatch):
    lesson = world.start()
    ran: list[tuple[str, Path, bool]] = []

    def run(line: str, socket: Path, real: bool, holds: Any) -> dict[str, Any]:
        assert world.judge.at_once == 0
        ran.append((line, socket, real))
        return {"code": 0, "output": ""}

    monkeypatch.setattr(lessons.typed, "run", run)
    world.judge.busy = lambda _: time.sleep(0.1)
    lesson.rerun()
    assert lesson.command("docker ps") == {"code": 0, "output": ""}
    assert ran == [("docker ps", world.folder / "engine.sock", False)]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "Only Docker's commands work here"),
        ("rm -rf /", "Only Docker's commands work here"),
        ("docker ps | grep x", r"There is no shell here, so '\|' means nothing"),
        ("docker run 'x", "This line cannot be read: No closing quotation"),
    ],
)
def test_what_is_no_command_of_dockers_is_refused(world: World, line: str, said: str):
    with pytest.raises(UsageError, match=said):
        world.start().command(line)


@pytest.mark.parametrize(
    "line", ["docker network ls", "sudo docker network ls", "python -m workshop docker network ls"]
)
def test_dockers_commands_are_taken_as_one_finds_them_in_the_texts(line: str):
    assert lessons.typed.words_of(line) == ["network", "ls"]


def test_a_command_at_an_engine_that_is_not_there_says_so(world: World):
    done = world.start().command("docker ps")
    assert done["code"] == 3
    assert "No engine answers at" in done["output"]


def test_a_command_that_takes_too_long_is_ended(tmp_path: Path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        listener.listen()  # accepts, and never answers
        done = lessons.typed.run("docker ps", tmp_path / "s", seconds=1)
    assert done["code"] == 124
    assert "It took longer than 1 s and was ended" in done["output"]
