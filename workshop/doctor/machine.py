"""The machine that is examined: what several checks want to know is found out once."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

from workshop import session

LIMIT = 2.5
"""Seconds that a program may take."""

TRYING = 30
"""Seconds that trying out the kernel may take: a slow machine loads a module for each kind of link."""

DASHBOARD_PORT = 8600
"""The port that the dashboard asks for if none is named."""


class Machine:
    """This machine, seen by this user. Safe to use from several threads."""

    def __init__(self) -> None:
        self.root = os.geteuid() == 0
        self._tried: dict[bool, dict[str, str | None]] = {}
        self._locks = {True: threading.Lock(), False: threading.Lock()}

    def tried(self, *, nobody: bool = False) -> dict[str, str | None]:
        """What works in private namespaces (an error or ``None`` by thing), for this user or for nobody."""
        with self._locks[nobody]:
            if nobody not in self._tried:
                self._tried[nobody] = _try_out(nobody)
            return self._tried[nobody]

    def read(self, path: str) -> str | None:
        """What a file of the kernel says, or ``None`` if it is not there or not for us."""
        try:
            return Path(path).read_text().strip()
        except OSError:
            return None

    def run(self, *command: str) -> str:
        """What a program prints on stdout and stderr. Raises OSError if it is missing or takes too long."""
        try:
            done = subprocess.run(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                timeout=LIMIT,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise OSError(f"{Path(command[0]).name} did not end within {LIMIT} s") from None
        return done.stdout.decode(errors="replace")

    def find(self, program: str) -> str | None:
        """The path of a program, also of those that are in ``sbin``."""
        from workshop.kernel.programs import find

        return find(program)

    @property
    def docker_socket(self) -> str | None:
        """Where Docker listens on this machine, or ``None`` if DOCKER_HOST names another machine."""
        host = os.environ.get("DOCKER_HOST") or "unix:///var/run/docker.sock"
        return host.removeprefix("unix://") if host.startswith(("unix://", "/")) else None

    def docker(self) -> dict[str, Any]:
        """What Docker says about its version. Raises CannotHere or EngineError."""
        from workshop.engine_api import EngineAPI

        return EngineAPI(self.docker_socket or "", timeout=LIMIT).get("/version")

    @property
    def session(self) -> dict[str, Any] | None:
        """What of ours runs now."""
        return session.current()


def _try_out(nobody: bool) -> dict[str, str | None]:
    here = str(Path(__file__).resolve().parents[2])
    paths = [here, *filter(None, [os.environ.get("PYTHONPATH")])]
    command = [sys.executable, "-m", "workshop.doctor.probe", *(["--nobody"] if nobody else [])]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(paths)}
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            stdin=subprocess.DEVNULL,
            timeout=TRYING,
            check=False,
            env=environment,
        )
    except subprocess.TimeoutExpired:
        return {"namespace": f"trying it out took longer than {TRYING} s"}
    except OSError as error:
        return {"namespace": str(error)}
    try:
        return json.loads(done.stdout)
    except ValueError:
        said = done.stderr.decode(errors="replace").split("\n")
        return {"namespace": next((line for line in reversed(said) if line), "it could not be tried out")}
