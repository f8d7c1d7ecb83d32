"""A host of the lab on the stage: a practice engine is its Docker, and whatever happened to it, it can be made anew."""

from __future__ import annotations

import time
from contextlib import ExitStack
from pathlib import Path

from workshop.course.attic import Attic
from workshop.course.exercise import Exercise
from workshop.course.firewall import Patient, Standing, place
from workshop.course.leftovers import empty_files
from workshop.course.station import Others, Station, Surroundings
from workshop.engine_api import EngineAPI
from workshop.journal import Journal
from workshop.kernel.namespaces import Namespace
from workshop.lab.engine import PracticeEngine
from workshop.lab.engine.remote import Clock
from workshop.lab.lab import Lab
from workshop.plugin.server import unix_socket

HOSTS = ("alpha", "beta")
NAME = "workshop"
PATIENCE = 3.0
"""Seconds that removing what a learner has made by hand may take, before it is dropped without asking the plugin."""


class Impatient(Clock):
    """A clock by which Docker's waits between two tries take no time."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.monotonic() + self._ahead

    def sleep(self, seconds: float) -> None:
        self._ahead += seconds


class LabStation(Station):
    """One host of a lab. ``folder`` is for sockets and stores; what is made is undone by ``ending``."""

    def __init__(
        self,
        lab: Lab,
        name: str,
        exercise: Exercise,
        folder: Path,
        engine: str,
        journal: Journal,
        surroundings: Surroundings | None,
        ending: ExitStack,
    ) -> None:
        host = lab.hosts[name]
        assert lab.world is not None
        addresses = (host.address, host.address6)
        volumes = folder / "disk" / "volumes"
        empty_files(volumes)  # the stage before may have been in this folder
        super().__init__(
            name, host.namespace, lab.world, journal, driver=exercise.driver, volumes=volumes, addresses=addresses
        )
        self._lab, self._kept = lab, list[Namespace]()
        plugin = self.make_plugin(NAME, folder / "netns")
        self._attic = plugin.host.kernel = Attic(host.namespace, plugin.host.kernel.trace)
        if self.driver != "null":
            plugin.host.firewall = Patient(host.namespace, plugin.host.kernel.trace)
            plugin.host.forwarding = Standing(host.namespace, plugin.host.kernel.trace)
        where = unix_socket(folder / "plugins", plugin.name)
        ending.callback(plugin.stop)
        ending.callback(plugin.host.rooms.clear)
        self.plug_in(where, surroundings)
        ending.callback(self.close)
        self._engine = PracticeEngine(
            host,
            version=engine,
            plugin_dir=folder / "plugins",
            directory=folder / "engine",
            clock=Impatient(),
            volume_dir=volumes,
        )
        ending.callback(self._engine.stop)
        self._engine.on_event(lambda data: self.journal.append("docker", data))
        self._engine.serve(folder / "engine.sock")
        self._let_through()
        self.make_docker(EngineAPI(str(folder / "engine.sock"), timeout=60), plugin.name, where.path)

    def be_unknown(self) -> None:
        """The practice engine forgets what it was told."""
        self._engine.plugins.forget(NAME)

    def remove_all(self) -> Others:
        """Through the plugin, as long as that is quick."""
        engine, own = self._engine, self.docker.own()
        networks = {each.id for each in engine.networks.all() if not each.builtin}
        containers = {each.id for each in engine.containers.all()}
        if containers or networks or engine.volumes.known():
            engine.forget(PATIENCE)
        self.docker.disown()
        self.docker.clear()
        return Others(len(networks - own), len(containers - own))

    def make_anew(self) -> None:
        """A host is made of namespaces, and they are made once more."""
        self.plugin.host.rooms.clear()
        self._lab.mend(self.name)
        self._engine.mend()
        self._let_through()

    def set_aside(self, open_: bool) -> None:
        """What the reference driver removes goes to the attic: see ``attic.py``."""
        self._attic.open = open_

    def put_away_links(self) -> None:
        """Links in containers wait with their namespaces, unless the learner is told that they come back.

        Nor do they where the learner's links may be of any kind: one that sits on a parent lives on in there.
        """
        if self.driver != "null" and not {"leave", "delete_endpoint"} & self.learners:
            self._kept += self._engine.abandon_links()

    def tidy_up(self) -> None:
        """Empty the attic, and let the namespaces go."""
        self._attic.clear()
        while self._kept:
            self._kept.pop().close()

    def _let_through(self) -> None:
        if self.driver != "null":
            place(self.namespace)


def set_up(
    exercise: Exercise,
    folder: Path,
    engine: str,
    journal: Journal,
    surroundings: Surroundings | None,
    ending: ExitStack,
) -> list[Station]:
    """A lab for an exercise, and its hosts; ``ending`` takes it down."""
    lab = ending.enter_context(Lab(HOSTS[: exercise.hosts]))
    if surroundings is not None:
        ending.callback(surroundings.stop_watching)
        surroundings.watch({name: host.namespace for name, host in lab.hosts.items()}, hidden=[lab.world])
    return on_lab(lab, exercise, folder, engine, journal, surroundings, ending)


def on_lab(
    lab: Lab,
    exercise: Exercise,
    folder: Path,
    engine: str,
    journal: Journal,
    surroundings: Surroundings | None,
    ending: ExitStack,
) -> list[Station]:
    """The hosts of a lab that is there, each with its plugin and its engine; ``ending`` takes these down."""
    return [LabStation(lab, name, exercise, folder / name, engine, journal, surroundings, ending) for name in lab.hosts]
