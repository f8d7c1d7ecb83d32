"""What is measured of ipvlan, on Debian's own kernel in a virtual machine, where this machine's kernel has none.

All in there takes many times longer, since the processor is emulated. What Docker's own driver takes is measured in
there too, so the ratios say what they would say here.
"""

from __future__ import annotations

import json

from bench.places import ONLY, VERSION, need
from bench.rows import Row
from tests.support import trees
from tests.support.vm import VM

TITLE = "ipvlan, on Debian's kernel in a virtual machine"
SECTIONS = ("traffic", "each_driver")
LONGEST = 1500
"""Seconds that the measurements may take in there."""


def measure() -> list[Row]:
    """The rows of these sections that are about ipvlan."""
    need("vm", f"engine {VERSION}")
    trees.root_of(VERSION)  # it would be made there, where there is no network
    vm = VM()
    try:
        vm.start()
        vm.python("-m", "bench", *SECTIONS, timeout=LONGEST, env={ONLY: "ipvlan"})
        record = json.loads(vm.run("cat", "bench.json").stdout)
    finally:
        vm.stop()
    if record["left_out"]:
        raise AssertionError("; ".join(record["left_out"].values()))
    fields = ("name", "value", "unit", "goal", "samples", "least")
    return [Row(**{key: row[key] for key in fields}) for rows in record["sections"].values() for row in rows]
