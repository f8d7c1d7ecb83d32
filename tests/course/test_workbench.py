"""The learner's folder: found, made, kept through updates of the exercises; their progress, whoever writes it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from tests.course.test_catalogue import FACTS
from tests.support import kinds
from workshop import resources
from workshop.course import exercise as catalogue
from workshop.course import workbench
from workshop.course.exercise import Exercise
from workshop.course.progress import Progress, hints_of
from workshop.course.workbench import Workbench
from workshop.errors import CannotHere, UsageError, WorkshopError


def make_exercise(folder: Path, label: str = "03_create_network", stub: str = "stub\n", more: str = "") -> Exercise:
    place = folder / label
    place.mkdir(parents=True)
    for name, text in {"exercise.toml": FACTS + more, "README.md": "# Task\n", "handler.py": stub}.items():
        (place / name).write_text(text)
    return catalogue.read(place)


@pytest.fixture
def exercise(tmp_path: Path) -> Exercise:
    return make_exercise(tmp_path / "exercises")


@pytest.fixture
def bench(tmp_path: Path) -> Workbench:
    return Workbench(tmp_path / "bench")


def as_nobody(code: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    """Run some Python as a user without rights, if we are root."""
    drop = "import os\nif os.geteuid() == 0:\n    os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
    return subprocess.run(
        [
            sys.executable,
            "-c",
            "import workshop.course.workbench as w, workshop.course.exercise as e, sys\n" + drop + code,
        ]
        + [str(each) for each in arguments],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


# -- files


def test_the_stub_and_the_task_are_there_when_they_are_needed(bench: Workbench, exercise: Exercise):
    place = bench.prepare(exercise)
    assert place == bench.folder / "03_create_network"
    assert bench.file(exercise).read_text() == "stub\n"
    assert (place / "README.md").read_text() == "# Task\n"
    assert not bench.touched(exercise)


def test_what_the_learner_wrote_stays_and_what_they_did_not_touch_is_brought_up_to_date(
    bench: Workbench, exercise: Exercise
):
    bench.prepare(exercise)
    bench.file(exercise).write_text("mine\n")
    for name, text in {"README.md": "# A better task\n", "handler.py": "a better stub\n"}.items():
        (exercise.folder / name).write_text(text)
    place = bench.prepare(exercise)
    assert bench.file(exercise).read_text() == "mine\n"
    assert (place / "README.md").read_text() == "# A better task\n"
    bench.file(exercise).write_text("stub\n")
    bench.prepare(exercise)
    assert bench.file(exercise).read_text() == "a better stub\n"


def test_a_file_that_was_there_before_is_the_learners(bench: Workbench, exercise: Exercise):
    (bench.folder / "03_create_network").mkdir(parents=True)
    bench.file(exercise).write_text("stub of long ago\n")
    bench.prepare(exercise)
    assert bench.file(exercise).read_text() == "stub of long ago\n"


def test_a_file_that_was_deleted_comes_again(bench: Workbench, exercise: Exercise):
    bench.prepare(exercise)
    bench.file(exercise).unlink()
    bench.prepare(exercise)
    assert bench.file(exercise).read_text() == "stub\n"


def test_work_is_found_again_when_an_exercise_gets_another_number(bench: Workbench, exercise: Exercise, tmp_path: Path):
    bench.prepare(exercise)
    bench.file(exercise).write_text("mine\n")
    bench.progress.judged(exercise.name, passed=True)
    moved = make_exercise(tmp_path / "updated", "04_create_network")
    bench.prepare(moved)
    assert bench.file(moved).read_text() == "mine\n"
    assert bench.progress.state(moved.name) == "passed"


def test_an_exercise_of_several_parts_has_them_all(bench: Workbench, tmp_path: Path):
    exercise = make_exercise(tmp_path / "more", "15_bug_hunt", more='parts = ["bug_1", "bug_2"]\n')
    for part in exercise.files:
        exercise.stub(part).write_text(part)
    bench.prepare(exercise)
    assert bench.file(exercise).read_text() == "bug_1.py"
    assert bench.file(exercise, "bug_2.py").read_text() == "bug_2.py"
    with pytest.raises(UsageError, match=r"Exercise 15 has no file 'handler.py'. It has bug_1.py and bug_2.py."):
        bench.file(exercise, "handler.py")


def test_reset_puts_the_stub_back_and_keeps_every_backup(bench: Workbench, exercise: Exercise):
    bench.prepare(exercise)
    kept = []
    for text in ("one\n", "two\n", "three\n"):
        bench.file(exercise).write_text(text)
        kept.append(bench.reset(exercise))
        assert bench.file(exercise).read_text() == "stub\n"
    assert [backup.read_text() for backup in kept if backup] == ["one\n", "two\n", "three\n"]
    assert all(backup and backup.suffix == ".py" for backup in kept)


def test_reset_of_the_stub_keeps_nothing(bench: Workbench, exercise: Exercise):
    bench.prepare(exercise)
    assert bench.reset(exercise) is None
    bench.file(exercise).unlink()
    assert bench.reset(exercise) is None
    assert bench.file(exercise).read_text() == "stub\n"


def test_a_file_that_is_a_link_stays_one(bench: Workbench, exercise: Exercise, tmp_path: Path):
    real = tmp_path / "mine.py"
    real.write_text("mine\n")
    bench.place(exercise).mkdir(parents=True)
    bench.file(exercise).symlink_to(real)
    assert bench.reset(exercise) is not None
    assert bench.file(exercise).is_symlink()
    assert real.read_text() == "stub\n"


def test_rights_stay_as_they_were(bench: Workbench, exercise: Exercise):
    bench.prepare(exercise)
    bench.file(exercise).write_text("mine\n")
    bench.file(exercise).chmod(0o640)
    bench.reset(exercise)
    assert bench.file(exercise).stat().st_mode & 0o777 == 0o640


@pytest.mark.skipif(not kinds.is_root(), reason="only root makes files for others")
def test_what_root_makes_belongs_to_whom_the_folder_belongs(exercise: Exercise, tmp_path: Path):
    home = tmp_path / "home"
    home.mkdir()
    os.chown(home, 12345, 12345)
    bench = Workbench(home / "bench")
    bench.prepare(exercise)
    bench.file(exercise).write_text("mine\n")
    bench.reset(exercise)
    assert {(path.stat().st_uid, path.stat().st_gid) for path in home.rglob("*")} == {(12345, 12345)}


def test_a_folder_that_cannot_be_written_is_told_in_a_sentence(exercise: Exercise, tmp_path: Path):
    tmp_path.chmod(0o555)
    done = as_nobody(
        "try:\n    w.Workbench(__import__('pathlib').Path(sys.argv[1])).mark()\n"
        "except Exception as error:\n    print(type(error).__name__, error)",
        tmp_path / "bench",
    )
    tmp_path.chmod(0o755)
    assert done.stdout.startswith(f"CannotHere {tmp_path / 'bench'} cannot be written (Permission denied)."), (
        done.stderr
    )
    assert "`python -m workshop init DIR`, and name it with --dir." in done.stdout


def test_a_place_behind_somebody_elses_folder_is_told_in_a_sentence(exercise: Exercise, tmp_path: Path):
    (tmp_path / "deep").mkdir()
    tmp_path.chmod(0)
    code = (
        "p = __import__('pathlib').Path(sys.argv[1])\nfor act in (lambda: w.make(p, (1,)), lambda: w.find(str(p))):\n"
        "    try:\n        act()\n    except Exception as error:\n        print(type(error).__name__, error)"
    )
    told = as_nobody(code, tmp_path / "deep" / "bench").stdout.splitlines()
    tmp_path.chmod(0o700)
    assert told[0].startswith("CannotHere ") and "cannot be written (Permission denied)" in told[0]
    assert told[1].startswith("UsageError ") and "is not there. Make it one" in told[1]


def test_a_file_is_read_with_a_version_that_changes_with_its_content(tmp_path: Path):
    path = tmp_path / "handler.py"
    assert workbench.read_text(path) == ("", "absent")
    versions = []
    for content in (b"", b"a\r\n", b"b\n", b"a\r\n"):
        path.write_bytes(content)
        text, version = workbench.read_text(path)
        assert text.encode() == content
        versions.append(version)
    assert len({*versions}) == 3 and versions[1] == versions[3]
    path.write_bytes(b"caf\xe9")
    with pytest.raises(WorkshopError, match=r"is not written in UTF-8 \(byte 4\)"):
        workbench.read_text(path)


# -- where it is


@pytest.fixture
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(workbench.VARIABLE, raising=False)
    place = tmp_path / "elsewhere" / "deep"
    place.mkdir(parents=True)
    monkeypatch.chdir(place)
    return place


def test_in_a_checkout_it_is_the_folder_workbench(elsewhere: Path):
    assert workbench.find().folder == resources.path("exercises").parent / "workbench"


def test_above_the_current_folder_it_is_found(elsewhere: Path):
    Workbench(elsewhere.parent).mark()
    assert workbench.find().folder == elsewhere.parent
    Workbench(elsewhere).mark()
    assert workbench.find().folder == elsewhere


def test_what_is_named_comes_first(elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in ("one", "two"):
        Workbench(tmp_path / name).mark()
    Workbench(elsewhere).mark()
    monkeypatch.setenv(workbench.VARIABLE, str(tmp_path / "one"))
    assert workbench.find().folder == tmp_path / "one"
    assert workbench.find(str(tmp_path / "two")).folder == tmp_path / "two"


def test_an_installed_program_says_how_to_make_one(elsewhere: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "_data" / "exercises").mkdir(parents=True)
    monkeypatch.setattr(resources, "path", lambda name: tmp_path / "_data" / name)
    with pytest.raises(UsageError, match=r"no folder for your work here. Make one with `python -m workshop init DIR`"):
        workbench.find()


@pytest.mark.parametrize(("name", "what"), [("nowhere", "is not there"), ("", "is no learner's folder")])
def test_a_folder_that_is_none_is_told(elsewhere: Path, name: str, what: str):
    with pytest.raises(UsageError, match=rf"{what}\. Make it one: `python -m workshop init"):
        workbench.find(str(elsewhere / name))


def test_a_new_one_has_all_exercises_and_leaves_what_is_there(tmp_path: Path):
    exercises = tuple(make_exercise(tmp_path / "e", label) for label in ("01_activate", "02_capabilities"))
    home = tmp_path / "home"
    (home / "01_activate").mkdir(parents=True)
    (home / "01_activate" / "handler.py").write_text("mine")
    workbench.make(home, exercises)
    assert (home / "01_activate" / "handler.py").read_text() == "mine"
    assert (home / "02_capabilities" / "handler.py").read_text() == "stub\n"
    assert workbench.find(str(home)).folder == home


def test_a_file_is_no_folder_for_work(tmp_path: Path):
    (tmp_path / "notes").write_text("")
    with pytest.raises(UsageError, match="is a file"):
        workbench.make(tmp_path / "notes", ())


# -- progress


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def progress(tmp_path: Path, told: list[str]) -> Progress:
    return Progress(tmp_path / ".workshop", told.append)


def test_an_exercise_is_untouched_then_begun_then_passed_and_stays_so(progress: Progress):
    assert (progress.state("join"), progress.at) == ("untouched", None)
    progress.opened("join")
    assert (progress.state("join"), progress.at) == ("begun", "join")
    assert progress.judged("join", passed=False) == 1
    assert progress.state("join") == "begun"
    assert progress.judged("join", passed=True) == 2
    assert progress.judged("join", passed=False) == 3
    assert progress.state("join") == "passed"
    assert progress.states() == {"join": "passed"}


def test_with_several_parts_all_have_to_pass(progress: Progress):
    progress.judged("bug_hunt", passed=True, part="bug_1", parts=2)
    progress.judged("bug_hunt", passed=True, part="bug_1", parts=2)
    assert progress.state("bug_hunt") == "begun"
    progress.judged("bug_hunt", passed=True, part="bug_2", parts=2)
    assert progress.state("bug_hunt") == "passed"


def test_hints_that_were_asked_for_are_remembered(progress: Progress):
    progress.hinted("join", 2)
    progress.hinted("join", 1)
    assert progress.entry("join")["hints"] == 2


def test_each_part_remembers_its_own_hints(progress: Progress):
    progress.hinted("bug_hunt", 2, "bug_1")
    progress.hinted("bug_hunt", 1, "bug_2")
    progress.hinted("bug_hunt", 1, "bug_1")
    entry = progress.entry("bug_hunt")
    assert [hints_of(entry, part) for part in ("bug_1", "bug_2", "bug_3", None)] == [2, 1, 0, 0]
    assert hints_of({"part_hints": 7}, "bug_1") == 0


@pytest.mark.parametrize(
    ("passed", "first", "after"),
    [
        ("", "bug_1.py", ["bug_2.py", "bug_3.py", None]),
        ("1", "bug_2.py", ["bug_2.py", "bug_3.py", None]),
        ("3", "bug_1.py", ["bug_2.py", None, "bug_1.py"]),
        ("23", "bug_1.py", [None, "bug_1.py", "bug_1.py"]),
        ("123", "bug_3.py", [None, None, None]),
    ],
)
def test_one_goes_on_with_what_has_not_passed(
    bench: Workbench, tmp_path: Path, passed: str, first: str, after: list[str | None]
):
    exercise = make_exercise(tmp_path / "more", "15_bug_hunt", more='parts = ["bug_1", "bug_2", "bug_3"]\n')
    for digit in passed:
        bench.progress.judged("bug_hunt", True, f"bug_{digit}", 3)
    assert bench.first_file(exercise) == first
    assert [bench.next_file(exercise, file) for file in exercise.files] == after


def test_of_one_file_there_is_no_next(bench: Workbench, exercise: Exercise):
    assert (bench.first_file(exercise), bench.next_file(exercise, "handler.py")) == ("handler.py", None)


def test_what_is_not_known_is_kept(progress: Progress):
    progress.path.parent.mkdir()
    known = {
        "exercises": {"gone": {"passed": 1.5, "stars": 3}, "join": {"mood": "good"}, "odd": 7},
        "theme": "dark",
    }
    progress.path.write_text(json.dumps(known))
    progress.judged("join", passed=True)
    now = json.loads(progress.path.read_text())
    assert now["theme"] == "dark"
    assert now["exercises"]["gone"] == {"passed": 1.5, "stars": 3}
    assert now["exercises"]["join"]["mood"] == "good"
    assert now["exercises"]["odd"] == 7
    assert progress.states() == {"gone": "passed", "join": "passed", "odd": "untouched"}


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"\xff\xfe", b'{"exercises": []}', b"[" * 100_000],
    ids=lambda content: repr(content[:9]),
)
def test_a_broken_file_is_put_aside_and_told(progress: Progress, told: list[str], content: bytes):
    progress.path.parent.mkdir()
    progress.path.write_bytes(content)
    assert progress.state("join") == "untouched"
    (aside,) = progress.path.parent.glob("progress-broken-*.json")
    assert aside.read_bytes() == content
    assert told == [f"The file of your progress could not be read; it is kept as {aside}, and progress begins anew."]
    progress.judged("join", passed=True)
    assert progress.state("join") == "passed"


def test_values_of_another_kind_do_no_harm(progress: Progress):
    progress.path.parent.mkdir()
    odd = {"attempts": "many", "hints": None, "parts": 5, "copied": [], "passed": False}
    progress.path.write_text(json.dumps({"exercises": {"join": odd}, "at": 7}))
    assert progress.at is None
    assert progress.judged("join", passed=True, part="a", parts=2) == 1
    progress.hinted("join", 1)
    assert progress.entry("join") == {**odd, "attempts": 1, "hints": 1, "parts": ["a"]}


def test_threads_that_write_at_once_lose_nothing(progress: Progress):
    def work(number: int) -> None:
        mine = Progress(progress.path.parent)
        for _ in range(10):
            mine.judged("join", passed=False)
            mine.judged(f"exercise_{number}", passed=True)

    threads = [threading.Thread(target=work, args=[number]) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert progress.entry("join")["attempts"] == 60
    assert [progress.entry(f"exercise_{number}")["attempts"] for number in range(6)] == [10] * 6


def test_commands_that_write_at_once_lose_nothing(progress: Progress):
    code = (
        "import sys; from pathlib import Path; from workshop.course.progress import Progress\n"
        "for _ in range(20): Progress(Path(sys.argv[1])).judged('join', passed=False)"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(progress.path.parent)]) for _ in range(4)]
    assert [process.wait(60) for process in running] == [0] * 4
    assert progress.entry("join")["attempts"] == 80
    assert {path.name for path in progress.path.parent.iterdir()} == {"lock", "progress.json"}


def test_without_locks_it_is_written_nevertheless(progress: Progress, monkeypatch: pytest.MonkeyPatch):
    def refuse(*_: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", refuse)
    assert progress.judged("join", passed=True) == 1


def test_progress_that_cannot_be_written_is_told_in_a_sentence(tmp_path: Path):
    (tmp_path / ".workshop").write_text("a file")
    with pytest.raises(CannotHere, match=r"\.workshop cannot be written"):
        Progress(tmp_path / ".workshop").judged("join", passed=True)
