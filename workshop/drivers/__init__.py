"""One file per kind of network: functions named as the routes, ``(request, host) -> answer``, and an options table.

Beside them what drivers share: options, link names, what is remembered. No HTTP in here, and no journal.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

from workshop.errors import UsageError

Handler = Callable[[dict[str, Any], Any], Mapping[str, Any]]
"""What answers a route: a function of the request and the host."""

DRIVERS = {"bridge": "workshop.drivers.bridge", "null": "workshop.drivers.null"}
"""The drivers by name, and the module of each."""


def load(name: str) -> ModuleType:
    """The module of a driver. Raises UsageError for a name that is not in ``DRIVERS``."""
    if name not in DRIVERS:
        raise UsageError(f"There is no driver {name!r}.", f"Choose one of: {', '.join(DRIVERS)}.")
    return importlib.import_module(DRIVERS[name])
