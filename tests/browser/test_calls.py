"""Calls on the page: they come, complete, open, and stay text."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.world import World
from workshop.dashboard.story import WHOLE_CALLS as KEPT_WHOLE


def row(page: Page, number: int) -> Any:
    return page.locator(f'.call[data-call="{number}"]')


def test_an_empty_session_says_what_to_type(page: Page) -> None:
    expect(page.locator("#calls")).to_contain_text("No calls yet. In a second terminal:")
    expect(page.locator("#calls .code")).to_have_text("docker network create -d workshop shop")


def test_a_call_appears_running_and_completes_in_place(page: Page, world: World) -> None:
    number = world.begin("NetworkDriver.CreateNetwork", {"NetworkID": "a" * 64}, network="a" * 64)
    expect(row(page, number)).to_have_attribute("data-state", "running")
    expect(row(page, number)).to_contain_text("CreateNetwork")
    expect(row(page, number)).to_contain_text("a" * 12)
    world.finish(number, {}, ms=5.04)
    expect(row(page, number)).to_have_attribute("data-state", "done")
    expect(row(page, number)).to_contain_text("5.0 ms")
    assert page.locator(".call").count() == 1
    expect(page.locator("#calls-label")).to_have_text("Calls · 1")


def test_names_take_the_place_of_ids_once_they_are_known(page: Page, world: World) -> None:
    network = world.create_network("shop")
    world.run(network, "web")
    expect(row(page, 1).locator(".about")).to_have_text("shop")
    expect(row(page, 2).locator(".about")).to_have_text("shop · web")


def test_an_error_is_told_in_words(page: Page, world: World) -> None:
    number = world.fail(world.create_network("shop"))
    expect(row(page, number)).to_have_attribute("data-state", "failed")
    expect(row(page, number)).to_contain_text("Err: no endpoint")
    expect(page.locator("#caption")).to_contain_text("failed: no endpoint")


def test_the_newest_is_followed_only_from_the_end_of_the_list(page: Page, world: World) -> None:
    for _ in range(40):
        world.hello()
    expect(page.locator("#calls-label")).to_have_text("Calls · 80")
    expect(row(page, 80)).to_be_in_viewport()
    page.locator("#list").evaluate("list => { list.scrollTop = 0; }")
    expect(row(page, 1)).to_be_in_viewport()
    world.hello()
    expect(page.locator("#newer")).to_have_text("↓ 2 newer")
    expect(row(page, 1)).to_be_in_viewport()
    page.locator("#newer").click()
    expect(row(page, 82)).to_be_in_viewport()
    expect(page.locator("#newer")).to_be_hidden()


def test_of_a_long_list_only_what_is_in_view_is_in_the_page_and_the_keys_reach_all(page: Page, world: World) -> None:
    for number in range(120):
        world.hello()
        if number % 10 == 0:
            world.notice(f"notice {number}: " + "a long text " * 12, "warning")
    expect(page.locator("#calls-label")).to_have_text("Calls · 240")
    assert page.locator(".call").count() < 60
    page.keyboard.press("Home")
    expect(row(page, 1)).to_be_focused()
    item = page.locator("li", has=row(page, 1))
    expect(item).to_have_attribute("aria-posinset", "1")
    expect(item).to_have_attribute("aria-setsize", "252")
    for _ in range(30):
        page.keyboard.press("j")
    expect(row(page, 31)).to_be_focused()
    expect(row(page, 31)).to_be_in_viewport()
    page.locator("#list").evaluate("list => { list.scrollTop = list.scrollHeight; }")
    expect(row(page, 240)).to_be_in_viewport()
    expect(row(page, 31)).to_be_focused()  # out of view, and still where the keys go on from
    page.keyboard.press("k")
    expect(row(page, 30)).to_be_in_viewport()
    page.keyboard.press("Escape")
    expect(row(page, 240)).to_be_in_viewport()
    # rows stand one below the other, whatever their heights
    tops = page.locator("#calls > li").evaluate_all(
        "items => items.map((each) => each.getBoundingClientRect()).map(({top, bottom}) => [top, bottom])"
    )
    assert len(tops) > 15
    assert all(abs(above[1] - below[0]) < 1 for above, below in zip(tops[1:], tops[2:], strict=False))


def test_old_calls_are_kept_by_their_rows_and_opened_from_the_journal(page: Page, world: World) -> None:
    network = world.create_network("shop")
    for _ in range(KEPT_WHOLE // 2 + 5):
        world.hello()
    page.wait_for_function("last => workshop.story.last === last", arg=world.journal.last)
    assert page.evaluate("workshop.story.calls.get(1).request") is None
    for _ in range(2):
        page.keyboard.press("Home")
        expect(page.locator("#caption")).to_contain_text("Call 1 · CreateNetwork (shop) made wsb")
        expect(page.locator("#picture .bridge.now")).to_have_count(1)
        page.keyboard.press("Enter")
        expect(page.locator("#detail .code")).to_contain_text(network[:12])
        page.reload()  # the second time it is known only by the snapshot
        page.wait_for_function("last => workshop.story.last === last", arg=world.journal.last)


def test_where_two_hosts_get_calls_each_row_says_which(page: Page, world: World) -> None:
    world.hello()
    expect(row(page, 2)).to_be_visible()
    expect(row(page, 1).locator(".host")).to_be_empty()
    started = {"host": "beta", "route": "NetworkDriver.GetCapabilities", "request": None}
    world.journal.append("call.started", started, world.journal.next_call())
    expect(row(page, 3).locator(".host")).to_have_text("beta")
    expect(row(page, 1).locator(".host")).to_have_text("alpha")


def test_a_bar_shows_when_a_call_was_among_those_that_came_with_it(page: Page, world: World) -> None:
    first = world.begin("NetworkDriver.CreateNetwork", {})
    second = world.begin("NetworkDriver.CreateNetwork", {})
    for number in (first, second):
        expect(row(page, number)).to_have_attribute("data-state", "running")
    world.finish(first, {})
    page.wait_for_timeout(100)
    world.finish(second, {}, ms=100.0)
    expect(row(page, second)).to_have_attribute("data-state", "done")
    widths = [row(page, number).locator(".handled").bounding_box()["width"] for number in (first, second)]
    assert widths[0] < widths[1]
    row(page, second).hover()
    expect(row(page, second)).to_have_attribute("title", re.compile("into calls 1 to 2, which took .* together"))


def test_names_that_become_known_while_calls_are_let_go_of_are_told_like_others(page: Page, world: World) -> None:
    page.evaluate("workshop.page.calls.story.constructor.kept.calls = 30")
    for _ in range(14):
        world.hello()
    for count in range(4):  # in one go: calls are forgotten and names learnt in the same frame
        network = world.create_network(f"shop{count}", 20 + count)
        world.run(network, f"web{count}")
    expect(row(page, 40).locator(".about")).to_have_text("shop3 · web3")
    expect(page.locator("#calls-label")).to_have_text("Calls · 30")
    page.keyboard.press("Home")
    expect(row(page, 11)).to_be_focused()
