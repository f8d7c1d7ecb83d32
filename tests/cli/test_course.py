"""The course's commands without a lab: what they say, and what they make of what is typed wrongly."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workshop import resources
from workshop.cli import run
from workshop.cli.check import _way_on
from workshop.course import exercise as catalogue
from workshop.course import workbench
from workshop.course.workbench import Workbench

STUB = resources.path("exercises") / "03_create_network" / "handler.py"
SOLUTION = STUB.with_name("solution.py")


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workbench:
    """A learner's folder that the commands find; nothing is begun in it."""
    found = Workbench(tmp_path / "bench")
    found.mark()
    monkeypatch.setenv(workbench.VARIABLE, str(found.folder))
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    return found


def said(capsys: pytest.CaptureFixture[str], *arguments: str, code: int = 0) -> str:
    """What a command says, on stdout if all is well, else on stderr and nothing else."""
    assert run(list(arguments)) == code
    out, err = capsys.readouterr()
    assert not (out if code else err)
    return err if code else out


@pytest.mark.parametrize(
    "arguments",
    [
        ("exercise", "99"),
        ("exercise", "foo"),
        ("check", "99"),
        ("hint", "foo"),
        ("solution", "-1"),
        ("reset", "create"),
        ("dev", "check", "99"),
    ],
)
@pytest.mark.usefixtures("bench")
def test_an_exercise_that_there_is_not_is_one_sentence(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]):
    text = said(capsys, *arguments, code=2)
    assert "There is no exercise" in text or "No such option" in text
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (("exercise",), "Missing argument 'EXERCISE'"),
        (("exercise", "3", "--docker", "--engine", "28.5"), "--engine is for the lab's Docker, --docker for this"),
        (("exercise", "3", "--engine", "19"), "'19' is not one of '20.10', '26.1', '28.5'"),
        (("exercise", "3", "--dashboard", "localhost:http"), "'localhost:http' is no address."),
        (("exercise", "3", "--dashboard", "10.1.2.3:8600"), "Give --dashboard a loopback address"),
        (("exercise", "3", "--dir", "nowhere"), "nowhere is not there. Make it one: `python -m workshop init nowhere`"),
        (("check",), "Name one exercise, or give --all."),
        (("check", "3", "--all"), "Name one exercise, or give --all."),
        (("check", "--all", "--handler", "x.py"), "--handler is for one exercise."),
        (("check", "--all"), "You have not begun any exercise yet. Begin with `python -m workshop start`."),
        (("check", "3", "--handler", "nowhere.py"), "There is no file nowhere.py."),
        (("check", "3", "--handler", "."), ". is no file."),
        (("check", "3", "--engine", "podman"), "'podman' is not one of"),
        (("reset", "3", "other"), "Exercise 3 has no file 'other'. It has handler.py."),
        (("reset", "1", "handler.pyy"), "Exercise 1 has no file 'handler.pyy'. It has handler.py."),
        (("check", "2", "handler.txt"), "Exercise 2 has no file 'handler.txt'. It has handler.py."),
        (("check", "2", "other.py"), "Exercise 2 has no file 'other.py'. It has handler.py."),
        (("hint", "15", "bug_7"), "Exercise 15 has no file 'bug_7'. It has bug_1.py, bug_2.py,"),
        (("check", "15", "bug_7"), "Exercise 15 has no file 'bug_7'."),
        (("solution", "3", "bug_1"), "Exercise 3 has no file 'bug_1'. It has handler.py."),
        (
            ("check", "15", "--handler", __file__),
            "Exercise 15 has parts, and test_course.py is called like none of them. Say which it is: bug_1, bug_2,",
        ),
        (("dev", "new", "foo"), "'foo' is no name for an exercise. Call it NN_name"),
        (("dev", "new", "03_other"), "03_create_network has that number already."),
        (("dev", "new", "90_create_network"), "03_create_network has that name already."),
        (("dev", "new", "90_other", "--route", "foo"), "There is no route 'foo'."),
        (("init",), "Missing argument 'DIR'"),
    ],
)
@pytest.mark.usefixtures("bench")
def test_wrong_use_is_one_sentence_with_its_remedy(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], expected: str
):
    text = said(capsys, *arguments, code=2)
    assert expected in text
    assert len(text.splitlines()) == 1


@pytest.mark.parametrize("arguments", [("exercise", "3", "--docker"), ("check", "3", "--engine", "docker")])
@pytest.mark.usefixtures("bench")
def test_without_root_this_machines_docker_is_refused_in_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...]
):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    text = said(capsys, *arguments, code=3)
    assert "Run with sudo, or without --docker, in the lab, which needs no root." in text
    assert len(text.splitlines()) == 1


@pytest.mark.kernel
@pytest.mark.parametrize("arguments", [("exercise", "3", "--docker"), ("check", "3", "--engine", "docker")])
@pytest.mark.usefixtures("bench")
def test_without_docker_there_is_none_in_a_sentence(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, arguments: tuple[str, ...]
):
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/docker.sock")
    text = said(capsys, *arguments, code=3)
    assert text.startswith(f"No engine answers at {tmp_path}/docker.sock (No such file or directory).")
    assert len(text.splitlines()) == 1


# -- what to do next


def test_without_a_command_the_course_comes_first_and_says_how_far_one_is(
    bench: Workbench, capsys: pytest.CaptureFixture[str]
):
    text = said(capsys)
    assert "exercises have passed" not in text
    assert text.index("python -m workshop start") < text.index("python -m workshop demo")
    bench.progress.opened("create_network")
    total = len(catalogue.catalogue(broken=[]))
    text = said(capsys)
    assert f"0 of {total} exercises have passed. `python -m workshop start` goes on with 3," in text.replace("\n", " ")


def test_list_shows_the_bar_the_state_of_each_and_what_is_next(bench: Workbench, capsys: pytest.CaptureFixture[str]):
    bench.progress.judged("create_network", passed=True)
    bench.progress.opened("delete_network")
    text = said(capsys, "list")
    exercises = catalogue.catalogue(broken=[])
    assert f"1 of {len(exercises)} passed" in text.splitlines()[0]
    assert "█" in text and "░" in text
    assert any(line.startswith("✓   3 create_network") for line in text.splitlines())
    assert any(line.startswith("…   4 delete_network") for line in text.splitlines())
    assert "Next: " in text and "-m workshop exercise 4" in text


def test_list_shows_how_many_parts_have_passed(bench: Workbench, capsys: pytest.CaptureFixture[str]):
    for part in ("bug_1", "bug_4", "bug_9"):
        bench.progress.judged("bug_hunt", True, part, 6)
    assert "15 bug_hunt" in said(capsys, "list") and "Six broken drivers, 2 of 6" in said(capsys, "list")


def test_list_without_colour_and_utf8_can_be_read(bench: Workbench):
    done = subprocess.run(
        [sys.executable, "-m", "workshop", "list"],
        env={**os.environ, "PYTHONIOENCODING": "ascii", "LC_ALL": "C", workbench.VARIABLE: str(bench.folder)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "0 of" in done.stdout and "\x1b" not in done.stdout


def test_start_goes_on_after_what_has_passed_and_comes_back_to_what_was_left_out(bench: Workbench):
    from workshop.cli.start import where

    names = [each.name for each in catalogue.catalogue(broken=[])]
    assert where(bench).name == names[0]
    for name in names[1:]:
        bench.progress.judged(name, passed=True)
    bench.progress.opened(names[-1])
    assert where(bench).name == names[0]
    bench.progress.judged(names[0], passed=True)
    assert where(bench) is None


def test_start_says_when_there_is_nothing_left(bench: Workbench, capsys: pytest.CaptureFixture[str]):
    for each in catalogue.catalogue(broken=[]):
        bench.progress.judged(each.name, passed=True)
    assert said(capsys, "start").startswith("All exercises have passed.")
    assert "All passed." in said(capsys, "list")


def test_broken_progress_is_told_and_the_command_goes_on(bench: Workbench, capsys: pytest.CaptureFixture[str]):
    bench.progress.path.write_text("{")
    assert run(["list"]) == 0
    out, err = capsys.readouterr()
    assert "0 of" in out
    assert err.startswith("The file of your progress could not be read; it is kept as ")


def test_after_several_parts_the_next_is_named_only_if_all_have_passed(bench: Workbench):
    exercise, parts = catalogue.find(15), [{"part": f"bug_{number}", "passed": number == 1} for number in range(1, 7)]
    helper = {"file": str(bench.folder / "helper.py")}
    way = _way_on(exercise, {"passed": False, "parts": parts, "findings": [helper]}, bench)
    assert way["hints"].endswith("python -m workshop hint 15 bug_2")
    passed = [{**each, "passed": True} for each in parts]
    way = _way_on(exercise, {"passed": True, "parts": passed, "findings": []}, bench)
    assert way["next_text"] == exercise.next
    bench.progress.judged(exercise.name, True, "bug_1", 6)
    way = _way_on(exercise, {"passed": True, "part": "bug_1", "findings": []}, bench)
    assert way["next_text"] == "Next is bug_2.py."
    assert way["next_command"].endswith("python -m workshop check 15 bug_2")


# -- hints, solutions, files


def test_hints_come_one_by_one_and_say_how_many_remain(bench: Workbench, capsys: pytest.CaptureFixture[str]):
    total = len(catalogue.find(3).hints())
    assert f"Hint 1 of {total}  {total - 1} more" in said(capsys, "hint", "3")
    assert f"Hint 2 of {total}" in said(capsys, "hint", "create_network")
    for _ in range(total):
        text = said(capsys, "hint", "3")
    assert f"Hint {total} of {total}  the last one; then there is the solution\n" in text
    assert text.startswith("The solution: ", text.rindex("\n", 0, -1) + 1)
    assert text.endswith("-m workshop solution 3 --anyway\n")
    bench.progress.judged("create_network", passed=True)
    assert "--anyway" not in said(capsys, "hint", "3")


def test_hints_are_those_of_the_part_that_is_next_or_named(bench: Workbench, capsys: pytest.CaptureFixture[str]):
    assert "Hint 1 of 3 for bug_1  2 more" in said(capsys, "hint", "15")
    bench.progress.judged("bug_hunt", True, "bug_1", 6)
    assert "Hint 1 of 3 for bug_2  2 more" in said(capsys, "hint", "15")
    assert "Hint 2 of 3 for bug_1  1 more" in said(capsys, "hint", "15", "bug_1")
    assert "Hint 1 of 3 for bug_6" in said(capsys, "hint", "15", "bug_6.py")


def test_solutions_are_those_of_the_parts_that_passed_or_the_one_that_is_named(
    bench: Workbench, capsys: pytest.CaptureFixture[str]
):
    bench.prepare(catalogue.find(15))
    text = said(capsys, "solution", "15", code=1)
    assert text.startswith("Exercise 15 has not passed yet. `python -m workshop hint 15` helps; --anyway shows")
    assert said(capsys, "solution", "15", "bug_2", code=1) == (
        "bug_2.py has not passed yet. `python -m workshop hint 15 bug_2` helps; --anyway shows it all the same.\n"
    )
    anyway = said(capsys, "solution", "15", "--anyway")
    assert "--- your bug_1.py" in anyway and "bug_2.py" not in anyway
    bench.progress.judged("bug_hunt", True, "bug_2", 6)
    passed = said(capsys, "solution", "15")
    assert "--- your bug_2.py" in passed and "bug_1.py" not in passed
    assert "--- your bug_4.py" in said(capsys, "solution", "15", "bug_4", "--anyway")


def test_the_solution_is_shown_after_passing_or_anyway(bench: Workbench, capsys: pytest.CaptureFixture[str]):
    text = said(capsys, "solution", "3", code=1)
    assert text == (
        "Exercise 3 has not passed yet. `python -m workshop hint 3` helps; --anyway shows it all the same.\n"
    )
    bench.prepare(catalogue.find(3))
    text = said(capsys, "solution", "3", "--anyway")
    assert "--- your handler.py" in text and "+++ one solution" in text
    bench.progress.judged("create_network", passed=True)
    assert "+++ one solution" in said(capsys, "solution", "3")
    bench.file(catalogue.find(3)).write_bytes(SOLUTION.read_bytes())
    assert said(capsys, "solution", "3") == "Your file is this solution, line by line.\n"


@pytest.mark.skipif(shutil.which("patch") is None, reason="there is no patch here")
@pytest.mark.parametrize("end", ["", "\n", "\tpass\x0c\n" + "# " + "x" * 200 + "\n"])
def test_the_solution_that_is_written_to_a_file_is_a_patch(
    bench: Workbench, capsys: pytest.CaptureFixture[str], end: str
):
    exercise = catalogue.find(10)
    bench.prepare(exercise)
    mine = bench.file(exercise)
    mine.write_text(mine.read_text().rstrip("\n") + end)
    text = said(capsys, "solution", "10", "--anyway")
    done = subprocess.run(["patch", "-s", str(mine)], input=text, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stdout
    assert mine.read_bytes() == exercise.solution("handler.py").read_bytes()


def test_reset_keeps_a_backup_and_says_where(bench: Workbench, capsys: pytest.CaptureFixture[str]):
    assert "bench/03_create_network/handler.py is as it was given; there is nothing" in said(capsys, "reset", "3")
    file = bench.file(catalogue.find(3))
    file.write_text("mine\n")
    text = said(capsys, "reset", "3", "handler")
    backup = Path(text.rpartition("kept as ")[2].strip().rstrip("."))
    assert backup.read_text() == "mine\n"
    assert file.read_bytes() == STUB.read_bytes()


def test_reset_is_of_all_files_or_of_the_one_that_is_named(bench: Workbench, capsys: pytest.CaptureFixture[str]):
    exercise = catalogue.find(15)
    bench.prepare(exercise)
    for name in ("bug_1.py", "bug_2.py"):
        bench.file(exercise, name).write_text("mine\n")
    text = said(capsys, "reset", "15", "bug_2")
    assert "bug_2.py is as it was given. Yours is kept as" in text and "bug_1" not in text
    assert bench.file(exercise, "bug_1.py").read_text() == "mine\n"
    assert len(said(capsys, "reset", "15").splitlines()) == 6


def test_init_makes_a_folder_that_is_found_from_within(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv(workbench.VARIABLE, raising=False)
    monkeypatch.chdir(tmp_path)

    def typed(*arguments: str, at: Path = tmp_path) -> str:
        command = [sys.executable, "-m", "workshop", *arguments]
        return subprocess.run(command, cwd=at, capture_output=True, text=True, check=True).stdout

    text = typed("init", "my course")
    assert "my course has the files of" in text and "(`cd 'my course'`)" in text
    assert (tmp_path / "my course/03_create_network/handler.py").read_bytes() == STUB.read_bytes()
    assert "-m workshop exercise" in typed("list", at=tmp_path / "my course" / "03_create_network")
    (tmp_path / "my course/03_create_network/handler.py").write_text("mine")
    assert "Begin with" in typed("init", ".", at=tmp_path / "my course")
    assert (tmp_path / "my course/03_create_network/handler.py").read_text() == "mine"


def test_a_new_exercise_is_made_from_the_template_and_says_what_is_to_be_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    exercises, real = tmp_path / "exercises", resources.path
    exercises.mkdir()
    monkeypatch.setattr(resources, "path", lambda name: exercises if name == "exercises" else real(name))
    text = said(capsys, "dev", "new", "17_join", code=0)
    made = catalogue.read(exercises / "17_join")
    assert made.routes == ("join",)
    assert "def join(request: JoinRequest, host: Host) -> JoinAnswer:" in made.stub("handler.py").read_text()
    for name in ("exercise.toml", "README.md", "handler.py", "solution.py", "checks.py", "hints.md"):
        assert f"{name}:" in text
    assert "__" not in "".join(path.read_text() for path in made.folder.iterdir()).replace("__future__", "")
