"""The learner's handlers, for the plugin to call: loaded from a file, each call answered in time, whatever they do."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from workshop.course.learner.connection import Connection
from workshop.course.learner.faults import End, Fault, read_end, where
from workshop.course.learner.output import Output
from workshop.course.learner.zygote import Zygote
from workshop.course.verdict import Finding
from workshop.errors import PluginError
from workshop.kernel.namespaces import Namespace
from workshop.plugin.pipeline import current_call
from workshop.protocol import BY_NAME

SECONDS = 5.0
"""How long a call may take, and so may loading."""

AGAIN = 1.0
"""The same for calls of a route that has taken that long before: nobody should wait long for what is known."""

LIVES = 5
"""How often a process that died in a call is replaced, until the file is loaded anew."""

COMMANDS = 500
"""Programs and changes of the kernel that are told of one call."""

Tell = Callable[[str, dict[str, Any], int | None], object]
"""Is told of an event: its kind, its data, the number of its call. ``Journal.append`` is one."""

_WHY = "Every save is loaded before anything else: until that works, none of your handlers can answer Docker."


@dataclass(frozen=True)
class Loaded:
    """What came of loading a file: the routes that it defines, and what is wrong with it, or ``None``."""

    handlers: tuple[str, ...]
    problem: Finding | None = None


class Learner:
    """The learner's handlers on one host, in a process of their own in that host's network ``namespace``.

    ``tell`` is told of what they print (``output``) and do (``kernel``), with the number of the call. ``host`` is the
    host's name, ``volumes`` its folder for volumes. Calls are answered one at a time, each within ``seconds``.
    ``faults`` is what went wrong in calls since the last load.
    """

    def __init__(
        self,
        zygote: Zygote,
        namespace: Namespace,
        tell: Tell,
        *,
        host: str = "host",
        volumes: Path | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._zygote, self._namespace, self._tell, self._host = zygote, namespace, tell, host
        self._volumes = volumes
        self.seconds = seconds
        self.faults: list[Fault] = []
        self._turn, self._given_up = threading.Lock(), False
        self._over = False  # from `give_up` until the next load
        self._connection: Connection | None = None
        self._path, self._required, self._lives = Path(), tuple[str, ...](), LIVES
        self._loaded = Loaded(())
        self._slow: set[str] = set()
        self._call: int | None = None
        self._output = Output(self._print)
        self._begun: dict[str, dict[str, Any]] = {}
        self._commands = 0

    def load(self, path: str | Path, routes: Iterable[str]) -> Loaded:
        """Load a file anew, which has to define ``routes``. What it kept in its variables is gone.

        Never raises for what is wrong with the file.

        :raises WorkshopError: if this machine gives no process.
        """
        with self._alone():
            self.faults, self._over = [], False
            self._path, self._required, self._lives = Path(path).absolute(), tuple(routes), LIVES
            self._output = Output(self._print)
            self._slow.clear()
            self._loaded = self._load()
            return self._loaded

    def restart(self) -> None:
        """Replace the process, as when a plugin is started anew: what it kept in its variables is gone.

        ``faults`` stay known. What was given up stays so.
        """
        with self._alone():
            if self._over:
                return
            self._loaded = self._load()

    def handler(self, route: str) -> Callable[[dict[str, Any], Any], dict[str, Any]]:
        """What the plugin calls for a route: answers, or raises PluginError with what Docker is to read."""

        def handle(request: dict[str, Any], host: Any) -> dict[str, Any]:
            with self._turn:
                if self._given_up:
                    raise PluginError(f"{route}: the file is loaded anew, or the lab ends")
                return self._answer(route, request, host)

        handle.__name__ = route
        return handle

    def give_up(self) -> None:
        """Answer no call any more until the file is loaded anew; the one under way is given up. From any thread."""
        self._lives, self._over = 0, True
        self.close()

    def close(self) -> None:
        """End the process and all that it has started."""
        with self._alone():
            self._end()

    def __enter__(self) -> Learner:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Have a call that is under way given up, so that nobody waits for an endless one."""
        connection, self._given_up = self._connection, True
        if self._turn.locked() and connection is not None:
            connection.stop("anew")
        with self._turn:
            self._given_up = False
            yield

    # what the connection is told

    def printed(self, stream: str, data: bytes) -> None:
        """See ``Listener``."""
        self._output.feed(stream, data)

    def noted(self, note: dict[str, Any]) -> None:
        """See ``Listener``."""
        if "log" in note:
            self._output.feed("log", f"{note['log']}\n".encode())
        elif "begin" in note:
            self._begun[str(note["begin"])] = note
        elif "end" in note:
            self._command({**self._begun.pop(str(note["end"]), {}), **note})
        elif isinstance(note.get("change"), dict):
            self._command(note["change"])

    def _command(self, change: dict[str, Any]) -> None:
        self._commands += 1
        if self._commands > COMMANDS:
            return
        lines = [line for line in str(change.get("command", "")).splitlines() if line.strip()]
        for number, line in enumerate(lines, 1):
            last = number == len(lines)
            data = {
                "host": self._host,
                "tool": str(change.get("tool", "")),
                "command": line,
                "error": change.get("error") if last else None,
                "duration_ms": change.get("duration_ms", 0) if last else 0,
            }
            self._tell("kernel", data, self._call)

    def _print(self, stream: str, line: str) -> None:
        self._tell("output", {"stream": stream, "text": line}, self._call)

    # loading

    def _load(self) -> Loaded:
        old, self._connection = self._connection, None
        if old is not None:
            old.kill()
        new = Connection(self._zygote, self._namespace, self)
        if old is not None:
            old.close()
        self._connection = new
        known = sorted({*BY_NAME, *self._required})
        order = {"do": "load", "path": str(self._path), "required": list(self._required), "routes": known}
        self._begin(self._call)
        answer = new.ask(order, self.seconds)
        try:
            if isinstance(answer, End):
                _, text, place = read_end(answer, self.seconds, str(self._path.parent))
                self._tell_unfinished()
                return Loaded((), self._died_loading(text, place))
            self._show_traceback(answer)
            if "problem" in answer:
                return Loaded((), self._finding(**answer["problem"]))
            left = new.population.left_running()
            self._tell_unfinished()
            if left:
                return Loaded((), self._died_loading(f"it leaves {_listed(left)} running", None))
            return Loaded(tuple(answer["handlers"]))
        finally:
            self._output.turn()

    def _finding(
        self, title: str, line: int | None, file: str | None = None, about: str = "", **fields: Any
    ) -> Finding:
        """Why the file cannot be loaded; ``about`` is the route that is concerned, if it is one alone."""
        routes = [BY_NAME[name].full_name for name in (about, *self._required) if name in BY_NAME]
        return Finding(
            "loads",
            title,
            why=_WHY,
            route=routes[0] if routes else None,
            file=file or str(self._path),
            line=line,
            **fields,
        )

    def _died_loading(self, text: str, place: tuple[str, int] | None) -> Finding:
        title = f"{self._path.name} cannot be loaded: {text}{where(*place) if place else ''}"
        return self._finding(
            title,
            place[1] if place else None,
            place[0] if place else None,
            seen=text,
            expected="a file that only defines functions; what is to happen in a call goes into them",
        )

    # calls

    def _begin(self, call: int | None) -> None:
        self._output.turn()
        self._call, self._commands = call, 0
        self._begun.clear()

    def _answer(self, route: str, request: dict[str, Any], host: Any) -> dict[str, Any]:
        number = current_call()
        self._begin(number)
        try:
            connection = self._living(route)
            message = {
                "do": "call",
                "route": route,
                "request": request,
                "host": host.name,
                "volumes": str(self._volumes or ""),
                "networks": dict(host.networks),
                "endpoints": dict(host.endpoints),
            }
            seconds = min(AGAIN, self.seconds) if route in self._slow else self.seconds
            answer = connection.ask(message, seconds)
            if isinstance(answer, End):
                kind, text, place = read_end(answer, seconds, str(self._path.parent))
                if kind == "time":
                    self._slow.add(route)
                self._tell_unfinished()
                self._end()
                self._fail(route, kind, text, place)
            return self._read(route, connection, answer)
        finally:
            if self._commands > COMMANDS:
                self._print("log", f"… {self._commands - COMMANDS:,} more commands are not shown")
            self._output.turn()
            self._call = None

    def _read(self, route: str, connection: Connection, answer: dict[str, Any]) -> dict[str, Any]:
        left = connection.population.left_running()
        if left or answer.get("last"):
            self._end()
        self._tell_unfinished()
        if "fault" in answer:
            self._show_traceback(answer)
            fault = answer["fault"]
            self._fail(route, fault["kind"], fault["text"], fault["place"])
        if left:
            text = f"it left {_listed(left)} running; wait for what you start"
            self._fail(route, "processes", text, None)
        if "refused" in answer:
            raise PluginError(answer["refused"] or f"{route} refused, and did not say why")
        return answer["answer"]

    def _living(self, route: str) -> Connection:
        """The process; a new one, if the last one has died."""
        if self._connection is None or self._connection.ended.is_set():
            if self._lives == 0:
                self._fail(route, "died", f"its process has died {LIVES} times; save the file to begin anew", None)
            self._lives -= 1
            self._loaded = self._load()
        problem = self._loaded.problem
        if problem is not None or self._connection is None or route not in self._loaded.handlers:
            text = problem.title if problem else f"{self._path.name} has no function {route}"
            self._fail(route, "died", text, (problem.file, problem.line) if problem and problem.line else None)
        return self._connection

    def _fail(self, route: str, kind: str, text: str, place: Any) -> NoReturn:
        file, line = (str(place[0]), int(place[1])) if place else (str(self._path), None)
        fault = Fault(route, kind, text, file, line, current_call())
        self.faults.append(fault)
        raise PluginError(fault.told)

    def _show_traceback(self, answer: dict[str, Any]) -> None:
        self._output.turn()  # what was printed before comes before; and however much that was, this is shown
        for line in answer.get("traceback") or ():
            self._print("traceback", line)

    def _tell_unfinished(self) -> None:
        """Programs that had not ended when the call did."""
        for note in self._begun.values():
            self._command({**note, "error": "had not ended"})
        self._begun.clear()

    def _end(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _listed(commands: list[str]) -> str:
    more = f" and {len(commands) - 3} more" if len(commands) > 3 else ""
    return ", ".join(f"`{command}`" for command in commands[:3]) + more
