"""Where Docker Engines of three generations come from: this machine's own, or small Debian trees.

A tree is a root folder of about 300 MB with one Debian suite's ``docker.io``. It is made once, by
debootstrap, from the mirror that this machine's apt uses.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from pathlib import Path

from tests.support.shell import run

SUITES = {"20.10": "bookworm", "26.1": "trixie", "28.5": "forky"}
"""The Debian suite that has each version."""

VERSIONS = tuple(SUITES)
_PACKAGES = "docker.io,iptables,iproute2,ca-certificates"


def folder() -> Path:
    """Where trees are kept: ``WORKSHOP_ENGINE_TREES``, or a folder under ``/var/tmp``."""
    return Path(os.environ.get("WORKSHOP_ENGINE_TREES", "/var/tmp/docker-network-workshop/engines"))


def _version_of(program: str) -> str:
    try:
        said = subprocess.run([program, "--version"], capture_output=True, text=True, timeout=20).stdout
    except OSError:
        return ""
    found = re.search(r"version (\d+\.\d+)", said)
    return found[1] if found else ""


@functools.cache
def machine_has(version: str) -> bool:
    """Whether this machine's own dockerd is of that version."""
    return bool(shutil.which("dockerd")) and _version_of("dockerd") == version


def client(version: str, root: Path) -> Path:
    """The docker client of an engine's own version, if there is one: a newer one refuses some options.

    Raises FileNotFoundError if there is no client at all.
    """
    folders = [
        root / "usr/bin",
        root / "usr/local/bin",
        *map(Path, os.environ.get("PATH", "").split(os.pathsep)),
    ]
    found = [path for folder in folders if os.access(path := folder / "docker", os.X_OK)]
    if not found:
        raise FileNotFoundError("there is no docker client; `apt install docker.io` has one")
    return next((path for path in found if _version_of(str(path)) == version), found[0])


def missing(version: str) -> str | None:
    """Why an engine of that version cannot be had here, or ``None``."""
    lacking = [name for name in ("ip", "iptables", "nsenter", "busybox") if shutil.which(name) is None]
    if not machine_has(version) and not _is_made(tree(version)):
        lacking += [name for name in ("debootstrap",) if shutil.which(name) is None]
        if not lacking and mirror() is None:
            return "apt's sources name no Debian mirror; give its address as DEBIAN_MIRROR"
    return f"missing: {', '.join(lacking)}" if lacking else None


def tree(version: str) -> Path:
    """The folder of a version's tree, be it made yet or not."""
    return folder() / f"tree-{SUITES[version]}"


def _is_made(root: Path) -> bool:
    return (root / "usr/sbin/dockerd").exists() and (root / "usr/bin/docker").exists()


def mirror() -> str | None:
    """The address of the Debian mirror that apt uses here, or ``DEBIAN_MIRROR``."""
    if given := os.environ.get("DEBIAN_MIRROR"):
        return given
    etc = Path("/etc/apt")
    files = [
        *sorted((etc / "sources.list.d").glob("*.sources")),
        *sorted((etc / "sources.list.d").glob("*.list")),
    ]
    for file in [*files, etc / "sources.list"]:
        text = file.read_text(errors="replace") if file.exists() else ""
        for found in re.finditer(r"^(?:URIs:|deb(?: \[[^\]]*\])?)\s+(\S+/debian/?)(?:\s|$)", text, re.MULTILINE):
            return found[1]
    return None


def root_of(version: str) -> Path:
    """The root folder that holds an engine of that version: ``/``, or a tree that is made if need be."""
    if machine_has(version):
        return Path("/")
    root = tree(version)
    if not _is_made(root):
        _make(SUITES[version], root)
    return root


def _make(suite: str, root: Path) -> None:
    address = mirror()
    assert address, "no Debian mirror"
    shutil.rmtree(root, ignore_errors=True)
    new = root.with_name(root.name + ".new")
    shutil.rmtree(new, ignore_errors=True)
    new.mkdir(parents=True)
    scripts = Path("/usr/share/debootstrap/scripts")
    known = scripts / suite if (scripts / suite).exists() else scripts / "sid"
    packages = _PACKAGES if suite == "bookworm" else _PACKAGES + ",docker-cli"
    command = ["debootstrap", "--variant=minbase", f"--include={packages}"]
    if not Path("/usr/share/keyrings/debian-archive-keyring.gpg").exists():
        command.append("--no-check-gpg")  # Ubuntu does not know Debian's keys
    env = {"DEBIAN_FRONTEND": "noninteractive"}
    result = run(*command, suite, new, address, known, check=False, timeout=900, env=env)
    if result.returncode or not _is_made(new):
        # a suite newer than this machine's keys
        shutil.rmtree(new)
        new.mkdir()
        run(*command, "--no-check-gpg", suite, new, address, known, timeout=900, env=env)
    for archive in (new / "var/cache/apt/archives").glob("*.deb"):
        archive.unlink()
    new.rename(root)
