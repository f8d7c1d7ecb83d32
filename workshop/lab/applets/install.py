"""Putting the stand-ins into a folder, as programs."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

HERE = Path(__file__).parent
PROGRAMS = {
    "ip": "ip_show.py",
    "ping": "ping.py",
    "ping6": "ping.py",
    "wget": "get.py",
    "httpd": "httpd.py",
    "nc": "nc.py",
}
"""What stands in for each program."""


def install(folder: Path) -> None:
    """Write one executable file per program into ``folder``; it calls this Python, wherever it is."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, script in PROGRAMS.items():
        path = folder / name
        words = " ".join(shlex.quote(str(word)) for word in (sys.executable, "-I", "-S", HERE / script))
        path.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        path.chmod(0o755)
