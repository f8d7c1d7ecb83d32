"""The packet walk on the page: chosen, sent in the lab, followed hop by hop; and what came of it in any browser."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.world import ROOT, World, digits
from tests.support.lab_command import LabCommand, lab_command
from workshop.dashboard import Dashboard
from workshop.dashboard.walk import part

HOSTILE = '<img src=x onerror="document.title=1">"\'\u202e🙂'


class Strider:
    """A stand-in for who walks: it has been there already, and tells of a hostile place."""

    capture, number = b"", 0

    def __init__(self, world: World) -> None:
        self.world = world

    def ends(self) -> list[dict[str, Any]]:
        more = {"host": "alpha", "space": ROOT, "ports": []}
        return [
            {"name": "host", "role": "host", **more},
            {"name": HOSTILE, "role": "container", **more, "space": "4:9"},
        ]

    def walk(self, source: str, target: str, port: int | None = None) -> dict[str, Any]:
        link = next(
            link for link in self.world.graph()["hosts"][0]["namespaces"][0]["links"] if link["kind"] == "bridge"
        )
        place = {"host": "alpha", "where": HOSTILE, "role": "host", "direction": "in", "at_ms": 0.0, "packet": HOSTILE}
        decided = [{"kind": "route", "text": HOSTILE}]
        hop = {**place, "way": "there", "link": link["id"], "name": link["name"], "decided": decided}
        result = {
            "source": {}, "target": {}, "probe": "ping", "outcome": "lost", "summary": f"{HOSTILE}: it did not arrive.",
            "hops": [hop, {**hop, "link": f"{ROOT}/2", "name": "eth0"}], "left_off": 0, "stopped": 1, "number": 1,
            "reason": {"code": "firewall", "text": f"dropped {HOSTILE}", "rule": HOSTILE, "missing": "", "link": None},
        }  # fmt: skip
        self.world.journal.append("walk", result)
        return result


@pytest.fixture
def dashboard(world: World) -> Iterator[Dashboard]:
    made = Dashboard(world.journal, world, parts=[part(Strider(world))])
    made.start()
    yield made
    made.stop()


def test_whatever_it_tells_is_text_and_without_motion_there_are_only_steps(open_page: Any, world: World) -> None:
    world.create_network("shop")
    page: Page = open_page(reduced_motion="reduce")
    expect(page.locator("#picture .bridge")).to_be_visible()
    page.keyboard.press("w")
    expect(page.locator("#below .time-bar")).to_be_hidden()  # on a low screen
    expect(page.locator(".call .time").first).to_be_visible()  # how long each call took still is
    page.locator("#walk-to").select_option(HOSTILE)
    page.get_by_role("button", name="Walk", exact=True).click()
    expect(page.locator(".walk-packet")).to_have_text(HOSTILE)
    expect(page.locator(".walk-where")).to_contain_text("1 / 2 · There")
    ring = page.locator("#picture .walk-ring")
    dot = page.locator("#picture .walk-dot")
    before = dot.get_attribute("cx")
    expect(page.locator(".walk-controls")).to_contain_text("Play")
    page.get_by_role("button", name="the next hop").click()
    assert dot.get_attribute("cx") != before  # there at once
    expect(page.locator(".walk-over")).to_have_class("walk-over wrong")
    expect(page.locator(".walk-reason")).to_contain_text(f"dropped {HOSTILE}")
    world.run(digits("network shop"), "web")  # the picture changes, and the ring stays where the hop is
    expect(page.locator("#picture .container")).to_have_count(1)
    uplink = page.locator('#picture [data-id^="uplink-"]').bounding_box()
    around = ring.bounding_box()
    assert uplink and around and abs(uplink["x"] - around["x"]) < 12 and abs(uplink["y"] - around["y"]) < 12
    assert page.title() != "1"
    page.reload()
    expect(page.locator("#connection")).to_have_text("live")
    page.get_by_role("button", name="Walk W").click()
    expect(page.locator(".walk-summary")).to_contain_text("it did not arrive")


@pytest.mark.lab
@pytest.mark.browser
def test_a_packet_is_followed_through_the_picture(chromium: Browser) -> None:
    with lab_command() as lab:
        _prepare(lab)
        pages = []
        for _ in range(2):
            page = chromium.new_context(viewport={"width": 1366, "height": 768}).new_page()
            page.goto(lab.url)
            expect(page.locator("#picture .container")).to_have_count(2)
            page.keyboard.press("w")
            pages.append(page)
        try:
            _walk(*pages)
        finally:
            for page in pages:
                page.context.close()


def _prepare(lab: LabCommand) -> None:
    for network, name in (("shop", "web"), ("back", "store")):
        lab.docker("network", "create", "-d", "workshop", network)
        ports = ("-p", "8080:80") if name == "web" else ()
        lab.docker("run", "-d", "--name", name, "--net", network, *ports, "busybox", "httpd", "-f", "-p", "80")


def _walk(page: Page, other: Page) -> None:
    page.locator("#picture .container", has_text="web").click()
    page.locator("#picture .container", has_text="store").click()
    expect(page.locator("#walk-from")).to_have_value("web")
    expect(page.locator("#walk-to")).to_have_value("store")
    page.get_by_role("button", name="Walk", exact=True).click()
    for each in (page, other):
        expect(each.locator(".walk-summary")).to_have_text("web → store: it did not arrive.")
    expect(page.locator(".walk-hops li")).to_have_count(3)
    dot = page.locator("#picture .walk-dot")
    page.keyboard.press("PageDown")  # the clicker
    page.keyboard.press("PageDown")
    expect(page.locator(".walk-where")).to_contain_text("3 / 3 · There · comes in at wsb")
    expect(page.locator(".walk-reason")).to_contain_text("drops it in chain forward")
    expect(page.locator(".walk-reason")).to_contain_text("iifname @bridges oifname @bridges drop")
    page.keyboard.press("PageUp")
    expect(page.locator(".walk-where")).to_contain_text("2 / 3")
    page.locator("#walk-from").select_option("outside")
    page.locator("#walk-to").select_option("host")
    page.locator("#walk-kind").select_option("tcp")
    expect(page.locator("#walk-port")).to_have_value("8080")
    page.get_by_role("button", name="Walk", exact=True).click()
    expect(page.locator(".walk-summary")).to_contain_text("outside → host:8080: answered after")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()  # it plays by itself, and moves
    expect(page.locator(".walk-where")).to_contain_text("3 / ", timeout=15_000)
    expect(page.locator(".walk-decided")).to_contain_text("by the rule dnat")
    moved = dot.get_attribute("cx")
    page.wait_for_function("was => document.querySelector('.walk-dot').getAttribute('cx') !== was", arg=moved)
    with page.expect_download() as saved:
        page.get_by_role("link", name="Save capture").click()
    assert saved.value.path().read_bytes()[:4] == bytes.fromhex("0a0d0d0a")
    page.locator("#walk-from").focus()
    page.keyboard.press("Escape")
    expect(page.locator(".walk-panel")).to_be_hidden()
    expect(page.locator("#picture .walk-dot")).to_have_count(0)
