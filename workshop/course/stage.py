"""The stage of one exercise: lab or real Docker, the plugin with the learner's handlers, and what looks at the kernel.

Everything stays between saves but the learner's process: a judgement begins within milliseconds.
"""

from __future__ import annotations

import contextlib
import threading
import time
from pathlib import Path
from typing import Any, Protocol

from workshop.course.attic import Attic
from workshop.course.exercise import Exercise
from workshop.course.firewall import Patient, Standing, place
from workshop.course.learner.process import Loaded
from workshop.course.learner.zygote import Zygote
from workshop.course.leftovers import Baseline, Difference
from workshop.course.real import RealDocker
from workshop.course.station import Station
from workshop.course.world import World
from workshop.engine_api import EngineAPI
from workshop.errors import WorkshopError
from workshop.journal import Journal
from workshop.kernel.namespaces import Namespace
from workshop.lab.engine import PracticeEngine
from workshop.lab.engine.remote import Clock
from workshop.lab.lab import Lab
from workshop.plugin.plugin import Plugin
from workshop.plugin.server import Place, unix_socket

HOSTS = ("alpha", "beta")
PATIENCE = 3.0
"""Seconds that removing what a learner has made by hand may take, before it is dropped without asking the plugin."""

REMEMBERED = ("activate", "get_capabilities")
"""The routes whose answers Docker remembers for as long as it runs, by the plugin's name."""


class Surroundings(Protocol):
    """What watches and shows what happens on a stage; ``cli/running.py`` is one."""

    journal: Journal

    def watch(self, hosts: dict[str, Namespace], engine: Path | None = None, hidden: Any = ()) -> None: ...
    def plug_in(self, plugin: Plugin, place: Place) -> None: ...
    def stop_watching(self) -> None: ...


class Impatient(Clock):
    """A clock by which Docker's waits between two tries take no time."""

    def __init__(self) -> None:
        self._ahead = 0.0

    def now(self) -> float:
        return time.monotonic() + self._ahead

    def sleep(self, seconds: float) -> None:
        self._ahead += seconds


class Stage:
    """One exercise's lab, to be used in a ``with``: what it made is gone afterwards.

    ``folder`` is for sockets and stores (its path must be short). ``surroundings`` is what watches and shows, or
    nothing. ``engine`` is which Docker the practice engine plays, or ``"docker"``: then ``real`` says where that is.

    With the practice engine it must be used in the lab's namespaces: see ``workshop.lab.reenter``.
    """

    def __init__(
        self,
        exercise: Exercise,
        folder: Path,
        surroundings: Surroundings | None = None,
        zygote: Zygote | None = None,
        *,
        engine: str | None = None,
        real: RealDocker | None = None,
    ) -> None:
        self.exercise, self.engine = exercise, engine or exercise.engine
        self._folder, self._surroundings = folder, surroundings
        self._real = (real or RealDocker()) if self.engine == "docker" else None
        self._ending = contextlib.ExitStack()
        self._zygote = zygote
        self.stations: list[Station] = []
        self._engines: list[PracticeEngine] = []
        self._baselines: list[Baseline] = []
        self._attics: list[Attic] = []
        self._kept: list[Namespace] = []
        self._tidying: threading.Thread | None = None
        self._lab: Lab | None = None
        self.journal: Journal
        self.notes: list[str] = []
        """What the learner should know of this judgement, such as a plugin name that is new."""

    def __enter__(self) -> Stage:
        try:
            if self._zygote is None:
                self._zygote = self._ending.enter_context(Zygote.start())
            self.journal = self._surroundings.journal if self._surroundings else self._own_journal()
            if self._real is not None:
                self._set_up_real()
            else:
                self._set_up_lab()
            self._baselines = [Baseline(station.eyes) for station in self.stations]
        except BaseException:
            self._ending.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(WorkshopError, OSError):
            self.empty()
            self.tidy_up()
            self._settle()
        self._ending.close()

    @property
    def socket(self) -> Path:
        """The socket of the first host's engine, for ``docker …``."""
        return Path(self.stations[0].docker.api.path)

    def interrupt(self) -> None:
        """Let a judgement that is under way end soon, whatever the learner's code does. From any thread."""
        for station in self.stations:
            if station.learner is not None:
                station.learner.give_up()

    # -- between judgements

    def load(self, path: Path) -> Loaded:
        """Put the handlers of the learner's file into every host's plugin. Never raises for what is wrong in it."""
        assert self._zygote is not None
        self.notes.clear()
        first, *others = self.stations
        loaded = first.load(self._zygote, path, self.exercise.routes)
        for station in others:
            station.load(self._zygote, path, self.exercise.routes)
        if set(REMEMBERED) & {*self.exercise.routes, *loaded.handlers}:
            self._be_unknown()
        return loaded

    def stand_in(self) -> None:
        """Let the driver alone answer: the learner's handlers do not come back."""
        for station in self.stations:
            station.stand_in()

    def clear(self) -> None:
        """Remove through Docker what the scenario made. While judging, some is only put away: see ``attic``."""
        for number, station in enumerate(self.stations):
            if self._attics and not {"leave", "delete_endpoint"} & station.learners:
                self._kept += self._engines[number].abandon_links()
            station.docker.clear()

    def tidy_up(self) -> None:
        """Remove for good what was put away, in a thread of its own: the verdict is known."""
        for attic in self._attics:
            attic.open = False
        kept, self._kept = self._kept, []

        def tidy() -> None:
            for attic in self._attics:
                attic.clear()
            for namespace in kept:
                namespace.close()

        self._tidying = threading.Thread(target=tidy, name="tidy", daemon=True)
        self._tidying.start()

    def _settle(self) -> None:
        """Wait until all is really gone."""
        if self._tidying is not None:
            self._tidying.join()
            self._tidying = None

    def empty(self) -> None:
        """Remove all networks and containers that Docker has from the plugin, whoever made them."""
        self._settle()
        for station, baseline in zip(self.stations, self._baselines, strict=True):
            self._remove_all(station)
            station.forget()
            found = baseline.difference()
            if found:
                self._mend(station, found)
        for attic in self._attics:
            attic.open = True

    def left(self) -> list[tuple[Station, Difference]]:
        """What a scenario left behind, by host, after Docker has removed what it made. It is removed."""
        found = []
        for station, baseline in zip(self.stations, self._baselines, strict=True):
            station.forget()
            difference = baseline.difference()
            if difference:
                found.append((station, difference))
                self._mend(station, difference)
        return found

    def be_unknown(self) -> None:
        """Docker is to ask again what the plugin is and can do, where the exercise is about that."""
        if set(REMEMBERED) & set(self.exercise.routes):
            self._be_unknown()

    # -- the lab

    def _own_journal(self) -> Journal:
        journal = Journal(self._folder / "journal.db")
        self._ending.callback(journal.close)
        return journal

    def _set_up_lab(self) -> None:
        lab = self._lab = Lab(HOSTS[: self.exercise.hosts])
        self._ending.enter_context(lab)
        assert lab.world is not None
        if self._surroundings is not None:
            self._ending.callback(self._surroundings.stop_watching)
            self._surroundings.watch({name: host.namespace for name, host in lab.hosts.items()}, hidden=[lab.world])
        for name, host in lab.hosts.items():
            home = self._folder / name
            station = Station(
                name,
                host.namespace,
                lab.world,
                self.journal,
                driver=self.exercise.driver,
                addresses=(host.address, host.address6),
            )
            self.stations.append(station)
            plugins = home / "plugins"
            plugin = station.make_plugin("workshop", None)
            attic = plugin.host.kernel = Attic(host.namespace, plugin.host.kernel.trace)
            self._attics.append(attic)
            if self.exercise.driver != "null":
                plugin.host.firewall = Patient(host.namespace, plugin.host.kernel.trace)
                plugin.host.forwarding = Standing(host.namespace, plugin.host.kernel.trace)
            where = self._plug_in(plugin, unix_socket(plugins, plugin.name))
            self._ending.callback(station.close)
            engine = PracticeEngine(
                host, version=self.engine, plugin_dir=plugins, directory=home / "engine", clock=Impatient()
            )
            self._engines.append(engine)
            self._ending.callback(engine.stop)
            engine.on_event(lambda data: self.journal.append("docker", data))
            engine.serve(home / "engine.sock")
            if self.exercise.driver != "null":
                place(host.namespace)
            station.make_docker(EngineAPI(str(home / "engine.sock"), timeout=60), plugin.name, where.path)

    def _set_up_real(self) -> None:
        real = self._real
        assert real is not None
        real.check(self.exercise)
        if self._surroundings is not None:
            self._ending.callback(self._surroundings.stop_watching)
            self._surroundings.watch({"host": real.namespace}, real.socket)
        world = self._ending.enter_context(World(real.namespace))
        station = Station(
            "host",
            real.namespace,
            world.namespace,
            self.journal,
            driver=self.exercise.driver,
            addresses=(world.host_address, world.host_address6),
        )
        self.stations.append(station)
        plugin = station.make_plugin(real.new_name(), None)
        where = self._plug_in(plugin, unix_socket(real.plugins, plugin.name))
        self._ending.callback(real.forget_names)
        self._ending.callback(station.close)
        station.make_docker(real.api, plugin.name, where.path)
        station.docker.prefix = real.prefix

    def _plug_in(self, plugin: Plugin, where: Place) -> Place:
        if self._surroundings is not None:
            self._surroundings.plug_in(plugin, where)
            self._ending.callback(plugin.stop)
        else:
            self._ending.callback(plugin.stop)
            plugin.start(where)
        return where

    def _be_unknown(self) -> None:
        for station in self.stations:
            if self._real is not None:
                name = self._real.another_name(station.docker.socket)
                station.docker.plugin = name
                self.notes = [f"Docker remembers what a plugin said first, so this one is now called {name}."]
        for engine in self._engines:
            engine.plugins.forget("workshop")

    # -- order

    def _remove_all(self, station: Station) -> None:
        docker = station.docker
        if self._real is None:
            engine = self._engines[self.stations.index(station)]
            if engine.containers.all() or any(not each.builtin for each in engine.networks.all()):
                engine.forget(PATIENCE)
            docker.containers, docker.networks = [], []
        docker.clear()
        if self._real is None:
            return
        names = {docker.plugin, station.plugin.name}
        networks, containers = docker.api.names()
        mine = {key for key, each in networks.items() if each["Driver"] in names}
        for key, each in containers.items():
            attached = (each.get("NetworkSettings") or {}).get("Networks") or {}
            if any(one.get("NetworkID") in mine for one in attached.values()):
                with contextlib.suppress(WorkshopError):
                    docker.api.delete(f"/containers/{key}?force=1")
        for key in mine:
            with contextlib.suppress(WorkshopError):
                docker.api.delete(f"/networks/{key}")

    def _mend(self, station: Station, found: Difference) -> None:
        """Make a host as it was: remove what is new; where that is not all of it, make the host anew."""
        for link in reversed(found.links):
            with contextlib.suppress(Exception):
                station.plugin.host.kernel.link("del", index=link.index)
        if not (found.other or found.foreign):
            return
        number = self.stations.index(station)
        if self._lab is None:  # somebody's machine: what is there now is left to its owner
            self._baselines[number].take()
        else:
            self._lab.mend(station.name)
            self._engines[number].mend()
            if self.exercise.driver != "null":
                place(station.namespace)
            self._baselines[number].take()
