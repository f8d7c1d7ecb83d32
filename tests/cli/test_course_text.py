"""A verdict on the terminal: one card, the rest folded, readable without colour and on 60 columns; and the keys."""

from __future__ import annotations

import io
import os
import pty
import re
import termios
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import RenderableType

from workshop import resources
from workshop.cli import verdict_text
from workshop.cli.printed import Printed
from workshop.cli.screen import TOGETHER, Keys, Screen
from workshop.cli.teller import key_of
from workshop.course import slides
from workshop.journal import Event

FINDING = {
    "check": "up",
    "title": "The bridge is down",
    "expected": "br0 state up",
    "seen": "br0 state down",
    "why": "A link that is down forwards nothing, and the routes through it are not used by anybody on this host.",
    "docker": "Error response from daemon: remote: no\nway",
    "route": "NetworkDriver.CreateNetwork",
    "variant": "a network with IPv4",
    "file": "/home/ann/bench/03_create_network/handler.py",
    "line": 14,
    "slide": "create-network",
    "hint": 2,
    "missing": [{"name": "br1", "kind": "bridge", "host": "alpha", "master": None}],
    "left_over": [{"name": "veth0", "kind": "veth", "host": "alpha", "master": "br0"}],
    "passed": False,
}


def verdict(*findings: dict[str, Any], **more: Any) -> dict[str, Any]:
    reached = {"check": "up", "title": "the bridge is up", "variant": "a network with IPv4", "state": "passed"}
    return {
        "exercise": 3,
        "name": "create_network",
        "passed": not findings,
        "engine": "28.5",
        "duration_ms": 212,
        "findings": list(findings),
        "checks": [reached, {**reached, "state": "not reached"}],
        "checks_total": 14,
        "checks_passed": 9,
        "problem": None,
        "attempt": 3,
        "at": 1790000000.1,
        **more,
    }


def shown(what: RenderableType, width: int = 100, color: bool = False) -> str:
    return verdict_text.rendered(what, width, color).removesuffix("\n")


def test_the_first_finding_is_told_in_full():
    text = shown(verdict_text.verdict(verdict(FINDING), hints="press h"))
    assert text.splitlines()[0].startswith("NOT PASSED  9 of 14 checks  exercise 3, Docker 28.5, 212 ms, ")
    assert "  The bridge is down\n" in text
    rows = dict(re.findall(r"^    (\S+(?: \S+)?)  +(\S.*)$", text, re.MULTILINE))
    assert rows["when"] == "a network with IPv4"
    assert rows["call"] == "NetworkDriver.CreateNetwork"
    assert rows["expected"] == "br0 state up"
    assert rows["seen"] == "br0 state down"
    assert rows["missing"] == "bridge br1 on alpha"
    assert rows["left over"] == "veth veth0 of br0 on alpha"
    assert rows["why"].startswith("A link that is down forwards nothing")
    assert rows["Docker said"] == "Error response from daemon: remote: no"
    assert rows["read on"] == "slide create-network, hint 2 (press h)"
    assert "    look at /home/ann/bench/03_create_network/handler.py:14\n" in text


def test_a_slide_is_named_where_the_deck_has_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "README.md").write_text('id="join"')
    (tmp_path / "deck.md").write_text('!SLIDE\n<!-- .slide: id="create-network" -->\n# CreateNetwork\n')
    monkeypatch.setattr(resources, "path", lambda folder: tmp_path)
    assert slides.names() == {"create-network"}
    data = verdict(FINDING)
    assert "read on      slide create-network, hint 2\n" in shown(verdict_text.verdict(data))
    data["findings"][0] = {**FINDING, "slide": "join"}
    assert "read on      hint 2\n" in shown(verdict_text.verdict(data))


def test_where_to_look_is_never_broken_or_cut():
    data = verdict({**FINDING, "file": f"/{'long/' * 30}handler.py"})
    assert f"/{'long/' * 30}handler.py:14" in shown(verdict_text.verdict(data), 60)


def test_a_file_below_the_current_folder_is_told_by_its_way_from_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    assert verdict_text.place(str(tmp_path / "bench" / "handler.py"), 3) == "bench/handler.py:3"
    monkeypatch.chdir("/")
    assert verdict_text.place(str(tmp_path / "handler.py"), None) == str(tmp_path / "handler.py")


def test_further_findings_are_folded_and_the_same_ones_counted():
    others = [{**FINDING, "variant": f"variant {number}"} for number in range(3)]
    more = [{**FINDING, "title": f"Fault {number}", "variant": ""} for number in range(8)]
    text = shown(verdict_text.verdict(verdict(FINDING, *others, {**FINDING, "title": "Alone"}, *more)))
    assert text.count("expected") == 1
    assert "    also: The bridge is down (in 3 scenarios)\n" in text
    assert "    also: Alone (a network with IPv4)\n" in text
    assert "    also: Fault 3\n" in text and "Fault 4" not in text
    assert "    also: 4 more findings\n" in text
    assert text.endswith("    1 check was not reached")


def test_what_this_machine_cannot_judge_is_said():
    data = verdict(notes=["This kernel has no ipvlan."])
    data["checks"] += [{**data["checks"][0], "state": "not judged"}] * 2
    text = shown(verdict_text.verdict(data))
    assert text.startswith("PASSED  9 of 14 checks")
    assert "    This kernel has no ipvlan.\n    2 checks were not judged on this machine" in text


def test_what_passed_says_what_is_next():
    text = shown(verdict_text.verdict(verdict(), next_text="Next it goes.", next_command="workshop exercise 4"))
    assert text.startswith("PASSED  9 of 14 checks")
    assert "    Next it goes.\n    Next: workshop exercise 4" in text


def test_a_part_is_named_and_of_several_which_have_passed():
    assert "exercise 3, bug_2, Docker 28.5" in shown(verdict_text.verdict(verdict(part="bug_2")))
    other = {**FINDING, "file": "/home/ann/bench/15_bug_hunt/bug_3.py", "title": "Of another part"}
    same = {**FINDING, "title": "Of the same part"}
    parts = [{"part": "bug_1", "passed": True}, {"part": "bug_2", "passed": False}, {"part": "bug_3", "passed": False}]
    text = shown(verdict_text.verdict(verdict(FINDING, same, other, parts=parts)))
    assert text.splitlines()[1] == "    1 of 3 parts: ✓ bug_1  ✕ bug_2  ✕ bug_3"
    assert "also: Of the same part" in text
    assert "Of another part" not in text and "not reached" not in text


def test_a_hint_says_whose_it_is():
    told = {"text": "Look.", "number": 1, "total": 3}
    assert shown(verdict_text.hint(told)).startswith("Hint 1 of 3  2 more")
    assert shown(verdict_text.hint({**told, "part": "bug_2"})).startswith("Hint 1 of 3 for bug_2  2 more")


def test_the_lines_of_a_solution_are_left_to_the_terminal_to_break():
    diff = "@@ -1 +1 @@\n-" + "old " * 40 + "\n+" + "new " * 40 + "end"
    assert shown(verdict_text.solution({"diff": diff}), 40) == "\n".join(map(str.rstrip, diff.split("\n")))


def test_how_far_one_is_counts_parts():
    row = {"number": 15, "name": "bug_hunt", "title": "Six drivers", "state": "begun", "parts": 6, "done": 2}
    assert "Six drivers, 2 of 6" in shown(verdict_text.progress([row], 80))


def test_a_fault_of_the_machine_blames_nobody():
    text = shown(verdict_text.verdict(verdict(problem="nft is missing. Install it.", passed=False)))
    assert text.startswith("NOT JUDGED")
    assert "    nft is missing. Install it." in text


def test_what_the_learner_should_know_of_this_judgement_is_said():
    text = shown(verdict_text.verdict(verdict(notes=["The plugin is now called workshop2."])))
    assert text.splitlines()[1] == "    The plugin is now called workshop2."


@pytest.mark.parametrize("width", [40, 60, 80])
def test_it_fits_narrow_terminals(width: int):
    text = shown(verdict_text.verdict(verdict(FINDING, {**FINDING, "title": "x" * 100})), width)
    place = "/home/ann/bench/03_create_network/handler.py:14"
    assert not [line for line in text.splitlines() if len(line) > width and place not in line]
    assert "used by anybody on this host." in re.sub(r"\s+", " ", text)


def test_nothing_that_learners_or_docker_wrote_steers_the_terminal():
    bad = "\x1b[2J\x07[bold red]x[/] :smile:"
    finding = {name: bad if isinstance(value, str) else value for name, value in FINDING.items()}
    text = shown(verdict_text.verdict(verdict(finding, finding)), color=True)
    plain = re.sub(r"\x1b\[[\d;]*m", "", text)
    assert "\x1b" not in plain and "\x07" not in plain
    assert "[bold red]x[/] :smile:" in plain


# -- what the code printed


def printed(*events: tuple[str, int | None, dict[str, Any]]) -> Printed:
    found = Printed()
    for number, (kind, call, data) in enumerate(events, 1):
        found.take(Event(number, 0.0, kind, call, data))
    return found


def output(call: int | None, text: str, stream: str = "stdout") -> tuple[str, int | None, dict[str, Any]]:
    return "output", call, {"stream": stream, "text": text}


def started(call: int) -> tuple[str, int | None, dict[str, Any]]:
    return "call.started", call, {"route": "NetworkDriver.CreateNetwork"}


def scenario(title: str) -> tuple[str, int | None, dict[str, Any]]:
    return "docker", None, {"did": title, "variant": title}


def test_what_was_printed_is_shown_with_its_call_and_of_the_scenario_that_failed():
    found = printed(
        scenario("first"),
        started(4),
        output(4, "in the first"),
        scenario("a network with IPv4"),
        started(7),
        output(7, "in the second"),
        output(7, "Traceback", "traceback"),
    )
    text = shown(found.shown(verdict(FINDING)))
    assert text == ("printed by call #7 CreateNetwork\n    in the second\n    Traceback\n1 more call printed something")
    found.clear()
    assert found.shown(verdict(FINDING)) is None


def test_what_other_scenarios_printed_is_not_put_beside_the_first_finding():
    found = printed(scenario("another"), started(4), output(4, "Traceback", "traceback"))
    assert shown(found.shown(verdict(FINDING))) == "1 other call printed something"


def test_the_same_lines_are_shown_once():
    found = printed(
        scenario("a network with IPv4"),
        *(event for call in (1, 2, 3) for event in (started(call), output(call, "hello"))),
    )
    assert shown(found.shown(verdict(FINDING))) == (
        "printed by call #1 CreateNetwork, and the same in 2 more\n    hello"
    )


def test_much_output_is_cut_in_the_middle():
    found = printed(scenario("a network with IPv4"), started(1), *(output(1, f"line {n}") for n in range(500)))
    text = shown(found.shown(verdict(FINDING)))
    assert "    line 0\n" in text and text.endswith("line 499")
    assert "    … 480 more lines\n" in text


def test_long_lines_are_cut():
    found = printed(scenario("a network with IPv4"), started(1), output(1, "x" * 1000))
    assert "x… (760 more characters)" in re.sub(r"\s+", " ", shown(found.shown(verdict(FINDING))))


def test_what_is_printed_while_the_file_is_loaded_is_shown_as_such():
    found = printed(output(None, "hello"))
    assert shown(found.shown(verdict({**FINDING, "variant": None}))) == (
        "printed by the file as it was loaded\n    hello"
    )


def test_where_all_passed_the_exceptions_that_a_scenario_wanted_are_not_shown():
    found = printed(scenario("impossible"), started(1), output(1, "Traceback", "traceback"))
    assert found.shown(verdict()) is None


# -- the screen


class Terminal(io.StringIO):
    """Stands in for a terminal."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def last_line(text: str) -> str:
    return text.rsplit("\r\x1b[K", 1)[-1]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Terminal:
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm")
    return Terminal()


def test_the_keys_stay_below_what_is_said(terminal: Terminal):
    screen = Screen(terminal)
    screen.status("n next")
    screen.say("hello")
    assert terminal.getvalue() == "\r\x1b[Kn next" + "\r\x1b[Khello\n" + "\r\x1b[Kn next"
    screen.end()
    assert terminal.getvalue().endswith("\r\x1b[K")


def test_the_keys_never_take_more_than_their_line(terminal: Terminal):
    screen = Screen(terminal)
    screen.status("x" * 100)
    assert last_line(terminal.getvalue()) == "x" * 39


def test_where_not_all_keys_fit_whole_ones_are_left_out_and_quit_stays(terminal: Terminal):
    Screen(terminal).status("judging …  n next  h hint  r rerun  s solution  l list  q quit")
    assert last_line(terminal.getvalue()) == "judging …  n next  h hint  q quit"


def test_an_address_is_never_broken(terminal: Terminal):
    Screen(terminal).say("Ready: dashboard at http://127.0.0.1:8600/#token=" + "x" * 100)
    assert "x" * 100 in terminal.getvalue()


def test_without_a_terminal_there_are_no_keys_and_no_colours():
    page = io.StringIO()
    screen = Screen(page)
    screen.status("n next")
    screen.say(verdict_text.verdict(verdict(FINDING)))
    assert "n next" not in page.getvalue() and "\x1b" not in page.getvalue()


def test_whoever_stopped_reading_does_not_end_the_program(terminal: Terminal):
    screen = Screen(terminal)
    terminal.close()
    screen.say("hello")


# -- keys


@pytest.fixture
def line() -> Iterator[tuple[int, Any]]:
    """A terminal's two ends: the keyboard, and what the program reads."""
    keyboard, side = pty.openpty()
    with os.fdopen(side, "rb", buffering=0) as stream:
        yield keyboard, stream
    os.close(keyboard)


def test_each_key_is_heard_at_once_and_unseen(line: tuple[int, Any]):
    keyboard, stream = line
    before = termios.tcgetattr(stream)
    with Keys(stream) as keys:
        assert keys.terminal
        for typed, heard in ((b"h", ["h"]), (b"N", ["n"]), (b"ss", ["s", "s"]), (b" ", [])):
            os.write(keyboard, typed)
            assert keys.pressed(5) == heard
        os.write(keyboard, b"\x1b[A")
        assert keys.pressed(5) == []
        os.write(keyboard, b"\x04")
        assert keys.pressed(5) == ["q"]
        assert keys.pressed(0.01) == []
    assert termios.tcgetattr(stream) == before


def test_a_terminal_that_is_not_ours_is_left_alone(line: tuple[int, Any]):
    keyboard, stream = line
    before = termios.tcgetattr(stream)
    with Keys(stream, wanted=False) as keys:
        assert termios.tcgetattr(stream) == before
        os.write(keyboard, b"q")
        assert keys.pressed(0.01) == []


def test_a_word_typed_on_a_terminal_is_no_row_of_keys(line: tuple[int, Any]):
    keyboard, stream = line
    with Keys(stream) as keys:
        os.write(keyboard, b"reset\n")
        assert keys.pressed(5) == ["reset"]
        typing = threading.Thread(
            target=lambda: [
                (time.sleep(TOGETHER / 10), os.write(keyboard, letter)) for letter in (b"h", b"e", b"l", b"p")
            ]
        )
        typing.start()
        assert keys.pressed(5) == ["help"]
        typing.join()


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("h", "h"), ("hint", "h"), ("next", "n"), ("rerun", "r"), ("solution", "s"), ("list", "l"), ("quit", "q")]
    + [(word, word) for word in ("help", "reset", "hin", "hints", "x", "n next")],
)
def test_a_key_is_its_letter_or_its_whole_name(typed: str, meant: str):
    assert key_of(typed) == meant


def test_from_a_pipe_each_line_is_a_key_or_a_word():
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as stream, Keys(stream) as keys:
        assert not keys.terminal
        os.write(writing, b"next\n\nh")
        assert keys.pressed(5) == ["next"]
        os.write(writing, b"elp\n q\n")
        assert keys.pressed(5) == ["help", "q"]
        os.close(writing)
        assert keys.pressed(5) == []
        assert keys.pressed(0.01) == []
