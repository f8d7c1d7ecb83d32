"""A machine with a real Docker on the stage: what belongs to somebody else is left alone."""

from __future__ import annotations

import contextlib
from contextlib import ExitStack
from pathlib import Path

from workshop.course import lab_station
from workshop.course.docker import DockerError, Volume
from workshop.course.exercise import Exercise
from workshop.course.real import RealDocker
from workshop.course.station import Others, Station, Surroundings
from workshop.course.world import World
from workshop.errors import WorkshopError
from workshop.journal import Journal
from workshop.plugin.server import unix_socket

_GOES_ON = (
    "Docker goes on asking {name} for volumes after this has ended, and waits 15 s each time that it looks for one of "
    "a name that it does not know, until it is restarted."
)


class RealStation(Station):
    """The machine whose Docker ``real`` is, with a ``world`` next door. What is made is undone by ``ending``."""

    def __init__(
        self,
        real: RealDocker,
        world: World,
        exercise: Exercise,
        journal: Journal,
        surroundings: Surroundings | None,
        ending: ExitStack,
    ) -> None:
        addresses = (world.host_address, world.host_address6)
        super().__init__(
            "host",
            real.namespace,
            world.namespace,
            journal,
            driver=exercise.driver,
            volumes=ending.enter_context(real.volumes()),
            addresses=addresses,
        )
        self._real = real
        self._has_volumes = any(route.startswith("volume_") for route in exercise.routes)
        self._told: list[str] | None = None
        plugin = self.make_plugin(real.new_name())
        where = unix_socket(real.plugins, plugin.name)
        ending.callback(plugin.stop)
        self.plug_in(where, surroundings)
        ending.callback(real.forget_names)
        ending.callback(self.close)
        self.make_docker(real.api, plugin.name, where.path)
        self.docker.prefix = real.prefix

    def be_unknown(self) -> str:
        """Docker remembers each name until it is started anew, so the plugin gets another one.

        One that drives volumes keeps its name as long as what Docker remembers of it is right: Docker goes on asking
        every driver of volumes that it has ever known.
        """
        if self._has_volumes:
            told = self.answers(("activate", "get_capabilities", "volume_capabilities"))
            known, self._told = self._told, told
            if known in (None, told):
                return _GOES_ON.format(name=self.docker.plugin)
        name = self.docker.plugin = self._real.another_name(self.docker.socket)
        text = f"Docker remembers what a plugin said first, so this one is now called {name}."
        return f"{text} {_GOES_ON.format(name=name)}" if self._has_volumes else text

    def remove_all(self) -> Others:
        """What has one of the plugin's names as its driver, and the containers that have it."""
        docker = self.docker
        docker.clear()
        own, found = docker.own(), set[str]()
        names = {docker.plugin, self.plugin.name}
        networks, containers = docker.api.names()
        mine = {key for key, each in networks.items() if each["Driver"] in names}
        for key, each in containers.items():
            attached = (each.get("NetworkSettings") or {}).get("Networks") or {}
            mounted = {one.get("Driver") for one in each.get("Mounts") or ()}
            if mounted & names or any(one.get("NetworkID") in mine for one in attached.values()):
                found.add(key)
                with contextlib.suppress(WorkshopError):
                    docker.api.delete(f"/containers/{key}?force=1")
        for key in mine:
            with contextlib.suppress(WorkshopError):
                docker.api.delete(f"/networks/{key}")
        if self._told is not None:  # before, Docker would ask the plugin what it is, and remember the driver's answer
            with contextlib.suppress(DockerError, WorkshopError):
                docker.volumes = [Volume(name) for name in docker.list_volumes()]
            docker.clear()
        return Others(len(mine - own), len(found - own))


def set_up(
    real: RealDocker,
    exercise: Exercise,
    folder: Path,
    journal: Journal,
    surroundings: Surroundings | None,
    ending: ExitStack,
) -> list[Station]:
    """The machine as it is, and next door the world and the exercise's other hosts, which are the lab's.

    ``ending`` takes away what was made, ``folder`` is for the other hosts' sockets.

    :raises CannotHere: if this machine or its Docker lacks something.
    """
    real.check()
    others = lab_station.HOSTS[1 : exercise.hosts]
    world = ending.enter_context(World(real.namespace, others))
    world.check_tunnels()
    if surroundings is not None:
        hosts = {"host": real.namespace, **{name: host.namespace for name, host in world.lab.hosts.items()}}
        ending.callback(surroundings.stop_watching)
        surroundings.watch(hosts, real.socket, hidden=[world.namespace])
    return [
        RealStation(real, world, exercise, journal, surroundings, ending),
        *lab_station.on_lab(world.lab, exercise, folder, exercise.engine, journal, surroundings, ending),
    ]
