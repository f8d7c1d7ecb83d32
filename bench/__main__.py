"""``python -m bench [SECTION ...]``: measure, print one table, write ``bench.json``."""

from __future__ import annotations

import importlib
import json
import os
import platform
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from bench.rows import LeftOut, Row

SECTIONS = (
    "commands",
    "start",
    "routes",
    "each_driver",
    "run_ratio",
    "traffic",
    "ipvlan",
    "browser",
    "idle",
    "calls",
    "picture",
    "pixel",
    "course",
    "long_session",
)
WRITTEN = Path("bench.json")
ANSWERS = {True: "yes", False: "NO", None: ""}


def main(wanted: list[str]) -> int:
    """Measure the sections; 1 if one failed though the machine has what it needs."""
    unknown = [name for name in wanted if name not in SECTIONS]
    if unknown:
        print(f"There is no section {', '.join(unknown)}; there are {', '.join(SECTIONS)}.", file=sys.stderr)
        return 2
    console, failed = Console(), False
    found: dict[str, list[Row]] = {}
    left_out: dict[str, str] = {}
    for name in wanted or SECTIONS:
        module = importlib.import_module(f"bench.{name}")
        console.print(f"measuring: {module.TITLE} ...", style="dim")
        try:
            rows = module.measure()
            found[module.TITLE] = [row for row in rows if isinstance(row, Row)]
            left_out |= {f"{module.TITLE}, in part": str(row) for row in rows if isinstance(row, LeftOut)}
        except LeftOut as reason:
            left_out[module.TITLE] = str(reason)
        except Exception as error:
            failed = True
            left_out[module.TITLE] = f"it failed: {error}"
    console.print(_table(found))
    for title, reason in left_out.items():
        console.print(f"left out: {title}: {reason}", markup=False, soft_wrap=True)
    WRITTEN.write_text(json.dumps(_record(found, left_out), indent=2) + "\n")
    console.print(f"written to {WRITTEN}", style="dim")
    return int(failed)


def _table(found: dict[str, list[Row]]) -> Table:
    table = Table("name", title="Benchmarks")
    for column in ("value", "unit", "goal", "ok", "samples"):
        table.add_column(column, justify="right" if column in ("value", "goal", "samples") else "left")
    for title, rows in found.items():
        table.add_row(title, style="bold")
        for row in rows:
            goal = "" if row.goal is None else f"{'≥' if row.least else '≤'} {row.goal:g}"
            value = f"{row.value:.3g}"
            table.add_row(f"  {row.name}", value, row.unit, goal, ANSWERS[row.ok], str(row.samples))
        table.add_section()
    return table


def _record(found: dict[str, list[Row]], left_out: dict[str, str]) -> dict[str, object]:
    return {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "machine": {
            "kernel": platform.release(),
            "python": platform.python_version(),
            "cores": os.cpu_count(),
        },
        "sections": {title: [row.as_dict() for row in rows] for title, rows in found.items()},
        "left_out": left_out,
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
