"""What Docker is told of the managed plugin: ``config.json``, as ``docker plugin create`` reads it."""

from __future__ import annotations

from typing import Any

STATE = "/var/lib/docker-network-workshop"
"""Where the plugin keeps its store. Docker has it outside of the root file system, and keeps it from start to start."""

SETTINGS = (
    ("DRIVER", "all", "Kind of network; with `all`, `-o type=` chooses."),
    ("SCOPE", "global", "Reach of networks: `global` for a Swarm, `local` for one host."),
    ("LOG_LEVEL", "info", "What goes to Docker's log: `info`, `warning` or `error`."),
    ("DASHBOARD", "off", "HOST:PORT of the dashboard, or `off`."),
)
"""What can be set: the variable, its default, and what it is for."""

CAPABILITIES = ("CAP_NET_ADMIN", "CAP_SYS_ADMIN")
"""What it asks for beside what Docker gives to every container: links, addresses and rules; and to make its root file
system read-only. After that, ``entry.py`` gives the second away, and of Docker's what is not needed."""


def config(entrypoint: list[str], interfaces: list[str]) -> dict[str, Any]:
    """The whole of ``config.json``. ``interfaces`` are what Plugin.Activate answers."""
    types = {"NetworkDriver": "docker.networkdriver/1.0", "IpamDriver": "docker.ipamdriver/1.0"}
    return {
        "description": "A Docker network plugin you can see through",
        "documentation": "docs/swarm.md",
        "entrypoint": entrypoint,
        "workdir": "/",
        "interface": {"types": [types[each] for each in interfaces if each in types], "socket": "workshop.sock"},
        "network": {"type": "host"},
        "propagatedMount": STATE,
        "linux": {"capabilities": list(CAPABILITIES), "allowAllDevices": False, "devices": None},
        "mounts": [
            {
                "name": "scratch",
                "description": "Files of the moment, in memory",
                "type": "tmpfs",
                "source": "tmpfs",
                "destination": "/tmp",
                "options": ["nosuid", "nodev", "size=64m"],
            },
        ],
        "env": [
            {"name": name, "description": meaning, "settable": ["value"], "value": default}
            for name, default, meaning in SETTINGS
        ]
        + [{"name": "PYTHONHOME", "description": "Where Python is", "settable": None, "value": "/usr"}],
        "args": {"name": "", "description": "", "settable": None, "value": None},
    }
