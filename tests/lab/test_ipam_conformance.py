"""The practice engine with address management by plugins, by nobody and by Docker, against what real engines did.

Each recorded command of ``ipam_steps.py`` is given to it again. Compared are the calls (order, path, headers, body,
status, answer), exit code, output and errors.
"""

from __future__ import annotations

import json
import re
import tempfile
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.lab.inside import FakeClock, call_in_lab
from tests.lab.ipam_steps import TRANSCRIPTS, Played, steps, words_of
from tests.lab.test_conformance import HOME, Names, Outcome, compare_output, facts_of_network, plain_calls, plain_text
from workshop.cli.docker import docker
from workshop.lab.engine import PracticeEngine
from workshop.lab.lab import Lab

NEWER = "The recorded refusal is that of a newer client that talked to 20.10; 20.10's own sends what ours does."
OWN = "The container is given its gateway's own address, and Docker looks for the way to that in another manner."
ON_PURPOSE = {
    ("20.10", "run with a mac"): NEWER,
    ("20.10", "mac: run with one"): NEWER,
    **{
        (version, f"address with another {what}: run"): OWN
        for version in ("20.10", "26.1", "28.5")
        for what in ("subnet", "mask")
    },
}
"""Steps that are not compared, and why."""

BY_THE_CLIENT = "exit status 1\n"
"""What a newer client says in addition if a network cannot be removed."""

CALLS = {"20.10": 507, "26.1": 563, "28.5": 637}
"""How many calls are compared."""


def replay(version: str) -> Outcome:
    """Give every step of a transcript to an engine of that version, in the lab."""
    recorded = json.loads((TRANSCRIPTS / f"ipam-{version}.json").read_text())
    outcome, theirs, ours = Outcome(), Names(), Names()
    with tempfile.TemporaryDirectory(prefix="ws-lab-") as folder, Lab() as lab:
        host = lab.hosts["alpha"]
        plugins, socket = Path(folder, "plugins"), Path(folder, "api.sock")
        plugins.mkdir()
        played = Played(plugins, host.namespace)
        with PracticeEngine(host, version, plugins, Path(folder, "engine"), clock=FakeClock()) as engine:
            engine.serve(socket)
            for step in recorded:
                first, words = words_of(step["command"])
                played.before(first)
                result = CliRunner().invoke(docker, ["-H", str(socket), *words], standalone_mode=False)
                played.after(first)
                if (version, step["step"]) in ON_PURPOSE:
                    continue
                if result.exception is not None:
                    outcome.differences.append(f"{step['step']}: {result.exception!r}")
                    continue
                differs = difference(step, result, played, str(plugins), theirs, ours)
                if differs:
                    outcome.differences.append(differs)
                outcome.steps += 1
                outcome.calls += len(step["calls"])
        played.close()
    return outcome


def difference(step: dict[str, Any], result: Any, played: Played, plugins: str, theirs: Names, ours: Names) -> str:
    """The first thing that is not as it was on the real engine."""
    stderr = result.stderr.replace(plugins, HOME).replace(plugins.replace("/", "%2F"), HOME.replace("/", "%2F"))
    expected, seen = plain_calls(without_macs(step["calls"]), theirs), plain_calls(without_macs(played.calls()), ours)
    pairs = {
        "exit code": (step["exit"], result.return_value or 0),
        "errors": (plain_text(step["stderr"].removesuffix(BY_THE_CLIENT)), plain_text(stderr)),
        "output": output(step, result.stdout),
        "calls": ([call["path"] for call in expected], [call["path"] for call in seen]),
        "bodies": (expected, seen),
    }
    for what, (real, here) in pairs.items():
        if real != here:
            return f"{step['step']} ({step['command']}): {what}\n  real: {real}\n  ours: {here}"
    return ""


def output(step: dict[str, Any], stdout: str) -> tuple[Any, Any]:
    if step["command"].startswith("docker network inspect") and not step["exit"]:
        return facts_of_network(step["stdout"]), facts_of_network(stdout)
    return compare_output(step, stdout)


def without_macs(calls: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Calls without what was chosen by chance: MAC addresses, if Docker itself has to choose them too."""
    return json.loads(re.sub(r"\b[0-9a-f]{2}(:[0-9a-f]{2}){5}\b", "<mac>", json.dumps(calls)))


@pytest.mark.parametrize("version", CALLS)
def test_the_practice_engine_does_what_the_real_one_did(
    version: str, record_property: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    outcome = call_in_lab(lambda: replay(version))
    record_property("steps compared", outcome.steps)
    record_property("calls compared", outcome.calls)
    with capfd.disabled():
        print(f"\n{version}: {outcome.steps} steps and {outcome.calls} calls compared")
    assert not outcome.differences, "\n".join(outcome.differences)
    assert outcome.steps == len(list(steps())) - len([name for of, name in ON_PURPOSE if of == version])
    assert outcome.calls == CALLS[version]


@pytest.mark.fast
@pytest.mark.parametrize("version", CALLS)
def test_what_was_recorded_is_what_is_asked(version: str) -> None:
    recorded = json.loads((TRANSCRIPTS / f"ipam-{version}.json").read_text())
    assert [(step["step"], step["command"]) for step in recorded] == list(steps())
