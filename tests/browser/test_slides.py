"""The slides in browsers: who has the token leads, others follow if they like, every slide fits its screen."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.world import World
from tests.support.pages import ROOT
from workshop.dashboard import Dashboard
from workshop.dashboard import deck as slides
from workshop.deck.render import Show

MEASURE = """() => {
  const slide = workshop.deck.getCurrentSlide().querySelector(".slide");
  const box = slide.getBoundingClientRect();
  const scale = box.width / 1920;
  const wrong = [];
  const { scrollWidth, scrollHeight } = slide;
  if (scrollHeight > 1081 || scrollWidth > 1921) wrong.push(`${scrollWidth} by ${scrollHeight}`);
  if (box.right > innerWidth + 1 || box.bottom > innerHeight + 1) wrong.push("is larger than the screen");
  let smallest = Infinity;
  for (const element of slide.querySelectorAll("*")) {
    const at = element.getBoundingClientRect();
    const name = `${element.tagName} ${element.textContent.trim().slice(0, 30)}`;
    const isOutside = at.bottom > box.bottom - 40 * scale || at.right > box.right - 60 * scale;
    if (at.width && isOutside) wrong.push(`${name} is outside`);
    const { display, fontSize } = getComputedStyle(element);
    const isBlock = !element.ownerSVGElement && display !== "inline" && element.clientWidth;
    if (isBlock && element.scrollWidth > element.clientWidth + 1) wrong.push(`${name} is cut off`);
    if (element.localName === "title") continue;
    if ([...element.childNodes].some((node) => node.nodeType === 3 && node.textContent.trim())) {
      const times = element.ownerSVGElement ? element.getScreenCTM().a : scale;
      smallest = Math.min(smallest, parseFloat(fontSize) * times);
    }
  }
  return { wrong, smallest };
}"""
"""What does not fit on the slide that is shown, and its smallest text in pixels of the screen."""


GO = """(id) => {
  const { h, v } = workshop.deck.getIndices(document.getElementById(id));
  workshop.deck.slide(h, v, 99);
}"""
"""Goes to a slide, all its steps shown."""


class Lab:
    """In the place of a lab: what was run in it."""

    def __init__(self) -> None:
        self.ran: list[str] = []

    def __call__(self, line: str) -> dict[str, Any]:
        self.ran.append(line)
        return {"code": 0, "output": "<b>it ran</b>\n"}


@pytest.fixture
def lab() -> Lab:
    return Lab()


@pytest.fixture
def dashboard(world: World, lab: Lab) -> Iterator[Dashboard]:
    standing = {"exercises": [{"number": 3, "title": "A <b>bridge</b>", "state": "passed", "attempts": 4}], "at": 3}
    stage = slides.Stage(Show(), run=lab, standing=lambda: standing)
    made = Dashboard(world.journal, world, parts=[stage.part])
    made.start()
    yield made
    made.stop()


@pytest.fixture
def opened(chromium: Browser, dashboard: Dashboard) -> Iterator[Any]:
    """Open a page of the slides, with the session's token or without; whatever goes wrong in it fails the test."""
    troubles: list[str] = []
    contexts = []

    def make(path: str = "/slides", *, token: bool = False, width: int = 1366, height: int = 768) -> Page:
        context = chromium.new_context(viewport={"width": width, "height": height}, reduced_motion="reduce")
        contexts.append(context)
        context.set_default_timeout(10_000)
        page = context.new_page()
        page.on("pageerror", lambda error: troubles.append(f"threw {error}"))
        page.on("console", lambda told: troubles.append(told.text) if "Content Security" in told.text else None)
        own = f"http://127.0.0.1:{dashboard.port}/"
        page.on("request", lambda asked: None if asked.url.startswith(own) else troubles.append(asked.url))
        base = dashboard.url.partition("/#")[0]
        page.goto(f"{base}{path}" + (f"#token={dashboard.token}" if token else ""))
        expect(page.locator("#connection")).to_have_text("live")
        return page

    yield make
    for context in contexts:
        context.close()
    assert not troubles


def at(page: Page) -> str:
    return page.evaluate("workshop.deck.getCurrentSlide().id")


def test_the_presenter_leads_who_follows_and_the_audience_cannot(opened: Any, dashboard: Dashboard, lab: Lab):
    presenter, projector = opened("/slides/present", token=True), opened(token=True)
    first, second = opened(), opened()
    order = [each.slide.id for each in Show().slides()]

    presenter.keyboard.press("ArrowRight")  # to the second slide, and two steps of it
    presenter.keyboard.press("PageDown")
    presenter.keyboard.press(" ")
    expect(presenter.locator("#count")).to_have_text(f"2 of {len(order)} · step 2 of 4")
    for page in (projector, first, second):
        expect(page.locator(f"#{order[1]} .fragment.visible")).to_have_count(2)
        expect(page.locator("#count")).to_have_text(f"2 of {len(order)}")
    expect(presenter.locator("#later h2")).to_have_text("A call that we have met: Mount")
    expect(presenter.locator("#notes")).to_contain_text("Ask the room first")
    expect(presenter.locator("#standing")).to_contain_text("3 A <b>bridge</b>")
    assert "Ask the room first" not in first.content()

    second.keyboard.press("l")  # on their own from now on
    second.keyboard.press("ArrowDown")
    presenter.keyboard.press("Home")
    expect(first.locator("#count")).to_have_text(f"1 of {len(order)}")
    expect(second.locator("#where")).to_have_text("The presenter is at slide 1.")
    assert at(second) != order[0]
    second.locator("#follow").click()
    expect(second.locator("#count")).to_have_text(f"1 of {len(order)}")

    first.keyboard.press("ArrowDown")  # the audience moves for itself alone
    refused = first.evaluate(
        """async (slide) => { const how = { method: "POST", headers: { "Content-Type": "application/json" } };
        const move = await fetch("/api/slides/place", { ...how, body: JSON.stringify({ slide, step: 0 }) });
        const run = await fetch("/api/slides/run", { ...how, body: JSON.stringify({ line: "docker network ls" }) });
        return [move.status, run.status]; }""",
        order[5],
    )
    assert refused == [403, 403] and lab.ran == []
    asked = [["place", {"slide": "nowhere", "step": 0}], ["place", {"slide": [], "step": 0}], ["run", {"line": {}}]]
    asked += [["place", {"slide": order[0], "step": -1}], ["run", {"line": "docker rm -f all"}], ["run", None]]
    senseless = projector.evaluate(
        """(asked) => Promise.all(asked.map(async ([path, body]) => {
        const headers = { "X-Workshop-Token": sessionStorage.getItem("workshop-token") };
        headers["Content-Type"] = "application/json";
        const how = { method: "POST", headers, body: JSON.stringify(body) };
        return (await fetch(`/api/slides/${path}`, how)).status; }))""",
        asked,
    )
    assert senseless == [400] * 6 and lab.ran == []
    assert at(projector) == order[0] and at(second) == order[0]

    projector.keyboard.press("ArrowDown")  # the projector's own keys lead, too
    expect(presenter.locator("#count")).to_contain_text(f"2 of {len(order)}")
    expect(second.locator("#count")).to_have_text(f"2 of {len(order)}")


def test_commands_are_run_by_the_presenter_alone_and_live_parts_live(opened: Any, lab: Lab, world: World):
    leader, follower = opened(token=True), opened()
    for page in (leader, follower):
        page.evaluate(GO, "first-network")
    expect(follower.locator(".present .run").first).to_be_hidden()
    leader.locator("section.present .run").first.click()
    for page in (leader, follower):
        expect(page.locator("#first-network .ran")).to_have_text("<b>it ran</b>")
    assert lab.ran == ["docker network create -d workshop --subnet 10.90.1.0/24 cafe"]
    world.hello()
    network = world.create_network("shop")
    world.run(network, "<b>web</b>")
    expect(follower.locator("#first-network .live")).to_contain_text("CreateEndpoint")
    expect(follower.locator("#first-network .live")).to_contain_text("<b>web</b>")
    expect(follower.locator("#lab-picture svg .container")).to_contain_text("<b>web</b>")


def test_the_keys_are_on_a_sheet_and_all_slides_can_be_seen_at_a_glance(opened: Any):
    page = opened()
    page.keyboard.press("?")
    expect(page.locator("#sheet")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).to_be_hidden()
    page.keyboard.press("o")
    expect(page.locator("#looking-back h2")).to_be_visible()
    expect(page.locator("#process h1")).to_be_visible()
    phone = opened(width=390, height=844)
    phone.evaluate(GO, "join")
    assert phone.evaluate("document.querySelector('#join .slide').getBoundingClientRect().width") > 380
    assert phone.evaluate("document.querySelector('#join .facts').getBoundingClientRect().right") <= 390


@pytest.mark.parametrize(("width", "height", "least"), [(1920, 1080, 18), (1366, 768, 12.5)])
def test_every_slide_fits_its_screen_with_text_that_can_be_read(opened: Any, width: int, height: int, least: float):
    page = opened(width=width, height=height)
    page.evaluate("workshop.drawn")
    wrong = []
    for name in page.evaluate("workshop.deck.getSlides().map((slide) => slide.id)"):
        page.evaluate(GO, name)
        found = page.evaluate(MEASURE)
        wrong += [f"{name}: {each}" for each in found["wrong"]]
        wrong += [f"{name}: text of {found['smallest']:.1f} px"] if found["smallest"] < least else []
    assert not wrong, "\n".join(wrong)


def test_without_a_lab_the_live_parts_say_so(chromium: Browser, world: World):
    made = Dashboard(world.journal, world, parts=[slides.Stage(Show(), why_no_lab="This machine has <none>.").part])
    made.start()
    context = chromium.new_context()
    try:
        page = context.new_page()
        page.goto(made.url.replace("/#", "/slides#"))
        expect(page.locator("#lab-picture .live")).to_have_text(
            "This part is live, and there is no lab here. This machine has <none>."
        )
        assert page.locator(".run:not([hidden])").count() == 0
    finally:
        context.close()
        made.stop()


def test_the_audience_s_own_door_shows_follows_and_takes_nothing(chromium: Browser, world: World, lab: Lab):
    stage = slides.Stage(Show(), run=lab)
    own = Dashboard(world.journal, world, parts=[stage.part])
    hall = Dashboard(world.journal, world, parts=[stage.audience], for_all=True)
    own.start()
    hall.start()
    context = chromium.new_context()
    try:
        base = f"http://127.0.0.1:{hall.port}"
        page = context.new_page()
        page.goto(f"{base}/#token={own.token}")  # even with the session's token
        expect(page.locator("#connection")).to_have_text("live")
        tries = """async (token) => {
          const asked = [["GET", "/slides/present"], ["GET", "/slides/print"], ["GET", "/api/lesson"],
            ["GET", "/api/slides/standing"], ["POST", "/api/slides/place"], ["POST", "/api/slides/run"],
            ["PUT", "/slides"]];
          const got = asked.map(([method, path]) => fetch(path, { method, headers: { "X-Workshop-Token": token } }));
          return (await Promise.all(got)).map(({ status }) => status);
        }"""
        assert page.evaluate(tries, own.token) == [404, 404, 404, 404, 403, 403, 403]
        assert lab.ran == [] and stage.place.now()["number"] == 0
        leader = context.new_page()
        leader.goto(own.url.replace("/#", "/slides#"))
        expect(leader.locator("#connection")).to_have_text("live")
        leader.keyboard.press("ArrowDown")
        expect(page.locator("#count")).to_contain_text("2 of ")
    finally:
        context.close()
        hall.stop()
        own.stop()


def test_the_slides_can_be_printed(tmp_path: Path):
    command = [sys.executable, "-m", "scripts.slides_pdf", str(tmp_path / "slides.pdf")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, cwd=ROOT)
    assert done.returncode == 0, done.stderr
    printed = (tmp_path / "slides.pdf").read_bytes()
    assert len(re.findall(rb"/Type\s*/Page\b", printed)) == len(Show().slides())
