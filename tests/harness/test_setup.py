"""Setting up on a machine that is not as one would wish says so in a sentence."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def setup(python: str | Path, venv: Path) -> subprocess.CompletedProcess[str]:
    """Run ``scripts/setup`` with a Python, into a folder that is not there yet."""
    return subprocess.run([ROOT / "scripts/setup", python, venv, "."], cwd=ROOT, capture_output=True, text=True)


def pretend(folder: Path, version: str, *, modules: bool = True) -> Path:
    """A program that answers as a Python of a version would."""
    program = folder / "python"
    program.write_text(
        f"""#!/bin/sh
case $2 in
  *'"%d.%d"'*) echo {version} ;;
  *version_info*) [ {version.partition(".")[2]} -ge 11 ] ;;
  *ensurepip*) {"true" if modules else "false"} ;;
  *) exit 1 ;;
esac
"""
    )
    program.chmod(0o755)
    return program


def test_an_old_python_is_refused_in_one_sentence(tmp_path: Path):
    result = setup(pretend(tmp_path, "3.9"), tmp_path / "venv")
    assert result.returncode == 3
    assert result.stderr.count("\n") == 1
    assert "Python 3.11 or newer is needed" in result.stderr
    assert "3.9" in result.stderr


def test_a_python_that_is_not_there_is_told_of(tmp_path: Path):
    result = setup("python9.99", tmp_path / "venv")
    assert result.returncode == 3
    assert "There is no python9.99 here" in result.stderr


def test_a_python_without_venv_names_the_package_to_install(tmp_path: Path):
    programs = tmp_path / "bin"  # without virtualenv, whatever the machine has
    programs.mkdir()
    (programs / "rm").symlink_to("/bin/rm")
    result = subprocess.run(
        ["/bin/sh", ROOT / "scripts/setup", pretend(tmp_path, "3.12", modules=False), tmp_path / "venv", "."],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={"PATH": str(programs)},
    )
    assert result.returncode == 3
    assert "sudo apt install python3-venv" in result.stderr
    assert not (tmp_path / "venv").exists()
