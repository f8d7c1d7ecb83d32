"""The whole way: a command in the lab, a call to the plugin, a link in the kernel, a picture in the browser."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.lab_command import LabCommand

pytestmark = [pytest.mark.browser, pytest.mark.lab]


@pytest.fixture
def page(lab_page: Page) -> Page:
    return lab_page


def test_a_network_created_in_the_lab_is_a_call_and_a_bridge_in_the_picture(page: Page, lab: LabCommand) -> None:
    network = lab.docker("network", "create", "-d", "workshop", "--subnet", "10.9.0.0/24", "shop")
    expect(page.locator("#calls")).to_contain_text("CreateNetwork")
    expect(page.locator("svg .bridge", has_text=f"wsb{network[:10]}")).to_be_visible()
    expect(page.locator("svg .bridge", has_text="10.9.0.1/24")).to_be_visible()
    lab.docker("run", "-d", "--name", "web", "--net", "shop", "busybox", "sleep", "600")
    expect(page.locator("svg .container", has_text="web")).to_contain_text("10.9.0.2/24")
    lab.docker("rm", "-f", "web")
    lab.docker("network", "rm", "shop")
    expect(page.locator("#calls")).to_contain_text("DeleteNetwork")
    expect(page.locator("svg .bridge", has_text=f"wsb{network[:10]}")).to_have_count(0)


def test_reload_and_a_lost_connection_lose_nothing(page: Page, lab: LabCommand) -> None:
    lab.docker("network", "create", "-d", "workshop", "--subnet", "10.9.0.0/24", "shop")
    expect(page.locator("#calls")).to_contain_text("CreateNetwork")
    expect(page.locator("svg .bridge", has_text="shop")).to_be_visible()
    page.context.set_offline(True)
    lab.docker("run", "-d", "--name", "web", "--net", "shop", "busybox", "sleep", "600")
    lab.docker("network", "create", "-d", "workshop", "--subnet", "10.10.0.0/24", "back")
    page.context.set_offline(False)
    expect(page.locator("svg .container", has_text="web")).to_be_visible(timeout=20_000)
    expect(page.locator("svg .bridge", has_text="back")).to_be_visible()
    expected = lab.typed("calls", "--format", "json").stdout.count("\n")
    expect(page.locator("#calls .call")).to_have_count(expected)
    before = page.locator("#calls .call").all_inner_texts()
    page.reload()
    expect(page.locator("svg .container", has_text="web")).to_be_visible()
    expect(page.locator("#calls .call")).to_have_count(expected)
    assert page.locator("#calls .call").all_inner_texts() == before


def test_hostile_names_are_text(page: Page, lab: LabCommand) -> None:
    option = "<img src=x onerror=\"document.title='taken'\">"
    lab.docker("network", "create", "-d", "workshop", "-o", f"x={option}", "--label", f"l={option}", "shop")
    expect(page.locator("#calls")).to_contain_text("CreateNetwork")
    page.locator("#calls .call", has_text="CreateNetwork").click()
    page.keyboard.press("Enter")
    expect(page.locator("body")).to_contain_text("<img src=x onerror=")
    assert page.title() != "taken"
    assert page.locator("img[src=x]").count() == 0
