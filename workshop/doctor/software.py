"""Checks of what is installed: Python, libraries, programs, folders, ports."""

from __future__ import annotations

import importlib.metadata
import os
import socket
import sys
from pathlib import Path

from workshop import session
from workshop.doctor.check import Check, Result, Status, ok, problem, warning
from workshop.doctor.machine import DASHBOARD_PORT, Machine

OLDEST, NEWEST = (3, 11), (3, 14)
PLUGINS = Path("/run/docker/plugins")


def python(_: Machine) -> Result:
    """Whether this Python is one that the program is made for."""
    now = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < OLDEST:
        return problem(now, "Install Python 3.11 or newer: `sudo apt install python3`.")
    if sys.version_info[:2] > NEWEST:
        return warning(now, "It is newer than what this was tested with; 3.14 is known to work.")
    return ok(now)


LIBRARIES = (
    *("click", "Flask", "Flask-SocketIO", "graphviz", "Jinja2", "msgspec", "pyroute2", "rich"),
    *("simple-websocket", "waitress"),
)


def libraries(_: Machine) -> Result:
    """Whether the Python libraries are there that the program is made of."""
    missing = []
    for name in LIBRARIES:
        try:
            importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            missing.append(name)
    if missing:
        return problem(f"missing: {', '.join(missing)}", "Run `pip install .` in the project's folder.")
    return ok(f"all {len(LIBRARIES)} are there")


def browser_libraries(_: Machine) -> Result:
    """Whether the dashboard's JavaScript libraries were fetched."""
    from workshop import resources, vendor
    from workshop.errors import WorkshopError

    try:
        missing = vendor.missing(resources.path("static") / "vendor")
    except WorkshopError as error:
        return warning(error.message, error.remedy)
    if missing:
        return warning(f"missing: {', '.join(missing)}", vendor.REMEDY)
    return ok("all are there")


def state_dir(_: Machine) -> Result:
    """Whether store and journal can be written."""
    folder = session.state_dir()
    existing = _existing(folder)
    if os.access(existing, os.W_OK | os.X_OK) and existing.is_dir():
        return ok(f"{folder} {'is writable' if existing == folder else 'can be made'}")
    return warning(f"{folder} cannot be written", "Name another folder with --state-dir.")


def runtime_dir(_: Machine) -> Result:
    """Whether the commands can find a running session."""
    folder = session.runtime_dir()
    existing = _existing(folder)
    if existing == folder and (folder.is_symlink() or folder.stat().st_uid != os.geteuid()):
        return warning(f"{folder} belongs to someone else", "Remove it, or set XDG_RUNTIME_DIR.")
    if os.access(existing, os.W_OK | os.X_OK):
        return ok(str(folder))
    return warning(f"{folder} cannot be written", "Set XDG_RUNTIME_DIR to a folder of yours.")


def plugin_dir(machine: Machine) -> Result:
    """Whether `serve` can put its socket where Docker looks for it."""
    if os.access(_existing(PLUGINS), os.W_OK | os.X_OK):
        return ok(f"{PLUGINS} {'is writable' if PLUGINS.is_dir() else 'can be made'}")
    if machine.root:
        return warning(f"{PLUGINS} cannot be written", "Name another folder with `serve --plugin-dir`.")
    return warning(f"{PLUGINS} belongs to root", "Run `serve` with sudo; `demo` does not need it.")


def dashboard_port(machine: Machine) -> Result:
    """Whether the dashboard's usual port is free."""
    with socket.socket() as one:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind(("127.0.0.1", DASHBOARD_PORT))
        except OSError as error:
            running = machine.session
            if running and f":{DASHBOARD_PORT}" in str(running.get("dashboard")):
                return ok(f"port {DASHBOARD_PORT} serves the dashboard that runs now")
            return warning(
                f"port {DASHBOARD_PORT}: {error.strerror}",
                "Name another with `--dashboard 127.0.0.1:0`, which takes any free one.",
            )
    return ok(f"port {DASHBOARD_PORT} is free")


def _existing(path: Path) -> Path:
    """The path itself, or the nearest folder above that exists."""
    while not path.exists() and path != path.parent:
        path = path.parent
    return path


def program(name: str, package: str, why: str, *, wanted: bool = True, also: tuple[str, ...] = ()) -> Check:
    """A check for a program (or one of ``also``); if not ``wanted``, it may be missing without a warning."""

    def probe(machine: Machine) -> Result:
        for candidate in (name, *also):
            if path := machine.find(candidate):
                return ok(path)
        remedy = f"`sudo apt install {package}` brings it."
        return Result(Status.WARNING if wanted else Status.OK, "not installed", remedy)

    return Check(name, why, probe)
