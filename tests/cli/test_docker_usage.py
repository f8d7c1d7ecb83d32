"""A docker command that was typed wrongly: the words and exit codes of Docker's client 28.2, as recorded from it."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from workshop.cli import run

RUN = "docker run [OPTIONS] IMAGE [COMMAND] [ARG...]"
CREATE = "docker network create [OPTIONS] NETWORK"

RECORDED = [
    ("run --xyz img", 125, "unknown flag: --xyz", RUN, "Run"),
    ("run -Q img", 125, "unknown shorthand flag: 'Q' in -Q", RUN, "Run"),
    ("run -dQ img", 125, "unknown shorthand flag: 'Q' in -Q", RUN, "Run"),
    ("run --name", 125, "flag needs an argument: --name", RUN, "Run"),
    ("run -p", 125, "flag needs an argument: 'p' in -p", RUN, "Run"),
    ("run", 1, "docker: 'docker run' requires at least 1 argument", RUN, "See"),
    (
        "run --stop-timeout x img",
        125,
        'invalid argument "x" for "--stop-timeout" flag: strconv.ParseInt: parsing "x": invalid syntax',
        RUN,
        "Run",
    ),
    ("exec --xyz c ls", 125, "unknown flag: --xyz", "docker exec [OPTIONS] CONTAINER COMMAND [ARG...]", "Run"),
    (
        "exec c",
        1,
        "docker: 'docker exec' requires at least 2 arguments",
        "docker exec [OPTIONS] CONTAINER COMMAND [ARG...]",
        "See",
    ),
    (
        "create",
        1,
        "docker: 'docker create' requires at least 1 argument",
        "docker create [OPTIONS] IMAGE [COMMAND] [ARG...]",
        "See",
    ),
    (
        "rm",
        1,
        "docker: 'docker rm' requires at least 1 argument",
        "docker rm [OPTIONS] CONTAINER [CONTAINER...]",
        "See",
    ),
    ("logs a b", 1, "docker: 'docker logs' requires 1 argument", "docker logs [OPTIONS] CONTAINER", "Run"),
    ("ps extra", 1, "docker: 'docker ps' accepts no arguments", "docker ps [OPTIONS]", "Run"),
    (
        "stop -t x c",
        125,
        'invalid argument "x" for "-t, --timeout" flag: strconv.ParseInt: parsing "x": invalid syntax',
        "docker stop [OPTIONS] CONTAINER [CONTAINER...]",
        "Run",
    ),
    (
        "inspect",
        1,
        "docker: 'docker inspect' requires at least 1 argument",
        "docker inspect [OPTIONS] NAME|ID [NAME|ID...]",
        "See",
    ),
    ("network create --xyz a", 125, "unknown flag: --xyz", CREATE, "Run"),
    ("network create", 1, "docker: 'docker network create' requires 1 argument", CREATE, "Run"),
    ("network create a b", 1, "docker: 'docker network create' requires 1 argument", CREATE, "Run"),
    ("network ls extra", 1, "docker: 'docker network ls' accepts no arguments", "docker network ls [OPTIONS]", "Run"),
    (
        "network connect a",
        1,
        "docker: 'docker network connect' requires 2 arguments",
        "docker network connect [OPTIONS] NETWORK CONTAINER",
        "Run",
    ),
    ("version foo", 1, "docker: 'docker version' accepts no arguments", "docker version [OPTIONS]", "Run"),
    ("run -v", 125, "flag needs an argument: 'v' in -v", RUN, "Run"),
    (
        "run --mount type=volume img",
        125,
        'invalid argument "type=volume" for "--mount" flag: target is required',
        RUN,
        "Run",
    ),
    (
        "volume create a b",  # there, Docker says "SRun"
        1,
        "docker: 'docker volume create' requires at most 1 argument",
        "docker volume create [OPTIONS] [VOLUME]",
        "Run",
    ),
    ("volume ls x", 1, "docker: 'docker volume ls' accepts no arguments", "docker volume ls [OPTIONS]", "Run"),
    (
        "volume rm",
        1,
        "docker: 'docker volume rm' requires at least 1 argument",
        "docker volume rm [OPTIONS] VOLUME [VOLUME...]",
        "See",
    ),
]


@pytest.mark.parametrize(("typed", "code", "said", "usage", "verb"), RECORDED, ids=[row[0] for row in RECORDED])
def test_it_is_told_as_docker_tells_it(
    typed: str, code: int, said: str, usage: str, verb: str, capsys: pytest.CaptureFixture[str]
):
    assert run(["docker", *typed.split()]) == code
    told = capsys.readouterr()
    command = usage.partition(" [")[0].partition(" IMAGE")[0].partition(" NETWORK")[0]
    assert told.err == f"{said}\n\nUsage:  {usage}\n\n{verb} '{command} --help' for more information\n"
    assert told.out == ""


def test_a_flag_of_docker_itself_is_told_too(capsys: pytest.CaptureFixture[str]):
    assert run(["docker", "--xyz"]) == 125
    assert capsys.readouterr().err.startswith("unknown flag: --xyz\n\nUsage:  docker [OPTIONS] COMMAND")


@pytest.mark.parametrize(
    ("typed", "there"),
    [("docker images", " exec,"), ("docker network prune", " disconnect,"), ("docker volume prune", " inspect,")],
)
def test_a_command_that_is_not_here_is_told_with_those_that_are(
    typed: str, there: str, capsys: pytest.CaptureFixture[str]
):
    assert run(typed.split()) == 1
    told = capsys.readouterr().err
    assert told.startswith(f"docker: unknown command: {typed}\n") and there in told


@pytest.mark.parametrize("typed", ["docker", "docker network", "docker volume"])
def test_a_group_without_a_command_shows_its_help(typed: str, capsys: pytest.CaptureFixture[str]):
    assert run(typed.split()) == 0
    told = capsys.readouterr()
    assert told.out.startswith(f"Usage: python -m workshop {typed}") and "Commands:" in told.out
    assert told.err == ""


def test_nothing_that_is_suggested_waits_ten_seconds_without_saying_so() -> None:
    """Where a text of ours has `docker stop NAME` to be typed, it is with `-t 0`."""
    here = Path(__file__).parents[2]
    places = ("*.md", "docs/*.md", "exercises/**/*.md", "slides/**/*.md", "workshop/cli/*.py", "templates/**/*.html")
    waits = re.compile(r"docker (?:stop|restart) +(?!-)[\w<]")
    for path in (path for place in places for path in here.glob(place)):
        for line in path.read_text().splitlines():
            assert not waits.search(line), f"{path}: {line}"


@pytest.mark.parametrize("host", ["tcp://127.0.0.1:9", "ssh://root@elsewhere"])
def test_another_machines_engine_is_no_file_that_is_missing(capsys: pytest.CaptureFixture[str], host: str):
    assert run(["docker", "-H", host, "ps"]) == 2
    out, err = capsys.readouterr()
    told = f"This client does not go to {host}. -H takes only sockets (unix://…) and names of the lab's hosts.\n"
    assert (out, err) == ("", told)


def test_a_socket_may_be_given_as_its_address(capsys: pytest.CaptureFixture[str], tmp_path: Path):
    assert run(["docker", "-H", f"unix://{tmp_path}/none.sock", "ps"]) == 3
    assert capsys.readouterr().err.startswith(f"No engine answers at {tmp_path}/none.sock ")
