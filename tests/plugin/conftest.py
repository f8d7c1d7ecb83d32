"""A whole plugin on a unix socket, in a network namespace of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.served import Served, start
from workshop.kernel.namespaces import Namespace


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One plugin for all tests of a file."""
    namespace = Namespace.create()
    running = start(namespace, tmp_path_factory.mktemp("plugin"))
    yield running
    running.plugin.stop()
    running.journal.close()
    assert not running.path.exists(), "the socket was left behind"
    namespace.close()
