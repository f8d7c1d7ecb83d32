"""What the page asks about the session's time."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from tests.browser.world import World
from workshop.cli.past import Past, begin
from workshop.dashboard import Dashboard, past
from workshop.journal.recording import Recorded


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = World(tmp_path)
    yield made
    made.journal.close()


def asking(world: World, part: Any) -> Iterator[FlaskClient]:
    dashboard = Dashboard(world.journal, world, parts=[part])
    yield dashboard.app.test_client()
    dashboard.stop()


@pytest.fixture
def client(world: World) -> Iterator[FlaskClient]:
    yield from asking(world, past.part(Past(world.journal)))


def test_every_call_is_told_and_the_network_after_each(client: FlaskClient, world: World):
    network = world.create_network("shop")
    world.run(network, "web")
    world.fail(network)
    told = client.get("/api/times").json
    assert (told["first"], told["last"]) == (1, world.journal.last)
    assert [(call, failed) for call, _, _, _, failed in told["calls"]] == [
        (1, False),
        (2, False),
        (3, False),
        (4, True),
    ]
    before = client.get(f"/api/at?seq={told['calls'][0][1] - 1}").json
    assert "bridge" not in {link["kind"] for link in before["picture"]["links"].values()}
    after = client.get(f"/api/at?seq={told['calls'][1][1] - 1}").json
    assert "bridge" in {link["kind"] for link in after["picture"]["links"].values()}
    assert after["seq"] == told["calls"][1][1] - 1 and ">web<" not in after["picture"]["dot"]
    last = client.get(f"/api/at?seq={told['last']}").json
    assert last["graph"] == world.graph()
    assert last["picture"]["dot"] == world.dot()


@pytest.mark.parametrize("asked", ["", "-1", "one", "1.5", "٣", "9" * 16])
def test_a_moment_that_makes_no_sense_is_refused(client: FlaskClient, asked: str):
    answer = client.get("/api/at", query_string={"seq": asked})
    assert answer.status_code == 400 and "number of an event" in answer.json["error"]


def test_a_moment_that_is_not_known_is_told_in_a_sentence(client: FlaskClient, world: World):
    answer = client.get("/api/at?seq=12345")
    assert answer.status_code == 410 and answer.json["error"].startswith("There is no event 12345 yet.")
    assert client.get("/api/at?seq=0").status_code == 410


def test_the_page_knows_a_recording_from_a_session_that_goes_on(client: FlaskClient, world: World):
    assert 'data-can="past"' in client.get("/").text
    session, known, beginning = begin(world.journal.since(0))
    assert isinstance(session, Recorded) and beginning.graph() == world.graph()
    for recording in asking(world, past.part(known, is_live=False)):
        assert 'data-can="recording"' in recording.get("/").text
        assert recording.get("/api/times").json["calls"] == []
