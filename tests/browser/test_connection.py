"""A reload, a server that goes and comes back, a network that is away: nothing is lost, nothing doubled."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from tests.browser.world import World
from workshop.dashboard import Dashboard


def shown(page: Page) -> list[tuple[str, str | None]]:
    """Every call on the page: what its row says, and its state."""
    rows = page.locator(".call").all()
    return [(row.inner_text(), row.get_attribute("data-state")) for row in rows]


def story(page: Page) -> dict[str, object]:
    """All that the page knows, as JSON."""
    return json.loads(
        page.evaluate(
            "JSON.stringify({last: workshop.story.last, calls: [...workshop.story.calls.values()],"
            " lines: workshop.story.lines, names: workshop.story.names}, (key, value) => value ?? null)"
        )
    )


def expect_all(page: Page, world: World) -> None:
    page.wait_for_function("last => workshop.story.last === last", arg=world.journal.last)


def test_a_reload_shows_what_was_shown(page: Page, world: World) -> None:
    world.hello()
    network = world.create_network("shop")
    world.run(network, "web")
    world.fail(network)
    world.notice("beware", "warning")
    world.begin("NetworkDriver.Leave", {"NetworkID": network})
    expect_all(page, world)
    expect(page.locator(".call")).to_have_count(7)
    rows, known = shown(page), story(page)
    page.reload()
    expect_all(page, world)
    expect(page.locator("#picture .container")).to_have_count(1)
    assert shown(page) == rows
    assert story(page) == known


def test_a_server_that_comes_back_on_the_same_port_is_found_again(
    page: Page, world: World, dashboard: Dashboard
) -> None:
    network = world.create_network("shop")
    expect(page.locator("#picture .bridge")).to_have_count(1)
    dashboard.stop()
    expect(page.locator("#connection")).to_have_text("reconnecting")
    expect(page.locator("#banner")).to_contain_text("The connection to the plugin is lost.")
    expect(page.locator("#picture .bridge")).to_have_count(1)
    world.run(network, "web")
    again = Dashboard(world.journal, world, address=("127.0.0.1", dashboard.port))
    again.start()
    try:
        expect(page.locator("#connection")).to_have_text("live")
        expect(page.locator("#banner")).to_be_hidden()
        expect(page.locator("#picture .container")).to_have_count(1)
        world.run(network, "db")
        expect(page.locator(".call")).to_have_count(5)
        expect(page.locator("#picture .container")).to_have_count(2)
        assert [call["number"] for call in story(page)["calls"]] == [1, 2, 3, 4, 5]
    finally:
        again.stop()


@pytest.mark.parametrize("calls", [5, 700], ids=["a few missed", "more missed than a snapshot is long"])
def test_a_lost_network_loses_and_doubles_nothing(page: Page, world: World, calls: int) -> None:
    network = world.create_network("shop")
    expect_all(page, world)
    page.context.set_offline(True)
    expect(page.locator("#connection")).to_have_text("reconnecting")
    for _ in range(calls):
        world.call("NetworkDriver.EndpointOperInfo", {}, {}, network=network)
    world.run(network, "web")
    page.context.set_offline(False)
    expect(page.locator("#connection")).to_have_text("live")
    expect_all(page, world)
    expect(page.locator("#picture .container")).to_have_count(1)
    assert page.evaluate("workshop.page.calls.numbers()") == list(range(1, calls + 4))
    known = story(page)
    page.reload()
    expect_all(page, world)
    assert story(page) == known


def test_under_load_a_page_that_was_away_for_30_s_has_every_call_once(
    open_page: Callable[..., Page], world: World
) -> None:
    stop, made = threading.Event(), []

    def keep_calling() -> None:
        while not stop.wait(0.02):
            made.append(world.hello())

    writer = threading.Thread(target=keep_calling)
    writer.start()
    try:
        page = open_page()
        for away in (0, 0, 30_000):
            page.context.set_offline(True)
            expect(page.locator("#connection")).to_have_text("reconnecting")
            page.wait_for_timeout(away)
            page.context.set_offline(False)
            expect(page.locator("#connection")).to_have_text("live")
    finally:
        stop.set()
        writer.join()
    expect_all(page, world)
    calls = story(page)["calls"]
    assert {call["state"] for call in calls} == {"done"}
    assert len(made) > 500
    assert [call["number"] for call in calls] == list(range(1, 2 * len(made) + 1))  # two calls each time


def test_the_token_leaves_the_address_bar_and_stays_for_the_tab(page: Page, dashboard: Dashboard) -> None:
    assert page.url == f"http://127.0.0.1:{dashboard.port}/"
    assert page.evaluate("sessionStorage.getItem('workshop-token')") == dashboard.token
    page.reload()
    assert page.evaluate("sessionStorage.getItem('workshop-token')") == dashboard.token


def test_a_page_of_another_site_reaches_nothing(page: Page, dashboard: Dashboard) -> None:
    for headers in ({"Host": "evil.example"}, {"Origin": "http://evil.example"}):
        with pytest.raises(HTTPError) as refused:
            urlopen(Request(f"http://127.0.0.1:{dashboard.port}/api/snapshot", headers=headers), timeout=5)
        assert refused.value.code == 403
    other = page.context.new_page()
    other.route("http://other.example/", lambda route: route.fulfill(body="<title>other</title>"))
    other.goto("http://other.example/")
    reached = other.evaluate(
        """async (port) => {
            const socket = new WebSocket(`ws://127.0.0.1:${port}/socket.io/?EIO=4&transport=websocket`);
            const opened = await new Promise((done) => {
                socket.onopen = () => done(true);
                socket.onerror = () => done(false);
            });
            const address = `http://127.0.0.1:${port}/api/snapshot`;
            const read = await fetch(address).then((one) => one.text(), () => null);
            return [opened, read];
        }""",
        dashboard.port,
    )
    assert reached == [False, None]
    other.close()
