"""What a reason is looked for in, and what a reason is."""

from __future__ import annotations

from dataclasses import dataclass

from workshop.walk.facts import HOST, OUTSIDE, Facts, Link, Space
from workshop.walk.probe import Outcome
from workshop.walk.track import Sighting

CODES = {
    "no address": "who is to be reached has no address of this kind",
    "no listener": "nobody listens on that port",
    "firewall": "a rule, or the policy of a chain, dropped it",
    "link down": "a link on its way is down",
    "no port": "a link on its way is in no bridge",
    "no route": "there is no way to that address",
    "no forwarding": "the host does not forward",
    "no neighbour": "nobody says that the address is theirs",
    "wrong VNI": "the tunnel's ends do not have the same number, or port",
    "no tunnel entry": "the tunnel does not know to which host",
    "refused": "somebody on the way answered that it cannot be reached",
    "unknown": "nothing that was looked at explains it",
}
"""What may be the reason why a packet went no further."""


@dataclass
class Reason:
    """Why: a ``code`` of ``CODES``, a sentence, and the ``rule`` that did it, or what is ``missing``; empty if there is
    none.

    ``space`` is the namespace in which that is, ``link`` the link concerned; ``asked`` is the neighbour's address
    that did not answer.
    """

    code: str
    text: str
    rule: str = ""
    missing: str = ""
    space: str = ""
    link: str = ""
    asked: str = ""


@dataclass
class Case:
    """A packet was seen there ``last`` (``None``: nowhere) on its way from ``source`` to ``address``, in ``target``.

    ``errors`` are those that came back, ``back`` is what was seen of its answer. ``asking``: it is the question who has
    the address, since nobody answered that.
    """

    facts: Facts
    source: Space
    target: Space | None
    address: str
    last: Sighting | None
    outcome: Outcome
    errors: list[Sighting]
    back: list[Sighting]
    asking: bool = False
    port: int | None = None

    @property
    def space(self) -> Space:
        """Where it was seen last; before it was seen anywhere, where it began."""
        return self.facts.spaces[self.last.space] if self.last else self.source

    @property
    def link(self) -> Link | None:
        """The link at which it was seen last."""
        return self.facts.link(self.last.link) if self.last else None


def down(space: Space, link: Link) -> Reason:
    """A link is down."""
    kind = {"bridge": "Bridge", "vxlan": "The tunnel"}.get(link.kind or "", "Link")
    text = f"{kind} {link.name} {within(space)} is down."
    return Reason("link down", text, missing=f"ip link set {link.name} up", space=space.id, link=link.id)


def loose(space: Space, link: Link, bridge: Link | None) -> Reason:
    """A link that should be a bridge's port is none."""
    name = bridge.name if bridge else "BRIDGE"
    return Reason(
        "no port",
        f"{link.name} {within(space)} is in no bridge.",
        missing=f"ip link set {link.name} master {name}",
        space=space.id,
        link=link.id,
    )


def within(space: Space) -> str:
    """Where, as one says it behind what is there."""
    return {HOST: f"on {space.where}", OUTSIDE: space.where}.get(space.role, f"in {space.where}")


def capital(text: str) -> str:
    """A sentence may begin with it. A container's name stays as it is."""
    is_a_word = text == "outside" or text.startswith(("host ", "namespace "))
    return f"{text[0].upper()}{text[1:]}" if is_a_word else text
