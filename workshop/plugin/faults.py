"""Ready faults: what a call is answered with instead of what is right, and what Docker does with it. A table.

Nothing in here acts: it knows requests and answers, and neither HTTP nor the kernel. What is said of Docker is what
20.10, 26.1 and 28.5 do.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from workshop.protocol import Route

Request = Mapping[str, Any]
Answer = dict[str, Any]

TOLD = "the dashboard's break-it mode answered this"
"""What an answered error says."""

NOWHERE = "203.0.113.1"
"""A gateway that is in no network: addresses like it are kept for documentation."""

NO_LINK = "nosuchlink"
DELAY, DOWN = 10.0, 5.0
"""Seconds that a late answer comes late, and that a plugin which died stays away."""


@dataclass(frozen=True)
class Fault:
    """One fault.

    ``routes`` are the full names of those that it is for, none: all. ``instead`` gives the answer without asking the
    handler, with the HTTP ``status``; ``bend`` changes the handler's answer. ``delay`` is how many seconds the answer
    comes late, ``down`` how many the plugin is dead. ``does`` says what happens, ``look_for`` what Docker then does,
    ``says`` is what it shows its user, if anything.
    """

    name: str
    title: str
    does: str
    look_for: str
    routes: tuple[str, ...] = ()
    says: str = ""
    status: int = 200
    instead: Callable[[Route], Answer] | None = None
    bend: Callable[[Request, Answer], Answer] | None = None
    delay: float = 0.0
    down: float = 0.0

    def fits(self, route: str) -> bool:
        """Whether it is for the route of that full name."""
        return not self.routes or route in self.routes

    def as_dict(self) -> dict[str, Any]:
        """What is told of it."""
        return {key: getattr(self, key) for key in ("name", "title", "does", "look_for", "says", "routes")}


def _wrong_gateway(request: Request, answer: Answer) -> Answer:
    return {**answer, "Gateway": NOWHERE}


def _echo(request: Request, answer: Answer) -> Answer:
    return {**answer, "Interface": {**(answer.get("Interface") or {}), **(request.get("Interface") or {})}}


def _no_link(request: Request, answer: Answer) -> Answer:
    return {**answer, "InterfaceName": {**(answer.get("InterfaceName") or {}), "SrcName": NO_LINK}}


_ALL = (
    Fault(
        "err",
        "Answer an error",
        "The handler is not asked. The answer is an Err.",
        "Where something is made (CreateNetwork, CreateEndpoint, Join), the command fails with what is written after "
        "`remote:`, and Docker takes back what was made before; the call that failed it does not take back. Where "
        "something is removed (Leave, DeleteEndpoint, DeleteNetwork), Docker only writes it to its log: the command "
        "goes well, and what the plugin did not remove stays.",
        says=f"remote: {TOLD}",
        instead=lambda route: {route.error: TOLD},
    ),
    Fault(
        "gateway",
        "A wrong gateway",
        f"Join answers {NOWHERE} as the gateway, which is in no subnet of the network.",
        "Docker moves the link, gives it its address, and cannot set the default route: the container does not start. "
        "Leave and DeleteEndpoint follow.",
        routes=("NetworkDriver.Join",),
        says="network is unreachable",
        bend=_wrong_gateway,
    ),
    Fault(
        "echo",
        "Address and MAC echoed",
        "CreateEndpoint answers the address and the MAC that it was asked for.",
        "Docker takes every address in the answer for a change of what it has given out itself, even the same one: it "
        "rolls back with DeleteEndpoint, and the container does not start.",
        routes=("NetworkDriver.CreateEndpoint",),
        says="driver modified interface address",
        bend=_echo,
    ),
    Fault(
        "link",
        "A link that does not exist",
        f"Join answers the name {NO_LINK} as the link that is to go into the container.",
        "Docker looks for the link on the host and does not find it: the container does not start. Leave and "
        "DeleteEndpoint follow. 28.5 notices at once; older ones when the process is started, after "
        "ProgramExternalConnectivity.",
        routes=("NetworkDriver.Join",),
        says="Link not found",
        bend=_no_link,
    ),
    Fault(
        "404",
        "Not found (404)",
        "The handler is not asked. The answer is HTTP 404, as from a plugin that has no such method.",
        "Docker goes on without ProgramExternalConnectivity and RevokeExternalConnectivity, and 28.5 without "
        "EndpointOperInfo too. Any other call counts as failed, as with an Err; the text then begins with the method.",
        says=TOLD,
        status=404,
        instead=lambda route: {"Err": TOLD},
    ),
    Fault(
        "delay",
        "A late answer",
        f"The right answer, {DELAY:.0f} s late.",
        "Docker waits, and nothing fails: it sets no limit to a plugin that it found by its socket. For a managed "
        "plugin it does: 30 s, or what `docker plugin enable --timeout` said.",
        delay=DELAY,
    ),
    Fault(
        "death",
        "The plugin dies",
        f"No answer: every connection is cut, the socket is gone, and after {DOWN:.0f} s the plugin is back, as after "
        "a kill and a new start.",
        "Docker tries again after 1, 2, 4 and 8 s. It has sent the body already and sends it only once: what reaches "
        "the new plugin is empty, and the command fails. What the cut call had made, the plugin takes back when it "
        "starts.",
        says="the body is empty",
        down=DOWN,
    ),
)

FAULTS: dict[str, Fault] = {fault.name: fault for fault in _ALL}
"""The faults by name."""
