"""The command line: what to do next, help everywhere, errors in one sentence, exit codes."""

from __future__ import annotations

import subprocess
import sys

import pytest

from workshop import cli, errors


def typed(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """What a person gets who types ``python -m workshop ARGUMENTS``."""
    import os

    return subprocess.run(
        [sys.executable, "-m", "workshop", *arguments],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=60,
        check=False,
    )


def test_without_a_command_it_says_what_to_do_next():
    done = typed()
    assert done.returncode == 0
    assert "python -m workshop demo" in done.stdout
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(("package", "arguments"), [("click", ["start"]), ("rich", ["list"])])
def test_a_python_without_what_is_needed_is_told_how_to_get_it(package: str, arguments: list[str]):
    code = f"import runpy, sys; sys.modules[{package!r}] = None; runpy.run_module('workshop', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout) == (3, "")
    assert done.stderr == (
        f"This Python ({sys.executable}) has no {package}, which the workshop needs. In the checkout, run `make demo` "
        f"once and then `.venv/bin/python -m workshop {arguments[0]}`; or `{sys.executable} -m pip install .`.\n"
    )


def test_a_missing_module_of_our_own_is_no_lack_of_this_python():
    assert errors.lacking(ModuleNotFoundError("", name="workshop.nowhere"), "python3", []) is None


@pytest.mark.parametrize("command", cli.COMMANDS)
def test_every_command_has_help(command):
    done = typed(command, "--help")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"Usage: python -m workshop {command}")


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing",),
        ("serve", "--scope", "wide"),
        ("serve", "--name", "a/b"),
        ("calls", "--last", "many"),
        ("drivers", "x"),
    ],
)
def test_wrong_use_is_one_sentence_and_exit_code_2(arguments):
    done = typed(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_help_needs_none_of_the_heavy_libraries():
    code = "import sys; from workshop import cli; cli.run(['--help']); print([m for m in sys.modules if m in sys.argv])"
    heavy = ["flask", "pyroute2", "rich", "msgspec", "jinja2", "waitress", "sqlite3"]
    done = subprocess.run([sys.executable, "-c", code, *heavy], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_mistake_of_ours_is_no_traceback(monkeypatch, capsys):
    monkeypatch.delenv("WORKSHOP_DEBUG", raising=False)
    monkeypatch.setattr(cli.workshop, "main", lambda *_, **__: 1 / 0)
    assert cli.run([]) == 1
    assert "mistake in the workshop itself: ZeroDivisionError" in capsys.readouterr().err
