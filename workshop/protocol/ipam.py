"""The routes of Docker's IPAM driver API, which the same process may answer beside the network driver's.

They differ from the network driver's: no body says which network it is about, and a failure is told as ``Error``.
"""

from __future__ import annotations

from typing import Annotated, NotRequired, TypedDict

from workshop.protocol.routes import Route
from workshop.protocol.types import Empty, about

GATEWAY = "com.docker.network.gateway"
"""What ``RequestAddressType`` says of a gateway's address, and under which key ``Data`` may name a pool's gateway."""

PoolID = Annotated[str, about("The pool, by the name that the driver gave it in RequestPool.", "local/10.9.0.0/24")]


class IpamFailed(TypedDict):
    """What every answer of an IPAM driver may be instead: the call failed. `Err` in it means nothing to Docker."""

    Error: Annotated[str, about("Why it failed. Docker shows it to its user as `remote: …`.", "10.9.0.5 is taken")]


class IpamCapabilitiesAnswer(TypedDict):
    """What the driver needs of Docker."""

    RequiresMACAddress: NotRequired[
        Annotated[
            bool,
            about("Whether Docker is to choose a container's MAC address first, and to tell it.", False, "1.10"),
        ]
    ]
    RequiresRequestReplay: NotRequired[
        Annotated[
            bool,
            about(
                "Whether Docker is to repeat the requests of all its networks when it starts, for a driver that "
                "forgets.",
                False,
                "1.11",
            ),
        ]
    ]


class AddressSpacesAnswer(TypedDict):
    """What the driver calls its two address spaces. Pools of one space do not overlap."""

    LocalDefaultAddressSpace: NotRequired[
        Annotated[str | None, about("The space of networks that are on one host.", "local")]
    ]
    GlobalDefaultAddressSpace: NotRequired[
        Annotated[str | None, about("The space of networks that span hosts.", "global")]
    ]


class RequestPoolRequest(TypedDict):
    """A network needs addresses of one IP version."""

    AddressSpace: NotRequired[Annotated[str | None, about("One of the driver's spaces.", "local")]]
    Pool: NotRequired[
        Annotated[str | None, about("The subnet that the user asked for: `--subnet`; empty: any.", "10.9.0.0/24")]
    ]
    SubPool: NotRequired[
        Annotated[
            str | None,
            about(
                "The part of it that addresses are to be taken from: `--ip-range`; empty: all of it.",
                "10.9.0.128/25",
            ),
        ]
    ]
    Options: NotRequired[
        Annotated[dict[str, str] | None, about("The user's `--ipam-opt key=value` pairs.", {"colour": "blue"})]
    ]
    V6: NotRequired[Annotated[bool, about("Whether a subnet of IPv6 is meant, if none is named.", False)]]


class RequestPoolAnswer(TypedDict):
    """The pool that the network has now."""

    PoolID: Annotated[str, about("What the driver calls it from now on.", "local/10.9.0.0/24")]
    Pool: Annotated[str, about("The subnet, in CIDR notation.", "10.9.0.0/24")]
    Data: NotRequired[
        Annotated[
            dict[str, str] | None,
            about(f"`{GATEWAY}`, with a mask, if the driver names the gateway here.", {}),
        ]
    ]


class ReleasePoolRequest(TypedDict):
    """Names a pool."""

    PoolID: PoolID


class RequestAddressRequest(TypedDict):
    """A gateway or a container needs an address."""

    PoolID: PoolID
    Address: NotRequired[
        Annotated[str | None, about("The one asked for (`--ip`, `--gateway`), without a mask; empty: any.", "10.9.0.5")]
    ]
    Options: NotRequired[
        Annotated[
            dict[str, str] | None,
            about(f"`RequestAddressType` is `{GATEWAY}` for a gateway.", {"RequestAddressType": GATEWAY}),
        ]
    ]


class RequestAddressAnswer(TypedDict):
    """The address that is taken now."""

    Address: Annotated[str, about("The address with the mask that the container's interface gets.", "10.9.0.5/24")]
    Data: NotRequired[Annotated[dict[str, str] | None, about("Nothing that Docker reads.", {})]]


class ReleaseAddressRequest(TypedDict):
    """Names an address of a pool."""

    PoolID: PoolID
    Address: Annotated[str, about("The address, without a mask.", "10.9.0.5")]


def _driver(*row: object, since: str = "1.9") -> Route:
    return Route("IpamDriver", *row, since=since, prefix="ipam_", error="Error")  # type: ignore[arg-type]


IPAM_ROUTES: tuple[Route, ...] = (
    _driver(
        "GetCapabilities",
        None,
        IpamCapabilitiesAnswer,
        "What the driver needs of Docker.",
        "Right after Activate. Docker remembers the answer until it is restarted.",
        "The driver is taken for one that needs nothing.",
        since="1.10",
    ),
    _driver(
        "GetDefaultAddressSpaces",
        None,
        AddressSpacesAnswer,
        "What the driver's address spaces are called.",
        "Right after Activate; from 26.1 on whenever a network is created instead, in 28.5 before each pool too.",
        "`docker network create --ipam-driver` fails.",
    ),
    _driver(
        "RequestPool",
        RequestPoolRequest,
        RequestPoolAnswer,
        "Give a network a subnet of its own.",
        "`docker network create --ipam-driver`, before CreateNetwork: once for each `--subnet`, and for each IP "
        "version that has none.",
        "`docker network create` fails and shows the text.",
    ),
    _driver(
        "ReleasePool",
        ReleasePoolRequest,
        Empty,
        "Take a subnet back, with all addresses in it.",
        "`docker network rm`, before DeleteNetwork, and when the network could not be made.",
        "Only logged: a pool that was not taken back leaks.",
    ),
    _driver(
        "RequestAddress",
        RequestAddressRequest,
        RequestAddressAnswer,
        "Give out one address: the one that is asked for, or any.",
        "After RequestPool for the gateway and each `--aux-address`; before CreateEndpoint for the container.",
        "The network is not made, or the container is not started, and the text is shown.",
    ),
    _driver(
        "ReleaseAddress",
        ReleaseAddressRequest,
        Empty,
        "Take one address back.",
        "After DeleteEndpoint; before ReleasePool for the gateway and each `--aux-address`.",
        "Only logged: an address that was not taken back leaks.",
    ),
)
