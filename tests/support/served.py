"""A whole plugin on a unix socket, in a network namespace of the test's own."""

from __future__ import annotations

import http.client
import json
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from workshop.journal import Journal
from workshop.kernel.namespaces import Namespace
from workshop.plugin.plugin import Plugin
from workshop.plugin.server import unix_socket


class _Connection(http.client.HTTPConnection):
    def __init__(self, path: Path) -> None:
        super().__init__("plugin", timeout=10)
        self._path = str(path)

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


@dataclass
class Served:
    """A running plugin and how to call it."""

    plugin: Plugin
    journal: Journal
    path: Path
    namespace: Namespace
    state: Path

    def send(
        self, path: str, body: bytes | str | None = None, method: str = "POST", **headers: str
    ) -> tuple[int, str, str]:
        """One HTTP request as it is: status, content type, text."""
        connection = _Connection(self.path)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.headers.get("Content-Type", ""), response.read().decode()
        finally:
            connection.close()

    def call(self, route: str, **request: Any) -> dict[str, Any]:
        """Call a NetworkDriver route as Docker does, or another interface's if ``route`` names it."""
        whole = route if "." in route else f"NetworkDriver.{route}"
        status, _, text = self.send(f"/{whole}", json.dumps(request))
        return {"status": status, **json.loads(text)}

    def links(self) -> set[str]:
        """The names of the namespace's links but loopback."""
        return {link.get("ifname") for link in self.plugin.host.kernel.links()} - {"lo"}


def start(namespace: Namespace, folder: Path, **options: Any) -> Served:
    """Start a plugin whose socket and state are in ``folder``."""
    journal = Journal(folder / "journal.db")
    plugin = Plugin(namespace, journal, folder / "store.db", **options)
    path = folder / "run" / "workshop.sock"
    plugin.start(unix_socket(path.parent, "workshop"))
    return Served(plugin, journal, path, namespace, folder)
