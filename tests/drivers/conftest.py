"""A host in a network namespace of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.driver import Bench
from tests.support.rooms import Place
from workshop.drivers.host import Host
from workshop.drivers.store import Store
from workshop.kernel.namespaces import Namespace


@pytest.fixture
def bench() -> Iterator[Bench]:
    """A host in a namespace of its own, that forgets with the test."""
    namespace = Namespace.create()
    bench = Bench(Host(namespace, Store(None), warn=lambda text: bench.warnings.append(text)))
    yield bench
    bench.host.close()
    namespace.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    """A host for networks in namespaces of their own."""
    place = Place(tmp_path)
    yield place
    place.end()
