"""Step mode as a browser asks for it, over HTTP with the session's token; and what each fault leads to."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from tests.support.shell import until
from workshop.dashboard.guard import TOKEN_HEADER
from workshop.kernel.namespaces import Namespace


class Steps:
    """The routes of one session whose dashboard is at ``url()``, asked from within ``namespace``, if one is given."""

    def __init__(self, url: Callable[[], str], namespace: Namespace | None = None) -> None:
        self._url, self._namespace = url, namespace

    def ask(
        self, path: str = "", body: Any = None, method: str | None = None, token: str | None = None
    ) -> tuple[int, dict[str, Any]]:
        """Ask a route under ``/api/step``: the status, and the JSON of the answer."""
        base, _, own = self._url().partition("/#token=")
        headers = {"Content-Type": "application/json", TOKEN_HEADER: own if token is None else token}
        data = None if body is None else json.dumps(body).encode()
        request = Request(f"{base}/api/step{path}", data=data, headers=headers, method=method)

        def send() -> tuple[int, dict[str, Any]]:
            try:
                with urlopen(request, timeout=10) as answer:
                    return answer.status, json.loads(answer.read())
            except HTTPError as error:
                return error.code, json.loads(error.read())

        return self._namespace.run(send) if self._namespace else send()

    def add(self, **rule: Any) -> None:
        """Add a rule."""
        status, said = self.ask("/rules", rule)
        assert status == 200, said

    def clear(self) -> None:
        """Take all rules away, and let all that is held go."""
        self.ask("/rules", method="DELETE")
        self.ask("/release", {})

    def release(self, call: int, fault: str | None = None) -> None:
        """Let one call go."""
        status, said = self.ask("/release", {"call": call, "fault": fault})
        assert status == 200, said

    def held(self) -> list[dict[str, Any]]:
        """The calls that are held now."""
        return self.ask()[1]["held"]

    def wait_for(self, *methods: str, seconds: float = 30) -> list[dict[str, Any]]:
        """Wait until calls of just these methods are held, in whatever order; they."""

        def are() -> bool:
            return sorted(one["route"].partition(".")[2] for one in self.held()) == sorted(methods)

        assert until(are, seconds), f"held: {[one['route'] for one in self.held()]}"
        return self.held()


@dataclass(frozen=True)
class Case:
    """A fault in the place of one method's answer: whether Docker's command fails, and which calls come after it."""

    fault: str
    method: str
    fails: bool = True
    follow: tuple[str, ...] = ()


CASES = (
    Case("err", "CreateNetwork"),
    Case("err", "CreateEndpoint"),
    Case("err", "Join", follow=("DeleteEndpoint",)),
    Case("err", "Leave", fails=False, follow=("DeleteEndpoint",)),
    Case("gateway", "Join", follow=("Leave", "DeleteEndpoint")),
    Case("echo", "CreateEndpoint", follow=("DeleteEndpoint",)),
    Case("link", "Join", follow=("Leave", "DeleteEndpoint")),
    Case("404", "CreateEndpoint"),
    Case("404", "ProgramExternalConnectivity", fails=False),
    Case("delay", "CreateNetwork", fails=False),
    Case("death", "CreateEndpoint"),
)
"""Each fault at least once, as the table of faults has it."""

COMMANDS = {"CreateNetwork": "create", "Leave": "remove"}
"""Which docker command leads to a method's call; where none is named, ``run``."""
