"""Being in a network namespace: where a thread is, comes back to, and what rights that takes."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path

from workshop.kernel.namespaces import Namespace, in_thread


def now() -> str:
    with contextlib.closing(Namespace.current()) as here:
        return here.id


def test_a_thread_is_in_a_namespace_for_a_while_and_then_where_it_was():
    here = now()
    with contextlib.closing(Namespace.create()) as other:

        def visit() -> list[str]:
            found = [now()]
            with other.entered():
                found.append(now())
                with other.entered():
                    found.append(now())
                found.append(now())
            return [*found, now()]

        assert in_thread(visit) == [here, other.id, other.id, other.id, here]
        assert other.run(now) == other.id
    assert now() == here


def test_a_thread_that_is_there_already_needs_no_right_to_go_there():
    told = """
from workshop.kernel.kernel import Kernel
from workshop.kernel.namespaces import Namespace
here = Namespace.current()
with here.entered():
    print(here.run(lambda: Kernel(here).index("lo")))
try:
    Namespace.create()
except PermissionError:
    print("may not make one")
"""
    give = "import os, sys; from shipping.entry import give_away; give_away(); "
    result = subprocess.run(
        [sys.executable, "-c", f"{give} os.execv(sys.executable, [sys.executable, '-c', {told!r}])"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
    )
    assert result.stdout.splitlines() == ["1", "may not make one"], result.stderr
