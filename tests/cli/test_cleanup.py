"""`cleanup` asks before it removes anything, and without an answer it removes nothing."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from workshop.cli import rights, run
from workshop.drivers import leftovers


@pytest.fixture
def removed(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What was removed, of one link that is left over."""
    gone: list[Any] = []
    found = SimpleNamespace(items=[SimpleNamespace(kind="link", name="wsb1", about="network 1")], in_use=0)

    @contextlib.contextmanager
    def find(*_: Any) -> Iterator[Any]:
        yield found

    def remove(what: Any) -> list[str]:
        gone.extend(what.items)
        return []

    monkeypatch.setattr(leftovers, "find", find)
    monkeypatch.setattr(leftovers, "remove", remove)
    monkeypatch.setattr(rights, "need_net_admin", lambda _: None)
    return gone


@pytest.mark.parametrize(("answer", "code", "count"), [("y\n", 0, 1), ("n\n", 1, 0), ("\n", 1, 0), ("", 1, 0)])
def test_only_a_yes_is_a_yes(
    answer: str,
    code: int,
    count: int,
    removed: list[Any],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    monkeypatch.setattr(sys, "stdin", io.StringIO(answer))
    assert run(["cleanup"]) == code
    assert len(removed) == count
    said = capsys.readouterr()
    assert "link      wsb1" in said.out
    assert said.err == ("" if count else "Nothing was removed. Answer y, or add --yes.\n")


def test_ctrl_c_at_the_question_removes_nothing(removed: list[Any], monkeypatch: pytest.MonkeyPatch):
    def interrupted(*_: Any, **__: Any) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr("click.termui.visible_prompt_func", interrupted)
    assert run(["cleanup"]) == 1 and removed == []


@pytest.mark.parametrize(("option", "count"), [("--yes", 1), ("--dry-run", 0)])
def test_it_can_be_told_not_to_ask(option: str, count: int, removed: list[Any]):
    assert run(["cleanup", option]) == 0 and len(removed) == count
