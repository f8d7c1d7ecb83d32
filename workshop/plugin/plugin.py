"""One host's plugin, whole: memory, kernel, handlers, server."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Mapping
from pathlib import Path

from workshop import drivers
from workshop.drivers import Handler
from workshop.drivers.common import handlers_of
from workshop.drivers.host import Host
from workshop.drivers.reconcile import Reconciled, reconcile
from workshop.drivers.store import Store
from workshop.errors import WorkshopError
from workshop.ipam.ipam import Ipam
from workshop.journal import Journal
from workshop.kernel import pinned
from workshop.kernel.kernel import NetlinkError
from workshop.kernel.namespaces import Namespace
from workshop.plugin.app import create_app
from workshop.plugin.holding import Gate
from workshop.plugin.keeper import Keeper
from workshop.plugin.pipeline import Notes, Pipeline
from workshop.plugin.server import Place, Server
from workshop.protocol import BY_NAME, interfaces


class Plugin:
    """The plugin of one host, in that host's network namespace.

    ``store`` is the file of what is remembered, or ``None`` to forget with the process. ``replaced`` are handlers
    that take the place of the driver's, by route name. ``rooms`` is the folder in which networks' own namespaces are
    pinned; without it, one beside the store, and without a store that of ``ip netns``.
    """

    def __init__(
        self,
        namespace: Namespace,
        journal: Journal,
        store: Path | None,
        *,
        host: str = "host",
        name: str = "workshop",
        driver: str = "bridge",
        scope: str = "local",
        replaced: Mapping[str, Handler] | None = None,
        rooms: Path | None = None,
    ) -> None:
        self.name, self.driver = name, driver
        self._driver = drivers.load(driver)
        self._notes = Notes(journal, host)
        self._store = Store(store)
        self.host = Host(
            namespace,
            self._store,
            name=host,
            plugin=name,
            scope=scope,
            rooms=rooms or (store.parent / "netns" if store else pinned.FOLDER),
            trace=self._notes.change,
            warn=self._notes.warn,
        )
        self.host.default_type = self._driver.OPTIONS[0].default
        self.host.is_lost = lambda endpoint_id: self._driver.is_lost(endpoint_id, self.host)
        self._ipam = Ipam(self.host)
        handlers = {**handlers_of(vars(self._driver), BY_NAME), **self._ipam.handlers(), **(replaced or {})}
        self.pipeline = Pipeline(self.host, journal, handlers)
        self.pipeline.answered = self._ipam.answered
        self.host.implements = lambda: interfaces(self.pipeline.handlers)
        self._keeper = Keeper(self.host, getattr(self._driver, "look_after", lambda host: None))
        self._place: Place | None = None
        self._server: Server | None = None
        self._life = threading.RLock()
        self._woken, self._reviving = threading.Event(), threading.Thread()
        self.pipeline.die = self.die
        self.mends = True
        """Whether memory and kernel are brought together when it comes back from the dead."""

    def start(self, place: Place) -> Reconciled:
        """Bring memory and kernel together, then answer calls at ``place``. Says what was found different."""
        self._place = place
        result = self._bring_together("At start")
        self._answer_at(place)
        self._keeper.start()
        return result

    def _bring_together(self, when: str) -> Reconciled:
        result = reconcile(self.host, self._driver)
        result.done += self._ipam.restore()
        for text in result.done:
            self._notes.warn(f"{when}: {text}.", "info")
        for text in result.failed:
            self._notes.warn(f"{when}: {text}.")
        return result

    def _answer_at(self, place: Place) -> None:
        self._server = Server(create_app(self.pipeline), place.listener, self.host.namespace.enter)
        self._server.start()

    def die(self, seconds: float) -> None:
        """Be as after ``kill -9``, and come back after so many seconds. What happens meanwhile, nobody is told.

        Whoever calls this is a call under way: it is cut too. A plugin that is dead or was stopped does nothing.
        """
        with self._life:
            if self._place is None or self._server is None:
                return
            server, self._server = self._server, None
            self.pipeline.cut()
            self._place.remove()
            server.cut()
            self._woken.clear()
            self._reviving = threading.Thread(target=self._revive, args=(server, seconds), name="reviving", daemon=True)
            self._reviving.start()
        self._notes.warn(f"The plugin is dead: its socket is gone for {seconds:.0f} s.")

    def wake(self) -> None:
        """Come back from the dead at once; returns when it answers."""
        with self._life:  # it may be dying just now
            self._woken.set()
        if self._reviving.ident is not None:
            self._reviving.join(5)

    def _revive(self, server: Server, seconds: float) -> None:
        self._woken.wait(seconds)
        server.stop()  # calls that were under way have ended, and what they left is known
        with self._life:
            if self._place is None:
                return
            self.pipeline.revive()
            try:
                if self.mends:
                    self._bring_together("After its death")
                self._place = self._place.again()
            except (WorkshopError, OSError, NetlinkError, sqlite3.Error) as error:  # such as another plugin's place
                self._notes.warn(f"The plugin cannot come back: {error}")
                return
            self._answer_at(self._place)
        self._notes.warn("The plugin is back.", "info")

    def stop(self) -> None:
        """Answer no more. Networks stay in the kernel for the containers that use them. A second stop does nothing."""
        with self._life:
            place, self._place = self._place, None
            server, self._server = self._server, None
        if place is not None:
            place.hide()
        if server is not None:
            server.retire()  # before held calls are answered: Docker goes on at once, and tries again for a while
        gate, self.pipeline.gate = self.pipeline.gate, Gate()  # what is let go is not held again at its next stop
        gate.leave(self.host.name)
        self.wake()
        if server is not None:
            server.stop()
        self._keeper.stop()
        if place is not None:
            place.remove()
        self.host.close()
        self._store.close()
