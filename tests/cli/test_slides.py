"""`workshop slides`: said in one sentence where it cannot be, and ended in good order."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from tests.support.lab_command import lab_command
from workshop.cli import audience, run
from workshop.cli.slides import standing
from workshop.course.exercise import find
from workshop.course.workbench import Workbench


@pytest.mark.parametrize("address", ["8601", "example.org:80", "0.0.0.0:99999", "0.0.0.0:", "[::]"])
def test_an_audience_needs_an_address(address: str, capsys: pytest.CaptureFixture[str]):
    assert run(["slides", "--no-lab", "--no-browser", "--dashboard", "127.0.0.1:0", "--audience", address]) == 2
    assert capsys.readouterr().err.startswith(f"'{address}' is no address. Give --audience HOST:PORT")


@pytest.mark.lab
def test_the_slides_are_there_when_it_says_so_and_gone_when_it_ends():
    with lab_command("--present", command=("slides", "--no-lab")) as running:
        address, _, token = running.url.partition("/slides/present#token=")
        assert token and running.url.startswith("http://127.0.0.1:")
        with urllib.request.urlopen(f"{address}/slides/present", timeout=10) as page:
            assert "Network plugins for Docker" in page.read().decode()
        with urllib.request.urlopen(f"{address}/api/slides/place", timeout=10) as place:
            assert json.load(place)["number"] == 0
        assert running.process.stdout is not None
        assert running.process.stdout.readline() == f"To follow, without leading: {address}/slides\n"
        assert "--no-lab" in running.process.stdout.readline()
        code, seconds = running.end()
    assert code == 0 and seconds < 2


def test_the_presenter_sees_how_far_the_exercises_are(tmp_path: Path):
    workbench = Workbench(tmp_path)
    name = find(3).name
    workbench.progress.opened(name)
    workbench.progress.judged(name, True)
    told = standing(workbench)
    assert told["at"] == 3 and len(told["exercises"]) == 16
    third = told["exercises"][2]
    assert (third["number"], third["state"], third["attempts"]) == (3, "passed", 1)
    assert told["exercises"][0]["state"] == "untouched"


def test_the_audiences_door_is_called_by_where_it_is():
    with audience.open_door("127.0.0.1:0")[0] as door:
        assert audience.place(door) == f"127.0.0.1:{door.getsockname()[1]}"
