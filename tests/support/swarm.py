"""Two real engines in one Swarm, joined by a cable, each with the managed plugin in global scope."""

from __future__ import annotations

import contextlib
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.cable import FAR4, NEAR4, Cable
from tests.support.engine import IMAGE, Engine
from tests.support.leftovers import store_rows
from tests.support.managed import NAME, Managed
from tests.support.shell import until

SLEEP = ("sleep", "600")


class Node:
    """An engine of the Swarm, with its plugin and its address on the cable."""

    def __init__(self, version: str, address: str, folder: Path) -> None:
        self.engine, self.address = Engine(version), address
        self.plugin = Managed(self.engine, folder)
        self.docker = self.engine.docker

    def up(self) -> None:
        """Start the engine, and the plugin in it."""
        self.engine.up()
        self.plugin.start()

    def run(self, name: str, network: str) -> str:
        """Start a container that sleeps, and give its address."""
        self.docker("run", "-d", "--name", name, "--net", network, IMAGE, *SLEEP)
        return self.engine.inspect(name)["NetworkSettings"]["Networks"][network]["IPAddress"]

    def pings(self, container: str, target: str, *, tries: int = 15) -> bool:
        """Whether one of some pings from a container here is answered."""
        once = f"ping -c 1 -W 1 -w 2 {target}"
        script = f"i=1; until {once}; do [ $i -lt {tries} ] || exit 1; i=$((i + 1)); sleep 1; done"
        return self.docker("exec", container, "sh", "-c", script, check=False).returncode == 0

    def containers(self, service: str) -> list[str]:
        """The containers here of a service that run."""
        return self.docker("ps", "-q", "--filter", f"label=com.docker.swarm.service.name={service}").stdout.split()

    def peers(self) -> set[str]:
        """The addresses to which tunnels here send what is for everybody."""
        return set(re.findall(r"^00:00:00:00:00:00 .* ?dst (\S+)", self._fdb(), re.MULTILINE))

    def _fdb(self) -> str:
        links = re.findall(r"\b(wst\w{10})\b", self.engine.exec("ip", "-o", "link").stdout)
        return "".join(self.engine.exec("bridge", "fdb", "show", "dev", link).stdout for link in set(links))

    def rows(self, table: str) -> list[str]:
        """What the plugin's store has in a table: the first column."""
        rows = (row.split() for row in store_rows(self.plugin.state_dir))
        return sorted(row[1] for row in rows if row[0] == table)

    def left(self) -> list[str]:
        """All that is here of our networks."""
        links = re.findall(r"\bws[bhct]\w{10}\b", self.engine.exec("ip", "-o", "link").stdout)
        rules = [line for line in self.engine.exec("nft", "list", "ruleset").stdout.splitlines() if "WORKSHOP" in line]
        rows = [row for row in store_rows(self.plugin.state_dir) if not row.startswith("nodes ")]
        return [*links, *rules, *rows]


class Swarm:
    """The manager, and the worker that is told to join it."""

    def __init__(self, manager: str, worker: str, folder: Path) -> None:
        self.manager, self.worker = Node(manager, NEAR4, folder), Node(worker, FAR4, folder)
        self.nodes = self.manager, self.worker

    def up(self) -> Swarm:
        """Start both, and join them."""
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(Node.up, self.nodes))
        self.cable = Cable(self.manager.engine.namespace, self.worker.engine.namespace)
        self.manager.docker("swarm", "init", "--advertise-addr", NEAR4)
        self.join()
        return self

    def join(self) -> None:
        """Have the worker join, and wait until the manager says that it is ready."""
        token = self.manager.docker("swarm", "join-token", "-q", "worker").stdout.strip()
        self.worker.docker("swarm", "join", "--token", token, "--advertise-addr", FAR4, f"{NEAR4}:2377")
        assert until(lambda: self.states().count("ready") == 2, 60), self.states()

    def leave(self) -> None:
        """Have the worker leave, and the manager forget it."""
        self.worker.docker("swarm", "leave")
        assert until(lambda: "down" in self.states(), 60), self.states()
        for key in self.manager.docker("node", "ls", "-q", "--filter", "role=worker").stdout.split():
            self.manager.docker("node", "rm", "-f", key)

    def states(self) -> list[str]:
        """What the manager says of each node: ``ready``, ``down``."""
        return [node["Status"]["State"] for node in self.manager.engine.api("GET", "/nodes")[1]]

    def network(self, name: str, *options: str) -> str:
        """Make a network for the whole Swarm, and give its ID."""
        return self.manager.docker(*("network", "create", "-d", NAME, "--attachable", *options, name)).stdout.strip()

    def remove(self, network: str) -> None:
        """Remove a network, once nobody uses it any more."""
        assert until(
            lambda: self.manager.docker("network", "rm", network, check=False).returncode == 0, 60, every=0.5
        ), self.manager.docker("network", "rm", network, check=False).stderr

    def down(self) -> None:
        """Take all of it away."""
        for node in reversed(self.nodes):
            with contextlib.suppress(Exception):
                node.docker("swarm", "leave", "-f", check=False)
            with contextlib.suppress(Exception):
                node.plugin.down()
            node.engine.down()


def vni_of(node: Node, network: str) -> int:
    """The VNI of the tunnel that a network has on a node."""
    said = node.engine.exec("ip", "-j", "-d", "link", "show", f"wst{network[:10]}").stdout
    return json.loads(said)[0]["linkinfo"]["info_data"]["id"]
