"""What a scenario tries, to see whether it is answered, where there is nothing to be explained if it is not."""

from __future__ import annotations

from contextlib import ExitStack, closing
from typing import TYPE_CHECKING

from workshop.course import traffic
from workshop.course.docker import Container, Docker

if TYPE_CHECKING:
    from workshop.course.station import Station


class Trying:
    """Part of ``Run``, which has what is used here."""

    station: Station
    docker: Docker
    _open: ExitStack

    def reaches(self, source: Container, address: str, seconds: float = 0.05) -> bool:
        """Whether an address answers a container's ping in time, for one that is expected not to."""
        with closing(self.docker.namespace(source)) as namespace:
            return traffic.ping(namespace, address, seconds, 0.01)

    def listen(self, container: Container, port: int) -> None:
        """Have a TCP port answered inside a container until the scenario ends, without a program there."""
        with closing(self.docker.namespace(container)) as namespace:
            self._open.enter_context(traffic.listen(namespace, port))

    def connects(self, source: Container | None, address: str, port: int, seconds: float = 1.0) -> bool:
        """Whether a TCP connection is accepted: from a container, or from outside of all hosts (``None``)."""
        if source is None:
            return traffic.connects(self.station.outside, address, port, seconds)
        with closing(self.docker.namespace(source)) as namespace:
            return traffic.connects(namespace, address, port, seconds)
