"""The networks on the slides, made in the lab: ``python -m tests.deck.pictures`` records them.

Those that need another kernel are recorded in the virtual machine: ``python -m tests.vm.record_picture ipvlan``.
"""

from __future__ import annotations

import json
import re
import shlex
import sys
import time
from pathlib import Path
from typing import Any

from tests.support.lab_command import LabCommand, lab_command
from tests.support.pages import ROOT

FOLDER = ROOT / "slides" / "pictures"
CREATE = "docker network create -d workshop"
SLEEPS = "busybox sleep 600"
ACROSS = "-o type=vxlan -o vni=42 -o peers=192.0.2.10,192.0.2.11 --subnet 10.90.1.0/24"
RUN = (f"docker run -d --name bar --net cafe {SLEEPS}", f"docker run -d --name kitchen --net cafe {SLEEPS}")

PICTURES: dict[str, tuple[str, tuple[str, ...]]] = {
    "bridge": (
        "One host. Each container hangs on the bridge by a veth pair; eth0 is the way out.",
        (f"{CREATE} --subnet 10.90.1.0/24 cafe", *RUN),
    ),
    "vxlan": (
        "Two hosts, a bridge on each, and between the bridges a tunnel: VNI 42, over UDP.",
        (
            f"{CREATE} {ACROSS} --ip-range 10.90.1.64/26 cafe",
            f"docker -H beta network create -d workshop {ACROSS} --ip-range 10.90.1.128/26 cafe",
            RUN[0],
            f"docker -H beta run -d --name kitchen --net cafe {SLEEPS}",
        ),
    ),
    "macvlan": (
        "No bridge: each container sits on eth0, with a MAC address of its own.",
        (
            f"{CREATE} -o type=macvlan -o parent=eth0 --subnet 192.0.2.0/24 --gateway 192.0.2.1"
            " --ip-range 192.0.2.128/25 cafe",
            *RUN,
        ),
    ),
    "ipvlan": (
        "The same with one MAC address for all: the kernel tells them apart by their IP addresses.",
        (
            f"{CREATE} -o type=ipvlan -o parent=eth0 --subnet 192.0.2.0/24 --gateway 192.0.2.1"
            " --ip-range 192.0.2.128/25 cafe",
            *RUN,
        ),
    ),
    "routed": (
        "No bridge and no broadcasts: a veth pair and a route for each container.",
        (f"{CREATE} -o type=routed --subnet 10.90.1.0/24 cafe", *RUN),
    ),
}
"""Each picture: what is said below it, and the commands that make it."""

NEEDS = {"ipvlan": "ipvlan"}
"""What kind of link the kernel must have for a picture, where not every kernel has it."""


def lab_for(name: str) -> tuple[str, ...]:
    """The command whose lab a picture is made in: one with two hosts only where it needs them."""
    return ("slides",) if "-H beta" in " ".join(PICTURES[name][1]) else ("demo", "--no-tour")


def made(lab: LabCommand, name: str) -> dict[str, Any]:
    """The graph of a picture's network, made in the lab and removed again; of the hosts that have a part in it."""
    _, commands = PICTURES[name]
    try:
        for command in commands:
            lab.docker(*shlex.split(command)[1:])
        return _settled(lab, sum(" run -d " in command for command in commands))
    finally:
        for host in ((), ("-H", "beta")):
            lab.typed("docker", *host, "rm", "-f", "bar", "kitchen")
            lab.typed("docker", *host, "network", "rm", "cafe")


def _settled(lab: LabCommand, containers: int) -> dict[str, Any]:
    """The graph once all containers are in it with an address, and it no longer changes."""
    before: Any = None
    for _ in range(60):
        graph = json.loads(lab.typed("topology", "--format", "json").stdout)
        ours = [_plain(host) for host in graph["hosts"] if any(space["container"] for space in host["namespaces"])]
        spaces = [space for host in ours for space in host["namespaces"] if space["container"]]
        ready = [space for space in spaces if any(link["addresses"] for link in space["links"])]
        whole = {**graph, "hosts": ours, "seq": 0, "at": 0.0}
        if len(ready) == containers and reduced(whole) == before:
            return whole
        before = reduced(whole)
        time.sleep(0.3)
    raise TimeoutError("the lab's network does not come to rest")


def _plain(host: dict[str, Any]) -> dict[str, Any]:
    """The host without Docker's own bridge, which has no part in the picture."""
    spaces = [
        {**space, "links": [link for link in space["links"] if link["name"] != "docker0"]}
        for space in host["namespaces"]
    ]
    return {**host, "namespaces": spaces}


def reduced(graph: dict[str, Any]) -> Any:
    """What a picture shows, without what is different each time: IDs, MAC addresses, what was learned."""
    names = {
        link["id"]: _masked(link["name"])
        for host in graph["hosts"]
        for space in host["namespaces"]
        for link in space["links"]
    }
    return [
        [
            host["name"],
            sorted(
                [
                    (space["container"] or {}).get("name") or space["name"],
                    sorted(
                        [names[link["id"]], link["kind"], link["state"], link["mtu"], sorted(link["addresses"])]
                        + [names.get(link[key] or "", "") for key in ("master", "peer", "parent")]
                        for link in space["links"]
                    ),
                ]
                for space in host["namespaces"]
            ),
        ]
        for host in graph["hosts"]
    ]


def _masked(name: str) -> str:
    return re.sub(r"^(ws[a-z])[0-9a-f]{10}$", r"\1…", name)


def stored(name: str) -> dict[str, Any]:
    """A picture as it is kept."""
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def write(name: str, graph: dict[str, Any], folder: Path = FOLDER) -> None:
    """Keep a picture."""
    caption, commands = PICTURES[name]
    told = {"caption": caption, "commands": list(commands), "graph": graph}
    (folder / f"{name}.json").write_text(json.dumps(told, indent=1) + "\n")


def main(names: list[str]) -> None:
    """Record the pictures of these names, or all that any kernel can make; ``--print`` only prints the graph."""
    printed = names[:1] == ["--print"]
    for name in names[printed:] or [name for name in PICTURES if name not in NEEDS]:
        with lab_command(command=lab_for(name)) as lab:
            graph = made(lab, name)
        if printed:
            print(json.dumps(graph))
        else:
            write(name, graph)


if __name__ == "__main__":
    main(sys.argv[1:])
