"""Volumes on the stage: where they are, what is left of them, and that they outlive the learner's process."""

from __future__ import annotations

import pytest

from tests.course.staged import staged, told
from tests.lab.inside import in_lab

pytestmark = pytest.mark.lab

ROUTES = ("activate", "volume_create", "volume_get", "volume_mount", "volume_remove")
KEEPER = """
import shutil
from workshop import PluginError

CALLS = []

def activate(request, host):
    return {"Implements": ["NetworkDriver", "VolumeDriver"]}

def volume_create(request, host):
    (host.volumes / request["Name"]).mkdir(exist_ok=True)
    return {}

def volume_get(request, host):
    CALLS.append(request["Name"])
    folder = host.volumes / request["Name"]
    if not folder.is_dir():
        raise PluginError("no such volume")
    return {"Volume": {"Name": request["Name"], "Mountpoint": str(folder), "Status": {"asked": len(CALLS)}}}

def volume_mount(request, host):
    return {"Mountpoint": str(host.volumes / request["Name"])}

def volume_unmount(request, host):
    return {}

def volume_list(request, host):
    return {"Volumes": [{"Name": each.name} for each in host.volumes.iterdir()]}

def volume_remove(request, host):
    shutil.rmtree(host.volumes / request["Name"])
    return {}
"""
ONE = """
    @scenario("one", checks=["bridge", "up"])
    def one(run):
        volume = run.docker.create_volume("data", options={"colour": "blue"})
        run.check("up", run.docker.inspect_volume(volume)["Options"] == {"colour": "blue"})
        run.check("up", run.docker.list_volumes() == ["data"])
        box = run.docker.run("box", None, volumes={volume: "/data"})
        wrote = run.docker.exec(box, "sh", "-c", "echo hello > /data/file")
        run.check("bridge", wrote.code == 0, seen=wrote.text)
        run.check("bridge", (run.volumes / "data" / "file").read_text() == "hello\\n")
        run.check("bridge", not run.inside(box).links[1:], seen="a container without a network has links")
        said = run.refused(run.docker.remove_volume, volume)
        run.check("up", "volume is in use" in str(said), seen=str(said))
"""


@in_lab
def test_what_a_scenario_made_is_removed_containers_first() -> None:
    with staged(ONE, *ROUTES) as tried:
        verdict = tried.judge(KEEPER)
        assert verdict.passed, told(verdict)
        (station,) = tried.stage.stations
        assert not list(station.volumes.iterdir()) and not station.docker.volumes


@pytest.mark.parametrize(
    ("remove", "seen"),
    [
        ("return {}", "the folder data with file in host.volumes"),
        ("raise PluginError('no')", "the folder data with file in host.volumes"),
        ("(host.volumes / 'data').rename(host.volumes.parent / 'x')\n    return {}", "the folder x with file beside"),
        ("shutil.rmtree(host.volumes)\n    return {}", "host.volumes itself is gone"),
        ("shutil.rmtree(host.volumes.parent)\n    return {}", "host.volumes itself is gone"),
        ("shutil.rmtree(host.volumes)\n    host.volumes.symlink_to('/etc')\n    return {}", "itself is gone"),
    ],
)
@in_lab
def test_what_is_left_of_a_volume_is_told_and_removed(remove: str, seen: str) -> None:
    handler = KEEPER.partition("def volume_remove")[0] + f"def volume_remove(request, host):\n    {remove}\n"
    with staged(ONE, *ROUTES) as tried:
        (left,) = tried.judge(handler).findings
        assert left.check == "left_behind" and seen in left.seen, left
        assert left.route == "VolumeDriver.Remove" and left.line
        assert tried.judge(KEEPER).passed


@in_lab
def test_a_plugin_that_is_started_again_has_lost_its_variables_and_no_files() -> None:
    scenarios = """
        @scenario("one", checks=["bridge", "up"])
        def one(run):
            volume = run.docker.create_volume("data")
            asked = lambda: run.docker.call("volume_get", {"Name": "data"})["Volume"]["Status"]["asked"]
            before = asked()
            run.check("up", asked() == before + 1)
            for _ in range(7):
                run.restart_plugin()
                run.check("bridge", asked() == 1, expected="1", seen="variables that outlived the process")
            run.check("up", len(run.calls("volume_create")) == 1)
    """
    with staged(scenarios, *ROUTES) as tried:
        verdict = tried.judge(KEEPER)
        assert verdict.passed, told(verdict)


@in_lab
def test_what_is_made_by_raw_calls_is_let_go_and_removed_as_well() -> None:
    scenarios = """
        @scenario("one", checks=["up"])
        def one(run):
            for name in ("a", "b/../c"):
                run.docker.call("volume_create", {"Name": name, "Opts": None})
            for who in "12":
                run.docker.call("volume_mount", {"Name": "a", "ID": who})
            run.docker.call("volume_unmount", {"Name": "a", "ID": "1"})
            run.check("up", True)

        @scenario("two", checks=["up"])
        def two(run):
            run.check("up", not list(run.volumes.iterdir()))
    """
    with staged(scenarios, *ROUTES) as tried:
        verdict = tried.judge(KEEPER.replace('request["Name"]', 'request["Name"].replace("/", "_")'))
        assert verdict.passed, told(verdict)
        routes = [event.data["name"] for event in tried.stage.journal.since(0) if event.kind == "call.started"]
        ours = [route for route in routes if route in ("volume_unmount", "volume_remove")]
        assert ours == ["volume_unmount", "volume_unmount", "volume_remove", "volume_remove"]


@in_lab
def test_a_volume_made_by_hand_is_gone_when_the_next_judgement_begins() -> None:
    with staged(ONE, *ROUTES) as tried:
        assert tried.judge(KEEPER).passed
        (station,) = tried.stage.stations
        station.docker.api.post("/volumes/create", {"Name": "mine", "Driver": "workshop"})
        station.docker.api.post("/volumes/create", {"Name": "local-one"})
        assert (station.volumes / "mine").is_dir()
        assert tried.judge(KEEPER).passed
        assert station.docker.api.get("/volumes")["Volumes"] == []


@in_lab
def test_a_plugin_that_answers_no_volumes_is_told_apart_by_docker() -> None:
    scenarios = """
        @scenario("one", checks=["bridge"])
        def one(run):
            said = run.refused(run.docker.create_volume, "data")
            run.check("bridge", 'requested implementation="VolumeDriver"' in str(said), seen=str(said))
            answer = run.docker.call("volume_list", {})
            run.check("bridge", "a route that this plugin does not answer" in answer["Err"], seen=str(answer))
    """
    with staged(scenarios, "create_network") as tried:
        verdict = tried.judge("def create_network(request, host):\n    return {}\n")
        assert verdict.passed, told(verdict)
