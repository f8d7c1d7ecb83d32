"""The course as a learner starts it: ``python -m workshop exercise N``, in a process of its own."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from workshop import resources
from workshop.course.workbench import VARIABLE, Workbench

LONG = 60.0
"""Seconds within which everything happens, however busy the machine is."""


@dataclass
class CourseCommand:
    """An exercise that is open: its process, the learner's folder, and the ``lines`` that it has said."""

    process: subprocess.Popen[str]
    bench: Workbench
    environment: dict[str, str]
    lines: list[str] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    """When each line was heard, by the monotonic clock."""

    _said: threading.Condition = field(default_factory=threading.Condition)

    def listen(self) -> None:
        """Take down what it says, in a thread."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            with self._said:
                self.times.append(time.monotonic())
                self.lines.append(line.rstrip("\n"))
                self._said.notify_all()

    def wait_for(self, text: str, times: int = 1) -> str:
        """Wait until so many lines with a text have been said; the last of them."""
        return self._wait_for(lambda line: text in line, times)

    def verdict(self, state: str, times: int = 1) -> str:
        """Wait until so many verdicts ``PASSED`` or ``NOT PASSED`` have been told; the last one's first line."""
        return self._wait_for(lambda line: line.startswith(f"{state}  "), times)

    def _wait_for(self, good: Callable[[str], bool], times: int) -> str:
        def found() -> list[str]:
            return [line for line in self.lines if good(line)]

        with self._said:
            assert self._said.wait_for(lambda: len(found()) >= times, LONG), "\n".join(self.lines)
            return found()[times - 1]

    def file(self, label: str = "03_create_network") -> Path:
        """The learner's handler."""
        return self.bench.folder / label / "handler.py"

    def press(self, key: str) -> None:
        """A key, as one types it where there is no terminal."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{key}\n")
        self.process.stdin.flush()

    def typed(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What a learner gets who types ``python -m workshop ARGUMENTS`` in a second terminal."""
        return typed(*arguments, environment=self.environment)

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """End it with a signal: its exit code, and the seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        return self.process.wait(LONG), time.monotonic() - began


def typed(*arguments: str, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    """What a learner gets who types ``python -m workshop ARGUMENTS``."""
    return subprocess.run(
        [sys.executable, "-m", "workshop", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=LONG * 3,
        check=False,
    )


@contextlib.contextmanager
def folders() -> Iterator[tuple[Workbench, dict[str, str]]]:
    """A learner's folder, and the environment in which commands find it and a runtime folder of their own."""
    home = Path(tempfile.mkdtemp(prefix="course-"))  # a socket's path must be short
    (home / "run").mkdir(mode=0o700)
    bench = Workbench(home / "bench")
    bench.mark()
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(home / "run"), VARIABLE: str(bench.folder), "NO_COLOR": "1"}
    try:
        yield bench, environment
    finally:
        shutil.rmtree(home, ignore_errors=True)


@contextlib.contextmanager
def course_command(
    *arguments: str, handler: str | None = None, within: Sequence[str] = (), **variables: str
) -> Iterator[CourseCommand]:
    """Start ``exercise`` (of 3, if no arguments say otherwise), and end it afterwards. ``handler`` is there before.

    ``within`` is the command that starts it, such as ``nsenter …``; ``variables`` go into its environment.
    """
    with folders() as (bench, environment):
        environment |= variables
        if handler is not None:
            (bench.folder / "03_create_network").mkdir()
            (bench.folder / "03_create_network" / "handler.py").write_text(handler)
        command = [*within, sys.executable, "-m", "workshop", *(arguments or ("exercise", "3"))]
        process = subprocess.Popen(
            [*command, "--no-browser", "--dashboard", "127.0.0.1:0"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        found = CourseCommand(process, bench, environment)
        listener = threading.Thread(target=found.listen, daemon=True)
        listener.start()
        try:
            yield found
        finally:
            if process.poll() is None:
                process.terminate()
            try:
                process.wait(20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            listener.join(5)
            for stream in (process.stdin, process.stdout):
                with contextlib.suppress(OSError):
                    stream.close()


def solution(label: str = "03_create_network", part: str = "") -> str:
    """The text of an exercise's solution, or of that of one of its parts (``bug_1.py``)."""
    place = resources.path("exercises") / label
    return (place / "solution" / part if part else place / "solution.py").read_text(encoding="utf-8")
