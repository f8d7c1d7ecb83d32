"""What a container is to mount, read from what clients of the Engine API ask for. Pure."""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from typing import Any

from workshop.lab.engine.names import new_id
from workshop.lab.engine.refusal import Refusal

_MODES = ({"rw", "ro"}, {"z", "Z"}, {"nocopy"})
"""Words that may stand after the second colon of ``-v``; at most one of each set."""

_NO_FILES = "the practice engine mounts only volumes: its containers see this machine's own files, to be read only"


@dataclass
class MountPoint:
    """A volume at its place in a container. ``wished`` is the driver asked for, ``driver`` the one that has it.

    ``anonymous``: it has no name of its user's, and is removed with the container if that is asked for. ``key`` is by
    which its driver knows the container, as long as it is mounted.
    """

    name: str
    target: str
    wished: str = ""
    options: dict[str, str] | None = None
    labels: dict[str, str] | None = None
    read_only: bool = False
    mode: str = ""
    anonymous: bool = False
    driver: str = ""
    source: str = ""
    key: str = ""


@dataclass
class Mounts:
    """All that a container mounts, and how it was asked for."""

    points: list[MountPoint] = field(default_factory=list)
    binds: list[str] = field(default_factory=list)
    asked: list[dict[str, Any]] = field(default_factory=list)
    driver: str = ""


def mounts_of(body: dict[str, Any]) -> Mounts:
    """What the body of POST /containers/create says of mounts.

    :raises Refusal: (400) for what cannot be understood, or is not there.
    """
    host = body.get("HostConfig") or {}
    driver = str(host.get("VolumeDriver") or "")
    found = Mounts([], [str(each) for each in host.get("Binds") or ()], list(host.get("Mounts") or ()), driver)
    found.points += [*(_bind(each, driver) for each in found.binds), *(_mount(each) for each in found.asked)]
    for target in body.get("Volumes") or ():
        place = posixpath.normpath(f"/{target.lstrip('/')}")
        if all(each.target != place for each in found.points):
            found.points.append(MountPoint(new_id(), place, driver, anonymous=True))
    return found


def in_order(points: list[MountPoint]) -> list[MountPoint]:
    """Those first that others may lie in."""
    return sorted(points, key=lambda point: point.target.split("/"))


def _bind(text: str, driver: str) -> MountPoint:
    """``NAME:/path[:mode]``."""
    words = text.split(":")
    wrong = f"invalid volume specification: '{text}'"
    if not words[0] or len(words) not in (2, 3):
        raise Refusal(wrong, 400)
    name, target, mode = [*words, ""][:3]
    asked = [word for word in mode.split(",") if word]
    if any(len([word for word in asked if word in group]) > 1 for group in _MODES) or not set(asked) <= set().union(
        *_MODES
    ):
        raise Refusal(f"invalid mode: {mode}", 400)
    if name.startswith("/"):
        raise Refusal(_NO_FILES, 400)
    _check_target(target, "volume", f"{wrong}: ")
    return MountPoint(name, posixpath.normpath(target), driver, read_only="ro" in asked, mode=mode)


def _mount(asked: dict[str, Any]) -> MountPoint:
    """One of HostConfig.Mounts."""
    kind = str(asked.get("Type") or "")
    if kind in ("bind", "tmpfs", "npipe", "cluster", "image"):
        raise Refusal(_NO_FILES, 400)
    if kind != "volume":
        raise Refusal(f'invalid mount config for type "{kind}": mount type unknown', 400)
    target = str(asked.get("Target") or "")
    _check_target(target, kind)
    wishes = asked.get("VolumeOptions") or {}
    config = wishes.get("DriverConfig") or {}
    return MountPoint(
        str(asked.get("Source") or "") or new_id(),
        posixpath.normpath(target),
        str(config.get("Name") or ""),
        config.get("Options"),
        wishes.get("Labels"),
        read_only=bool(asked.get("ReadOnly")),
        anonymous=not asked.get("Source"),
    )


def _check_target(target: str, kind: str, before: str = "") -> None:
    wrong = f'{before}invalid mount config for type "{kind}": '
    if not target:
        raise Refusal(f"{wrong}field Target must not be empty", 400)
    if posixpath.normpath(target).strip("/") == "":
        raise Refusal(f"{wrong}invalid specification: destination can't be '/'", 400)
    if not target.startswith("/"):
        raise Refusal(f"{wrong}invalid mount path: '{target}' mount path must be absolute", 400)
