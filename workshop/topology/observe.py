"""Observing: one thread that hears what the kernel announces, and writes what changed into the journal.

Announcements are taken in at once and read a few milliseconds later, together: then the calls of the journal
and the changes are put in the order of their times, and each change is told with the call during which it
happened.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

from workshop.errors import WorkshopError
from workshop.journal import Journal
from workshop.kernel.namespaces import Namespace
from workshop.topology import places
from workshop.topology.blame import Told
from workshop.topology.graph import Graph
from workshop.topology.hearing import Hearing
from workshop.topology.state import LEFT_OVER, State

BATCH = 0.005
"""For how many seconds changes are gathered before they are told."""

BURST, IN_A_BURST = 0.05, 0.03
"""The same where others were told less than so many seconds ago: to read takes time that who makes them needs."""

WHOLE_AFTER = 4_000
"""After how many events of the journal the whole graph is told once more, so that a reader finds one."""

ADOPTED = 5_000
"""How many of the journal's newest events are read at the start: names, and what links were made by."""

OF_INTEREST = ("docker", "call.started", "call.finished")


class Observer:
    """Watches ``hosts`` (namespaces by name) and the namespaces their veth pairs lead into.

    The graph is in ``graph()`` and, change by change, in ``journal``. ``hidden`` namespaces are not shown
    (the lab's switch). ``names``, a ``Names``, is started and stopped together with the observer.
    """

    def __init__(
        self,
        journal: Journal,
        hosts: dict[str, Namespace],
        names: Any = None,
        *,
        hidden: Iterable[Namespace] = (),
    ) -> None:
        self._journal, self._namespaces, self._names = journal, dict(hosts), names
        self._state = State({each.id for each in hidden})
        self._seen = 0
        self._whole_at = 0
        self._told_at = 0.0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._stopped = threading.Event()
        self._timers: dict[str, asyncio.TimerHandle] = {}

    def start(self) -> None:
        """Look at everything there is, tell it as a ``graph`` event, and go on watching in a thread.

        :raises WorkshopError: if the kernel does not let this process watch.
        """
        opened: list[BaseException | None] = []
        done = threading.Event()
        self._thread = threading.Thread(target=self._run, args=(opened, done), name="topology", daemon=True)
        self._thread.start()
        done.wait()
        if opened[0] is not None:
            why = getattr(opened[0], "strerror", None) or opened[0]
            raise WorkshopError(f"The network cannot be observed ({why}).", "`doctor` says what is missing.")
        threading.Thread(target=self._wait_for_journal, name="topology-journal", daemon=True).start()
        if self._names is not None:
            self._names.start()

    def stop(self) -> None:
        """Stop watching; the last changes are told first. Can be repeated."""
        if self._names is not None:
            self._names.stop()
        self._stopped.set()
        if self._loop is not None:
            self._in_loop(self._loop.stop)
        if self._thread is not None:
            self._thread.join(2)

    def graph(self) -> Graph:
        """The graph as it is told in the journal so far. Not to be changed."""
        return self._state.graph

    @contextlib.contextmanager
    def opened(self, identity: str) -> Iterator[Namespace | None]:
        """The namespace with that ID, for the length of a ``with``; ``None`` if it is gone or was never seen."""
        space = self._state.space(identity)
        if space is not None and space.root:
            yield self._namespaces[space.owner]
            return
        if space is None:
            yield None
            return
        with places.reached(identity, space.path, self._state.hearings[space.owner].paths) as found:
            yield found

    def collect(self) -> None:
        """Take in what the kernel has announced by now. Quick (some µs), from any thread.

        Called between a handler's end and its ``call.finished``, it makes sure that what the handler did is
        not taken for what came after.
        """
        heard = [hearing.collect() for hearing in list(self._state.hearings.values())]
        if any(heard):
            self._in_loop(self._soon)

    def watch(self, what: str | Path | Namespace, host: str | None = None) -> None:
        """Show a namespace even if no link leads into it (yet), as one of ``host`` (default: the first)."""
        path = f"/proc/self/fd/{what.descriptor}" if isinstance(what, Namespace) else str(what)

        def watch() -> None:
            self._state.watch(path, host or next(iter(self._state.hearings)))
            self._read()

        self._call(watch)

    def set_ports(self, host: str, ports: Iterable[dict[str, Any]]) -> None:
        """The published ports of a host: ``{"proto", "host_ip", "host_port", "ip", "port"}`` each."""
        given = [dict(each) for each in ports]

        def change() -> None:
            self._state.set_ports(host, given)
            self._read()

        self._in_loop(change)

    def settle(self, timeout: float = 2.0) -> bool:
        """Wait until what the kernel and the journal said by now is in the graph; says whether it is."""

        def settle() -> None:
            for hearing in self._state.hearings.values():
                hearing.collect()
            self._read()
            self._state.resolve(at_once=True)
            self._read()

        return self._call(settle, timeout)

    # Everything below runs in the observer's thread, but for what hands something over to it.

    def _in_loop(self, function: Callable[[], Any]) -> None:
        loop = self._loop
        if loop is not None:
            with contextlib.suppress(RuntimeError):  # it has just been closed
                loop.call_soon_threadsafe(function)

    def _call(self, function: Callable[[], Any], timeout: float = 2.0) -> bool:
        done = threading.Event()

        def run() -> None:
            try:
                function()
            finally:
                done.set()

        self._in_loop(run)
        return self._thread is not None and self._thread.is_alive() and done.wait(timeout)

    def _run(self, opened: list[BaseException | None], done: threading.Event) -> None:
        self._loop = asyncio.new_event_loop()
        try:
            self._open(self._loop)
            opened.append(None)
        except Exception as error:
            opened.append(error)
            self._close()
            return
        finally:
            done.set()
        try:
            self._loop.run_forever()
            with contextlib.suppress(Exception):  # the journal may be closed already
                for hearing in self._state.hearings.values():
                    hearing.collect()
                self._read()
        finally:
            self._close()

    def _open(self, loop: asyncio.AbstractEventLoop) -> None:
        last = self._journal.last
        events = self._journal.since(max(0, last - ADOPTED))
        self._seen = events[-1].seq if events else last
        self._state.remember(events)
        for name, namespace in self._namespaces.items():
            self._state.add_host(name, namespace)
        self._state.look()
        for hearing in self._state.hearings.values():
            loop.add_reader(hearing.listener.socket, self._heard, hearing)
        self._write_whole()
        self._look_again()

    def _close(self) -> None:
        for hearing in self._state.hearings.values():
            if self._loop is not None:
                self._loop.remove_reader(hearing.listener.socket)
            hearing.close()
        loop, self._loop = self._loop, None
        if loop is not None:
            loop.close()

    def _heard(self, hearing: Hearing) -> None:
        if hearing.collect():
            self._soon()

    def _soon(self) -> None:
        is_burst = time.monotonic() - self._told_at < BURST
        self._later("read", IN_A_BURST if is_burst else BATCH, self._read)

    def _later(self, name: str, delay: float, function: Callable[[], Any]) -> None:
        """Call ``function`` after ``delay`` seconds, unless a call of that name is waiting already."""
        if name not in self._timers and self._loop is not None:

            def run() -> None:
                self._timers.pop(name, None)
                function()

            self._timers[name] = self._loop.call_later(delay, run)

    def _wait_for_journal(self) -> None:
        """Wait for names and sandboxes that the journal tells of while the kernel is silent."""
        seen = self._seen
        while not self._stopped.is_set() and self._loop is not None:
            if self._journal.wait(seen, 1.0):
                events = self._journal.since(seen, 500)
                seen = events[-1].seq if events else self._journal.last
                if any(event.kind in OF_INTEREST for event in events):
                    self._in_loop(self._soon)
                self._stopped.wait(BATCH)  # others come right behind
            else:
                self._stopped.wait(0.2)  # a closed journal does not wait

    def _read(self) -> None:
        """Read what was heard, in one order with what the journal says of calls, and tell what changed."""
        state = self._state
        if any([hearing.lost for hearing in state.hearings.values()]):
            state.reload()
            self._write_whole()
        heard = sorted(
            ((at, hearing, nsid, data) for hearing in state.hearings.values() for at, nsid, data in hearing.waiting()),
            key=lambda each: each[0],
        )
        events = self._journal.since(self._seen)  # after what was heard: a call begins before its changes
        told: list[Told] = []
        for event in events:
            self._seen = event.seq
            if event.kind not in OF_INTEREST:
                continue
            while heard and heard[0][0] <= event.at:
                state.take(*heard.pop(0))
            if event.kind != "docker":
                told += state.changes(event.at)
            if state.learn(event):
                self._later("left over", LEFT_OVER * 1.1, self._read)
        for each in heard:
            state.take(*each)
        state.watch_joined()
        told += state.changes(time.time())
        for (call, by), group in itertools.groupby(told, key=lambda each: (each.call, each.by)):
            data = {"changes": [each.change for each in group], "by": by}
            event = self._journal.append("topology", data, call)
            state.graph = {**state.graph, "seq": event.seq, "at": event.at}
        if told:
            self._told_at = time.monotonic()
        if told and self._journal.last - self._whole_at > WHOLE_AFTER:
            self._write_whole()
        self._look_again()

    def _write_whole(self) -> None:
        state = self._state
        event = self._journal.append("topology", {"graph": state.graph, "by": None})
        state.graph = {**state.graph, "seq": event.seq, "at": event.at}
        self._whole_at = event.seq

    def _look_again(self) -> None:
        """Come back for namespaces that could not be found yet."""
        if waits := self._state.waits():
            self._later("resolve", max(0.0, min(waits) - time.monotonic()), self._resolve)

    def _resolve(self) -> None:
        self._state.resolve()
        self._read()
