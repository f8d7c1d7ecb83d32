"""How long a command takes to say what it can do."""

from __future__ import annotations

import subprocess
import sys
import time

from bench.rows import Row, median

TITLE = "commands"
RUNS = 11


def measure() -> list[Row]:
    """``python -m workshop --help``, as a whole process."""
    seconds = []
    for _ in range(RUNS):
        began = time.perf_counter()
        subprocess.run([sys.executable, "-m", "workshop", "--help"], check=True, capture_output=True)
        seconds.append(time.perf_counter() - began)
    return [Row("python -m workshop --help", median(seconds) * 1000, "ms", 200, RUNS)]
