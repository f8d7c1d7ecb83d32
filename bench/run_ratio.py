"""What a container costs on our bridge against Docker's own, in turns on one engine."""

from __future__ import annotations

import time

from bench.places import engine_with_plugin
from bench.rows import Row, median
from tests.support.engine import IMAGE

TITLE = "docker run --rm, against Docker's own bridge"
ROUNDS = 60


def measure() -> list[Row]:
    """``docker run --rm`` of ``true`` on a network of each driver, each first in every other round."""
    took: dict[str, list[float]] = {"ours": [], "dockers": []}
    with engine_with_plugin() as (engine, plugin):
        engine.docker("network", "create", "-d", plugin.name, "--subnet", "10.121.0.0/24", "ours")
        engine.docker("network", "create", "-d", "bridge", "--subnet", "10.122.0.0/24", "dockers")
        for network in took:
            engine.docker("run", "--rm", "--net", network, IMAGE, "true")  # the first has to load more
        for number in range(ROUNDS):
            for network in sorted(took, reverse=bool(number % 2)):
                began = time.perf_counter()
                engine.docker("run", "--rm", "--net", network, IMAGE, "true")
                took[network].append(time.perf_counter() - began)
    ours, dockers = median(took["ours"]), median(took["dockers"])
    return [
        Row("docker run --rm on our bridge, median", ours * 1000, "ms", None, ROUNDS),
        Row("docker run --rm on Docker's bridge, median", dockers * 1000, "ms", None, ROUNDS),
        Row("ratio of the medians", ours / dockers, "×", 1.03, ROUNDS),
    ]
