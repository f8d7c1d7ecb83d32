"""What a user may ask of a bridge network with ``-o``: the names that Docker's own driver knows work too."""

from __future__ import annotations

from workshop.drivers import options
from workshop.drivers.options import Option

OPTIONS = (
    options.kind("bridge"),
    Option(
        ("mtu", "com.docker.network.driver.mtu"),
        "mtu",
        "Largest packet, in bytes, of the bridge and its containers' interfaces.",
        "68 to 65535; 1280 at least with IPv6",
        1500,
        options.whole_number(68, 65535),
    ),
    Option(
        ("bridge", "com.docker.network.bridge.name"),
        "bridge",
        "Name of the bridge; without it, one made from the network's ID.",
        "1 to 15 characters; not in use by another link",
        None,
        options.link_name,
    ),
    Option(
        ("icc", "com.docker.network.bridge.enable_icc"),
        "icc",
        "Whether the network's containers reach each other; false isolates the bridge's ports.",
        "true, false",
        True,
        options.boolean,
    ),
    Option(
        ("masquerade", "com.docker.network.bridge.enable_ip_masquerade"),
        "masquerade",
        "Whether what containers send outside carries the host's address.",
        "true, false",
        True,
        options.boolean,
    ),
    Option(
        ("gateway",),
        "gateway",
        "Whether the host is the gateway: false gives the bridge no address and containers no default route.",
        "true, false",
        True,
        options.boolean,
    ),
    Option(
        ("host_ip", "com.docker.network.bridge.host_binding_ipv4"),
        "host_ip",
        "Address of the host on which ports are published, unless -p names one; without it, all addresses.",
        "an IP address",
        "",
        options.address,
    ),
    Option(
        ("prefix", "com.docker.network.container_iface_prefix"),
        "prefix",
        "What interfaces in containers are called, before their number.",
        "1 to 12 characters",
        "eth",
        options.link_prefix,
    ),
    Option(
        ("routes",),
        "routes",
        "Further routes of each container.",
        "'10.1.0.0/16 via 10.9.0.1, 10.2.0.0/16'",
        (),
        options.static_routes,
    ),
)
