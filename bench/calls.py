"""A list of 10,000 calls on the dashboard: how soon it is shown, and how it scrolls.

A made-up session tells 10,000 calls of networks and containers, as a real one would. A browser of 1920 x 1080 pixels
opens the dashboard, and scrolls through the whole list by script, a fixed way in each frame. The time between two
frames is the browser's own (``requestAnimationFrame``): at 60 frames a second it is 16.7 ms. A frame that took up to
1 ms longer was not late: the clock of a browser's frames is no better than that.

Where the page is drawn by the processor, a frame holds painting too; the same page scrolls a short list as well, which
says what the machine can do.
"""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Any

from bench.places import need
from bench.rows import Row, quantile
from tests.browser.world import World, digits
from tests.support import kinds
from workshop.dashboard import Dashboard

TITLE = "a list of 10,000 calls"
CALLS, FEW, OPENINGS = 10_000, 60, 5
FRAME = 1000 / 60
LATE = FRAME + 1

SCROLL = """async ([pixels, frames]) => {
    const list = document.getElementById("list");
    list.scrollTop = 0;
    await new Promise((done) => setTimeout(done, 500));
    const times = [];
    const end = () => list.scrollHeight - list.clientHeight;
    let way = 1;
    await new Promise((done) => {
        const step = (now) => {
            times.push(now);
            if (list.scrollTop >= end() - 1) way = -1;
            else if (list.scrollTop <= 0) way = 1;
            list.scrollTop += way * pixels;
            if (times.length > frames) done();
            else requestAnimationFrame(step);
        };
        requestAnimationFrame(step);
    });
    return times.slice(1).map((time, index) => time - times[index]);
}"""
"""Scrolls so many pixels in each of so many frames, back and forth; gives each frame's milliseconds."""


def measure() -> list[Row]:
    """From the request of the snapshot to the list on the screen, and frames while it is scrolled through."""
    need("browser")
    with tempfile.TemporaryDirectory(prefix="ws-bench-") as folder:
        world = session(Path(folder), CALLS)
        few = session(Path(folder) / "few", FEW)
        opened, size, frames, beside = _watch(world, few)
        world.journal.close()
        few.journal.close()
    late, late_beside = ([one > LATE for one in some] for some in (frames, beside))
    return [
        Row("snapshot, as it travels", size / 1e6, "MB", 4),
        Row("from the address to the list, median", quantile(opened[0], 0.5), "ms", 1500, OPENINGS),
        Row(f"the same with {FEW} calls, median", quantile(opened[1], 0.5), "ms", None, OPENINGS),
        Row("frame while all of it is scrolled through, median", quantile(frames, 0.5), "ms", None, len(frames)),
        Row("frame while all of it is scrolled through, p95", quantile(frames, 0.95), "ms", LATE, len(frames)),
        Row("frames that were late", 100 * sum(late) / len(late), "%", 5, len(late)),
        Row(
            f"the same with {FEW} calls: frames that were late",
            100 * sum(late_beside) / len(beside),
            "%",
            None,
            len(beside),
        ),
    ]


def session(folder: Path, calls: int) -> World:
    """A made-up session with so many calls: containers come, are asked about, and go."""
    world = World(folder, keep=calls * 20)
    network = world.create_network("shop")
    world.still = True  # the picture stays as it is: this is about the list
    count = 0
    while world.calls < calls:
        name = f"web{count}"
        endpoint = world.run(network, name)
        for method in ("EndpointOperInfo", "ProgramExternalConnectivity", "Leave", "DeleteEndpoint"):
            request = {"NetworkID": network, "EndpointID": digits(f"endpoint {name}")}
            answer: dict[str, Any] = {"Err": "it is busy"} if count % 50 == 0 and method == "Leave" else {}
            world.call(f"NetworkDriver.{method}", request, answer, network=network, endpoint=endpoint)
        count += 1
    return world


def _watch(world: World, few: World) -> tuple[list[list[float]], int, list[float], list[float]]:
    """How long openings took, with all calls and with few; the snapshot's bytes; the frames of scrolling, of both."""
    from playwright.sync_api import sync_playwright

    opened: list[list[float]] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=kinds.chromium(), args=["--no-sandbox"])
        found = []
        for each in (world, few):
            dashboard = Dashboard(each.journal, each)
            dashboard.start()
            page = browser.new_page(viewport={"width": 1920, "height": 1080})
            page.goto(dashboard.url)
            page.wait_for_function(
                "last => globalThis.workshop?.story.last === last", arg=each.journal.last, timeout=60_000
            )
            opened.append([])
            for _ in range(OPENINGS):
                began = time.monotonic()
                page.goto(f"http://127.0.0.1:{dashboard.port}/")
                page.locator(f'.call[data-call="{each.calls}"]').wait_for()
                opened[-1].append((time.monotonic() - began) * 1000)
            page.wait_for_timeout(1_000)
            height = page.evaluate("document.getElementById('list').scrollHeight")
            found.append(page.evaluate(SCROLL, [max(120, height / 600) if each is world else 12, 600]))
            if each is world:
                size = len(dashboard.app.test_client().get("/api/snapshot", base_url="http://127.0.0.1/").data)
            page.close()
            dashboard.stop()
        browser.close()
    return opened, size, found[0], found[1]
