"""Exercise 2: Docker knows that you are a network driver. Now it asks how far your networks reach."""

from workshop.course.host import Host
from workshop.protocol.types import CapabilitiesAnswer, Empty


def get_capabilities(request: Empty, host: Host) -> CapabilitiesAnswer:
    """NetworkDriver.GetCapabilities: the second call that a plugin gets. It has no body."""
    scope = ""  # TODO: how far does a network reach whose bridge is on one host?
    return {"Scope": scope}
