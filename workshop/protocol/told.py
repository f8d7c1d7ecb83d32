"""What Docker tells its user when a plugin answers an error: for each route the text that its command line shows.

The practice engine words its errors with these, and the dashboard explains an error with them. They are taken from what
Docker 20.10, 26.1 and 28.5 printed (tests/transcripts).
"""

from __future__ import annotations

from dataclasses import dataclass

PREFIX = "Error response from daemon: "
"""What Docker's command line puts before whatever its engine refuses."""

SETTING_UP = "failed to set up container networking: "
"""What stands before an error while a container starts, from ``SETTING_UP_SINCE`` on."""

SETTING_UP_SINCE = "28"

BY_STATUS = "{route}: {said}"
"""The failure of an answer whose HTTP status is not 200, whatever the interface."""

BY_FIELD = {"VolumeDriver": "{said}"}
"""By interface: the failure that an answer told as ``Err`` (or ``Error``); of the others it is ``BY_FIELD_ELSE``."""

BY_FIELD_ELSE = "remote: {said}"


@dataclass(frozen=True)
class Told:
    """What becomes of a failed call. ``text`` is what the user is shown, empty if it is only logged.

    In it are ``{failure}`` (as of ``failure``), ``{container}``, ``{network}`` (names), ``{endpoint}`` (the whole ID),
    ``{volume}``, ``{place}`` (where that is mounted already; mostly empty) and ``{address}`` (the one asked for).
    ``starting``: it comes up while a container starts. ``until`` is the last Docker that shows it (empty: all); later
    ones only log it. ``note`` says when it is told otherwise.
    """

    text: str = ""
    starting: bool = False
    until: str = ""
    note: str = ""


LOGGED = Told()

TOLD: dict[str, Told] = {
    "Plugin.Activate": Told("{failure}"),
    "NetworkDriver.GwAllocCheck": Told("{failure}"),
    "NetworkDriver.CreateNetwork": Told("{failure}"),
    "NetworkDriver.CreateEndpoint": Told("failed to create endpoint {container} on network {network}: {failure}", True),
    "NetworkDriver.Join": Told("{failure}", True),
    "NetworkDriver.EndpointOperInfo": Told(
        "Updating join info failed: {failure}", True, "26.1", "So right after Join; at other times it is only logged."
    ),
    "NetworkDriver.ProgramExternalConnectivity": Told(
        "driver failed programming external connectivity on endpoint {container} ({endpoint}): {failure}", True
    ),
    "IpamDriver.GetDefaultAddressSpaces": Told("failed to get default address space: {failure}"),
    "IpamDriver.RequestPool": Told("{failure}"),
    "IpamDriver.RequestAddress": Told(
        "{failure}", True, note="Of an `--aux-address` it names that first: `failed to allocate secondary ip address`."
    ),
    "VolumeDriver.Create": Told("create {volume}: {failure}"),
    "VolumeDriver.Mount": Told("error while mounting volume '{place}': {failure}"),
    "VolumeDriver.Remove": Told("remove {volume}: {failure}"),
}
"""By route; those that are not in here are ``LOGGED``."""

GATEWAY = Told("failed to allocate gateway ({address}): {failure}")
"""Of IpamDriver.RequestAddress, where the address is to be a gateway's."""


def failure(route: str, said: str, status: int = 200) -> str:
    """How Docker words a plugin's failure: ``said`` is the text of ``Err``, else the body as it came."""
    words = BY_STATUS if status != 200 else BY_FIELD.get(route.partition(".")[0], BY_FIELD_ELSE)
    return words.format(route=route, said=said)


def told(route: str) -> Told:
    """What becomes of an error that this route answers."""
    return TOLD.get(route, LOGGED)
