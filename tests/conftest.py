"""What all tests share: the kinds of tests, what is left out and why, and that nothing stays behind."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import kinds
from tests.support.leftovers import MARK, Leftovers

HERE = Path(__file__).parent
_left_out: pytest.StashKey[Counter[str]] = pytest.StashKey()
_kind: pytest.StashKey[str] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all-kinds",
        action="store_true",
        default=os.environ.get(kinds.ALL) == "all",
        help=f"leave nothing out: what is missing here is a failure, and so is a skip (also {kinds.ALL}=all)",
    )


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault(MARK, uuid.uuid4().hex)
    if os.geteuid() == 0 and not kinds.is_root():
        _settle_in_user_namespace()
    config.stash[_left_out] = Counter()
    for name, needs in kinds.MARKERS.items():
        config.addinivalue_line("markers", f"{name}: needs {needs}")


def _settle_in_user_namespace() -> None:
    """Root of a user namespace has no right to the machine's root's folders, and its loopback is down."""
    own = tempfile.mkdtemp(prefix="ws-tests-")
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", own)
    os.environ.setdefault("XTABLES_LOCKFILE", f"{own}/xtables.lock")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=False, capture_output=True)


def kind_of(item: pytest.Item) -> str:
    """The kind of a test: its marker's, its folder's, or ``fast``."""
    name = next((mark.name for mark in item.iter_markers() if mark.name in kinds.MARKERS), None)
    if name is None:
        parts = item.path.relative_to(HERE).parts if item.path.is_relative_to(HERE) else ()
        name = kinds.FOLDERS.get(parts[0], "fast") if parts else "fast"
    if name == "engine":
        callspec = getattr(item, "callspec", None)
        version = callspec.params.get("version") if callspec else None
        name = f"engine {version or kinds.VERSIONS[0]}"
    return name


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept, left_out = [], []
    for item in items:
        item.stash[_kind] = kind_of(item)
        missing = kinds.missing(item.stash[_kind])
        if missing and not config.getoption("--all-kinds"):
            config.stash[_left_out][item.stash[_kind]] += 1
            left_out.append(item)
        else:
            kept.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    # browsers last: their driver keeps an event loop in this thread, where none may run to talk to the kernel
    items[:] = sorted(kept, key=lambda item: item.stash[_kind] == "browser")


def pytest_runtest_setup(item: pytest.Item) -> None:
    kind = kinds.KINDS[item.stash[_kind]]
    if missing := kinds.missing(kind.name):  # only under --all-kinds does it get here
        pytest.fail(f"{kind.name} tests need {kind.needs}: {missing}; {kind.remedy}", pytrace=False)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    report = yield
    if report.skipped and not hasattr(report, "wasxfail") and item.config.getoption("--all-kinds"):
        report.outcome = "failed"
        report.longrepr = f"skipped, where nothing may be: {report.longrepr}"
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Iterator[None]:
    report = yield
    if report.skipped and collector.config.getoption("--all-kinds"):
        report.outcome = "failed"
        report.longrepr = f"skipped, where nothing may be: {report.longrepr}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash[_left_out]
    skipped = len(terminalreporter.stats.get("skipped", []))
    not_asked = [version for version in kinds.VERSIONS if version not in kinds.engines_asked_for()]
    terminalreporter.section("left out")
    for name, count in left_out.items():
        kind = kinds.KINDS[name]
        why = f"which need {kind.needs} ({kinds.missing(name)})"
        terminalreporter.line(f"left out: {count} {name} tests, {why}. Remedy: {kind.remedy}.")
    if skipped:
        terminalreporter.line(f"left out: {skipped} tests that skipped themselves; `-rs` shows why.")
    if not_asked:
        terminalreporter.line(f"not asked for: engine {', '.join(not_asked)}; `make test-engines` tests on all.")
    if not left_out and not skipped:
        terminalreporter.line("nothing: this machine can run every kind of test that was asked for.")


@pytest.fixture(autouse=True)
def leftovers(request: pytest.FixtureRequest) -> Iterator[Leftovers]:
    """Fails a test that leaves something behind: on this machine, or where it asked to watch."""
    watcher = Leftovers()
    if request.node.stash[_kind] == "fast":
        yield watcher
        return
    watcher.watch_machine()
    yield watcher
    if left := watcher.left():
        pytest.fail("left behind:\n  " + "\n  ".join(left), pytrace=False)
