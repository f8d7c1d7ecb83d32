"""The kinds of tests: what is left out, and that the strict switch lets nothing slip by."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support import kinds, sharing
from tests.support.leftovers import MARK

ROOT = Path(__file__).parents[2]


def run(folder: Path, text: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a test file of its own under our conftest."""
    (folder / "test_it.py").write_text(text)
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-p",
        "tests.conftest",
        "-p",
        "no:cacheprovider",
        "-c",
        "/dev/null",
    ]
    environment = {name: value for name, value in os.environ.items() if name not in (kinds.ALL, MARK)}
    return subprocess.run(
        [*command, "--rootdir", folder, *options, folder / "test_it.py"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
    )


SKIPS = """
import pytest
def test_passes():
    pass
def test_skips():
    pytest.skip("not today")
"""
MODULE_SKIPS = "import pytest\npytest.importorskip('no_such_module')\n"


@pytest.mark.parametrize("text", [SKIPS, MODULE_SKIPS])
def test_a_skip_fails_the_run_where_nothing_may_be_left_out(tmp_path: Path, text: str):
    result = run(tmp_path, text, "--all-kinds")
    assert result.returncode != 0
    assert "where nothing may be" in result.stdout


def test_a_skip_is_told_of_in_a_plain_run(tmp_path: Path):
    result = run(tmp_path, SKIPS)
    assert result.returncode == 0
    assert "left out: 1 tests that skipped themselves" in result.stdout


LACKS = """
import pytest
from tests.support import kinds, sharing
from tests.support.leftovers import MARK
kinds.missing = lambda name: None if name == "fast" else "there is none"
@pytest.mark.browser
def test_needs_a_browser():
    pass
def test_needs_nothing():
    pass
"""


def test_what_the_machine_lacks_is_left_out_with_its_reason_and_remedy(tmp_path: Path):
    result = run(tmp_path, LACKS)
    assert result.returncode == 0
    assert "left out: 1 browser tests, which need chromium (there is none). Remedy: `sudo apt" in result.stdout
    assert "1 passed, 1 deselected" in result.stdout


def test_of_several_processes_that_share_the_tests_each_lacks_the_same_and_it_is_told_once(tmp_path: Path):
    result = run(tmp_path, LACKS, "-n", "2")
    assert result.returncode == 0
    assert "left out: 1 browser tests, which need chromium (there is none)" in result.stdout
    assert "1 passed" in result.stdout
    strict = run(tmp_path, LACKS + SKIPS, "--all-kinds", "-n", "2")
    assert strict.returncode == 1
    assert "browser tests need chromium: there is none" in strict.stdout
    assert "where nothing may be" in strict.stdout


def test_what_is_in_one_file_is_for_one_process(tmp_path: Path):
    text = """
import os, pytest
seen = set()
@pytest.mark.parametrize("number", range(12))
def test_is_run_by_the_same(number):
    seen.add(number)
    assert seen == set(range(number + 1))
"""
    assert "12 passed" in run(tmp_path, text, "-n", "2").stdout


CASES = "tests/course/test_cases.py::test_"


@pytest.mark.parametrize(
    ("test", "other", "together"),
    [
        ("tests/engines/test_ports.py::test_a[20.10-nft]", "tests/engines/test_networks.py::test_b[20.10-nft]", True),
        ("tests/engines/test_ports.py::test_a[20.10-nft]", "tests/vm/test_program.py::test_b", False),
        ("tests/engines/test_ports.py::test_a[20.10-nft]", "tests/engines/test_swarm.py::test_b[20.10-nft]", False),
        ("tests/lab/test_lab.py::test_a", "tests/lab/test_ipam.py::test_b", False),
        (
            f"{CASES}a[03_create_network-x-28.5]",
            f"{CASES}b[03_create_network-y]",
            True,
        ),
        (
            f"{CASES}a[03_create_network-x]",
            f"{CASES}a[04_delete_network-x]",
            False,
        ),
    ],
)
def test_what_shares_an_engine_a_machine_or_a_judge_stays_together(test: str, other: str, together: bool):
    assert (sharing.group(test) == sharing.group(other)) is together


def test_what_the_machine_lacks_is_a_failure_where_nothing_may_be_left_out(tmp_path: Path):
    result = run(tmp_path, LACKS, "--all-kinds")
    assert result.returncode == 1
    assert "browser tests need chromium: there is none" in result.stdout


BOTH = """
import pytest
from tests.support import kinds
kinds.missing = {{"browser": {browser!r}, "lab": {lab!r}}}.get
pytestmark = [pytest.mark.browser, pytest.mark.lab]
def test_needs_both():
    pass
def test_too():
    pass
"""


@pytest.mark.parametrize(
    ("lacks", "browser", "lab"), [("chromium", "there is none", None), ("network namespaces", None, "not allowed")]
)
def test_a_test_of_two_kinds_needs_what_both_need(tmp_path: Path, lacks: str, browser: str | None, lab: str | None):
    text = BOTH.format(browser=browser, lab=lab)
    result = run(tmp_path, text)
    assert result.returncode == 5, "pytest's code for no tests"
    told = next(line for line in result.stdout.splitlines() if line.startswith("left out: "))
    assert told.startswith("left out: 2 browser and lab tests, which need ")
    assert lacks in told and (browser or lab or "") in told
    strict = run(tmp_path, text, "--all-kinds")
    assert strict.returncode == 1
    assert lacks in strict.stdout and "2 errors" in strict.stdout


def test_all_that_a_test_of_two_kinds_lacks_is_named(tmp_path: Path):
    strict = run(tmp_path, BOTH.format(browser="there is none", lab="not allowed"), "--all-kinds")
    assert "browser tests need chromium: there is none" in strict.stdout
    assert "lab tests need to make network namespaces" in strict.stdout


def test_a_test_of_two_kinds_runs_where_nothing_is_missing(tmp_path: Path):
    result = run(tmp_path, BOTH.format(browser=None, lab=None), "--all-kinds")
    assert "2 passed" in result.stdout


def test_a_test_that_leaves_a_process_behind_fails(tmp_path: Path):
    text = """
import pytest, subprocess
@pytest.mark.kernel
def test_forgets():
    global process
    process = subprocess.Popen(["sleep", "97.25"])
def test_ends_it():
    process.kill(); process.wait()
"""
    if kinds.missing("kernel"):
        text = text.replace("@pytest.mark.kernel", "@pytest.mark.lab")
    result = run(tmp_path, text, "--all-kinds")
    assert result.returncode == 1
    assert "left behind:\n  processes: running: + sleep 97.25" in result.stdout


def test_every_kind_says_what_it_needs_and_what_to_do():
    for kind in kinds.KINDS.values():
        assert kind.needs
        assert kind.remedy or kind.name == "fast"


def test_an_unknown_engine_is_refused(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(kinds.ENGINES, "20.10, 99")
    with pytest.raises(ValueError, match="no engine 99"):
        kinds.engines_asked_for()
