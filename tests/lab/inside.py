"""Running a test's body in namespaces of its own: what it makes there is gone when it ends."""

from __future__ import annotations

import functools
import os
import pickle
import tempfile
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.lab.recorder import Recorder
from workshop.engine_api import EngineAPI
from workshop.lab import reenter
from workshop.lab.engine import PracticeEngine
from workshop.lab.engine.remote import Clock
from workshop.lab.lab import Host, Lab


def in_lab(test: Callable[..., Any]) -> Callable[..., Any]:
    """A test whose body runs in a process of its own, in new namespaces; gives what the body gives."""

    @functools.wraps(test)
    def outside(*arguments: Any, **keywords: Any) -> None:
        call_in_lab(lambda: test(*arguments, **keywords))

    return outside


def call_in_lab(function: Callable[[], Any]) -> Any:
    """What ``function`` gives when called in new namespaces; it must be possible to pickle. Fails with its
    failure.
    """
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            os.close(reading)
            reenter.reenter()
            outcome = (True, function())
            code = 0
        except BaseException:
            outcome = (False, traceback.format_exc())
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(outcome, pipe)
        os._exit(code)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        data = pipe.read()
    os.waitpid(child, 0)
    if not data:
        pytest.fail("the lab died without a word", pytrace=False)
    good, value = pickle.loads(data)
    if not good:
        pytest.fail(value, pytrace=False)
    return value


class FakeClock(Clock):
    """A clock that only moves when somebody sleeps; ``slept`` holds for how long, each time."""

    def __init__(self) -> None:
        self.time, self.slept = 0.0, list[float]()

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        self.slept.append(seconds)


@dataclass
class Bench:
    """One host with a recorder as its plugin and an engine."""

    lab: Lab
    host: Host
    recorder: Recorder
    engine: PracticeEngine
    api: EngineAPI
    socket: Path
    plugins: Path
    clock: FakeClock
    events: list[dict[str, Any]]

    def network(self, name: str, subnet: str = "", **options: str) -> str:
        """Create a network of the recorder's; its ID."""
        config = [{"Subnet": subnet}] if subnet else []
        body = {"Name": name, "Driver": "recorder", "Options": options, "IPAM": {"Config": config}}
        return self.api.post("/networks/create", body)["Id"]

    def run(self, name: str, network: str, *command: str, **settings: Any) -> str:
        """Create and start a container; its ID."""
        endpoint = {network: settings.pop("endpoint", {})}
        body = {
            "Image": "busybox",
            "Cmd": list(command or ("sleep", "600")),
            "HostConfig": {"NetworkMode": network, **settings.pop("host", {})},
            "NetworkingConfig": {"EndpointsConfig": endpoint},
            **settings,
        }
        key = self.api.post("/containers/create", body, name=name)["Id"]
        self.api.post(f"/containers/{key}/start")
        return key

    def execute(self, container: str, *command: str) -> tuple[int, str]:
        """Run a further command in a container; exit code and output."""
        key = self.api.post(f"/containers/{container}/exec", {"Cmd": list(command)})["Id"]
        output = b"".join(data for _, data in self.api.output("POST", f"/exec/{key}/start", {}))
        while (code := self.api.get(f"/exec/{key}/json")["ExitCode"]) is None:
            pass
        return code, output.decode()

    def routes(self, start: int = 0) -> list[str]:
        """The names of the calls so far, from number ``start`` on."""
        return [call["path"].rpartition(".")[2] for call in self.recorder.calls[start:]]

    def links(self) -> set[str]:
        """The names of the host's links."""
        from pyroute2 import IPRoute

        def read() -> set[str]:
            with IPRoute() as ip:
                return {str(link.get("ifname")) for link in ip.get_links()}

        return self.host.namespace.run(read)


@contextmanager
def bench(
    version: str = "28.5", capabilities: dict[str, Any] | None = None, clock: Clock | None = None
) -> Iterator[Bench]:
    """A host with engine and recorder; nothing of it is left afterwards. The clock is a fake unless one is given."""
    with tempfile.TemporaryDirectory(prefix="ws-lab-") as folder, Lab() as lab:
        host = lab.hosts["alpha"]
        plugins, socket, fake = Path(folder, "plugins"), Path(folder, "api.sock"), FakeClock()
        plugins.mkdir()
        recorder = Recorder(plugins / "recorder.sock", host.namespace, capabilities).start()
        events: list[dict[str, Any]] = []
        try:
            with PracticeEngine(host, version, plugins, Path(folder, "engine"), clock=clock or fake) as engine:
                engine.on_event(events.append)
                engine.serve(socket)
                api = EngineAPI(str(socket))
                yield Bench(lab, host, recorder, engine, api, socket, plugins, fake, events)
        finally:
            recorder.stop()
