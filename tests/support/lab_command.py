"""The lab as a learner starts it: ``python -m workshop demo``, in a process of its own."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass
class LabCommand:
    """A lab that runs: its process, the dashboard's address, and the folder where commands find it."""

    process: subprocess.Popen[str]
    url: str
    runtime: Path

    def typed(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What a learner gets who types ``python -m workshop ARGUMENTS`` in a second terminal."""
        return subprocess.run(
            [sys.executable, "-m", "workshop", *arguments],
            env={**os.environ, "XDG_RUNTIME_DIR": str(self.runtime)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def docker(self, *arguments: str) -> str:
        """A ``docker`` command that has to succeed; gives what it printed."""
        done = self.typed("docker", *arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """End it with a signal: its exit code, and the seconds that it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        self.process.communicate(timeout=20)
        return self.process.returncode, time.monotonic() - began


@contextlib.contextmanager
def lab_command(
    *options: str, runtime: Path | None = None, command: tuple[str, ...] = ("demo", "--no-tour")
) -> Iterator[LabCommand]:
    """Start ``demo`` without its tour, and end it afterwards. ``runtime``: beside another lab, in its folder.

    ``command`` is another command that has a lab.
    """
    is_ours = runtime is None
    if runtime is None:
        runtime = Path(tempfile.mkdtemp(prefix="ws-"))  # a socket's path must be short
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "workshop",
            *command,
            "--no-browser",
            "--dashboard",
            "127.0.0.1:0",
            *options,
        ],
        env={**os.environ, "XDG_RUNTIME_DIR": str(runtime)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert re.match(r"Ready: \w+ at http://127\.0\.0\.1:", line), line + (
            process.stdout.read() if process.poll() else ""
        )
        yield LabCommand(process, line.split()[-1], runtime)
    finally:
        if process.poll() is None:
            process.terminate()
            try:
                process.communicate(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.communicate()
        if is_ours:
            shutil.rmtree(runtime, ignore_errors=True)
