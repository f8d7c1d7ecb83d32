"""Step mode and break-it mode: rules say which calls are held and which get a fault; a held call waits on one event.

It knows of a call what it is about, and nothing of HTTP, handlers or the kernel.
"""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

from workshop.errors import UsageError
from workshop.journal import Journal
from workshop.plugin.faults import FAULTS, Fault
from workshop.protocol import BY_NAME

HANDLER, ANSWER = "handler", "answer"
"""Where a call can be held: before its handler is asked, and before the answer is sent."""

MOST_RULES = 50
ROUTES = tuple(route.full_name for route in BY_NAME.values())
_LOOKS = 0.5  # seconds between two looks whether Docker still waits


@dataclass(frozen=True)
class Limit:
    """What Docker does if it waits too long: after so many ``seconds``, or never (None); in words."""

    seconds: float | None
    text: str


SOCKET = Limit(None, "Docker waits for as long as it takes: it sets no limit to a plugin that it found by its socket.")
MANAGED = Limit(
    30.0,
    "For a managed plugin, Docker gives up after 30 s, or after what `docker plugin enable --timeout` said: the "
    "command fails with “Client.Timeout exceeded while awaiting headers”, and Docker hangs up.",
)
PRACTICE = Limit(None, "The practice engine waits for as long as it takes, as Docker does for a plugin with a socket.")


@dataclass(frozen=True)
class Rule:
    """Which calls, and what happens to them.

    ``at`` is where they are held; with a ``fault`` (its name) they are answered with that instead. ``route`` is a full
    name, ``network`` an ID; what is None is any. ``once``: the rule goes with the first call that it fits.
    """

    number: int
    at: str = HANDLER
    route: str | None = None
    network: str | None = None
    host: str | None = None
    fault: str | None = None
    once: bool = False

    def fits(self, call: Call) -> bool:
        """Whether it is about that call."""
        wanted = ((self.route, call.route), (self.network, call.network), (self.host, call.host))
        return all(own is None or own == its for own, its in wanted) and (
            self.fault is None or FAULTS[self.fault].fits(call.route)
        )

    def holds(self, call: Call, where: str) -> bool:
        """Whether it is to hold that call there."""
        return self.fault is None and self.at == where and self.fits(call)


@dataclass
class Call:
    """A call on its way. ``gone`` tells whether who asked has hung up, ``plan`` what the reference driver would do."""

    number: int
    host: str
    route: str
    network: str | None
    endpoint: str | None
    request: Any
    gone: Callable[[], bool] = lambda: False
    plan: Callable[[], list[dict[str, Any]]] = list


@dataclass
class Outcome:
    """How a call goes on: with a ``fault`` or without; or it is ``dropped``, which is why nothing is to come of it."""

    fault: Fault | None = None
    dropped: str = ""
    held_ms: float = 0.0


@dataclass
class _Held:
    call: Call
    where: str
    rule: int
    since: float
    answer: Any
    plan: list[dict[str, Any]]
    event: threading.Event = field(default_factory=threading.Event)
    fault: Fault | None = None
    why: str = ""
    dropped: str = ""


class Gate:
    """What all calls of a session pass, twice each: before their handler, and before their answer is sent.

    Safe to use from any thread. ``changed`` is called whenever ``state`` is another.
    """

    def __init__(self, journal: Journal | None = None, limit: Limit = SOCKET) -> None:
        self._journal, self.limit = journal, limit
        self._lock = threading.Lock()
        self._numbers = itertools.count(1)
        self._rules: list[Rule] = []
        self._held: dict[int, _Held] = {}
        self._aside, self._ended = 0, False
        self.changed: Callable[[], None] = lambda: None

    # -- rules

    def add(
        self,
        *,
        at: str = HANDLER,
        route: str | None = None,
        network: str | None = None,
        host: str | None = None,
        fault: str | None = None,
        once: bool = False,
    ) -> Rule:
        """Have calls held from now on, or answered with a fault. Raises UsageError for what makes no sense."""
        if at not in (HANDLER, ANSWER):
            raise UsageError(f"{at!r} is no place to hold a call.", f"Give {HANDLER!r} or {ANSWER!r}.")
        if route is not None and route not in ROUTES:
            raise UsageError(f"There is no route {route!r}.", "Give one such as NetworkDriver.Join.")
        if fault is not None:
            _suits(_fault(fault), route)
        with self._lock:
            if len(self._rules) >= MOST_RULES:
                raise UsageError(f"There are {MOST_RULES} rules already.", "Take some away.")
            rule = Rule(next(self._numbers), at, route, network, host, fault, once)
            if fault is None:  # two that hold the same calls would want two clicks
                self._rules = [each for each in self._rules if _same(each, rule) is False]
            self._rules.append(rule)
        self.changed()
        return rule

    def remove(self, number: int | None) -> None:
        """Take a rule away, or all. What it holds stays held. Raises UsageError if there is no such rule."""
        with self._lock:
            left = [rule for rule in self._rules if number not in (None, rule.number)]
            if number is not None and len(left) == len(self._rules):
                raise UsageError(f"There is no rule {number}.", "Reload the page to see those that there are.")
            self._rules = left
        self.changed()

    # -- held calls

    def release(self, number: int | None = None, fault: str | None = None) -> None:
        """Let a held call go on, or all; with ``fault`` (its name) it is answered with that instead.

        Raises UsageError if that call is not held, or the fault is not for it.
        """
        chosen = _fault(fault) if fault is not None else None
        with self._lock:
            held = [each for each in self._held.values() if number in (None, each.call.number)]
            if number is not None and not held:
                raise UsageError(f"Call {number} is not held.", "Somebody else has let it go.")
            for each in held:
                if chosen is not None:
                    _suits(chosen, each.call.route)
            for each in held:
                _let_go(each, "released", chosen)

    def leave(self, host: str, why: str = "the plugin ends") -> None:
        """A host's plugin ends, or has died: what is held of it goes on at once."""
        with self._lock:
            for each in self._held.values():
                if each.call.host == host:
                    _let_go(each, why)

    def end(self) -> None:
        """The session ends: nothing is held any more, and what is held goes on at once."""
        with self._lock:
            self._ended = True
            for each in self._held.values():
                _let_go(each, "the session ends")

    @contextlib.contextmanager
    def aside(self, why: str) -> Iterator[None]:
        """Meanwhile nothing is held or broken, and what is held is dropped: nothing shall come of it in between."""
        with self._lock:
            self._aside += 1
            for each in self._held.values():
                _let_go(each, why, dropped=f"the call was held when {why}")
        self.changed()
        try:
            yield
        finally:
            with self._lock:
                self._aside -= 1
            self.changed()

    # -- what calls pass

    def before_handler(self, call: Call) -> Outcome:
        """Wait as long as the call is held; whether it is to be answered with a fault."""
        outcome = self._hold(call, HANDLER, None)
        if outcome.fault is None and not outcome.dropped:
            outcome.fault = self._fault_for(call)
        return outcome

    def before_answer(self, call: Call, answer: Any) -> Outcome:
        """Wait as long as the answer is held; whether a fault is to take its place."""
        return self._hold(call, ANSWER, answer)

    def wait(self, call: Call, seconds: float) -> None:
        """Let an answer come late; not when the plugin ends or code is judged."""
        held = _Held(call, "", 0, time.time(), None, [])
        with self._lock:
            if self._ended or self._aside:
                return
            self._held[-call.number] = held
        held.event.wait(seconds)
        with self._lock:
            del self._held[-call.number]

    def _hold(self, call: Call, where: str, answer: Any) -> Outcome:
        if not any(rule.holds(call, where) for rule in list(self._rules)):  # nearly always
            return Outcome()
        plan = call.plan() if where == HANDLER else []
        with self._lock:
            rule = next((each for each in self._rules if each.holds(call, where)), None)
            if rule is None or self._ended or self._aside:
                return Outcome()
            self._use(rule)
            held = _Held(call, where, rule.number, time.time(), answer, plan)
            self._held[call.number] = held
        self._tell(call, {"state": "held", "where": where, "rule": rule.number, "limit": asdict(self.limit)}, held)
        self.changed()
        while not held.event.wait(_LOOKS):
            if call.gone():
                with self._lock:
                    _let_go(held, "Docker hung up", dropped="Docker hung up while the call was held")
        with self._lock:
            del self._held[call.number]
        waited = round((time.time() - held.since) * 1000, 3)
        fault = held.fault.name if held.fault else None
        self._tell(call, {"state": "released", "where": where, "why": held.why, "held_ms": waited, "fault": fault})
        self.changed()
        return Outcome(held.fault, held.dropped, waited)

    def _fault_for(self, call: Call) -> Fault | None:
        with self._lock:
            rule = next((each for each in self._rules if each.fault and each.fits(call)), None)
            if rule is None or self._ended or self._aside:
                return None
            self._use(rule)
        if rule.once:
            self.changed()
        return FAULTS[rule.fault or ""]

    def _use(self, rule: Rule) -> None:
        if rule.once:
            self._rules.remove(rule)

    def _tell(self, call: Call, data: dict[str, Any], held: _Held | None = None) -> None:
        if self._journal is not None:
            more = {"host": call.host, "answer": held.answer, "plan": held.plan} if held else {"host": call.host}
            self._journal.append("call.held", {**data, **more}, call.number)

    # -- what is told

    @property
    def holds(self) -> bool:
        """Whether a call is held, or its answer comes late on purpose."""
        with self._lock:
            return bool(self._held)

    def state(self) -> dict[str, Any]:
        """Rules, held calls (those that wait longest first), the faults that there are, what Docker does meanwhile."""
        with self._lock:
            return {
                "rules": [asdict(rule) for rule in self._rules],
                "held": [_told(each) for each in self._held.values() if each.where],
                "aside": bool(self._aside),
                "faults": [fault.as_dict() for fault in FAULTS.values()],
                "routes": ROUTES,
                "limit": asdict(self.limit),
            }


def _told(held: _Held) -> dict[str, Any]:
    call = held.call
    about = {key: getattr(call, key) for key in ("number", "host", "route", "network", "endpoint", "request")}
    own = {key: getattr(held, key) for key in ("where", "rule", "since", "answer", "plan")}
    return {**about, **own, "faults": [fault.name for fault in FAULTS.values() if fault.fits(call.route)]}


def _let_go(held: _Held, why: str, fault: Fault | None = None, dropped: str = "") -> None:
    if not held.event.is_set():
        held.why, held.fault, held.dropped = why, fault, dropped
        held.event.set()


def _same(one: Rule, other: Rule) -> bool:
    return asdict(one) == {**asdict(other), "number": one.number, "once": one.once}


def _fault(name: str) -> Fault:
    if name not in FAULTS:
        raise UsageError(f"There is no fault {name!r}.", f"There are {', '.join(FAULTS)}.")
    return FAULTS[name]


def _suits(fault: Fault, route: str | None) -> None:
    if route is not None and not fault.fits(route):
        raise UsageError(f"The fault {fault.title!r} is not for {route}.", f"It is for {' and '.join(fault.routes)}.")
