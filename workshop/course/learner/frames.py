"""Messages on a stream between the plugin's process and the learner's: JSON, its length before it."""

from __future__ import annotations

import json
import socket
import struct
from typing import Any

_LENGTH = struct.Struct("!I")
LONGEST = 2 << 20
"""Bytes that one message may have: the longest answer, and room for what goes with it."""


class Broken(Exception):
    """What came is no message: somebody else has written into the stream."""


def packed(message: dict[str, Any]) -> bytes:
    """A message as bytes."""
    data = json.dumps(message).encode()
    return _LENGTH.pack(len(data)) + data


class Unpacker:
    """Makes messages of bytes as they come."""

    def __init__(self) -> None:
        self._data = bytearray()

    def take(self, data: bytes) -> list[dict[str, Any]]:
        """The messages that are whole with ``data``. Raises Broken."""
        self._data += data
        found = []
        while len(self._data) >= _LENGTH.size:
            (length,) = _LENGTH.unpack_from(self._data)
            if length > LONGEST:
                raise Broken
            end = _LENGTH.size + length
            if len(self._data) < end:
                break
            try:
                message = json.loads(self._data[_LENGTH.size : end])
            except ValueError:
                raise Broken from None
            if not isinstance(message, dict):
                raise Broken
            found.append(message)
            del self._data[:end]
        return found


def read(connection: socket.socket) -> dict[str, Any] | None:
    """Wait for one message; ``None`` if the other side has gone. For one who is never sent two at once."""
    head = _exactly(connection, _LENGTH.size)
    data = _exactly(connection, _LENGTH.unpack(head)[0]) if head else None
    return json.loads(data) if data else None


def _exactly(connection: socket.socket, size: int) -> bytes | None:
    data = b""
    while len(data) < size:
        more = connection.recv(size - len(data), socket.MSG_WAITALL)
        if not more:
            return None
        data += more
    return data
