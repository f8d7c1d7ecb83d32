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
