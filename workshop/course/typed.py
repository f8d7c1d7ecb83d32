"""A ``docker …`` line that the learner typed in the page, run in the lab as in a terminal."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from workshop.errors import UsageError

SECONDS = 30.0
"""How long a command may take."""

_STEP = 0.5  # seconds between two looks whether a call is held
LONGEST = 200_000
"""Characters of output that are kept, the last ones."""

_SHELL = {"|", "||", "&", "&&", ";", ">", ">>", "<", "2>", "2>&1"}


def words_of(line: str) -> list[str]:
    """The words after ``docker``. Raises UsageError if the line is no command of Docker's."""
    try:
        words = shlex.split(line, comments=True)
    except ValueError as error:
        raise UsageError(f"This line cannot be read: {error}.", "Close every quote.") from None
    if "docker" in words[:4] and words[1:3] == ["-m", "workshop"]:
        words = words[3:]
    if words[:1] == ["sudo"]:
        words = words[1:]
    if words[:1] != ["docker"]:
        raise UsageError("Only Docker's commands work here.", "Type `docker …`, such as `docker network ls`.")
    shell = next((word for word in words if word in _SHELL), None)
    if shell is not None:
        raise UsageError(f"There is no shell here, so {shell!r} means nothing.", "Type one command at a time.")
    return words[1:]


def run(
    line: str,
    socket: Path,
    *,
    real: bool = False,
    seconds: float = SECONDS,
    holds: Callable[[], bool] = lambda: False,
) -> dict[str, Any]:
    """Run a line at the engine behind ``socket``: ``{"code", "output"}``, both streams together.

    A ``real`` Docker is asked with its own client, if there is one, but for what begins with ``-H`` or ``--host``:
    that is for a host of the lab. What takes longer than ``seconds`` is ended, with the code 124; the time during which
    a call to the plugin is held (``holds()``) does not count.

    :raises UsageError: if it is no command of Docker's.
    """
    words = words_of(line)
    client = shutil.which("docker") if real and not "".join(words[:1]).startswith(("-H", "--host")) else None
    command = [client, "-H", f"unix://{socket}"] if client else [sys.executable, "-m", "workshop", "docker"]
    process = subprocess.Popen(
        [*command, *words],
        env={**os.environ, "WORKSHOP_DOCKER": str(socket), "WORKSHOP_SESSION": str(os.getpid()), "NO_COLOR": "1"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    left = seconds
    while left > 0:
        step = min(_STEP, left)
        try:
            output, _ = process.communicate(timeout=step)
            code = process.returncode
            break
        except subprocess.TimeoutExpired:
            left -= 0 if holds() else step
    else:
        process.kill()
        output, _ = process.communicate()
        output += f"\nIt took longer than {seconds:g} s and was ended; with `-d` a container goes on.\n".encode()
        code = 124
    return {"code": code, "output": output.decode("utf-8", "replace")[-LONGEST:]}
