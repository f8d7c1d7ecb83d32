"""One host on the stage: its plugin with the learner's handlers, its Docker, and what looks at its kernel."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from workshop import drivers
from workshop.course.companion import Companion
from workshop.course.docker import Docker
from workshop.course.eyes import Eyes
from workshop.course.learner.faults import Fault
from workshop.course.learner.process import Learner, Loaded
from workshop.course.learner.zygote import Zygote
from workshop.engine_api import EngineAPI
from workshop.journal import Journal
from workshop.kernel.namespaces import Namespace
from workshop.plugin.plugin import Plugin


class Station:
    """One host: ``name``, ``namespace``, ``address``, ``address6``; from the namespace ``outside`` it is reached."""

    def __init__(
        self,
        name: str,
        namespace: Namespace,
        outside: Namespace,
        journal: Journal,
        *,
        driver: str,
        addresses: tuple[str, str] = ("", ""),
    ) -> None:
        self.name, self.namespace, self.outside, self.journal = name, namespace, outside, journal
        self.address, self.address6 = addresses
        self.driver = driver
        self.eyes, self._companions = Eyes(namespace), Eyes(namespace)
        self.companion = Companion(drivers.load(driver), self._companions)
        self.learner: Learner | None = None
        self.learners: set[str] = set()
        """The routes that the learner's handlers answer now."""

        self.plugin: Plugin
        self.docker: Docker

    def make_plugin(self, name: str, store: Path | None) -> Plugin:
        """A plugin for this host, called ``name``, with the driver's handlers; it is not started."""
        self.plugin = Plugin(self.namespace, self.journal, store, host=self.name, name=name, driver=self.driver)
        self.plugin.pipeline.handlers = self.companion.together({})
        return self.plugin

    def make_docker(self, api: EngineAPI, plugin: str, socket: Path) -> Docker:
        """Docker on this host, with a plugin of this name at ``socket``."""
        self.docker = Docker(api, plugin, socket)
        return self.docker

    def load(self, zygote: Zygote, path: Path, routes: Iterable[str]) -> Loaded:
        """Put the handlers of the learner's file into the plugin; the driver's alone, if it cannot be loaded."""
        if self.learner is None:
            self.learner = Learner(zygote, self.namespace, self.journal.append, host=self.name)
        self.companion.faults.clear()
        loaded = self.learner.load(path, routes)
        self.learners = set() if loaded.problem else set(loaded.handlers)
        handlers = {name: self.learner.handler(name) for name in self.learners}
        self.plugin.pipeline.handlers = self.companion.together(handlers)
        return loaded

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

    def close(self) -> None:
        """Let go of the learner's process and of the namespace. The plugin is stopped by who started it."""
        if self.learner is not None:
            self.learner.close()
        self.eyes.close()
        self._companions.close()
