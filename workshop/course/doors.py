"""Who gets in where, by TCP: what a scenario does with a container's ports, from inside and from outside."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from workshop.course import traffic
from workshop.course.docker import Container, Docker

if TYPE_CHECKING:
    from workshop.course.station import Station


class Doors:
    """Part of ``Run``, which has what is used here."""

    station: Station
    docker: Docker
    _open: ExitStack

    def listen(self, container: Container, port: int) -> None:
        """Have a TCP port answered inside a container until the scenario ends, without a program there."""
        with closing(self.docker.namespace(container)) as namespace:
            self._open.enter_context(traffic.listen(namespace, port))

    def connects(
        self, source: Container | None, address: str, port: int, seconds: float = 1.0, once: bool = False
    ) -> bool:
        """Whether a TCP connection is accepted: from a container, or from outside of all hosts (``None``).

        One that is refused is tried again until then, unless it is to be tried ``once``.
        """
        if source is None:
            return traffic.connects(self.station.outside, address, port, seconds, once)
        with closing(self.docker.namespace(source)) as namespace:
            return traffic.connects(namespace, address, port, seconds, once)

    def is_shut(self, source: Container | None, address: str, port: int, seconds: float = 0.06) -> bool:
        """Whether a TCP connection is refused, or not answered for a while: for what was open, or never was.

        What may yet open is asked with ``connects``.
        """
        return not self.connects(source, address, port, seconds, once=True)

    def knocks(self, address: str, port: int, seconds: float = 0.06) -> bool:
        """Whether who is outside, and has a route by this host, gets a TCP connection to a container's own address."""
        via = self.station.address6 if ":" in address else self.station.address
        return traffic.knocks(self.station.outside, address, port, via, seconds)
