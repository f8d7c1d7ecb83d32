"""What needs ipvlan, VLANs and dummies, on Debian's own kernel: the drivers alone, and with a real Docker Engine."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

import pytest

from tests.support import kinds, trees, tried
from tests.support.shell import PATIENCE
from tests.support.vm import VM

DRIVERS, ENGINES = "tests/drivers/on_debians_kernel.py", "tests/engines/on_debians_kernel.py"
"""Files of tests that run in the machine."""

RESULTS = "/run/tried.json"
"""Where these note, in the machine, what they tried."""


def passes(vm: VM, file: str, at_least: int, **settings: str) -> None:
    """Run a file of tests in the machine; all pass, and they are not fewer than is known."""
    arguments = ("-q", "-p", "no:cacheprovider", "--basetemp=/run/pytest")
    limits = {kinds.ALL: "all", PATIENCE: "5", **settings}  # the processor is emulated
    done = vm.python("-m", "pytest", *arguments, file, timeout=1800, check=False, env=limits)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    passed = re.search(r"^(\d+) passed in ", done.stdout, re.MULTILINE)
    assert passed and int(passed[1]) >= at_least, done.stdout


def test_drivers_pass_there(vm: VM):
    passes(vm, DRIVERS, 30)


@pytest.mark.vm  # as all in here; the mark lets it be chosen
@pytest.mark.parametrize("version", kinds.engines_asked_for())
def test_a_real_engine_passes_there(vm: VM, version: str, record_property: Callable[[str, object], None]):
    trees.root_of(version)  # it would be made here, not there: the machine has no network
    vm.run("rm", "-f", RESULTS)
    try:
        passes(vm, ENGINES, 7, **{kinds.ENGINES: version, tried.PLACE: RESULTS})
    finally:
        for result in json.loads(vm.run("cat", RESULTS, check=False).stdout or "{}").values():
            record_property(tried.PROPERTY, result)
