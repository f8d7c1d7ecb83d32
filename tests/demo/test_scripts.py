"""The tables of all talks: what they name is there, and what they make is removed."""

from __future__ import annotations

import re
import shlex

import pytest

from tests.support import typed
from workshop.cli.demo import KINDS
from workshop.demo import needs, verbs
from workshop.demo.kinds import TALKS
from workshop.demo.script import FIRST, SECOND, Chapter, Script, Step
from workshop.demo.whole import WHOLE
from workshop.kernel import programs
from workshop.protocol import BY_NAME

SCRIPTS = {"whole": WHOLE, **TALKS}
LONGEST = 240
"""Letters of a sentence that is read while one listens."""

every = pytest.mark.parametrize("script", SCRIPTS.values(), ids=SCRIPTS)


def steps_of(chapter: Chapter) -> tuple[Step, ...]:
    return (*chapter.steps, *chapter.undo)


def things(steps: tuple[Step, ...]) -> tuple[set[str], set[str]]:
    """What these steps make, and what they remove: containers, networks, routes, nodes that are known, by host."""
    made, removed = set(), set()
    for step in steps:
        host = SECOND if "-H beta" in step.command else FIRST
        words = [word for word in shlex.split(step.command.replace(" -H beta", ""))]
        match words[:3]:
            case ["docker", "run", _]:
                made.add(f"{host} {words[words.index('--name') + 1]}")
            case ["docker", "network", "create"]:
                made.add(f"{host} {words[-1]}")
            case ["docker", "rm", "-f"] | ["docker", "network", "rm"]:
                removed |= {f"{host} {name}" for name in words[3:]}
            case ["discover" | "lose", where, *_]:
                (made if words[0] == "discover" else removed).add(f"nodes of {where}")
            case ["break" | "mend", where]:
                (made if words[0] == "break" else removed).add(f"faults of {where}")
            case ["on", where, "ip"] if words[3] == "route":
                (made if words[4] == "add" else removed).add(f"{where} {words[5]}")
            case ["on", where, "iptables"]:
                (made if "-I" in words else removed).add(f"{where} {words[words.index('-s') :]}")
    return made, removed


def test_there_is_a_talk_for_each_kind_that_the_command_takes():
    assert tuple(TALKS) == KINDS


def test_the_whole_talk_goes_from_the_first_call_to_a_bug_and_its_finding():
    assert WHOLE.names[:9] == [
        *("activation", "network", "endpoint", "join", "ping", "publish", "two-hosts", "macvlan", "removal")
    ]
    assert WHOLE.names[9:] == ["bug", "finding", "mended"]


@every
def test_chapters_are_named_once_and_name_only_those_before_them(script: Script):
    assert len(set(script.names)) == len(script.names)
    for number, chapter in enumerate(script):
        assert re.fullmatch(r"[a-z-]+", chapter.name)
        assert {*chapter.after, *chapter.ends} <= set(script.names[:number]), chapter.name
        assert list(chapter.after) == [name for name in script.names if name in chapter.after], chapter.name


@every
def test_what_a_chapter_needs_and_shows_is_known(script: Script):
    known = {"", *needs.KINDS, *programs.PACKAGES}
    assert script.needs in known
    for chapter in script:
        assert {chapter.needs, *(step.needs for step in steps_of(chapter))} <= known
        assert not chapter.shows or chapter.shows in BY_NAME, chapter.name


@every
def test_sentences_end_and_are_short_enough_to_be_listened_to(script: Script):
    for chapter in script:
        assert chapter.sentence.endswith(".") and len(chapter.sentence) <= LONGEST, chapter.name
        assert len(chapter.title) <= 30, chapter.title


@every
def test_every_step_has_a_verb_and_every_docker_command_can_be_typed(script: Script):
    addresses = {FIRST: "192.0.2.10", SECOND: "192.0.2.11", "left": "wsh0123456789"}
    for chapter in script:
        assert chapter.steps or chapter.ends, chapter.name
        for step in steps_of(chapter):
            command = step.command.format(**addresses)
            assert command.split()[0] in verbs.VERBS
            found = [typed.trouble(words, whole=True) for words in typed.split(command) if words[0] == "docker"]
            assert [text for text in found if text] == [], command
            assert step.says == "" or step.command.split()[0] != "docker", "what is typed is shown as it is"


@every
def test_what_a_chapter_makes_it_removes_itself_or_its_undo_does(script: Script):
    for chapter in script:
        made, _ = things(chapter.steps)
        _, removed = things(steps_of(chapter))
        assert made <= removed, chapter.name


@every
def test_after_the_last_chapter_nothing_is_there(script: Script):
    there: set[str] = set()
    for chapter in script:
        there = (there - set(chapter.ends)) | ({chapter.name} if things(chapter.undo)[1] else set())
    assert not there
