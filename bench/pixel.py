"""How soon a change in the kernel is on the page, with 5, 50 and 200 containers there.

A pair of links is made on a bridge, and removed again, in a host that is watched as a session watches its own. The time
runs from before the kernel is asked until the browser has painted the first picture that has the change (what comes
after painting, until it is on the screen, the section ``browser`` measures: about 10 ms). The browser paints a page of
1920 x 1080 pixels in software. Nothing else happens meanwhile: no engine and no calls.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute

from bench.places import need
from bench.rows import Row, quantile
from tests.support import kinds
from workshop.cli.running import Picture
from workshop.dashboard import Dashboard
from workshop.journal import Journal
from workshop.kernel.namespaces import Namespace
from workshop.topology import graph as graphs
from workshop.topology.observe import Observer

TITLE = "kernel to pixel"
GOALS = {5: 100, 50: 150, 200: 300}
ROUNDS = 20
BRIDGE = "wsb0123456789"
PAUSE = 150  # milliseconds between two changes


def measure() -> list[Row]:
    """Milliseconds from a change in the kernel to the painted picture: as the page folds it, and all of it unfolded."""
    need("kernel", "browser")
    found = []
    for count, goal in GOALS.items():
        with _host(count) as (host, observer, journal), _page(observer, journal) as page, _acting(host) as actor:
            ways = {"": None, ", unfolded": f"{host.id}/{actor.bridge}"}
            for how, unfolded in ways.items():
                if unfolded:
                    if count <= 5:
                        continue
                    page.evaluate("(group) => workshop.page.folds.set('group', group, false)", unfolded)
                    page.wait_for_function(f"document.querySelectorAll('#picture .container').length >= {count}")
                    page.wait_for_timeout(1_000)
                took = _rounds(actor, observer, page)
                name = f"with {count} containers{how}"
                found.append(Row(f"{name}, median", quantile(took, 0.5), "ms", None, len(took)))
                most = None if unfolded else goal  # unfolded, the picture is many screens high
                found.append(Row(f"{name}, p95", quantile(took, 0.95), "ms", most, len(took)))
    return found


@contextlib.contextmanager
def _host(count: int) -> Iterator[tuple[Namespace, Observer, Journal]]:
    """A host with a bridge and so many containers on it, observed."""
    with tempfile.TemporaryDirectory(prefix="ws-bench-") as folder, contextlib.ExitStack() as stack:
        journal = Journal(Path(folder) / "journal.db")
        stack.callback(journal.close)
        host = Namespace.create()
        stack.callback(host.close)
        observer = Observer(journal, {"alpha": host})
        observer.start()
        stack.callback(observer.stop)
        with host.entered():
            ip = IPRoute()
        stack.callback(ip.close)
        ip.link("add", ifname=BRIDGE, kind="bridge", state="up")
        bridge = ip.link_lookup(ifname=BRIDGE)[0]
        ip.addr("add", index=bridge, address="10.9.0.1", prefixlen=16)
        for number in range(count):
            box = Namespace.create()
            stack.callback(box.close)
            _join(ip, bridge, box, number)
            owner = {"name": f"web-{number}", "image": "busybox", "sandbox": f"/proc/self/fd/{box.descriptor}"}
            journal.append("docker", {"containers": {f"{number:064x}": {**owner, "pid": 0, "state": "running"}}})
        observer.settle(30)
        yield host, observer, journal


def _join(ip: IPRoute, bridge: int, box: Namespace, number: int) -> None:
    peer = {"ifname": "eth0", "net_ns_fd": box.descriptor}
    ip.link("add", ifname=f"wsh{number:010}", kind="veth", peer=peer, master=bridge, state="up")
    with box.entered(), IPRoute() as inside:
        index = inside.link_lookup(ifname="eth0")[0]
        inside.addr("add", index=index, address=f"10.9.{number // 250}.{number % 250 + 2}", prefixlen=16)
        inside.link("set", index=index, state="up")


@contextlib.contextmanager
def _page(observer: Observer, journal: Journal) -> Iterator[Any]:
    """The dashboard of what is observed, in a browser."""
    from playwright.sync_api import sync_playwright

    dashboard = Dashboard(journal, Picture(lambda: observer))
    dashboard.start()
    try:
        with sync_playwright() as playwright:
            arguments = ["--no-sandbox", "--disable-quic", "--disable-background-networking"]
            browser = playwright.chromium.launch(executable_path=kinds.chromium(), args=arguments)
            page = browser.new_page(viewport={"width": 1920, "height": 1080}, bypass_csp=True)
            page.goto(dashboard.url)
            page.wait_for_function("globalThis.workshop?.timings.some((one) => one.kind === 'picture')", timeout=20_000)
            page.wait_for_timeout(1_000)
            yield page
            browser.close()
    finally:
        dashboard.stop()


@contextlib.contextmanager
def _acting(host: Namespace) -> Iterator[_Actor]:
    actor = _Actor(host)
    try:
        yield actor
    finally:
        actor.close()


class _Actor:
    """Asks the kernel in a thread of its own: Playwright's has a loop that runs, in which pyroute2 cannot ask."""

    def __init__(self, host: Namespace) -> None:
        self._pool = ThreadPoolExecutor(1, initializer=host.enter)
        self._ip: IPRoute = self._pool.submit(IPRoute).result()
        self.bridge = self.index(BRIDGE)

    def index(self, name: str) -> int:
        return int(self._pool.submit(self._ip.link_lookup, ifname=name).result()[0])

    def link(self, verb: str, **what: Any) -> float:
        """Change a link; gives when it was asked for, in milliseconds since 1970."""

        def ask() -> float:
            began = time.time()
            self._ip.link(verb, **what)
            return began * 1000

        return self._pool.submit(ask).result()

    def close(self) -> None:
        self._pool.submit(self._ip.close).result()
        self._pool.shutdown()


def _rounds(actor: _Actor, observer: Observer, page: Any) -> list[float]:
    """Milliseconds that each of the changes took."""
    changes: list[tuple[float, int]] = []  # when it was asked for, and the number of the first event that has it
    for number in range(ROUNDS):
        name, peer = f"wsh{900 + number:010}", {"ifname": f"wsc{number}"}
        began = actor.link("add", ifname=name, kind="veth", peer=peer, master=actor.bridge, state="up")
        changes.append((began, _seen(observer, name, True)))
        page.wait_for_timeout(PAUSE)
        began = actor.link("del", index=actor.index(name))
        changes.append((began, _seen(observer, name, False)))
        page.wait_for_timeout(PAUSE)
    page.wait_for_timeout(1_000)
    drawn = page.evaluate("workshop.timings.filter((one) => one.kind === 'picture').map((one) => [one.seq, one.drawn])")
    return [min(when for shown, when in drawn if shown >= seq) - began for began, seq in changes]


def _seen(observer: Observer, name: str, is_there: bool) -> int:
    """Wait until a link is in the graph, or gone from it; the graph's number then."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        graph = observer.graph()
        if any(link["name"] == name for link in graphs.links(graph).values()) is is_there:
            return int(graph["seq"])
        time.sleep(0.001)
    raise AssertionError(f"{name} was not seen")
