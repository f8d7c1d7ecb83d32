"""The kinds of tests: what each needs, how that is found out, and what to do where it is missing.

A test is of the kind of its marker (``@pytest.mark.kernel``), else of its folder's, else ``fast``. With several markers
it is of several kinds, and needs what all of them need.
"""

from __future__ import annotations

import functools
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.support import trees, vm
from tests.support.trees import VERSIONS

ALL, ENGINES = "WORKSHOP_TESTS", "WORKSHOP_ENGINES"
"""``WORKSHOP_TESTS=all``: leave nothing out. ``WORKSHOP_ENGINES=20.10,26.1``: which engines to test on."""

Probe = Callable[[], str | None]
"""Says in a few words what is missing, or ``None``."""


@dataclass(frozen=True)
class Kind:
    """One kind of tests: ``needs`` in words, ``missing`` looks for it, ``remedy`` is what to type."""

    name: str
    needs: str
    missing: Probe
    remedy: str


def _tries(*command: str) -> bool:
    try:
        return subprocess.run(command, capture_output=True, stdin=subprocess.DEVNULL, timeout=20).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def is_root() -> bool:
    """Whether this is the machine's root, not only a user namespace's."""
    return os.geteuid() == 0 and Path("/proc/self/uid_map").read_text().split() == ["0", "0", "4294967295"]


def no_namespaces() -> str | None:
    """Why network namespaces cannot be made by this process."""
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return "the programs unshare and ip are missing"
    return None if _tries("unshare", "--net", "ip", "link", "add", "ws-probe", "type", "bridge") else "not allowed"


def no_lab() -> str | None:
    """Why the lab cannot have namespaces of its own, be it with user namespaces."""
    if no_namespaces() is None:
        return None
    if shutil.which("unshare") is None or shutil.which("ip") is None:
        return "the programs unshare and ip are missing"
    probe = (
        "unshare",
        "--user",
        "--map-root-user",
        "--net",
        "ip",
        "link",
        "add",
        "ws-probe",
        "type",
        "bridge",
    )
    return None if _tries(*probe) else "this machine allows no user namespaces"


def no_browser() -> str | None:
    """Why there is no browser to drive."""
    if importlib.util.find_spec("playwright") is None:
        return "the Python package playwright is missing"
    return None if chromium() else "there is no chromium"


def chromium() -> str | None:
    """The browser's program: ``WORKSHOP_CHROMIUM``, or the machine's."""
    names = (os.environ.get("WORKSHOP_CHROMIUM"), "chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if name and (found := shutil.which(name))), None)


def _no_engine(version: str) -> str | None:
    if not is_root():
        return "it needs root"
    return trees.missing(version)


NAMESPACES = "run `sudo make test`, or without root `unshare --map-root-user --net --mount make test`"
KINDS = {
    kind.name: kind
    for kind in (
        Kind("fast", "nothing", lambda: None, ""),
        Kind("kernel", "to make network namespaces", no_namespaces, NAMESPACES),
        Kind(
            "lab",
            "to make network namespaces, as root or in a user namespace",
            no_lab,
            "allow user namespaces (`sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0` on Ubuntu), "
            "or run `sudo make test`",
        ),
        Kind("browser", "chromium", no_browser, "`sudo apt install chromium`"),
        *(
            Kind(
                f"engine {version}",
                f"root and Docker Engine {version}",
                functools.partial(_no_engine, version),
                "`sudo apt install docker.io debootstrap busybox-static`, then `sudo make test-engines`",
            )
            for version in VERSIONS
        ),
        Kind(
            "vm",
            "qemu, and Debian's kernel for x86-64",
            vm.missing,
            f"`sudo apt install {' '.join(sorted(set(vm.PROGRAMS.values())))}`",
        ),
    )
}
"""Every kind by name."""

FOLDERS = {"kernel": "kernel", "lab": "lab", "browser": "browser", "engines": "engine", "vm": "vm"}
"""Which kind the tests of a folder are of, if no marker says otherwise."""

MARKERS = {name: kind.needs for name, kind in KINDS.items() if " " not in name} | {"engine": "root and Docker Engine"}


@functools.cache
def missing(name: str) -> str | None:
    """What a kind lacks on this machine, or ``None``; found out once."""
    return KINDS[name].missing()


def engines_asked_for() -> list[str]:
    """The engine versions to test on: ``WORKSHOP_ENGINES``, or the one that Debian 12 has."""
    asked = os.environ.get(ENGINES, VERSIONS[0]).replace(",", " ").split()
    unknown = [version for version in asked if version not in VERSIONS]
    if unknown:
        raise ValueError(f"{ENGINES}: there is no engine {', '.join(unknown)}; known: {', '.join(VERSIONS)}")
    return asked
