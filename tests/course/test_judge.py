"""Judging: which finding comes first, what it says, what is not reached, and that the next one begins clean."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.course.staged import BRIDGE, staged
from tests.lab.inside import in_lab
from workshop.course import exercise, traffic
from workshop.course.findings import Findings
from workshop.course.learner.loading import load
from workshop.course.learner.places import Own
from workshop.course.learner.problem import Problem
from workshop.course.verdict import Finding, Verdict
from workshop.course.view import View

pytestmark = pytest.mark.lab

ONE = """
    @scenario("one", checks=["bridge", "up"])
    def one(run):
        _, bridge = network(run)
        run.check("up", bridge.up, expected="up", seen=bridge.state)
"""
TWO = (
    ONE
    + """
    @scenario("two", checks=["bridge"])
    def two(run):
        network(run, 2)
"""
)


def keys(verdict: Verdict) -> list[tuple[str, str | None]]:
    return [(each.check, each.variant) for each in verdict.findings]


def states(verdict: Verdict) -> dict[tuple[str, str], str]:
    return {(each.variant, each.check): each.state for each in verdict.checks}


@in_lab
def test_what_is_right_passes_every_check() -> None:
    with staged(TWO) as tried:
        verdict = tried.judge(BRIDGE)
        assert verdict.passed and verdict.findings == () and verdict.problem is None
        assert states(verdict) == {
            ("", "loads"): "passed",
            ("", "answers"): "passed",
            ("one", "bridge"): "passed",
            ("one", "up"): "passed",
            ("one", "left_behind"): "passed",
            ("two", "bridge"): "passed",
            ("two", "left_behind"): "passed",
        }


@in_lab
def test_a_failed_check_ends_its_scenario_and_says_what_is_really_there() -> None:
    with staged(TWO) as tried:
        verdict = tried.judge("\n\ndef create_network(request, host):\n    return {}\n")
        first = verdict.findings[0]
        assert keys(verdict) == [("bridge", "one"), ("bridge", "two")]
        assert (first.title, first.expected, first.seen, first.why) == (
            "There is no bridge",
            "a bridge",
            "none",
            "Because.",
        )
        assert (first.route, first.hint, first.slide) == ("NetworkDriver.CreateNetwork", 1, "none")
        assert (first.file, first.line) == (str(tried.file), 3), "the line in which the route is defined"
        assert states(verdict)["one", "bridge"] == "failed" and states(verdict)["one", "up"] == "not reached"
        assert states(verdict)["one", "left_behind"] == "passed"


@in_lab
def test_an_exception_is_said_to_be_only_logged_where_docker_hides_it() -> None:
    removes = """
    @scenario("removes", checks=["bridge"])
    def removes(run):
        made, _ = network(run)
        run.docker.remove_network(made)
"""
    with staged(removes, "create_network", "delete_network") as tried:
        [first, *_] = tried.judge(f"{BRIDGE}def delete_network(request, host):\n    raise KeyError('x')\n").findings
        assert first.title.startswith("delete_network: KeyError")
        assert first.why.startswith("Docker only logs the exception's text")
        assert first.expected == "an answer"


@in_lab
def test_a_check_without_a_sentence_of_its_own_says_what_is_not_so() -> None:
    with staged(ONE) as tried:
        verdict = tried.judge(BRIDGE.replace(', state="up"', ""))
        assert [each.title for each in verdict.findings] == ["Not so: it is up"]


@in_lab
def test_a_file_that_cannot_be_loaded_is_all_there_is_to_say() -> None:
    with staged(TWO) as tried:
        verdict = tried.judge("def create_network(request, host)\n    return {}\n")
        assert [each.check for each in verdict.findings] == ["loads"]
        assert verdict.findings[0].line == 1
        assert set(states(verdict).values()) == {"failed", "not reached"}


@pytest.mark.parametrize(
    ("which", "file", "command"), [("3", "handler.py", "reset 3"), ("15", "bug_2.py", "reset 15 bug_2")]
)
def test_what_brings_a_missing_file_back_is_the_whole_command(which: str, file: str, command: str, tmp_path: Path):
    with pytest.raises(Problem) as missing:
        load(Own(tmp_path / file), tmp_path / file, (), ())
    finding = Finding("loads", **missing.value.as_dict())
    told = Findings(exercise.find(which), tmp_path / file, {}).loading(finding)
    assert told.title == f"{file} is missing"
    assert told.expected == f"the file; `python -m workshop {command}` brings the first one back"


@in_lab
def test_a_call_that_raises_is_told_once_with_its_line_and_dockers_words() -> None:
    with staged(TWO) as tried:
        verdict = tried.judge("def create_network(request, host):\n    x = 1\n    return request['Nonsense']\n")
        assert [each.check for each in verdict.findings] == ["answers"]
        first = verdict.findings[0]
        assert "KeyError: 'Nonsense'" in first.seen and first.line == 3 and first.variant == "one"
        assert first.docker is not None
        assert first.docker.startswith("Error response from daemon: remote: create_network: KeyError: 'Nonsense'")
        assert states(verdict)["", "answers"] == "failed" and states(verdict)["one", "bridge"] == "not reached"


@in_lab
def test_what_fails_in_the_plain_variant_comes_before_what_raises_in_an_odd_one() -> None:
    with staged(TWO) as tried:
        handler = BRIDGE.replace(', state="up"', "").replace(
            "def create_network(request, host):",
            "def create_network(request, host):\n    assert '10.90.2' not in request['IPv4Data'][0]['Pool'], 'odd'",
        )
        assert keys(tried.judge(handler)) == [("up", "one"), ("answers", "two")]


@in_lab
def test_an_answer_that_docker_cannot_read_is_the_learners() -> None:
    with staged(ONE) as tried:
        verdict = tried.judge("def create_network(request, host):\n    return {'Err': 3}\n")
        assert keys(verdict) == [("answers", "one")]
        assert "Err must be a string" in verdict.findings[0].seen and verdict.findings[0].docker


@in_lab
def test_refusing_is_a_finding_with_dockers_words_unless_it_was_expected() -> None:
    scenarios = """
        @scenario("one", checks=["bridge"])
        def one(run):
            network(run)

        @scenario("two", checks=["bridge"])
        def two(run):
            said = run.refused(run.docker.create_network, "n", subnet="10.90.2.0/24")
            run.check("bridge", said and said.endswith("remote: no"), seen=str(said))
            body = {"NetworkID": "1" * 64, "IPv4Data": [], "IPv6Data": []}
            raw = run.refused(run.docker.call, "create_network", body)
            run.check("bridge", raw == "no", seen=str(raw))
    """
    with staged(scenarios) as tried:
        verdict = tried.judge(
            "import workshop\n\ndef create_network(request, host):\n    raise workshop.PluginError('no')\n"
        )
        (first,) = verdict.findings
        assert (first.check, first.variant, first.docker) == ("docker", "one", "Error response from daemon: remote: no")
        assert first.route == "NetworkDriver.CreateNetwork" and "answered Err: no" in first.seen and first.line == 3


@in_lab
def test_any_exception_refuses_where_refusing_was_expected() -> None:
    scenarios = """
        @scenario("one", checks=["bridge"])
        def one(run):
            run.check("bridge", run.refused(run.docker.create_network, "n", subnet="10.90.2.0/24"))
    """
    with staged(scenarios) as tried:
        assert tried.judge("def create_network(request, host):\n    return 1 / 0\n").passed
        assert not tried.judge("def create_network(request, host):\n    return None\n").passed


@in_lab
def test_keys_may_be_in_any_letter_case() -> None:
    scenarios = """
        @scenario("one", checks=["bridge"])
        def one(run):
            run.check("bridge", run.docker.activate() == {"Implements": ["NetworkDriver"]})
    """
    with staged(scenarios, "activate") as tried:
        assert tried.judge("def activate(request, host):\n    return {'implements': ['NetworkDriver']}\n").passed


@in_lab
def test_who_takes_too_long_ends_the_judgement_and_not_the_stage() -> None:
    with staged(TWO) as tried:
        began = time.monotonic()
        verdict = tried.judge("import time\n\ndef create_network(request, host):\n    time.sleep(60)\n    return {}\n")
        assert time.monotonic() - began < 5 + 5, "the scenarios after it are not tried"
        assert keys(verdict) == [("answers", "one")]
        assert verdict.findings[0].line == 4
        assert states(verdict)["two", "bridge"] == states(verdict)["two", "left_behind"] == "not reached"
        assert tried.judge(BRIDGE).passed


@in_lab
def test_a_process_that_ends_itself_ends_the_judgement_and_not_the_stage() -> None:
    with staged(TWO) as tried:
        began = time.monotonic()
        verdict = tried.judge("import os\n\ndef create_network(request, host):\n    os._exit(3)\n")
        assert time.monotonic() - began < 5, "nobody waits 15 s for a plugin that hung up"
        assert keys(verdict) == [("answers", "one")] and states(verdict)["two", "bridge"] == "not reached"
        assert tried.judge(BRIDGE).passed


@in_lab
def test_a_fault_of_the_machine_blames_nobody() -> None:
    scenarios = """
        @scenario("one", checks=["bridge"])
        def one(run):
            raise CannotHere("There is no such thing here.", "Get one.")
    """
    with staged(scenarios) as tried:
        verdict = tried.judge(BRIDGE)
        assert (verdict.problem, verdict.findings, verdict.passed) == (
            "There is no such thing here. Get one.",
            (),
            False,
        )


@in_lab
def test_rules_that_cannot_be_read_are_a_fault_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    scenarios = """
        @scenario("one", checks=["bridge"])
        def one(run):
            run.check("bridge", run.look().rules)
    """
    with staged(scenarios) as tried:
        monkeypatch.setenv("PATH", "/nowhere")
        monkeypatch.setattr("workshop.kernel.programs._PATH", "/nowhere")
        verdict = tried.judge(BRIDGE)
        assert verdict.findings == () and "nft is missing" in str(verdict.problem)


@in_lab
def test_checks_that_are_broken_blame_nobody() -> None:
    with staged("@scenario('one', checks=['bridge'])\ndef one(run):\n    return [][0]\n") as tried:
        verdict = tried.judge(BRIDGE)
        assert verdict.findings == () and "IndexError" in str(verdict.problem) and "no fault" in str(verdict.problem)


@in_lab
def test_calls_of_the_scenario_can_be_looked_at() -> None:
    scenarios = """
        @scenario("one", checks=["bridge"])
        def one(run):
            network(run)
            (call,) = run.calls("create_network")
            good = call.request["IPv4Data"][0]["Pool"] == "10.90.1.0/24" and call.answer == {} and call.error is None
            run.check("bridge", good and call.duration_ms > 0, seen=str(call))

        @scenario("two", checks=["bridge"])
        def two(run):
            run.check("bridge", run.calls("create_network") == [])
    """
    with staged(scenarios) as tried:
        assert tried.judge(BRIDGE).passed


# -- nothing was left behind

LEAVES = {
    "a link": ("host.kernel.link('add', ifname='left', kind='bridge')", "left (bridge, down)"),
    "an address": ("host.kernel.addr('add', index=eth0, address='10.66.0.1', prefixlen=24)", "10.66.0.1/24 on eth0"),
    "a route": (
        "host.kernel.route('add', dst='10.66.0.0/24', gateway='192.0.2.1')",
        "route 10.66.0.0/24 via 192.0.2.1",
    ),
    "a neighbour": (
        "host.kernel.neigh('add', dst='192.0.2.77', lladdr='02:00:00:00:00:77', ifindex=eth0, state=0x80)",
        "neighbour 192.0.2.77 dev eth0",
    ),
    "a policy rule": (
        "host.kernel.rule('add', priority=77, table=77, src='10.66.0.0/24')",
        "rule 77: from 10.66.0.0/24",
    ),
    "a rule": ("run('nft', 'add', 'table', 'inet', 'mine')", "table inet mine"),
    "another rule": ("run('iptables', '-A', 'FORWARD', '-s', '10.66.0.0/24', '-j', 'ACCEPT')", "10.66.0.0/24"),
}
DAMAGES = {
    "eth0 deleted": ("host.kernel.link('del', index=eth0)", "eth0 is gone"),
    "docker0 deleted": (
        "host.kernel.link('del', index=host.kernel.link_lookup(ifname='docker0')[0])",
        "docker0 is gone",
    ),
    "eth0 down": ("host.kernel.link('set', index=eth0, state='down')", "eth0 was up"),
    "rules flushed": ("run('nft', 'flush', 'ruleset')", "is gone"),
    "an address deleted": ("host.kernel.flush_addr(index=eth0)", "192.0.2.10/24 on eth0 is gone"),
    "forwarding off": (
        "open('/proc/sys/net/ipv4/ip_forward', 'w').write('0')",
        "net.ipv4.ip_forward was 1, and is 0",
    ),
}
DOES = """
import subprocess


def run(*command):
    subprocess.run(command, check=True)


def delete_network(request, host):
    eth0 = host.kernel.link_lookup(ifname="eth0")[0]
    {what}
    return {{}}
"""
REMOVES = """
    @scenario("one", checks=["bridge"])
    def one(run):
        network(run)
"""


@pytest.mark.parametrize("what", LEAVES)
@in_lab
def test_what_is_left_behind_is_told_and_removed(what: str) -> None:
    change, seen = LEAVES[what]
    with staged(REMOVES, "delete_network") as tried:
        before = View(tried.stage.stations[0].eyes)
        verdict = tried.judge(DOES.format(what=change))
        finding = next(each for each in verdict.findings if each.check == "left_behind")
        assert seen in finding.seen, finding
        assert finding.title == "Something was left behind" and finding.route == "NetworkDriver.DeleteNetwork"
        assert tried.judge(DOES.format(what="pass")).findings[0].left_over[0]["kind"] == "bridge"
        tried.stage.empty()
        assert [link.name for link in View(tried.stage.stations[0].eyes).links] == [link.name for link in before.links]


@pytest.mark.parametrize("what", DAMAGES)
@in_lab
def test_what_is_not_ones_own_is_told_and_put_back(what: str) -> None:
    change, seen = DAMAGES[what]
    with staged(REMOVES, "create_network") as tried:
        (station,) = tried.stage.stations
        rules, names = View(station.eyes).rules, {link.name for link in View(station.eyes).links}
        handler = BRIDGE + DOES.format(what=change + "\n    wsb = remove(request, host)")
        handler += "def remove(request, host):\n    ip = host.kernel\n"
        handler += "    [ip.link('del', index=i) for i in ip.link_lookup(ifname='x' + request['NetworkID'][:12])]\n"
        verdict = tried.judge(handler)
        (finding,) = verdict.findings
        assert finding.check == "left_behind" and "not its own" in finding.title and seen in finding.seen, finding
        assert tried.judge(BRIDGE).passed, "and the next one begins on a host as it was"
        tried.stage.empty()
        assert {link.name for link in View(station.eyes).links} == names
        assert sorted(View(station.eyes).rules) == sorted(rules)
        assert traffic.ping(station.namespace, "192.0.2.1", 5)


@in_lab
def test_what_one_scenario_leaves_is_not_there_in_the_next() -> None:
    scenarios = """
        @scenario("one", checks=["bridge"])
        def one(run):
            network(run)

        @scenario("two", checks=["bridge"])
        def two(run):
            bridges = [link for link in run.look().links if link.kind == "bridge"]
            run.check("bridge", [link.name for link in bridges] == ["docker0"])
    """
    with staged(scenarios, "delete_network") as tried:
        verdict = tried.judge("def delete_network(request, host):\n    return {}\n")
        assert keys(verdict) == [("left_behind", "one")]
        assert [mark["kind"] for mark in verdict.findings[0].left_over] == ["bridge"]
