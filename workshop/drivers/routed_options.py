"""What a user may ask of a routed network with ``-o``: as of a bridge network, but for what only a bridge has."""

from __future__ import annotations

from dataclasses import replace

from workshop.drivers import bridge_options, options

_MEANINGS = {
    "mtu": "Largest packet, in bytes, of the containers' interfaces and the host's ends of their pairs.",
    "icc": "Whether the network's containers reach each other; false: only the host, and what is outside.",
    "masquerade": "",
    "host_ip": "",
    "prefix": "",
    "routes": "",
}
"""The options by name, and what they mean here, if that is something else."""

OPTIONS = (
    options.kind("routed"),
    *(
        replace(option, meaning=_MEANINGS[option.attribute] or option.meaning)
        for option in bridge_options.OPTIONS
        if option.attribute in _MEANINGS
    ),
)
