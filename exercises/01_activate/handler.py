"""Exercise 1: Docker has found your socket and asks what you are."""

from workshop.course.host import Host
from workshop.protocol.types import ActivateAnswer, Empty


def activate(request: Empty, host: Host) -> ActivateAnswer:
    """Plugin.Activate: the first call that a plugin gets. It has no body."""
    # TODO: say which of Docker's interfaces this plugin implements.
    return {"Implements": []}
