"""`exercise N --docker`: the course with a real Docker, as one types it; Docker is left as it was."""

from __future__ import annotations

import shlex
import signal

from tests.support.course_command import CourseCommand, course_command, solution
from tests.support.engine import Engine
from tests.support.leftovers import Leftovers, Picture, picture
from tests.support.shell import path_of


def beside(engine: Engine) -> dict[str, object]:
    """What has a command find this engine as if it were the machine's own."""
    plugins = shlex.quote(str(engine.plugins_dir))
    mounts = f"mount -t tmpfs tmpfs /run && mkdir -p /run/docker/plugins && mount --bind {plugins} /run/docker/plugins"
    shell = ["unshare", "--mount", "sh", "-c", f'{mounts} && exec "$@"', "sh"]
    within = ["nsenter", f"--net={path_of(engine.namespace)}", *shell]
    return {"within": within, **engine.environment(), "DOCKER_HOST": f"unix://{engine.socket}"}


def host(engine: Engine) -> Picture:
    """The engine's host. Docker puts its jump to DOCKER-USER in twice if two networks are made at the same moment."""
    found = picture(engine.namespace)
    return {what: [line for line in lines if "jump DOCKER-USER" not in line] for what, lines in found.items()}


def watch(engine: Engine, leftovers: Leftovers) -> None:
    leftovers.watch(f"engine {engine.version}", lambda: host(engine))
    leftovers.watch("plugins", lambda: {"sockets": sorted(path.name for path in engine.plugins_dir.iterdir())})
    leftovers.watch("networks", lambda: {"networks": engine.docker("network", "ls", "-q").stdout.split()})
    leftovers.watch("containers", lambda: {"containers": engine.docker("ps", "-aq").stdout.split()})


def end(course: CourseCommand) -> None:
    code, seconds = course.end(signal.SIGTERM)
    assert code == 0
    assert seconds < 20  # two on a machine that does nothing else


def test_an_exercise_is_judged_with_dockers_help_and_another_takes_its_place(engine: Engine, leftovers: Leftovers):
    watch(engine, leftovers)
    with course_command("exercise", "3", "--docker", **beside(engine)) as course:
        assert "this machine's Docker" in course.verdict("NOT PASSED")
        course.file().write_text(solution())
        course.verdict("PASSED")
        course.press("n")
        course.wait_for("Exercise 4: ")
        course.verdict("NOT PASSED", 2)
        end(course)


def test_each_attempt_at_the_first_exercise_has_a_plugin_name_that_docker_does_not_know(
    engine: Engine, leftovers: Leftovers
):
    watch(engine, leftovers)
    with course_command("exercise", "1", "--docker", **beside(engine)) as course:
        course.verdict("NOT PASSED")
        first = course.wait_for("Docker remembers what a plugin said first, so this one is now called ")
        course.file("01_activate").write_text(solution("01_activate"))
        course.verdict("PASSED")
        names = {line for line in course.lines if line.startswith(first.rpartition(" ")[0])}
        assert len(names) >= 2
        end(course)


def test_a_second_host_stands_beside_docker_where_an_exercise_needs_two(engine: Engine, leftovers: Leftovers):
    watch(engine, leftovers)
    with course_command("exercise", "11", "--docker", **beside(engine)) as course:
        course.verdict("NOT PASSED")
        course.file("11_vxlan").write_text(solution("11_vxlan"))
        assert "this machine's Docker" in course.verdict("PASSED")
        assert course.typed("docker", "-H", "beta", "network", "ls").returncode == 0
        end(course)
