"""Where measurements are made: beside a real engine, or in an empty namespace."""

from __future__ import annotations

import contextlib
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from bench.rows import LeftOut
from tests.support import kinds
from tests.support.engine import Engine
from tests.support.plugin import Plugin
from workshop.kernel.namespaces import Namespace

VERSION = "20.10"


@contextlib.contextmanager
def engine_with_plugin(dashboard: str = "") -> Iterator[tuple[Engine, Plugin]]:
    """A real engine with the plugin beside it. Raises LeftOut where there is none."""
    kind = kinds.KINDS[f"engine {VERSION}"]
    if missing := kinds.missing(kind.name):
        raise LeftOut(f"it needs {kind.needs}: {missing}. Remedy: {kind.remedy}")
    with contextlib.ExitStack() as stack:
        engine = Engine(VERSION)
        stack.callback(engine.down)
        engine.up()
        plugin = Plugin(engine, dashboard=dashboard)
        stack.callback(plugin.down)
        yield engine, plugin.start()


@contextlib.contextmanager
def empty_host() -> Iterator[SimpleNamespace]:
    """A namespace with nothing in it, in which a plugin can start as it would beside an engine."""
    if missing := kinds.missing("kernel"):
        raise LeftOut(f"it needs {kinds.KINDS['kernel'].needs}: {missing}. Remedy: {kinds.KINDS['kernel'].remedy}")
    home = Path(tempfile.mkdtemp(prefix="ws-bench-"))
    namespace = Namespace.create()
    (home / "plugins").mkdir()
    try:
        yield SimpleNamespace(
            namespace=namespace,
            plugins_dir=home / "plugins",
            socket=home / "docker.sock",
            environment=lambda: {},
        )
    finally:
        namespace.close()
        shutil.rmtree(home, ignore_errors=True)
