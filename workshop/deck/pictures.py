"""The networks that slides show, as graphs: our own drawing makes pictures of them, in the browser.

Each is a file ``pictures/NAME.json`` beside the slides: ``{"caption", "commands", "graph"}``. The commands are those
that make such a network in the lab; docs/slides.md says how the graph is recorded.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workshop.errors import WorkshopError


@dataclass(frozen=True)
class Pictured:
    """A network: its graph, what is said of it below the picture, and the commands that make it."""

    caption: str
    commands: tuple[str, ...]
    graph: dict[str, Any]

    def dot(self) -> str:
        """The picture as Graphviz is to draw it."""
        from workshop.topology.draw import dot

        return dot(self.graph)


class Pictures:
    """The pictures in a folder of slides."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder / "pictures"

    @property
    def names(self) -> list[str]:
        """Those that there are."""
        return [path.stem for path in sorted(self._folder.glob("*.json"))]

    def find(self, name: str) -> Pictured:
        """The picture of that name.

        :raises WorkshopError: if there is none.
        """
        if name not in self.names:
            raise WorkshopError(f"There is no picture {name!r}.", f"There is {', '.join(self.names) or 'none'}.")
        told = json.loads((self._folder / f"{name}.json").read_text(encoding="utf-8"))
        return Pictured(told["caption"], tuple(told["commands"]), told["graph"])
