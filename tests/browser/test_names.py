"""Names made to break a page, of 255 characters, some from right to left: text everywhere, and nothing overflows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_walk import Strider
from tests.browser.world import World
from workshop.cli.past import Past
from workshop.dashboard import Dashboard, about, past, talk, walk

MARKUP = '<img src=x onerror="window.bad=1"><script>window.bad=1</script>\'"&amp;'
NAME = f"{MARKUP} \u202eשלום 😀 ".ljust(255, "x")
IMAGE = f"{MARKUP} {'y' * 180}"
SEEN_OF_IT = "<img src=x"

WIDER = """() => [...document.querySelectorAll("body *:not(.picture *)")]
    .filter((each) => each.checkVisibility({ visibilityProperty: true }))
    .filter((each) => each.getBoundingClientRect().right > innerWidth + 1)
    .map((each) => each.className || each.id)"""
CLEAN = "document.querySelectorAll('img, main script, b').length === 0 && window.bad === undefined"


class Speaker:
    """In the place of a talk: one chapter, and whatever can be said in it is such a name."""

    def state(self) -> dict[str, Any]:
        step = {"text": NAME, "typed": True, "state": "done", "lines": [NAME]}
        told = {"version": 1, "state": "waiting", "why": NAME, "call": None, "steps": [step]}
        at = {"number": 1, "chapter": NAME, "sentence": NAME, "opens": False, "next": NAME, "title": NAME}
        return {**told, **at, "chapters": [{"name": NAME, "title": NAME, "state": "done"}]}

    def on_change(self, listener: Callable[[dict[str, Any]], None]) -> None:
        pass

    def press(self, *, after: int | None = None, chapter: str | None = None) -> None:
        raise AssertionError("nobody presses")


@pytest.fixture
def dashboard(world: World) -> Iterator[Dashboard]:
    parts = [about.part(world), past.part(Past(world.journal)), walk.part(Strider(world)), talk.part(Speaker())]
    made = Dashboard(world.journal, world, title=NAME, engine=NAME, driver=NAME, parts=parts)
    made.start()
    yield made
    made.stop()


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (390, 844)])
@pytest.mark.parametrize("mode", ["", "p"])
def test_hostile_names_are_text_and_fit(
    open_page: Callable[..., Page], world: World, width: int, height: int, mode: str
) -> None:
    network = world.create_network(NAME)
    world.run(network, NAME, image=IMAGE)
    request = {"NetworkID": network, "Options": {NAME: NAME}}
    number = world.call("NetworkDriver.Leave", request, {"Err": NAME}, network=network)
    page = open_page(width, height, reduced_motion="reduce")
    if mode:
        page.keyboard.press(mode)
    expect(page.locator("#picture .container")).to_contain_text(SEEN_OF_IT)
    expect(page.locator("#caption")).to_contain_text(SEEN_OF_IT)
    for place in (".talk-title", ".talk-sentence", ".talk-step", ".talk-next"):
        expect(page.locator(place)).to_contain_text(SEEN_OF_IT)
    assert page.evaluate(WIDER) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width

    page.keyboard.press("[")
    expect(page.locator(".past")).to_contain_text("after call")
    page.keyboard.press(".")
    page.evaluate("(number) => workshop.page.open(number)", number)
    expect(page.locator("#detail")).to_contain_text(SEEN_OF_IT)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Escape")

    page.locator("#picture .container").focus()
    page.keyboard.press("Enter")
    expect(page.locator(".about-panel h2")).to_contain_text(SEEN_OF_IT)
    page.keyboard.press("Escape")
    page.keyboard.press("w")
    expect(page.locator("#walk-from option", has_text=SEEN_OF_IT)).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.evaluate(CLEAN)


def test_calls_and_caption_are_readable_on_a_phone(open_page: Callable[..., Page], world: World) -> None:
    network = world.create_network("shop")
    world.run(network, "web")
    world.fail(network)
    page = open_page(390, 844, is_mobile=True, has_touch=True)
    expect(page.locator("#picture .container")).to_have_count(1)
    assert page.evaluate("[document.documentElement.scrollWidth, visualViewport.scale]") == [390, 1]
    said = "[...document.querySelectorAll('.caption, .call .method, .call .about')]"
    sizes = f"{said}.map((it) => parseFloat(getComputedStyle(it).fontSize))"
    assert min(page.evaluate(sizes)) >= 12
    for row in page.locator(".call").all():
        box = row.bounding_box()
        assert box and box["x"] >= 0 and box["x"] + box["width"] <= 390 and box["height"] >= 24
    page.locator(".call").nth(1).tap()
    expect(page.locator("#caption")).to_contain_text("Call 2 · CreateEndpoint")
    cut = "(() => { const it = document.getElementById('caption'); return it.scrollWidth > it.clientWidth; })()"
    assert not page.evaluate(cut)
