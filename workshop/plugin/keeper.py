"""Looking after the rules: others flush firewalls, and Docker may start after the plugin. And what drivers ask for."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from workshop.drivers.host import Host
from workshop.errors import PluginError
from workshop.kernel.kernel import NetlinkError
from workshop.kernel.programs import ProgramError


class Keeper:
    """A thread that looks every ``every`` seconds whether one host's rules are there, and puts back what is not.

    ``look_after`` is the driver's part, called each time.
    """

    def __init__(self, host: Host, look_after: Callable[[Host], None] = lambda host: None, every: float = 10.0) -> None:
        self._host, self._every, self._look_after = host, every, look_after
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="keeper", daemon=True)

    def start(self) -> None:
        """Look from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; returns once a look that is under way has ended."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join(2)

    def look(self) -> None:
        """Look once."""
        if not self._host.networks:
            return
        with contextlib.suppress(ProgramError, OSError):
            if not self._host.firewall.missing:
                self._host.firewall.refresh()
            self._host.forwarding.refresh()
        with contextlib.suppress(PluginError, NetlinkError, OSError):  # a network may go meanwhile
            self._look_after(self._host)

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            self.look()
