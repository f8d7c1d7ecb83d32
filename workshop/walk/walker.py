"""A walk from beginning to end: look, listen, send, and ask the kernel what it had to do with it. One at a time."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from pyroute2.netlink.exceptions import NetlinkError

from workshop.errors import CannotHere, UsageError, WorkshopError
from workshop.kernel.namespaces import Namespace
from workshop.topology import graph as graphs
from workshop.topology import places as namespaces
from workshop.topology.graph import Graph
from workshop.walk import hops, pcapng, track
from workshop.walk.capture import MOST, Capture, Frame
from workshop.walk.ends import End, addresses, checked_port, ends, find
from workshop.walk.facts import CONTAINER, HOST, OUTSIDE, ROOM, Facts, Verdict
from workshop.walk.look import Place, ask, look
from workshop.walk.outside import next_door
from workshop.walk.probe import GRACE, Knock, Outcome, Ping
from workshop.walk.tell import Walked
from workshop.walk.trace import Tracer
from workshop.walk.track import Tracks

BESIDE = 24
"""How many containers beside the two that a walk is about are listened in, too: a packet may get to one of them."""


@dataclass(frozen=True)
class Scene:
    """Where a walk can be: the hosts' namespaces by name, the world outside (``None``: it is made for the walk), the
    graph."""

    hosts: dict[str, Namespace]
    outside: Namespace | None
    graph: Graph


class Walker:
    """Walks in the scene that ``scene`` gives at that moment; raises WorkshopError where there cannot be one now.

    ``tell`` gets each result, as the data of a ``walk`` event. ``refuse`` says why nobody may walk now, or nothing.
    """

    def __init__(
        self,
        scene: Callable[[], Scene],
        tell: Callable[[dict[str, Any]], Any],
        refuse: Callable[[], str] = lambda: "",
    ) -> None:
        self._scene, self._tell, self._refuse = scene, tell, refuse
        self._one = threading.Lock()
        self.capture = b""
        """What the last walk saw, as a pcapng file; ``number`` says which walk that was."""
        self.number = 0

    def ends(self) -> list[dict[str, Any]]:
        """Where a walk can begin and end now."""
        return [end.as_dict() for end in ends(self._scene().graph)]

    def walk(self, source: str, target: str, port: int | None = None) -> dict[str, Any]:
        """Send a probe from ``source`` to ``target``: an echo request, or a TCP connection to ``port``.

        Gives what came of it, with ``number``, by which the capture is known. Takes a few seconds at most.

        :raises UsageError: if there is no such container, host or port.
        :raises WorkshopError: if another walk is under way, or a namespace cannot be entered.
        """
        if why := self._refuse():
            raise WorkshopError(why, "Try again in a moment.")
        if not self._one.acquire(blocking=False):
            raise WorkshopError("Another walk is under way.", "Try again in a moment.")
        try:
            result, capture = self._walk(source, target, port)
            self.number, self.capture = self.number + 1, capture
            told = {**result, "number": self.number}
            self._tell(told)
            return told
        finally:
            self._one.release()

    def _walk(self, source: str, target: str, port: int | None) -> tuple[dict[str, Any], bytes]:
        scene = self._scene()
        first, second = find(scene.graph, source), find(scene.graph, target)
        if first.port is not None:
            raise UsageError(f"{source!r} is where it begins: it has no port there.", "Name the port at the target.")
        if port is not None and second.port not in (None, port):
            raise UsageError(f"Is it port {port} or {second.port}?", "Name one.")
        port = checked_port(port) if port is not None else second.port
        if (first.role, first.space) == (second.role, second.space) and first.role != HOST:
            raise UsageError(f"{first.name} would walk to itself.", "Name two ends.")
        with contextlib.ExitStack() as ending:
            try:
                return _Errand(scene, first, second, port, ending).run()
            except PermissionError:
                raise CannotHere(
                    "Only root may look at packets.", "Run the session with sudo, or in the lab."
                ) from None
            except (OSError, NetlinkError) as error:
                raise WorkshopError(
                    f"The walk was broken off ({getattr(error, 'strerror', None) or error}).",
                    "Has a container ended meanwhile? Try again.",
                ) from None


class _Errand:
    """One walk under way."""

    def __init__(self, scene: Scene, first: End, second: End, port: int | None, ending: contextlib.ExitStack) -> None:
        self._scene, self._first, self._second, self._port = scene, first, second, port
        self._ending = ending
        self._places: dict[str, Place] = {}

    def run(self) -> tuple[dict[str, Any], bytes]:
        source, target = self._enter()
        before = look(self._places.values())
        for end, space in ((self._first, source), (self._second, target)):
            if space not in before.spaces:
                raise WorkshopError(f"{end.name} is gone.", "Name one that runs.")
        found = addresses(before, source, target)
        if not found:
            walked = Walked(
                self._first, self._second, "", self._port, Tracks(), before, Outcome(), source, target
            )  # fmt: skip
            return walked.result(), pcapng.written([], {})
        address = found[0]
        outcome, tracks, frames, verdicts = self._send(source, address, before)
        facts = look(self._places.values())
        for identity, decided in verdicts.items():
            if identity in facts.spaces:
                facts.spaces[identity].verdicts = decided
        if source not in facts.spaces:
            raise WorkshopError(f"{self._first.name} has ended meanwhile.", "Name one that runs.")
        facts.remember(before)
        walked = Walked(
            self._first, self._second, address, self._port, tracks, facts, outcome, source, target
        )  # fmt: skip
        ask(self._places.values(), hops.questions(*walked.chains(), facts.spaces[source], address), facts)
        return walked.result(), _file(frames, facts, tracks)

    def _enter(self) -> tuple[str, str]:
        """Open the namespaces that are looked at; gives those of source and target."""
        for name, namespace in self._scene.hosts.items():
            self._add(Place(name, name, HOST, self._again(namespace)))
        outside = self._scene.outside
        if outside is not None:
            self._add(Place("", "outside", OUTSIDE, self._again(outside)))
        elif OUTSIDE in (self._first.role, self._second.role):
            host = self._scene.hosts[self._first.host or self._second.host or next(iter(self._scene.hosts))]
            outside = self._ending.enter_context(next_door(host))
            self._add(Place("", "outside", OUTSIDE, outside))
        self._others()
        for end in (self._first, self._second):
            if end.role == CONTAINER and end.space not in self._places:
                raise CannotHere(f"The namespace of {end.name} cannot be entered from here.", "Is it still running?")
        outer = outside.id if outside is not None else ""
        return self._first.space or outer, self._second.space or outer

    def _again(self, namespace: Namespace) -> Namespace:
        """The same namespace, held open by a descriptor of our own: whose it is may let go of it meanwhile."""
        found = Namespace.at(f"/proc/self/fd/{namespace.descriptor}")
        if found.id != namespace.id:  # it has, and its descriptor is another file's now
            found.close()
            raise WorkshopError("A host is gone.", "Try again.")
        return found

    def _add(self, place: Place) -> None:
        self._ending.callback(place.namespace.close)
        self._places[place.namespace.id] = place

    def _others(self) -> None:
        """The namespaces of networks and containers, as long as they can be found."""
        wanted = beside(self._scene.graph, {end.space for end in (self._first, self._second)})
        for key, path in namespaces.candidates():
            identity = namespaces.identity(key)
            if identity not in wanted:
                continue
            host_name, name, role = wanted.pop(identity)
            with contextlib.suppress(OSError):
                found = Namespace.at(path)
                if found.id == identity:
                    self._add(Place(host_name, name, role, found))
                else:
                    found.close()
            if not wanted:
                break

    def _send(
        self, source: str, address: str, facts: Facts
    ) -> tuple[Outcome, Tracks, list[Frame], dict[str, list[Verdict]]]:
        namespace = self._places[source].namespace
        probe = Knock(namespace, address, self._port) if self._port else Ping(namespace, address)
        with contextlib.closing(probe):
            spaces = {identity: place.namespace for identity, place in self._places.items()}
            capture = Capture(spaces, track.tunnel_ports(facts))
            with capture, self._traced(probe) as tracers:
                outcome = probe.send()
                time.sleep(GRACE)
                verdicts = {identity: tracer.stop() for identity, tracer in tracers.items()}
            frames = capture.stop()
        if capture.dropped and not outcome.answered:
            raise WorkshopError(
                f"More than {MOST} packets passed meanwhile: this one could not be followed.", "Try again later."
            )
        tracks, kept = track.sort(frames, probe.mark, facts)
        return outcome, tracks, kept, verdicts

    @contextlib.contextmanager
    def _traced(self, probe: Ping | Knock) -> Iterator[dict[str, Tracer]]:
        """Firewalls' decisions in the hosts' namespaces, and in those of both ends. A network's own has no rules."""
        wanted = {
            identity: Tracer(place.namespace, probe.mark)
            for identity, place in self._places.items()
            if place.role == HOST or identity in (self._first.space, self._second.space)
        }
        try:
            with ThreadPoolExecutor(len(wanted), thread_name_prefix="walk-trace") as pool:
                list(pool.map(lambda tracer: tracer.start(), wanted.values()))
            yield wanted
        finally:
            for tracer in wanted.values():
                tracer.stop()


def beside(graph: Graph, ends: set[str]) -> dict[str, tuple[str, str, str]]:
    """What is looked at beside the hosts' own namespaces, by ID: the host, the name, the role.

    That is the containers that a walk is about, some others, and all networks' own: of these, one that has no name, or
    that of another host's, gets one.
    """
    found = {}
    for host, space in graphs.namespaces(graph):
        if space["root"]:
            continue
        if network := space.get("network"):
            found[space["id"]] = (host["name"], space["name"] or namespaces.name_of_network(network), ROOM)
        else:
            name = (space["container"] or {}).get("name") or space["name"] or space["id"]
            found[space["id"]] = (host["name"], name, CONTAINER)
    others = {identity for identity, (_, _, role) in found.items() if role == CONTAINER and identity not in ends}
    for identity in sorted(others)[BESIDE:]:
        del found[identity]
    names = [name for _, name, role in found.values() if role == ROOM]
    return {
        identity: (host, f"{host}/{name}" if role == ROOM and names.count(name) > 1 else name, role)
        for identity, (host, name, role) in found.items()
    }


def _file(frames: list[Frame], facts: Facts, tracks: Tracks) -> bytes:
    """The capture as a file: who saw each packet, and what it is."""
    told = {}
    for way, seen in (("there", tracks.there), ("back", tracks.back), ("error", tracks.errors), ("ARP", tracks.arps)):
        for one in seen:
            link = facts.link(one.link)
            told[one.space, link.name if link else "", one.direction, one.at] = f"{way}: {one.packet.told()}"
    interfaces: dict[tuple[str, str], pcapng.Interface] = {}
    commented = []
    for frame in frames:
        space = facts.spaces[frame.space]
        key = (frame.space, frame.link)
        interfaces.setdefault(
            key, pcapng.Interface(f"{space.name}/{frame.link}", f"{space.where}, namespace {space.id}")
        )
        what = told.get((frame.space, frame.link, frame.direction, frame.at), "again")
        commented.append((frame, f"{frame.direction} at {frame.link} of {space.where}. {what}"))
    return pcapng.written(commented, interfaces)
