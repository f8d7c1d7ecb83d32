"""Calls on the page: they come, complete, open, and stay text."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.world import World

MARKUP = "<img src=x onerror=\"window.bad=1\"><b id='list'>bold</b>&amp;"


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


def test_an_open_call_shows_request_answer_commands_changes_and_output(page: Page, world: World) -> None:
    network = world.create_network("shop")
    world.run(network, "web")
    row(page, 2).dblclick()
    detail = page.locator("#detail")
    assert detail.locator(".code").text_content() is not None
    expect(detail.locator("h3")).to_have_text("2 · CreateEndpoint")
    expect(detail.locator(".timing")).to_contain_text("handler 7.2 ms")
    told = page.evaluate("JSON.parse(document.querySelector('#detail .code').textContent)")
    assert told["NetworkID"] == network
    detail.get_by_role("tab", name="Answered").click()
    expect(detail.locator(".code")).to_contain_text('"MacAddress": "02:42:0a:09:00:01"')
    detail.get_by_role("tab", name="Kernel · 2").click()
    expect(detail.locator(".command")).to_have_count(2)
    expect(detail.get_by_role("button", name="Copy")).to_be_visible()
    detail.get_by_role("tab", name="Changed · 2").click()
    expect(detail.locator(".changes li").first).to_contain_text("made link wsh")
    detail.get_by_role("tab", name="Output · 1").click()
    expect(detail.locator(".code")).to_have_text("made a pair for 10.9.0.3/16\n")


def test_an_open_call_goes_on_being_told(page: Page, world: World) -> None:
    number = world.begin("NetworkDriver.DeleteNetwork", {"NetworkID": "a" * 64})
    row(page, number).dblclick()
    page.get_by_role("tab", name="Answered").click()
    expect(page.locator("#tab-panel")).to_contain_text("Not yet")
    world.finish(number, {"Err": "not found"})
    expect(page.locator("#tab-panel")).to_contain_text("Err: not found")


def test_what_docker_or_a_learner_wrote_is_text(page: Page, world: World) -> None:
    network = world.create_network(MARKUP)
    world.run(network, MARKUP)
    world.notice(MARKUP, "warning")
    number = world.call(MARKUP, {MARKUP: MARKUP}, {"Err": MARKUP}, network=network)
    expect(row(page, number).locator(".method")).to_contain_text("<img src=x")
    expect(row(page, number).locator(".about")).to_contain_text("<img src=x")
    expect(page.locator(".line.warning")).to_contain_text("<img src=x")
    expect(page.locator("#picture svg")).to_contain_text("<img src=x")
    row(page, number).dblclick()
    for tab in ("Asked", "Answered"):
        page.get_by_role("tab", name=tab).click()
        expect(page.locator("#tab-panel")).to_contain_text("<img src=x")
    assert page.locator("img, b").count() == 0
    assert page.locator("#list").count() == 1
    assert page.evaluate("window.bad") is None


def test_the_newest_is_followed_only_from_the_end_of_the_list(page: Page, world: World) -> None:
    for _ in range(40):
        world.hello()
    expect(page.locator(".call")).to_have_count(80)
    expect(row(page, 80)).to_be_in_viewport()
    page.locator("#list").evaluate("list => { list.scrollTop = 0; }")
    expect(row(page, 1)).to_be_in_viewport()
    world.hello()
    expect(page.locator("#newer")).to_have_text("↓ 2 newer")
    expect(row(page, 1)).to_be_in_viewport()
    page.locator("#newer").click()
    expect(row(page, 82)).to_be_in_viewport()
    expect(page.locator("#newer")).to_be_hidden()


def test_no_more_than_the_newest_500_calls_are_kept(page: Page, world: World) -> None:
    for _ in range(260):
        world.hello()
    expect(row(page, 520)).to_be_visible()
    expect(page.locator(".call")).to_have_count(500)
    expect(row(page, 20)).to_have_count(0)


def test_names_that_become_known_after_500_calls_are_told_like_others(page: Page, world: World) -> None:
    for _ in range(249):
        world.hello()
    expect(row(page, 498)).to_be_visible()
    for count in range(4):  # in one go: calls are forgotten and names learnt in the same frame
        network = world.create_network(f"shop{count}", 20 + count)
        world.run(network, f"web{count}")
    expect(row(page, 510).locator(".about")).to_have_text("shop3 · web3")
    expect(page.locator(".call")).to_have_count(500)
