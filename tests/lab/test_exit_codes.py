"""Exit codes of `docker run` and `docker exec`, as three real engines gave them to Docker's client 28.2."""

from __future__ import annotations

import contextlib
import io
import signal
import subprocess
import sys
import time

import pytest

from tests.lab.inside import Bench, bench, in_lab
from tests.support.shell import until
from workshop.cli import run
from workshop.engine_api import EngineError

OLD, NEW = ("20.10", "26.1"), ("28.5",)

RECORDED = {
    "/tmp/plain": (126, 126, 126),
    "/tmp": (126, 126, 126),
    "/nosuch": (126, 127, 127),
    "nosuch": (126, 127, 127),
    "/tmp/script": (1, 255, None),
    "/tmp/foreign": (1, 255, None),
}
"""By command: `docker exec` on 20.10 and 26.1, `docker exec` on 28.5, `docker run` on all (None: as exec)."""

WORDS = {
    "/tmp/plain": "permission denied",
    "/tmp": "permission denied",
    "/nosuch": "no such file or directory",
    "nosuch": "executable file not found in $PATH",
    "/tmp/script": "exec /tmp/script: exec format error",
    "/tmp/foreign": "exec /tmp/foreign: no such file or directory",
}

MAKE = """
echo hi > /tmp/plain
echo 'echo hi' > /tmp/script; printf '#!/no/such\\n' > /tmp/foreign; chmod +x /tmp/script /tmp/foreign
"""


def typed(lab: Bench, *words: str) -> tuple[int, str]:
    """A docker command in a process of its own: exit code, and all that it said."""
    done = subprocess.run(
        [sys.executable, "-m", "workshop", "docker", "-H", str(lab.socket), *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        stdin=subprocess.DEVNULL,
        text=True,
        timeout=60,
        check=False,
    )
    return done.returncode, done.stdout


@pytest.mark.parametrize("version", OLD + NEW)
@in_lab
def test_what_cannot_be_started_ends_as_on_a_real_engine(version: str) -> None:
    with bench(version) as lab:
        lab.network("n", "10.9.0.0/24")
        lab.run("box", "n", "sh", "-c", f"{MAKE} exec sleep 600")
        assert until(lambda: lab.execute("box", "test", "-x", "/tmp/foreign")[0] == 0, 60)
        for command, (old, new, _) in RECORDED.items():
            code, said = typed(lab, "exec", "box", command)
            assert (command, code) == (command, old if version in OLD else new)
            assert WORDS[command] in said
        code, said = typed(lab, "exec", "-w", "/nosuch", "box", "pwd")
        assert code == (126 if version in OLD else 127)
        assert 'process: chdir to cwd ("/nosuch") set in config.json failed: no such file or directory' in said
        for command, (_, _, code) in RECORDED.items():
            if code is None or command == "/tmp/plain":
                continue  # a container's /tmp is its own
            found, said = typed(lab, "run", "--rm", "--net", "n", "busybox", command)
            assert (command, found) == (command, code) and WORDS[command] in said
        code, said = typed(lab, "run", "--rm", "--net", "n", "busybox", "/etc/passwd")
        assert code == 126 and "permission denied" in said


@in_lab
def test_a_detached_exec_that_cannot_be_started_is_refused() -> None:
    with bench() as lab:
        lab.network("n", "10.9.0.0/24")
        lab.run("box", "n")
        for command in ("nosuch", "/etc/passwd"):
            code, said = typed(lab, "exec", "-d", "box", command)
            assert code == 1 and said.startswith("Error response from daemon: OCI runtime exec failed: ")
        assert typed(lab, "exec", "-d", "box", "true") == (0, "")


@in_lab
def test_a_detached_run_tells_its_id_even_if_it_does_not_start() -> None:
    with bench() as lab:
        lab.network("n", "10.9.0.0/24")
        code, said = typed(lab, "run", "-d", "--name", "box", "--net", "n", "busybox", "nosuch")
        told = lab.api.get("/containers/box/json")
        assert code == 127 and said.startswith(f"{told['Id']}\ndocker: Error response from daemon: ")
        assert told["State"]["ExitCode"] == 127
        with pytest.raises(EngineError):
            lab.run("other", "n", "/etc/passwd")
        assert lab.api.get("/containers/other/json")["State"]["ExitCode"] == 126


@in_lab
def test_a_working_directory_must_be_absolute_and_that_of_the_lab_is_never_seen() -> None:
    with bench() as lab:
        code, said = typed(lab, "run", "--rm", "--net", "none", "-w", "rel", "busybox", "pwd")
        assert code == 125 and "the working directory 'rel' is invalid, it needs to be an absolute path" in said
        assert typed(lab, "run", "--rm", "--net", "none", "-w", "/nosuch", "busybox", "pwd") == (0, "/\n")
        assert typed(lab, "run", "--rm", "--net", "none", "-w", "/etc", "busybox", "pwd") == (0, "/etc\n")


@in_lab
def test_a_signal_that_is_none_is_refused_and_the_container_goes_on() -> None:
    with bench() as lab:
        lab.run("box", "none")
        for text in ("FOO", "0", "99", "-9"):
            code, said = typed(lab, "kill", f"--signal={text}", "box")
            assert code == 1 and f"Invalid signal: {text}" in said
        assert lab.api.get("/containers/box/json")["State"]["Running"]
        assert typed(lab, "kill", "-s", "9", "box") == (0, "box\n")


@in_lab
def test_other_refusals_of_docker_run_are_125_and_without_a_command_there_is_advice() -> None:
    with bench() as lab:
        lab.run("box", "none")
        for words in (["--net", "nonet", "busybox", "true"], ["--name", "box", "busybox", "true"], ["nginx"]):
            errors = io.StringIO()
            with contextlib.redirect_stderr(errors):
                assert run(["docker", "-H", str(lab.socket), "run", *words]) == 125
            assert errors.getvalue().startswith("docker: Error response from daemon: ")
        assert "as in `docker run nginx sleep 60`" in errors.getvalue()
        assert typed(lab, "run", "--rm", "--net", "none", "busybox", "sh", "-c", "exit 7") == (7, "")


@in_lab
def test_ctrl_c_goes_to_the_container_and_a_second_one_leaves_it() -> None:
    with bench() as lab:
        for name, script, twice, code in (
            ("listens", "trap 'exit 3' INT; echo ready; while :; do sleep 0.1; done", False, 3),
            ("ignores", "trap '' INT; echo ready; while :; do sleep 0.1; done", True, 130),
        ):
            command = ["run", "--name", name, "--net", "none", "busybox", "sh", "-c", script]
            with subprocess.Popen(
                [sys.executable, "-m", "workshop", "docker", "-H", str(lab.socket), *command],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            ) as process:
                assert process.stdout.readline() == "ready\n"
                process.send_signal(signal.SIGINT)
                if twice:
                    assert process.stderr.readline() == "\n"
                    assert process.stderr.readline().startswith("ignores has not answered Ctrl-C. Another one leaves")
                    process.send_signal(signal.SIGINT)
                _, said = process.communicate(timeout=60)
                assert process.returncode == code and "Traceback" not in said
        assert [lab.api.get(f"/containers/{name}/json")["State"]["Running"] for name in ("listens", "ignores")] == [
            False,
            True,
        ]


@in_lab
def test_stopping_what_does_not_listen_is_explained_while_it_lasts() -> None:
    with bench() as lab:
        lab.run("box", "none", "sh", "-c", "trap '' TERM; echo ready; while :; do sleep 0.1; done")
        assert until(lambda: typed(lab, "logs", "box") == (0, "ready\n"), 60)
        began = time.monotonic()
        code, said = typed(lab, "stop", "-t", "3", "box")
        assert time.monotonic() - began > 3
        assert (code, said) == (
            0,
            "box has not answered SIGTERM yet. It is killed after 3 seconds; `-t 0` does not wait.\nbox\n",
        )
        assert typed(lab, "rm", "box") == (0, "box\n")
