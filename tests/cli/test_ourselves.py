"""What is said to type is what works there, whichever Python it is and wherever one is."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from workshop.cli import ourselves


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with an environment in ``.venv`` that is not active, and is the one that runs."""
    program = tmp_path / "a checkout" / ".venv" / "bin" / "python"
    program.parent.mkdir(parents=True)
    program.symlink_to(sys.executable)
    monkeypatch.setattr(sys, "executable", str(program))
    monkeypatch.setenv("PATH", os.defpath)
    monkeypatch.chdir(tmp_path / "a checkout")
    return program


def test_in_the_checkout_it_is_the_environments_python(environment: Path):
    assert ourselves.us() == ".venv/bin/python -m workshop"
    assert ourselves.as_typed("See `python -m workshop list`.") == "See `.venv/bin/python -m workshop list`."


def test_elsewhere_it_is_the_whole_path_quoted_where_it_has_to_be(environment: Path, tmp_path: Path):
    assert ourselves.us(tmp_path) == f"'{environment.relative_to(tmp_path)}' -m workshop"
    assert ourselves.us(Path("/etc")) == f"'{environment}' -m workshop"


def test_in_an_active_environment_it_is_python(environment: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", f"{environment.parent}:{os.defpath}")
    assert ourselves.us(Path("/etc")) == "python -m workshop"


def test_what_only_looks_like_it_stays(environment: Path):
    for text in ("python -m workshop.vendor", "/usr/bin/python -m workshop list", ".venv/bin/python -m workshop list"):
        assert ourselves.as_typed(text) == text


def test_what_an_error_proposes_can_be_typed_from_another_folder(tmp_path: Path):
    done = subprocess.run(
        [sys.executable, "-m", "workshop", "exercise", "99"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    said = done.stderr.partition("see `")[2].partition("`")[0]
    assert shutil.which(said.split()[0]) and "list" in said, done.stderr
    again = subprocess.run(said, shell=True, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert again.returncode == 0, again.stderr
