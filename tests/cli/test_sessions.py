"""Where several sessions run, a command takes the newest, says so, and can be told another."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from workshop import session
from workshop.cli import run
from workshop.cli.sessions import chosen
from workshop.errors import UsageError

NOBODY = 2**22 + 1
"""A number that no process has."""


@pytest.fixture(autouse=True)
def runtime(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.delenv("WORKSHOP_SESSION", raising=False)
    monkeypatch.delenv("WORKSHOP_DOCKER", raising=False)
    return tmp_path


@contextlib.contextmanager
def sessions(*several: dict[str, Any]) -> Iterator[list[int]]:
    """Living processes, one after the other, each with a session of these fields; their numbers."""
    code = "import json, sys, time; from workshop import session; session.write(**json.loads(sys.argv[1]))"
    code += "; print(flush=True); time.sleep(600)"
    with contextlib.ExitStack() as stack:
        pids = []
        for fields in several:
            command = [sys.executable, "-c", code, json.dumps(fields)]
            process = stack.enter_context(subprocess.Popen(command, stdout=subprocess.PIPE))
            stack.callback(process.kill)
            process.stdout.readline()
            pids.append(process.pid)
        yield pids


def test_one_session_is_taken_without_a_word(capsys: pytest.CaptureFixture[str]):
    with sessions({"command": "demo", "engine": "/e"}) as (pid,):
        assert chosen(None, "engine")["pid"] == pid
    assert capsys.readouterr().err == ""
    assert chosen(None, "engine") is None


def test_of_two_the_newest_is_taken_and_the_other_named(capsys: pytest.CaptureFixture[str]):
    with sessions({"command": "demo", "engine": "/e"}, {"command": "serve", "engine": "/f"}) as (first, second):
        assert chosen(None, "engine")["engine"] == "/f"
        said = capsys.readouterr()
        assert said.out == ""
        assert said.err == (
            f"2 sessions run. This is the newest, serve {second}; the others: demo {first}. "
            "`--session PID` or WORKSHOP_SESSION=PID chooses.\n"
        )
        assert chosen(first, "engine")["engine"] == "/e"
        assert capsys.readouterr().err == ""


def test_a_session_without_what_is_needed_is_passed_over(capsys: pytest.CaptureFixture[str]):
    with sessions({"command": "demo", "engine": "/e"}, {"command": "serve", "journal": "/j"}) as (_, second):
        assert chosen(None, "engine")["engine"] == "/e"
        assert capsys.readouterr().err == ""
        with pytest.raises(UsageError, match=f"^No session {second} with an engine runs. These do: demo "):
            chosen(second, "engine")


@pytest.mark.parametrize(
    ("command", "code"), [(("calls",), 2), (("topology",), 2), (("docker", "ps"), 2), (("docker", "network", "ls"), 2)]
)
def test_a_session_that_does_not_run_is_told_by_every_command(
    command: tuple[str, ...], code: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
):
    told = f"No session {NOBODY} with "
    assert run([command[0], "--session", str(NOBODY), *command[1:]]) == code
    assert told in capsys.readouterr().err
    monkeypatch.setenv("WORKSHOP_SESSION", str(NOBODY))
    assert run(list(command)) == code
    assert told in capsys.readouterr().err


def test_what_is_no_number_is_no_session(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch):
    told = "'abc' is no session: --session and WORKSHOP_SESSION take the number of a process\n"
    assert run(["docker", "--session", "abc", "ps"]) == 125
    assert capsys.readouterr().err.startswith(told)
    monkeypatch.setenv("WORKSHOP_SESSION", "abc")
    assert run(["docker", "ps"]) == 125
    assert capsys.readouterr().err.startswith(told)


def test_an_engine_that_is_named_needs_no_session(runtime: Path, capsys: pytest.CaptureFixture[str]):
    assert run(["docker", "--session", str(NOBODY), "-H", str(runtime / "none.sock"), "ps"]) == 3
    assert "No engine answers" in capsys.readouterr().err


def test_calls_of_the_session_that_was_chosen(runtime: Path, capsys: pytest.CaptureFixture[str]):
    from workshop.journal import Journal

    for name in ("one", "two"):
        journal = Journal(runtime / f"{name}.db")
        journal.append("call.started", {"route": f"Route.{name}", "host": "alpha"}, 1)
        journal.close()
    fields = [{"command": "demo", "journal": str(runtime / f"{name}.db")} for name in ("one", "two")]
    with sessions(*fields) as (first, second):
        assert run(["calls", "--format", "json"]) == 0
        assert json.loads(capsys.readouterr().out)["route"] == "Route.two"
        assert run(["calls", "--format", "json", "--session", str(first)]) == 0
        assert json.loads(capsys.readouterr().out)["route"] == "Route.one"
        os.kill(second, 9)
        os.waitpid(second, 0)
        assert run(["calls", "--format", "json"]) == 0
        said = capsys.readouterr()
        assert json.loads(said.out)["route"] == "Route.one" and said.err == ""


def test_without_any_session_it_is_said_how_to_get_one(
    runtime: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(session, "state_dir", lambda: runtime / "none")
    assert run(["calls"]) == 1
    assert "No session of yours runs, and none has left its journal. Start " in capsys.readouterr().err
