"""The lab with everything in it: hosts, a plugin and a practice engine on each, watched and shown."""

from __future__ import annotations

import os
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

from workshop import session
from workshop.cli.running import Running
from workshop.errors import CannotHere
from workshop.lab import reenter
from workshop.lab.engine import PracticeEngine
from workshop.lab.lab import Lab
from workshop.plugin.plugin import Plugin
from workshop.plugin.server import unix_socket

LONGEST_NAME = 10
"""Letters of a host's name."""

LONGEST_PATH = 107 - len("/") - LONGEST_NAME - len("/plugins/workshop.sock")
"""Bytes of a lab's folder: the path of a socket in it has 107 at most."""


class Laboratory:
    """A lab in this process's own namespaces. Use it in a ``with``; nothing outlives it.

    ``version`` is the Docker Engine that the practice engine plays, ``driver`` the plugin's kind of network.
    """

    def __init__(self, running: Running, folder: Path, *, version: str, driver: str, hosts: tuple[str, ...]) -> None:
        self._running, self.folder = running, folder
        self._version, self._driver = version, driver
        self.lab = Lab(hosts)
        self.engines: dict[str, PracticeEngine] = {}

    def __enter__(self) -> Laboratory:
        self.lab.start()
        hosts = {name: host.namespace for name, host in self.lab.hosts.items()}
        assert self.lab.world is not None
        self._running.watch(hosts, hidden=[self.lab.world])
        for name, host in self.lab.hosts.items():
            home = self.folder / name
            plugin_dir = home / "plugins"
            plugin = Plugin(host.namespace, self._running.journal, home / "store.db", host=name, driver=self._driver)
            self._running.plug_in(plugin, unix_socket(plugin_dir, plugin.name))
            engine = PracticeEngine(host, version=self._version, plugin_dir=plugin_dir, directory=home / "engine")
            engine.on_event(lambda data: self._running.journal.append("docker", data))
            engine.serve(self.socket(name))
            self.engines[name] = engine
        return self

    def __exit__(self, *_: object) -> None:
        self._running.gate.end()  # else the engines, which remove all, would wait for what is held
        for engine in self.engines.values():
            engine.stop()
        for plugin in self.plugins.values():
            plugin.host.rooms.clear()
        self._running.stop_watching()
        self.lab.stop()

    @property
    def plugins(self) -> dict[str, Plugin]:
        """The plugins, by host."""
        return self._running.plugins

    def socket(self, host: str | None = None) -> Path:
        """The socket of a host's practice engine; of the first host's, if none is named."""
        return self.folder / (host or self.lab.names[0]) / "engine.sock"


def enter() -> dict[str, Any]:
    """Go on in namespaces of the lab's own, and give who this is to those outside: what ``announce`` has to say.

    What labs that were killed have left is removed before, while their processes can still be told from living ones.

    :raises CannotHere: if this machine forbids it.
    """
    if reenter.inside():
        return {"pid": reenter.outer_pid()}
    session.sweep()
    _sweep_locks()
    known_as = session.identity()
    reenter.reenter()
    return known_as


def _sweep_locks() -> None:
    """Remove the iptables locks of labs of ours that were killed."""
    for path in Path("/tmp").glob(".workshop-xtables-*"):
        with suppress(OSError):
            if path.lstat().st_uid == os.geteuid() and not session.lives(path.name.rpartition("-")[2]):
                path.unlink()


def make_folder() -> Path:
    """A new folder for this lab, in the user's runtime folder.

    :raises CannotHere: if it cannot be made, or its path is too long for the sockets in it.
    """
    session.make_runtime_dir()
    folder = session.lab_folder(reenter.outer_pid())
    remedy = "Set XDG_RUNTIME_DIR to a folder of yours with a short path."
    if len(os.fsencode(folder)) > LONGEST_PATH:
        raise CannotHere(f"The path {folder} is too long for the lab's sockets.", remedy)
    shutil.rmtree(folder, ignore_errors=True)  # a lab that was killed had our number
    try:
        folder.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise CannotHere(f"{folder} cannot be made ({error.strerror}).", remedy) from None
    return folder
