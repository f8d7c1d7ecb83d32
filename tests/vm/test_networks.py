"""What needs ipvlan, VLANs and dummies, on Debian's own kernel: the drivers alone, and with a real Docker Engine."""

from __future__ import annotations

import re

import pytest

from tests.support import kinds
from tests.support.shell import PATIENCE
from tests.support.vm import VM

FILES = {"tests/drivers/on_debians_kernel.py": 30, "tests/engines/on_debians_kernel.py": 6}
"""Files of tests that run in the machine, and how many each has at least."""


@pytest.mark.parametrize("file", FILES)
def test_they_pass_there(vm: VM, file: str):
    arguments = ("-q", "-p", "no:cacheprovider", "--basetemp=/run/pytest")
    limits = {kinds.ALL: "all", PATIENCE: "5"}  # the processor is emulated
    done = vm.python("-m", "pytest", *arguments, file, timeout=1800, check=False, env=limits)
    assert done.returncode == 0, done.stdout[-20_000:] + done.stderr
    passed = re.search(r"^(\d+) passed in ", done.stdout, re.MULTILINE)
    assert passed and int(passed[1]) >= FILES[file], done.stdout
