"""The guided tour through the lab: what is typed, what is said about it, and whether it did what was said."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from workshop.cli import lines
from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace

SUBNET = "10.9.0.0/24"
PORT = 8080
LONGEST = 60
"""Seconds that a step may take."""


@dataclass(frozen=True)
class Step:
    """One step: what is said before, what is typed (or fetched, from outside), and what its output must hold."""

    title: str
    narration: str
    command: str
    expected: str = ""
    needs: str = ""


STEPS = (
    Step(
        "A network",
        "Docker asks the plugin for a network. The plugin makes a bridge and gives it the gateway's address.",
        f"docker network create -d workshop --subnet {SUBNET} shop",
    ),
    Step(
        "A container",
        "CreateEndpoint makes a veth pair, Join names its end. Docker moves that into the container and calls it eth0.",
        "docker run -d --name web --net shop busybox httpd -f -p 80",
    ),
    Step(
        "A second one",
        "The same calls again: another pair, another port of the bridge.",
        "docker run -d --name client --net shop busybox sleep 3600",
    ),
    Step(
        "The first ping",
        "No call to the plugin: the bridge carries it, as long as nothing in the firewall is in the way.",
        "docker exec client ping -c 2 web",
        expected="2 packets",
    ),
    Step(
        "A published port",
        "ProgramExternalConnectivity: the plugin lets the host's port lead to the container.",
        f"docker run -d --name shopfront --net shop -p {PORT}:80 busybox httpd -f -p 80",
        needs="nft",
    ),
    Step(
        "From outside",
        "Another machine asks the host, and the container answers.",
        "fetch http://{address}:%d/" % PORT,  # noqa: UP031
        expected="200",
        needs="nft",
    ),
    Step(
        "What the plugin knows",
        "EndpointOperInfo is where a plugin can tell what it knows; Docker shows the network's side.",
        "docker network inspect shop",
        expected='"web"',
    ),
    Step(
        "Leaving",
        "RevokeExternalConnectivity, Leave, DeleteEndpoint: pairs and ports go.",
        "docker rm -f web client shopfront",
    ),
    Step("The end", "DeleteNetwork: the bridge goes, and nothing is left.", "docker network rm shop"),
)


class Tour:
    """Runs the steps against one host's engine.

    ``pause`` is called between steps and may wait; it returns False to stop. ``say`` prints a line. ``stopped`` says
    whether the tour is to be broken off, in the middle of a step too.
    """

    def __init__(
        self,
        engine: Path,
        world: Namespace,
        address: str,
        say: Callable[[str], None],
        pause: Callable[[], bool],
        stopped: Callable[[], bool],
    ) -> None:
        self._engine, self._world, self._address = engine, world, address
        self._say, self._pause, self._stopped = say, pause, stopped

    def run(self, told: Callable[[str], None]) -> bool:
        """Take all steps; say whether each did what it should. ``told`` gets each narration as it begins."""
        good = True
        for number, step in enumerate(STEPS, 1):
            lacking = step.needs and not programs.find(step.needs)
            self._say(f"\n{number}/{len(STEPS)}  {step.title}")
            self._tell(step.narration)
            if lacking:
                remedy = programs.how_to_get(step.needs)
                self._tell(f"Left out: the program {step.needs} is missing. Get it with `{remedy}`.")
                continue
            told(f"{step.title}. {step.narration}")
            good = self._take(step) and good
            if self._stopped():
                return False
            if number < len(STEPS) and not self._pause():
                return good
        return good

    def _take(self, step: Step) -> bool:
        command = step.command.format(address=self._address)
        if not programs.find("nft"):
            command = command.replace(" shopfront", "")
        self._say(lines.command(f"$ {command}", lines.columns(), 5))
        code, output = self._fetch(command.split()[1]) if command.startswith("fetch ") else self._docker(command)
        if self._stopped():
            return False
        for line in output.splitlines()[:12]:
            self._tell(line.expandtabs(), 7)
        if len(output.splitlines()) > 12:
            self._tell(f"… {len(output.splitlines()) - 12} more lines", 7)
        if code != 0 or step.expected not in output:
            self._tell(
                f"Failed: it ended with {code}" + (f", and {step.expected!r} was expected." if not code else ".")
            )
            return False
        return True

    def _tell(self, text: str, indent: int = 5) -> None:
        """Say something behind an indent, in as many lines as the terminal asks for."""
        self._say(lines.prose(text, lines.columns(), indent))

    def _docker(self, command: str) -> tuple[int, str]:
        """What a learner would type, in a process of its own."""
        with subprocess.Popen(
            [sys.executable, "-m", "workshop", *shlex.split(command)],
            env={**os.environ, "WORKSHOP_DOCKER": str(self._engine)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,  # Ctrl-C is for the tour
        ) as process:
            deadline = time.monotonic() + LONGEST
            while True:
                try:
                    output, _ = process.communicate(timeout=0.1)
                    return process.returncode, output
                except subprocess.TimeoutExpired:
                    if self._stopped() or time.monotonic() > deadline:
                        process.kill()

    def _fetch(self, url: str) -> tuple[int, str]:
        """Ask from outside of the host, a few times, for a server may still be starting."""

        def ask() -> tuple[int, str]:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            error = ""
            for _ in range(20):
                if self._stopped():
                    break
                try:
                    with opener.open(url, timeout=3) as response:
                        return 0, f"{response.status} {response.reason}"
                except OSError as raised:
                    error = str(raised)
                    time.sleep(0.1)
            return 1, error

        return self._world.run(ask)
