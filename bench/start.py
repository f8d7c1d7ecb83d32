"""How long ``serve`` takes from its start until it is ready, and from SIGTERM until it is gone."""

from __future__ import annotations

from bench.places import empty_host
from bench.rows import Row, median
from tests.support.plugin import Plugin

TITLE = "start and end"
RUNS = 5


def measure() -> list[Row]:
    """``serve`` with its dashboard, in an empty namespace."""
    starts, ends = [], []
    with empty_host() as host:
        host.namespace.run(_loopback_up)
        plugin = Plugin(host, "bench", dashboard="127.0.0.1:0")
        try:
            for _ in range(RUNS):
                starts.append(plugin.start().started_in)
                ends.append(plugin.terminate()[1])
        finally:
            plugin.down()
    return [
        Row("serve: start to ready", median(starts), "s", 2, RUNS),
        Row("serve: SIGTERM to gone", median(ends), "s", 2, RUNS),
    ]


def _loopback_up() -> None:
    from pyroute2 import IPRoute

    with IPRoute() as kernel:
        kernel.link("set", index=1, state="up")
