"""A client whose engine dies in the middle of an answer says so in a sentence."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from workshop.cli import run
from workshop.engine_api import FRAME, RAW_TYPE

HEAD = f"HTTP/1.1 200 OK\r\nContent-Type: {RAW_TYPE}\r\nTransfer-Encoding: chunked\r\n\r\n".encode()
PIECE = FRAME.pack(1, 3) + b"hi\n"
BROKEN = {
    "before its answer": b"",
    "before the output": HEAD,
    "between two pieces": HEAD + b"b\r\n" + PIECE + b"\r\n",
    "in a piece": HEAD + b"b\r\n" + PIECE[:9],
}


@contextlib.contextmanager
def engine(path: Path, answer: bytes) -> Iterator[None]:
    """Answers one request with these bytes, and is gone."""
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()

        def serve() -> None:
            client, _ = listening.accept()
            with client:
                client.recv(65536)
                client.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield
        thread.join(10)


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN.keys())
def test_an_engine_that_is_gone_is_told(answer: bytes, tmp_path: Path, capfd: pytest.CaptureFixture[str]):
    path = tmp_path / "e.sock"
    with engine(path, answer):
        assert run(["docker", "-H", str(path), "logs", "-f", "web"]) == 1
    said = capfd.readouterr()
    assert said.err.startswith(f"The engine at {path} broke off: ") and len(said.err.splitlines()) == 1
    assert said.out == ("hi\n" if b"hi\n" in answer else "")
