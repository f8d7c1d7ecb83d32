"""A host in a network namespace of the test's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.driver import Bench
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
