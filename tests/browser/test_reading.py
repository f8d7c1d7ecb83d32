"""Reading and using the page: keys alone, both themes, contrast, motion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.world import World

CONTRAST = """() => {
    const channels = (text) => (text.match(/[\\d.]+/g) ?? []).map(Number);
    const linear = (value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4);
    const light = ([red, green, blue]) =>
        0.2126 * linear(red / 255) + 0.7152 * linear(green / 255) + 0.0722 * linear(blue / 255);
    const ground = (element) => {
        for (let each = element; each; each = each.parentElement) {
            const colour = channels(getComputedStyle(each).backgroundColor);
            if (colour.length === 3 || colour[3] === 1) return colour;
        }
        return [255, 255, 255];
    };
    const filled = (text) => {
        const shape = text.parentElement.querySelector("polygon, path, ellipse");
        const fill = shape && text.closest(".node") ? getComputedStyle(shape).fill : "none";
        const isClear = fill === "none" || fill === "rgba(0, 0, 0, 0)";
        return isClear ? ground(text.closest("#picture")) : channels(fill);
    };
    const found = [];
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
        const element = node.parentElement;
        const style = getComputedStyle(element);
        if (!node.data.trim() || style.fontSize === "0px" || !element.checkVisibility()) continue;
        const inPicture = element.namespaceURI.endsWith("svg");
        const ink = light(channels(inPicture ? style.fill : style.color));
        const paper = light(inPicture ? filled(element) : ground(element));
        const ratio = (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
        const about = element.className?.baseVal ?? element.className;
        found.push([Math.round(ratio * 100) / 100, node.data.trim().slice(0, 30), about]);
    }
    return found;
}"""


def a_full_session(world: World) -> None:
    world.hello()
    network = world.create_network("shop")
    world.run(network, "web")
    world.fail(network)
    world.notice("beware", "warning")
    world.begin("NetworkDriver.Leave", {"NetworkID": network}, network=network)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_text_has_enough_contrast(open_page: Callable[..., Page], world: World, theme: str) -> None:
    a_full_session(world)
    page = open_page(color_scheme=theme)
    expect(page.locator("#picture .container")).to_have_count(1)
    page.locator('.call[data-call="4"]').dblclick()
    seen: list[Any] = []
    for tab in ("Asked", "Answered", "Kernel", "Changed", "Output"):
        page.get_by_role("tab", name=tab).click()
        seen += page.evaluate(CONTRAST)
    page.keyboard.press("?")
    seen += page.evaluate(CONTRAST)
    assert len(seen) > 100
    assert [one for one in seen if one[0] < 4.5] == []


def test_the_theme_follows_the_system_until_one_is_chosen_and_stays_chosen(
    open_page: Callable[..., Page],
) -> None:
    page = open_page(color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    dark = page.evaluate(ground)
    page.keyboard.press("t")
    light = page.evaluate(ground)
    assert dark != light == "rgb(255, 255, 255)"
    page.reload()
    assert page.evaluate(ground) == light
    page.locator("#theme").click()
    assert page.evaluate(ground) == dark


def test_the_keyboard_alone_is_enough(page: Page, world: World) -> None:
    a_full_session(world)
    call = page.locator(".call")
    expect(call).to_have_count(7)
    page.keyboard.press("k")
    expect(call.nth(6)).to_have_attribute("aria-current", "true")
    page.keyboard.press("ArrowUp")
    expect(call.nth(5)).to_be_focused()
    page.keyboard.press("Home")
    expect(call.nth(0)).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("ArrowDown")
    expect(call.nth(2)).to_have_attribute("aria-current", "true")
    page.keyboard.press("Enter")
    expect(page.locator("#detail h3")).to_have_text("3 · CreateNetwork")
    expect(call.nth(2)).to_have_attribute("aria-expanded", "true")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", selected=True)).to_have_text("Answered")
    page.keyboard.press("j")
    expect(page.locator("#detail h3")).to_have_text("4 · CreateEndpoint")
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()
    expect(call.nth(3)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator(".call[aria-current]")).to_have_count(0)
    page.keyboard.press("End")
    expect(call.nth(6)).to_be_focused()


def test_the_keys_are_listed_on_a_sheet(page: Page) -> None:
    page.set_viewport_size({"width": 1366, "height": 500})  # lower than the sheet is long
    page.keyboard.press("?")
    expect(page.locator("#sheet")).to_be_visible()
    assert page.locator("#sheet").evaluate("each => each.scrollHeight > each.clientHeight && each.scrollTop") == 0
    expect(page.locator("#sheet-title")).to_be_in_viewport()
    expect(page.get_by_role("button", name="Close Esc")).to_be_focused()
    expect(page.get_by_role("button", name="Close Esc")).to_be_in_viewport()
    page.keyboard.press("t")
    assert page.evaluate("document.documentElement.dataset.theme") is None
    page.keyboard.press("Escape")
    expect(page.locator("#sheet")).to_be_hidden()


def test_every_stop_of_the_tab_key_has_a_visible_focus(page: Page, world: World) -> None:
    a_full_session(world)
    expect(page.locator(".call")).to_have_count(7)
    expect(page.locator("#picture .node[tabindex='0']")).to_have_count(1)
    stops = []
    for _ in range(13):
        page.keyboard.press("Tab")
        stop, outline = page.evaluate(
            "(() => { const it = document.activeElement;"
            " return [it.id || it.getAttribute('class') || it.localName, getComputedStyle(it).outlineStyle]; })()"
        )
        assert outline == "solid", stop
        stops.append(stop.split()[0])
    tools = ["key-button"] * 5  # smaller, larger, fit, find, export
    assert stops == [
        "projector",
        "theme",
        "help",
        *tools,
        "picture",
        "node",
        "filter-open",
        "calls-export-open",
        "call",
    ]


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_nothing_moves_for_who_asked_for_no_motion(open_page: Callable[..., Page], world: World, motion: str) -> None:
    page = open_page(reduced_motion=motion)
    expect(page.locator("#picture svg")).to_be_visible()
    page.evaluate(
        """() => {
          globalThis.most = 0;
          const look = () => {
            globalThis.most = Math.max(globalThis.most, document.getAnimations().length);
            requestAnimationFrame(look);
          };
          look();
        }"""
    )
    network = world.create_network("shop")
    world.run(network, "web")
    expect(page.locator("#picture .container")).to_have_count(1)
    page.keyboard.press("p")
    world.leave_behind(network, "web")
    expect(page.locator("#picture .left-over").first).to_be_visible()
    page.evaluate("new Promise((done) => setTimeout(done, 200))")
    assert (page.evaluate("most") > 0) == (motion != "reduce")


def test_calls_and_panel_tell_what_they_are(page: Page, world: World) -> None:
    a_full_session(world)
    expect(page.locator(".call")).to_have_count(7)
    expect(page.get_by_role("list", name="Calls")).to_be_visible()
    expect(page.get_by_role("button", name="6 EndpointOperInfo")).to_contain_text("error")
    page.locator(".call").first.dblclick()
    expect(page.get_by_role("region", name="The chosen call")).to_be_visible()
    expect(page.get_by_role("tabpanel", name="Asked")).to_be_visible()
    expect(page.get_by_role("group", name="Picture of the network")).to_be_visible()


def test_a_long_name_leaves_room_for_the_close_button_and_keys_stay_whole(page: Page, world: World) -> None:
    key = "com.docker.network.endpoint.a.key.that.is.wider.than.the.panel"
    world.call("NetworkDriver.ProgramExternalConnectivity", {"Options": {key: [{"Port": 80}]}}, {})
    page.locator(".call").click()
    page.keyboard.press("Enter")
    close = page.locator("#detail header button").last.bounding_box()
    assert close["x"] + close["width"] <= 1366
    expect(page.locator("#detail header h3")).to_have_attribute("title", "NetworkDriver.ProgramExternalConnectivity")
    lines = "[...document.querySelectorAll('.json-key')].map((each) => each.getClientRects().length)"
    assert set(page.evaluate(lines)) == {1}
