"""The plugin in a privileged container, as on Docker Desktop: it serves the Docker that it runs in."""

from __future__ import annotations

import json

import pytest

from tests.engines.test_networks import test_containers_ping_each_other_by_name_and_address
from tests.engines.test_survival import (
    test_containers_go_on_after_the_plugin_was_killed,
    test_containers_go_on_while_the_plugin_is_restarted,
)
from tests.support.shell import until
from tests.support.world import World

pytestmark = pytest.mark.parametrize("shipped", ["container"], indirect=True, scope="session")

__all__ = [
    "test_containers_go_on_after_the_plugin_was_killed",
    "test_containers_go_on_while_the_plugin_is_restarted",
    "test_containers_ping_each_other_by_name_and_address",
]


def test_the_picture_shows_other_containers_by_name_with_what_is_inside(world: World):
    container = world.container(world.network())

    def inside() -> list[str]:
        graph = json.loads(world.plugin.run("topology", "--format", "json"))
        return [
            link["name"]
            for host in graph["hosts"]
            for namespace in host["namespaces"]
            if (namespace["container"] or {}).get("name") == container.name
            for link in namespace["links"]
        ]

    assert until(lambda: inside() == ["eth0"], 20), inside()
