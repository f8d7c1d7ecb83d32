"""`serve` that is refused: the exit code says whose fault it is, and nothing is left of it."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.shell import path_of
from workshop.cli import run
from workshop.cli.fresh import Fresh
from workshop.kernel.namespaces import Namespace

PORT = 8600


class Place:
    """A network namespace and a folder, in which ``serve`` is typed."""

    def __init__(self, home: Path, namespace: Namespace) -> None:
        self.home, self._namespace = home, namespace
        (home / "run").mkdir(mode=0o700)

    def started(self, *options: str) -> subprocess.Popen[str]:
        """A process of ``serve`` with the folder's plugin folder and these options."""
        return subprocess.Popen(
            [
                *("nsenter", f"--net={path_of(self._namespace)}", sys.executable, "-m", "workshop", "serve"),
                *("--plugin-dir", str(self.home / "plugins"), "--spec-dir", str(self.home / "specs"), *options),
            ],
            env={**os.environ, "XDG_RUNTIME_DIR": str(self.home / "run")},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def typed(self, *options: str) -> tuple[int, str]:
        """Exit code and output of ``serve`` with these options."""
        with self.started(*options) as process:
            try:
                return process.wait(30), process.stdout.read()
            finally:
                process.kill()

    @contextlib.contextmanager
    def running(self, *options: str) -> Iterator[subprocess.Popen[str]]:
        """A ``serve`` that is ready."""
        with self.started(*options) as process:
            try:
                line = process.stdout.readline()
                assert line.startswith("Ready: "), line + process.stdout.read()
                yield process
            finally:
                process.kill()

    def made(self) -> set[str]:
        """What there is in the folder, but for what helps to find sessions."""
        return {str(path.relative_to(self.home)) for path in self.home.rglob("*")} - {
            "run",
            "run/docker-network-workshop",
            "run/docker-network-workshop/sessions",
        }


@pytest.fixture
def place() -> Iterator[Place]:
    namespace = Namespace.create()
    subprocess.run(["nsenter", f"--net={path_of(namespace)}", "ip", "link", "set", "lo", "up"], check=True)
    with tempfile.TemporaryDirectory(prefix="ws-") as home:  # a socket's path must be short
        yield Place(Path(home), namespace)
    namespace.close()


@pytest.mark.parametrize(
    "arguments",
    [
        ("--driver", "none"),
        ("--listen", "http://127.0.0.1:1"),
        ("--listen", "tcp://127.0.0.1:70000"),
        ("--listen", "tcp://127.0.0.1"),
        ("--dashboard", "8600x"),
        ("--dashboard", "192.0.2.1:8600"),
        ("--dashboard", "elsewhere.example:8600"),
        ("--name", "a/b"),
        ("--scope", "wide"),
    ],
)
def test_arguments_are_looked_at_before_anything_is_made_or_needed(
    arguments: tuple[str, ...], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / "none"))
    folders = [f"--{name}-dir={tmp_path / name / 'deep'}" for name in ("state", "plugin", "spec")]
    assert run(["serve", *folders, *arguments]) == 2
    said = capsys.readouterr()
    assert said.out == "" and len(said.err.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.kernel
def test_a_plugin_of_that_name_is_running_already(place: Place):
    with place.running("--state-dir", str(place.home / "state"), "--no-dashboard") as first:
        before = place.made()
        code, said = place.typed("--state-dir", str(place.home / "new" / "state"), "--no-dashboard")
        assert (code, place.made()) == (3, before)
        assert said.startswith("Another plugin answers at ") and len(said.splitlines()) == 1
        first.terminate()
        assert first.wait(10) == 0


@pytest.mark.kernel
def test_the_store_is_in_use_already(place: Place):
    state = ("--state-dir", str(place.home / "state"), "--no-dashboard")
    with place.running(*state) as first:
        before = place.made()
        code, said = place.typed(*state, "--name", "other")
        assert (code, place.made()) == (3, before)
        assert "store.db cannot be used (database is locked)" in said and len(said.splitlines()) == 1
        first.send_signal(signal.SIGINT)
        assert first.wait(10) == 0


@pytest.mark.kernel
def test_the_dashboard_s_port_is_taken(place: Place):
    with place.running("--state-dir", str(place.home / "state"), "--dashboard", f"127.0.0.1:{PORT}"):
        before = place.made()
        new = ("--name", "other", "--state-dir", str(place.home / "new"))
        code, said = place.typed(*new, "--dashboard", f"127.0.0.1:{PORT}")
        assert (code, place.made()) == (3, before)
        assert f"The dashboard cannot listen on 127.0.0.1:{PORT} (" in said


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--log-file", "/nowhere/log"), "/nowhere/log cannot be written"),
        (("--plugin-dir", "/proc/nowhere"), "The socket /proc/nowhere/workshop.sock cannot be made"),
        (("--listen", "tcp://192.0.2.77:99"), "192.0.2.77:99 cannot be listened on"),
        (("--state-dir", "/proc/nowhere"), "The folder /proc/nowhere cannot be used"),
    ],
)
def test_what_this_machine_cannot_leaves_nothing(place: Place, arguments: tuple[str, ...], said: str):
    state = ("--state-dir", str(place.home / "deep" / "state"), "--no-dashboard")
    code, told = place.typed(*state, *arguments)
    assert (code, place.made()) == (3, set())
    assert told.startswith(said) and len(told.splitlines()) == 1


@pytest.mark.kernel
@pytest.mark.parametrize("name", ["journal.db", "store.db"])
def test_a_file_that_is_none_of_ours_is_told_and_stays(place: Place, name: str):
    state = place.home / "state"
    state.mkdir()
    (state / name).write_text("this is something else entirely, and it is long enough to be a database's head")
    code, told = place.typed("--state-dir", str(state), "--no-dashboard")
    assert code == 3 and "Traceback" not in told and name in told
    assert (state / name).read_text().startswith("this is something else")
    (state / name).unlink()
    (state / name).mkdir()
    code, told = place.typed("--state-dir", str(state), "--no-dashboard")
    assert code == 3 and "mistake" not in told and (state / name).is_dir()


@pytest.mark.kernel
def test_a_session_that_cannot_be_found_by_others_is_a_warning_in_the_log(place: Place):
    (place.home / "run" / "docker-network-workshop").touch()
    with place.running("--state-dir", str(place.home / "state"), "--no-dashboard") as process:
        line = process.stdout.readline()
        assert "cannot find this session by themselves" in line, line


def test_only_folders_that_were_made_are_removed_and_only_if_the_start_was_refused(tmp_path: Path):
    old, new = tmp_path / "old", tmp_path / "a" / "b" / "new"
    old.mkdir()
    (old / "journal.db").touch()
    with Fresh(old, new):
        new.mkdir(parents=True)
        for name in ("journal.db", "journal.db-wal", "store.db"):
            (new / name).touch()
    assert [path.name for path in tmp_path.iterdir()] == ["old"] and (old / "journal.db").exists()
    with Fresh(new):
        new.mkdir(parents=True)
        (new / "notes.txt").touch()
    assert (new / "notes.txt").exists()
    with Fresh(tmp_path / "kept") as fresh:
        (tmp_path / "kept").mkdir()
        fresh.keep()
    assert (tmp_path / "kept").is_dir()


def test_two_cannot_have_the_same_port_even_if_neither_answers_yet():
    from workshop.cli.address import bind
    from workshop.errors import CannotHere

    (host, port), first = bind("127.0.0.1:0")
    with first, pytest.raises(CannotHere, match=f"cannot listen on 127.0.0.1:{port} "):
        bind(f"{host}:{port}")
