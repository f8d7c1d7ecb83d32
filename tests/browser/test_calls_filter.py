"""The filter of the list: what it leaves, what it says of itself, how one gets back."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.world import World


def numbers(page: Page) -> list[int]:
    return page.evaluate("workshop.page.calls.numbers()")


def test_the_filter_leaves_what_is_asked_for_says_so_and_stays_for_the_tab(page: Page, world: World) -> None:
    label = page.locator("#calls-label")
    world.hello()
    shop, back = world.create_network("shop"), world.create_network("back", 10)
    world.run(shop, "web")
    world.run(back, "db")
    world.fail(shop)
    world.notice("beware of web", "warning")
    expect(label).to_have_text("Calls · 9")
    expect(page.locator("#filter")).to_be_hidden()
    page.keyboard.press("/")
    expect(page.locator("#filter-text")).to_be_focused()
    page.keyboard.type("web")
    expect(label).to_have_text("Calls · 2 of 9")
    expect(page.locator(".line")).to_have_count(2)  # that it runs, and the notice
    page.keyboard.press("Enter")
    expect(page.locator(".call").last).to_be_focused()
    page.keyboard.press("Home")
    expect(page.locator(".call").first).to_have_attribute("data-call", "5")
    page.keyboard.press("j")
    page.keyboard.press("j")
    assert page.evaluate("workshop.page.marked().number") == 6
    world.run(shop, "web2")
    expect(label).to_have_text("Calls · 4 of 11")
    page.reload()
    expect(label).to_have_text("Calls · 4 of 11")
    expect(page.locator("#filter-text")).to_have_value("web")
    page.locator("#filter-clear").click()
    expect(label).to_have_text("Calls · 11")
    expect(page.locator("#filter")).to_be_hidden()
    page.locator("#filter-open").click()
    page.locator("#filter-network").select_option("shop")
    page.locator("#filter-route").select_option("CreateEndpoint")
    assert numbers(page) == [5, 10]
    page.locator("#picture .bridge text").first.click()
    expect(page.locator("#filter")).to_contain_text("Call 3, which is chosen, is not among them.")
    page.locator("#filter-container").select_option("web2")
    assert numbers(page) == [10]
    page.locator("#filter-errors").click()
    expect(page.locator("#none")).to_have_text(
        "None of 11 calls is shown by this filter: errors, CreateEndpoint, network shop, container web2.Show all calls"
    )
    page.get_by_role("button", name="Show all calls").click()
    expect(page.locator("#none")).to_be_hidden()
    page.locator("#filter-open").click()
    page.locator("#filter-errors").click()
    assert numbers(page) == [9]
    number = world.begin("NetworkDriver.Leave", {"NetworkID": shop}, network=shop)
    expect(label).to_have_text("Calls · 1 of 12")
    world.finish(number, {"Err": "no"})
    expect(label).to_have_text("Calls · 2 of 12")  # it became an error, and is shown now
    page.locator("#filter-text").focus()
    page.keyboard.press("Escape")
    expect(label).to_have_text("Calls · 12")
