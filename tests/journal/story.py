"""Events as the plugin would write them."""

from __future__ import annotations

from typing import Any

from workshop.journal import Event

NETWORK = "56aaf7d6a1c04e6b8f4b2d3c9e5f60718293a4b5c6d7e8f9001122334482fb85"
ENDPOINT = "1738df3e5a7c9b1d3f507192b3d4f5061728394a5b6c7d8e9f0a1b2c3dff0905"
CONTAINER = "c0ffee" * 10 + "abcd"


class Story:
    """Events as the plugin would write them, numbered from 1, one second apart."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def tell(self, kind: str, call: int | None = None, /, **data: Any) -> Event:
        seq = len(self.events) + 1
        event = Event(seq, 1_790_000_000.123 + seq, kind, call, data)
        self.events.append(event)
        return event

    def start(self, call: int, route: str = "NetworkDriver.Join", **data: Any) -> Event:
        request = {"NetworkID": NETWORK, "EndpointID": ENDPOINT}
        about = {"request": request, "raw": None, "network": NETWORK, "endpoint": ENDPOINT, "sandbox": None}
        return self.tell("call.started", call, **{"host": "left", "route": route, "name": "join", **about, **data})

    def command(self, call: int | None, command: str, error: str | None = None, host: str = "left") -> Event:
        tool = command.split()[0]
        return self.tell("kernel", call, host=host, tool=tool, command=command, error=error, duration_ms=0.5)

    def finish(self, call: int, route: str = "NetworkDriver.Join", **data: Any) -> Event:
        how = {"status": 200, "answer": {}, "error": None, "duration_ms": 1.5, "waited_ms": 0.0}
        return self.tell(
            "call.finished", call, **{"route": route, "network": NETWORK, "endpoint": ENDPOINT, **how, **data}
        )

    def name(self, network: str = "shop", container: str = "web") -> Event:
        return self.tell(
            "docker",
            networks={NETWORK: {"name": network, "driver": "workshop"}},
            endpoints={ENDPOINT: {"network": NETWORK, "container": CONTAINER, "name": None}},
            containers={CONTAINER: {"name": container, "sandbox": "/var/run/docker/netns/1"}},
        )
