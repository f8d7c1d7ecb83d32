"""The course on a real Docker: every solution passes, what is wrong is told, and Docker is left as it was."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.course.staged import told
from tests.support.engine import Engine
from tests.support.leftovers import Leftovers, Picture, picture
from workshop.course import exercise as room
from workshop.course.exercise import Exercise
from workshop.course.judge import judge
from workshop.course.real import RealDocker
from workshop.course.stage import Stage
from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace

EXERCISES = room.catalogue()
"""All of them. Where the kernel has no ipvlan, exercise 13 is judged in part."""

CASES = Path(__file__).parent.parent / "course" / "cases"


@contextmanager
def staged(engine: Engine, exercise: Exercise) -> Iterator[Stage]:
    """The stage of an exercise on a real engine."""
    namespace = Namespace.at(f"/proc/self/fd/{engine.namespace.descriptor}")
    real = RealDocker(engine.socket, engine.plugins_dir, namespace, engine.home / "disk")
    with tempfile.TemporaryDirectory(prefix="wsc-") as folder:
        try:
            with Stage(exercise, Path(folder), engine="docker", real=real) as stage:
                yield stage
        finally:
            namespace.close()


def watch(leftovers: Leftovers, engine: Engine) -> None:
    """Watch the engine's namespace, but for Docker's jump to its own chain.

    Whoever makes two networks at once has it twice in 26.1: Docker takes it away and puts it back for each.
    """

    def look() -> Picture:
        found = picture(engine.namespace)
        return {what: [line for line in lines if "DOCKER-USER" not in line] for what, lines in found.items()}

    leftovers.watch(f"engine {engine.version}", look)


@pytest.mark.parametrize("exercise", EXERCISES, ids=lambda each: each.label)
def test_every_solution_passes(engine: Engine, exercise: Exercise, leftovers: Leftovers):
    watch(leftovers, engine)
    leftovers.watch("plugins", lambda: {"sockets": sorted(path.name for path in engine.plugins_dir.iterdir())})
    leftovers.watch("docker", lambda: {"networks": engine.docker("network", "ls", "-q").stdout.split()})
    leftovers.watch("disk", lambda: {"volumes": sorted(each.name for each in (engine.home / "disk").glob("*"))})
    with staged(engine, exercise) as stage:
        for file in exercise.files:
            verdict = judge(stage, exercise.solution(file))
            assert verdict.passed, told(verdict)
            assert verdict.engine == "docker"


@pytest.mark.parametrize(
    ("label", "case"),
    [("01_activate", "another_word"), ("03_create_network", "stays_down"), ("06_join", "gateway_with_mask")],
)
def test_what_is_wrong_is_told_with_dockers_own_words(engine: Engine, label: str, case: str, leftovers: Leftovers):
    watch(leftovers, engine)
    exercise, path = room.find(label), CASES / label / "wrong" / f"{case}.py"
    with staged(engine, exercise) as stage:
        first = judge(stage, path).findings[0]
        assert first.check == path.read_text().splitlines()[0].removeprefix("# cause: ")
        if label != "03_create_network":
            assert str(first.docker).startswith("Error response from daemon: "), first


BUGS = {
    "bug_1.py": "own_mac",
    "bug_2.py": "second",
    "bug_3.py": "links",
    "bug_4.py": "outside",
    "bug_5.py": "long",
    "bug_6.py": "finds",
}
"""What each broken driver of exercise 15 is told first."""


def test_what_is_reported_of_broken_drivers_is_so_on_a_real_docker(engine: Engine, leftovers: Leftovers):
    watch(leftovers, engine)
    exercise = room.find("bug_hunt")
    with staged(engine, exercise) as stage:
        found = {file: judge(stage, exercise.stub(file)).findings[0].check for file in exercise.files}
    for line in programs.run(engine.namespace, "iptables", "-S", "DOCKER-USER").splitlines():
        if "dlan" in line:  # the rules of a bridge that bug_6 has forgotten; on a real host they stay
            programs.run(engine.namespace, "iptables", *line.replace("-A", "-D", 1).split())
    assert found == BUGS


def test_docker_that_remembers_is_given_a_new_name_each_time(engine: Engine, leftovers: Leftovers):
    leftovers.watch("plugins", lambda: {"sockets": sorted(path.name for path in engine.plugins_dir.iterdir())})
    exercise = room.find("activate")
    with staged(engine, exercise) as stage:
        wrong = judge(stage, CASES / exercise.label / "wrong" / "another_interface.py")
        right = judge(stage, exercise.solution("handler.py"))
        assert not wrong.passed and right.passed, told(right)
        (note,) = right.as_dict()["notes"]
        assert "remembers" in note and stage.stations[0].docker.plugin in note


def test_volumes_are_judged_alike_and_docker_hears_of_as_few_names_as_can_be(engine: Engine, leftovers: Leftovers):
    def local() -> list[str]:
        return engine.docker("volume", "ls", "-q", "-f", "driver=local").stdout.split()

    watch(leftovers, engine)
    leftovers.watch("plugins", lambda: {"sockets": sorted(path.name for path in engine.plugins_dir.iterdir())})
    leftovers.watch("docker", lambda: {"volumes of its own": local()})
    exercise = room.find("volumes")
    names = []
    with staged(engine, exercise) as stage:
        for case in (
            "not_announced",
            "cleans_up_at_unmount",
            "removes_nothing",
            "remembers_in_a_dict",
            "names_as_they_are",
            "not_announced",
        ):
            path = CASES / exercise.label / "wrong" / f"{case}.py"
            verdict = judge(stage, path)
            assert verdict.findings[0].check == path.read_text().splitlines()[0].removeprefix("# cause: "), told(
                verdict
            )
            names.append(stage.stations[0].docker.plugin)
            (note,) = verdict.as_dict()["notes"]
            assert names[-1] in note and "until it is restarted" in note
        volumes = stage.stations[0].volumes
        assert volumes.is_dir() and not list(volumes.iterdir()) and list(volumes.parent.iterdir()) == [volumes]
    assert len(set(names[1:5])) == 1, "what Docker remembers of it was right"
    assert len(set(names)) == 3, "at first, and when the list of drivers was another one"
    assert not volumes.parent.exists()
