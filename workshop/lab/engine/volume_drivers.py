"""Who keeps volumes: plugins, asked as Docker asks them, and the engine's own driver, ``local``."""

from __future__ import annotations

import re
import shutil
import threading
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from workshop.lab.engine.decoding import PluginFailure, field, text_field
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.remote import Plugin, Plugins

LOCAL = "local"
INTERFACE = "VolumeDriver"
SCOPES = ("local", "global")
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]+")


@dataclass
class Told:
    """What a driver tells of a volume. ``path`` is empty while it is nowhere; ``status`` is whatever it likes."""

    name: str
    path: str = ""
    created: str = ""
    status: dict[str, Any] | None = None


class VolumeDriver(Protocol):
    """Whoever keeps volumes. Every method raises PluginFailure if that cannot be done."""

    name: str

    def scope(self) -> str: ...
    def get(self, name: str) -> Told | None: ...
    def list(self) -> list[Told]: ...
    def create(self, name: str, options: dict[str, str] | None) -> Told: ...
    def remove(self, name: str) -> None: ...
    def mount(self, name: str, key: str) -> str: ...
    def unmount(self, name: str, key: str) -> None: ...


class PluginDriver:
    """A plugin as the driver of volumes."""

    def __init__(self, plugin: Plugin) -> None:
        self.plugin, self.name = plugin, plugin.name
        self._scope = ""

    def scope(self) -> str:
        """How far its volumes reach. An answer is remembered; while there is none, it is asked each time."""
        if not self._scope:
            try:
                said = str(field(field(self._call("Capabilities"), "Capabilities"), "Scope") or "").lower()
            except PluginFailure:
                return SCOPES[0]
            self._scope = said if said in SCOPES else SCOPES[0]
        return self._scope

    def get(self, name: str) -> Told | None:
        """What it knows of a volume; ``None`` if it says nothing."""
        told = field(self._call("Get", Name=name), "Volume")
        return _read(told, name) if told else None

    def list(self) -> list[Told]:
        """What it knows of all volumes."""
        return [
            _read(each, text_field(each, "Name", "proxyVolume")) for each in field(self._call("List"), "Volumes") or ()
        ]

    def create(self, name: str, options: dict[str, str] | None) -> Told:
        """Have it make one. It does not say where that is."""
        self._call("Create", Name=name, Opts=options)
        return Told(name)

    def remove(self, name: str) -> None:
        """Have it remove one."""
        self._call("Remove", Name=name)

    def mount(self, name: str, key: str) -> str:
        """Have it make one usable for whoever has this key; where it is."""
        return text_field(self._call("Mount", Name=name, ID=key), "Mountpoint", "volumeDriverProxyMountResponse")

    def unmount(self, name: str, key: str) -> None:
        """Tell it that whoever has this key needs it no longer."""
        self._call("Unmount", Name=name, ID=key)

    def _call(self, method: str, **body: Any) -> dict[str, Any]:
        return self.plugin.call(f"{INTERFACE}.{method}", body)


class LocalDriver:
    """Docker's own driver: folders below ``folder``."""

    name = LOCAL

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def scope(self) -> str:
        """This host."""
        return SCOPES[0]

    def get(self, name: str) -> Told | None:
        """A volume, if there is such a folder."""
        return self._told(name) if _NAME.fullmatch(name) and self._place(name).is_dir() else None

    def list(self) -> list[Told]:
        """All of them."""
        found = sorted(self._folder.iterdir()) if self._folder.is_dir() else []
        return [self._told(each.name) for each in found if (each / "_data").is_dir()]

    def create(self, name: str, options: dict[str, str] | None) -> Told:
        """Make a folder. Raises PluginFailure for a name that could be no folder's."""
        if len(name.encode()) < 2:
            raise PluginFailure("volume name is too short, names should be at least two alphanumeric characters")
        if not _NAME.fullmatch(name):
            allowed = '"[a-zA-Z0-9][a-zA-Z0-9_.-]"'
            raise PluginFailure(
                f'"{name}" includes invalid characters for a local volume name, only {allowed} are allowed. '
                "If you intended to pass a host directory, use absolute path"
            )
        self._place(name).mkdir(parents=True, exist_ok=True)
        return self._told(name)

    def remove(self, name: str) -> None:
        """Remove the folder with all that is in it."""
        shutil.rmtree(self._folder / name, ignore_errors=True)

    def mount(self, name: str, key: str) -> str:
        """Where it is."""
        return str(self._place(name))

    def unmount(self, name: str, key: str) -> None:
        """Nothing is to be done."""

    def clear(self) -> None:
        """Remove all of them."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _place(self, name: str) -> Path:
        return self._folder / name / "_data"

    def _told(self, name: str) -> Told:
        place, created = self._place(name), ""
        with suppress(OSError):
            created = datetime.fromtimestamp(place.parent.stat().st_mtime, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        return Told(name, str(place), created)


class VolumeDrivers:
    """The drivers of volumes by name. ``local`` is the engine's own."""

    def __init__(self, plugins: Plugins, local: LocalDriver) -> None:
        self._plugins, self.local = plugins, local
        self._known: dict[str, PluginDriver] = {}
        self._lock = threading.Lock()

    def find(self, name: str) -> VolumeDriver:
        """A driver, whose scope is known from then on. Raises Refusal if there is none of that name."""
        if name in ("", LOCAL):
            return self.local
        known = self._known.get(name)
        if known is not None and known.plugin.given_up:
            return known  # whoever asks it is told so; it is not to be activated anew
        try:
            plugin = self._plugins.implementing(name, INTERFACE)
        except Refusal as error:
            raise Refusal(f"error looking up volume plugin {name}: {error.message}", error.status) from None
        driver, new = self._driver(plugin)
        if new:
            driver.scope()
        return driver

    def all(self) -> list[VolumeDriver]:
        """Every driver that there is."""
        return [self.local, *(self._driver(each)[0] for each in self._plugins.all_implementing(INTERFACE))]

    def forget(self) -> None:
        """Know no driver; the volumes of the engine's own are removed."""
        with self._lock:
            self._known.clear()
        self.local.clear()

    def _driver(self, plugin: Plugin) -> tuple[PluginDriver, bool]:
        with self._lock:
            driver = self._known.get(plugin.name)
            if driver is not None and driver.plugin is plugin:
                return driver, False
            driver = self._known[plugin.name] = PluginDriver(plugin)
            return driver, True


def _read(told: Any, name: str) -> Told:
    status = field(told, "Status")
    return Told(
        name,
        text_field(told, "Mountpoint", "proxyVolume"),
        text_field(told, "CreatedAt", "proxyVolume"),
        status if isinstance(status, dict) else None,
    )
