"""Names: what the engine calls its things gets into the journal, once, and without disturbing it."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from workshop.errors import CannotHere, WorkshopError
from workshop.journal import Journal
from workshop.topology import names as module
from workshop.topology.names import Names

NETWORK, END, BOX = "a" * 64, "b" * 64, "c" * 64


class Engine:
    """Answers as Docker's API does; ``asked`` is what it was asked."""

    def __init__(self) -> None:
        self.networks: list[dict[str, Any]] = []
        self.containers: dict[str, dict[str, Any]] = {}
        self.asked: list[str] = []
        self.silent = False

    def get(self, path: str) -> Any:
        self.asked.append(path)
        if self.silent:
            raise CannotHere("No engine answers.")
        if path == "/networks":
            return self.networks
        if path == "/containers/json?all=1":
            return [
                {
                    "Id": key,
                    "Names": [each["Name"]],
                    "Image": "alpine",
                    "State": "running" if each["State"]["Pid"] else "exited",
                    "NetworkSettings": {"Networks": each["NetworkSettings"]["Networks"]},
                }
                for key, each in self.containers.items()
            ]
        whole = self.containers.get(path.split("/")[2])
        if whole is None:
            raise WorkshopError("No such container")
        return whole

    def run(self, key: str = BOX, name: str = "web", end: str = END, pid: int = 42) -> None:
        self.containers[key] = {
            "Name": f"/{name}",
            "State": {"Pid": pid},
            "NetworkSettings": {
                "SandboxKey": "/var/run/docker/netns/1" if pid else "",
                "Networks": {"shop": {"NetworkID": NETWORK, "EndpointID": end if pid else ""}},
            },
        }


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "journal.db")
    yield made
    made.close()


@pytest.fixture
def engine() -> Engine:
    made = Engine()
    made.networks = [{"Id": NETWORK, "Name": "shop", "Driver": "workshop"}]
    return made


@pytest.fixture
def names(journal: Journal, engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Names]:
    monkeypatch.setattr(module, "DELAYS", (0.02, 0.05, 0.1, 0.2))
    made = Names(journal, "/nowhere", engine=lambda: engine)
    yield made
    made.stop()


def told(journal: Journal) -> list[dict[str, Any]]:
    return [event.data for event in journal.since(0) if event.kind == "docker"]


def until(true: Callable[[], Any]) -> None:
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline, "it did not come"
        time.sleep(0.01)


def call(journal: Journal, name: str, **about: Any) -> None:
    number = journal.next_call()
    journal.append("call.started", {"host": "alpha", "name": name, **about}, number)
    journal.append("call.finished", {"status": 200, "answer": {}, "error": None, **about}, number)


def test_networks_endpoints_and_containers_are_told_in_the_journals_shape(
    names: Names, journal: Journal, engine: Engine
) -> None:
    engine.run()
    assert names.look()
    assert told(journal) == [
        {
            "networks": {NETWORK: {"name": "shop", "driver": "workshop"}},
            "endpoints": {END: {"network": NETWORK, "container": BOX, "name": "web"}},
            "containers": {
                BOX: {
                    "name": "web",
                    "image": "alpine",
                    "sandbox": "/var/run/docker/netns/1",
                    "pid": 42,
                    "state": "running",
                }
            },
        }
    ]


def test_only_what_is_new_is_told_and_what_is_gone_is_null(names: Names, journal: Journal, engine: Engine) -> None:
    engine.run()
    names.look()
    names.look()
    assert len(told(journal)) == 1
    engine.run("d" * 64, "db", "e" * 64, 43)
    names.look()
    assert set(told(journal)[1]) == {"containers", "endpoints"}
    assert set(told(journal)[1]["containers"]) == {"d" * 64}
    del engine.containers[BOX]
    names.look()
    assert told(journal)[2] == {"containers": {BOX: None}, "endpoints": {END: None}}


def test_a_stopped_container_keeps_its_name_and_loses_its_sandbox(
    names: Names, journal: Journal, engine: Engine
) -> None:
    engine.run()
    names.look()
    engine.run(pid=0)
    names.look()
    assert told(journal)[1]["containers"][BOX]["state"] == "exited"
    assert told(journal)[1]["containers"][BOX]["sandbox"] == ""
    assert told(journal)[1]["endpoints"] == {END: None}


def test_what_another_engine_told_is_not_taken_away(names: Names, journal: Journal, engine: Engine) -> None:
    names.start()
    until(lambda: told(journal))
    journal.append("docker", {"networks": {"f" * 64: {"name": "other", "driver": "x"}}})
    call(journal, "create_network", network=NETWORK)
    until(lambda: engine.asked.count("/networks") > 1)
    time.sleep(0.05)
    assert not any("f" * 64 in each.get("networks", {}) for each in told(journal)[2:])


def test_after_a_call_the_engine_is_asked_until_it_knows(names: Names, journal: Journal, engine: Engine) -> None:
    engine.networks = []
    names.start()
    until(lambda: engine.asked)
    threading.Timer(0.06, lambda: engine.networks.append({"Id": NETWORK, "Name": "n", "Driver": "d"})).start()
    call(journal, "create_network", network=NETWORK)
    until(lambda: any(NETWORK in each.get("networks", {}) for each in told(journal)))


def test_while_a_call_runs_the_engine_is_left_alone_as_long_as_can_be(
    names: Names, journal: Journal, engine: Engine
) -> None:
    names.start()
    until(lambda: told(journal))
    number = journal.next_call()
    journal.append("call.started", {"host": "alpha", "name": "join"}, number)
    call(journal, "create_network", network=NETWORK)
    before = len(engine.asked)
    time.sleep(0.08)
    assert len(engine.asked) == before
    until(lambda: len(engine.asked) > before)


def test_an_engine_that_does_not_answer_makes_no_noise(names: Names, journal: Journal, engine: Engine) -> None:
    engine.silent = True
    names.start()
    until(lambda: engine.asked)
    call(journal, "create_network", network=NETWORK)
    time.sleep(0.5)
    assert [event.kind for event in journal.since(0)] == ["call.started", "call.finished"]
    assert len(engine.asked) <= 6, "it is not asked without end"


def test_a_real_client_and_no_socket_make_no_noise_either(journal: Journal, tmp_path: Path) -> None:
    names = Names(journal, tmp_path / "none.sock")
    with pytest.raises(WorkshopError):
        names.look()
    names.start()
    names.stop()
    assert told(journal) == []
