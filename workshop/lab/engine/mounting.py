"""A container's volumes over its life: had when it is created, mounted when it starts, let go when it stops."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

from workshop.lab.engine.decoding import PluginFailure
from workshop.lab.engine.model import Container
from workshop.lab.engine.mounts import in_order
from workshop.lab.engine.names import new_id
from workshop.lab.engine.refusal import Refusal
from workshop.lab.engine.versions import Version
from workshop.lab.engine.volume_drivers import LOCAL
from workshop.lab.engine.volumes import Volumes
from workshop.protocol.told import TOLD


class Mounting:
    """Mounts the volumes of one engine's containers. What drivers answer has to be below one of ``allowed``."""

    def __init__(self, version: Version, volumes: Volumes, allowed: tuple[Path, ...]) -> None:
        self._version, self._volumes, self._allowed = version, volumes, allowed

    def take(self, container: Container) -> None:
        """Have the volumes for a container that is created; make those that are not there. Raises Refusal."""
        taken: set[str] = set()
        for point in container.mounts.points:
            if point.target in taken:
                raise Refusal(f"Duplicate mount point: {point.target}", 400)
            taken.add(point.target)
            driver = point.wished or (LOCAL if point.anonymous else "")
            volume = self._volumes.create(point.name, driver, point.options, point.labels, container.id)
            point.driver, point.source = volume.driver.name, volume.path
            if point.driver == LOCAL and not point.mode and not container.mounts.asked:
                point.mode = "z"

    def mount(self, container: Container) -> list[tuple[str, str, bool]]:
        """Have all mounted for a container that starts: where each is, where it is to be seen, and if read-only.

        :raises Refusal: if one cannot be; those before it are mounted, until ``unmount``.
        """
        found = []
        for point in in_order(container.mounts.points):
            key = new_id()
            try:
                place = self._volumes.mount(point.name, key)
            except (Refusal, PluginFailure) as error:
                status = getattr(error, "status", 500)
                words = TOLD["VolumeDriver.Mount"].text
                raise Refusal(words.format(place=point.source, failure=error), status) from None
            point.key = key
            found.append((self._checked(place, point.target), point.target, point.read_only))
        return found

    def unmount(self, container: Container) -> None:
        """Let go of all that is mounted for a container that has ended, whatever the drivers say."""
        for point in in_order(container.mounts.points):
            if point.key:
                key, point.key = point.key, ""
                with suppress(Refusal, PluginFailure):
                    self._volumes.unmount(point.name, key)

    def release(self, container: Container, with_anonymous: bool) -> None:
        """A container is removed; ``with_anonymous`` also the volumes that had no name of their user's."""
        for point in container.mounts.points:
            self._volumes.release(point.name, container.id)
            if with_anonymous and point.anonymous:
                with suppress(Refusal):
                    self._volumes.remove(point.name)

    def _checked(self, place: str, target: str) -> str:
        """The folder that a driver answered, once it has been found to be one that may be given away."""
        if not place:
            raise Refusal(f"the plugin answered Mount without a Mountpoint, so nothing can be mounted on {target}")
        if not Path(place).exists():
            raise Refusal(self._version.mount_error.format(source=place, target=target), 400)
        real = Path(place).resolve()
        if not any(real != each and real.is_relative_to(each.resolve()) for each in self._allowed):
            raise Refusal(
                f"the practice engine mounts only what is in {self._allowed[0]}, and this is {place}: its containers "
                "must not change this machine's own files"
            )
        return str(real)
