"""The managed plugin in an engine whose iptables is the legacy one: it brings its own, and finds out which to use."""

from __future__ import annotations

import pytest

from tests.engines.test_networks import test_traffic_passes_beside_dockers_own_forward_drop
from tests.engines.test_ports import test_a_published_port_answers_to_everyone

pytestmark = [
    pytest.mark.parametrize("shipped", ["managed"], indirect=True, scope="session"),
    pytest.mark.parametrize("iptables", ["legacy"], indirect=True, scope="session"),
]

__all__ = [
    "test_a_published_port_answers_to_everyone",
    "test_traffic_passes_beside_dockers_own_forward_drop",
]
