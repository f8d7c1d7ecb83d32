"""What Docker has and says, as scenarios see it, and how it is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from workshop.engine_api import EngineAPI, EngineError


class DockerError(Exception):
    """Docker refused: the text is what ``docker`` would have printed."""

    def __init__(self, message: str) -> None:
        super().__init__(f"Error response from daemon: {message}")
        self.message = message


@dataclass(frozen=True)
class Network:
    """A network of Docker's."""

    id: str
    name: str


@dataclass(frozen=True)
class Volume:
    """A volume, by the name that Docker and its driver know it by."""

    name: str


@dataclass
class Container:
    """A container of Docker's. ``sandbox`` is the path that Join was told; it changes with each start."""

    id: str
    name: str
    sandbox: str = ""
    pid: int = 0
    networks: list[Network] = field(default_factory=list)


@dataclass(frozen=True)
class Output:
    """What a command in a container printed, and its exit code (124 if it did not end in time)."""

    code: int
    text: str


class Asking:
    """Asks one engine. Every method raises DockerError if Docker refuses."""

    def __init__(self, api: EngineAPI) -> None:
        self.api = api

    def _get(self, path: str, **query: Any) -> Any:
        return _refusable(lambda: self.api.get(path, **query))

    def _post(self, path: str, body: Any = None, **query: Any) -> Any:
        return _refusable(lambda: self.api.post(path, body, **query))

    def _delete(self, path: str, **query: Any) -> Any:
        return _refusable(lambda: self.api.delete(path, **query))


def _refusable(ask: Callable[[], Any]) -> Any:
    try:
        return ask()
    except EngineError as error:
        raise DockerError(error.message) from None
