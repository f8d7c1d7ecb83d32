"""`calls` shows what is in a journal: of the plugin that runs, or of the one that ran last."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.journal.story import NETWORK, Story
from workshop import session
from workshop.cli import run
from workshop.journal import Journal

OTHER = "0" * 64


@pytest.fixture
def journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Journal]:
    """A journal with three calls: one that worked on `shop`, one that failed elsewhere, one that runs."""
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("NO_COLOR", "1")
    story, journal = Story(), Journal(tmp_path / "journal.db")
    story.name()
    story.start(1)
    story.command(1, "ip link add wsb1")
    story.finish(1)
    story.start(2, "NetworkDriver.Leave", network=OTHER)
    story.finish(2, "NetworkDriver.Leave", network=OTHER, error="broken")
    story.start(3)
    for event in story.events:
        journal.append(event.kind, event.data, event.call)
    yield journal
    journal.close()


def shown(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(["calls", *arguments]) == 0
    return capsys.readouterr().out


def numbers(text: str) -> list[int]:
    return [json.loads(line)["number"] for line in text.splitlines()]


def test_calls_reads_the_journal_of_the_running_session(journal: Journal, capsys: pytest.CaptureFixture[str]):
    session.write(command="demo", journal=journal.path, plugin="/p.sock")
    assert "#1 NetworkDriver.Join  network shop  container web" in shown(capsys)
    assert "curl --unix-socket /p.sock " in shown(capsys, "--format", "curl")
    session.remove()


def test_calls_reads_the_last_journal_when_nothing_runs(
    journal: Journal, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(session, "state_dir", lambda: tmp_path)
    assert numbers(shown(capsys, "--format", "json")) == [1, 2, 3]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), [1, 2, 3]),
        (("--errors",), [2]),
        (("--network", "shop"), [1, 3]),
        (("--network", NETWORK[:4]), [1, 3]),
        (("--network", OTHER), [2]),
        (("--network", "sho"), []),
        (("--network", ""), []),
        (("--last", "1"), [3]),
        (("--last", "0"), []),
        (("--last", "9"), [1, 2, 3]),
        (("--network", "shop", "--last", "1"), [3]),
        (("--network", "shop", "--errors"), []),
    ],
)
def test_calls_can_be_chosen(
    journal: Journal, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], expected: list[int]
):
    text = shown(capsys, "--journal", str(journal.path), "--format", "json", *arguments)
    assert numbers(text) == expected


def test_every_format_has_the_calls(journal: Journal, capsys: pytest.CaptureFixture[str]):
    texts = {
        form: shown(capsys, "--journal", str(journal.path), "--format", form) for form in ("text", "curl", "har", "sh")
    }
    assert "FAILED" in texts["text"] and "running" in texts["text"]
    assert texts["curl"].count("curl ") == 3
    assert len(json.loads(texts["har"])["log"]["entries"]) == 3
    assert "\nip link add wsb1\n" in texts["sh"]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("--journal", "/nowhere/journal.db"), 1, "There is no journal at /nowhere/journal.db. Start"),
        (("--format", "xml"), 2, "'xml' is not one of"),
        (("--last", "-1"), 2, "-1 is not in the range"),
        (("--follow", "--format", "har"), 2, "--format har makes one document and cannot follow."),
        (("--journal", __file__), 1, "cannot be read as a journal"),
    ],
)
def test_wrong_use_is_told_in_a_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], code: int, said: str
):
    assert run(["calls", *arguments]) == code
    assert said in capsys.readouterr().err


def follow(journal: Journal, *arguments: str) -> subprocess.Popen[str]:
    command = [
        sys.executable,
        "-m",
        "workshop",
        "calls",
        "--follow",
        "--journal",
        str(journal.path),
        *arguments,
    ]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_follow_shows_calls_as_they_finish_and_ends_at_ctrl_c(journal: Journal):
    with follow(journal, "--format", "json") as process:
        first = [json.loads(process.stdout.readline())["number"] for _ in range(2)]
        journal.append("call.finished", {"route": "NetworkDriver.Join", "status": 200}, 3)
        third = json.loads(process.stdout.readline())
        process.send_signal(signal.SIGINT)
        assert (process.wait(10), process.stderr.read()) == (0, "")
    assert first == [1, 2]
    assert (third["number"], third["state"], third["network"]) == (3, "done", NETWORK)


def test_follow_ends_when_nobody_reads_any_more_even_if_nothing_happens(journal: Journal):
    with follow(journal) as process:
        assert "#1" in process.stdout.readline()
        process.stdout.close()
        assert (process.wait(10), process.stderr.read()) == (0, "")


def test_follow_ends_when_the_lab_that_kept_the_journal_was_killed(journal: Journal, tmp_path: Path):
    code = "import sys, time; from workshop import session; session.write(command='demo', journal=sys.argv[1])"
    code += "; print(flush=True); time.sleep(600)"
    lab = subprocess.Popen([sys.executable, "-c", code, str(journal.path)], stdout=subprocess.PIPE)
    with lab:
        lab.stdout.readline()
        with follow(journal, "--format", "json") as process:
            assert json.loads(process.stdout.readline())["number"] == 1
            lab.kill()
            assert process.wait(30) == 0
            assert process.stderr.read() == "The session has ended.\n"


def test_follow_ends_when_the_session_has_taken_its_journal_away(journal: Journal):
    with follow(journal) as process:
        process.stdout.readline()
        journal.path.unlink()
        assert process.wait(10) == 0
        assert process.stderr.read() == "The session has ended and its journal is gone.\n"
