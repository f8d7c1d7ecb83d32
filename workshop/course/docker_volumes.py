"""Docker's side of a scenario, as far as volumes go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from workshop.course.docker_parts import Asking, Volume
from workshop.engine_api import EngineAPI


class VolumeCommands(Asking):
    """``docker volume …``, with ``plugin`` as the driver. What was made is remembered, so that it can be removed."""

    def __init__(self, api: EngineAPI, plugin: str) -> None:
        super().__init__(api)
        self.plugin, self.prefix = plugin, ""
        self.volumes: list[Volume] = []

    def create_volume(self, name: str, options: Mapping[str, str] | None = None, driver: str | None = None) -> Volume:
        """``docker volume create``. ``options`` are those of ``-o``; without any, the plugin gets ``null``."""
        volume = Volume(self.prefix + name)
        body = {"Name": volume.name, "Driver": driver or self.plugin, "DriverOpts": dict(options or {}), "Labels": {}}
        self._post("/volumes/create", body)
        if volume not in self.volumes:
            self.volumes.append(volume)
        return volume

    def inspect_volume(self, volume: Volume) -> dict[str, Any]:
        """``docker volume inspect``."""
        return self._get(_path(volume))

    def list_volumes(self) -> list[str]:
        """The names that ``docker volume ls`` shows of the plugin's volumes."""
        found = self._get("/volumes", filters={"driver": [self.plugin]})
        return [each["Name"] for each in found["Volumes"] or ()]

    def remove_volume(self, volume: Volume) -> None:
        """``docker volume rm``."""
        self._delete(_path(volume))
        self.volumes = [each for each in self.volumes if each != volume]

    def drop_volume(self, volume: Volume) -> None:
        """``docker volume rm -f``: Docker forgets it in any case. Raises DockerError if its driver refuses."""
        self._delete(_path(volume), force="1")


def _path(volume: Volume) -> str:
    return f"/volumes/{quote(volume.name)}"
