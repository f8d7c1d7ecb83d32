"""The picture of a real Docker: a container, and all that is known of it."""

from __future__ import annotations

import json
import re
from typing import Any
from urllib.parse import quote
from urllib.request import urlopen

from tests.support.engine import Engine
from tests.support.plugin import Plugin
from tests.support.shell import until
from tests.support.world import World


def test_a_container_is_in_the_picture_and_all_is_known_of_it(world: World, engine: Engine) -> None:
    viewer = Plugin(engine, "viewer", dashboard="127.0.0.1:0")
    try:
        viewer.start()
        address = re.findall(r"http://[\d.:]+", viewer.log())[-1]

        def asked(path: str) -> Any:
            return engine.namespace.run(lambda: json.load(urlopen(f"{address}/api/{path}", timeout=20)))

        network = world.network(driver="viewer")
        container = world.container(network, "-p", "8088:80")
        other = world.container(network)
        assert other.pings(container.address(network))

        def mine() -> list[dict[str, Any]]:
            spaces = [space for host in asked("graph")["hosts"] for space in host["namespaces"]]
            return [space for space in spaces if (space["container"] or {}).get("name") == container.name]

        assert until(lambda: mine() and mine()[0]["links"], 20)
        (space,) = mine()
        assert container.name in asked("picture?high=2000")["dot"]
        told = asked(f"about?id={quote(space['id'])}")
        (link,) = told["links"]
        assert told["container"]["image"] and link["mac"] and "UP" in link["flags"]
        assert f"{container.address(network)}/24" in link["addresses"]
        assert [each for each in told["routes"] if each["dst"] == "default"]
        assert other.address(network) in [each["address"] for each in told["neighbours"]]
        assert link["counters"]["rx"]["packets"] > 0
        assert [each for each in told["rules"] if link["peer"]["name"] or each["because"]]
        bridge = next(
            each
            for each in asked("graph")["hosts"][0]["namespaces"][0]["links"]
            if each["kind"] == "bridge" and each["network_name"] == network
        )
        learned = asked(f"about?id={quote(bridge['id'])}")["fdb"]
        assert link["mac"] in [each["mac"] for each in learned]
        world.remove()
    finally:
        viewer.down()
