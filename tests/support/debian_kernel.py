"""Debian's own kernel, unpacked from its package and never installed: fetched once, by apt, and kept."""

from __future__ import annotations

import contextlib
import functools
import os
import platform
import re
import subprocess
import tempfile
from pathlib import Path

from tests.support.shell import Result, run

METAPACKAGE = "linux-image-amd64"
"""The Debian package that depends on the newest kernel of this machine's suite."""

PATH = f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin"
"""Where programs for root are, too."""


def folder() -> Path:
    """Where kernels are kept: ``WORKSHOP_VM_KERNELS``, or a folder under ``/var/tmp``."""
    return Path(os.environ.get("WORKSHOP_VM_KERNELS", "/var/tmp/docker-network-workshop/kernels"))


def _kept() -> list[Path]:
    return sorted((file.parent for file in folder().glob("*/complete")), key=lambda each: each.stat().st_mtime)


def missing() -> str | None:
    """Why there can be none here, or ``None``. It asks nobody: whether apt gets it, is seen when it is fetched."""
    if _kept() or _is_debian() or _apt("apt-cache", "show", METAPACKAGE).returncode == 0:
        return None
    return f"apt here has no package {METAPACKAGE}, which is Debian's"


def _is_debian() -> bool:
    with contextlib.suppress(OSError):
        return platform.freedesktop_os_release().get("ID") == "debian"
    return False


@functools.cache
def kernel() -> Path:
    """The unpacked package of a Debian kernel; fetched by apt if there is none yet.

    :raises AssertionError: with what apt says, if it cannot be fetched.
    """
    if kept := _kept():
        return kept[-1]
    own = folder() / "apt"  # where apt's lists are missing or out of date, and the machine's own are not ours to renew
    for place in ("lists/partial", "cache/archives/partial"):
        (own / place).mkdir(parents=True, exist_ok=True)
    fresh = ("-o", f"Dir::State::lists={own}/lists", "-o", f"Dir::Cache={own}/cache")
    said = ""
    for options in ((), fresh):
        if options:
            said += _apt("apt-get", "-q", *options, "update").stderr
        depends = _apt("apt-cache", *options, "depends", METAPACKAGE)
        name = re.search(r"Depends: (linux-image-\S+)", depends.stdout)
        said += depends.stderr if name else f"apt knows no package {METAPACKAGE}\n{depends.stderr}"
        if name:
            said += _fetch(name[1], options)
            if kept := _kept():
                return kept[-1]
    raise AssertionError(f"Debian's kernel cannot be fetched:\n{said}")


def _apt(*command: str, folder: Path | None = None) -> Result:
    """Run a program of apt. As root it would like to change to a user who may not write into our folder."""
    sandbox = ["-o", "APT::Sandbox::User=root"]
    return subprocess.run(
        [command[0], *sandbox, *command[1:]], cwd=folder, capture_output=True, text=True, timeout=600, check=False
    )


def _fetch(name: str, options: tuple[str, ...]) -> str:
    """Fetch and unpack a package, not install it; what apt complained of."""
    folder().mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=folder()) as made:
        fetched, new = _apt("apt-get", "-q", *options, "download", name, folder=Path(made)), Path(made) / "new"
        archives = list(Path(made).glob("*.deb"))
        if fetched.returncode or not archives:
            return fetched.stderr
        run("dpkg-deb", "-x", archives[0], new, timeout=300)
        if not (new / "lib").exists():  # later packages have everything under /usr
            (new / "lib").symlink_to("usr/lib")
        run("depmod", "-b", new, version(new), timeout=300, env={"PATH": PATH})
        (new / "complete").touch()
        with contextlib.suppress(OSError):  # someone else was quicker
            new.rename(folder() / name)
    return fetched.stderr


def version(package: Path) -> str:
    """The kernel's own name for itself, as its folder of modules is called."""
    return next((package / "lib/modules").iterdir()).name


def needed(package: Path, modules: tuple[str, ...]) -> list[Path]:
    """The files of some modules and of those that they need, in the order in which they are loaded."""
    found: list[Path] = []
    for module in modules:
        said = run("modprobe", "-d", package, "-S", version(package), "--show-depends", module, env={"PATH": PATH})
        files = [Path(line.split()[1]) for line in said.stdout.splitlines() if line.startswith("insmod ")]
        found += [file for file in files if file not in found]
    return found
