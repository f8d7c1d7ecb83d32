"""Looking from within networks' own namespaces: what is on them, which the host's links do not lead to.

A container on such a network has a number in that namespace, which says nothing at the host, where announcements are
heard. So the namespace is entered for a moment, to ask whose the number is, and the host is given one of its own.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

from workshop.kernel.namespaces import Namespace
from workshop.topology import places
from workshop.topology.hearing import RETRIES, Hearing
from workshop.topology.sockets import Asker
from workshop.topology.space import ELSEWHERE, Space
from workshop.topology.wire import Message


class Within:
    """The networks' own namespaces of one host. ``pending``: numbers that mean nothing yet, by namespace ID and number,
    each with how often it was looked for and when that is to be done again."""

    def __init__(self, hearing: Hearing) -> None:
        self._hearing = hearing
        self.pending: dict[tuple[str, int], tuple[int, float]] = {}

    def want(self, spaces: Iterable[Space], peers: dict[str, str], *, at_once: bool = False) -> None:
        """See which links in there lead to where nobody knows. Live, the rest is announced in a moment."""
        wanted = {
            (space.id, link.value["other_nsid"])
            for space in spaces
            for link in (space.links.values() if space.network and space.owner == self._hearing.name else ())
            if space.is_aside(link) and link.value["other_nsid"] != ELSEWHERE
            if f"{space.id}/{link.index}" not in peers
        }
        first = 0.0 if at_once else time.monotonic() + RETRIES[0]
        self.pending = {key: self.pending.get(key, (0, first)) for key in wanted}

    def resolve(self, *, at_once: bool = False) -> bool:
        """Look for what is due; says whether anything was found."""
        now = time.monotonic()
        due: dict[str, set[int]] = {}
        for (identity, number), (_, when) in self.pending.items():
            if at_once or when <= now:
                due.setdefault(identity, set()).add(number)
        found = [self._resolve(identity, numbers) for identity, numbers in due.items()]
        for identity, numbers in due.items():
            for key in ((identity, number) for number in numbers):
                tries = self.pending[key][0]
                self.pending[key] = (tries + 1, now + RETRIES[min(tries, len(RETRIES) - 1)])
        return any(found)

    def _resolve(self, identity: str, wanted: set[int]) -> bool:
        hearing, found = self._hearing, False
        space = hearing.spaces.get(identity)
        if space is None:
            return False
        with places.reached(identity, space.path, hearing.paths) as within:
            if within is None:
                return False
            with Asker(within) as asker:
                for key, path in places.candidates(hearing.paths):
                    if not wanted:
                        break
                    if (known := hearing.spaces.get(places.identity(key))) and known.nsid is not None:
                        continue
                    with places.opened(path, key) as namespace:
                        number = asker.nsid_of(namespace.descriptor) if namespace else None
                        if namespace is not None and number in wanted:
                            wanted = wanted - {number}
                            found = (known is None and hearing.adopt(namespace, path) is not None) or found
        return found

    def unseen(self) -> Iterator[str]:
        """What could not be found so far, as sentences."""
        for (identity, number), (tries, _) in sorted(self.pending.items()):
            network = space.network if (space := self._hearing.spaces.get(identity)) else None
            if tries >= 3 and network:
                where = f"{self._hearing.name}'s namespace of network {network[:12]}"
                yield f"A link of {where} leads to a namespace that cannot be found here (nsid {number})."

    def look(self, network: str | None = None) -> list[Space]:
        """Find networks' own namespaces that no link of the host leads to, as without a gateway there is none: all of
        them, or that of one ``network``. They are among what is pinned under such a name, and what this process holds.
        """
        found = []
        for key, path in places.candidates():
            name = places.name_at(path) or ""
            if path.startswith("/proc/") and not path.startswith("/proc/self/fd/"):
                break  # from here on, processes: many, and they are in nothing of that kind
            if not name.startswith(places.PINNED) and not path.startswith("/proc/self/fd/"):
                continue
            if network and name.startswith(places.PINNED) and not network.startswith(name.removeprefix(places.PINNED)):
                continue
            if self._hearing.knows(places.identity(key)):
                continue
            with places.opened(path, key) as namespace:
                space = self._hearing.adopt(namespace, path) if namespace and self._is_ours(namespace) else None
            if space is not None:
                found.append(space)
        return found

    def _is_ours(self, namespace: Namespace) -> bool:
        """Whether a network's bridge is there, and a link that was made from this host."""
        try:
            with Asker(namespace) as asker:
                links = [message for message in asker.links() if _is_bridge(message)]
                return bool(links) and asker.nsid_of(self._hearing.namespace.descriptor) is not None
        except OSError:
            return False


def _is_bridge(message: Message) -> bool:
    alias = message.value["alias"] or ""
    return message.value["kind"] == "bridge" and alias.startswith("workshop network ")
