"""How soon the browser shows a call and the picture that follows from it, with twenty containers there.

A real engine runs short containers, one after the other, on the same cores as the plugin and the browser.
Each event of a call, and each change of links, is timed from when it was written to the journal (a change is
written about 5 ms after the kernel announced it) until it is on the screen:

- painted: the page says when the frame that has it was painted (``workshop.timings``). A picture counts for a
  change if it is the first that has it, be it of a burst of which only the newest is drawn.
- on the screen: painting is followed by rasterising, compositing and the display's next refresh. For some
  texts the browser tells when that was (Element Timing); the median of what it took is added to every value.

The browser paints a page of 1920 x 1080 pixels in software, as it does on a machine without a GPU.
"""

from __future__ import annotations

import contextlib
import json
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from typing import Any

from bench.places import containers_on_a_network, need
from bench.rows import Row, quantile
from tests.support import kinds
from tests.support.engine import IMAGE
from tests.support.plugin import Plugin
from tests.support.shell import path_of

TITLE = "call to pixel, with 20 containers"
CONTAINERS, ROUNDS = 20, 15
Timings = list[dict[str, float]]

SCREEN = """
globalThis.onScreen = {};
new PerformanceObserver((list) => {
  for (const { identifier, renderTime } of list.getEntries()) {
    globalThis.onScreen[identifier] = performance.timeOrigin + renderTime;
  }
}).observe({ type: "element" });
new MutationObserver((records) => {
  for (const row of records.flatMap(({ addedNodes }) => [...addedNodes])) {
    row.querySelector?.(".method")?.setAttribute("elementtiming", row.firstChild.dataset.call);
  }
}).observe(document.getElementById("calls"), { childList: true });
"""
"""Has the browser tell when the text of a new row was on the screen, by the call's number."""


def measure() -> list[Row]:
    """From when an event was written until the browser had painted it, for calls and for the picture."""
    need("browser")
    with containers_on_a_network(CONTAINERS, "10.123.0.0/24") as (engine, plugin):
        timings, late = _watch(
            plugin, lambda: [engine.docker("run", "--rm", "--net", "n", IMAGE, "true") for _ in range(ROUNDS)]
        )
        with sqlite3.connect(plugin.state_dir / "journal.db") as database:
            events = database.execute("select seq, at, kind, data from events").fetchall()
    rest = quantile(late, 0.5)
    calls = [painted + rest for painted in _calls(events, timings)]
    pictures = [painted + rest for painted in _pictures(events, timings)]
    return [
        Row("of that, from painted to on the screen", rest, "ms", None, len(late)),
        Row("call to its line in the list, median", quantile(calls, 0.5), "ms", None, len(calls)),
        Row("call to its line in the list, p95", quantile(calls, 0.95), "ms", 100, len(calls)),
        Row("kernel's change to the picture, median", quantile(pictures, 0.5), "ms", None, len(pictures)),
        Row("kernel's change to the picture, p95", quantile(pictures, 0.95), "ms", 100, len(pictures)),
    ]


@contextlib.contextmanager
def page_of(plugin: Plugin) -> Iterator[Any]:
    """The dashboard of a plugin beside an engine, open in a browser in that engine's network."""
    from playwright.sync_api import sync_playwright

    address = re.findall(r"http://\S+", plugin.log())[-1].rstrip(".")
    browser_program = kinds.chromium()
    start = plugin.home / "chromium"
    start.write_text(f'#!/bin/sh\nexec nsenter --net={path_of(plugin.engine.namespace)} "{browser_program}" "$@"\n')
    start.chmod(0o755)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=str(start),
            args=["--no-sandbox", "--disable-quic", "--disable-background-networking"],
        )
        page = browser.new_page(viewport={"width": 1920, "height": 1080}, bypass_csp=True)
        page.wait_for_timeout(1_000)  # Chromium breaks off what it loads when links come or go
        page.goto(address)
        page.wait_for_function("globalThis.workshop?.timings.some((one) => one.kind === 'picture')", timeout=20_000)
        yield page
        browser.close()


def _watch(plugin: Plugin, act: Callable[[], object]) -> tuple[Timings, list[float]]:
    """What the page recorded while ``act`` ran, in a browser in the engine's network.

    Also, for the calls of which the browser told it, how many milliseconds after its painting each one was on
    the screen.
    """
    with page_of(plugin) as page:
        page.wait_for_timeout(1_000)
        page.evaluate(SCREEN)
        began = time.time() * 1000
        act()
        page.wait_for_timeout(1_500)
        timings = page.evaluate("globalThis.workshop.timings")
        on_screen = page.evaluate("globalThis.onScreen")
    timings = [one for one in timings if one["drawn"] >= began]
    painted = {str(one["call"]): one["drawn"] for one in timings if one["kind"] == "call.started"}
    return timings, [when - painted[call] for call, when in on_screen.items() if call in painted]


def _calls(events: list[tuple], timings: Timings) -> list[float]:
    """Milliseconds from each event of a call to when it was painted."""
    at = {seq: when * 1000 for seq, when, kind, _ in events if kind in ("call.started", "call.finished")}
    return [one["drawn"] - at[one["seq"]] for one in timings if one["kind"] != "picture" and one["seq"] in at]


def _pictures(events: list[tuple], timings: Timings) -> list[float]:
    """Milliseconds from each change of links to the first picture that has it."""
    pictures = sorted((one["drawn"], one["seq"]) for one in timings if one["kind"] == "picture")
    if not pictures:
        return []
    found, first = [], min(drawn for drawn, _ in pictures)
    for seq, when, kind, text in events:
        if kind != "topology" or when * 1000 < first:
            continue
        if not any(change["what"] == "link" for change in json.loads(text).get("changes", ())):
            continue
        drawn = next((drawn for drawn, shown in pictures if shown >= seq), None)
        if drawn is not None:
            found.append(drawn - when * 1000)
    return found
