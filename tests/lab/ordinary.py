"""Being an ordinary user for the length of a function."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.lab.inside import call_in_lab
from workshop.kernel.namespaces import CLONE_NEWUSER, unshare

HERE = Path(__file__).parents[2]
NOBODY = 65534


def usable_by_nobody() -> bool:
    """Whether the machine's most ordinary user may run this Python and read this project."""
    words = [sys.executable, "-c", "import workshop.lab.reenter, pyroute2, waitress"]
    try:
        user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        done = subprocess.run(words, cwd=HERE, capture_output=True, **user)
    except PermissionError:
        return False
    return done.returncode == 0


def become_nobody(reachable: bool) -> None:
    """Be an ordinary user; one of a user namespace, if this Python is where only root may enter."""
    if reachable:
        os.setgroups([])
        os.setresgid(NOBODY, NOBODY, NOBODY)
        os.setresuid(NOBODY, NOBODY, NOBODY)
        return
    unshare(CLONE_NEWUSER)
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} 0 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} 0 1")


def as_nobody(function: Callable[[], Any]) -> Any:
    """What ``function`` gives in a process of an ordinary user."""
    reachable = usable_by_nobody()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            become_nobody(reachable)
            tempfile.tempdir = "/tmp"
            outcome: tuple[bool, Any] = (True, function())
        except BaseException as error:
            outcome = (False, str(error))
        with os.fdopen(writing, "wb") as pipe:
            pickle.dump(outcome, pipe)
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        good, value = pickle.load(pipe)
    os.waitpid(child, 0)
    if not good:
        pytest.fail(str(value), pytrace=False)
    return value


def in_lab_as(who: str, function: Callable[[], Any]) -> Any:
    """What ``function`` gives in the lab of ``"me"``, whoever runs the tests, or of an ``"ordinary user"``."""
    if who == "ordinary user" and os.geteuid() == 0:
        return as_nobody(lambda: call_in_lab(function))
    return call_in_lab(function)
