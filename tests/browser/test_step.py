"""Step mode in the browser: a call is held, shown large with its ghost, and let go by the clicker; and a fault."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from playwright.sync_api import Page, expect

from tests.support.lab_command import LabCommand

pytestmark = [pytest.mark.browser, pytest.mark.lab]


@pytest.fixture
def page(lab_page: Page) -> Page:
    return lab_page


def test_a_call_is_held_shown_large_with_what_would_come_of_it_and_let_go_by_the_clicker(page: Page, lab: LabCommand):
    lab.docker("network", "create", "-d", "workshop", "--subnet", "10.9.0.0/24", "shop")
    about = page.locator(".about-panel")
    page.locator("#picture .bridge", has_text="shop").click()
    expect(about).to_be_visible()
    page.keyboard.press("b")
    panel = page.locator("#step-panel")
    expect(panel).to_be_visible()
    panel.locator("#step-route").select_option("NetworkDriver.CreateEndpoint")
    panel.locator("#step-network").select_option(label="shop")
    panel.get_by_role("button", name="Hold", exact=True).click()
    rule = page.locator("#step-rules .rule")
    expect(rule).to_contain_text("Hold CreateEndpoint · shop, before the handler")
    page.keyboard.press("Escape")  # it closes one thing at a press, that on top first
    expect(panel).to_be_hidden()
    expect(about).to_be_visible()
    page.keyboard.press("Escape")
    expect(about).to_be_hidden()

    with ThreadPoolExecutor(1) as pool:
        command = ("docker", "run", "-d", "--name", "web", "--net", "shop", "busybox", "sleep", "600")
        running = pool.submit(lab.typed, *command)
        held = page.locator("#held")
        expect(held).to_contain_text("is held before the handler")
        expect(held.locator("h2")).to_contain_text("CreateEndpoint")
        expect(held).to_contain_text("10.9.0.2/24")
        expect(held.locator(".held-plan")).to_contain_text("make the pair wsh")
        ghost = page.locator(".picture .ghost")
        expect(ghost.filter(has_text="wsh")).to_be_visible()
        expect(page.locator("svg .port")).to_have_count(0)
        page.reload()  # held is what the server holds
        expect(held).to_contain_text("is held before the handler")
        expect(rule).to_be_visible()
        expect(ghost.filter(has_text="wsh")).to_be_visible()
        expect(held.locator("h2")).to_contain_text("shop · web")
        page.keyboard.press("w")
        expect(page.locator(".walk-panel")).to_be_visible()
        room = page.locator("#picture").bounding_box()
        assert room and room["height"] > 140  # whatever is open around it
        page.keyboard.press("Escape")
        page.keyboard.press("PageDown")
        assert running.result(30).returncode == 0
    expect(held).to_be_hidden()
    expect(ghost).to_have_count(0)
    expect(page.locator("svg .container", has_text="web")).to_contain_text("10.9.0.2/24")
    rule.click()
    expect(rule).to_have_count(0)


def test_a_fault_for_the_next_call_is_marked_in_the_list_and_gone_afterwards(page: Page, lab: LabCommand):
    lab.docker("network", "create", "-d", "workshop", "--subnet", "10.9.0.0/24", "shop")
    page.get_by_role("button", name="Hold B").click()
    row = page.locator('[data-fault="gateway"]')
    expect(row).to_contain_text("Look for")
    row.get_by_role("button", name="Next call").click()
    rule = page.locator("#step-rules .rule")
    expect(rule).to_contain_text("A wrong gateway: next call")
    failed = lab.typed("docker", "run", "-d", "--name", "web", "--net", "shop", "busybox", "sleep", "600")
    assert "network is unreachable" in failed.stderr
    expect(rule).to_have_count(0)
    expect(page.locator("#calls .call", has_text="Join")).to_contain_text("fault: gateway")
