"""What a user may ask of a VXLAN network with ``-o``: what a bridge takes, and what the tunnel needs."""

from __future__ import annotations

import ipaddress
from dataclasses import replace

from workshop.drivers import options
from workshop.drivers.bridge_options import OPTIONS as BRIDGE
from workshop.drivers.options import Option

HIGHEST_VNI = (1 << 24) - 1
DOCKERS_PORT = 4789
HOST, OWN = "host", "own"


def host_address(text: str) -> str:
    """An address that one host can have."""
    found = ipaddress.ip_address(options.address(text))
    if found.is_multicast or found.is_unspecified:
        raise ValueError("the address of a host, such as 192.0.2.11")
    return str(found)


def host_addresses(text: str) -> tuple[str, ...]:
    """Hosts' addresses, each once, in the order given."""
    try:
        return tuple(dict.fromkeys(host_address(part) for part in text.split(",") if part.strip()))
    except ValueError:
        raise ValueError("addresses of hosts, such as 192.0.2.11,192.0.2.12") from None


def group(text: str) -> str:
    """An address that many hosts listen to."""
    try:
        found = ipaddress.ip_address(options.address(text))
    except ValueError:
        found = None
    if found is None or not found.is_multicast:
        raise ValueError("a multicast address, such as 239.1.1.1 or ff05::1:1")
    return str(found)


def namespace(text: str) -> str:
    """Whose namespace it is."""
    if text not in (HOST, OWN):
        raise ValueError(f"{HOST} or {OWN}")
    return text


def _of_bridge(name: str, **changed: object) -> Option:
    found = next(option for option in BRIDGE if option.names[0] == name)
    return replace(found, **changed)  # type: ignore[arg-type]


OPTIONS = (
    options.kind("vxlan"),
    Option(
        ("vni",),
        "vni",
        "The network's number in its packets, the same on every host; without it, one that is free here.",
        f"1 to {HIGHEST_VNI}; not in use by another network",
        None,
        options.whole_number(1, HIGHEST_VNI),
    ),
    Option(
        ("peers",),
        "peers",
        "Addresses of the other hosts, beside those that Docker tells of; this host's own may be among them.",
        "192.0.2.11,192.0.2.12; all of IPv4 or all of IPv6",
        (),
        host_addresses,
    ),
    Option(
        ("group",),
        "group",
        "Multicast address by which the hosts find each other, instead of peers.",
        "239.1.1.1, ff05::1:1",
        "",
        group,
    ),
    Option(
        ("local",),
        "local",
        "This host's address that the tunnel's packets carry; without it, the one by which it reaches the peers.",
        "an address of this host",
        "",
        host_address,
    ),
    Option(
        ("parent",),
        "parent",
        "Link that the tunnel's packets leave by; its first address is the local one.",
        "a link of this host that is up",
        None,
        options.link_name,
    ),
    Option(
        ("port",),
        "port",
        "UDP port of the tunnel, the same on every host.",
        "1 to 65535",
        DOCKERS_PORT,
        options.whole_number(1, 65535),
    ),
    Option(
        ("namespace",),
        "namespace",
        "Where bridge and tunnel are: in the host's namespace, or in the network's own, as Docker's overlay has them.",
        "host, own",
        HOST,
        namespace,
    ),
    Option(
        ("proxy_arp",),
        "proxy_arp",
        "Whether this host answers for containers behind the tunnel that it knows, instead of asking all hosts.",
        "true, false",
        False,
        options.boolean,
    ),
    _of_bridge(
        "mtu",
        meaning="Largest packet, in bytes, in the network; without it, the underlay's less 50, or over IPv6 less 70.",
        default=None,
    ),
    *(_of_bridge(name) for name in ("bridge", "icc", "masquerade", "gateway", "host_ip", "prefix", "routes")),
)
