"""A dashboard with a journal and a picture of its own, and a client that speaks Socket.IO by hand."""

from __future__ import annotations

import contextlib
import json
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from simple_websocket import Client, ConnectionClosed

from workshop.dashboard import Dashboard
from workshop.journal import Journal


class Drawing:
    """A picture that tests write themselves."""

    def __init__(self) -> None:
        self.now: dict[str, Any] = {"seq": 0, "at": 0.0, "hosts": [], "unseen": []}

    def graph(self) -> dict[str, Any]:
        return self.now

    def dot(self, wish: dict[str, Any] | None = None) -> str:
        return f"graph g {{ seq_{self.now['seq']} }}" if wish is None else json.dumps(wish)


class Browser:
    """One Socket.IO connection, seen as its messages."""

    def __init__(self, port: int, origin: str = "http://127.0.0.1") -> None:
        headers = {"Origin": origin}  # this client sends its Host without the port
        self._socket = Client(f"ws://127.0.0.1:{port}/socket.io/?EIO=4&transport=websocket", headers=headers)
        # asked for at once: this client notices a first frame that came with the handshake only at the second
        self._socket.send("40")
        assert self._receive().startswith("0")
        assert self._receive().startswith("40")

    def next(self, name: str, timeout: float = 5.0) -> Any:
        """The next message of that name; others on the way are passed over."""
        while True:
            text = self._receive(timeout)
            if text == "2":
                self._socket.send("3")
            elif text.startswith("42"):
                told, message = json.loads(text[2:])
                if told == name:
                    return message

    def closed(self) -> bool:
        """Whether the server hangs up within a second."""
        try:
            while self._socket.receive(timeout=1) is not None:
                pass
        except ConnectionClosed:
            return True
        return False

    def close(self) -> None:
        with contextlib.suppress(ConnectionClosed):  # the server may have hung up before
            self._socket.close()

    def _receive(self, timeout: float = 5.0) -> str:
        text = self._socket.receive(timeout=timeout)
        assert text is not None, "nothing came in time"
        return str(text)


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "journal.db")
    yield made
    made.close()


@pytest.fixture
def drawing() -> Drawing:
    return Drawing()


@pytest.fixture
def dashboard(journal: Journal, drawing: Drawing) -> Iterator[Dashboard]:
    made = Dashboard(journal, drawing, engine="practice engine 28.5")
    made.start()
    yield made
    made.stop()


@pytest.fixture
def connect(dashboard: Dashboard) -> Iterator[Callable[..., Browser]]:
    open_ones: list[Browser] = []

    def make(**how: Any) -> Browser:
        open_ones.append(Browser(dashboard.port, **how))
        return open_ones[-1]

    yield make
    for browser in open_ones:
        browser.close()


@pytest.fixture
def get(dashboard: Dashboard) -> Callable[..., tuple[int, str, Any]]:
    """Ask by HTTP: gives status, body and headers."""

    def ask(path: str, **headers: str) -> tuple[int, str, Any]:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            with urlopen(Request(f"http://127.0.0.1:{dashboard.port}{path}", headers=sent), timeout=5) as answer:
                return answer.status, answer.read().decode(), answer.headers
        except HTTPError as error:
            return error.code, error.read().decode(), error.headers

    return ask


def is_free(port: int) -> bool:
    """Whether nobody listens on that port of loopback."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0
