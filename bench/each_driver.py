"""How long the plugin takes for each route with each driver, in turns, over containers on a real engine."""

from __future__ import annotations

from bench.places import asked_for, engine_with_plugin, inside_the_plugin, last_event, lay_cable, no_ipvlan
from bench.rows import LeftOut, Row, median
from tests.support.engine import IMAGE

TITLE = "each driver: time inside the plugin"
ROUNDS, CONTAINERS = 5, 4
"""How often each driver's turn comes, and how many containers there are in each."""

OPTIONS = {
    "bridge": (),
    "vxlan": ("-o", "vni=77", "-o", "peers=10.125.0.2"),
    "macvlan": ("-o", "parent=cable"),
    "ipvlan": ("-o", "parent=cable"),
    "routed": (),
}
"""What a network of each driver is made with, beside its type."""


def measure() -> list[Row | LeftOut]:
    """Medians per driver and route: a network in each round, and containers that end at once."""
    took: dict[tuple[str, str], list[float]] = {}
    with engine_with_plugin() as (engine, plugin):
        lay_cable(engine, "cable", "10.125.0.1")
        absent = no_ipvlan(engine)
        kinds = [kind for kind in OPTIONS if asked_for(kind) and (kind != "ipvlan" or absent is None)]
        for number in range(ROUNDS + 1):  # the first is to warm up
            for kind in kinds:
                before = last_event(plugin) if number else 0
                options = ("-d", plugin.name, "-o", f"type={kind}", *OPTIONS[kind], "--subnet", "10.124.0.0/24")
                engine.docker("network", "create", *options, f"of-{kind}")
                for _ in range(CONTAINERS):
                    engine.docker("run", "--rm", "--net", f"of-{kind}", IMAGE, "true")
                engine.docker("network", "rm", f"of-{kind}")
                for route, values in inside_the_plugin(plugin, before).items() if number else ():
                    took.setdefault((kind, route), []).extend(values)
    rows = [
        Row(f"{kind}: {route}", median(values), "ms", None, len(values))
        for (kind, route), values in sorted(took.items(), key=lambda each: kinds.index(each[0][0]))
    ]
    return [*rows, absent] if absent else [*rows]
