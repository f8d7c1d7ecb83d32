"""The bodies of every call, as TypedDicts with the wire's own names.

They are what an editor completes in a handler, what requests are validated against, and where the reference
page takes each field's meaning, example and age from. A field without ``since`` is as old as the API, Docker
1.7.
"""

from typing import Annotated, Any, Literal, NotRequired, TypedDict

from msgspec import Meta


def about(meaning: str, example: Any, since: str = "", **limits: Any) -> Meta:
    """Describe one field: its meaning, an example value, and the Docker version it first appeared in."""
    return Meta(description=meaning, examples=[example], extra={"since": since} if since else None, **limits)


NETWORK = "56aaf7d6a1c04e6b8f4b2d3c9e5f60718293a4b5c6d7e8f9001122334482fb85"
ENDPOINT = "1738df3e5a7c9b1d3f507192b3d4f5061728394a5b6c7d8e9f0a1b2c3dff0905"

NetworkID = Annotated[
    str,
    about(
        "The network. 64 hex digits for a local network, 25 letters and digits for one of Swarm's.",
        NETWORK,
        min_length=1,
    ),
]
EndpointID = Annotated[
    str,
    about(
        "The endpoint: one container's attachment to one network. New at each start of the container.",
        ENDPOINT,
        min_length=1,
    ),
]
NetworkOptions = Annotated[
    dict[str, Any] | None,
    about(
        "What the user asked for. `-o key=value` pairs are under `com.docker.network.generic`; beside it "
        "`com.docker.network.enable_ipv4` (28.0+), `com.docker.network.enable_ipv6` and "
        "`com.docker.network.internal`.",
        {"com.docker.network.enable_ipv6": False, "com.docker.network.generic": {"mtu": "1400"}},
    ),
]
EndpointOptions = Annotated[
    dict[str, Any] | None,
    about(
        "Labels of the endpoint: `com.docker.network.portmap` (a list of PortBinding) and "
        "`com.docker.network.endpoint.exposedports` (a list of ExposedPort), and options of "
        "`docker network connect`.",
        {"com.docker.network.portmap": [{"Proto": 6, "Port": 80, "HostPort": 8080, "HostPortEnd": 8080}]},
    ),
]


class Failed(TypedDict):
    """What every answer may be instead: the call failed."""

    Err: Annotated[
        str,
        about("Why it failed. Docker shows it to its user, a network driver's as `remote: …`.", "no such parent: eth7"),
    ]


class Empty(TypedDict):
    """No fields: an answer must still be a JSON object, `{}`."""


class ActivateAnswer(TypedDict):
    """Which of Docker's plugin APIs this process answers."""

    Implements: Annotated[
        list[str],
        about(
            "The APIs: `NetworkDriver`; `IpamDriver` and `VolumeDriver` may stand beside it.",
            ["NetworkDriver", "IpamDriver"],
        ),
    ]


class CapabilitiesAnswer(TypedDict):
    """How far the driver's networks reach."""

    Scope: Annotated[
        Literal["local", "global"],
        about(
            "`local`: a network lives on one host. `global`: Swarm's managers allocate it for all hosts. "
            "Anything else: Docker does not register the driver.",
            "local",
        ),
    ]
    ConnectivityScope: NotRequired[
        Annotated[
            Literal["local", "global"],
            about("Whether containers reach each other across hosts. Default: as Scope.", "local", "17.06"),
        ]
    ]
    GwAllocChecker: NotRequired[
        Annotated[bool, about("Whether Docker may call GwAllocCheck before it chooses gateways.", True, "28.0")]
    ]


class GwAllocCheckRequest(TypedDict):
    """The options of a network that is about to be created."""

    Options: NotRequired[NetworkOptions]


class GwAllocCheckAnswer(TypedDict):
    """Which gateway addresses the driver has no use for, so that IPAM keeps them for containers."""

    SkipIPv4: NotRequired[Annotated[bool, about("No IPv4 gateway is wanted.", False, "28.0")]]
    SkipIPv6: NotRequired[Annotated[bool, about("No IPv6 gateway is wanted.", False, "28.0")]]


class IPAMData(TypedDict):
    """One pool of addresses of a network."""

    AddressSpace: NotRequired[
        Annotated[str | None, about("IPAM's name for the space that the pool is cut from.", "LocalDefault")]
    ]
    Pool: NotRequired[Annotated[str | None, about("The subnet, in CIDR notation.", "10.9.0.0/24")]]
    Gateway: NotRequired[
        Annotated[
            str | None,
            about("The gateway's address, with its mask. Absent for a pool without one.", "10.9.0.1/24"),
        ]
    ]
    AuxAddresses: NotRequired[
        Annotated[
            dict[str, str] | None,
            about("Addresses by name that IPAM gives to no container, with mask.", {"router": "10.9.0.200/24"}),
        ]
    ]


class CreateNetworkRequest(TypedDict):
    """A network that the user asked for."""

    NetworkID: NetworkID
    Options: NotRequired[NetworkOptions]
    IPv4Data: NotRequired[
        Annotated[
            list[IPAMData] | None,
            about("Its IPv4 pools.", [{"Pool": "10.9.0.0/24", "Gateway": "10.9.0.1/24"}]),
        ]
    ]
    IPv6Data: NotRequired[
        Annotated[
            list[IPAMData] | None,
            about("Its IPv6 pools.", [{"Pool": "fd00:9::/64", "Gateway": "fd00:9::1/64"}]),
        ]
    ]


class NetworkRequest(TypedDict):
    """Names a network."""

    NetworkID: NetworkID


class AllocateNetworkRequest(TypedDict):
    """A network that a Swarm manager is about to announce to all nodes."""

    NetworkID: NetworkID
    Options: NotRequired[
        Annotated[dict[str, str] | None, about("The user's `-o key=value` pairs themselves.", {"vni": "4242"})]
    ]
    IPv4Data: NotRequired[Annotated[list[IPAMData] | None, about("Its IPv4 pools.", [{"Pool": "10.10.0.0/24"}])]]
    IPv6Data: NotRequired[Annotated[list[IPAMData] | None, about("Its IPv6 pools, or null.", None)]]


class AllocateNetworkAnswer(TypedDict):
    """What the manager decided for all nodes."""

    Options: NotRequired[
        Annotated[
            dict[str, str] | None,
            about(
                "Every node's CreateNetwork gets these under `com.docker.network.generic`; those not "
                "answered are lost.",
                {"vni": "4242"},
            ),
        ]
    ]


class EndpointInterface(TypedDict):
    """Addresses of an endpoint."""

    Address: NotRequired[Annotated[str | None, about("IPv4 address with mask; empty: none.", "10.9.0.3/24")]]
    AddressIPv6: NotRequired[Annotated[str | None, about("IPv6 address with mask; empty: none.", "fd00:9::3/64")]]
    MacAddress: NotRequired[
        Annotated[str | None, about("MAC address; empty: the driver may choose.", "02:42:0a:09:00:03")]
    ]


class CreateEndpointRequest(TypedDict):
    """A container is about to be attached to a network."""

    NetworkID: NetworkID
    EndpointID: EndpointID
    Interface: NotRequired[
        Annotated[
            EndpointInterface | None,
            about("What Docker chose. A driver may fill in only what is empty here.", {"Address": "10.9.0.3/24"}),
        ]
    ]
    Options: NotRequired[EndpointOptions]


class CreateEndpointAnswer(TypedDict):
    """What the driver chose."""

    Interface: NotRequired[
        Annotated[
            EndpointInterface | None,
            about(
                "Only what the request left empty. Echoing a value, even the same, makes Docker roll back "
                "with `driver modified interface address`.",
                {"MacAddress": "d2:da:26:c3:a1:9e"},
            ),
        ]
    ]


class EndpointRequest(TypedDict):
    """Names an endpoint of a network."""

    NetworkID: NetworkID
    EndpointID: EndpointID


class OperInfoAnswer(TypedDict):
    """What is worth knowing about an endpoint."""

    Value: NotRequired[
        Annotated[
            dict[str, Any] | None,
            about("Any object; Docker keeps it for its own diagnostics.", {"mtu": 1500}),
        ]
    ]


class JoinRequest(TypedDict):
    """The container's network namespace is there: say what goes into it."""

    NetworkID: NetworkID
    EndpointID: EndpointID
    SandboxKey: NotRequired[
        Annotated[
            str | None,
            about("Path of the container's network namespace.", "/var/run/docker/netns/0a1b2c3d4e5f"),
        ]
    ]
    Options: NotRequired[EndpointOptions]


class InterfaceName(TypedDict):
    """Which link Docker moves into the container, and what it is called there."""

    SrcName: Annotated[str, about("The link's name on the host, as the driver made it.", "wsc1738df3e5a")]
    DstPrefix: NotRequired[
        Annotated[str | None, about("Its name in the container, without the number that Docker appends.", "eth")]
    ]
    DstName: NotRequired[Annotated[str | None, about("Its whole name in the container.", "lan0", "28.1")]]


class StaticRoute(TypedDict):
    """A route that Docker adds in the container."""

    Destination: Annotated[str, about("Where to, in CIDR notation.", "10.200.0.0/16")]
    RouteType: NotRequired[Annotated[int, about("0: by a next hop. 1: directly connected.", 0)]]
    NextHop: NotRequired[Annotated[str | None, about("The next hop's address, for RouteType 0.", "10.9.0.1")]]


class JoinAnswer(TypedDict):
    """What Docker sets up in the container."""

    InterfaceName: NotRequired[
        Annotated[
            InterfaceName | None,
            about("The link to move into the container.", {"SrcName": "wsc1738df3e5a", "DstPrefix": "eth"}),
        ]
    ]
    Gateway: NotRequired[Annotated[str | None, about("IPv4 default gateway, without a mask.", "10.9.0.1")]]
    GatewayIPv6: NotRequired[Annotated[str | None, about("IPv6 default gateway, without a mask.", "fd00:9::1")]]
    StaticRoutes: NotRequired[
        Annotated[
            list[StaticRoute] | None,
            about("Further routes.", [{"Destination": "10.201.0.0/16", "RouteType": 1}]),
        ]
    ]
    DisableGatewayService: NotRequired[
        Annotated[
            bool | None,
            about(
                "Without a gateway, Docker adds a second interface on `docker_gwbridge`; true prevents it.",
                False,
            ),
        ]
    ]


class ProgramExternalConnectivityRequest(TypedDict):
    """Make an endpoint reachable from outside."""

    NetworkID: NetworkID
    EndpointID: EndpointID
    Options: NotRequired[EndpointOptions]


class NodeDiscovery(TypedDict):
    """A node of the cluster."""

    Address: NotRequired[Annotated[str | None, about("The node's address.", "10.77.0.3")]]
    BindAddress: NotRequired[Annotated[str | None, about("The address it listens on; empty for others.", "10.77.0.3")]]
    Self: NotRequired[Annotated[bool, about("Whether it is the node that is told.", True)]]


class DiscoveryRequest(TypedDict):
    """Something in the cluster came or went."""

    DiscoveryType: Annotated[int, about("1: a node. Others are for Docker's own drivers.", 1)]
    DiscoveryData: NotRequired[
        Annotated[
            dict[str, Any] | None,
            about("For type 1, a NodeDiscovery.", {"Address": "10.77.0.3", "Self": False}),
        ]
    ]


class PortBinding(TypedDict):
    """One published port: an element of `com.docker.network.portmap`."""

    Proto: Annotated[int, about("6: TCP. 17: UDP. 132: SCTP.", 6)]
    IP: NotRequired[Annotated[str | None, about("The container's address; empty as Docker sends it.", "")]]
    Port: Annotated[int, about("The port in the container.", 80, ge=0, le=65535)]
    HostIP: NotRequired[Annotated[str | None, about("The host's address to publish on; empty: all.", "")]]
    HostPort: NotRequired[Annotated[int, about("First port on the host; 0: any free one.", 8080, ge=0, le=65535)]]
    HostPortEnd: NotRequired[
        Annotated[int, about("Last port of the range to choose from; 0: as HostPort.", 8080, ge=0, le=65535)]
    ]


class ExposedPort(TypedDict):
    """An element of `com.docker.network.endpoint.exposedports`."""

    Proto: Annotated[int, about("6: TCP. 17: UDP. 132: SCTP.", 17)]
    Port: Annotated[int, about("The port in the container.", 53, ge=0, le=65535)]
