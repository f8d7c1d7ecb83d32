"""Processes in namespaces of their own: starting one, another beside it, their output, signals and end."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from workshop.lab.container.spawner import KINDS
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.spawner import Spawner

_DIED = {"error": "its first process died", "broken": True}
KEPT_OUTPUT = 4 << 20
"""Bytes of output that are kept of each process; what is older is dropped."""


class Output:
    """What a process wrote, to be read by any number of readers from its beginning."""

    def __init__(self) -> None:
        self._pieces: list[tuple[str, bytes]] = []
        self._dropped, self._size = 0, 0
        self._collectors: list[threading.Thread] = []
        self._changed = threading.Condition()
        self.finished = False

    def feed(self, stream: str, descriptor: int) -> None:
        """Collect all that comes from ``descriptor``, in a thread of its own, which closes it."""
        thread = threading.Thread(target=self._collect, args=(stream, descriptor), daemon=True)
        self._collectors.append(thread)
        thread.start()

    def _collect(self, stream: str, descriptor: int) -> None:
        try:
            while data := os.read(descriptor, 1 << 16):
                self.add(stream, data)
        finally:
            os.close(descriptor)

    def add(self, stream: str, data: bytes) -> None:
        """Append to the output."""
        with self._changed:
            self._pieces.append((stream, data))
            self._size += len(data)
            while self._size > KEPT_OUTPUT and len(self._pieces) > 1:
                self._size -= len(self._pieces.pop(0)[1])
                self._dropped += 1
            self._changed.notify_all()

    def finish(self) -> None:
        """Nothing more will come: readers end once they have read what is there."""
        for thread in self._collectors:
            thread.join(1)  # a process left behind may hold the pipe for longer
        with self._changed:
            self.finished = True
            self._changed.notify_all()

    def read(self, follow: bool = True) -> Iterator[tuple[str, bytes]]:
        """``(stream, bytes)`` from the beginning; with ``follow`` also what comes, until it is finished."""
        place = 0
        while True:
            with self._changed:
                place = max(place, self._dropped)
                while place - self._dropped >= len(self._pieces):
                    if self.finished or not follow:
                        return
                    self._changed.wait()
                piece = self._pieces[place - self._dropped]
            place += 1
            yield piece


class Process:
    """A process in a container. ``error`` is why its command cannot be run, in Docker's words, or empty.

    ``beside`` is the process whose namespaces it enters, and then it starts at once; without it gets its own, and waits
    there for ``go``. ``pid`` is its number in the engine's PID namespace.

    ``namespaces`` are descriptors of its net, uts, mnt and pid namespaces; ``close`` lets go of them.

    :raises Refusal: if its namespaces cannot be made, or entered.
    """

    def __init__(
        self, request: dict[str, Any], spawner: Spawner, output: Output, beside: Process | None = None
    ) -> None:
        self.output, self.namespaces, self.error = output, [], ""
        self._lock, self._waiting = threading.Lock(), threading.Lock()
        self._code: int | None = None
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        out, err = os.pipe(), os.pipe()
        self.output.feed("stdout", out[0])
        self.output.feed("stderr", err[0])
        try:
            try:
                spawner.spawn(theirs, out[1], err[1])
            finally:  # what is left of them is the process's own: they end with it
                theirs.close()
                os.close(out[1])
                os.close(err[1])
            socket.send_fds(self._control, [json.dumps(request).encode()], beside.namespaces if beside else [])
            answer, self.namespaces, _, _ = socket.recv_fds(self._control, 1 << 16, len(KINDS))
            said = json.loads(answer) if answer else None
            if not isinstance(said, dict):  # only an exit code
                said = _DIED
        except ConnectionError:
            said = _DIED
        except OSError as error:
            said = {"error": str(error), "broken": True}
        self.error, self.pid = said["error"], int(said.get("pid") or 0)
        if said.get("broken"):
            self.close()
            raise Refusal(f"the container's namespaces cannot be made: {self.error}")

    def go(self) -> None:
        """Let the command start."""
        with suppress(OSError):  # it has been killed meanwhile
            self._control.send(b"go")

    def kill(self, number: int = signal.SIGKILL) -> None:
        """Send a signal; nothing happens if the process has ended."""
        with suppress(OSError):
            self._control.send(str(int(number)).encode())

    def wait(self) -> int:
        """The exit code once it has ended, 128 + signal if one ended it. Any number of threads may wait."""
        with self._waiting:
            if self._code is None:
                try:
                    said = self._control.recv(16)
                except ConnectionError:  # it ended before it read a signal; what it said is still there
                    said = self._control.recv(16)
                self._code = int(said) if said else 128 + signal.SIGKILL
            return self._code

    def close(self) -> None:
        """Let go of namespaces and control. Safe to call twice."""
        with self._lock:
            for descriptor in self.namespaces:
                os.close(descriptor)
            self.namespaces = []
            self._control.close()
