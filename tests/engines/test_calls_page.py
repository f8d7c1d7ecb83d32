"""The calls of a real Docker on the page, in a browser beside it: with names, and its errors in Docker's words."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect, sync_playwright

from tests.support import kinds
from tests.support.engine import Engine
from tests.support.leftovers import MARK
from tests.support.plugin import Plugin
from tests.support.shell import path_of
from tests.support.world import SLEEP

pytestmark = [pytest.mark.engine, pytest.mark.browser]

NETWORK, CONTAINER = "calls-shop", "calls-web"


@pytest.fixture
def shown(engine: Engine) -> Iterator[Plugin]:
    """A plugin with a dashboard, in the engine's network."""
    with Plugin(engine, "shown", dashboard="127.0.0.1:0") as plugin:
        yield plugin
        engine.docker("rm", "-f", CONTAINER, check=False)
        engine.docker("network", "rm", NETWORK, check=False)


@pytest.fixture
def page(shown: Plugin, tmp_path: Path) -> Iterator[Page]:
    program = tmp_path / "chromium"
    inside = f"nsenter --net={path_of(shown.engine.namespace)}"
    program.write_text(f'#!/bin/sh\nexec {inside} "{kinds.chromium()}" "$@"\n')
    program.chmod(0o755)
    env = {name: value for name, value in os.environ.items() if name != MARK}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(program), args=["--no-sandbox"], env=env)
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(re.findall(r"http://\S+", shown.log())[-1].rstrip("."))
        expect(page.locator("#connection")).to_have_text("live")
        yield page
        browser.close()


def test_the_calls_of_a_real_docker_have_names_and_its_errors_docker_s_words(page: Page, shown: Plugin) -> None:
    engine = shown.engine
    engine.docker("network", "create", "-d", shown.name, "--subnet", "10.124.0.0/24", NETWORK)
    engine.docker("run", "-d", "--name", CONTAINER, "--net", NETWORK, *SLEEP)
    join = page.locator(".call", has=page.locator(".method", has_text=re.compile("^Join$")))
    expect(join.locator(".about")).to_have_text(f"{NETWORK} · {CONTAINER}", timeout=15_000)
    expect(join).to_have_attribute("data-state", "done")
    join.dblclick()
    page.get_by_role("tab", name="Changed").click()
    steps = page.locator("#detail .handed-over .steps li")
    expect(steps.first).to_have_text(re.compile(f"^moved wsc\\w+ into {CONTAINER}$"))
    expect(steps.nth(1)).to_have_text("renamed it to eth0")
    expect(steps.nth(2)).to_have_text("gave it 10.124.0.2/24")
    refused = engine.docker("network", "create", "-d", shown.name, "-o", "mtu=nonsense", "calls-bad", check=False)
    failed = page.locator('.call[data-state="failed"]')
    first = "GwAllocCheck" if engine.version == "28.5" else "CreateNetwork"  # the first call that has the options
    expect(failed.locator(".method")).to_have_text(first)
    failed.dblclick()
    page.get_by_role("tab", name="Answered").click()
    expect(page.locator("#detail .shown .code")).to_have_text(refused.stderr.strip())
