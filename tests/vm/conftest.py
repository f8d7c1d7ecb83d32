"""One virtual machine for all tests in here: starting it takes longer than most of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.vm import VM


@pytest.fixture(scope="session")
def vm() -> Iterator[VM]:
    """A machine with Debian's kernel that has started. What a test makes in it, it removes."""
    machine = VM()
    try:
        yield machine.start()
    finally:
        machine.stop()
