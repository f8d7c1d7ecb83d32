"""What dashboard and observer cost while nothing happens: five containers, one open page."""

from __future__ import annotations

import os
import time
from pathlib import Path

from bench.browser import page_of
from bench.places import containers_on_a_network, need
from bench.rows import Row

TITLE = "idle"
CONTAINERS, SECONDS = 5, 20


def measure() -> list[Row]:
    """The share of one core that the plugin's process takes, with a page open and without."""
    need("browser")
    with containers_on_a_network(CONTAINERS, "10.124.0.0/24") as (_, plugin):
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
