"""The practice engine against what three real engines did: each recorded command is given to it again.

Compared are the calls (order, path, headers, body, status, answer), exit code, output and errors.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.lab.inside import Bench, bench, call_in_lab
from workshop.cli.docker import docker

TRANSCRIPTS = Path(__file__).parents[1] / "transcripts"
STEPS = {"20.10": 84, "26.1": 85, "28.5": 85}
"""How many steps of each transcript are compared; none may get lost."""

CALLS = {"20.10": 207, "26.1": 215, "28.5": 217}
"""How many calls are compared."""

ON_PURPOSE = {
    ("20.10", "run with static ip and mac"): (
        "The recorded refusal is that of a newer client that talked to 20.10. Ours sends what 20.10's own "
        "client sends, and the engine makes the container: test_containers.py shows it. It is left out here, "
        "as later steps have no such container."
    ),
}
"""Steps that are not compared, and why."""

DIFFERENT_PROGRAM = (
    "What runs in a container are the machine's own programs: its `ip` prints the same addresses and routes "
    "as busybox's in another form. Compared are the addresses and routes that it tells, not their form, nor "
    "the numbers of links, nor link-local addresses, which come when the kernel is ready."
)
HOME = "/run/docker/plugins"

WARM_UP = {"20.10": 3, "26.1": 2, "28.5": 0}
"""So many default subnets had been given out and taken back before the recording began."""

_PATTERNS = (
    (re.compile(r"\b[0-9a-f]{64}\b"), "<id>"),
    (re.compile(r"\bvc[0-9a-f]{8}\b"), "vc<id>"),
    (re.compile(r"\bendpoint [a-z]+_[a-z]+\d* on"), "endpoint <name> on"),
    (re.compile(r'time="[^"]+"'), 'time="<time>"'),
)


@dataclass
class Outcome:
    """What came of one transcript."""

    steps: int = 0
    calls: int = 0
    slept: list[float] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)


class Names:
    """Replaces IDs by numbers in order of appearance, so that two runs can be compared."""

    def __init__(self) -> None:
        self._known: dict[str, str] = {}

    def plain(self, value: Any) -> Any:
        if isinstance(value, dict):
            return {key: self._field(key, entry) for key, entry in value.items()}
        if isinstance(value, list):
            return [self.plain(entry) for entry in value]
        return value

    def _field(self, key: str, value: Any) -> Any:
        if key in ("NetworkID", "EndpointID") and isinstance(value, str):
            return self._known.setdefault(value, f"<{len(self._known) + 1}>")
        if key == "SandboxKey":
            return "<sandbox>" if value else value
        if key == "SrcName":
            return re.sub(r"^vc(<id\d+>|[0-9a-f]{8})$", "vc<id>", value)
        return self.plain(value)


def words_of(command: str) -> list[str]:
    """The arguments of a recorded command; what follows `-c` was one of them."""
    before, mark, script = command.partition(" -c ")
    return [*before.split()[1:], *(["-c", script] if mark else [])]


def facts_of_ip(text: str) -> set[tuple[str, ...]]:
    """The addresses and routes that `ip` told, whoever wrote it."""
    facts: set[tuple[str, ...]] = set()
    link = ""
    for line in text.replace("\\", " ").splitlines():
        if match := re.match(r"\d+: ([^:@\s]+)", line):
            link = match[1]
        if (match := re.search(r"\binet6? (\S+)(?: brd (\S+))?", line)) and not match[1].startswith("fe80"):
            facts.add((link, *filter(None, match.groups())))
        if match := re.match(r"(default|\d+\.\S+)(?: via (\S+))? dev (\S+)", line):
            facts.add(tuple(filter(None, match.groups())))
        if match := re.search(r"link/ether (\S+)", line):
            facts.add((link, "has a MAC"))
    return facts


def facts_of_network(text: str) -> Any:
    """A network that was inspected, without what differs by chance: IDs, times, MAC addresses."""
    found = json.loads(text, object_pairs_hook=_keep_all)
    for network in found:
        network["Id"] = network["Created"] = ""
        residents = network["Containers"].values()
        network["Containers"] = sorted((one["Name"], one["IPv4Address"], one["IPv6Address"]) for one in residents)
    return found


def _keep_all(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """A JSON object; in the transcripts all IDs are called the same, so keys may repeat."""
    return {f"{key} {number}" if key == "<id>" else key: value for number, (key, value) in enumerate(pairs)}


def plain_text(text: str) -> str:
    text = text.strip()
    for pattern, replacement in _PATTERNS:
        text = pattern.sub(replacement, text)
    return text.replace("vc<id><id>", "vc<id>")


def compare_output(step: dict[str, Any], stdout: str) -> tuple[Any, Any]:
    if "/bin/ip" in step["command"] and step["stdout"]:
        return facts_of_ip(step["stdout"]), facts_of_ip(stdout)
    if step["step"] == "network inspect":
        return facts_of_network(step["stdout"]), facts_of_network(stdout)
    return plain_text(step["stdout"]), plain_text(stdout)


def plain_calls(calls: list[dict[str, Any]], names: Names) -> list[dict[str, Any]]:
    keys = ("path", "headers", "body", "status", "response")
    found = [{key: names.plain(call[key]) for key in keys} for call in calls]
    for call in found:
        answer = call["response"]
        if isinstance(answer, dict) and (answer.get("Interface") or {}).get("MacAddress"):
            answer["Interface"]["MacAddress"] = "<mac>"
    return found


def replay(version: str) -> Outcome:
    """Give every step of a transcript to an engine of that version, in the lab."""
    steps = json.loads((TRANSCRIPTS / f"docker-{version}.json").read_text())
    outcome, theirs, ours = Outcome(), Names(), Names()
    with bench(version) as lab:
        warm_up(lab, WARM_UP[version])
        for number, step in enumerate(steps):
            if (version, step["step"]) in ON_PURPOSE:
                continue
            before = len(lab.recorder.calls)
            gone = step["step"] == "run while plugin is gone"
            if gone:
                lab.recorder.stop()
            arguments = ["-H", str(lab.socket), *words_of(step["command"])]
            result = CliRunner().invoke(docker, arguments, standalone_mode=False)
            if gone:
                lab.recorder.start()
            if result.exception is not None:
                outcome.differences.append(f"{number} {step['step']}: {result.exception!r}")
                continue
            stderr = result.stderr.replace(str(lab.plugins), HOME)
            stderr = stderr.replace(str(lab.plugins).replace("/", "%2F"), HOME.replace("/", "%2F"))
            expected_calls = plain_calls(step["calls"], theirs)
            seen_calls = plain_calls(lab.recorder.calls[before:], ours)
            pairs = {
                "exit code": (step["exit"], result.return_value or 0),
                "errors": (plain_text(step["stderr"]), plain_text(stderr)),
                "output": compare_output(step, result.stdout),
                "calls": ([call["path"] for call in expected_calls], [call["path"] for call in seen_calls]),
                "bodies": (expected_calls, seen_calls),
            }
            for what, (expected, seen) in pairs.items():
                if expected != seen:
                    outcome.differences.append(
                        f"{number} {step['step']} ({step['command']}): {what}\n  real: {expected}\n  ours: {seen}"
                    )
                    break
            outcome.steps += 1
            outcome.calls += len(expected_calls)
        outcome.slept = lab.clock.slept
    return outcome


def warm_up(lab: Bench, networks: int) -> None:
    """Bring the engine to where the recording began: some default subnets used, docker_gwbridge there."""
    for _ in range(networks):
        lab.api.delete(f"/networks/{lab.network('warm')}")
    lab.network("warm", "10.99.0.0/24", nogw="1")
    lab.run("warm", "warm")
    lab.api.delete("/containers/warm", force="1")
    lab.api.delete("/networks/warm")
    lab.recorder.calls.clear()


@pytest.mark.parametrize("version", STEPS)
def test_the_practice_engine_does_what_the_real_one_did(
    version: str, record_property: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    outcome = call_in_lab(lambda: replay(version))
    record_property("steps compared", outcome.steps)
    record_property("calls compared", outcome.calls)
    with capfd.disabled():
        print(f"\n{version}: {outcome.steps} steps and {outcome.calls} calls compared")
    assert not outcome.differences, "\n".join(outcome.differences)
    assert outcome.steps == STEPS[version]
    assert outcome.calls == CALLS[version]
    assert outcome.slept == [1, 2, 4, 8], "a plugin that is gone is tried again for 15 s"


@pytest.mark.fast
def test_every_step_left_out_is_in_its_transcript() -> None:
    for version, name in ON_PURPOSE:
        steps = json.loads((TRANSCRIPTS / f"docker-{version}.json").read_text())
        assert name in {step["step"] for step in steps}


@pytest.mark.fast
def test_addresses_are_read_from_either_ip_program() -> None:
    address, route = "inet 10.9.0.2/24 brd 10.9.0.255 scope global eth0", "default via 10.9.0.1 dev eth0"
    busybox = f"95: eth0    {address}\\       valid_lft forever preferred_lft forever\n{route} "
    iproute = f"4: eth0@if5    {address}\n{route} proto static"
    assert facts_of_ip(busybox) == facts_of_ip(iproute)
    assert facts_of_ip(busybox) == {("eth0", "10.9.0.2/24", "10.9.0.255"), ("default", "10.9.0.1", "eth0")}
