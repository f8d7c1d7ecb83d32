"""Killing a plugin in the middle of a call: not before it, and not after it."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from tests.support.plugin import Plugin
from tests.support.shell import Result, until

LOST = {
    "the body is empty": "Docker repeats a call that was cut off, but what it has sent once it does not send again",
    "unexpected EOF": "the plugin died when it had answered in part; such a call is not repeated",
    r"\bEOF\b": "it died before it answered, and did not come back in time",
    "connection reset by peer": "the same, with something of the request unread",
    "broken pipe": "the same, while Docker was still sending",
    "connection refused": "it was away for too long: the socket is there, but nobody listens",
    "plugins/.*: no such file or directory": "the same, and the socket is gone",
    "server closed idle connection": "it died when Docker was about to send",
    "transport connection broken": "the same",
}
"""How Docker tells its user that a plugin died during a call (patterns), and when it says so."""

PACE = (0.00003, 0.00015)
"""How many seconds pass between two looks at the journal: less than what is waited for takes."""
LIMIT = 60
"""Seconds that Docker and the plugin have to come to the call and through it."""


def tells_of_death(said: str) -> bool:
    """Whether what Docker said is one of the ways in which it tells that the plugin died during a call."""
    return any(re.search(pattern, said) for pattern in LOST)


def kill_in(
    plugin: Plugin, method: str, prepare: Callable[[], Callable[[], Result]], *, late: bool = False, tries: int = 100
) -> Result:
    """Kill the plugin while it answers a call of ``method`` (such as ``Join``), start it again, and give what was said.

    ``prepare()`` gives a function that runs the docker command in which Docker makes the call. The plugin dies as soon
    as the call has begun; with ``late``, when it has given all its commands to the kernel and is not done yet, as seen
    from a call that was let through. If the call is over before the plugin stands still, all is tried again.

    :raises AssertionError: if Docker does not make the call, or the call was over each time.
    """
    commands: int | None = None if late else 0
    for _ in range(tries):
        command = prepare()
        with ThreadPoolExecutor(1) as pool, _Journal(plugin, method) as journal:
            running = pool.submit(command)
            try:
                with _in_a_hurry():
                    caught = _stop_in(plugin, journal, commands, running)
                if caught:
                    _end(plugin)
            finally:
                if plugin.runs:
                    os.kill(plugin.pid, signal.SIGCONT)
                else:  # Docker waits for it
                    plugin.start()
            result = running.result()
            if caught:
                return result
            commands = journal.commands if late else 0
    raise AssertionError(f"{method} was over before the plugin stood still, {tries} times in a row")


class _Journal:
    """What a plugin's journal tells of the first call of a method from now on, read beside the plugin."""

    def __init__(self, plugin: Plugin, method: str) -> None:
        path = (plugin.state_dir / "journal.db").absolute()
        self.method = method
        self._database = sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, isolation_level=None, timeout=10)
        (self._since,) = self._one("select coalesce(max(seq), 0) from events")

    def __enter__(self) -> _Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self._database.close()

    @property
    def call(self) -> int | None:
        """The call's number, once it has begun."""
        query = "select call from events where seq > ? and kind = 'call.started' and json_extract(data, '$.route') = ?"
        row = self._one(f"{query} order by seq limit 1", self._since, f"NetworkDriver.{self.method}")
        return row and row[0]

    @property
    def over(self) -> bool:
        """Whether the call is done."""
        return self._count("call.finished") > 0

    @property
    def commands(self) -> int:
        """How many commands the call has given to the kernel so far."""
        return self._count("kernel")

    def _count(self, kind: str) -> int:
        return self._one("select count(*) from events where call = ? and kind = ?", self.call, kind)[0]

    def _one(self, query: str, *values: object) -> tuple | None:
        return self._database.execute(query, values).fetchone()


def _stop_in(plugin: Plugin, journal: _Journal, commands: int | None, running: Future[Result]) -> bool:
    """Wait for the call, and let the plugin go step by step until it has given this many commands (``None``: is over).

    Says whether the plugin stands still in the middle of the call.
    """
    end = time.monotonic() + LIMIT
    while time.monotonic() < end:
        ended = running.done()
        if journal.call is not None:
            _halt(plugin)
            if journal.over:
                return False
            if commands is not None and journal.commands >= commands:
                return True
            os.kill(plugin.pid, signal.SIGCONT)
        elif ended:
            result = running.result()
            raise AssertionError(f"Docker made no call of {journal.method}, and said:\n{result.stdout}{result.stderr}")
        time.sleep(random.uniform(*PACE))
    raise AssertionError(f"{journal.method} did not come or did not end within {LIMIT} s")


@contextlib.contextmanager
def _in_a_hurry() -> Iterator[None]:
    """Let this thread run as soon as it wants to, where that is allowed: on a busy machine it would come too late."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    try:
        yield
    finally:
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))


def _halt(plugin: Plugin) -> None:
    """Stop the plugin; returns when all of its threads stand still."""
    os.kill(plugin.pid, signal.SIGSTOP)
    os.waitid(os.P_PID, plugin.pid, os.WSTOPPED | os.WEXITED | os.WNOWAIT)


def _end(plugin: Plugin) -> None:
    """Kill the plugin. A program that it was running, such as nft, ends by itself, and is waited for."""
    programs = [folder for folder in Path("/proc").glob("[0-9]*") if _parent(folder) == plugin.pid]
    plugin.kill()
    assert until(lambda: not any(_state(folder) not in "ZX" for folder in programs), 20), "its programs go on"


def _stat(folder: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return (folder / "stat").read_text().rpartition(")")[2].split()
    return ["X", "0"]  # it has ended meanwhile


def _state(folder: Path) -> str:
    return _stat(folder)[0]


def _parent(folder: Path) -> int:
    return int(_stat(folder)[1])
