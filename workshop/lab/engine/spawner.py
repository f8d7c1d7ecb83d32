"""The engine's end of the spawner: starting it, and having it make processes."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from pathlib import Path

import workshop
from workshop.kernel.namespaces import Namespace
from workshop.lab import container
from workshop.lab.applets import install

PROGRAM = Path(container.__file__).with_name("__main__.py")
FOLDERS = ("/usr/bin", "/bin")
"""Where a container finds the stand-ins behind the machine's own programs."""


class Spawner:
    """The process that the containers of one engine come from. It runs on ``host``, and starts with the first of them.

    ``sandboxes`` is the folder of the sandboxes, ``applets`` that of the stand-ins.
    """

    def __init__(self, host: Namespace, sandboxes: Path, applets: Path) -> None:
        self._host, self._sandboxes, self._applets = host, sandboxes, applets
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._end: socket.socket | None = None

    def start(self) -> None:
        """Start it, unless it runs. Returns at once; it takes a moment until the first process comes of it."""
        with self._lock:
            self._start()

    def spawn(self, control: socket.socket, out: int, err: int) -> None:
        """Have it make a process that is told on ``control`` what it is to be. Raises OSError."""
        with self._lock:
            try:
                self._send([control.fileno(), out, err])
            except BrokenPipeError:  # it has died just now
                self._send([control.fileno(), out, err])

    def stop(self) -> None:
        """End it. Containers that still run are not touched. Safe to call twice."""
        with self._lock:
            if self._process is None or self._end is None:
                return
            self._end.close()
            self._process.wait()
            self._process = self._end = None

    def _send(self, descriptors: list[int]) -> None:
        self._start()
        assert self._end is not None
        socket.send_fds(self._end, [b"new"], descriptors)

    def _start(self) -> None:
        if self._process is not None and self._process.poll() is None:
            return
        if self._end is not None:
            self._end.close()
        self._end, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        words = [sys.executable, "-I", "-S", str(PROGRAM), str(theirs.fileno())]
        null = subprocess.DEVNULL
        with theirs, self._host.entered():
            self._process = subprocess.Popen(
                words, stdin=null, stdout=null, pass_fds=(theirs.fileno(),), start_new_session=True
            )
        self._end.send(json.dumps(self._settings()).encode())

    def _settings(self) -> dict[str, object]:
        folders = [folder for folder in FOLDERS if not Path(folder).is_symlink()]
        lacking = [
            (f"{folder}/{name}", script)
            for folder in folders
            for name, script in install.PROGRAMS.items()
            if not Path(folder, name).exists()
        ]
        ours = [(os.path.realpath(self._applets / name), script) for name, script in install.PROGRAMS.items()]
        prefixes = (sys.prefix, sys.base_prefix, Path(sys.executable).parents[1])
        project = Path(workshop.__file__).parents[1]
        return {
            "sandboxes": str(self._sandboxes),
            "programs": folders,
            "applets": str(self._applets),
            "stand_ins": {path: f"workshop.lab.applets.{Path(script).stem}" for path, script in (*lacking, *ours)},
            "needed": [str(path) for path in (self._applets, project, *prefixes)],
        }
