"""A plugin that is a volume driver (beside a network driver): a folder for each volume, and a note of every call.

A volume's options tell it what to do wrong: ``fail=METHOD`` answers Err, ``missing=METHOD`` answers 404, ``nowhere``
answers Mount without a place, ``lost`` names one that is not there, ``silent`` lets Get answer nothing, ``bare``
lets it answer no place, and ``status`` lets it tell more. List is bent by all volumes that there are.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

from tests.lab.recorder import Recorder
from workshop.kernel.namespaces import Namespace


class VolumeRecorder(Recorder):
    """``folder`` is where volumes are kept. It says that it ``implements`` these, and is ``capable`` of that."""

    def __init__(
        self,
        socket: Path,
        folder: Path,
        namespace: Namespace | None = None,
        implements: tuple[str, ...] = ("NetworkDriver", "VolumeDriver"),
        capable: tuple[int, Any] = (200, {"Capabilities": {"Scope": "local"}}),
    ) -> None:
        super().__init__(socket, namespace)
        self.folder, self.implements, self.capable = folder, implements, capable
        self.volumes: dict[str, dict[str, str]] = {}

    def answer(self, path: str, body: dict[str, Any] | None) -> tuple[int, Any]:
        interface, _, method = path.strip("/").partition(".")
        if method == "Activate":
            return 200, {"Implements": list(self.implements)}
        if interface != "VolumeDriver":
            return super().answer(path, body)
        if method == "Capabilities":
            return self.capable
        body = body or {}
        name = body.get("Name", "")
        options = (body.get("Opts") or {}) if method == "Create" else self.volumes.get(name, {})
        all_options = list(self.volumes.values()) if method == "List" else [options]
        if any(each.get("missing") == method for each in all_options):
            return 404, None
        if any(each.get("fail") == method for each in all_options):
            return 200, {"Err": f"told to fail at {method}"}
        return 200, getattr(self, f"_volume_{method}")(name, options)

    def _volume_Create(self, name: str, options: dict[str, str]) -> dict[str, Any]:
        if "/" in name or name in (".", ".."):
            return {"Err": f"no volume can be called {name}"}
        self.volumes[name] = options
        (self.folder / name).mkdir(exist_ok=True)
        return {}

    def _volume_Get(self, name: str, options: dict[str, str]) -> dict[str, Any]:
        if name not in self.volumes:
            return {"Err": f"no volume {name} here"}
        if "silent" in options:
            return {}
        place = "" if "bare" in options else str(self.folder / name)
        told = {"Name": name, "Mountpoint": place, "CreatedAt": "2026-01-31T12:00:00Z"}
        return {"Volume": told | ({"Status": {"files": 3}} if "status" in options else {})}

    def _volume_List(self, name: str, options: dict[str, str]) -> dict[str, Any]:
        return {"Volumes": [{"Name": each, "Mountpoint": ""} for each in self.volumes]}

    def _volume_Path(self, name: str, options: dict[str, str]) -> dict[str, Any]:
        return {"Mountpoint": str(self.folder / name)}

    def _volume_Mount(self, name: str, options: dict[str, str]) -> dict[str, Any]:
        if "nowhere" in options:
            return {}
        return {"Mountpoint": str(self.folder / name) + ("-lost" if "lost" in options else "")}

    def _volume_Unmount(self, name: str, options: dict[str, str]) -> dict[str, Any]:
        return {}

    def _volume_Remove(self, name: str, options: dict[str, str]) -> dict[str, Any]:
        self.volumes.pop(name, None)
        shutil.rmtree(self.folder / name, ignore_errors=True)
        return {}
