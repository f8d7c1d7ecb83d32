"""Judging a part, where the machine cannot judge it all: what is said, and that nobody is blamed."""

from __future__ import annotations

import pytest

from tests.course.staged import BRIDGE, staged, told
from tests.lab.inside import in_lab
from workshop.course.judge import read_checks
from workshop.course.sound import solution_passes
from workshop.kernel import lacking

pytestmark = pytest.mark.lab

PART = """
    @scenario("one", checks=["bridge", "up"])
    def one(run):
        network(run)
        run.leave_out("bridge", "up", why="This machine has no up.")

    @scenario("two", checks=["bridge", "up"])
    def two(run):
        run.leave_out("up", why="This machine has no up.")
        network(run, 2)
"""


@in_lab
def test_what_is_left_out_is_said_once_and_does_not_keep_one_from_passing() -> None:
    with staged(PART) as tried:
        verdict = tried.judge(BRIDGE)
        assert verdict.passed, told(verdict)
        assert verdict.as_dict()["notes"] == ["This machine has no up."]
        states = {(each.variant, each.check): each.state for each in verdict.checks}
        assert states["one", "bridge"] == "passed", "what has passed already stays so"
        assert states["one", "up"] == states["two", "up"] == "not judged"
        assert verdict.as_dict()["checks_passed"] == len(states) - 2
        assert list(solution_passes(verdict, "solution.py", "28.5")) == []


@in_lab
def test_what_is_wrong_beside_it_is_told_all_the_same() -> None:
    with staged(PART) as tried:
        verdict = tried.judge("def create_network(request, host):\n    return {}\n")
        assert not verdict.passed
        assert {(each.variant, each.check): each.state for each in verdict.checks}["two", "bridge"] == "failed"
        assert verdict.as_dict()["notes"] == ["This machine has no up."]


@in_lab
def test_only_checks_of_the_scenario_can_be_left_out() -> None:
    with staged(PART.replace('"bridge", "up", why', '"else", why')) as tried:
        assert "'else' is not in the scenario" in str(tried.judge(BRIDGE).problem)


@in_lab
def test_what_a_kernel_lacks_is_found_out_by_asking_it() -> None:
    assert lacking.lacks("nosuchkind") is True
    assert lacking.lacks("macvlan") is False
    assert lacking.lacks("vxlan") is False, "it sits on no other link"


ASKED = """
    @scenario("one", checks=["bridge"])
    def one(run):
        run.check("bridge", run.lacks("nosuchkind"))
        body = {"NetworkID": "1" * 64, "Options": {}, "IPv4Data": [], "IPv6Data": []}
        said = run.refused(run.docker.call, "create_network", body)
        run.check("bridge", said, seen="no Err")
        asked = [(each.name, each.parent, each.mode, bool(each.error)) for each in run.asked("nosuchkind")]
        wanted = [("a", "eth0", "x", True), ("b", "eth0", "y", True)]
        run.check("bridge", asked == wanted, expected=str(wanted), seen=str(asked))
        run.check("bridge", not run.asked("macvlan"), seen="a macvlan")

    @scenario("two", checks=["up"])
    def two(run):
        run.check("up", not run.asked("nosuchkind"), seen="what another scenario asked for")
        endpoint = {"NetworkID": "1" * 64, "EndpointID": "2" * 64, "Interface": {"Address": "10.9.0.2/24"}}
        run.remember(endpoint)
        answer = run.docker.call("join", {**endpoint, "SandboxKey": "/nowhere", "Options": {}})
        run.check("up", answer == {"InterfaceName": {"SrcName": "10.9.0.2/24", "DstPrefix": "eth"}}, seen=str(answer))

    @scenario("three", checks=["up"])
    def three(run):
        answer = run.docker.call("endpoint_oper_info", {"NetworkID": "1" * 64, "EndpointID": "2" * 64})
        run.check("up", answer == {"Value": {"known": []}}, seen=str(answer))
"""
ASKING = """
import subprocess

def create_network(request, host):
    done = subprocess.run(["ip", "link", "add", "a", "link", "eth0", "type", "nosuchkind", "mode", "x"])
    (eth0,) = host.kernel.link_lookup(ifname="eth0")
    host.kernel.link("add", ifname="b", link=eth0, kind="nosuchkind", mode="y")
    return {}

def join(request, host):
    row = host.endpoint(request["EndpointID"])
    return {"InterfaceName": {"SrcName": row["Interface"]["Address"], "DstPrefix": "eth"}}

def endpoint_oper_info(request, host):
    return {"Value": {"known": list(host.endpoints)}}
"""


@in_lab
def test_what_the_kernel_was_asked_for_is_known_and_the_next_call_can_be_asked() -> None:
    with staged(ASKED, driver="null") as tried:
        verdict = tried.judge(ASKING)
        assert verdict.passed, told(verdict)


@in_lab
def test_checks_may_have_dataclasses() -> None:
    with staged(PART) as tried:
        path = tried.stage.exercise.checks
        more = "\nfrom __future__ import annotations\nfrom dataclasses import dataclass\n"
        path.write_text(more + path.read_text() + "\n@dataclass\nclass Made:\n    name: str | None\n")
        assert read_checks(tried.stage.exercise).Made("x").name == "x"
