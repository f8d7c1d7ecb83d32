"""Judging an exercise of several parts, a plugin that is started anew, and what is sent on the wire for a check."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.course.staged import BRIDGE, staged, told
from tests.lab.inside import in_lab
from workshop.course.judge import judge
from workshop.course.verdict import Decided, Finding, Verdict, together
from workshop.errors import WorkshopError

pytestmark = pytest.mark.lab

PARTS = """
    @scenario("all", checks=["bridge"])
    def all_of_them(run):
        network(run)

    @scenario("first", checks=["bridge"], part="one")
    def first(run):
        network(run, 1)

    @scenario("second", checks=["bridge"], part="two")
    def second(run):
        network(run, 2)
"""
COUNTS = (
    """
COUNT = [0]
def create_endpoint(request, host):
    COUNT[0] += 1
    print("call", COUNT[0])
    raise ValueError(COUNT[0])
"""
    + BRIDGE
)


def variants(verdict: Verdict) -> list[str]:
    return sorted({each.variant for each in verdict.checks} - {""})


@in_lab
def test_a_file_is_judged_as_the_part_that_it_is_called_like_or_that_is_named() -> None:
    with staged(PARTS, parts=["one", "two"]) as tried:
        path = tried.file.with_name("one.py")
        path.write_text(BRIDGE)
        verdict = judge(tried.stage, path)
        assert verdict.passed, told(verdict)
        assert (variants(verdict), verdict.as_dict()["part"]) == (["all", "first"], "one")
        assert variants(judge(tried.stage, path, part="two")) == ["all", "second"]
        tried.file.write_text(BRIDGE)
        for part, said in ((None, "no part handler. It has one, two."), ("three", "no part three.")):
            with pytest.raises(WorkshopError, match=f"Exercise 3 has {said}"):
                judge(tried.stage, tried.file, part=part)


@in_lab
def test_without_parts_no_part_can_be_named() -> None:
    with staged(PARTS) as tried:
        tried.file.write_text(BRIDGE)
        assert "part" not in judge(tried.stage, tried.file).as_dict()
        with pytest.raises(WorkshopError, match="Exercise 3 has no part one. It has none."):
            judge(tried.stage, tried.file, part="one")


def one(part: str, *findings: Finding, **more: object) -> Verdict:
    state = "failed" if findings else "passed"
    decided = Decided("up", "it is up", part, state)
    return Verdict(15, "bug_hunt", "28.5", 100, findings, (decided,), extra={"part": part, **more})  # type: ignore[arg-type]


def test_parts_together_are_one_verdict_that_says_which_have_passed() -> None:
    found = Finding("up", "It is down")
    whole = together([one("a", notes=["x"]), one("b", found, notes=["y"]), one("c", found)])
    data = whole.as_dict()
    assert (whole.passed, data["duration_ms"], data["checks_passed"], data["checks_total"]) == (False, 300, 1, 3)
    assert data["parts"] == [
        {"part": "a", "passed": True},
        {"part": "b", "passed": False},
        {"part": "c", "passed": False},
    ]
    assert data["notes"] == ["x", "y"]
    assert "part" not in data
    assert together([one("a"), one("b")]).passed
    assert together([one("a")]).as_dict()["part"] == "a"


RESTARTS = """
    @scenario("restarted", checks=["bridge"])
    def restarted(run):
        made, bridge = network(run)
        body = {"NetworkID": made.id, "EndpointID": "e" * 64, "Interface": {}, "Options": {}}
        said = [run.refused(run.docker.call, "create_endpoint", body) for _ in range(2)]
        run.restart_plugin()
        said += [run.refused(run.docker.call, "create_endpoint", body) for _ in range(2)]
        run.check("bridge", run.look().at(bridge.index), seen="gone")
        numbers = " ".join(text.partition("ValueError: ")[2][0] for text in said)
        run.check("bridge", False, expected="1 2 1 2", seen=numbers)
"""


@in_lab
def test_a_plugin_that_is_started_anew_has_new_variables_and_the_kernel_what_it_had() -> None:
    with staged(RESTARTS, "create_network", "create_endpoint") as tried:
        verdict = tried.judge(COUNTS)
        assert [(each.check, each.seen) for each in verdict.findings] == [("bridge", "1 2 1 2")], told(verdict)
        did = [event.data["did"] for event in tried.stage.journal.since(0) if "did" in event.data]
        assert did == ["Judged: restarted", "The plugin was started anew."]


REMEMBERS = """
    @scenario("remembered", checks=["bridge"])
    def remembered(run):
        made, _ = network(run)
        run.restart_plugin()
        run.docker.remove_network(made)
"""


@in_lab
def test_what_went_wrong_before_the_plugin_was_started_anew_stays_known() -> None:
    handler = f"{BRIDGE}    raise KeyError('late')\n".replace("    return {}\n", "")
    scenarios = (
        REMEMBERS
        + """
    @scenario("raises", checks=["bridge"])
    def raises(run):
        try:
            network(run)
        except DockerError:
            pass
        run.restart_plugin()
"""
    )
    with staged(scenarios) as tried:
        verdict = tried.judge(handler)
        assert [each.check for each in verdict.findings][0] == "answers", told(verdict)
        assert "KeyError: 'late'" in verdict.findings[0].seen


@in_lab
def test_what_the_plugin_remembers_survives_its_new_start() -> None:
    handler = (
        BRIDGE + "def delete_network(request, host):\n    assert request['NetworkID'] in host.networks\n"
        "    for index in host.kernel.link_lookup(ifname='x' + request['NetworkID'][:12]):\n"
        "        host.kernel.link('del', index=index)\n    return {}\n"
    )
    with staged(REMEMBERS, "create_network", "delete_network") as tried:
        verdict = tried.judge(handler)
        assert verdict.passed, told(verdict)


STRANGER = """
    @scenario("beside a stranger", checks=["bridge"])
    def beside(run):
        assert run.stranger("br-vms", "10.90.99.1/24") == "br-vms"
        assert run.stranger("docker0", "10.90.98.1/24") == "docker02"
        [link] = [link for link in run.look().links if link.name == "br-vms"]
        run.check("bridge", link.up and link.has("10.90.99.1/24"), seen=run.told(link))

    @scenario("without one", checks=["bridge"])
    def without(run):
        run.check("bridge", not any(link.name == "br-vms" for link in run.look().links), seen="it is there")
"""


@in_lab
def test_a_scenarios_stranger_is_there_for_its_scenario_and_is_nobodys_leftover() -> None:
    with staged(STRANGER) as tried:
        verdict = tried.judge(BRIDGE)
        assert verdict.passed, told(verdict)
        tried.stage.empty()
        assert [row["name"] for row in tried.stage.stations[0].eyes.links() if row["kind"] == "bridge"] == ["docker0"]


SENDS = """
    @scenario("sizes", checks=["bridge", "up"])
    def sizes(run):
        made, bridge = network(run)
        a, b = run.docker.run("bar", made), run.docker.run("kitchen", made)
        run.check("up", run.ping(a, b, size=1400) is None)
        address = run.docker.address(b, made)
        run.listen(b, 80)
        run.check("up", run.connects(a, address, 80))
        run.check("up", not run.knocks(address, 80), seen="somebody got in")
        names = [call.route for call in run.calls()]
        run.check("up", names.index("create_network") < names.index("join"), seen=str(names))
        with run.station.namespace.entered():
            import subprocess
            subprocess.run(["iptables", "-w", "-I", "FORWARD", "-o", bridge.name, "-j", "ACCEPT"], check=True)
        run.check("up", run.knocks(address, 80, 2.0), seen="nobody got in")
        with run.station.namespace.entered():
            subprocess.run(["iptables", "-w", "-D", "FORWARD", "-o", bridge.name, "-j", "ACCEPT"], check=True)
        view = run.look()
        for port in view.ports(view.at(bridge.index)):
            with run.station.namespace.entered():
                subprocess.run(["ip", "link", "set", port.name, "mtu", "1300"], check=True)
        broken = run.ping(a, b, size=1400)
        run.check("bridge", False, seen=f"{broken}; {run.ping(a, b)}")
"""


@in_lab
def test_a_ping_may_be_large_and_somebody_outside_may_knock() -> None:
    with staged(SENDS) as tried:
        verdict = tried.judge(BRIDGE)
        assert [(each.check, each.seen) for each in verdict.findings] == [
            ("bridge", "size: expected 1400 bytes answered, as 24 are, seen no answer; None")
        ], told(verdict)


def test_the_checks_of_a_part_may_only_name_its_own_hints(tmp_path: Path) -> None:
    from tests.course.test_catalogue import FACTS
    from workshop.course import exercise as room
    from workshop.course.sound import checks, texts

    place = tmp_path / "15_hunt"
    place.mkdir()
    (place / "exercise.toml").write_text(FACTS + 'parts = ["one", "two"]\n')
    (place / "README.md").write_text("word " * 60)
    three, two = "## Hint 1\n\nA.\n\n## Hint 2\n\nB.\n\n## Hint 3\n\nC.\n\n", "## Hint 1\n\nA.\n\n## Hint 2\n\nB.\n\n"
    (place / "hints.md").write_text(f"# one\n\n{three}# two\n\n{two}")
    (place / "checks.py").write_text(
        "from workshop.course.checking import *\n"
        'CHECKS = {key: Check("x", "y", "create_network", 3) for key in ("a", "b", "c")}\n'
        '@scenario("1", checks=["a"], part="one")\ndef first(run): pass\n'
        '@scenario("2", checks=["a", "b"], part="two")\ndef second(run): pass\n'
        '@scenario("3", checks=["c"], part="three")\ndef third(run): pass\n'
    )
    found = room.read(place)
    assert list(checks(found)) == [
        "checks.py: a scenario is for the part 'three', which is none",
        "checks.py: `a` names hint 3; there are 2",
        "checks.py: `b` names hint 3; there are 2",
        "checks.py: `c` names hint 3; there are 2",
    ]
    assert "hints.md has 2 hints for two, below `# two`, each under `## Hint`; 3 are needed" in list(texts(found))
