"""A small client of the Docker Engine HTTP API over a unix socket: the practice engine's or real Docker's."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import struct
from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from workshop.errors import CannotHere, WorkshopError

DEFAULT_SOCKET = "/var/run/docker.sock"
FRAME = struct.Struct(">BxxxL")
"""The header of a piece of output: stream (1 stdout, 2 stderr), three bytes of nothing, length in bytes."""

STREAMS = {0: "stdin", 1: "stdout", 2: "stderr"}
RAW_TYPE = "application/vnd.docker.raw-stream"


class EngineError(WorkshopError):
    """The engine refused: ``message`` is its own text, ``status`` the HTTP status (404: no such thing)."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: str, timeout: float | None) -> None:
        super().__init__("docker", timeout=timeout)
        self.path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self.sock.settimeout(self.timeout)
            self.sock.connect(self.path)
        except OSError:
            self.sock.close()
            raise


class EngineAPI:
    """One engine behind a unix socket.

    ``socket_path`` is a path or a ``unix://`` address. Each request has a connection of its own, so an object
    may be used by several threads. ``timeout`` is in seconds and holds for every wait for the engine except
    in streams; ``None`` waits for as long as it takes (a call may be held by a breakpoint).

    Every method raises EngineError with the engine's own message if it refuses, CannotHere if nobody answers.
    """

    def __init__(self, socket_path: str = DEFAULT_SOCKET, timeout: float | None = None) -> None:
        self.path = str(socket_path).removeprefix("unix://")
        self.timeout = timeout

    def get(self, path: str, **query: Any) -> Any:
        """The answer to ``GET path``. ``query`` values that are not text are sent as JSON, as filters are."""
        return self._ask("GET", with_query(path, query))

    def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """The answer to ``POST path``: what the JSON says, or None if there is none."""
        return self._ask("POST", with_query(path, query), body)

    def delete(self, path: str, **query: Any) -> Any:
        """The answer to ``DELETE path``."""
        return self._ask("DELETE", with_query(path, query))

    def output(self, method: str, path: str, body: Any = None) -> Iterator[tuple[str, bytes]]:
        """The output of an exec, an attach or a log as it comes: ``("stdout" | "stderr", bytes)``.

        Nothing is sent until the first value is asked for. Ends when the engine closes the stream.
        """
        with self._exchange(method, path, body, timeout=None) as response:
            yield from _frames(response)

    def attach(self, path: str, body: Any = None) -> Iterator[tuple[str, bytes]]:
        """As ``output`` of a POST, but the engine has answered before this returns, so that nothing is
        missed.
        """
        exchange = self._exchange("POST", path, body, timeout=None)
        response = exchange.__enter__()

        def pieces() -> Iterator[tuple[str, bytes]]:
            try:
                yield from _frames(response)
            finally:
                exchange.__exit__(None, None, None)

        return pieces()

    def lines(self, path: str, **query: Any) -> Iterator[Any]:
        """The objects of an endless JSON stream such as ``/events``, as they come."""
        with self._exchange("GET", with_query(path, query), None, timeout=None) as response:
            while line := response.readline():
                if line.strip():
                    yield json.loads(line)

    def names(self) -> tuple[dict[str, dict[str, Any]], dict[str, dict[str, Any]]]:
        """Networks, and containers running or not, by ID, as ``/networks`` and ``/containers/json`` list
        them.
        """
        networks = {each["Id"]: each for each in self.get("/networks") or []}
        containers = {each["Id"]: each for each in self.get("/containers/json", all="1") or []}
        return networks, containers

    def _ask(self, method: str, path: str, body: Any = None) -> Any:
        with self._exchange(method, path, body, self.timeout) as response:
            text = response.read()
            if "json" in (response.getheader("Content-Type") or "") and text.strip():
                return json.loads(text)
            return text.decode(errors="replace").strip() or None

    @contextlib.contextmanager
    def _exchange(self, method: str, path: str, body: Any, timeout: float | None) -> Iterator[http.client.HTTPResponse]:
        connection = _UnixConnection(self.path, timeout)
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            try:
                connection.request(method, path, None if body is None else json.dumps(body), headers)
                response = connection.getresponse()
            except (FileNotFoundError, ConnectionRefusedError, PermissionError) as error:
                raise CannotHere(
                    f"No engine answers at {self.path} ({error.strerror}).",
                    "Start one (`python -m workshop demo`, or Docker itself), or name another socket.",
                ) from error
            if response.status >= 400:
                raise EngineError(response.status, _message(response))
            yield response
        except (OSError, http.client.HTTPException) as error:  # also while its answer is read
            why = str(error) or type(error).__name__
            raise WorkshopError(f"The engine at {self.path} broke off: {why}.") from error
        finally:
            connection.close()


def with_query(path: str, query: dict[str, Any]) -> str:
    """``path`` with ``query`` behind it; entries that are None are left out, objects are written as JSON."""
    pairs = [
        f"{key}={quote(value if isinstance(value, str) else json.dumps(value))}"
        for key, value in query.items()
        if value is not None
    ]
    return path + ("&" if "?" in path else "?") + "&".join(pairs) if pairs else path


def _message(response: http.client.HTTPResponse) -> str:
    text = response.read().decode(errors="replace").strip()
    with contextlib.suppress(ValueError, TypeError, KeyError):
        return str(json.loads(text)["message"])
    return text or f"{response.status} {response.reason}"


def _frames(response: http.client.HTTPResponse) -> Iterator[tuple[str, bytes]]:
    while header := _exactly(response, FRAME.size):
        stream, length = FRAME.unpack(header)
        yield STREAMS.get(stream, "stdout"), _exactly(response, length)


def _exactly(response: http.client.HTTPResponse, length: int) -> bytes:
    data = b""
    while len(data) < length and (more := response.read1(length - len(data))):
        data += more
    return data
