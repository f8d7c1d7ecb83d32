"""The way of a call: read it, note it, wait for its turn, hand it to its handler, remember, note the answer.

Before its handler and before its answer it passes the gate (``holding.py``), which may hold it or have it answered with
a fault.
"""

from __future__ import annotations

import contextlib
import contextvars
import json
import sqlite3
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workshop import protocol
from workshop.drivers import Handler
from workshop.drivers.host import Host
from workshop.drivers.plan import plan
from workshop.drivers.reconcile import UNDO
from workshop.errors import InvalidCall, PluginError
from workshop.journal import Journal
from workshop.kernel.kernel import NetlinkError
from workshop.kernel.programs import ProgramError
from workshop.kernel.trace import Change
from workshop.plugin.faults import Fault
from workshop.plugin.holding import Call, Gate
from workshop.plugin.memory import AFTER, Unfinished
from workshop.plugin.turns import Turns
from workshop.protocol import Route

_current: contextvars.ContextVar[int | None] = contextvars.ContextVar("call", default=None)


def current_call() -> int | None:
    """The number of the call that the calling thread answers, or ``None``."""
    return _current.get()


DIED = "the plugin died before it answered"
"""What the journal says of a call whose answer nobody got."""


@dataclass
class _Done:
    """What came of a call, and how long what took, in seconds."""

    status: int = 200
    answer: dict[str, Any] | None = None
    fault: str | None = None
    began: float = 0.0
    took: float = 0.0
    held_ms: float = 0.0
    note: str | None = None


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
    thing before it is sent. ``gate`` is what each call passes twice, ``die`` is called where a fault wants the plugin
    dead, with how many seconds.
    """

    def __init__(self, host: Host, journal: Journal, handlers: Mapping[str, Handler]) -> None:
        self.host, self.journal, self.handlers = host, journal, dict(handlers)
        self.before_answer: Callable[[], None] = lambda: None
        self.answered: Callable[[str, Mapping[str, Any], Mapping[str, Any]], None] = lambda route, request, answer: None
        self.gate = Gate()
        self.die: Callable[[float], None] = lambda seconds: None
        self._turns, self._unfinished = Turns(), Unfinished(host.store)
        self._lives = 0
        """How often it has died: what a call does that began in another life, nobody has been told."""

    def cut(self) -> None:
        """Be dead: calls that are under way are not answered, and what they do counts as not finished."""
        self._lives += 1
        self.gate.leave(self.host.name, "the plugin died")

    def revive(self) -> None:
        """Begin anew, with the notes of calls that were cut short; none of them may be under way still."""
        self._unfinished = Unfinished(self.host.store)

    def call(
        self, method: str, path: str, body: bytes, gone: Callable[[], bool] = lambda: False
    ) -> tuple[int, dict[str, Any]]:
        """Answer one HTTP request: the status, and the JSON object of the answer. Never raises.

        ``gone`` tells whether who asks has hung up; it is asked while the call is held.
        """
        number = self.journal.next_call()
        token = _current.set(number)
        try:
            return self._call(number, method, path, body, gone)
        finally:
            _current.reset(token)

    def refuse(self, method: str, path: str, error: InvalidCall) -> tuple[int, dict[str, Any]]:
        """Note a request that was refused before its body could be read, and give the answer."""
        number, answer = self.journal.next_call(), {"Err": str(error)}
        about = _about(None)
        started = {"host": self.host.name, "route": path.lstrip("/")[:200], "name": None, "request": None, **about}
        self.journal.append("call.started", {**started, "raw": f"{method} {path[:200]}"}, number)
        finished = {"route": started["route"], "status": error.status, "answer": answer, "error": str(error)}
        times = {"duration_ms": 0.0, "waited_ms": 0.0, "held_ms": 0.0, "fault": None, "network": None, "endpoint": None}
        self.journal.append("call.finished", {**finished, **times}, number)
        return error.status, answer

    def _call(
        self, number: int, method: str, path: str, body: bytes, gone: Callable[[], bool]
    ) -> tuple[int, dict[str, Any]]:
        route, request = self._read(method, path, body)
        understood = None if isinstance(request, InvalidCall) else request
        about, life = _about(understood), self._lives
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
        came = time.perf_counter()
        with self._turns.take(about["network"]):
            done = _Done(began=time.perf_counter(), note=note)
            if isinstance(request, InvalidCall):
                done.status, done.answer = request.status, {"Err": str(request)}
                done.began = came
            else:
                assert route is not None
                passing = Call(number, self.host.name, route.full_name, about["network"], about["endpoint"], request)
                passing.gone, passing.plan = gone, lambda: self._plan(route, request)
                self._pass(passing, route, request, done)
            died = self._lives != life
            answer = {} if died or done.answer is None else done.answer
            said = DIED if died else answer.get("Err") or (answer.get(route.error) if route else None) or None
            finished = {
                "route": started["route"],
                "network": about["network"],
                "endpoint": about["endpoint"],
                "status": 0 if died else done.status,
                "answer": answer,
                "error": said,
                "duration_ms": round(done.took * 1000, 3),
                "waited_ms": round((done.began - came) * 1000, 3),
                "held_ms": done.held_ms,
                "fault": done.fault,
            }
            self.journal.append("call.finished", finished, number)
            if died:  # the note stays, for the next life
                return 503, {"Err": DIED}
            if done.note is not None:  # the last step: until here, Docker cannot have got the answer
                self._unfinished.end(done.note, well=said is None)
            if route is not None and understood is not None and said is None:
                with contextlib.suppress(sqlite3.Error):
                    self.answered(route.name, understood, answer)
        return done.status, answer

    def _pass(self, call: Call, route: Route, request: dict[str, Any], done: _Done) -> None:
        """Let a call pass the gate, ask its handler, and let the answer pass."""
        life = self._lives
        said = self.gate.before_handler(call)
        done.held_ms = said.held_ms
        if said.dropped and done.note is None:  # nobody wants it made any more; what is to be removed, is
            done.answer = {route.error: said.dropped}
            return
        if self._lives != life:
            return
        fault = said.fault
        if fault is None or not (fault.instead or fault.down):
            self._ask(route, request, done)
            said = self.gate.before_answer(call, done.answer)
            done.held_ms = round(done.held_ms + said.held_ms, 3)
            fault = said.fault or fault
            if said.dropped and route.name in UNDO:
                self._take_back(route, request, done, 200, {route.error: said.dropped})
                return
        if fault is not None and self._lives == life:
            self._break(call, route, request, fault, done)

    def _ask(self, route: Route, request: dict[str, Any], done: _Done) -> None:
        """Have the handler answer."""
        done.note = done.note or self._unfinished.making(route.name, request)
        began = time.perf_counter()
        done.status, done.answer = self._answer(route, request)
        done.took = time.perf_counter() - began
        with contextlib.suppress(Exception):  # who only watches must not spoil the answer
            self.before_answer()

    def _break(self, call: Call, route: Route, request: dict[str, Any], fault: Fault, done: _Done) -> None:
        """Put a fault in the place of an answer, or of the handler."""
        if fault.bend is not None:
            if done.answer is None or done.answer.get(route.error):
                return  # an error is not bent
            done.answer = fault.bend(request, done.answer)
        elif fault.instead is not None:
            self._take_back(route, request, done, fault.status, fault.instead(route))
        elif fault.down:
            self.die(fault.down)
        else:
            self.gate.wait(call, fault.delay)
        done.fault = fault.name

    def _take_back(
        self, route: Route, request: dict[str, Any], done: _Done, status: int, answer: dict[str, Any]
    ) -> None:
        """Answer something else than the handler did: what it has made, Docker will never ask to be removed."""
        if done.answer is not None and not done.answer.get(route.error) and route.name in UNDO:
            self._undo(route, request)
            with contextlib.suppress(sqlite3.Error):
                AFTER[UNDO[route.name]](self.host.store, request, {})
        done.status, done.answer = status, answer

    def _plan(self, route: Route, request: dict[str, Any]) -> list[dict[str, Any]]:
        try:
            return plan(route.name, request, self.host)
        except Exception:  # what is only shown must not spoil the call
            return []

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
