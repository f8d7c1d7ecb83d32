"""How long the plugin itself takes for each route, over many containers on a real engine."""

from __future__ import annotations

from bench.places import engine_with_plugin, inside_the_plugin
from bench.rows import Row, quantile
from tests.support.engine import IMAGE

TITLE = "time inside the plugin"
CYCLES = 60


def measure() -> list[Row]:
    """Median and p99 per route, over ``CYCLES`` containers with a published port each, and a few networks."""
    with engine_with_plugin() as (engine, plugin):
        for number in range(10):
            engine.docker("network", "create", "-d", plugin.name, "--subnet", f"10.120.{number}.0/24", f"n{number}")
        for number in range(CYCLES):
            engine.docker("run", "--rm", "--net", f"n{number % 10}", "-p", "18080:80", IMAGE, "true")
        for number in range(10):
            engine.docker("network", "rm", f"n{number}")
        took = inside_the_plugin(plugin)
    return [
        row
        for route, values in took.items()
        for row in (
            Row(f"{route}, median", quantile(values, 0.5), "ms", None, len(values)),
            Row(f"{route}, p99", quantile(values, 0.99), "ms", None, len(values)),
        )
    ]
