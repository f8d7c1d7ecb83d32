"""What ``serve`` and ``demo`` share: journal, log, plugins, observer and dashboard, begun and ended together."""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import select
import signal
import socket
import sqlite3
import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import IO, Any

import click

from workshop import session
from workshop.cli.past import Drawn, Past
from workshop.errors import INTERRUPTED, CannotHere, WorkshopError
from workshop.journal import Journal
from workshop.journal.log import TerminalLog
from workshop.kernel.namespaces import Namespace
from workshop.plugin.holding import SOCKET, Gate, Limit
from workshop.plugin.plugin import Plugin
from workshop.plugin.server import Place
from workshop.topology import graph as graphs
from workshop.topology.observe import Observer

ENDINGS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)
"""Signals that end a command in good order."""


class Picture(Drawn):
    """The network as it is now, for the dashboard, whatever is watched now."""

    def __init__(self, observer: Callable[[], Observer | None]) -> None:
        self._observer = observer

    def graph(self) -> dict[str, Any]:
        """The whole graph; an empty one if nothing is watched."""
        observer = self._observer()
        return graphs.empty() if observer is None else observer.graph()


class Running:
    """One process's plugins and all that watches them. Use it in a ``with``: what was started is ended."""

    def __init__(self, command: str, state: Path) -> None:
        sys.setswitchinterval(0.0005)  # a thread that draws or logs must not keep one that answers waiting for 5 ms
        try:
            state.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.journal = Journal(state / "journal.db")
        except (OSError, sqlite3.Error) as error:
            raise CannotHere(
                f"The folder {state} cannot be used ({getattr(error, 'strerror', None) or error}).",
                "Run as root, or give --state-dir a folder of yours.",
            ) from None
        self._command, self._state = command, state
        self._ending = contextlib.ExitStack()
        self._ending.callback(self.journal.close)
        self.plugins: dict[str, Plugin] = {}
        self.gate = Gate(self.journal)
        """What all plugins' calls pass: step mode and break-it mode."""
        self._places: dict[str, str] = {}
        self.observer: Observer | None = None
        self._hosts: dict[str, Namespace] = {}
        self._outside: Namespace | None = None
        self._watching = contextlib.ExitStack()
        self._said: dict[str, Any] = {"command": command, "journal": str(state / "journal.db")}

    def __enter__(self) -> Running:
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.close()

    def log(self, format: str, file: Path | None, *, terminal: bool = True, level: str = "info") -> None:
        """Write events that matter so much to the terminal (unless told otherwise), and to ``file`` if there is one."""
        outputs: list[IO[str]] = [sys.stdout] if terminal else []
        if file is not None:
            try:
                outputs.append(self._ending.enter_context(file.open("a", encoding="utf-8")))
            except OSError as error:
                raise CannotHere(
                    f"{file} cannot be written ({error.strerror}).", "Give --log-file another path."
                ) from None
        for number, output in enumerate(outputs):
            log = TerminalLog(output, format, level=level)
            thread = self.journal.follow(log, f"log-{number}")
            self._ending.callback(log.close)
            self._ending.callback(self._let_finish, thread)

    def _let_finish(self, thread: threading.Thread) -> None:
        """Give a log the time to write what has happened, before it is closed."""
        deadline = time.monotonic() + 0.3
        while thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.02)

    def watch(self, hosts: dict[str, Namespace], engine: Path | None = None, hidden: Iterable[Namespace] = ()) -> None:
        """Watch these hosts' networks but not the ``hidden`` ones, and look names up at the engine's socket.

        What was watched before is let go of. The first of the hidden ones is the world outside of the hosts.
        """
        self.stop_watching()
        hidden = list(hidden)
        observer = Observer(self.journal, hosts, hidden=hidden)
        observer.start()
        self.observer = observer
        self._hosts, self._outside = dict(hosts), hidden[0] if hidden else None
        self._watching.callback(observer.stop)
        self._ending.callback(self.stop_watching)
        if engine is not None:
            from workshop.topology.names import Names

            names = Names(self.journal, engine)
            names.start()
            self._watching.callback(names.stop)
            self._said["engine"] = str(engine)

    def stop_watching(self) -> None:
        """Let go of the hosts' networks; the last picture stays."""
        self._hosts, self._outside = {}, None
        self._watching.close()

    def walking(self, refuse: Callable[[], str] = lambda: "") -> Any:
        """The dashboard's part that follows a packet through what is watched. ``refuse`` says why it cannot be now."""
        from workshop.dashboard.walk import part
        from workshop.walk.walker import Scene, Walker

        def scene() -> Scene:
            if not self._hosts or self.observer is None:
                raise WorkshopError("There is no network to walk in now.", "Try again in a moment.")
            self.observer.settle()
            return Scene(self._hosts, self._outside, self.observer.graph())

        return part(Walker(scene, lambda result: self.journal.append("walk", result), refuse))

    def plug_in(self, plugin: Plugin, place: Place) -> None:
        """Start a plugin."""
        self.plugins[plugin.host.name] = plugin
        self._ending.callback(plugin.stop)
        self._ending.callback(self.gate.end)
        plugin.pipeline.gate = self.gate
        if self.observer is not None:
            watcher = self.observer
            plugin.pipeline.before_answer = watcher.collect
            plugin.host.when_published = lambda ports: watcher.set_ports(plugin.host.name, ports)
        plugin.start(place)
        plugin.host.when_published(plugin.host.published())
        self._places[plugin.host.name] = place.address
        self._said.setdefault("plugin", str(place.path))

    def show(
        self,
        address: tuple[str, int],
        listener: socket.socket | None = None,
        *,
        limit: Limit = SOCKET,
        parts: Iterable[Any] = (),
        **facts: Any,
    ) -> str:
        """Start the dashboard; give its address. ``facts`` are what it shows, and ``parts`` what else it can do, beside
        what every session can: see ``Dashboard``. ``limit`` is what Docker does if a held call waits too long."""
        from workshop.dashboard import Dashboard, about, past, step
        from workshop.topology.about import About

        only_our_mistakes()
        self.gate.limit = limit
        every = [past.part(Past(self.journal)), about.part(About(lambda: self.observer))]
        every.append(step.part(self.gate, self._networks))
        picture = Picture(lambda: self.observer)
        facts["plugin_of"] = self._plugin_of
        dashboard = Dashboard(self.journal, picture, address=address, sock=listener, parts=[*every, *parts], **facts)
        dashboard.start()
        self._ending.callback(dashboard.stop)
        if dashboard.problem:
            self.warn(dashboard.problem)
        self._said["dashboard"] = dashboard.url
        return dashboard.url

    def _networks(self) -> dict[str, list[str]]:
        """The networks that the plugins remember, by host."""
        return {name: list(plugin.host.networks) for name, plugin in self.plugins.items()}

    def _plugin_of(self, host: str | None) -> str | None:
        """Where the plugin listens that got a host's calls."""
        return self._places.get(host or "") or self._said.get("plugin")

    def announce(self, **more: Any) -> None:
        """Let other commands find this session."""
        try:
            session.write(**{**self._said, **more})
            self._ending.callback(session.remove)
        except (WorkshopError, OSError) as error:
            self.warn(f"`calls`, `topology` and `docker` cannot find this session by themselves: {error}")
        gc.freeze()  # what is there now stays: later collections need not look at it

    def say(self, text: str) -> None:
        """A sentence for whoever watches."""
        self.journal.append("docker", {"did": text})

    def warn(self, text: str) -> None:
        """A warning, for the log and the dashboard."""
        self.journal.append("notice", {"level": "warning", "text": text, "host": ""})


def only_our_mistakes() -> None:
    """Keep what strange clients do out of the terminal: the dashboard's servers log each as an error of their own.

    What is raised in our own code still shows.
    """
    for name in ("engineio.server", "socketio.server", "werkzeug"):
        logger = logging.getLogger(name)
        if _is_ours not in logger.filters:
            logger.addFilter(_is_ours)


def _is_ours(record: logging.LogRecord) -> bool:
    return record.exc_info is not None or "Traceback" in record.getMessage()


class Ending:
    """Set when the process is told to end. As ``threading.Event``, whose lock a second signal could wait for forever,
    as it may come while the first one's handler holds it.
    """

    def __init__(self) -> None:
        self._set = False
        self._reading, self._writing = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)

    def set(self) -> None:
        """Let those who wait go on. May be called by a signal's handler, at any moment."""
        self._set = True
        with contextlib.suppress(BlockingIOError):
            os.write(self._writing, b"!")

    def is_set(self) -> bool:
        """Whether it was set."""
        return self._set

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it is set, at most ``timeout`` seconds; whether it is."""
        waiting = select.poll()
        waiting.register(self._reading, select.POLLIN)
        if not self._set:
            waiting.poll(None if timeout is None else timeout * 1000)
        return self._set


@contextlib.contextmanager
def signals_as_event() -> Iterator[Ending]:
    """An event that is set when the process is told to end. What fails from then on ends it with ``INTERRUPTED``:
    Ctrl-C has ended the programs that it was running, too.
    """
    ended = Ending()
    before = {number: signal.signal(number, lambda *_: ended.set()) for number in ENDINGS}
    try:
        yield ended
    except Exception:
        if not ended.is_set() or os.environ.get("WORKSHOP_DEBUG"):
            raise
        raise click.exceptions.Exit(INTERRUPTED) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
