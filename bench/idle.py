"""What dashboard and observer cost while nothing happens: five containers, one open page."""

from __future__ import annotations

import os
import time
from pathlib import Path

from bench.browser import page_of
from bench.places import engine_with_plugin
from bench.rows import LeftOut, Row
from tests.support import kinds
from tests.support.engine import IMAGE

TITLE = "idle"
CONTAINERS, SECONDS = 5, 20


def measure() -> list[Row]:
    """The share of one core that the plugin's process takes, with a page open and without."""
    if missing := kinds.missing("browser"):
        raise LeftOut(f"it needs {kinds.KINDS['browser'].needs}: {missing}. Remedy: {kinds.KINDS['browser'].remedy}")
    with engine_with_plugin(dashboard="127.0.0.1:0") as (engine, plugin):
        engine.docker("network", "create", "-d", plugin.name, "--subnet", "10.124.0.0/24", "n")
        for _ in range(CONTAINERS):
            engine.docker("run", "-d", "--net", "n", "--stop-signal", "KILL", IMAGE, "sleep", "6000")
        time.sleep(10)  # names are asked for until then
        alone = _share(plugin.pid)
        with page_of(plugin):
            time.sleep(3)
            shown = _share(plugin.pid)
    return [
        Row("plugin, observer, dashboard; no page open", alone, "% of a core", 1, SECONDS),
        Row("plugin, observer, dashboard; a page open", shown, "% of a core", 1, SECONDS),
    ]


def _share(pid: int) -> float:
    before = _used(pid)
    time.sleep(SECONDS)
    return (_used(pid) - before) / SECONDS * 100


def _used(pid: int) -> float:
    """Seconds of processor time that a process has used, with those of its children that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")
