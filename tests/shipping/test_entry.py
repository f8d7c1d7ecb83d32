"""What the managed plugin starts: its settings, what it runs, and what it may do then."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from shipping import config, entry
from tests.support.pages import ROOT
from tests.support.shell import until


def test_every_setting_has_an_option_of_serve_and_its_default_is_given_on():
    defaults = {name: value for name, value, _ in config.SETTINGS}
    assert set(defaults) == set(entry.OPTIONS)
    assert entry.arguments(defaults) == [
        *("--driver", "all", "--scope", "global", "--log-level", "info", "--no-dashboard"),
    ]


@pytest.mark.parametrize(
    ("environment", "arguments"),
    [
        ({}, ["--no-dashboard"]),
        ({"DASHBOARD": "off"}, ["--no-dashboard"]),
        ({"DASHBOARD": " 127.0.0.1:8600 "}, ["--dashboard", "127.0.0.1:8600"]),
        ({"DRIVER": "", "SCOPE": "local", "DASHBOARD": ""}, ["--scope", "local", "--no-dashboard"]),
        ({"DRIVER": "bridge", "PATH": "/bin"}, ["--driver", "bridge", "--no-dashboard"]),
    ],
)
def test_settings_become_arguments(environment: dict[str, str], arguments: list[str]):
    assert entry.arguments(environment) == arguments


def start(code: str) -> subprocess.Popen[str]:
    """The entry's part that runs a program, with a Python that runs ``code``; it prints a line once it does."""
    script = f"import sys; from shipping import entry; sys.exit(entry.run(sys.executable, '-c', {code!r}))"
    return subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)


@pytest.mark.parametrize("code", [0, 1, 7])
def test_an_end_is_an_end(code: int):
    with start(f"raise SystemExit({code})") as process:
        assert process.wait(20) == code


def test_a_program_that_was_killed_ends_it_so_that_docker_starts_it_again():
    with start("import os, signal; os.kill(os.getpid(), signal.SIGKILL)") as process:
        assert process.wait(20) not in (0, *entry.CANNOT_START)


@pytest.mark.parametrize("ending", sorted(entry.ENDINGS))
def test_a_signal_that_asks_for_an_end_reaches_the_program(ending: signal.Signals):
    code = f"import signal, sys; signal.signal({int(ending)}, lambda *_: sys.exit(5)); print('up', flush=True); "
    with start(code + "signal.pause()") as process:
        assert process.stdout.readline() == "up\n"
        process.send_signal(ending)
        assert process.wait(20) == 5


@pytest.mark.parametrize("code", entry.CANNOT_START)
def test_a_program_that_cannot_start_is_not_ended_before_docker_asks(code: int):
    with start(f"print('no', flush=True); raise SystemExit({code})") as process:
        assert process.stdout.readline() == "no\n"
        children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
        assert until(lambda: not children.read_text().strip(), 10)
        time.sleep(0.2)
        assert process.poll() is None
        process.terminate()
        assert process.wait(20) == code


@pytest.mark.kernel
def test_nothing_but_what_is_needed_is_kept_even_by_roots_programs():
    script = (
        "import os, sys; from shipping import entry; entry.give_away();"
        "os.execv('/bin/sh', ['sh', '-c', 'grep -E ^Cap /proc/self/status'])"
    )
    result = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    found = {name: int(value, 16) for name, value in (line.split(":") for line in result.stdout.splitlines())}
    kept = sum(1 << number for number in entry.KEPT.values())
    assert found["CapInh"] == found["CapAmb"] == 0
    assert found["CapBnd"] & ~kept == 0
    assert found["CapEff"] == found["CapPrm"] == found["CapBnd"]
    assert found["CapEff"] >> entry.KEPT["CAP_NET_ADMIN"] & 1
