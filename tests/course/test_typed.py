"""A line that was typed in the page goes to the client that it is for."""

from __future__ import annotations

from pathlib import Path

import pytest

from workshop.course import typed


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("docker ps -a", "-H unix:///run/real.sock ps -a\n"),
        ("docker -H beta ps", "-m workshop docker -H beta ps\n"),
        ("docker -Hbeta ps", "-m workshop docker -Hbeta ps\n"),
        ("docker --host beta ps", "-m workshop docker --host beta ps\n"),
        ("docker --host=beta ps", "-m workshop docker --host=beta ps\n"),
        ("docker", "-H unix:///run/real.sock\n"),
    ],
)
def test_with_a_real_docker_only_what_names_a_host_goes_to_the_lab(
    monkeypatch: pytest.MonkeyPatch, line: str, said: str
):
    monkeypatch.setattr(typed.shutil, "which", lambda name: "/bin/echo")
    monkeypatch.setattr(typed.sys, "executable", "/bin/echo")
    assert typed.run(line, Path("/run/real.sock"), real=True) == {"code": 0, "output": said}


@pytest.mark.parametrize(("holds", "code"), [(False, 124), (True, 0)])
def test_the_time_of_a_command_does_not_run_while_a_call_is_held(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, holds: bool, code: int
):
    client = tmp_path / "docker"
    client.write_text("#!/bin/sh\nexec sleep 1.5\n")
    client.chmod(0o755)
    monkeypatch.setattr(typed.shutil, "which", lambda name: str(client))
    assert typed.run("docker ps", tmp_path, real=True, seconds=0.6, holds=lambda: holds)["code"] == code
