"""The managed plugin in a real engine, used in the same way as one that is a process beside it."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import signal
import socket
import time
from pathlib import Path
from typing import Any

from tests.support.engine import Engine
from tests.support.shell import until

NAME = "workshop:latest"
"""What users give as a driver: with its tag, which Docker Engine 20.10 wants to have."""

NOWHERE = Path("/nonexistent")
"""Where its files are as long as it is not created."""


class Managed:
    """``docker plugin create`` and ``enable`` from a folder that ``make plugin`` has made; ``settings`` as ``A=b``."""

    name = NAME

    def __init__(self, engine: Engine, folder: Path, *settings: str) -> None:
        self.engine, self.folder, self.settings = engine, folder, settings
        self.state_dir = self.socket = NOWHERE
        self.started_in = 0.0

    def create(self) -> Managed:
        """Give it to the engine, set but not enabled."""
        self.engine.docker("plugin", "create", "workshop", self.folder)
        self.set(*self.settings)
        key = self.inspect()["Id"]
        self.state_dir = self.engine.home / "data/plugins" / key / "propagated-mount"
        return self

    def set(self, *settings: str) -> None:
        """Change settings; it must not be enabled."""
        if settings:
            self.engine.docker("plugin", "set", "workshop", *settings)

    def start(self) -> Managed:
        """Enable it. Raises CommandFailed if Docker cannot."""
        if self.state_dir == NOWHERE:
            self.create()
        began = time.monotonic()
        self.engine.docker("plugin", "enable", "workshop")
        self.started_in = time.monotonic() - began
        self.socket = Path(self.root) / "run/docker/plugins/workshop.sock"
        return self

    def terminate(self) -> tuple[int, float]:
        """Disable it, with whatever uses it: 0, and how many seconds it took."""
        began = time.monotonic()
        self.engine.docker("plugin", "disable", "-f", "workshop")
        return 0, time.monotonic() - began

    def restart(self) -> None:
        """Disable and enable it."""
        self.terminate()
        self.start()

    def kill(self) -> None:
        """End its process with SIGKILL. Docker starts a plugin again that ended by itself."""
        pid = self.pid
        os.kill(pid, signal.SIGKILL)
        until(lambda: not Path(f"/proc/{pid}").exists(), 10)

    @property
    def runs(self) -> bool:
        """Whether Docker says that it is enabled."""
        return bool(self.inspect()["Enabled"])

    @property
    def pid(self) -> int:
        """Its process, as the machine numbers it."""
        key = self.inspect()["Id"]
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                group = (folder / "cgroup").read_text()
                if key in group and b"workshop\0serve" in (folder / "cmdline").read_bytes():
                    return int(folder.name)
        raise AssertionError(f"the managed plugin does not run:\n{self.log()[-3000:]}")

    @property
    def root(self) -> str:
        """Its root file system, as seen from here."""
        return f"/proc/{self.pid}/root"

    def inspect(self) -> dict[str, Any]:
        """What Docker says of it."""
        return json.loads(self.engine.docker("plugin", "inspect", "workshop").stdout)[0]

    def scope(self) -> str:
        """How far networks reach, as it answers when Docker asks."""
        connection = http.client.HTTPConnection("plugin", timeout=20)
        connection.sock = socket.socket(socket.AF_UNIX)
        with contextlib.closing(connection):
            connection.sock.connect(str(self.socket))
            connection.request("POST", "/NetworkDriver.GetCapabilities")
            return json.loads(connection.getresponse().read())["Scope"]

    def log(self) -> str:
        """What it printed so far, as Docker's log has it."""
        lines = self.engine.log().splitlines()
        found = (re.search(r'level=\w+ msg="(.*?)"?(?: plugin=(\w+))', line) for line in lines)
        return "\n".join(each[1] for each in found if each)

    def down(self) -> None:
        """Remove it from the engine."""
        self.engine.docker("plugin", "rm", "-f", "workshop", check=False)
        self.state_dir = NOWHERE
