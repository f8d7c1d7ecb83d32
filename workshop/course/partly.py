"""What a scenario does where this machine can judge only a part of it: the verdict says which part was not judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workshop.course import asked
from workshop.course.asked import Asked
from workshop.kernel import lacking

if TYPE_CHECKING:
    from workshop.course.station import Station


class Partly:
    """Part of ``Run``, which has ``station``, ``checks`` and what else is used here."""

    station: Station
    checks: tuple[str, ...]
    passed: list[str]
    left_out: dict[str, str]
    host: str
    _since: int

    def lacks(self, kind: str) -> bool:
        """Whether this kernel has no links of a kind that sits on another link: ``ipvlan``, ``macvlan``."""
        return lacking.lacks(kind)

    def leave_out(self, *keys: str, why: str) -> None:
        """Say that checks are not judged on this machine, for which nobody is to blame.

        ``why`` is a sentence or two with the remedy, which the verdict tells once. What has passed already, stays so.
        """
        for key in keys:
            if key not in self.checks:
                raise AssertionError(f"the check {key!r} is not in the scenario's `checks`")
            if key not in self.passed:
                self.left_out[key] = why

    def asked(self, kind: str) -> list[Asked]:
        """The links of a kind that the kernel was asked for in this scenario, whatever it said, oldest first.

        It is read from the commands; of what a handler tells the kernel over a socket of its own there are none.
        """
        found: list[Asked] = []
        for event in self.station.journal.since(self._since):
            if event.kind == "kernel" and event.data.get("host") in (None, self.host):
                found += asked.links(event.data["command"], event.data["error"])
        return [each for each in found if each.kind == kind]

    def remember(self, endpoint: dict[str, Any]) -> None:
        """Have the plugin remember an endpoint that could not be made here, by its CreateEndpoint request.

        So the calls that would come next can be asked all the same.
        """
        self.station.plugin.host.store.endpoints.put(endpoint["EndpointID"], endpoint)
