"""Lines fit the terminal: the breaks, and what people see in 40 and 60 columns."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.journal.story import Story
from workshop.cli import lines
from workshop.demo.whole import WHOLE
from workshop.journal import Journal

SENTENCE = "ProgramExternalConnectivity: the plugin lets the host's port lead to the container."
TYPED = [step.command for chapter in WHOLE for step in chapter.steps if not step.says]
COMMANDS = [*TYPED, "nft 'add set inet workshop x { type ifname; }'", 'a "b  c" d']


@pytest.mark.parametrize("width", [20, 33, 40, 60, 80, 200])
@pytest.mark.parametrize("indent", [0, 5, 7])
def test_a_sentence_keeps_its_words_and_fits(width: int, indent: int):
    parts = lines.prose(SENTENCE, width, indent).split("\n")
    assert all(len(part) <= width and part.startswith(" " * indent) for part in parts)
    assert "".join("".join(parts).split()) == SENTENCE.replace(" ", "")
    whole = [word for word in SENTENCE.split() if len(word) <= width - indent]
    assert set(whole) <= set(" ".join(parts).split())


def test_a_word_that_is_too_long_is_broken_and_nothing_of_it_lost():
    assert lines.prose("x" * 20, 10, 2).split("\n") == ["  xxxxxxxx", "  xxxxxxxx", "  xxxx"]
    assert lines.prose("ab " + "x" * 12, 10, 2).split("\n") == ["  ab", "  xxxxxxxx", "  xxxx"]


def test_without_a_width_nothing_is_changed():
    assert lines.prose("x" * 300, None, 3) == "   " + "x" * 300
    assert lines.command("y " * 100 + "z", None, 2) == "  " + "y " * 100 + "z"


def words(command: str) -> list[str]:
    """What a shell makes of it."""
    typed = ["sh", "-c", f"printf '%s\\0' {command.strip()}"]
    return subprocess.run(typed, capture_output=True, text=True, check=True).stdout.split("\0")


@pytest.mark.parametrize("width", [24, 40, 60, 80])
@pytest.mark.parametrize("command", COMMANDS)
def test_a_broken_command_is_the_same_for_a_shell(width: int, command: str):
    broken = lines.command(command, width, 5)
    inner = max(map(len, re.findall(r"'[^']*'|\"[^\"]*\"|\S+", command)))
    if inner <= width - 11:  # a quoted word is broken only if it fits nowhere
        assert words(broken) == words(command)
        assert all(len(line) <= width for line in broken.split("\n"))
    assert all(line.endswith(" \\") for line in broken.split("\n")[:-1])


def test_the_width_is_the_terminal_s_or_what_columns_says(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    assert lines.columns() is None  # pytest's stdout is no terminal
    monkeypatch.setenv("COLUMNS", "60")
    assert lines.columns() == 60
    monkeypatch.setenv("COLUMNS", "3")
    assert lines.columns() == lines.NARROWEST


def shown(columns: int, *arguments: str) -> str:
    """What a command prints on a terminal of that width."""
    return subprocess.run(
        [sys.executable, "-m", "workshop", *arguments],
        env={**os.environ, "COLUMNS": str(columns)},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stdout


@pytest.mark.parametrize("columns", [40, 60])
@pytest.mark.parametrize("arguments", [(), ("--help",), ("doctor",), ("demo", "--help")], ids=" ".join)
def test_what_to_do_next_help_and_doctor_fit(columns: int, arguments: tuple[str, ...]):
    width = max(columns, 50) if "--help" in arguments else columns  # click's help has at least 50
    assert [line for line in shown(columns, *arguments).splitlines() if len(line) > width] == []


@pytest.mark.lab
def test_the_talk_fits_and_says_the_same():
    text = shown(40, "demo", "--headless")
    assert [line for line in text.splitlines() if len(line) > 40] == []
    flat = re.sub(r"\s+", " ", text.replace("\\\n", ""))
    for chapter in WHOLE:
        assert chapter.sentence in flat
    for typed in TYPED:
        assert typed in flat


@pytest.mark.parametrize("columns", [40, 60])
def test_calls_fit_and_leave_nothing_out(columns: int, tmp_path: Path):
    story = Story()
    story.name()
    story.start(1)
    story.command(1, "ip link add wsb0123456789 mtu 1500 address 02:00:00:00:00:01 type bridge")
    story.command(1, "nft 'add set inet workshop within { type ifname . ifname; }; flush set inet workshop within'")
    story.finish(1, error="this went wrong, and there is a lot to say about it, more than fits on a line")
    journal = Journal(tmp_path / "journal.db")
    for event in story.events:
        journal.append(event.kind, event.data, event.call)
    journal.close()
    wide, narrow = (shown(width, "calls", "--journal", str(journal.path)) for width in (1000, columns))
    assert [line for line in narrow.splitlines() if len(line) > columns] == []
    assert re.sub(r"\s|\\\n", "", narrow) == re.sub(r"\s", "", wide)
