"""Calling a plugin as Docker does: found by its name in a folder, over HTTP, with Docker's retries and error
texts.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import threading
import time
import weakref
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

from workshop.lab.engine.decoding import PluginFailure, decode, field
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.versions import Version
from workshop.protocol.told import failure

ACCEPT = "application/vnd.docker.plugins.v1.2+json"
PATIENCE = 30.0
"""Seconds after which no further try is made: 1 + 2 + 4 + 8 fit in, so a call gives up after 15."""

SPEC_FOLDERS = ("/etc/docker/plugins", "/usr/lib/docker/plugins")


class Clock:
    """The time, and waiting: another one makes tests fast."""

    def now(self) -> float:
        """Seconds, counting up."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Let time pass."""
        time.sleep(seconds)

    def wait(self, seconds: float, until: threading.Event) -> None:
        """Let time pass, where the clock can tell no more than that."""
        self.sleep(seconds)


class WallClock(Clock):
    """The real time. Waiting ends early if ``until`` is set."""

    def wait(self, seconds: float, until: threading.Event) -> None:
        until.wait(seconds)


class Plugin:
    """A plugin that has been activated: it ``implements`` these; ``capabilities`` are those of its network driver,
    ``ipam_capabilities`` those of its IPAM driver, whose ``address_space`` is ``None`` if it did not say.
    """

    def __init__(self, name: str, address: str, version: Version, clock: Clock) -> None:
        self.name, self.address, self.capabilities = name, address, {}
        self.implements: tuple[str, ...] = ()
        self.ipam_capabilities: dict[str, Any] = {}
        self.address_space: str | None = ""
        self._version, self._clock = version, clock
        self._under_way: set[socket.socket] = set()
        self._lock, self._given_up = threading.Lock(), threading.Event()

    @property
    def given_up(self) -> bool:
        """Whether no more calls are made."""
        return self._given_up.is_set()

    def give_up(self) -> None:
        """Make no more calls, and break off those under way: whoever waits for one is told so at once."""
        self._given_up.set()
        with self._lock:
            for end in self._under_way:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)

    def ask_address_space(self) -> str:
        """The address space of local networks. Raises PluginFailure."""
        return str(field(self.call("IpamDriver.GetDefaultAddressSpaces"), "LocalDefaultAddressSpace") or "")

    def call(self, route: str, body: dict[str, Any] | None = None, *, retry: bool = True) -> dict[str, Any]:
        """What the plugin answers to ``route`` (``NetworkDriver.Join``).

        :raises PluginFailure: with Docker's own text: nobody answers within about 15 s, a status that is not
            200, a body that is not a JSON object, or ``Err`` in it; or that it was given up.
        """
        status, text = self._send(route, body, retry)
        if status != 200:
            with contextlib.suppress(ValueError, AttributeError):
                text = str(field(json.loads(text), "Err") or text)
            raise PluginFailure(failure(route, text, status), missing=status == 404)
        answer = decode(text)
        error = field(answer, "Error" if route.startswith("IpamDriver.") else "Err")
        if error:
            raise PluginFailure(failure(route, str(error)), said=str(error))
        return answer

    def _send(self, route: str, body: dict[str, Any] | None, retry: bool) -> tuple[int, str]:
        started, tries = self._clock.now(), 0
        while True:
            kind = "unix" if self._is_unix else "tcp"
            try:
                end = self._connect()
            except OSError as error:
                why = f"dial {kind} {self._path}: connect: {_go_errno(error)}"
            else:
                with self._lock:
                    self._under_way.add(end)
                try:
                    if not self._given_up.is_set():
                        return self._once(end, route, body)
                except (ConnectionError, http.client.HTTPException):
                    why = "EOF"  # it hung up without an answer
                except OSError as error:
                    why = f"read {kind} {self._path}: {_go_errno(error)}"
                finally:
                    body = None  # what Docker has sent once, it does not send again
                    with self._lock:
                        self._under_way.discard(end)
                    end.close()
            if self._given_up.is_set():
                raise PluginFailure(f"{route}: the engine does not wait for the plugin any longer", unheard=True)
            pause = float(2**tries)
            if not retry or self._clock.now() - started + pause >= PATIENCE:
                url = self._version.url.format(socket=quote(self._path, safe=""), route=route)
                raise PluginFailure(f'Post "{url}": {why}', unheard=True)
            tries += 1
            self._clock.wait(pause, self._given_up)

    def _once(self, end: socket.socket, route: str, body: dict[str, Any] | None) -> tuple[int, str]:
        connection = http.client.HTTPConnection("plugin")
        connection.sock = end
        try:
            connection.putrequest("POST", f"/{route}", skip_host=True, skip_accept_encoding=True)
            data = b"" if body is None else json.dumps(body).encode() + b"\n"
            headers = {
                "Host": self._version.host_header,
                "User-Agent": "Go-http-client/1.1",
                "Accept": ACCEPT,
            }
            for key, value in {**headers, "Content-Length": str(len(data))}.items():
                connection.putheader(key, value)
            connection.endheaders(data)
            response = connection.getresponse()
            return response.status, response.read().decode(errors="replace")
        finally:
            connection.close()

    @property
    def _is_unix(self) -> bool:
        return urlsplit(self.address).scheme == "unix"

    @property
    def _path(self) -> str:
        parts = urlsplit(self.address)
        return parts.path if parts.scheme == "unix" else parts.netloc

    def _connect(self) -> socket.socket:
        if not self._is_unix:
            parts = urlsplit(self.address)
            return socket.create_connection((parts.hostname, parts.port or 80))
        end = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            end.connect(self._path)
        except OSError:
            end.close()
            raise
        return end


class Plugins:
    """Plugins by name. What one said when it was activated is remembered until the engine ends, as Docker
    does.

    ``where`` are the folders searched: sockets in the first, ``NAME.spec`` and ``NAME.json`` in each.
    """

    def __init__(self, where: tuple[Path, ...], version: Version, clock: Clock | None = None) -> None:
        self._where, self._version, self._clock = where, version, clock or WallClock()
        self._known: dict[str, Plugin] = {}
        self._made: weakref.WeakSet[Plugin] = weakref.WeakSet()
        self._lock, self._made_lock = threading.Lock(), threading.Lock()

    def get(self, name: str) -> Plugin:
        """The network driver of that name, activated. Raises Refusal if there is none, or it is something else."""
        plugin = self.implementing(name, "NetworkDriver")
        if not plugin.capabilities:
            raise Refusal(f'could not resolve driver "{name}" in plugin registry', 404)
        return plugin

    def implementing(self, name: str, interface: str) -> Plugin:
        """The plugin of that name, activated. Raises Refusal if there is none, or it does not implement that."""
        with self._lock:
            plugin = self._known.get(name)
            if plugin is None:
                address = self._find(name)
                if address is None:
                    raise Refusal(f'plugin "{name}" not found', 404)
                plugin = Plugin(name, address, self._version, self._clock)
                with self._made_lock:
                    self._made.add(plugin)
                self._activate(plugin)
                self._known[name] = plugin
        if interface not in plugin.implements:
            raise Refusal(self._version.not_implemented.format(name=name, interface=interface))
        return plugin

    def all_implementing(self, interface: str) -> list[Plugin]:
        """All plugins in the folders that implement that, by name, activated; those that do not answer are left out."""
        found = []
        for name in sorted(self._names()):
            with contextlib.suppress(Refusal):
                found.append(self.implementing(name, interface))
        return found

    def forget(self, name: str) -> None:
        """Activate that plugin anew when it is next needed, which Docker only does after a restart."""
        with self._lock:
            self._known.pop(name, None)

    def give_up(self) -> None:
        """Make no more calls to the plugins as they are now, and know none of them: each is activated anew."""
        with self._made_lock:
            made = list(self._made)
        for plugin in made:
            plugin.give_up()
        with self._lock:
            self._known.clear()

    def _activate(self, plugin: Plugin) -> None:
        try:
            manifest = plugin.call("Plugin.Activate")
        except PluginFailure as error:
            raise Refusal(str(error)) from None
        said = field(manifest, "Implements")
        plugin.implements = tuple(said) if isinstance(said, list) else ()
        for interface in plugin.implements:
            if interface == "NetworkDriver":
                self._greet_network_driver(plugin)
            elif interface == "IpamDriver":
                self._greet_ipam_driver(plugin)

    def _greet_network_driver(self, plugin: Plugin) -> None:
        with contextlib.suppress(PluginFailure):  # only logged, and never tried again
            said = plugin.call("NetworkDriver.GetCapabilities")
            scope = field(said, "Scope")
            if scope in ("local", "global"):
                checks = bool(field(said, "GwAllocChecker"))
                reach = field(said, "ConnectivityScope") or scope
                plugin.capabilities = {"Scope": scope, "ConnectivityScope": reach, "GwAllocChecker": checks}

    def _greet_ipam_driver(self, plugin: Plugin) -> None:
        with contextlib.suppress(PluginFailure):  # then it needs nothing
            plugin.ipam_capabilities = plugin.call("IpamDriver.GetCapabilities")
        if not self._version.asks_spaces:
            try:
                plugin.address_space = plugin.ask_address_space()
            except PluginFailure:
                plugin.address_space = None

    def _names(self) -> set[str]:
        """The plugins known, and those that can be found."""
        found = {path.stem for path in self._where[0].glob("*.sock") if path.is_socket()}
        for folder in self._where:
            found |= {path.stem for kind in ("spec", "json") for path in folder.glob(f"*.{kind}")}
        with self._lock:
            return found | set(self._known)

    def _find(self, name: str) -> str | None:
        for path in (self._where[0] / f"{name}.sock", self._where[0] / name / f"{name}.sock"):
            if path.is_socket():
                return f"unix://{path}"
        for folder in self._where:
            for path, read in ((folder / f"{name}.spec", _read_spec), (folder / f"{name}.json", _read_json)):
                if path.is_file():
                    return read(path)
        return None


def _read_spec(path: Path) -> str:
    return path.read_text().strip()


def _read_json(path: Path) -> str:
    try:
        return str(field(json.loads(path.read_text()), "Addr") or "")
    except ValueError as error:
        raise Refusal(f"{path}: {error}") from None


def _go_errno(error: OSError) -> str:
    """The error's text as Go writes it: in lower case."""
    return os.strerror(error.errno).lower() if error.errno else str(error)
