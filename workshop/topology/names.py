"""Looking names up at the engine: what its networks, endpoints and containers are called.

Docker holds locks while it waits for a plugin's answer, so nothing is asked from within a call: this is done
in a thread of its own, a moment after a call has ended, with a time limit, and again if the engine did not
answer in time.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workshop.errors import WorkshopError
from workshop.journal import Event, Journal

DELAYS = (0.15, 0.5, 1.5, 4.0)
"""How many seconds after a call the engine is asked, and asked again while something is still unknown."""

TIMEOUT = 5.0
"""How many seconds the engine has for an answer."""

SILENCE = 30.0
"""How long an engine that does not answer is left alone, in seconds."""

GIVES_REASON = ("create_network", "delete_network", "join", "leave", "delete_endpoint")
"""The calls after which there are new names, or some are gone."""

TABLES = ("networks", "endpoints", "containers")


class Names:
    """Gives ``docker`` events with new names to ``journal``, asking the engine behind ``socket_path``.

    ``engine`` makes what is asked (``get(path)``); it is an ``EngineAPI`` unless something else is given.
    """

    def __init__(self, journal: Journal, socket_path: str | Path, *, engine: Callable[[], Any] | None = None) -> None:
        self._journal, self._path = journal, str(socket_path)
        self._make = engine or self._engine
        self._told: dict[str, dict[str, Any]] = {table: {} for table in TABLES}
        self._mine: dict[str, set[str]] = {table: set() for table in TABLES}
        self._wanted: set[tuple[str, str]] = set()
        self._seen = journal.last
        self._running: dict[int, dict[str, Any]] = {}
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Ask once for what there is already, then after each call that may have changed it."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="names", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Ask no more. What is being asked just now is not waited for."""
        self._stopped.set()

    def _engine(self) -> Any:
        from workshop.engine_api import EngineAPI

        return EngineAPI(self._path, timeout=TIMEOUT)

    def _run(self) -> None:
        due: list[float] = [time.monotonic()]
        while not self._stopped.is_set():
            wait = max(0.0, due[0] - time.monotonic()) if due else 1.0
            if self._journal.wait(self._seen, min(wait, 1.0)):
                if self._read():
                    now = time.monotonic()
                    due = [now + delay for delay in DELAYS]
            elif not due or wait > 0:
                self._stopped.wait(min(0.05, wait))  # a closed journal does not wait
            if due and time.monotonic() >= due[0]:
                due.pop(0)
                if self._running and due:
                    continue  # Docker may hold its locks: rather a little later
                try:
                    if self.look() and not self._unknown():
                        due.clear()
                except (WorkshopError, OSError, ValueError, KeyError, TypeError, AttributeError):
                    due = due or [time.monotonic() + SILENCE]
                if not due:
                    self._wanted.clear()

    def _read(self) -> bool:
        """Read the journal on; says whether a call ended that may have changed names."""
        reason = False
        for event in self._journal.since(self._seen):
            self._seen = event.seq
            reason = self._take(event) or reason
        return reason

    def _take(self, event: Event) -> bool:
        if event.kind == "docker":
            for table in TABLES:
                for key, value in (event.data.get(table) or {}).items():
                    self._note(table, key, value)
        elif event.kind == "call.started" and event.call is not None:
            self._running[event.call] = event.data
        elif event.kind == "call.finished" and event.call is not None:
            call = self._running.pop(event.call, {})
            for name, key in (("create_network", "network"), ("join", "endpoint")):
                if call.get("name") == name and call.get(key) and not event.data.get("error"):
                    self._wanted.add((f"{key}s", call[key]))
            return call.get("name") in GIVES_REASON
        return False

    def _note(self, table: str, key: str, value: Any) -> None:
        if value is None:
            self._told[table].pop(key, None)
        else:
            self._told[table][key] = value

    def _unknown(self) -> bool:
        """Whether the engine has yet to tell of what a call was about, or of a sandbox that is being made."""
        self._wanted = {(table, key) for table, key in self._wanted if key not in self._told[table]}
        return bool(self._wanted) or any(
            each["state"] in ("running", "created", "restarting") and not each["sandbox"]
            for each in self._told["containers"].values()
        )

    def look(self) -> bool:
        """Ask the engine now, and tell what is new; says whether it knew anything.

        :raises WorkshopError: if it does not answer.
        """
        engine = self._make()
        found: dict[str, dict[str, Any]] = {table: {} for table in TABLES}
        for network in engine.get("/networks") or []:
            found["networks"][network["Id"]] = {"name": network["Name"], "driver": network["Driver"]}
        for each in engine.get("/containers/json?all=1") or []:
            self._container(engine, each, found)
        news: dict[str, dict[str, Any]] = {}
        for table in TABLES:
            new = {key: value for key, value in found[table].items() if self._told[table].get(key) != value}
            gone = {key: None for key in self._mine[table] & self._told[table].keys() - found[table].keys()}
            self._mine[table] = set(found[table])
            if new or gone:
                news[table] = {**new, **gone}
                for key, value in news[table].items():
                    self._note(table, key, value)
        if news:
            self._journal.append("docker", news)
        return any(found.values())

    def _container(self, engine: Any, listed: dict[str, Any], found: dict[str, dict[str, Any]]) -> None:
        identity = listed["Id"]
        name = ((listed.get("Names") or [""])[0]).lstrip("/")
        state = listed.get("State") or ""
        known = self._told["containers"].get(identity)
        sandbox, pid, networks = "", 0, (listed.get("NetworkSettings") or {}).get("Networks") or {}
        settled = known and known["state"] == state and known["name"] == name and known["sandbox"]
        ends = {each.get("EndpointID") for each in networks.values()} - {"", None}
        if settled and known and ends <= self._told["endpoints"].keys():
            sandbox, pid = known["sandbox"], known["pid"]
        else:
            try:
                whole = engine.get(f"/containers/{identity}/json")
            except WorkshopError:
                return  # it went while it was asked for
            settings = whole.get("NetworkSettings") or {}
            sandbox = settings.get("SandboxKey") or ""
            pid = (whole.get("State") or {}).get("Pid") or 0
            networks = settings.get("Networks") or networks
        found["containers"][identity] = {
            "name": name,
            "image": listed.get("Image") or "",
            "sandbox": sandbox,
            "pid": pid,
            "state": state,
        }
        for network in networks.values():
            if end := network.get("EndpointID"):
                found["endpoints"][end] = {
                    "network": network.get("NetworkID") or "",
                    "container": identity,
                    "name": name,
                }
