"""Why a packet did not go on from where it was seen last: the most probable reason, and the rule or what is missing."""

from __future__ import annotations

from workshop.walk import gaps, ways
from workshop.walk.case import Case, Reason, capital
from workshop.walk.facts import DROPPING, Space, Verdict
from workshop.walk.packet import RST

HOOKS = {"forward": "what is forwarded", "input": "what comes in", "output": "what goes out"}
"""What the chains of a hook decide about."""


def reason(case: Case) -> Reason:
    """The most probable one: the first of these that explains it."""
    for look in LOOKS:
        found = look(case)
        if found is not None:
            return found
    seen = f"seen last at {case.link.name} of {case.space.where}" if case.link else "not seen on any link"
    text = f"It was {seen}, and nothing that was looked at says why it went no further."
    return Reason("unknown", text, space=case.space.id)


def _no_listener(case: Case) -> Reason | None:
    reset = next((one for one in case.back if one.packet.flags & RST), None)
    at_home = case.target is case.source  # it answers itself, by the loopback link
    if not case.outcome.refused or (reset is None and not at_home):
        return None
    space = case.facts.spaces[reset.space] if reset else case.source
    port = reset.packet.source_port if reset else case.port
    if any(verdict.verdict in DROPPING for verdict in space.verdicts):
        return None  # it was a firewall that answered so
    text = f"Nobody listens on port {port} in {space.where}: it answered with a TCP reset."
    return Reason(
        "no listener", text, missing=f"a program in {space.where} that listens on port {port}", space=space.id
    )


def _dropped(case: Case) -> Reason | None:
    """A rule that dropped it: nobody else's packets are traced. ARP does not meet these rules."""
    if case.asking:
        return None
    for space in (case.space, *case.facts.spaces.values()):
        for verdict in space.verdicts:
            if verdict.verdict in DROPPING:
                return _by_rule(space, verdict)
    return None


def _by_rule(space: Space, verdict: Verdict) -> Reason:
    hook = verdict.hook.partition(" ")[2]
    verb = "refuses" if verdict.verdict == "reject" else "drops"
    about = f", which decides about {HOOKS[hook]}" if hook in HOOKS else ""
    text = f"The firewall of {space.where} {verb} it in chain {verdict.chain}{about}."
    return Reason("firewall", text, rule=verdict.told(), space=space.id)


def _told(case: Case) -> Reason | None:
    """Somebody told the sender that it cannot be reached."""
    if not case.errors:
        return None
    first = case.errors[0]
    space = case.facts.spaces[first.space]
    return Reason("refused", f"{capital(space.where)} answered: {first.packet.kind}.", space=space.id)


LOOKS = (
    _no_listener,
    _dropped,
    ways.not_sent,
    gaps.pair,
    gaps.tunnel,
    gaps.bridge,
    ways.router,
    ways.astray,
    ways.neighbour,
    _told,
)
"""What is looked for, in this order: what is certain comes before what is probable."""
