"""Networks and containers of one test on a real engine: made with names of their own, removed at its end."""

from __future__ import annotations

import itertools
import sqlite3
from typing import Any

from tests.support.engine import IMAGE, Engine
from tests.support.plugin import Plugin
from tests.support.shell import Result, until
from workshop.kernel.namespaces import Namespace

_numbers = itertools.count(1)

SLEEP = ("--stop-signal", "KILL", IMAGE, "sleep", "6000")
"""A container that only waits, and ends at once when it is told to."""


class Container:
    """One container. ``sandbox`` is its network namespace, opened anew after each start."""

    def __init__(self, engine: Engine, name: str) -> None:
        self.engine, self.name = engine, name
        self._sandbox: tuple[int, Namespace] | None = None

    def attachment(self, network: str) -> dict[str, Any]:
        """What Docker tells of its attachment to a network."""
        return self.engine.inspect(self.name)["NetworkSettings"]["Networks"][network]

    def address(self, network: str, version: int = 4) -> str:
        """Its address on a network."""
        return self.attachment(network)["IPAddress" if version == 4 else "GlobalIPv6Address"]

    def sh(self, script: str, *, check: bool = True) -> Result:
        """Run a line of shell in it."""
        return self.engine.docker("exec", self.name, "sh", "-c", script, check=check)

    def pings(self, target: str, *, tries: int = 10) -> bool:
        """Whether one of some pings, one each second or two, is answered within a second.

        One try is enough where no answer is expected.
        """
        version = "-6" if ":" in target else "-4"
        once = f"ping {version} -c 1 -W 1 -w 2 {target}"  # it ends with its first packet, answered or not
        script = f"i=1; until {once}; do [ $i -lt {tries} ] || exit 1; i=$((i + 1)); sleep 1; done"
        return self.sh(script, check=False).returncode == 0

    @property
    def sandbox(self) -> Namespace:
        pid = self.engine.inspect(self.name)["State"]["Pid"]
        if self._sandbox and self._sandbox[0] != pid:
            self.close()
        if self._sandbox is None:
            self._sandbox = (pid, Namespace.of_process(pid))
        return self._sandbox[1]

    def close(self) -> None:
        """Let go of its namespace: while it is held, the kernel keeps what is in it."""
        if self._sandbox:
            self._sandbox[1].close()
            self._sandbox = None


class World:
    """One test's part of an engine."""

    def __init__(self, engine: Engine, plugin: Plugin) -> None:
        self.engine, self.plugin = engine, plugin
        self.networks: list[str] = []
        self._containers: list[Container] = []
        self.subnet = self.subnet6 = ""

    def new_name(self, kind: str = "t") -> str:
        """A name that nobody has."""
        return f"{kind}{next(_numbers)}"

    def network(self, *options: str, subnet: bool = True, ipv6: bool = False, driver: str | None = None) -> str:
        """Make a network with a subnet of its own (``self.subnet``, ``self.subnet6``) and give its name."""
        number = next(_numbers)
        name = f"n{number}"
        self.subnet, self.subnet6 = (
            f"10.{100 + number // 200}.{number % 200}.0/24",
            f"fd00:99:{number:x}::/64",
        )
        ranges = ["--subnet", self.subnet] if subnet else []
        ranges += ["--ipv6", "--subnet", self.subnet6] if ipv6 else []
        self.engine.docker("network", "create", "-d", driver or self.plugin.name, *ranges, *options, name)
        self.networks.append(name)
        return name

    def container(self, network: str, *options: str, name: str = "") -> Container:
        """Start a container on a network; it sleeps."""
        container = self.expect(name or self.new_name("c"))
        self.engine.docker("run", "-d", "--name", container.name, "--net", network, *options, *SLEEP)
        return container

    def expect(self, name: str) -> Container:
        """A container that the test makes by itself, under this name; it is removed as well."""
        container = Container(self.engine, name)
        self._containers.append(container)
        return container

    def calls(self, method: str) -> int:
        """How many calls of a method, such as ``Join``, the plugin's journal tells of."""
        database = sqlite3.connect(self.plugin.state_dir / "journal.db", timeout=5)
        try:
            query = "select count(*) from events where kind = 'call.started' and data like ?"
            return database.execute(query, (f'%"route":"NetworkDriver.{method}"%',)).fetchone()[0]
        finally:
            database.close()

    def remove(self) -> None:
        """Remove all that there is now. Raises CommandFailed if Docker refuses to remove a network."""
        for container in self._containers:
            container.close()
        if self._containers:
            names = [container.name for container in self._containers]
            self.engine.docker("rm", "-f", *names, check=False)
        there = self.engine.docker("network", "ls", "--format", "{{.Name}}").stdout.split()
        for network in self.networks:
            if network in there:
                assert until(lambda n=network: not self.engine.inspect(n)["Containers"], 60), network
                self.engine.docker("network", "rm", network)

    def close(self) -> None:
        """Remove all that is left of it. Raises CommandFailed if Docker refuses to remove a network."""
        self.remove()
