"""A plugin as a process beside a real engine: started, ended and killed as a person would."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.support.engine import Engine
from tests.support.shell import path_of, until


class Plugin:
    """``python -m workshop serve`` in an engine's network namespace.

    ``started_in`` is how many seconds the last start took until the socket answered.
    """

    def __init__(self, engine: Engine, name: str = "workshop", *options: str, dashboard: str = "") -> None:
        self.engine, self.name = engine, name
        self.options = [*options, *(("--dashboard", dashboard) if dashboard else ("--no-dashboard",))]
        self.home = Path(tempfile.mkdtemp(prefix="ws-plugin-", dir="/var/tmp"))
        self.state_dir, self.socket = self.home / "state", engine.plugins_dir / f"{name}.sock"
        (self.home / "run").mkdir(mode=0o700)
        self._log = (self.home / "log").open("ab")
        self._process: subprocess.Popen[bytes] | None = None
        self.started_in = 0.0

    def environment(self) -> dict[str, str]:
        """What it and other commands of ours need, to find its session and the engine's iptables."""
        return {**os.environ, **self.engine.environment(), "XDG_RUNTIME_DIR": str(self.home / "run")}

    def command(self, *arguments: str) -> list[str]:
        """A command of ours, in the engine's network namespace."""
        return [
            "nsenter",
            f"--net={path_of(self.engine.namespace)}",
            sys.executable,
            "-m",
            "workshop",
            *arguments,
        ]

    def run(self, *arguments: str, timeout: float = 60) -> subprocess.CompletedProcess[str]:
        """Run a command of ours beside the plugin, such as ``cleanup``, whatever its exit code."""
        return subprocess.run(
            self.command(*arguments),
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout,
        )

    def start(self) -> Plugin:
        """Start it and wait until it says that it is ready. Raises AssertionError with its log."""
        began = time.monotonic()
        said = len(self.log())
        arguments = ["--plugin-dir", str(self.engine.plugins_dir), "--state-dir", str(self.state_dir)]
        arguments += ["--docker-socket", str(self.engine.socket)]
        self._process = subprocess.Popen(
            self.command("serve", "--name", self.name, *arguments, *self.options),
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
        )
        ready = until(lambda: self._process.poll() is not None or "\nReady" in f"\n{self.log()[said:]}", 60, every=0.01)
        if not ready or self._process.poll() is not None or not self._listens():
            raise AssertionError(f"the plugin does not start:\n{self.log()[-3000:]}")
        self.started_in = time.monotonic() - began
        return self

    def __enter__(self) -> Plugin:
        try:
            return self.start()
        except BaseException:
            self.down()
            raise

    def __exit__(self, *_: object) -> None:
        self.down()

    def _listens(self) -> bool:
        with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
            probe.connect(str(self.socket))
            return True
        return False

    def call(self, route: str, request: dict[str, Any]) -> dict[str, Any]:
        """One call to it as Docker sends it, such as those that only a Swarm makes: the answer."""
        connection = http.client.HTTPConnection("plugin", timeout=20)
        connection.sock = socket.socket(socket.AF_UNIX)
        with contextlib.closing(connection):
            connection.sock.connect(str(self.socket))
            connection.request("POST", f"/NetworkDriver.{route}", json.dumps(request))
            return json.loads(connection.getresponse().read())

    def terminate(self) -> tuple[int, float]:
        """End it with SIGTERM: its exit code, and how many seconds it took."""
        assert self._process, "the plugin does not run"
        began = time.monotonic()
        self._process.terminate()
        code = self._process.wait(20)
        self._process = None
        return code, time.monotonic() - began

    def kill(self) -> None:
        """End it with SIGKILL, which it cannot answer."""
        assert self._process, "the plugin does not run"
        self._process.kill()
        self._process.wait(10)
        self._process = None

    @property
    def pid(self) -> int:
        """The number of its process."""
        assert self._process, "the plugin does not run"
        return self._process.pid

    def restart(self) -> None:
        """End it with SIGTERM and start it again with the same state."""
        self.terminate()
        self.start()

    @property
    def runs(self) -> bool:
        """Whether the process is there."""
        return self._process is not None and self._process.poll() is None

    def log(self) -> str:
        """All that it printed so far."""
        return (self.home / "log").read_text(errors="replace")

    def down(self) -> None:
        """End it and remove its folders."""
        if self.runs:
            try:
                self.terminate()
            except subprocess.TimeoutExpired:
                self.kill()
        self._log.close()
        shutil.rmtree(self.home, ignore_errors=True)
