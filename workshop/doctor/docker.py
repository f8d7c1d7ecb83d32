"""Checks of Docker and of the packet filter that it uses."""

from __future__ import annotations

import os
import re

from workshop.doctor.check import Result, Status, ok, warning
from workshop.doctor.machine import Machine
from workshop.errors import WorkshopError

OLDEST = (20, 10)
_HOW = "Install it with `sudo apt install docker.io`; the lab works without."


def docker(machine: Machine) -> Result:
    """Whether a Docker is reachable here that can use the plugin."""
    path = machine.docker_socket
    if path is None:
        return warning("DOCKER_HOST names another machine", "Unset it: a plugin runs on its Docker's own machine.")
    if not os.path.exists(path):  # noqa: PTH110  may raise for folders that are not ours to look into
        return warning(f"nothing listens at {path}", _HOW if not machine.find("docker") else "Start Docker.")
    if not os.access(path, os.W_OK):
        return warning(f"{path} is not for this user", "Use sudo, or `sudo usermod -aG docker $USER` and log in again.")
    try:
        said = machine.docker()
    except WorkshopError as error:
        return warning(error.message, "Start Docker: `sudo systemctl start docker`.")
    version = str(said.get("Version", "unknown"))
    numbers = tuple(int(number) for number in re.findall(r"\d+", version)[:2])
    if numbers and numbers < OLDEST:
        return warning(version, "Install Docker 20.10 or newer; older ones were never tried.")
    return ok(f"{version} at {path}")


def iptables_backend(machine: Machine) -> Result:
    """Which kind of tables `iptables` writes to, and which of them holds Docker's rules."""
    program = machine.find("iptables")
    if program is None:
        return warning("iptables is not installed", "Docker needs it: `sudo apt install iptables`.")
    said = machine.run(program, "--version").strip()
    backend = "nft" if "nf_tables" in said else "legacy"
    if not machine.root:
        return Result(Status.OK, f"{backend} (whose tables hold Docker's rules, only root can see)")
    holders = [name for name in ("nft", "legacy") if _holds(machine, name)]
    if not holders:
        return ok(f"{backend}; no rules of Docker's yet")
    if holders != [backend]:
        return warning(
            f"{backend} is in effect, Docker's rules are in {' and '.join(holders)}",
            f"`sudo update-alternatives --set iptables /usr/sbin/iptables-{holders[0]}`; restart Docker.",
        )
    return ok(f"{backend}, and Docker's rules are there")


def _holds(machine: Machine, backend: str) -> bool:
    """Whether such tables hold Docker's chains. Listing legacy tables that are not there makes them."""
    if backend == "legacy" and "filter" not in (machine.read("/proc/net/ip_tables_names") or "").split():
        return False
    program = machine.find(f"iptables-{backend}-save")
    return program is not None and ":DOCKER" in machine.run(program, "-t", "filter")
