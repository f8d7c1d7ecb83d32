"""Who answers whom: pings of a scenario, and why one is not answered."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from typing import TYPE_CHECKING

from workshop.course import path, traffic
from workshop.course.docker import Container, Docker, Network
from workshop.course.path import Broken, Side
from workshop.course.view import View, told

if TYPE_CHECKING:
    from workshop.course.checking import Run

PING = (0.03, 2.0)
"""Seconds that a ping may take at first, and, if nothing on its way is broken, in the end."""


class Pinging:
    """Part of ``Run``, which has what is used here."""

    docker: Docker
    second: Run | None
    host: str
    host_address: Callable[..., str]
    inside: Callable[[Container], View]
    look: Callable[[], View]
    check: Callable[..., None]

    def ping(
        self,
        source: Container,
        target: Container | str,
        address: str | None = None,
        version: int = 4,
        size: int | None = None,
    ) -> Broken | None:
        """Ping from a container to another one or to an address: ``None``, or the first broken hop.

        ``address`` is that of the target to use, if it is not the first of the IP version on a network of both.
        ``size`` is how many bytes the ping carries (an even number), if not just a few.
        """
        other = target if isinstance(target, Container) else None
        wanted = address or (target if isinstance(target, str) else self._address(source, target, version))
        if not wanted:
            seen = told(self.inside(target).links) if other else "none"
            return Broken("address", f"an IPv{version} address of {getattr(target, 'name', target)}", seen)
        with closing(self.docker.namespace(source)) as namespace:
            if traffic.ping(namespace, wanted, PING[0], 0.01, size):
                return None
            if size and traffic.ping(namespace, wanted, PING[0], 0.01):
                late = traffic.ping(namespace, wanted, PING[1] / 4, size=size)
                return None if late else Broken("size", f"{size} bytes answered, as {traffic.USUAL} are", "no answer")
            broken = path.walk(self._side(source), self._side(other) if other else None, wanted)
            if broken is not None and broken.layer not in ("master", "parent"):
                return broken
            # all the same: a driver may do without a bridge, a switch may send back
            if traffic.ping(namespace, wanted, PING[1], size=size):
                return None
            return broken or path.no_answer(self._side(source), self._side(other) if other else None, wanted)

    def check_ping(
        self, key: str, source: Container, target: Container | str, address: str | None = None, version: int = 4
    ) -> None:
        """Decide a check by a ping. The finding tells the first broken hop."""
        broken = self.ping(source, target, address, version)
        if broken is None:
            self.check(key, True)
            return
        self.check(key, False, expected=f"{broken.layer}: {broken.expected}", seen=broken.seen)

    def reaches(self, source: Container, address: str, seconds: float = 0.05) -> bool:
        """Whether an address answers a container's ping in time, for one that is expected not to."""
        with closing(self.docker.namespace(source)) as namespace:
            return traffic.ping(namespace, address, seconds, 0.01)

    def _address(self, source: Container, target: Container, version: int) -> str:
        """The target's address on a network of both, whichever host each is on."""
        runs = [run for run in (self, self.second) if run is not None and target in run.docker.containers]
        docker = runs[0].docker if runs else self.docker
        names = [self._plain(each) for each in source.networks]
        shared = [each for each in target.networks if self._plain(each) in names] or target.networks
        return next((found for each in shared if (found := docker.address(target, each, version))), "")

    def _plain(self, network: Network) -> str:
        """What a scenario called a network, on whichever host it is."""
        dockers = [self.docker, *([self.second.docker] if self.second else [])]
        prefix = next((each.prefix for each in dockers if network in each.networks), "")
        return network.name.removeprefix(prefix)

    def _side(self, container: Container) -> Side:
        for run in (self, self.second):
            if run is not None and container in run.docker.containers:
                return Side(container.name, run.inside(container), run.look(), run.host, run.host_address())
        return Side(container.name, self.inside(container), self.look(), self.host, self.host_address())
