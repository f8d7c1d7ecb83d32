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


@pytest.fixture
def place(tmp_path):
    """A namespace and a folder, and the plugins that a test started in them."""
    namespace = Namespace.create()
    running = []

    def begin(**options):
        running.append(start(namespace, tmp_path, **options))
        return running[-1]

    def end(one):
        running.remove(one)
        one.plugin.stop()
        one.journal.close()

    yield begin, end
    for one in list(running):
        end(one)
    namespace.close()
