"""Reading and using an exercise's page: keys alone, contrast, long names, motion."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.sitting import STUB, Sitting, decided, finding
from tests.browser.test_course_page import full, links
from tests.browser.test_reading import CONTRAST
from tests.browser.world import World

LONG = "a-very-long-name-" * 15


@pytest.fixture
def lesson(sitting: Sitting) -> Sitting:
    return sitting


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    opened = open_page()
    expect(opened.locator("#lesson-title")).to_have_text("Make the bridge")
    return opened


@pytest.mark.parametrize(("width", "height"), [(1920, 1080), (1366, 768), (390, 844)])
def test_very_long_names_hang_over_no_edge(
    open_page: Callable[..., Page], sitting: Sitting, width: int, height: int
) -> None:
    sitting.title[3], sitting.goal = f"Title {LONG}", f"{LONG} {LONG}"
    sitting.commands = [f"docker network create {LONG}"] * 7
    wrong = finding(
        variant=LONG, title=LONG, expected=LONG, seen=LONG, docker=LONG, file=f"/x/{LONG}.py", missing=links(LONG)
    )
    sitting.attempt = 1
    variants = {LONG: tuple(f"{number} {LONG}" for number in range(9)), **{f"{n}{LONG}": ("x",) for n in range(9)}}
    sitting.judge(wrong, wrong, checks=decided((wrong,), variants))
    page = open_page(width, height)
    expect(page.locator("#card h3")).to_be_visible()
    page.keyboard.press("e")
    expect(page.locator(".cm-content")).to_be_visible()
    for key in ("v", "v"):
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        beyond = page.evaluate(
            """() => [...document.querySelectorAll("#lesson *, .top *")].filter((each) => {
                const room = each.closest(".left-panel, .lesson-head, .lesson-foot, .top")?.getBoundingClientRect();
                const scrolls = each.closest("pre, .prose table");
                const end = each.getBoundingClientRect().right;
                return room && !scrolls && each.checkVisibility() && end > room.right + 1;
            }).map((each) => each.id || each.className)"""
        )
        assert [one for one in beyond if one != "unseen"] == []
        page.keyboard.press("Escape")
        page.keyboard.press("Escape")
        page.keyboard.press(key)


def test_the_keyboard_alone_is_enough(page: Page, sitting: Sitting) -> None:
    page.keyboard.press("v")
    expect(page.locator("#left-verdict")).to_be_visible()
    page.keyboard.press("v")
    expect(page.locator("#left-task")).to_be_visible()
    page.keyboard.press("l")
    expect(page.locator('.segment[data-number="3"]')).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    expect(page.locator('.segment[data-number="5"]')).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("#lesson-title")).to_have_text("A cable with two ends")
    expect(page.locator('.segment[data-number="5"]')).to_be_focused()
    sitting.judge(full(sitting))
    sitting.judge(full(sitting), full(sitting))
    expect(page.locator("#others-word")).to_be_visible()
    page.locator("#left-tab-verdict").focus()
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#left-tab-task")).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#left-verdict")).to_be_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.locator("#card-place")).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#others details.other").first).to_be_visible()
    sitting.judge(full(sitting), full(sitting), full(sitting))
    expect(page.locator("#others-word")).to_contain_text("2 more findings")
    expect(page.locator("#others-word")).to_be_focused()


def test_every_stop_of_the_tab_key_has_a_visible_focus(page: Page, sitting: Sitting) -> None:
    sitting.attempt = 1
    sitting.judge(full(sitting), full(sitting))
    expect(page.locator("#others-word")).to_be_visible()
    stops = []
    for _ in range(48):
        page.keyboard.press("Tab")
        stop, outline = page.evaluate(
            "(() => { const it = document.activeElement;"
            " return [it.id || it.className, getComputedStyle(it).outlineStyle]; })()"
        )
        if stop:
            assert outline == "solid", stop
            stops.append(stop)
    for stop in (
        "segment",
        "left-tab-verdict",
        "card-place",
        "others-word",
        "do-hint",
        "do-edit",
        "command",
        "picture",
    ):
        assert stop in stops


def test_keys_are_on_the_buttons_and_on_the_sheet(page: Page) -> None:
    for button, key in (("do-hint", "H"), ("do-edit", "E"), ("do-run", "R"), ("do-solution", "S")):
        expect(page.locator(f"#{button} kbd")).to_have_text(key)
    page.keyboard.press("?")
    for key in "VFHERSNLCT?":
        assert key in page.locator("#sheet dt").all_inner_texts()


def test_nothing_moves_for_who_asked_for_no_motion(open_page: Callable[..., Page], sitting: Sitting) -> None:
    page = open_page(reduced_motion="reduce")
    sitting.attempt = 1
    sitting.judge(finding())
    expect(page.locator("#card h3")).to_be_visible()
    assert page.evaluate("document.getAnimations().length") == 0


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_text_has_enough_contrast(
    open_page: Callable[..., Page], world: World, sitting: Sitting, theme: str
) -> None:
    network = world.create_network("shop")
    world.run(network, "web")
    world.fail(network)
    page = open_page(color_scheme=theme)
    expect(page.locator("#lesson-title")).to_have_text("Make the bridge")
    seen: list[Any] = page.evaluate(CONTRAST)
    sitting.judge(full(sitting))
    sitting.begin()
    expect(page.locator("#standing")).to_contain_text("Judging")
    seen += page.evaluate(CONTRAST)
    sitting.end(full(sitting), full(sitting))
    page.locator("#others-word").click()
    page.locator("#others .other summary").click()
    page.keyboard.press("h")
    expect(page.locator("#hint-1")).to_be_visible()
    seen += page.evaluate(CONTRAST)
    page.keyboard.press("e")
    expect(page.locator(".cm-content")).to_contain_text("TODO")
    page.keyboard.insert_text("x = 'mine' + 1\n")
    sitting.path().write_text(STUB + "theirs = 2\n")
    sitting.answers["docker x"] = {"code": 1, "output": "Error response from daemon: x"}
    sitting.judge(full(sitting))
    expect(page.locator(".cm-deletedChunk", has_text="theirs")).to_be_visible()
    page.locator("#command").fill("docker x")
    page.keyboard.press("Enter")
    expect(page.locator(".entry .answer")).to_contain_text("daemon")
    seen += page.evaluate(CONTRAST)
    sitting.judge(problem="The kernel has no bridges.")
    expect(page.locator("#card h3")).to_contain_text("this machine")
    seen += page.evaluate(CONTRAST)
    sitting.judge()
    expect(page.locator("#do-next")).to_be_visible()
    seen += page.evaluate(CONTRAST)
    page.locator("#do-solution").click()
    expect(page.locator("#solution")).to_be_visible()
    seen += page.evaluate(CONTRAST)
    assert len(seen) > 500
    assert sorted({tuple(one) for one in seen if one[0] < 4.5}) == []
