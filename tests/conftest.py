"""What all tests share: the kinds of tests, what is left out and why, and that nothing stays behind."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import kinds, sharing, tried
from tests.support.leftovers import MARK, Leftovers

HERE = Path(__file__).parent
_left_out: pytest.StashKey[Counter[tuple[str, str, str]]] = pytest.StashKey()
"""How many tests were left out, by their kinds, the one that lacks something, and what that is."""
_kinds: pytest.StashKey[list[str]] = pytest.StashKey()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--all-kinds",
        action="store_true",
        default=os.environ.get(kinds.ALL) == "all",
        help=f"leave nothing out: what is missing here is a failure, and so is a skip (also {kinds.ALL}=all)",
    )


def pytest_configure(config: pytest.Config) -> None:
    if is_worker(config) or MARK not in os.environ:
        os.environ[MARK] = uuid.uuid4().hex  # what another worker started is not ours
    os.environ.pop("COLUMNS", None)  # what is not read on a terminal is as long as it is
    # as in an active environment: what is said to type is `python -m workshop` then
    os.environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", os.defpath)])
    if os.geteuid() == 0 and not kinds.is_root():
        _settle_in_user_namespace()
    config.stash[_left_out] = Counter()
    for name, needs in kinds.MARKERS.items():
        config.addinivalue_line("markers", f"{name}: needs {needs}")
    config.addinivalue_line("markers", tried.MARK)
    config.pluginmanager.register(tried.Recorder(writes=not is_worker(config)), "tried")


def is_worker(config: pytest.Config) -> bool:
    """Whether this is one of several processes that share the tests."""
    return hasattr(config, "workerinput")


def _settle_in_user_namespace() -> None:
    """Root of a user namespace has no right to the machine's root's folders, and its loopback is down."""
    own = tempfile.mkdtemp(prefix="ws-tests-")
    atexit.register(shutil.rmtree, own, ignore_errors=True)
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", own)
    os.environ.setdefault("XTABLES_LOCKFILE", f"{own}/xtables.lock")
    subprocess.run(["ip", "link", "set", "lo", "up"], check=False, capture_output=True)


def folder_of(item: pytest.Item) -> str:
    """The folder below this one that a test is in; its file's name, if it is in none."""
    return item.path.relative_to(HERE).parts[0] if item.path.is_relative_to(HERE) else ""


def kinds_of(item: pytest.Item) -> list[str]:
    """The kinds of a test: those of its markers, else its folder's, else ``fast``."""
    names = sorted({mark.name for mark in item.iter_markers() if mark.name in kinds.MARKERS})
    if not names:
        names = [kinds.FOLDERS.get(folder_of(item), "fast")]
    if "engine" in names:
        callspec = getattr(item, "callspec", None)
        version = callspec.params.get("version") if callspec else None
        names[names.index("engine")] = f"engine {version or kinds.VERSIONS[0]}"
    return names


def lacking(item: pytest.Item) -> list[str]:
    """Of the kinds of a test, those that lack something on this machine."""
    return [name for name in item.stash[_kinds] if kinds.missing(name)]


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept, left_out = [], []
    for item in items:
        item.stash[_kinds] = kinds_of(item)
        lacks = lacking(item)
        if lacks and not config.getoption("--all-kinds"):
            config.stash[_left_out][" and ".join(item.stash[_kinds]), lacks[0], kinds.missing(lacks[0]) or ""] += 1
            left_out.append(item)
        else:
            kept.append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
    items[:] = sorted(kept, key=lambda item: sharing.turn(folder_of(item), "browser" in item.stash[_kinds]))


def pytest_runtest_setup(item: pytest.Item) -> None:
    told = []
    for name in lacking(item):  # only under --all-kinds is there any
        kind = kinds.KINDS[name]
        told.append(f"{name} tests need {kind.needs}: {kinds.missing(name)}; {kind.remedy}")
    if told:
        pytest.fail("\n".join(told), pytrace=False)


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


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> object:
    return sharing.Sharing(config, log)


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    if is_worker(session.config):  # the one that tells the end has collected nothing itself
        left_out = session.config.stash[_left_out]
        session.config.workeroutput["left_out"] = [[*key, count] for key, count in left_out.items()]


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: object) -> None:
    told = getattr(node, "workeroutput", {}).get("left_out", ())
    node.config.stash[_left_out] |= Counter({tuple(key): count for *key, count in told})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    left_out = config.stash[_left_out]
    skipped = len(terminalreporter.stats.get("skipped", []))
    not_asked = [version for version in kinds.VERSIONS if version not in kinds.engines_asked_for()]
    terminalreporter.section("left out")
    for (names, lacks, missing), count in left_out.items():
        kind = kinds.KINDS[lacks]
        why = f"which need {kind.needs} ({missing})"
        terminalreporter.line(f"left out: {count} {names} tests, {why}. Remedy: {kind.remedy}.")
    if skipped:
        terminalreporter.line(f"left out: {skipped} tests that skipped themselves; `-rs` shows why.")
    if not_asked:
        terminalreporter.line(f"not asked for: engine {', '.join(not_asked)}; `make test-engines` tests on all.")
    if not left_out and not skipped:
        terminalreporter.line("nothing: this machine can run every kind of test that was asked for.")


@pytest.fixture(autouse=True)
def leftovers(request: pytest.FixtureRequest) -> Iterator[Leftovers]:
    """Fails a test that leaves something behind: on this machine, or where it asked to watch."""
    watcher = Leftovers(alone=not is_worker(request.config))
    if request.node.stash[_kinds] == ["fast"]:
        yield watcher
        return
    watcher.watch_machine()
    yield watcher
    if left := watcher.left():
        pytest.fail("left behind:\n  " + "\n  ".join(left), pytrace=False)
