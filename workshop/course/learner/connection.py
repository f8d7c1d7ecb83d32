"""One learner's process as the plugin sees it: asking it, hearing it, watching over it, ending it."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import select
import signal
import socket
import threading
import time
from typing import Any, Protocol

from workshop.course.learner import frames
from workshop.course.learner.child import TELL_WHERE
from workshop.course.learner.faults import MOST_PROCESSES, End
from workshop.course.learner.forkserver import HANDED
from workshop.course.learner.zygote import Zygote
from workshop.errors import WorkshopError
from workshop.kernel.namespaces import Namespace

WATCH = 0.01
"""Seconds between two looks at a process that has not answered yet."""

GRACE = 0.2
"""Seconds in which programs that a call has started may end after its answer."""

_PIPE = 1 << 16
_EXITING = 0x4


class Listener(Protocol):
    """Is told what a learner's process says beside its answers."""

    def printed(self, stream: str, data: bytes) -> None:
        """Bytes on ``stdout`` or ``stderr``."""

    def noted(self, note: dict[str, Any]) -> None:
        """A change of the kernel, a program, a line of the log."""


class Connection:
    """A learner's process in ``namespace``. A thread of its own hears it until it has ended.

    What it printed or noted before an answer is told before the answer is given.

    :raises WorkshopError: if there can be no such process.
    """

    def __init__(self, zygote: Zygote, namespace: Namespace, listener: Listener) -> None:
        self._listener = listener
        self._messages: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._unpacker = frames.Unpacker()
        self._lock = threading.Lock()
        self._cause, self._code, self._did, self._trace = "", None, None, b""
        self._traced, self.ended = threading.Event(), threading.Event()
        self._processes: int | None = None
        self._control, control = socket.socketpair()
        self._notes, notes = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pipes = {name: os.pipe2(os.O_CLOEXEC) for name in ("stdout", "stderr", "trace", "status")}
        self._pipes = {name: reading for name, (reading, _) in pipes.items()}
        theirs = {"control": control.fileno(), "notes": notes.fileno(), "network": namespace.descriptor}
        theirs |= {name: writing for name, (_, writing) in pipes.items()}
        try:
            self._pidfd = zygote.fork([theirs[name] for name in HANDED])
        except BaseException:
            self._control.close()
            self._notes.close()
            for reading in self._pipes.values():
                os.close(reading)
            raise
        finally:
            control.close()
            notes.close()
            for _, writing in pipes.values():
                os.close(writing)
        self._control.settimeout(10)
        for descriptor in (*self._pipes.values(), self._notes.fileno()):
            os.set_blocking(descriptor, False)
        error = self._greet()
        self._reader = threading.Thread(target=self._read, name="learner", daemon=True)
        self._reader.start()
        if error:
            self.close()
            raise WorkshopError(f"No process can be made for your code: {error}.", "See `doctor`.")

    def ask(self, message: dict[str, Any], seconds: float) -> dict[str, Any] | End:
        """Send a message and wait for its answer, at most ``seconds``; or how the process ended without one."""
        deadline = time.monotonic() + seconds
        try:
            self._control.sendall(frames.packed(message))
        except TimeoutError:
            self._stop("time")
        except OSError:
            pass  # it has ended, as will be told
        while True:
            try:
                answer = self._messages.get(timeout=max(0.001, min(WATCH, deadline - time.monotonic())))
            except queue.Empty:
                if self.ended.is_set() and self._messages.empty():
                    return self._end()
                if time.monotonic() >= deadline:
                    self._stop("time")
                elif (self.population() or 0) > MOST_PROCESSES:
                    self._stop("processes")
                continue
            return self._end() if answer is None else answer

    def population(self) -> int | None:
        """How many processes there are in its PID namespace; ``None`` where that cannot be seen."""
        if self._processes is None:
            return None
        try:
            return sum(name.isdigit() for name in os.listdir(self._processes))  # noqa: PTH208 - a descriptor
        except OSError:
            return 0

    def left_running(self) -> list[str]:
        """The programs beside it that still run after a moment: their command lines."""
        deadline = time.monotonic() + GRACE
        while (self.population() or 1) > 1:
            left = [found for found in map(self._command, self._others()) if found]
            if not left or time.monotonic() > deadline:
                return left
            time.sleep(0.005)
        return []

    def kill(self) -> None:
        """End it and all that it started; ``ended`` is set when the kernel has done so."""
        with contextlib.suppress(OSError):
            signal.pidfd_send_signal(self._pidfd, signal.SIGKILL)

    def close(self) -> None:
        """End it, and wait until nothing is left of it."""
        with self._lock:
            if not self.ended.is_set():
                self.kill()
        self._reader.join(10)

    def _greet(self) -> str | None:
        """Wait until it is ready; what is wrong, if anything."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, 4096, 1)
            said = self._unpacker.take(data)
        except (OSError, frames.Broken) as error:
            return str(error)
        if descriptors:
            self._processes = descriptors[0]
            os.set_inheritable(descriptors[0], False)
        if not said:
            return "it died at once"
        return said[0].get("error")

    def _others(self) -> list[str]:
        assert self._processes is not None
        with contextlib.suppress(OSError):
            names = os.listdir(self._processes)  # noqa: PTH208 - a descriptor
            return [name for name in names if name.isdigit() and name != "1"]
        return []

    def _file(self, name: str) -> bytes:
        descriptor = os.open(name, os.O_RDONLY | os.O_CLOEXEC, dir_fd=self._processes)
        try:
            return os.read(descriptor, 4096)
        finally:
            os.close(descriptor)

    def _command(self, pid: str) -> str | None:
        """The command line of a process that runs; ``None`` if it has ended and only waits to be reaped."""
        try:
            stat = self._file(f"{pid}/stat").rpartition(b")")
            if stat[2].split()[0] in (b"Z", b"X"):
                return None
            words = self._file(f"{pid}/cmdline").split(b"\0")
        except (OSError, IndexError):
            return None
        if self._file_or_none("1/cmdline") == b"\0".join(words):
            return "a fork of itself"
        return b" ".join(words).decode(errors="replace").strip()[:100]

    def _file_or_none(self, name: str) -> bytes | None:
        try:
            return self._file(name)
        except OSError:
            return None

    def _stop(self, cause: str) -> None:
        """End it because of something that it did or did not do."""
        self._cause = self._cause or cause
        if cause == "time" and not self._traced.is_set():
            with contextlib.suppress(OSError):
                signal.pidfd_send_signal(self._pidfd, TELL_WHERE)
                if self._traced.wait(0.3):  # it comes in many small pieces
                    size = -1
                    while size != (size := len(self._trace)):
                        time.sleep(0.02)
        self._traced.set()
        self.kill()

    def _end(self) -> End:
        return End(self._cause, self._code, self._did, self._trace.decode(errors="replace"))

    # what follows runs in the thread that hears it

    def _read(self) -> None:
        try:
            poll = select.poll()
            numbers = {number: name for name, number in self._pipes.items()}
            numbers |= {self._control.fileno(): "control", self._notes.fileno(): "notes"}
            for number in numbers:
                poll.register(number, select.POLLIN)
            while True:
                ready = {numbers[number] for number, _ in poll.poll()}
                if "status" in ready:
                    self._code = self._status()
                    break
                for name in ready - {"control"}:
                    if not self._hear(name):
                        poll.unregister(self._number(name))
                if "control" in ready and not self._hear_answer():
                    poll.unregister(self._control)
                    self._when_silent()
            self._drain()
            self._last_words()
        finally:
            with self._lock:
                self.ended.set()
                self._close_all()
            self._messages.put(None)

    def _number(self, name: str) -> int:
        return self._notes.fileno() if name == "notes" else self._pipes[name]

    def _status(self) -> int | None:
        with contextlib.suppress(OSError, ValueError):
            return int(os.read(self._pipes["status"], 16))
        return None

    def _hear(self, name: str) -> bool:
        """Take what has come on a stream, at most what fits into a pipe; False at its end."""
        if name == "notes":
            return self._hear_notes()
        try:
            data = os.read(self._pipes[name], _PIPE)
        except BlockingIOError:
            return True
        if name == "trace":
            self._trace += data[: _PIPE - len(self._trace)]
            if data:
                self._traced.set()
        elif data:
            self._listener.printed(name, data)
        return bool(data)

    def _hear_notes(self) -> bool:
        try:
            data = self._notes.recv(_PIPE)
        except BlockingIOError:
            return True
        except OSError:
            return False
        if not data:
            return False
        with contextlib.suppress(ValueError):
            note = json.loads(data)
            if isinstance(note, dict):
                for stream in ("stdout", "stderr"):  # what was printed before comes before
                    self._hear(stream)
                if "did" in note:
                    self._did = note
                else:
                    self._listener.noted(note)
        return True

    def _drain(self) -> None:
        """Hear what has come: more than fits into the pipes cannot have been said before the answer was."""
        for name in ("notes", "stdout", "stderr", "trace"):
            for _ in range(500 if name == "notes" else 3):
                poll = select.poll()
                poll.register(self._number(name), select.POLLIN)
                if not poll.poll(0) or not self._hear(name):
                    break

    def _hear_answer(self) -> bool:
        try:
            data = self._control.recv(_PIPE)
            answers = self._unpacker.take(data)
        except frames.Broken:
            self._stop("nonsense")
            return False
        except OSError:
            return False
        if answers:
            self._drain()
        for answer in answers:
            self._messages.put(answer)
        return bool(data)

    def _when_silent(self) -> None:
        """The stream of answers is closed: the process ends, or has closed what it needs to answer."""
        if self._processes is not None and not self._is_exiting():
            self._stop("descriptors")
            return
        poll = select.poll()
        poll.register(self._pipes["status"], select.POLLIN)
        if not poll.poll(2_000):
            self._stop("descriptors")

    def _is_exiting(self) -> bool:
        stat = self._file_or_none("1/stat")
        if stat is None:
            return True
        words = stat.rpartition(b")")[2].split()
        return words[0] in (b"Z", b"X") or bool(int(words[6]) & _EXITING)

    def _last_words(self) -> None:
        """The process is gone, and with it all who could write: hear its streams to their end."""
        for name in ("stdout", "stderr"):
            with contextlib.suppress(OSError):
                while data := os.read(self._pipes[name], _PIPE):
                    self._listener.printed(name, data)

    def _close_all(self) -> None:
        for descriptor in (*self._pipes.values(), self._pidfd, self._processes):
            if descriptor is not None:
                os.close(descriptor)
        self._processes = None
        self._control.close()
        self._notes.close()
