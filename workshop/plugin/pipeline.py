"""The way of a call: read it, note it, wait for its turn, hand it to its handler, remember, note the answer."""

from __future__ import annotations

import contextlib
import contextvars
import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from typing import Any

from workshop import protocol
from workshop.drivers import Handler
from workshop.drivers.host import Host
from workshop.drivers.reconcile import UNDO
from workshop.errors import InvalidCall, PluginError
from workshop.journal import Journal
from workshop.kernel.kernel import NetlinkError
from workshop.kernel.programs import ProgramError
from workshop.kernel.trace import Change
from workshop.plugin.memory import AFTER, Unfinished
from workshop.plugin.turns import Turns
from workshop.protocol import Route

_current: contextvars.ContextVar[int | None] = contextvars.ContextVar("call", default=None)


def current_call() -> int | None:
    """The number of the call that the calling thread answers, or ``None``."""
    return _current.get()


class Notes:
    """Writes what one host's plugin does into the journal, under the call during which it happens."""

    def __init__(self, journal: Journal, host: str) -> None:
        self.journal, self._host = journal, host

    def change(self, change: Change) -> None:
        """A change that was asked of the kernel: one event for each of its lines."""
        lines = [line for line in change.command.splitlines() if line]
        for number, line in enumerate(lines):
            last = number == len(lines) - 1
            data = {
                "host": self._host,
                "tool": change.tool,
                "command": line,
                "error": change.error if last else None,
                "duration_ms": change.duration_ms if last else 0,
            }
            self.journal.append("kernel", data, _current.get())

    def warn(self, text: str, level: str = "warning") -> None:
        """Something a person should know."""
        self.journal.append("notice", {"level": level, "text": text, "host": self._host}, _current.get())


class Pipeline:
    """Answers calls with ``handlers``, one per route name; a route without one is unknown.

    ``before_answer`` is called when a handler is done and before its call is finished: whoever watches the kernel
    takes note then of what this call has changed. ``answered`` is told of each answer that is no error, as the last
    thing before it is sent.
    """

    def __init__(self, host: Host, journal: Journal, handlers: Mapping[str, Handler]) -> None:
        self.host, self.journal, self.handlers = host, journal, dict(handlers)
        self.before_answer: Callable[[], None] = lambda: None
        self.answered: Callable[[str, Mapping[str, Any], Mapping[str, Any]], None] = lambda route, request, answer: None
        self._turns, self._unfinished = Turns(), Unfinished(host.store)

    def call(self, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        """Answer one HTTP request: the status, and the JSON object of the answer. Never raises."""
        number = self.journal.next_call()
        token = _current.set(number)
        try:
            return self._call(number, method, path, body)
        finally:
            _current.reset(token)

    def refuse(self, method: str, path: str, error: InvalidCall) -> tuple[int, dict[str, Any]]:
        """Note a request that was refused before its body could be read, and give the answer."""
        number, answer = self.journal.next_call(), {"Err": str(error)}
        about = _about(None)
        started = {"host": self.host.name, "route": path.lstrip("/")[:200], "name": None, "request": None, **about}
        self.journal.append("call.started", {**started, "raw": f"{method} {path[:200]}"}, number)
        finished = {"route": started["route"], "status": error.status, "answer": answer, "error": str(error)}
        times = {"duration_ms": 0.0, "waited_ms": 0.0, "network": None, "endpoint": None}
        self.journal.append("call.finished", {**finished, **times}, number)
        return error.status, answer

    def _call(self, number: int, method: str, path: str, body: bytes) -> tuple[int, dict[str, Any]]:
        route, request = self._read(method, path, body)
        understood = None if isinstance(request, InvalidCall) else request
        about = _about(understood)
        started: dict[str, Any] = {
            "host": self.host.name,
            "route": route.full_name if route else path.lstrip("/")[:200],
            "name": route.name if route else None,
            "request": understood,
            **about,
        }
        if understood is None and body:
            started["raw"] = body[:4096].decode("utf-8", "replace")
        # before all else: who reads "call.started" may rely on it that the removal will be finished
        note = self._unfinished.removal(route.name, understood) if route and understood is not None else None
        self.journal.append("call.started", started, number)
        came = began = ended = time.perf_counter()
        with self._turns.take(about["network"]):
            if isinstance(request, InvalidCall):
                status, answer = request.status, {"Err": str(request)}
            else:
                assert route is not None
                note = note or self._unfinished.making(route.name, request)
                began = time.perf_counter()
                status, answer = self._answer(route, request)
                ended = time.perf_counter()
                with contextlib.suppress(Exception):  # who only watches must not spoil the answer
                    self.before_answer()
            finished = {
                "route": started["route"],
                "network": about["network"],
                "endpoint": about["endpoint"],
                "status": status,
                "answer": answer,
                "error": answer.get("Err") or (answer.get(route.error) if route else None) or None,
                "duration_ms": round((ended - began) * 1000, 3),
                "waited_ms": round((began - came) * 1000, 3),
            }
            self.journal.append("call.finished", finished, number)
            if note is not None:  # the last step: until here, Docker cannot have got the answer
                self._unfinished.end(note, well=finished["error"] is None)
            if route is not None and understood is not None and finished["error"] is None:
                with contextlib.suppress(sqlite3.Error):
                    self.answered(route.name, understood, answer)
        return status, answer

    def _read(self, method: str, path: str, body: bytes) -> tuple[Route | None, dict[str, Any] | InvalidCall]:
        route = protocol.BY_PATH.get(path)
        if route is None or route.name not in self.handlers:
            known = "an unknown route" if route is None else "a route that this plugin does not answer"
            return None, InvalidCall(404, f"{path[:200]} is {known}")
        if method != "POST":
            return route, InvalidCall(405, f"{route.full_name}: expected POST, got {method}")
        try:
            return route, protocol.parse_request(route, body)
        except InvalidCall as error:
            return route, error

    def _answer(self, route: Route, request: dict[str, Any]) -> tuple[int, dict[str, Any]]:
        try:
            given = self.handlers[route.name](request, self.host)
            try:
                return 200, self._accepted(route, request, given)
            except Exception:
                self._undo(route, request)
                raise
        except (PluginError, ProgramError) as error:
            return 200, {route.error: str(error)}
        except NetlinkError as error:
            return 200, {route.error: f"the kernel refused: {error}"}
        except Exception as error:  # a mistake in a handler: Docker gets a sentence, the log the place
            return 500, {"Err": f"{route.name} failed: {type(error).__name__}: {error}{_place(error)}"}

    def _accepted(self, route: Route, request: dict[str, Any], given: Any) -> dict[str, Any]:
        """The handler's answer as Docker gets it, once it has been found readable and remembered."""
        wrong = protocol.wrong_answer(route, given)
        if wrong:
            raise PluginError(f"the handler of {route.name} answered what Docker cannot read: {wrong}")
        answer = dict(given)
        json.dumps(answer)
        if not answer.get(route.error) and route.name in AFTER:
            AFTER[route.name](self.host.store, request, answer)
        return answer

    def _undo(self, route: Route, request: dict[str, Any]) -> None:
        """Docker does not ask for the removal of what it was told could not be made."""
        undo = UNDO.get(route.name)
        if undo in self.handlers:
            with contextlib.suppress(Exception):
                self.handlers[undo](request, self.host)


def _place(error: BaseException) -> str:
    """File and line of the innermost frame, for the one who mends it."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    if trace is None:
        return ""
    return f" ({trace.tb_frame.f_code.co_filename.rpartition('/')[2]}, line {trace.tb_lineno})"


def _about(request: Mapping[str, Any] | None) -> dict[str, Any]:
    keys = {"network": "NetworkID", "endpoint": "EndpointID", "sandbox": "SandboxKey"}
    return {name: (request or {}).get(key) or None for name, key in keys.items()}
