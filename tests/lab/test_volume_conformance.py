"""The practice engine against what three real engines did with volumes: each recorded command is given to it again.

Compared are the calls of every plugin (order, path, body, status, answer), exit code, output and errors.
"""

from __future__ import annotations

import json
import re
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from tests.lab.inside import FakeClock, call_in_lab
from tests.lab.volume_steps import TRANSCRIPTS, Played, plain, steps, words_of
from workshop.cli.docker import docker
from workshop.errors import WorkshopError
from workshop.lab.engine import PracticeEngine
from workshop.lab.lab import Lab

VERSIONS = ("20.10", "26.1", "28.5")
HOME = "/run/docker/plugins"

ON_PURPOSE = {
    "nowhere=1: run": (
        "Where Mount answers no place, Docker mounts a folder of its own runtime, by accident. There is no such folder "
        "here, so the practice engine refuses, and says why."
    ),
}
"""Steps whose outcome is not compared, and why."""

UNORDERED = ("one volume twice",)
"""Steps in which Docker unmounts in any order."""

_PATTERNS = (
    (re.compile(r'"CreatedAt": ?"20[0-9-]+T[0-9:]+Z"'), '"CreatedAt": "<time>"'),
    (re.compile(r'"MacAddress": "[0-9a-f:]{17}"'), '"MacAddress": "<mac>"'),
    (re.compile(r'"SandboxKey": "[^"]+"'), '"SandboxKey": "<sandbox>"'),
    (re.compile(r'"SrcName": "vc[0-9a-f]{8}"'), '"SrcName": "vc<id>"'),
)


@dataclass
class Outcome:
    """What came of one transcript."""

    steps: int = 0
    calls: int = 0
    differences: list[str] = field(default_factory=list)


def replay(version: str) -> Outcome:
    """Give every step of a transcript to an engine of that version, in the lab."""
    recorded = json.loads((TRANSCRIPTS / f"volumes-{version}.json").read_text())
    outcome = Outcome()
    with tempfile.TemporaryDirectory(prefix="ws-lab-") as made, Lab() as lab:
        home = Path(made)
        host, plugins, volumes = lab.hosts["alpha"], home / "plugins", home / "volumes"
        plugins.mkdir()
        played = Played(plugins, volumes, host.namespace)
        try:
            with PracticeEngine(
                host, version, plugins, home / "engine", clock=FakeClock(), volume_dir=volumes
            ) as engine:
                engine.serve(home / "api.sock")
                places = {HOME: plugins, "<local>": home / "engine/local-volumes", "<volumes>": volumes}
                for step in recorded:
                    compare(outcome, step, plain(play(played, step, home / "api.sock"), places))
        finally:
            played.close()
    return outcome


def play(played: Played, step: dict[str, Any], socket: Path) -> dict[str, Any]:
    """What the practice engine does with a step's command, in the form of a transcript."""
    first, words = words_of(step["command"])
    played.before(first)
    played.forget()
    result = CliRunner().invoke(docker, ["-H", str(socket), *words], standalone_mode=False)
    played.after(first)
    if "--rm" in words:
        time.sleep(0.2)  # the container's volumes go right after the command has ended, and belong to it
    code, stderr = result.return_value or 0, result.stderr
    if isinstance(result.exception, WorkshopError):  # a command that was typed wrongly
        code, stderr = result.exception.exit_code, f"{result.exception}\n"
    elif result.exception is not None:
        raise result.exception
    stderr = stderr.replace(str(socket.parent / "plugins").replace("/", "%2F"), HOME.replace("/", "%2F"))
    return {**step, "exit": code, "stdout": result.stdout, "stderr": stderr, "calls": played.calls()}


def compare(outcome: Outcome, real: dict[str, Any], ours: dict[str, Any]) -> None:
    outcome.steps += 1
    outcome.calls += len(real["calls"])
    if real["step"] in ON_PURPOSE:
        return
    real, ours = comparable(real), comparable(ours)
    for what in ("exit", "stderr", "stdout", "calls"):
        if real[what] != ours[what]:
            outcome.differences.append(
                f"{real['step']} ({real['command']}): {what}\n  real: {real[what]}\n  ours: {ours[what]}"
            )
            return


def comparable(step: dict[str, Any]) -> dict[str, Any]:
    """A step without what differs by chance."""
    text = json.dumps({**step, "stdout": ""})
    output = step["stdout"]
    for pattern, replacement in _PATTERNS:
        text, output = pattern.sub(replacement, text), pattern.sub(replacement, output)
    found = {**json.loads(text), "stdout": output.strip()}
    found["stderr"] = found["stderr"].strip()
    if step["step"] in UNORDERED:
        found["calls"].sort(key=json.dumps)
    return found


@pytest.mark.parametrize("version", VERSIONS)
def test_the_practice_engine_does_with_volumes_what_the_real_one_did(
    version: str, record_property: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    outcome = call_in_lab(lambda: replay(version))
    record_property("steps compared", outcome.steps)
    record_property("calls compared", outcome.calls)
    with capfd.disabled():
        print(f"\n{version}: {outcome.steps} steps and {outcome.calls} calls compared")
    assert not outcome.differences, "\n".join(outcome.differences)


@pytest.mark.fast
@pytest.mark.parametrize("version", VERSIONS)
def test_the_transcripts_hold_all_steps_that_can_be_recorded(version: str) -> None:
    recorded = json.loads((TRANSCRIPTS / f"volumes-{version}.json").read_text())
    assert [(each["step"], each["command"]) for each in recorded] == list(steps())
    assert set(ON_PURPOSE) | set(UNORDERED) <= {each["step"] for each in recorded}
    assert sum(len(each["calls"]) for each in recorded) > 400


@pytest.mark.fast
def test_no_real_engine_asked_for_a_path() -> None:
    for version in VERSIONS:
        recorded = json.loads((TRANSCRIPTS / f"volumes-{version}.json").read_text())
        assert "/VolumeDriver.Path" not in {call["path"] for each in recorded for call in each["calls"]}
