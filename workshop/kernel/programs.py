"""Running a program such as ``nft`` in a namespace."""

from __future__ import annotations

import os
import shutil
import subprocess

from workshop.kernel.namespaces import Namespace

PACKAGES = {"nft": "nftables", "iptables": "iptables", "ip": "iproute2", "dot": "graphviz"}
"""The Debian package that brings each program."""

_PATH = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin"])  # users have no sbin


def find(program: str) -> str | None:
    """The path of a program, or ``None``."""
    return shutil.which(program, path=_PATH)


def how_to_get(program: str) -> str:
    """The command that installs a program."""
    return f"apt install {PACKAGES.get(program, program)}"


class ProgramError(Exception):
    """A program ended with an error; the text is what it said, on one line."""


def run(namespace: Namespace, *command: str, given: str = "") -> str:
    """Run ``command`` in ``namespace`` with ``given`` as its input, and give what it printed.

    :raises ProgramError: if it is not installed, ends with another status than 0, or takes longer than 10 s.
    """
    program = find(command[0])
    if program is None:
        raise ProgramError(f"the program {command[0]} is missing: {how_to_get(command[0])}")
    try:
        with namespace.entered():  # the child is born where the thread is
            done = subprocess.run(
                [program, *command[1:]], input=given, capture_output=True, text=True, timeout=10, check=False
            )
    except subprocess.TimeoutExpired:
        raise ProgramError(f"{command[0]} did not end within 10 s") from None
    if done.returncode != 0:
        said = " ".join((done.stderr or done.stdout).split())
        raise ProgramError(said[:300] or f"{command[0]} ended with status {done.returncode}")
    return done.stdout
