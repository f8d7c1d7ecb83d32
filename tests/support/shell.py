"""Running programs for tests, here or in a network namespace, with an error that shows what they said."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

from workshop.kernel.namespaces import Namespace

Result = subprocess.CompletedProcess[str]

PATIENCE = "WORKSHOP_TESTS_PATIENCE"
"""An environment variable: how many times longer all may take, as where the processor is emulated."""


def patience() -> float:
    """By how much time limits are to be stretched here."""
    return float(os.environ.get(PATIENCE, 1))


class CommandFailed(AssertionError):
    """A program ended with another code than 0; its message shows the command and all that it said."""

    def __init__(self, result: Result) -> None:
        command = " ".join(str(word) for word in result.args)
        super().__init__(f"`{command}` ended with {result.returncode}\n{result.stdout}{result.stderr}")
        self.result = result


def run(
    *command: str | Path,
    check: bool = True,
    timeout: float = 60,
    env: dict[str, str] | None = None,
) -> Result:
    """Run a program and give what it said as text. ``env`` is added to the environment.

    :raises CommandFailed: if it ended with another code than 0 and ``check`` is true.
    """
    result = subprocess.run(
        [str(word) for word in command],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout * patience(),
        env={**os.environ, **(env or {})},
    )
    if check and result.returncode:
        raise CommandFailed(result)
    return result


def path_of(namespace: Namespace) -> str:
    """A path by which other programs can find a namespace that this process holds open."""
    return f"/proc/{os.getpid()}/fd/{namespace.descriptor}"


def inside(namespace: Namespace, *command: str | Path, check: bool = True, timeout: float = 60) -> Result:
    """Run a program in a network namespace."""
    return run("nsenter", f"--net={path_of(namespace)}", *command, check=check, timeout=timeout)


def until(true: Callable[[], object], seconds: float = 10, every: float = 0.05) -> bool:
    """Wait until ``true()`` is so, at most ``seconds``; say whether it is."""
    end = time.monotonic() + seconds * patience()
    while not true():
        if time.monotonic() > end:
            return False
        time.sleep(every)
    return True
