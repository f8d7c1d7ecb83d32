"""Volumes: creating, finding, listing, mounting and removing them, as Docker does.

Docker knows little of a plugin's volume and asks again and again: before each use whether it is there. What its driver
does not know (any more), Docker forgets, and makes one of its own where it is needed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from workshop.lab.engine.decoding import PluginFailure
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.volume_drivers import Told, VolumeDriver, VolumeDrivers
from workshop.protocol.told import TOLD

NOT_UNIQUE = "volume name must be unique"
NONE_SUCH = "no such volume"


@dataclass
class Volume:
    """A volume as Docker knows it at the moment. ``path`` is where it is, as far as somebody has said."""

    name: str
    driver: VolumeDriver
    scope: str
    labels: dict[str, str] | None = None
    options: dict[str, str] | None = None
    path: str = ""
    created: str = ""
    status: dict[str, Any] | None = None


@dataclass(frozen=True)
class _Wish:
    """What a volume was made with, which its driver does not tell."""

    driver: str
    labels: dict[str, str] | None = None
    options: dict[str, str] | None = None


@dataclass
class _Names:
    """What is known by name: volumes as last seen, what they were made with, and the containers that have them."""

    seen: dict[str, Volume] = field(default_factory=dict)
    wishes: dict[str, _Wish] = field(default_factory=dict)
    users: dict[str, list[str]] = field(default_factory=dict)

    def forget(self, name: str) -> None:
        for known in (self.seen, self.wishes, self.users):
            known.pop(name, None)  # type: ignore[attr-defined]

    def clear(self) -> None:
        for known in (self.seen, self.wishes, self.users):
            known.clear()  # type: ignore[attr-defined]


class Volumes:
    """The volumes of one engine. ``user`` is the ID of a container that has the volume from then on.

    Every method raises Refusal, with Docker's words.
    """

    def __init__(self, drivers: VolumeDrivers) -> None:
        self._drivers, self._known = drivers, _Names()
        self._lock, self._locks = threading.Lock(), dict[str, threading.RLock]()

    def create(
        self,
        name: str,
        driver: str = "",
        options: dict[str, str] | None = None,
        labels: dict[str, str] | None = None,
        user: str = "",
    ) -> Volume:
        """``docker volume create``: the volume, also if it is there already."""
        with self._alone(name):
            try:
                volume = self._create(name, driver, options, labels)
            except (Refusal, PluginFailure) as error:
                words = TOLD["VolumeDriver.Create"].text
                raise Refusal(words.format(volume=name, failure=error), getattr(error, "status", 500)) from None
            return self._keep(volume, user)

    def get(self, name: str, user: str = "") -> Volume:
        """A volume, as its driver knows it at this moment."""
        with self._alone(name):
            try:
                return self._keep(self._look_up(name), user)
            except Refusal as error:
                raise Refusal(f"get {name}: {error.message}", error.status) from None

    def list(self, wanted: dict[str, list[str]] | None = None) -> list[Volume]:
        """``docker volume ls``, by name; ``wanted`` are its filters."""
        wanted = wanted or {}
        for key in wanted:
            if key not in ("dangling", "name", "label", "driver"):
                raise Refusal(f"invalid filter '{key}'", 400)
        drivers = [self._drivers.find(name) for name in wanted.get("driver") or ()] or self._drivers.all()
        found = [volume for driver in drivers for volume in self._listed(driver)]
        return sorted((each for each in found if self._matches(each, wanted)), key=lambda volume: volume.name)

    def remove(self, name: str, force: bool = False) -> None:
        """``docker volume rm``; with ``force`` one that is not there is no mistake, and it is forgotten in any case."""
        try:
            volume = self.get(name)
        except Refusal as error:
            if force and error.status == 404:
                return
            raise
        with self._alone(name):
            users = self._known.users.get(name)
            if users:
                raise Refusal(f"remove {name}: volume is in use - [{', '.join(users)}]", 409)
            try:
                volume = self._look_up(name, volume.driver.name)
            except Refusal as error:
                if error.status == 404:
                    return
                raise
            try:
                volume.driver.remove(name)
            except PluginFailure as error:
                if force:
                    self._known.forget(name)
                raise Refusal(TOLD["VolumeDriver.Remove"].text.format(volume=name, failure=error)) from None
            self._known.forget(name)

    def mount(self, name: str, key: str) -> str:
        """Have a volume made usable for whoever has this key; where it is. Raises PluginFailure, too."""
        volume = self.get(name)
        volume.path = ""
        volume.path = volume.driver.mount(name, key)
        return volume.path

    def unmount(self, name: str, key: str) -> None:
        """Whoever has this key needs it no longer. Raises PluginFailure, too."""
        volume = self.get(name)
        volume.driver.unmount(name, key)
        if volume.driver is not self._drivers.local:
            volume.path = ""

    def known(self) -> list[str]:
        """The names of the volumes that were made or seen here; no plugin is asked."""
        return list(self._known.seen)

    def release(self, name: str, user: str) -> None:
        """A container has it no longer."""
        with self._lock, suppress(ValueError):
            self._known.users.get(name, []).remove(user)

    def forget(self) -> None:
        """Know no volume; the engine's own are removed, plugins are told nothing."""
        self._known.clear()
        self._drivers.forget()

    def clear(self) -> None:
        """Remove all volumes that were made or seen here. What is refused is forgotten."""
        for name in self.known():
            with suppress(Refusal):
                self.remove(name, force=True)
        self.forget()

    # -- with the name's lock

    def _create(
        self, name: str, driver_name: str, options: dict[str, str] | None, labels: dict[str, str] | None
    ) -> Volume:
        if self._is_there(name, driver_name):
            return self._known.seen[name]
        if not driver_name:
            with suppress(Refusal):
                return self._look_up(name)
        driver, told = self._drivers.find(driver_name), None
        with suppress(PluginFailure):
            told = driver.get(name)
        told = told or driver.create(name, options)
        self._known.wishes[name] = _Wish(driver.name, labels, options)
        return self._volume(driver, told)

    def _is_there(self, name: str, driver_name: str) -> bool:
        """Whether it is known, and its driver knows it too. Raises Refusal if it is another driver's."""
        volume = self._known.seen.get(name)
        if volume is None:
            return False
        own = volume.driver.name
        other = bool(driver_name) and self._drivers.find(driver_name).name != own
        reference = f"found reference to volume '{name}' in driver '{own}'"
        try:
            told = self._ask(own, name)
        except Refusal as error:
            text = f"{reference}, but got an error while checking the driver: {error.message}: {NOT_UNIQUE}"
            raise Refusal(text, 409) from None
        if told is not None and other:
            raise Refusal(f"driver '{own}' already has volume '{name}': {NOT_UNIQUE}", 409)
        if told is None and self._known.users.get(name):
            raise Refusal(f"{reference}: {NOT_UNIQUE}", 409)
        if told is None:
            self._known.forget(name)
        return told is not None

    def _look_up(self, name: str, driver_name: str = "") -> Volume:
        """A volume, of the driver that it was made by, or else of the first that has it."""
        wish = self._known.wishes.get(name)
        driver_name = driver_name or (wish.driver if wish else "")
        if driver_name:
            told = self._ask(driver_name, name)
            if told is None:
                self._known.forget(name)
                raise Refusal(NONE_SUCH, 404)
            return self._volume(self._drivers.find(driver_name), told)
        for driver in self._drivers.all():
            told = None
            with suppress(PluginFailure):
                told = driver.get(name)
            if told is not None:
                self._known.wishes[name] = _Wish(driver.name)
                return self._volume(driver, told)
        raise Refusal(NONE_SUCH, 404)

    def _ask(self, driver_name: str, name: str) -> Told | None:
        """What a driver knows of a volume. Any ``Err`` counts as not there; only one who is silent is an error."""
        what = f'error while checking if volume "{name}" exists in driver "{driver_name}"'
        try:
            return self._drivers.find(driver_name).get(name)
        except PluginFailure as error:
            if error.unheard:
                raise Refusal(f"{what}: {error}") from None
            return None
        except Refusal as error:
            raise Refusal(f"{what}: {error.message}", 500) from None

    def _volume(self, driver: VolumeDriver, told: Told) -> Volume:
        scope = driver.scope()
        wish = self._known.wishes.get(told.name) or _Wish(driver.name)
        return Volume(told.name, driver, scope, wish.labels, wish.options, told.path, told.created, told.status)

    def _keep(self, volume: Volume, user: str) -> Volume:
        with self._lock:
            self._known.seen[volume.name] = volume
            if user and user not in self._known.users.setdefault(volume.name, []):
                self._known.users[volume.name].append(user)
        return volume

    # -- listing

    def _listed(self, driver: VolumeDriver) -> Iterator[Volume]:
        try:
            told = driver.list()
        except PluginFailure:  # what is known by name is shown all the same
            yield from [each for each in list(self._known.seen.values()) if each.driver.name == driver.name]
            return
        for each in told:
            volume = self._volume(driver, each)
            known = self._known.seen.get(volume.name)
            if known is None or known.driver.name == driver.name:
                yield volume

    def _matches(self, volume: Volume, wanted: dict[str, list[str]]) -> bool:
        unused = "false" if self._known.users.get(volume.name) else "true"
        labels = volume.labels or {}
        checks = {
            "dangling": lambda value: {"1": "true", "0": "false"}.get(value, value.lower()) == unused,
            "name": lambda value: value in volume.name,
            "label": lambda value: value in labels or value in {f"{key}={text}" for key, text in labels.items()},
            "driver": lambda value: value == volume.driver.name,
        }
        return all(any(checks[key](value) for value in values) for key, values in wanted.items())

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        with self._lock:
            lock = self._locks.setdefault(name, threading.RLock())
        with lock:
            yield
