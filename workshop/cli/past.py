"""What the network was, for the dashboard: the history of a journal or of a recorded session, drawn."""

from __future__ import annotations

from typing import Any

from workshop.errors import WorkshopError
from workshop.journal import Event
from workshop.journal.recording import Recorded
from workshop.topology.graph import Graph, empty
from workshop.topology.history import History, Source


class Drawn:
    """A network as the dashboard wants it: whoever says what its ``graph`` is gets it drawn."""

    def graph(self) -> Graph:
        """The whole graph."""
        raise NotImplementedError

    def dot(self, wish: dict[str, Any] | None = None) -> str:
        """The picture as Graphviz is to draw it, so much folded as a browser wishes."""
        from workshop.topology.draw import dot
        from workshop.topology.folds import wished

        return dot(self.graph(), folds=wished(wish or {}))


class Still(Drawn):
    """A network that does not change any more."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    def graph(self) -> Graph:
        """The whole graph."""
        return self._graph


class Past:
    """Every moment of a journal, or of a recorded session."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._history = History(source)

    def at(self, seq: int) -> Still:
        """The network after an event. Raises a WorkshopError if that is not known any more."""
        return Still(self._history.at(seq))

    def rows(self) -> list[list[Any]]:
        """The calls: see ``Moments.rows``."""
        return self._history.rows()

    def ends(self) -> list[tuple[int | None, int]]:
        """The moments: see ``Moments.ends``."""
        return self._history.ends()

    def bounds(self) -> tuple[int, int]:
        """The numbers of the oldest event that is kept and of the newest."""
        return self._source.first, self._source.last


def begin(events: list[Event]) -> tuple[Recorded, Past, Still]:
    """A recorded session, its past, and the network before its first call.

    :raises WorkshopError: if what its events say cannot be understood.
    """
    from workshop.dashboard.story import Story

    session = Recorded(events)
    past = Past(session)
    try:
        Story().apply(events)  # as the dashboard will, where nobody could be told what is wrong
        return session, past, past.at(past.ends()[0][1])
    except WorkshopError:  # what was before the first whole graph, nobody has told
        return session, past, Still(empty())
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        raise WorkshopError(
            f"This is no recorded session: an event does not say what it should ({type(error).__name__}: {error}).",
            "`python -m workshop export FILE` writes one.",
        ) from None
