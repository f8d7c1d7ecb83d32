"""All that is known of the hosts, and the graph made of it: what changed, and by which call.

Only the observer's thread is in here.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import Any

from workshop.journal import Event
from workshop.kernel.namespaces import Namespace
from workshop.topology import graph as graphs
from workshop.topology import places, view
from workshop.topology.blame import Blame, Told
from workshop.topology.calls import Calls
from workshop.topology.graph import Graph
from workshop.topology.hearing import Hearing
from workshop.topology.space import Facts, Link, Space
from workshop.topology.within import Within

LEFT_OVER = 0.3
"""How many seconds after the call that deletes it a link counts as left over."""

BEGAN = time.time()
"""When this process began: what was told before may be of processes and paths that are others by now."""


class State:
    """The hosts' namespaces and links. ``graph`` is what has been told of them."""

    def __init__(self, hidden: set[str]) -> None:
        self.hearings: dict[str, Hearing] = {}
        self.graph: Graph = graphs.empty()
        self._within: dict[str, Within] = {}
        self._hidden = hidden
        self._spaces: dict[str, Space] = {}
        self._known, self._calls = view.Known(), Calls()
        self._ports: dict[str, list[dict[str, Any]]] = {}
        self._peers: dict[str, str] = {}
        self._sandboxes: dict[str, str] = {}
        self._blame = Blame(self._spaces, self._calls, self._sandboxes)
        self._remembered: dict[str, tuple[str, str | None, Facts]] = {}
        self._dirty: set[Space] = set()
        self._links_changed = False
        self._moved: set[str] = set()
        self._joined: list[tuple[str, str, str | None]] = []
        self._again = 0.0
        self._count = 0

    def remember(self, events: Iterable[Event]) -> None:
        """Learn names, calls, and what made the links that are still there, from earlier events."""
        events = list(events)
        for event in events:
            self._calls.take(event)
            if event.kind == "docker":
                self._known.take(event, locate=event.at >= BEGAN)
        self._calls.running.clear()
        before = graphs.last_graph(events)
        for identity, link in graphs.links(before).items() if before else ():
            facts = Facts(link["born"], link["made_by"], link["network"], link["endpoint"], True, link["row"])
            master = (link["master"] or "/").rpartition("/")[2]
            facts.row_of = int(master) if master else "direct"
            self._remembered[identity] = (link["name"], link["mac"], facts)
            self._count = max(self._count, link["born"])

    def add_host(self, name: str, namespace: Namespace) -> None:
        """Begin to hear a host."""
        hearing = Hearing(name, namespace, self._spaces, self._hidden, self._age)
        self.hearings[name] = hearing
        self._within[name] = Within(hearing)
        for identity, told in self._remembered.items():
            hearing.remember(identity, *told)

    def space(self, identity: str) -> Space | None:
        """What is known of the namespace with that ID. May be asked in any thread."""
        return self._spaces.get(identity)

    def look(self) -> None:
        """Ask for all there is around all hosts; the graph is made anew."""
        for hearing in self.hearings.values():
            hearing.ask(hearing.root)
        for hearing in self.hearings.values():
            hearing.resolve(set(hearing.pending))
        self._look_within()
        for space in self._spaces.values():
            for link in space.links.values():
                link.facts.judged = True  # it was there before us: nobody knows who made it
        self._everything()
        self.changes(time.time())

    def _look_within(self) -> None:
        """Find the networks' own namespaces that no link leads to, and the containers that only such ones lead to."""
        for within in self._within.values():
            within.look()
        for space in self._spaces.values():
            for link in space.links.values():
                self._calls.claim(space.owner, link.value, link.facts)
        self._know()
        for within in self._within.values():
            within.want(self._spaces.values(), self._peers, at_once=True)
            within.resolve()

    def reload(self) -> None:
        """Ask for everything anew where announcements were lost; the graph is made anew."""
        for hearing in self.hearings.values():
            if hearing.lost:
                hearing.reload()
        self._look_within()
        self._everything()
        self.changes(time.time())

    def watch(self, path: str, host: str) -> Space | None:
        """Show the namespace at ``path`` as one of ``host``; ``None`` if there is none."""
        hearing = self.hearings.get(host)
        if hearing is None:
            return None
        with places.opened(path) as namespace:
            space = hearing.adopt(namespace, path) if namespace is not None else None
        if space is not None:
            space.pinned = True
            self._dirty.add(space)
            self._links_changed = True
        return space

    def resolve(self, *, at_once: bool = False) -> None:
        """Look again for namespaces that could not be found, when it is time for it or ``at_once``."""
        for name, hearing in self.hearings.items():
            found = hearing.resolve(set(hearing.pending) if at_once else hearing.due())
            if self._within[name].resolve(at_once=at_once) or found:
                self._everything()
        if self._unseen() != self.graph["unseen"]:
            self._links_changed = True

    def waits(self) -> list[float]:
        """When to look again for what could not be found, on the monotonic clock."""
        pending = [each.pending for each in (*self.hearings.values(), *self._within.values())]
        return [when for each in pending for _, when in each.values()]

    def set_ports(self, host: str, ports: list[dict[str, Any]]) -> None:
        """The published ports of a host."""
        self._ports[host] = ports
        self._dirty.update(space for space in self._spaces.values() if space.owner == host)

    def learn(self, event: Event) -> bool:
        """Learn from the journal; says whether something may be left over in a while."""
        if event.kind == "docker":
            if self._known.take(event):
                self._everything()
            return False
        call = self._calls.take(event)
        if call is None:
            return False
        if event.kind == "call.started" and call.sandbox and call.name == "join":
            hearing = self.hearings.get(call.host)
            if hearing is not None:
                if call.sandbox not in hearing.paths:
                    hearing.paths = [*hearing.paths[-500:], call.sandbox]
                self._joined.append((call.sandbox, call.host, call.endpoint))
        if event.kind == "call.finished" and call.name in ("delete_endpoint", "delete_network", "join"):
            mine = (space for space in self._spaces.values() if space.owner == call.host)
            self._dirty.update(space for space in mine if _is_plugged(space))
            return call.name != "join"
        if event.kind == "call.finished" and call.name == "create_network" and call.host in self.hearings:
            self._find_network(call.host, call.network, event.at)
        return False

    def _find_network(self, host: str, network: str | None, at: float) -> None:
        """Find a new network's own namespace, if no link led to it and nothing else of that network is known."""
        mine = (space for space in self._spaces.values() if space.owner == host)
        if not network or any(link.facts.network == network for space in mine for link in space.links.values()):
            return
        for space in self._within[host].look(network):
            self._judge_all(space, at)
            self._dirty.add(space)
            self._links_changed = True

    def watch_joined(self) -> None:
        """Show the sandboxes that were named in a Join as they are now: after all that was heard is read."""
        for path, host, endpoint in self._joined:
            space = self.watch(path, host)
            if space is not None and endpoint:
                space.joined = True
                self._sandboxes[space.id] = endpoint
        self._joined.clear()

    def take(self, at: float, hearing: Hearing, nsid: int | None, data: bytes) -> None:
        """Learn from one datagram of the kernel."""
        known = len(self._spaces)
        for space, message in hearing.read(at, nsid, data):
            if space is None:
                self._links_changed = True
                self._dirty.add(hearing.root)
                continue
            self._dirty.add(space)
            if message.what == "link":
                self._links_changed = True
                link = space.links.get(message.index)
                if (
                    message.gone
                    and message.value["new_nsid"] is not None
                    or (link is not None and link.facts.judged and f"{space.id}/{message.index}" not in self._peers)
                ):
                    self._moved.add(f"{space.id}/{message.index}")
        if len(self._spaces) != known:
            self._everything()

    def _age(self) -> int:
        self._count += 1
        return self._count

    def _everything(self) -> None:
        self._dirty.update(self._spaces.values())
        self._links_changed = True

    def changes(self, at: float) -> list[Told]:
        """What changed up to ``at`` (seconds since 1970), each with its call; ``graph`` is brought up to
        it."""
        if self._again and at >= self._again:
            self._again = 0.0
            self._dirty.update(space for space in self._spaces.values() if _is_plugged(space))
        if not self._dirty and not self._links_changed:
            return []
        for hearing in self.hearings.values():
            if hearing.due() and hearing.resolve(hearing.due()):  # so that who made what is there is still known
                self._everything()
        later = {space for space in self._dirty if not self._judge_all(space, at)}
        if self._links_changed:
            self._know()
            for within in self._within.values():
                within.want(self._spaces.values(), self._peers)
        for host in {space.owner for space in self._dirty if self._ports.get(space.owner)}:
            self._dirty.add(self.hearings[host].root)
        self._drop_idle()
        old, new_graph = self.graph, self._build(at)
        told = [self._blame.of(change, old, at, self._moved) for change in graphs.diff(old, new_graph)]
        self.graph = new_graph
        self._dirty = later
        self._moved.clear()
        self._links_changed = False
        return told

    def _know(self) -> None:
        """Find out what is whose other end, and which namespaces are networks' own."""
        for space in self._spaces.values():
            before, space.network = space.network, view.network_of(space, self._known)
            if before != space.network:
                self._dirty.add(space)
        numbers = {name: hearing.numbers for name, hearing in self.hearings.items()}
        new = view.peers(self._spaces.values(), numbers)
        for identity in {key for key, _ in new.items() ^ self._peers.items()}:
            if space := self._spaces.get(identity.partition("/")[0]):
                self._dirty.add(space)
        self._peers = new

    def _judge_all(self, space: Space, at: float) -> bool:
        """Judge the links of a namespace as at that time; says whether that could be done for all. One that was there
        when the namespace was asked may be of a call that is read only after ``at``."""
        for link in space.links.values():
            if at >= space.asked or link.facts.judged or self._calls.know(space.owner, link.value):
                self._judge(space, link, at)
        return all(link.facts.judged for link in space.links.values())

    def _judge(self, space: Space, link: Link, at: float) -> None:
        """Find out whose link it is, and, when it is new, which call made it."""
        facts = link.facts
        self._calls.claim(space.owner, link.value, link.facts)
        if facts.judged:
            return
        facts.judged = True
        if not space.root and link.value["kind"] not in ("veth", "bridge", *view.CHILDREN):
            return  # a namespace is born with some
        maker = self._calls.maker(space.owner, facts.network, facts.endpoint, at)
        if maker is not None:
            facts.made_by = maker.number
            if facts.network is None and facts.endpoint is None:
                facts.network, facts.endpoint = maker.network, maker.endpoint

    def _drop_idle(self) -> None:
        for space in list(self._dirty):
            if space.pinned or space.links or self._known.container_of(space):
                continue
            self._spaces.pop(space.id, None)
            numbers = self.hearings[space.owner].numbers
            if space.nsid is not None and numbers.get(space.nsid) is space:
                del numbers[space.nsid]

    def _build(self, at: float) -> Graph:
        def should_have_gone(identity: str | None) -> int | None:
            call = self._calls.deleted.get(identity or "")
            if call is None or call.ended is None:
                return None
            if at - call.ended < LEFT_OVER:
                self._again = self._again or call.ended + LEFT_OVER
                return None
            return call.number

        hosts = []
        for name, hearing in sorted(self.hearings.items()):
            mine = [space for space in self._spaces.values() if space.owner == name]
            ports = view.place_ports(self._ports.get(name, ()), mine, hearing.root)
            view.give_rows(hearing.root, mine, self._peers)
            spaces = []
            for space in mine:
                if space in self._dirty or space.json is None:
                    mine_ports = ports.get(space.id, [])
                    view.build(space, hearing.root, self._peers, self._known, mine_ports, should_have_gone)
                spaces.append(space.json)
            hosts.append({"name": name, "namespaces": sorted(spaces, key=graphs.ORDER["namespace"])})
        return {**self.graph, "hosts": hosts, "unseen": self._unseen()}

    def _unseen(self) -> list[dict[str, str]]:
        return [{"why": why} for why in self._reasons()]

    def _reasons(self) -> Iterator[str]:
        for name, hearing in sorted(self.hearings.items()):
            if not hearing.listener.sees_all:
                yield f"What happens in the containers of {name} cannot be heard without CAP_NET_BROADCAST."
            for nsid, (tries, _) in sorted(hearing.pending.items()):
                if tries >= 3:
                    yield f"A link of {name} leads to a namespace that cannot be found here (nsid {nsid})."
            yield from self._within[name].unseen()


def _is_plugged(space: Space) -> bool:
    """Whether ports of bridges of ours are in there."""
    return space.root or space.network is not None
