"""A session with a real engine is exported while it runs, and its past is that of the engine's network."""

from __future__ import annotations

from pathlib import Path

from tests.support.cell import Cell
from tests.support.shell import until
from tests.support.world import World
from workshop.journal import recording
from workshop.journal.recording import Recorded
from workshop.topology.graph import namespaces
from workshop.topology.history import History
