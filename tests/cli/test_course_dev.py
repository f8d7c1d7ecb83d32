"""Every exercise is sound, by `dev check`; and what is not sound is found, with the place."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.course_command import LONG, folders, typed
from workshop import resources
from workshop.course import blank, exercise, sound
from workshop.errors import CannotHere

LABELS = [path.name for path in exercise.folders()]
COURSE = (
    "activate",
    "capabilities",
    "create_network",
    "delete_network",
    "create_endpoint",
    "join",
    "leave",
    "oper_info",
    "discovery",
    "publish",
    "vxlan",
    "macvlan",
    "ipvlan",
    "custom",
    "bug_hunt",
    "volumes",
)
"""The exercises in order: progress goes by their names, and people speak of their numbers."""

CHECK = """
import sys
from pathlib import Path
from workshop import resources
real = resources.path
resources.path = lambda name: Path(sys.argv[1]) if name == "exercises" else real(name)
from workshop.cli import run
sys.exit(run(["dev", "check", *sys.argv[2:]]))
"""


@pytest.mark.lab
@pytest.mark.parametrize("label", LABELS)
def test_every_exercise_is_sound_on_every_engine(label: str):
    with folders() as (_, environment):
        done = typed("dev", "check", label, environment=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " ok " in done.stdout


def test_numbers_and_names_are_those_that_people_know():
    known = [f"{number:02}_{name}" for number, name in enumerate(COURSE, 1)]
    assert [label for label in LABELS if label not in known] == []


# -- what is not sound


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """A folder of exercises with a copy of exercise 3."""
    place = tmp_path / "exercises"
    shutil.copytree(resources.path("exercises") / "03_create_network", place / "03_create_network")
    return place


def checked(own: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """`dev check` with these exercises alone."""
    with folders() as (_, environment):
        return subprocess.run(
            [sys.executable, "-c", CHECK, str(own), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=LONG * 3,
            check=False,
        )


def stub_that_passes(place: Path) -> None:
    text = (place / "solution.py").read_text()
    (place / "handler.py").write_text(f"{text}\n# TODO\n")


def stub_that_is_no_python(place: Path) -> None:
    (place / "handler.py").write_text("def create_network(:  # TODO\n")


def solution_that_is_wrong(place: Path) -> None:
    (place / "solution.py").write_text("def create_network(request, host):\n    return {}\n")


def undecided_check(place: Path) -> None:
    path = place / "checks.py"
    text = path.read_text()
    assert 'checks=["bridge", "address", "up"]' in text
    path.write_text(text.replace('checks=["bridge", "address", "up"]', 'checks=["bridge", "address", "up", "ping"]'))


def unlisted_check(place: Path) -> None:
    path = place / "checks.py"
    path.write_text(path.read_text().replace('checks=["bridge", "address", "up"]', 'checks=["bridge", "up"]'))


def unknown_check(place: Path) -> None:
    path = place / "checks.py"
    path.write_text(path.read_text().replace('checks=["bridge", "address", "up"]', 'checks=["bridge", "wings"]'))


def hint_that_there_is_not(place: Path) -> None:
    path = place / "checks.py"
    path.write_text(path.read_text().replace("hint=1", "hint=9"))


def two_hints(place: Path) -> None:
    (place / "hints.md").write_text("## Hint 1: a\n\nA.\n\n## Hint 2: b\n\nB.\n")


def no_readme(place: Path) -> None:
    (place / "README.md").unlink()


def unfinished(place: Path) -> None:
    (place / "README.md").write_text("word " * 60 + "\nTODO: more\n")


def broken_facts(place: Path) -> None:
    (place / "exercise.toml").write_text("title = 3\n")


@pytest.mark.lab
@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        (stub_that_passes, "handler.py passes as it is: the stub must not"),
        (stub_that_is_no_python, "handler.py cannot be loaded: the stub has to run (handler.py is not Python"),
        (
            solution_that_is_wrong,
            "solution.py does not pass on Docker 28.5: No bridge has been made (a network with IPv4)",
        ),
        (undecided_check, "checks.py: 'a network with IPv4' lists `ping`, but does not decide it (Docker 28.5)"),
        (unlisted_check, "the check 'address' is not in the scenario's `checks`"),
        (unknown_check, "'a network with IPv4' names the check 'wings', which is none."),
        (hint_that_there_is_not, "checks.py: `bridge` names hint 9; there are 4"),
        (two_hints, "hints.md has 2 hints, each under `## Hint`; 3 are needed"),
        (no_readme, "README.md is missing"),
        (unfinished, "still to be written: README.md:2"),
        (broken_facts, "exercise.toml: `title` must be a text."),
    ],
    ids=lambda each: getattr(each, "__name__", None),
)
def test_what_is_not_sound_is_found(own: Path, spoil: Callable[[Path], None], said: str):
    spoil(own / "03_create_network")
    done = checked(own, "--engine", "28.5")
    assert done.returncode in (1, 3), done.stdout + done.stderr
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr and "mistake in the workshop itself" not in done.stderr


@pytest.mark.lab
def test_two_of_the_same_number_are_found(own: Path):
    shutil.copytree(own / "03_create_network", own / "03_another")
    done = checked(own, "--engine", "28.5")
    assert done.returncode == 1
    assert "has the same number as" in done.stderr


@pytest.mark.lab
def test_a_new_exercise_is_sound_once_it_is_filled_in(own: Path):
    shutil.rmtree(own / "03_create_network")
    place = blank.make("17_my_network", folder=own)
    done = checked(own)
    assert done.returncode == 1
    assert "still to be written: README.md:1," in done.stdout
    for name in ("README.md", "exercise.toml", "hints.md", "checks.py"):
        path = place / name
        path.write_text(path.read_text().replace("TODO:", "this is a text that explains a good deal about it:"))
    shutil.copy(resources.path("exercises") / "03_create_network" / "solution.py", place / "solution.py")
    done = checked(own)
    assert done.returncode == 0, done.stdout + done.stderr
    assert " 17 my_network         ok  4 checks; 20.10 " in done.stdout


def test_what_is_still_to_be_written_is_told_with_its_line(tmp_path: Path):
    place = blank.make("17_my_network", folder=tmp_path)
    found = {name for name, _, _ in sound.undone(place, set())}
    assert found == {"README.md", "exercise.toml", "handler.py", "solution.py", "checks.py", "hints.md"}
    assert ("README.md", 1, "# TODO: the title") in set(sound.undone(place, set()))


def test_a_folder_that_cannot_be_written_is_told():
    with pytest.raises(CannotHere, match=r"/proc/17_x cannot be written"):
        blank.make("17_x", folder=Path("/proc"))
