"""The session's time: back and forth in a live session, and a recorded one as a file that asks nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.world import World, digits
from workshop.cli import run
from workshop.cli.past import Past
from workshop.dashboard import Dashboard, past

HOSTILE = '</script><img src=x onerror="window.broken=1">\u202e🐳'


@pytest.fixture
def dashboard(world: World) -> Iterator[Dashboard]:
    made = Dashboard(world.journal, world, parts=[past.part(Past(world.journal))])
    made.start()
    yield made
    made.stop()


def test_the_network_is_seen_as_it_was_while_live_goes_on(page: Page, world: World) -> None:
    picture, band, slider = page.locator("#picture"), page.locator(".past"), page.locator(".time-bar input")
    expect(page.locator(".time-bar")).to_be_hidden()
    network = world.create_network("shop")
    world.run(network, "web")
    world.fail(network)
    expect(page.locator(".time-where")).to_have_text("live, 4 calls")
    expect(page.locator(".time-marks .error")).to_have_attribute("d", re.compile("^M[^M]*$"))
    expect(picture.locator(".container")).to_have_count(1)

    page.keyboard.press("[")
    page.keyboard.press("[")
    expect(band).to_have_text(
        re.compile(r"^The past: after call 2 of 4, \d\d:\d\d:\d\d\.Live goes on: 2 newer calls\.")
    )
    expect(page.locator("#middle")).to_have_class(re.compile("is-past"))
    expect(picture.locator(".container")).to_have_count(0)
    expect(picture.locator(".port.now")).to_have_count(1)
    expect(page.locator("#caption")).to_contain_text("Call 2 · CreateEndpoint")
    expect(page.locator('.call[data-call="2"]')).to_have_attribute("aria-current", "true")

    world.run(network, "late")
    expect(band).to_contain_text("after call 2 of 6")
    expect(band).to_contain_text("4 newer calls")
    expect(picture.locator(".port")).to_have_count(1)

    page.locator('.call[data-call="4"]').click()
    expect(band).to_contain_text("after call 4 of 6")
    expect(picture.locator(".container")).to_have_text([re.compile("web")])

    slider.fill("0")
    expect(band).to_contain_text("before the first call")
    expect(page.locator("#caption")).to_have_text("Before the first call.")
    expect(picture.locator(".bridge")).to_have_count(0)
    page.keyboard.press("PageDown")
    expect(slider).to_have_value("1")
    expect(picture.locator(".bridge")).to_have_count(1)

    page.keyboard.press(".")
    expect(band).to_be_hidden()
    expect(picture.locator(".container")).to_have_count(2)
    expect(page.locator(".time-where")).to_have_text("live, 6 calls")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("PageUp")  # a clicker's button goes to whoever else waits for it
    expect(band).to_be_hidden()

    page.locator(".time-speed").click()
    page.evaluate(
        """() => {
          globalThis.said = [];
          const band = document.querySelector(".past-said");
          new MutationObserver(() => said.push(band.textContent)).observe(band, { childList: true });
        }"""
    )
    page.keyboard.press("m")
    expect(page.locator(".time-play")).to_contain_text("Pause")
    expect(band).to_be_hidden()  # it ends where it is live
    expect(page.locator(".time-play")).to_contain_text("Play")
    said = list(dict.fromkeys(re.findall(r"before|call \d", " ".join(page.evaluate("said")))))
    assert said[:6] == ["before", *(f"call {number}" for number in range(1, 6))]
    told = page.evaluate("async () => (await (await fetch('/api/times')).json()).calls")
    assert page.evaluate("globalThis.workshop.page.time.rows") == told


def test_an_exported_session_opens_from_a_file_and_asks_nobody(chromium: Browser, world: World, tmp_path: Path) -> None:
    network = world.create_network(HOSTILE)
    world.run(network, HOSTILE)
    world.fail(network)
    file = tmp_path / "session.html"
    assert run(["export", "--html", "--from", str(world.journal.path), str(file)]) == 0
    assert HOSTILE[:9] not in file.read_text().split('id="session">')[1].partition("</script>")[0]

    context = chromium.new_context(offline=True, viewport={"width": 1366, "height": 768})
    context.set_default_timeout(10_000)
    page = context.new_page()
    asked, troubles = [], []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda told: troubles.append(told.text) if told.type == "error" else None)
    page.goto(file.as_uri())
    expect(page.locator("#connection")).to_have_text("recorded")
    picture, where = page.locator("#picture"), page.locator(".time-where")
    expect(picture.locator("svg")).to_contain_text("eth0")
    expect(picture.locator(".bridge")).to_have_count(0)
    expect(page.locator(".call")).to_have_count(4)
    expect(where).to_have_text("before the first call")
    expect(page.locator(".time-live")).to_be_hidden()
    page.keyboard.press("]")
    expect(picture.locator(".bridge")).to_contain_text(f"wsb{digits(f'network {HOSTILE}')[:10]}")
    page.keyboard.press(" ")
    page.keyboard.press("PageDown")
    expect(where).to_contain_text("after call 3 of 4")
    expect(picture.locator(".container")).to_contain_text("</script><img")
    page.keyboard.press("Enter")
    expect(page.locator("#detail")).to_contain_text("Join")
    page.keyboard.press("[")
    expect(picture.locator(".container")).to_have_count(0)
    page.locator('.call[data-call="4"]').click()
    expect(where).to_contain_text("after call 4 of 4")
    assert page.evaluate("window.broken") is None
    assert asked == [file.as_uri()]
    assert not troubles
    context.close()
