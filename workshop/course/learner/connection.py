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
from workshop.course.learner.faults import End
from workshop.course.learner.forkserver import HANDED
from workshop.course.learner.population import MOST, Population
from workshop.course.learner.zygote import Zygote, refused
from workshop.kernel.namespaces import Namespace

WATCH = 0.01
"""Seconds between two looks at a process that has not answered yet."""

PATIENCE = 1.0
"""Seconds in which a process that is stopped has to tell where it was; those that hear no signals do not."""

_PIPE = 1 << 16
_TRACE_BEGINS = b"(most recent call first)"
_STREAMS = ("stdout", "stderr")
_SAYS = {"answer", "refused", "fault", "handlers", "problem"}


class Listener(Protocol):
    """Is told what a learner's process says beside its answers, in the thread that hears it."""

    def printed(self, stream: str, data: bytes) -> None:
        """Bytes on ``stdout`` or ``stderr``."""

    def noted(self, note: dict[str, Any]) -> None:
        """A change of the kernel, a program, a line of the log."""


class Connection:
    """A learner's process in ``namespace``. A thread of its own hears it until it has ended.

    What it printed or noted before an answer is told before the answer is given. ``ended`` is set once the process,
    and all that it started, are gone.

    :raises WorkshopError: if there can be no such process.
    """

    def __init__(self, zygote: Zygote, namespace: Namespace, listener: Listener) -> None:
        self._listener = listener
        self._messages: queue.SimpleQueue[dict[str, Any] | None] = queue.SimpleQueue()
        self._unpacker = frames.Unpacker()
        self._lock = threading.Lock()  # over the pidfd: its number must not be used once it is closed
        self._cause, self._code, self._did, self._trace = "", None, None, b""
        self._asked = 0
        self._traced, self.ended = threading.Event(), threading.Event()
        self._control, control = socket.socketpair()
        self._notes, notes = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        pipes = {name: os.pipe2(os.O_CLOEXEC) for name in (*_STREAMS, "trace", "status")}
        self._pipes = {name: reading for name, (reading, _) in pipes.items()}
        theirs = {"control": control.fileno(), "notes": notes.fileno(), "network": namespace.descriptor}
        theirs |= {name: writing for name, (_, writing) in pipes.items()}
        try:
            self._pidfd = zygote.fork([theirs[name] for name in HANDED])
        except BaseException:
            self._close_ends()
            raise
        finally:
            control.close()
            notes.close()
            for _, writing in pipes.values():
                os.close(writing)
        self._control.settimeout(10)
        for descriptor in (*self._pipes.values(), self._notes.fileno()):
            os.set_blocking(descriptor, False)
        processes, error = self._greet()
        self.population = Population(processes)
        self._reader = threading.Thread(target=self._read, name="learner", daemon=True)
        self._reader.start()
        if error:
            self.close()
            raise refused(error)

    def ask(self, message: dict[str, Any], seconds: float) -> dict[str, Any] | End:
        """Send a message and wait for its answer, at most ``seconds``; or how the process ended without one."""
        deadline = time.monotonic() + seconds
        self._did, self._asked = None, self._asked + 1
        try:
            self._control.sendall(frames.packed({**message, "id": self._asked}))
        except TimeoutError:
            self.stop("time")
        except OSError:
            pass  # it has ended, as will be told
        while True:
            try:
                answer = self._messages.get(timeout=max(0.001, min(WATCH, deadline - time.monotonic())))
            except queue.Empty:
                if self.ended.is_set() and self._messages.empty():
                    return self._end()
                if time.monotonic() >= deadline:
                    self.stop("time")
                elif self.population.count() > MOST:
                    self.stop("processes")
                continue
            if answer is None:
                return self._end()
            if answer.pop("id", None) != self._asked or not answer.keys() & _SAYS:
                self.stop("nonsense")
            if not self._cause:
                return answer

    def stop(self, cause: str) -> None:
        """End it because of ``cause`` (see ``End``), unless that has been done; it is told as the reason."""
        if self._cause:
            return
        self._cause = cause
        if cause == "time":
            for _ in range(2):  # it writes in many small pieces: when it begins anew, the first time is whole
                self._signal(TELL_WHERE)
            self._traced.wait(PATIENCE)
        self.kill()

    def kill(self) -> None:
        """End it and all that it started, and do not wait."""
        self._signal(signal.SIGKILL)

    def close(self) -> None:
        """End it, and wait until nothing is left of it."""
        self.kill()
        self._reader.join(10)

    def _signal(self, number: int) -> None:
        with self._lock, contextlib.suppress(OSError):
            if not self.ended.is_set():
                signal.pidfd_send_signal(self._pidfd, number)

    def _greet(self) -> tuple[int | None, str | None]:
        """Wait until it is ready: its ``/proc``, and what is wrong, if anything."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, 4096, 1)
            said = self._unpacker.take(data)
        except (OSError, frames.Broken) as error:
            return None, str(error)
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)
        error = said[0].get("error") if said else "it died at once"
        return next(iter(descriptors), None), error

    def _end(self) -> End:
        return End(self._cause, self._code, self._did, self._trace.decode(errors="replace"))

    # what follows runs in the thread that hears it

    def _read(self) -> None:
        try:
            self._hear_until_it_ends()
        finally:
            self.kill()  # which does nothing, if all went well
            self._traced.set()  # more will not come
            with self._lock:
                self.ended.set()
                os.close(self._pidfd)
                self._close_ends()
            self.population.close()
            self._messages.put(None)

    def _hear_until_it_ends(self) -> None:
        poll = select.poll()
        numbers = {number: name for name, number in self._pipes.items()}
        numbers |= {self._control.fileno(): "control", self._notes.fileno(): "notes"}
        for number in numbers:
            poll.register(number, select.POLLIN)
        while True:
            ready = {numbers[number]: number for number, _ in poll.poll()}
            if "status" in ready:
                break
            for name, number in ready.items():
                if name != "control" and not self._hear(name):
                    poll.unregister(number)
            if "control" in ready and not self._hear_answer():
                poll.unregister(ready["control"])
                self._when_silent()
        self._drain()
        for name in _STREAMS:  # all who could write are gone: to the end
            with contextlib.suppress(BlockingIOError):
                while data := os.read(self._pipes[name], _PIPE):
                    self._listener.printed(name, data)
        with contextlib.suppress(OSError, ValueError):
            self._code = int(os.read(self._pipes["status"], 16))

    def _hear(self, name: str) -> bool:
        """Take what has come, at most what fits into a pipe; False at the end of the stream."""
        if name == "notes":
            return self._hear_note()
        try:
            data = os.read(self._pipes[name], _PIPE)
        except BlockingIOError:
            return True
        if name == "trace":
            self._trace += data[: _PIPE - len(self._trace)]
            if self._trace.count(_TRACE_BEGINS) > 1:
                self._traced.set()
        elif data:
            self._listener.printed(name, data)
        return bool(data)

    def _hear_note(self) -> bool:
        try:
            data = self._notes.recv(_PIPE)
        except BlockingIOError:
            return True
        except OSError:
            return False
        with contextlib.suppress(ValueError, TypeError):
            note = json.loads(data)
            for stream in _STREAMS:  # what was printed before comes before
                self._hear(stream)
            if "did" in note:
                self._did = note
            else:
                self._listener.noted(note)
        return bool(data)

    def _drain(self) -> None:
        """Hear all that has been said: no more than fits into pipes and socket is still on its way."""
        for name, times in (("notes", 1_000), ("stdout", 3), ("stderr", 3), ("trace", 3)):
            poll = select.poll()
            poll.register(self._notes.fileno() if name == "notes" else self._pipes[name], select.POLLIN)
            for _ in range(times):
                if not poll.poll(0) or not self._hear(name):
                    break

    def _hear_answer(self) -> bool:
        try:
            data = self._control.recv(_PIPE)
            answers = self._unpacker.take(data)
        except frames.Broken:
            self.stop("nonsense")
            return False
        except OSError:
            return False
        if answers:
            self._drain()
        for answer in answers:
            self._messages.put(answer)
        return bool(data)

    def _when_silent(self) -> None:
        """The stream of answers is closed: either the process ends, or it has closed what it needs to answer."""
        if self.population.known and not self.population.is_ending():
            self.stop("descriptors")
            return
        poll = select.poll()
        poll.register(self._pipes["status"], select.POLLIN)
        if not poll.poll(2_000):
            self.stop("descriptors")

    def _close_ends(self) -> None:
        for descriptor in self._pipes.values():
            os.close(descriptor)
        self._control.close()
        self._notes.close()
