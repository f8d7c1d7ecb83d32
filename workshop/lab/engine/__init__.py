"""The practice engine: Docker's part, played over real HTTP: IPAM, calls to plugins, sandboxes, the Engine
API.

How a container is shown or drawn is not here, nor what a plugin does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from workshop.lab.engine.engine import PracticeEngine

__all__ = ["PracticeEngine"]


def __getattr__(name: str) -> Any:
    if name == "PracticeEngine":  # not before it is needed: it brings pyroute2 and Flask
        from workshop.lab.engine.engine import PracticeEngine

        return PracticeEngine
    raise AttributeError(name)
