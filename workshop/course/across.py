"""What a scenario does between two hosts: packets that must arrive whole, and neighbours that have to be asked for."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from workshop.course import traffic
from workshop.course.docker import Container, Docker
from workshop.course.eyes import Eyes
from workshop.course.hands import Hands

if TYPE_CHECKING:
    from workshop.course.checking import Run


class Across:
    """Part of ``Run``, which has what is used here."""

    docker: Docker
    second: Run | None

    def carries(self, source: Container, address: str, size: int, seconds: float = 1.0) -> bool:
        """Whether a packet of that many bytes, which nobody may cut up, gets to an IPv4 address, and an answer back."""
        carried = (size - traffic.HEADERS) // 2 * 2
        with contextlib.closing(self.docker.namespace(source)) as namespace:
            return traffic.ping(namespace, address, seconds, size=carried, whole=True)

    def forget_neighbours(self, *containers: Container) -> None:
        """Let containers forget where they have found others: to send again, they have to ask all for them."""
        for container in containers:
            with contextlib.closing(self.docker.namespace(container)) as namespace, Eyes(namespace) as eyes:
                found = [row for row in eyes.look().neighbours if row["state"] != "permanent"]
                with contextlib.closing(Hands(namespace)) as hands:
                    for row in found:
                        with contextlib.suppress(OSError):  # it has gone by itself
                            hands.forget_neighbour(row["index"], row["address"])
