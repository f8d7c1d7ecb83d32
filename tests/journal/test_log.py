"""The terminal log: blocks that stay readable whatever happens at once, and whatever is in them."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import threading
import time
import unicodedata

import pytest

from tests.journal.story import ENDPOINT, NETWORK, Story
from workshop.errors import UsageError
from workshop.journal import Event
from workshop.journal.log import TerminalLog

HOSTILE = "[bold red]x[/] \x1b[2J\x1b]0;title\x07 \x9b31m \u202egnp \r\n\x00 \ud800 \U000e0041"


def log_of(story: Story, **how: object) -> str:
    stream = io.StringIO()
    log = TerminalLog(stream, **how)
    for event in story.events:
        log(event)
    log.close()
    return stream.getvalue()


def test_a_finished_call_is_one_block_with_all_that_was_done(story: Story):
    story.name()
    story.start(5, sandbox="/var/run/docker/netns/1")
    story.command(5, "ip link set wsh1 up")
    story.tell("output", 5, stream="stdout", text="one\ntwo")
    story.finish(5, answer={"Gateway": "10.9.0.1"}, duration_ms=12.34, waited_ms=3.0)
    text = re.sub(r"\d\d:\d\d:\d\d", "HH:MM:SS", log_of(story))
    assert text.splitlines() == [
        "HH:MM:SS.123 #5 NetworkDriver.Join  network shop  container web  host left  done in 12 ms, "
        "after waiting 3.00 ms",
        '    request  {"NetworkID": "56aaf7d6a1c0…", "EndpointID": "1738df3e5a7c…"}',
        "    $ ip link set wsh1 up   0.50 ms",
        "    printed  one",
        "    printed  two",
        '    answer   {"Gateway": "10.9.0.1"}',
    ]


def test_a_call_about_a_volume_names_it(story: Story):
    story.start(1, "VolumeDriver.Mount", request={"Name": "data", "ID": "1"}, network=None, endpoint=None)
    story.finish(1, "VolumeDriver.Mount", network=None, endpoint=None, answer={"Mountpoint": "/data"})
    assert "VolumeDriver.Mount  volume data  host left  done" in log_of(story)


def test_an_error_is_told_in_words_not_only_in_red(story: Story):
    story.start(1)
    story.command(1, "ip link add wsb1", error="Operation not permitted")
    story.finish(1, error="no such parent: eth7", answer={"Err": "no such parent: eth7"}, status=200)
    plain, colored = log_of(story), log_of(story, color=True)
    for text in (plain, re.sub(r"\x1b\[[0-9;]*m", "", colored)):
        assert "FAILED (status 200)" in text
        assert "ERROR    no such parent: eth7" in text
        assert "failed: Operation not permitted" in text
    assert "\x1b" not in plain
    assert "\x1b[1;31mFAILED" in colored


def test_calls_at_the_same_time_do_not_mix(story: Story):
    story.start(1)
    story.start(2)
    story.command(1, "ip link add a")
    story.command(2, "ip link add b")
    story.finish(2)
    story.command(1, "ip link add c")
    story.finish(1)
    lines = [line for line in log_of(story).splitlines() if "#" in line or "$" in line]
    assert [re.search(r"#\d|add .", line)[0] for line in lines] == ["#2", "add b", "#1", "add a", "add c"]


def test_blocks_of_many_threads_are_written_whole():
    class Slow(io.StringIO):
        def write(self, text: str) -> int:
            time.sleep(0.001)
            return super().write(text)

    stream, stories = Slow(), [Story() for _ in range(8)]
    log = TerminalLog(stream)
    for number, story in enumerate(stories, 1):
        story.start(number)
        story.command(number, f"ip link add of{number}")
        story.finish(number, answer={"of": number})
    threads = [threading.Thread(target=lambda s=s: [log(event) for event in s.events]) for s in stories]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 8 * 4
    for first in range(0, len(lines), 4):
        number = re.search(r"#(\d)", lines[first])[1]
        assert f"of{number}" in lines[first + 2] and f'"of": {number}' in lines[first + 3]


def test_a_call_that_takes_long_is_announced_and_a_quick_one_is_not(story: Story):
    stream = io.StringIO()
    log = TerminalLog(stream, early=0.05)
    log(story.start(1))
    log(story.start(2))
    log(story.finish(2))
    deadline = time.monotonic() + 5
    while "running" not in stream.getvalue() and time.monotonic() < deadline:
        time.sleep(0.01)
    log(story.finish(1))
    log(story.start(3))
    log(story.finish(3))
    time.sleep(0.15)
    log.close()
    states = re.findall(r"#(\d) .*?(running|done)", stream.getvalue())
    assert states == [("2", "done"), ("1", "running"), ("1", "done"), ("3", "done")]


def test_hostile_text_is_shown_and_does_nothing(story: Story):
    story.name(network=HOSTILE, container=HOSTILE)
    story.start(1, route=f"/{HOSTILE}", request={HOSTILE: HOSTILE}, host=HOSTILE)
    story.command(1, f"ip link add {HOSTILE}", error=HOSTILE)
    story.tell("output", 1, stream="stdout", text=HOSTILE)
    story.finish(1, route=f"/{HOSTILE}", error=HOSTILE, answer={"Err": HOSTILE})
    story.start(2, request=None, raw=HOSTILE)
    story.finish(2, status=400)
    story.tell("notice", None, level=HOSTILE, text=HOSTILE, host=HOSTILE)
    story.tell("docker", None, did=HOSTILE)
    story.tell("verdict", 2, text=HOSTILE)
    story.tell("output", None, text=HOSTILE)
    story.command(None, HOSTILE)
    text = log_of(story)
    bad = {char for char in text if unicodedata.category(char) in {"Cc", "Cf", "Cs"}} - {"\n"}
    assert not bad
    assert text.count("[bold red]x[/]") >= 14
    assert r"\u001b[2J" in text and r"\u009b31m" in text and r"\u202e" in text and r"\U000e0041" in text
    text.encode("utf-8")
    colored = re.sub(r"\x1b\[[0-9;]*m", "", log_of(story, color=True))
    assert "\x1b" not in colored and "\x9b" not in colored


def test_long_ids_are_short_in_text_and_in_full_for_machines(story: Story):
    story.start(1)
    story.finish(1)
    assert NETWORK not in log_of(story) and ENDPOINT not in log_of(story)
    assert log_of(story, format="json").count(NETWORK) == 3


def test_the_ids_of_swarm_are_short_too(story: Story):
    story.start(1, network="q" * 25, request={"NetworkID": "q" * 25})
    story.finish(1, network="q" * 25)
    assert "q" * 13 not in log_of(story)


def test_json_is_one_event_a_line_whatever_is_in_it(story: Story):
    story.start(1, request={HOSTILE: HOSTILE})
    story.tell("notice", None, level="info", text=HOSTILE)
    text = log_of(story, format="json")
    assert text.isascii()
    assert [json.loads(line) for line in text.splitlines()] == [event.as_dict() for event in story.events]


def test_long_lines_are_not_wrapped(story: Story):
    story.start(1, request={"NetworkID": NETWORK, "long": "x" * 500})
    story.command(1, "ip link add " + "y" * 500)
    story.finish(1, error="z" * 500)
    text = log_of(story)
    assert all(letter * 500 in text for letter in "xyz")


def test_a_large_body_is_cut_and_says_so(story: Story):
    story.start(1, request={"NetworkID": "n", "many": ["item"] * 50_000})
    story.finish(1)
    text = log_of(story)
    assert len(text) < 100_000 and "more characters)" in text


def test_notices_kernel_changes_and_what_docker_did_are_told_outside_of_calls_too(story: Story):
    story.tell("notice", None, level="warning", text="unknown option foo", host="left")
    story.command(None, "ip link del wsb1")
    story.tell("docker", None, did="moved the link into the container")
    story.tell("call.held", 4, state="held", where="answer")
    story.tell("call.held", 4, state="released", why="released", held_ms=1500, fault="err")
    text = log_of(story)
    assert "warning: unknown option foo  host left" in text
    assert "$ ip link del wsb1" in text
    assert "Docker: moved the link into the container" in text
    assert "#4 held before its answer is sent" in text
    assert "#4 goes on after 1.5 s: released, with fault err" in text


def test_no_color_and_no_terminal_mean_no_colors(story: Story, monkeypatch: pytest.MonkeyPatch):
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    def colored(stream: io.StringIO) -> bool:
        log = TerminalLog(stream)
        log(story.finish(1))
        return "\x1b" in stream.getvalue()

    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert colored(Terminal()) and not colored(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colored(Terminal())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not colored(Terminal())


def test_a_stream_that_knows_only_ascii_gets_only_ascii(story: Story):
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding="ascii")
    log = TerminalLog(stream)
    log(story.name(network="Läden"))
    log(story.start(1))
    log(story.finish(1))
    text = raw.getvalue().decode("ascii")
    assert r"network L\xe4den" in text and "56aaf7d6a1c0..." in text


def test_a_closed_stream_ends_the_log_and_not_the_program(story: Story):
    reading, writing = os.pipe()
    os.close(reading)
    broken = os.fdopen(writing, "w")
    log = TerminalLog(broken)
    log(story.finish(1))
    log(story.finish(2))
    with contextlib.suppress(BrokenPipeError):
        broken.close()
    stream = io.StringIO()
    log = TerminalLog(stream, format="json")
    stream.close()
    log(Event(1, 0.0, "notice", None, {}))


def test_an_unknown_format_is_refused():
    with pytest.raises(UsageError, match="There is no log format 'xml'"):
        TerminalLog(io.StringIO(), format="xml")


@pytest.mark.parametrize(
    ("level", "told"), [("info", {"a", "b", "c", "d"}), ("warning", {"b", "c", "d"}), ("error", {"d"})]
)
@pytest.mark.parametrize("form", ["text", "json"])
def test_what_matters_less_than_asked_for_is_left_out(story: Story, form: str, level: str, told: set[str]):
    story.start(1)
    story.finish(1, answer={"word": "said a."})
    story.start(2)
    story.finish(2, error="said b.", answer={"Err": "said b."}, status=200)
    for each, words in (("info", "said a."), ("warning", "said c."), ("error", "said d.")):
        story.tell("notice", None, level=each, text=words, host="")
    text = log_of(story, format=form, level=level)
    assert set(re.findall(r"said (\w)\.", text)) == told
