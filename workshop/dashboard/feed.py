"""The one thread that reads the journal for the browsers: it folds events and hands on what is new."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

from werkzeug.datastructures import MultiDict

from workshop.dashboard.story import Story, for_browser
from workshop.journal import Event, Journal

log = logging.getLogger(__name__)

BATCH = 500
"""How many events travel in one message at most."""

REMEMBERED = 100_000
"""How far back the story begins, in events, when the journal is long."""

_PACE = 0.02  # seconds between two pictures at least, so that a burst of changes is one picture, not fifty
_CALM = 0.6  # the same while a learner's code is judged: what comes and goes then is too fast to be seen
_PATIENCE = 0.1  # seconds that a stop may have to wait for the thread to look up; _CALM more while code is judged


class Picture(Protocol):
    """What draws the network: ``graph`` is the graph JSON, ``dot`` the same with places, for Graphviz."""

    def graph(self) -> dict[str, Any]:
        """The whole graph as it is now."""

    def dot(self, wish: dict[str, Any] | None = None) -> str:
        """The graph as it is now in the DOT language, every node with its position.

        ``wish``: what one browser wants folded: ``{"high": points or None, "open": [group], "shut": [group], "hosts":
        [name]}``.
        """


OF_LINK = (
    *("name", "kind", "mac", "addresses", "made_by", "peer", "master"),
    *("network", "network_name", "endpoint"),
)
"""What the page needs of a link, beside where it is: to name it, find it, and tell its calls."""


def links_of(graph: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Link id to what the page needs of it: ``OF_LINK``, ``host``, and the name of its ``container``."""
    found = {}
    for host in graph.get("hosts", []):
        for namespace in host.get("namespaces", []):
            container = namespace.get("container") or {}
            for link in namespace.get("links", []):
                row = {key: link.get(key) for key in OF_LINK}
                found[link["id"]] = {**row, "host": host.get("name"), "container": container.get("name")}
    return found


def take_picture(picture: Picture, wish: dict[str, Any] | None = None) -> dict[str, Any]:
    """``{"seq", "at", "dot", "links", "roots", "unseen"}``: what browsers draw. ``dot`` is at least as new as ``seq``
    says; ``roots`` are the IDs of the hosts' own namespaces, by name."""
    graph = picture.graph()
    return {
        "seq": graph.get("seq", 0),
        "at": graph.get("at", 0.0),
        "dot": picture.dot(wish) if wish else picture.dot(),
        "links": links_of(graph),
        "roots": {
            host["name"]: space["id"] for host in graph["hosts"] for space in host["namespaces"] if space.get("root")
        },
        "unseen": [each["why"] for each in graph.get("unseen", ())],
    }


MOST_GROUPS = 1_000
"""How many groups a browser may wish to see open, or shut."""


def wish_in(asked: MultiDict[str, str]) -> dict[str, Any] | None:
    """What a browser wants folded, from a request's arguments: see ``Picture.dot``; ``None`` if it wishes nothing.

    :raises ValueError: if ``high`` is no number of points.
    """
    high = asked.get("high", "")
    if high and not (high.isascii() and high.isdigit() and len(high) < 7):
        raise ValueError("`high` must be the points that the picture may be high, or nothing.")
    groups = {key: asked.getlist(key)[:MOST_GROUPS] for key in ("open", "shut", "hosts")}
    return {"high": int(high) if high else None, **groups} if high or any(groups.values()) else None


class Feed:
    """Reads ``journal``, keeps the story, calls ``emit(name, message)`` for each batch and each new picture.

    Messages: ``events`` with ``{"events": [...], "last": seq}``, without gaps; ``picture`` as of
    ``take_picture``, or ``None`` if it could not be made.
    """

    def __init__(self, journal: Journal, picture: Picture, emit: Callable[[str, Any], None]) -> None:
        self._journal, self._picture, self._emit = journal, picture, emit
        start = max(0, journal.last - REMEMBERED, journal.first - 1)
        self.story = Story(start=start, before=journal.last)
        self._before = journal.last
        self.latest: dict[str, Any] | None = None
        """The newest picture that was sent, for a browser that comes later."""
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._run, name="dashboard-feed", daemon=True)

    def start(self) -> None:
        """Begin reading."""
        self._thread.start()

    def whole_picture(self) -> dict[str, Any]:
        """``{"graph", "picture"}`` as they are now, each ``None`` if it cannot be made."""
        try:
            return {"graph": self._picture.graph(), "picture": take_picture(self._picture)}
        except Exception:
            log.exception("The picture could not be made.")
            return {"graph": None, "picture": None}

    def graph(self) -> dict[str, Any]:
        """The whole graph as it is now."""
        return self._picture.graph()

    def picture(self, wish: dict[str, Any] | None) -> dict[str, Any]:
        """The picture as one browser wishes it: see ``Picture.dot``."""
        return take_picture(self._picture, wish)

    def stop(self) -> None:
        """Stop reading, and wait until the thread has ended."""
        self._stopped.set()
        if self._thread.is_alive():
            self._thread.join(1)

    def _fold_the_past(self) -> None:
        """Read what was there before, of which nobody is told event by event, nor is it drawn."""
        while self.story.seq < self._before and not self._stopped.is_set():
            events = self._journal.since(self.story.seq, BATCH)
            if not events:
                return  # the journal is closed
            self.story.apply(events)
            if self.story.seq >= self._before:
                # who came meanwhile has part of it: the last one tells that there is more to ask for
                self._emit("events", {"events": [for_browser(events[-1])], "last": events[-1].seq})

    def _run(self) -> None:
        self._fold_the_past()
        stale, not_before = True, 0.0
        while not self._stopped.is_set():
            patience = max(0.0, not_before - time.monotonic()) if stale else _PATIENCE
            for event in self._next(patience):
                stale = stale or _changes_the_picture(event)
                if event.kind == "verdict":
                    not_before = 0.0  # what is left in the end is shown at once
            if stale and time.monotonic() >= not_before:
                began = time.monotonic()
                self._send_picture()
                # drawing may take longer than the pace: leave the calls at least as much time
                pace = _CALM if self.story.judging else _PACE
                not_before = time.monotonic() + max(pace, time.monotonic() - began)
                stale = False

    def _next(self, patience: float) -> list[Event]:
        began = time.monotonic()
        if self.story.judging:  # what shows calls by the hundred must not take the processor from them
            self._journal.wait(self.story.seq, _CALM, "verdict")
            patience = min(patience, _PATIENCE)
        if not self._journal.wait(self.story.seq, patience):
            if time.monotonic() - began < patience / 2:
                self._stopped.wait(patience / 2)  # the journal is closed: nothing more will come
            return []
        events = self._journal.since(self.story.seq, BATCH)
        self.story.apply(events)
        if events:
            told = [for_browser(event) for event in events]
            self._emit("events", {"events": told, "last": events[-1].seq})
        return events

    def _send_picture(self) -> None:
        try:
            self.latest = take_picture(self._picture)
        except Exception:  # a graph that cannot be drawn must not end the calls' way to the browser
            log.exception("The picture could not be made.")
            self._emit("picture", None)
        else:
            self._emit("picture", self.latest)


def _changes_the_picture(event: Event) -> bool:
    return event.kind in ("topology", "docker")
