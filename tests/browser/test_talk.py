"""A talk by the clicker: the chapters of the demo, in a real lab, before a browser."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.support.lab_command import lab_command

pytestmark = [pytest.mark.browser, pytest.mark.lab]

PATIENCE = 30_000


def told(page: Page, number: int, title: str, following: str) -> None:
    """Wait until a chapter has done its steps."""
    expect(page.locator(".talk-next")).to_contain_text(f"Next: {following}", timeout=PATIENCE)
    expect(page.locator(".talk-next")).to_be_enabled(timeout=PATIENCE)
    expect(page.locator(".talk-head")).to_have_text(f"{number} of 12{title}")
    expect(page.locator(".talk-chapter[aria-current]")).to_have_text(str(number))


def test_the_clicker_goes_through_the_chapters_and_back_and_a_chapter_can_be_chosen(chromium: Browser) -> None:
    with lab_command(command=("demo",)) as lab:
        context = chromium.new_context(viewport={"width": 1366, "height": 768})
        page = context.new_page()
        page.goto(lab.url)
        expect(page.locator(".talk-head")).to_contain_text("12 chapters")
        page.keyboard.press("PageDown")
        told(page, 1, "Activation", "A network")
        expect(page.locator(".call[aria-current=true]")).to_contain_text("Activate")
        page.keyboard.press(" ")
        told(page, 2, "A network", "An endpoint")
        expect(page.locator(".talk-sentence")).to_contain_text("the gateway's address")
        expect(page.locator(".talk-step")).to_contain_text(
            "$ docker network create -d workshop --subnet 10.9.0.0/24 shop"
        )
        expect(page.locator("#picture .bridge.now")).to_contain_text("shop")
        page.reload()
        expect(page.locator("#picture .bridge.now")).to_contain_text("shop")
        page.keyboard.press("PageUp")
        told(page, 1, "Activation", "A network")
        expect(page.locator("#picture .bridge", has_text="shop")).to_have_count(0)
        page.get_by_role("button", name="Chapter 11, Its finding, ahead").click()
        told(page, 11, "Its finding", "Mended")
        expect(page.locator("#picture")).to_contain_text("left over")
        expect(page.locator("#detail")).to_contain_text("Leave")
        expect(page.locator(".talk-output")).to_have_text(re.compile("ip link del wsc.*No such device", re.DOTALL))
        page.get_by_role("button", name="Next: Mended").click()
        told(page, 12, "Mended", "the end")
        expect(page.locator("#picture")).not_to_contain_text("left over")
        expect(page.locator("#detail")).to_be_hidden()
        expect(page.locator(".talk-step[data-state=failed]")).to_have_count(0)

        stranger = chromium.new_context().new_page()  # without the token, one may only look
        stranger.goto(lab.url.partition("#")[0])
        told(stranger, 12, "Mended", "the end")
        stranger.locator(".talk-next").click()
        expect(stranger.locator(".talk [role=alert]")).to_contain_text("This needs the session's token")
        stranger.context.close()

        page.keyboard.press("PageDown")
        expect(page.locator(".talk-title")).to_have_text("The talk is over", timeout=PATIENCE)
        expect(page.locator("#picture .bridge", has_text="cafe")).to_have_count(0)
        context.close()
        assert "cafe" not in lab.docker("network", "ls")
