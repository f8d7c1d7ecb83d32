"""The network as it was after any event of a session, folded from the journal, with keyframes for quick jumps."""

from __future__ import annotations

import bisect
import threading
from collections.abc import Iterable, Iterator
from typing import Protocol

from workshop.errors import WorkshopError
from workshop.journal import Event
from workshop.journal.moments import Moments
from workshop.topology import graph as graphs
from workshop.topology.graph import Graph

EVERY = 250
"""A keyframe for so many events: more than these are never folded for a jump."""

_CHUNK = 1_000


class Source(Protocol):
    """A journal, or a recorded session."""

    @property
    def first(self) -> int: ...

    @property
    def last(self) -> int: ...

    def since(self, seq: int, limit: int | None = None) -> list[Event]: ...


class History:
    """Reads ``source`` on as far as it is asked about, once. Safe to use from any thread.

    Graphs share what did not change between them, so that the keyframes of a long session take little memory.
    """

    def __init__(self, source: Source, *, every: int = EVERY) -> None:
        self._source, self._every = source, every
        self._lock = threading.Lock()
        self._moments = Moments()
        self._read = 0
        self._graph: Graph | None = None
        self._frames: list[tuple[int, Graph]] = []

    def rows(self) -> list[list[object]]:
        """``Moments.rows`` of all that has happened."""
        with self._lock:
            self._read_to(self._source.last)
            return self._moments.rows()

    def ends(self) -> list[tuple[int | None, int]]:
        """``Moments.ends`` of all that has happened."""
        with self._lock:
            last = self._source.last
            self._read_to(last)
            return list(self._moments.ends(last))

    def at(self, seq: int) -> Graph:
        """The graph after event ``seq``.

        :raises WorkshopError: if there is no such event yet, or the journal no longer has what the network was then.
        """
        with self._lock:
            if seq > self._source.last:
                raise WorkshopError(f"There is no event {seq} yet.", f"The newest is {self._source.last}.")
            self._read_to(seq)
            place = bisect.bisect_right(self._frames, seq, key=lambda frame: frame[0]) - 1
            if place >= 0:
                known, graph = self._frames[place]
                events = self._source.since(known, seq - known) if known < seq else []
                if known == seq or events and events[0].seq == known + 1:
                    for _, after in self._folded(graph, events):
                        graph = after or graph
                    return graph
            raise WorkshopError(
                "The journal no longer has what the network was then.",
                f"It keeps the newest events, from number {self._source.first} on.",
            )

    def _read_to(self, seq: int) -> None:
        first = self._source.first
        if self._read < first - 1:  # what was between is lost, until the whole is told again
            self._read, self._graph = first - 1, None
        while self._read < seq:
            events = self._source.since(self._read, min(_CHUNK, seq - self._read))
            if not events or events[0].seq != self._read + 1:
                break
            for event, graph in self._folded(self._graph, events):
                self._moments.take(event)
                self._graph, self._read = graph, event.seq
                if graph is not None and (not self._frames or event.seq >= self._frames[-1][0] + self._every):
                    self._frames.append((event.seq, graph))
        self._moments.forget(first)
        while self._frames and self._frames[0][0] < first - 1:
            del self._frames[0]

    def _folded(self, graph: Graph | None, events: Iterable[Event]) -> Iterator[tuple[Event, Graph | None]]:
        """Each event, and the graph after it (``None`` before the first whole one)."""
        for event in events:
            if event.kind == "topology":
                whole = event.data.get("graph")
                if whole is not None and graph is not None:
                    # what is the same stays the same object, so that it is kept once
                    changes = graphs.diff(graph, whole)
                    graph = {**graphs.apply_all(graph, changes), "seq": event.seq, "at": event.at}
                elif whole is not None or graph is not None:
                    graph = graphs.take(graph or graphs.empty(), event.data, event.seq, event.at)
            yield event, graph
