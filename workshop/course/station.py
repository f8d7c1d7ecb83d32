"""One host on the stage: its plugin with the learner's handlers, its Docker, and what looks at its kernel.

What a host is made of is said by who derives from it: ``lab_station.py`` and ``real_station.py``.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from workshop import drivers
from workshop.course.companion import Companion
from workshop.course.docker import Docker
from workshop.course.eyes import Eyes
from workshop.course.learner.faults import Fault
from workshop.course.learner.process import Learner, Loaded
from workshop.course.learner.zygote import Zygote
from workshop.course.leftovers import Baseline, Difference, empty_files
from workshop.course.traffic import Wire
from workshop.engine_api import EngineAPI
from workshop.journal import Journal
from workshop.kernel.namespaces import Namespace
from workshop.plugin.plugin import Plugin
from workshop.plugin.server import Place


class Surroundings(Protocol):
    """What watches and shows what happens on a stage; ``cli/running.py`` is one."""

    journal: Journal

    def watch(self, hosts: dict[str, Namespace], engine: Path | None = None, hidden: Any = ()) -> None: ...
    def plug_in(self, plugin: Plugin, place: Place) -> None: ...
    def stop_watching(self) -> None: ...


class Others(NamedTuple):
    """How many networks and containers were removed that no scenario had made."""

    networks: int = 0
    containers: int = 0

    def and_(self, more: Others) -> Others:
        """Both together."""
        return Others(self.networks + more.networks, self.containers + more.containers)

    def told(self) -> str:
        """In a sentence; empty if there were none."""
        counted = [(self.networks, "network"), (self.containers, "container")]
        words = " and ".join(f"{number} {word}{'s' * (number > 1)}" for number, word in counted if number)
        verb = "was" if sum(self) == 1 else "were"
        return f"{words} that you made {verb} removed for the judgement." if words else ""


class Station:
    """One host: ``name``, ``namespace``, ``address``, ``address6``; from the namespace ``outside`` it is reached.

    ``volumes`` is its folder for volumes.
    """

    def __init__(
        self,
        name: str,
        namespace: Namespace,
        outside: Namespace,
        journal: Journal,
        *,
        driver: str,
        volumes: Path,
        addresses: tuple[str, str] = ("", ""),
    ) -> None:
        self.name, self.namespace, self.outside, self.journal = name, namespace, outside, journal
        self.volumes = volumes
        self.address, self.address6 = addresses
        self.driver = driver
        self.eyes, self._companions, self.wire = Eyes(namespace), Eyes(namespace), Wire(namespace)
        self.companion = Companion(drivers.load(driver), self._companions)
        self.learner: Learner | None = None
        self.learners: set[str] = set()
        """The routes that the learner's handlers answer now."""

        self.plugin: Plugin
        self.docker: Docker
        self._baseline: Baseline | None = None

    def make_plugin(self, name: str, rooms: Path | None = None) -> Plugin:
        """A plugin for this host, called ``name``, with the driver's handlers; it is not started. It forgets all with
        its end. ``rooms`` is the folder for networks' own namespaces, if it has one for them alone.
        """
        self.plugin = Plugin(
            self.namespace, self.journal, None, host=self.name, name=name, driver=self.driver, rooms=rooms
        )
        self.plugin.pipeline.handlers = self.companion.together({})
        self.plugin.mends = False  # what it would make again is the driver's, and the network may be the learner's
        return self.plugin

    def make_docker(self, api: EngineAPI, plugin: str, socket: Path) -> Docker:
        """Docker on this host, with a plugin of this name at ``socket``."""
        self.docker = Docker(api, plugin, socket)
        return self.docker

    def plug_in(self, where: Place, surroundings: Surroundings | None) -> None:
        """Have the plugin answer there, and be shown, if somebody looks."""
        if surroundings is not None:
            surroundings.plug_in(self.plugin, where)
        else:
            self.plugin.start(where)

    def load(self, zygote: Zygote, path: Path, routes: Iterable[str]) -> Loaded:
        """Put the handlers of the learner's file into the plugin; the driver's alone, if it cannot be loaded."""
        if self.learner is None:
            self.learner = Learner(zygote, self.namespace, self.journal.append, host=self.name, volumes=self.volumes)
        self.companion.faults.clear()
        loaded = self.learner.load(path, routes)
        self.learners = set() if loaded.problem else set(loaded.handlers)
        handlers = {name: self.learner.handler(name) for name in self.learners}
        self.plugin.pipeline.handlers = self.companion.together(handlers)
        return loaded

    def answers(self, routes: Iterable[str]) -> list[str]:
        """What the plugin would answer now to routes without a request, for nobody but us to know."""
        found, faults = [], self.learner.faults if self.learner else []
        for route in routes:
            known = len(faults)
            try:
                found.append(json.dumps(self.plugin.pipeline.handlers[route]({}, self.plugin.host), sort_keys=True))
            except Exception as error:  # whatever it is: Docker will hear it
                found.append(f"{type(error).__name__}: {error}")
            del faults[known:]
        return found

    def stand_in(self) -> None:
        """Let the driver answer all routes. What went wrong so far stays known."""
        self.learners = set()
        self.plugin.pipeline.handlers = self.companion.together({})

    def faults(self) -> list[Fault]:
        """What went wrong in the learner's calls since the file was loaded."""
        return [*(self.learner.faults if self.learner else ()), *self.companion.faults]

    def forget(self) -> None:
        """Let the plugin remember nothing."""
        host = self.plugin.host
        for endpoint_id in list(host.endpoints):
            host.forget(endpoint_id)
        for network_id in list(host.networks):
            host.store.drop_network(network_id)
        for key in list(host.store.calls):
            host.store.calls.drop(key)

    # -- order

    def be_empty(self) -> None:
        """What is here now is how the host looks when nothing is on it."""
        self._baseline = Baseline(self.eyes, self.volumes)

    def left(self) -> Difference:
        """What is different from when nothing was on it. It is mended."""
        assert self._baseline is not None
        self.forget()
        found = self._baseline.difference()
        if found:
            self._mend(found)
        return found

    def _mend(self, found: Difference) -> None:
        """Remove the links that are new; where that is not all of it, make the host anew, if it can be made."""
        assert self._baseline is not None
        for link in reversed(found.links):
            with contextlib.suppress(Exception):
                self.plugin.host.kernel.remove_link(link.index)
        empty_files(self.volumes)
        if found.other or found.foreign:
            self.make_anew()
            self._baseline.take()

    def make_anew(self) -> None:
        """Make the host as it was. What cannot be made anew stays as it is."""

    def remove_all(self) -> Others:
        """Remove all networks, volumes and containers that Docker has from the plugin, whoever made them.

        Gives the networks and containers among them that somebody else made.
        """
        raise NotImplementedError

    def be_unknown(self) -> str | None:
        """Docker is to ask again what the plugin is and can do; what the learner should know of how that is done."""
        raise NotImplementedError

    def set_aside(self, open_: bool) -> None:
        """Whether what is removed from now on may be put away, to be removed by ``tidy_up``."""

    def put_away_links(self) -> None:
        """Put away the links of containers that are about to go, where that is possible."""

    def tidy_up(self) -> None:
        """Remove for good what was put away."""

    def close(self) -> None:
        """Let go of the learner's process and of the namespace. The plugin is stopped by who started it."""
        if self.learner is not None:
            self.learner.close()
        self.eyes.close()
        self._companions.close()
        self.wire.close()
