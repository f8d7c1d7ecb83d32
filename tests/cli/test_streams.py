"""Whatever stdout is (closed, full, read no further): no traceback, a right exit code, a clear sentence."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journal.story import Story
from workshop.journal import Journal

WORKSHOP = (sys.executable, "-m", "workshop")
SHOWING = [("drivers",), ("drivers", "bridge"), ("doctor",), ("doctor", "--json"), ("docker",), ("--help",), ()]


def in_shell(script: str, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """A script in which ``"$@"`` is our command with these arguments."""
    return subprocess.run(
        ["bash", "-c", script, "bash", *WORKSHOP, *arguments],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.fixture
def long_journal(tmp_path: Path) -> Path:
    """A journal of more calls than a pipe holds."""
    journal = Journal(tmp_path / "journal.db")
    story = Story()
    for number in range(1, 401):
        story.start(number)
        story.finish(number)
    for event in story.events:
        journal.append(event.kind, event.data, event.call)
    journal.close()
    return journal.path


@pytest.mark.parametrize("arguments", SHOWING, ids=" ".join)
def test_without_a_stdout_there_is_no_complaint(arguments: tuple[str, ...]):
    done = in_shell('"$@" >&-', *arguments)
    assert (done.returncode in (0, 3), done.stderr) == (True, "")


def test_without_any_stream_nothing_that_is_opened_takes_their_place(tmp_path: Path, long_journal: Path):
    done = in_shell('"$@" <&- >&- 2>&-', "calls", "--journal", str(long_journal))
    assert done.returncode == 0
    done = in_shell('"$@" <&- >&- 2>&-', "topology", "--journal", str(tmp_path / "none.db"))
    assert done.returncode == 1


@pytest.mark.parametrize("arguments", SHOWING, ids=" ".join)
def test_a_full_disk_is_told_in_a_sentence(arguments: tuple[str, ...]):
    done = in_shell('"$@" >/dev/full', *arguments)
    assert (done.returncode, done.stderr) == (1, "The output cannot be written (No space left on device).\n")


@pytest.mark.parametrize("form", ["text", "json", "curl", "har", "sh"])
def test_who_reads_no_further_is_told_nothing(long_journal: Path, form: str):
    script = '"$@" | head -1 >/dev/null; exit ${PIPESTATUS[0]}'
    done = in_shell(script, "calls", "--journal", str(long_journal), "--format", form)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.lab
def test_a_tour_that_nobody_reads_has_not_worked():
    done = in_shell('"$@" | head -1 >/dev/null; exit ${PIPESTATUS[0]}', "demo", "--headless")
    assert (done.returncode, done.stderr) == (1, "")


def test_ctrl_c_while_modules_are_still_loaded_is_no_traceback(tmp_path: Path):
    (tmp_path / "click.py").write_text("import time\nprint('loading', flush=True)\ntime.sleep(600)\n")
    path = os.pathsep.join([str(tmp_path), *sys.path])
    with subprocess.Popen(
        [*WORKSHOP, "doctor"],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout.readline() == "loading\n"
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60) == ("", "")
        assert process.returncode == -signal.SIGINT


def test_where_ctrl_c_is_ignored_it_stays_ignored():
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\n"
        "from workshop import cli\n"
        "cli.run = lambda *_: print(signal.getsignal(signal.SIGINT) is signal.SIG_IGN) or 0\n"
        "cli.main([])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout == "True\n"
