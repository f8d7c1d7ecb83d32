"""Back to the beginning at once, whatever the plugin does: it answers, it hangs, it is gone."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.lab.inside import Bench, bench, in_lab
from tests.lab.test_directly import container, network
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.remote import WallClock

LONG = 15.0
"""Docker tries a call for so many seconds; a reset must be far from that, even on a busy machine."""


def timed(function: Callable[[], Any]) -> float:
    began = time.monotonic()
    function()
    return time.monotonic() - began


def as_new(lab: Bench) -> None:
    """Assert that the engine knows nothing, and can begin again with the same names and addresses."""
    engine = lab.engine
    assert [net.name for net in engine.networks.all()] == ["bridge", "host", "none"]
    assert engine.containers.all() == []
    first = len(lab.recorder.calls)
    engine.networks.create({"Name": "n", "Driver": "recorder"})
    assert {"Activate", "GetCapabilities"} <= set(lab.routes(first)), "as Docker asks when it has started"
    box = engine.containers.run(container("n"), "box")
    assert engine.inspect(box)["NetworkSettings"]["Networks"]["n"]["IPAddress"] == "172.18.0.2"
    engine.containers.remove(box, force=True)


@pytest.mark.parametrize("version", ["20.10", "26.1", "28.5"])
@in_lab
def test_a_plugin_that_answers_is_told_nothing(version: str) -> None:
    with bench(version) as lab:
        engine = lab.engine
        for number in (1, 2):
            engine.networks.create({"Name": f"n{number}", "Driver": "recorder", "Options": {"nogw": "1"}})
        for name in ("one", "two"):
            engine.containers.run(container("n1"), name)
        engine.containers.create(container("n2"), "never")
        engine.networks.create({"Name": "own", "Driver": "bridge"})
        before = len(lab.recorder.calls)
        engine.forget()
        assert lab.routes(before) == []
        assert not {link for link in lab.links() if link.startswith("br-")} and "docker_gwbridge" not in lab.links()
        as_new(lab)


@in_lab
def test_with_patience_a_plugin_that_answers_takes_everything_back() -> None:
    with bench() as lab:
        links = lab.links()
        lab.engine.networks.create(network("n", "10.9.0.0/24"))
        lab.engine.containers.run(container("n"), "one")
        lab.engine.forget(patience=60)
        assert lab.routes()[-4:] == ["RevokeExternalConnectivity", "Leave", "DeleteEndpoint", "DeleteNetwork"]
        assert lab.links() == links
        as_new(lab)


@pytest.mark.parametrize("patience", [0.0, 0.5])
@pytest.mark.parametrize("route", ["CreateNetwork", "CreateEndpoint", "Join", "Leave", "DeleteEndpoint"])
@in_lab
def test_a_plugin_that_hangs_is_not_waited_for(route: str, patience: float) -> None:
    with bench() as lab:
        usual, gate, reached = lab.recorder.answer, threading.Event(), threading.Event()

        def hangs(path: str, body: Any) -> tuple[int, Any]:
            if path.endswith(f".{route}") and not gate.is_set():
                reached.set()
                gate.wait(120)
            return usual(path, body)

        lab.engine.networks.create(network("quick", "10.8.0.0/24"))
        lab.engine.containers.run(container("quick"), "quick")
        lab.recorder.answer = hangs
        refused: list[str] = []

        def at_work() -> None:
            try:
                lab.engine.networks.create(network("n", "10.9.0.0/24"))
                box = lab.engine.containers.run(container("n"), "box")
                lab.engine.containers.remove(box, force=True)
            except Refusal as error:
                refused.append(error.message)

        thread = threading.Thread(target=at_work)
        thread.start()
        assert reached.wait(60)
        took = timed(lambda: lab.engine.forget(patience))
        thread.join(60)
        assert not thread.is_alive()
        assert took < LONG
        if route in ("CreateNetwork", "CreateEndpoint", "Join"):
            assert "does not wait for the plugin any longer" in refused[0]
        gate.set()
        as_new(lab)


@in_lab
def test_tries_of_a_plugin_that_is_gone_end_at_once() -> None:
    with bench(clock=WallClock()) as lab:
        lab.engine.networks.create(network("n", "10.9.0.0/24"))
        lab.engine.containers.run(container("n"), "box")
        lab.recorder.stop()
        refused: list[str] = []
        tries = threading.Event()

        def at_work() -> None:
            try:
                tries.set()
                lab.engine.networks.create(network("other", "10.8.0.0/24"))
            except Refusal as error:
                refused.append(error.message)

        thread = threading.Thread(target=at_work)
        thread.start()
        tries.wait(60)
        time.sleep(0.2)  # so that it is most likely between two tries
        assert timed(lab.engine.forget) < LONG
        thread.join(60)
        assert len(refused) == 1
        lab.recorder.start()
        as_new(lab)


@in_lab
def test_an_engine_stops_though_its_plugin_hangs() -> None:
    with bench() as lab:
        usual, gate = lab.recorder.answer, threading.Event()
        lab.engine.networks.create(network("n", "10.9.0.0/24"))
        for number in range(3):
            lab.engine.containers.run(container("n"), f"box{number}")

        def hangs(path: str, body: Any) -> tuple[int, Any]:
            gate.wait(120)
            return usual(path, body)

        lab.recorder.answer = hangs
        assert timed(lab.engine.stop) < LONG
        gate.set()
