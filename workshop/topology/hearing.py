"""Hearing one host: its sockets, its namespaces by the kernel's numbers, and what is known of each.

Only the observer's thread changes anything in here; ``collect`` may be called from any thread.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from workshop.kernel.namespaces import Namespace
from workshop.topology import places
from workshop.topology.sockets import Asker, Listener, is_loss
from workshop.topology.space import ELSEWHERE, Facts, Link, Space
from workshop.topology.wire import Message, read_all

RETRIES = (0.05, 0.2, 1.0, 5.0, 15.0)
"""After how many seconds a namespace that cannot be found is looked for again; the last one stays."""

KEPT = 1_000
"""How many links that are on their way elsewhere are remembered."""


class Hearing:
    """One host: ``name``, its own ``namespace``, and all that is heard through it.

    ``born`` gives the next number of age. ``shared`` holds the spaces of all hosts by ID, ``hidden`` the IDs
    of namespaces that are not to be shown.
    """

    def __init__(
        self,
        name: str,
        namespace: Namespace,
        shared: dict[str, Space],
        hidden: set[str],
        born: Callable[[], int],
    ) -> None:
        self.name, self.namespace, self._born, self._shared, self._hidden = name, namespace, born, shared, hidden
        self.listener, self.asker = Listener(namespace), Asker(namespace)
        self.root = Space(namespace.id, name, born(), root=True, pinned=True)
        shared[namespace.id] = self.root
        self.numbers: dict[int, Space | None] = {}
        self.pending: dict[int, tuple[int, float]] = {}
        self.paths: list[str] = []
        self.lost = False
        self._queue: deque[tuple[float, int | None, bytes]] = deque()
        self._lock = threading.Lock()
        self._moved: dict[tuple[str, int], Facts] = {}
        self._old: dict[str, Facts] = {}
        self._stale: dict[int, float] = {}

    def collect(self) -> bool:
        """Take in what the kernel has announced by now, unread; says whether there is any to read."""
        with self._lock:
            try:
                self._queue.extend(self.listener.receive())
            except OSError as error:
                if is_loss(error):
                    self.lost = True
                elif self.listener.socket.fileno() >= 0:
                    raise
            return bool(self._queue) or self.lost

    def waiting(self) -> list[tuple[float, int | None, bytes]]:
        """What has been taken in and not read yet, in the order of its coming. It is given once."""
        with self._lock:
            taken = list(self._queue)
            self._queue.clear()
            return taken

    def read(self, at: float, nsid: int | None, data: bytes) -> Iterator[tuple[Space | None, Message]]:
        """Learn from one datagram. Gives each message with the space it was about, after it was taken in."""
        for message in read_all(data):
            if message.what == "nsid":
                if message.gone and nsid is None:
                    yield from self._gone(message)
                continue
            space = self._space(nsid)
            if space is None or space.owner != self.name:
                continue
            if nsid is not None and at <= self._stale.get(nsid, 0.0):
                continue  # said before all of that namespace was asked for
            self._before(space, message)
            space.take(message, self.facts)
            self._after(space, message)
            yield space, message

    def _space(self, nsid: int | None) -> Space | None:
        if nsid is None:
            return self.root
        if nsid not in self.numbers and self.pending.get(nsid, (0, 0.0))[1] <= time.monotonic():
            self.resolve({nsid} & self.pending.keys())
        return self.numbers.get(nsid)

    def _gone(self, message: Message) -> Iterator[tuple[Space | None, Message]]:
        nsid = message.value["nsid"]
        space = self.numbers.pop(nsid, None)
        self.pending.pop(nsid, None)
        self._stale.pop(nsid, None)
        if space is not None and space.owner == self.name and not space.root:
            self._shared.pop(space.id, None)
            yield None, message

    def _before(self, space: Space, message: Message) -> None:
        """Follow a link that is on its way elsewhere, so that it stays the same link there."""
        value = message.value
        if message.what != "link" or not message.gone or value["new_nsid"] is None:
            return
        link = space.links.get(message.index)
        new_index = value["new_index"] or message.index
        if link is None:
            return
        target = self.numbers.get(value["new_nsid"]) if space.root else None
        here = target.links.get(new_index) if target is not None else None
        if here is None or here.facts is not link.facts:
            self._moved[(space.id if not space.root else f"to {value['new_nsid']}", new_index)] = link.facts
        if len(self._moved) > KEPT:
            del self._moved[next(iter(self._moved))]
        if space.root:
            self.want(value["new_nsid"])
            if value["other_nsid"] is not None:
                self.want(value["other_nsid"])
                self._followed(value, new_index)
            other = space.links.get(link.value["other"] or 0)
            # the other end of a pair follows; the link below a macvlan or the like stays what it is
            if other is not None and link.value["kind"] == "veth" and link.value["other_nsid"] is None:
                other.value["other"], other.value["other_nsid"] = new_index, value["new_nsid"]

    def _followed(self, value: dict[str, Any], new_index: int) -> None:
        """The other end of a pair, in another namespace, leads elsewhere from now on."""
        there = self.numbers.get(value["other_nsid"])
        other = there.links.get(value["other"] or 0) if there is not None else None
        if other is not None and value["kind"] == other.value["kind"] == "veth":
            other.value["other"], other.value["other_nsid"] = new_index, ELSEWHERE

    def _after(self, space: Space, message: Message) -> None:
        if message.what != "link" or message.gone or not space.root:
            return
        value = message.value
        if value["other_nsid"] is not None:
            self.want(value["other_nsid"])
        elif value["kind"] == "veth" and (other := space.links.get(value["other"] or 0)):
            other.value["other"], other.value["other_nsid"] = message.index, None

    def facts(self, space: Space, message: Message) -> Facts:
        """What is known of a link that has just come: what was known of it elsewhere, or of its other end."""
        index, value = message.index, message.value
        if old := self._old.pop(f"{space.id}/{index} {value['name']} {value['mac']}", None):
            return old
        keys = [(f"to {space.nsid}", index)] if not space.root else []
        keys += [key for key in self._moved if key[1] == index and not key[0].startswith("to ") and space.root]
        for key in keys:
            if key in self._moved:
                return self._moved.pop(key)
        end = self._other_end(space, index, value)
        if end is not None:
            here = self.root.links.get(index)
            same = here is not None and (end.value["other_nsid"] is None or here.value["mac"] == value["mac"])
            if not space.root and end is not here and same:
                return here.facts  # it has left the host, which has not been heard yet
            known = end.facts
            return Facts(self._born(), known.made_by, known.network, known.endpoint, known.made_by is not None)
        return Facts(self._born())

    def _other_end(self, space: Space, index: int, value: dict[str, object]) -> Link | None:
        if value["kind"] != "veth":
            return None
        for link in self.root.links.values():
            if link.value["kind"] != "veth" or link.value["other"] != index:
                continue
            nsid = link.value["other_nsid"]
            if link.index == value["other"] and nsid in (None, space.nsid):
                return link
        for other in self._shared.values() if value["other_nsid"] is not None else ():
            link = other.links.get(value["other"]) if other.network and other.owner == self.name else None
            if link is not None and other is not space and other.is_aside(link) and link.value["other"] == index:
                return link
        return None

    def want(self, nsid: int) -> None:
        """Ask for the namespace with that number to be found."""
        if nsid not in self.numbers:
            self.pending.setdefault(nsid, (0, 0.0))

    @property
    def spaces(self) -> Mapping[str, Space]:
        """The spaces of all hosts by ID."""
        return self._shared

    def knows(self, identity: str) -> bool:
        """Whether that namespace is shown, or is not to be."""
        return identity in self._shared or identity in self._hidden

    def adopt(self, namespace: Namespace, path: str) -> Space | None:
        """Show a namespace, whoever's links are in it. It is given a number if the host has none for it."""
        nsid = self.asker.give_nsid(namespace.descriptor)
        if nsid is None:
            return None
        return self.numbers.get(nsid) or self._found(nsid, namespace, path)

    def due(self) -> set[int]:
        """The numbers whose namespaces are to be looked for now."""
        now = time.monotonic()
        return {nsid for nsid, (_, when) in self.pending.items() if when <= now}

    def resolve(self, wanted: set[int]) -> bool:
        """Look for the namespaces with these numbers; says whether any was found."""
        found = False
        for key, path in places.candidates(self.paths) if wanted else ():
            if not wanted:
                break
            known = self._shared.get(places.identity(key))
            if known is not None and known.nsid is not None and known.owner == self.name:
                continue
            with places.opened(path, key) as namespace:
                nsid = self.asker.nsid_of(namespace.descriptor) if namespace else None
                if namespace is not None and nsid in wanted:
                    wanted = wanted - {nsid}
                    self._found(nsid, namespace, path)
                    found = True
        now = time.monotonic()
        for nsid in wanted:
            tries = self.pending.get(nsid, (0, 0.0))[0]
            self.pending[nsid] = (tries + 1, now + RETRIES[min(tries, len(RETRIES) - 1)])
        return found

    def _found(self, nsid: int, namespace: Namespace, path: str) -> Space | None:
        self.pending.pop(nsid, None)
        known = self._shared.get(namespace.id)
        if namespace.id in self._hidden or known is not None:
            self.numbers[nsid] = known
            return known
        name = places.name_at(path)
        space = Space(namespace.id, self.name, self._born(), nsid=nsid, path=path, name=name)
        self.numbers[nsid] = space
        self._shared[namespace.id] = space
        self.collect()
        self._stale[nsid] = space.asked = time.time()
        self.ask(space, namespace)
        return space

    def ask(self, space: Space, namespace: Namespace | None = None) -> None:
        """Ask the kernel for all of one namespace; ``None``: the host's own."""
        old = space.clear()
        for link in old.values():
            self.remember(f"{space.id}/{link.index}", link.value["name"], link.value["mac"], link.facts)
        if namespace is None:
            messages = self.asker.dump()
        else:
            try:
                with Asker(namespace) as asker:
                    messages = asker.dump()
            except OSError:
                return  # gone while it was asked, or not ours to enter: its number will tell
        for message in messages:
            space.take(message, self.facts)
            self._after(space, message)

    def remember(self, identity: str, name: str, mac: str | None, facts: Facts) -> None:
        """What is known of a link that will be told again."""
        self._old[f"{identity} {name} {mac}"] = facts

    def reload(self) -> None:
        """Ask for everything anew, after announcements were lost."""
        with self._lock:
            self._queue.clear()
            self.lost = False
        self._old.clear()
        mine = [space for space in self._shared.values() if space.owner == self.name and not space.root]
        self.ask(self.root)
        self.numbers = {nsid: space for nsid, space in self.numbers.items() if space not in mine}
        for space in mine:
            with places.reached(space.id, space.path, self.paths) as namespace:
                if namespace is not None and space.nsid is not None:
                    self.numbers[space.nsid] = space
                    self.ask(space, namespace)
                    continue
            self._shared.pop(space.id, None)
        for link in self.root.links.values():
            if (nsid := link.value["other_nsid"]) is not None:
                self.want(nsid)
        self.resolve(self.due())
        self._old.clear()

    def close(self) -> None:
        """Let go of the sockets."""
        with self._lock:
            self.listener.close()
        self.asker.close()
