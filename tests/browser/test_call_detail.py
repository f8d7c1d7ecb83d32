"""A call that is opened: what was asked and answered, what fields mean, what came of it, what can be taken along."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.world import World, digits

MARKUP = "<img src=x onerror=\"window.bad=1\"><b id='list'>bold</b>&amp;"
HOSTILE = f"{MARKUP} \u202eevil 😀 \"q\" '$(touch no)' `no` " + "long" * 40
"""Markup, a change of direction, an emoji, quotes, what a shell would run, and more than 200 characters."""


def row(page: Page, number: int) -> Any:
    return page.locator(f'.call[data-call="{number}"]')


def test_an_open_call_shows_request_answer_commands_changes_and_output(page: Page, world: World) -> None:
    network = world.create_network("shop")
    world.run(network, "web")
    row(page, 2).dblclick()
    detail = page.locator("#detail")
    expect(detail.locator("h3")).to_have_text("2 · CreateEndpoint")
    expect(detail.locator(".timing")).to_contain_text("handler 7.2 ms")
    told = page.evaluate("JSON.parse(document.querySelector('#detail .code').textContent)")
    assert told["NetworkID"] == network
    detail.get_by_role("tab", name="Answered").click()
    expect(detail.locator(".code")).to_contain_text('"MacAddress": "02:42:0a:09:00:01"')
    detail.get_by_role("tab", name="Kernel · 2").click()
    expect(detail.locator(".command")).to_have_count(2)
    expect(detail.get_by_role("button", name="Copy ip link set")).to_be_visible()
    detail.get_by_role("tab", name="Changed · 2").click()
    expect(detail.locator(".made li").first).to_contain_text("made link wsh")
    detail.get_by_role("tab", name="Output · 1").click()
    expect(detail.locator(".code")).to_have_text("made a pair for 10.9.0.3/16\n")


def test_what_docker_did_with_the_answer_stands_apart(page: Page, world: World) -> None:
    world.run(world.create_network("shop"), "web")
    row(page, 3).dblclick()
    page.get_by_role("tab", name="Changed · 4").click()
    expect(page.locator("#detail .made")).to_have_count(0)
    steps = page.locator("#detail .handed-over .steps li")
    far = f"wsc{digits('endpoint web')[:10]}"
    assert steps.all_inner_texts() == [
        f"moved {far} into web",
        "renamed it to eth0",
        "gave it 10.9.0.3/16",
        "set it up",
    ]


def test_an_open_call_goes_on_being_told(page: Page, world: World) -> None:
    number = world.begin("NetworkDriver.DeleteNetwork", {"NetworkID": "a" * 64})
    row(page, number).dblclick()
    page.get_by_role("tab", name="Answered").click()
    expect(page.locator("#tab-panel")).to_contain_text("Not yet")
    world.finish(number, {"Err": "not found"})
    expect(page.locator("#tab-panel")).to_contain_text("Err: not found")
    expect(page.locator("#tab-panel")).to_contain_text("Docker shows its user nothing of it. Only logged")


def test_wide_it_shows_request_and_answer_side_by_side_and_what_fields_mean(page: Page, world: World) -> None:
    network = world.create_network("shop")
    endpoint = digits("endpoint web")
    entry = {"network": network, "container": "c", "name": "web"}
    world.journal.append("docker", {"endpoints": {endpoint: entry}})
    request = {"NetworkID": network, "EndpointID": endpoint, "Interface": {"MacAddress": ""}, "x": 1}
    about = {"network": network, "endpoint": endpoint}
    number = world.call("NetworkDriver.CreateEndpoint", request, {"Err": "no such parent: eth7"}, **about)
    row(page, number).click()
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab")).to_have_count(5)
    page.keyboard.press("Enter")
    expect(page.get_by_role("tab", selected=True)).to_have_text("Asked and answered")
    asked, answered = (page.get_by_role("region", name=name, exact=True) for name in ("Asked", "Answered"))
    left, right = asked.bounding_box(), answered.bounding_box()
    assert left["x"] + left["width"] <= right["x"]
    assert abs(left["y"] - right["y"]) < 1
    expect(answered).to_contain_text(
        "Error response from daemon: failed to set up container networking: failed to create endpoint web "
        "on network shop: remote: no such parent: eth7"
    )
    meaning = page.get_by_role("tooltip")
    asked.get_by_text('"MacAddress"').focus()
    expect(meaning).to_contain_text("string")
    expect(meaning).to_contain_text("MAC")
    assert asked.locator(".json-key:not(.explained)").all_inner_texts() == ['"x"']
    page.keyboard.press("Escape")
    expect(meaning).to_be_hidden()
    expect(page.get_by_role("tab", selected=True)).to_have_text("Asked and answered")
    asked.get_by_text('"Interface"').hover()
    expect(meaning).to_contain_text("What Docker chose")
    page.keyboard.press("Escape")
    page.keyboard.press("Escape")
    expect(page.get_by_role("tab", selected=True)).to_have_text("Asked")
    page.keyboard.press("Escape")
    expect(page.locator("#detail")).to_be_hidden()


def test_commands_and_calls_are_copied_and_exported_as_they_are_shown(
    open_page: Callable[..., Page], world: World, tmp_path: Path
) -> None:
    network = world.create_network(HOSTILE)
    world.run(network, HOSTILE)
    number = world.call("NetworkDriver.Leave", {"NetworkID": network, HOSTILE: HOSTILE}, {}, network=network)
    page = open_page(permissions=["clipboard-read", "clipboard-write"])
    row(page, number).dblclick()
    page.get_by_role("button", name="Copy as curl").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    copied = page.evaluate("navigator.clipboard.readText()")
    words = subprocess.run(
        ["sh", "-c", f"curl() {{ printf '%s\\0' \"$@\"; }}\n{copied}"], cwd=tmp_path, capture_output=True, check=True
    ).stdout.decode()
    assert json.loads(words.split("\0")[-2])[HOSTILE] == HOSTILE
    assert not list(tmp_path.glob("no*"))
    page.evaluate("workshop.page.open(2)")
    page.get_by_role("tab", name="Kernel").click()
    page.get_by_role("button", name="Copy ip link set").click()
    assert page.evaluate("navigator.clipboard.readText()").startswith("ip link set wsh")
    with page.expect_download() as script:
        page.get_by_role("link", name="Script").click()
    told = Path(script.value.path()).read_text()
    assert told.startswith("#!/bin/sh")
    assert "\u202e" not in told
    subprocess.run(["sh", "-n"], input=told, text=True, check=True)
    page.keyboard.press("/")
    page.keyboard.type("createendpoint\n")
    expect(page.locator("#calls-label")).to_have_text("Calls · 1 of 4")
    for name, read in (
        ("HAR 1.2", lambda text: [one["_call"] for one in json.loads(text)["log"]["entries"]]),
        ("JSON lines", lambda text: [json.loads(line)["number"] for line in text.splitlines()]),
    ):
        page.keyboard.press("x")
        expect(page.locator("#calls-export-title")).to_have_text("Export the 1 of 4 calls that are shown")
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        assert read(Path(download.value.path()).read_text()) == [2]


def test_what_docker_or_a_learner_wrote_is_text(page: Page, world: World) -> None:
    network = world.create_network(HOSTILE)
    world.run(network, HOSTILE)
    world.notice(HOSTILE, "warning")
    number = world.call(HOSTILE, {HOSTILE: HOSTILE}, {"Err": HOSTILE}, network=network)
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
