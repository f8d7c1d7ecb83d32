"""Where measurements are made: beside a real engine, or in an empty namespace."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

from bench.rows import LeftOut
from tests.support import kinds
from tests.support.engine import IMAGE, Engine
from tests.support.plugin import Plugin
from workshop.kernel.namespaces import Namespace

VERSION = "20.10"

ONLY = "WORKSHOP_BENCH_ONLY"
"""An environment variable: the one kind of network that is to be measured; without it, all are."""


def asked_for(kind: str) -> bool:
    """Whether a kind of network is to be measured."""
    return os.environ.get(ONLY, kind) == kind


def need(*names: str) -> None:
    """Raises LeftOut where this machine lacks what a kind of test or measurement needs."""
    for kind in map(kinds.KINDS.__getitem__, names):
        if missing := kinds.missing(kind.name):
            raise LeftOut(f"it needs {kind.needs}: {missing}. Remedy: {kind.remedy}")


@contextlib.contextmanager
def engine_with_plugin(dashboard: str = "") -> Iterator[tuple[Engine, Plugin]]:
    """A real engine with the plugin beside it. Raises LeftOut where there is none."""
    need(f"engine {VERSION}")
    with contextlib.ExitStack() as stack:
        engine = Engine(VERSION)
        stack.callback(engine.down)
        engine.up()
        yield engine, stack.enter_context(Plugin(engine, dashboard=dashboard))


@contextlib.contextmanager
def containers_on_a_network(count: int, subnet: str) -> Iterator[tuple[Engine, Plugin]]:
    """A real engine with the plugin and its dashboard, and so many containers on its network ``n``."""
    with engine_with_plugin(dashboard="127.0.0.1:0") as (engine, plugin):
        engine.docker("network", "create", "-d", plugin.name, "--subnet", subnet, "n")
        for _ in range(count):
            engine.docker("run", "-d", "--net", "n", "--stop-signal", "KILL", IMAGE, "sleep", "6000")
        yield engine, plugin


def inside_the_plugin(plugin: Plugin, after: int = 0) -> dict[str, list[float]]:
    """Milliseconds that the plugin's calls took, by route, from an event of its journal on.

    :raises AssertionError: if one of them failed.
    """
    with contextlib.closing(sqlite3.connect(plugin.state_dir / "journal.db")) as database:
        query = "select data from events where kind = 'call.finished' and seq > ?"
        rows = database.execute(query, (after,)).fetchall()
    took: dict[str, list[float]] = defaultdict(list)
    for (text,) in rows:
        data = json.loads(text)
        if data["error"]:
            raise AssertionError(f"{data['route']} failed: {data['error']}")
        took[data["route"].rpartition(".")[2]].append(data["duration_ms"])
    return took


def last_event(plugin: Plugin) -> int:
    """The number of the newest event in its journal."""
    with contextlib.closing(sqlite3.connect(plugin.state_dir / "journal.db")) as database:
        return database.execute("select max(seq) from events").fetchone()[0]


def lay_cable(engine: Engine, name: str, address: str) -> str:
    """A link beside an engine, with an address and its other end up, for tunnels to leave by and as a parent."""
    engine.exec("ip", "link", "add", name, "type", "veth", "peer", "name", f"{name}end")
    engine.exec("ip", "addr", "add", f"{address}/24", "dev", name)
    for link in (name, f"{name}end"):
        engine.exec("ip", "link", "set", link, "up")
    return name


def no_ipvlan(engine: Engine) -> LeftOut | None:
    """Why nothing can be measured of ipvlan, where the kernel has none."""
    probe = ("link", "probe", "name", "probe0", "type", "ipvlan")
    engine.exec("ip", "link", "add", "probe", "type", "veth", "peer", "name", "probeend")
    try:
        lacks = engine.exec("ip", "link", "add", *probe, check=False).returncode
    finally:
        engine.exec("ip", "link", "del", "probe")
    if not lacks:
        return None
    return LeftOut(
        "this machine's kernel has no ipvlan; `modprobe ipvlan` loads it where it was built. "
        "The section `ipvlan` measures it on Debian's kernel"
    )


@contextlib.contextmanager
def empty_host() -> Iterator[SimpleNamespace]:
    """A namespace with nothing in it, in which a plugin can start as it would beside an engine."""
    need("kernel")
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
