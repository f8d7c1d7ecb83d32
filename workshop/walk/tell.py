"""What came of a walk, as data: the hops there and back, and why it ended where it did. No kernel in here."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from workshop.walk import track
from workshop.walk.case import Case, Reason
from workshop.walk.ends import End
from workshop.walk.facts import OUTSIDE, Facts, Space
from workshop.walk.hops import hops
from workshop.walk.probe import Outcome
from workshop.walk.reasons import reason
from workshop.walk.track import Sighting, Tracks

MOST_HOPS, MOST_DECISIONS, LONGEST = 60, 10, 400
"""Bounds of what the journal gets: hops, decisions at each, letters of a text."""


@dataclass
class Walked:
    """All that a walk found out: the ends, the address that was asked for, what was seen, and what is known."""

    source: End
    target: End
    address: str
    port: int | None
    tracks: Tracks
    facts: Facts
    outcome: Outcome
    source_space: str
    target_space: str

    def result(self) -> dict[str, Any]:
        """The event's data; docs/architecture.md has the shape."""
        here = self.facts.spaces[self.source_space]
        there, back = self.chains()
        why: Reason | None = None
        asked: list[dict[str, Any]] = []
        began = min((one.at for one in (*there, *self.tracks.arps)), default=0.0)
        if not self.outcome.answered:
            why, asked = self._why(here, there, back, began)
        told = [*hops(there, self.facts, "there", began, self.tracks.arps)]
        told += hops(back, self.facts, "back", began, self.tracks.arps)
        told += asked
        # of one that was refused, the answer came back: it ended where it was refused
        ended = len(there) if self.outcome.refused else len(told)
        stopped = ended - 1 if why and ended else None
        arrived = self._arrived(there)
        outcome = "answered" if self.outcome.answered else "refused" if self.outcome.refused else "unanswered"
        outcome = "lost" if outcome == "unanswered" and not arrived else outcome
        return {
            "source": self._end(self.source, ""),
            "target": self._end(self.target, self.address) | {"port": self.port},
            "probe": "tcp" if self.port else "ping",
            "outcome": outcome,
            "summary": _short(self._summary(outcome, there, back, why)),
            "hops": [_bounded(hop) for hop in told[:MOST_HOPS]],
            "left_off": max(0, len(told) - MOST_HOPS),
            "stopped": min(stopped, MOST_HOPS - 1) if stopped is not None else None,
            "reason": self._reason(why, seen=bool(told)) if why else None,
            "duration_ms": round((back[-1].at - there[0].at) * 1000, 3) if there and back else None,
        }

    def chains(self) -> tuple[list[Sighting], list[Sighting]]:
        """The ways of the probe and of its answer."""
        here, seen = self.facts.spaces[self.source_space], self.tracks.there
        goal = self._home(seen[-1].packet.target, self.facts.spaces.get(self.target_space)) if seen else None
        goal = goal or self.facts.spaces.get(self.target_space)
        return track.chain(seen, self.facts, goal), track.chain(self.tracks.back, self.facts, here)

    def _arrived(self, there: list[Sighting]) -> bool:
        last = there[-1] if there else None
        if last is None or last.direction != "in" or last.packet.tunnel is not None:
            return False
        return self.facts.spaces[last.space].holder(last.packet.target) is not None

    def _why(
        self, here: Space, there: list[Sighting], back: list[Sighting], began: float
    ) -> tuple[Reason, list[dict[str, Any]]]:
        """The reason; where a neighbour did not answer, also the hops of the question who has the address."""
        if not self.address:
            text = f"{self.target.name} has no address that could be reached."
            missing = f"an address on a link of {self.target.name}"
            return Reason("no address", text, missing=missing, space=self.target_space), []
        case = self._case(here, there, back)
        found = reason(case)
        return self._follow_question(found, began) if found.asked else (found, [])

    def _case(self, here: Space, there: list[Sighting], back: list[Sighting]) -> Case:
        """Where it stopped: on its way there, or the answer on its way back."""
        tracks = self.tracks
        if back or self._arrived(there):
            last = back[-1] if back else there[-1]
            address = last.packet.target if back else last.packet.source
            return Case(self.facts, here, here, address, last, self.outcome, tracks.errors, tracks.back)
        last = there[-1] if there else None
        address = last.packet.target if last else self.address
        goal = self._home(address, self.facts.spaces.get(self.target_space)) or self.facts.spaces.get(self.target_space)
        given = (self.facts, here, goal, address, last, self.outcome, tracks.errors, tracks.back)
        return Case(*given, port=self.port)

    def _follow_question(self, found: Reason, began: float) -> tuple[Reason, list[dict[str, Any]]]:
        """Who has the address that is next? How far that question got, and its answer, says where the gap is."""
        asker, wanted, arps = self.facts.spaces[found.space], found.asked, self.tracks.arps
        asked = [one for one in arps if one.packet.kind == "request" and one.packet.target == wanted]
        first = next((one for one in asked if one.space == asker.id and one.direction == "out"), None)
        if first is None:
            return found, []
        # others may ask for the same address meanwhile
        asked = [one for one in asked[asked.index(first) :] if one.packet.source == first.packet.source]
        goal = self._home(wanted, asker)
        way = track.chain(asked, self.facts, goal)
        replies = [one for one in arps if one.packet.kind == "reply" and one.packet.source == wanted]
        answers = track.chain([one for one in replies if goal and one.at >= way[-1].at], self.facts, asker)
        target, last = (asker, answers[-1]) if answers else (goal, way[-1])
        question = Case(self.facts, asker, target, wanted, last, self.outcome, [], [], asking=True)
        told = hops(way, self.facts, "there", began, []) + hops(answers, self.facts, "back", began, [])
        return reason(question), told

    def _home(self, address: str, near: Space | None = None) -> Space | None:
        holder = self.facts.holder(address, near.host if near else "")
        return holder[0] if holder else None

    def _summary(self, outcome: str, there: list[Sighting], back: list[Sighting], why: Reason | None) -> str:
        pair = f"{self.source.name} → {self.target.name}{f':{self.port}' if self.port else ''}"
        if outcome == "answered":
            if there and back:
                return f"{pair}: answered after {(back[-1].at - there[0].at) * 1000:.2f} ms."
            return f"{pair}: answered."
        said = {
            "refused": "refused.",
            "unanswered": "it arrived, and the answer did not come back.",
            "lost": "it did not arrive.",
        }
        return f"{pair}: {said[outcome]} {why.text if why else ''}".strip()

    def _end(self, end: End, address: str) -> dict[str, Any]:
        return {"name": _short(end.name), "role": end.role, "host": _short(end.host), "address": address}

    def _reason(self, why: Reason, seen: bool) -> dict[str, Any]:
        """The reason as data. What was seen nowhere has at least a link of the namespace where it would have been."""
        space = self.facts.spaces.get(why.space)
        link = self.facts.link(why.link)
        if link is None and not seen and space is not None and space.role != OUTSIDE:
            link = next(iter(space.links.values()), None)
        return {
            "code": why.code,
            "text": _short(why.text),
            "rule": _short(why.rule),
            "missing": _short(why.missing),
            "where": _short(space.where) if space else "",
            "link": link.id if link else None,
            "name": link.name if link else "",
        }


def _bounded(hop: dict[str, Any]) -> dict[str, Any]:
    decided = [{**each, "text": _short(each["text"])} for each in hop["decided"][:MOST_DECISIONS]]
    return {
        **{key: _short(value) if isinstance(value, str) else value for key, value in hop.items()},
        "decided": decided,
    }


def _short(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
