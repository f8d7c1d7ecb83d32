"""Silence means something only where somebody else answers."""

from __future__ import annotations

import contextlib
import subprocess
import time
from types import SimpleNamespace

import pytest

from workshop.course import traffic
from workshop.kernel.namespaces import Namespace

OUTSIDE = SimpleNamespace(run=lambda change: None)


@pytest.mark.parametrize(
    ("accepted", "answers", "got_in", "knocks"),
    [
        ([True], [], True, 1),
        ([False], [True], False, 1),
        ([False, False, False], [False, False, True], False, 3),
        ([False, False, True], [False, False], True, 3),
    ],
)
def test_a_door_is_shut_if_the_host_answers_in_the_time_in_which_nobody_opens(
    monkeypatch: pytest.MonkeyPatch, accepted: list[bool], answers: list[bool], got_in: bool, knocks: int
):
    at_door, at_host = iter(accepted), iter(answers)
    asked: list[str] = []
    monkeypatch.setattr(traffic, "connects", lambda _, address, *more: asked.append(address) or next(at_door))
    monkeypatch.setattr(traffic, "ping", lambda _, address, seconds: address == "192.0.2.10" and next(at_host))
    assert traffic.knocks(OUTSIDE, "10.90.1.2", 80, "192.0.2.10", 0.01) is got_in
    assert asked == ["10.90.1.2"] * knocks


def test_a_host_that_never_answers_is_not_waited_for_without_end(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(traffic, "connects", lambda *_: False)
    monkeypatch.setattr(traffic, "ping", lambda *_: False)
    monkeypatch.setattr(traffic, "CONTROLLED", 0.05)
    assert traffic.knocks(OUTSIDE, "10.90.1.2", 80, "192.0.2.10", 0.01) is False


@pytest.mark.kernel
def test_what_refuses_a_connection_is_tried_again_unless_it_is_to_be_tried_once():
    with contextlib.closing(Namespace.create()) as here:
        here.run(lambda: subprocess.run(["ip", "link", "set", "lo", "up"], check=True))
        began = time.monotonic()
        assert not traffic.connects(here, "127.0.0.1", 80, 10, once=True)
        assert time.monotonic() - began < 5
        assert not traffic.connects(here, "127.0.0.1", 80, 0.1)
        with contextlib.closing(traffic.listen(here, 80)):
            assert traffic.connects(here, "127.0.0.1", 80, 10, once=True)
