"""What Docker tells its user of a plugin's error: the table against what real Docker Engines printed."""

from __future__ import annotations

import json
import re

import pytest

from tests.support.pages import ROOT
from workshop.protocol import BY_PATH, told

VERSIONS = ("20.10", "26.1", "28.5")
METHODS = (
    *("CreateNetwork", "CreateEndpoint", "DeleteEndpoint", "Join", "Leave"),
    *("EndpointOperInfo", "ProgramExternalConnectivity"),
)


def printed(version: str, method: str) -> str:
    """What Docker printed when the recorder answered this route with an error."""
    steps = json.loads((ROOT / f"tests/transcripts/docker-{version}.json").read_text())
    (step,) = [step for step in steps if step["step"] == f"driver fails {method}"]
    return step["stderr"]


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("method", METHODS)
def test_the_words_are_those_that_docker_printed(version: str, method: str) -> None:
    route = f"NetworkDriver.{method}"
    outcome = told.told(route)
    stderr = printed(version, method)
    if not outcome.text or (outcome.until and float(version) > float(outcome.until)):
        assert "told to fail" not in stderr
        return
    before = told.SETTING_UP if outcome.starting and float(version) >= float(told.SETTING_UP_SINCE) else ""
    values = {"container": "cf", "network": "f1", "endpoint": "<id>"}
    said = outcome.text.format(failure=told.failure(route, f"told to fail at {method}"), **values)
    assert f"{told.PREFIX}{before}{said}" in stderr.splitlines()[0]


def test_every_route_of_the_table_is_one_and_a_status_is_told_with_the_route() -> None:
    assert {f"/{route}" for route in told.TOLD} <= set(BY_PATH)
    assert told.failure("NetworkDriver.Join", "404", 404) == "NetworkDriver.Join: 404"
    assert told.failure("VolumeDriver.Create", "full") == "full"
    names = {name for outcome in told.TOLD.values() for name in re.findall(r"{(\w+)}", outcome.text)}
    assert names <= {"failure", "container", "network", "endpoint", "volume", "place", "address"}
