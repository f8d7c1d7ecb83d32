"""What one has to type to run this program, from where one is."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from pathlib import Path

_WRITTEN = re.compile(r"(?<![\w/.-])python -m workshop(?![.\w])")
"""How commands of ours are written in texts that do not know where they are read."""


def us(folder: Path | None = None) -> str:
    """The program as it is called in a folder (default: the current one): ``python -m workshop``, if that is it.

    Else with the interpreter's path, from that folder where it is below, such as ``.venv/bin/python``.
    """
    interpreter = str(Path(sys.executable).absolute())  # not resolved: an environment's is a link to another
    found = shutil.which("python")
    if found is not None and str(Path(found).absolute()) == interpreter:
        return "python -m workshop"
    try:
        below = os.path.relpath(interpreter, folder or Path.cwd())
    except OSError:  # the current folder is gone
        below = os.pardir
    return f"{shlex.quote(interpreter if below.startswith(os.pardir) else below)} -m workshop"


def as_typed(text: str) -> str:
    """A text with the commands of ours in it as they are typed here."""
    ours = us()
    return _WRITTEN.sub(lambda _: ours, text)
