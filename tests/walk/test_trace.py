"""Having rules traced: nftables is asked for it, and keeps nothing of that."""

from __future__ import annotations

from pathlib import Path

import pytest

from workshop.kernel import programs
from workshop.kernel.namespaces import Namespace
from workshop.walk.probe import Mark
from workshop.walk.trace import Tracer

pytestmark = pytest.mark.kernel


def test_nothing_of_a_trace_is_left_in_the_kernel_nor_in_the_users_home(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    host = Namespace.create()
    tracer = Tracer(host, Mark("tcp", port=40000))
    try:
        assert tracer.start()
        assert "workshop_walk" in programs.run(host, "nft", "list", "tables")
        tracer.stop()
        assert programs.run(host, "nft", "list", "tables") == ""
        assert list(tmp_path.iterdir()) == []
    finally:
        host.close()
